//! Files that are packed block by block with zlib: what is broken costs its block, and one that is not there is zeros.

use super::Problem;
use super::budget::Budget;
use super::inflate::{Inflated, inflate_more};
use crate::ledger::Reason;

/// Appends what comes out of a block, about so many bytes, and tells whether it is whole; what to tell where a limit
/// ends the file.
pub(super) fn inflate(
    packed: &[u8],
    expected: usize,
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<bool, Problem> {
    match inflate_more(packed.get(2..).unwrap_or_default(), out, expected as u64, budget) {
        Inflated::Whole(_) => Ok(true),
        Inflated::Cut(limit) => Err(Problem::new(Reason::Limit, limit)),
        Inflated::Truncated | Inflated::Broken(_) => Ok(false),
    }
}

/// Fills a file of `size` bytes, of which `packed` have been read so far, up with zeros to where a block of it ends,
/// or cuts it there.
pub(super) fn fill_up(
    out: &mut Vec<u8>,
    end: usize,
    size: u64,
    packed: usize,
    budget: &Budget,
) -> Result<(), Problem> {
    let missing = end.saturating_sub(out.len()) as u64;
    if budget.limits.is_bomb(end as u64, packed as u64) {
        let detail = "the file expands too much, or is a hole; the rest of it is not searched";
        return Err(Problem::new(Reason::Limit, detail).of_bytes(size.saturating_sub(out.len() as u64)));
    }
    if end as u64 > budget.limits.entry_bytes || !budget.take(missing) {
        return Err(Problem::new(Reason::Limit, "the file is over the limit").of_bytes(size));
    }
    out.resize(end, 0);
    Ok(())
}

/// What to tell of a file that has broken blocks.
pub(super) fn told(format: &str, broken: usize) -> Option<Problem> {
    let detail = || format!("{format}: {broken} blocks of the file are broken or missing");
    (broken > 0).then(|| Problem::new(Reason::Damaged, detail()))
}
