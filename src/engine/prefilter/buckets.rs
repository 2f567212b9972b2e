//! Which window of each literal is looked for in AVX-512, and which windows share a bucket.
//!
//! A window is four bytes of a literal. AVX-512 asks, for many positions of a text at once, whether any window of one of 32
//! buckets can stand there: a bucket knows for each of the four places the set of bytes its windows have. What passes goes
//! on to the table of windows, which decides; so how buckets are filled can cost time, never a literal, as long as every
//! window is in one.
//!
//! `build.rs` reads this file too, for the built-in patterns: it knows nothing of the rest of the crate but how common
//! bytes are.

use super::filling::WINDOW;
use super::statistics::{self, OfBytes, SYMBOLS};

/// Buckets in a byte of a table.
const OF_BYTE: usize = 8;
/// Tables of each place: eight buckets each.
pub const GROUPS: usize = 4;
/// Buckets: bits of the masks.
const BUCKETS: usize = GROUPS * OF_BYTE;
/// Kinds of bytes that tables tell apart: as many as a register has bytes.
pub const CLASSES: usize = 64;

/// Windows of a literal that are considered: the rarest.
const MOST_WINDOWS: usize = 4;

/// What may stand at one place of a window: a byte, or a letter in both cases, by their numbers in [`OfBytes`]; nothing
/// where anything may, behind the end of a literal of three bytes.
type Place = Option<[u8; 2]>;
/// What stands in a window.
type Shape = [Place; WINDOW];

/// The bytes of a place, each once; none where anything may stand.
fn symbols(place: Place) -> impl Iterator<Item = u8> + Clone {
    let both = place.map_or([None; 2], |[a, b]| [Some(a), Some(b).filter(|b| *b != a)]);
    both.into_iter().flatten()
}

/// Bytes that a bucket takes at one place.
#[derive(Clone)]
struct Set {
    has: [bool; SYMBOLS],
    takes_any: bool,
    /// Of each byte, how common it is behind one that is taken at the place before, and before one that is taken at the next.
    behind: [f32; SYMBOLS],
    ahead: [f32; SYMBOLS],
}

impl Set {
    const EMPTY: Set =
        Set { has: [false; SYMBOLS], takes_any: false, behind: [0.0; SYMBOLS], ahead: [0.0; SYMBOLS] };

    /// What of a place it does not take yet.
    fn new_of(&self, place: Place) -> impl Iterator<Item = u8> + Clone {
        symbols(place).filter(|symbol| !self.takes_any && !self.has[usize::from(*symbol)])
    }
}

/// What windows have that share a bucket.
#[derive(Clone)]
struct Bucket {
    sets: [Set; WINDOW],
    chances: Chances,
}

/// How common is what a bucket takes.
#[derive(Clone, Copy, Default)]
struct Chances {
    /// At each place.
    singles: [f32; WINDOW],
    /// At two neighbouring places.
    pairs: [f32; WINDOW - 1],
}

impl Chances {
    /// The share of positions that pass, if a byte told nothing but of the next.
    fn passing(&self) -> f32 {
        let joints: f32 = self.singles[1..WINDOW - 1].iter().product();
        if joints > 0.0 { self.pairs.iter().product::<f32>() / joints } else { 0.0 }
    }
}

impl Bucket {
    const EMPTY: Bucket = Bucket {
        sets: [Set::EMPTY; WINDOW],
        chances: Chances { singles: [0.0; WINDOW], pairs: [0.0; WINDOW - 1] },
    };

    /// How common is what it takes with one more window.
    fn chances_with(&self, shape: &Shape, bytes: &OfBytes) -> Chances {
        let mut chances = self.chances;
        for p in 0..WINDOW {
            let set = &self.sets[p];
            let takes_any = set.takes_any || shape[p].is_none();
            let new: f32 = set.new_of(shape[p]).map(|s| bytes.of(s)).sum();
            chances.singles[p] = if takes_any { 1.0 } else { chances.singles[p] + new };
            let Some(before) = p.checked_sub(1) else { continue };
            if takes_any {
                chances.pairs[before] = chances.singles[before];
                continue;
            }
            let first = &self.sets[before];
            for a in first.new_of(shape[before]) {
                chances.pairs[before] += first.ahead[usize::from(a)];
            }
            for b in set.new_of(shape[p]) {
                let both: f32 = first.new_of(shape[before]).map(|a| bytes.of_pair(a, b)).sum();
                chances.pairs[before] += set.behind[usize::from(b)] + both;
            }
        }
        chances
    }

    fn add(&mut self, shape: &Shape, chances: Chances, bytes: &OfBytes) {
        for (p, place) in shape.iter().enumerate() {
            for symbol in symbols(*place) {
                if std::mem::replace(&mut self.sets[p].has[usize::from(symbol)], true) {
                    continue;
                }
                if let Some(next) = self.sets.get_mut(p + 1) {
                    let behind = next.behind.iter_mut().zip(0..);
                    behind.for_each(|(chance, other)| *chance += bytes.of_pair(symbol, other));
                }
                if let Some(before) = p.checked_sub(1) {
                    let ahead = self.sets[before].ahead.iter_mut().zip(0..);
                    ahead.for_each(|(chance, other)| *chance += bytes.of_pair(other, symbol));
                }
            }
            self.sets[p].takes_any |= place.is_none();
        }
        self.chances = chances;
    }
}

/// A window that a literal may have.
struct Window {
    offset: usize,
    shape: Shape,
    /// The share of positions that it lets pass alone.
    chance: f32,
}

/// The windows that a literal may have, the rarest first; none if it has one or two bytes.
fn windows_of(literal: &[u8], ignore_case: bool, bytes: &OfBytes) -> Vec<Window> {
    let length = literal.len().min(WINDOW);
    if length + 1 < WINDOW {
        return Vec::new();
    }
    let place = |b: &u8| {
        let any_case = if ignore_case { [b.to_ascii_lowercase(), b.to_ascii_uppercase()] } else { [*b; 2] };
        any_case.map(OfBytes::symbol)
    };
    let empty = Bucket::EMPTY;
    let window = |(offset, text): (usize, &[u8])| {
        let shape: Shape = std::array::from_fn(|i| text.get(i).map(place));
        let alone = empty.chances_with(&shape, bytes).passing();
        Window { offset, shape, chance: statistics::of_window(text, alone) }
    };
    let mut all: Vec<Window> = literal.windows(length).enumerate().map(window).collect();
    all.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    all.truncate(MOST_WINDOWS);
    all
}

/// What it costs to compare a literal, in positions that pass.
const LITERAL: f32 = 16.0;

/// Puts one window of each literal where it adds least to the expected number of positions that pass: greedy, those that
/// pass most first, so that they open buckets of their own. And where in each literal it stands.
pub fn fill<'l>(literals: impl Iterator<Item = (&'l [u8], bool)>) -> (Masks, Vec<Option<usize>>) {
    let bytes = OfBytes::new();
    let mut offsets = Vec::new();
    let mut order: Vec<(usize, Vec<Window>)> = Vec::new();
    for (i, (literal, ignore_case)) in literals.enumerate() {
        offsets.push(None);
        let windows = windows_of(literal, ignore_case, &bytes);
        if !windows.is_empty() {
            order.push((i, windows));
        }
    }
    order.sort_by(|a, b| b.1[0].chance.total_cmp(&a.1[0].chance).then(a.0.cmp(&b.0)));
    let mut buckets = vec![Bucket::EMPTY; BUCKETS];
    for (i, windows) in &order {
        let mut best: Option<(f32, usize, Chances, &Window)> = None;
        for window in windows {
            // No bucket makes it cheaper, nor those behind it, which are more common.
            let alone = LITERAL * window.chance;
            if best.as_ref().is_some_and(|best| best.0 <= alone) {
                break;
            }
            for (n, bucket) in buckets.iter().enumerate() {
                let grown = bucket.chances_with(&window.shape, &bytes);
                // Where the window itself stands, the literal is compared, however many share the window.
                let cost = grown.passing() - bucket.chances.passing() + alone;
                if best.as_ref().is_none_or(|best| cost < best.0) {
                    best = Some((cost, n, grown, window));
                }
            }
        }
        if let Some((_, n, chances, window)) = best {
            offsets[*i] = Some(window.offset);
            buckets[n].add(&window.shape, chances, &bytes);
        }
    }
    (Masks::of(&buckets, &bytes), offsets)
}

/// Which bytes the buckets take: bytes by their class, and of classes, at each place, a bit for each bucket.
#[derive(Debug, PartialEq)]
pub struct Masks {
    /// The class of each byte of ASCII, and of all others.
    pub classes: [u8; SYMBOLS],
    pub tables: [[[u8; CLASSES]; GROUPS]; WINDOW],
}

/// Bytes that are not told apart, and which buckets take them at each place.
struct Class {
    symbols: Vec<u8>,
    taken: [u32; WINDOW],
    /// How common they are.
    chance: f32,
}

impl Class {
    /// What it lets pass besides, by its places, if it is taken where `other` is.
    fn cost_with(&self, other: &Class) -> f32 {
        let more = self.taken.iter().zip(&other.taken).map(|(own, other)| (other & !own).count_ones());
        self.chance * more.sum::<u32>() as f32
    }
}

impl Masks {
    fn of(buckets: &[Bucket], bytes: &OfBytes) -> Masks {
        let mut classes: Vec<Class> = Vec::new();
        for symbol in 0..SYMBOLS as u8 {
            let is_taken = |set: &Set| set.takes_any || set.has[usize::from(symbol)];
            let bits = |p: usize| {
                (0..BUCKETS).fold(0, |bits, n| bits | u32::from(is_taken(&buckets[n].sets[p])) << n)
            };
            let taken: [u32; WINDOW] = std::array::from_fn(bits);
            let chance = bytes.of(symbol);
            match classes.iter_mut().find(|class| class.taken == taken) {
                Some(class) => {
                    class.symbols.push(symbol);
                    class.chance += chance;
                }
                None => classes.push(Class { symbols: vec![symbol], taken, chance }),
            }
        }
        while classes.len() > CLASSES {
            merge_alike(&mut classes);
        }
        let mut masks = Masks { classes: [0; SYMBOLS], tables: [[[0; CLASSES]; GROUPS]; WINDOW] };
        for (number, class) in classes.iter().enumerate() {
            class.symbols.iter().for_each(|symbol| masks.classes[usize::from(*symbol)] = number as u8);
            for (table, taken) in masks.tables.iter_mut().zip(class.taken) {
                for (group, bits) in table.iter_mut().zip(taken.to_le_bytes()) {
                    group[number] = bits;
                }
            }
        }
        masks
    }
}

/// Makes one class of the two that lets the fewest positions pass that they did not.
fn merge_alike(classes: &mut Vec<Class>) {
    let mut best = (f32::INFINITY, 0, 1);
    for (b, second) in classes.iter().enumerate() {
        for (a, first) in classes[..b].iter().enumerate() {
            let cost = first.cost_with(second) + second.cost_with(first);
            if cost < best.0 {
                best = (cost, a, b);
            }
        }
    }
    let second = classes.swap_remove(best.2);
    let first = &mut classes[best.1];
    first.symbols.extend(second.symbols);
    first.chance += second.chance;
    first.taken.iter_mut().zip(second.taken).for_each(|(own, other)| *own |= other);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which buckets take these bytes, a bit each.
    fn passing(masks: &Masks, bytes: [u8; WINDOW]) -> u32 {
        let class = |b: u8| usize::from(masks.classes[usize::from(OfBytes::symbol(b))]);
        let at = |p: usize| u32::from_le_bytes(masks.tables[p].map(|group| group[class(bytes[p])]));
        (0..WINDOW).fold(!0, |all, p| all & at(p))
    }

    #[test]
    fn every_window_passes() {
        let words: Vec<String> =
            (0..500u32).map(|i| format!("{:x}", i.wrapping_mul(2_654_435_761) | 0x100)).collect();
        let mut all: Vec<(&[u8], bool)> = words.iter().map(|word| (word.as_bytes(), false)).collect();
        all.extend([
            (&b"Secret"[..], true),
            (b"sk-", true),
            (b"eyJ", false),
            (b"----", false),
            (b"a", false),
        ]);
        all.extend([("\u{e9}cl\u{e9}".as_bytes(), false), ("\u{43f}\u{430}\u{440}".as_bytes(), true)]);
        let (masks, offsets) = fill(all.iter().copied());
        for ((literal, ignore_case), offset) in all.iter().zip(offsets) {
            let Some(offset) = offset else {
                assert!(literal.len() < 3);
                continue;
            };
            let mut cases = vec![literal.to_vec()];
            if *ignore_case {
                cases.extend([literal.to_ascii_lowercase(), literal.to_ascii_uppercase()]);
            }
            for case in cases {
                for behind in [0, b'x', 0xff] {
                    let window = std::array::from_fn(|i| case.get(offset + i).copied().unwrap_or(behind));
                    assert_ne!(passing(&masks, window), 0, "{case:?}");
                }
            }
        }
    }

    #[test]
    fn ordinary_text_passes_nowhere() {
        let (masks, _) = fill([(&b"AKIA"[..], false), (b"ghp_", false), (b"secret", true)].into_iter());
        for window in b"let the_quick_brown = Fox::new(); // jumps over 13 dogs\n".windows(WINDOW) {
            let window = *window.first_chunk().unwrap();
            assert_eq!(passing(&masks, window), 0, "{window:?}");
        }
    }
}
