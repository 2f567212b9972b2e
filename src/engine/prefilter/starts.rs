//! Prefixes of tokens that are looked for where words begin in runs, and nowhere else.
//!
//! Most tokens are a run of token characters, or begin with one: `ghp_` and 36 letters and digits. The
//! engine visits the runs anyway, and they are a tenth of a text or less, so such prefixes cost it
//! nothing per byte of text, however many there are; and prefixes of three bytes, which no vector code
//! can tell from ordinary text, cost it no more than others.

use super::lookup::{Entry, Table, cases, folded, hash_short};
use super::{Literal, LiteralId};
use crate::engine::runs::outline::Outline;
use crate::engine::tokens::{MIN_PREFIX, MIN_RUN};
use std::ops::Range;

/// Longest escape before a token whose last character only looks like a letter or digit, without the
/// character that begins it: `\\u003d`.
const ESCAPE: usize = 5;

/// Longest run that may be a path with a token in it.
const LONGEST_PATH: usize = 1024;

/// Finds prefixes at the beginnings of words.
pub struct Starts {
    prefixes: Vec<Literal>,
    table: Table,
}

impl Starts {
    /// For `prefixes`, each of three token characters or more.
    pub fn new(prefixes: Vec<Literal>) -> Self {
        let mut hashed = Vec::with_capacity(prefixes.len());
        for (i, prefix) in prefixes.iter().enumerate() {
            let entry = Entry::new(LiteralId(i as u32), prefix, 0..MIN_PREFIX);
            let head = &prefix.bytes[..MIN_PREFIX];
            hashed.extend(cases(head, prefix.ignore_case).into_iter().map(|case| (hash_short(case), entry)));
        }
        Starts { prefixes, table: Table::new(hashed) }
    }

    /// Calls `on_prefix` for every prefix at which a token of `MIN_RUN` characters may begin in `run`: at
    /// its start, behind what joins words, and behind the end of an escape that stands before the run.
    ///
    /// `outline` is the run's, where it has one.
    pub fn find(
        &self,
        text: &[u8],
        run: &Range<usize>,
        outline: Option<Outline>,
        on_prefix: &mut dyn FnMut(LiteralId, usize),
    ) {
        let Some(last) = run.end.checked_sub(MIN_RUN) else { return };
        let mut look = |at: usize| self.at(text, at, on_prefix);
        look(run.start);
        let before = text[..run.start].last();
        let is_colour = before == Some(&b';') && text.get(run.start).is_some_and(u8::is_ascii_digit);
        if is_colour || matches!(before, Some(b'\\' | b'%' | b'[')) {
            (run.start + 1..=last.min(run.start + ESCAPE))
                .filter(|at| text[at - 1].is_ascii_alphanumeric())
                .for_each(&mut look);
        }
        match outline {
            Some(outline) => words(outline, last - run.start).for_each(|at| look(run.start + at)),
            None => {
                // What `+` and `/` are in long runs is base64 of something else.
                let is_encoded = run.len() > LONGEST_PATH;
                let joins = |b: u8| !(b.is_ascii_alphanumeric() || is_encoded && matches!(b, b'+' | b'/'));
                (run.start + 1..=last).filter(|at| joins(text[at - 1])).for_each(&mut look)
            }
        }
    }

    /// Whether [`Starts::find`] may find a prefix in a run of these characters, whatever stands before and behind it.
    pub fn may_hold(&self, value: &[u8], outline: Outline) -> bool {
        let Some(last) = value.len().checked_sub(MIN_RUN) else { return false };
        let begins = |at: usize| {
            let rest = &value[at..];
            let hash = hash_short(u32::from_le_bytes([rest[0], rest[1], rest[2], 0]));
            self.table.has(hash)
                && self
                    .table
                    .entries(hash)
                    .iter()
                    .any(|entry| self.prefixes[entry.id.0 as usize].may_begin(rest))
        };
        begins(0) || words(outline, last).any(begins)
    }

    /// Calls `on_prefix` for every prefix that stands at `at`.
    #[inline]
    pub fn at(&self, text: &[u8], at: usize, on_prefix: &mut dyn FnMut(LiteralId, usize)) {
        let Some(&[a, b, c]) = text.get(at..).and_then(<[u8]>::first_chunk) else { return };
        let hash = hash_short(u32::from_le_bytes([a, b, c, 0]));
        if self.table.has(hash) {
            // Many prefixes begin with `sk-`: only those whose next byte stands here are looked at.
            let next = text.get(at + MIN_PREFIX).map(|b| folded(*b));
            let (whole, longer) = self.table.entries_by_probe(hash);
            let from = longer.partition_point(|entry| Some(entry.probe) < next);
            let longer = longer[from..].iter().take_while(|entry| Some(entry.probe) == next);
            for entry in whole.iter().chain(longer) {
                if self.prefixes[entry.id.0 as usize].stands_at(text, at) {
                    on_prefix(entry.id, at);
                }
            }
        }
    }
}

/// Where words begin behind what joins them, up to `last`, which is less than [`Outline::LONGEST`].
fn words(outline: Outline, last: usize) -> impl Iterator<Item = usize> {
    let mut joints = outline.other() & !(!0 << last);
    std::iter::from_fn(move || {
        let at = (joints != 0).then(|| joints.trailing_zeros() as usize + 1);
        joints &= joints.wrapping_sub(1);
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::literals;
    use crate::engine::tokens::is_start;

    fn found(text: &str, run: Range<usize>) -> Vec<usize> {
        let starts = Starts::new(literals(&[("key_", false), ("TOK", true)]));
        let mut all = Vec::new();
        let outline = Outline::of(text.as_bytes(), &run);
        starts.find(text.as_bytes(), &run, outline, &mut |_, at| all.push(at));
        let mut of_bytes = Vec::new();
        starts.find(text.as_bytes(), &run, None, &mut |_, at| of_bytes.push(at));
        assert_eq!(all, of_bytes, "{text}");
        all
    }

    #[test]
    fn where_words_begin() {
        let run = |text: &str| text.find(|c: char| c.is_ascii_alphanumeric()).unwrap()..text.len();
        for (text, want) in [
            ("key_0123456789abcdef", vec![0]),
            ("path/key_0123456789abcdef", vec![5]),
            ("monkey_0123456789abcdef", vec![]),
            ("a-tok0123456789abcdef_key_x", vec![2]),
            ("\\nkey_0123456789abcdef", vec![2]),
            ("\\u003dTok_0123456789abcdef", vec![6]),
            ("%3Dkey_0123456789abcdef", vec![3]),
            ("\x1b[31mkey_0123456789abcdef", vec![5]),
            (";124mkey_0123456789abcdef", vec![5]),
        ] {
            assert_eq!(found(text, run(text)), want, "{text}");
        }
        let encoded = format!("{}/key_0123456789abcdef", "Ab3+".repeat(300));
        assert!(found(&encoded, 0..encoded.len()).is_empty());
        // A token of sixteen characters has no room there.
        assert!(found("0123456789/key_01234", 0..20).is_empty());
        assert!(is_start(b"ghp_", 36) && !is_start(b"ghp_", 11) && !is_start(b"SG.", 36));
    }
}
