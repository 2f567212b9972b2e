//! Which bytes are token characters, 64 at a time: a bit each.
//!
//! The vector code asks for both halves of a byte in a table of sixteen: a byte is a token character when
//! they have a class in common. The portable code, one table look-up a byte, is its oracle.
#![allow(unsafe_code)]

use super::is_token;

/// Bytes of a block: as many as a word has bits.
pub const BLOCK: usize = 64;

/// Writes one word for each block of `text` (the last may be shorter: bits behind its end are 0) and
/// returns how many: as many as there are, or as `masks` has room for.
#[inline]
pub fn fill(text: &[u8], masks: &mut [u64]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked.
        return unsafe { x86::fill(text, masks) };
    }
    portable(text, masks)
}

fn portable(text: &[u8], masks: &mut [u64]) -> usize {
    let mut count = 0;
    for (mask, block) in masks.iter_mut().zip(text.chunks(BLOCK)) {
        *mask = of_bytes(block);
        count += 1;
    }
    count
}

fn of_bytes(block: &[u8]) -> u64 {
    block.iter().enumerate().fold(0, |mask, (i, b)| mask | u64::from(is_token(*b)) << i)
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BLOCK, of_bytes};
    use std::arch::x86_64::*;

    /// Classes by low half of a byte: 1 for `+-/`, 2 for digits, 4 for `A-O` and `a-o`, 8 for `P-Z_`, 16
    /// for `p-z`.
    static LOW: [u8; 16] = {
        let mut low = [0; 16];
        let mut half = 0;
        while half < 16 {
            if half == 0xb || half == 0xd || half == 0xf {
                low[half] |= 1;
            }
            if half <= 9 {
                low[half] |= 2;
            }
            if half >= 1 {
                low[half] |= 4;
            }
            if half <= 0xa {
                low[half] |= 8 | 16;
            }
            if half == 0xf {
                low[half] |= 8;
            }
            half += 1;
        }
        low
    };
    /// Classes by high half.
    static HIGH: [u8; 16] = [0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0];

    #[target_feature(enable = "avx2")]
    pub fn fill(text: &[u8], masks: &mut [u64]) -> usize {
        let table = |halves: &[u8; 16]| {
            // SAFETY: the table is 16 bytes long; the read needs no alignment.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(halves.as_ptr().cast()) })
        };
        let (low, high, nibble) = (table(&LOW), table(&HIGH), _mm256_set1_epi8(0x0f));
        let zero = _mm256_setzero_si256();
        let half = |bytes: &[u8; 32]| -> u64 {
            // SAFETY: `bytes` is 32 bytes long; the read needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
            let lows = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
            let highs = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
            let none = _mm256_cmpeq_epi8(_mm256_and_si256(lows, highs), zero);
            u64::from(!_mm256_movemask_epi8(none) as u32)
        };
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut count = 0;
        for (mask, block) in masks.iter_mut().zip(blocks) {
            *mask = match block.as_chunks::<32>().0 {
                [first, second] => half(first) | half(second) << 32,
                _ => of_bytes(block),
            };
            count += 1;
        }
        if !rest.is_empty()
            && let Some(mask) = masks.get_mut(count)
            && count == blocks.len()
        {
            *mask = of_bytes(rest);
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_say_what_the_table_says() {
        // Every byte at every place, and every length.
        let text: Vec<u8> = (0..1024u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for from in 0..64 {
            for len in (0..=260).chain([1024 - from]) {
                let text = &text[from..from + len];
                for room in [0, 1, 3, 20] {
                    let (mut a, mut b) = (vec![1; room], vec![1; room]);
                    assert_eq!(fill(text, &mut a), portable(text, &mut b));
                    assert_eq!(a, b, "{from} {len} {room}");
                }
            }
        }
    }
}
