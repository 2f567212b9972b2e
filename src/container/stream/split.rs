//! Streams whose parts stand for themselves: the blocks of bzip2, and those of xz that its index tells of.
//! Threads expand them side by side.
//!
//! Nothing here is more than a way to the same bytes: where anything is unusual, wrong or over a limit, what
//! was expanded is dropped, and the decoder of the whole stream says what it says.

use super::super::budget::Budget;
use crate::limits::Limits;
use rayon::prelude::*;

/// Shorter streams are not worth the trouble.
pub(super) const MIN_INPUT: usize = 64 << 10;
/// Parts that are expanded before they are put together: a bound for memory.
const BATCH: usize = 16;

/// Expands parts of a stream of `packed` bytes and appends them to `out`. `false`, and nothing appended, if one
/// of them cannot be expanded or is over a limit.
pub(super) fn append_all<P: Sync>(
    parts: &[P],
    packed: usize,
    out: &mut Vec<u8>,
    budget: &Budget,
    expand: impl Fn(&P) -> Option<Vec<u8>> + Sync,
) -> bool {
    let first = out.len();
    let most = budget.limits.entry_bytes.min(
        (packed as u64).saturating_mul(budget.limits.ratio).max(Limits::RATIO_FREE_BYTES) + first as u64,
    );
    for some in parts.chunks(BATCH) {
        let plain: Vec<Option<Vec<u8>>> = some.par_iter().map(&expand).collect();
        for part in plain {
            let fits = |part: &Vec<u8>| (out.len() + part.len()) as u64 <= most;
            match part.filter(fits).filter(|part| budget.take(part.len() as u64)) {
                Some(part) => out.extend_from_slice(&part),
                None => {
                    budget.give_back((out.len() - first) as u64);
                    out.truncate(first);
                    return false;
                }
            }
        }
    }
    true
}
