//! XML, property lists and the markup of pages: paths in the manner of XPath, keys from names.
//!
//! An own tokenizer: `quick-xml` stops for good at the first mismatched tag or bare `<`, and what
//! is searched here is often a template, a page or a file cut off. It only knows tags, attributes,
//! comments and CDATA; there are no entities to expand and no namespaces to resolve. An element
//! counts as an object when it has children; until then it is a member of its parent.

use super::files::{FileKind, file_kind, head};
use super::names::{NAME, is_quote, is_value_word, looks_like_name, naming, trim};
use super::seek::work;
use super::tree::{Element, Kind, Step, Tree};
use super::{Place, Syntax, ini, json, source};
use memchr::{memchr, memchr2, memmem};
use std::ops::Range;

/// Open elements known by name; deeper ones are only counted.
const OPEN: usize = 1024;
/// Open elements that a closing tag is compared with.
const NEAR: usize = 16;
/// Attributes of one tag.
const ATTRIBUTES: usize = 256;

/// XML, property lists, HTML.
pub struct Xml;

impl Syntax for Xml {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        let head = head(text).trim_ascii_start();
        let tag = match head {
            [b'<', b'?', rest @ ..] => rest.starts_with(b"xml"),
            [b'<', b'!', b'-', b'-', ..] => true,
            [b'<', b'!', rest @ ..] => rest.first().is_some_and(u8::is_ascii_alphabetic),
            [b'<', b, rest @ ..] if b.is_ascii_alphabetic() || *b == b'_' => {
                let end = rest.iter().position(|b| !is_tag(*b));
                end.is_some_and(|end| rest[end].is_ascii_whitespace() || matches!(rest[end], b'/' | b'>'))
            }
            _ => false,
        };
        let code: &[&[u8]] = &[b".php", b".phtml", b".jsp", b".aspx", b".cshtml", b".ejs", b".hbs"];
        tag && match file_kind(file_name) {
            FileKind::Code => false,
            FileKind::Page => !code.iter().any(|end| file_name.to_ascii_lowercase().ends_with(end)),
            _ => true,
        }
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut tree = Tree::new(text, spans);
        let mut scan = Scan { page: is_page(text), ..Scan::default() };
        let mut at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        while at < text.len() && !tree.done() {
            at = scan.piece(&mut tree, at);
        }
        tree.finish()
    }
}

fn is_tag(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || b >= 0x80
}

fn is_page(text: &[u8]) -> bool {
    let head = head(text).trim_ascii_start().to_ascii_lowercase();
    let starts: &[&[u8]] =
        &[b"<!doctype html", b"<html", b"<template", b"<script", b"<head", b"<body", b"<div"];
    starts.iter().any(|s| head.starts_with(s))
}

fn is_void(tag: &[u8]) -> bool {
    let void: &[&[u8]] = &[
        b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source",
        b"track", b"wbr",
    ];
    void.iter().any(|v| v.eq_ignore_ascii_case(tag))
}

#[derive(Debug)]
struct Open {
    tag: Range<usize>,
    /// The text of the last `<key>`, in a property list.
    key: Option<Range<usize>>,
    /// The first text, in the map entries of XStream.
    first: Option<Range<usize>>,
}

/// An element without children so far.
#[derive(Debug)]
struct Pending {
    start: usize,
    element: Element,
}

/// A comment, scanned as markup.
#[derive(Debug)]
struct Comment {
    end: usize,
    depth: usize,
}

#[derive(Debug, Default)]
struct Scan {
    page: bool,
    plist: bool,
    open: Vec<Open>,
    over: usize,
    pending: Option<Pending>,
    comment: Option<Comment>,
    /// No comment closes after this point.
    endless: bool,
}

impl Scan {
    /// Takes in a tag or a run of text; returns where the next one starts.
    fn piece(&mut self, tree: &mut Tree<'_, '_>, at: usize) -> usize {
        let text = tree.text;
        if let Some(comment) = self.comment.take_if(|c| c.end <= at) {
            self.pending = None;
            self.close_to(tree, comment.depth);
            if at == comment.end {
                return at + 3;
            }
        }
        let end = self.comment.as_ref().map_or(text.len(), |c| c.end);
        let rest = &text[at..end];
        work(1);
        match rest {
            [b'<', b'!', b'-', b'-', ..] if self.comment.is_none() && !self.endless => {
                match memmem::find(&text[at + 4..], b"-->") {
                    Some(close) => self.comment = Some(Comment { end: at + 4 + close, depth: self.depth() }),
                    None => self.endless = true,
                }
                self.flush(tree);
                if let Some(comment) = &mut self.comment {
                    comment.depth = self.open.len() + self.over;
                }
                at + 4
            }
            [b'<', b'!', b'[', ..] if rest.starts_with(b"<![CDATA[") => {
                let close = memmem::find(&rest[9..], b"]]>").map_or(end, |p| at + 9 + p);
                work(close - at);
                self.text(tree, at + 9..close);
                (close + 3).min(end)
            }
            [b'<', b'!', ..] => self.declaration(tree, at, end),
            [b'<', b'?', ..] => memmem::find(rest, b"?>").map_or(end, |p| at + p + 2),
            [b'<', b'/', ..] => {
                let name = at + 2..at + 2 + rest[2..].iter().take_while(|b| is_tag(**b)).count();
                let close = memchr(b'>', &text[name.end..end]).map_or(end, |p| name.end + p + 1);
                work(close - at);
                self.close(tree, &text[name]);
                close
            }
            [b'<', b, ..] if b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80 => self.tag(tree, at, end),
            _ => {
                let stop = memchr(b'<', &rest[1..]).map_or(end, |p| at + 1 + p);
                work(stop - at);
                self.text(tree, at..stop);
                stop
            }
        }
    }

    fn depth(&self) -> usize {
        self.open.len() + self.over
    }

    fn close_to(&mut self, tree: &mut Tree<'_, '_>, depth: usize) {
        while self.depth() > depth {
            if self.over > 0 {
                self.over -= 1;
            } else {
                self.open.pop();
            }
            tree.close();
        }
    }

    /// `<!DOCTYPE …>`, `<!ENTITY name "value">`.
    fn declaration(&mut self, tree: &mut Tree<'_, '_>, at: usize, end: usize) -> usize {
        let text = tree.text;
        let close = memchr2(b'>', b'[', &text[at..end]).map_or(end, |p| at + p + 1);
        work(close - at);
        if text[at..close].starts_with(b"<!ENTITY") && tree.seeker.wants(&(at..close)) {
            let name = trim(text, at + 8..close);
            let name = name.start..name.start + text[name].iter().take_while(|b| is_tag(**b)).count();
            let open = text[name.end..close].iter().position(|b| is_quote(*b)).map(|p| name.end + p);
            if let Some(open) = open
                && let Some(value) = memchr(text[open], &text[open + 1..close])
            {
                tree.set(Step::Key(name.clone()));
                tree.named(Some(name), open + 1..open + 1 + value);
                tree.set(Step::None);
            }
        }
        close
    }

    /// An opening tag.
    fn tag(&mut self, tree: &mut Tree<'_, '_>, at: usize, end: usize) -> usize {
        let text = tree.text;
        self.flush(tree);
        let tag = at + 1..at + 1 + text[at + 1..end].iter().take_while(|b| is_tag(**b)).count();
        let (attributes, close, empty) = attributes(text, tag.end, end, self.page);
        work(close - at);
        if self.depth() == 0 && &text[tag.clone()] == b"plist" {
            self.plist = true;
        }
        let by = attributes
            .iter()
            .filter_map(|(name, value)| Some((naming(local(text, name)).filter(|r| *r != 2)?, name, value)))
            .filter(|(_, _, value)| value.len() <= NAME && looks_like_name(&text[(*value).clone()]))
            .min_by_key(|(rank, _, _)| *rank)
            .map(|(_, name, value)| (name.clone(), value.clone()));
        let element = Element { tag: tag.clone(), by: by.clone() };
        if tree.seeker.wants(&(at..close)) {
            for (name, value) in attributes {
                let key = name.end - local(text, &name).len()..name.end;
                let sibling = by.as_ref().filter(|(by, _)| is_value_word(&text[key.clone()]) && *by != name);
                let kind = if sibling.is_some() { Kind::Hidden } else { Kind::Element };
                tree.open_as(at, kind, 0, Step::Element(element.clone()));
                tree.set(Step::Attribute(name));
                tree.named(Some(sibling.map_or(key, |(_, name)| name.clone())), value);
                tree.close();
            }
        }
        let step = match self.open.last() {
            Some(parent) if self.plist && self.over == 0 => match &text[parent.tag.clone()] {
                b"dict" => parent.key.clone().map(Step::Key),
                b"array" => Some(tree.member().clone()).filter(|m| matches!(m, Step::Index(_))),
                _ => None,
            },
            _ => None,
        };
        tree.set(step.unwrap_or(Step::Element(element.clone())));
        self.pending = Some(Pending { start: at, element });
        let name = &text[tag];
        if empty || self.page && is_void(name) {
            self.leave(tree);
            return close;
        }
        if self.page && (name.eq_ignore_ascii_case(b"script") || name.eq_ignore_ascii_case(b"style")) {
            return self.raw(tree, close, end);
        }
        close
    }

    /// The text of `<script>` up to its closing tag.
    fn raw(&mut self, tree: &mut Tree<'_, '_>, at: usize, end: usize) -> usize {
        let text = tree.text;
        let name = self.pending.as_ref().map_or(&b""[..], |p| &text[p.element.tag.clone()]);
        let mut stop = at;
        loop {
            let Some(p) = memmem::find(&text[stop..end], b"</") else { break stop = end };
            stop += p;
            if text[stop + 2..end].get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name)) {
                break;
            }
            stop += 2;
        }
        work(stop - at);
        let range = at..stop;
        if tree.seeker.wants(&range) {
            let content = trim(text, range.clone());
            if json::looks_like_json(&text[content.clone()], FileKind::Code) {
                self.flush(tree);
                json::scan(tree, content.start, content.end, json::Mode::Text);
            } else {
                tree.serve(&range, |tree, at| source::place(tree.text, &range, at).map(|p| tree.adopt(p)));
            }
        }
        stop
    }

    /// The element at hand has children: it becomes an object.
    fn flush(&mut self, tree: &mut Tree<'_, '_>) {
        let Some(pending) = self.pending.take() else { return };
        let array = self.plist && &tree.text[pending.element.tag.clone()] == b"array";
        tree.open(pending.start, if array { Kind::Array } else { Kind::Element }, 0);
        if let Some((_, name)) = pending.element.by {
            tree.name(1, name);
        }
        if self.open.len() >= OPEN {
            self.over += 1;
        } else {
            self.open.push(Open { tag: pending.element.tag, key: None, first: None });
        }
    }

    /// The element at hand ends.
    fn leave(&mut self, tree: &mut Tree<'_, '_>) {
        self.pending = None;
        tree.next();
    }

    /// A closing tag: of the element at hand, of a near open one, or of none.
    fn close(&mut self, tree: &mut Tree<'_, '_>, name: &[u8]) {
        let same = |tag: &Range<usize>| tree.text[tag.clone()].eq_ignore_ascii_case(name);
        if self.pending.as_ref().is_some_and(|p| same(&p.element.tag)) {
            return self.leave(tree);
        }
        let floor = self.comment.as_ref().map_or(0, |c| c.depth);
        if self.over > 0 {
            if self.depth() > floor {
                self.close_to(tree, self.depth() - 1);
            }
            return;
        }
        let low = floor.max(self.open.len().saturating_sub(NEAR));
        if let Some(found) = self.open[low.min(self.open.len())..].iter().rposition(|o| same(&o.tag)) {
            self.pending = None;
            self.close_to(tree, low + found);
            tree.next();
        }
    }

    /// A run of text.
    fn text(&mut self, tree: &mut Tree<'_, '_>, range: Range<usize>) {
        let text = tree.text;
        let value = trim(text, range);
        if value.is_empty() {
            return;
        }
        let Some(pending) = &self.pending else {
            if !matches!(tree.member(), Step::Index(_)) {
                tree.set(Step::None);
            }
            return tree.value(value);
        };
        let tag = &text[pending.element.tag.clone()];
        if let Some(parent) = self.open.last_mut().filter(|_| self.over == 0) {
            match &text[parent.tag.clone()] {
                b"dict" if self.plist && tag == b"key" => {
                    parent.key = Some(value.clone());
                    return tree.key(value);
                }
                b"entry" if tag == b"string" => match parent.first.clone() {
                    None => parent.first = Some(value.clone()),
                    Some(name) => return tree.named(Some(name), value),
                },
                _ => {}
            }
        }
        if tree.seeker.wants(&value) && memchr(b'\n', &text[value.clone()]).is_some() {
            return ini::embedded(tree, pending.start, value);
        }
        tree.value(value);
    }
}

/// The part of a name behind its prefix: `name` of `android:name`.
fn local<'t>(text: &'t [u8], name: &Range<usize>) -> &'t [u8] {
    let name = &text[name.clone()];
    &name[memchr(b':', name).map_or(0, |p| p + 1)..]
}

/// Attributes by name and value, the end of the tag, and whether it is empty (`/>`).
type Attributes = (Vec<(Range<usize>, Range<usize>)>, usize, bool);

fn attributes(text: &[u8], mut at: usize, end: usize, page: bool) -> Attributes {
    let mut found = Vec::new();
    let mut empty = false;
    while at < end {
        match text[at] {
            b'>' => return (found, at + 1, empty),
            b'<' => return (found, at, false),
            b'/' => {
                empty = true;
                at += 1;
            }
            b if b.is_ascii_whitespace() || b == b'=' || is_quote(b) => at += 1,
            _ => {
                empty = false;
                let stop =
                    |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'<' | b'/' | b'"' | b'\'');
                let name = at..text[at..end].iter().position(stop).map_or(end, |p| at + p);
                at = trim_start(text, name.end, end);
                if text.get(at) != Some(&b'=') || at >= end {
                    continue;
                }
                at = trim_start(text, at + 1, end);
                let value = match text[..end].get(at) {
                    Some(&q @ (b'"' | b'\'')) => {
                        let close = if page {
                            memchr(q, &text[at + 1..end])
                        } else {
                            memchr2(q, b'<', &text[at + 1..end])
                        };
                        at + 1..close.map_or(end, |p| at + 1 + p)
                    }
                    _ => {
                        let stop = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'<');
                        at..text[at..end].iter().position(stop).map_or(end, |p| at + p)
                    }
                };
                at = value.end;
                if found.len() < ATTRIBUTES && !name.is_empty() {
                    found.push((name, value));
                }
            }
        }
    }
    (found, end, false)
}

fn trim_start(text: &[u8], at: usize, end: usize) -> usize {
    text[at..end].iter().position(|b| !b.is_ascii_whitespace()).map_or(end, |p| at + p)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn documents() {
        let table: &[(&str, &str)] = &[
            (
                "<?xml version=\"1.0\"?>\n<resources>\n<string name=\"aws_id\">VALUE1</string>\n<string name=\"aws_secret\">VALUE2</string>\n</resources>",
                "/resources/string[@name='aws_id']|aws_id|element /resources; /resources/string[@name='aws_secret']|aws_secret|element /resources",
            ),
            (
                "<configuration><appSettings>\n<add key=\"AwsSecret\" value=\"VALUE1\"/><add value='VALUE2' key='AwsId' />\n</appSettings></configuration>",
                "/configuration/appSettings/add[@key='AwsSecret']/@value|AwsSecret|element /configuration/appSettings,element /configuration; /configuration/appSettings/add[@key='AwsId']/@value|AwsId|element /configuration/appSettings,element /configuration",
            ),
            (
                "<a><meta-data android:name=\"com.x.KEY\" android:value=\"VALUE1\" /></a>",
                "/a/meta-data[@android:name='com.x.KEY']/@android:value|com.x.KEY|element /a",
            ),
            (
                "<aws id=\"main\" accessKey=\"VALUE1\" secretKey=\"VALUE2\"/>",
                "/aws[@id='main']/@accessKey|accessKey|element /aws[@id='main']; /aws[@id='main']/@secretKey|secretKey|element /aws[@id='main']",
            ),
            (
                "<aws key=\"VALUE1\" secret=\"VALUE2\"/>",
                "/aws[@key='VALUE1']/@key|key|element /aws[@key='VALUE1']; /aws[@key='VALUE1']/@secret|secret|element /aws[@key='VALUE1']",
            ),
            (
                "<s><setting name=\"Secret\" serializeAs=\"String\"><value>VALUE1</value></setting></s>",
                "/s/setting[@name='Secret']/value|Secret|element /s/setting[@name='Secret'],element /s",
            ),
            (
                "<c><property><name>fs.s3a.secret.key</name><value>VALUE1</value></property></c>",
                "/c/property/value|fs.s3a.secret.key|element /c/property,element /c",
            ),
            (
                "<p><defaultValue>VALUE1</defaultValue><name>SECRET</name></p>",
                "/p/defaultValue|SECRET|element /p",
            ),
            (
                "<m><entry><string>SECRET</string><string>VALUE1</string></entry></m>",
                "/m/entry/string|SECRET|element /m/entry,element /m",
            ),
            (
                "<server><id>x1</id><password>VALUE1</password></server>",
                "/server/password|password|element /server",
            ),
            ("<a><entry key=\"secret\">VALUE1</entry></a>", "/a/entry[@key='secret']|secret|element /a"),
            (
                "<a><!-- <add key=\"K1\" value=\"VALUE1\"/> --><b><![CDATA[VALUE2]]></b></a>",
                "/a/add[@key='K1']/@value|K1|element /a; /a/b|b|element /a",
            ),
            ("<!DOCTYPE x [<!ENTITY secret \"VALUE1\">]><x>VALUE2</x>", "/secret|secret|-; /x|x|-"),
            ("<a>one<b/>VALUE1</a>", "/a|a|element /a"),
            (
                "<j><command>set -e\nexport SECRET=VALUE1\nrun</command></j>",
                "/j/command|SECRET|the text of /j/command,element /j",
            ),
            ("<c url=\"jdbc:x?user=a&amp;password=VALUE1\"/>", "/c/@url|password|element /c"),
        ];
        check(&Xml, table);
    }

    #[test]
    fn property_lists() {
        let table: &[(&str, &str)] = &[
            (
                "<plist version=\"1.0\"><dict>\n<key>AWSId</key><string>VALUE1</string>\n<key>AWSSecret</key>\n<string>VALUE2</string>\n<key>on</key><true/></dict></plist>",
                "/plist/dict/AWSId|AWSId|element /plist/dict,element /plist; /plist/dict/AWSSecret|AWSSecret|element /plist/dict,element /plist",
            ),
            (
                "<plist><dict><key>A</key><dict><key>B</key><string>VALUE1</string></dict><key>L</key><array><string>x</string><string>VALUE2</string></array><key>C</key><string>VALUE3</string></dict></plist>",
                "/plist/dict/A/B|B|element /plist/dict/A,element /plist/dict,element /plist; /plist/dict/L/1|L|array /plist/dict/L,element /plist/dict,element /plist; /plist/dict/C|C|element /plist/dict,element /plist",
            ),
            (
                "<plist><dict><key>VALUE1</key><string>x</string></dict></plist>",
                "/plist/dict/VALUE1|VALUE1|element /plist/dict,element /plist",
            ),
        ];
        check(&Xml, table);
    }

    #[test]
    fn pages() {
        let table: &[(&str, &str)] = &[
            (
                "<!doctype html><html><head><meta name=\"api-key\" content=\"VALUE1\"><script>var x = { secret: \"VALUE2\" };</script></head><br><p id=k1>VALUE3</p>",
                "/html/head/meta[@name='api-key']/@content|api-key|element /html/head,element /html; /html/head/secret|secret|object x,element /html/head,element /html; /html/p[@id='k1']|k1|element /html",
            ),
            (
                "<script type=\"application/json\">{\"a\":{\"b\":\"VALUE1\"}}</script>",
                "/script/a/b|b|object /script/a,object /script,element /script",
            ),
        ];
        check(&Xml, table);
    }

    #[test]
    fn damage_costs_little() {
        let table: &[(&str, &str)] = &[
            ("<a><b>VALUE1", "/a/b|b|element /a"),
            ("<a><b><c>x</b><d>VALUE1</d></a>", "/a/d|d|element /a"),
            ("<a></x></y><b>1 < 2 VALUE1</b></a>", "/a/b|b|element /a"),
            (
                "<a><b c=\"VALUE1<d>VALUE2</d>",
                "/a/b/@c|c|element /a/b,element /a; /a/b/d|d|element /a/b,element /a",
            ),
            ("<a><!-- <b>VALUE1", "/a/b|b|element /a"),
            ("<a><!-- </a> --><b>VALUE1</b>", "/a/b|b|element /a"),
        ];
        check(&Xml, table);
    }

    #[test]
    fn reads_markup() {
        for (yes, name) in [
            ("<?xml ?>", "x"),
            ("\u{feff}<a>", "x"),
            (" <a b='c'>", "x.conf"),
            ("<!-- x -->", "x"),
            ("<html>", "x.html"),
        ] {
            assert!(Xml.reads(yes.as_bytes(), name.as_bytes()), "{yes}");
        }
        for (no, name) in [
            ("<a>", "x.tsx"),
            ("<?php x", "x.php"),
            ("< a", "x"),
            ("<a@b.c>", "x"),
            ("text", "x.xml"),
            ("", "x"),
        ] {
            assert!(!Xml.reads(no.as_bytes(), name.as_bytes()), "{no}");
        }
    }
}
