//! Images of QEMU: qcow, qcow2, QED. Two levels of tables lead to clusters, by `docs/interop/qcow2.txt` and `qed_spec.txt`.

use super::{Map, Source};
use crate::container::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u32_be, u32_le, u64_be, u64_le};
use std::ops::Range;

/// Where something is, of a length that is there.
fn range(data: &[u8], at: u64, len: u64) -> Option<Range<usize>> {
    let start = usize::try_from(at).ok().filter(|&at| at < data.len())?;
    Some(start..start.saturating_add(usize::try_from(len).ok()?).min(data.len()))
}

/// Says whose clusters are missing.
fn base(data: &[u8], map: &mut Map) {
    let name = || slice(data, usize::try_from(u64_be(data, 8)?).ok()?, size_be(data, 16)?);
    if u64_be(data, 8).is_some_and(|at| at > 0) {
        map.based_on(name().unwrap_or_default());
    }
}

/// qcow2, versions 2 and 3.
pub fn second(data: &[u8], map: &mut Map) -> Option<()> {
    let bits = u32_be(data, 20)?;
    let (size, entries) = (map.disk(u64_be(data, 24)?)?, size_be(data, 36)?);
    let table = usize::try_from(u64_be(data, 40)?).ok()?;
    (9..=22).contains(&bits).then_some(())?;
    if u32_be(data, 32)? != 0 {
        map.encrypted(data);
        return Some(());
    }
    base(data, map);
    let features = if u32_be(data, 4)? == 3 { u64_be(data, 72)? } else { 0 };
    let is_zstd = features & 8 != 0 && u32_be(data, 100)? > 104 && data.get(104) == Some(&1);
    let is_extended = features & 16 != 0;
    if features & 4 != 0 {
        map.based_on(b"a file of data");
        return Some(());
    }
    let snapshots = u32_be(data, 60)?;
    if snapshots > 0 {
        let detail = format!("{snapshots} snapshots in it are searched as raw bytes only");
        map.problems.push(Problem::new(Reason::Unsupported, detail));
    }
    let cluster = 1u64 << bits;
    let width = if is_extended { 16 } else { 8 };
    let per = cluster / width;
    for first in 0..entries as u64 {
        let base = first.checked_mul(per)?.checked_mul(cluster)?;
        if base >= size {
            break;
        }
        let lower = u64_be(data, table.checked_add(8 * first as usize)?)? & 0x00ff_ffff_ffff_fe00;
        if lower == 0 {
            continue;
        }
        let Some(lower) = range(data, lower, cluster) else {
            map.missing(cluster);
            continue;
        };
        map.table(data, lower.len() / width as usize)?;
        for (n, entry) in data[lower].chunks_exact(width as usize).enumerate() {
            let at = base + n as u64 * cluster;
            let value = u64_be(entry, 0)?;
            if at >= size || value == 0 {
                continue;
            }
            let len = cluster.min(size - at);
            if value >> 62 & 1 != 0 {
                let low = 62 - (bits - 8);
                let place = value & ((1 << low) - 1);
                let sectors = value >> low & ((1 << (62 - low)) - 1);
                let packed = range(data, place, (sectors + 1) * 512 - (place & 511))?;
                let source = if is_zstd { Source::Zstd(packed) } else { Source::Deflate(packed) };
                map.add(data, at, len, source)?;
                continue;
            }
            let place = value & 0x00ff_ffff_ffff_fe00;
            // Reads as zeros, or is nowhere.
            if place == 0 || (!is_extended && value & 1 != 0) {
                continue;
            }
            if !is_extended {
                map.raw(data, at, len, place)?;
                continue;
            }
            let written = u64_be(entry, 8)? as u32;
            let part = cluster / 32;
            for n in (0..32u64).filter(|n| written >> n & 1 != 0) {
                if at + n * part < size {
                    map.raw(data, at + n * part, part.min(size - at - n * part), place + n * part)?;
                }
            }
        }
    }
    Some(())
}

/// qcow, version 1.
pub fn first(data: &[u8], map: &mut Map) -> Option<()> {
    let (size, bits, low) =
        (map.disk(u64_be(data, 24)?)?, u32::from(*data.get(32)?), u32::from(*data.get(33)?));
    let table = usize::try_from(u64_be(data, 40)?).ok()?;
    ((9..=22).contains(&bits) && (6..=18).contains(&low)).then_some(())?;
    if u32_be(data, 36)? != 0 {
        map.encrypted(data);
        return Some(());
    }
    base(data, map);
    let (cluster, per) = (1u64 << bits, 1u64 << low);
    let mut at = 0u64;
    let mut first = table;
    while at < size {
        let lower = u64_be(data, first)?;
        if lower != 0 {
            let entries = range(data, lower, per * 8)?;
            map.table(data, entries.len() / 8)?;
            for (n, entry) in data[entries].chunks_exact(8).enumerate() {
                let (value, at) = (u64_be(entry, 0)?, at + n as u64 * cluster);
                if value == 0 || at >= size {
                    continue;
                }
                let len = cluster.min(size - at);
                if value >> 63 != 0 {
                    let packed = (value >> (63 - bits)) & (cluster - 1);
                    let place = value & ((1 << (63 - bits)) - 1);
                    map.add(data, at, len, Source::Deflate(range(data, place, packed)?))?;
                } else {
                    map.raw(data, at, len, value)?;
                }
            }
        }
        first += 8;
        at = at.checked_add(per * cluster)?;
    }
    Some(())
}

/// QED.
pub fn enhanced(data: &[u8], map: &mut Map) -> Option<()> {
    let (cluster, tables) = (u64::from(u32_le(data, 4)?), u64::from(u32_le(data, 8)?));
    let (table, size) = (u64_le(data, 40)?, map.disk(u64_le(data, 48)?)?);
    (cluster.is_power_of_two() && cluster >= 4096 && (1..=16).contains(&tables)).then_some(())?;
    if u64_le(data, 16)? & 1 != 0 {
        map.based_on(b"its base");
    }
    let len = tables * cluster;
    let per = len / 8;
    let upper = range(data, table, len)?;
    for (first, entry) in data[upper].chunks_exact(8).enumerate() {
        let base = (first as u64).checked_mul(per)?.checked_mul(cluster)?;
        let lower = u64_le(entry, 0)?;
        if base >= size {
            break;
        }
        if lower == 0 {
            continue;
        }
        let lower = range(data, lower, len)?;
        map.table(data, lower.len() / 8)?;
        for (n, entry) in data[lower].chunks_exact(8).enumerate() {
            let (place, at) = (u64_le(entry, 0)?, base + n as u64 * cluster);
            // 1 stands for zeros.
            if place > 1 && at < size {
                map.raw(data, at, cluster.min(size - at), place)?;
            }
        }
    }
    Some(())
}
