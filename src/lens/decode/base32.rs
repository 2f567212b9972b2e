//! Base32 (RFC 4648, section 6, and with the digits of section 7): one case, digits of its own, eight characters for five bytes.
//!
//! One-time passwords and names of onion services are written so too, but decode to no text.

use super::{Decoded, is_promising, whole};
use crate::address::Encoding;
use std::ops::Range;

/// Shortest value worth decoding, in characters: 16 bytes.
pub(super) const SHORTEST: usize = 26;

/// Which digits stand for which bits.
#[derive(Clone, Copy)]
enum Digits {
    /// `A` to `Z`, `2` to `7`.
    Usual,
    /// `0` to `9`, `A` to `V`.
    Hex,
}

/// A way of writing: the digits, and what has to be taken from small letters to make them capital.
#[derive(Clone, Copy)]
struct Alphabet {
    digits: Digits,
    is_lower: bool,
}

impl Alphabet {
    #[inline]
    fn value(self, b: u8) -> Option<u8> {
        let b = match b {
            b'a'..=b'z' if self.is_lower => b - 32,
            b'A'..=b'Z' if self.is_lower => return None,
            _ => b,
        };
        match (self.digits, b) {
            (Digits::Usual, b'A'..=b'Z') => Some(b - b'A'),
            (Digits::Usual, b'2'..=b'7') => Some(b - b'2' + 26),
            (Digits::Hex, b'0'..=b'9') => Some(b - b'0'),
            (Digits::Hex, b'A'..=b'V') => Some(b - b'A' + 10),
            _ => None,
        }
    }

    /// The first ten bytes.
    fn head(self, value: &[u8]) -> Option<[u8; 10]> {
        let mut head = [0; 10];
        for (bytes, eight) in head.chunks_exact_mut(5).zip(value.first_chunk::<16>()?.chunks_exact(8)) {
            let mut bits = 0u64;
            for &b in eight {
                bits = bits << 5 | u64::from(self.value(b)?);
            }
            bytes.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        Some(head)
    }
}

/// The bytes of the base32 that a run is, if they begin like text or a file of a known format.
pub(super) fn run(text: &[u8], run: &Range<usize>, limit: usize) -> Option<Decoded> {
    let value = &text[run.clone()];
    // Nearly every run ends here: names have both cases, or a dash, in their first letters.
    let mut seen = 0;
    for b in value.first_chunk::<8>()? {
        seen |= match b {
            b'A'..=b'Z' => 1,
            b'a'..=b'z' => 2,
            b'0'..=b'9' => 0,
            _ => return None,
        };
        if seen == 3 {
            return None;
        }
    }
    let with = |digits| Alphabet { digits, is_lower: seen == 2 };
    [Digits::Usual, Digits::Hex]
        .into_iter()
        .map(with)
        .find(|alphabet| alphabet.head(value).is_some_and(|head| is_promising(&head)))
        .and_then(|alphabet| whole(text, run, 5, |b| alphabet.value(b), Encoding::Base32, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    fn encode(bytes: &[u8], digits: &[u8; 32]) -> String {
        let mut out = String::new();
        for five in bytes.chunks(5) {
            let bits = five.iter().enumerate().fold(0u64, |n, (i, b)| n | u64::from(*b) << (32 - 8 * i));
            let count = (five.len() * 8).div_ceil(5);
            out.extend((0..count).map(|i| char::from(digits[(bits >> (35 - 5 * i)) as usize & 31])));
        }
        out
    }

    const USUAL: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const HEX: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

    #[test]
    fn each_alphabet_and_case_with_a_way_back() {
        let plain = b"user = shop and the value of the other = none";
        for digits in [USUAL, HEX] {
            for text in [encode(plain, digits), encode(plain, digits).to_lowercase()] {
                let found = run(text.as_bytes(), &(0..text.len()), 1 << 20).unwrap();
                assert_eq!((&found.bytes[..], found.span), (&plain[..], 0..text.len()), "{text}");
                assert_eq!(found.map.outer(TextOffset(10)), 16);
            }
        }
    }

    #[test]
    fn lines_of_the_tool_are_one_value() {
        let plain = "a line of text that is long enough for the tool to wrap it, and another part of it";
        let code = encode(plain.as_bytes(), USUAL);
        let lines: Vec<&str> =
            code.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let text = lines.join("\n");
        let found = run(text.as_bytes(), &(0..76), 1 << 20).unwrap();
        assert_eq!((found.bytes, found.span.end), (plain.as_bytes().to_vec(), text.len()));
        let cut = run(text.as_bytes(), &(0..76), 20).unwrap();
        assert!(cut.cut && cut.bytes == plain.as_bytes()[..20]);
    }

    #[test]
    fn secrets_of_one_time_passwords_and_names_are_left_alone() {
        for text in [
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "AVERYLONGNAMEOFACONSTANTINCAPITALS",
            "ANDTHESAMENAMEWITHDIGITS234567ABC",
            "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad",
        ] {
            assert!(run(text.as_bytes(), &(0..text.len()), 1 << 20).is_none(), "{text}");
        }
    }
}
