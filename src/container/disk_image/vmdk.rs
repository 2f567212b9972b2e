//! Sparse extents of VMware, by "Virtual Disk Format 5.0": grains by two levels of tables, in streams (OVA) packed.

use super::{Map, Source};
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};

const SECTOR: u64 = 512;

/// Hosted sparse extents, `KDMV`.
pub fn sparse(data: &[u8], map: &mut Map) -> Option<()> {
    let mut head = data;
    // A stream knows its directory at the end only.
    if u64_le(data, 56)? == u64::MAX {
        let footer = data.len().checked_sub(1024).and_then(|at| slice(data, at, 512));
        head = footer.filter(|footer| footer.starts_with(b"KDMV"))?;
    }
    let flags = u32_le(head, 8)?;
    let size = u64_le(head, 12)?.checked_mul(SECTOR).and_then(|size| map.disk(size))?;
    let grain = u64_le(head, 20)?.checked_mul(SECTOR)?;
    let per = size_le(head, 44)?;
    let upper = usize::try_from(u64_le(head, 56)?.checked_mul(SECTOR)?).ok()?;
    let is_packed = flags & 0x1_0000 != 0 && u16_le(head, 77)? == 1;
    ((512..=1 << 26).contains(&grain) && (1..=1 << 16).contains(&per)).then_some(())?;
    let text = slice(data, usize::try_from(u64_le(data, 28)?.checked_mul(SECTOR)?).ok()?, 512);
    if text.is_some_and(|text| {
        let parent = memchr::memmem::find(text, b"parentCID=").and_then(|at| text.get(at + 10..at + 18));
        parent.is_some_and(|cid| cid != b"ffffffff")
    }) {
        map.based_on(b"its parent");
    }
    walk(data, map, &Layout { size, grain, per, upper, is_packed })
}

/// Extents of old ESX servers, `COWD`.
pub fn server(data: &[u8], map: &mut Map) -> Option<()> {
    let sectors = |at: usize| u64::from(u32_le(data, at).unwrap_or(0)) * SECTOR;
    let upper = usize::try_from(sectors(20)).ok()?;
    let layout =
        Layout { size: map.disk(sectors(12))?, grain: sectors(16), per: 4096, upper, is_packed: false };
    (512..=1 << 26).contains(&layout.grain).then_some(())?;
    walk(data, map, &layout)
}

struct Layout {
    size: u64,
    grain: u64,
    /// Grains of one table.
    per: usize,
    /// Where the directory of tables is.
    upper: usize,
    is_packed: bool,
}

fn walk(data: &[u8], map: &mut Map, layout: &Layout) -> Option<()> {
    let Layout { size, grain, per, upper, is_packed } = *layout;
    let mut at = 0u64;
    let mut first = upper;
    while at < size {
        let table = usize::try_from(u64::from(u32_le(data, first)?) * SECTOR).ok()?;
        if table != 0 {
            map.table(data, per)?;
        }
        for n in 0..if table == 0 { 0 } else { per } {
            let (entry, at) = (u64::from(u32_le(data, table + 4 * n)?), at + n as u64 * grain);
            // 1 stands for zeros.
            if entry < 2 || at >= size {
                continue;
            }
            let place = entry * SECTOR;
            let len = grain.min(size - at);
            if is_packed {
                let place = usize::try_from(place).ok()?;
                // The number of its first sector, its length, then the stream.
                let Some(packed) = size_le(data, place.checked_add(8)?) else {
                    map.missing(len);
                    continue;
                };
                let end = (place + 12).saturating_add(packed);
                if end > data.len() {
                    map.missing((end - data.len()) as u64);
                }
                map.add(data, at, len, Source::Zlib(place + 12..end.min(data.len())))?;
            } else {
                map.raw(data, at, len, place)?;
            }
        }
        first += 4;
        at = at.checked_add(per as u64 * grain)?;
    }
    Some(())
}
