//! The framed format of Snappy (`framing_format.txt`): chunks of at most 64 KiB, packed or stored.

use super::super::Problem;
use super::super::budget::Budget;
use super::super::inflate::{Inflated, OVER_BUDGET};
use crate::lens::bytes::{slice, u32_le};
use crate::limits::Limits;

const CHUNK: usize = 64 << 10;

/// Expands all chunks behind what is in `out`.
pub(super) fn expand(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
    let mut at = 0;
    let mut decoder = snap::raw::Decoder::new();
    let first = out.len();
    if budget.is_spent() {
        budget.spend();
        return Ok(Inflated::Cut(OVER_BUDGET.into()));
    }
    while at < input.len() {
        let Some(head) = u32_le(input, at) else { return Ok(Inflated::Truncated) };
        let (kind, len) = (head & 0xff, (head >> 8) as usize);
        let Some(body) = slice(input, at + 4, len) else { return Ok(Inflated::Truncated) };
        let before = out.len();
        match kind {
            // Behind the checksum of what comes out.
            0 => {
                let packed = body.get(4..).unwrap_or_default();
                let size = snap::raw::decompress_len(packed).unwrap_or(usize::MAX);
                if size > CHUNK {
                    return Ok(Inflated::Broken(at));
                }
                out.resize(before + size, 0);
                if decoder.decompress(packed, &mut out[before..]).is_err() {
                    out.truncate(before);
                    return Ok(Inflated::Broken(at));
                }
            }
            1 => out.extend_from_slice(body.get(4..).unwrap_or_default()),
            0xff if body == b"sNaPpY" => {}
            // To be skipped, says the format.
            0x80..=0xfe => {}
            _ => return Ok(Inflated::Broken(at)),
        }
        if !budget.take((out.len() - before) as u64) {
            out.truncate(before);
            budget.spend();
            return Ok(Inflated::Cut(OVER_BUDGET.into()));
        }
        let (limits, all) = (&budget.limits, (out.len() - first) as u64);
        if out.len() as u64 > limits.entry_bytes {
            out.truncate(limits.entry_bytes as usize);
            return Ok(Inflated::Cut(format!("the entry expands to more than {} bytes", limits.entry_bytes)));
        }
        if all > Limits::RATIO_FREE_BYTES && all > (input.len() as u64).saturating_mul(limits.ratio) {
            return Ok(Inflated::Cut(format!("the entry expands more than {}-fold: a bomb", limits.ratio)));
        }
        at += 4 + len;
    }
    Ok(Inflated::Whole(at))
}
