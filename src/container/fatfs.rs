//! FAT12, FAT16 and FAT32 (Microsoft's `fatgen103`), with long names: sticks, cards, EFI partitions, floppies. Deleted files are
//! in no list that can be trusted; their bytes are searched as they are.

use super::piece::{Claims, Scattered};
use super::volume::Files;
use super::{Container, Opened};
use crate::blob::Blob;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::limits::Limits;
use std::ops::Range;

/// Opens such file systems.
pub struct FatSystem;

impl Container for FatSystem {
    fn name(&self) -> &'static str {
        "fat-system"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut files = Files::of("fat", blob.bytes, limits);
        if let Some(system) = System::new(blob.bytes) {
            system.walk(&mut files);
        }
        files.done()
    }
}

/// Whether such a file system begins here.
pub(super) fn begins(data: &[u8]) -> bool {
    matches!(data, [0xeb, _, 0x90, ..] | [0xe9, ..])
        && slice(data, 510, 2) == Some(b"\x55\xaa")
        && System::new(data).is_some()
}

struct System<'b> {
    data: &'b [u8],
    cluster: usize,
    clusters: usize,
    table: &'b [u8],
    /// Bits of a number of a cluster.
    bits: u32,
    /// The root of FAT12 and FAT16, or the cluster where that of FAT32 begins.
    root: Result<Range<usize>, u32>,
    first: usize,
}

impl<'b> System<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let sector = usize::from(u16_le(data, 11)?);
        let per = usize::from(*data.get(13)?);
        let reserved = usize::from(u16_le(data, 14)?);
        let tables = usize::from(*data.get(16)?);
        let entries = usize::from(u16_le(data, 17)?);
        let is_sound = matches!(sector, 512 | 1024 | 2048 | 4096)
            && per.is_power_of_two()
            && reserved > 0
            && (1..=2).contains(&tables)
            && data.get(21).is_some_and(|&media| media == 0xf0 || media >= 0xf8);
        is_sound.then_some(())?;
        let sectors = match u16_le(data, 19)? {
            0 => size_le(data, 32)?,
            n => n.into(),
        };
        let of_table = match u16_le(data, 22)? {
            0 => size_le(data, 36)?,
            n => n.into(),
        };
        let root_at = reserved.checked_add(tables.checked_mul(of_table)?)?.checked_mul(sector)?;
        let root_len = (entries * 32).next_multiple_of(sector);
        let first = root_at.checked_add(root_len)?;
        let clusters = sectors.checked_mul(sector)?.checked_sub(first)? / (per * sector);
        let bits = match clusters {
            0..4085 => 12,
            4085..65525 => 16,
            _ => 32,
        };
        // The kind is said twice: by the number of clusters and by the fields.
        let is_32 = entries == 0;
        (is_32 == (bits == 32) || is_32).then_some(())?;
        let bits = if is_32 { 32 } else { bits };
        let table = data.get(reserved * sector..)?;
        let table = &table[..table.len().min(of_table.checked_mul(sector)?)];
        let root =
            if is_32 { Err(u32_le(data, 44)?) } else { Ok(root_at..first.min(data.len()).max(root_at)) };
        (root_at <= data.len()).then_some(System {
            data,
            cluster: per * sector,
            clusters,
            table,
            bits,
            root,
            first,
        })
    }

    fn next(&self, n: u32) -> Option<u32> {
        let n = n as usize;
        let (value, end) = match self.bits {
            12 => {
                let pair = u16_le(self.table, n + n / 2)?;
                (u32::from(if n.is_multiple_of(2) { pair & 0xfff } else { pair >> 4 }), 0xff7)
            }
            16 => (u32::from(u16_le(self.table, 2 * n)?), 0xfff7),
            _ => (u32_le(self.table, 4 * n)? & 0x0fff_ffff, 0x0fff_fff7),
        };
        (2..end).contains(&value).then_some(value)
    }

    /// Where the clusters of a chain stand; at most so many. `left` is for all chains together: those that
    /// share clusters or go in circles are hostile.
    fn chain(&self, start: u32, most: usize, left: &mut usize) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut at = start;
        for _ in 0..most.min(self.clusters + 1) {
            if at < 2 || at as usize - 2 >= self.clusters || *left == 0 {
                break;
            }
            *left -= 1;
            let from = self.first as u64 + u64::from(at - 2) * self.cluster as u64;
            match ranges.last_mut() {
                Some(last) if last.end == from => last.end += self.cluster as u64,
                _ => ranges.push(from..from + self.cluster as u64),
            }
            let Some(next) = self.next(at) else { break };
            at = next;
        }
        ranges
    }

    fn walk(&self, files: &mut Files<'_, 'b>) {
        let mut steps = self.clusters.min(self.data.len() / self.cluster + 1).saturating_mul(2) + 1024;
        let root = match &self.root {
            Ok(range) => std::iter::once(range.start as u64..range.end as u64).collect(),
            Err(cluster) => self.chain(*cluster, usize::MAX, &mut steps),
        };
        let mut folders = Claims::default();
        let mut open = vec![(root, Vec::new())];
        while let Some((list, path)) = open.pop() {
            let folder = Scattered::new(path, self.data, list, u64::MAX);
            if !folders.claim(&folder.ranges) {
                files.damaged();
                continue;
            }
            let mut long = Vec::new();
            let entries = folder
                .ranges
                .iter()
                .flat_map(|r| self.data.get(r.clone()).unwrap_or_default().chunks_exact(32));
            for entry in entries {
                match entry {
                    [0, ..] => break,
                    [0xe5, ..] => long.clear(),
                    [n, ..] if entry[11] & 0x3f == 0x0f => {
                        if n & 0x40 != 0 {
                            long.clear();
                        }
                        let units =
                            [1..11, 14..26, 28..32].into_iter().flat_map(|r| entry[r].chunks_exact(2));
                        long.insert(0, units.map(|u| u16::from_le_bytes([u[0], u[1]])).collect::<Vec<u16>>());
                        long.truncate(20);
                    }
                    [b'.', ..] => long.clear(),
                    _ if entry[11] & 8 != 0 => long.clear(),
                    _ => {
                        let name = name(entry, &std::mem::take(&mut long));
                        let Some(path) = files.path(&folder.name, &name, open.len()) else { break };
                        let start = u32::from(u16_le(entry, 26).unwrap_or(0))
                            | if self.bits == 32 {
                                u32::from(u16_le(entry, 20).unwrap_or(0)) << 16
                            } else {
                                0
                            };
                        let size = u64::from(u32_le(entry, 28).unwrap_or(0));
                        if entry[11] & 0x10 != 0 {
                            let list = self.chain(start, (32 << 20) / self.cluster + 1, &mut steps);
                            open.push((list, path));
                        } else if size > 0 {
                            let most = size.div_ceil(self.cluster as u64);
                            let list =
                                self.chain(start, usize::try_from(most).unwrap_or(usize::MAX), &mut steps);
                            files.add(Scattered::new(path, self.data, list, size));
                        }
                    }
                }
            }
        }
    }
}

/// The long name, or the short one in lower case.
fn name(entry: &[u8], long: &[Vec<u16>]) -> Vec<u8> {
    if !long.is_empty() {
        let units: Vec<u16> = long.concat().into_iter().take_while(|&u| u != 0).collect();
        return String::from_utf16_lossy(&units).into_bytes();
    }
    let trim = |bytes: &[u8]| -> Vec<u8> {
        let end = bytes.iter().rposition(|&b| b != b' ').map_or(0, |at| at + 1);
        bytes[..end].to_ascii_lowercase()
    };
    let (base, ending) = (trim(&entry[..8]), trim(&entry[8..11]));
    if ending.is_empty() { base } else { [&base[..], b".", &ending].concat() }
}
