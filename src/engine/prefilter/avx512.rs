//! The prefilter in AVX-512 with VBMI: 32 buckets of bytes before the table of windows.
//!
//! `vpermi2b` looks 64 bytes up in a table of 128 at once: that makes of each byte one of 64 classes, among which are all that
//! the buckets tell apart and that are not rare. `vpermb` then looks 64 classes up, at a third of the price: which buckets
//! have this class at this place of a window. Four tables a place, of eight buckets each; the four places of a window are
//! read at four neighbouring offsets.
//!
//! `unsafe` here is what `avx2.rs` has: reads and writes of vectors in arrays whose type has their length, and the call into
//! code for the processor.
#![allow(unsafe_code)]

use super::buckets::{GROUPS, Masks, fill};
use super::builtin;
use super::filling::WINDOW;
use super::lookup::{BLOCK, Lookup, SEEN};
use super::{Literal, LiteralId, Prefilter};
use crate::engine::held::Held;
use std::arch::x86_64::*;
use std::ops::Range;

/// Whether the processor runs this module.
pub fn is_available() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
        && std::is_x86_feature_detected!("bmi1")
        && std::is_x86_feature_detected!("bmi2")
        && std::is_x86_feature_detected!("popcnt")
}

/// Finds literals with AVX-512. Exists only where the processor has it.
pub struct Avx512 {
    lookup: Lookup,
    masks: Held<Masks>,
}

impl Avx512 {
    /// A prefilter for `literals`, none of which may be empty; `None` where the processor cannot run it.
    pub fn new(literals: Vec<Literal>) -> Option<Self> {
        // The invariant of this module: no `Avx512` exists on a processor without these.
        is_available().then(|| {
            let (masks, offsets) = builtin::masks(&literals).unwrap_or_else(|| {
                let texts = literals.iter().map(|literal| (&literal.bytes[..], literal.ignore_case));
                let (masks, offsets) = fill(texts);
                (Held::Own(Box::new(masks)), offsets)
            });
            Avx512 { lookup: Lookup::new(literals, offsets), masks }
        })
    }
}

impl Prefilter for Avx512 {
    fn name(&self) -> &'static str {
        "windows (avx512)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        self.lookup.find_with(text, within, on_literal, &|searched, look| {
            // SAFETY: `self` exists, so the processor has these features (`Avx512::new` is the only way
            // to make one).
            unsafe { blocks(&self.masks, &self.lookup, searched, look) }
        });
    }
}

/// Blocks that are classified before any of them is looked at: a vector is not read where its parts were written just before.
const BATCH: usize = 16;
/// Bytes that are read of a batch.
const BATCH_SEEN: usize = (BATCH + 1) * BLOCK;

/// Calls `look` with the positions in `text` where a window is known, block by block, each with the
/// bytes from there on.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,bmi1,bmi2,popcnt")]
fn blocks(masks: &Masks, lookup: &Lookup, text: &[u8], look: &mut dyn FnMut(usize, u64, &[u8; SEEN])) {
    let tables: [[__m512i; GROUPS]; WINDOW] = masks.tables.map(|place| place.map(|group| vector(&group)));
    let [low, high] = [0, BLOCK].map(|from| vector(&std::array::from_fn(|i| masks.classes[from + i])));
    let outside = _mm512_set1_epi8(masks.classes[2 * BLOCK] as i8);
    let mut classes = [0; BATCH_SEEN];
    let mut at = 0;
    while at < text.len() {
        let mut copy;
        let batch: &[u8; BATCH_SEEN] = match text[at..].first_chunk() {
            Some(batch) => batch,
            None => {
                let rest = &text[at..text.len().min(at + BATCH_SEEN)];
                copy = [0; BATCH_SEEN];
                copy[..rest.len()].copy_from_slice(rest);
                &copy
            }
        };
        let count = BATCH.min((text.len() - at).div_ceil(BLOCK));
        let (from, to) = (batch.as_chunks().0, classes.as_chunks_mut().0);
        for (bytes, classes) in from.iter().zip(to).take(count + 1) {
            let bytes = vector(bytes);
            let is_outside = _mm512_movepi8_mask(bytes);
            let class = _mm512_permutex2var_epi8(low, bytes, high);
            let class = _mm512_mask_blend_epi8(is_outside, class, outside);
            let classes: &mut [u8; BLOCK] = classes;
            // SAFETY: `classes` is 64 bytes long; the write needs no alignment.
            unsafe { _mm512_storeu_si512(classes.as_mut_ptr().cast(), class) };
        }
        for from in (0..count * BLOCK).step_by(BLOCK) {
            let place = |p: usize| vector(classes[from + p..].first_chunk().unwrap_or(&[0; BLOCK]));
            let places: [__m512i; WINDOW] = std::array::from_fn(place);
            let group = |g: usize| {
                let taken = |p: usize| _mm512_permutexvar_epi8(places[p], tables[p][g]);
                _mm512_and_si512(_mm512_and_si512(taken(0), taken(1)), _mm512_and_si512(taken(2), taken(3)))
            };
            let some =
                _mm512_or_si512(_mm512_or_si512(group(0), group(1)), _mm512_or_si512(group(2), group(3)));
            let found = _mm512_test_epi8_mask(some, some);
            if found != 0 {
                let block = batch[from..].first_chunk().unwrap_or(&[0; SEEN]);
                let known = lookup.known(found, block);
                if known != 0 {
                    look(at + from, known, block);
                }
            }
        }
        at += BATCH * BLOCK;
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn vector(bytes: &[u8; BLOCK]) -> __m512i {
    // SAFETY: `bytes` is 64 bytes long; the read needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::agree;

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Avx512::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>));
    }
}
