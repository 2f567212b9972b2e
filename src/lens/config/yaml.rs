//! YAML, and templates of YAML, by indentation.
//!
//! An own scan line by line. `saphyr-parser` was measured and rejected as the reader: 53 MB/s where
//! this does 440, 6 on nested lists; it stops at the first error, and the files that leak (Helm
//! charts, half-edited values) are full of them; it wants valid UTF-8. It is the oracle of the tests
//! here; on 4,448 files the paths differ for 5 of 22,297 values. Aliases are never followed. Flow
//! collections are left to the tokenizer of `json`; block scalars that hold a file of their own are
//! read as such.

use super::files::{FileKind, file_kind, head};
use super::json::{self, Mode};
use super::names::{is_blank, trim};
use super::seek::work;
use super::tree::{Kind, Step, Tree};
use super::{Place, Syntax, ini, source};
use memchr::{memchr, memchr_iter};
use std::ops::Range;

/// How far a quoted scalar of many lines is followed.
const NEAR: usize = 64 << 10;
/// Longest key, as in the YAML specification.
const KEY: usize = 1024;

/// YAML.
pub struct Yaml;

impl Syntax for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        match file_kind(file_name) {
            FileKind::Yaml => true,
            FileKind::Unknown => looks_like_yaml(head(text)),
            _ => false,
        }
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut tree = Tree::new(text, spans);
        let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        scan(&mut tree, start..text.len());
        tree.finish()
    }
}

/// Whether most lines are keys and list items.
pub(super) fn looks_like_yaml(head: &[u8]) -> bool {
    let (mut structure, mut other, mut deeper) = (0, 0, 0);
    let plain = |key: &[u8]| key.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./ \"'$".contains(b));
    for line in head.split(|b| *b == b'\n') {
        let indent = line.iter().take_while(|b| is_blank(**b)).count();
        let content = line[indent..].trim_ascii();
        match content {
            [] | [b'#', ..] | [b'{', b'{', ..] => continue,
            [b'-', b'-', b'-'] | [b'-'] | [b'-', b' ', ..] => structure += 1,
            [.., b';' | b'{'] => other += 2,
            _ => match key(content, 0, content.len()) {
                Some((key, _))
                    if plain(&content[key.clone()])
                        && content[key.clone()].split(|b| *b == b' ').count() <= 3 =>
                {
                    structure += 1;
                }
                _ if indent > 0 && structure > 0 => deeper += 1,
                _ => other += 1,
            },
        }
        if structure == 0 && other > 0 {
            return false;
        }
    }
    structure > 0 && (structure > 1 || deeper == 0) && structure * 10 >= (structure + other) * 7
}

/// Scans a text of YAML; it may stand inside another text.
pub(super) fn scan(tree: &mut Tree<'_, '_>, range: Range<usize>) {
    let lines = Lines { end: range.end, base: tree.depth() };
    let mut at = range.start;
    while at < range.end && !tree.done() {
        at = lines.line(tree, at);
    }
    if !tree.done() {
        tree.close_to(lines.base);
    }
}

/// The key that starts at `at`, without quotes, and the offset behind its colon.
fn key(text: &[u8], at: usize, end: usize) -> Option<(Range<usize>, usize)> {
    let near = end.min(at.saturating_add(KEY));
    let ends = |p: usize| p + 1 >= end || is_blank(text[p + 1]) || text[p + 1] == b'\n';
    match *text[..end].get(at)? {
        quote @ (b'"' | b'\'') => {
            let close = quoted_end(&text[at + 1..near], quote)? + at + 1;
            let colon =
                close + 1 + text[close + 1..end].iter().take(64).take_while(|b| is_blank(**b)).count();
            (text.get(colon) == Some(&b':') && colon < end && ends(colon))
                .then_some((at + 1..close, colon + 1))
        }
        b'[' | b'{' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => None,
        _ => {
            let colon = memchr_iter(b':', &text[at..near]).map(|p| at + p).find(|p| ends(*p))?;
            let key = trim(text, at..colon);
            work(colon - at);
            let comment =
                memchr_iter(b'#', &text[key.clone()]).any(|p| p > 0 && is_blank(text[key.start + p - 1]));
            (!key.is_empty() && !comment).then_some((key, colon + 1))
        }
    }
}

/// Offset of the closing quote; a quote in single quotes is doubled.
fn quoted_end(rest: &[u8], quote: u8) -> Option<usize> {
    if quote == b'"' {
        return super::names::string_end(rest, quote);
    }
    let mut at = 0;
    loop {
        let p = at + memchr(quote, rest.get(at..)?)?;
        if rest.get(p + 1) != Some(&quote) {
            return Some(p);
        }
        at = p + 2;
    }
}

struct Lines {
    end: usize,
    /// Objects open around this text.
    base: usize,
}

impl Lines {
    /// Takes in the line at `at`, or the lines of its value; returns where the next one starts.
    fn line(&self, tree: &mut Tree<'_, '_>, at: usize) -> usize {
        let text = tree.text;
        let end = self.line_end(text, at);
        work(end - at);
        let mut column = text[at..end].iter().take_while(|b| is_blank(**b)).count();
        let mut p = at + column;
        let next = end + 1;
        match &text[p..end] {
            [] | [b'{', b'{' | b'%', ..] => {
                comment(tree, p..end);
                return next;
            }
            [b'#', ..] => {
                comment(tree, p + 1..end);
                return next;
            }
            [b'-', b'-', b'-', rest @ ..] if column == 0 && rest.first().is_none_or(|b| is_blank(*b)) => {
                tree.close_to(self.base);
                if rest.trim_ascii().is_empty() {
                    return next;
                }
                return self.value(tree, p + 3, end, 0);
            }
            [b'.', b'.', b'.'] | [b'%', ..] if column == 0 => {
                tree.close_to(self.base);
                return next;
            }
            _ => {}
        }
        let mut parent = column.saturating_sub(1);
        let mut explicit = None;
        while let [b'-' | b'?', rest @ ..] = &text[p..end]
            && rest.first().is_none_or(|b| is_blank(*b))
        {
            explicit = (text[p] == b'?').then_some(column);
            if explicit.is_none() {
                self.item(tree, p, column);
                parent = column;
            }
            let skip = 1 + rest.iter().take_while(|b| is_blank(**b)).count();
            p += skip;
            column += skip;
        }
        if let Some((key, after)) = key(text, p, end) {
            self.member(tree, p, column);
            tree.key(key);
            return self.value(tree, after, end, column);
        }
        if p < end {
            if let Some(column) = explicit {
                self.member(tree, p, column);
                tree.key(trim(text, p..end));
                return next;
            }
            self.close_deeper(tree, column);
            let explicit = text[p..end].starts_with(b": ");
            if !explicit && self.indent(tree) == Some(column) && tree.kind() == Some(Kind::Object) {
                tree.set(Step::None); // prose between members continues none
            }
            return self.value(tree, p + usize::from(explicit), end, parent);
        }
        next
    }

    fn line_end(&self, text: &[u8], at: usize) -> usize {
        memchr(b'\n', &text[at..self.end]).map_or(self.end, |p| at + p)
    }

    /// The indent of the innermost object of this text.
    fn indent(&self, tree: &Tree<'_, '_>) -> Option<usize> {
        if tree.depth() > self.base { tree.indent() } else { None }
    }

    fn close_deeper(&self, tree: &mut Tree<'_, '_>, column: usize) {
        while self.indent(tree).is_some_and(|indent| indent > column) {
            tree.close();
        }
    }

    /// The next item of the sequence at `column`.
    fn item(&self, tree: &mut Tree<'_, '_>, at: usize, column: usize) {
        self.close_deeper(tree, column);
        if self.indent(tree) == Some(column) && tree.kind() == Some(Kind::Array) {
            tree.next();
        } else if !tree.full() {
            tree.open(at, Kind::Array, column);
        }
    }

    /// A member of the mapping at `column`.
    fn member(&self, tree: &mut Tree<'_, '_>, at: usize, column: usize) {
        self.close_deeper(tree, column);
        if self.indent(tree) == Some(column) && tree.kind() == Some(Kind::Array) {
            tree.close();
        }
        if self.indent(tree) != Some(column) && !tree.full() {
            tree.open(at, Kind::Object, column);
        }
    }

    /// The value at `at`, of a member in column `indent`; returns where the next line starts.
    fn value(&self, tree: &mut Tree<'_, '_>, at: usize, end: usize, indent: usize) -> usize {
        let text = tree.text;
        let next = end + 1;
        let mut value = trim(text, at..end);
        // Tags and anchors.
        for _ in 0..4 {
            match text[value.clone()] {
                [b'!' | b'&', ..] => {
                    let word = text[value.clone()].iter().take_while(|b| !is_blank(**b)).count();
                    value = trim(text, value.start + word..end);
                }
                _ => break,
            }
        }
        let Some(&first) = text[..end].get(value.start) else { return next };
        match first {
            b'#' => comment(tree, value),
            b'|' | b'>' if is_block_header(&text[value.clone()]) => {
                return self.block(tree, value.start, end, indent);
            }
            b'"' | b'\'' => {
                if let Some(close) = self.quoted(text, value.start, end, indent) {
                    tree.value(value.start + 1..close);
                    let end = self.line_end(text, close);
                    comment(tree, close + 1..end);
                    return end + 1;
                }
                tree.value(value.start + 1..value.end);
            }
            b'{' | b'[' if text.get(value.start + 1) != Some(&b'{') || first == b'[' => {
                let stop = json::scan(tree, value.start, self.end, Mode::Flow(indent));
                let stop = stop.max(value.start + 1);
                return if text[stop - 1] == b'\n' {
                    stop
                } else {
                    self.line_end(text, stop.min(self.end)) + 1
                };
            }
            b'*' => {}
            _ => {
                let hash =
                    memchr_iter(b'#', &text[value.clone()]).find(|p| is_blank(text[value.start + p - 1]));
                let plain = hash.map_or(value.end, |p| value.start + p);
                tree.value(trim(text, value.start..plain));
                comment(tree, plain..value.end);
            }
        }
        next
    }

    /// The closing quote of the scalar at `open`; on a later line only if the lines between
    /// belong to it.
    fn quoted(&self, text: &[u8], open: usize, end: usize, indent: usize) -> Option<usize> {
        let near = self.end.min(open.saturating_add(NEAR));
        let close = open + 1 + quoted_end(text.get(open + 1..near)?, text[open])?;
        work(close - open);
        let mut line = end + 1;
        while line < close {
            let content = text[line..close].iter().take_while(|b| is_blank(**b)).count();
            if content <= indent && line + content < close && text[line + content] != b'\n' {
                return None;
            }
            line = memchr(b'\n', &text[line..close]).map_or(close, |p| line + p + 1);
        }
        Some(close)
    }

    /// The block scalar whose header stands at `at`, and whose lines are indented by more than
    /// `indent` columns.
    fn block(&self, tree: &mut Tree<'_, '_>, at: usize, end: usize, indent: usize) -> usize {
        let text = tree.text;
        let start = (end + 1).min(self.end);
        let mut line = start;
        while line < self.end {
            let stop = self.line_end(text, line);
            let column = text[line..stop].iter().take_while(|b| is_blank(**b)).count();
            if column <= indent && line + column < stop {
                break;
            }
            work(column + 1);
            line = stop + 1;
        }
        let stop = line.min(self.end);
        ini::embedded(tree, at, trim_lines(text, start..stop));
        line
    }
}

/// Whether what follows `|` or `>` is the header of a block scalar.
fn is_block_header(rest: &[u8]) -> bool {
    let marks = rest[1..].iter().take(3).take_while(|b| matches!(b, b'+' | b'-' | b'0'..=b'9')).count();
    let rest = &rest[1 + marks..];
    rest.is_empty() || is_blank(rest[0]) && matches!(rest.trim_ascii().first(), None | Some(b'#'))
}

/// A range without blank lines and blanks at its end, but with the indent of its first line.
fn trim_lines(text: &[u8], range: Range<usize>) -> Range<usize> {
    range.start..trim(text, range.clone()).end.max(range.start)
}

/// A comment, or the rest of a line.
fn comment(tree: &mut Tree<'_, '_>, range: Range<usize>) {
    if tree.seeker.wants(&range) {
        tree.serve(&range, |tree, at| source::place(tree.text, &range, at).map(|found| tree.adopt(found)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, paths};
    use super::*;
    use saphyr_parser::{Event, Parser};

    const COMPOSE: &str = "# deploy\nversion: '3'\nservices:\n  web:\n    image: x:1\n    environment:\n      AWS_ID: VALUE1\n      AWS_SECRET: \"VALUE2\" # note\n  db:\n    environment:\n    - A=b\n    - AWS_SECRET=VALUE3\n    - \"PW=VALUE4\"\nlast: VALUE5\n";
    const KUBE: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: app\n    env:\n    - name: AWS_SECRET\n      value: VALUE1\n    - value: 'VALUE2'\n      name: AWS_ID\n    args: [\"--token=VALUE3\", -x]\n---\nkind: Secret\nstringData: {id: VALUE4, \"secret\": 'VALUE5'}\ndata:\n  credentials: |\n    [default]\n    aws_id = VALUE6\n\n    [prod]\n    aws_id = VALUE7\n  .env: |-\n    ID=VALUE8\n    SECRET=VALUE9\n  key: >\n    begin\n    VALUE0\n";

    #[test]
    fn documents() {
        let table: &[(&str, &str)] = &[
            (
                COMPOSE,
                "/services/web/environment/AWS_ID|AWS_ID|object /services/web/environment,object /services/web,object /services,the top-level object; /services/web/environment/AWS_SECRET|AWS_SECRET|object /services/web/environment,object /services/web,object /services,the top-level object; /services/db/environment/1|AWS_SECRET|array /services/db/environment,object /services/db,object /services,the top-level object; /services/db/environment/2|PW|array /services/db/environment,object /services/db,object /services,the top-level object; /last|last|the top-level object",
            ),
            (
                "a: b\n- c: VALUE1\n  d: VALUE2\n- c: VALUE3",
                "/a/0/c|c|object /a/0,array /a,the top-level object; /a/0/d|d|object /a/0,array /a,the top-level object; /a/1/c|c|object /a/1,array /a,the top-level object",
            ),
            (
                "- - VALUE1\n  - x: VALUE2\n-\n  VALUE3",
                "/0/0|-|array /0,the top-level array; /0/1/x|x|object /0/1,array /0,the top-level array; /1|-|the top-level array",
            ),
            (
                "'a b': !!str &x VALUE1\n\"c\\\"d\": 'it''s VALUE2'\ne: *x\nVALUE3: f",
                "/a b|a b|the top-level object; /c\"d|c\"d|the top-level object; /VALUE3|VALUE3|the top-level object",
            ),
            (
                "a: \"one\n  two VALUE1\n  three\"\nb: plain\n  more VALUE2\nc: VALUE3",
                "/a|a|the top-level object; /b|b|the top-level object; /c|c|the top-level object",
            ),
            (
                "a:\n  b: |\n\n    x VALUE1\n\n  c: VALUE2",
                "/a/b|b|object /a,the top-level object; /a/c|c|object /a,the top-level object",
            ),
            (
                "a: {b: [x, VALUE1],\n  c: d e VALUE2}\nf: VALUE3",
                "/a/b/1|b|array /a/b,object /a,the top-level object; /a/c|c|object /a,the top-level object; /f|f|the top-level object",
            ),
            (
                "run: |\n  set -e\n  aws --secret-key VALUE1\n  export KEY=VALUE2\n",
                "/run|run|the top-level object; /run|KEY|the text of /run,the top-level object",
            ),
            (
                "data:\n  application.yml: |\n    aws:\n      id: VALUE1\n      secret: VALUE2\n",
                "/data/application.yml/aws/id|id|object /data/application.yml/aws,object /data/application.yml,the text of /data/application.yml,object /data,the top-level object; /data/application.yml/aws/secret|secret|object /data/application.yml/aws,object /data/application.yml,the text of /data/application.yml,object /data,the top-level object",
            ),
            (
                "data:\n  c.json: |\n    {\"a\": \"VALUE1\"}\n",
                "/data/c.json/a|a|object /data/c.json,the text of /data/c.json,object /data,the top-level object",
            ),
            (
                "a:\n  c: x\n  # old_secret: VALUE1\n  b: VALUE2",
                "/a/old_secret|old_secret|object /a,the top-level object; /a/b|b|object /a,the top-level object",
            ),
            ("a: |\n  x: y\n  z: w\n  VALUE1 here\n", "/a|a|object /a,the text of /a,the top-level object"),
            ("a: |\n  B=c\n  D=e\n  F=g\n  ( VALUE1 )\n", "/a|a|the top-level object"),
            ("a:\r\n  b: VALUE1\r\n", "/a/b|b|object /a,the top-level object"),
        ];
        check(&Yaml, table);
    }

    #[test]
    fn kubernetes() {
        let keys: Vec<(String, Option<String>)> =
            paths(&Yaml, KUBE).into_iter().map(|p| (p.path, p.key)).collect();
        let expected = [
            ("/spec/containers/0/env/0/value", "AWS_SECRET"),
            ("/spec/containers/0/env/1/value", "AWS_ID"),
            ("/spec/containers/0/args/0", "token"),
            ("/stringData/id", "id"),
            ("/stringData/secret", "secret"),
            ("/data/credentials [default] aws_id", "aws_id"),
            ("/data/credentials [prod] aws_id", "aws_id"),
            ("/data/.env ID", "ID"),
            ("/data/.env SECRET", "SECRET"),
            ("/data/key", "key"),
        ];
        assert_eq!(keys, expected.map(|(path, key)| (path.to_owned(), Some(key.to_owned()))));
    }

    #[test]
    fn templates_and_damage() {
        let table: &[(&str, &str)] = &[
            (
                "a:\n  {{- if .x }}\n  b: {{ .Values.y | default \"VALUE1\" }}\n  {{- end }}\n  c: VALUE2",
                "/a/b|b|object /a,the top-level object; /a/c|c|object /a,the top-level object",
            ),
            ("a: \"open\nb: VALUE1", "/b|b|the top-level object"),
            ("a: [open\nb: VALUE1", "/b|b|the top-level object"),
            (
                "a: {open: x\n  y: VALUE1\nb: VALUE2",
                "/a/y|y|object /a,the top-level object; /b|b|the top-level object",
            ),
            (
                "a:\n    b: x\n  c: VALUE1\nd: VALUE2",
                "/a/c|c|object /a,the top-level object; /d|d|the top-level object",
            ),
            ("\ta:\n\t\tb: VALUE1", "/a/b|b|object /a,the top-level object"),
            (
                "a: b: c\n: x\n? k\n: VALUE1\nd: VALUE2",
                "/k|k|the top-level object; /d|d|the top-level object",
            ),
        ];
        check(&Yaml, table);
    }

    /// Each scalar of valid YAML gets the path that a real parser knows.
    #[test]
    fn agrees_with_a_parser() {
        for text in [
            COMPOSE,
            KUBE,
            "a:\n- b: VALUE1\n  c: [1, {d: VALUE2}]\n-\n  - e\n  - f: VALUE3\n'g h':\n    i: \"VALUE4\"\nj: VALUE5\n",
        ] {
            let ours: Vec<String> = paths(&Yaml, text).into_iter().map(|p| p.path).collect();
            let theirs: Vec<String> =
                oracle(text).into_iter().flat_map(|(path, values)| vec![path; values]).collect();
            let outer: Vec<&str> = ours.iter().map(|p| p.split(' ').next().unwrap_or_default()).collect();
            let theirs: Vec<&str> = theirs.iter().map(|p| p.split(' ').next().unwrap_or_default()).collect();
            assert_eq!(outer, theirs, "{text}");
        }
    }

    /// The paths of scalars, and how many values each holds.
    fn oracle(text: &str) -> Vec<(String, usize)> {
        enum Open {
            Map(Option<String>),
            List(usize),
        }
        let mut open: Vec<Open> = Vec::new();
        let mut found = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, _) = event.expect("valid YAML");
            let mut done = false;
            match event {
                Event::MappingStart(..) => open.push(Open::Map(None)),
                Event::SequenceStart(..) => open.push(Open::List(0)),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    done = true;
                }
                Event::Scalar(value, ..) => {
                    if let Some(Open::Map(key @ None)) = open.last_mut() {
                        *key = Some(value.into_owned());
                        continue;
                    }
                    let steps = open.iter().map(|o| match o {
                        Open::Map(key) => format!("/{}", key.clone().unwrap_or_default()),
                        Open::List(i) => format!("/{i}"),
                    });
                    found.push((steps.collect(), value.matches("VALUE").count()));
                    done = true;
                }
                _ => {}
            }
            match open.last_mut() {
                Some(Open::Map(key)) if done => *key = None,
                Some(Open::List(i)) if done => *i += 1,
                _ => {}
            }
        }
        found
    }

    #[test]
    fn reads_yaml_and_nothing_like_it() {
        for (yes, name) in
            [("a: b\nc: d", "x"), ("---\n- a\n- b", "x"), ("", "x.yml"), ("a:\n  - b\n  - c", "x")]
        {
            assert!(Yaml.reads(yes.as_bytes(), name.as_bytes()), "{yes}");
        }
        for (no, name) in [
            ("a: b", "x.py"),
            ("def f():\n  x = 1\n", "x"),
            ("words and words\nNote: more", "x"),
            ("a: b;\nc: d;\n", "x"),
            ("", "x"),
            ("a=b", "x"),
        ] {
            assert!(!Yaml.reads(no.as_bytes(), name.as_bytes()), "{no}");
        }
    }
}
