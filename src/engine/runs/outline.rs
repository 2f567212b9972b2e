//! The outline of a value: what kind each character is, a bit each.
//!
//! Nearly every run is a name. What tells names from random values asks the same few things of each
//! character; as bits, a value is asked all at once.

use super::mask::{self, BLOCK, Classes};
use std::ops::Range;

/// The kinds of the characters of a value of at most [`Outline::LONGEST`] bytes: in each word the bit of a
/// character is set that is of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Bytes.
    pub len: usize,
    /// `A` to `Z`.
    pub upper: u64,
    /// `a` to `z`.
    pub lower: u64,
    /// `0` to `9`.
    pub digit: u64,
    /// `aeiouy`, in both cases.
    pub vowel: u64,
}

impl Outline {
    /// The longest value that has one, in bytes.
    pub const LONGEST: usize = BLOCK;

    /// The outline of what stands at `range` of `text`; `None` for longer values and empty ones.
    #[inline]
    pub fn of(text: &[u8], range: &Range<usize>) -> Option<Outline> {
        let len = range.len();
        if len == 0 || len > Self::LONGEST {
            return None;
        }
        let classes = match text[range.start..].first_chunk() {
            Some(block) => mask::classes(block),
            None => {
                let mut block = [0; BLOCK];
                block[..len].copy_from_slice(&text[range.clone()]);
                mask::classes(&block)
            }
        };
        let Classes { upper, lower, digit, vowel } = classes;
        let own = !0 >> (BLOCK - len);
        let own = |bits: u64| bits & own;
        Some(Outline { len, upper: own(upper), lower: own(lower), digit: own(digit), vowel: own(vowel) })
    }

    /// Letters.
    #[inline]
    pub fn letter(&self) -> u64 {
        self.upper | self.lower
    }

    /// What is neither letter nor digit.
    #[inline]
    pub fn other(&self) -> u64 {
        !(self.upper | self.lower | self.digit) & (!0 >> (BLOCK - self.len))
    }

    /// Whether letters of both cases are there.
    #[inline]
    pub fn is_mixed(&self) -> bool {
        self.upper != 0 && self.lower != 0
    }

    /// How many neighbours are of different kinds (upper, lower, digit, other).
    #[inline]
    pub fn changes(&self) -> usize {
        // A change leaves one kind and enters another: each is seen twice.
        let turns = |bits: u64| (bits ^ bits >> 1) & (!0 >> (BLOCK - self.len) >> 1);
        let kinds = [self.upper, self.lower, self.digit, self.other()];
        kinds.map(|bits| turns(bits).count_ones() as usize).iter().sum::<usize>() / 2
    }

    /// Whether it is more than a name: has a digit, or letters of both cases, or is nothing but upper-case
    /// letters.
    #[inline]
    pub fn is_varied(&self) -> bool {
        self.digit != 0 || self.is_mixed() || self.upper.count_ones() as usize == self.len
    }
}

/// The outlines of a value, each of at most 64 bytes of it; of one that is no longer, `known`, if it is known.
pub fn outlines(value: &[u8], known: Option<Outline>) -> impl Iterator<Item = (&[u8], Outline)> {
    value.chunks(Outline::LONGEST).filter_map(move |chunk| {
        let outline = known.filter(|known| known.len == value.len());
        Some((chunk, outline.or_else(|| Outline::of(chunk, &(0..chunk.len())))?))
    })
}

/// The ranges of ones in `bits`, cut before each bit of `starts`.
pub fn pieces(bits: u64, starts: u64) -> impl Iterator<Item = Range<u32>> {
    // A piece begins where its neighbour before is none of its own.
    let mut begins = bits & (!(bits << 1) | starts);
    std::iter::from_fn(move || {
        if begins == 0 {
            return None;
        }
        let start = begins.trailing_zeros();
        begins &= begins - 1;
        let run = (bits >> start).trailing_ones() + start;
        let end = if begins == 0 { run } else { run.min(begins.trailing_zeros()) };
        Some(start..end)
    })
}

/// The bits of a range of positions.
#[inline]
pub fn span(range: &Range<u32>) -> u64 {
    if range.start >= range.end { 0 } else { (!0 >> (64 - (range.end - range.start))) << range.start }
}

#[cfg(test)]
mod tests {
    use super::super::{Shape, is_varied};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn says_what_the_bytes_say(value in "[a-cA-CyZ0-3_/+-]{1,64}", before in 0usize..3, after in 0usize..80) {
            let text = format!("{}{value}{}", "x".repeat(before), "9".repeat(after));
            let outline = Outline::of(text.as_bytes(), &(before..before + value.len())).unwrap();
            let shape = Shape::of(value.as_bytes());
            prop_assert_eq!(outline.changes(), shape.changes);
            prop_assert_eq!(outline.upper.count_ones() as usize, shape.upper);
            prop_assert_eq!(outline.lower.count_ones() as usize, shape.lower);
            prop_assert_eq!(outline.digit.count_ones() as usize, shape.digit);
            prop_assert_eq!(outline.other().count_ones() as usize, shape.other);
            prop_assert_eq!(outline.is_varied(), is_varied(value.as_bytes()));
        }

        #[test]
        fn pieces_are_the_ones_cut_at_starts(bits: u64, starts: u64) {
            let mut want: Vec<Range<u32>> = Vec::new();
            for i in (0..64).filter(|i| bits >> i & 1 != 0) {
                match want.last_mut() {
                    Some(last) if last.end == i && starts >> i & 1 == 0 => last.end = i + 1,
                    _ => want.push(i..i + 1),
                }
            }
            prop_assert_eq!(pieces(bits, starts).collect::<Vec<_>>(), want.clone());
            prop_assert_eq!(want.iter().map(span).fold(0, |a, b| a | b), bits);
        }
    }

    #[test]
    fn there_is_none_of_long_or_empty_values() {
        assert_eq!(Outline::of(&[b'a'; 65], &(0..65)), None);
        assert_eq!(Outline::of(b"a", &(1..1)), None);
        assert!(Outline::of(&[b'a'; 64], &(0..64)).is_some());
    }
}
