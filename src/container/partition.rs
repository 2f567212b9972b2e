//! Images of whole disks: partitions by the table of the PC (MBR, extended ones too) or GPT. Each is a member, and what is between them is searched
//! as it is.

use super::piece::{Piece, Taken};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u64_le};
use crate::limits::Limits;
use std::ops::Range;

/// Opens images of disks.
pub struct Disk;

const SECTOR: usize = 512;
/// Most partitions of one disk.
const MOST: usize = 256;

impl Container for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        data.len() > SECTOR
            && slice(data, 510, 2) == Some(b"\x55\xaa")
            && is_table(data, 0)
            && !parts(data).0.is_empty()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (parts, is_whole) = parts(data);
        let wanted = parts.iter().enumerate().map(|(n, part)| (part.range.clone(), n)).collect();
        let (taken, refused) = Taken::new(wanted);
        for (n, range) in taken.indexes() {
            let part = &parts[n];
            let there = range.start..range.end.min(data.len());
            let missing = (range.len() - there.len()) as u64;
            let name = part.name.clone().into_bytes();
            opened.members.push(Box::new(Piece { name, bytes: &data[there], missing }));
        }
        if refused > 0 || !is_whole {
            let detail = format!("disk: {refused} partitions overlap others, or there are more than {MOST}");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        opened.gaps = taken.gaps(data.len());
        opened.gaps.retain_mut(|gap| {
            gap.end = gap.end.min(data.len());
            gap.start < gap.end
        });
        opened
    }
}

struct Part {
    name: String,
    range: Range<usize>,
}

/// Whether four entries stand there that make sense.
fn is_table(data: &[u8], at: usize) -> bool {
    let entry = |n: usize| slice(data, at + 446 + 16 * n, 16);
    let entries: Vec<&[u8]> = (0..4).filter_map(entry).collect();
    let is_sound = |e: &&[u8]| {
        matches!(e[0], 0 | 0x80)
            && (e[4] == 0
                || size_le(e, 8).is_some_and(|start| start > 0) && size_le(e, 12).is_some_and(|n| n > 0))
    };
    entries.len() == 4 && entries.iter().all(is_sound) && entries.iter().any(|e| e[4] != 0)
}

/// The partitions that begin in the image, and whether these are all.
fn parts(data: &[u8]) -> (Vec<Part>, bool) {
    let mut parts = Vec::new();
    for sector in [512, 4096] {
        if slice(data, sector, 8) == Some(b"EFI PART") {
            let is_whole = guid(data, sector, &mut parts).unwrap_or(true);
            return (parts, is_whole);
        }
    }
    let mut extended = Vec::new();
    for n in 0..4 {
        let Some((kind, range)) = entry(data, 0, n, 0) else { continue };
        if matches!(kind, 5 | 0x0f | 0x85) {
            extended.push(range.start);
        } else {
            parts.push(Part { name: format!("partition {}", n + 1), range });
        }
    }
    let Some(&base) = extended.first() else { return (parts, true) };
    // A list of tables, each with one partition and where the next table is.
    let mut at = base;
    for n in 5..MOST {
        if slice(data, at.saturating_add(510), 2) != Some(b"\x55\xaa") {
            return (parts, true);
        }
        if let Some((_, range)) = entry(data, at, 0, at) {
            parts.push(Part { name: format!("partition {n}"), range });
        }
        match entry(data, at, 1, base) {
            Some((5 | 0x0f | 0x85, next)) if next.start > at => at = next.start,
            _ => return (parts, true),
        }
    }
    (parts, false)
}

/// An entry: the kind of the partition, and where it is.
fn entry(data: &[u8], table: usize, n: usize, base: usize) -> Option<(u8, Range<usize>)> {
    let entry = slice(data, table.checked_add(446 + 16 * n)?, 16)?;
    let start = size_le(entry, 8)?.checked_mul(SECTOR)?.checked_add(base)?;
    let end = start.checked_add(size_le(entry, 12)?.checked_mul(SECTOR)?)?;
    (entry[4] != 0 && start > base && end > start && start < data.len()).then_some((entry[4], start..end))
}

/// The entries of a GPT, its sectors so large.
fn guid(data: &[u8], sector: usize, parts: &mut Vec<Part>) -> Option<bool> {
    let place = |n: u64| usize::try_from(n).ok()?.checked_mul(sector);
    let table = place(u64_le(data, sector + 72)?)?;
    let (count, size) = (size_le(data, sector + 80)?, size_le(data, sector + 84)?);
    (128..=4096).contains(&size).then_some(())?;
    for n in 0..count.min(MOST) {
        let entry = slice(data, table.checked_add(n * size)?, size)?;
        let (start, last) = (place(u64_le(entry, 32)?), place(u64_le(entry, 40)?));
        let (Some(start), Some(last)) = (start, last) else { continue };
        if entry[..16].iter().all(|&b| b == 0) || start == 0 || start > last || start >= data.len() {
            continue;
        }
        let units = entry[56..128].chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
        let label: String =
            char::decode_utf16(units.take_while(|&u| u != 0)).map(|c| c.unwrap_or('\u{fffd}')).collect();
        let name = match label.as_str() {
            "" => format!("partition {}", n + 1),
            label => format!("partition {} ({label})", n + 1),
        };
        parts.push(Part { name, range: start..last.saturating_add(sector) });
    }
    Some(count <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn put(data: &mut [u8], table: usize, n: usize, kind: u8, start: u32, len: u32) {
        let at = table + 446 + 16 * n;
        data[at + 4] = kind;
        data[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
        data[at + 12..at + 16].copy_from_slice(&len.to_le_bytes());
        data[table + 510..table + 512].copy_from_slice(b"\x55\xaa");
    }

    fn read(data: &[u8]) -> Vec<(String, usize)> {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(Disk.reads(&blob));
        let opened = Disk.open(&blob, &Limits::default());
        let members = opened.members.iter();
        members.map(|m| (String::from_utf8_lossy(m.name()).into_owned(), m.size_hint() as usize)).collect()
    }

    #[test]
    fn primary_and_extended_partitions() {
        let mut data = vec![0; 40 * SECTOR];
        put(&mut data, 0, 0, 0x83, 2, 4);
        put(&mut data, 0, 1, 5, 10, 30);
        put(&mut data, 10 * SECTOR, 0, 0x83, 1, 3);
        put(&mut data, 10 * SECTOR, 1, 5, 10, 10);
        put(&mut data, 20 * SECTOR, 0, 0x83, 1, 100);
        // Back to itself.
        put(&mut data, 20 * SECTOR, 1, 5, 10, 10);
        let parts = [("partition 1", 4), ("partition 5", 3), ("partition 6", 19)];
        assert_eq!(read(&data), parts.map(|(name, n)| (name.to_owned(), n * SECTOR)));
    }

    #[test]
    fn a_boot_sector_of_something_else_is_no_disk() {
        let mut data = vec![7; 4 * SECTOR];
        data[510..512].copy_from_slice(b"\x55\xaa");
        assert!(!Disk.reads(&Blob { address: Address::named("x"), bytes: &data }));
    }
}
