//! SAS transport files, versions 5 and 8: a head of each variable (140 bytes), then the observations.

use super::{Column, Table, name};
use crate::lens::bytes::slice;
use memchr::memmem;

pub(super) const MAGIC: &[u8] = b"HEADER RECORD*******LIB";
const CARD: usize = 80;

pub(super) fn read(data: &[u8]) -> Option<Table> {
    data.starts_with(MAGIC).then_some(())?;
    let head = data.get(..data.len().min(1 << 22))?;
    let find = |words: [&[u8]; 2]| words.iter().find_map(|word| memmem::find(head, word));
    let variables = find([
        b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!",
        b"HEADER RECORD*******NAMSTV8 HEADER RECORD!!!!!!!",
    ])?;
    let count = digits(slice(data, variables + 54, 4)?)?;
    let (mut columns, mut stride) = (Vec::new(), 0usize);
    let is_eight = slice(data, variables, 28)?.ends_with(b"NAMSTV8 ");
    for n in 0..count {
        let entry = slice(data, variables + CARD + 140 * n, 140)?;
        let width = usize::from(u16::from_be_bytes([entry[4], entry[5]]));
        let at = u32::from_be_bytes([entry[84], entry[85], entry[86], entry[87]]) as usize;
        // 1 are numbers, 2 is text. Version 8 has the long name behind what version 5 has.
        if entry[1] == 2 {
            let name = if is_eight { name(&entry[88..120]) } else { name(&entry[8..16]) };
            columns.push(Column { name, at, width, is_wide: false });
        }
        stride = stride.max(at.checked_add(width)?);
    }
    let observations = find([
        b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!",
        b"HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!",
    ])?;
    Some(Table { start: observations + CARD, stride, records: usize::MAX, columns })
}

fn digits(field: &[u8]) -> Option<usize> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}
