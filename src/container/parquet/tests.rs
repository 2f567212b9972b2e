use super::super::testing::read;
use super::*;

fn seed(name: &str) -> Vec<u8> {
    std::fs::read(format!("testdata/seeds/parquet/{name}")).unwrap()
}

#[test]
fn rows_of_all_codecs_are_alike() {
    let (wanted, problems) = read(&Parquet, &seed("snappy"));
    assert_eq!(problems, []);
    assert_eq!(wanted.len(), 2);
    let (name, rows, problem) = &wanted[0];
    assert_eq!((name.as_str(), *problem), ("row group 0", None));
    let rows = String::from_utf8(rows.clone()).unwrap();
    let second = "{\"name\":\"name 1\",\"note\":\"note 1\",\"tags.list.element\":\"tag 0\",\"key\":\"value 1\",\
                  \"part.a\":\"a1\",\"code\":\"001\"}";
    let third = "{\"name\":\"name 2\",\"note\":\"note 4\",\"tags.list.element\":[\"tag 0\",\"tag 1\"],\"part.a\":\"a2\",\
                 \"part.b.c\":\"c\",\"code\":\"002\"}";
    let lines: Vec<_> = rows.lines().collect();
    assert_eq!((lines.len(), lines[1], lines[2]), (12, second, third));
    for codec in ["gzip", "brotli", "zstd", "lz4"] {
        assert_eq!(read(&Parquet, &seed(codec)).0[0].1, wanted[0].1, "{codec}");
    }
    // The same in three groups.
    let (groups, _) = read(&Parquet, &seed("plain"));
    let names: Vec<_> = groups.iter().map(|(name, ..)| name.as_str()).step_by(2).collect();
    assert_eq!(names, ["row group 0", "row group 1", "row group 2"]);
    let all: Vec<u8> = groups.iter().flat_map(|(_, bytes, _)| bytes.clone()).collect();
    assert_eq!(String::from_utf8(all).unwrap(), rows);
    for encoding in ["delta_length_byte_array", "delta_byte_array"] {
        let (members, _) = read(&Parquet, &seed(encoding));
        let rows = String::from_utf8(members[0].1.clone()).unwrap();
        assert_eq!(rows.lines().nth(2), Some("{\"name\":\"name 2\",\"note\":\"note 4\",\"code\":\"002\"}"));
        assert_eq!((rows.lines().count(), members[0].2), (12, None));
    }
}

#[test]
fn damage_is_told_and_the_rest_is_read() {
    let mut file = seed("plain");
    // The first page of the first column.
    file[4..40].fill(0xff);
    let (members, _) = read(&Parquet, &file);
    assert_eq!(members[0].2, Some(Reason::Damaged));
    assert!(members[0].1.windows(15).any(|w| w == b"\"note\":\"note 1\""));
    assert_eq!(members[2].2, None);
    let (members, problems) = read(&Parquet, &seed("plain")[..2000]);
    assert_eq!((members.len(), &problems[..]), (0, &[Reason::Damaged][..]));
    let encrypted = [ENCRYPTED, &[7; 40], ENCRYPTED].concat();
    assert_eq!(read(&Parquet, &encrypted).1, [Reason::Encrypted]);
    let blob = Blob { address: crate::address::Address::named("x"), bytes: b"PAR1 is how parquet begins" };
    assert!(!Parquet.reads(&blob));
}

#[test]
fn what_is_left() {
    assert_eq!(around(vec![5..8, 2..3, 6..7, 20..30], 10), [0..2, 3..5, 8..10]);
    assert_eq!(around(Vec::new(), 3).first(), Some(&(0..3)));
}
