//! Regular expressions in bounded windows around their literals.
//!
//! Windows of neighbouring literals overlap. So that a text that is full of a literal costs a few
//! looks at each byte and not one for every literal, each search reaches farther than it must, and
//! remembers where nothing was: the literals that follow find their whole window there.

use super::{Hit, token};
use crate::pattern::{Boundary, PatternId};
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};
use std::collections::BTreeMap;
use std::ops::Range;

/// Stretches of a text in which a pattern has no match.
#[derive(Default)]
pub struct Barren(BTreeMap<PatternId, Range<usize>>);

/// A literal and how far around it a match may reach.
pub struct Window {
    /// Where the literal stands.
    pub literal: Range<usize>,
    /// Bytes before it in which a match may start; 0 when every match starts with the literal.
    pub before: usize,
    /// Bytes from its start in which a match must end.
    pub after: usize,
}

/// The match of the expression that overlaps the literal.
pub fn confirm(
    text: &[u8],
    window: &Window,
    regex: &Regex,
    boundary: Boundary,
    id: PatternId,
    barren: &mut Barren,
) -> Option<Hit> {
    let literal = &window.literal;
    let from = literal.start.saturating_sub(window.before);
    let to = text.len().min(literal.start.saturating_add(window.after));
    if window.before == 0 {
        // Most attempts end within a few bytes.
        return matched(text, literal, from..to, Anchored::Yes, regex, boundary, id);
    }
    if barren.0.get(&id).is_some_and(|known| known.start <= from && to <= known.end) {
        return None;
    }
    let farther = text.len().min(to.saturating_add(window.after));
    let first = regex.search_half(&Input::new(text).range(from..farther));
    if first.is_none() {
        barren.0.insert(id, from..farther);
        return None;
    }
    matched(text, literal, from..to, Anchored::No, regex, boundary, id)
}

fn matched(
    text: &[u8],
    literal: &Range<usize>,
    range: Range<usize>,
    anchored: Anchored,
    regex: &Regex,
    boundary: Boundary,
    id: PatternId,
) -> Option<Hit> {
    let mut from = range.start;
    let mut captures = regex.create_captures();
    // Matches may lie one after another before the one that holds the literal.
    while from <= literal.start {
        regex.search_captures(&Input::new(text).range(from..range.end).anchored(anchored), &mut captures);
        let span = captures.get_match()?.range();
        if span.start >= literal.end {
            return None;
        }
        from = span.end.max(span.start + 1);
        if span.end <= literal.start {
            continue;
        }
        let group = |name| captures.get_group_by_name(name).map(|g| g.range());
        let value = group("value").unwrap_or_else(|| span.clone());
        let starts = boundary == Boundary::None || token::starts_token(text, span.start);
        let ends = boundary != Boundary::Token || !text.get(span.end).is_some_and(u8::is_ascii_alphanumeric);
        return (starts && ends).then(|| Hit {
            id: group("id"),
            secret: group("secret"),
            value,
            ..Hit::new(id, span)
        });
    }
    None
}
