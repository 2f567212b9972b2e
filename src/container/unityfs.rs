//! Asset bundles of Unity (`UnityFS`, versions 6 to 8): files in one stream of compressed blocks.
//!
//! There is no specification; the layout is as UnityPy (`files/BundleFile.py`) reads it.

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::{Container, Contents, Member, Opened, Problem, lz4};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_be, u32_be, u64_be};
use crate::limits::Limits;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

/// Opens asset bundles.
pub struct UnityFs;

impl Container for UnityFs {
    fn name(&self) -> &'static str {
        "unityfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"UnityFS\0")
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        match open(blob.bytes, limits) {
            Ok(bundle) => {
                let bundle = Arc::new(bundle);
                let first = bundle.blocks.first().map_or(blob.bytes.len(), |b| b.data.start);
                let last = bundle.blocks.last().map_or(blob.bytes.len(), |b| b.data.end);
                opened.gaps =
                    [0..first, last..blob.bytes.len()].into_iter().filter(|g| !g.is_empty()).collect();
                for node in bundle.nodes.iter().cloned() {
                    opened.members.push(Box::new(File { node, bundle: bundle.clone() }));
                }
            }
            Err(problem) => {
                opened.problems.push(problem);
                opened.gaps.push(0..blob.bytes.len());
            }
        }
        opened
    }
}

/// Bytes of the tables of a bundle: larger is hostile.
const MAX_TABLES: u32 = 64 << 20;

struct Block {
    data: Range<usize>,
    /// Where its bytes begin in the stream, and how many there are.
    start: u64,
    size: u64,
    method: u16,
}

#[derive(Clone)]
struct Node {
    name: Vec<u8>,
    range: Range<u64>,
}

struct Bundle<'b> {
    data: &'b [u8],
    blocks: Vec<Block>,
    nodes: Vec<Node>,
}

fn open<'b>(data: &'b [u8], limits: &Limits) -> Result<Bundle<'b>, Problem> {
    let cut = || Problem::new(Reason::Damaged, "the header of the asset bundle is cut off");
    let version = u32_be(data, 8).ok_or_else(cut)?;
    let mut at = 12;
    for _ in 0..2 {
        let rest = data.get(at..).ok_or_else(cut)?;
        at += memchr::memchr(0, &rest[..rest.len().min(256)]).ok_or_else(cut)? + 1;
    }
    let number = |at: usize| u32_be(data, at).ok_or_else(cut);
    let (packed, size, flags) = (number(at + 8)?, number(at + 12)?, number(at + 16)?);
    at += 20;
    if version >= 7 {
        at = at.next_multiple_of(16);
    }
    if size > MAX_TABLES || u64::from(size) > limits.entry_bytes {
        return Err(Problem::new(Reason::Limit, "the tables of the asset bundle are too large"));
    }
    let tables_at =
        if flags & 0x80 != 0 { data.len().checked_sub(packed as usize).ok_or_else(cut)? } else { at };
    let input = slice(data, tables_at, packed as usize).ok_or_else(cut)?;
    let mut tables = Vec::new();
    let budget = Budget::new(limits, data.len() as u64);
    expand(input, u64::from(size), (flags & 0x3f) as u16, u64::MAX, &mut tables, &budget).map_err(
        |mut p| {
            // Games encrypt here more often than anything breaks.
            p.detail = format!("the tables of the asset bundle cannot be read: {}", p.detail);
            Problem { bytes: Some(data.len() as u64), ..p }
        },
    )?;
    if flags & 0x80 == 0 {
        at += packed as usize;
    }
    if flags & 0x200 != 0 {
        at = at.next_multiple_of(16);
    }
    let mut bundle = Bundle { data, blocks: Vec::new(), nodes: Vec::new() };
    let broken = || Problem::new(Reason::Damaged, "the tables of the asset bundle are cut off");
    read_tables(&tables, at, limits, &mut bundle).ok_or_else(broken)?;
    Ok(bundle)
}

fn read_tables(tables: &[u8], mut data_at: usize, limits: &Limits, bundle: &mut Bundle<'_>) -> Option<()> {
    let count = u32_be(tables, 16)? as usize;
    let mut at = 20usize;
    let mut start = 0u64;
    slice(tables, at, count.checked_mul(10)?)?;
    for _ in 0..count {
        let (size, packed) = (u32_be(tables, at)?, u32_be(tables, at + 4)? as usize);
        let method = u16_be(tables, at + 8)?;
        at += 10;
        let from = data_at.min(bundle.data.len());
        let data = from..from.saturating_add(packed).min(bundle.data.len());
        data_at = data_at.saturating_add(packed);
        bundle.blocks.push(Block { data, start, size: u64::from(size), method });
        start += u64::from(size);
    }
    let count = u64::from(u32_be(tables, at)?).min(limits.entries);
    at += 4;
    // Each file may be read once: what overlaps is hostile.
    let mut taken = 0u64;
    for _ in 0..count {
        let (offset, size) = (u64_be(tables, at)?, u64_be(tables, at + 8)?);
        at += 20;
        let rest = tables.get(at..)?;
        let length = memchr::memchr(0, rest)?;
        let name = rest[..length].to_vec();
        at += length + 1;
        taken = taken.saturating_add(size);
        let range = offset.min(start)..offset.saturating_add(size).min(start);
        if !range.is_empty() && taken <= start.saturating_mul(2) {
            bundle.nodes.push(Node { name, range });
        }
    }
    Some(())
}

/// Appends a block's bytes to `out`: all of them, or the first `most` where that is cheaper.
fn expand(
    input: &[u8],
    size: u64,
    method: u16,
    most: u64,
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<(), Problem> {
    match method & 0x3f {
        0 => {
            out.extend_from_slice(input);
            Ok(())
        }
        1 => lzma(input, size.min(most), size, out, budget),
        2 | 3 => lz4::block(input, size, out, budget),
        other => {
            let what = format!("compression {other} of an asset bundle is not read");
            Err(Problem::new(Reason::Unsupported, what).of_bytes(input.len() as u64))
        }
    }
}

/// LZMA with its five bytes of properties and no size.
fn lzma(input: &[u8], wanted: u64, size: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let broken = |what: &str| Problem::new(Reason::Damaged, what.to_owned()).of_bytes(input.len() as u64);
    let (Some(&properties), Some(rest)) = (input.first(), input.get(5..)) else {
        return Err(broken("an LZMA block is cut off"));
    };
    let limits = &budget.limits;
    let room = limits.entry_bytes.saturating_sub(out.len() as u64);
    let wanted = wanted.min(room);
    // Nothing lies farther back than the block is long.
    let dictionary = input.get(1..5).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
    let dictionary =
        dictionary.min(u32::try_from(size.min(limits.entry_bytes)).unwrap_or(u32::MAX)).max(4096);
    let mut reader = lzma_rust2::LzmaReader::new_with_props(rest, size, properties, dictionary, None)
        .map_err(|_| broken("an LZMA block has impossible properties"))?;
    let mut piece = vec![0; 64 << 10];
    let mut left = wanted;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        match reader.read(&mut piece[..most]) {
            Ok(0) | Err(_) => return Err(broken("an LZMA block is broken")),
            Ok(n) => {
                if !budget.take(n as u64) {
                    budget.spend();
                    return Err(Problem::new(Reason::Limit, OVER_BUDGET));
                }
                out.extend_from_slice(&piece[..n]);
                left -= n as u64;
            }
        }
    }
    if wanted < size && wanted == room {
        return Err(Problem::new(
            Reason::Limit,
            format!("the entry expands to more than {} bytes", limits.entry_bytes),
        ));
    }
    Ok(())
}

struct File<'b> {
    node: Node,
    bundle: Arc<Bundle<'b>>,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.node.name
    }

    fn size_hint(&self) -> u64 {
        self.node.range.end - self.node.range.start
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let range = &self.node.range;
        let blocks = &self.bundle.blocks;
        let first = blocks.partition_point(|b| b.start + b.size <= range.start);
        let mut skip = 0;
        let mut problem = None;
        for (n, block) in blocks.iter().skip(first).take_while(|b| b.start < range.end).enumerate() {
            if n == 0 {
                skip = range.start.saturating_sub(block.start);
            }
            let input = self.bundle.data.get(block.data.clone()).unwrap_or_default();
            let before = buffer.len();
            if buffer.len() as u64 + block.size > budget.limits.entry_bytes && block.method & 0x3f != 1 {
                let what = format!("the entry expands to more than {} bytes", budget.limits.entry_bytes);
                problem.get_or_insert(Problem::new(Reason::Limit, what));
                break;
            }
            if let Err(p) = expand(input, block.size, block.method, range.end - block.start, buffer, budget) {
                let is_over = p.reason == Reason::Limit;
                problem.get_or_insert(p);
                if is_over {
                    break;
                }
                // What follows keeps its place.
                let whole = before.saturating_add(usize::try_from(block.size).unwrap_or(0));
                if budget.take(block.size) {
                    buffer.resize(whole, 0);
                } else {
                    break;
                }
            }
        }
        let start = usize::try_from(skip).unwrap_or(usize::MAX).min(buffer.len());
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(length).min(buffer.len());
        Contents { bytes: &buffer[start..end], problem }
    }
}
