//! Strings that a call turns into others, letter by letter: moved by half of the alphabet, or the last letter first.
//!
//! The call stands before its string (`strrev('…')`), or behind it (`'…'[::-1]`, `'…'.split('').reverse()`, `echo … | rev`).

use super::{Decoded, is_quote};
use crate::address::Encoding;
use crate::blob::{OffsetMap, Segment};
use std::ops::Range;

/// Shortest string worth a look, and longest that is read.
const SHORTEST: usize = 16;
const LONGEST: usize = 256 << 10;
/// Longest string of which each letter has its place.
const PLACED: usize = 4 << 10;
/// Most bytes between the call and a string behind it, and one before it.
const BEHIND: usize = 16;
const BEFORE: usize = 64;

/// The string that belongs to the call of which `word` is a part, turned back.
pub fn string(text: &[u8], word: &Range<usize>, encoding: Encoding) -> Option<Decoded> {
    // `rot13` stands in quotes of its own; what turns a string around stands behind its quote.
    let to = word.start + usize::from(is_quote(text[word.start]));
    let is_quoted = encoding == Encoding::Rot13;
    let span = behind(text, word.end).or_else(|| before(text, to, is_quoted))?;
    let letters = &text[span.clone()];
    // What has blanks in it is no value.
    (letters.len() >= SHORTEST && !letters.iter().any(u8::is_ascii_whitespace)).then_some(())?;
    let mut map = OffsetMap::identity();
    let bytes = if encoding == Encoding::Rot13 {
        map.push_plain(0, span.start as u64);
        letters.iter().map(|b| moved(*b)).collect()
    } else {
        let place = |n: usize| Segment { text: n, outer: (span.end - 1 - n) as u64, num: 0, den: 1 };
        if letters.len() <= PLACED {
            (0..letters.len()).for_each(|n| map.push(place(n)));
        } else {
            // All of it begins where the string does.
            map.push(Segment { outer: span.start as u64, ..place(0) });
        }
        letters.iter().rev().copied().collect()
    };
    Some(Decoded { span, encoding, bytes, map, cut: false })
}

fn moved(b: u8) -> u8 {
    match b {
        b'a'..=b'm' | b'A'..=b'M' => b + 13,
        b'n'..=b'z' | b'N'..=b'Z' => b - 13,
        _ => b,
    }
}

/// The string that a call takes: behind its bracket, and what stands before a string of bytes.
fn behind(text: &[u8], from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let open = rest.iter().take(BEHIND).position(|b| is_quote(*b))?;
    let is_call =
        text[..from].ends_with(b"(") || rest[..open].contains(&b'(') || rest[..open].contains(&b' ');
    let is_plain = rest[..open]
        .iter()
        .all(|b| matches!(b, b'(' | b' ' | b'\n' | b'\r' | b'\t' | b'b' | b'r' | b'u' | b'N'));
    (is_call && is_plain).then_some(())?;
    let start = from + open + 1;
    let end = memchr::memchr(rest[open], &text[start..text.len().min(start + LONGEST)])?;
    Some(start..start + end)
}

/// The last string before a call on its line, but for those that are too short; in shells, a word without quotes.
fn before(text: &[u8], to: usize, is_quoted: bool) -> Option<Range<usize>> {
    let floor = to.saturating_sub(BEFORE);
    let floor = memchr::memrchr(b'\n', &text[floor..to]).map_or(floor, |n| floor + n + 1);
    let mut end = to;
    loop {
        let close = text[floor..end].iter().rposition(|b| is_quote(*b)).map(|n| floor + n);
        let Some(close) = close else { return shell_word(&text[..to], floor) };
        let lowest = close.saturating_sub(LONGEST);
        let open = memchr::memrchr(text[close], &text[lowest..close]).map(|n| lowest + n);
        match open {
            // The quote before the word itself.
            _ if is_quoted && close + 1 == to => end = close,
            Some(open) if close - open > SHORTEST => return Some(open + 1..close),
            // An argument of the call.
            Some(open) if open >= floor => end = open,
            _ => end = close,
        }
    }
}

/// The last word before a pipe.
fn shell_word(text: &[u8], floor: usize) -> Option<Range<usize>> {
    let end = floor + text[floor..].iter().rposition(|b| *b == b'|').unwrap_or(text.len() - floor);
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    let end = floor + text[floor..end].iter().rposition(|b| !is_blank(b))? + 1;
    let lowest = end.saturating_sub(LONGEST);
    let start =
        text[lowest..end].iter().rposition(u8::is_ascii_whitespace).map_or(lowest, |n| lowest + n + 1);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::marks::{Mark, WORDS};

    fn turned(text: &str) -> Option<String> {
        let found = WORDS.iter().filter(|(_, mark)| matches!(mark, Mark::Rot13 | Mark::Reversed));
        let mut found = found.filter_map(|(word, mark)| {
            let at = memchr::memmem::find(text.as_bytes(), word)?;
            let encoding = if *mark == Mark::Rot13 { Encoding::Rot13 } else { Encoding::Reversed };
            string(text.as_bytes(), &(at..at + word.len()), encoding)
        });
        found.next().map(|decoded| String::from_utf8_lossy(&decoded.bytes).into_owned())
    }

    #[test]
    fn strings_of_calls() {
        let plain = "abcdefghijklmnop0123456789";
        let back: String = plain.chars().rev().collect();
        let moved: String = plain.bytes().map(|b| char::from(moved(b))).collect();
        for text in [
            format!("$a = strrev('{back}');"),
            format!("a = StrReverse(\"{back}\")"),
            format!("a = '{back}'[::-1]"),
            format!("a = b'{back}'.decode()[::-1]"),
            format!("a = '{back}'.split('').reverse().join('')"),
            format!("a = [...'{back}'].reverse().join(\"\")"),
            format!("a = '{back}'.reverse"),
            format!("a = reverse('{back}')"),
            format!("A=$(echo '{back}' | rev)"),
            format!("A=$(echo {back} | rev)"),
            format!("let a: String = \"{back}\".chars().rev().collect();"),
            format!("$a = str_rot13('{moved}');"),
            format!("a = codecs.decode('{moved}', 'rot13')"),
            format!("a = codecs.decode(\"{moved}\", \"rot_13\")"),
            format!("A=$(echo '{moved}' | tr 'A-Za-z' 'N-ZA-Mn-za-m')"),
            format!("A=$(echo {moved} | tr A-Za-z N-ZA-Mn-za-m)"),
        ] {
            assert_eq!(turned(&text).as_deref(), Some(plain), "{text}");
        }
        for text in [
            "list.reverse()",
            "a[::-1]",
            "x | review this",
            "strrev($a)",
            "strrev('short')",
            "rot13",
            "'a'.reverse",
            "\n'.reverse",
        ] {
            assert_eq!(turned(text), None, "{text}");
        }
    }
}
