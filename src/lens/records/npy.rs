//! Structured arrays of NumPy: `[('name', '<U30'), ('key', 'S40'), …]` in the head.

use super::{Column, Table};
use crate::lens::bytes::{slice, u16_le, u32_le};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

pub(super) fn read(data: &[u8]) -> Option<Table> {
    let version = *data.strip_prefix(MAGIC)?.first()?;
    let (from, len) =
        if version == 1 { (10, usize::from(u16_le(data, 8)?)) } else { (12, u32_le(data, 8)? as usize) };
    let head = std::str::from_utf8(slice(data, from, len)?).ok()?;
    let types = head.split_once("'descr': [")?.1.split_once(']')?.0;
    let (mut columns, mut at) = (Vec::new(), 0usize);
    for field in types.split('(').skip(1) {
        let mut parts = field.split('\'');
        let (name, kind) = (parts.nth(1)?, parts.nth(1)?);
        // Arrays in records, and records in records, are left out with all behind them.
        if parts.next().is_none_or(|rest| rest.contains('(')) {
            break;
        }
        let kind = kind.trim_start_matches(['<', '>', '|', '=']);
        let number: usize = kind.get(1..).and_then(|n| n.parse().ok())?;
        let is_wide = kind.starts_with('U');
        let width = number.checked_mul(if is_wide { 4 } else { 1 })?;
        if is_wide || kind.starts_with(['S', 'a']) {
            columns.push(Column { name: name.to_owned(), at, width, is_wide });
        }
        at = at.checked_add(width)?;
    }
    Some(Table { start: from + len, stride: at, records: usize::MAX, columns })
}
