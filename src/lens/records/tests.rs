use super::*;
use crate::address::Address;

/// What is given of a table, and where the password stands.
fn read(data: &[u8]) -> (String, Option<u64>) {
    let blob = Blob { address: Address::named("x"), bytes: data };
    assert!(RecordsLens.reads(&blob));
    let (mut all, mut at) = (Vec::new(), None);
    let mut emit = |text: &Text<'_>| {
        all.extend_from_slice(text.bytes);
        all.push(b'\n');
        if let Some(n) = memchr::memmem::find(text.bytes, b"a value of it") {
            at = Some(text.blob_offset(crate::blob::TextOffset(n)).0);
        }
    };
    RecordsLens.texts(&blob, &Limits::default(), &mut emit).unwrap();
    (String::from_utf8_lossy(&all).replace('\0', "|"), at)
}

fn field(name: &str, width: usize) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    field.resize(width, 0);
    field
}

#[test]
fn dbase() {
    let mut data = vec![3, 124, 5, 6, 1, 0, 0, 0];
    data.extend([97, 0, 41, 0]);
    data.resize(32, 0);
    for (name, width) in [("DBUSER", 20u8), ("DBPASSWORD", 20)] {
        let mut entry = field(name, 32);
        (entry[11], entry[16]) = (b'C', width);
        data.extend(entry);
    }
    data.extend([0x0d]);
    data.extend(format!(" {:<20}{:<20}\x1a", "somebody", "a value of it").bytes());
    assert_eq!(read(&data), ("somebody|\"DBPASSWORD\": \"a value of it\"\n".into(), Some(118)));
    // No table: a day that is none.
    data[3] = 40;
    assert!(!RecordsLens.reads(&Blob { address: Address::named("x"), bytes: &data }));
}

#[test]
fn numpy() {
    let head =
        "{'descr': [('id', '<i4'), ('db_password', 'S20')], 'fortran_order': False, 'shape': (1,), }\n";
    let mut data = b"\x93NUMPY\x01\0".to_vec();
    data.extend((head.len() as u16).to_le_bytes());
    data.extend(head.bytes());
    data.extend([7, 0, 0, 0]);
    data.extend(field("a value of it", 20));
    let at = data.len() as u64 - 20;
    assert_eq!(read(&data), ("\"db_password\": \"a value of it\"\n".into(), Some(at)));
}

#[test]
fn fits() {
    let card = |text: &str| format!("{text:<80}");
    let block = |cards: &[&str]| format!("{:<2880}", cards.iter().map(|c| card(c)).collect::<String>());
    let first = block(&["SIMPLE  =                    T", "BITPIX  =   8", "NAXIS   =   0", "END"]);
    let second = block(&[
        "XTENSION= 'BINTABLE'",
        "BITPIX  = 8",
        "NAXIS   = 2",
        "NAXIS1  = 24",
        "NAXIS2  = 1 / rows",
        "TFIELDS = 2",
        "TFORM1  = 'J'",
        "TFORM2  = '20A'",
        "TTYPE2  = 'db_password'",
        "END",
    ]);
    let data = [first.as_bytes(), second.as_bytes(), &[0, 0, 0, 7], &field("a value of it", 20)].concat();
    assert_eq!(read(&data), ("\"db_password\": \"a value of it\"\n".into(), Some(5764)));
}

#[test]
fn damaged_tables_are_no_tables() {
    for head in [
        &b"\x93NUMPY\x01\0\xff\xff{"[..],
        b"SIMPLE  = T",
        b"<stata_dta><N>\xff\xff</N>",
        b"\x72\x01\x01\0\xff\xff\xff\xff\xff\xff",
    ] {
        assert_eq!(read(head), (String::new(), None));
    }
}
