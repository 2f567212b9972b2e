//! Which objects may hold anything, at the cost of what changed.
//!
//! An object that a pack makes from another is mostly copies of it, and in a copy nothing is new. So
//! only what the delta brought is searched, and the joints between copies. Exact all the same, because
//! every decision of the engine looks no farther than a known distance from where it starts:
//!
//! - A literal and what its patterns look at around it (`Engine::reach`): literals are noted for each
//!   object (an *anchor*, whether or not a pattern confirmed it) and carried over with the copy they lie in. Where
//!   the copy holds all that its patterns look at, so is what was decided; elsewhere they decide again.
//! - A run of token characters, what stands a little before it, and what it decodes to with the lines
//!   that follow: searched in a *window* around each change, widened to whole runs and to the whole of
//!   wrapped base64.
//! - A value with escapes: the window ends at bytes that no such value can hold.
//!
//! What only a whole object tells (that it is a container, that a lens reads it, binary data) is asked
//! of the whole object, unless nothing that could change the answer did. The filter may pick an object
//! in which nothing is; it must never leave one out in which something is, and `tests/git/same.rs` holds it
//! to that on real and on random histories.

use crate::address::Address;
use crate::blob::{Blob, TextKind};
use crate::container;
use crate::engine::assignment::Named;
use crate::engine::marks::Mark;
use crate::engine::prefilter::{Literal, Machine, Prefilter};
use crate::engine::runs::is_token;
use crate::engine::{Engine, Hit, Sink};
use crate::lens::decode::listed;
use crate::lens::{self, LENSES, decode, raw};
use crate::limits::Limits;
use crate::look::Look;
use crate::source::git::delta::Piece;
use crate::source::git::forest::Made;
use crate::triage::score::{Rated, Refusal};
use std::ops::Range;
use std::sync::LazyLock;

/// What an object turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing is in it.
    Clean,
    /// Something may be in it.
    Picked,
    /// It is no plain text: only a search of the whole tells.
    Whole,
}

/// What is known of an object for the sake of those that are made from it.
#[derive(Default)]
pub(super) struct State {
    /// Whether it is plain text that was looked at here.
    usable: bool,
    /// Whether it holds a word that some container asks for.
    marked: bool,
    /// Whether all its bytes are text.
    is_text: bool,
    /// Literals, by place.
    anchors: Vec<Anchor>,
    /// Runs and escaped values that may be something, by place.
    spots: Vec<Range<usize>>,
    /// Bytes that were searched to learn this.
    pub searched: u64,
}

impl State {
    /// Puts in order what came from several windows and copies.
    fn tidy(&mut self) {
        self.anchors.sort_unstable();
        self.anchors.dedup_by(|a, b| {
            let same = (a.at, a.literal) == (b.at, b.literal);
            b.confirmed |= same && a.confirmed;
            b.named |= same && a.named;
            same
        });
        self.spots.sort_unstable_by_key(|s| (s.start, s.end));
        self.spots.dedup();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Anchor {
    at: usize,
    literal: u32,
    confirmed: bool,
    /// Whether a value was judged that is assigned to a name: then its surroundings were looked at.
    named: bool,
}

/// Anchors of one object that are carried; more are cheaper to find anew.
const MAX_ANCHORS: usize = 1 << 14;
/// Text is searched in parts of this size elsewhere, and so are the windows here.
const PART: usize = super::super::text::PART;
/// Bytes before a run that decide about it: its name, the lines above (`engine/context.rs`), and more. What
/// is joined to it by points and colons is not in this: windows are widened to it.
const BEFORE_RUN: usize = 640 + 64;
/// Bytes behind a run that decide about it.
const BEHIND_RUN: usize = 320 + 64;
/// Bytes between two lines of one encoded value.
const JOINT: usize = 80;
/// Lines of wrapped base64 have at least this many characters.
const MIN_LINE: usize = 40;
/// Widest search for a byte that ends an escaped value: they are at most this long.
const MAX_VALUE: usize = 64 << 10;
/// Containers and lenses that look at the beginning of markup look no farther than this …
const HEAD: usize = 16 << 10;
/// … and of other text, no farther than this.
const MAGIC: usize = 1 << 10;
/// Words by which containers and lenses know plain text wherever they stand.
const MARKS: &[&[u8]] = &[
    b"uoted-printable",
    b"UOTED-PRINTABLE",
    b"uoted-Printable",
    b"sourcesContent",
    b"mappings",
    b"sourceURL=",
];
/// Longest of them.
const MARK: usize = 15;
/// Lenses that read all of a text to know it, or its end.
const READ_ALL: &[&str] = &["pickle", "aab", "redis-aof", "leveldb"];

/// Whether all bytes are such as text has. Formats that are no text have others.
fn is_text(bytes: &[u8]) -> bool {
    let is_other = |b: &u8| (*b < b' ') & (*b != b'\t') & (*b != b'\n') & (*b != b'\r');
    // Whole blocks without an exit in between: so they become vectors.
    bytes.chunks(256).all(|block| block.iter().fold(0u8, |any, b| any | u8::from(is_other(b))) == 0)
}

pub(super) struct Filter<'e, 'p> {
    engine: &'e Engine<'p>,
    limits: &'e Limits,
    longest: usize,
}

impl<'e, 'p> Filter<'e, 'p> {
    pub fn new(engine: &'e Engine<'p>, limits: &'e Limits) -> Self {
        Filter { engine, limits, longest: engine.longest_literal() }
    }

    /// Looks at an object; `made` says how it was made from one that was looked at before.
    pub fn look(&self, bytes: &[u8], made: Option<&Made<'_, State>>) -> (Verdict, State) {
        if self.engine.has_everywhere() {
            return (Verdict::Whole, State::default());
        }
        let changes = made.filter(|m| m.base.usable).and_then(|m| Changes::of(bytes, m));
        let (special, marked) = match &changes {
            Some(changes) => changes.special(bytes),
            None => (is_special(bytes), has_mark(bytes)),
        };
        if special {
            return (Verdict::Whole, State::default());
        }
        let mut state = match changes {
            Some(changes) => State { is_text: changes.are_text(bytes), ..self.changed(bytes, &changes) },
            None => State { is_text: is_text(bytes), ..self.all(bytes) },
        };
        state.marked = marked;
        state.usable = state.anchors.len() <= MAX_ANCHORS;
        let picked = !state.spots.is_empty() || state.anchors.iter().any(|a| a.confirmed);
        (if picked { Verdict::Picked } else { Verdict::Clean }, state)
    }

    fn all(&self, bytes: &[u8]) -> State {
        let mut state = State { searched: bytes.len() as u64, ..State::default() };
        self.engine.literals(bytes, 0..bytes.len(), &mut |literal, at| {
            state.anchors.push(self.anchor(bytes, literal, at));
        });
        self.runs(bytes, 0..bytes.len(), &mut state);
        state.tidy();
        state
    }

    fn changed(&self, bytes: &[u8], changes: &Changes<'_>) -> State {
        let base = changes.base;
        let mut state = State::default();
        for gap in &changes.gaps {
            // Literals that are new, or lie across a joint.
            let from = gap.start.saturating_sub(self.longest - 1);
            state.searched += (gap.end - from) as u64;
            self.engine.literals(bytes, from..gap.end, &mut |literal, at| {
                let is_carried =
                    at + self.engine.reach(literal).literal <= gap.start && changes.is_copied(at, gap.start);
                if !is_carried {
                    state.anchors.push(self.anchor(bytes, literal, at));
                }
            });
        }
        for copy in &changes.copies {
            let from = base.anchors.partition_point(|a| a.at < copy.from);
            for anchor in base.anchors[from..].iter().take_while(|a| a.at < copy.from + copy.len) {
                let reach = self.engine.reach(anchor.literal);
                if anchor.at + reach.literal > copy.from + copy.len {
                    continue;
                }
                let (before, after) = match anchor.named {
                    true => (reach.before, reach.after),
                    false => (reach.before_unnamed, reach.after_unnamed),
                };
                let at = anchor.at - copy.from + copy.start;
                let is_inside = (copy.at_start || at >= copy.start + before)
                    && (copy.at_end || at + after <= copy.start + copy.len);
                let moved =
                    if is_inside { Anchor { at, ..*anchor } } else { self.anchor(bytes, anchor.literal, at) };
                state.anchors.push(moved);
            }
        }
        let windows = windows(bytes, &changes.gaps);
        for window in &windows {
            state.searched += window.len() as u64;
            self.runs(bytes, window.clone(), &mut state);
        }
        for copy in &changes.copies {
            for spot in &base.spots {
                let start = spot.start.max(copy.from);
                let end = spot.end.min(copy.from + copy.len);
                if start >= end {
                    continue;
                }
                let moved = start - copy.from + copy.start..end - copy.from + copy.start;
                // What begins in a window has been decided about anew.
                let is_whole = start == spot.start;
                if !(is_whole && windows.iter().any(|w| w.contains(&moved.start))) {
                    state.spots.push(moved);
                }
            }
        }
        state.tidy();
        state
    }

    fn anchor(&self, bytes: &[u8], literal: u32, at: usize) -> Anchor {
        let mut any = Any::default();
        self.engine.confirm_at(bytes, literal, at, TextKind::Plain, &mut any);
        Anchor { at, literal, confirmed: any.hit, named: any.named }
    }

    /// Notes the runs and escaped values of a window that may be something, and the literals that begin runs.
    fn runs(&self, bytes: &[u8], window: Range<usize>, state: &mut State) {
        let State { anchors, spots, .. } = state;
        let first = window.start / PART;
        let last = window.end.saturating_sub(1) / PART;
        for part in first..=last {
            let within = window.start.max(part * PART)..window.end.min((part + 1) * PART);
            let mut sink =
                Spots { text: bytes, limit: self.limits.decoded_bytes as usize, spots: &mut *spots };
            let mut begins = |literal, at| {
                anchors.push(self.anchor(bytes, literal, at));
            };
            self.engine.runs(bytes, within.clone(), TextKind::Plain, &mut begins, &mut sink);
            let most = self.limits.decoded_bytes as usize;
            listed::lists(bytes, within.clone(), most, &mut |decoded| {
                // A file may be anything.
                if raw::kind(&decoded.bytes) == TextKind::Binary || self.is_anything(&decoded.bytes, 1) {
                    spots.push(decoded.span);
                }
            });
            decode::escaped(bytes, within, &mut |decoded| {
                if self.is_anything(&decoded.bytes, 1) {
                    spots.push(decoded.span);
                }
            });
        }
    }

    /// Whether an unescaped value may be something.
    fn is_anything(&self, text: &[u8], level: u32) -> bool {
        let mut any = Any::default();
        self.engine.search(text, 0..text.len(), TextKind::Plain, &mut any);
        let mut spots = Vec::new();
        let mut sink = Spots { text, limit: self.limits.decoded_bytes as usize, spots: &mut spots };
        self.engine.runs(text, 0..text.len(), TextKind::Plain, &mut |_, _| {}, &mut sink);
        let mut found = any.hit || !spots.is_empty();
        if !found && level < self.limits.decode_depth {
            decode::escaped(text, 0..text.len(), &mut |decoded| {
                found = found || self.is_anything(&decoded.bytes, level + 1);
            });
        }
        found
    }
}

/// Whether there was any hit, and any value that is assigned to a name.
#[derive(Default)]
struct Any {
    hit: bool,
    named: bool,
}

impl Sink for Any {
    fn hit(&mut self, _: Hit) {
        self.hit = true;
    }
    fn run(&mut self, _: Range<usize>) {}
    /// How far what begins there goes is not known here.
    fn mark(&mut self, _: Mark, _: Range<usize>) {
        self.hit = true;
    }
    fn judged(&mut self, _: &Named, _: Result<Rated, Refusal>) {
        self.named = true;
    }
}

/// Notes hits, and runs that decode to something.
struct Spots<'s> {
    text: &'s [u8],
    limit: usize,
    spots: &'s mut Vec<Range<usize>>,
}

impl Sink for Spots<'_> {
    fn hit(&mut self, hit: Hit) {
        self.spots.push(hit.span);
    }
    fn run(&mut self, run: Range<usize>) {
        if let Some(decoded) = decode::run(self.text, &run, self.limit) {
            self.spots.push(decoded.span);
        }
    }
}

/// A stretch that was copied.
struct Copy {
    start: usize,
    len: usize,
    from: usize,
    /// Whether before it there is nothing, here and in the base.
    at_start: bool,
    /// Whether behind it there is nothing, here and in the base.
    at_end: bool,
}

/// How an object differs from its base.
struct Changes<'m> {
    base: &'m State,
    copies: Vec<Copy>,
    /// What lies between copies: bytes that are new, or nothing but a joint.
    gaps: Vec<Range<usize>>,
}

impl<'m> Changes<'m> {
    /// `None` where most is new, so that a search of all costs less.
    fn of(bytes: &[u8], made: &Made<'m, State>) -> Option<Changes<'m>> {
        let mut changes = Changes { base: made.base, copies: Vec::new(), gaps: Vec::new() };
        let mut gap: Option<usize> = None;
        let mut new = 0;
        for &Piece { start, len, from } in made.pieces {
            let Some(from) = from else {
                gap = gap.or(Some(start));
                new += len + BEFORE_RUN + BEHIND_RUN;
                continue;
            };
            let at_start = start == 0 && from == 0;
            if let Some(gap) = gap.take() {
                changes.gaps.push(gap..start);
            } else if !at_start {
                changes.gaps.push(start..start);
                new += BEFORE_RUN + BEHIND_RUN;
            }
            let at_end = start + len == bytes.len() && from + len == made.base_len;
            changes.copies.push(Copy { start, len, from, at_start, at_end });
        }
        if let Some(gap) = gap {
            changes.gaps.push(gap..bytes.len());
        } else if changes.copies.last().is_some_and(|c| !c.at_end) {
            changes.gaps.push(bytes.len()..bytes.len());
        }
        (!changes.copies.is_empty() && new < bytes.len()).then_some(changes)
    }

    /// Whether what begins at `at` and ends before `end`, where a copy ends, lies in that copy.
    fn is_copied(&self, at: usize, end: usize) -> bool {
        let after = self.copies.partition_point(|c| c.start + c.len <= at);
        self.copies.get(after).is_some_and(|c| c.start <= at && c.start + c.len == end)
    }

    /// Whether all bytes of the object are text.
    fn are_text(&self, bytes: &[u8]) -> bool {
        self.base.is_text && self.gaps.iter().all(|gap| is_text(&bytes[gap.clone()]))
    }

    /// Whether it is no plain text, and whether it holds a word of [`MARKS`]. All that could make it so is
    /// in what is new, in the head, or at the end; what the base has is known.
    fn special(&self, bytes: &[u8]) -> (bool, bool) {
        let marked = self.base.marked
            || self.gaps.iter().any(|gap| {
                let near = gap.start.saturating_sub(MARK)..bytes.len().min(gap.end + MARK);
                has_mark(&bytes[near])
            });
        // Then it has no byte that is not text: what is known by one is out of the question, wherever it is.
        let is_text = self.are_text(bytes);
        // Markup is looked at farther.
        let head = if bytes.trim_ascii_start().first() == Some(&b'<') || bytes.starts_with(&[0xef]) {
            HEAD
        } else {
            MAGIC
        };
        let same_head = self.copies.first().is_some_and(|c| c.at_start && (c.len >= head || c.at_end));
        let plain = is_text && same_head && !marked;
        if !plain {
            return (is_special(bytes), marked);
        }
        let blob = Blob { address: nowhere(), bytes };
        (LENSES.iter().any(|lens| READ_ALL.contains(&lens.name()) && lens.reads(&blob)), marked)
    }
}

fn nowhere() -> Address {
    thread_local! {
        static NOWHERE: Address = Address::named("object");
    }
    NOWHERE.with(Clone::clone)
}

fn has_mark(bytes: &[u8]) -> bool {
    // One pass for all of them.
    static SEEKER: LazyLock<Box<dyn Prefilter>> = LazyLock::new(|| {
        let literal = |bytes: &&[u8]| Literal { bytes: bytes.to_vec(), ignore_case: false };
        Machine::best(MARKS.iter().map(literal).collect())
    });
    let mut any = false;
    SEEKER.find(bytes, 0..bytes.len(), &mut |_, _| any = true);
    any
}

/// Whether an object is anything but plain text that only the raw lens reads.
fn is_special(bytes: &[u8]) -> bool {
    let blob = Blob { address: nowhere(), bytes };
    let look = Look::at(bytes);
    look.kind != TextKind::Plain
        || lens::of(&blob, &look).next().is_some()
        || container::of(&blob, &look).is_some()
}

/// The windows in which runs and escaped values are decided about anew, in order and apart.
fn windows(text: &[u8], gaps: &[Range<usize>]) -> Vec<Range<usize>> {
    let borders = (1..=text.len() / PART).map(|n| n * PART..n * PART);
    let mut all: Vec<Range<usize>> = gaps.iter().cloned().chain(borders).collect();
    all.sort_unstable_by_key(|g| g.start);
    let mut windows: Vec<Range<usize>> = Vec::with_capacity(all.len());
    for gap in all {
        let start = gap.start.saturating_sub(BEHIND_RUN);
        let end = text.len().min(gap.end + BEFORE_RUN);
        if let Some(last) = windows.last_mut().filter(|last| start <= last.end) {
            if end > last.end {
                last.end = widened_end(text, end);
            }
            continue;
        }
        let window = widened_start(text, start)..widened_end(text, end);
        match windows.last_mut().filter(|last| window.start <= last.end) {
            Some(last) => last.end = last.end.max(window.end),
            None => windows.push(window),
        }
    }
    windows
}

/// Bytes that no escaped value and no escape can hold, and that join nothing to a run.
fn ends_value(b: u8) -> bool {
    matches!(
        b,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b'"'
            | b'\''
            | b'`'
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'^'
            | b'?'
            | 0
    )
}

/// Bytes that may stand between two lines of one encoded value.
fn is_joint(b: u8) -> bool {
    matches!(b, b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'+' | b',' | b'.' | b'\\' | b'n' | b'r' | b'=')
}

fn run_start(text: &[u8], from: usize) -> usize {
    from - text[..from].iter().rev().take_while(|&&b| is_token(b)).count()
}

fn run_end(text: &[u8], from: usize) -> usize {
    from + text[from..].iter().take_while(|&&b| is_token(b)).count()
}

/// Back to the beginning of the run, of the wrapped value, and behind a byte that ends all values.
fn widened_start(text: &[u8], at: usize) -> usize {
    let mut at = run_start(text, at);
    loop {
        // The end of a line that this may go on: letters of an escaped line end look like a run.
        let joint = text[..at].iter().rev().take(JOINT).take_while(|&&b| is_joint(b)).count();
        let line = (at - joint..=at).rev().find_map(|end| {
            let start = run_start(text, end);
            (end - start >= MIN_LINE).then_some(start)
        });
        match line {
            Some(start) if start < at => at = start,
            _ => break,
        }
    }
    let back = text[..at].iter().rev().take(MAX_VALUE).position(|&b| ends_value(b));
    back.map_or(at.saturating_sub(MAX_VALUE), |n| at - n)
}

/// On to the end of the run, of the wrapped value, and to a byte that ends all values.
fn widened_end(text: &[u8], at: usize) -> usize {
    let mut at = run_end(text, at);
    loop {
        if at - run_start(text, at) < MIN_LINE {
            break;
        }
        let joint = text[at..].iter().take(JOINT).take_while(|&&b| is_joint(b)).count();
        let next = (at + 1..=at + joint).filter(|&n| n < text.len()).map(|n| run_end(text, n)).max();
        match next {
            Some(end) if end > at => at = end,
            _ => break,
        }
    }
    let on = text[at..].iter().take(MAX_VALUE).position(|&b| ends_value(b));
    on.map_or(text.len().min(at + MAX_VALUE), |n| at + n)
}
