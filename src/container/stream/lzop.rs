//! Files of lzop: a header with the name of the file, blocks with their sizes, checksums that are not compared.

use super::super::Problem;
use super::super::budget::Budget;
use super::super::inflate::{Inflated, OVER_BUDGET};
use super::super::lzo;
use crate::lens::bytes::{size_be, slice, u16_be, u32_be};

const MAGIC: &[u8] = b"\x89LZO\0\r\n\x1a\n";
/// The largest block that lzop writes.
const MOST: usize = 64 << 20;

/// Whether such a file begins here.
pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(MAGIC) && header(data).is_some()
}

/// Where the blocks begin, and the flags.
fn header(data: &[u8]) -> Option<(usize, u32)> {
    let version = u16_be(data, 9)?;
    let is_new = version >= 0x940;
    // Versions, method, level.
    let mut at = if is_new { 17 } else { 14 };
    let flags = u32_be(data, at)?;
    at += 4;
    if flags & 0x800 != 0 {
        at += 4;
    }
    // Mode and times, the name with its length, a checksum.
    at += if is_new { 12 } else { 8 };
    at += 1 + usize::from(*data.get(at)?) + 4;
    if flags & 0x40 != 0 {
        at = at.checked_add(size_be(data, at)?)?.checked_add(8)?;
    }
    Some((at, flags))
}

/// Expands all blocks behind what is in `out`.
pub(super) fn expand(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
    let Some((mut at, flags)) = header(input) else { return Ok(Inflated::Truncated) };
    let count = |bits: &[u32]| 4 * bits.iter().filter(|bit| flags & **bit != 0).count();
    loop {
        let Some(size) = size_be(input, at) else { return Ok(Inflated::Truncated) };
        if size == 0 {
            return Ok(Inflated::Whole(at + 4));
        }
        let Some(packed) = size_be(input, at + 4) else { return Ok(Inflated::Truncated) };
        if size > MOST || packed > size {
            return Ok(Inflated::Broken(at));
        }
        let sums = count(&[0x1, 0x100]) + if packed < size { count(&[0x2, 0x200]) } else { 0 };
        let Some(body) = slice(input, at + 8 + sums, packed) else { return Ok(Inflated::Truncated) };
        if out.len() as u64 + size as u64 > budget.limits.entry_bytes {
            let detail = format!("the entry expands to more than {} bytes", budget.limits.entry_bytes);
            return Ok(Inflated::Cut(detail));
        }
        if !budget.take(size as u64) {
            budget.spend();
            return Ok(Inflated::Cut(OVER_BUDGET.into()));
        }
        if packed == size {
            out.extend_from_slice(body);
        } else if !lzo::expand(body, size, out) {
            return Ok(Inflated::Broken(at));
        }
        at += 8 + sums + packed;
    }
}
