//! Runs: maximal stretches of token characters, and what shape they have.
//!
//! A token is at least [`MIN_RUN`] characters long, so a probe at every `MIN_RUN`-th byte meets
//! every run, and most bytes of a text are never looked at twice. This is the portable pass and the
//! oracle for a vector one.

use std::ops::Range;

/// Shortest run that is reported, in bytes.
pub const MIN_RUN: usize = 16;

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-');
        i += 1;
    }
    table
}

static TOKEN: [bool; 256] = token_table();

/// Whether `byte` is a token character: letters, digits, `+`, `/`, `_` and `-`.
#[inline]
pub fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Calls `on_run` with every maximal run of `MIN_RUN` or more token characters that starts in
/// `within`; runs may end behind it. Time is linear in `within` plus the runs that start in it.
pub fn for_each_run(text: &[u8], within: Range<usize>, on_run: &mut dyn FnMut(Range<usize>)) {
    let end = within.end.min(text.len());
    // A run that began before `within` belongs to whoever searches there.
    let mut floor = within.start;
    if floor > 0 && floor < end && is_token(text[floor - 1]) {
        floor = run_end(&text[..end], floor);
    }
    // Every run that starts at `floor` or later covers a probe at `floor + k * MIN_RUN + MIN_RUN - 1`.
    let mut probe = floor + MIN_RUN - 1;
    while probe < text.len() && floor < end {
        if !is_token(text[probe]) {
            floor = probe + 1;
            probe += MIN_RUN;
            continue;
        }
        let mut start = probe;
        while start > floor && is_token(text[start - 1]) {
            start -= 1;
        }
        if start >= end {
            break;
        }
        // Short runs mostly end within the next few bytes: only go on where it is long enough.
        let stop = run_end(text, probe + 1);
        if stop - start >= MIN_RUN {
            on_run(start..stop);
        }
        floor = stop;
        probe = stop + MIN_RUN;
    }
}

fn run_end(text: &[u8], from: usize) -> usize {
    text[from.min(text.len())..].iter().position(|&b| !is_token(b)).map_or(text.len(), |n| from + n)
}

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
        let value = &value[..value.len().min(4096)];
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
        let mut last = u8::MAX;
        for &b in value {
            counts[usize::from(b)] += 1;
            let kind = match b {
                b'A'..=b'Z' => 0,
                b'a'..=b'z' => 1,
                b'0'..=b'9' => 2,
                _ => 3,
            };
            *[&mut shape.upper, &mut shape.lower, &mut shape.digit, &mut shape.other][usize::from(kind)] += 1;
            shape.hex &= b.is_ascii_hexdigit();
            shape.changes += usize::from(kind != last && last != u8::MAX);
            last = kind;
        }
        shape.entropy = entropy(&counts, value.len());
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

/// Shannon entropy in bits per character.
fn entropy(counts: &[u16; 256], len: usize) -> f32 {
    if len == 0 {
        return 0.0;
    }
    // H = log2(n) - (sum of c log2 c) / n
    let sum: f32 = counts.iter().filter(|&&c| c > 1).map(|&c| f32::from(c) * f32::from(c).log2()).sum();
    (len as f32).log2() - sum / len as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            text in proptest::collection::vec(prop_oneof![8 => Just(b'a'), 1 => Just(b' ')], 0..200),
            cut in 0usize..200,
        ) {
            let cut = cut.min(text.len());
            prop_assert_eq!(runs(&text, 0..text.len()), naive(&text));
            let mut parts = runs(&text, 0..cut);
            parts.extend(runs(&text, cut..text.len()));
            prop_assert_eq!(parts, naive(&text));
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
