//! Literals where they stand in a text: what their patterns make of them, and what of that is remembered.

use super::repeats::{Outcome, Repeats};
use super::{Engine, Hit, Sink, assignment, expression, marks};
use crate::blob::TextKind;
use crate::pattern::{Matcher, PatternId};
use crate::triage::score;
use std::ops::Range;

/// The literals of one search where they stand, and what is remembered from one to the next.
pub struct Candidates<'c, 'p> {
    engine: &'c Engine<'p>,
    text: &'c [u8],
    kind: TextKind,
    barren: expression::Barren<'p>,
    repeats: Repeats,
    /// Nothing is left out, be it known.
    wants_all: bool,
}

impl<'c, 'p> Candidates<'c, 'p> {
    /// None yet. Nothing is left out if the sink `wants_all`.
    pub fn new(engine: &'c Engine<'p>, text: &'c [u8], kind: TextKind, wants_all: bool) -> Self {
        let (barren, repeats) = (expression::Barren::default(), Repeats::default());
        Candidates { engine, text, kind, barren, repeats, wants_all }
    }

    /// Reports what the patterns of a literal make of it at `at`.
    pub fn literal(&mut self, literal: u32, at: usize, sink: &mut dyn Sink) {
        let (engine, number) = (self.engine, literal as usize);
        let literals = engine.by_literal.len() + engine.by_start.len();
        if !self.wants_all && self.repeats.is_known(self.text, at, number, literals, || engine.reach(literal))
        {
            return;
        }
        let patterns = engine.patterns_of(literal);
        let mut watched = Watched::new(sink, 0..usize::MAX);
        engine.confirm(self.text, patterns, at, self.kind, &mut self.barren, &mut watched);
        let outcome = watched.outcome;
        if outcome != Outcome::Found && self.kind == TextKind::Plain {
            sink.silent(at);
        }
        self.repeats.note(at, number, || {
            // What a keyword finds depends on what the keywords before it did.
            let is_keyword =
                |id: &PatternId| matches!(engine.patterns.get(*id).matcher, Matcher::Search { .. });
            if patterns.1.iter().any(is_keyword) { Outcome::Found } else { outcome }
        });
    }
}

/// Hands on what is found, and remembers whether anything was.
pub struct Watched<'s> {
    sink: &'s mut dyn Sink,
    within: Range<usize>,
    outcome: Outcome,
}

impl<'s> Watched<'s> {
    /// What is reported in `within` is remembered.
    pub fn new(sink: &'s mut dyn Sink, within: Range<usize>) -> Self {
        Watched { sink, within, outcome: Outcome::Nothing }
    }

    /// Whether nothing was reported there.
    pub fn is_silent(&self) -> bool {
        self.outcome != Outcome::Found
    }

    fn found(&mut self, at: &Range<usize>) {
        if at.start < self.within.end && self.within.start < at.end {
            self.outcome = Outcome::Found;
        }
    }
}

impl Sink for Watched<'_> {
    fn hit(&mut self, hit: Hit) {
        self.found(&hit.span);
        self.sink.hit(hit);
    }

    fn run(&mut self, run: Range<usize>) {
        self.found(&run);
        self.sink.run(run);
    }

    fn mark(&mut self, mark: marks::Mark, word: Range<usize>) {
        self.found(&word);
        self.sink.mark(mark, word);
    }

    fn silent(&mut self, at: usize) {
        self.sink.silent(at);
    }

    fn judged(&mut self, named: &assignment::Named, verdict: Result<score::Rated, score::Refusal>) {
        if self.outcome == Outcome::Nothing {
            self.outcome = Outcome::Refused;
        }
        self.sink.judged(named, verdict);
    }

    fn wants_all(&self) -> bool {
        self.sink.wants_all()
    }
}
