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

use super::buckets::{BUCKETS, Bucket, fill};
use super::windows::{BLOCK, LANE, SEEN, WINDOW, Windows, tail};
use super::{Literal, LiteralId, Prefilter};
use std::arch::x86_64::*;
use std::ops::Range;

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
        self.windows.find_with(text, within, on_literal, &|searched, look| {
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

/// Calls `look` with the positions in `text` where a window may stand, block by block, each with the
/// bytes from there on.
#[target_feature(enable = "avx2")]
fn blocks(masks: &Masks, text: &[u8], look: &mut dyn FnMut(usize, u64, &[u8; SEEN])) {
    let low = masks.low.each_ref().map(|mask| load_mask(mask));
    let high = masks.high.each_ref().map(|mask| load_mask(mask));
    let nibble = _mm256_set1_epi8(0x0f);
    let zero = _mm256_setzero_si256();
    // For 16 bytes: for each place of a window, the buckets that have each byte there.
    let classify_lane = |lane: &[u8; LANE]| -> [__m256i; WINDOW] {
        // SAFETY: `lane` is 16 bytes long; the read needs no alignment.
        let bytes = _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(lane.as_ptr().cast()) });
        let lows = _mm256_and_si256(bytes, nibble);
        let highs = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        let place = |p: usize| {
            _mm256_and_si256(_mm256_shuffle_epi8(low[p], lows), _mm256_shuffle_epi8(high[p], highs))
        };
        [place(0), place(1), place(2), place(3)]
    };
    let classify = |block: &[u8; SEEN]| -> u64 {
        let [first, lanes @ ..] = block.as_chunks::<LANE>().0 else { return 0 };
        let mut current = classify_lane(first);
        let mut found = 0u64;
        for (i, lane) in lanes.iter().enumerate() {
            let next = classify_lane(lane);
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
        found
    };
    let mut at = 0;
    while let Some(block) = text[at..].first_chunk() {
        let found = classify(block);
        if found != 0 {
            look(at, found, block);
        }
        at += BLOCK;
    }
    for (at, block) in tail(text, at) {
        let found = classify(&block);
        if found != 0 {
            look(at, found, &block);
        }
    }
}

#[target_feature(enable = "avx2")]
fn load_mask(mask: &[u8; 2 * LANE]) -> __m256i {
    // SAFETY: `mask` is 32 bytes long; the read needs no alignment.
    unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) }
}

impl Masks {
    fn of(buckets: &[Bucket; BUCKETS]) -> Masks {
        let mut masks = Masks::default();
        for (i, bucket) in buckets.iter().enumerate() {
            let (lane, bit) = (LANE * (i / 8), 1u8 << (i % 8));
            for (p, set) in bucket.iter().enumerate() {
                for byte in set.bytes() {
                    masks.low[p][lane + usize::from(byte & 15)] |= bit;
                    masks.high[p][lane + usize::from(byte >> 4)] |= bit;
                }
            }
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::{agree, literals};

    /// The masks as they are meant, byte by byte: the oracle of the vector code.
    fn scalar(masks: &Masks, text: &[u8], at: usize) -> bool {
        let byte = |at: usize| text.get(at).copied().unwrap_or(0);
        (0..2).any(|lane| {
            let buckets = (0..WINDOW).fold(!0u8, |left, p| {
                let (low, high) = (usize::from(byte(at + p) & 15), usize::from(byte(at + p) >> 4));
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
            let mut bits = vec![false; len + BLOCK];
            // SAFETY: `avx2` exists, so the processor has AVX2.
            unsafe {
                blocks(&avx2.masks, &text, &mut |at, found, _| {
                    (0..BLOCK).for_each(|i| bits[at + i] = found >> i & 1 != 0);
                });
            }
            for (at, bit) in bits.iter().enumerate().take(len) {
                assert_eq!(*bit, scalar(&avx2.masks, &text, at), "length {len}, position {at}");
            }
        }
    }

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Avx2::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>));
    }
}
