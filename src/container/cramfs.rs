//! cramfs: read-only file systems of firmware, packed page by page with zlib, in either byte order.
//!
//! Layout: Linux, `include/uapi/linux/cramfs_fs.h`.

use super::blocks;
use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_be, u32_le};
use crate::limits::Limits;
use std::collections::HashSet;

/// Opens file systems.
pub struct Cramfs;

const SIGNATURE: &[u8] = b"Compressed ROMFS";
const MAGIC: u32 = 0x28cd_3d45;
/// Bytes of a block when it is not packed.
const PAGE: usize = 4096;
/// Room before the file system, for a boot loader.
const SHIFTED: usize = 512;
/// Pointers have flags in their upper bits: not packed; where it begins rather than where it ends.
const EXTENDED: u32 = 0x800;
const PLAIN: u32 = 1 << 31;
const DIRECT: u32 = 1 << 30;
/// Longest path.
const PATH: usize = 4096;

/// A file system and how its numbers are written.
#[derive(Clone, Copy)]
struct Image<'b> {
    data: &'b [u8],
    is_big: bool,
    is_extended: bool,
}

/// What the table says of a file.
struct Inode {
    mode: u32,
    size: usize,
    name: usize,
    offset: usize,
}

impl<'b> Image<'b> {
    fn read(data: &'b [u8]) -> Option<(Self, usize)> {
        [0, SHIFTED].into_iter().find_map(|base| {
            (slice(data, base + 16, 16)? == SIGNATURE).then_some(())?;
            let is_big = match (u32_le(data, base)?, u32_be(data, base)?) {
                (MAGIC, _) => false,
                (_, MAGIC) => true,
                _ => return None,
            };
            let image = Image { data, is_big, is_extended: false };
            let is_extended = image.number(base + 8)? & EXTENDED != 0;
            Some((Image { is_extended, ..image }, base + 64))
        })
    }

    fn number(&self, at: usize) -> Option<u32> {
        if self.is_big { u32_be(self.data, at) } else { u32_le(self.data, at) }
    }

    fn inode(&self, at: usize) -> Option<Inode> {
        let [mode, size, place] = [self.number(at)?, self.number(at + 4)?, self.number(at + 8)?];
        let (mode, size, name, offset) = if self.is_big {
            (mode >> 16, size >> 8, place >> 26, place & 0x3ff_ffff)
        } else {
            (mode & 0xffff, size & 0xff_ffff, place & 0x3f, place >> 6)
        };
        Some(Inode { mode, size: size as usize, name: name as usize * 4, offset: offset as usize * 4 })
    }
}

impl Container for Cramfs {
    fn name(&self) -> &'static str {
        "cramfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Image::read(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        opened.gaps.push(0..blob.bytes.len());
        let Some((image, root)) = Image::read(blob.bytes) else { return opened };
        let mut damaged = 0;
        let mut seen = HashSet::new();
        let mut files = HashSet::new();
        let mut left: Vec<(Inode, Vec<u8>)> =
            image.inode(root).map(|inode| (inode, Vec::new())).into_iter().collect();
        // Folders may have their bytes in common.
        let mut room = blob.bytes.len().saturating_mul(4).max(1 << 20);
        'folders: while let Some((folder, path)) = left.pop() {
            if folder.size == 0 || !seen.insert(folder.offset) {
                continue;
            }
            let (mut at, end) = (folder.offset, folder.offset.saturating_add(folder.size));
            while at < end {
                let Some(inode) = image.inode(at) else {
                    damaged += 1;
                    break;
                };
                let Some(name) = slice(image.data, at + 12, inode.name).filter(|name| !name.is_empty())
                else {
                    damaged += 1;
                    break;
                };
                at += 12 + inode.name;
                let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
                let path = [&path[..], name].concat();
                room = room.saturating_sub(12 + path.len());
                match inode.mode & 0o170_000 {
                    0o040_000 if path.len() < PATH => left.push((inode, [&path[..], b"/"].concat())),
                    // Files that are alike are stored once.
                    0o100_000 if inode.size > 0 && files.insert((inode.offset, inode.size)) => {
                        let file = File { name: path, image, size: inode.size, table: inode.offset };
                        opened.members.push(Box::new(file));
                    }
                    _ => {}
                }
                if opened.members.len() as u64 >= limits.entries || room == 0 {
                    let detail = format!("more than {} files, or names", limits.entries);
                    opened.problems.push(Problem::new(Reason::Limit, detail));
                    break 'folders;
                }
            }
        }
        if damaged > 0 {
            let detail = format!("cramfs: {damaged} folders are damaged");
            opened.problems.push(Problem::new(Reason::Damaged, detail));
        }
        opened
    }
}

struct File<'b> {
    name: Vec<u8>,
    image: Image<'b>,
    size: usize,
    /// Where the pointers are.
    table: usize,
}

impl File<'_> {
    /// The bytes of a block and whether they are packed.
    fn block(&self, n: usize, last: &mut usize) -> Option<(&[u8], bool)> {
        let pointer = self.image.number(self.table.checked_add(4 * n)?)?;
        let flags = if self.image.is_extended { pointer & (PLAIN | DIRECT) } else { 0 };
        let place = (pointer & !flags) as usize;
        let (start, end) = if flags & DIRECT != 0 {
            let start = place << 2;
            let len = match flags & PLAIN != 0 {
                true => PAGE.min(self.size - n * PAGE),
                false => usize::from(crate::lens::bytes::u16_le(self.image.data, start)?),
            };
            let start = if flags & PLAIN != 0 { start } else { start + 2 };
            (start, start.checked_add(len)?)
        } else {
            (*last, place)
        };
        *last = end;
        Some((self.image.data.get(start..end)?, flags & PLAIN == 0))
    }
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.size as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let count = self.size.div_ceil(PAGE);
        // Behind the pointers, the first block.
        let mut last = self.table + 4 * count;
        let (mut broken, mut read) = (0, 0);
        for n in 0..count {
            let end = self.size.min((n + 1) * PAGE);
            let block = self.block(n, &mut last);
            read += block.map_or(0, |(bytes, _)| bytes.len());
            match block {
                Some((bytes, false)) if budget.take(bytes.len() as u64) => buffer.extend_from_slice(bytes),
                Some((packed, true)) if !packed.is_empty() => {
                    match blocks::inflate(packed, PAGE, buffer, budget) {
                        Ok(is_whole) => broken += usize::from(!is_whole),
                        Err(problem) => return Contents { bytes: buffer, problem: Some(problem) },
                    }
                }
                Some(_) => {}
                None => {
                    broken += count - n;
                    break;
                }
            }
            // A block that is not there is nothing but zeros.
            if let Err(problem) = blocks::fill_up(buffer, end, self.size as u64, read, budget) {
                return Contents { bytes: buffer, problem: Some(problem) };
            }
        }
        Contents { bytes: buffer, problem: blocks::told("cramfs", broken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    /// One file in the root, of two blocks.
    fn image(is_big: bool, blocks: [&[u8]; 2]) -> Vec<u8> {
        let packed = blocks.map(|block| {
            let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(block).unwrap();
            packer.finish().unwrap()
        });
        let size = (blocks[0].len() + blocks[1].len()) as u32;
        let number = |n: u32| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
        let inode = |mode: u32, size: u32, name: u32, offset: u32| match is_big {
            true => [mode << 16, size << 8, name << 26 | offset],
            false => [mode, size, offset << 6 | name],
        };
        let mut out = [&number(MAGIC)[..], &[0; 12], SIGNATURE, &[0; 32]].concat();
        inode(0o40755, 16, 0, 19).iter().for_each(|n| out.extend(number(*n)));
        inode(0o100_644, size, 1, 23).iter().for_each(|n| out.extend(number(*n)));
        out.extend(b"a\0\0\0");
        assert_eq!(out.len(), 92);
        let first = 92 + 8 + packed[0].len() as u32;
        out.extend(number(first));
        out.extend(number(first + packed[1].len() as u32));
        out.extend(packed.concat());
        out
    }

    #[test]
    fn either_order_and_damage() {
        let first = b"a line of a page\n".repeat(300)[..PAGE].to_vec();
        for is_big in [false, true] {
            let image = image(is_big, [&first, b"the end"]);
            let read = |bytes: &[u8]| {
                let blob = Blob { address: Address::named("x"), bytes };
                assert!(Cramfs.reads(&blob));
                let opened = Cramfs.open(&blob, &Limits::default());
                assert_eq!(opened.members[0].name(), b"a");
                let mut buffer = Vec::new();
                let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 1000));
                (contents.bytes.to_vec(), contents.problem.is_none())
            };
            assert!(read(&image) == ([&first[..], b"the end"].concat(), true));
            assert!(read(&[&image[..60], &image[60..image.len() - 3]].concat()) == (first.clone(), false));
        }
    }
}
