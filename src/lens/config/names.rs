//! What authors call values: names cleaned for print, names inside a value (`KEY=value`),
//! name/value idioms.

use super::seek::work;
use memchr::{memchr, memrchr};
use std::ops::Range;

/// Longest name printed, in bytes.
pub(super) const NAME: usize = 128;

/// How far to look back from a hit for its name inside a value.
const LOOK_BACK: usize = 512;

pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\x0b' | b'\x0c')
}

pub(super) fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// A byte of a name as written in files and shells.
pub(super) fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80
}

/// `range` of `text` without blanks and line ends at both ends.
pub(super) fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let slice = text.get(range.clone()).unwrap_or_default();
    let left = slice.len() - slice.trim_ascii_start().len();
    let right = slice[left..].trim_ascii_end().len();
    range.start + left..range.start + left + right
}

/// A name for print: without blanks and quotes around it, escapes of quoted names undone, not
/// longer than [`NAME`].
pub(super) fn clean(bytes: &[u8]) -> String {
    let mut bytes = bytes.trim_ascii();
    if let [first, .., last] = bytes
        && is_quote(*first)
        && first == last
    {
        bytes = &bytes[1..bytes.len() - 1];
    }
    let cut = bytes.len() > NAME;
    let mut name = match memchr(b'\\', &bytes[..bytes.len().min(NAME)]) {
        None => String::from_utf8_lossy(&bytes[..bytes.len().min(NAME)]).into_owned(),
        Some(_) => unescape(&bytes[..bytes.len().min(NAME)]),
    };
    if cut {
        while name.ends_with(char::REPLACEMENT_CHARACTER) {
            name.pop();
        }
        name.push('…');
    }
    name
}

fn unescape(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let kept = rest.clone();
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(c @ ('"' | '\'' | '\\' | '/')) => out.push(c),
            Some('u') => {
                let hex: String = rest.by_ref().take(4).collect();
                match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).filter(|_| hex.len() == 4) {
                    Some(c) => out.push(c),
                    None => {
                        out.push('\\');
                        rest = kept;
                    }
                }
            }
            _ => {
                out.push('\\');
                rest = kept;
            }
        }
    }
    out
}

/// A key in lower case without separators, if it is short enough for a word of the idiom.
fn word(key: &[u8], buf: &mut [u8; 16]) -> Option<usize> {
    let mut n = 0;
    for &b in key.iter().filter(|b| !matches!(b, b'_' | b'-')) {
        *buf.get_mut(n)? = b.to_ascii_lowercase();
        n += 1;
    }
    Some(n)
}

/// How well a member of this key names the value beside it (lower is better):
/// `{"name": "AWS_SECRET", "value": "…"}`.
pub(super) fn naming(key: &[u8]) -> Option<u8> {
    if !(2..=18).contains(&key.len()) {
        return None;
    }
    let mut buf = [0; 16];
    let n = word(key, &mut buf)?;
    Some(match &buf[..n] {
        b"name" | b"key" | b"parameterkey" | b"parametername" | b"paramname" | b"optionname" | b"envname" => {
            0
        }
        b"variable" | b"variablename" | b"field" | b"fieldname" | b"secretname" | b"property" => 1,
        b"label" | b"title" => 2,
        b"id" => 3,
        _ => return None,
    })
}

/// Whether a key only says that the value is a value, so that a sibling may name it.
pub(super) fn is_value_word(key: &[u8]) -> bool {
    if !(3..=18).contains(&key.len()) {
        return false;
    }
    let mut buf = [0; 16];
    word(key, &mut buf).is_some_and(|n| {
        matches!(
            &buf[..n],
            b"value"
                | b"val"
                | b"values"
                | b"content"
                | b"default"
                | b"defaultvalue"
                | b"initialvalue"
                | b"currentvalue"
                | b"parametervalue"
                | b"paramvalue"
                | b"envvalue"
                | b"optionvalue"
                | b"stringvalue"
                | b"secretvalue"
                | b"text"
                | b"data"
        )
    })
}

/// Whether a text can be what an author calls a value; `AKIAIOSFODNN7EXAMPLE`, a UUID or a
/// sentence cannot.
pub(super) fn looks_like_name(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    if !(2..=NAME).contains(&name.len()) || !name.iter().any(u8::is_ascii_alphabetic) {
        return false;
    }
    let blanks = name.iter().filter(|b| b.is_ascii_whitespace()).count();
    let digits = name.iter().filter(|b| b.is_ascii_digit()).count();
    let separators = name.iter().filter(|b| matches!(b, b'_' | b'-' | b'.' | b':' | b'/' | b' ')).count();
    let random = name.len() >= 16 && digits > 0 && (separators == 0 || digits * 3 > name.len());
    blanks <= 4 && !random && !name.contains(&b'\n')
}

/// A name found inside a value, and the part of the value it names.
pub(super) struct Inner {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The name just before `at` inside a value: `KEY=value`, `?token=…&secret=…`,
/// `Authorization: Bearer …`, `{\"secret\":\"…\"}`. Looks at a bounded stretch around `at`.
pub(super) fn inner(text: &[u8], value: &Range<usize>, at: usize) -> Option<Inner> {
    let low = value.start.max(at.saturating_sub(LOOK_BACK));
    let mut start = at;
    while start > low && !is_break(text[start - 1]) {
        start -= 1;
    }
    work(at - start);
    if start > low && text[start - 1] == b'\\' {
        start += escape_tail(&text[start..at]);
    }
    let run = text.get(start..at)?;
    let (name, from) = match memchr(b'=', run) {
        Some(eq) => (name_before(text, low, start + eq), start + eq + 1),
        None => (outside_name(text, value, low, start)?, start),
    };
    if name.len() < 2 || !text[name.clone()].iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let high = value.end.min(at.saturating_add(LOOK_BACK * 8));
    let mut end = at;
    while end < high && !is_break(text[end]) {
        end += 1;
    }
    work(end - at);
    (from <= at && at < end).then_some(Inner { name, value: from..end })
}

fn is_break(b: u8) -> bool {
    b <= b' '
        || matches!(
            b,
            b'"' | b'\''
                | b'`'
                | b'&'
                | b';'
                | b','
                | b'?'
                | b'('
                | b')'
                | b'{'
                | b'}'
                | b'<'
                | b'>'
                | b'['
                | b']'
                | b'|'
                | b'\\'
        )
}

/// Bytes of an escape after its backslash: `n` of `\nKEY=…`, `u0026` of `\u0026key=…`.
fn escape_tail(run: &[u8]) -> usize {
    match run {
        [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => 5,
        [b'n' | b't' | b'r', ..] => 1,
        _ => 0,
    }
}

/// The name that ends at `end`, without the dashes of a flag.
fn name_before(text: &[u8], low: usize, end: usize) -> Range<usize> {
    let mut start = end;
    while start > low && is_name(text[start - 1]) {
        start -= 1;
    }
    if start > low && text[start - 1] == b'\\' {
        start += escape_tail(&text[start..end]);
    }
    while start < end && text[start] == b'-' {
        start += 1;
    }
    start..end
}

/// The name before a separator that stands before `start`: `key = `, `\"key\": \"`.
fn outside_name(text: &[u8], value: &Range<usize>, low: usize, start: usize) -> Option<Range<usize>> {
    let (mut p, mut quoted) = back_over(text, low, start);
    let mut scheme = false;
    if !quoted {
        let word = name_before(text, low, p);
        if matches!(&text[word.clone()], b"Bearer" | b"bearer" | b"Basic" | b"token" | b"Token") {
            (p, quoted) = back_over(text, low, word.start);
            scheme = true;
        }
    }
    let lines = || memchr(b'\n', &text[low..value.end.min(start + LOOK_BACK)]).is_some();
    let mut header = false;
    match text.get(p.checked_sub(1)?)? {
        _ if p <= low => return None,
        b'=' if p < 2 || !matches!(text[p - 2], b'=' | b'!' | b'<' | b'>') => {}
        b'>' if p >= 2 && text[p - 2] == b'=' => p -= 1,
        b':' if p < start && (quoted || scheme || lines()) => {}
        // X-Api-Key: …
        b':' if p < start => header = true,
        _ => return None,
    }
    p -= 1;
    while p > low && matches!(text[p - 1], b':' | b'?' | b'+') {
        p -= 1;
    }
    let (p, _) = back_over(text, low, p);
    let name = name_before(text, low, p);
    let whole = !header || name.start == value.start && text[name.clone()].contains(&b'-');
    (!name.is_empty() && whole).then_some(name)
}

/// Back over blanks and (escaped) quotes; whether there was a quote.
fn back_over(text: &[u8], low: usize, mut p: usize) -> (usize, bool) {
    let mut quoted = false;
    while p > low && (is_blank(text[p - 1]) || is_quote(text[p - 1]) || text[p - 1] == b'\\') {
        quoted |= is_quote(text[p - 1]);
        p -= 1;
    }
    (p, quoted)
}

/// Offset of the closing quote in what follows an opening one.
pub(super) fn string_end(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        let p = at + memchr::memchr2(quote, b'\\', rest.get(at..)?)?;
        if rest[p] == quote {
            return Some(p);
        }
        at = p + 2;
    }
}

/// The line around `at`, not farther than `window` on either side.
pub(super) fn line_around(text: &[u8], at: usize, window: usize) -> Range<usize> {
    let at = at.min(text.len());
    let low = at.saturating_sub(window);
    let high = text.len().min(at.saturating_add(window));
    work(high - low);
    let start = memrchr(b'\n', &text[low..at]).map_or(low, |p| low + p + 1);
    let end = memchr(b'\n', &text[at..high]).map_or(high, |p| at + p);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_values() {
        let cases: &[(&str, Option<&str>)] = &[
            ("KEY=VALUE1", Some("KEY")),
            ("KEY=prefixVALUE1", Some("KEY")),
            ("https://host/?a=b&token=VALUE1&c=d", Some("token")),
            ("Authorization: Bearer VALUE1", Some("Authorization")),
            ("--secret-key=VALUE1", Some("secret-key")),
            ("\\nexport KEY=VALUE1\\n", Some("KEY")),
            ("#!/bin/sh\\nKEY=VALUE1\\n", Some("KEY")),
            ("{\\\"secret\\\": \\\"VALUE1\\\"}", Some("secret")),
            ("a\\u0026secret=VALUE1", Some("secret")),
            ("secret = 'VALUE1'", Some("secret")),
            ("X-Api-Key: VALUE1", Some("X-Api-Key")),
            ("error: VALUE1", None),
            ("VALUE1", None),
            ("some VALUE1", None),
        ];
        for (value, name) in cases {
            let at = value.find("VALUE1").expect("a value");
            let found = inner(value.as_bytes(), &(0..value.len()), at);
            assert_eq!(found.as_ref().map(|i| &value[i.name.clone()]), *name, "{value}");
            if let Some(i) = found {
                assert!(i.value.contains(&at) && value[i.value].ends_with("VALUE1"), "{value}");
            }
        }
    }

    #[test]
    fn cleaned_names() {
        assert_eq!(clean(b" \"a\\\"b\" "), "a\"b");
        assert_eq!(clean(b"\\u0041b"), "Ab");
        assert_eq!(clean(b"\\u00zz\\"), "\\u00zz\\");
        assert!(clean(&[b'x'; 1000]).len() <= NAME + 4);
        assert!(!looks_like_name(b"AKIAIOSFODNN7EXAMPLE"));
        assert!(!looks_like_name(b"3f2504e0-4f89-11d3-9a0c-0305e82c3301"));
        assert!(looks_like_name(b"AWS_SECRET_ACCESS_KEY_2"));
    }
}
