//! Regular expressions in bounded windows around their literals.
//!
//! Windows of neighbouring literals overlap. So that a text that is full of a literal costs a few
//! looks at each byte and not one for every literal, each search reaches farther than it must, and
//! remembers where nothing was: the literals that follow find their whole window there.

use super::{Hit, token};
use crate::pattern::{Boundary, Compiled, PatternId};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::collections::BTreeMap;
use std::ops::Range;

/// Stretches of a text in which a pattern has no match.
#[derive(Default)]
pub struct Barren {
    matches: BTreeMap<PatternId, Range<usize>>,
    /// A few bytes, each with a stretch in which it is not.
    bytes: Vec<(u8, Range<usize>)>,
    /// How far expressions without literals were tried.
    tried: BTreeMap<PatternId, Range<usize>>,
}

impl Barren {
    /// Whether `byte` stands in the range. What is not found is looked for farther on, so that each part
    /// of a text is looked at once or twice for each byte.
    fn lacks(&mut self, text: &[u8], range: Range<usize>, byte: u8) -> bool {
        let at = self.bytes.iter().position(|(b, _)| *b == byte).unwrap_or_else(|| {
            self.bytes.push((byte, 0..0));
            self.bytes.len() - 1
        });
        let known = &mut self.bytes[at].1;
        if known.start <= range.start && range.end <= known.end {
            return true;
        }
        // Literals come in rising order, mostly.
        let from = if (known.start..=known.end).contains(&range.start) { known.end } else { range.start };
        let farther = text.len().min(range.end.saturating_add(range.len()));
        let end = memchr::memchr(byte, &text[from..farther]).map_or(farther, |at| from + at);
        let start = if from == range.start { range.start } else { known.start };
        *known = start..end;
        end >= range.end
    }
}

/// An expression that is tried at one of its literals.
pub struct Attempt<'a> {
    /// The text.
    pub text: &'a [u8],
    /// Where the literal stands.
    pub literal: Range<usize>,
    /// Bytes before it in which a match may start; 0 when every match starts with the literal.
    pub before: usize,
    /// Bytes from its start in which a match must end.
    pub after: usize,
    /// The expression.
    pub expression: &'a Compiled,
    /// What must stand around a match.
    pub boundary: Boundary,
    /// Whose expression it is.
    pub id: PatternId,
}

impl Attempt<'_> {
    /// The match that overlaps the literal; where that begins before it, also what begins with it: in
    /// `aaa _aaa aaa 0` the match that begins with the second word hides the one that begins with the third, if the
    /// search begins late.
    pub fn matches(&self, barren: &mut Barren) -> impl Iterator<Item = Hit> {
        let first = self.overlapping(barren);
        let start = self.literal.start;
        let second = first.as_ref().filter(|first| first.span.start < start).and_then(|first| {
            let second = self.matched(start..self.end(), Anchored::Yes);
            second.filter(|second| second.value != first.value)
        });
        first.into_iter().chain(second)
    }

    /// Where a match must end.
    fn end(&self) -> usize {
        self.text.len().min(self.literal.start.saturating_add(self.after))
    }

    fn overlapping(&self, barren: &mut Barren) -> Option<Hit> {
        let Attempt { text, expression, .. } = *self;
        let regex = &expression.regex;
        let (from, to) = (self.literal.start.saturating_sub(self.before), self.end());
        if let Some(byte) = expression.needs
            && barren.lacks(text, from..to, byte)
        {
            return None;
        }
        if self.before == 0 {
            // Most attempts end within a few bytes, and need no room for groups.
            regex.search_half(&Input::new(text).range(from..to).anchored(Anchored::Yes))?;
            return self.matched(from..to, Anchored::Yes);
        }
        if barren.matches.get(&self.id).is_some_and(|known| known.start <= from && to <= known.end) {
            return None;
        }
        let farther = text.len().min(to.saturating_add(self.after));
        let first = regex.search_half(&Input::new(text).range(from..farther));
        if first.is_none() {
            barren.matches.insert(self.id, from..farther);
            return None;
        }
        self.matched(from..to, Anchored::No)
    }

    fn matched(&self, range: Range<usize>, anchored: Anchored) -> Option<Hit> {
        let Attempt { text, expression, boundary, id, .. } = *self;
        let regex = &expression.regex;
        let mut from = range.start;
        let mut captures = regex.create_captures();
        // Matches may lie one after another before the one that holds the literal.
        while from <= self.literal.start {
            regex.search_captures(&Input::new(text).range(from..range.end).anchored(anchored), &mut captures);
            let span = captures.get_match()?.range();
            if span.start >= self.literal.end {
                return None;
            }
            from = span.end.max(span.start + 1);
            if span.end <= self.literal.start {
                continue;
            }
            let starts = boundary == Boundary::None || token::starts_token(text, span.start);
            let ends =
                boundary != Boundary::Token || !text.get(span.end).is_some_and(u8::is_ascii_alphanumeric);
            return (starts && ends).then(|| hit_of(expression, &captures, id, span));
        }
        None
    }
}

/// What an expression found, with its groups.
fn hit_of(expression: &Compiled, captures: &Captures, id: PatternId, span: Range<usize>) -> Hit {
    let group = |name| captures.get_group_by_name(name).map(|g| g.range());
    let value = value_of(expression, captures).unwrap_or_else(|| span.clone());
    Hit { id: group("id"), secret: group("secret"), value, ..Hit::new(id, span) }
}

fn value_of(expression: &Compiled, captures: &Captures) -> Option<Range<usize>> {
    expression.values.iter().find_map(|&group| captures.get_group(group)).map(|g| g.range())
}

/// How far from a keyword an expression without literals is tried, in bytes.
pub const AROUND: usize = 64 << 10;
/// Longest match of one that is found whole wherever a search of it begins.
const OVERLAP: usize = 4 << 10;

/// All matches of an expression within reach of a keyword that were not told before.
pub fn around(
    text: &[u8],
    keyword: &Range<usize>,
    expression: &Compiled,
    id: PatternId,
    barren: &mut Barren,
    hit: &mut dyn FnMut(Hit),
) {
    let wanted = keyword.start.saturating_sub(AROUND)..text.len().min(keyword.end + AROUND);
    let known = barren.tried.entry(id).or_default();
    // Keywords come in rising order, mostly: what was tried is not tried again.
    let from = if (known.start..=known.end).contains(&wanted.start) { known.end } else { wanted.start };
    if from >= wanted.end {
        return;
    }
    *known = if from == wanted.start { wanted.clone() } else { known.start..wanted.end };
    // A match that lies across the end of what was tried comes whole now.
    all(text, wanted.start.max(from.saturating_sub(OVERLAP))..wanted.end, expression, id, hit);
}

/// All matches of an expression that start in `within`.
pub fn everywhere(
    text: &[u8],
    within: &Range<usize>,
    expression: &Compiled,
    id: PatternId,
    hit: &mut dyn FnMut(Hit),
) {
    let from = within.start.saturating_sub(OVERLAP);
    let to = text.len().min(within.end + OVERLAP);
    all(text, from..to, expression, id, &mut |found| {
        if within.contains(&found.span.start) {
            hit(found);
        }
    });
}

fn all(text: &[u8], range: Range<usize>, expression: &Compiled, id: PatternId, hit: &mut dyn FnMut(Hit)) {
    let mut from = range.start;
    let mut captures = expression.regex.create_captures();
    while from < range.end {
        expression.regex.search_captures(&Input::new(text).range(from..range.end), &mut captures);
        let Some(found) = captures.get_match() else { return };
        let span = found.range();
        from = span.end.max(span.start + 1);
        if span.is_empty() {
            continue;
        }
        hit(hit_of(expression, &captures, id, span));
    }
}
