//! The prefilter in AVX-512 with VBMI: sixteen buckets of exact bytes before the table of windows.
//!
//! `vpermi2b` looks 64 bytes up in a table of 128 at once: for ASCII that says exactly which buckets have
//! this byte at this place of a window, where AVX2 can only ask for the halves of a byte. Two tables a
//! place, of eight buckets each; the four places of a window are read at four neighbouring offsets.
//!
//! `unsafe` here is what `avx2.rs` has: reads from arrays whose type has their length, and the call into
//! code for the processor.
#![allow(unsafe_code)]

use super::buckets::{Masks, fill};
use super::builtin;
use super::filling::WINDOW;
use super::windows::{BLOCK, SEEN, Windows, tail};
use super::{Literal, LiteralId, Prefilter};
use crate::engine::held::Held;
use std::arch::x86_64::*;
use std::ops::Range;

/// Whether the processor runs this module.
pub fn is_available() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
}

/// Finds literals with AVX-512. Exists only where the processor has it.
pub struct Avx512 {
    windows: Windows,
    masks: Held<Masks>,
}

impl Avx512 {
    /// A prefilter for `literals`, none of which may be empty; `None` where the processor cannot run it.
    pub fn new(literals: Vec<Literal>) -> Option<Self> {
        // The invariant of this module: no `Avx512` exists on a processor without these.
        is_available().then(|| {
            let windows = Windows::new(literals);
            let masks = builtin::masks(&windows.literals)
                .unwrap_or_else(|| Held::Own(Box::new(Masks::of(&fill(&windows.shapes())))));
            Avx512 { windows, masks }
        })
    }
}

impl Prefilter for Avx512 {
    fn name(&self) -> &'static str {
        "windows (avx512)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        self.windows.find_with(text, within, on_literal, &|searched, look| {
            // SAFETY: `self` exists, so the processor has these features (`Avx512::new` is the only way
            // to make one).
            unsafe { blocks(&self.masks, searched, look) }
        });
    }
}

/// Calls `look` with the positions in `text` where a window may stand, block by block, each with the
/// bytes from there on.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn blocks(masks: &Masks, text: &[u8], look: &mut dyn FnMut(usize, u64, &[u8; SEEN])) {
    let half = |p: usize, group: usize, upper: usize| {
        let table: &[u8; 64] = masks.tables[p][group].as_chunks().0.get(upper).unwrap_or(&[0; 64]);
        // SAFETY: `table` is 64 bytes long; the read needs no alignment.
        unsafe { _mm512_loadu_si512(table.as_ptr().cast()) }
    };
    let tables: [[[__m512i; 2]; 2]; WINDOW] = std::array::from_fn(|p| {
        std::array::from_fn(|group| std::array::from_fn(|upper| half(p, group, upper)))
    });
    let refused = if masks.is_ascii { 0 } else { !0u64 };
    let classify = |block: &[u8; SEEN]| -> u64 {
        let load = |p: usize| {
            let bytes: &[u8; 64] = block[p..].first_chunk().unwrap_or(&[0; 64]);
            // SAFETY: `bytes` is 64 bytes long; the read needs no alignment.
            unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
        };
        let [a, b, c, d] = [load(0), load(1), load(2), load(3)];
        let group = |g: usize| {
            let place =
                |p: usize, bytes: __m512i| _mm512_permutex2var_epi8(tables[p][g][0], bytes, tables[p][g][1]);
            _mm512_and_si512(
                _mm512_and_si512(place(0, a), place(1, b)),
                _mm512_and_si512(place(2, c), place(3, d)),
            )
        };
        let some = _mm512_or_si512(group(0), group(1));
        let ascii = !_mm512_movepi8_mask(a) | refused;
        _mm512_test_epi8_mask(some, some) & ascii
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::{agree, literals};

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Avx512::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>));
    }

    #[test]
    fn high_bytes_are_not_taken_for_ascii_and_not_lost() {
        for (literal, is_ascii) in [("AKIA", true), ("\u{e9}cl\u{e9}", false)] {
            let Some(avx512) = Avx512::new(literals(&[(literal, false)])) else { return };
            assert_eq!(avx512.masks.is_ascii, is_ascii);
        }
    }
}
