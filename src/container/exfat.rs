//! exFAT (Microsoft's "exFAT file system specification"): cards of cameras, large sticks. Deleted files are searched as raw bytes.

use super::piece::{Claims, Scattered};
use super::volume::Files;
use super::{Container, Opened};
use crate::blob::Blob;
use crate::lens::bytes::{slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::ops::Range;

/// Opens such file systems.
pub struct ExFat;

impl Container for ExFat {
    fn name(&self) -> &'static str {
        "exfat"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        System::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut files = Files::of("exfat", blob.bytes, limits);
        if let Some(system) = System::new(blob.bytes) {
            system.walk(&mut files);
        }
        files.done()
    }
}

struct System<'b> {
    data: &'b [u8],
    cluster: u64,
    count: u32,
    table: usize,
    heap: u64,
    root: u32,
}

/// A file or folder as the entries of its folder tell it.
struct Entry {
    name: Vec<u16>,
    is_folder: bool,
    /// Its clusters stand one behind the other, and the table does not have them.
    is_run: bool,
    first: u32,
    size: u64,
}

impl<'b> System<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        (slice(data, 3, 8)? == b"EXFAT   " && slice(data, 510, 2)? == b"\x55\xaa").then_some(())?;
        let (sector, per) = (u32::from(*data.get(108)?), u32::from(*data.get(109)?));
        ((9..=12).contains(&sector) && sector + per <= 25).then_some(())?;
        let place = |at: usize| Some(u64::from(u32_le(data, at)?) << sector);
        Some(System {
            data,
            cluster: 1 << (sector + per),
            count: u32_le(data, 92)?,
            table: usize::try_from(place(80)?).ok()?,
            heap: place(88)?,
            root: u32_le(data, 96)?,
        })
    }

    /// Where clusters stand from `first` on, for `size` bytes. `left` is for all chains together.
    fn clusters(&self, first: u32, size: u64, is_run: bool, left: &mut u64) -> Vec<Range<u64>> {
        let place = |n: u32| self.heap + u64::from(n - 2) * self.cluster;
        let is_there = |n: u32| n >= 2 && n - 2 < self.count;
        let mut ranges: Vec<Range<u64>> = Vec::new();
        if !is_there(first) {
            return ranges;
        }
        if is_run {
            let start = place(first);
            ranges.push(start..start.saturating_add(size));
            return ranges;
        }
        let mut at = first;
        for _ in 0..size.div_ceil(self.cluster) {
            if !is_there(at) || *left == 0 {
                break;
            }
            *left -= 1;
            let start = place(at);
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end += self.cluster,
                _ => ranges.push(start..start + self.cluster),
            }
            let Some(next) = u32_le(self.data, self.table.saturating_add(4 * at as usize)) else { break };
            at = next;
        }
        ranges
    }

    fn walk(&self, files: &mut Files<'_, 'b>) {
        let mut steps = 2 * (self.data.len() as u64 / self.cluster) + 1024;
        let root = self.clusters(self.root, 256 << 20, false, &mut steps);
        let mut folders = Claims::default();
        let mut open = vec![(root, Vec::new())];
        while let Some((list, path)) = open.pop() {
            let folder = Scattered::new(path, self.data, list, u64::MAX);
            if !folders.claim(&folder.ranges) {
                files.damaged();
                continue;
            }
            for entry in self.entries(&folder.ranges) {
                let name = String::from_utf16_lossy(&entry.name).into_bytes();
                let Some(path) = files.path(&folder.name, &name, open.len()) else { break };
                let list = self.clusters(entry.first, entry.size, entry.is_run, &mut steps);
                if entry.is_folder {
                    open.push((list, path));
                } else if entry.size > 0 {
                    files.add(Scattered::new(path, self.data, list, entry.size));
                }
            }
        }
    }

    /// What a folder has: a set of entries each, of which those of deleted files have another mark.
    fn entries(&self, ranges: &[Range<usize>]) -> Vec<Entry> {
        let stretches = ranges.iter().filter_map(|range| self.data.get(range.clone()));
        let mut found: Vec<Entry> = Vec::new();
        let mut is_open = false;
        for entry in stretches.flat_map(|bytes| bytes.chunks_exact(32)) {
            match (entry[0], found.last_mut()) {
                (0, _) => break,
                (0x85, _) => {
                    let is_folder = u16_le(entry, 4).is_some_and(|attributes| attributes & 0x10 != 0);
                    found.push(Entry { name: Vec::new(), is_folder, is_run: false, first: 0, size: 0 });
                    is_open = true;
                }
                (0xc0, Some(last)) if is_open => {
                    last.is_run = entry[1] & 2 != 0;
                    last.first = u32_le(entry, 20).unwrap_or(0);
                    last.size = u64_le(entry, 24).unwrap_or(0);
                    last.name.reserve(usize::from(entry[3]));
                }
                (0xc1, Some(last)) if is_open => {
                    let units = entry[2..].chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
                    last.name.extend(units.take_while(|&u| u != 0));
                    last.name.truncate(255);
                }
                _ => is_open = false,
            }
        }
        found
    }
}
