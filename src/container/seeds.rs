//! What the real tools wrote is read to the last byte, and what is cut is told: of the seeds of file systems and archives
//! (`testdata/volumes/seeds.sh`).

use super::testing::{Read, read};
use super::{
    Container, arj, btrfs, disk_image, envelope, erofs, firmware, hfsplus, http, journal, lha, nsis, pg_dump,
    phar, ubi, ubifs, wim,
};
use crate::ledger::Reason;
use std::path::PathBuf;

fn seed(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/seeds");
    std::fs::read(folder.join(name)).unwrap()
}

fn lines(count: usize) -> String {
    (1..=count).map(|n| format!("line {n} of a text\n")).collect()
}

/// The first bytes of the text.
fn first(count: usize) -> Vec<u8> {
    lines(900).as_bytes()[..count].to_vec()
}

fn numbers() -> Vec<u8> {
    let numbers: String = (1..=9000).map(|n| format!("{n}\n")).collect();
    (lines(900) + &numbers).into_bytes()
}

/// Holds the members of a seed against what is in it, and looks at what is said when it is cut.
fn check(container: &dyn Container, seed_name: &str, want: &[(&str, Vec<u8>)]) {
    let data = whole(container, seed_name, want);
    for cut in (1..40).map(|n| data.len() * n / 40).filter(|cut| reads(container, &data[..*cut])) {
        let (members, problems) = read(container, &data[..cut]);
        let is_told = !problems.is_empty() || members.iter().any(|(_, _, reason)| reason.is_some());
        let is_there = |(_, bytes): &(&str, Vec<u8>)| members.iter().any(|m| m.1 == *bytes);
        assert!(is_told || want.iter().all(is_there), "{seed_name} cut at {cut}: {:?}", names(&members));
    }
}

/// The first half of that.
fn whole(container: &dyn Container, seed_name: &str, want: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let data = seed(seed_name);
    let (members, problems) = read(container, &data);
    assert_eq!(problems, [], "{seed_name}");
    assert_eq!(names(&members), want.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{seed_name}");
    for ((name, bytes, reason), (_, want)) in members.iter().zip(want) {
        assert!(bytes == want && reason.is_none(), "{seed_name}!{name}: {} bytes, {reason:?}", bytes.len());
    }
    data
}

fn names(members: &[Read]) -> Vec<&str> {
    members.iter().map(|(name, _, _)| name.as_str()).collect()
}

fn reads(container: &dyn Container, data: &[u8]) -> bool {
    container.reads(&crate::blob::Blob { address: crate::address::Address::named("x"), bytes: data })
}

#[test]
fn hfs() {
    let want = [
        ("one", lines(900).into_bytes()),
        ("folder/two", first(100)),
        ("folder/two/..namedfork/rsrc", first(300)),
        ("four", first(200)),
    ];
    check(&hfsplus::HfsPlus, "hfsplus/plain", &want);
    let (members, problems) = read(&hfsplus::HfsPlus, &seed("hfsplus/packed"));
    assert_eq!((names(&members), problems), (vec!["way 1", "way 12", "way 3", "way 4", "way 9"], vec![]));
    for (name, bytes, reason) in members {
        match name.as_str() {
            // Its data are not what its kind says.
            "way 12" => assert_eq!(reason, Some(Reason::Damaged)),
            "way 4" => assert!(bytes == lines(900).into_bytes() && reason.is_none()),
            _ => assert!(bytes == first(500) && reason.is_none(), "{name}"),
        }
    }
    let (members, _) = read(&hfsplus::HfsPlus, &seed("hfsplus/wrapped"));
    assert!(members[0].1 == seed("hfsplus/packed"));
}

#[test]
fn erofs_systems() {
    let two = lines(3).into_bytes();
    for name in ["plain", "extended", "chunks"] {
        let want = [("folder/two", two.clone()), ("one", lines(900).into_bytes())];
        check(&erofs::Erofs, &format!("erofs/{name}"), &want);
    }
    for name in ["lz4", "legacy", "large", "tail", "lzma", "deflate", "zstd"] {
        check(&erofs::Erofs, &format!("erofs/{name}"), &[("folder/two", two.clone()), ("one", numbers())]);
    }
}

#[test]
fn archives() {
    let want = [("text", lines(900).into_bytes())];
    for name in ["lh1", "lh5", "lh6", "lh7"] {
        check(&lha::Lha, &format!("lha/{name}"), &want);
    }
    for name in ["m0", "m1", "m2", "m3", "m4"] {
        check(&arj::Arj, &format!("arj/{name}"), &want);
    }
    let (members, problems) = read(&arj::Arj, &seed("arj/garbled"));
    assert_eq!((members[0].2, problems), (Some(Reason::Encrypted), vec![]));
}

#[test]
fn images_of_windows() {
    let want = [("folder/two", lines(3).into_bytes()), ("one", lines(900).into_bytes())];
    for name in ["none", "xpress", "lzx"] {
        check(&wim::Wim, &format!("wim/{name}"), &want);
    }
    let (members, _) = read(&wim::Wim, &seed("wim/solid"));
    assert!(members.iter().all(|(_, _, reason)| *reason == Some(Reason::Unsupported)));
}

#[test]
fn flash() {
    for name in ["none", "lzo", "zlib", "zstd"] {
        let want = [("one", lines(900).into_bytes()), ("folder/two", lines(3).into_bytes())];
        let data = whole(&ubifs::Ubifs, &format!("ubifs/{name}"), &want);
        let (_, problems) = read(&ubifs::Ubifs, &data[..data.len() * 3 / 4]);
        assert!(problems.contains(&Reason::Damaged), "{name}");
    }
    let (members, problems) = read(&ubi::Ubi, &seed("ubi/chip"));
    assert_eq!((names(&members), problems), (vec!["one", "two"], vec![]));
    assert!(members[0].1 == lines(900).into_bytes());
    assert!(members[1].1.starts_with(lines(3).as_bytes()));
}

/// `testdata/wrapped/seeds.sh` has the recipes of these.
#[test]
fn wrapped() {
    let (text, short) = (lines(900).into_bytes(), first(500));
    let want = [("script", None), ("text", Some(&text)), ("short", Some(&short))];
    for name in ["SOLIDlzma", "SOLIDzlib", "lzma", "zlib"] {
        let (members, problems) = read(&nsis::Nsis, &seed(&format!("nsis/{name}")));
        assert_eq!(names(&members), want.map(|(name, _)| name), "{name}");
        for ((_, bytes, reason), (_, want)) in members.iter().zip(want) {
            assert!(want.is_none_or(|want| bytes == want) && reason.is_none(), "{name}");
        }
        assert_eq!(problems, [], "{name}");
    }
    let (members, _) = read(&nsis::Nsis, &seed("nsis/bzip2"));
    assert!(!members.is_empty() && members.iter().all(|m| m.2 == Some(Reason::Unsupported)));
    for name in ["zlib", "lzo", "zstd"] {
        let want = [("one", text.clone()), ("folder/two", short.clone())];
        check(&btrfs::Btrfs, &format!("btrfs/{name}"), &want);
    }
    check(&phar::Phar, "phar/deflate", &[("text", text.clone()), ("short", short.clone())]);
    check(&phar::Phar, "phar/stored", &[("text", text.clone()), ("short", short)]);
    let system = [&text[..], &[0; 24576]].concat();
    check(&disk_image::DiskImage, "disk-image/payload", &[("system", system[..24576].to_vec())]);
    let (members, problems) = read(&journal::Journal, &seed("journal/zstd"));
    assert!(members[0].1.starts_with(b"MESSAGE=line 1 of a text line 2 ") && problems.is_empty());
    let (members, problems) = read(&http::Http, &seed("http/stream"));
    assert!(members.len() == 2 && members[0].1.starts_with(b"\x1f\x8b\x08") && problems.is_empty());
}

/// What is in them is packed, and begins with what says how.
#[test]
fn heads_before_streams() {
    let begin = |container: &dyn Container, name: &str| {
        let (members, problems) = read(container, &seed(name));
        assert!(problems.is_empty() && members.iter().all(|m| m.2.is_none()), "{name}: {problems:?}");
        let first = |m: &Read| (m.0.clone(), m.1.iter().take(2).copied().collect::<Vec<u8>>());
        members.iter().map(first).collect::<Vec<_>>()
    };
    let want =
        |list: &[(&str, &[u8])]| list.iter().map(|(n, b)| ((*n).to_owned(), b.to_vec())).collect::<Vec<_>>();
    for (name, parts) in [
        ("boot", &[("kernel", &[0, 0][..]), ("ramdisk", &[2, 0x21])][..]),
        ("boot-3", &[("kernel", &[0, 0]), ("ramdisk", &[2, 0x21])]),
        ("vendor", &[("ramdisk", &[2, 0x21]), ("dtb", b"li")]),
        ("uimage", &[("contents", &[0x5d, 0])]),
        ("multi", &[("contents", b"li"), ("contents 2", &[0x1f, 0x8b])]),
        ("fit", &[("image", &[0x1f, 0x8b])]),
        ("fit-external", &[("behind the tree", &[0x1f, 0x8b])]),
        ("trx", &[("part", &[0x5d, 0]), ("part 2", b"li")]),
    ] {
        assert_eq!(begin(&firmware::Firmware, &format!("firmware/{name}")), want(parts), "{name}");
    }
    for (name, head) in [("gzip-v1", &b"x"[..]), ("zstd-v2", b"\x28"), ("bzip2-v2", b"B"), ("openpgp", b"l")]
    {
        let found = begin(&envelope::Envelope, &format!("envelope/{name}"));
        // Behind the head of OpenPGP's own packet is the text.
        assert!(found.len() == 1 && (found[0].1.starts_with(head) || name == "openpgp"), "{name}: {found:?}");
    }
    for name in ["length", "matlab", "java", "hdf5", "beam", "term", "rpyc"] {
        let found = begin(&envelope::Envelope, &format!("envelope/{name}"));
        assert!(found.len() == 1 && found[0].1[0] == 0x78, "{name}: {found:?}");
    }
    assert_eq!(begin(&pg_dump::PgDump, "pg-dump/rows")[0].1[0], 0x78);
}
