//! UBI: volumes on flash chips. Their blocks stand anywhere, and each says which of which volume it is.
//!
//! Layout: Linux, `drivers/mtd/ubi/ubi-media.h`. Copies of blocks that newer ones replace are searched as raw bytes.

use super::piece::{Claims, Scattered};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u16_be, u32_be, u64_be};
use crate::limits::Limits;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Opens such images.
pub struct Ubi;

const HEAD: &[u8] = b"UBI#\x01";
const OWNER: &[u8] = b"UBI!\x01";
/// Bytes of either.
const HEAD_SIZE: usize = 64;
/// The smallest and the largest block that chips have.
const SMALLEST: usize = 512;
const LARGEST: usize = 16 << 20;
/// The volume that has the names of the others, and bytes of an entry of it.
const TABLE: u32 = 0x7fff_efff;
const ENTRY: usize = 172;

impl Container for Ubi {
    fn name(&self) -> &'static str {
        "ubi"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(HEAD) && head(blob.bytes, 0, HEAD).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut claims = Claims::default();
        let (mut volumes, damaged) = volumes(data);
        if damaged > 0 {
            let detail = format!("ubi: {damaged} blocks are damaged; searched as raw bytes");
            opened.problems.push(Problem::new(Reason::Damaged, detail));
        }
        let names = volumes.remove(&TABLE).map_or_else(HashMap::new, |table| names(data, &table));
        for (number, blocks) in volumes {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} volumes", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let name = names.get(&number).cloned().unwrap_or_else(|| format!("volume {number}").into_bytes());
            let ranges: Vec<Range<u64>> =
                blocks.values().map(|block| block.bytes.start as u64..block.bytes.end as u64).collect();
            let size = ranges.iter().map(|range| range.end - range.start).sum();
            let volume = Scattered::new(name, data, ranges, size);
            if claims.claim(&volume.ranges) {
                opened.members.push(Box::new(volume));
            }
        }
        opened.gaps = claims.gaps(data.len());
        opened
    }
}

/// A head whose checksum is right.
fn head<'b>(data: &'b [u8], at: usize, magic: &[u8]) -> Option<&'b [u8]> {
    let head = slice(data, at, HEAD_SIZE).filter(|head| head.starts_with(magic))?;
    (!crc32fast::hash(&head[..60]) == u32_be(head, 60)?).then_some(head)
}

/// A block of a volume.
struct Block {
    sequence: u64,
    bytes: Range<usize>,
}

/// Blocks by volume and number, and how many are damaged.
fn volumes(data: &[u8]) -> (BTreeMap<u32, BTreeMap<u32, Block>>, u64) {
    let mut volumes: BTreeMap<u32, BTreeMap<u32, Block>> = BTreeMap::new();
    let mut damaged = 0;
    // The second block tells how large all are.
    let ends = (SMALLEST..=LARGEST).step_by(SMALLEST).take_while(|at| *at < data.len());
    let size = ends.into_iter().find(|at| head(data, *at, HEAD).is_some()).unwrap_or(data.len());
    for start in (0..data.len()).step_by(size.max(SMALLEST)) {
        let block = || {
            let head = head(data, start, HEAD)?;
            let owner = start.checked_add(size_be(head, 16)?)?;
            let bytes = start.checked_add(size_be(head, 20)?)?..start.checked_add(size)?.min(data.len());
            Some((owner, bytes))
        };
        let Some((owner, bytes)) = block().filter(|(_, bytes)| bytes.start <= bytes.end) else {
            damaged += u64::from(data[start..].starts_with(b"UBI"));
            continue;
        };
        // What belongs to no volume is erased.
        let Some(owner) = head(data, owner, OWNER) else {
            let is_erased =
                slice(data, owner, HEAD_SIZE).is_some_and(|bytes| bytes.iter().all(|b| *b == 0xff));
            damaged += u64::from(!is_erased);
            continue;
        };
        let number = |at: usize| u32_be(owner, at).unwrap_or(0);
        let sequence = u64_be(owner, 40).unwrap_or(0);
        let mut bytes = bytes;
        // The last block of a volume that is never written again is not full.
        let len = match owner[5] {
            2 => number(20) as usize,
            _ => bytes.len().saturating_sub(number(28) as usize),
        };
        bytes.end = bytes.end.min(bytes.start.saturating_add(len));
        let known = volumes.entry(number(8)).or_default().entry(number(12));
        let known = known.or_insert(Block { sequence: 0, bytes: 0..0 });
        if known.bytes.is_empty() || sequence > known.sequence {
            *known = Block { sequence, bytes };
        }
    }
    (volumes, damaged)
}

/// Names of volumes by their number.
fn names(data: &[u8], table: &BTreeMap<u32, Block>) -> HashMap<u32, Vec<u8>> {
    let bytes = table.values().next().and_then(|block| data.get(block.bytes.clone())).unwrap_or_default();
    let entries = bytes.chunks_exact(ENTRY).take(128).enumerate();
    let name = |(n, entry): (usize, &[u8])| {
        let len = usize::from(u16_be(entry, 14)?);
        let name = slice(entry, 16, len).filter(|_| (1..=127).contains(&len))?;
        Some((n as u32, name.to_vec()))
    };
    entries.filter_map(name).collect()
}
