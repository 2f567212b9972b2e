//! The prefilter in AVX2: sixteen buckets of nibbles before the table of windows.
//!
//! [`Windows`] looks up a hash at every byte of the text. Here vector code looks first: a window of
//! four bytes belongs to one of sixteen buckets, and a bucket knows for each of the four places which
//! low and which high halves of bytes its windows have. Two shuffles a place say so for sixteen bytes
//! of text and eight buckets at a time. What no bucket refuses goes on to the table, which decides;
//! so a mistake in how buckets are filled can cost time, never a literal, as long as every window is
//! in one. `docs/engine.md` explains it with figures.
//!
//! This is the only module of the engine with `unsafe`: the reads of vectors and the call into code
//! for AVX2. Each says what it relies on.
#![allow(unsafe_code)]

use super::windows::{WINDOW, Windows, byte_chance};
use super::{Literal, LiteralId, Prefilter};
use std::arch::x86_64::*;
use std::ops::Range;

/// Buckets: a bit each in the two lanes of a vector.
const BUCKETS: usize = 16;
/// Bytes of a vector of one lane.
const LANE: usize = 16;
/// Positions that are looked at together: as many as an integer has bits.
const BLOCK: usize = 64;
/// Finds literals with AVX2. Exists only where the processor has it.
pub struct Avx2 {
    windows: Windows,
    masks: Masks,
}

impl Avx2 {
    /// A prefilter for `literals`, none of which may be empty; `None` where the processor has no AVX2.
    pub fn new(literals: Vec<Literal>) -> Option<Self> {
        // The invariant of this module: no `Avx2` exists on a processor without AVX2.
        std::is_x86_feature_detected!("avx2").then(|| {
            let windows = Windows::new(literals);
            let masks = Masks::of(&fill(&windows.shapes()));
            Avx2 { windows, masks }
        })
    }
}

impl Prefilter for Avx2 {
    fn name(&self) -> &'static str {
        "windows (avx2)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        self.windows.find_with(text, within, on_literal, &mut |searched, look| {
            // SAFETY: `self` exists, so the processor has AVX2 (`Avx2::new` is the only way to make one).
            unsafe { blocks(&self.masks, searched, look) }
        });
    }
}

/// For each of the four places of a window: which buckets have a byte with this low half there, and
/// which one with this high half. Buckets 0 to 7 are the bits of the first 16 bytes, 8 to 15 of the
/// others: `vpshufb` looks up each half of a register on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    low: [[u8; 2 * LANE]; WINDOW],
    high: [[u8; 2 * LANE]; WINDOW],
}

/// Calls `look` with the positions in `text` where a window may stand, block by block from the
/// beginning, and returns the position up to which it has looked: less than a
/// block and a lane from the end.
#[target_feature(enable = "avx2")]
fn blocks(masks: &Masks, text: &[u8], look: &mut dyn FnMut(usize, u64)) -> usize {
    let low = masks.low.each_ref().map(|mask| load_mask(mask));
    let high = masks.high.each_ref().map(|mask| load_mask(mask));
    let nibble = _mm256_set1_epi8(0x0f);
    let zero = _mm256_setzero_si256();
    // For the 16 bytes at `at`: for each place of a window, the buckets that have each byte there.
    let classify = |lane: &[u8; LANE]| -> [__m256i; WINDOW] {
        // SAFETY: `lane` is 16 bytes long; the read needs no alignment.
        let bytes = _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(lane.as_ptr().cast()) });
        let lows = _mm256_and_si256(bytes, nibble);
        let highs = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        let place = |p: usize| {
            _mm256_and_si256(_mm256_shuffle_epi8(low[p], lows), _mm256_shuffle_epi8(high[p], highs))
        };
        [place(0), place(1), place(2), place(3)]
    };
    let (lanes, _) = text.as_chunks::<LANE>();
    let Some(mut current) = lanes.first().map(classify) else { return 0 };
    let mut at = 0;
    // A block of lanes, each with the one behind it; the last of them begins the next block.
    for block in lanes.get(1..).unwrap_or_default().as_chunks::<{ BLOCK / LANE }>().0 {
        let mut found = 0u64;
        for (i, lane) in block.iter().enumerate() {
            let next = classify(lane);
            // What is at places 1 to 3 of a window stands that many bytes farther on.
            let second = _mm256_alignr_epi8::<1>(next[1], current[1]);
            let third = _mm256_alignr_epi8::<2>(next[2], current[2]);
            let fourth = _mm256_alignr_epi8::<3>(next[3], current[3]);
            let buckets =
                _mm256_and_si256(_mm256_and_si256(current[0], second), _mm256_and_si256(third, fourth));
            let none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(buckets, zero)) as u32;
            // A position is refused when the eight buckets of both halves are empty there.
            let some = !(none & (none >> LANE)) & 0xffff;
            found |= u64::from(some) << (LANE * i);
            current = next;
        }
        if found != 0 {
            look(at, found);
        }
        at += BLOCK;
    }
    at
}

#[target_feature(enable = "avx2")]
fn load_mask(mask: &[u8; 2 * LANE]) -> __m256i {
    // SAFETY: `mask` is 32 bytes long; the read needs no alignment.
    unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) }
}

/// Which bytes may stand at the four places of a window.
pub(super) type Shape = [Place; WINDOW];

/// Which bytes may stand at one place of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// This one.
    Byte(u8),
    /// This letter in either case.
    Letter(u8),
    /// Any: behind the end of a literal of three bytes.
    Any,
}

impl Place {
    /// Low halves and high halves, a bit each.
    fn halves(self) -> (u16, u16) {
        let halves = |b: u8| (1u16 << (b & 15), 1u16 << (b >> 4));
        match self {
            Place::Byte(b) => halves(b),
            Place::Letter(b) => {
                let (upper, lower) = (halves(b.to_ascii_uppercase()), halves(b.to_ascii_lowercase()));
                (upper.0 | lower.0, upper.1 | lower.1)
            }
            Place::Any => (!0, !0),
        }
    }
}

/// What one bucket takes at one place.
#[derive(Clone, Copy, Default)]
struct Taken {
    low: u16,
    high: u16,
    /// For each high half, the chance of a byte with it and a low half that is taken.
    rows: [f32; LANE],
    /// The chance that a byte of real data passes.
    chance: f32,
}

impl Taken {
    fn with(&self, place: Place, chances: &Chances) -> Taken {
        let (low, high) = place.halves();
        let mut taken = Taken { low: self.low | low, high: self.high | high, ..*self };
        if (taken.low, taken.high) == (self.low, self.high) {
            return taken;
        }
        for half in bits(taken.low & !self.low) {
            taken.rows.iter_mut().zip(&chances.0[half]).for_each(|(row, chance)| *row += chance);
        }
        taken.chance = bits(taken.high).map(|half| taken.rows[half]).sum();
        taken
    }
}

/// The chance of each byte in real data: by low half, then high half.
struct Chances([[f32; LANE]; LANE]);

impl Chances {
    fn new() -> Chances {
        Chances(std::array::from_fn(|low| std::array::from_fn(|high| byte_chance((high << 4 | low) as u8))))
    }
}

/// What one bucket takes.
type Bucket = [Taken; WINDOW];

/// The share of positions of real data that a bucket lets pass, if neighbours did not matter.
fn passing(bucket: &Bucket) -> f32 {
    bucket.iter().map(|taken| taken.chance).product()
}

/// Puts each window where it adds least to the expected number of positions that pass: greedy, those
/// that pass most first, so that they open buckets of their own.
fn fill(shapes: &[Shape]) -> [Bucket; BUCKETS] {
    let chances = Chances::new();
    let with = |bucket: &Bucket, shape: &Shape| -> Bucket {
        std::array::from_fn(|p| bucket[p].with(shape[p], &chances))
    };
    let mut shapes: Vec<(f32, Shape)> =
        shapes.iter().map(|shape| (passing(&with(&Bucket::default(), shape)), *shape)).collect();
    shapes.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    shapes.dedup();
    let mut buckets = [Bucket::default(); BUCKETS];
    for (_, shape) in &shapes {
        let mut best = (f32::INFINITY, 0, Bucket::default());
        for (i, bucket) in buckets.iter().enumerate() {
            let grown = with(bucket, shape);
            let added = passing(&grown) - passing(bucket);
            if added < best.0 {
                best = (added, i, grown);
            }
        }
        buckets[best.1] = best.2;
    }
    buckets
}

impl Masks {
    fn of(buckets: &[Bucket; BUCKETS]) -> Masks {
        let mut masks = Masks::default();
        for (i, bucket) in buckets.iter().enumerate() {
            let (lane, bit) = (LANE * (i / 8), 1u8 << (i % 8));
            for (p, taken) in bucket.iter().enumerate() {
                bits(taken.low).for_each(|half| masks.low[p][lane + half] |= bit);
                bits(taken.high).for_each(|half| masks.high[p][lane + half] |= bit);
            }
        }
        masks
    }
}

/// The bits that are set.
fn bits(bits: u16) -> impl Iterator<Item = usize> {
    (0..LANE).filter(move |i| bits >> i & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::portable::Portable;
    use proptest::prelude::*;

    fn literals(texts: &[(&str, bool)]) -> Vec<Literal> {
        let literal = |(text, ignore_case): &(&str, bool)| Literal {
            bytes: text.as_bytes().to_vec(),
            ignore_case: *ignore_case,
        };
        texts.iter().map(literal).collect()
    }

    fn found(prefilter: &dyn Prefilter, text: &[u8], within: Range<usize>) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        prefilter.find(text, within, &mut |id, at| all.push((at, id.0)));
        all.sort_unstable();
        all
    }

    /// The masks as they are meant, byte by byte: the oracle of the vector code.
    fn scalar(masks: &Masks, text: &[u8], at: usize) -> bool {
        (0..2).any(|lane| {
            let buckets = (0..WINDOW).fold(!0u8, |left, p| {
                let (low, high) = (usize::from(text[at + p] & 15), usize::from(text[at + p] >> 4));
                left & masks.low[p][LANE * lane + low] & masks.high[p][LANE * lane + high]
            });
            buckets != 0
        })
    }

    #[test]
    fn vectors_say_what_the_masks_mean() {
        let Some(avx2) =
            Avx2::new(literals(&[("AKIA", false), ("ghp_", false), ("Secret", true), ("sk-", false)]))
        else {
            return;
        };
        // Every byte at every place of a lane, and all texts from nothing to several blocks.
        for len in 0..=260usize {
            let text: Vec<u8> =
                (0..len).map(|i| b"AKIA ghp_ sEcReT sk-x\x80\xff\0"[(i * 7 + i / 9) % 24]).collect();
            let mut bits = vec![false; len];
            // SAFETY: `avx2` exists, so the processor has AVX2.
            let end = unsafe {
                blocks(&avx2.masks, &text, &mut |at, found| {
                    (0..BLOCK).for_each(|i| bits[at + i] = found >> i & 1 != 0);
                })
            };
            assert!(len < end + BLOCK + LANE && end.is_multiple_of(BLOCK), "{len}");
            for at in 0..end {
                assert_eq!(bits[at], scalar(&avx2.masks, &text, at), "length {len}, position {at}");
            }
        }
    }

    #[test]
    fn every_length_and_alignment() {
        let all = literals(&[
            ("AKIA", false),
            ("-----BEGIN", false),
            ("eyJ", false),
            ("SigNature=", true),
            ("sk-", true),
        ]);
        let oracle = Portable::new(all.clone());
        let Some(avx2) = Avx2::new(all.clone()) else { return };
        for (before, after) in (0..=260).flat_map(|n| [(n, 0), (0, n), (n, 7), (67, n)]) {
            for literal in &all {
                let text = [&vec![b'-'; before][..], &literal.bytes, &vec![b'A'; after]].concat();
                let expected = found(&oracle, &text, 0..text.len());
                assert_eq!(found(&avx2, &text, 0..text.len()), expected, "{before} before, {after} behind");
            }
        }
    }

    #[test]
    fn all_builtin_sized_sets_fill_buckets_without_loss() {
        // Some thousand literals of all lengths, each found wherever it stands.
        let words: Vec<String> =
            (0..3000u32).map(|i| format!("{:x}", i.wrapping_mul(2_654_435_761) | 0x100)).collect();
        let all: Vec<Literal> = words
            .iter()
            .enumerate()
            .map(|(i, word)| Literal { bytes: word.as_bytes().to_vec(), ignore_case: i % 3 == 0 })
            .collect();
        let Some(avx2) = Avx2::new(all.clone()) else { return };
        let oracle = Windows::new(all);
        let text = words.join(".").into_bytes();
        assert_eq!(found(&avx2, &text, 0..text.len()), found(&oracle, &text, 0..text.len()));
    }

    proptest! {
        /// The automaton is the oracle, for any literals, texts and cuts.
        #[test]
        fn agrees_with_the_automaton(
            literals in proptest::collection::vec(("[aAbB_\\-\u{e9}]{1,7}", any::<bool>()), 1..40),
            text in "[aAbB_ \\-\u{e9}]{0,400}",
            cut in 0usize..400,
        ) {
            let literals: Vec<Literal> =
                literals.into_iter().map(|(t, ignore_case)| Literal { bytes: t.into_bytes(), ignore_case }).collect();
            let oracle = Portable::new(literals.clone());
            if let Some(avx2) = Avx2::new(literals) {
                let text = text.as_bytes();
                let cut = cut.min(text.len());
                prop_assert_eq!(found(&avx2, text, 0..text.len()), found(&oracle, text, 0..text.len()));
                let mut parts = found(&avx2, text, 0..cut);
                parts.extend(found(&avx2, text, cut..text.len()));
                parts.sort_unstable();
                prop_assert_eq!(parts, found(&oracle, text, 0..text.len()));
            }
        }
    }
}
