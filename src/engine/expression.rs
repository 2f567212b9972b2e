//! Regular expressions in bounded windows around their literals.
//!
//! Windows of neighbouring literals overlap. So that a text that is full of a literal costs a few
//! looks at each byte and not one for every literal, each search reaches farther than it must, and
//! remembers where nothing was: the literals that follow find their whole window there.

use super::{Hit, token};
use crate::pattern::needs::{Needed, Needs};
use crate::pattern::{Boundary, Compiled, LazyRegex, PatternId};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::collections::BTreeMap;
use std::ops::Range;

/// Stretches of a text in which a pattern has no match.
#[derive(Default)]
pub struct Barren<'p> {
    matches: BTreeMap<PatternId, Range<usize>>,
    /// What matches need, each with a stretch in which it does not begin.
    needed: Vec<(&'p Needed, Range<usize>)>,
    /// How far expressions without literals were tried.
    tried: BTreeMap<PatternId, Range<usize>>,
}

impl<'p> Barren<'p> {
    /// Whether something that every match needs is not in the range.
    fn lacks(&mut self, text: &[u8], range: &Range<usize>, needs: &'p Needs) -> bool {
        needs.sets().any(|set| set.iter().all(|needed| self.lacks_one(text, range, needed)))
    }

    /// What is not found is looked for farther on, so that each part of a text is looked at once or twice for each.
    fn lacks_one(&mut self, text: &[u8], range: &Range<usize>, needed: &'p Needed) -> bool {
        let is_same = |other: &&'p Needed| std::ptr::eq(*other, needed) || *other == needed;
        let at = self.needed.iter().position(|(other, _)| is_same(other)).unwrap_or_else(|| {
            self.needed.push((needed, 0..0));
            self.needed.len() - 1
        });
        let known = &mut self.needed[at].1;
        // Where it may begin and end in the range.
        let Some(last) = range.end.checked_sub(needed.length() - 1).filter(|last| *last > range.start) else {
            return true;
        };
        if known.start <= range.start && last <= known.end {
            return true;
        }
        // Literals come in rising order, mostly.
        let from = if (known.start..=known.end).contains(&range.start) { known.end } else { range.start };
        let farther = text.len().min(range.end.saturating_add(range.len()));
        let beyond = farther - (needed.length() - 1);
        let end = needed.find(&text[from..farther]).map_or(beyond, |at| from + at);
        let start = if from == range.start { range.start } else { known.start };
        *known = start..end;
        end >= last
    }
}

/// An expression that is tried at one of its literals.
pub struct Attempt<'t, 'p> {
    /// The text.
    pub text: &'t [u8],
    /// Where the literal stands.
    pub literal: Range<usize>,
    /// Bytes before it in which a match may start; 0 when every match starts with the literal.
    pub before: usize,
    /// Bytes from its start in which a match must end.
    pub after: usize,
    /// The expression.
    pub expression: &'p LazyRegex,
    /// What every match of it holds besides the literal.
    pub needs: &'p Needs,
    /// What must stand around a match.
    pub boundary: Boundary,
    /// Whose expression it is.
    pub id: PatternId,
}

impl<'p> Attempt<'_, 'p> {
    /// The match that overlaps the literal; where that begins before it, also what begins with it: in
    /// `aaa _aaa aaa 0` the match that begins with the second word hides the one that begins with the third, if the
    /// search begins late.
    pub fn matches(&self, barren: &mut Barren<'p>) -> impl Iterator<Item = Hit> {
        let window = self.literal.start.saturating_sub(self.before)..self.end();
        let (first, second) = match barren.lacks(self.text, &window, self.needs) {
            true => (None, None),
            false => self.tried(self.expression.get_for(self.reach(&window)), window, barren),
        };
        first.into_iter().chain(second)
    }

    /// How many bytes a search looks at, roughly.
    fn reach(&self, window: &Range<usize>) -> usize {
        /// Most attempts that begin with their literal end soon behind it.
        const SOON: usize = 64;
        if self.before == 0 { window.len().min(SOON) } else { window.len().saturating_add(self.after) }
    }

    /// Where a match must end.
    fn end(&self) -> usize {
        self.text.len().min(self.literal.start.saturating_add(self.after))
    }

    fn tried(
        &self,
        expression: &Compiled,
        window: Range<usize>,
        barren: &mut Barren<'_>,
    ) -> (Option<Hit>, Option<Hit>) {
        let first = self.overlapping(expression, window, barren);
        let start = self.literal.start;
        let second = first.as_ref().filter(|first| first.span.start < start).and_then(|first| {
            let second = self.matched(expression, start..self.end(), Anchored::Yes);
            second.filter(|second| second.value != first.value)
        });
        (first, second)
    }

    fn overlapping(
        &self,
        expression: &Compiled,
        window: Range<usize>,
        barren: &mut Barren<'_>,
    ) -> Option<Hit> {
        let (text, regex) = (self.text, &expression.regex);
        if self.before == 0 {
            // Most attempts end within a few bytes, and need no room for groups.
            regex.search_half(&Input::new(text).range(window.clone()).anchored(Anchored::Yes))?;
            return self.matched(expression, window, Anchored::Yes);
        }
        if barren
            .matches
            .get(&self.id)
            .is_some_and(|known| known.start <= window.start && window.end <= known.end)
        {
            return None;
        }
        let farther = text.len().min(window.end.saturating_add(self.after));
        let first = regex.search_half(&Input::new(text).range(window.start..farther));
        if first.is_none() {
            barren.matches.insert(self.id, window.start..farther);
            return None;
        }
        self.matched(expression, window, Anchored::No)
    }

    fn matched(&self, expression: &Compiled, range: Range<usize>, anchored: Anchored) -> Option<Hit> {
        let Attempt { text, boundary, id, .. } = *self;
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
    barren: &mut Barren<'_>,
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
