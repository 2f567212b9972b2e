//! What is probably a secret, and all the same worth a hint only.

use super::line::Line;
use crate::engine::assignment::{Form, Named};
use crate::triage::placeholders::{self, Placeholder};
use crate::triage::{names, natural};

/// Why a value that is probably a secret is worth a hint only.
pub(super) fn only_low(text: &[u8], named: &Named, is_default: bool) -> Option<&'static str> {
    if is_default {
        return Some("a password that everybody knows");
    }
    let value = &text[named.value.clone()];
    // `test1`, `admin12`
    let digits = value.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let word = &value[..value.len() - digits];
    if (1..=3).contains(&digits)
        && placeholders::kind(word)
            .is_some_and(|found| found.is_weak_word() || matches!(found, Placeholder::KnownDefault(_)))
    {
        return Some("a password that everybody knows");
    }
    // `{"user": "kodi", "pwd": "kodi"}`
    let before = &text[named.name.start.saturating_sub(60)..named.name.start];
    let is_user = named.quoted
        && memchr::memmem::find(before, b"user").is_some()
        && memchr::memmem::find_iter(before, value).any(|at| {
            let quote = at.checked_sub(1).map(|i| before[i]);
            matches!(quote, Some(b'"' | b'\'')) && before.get(at + value.len()).copied() == quote
        });
    if is_user {
        return Some("a password that is the user's name");
    }
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
    let is_key = has(&["api", "access", "secret", "private", "client"]) && !has_word(&words, PASSWORDS);
    if named.form == Form::Clause && is_hash && !is_key {
        return Some("probably the hash of a password");
    }
    if has(&["salt", "nonce", "seed"]) {
        return Some("a salt, nonce or seed is no secret by itself");
    }
    let is_password = named.form == Form::Login || has_word(&words, PASSWORDS);
    if !is_password && (value.len() < 12 || natural::surprise(value) < 4.0) {
        return Some("short or readable for a key or token");
    }
    if !is_password && !named.quoted && !value.iter().any(u8::is_ascii_digit) {
        return Some("letters without quotes under the name of a key or token");
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
    let at = named.name.start;
    (is_in_test_module(text, at) || is_in_test(text, at)).then_some("in the tests of its file")
}

/// How far back what holds a line may begin.
const FUNCTION: usize = 16 << 10;

/// Whether `at` is in a test among a file's other code: of what begins at the border of the text the last before it is
/// `def test_login():`, `func TestLogin(t *testing.T) {`, `describe('login', () => {`, `if __name__ == "__main__":`.
fn is_in_test(text: &[u8], at: usize) -> bool {
    const TESTS: [&[u8]; 14] = [
        b"def test",
        b"async def test",
        b"class Test",
        b"if __name__",
        b"func Test",
        b"func Benchmark",
        b"func Example",
        b"func Fuzz",
        b"describe(",
        b"describe.",
        b"it(",
        b"it.",
        b"test(",
        b"test.",
    ];
    let from = at.saturating_sub(FUNCTION);
    let before = &text[from..at];
    let begins = |line: usize| {
        // A name, not what closes brackets or a text that goes on there.
        before.get(line).is_some_and(u8::is_ascii_alphabetic)
    };
    let found = memchr::memrchr_iter(b'\n', before)
        .map(|end| end + 1)
        .find(|&line| line == before.len() || begins(line));
    found.is_some_and(|line| TESTS.iter().any(|test| before[line..].starts_with(test)))
        || is_in_rust_test(before)
        || is_in_erlang_test(text, at)
}

/// Whether the last condition that is open in a module of Erlang is that of its tests.
fn is_in_erlang_test(text: &[u8], at: usize) -> bool {
    if !begins_with(text, b"-module(") {
        return false;
    }
    let before = &text[at.saturating_sub(MODULE_OF_TESTS)..at];
    last_open(before, b"\n-ifdef(TEST).", b"\n-endif.").is_some()
}

/// Whether a word stands near the beginning of a file: what is asked of the programs of one language takes time in dumps of
/// a million passwords.
fn begins_with(text: &[u8], word: &[u8]) -> bool {
    const HEAD: usize = 4 << 10;
    memchr::memmem::find(&text[..text.len().min(HEAD)], word).is_some()
}

/// Whether the last function that begins has the attribute `#[test]`, or that of an executor.
fn is_in_rust_test(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(4 << 10)..];
    let Some(attribute) = crate::search::last(near, b"test]\n") else { return false };
    let mut functions = near[attribute..].split(|b| *b == b'\n').filter(|line| {
        let line = line.trim_ascii_start();
        [&b"fn "[..], b"async fn ", b"pub fn ", b"pub(crate) fn "].iter().any(|start| line.starts_with(start))
    });
    functions.next().is_some() && functions.next().is_none()
}

/// How far back a module of tests may begin: most stand at the end of a file.
const MODULE_OF_TESTS: usize = 64 << 10;

/// Whether the last module that begins before `at` stands under Rust's `#[cfg(test)]`.
fn is_in_test_module(text: &[u8], at: usize) -> bool {
    if ![&b"::"[..], b"fn ", b"#["].iter().any(|sign| begins_with(text, sign)) {
        return false;
    }
    let before = &text[at.saturating_sub(MODULE_OF_TESTS)..at];
    crate::search::last(before, b"\nmod ").is_some_and(|found| {
        ends_in_test_attribute(&before[..found + 1]) && stands_here(&before[found + 1..])
    })
}

/// Whether a module that begins so stands here, and not in a file of its own: `mod tests;`.
fn stands_here(module: &[u8]) -> bool {
    let line = module.split(|b| *b == b'\n').next().unwrap_or_default();
    memchr::memchr(b'{', line).is_some()
}

/// Whether the lines before a module are attributes, and one of them says that it is for tests: `#[cfg(test)]`,
/// `#[cfg(all(test, feature = "std"))]`.
fn ends_in_test_attribute(above: &[u8]) -> bool {
    let mut rest = above.trim_ascii_end();
    for _ in 0..4 {
        let line = memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1);
        let attribute = rest[line..].trim_ascii();
        if attribute.starts_with(b"#[cfg(") && memchr::memmem::find(attribute, b"test").is_some() {
            return true;
        }
        if !attribute.starts_with(b"#[") {
            return false;
        }
        rest = rest[..line].trim_ascii_end();
    }
    false
}

/// Longest text that is looked through for a module of tests.
const LONGEST_SOURCE: usize = 4 << 20;

/// Where the first module under `#[cfg(test)]` begins.
fn test_module(text: &[u8]) -> Option<usize> {
    let text = &text[..text.len().min(LONGEST_SOURCE)];
    let modules = [&b"\nmod "[..], b"\npub mod ", b"\npub(crate) mod "];
    let first = |module: &&[u8]| {
        memchr::memmem::find_iter(text, module)
            .find(|&at| ends_in_test_attribute(&text[..at + 1]) && stands_here(&text[at + 1..]))
    };
    modules.iter().filter_map(first).min()
}

/// Words of names whose values people choose.
pub(in crate::triage) const PASSWORDS: &[&str] = &[
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

pub(in crate::triage) fn has_word(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|w| list.iter().any(|l| w.contains(l)))
}

/// How far back a comment or a documentation text may have begun. Not the whole text: a hostile one is
/// nothing but passwords.
const COMMENT: usize = 8 << 10;

/// Whether `at` is inside `/* … */`, `<!-- … -->` or a documentation text in triple quotes.
fn is_in_comment(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(COMMENT)..at];
    last_open(before, b"/*", b"*/").is_some()
        || last_open(before, b"<!--", b"-->").is_some()
        || is_in_docstring(before, true)
}

/// Which places of a text are inside what documents code: `/** … */` or a text in triple quotes. What merely switches
/// code off is not meant, nor is a key in triple quotes that is assigned to a name. Asked for places in rising
/// order, it reads the text once.
pub(crate) struct Documentation<'t> {
    text: &'t [u8],
    /// What was read.
    to: usize,
    /// Where the last of each of [`MARKS`] stands.
    last: [Option<usize>; 4],
    /// Where Rust's module of tests begins, once that was asked.
    tests: Option<Option<usize>>,
}

const MARKS: [&[u8]; 4] = [b"/**", b"*/", b"\"\"\"", b"'''"];

impl<'t> Documentation<'t> {
    pub(crate) fn of(text: &'t [u8]) -> Self {
        Documentation { text, to: 0, last: [None; 4], tests: None }
    }

    /// Whether `at` is, or in the tests of a file of source.
    pub(crate) fn or_tests_hold(&mut self, at: usize) -> bool {
        let tests = *self.tests.get_or_insert_with(|| test_module(self.text));
        tests.is_some_and(|tests| tests < at) || is_in_test(self.text, at) || self.holds(at)
    }

    /// Whether `at` is.
    pub(crate) fn holds(&mut self, at: usize) -> bool {
        // A page of the manual begins with a comment or its title.
        if [&b".\\\""[..], b"'\\\"", b".TH ", b".Dd "].iter().any(|start| self.text.starts_with(start)) {
            return true;
        }
        if at < self.to {
            *self = Documentation { tests: self.tests, ..Documentation::of(self.text) };
        }
        let near = &self.text[at.saturating_sub(512)..at];
        let line = line_before(near, near.len());
        if line.starts_with(b"///") || line.starts_with(b"//!") {
            return true;
        }
        let floor = at.saturating_sub(COMMENT);
        // A mark may lie across the end of what was read.
        let new = floor.max(self.to.saturating_sub(2))..at;
        for (last, mark) in self.last.iter_mut().zip(MARKS) {
            let found = crate::search::last(&self.text[new.clone()], mark).map(|found| new.start + found);
            *last = found.or(*last).filter(|last| *last >= floor);
        }
        self.to = at;
        let before = &self.text[floor..at];
        let [opens, closes, double, single] = self.last.map(|last| last.map(|last| last - floor));
        // In `dist/**` it begins no comment.
        let begins = |at: usize| {
            line_before(before, at).is_empty() && before.get(at + 3).is_some_and(u8::is_ascii_whitespace)
        };
        opens.filter(|at| closes.is_none_or(|end| *at > end)).is_some_and(begins)
            || double.max(single).is_some_and(|at| opens_documentation(before, at, false))
    }
}

/// Whether `at` is in a comment of whole lines: what has no form of its own is mostly a sample there.
pub(crate) fn is_in_line_comment(text: &[u8], at: usize) -> bool {
    let near = &text[at.saturating_sub(512)..at];
    let line = line_before(near, near.len());
    let is_code = [&b"#define"[..], b"#!", b"#include"].iter().any(|start| line.starts_with(start));
    [&b"//"[..], b"#", b"* ", b"-- ", b"; "].iter().any(|mark| line.starts_with(mark)) && !is_code
}

/// What stands before `at` on its line, without blanks.
fn line_before(text: &[u8], at: usize) -> &[u8] {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    text[line..at].trim_ascii()
}

/// Where the last `start` stands, if what it begins goes on behind the text.
fn last_open(before: &[u8], start: &[u8], end: &[u8]) -> Option<usize> {
    let start = crate::search::last(before, start)?;
    crate::search::last(before, end).is_none_or(|end| start > end).then_some(start)
}

/// Whether the last triple quote begins a text of documentation.
fn is_in_docstring(before: &[u8], may_be_assigned: bool) -> bool {
    let last = |mark: &[u8]| crate::search::last(before, mark);
    let quotes = last(b"\"\"\"").max(last(b"'''"));
    quotes.is_some_and(|at| opens_documentation(before, at, may_be_assigned))
}

/// Whether the triple quote at `at` begins a text of documentation rather than ends one.
fn opens_documentation(text: &[u8], at: usize, may_be_assigned: bool) -> bool {
    let before = line_before(text, at);
    let prefix = before.iter().all(|b| matches!(b, b'r' | b'R' | b'u' | b'f' | b'b'));
    if !prefix || before.len() > 2 {
        // `EXAMPLES = r'''`, `help="""`; else the end of a text.
        return may_be_assigned && [&b"="[..], b"= r", b"=r", b"("].iter().any(|end| before.ends_with(end));
    }
    let behind = text.get(at + 3..).unwrap_or_default();
    if behind.first().is_some_and(|b| !matches!(b, b'\n' | b'\r' | b')' | b',' | b' ' | b'.' | b'%')) {
        return true;
    }
    let line = memchr::memrchr(b'\n', &text[..at]).unwrap_or(0);
    let above = text[..line].trim_ascii_end();
    above.is_empty() || above.ends_with(b":") || above.ends_with(b"(")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// In whatever order and however close the places are.
        #[test]
        fn documentation_is_the_same_read_once_and_anew(
            pieces in proptest::collection::vec("/\\*\\* ?|\\*/|\"\"\"|'''|\n|a: |[a-z]{1,9}|z{4000}", 0..60),
            mut places in proptest::collection::vec(0..100_000_usize, 1..40),
            is_sorted: bool,
        ) {
            let text = pieces.concat().into_bytes();
            places.iter_mut().for_each(|at| *at %= text.len() + 1);
            if is_sorted {
                places.sort_unstable();
            }
            let mut read = Documentation::of(&text);
            for at in places {
                prop_assert_eq!(read.holds(at), Documentation::of(&text).holds(at));
            }
        }
    }
}
