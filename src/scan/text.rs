//! One text: the engine over its parts, what is encoded in it, and the sites of what was hit.

use super::around;
use super::blob::{Job, Searched};
use super::thin::{MOST_PLACES, thin, thin_shapes};
use crate::address::{Address, Encoding};
use crate::blob::{Blob, NoSites, Scope, ScopeId, Text, TextKind, TextOffset};
use crate::container::{self, ENCLOSED};
use crate::engine::assignment::Named;
use crate::engine::marks::Mark;
use crate::engine::{Hit, Sink};
use crate::explain::Judgement;
use crate::finding::Secret;
use crate::ledger::Reason;
use crate::lens::decode::{
    self, Decoded, armor, chained, inner, invisible, listed, literal, marked, pieced, turned,
};
use crate::lens::document::{DocumentSites, MAX_SITES, nest};
use crate::lens::raw;
use crate::look::Look;
use crate::pattern::PatternId;
use crate::pattern::conditions::Open;
use crate::source::holes;
use crate::triage::score::{Documentation, Rated, Refusal, is_in_line_comment};
use crate::triage::sighting::Sighting;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Parts of a large text that are searched on their own. Fixed, so that the result does not depend
/// on the number of threads.
pub(super) const PART: usize = 1 << 20;

/// What the texts of one blob have in common.
pub(super) struct TextJob<'j, 'e, 'p> {
    pub job: &'j Job<'e, 'p>,
    pub address: &'j Address,
    pub blob: u64,
    pub depth: u32,
}

/// A sighting, with the stretch of the text that it (or what it was decoded from) stands in.
struct Pending {
    at: Range<usize>,
    sighting: Sighting,
    /// Whether it was decoded from the text rather than found in it.
    decoded: bool,
}

/// What a text, or a part of one, gave.
#[derive(Default)]
struct Gathered {
    hits: Vec<(Hit, Open)>,
    decoded: Vec<Pending>,
    /// From blobs that were decoded out of the text.
    inner: Searched,
    cut: bool,
}

/// Searches a text of the blob and everything encoded in it.
pub(super) fn search(job: &TextJob<'_, '_, '_>, text: &Text<'_>) -> Searched {
    let mut found = Searched::default();
    let pending = search_level(job, text, job.address, 0, &mut found);
    if pending.is_empty() {
        return found;
    }
    let lines = (text.kind == TextKind::Plain).then(|| Lines::new(text.bytes));
    let number = job.job.number();
    // Inside a package, nobody who scans it wrote the lines.
    let keep = job.job.keep.filter(|_| lines.is_some() && job.address.is_artifact());
    found.sightings.extend(pending.into_iter().map(|p| {
        let position = lines.as_ref().map(|lines| lines.position(p.at.start));
        let lines = position.iter().map(|p| (number, p.0)).collect();
        let around = keep.and_then(|keep| around::around(text.bytes, &p.at, keep)).map(Arc::new);
        Sighting { position, lines, around, ..p.sighting }
    }));
    found
}

fn search_level(
    job: &TextJob<'_, '_, '_>,
    text: &Text<'_>,
    address: &Address,
    level: u32,
    found: &mut Searched,
) -> Vec<Pending> {
    let limits = &job.job.budget.limits;
    let len = text.bytes.len();
    let mut numbers: Vec<usize> =
        holes::stretches(text.bytes).flat_map(|data| data.start / PART..data.end.div_ceil(PART)).collect();
    numbers.dedup();
    let parts: Vec<Range<usize>> = numbers.into_iter().map(|i| i * PART..len.min((i + 1) * PART)).collect();
    let part = |within: &Range<usize>| search_part(job, text, address, level, within.clone());
    let gathered: Vec<Gathered> = if job.job.parallel && parts.len() > 1 {
        parts.par_iter().with_max_len(1).map(part).collect()
    } else {
        parts.iter().map(part).collect()
    };
    let mut hits = Vec::new();
    let mut pending = Vec::new();
    let mut cut = false;
    for part in gathered {
        hits.extend(part.hits);
        pending.extend(part.decoded);
        found.sightings.extend(part.inner.sightings);
        found.ledger.merge(part.inner.ledger);
        found.parts.extend(part.inner.parts);
        cut |= part.cut;
    }
    hits.sort_by_key(|(h, _)| (h.span.start, h.pattern, h.span.end, h.value.start));
    hits.dedup();
    if hits.len() > limits.hits || cut {
        hits.truncate(limits.hits);
        let detail = format!("more than {} matches in one text; the rest is left out", limits.hits);
        found.ledger.skipped(address.clone(), None, Reason::Limit, detail);
    }
    let is_shape = |hit: &Hit| !hit.near && hit.confidence.is_none() && job.job.engine.is_run(hit.pattern);
    thin_shapes(&mut hits, is_shape);
    if let Some(times) = thin(text.bytes, &mut hits) {
        let detail = format!(
            "values that stand here more than {MOST_PLACES} times: {times} further places are not told"
        );
        found.ledger.skipped(address.clone(), Some(0), Reason::Duplicate, detail);
    }
    drop_known(text, &hits, &mut pending);
    let mut documentation = Documentation::of(text.bytes);
    show_outside(text, &mut documentation, &mut pending);
    pending.extend(hits.into_iter().map(|(hit, open)| Pending {
        at: shown(text.bytes, &hit),
        sighting: Sighting { open, ..sighting(job, text, &mut documentation, address, &hit) },
        decoded: false,
    }));
    if !pending.is_empty() {
        pending.sort_by_key(|p| (p.at.start, p.at.end));
        name_places(job, text, &mut pending);
    }
    pending
}

/// Drops what was found in a string without its escapes, and as it is written too.
fn drop_known(text: &Text<'_>, hits: &[(Hit, Open)], pending: &mut Vec<Pending>) {
    if pending.iter().any(|p| is_unescaped(&p.sighting)) {
        let start = |hit: &Hit| text.blob_offset(TextOffset(hit.value.start)).0;
        let known: HashSet<_> = hits.iter().map(|(hit, _)| (hit.pattern, start(hit))).collect();
        let is_known = |s: &Sighting| is_unescaped(s) && known.contains(&(s.pattern, s.range.0));
        pending.retain(|p| !is_known(&p.sighting));
    }
}

/// What stands in a comment or a test was decoded there too.
fn show_outside(text: &Text<'_>, documentation: &mut Documentation<'_>, pending: &mut [Pending]) {
    if text.kind != TextKind::Plain {
        return;
    }
    pending.sort_by_key(|p| p.at.start);
    for p in pending {
        p.sighting.for_show |= documentation.or_tests_hold(p.at.start);
        p.sighting.in_comment |= is_in_line_comment(text.bytes, p.at.start);
    }
}

fn is_unescaped(sighting: &Sighting) -> bool {
    sighting.encodings.last() == Some(&Encoding::Escapes)
}

fn search_part(
    job: &TextJob<'_, '_, '_>,
    text: &Text<'_>,
    address: &Address,
    level: u32,
    within: Range<usize>,
) -> Gathered {
    let mut sink = PartSink {
        job,
        text,
        address,
        level,
        gathered: Gathered::default(),
        decoded_to: 0,
        marked_to: 0,
        read_to: 0,
        within: within.clone(),
        keywords: BTreeMap::new(),
    };
    job.job.engine.search(text.bytes, within.clone(), text.kind, &mut sink);
    if level < job.job.budget.limits.decode_depth && text.kind != TextKind::Binary {
        let most = job.job.budget.limits.decoded_bytes as usize;
        listed::lists(text.bytes, within.clone(), most, &mut |decoded| sink.decoded(&decoded));
        decode::escaped(text.bytes, within, &mut |decoded| sink.decoded(&decoded));
    }
    sink.gathered
}

/// Gathers what the engine finds in one part.
struct PartSink<'s, 'j, 'e, 'p> {
    job: &'s TextJob<'j, 'e, 'p>,
    text: &'s Text<'s>,
    address: &'s Address,
    level: u32,
    gathered: Gathered,
    /// Runs before this offset were part of a value that has been decoded.
    decoded_to: usize,
    /// Words before this offset stand in what was read at another.
    marked_to: usize,
    /// Strings before this offset were read without their escapes.
    read_to: usize,
    within: Range<usize>,
    /// Whether a keyword of a pattern stands in this part or close to it: asked once.
    keywords: BTreeMap<PatternId, bool>,
}

/// Bytes around a part in which a keyword counts.
const AROUND: usize = 64 << 10;

impl PartSink<'_, '_, '_, '_> {
    /// Whether a hit fulfils what its pattern asks besides its form.
    fn accepts(&mut self, hit: &Hit) -> Option<Open> {
        let pattern = self.job.job.engine.patterns().get(hit.pattern);
        let Some(conditions) = &pattern.conditions else { return Some(Open::default()) };
        let bytes = self.text.bytes;
        let has_keyword = self.keywords.entry(hit.pattern).or_insert_with(|| {
            let Range { start, end } = self.within;
            conditions.has_keyword(&bytes[start.saturating_sub(AROUND)..bytes.len().min(end + AROUND)])
        });
        if *has_keyword { conditions.accept(bytes, hit) } else { None }
    }
}

impl Sink for PartSink<'_, '_, '_, '_> {
    fn hit(&mut self, hit: Hit) {
        if is_last_line(self.text.bytes, &hit.value) && self.job.job.engine.is_run(hit.pattern) {
            return;
        }
        let Some(open) = self.accepts(&hit) else { return };
        if self.gathered.hits.len() < self.job.job.budget.limits.hits {
            self.gathered.hits.push((hit, open));
        } else {
            self.gathered.cut = true;
        }
    }

    fn judged(&mut self, named: &Named, verdict: Result<Rated, Refusal>) {
        if let Some(record) = self.job.job.record {
            let judgement = Judgement::new(self.text, self.address, named, verdict);
            record.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(judgement);
        }
    }

    fn silent(&mut self, at: usize) {
        if at < self.read_to || self.level >= self.job.job.budget.limits.decode_depth {
            return;
        }
        if let Some(decoded) = inner::around(self.text.bytes, at, self.read_to) {
            self.read_to = decoded.span.end;
            self.decoded_as(&decoded, true);
        }
    }

    fn wants_all(&self) -> bool {
        self.job.job.record.is_some()
    }

    fn mark(&mut self, mark: Mark, word: Range<usize>) {
        if word.start < self.marked_to {
            return;
        }
        let Some(enclosed) = ENCLOSED.iter().find(|enclosed| enclosed.mark == mark) else {
            return self.marked_value(mark, word);
        };
        let Some((opened, end)) = (enclosed.open)(self.text.bytes, word.start) else { return };
        self.marked_to = end;
        let (job, depth) = (self.job.job, self.job.depth);
        if depth < job.budget.limits.depth {
            let inner = job.enclosed(opened, self.address, depth);
            self.take(inner);
        } else {
            let detail = format!("files in text inside {depth} containers are not opened");
            self.gathered.inner.ledger.skipped(self.address.clone(), None, Reason::Limit, detail);
        }
    }

    fn run(&mut self, run: Range<usize>) {
        let limits = &self.job.job.budget.limits;
        if run.start < self.decoded_to || self.level >= limits.decode_depth {
            return;
        }
        let decoded = decode::run(self.text.bytes, &run, limits.decoded_bytes as usize);
        let decoded = decoded
            .or_else(|| invisible::behind(self.text.bytes, run.end))
            .or_else(|| chained::below(self.text.bytes, &run));
        if let Some(decoded) = decoded {
            self.decoded_to = decoded.span.end;
            self.decoded(&decoded);
        }
    }
}

impl PartSink<'_, '_, '_, '_> {
    /// Searches the value that stands at a word.
    fn marked_value(&mut self, mark: Mark, word: Range<usize>) {
        let limits = &self.job.job.budget.limits;
        if self.text.kind == TextKind::Binary || self.level >= limits.decode_depth {
            return;
        }
        let word_end = word.end;
        let decoded = match mark {
            Mark::Utf7 => Some(marked::utf7(self.text.bytes, word.start)),
            Mark::Rot13 => turned::string(self.text.bytes, &word, Encoding::Rot13),
            Mark::Packed => literal::bytes(self.text.bytes, &word, limits.decoded_bytes as usize),
            Mark::Joined => chained::at(self.text.bytes, &word),
            Mark::Listed => pieced::call(self.text.bytes, &word),
            Mark::Invisible => invisible::around(self.text.bytes, &word),
            Mark::Key => armor::key(self.text.bytes, &word),
            Mark::EscapedKey => armor::percent(self.text.bytes, &word),
            Mark::Reversed => turned::string(self.text.bytes, &word, Encoding::Reversed),
            _ => marked::base85(self.text.bytes, word, limits.decoded_bytes as usize),
        };
        if let Some(decoded) = decoded {
            self.marked_to = self.marked_to.max(decoded.span.end).max(word_end);
            self.decoded(&decoded);
        }
    }

    /// Takes what was found in a blob that stands in the text: its bytes have been counted there.
    fn take(&mut self, inner: Searched) {
        self.gathered.inner.sightings.extend(inner.sightings);
        self.gathered.inner.parts.extend(inner.parts);
        self.gathered.inner.ledger.entries.extend(inner.ledger.entries);
    }
}

/// Longest indentation of wrapped base64.
const MAX_INDENT: usize = 32;

/// Whether a value is a line by itself below a longer line of base64: the end of a wrapped value.
fn is_last_line(text: &[u8], value: &Range<usize>) -> bool {
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r');
    let is_base64 = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let indent = text[..value.start].iter().rev().take(MAX_INDENT).take_while(is_blank).count();
    let Some(above) = text[..value.start - indent].strip_suffix(b"\n") else { return false };
    let above = above.strip_suffix(b"\r").unwrap_or(above);
    let length = above.iter().rev().take(2 * value.len()).take_while(is_base64).count();
    let before = &above[..above.len() - length];
    let border = before.iter().rev().take(MAX_INDENT).find(|b| !is_blank(b));
    length > value.len() && border.is_none_or(|b| *b == b'\n' || length == 2 * value.len())
}

impl PartSink<'_, '_, '_, '_> {
    /// Searches something that was decoded.
    fn decoded(&mut self, decoded: &Decoded) {
        self.decoded_as(decoded, false);
    }

    /// The same; `is_whole` says that it is a string without its escapes, and no value of its own.
    fn decoded_as(&mut self, decoded: &Decoded, is_whole: bool) {
        let start = self.text.blob_offset(TextOffset(decoded.span.start));
        let address = self.address.decoded(decoded.encoding, start.0);
        if decoded.cut {
            let detail = "encoded text is longer than the limit; its beginning was searched";
            self.gathered.inner.ledger.skipped(address.clone(), None, Reason::Limit, detail);
        }
        let is_encoded_file = decoded.encoding.holds_bytes();
        let opens = || {
            let blob = Blob { address: address.clone(), bytes: &decoded.bytes };
            container::of(&blob, &Look::at(&decoded.bytes)).is_some()
        };
        if raw::kind(&decoded.bytes) == TextKind::Binary
            || decoded.bytes.starts_with(&[0xff, 0xfe])
            || is_encoded_file && opens()
        {
            // A file of its own: an archive, a keystore, UTF-16 text, an inline source map.
            let job = self.job.job;
            if self.job.depth < job.budget.limits.depth {
                let inner = job.search(&Blob { address, bytes: &decoded.bytes }, self.job.depth + 1);
                self.take(inner);
            }
            return;
        }
        let document = DocumentSites::new(b"");
        let text = Text {
            bytes: &decoded.bytes,
            // What is unescaped keeps its place among its neighbours.
            kind: if is_encoded_file { TextKind::Plain } else { self.text.kind },
            encoding: Some(decoded.encoding),
            map: &decoded.map,
            outer: Some(self.text),
            // Whole lines, whose own names are written in the encoding too.
            sites: if is_encoded_file || decoded.encoding == Encoding::Utf7 { &document } else { &NoSites },
        };
        let mut pending = search_level(self.job, &text, &address, self.level + 1, &mut self.gathered.inner);
        if is_whole {
            // What needs no word before it was seen as it is written, and what is encoded too.
            let engine = self.job.job.engine;
            pending
                .retain(|p| !engine.is_run(p.sighting.pattern) && (!p.decoded || is_unescaped(&p.sighting)));
        }
        pending.extend(self.named_outside(&text, decoded, &address));
        self.gathered.decoded.extend(pending.into_iter().map(|p| {
            let at = usize::try_from(decoded.map.outer(TextOffset(p.at.start))).unwrap_or(decoded.span.start);
            Pending { at: at..decoded.span.end.max(at), decoded: true, ..p }
        }));
    }
}

impl PartSink<'_, '_, '_, '_> {
    /// What was decoded if it is one value, of a service that stands around what it was decoded from.
    fn named_outside(&self, text: &Text<'_>, decoded: &Decoded, address: &Address) -> Option<Pending> {
        let value = decoded.bytes.trim_ascii_end();
        let is_one = decoded.encoding.holds_bytes()
            && value.len() <= ONE_VALUE
            && value.iter().all(u8::is_ascii_graphic);
        if !is_one || self.text.kind != TextKind::Plain {
            return None;
        }
        let patterns = self.job.job.engine.patterns();
        let named = patterns.names().name_decoded(patterns, self.text.bytes, &decoded.span, value)?;
        let hit = Hit::named(named);
        let mut documentation = Documentation::of(text.bytes);
        let sighting = sighting(self.job, text, &mut documentation, address, &hit);
        Some(Pending { at: shown(text.bytes, &hit), sighting, decoded: false })
    }
}

/// Longest text that may be one value.
const ONE_VALUE: usize = 512;

/// Where to look for a hit: where its secret stands, if that is on a later line than its beginning.
fn shown(text: &[u8], hit: &Hit) -> Range<usize> {
    let below = |secret: &&Range<usize>| {
        text.get(hit.value.start..secret.start).is_some_and(|gap| memchr::memchr(b'\n', gap).is_some())
    };
    hit.secret.as_ref().filter(below).unwrap_or(&hit.value).clone()
}

/// The sighting of a hit, without sites and position.
fn sighting(
    job: &TextJob<'_, '_, '_>,
    text: &Text<'_>,
    documentation: &mut Documentation<'_>,
    address: &Address,
    hit: &Hit,
) -> Sighting {
    let copy = |range: &Range<usize>| Secret::new(&text.bytes[range.clone()]);
    let first = text.blob_offset(TextOffset(hit.value.start)).0;
    let last = text.blob_offset(TextOffset(hit.value.end.saturating_sub(1))).0;
    // The pieces of an assembled value lie anywhere; no encoding makes ten bytes of one.
    let is_contiguous = (first..first.saturating_add(16 + 10 * hit.value.len() as u64)).contains(&last);
    let end = if is_contiguous { last + 1 } else { first + 1 };
    Sighting {
        pattern: hit.pattern,
        value: copy(&hit.value),
        id: hit.id.as_ref().map(copy),
        secret: hit.secret.as_ref().map(copy),
        near: hit.near,
        loose: hit.loose,
        named: hit
            .named
            .as_ref()
            .map(|(name, rated)| (String::from_utf8_lossy(&text.bytes[name.clone()]).into_owned(), *rated)),
        for_show: text.kind == TextKind::Plain && documentation.or_tests_hold(hit.value.start),
        in_comment: text.kind == TextKind::Plain && is_in_line_comment(text.bytes, hit.value.start),
        open: Open::default(),
        confidence: hit.confidence,
        others: hit.others.clone(),
        kind: text.kind,
        address: address.clone(),
        blob: job.blob,
        range: (first, end),
        place: text.blob_offset(TextOffset(shown(text.bytes, hit).start)).0,
        position: None,
        lines: Vec::new(),
        encodings: text.encodings(),
        layer: None,
        sites: Vec::new(),
        around: None,
    }
}

/// Adds the sites that this text knows. What was decoded from it keeps the sites it has inside,
/// behind those of the value it was decoded from.
fn name_places(job: &TextJob<'_, '_, '_>, text: &Text<'_>, pending: &mut [Pending]) {
    let spans: Vec<Range<usize>> = pending.iter().map(|p| p.at.clone()).collect();
    let number = job.job.number();
    for (p, mut outer) in pending.iter_mut().zip(text.sites.resolve(text.bytes, &spans)) {
        outer.truncate(MAX_SITES);
        for scope in outer.iter_mut().flat_map(|site| &mut site.scopes) {
            qualify(scope, number);
        }
        if !p.decoded || p.sighting.sites.is_empty() {
            p.sighting.sites.extend(outer);
        } else if !outer.is_empty() {
            p.sighting.sites = nest(&outer, &p.sighting.sites);
        }
    }
}

fn qualify(scope: &mut Scope, number: u64) {
    if let ScopeId::Local(id) = scope.id {
        scope.id = ScopeId::InText(number, id);
    }
}

/// Line starts of a text.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &[u8]) -> Self {
        let ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1);
        Lines(std::iter::once(0).chain(ends).collect())
    }

    /// Line and column of an offset, from 1.
    fn position(&self, at: usize) -> (u32, u32) {
        let line = self.0.partition_point(|&start| start <= at);
        let start = self.0[line - 1];
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (clip(line), clip(at - start + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        let lines = Lines::new(b"ab\ncd\n\nx");
        assert_eq!([0, 2, 3, 6, 7].map(|at| lines.position(at)), [(1, 1), (1, 3), (2, 1), (3, 1), (4, 1)]);
    }
}
