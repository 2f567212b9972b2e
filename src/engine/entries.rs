//! What the engine looks for: literals and prefixes with the patterns that have them, and runs by their length. Of the built-in
//! patterns `build.rs` has gathered it, so that no pattern is read before something is found that it asks for.

use super::prefilter::{Literal, builtin};
use super::{marks, tokens};
use crate::pattern::form::least_run;
use crate::pattern::{Boundary, Matcher, PatternId, PatternSet};
use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/entries.rs"));

/// What patterns are looked for by.
#[derive(Debug, PartialEq)]
pub(super) struct Entries {
    /// Anywhere, in order.
    pub literals: Vec<Entry>,
    /// Where runs begin, in order.
    pub starts: Vec<Entry>,
    pub runs: Cow<'static, [Run]>,
    /// Whether surroundings name any pattern.
    pub has_names: bool,
    /// Patterns that are tried on every text.
    pub everywhere: Vec<PatternId>,
}

/// A literal, and the patterns that have it.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub literal: Literal,
    pub patterns: Cow<'static, [PatternId]>,
}

/// A pattern of runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub pattern: PatternId,
    pub min: usize,
    pub max: usize,
    /// Whether its values are parts of pairs.
    pub is_part: bool,
}

impl Entries {
    pub fn new(patterns: &PatternSet) -> Entries {
        if patterns.is_all_builtin() { Entries::builtin() } else { Entries::of(patterns) }
    }

    fn builtin() -> Entries {
        Entries {
            literals: with_patterns(builtin::literals(), LITERAL_IDS, LITERAL_ENDS),
            starts: with_patterns(builtin::literals_of(START_TEXT, START_LENGTHS), START_IDS, START_ENDS),
            runs: Cow::Borrowed(RUNS),
            has_names: HAS_NAMES,
            everywhere: Vec::new(),
        }
    }

    fn of(patterns: &PatternSet) -> Entries {
        let (mut literals, mut starts) = (Vec::new(), Vec::new());
        let (mut runs, mut everywhere) = (Vec::new(), Vec::new());
        let mut has_names = false;
        for (id, pattern) in patterns.iter() {
            let (texts, body) = match &pattern.matcher {
                Matcher::Token { prefixes, bodies } => {
                    (prefixes, bodies.iter().map(|body| least_run(body, tokens::is_token)).min())
                }
                Matcher::Regex { literals, .. } | Matcher::Assigned { literals } => (literals, None),
                Matcher::Search { keywords, .. } => {
                    if keywords.is_empty() {
                        everywhere.push(id);
                    }
                    (keywords, None)
                }
                Matcher::Run { min, max, .. } => {
                    runs.push(Run { pattern: id, min: *min, max: *max, is_part: pattern.part.is_some() });
                    continue;
                }
                Matcher::Named { .. } => {
                    has_names = true;
                    continue;
                }
            };
            let body = body.filter(|_| pattern.boundary != Boundary::None);
            for bytes in texts.iter() {
                let is_start = body.is_some_and(|body| tokens::is_start(bytes, body));
                let list = if is_start { &mut starts } else { &mut literals };
                let ignore_case = pattern.ignore_case || matches!(pattern.matcher, Matcher::Search { .. });
                let literal = Literal { bytes: bytes.to_vec(), ignore_case };
                list.push((literal, Some(id)));
            }
        }
        literals.extend(marks::WORDS.iter().map(|(word, _)| (marked(word), None)));
        let (literals, starts) = (by_literal(literals), by_literal(starts));
        Entries { literals, starts, runs: runs.into(), has_names, everywhere }
    }
}

/// A word that marks something else than a pattern.
pub(super) fn marked(word: &[u8]) -> Literal {
    Literal { bytes: word.to_vec(), ignore_case: false }
}

/// Literals with their patterns, which stand in a row: those of each up to its end.
fn with_patterns(
    literals: impl Iterator<Item = Literal>,
    ids: &'static [PatternId],
    ends: &[u32],
) -> Vec<Entry> {
    let mut start = 0;
    let entry = |(literal, end): (Literal, &u32)| {
        let patterns = Cow::Borrowed(&ids[start..*end as usize]);
        start = *end as usize;
        Entry { literal, patterns }
    };
    literals.zip(ends).map(entry).collect()
}

/// The literals in order, each once, with their patterns.
fn by_literal(mut all: Vec<(Literal, Option<PatternId>)>) -> Vec<Entry> {
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut entries: Vec<Entry> = Vec::new();
    for (literal, id) in all {
        match entries.last_mut() {
            Some(last) if last.literal == literal => last.patterns.to_mut().extend(id),
            _ => entries.push(Entry { literal, patterns: id.into_iter().collect() }),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_before_is_what_the_patterns_say() {
        let patterns = PatternSet::builtin().unwrap();
        let (before, read) = (Entries::new(&patterns), Entries::of(&patterns));
        assert!(before == read);
        assert!(before.literals.len() > 500 && before.starts.len() > 300 && before.runs.len() > 3);
    }
}
