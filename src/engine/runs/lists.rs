//! Where lists of numbers or letters may stand (`0x41, 0x4b`, `65,75`, `'A','K'`): nothing in them is a run, so that the masks of runs
//! tell them from text; but only where text is full of digits or quotes, which is all that is asked of most. What passes is looked at by whoever reads lists.

use super::{BATCH, mask};
use crate::vector::vectored;
use std::ops::Range;

/// Bytes that are judged together, every [`STEP`] bytes: any list of 48 bytes has such a window.
pub const WINDOW: usize = 32;
const STEP: usize = 16;
/// No item has so many token characters in a row: `0x0041`, `0x41u8`.
const LONG: usize = 7;
/// Fewest items, or halves of items (`(byte)0x41`), of a window.
const LEAST_RUNS: u32 = 4;
/// Fewest digits: of ASCII in hexadecimal each item has one.
const LEAST_DIGITS: u32 = 4;
/// Words beside each number, at most: `0x41 /* of C */,`.
const MOST_WORDS: u32 = 4;
/// Fewest numbers.
const LEAST_NUMBERS: u32 = 2;
/// Fewest letters of a list of single letters, and quotes.
const LEAST_LETTERS: u32 = 6;
const LEAST_QUOTES: usize = 6;

/// Fewest digits of a block inside a list of numbers: an item takes 17 bytes at most, and has two digits or three in them.
const DENSE_DIGITS: u8 = 8;
/// Fewest quotes of a block inside a list of letters.
const DENSE_QUOTES: u8 = 14;

vectored! {
    /// Whether each block may lie in a list: it is full of digits or of quotes.
    fn dense(blocks: &[[u8; mask::BLOCK]], is_dense: &mut [bool]) -> bool {
        let mut any = false;
        for (block, is_dense) in blocks.iter().zip(is_dense) {
            let (mut digits, mut quotes) = (0u8, 0u8);
            for b in block {
                digits += u8::from(b.wrapping_sub(b'0') < 10);
                quotes += u8::from(*b == b'"') + u8::from(*b == b'\'');
            }
            *is_dense = digits >= DENSE_DIGITS || quotes >= DENSE_QUOTES;
            any |= *is_dense;
        }
        any
    }
}

/// Calls `found` with the windows that begin in `within` and may lie in a list, and goes on where it says.
pub fn for_each_listed(text: &[u8], within: Range<usize>, found: &mut dyn FnMut(usize) -> usize) {
    let end = within.end.min(text.len());
    let (mut batch, mut floor) = (within.start, within.start);
    while batch < end {
        // One more block than is looked at: a window that begins in the last goes on there. One that is not whole is looked at.
        let mut is_dense = [true; BATCH + 1];
        let blocks = text[batch..].as_chunks().0;
        let blocks = &blocks[..blocks.len().min(BATCH + 1)];
        if dense(blocks, &mut is_dense) || blocks.len() <= BATCH {
            for i in (0..BATCH).filter(|i| is_dense[*i] || is_dense[*i + 1]) {
                let block = batch + i * mask::BLOCK;
                if block >= end {
                    break;
                }
                if block + mask::BLOCK > floor {
                    floor = windows(text, block, floor..end, found);
                }
            }
        }
        // A list may be longer than what is looked at together.
        batch = (batch + BATCH * mask::BLOCK).max(floor);
    }
}

/// Calls `found` with the windows that begin in a block and in `within`; up to where nothing begins any more.
fn windows(text: &[u8], block: usize, within: Range<usize>, found: &mut dyn FnMut(usize) -> usize) -> usize {
    const STARTS: u128 = (1 << (WINDOW - LONG + 1)) - 1;
    let mut masks = [0; 2];
    let count = mask::fill(&text[block..], &mut masks);
    masks[count..].fill(0);
    let bits = u128::from(masks[1]) << 64 | u128::from(masks[0]);
    let long = long(bits);
    let mut floor = within.start;
    for step in (0..mask::BLOCK).step_by(STEP) {
        let at = block + step;
        if long >> step & STARTS == 0
            && at >= floor
            && at < within.end
            && may_be_list(text, at, (bits >> step) as u32)
        {
            floor = found(at).max(at + STEP);
        }
    }
    floor
}

/// The bits from which on [`LONG`] bits are set.
fn long(bits: u128) -> u128 {
    let two = bits & bits >> 1;
    let four = two & two >> 2;
    four & four >> (LONG - 4)
}

/// Whether a window without a long run has the shape of a list; `tokens` has a bit for each token character.
fn may_be_list(text: &[u8], at: usize, tokens: u32) -> bool {
    let starts = tokens & !(tokens << 1);
    let runs = starts.count_ones();
    if runs < LEAST_RUNS {
        return false;
    }
    let window = &text[at..text.len().min(at + WINDOW)];
    if tokens & tokens >> 1 == 0 && runs >= LEAST_LETTERS {
        return window.iter().filter(|b| matches!(b, b'"' | b'\'')).count() >= LEAST_QUOTES;
    }
    let digits = match text[at..].first_chunk() {
        Some(block) => mask::classes(block).digit as u32,
        None => window.iter().enumerate().fold(0, |n, (i, b)| n | u32::from(b.is_ascii_digit()) << i),
    };
    // Bytes of text begin with a digit, in any base: registers, variables and names do not.
    let mut numbers = (starts & digits).count_ones();
    let mut others = starts & !digits & digits >> 1;
    while others != 0 {
        let i = others.trailing_zeros() as usize;
        others &= others - 1;
        let before = at.checked_add(i).and_then(|at| at.checked_sub(1)).map(|at| text[at]);
        numbers += u32::from(matches!(before, Some(b'\\' | b'&')));
    }
    // What it is cast to, the call, or a comment are words more.
    digits.count_ones() >= LEAST_DIGITS
        && numbers >= LEAST_NUMBERS
        && runs - numbers <= MOST_WORDS * numbers + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for_each_listed(text.as_bytes(), 0..text.len(), &mut |at| {
            found.push(at);
            at
        });
        found
    }

    #[test]
    fn every_list_has_a_window_wherever_it_stands() {
        for list in
            ["65, 75, 73, ", "0x41,0x4b,", "41 4b 49 ", "'A','K',", "(byte)0x41, (byte) 0x4b, ", "0x0041, "]
        {
            for before in 0..200 {
                let text = format!("{}\n{}", "x".repeat(before), list.repeat(48 / list.len() + 1));
                assert!(!windows(&text).is_empty(), "{list} {before}");
            }
        }
    }

    #[test]
    fn text_has_none() {
        let text =
            "the quick brown fox is no list of any kind, and if (a == b) { return c; } else { d += e; }\n";
        assert!(windows(&text.repeat(50)).is_empty());
    }
}
