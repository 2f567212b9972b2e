//! Which positions of a text may begin a window of a literal: a table of pairs of bytes.
//!
//! A byte is one of 64 classes, which tell all of ASCII apart but for the case of letters and control characters.
//! Only the pairs of bytes at even positions are looked up. A window that begins at an even position has its first
//! two bytes in one pair and the next two in the pair behind it; one that begins at an odd position has its first
//! byte in one pair and the second and third in the next. So each of two neighbouring pairs says for eight buckets of
//! windows what may begin here, and what both say goes on to the table of windows, which decides: how buckets are
//! filled can cost time, never a literal, as long as every window is in one.
//!
//! Which four bytes of a literal are its window, and in which bucket it is, is decided together: literal by literal,
//! each where it lets the fewest positions pass that did not pass before.

use super::windows::{BLOCK, SEEN, WINDOW};
use super::{Literal, statistics};

/// What the bytes of a pair may be.
const CLASSES: usize = 64;
/// Pairs of classes.
pub(super) const PAIRS: usize = CLASSES * CLASSES;
/// Buckets: the bits of a field.
const BUCKETS: usize = 8;
/// Fields of an entry, in its bytes from the lowest on: the first and the second pair of a window that begins at an
/// even position, then of one that begins at an odd one.
const FIELDS: usize = 4;

/// The class of a byte.
#[inline(always)]
const fn class(byte: u8) -> u8 {
    byte & 31 | (byte & 64) >> 1
}

/// The number of a pair of classes.
#[inline(always)]
fn index(a: u8, b: u8) -> usize {
    usize::from(a) | usize::from(b) << 6
}

/// For each pair of classes: the fields, in which each bucket is a bit.
pub(super) struct Pairs(pub Box<[u32; PAIRS]>);

impl Pairs {
    /// For these literals, and where in each its window stands; `None` for those that have less than three bytes.
    pub fn new(literals: &[Literal]) -> (Pairs, Vec<Option<usize>>) {
        let mut filling = Filling::new();
        let mut offsets = vec![None; literals.len()];
        let mut order: Vec<(f32, usize, Vec<Window>)> = Vec::with_capacity(literals.len());
        for (i, literal) in literals.iter().enumerate() {
            let windows = filling.windows(&literal.bytes);
            let alone = |window: &Window| passing(&window.chances);
            if let Some(least) = windows.iter().map(alone).min_by(f32::total_cmp) {
                order.push((least, i, windows));
            }
        }
        // Those that let most pass come first, so that they open buckets of their own.
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, i, windows) in &order {
            offsets[*i] = filling.add(windows);
        }
        (Pairs(filling.table), offsets)
    }

    #[inline(always)]
    fn entry(&self, a: u8, b: u8) -> u32 {
        self.0[index(class(a), class(b))]
    }

    /// Where in a block a window may stand.
    pub fn bits(&self, block: &[u8; SEEN]) -> u64 {
        let mut found = 0;
        let mut this = self.entry(block[0], block[1]);
        for at in (0..BLOCK).step_by(2) {
            let next = self.entry(block[at + 2], block[at + 3]);
            let both = this & next >> 8;
            found |= u64::from(both & 0xff != 0) << at | u64::from(both & 0xff_0000 != 0) << (at + 1);
            this = next;
        }
        found
    }
}

/// A pair of classes, or a set of them; `None` is any.
type Pair = [Option<u8>; 2];
/// What stands in the fields of a window.
type Shape = [Pair; FIELDS];

/// A window that a literal may have.
struct Window {
    offset: usize,
    shape: Shape,
    /// The chance of what stands in each field.
    chances: [f32; FIELDS],
    /// The chance of all of it.
    chance: f32,
}

/// Windows of a literal that are considered: the rarest.
const MOST_WINDOWS: usize = 4;

/// The share of positions that pass, if neighbouring pairs did not matter.
fn passing(chances: &[f32; FIELDS]) -> f32 {
    chances[0] * chances[1] + chances[2] * chances[3]
}

/// Buckets that are filled.
struct Filling {
    table: Box<[u32; PAIRS]>,
    /// How common a pair of classes is in real data.
    pairs: Box<[f32; PAIRS]>,
    /// The same of a class.
    singles: [f32; CLASSES],
    /// For each bucket and field, how common is what it has.
    chances: [[f32; FIELDS]; BUCKETS],
}

impl Filling {
    fn new() -> Filling {
        let (singles, pairs) = statistics::of_classes();
        Filling { table: Box::new([0; PAIRS]), pairs, singles, chances: Default::default() }
    }

    /// The windows that a literal may have; none if it has one or two bytes.
    fn windows(&self, literal: &[u8]) -> Vec<Window> {
        let length = literal.len().min(WINDOW);
        if length + 1 < WINDOW {
            return Vec::new();
        }
        let chances = literal.windows(length).map(|bytes| self.chance_of(bytes));
        let mut rarest: Vec<(f32, usize)> = chances.zip(0..).collect();
        rarest.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        rarest.truncate(MOST_WINDOWS);
        let window = |(chance, offset): (f32, usize)| {
            let at = |i: usize| literal[offset..].get(i).filter(|_| i < length).map(|b| class(*b));
            let shape = [[at(0), at(1)], [at(2), at(3)], [None, at(0)], [at(1), at(2)]];
            Window { offset, shape, chances: shape.map(|pair| self.chance(pair)), chance }
        };
        rarest.into_iter().map(window).collect()
    }

    /// The chance of all bytes of a window.
    fn chance_of(&self, bytes: &[u8]) -> f32 {
        // Repeated bytes are rare until a text repeats them.
        if bytes.iter().all(|b| *b == bytes[0]) {
            return 1.0;
        }
        let chain = bytes.windows(2).map(|pair| self.pairs[index(class(pair[0]), class(pair[1]))]);
        let joints = bytes[1..bytes.len() - 1].iter().map(|b| self.singles[usize::from(class(*b))]);
        chain.product::<f32>() / joints.product::<f32>()
    }

    fn chance(&self, pair: Pair) -> f32 {
        match pair {
            [Some(a), Some(b)] => self.pairs[index(a, b)],
            [Some(one), None] | [None, Some(one)] => self.singles[usize::from(one)],
            [None, None] => 1.0,
        }
    }

    /// The buckets that have the pair in this field, a bit each; of a set, those that have all of it.
    fn having(&self, field: usize, pair: Pair) -> u8 {
        let at = |at: usize| (self.table[at] >> (BUCKETS * field)) as u8;
        match pair {
            [Some(a), Some(b)] => at(index(a, b)),
            // Such sets have a field of their own: it has all of one or nothing.
            [None, Some(b)] => at(index(0, b)),
            _ => indexes(pair).fold(u8::MAX, |all, pair| all & at(pair)),
        }
    }

    /// Enters the best of the windows of a literal; its offset.
    fn add(&mut self, windows: &[Window]) -> Option<usize> {
        let mut best: Option<(f32, usize, [f32; FIELDS], &Window)> = None;
        for window in windows {
            let having: [u8; FIELDS] = std::array::from_fn(|field| self.having(field, window.shape[field]));
            for (bucket, chances) in self.chances.iter().enumerate() {
                let grown = std::array::from_fn(|field| {
                    let has = having[field] >> bucket & 1 != 0;
                    (chances[field] + if has { 0.0 } else { window.chances[field] }).min(1.0)
                });
                // Where the window itself stands, the literal is compared, however many share the window.
                let cost = passing(&grown) - passing(chances) + LITERAL * window.chance;
                if best.is_none_or(|best| cost < best.0) {
                    best = Some((cost, bucket, grown, window));
                }
            }
        }
        let (_, bucket, chances, window) = best?;
        self.chances[bucket] = chances;
        for (field, pair) in window.shape.iter().enumerate() {
            indexes(*pair).for_each(|at| self.table[at] |= bit(field, bucket));
        }
        Some(window.offset)
    }
}

/// What it costs to compare a literal, in positions that pass.
const LITERAL: f32 = 4.0;

const fn bit(field: usize, bucket: usize) -> u32 {
    1 << (BUCKETS * field + bucket)
}

/// All pairs of classes in a set.
fn indexes(pair: Pair) -> impl Iterator<Item = usize> {
    let range =
        |class: Option<u8>| class.map_or(0..CLASSES, |class| usize::from(class)..usize::from(class) + 1);
    let [first, second] = pair.map(range);
    second.flat_map(move |b| first.clone().map(move |a| a | b << 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::literals;

    fn window(text: &str) -> Option<String> {
        let at = Pairs::new(&literals(&[(text, false)])).1[0]?;
        Some(text[at..text.len().min(at + WINDOW)].to_owned())
    }

    #[test]
    fn windows_are_taken_where_literals_differ_from_ordinary_text() {
        assert_ne!(window("-----BEGIN EC PRIVATE KEY-----").as_deref(), Some("----"));
        assert_ne!(window("postgres://").as_deref(), Some("s://"));
        assert_eq!(window("AKIA").as_deref(), Some("AKIA"));
        assert_eq!(window("eyJ").as_deref(), Some("eyJ"));
        assert_eq!(window("-----").as_deref(), Some("----"));
        assert_eq!(window("ab"), None);
    }

    #[test]
    fn literals_share_windows() {
        let texts: Vec<String> = (0..64).map(|i| format!("service-{i}-key")).collect();
        let all = literals(&texts.iter().map(|text| (text.as_str(), false)).collect::<Vec<_>>());
        let offsets = Pairs::new(&all).1.into_iter();
        let mut chosen: Vec<&[u8]> =
            offsets.zip(&all).filter_map(|(at, literal)| literal.bytes.get(at?..at? + WINDOW)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        assert!(chosen.len() < 32, "{chosen:?}");
    }

    #[test]
    fn every_window_passes_at_every_place_in_any_company() {
        let all =
            literals(&[("AKIA", false), ("eyJ", false), ("Signature=", true), ("\u{e9}t\u{e9}", false)]);
        let (pairs, offsets) = Pairs::new(&all);
        for (literal, offset) in all.iter().zip(offsets) {
            let window = &literal.bytes[offset.unwrap()..];
            let window = &window[..window.len().min(WINDOW)];
            for (at, other) in (0..BLOCK).flat_map(|at| [0, b' ', b'z', 0xff].map(|other| (at, other))) {
                let mut block = [other; SEEN];
                block[at..at + window.len()].copy_from_slice(window);
                assert!(pairs.bits(&block) >> at & 1 != 0, "{literal:?} at {at} among {other}");
            }
        }
        assert_eq!(pairs.bits(&[b'.'; SEEN]), 0);
    }
}
