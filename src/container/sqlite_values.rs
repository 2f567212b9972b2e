//! Values of SQLite databases that are packed: streams and archives in cells.
//! Repositories of Fossil are such a database.

use super::embedded::Embedded;
use super::inflate::{begins, has_zlib_header};
use super::piece::{Owned, Piece};
use super::{Container, Member, Opened, Problem, snappy_blocks, zlibs};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::sqlite::blobs;
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens packed values, and what else is in such a file.
pub struct SqliteValues;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Shortest value that is looked at.
const LEAST: usize = 16;
/// Bytes of values that do not stand in one piece, and are put together before anybody asks for them.
const SCATTERED: usize = 64 << 20;

impl Container for SqliteValues {
    fn name(&self) -> &'static str {
        "sqlite-values"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let mut any = false;
        if blob.bytes.starts_with(MAGIC) {
            blobs(blob.bytes, &mut |_, _, value| any = any || is_packed(value));
        }
        any
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Embedded.or_gap(blob, limits);
        let (mut left, mut over) = (SCATTERED, 0u64);
        let mut taken = Vec::new();
        blobs(data, &mut |row, at, value| {
            if !is_packed(value) {
                return;
            }
            let is_full = opened.members.len() as u64 >= limits.entries;
            let name = row.map_or_else(|| "value".to_owned(), |row| format!("row {row}")).into_bytes();
            let place = at.and_then(|at| data.get(at..at + value.len()));
            match (place, left.checked_sub(value.len())) {
                _ if is_full => over += value.len() as u64,
                (Some(bytes), _) => {
                    taken.extend(at.map(|at| at..at + bytes.len()));
                    opened.members.push(Box::new(Piece { name, bytes, missing: 0 }));
                }
                (None, Some(rest)) => {
                    left = rest;
                    opened.members.push(Box::new(Owned { name, bytes: value.to_vec() }) as Box<dyn Member>);
                }
                (None, None) => over += value.len() as u64,
            }
        });
        // What rows that are gone have left.
        taken.sort_by_key(|range: &Range<usize>| range.start);
        let mut gone = zlibs::open(data, 1, limits, &mut |stream| {
            let before = taken.partition_point(|range| range.start <= stream.start);
            before.checked_sub(1).is_none_or(|n| taken[n].end <= stream.start)
        });
        opened.members.append(&mut gone.members);
        opened.problems.append(&mut gone.problems);
        if over > 0 {
            let detail = format!("{over} bytes of packed values are over the limit");
            opened.problems.push(Problem::new(Reason::Limit, detail).of_bytes(over));
        }
        opened
    }
}

/// Whether a value begins like something packed.
fn is_packed(value: &[u8]) -> bool {
    let is_zlib = |data: &[u8]| has_zlib_header(data) && begins(&data[2..]);
    value.len() >= LEAST
        && match value {
            [0x1f, 0x8b, 8, ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [0xfd, b'7', b'z', b'X', b'Z', 0, ..]
            | [0x04, 0x22, 0x4d, 0x18, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..]
            | [b'P', b'K', 3, 4, ..] => true,
            // Behind their size, as Fossil and Qt have them.
            // Or a block of Snappy alone, as Firefox keeps what pages have stored.
            _ => is_zlib(value) || is_zlib(&value[4..]) || snappy_blocks::is_alone(value),
        }
}

#[cfg(test)]
mod tests {
    use super::super::testing::zlib;
    use super::*;

    #[test]
    fn what_is_packed() {
        let packed = zlib(&b"some text that is long enough to be packed, and more of it".repeat(3));
        assert!(is_packed(&packed) && is_packed(&[&[0, 0, 0, 174], &packed[..]].concat()));
        for other in
            [&b"x\x9c"[..], b"plain text of some length", &[0; 400], b"x\x9c\xff\xff\xff\xff 123456789"]
        {
            assert!(!is_packed(other));
        }
    }
}
