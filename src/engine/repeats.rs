//! Texts that repeat themselves.
//!
//! A text that is one line a million times has a million candidates, each of which is judged with all that is
//! around it, and all alike. Where a literal was found to be nothing, and the text around it is the same as that
//! around the next, byte for byte and as far as any of its patterns looks, the next is nothing either.

use super::candidates::Watched;
use super::{Reach, Sink};
use std::ops::Range;

/// Candidates of one search before anything is remembered: most texts have fewer.
const FREE: usize = 512;
/// Longest stretch that is seen to repeat, in bytes.
const LONGEST: usize = 2 << 10;
/// Bytes that are compared before anybody asks for them.
const AHEAD: usize = 4 << 10;
/// Periods that are followed at once: literals of one line may stand at several distances.
const PERIODS: usize = 4;

/// What a search knows of the candidates behind it.
#[derive(Default)]
pub struct Repeats {
    candidates: usize,
    /// By literal.
    last: Vec<Last>,
    periods: [Period; PERIODS],
    /// Which of them gives way to a new one.
    oldest: usize,
}

/// The last candidate of a literal.
#[derive(Clone, Copy, Default)]
struct Last {
    at: usize,
    outcome: Outcome,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Something, or not known.
    #[default]
    Found,
    /// Nothing, but a value was judged that is assigned to a name.
    Refused,
    /// Nothing.
    Nothing,
}

/// Where each byte is that of so many bytes before.
#[derive(Clone, Default)]
struct Period {
    length: usize,
    same: Range<usize>,
}

impl Repeats {
    /// Whether what stands at `at` is nothing, because it and all around it are what stood at the last
    /// candidate of this literal. `literals` of them there are.
    pub fn is_known(
        &mut self,
        text: &[u8],
        at: usize,
        literal: usize,
        literals: usize,
        reach: impl FnOnce() -> Reach,
    ) -> bool {
        self.candidates += 1;
        if self.candidates <= FREE {
            return false;
        }
        if self.last.is_empty() {
            self.last.resize(literals, Last::default());
        }
        let last = &mut self.last[literal];
        let length = at.wrapping_sub(last.at);
        if last.outcome == Outcome::Found || !(1..=LONGEST).contains(&length) {
            return false;
        }
        let reach = reach();
        let (before, after) = match last.outcome {
            Outcome::Nothing => (reach.before_unnamed, reach.after_unnamed),
            _ => (reach.before, reach.after),
        };
        let is_known = self.period(length, at).holds(text, at, before, after);
        if is_known {
            self.last[literal].at = at;
        }
        is_known
    }

    /// Remembers what became of a candidate that was not known.
    pub fn note(&mut self, at: usize, literal: usize, outcome: impl FnOnce() -> Outcome) {
        if let Some(last) = self.last.get_mut(literal) {
            *last = Last { at, outcome: outcome() };
        }
    }

    fn period(&mut self, length: usize, at: usize) -> &mut Period {
        let known = self.periods.iter().position(|p| p.length == length);
        let number = known.unwrap_or_else(|| {
            self.oldest = (self.oldest + 1) % PERIODS;
            self.periods[self.oldest] = Period { length, same: at..at };
            self.oldest
        });
        &mut self.periods[number]
    }
}

impl Period {
    /// Whether the bytes around `at` are those of one period before. Each byte is compared once, as long as
    /// candidates come in rising order.
    fn holds(&mut self, text: &[u8], at: usize, before: usize, after: usize) -> bool {
        let end = at + after;
        if end > text.len() {
            return false;
        }
        if self.same.end < at || at < self.same.start {
            self.same = at..at;
        }
        if self.same.end < end {
            // Farther than it must, for those that follow.
            let ahead = text.len().min(end + AHEAD);
            let new = &text[self.same.end..ahead];
            let old = &text[self.same.end - self.length..ahead - self.length];
            self.same.end += common(new, old);
            if self.same.end < end {
                self.same = self.same.end + 1..self.same.end + 1;
                return false;
            }
        }
        self.same.start + before <= at
    }
}

/// Bytes that two texts of one length have in common at their beginning.
fn common(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 64;
    let whole = one.chunks(STEP).zip(other.chunks(STEP)).take_while(|(a, b)| a == b).count();
    let from = (whole * STEP).min(one.len());
    from + one[from..].iter().zip(&other[from..]).take_while(|(a, b)| a == b).count()
}

/// Bytes that a search looks at around anything, and more.
pub const AROUND: usize = 72 << 10;
/// Shortest part of a text that is asked whether it repeats itself.
const LEAST: usize = 4 * AROUND;

/// A stretch in which every byte is that of so many bytes before, and around it as far as a search looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    length: usize,
    range: Range<usize>,
    /// Whether nothing in it ends a run.
    pub is_one_run: bool,
}

/// Searches a part of a text for a sink: what is before the stretch that is `known` to repeat itself and what is behind
/// it; and that, if what stands before it once and in it again and again is something.
pub fn once(
    known: Option<&Stretch>,
    within: Range<usize>,
    sink: &mut dyn Sink,
    search: &mut dyn FnMut(Range<usize>, &mut dyn Sink),
) {
    let Some(Stretch { length, range: Range { start, end }, .. }) = known.cloned() else {
        return search(within, sink);
    };
    let mut watched = Watched::new(sink, start - length..start);
    search(within.start..start, &mut watched);
    let rest = if watched.is_silent() { end } else { start };
    search(rest..within.end, sink);
}

/// The stretch around the middle of a part of a text, if that repeats itself.
pub fn stretch(text: &[u8], within: &Range<usize>) -> Option<Stretch> {
    if within.len() < LEAST {
        return None;
    }
    let middle = within.start + within.len() / 2;
    let (head, rest) = (text.get(middle..middle + 64)?, text.get(middle + 1..middle + LONGEST + 64)?);
    let length = memchr::memmem::find(rest, head)? + 1;
    let is_one_run = text[middle..middle + length].iter().all(|&b| super::runs::is_token(b));
    let to = text.len().min(within.end + AROUND);
    let after = middle + length + common(&text[middle + length..to], &text[middle..to - length]);
    let from = within.start.saturating_sub(AROUND).max(length);
    let (mut new, mut old) =
        (text[from..middle].rchunks(64), text[from - length..middle - length].rchunks(64));
    let mut before = middle;
    while let (Some(new), Some(old)) = (new.next(), old.next())
        && new == old
    {
        before -= new.len();
    }
    // From here on, what is around is the same; what is before is searched, and tells what is here.
    let known =
        (before + AROUND + length).max(within.start + length)..after.saturating_sub(AROUND).min(within.end);
    (known.len() > AROUND).then_some(Stretch { length, range: known, is_one_run })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_texts_have_in_common() {
        let text: Vec<u8> = (0..200).map(|n| n as u8).collect();
        for length in 0..200 {
            for differs in 0..length {
                let mut other = text[..length].to_vec();
                other[differs] ^= 1;
                assert_eq!(common(&text[..length], &other), differs);
            }
            let copy = text[..length].to_vec();
            assert_eq!(common(&text[..length], &copy), length);
        }
    }

    #[test]
    fn stretches_are_the_same_all_around() {
        let line = b"key = nothing;\n";
        let text = line.repeat(100_000);
        let all = 0..text.len();
        let known = stretch(&text, &all).unwrap();
        assert_eq!((known.length, known.is_one_run), (line.len(), false));
        assert!(known.range.len() > text.len() - 3 * AROUND, "{known:?}");
        assert_eq!(stretch(&text, &(0..LEAST - 1)), None);
        assert!(stretch(&b"abcdefgh".repeat(100_000), &(0..800_000)).unwrap().is_one_run);
        for odd in [300_000, 700_001, 749_999, 750_300, 1_200_000] {
            let mut text = text.clone();
            text[odd] ^= 1;
            if let Some(Stretch { length, range, .. }) = stretch(&text, &all) {
                let seen = range.start - length - AROUND..range.end + AROUND;
                assert!(!seen.contains(&odd), "{odd} {seen:?}");
                assert_eq!(text[seen.start + length..seen.end], text[seen.start..seen.end - length]);
            }
        }
    }

    /// What is known is what is the same as far as was asked for, and no byte less.
    #[test]
    fn known_is_what_is_the_same_all_around() {
        const REACH: Reach =
            Reach { literal: 3, before: 90, after: 70, before_unnamed: 40, after_unnamed: 30 };
        let line = b"key = nothing;\n";
        for odd in [None, Some(30_000), Some(30_011)] {
            let mut text = line.repeat(4000);
            if let Some(odd) = odd {
                text[odd] ^= 1;
            }
            for (outcome, before, after) in [(Outcome::Refused, 90, 70), (Outcome::Nothing, 40, 30)] {
                let mut repeats = Repeats::default();
                let mut known = 0;
                for at in (0..text.len()).step_by(line.len()) {
                    if repeats.is_known(&text, at, 7, 9, || REACH) {
                        known += 1;
                        let now = &text[at - before..at + after];
                        assert_eq!(now, &text[at - line.len() - before..at - line.len() + after], "{at}");
                    } else {
                        repeats.note(at, 7, || outcome);
                    }
                }
                assert!(known > 3400, "{known}");
            }
        }
    }
}
