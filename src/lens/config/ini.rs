//! Assignments line by line: INI, .env, properties, TOML, AWS credentials, npmrc, git config,
//! registry files, shell and Windows scripts, Dockerfiles, unit files, Makefiles, HCL, HOCON.
//!
//! One reader for all, because they differ in what they forbid, not in what they mean, and files
//! named `config` do not say which they are. A line is a section header, an assignment, a block
//! header (`provider "aws" {`), a closing bracket or something else; arrays and inline tables are
//! left to the tokenizer of `json`. Where there are no sections, neighbouring lines are a block.
//! Commented-out assignments count: the secret in them is as leaked as any.

use super::assignment::{Assignment, assignment};
use super::files::{FileKind, file_kind, head};
use super::json::{self, Mode};
use super::names::{self, inner, is_blank, is_name, trim};
use super::seek::work;
use super::tree::{Kind, Step, Tree};
use super::{Place, Syntax, source, yaml};
use memchr::{memchr, memchr_iter, memmem};
use std::collections::HashMap;
use std::ops::Range;

/// Prefixes of dotted names remembered.
const PREFIXES: usize = 4096;
/// How far a TOML string of many lines is followed.
const LONG: usize = 1 << 20;

/// Assignments line by line.
pub struct Ini;

impl Syntax for Ini {
    fn name(&self) -> &'static str {
        "ini"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        if text.starts_with(b"#!") {
            let line = &text[..memchr(b'\n', text).unwrap_or(text.len()).min(128)];
            return memmem::find(line, b"sh").is_some() && file_kind(file_name) != FileKind::Code;
        }
        match file_kind(file_name) {
            FileKind::Lines => true,
            FileKind::Unknown => looks_like_assignments(head(text)),
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

/// Whether most lines are sections and assignments, and few end as statements of a program do.
pub(super) fn looks_like_assignments(head: &[u8]) -> bool {
    let (mut assigned, mut other, mut code) = (0, 0, 0);
    for line in head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii) {
        match line {
            [] | [b'#' | b';', ..] => {}
            _ if section(line).is_some() => assigned += 1,
            _ => match assignment(line, 0..line.len()) {
                Some(a) if line[a.separator] == b'=' => {
                    assigned += 1;
                    // A bundle may be one line, of which only the beginning is seen.
                    let declares = [&b"var "[..], b"let ", b"const "].iter().any(|w| line.starts_with(w));
                    let ends = matches!(line.last(), Some(b';' | b'{' | b'('));
                    code += usize::from(declares || ends);
                }
                _ => other += 1,
            },
        }
    }
    assigned > 0 && assigned * 4 >= (assigned + other) * 3 && code * 3 <= assigned
}

/// The name in a section header, as offsets in the trimmed line.
fn section(line: &[u8]) -> Option<Range<usize>> {
    let open = line.iter().take(2).take_while(|b| **b == b'[').count();
    if open == 0 || line.len() > 512 || is_blank(*line.get(open)?) {
        return None;
    }
    // Quotes hide brackets and signs: [target.'cfg(os = "x")'.dependencies].
    let mut quote = None;
    let close = (open..line.len()).find(|&i| match (quote, line[i]) {
        (None, b'"' | b'\'') => {
            quote = Some(line[i]);
            false
        }
        (None, b) => matches!(b, b']' | b',' | b'=' | b'{'),
        (Some(q), b) => {
            quote = quote.filter(|_| b != q);
            false
        }
    })?;
    let after = &line[close..];
    let after = after[after.iter().take(open).take_while(|b| **b == b']').count()..].trim_ascii();
    let quiet = matches!(after.first(), None | Some(b'#' | b';'));
    (quiet && line[close] == b']' && close > open).then_some(open..close)
}

/// Scans a text of assignments; it may stand inside another text.
pub(super) fn scan(tree: &mut Tree<'_, '_>, range: Range<usize>) {
    let base = tree.depth();
    tree.open_as(range.start, Kind::File, 0, Step::None);
    let depth = tree.depth();
    let mut lines = Lines { end: range.end, depth, number: 0, prefixes: HashMap::new(), continued: false };
    let mut at = range.start;
    while at < range.end && !tree.done() {
        at = lines.line(tree, at);
    }
    if !tree.done() {
        tree.close_to(base);
    }
}

/// Texts in texts that are read as files of their own.
const NESTED: usize = 2;

/// Scans a text of many lines, opened at `open`, that is the value of the member at hand: as a
/// file of its own if it looks like one.
pub(super) fn embedded(tree: &mut Tree<'_, '_>, open: usize, range: Range<usize>) {
    if !tree.seeker.wants(&range) {
        return;
    }
    let slice = &tree.text[range.clone()];
    let json = json::looks_like_json(slice, FileKind::Unknown);
    let lines = !json && looks_like_assignments(head(slice));
    let file = json || lines || yaml::looks_like_yaml(head(slice));
    if !file || tree.count(Kind::Scalar) >= NESTED {
        return tree.value(trim(tree.text, range));
    }
    let depth = tree.depth();
    let spans = tree.seeker.next();
    tree.open(open, Kind::Scalar, 0);
    if json {
        json::scan(tree, range.start, range.end, Mode::Text);
    } else if lines {
        scan(tree, range.clone());
    } else {
        yaml::scan(tree, range.clone());
    }
    tree.close_to(depth);
    tree.fill(spans, &trim(tree.text, range));
}

struct Lines<'t> {
    end: usize,
    /// Objects open around sections and blocks.
    depth: usize,
    /// Of the line at hand, from 1.
    number: usize,
    /// Where a prefix of dotted names was seen first, for each section.
    prefixes: HashMap<(usize, &'t [u8]), usize>,
    /// The line before ended with a backslash.
    continued: bool,
}

impl<'t> Lines<'t> {
    /// Takes in the line at `at`, or the lines of its value; returns where the next one starts.
    fn line(&mut self, tree: &mut Tree<'t, '_>, at: usize) -> usize {
        let text = tree.text;
        let end = memchr(b'\n', &text[at..self.end]).map_or(self.end, |p| at + p);
        self.number += 1;
        work(end - at);
        let line = trim(text, at..end);
        let slice = &text[line.clone()];
        let continued = std::mem::replace(&mut self.continued, slice.ends_with(b"\\"));
        let next = end + 1;
        match slice {
            [] => self.end_block(tree),
            [b'[', ..] if let Some(name) = section(slice) => {
                tree.close_to(self.depth);
                tree.key(line.start + name.start..line.start + name.end);
                tree.open(line.start, Kind::Section, 0);
            }
            [b'}' | b']' | b')', ..] => {
                if tree.kind() == Some(Kind::Table) {
                    tree.close();
                }
                self.head(tree, &line);
            }
            _ => {
                if let Some(found) = assignment(text, line.clone()) {
                    return self.assign(tree, &line, found, next);
                }
                if matches!(slice, [b'#' | b';', ..] | [b'/', b'/', ..]) {
                    self.end_block(tree);
                }
                if !self.head(tree, &line) {
                    self.other(tree, line, if continued { Of::Member } else { Of::Nothing });
                }
            }
        }
        next
    }

    fn end_block(&self, tree: &mut Tree<'_, '_>) {
        if matches!(tree.kind(), Some(Kind::Block(_))) {
            tree.close();
        }
    }

    /// Opens a block for a header: `provider "aws" {`.
    fn head(&self, tree: &mut Tree<'_, '_>, line: &Range<usize>) -> bool {
        let text = tree.text;
        let [before @ .., b'{'] = &text[line.clone()] else { return false };
        let name = before.trim_ascii().len();
        if name > 256 {
            return false;
        }
        let name = trim(text, line.start..line.end - 1);
        self.end_block(tree);
        tree.set(Step::Key(name.clone()));
        tree.open(line.end - 1, Kind::Table, 0);
        // variable "aws_secret" { default = "…" }
        if let [.., b'"'] = &text[name.clone()]
            && let Some(open) = memchr::memrchr(b'"', &text[name.start..name.end - 1])
        {
            tree.name(1, name.start + open + 1..name.end - 1);
        }
        true
    }

    fn assign(
        &mut self,
        tree: &mut Tree<'t, '_>,
        line: &Range<usize>,
        found: Assignment,
        next: usize,
    ) -> usize {
        let text = tree.text;
        let Assignment { name, separator, value, commented } = found;
        if commented && text[separator] != b'=' && !tree.seeker.wants(&(line.start..line.end)) {
            self.end_block(tree);
            return next;
        }
        if tree.kind() == Some(Kind::File) {
            tree.open_as(separator, Kind::Block(self.number), 0, Step::None);
        }
        let first = text.get(separator + 1..line.end).unwrap_or_default().trim_ascii_start();
        let long = first.starts_with(b"\"\"\"") || first.starts_with(b"'''");
        let bracket =
            matches!(text.get(value.start), Some(b'[' | b'{')) && !commented && value.start < line.end;
        if !long && !bracket && !tree.seeker.wants(line) {
            tree.set(Step::Key(name));
            if let Step::Key(key) = tree.member()
                && names::naming(&text[key.clone()]).is_some()
            {
                tree.value(value);
            }
            return next;
        }
        let depth = tree.depth();
        let key = self.key(tree, name);
        let mut after = next;
        if long {
            let open = line.end - first.len() + 3;
            let near = self.end.min(open.saturating_add(LONG));
            let close = memmem::find(&text[open..near], &first[..3]).map_or(near, |p| open + p);
            self.number += memchr_iter(b'\n', &text[line.end..close.max(line.end)]).count();
            work(close - open);
            tree.value(open..close);
            after = memchr(b'\n', &text[close..self.end]).map_or(self.end, |p| close + p + 1);
        } else if bracket {
            let indent = text[..line.start].iter().rev().take(64).take_while(|b| is_blank(**b)).count();
            let stop = json::scan(tree, value.start, self.end, Mode::Assigned(indent));
            self.number += memchr_iter(b'\n', &text[line.end..stop.clamp(line.end, self.end)]).count();
            // At the start of a line that is not part of the value, or behind the value.
            let whole = stop > 0 && text.get(stop - 1) == Some(&b'\n');
            if whole {
                self.number = self.number.saturating_sub(usize::from(stop > next));
                after = stop.max(next);
            } else {
                after = memchr(b'\n', &text[stop..self.end]).map_or(self.end, |p| stop + p + 1).max(next);
            }
        } else {
            let rest = value.end..line.end;
            match key {
                Some(key) => tree.named(Some(key), value),
                None => tree.value(value),
            }
            self.other(tree, rest, Of::MemberIfNamed);
        }
        tree.close_to(depth);
        after
    }

    /// Makes the name the member at hand; what stands before its last dot is a table around it.
    /// Returns the key where it is only a part of the name.
    fn key(&mut self, tree: &mut Tree<'t, '_>, name: Range<usize>) -> Option<Range<usize>> {
        let text = tree.text;
        let slice = &text[name.clone()];
        if slice.starts_with(b"//") {
            tree.key(name.clone());
            return memchr::memrchr(b':', slice).map(|p| name.start + p + 1..name.end);
        }
        let dot = memchr::memrchr(b'.', slice)
            .filter(|p| *p > 0 && *p + 1 < slice.len() && slice.iter().all(|b| is_name(*b)));
        let Some(dot) = dot else {
            tree.key(name);
            return None;
        };
        let (prefix, key) = (name.start..name.start + dot, name.start + dot + 1..name.end);
        if tree.seeker.wants(&prefix) {
            tree.key(name.clone());
        }
        let known = (tree.start(), &slice[..dot]);
        let start = match self.prefixes.get(&known) {
            Some(start) => *start,
            None => {
                if self.prefixes.len() < PREFIXES {
                    self.prefixes.insert(known, prefix.end);
                }
                prefix.end
            }
        };
        tree.open_as(start, Kind::Table, 0, Step::Key(prefix));
        tree.key(key);
        None
    }

    /// A line, or the rest of one, that is no assignment.
    fn other(&self, tree: &mut Tree<'_, '_>, range: Range<usize>, of: Of) {
        if !tree.seeker.wants(&range) {
            return;
        }
        tree.serve(&range, |tree, at| {
            if of == Of::Member || of == Of::MemberIfNamed && inner(tree.text, &range, at).is_some() {
                return Some(tree.value_place(&trim_continued(tree.text, &range), at, None));
            }
            let found = source::place(tree.text, &range, at).filter(|p| p.key.is_some());
            found.or_else(|| word_before(tree.text, &range, at)).map(|found| tree.adopt(found))
        });
    }
}

/// Whether a part of a line belongs to the member at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// It continues its value.
    Member,
    /// If it has a name inside: `A=1 B=2`, not a comment.
    MemberIfNamed,
    /// It stands for itself: a command.
    Nothing,
}

/// A range without the backslash that continues its line.
fn trim_continued(text: &[u8], range: &Range<usize>) -> Range<usize> {
    let end = range.end - usize::from(text[range.clone()].ends_with(b"\\"));
    let trimmed = trim(text, range.start..end);
    if trimmed.is_empty() { range.clone() } else { trimmed }
}

/// The word before a value: `requirepass …`, `login … password …`.
fn word_before(text: &[u8], line: &Range<usize>, at: usize) -> Option<Place> {
    let low = line.start.max(at.saturating_sub(256));
    let start = at - text[low..at].iter().rev().take_while(|b| !is_blank(**b)).count();
    let end = start - text[low..start].iter().rev().take_while(|b| is_blank(**b)).count();
    let name = end - text[low..end].iter().rev().take_while(|b| is_name(**b)).count()..end;
    let whole = name.start == line.start || name.start > low && is_blank(text[name.start - 1]);
    let high = line.end.min(at.saturating_add(4096));
    let stop = at + text[at..high].iter().take_while(|b| !is_blank(**b) && **b != b';').count();
    if name.len() < 3 || !whole || stop == at || !text[name.start].is_ascii_alphabetic() {
        return None;
    }
    let key = names::clean(&text[name]);
    let mut value = start..stop;
    if names::is_quote(text[value.start]) && value.start < at {
        value.start += 1;
    }
    Some(Place { path: key.clone(), key: Some(key), objects: Vec::new(), value })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn sections() {
        let table: &[(&str, &str)] = &[
            (
                "[default]\naws_access_key_id = VALUE1\naws_secret_access_key = VALUE2\n\n[profile prod]\naws_secret_access_key=VALUE3\n",
                "[default] aws_access_key_id|aws_access_key_id|section [default],the file; [default] aws_secret_access_key|aws_secret_access_key|section [default],the file; [profile prod] aws_secret_access_key|aws_secret_access_key|section [profile prod],the file",
            ),
            (
                "[remote \"origin\"]\n\turl = https://u:VALUE1@host/x\n",
                "[remote \"origin\"] url|url|section [remote \"origin\"],the file",
            ),
            (
                "[HKEY_CURRENT_USER\\Software\\X]\r\n\"Secret\"=\"VALUE1\"\r\n",
                "[HKEY_CURRENT_USER\\Software\\X] Secret|Secret|section [HKEY_CURRENT_USER\\Software\\X],the file",
            ),
            (
                "[target.'cfg(a = \"b\", c)'.x]\nkey = 'VALUE1'",
                "[target.'cfg(a = \"b\", c)'.x] key|key|section [target.'cfg(a = \"b\", c)'.x],the file",
            ),
            (
                "[Service]\nEnvironment=\"AWS_SECRET=VALUE1\" \"B=x\" \"CC=VALUE2\"\n",
                "[Service] Environment|AWS_SECRET|section [Service],the file; [Service] Environment|CC|section [Service],the file",
            ),
        ];
        check(&Ini, table);
    }

    #[test]
    fn toml() {
        let table: &[(&str, &str)] = &[
            ("[aws.prod]\nsecret = 'VALUE1' # x\n", "[aws.prod] secret|secret|section [aws.prod],the file"),
            (
                "[a]\naws = { id = \"VALUE1\", secret = 'VALUE2' }\nnext = \"VALUE3\"",
                "[a] aws.id|id|object [a] aws,section [a],the file; [a] aws.secret|secret|object [a] aws,section [a],the file; [a] next|next|section [a],the file",
            ),
            (
                "keys = [\n  \"VALUE1\",\n  \"VALUE2\",\n]\nlast = \"VALUE3\"",
                "keys[0]|keys|array keys,block at line 1,the file; keys[1]|keys|array keys,block at line 1,the file; last|last|block at line 1,the file",
            ),
            (
                "a = \"\"\"\none\nVALUE1\n\"\"\"\nb = 'VALUE2'",
                "a|a|block at line 1,the file; b|b|block at line 1,the file",
            ),
            (
                "[[p]]\naws.id = \"VALUE1\"\naws.secret = \"VALUE2\"\n",
                "[p] aws.id|id|table [p] aws,section [p],the file; [p] aws.secret|secret|table [p] aws,section [p],the file",
            ),
            ("a = [\nb = \"VALUE1\"", "b|b|block at line 1,the file"),
        ];
        check(&Ini, table);
    }

    #[test]
    fn lines_without_sections() {
        let table: &[(&str, &str)] = &[
            (
                "# Prod\nID=VALUE1\nexport SECRET='VALUE2'\n\nOTHER=VALUE3",
                "ID|ID|block at line 2,the file; SECRET|SECRET|block at line 2,the file; OTHER|OTHER|block at line 5,the file",
            ),
            ("A=VALUE1\n# Dev\nB=VALUE2\n", "A|A|block at line 1,the file; B|B|block at line 3,the file"),
            ("A=1\n#B=VALUE1\nC=VALUE2", "B|B|block at line 1,the file; C|C|block at line 1,the file"),
            (
                "prod.aws.id=VALUE1\nprod.aws.secret=VALUE2\ndev.aws.id=VALUE3",
                "prod.aws.id|id|table prod.aws,block at line 1,the file; prod.aws.secret|secret|table prod.aws,block at line 1,the file; dev.aws.id|id|table dev.aws,block at line 1,the file",
            ),
            (
                "long=abc\\\n  VALUE1\nnext=VALUE2",
                "long|long|block at line 1,the file; next|next|block at line 1,the file",
            ),
            (
                "FROM x\nENV A=VALUE1 \\\n    BB=VALUE2\nENV C VALUE3\nRUN curl --token=VALUE4 h\n",
                "A|A|block at line 2,the file; BB|BB|block at line 2,the file; C|C|block at line 2,the file; token|token|block at line 2,the file",
            ),
            ("export A=x BC=VALUE1", "A|BC|block at line 1,the file"),
            (
                "//registry.npmjs.org/:_authToken=VALUE1\n",
                "//registry.npmjs.org/:_authToken|_authToken|block at line 1,the file",
            ),
            (
                "set A=VALUE1\r\nsetx B \"VALUE2\"\r\n$env:C = \"VALUE3\"\r\n",
                "A|A|block at line 1,the file; B|B|block at line 1,the file; C|C|block at line 1,the file",
            ),
            (
                "K := VALUE1\nall:\n\tcurl -H 'X-Api-Key: VALUE2'",
                "K|K|block at line 1,the file; X-Api-Key|X-Api-Key|block at line 1,the file",
            ),
            ("machine h login VALUE1 password VALUE2", "login|login|the file; password|password|the file"),
            ("requirepass VALUE1", "requirepass|requirepass|the file"),
            ("\"secret\" = \"VALUE1\";", "secret|secret|block at line 1,the file"),
            ("VALUE1=x", "VALUE1|VALUE1|block at line 1,the file"),
        ];
        check(&Ini, table);
    }

    #[test]
    fn blocks_in_braces() {
        let table: &[(&str, &str)] = &[
            (
                "provider \"aws\" {\n  access_key = \"VALUE1\"\n  secret_key = \"VALUE2\"\n}\nx = \"VALUE3\"",
                "provider \"aws\".access_key|access_key|table provider \"aws\",the file; provider \"aws\".secret_key|secret_key|table provider \"aws\",the file; x|x|block at line 5,the file",
            ),
            (
                "variable \"aws_secret\" {\n  type = string\n  default = \"VALUE1\"\n}",
                "variable \"aws_secret\".default|aws_secret|table variable \"aws_secret\",the file",
            ),
            ("env {\n value = \"VALUE1\"\n name = \"SECRET\"\n}", "env.value|SECRET|table env,the file"),
            ("tags = {\n  Token = \"VALUE1\"\n}\n", "tags.Token|Token|object tags,block at line 1,the file"),
            (
                "a {\n b {\n  c = VALUE1\n }\n d = VALUE2\n}",
                "a.b.c|c|table a.b,table a,the file; a.d|d|table a,the file",
            ),
        ];
        check(&Ini, table);
    }

    #[test]
    fn reads_assignments_and_no_programs() {
        for (yes, name) in [
            ("A=1\nB=2", "x"),
            ("[default]\nkey = v", "config"),
            ("", ".env"),
            ("#!/bin/sh\nx", "run"),
            ("a: b", "a.properties"),
        ] {
            assert!(Ini.reads(yes.as_bytes(), name.as_bytes()), "{yes}");
        }
        for (no, name) in [
            ("A=1\nB=2", "x.py"),
            ("x = 1;\ny = 2;\n", "x"),
            ("var __BUNDLE_START_TIME__=now(),__DEV__=!1", "x"),
            ("import os\nx = 1\ndef f():\n  pass\n", "x"),
            ("a: b\nc: d", "x"),
            ("Some words = here\nand more\nand more", "x"),
            ("#!/usr/bin/python\nx = 1", "x"),
            ("", "x"),
        ] {
            assert!(!Ini.reads(no.as_bytes(), name.as_bytes()), "{no}");
        }
    }
}
