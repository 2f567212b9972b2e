//! Property lists in the old style (`{ key = value; list = ( a, "b" ); }`) and `.strings` files
//! (`"key" = "value";`): what people wrote before XML, and Xcode's project files to this day.
//!
//! The grammar is that of GNUstep's and Apple's parsers: dictionaries in braces, arrays in
//! parentheses, data in angle brackets, strings quoted or bare, comments of C.

use super::files::head;
use super::names::clean;
use super::seek::work;
use super::tree::{Kind, Step, Tree};
use super::{Place, Syntax};
use memchr::{memchr, memmem};
use std::ops::Range;

/// Old-style property lists and tables of strings.
pub struct OpenStep;

impl Syntax for OpenStep {
    fn name(&self) -> &'static str {
        "openstep"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        let head = head(text);
        let mut at = blank(head, 0);
        let is_strings = file_name.ends_with(b".strings");
        match head.get(at) {
            // `{ key = `: a block of code does not begin a file; JSON has colons.
            Some(b'{') => {
                at = blank(head, at + 1);
                let key = token(head, at);
                let next = blank(head, key.1);
                !key.0.is_empty() && head.get(next) == Some(&b'=') && head.get(next + 1) != Some(&b'=')
            }
            // `( {`, `( "a", `: only where it is called a list.
            Some(b'(') => file_name.ends_with(b".plist"),
            // `"key" = "value";`
            Some(b'"') => {
                let key = token(head, at);
                let next = blank(head, key.1);
                let value = blank(head, next + 1);
                head.get(next) == Some(&b'=') && head.get(value) == Some(&b'"') && {
                    let end = blank(head, token(head, value).1);
                    head.get(end) == Some(&b';')
                }
            }
            Some(_) => is_strings,
            None => false,
        }
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut tree = Tree::new(text, spans);
        let mut at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let table = !matches!(text.get(blank(text, at)), Some(b'{' | b'('));
        if table {
            tree.open(0, Kind::Object, 0);
        }
        // The last bare or quoted string: a key if `=` follows, a value otherwise.
        let mut last: Option<Range<usize>> = None;
        while at < text.len() && !tree.done() {
            work(1);
            at = blank(text, at);
            let Some(&b) = text.get(at) else { break };
            match b {
                b'{' | b'(' => {
                    tree.open(at, if b == b'(' { Kind::Array } else { Kind::Object }, 0);
                    at += 1;
                }
                b'}' | b')' | b';' | b',' => {
                    if let Some(value) = last.take() {
                        tree.value(value);
                    }
                    if matches!(b, b'}' | b')') && tree.depth() > usize::from(table) {
                        tree.close();
                    } else {
                        tree.next();
                    }
                    at += 1;
                }
                b'=' => {
                    if let Some(key) = last.take() {
                        tree.key(key);
                    }
                    at += 1;
                }
                b'<' => {
                    let end = memchr(b'>', &text[at..]).map_or(text.len(), |p| at + p);
                    work(end - at);
                    last = Some(at + 1..end.max(at + 1).min(text.len()));
                    at = end + 1;
                }
                _ => {
                    let (range, end) = token(text, at);
                    work(end - at);
                    last = Some(range);
                    at = end.max(at + 1);
                }
            }
        }
        if let Some(value) = last {
            tree.value(value);
        }
        let _ = (clean, Step::None);
        tree.finish()
    }
}

/// Behind blanks and comments.
fn blank(text: &[u8], mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let skipped = rest
            .iter()
            .take_while(|b| b.is_ascii_whitespace() || **b == 0xef || **b == 0xbb || **b == 0xbf)
            .count();
        at += skipped;
        let rest = &rest[skipped..];
        at += match rest {
            [b'/', b'*', ..] => memmem::find(rest, b"*/").map_or(rest.len(), |p| p + 2),
            [b'/', b'/', ..] => memchr(b'\n', rest).map_or(rest.len(), |p| p + 1),
            _ => return at,
        };
    }
}

/// The string at `at`, without its quotes, and where it ends.
fn token(text: &[u8], at: usize) -> (Range<usize>, usize) {
    let rest = text.get(at..).unwrap_or_default();
    match rest.first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let mut end = 1;
            while end < rest.len() && rest[end] != quote {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(rest.len());
            (at + 1..at + end, at + (end + 1).min(rest.len()))
        }
        _ => {
            let stop = |b: &u8| {
                b.is_ascii_whitespace()
                    || matches!(
                        b,
                        b'{' | b'}' | b'(' | b')' | b';' | b',' | b'=' | b'"' | b'\'' | b'<' | b'>'
                    )
            };
            // A bare value with signs of base64 in it is not what the tools write, but people do.
            let end = rest.iter().position(stop).unwrap_or(rest.len());
            (at..at + end, at + end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn documents() {
        check(
            &OpenStep,
            &[
                (
                    "{ aws = { id = VALUE1; \"secret key\" = \"VALUE2\"; }; }",
                    "/aws/id|id|object /aws,the top-level object; /aws/secret key|secret key|object /aws,the top-level object",
                ),
                (
                    "// c\n{ l = ( VALUE1, \"VALUE2\" ); }",
                    "/l/0|l|array /l,the top-level object; /l/1|l|array /l,the top-level object",
                ),
                (
                    "{ l = ( { key = api; value = VALUE1; } ); }",
                    "/l/0/value|api|object /l/0,array /l,the top-level object",
                ),
                (
                    "/* x */\n\"a.key\" = \"VALUE1\";\nbare = \"x \\\" VALUE2\";",
                    "/a.key|a.key|the top-level object; /bare|bare|the top-level object",
                ),
            ],
        );
    }

    #[test]
    fn what_is_read() {
        let reads = |text: &str, name: &str| OpenStep.reads(text.as_bytes(), name.as_bytes());
        assert!(reads("// !$*UTF8*$!\n{\n\tarchiveVersion = 1;", "project.pbxproj"));
        assert!(reads("\u{feff}/* c */ \"a\" = \"b\";\n", "x") && reads("a = \"b\";", "de.strings"));
        assert!(
            !reads("{ \"a\": 1 }", "x.json") && !reads("a = \"b\";", "x.js") && !reads("{ a == b }", "x")
        );
        assert!(!reads("\"a\" = \"b\"\n", "x.toml") && !reads("", "x.strings"));
    }
}
