//! The raw lens: a blob's own bytes. Every blob is searched through it, whatever else reads it.

use crate::blob::TextKind;
use crate::vector::{count, vectored};

/// Bytes looked at to tell text from binary data.
const SNIFF: usize = 8 << 10;

/// Whether `bytes` are text (of any ASCII-compatible encoding) or arbitrary data. Looks at the
/// first and the last 8 KiB for NUL bytes, and a little of that for control characters: a script with an archive behind it is no plain text.
/// A source file with a NUL byte somewhere, which its author meant or an editor left, is text all the same.
pub fn kind(bytes: &[u8]) -> TextKind {
    let head = &bytes[..bytes.len().min(SNIFF)];
    let tail = &bytes[bytes.len().saturating_sub(SNIFF).max(head.len())..];
    if is_text(head) && is_text(tail) { TextKind::Plain } else { TextKind::Binary }
}

fn is_text(bytes: &[u8]) -> bool {
    if memchr::memchr(0, bytes).is_some() && !has_stray_nuls(bytes) {
        return false;
    }
    let bytes = &bytes[..bytes.len().min(1 << 10)];
    controls(bytes) * 50 <= bytes.len() && !are_packed_strings(bytes)
}

/// Whether bytes without a line end are no text of any encoding but strings behind the bytes that are their lengths, as MessagePack and CBOR
/// have them: letters outside ASCII stand in words, and of several bytes.
fn are_packed_strings(bytes: &[u8]) -> bool {
    if memchr::memchr(b'\n', bytes).is_some() || std::str::from_utf8(bytes).is_ok() {
        return false;
    }
    // Behind such a byte a string begins, at once or behind a length.
    let high = bytes.iter().filter(|b| **b >= 0x80).count();
    let apart = bytes.windows(2).filter(|two| two[0] >= 0x80 && two[1] < 0x80).count();
    let has_words = |b: &u8| b.is_ascii_alphabetic();
    let first = bytes
        .first()
        .is_some_and(|b| (0x80..0xa0).contains(b) || (0xa1..0xc0).contains(b) || *b == 0xd9 || *b == 0xde);
    first && apart * 3 >= high * 2 && bytes.iter().filter(|b| has_words(b)).count() * 2 > bytes.len()
}

vectored! {
    /// How many bytes are control characters that text rarely has.
    fn controls(bytes: &[u8]) -> usize {
        let is_control = |b: u8| {
            let is_blank = u8::from(b == b'\t') | u8::from(b == b'\n') | u8::from(b == b'\r');
            u8::from(b < b' ') & !(is_blank | u8::from(b == 0x0c) | u8::from(b == 0x1b))
        };
        count(bytes, is_control)
    }
}

/// Bytes of text for each NUL that is none of a format's: lists of short strings have more of them.
const APART: usize = 1 << 10;
/// Less text than this does not tell.
const LEAST: usize = 64;

/// Whether there are few NUL bytes, and all else is text beyond doubt.
fn has_stray_nuls(bytes: &[u8]) -> bool {
    let most = bytes.len() / APART + 1;
    if bytes.len() < LEAST || memchr::memchr_iter(0, bytes).take(most + 1).count() > most {
        return false;
    }
    let is_control = |b: &u8| (*b < 0x20 && !matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x0c)) || *b == 0x7f;
    // A letter may be cut at either end.
    let from = bytes.iter().take(3).take_while(|b| **b & 0xc0 == 0x80).count();
    let is_utf8 = |e: std::str::Utf8Error| e.error_len().is_none();
    !bytes.iter().any(is_control)
        && memchr::memchr(b'\n', bytes).is_some()
        && std::str::from_utf8(&bytes[from..]).map_or_else(is_utf8, |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary() {
        assert_eq!(kind(b""), TextKind::Plain);
        assert_eq!(kind("grüße\n".as_bytes()), TextKind::Plain);
        assert_eq!(kind(b"gr\xfc\xdfe in latin-1\n"), TextKind::Plain);
        assert_eq!(kind(b"MZ\x90\x00\x03"), TextKind::Binary);
        let source = "sep = '\0'\nfor line in list:\n    print(line, sep)\n".repeat(9);
        assert_eq!(kind(&source.as_bytes()[..430]), TextKind::Binary);
        let one = source.replacen('\0', "", 8);
        assert_eq!(kind(one.as_bytes()), TextKind::Plain);
        assert_eq!(kind(one.replace('p', "\x02").as_bytes()), TextKind::Binary);
        assert_eq!(kind(b"NAME=value\0"), TextKind::Binary);
        let mut script = b"#!/bin/sh\n".repeat(2000);
        script.extend([0, 1, 2, 3]);
        assert_eq!(kind(&script), TextKind::Binary);
    }
}
