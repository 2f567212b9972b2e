//! Where lists of numbers or letters may stand (`0x41, 0x4b`, `65,75`, `'A','K'`): where text is full of digits or quotes, which is all that
//! is asked of most blocks, and a few items follow each other with nothing between them that lists do not have. That is asked of bits, one
//! for each character of a block; what passes is looked at by whoever reads lists.

use super::{BATCH, mask};
use crate::vector::vectored;
use std::ops::Range;

/// Numbers or letters behind each other that make a list, until whoever reads it knows better.
const LEAST_ITEMS: u32 = 3;
/// Words before each item, at most: `(unsigned char)0x41`, `Chr(65)`, what a comment says.
const MOST_WORDS: u32 = 2;
/// No number of a byte has so many characters: `0x0041`, `0x41u8`.
const LONG_NUMBER: u32 = 7;
/// No word beside one has so many: `unsigned`.
const LONG_WORD: u32 = 9;

/// Fewest digits of a block inside a list of numbers: an item takes 17 bytes at most, and has two digits or three in them.
const DENSE_DIGITS: u32 = 8;
/// Fewest quotes of a block inside a list of letters.
const DENSE_QUOTES: u32 = 14;

vectored! {
    /// Whether each block may lie in a list: it is full of digits or of quotes.
    fn dense(blocks: &[[u8; mask::BLOCK]], is_dense: &mut [bool]) -> bool where bits {
        let mut any = false;
        for (block, is_dense) in blocks.iter().zip(is_dense) {
            let [mut digits, mut quotes] = [[0; mask::BLOCK]; 2];
            for (i, b) in block.iter().enumerate() {
                digits[i] = u8::from(b.wrapping_sub(b'0') < 10);
                quotes[i] = u8::from(*b == b'"') | u8::from(*b == b'\'');
            }
            // Other processors add bytes up sooner than they make bits of them.
            let count = |is: &[u8; mask::BLOCK]| match cfg!(target_arch = "x86_64") {
                true => bits(is).count_ones(),
                false => u32::from(is.iter().sum::<u8>()),
            };
            let (digits, quotes) = (count(&digits), count(&quotes));
            *is_dense = digits >= DENSE_DIGITS || quotes >= DENSE_QUOTES;
            any |= *is_dense;
        }
        any
    }
}

/// Calls `found` with an item of each stretch that begins in `within` and may lie in a list, and goes on where it says. A list of sixteen
/// bytes has one: half of it stands in one block, or all of a block lies in it.
pub fn for_each_listed(text: &[u8], within: Range<usize>, found: &mut dyn FnMut(usize) -> usize) {
    let end = within.end.min(text.len());
    let (mut batch, mut floor) = (within.start, within.start);
    while batch < end {
        let mut is_dense = [false; BATCH];
        let (blocks, rest) = text[batch..].as_chunks();
        let blocks = &blocks[..blocks.len().min(BATCH)];
        let mut look = |block: &[u8; mask::BLOCK], at: usize| {
            // What seemed to be items may stand before some that are.
            while floor < at + mask::BLOCK {
                let Some((item, last)) = items_in(block, floor.saturating_sub(at)) else { break };
                if at + item >= end {
                    break;
                }
                floor = found(at + item).max(at + last);
            }
        };
        if dense(blocks, &mut is_dense) {
            for (i, block) in blocks.iter().enumerate().filter(|(i, _)| is_dense[*i]) {
                look(block, batch + i * mask::BLOCK);
            }
        }
        if blocks.len() < BATCH {
            let mut last = [b' '; mask::BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            look(&last, batch + blocks.len() * mask::BLOCK);
        }
        // A list may be longer than what is looked at together.
        batch = (batch + BATCH * mask::BLOCK).max(floor);
    }
}

vectored! {
    /// A bit each: what stands neither in an item nor between two, `.`, quotes, what makes a number of the word behind it, blanks.
    fn marks(block: &[u8; mask::BLOCK]) -> [u64; 5] where bits {
        let [mut odd, mut dots, mut quotes, mut escapes, mut blanks] = [[0; mask::BLOCK]; 5];
        for (i, &b) in block.iter().enumerate() {
            let is_control = b < b' ' && b != b'\t' && b != b'\n' && b != b'\r';
            // `!`, `%`, `<` to `@`, `^`, '`', `~`, and what is not of ASCII.
            let is_odd = b == b'!' || b == b'%' || b.wrapping_sub(b'<') < 5 || b == b'^' || b == b'`' || b >= b'~';
            odd[i] = u8::from(is_control) | u8::from(is_odd);
            dots[i] = u8::from(b == b'.');
            quotes[i] = u8::from(b == b'"') | u8::from(b == b'\'');
            escapes[i] = u8::from(b == b'\\') | u8::from(b == b'&');
            blanks[i] = u8::from(b == b' ');
        }
        [bits(&odd), bits(&dots), bits(&quotes), bits(&escapes), bits(&blanks)]
    }
}

/// Where the first and the last of a few items stand that follow each other in a block, from `from` on.
fn items_in(block: &[u8; mask::BLOCK], from: usize) -> Option<(usize, usize)> {
    let [odd, dots, quotes, escapes, blanks] = marks(block);
    let classes = mask::classes(block);
    let digits = classes.digit;
    // A letter between quotes is an item, whatever it is.
    let quoted = quotes & quotes >> 2;
    let words = (classes.upper | classes.lower | digits) & !(quoted << 1);
    let starts = words & !(words << 1);
    let numbers = starts & (digits | digits >> 1 & escapes << 1);
    // Variables have one letter, but before a quote it says what the string is, and between blanks a comment may; there are no bytes
    // with a fraction.
    let apart = blanks << 1 & blanks >> 1;
    let single = starts & !numbers & !(words >> 1) & !(quotes >> 1) & !apart & (!0 >> 1);
    let fractions = dots & digits << 1 & digits >> 1;
    let ends = odd & !(quoted << 1) | single | fractions;
    let from = crowd(numbers | quoted, ends, from)?;
    let mut events = (starts | quoted | ends) & !0 << from;
    let (mut items, mut beside, mut first) = (0, 0, 0);
    while events != 0 {
        let at = events.trailing_zeros();
        let bit = events & events.wrapping_neg();
        events ^= bit;
        let length = (!(words >> at)).trailing_zeros();
        let is_number = numbers & bit != 0;
        let is_large = digits >> at & 0xf == 0xf && block[at as usize] != b'0';
        if quoted & bit != 0 {
            events &= (!0u64).checked_shl(at + 3).unwrap_or(0);
        } else if ends & bit != 0 || is_large || length >= if is_number { LONG_NUMBER } else { LONG_WORD } {
            (items, beside) = (0, 0);
            continue;
        } else if !is_number {
            beside += 1;
            if beside > MOST_WORDS * (items + 1) {
                (items, beside) = (0, 0);
            }
            continue;
        }
        if items == 0 {
            first = at as usize;
        }
        items += 1;
        if items == LEAST_ITEMS {
            return Some((first, at as usize));
        }
    }
    None
}

/// Where the first stretch without `ends` begins, at or behind `from`, that has enough `items` in it. Most blocks have none.
fn crowd(items: u64, ends: u64, from: usize) -> Option<usize> {
    let mut rest = !0u64 << from;
    while has_enough(items & rest) {
        let end = (ends & rest).trailing_zeros();
        let behind = (!0u64).checked_shl(end + 1).unwrap_or(0);
        if has_enough(items & rest & !behind) {
            return Some(rest.trailing_zeros() as usize);
        }
        rest &= behind;
    }
    None
}

/// Whether [`LEAST_ITEMS`] bits are set, or more: not all processors count bits.
fn has_enough(bits: u64) -> bool {
    (1..LEAST_ITEMS).fold(bits, |bits, _| bits & bits.wrapping_sub(1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_not_cut() {
        assert_eq!(crowd(0b111, 0, 0), Some(0));
        assert_eq!(crowd(0b111, 0b1000, 0), Some(0));
        assert_eq!(crowd(0b1011, 0b100, 0), None);
        assert_eq!(crowd(0b111_0011, 0b100, 0), Some(3));
        assert_eq!(crowd(0b111 << 61, 1 << 60, 3), Some(61));
        assert_eq!(crowd(0b111 << 60, 1 << 63, 3), Some(3));
        assert_eq!(crowd(!0, 1 << 63, 62), None);
    }

    fn items(text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for_each_listed(text.as_bytes(), 0..text.len(), &mut |at| {
            found.push(at);
            at
        });
        found
    }

    #[test]
    fn every_list_is_met_wherever_it_stands() {
        for (list, items_of) in [
            ("65, 75, 73, ", 3),
            ("65,75,", 2),
            ("0x41,0x4b,", 2),
            ("41 4b 49 ", 3),
            ("'A','K',", 2),
            ("L'A', L'K', ", 2),
            ("(byte)0x41, (byte) 0x4b, ", 2),
            ("(unsigned char)0x41, ", 1),
            ("0x0041, ", 1),
            ("Chr(65) & Chr(75) & ", 2),
            ("\"\\x41\" \"\\x4b\" ", 2),
            ("0x41, /* A */\n    0x4b, /* K */\n    ", 2),
        ] {
            for before in 0..200 {
                let text = format!("{}\n{}", "x".repeat(before), list.repeat(16 / items_of));
                assert!(!items(&text).is_empty(), "{list} {before}");
            }
        }
    }

    #[test]
    fn text_has_none() {
        for text in [
            "the quick brown fox is no list of any kind, and if (a == b) { return c; } else { d += e; }\n",
            "var e=t[0],n=t[1];r(e,2),i[3]=n<4?5:e*6+7;",
            "M12.5 3.25l4.5-1.75 6.25 2.5z\nversion 1.2.3, 4.5.6 and 7.8.9 on 10.11.12\n",
        ] {
            assert!(items(&text.repeat(50)).is_empty(), "{text}");
        }
    }
}
