//! Checks of patterns that cost too much for every start: all regular expressions compile, every
//! example is found and no counter-example is. Run by tests and by `keysift patterns check`.

use super::example::{self, Generator, fill};
use super::{Matcher, Pattern, PatternError, PatternSet};
use crate::blob::TextKind;
use crate::engine::{Engine, Hit, Sink};
use std::ops::Range;

/// Ids are `family.kind`, in lower case with hyphens: usable as SARIF rule ids and file names.
pub(super) fn id(id: &str) -> Result<(), String> {
    let word = |w: &str| {
        !w.is_empty()
            && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !w.starts_with('-')
            && !w.ends_with('-')
    };
    match id.split_once('.') {
        Some((family, kind)) if word(family) && word(kind) => Ok(()),
        _ => Err(format!("id {id:?} must be `family.kind` in lower-case letters, digits and hyphens")),
    }
}

/// Whether the regular expression compiles.
pub fn regexes(pattern: &Pattern) -> Result<(), PatternError> {
    let own = match &pattern.matcher {
        Matcher::Regex { regex, .. } | Matcher::Search { regex, .. } => Some(regex),
        _ => None,
    };
    let conditions = pattern.conditions.iter().flat_map(|conditions| conditions.regexes());
    own.into_iter().chain(conditions).try_for_each(|regex| {
        regex.compile().map(drop).map_err(|what| PatternError {
            origin: pattern.origin.to_string(),
            what: format!("{}: regex: {what}", pattern.id),
        })
    })
}

/// What is wrong with the examples of a pattern, filled in from `seed`.
pub fn examples(set: &PatternSet, engine: &Engine<'_>, pattern: &Pattern, seed: u64) -> Vec<String> {
    struct Found<'s> {
        set: &'s PatternSet,
        id: &'s str,
        text: &'s [u8],
        found: bool,
    }
    impl Sink for Found<'_> {
        fn hit(&mut self, hit: Hit) {
            let is_it = |id| self.set.get(id).id == self.id;
            let conditions = self.set.get(hit.pattern).conditions.as_deref();
            if conditions.is_some_and(|c| !c.has_keyword(self.text) || c.accept(self.text, &hit).is_none()) {
                return;
            }
            self.found |= is_it(hit.pattern) || hit.others.into_iter().any(is_it);
        }
        fn run(&mut self, _: Range<usize>) {}
    }
    let mut problems = Vec::new();
    let (found, not) = example::of(pattern);
    for (texts, wanted) in [(&found, true), (&not, false)] {
        if texts.is_empty() {
            problems.push(format!("has no {}", if wanted { "examples" } else { "counter-examples (`not`)" }));
        }
        for template in texts {
            let text = fill(template, &mut Generator::new(seed));
            let bytes = if template.contains("{hex-bytes:") {
                text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
            } else {
                text.clone().into_bytes()
            };
            let mut sink = Found { set, id: &pattern.id, text: &bytes, found: false };
            engine.search(&bytes, 0..bytes.len(), TextKind::Plain, &mut sink);
            // Short values are named when another pattern has found them.
            if wanted
                && let (Matcher::Named { .. }, Some((name, value))) =
                    (&pattern.matcher, text.split_once(" = "))
                && let Some(named) = set.names().name_of(set, name, value.trim_matches('"').as_bytes())
            {
                let is_it = |id| set.get(id).id == pattern.id;
                sink.found |= is_it(named.pattern) || named.others.into_iter().any(is_it);
            }
            if sink.found != wanted {
                let what = if wanted { "not found in its example" } else { "found in its counter-example" };
                problems.push(format!("{what} {template:?}, filled in as {text:?}"));
            }
        }
    }
    problems
}
