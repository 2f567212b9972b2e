use super::*;
use crate::address::Address;
use crate::container::budget::Budget;

fn header(name: &str, size: usize, kind: u8, magic: &[u8]) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    for (at, text) in [(100, "0000644\0"), (108, "0001750\0"), (116, "0001750\0"), (136, "00000000000\0")] {
        block[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[156] = kind;
    block[257..257 + magic.len()].copy_from_slice(magic);
    seal(&mut block);
    block
}

fn seal(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block[..BLOCK].iter().map(|&b| u32::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

const USTAR: &[u8] = b"ustar\x0000";

fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    [header(name, bytes.len(), b'0', USTAR), padded(bytes)].concat()
}

type Read = (String, Vec<u8>, Option<Reason>);

fn read(tar: &[u8]) -> (Vec<Read>, Vec<Problem>) {
    let blob = Blob { address: Address::named("x"), bytes: tar };
    assert!(Tar.reads(&blob));
    let opened = Tar.open(&blob, &Limits::default());
    let budget = Budget::new(&Limits::default(), tar.len() as u64);
    let mut covered = opened.gaps.iter().map(|g| g.len()).sum::<usize>();
    let mut buffer = Vec::new();
    let members = opened
        .members
        .iter()
        .map(|m| {
            covered += m.size_hint() as usize;
            let contents = m.read(&mut buffer, &budget);
            let name = String::from_utf8_lossy(m.name()).into_owned();
            (name, contents.bytes.to_vec(), contents.problem.map(|p| p.reason))
        })
        .collect();
    assert_eq!(covered, tar.len(), "each byte is a member's or a gap's");
    (members, opened.problems)
}

fn member(name: &str, bytes: &[u8]) -> Read {
    (name.into(), bytes.to_vec(), None)
}

#[test]
fn dialects() {
    let v7 = [header("v7", 3, 0, b""), padded(b"one")].concat();
    assert_eq!(read(&v7), (vec![member("v7", b"one")], vec![]));
    let mut long = header("name", 3, b'0', USTAR);
    long[345..351].copy_from_slice(b"prefix");
    seal(&mut long);
    assert_eq!(read(&[long, padded(b"two")].concat()).0, [member("prefix/name", b"two")]);
    // A size in base 256.
    let mut big = header("big", 0, b'0', USTAR);
    big[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
    seal(&mut big);
    assert_eq!(read(&[big, padded(b"three")].concat()).0, [member("big", b"three")]);
    let gnu = [
        header("././@LongLink", 5, b'L', b"ustar  \0"),
        padded(b"long\0"),
        header("lon", 1, b'0', b"ustar  \0"),
        padded(b"x"),
    ];
    assert_eq!(read(&gnu.concat()).0, [member("long", b"x")]);
    let pax = [
        header("pax", 25, b'x', USTAR),
        padded(b"14 path=p\xc3\xa4th\n11 size=4 \n"),
        header("p", 4, b'0', USTAR),
        padded(b"four"),
        file("next", b"5"),
    ];
    assert_eq!(read(&pax.concat()).0, [member("päth", b"four"), member("next", b"5")]);
}

#[test]
fn links_and_what_is_behind_them() {
    // A size that means nothing, and one that does.
    let tar = [header("link", 700, b'2', USTAR), file("a", b"1"), header("h", 2, b'1', USTAR), padded(b"22")];
    assert_eq!(read(&tar.concat()).0, [member("a", b"1"), member("h", b"22")]);
}

#[test]
fn concatenated_and_damaged() {
    let mut tar = [file("a", b"1"), vec![0; 1024], file("b", b"2")].concat();
    assert_eq!(read(&tar), (vec![member("a", b"1"), member("b", b"2")], vec![]));
    // A wrong checksum.
    tar[150] ^= 1;
    assert_eq!(read(&tar).0.len(), 2);
    let torn = [file("a", b"1"), vec![b'?'; 512], file("b", b"2")].concat();
    let (members, problems) = read(&torn);
    assert_eq!(members, [member("a", b"1"), member("b", b"2")]);
    assert_eq!((problems.len(), problems[0].reason), (1, Reason::Damaged));
    let cut = file("a", &[b'x'; 900]);
    let cut = &cut[..1000];
    assert_eq!(read(cut).0, [("a".to_owned(), vec![b'x'; 488], Some(Reason::Damaged))]);
}

#[test]
fn sparse_files_are_put_together() {
    let whole = [vec![b'a'; 3], vec![0; 4], vec![b'b'; 2], vec![0; 1]].concat();
    let mut old = header("s", 5, b'S', b"ustar  \0");
    for (at, n) in [(386, 0), (398, 3), (410, 7), (422, 2), (483, 10)] {
        old[at..at + 12].copy_from_slice(format!("{n:011o}\0").as_bytes());
    }
    seal(&mut old);
    assert_eq!(read(&[old, padded(b"aaabb")].concat()).0, [member("s", &whole)]);
    let records = "22 GNU.sparse.major=1\n26 GNU.sparse.realsize=10\n20 GNU.sparse.name=s\n".to_owned();
    let body = [padded(b"2\n0\n3\n7\n2\n"), b"aaabb".to_vec()].concat();
    let pax = [
        header("x", records.len(), b'x', USTAR),
        padded(records.as_bytes()),
        header("GNUSparseFile.1/s", body.len(), b'0', USTAR),
        padded(&body),
    ];
    assert_eq!(read(&pax.concat()).0, [member("s", &whole)]);
}

#[test]
fn text_is_no_archive() {
    for bytes in [&b"x".repeat(1024)[..], &[0; 1024], b"ustar"] {
        assert!(!Tar.reads(&Blob { address: Address::named("x"), bytes }));
    }
}

#[test]
fn a_million_members_are_bounded() {
    let one = file("a", b"");
    let one = &one[..BLOCK];
    let full = [one, &file("b", b"x")].concat().repeat(2000);
    let blob = Blob { address: Address::named("x"), bytes: &full };
    let limits = Limits { entries: 1000, ..Limits::default() };
    let opened = Tar.open(&blob, &limits);
    assert_eq!((opened.members.len(), opened.problems.len()), (1000, 1));
    let last = opened.gaps.last().expect("the rest is a gap");
    assert_eq!(last.end, full.len());
}

/// The members of a tar that comes out `step` bytes at a time and is cut wherever it can be.
fn read_growing(tar: &[u8], step: usize) -> (Vec<Read>, usize) {
    let (mut growing, mut out, mut members, mut cuts) =
        (growing::Growing::default(), Vec::new(), Vec::new(), 0);
    let mut add = |part: &[u8]| {
        let blob = Blob { address: Address::named("x"), bytes: part };
        let budget = Budget::new(&Limits::default(), part.len() as u64);
        let opened = Tar.open(&blob, &Limits::default());
        for m in &opened.members {
            let mut buffer = Vec::new();
            let contents = m.read(&mut buffer, &budget);
            let name = String::from_utf8_lossy(m.name()).into_owned();
            members.push((name, contents.bytes.to_vec(), contents.problem.map(|p| p.reason)));
        }
    };
    for more in tar.chunks(step) {
        out.extend_from_slice(more);
        let end = growing.whole(&out);
        if end > 0 {
            growing.taken(end);
            add(&out[..end]);
            out.drain(..end);
            cuts += 1;
        }
    }
    add(&out);
    (members, cuts)
}

#[test]
fn what_has_come_out_whole_can_be_read_before_the_rest() {
    let mut tar = Vec::new();
    for i in 0..40usize {
        let bytes = vec![b'a' + (i % 26) as u8; i * 97 % 2100];
        tar.extend(match i % 5 {
            0 => file(&format!("f{i}"), &bytes),
            1 => {
                let record = format!("path=p/{i}\n");
                let record = format!("{} {record}", record.len() + 3);
                let about = [header("pax", record.len(), b'x', USTAR), padded(record.as_bytes())].concat();
                [about, file("short", &bytes)].concat()
            }
            2 => [
                header("././@LongLink", 5, b'L', b"ustar  \0"),
                padded(format!("lo{i:02}\0").as_bytes()),
                header("lo", bytes.len(), b'0', b"ustar  \0"),
                padded(&bytes),
            ]
            .concat(),
            // A link that says it has data, and one that has some.
            3 => [header("link", 3, b'2', USTAR), file(&format!("behind{i}"), b"x")].concat(),
            _ => {
                // Its size stands in the record before it only.
                let record = format!("size={}\n", bytes.len() + 600);
                let record = format!("{} {record}", record.len() + 3);
                let body = vec![b'z'; bytes.len() + 600];
                let about = [header("pax", record.len(), b'x', USTAR), padded(record.as_bytes())].concat();
                [about, header(&format!("sized{i}"), 0, b'0', USTAR), padded(&body)].concat()
            }
        });
    }
    let (plain, _) = read(&tar);
    assert!(plain.len() > 30);
    for step in [1, 7, 100, 511, 512, 513, 1024, 5000, tar.len()] {
        let (grown, cuts) = read_growing(&tar, step);
        assert_eq!(grown, plain, "{step} bytes at a time");
        assert!(step > 1024 || cuts > 20, "{cuts} cuts with {step} bytes at a time");
    }
    // Behind an end, and behind damage, nothing is cut.
    let (one, two) = (file("one", b"1"), file("two", b"2"));
    for middle in [vec![0; 2 * BLOCK], vec![7; BLOCK]] {
        let tar = [one.clone(), middle, two.clone(), vec![0; 2 * BLOCK]].concat();
        assert_eq!(read_growing(&tar, 100).0, read(&tar).0);
        assert!(read_growing(&tar, 100).1 <= 1);
    }
}

#[test]
fn images_are_known_by_their_first_names() {
    let may_be = |name: &str| {
        growing::may_be_image(&[file("x/y", b"1"), file(name, b"2")].concat(), &Limits::default())
    };
    for name in ["manifest.json", "./oci-layout", "blobs/sha256/00", "0123/layer.tar", &"a1".repeat(32)] {
        assert!(may_be(name), "{name}");
    }
    assert!(!may_be("package/index.json") && !may_be("a/manifest.json"));
}
