//! Images with one table of blocks: VDI (VirtualBox), Parallels, and Android's sparse images, which are a list of chunks.

use super::{Map, Source};
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};

/// VDI, by VirtualBox's `VDICore.h`.
pub fn vdi(data: &[u8], map: &mut Map) -> Option<()> {
    let (table, base) = (size_le(data, 0x154)?, u64::from(u32_le(data, 0x158)?));
    let size = map.disk(u64_le(data, 0x170)?)?;
    let (block, extra) = (u64::from(u32_le(data, 0x178)?), u64::from(u32_le(data, 0x17c)?));
    let count = size_le(data, 0x180)?;
    (block > 0).then_some(())?;
    if u32_le(data, 76)? == 4 {
        map.based_on(b"its parent");
    }
    for n in 0..count as u64 {
        let place = u32_le(data, table.checked_add(4 * n as usize)?)?;
        // Behind the end of the disk is nothing; nor is there where a block was never written, or with zeros.
        let Some(at) = n.checked_mul(block).filter(|&at| at < size) else { break };
        if place >= 0xffff_fffe {
            continue;
        }
        let start = u64::from(place).checked_mul(block + extra)?.checked_add(base + extra)?;
        map.raw(data, at, block.min(size - at), start)?;
    }
    Some(())
}

/// Parallels, by QEMU's `docs/interop/parallels.txt`.
pub fn parallels(data: &[u8], map: &mut Map) -> Option<()> {
    const SECTOR: u64 = 512;
    let is_new = data.starts_with(b"WithouFreSpacExt");
    let block = u64::from(u32_le(data, 28)?) * SECTOR;
    let count = size_le(data, 32)?;
    let size = if is_new { u64_le(data, 36)? } else { u64::from(u32_le(data, 36)?) }
        .checked_mul(SECTOR)
        .and_then(|size| map.disk(size))?;
    (block > 0).then_some(())?;
    for n in 0..count as u64 {
        let place = u64::from(u32_le(data, 64 + 4 * n as usize)?);
        let Some(at) = n.checked_mul(block).filter(|&at| at < size) else { break };
        if place == 0 {
            continue;
        }
        let place = place.checked_mul(if is_new { block } else { SECTOR })?;
        map.raw(data, at, block.min(size - at), place)?;
    }
    Some(())
}

/// Android's sparse images, by `libsparse/sparse_format.h`.
pub fn android(data: &[u8], map: &mut Map) -> Option<()> {
    let (mut at, head) = (usize::from(u16_le(data, 8)?), usize::from(u16_le(data, 10)?));
    let (size, count) = (u64::from(u32_le(data, 12)?), size_le(data, 20)?);
    (at >= 28 && head >= 12 && size > 0).then_some(())?;
    map.disk(size * u64::from(u32_le(data, 16)?))?;
    let mut place = 0u64;
    for _ in 0..count {
        let (kind, blocks) = (u16_le(data, at)?, u64::from(u32_le(data, at + 4)?));
        let len = size_le(data, at + 8)?.checked_sub(head)?;
        let body = at + head;
        match kind {
            0xcac1 => map.raw(data, place, len as u64, body as u64)?,
            0xcac2 => {
                let fill: [u8; 4] = *slice(data, body, 4)?.first_chunk()?;
                if fill != [0; 4] {
                    map.add(data, place, blocks * size, Source::Fill(fill))?;
                }
            }
            0xcac3 | 0xcac4 => {}
            _ => return None,
        }
        place = place.checked_add(blocks * size)?;
        at = body.checked_add(len)?;
    }
    Some(())
}
