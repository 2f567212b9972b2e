//! Brackets around a place in program text, and what the words before them make of them.

use super::Object;
use super::names::{clean, is_quote};
use super::seek::work;
use super::source::{escaped, name_left, word};
use crate::engine::runs::is_one_of;
use std::ops::Range;

/// Brackets listed around a value.
const BRACKETS: usize = 3;
/// Bytes looked at for brackets around one value, with those of lone quotes.
const SPARE: usize = 16 << 10;
/// How far back the words before a bracket are read.
const HEADER: usize = 256;

/// An opening bracket before a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bracket {
    pub(super) at: usize,
    pub(super) kind: u8,
}

/// Brackets and quotes.
static IS_MARK: [bool; 256] = is_one_of(b"()[]{}\"'`");

/// The brackets open at `p`, innermost first, as far back as `low`.
pub(super) fn around(text: &[u8], low: usize, p: usize) -> Vec<Bracket> {
    let mut found = Vec::new();
    let (mut at, mut closed) = (p, 0usize);
    let mut spare = SPARE;
    while at > low && found.len() < BRACKETS && spare > 0 {
        let plain = text[low..at].iter().rev().take(spare).take_while(|b| !IS_MARK[usize::from(**b)]).count();
        at -= plain;
        spare -= plain;
        if at == low || spare == 0 {
            break;
        }
        at -= 1;
        spare -= 1;
        match text[at] {
            b')' | b']' | b'}' => closed += 1,
            b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
            kind @ (b'(' | b'[' | b'{') => found.push(Bracket { at, kind }),
            b if is_quote(b) => at = skip_literal(text, low, at, &mut spare),
            _ => {}
        }
    }
    work(SPARE - spare);
    found
}

/// The opening bracket for the closing one at `close`.
pub(super) fn matching(text: &[u8], low: usize, close: usize) -> Option<usize> {
    let (mut at, mut closed) = (close, 0usize);
    let low = low.max(close.saturating_sub(HEADER));
    let mut spare = SPARE;
    while at > low && spare > 0 {
        at -= 1;
        match text[at] {
            b')' | b']' | b'}' => closed += 1,
            b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
            b'(' | b'[' | b'{' => return Some(at),
            b if is_quote(b) => at = skip_literal(text, low, at, &mut spare),
            _ => {}
        }
    }
    work(close - at);
    None
}

/// From a closing quote to its opening one on the same line; the quote itself if there is none.
fn skip_literal(text: &[u8], low: usize, close: usize, spare: &mut usize) -> usize {
    let quote = text[close];
    let mut at = close;
    while at > low && close - at < HEADER && *spare > 0 {
        at -= 1;
        *spare -= 1;
        match text[at] {
            b'\n' => break,
            b if b == quote && !escaped(text, low, at) => return at,
            _ => {}
        }
    }
    close
}

impl Bracket {
    /// The function called, for the bracket of a call.
    pub(super) fn callee(&self, text: &[u8], low: usize) -> Option<Range<usize>> {
        if self.kind != b'(' {
            return None;
        }
        let end = self.at - usize::from(self.at > low && text[self.at - 1] == b'!');
        let name = word(text, low, end);
        let found = &text[name.clone()];
        let control = matches!(
            found,
            b"" | b"if"
                | b"while"
                | b"for"
                | b"switch"
                | b"return"
                | b"catch"
                | b"match"
                | b"and"
                | b"or"
                | b"in"
        );
        (!control).then_some(name)
    }

    /// The path of a value in a call that names it no better.
    pub(super) fn call(&self, text: &[u8], low: usize) -> Option<String> {
        self.callee(text, low).map(|name| clean(&text[name]))
    }

    /// The function whose body this is.
    pub(super) fn function(&self, text: &[u8], low: usize) -> Option<Range<usize>> {
        let header = self.header(text, low);
        let paren = header.start + memchr::memchr(b'(', &text[header.clone()])?;
        let name = word(text, header.start, paren);
        let found = &text[name.clone()];
        (!matches!(found, b"" | b"if" | b"while" | b"for" | b"switch" | b"catch" | b"match" | b"function"))
            .then_some(name)
    }

    /// The words before the bracket, back to the end of the statement before.
    fn header(&self, text: &[u8], low: usize) -> Range<usize> {
        let low = low.max(self.at.saturating_sub(HEADER));
        let cut = |b: &u8| matches!(b, b';' | b'{' | b'}');
        let start = self.at - text[low..self.at].iter().rev().take_while(|b| !cut(b)).count();
        work(self.at - start);
        start..self.at
    }

    /// The bracket as an object.
    pub(super) fn object(&self, text: &[u8], low: usize) -> Object {
        let label = match self.kind {
            b'(' => self.call(text, low).map(|name| format!("call to {name}")),
            b'[' => self.owner(text, low).map(|name| format!("array {name}")),
            _ => self.body(text, low),
        };
        let plain = match self.kind {
            b'(' => "the enclosing parentheses",
            b'[' => "the enclosing array",
            _ => "the enclosing block",
        };
        Object { start: self.at, label: label.unwrap_or_else(|| plain.to_owned()) }
    }

    /// What a brace is the body of.
    fn body(&self, text: &[u8], low: usize) -> Option<String> {
        let header = self.header(text, low);
        let mut words = text[header.clone()].split(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).peekable();
        while let Some(kind) = words.next() {
            let kinds: &[&[u8]] = &[
                b"class",
                b"struct",
                b"interface",
                b"object",
                b"enum",
                b"impl",
                b"extension",
                b"trait",
                b"namespace",
            ];
            if kinds.contains(&kind)
                && let Some(name) = words.find(|w| !w.is_empty())
            {
                return Some(format!("{} {}", clean(kind), clean(name)));
            }
        }
        match self.owner(text, low) {
            Some(name) => Some(format!("object {name}")),
            None => self.function(text, low).map(|name| format!("function {}", clean(&text[name]))),
        }
    }

    /// The name that the bracket's content is assigned to.
    fn owner(&self, text: &[u8], low: usize) -> Option<String> {
        let before = text[low..self.at].trim_ascii_end();
        let end = low + before.len();
        let end = match before {
            [.., b'=', b'>'] => end - 2,
            [.., b'='] => end - 1,
            [.., b':', b':'] => return None,
            [.., b':'] => end - 1,
            _ => return None,
        };
        name_left(text, low, end).map(|name| clean(&text[name])).filter(|name| !name.is_empty())
    }
}

/// Where the expression that ends in a call starts: before `new`, the path and its dots.
pub(super) fn expression(text: &[u8], low: usize, callee: usize) -> usize {
    let mut p = callee;
    while p > low
        && (text[p - 1].is_ascii_alphanumeric() || matches!(text[p - 1], b'_' | b'.' | b':' | b'$'))
        && (text[p - 1] != b':' || p >= low + 2 && text[p - 2] == b':' || text.get(p) == Some(&b':'))
    {
        p -= 1;
    }
    let before = text[low..p].trim_ascii_end();
    match before {
        [.., b'n', b'e', b'w'] => low + before.len() - 3,
        [.., b'a', b'w', b'a', b'i', b't'] => low + before.len() - 5,
        _ => p,
    }
}

/// Whether a call makes an object of its arguments, rather than putting one under the other.
pub(super) fn constructs(text: &[u8], low: usize, call: Option<&Range<usize>>) -> bool {
    let Some(call) = call else { return false };
    let name = &text[call.clone()];
    let pair: &[&[u8]] =
        &[b"Pair", b"Entry", b"Tuple", b"KeyValuePair", b"BasicNameValuePair", b"Header", b"SetEnv"];
    let new = text[low..expression(text, low, call.start)].ends_with(b"new")
        || text[expression(text, low, call.start)..call.start].starts_with(b"new");
    !pair.contains(&name) && !puts(name) && (new || name.first().is_some_and(u8::is_ascii_uppercase))
}

/// Whether a function takes a name and a value.
pub(super) fn puts(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        &b"set"[..],
        b"put",
        b"add",
        b"define",
        b"insert",
        b"append",
        b"header",
        b"with",
        b"setenv",
        b"config",
        b"store",
    ]
    .iter()
    .any(|verb| lower.starts_with(verb))
}

/// Whether a function of one argument says what that argument is.
pub(super) fn sets(name: &[u8], method: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let verb =
        [&b"set"[..], b"with", b"use"].iter().any(|v| lower.starts_with(v) && lower.len() > v.len() + 1);
    let gets = [&b"get"[..], b"decode", b"from", b"parse", b"load", b"read", b"print", b"log"];
    verb || method && telling(name) && !gets.iter().any(|g| lower.starts_with(g))
}

/// Whether a name speaks of credentials.
pub(super) fn telling(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    [&b"key"[..], b"secret", b"token", b"passw", b"pwd", b"credential", b"auth", b"api"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
}
