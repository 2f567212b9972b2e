//! romfs: the file system of small boot images (`genromfs`). Files lie in place.

use super::piece::{Piece, Taken};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u32_be};
use crate::limits::Limits;
use std::collections::HashSet;

/// Opens file systems.
pub struct Romfs;

const MAGIC: &[u8] = b"-rom1fs-";
/// Longest name of a file.
const NAME: usize = 4096;

impl Container for Romfs {
    fn name(&self) -> &'static str {
        "romfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC) && first(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (mut wanted, mut names) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        // Heads of files, and the folder that they are in.
        let mut left = vec![(first(data).unwrap_or(0), Vec::new())];
        // Heads may have their names in common.
        let mut letters = data.len().saturating_mul(4).max(1 << 20);
        while let Some((at, folder)) = left.pop() {
            if at == 0 || !seen.insert(at) {
                continue;
            }
            if seen.len() as u64 > limits.entries || letters == 0 {
                let detail = format!("more than {} files, or names", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let Some(file) = File::read(data, at) else {
                let detail = format!("romfs: the head of a file at {at} is damaged");
                opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
                continue;
            };
            let path: Vec<u8> = [&folder[..], file.name].concat();
            letters = letters.saturating_sub(path.len());
            left.push((file.next, folder));
            match file.kind {
                1 if !matches!(file.name, b"." | b"..") && path.len() < NAME => {
                    left.push((file.info, [&path[..], b"/"].concat()));
                }
                2 => {
                    wanted.push((file.start..file.start.saturating_add(file.size), names.len()));
                    names.push(path);
                }
                _ => {}
            }
        }
        let (taken, refused) = Taken::new(wanted);
        if refused > 0 {
            let detail = format!("romfs: {refused} files have their bytes in common with another");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        for (n, range) in taken.indexes() {
            let bytes = data.get(range.start..range.end.min(data.len())).unwrap_or_default();
            let missing = (range.len() - bytes.len()) as u64;
            opened.members.push(Box::new(Piece { name: std::mem::take(&mut names[n]), bytes, missing }));
        }
        let within = |gap: std::ops::Range<usize>| gap.start.min(data.len())..gap.end.min(data.len());
        opened.gaps = taken.gaps(data.len()).into_iter().map(within).filter(|gap| !gap.is_empty()).collect();
        opened
    }
}

/// Where the first head is: behind the name of the file system.
fn first(data: &[u8]) -> Option<usize> {
    let name = data.get(16..)?;
    let len = memchr::memchr(0, &name[..name.len().min(NAME)])?;
    u32_be(data, 16 + (len + 1).next_multiple_of(16))?;
    Some(16 + (len + 1).next_multiple_of(16))
}

struct File<'b> {
    next: usize,
    kind: u8,
    info: usize,
    start: usize,
    size: usize,
    name: &'b [u8],
}

impl<'b> File<'b> {
    fn read(data: &'b [u8], at: usize) -> Option<Self> {
        let next = size_be(data, at)?;
        let rest = slice(data, at + 16, 1).and(data.get(at + 16..))?;
        let len = memchr::memchr(0, &rest[..rest.len().min(NAME)])?;
        Some(File {
            next: next & !15,
            kind: next as u8 & 7,
            info: size_be(data, at + 4)? & !15,
            size: size_be(data, at + 8)?,
            start: at + 16 + (len + 1).next_multiple_of(16),
            name: &rest[..len],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::container::budget::Budget;

    fn head(next: u32, info: u32, size: u32, name: &str) -> Vec<u8> {
        let mut out: Vec<u8> = [next, info, size, 0].iter().flat_map(|n| n.to_be_bytes()).collect();
        out.extend(name.as_bytes());
        out.resize(16 + (name.len() + 1).next_multiple_of(16), 0);
        out
    }

    #[test]
    fn folders_files_and_loops() {
        let mut image = [MAGIC, &[0; 8], b"disk\0\0\0\0\0\0\0\0\0\0\0\0"].concat();
        // A folder that leads back to itself, and a file in it.
        image.extend(head(32 + 1, 64, 0, "etc"));
        image.extend(head(32 + 2, 0, 5, "a"));
        image.extend(b"hello\0\0\0\0\0\0\0\0\0\0\0");
        let blob = Blob { address: Address::named("x"), bytes: &image };
        assert!(Romfs.reads(&blob));
        let opened = Romfs.open(&blob, &Limits::default());
        let mut buffer = Vec::new();
        let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 100));
        assert_eq!((opened.members.len(), contents.bytes), (1, &b"hello"[..]));
        assert_eq!(opened.members[0].name(), b"etc/a");
        assert_eq!(opened.gaps, [0..96, 101..112]);
        let blob = Blob { address: Address::named("x"), bytes: &image[..98] };
        assert!(
            Romfs.open(&blob, &Limits::default()).members[0]
                .read(&mut buffer, &Budget::new(&Limits::default(), 9))
                .problem
                .is_some()
        );
    }
}
