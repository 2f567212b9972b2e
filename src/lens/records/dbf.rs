//! dBASE III to 7, FoxPro: fields of 32 bytes each behind the head (48 in version 7).

use super::{Column, Table, name};
use crate::lens::bytes::{slice, u16_le, u32_le};

/// What versions are written as that anybody has.
const VERSIONS: [u8; 11] = [0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8b, 0xcb, 0xf5];
const HEAD: usize = 32;

pub(super) fn begins(data: &[u8]) -> bool {
    // Version; month and day of the last change.
    let &[version, _, month, day, ..] = data else { return false };
    VERSIONS.contains(&version)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && table(data).is_some()
}

pub(super) fn read(data: &[u8]) -> Option<Table> {
    begins(data).then(|| table(data)).flatten()
}

fn table(data: &[u8]) -> Option<Table> {
    let (records, start, stride) =
        (u32_le(data, 4)? as usize, usize::from(u16_le(data, 8)?), usize::from(u16_le(data, 10)?));
    let is_seven = data.first()? & 7 == 4;
    let (from, step, of_name, of_kind) = if is_seven { (HEAD + 36, 48, 32, 32) } else { (HEAD, 32, 11, 11) };
    if start > data.len() || stride < 2 {
        return None;
    }
    // Before the first column: whether the record is deleted.
    let (mut columns, mut at, mut field) = (Vec::new(), 1, from);
    while *data.get(field)? != 0x0d {
        let entry = slice(data, field, step).filter(|_| field + step < start)?;
        let (kind, low, high) = (
            entry[of_kind],
            usize::from(entry[of_kind + 1 + 4 * usize::from(!is_seven)]),
            usize::from(entry[of_kind + 2 + 4 * usize::from(!is_seven)]),
        );
        if !kind.is_ascii_alphabetic() && !matches!(kind, b'0' | b'@' | b'+') {
            return None;
        }
        // Long fields of text have the rest of their width where numbers have their decimals.
        let width = if kind == b'C' { low | high << 8 } else { low };
        if matches!(kind, b'C' | b'V') {
            columns.push(Column { name: name(&entry[..of_name]), at, width, is_wide: false });
        }
        at += width;
        field += step;
    }
    (at <= stride).then_some(Table { start, stride, records, columns })
}
