//! Packs that git would never write: each ends the scan in time, in little memory, and is told.

use crate::util::{Dir, Report, credentials};
use std::io::Write;
use std::process::Command;

/// An entry of a pack: its type, the size it says, what stands before the stream, and the stream's bytes.
pub fn entry(kind: u8, size: u64, before: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![kind << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *out.last_mut().unwrap() |= 0x80;
        out.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    out.extend(before);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(bytes).unwrap();
    out.extend(zlib.finish().unwrap());
    out
}

pub fn offset(mut back: u64) -> Vec<u8> {
    let mut out = vec![(back & 0x7f) as u8];
    while back > 0x7f {
        back = (back >> 7) - 1;
        out.insert(0, 0x80 | (back & 0x7f) as u8);
    }
    out
}

pub fn number(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n > 0x7f {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

/// A repository whose one pack is `entries`, with an index that says what it likes.
pub fn repository(entries: &[(Vec<u8>, [u8; 20])]) -> Dir {
    let dir = Dir::new();
    dir.write("HEAD", "ref: refs/heads/main\n");
    dir.write("refs/keep", "");
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut places = Vec::new();
    for (bytes, id) in entries {
        places.push((*id, pack.len() as u32, crc32fast::hash(bytes)));
        pack.extend(bytes);
    }
    pack.extend([0; 20]);
    places.sort();
    let mut index = vec![0xff, b't', b'O', b'c', 0, 0, 0, 2];
    for first in 0..=255u8 {
        index.extend((places.iter().filter(|p| p.0[0] <= first).count() as u32).to_be_bytes());
    }
    places.iter().for_each(|p| index.extend(p.0));
    places.iter().for_each(|p| index.extend(p.2.to_be_bytes()));
    places.iter().for_each(|p| index.extend(p.1.to_be_bytes()));
    index.extend([0; 40]);
    dir.write("objects/pack/pack-1.pack", pack);
    dir.write("objects/pack/pack-1.idx", index);
    dir
}

pub fn id(n: usize) -> [u8; 20] {
    let mut id = [0; 20];
    id[..8].copy_from_slice(&(n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id
}

fn scanned(dir: &Dir, exit: i32) -> Report {
    // 2 GB of memory are enough for whatever a pack says.
    let script =
        format!("ulimit -v 4000000; exec '{}' git -f jsonl --reveal -j 2", crate::util::binary().display());
    let output = Command::new("sh").args(["-c", &script]).current_dir(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(exit), "{output:?}");
    Report::parse(&output.stdout)
}

#[test]
fn sizes_offsets_and_copies_that_lie() {
    let text = credentials("hostile");
    let base = (entry(3, text.len() as u64, b"", text.as_bytes()), id(0));
    let size = base.0.len() as u64;
    let of = |delta: &[u8], said: u64| entry(6, said, &offset(size), delta);
    let head = |made: u64| [number(text.len() as u64), number(made)].concat();
    let far = [&head(5)[..], &[0x91, 250, 5]].concat();
    let huge = [&head(1 << 50)[..], &[0x90, 5]].concat();
    let other = [&number(7)[..], &number(1), &[1, b'x']].concat();
    for (what, second) in [
        ("a copy out of range", of(&far, far.len() as u64)),
        ("a huge object by its delta", of(&huge, huge.len() as u64)),
        ("a base of another size", of(&other, other.len() as u64)),
        ("a delta of no instruction", of(&[&head(1)[..], &[0]].concat(), head(1).len() as u64 + 1)),
        ("an object that says it is huge", entry(3, 1 << 50, b"", b"short")),
        ("a size that is too small", entry(3, 2, b"", b"longer than that")),
        ("a delta to itself", entry(6, 4, &offset(0), b"0123")),
        ("a delta to before the pack", entry(6, 4, &offset(1 << 40), b"0123")),
        ("a delta to the middle of an entry", entry(6, 4, &offset(3), b"0123")),
        ("a type that is none", entry(5, 4, b"", b"0123")),
        ("a delta to what is not here", entry(7, 4, &[9; 20], b"0123")),
    ] {
        let report = scanned(&repository(&[base.clone(), (second, id(1))]), 1);
        assert_eq!(report.pairs().len(), 1, "{what}");
        assert_eq!(report.ledger["complete"], false, "{what}: {}", report.ledger);
    }
}

#[test]
fn deltas_that_are_made_from_each_other() {
    let delta = [5, 5, 0x90, 5];
    let cycle = |n: usize, to: usize| (entry(7, 4, &id(to), &delta), id(n));
    let good = (entry(3, 5, b"", b"clean"), id(9));
    let report =
        scanned(&repository(&[cycle(0, 1), cycle(1, 2), cycle(2, 0), cycle(3, 0), cycle(4, 4), good]), 3);
    assert_eq!(report.entries("damaged").len(), 5);
    assert_eq!(report.ledger["history"]["objects"], 1);
}

#[test]
fn a_chain_of_ten_thousand() {
    // Each adds a line to the one before; the last has a pair.
    let mut text = "start of a text\n".repeat(20).into_bytes();
    let mut entries = vec![(entry(3, text.len() as u64, b"", &text), id(0))];
    for n in 1..10_000 {
        let line = if n == 9_999 { credentials("chain") } else { format!("{n:05}\n") };
        let made = text.len() + line.len();
        let mut delta = [
            number(text.len() as u64),
            number(made as u64),
            vec![0xf0, text.len() as u8, (text.len() >> 8) as u8, (text.len() >> 16) as u8],
        ]
        .concat();
        delta.push(line.len() as u8);
        delta.extend(line.bytes());
        let back = entries.last().map_or(0, |(e, _)| e.len()) as u64;
        entries.push((entry(6, delta.len() as u64, &offset(back), &delta), id(n)));
        text.extend(line.bytes());
    }
    let report = scanned(&repository(&entries), 1);
    assert_eq!((report.pairs().len(), &report.ledger["history"]["objects"]), (1, &10_000.into()));
    // Each was looked at where it is new.
    let new = report.ledger["history"]["new_bytes"].as_u64().unwrap();
    let all = report.ledger["history"]["bytes"].as_u64().unwrap();
    assert!(new * 20 < all, "{new} of {all}");
}
