//! Packed files: an index with an entry for each cluster of the file, which says whether something packed begins there, and
//! where that is. Entries have eight bytes, or are packed themselves, two in eight bytes or sixteen in thirty-two.

use super::{Inode, System};
use crate::container::budget::Budget;
use crate::container::inflate::{OVER_BUDGET, inflate_more};
use crate::container::stream::{Packing, raw_lzma};
use crate::container::{Contents, Member, Problem, lz4};
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le};
use crate::limits::Limits;
use std::collections::HashSet;

/// Kinds of clusters: stored from here on, packed from here on, within what began before, packed in a second way.
const PLAIN: u16 = 0;
const WITHIN: u16 = 2;
const SECOND: u16 = 3;
/// The cluster after the first says of how many blocks what is packed is.
const COUNT: u32 = 1 << 11;
/// Flags of the head of the index.
const PAIRS_OF_BYTES: u16 = 1;
const LARGE: u16 = 2 | 4;
const TAIL: u16 = 8;
const ROTATED: u16 = 16;
const FRAGMENT: u16 = 32;
/// Of the features of the system: LZ4 ends where its blocks do, behind zeros.
const PADDED: u32 = 1;

/// Ways of packing other than LZ4.
const LZMA: u8 = 1;
const DEFLATE: u8 = 2;
const ZSTD: u8 = 3;

/// A packed file.
pub struct File<'b> {
    name: Vec<u8>,
    system: System<'b>,
    size: u64,
    /// Of a cluster.
    bits: u32,
    index: Index<'b>,
    flags: u16,
    /// How things are packed, in the first and the second way.
    ways: [u8; 2],
    /// The packed end of the file, which stands behind the index.
    tail: &'b [u8],
    is_elsewhere: bool,
}

/// Entries of the clusters.
struct Index<'b> {
    bytes: &'b [u8],
    is_full: bool,
    /// Entries of four bytes before those of two, and how many of two there are.
    before: usize,
    pairs: usize,
    low_bits: u32,
    is_large: bool,
}

/// An entry: for what begins, where within the cluster and in which block; for what does not, how many blocks it has.
struct Entry {
    kind: u16,
    offset: u64,
    block: u32,
    blocks: Option<u32>,
}

/// What is known of a file so far.
#[derive(Default)]
struct Progress {
    /// Parts that are broken.
    broken: u64,
    /// Bytes that are packed in a way that is not known.
    unknown: u64,
    /// Blocks at which something packed began, and the bytes it has.
    seen: HashSet<u32>,
    packed: u64,
}

/// Something packed that begins at a byte of the file.
#[derive(Clone, Copy)]
struct Extent {
    start: u64,
    kind: u16,
    block: u32,
    blocks: u32,
    is_last: bool,
}

impl<'b> File<'b> {
    /// `None` where there is no index of that length.
    pub fn new(system: System<'b>, inode: Inode, name: Vec<u8>) -> Option<Self> {
        let at = inode.end.next_multiple_of(8);
        let head = slice(system.data, at, 8)?;
        let flags = u16_le(head, 4)?;
        let bits = system.block_bits + u32::from(head[7] & 7);
        let is_full = inode.layout == 1;
        (is_full || bits <= if flags & PAIRS_OF_BYTES == 0 { 14 } else { 12 }).then_some(())?;
        let count = usize::try_from(inode.size.div_ceil(1 << bits)).ok()?;
        // Its end is the whole file.
        let is_elsewhere = head[7] & 0x80 != 0;
        let start = at + if is_full { 16 } else { 8 };
        // Sixteen entries begin at a multiple of thirty-two bytes.
        let before = if flags & PAIRS_OF_BYTES == 0 { count } else { (32 - start % 32) / 4 % 8 };
        let pairs = count.saturating_sub(before) / 16 * 16;
        let len = match is_full {
            true => count.checked_mul(8)?,
            false => (2 * pairs + (count - pairs).checked_mul(4)?).next_multiple_of(8),
        };
        let bytes = if is_elsewhere { &[] } else { slice(system.data, start, len)? };
        let tail = match flags & TAIL {
            0 => &[],
            _ => slice(system.data, start + len, usize::from(u16_le(head, 2)?))?,
        };
        let is_large = flags & LARGE != 0;
        let index = Index { bytes, is_full, before, pairs, low_bits: bits.max(12), is_large };
        let ways = [head[6] & 15, head[6] >> 4];
        Some(File { name, system, size: inode.size, bits, index, flags, ways, tail, is_elsewhere })
    }

    /// Whether all of it is among the fragments.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }

    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let mut state = Progress::default();
        let mut begun: Option<(u64, Extent)> = None;
        for n in 0..self.size.div_ceil(1 << self.bits) {
            let Some(entry) = self.index.entry(n as usize, self.bits) else {
                state.broken += 1;
                break;
            };
            if entry.kind == WITHIN {
                // Within nothing, where the file begins.
                state.broken += u64::from(n == 0);
                if let (Some((first, extent)), Some(blocks)) = (&mut begun, entry.blocks)
                    && *first + 1 == n
                {
                    extent.blocks = blocks;
                }
                continue;
            }
            let start = (n << self.bits) + entry.offset;
            // The end of the file has an entry of its own.
            if start >= self.size {
                break;
            }
            if let Some((_, extent)) = begun {
                self.extent(extent, start, out, budget, &mut state)?;
            }
            let extent = Extent { start, kind: entry.kind, block: entry.block, blocks: 1, is_last: false };
            begun = Some((n, extent));
        }
        // The end may be among the fragments.
        if let Some((_, extent)) = begun.filter(|_| self.flags & FRAGMENT == 0) {
            let extent = Extent { is_last: true, ..extent };
            self.extent(extent, self.size, out, budget, &mut state)?;
        }
        let Progress { broken, unknown, .. } = state;
        if unknown > 0 {
            let detail = format!("erofs: {unknown} bytes of the file are packed in a way that is not known");
            return Err(Problem::new(Reason::Unsupported, detail).of_bytes(unknown));
        }
        match broken {
            0 => Ok(()),
            _ => Err(Problem::new(
                Reason::Damaged,
                format!("erofs: {broken} parts of the file are broken or missing"),
            )),
        }
    }

    fn extent(
        &self,
        extent: Extent,
        end: u64,
        out: &mut Vec<u8>,
        budget: &Budget,
        state: &mut Progress,
    ) -> Result<(), Problem> {
        let Some(len) = end.checked_sub(extent.start).filter(|_| out.len() as u64 <= extent.start) else {
            state.broken += 1;
            return Ok(());
        };
        let way = self.ways[usize::from(extent.kind == SECOND)];
        if extent.kind != PLAIN && way > ZSTD {
            state.unknown += len;
            return Ok(());
        }
        // What came before and is not there keeps its place.
        let added = end - out.len() as u64;
        if end > budget.limits.entry_bytes || !budget.take(added) {
            budget.spend();
            return Err(Problem::new(Reason::Limit, OVER_BUDGET).of_bytes(self.size));
        }
        out.resize(extent.start as usize, 0);
        let input = self.input(&extent);
        // Clusters may be made of one block, again and again: it counts once.
        if state.seen.insert(extent.block) {
            state.packed += input.map_or(0, <[u8]>::len) as u64;
        }
        if budget.limits.is_bomb(end, state.packed) {
            let detail = format!("the file expands more than {}-fold: a bomb", budget.limits.ratio);
            return Err(Problem::new(Reason::Limit, detail).of_bytes(self.size - extent.start));
        }
        let is_whole = input.is_some_and(|input| match extent.kind {
            PLAIN => self.stored(input, extent.start, len as usize, out),
            _ => {
                let zeros = match self.system.needs & PADDED {
                    0 => 0,
                    _ => input.iter().take(self.system.block() as usize).take_while(|b| **b == 0).count(),
                };
                match way {
                    0 => lz4::part(&input[zeros..], len as usize, out),
                    _ => unpack(way, &input[zeros..], len as usize, out),
                }
            }
        });
        state.broken += u64::from(!is_whole);
        out.resize(end as usize, 0);
        Ok(())
    }

    fn input(&self, extent: &Extent) -> Option<&'b [u8]> {
        if extent.is_last && self.flags & TAIL != 0 {
            return Some(self.tail);
        }
        let start = usize::try_from(u64::from(extent.block) << self.system.block_bits).ok()?;
        let len = usize::try_from(u64::from(extent.blocks) << self.system.block_bits).ok()?;
        // The last block of an image may not be filled.
        let rest = self.system.data.get(start..).filter(|rest| !rest.is_empty())?;
        Some(&rest[..len.min(rest.len())])
    }

    /// What is stored: from the beginning of its block on, or each byte where it would be in a block of the file.
    fn stored(&self, input: &[u8], start: u64, len: usize, out: &mut Vec<u8>) -> bool {
        let block = self.system.block();
        let first = match self.flags & ROTATED {
            0 => 0,
            _ => ((block - start % block) as usize).min(input.len()).min(len),
        };
        let at = if first == 0 { 0 } else { (start % block) as usize };
        out.extend_from_slice(slice(input, at, first).unwrap_or_default());
        let rest = len - first;
        out.extend_from_slice(&input[..rest.min(input.len())]);
        rest <= input.len()
    }
}

/// Appends the first `len` bytes of what comes out, which are paid for; whether there are so many.
fn unpack(way: u8, input: &[u8], len: usize, out: &mut Vec<u8>) -> bool {
    /// What comes out beyond that before it is noticed.
    const SLACK: u64 = 4 << 20;
    let limits = Limits { entry_bytes: len as u64, expanded_bytes: len as u64 + SLACK, ..Limits::default() };
    let budget = Budget::new(&limits, len as u64);
    let mut part = Vec::new();
    let went = match (way, input) {
        // The properties inverted, in the place of a byte that is always zero.
        (LZMA, [properties, rest @ ..]) => {
            // The kernel refuses more bits of context than four, whose tables would take longer to make than what comes out.
            if !properties % 9 + !properties / 9 % 5 > 4 {
                return false;
            }
            // What is packed is no larger than what comes out, or it would be stored.
            let rest = &rest[..rest.len().min(2 * len + 4096)];
            let stream = [&[0][..], rest].concat();
            // It reaches back no farther than there is something.
            let dictionary = u32::try_from(len).unwrap_or(u32::MAX).max(4096);
            raw_lzma(!properties, dictionary, Some(len as u64), &stream, &mut part, &budget)
        }
        (DEFLATE, _) => Ok(inflate_more(input, &mut part, len as u64, &budget)),
        _ => Packing::Zstd.expand(input, &mut part, &budget),
    };
    part.truncate(len);
    out.extend_from_slice(&part);
    went.is_ok() && part.len() == len
}

impl Index<'_> {
    fn entry(&self, n: usize, bits: u32) -> Option<Entry> {
        if self.is_full {
            let entry = slice(self.bytes, n.checked_mul(8)?, 8)?;
            let (kind, offset) = (u16_le(entry, 0)? & 3, u64::from(u16_le(entry, 2)?));
            let count = u32::from(u16_le(entry, 4)?);
            let blocks = (self.is_large && count & COUNT != 0).then_some(count & !COUNT);
            return (kind == WITHIN || offset < 1 << bits).then_some(Entry {
                kind,
                offset,
                block: u32_le(entry, 4)?,
                blocks,
            });
        }
        let (place, width, together) = if n < self.before {
            (4 * n, 4, 2)
        } else if n - self.before < self.pairs {
            (4 * self.before + 2 * (n - self.before), 2, 16)
        } else {
            (4 * (n - self.pairs) + 2 * self.pairs, 4, 2)
        };
        // Packs are counted from where the index begins, which a multiple of eight bytes does, and of thirty-two those of two.
        let start = match width {
            2 => 4 * self.before + (place - 4 * self.before) / 32 * 32,
            _ => place / 8 * 8,
        };
        let pack = slice(self.bytes, start, width * together)?;
        let entry_bits = (width * together - 4) * 8 / together;
        let part = |n: usize| {
            let at = n * entry_bits;
            let value = u32_le(pack, at / 8)? >> (at % 8);
            Some((value & ((1 << self.low_bits) - 1), (value >> self.low_bits & 3) as u16))
        };
        let mut n = (place - start) / width;
        let (low, kind) = part(n)?;
        if kind == WITHIN {
            let blocks = (self.is_large && low & COUNT != 0).then_some(low & !COUNT);
            return Some(Entry { kind, offset: 0, block: 0, blocks });
        }
        // The pack has one block; those of the entries before this one come first.
        let mut blocks = u32::from(!self.is_large);
        while n > 0 {
            n -= 1;
            let (low, kind) = part(n)?;
            if kind != WITHIN {
                blocks = blocks.checked_add(1)?;
            } else if !self.is_large {
                match n.checked_sub(low as usize) {
                    Some(before) => {
                        n = before;
                        blocks += 1;
                    }
                    None => break,
                }
            } else if low & COUNT != 0 {
                blocks = blocks.checked_add(low & !COUNT)?;
                n = n.saturating_sub(1);
            } else {
                n = n.saturating_sub((low as usize).checked_sub(2)?);
            }
        }
        let block = u32_le(pack, width * together - 4)?.wrapping_add(blocks);
        (u64::from(low) < 1 << bits).then_some(Entry { kind, offset: u64::from(low), block, blocks: None })
    }
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.size.min(self.system.data.len() as u64 * 16)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}
