//! Runs: maximal stretches of token characters, and what shape they have.
//!
//! Bytes are classified 64 at a time (`mask.rs`); runs are then a matter of bits, so that text without
//! runs costs a few instructions a block.

pub mod lists;
mod mask;
pub mod outline;

pub use super::tokens::{MIN_RUN, is_token};
use std::ops::{Range, RangeInclusive};

/// For each byte, whether it is one of `bytes`.
pub const fn is_one_of(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

/// Blocks that are classified at once.
const BATCH: usize = 64;

/// Calls `on_run` with every maximal run of `MIN_RUN` or more token characters that starts in
/// `within`; runs may end behind it. Time is linear in `within` plus the runs that start in it.
pub fn for_each_run(text: &[u8], within: Range<usize>, on_run: &mut dyn FnMut(Range<usize>)) {
    let end = within.end.min(text.len());
    // A run that began before `within` belongs to whoever searches there.
    let mut floor = within.start;
    if floor > 0 && floor < end && is_token(text[floor - 1]) {
        floor = run_end(&text[..end], floor);
    }
    let mut masks = [0; BATCH + 1];
    let mut batch = floor;
    while batch < end {
        // One more block than is looked at: a run that begins in the last may go on there.
        let count = mask::fill(&text[batch..], &mut masks);
        masks[count..].fill(0);
        for i in 0..count.min(BATCH) {
            let base = batch + i * mask::BLOCK;
            let mut starts = long_runs(masks[i], masks[i + 1]);
            if floor > base {
                starts &= u64::MAX.checked_shl((floor - base) as u32).unwrap_or(0);
            }
            while starts != 0 {
                let start = base + starts.trailing_zeros() as usize;
                if start >= end {
                    return;
                }
                floor = match end_of_ones(masks[i], masks[i + 1], start - base) {
                    Some(end) => base + end,
                    None => run_end(text, base + 2 * mask::BLOCK),
                };
                on_run(start..floor);
                starts &= u64::MAX.checked_shl((floor - base) as u32).unwrap_or(0);
            }
        }
        // Over a run that is longer than the batch.
        batch = (batch + BATCH * mask::BLOCK).max(floor);
    }
}

/// Lines of encoded data are so long (RFC 7468 and 2045, and what tools make of them), and values of one kind hardly ever.
const WRAPPED: RangeInclusive<usize> = 60..=76;

/// Whether a run is one of the lines of a block of encoded data: those above and below are as long and runs as well. Keys in hexadecimal
/// stand in lists, so it is none of these.
pub fn is_wrapped(text: &[u8], run: &Range<usize>) -> bool {
    let is_line = |line: Option<&[u8]>| line.is_some_and(|line| line.iter().all(|&b| is_token(b)));
    let length = run.len();
    if !WRAPPED.contains(&length) || run.start == 0 || text[run.start - 1] != b'\n' {
        return false;
    }
    let ending: &[u8] = if text[run.end..].starts_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let step = length + ending.len();
    let Some(above) = run.start.checked_sub(step) else { return false };
    let below = run.end + ending.len();
    text[above + length..].starts_with(ending)
        && text[run.end..].starts_with(ending)
        && text.get(below + length..).is_some_and(|rest| rest.starts_with(ending))
        && is_line(text.get(above..above + length))
        && is_line(text.get(below..below + length))
        && !text[run.clone()].iter().all(u8::is_ascii_hexdigit)
        && (above == 0 || text[above - 1] == b'\n')
}

/// The bits of `mask` from which on `MIN_RUN` bits are set, if those of `next` follow.
fn long_runs(mask: u64, next: u64) -> u64 {
    let bits = u128::from(next) << 64 | u128::from(mask);
    let bits = bits & bits >> 1;
    let bits = bits & bits >> 2;
    let bits = bits & bits >> 4;
    (bits & bits >> 8) as u64
}

/// The first bit behind the one at `from` that is not set, in `mask` and then in `next`: of nearly all runs the end.
fn end_of_ones(mask: u64, next: u64, from: usize) -> Option<usize> {
    let bits = u128::from(next) << 64 | u128::from(mask);
    let end = from + (!(bits >> from)).trailing_zeros() as usize;
    (end < 2 * mask::BLOCK).then_some(end)
}

/// Where the run that goes on at `from` ends.
fn run_end(text: &[u8], from: usize) -> usize {
    // Most end within the next few bytes.
    for (i, &b) in text.iter().enumerate().skip(from).take(16) {
        if !is_token(b) {
            return i;
        }
    }
    let mut masks = [0; 16];
    let mut at = from + 16;
    while at < text.len() {
        let count = mask::fill(&text[at..], &mut masks);
        for (i, mask) in masks[..count].iter().enumerate() {
            if *mask != u64::MAX {
                return at + i * mask::BLOCK + mask.trailing_ones() as usize;
            }
        }
        at += count * mask::BLOCK;
    }
    text.len()
}

/// Where an escape that may stand for a token character begins in `text[from..to]`: what its first two bytes
/// allow. The bytes behind `to` are looked at.
pub fn next_escape(text: &[u8], from: usize, to: usize) -> Option<usize> {
    let to = to.min(text.len());
    let rest = text.get(from..).filter(|_| from < to)?;
    let (mut at, mut bits) = mask::first_escapes(&rest[..rest.len().min(to - from + SEEN)]);
    if bits == 0 && from + at < to {
        // What no whole block is left of.
        let mut end = [0; 2 * SEEN];
        let left = &rest[at..rest.len().min(at + SEEN)];
        end[..left.len()].copy_from_slice(left);
        let (behind, found) = mask::first_escapes(&end);
        (at, bits) = (at + behind, found);
    }
    let found = from + at + bits.trailing_zeros() as usize;
    (bits != 0 && found < to).then_some(found)
}

/// Bytes that tell where escapes may begin in a block.
const SEEN: usize = mask::BLOCK + 16;

/// Whether a run is more than a name: has a digit, or letters of both cases, or is nothing but upper-case
/// letters.
pub fn is_varied(run: &[u8]) -> bool {
    const KINDS: [u8; 256] = {
        let mut kinds = [0; 256];
        let mut b = 0;
        while b < 256 {
            kinds[b] = match b as u8 {
                b'0'..=b'9' => 3,
                b'A'..=b'Z' => 1,
                b'a'..=b'z' => 2,
                _ => 4,
            };
            b += 1;
        }
        kinds
    };
    let mut seen = 0;
    run.iter().any(|b| {
        seen |= KINDS[usize::from(*b)];
        seen & 3 == 3
    }) || seen == 1
}

/// Longer values are judged by so many of their first bytes.
const LONGEST_SHAPE: usize = 4096;

/// What the characters of a run look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Characters.
    pub len: usize,
    /// Upper-case letters.
    pub upper: usize,
    /// Lower-case letters.
    pub lower: usize,
    /// Digits.
    pub digit: usize,
    /// All other bytes.
    pub other: usize,
    /// Whether all are hexadecimal digits.
    pub hex: bool,
    /// Neighbours of different kind (upper, lower, digit, other).
    pub changes: usize,
    /// Shannon entropy in bits per character.
    pub entropy: f32,
}

impl Shape {
    /// The shape of `value`. Values above 4,096 bytes are judged by their first 4,096.
    pub fn of(value: &[u8]) -> Shape {
        let value = &value[..value.len().min(LONGEST_SHAPE)];
        let weights = weights();
        let mut counts = [0u16; 256];
        let mut shape = Shape {
            len: value.len(),
            upper: 0,
            lower: 0,
            digit: 0,
            other: 0,
            hex: true,
            changes: 0,
            entropy: 0.0,
        };
        let mut last = usize::MAX;
        let mut kinds = [0; 4];
        // H = log2(n) - (sum of c log2 c) / n
        let mut sum = 0.0;
        for &b in value {
            let count = &mut counts[usize::from(b)];
            *count += 1;
            sum += weights[usize::from(*count)];
            let kind = match b {
                b'A'..=b'Z' => 0,
                b'a'..=b'z' => 1,
                b'0'..=b'9' => 2,
                _ => 3,
            };
            kinds[kind] += 1;
            shape.hex &= b.is_ascii_hexdigit();
            shape.changes += usize::from(kind != last && last != usize::MAX);
            last = kind;
        }
        [shape.upper, shape.lower, shape.digit, shape.other] = kinds;
        if !value.is_empty() {
            let n = value.len() as f64;
            shape.entropy = (n.log2() - sum / n) as f32;
        }
        shape
    }

    /// Whether `value` (of this shape) looks like base64 of random bytes: an AWS secret and its
    /// like. The bounds are those that 999 of 1,000 values of 40 random characters keep; paths,
    /// joined words and base64 of text do not.
    pub fn is_random_base64(&self, value: &[u8]) -> bool {
        let n = self.len;
        !self.hex
            && self.digit >= 1
            && self.upper * 10 >= n
            && self.lower * 10 >= n
            && self.lower * 40 <= n * 27
            && self.upper * 40 <= n * 28
            && self.other * 5 <= n
            && self.changes * 40 >= n * 14
            && self.entropy >= 4.1
            && !decodes_to_text(value)
    }
}

impl Shape {
    /// Whether `value` (of this shape) may be base64 of random bytes, however unlikely it looks: for
    /// values whose name says that they are. All but one in 20,000 values of 40 random characters.
    pub fn may_be_random_base64(&self, value: &[u8]) -> bool {
        let n = self.len;
        !self.hex
            && self.upper * 20 >= n
            && self.lower * 20 >= n
            && self.other * 4 <= n
            && self.changes * 4 >= n
            && self.entropy >= 4.0
            // Words change case where the next one begins; random characters change nearly every time.
            && (self.changes * 40 >= n * 18 || !crate::triage::generic::reads_well(value))
            && !decodes_to_text(value)
    }
}

/// Whether base64 of `value` is plain text throughout.
fn decodes_to_text(value: &[u8]) -> bool {
    let decoded = crate::triage::checksum::base64_decode(value);
    !decoded.is_empty()
        && decoded.iter().all(|&b| (0x20..0x7f).contains(&b) || matches!(b, b'\n' | b'\r' | b'\t'))
}

/// What a character adds to the sum of c log2 c when it is seen for the c-th time.
fn weights() -> &'static [f64; LONGEST_SHAPE + 1] {
    static WEIGHTS: std::sync::OnceLock<Box<[f64; LONGEST_SHAPE + 1]>> = std::sync::OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let weight = |c: usize| if c < 2 { 0.0 } else { c as f64 * (c as f64).log2() };
        Box::new(std::array::from_fn(|c| weight(c) - weight(c.saturating_sub(1))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_of_a_block_are_known_by_their_neighbours() {
        for ending in ["\n", "\r\n"] {
            let line = "aB3/".repeat(16);
            let text = format!(
                "x{ending}{line}{ending}{line}{ending}{line}{ending}short{ending}{line}{ending}{line}"
            );
            let found = runs(text.as_bytes(), 0..text.len());
            let is_wrapped = |run: &Range<usize>| is_wrapped(text.as_bytes(), run);
            assert_eq!(found.iter().map(is_wrapped).collect::<Vec<_>>(), [false, true, false, false, false]);
        }
        for (length, letter) in [(40, "x"), (59, "x"), (77, "x"), (64, "a")] {
            let line = letter.repeat(length);
            let text = format!("{line}\n{line}\n{line}\n");
            assert!(!is_wrapped(text.as_bytes(), &(length + 1..2 * length + 1)));
        }
    }

    fn runs(text: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for_each_run(text, within, &mut |r| found.push(r));
        found
    }

    fn naive(text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        for i in 0..=text.len() {
            if i == text.len() || !is_token(text[i]) {
                if i - start >= MIN_RUN {
                    found.push(start..i);
                }
                start = i + 1;
            }
        }
        found
    }

    proptest! {
        #[test]
        fn every_run_is_found_once_over_every_cut(
            text in proptest::collection::vec(prop_oneof![30 => Just(b'a'), 1 => Just(b' ')], 0..700),
            cut in 0usize..700,
        ) {
            let cut = cut.min(text.len());
            prop_assert_eq!(runs(&text, 0..text.len()), naive(&text));
            let mut parts = runs(&text, 0..cut);
            parts.extend(runs(&text, cut..text.len()));
            prop_assert_eq!(parts, naive(&text));
        }
    }

    #[test]
    fn runs_of_every_length_at_every_place() {
        for before in 0..140 {
            for len in [15, 16, 17, 63, 64, 65, 127, 128, 200, 5000] {
                let text = [&vec![b' '; before][..], &vec![b'x'; len], b" end"].concat();
                assert_eq!(runs(&text, 0..text.len()), naive(&text), "{before} {len}");
                assert_eq!(runs(&text[..before + len], 0..before + len), naive(&text), "{before} {len}");
            }
        }
    }

    #[test]
    fn escapes_at_every_place() {
        for len in 2..300usize {
            let mut text = vec![b'a'; len];
            assert_eq!(next_escape(&text, 0, len), None);
            for at in 0..len - 1 {
                text[at..at + 2].copy_from_slice(b"\\x");
                let from = at / 2;
                assert_eq!(next_escape(&text, from, len), Some(at), "{len}");
                assert_eq!(next_escape(&text, from, at + 1), Some(at), "{len}");
                assert_eq!(next_escape(&text, from, at), None, "{len}");
                assert_eq!(next_escape(&text, at + 1, len + 9), None, "{len}");
                text[at..at + 2].fill(b'a');
            }
        }
    }

    #[test]
    fn entropy_of_known_texts() {
        assert_eq!(Shape::of(b"aaaa").entropy, 0.0);
        assert_eq!(Shape::of(b"abcd").entropy, 2.0);
        assert!((Shape::of(b"aab").entropy - 0.918).abs() < 0.001);
    }

    #[test]
    fn of_values_that_are_named_nearly_all_may_be_random() {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut value = || -> Vec<u8> {
            (0..40)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                        [(state >> 58) as usize]
                })
                .collect()
        };
        let lost = (0..20_000).map(|_| value()).filter(|v| !Shape::of(v).may_be_random_base64(v)).count();
        assert!(lost <= 4, "{lost} of 20,000");
        for not in [
            &b"da39a3ee5e6b4b0d3255bfef95601890afd80709"[..],
            b"src/main/java/com/example/Application2Foo",
            b"AwsSecretAccessKeyOfTheProductionAccount",
            b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!Shape::of(not).may_be_random_base64(not), "{}", String::from_utf8_lossy(not));
        }
    }

    #[test]
    fn random_base64_is_told_from_paths_and_text() {
        let random = b"x9Qm/Tz2LkRw8VbN4cYh+Jf6PsDg1AeUoI3nXqZt";
        assert!(Shape::of(random).is_random_base64(random));
        for not in [
            &b"da39a3ee5e6b4b0d3255bfef95601890afd80709"[..],
            b"src/main/java/com/example/Application2Foo",
            b"VGhpcyBpcyBwbGFpbiB0ZXh0IGluIGJhc2U2NA",
            b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!Shape::of(not).is_random_base64(not), "{}", String::from_utf8_lossy(not));
        }
    }
}
