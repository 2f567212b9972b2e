//! Images of Microsoft: VHD ("Virtual Hard Disk Image Format Specification"; those of a fixed size are the disk itself
//! and a footer) and VHDX ([MS-VHDX]). The log of a VHDX that was not closed is not replayed.

use super::Map;
use crate::lens::bytes::{size_be, slice, u16_le, u32_be, u32_le, u64_be, u64_le};

const SECTOR: u64 = 512;

/// VHD of a size that grows.
pub fn first(data: &[u8], map: &mut Map) -> Option<()> {
    let head = usize::try_from(u64_be(data, 16)?).ok()?;
    let size = map.disk(u64_be(data, 48)?)?;
    (slice(data, head, 8)? == b"cxsparse").then_some(())?;
    let table = usize::try_from(u64_be(data, head + 16)?).ok()?;
    let (count, block) = (size_be(data, head + 28)?, u64::from(u32_be(data, head + 32)?));
    (block >= SECTOR).then_some(())?;
    if u32_be(data, 60)? == 4 {
        map.based_on(b"its parent");
    }
    // Which of its sectors were written stands before each block.
    let bitmap = (block / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
    for n in 0..count as u64 {
        let place = u32_be(data, table.checked_add(4 * n as usize)?)?;
        let Some(at) = n.checked_mul(block).filter(|&at| at < size) else { break };
        if place == u32::MAX {
            continue;
        }
        map.raw(data, at, block.min(size - at), u64::from(place) * SECTOR + bitmap)?;
    }
    Some(())
}

const BLOCKS: [u8; 16] = *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
const METADATA: [u8; 16] = *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
const PARAMETERS: [u8; 16] = *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
const SIZE: [u8; 16] = *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
const SECTORS: [u8; 16] = *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";

/// VHDX.
pub fn second(data: &[u8], map: &mut Map) -> Option<()> {
    let copies = [192 << 10, 256 << 10].into_iter();
    let table = copies.into_iter().find(|&at| slice(data, at, 4) == Some(b"regi"))?;
    let region = |id: &[u8; 16]| {
        let entries = (0..u32_le(data, table + 8)?.min(2047) as usize).map(|n| table + 16 + 32 * n);
        let entry = entries.into_iter().find(|&at| slice(data, at, 16) == Some(id))?;
        usize::try_from(u64_le(data, entry + 16)?).ok()
    };
    let (blocks, metadata) = (region(&BLOCKS)?, region(&METADATA)?);
    (slice(data, metadata, 8)? == b"metadata").then_some(())?;
    let item = |id: &[u8; 16]| {
        let entries = (0..usize::from(u16_le(data, metadata + 10)?)).map(|n| metadata + 32 + 32 * n);
        let entry = entries.into_iter().find(|&at| slice(data, at, 16) == Some(id))?;
        metadata.checked_add(u32_le(data, entry + 16)? as usize)
    };
    let parameters = item(&PARAMETERS)?;
    let (block, flags) = (u64::from(u32_le(data, parameters)?), u32_le(data, parameters + 4)?);
    let (size, sector) = (map.disk(u64_le(data, item(&SIZE)?)?)?, u64::from(u32_le(data, item(&SECTORS)?)?));
    ((1 << 20..=256 << 20).contains(&block) && matches!(sector, 512 | 4096)).then_some(())?;
    if flags & 2 != 0 {
        map.based_on(b"its parent");
    }
    // After so many blocks, the table has one that is a bitmap.
    let ratio = (1u64 << 23) * sector / block;
    let mut at = 0u64;
    let mut n = 0u64;
    while at < size {
        let index = usize::try_from(n + n / ratio).ok()?;
        let entry = u64_le(data, blocks.checked_add(8usize.checked_mul(index)?)?)?;
        // Fully or partially there.
        if matches!(entry & 7, 6 | 7) {
            map.raw(data, at, block.min(size - at), entry & !0xf_ffff)?;
        }
        n += 1;
        at += block;
    }
    Some(())
}
