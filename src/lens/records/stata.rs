//! Stata: formats 113 to 115 with fields of fixed width in their head, 117 to 119 with tags around each part.

use super::{Column, Table, name};
use crate::lens::bytes::slice;
use memchr::memmem;

const TAGGED: &[u8] = b"<stata_dta>";

pub(super) fn begins(data: &[u8]) -> bool {
    // Byte order, and the kind of file.
    matches!(data, [113..=115, 1 | 2, 1, 0, ..]) || data.starts_with(TAGGED)
}

pub(super) fn read(data: &[u8]) -> Option<Table> {
    match data {
        [113..=115, order @ (1 | 2), 1, 0, ..] => old(data, *order == 1),
        _ if data.starts_with(TAGGED) => tagged(data),
        _ => None,
    }
}

fn number(bytes: &[u8], is_big: bool) -> usize {
    let join = |n: usize, b: &u8| n << 8 | usize::from(*b);
    if is_big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
}

/// The width of a type, and whether it is text.
fn width(kind: usize, is_old: bool) -> Option<(usize, bool)> {
    Some(match kind {
        1..=244 => (kind, true),
        245..=2045 if !is_old => (kind, true),
        251 | 65530 => (1, false),
        252 | 65529 => (2, false),
        253 | 65528 => (4, false),
        254 | 65527 => (4, false),
        255 | 65526 => (8, false),
        // Text that stands elsewhere.
        32768 => (8, false),
        _ => return None,
    })
}

fn columns(
    kinds: impl Iterator<Item = usize>,
    names: &[u8],
    of_name: usize,
    is_old: bool,
) -> Option<(Vec<Column>, usize)> {
    let (mut columns, mut at) = (Vec::new(), 0);
    for (kind, field) in kinds.zip(names.chunks_exact(of_name)) {
        let (width, is_text) = width(kind, is_old)?;
        if is_text {
            columns.push(Column { name: name(field), at, width, is_wide: false });
        }
        at += width;
    }
    Some((columns, at))
}

fn old(data: &[u8], is_big: bool) -> Option<Table> {
    const HEAD: usize = 109;
    const NAME: usize = 33;
    let count = number(data.get(4..6)?, is_big);
    let records = number(data.get(6..10)?, is_big);
    let kinds = slice(data, HEAD, count)?;
    let names = slice(data, HEAD + count, NAME * count)?;
    let (columns, stride) = columns(kinds.iter().map(|kind| usize::from(*kind)), names, NAME, true)?;
    // The order of sorting, formats, labels of values, labels; then what else is told, each part behind its kind and length.
    let format = if data[0] == 113 { 12 } else { 49 };
    let mut at = HEAD + count + NAME * count + 2 * (count + 1) + format * count + NAME * count + 81 * count;
    loop {
        let part = slice(data, at, 5)?;
        let len = number(&part[1..], is_big);
        at = at.checked_add(5 + len)?;
        if part[0] == 0 && len == 0 {
            return Some(Table { start: at, stride, records, columns });
        }
    }
}

fn tagged(data: &[u8]) -> Option<Table> {
    let head = data.get(..data.len().min(1 << 24))?;
    let part = |tag: &str| -> Option<(usize, &[u8])> {
        let from = memmem::find(head, format!("<{tag}>").as_bytes())? + tag.len() + 2;
        let len = memmem::find(head.get(from..)?, format!("</{tag}>").as_bytes());
        // The data may go on behind what was looked at.
        Some((from, &head[from..len.map_or(head.len(), |len| from + len)]))
    };
    let is_big = part("byteorder")?.1 == b"MSF";
    let release: usize = std::str::from_utf8(part("release")?.1).ok()?.parse().ok()?;
    let (records, count) = (number(part("N")?.1, is_big), number(part("K")?.1, is_big));
    let of_name = if release == 117 { 33 } else { 129 };
    let kinds = part("variable_types")?.1.chunks_exact(2).map(|kind| number(kind, is_big)).take(count);
    let (columns, stride) = columns(kinds, part("varnames")?.1, of_name, false)?;
    Some(Table { start: part("data")?.0, stride, records, columns })
}
