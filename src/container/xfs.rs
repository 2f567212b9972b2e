//! XFS, versions 4 and 5: files by the folders from the root. What has no name any more is searched as raw bytes.
//!
//! "XFS Algorithms & Data Structures" of the kernel's documentation. The log is not replayed.

use super::piece::Scattered;
use super::volume::Files;
use super::{Container, Opened};
use crate::blob::Blob;
use crate::lens::bytes::{slice, u16_be, u32_be, u64_be};
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

/// Opens such file systems.
pub struct Xfs;

/// Blocks of a folder behind this are its index.
const FOLDER_END: u64 = 32 << 30;
/// Levels of a tree of extents.
const MAX_LEVELS: u16 = 9;

impl Container for Xfs {
    fn name(&self) -> &'static str {
        "xfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        System::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut files = Files::of("xfs", blob.bytes, limits);
        if let Some(system) = System::new(blob.bytes) {
            system.walk(&mut files);
        }
        files.done()
    }
}

struct System<'b> {
    data: &'b [u8],
    block: u64,
    /// Of an allocation group.
    blocks: u64,
    /// Bits of the number of a block in its group, of an inode in its block.
    block_bits: u32,
    inode_bits: u32,
    inode: u64,
    /// Bytes of a block of a folder.
    folder: u64,
    is_fifth: bool,
    /// Entries of folders say what kind of file they are.
    has_kind: bool,
    root: u64,
}

/// A stretch of a file: its first block within the file, and where that is on the disk.
struct Extent {
    from: u64,
    count: u64,
    /// Nowhere, where it was set aside and never written.
    at: Option<u64>,
}

struct Inode<'b> {
    mode: u16,
    size: u64,
    format: u8,
    count: u64,
    /// Its data, or where that is.
    fork: &'b [u8],
    place: usize,
}

impl<'b> System<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        data.starts_with(b"XFSB").then_some(())?;
        let block = u64::from(u32_be(data, 4)?);
        let version = u16_be(data, 100)? & 15;
        let (block_bits, inode_bits) = (u32::from(*data.get(124)?), u32::from(*data.get(123)?));
        let folder = block.checked_shl(u32::from(*data.get(192)?))?;
        let inode = u64::from(u16_be(data, 104)?);
        let is_sound = block.is_power_of_two()
            && (512..=64 << 10).contains(&block)
            && matches!(version, 4 | 5)
            && block_bits <= 31
            && inode_bits <= 8
            && inode.is_power_of_two()
            && (256..=2048).contains(&inode)
            && (block..=64 << 10).contains(&folder);
        is_sound.then_some(())?;
        let has_kind =
            if version == 5 { u32_be(data, 216)? & 1 != 0 } else { u32_be(data, 200)? & 0x200 != 0 };
        Some(System {
            data,
            block,
            blocks: u64::from(u32_be(data, 84)?),
            block_bits,
            inode_bits,
            inode,
            folder,
            is_fifth: version == 5,
            has_kind,
            root: u64_be(data, 56)?,
        })
    }

    /// Where a block is, by its number in the file system.
    fn place(&self, n: u64) -> Option<u64> {
        let (group, within) = (n >> self.block_bits, n & ((1 << self.block_bits) - 1));
        (within < self.blocks).then_some(())?;
        group.checked_mul(self.blocks)?.checked_add(within)?.checked_mul(self.block)
    }

    fn inode(&self, number: u64) -> Option<Inode<'b>> {
        let within = number & ((1 << self.inode_bits) - 1);
        let place = self.place(number >> self.inode_bits)?.checked_add(within * self.inode)?;
        let place = usize::try_from(place).ok()?;
        let inode = slice(self.data, place, self.inode as usize)?;
        inode.starts_with(b"IN").then_some(())?;
        let head = if inode[4] >= 3 { 176 } else { 100 };
        // What the attributes of the file need of the inode is told in eight bytes.
        let end = match usize::from(inode[82]) {
            0 => inode.len(),
            n => (head + 8 * n).min(inode.len()),
        };
        let is_wide = inode[4] >= 3 && u64_be(inode, 120)? & 16 != 0;
        let count = if is_wide { u64_be(inode, 24)? } else { u64::from(u32_be(inode, 76)?) };
        Some(Inode {
            mode: u16_be(inode, 2)?,
            size: u64_be(inode, 56)?,
            format: inode[5],
            count,
            fork: inode.get(head..end)?,
            place: place + head,
        })
    }

    /// The extents of a file, in order; `left` counts all that are read.
    fn extents(&self, inode: &Inode<'_>, left: &mut u64) -> Option<Vec<Extent>> {
        let mut extents = Vec::new();
        match inode.format {
            2 => self.records(inode.fork, inode.count, &mut extents, left)?,
            3 => {
                let (level, count) = (u16_be(inode.fork, 0)?, usize::from(u16_be(inode.fork, 2)?));
                let most = (inode.fork.len() - 4) / 16;
                let pointers = inode.fork.get(4 + 8 * most..)?;
                (1..=MAX_LEVELS).contains(&level).then_some(())?;
                for pointer in pointers.chunks_exact(8).take(count) {
                    self.tree(u64_be(pointer, 0)?, level, &mut extents, left)?;
                }
            }
            _ => return None,
        }
        extents.sort_by_key(|extent| extent.from);
        Some(extents)
    }

    fn records(&self, bytes: &[u8], count: u64, extents: &mut Vec<Extent>, left: &mut u64) -> Option<()> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        for record in bytes.chunks_exact(16).take(count) {
            *left = left.checked_sub(1)?;
            let (high, low) = (u64_be(record, 0)?, u64_be(record, 8)?);
            let start = (high & 0x1ff) << 43 | low >> 21;
            let at = if high >> 63 == 0 { Some(self.place(start)?) } else { None };
            extents.push(Extent { from: (high & (u64::MAX >> 1)) >> 9, count: low & 0x1f_ffff, at });
        }
        Some(())
    }

    fn tree(&self, block: u64, level: u16, extents: &mut Vec<Extent>, left: &mut u64) -> Option<()> {
        *left = left.checked_sub(1)?;
        let node = slice(self.data, usize::try_from(self.place(block)?).ok()?, self.block as usize)?;
        let head = if self.is_fifth { 72 } else { 24 };
        // Levels only go down, so no block leads back to itself for ever.
        ((node.starts_with(b"BMA3") || node.starts_with(b"BMAP")) && u16_be(node, 4)? == level - 1)
            .then_some(())?;
        let count = usize::from(u16_be(node, 6)?);
        let body = node.get(head..)?;
        if level == 1 {
            return self.records(body, count as u64, extents, left);
        }
        for pointer in body.get(8 * (body.len() / 16)..)?.chunks_exact(8).take(count) {
            self.tree(u64_be(pointer, 0)?, level - 1, extents, left)?;
        }
        Some(())
    }

    /// Names and inodes of a folder.
    fn list(&self, inode: &Inode<'b>, left: &mut u64) -> Option<Vec<(&'b [u8], u64)>> {
        let mut names = Vec::new();
        if inode.format == 1 {
            let wide = if *inode.fork.get(1)? > 0 { 8 } else { 4 };
            let mut at = 2 + wide;
            for _ in 0..*inode.fork.first()? {
                let len = usize::from(*inode.fork.get(at)?);
                let name = slice(inode.fork, at + 3, len)?;
                at += 3 + len + usize::from(self.has_kind);
                let number =
                    if wide == 8 { u64_be(inode.fork, at)? } else { u64::from(u32_be(inode.fork, at)?) };
                at += wide;
                names.push((name, number));
            }
            return Some(names);
        }
        for extent in self.extents(inode, left)? {
            let Some(at) = extent.at.filter(|_| extent.from.saturating_mul(self.block) < FOLDER_END) else {
                continue;
            };
            let len = extent.count.saturating_mul(self.block).min(self.data.len() as u64);
            // Blocks of folders that lead to the same bytes over and over are a bomb: of all folders together four times
            // the image is read.
            *left = left.checked_sub(len / 64)?;
            let start = usize::try_from(at).ok()?.min(self.data.len());
            let end = start.saturating_add(len as usize).min(self.data.len());
            for block in self.data[start..end].chunks(self.folder as usize) {
                self.block(block, &mut names);
            }
        }
        Some(names)
    }

    /// The entries of one block of a folder, as far as they make sense.
    fn block(&self, block: &'b [u8], names: &mut Vec<(&'b [u8], u64)>) -> Option<()> {
        let magic = slice(block, 0, 4)?;
        let mut at = if magic.ends_with(b"3") { 64 } else { 16 };
        let mut end = block.len();
        match magic {
            b"XD2B" | b"XDB3" => {
                // Its own index stands at the end.
                let tail = block.len().checked_sub(8)?;
                let count = u32_be(block, tail)? as usize;
                end = tail.checked_sub(count.checked_mul(8)?)?;
            }
            b"XD2D" | b"XDD3" => {}
            _ => return None,
        }
        while at < end {
            if u16_be(block, at)? == 0xffff {
                at += usize::from(u16_be(block, at + 2)?).max(8);
                continue;
            }
            let (number, len) = (u64_be(block, at)?, usize::from(*block.get(at + 8)?));
            let name = slice(block, at + 9, len)?;
            at += (9 + len + usize::from(self.has_kind) + 2).next_multiple_of(8);
            if !matches!(name, b"." | b"..") {
                names.push((name, number));
            }
        }
        Some(())
    }

    fn walk(&self, files: &mut Files<'_, 'b>) {
        let mut left = self.data.len() as u64 / 16 + 1024;
        let mut seen = HashSet::new();
        let mut open = vec![(self.root, Vec::new())];
        while let Some((number, path)) = open.pop() {
            // Hard links are other names of what was read.
            if !seen.insert(number) {
                continue;
            }
            let Some(inode) = self.inode(number) else {
                files.damaged();
                continue;
            };
            match inode.mode >> 12 {
                4 => {
                    let Some(names) = self.list(&inode, &mut left) else {
                        files.damaged();
                        continue;
                    };
                    for (name, number) in names.into_iter().rev() {
                        let Some(path) = files.path(&path, name, open.len()) else { break };
                        open.push((number, path));
                    }
                }
                8 if inode.size > 0 => match self.file(&inode, path, &mut left) {
                    Some(file) => files.add(file),
                    None => files.damaged(),
                },
                _ => {}
            }
        }
    }

    fn file(&self, inode: &Inode<'b>, path: Vec<u8>, left: &mut u64) -> Option<Scattered<'b>> {
        if inode.format == 1 {
            let len = inode.size.min(inode.fork.len() as u64);
            let piece = inode.place as u64..inode.place as u64 + len;
            return Some(Scattered::new(path, self.data, vec![piece], len));
        }
        let (mut pieces, mut there, mut next): (Vec<Range<u64>>, u64, u64) = (Vec::new(), 0, 0);
        for extent in self.extents(inode, left)? {
            let from = extent.from.checked_mul(self.block)?;
            let len = extent.count.checked_mul(self.block)?.min(inode.size.saturating_sub(from));
            let Some(at) = extent.at else { continue };
            if from > next {
                pieces.push(0..0);
            }
            next = from.saturating_add(len);
            there = there.saturating_add(len);
            pieces.push(at..at.saturating_add(len));
        }
        Some(Scattered::new(path, self.data, pieces, there))
    }
}
