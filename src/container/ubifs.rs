//! UBIFS: the file system of larger flash chips, a tree of nodes of which each change writes new ones. Of each block of a file what
//! the newest node says, and apart from it what older ones say that have not been erased yet.
//!
//! Layout: Linux, `fs/ubifs/ubifs-media.h`. The index is not read: nodes are found by their heads, which have checksums.

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET, inflate_more};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem, lzo};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Opens such file systems.
pub struct Ubifs;

const MAGIC: &[u8] = &[0x31, 0x18, 0x10, 0x06];
/// Kinds of nodes.
const INODE: u8 = 0;
const DATA: u8 = 1;
const NAME: u8 = 2;
const SUPER: u8 = 6;
/// Bytes of a block of a file.
const BLOCK: usize = 4096;
/// Flag of an inode.
const ENCRYPTED: u32 = 0x20;
const ROOT: u32 = 1;
/// Bytes of a file that are read whatever the size of the image.
const MOST: u64 = 64 << 20;
/// Deepest path, and its longest name.
const DEPTH: usize = 64;
const PATH: usize = 4096;

impl Container for Ubifs {
    fn name(&self) -> &'static str {
        "ubifs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC) && node(blob.bytes, 0).is_some_and(|(kind, _)| kind == SUPER)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        opened.gaps.push(0..data.len());
        let mut tree = Tree::read(data, limits);
        let files = std::mem::take(&mut tree.blocks);
        // The paths of all files together: long ones over and over are how a small image grows large.
        let mut left = data.len().saturating_mul(2).max(1 << 20);
        for (number, mut blocks) in files {
            let name =
                tree.path(number).unwrap_or_else(|| format!("file {number} without a name").into_bytes());
            let rest = left.checked_sub(name.len());
            let Some(rest) = rest.filter(|_| (opened.members.len() as u64) < limits.entries) else {
                tree.is_cut = true;
                break;
            };
            left = rest;
            if tree.inodes.get(&number).is_some_and(|(_, flags)| flags & ENCRYPTED != 0) {
                let problem = Problem::new(Reason::Encrypted, "the file is encrypted (fscrypt)");
                opened.members.push(Box::new(super::solid::Told { name, problem }));
                continue;
            }
            blocks.sort_by_key(|block| (block.number, u64::MAX - block.sequence));
            let mut last = None;
            let (newest, older): (Vec<Block>, Vec<Block>) =
                blocks.into_iter().partition(|block| last.replace(block.number) != Some(block.number));
            if !older.is_empty() {
                let name = [&name[..], b" (before)"].concat();
                opened.members.push(Box::new(File { name, data, blocks: older }));
            }
            opened.members.push(Box::new(File { name, data, blocks: newest }));
        }
        if tree.damaged > 0 {
            let detail = format!("ubifs: {} nodes are damaged", tree.damaged);
            opened.problems.push(Problem::new(Reason::Damaged, detail));
        }
        // The nodes of a folder and of what is in it may be gone, of which nothing else is left.
        let live = tree.live.values().map(|(_, file)| *file).filter(|file| *file != 0);
        let gone = live.chain([ROOT]).filter(|number| !tree.inodes.contains_key(number)).count();
        if gone > 0 && !tree.is_cut {
            let detail = format!("ubifs: {gone} files or folders are not there");
            opened.problems.push(Problem::new(Reason::Damaged, detail));
        }
        if tree.is_cut {
            let detail = format!(
                "ubifs: more than {} files, or too many nodes; the rest as raw bytes",
                limits.entries
            );
            opened.problems.push(Problem::new(Reason::Limit, detail));
        }
        opened
    }
}

/// Kind and length of the node at `at`, whose checksum is right; `None` where there is none.
fn node(data: &[u8], at: usize) -> Option<(u8, usize)> {
    let len = size_le(data, at + 16)?;
    let bytes = slice(data, at, len).filter(|bytes| len >= 24 && bytes.starts_with(MAGIC))?;
    (!crc32fast::hash(&bytes[8..]) == u32_le(bytes, 4)?).then_some((bytes[20], len))
}

/// A block of a file.
struct Block {
    number: u32,
    sequence: u64,
    size: usize,
    method: u16,
    /// Where its bytes are.
    packed: Range<usize>,
}

/// What the nodes say.
#[derive(Default)]
struct Tree {
    /// Folder and name of a file, as the newest node has it.
    names: HashMap<u32, (u64, u32, Vec<u8>)>,
    /// The file that the newest node of a name leads to; none where it was taken away.
    live: HashMap<(u32, Vec<u8>), (u64, u32)>,
    /// Sequence and flags.
    inodes: HashMap<u32, (u64, u32)>,
    blocks: BTreeMap<u32, Vec<Block>>,
    damaged: u64,
    is_cut: bool,
}

impl Tree {
    fn read(data: &[u8], limits: &Limits) -> Self {
        let mut tree = Tree::default();
        let (mut at, mut count, mut wasted) = (0, 0u64, 0usize);
        while at + 24 <= data.len() {
            let Some((kind, len)) = node(data, at) else {
                if data[at..].starts_with(MAGIC) {
                    // What looks like a node may be as long as the image, and checksums of many of these would take for ever.
                    wasted = wasted.saturating_add(size_le(data, at + 16).unwrap_or(0).min(data.len()));
                    tree.damaged += 1;
                }
                if wasted > data.len().saturating_mul(4).max(1 << 20) {
                    tree.is_cut = true;
                    break;
                }
                // Nodes begin at multiples of eight bytes.
                let Some(next) = memchr::memmem::find(&data[at + 1..], MAGIC) else { break };
                let next = at + 1 + next;
                at = if next % 8 == 0 { next } else { (next + 1).next_multiple_of(8) };
                continue;
            };
            if count >= limits.entries.saturating_mul(64) {
                tree.is_cut = true;
                break;
            }
            count += 1;
            let whole = match kind {
                INODE => tree.inode(data, at),
                DATA => tree.data(data, at, len),
                NAME => tree.name(data, at),
                _ => Some(()),
            };
            tree.damaged += u64::from(whole.is_none());
            at = (at + len).next_multiple_of(8);
        }
        tree
    }

    fn inode(&mut self, data: &[u8], at: usize) -> Option<()> {
        let sequence = u64_le(data, at + 8)?;
        let known = self.inodes.entry(u32_le(data, at + 24)?).or_default();
        if sequence >= known.0 {
            *known = (sequence, u32_le(data, at + 108)?);
        }
        Some(())
    }

    fn data(&mut self, data: &[u8], at: usize, len: usize) -> Option<()> {
        let block = Block {
            number: u32_le(data, at + 28)? & 0x1fff_ffff,
            sequence: u64_le(data, at + 8)?,
            size: size_le(data, at + 40).filter(|size| *size <= BLOCK)?,
            method: u16_le(data, at + 44)?,
            packed: at + 48.min(len)..at + len,
        };
        self.blocks.entry(u32_le(data, at + 24)?).or_default().push(block);
        Some(())
    }

    fn name(&mut self, data: &[u8], at: usize) -> Option<()> {
        let sequence = u64_le(data, at + 8)?;
        let name = slice(data, at + 56, usize::from(u16_le(data, at + 50)?))?;
        // A name that was taken away leads nowhere; the file may have it still, for what is deleted is searched too.
        let target = u64_le(data, at + 40)? as u32;
        let folder = u32_le(data, at + 24)?;
        let live = self.live.entry((folder, name.to_vec())).or_default();
        if sequence >= live.0 {
            *live = (sequence, target);
        }
        if target != 0 && self.names.get(&target).is_none_or(|known| sequence >= known.0) {
            self.names.insert(target, (sequence, folder, name.to_vec()));
        }
        Some(())
    }

    fn path(&self, number: u32) -> Option<Vec<u8>> {
        let (mut parts, mut at, mut len) = (Vec::new(), number, 0);
        while at != ROOT {
            let (_, folder, name) = self.names.get(&at)?;
            len += name.len() + 1;
            (parts.len() < DEPTH && len < PATH).then_some(())?;
            parts.push(&name[..]);
            at = *folder;
        }
        parts.reverse();
        Some(parts.join(&b'/'))
    }
}

struct File<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    blocks: Vec<Block>,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.blocks.iter().map(|block| block.size as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let mut problem = None;
        let mut next = 0;
        for block in &self.blocks {
            if block.number > next {
                // What is before a hole and what is behind it do not touch.
                buffer.push(0);
            }
            next = block.number + 1;
            let start = buffer.len();
            match block.expand(self.data, buffer, budget) {
                Ok(()) => {}
                Err(found) if found.reason == Reason::Limit => {
                    return Contents { bytes: buffer, problem: Some(found) };
                }
                Err(found) => problem = problem.or(Some(found)),
            }
            buffer.truncate(start + block.size);
            buffer.resize(start + block.size, 0);
        }
        Contents { bytes: buffer, problem }
    }
}

impl Block {
    fn expand(&self, data: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let packed = data.get(self.packed.clone()).unwrap_or_default();
        // Blocks that are all alike are packed to nothing: no file is that much larger than the chip.
        let most = (data.len().saturating_mul(4) as u64).max(MOST).min(budget.limits.entry_bytes);
        if (out.len() + self.size) as u64 > most || !budget.take(self.size as u64) {
            return Err(Problem::new(Reason::Limit, OVER_BUDGET));
        }
        let is_sound = match self.method {
            0 => {
                out.extend_from_slice(packed);
                packed.len() == self.size
            }
            1 => lzo::expand(packed, self.size, out),
            2 | 3 => {
                // Paid for there.
                budget.give_back(self.size as u64);
                let went = match self.method {
                    2 => inflate_more(packed, out, self.size as u64, budget),
                    _ => Packing::Zstd.expand(packed, out, budget)?,
                };
                match went {
                    Inflated::Whole(_) => true,
                    Inflated::Cut(limit) => return Err(Problem::new(Reason::Limit, limit)),
                    Inflated::Truncated | Inflated::Broken(_) => false,
                }
            }
            other => {
                let detail = format!("ubifs: packed by method {other}");
                return Err(Problem::new(Reason::Unsupported, detail).of_bytes(self.size as u64));
            }
        };
        let detail = "ubifs: a block of the file is damaged";
        if is_sound { Ok(()) } else { Err(Problem::new(Reason::Damaged, detail)) }
    }
}
