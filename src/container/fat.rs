//! Fat Mach-O files: one program for several processors.
//!
//! `mach-o/fat.h`: big-endian, a table of processor, offset and size. Class files of Java begin
//! with the same four bytes; their next four are a version of 45 or more.

use super::piece::Piece;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, u32_be, u64_be};
use crate::limits::Limits;
use std::ops::Range;

/// Opens fat Mach-O files.
pub struct Fat;

/// More processors there are not.
const MAX_SLICES: u32 = 40;

impl Container for Fat {
    fn name(&self) -> &'static str {
        "fat"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let count = u32_be(blob.bytes, 4);
        matches!(u32_be(blob.bytes, 0), Some(0xcafe_babe | 0xcafe_babf))
            && count.is_some_and(|n| (1..=MAX_SLICES).contains(&n))
            // A processor: a small number, with the bits for 64 of them or not.
            && u32_be(blob.bytes, 8).is_some_and(|cpu| (1..=32).contains(&(cpu & 0x00ff_ffff)) && cpu >> 24 <= 2)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let wide = data.get(3) == Some(&0xbf);
        let one = if wide { 32 } else { 20 };
        let count = size_be(data, 4).unwrap_or(0).min(MAX_SLICES as usize);
        let mut taken: Vec<Range<usize>> = Vec::new();
        for i in 0..count {
            let at = 8 + i * one;
            let Some((cpu, sub, offset, size)) = entry(data, at, wide) else {
                opened.problems.push(Problem::new(Reason::Damaged, "fat Mach-O: the table is cut off"));
                break;
            };
            let end = offset.saturating_add(size);
            if end > data.len() {
                let missing = (end - data.len().max(offset)) as u64;
                let detail =
                    format!("fat Mach-O: a slice at {offset} of {size} bytes in a file of {}", data.len());
                opened
                    .problems
                    .push(Problem::new(Reason::Damaged, detail).of_bytes(missing.min(size as u64)));
            }
            let range = offset.min(data.len())..end.min(data.len());
            // What overlaps has been read.
            if range.is_empty() || taken.iter().any(|t| t.start < range.end && range.start < t.end) {
                continue;
            }
            taken.push(range.clone());
            opened.members.push(Box::new(Piece {
                name: name(cpu, sub).into_bytes(),
                bytes: &data[range],
                missing: 0,
            }));
        }
        taken.sort_by_key(|r| r.start);
        let mut from = 0;
        for range in taken.iter().chain(std::iter::once(&(data.len()..data.len()))) {
            if from < range.start {
                opened.gaps.push(from..range.start);
            }
            from = range.end;
        }
        // The table is followed by padding, not by a file.
        if let Some(first) = opened.gaps.first_mut().filter(|g| g.start == 0 && g.end > 255) {
            let split = first.start + 128;
            let rest = split..first.end;
            first.end = split;
            opened.gaps.insert(1, rest);
        }
        opened
    }
}

fn entry(data: &[u8], at: usize, wide: bool) -> Option<(u32, u32, usize, usize)> {
    let (cpu, sub) = (u32_be(data, at)?, u32_be(data, at + 4)?);
    let (offset, size) = if wide {
        (usize::try_from(u64_be(data, at + 8)?).ok()?, usize::try_from(u64_be(data, at + 16)?).ok()?)
    } else {
        (size_be(data, at + 8)?, size_be(data, at + 12)?)
    };
    Some((cpu, sub, offset, size))
}

/// Names as `lipo` prints them.
fn name(cpu: u32, sub: u32) -> String {
    match (cpu, sub & 0x00ff_ffff) {
        (0x0100_000c, 2) => "arm64e".into(),
        (0x0100_000c, _) => "arm64".into(),
        (0x0200_000c, _) => "arm64_32".into(),
        (0x0100_0007, 8) => "x86_64h".into(),
        (0x0100_0007, _) => "x86_64".into(),
        (7, _) => "i386".into(),
        (12, 6) => "armv6".into(),
        (12, 9) => "armv7".into(),
        (12, 11) => "armv7s".into(),
        (12, 12) => "armv7k".into(),
        (12, _) => "arm".into(),
        (18, _) => "ppc".into(),
        (0x0100_0012, _) => "ppc64".into(),
        _ => format!("cpu-{cpu:#x}-{sub}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn fat(slices: &[(u32, &[u8])]) -> Vec<u8> {
        let mut data = [0xcafe_babe_u32, slices.len() as u32].map(u32::to_be_bytes).concat();
        let mut at = 8 + 20 * slices.len();
        for (cpu, bytes) in slices {
            data.extend([*cpu, 0, at as u32, bytes.len() as u32, 0].map(u32::to_be_bytes).concat());
            at += bytes.len();
        }
        slices.iter().for_each(|s| data.extend(s.1));
        data
    }

    #[test]
    fn slices_and_class_files() {
        let data = fat(&[(0x0100_000c, b"one"), (0x0100_0007, b"second")]);
        let blob = Blob { address: Address::named("x"), bytes: &data };
        assert!(Fat.reads(&blob));
        let opened = Fat.open(&blob, &Limits::default());
        let names: Vec<&[u8]> = opened.members.iter().map(|m| m.name()).collect();
        assert_eq!(names, [&b"arm64"[..], b"x86_64"]);
        assert!(opened.gaps.iter().eq(std::iter::once(&(0..48))) && opened.problems.is_empty());
        let class = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 30, 7, 0];
        assert!(!Fat.reads(&Blob { address: Address::named("x"), bytes: &class }));
    }

    #[test]
    fn slices_behind_the_end() {
        let mut data = fat(&[(0x0100_000c, b"one"), (0x0100_0007, b"second")]);
        data.truncate(data.len() - 4);
        let opened = Fat.open(&Blob { address: Address::named("x"), bytes: &data }, &Limits::default());
        assert_eq!((opened.members.len(), opened.problems[0].bytes), (2, Some(4)));
    }
}
