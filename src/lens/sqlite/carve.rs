//! Deleted rows: records in the free space of pages, as far as they are whole.
//!
//! SQLite clears nothing it frees, unless `secure_delete` says so. A freed cell becomes a free block,
//! whose first four bytes are overwritten (file format, section 1.6): the sizes of payload and
//! header, the row id, often the first serial type. Neighbours that were freed before it are joined to
//! its block with their heads intact. Freed pages keep all they held.

use super::btree::{Cell, Take, cells, varint};
use crate::lens::bytes::{slice, u16_be};

/// Overwritten at the start of a free block.
const BLOCK_HEAD: usize = 4;
/// Columns of a record whose head is gone.
const MAX_COLUMNS: usize = 24;
/// Longest record that is looked for: each place is tried, so that work grows with both.
const MAX_PAYLOAD: usize = 2048;
/// A record is worth telling from this length of one of its texts.
const MIN_TEXT: usize = 16;

/// Gives the records in the free space of a leaf page of a table; `head` is where its header starts.
pub(super) fn page(base: usize, page: &[u8], head: usize, take: Take<'_>) {
    let field = |at| u16_be(page, head + at).map(usize::from);
    let (Some(mut block), Some(count), Some(content)) = (field(1), field(3), field(5)) else { return };
    // Between the pointers and the first cell.
    let gap = head + 8 + 2 * count;
    if gap < content {
        region(base, page, gap, content, take);
    }
    // Free blocks stand in rising order; a chain that goes back is damaged.
    let mut last = 0;
    while block > last {
        last = block;
        let (Some(next), Some(len)) = (u16_be(page, block), u16_be(page, block + 2)) else { return };
        let end = block + usize::from(len);
        let first = block + BLOCK_HEAD;
        let at = (first..first + BLOCK_HEAD).find_map(|at| headless(base, page, at, end, take));
        region(base, page, at.unwrap_or(first), end, take);
        block = usize::from(next);
    }
}

/// Whole cells anywhere in `page[from..to]`.
pub(super) fn region(base: usize, page: &[u8], from: usize, to: usize, take: Take<'_>) {
    let to = to.min(page.len());
    let mut at = from;
    while at + 4 < to {
        match cell(base, page, at, to, take) {
            Some(end) => at = end,
            None => at += 1,
        }
    }
}

/// The cell at `at`, if all its sizes agree; gives its end.
fn cell(base: usize, page: &[u8], mut at: usize, to: usize, take: Take<'_>) -> Option<usize> {
    let payload = usize::try_from(varint(page, &mut at)?).ok().filter(|p| (4..=MAX_PAYLOAD).contains(p))?;
    let rowid = varint(page, &mut at)?;
    let record = slice(page, at, payload).filter(|_| at + payload <= to)?;
    let mut head = 0;
    let header = usize::try_from(varint(record, &mut head)?).ok().filter(|h| (2..64).contains(h))?;
    let mut kinds = Vec::new();
    while head < header {
        kinds.push(varint(record, &mut head)?);
    }
    let body = record.get(header..)?;
    let sum = kinds.iter().try_fold(0usize, |sum, &kind| sum.checked_add(size(kind)?))?;
    (head == header && sum == body.len() && is_record(&kinds, body).is_some()).then_some(())?;
    cells(record, base + at, true, Some(rowid), take)?;
    Some(at + payload)
}

/// A record that starts with one of its serial types at `at`, and ends with its block or before a whole
/// cell; gives its end.
fn headless(base: usize, page: &[u8], at: usize, to: usize, take: Take<'_>) -> Option<usize> {
    let mut kinds = Vec::new();
    let mut ends = Vec::new();
    let mut next = at;
    while kinds.len() < MAX_COLUMNS && next < to {
        kinds.push(varint(page, &mut next)?);
        ends.push(next);
    }
    let to = to.min(page.len()).min(at + MAX_PAYLOAD);
    (1..=kinds.len()).rev().find_map(|n| {
        let body = page.get(*ends.get(n - 1)?..to)?;
        let end = ends[n - 1] + is_record(&kinds[..n], body)?;
        if end != to && cell(base, page, end, to, &mut |_, _| {}).is_none() {
            return None;
        }
        let mut at = ends[n - 1];
        let row: Vec<Cell<'_>> = kinds[..n]
            .iter()
            .map(|&kind| {
                let len = size(kind).unwrap_or(0);
                let bytes = page.get(at..at + len).unwrap_or_default();
                let start = base + at;
                at += len;
                let (is_text, is_blob) = (kind >= 13 && kind % 2 == 1, kind >= 12 && kind % 2 == 0);
                Cell { bytes, is_text, is_blob, number: None, at: Some(start), start }
            })
            .collect();
        take(None, &row);
        Some(end)
    })
}

/// Bytes of a value of a serial type.
fn size(kind: i64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(kind).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        12.. => usize::try_from((kind - 12) / 2).ok(),
        _ => None,
    }
}

/// The bytes that values of these serial types take, if they fit and their texts are text.
fn is_record(kinds: &[i64], body: &[u8]) -> Option<usize> {
    let (mut at, mut longest) = (0usize, 0);
    for &kind in kinds {
        let len = size(kind)?;
        let value = slice(body, at, len)?;
        if kind >= 13 && kind % 2 == 1 {
            let is_text = value.iter().all(|b| *b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r'));
            is_text.then_some(())?;
            longest = longest.max(len);
        }
        at += len;
    }
    (longest >= MIN_TEXT).then_some(at)
}
