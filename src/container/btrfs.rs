//! Btrfs on one device: the files of all subvolumes and snapshots, in place or packed by zlib, LZO or Zstandard.
//!
//! Layout: Linux, `include/uapi/linux/btrfs_tree.h`. Trees are walked from their roots, each node once; the log is not replayed,
//! and deleted files are searched as raw bytes.

mod file;
mod tree;

use super::piece::{Claims, Scattered, gaps};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u64_le};
use crate::limits::Limits;
use file::{Extent, File};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use tree::{Key, System};

/// Opens such file systems.
pub struct Btrfs;

/// Longest path, and folders within folders.
const PATH: usize = 4096;
const MAX_DEPTH: usize = 128;
/// Kinds of items.
const INODE: u8 = 1;
const NAME: u8 = 12;
const EXTENT: u8 = 108;
const ROOT: u8 = 132;
/// The tree of files, and the first of others like it.
const FILES: u64 = 5;
const FIRST_SUBVOLUME: u64 = 256;

impl Container for Btrfs {
    fn name(&self) -> &'static str {
        "btrfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        tree::begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut used = Vec::new();
        match System::new(data) {
            Some(system) => {
                let mut all = All::default();
                all.read(&system);
                all.open(&system, limits, &mut opened, &mut used);
            }
            None => {
                let detail = "btrfs: its first tables are damaged; searched as raw bytes";
                opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(data.len() as u64));
            }
        }
        used.sort_by_key(|range: &Range<usize>| range.start);
        opened.gaps = gaps(used, data.len());
        opened
    }
}

/// A file by its tree and number.
type Id = (u64, u64);

/// What the trees say.
#[derive(Default)]
struct All<'b> {
    sizes: HashMap<Id, u64>,
    /// The folder of a file, and its name there: the first of several.
    names: HashMap<Id, (u64, &'b [u8])>,
    /// In order of their trees, as they come.
    files: Vec<Id>,
    extents: HashMap<Id, Vec<Extent<'b>>>,
    bad: u64,
}

impl<'b> All<'b> {
    fn read(&mut self, system: &System<'b>) {
        let mut seen = HashSet::new();
        let mut roots = Vec::new();
        self.bad += system.walk(system.root, &mut seen, &mut |key, item| {
            if key.kind == ROOT && (key.object == FILES || (FIRST_SUBVOLUME..1 << 63).contains(&key.object)) {
                roots.push((key.object, u64_le(item, 176)?));
            }
            Some(())
        });
        for (tree, root) in roots {
            self.bad += system.walk(root, &mut seen, &mut |key, item| self.item(system, tree, &key, item));
        }
    }

    fn item(&mut self, system: &System<'b>, tree: u64, key: &Key, item: &'b [u8]) -> Option<()> {
        let id = (tree, key.object);
        match key.kind {
            INODE => {
                self.sizes.insert(id, u64_le(item, 16)?);
            }
            NAME => {
                let name = slice(item, 10, usize::from(u16_le(item, 8)?))?;
                self.names.entry(id).or_insert((key.offset, name));
            }
            EXTENT => {
                let extent = Extent::read(system, key.offset, item)?;
                let of_file = self.extents.entry(id).or_default();
                if of_file.is_empty() {
                    self.files.push(id);
                }
                of_file.push(extent);
            }
            _ => {}
        }
        Some(())
    }

    /// The names of the folders down to a file, and its own; `None` where that is too long.
    fn path(&self, (tree, number): Id) -> Option<Vec<u8>> {
        // Parts that snapshots share are read with one of them.
        let name_of = |number| {
            let own = self.names.get(&(tree, number));
            own.or_else(|| self.names.get(&(FILES, number)))
        };
        let (mut parts, mut len, mut at) = (Vec::new(), 0, number);
        while at != FIRST_SUBVOLUME {
            let Some((parent, name)) = name_of(at) else {
                if parts.is_empty() {
                    return Some(format!("file {number}").into_bytes());
                }
                break;
            };
            len += name.len() + 1;
            (parts.len() < MAX_DEPTH && len < PATH).then_some(())?;
            parts.push(*name);
            at = *parent;
        }
        let subvolume = format!("(subvolume {tree})").into_bytes();
        if tree != FILES {
            parts.push(&subvolume);
        }
        parts.reverse();
        Some(parts.join(&b'/'))
    }

    fn open(
        mut self,
        system: &System<'b>,
        limits: &Limits,
        opened: &mut Opened<'b>,
        used: &mut Vec<Range<usize>>,
    ) {
        let (mut shared, mut elsewhere, mut is_cut) = (0u64, 0u64, false);
        // The paths of all files together: long ones over and over are how a small image grows large.
        let mut left = system.data.len().saturating_mul(2).max(1 << 20);
        let mut seen = HashSet::new();
        for id in std::mem::take(&mut self.files) {
            let Some(mut extents) = self.extents.remove(&id) else { continue };
            extents.sort_by_key(|extent| extent.at);
            let missing: u64 = extents.iter().map(|extent| extent.elsewhere).sum();
            elsewhere = elsewhere.saturating_add(missing);
            extents.retain(|extent| extent.elsewhere == 0 && !extent.bytes.is_empty());
            if extents.is_empty() {
                continue;
            }
            // The same bytes in a snapshot, or a copy that shares them.
            let news = extents.iter().filter(|extent| seen.insert((extent.place, extent.offset))).count();
            if news == 0 {
                shared += 1;
                continue;
            }
            let path = self.path(id).filter(|_| (opened.members.len() as u64) < limits.entries);
            let Some((rest, path)) = path.and_then(|path| Some((left.checked_sub(path.len())?, path))) else {
                is_cut = true;
                continue;
            };
            left = rest;
            let range = |extent: &Extent<'_>| extent.place..extent.place + extent.bytes.len();
            used.extend(extents.iter().map(range));
            let size = self.sizes.get(&id).copied();
            if extents.iter().all(Extent::is_plain) {
                opened.members.push(Box::new(plain(system, path, &extents, size)));
            } else {
                opened.members.push(Box::new(File { name: path, extents, size }));
            }
        }
        opened.problems.extend(Claims::shared(shared));
        let mut tell = |reason, bytes, detail: String| {
            opened.problems.push(Problem::new(reason, detail).of_bytes(bytes))
        };
        if elsewhere > 0 {
            let detail = format!("btrfs: {elsewhere} bytes of files are on another device, or in stripes");
            tell(Reason::Unreadable, elsewhere, detail);
        }
        if self.bad > 0 {
            let detail = format!(
                "btrfs: {} nodes or items of its trees are damaged; what they lead to as raw bytes",
                self.bad
            );
            tell(Reason::Damaged, 0, detail);
        }
        if is_cut {
            let detail =
                format!("btrfs: more than {} files, or long names; the others as raw bytes", limits.entries);
            tell(Reason::Limit, 0, detail);
        }
    }
}

/// A file of which nothing is packed.
fn plain<'b>(system: &System<'b>, path: Vec<u8>, extents: &[Extent<'b>], size: Option<u64>) -> Scattered<'b> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut end = 0;
    for extent in extents {
        let size = size.unwrap_or(u64::MAX);
        let len = (extent.bytes.len() as u64).min(size.saturating_sub(extent.at));
        let start = extent.place as u64;
        if extent.at > end {
            ranges.push(0..0);
        }
        end = extent.at.saturating_add(len);
        match ranges.last_mut() {
            Some(last) if last.end == start && !last.is_empty() => last.end += len,
            _ => ranges.push(start..start + len),
        }
    }
    let there = ranges.iter().map(|range| range.end - range.start).sum();
    Scattered::new(path, system.data, ranges, there)
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    /// `testdata/wrapped/seeds.sh` has the recipe.
    #[test]
    fn a_head_without_trees_is_told() {
        let mut data = vec![0; 70 << 10];
        data[65600..65608].copy_from_slice(b"_BHRfS_M");
        data[0x10000 + 144..][..8].copy_from_slice(&[0, 16, 0, 0, 0, 64, 0, 0]);
        let (members, problems) = read(&Btrfs, &data);
        assert!(members.is_empty() && problems == [Reason::Damaged]);
    }
}
