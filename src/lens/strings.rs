//! Many small strings of a format as one text: what a lens with a string table gives to the engine.
//!
//! A lens pushes each string with its offset in the blob and a *tag* of its own choice (an index
//! into the format's tables); [`Places`] turns the tags of strings that were hit into sites, later
//! and only for those. The text is handed on whenever the limit on tables is reached, so that a
//! lens need not count.

use super::document::{DocumentSites, nest};
use crate::address::Encoding;
use crate::blob::{OffsetMap, Scope, ScopeClass, ScopeId, Segment, Site, Sites, Text, TextKind};
use crate::limits::Limits;
use crate::triage::names::{self, Verdict};
use std::collections::HashMap;
use std::ops::Range;

/// Names the places of strings by the tags a lens gave them.
pub trait Places: Sync {
    /// The places of each tag, in the order asked. Asked once a text, and only for hits, so an
    /// answer may cost a pass over the whole blob.
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>>;
}

/// A [`Places`] that answers tag by tag.
impl<F: Fn(u64) -> Vec<Site> + Sync> Places for F {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        tags.iter().map(|&tag| self(tag)).collect()
    }
}

/// Memory that one string takes in the tables beside the text, in bytes.
const TABLE_BYTES: usize = 48;

/// Lengths of values that are given with their names.
const NAMED: Range<usize> = 5..129;

/// Whether a name, or the last part of a path, says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    const LONGEST: usize = 64;
    let name = name.rsplit(['/', ':', '\0']).next().unwrap_or(name);
    name.len() <= LONGEST && matches!(names::judge(name), Verdict::Secret(_))
}

/// Whether a string looks like a password that somebody has chosen, or a program made: no word, no name, no path.
pub fn may_be_password(value: &[u8]) -> bool {
    const LENGTHS: Range<usize> = 8..41;
    LENGTHS.contains(&value.len())
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && value.iter().all(u8::is_ascii_graphic)
        && !value.iter().any(|b| matches!(b, b'/' | b'(' | b')' | b';' | b'"' | b'\\' | b'<' | b'>'))
}

/// Joins strings to texts, a NUL byte between them.
pub struct Strings<'s> {
    kind: TextKind,
    encoding: Option<Encoding>,
    places: &'s dyn Places,
    emit: &'s mut dyn FnMut(&Text<'_>),
    cap: usize,
    budget: usize,
    bytes: Vec<u8>,
    map: OffsetMap,
    starts: Vec<(usize, u64)>,
    count: u64,
    cut: bool,
}

impl<'s> Strings<'s> {
    /// Of a blob of `blob_len` bytes. `kind` is [`TextKind::Pool`] where the format has lost the
    /// author's order, [`TextKind::List`] where neighbours belong together. All strings together
    /// may have four times the bytes of the blob: tables that overlap more are hostile.
    pub fn new(
        kind: TextKind,
        blob_len: usize,
        limits: &Limits,
        places: &'s dyn Places,
        emit: &'s mut dyn FnMut(&Text<'_>),
    ) -> Self {
        Strings {
            kind,
            encoding: None,
            places,
            emit,
            cap: usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX),
            budget: blob_len.saturating_mul(4).saturating_add(1 << 12),
            bytes: Vec::new(),
            map: OffsetMap::identity(),
            starts: Vec::new(),
            count: 0,
            cut: false,
        }
    }

    /// Adds a string that stands at `offset` of the blob as it is. `false`: no more is taken.
    pub fn push(&mut self, string: &[u8], offset: u64, tag: u64) -> bool {
        if !self.begin(None, string.len(), tag) {
            return false;
        }
        self.map.push_plain(self.bytes.len(), offset);
        self.bytes.extend_from_slice(string);
        true
    }

    /// Adds a string that stands at `offset` as UTF-16 (`units` in bytes; an odd last byte is
    /// ignored), big endian or little.
    pub fn push_utf16(&mut self, units: &[u8], big_endian: bool, offset: u64, tag: u64) -> bool {
        let encoding = if big_endian { Encoding::Utf16Be } else { Encoding::Utf16Le };
        if !self.begin(Some(encoding), units.len() / 2 * 3, tag) {
            return false;
        }
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let mut at = offset;
        self.map.push(Segment { text: self.bytes.len(), outer: at, num: 2, den: 1 });
        for c in char::decode_utf16(units.chunks_exact(2).map(unit)) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            at += 2 * c.len_utf16() as u64;
            self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            if !c.is_ascii() {
                self.map.push(Segment { text: self.bytes.len(), outer: at, num: 2, den: 1 });
            }
        }
        true
    }

    /// Adds a string that stands nowhere as it is, but is made of what stands at `offset`: pieces
    /// that code joins, runs of a paragraph, a record that was put together from pages.
    pub fn push_made(&mut self, string: &[u8], offset: u64, tag: u64) -> bool {
        if !self.begin(Some(Encoding::Assembled), string.len(), tag) {
            return false;
        }
        self.map.push(Segment { text: self.bytes.len(), outer: offset, num: 0, den: 1 });
        self.bytes.extend_from_slice(string);
        true
    }

    /// Adds a value with the name that only the format knows, as a text would have the two, if the name says that it is a secret and the
    /// value is short: what is no run of random letters is known by its name alone. `step` is how many bytes of the blob each letter takes;
    /// 0 of what is made. `false`: it is no such value, and may be added as any other.
    pub fn push_named(&mut self, name: &str, value: &[u8], offset: u64, step: u32, tag: u64) -> bool {
        let is_named = NAMED.contains(&value.len())
            && value.iter().all(|b| (b' '..0x7f).contains(b) && !matches!(b, b'"' | b'\\'))
            && is_secret_name(name);
        let name = name.rsplit(['/', ':', '\0']).next().unwrap_or(name).as_bytes();
        let is_named = is_named && !name.iter().any(|b| matches!(b, b'"' | b'\\' | 0..0x20));
        let encoding = match step {
            1 => None,
            2 => Some(Encoding::Utf16Le),
            _ => Some(Encoding::Assembled),
        };
        if !is_named || !self.begin(encoding, name.len() + value.len() + 6, tag) {
            return false;
        }
        let mut add = |bytes: &[u8], num: u32| {
            self.map.push(Segment { text: self.bytes.len(), outer: offset, num, den: 1 });
            self.bytes.extend_from_slice(bytes);
        };
        add(b"\"", 0);
        add(name, 0);
        add(b"\": \"", 0);
        add(value, step);
        add(b"\"", 0);
        true
    }

    /// Adds, of strings given with their offset and tag, those that the places of their tag name as a secret: what only code knows. Costs
    /// what asking for places costs, so few and likely ones are to be given: see [`may_be_password`]. `step` as in [`Self::push_named`].
    pub fn push_named_by_place(&mut self, candidates: &[(&[u8], u64, u64)], step: u32) {
        if candidates.is_empty() {
            return;
        }
        let tags: Vec<u64> = candidates.iter().map(|(.., tag)| *tag).collect();
        for ((value, offset, tag), sites) in candidates.iter().zip(self.places.places(&tags)) {
            let name = sites.iter().filter_map(|site| site.key.as_deref()).find(|key| is_secret_name(key));
            if let Some(name) = name {
                self.push_named(name, value, *offset, step, *tag);
            }
        }
    }

    fn begin(&mut self, encoding: Option<Encoding>, len: usize, tag: u64) -> bool {
        let Some(left) = self.budget.checked_sub(len) else {
            self.cut = true;
            return false;
        };
        self.budget = left;
        let is_full = self.bytes.len() + self.starts.len() * TABLE_BYTES + len > self.cap;
        if is_full || (encoding != self.encoding && !self.bytes.is_empty()) {
            self.flush();
        }
        self.encoding = encoding;
        if !self.starts.is_empty() {
            self.bytes.push(0);
        }
        self.starts.push((self.bytes.len(), tag));
        self.count += 1;
        true
    }

    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            (self.emit)(&Text {
                bytes: &self.bytes,
                kind: self.kind,
                encoding: self.encoding,
                map: &self.map,
                outer: None,
                sites: &Tagged { starts: &self.starts, places: self.places },
            });
        }
        self.bytes.clear();
        self.map.clear();
        self.starts.clear();
    }

    /// Hands the last text on. `false` if strings were refused because there were too many bytes.
    pub fn finish(mut self) -> bool {
        self.flush();
        !self.cut
    }
}

/// Values in a string of at most this length that is no document belong together.
const ONE_STRING: usize = 1024;
/// Scopes inside of strings, so that they are none of the lens's own.
const INSIDE: u64 = 1 << 62;

/// Sites of a text by the tags of its strings.
struct Tagged<'t> {
    starts: &'t [(usize, u64)],
    places: &'t dyn Places,
}

impl Tagged<'_> {
    /// The string that holds the byte at `at`.
    fn string(&self, text: &[u8], at: usize) -> Range<usize> {
        let after = self.starts.partition_point(|&(start, _)| start <= at);
        let start = after.checked_sub(1).and_then(|i| self.starts.get(i)).map_or(0, |s| s.0);
        let end = self.starts.get(after).map_or(text.len(), |s| s.0.saturating_sub(1));
        start..end.max(start)
    }
}

/// Adds what strings of a text, which `string_at` finds, say themselves about values that are only a part of them: a document in a
/// string has paths and objects, and values in one short string belong together.
pub fn look_inside(
    text: &[u8],
    spans: &[Range<usize>],
    found: &mut [Vec<Site>],
    string_at: &dyn Fn(usize) -> Range<usize>,
) {
    let mut first = 0;
    while let Some(span) = spans.get(first) {
        let string = string_at(span.start);
        let here = spans.iter().skip(first).take_while(|s| s.start < string.end.max(span.end)).count();
        let group = first..first + here.max(1);
        first = group.end;
        let (Some(inside), Some(bytes)) = (spans.get(group.clone()), text.get(string.clone())) else {
            continue;
        };
        let Some(sites) = found.get_mut(group) else { continue };
        if bytes.len() <= span.len() {
            continue;
        }
        let id = |n: u64| ScopeId::Local(INSIDE | (string.start as u64).saturating_add(n));
        let is_document = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | b'<'))
            || memchr::memchr(b'\n', bytes).is_some();
        if is_document {
            let of = |s: &Range<usize>| s.start - string.start..s.end.min(string.end) - string.start;
            let inner: Vec<Range<usize>> = inside.iter().map(of).collect();
            let inner = DocumentSites::new(b"").resolve(bytes, &inner);
            for (site, mut inner) in sites.iter_mut().zip(inner) {
                for scope in inner.iter_mut().flat_map(|site| &mut site.scopes) {
                    if let ScopeId::Local(n) = scope.id {
                        scope.id = id(n);
                    }
                }
                if !inner.is_empty() {
                    let outer = if site.is_empty() { vec![Site::default()] } else { std::mem::take(site) };
                    *site = nest(&outer, &inner);
                }
            }
        } else if inside.len() > 1 && bytes.len() <= ONE_STRING {
            for (site, span) in sites.iter_mut().zip(inside) {
                for site in site {
                    site.scopes.insert(
                        0,
                        Scope {
                            class: ScopeClass::Call,
                            id: id(0),
                            order: Some(span.start as u64),
                            label: format!("the string {}", site.name),
                        },
                    );
                }
            }
        }
    }
}

impl Sites for Tagged<'_> {
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let mut tags: Vec<u64> = Vec::new();
        let mut known: HashMap<u64, usize> = HashMap::new();
        let wanted: Vec<Option<usize>> = spans
            .iter()
            .map(|span| {
                let after = self.starts.partition_point(|&(start, _)| start <= span.start);
                let (_, tag) = *self.starts.get(after.checked_sub(1)?)?;
                Some(*known.entry(tag).or_insert_with(|| {
                    tags.push(tag);
                    tags.len() - 1
                }))
            })
            .collect();
        let places = self.places.places(&tags);
        debug_assert_eq!(places.len(), tags.len());
        let of = |i: Option<usize>| i.and_then(|i| places.get(i).cloned()).unwrap_or_default();
        let mut found: Vec<Vec<Site>> = wanted.into_iter().map(of).collect();
        look_inside(text, spans, &mut found, &|at| self.string(text, at));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    /// Texts as (bytes, encoding, offset of `probe` in the blob, sites of `probe`).
    type Read = Vec<(String, Option<Encoding>, u64, Vec<String>)>;

    fn read(limits: &Limits, probe: &str, fill: &dyn Fn(&mut Strings<'_>)) -> (Read, bool) {
        let mut found = Vec::new();
        let places = |tag: u64| vec![Site { name: format!("#{tag}"), ..Site::default() }];
        let mut emit = |text: &Text<'_>| {
            let bytes = String::from_utf8_lossy(text.bytes).into_owned();
            let (mut offset, mut names) = (0, Vec::new());
            if let Some(at) = bytes.find(probe) {
                offset = text.blob_offset(TextOffset(at)).0;
                let sites = text.sites.resolve(text.bytes, &[at..at + probe.len(), at..at + 1]);
                names = sites.into_iter().flatten().map(|s| s.name).collect();
            }
            found.push((bytes, text.encoding, offset, names));
        };
        let mut strings = Strings::new(TextKind::Pool, 40, limits, &places, &mut emit);
        fill(&mut strings);
        let whole = strings.finish();
        (found, whole)
    }

    #[test]
    fn strings_of_all_kinds() {
        let (found, whole) = read(&Limits::default(), "needle", &|strings| {
            strings.push(b"", 3, 1);
            strings.push(b"a needle", 5, 2);
            strings.push_utf16(
                &[0xe4, 0, b'n', 0, b'e', 0, b'e', 0, b'd', 0, b'l', 0, b'e', 0, 9],
                false,
                100,
                3,
            );
            strings.push_made(b"needle", 50, 4);
        });
        let names = |n: u64| vec![format!("#{n}"); 2];
        assert!(whole);
        assert_eq!(
            found,
            [
                ("\0a needle".into(), None, 7, names(2)),
                ("äneedle".into(), Some(Encoding::Utf16Le), 102, names(3)),
                ("needle".into(), Some(Encoding::Assembled), 50, names(4)),
            ]
        );
    }

    #[test]
    fn texts_are_bounded_and_so_is_all_together() {
        let limits = Limits { decoded_bytes: 200, ..Limits::default() };
        let (found, whole) = read(&limits, "", &|strings| {
            while strings.push(&[b'x'; 100], 0, 0) {}
        });
        assert!(!whole);
        assert_eq!(found.len(), (40 * 4 + (1 << 12)) / 100);
        assert!(found.iter().all(|f| f.0.len() == 100));
    }
}
