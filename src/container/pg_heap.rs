//! Files of tables of PostgreSQL: values that are packed (by its own way, or LZ4), within a row or in the pieces of a table of long
//! values (TOAST), and those in pieces that are not. What else is in a table stands there as it is.
//!
//! No schema is needed: a packed value begins with its size, before and after, and must come out as it says.

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem, lz4};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le};
use crate::limits::Limits;
use crate::look::Look;
use std::collections::BTreeMap;

/// Opens such files.
pub struct PgHeap;

const PAGE: usize = 8192;
const PAGE_HEAD: usize = 24;
const ROW_HEAD: usize = 23;
/// The size of a page and the version of its layout, since PostgreSQL 8.3.
const VERSION: u16 = 0x2004;
/// Values that came out so far are no chance.
const TRIAL: usize = 256;
/// The shortest value that anybody packs, in bytes that come out.
const LEAST: u32 = 32;

impl Container for PgHeap {
    fn name(&self) -> &'static str {
        "pg-heap"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let is_table = (0..4)
            .filter_map(|n| blob.bytes.get(n * PAGE..(n + 1) * PAGE))
            .all(|page| is_page(page) || page.iter().all(|b| *b == 0));
        is_table && blob.bytes.len() >= PAGE && is_page(blob.bytes) && !values(blob.bytes, 1).is_empty()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let most = usize::try_from(limits.entries).unwrap_or(usize::MAX);
        let mut values = values(blob.bytes, most.saturating_add(1));
        if values.len() > most {
            values.truncate(most);
            opened.problems.push(Problem::new(Reason::Limit, format!("more than {most} packed values")));
        }
        opened.members.extend(values.into_iter().map(|value| Box::new(value) as Box<dyn Member + 'b>));
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// Whether a page of a table begins here: of an index, something stands at its end.
fn is_page(page: &[u8]) -> bool {
    let at = |at: usize| u16_le(page, at).map(usize::from);
    let (Some(lower), Some(upper), Some(special)) = (at(12), at(14), at(16)) else { return false };
    u16_le(page, 18) == Some(VERSION)
        && special == PAGE
        && (PAGE_HEAD..=upper).contains(&lower)
        && upper <= PAGE
        && (lower - PAGE_HEAD).is_multiple_of(4)
}

/// A value, in its pieces.
struct Value<'b> {
    name: Vec<u8>,
    pieces: Vec<&'b [u8]>,
    /// How it is packed, and the size of what comes out.
    packing: Option<(Packing, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Pglz,
    Lz4,
}

/// The size that a packed value has when it is not, and how it is packed.
fn packing(data: &[u8]) -> Option<(Packing, u32)> {
    let word = u32_le(data, 0)?;
    let packing = match word >> 30 {
        0 => Packing::Pglz,
        1 => Packing::Lz4,
        _ => return None,
    };
    Some((packing, word & 0x3fff_ffff)).filter(|(_, size)| *size >= LEAST)
}

/// The values that raw bytes do not show, `most` of them.
fn values(data: &[u8], most: usize) -> Vec<Value<'_>> {
    let mut values = Vec::new();
    let mut long: BTreeMap<u32, Vec<(u32, &[u8])>> = BTreeMap::new();
    for (number, page) in data.chunks_exact(PAGE).enumerate().filter(|(_, page)| is_page(page)) {
        let lower = usize::from(u16_le(page, 12).unwrap_or(0));
        let mut room = PAGE;
        for (line, pointer) in page[PAGE_HEAD..lower].chunks_exact(4).enumerate() {
            let pointer = u32_le(pointer, 0).unwrap_or(0);
            let (at, len) = ((pointer & 0x7fff) as usize, (pointer >> 17) as usize);
            let Some(row) = slice(page, at, len).filter(|row| row.len() > ROW_HEAD) else { continue };
            // Rows that lie over one another are how a small page takes long.
            let Some(rest) = room.checked_sub(len) else { break };
            room = rest;
            let Some(body) = row.get(usize::from(row[22])..) else { continue };
            if let Some((id, place, piece)) = piece(row, body) {
                long.entry(id).or_default().push((place, piece));
                continue;
            }
            let mut at = 0;
            while at < body.len() {
                let Some(packed) = within(&body[at..]) else {
                    at += 4;
                    continue;
                };
                at += (4 + packed.len()).next_multiple_of(4);
                values.push(Value {
                    name: format!("page {number} row {}", line + 1).into_bytes(),
                    pieces: vec![&packed[4..]],
                    packing: packing(packed),
                });
                if values.len() >= most {
                    return values;
                }
            }
        }
    }
    for (id, mut pieces) in long {
        // Versions of a row that is gone may have the same.
        pieces.sort_by_key(|(place, _)| *place);
        pieces.dedup_by_key(|(place, _)| *place);
        let mut value = Value {
            name: format!("value {id}").into_bytes(),
            packing: None,
            pieces: pieces.into_iter().map(|(_, piece)| piece).collect(),
        };
        let mut head = Vec::new();
        for piece in &value.pieces {
            if head.len() >= 4 * TRIAL {
                break;
            }
            head.extend_from_slice(piece);
        }
        let packing = packing(&head).filter(|(how, size)| begins(*how, &head[4..], *size));
        // The size stands in the first piece.
        if let Some(rest) = value.pieces[0].get(4..).filter(|_| packing.is_some()) {
            value.pieces[0] = rest;
            value.packing = packing;
        }
        // One piece that is not packed stands there as it is.
        if value.packing.is_some() || value.pieces.len() > 1 {
            values.push(value);
        }
        if values.len() >= most {
            break;
        }
    }
    values
}

/// A row of a table of long values: which one, the number of the piece, and the piece.
fn piece<'b>(row: &[u8], body: &'b [u8]) -> Option<(u32, u32, &'b [u8])> {
    let columns = u16_le(row, 18)? & 0x7ff;
    let has_nulls = u16_le(row, 20)? & 1 != 0;
    (columns == 3 && !has_nulls).then_some(())?;
    let piece = match u32_le(body, 8)? {
        // What is short has a length of one byte.
        word if word & 1 == 1 => body.get(9..8 + (word as u8 >> 1) as usize)?,
        word if word & 3 == 0 => body.get(12..8 + (word >> 2) as usize)?,
        _ => return None,
    };
    let end = piece.as_ptr_range().end;
    (end == body.as_ptr_range().end && !piece.is_empty()).then_some((
        u32_le(body, 0)?,
        u32_le(body, 4)?,
        piece,
    ))
}

/// A packed value that begins here, without its first word.
fn within(body: &[u8]) -> Option<&[u8]> {
    let word = u32_le(body, 0)?;
    let packed = body.get(4..(word >> 2) as usize).filter(|_| word & 3 == 2)?;
    let (how, size) = packing(packed)?;
    (size as usize > packed.len() - 4 && begins(how, &packed[4..], size)).then_some(packed)
}

/// Whether something comes out of the first bytes.
fn begins(how: Packing, packed: &[u8], size: u32) -> bool {
    let mut out = Vec::new();
    match how {
        Packing::Pglz => pglz(packed, (size as usize).min(TRIAL), &mut out).is_some(),
        Packing::Lz4 => lz4::part(packed, (size as usize).min(TRIAL), &mut out),
    }
}

/// Unpacks PostgreSQL's own way until `size` bytes are there; gives how much of the input that took.
fn pglz(input: &[u8], size: usize, out: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    while out.len() < size {
        let mut control = *input.get(at)?;
        at += 1;
        for _ in 0..8 {
            if out.len() >= size {
                break;
            }
            if control & 1 == 0 {
                out.push(*input.get(at)?);
                at += 1;
            } else {
                let (first, second) = (*input.get(at)?, *input.get(at + 1)?);
                at += 2;
                let mut len = usize::from(first & 0x0f) + 3;
                if len == 18 {
                    len += usize::from(*input.get(at)?);
                    at += 1;
                }
                let back = usize::from(first & 0xf0) << 4 | usize::from(second);
                let from = out.len().checked_sub(back).filter(|_| back > 0)?;
                for n in 0..len.min(size - out.len()) {
                    out.push(out[from + n]);
                }
            }
            control >>= 1;
        }
    }
    Some(at)
}

impl Member for Value<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        let stored = self.pieces.iter().map(|piece| piece.len() as u64).sum();
        self.packing.map_or(stored, |(_, size)| u64::from(size).min(stored.saturating_mul(255)))
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let joined = self.pieces.concat();
        let size = self.packing.map_or(joined.len() as u64, |(_, size)| u64::from(size));
        // One of Lz4 asks for what it makes itself.
        if self.packing.is_none_or(|(how, _)| how == Packing::Pglz)
            && let Err(problem) = budget.take_member(size, "the value")
        {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let broken = || {
            Some(Problem::new(Reason::Damaged, "the packed value is broken").of_bytes(joined.len() as u64))
        };
        let problem = match self.packing {
            None => {
                buffer.extend_from_slice(&joined);
                None
            }
            Some((Packing::Pglz, size)) => match pglz(&joined, size as usize, buffer) {
                Some(_) => None,
                None => broken(),
            },
            Some((Packing::Lz4, size)) => lz4::block(&joined, u64::from(size), buffer, budget).err(),
        };
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    /// A page with these rows, each of so many columns.
    fn page(rows: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        let (mut lower, mut upper) = (PAGE_HEAD, PAGE);
        for (columns, body) in rows {
            let row = [&[0; 18][..], &columns.to_le_bytes(), &[0, 0, 24, 0], body].concat();
            upper = (upper - row.len()) / 8 * 8;
            page[upper..upper + row.len()].copy_from_slice(&row);
            let pointer = upper as u32 | 1 << 15 | (row.len() as u32) << 17;
            page[lower..lower + 4].copy_from_slice(&pointer.to_le_bytes());
            lower += 4;
        }
        for (at, value) in [(12, lower as u16), (14, upper as u16), (16, PAGE as u16), (18, VERSION)] {
            page[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        page
    }

    #[test]
    fn values_within_rows_and_in_pieces() {
        // Eight letters, then a copy of all of them, four times over.
        let packed = [&40u32.to_le_bytes()[..], &[0], b"key = ab", &[1, 0x0f, 8, 14]].concat();
        let whole = b"key = ab".repeat(5);
        let word = ((packed.len() as u32 + 4) << 2 | 2).to_le_bytes();
        let row = [&7u32.to_le_bytes()[..], &word, &packed].concat();
        let piece = |n: u32, bytes: &[u8]| {
            let word = ((bytes.len() as u32 + 4) << 2).to_le_bytes();
            (3, [&9u32.to_le_bytes()[..], &n.to_le_bytes(), &word, bytes].concat())
        };
        let data = page(&[(2, row), piece(1, &packed[9..]), piece(0, &packed[..9])]);
        let (members, problems) = read(&PgHeap, &data);
        let names: Vec<&str> = members.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["page 0 row 1", "value 9"]);
        assert!(
            members.iter().all(|(_, bytes, problem)| *bytes == whole && problem.is_none())
                && problems.is_empty()
        );
    }

    #[test]
    fn pieces_that_are_not_packed_are_joined() {
        let piece = |n: u32, bytes: &[u8]| {
            let word = ((bytes.len() as u32 + 4) << 2).to_le_bytes();
            (3, [&9u32.to_le_bytes()[..], &n.to_le_bytes(), &word, bytes].concat())
        };
        let data = page(&[piece(0, b"secret_key = abcd"), piece(1, b"efgh")]);
        assert_eq!(read(&PgHeap, &data).0[0].1, b"secret_key = abcdefgh");
        let plain = page(&[(2, b"nothing that is packed here".to_vec())]);
        assert!(values(&plain, 9).is_empty());
    }
}
