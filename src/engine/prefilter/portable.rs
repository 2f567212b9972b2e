//! The oracle: one Aho-Corasick automaton over all literals, short enough to be seen right.

use super::{Literal, LiteralId, Prefilter};
use aho_corasick::{MatchKind, automaton::Automaton, dfa::DFA};
use std::ops::Range;

/// All literals in one case-insensitive DFA; those that are case-sensitive are compared once more.
pub struct Portable {
    dfa: DFA,
    literals: Vec<Literal>,
    longest: usize,
}

impl Portable {
    /// A prefilter for `literals`. They must not be empty; the DFA of a few thousand short ones
    /// takes some MB.
    pub fn new(literals: Vec<Literal>) -> Self {
        let dfa = DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .start_kind(aho_corasick::StartKind::Unanchored)
            .prefilter(false)
            .build(literals.iter().map(|l| &l.bytes))
            .expect("literals are few and short: patterns are bounded in number and length");
        let longest = literals.iter().map(|l| l.bytes.len()).max().unwrap_or(0);
        Portable { dfa, literals, longest }
    }
}

impl Prefilter for Portable {
    fn name(&self) -> &'static str {
        "portable (aho-corasick)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        // Literals that start in `within` end at most `longest - 1` bytes behind it.
        let end = text.len().min(within.end.saturating_add(self.longest.saturating_sub(1)));
        if within.start >= end {
            return;
        }
        let Ok(mut state) = self.dfa.start_state(aho_corasick::Anchored::No) else { return };
        for (i, &byte) in text[within.start..end].iter().enumerate() {
            state = self.dfa.next_state(aho_corasick::Anchored::No, state, byte);
            if self.dfa.is_special(state) && self.dfa.is_match(state) {
                for m in 0..self.dfa.match_len(state) {
                    let pattern = self.dfa.match_pattern(state, m);
                    let literal = &self.literals[pattern.as_usize()];
                    let start = within.start + i + 1 - literal.bytes.len();
                    if start < within.end && (literal.ignore_case || literal.stands_at(text, start)) {
                        on_literal(LiteralId(pattern.as_u32()), start);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn literals() -> Vec<Literal> {
        [("AKIA", false), ("kia", true), ("abab", false), ("ab", true), ("-----BEGIN", false)]
            .map(|(text, ignore_case)| Literal { bytes: text.into(), ignore_case })
            .to_vec()
    }

    fn found(text: &[u8], within: Range<usize>) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        Portable::new(literals()).find(text, within, &mut |id, at| all.push((at, id.0)));
        all.sort_unstable();
        all
    }

    fn naive(text: &[u8]) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        for at in 0..text.len() {
            for (i, literal) in literals().iter().enumerate() {
                if literal.stands_at(text, at) {
                    all.push((at, i as u32));
                }
            }
        }
        all
    }

    #[test]
    fn overlapping_literals_and_cases() {
        let text = b"xAKIAababAB -----BEGIN akia";
        assert_eq!(found(text, 0..text.len()), naive(text));
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_search_over_every_cut(text in "[AKIabki -]{0,80}", cut in 0usize..80) {
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            let mut parts = found(text, 0..cut);
            parts.extend(found(text, cut..text.len()));
            prop_assert_eq!(parts, naive(text));
        }
    }
}
