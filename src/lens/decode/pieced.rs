//! Values whose pieces a call joins: `['AKIA', '…'].join('')`, `''.join(['AKIA', '…'])`, `'AKIA'.concat('…')`, `concat!("AKIA", "…")`.

use super::{Decoded, is_quote, is_value};
use crate::address::Encoding;
use crate::blob::OffsetMap;
use std::ops::Range;

/// Shortest value worth a search, and longest.
const SHORTEST: usize = 16;
const LONGEST: usize = 4 << 10;
/// Longest stretch of blanks and signs between two pieces.
const BETWEEN: usize = 64;

/// The value that the call at `word` joins.
pub fn call(text: &[u8], word: &Range<usize>) -> Option<Decoded> {
    let called = text.get(word.clone())?;
    let pieces = if called.ends_with(b"(") || called.ends_with(b"[") {
        forward(text, word.end)
    } else if called.ends_with(b")") {
        let mut pieces = backward(text, word.start);
        pieces.reverse();
        pieces
    } else {
        // The first piece ends where the word begins, the second begins with its last letter.
        let mut pieces = backward(text, word.start);
        pieces.truncate(1);
        pieces.extend(forward(text, word.end - 1));
        pieces
    };
    let decoded = put_together(text, &pieces)?;
    let end = decoded.span.end.max(word.end);
    Some(Decoded { span: decoded.span.start..end, ..decoded })
}

/// The value that several pieces are, if it is long enough.
pub(super) fn put_together(text: &[u8], pieces: &[Range<usize>]) -> Option<Decoded> {
    let (mut bytes, mut map) = (Vec::new(), OffsetMap::identity());
    for piece in pieces {
        map.push_plain(bytes.len(), piece.start as u64);
        bytes.extend_from_slice(&text[piece.clone()]);
    }
    let (first, last) = (pieces.first()?, pieces.last()?);
    (pieces.len() > 1 && bytes.len() >= SHORTEST).then_some(Decoded {
        span: first.start..last.end,
        encoding: Encoding::Assembled,
        bytes,
        map,
        cut: false,
    })
}

/// The pieces from `at` on, as far as nothing but commas and further calls stands between them.
fn forward(text: &[u8], mut at: usize) -> Vec<Range<usize>> {
    let (mut pieces, from) = (Vec::new(), at);
    loop {
        let rest = text.get(at..text.len().min(from + LONGEST)).unwrap_or_default();
        let Some(open) = rest.iter().take(BETWEEN).position(|b| is_quote(*b)) else { break };
        let between = &rest[..open];
        let is_next = between.iter().all(|b| b.is_ascii_whitespace() || *b == b',')
            || between.trim_ascii_end().ends_with(b").concat(");
        let Some(len) = rest[open + 1..].iter().position(|b| *b == rest[open]) else { break };
        let piece = &rest[open + 1..open + 1 + len];
        if !is_next || !piece.iter().all(|b| is_value(*b)) {
            break;
        }
        pieces.push(at + open + 1..at + open + 1 + len);
        at += open + len + 2;
    }
    pieces
}

/// The pieces before `at`, which is the quote at the end of one, the last first.
fn backward(text: &[u8], mut at: usize) -> Vec<Range<usize>> {
    let (mut pieces, lowest) = (Vec::new(), at.saturating_sub(LONGEST));
    while let Some(&quote) = text.get(at).filter(|b| is_quote(**b)) {
        let Some(open) = memchr::memrchr(quote, &text[lowest..at]).map(|n| lowest + n) else { break };
        if !text[open + 1..at].iter().all(|b| is_value(*b)) {
            break;
        }
        pieces.push(open + 1..at);
        let between = text[lowest..open].iter().rev().take(BETWEEN);
        let blanks = between.take_while(|b| b.is_ascii_whitespace() || **b == b',').count();
        let Some(next) = (open - blanks).checked_sub(1).filter(|next| blanks > 0 && *next >= lowest) else {
            break;
        };
        at = next;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::marks::{Mark, WORDS};

    fn found(text: &str) -> Option<String> {
        WORDS.iter().filter(|(_, kind)| *kind == Mark::Listed).find_map(|(word, _)| {
            let at = memchr::memmem::find(text.as_bytes(), word)?;
            Some(String::from_utf8(call(text.as_bytes(), &(at..at + word.len()))?.bytes).unwrap())
        })
    }

    #[test]
    fn calls_that_join() {
        for text in [
            "k = ['abcd1234', 'EFGH+/56', 'x'].join('')",
            r#"k=["abcd1234","EFGH+/56","x"].join("")"#,
            "k = ''.join([\n    'abcd1234',\n    'EFGH+/56',\n    'x',\n])",
            r#"k = "".join(("abcd1234", "EFGH+/56", "x"))"#,
            "k='abcd1234'.concat('EFGH+/56','x')",
            "k='abcd1234'.concat('EFGH+/56').concat('x')",
            r#"const K: &str = concat!("abcd1234", "EFGH+/56", "x");"#,
            r#"k <- paste0("abcd1234", "EFGH+/56", "x")"#,
            "SELECT CONCAT('abcd1234', 'EFGH+/56', 'x')",
            r#"k = string.Concat("abcd1234", "EFGH+/56", "x");"#,
        ] {
            assert_eq!(found(text).as_deref(), Some("abcd1234EFGH+/56x"), "{text}");
        }
        for text in
            ["['a b', 'c'].join('')", "[x, 'abcd1234EFGH+/56'].join('')", "''.join([x, 'abcd1234EFGH+/56'])"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
