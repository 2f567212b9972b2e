//! Strings of programs that hold a packed file as letters and escapes (`b'x\x9c\xed…'`).

use super::{Decoded, is_quote};
use crate::address::Encoding;
use crate::blob::OffsetMap;
use std::ops::Range;

/// Shortest value worth a search.
const SHORTEST: usize = 16;
/// Bytes between two places that are remembered.
const STEP: usize = 64;

/// The bytes of the string that begins with `word`, or behind it, if the word ends with a quote.
pub fn bytes(text: &[u8], word: &Range<usize>, limit: usize) -> Option<Decoded> {
    let last = *text.get(word.end.checked_sub(1)?)?;
    let start = if is_quote(last) { word.end } else { word.start };
    let quote = *text.get(start.checked_sub(1)?).filter(|b| is_quote(**b))?;
    let (mut bytes, mut map, mut cut) = (Vec::new(), OffsetMap::identity(), false);
    let (mut at, mut next) = (start, 0);
    loop {
        if bytes.len() >= next {
            map.push_plain(bytes.len(), at as u64);
            next = bytes.len() + STEP;
        }
        if bytes.len() >= limit {
            cut = true;
            break;
        }
        // What does not end as a string does is taken as far as it goes, so that nothing is read twice.
        match text.get(at..).unwrap_or_default() {
            [b, ..] if *b == quote => break,
            [b'\n', ..] if quote != b'`' => break,
            [b'\\', next, ..] => match escape(&text[at..], *next) {
                Some((byte, len)) => {
                    bytes.extend(byte);
                    at += len;
                }
                None => break,
            },
            [b, ..] => {
                bytes.push(*b);
                at += 1;
            }
            [] => break,
        }
    }
    (bytes.len() >= SHORTEST).then_some(Decoded {
        span: start..at,
        encoding: Encoding::Bytes,
        bytes,
        map,
        cut,
    })
}

/// The byte of the escape at the beginning, and its length; none for a line end that is none.
fn escape(text: &[u8], next: u8) -> Option<(Option<u8>, usize)> {
    let byte = match next {
        b'x' | b'X' => {
            let digits = std::str::from_utf8(text.get(2..4)?).ok()?;
            return Some((Some(u8::from_str_radix(digits, 16).ok()?), 4));
        }
        b'0'..=b'7' => {
            let len = text[1..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
            let value = text[1..=len].iter().fold(0u32, |n, b| n << 3 | u32::from(b - b'0'));
            return Some((Some(value as u8), len + 1));
        }
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'v' => 11,
        b'f' => 12,
        b'e' => 27,
        b'\n' => return Some((None, 2)),
        other => other,
    };
    Some((Some(byte), 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::marks::{Mark, WORDS};

    fn found(text: &str, mark: Mark) -> Option<Decoded> {
        WORDS.iter().filter(|(_, kind)| *kind == mark).find_map(|(word, _)| {
            let at = memchr::memmem::find(text.as_bytes(), word)?;
            let word = at..at + word.len();
            bytes(text.as_bytes(), &word, 4096)
        })
    }

    #[test]
    fn bytes_of_strings() {
        let packed = b"x\x9c\xcb\x48\xcd\xc9\xc9\x57\x28\xcf\x2f\xca\x49\x01\0'";
        for text in [
            r"zlib.decompress(b'x\x9c\xcb\x48\xcd\xc9\xc9W(\xcf/\xcaI\x01\x00\'')",
            "zlib.decompress(b\"\\x78\\x9c\\xcbH\\xcd\\xc9\\xc9\\x57\\x28\\317/\\xca\\x49\\1\\0'\")",
        ] {
            assert_eq!(found(text, Mark::Packed).unwrap().bytes, packed, "{text}");
        }
        let text = "marshal.loads(b'\\xe3\\x00\\x00 and so on and on')";
        assert_eq!(found(text, Mark::Packed).unwrap().bytes, b"\xe3\0\0 and so on and on");
        for text in ["b'x\\x9c'", "x\\x9c and so on and so on", "loads(b'\\xzz and so on and on')"] {
            assert_eq!(found(text, Mark::Packed), None, "{text}");
        }
    }

    #[test]
    fn long_strings_are_gone_through_once() {
        let text = "'x\\x9c\\".repeat(10_000);
        let decoded = bytes(text.as_bytes(), &(1..6), 1 << 20).unwrap();
        assert!(decoded.span.end + 8 > text.len());
    }
}
