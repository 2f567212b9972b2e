//! Modified UTF-8, the encoding of DEX strings, into UTF-8.
//!
//! It differs from UTF-8 in two ways: NUL is `C0 80`, and characters beyond U+FFFF are two
//! surrogates of three bytes each. Everything else is copied in runs. NUL becomes a space, because
//! a NUL byte separates strings in a pool text; what is no character at all (half a surrogate
//! pair, stray bytes) becomes U+FFFD. Overlong forms are read as what they stand for: the runtime
//! refuses them, a scanner must not be blinded by them.

use crate::blob::{OffsetMap, Segment};

/// Whether all bytes are ASCII and none is NUL: such a string is its own UTF-8. Stops at the first
/// block that is not, so that the work is bounded by what is copied afterwards.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A byte that is 0 borrows into its top bit; one above 0x7f has it already. A borrow can only
    // start at a zero byte, so there are no false alarms.
    let bad = |word: u64| (word | word.wrapping_sub(ONES)) & HIGH != 0;
    let (words, rest) = bytes.as_chunks::<8>();
    if words.iter().any(|word| bad(u64::from_le_bytes(*word))) {
        return false;
    }
    match bytes.last_chunk::<8>() {
        Some(last) => !bad(u64::from_le_bytes(*last)),
        None => rest.iter().all(|b| (0x01..=0x7f).contains(b)),
    }
}

/// Appends `bytes`, which start at `outer` in the blob, to `out` as UTF-8, and to `map` where each
/// part of the text came from.
pub(super) fn decode(bytes: &[u8], outer: u64, out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let valid = match std::str::from_utf8(rest) {
            Ok(_) => rest.len(),
            Err(error) => error.valid_up_to(),
        };
        if valid > 0 {
            let start = out.len();
            map.push_plain(start, outer + at as u64);
            out.extend_from_slice(rest.get(..valid).unwrap_or_default());
            // No NUL byte can be inside a string of a file, but nothing here relies on that.
            out.iter_mut().skip(start).filter(|b| **b == 0).for_each(|b| *b = b' ');
            at += valid;
            continue;
        }
        let (c, len) = odd_char(rest);
        let mut utf8 = [0; 4];
        let utf8 = c.encode_utf8(&mut utf8).as_bytes();
        map.push(Segment {
            text: out.len(),
            outer: outer + at as u64,
            num: len as u32,
            den: utf8.len() as u32,
        });
        out.extend_from_slice(utf8);
        at += len;
    }
}

/// The character at the front of bytes that are not UTF-8 there, and how many bytes it takes.
fn odd_char(bytes: &[u8]) -> (char, usize) {
    let readable = |c: u32| match char::from_u32(c) {
        Some('\0') => ' ',
        Some(c) => c,
        None => char::REPLACEMENT_CHARACTER,
    };
    match *bytes {
        [0, ..] => (' ', 1),
        [a @ 0xc0..=0xdf, b @ 0x80..=0xbf, ..] => {
            (readable(u32::from(a & 0x1f) << 6 | u32::from(b & 0x3f)), 2)
        }
        [0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf, 0xed, c @ 0xb0..=0xbf, d @ 0x80..=0xbf, ..] => {
            let high = u32::from(a & 0x0f) << 6 | u32::from(b & 0x3f);
            let low = u32::from(c & 0x0f) << 6 | u32::from(d & 0x3f);
            (readable(0x1_0000 + (high << 10 | low)), 6)
        }
        [a @ 0xe0..=0xef, b @ 0x80..=0xbf, c @ 0x80..=0xbf, ..] => {
            (readable(u32::from(a & 0x0f) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f)), 3)
        }
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;
    use proptest::prelude::*;

    fn encode(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for unit in text.encode_utf16() {
            match unit {
                0x01..=0x7f => out.push(unit as u8),
                0 | 0x80..=0x7ff => out.extend([0xc0 | (unit >> 6) as u8, 0x80 | (unit & 0x3f) as u8]),
                _ => out.extend([
                    0xe0 | (unit >> 12) as u8,
                    0x80 | (unit >> 6 & 0x3f) as u8,
                    0x80 | (unit & 0x3f) as u8,
                ]),
            }
        }
        out
    }

    fn decoded(bytes: &[u8]) -> (Vec<u8>, OffsetMap) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::default());
        decode(bytes, 100, &mut out, &mut map);
        (out, map)
    }

    #[test]
    fn nul_astral_and_broken_characters() {
        assert_eq!(decoded(b"a\xc0\x80b").0, b"a b");
        assert_eq!(decoded(b"\xed\xa0\xbd\xed\xb8\x80!").0, "\u{1f600}!".as_bytes());
        assert_eq!(decoded(b"\xed\xa0\xbd!").0, "\u{fffd}!".as_bytes());
        assert_eq!(decoded(b"x\xff\0y").0, "x\u{fffd} y".as_bytes());
        assert_eq!(decoded(b"\xc1\x81").0, b"A", "overlong");
        assert_eq!(decoded(b"caf\xc3\xa9").0, "café".as_bytes());
    }

    #[test]
    fn offsets_lead_back_to_each_character() {
        let (out, map) = decoded(b"a\xc0\x80b\xed\xa0\xbd\xed\xb8\x80c");
        assert_eq!(out, "a b\u{1f600}c".as_bytes());
        let outer: Vec<u64> = [0, 1, 2, 3, 7].map(|t| map.outer(TextOffset(t))).to_vec();
        assert_eq!(outer, [100, 101, 103, 104, 110]);
    }

    proptest! {
        #[test]
        fn text_round_trips(text: String) {
            let (out, map) = decoded(&encode(&text));
            prop_assert_eq!(String::from_utf8(out).unwrap(), text.replace('\0', " "));
            let mut outer = 100;
            for (at, c) in text.char_indices() {
                // The space that stands for NUL is as long as NUL itself.
                prop_assert_eq!(map.outer(TextOffset(at)), outer);
                outer += encode(c.encode_utf8(&mut [0; 4])).len() as u64;
            }
        }

        #[test]
        fn garbage_gives_text_without_nul(bytes: Vec<u8>) {
            let (out, _) = decoded(&bytes);
            prop_assert!(std::str::from_utf8(&out).is_ok() && !out.contains(&0));
        }

        #[test]
        fn plain_means_ascii_without_nul(bytes in proptest::collection::vec(prop_oneof![8 => 1u8..128, 1 => any::<u8>()], 0..40)) {
            prop_assert_eq!(is_plain(&bytes), bytes.iter().all(|b| (1..128).contains(b)));
        }
    }
}
