//! Files that the system has packed: a head in the attributes of the file, its data there too or in the resource fork.

use crate::container::budget::Budget;
use crate::container::inflate::{Inflated, OVER_BUDGET, inflate_more};
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
            3 => block(inline, out, budget)?,
            4 => self.blocks(out, budget)?,
            kind => {
                let by = match kind {
                    7 | 8 => "LZVN",
                    11 | 12 => "LZFSE",
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

    /// A resource that is a table of blocks and these.
    fn blocks(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let mut fork = Vec::new();
        let Contents { bytes, problem } = self.fork.read(&mut fork, budget);
        if let Some(problem) = problem.filter(|problem| problem.reason == Reason::Limit) {
            return Err(problem);
        }
        let start = size_be(bytes, 0).unwrap_or(0).saturating_add(4);
        let mut last = 0;
        let mut broken = 0u64;
        for n in 0..size_le(bytes, start).unwrap_or(0) {
            let entry = || {
                let at = start.checked_add(8 * n + 4)?;
                let (from, len) = (start.checked_add(size_le(bytes, at)?)?, size_le(bytes, at + 4)?);
                // No byte twice: or many blocks of one stretch would take their time each.
                (from >= last).then_some((from.checked_add(len)?, slice(bytes, from, len)?))
            };
            let Some((end, packed)) = entry() else {
                broken += 1;
                break;
            };
            last = end;
            let before = out.len();
            match block(packed, out, budget) {
                Ok(()) => {}
                Err(problem) if problem.reason == Reason::Limit => return Err(problem),
                Err(_) => broken += 1,
            }
            // What follows keeps its place.
            let end = usize::try_from(self.size).unwrap_or(usize::MAX).min(before + BLOCK);
            if out.len() < end && last < bytes.len() {
                if !budget.take((end - out.len()) as u64) {
                    return Err(Problem::new(Reason::Limit, OVER_BUDGET));
                }
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

/// A block: packed by zlib, or as it is behind a byte that no such stream begins with.
fn block(packed: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    match packed.first() {
        Some(first) if first & 15 == 15 => copy(&packed[1..], out, budget),
        _ => match inflate_more(packed.get(2..).unwrap_or_default(), out, BLOCK as u64, budget) {
            Inflated::Whole(_) => Ok(()),
            went => went.problem(packed.len()).map_or(Ok(()), Err),
        },
    }
}

fn copy(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    if (out.len() + bytes.len()) as u64 > budget.limits.entry_bytes || !budget.take(bytes.len() as u64) {
        return Err(Problem::new(Reason::Limit, OVER_BUDGET).of_bytes(bytes.len() as u64));
    }
    out.extend_from_slice(bytes);
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
