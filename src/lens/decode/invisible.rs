//! Values that a page or a chat has broken where nobody sees it: `<wbr>`, soft hyphens, spaces without width.

use super::{Decoded, is_value};
use crate::address::Encoding;
use crate::blob::OffsetMap;
use std::ops::Range;

/// What is not seen.
const SIGNS: [&[u8]; 11] = [
    b"<wbr>",
    b"<wbr/>",
    b"<wbr />",
    b"&shy;",
    b"&#8203;",
    b"&#x200B;",
    b"&ZeroWidthSpace;",
    // U+200B to U+200D, U+2060, U+FEFF without their first byte apart.
    b"\xe2\x80\x8b",
    b"\xe2\x80\x8c",
    b"\xe2\x80\x8d",
    b"\xc2\xad",
];
/// How much is taken on either side of the first sign, in bytes: the names of values stand there too, and their other halves.
const AROUND: usize = 512;

fn sign(text: &[u8]) -> Option<usize> {
    matches!(text.first(), Some(b'<' | b'&' | 0xe2 | 0xc2)).then_some(())?;
    SIGNS.iter().find(|sign| text.starts_with(sign)).map(|sign| sign.len())
}

/// The text around the sign at `word` without its signs, where the sign stands in a value.
pub fn around(text: &[u8], word: &Range<usize>) -> Option<Decoded> {
    let is_inside = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|b| is_value(*b));
    (is_inside(word.start.checked_sub(1)) && is_inside(Some(word.end))).then_some(())?;
    let (start, end) = (word.start.saturating_sub(AROUND), text.len().min(word.end + AROUND));
    let (mut bytes, mut map, mut at) = (Vec::with_capacity(end - start), OffsetMap::identity(), start);
    map.push_plain(0, start as u64);
    while at < end {
        match sign(&text[at..]) {
            Some(len) => {
                at += len;
                map.push_plain(bytes.len(), at as u64);
            }
            None => {
                bytes.push(text[at]);
                at += 1;
            }
        }
    }
    let span = start..at.min(text.len()).max(word.end);
    Some(Decoded { span, encoding: Encoding::Escapes, bytes, map, cut: false })
}

/// The same for a run that ends at `end`, if it ends at such a sign.
pub fn behind(text: &[u8], end: usize) -> Option<Decoded> {
    matches!(text.get(end), Some(0xe2 | 0xc2)).then_some(())?;
    let len = sign(&text[end..])?;
    around(text, &(end..end + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_were_broken() {
        for sign in SIGNS {
            let text = [b"name = abcd", sign, b"1234", sign, b"EFGH;\nother = x", sign, b"y"].concat();
            let at = 11..11 + sign.len();
            let decoded = around(&text, &at).unwrap();
            assert_eq!(decoded.bytes, b"name = abcd1234EFGH;\nother = xy");
            assert_eq!(decoded.span, 0..text.len());
            assert_eq!(decoded.map.outer(crate::blob::TextOffset(11)), at.end as u64);
            // Between words it breaks no value.
            let text = [b"a word ", sign, b" another"].concat();
            assert_eq!(around(&text, &(7..7 + sign.len())), None);
        }
        assert!(behind("key\u{200b}s".as_bytes(), 3).is_some() && behind(b"key", 3).is_none());
    }
}
