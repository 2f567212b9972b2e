//! The prefilter in AVX2: the table of pairs, thirty-two positions of a text at a time.
//!
//! [`Pairs`] is asked at each second byte. Vector code makes the numbers of sixteen pairs at once, plain loads fetch
//! their entries, and vector code again puts neighbours together. A stretch of several blocks goes through each step as
//! a whole: a vector is not read where its parts were written just before, for which a processor waits.
//! `docs/engine.md` explains it with figures.
//!
//! `unsafe` here is reads and writes of vectors in arrays whose type has their length, and the call into code for
//! AVX2. Each says what it relies on.
#![allow(unsafe_code)]

use super::filling::PAIRS;
use super::lookup::{BLOCK, Lookup, SEEN};
use super::pairs::Pairs;
use super::windows::Windows;
use super::{Literal, LiteralId, Prefilter};
use std::arch::x86_64::*;
use std::ops::Range;

/// Whether the processor runs this module: bits are counted and shifted by what all have that have AVX2.
pub fn is_available() -> bool {
    std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("bmi1")
        && std::is_x86_feature_detected!("bmi2")
        && std::is_x86_feature_detected!("popcnt")
}

/// Finds literals with AVX2. Exists only where the processor has it.
pub struct Avx2 {
    windows: Windows,
}

impl Avx2 {
    /// A prefilter for `literals`, none of which may be empty; `None` where the processor has no AVX2.
    pub fn new(literals: Vec<Literal>) -> Option<Self> {
        // The invariant of this module: no `Avx2` exists on a processor without these.
        is_available().then(|| Avx2 { windows: Windows::new(literals) })
    }
}

impl Prefilter for Avx2 {
    fn name(&self) -> &'static str {
        "windows (avx2)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        let Windows { pairs, lookup } = &self.windows;
        lookup.find_with(text, within, on_literal, &|searched, look| {
            // SAFETY: `self` exists, so the processor has what `blocks` needs (`Avx2::new` is the only way to make one).
            unsafe { blocks(pairs, lookup, searched, look) }
        });
    }
}

/// Bytes that are classified at once: half as many pairs.
const LANE: usize = 32;
/// Blocks that go through each step together.
const BATCH: usize = 8;
/// Bytes that are read of a batch.
const BATCH_SEEN: usize = BATCH * BLOCK + LANE;

/// Calls `look` with the positions in `text` where a window is known, block by block, each with the
/// bytes from there on.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn blocks(pairs: &Pairs, lookup: &Lookup, text: &[u8], look: &mut dyn FnMut(usize, u64, &[u8; SEEN])) {
    let mut entries = [[0; LANE / 2]; BATCH_SEEN / LANE];
    let mut at = 0;
    while at < text.len() {
        let mut copy;
        let batch = match text[at..].first_chunk() {
            Some(batch) => batch,
            None => {
                let rest = &text[at..];
                copy = [0; BATCH_SEEN];
                copy[..rest.len()].copy_from_slice(rest);
                &copy
            }
        };
        let count = BATCH.min((text.len() - at).div_ceil(BLOCK));
        for (i, found) in classify(&pairs.0, batch, count, &mut entries).iter().enumerate().take(count) {
            let from = i * BLOCK;
            let block = batch[from..].first_chunk().unwrap_or(&[0; SEEN]);
            let known = lookup.known(*found, block);
            if known != 0 {
                look(at + from, known, block);
            }
        }
        at += BATCH * BLOCK;
    }
}

/// The entries of the pairs of a batch.
type Entries = [[u32; LANE / 2]; BATCH_SEEN / LANE];

/// Where in the first `count` blocks a window may stand. Of `entries` nothing is read that was there before.
#[inline]
#[target_feature(enable = "avx2")]
fn classify(
    table: &[u32; PAIRS],
    batch: &[u8; BATCH_SEEN],
    count: usize,
    entries: &mut Entries,
) -> [u64; BATCH] {
    let lanes = batch.as_chunks::<LANE>().0;
    for (lane, entries) in lanes.iter().zip(entries.iter_mut()).take(2 * count + 1) {
        for (entries, four) in entries.as_chunks_mut::<4>().0.iter_mut().zip(numbers(lane)) {
            // Four numbers of 16 bits. To take them apart so is quicker than what the compiler makes of an array of them.
            *entries = [0, 16, 32, 48].map(|shift| table[(four >> shift) as usize % PAIRS]);
        }
    }
    let entries = entries.as_flattened();
    let mut found = [0; BATCH];
    for (i, found) in found.iter_mut().enumerate().take(count) {
        let from = i * BLOCK / 2;
        let half =
            |from: usize| u64::from(neighbours(entries[from..].first_chunk().unwrap_or(&[0; LANE / 2 + 1])));
        *found = half(from) | half(from + LANE / 2) << LANE;
    }
    found
}

/// The numbers of sixteen pairs, four in each integer.
#[inline]
#[target_feature(enable = "avx2")]
fn numbers(lane: &[u8; LANE]) -> [u64; 4] {
    // SAFETY: `lane` is 32 bytes long; the read needs no alignment.
    let bytes = unsafe { _mm256_loadu_si256(lane.as_ptr().cast()) };
    // The class: bits 0 to 4, and bit 6 as bit 5.
    let low = _mm256_and_si256(bytes, _mm256_set1_epi8(31));
    let high = _mm256_and_si256(_mm256_srli_epi16::<1>(bytes), _mm256_set1_epi8(32));
    // The first of a pair once and the second 64 times.
    let numbers = _mm256_maddubs_epi16(_mm256_or_si256(low, high), _mm256_set1_epi16(64 << 8 | 1));
    let mut four = [0; 4];
    // SAFETY: `four` is 32 bytes long; the write needs no alignment.
    unsafe { _mm256_storeu_si256(four.as_mut_ptr().cast(), numbers) };
    four
}

/// What seventeen entries say of thirty-two positions.
#[inline]
#[target_feature(enable = "avx2")]
fn neighbours(entries: &[u32; LANE / 2 + 1]) -> u32 {
    let eight = |from: usize| {
        let eight: &[u32; 8] = entries[from..].first_chunk().unwrap_or(&[0; 8]);
        // SAFETY: `eight` is 32 bytes long; the read needs no alignment.
        unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) }
    };
    // Second pairs move into the place of first ones; 16 bits then tell of one position.
    let none = |from: usize| {
        let both = _mm256_and_si256(eight(from), _mm256_srli_epi32::<8>(eight(from + 1)));
        _mm256_cmpeq_epi16(_mm256_and_si256(both, _mm256_set1_epi16(0xff)), _mm256_setzero_si256())
    };
    // Packing takes the halves of both in turn.
    let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(none(0), none(8)));
    !_mm256_movemask_epi8(packed) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::{agree, literals};

    #[test]
    fn vectors_say_what_the_table_says() {
        let Some(avx2) =
            Avx2::new(literals(&[("AKIA", false), ("ghp_", false), ("Secret", true), ("sk-", false)]))
        else {
            return;
        };
        let Windows { pairs, lookup } = &avx2.windows;
        // Every byte at every place of a lane, and all texts from nothing to more than a batch.
        for len in (0..=260usize).chain(BATCH * BLOCK - 70..BATCH * BLOCK + 70) {
            let mut text: Vec<u8> =
                (0..len).map(|i| b"AKIA ghp_ sEcReT sk-x\x80\xff\0"[(i * 7 + i / 9) % 24]).collect();
            let mut bits = vec![0; len.div_ceil(BLOCK)];
            // SAFETY: `avx2` exists, so the processor has what `blocks` needs.
            unsafe { blocks(pairs, lookup, &text, &mut |at, known, _| bits[at / BLOCK] = known) };
            text.resize(len + SEEN, 0);
            for (i, known) in bits.iter().enumerate() {
                let block = text[i * BLOCK..].first_chunk().unwrap();
                assert_eq!(*known, lookup.known(pairs.bits(block), block), "length {len}, block {i}");
            }
        }
    }

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Avx2::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>));
    }
}
