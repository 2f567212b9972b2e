//! What the line of a value looks like.

use crate::engine::assignment::Named;

/// What the line of a value looks like.
pub(super) struct Line {
    pub is_statement: bool,
    pub is_among_settings: bool,
    /// A line of a file of settings: all of it is a name and a value, and so are its neighbours.
    pub is_setting: bool,
    pub is_comment: bool,
    /// A line of an interpreter or a shell, as documentation shows it.
    pub is_prompt: bool,
    pub is_prose: bool,
}

impl Line {
    pub(super) fn around(text: &[u8], named: &Named) -> Line {
        let from = named.name.start.saturating_sub(240);
        let from = memchr::memrchr(b'\n', &text[from..named.name.start]).map_or(from, |at| from + at + 1);
        let end = text.len().min(named.value.end + 160);
        let to = memchr::memchr(b'\n', &text[named.value.end..end]).map_or(end, |at| named.value.end + at);
        let before = &text[from..named.name.start];
        let start = before.trim_ascii_start();
        let line = text[from..to].trim_ascii_end();
        let is_comment = [&b"#"[..], b"//", b"*", b"/*", b"--", b";", b"<!--", b"rem ", b"REM "]
            .iter()
            .any(|c| start.starts_with(c))
            && !start.starts_with(b"#define")
            && !start.starts_with(b"--password");
        let words = before
            .split(|b| *b == b' ')
            .filter(|w| w.len() >= 2 && w.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b',' | b'.')))
            .count();
        let last = line.last().copied().unwrap_or(b' ');
        let previous = from.checked_sub(1).map_or(&b""[..], |end| line_that_ends(text, end));
        let next = text.get(to + 1..).map_or(&b""[..], |rest| {
            &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(160)]).unwrap_or(rest.len().min(160))]
        });
        let is_plain = |line: &[u8]| {
            let line = line.trim_ascii();
            line.is_empty()
                || matches!(line[0], b'#' | b';' | b'[' | b'!')
                || is_setting(line) && !line.iter().any(|b| matches!(b, b'(' | b'"' | b'\'' | b'{' | b'['))
        };
        Line {
            is_setting: before.is_empty()
                && named.value.end == from + line.len()
                && is_plain(previous)
                && is_plain(next)
                && (is_setting(previous) || is_setting(next)),
            is_statement: matches!(last, b';' | b'{' | b'(' | b',' | b')'),
            is_among_settings: !matches!(last, b';' | b'{' | b'(')
                && (is_setting(previous) || is_setting(next)),
            is_comment,
            is_prompt: [
                &b">>> "[..],
                b"... ",
                b"iex> ",
                b"irb> ",
                b"...> ",
                b"$ ",
                b"% ",
                b"sails> ",
                b"mysql> ",
                b"> ",
            ]
            .iter()
            .any(|p| start.starts_with(p)),
            is_prose: words >= 4,
        }
    }
}

fn line_that_ends(text: &[u8], end: usize) -> &[u8] {
    let from = end.saturating_sub(160);
    let line = &text[from..end];
    memchr::memrchr(b'\n', line).map_or(line, |at| &line[at + 1..])
}

/// `NAME=value`, `name: value`.
fn is_setting(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"export ").or(line.strip_prefix(b"- ")).unwrap_or(line);
    let name =
        line.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    let rest = line[name..].trim_ascii_start();
    name > 0
        && matches!(rest, [b'=' | b':', next, ..] if !matches!(next, b'=' | b':' | b'>'))
        && !matches!(line.last(), Some(b';' | b'{' | b'(' | b',' | b')'))
}
