//! Dumps of PostgreSQL in the format of its own (`pg_dump -Fc`): behind a table of what there is, the data of each, in pieces
//! that are packed together.
//!
//! As `pg_dump` writes it (`pg_backup_custom.c`). Data are looked for from the table's end on: what the table says of their
//! places is often not filled in.

use super::inflate::has_zlib_header;
use super::piece::{Scattered, gaps};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_le};
use crate::limits::Limits;
use std::ops::Range;

/// Opens such dumps.
pub struct PgDump;

/// Kinds of blocks: rows, and large objects.
const ROWS: u8 = 1;
const OBJECTS: u8 = 3;

impl Container for PgDump {
    fn name(&self) -> &'static str {
        "pg-dump"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // Numbers of four bytes, places of eight, and the format.
        blob.bytes.starts_with(b"PGDMP") && matches!(blob.bytes.get(5..11), Some([1, _, _, 4, 4 | 8, 1]))
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (mut at, mut used) = (11, Vec::new());
        while let Some(next) = data.get(at..).and_then(|rest| memchr::memchr2(ROWS, OBJECTS, rest)) {
            at += next;
            let Some((id, pieces, end)) = block(data, at) else {
                at += 1;
                continue;
            };
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            used.push(at..end);
            at = end;
            let name = format!("data {id}").into_bytes();
            opened.members.push(Box::new(Scattered { name, data, ranges: pieces, missing: 0 }));
        }
        opened.gaps = gaps(used, data.len());
        opened
    }
}

/// A number: its sign, and four bytes.
fn number(data: &[u8], at: usize) -> Option<usize> {
    (*data.get(at)? == 0).then_some(())?;
    usize::try_from(u32_le(data, at + 1)?).ok()
}

/// A block of data that begins at `at`: its number, its pieces, and its end.
fn block(data: &[u8], at: usize) -> Option<(usize, Vec<Range<usize>>, usize)> {
    let id = number(data, at + 1).filter(|id| (1..1 << 28).contains(id))?;
    let mut at = at + 6;
    if data[at - 6] == OBJECTS {
        // The object's own number.
        number(data, at)?;
        at += 5;
    }
    let first = number(data, at).filter(|len| *len > 0)?;
    let head = slice(data, at + 5, first)?;
    let is_packed = has_zlib_header(head)
        || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || head.starts_with(&[4, 0x22, 0x4d, 0x18]);
    is_packed.then_some(())?;
    let mut pieces = Vec::new();
    // One that is cut off has no last piece, of no bytes.
    while let Some(len) = number(data, at).filter(|len| *len > 0) {
        let start = at + 5;
        let end = start.saturating_add(len).min(data.len());
        // One that the file has nothing of would be a hole.
        pieces.extend((start < end).then_some(start..end));
        at = end;
    }
    Some((id, pieces, (at + 5).min(data.len())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        let packed = zlib(b"aws_access_key_id\tvalue\naws_secret_access_key\tvalue\n");
        let mut data = b"PGDMP\x01\x0e\0\x04\x08\x01 the table of contents \x01\0\0".to_vec();
        let number = |n: usize| [&[0][..], &(n as u32).to_le_bytes()].concat();
        data.extend([&[ROWS][..], &number(3001), &number(10), &packed[..10]].concat());
        data.extend([number(packed.len() - 10), packed[10..].to_vec(), number(0)].concat());
        let (members, problems) = read(&PgDump, &data);
        assert_eq!((members.len(), members[0].0.as_str(), problems), (1, "data 3001", vec![]));
        assert!(members[0].1 == packed);
    }
}
