//! PDF (ISO 32000-1): the text of each page, and every stream with its filters undone.
//!
//! Objects are found by scanning, not by the cross-reference tables: those are often wrong, and they
//! hide what an edit replaced. Strings of dictionaries (form fields, annotations, metadata) come as a
//! member of their own, because they may be in UTF-16 or inside a compressed object stream.

mod filter;
mod font;
mod object;
mod text;

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use font::Font;
use object::{Parser, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Opens PDF files.
pub struct Pdf;

/// The header may have something before it (section 7.5.2, implementation note 13).
const HEAD: usize = 1024;
/// Fonts, forms and pages are looked for through so many references.
const MAX_LINKS: u32 = 16;

impl Container for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
        let is_header = |at: usize| head[at..].starts_with(b"%PDF-");
        memchr::memchr_iter(b'%', head).any(is_header) && memchr::memmem::find(blob.bytes, b" obj").is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let file = Arc::new(File::read(blob.bytes, limits));
        let mut members: Vec<Box<dyn Member + 'b>> = Vec::new();
        let mut problems = Vec::new();
        let mut gaps = Vec::new();
        let mut at = 0;
        if file.is_encrypted {
            let hidden: u64 = file.streams.iter().map(|s| s.range.len() as u64).sum();
            problems
                .push(Problem::new(Reason::Encrypted, "streams and strings are encrypted").of_bytes(hidden));
            return Opened {
                members,
                gaps: std::iter::once(0..blob.bytes.len()).collect(),
                problems,
                ..Opened::default()
            };
        }
        for stream in &file.streams {
            // Pictures stay as they are: no text is in them.
            let filters = filter::names(&stream.dict);
            if filters.iter().any(|f| filter::is_picture(f)) {
                continue;
            }
            if let Some(unknown) = filters.iter().find(|f| !filter::is_known(f)) {
                let name = crate::address::escape(unknown);
                let detail = format!("the filter {name} of object {} is not read", stream.number);
                problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(stream.range.len() as u64));
                continue;
            }
            gaps.push(at..stream.range.start);
            at = stream.range.end;
            members.push(Box::new(Stream {
                name: format!("object {}", stream.number).into_bytes(),
                data: &blob.bytes[stream.range.clone()],
                filters,
                predictor: filter::Predictor::new(&stream.dict),
            }));
        }
        gaps.push(at..blob.bytes.len());
        gaps.retain(|gap| !gap.is_empty());
        for (number, drawn) in file.pages().into_iter().enumerate() {
            let name = match drawn.form {
                None => format!("page {}", number + 1),
                Some(object) => format!("form {object}"),
            };
            members.push(Box::new(Page {
                name: name.into_bytes(),
                drawn,
                file: Arc::clone(&file),
                bytes: blob.bytes,
            }));
        }
        let strings = file.strings();
        if !strings.is_empty() {
            members.push(Box::new(Strings(strings)));
        }
        if file.is_cut {
            problems.push(Problem::new(Reason::Limit, "too many objects; pages are known from the first"));
        }
        Opened { members, gaps, problems, ..Opened::default() }
    }
}

/// An object with a stream.
struct StreamObject {
    number: u32,
    dict: Value,
    range: Range<usize>,
}

/// All objects of a file.
#[derive(Default)]
struct File {
    /// By number, the last of each.
    objects: HashMap<u32, Value>,
    /// In the order of the file.
    streams: Vec<StreamObject>,
    /// The last stream of each number.
    stream_of: HashMap<u32, usize>,
    is_encrypted: bool,
    is_cut: bool,
}

/// A page, or a form that pages draw.
struct Drawn {
    contents: Vec<u32>,
    resources: Option<Value>,
    form: Option<u32>,
}

/// What one value may take in memory beside its bytes.
const VALUE_BYTES: usize = 64;

impl File {
    fn read(bytes: &[u8], limits: &Limits) -> File {
        let mut file = File::default();
        let mut room = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX);
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&bytes[at..], b" obj").map(|i| at + i) {
            at = found + 4;
            let Some(number) = number_before(bytes, found) else { continue };
            let mut parser = Parser::new(bytes, at);
            let Some(value) = parser.value() else { continue };
            room = match room.checked_sub(VALUE_BYTES + 4 * (parser.at - at)) {
                Some(room) => room,
                None => {
                    file.is_cut = true;
                    break;
                }
            };
            at = parser.at.min(bytes.len());
            if let Some(range) = stream_range(bytes, at, &value) {
                at = range.end;
                file.stream_of.insert(number, file.streams.len());
                file.streams.push(StreamObject { number, dict: value.clone(), range });
            }
            file.objects.insert(number, value);
        }
        // A trailer or a cross-reference stream says so.
        file.is_encrypted = file.streams.iter().any(|s| s.dict.get(b"Encrypt").is_some())
            || memchr::memmem::rfind_iter(bytes, b"trailer")
                .take(8)
                .any(|at| Parser::new(bytes, at + 7).value().is_some_and(|t| t.get(b"Encrypt").is_some()));
        if !file.is_encrypted {
            file.read_object_streams(bytes, limits, room);
        }
        file
    }

    /// Objects inside object streams (section 7.5.7).
    fn read_object_streams(&mut self, bytes: &[u8], limits: &Limits, mut room: usize) {
        // Pages are looked up while the container is opened, before its own budget is at hand.
        let own = Limits { expanded_bytes: limits.decoded_bytes, ..limits.clone() };
        let budget = Budget::new(&own, bytes.len() as u64);
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for stream in self.streams.iter().filter(|s| s.dict.is(b"Type", b"ObjStm")) {
            let data = &bytes[stream.range.clone()];
            let predictor = filter::Predictor::new(&stream.dict);
            filter::undo(data, &filter::names(&stream.dict), &predictor, &mut buffer, &budget);
            let count = stream.dict.get(b"N").and_then(Value::number).unwrap_or(0.0).clamp(0.0, 1e6) as usize;
            let first = stream.dict.get(b"First").and_then(Value::number).unwrap_or(0.0).max(0.0) as usize;
            let mut header = Parser::new(&buffer, 0);
            let mut end = 0;
            for _ in 0..count {
                let (Some(Value::Number(number)), Some(Value::Number(offset))) =
                    (header.value(), header.value())
                else {
                    break;
                };
                let start = first.saturating_add(offset.max(0.0) as usize);
                // Objects stand in order; those that go back would be read again and again.
                if start < end || start >= buffer.len() {
                    continue;
                }
                let mut parser = Parser::new(&buffer, start);
                let Some(value) = parser.value() else { continue };
                end = parser.at;
                let Some(left) = room.checked_sub(VALUE_BYTES + 4 * (end - start)) else {
                    self.is_cut = true;
                    break;
                };
                room = left;
                found.push((number as u32, value));
            }
        }
        for (number, value) in found {
            // An object outside was written by a later edit, as a rule.
            self.objects.entry(number).or_insert(value);
        }
    }

    /// A value, or what it refers to.
    fn resolve<'v>(&'v self, mut value: &'v Value) -> Option<&'v Value> {
        for _ in 0..MAX_LINKS {
            match value {
                Value::Reference(number) => value = self.objects.get(number)?,
                other => return Some(other),
            }
        }
        None
    }

    fn entry<'v>(&'v self, value: &'v Value, key: &[u8]) -> Option<&'v Value> {
        self.resolve(value.get(key)?)
    }

    /// Pages in the order of their object numbers, then forms.
    fn pages(&self) -> Vec<Drawn> {
        let mut numbers: Vec<u32> = self.objects.keys().copied().collect();
        numbers.sort_unstable();
        let mut pages = Vec::new();
        for number in &numbers {
            let page = &self.objects[number];
            if page.is(b"Type", b"Page") {
                let contents = match page.get(b"Contents") {
                    Some(Value::Reference(n)) => match self.objects.get(n) {
                        Some(Value::Array(parts)) => references(parts),
                        _ => vec![*n],
                    },
                    Some(Value::Array(parts)) => references(parts),
                    _ => Vec::new(),
                };
                pages.push(Drawn { contents, resources: self.resources(page), form: None });
            }
        }
        for number in &numbers {
            let form = &self.objects[number];
            if form.is(b"Subtype", b"Form") && self.stream_of.contains_key(number) {
                let resources = self.entry(form, b"Resources").cloned();
                pages.push(Drawn { contents: vec![*number], resources, form: Some(*number) });
            }
        }
        pages
    }

    /// The resources of a page, which it may have from the nodes above it.
    fn resources(&self, page: &Value) -> Option<Value> {
        let mut node = page;
        for _ in 0..MAX_LINKS {
            if let Some(resources) = self.entry(node, b"Resources") {
                return Some(resources.clone());
            }
            node = self.entry(node, b"Parent")?;
        }
        None
    }

    fn fonts(&self, resources: &Value, bytes: &[u8], budget: &Budget) -> HashMap<Vec<u8>, Font> {
        let Some(Value::Dict(fonts)) = self.entry(resources, b"Font") else { return HashMap::new() };
        let mut buffer = Vec::new();
        fonts
            .iter()
            .filter_map(|(name, font)| {
                let font = self.resolve(font)?;
                let map = match font.get(b"ToUnicode") {
                    Some(Value::Reference(n)) => {
                        self.contents(*n, bytes, &mut buffer, budget).map(|()| buffer.as_slice())
                    }
                    _ => None,
                };
                let descendant = match self.entry(font, b"DescendantFonts") {
                    Some(Value::Array(fonts)) => fonts.first().and_then(|f| self.resolve(f)),
                    _ => None,
                };
                // Widths may stand in objects of their own.
                let descendant = descendant.map(|d| self.with(d, &[b"W", b"DW"]));
                let font = self.with(font, &[b"Widths", b"FirstChar", b"Subtype"]);
                let encoding = self.entry(&font, b"Encoding");
                Some((name.clone(), Font::new(&font, descendant.as_ref(), map, encoding)))
            })
            .collect()
    }

    /// A dictionary with these entries in place of references to them.
    fn with(&self, dict: &Value, keys: &[&[u8]]) -> Value {
        let Value::Dict(entries) = dict else { return dict.clone() };
        let entry = |(key, value): &(Vec<u8>, Value)| {
            let is_wanted = keys.contains(&key.as_slice());
            let value = if is_wanted { self.resolve(value).unwrap_or(value) } else { value };
            (key.clone(), value.clone())
        };
        Value::Dict(entries.iter().map(entry).collect())
    }

    /// The bytes of a stream with its filters undone.
    fn contents(&self, number: u32, bytes: &[u8], buffer: &mut Vec<u8>, budget: &Budget) -> Option<()> {
        let stream = self.streams.get(*self.stream_of.get(&number)?)?;
        let data = bytes.get(stream.range.clone())?;
        let predictor = filter::Predictor::new(&stream.dict);
        filter::undo(data, &filter::names(&stream.dict), &predictor, buffer, budget);
        Some(())
    }

    /// Strings of dictionaries, a line each, with the name that a form field has.
    fn strings(&self) -> Vec<u8> {
        let mut numbers: Vec<u32> = self.objects.keys().copied().collect();
        numbers.sort_unstable();
        let mut text = Vec::new();
        for number in numbers {
            collect_strings(&self.objects[&number], 0, &mut text);
        }
        text
    }
}

fn collect_strings(value: &Value, depth: u32, text: &mut Vec<u8>) {
    let Value::Dict(entries) = value else {
        if let Value::Array(items) = value
            && depth < MAX_LINKS
        {
            items.iter().for_each(|item| collect_strings(item, depth + 1, text));
        }
        return;
    };
    let field = match value.get(b"T") {
        Some(Value::String(name)) => Some(plain(name)),
        _ => None,
    };
    for (key, value) in entries {
        match value {
            Value::String(string) if string.len() >= 8 => {
                let name = match (&field, key.as_slice()) {
                    (Some(name), b"V" | b"DV") => name.as_bytes(),
                    _ => key,
                };
                text.extend_from_slice(name);
                text.extend_from_slice(b" = ");
                text.extend_from_slice(plain(string).as_bytes());
                text.push(b'\n');
            }
            other if depth < MAX_LINKS => collect_strings(other, depth + 1, text),
            _ => {}
        }
    }
}

/// A text string (section 7.9.2.2): UTF-16 or UTF-8 with a mark, or bytes.
fn plain(string: &[u8]) -> String {
    match string {
        [0xfe, 0xff, units @ ..] => {
            let units = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        bytes => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

fn references(values: &[Value]) -> Vec<u32> {
    let number = |v: &Value| match v {
        Value::Reference(n) => Some(*n),
        _ => None,
    };
    values.iter().filter_map(number).collect()
}

/// The number of the object whose `obj` stands at `at`: `12 0 obj`.
fn number_before(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = |end: usize| bytes[..end].iter().rev().take(10).take_while(|b| b.is_ascii_digit()).count();
    let generation = digits(at);
    let space = at.checked_sub(generation + 1)?;
    if generation == 0 || !bytes[space].is_ascii_whitespace() {
        return None;
    }
    let len = digits(space);
    std::str::from_utf8(&bytes[space - len..space]).ok()?.parse().ok()
}

/// The bytes of the stream behind a dictionary that ends at `at`.
fn stream_range(bytes: &[u8], at: usize, dict: &Value) -> Option<Range<usize>> {
    dict.get(b"Length").or_else(|| dict.get(b"Filter"))?;
    let mut parser = Parser::new(bytes, at);
    parser.skip_space();
    let rest = bytes.get(parser.at..)?.strip_prefix(b"stream")?;
    let line = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    };
    let start = parser.at + 6 + line;
    let is_end = |end: usize| {
        let rest = bytes.get(end..).unwrap_or_default();
        rest[..rest.len().min(16)].trim_ascii_start().starts_with(b"endstream")
    };
    // The length may be a reference, or wrong.
    if let Some(len) = dict.get(b"Length").and_then(Value::number)
        && len >= 0.0
        && let Some(end) = start.checked_add(len as usize)
        && is_end(end)
    {
        return Some(start..end);
    }
    let rest = bytes.get(start..)?;
    let len = memchr::memmem::find(rest, b"endstream").unwrap_or(rest.len());
    Some(start..start + len)
}

/// A stream with its filters undone.
struct Stream<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    filters: Vec<Vec<u8>>,
    predictor: filter::Predictor,
}

impl Member for Stream<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.data.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        if self.filters.is_empty() {
            return Contents { bytes: self.data, problem: None };
        }
        let problem = filter::undo(self.data, &self.filters, &self.predictor, buffer, budget);
        Contents { bytes: buffer, problem }
    }
}

/// The text of a page.
struct Page<'b> {
    name: Vec<u8>,
    drawn: Drawn,
    file: Arc<File>,
    bytes: &'b [u8],
}

impl Member for Page<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        0
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let fonts = match &self.drawn.resources {
            Some(resources) => self.file.fonts(resources, self.bytes, budget),
            None => HashMap::new(),
        };
        let mut content = Vec::new();
        let mut part = Vec::new();
        for &number in &self.drawn.contents {
            if self.file.contents(number, self.bytes, &mut part, budget).is_some() {
                content.append(&mut part);
                content.push(b'\n');
            }
        }
        *buffer = text::shown(&content, &fonts).into_bytes();
        Contents { bytes: buffer, problem: None }
    }
}

/// The strings of dictionaries.
struct Strings(Vec<u8>);

impl Member for Strings {
    fn name(&self) -> &[u8] {
        b"strings"
    }

    fn size_hint(&self) -> u64 {
        self.0.len() as u64
    }

    fn read<'s>(&'s self, _: &'s mut Vec<u8>, _: &Budget) -> Contents<'s> {
        Contents { bytes: &self.0, problem: None }
    }
}
