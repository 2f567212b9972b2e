//! Which four bytes of a literal are its window, and in which bucket of the table of pairs it is: decided together, literal
//! by literal, each where it lets the fewest positions pass that did not pass before. How buckets are filled can cost time,
//! never a literal, as long as every window is in one.
//!
//! `build.rs` reads this file too, for the built-in patterns: it knows nothing of the rest of the crate but how common
//! bytes are.

use super::statistics;

/// Bytes of a window.
pub const WINDOW: usize = 4;
/// What the bytes of a pair may be.
const CLASSES: usize = 64;
/// Pairs of classes.
pub const PAIRS: usize = CLASSES * CLASSES;
/// Buckets: the bits of a field.
const BUCKETS: usize = 8;
/// Fields of an entry, in its bytes from the lowest on: the first and the second pair of a window that begins at an
/// even position, then of one that begins at an odd one.
const FIELDS: usize = 4;

/// The class of a byte.
#[inline(always)]
pub const fn class(byte: u8) -> u8 {
    byte & 31 | (byte & 64) >> 1
}

/// The number of a pair of classes.
#[inline(always)]
pub fn index(a: u8, b: u8) -> usize {
    usize::from(a) | usize::from(b) << 6
}

/// The table for these literals, and where in each its window stands; `None` for those that have less than three bytes.
pub fn fill<'l>(literals: impl Iterator<Item = &'l [u8]>) -> (Box<[u32; PAIRS]>, Vec<Option<usize>>) {
    let mut filling = Filling::new();
    let mut offsets = Vec::new();
    let mut order: Vec<(f32, usize, Vec<Window>)> = Vec::new();
    for (i, literal) in literals.enumerate() {
        offsets.push(None);
        let windows = filling.windows(literal);
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
    (filling.table, offsets)
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
        let chain = bytes.windows(2).map(|pair| self.pairs[index(class(pair[0]), class(pair[1]))]);
        let joints = bytes[1..bytes.len() - 1].iter().map(|b| self.singles[usize::from(class(*b))]);
        statistics::of_window(bytes, chain.product::<f32>() / joints.product::<f32>())
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
