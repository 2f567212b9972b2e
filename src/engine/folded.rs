//! What stands around a value, folded for the search of words: in lower case, without what joins the words of names, and with a bit
//! for each place where a word begins. Sixty-four bytes are looked at together: of texts that are lists of hashes this is most of the work.

use super::runs::outline::{Outline, pieces};
use crate::vector::vectored;
use std::ops::Range;

/// Bytes that are looked at together.
const BLOCK: usize = Outline::LONGEST;
/// Bytes that can be folded, at most.
pub const ROOM: usize = 1024;
const WORDS: usize = ROOM / 64;

/// Folded text.
pub struct Folded {
    /// Behind `length` stands anything.
    bytes: [u8; ROOM + BLOCK],
    length: usize,
    /// Where words start in the folded bytes, a bit each.
    starts: [u64; WORDS + 1],
    /// Which of the bytes that were added are among the folded ones, a bit each.
    kept: [u64; WORDS + 1],
    /// How many bytes were added.
    added: usize,
}

vectored! {
    /// A bit each: what joins the words of a name and is left out, `-` among them, and backslashes.
    fn marks(block: &[u8; BLOCK]) -> [u64; 3] where bits {
        let [mut joiners, mut dashes, mut slashes] = [[0; BLOCK]; 3];
        for (i, &b) in block.iter().enumerate() {
            joiners[i] = u8::from(b == b'_') | u8::from(b == b'-') | u8::from(b == b' ');
            dashes[i] = u8::from(b == b'-');
            slashes[i] = u8::from(b == b'\\');
        }
        [bits(&joiners), bits(&dashes), bits(&slashes)]
    }
}

/// The lowest `len` bits.
fn ones(len: usize) -> u64 {
    if len == 0 { 0 } else { !0 >> (64 - len) }
}

/// Sets the bits of `new` from bit `at` on.
fn put(words: &mut [u64; WORDS + 1], at: usize, new: u64) {
    words[at / 64] |= new << (at % 64);
    if !at.is_multiple_of(64) {
        words[at / 64 + 1] |= new >> (64 - at % 64);
    }
}

impl Folded {
    /// Nothing yet.
    pub fn new() -> Folded {
        Folded { bytes: [0; ROOM + BLOCK], length: 0, starts: [0; WORDS + 1], kept: [0; WORDS + 1], added: 0 }
    }

    /// Adds what stands at `range` of `text`, as if a blank stood before it. What there is no room for is left out.
    pub fn add(&mut self, text: &[u8], range: Range<usize>) {
        let end = range.end.min(range.start + (ROOM - self.added));
        // Of the byte before: whether it is a letter or digit, a capital, a digit. Where escapes and options of the block before end.
        let (mut alnum, mut upper, mut digit, mut escaped) = (0, 0, 0, 0u64);
        let mut at = range.start;
        while at < end {
            let len = BLOCK.min(end - at);
            let Some(outline) = Outline::of(text, &(at..at + len)) else { return };
            let mut block = [0; BLOCK];
            block[..len].copy_from_slice(&text[at..at + len]);
            let [joiners, dashes, slashes] = marks(&block);
            let alnums = outline.letter() | outline.digit;
            let next = text.get(at + len).is_some_and(u8::is_ascii_lowercase);
            let before_lower = outline.lower >> 1 | u64::from(next) << (len - 1);
            let starts = !((alnums << 1 | alnum) & alnums)
                | outline.upper & (!(outline.upper << 1 | upper) | before_lower)
                | outline.digit ^ (outline.digit << 1 | digit);
            // The letter of an escape, `\nNAME`, belongs to no word. Nor does that of an option: `-DNAME=`, `-PNAME=`.
            let mut ends = u128::from(escaped);
            for bit in each(slashes).filter(|bit| matches!(text.get(at + bit + 1), Some(b'n' | b't' | b'r')))
            {
                ends |= 4 << bit;
            }
            for bit in each(dashes).filter(|bit| matches!(text.get(at + bit + 1), Some(b'D' | b'P'))) {
                let before = (at + bit > range.start).then(|| text[at + bit - 1]);
                ends |= u128::from(!before.is_some_and(|b| b.is_ascii_alphanumeric())) << (bit + 2);
            }
            escaped = (ends >> len) as u64;
            self.push(&block, !joiners & ones(len), starts | ends as u64, len);
            let last = |bits: u64| bits >> (len - 1) & 1;
            (alnum, upper, digit) = (last(alnums), last(outline.upper), last(outline.digit));
            at += len;
        }
    }

    /// Adds one byte that is a word of its own and stands for a value.
    pub fn add_value(&mut self) {
        if self.added < ROOM {
            self.push(&[1; BLOCK], 1, 1, 1);
        }
    }

    /// Adds the first `len` bytes of a block, of which those of `kept` are folded.
    fn push(&mut self, block: &[u8; BLOCK], kept: u64, starts: u64, len: usize) {
        let mut lower = [0; 2 * BLOCK];
        lower[..BLOCK].copy_from_slice(block);
        lower[..BLOCK].make_ascii_lowercase();
        put(&mut self.kept, self.added, kept);
        self.added += len;
        for piece in pieces(kept, 0) {
            let (from, len) = (piece.start as usize, piece.len());
            // Of one length always: what is too much is written over.
            self.bytes[self.length..self.length + BLOCK].copy_from_slice(&lower[from..from + BLOCK]);
            put(&mut self.starts, self.length, starts >> from & ones(len));
            self.length += len;
        }
    }

    /// The folded bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Whether a word starts at one of them, or all ends there.
    pub fn starts(&self, at: usize) -> bool {
        at >= self.length || self.starts[at / 64] >> (at % 64) & 1 != 0
    }

    /// Where words start.
    pub fn word_starts(&self) -> impl Iterator<Item = usize> {
        self.starts.iter().enumerate().flat_map(|(i, bits)| each(*bits).map(move |bit| 64 * i + bit))
    }

    /// The how manieth of the bytes that were added a folded one is.
    pub fn place(&self, at: usize) -> usize {
        let mut rest = at as u32;
        for (i, &word) in self.kept.iter().enumerate() {
            let count = word.count_ones();
            if rest < count {
                return 64 * i + each(word).nth(rest as usize).unwrap_or(0);
            }
            rest -= count;
        }
        self.added
    }
}

/// The bits that are set, the lowest first.
fn each(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same byte by byte: what is kept, where it stands, and where words start.
    fn plainly(text: &[u8], range: Range<usize>) -> Vec<(u8, usize, bool)> {
        let at = |i: usize| if i >= range.start { text[i] } else { b' ' };
        range
            .clone()
            .filter(|i| !matches!(text[*i], b'_' | b'-' | b' '))
            .map(|i| {
                let [earlier, before_last, last] =
                    [3, 2, 1].map(|n| if i >= range.start + n { at(i - n) } else { b' ' });
                let next = text.get(i + 1).copied().unwrap_or(b' ');
                let b = text[i];
                let starts = !(last.is_ascii_alphanumeric() && b.is_ascii_alphanumeric())
                    || b.is_ascii_uppercase() && (!last.is_ascii_uppercase() || next.is_ascii_lowercase())
                    || b.is_ascii_digit() != last.is_ascii_digit()
                    || before_last == b'\\' && matches!(last, b'n' | b't' | b'r')
                    || before_last == b'-' && matches!(last, b'D' | b'P') && !earlier.is_ascii_alphanumeric();
                (b.to_ascii_lowercase(), i - range.start, starts)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn is_what_it_is_byte_by_byte(
            before in r#"[ -_aAdDnPt9.\\é]{0,300}"#,
            after in r#"[ -_aAdDnPt9.\\é]{0,300}"#,
            rest in "[a-z]?",
            from in 0usize..9,
        ) {
            let text = [before.as_bytes(), b"VALUE", after.as_bytes(), rest.as_bytes()].concat();
            let from = from.min(before.len());
            let behind = before.len() + 5..before.len() + 5 + after.len();
            let mut folded = Folded::new();
            folded.add(&text, from..before.len());
            folded.add_value();
            folded.add(&text, behind.clone());
            let mut want = plainly(&text, from..before.len());
            let value = before.len() - from;
            want.push((1, value, true));
            want.extend(plainly(&text, behind).into_iter().map(|(b, at, starts)| (b, value + 1 + at, starts)));
            let got: Vec<_> = folded.bytes().iter().copied().enumerate().map(|(i, b)| (b, folded.place(i), folded.starts(i))).collect();
            prop_assert_eq!(got, want.clone());
            let starts: Vec<usize> = (0..want.len()).filter(|i| want[*i].2).collect();
            prop_assert_eq!(folded.word_starts().collect::<Vec<_>>(), starts);
        }
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let mut folded = Folded::new();
        folded.add(&[b'x'; 3 * ROOM], 7..2 * ROOM);
        folded.add_value();
        folded.add(b"more", 0..4);
        assert_eq!(folded.bytes(), [b'x'; ROOM]);
        assert_eq!(folded.place(ROOM - 1), ROOM - 1);
    }
}
