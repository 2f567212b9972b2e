//! LZ4 blocks into memory, within budget. One block knows neither its own size nor what came before.

use super::Problem;
use super::budget::Budget;
use crate::ledger::Reason;

/// LZ4 expands at most 255-fold.
const MOST: u64 = 255;

/// Appends `size` expanded bytes of the block to `out`; what is broken leaves nothing.
pub fn block(input: &[u8], size: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let broken = |what: String| Problem::new(Reason::Damaged, what).of_bytes(input.len() as u64);
    if size > (input.len() as u64).saturating_mul(MOST).saturating_add(16) {
        return Err(broken(format!("an LZ4 block of {} bytes cannot hold {size}", input.len())));
    }
    if size.saturating_add(out.len() as u64) > budget.limits.entry_bytes {
        let what = format!("the entry expands to more than {} bytes", budget.limits.entry_bytes);
        return Err(Problem::new(Reason::Limit, what).of_bytes(size));
    }
    if !budget.take(size) {
        budget.spend();
        let what = "more came out of this artifact than its budget allows";
        return Err(Problem::new(Reason::Limit, what).of_bytes(size));
    }
    let start = out.len();
    out.resize(start + size as usize, 0);
    match lz4_flex::block::decompress_into(input, &mut out[start..]) {
        Ok(written) => {
            out.truncate(start + written);
            Ok(())
        }
        Err(_) => {
            // What came out before the error is there; the rest is zeros.
            let end = out[start..].iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
            out.truncate(start + end);
            Err(broken("an LZ4 block is broken".into()))
        }
    }
}
