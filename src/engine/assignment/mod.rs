//! Values of any form that are plainly assigned to a name: `password = "Tr0ub4dor&3"`, `PGPASSWORD=x`,
//! `<password>x</password>`, `setPassword("x")`.
//!
//! It starts at a hot word (`passw`, `secret`, `token` …) that the prefilter met. Most of them are the
//! middle of prose or of code, so the first thing looked at is the byte behind the whole name; only an
//! operator, a quote, a bracket or a blank goes on. Nothing is allocated and nothing is searched for
//! further away than a few hundred bytes. Whether the value is a secret is for `triage/score.rs`.

mod before;
mod calls;
mod checks;
mod commands;
mod drawn;
mod elements;
mod forms;
pub mod framed;
mod markup_table;
mod quote;
mod reader;
mod serialized;
mod sql;
mod table;
#[cfg(test)]
mod tests;
mod values;

use reader::Reader;
use std::cell::OnceCell;
use std::ops::Range;

/// Longest part of a name before and behind its hot word, in bytes.
const NAME: usize = 64;
/// Longest stretch of blanks between name, operator and value.
const GAP: usize = 80;
/// Longest value.
const VALUE: usize = 512;
/// Longest look back for the start of a line, and ahead for a default behind an expression.
const LINE: usize = 240;
/// Most values of one list.
const ITEMS: usize = 8;

/// Bytes before and behind a hot word that are looked at before a value is found.
pub const REACH: (usize, usize) =
    (NAME + LINE + GAP + VALUE, 2 * (NAME + GAP + LINE) + (ITEMS + 1) * (VALUE + GAP));

/// What stands before a token in the header `Authorization`.
pub(crate) const SCHEMES: [&[u8]; 5] = [b"Bearer ", b"bearer ", b"Token ", b"token ", b"JWT "];

/// How a value stands to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `name = "value"`
    Assign,
    /// `"name": "value"`, `name => "value"`
    Pair,
    /// `name == "value"`
    Compare,
    /// `f("name", "value")`
    Argument,
    /// `setName("value")`
    Call,
    /// `<name>value</name>`
    Element,
    /// `name="NAME" value="value"`
    Sibling,
    /// `--name value`
    Flag,
    /// `name "value"`, `ENV NAME value`
    Word,
    /// `IDENTIFIED BY "value"`, `INSERT INTO t (a, name) VALUES ("x", "value")`
    Clause,
    /// `get("name", "value")`, `name || "value"`, `${NAME:-value}`
    Default,
    /// One of several in brackets.
    Item,
    /// `NAME=value`
    Environment,
    /// `name: value`
    Yaml,
    /// `name = value`
    Setting,
    /// A sentence: `the password is value`.
    Prose,
    /// `login("user", "value")`: by its place among the arguments.
    Login,
}

/// A value and the name it is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name: a whole identifier, perhaps a path.
    pub name: Range<usize>,
    /// The value, without its quotes.
    pub value: Range<usize>,
    /// How it stands to the name.
    pub form: Form,
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Whether more words follow on its line, which may belong to it.
    pub goes_on: bool,
}

/// Calls `found` with each value that is assigned to the name around the hot word at `word`.
pub fn find(text: &[u8], word: Range<usize>, found: &mut dyn FnMut(Named)) {
    // A short word has what follows it in its literal: `pw=`, `pw"`.
    let word = word.start..word.end - text[word.clone()].iter().rev().take_while(|b| !is_name(**b)).count();
    if table::may_be_head(text, &word) && table::find(text, &word, found) {
        return;
    }
    let end = name_end(text, word.end);
    if matches!(text.get(end), Some(b'\t' | b'\n' | b'\r')) {
        let start = name_start(text, word.start);
        if text[..start].ends_with(b"\t") && table::find_below(text, &(start..end), found) {
            return;
        }
    }
    if drawn::may_be(text.get(end)) && drawn::find(text, &(name_start(text, word.start)..end), found) {
        return;
    }
    match text.get(end) {
        Some(
            b'"' | b'\'' | b'`' | b'\\' | b' ' | b'\t' | b'=' | b':' | b'(' | b'[' | b']' | b'>' | b'|'
            | b'/' | b'?' | b'+' | b'!' | b'<' | b'{' | b'}' | b',' | b'&' | b'*' | b')' | b'.',
        ) => {}
        // `name: DB_PASSWORD` and its value on the next line.
        Some(b'\n' | b'\r') => {
            let start = name_start(text, word.start);
            let before = text[start.saturating_sub(LINE)..start].trim_ascii_end();
            if !before.ends_with(b"name:") && !before.ends_with(b"key:") && !before.ends_with(b"Name:") {
                return;
            }
            Reader { text, name: start..end, inside: OnceCell::from(None), found }.sibling(end);
            return;
        }
        _ => return,
    }
    let start = name_start(text, word.start);
    let mut reader = Reader { text, name: start..end, inside: OnceCell::new(), found };
    reader.after_name();
}

/// What is at the end of `IDENTIFIED BY`: the same for a hot word that is no name but a clause.
pub fn find_clause(text: &[u8], word: Range<usize>, found: &mut dyn FnMut(Named)) {
    let mut reader = Reader { text, name: word.clone(), inside: OnceCell::new(), found };
    let at = reader.blanks(word.end);
    if at == word.end || reader.byte(at) == b'`' || reader.quoted(at, Form::Clause) {
        return;
    }
    // Oracle takes it without quotes: `CREATE USER shop IDENTIFIED BY x;`.
    let line = reader.line_before().to_ascii_lowercase();
    if [&b"user "[..], b"role ", b"grant ", b"link "].iter().any(|w| memchr::memmem::find(&line, w).is_some())
    {
        reader.bare(at, Form::Clause);
    }
}

/// What stands in a call whose arguments hold a secret by their place: `login("user", "value")`. The
/// word is its name with the bracket.
pub fn find_call(text: &[u8], word: Range<usize>, found: &mut dyn FnMut(Named)) {
    // What is called when it happens: `onLogin(ok, "http")`.
    let before = &text[word.start.saturating_sub(3)..word.start];
    let is_event = before.ends_with(b"on") && !before.first().is_some_and(u8::is_ascii_alphanumeric);
    if is_event && text[word.start].is_ascii_uppercase() {
        return;
    }
    let mut reader = Reader { text, name: word.start..word.end - 1, inside: OnceCell::from(None), found };
    reader.arguments(word.end);
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// Whether a text ends with a word, in any case.
fn ends_with(text: &[u8], word: &[u8]) -> bool {
    text.len().checked_sub(word.len()).is_some_and(|from| text[from..].eq_ignore_ascii_case(word))
}

fn name_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < text.len() && at < from + NAME {
        let next = || text.get(at + 1).copied().unwrap_or(0);
        match text[at] {
            b if is_name(b) => {}
            b'-' if next().is_ascii_alphanumeric() => {}
            b'.' if next().is_ascii_alphabetic() => {}
            _ => break,
        }
        at += 1;
    }
    at
}

fn name_start(text: &[u8], from: usize) -> usize {
    let floor = from.saturating_sub(NAME);
    let mut at = from;
    while at > floor && (is_name(text[at - 1]) || matches!(text[at - 1], b'-' | b'.' | b'$' | b'@')) {
        at -= 1;
    }
    at
}
