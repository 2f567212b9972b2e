//! Values that a program puts together from strings in a row: with an operator between them (`'AKIA' + '…'`, `"…" . "…"`), side by side
//! (`"AKIA" "…"`), or over lines (a backslash at the end of each).

use super::pieced::put_together;
use super::{Decoded, is_quote, is_value};
use crate::engine::runs::is_token;
use std::ops::Range;

/// Longest piece of a value, and longest value.
const LONGEST_PIECE: usize = 256;
const LONGEST: usize = 4 << 10;
/// Longest stretch of blanks between two pieces.
const BLANKS: usize = 128;

/// What languages write between strings that are one.
fn is_operator(b: u8) -> bool {
    matches!(b, b'+' | b'.' | b'&' | b'|' | b'<' | b'>' | b'^' | b'~')
}

/// The operator at the beginning, of up to two letters.
fn operator(text: &[u8]) -> &[u8] {
    &text[..text.iter().take(2).take_while(|b| is_operator(**b)).count()]
}

/// The value whose pieces are joined by what stands in `word`, which begins with the quote at the end of one.
pub fn at(text: &[u8], word: &Range<usize>) -> Option<Decoded> {
    let close = word.start;
    let between = text.get(close + 1..word.end)?.trim_ascii_start();
    let pieces = pieces(text, close, operator(between))?;
    put_together(text, &pieces)
}

/// The value of which the run that ends at `end` is a piece, where the next one stands on the line below: `"…"`, a line end and an
/// operator, or nothing, before the next string; or a backslash at the end of the line.
pub fn below(text: &[u8], run: &Range<usize>) -> Option<Decoded> {
    match text.get(run.end..)? {
        [b'\\', b'\n', next, ..] if is_token(*next) => continued(text, run),
        [b'"' | b'\'', b'\n' | b'\r' | b' ' | b'+' | b'.' | b'&' | b'|', ..] => {
            let at = skip(text, run.end + 1)?;
            let sign = operator(&text[at..]);
            let next = skip(text, at + sign.len())?;
            let is_below = text[run.end..next].contains(&b'\n') && is_quote(*text.get(next)?);
            is_below.then_some(())?;
            put_together(text, &pieces(text, run.end, sign)?)
        }
        _ => None,
    }
}

/// The strings from the one that ends at `close` on.
fn pieces(text: &[u8], close: usize, operator: &[u8]) -> Option<Vec<Range<usize>>> {
    let quote = *text.get(close)?;
    // Most are sentences.
    is_value(*text.get(close.checked_sub(1)?)?).then_some(())?;
    let lowest = close.saturating_sub(LONGEST_PIECE);
    let open = lowest + memchr::memrchr(quote, &text[lowest..close])?;
    (!operator.is_empty() || is_one_value(text, open)).then_some(())?;
    let (mut piece, mut all, mut len) = (open + 1..close, Vec::new(), 0);
    loop {
        len += piece.len();
        if !text[piece.clone()].iter().all(|b| is_value(*b)) || len > LONGEST {
            break;
        }
        let end = piece.end;
        all.push(piece);
        let Some(next) = next_piece(text, end + 1, operator) else { break };
        piece = next;
    }
    Some(all)
}

/// The lines that a backslash joins, from `run` on.
fn continued(text: &[u8], run: &Range<usize>) -> Option<Decoded> {
    let (mut all, mut last, mut len) = (vec![run.clone()], run.end, run.len());
    while text[last..].starts_with(b"\\\n") && len < LONGEST {
        let start = last + 2;
        last = start + text[start..].iter().take(LONGEST_PIECE).take_while(|b| is_token(**b)).count();
        len += last - start;
        all.push(start..last);
    }
    put_together(text, &all)
}

fn skip(text: &[u8], at: usize) -> Option<usize> {
    Some(at + text.get(at..)?.iter().take(BLANKS).take_while(|b| b.is_ascii_whitespace()).count())
}

/// The string behind the operator that stands at `at`, behind blanks.
fn next_piece(text: &[u8], at: usize, operator: &[u8]) -> Option<Range<usize>> {
    let at = skip(text, at)?;
    text[at..].starts_with(operator).then_some(())?;
    let mut open = skip(text, at + operator.len())?;
    // Lines of Visual Basic go on behind such a sign.
    if operator == b"&" && text.get(open) == Some(&b'_') {
        open = skip(text, open + 1)?;
    }
    let quote = *text.get(open).filter(|b| is_quote(**b))?;
    let start = open + 1;
    let end = start + memchr::memchr(quote, &text[start..text.len().min(start + LONGEST_PIECE)])?;
    Some(start..end)
}

/// Whether strings side by side, of which the first begins at `open`, are one value, as in C and Python, and not several, as in shells,
/// Lisp and lists: they are assigned, passed behind a bracket or a comma, returned or defined.
fn is_one_value(text: &[u8], open: usize) -> bool {
    let before = |to: usize| {
        let from = to.saturating_sub(BLANKS);
        text[from..to].trim_ascii_end()
    };
    let prefix = before(open);
    match prefix.last() {
        Some(b'=' | b',' | b':') => true,
        // A call, or brackets around a value; `=(` begins a list of a shell.
        Some(b'(') => {
            let from = open - (text[open.saturating_sub(BLANKS)..open].len() - prefix.len());
            let outer = before(from - 1);
            let is_spaced = outer.len() < text[(from - 1).saturating_sub(BLANKS)..from - 1].len();
            outer.last().is_some_and(|b| match b {
                b'=' | b':' | b',' => is_spaced,
                b => is_token(*b) && !is_spaced || outer.ends_with(b"return"),
            })
        }
        _ => {
            let line = &prefix[prefix.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1)..];
            prefix.ends_with(b"return") || line.trim_ascii_start().starts_with(b"#define ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;
    use crate::engine::marks::{Mark, WORDS};

    fn found(text: &str) -> Option<Decoded> {
        WORDS.iter().filter(|(_, kind)| *kind == Mark::Joined).find_map(|(word, _)| {
            let start = memchr::memmem::find(text.as_bytes(), word)?;
            at(text.as_bytes(), &(start..start + word.len()))
        })
    }

    #[test]
    fn long_chains_are_gone_through_once() {
        let text = "'a' + ".repeat(10_000);
        let decoded = at(text.as_bytes(), &(2..7)).unwrap();
        assert!(decoded.bytes.len() == LONGEST && decoded.span.end > 6 * (LONGEST - 1));
    }

    #[test]
    fn values_in_pieces() {
        for text in [
            "key = 'abcdefgh' + 'ijkl' + \"mnop\";",
            "key = 'abcdefgh' +\n    'ijklmnop'",
            "key='abcdefgh'+'ijkl'+'mnop'",
            "$key = 'abcdefgh' . 'ijklmnop';",
            "$key='abcdefgh'.'ijklmnop';",
            "key = \"abcdefgh\"&\"ijklmnop\"",
            "key = 'abcdefgh' .. 'ijkl' .. 'mnop'",
            "key = 'abcdefgh' || 'ijklmnop'",
            "key = \"abcdefgh\" ++ \"ijklmnop\"",
            "key = \"abcdefgh\" \"ijklmnop\";",
            "#define KEY \"abcdefgh\" \"ijklmnop\"",
            "return \"abcdefgh\" \"ijklmnop\";",
            "f(\"abcdefgh\" \"ijklmnop\")",
            "key = ('abcdefgh' 'ijkl'\n    'mnop')",
        ] {
            let decoded = found(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(decoded.bytes, b"abcdefghijklmnop", "{text}");
            assert_eq!(decoded.map.outer(TextOffset(8)) as usize, text.find("ijkl").unwrap());
        }
        for text in [
            "'abc' + 'def'",
            "'some words' + 'and more of them'",
            "'abcdefghijklmnop' + name",
            "' + '",
            "keys=('abcdefgh' 'ijklmnop')",
            "[ \"abcdefgh\" \"ijklmnop\" ]",
            "(list \"abcdefgh\" \"ijklmnop\")",
            "run \"abcdefgh\" \"ijklmnop\"",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn values_over_lines() {
        for text in [
            "key = \"abcdefghijklmnop\"\n    \"qrst\";",
            "key = (\n    'abcdefghijklmnop'\n    'qrst'\n)",
            "key = \"abcdefghijklmnop\"\n    + \"qrst\";",
            "key = 'abcdefghijklmnop'\n    . 'qrst';",
            "KEY=abcdefghijklmnop\\\nqrst\n",
        ] {
            let start = text.find("abcd").unwrap();
            let decoded = below(text.as_bytes(), &(start..start + 16)).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(decoded.bytes, b"abcdefghijklmnopqrst", "{text}");
        }
        for text in [
            "key = \"abcdefghijklmnop\"\nother = \"qrst\"",
            "- \"abcdefghijklmnop\"\n- \"qrst\"",
            "abcdefghijklmnop\nqrst",
            "[\n  \"abcdefghijklmnop\"\n  \"qrst\"\n]",
        ] {
            let start = text.find("abcd").unwrap();
            assert_eq!(below(text.as_bytes(), &(start..start + 16)), None, "{text}");
        }
    }
}
