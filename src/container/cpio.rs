//! cpio: the payload of RPM packages, initramfs (`cpio(5)`: newc and its kind with checksums, the
//! portable ASCII format, the old binary one in either byte order).
//!
//! An initramfs is several archives one behind the other, the last ones often compressed: what is
//! behind the end of an archive and is no archive of this kind is a member of its own.

use super::piece::{Piece, gaps};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::slice;
use crate::limits::Limits;
use std::ops::Range;

/// Opens cpio archives.
pub struct Cpio;

const TRAILER: &[u8] = b"TRAILER!!!";

impl Container for Cpio {
    fn name(&self) -> &'static str {
        "cpio"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Entry::read(blob.bytes, 0).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut taken: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while at < data.len() {
            let Some(entry) = Entry::read(data, at) else {
                // Archives are filled up to a block.
                let zeros = data[at..].iter().take_while(|&&b| b == 0).count();
                at += zeros;
                if at < data.len() && (zeros == 0 || Entry::read(data, at).is_none()) {
                    let name = format!("behind the archive at {at}").into_bytes();
                    taken.push(at..data.len());
                    opened.members.push(Box::new(Piece { name, bytes: &data[at..], missing: 0 }));
                    break;
                }
                continue;
            };
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail).of_bytes(0));
                break;
            }
            let end = entry.start.saturating_add(entry.size);
            let body = entry.start.min(data.len())..end.min(data.len());
            let missing = (end - body.end.min(end)) as u64;
            if entry.size > 0 && entry.name != TRAILER {
                let piece = Piece { name: entry.name.to_vec(), bytes: &data[body.clone()], missing };
                taken.push(body);
                opened.members.push(Box::new(piece) as Box<dyn Member>);
            }
            at = end.saturating_add(entry.fill(end));
        }
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

/// A header and the name behind it.
struct Entry<'b> {
    name: &'b [u8],
    start: usize,
    size: usize,
    /// What places are multiples of, counted from `origin`.
    align: usize,
    origin: usize,
}

impl<'b> Entry<'b> {
    fn read(data: &'b [u8], at: usize) -> Option<Self> {
        let magic = slice(data, at, 6)?;
        let (name_at, name_len, size, align) = match magic {
            b"070701" | b"070702" => {
                let field = |n: usize| number(slice(data, at + 6 + 8 * n, 8)?, 16);
                (110, field(11)?, field(6)?, 4)
            }
            b"070707" => (76, number(slice(data, at + 59, 6)?, 8)?, number(slice(data, at + 65, 11)?, 8)?, 1),
            _ => {
                let is_big = magic.starts_with(&[0x71, 0xc7]);
                if !is_big && !magic.starts_with(&[0xc7, 0x71]) {
                    return None;
                }
                let word = |n: usize| {
                    let pair = *slice(data, at + 2 * n, 2)?.first_chunk()?;
                    Some(usize::from(if is_big {
                        u16::from_be_bytes(pair)
                    } else {
                        u16::from_le_bytes(pair)
                    }))
                };
                (26, word(10)?, word(11)? << 16 | word(12)?, 2)
            }
        };
        // Two bytes of magic are little: the name must be one.
        let name = slice(data, at + name_at, name_len)?.strip_suffix(b"\0")?;
        if name.is_empty() || name.len() > 64 << 10 || name.contains(&0) {
            return None;
        }
        let mut entry = Entry { name, start: at + name_at + name_len, size, align, origin: at };
        entry.start += entry.fill(entry.start);
        Some(entry)
    }

    /// Bytes to the next place where something may stand.
    fn fill(&self, at: usize) -> usize {
        match at.saturating_sub(self.origin) % self.align {
            0 => 0,
            rest => self.align - rest,
        }
    }
}

fn number(digits: &[u8], base: u32) -> Option<usize> {
    digits.iter().try_fold(0usize, |n, &b| {
        let digit = char::from(b).to_digit(base)?;
        n.checked_mul(base as usize)?.checked_add(digit as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::container::budget::Budget;

    fn newc(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut out = b"070701".to_vec();
        for n in [1, 0o100644, 0, 0, 1, 0, bytes.len(), 0, 0, 0, 0, name.len() + 1, 0] {
            out.extend(format!("{n:08x}").bytes());
        }
        out.extend(name.bytes().chain([0]));
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn read(data: &[u8]) -> Vec<(String, Vec<u8>, bool)> {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(Cpio.reads(&blob));
        let opened = Cpio.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), data.len() as u64);
        let mut buffer = Vec::new();
        let members = opened.members.iter();
        members
            .map(|m| {
                let name = String::from_utf8_lossy(m.name()).into_owned();
                let contents = m.read(&mut buffer, &budget);
                (name, contents.bytes.to_vec(), contents.problem.is_none())
            })
            .collect()
    }

    #[test]
    fn archives_in_a_row_and_what_is_behind_them() {
        let mut data = [newc("a", b"one"), newc("TRAILER!!!", b""), vec![0; 400], newc("b", b"2")].concat();
        let both = [("a".to_owned(), b"one".to_vec(), true), ("b".to_owned(), b"2".to_vec(), true)];
        assert_eq!(read(&data), both);
        data.extend([0; 12]);
        data.extend(b"\x1f\x8b");
        let members = read(&data);
        assert_eq!(members[..2], both);
        assert_eq!(members[2].1, b"\x1f\x8b");
        let cut = newc("a", b"one and more");
        assert_eq!(read(&cut[..cut.len() - 4]), [("a".to_owned(), b"one and ".to_vec(), false)]);
    }

    #[test]
    fn other_dialects() {
        let odc = b"0707070000010000021006440017500017500000010000000000000000000000200000000003a\0one";
        assert_eq!(read(odc), [("a".to_owned(), b"one".to_vec(), true)]);
        let words = [0o70707u16, 0, 1, 0o100644, 0, 0, 1, 0, 0, 0, 2, 0, 3];
        for binary in [words.map(u16::to_le_bytes), words.map(u16::to_be_bytes)] {
            let data = [&binary.concat()[..], b"a\0one\0"].concat();
            assert_eq!(read(&data), [("a".to_owned(), b"one".to_vec(), true)]);
        }
    }
}
