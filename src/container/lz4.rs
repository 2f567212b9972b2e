//! LZ4 blocks into memory, within budget. One block knows neither its own size nor what came before.

use super::Problem;
use super::budget::Budget;
use super::inflate::OVER_BUDGET;
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
        return Err(Problem::new(Reason::Limit, OVER_BUDGET).of_bytes(size));
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

/// Appends the first `most` bytes of what a block expands to, which the caller has paid for; whether there are so many. What
/// stands behind them in `input` need not belong to the block.
pub fn part(input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    expand(input, start, start.saturating_add(most), out);
    out.len() - start == most
}

fn expand(input: &[u8], start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    let mut next = |len: usize| {
        let bytes = input.get(at..(at + len).min(input.len())).filter(|bytes| !bytes.is_empty() || len == 0);
        at += len;
        bytes
    };
    while out.len() < end {
        let token = usize::from(next(1)?[0]);
        let mut counts = [token >> 4, token & 15];
        if counts[0] == 15 {
            counts[0] += more(&mut next)?;
        }
        let literals = next(counts[0].min(end - out.len()))?;
        out.extend_from_slice(literals);
        if literals.len() < counts[0] || out.len() == end {
            break;
        }
        let back = usize::from(u16::from_le_bytes(*next(2)?.first_chunk()?));
        if counts[1] == 15 {
            counts[1] += more(&mut next)?;
        }
        (back > 0 && back <= out.len() - start).then_some(())?;
        let from = out.len() - back;
        let mut left = (counts[1] + 4).min(end - out.len());
        // What is copied may go on in itself: then there is more to copy from each time, in whole periods.
        while left > 0 {
            let len = left.min(out.len() - from);
            out.extend_from_within(from..from + len);
            left -= len;
        }
    }
    Some(())
}

/// A count that does not fit into its four bits goes on in bytes.
fn more<'i>(next: &mut impl FnMut(usize) -> Option<&'i [u8]>) -> Option<usize> {
    let mut sum = 0usize;
    loop {
        let byte = usize::from(next(1)?[0]);
        sum = sum.checked_add(byte)?;
        if byte < 255 {
            return Some(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_blocks() {
        let text = b"line 1 of a text\nline 2 of a text\nline 3 of a text\n".repeat(20);
        let mut packed = vec![0; 4096];
        let len = lz4_flex::block::compress_into(&text, &mut packed).unwrap();
        for most in [0, 1, 16, 17, 400, text.len()] {
            let mut out = b"before".to_vec();
            assert!(part(&packed, most, &mut out), "{most}");
            assert!(out == [b"before", &text[..most]].concat(), "{most}");
        }
        // Periods of one to nine bytes.
        for back in 1..10u8 {
            let mut out = Vec::new();
            let (start, long) = (&b"abcdefghi"[..usize::from(back)], usize::from(back) + 19 + 200);
            let block = [&[back << 4 | 15], start, &[back, 0, 200, 0]].concat();
            assert!(part(&block, long, &mut out), "{back}");
            assert!(out.iter().enumerate().all(|(n, b)| *b == start[n % start.len()]), "{back}");
        }
        let mut out = Vec::new();
        assert!(!part(&packed[..len - 5], text.len(), &mut out) && text.starts_with(&out));
        // Further back than there is anything.
        assert!(!part(&[0x10, b'a', 2, 0, 0], 9, &mut Vec::new()));
    }
}
