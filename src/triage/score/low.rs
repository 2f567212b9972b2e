//! What is probably a secret, and all the same worth a hint only.

use super::line::Line;
use crate::engine::assignment::{Form, Named};
use crate::triage::{names, natural};

/// Why a value that is probably a secret is worth a hint only.
pub(super) fn only_low(text: &[u8], named: &Named, is_default: bool) -> Option<&'static str> {
    if is_default {
        return Some("a password that everybody knows");
    }
    let value = &text[named.value.clone()];
    let name = String::from_utf8_lossy(&text[named.name.clone()]);
    let words = names::words(&name);
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    if has(&[
        "default", "dummy", "example", "sample", "fake", "mock", "test", "invalid", "wrong", "bad", "old",
    ]) {
        return Some("its name says that it is a default or made up");
    }
    // What stands in columns of passwords, in the dump of a database.
    let is_hash = matches!(value.len(), 32 | 40 | 64 | 96 | 128) && value.iter().all(u8::is_ascii_hexdigit);
    if named.form == Form::Clause && is_hash {
        return Some("probably the hash of a password");
    }
    if has(&["salt", "nonce"]) {
        return Some("a salt or nonce is no secret by itself");
    }
    let is_password = named.form == Form::Login || has_word(&words, PASSWORDS);
    if !is_password && (value.len() < 12 || natural::surprise(value) < 4.0) {
        return Some("short or readable for a key or token");
    }
    let letters = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'@' | b' ' | b'-' | b'_');
    if value.iter().all(letters) && natural::surprise(value) < 0.0 {
        return Some("a word as others are");
    }
    let line = Line::around(text, named);
    if line.is_comment || line.is_prompt {
        return Some("in a comment or an example");
    }
    if is_in_comment(text, named.name.start) {
        return Some("in a comment or documentation");
    }
    is_in_test_module(text, named.name.start).then_some("in the tests of its file")
}

/// How far back a module of tests may begin: most stand at the end of a file.
const TESTS: usize = 64 << 10;

/// Whether `at` stands behind Rust's `#[cfg(test)] mod tests {`.
fn is_in_test_module(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(TESTS)..at];
    memchr::memmem::rfind(before, b"#[cfg(test)]").is_some_and(|found| {
        let behind = before[found + 12..].trim_ascii_start();
        behind.starts_with(b"mod ") && memchr::memmem::find(&behind[..behind.len().min(80)], b"{").is_some()
    })
}

/// Words of names whose values people choose.
pub(super) const PASSWORDS: &[&str] = &[
    "pass",
    "pwd",
    "psw",
    "pw",
    "identified",
    "contrase",
    "senha",
    "kennwort",
    "wachtwoord",
    "hasl",
    "parol",
    "salasana",
    "heslo",
    "jelsz",
    "sifre",
];

pub(super) fn has_word(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|w| list.iter().any(|l| w.contains(l)))
}

/// How far back a comment or a documentation text may have begun. Not the whole text: a hostile one is
/// nothing but passwords.
const COMMENT: usize = 8 << 10;

/// Whether `at` is inside `/* … */`, `<!-- … -->` or a documentation text in triple quotes.
fn is_in_comment(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(COMMENT)..at];
    is_open(before, b"/*", b"*/") || is_open(before, b"<!--", b"-->") || is_in_docstring(before)
}

/// Whether `at` is inside what documents code: `/** … */` or a text in triple quotes. What merely switches code off
/// is not meant.
pub(crate) fn is_in_documentation(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(COMMENT)..at];
    // A key in triple quotes that is assigned to a name is no documentation.
    is_open(before, b"/**", b"*/") && begins_line(before, b"/**")
        || last_triple(before)
            .is_some_and(|at| is_first_of_line(before, at) && opens_documentation(before, at))
}

/// Whether only a letter or two of a literal's kind stand before `at` on its line.
fn is_first_of_line(text: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let before = text[line..at].trim_ascii();
    before.len() <= 2 && before.iter().all(u8::is_ascii_alphabetic)
}

/// Whether the last `mark` begins a line and is a word: in `dist/**` it is neither.
fn begins_line(text: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::rfind(text, mark).is_some_and(|at| {
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
        text[line..at].trim_ascii().is_empty()
            && text.get(at + mark.len()).is_some_and(u8::is_ascii_whitespace)
    })
}

/// Whether what `start` begins goes on behind the text.
fn is_open(before: &[u8], start: &[u8], end: &[u8]) -> bool {
    memchr::memmem::rfind(before, start)
        .is_some_and(|at| memchr::memmem::rfind(&before[at + start.len() - 1..], end).is_none())
}

fn is_in_docstring(before: &[u8]) -> bool {
    last_triple(before).is_some_and(|at| opens_documentation(before, at))
}

/// Where the last triple quote stands.
fn last_triple(before: &[u8]) -> Option<usize> {
    let last = |mark: &[u8]| memchr::memmem::rfind(before, mark);
    last(b"\"\"\"").max(last(b"'''"))
}

/// Whether the triple quote at `at` begins a text of documentation rather than ends one.
fn opens_documentation(text: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let before = text[line..at].trim_ascii();
    let prefix = before.iter().all(|b| matches!(b, b'r' | b'R' | b'u' | b'f' | b'b'));
    if !prefix || before.len() > 2 {
        // `EXAMPLES = r'''`, `help="""`; else the end of a text.
        return before.ends_with(b"=")
            || before.ends_with(b"= r")
            || before.ends_with(b"=r")
            || before.ends_with(b"(");
    }
    let behind = text.get(at + 3..).unwrap_or_default();
    if behind.first().is_some_and(|b| !matches!(b, b'\n' | b'\r' | b')' | b',' | b' ' | b'.' | b'%')) {
        return true;
    }
    let above = text[..line].trim_ascii_end();
    above.is_empty() || above.ends_with(b":") || above.ends_with(b"(")
}
