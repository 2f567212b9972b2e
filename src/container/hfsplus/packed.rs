//! Files that the system has packed: a head in the attributes of the file, its data there too or in the resource fork.

use crate::container::budget::Budget;
use crate::container::inflate::{Inflated, OVER_BUDGET, inflate_more};
use crate::container::lzfse;
use crate::container::piece::Scattered;
use crate::container::{Contents, Member, Problem};
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, size_le, slice, u32_le, u64_le};
use std::borrow::Cow;

/// Bytes of a block when it is not packed.
const BLOCK: usize = 64 << 10;

/// A packed file.
pub struct Packed<'b> {
    kind: u32,
    size: u64,
    head: Cow<'b, [u8]>,
    fork: Scattered<'b>,
}

impl<'b> Packed<'b> {
    /// `None` where the head makes no sense.
    pub fn new(head: Cow<'b, [u8]>, fork: Scattered<'b>) -> Option<Self> {
        head.starts_with(b"fpmc").then_some(())?;
        let (kind, size) = (u32_le(&head, 4)?, u64_le(&head, 8)?);
        Some(Packed { kind, size, head, fork })
    }

    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let inline = &self.head[16..];
        match self.kind {
            1 | 9 => {
                // 9 begins with a byte that says so.
                let bytes = if self.kind == 9 { inline.get(1..).unwrap_or_default() } else { inline };
                copy(bytes, out, budget)?;
            }
            3 | 7 | 11 => self.block(inline, out, budget)?,
            4 => self.blocks(out, budget)?,
            8 | 12 => self.chunks(out, budget)?,
            kind => {
                let by = match kind {
                    13 | 14 => "LZBitmap",
                    _ => "a way that is not known",
                };
                let detail = format!("hfsplus: the file is packed by {by} (decmpfs {kind})");
                return Err(Problem::new(Reason::Unsupported, detail).of_bytes(self.size));
            }
        }
        match self.size.checked_sub(out.len() as u64) {
            Some(0) => Ok(()),
            _ => {
                let detail = format!("hfsplus: {} bytes came out of the file, not {}", out.len(), self.size);
                Err(Problem::new(Reason::Damaged, detail))
            }
        }
    }

    /// A block: packed, or as it is behind a byte that no such stream begins with.
    fn block(&self, packed: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let is_stored = |first: u8| match self.kind {
            7 | 8 => first == 0x06,
            11 | 12 => first == 0xff,
            _ => first & 15 == 15,
        };
        if packed.first().is_some_and(|first| is_stored(*first)) {
            return copy(&packed[1..], out, budget);
        }
        let went = match self.kind {
            7 | 8 => {
                // Its own end says how much comes out.
                let room = (self.size.saturating_sub(out.len() as u64) as usize).min(BLOCK);
                pay(room, out, budget)?;
                let start = out.len();
                let went = lzfse::lzvn(packed, start, start + room, out);
                budget.give_back((start + room - out.len()) as u64);
                went.map_or(Inflated::Broken(0), |()| Inflated::Whole(0))
            }
            11 | 12 => lzfse::expand(packed, out, budget),
            _ => inflate_more(packed.get(2..).unwrap_or_default(), out, BLOCK as u64, budget),
        };
        match went {
            Inflated::Whole(_) => Ok(()),
            Inflated::Cut(_) => went.problem(packed.len()).map_or(Ok(()), Err),
            _ => Err(Problem::new(Reason::Damaged, "hfsplus: a packed block of the file is broken")),
        }
    }

    /// A resource that is the places of blocks, the first of which is where the table ends, and these.
    fn chunks(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let mut fork = Vec::new();
        let bytes = self.resource(&mut fork, budget)?;
        let table = &bytes[..size_le(bytes, 0).unwrap_or(0).min(bytes.len())];
        let places: Vec<usize> = (0..table.len() / 4).filter_map(|n| size_le(table, 4 * n)).collect();
        // Places only go up: no byte is read twice.
        let most = usize::try_from(self.size.div_ceil(BLOCK as u64)).unwrap_or(usize::MAX);
        let blocks = places.windows(2).take(most).map(|pair| Some((bytes.get(pair[0]..pair[1])?, true)));
        self.each(blocks, out, budget)
    }

    /// A resource that is a table of blocks and these.
    fn blocks(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let mut fork = Vec::new();
        let bytes = self.resource(&mut fork, budget)?;
        let start = size_be(bytes, 0).unwrap_or(0).saturating_add(4);
        let mut last = 0;
        let blocks = (0..size_le(bytes, start).unwrap_or(0)).map(|n| {
            let at = start.checked_add(8 * n + 4)?;
            let (from, len) = (start.checked_add(size_le(bytes, at)?)?, size_le(bytes, at + 4)?);
            // No byte twice: or many blocks of one stretch would take their time each.
            (from >= last).then_some(())?;
            let packed = slice(bytes, from, len)?;
            last = from.checked_add(len)?;
            Some((packed, last < bytes.len()))
        });
        self.each(blocks, out, budget)
    }

    /// What is there of the resource fork.
    fn resource<'s>(&'s self, fork: &'s mut Vec<u8>, budget: &Budget) -> Result<&'s [u8], Problem> {
        let Contents { bytes, problem } = self.fork.read(fork, budget);
        problem.filter(|problem| problem.reason == Reason::Limit).map_or(Ok(bytes), Err)
    }

    /// Expands blocks up to the first that is not there; each comes with whether what follows keeps its place if too
    /// little comes out of it.
    fn each<'s>(
        &self,
        blocks: impl Iterator<Item = Option<(&'s [u8], bool)>>,
        out: &mut Vec<u8>,
        budget: &Budget,
    ) -> Result<(), Problem> {
        let mut broken = 0u64;
        let fork = self.fork.size_hint();
        for block in blocks {
            // Blocks that are not there are zeros.
            if budget.limits.is_bomb(out.len() as u64, fork) {
                let detail =
                    format!("hfsplus: the file expands more than {}-fold: a bomb", budget.limits.ratio);
                return Err(Problem::new(Reason::Limit, detail));
            }
            let Some((packed, keeps_place)) = block else {
                broken += 1;
                break;
            };
            let before = out.len();
            match self.block(packed, out, budget) {
                Ok(()) => {}
                Err(problem) if problem.reason == Reason::Limit => return Err(problem),
                Err(_) => broken += 1,
            }
            let end = usize::try_from(self.size).unwrap_or(usize::MAX).min(before + BLOCK);
            if let Some(short) = end.checked_sub(out.len()).filter(|_| keeps_place) {
                pay(short, out, budget)?;
                out.resize(end, 0);
            }
        }
        match broken {
            0 => Ok(()),
            _ => Err(Problem::new(
                Reason::Damaged,
                format!("hfsplus: {broken} blocks of the file are broken or missing"),
            )),
        }
    }
}

fn copy(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    pay(bytes.len(), out, budget)?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// Charges what is about to come out.
fn pay(len: usize, out: &[u8], budget: &Budget) -> Result<(), Problem> {
    if (out.len() + len) as u64 > budget.limits.entry_bytes || !budget.take(len as u64) {
        return Err(Problem::new(Reason::Limit, OVER_BUDGET).of_bytes(len as u64));
    }
    Ok(())
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        &self.fork.name
    }

    fn size_hint(&self) -> u64 {
        self.size.min((self.head.len() as u64).saturating_add(self.fork.size_hint()).saturating_mul(16))
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}
