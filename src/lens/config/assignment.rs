//! Lines read as assignments, in any of the notations of configuration files and shells.

use super::names::{is_blank, is_name, is_quote, string_end, trim};
use super::seek::work;
use memchr::memchr;
use std::ops::Range;

/// How far into a line an assignment's separator may stand.
const SEPARATOR: usize = 256;

/// `name = value` in one line.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) name: Range<usize>,
    /// Offset of the separator.
    pub(super) separator: usize,
    /// Without quotes, blanks and comments.
    pub(super) value: Range<usize>,
    /// The line is commented out.
    pub(super) commented: bool,
}

/// Reads a line as an assignment, in any of the notations of configuration files and shells;
/// looks at a bounded part of it for the name.
pub(super) fn assignment(text: &[u8], line: Range<usize>) -> Option<Assignment> {
    let mut line = trim(text, line);
    let commented = strip_comment(text, &mut line);
    let mut spaced = false;
    for _ in 0..4 {
        let slice = &text[line.clone()];
        let end = slice.iter().take(16).position(|&b| is_blank(b)).unwrap_or(0);
        let rest = trim(text, line.start + end..line.end);
        if end == 0 || rest.is_empty() || matches!(text[rest.start], b'=' | b':') {
            break;
        }
        let mut lower = [0; 16];
        lower[..end].copy_from_slice(&slice[..end]);
        lower.make_ascii_lowercase();
        match &lower[..end] {
            b"export" | b"local" | b"readonly" | b"declare" | b"typeset" | b"override" | b"env" | b"arg"
            | b"label" | b"define" | b"set" | b"run" => {}
            b"setx" | b"setenv" => spaced = true,
            [b'-', ..] if end <= 4 => spaced |= slice.contains(&b'x'),
            _ => break,
        }
        spaced |= &slice[..end] == b"ENV";
        line = rest;
    }
    let slice = &text[line.clone()];
    // set "NAME=value"
    if slice.len() > 3 && slice[0] == b'"' && slice.ends_with(b"\"") {
        let name = slice[1..].iter().take(SEPARATOR).position(|&b| !is_name(b))?;
        if name > 0 && slice[1 + name] == b'=' {
            line = line.start + 1..line.end - 1;
        }
    }
    separate(text, line, commented, spaced)
}

fn separate(text: &[u8], line: Range<usize>, commented: bool, spaced: bool) -> Option<Assignment> {
    let slice = &text[line.clone()];
    work(slice.len().min(SEPARATOR));
    let first = *slice.first()?;
    let (name, mut at) = if is_quote(first) {
        let close = 1 + memchr(first, &slice[1..slice.len().min(SEPARATOR)])?;
        (1..close, close + 1)
    } else {
        let window = &slice[..slice.len().min(SEPARATOR)];
        let found = window.iter().enumerate().position(|(i, &b)| {
            let next = slice.get(i + 1).copied().unwrap_or(b' ');
            b == b'=' || b == b':' && (next.is_ascii_whitespace() || is_quote(next) || next == b'=')
        });
        match found {
            _ if spaced && found.is_none_or(|f| slice[..f].iter().any(|&b| is_blank(b))) => {
                let end = window.iter().position(|&b| is_blank(b))?;
                (0..end, end)
            }
            found => (0..found?, found?),
        }
    };
    while slice.get(at).is_some_and(|&b| is_blank(b)) {
        at += 1;
    }
    let separator = line.start + at;
    match (slice.get(at), slice.get(at + 1)) {
        (Some(b'='), Some(b'=')) => return None,
        (Some(b'='), Some(b'>')) | (Some(b':'), Some(b'=')) => at += 2,
        (Some(b'='), _) | (Some(b':'), _) => at += 1,
        (Some(_), _) if spaced => {}
        _ => return None,
    }
    let mut name = trim(text, line.start + name.start..line.start + name.end);
    while name.end > name.start && matches!(text[name.end - 1], b'?' | b'+' | b':' | b' ') {
        name.end -= 1;
    }
    if text[name.clone()].to_ascii_lowercase().starts_with(b"$env:") {
        name.start += 5;
    } else if text.get(name.start) == Some(&b'$') {
        name.start += 1;
    }
    plausible(&text[name.clone()], is_quote(first), commented).then(|| Assignment {
        name,
        separator,
        value: unquote(text, line.start + at..line.end),
        commented,
    })
}

/// Whether a text left of a separator can be a name.
fn plausible(name: &[u8], quoted: bool, commented: bool) -> bool {
    let words = name.split(|&b| b == b' ').count();
    !name.is_empty()
        && name.len() < SEPARATOR
        && words <= if commented { 1 } else { 4 }
        && memchr::memmem::find(name, b" -").is_none()
        && name.iter().any(u8::is_ascii_alphanumeric)
        && (quoted
            || name.iter().all(|&b| {
                is_name(b)
                    || matches!(
                        b,
                        b'/' | b':' | b'@' | b'$' | b'*' | b'[' | b']' | b'"' | b'\'' | b' ' | b'%'
                    )
            }))
}

/// Strips the marks of a commented-out line; an npm registry (`//host/:_authToken=`) is none.
fn strip_comment(text: &[u8], line: &mut Range<usize>) -> bool {
    let slice = &text[line.clone()];
    let marks = match slice {
        [b'/', b'/', rest @ ..] => {
            let head = &rest[..rest.len().min(SEPARATOR)];
            let eq = memchr(b'=', head).unwrap_or(0);
            if head[..eq].windows(2).any(|w| w == b"/:") { 0 } else { 2 }
        }
        [b'-', b'-', b' ', ..] => 2,
        [b'r' | b'R', b'e' | b'E', b'm' | b'M', b' ', ..] => 3,
        _ => slice.iter().take(16).take_while(|b| matches!(b, b'#' | b';')).count(),
    };
    *line = trim(text, line.start + marks..line.end);
    marks > 0
}

/// A value without its quotes, or without the comment after it.
pub(super) fn unquote(text: &[u8], range: Range<usize>) -> Range<usize> {
    let range = trim(text, range);
    let slice = &text[range.clone()];
    work(slice.len());
    let prefix = usize::from(matches!(slice, [b'@' | b'L' | b'$', b'"' | b'\'', ..]));
    match slice.get(prefix) {
        Some(&q) if is_quote(q) => {
            let from = prefix + 1;
            let close = string_end(&slice[from..], q).unwrap_or(slice.len() - from);
            range.start + from..range.start + from + close
        }
        _ => {
            let mut from = 0;
            let end = loop {
                match memchr::memchr2(b'#', b';', &slice[from..]) {
                    None => break slice.len(),
                    Some(p) if p + from == 0 || is_blank(slice[p + from - 1]) => break p + from,
                    Some(p) => from += p + 1,
                }
            };
            let mut value = trim(text, range.start..range.start + end);
            if value.end > value.start && matches!(text[value.end - 1], b';' | b',') {
                value.end -= 1;
            }
            value
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_in_many_notations() {
        let cases: &[(&str, &str, &str)] = &[
            ("KEY=VALUE1", "KEY", "VALUE1"),
            ("  key = VALUE1  # note", "key", "VALUE1"),
            ("key = \"VALUE1\" # note", "key", "VALUE1"),
            ("export KEY='VALUE1'", "KEY", "VALUE1"),
            ("declare -x KEY=\"VALUE1\"", "KEY", "VALUE1"),
            ("ENV KEY VALUE1", "KEY", "VALUE1"),
            ("ENV KEY=VALUE1", "KEY", "VALUE1"),
            ("ARG KEY=VALUE1", "KEY", "VALUE1"),
            ("set KEY=VALUE1", "KEY", "VALUE1"),
            ("set \"KEY=VALUE1\"", "KEY", "VALUE1"),
            ("set -gx KEY VALUE1", "KEY", "VALUE1"),
            ("setx KEY \"VALUE1\"", "KEY", "VALUE1"),
            ("setenv KEY VALUE1", "KEY", "VALUE1"),
            ("$env:KEY = \"VALUE1\"", "KEY", "VALUE1"),
            ("KEY := VALUE1", "KEY", "VALUE1"),
            ("KEY ?= VALUE1", "KEY", "VALUE1"),
            ("\"Name\"=\"VALUE1\"", "Name", "VALUE1"),
            ("\"Name\" = \"VALUE1\";", "Name", "VALUE1"),
            ("'key' => 'VALUE1',", "key", "VALUE1"),
            ("//registry.npmjs.org/:_authToken=VALUE1", "//registry.npmjs.org/:_authToken", "VALUE1"),
            ("aws.secret: VALUE1", "aws.secret", "VALUE1"),
            ("# KEY=VALUE1", "KEY", "VALUE1"),
            (";key = VALUE1", "key", "VALUE1"),
            ("// key = VALUE1", "key", "VALUE1"),
            ("Secret Key = VALUE1", "Secret Key", "VALUE1"),
            ("url=http://host/?a=b", "url", "http://host/?a=b"),
        ];
        for (line, name, value) in cases {
            let a = assignment(line.as_bytes(), 0..line.len()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((&line[a.name], &line[a.value]), (*name, *value), "{line}");
        }
        for line in
            ["", "=", "a == b", "# a sentence: of = words", "if (a = b) {", "see http://host", "word", "# ="]
        {
            assert!(assignment(line.as_bytes(), 0..line.len()).is_none(), "{line}");
        }
    }
}
