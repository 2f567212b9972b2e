//! EROFS, the read-only file system of Android's partitions and of images of containers: files in place, in chunks, with their
//! end in the inode, and packed by LZ4, LZMA, deflate or Zstandard.
//!
//! Layout: Linux, `fs/erofs/erofs_fs.h` and the kernel's documentation of EROFS.

mod packed;

use super::piece::Scattered;
use super::volume::Files;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

/// Opens such file systems.
pub struct Erofs;

const SUPER: usize = 1024;
const MAGIC: u32 = 0xe0f5_e1e2;
/// What images may need: padding of LZ4, large clusters, chunks, other devices or second packings, packed tails,
/// fragments, prefixes of attributes.
const KNOWN: u32 = 0x7f;
/// Blocks that are nowhere: a hole.
const NOWHERE: u32 = u32::MAX;

impl Container for Erofs {
    fn name(&self) -> &'static str {
        "erofs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        System::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut files = Files::of("erofs", blob.bytes, limits);
        if let Some(system) = System::new(blob.bytes) {
            if system.needs & !KNOWN == 0 {
                system.walk(&mut files);
            } else {
                let detail =
                    format!("erofs: needs features that are not known ({:#x})", system.needs & !KNOWN);
                let hidden = blob.bytes.len() as u64;
                files.problem(Problem::new(Reason::Unsupported, detail).of_bytes(hidden));
            }
        }
        files.done()
    }
}

/// A file system.
#[derive(Clone, Copy)]
struct System<'b> {
    data: &'b [u8],
    block_bits: u32,
    /// Where inodes are counted from.
    inodes: u64,
    /// Bytes of a block of a folder.
    folder: usize,
    root: u64,
    /// The file that has the ends of others.
    fragments: Option<u64>,
    needs: u32,
}

/// A file or folder.
#[derive(Clone, Copy)]
struct Inode {
    mode: u16,
    size: u64,
    layout: u16,
    /// What the layout needs: the first block, or the form of the chunks.
    word: u32,
    /// Where the inode ends, with its attributes.
    end: usize,
}

impl<'b> System<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let head = slice(data, SUPER, 128)?;
        (u32_le(head, 0)? == MAGIC).then_some(())?;
        let block_bits = u32::from(head[12]);
        (9..=16).contains(&block_bits).then_some(())?;
        let needs = u32_le(head, 80)?;
        let folder_bits = block_bits + u32::from(head[90]);
        (folder_bits <= 20).then_some(())?;
        let fragments = Some(u64_le(head, 96)?).filter(|nid| needs & 0x20 != 0 && *nid > 0);
        Some(System {
            data,
            block_bits,
            inodes: u64::from(u32_le(head, 40)?) << block_bits,
            folder: 1 << folder_bits,
            root: u64::from(u16_le(head, 14)?),
            fragments,
            needs,
        })
    }

    fn block(&self) -> u64 {
        1 << self.block_bits
    }

    fn inode(&self, number: u64) -> Option<Inode> {
        let at = usize::try_from(number.checked_mul(32)?.checked_add(self.inodes)?).ok()?;
        let format = u16_le(self.data, at)?;
        let is_long = format & 1 != 0;
        let bytes = slice(self.data, at, if is_long { 64 } else { 32 })?;
        let attributes = match usize::from(u16_le(bytes, 2)?) {
            0 => 0,
            count => 12 + 4 * (count - 1),
        };
        Some(Inode {
            mode: u16_le(bytes, 4)?,
            size: if is_long { u64_le(bytes, 8)? } else { u64::from(u32_le(bytes, 8)?) },
            layout: format >> 1 & 7,
            word: u32_le(bytes, 16)?,
            end: at + bytes.len() + attributes,
        })
    }

    /// Where a file that is not packed stands, holes as empty stretches, and how many bytes of it should be there.
    fn stretches(&self, inode: &Inode, other: &mut u64) -> Option<(Vec<Range<u64>>, u64)> {
        let block = self.block();
        match inode.layout {
            // In place, and with what does not fill a block behind the inode.
            0 | 2 => {
                let tail = match inode.layout {
                    2 => inode.size - (inode.size.div_ceil(block).saturating_sub(1) << self.block_bits),
                    _ => 0,
                };
                let start = u64::from(inode.word) << self.block_bits;
                let (body, end) = (inode.size - tail, inode.end as u64);
                let mut ranges = Vec::with_capacity(2);
                if body > 0 {
                    ranges.push(start..start.saturating_add(body));
                }
                if tail > 0 {
                    ranges.push(end..end + tail);
                }
                Some((ranges, inode.size))
            }
            4 => self.chunks(inode, other),
            _ => None,
        }
    }

    fn chunks(&self, inode: &Inode, other: &mut u64) -> Option<(Vec<Range<u64>>, u64)> {
        let bits = self.block_bits + (inode.word & 31);
        let width = if inode.word & 32 != 0 { 8 } else { 4 };
        let count = usize::try_from(inode.size.div_ceil(1 << bits)).ok()?;
        let table = slice(self.data, inode.end.next_multiple_of(width), count.checked_mul(width)?)?;
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut there = 0;
        for (n, entry) in table.chunks_exact(width).enumerate() {
            let len = (inode.size - ((n as u64) << bits)).min(1 << bits);
            let number = u32_le(entry, width - 4)?;
            let device = if width == 8 { u16_le(entry, 2)? } else { 0 };
            if number == NOWHERE || device != 0 {
                *other += if number == NOWHERE { 0 } else { len };
                if ranges.last().is_none_or(|last| !last.is_empty()) {
                    ranges.push(0..0);
                }
                continue;
            }
            let start = u64::from(number) << self.block_bits;
            there += len;
            match ranges.last_mut() {
                Some(last) if last.end == start && !last.is_empty() => last.end += len,
                _ => ranges.push(start..start + len),
            }
        }
        Some((ranges, there))
    }

    /// Names and inodes of a folder. `left` is for all folders together: those that lead to the same bytes are a bomb.
    fn list(&self, inode: &Inode, left: &mut u64) -> Option<Vec<(&'b [u8], u64)>> {
        let (ranges, _) = self.stretches(inode, &mut 0)?;
        let folder = Scattered::new(Vec::new(), self.data, ranges, inode.size);
        let mut names = Vec::new();
        for range in folder.ranges {
            *left = left.checked_sub(range.len() as u64)?;
            for block in self.data.get(range)?.chunks(self.folder) {
                // Names begin behind the entries.
                let count = usize::from(u16_le(block, 8)?) / 12;
                for n in 0..count {
                    let entry = slice(block, 12 * n, 12)?;
                    let start = usize::from(u16_le(entry, 8)?);
                    let end = match n + 1 < count {
                        true => usize::from(u16_le(block, 12 * n + 20)?),
                        false => block.len(),
                    };
                    let name = block.get(start..end)?;
                    let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
                    if !matches!(name, b"" | b"." | b"..") {
                        names.push((name, u64_le(entry, 0)?));
                    }
                }
            }
        }
        (folder.missing == 0).then_some(names)
    }

    fn walk(&self, files: &mut Files<'_, 'b>) {
        let mut left = (self.data.len() as u64).saturating_mul(4);
        let mut seen = HashSet::new();
        let mut open = vec![(self.root, Vec::new())];
        open.extend(self.fragments.map(|number| (number, b"(fragments)".to_vec())));
        let mut other = 0u64;
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
                8 if inode.size > 0 && matches!(inode.layout, 1 | 3) => {
                    match packed::File::new(*self, inode, path) {
                        Some(file) if file.is_elsewhere() => {}
                        Some(file) => files.push(file),
                        None => files.damaged(),
                    }
                }
                8 if inode.size > 0 => match self.stretches(&inode, &mut other) {
                    Some((ranges, there)) => files.add(Scattered::new(path, self.data, ranges, there)),
                    None => files.damaged(),
                },
                _ => {}
            }
        }
        if other > 0 {
            let detail = format!("erofs: {other} bytes of files are on another device");
            files.problem(Problem::new(Reason::Unreadable, detail).of_bytes(other));
        }
    }
}
