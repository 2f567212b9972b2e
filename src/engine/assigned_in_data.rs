//! Values in data: by the name before them, or in text within the data.

use super::assignment::{self, framed};
use super::{Engine, Hit, Sink};
use crate::pattern::PatternId;
use crate::triage::score;
use std::ops::Range;

impl Engine<'_> {
    /// What data assign to the name around the hot word at `word`: behind its length, or in text within them.
    pub(super) fn assigned_in_data(
        &self,
        data: &[u8],
        word: Range<usize>,
        id: PatternId,
        sink: &mut dyn Sink,
    ) {
        // A clause, or a call: of programs, and of text that is a file.
        if !data[word.end - 1].is_ascii_alphanumeric()
            || data[word.clone()].contains(&b' ')
            || framed::names_only(data)
        {
            return;
        }
        if let Some(found) = framed::find_framed(data, &word) {
            let name = &data[found.name.clone()];
            let text = [b"\"", name, b"\": \"", &data[found.value.clone()], b"\"\n"].concat();
            let from = name.len() + 5;
            let named = assignment::Named {
                name: 1..1 + name.len(),
                value: from..from + found.value.len(),
                form: assignment::Form::Pair,
                quoted: true,
                goes_on: false,
            };
            if self.named_in_data(&text, &named, &found.name, &found.value, id, sink) {
                return;
            }
            // A byte of a text that looks like a length says nothing.
        }
        framed::find_within(data, &word, &mut |within| {
            let start = within.text.start;
            let moved = |range: &Range<usize>| start + range.start..start + range.end;
            let (name, value) = (moved(&within.named.name), moved(&within.named.value));
            self.named_in_data(&data[within.text], &within.named, &name, &value, id, sink);
        });
    }

    /// Reports what a stretch of data assigns, if it is worth it; `name` and `value` are where they stand in the data. Whether it is.
    fn named_in_data(
        &self,
        text: &[u8],
        named: &assignment::Named,
        name: &Range<usize>,
        value: &Range<usize>,
        id: PatternId,
        sink: &mut dyn Sink,
    ) -> bool {
        let verdict = score::rate(text, named);
        sink.judged(
            &assignment::Named { name: name.clone(), value: value.clone(), ..named.clone() },
            verdict,
        );
        // Tables of data name things one behind the other: only what looks like a password is one.
        const LEAST: usize = 8;
        const SURE: u8 = 50;
        let text = &text[named.value.clone()];
        let is_varied = text.len() >= LEAST
            && text.iter().any(u8::is_ascii_digit)
            // Times end in `Z`.
            && text.split_last().is_some_and(|(last, rest)| {
                rest.iter().any(u8::is_ascii_alphabetic) || last.is_ascii_alphabetic() && *last != b'Z'
            });
        let is_sure = |rated: &score::Rated| rated.confidence >= SURE && rated.only_low.is_none();
        let rated = verdict.ok().filter(is_sure).filter(|_| is_varied);
        if let Some(rated) = rated {
            sink.hit(Hit { named: Some((name.clone(), rated)), ..Hit::new(id, value.clone()) });
        }
        rated.is_some()
    }
}
