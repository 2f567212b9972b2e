//! The file systems ext2, ext3 and ext4 of Linux (`Documentation/filesystems/ext4`). Files are found by their names from the
//! root on; journal, deleted files and whatever else no file holds is searched as it is.

use super::piece::Scattered;
use super::solid::Told;
use super::volume::Files;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le};
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

/// Opens such file systems.
pub struct Ext;

const SUPER: usize = 1024;
const EXTENTS: u32 = 0x8_0000;
const INLINE: u32 = 0x1000_0000;
const ENCRYPTED: u32 = 0x800;

impl Container for Ext {
    fn name(&self) -> &'static str {
        "ext"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        u16_le(blob.bytes, SUPER + 56) == Some(0xef53) && System::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut files = Files::of("ext", data, limits);
        if let Some(system) = System::new(data) {
            if system.blocks > (data.len() as u64).div_ceil(system.block as u64) {
                let missing = system.blocks.saturating_mul(system.block as u64) - data.len() as u64;
                let detail = "ext: the image ends before the file system does";
                files.problem(Problem::new(Reason::Damaged, detail).of_bytes(missing.min(1 << 60)));
            }
            system.walk(&mut files);
        }
        files.done()
    }
}

struct System<'b> {
    data: &'b [u8],
    block: usize,
    blocks: u64,
    first: usize,
    inodes: u32,
    per_group: u32,
    inode_size: usize,
    group_size: usize,
    is_wide: bool,
    meta_groups: Option<u32>,
    has_kinds: bool,
}

struct Inode<'b> {
    mode: u16,
    size: u64,
    flags: u32,
    blocks: &'b [u8],
    at: usize,
}

impl<'b> System<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let field = |at: usize| u32_le(data, SUPER + at);
        let shift = field(24).filter(|&n| n <= 6)?;
        let incompatible = field(96)?;
        let is_wide = incompatible & 0x80 != 0;
        let inode_size = match field(76)? {
            0 => 128,
            _ => usize::from(u16_le(data, SUPER + 88)?),
        };
        let group_size = if is_wide { usize::from(u16_le(data, SUPER + 254)?) } else { 32 };
        let system = System {
            data,
            block: 1024 << shift,
            blocks: u64::from(field(4)?) | if is_wide { u64::from(field(336)?) << 32 } else { 0 },
            first: field(20)? as usize,
            inodes: field(0)?,
            per_group: field(40)?,
            inode_size,
            group_size,
            is_wide,
            meta_groups: if incompatible & 0x10 != 0 { Some(field(260)?) } else { None },
            has_kinds: incompatible & 2 != 0,
        };
        let is_sound = system.per_group > 0
            && system.first <= 1
            && (128..=system.block).contains(&inode_size)
            && (32..=1024).contains(&group_size)
            && system.blocks > 0;
        is_sound.then_some(system)
    }

    /// The descriptor of a group: where its inodes are.
    fn table(&self, group: u32) -> Option<u64> {
        let per_block = self.block / self.group_size;
        let n = group as usize / per_block;
        let block = match self.meta_groups {
            // Descriptors stand in the groups that they tell of.
            Some(first) if n >= first as usize => {
                let of_group = u32_le(self.data, SUPER + 32)? as usize;
                let base = self.first.checked_add((n * per_block).checked_mul(of_group)?)?;
                base + usize::from(n == 0)
            }
            _ => self.first + 1 + n,
        };
        let at = block.checked_mul(self.block)?.checked_add(group as usize % per_block * self.group_size)?;
        let low = u64::from(u32_le(self.data, at.checked_add(8)?)?);
        let high =
            if self.is_wide && self.group_size >= 64 { u64::from(u32_le(self.data, at + 40)?) } else { 0 };
        Some(high << 32 | low)
    }

    fn inode(&self, n: u32) -> Option<Inode<'b>> {
        let index = n.checked_sub(1).filter(|_| n <= self.inodes)?;
        let table = usize::try_from(self.table(index / self.per_group)?).ok()?;
        let at = table
            .checked_mul(self.block)?
            .checked_add((index % self.per_group) as usize * self.inode_size)?;
        let bytes = slice(self.data, at, self.inode_size)?;
        Some(Inode {
            mode: u16_le(bytes, 0)?,
            size: u64::from(u32_le(bytes, 4)?) | u64::from(u32_le(bytes, 108)?) << 32,
            flags: u32_le(bytes, 32)?,
            blocks: &bytes[40..100],
            at: at + 40,
        })
    }

    /// What an inode has no room for among its blocks: the attribute `system.data`, behind its other fields.
    fn behind_the_inode(&self, inode: &Inode<'b>) -> Option<Range<u64>> {
        const SYSTEM: u8 = 7;
        let start = inode.at - 40;
        let bytes = slice(self.data, start, self.inode_size)?;
        let head = 128 + usize::from(u16_le(bytes, 128)?);
        (u32_le(bytes, head)? == 0xea02_0000).then_some(())?;
        let first = head + 4;
        let mut at = first;
        loop {
            let [name_len, index] = *bytes.get(at..)?.first_chunk()?;
            (name_len != 0 || index != 0).then_some(())?;
            let name = slice(bytes, at + 16, usize::from(name_len))?;
            if index == SYSTEM && name == b"data" {
                let value = start + first + usize::from(u16_le(bytes, at + 2)?);
                let left = inode.size.checked_sub(60)?;
                let len = u64::from(u32_le(bytes, at + 8)?).min(left);
                let end = value as u64 + len;
                return (end <= (start + self.inode_size) as u64).then_some(value as u64..end);
            }
            at = (at + 16 + usize::from(name_len)).next_multiple_of(4);
        }
    }

    fn bytes_of(&self, block: u64) -> Option<&'b [u8]> {
        slice(self.data, usize::try_from(block).ok()?.checked_mul(self.block)?, self.block)
    }

    /// The stretches of a file, in order; holes are empty. `left` counts blocks of tables that may be read.
    fn stretches(&self, inode: &Inode<'b>, left: &mut usize) -> Option<Vec<Range<u64>>> {
        let mut out = Vec::new();
        if inode.flags & INLINE != 0 {
            let at = inode.at as u64;
            out.push(at..at + inode.size.min(60));
            out.extend(self.behind_the_inode(inode).filter(|_| inode.size > 60));
        } else if inode.flags & EXTENTS != 0 {
            let mut next = 0u64;
            self.extents(inode.blocks, 0, &mut next, left, &mut out)?;
        } else {
            let count = inode.size.div_ceil(self.block as u64);
            let mut done = 0u64;
            for n in 0..15u32 {
                if done >= count {
                    break;
                }
                let block = u64::from(u32_le(inode.blocks, n as usize * 4)?);
                self.mapped(block, n.saturating_sub(11), count, &mut done, left, &mut out)?;
            }
        }
        Some(out)
    }

    fn extents(
        &self,
        node: &[u8],
        depth: u32,
        next: &mut u64,
        left: &mut usize,
        out: &mut Vec<Range<u64>>,
    ) -> Option<()> {
        (u16_le(node, 0)? == 0xf30a && depth < 6).then_some(())?;
        let is_leaf = u16_le(node, 6)? == 0;
        for n in 0..usize::from(u16_le(node, 2)?) {
            let Some(entry) = slice(node, 12 + 12 * n, 12) else { break };
            *left = left.checked_sub(1)?;
            if is_leaf {
                let first = u64::from(u32_le(entry, 0)?);
                let len = u64::from(u16_le(entry, 4)?);
                let start = u64::from(u16_le(entry, 6)?) << 32 | u64::from(u32_le(entry, 8)?);
                // Reserved and not written: what was there before is searched as a gap.
                if first > *next || len > 0x8000 {
                    out.push(0..0);
                }
                if len <= 0x8000 {
                    out.push(start * self.block as u64..(start + len) * self.block as u64);
                }
                *next = first + if len > 0x8000 { len - 0x8000 } else { len };
            } else {
                let block = u64::from(u16_le(entry, 8)?) << 32 | u64::from(u32_le(entry, 4)?);
                self.extents(self.bytes_of(block)?, depth + 1, next, left, out)?;
            }
        }
        Some(())
    }

    /// A block, or one of numbers of blocks, `level` deep.
    fn mapped(
        &self,
        block: u64,
        level: u32,
        count: u64,
        done: &mut u64,
        left: &mut usize,
        out: &mut Vec<Range<u64>>,
    ) -> Option<()> {
        let per = self.block as u64 / 4;
        if block == 0 {
            if out.last().is_none_or(|last| !last.is_empty()) {
                out.push(0..0);
            }
            *done = done.saturating_add(per.saturating_pow(level));
            return Some(());
        }
        *left = left.checked_sub(1)?;
        if level == 0 {
            let from = block * self.block as u64;
            match out.last_mut() {
                Some(last) if last.end == from && !last.is_empty() => last.end += self.block as u64,
                _ => out.push(from..from + self.block as u64),
            }
            *done += 1;
            return Some(());
        }
        let bytes = self.bytes_of(block)?;
        for n in 0..per as usize {
            if *done >= count {
                break;
            }
            self.mapped(u64::from(u32_le(bytes, 4 * n)?), level - 1, count, done, left, out)?;
        }
        Some(())
    }

    fn walk(&self, files: &mut Files<'_, 'b>) {
        // No table is read more often than the image has blocks: what goes in circles is hostile.
        let mut left = (self.data.len() / self.block).saturating_mul(4).saturating_add(1024);
        let mut seen = HashSet::from([2u32]);
        let mut open = vec![(2u32, Vec::new())];
        // Entries that may still be read: folders that share their blocks are hostile.
        let mut entries = (self.data.len() / 8).max(1 << 16);
        while let Some((n, path)) = open.pop() {
            let list = self.inode(n).filter(|inode| inode.mode & 0xf000 == 0x4000);
            let Some((list, inode)) = list.and_then(|i| Some((self.stretches(&i, &mut left)?, i))) else {
                files.damaged();
                continue;
            };
            if inode.flags & ENCRYPTED != 0 {
                let problem = Problem::new(Reason::Encrypted, "ext: the folder is encrypted").of_bytes(0);
                files.push(Told { name: path, problem });
                continue;
            }
            for entry in self.entries(&list, &inode) {
                let Some((child, name)) = entry else {
                    files.damaged();
                    break;
                };
                let Some(rest) = entries.checked_sub(1) else {
                    files.damaged();
                    open.clear();
                    break;
                };
                entries = rest;
                if matches!(name, b"." | b"..") || !seen.insert(child) {
                    continue;
                }
                let Some(path) = files.path(&path, name, open.len()) else { break };
                let Some(inode) = self.inode(child) else {
                    files.damaged();
                    continue;
                };
                match inode.mode & 0xf000 {
                    0x4000 => open.push((child, path)),
                    0x8000 if inode.size > 0 => match self.stretches(&inode, &mut left) {
                        Some(pieces) => {
                            // Reserved space does not count as missing.
                            let there: u64 = pieces.iter().map(|p| p.end.saturating_sub(p.start)).sum();
                            let holes = pieces.iter().any(|p| p.is_empty());
                            let size = if holes || there == 0 { inode.size.min(there) } else { inode.size };
                            let file = Scattered::new(path, self.data, pieces, size);
                            if !files.claim(&file) {
                                continue;
                            }
                            if inode.flags & ENCRYPTED != 0 {
                                let problem = Problem::new(Reason::Encrypted, "ext: the file is encrypted");
                                let problem = problem.of_bytes(size);
                                files.push(Told { name: file.name, problem });
                            } else if size > 0 {
                                files.push(file);
                            }
                        }
                        None => files.damaged(),
                    },
                    _ => {}
                }
            }
        }
    }

    /// Inode and name of each entry of a folder; `None` where it is damaged.
    fn entries<'s>(
        &'s self,
        list: &'s [Range<u64>],
        inode: &'s Inode<'b>,
    ) -> impl Iterator<Item = Option<(u32, &'b [u8])>> + 's {
        let data = self.data;
        let place = move |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
        // Entries do not cross blocks. Those in the inode stand behind the number of the parent.
        let skip = if inode.flags & INLINE != 0 { 4 } else { 0 };
        let blocks = list.iter().enumerate().flat_map(move |(n, range)| {
            let bytes = &data[place(range.start)..place(range.end)];
            bytes.get(if n == 0 { skip } else { 0 }..).unwrap_or_default().chunks(self.block)
        });
        let most = self.data.len() / self.block + 1;
        blocks.take(most).flat_map(move |bytes| {
            let mut at = 0;
            std::iter::from_fn(move || {
                if at + 8 > bytes.len() {
                    return None;
                }
                let len = usize::from(u16_le(bytes, at + 4)?);
                let name_len = match self.has_kinds {
                    true => usize::from(bytes[at + 6]),
                    false => usize::from(u16_le(bytes, at + 6)?),
                };
                let name = slice(bytes, at + 8, name_len);
                let entry = u32_le(bytes, at)?;
                // The last entry of a block reaches to its end, the largest blocks have 0 for it.
                at += if len < 8 { bytes.len() } else { len };
                match name {
                    _ if entry == 0 => Some(Some((2, &b"."[..]))),
                    Some(name) if len >= 8 => Some(Some((entry, name))),
                    _ => Some(None),
                }
            })
        })
    }
}
