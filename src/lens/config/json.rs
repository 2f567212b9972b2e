//! JSON and what people write for it: comments, trailing commas, single quotes, bare keys, JSON
//! Lines, several documents in a row, minified megabytes; and the flow collections of YAML.
//!
//! An own tokenizer, because it must go on after damage: a key is whatever stands before a colon,
//! a stray bracket closes the nearest of its kind, a string ends at the line's end if it never
//! closes, and a `{` at the start of a line where a key should be starts a new document. It does
//! not decide whether the text is valid.

use super::files::{FileKind, file_kind, head};
use super::names::{is_blank, is_quote, string_end};
use super::seek::work;
use super::tree::{Kind, Step, Tree};
use super::{Place, Syntax, source};
use memchr::{memchr, memchr3, memmem};
use std::ops::Range;

/// How far a comment or a string of many lines is followed.
const NEAR: usize = 64 << 10;

/// JSON, JSON with comments, JSON5, JSON Lines.
pub struct Json;

impl Syntax for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        looks_like_json(text, file_kind(file_name))
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut tree = Tree::new(text, spans);
        let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        scan(&mut tree, start, text.len(), Mode::Text);
        tree.finish()
    }
}

/// Whether a text starts as JSON does and not as a template, a section header or a log line.
pub(super) fn looks_like_json(text: &[u8], kind: FileKind) -> bool {
    let head = head(text);
    let at = skip_space(head, 0, head.len());
    match head.get(at) {
        Some(b'{') => {
            let next = skip_space(head, at + 1, head.len());
            match head.get(next) {
                Some(b'"') => kind != FileKind::Code || string_then_colon(head, next),
                Some(b'}') => kind != FileKind::Code,
                Some(b'\'') => string_then_colon(head, next),
                Some(&b) if b.is_ascii_alphabetic() || b == b'_' || b == b'$' => {
                    let name =
                        head[next..].iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
                    let end = skip_space(head, next + name.count().max(1), head.len());
                    kind != FileKind::Code && head.get(end) == Some(&b':')
                }
                None => kind != FileKind::Code,
                _ => false,
            }
        }
        Some(b'[') if kind != FileKind::Code => looks_like_array(head, at + 1, 0),
        _ => false,
    }
}

fn string_then_colon(head: &[u8], quote: usize) -> bool {
    let close = string_end(&head[quote + 1..], head[quote]);
    close.is_some_and(|c| head.get(skip_space(head, quote + c + 2, head.len())) == Some(&b':'))
}

fn looks_like_array(head: &[u8], from: usize, depth: usize) -> bool {
    let at = skip_space(head, from, head.len());
    let end = match head.get(at) {
        None | Some(b'{') => return true,
        Some(b'[') => return depth < 64 && looks_like_array(head, at + 1, depth + 1),
        Some(b']') => at,
        Some(&q @ (b'"' | b'\'')) => match string_end(&head[at + 1..], q) {
            Some(c) => at + c + 2,
            None => return true,
        },
        Some(b't' | b'f' | b'n') => {
            let word = head[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            if !matches!(&head[at..at + word], b"true" | b"false" | b"null") {
                return false;
            }
            at + word
        }
        Some(b'0'..=b'9' | b'-') => {
            let number = |b: &&u8| b.is_ascii_digit() || matches!(**b, b'-' | b'+' | b'.' | b'e' | b'E');
            at + head[at..].iter().take_while(number).count()
        }
        _ => return false,
    };
    let end = skip_space(head, end, head.len());
    match head.get(end) {
        None | Some(b',') => true,
        // A section header is followed by assignments.
        Some(b']') => {
            matches!(head.get(skip_space(head, end + 1, head.len())), None | Some(b'[' | b']' | b'{' | b','))
        }
        _ => false,
    }
}

/// Offset of the first byte at or after `at` that is neither space nor comment.
fn skip_space(text: &[u8], mut at: usize, end: usize) -> usize {
    while at < end {
        match text[at] {
            b if is_blank(b) || b == b'\n' => at += 1,
            b'/' => match comment_end(text, at, end) {
                Some(next) => at = next,
                None => return at,
            },
            0xef if text[at..].starts_with(b"\xef\xbb\xbf") => at += 3,
            _ => return at,
        }
    }
    end
}

/// The end of the comment that starts at `at`. One that never closes ends after [`NEAR`] bytes, so
/// that not everything behind it is lost, and it is not searched for again and again.
fn comment_end(text: &[u8], at: usize, end: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b'/' => Some(line_end(text, at, end)),
        b'*' => {
            let near = end.min(at.saturating_add(NEAR));
            let close = memmem::find(text.get(at + 2..near)?, b"*/").map_or(near, |c| at + c + 4);
            work(close - at);
            Some(close)
        }
        _ => None,
    }
}

fn line_end(text: &[u8], at: usize, end: usize) -> usize {
    memchr(b'\n', &text[at..end]).map_or(end, |p| at + p)
}

/// What is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A text of JSON.
    Text,
    /// One flow collection of YAML in lines indented by more than so many columns.
    Flow(usize),
    /// One array or inline table, keys before `=` or `:`, in lines indented by more than so many
    /// columns.
    Assigned(usize),
}

/// Scans up to `end`; but for a whole text, stops behind the closing bracket of the collection at
/// `start`, or at a line that cannot belong to it. Returns where it stopped.
pub(super) fn scan(tree: &mut Tree<'_, '_>, start: usize, end: usize, mode: Mode) -> usize {
    let text = tree.text;
    let base = tree.depth();
    let indent = match mode {
        Mode::Text => None,
        Mode::Flow(indent) | Mode::Assigned(indent) => Some(indent),
    };
    let mut at = start;
    while at < end && !tree.done() {
        work(1);
        match text[at] {
            b',' => {
                tree.next();
                at += 1;
            }
            b'\n' => {
                at += 1;
                if indent.is_some_and(|indent| leaves(text, at, end, indent)) {
                    tree.close_to(base);
                    return at;
                }
            }
            b'{' | b'[' => {
                let object = text[at] == b'{';
                if object
                    && mode == Mode::Text
                    && tree.depth() > base
                    && at.checked_sub(1).is_none_or(|p| text[p] == b'\n')
                    && (tree.kind() == Some(Kind::Object) && *tree.member() == Step::None)
                {
                    tree.close_to(base); // the last line was cut off
                }
                tree.open(at, if object { Kind::Object } else { Kind::Array }, 0);
                at += 1;
            }
            b'}' | b']' => {
                close(tree, base, text[at] == b'}');
                at += 1;
                if tree.depth() == base && mode != Mode::Text {
                    return at;
                }
            }
            b'/' if mode == Mode::Text && matches!(text.get(at + 1), Some(b'/' | b'*')) => {
                let stop = comment_end(text, at, end).unwrap_or(end);
                comment(tree, at + 2..stop);
                at = stop;
            }
            b'#' if at == start || is_blank(text[at - 1]) || text[at - 1] == b'\n' => {
                let stop = line_end(text, at, end);
                comment(tree, at + 1..stop);
                at = stop;
            }
            b':' => at += 1,
            b'=' if matches!(mode, Mode::Assigned(_)) => at += 1,
            b if is_blank(b) => at += 1,
            b if is_quote(b) => at = string(tree, at, end, mode),
            _ => at = bare(tree, at, end, mode),
        }
    }
    if tree.done() {
        return at;
    }
    tree.close_to(base);
    end
}

/// Whether the line at `at` stands outside a flow collection of lines indented by more than
/// `indent` columns.
fn leaves(text: &[u8], at: usize, end: usize, indent: usize) -> bool {
    let line = &text[at..end];
    let column = line.iter().take(indent + 1).take_while(|b| is_blank(**b)).count();
    column <= indent && !matches!(line.get(column), None | Some(b'\n' | b'\r' | b'}' | b']' | b'#'))
}

/// Closes the innermost object, or a near outer one when brackets are missing.
fn close(tree: &mut Tree<'_, '_>, base: usize, object: bool) {
    let kind = if object { Kind::Object } else { Kind::Array };
    if tree.depth() <= base {
        return;
    }
    if tree.kind().is_some_and(|k| k != kind) {
        if !tree.holds(kind, base) {
            return;
        }
        while tree.kind().is_some_and(|k| k != kind) {
            tree.close();
        }
    }
    tree.close();
}

fn comment(tree: &mut Tree<'_, '_>, range: Range<usize>) {
    if tree.seeker.wants(&range) {
        tree.serve(&range, |tree, at| source::place(tree.text, &range, at).map(|found| tree.adopt(found)));
    }
}

/// A string: a key if a colon follows, else a value. Returns where it ends.
fn string(tree: &mut Tree<'_, '_>, open: usize, end: usize, mode: Mode) -> usize {
    let text = tree.text;
    let quote = text[open];
    let close = if quote == b'`' || matches!(mode, Mode::Flow(_)) {
        // May span lines; bounded, so that a lone one is not searched for again and again.
        let near = end.min(open.saturating_add(NEAR));
        string_end(&text[open + 1..near], quote).map(|p| open + 1 + p)
    } else {
        line_string_end(text, open + 1, end, quote)
    };
    let Some(close) = close else {
        let stop = line_end(text, open, end);
        tree.value(open + 1..stop.max(open + 1));
        return stop.max(open + 1);
    };
    work(close - open);
    let after = skip_space(text, close + 1, end);
    if after < end && is_colon(text[after], mode) && tree.kind() != Some(Kind::Array) {
        tree.key(open + 1..close);
        return after + 1;
    }
    tree.value(open + 1..close);
    close + 1
}

fn is_colon(b: u8, mode: Mode) -> bool {
    b == b':' || b == b'=' && matches!(mode, Mode::Assigned(_))
}

/// The closing quote, on the same line unless the line end is escaped.
fn line_string_end(text: &[u8], mut at: usize, end: usize, quote: u8) -> Option<usize> {
    loop {
        let p = at + memchr3(quote, b'\\', b'\n', text.get(at..end)?)?;
        match text[p] {
            b'\\' => at = p + 2,
            b'\n' => return None,
            _ => return Some(p),
        }
    }
}

/// A run without quotes: a number, a word, a bare key; in YAML with blanks inside. Returns where
/// it ends.
fn bare(tree: &mut Tree<'_, '_>, start: usize, end: usize, mode: Mode) -> usize {
    let text = tree.text;
    let flow = matches!(mode, Mode::Flow(_));
    let stop = |p: usize| match text[p] {
        b'=' => matches!(mode, Mode::Assigned(_)),
        b',' | b'{' | b'}' | b'[' | b']' | b'\n' => true,
        b'"' | b':' if !flow => true,
        b':' => matches!(text.get(p + 1), None | Some(b' ' | b'\n' | b'\r' | b',' | b'}' | b']')),
        b'#' if flow => is_blank(text[p.saturating_sub(1)]),
        b => !flow && is_blank(b),
    };
    let mut p = start + 1;
    while p < end && !stop(p) {
        p += 1;
    }
    work(p - start);
    let run = super::names::trim(text, start..p);
    let after = skip_space(text, p, end);
    if after < end && is_colon(text[after], mode) && tree.kind() != Some(Kind::Array) {
        tree.key(run);
        return after + 1;
    }
    tree.value(run);
    p
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, paths};
    use super::*;

    #[test]
    fn documents() {
        let table: &[(&str, &str)] = &[
            (
                r#"{"aws":{"accessKeyId":"VALUE1","secret":"VALUE2"}}"#,
                "/aws/accessKeyId|accessKeyId|object /aws,the top-level object; /aws/secret|secret|object /aws,the top-level object",
            ),
            (
                r#"{"list":[{"key":"x"},{"key":"VALUE1"}]}"#,
                "/list/1/key|key|object /list/1,array /list,the top-level object",
            ),
            (r#"["VALUE1", "VALUE2"]"#, "/0|-|the top-level array; /1|-|the top-level array"),
            (r#"{"keys": ["VALUE1"]}"#, "/keys/0|keys|array /keys,the top-level object"),
            (r#"{"a/b": {"c~d": "VALUE1"}}"#, "/a~1b/c~0d|c~d|object /a~1b,the top-level object"),
            (
                "{\n// note\n'a': 'VALUE1', b: VALUE2, /* x */ c: \"VALUE3\",}",
                "/a|a|the top-level object; /b|b|the top-level object; /c|c|the top-level object",
            ),
            (
                "{\"a\":\"VALUE1\"}\n{\"b\":\"VALUE2\"}",
                "/a|a|the top-level object; /b|b|the top-level object",
            ),
            (r#"{"VALUE1": 1}"#, "/VALUE1|VALUE1|the top-level object"),
            // The name before and after the value, and a better name after a worse one.
            (
                r#"{"e":[{"name":"AWS_SECRET","value":"VALUE1"}]}"#,
                "/e/0/value|AWS_SECRET|object /e/0,array /e,the top-level object",
            ),
            (
                r#"{"e":[{"Value":"VALUE1","type":"x","Name":"AWS_SECRET"}]}"#,
                "/e/0/Value|AWS_SECRET|object /e/0,array /e,the top-level object",
            ),
            (
                r#"{"ParameterValue":"VALUE1","ParameterKey":"Secret"}"#,
                "/ParameterValue|Secret|the top-level object",
            ),
            (r#"{"id":"web1","value":"VALUE1"}"#, "/value|web1|the top-level object"),
            (
                r#"{"id":"3f2504e0-4f89-11d3-9a0c-0305e82c3301","value":"VALUE1"}"#,
                "/value|value|the top-level object",
            ),
            (r#"{"name":"x9","secret":"VALUE1"}"#, "/secret|secret|the top-level object"),
            // Environment entries and names inside strings.
            (
                r#"{"Env":["PATH=/bin","AWS_SECRET=VALUE1"]}"#,
                "/Env/1|AWS_SECRET|array /Env,the top-level object",
            ),
            (r#"{"url":"https://h/?a=1&token=VALUE1"}"#, "/url|token|the top-level object"),
            (r#"{"data":"[default]\nsecret = VALUE1\n"}"#, "/data|secret|the top-level object"),
            (
                "{\n // \"old\": \"VALUE1\",\n \"new\": \"VALUE2\"}",
                "/old|old|the top-level object; /new|new|the top-level object",
            ),
        ];
        check(&Json, table);
    }

    #[test]
    fn damage_costs_little() {
        let table: &[(&str, &str)] = &[
            (r#"{"a":{"b":"VALUE1""#, "/a/b|b|object /a,the top-level object"),
            ("{\"a\": \"open\n\"b\": \"VALUE1\"}", "/b|b|the top-level object"),
            (r#"{"a":[{"b":1},"x"}, "c":"VALUE1"}"#, "/c|c|-"),
            (
                "{\"a\":{\"b\":\"cut\n{\"c\":\"VALUE1\"}",
                "/a/b/c|c|object /a/b,object /a,the top-level object",
            ),
            ("{\"a\":{\"b\":1,\n{\"c\":\"VALUE1\"}", "/c|c|the top-level object"),
            ("]]}}{\"c\":\"VALUE1\"}", "/c|c|the top-level object"),
            ("{\"c\":\"VALUE1\u{85}", "/c|c|the top-level object"),
        ];
        check(&Json, table);
    }

    #[test]
    fn values_are_whole_and_without_quotes() {
        let text = br#"{"a":"xx VALUE1 yy"}"#;
        let places = Json.locate(text, &[9..15, 9..10]);
        let value = places[0].as_ref().map(|p| p.value.clone());
        assert_eq!(value.map(|v| &text[v]), Some(&b"xx VALUE1 yy"[..]));
        assert_eq!(places[0], places[1]);
    }

    #[test]
    fn objects_are_told_apart_by_their_brackets() {
        let text = r#"[{"a":"VALUE1","b":"VALUE2"},{"a":"VALUE3"}]"#;
        let starts: Vec<_> =
            paths(&Json, text).into_iter().map(|p| p.objects.first().map(|o| o.start)).collect();
        assert_eq!(starts, [Some(1), Some(1), Some(29)]);
    }

    #[test]
    fn deep_values_keep_their_key() {
        let text = format!("{}\"k\":\"VALUE1\"", "{\"a\":".repeat(500) + "{");
        let place = paths(&Json, &text).pop().expect("a place");
        assert_eq!(place.key.as_deref(), Some("k"));
        assert!(place.path.ends_with("/…/k") && place.path.len() < 600, "{}", place.path);
    }

    #[test]
    fn reads_json_and_nothing_like_it() {
        for yes in [
            "{}",
            "{\"a\":1}",
            " // c\n{a: 1}",
            "[1,2]",
            "[]",
            "[[\"a\"]]",
            "[{",
            "{\n",
            "[\"a\",\n",
            "\u{feff}{\"a\":1}",
        ] {
            assert!(Json.reads(yes.as_bytes(), b"x"), "{yes}");
        }
        for no in [
            "[default]\nkey=1",
            "[[table]]\na=1",
            "{{ template }}",
            "{% if %}",
            "[INFO] x",
            "[2024-01-01 10:00] x",
            "[\"a b\"]\nkey = 1",
            "text",
            "",
            "{ return 1; }",
        ] {
            assert!(!Json.reads(no.as_bytes(), b"x"), "{no}");
        }
        assert!(!Json.reads(b"[1, 2]", b"x.py") && !Json.reads(b"{a: 1}", b"x.js"));
    }
}
