//! The engine: what in a text looks like a secret. It knows patterns and bytes, no files, no formats.
//!
//! Two passes over a text: the literal prefilter, whose candidates are confirmed by table or by a
//! bounded regular expression, and the runs, for secrets without a prefix. A text may be searched
//! in parts, on many threads: each part reports what starts in it, and sees the whole text.

mod assigned;
mod assigned_in_data;
pub mod assignment;
mod call;
mod candidates;
pub(crate) mod context;
mod counted;
mod digests;
mod entries;
mod expression;
mod folded;
mod held;
mod judge;
pub mod marks;
pub mod named;
mod plain;
pub mod prefilter;
pub mod profile;
mod repeats;
pub mod runs;
pub mod token;
pub mod tokens;
pub mod words;

use crate::blob::TextKind;
use crate::pattern::{Matcher, Pattern, PatternId, PatternSet, Segment};
use crate::triage::names::{self, Verdict};
use crate::triage::score;
use candidates::Candidates;
use entries::{Entries, Entry};
use plain::Looks;
use prefilter::starts::Starts;
use prefilter::{Literal, Machine, Prefilter};
use repeats::Stretch;
use runs::Shape;
use runs::outline::Outline;
use std::borrow::Cow;
use std::ops::Range;

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// All of it.
    pub span: Range<usize>,
    /// Which pattern.
    pub pattern: PatternId,
    /// The secret itself.
    pub value: Range<usize>,
    /// The public part inside the span (the user of a URL), where the pattern names it.
    pub id: Option<Range<usize>>,
    /// The secret part inside the value (the password of a URL), where the pattern names it.
    pub secret: Option<Range<usize>>,
    /// For runs: whether a word that names the pattern stands close before.
    pub near: bool,
    /// Whether it touches its neighbours, as packed strings in binaries do.
    pub loose: bool,
    /// For values assigned to a name: the name, and what the two are worth.
    pub named: Option<(Range<usize>, score::Rated)>,
    /// How sure the surroundings make it, where they alone say what it is.
    pub confidence: Option<u8>,
    /// What it may be as well.
    pub others: Vec<PatternId>,
}

/// Takes what the engine finds.
pub trait Sink {
    /// Something that looks like a secret. The same hit may come twice.
    fn hit(&mut self, hit: Hit);
    /// A run of token characters: perhaps something encoded.
    fn run(&mut self, run: Range<usize>);
    /// Something encoded may begin at this word: see [`marks`]. The same word may come twice.
    fn mark(&mut self, _mark: marks::Mark, _word: Range<usize>) {}
    /// Nothing was found at this word, where something might be. The same word may come twice.
    fn silent(&mut self, _at: usize) {}
    /// What something that is assigned to a name is worth, or why it is no secret; for `keysift explain`.
    fn judged(&mut self, _named: &assignment::Named, _verdict: Result<score::Rated, score::Refusal>) {}
    /// Whether it wants to be told of each place, be it the same as the one before.
    fn wants_all(&self) -> bool {
        false
    }
}

/// The length of a literal, and its patterns.
type ByLiteral = (usize, Cow<'static, [PatternId]>);

/// Patterns compiled for searching. Immutable; shared by all threads.
pub struct Engine<'p> {
    patterns: &'p PatternSet,
    prefilter: Box<dyn Prefilter>,
    /// Patterns by literal, with the length of the literal.
    by_literal: Vec<ByLiteral>,
    /// What else a literal is.
    marks: Vec<Option<marks::Mark>>,
    /// Prefixes of tokens that are runs, and their patterns.
    starts: Starts,
    by_start: Vec<ByLiteral>,
    /// Patterns of runs, by the length of the run.
    runs: Vec<Vec<PatternId>>,
    /// Lengths of runs that are parts of pairs and have no other length.
    parts: Vec<usize>,
    has_names: bool,
    seed: plain::Seed,
    /// Patterns that are tried on every text.
    everywhere: Vec<PatternId>,
    /// Bytes of the longest literal, 1 at least.
    longest_literal: usize,
    /// By literal, then by start; made when first asked for.
    reaches: std::sync::OnceLock<Vec<Reach>>,
}

/// How far patterns look, in bytes from the start of their literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The length of the literal.
    pub literal: usize,
    /// Back.
    pub before: usize,
    /// On.
    pub after: usize,
    /// Back, where no value was judged that is assigned to a name.
    pub before_unnamed: usize,
    /// On, likewise.
    pub after_unnamed: usize,
}

impl<'p> Engine<'p> {
    /// An engine for all of `patterns`.
    pub fn new(patterns: &'p PatternSet) -> Self {
        Engine::on(Machine::Auto, patterns)
    }

    /// An engine on this machine, or, where the processor cannot run it, on one that it can.
    pub fn on(machine: Machine, patterns: &'p PatternSet) -> Self {
        let Entries { literals, starts, runs: all_runs, has_names, everywhere } = Entries::new(patterns);
        let (mut runs, mut parts) = (Vec::new(), Vec::new());
        for run in all_runs.iter() {
            if run.min == run.max && run.is_part && !parts.contains(&run.min) {
                parts.push(run.min);
            }
            runs.resize(runs.len().max(run.max.min(judge::LONGEST_VALUE) + 1), Vec::new());
            let of_length = runs.iter_mut().take(run.max + 1).skip(run.min);
            of_length.for_each(|ids: &mut Vec<_>| ids.push(run.pattern));
        }
        let (by_literal, literals) = lists(literals);
        let (by_start, prefixes) = lists(starts);
        let mut marks = vec![None; literals.len()];
        for (word, mark) in marks::WORDS {
            let place = literals.binary_search(&entries::marked(word));
            marks[place.expect("it was entered")] = Some(*mark);
        }
        let machine = if machine.is_available() { machine } else { Machine::Portable };
        let prefilter = machine.build(literals).expect("what is available can be built");
        let starts = Starts::new(prefixes);
        let longest_literal = by_literal.iter().map(|(len, _)| *len).max().unwrap_or(1).max(1);
        Engine {
            patterns,
            prefilter,
            by_literal,
            marks,
            starts,
            by_start,
            runs,
            parts,
            has_names,
            seed: plain::Seed::new(),
            everywhere,
            longest_literal,
            reaches: std::sync::OnceLock::new(),
        }
    }

    /// What it searches for.
    pub fn patterns(&self) -> &'p PatternSet {
        self.patterns
    }

    /// Which prefilter runs.
    pub fn prefilter_name(&self) -> &'static str {
        self.prefilter.name()
    }

    /// Whether a pattern knows its values by their shape alone.
    pub fn is_run(&self, id: PatternId) -> bool {
        matches!(self.patterns.get(id).matcher, Matcher::Run { .. } | Matcher::Named { .. })
    }

    /// Calls `found` with each literal, by number, that starts in `within`, but for those that begin a run. For
    /// those who remember what was decided about it: see [`Engine::reach`].
    pub fn literals(&self, text: &[u8], within: Range<usize>, found: &mut dyn FnMut(u32, usize)) {
        self.prefilter.find(text, within, &mut |literal, at| found(literal.0, at));
    }

    /// Reports the runs that start in `within` as [`Engine::search`] does, and calls `found` with the
    /// literals that begin them or a word in them.
    pub fn runs(
        &self,
        text: &[u8],
        within: Range<usize>,
        kind: TextKind,
        found: &mut dyn FnMut(u32, usize),
        sink: &mut dyn Sink,
    ) {
        runs::for_each_run(text, within, &mut |run| {
            let others = self.by_literal.len() as u32;
            let outline = Outline::of(text, &run);
            let looks = self.at_first_sight(text, &run, outline, kind, sink);
            if looks == Looks::Plain {
                return;
            }
            self.starts.find(text, &run, outline, &mut |prefix, at| found(others + prefix.0, at));
            self.judge_run(text, run, outline, looks, kind, sink);
        });
    }

    /// Whether some pattern has neither literals nor keywords, so that only a search of a whole text tells.
    pub fn has_everywhere(&self) -> bool {
        !self.everywhere.is_empty()
    }

    /// Reports what the patterns of a literal make of it at `at`, as [`Engine::search`] does; but of a keyword,
    /// near which something may be, only that it stands there.
    pub fn confirm_at(&self, text: &[u8], literal: u32, at: usize, kind: TextKind, sink: &mut dyn Sink) {
        let (length, ids) = self.patterns_of(literal);
        if let Some(Some(mark)) = self.marks.get(literal as usize) {
            sink.mark(*mark, at..at + length);
        }
        let is_keyword = |id: &&PatternId| matches!(self.patterns.get(**id).matcher, Matcher::Search { .. });
        if let Some(id) = ids.iter().find(is_keyword) {
            return sink.hit(Hit::new(*id, at..at + length));
        }
        let mut barren = expression::Barren::default();
        self.confirm(text, self.patterns_of(literal), at, kind, &mut barren, sink);
    }

    fn patterns_of(&self, literal: u32) -> &ByLiteral {
        let number = literal as usize;
        self.by_literal.get(number).unwrap_or_else(|| &self.by_start[number - self.by_literal.len()])
    }

    /// How far the patterns of a literal look around it in text: whatever lies farther away changes
    /// nothing about what they decide.
    pub fn reach(&self, literal: u32) -> Reach {
        self.reaches()[literal as usize]
    }

    fn reaches(&self) -> &[Reach] {
        let all = || self.by_literal.iter().chain(&self.by_start).map(|(len, ids)| self.reach_of(*len, ids));
        self.reaches.get_or_init(|| all().collect())
    }

    /// Whether nothing farther from a place than so many bytes changes what is found there; what a keyword finds
    /// depends on the keywords before it.
    fn looks_no_farther_than(&self, bytes: usize) -> bool {
        let has_keywords = || self.patterns.iter().any(|(_, p)| matches!(p.matcher, Matcher::Search { .. }));
        self.reaches().iter().all(|reach| reach.before.max(reach.after) <= bytes) && !has_keywords()
    }

    /// Bytes of the longest literal, 1 at least.
    pub fn longest_literal(&self) -> usize {
        self.longest_literal
    }

    fn reach_of(&self, literal: usize, ids: &[PatternId]) -> Reach {
        /// What boundaries look at, and more.
        const BORDER: usize = 64;
        let (before, after) = (BORDER, literal + BORDER);
        let mut reach = Reach { literal, before, after, before_unnamed: before, after_unnamed: after };
        for &id in ids {
            let pattern = self.patterns.get(id);
            let (before, after) = match &pattern.matcher {
                Matcher::Token { bodies, .. } => {
                    let length = |segment: &Segment| match segment {
                        Segment::Literal(text) => text.len(),
                        Segment::Chars { max, .. } => max + 4,
                    };
                    let body = bodies.iter().map(|body| body.iter().map(length).sum::<usize>()).max();
                    let (before, after) =
                        if pattern.is_shared() { (context::BEFORE, context::AFTER) } else { (0, 0) };
                    (before, literal + body.unwrap_or(0) + after)
                }
                Matcher::Regex { before, after, .. } => (*before, *after),
                Matcher::Search { .. } => (expression::AROUND, expression::AROUND),
                // Whether it stands in a comment is looked for far back (`triage::score`).
                Matcher::Assigned { .. } => (66 << 10, 8 << 10),
                Matcher::Run { .. } | Matcher::Named { .. } => (0, 0),
            };
            let (before_unnamed, after_unnamed) = match &pattern.matcher {
                Matcher::Assigned { .. } => (assignment::REACH.0, literal + assignment::REACH.1),
                _ => (before, after),
            };
            reach.before = reach.before.max(before + BORDER);
            reach.after = reach.after.max(after + BORDER);
            reach.before_unnamed = reach.before_unnamed.max(before_unnamed + BORDER);
            reach.after_unnamed = reach.after_unnamed.max(after_unnamed + BORDER);
        }
        reach
    }

    /// Reports what starts in `within` (for regular expressions: whose literal does) to `sink`.
    pub fn search(&self, text: &[u8], within: Range<usize>, kind: TextKind, sink: &mut dyn Sink) {
        self.search_everywhere(text, &within, sink);
        let known = self.known(text, &within, sink);
        let mut candidates = Candidates::new(self, text, kind, sink.wants_all());
        repeats::once(known.as_ref(), within.clone(), sink, &mut |part, sink| {
            self.prefilter.find(text, part, &mut |literal, at| {
                let number = literal.0 as usize;
                let (length, patterns) = &self.by_literal[number];
                let mark = self.marks[number];
                // What joins strings stands everywhere in code, and is no word that may say something.
                if !patterns.is_empty() || mark != Some(marks::Mark::Joined) {
                    candidates.literal(literal.0, at, sink);
                }
                if let Some(mark) = mark {
                    sink.mark(mark, at..at + length);
                }
            });
        });
        let others = self.by_literal.len() as u32;
        let known = known.filter(|known| !known.is_one_run);
        repeats::once(known.as_ref(), within, sink, &mut |part, sink| {
            runs::for_each_run(text, part, &mut |run| {
                let outline = Outline::of(text, &run);
                let looks = self.at_first_sight(text, &run, outline, kind, sink);
                if looks == Looks::Plain {
                    return;
                }
                let known = self.known(text, &run, sink);
                repeats::once(known.as_ref(), run.clone(), sink, &mut |part, sink| {
                    self.starts.find(text, &part, outline, &mut |prefix, at| {
                        candidates.literal(others + prefix.0, at, sink);
                    });
                });
                if kind == TextKind::Binary {
                    counted::for_each_start(text, &run, outline, &mut |at| {
                        self.starts.at(text, at, &mut |prefix, at| {
                            candidates.literal(others + prefix.0, at, sink);
                        });
                    });
                }
                self.judge_run(text, run, outline, looks, kind, sink);
            });
        });
    }

    /// What of a part repeats itself, if that may be searched once.
    fn known(&self, text: &[u8], within: &Range<usize>, sink: &dyn Sink) -> Option<Stretch> {
        let may_be = |_: &Stretch| !sink.wants_all() && self.looks_no_farther_than(repeats::AROUND);
        repeats::stretch(text, within).filter(may_be)
    }

    /// Reports the matches of expressions without literals and keywords.
    fn search_everywhere(&self, text: &[u8], within: &Range<usize>, sink: &mut dyn Sink) {
        for &id in &self.everywhere {
            let pattern = self.patterns.get(id);
            let Matcher::Search { regex, .. } = &pattern.matcher else { continue };
            expression::everywhere(text, within, regex.get(), id, &mut |hit| {
                sink_accepted(pattern, text, Some(hit), sink);
            });
        }
    }

    fn confirm(
        &self,
        text: &[u8],
        (length, ids): &ByLiteral,
        at: usize,
        kind: TextKind,
        barren: &mut expression::Barren<'p>,
        sink: &mut dyn Sink,
    ) {
        for &id in ids.iter() {
            self.confirm_one(text, at..at + length, id, kind, barren, sink);
        }
    }

    /// Reports what one pattern finds at one of its literals.
    fn confirm_one(
        &self,
        text: &[u8],
        literal: Range<usize>,
        id: PatternId,
        kind: TextKind,
        barren: &mut expression::Barren<'p>,
        sink: &mut dyn Sink,
    ) {
        let pattern = self.patterns.get(id);
        match &pattern.matcher {
            Matcher::Token { bodies, .. } => {
                let is_checked = pattern.checks.iter().any(|check| check.is_checksum());
                let found = token::confirm(
                    text,
                    literal.start,
                    literal.len(),
                    bodies,
                    pattern.boundary,
                    kind,
                    is_checked,
                );
                let Some(token) = found else { return };
                let value = token.span.clone();
                if accepts(pattern, &text[value.clone()]) {
                    let end = value.end;
                    let near = pattern.is_shared()
                        && self.patterns.names().names(self.patterns, text, &value, kind, id);
                    sink.hit(Hit { loose: token.loose, near, ..Hit::new(id, value) });
                    // Fields without room for an end: the secret stands right behind the id.
                    if token.loose {
                        let rest = end..end + text[end..].iter().take_while(|&&b| runs::is_token(b)).count();
                        self.search_run(text, &rest, Outline::of(text, &rest), Looks::Unknown, kind, sink);
                        self.search_counted(text, &rest, sink);
                    }
                }
            }
            Matcher::Regex { literals, regex: expression, before, after } => {
                let (needs, boundary) = (expression.needs(literals), pattern.boundary);
                let (before, after) = (*before, *after);
                let attempt =
                    expression::Attempt { text, literal, before, after, expression, needs, boundary, id };
                for hit in attempt.matches(barren) {
                    sink_accepted(pattern, text, Some(hit), sink);
                }
            }
            Matcher::Search { regex, .. } => {
                expression::around(text, &literal, regex.get(), id, barren, &mut |hit| {
                    sink_accepted(pattern, text, Some(hit), sink);
                });
            }
            Matcher::Assigned { .. } if kind != TextKind::Binary => {
                self.assigned_to(text, literal, id, kind, sink);
            }
            Matcher::Assigned { .. } => self.assigned_in_data(text, literal, id, sink),
            Matcher::Run { .. } | Matcher::Named { .. } => {}
        }
    }

    /// What is assigned to the name around the hot word at `word` and worth a report.
    fn assigned_to(
        &self,
        text: &[u8],
        word: Range<usize>,
        id: PatternId,
        kind: TextKind,
        sink: &mut dyn Sink,
    ) {
        // No value goes on behind the string that its name is in.
        let string = match kind {
            TextKind::List | TextKind::Pool => string_around(text, &word),
            TextKind::Plain | TextKind::Binary => 0..text.len(),
        };
        let start = string.start;
        let (whole, text) = (text, &text[string]);
        let word = word.start - start..word.end - start;
        let moved = |range: Range<usize>| start + range.start..start + range.end;
        let mut judge = |named: assignment::Named| {
            let verdict = score::rate(text, &named);
            let (name, value) = (moved(named.name.clone()), moved(named.value.clone()));
            sink.judged(
                &assignment::Named { name: name.clone(), value: value.clone(), ..named.clone() },
                verdict,
            );
            let Ok(rated) = verdict else { return };
            if rated.confidence < score::WORTH_A_REPORT {
                return;
            }
            // What is no run, being short, or looks like none, may be of a kind that is named all the same; and as sure as it
            // is a secret.
            let is_short = named.value.len() < runs::MIN_RUN;
            if (is_short && rated.only_low != Some(score::plain::WHY) || rated.only_low.is_none())
                && let Some(mut short) = self.patterns.names().name_short(self.patterns, whole, &value, kind)
            {
                if rated.only_low.is_some() {
                    short.confidence = short.confidence.min(score::HINT);
                }
                if !is_short {
                    short.confidence = short.confidence.min(rated.confidence);
                }
                sink.hit(Hit::named(short));
            }
            // A column of a table names what stands in its rows.
            if named.form == assignment::Form::Clause
                && rated.only_low != Some(score::plain::WHY)
                && let Ok(name) = std::str::from_utf8(&text[named.name.clone()])
                && let Verdict::Secret(strength) = names::judge(name)
                && let Some(told) =
                    self.patterns.names().name_told(self.patterns, whole, &value, kind, strength)
            {
                sink.hit(Hit::named(told));
            }
            sink.hit(Hit { named: Some((name, rated)), ..Hit::new(id, value) });
        };
        if text[word.clone()].contains(&b' ') && text[word.end - 1].is_ascii_alphabetic() {
            assignment::find_clause(text, word, &mut judge);
        } else if text[word.end - 1] == b'(' {
            assignment::find_call(text, word, &mut judge);
        } else {
            assignment::find(text, word, &mut judge);
        }
    }
}

/// The string around a word, in a text of strings with a zero between them.
fn string_around(text: &[u8], word: &Range<usize>) -> Range<usize> {
    const FAR: usize = 64 << 10;
    let from = word.start.saturating_sub(FAR);
    let start = memchr::memrchr(0, &text[from..word.start]).map_or(from, |at| from + at + 1);
    let behind = &text[word.end..text.len().min(word.end + FAR)];
    start..word.end + memchr::memchr(0, behind).unwrap_or(behind.len())
}

/// Patterns by literal, with the length of the literal; and the literals.
fn lists(entries: Vec<Entry>) -> (Vec<ByLiteral>, Vec<Literal>) {
    let list = |entry: Entry| ((entry.literal.bytes.len(), entry.patterns), entry.literal);
    entries.into_iter().map(list).unzip()
}

/// All matches of an expression in a text, whatever pattern it is of.
pub fn matches_of(expression: &crate::pattern::Compiled, text: &[u8]) -> Vec<Hit> {
    let mut all = Vec::new();
    expression::everywhere(text, &(0..text.len()), expression, PatternId(0), &mut |hit| all.push(hit));
    all
}

impl Hit {
    /// One that its surroundings name.
    pub(crate) fn named(named: named::Named) -> Hit {
        let hit = Hit::new(named.pattern, named.span);
        Hit { near: true, confidence: Some(named.confidence), others: named.others, ..hit }
    }

    /// One without surroundings, of which all is the secret.
    pub(crate) fn new(pattern: PatternId, span: Range<usize>) -> Hit {
        Hit {
            pattern,
            value: span.clone(),
            span,
            id: None,
            secret: None,
            near: false,
            loose: false,
            confidence: None,
            others: Vec::new(),
            named: None,
        }
    }
}

fn sink_accepted(pattern: &Pattern, text: &[u8], found: Option<Hit>, sink: &mut dyn Sink) {
    if let Some(hit) = found.filter(|hit| accepts(pattern, &text[hit.value.clone()])) {
        sink.hit(hit);
    }
}

fn accepts(pattern: &Pattern, value: &[u8]) -> bool {
    (pattern.entropy == 0.0 || Shape::of(value).entropy >= pattern.entropy)
        && pattern.checks.iter().all(|c| c.passes(value))
}

#[cfg(test)]
mod tests;
