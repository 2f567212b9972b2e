//! Which bytes are token characters, 64 at a time: a bit each.
//!
//! AVX2 asks for both halves of a byte in a table of sixteen: a byte is a token character when they have a
//! class in common. AVX-512 looks a byte up whole. The portable code, one table look-up a byte, is the oracle
//! of both.
#![allow(unsafe_code)]

use super::is_token;

/// Bytes of a block: as many as a word has bits.
pub const BLOCK: usize = 64;

/// Writes one word for each block of `text` (the last may be shorter: bits behind its end are 0) and
/// returns how many: as many as there are, or as `masks` has room for.
#[inline]
pub fn fill(text: &[u8], masks: &mut [u64]) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_available() {
            // SAFETY: the processor has what `avx512` needs, as was just asked.
            return unsafe { avx512::fill(text, masks) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as was just asked.
            return unsafe { x86::fill(text, masks) };
        }
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

/// Writes the word of what is left behind whole blocks, if all of these are there and there is room, and returns
/// how many words that makes.
#[cfg(target_arch = "x86_64")]
fn fill_rest(rest: &[u8], masks: &mut [u64], is_next: bool) -> usize {
    match masks.first_mut() {
        Some(mask) if is_next && !rest.is_empty() => {
            *mask = of_bytes(rest);
            1
        }
        _ => 0,
    }
}

fn of_bytes(block: &[u8]) -> u64 {
    block.iter().enumerate().fold(0, |mask, (i, b)| mask | u64::from(is_token(*b)) << i)
}

/// What kinds of characters a block has: a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// `A` to `Z`.
    pub upper: u64,
    /// `a` to `z`.
    pub lower: u64,
    /// `0` to `9`.
    pub digit: u64,
    /// `aeiouy`, in both cases.
    pub vowel: u64,
}

/// The kinds of the characters of a block.
#[inline]
pub fn classes(block: &[u8; BLOCK]) -> Classes {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_available() {
            // SAFETY: the processor has what `avx512` needs, as was just asked.
            return unsafe { avx512::classes(block) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as was just asked.
            return unsafe { x86::classes(block) };
        }
    }
    classes_of_bytes(block)
}

fn classes_of_bytes(block: &[u8; BLOCK]) -> Classes {
    let bits =
        |is: fn(u8) -> bool| block.iter().enumerate().fold(0, |bits, (i, b)| bits | u64::from(is(*b)) << i);
    Classes {
        upper: bits(|b| b.is_ascii_uppercase()),
        lower: bits(|b| b.is_ascii_lowercase()),
        digit: bits(|b| b.is_ascii_digit()),
        vowel: bits(|b| b"aeiouyAEIOUY".contains(&b)),
    }
}

/// The first block of `text` in which escapes may begin, by its offset, and where, a bit each: `\\x`, `\\u`, `\\U`, `\\/`, a backslash
/// before a digit, `&#`, and `%` before `u` or a hexadecimal digit from 2 to 7, as all of ASCII has. Where no block has any, what is left
/// behind the last that 16 bytes follow.
#[inline]
pub fn first_escapes(text: &[u8]) -> (usize, u64) {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_available() {
            // SAFETY: the processor has what `avx512` needs, as was just asked.
            return unsafe { avx512::first_escapes(text) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as was just asked.
            return unsafe { x86::first_escapes(text) };
        }
    }
    let mut at = 0;
    while let Some(block) = text[at..].first_chunk() {
        match escapes_of_bytes(block) {
            0 => at += BLOCK,
            found => return (at, found),
        }
    }
    (at, 0)
}

fn escapes_of_bytes(block: &[u8; BLOCK + 16]) -> u64 {
    (0..BLOCK).fold(0, |found, at| {
        let is_escape = match (block[at], block[at + 1]) {
            (b'\\', next) => matches!(next, b'/' | b'x' | b'u' | b'U' | b'0'..=b'9'),
            (b'%', next) => matches!(next, b'2'..=b'7' | b'u'),
            (b'&', next) => next == b'#',
            _ => false,
        };
        found | u64::from(is_escape) << at
    })
}

/// With AVX-512 a byte of ASCII is looked up in a table of 128: a bit for each kind it is of.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{BLOCK, Classes, fill_rest};
    use std::arch::x86_64::*;

    pub fn is_available() -> bool {
        std::is_x86_feature_detected!("avx512bw") && std::is_x86_feature_detected!("avx512vbmi")
    }

    const TOKEN: u8 = 1;
    const UPPER: u8 = 2;
    const LOWER: u8 = 4;
    const DIGIT: u8 = 8;
    const VOWEL: u8 = 16;

    static KINDS: [[u8; 64]; 2] = {
        let mut kinds = [[0; 64]; 2];
        let mut b = 0u8;
        while b < 128 {
            let is_vowel = matches!(b | 0x20, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
            kinds[(b / 64) as usize][(b % 64) as usize] =
                (if crate::engine::tokens::TOKEN[b as usize] { TOKEN } else { 0 })
                    | (if b.is_ascii_uppercase() { UPPER } else { 0 })
                    | (if b.is_ascii_lowercase() { LOWER } else { 0 })
                    | (if b.is_ascii_digit() { DIGIT } else { 0 })
                    | (if b.is_ascii_alphabetic() && is_vowel { VOWEL } else { 0 });
            b += 1;
        }
        kinds
    };

    /// The kinds of 64 bytes; of those outside ASCII none.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn kinds(block: &[u8; BLOCK]) -> __m512i {
        let load = |bytes: &[u8; BLOCK]| {
            // SAFETY: `bytes` is 64 bytes long; the read needs no alignment.
            unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
        };
        let bytes = load(block);
        let is_ascii = !_mm512_movepi8_mask(bytes);
        _mm512_maskz_permutex2var_epi8(is_ascii, load(&KINDS[0]), bytes, load(&KINDS[1]))
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub fn classes(block: &[u8; BLOCK]) -> Classes {
        let kinds = kinds(block);
        let of = |kind: u8| _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(kind as i8));
        Classes { upper: of(UPPER), lower: of(LOWER), digit: of(DIGIT), vowel: of(VOWEL) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub fn first_escapes(text: &[u8]) -> (usize, u64) {
        let mut at = 0;
        while let Some(block) = text[at..].first_chunk() {
            match escapes(block) {
                0 => at += BLOCK,
                found => return (at, found),
            }
        }
        (at, 0)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn escapes(block: &[u8; BLOCK + 16]) -> u64 {
        let load = |at: usize| {
            let bytes: &[u8; BLOCK] = block[at..].first_chunk().unwrap_or(&[0; BLOCK]);
            // SAFETY: `bytes` is 64 bytes long; the read needs no alignment.
            unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
        };
        let (here, next) = (load(0), load(1));
        let is = |bytes: __m512i, byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        let (slash, percent, and) = (is(here, b'\\'), is(here, b'%'), is(here, b'&'));
        if slash | percent | and == 0 {
            return 0;
        }
        let from_2 = _mm512_sub_epi8(next, _mm512_set1_epi8(b'2' as i8));
        let digit = _mm512_cmplt_epu8_mask(from_2, _mm512_set1_epi8(6));
        let from_0 = _mm512_sub_epi8(next, _mm512_set1_epi8(b'0' as i8));
        let any_digit = _mm512_cmplt_epu8_mask(from_0, _mm512_set1_epi8(10));
        slash & (is(next, b'/') | is(next, b'x') | is(next, b'u') | is(next, b'U') | any_digit)
            | percent & (digit | is(next, b'u'))
            | and & is(next, b'#')
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub fn fill(text: &[u8], masks: &mut [u64]) -> usize {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut count = 0;
        for (mask, block) in masks.iter_mut().zip(blocks) {
            *mask = _mm512_test_epi8_mask(kinds(block), _mm512_set1_epi8(TOKEN as i8));
            count += 1;
        }
        count + fill_rest(rest, &mut masks[count..], count == blocks.len())
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BLOCK, Classes, classes_of_bytes, fill_rest, of_bytes};
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

    /// For vowels, by low half of a byte: 1 for those from `a` to `o`, 2 for those from `p` to `z`.
    static VOWEL_LOW: [u8; 16] = [0, 1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 1];
    /// By high half.
    static VOWEL_HIGH: [u8; 16] = [0, 0, 0, 0, 1, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0];

    #[target_feature(enable = "avx2")]
    pub fn classes(block: &[u8; BLOCK]) -> Classes {
        let table = |halves: &[u8; 16]| {
            // SAFETY: the table is 16 bytes long; the read needs no alignment.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(halves.as_ptr().cast()) })
        };
        let (low, high, nibble) = (table(&VOWEL_LOW), table(&VOWEL_HIGH), _mm256_set1_epi8(0x0f));
        let bits = |mask: __m256i| u64::from(_mm256_movemask_epi8(mask) as u32);
        let half = |bytes: &[u8; 32]| -> Classes {
            // SAFETY: `bytes` is 32 bytes long; the read needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
            let within = |first: u8, count: i8| {
                let from = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
                bits(_mm256_cmpeq_epi8(from, _mm256_min_epu8(from, _mm256_set1_epi8(count - 1))))
            };
            let lows = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
            let highs = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
            let none = _mm256_cmpeq_epi8(_mm256_and_si256(lows, highs), _mm256_setzero_si256());
            Classes {
                upper: within(b'A', 26),
                lower: within(b'a', 26),
                digit: within(b'0', 10),
                vowel: bits(none) ^ 0xffff_ffff,
            }
        };
        let [first, second] = block.as_chunks::<32>().0 else { return classes_of_bytes(block) };
        let (first, second) = (half(first), half(second));
        Classes {
            upper: first.upper | second.upper << 32,
            lower: first.lower | second.lower << 32,
            digit: first.digit | second.digit << 32,
            vowel: first.vowel | second.vowel << 32,
        }
    }

    #[target_feature(enable = "avx2")]
    pub fn first_escapes(text: &[u8]) -> (usize, u64) {
        let mut at = 0;
        while let Some(block) = text[at..].first_chunk() {
            match escapes(block) {
                0 => at += BLOCK,
                found => return (at, found),
            }
        }
        (at, 0)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn escapes(block: &[u8; BLOCK + 16]) -> u64 {
        let load = |at: usize| {
            let bytes: &[u8; 32] = block[at..].first_chunk().unwrap_or(&[0; 32]);
            // SAFETY: `bytes` is 32 bytes long; the read needs no alignment.
            unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
        };
        let any = |a: __m256i, b: __m256i| _mm256_or_si256(a, b);
        let half = |at: usize| -> u64 {
            let here = load(at);
            let is = |bytes: __m256i, byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
            let (slash, percent, and) = (is(here, b'\\'), is(here, b'%'), is(here, b'&'));
            if _mm256_movemask_epi8(any(any(slash, percent), and)) == 0 {
                return 0;
            }
            let next = load(at + 1);
            let below = |first: u8, count: u8| {
                let from = _mm256_sub_epi8(next, _mm256_set1_epi8(first as i8));
                _mm256_cmpeq_epi8(from, _mm256_min_epu8(from, _mm256_set1_epi8(count as i8 - 1)))
            };
            let is_u = is(next, b'u');
            let letters = any(any(is(next, b'x'), is(next, b'U')), any(is_u, is(next, b'/')));
            let found = any(
                _mm256_and_si256(slash, any(letters, below(b'0', 10))),
                any(
                    _mm256_and_si256(percent, any(below(b'2', 6), is_u)),
                    _mm256_and_si256(and, is(next, b'#')),
                ),
            );
            u64::from(_mm256_movemask_epi8(found) as u32)
        };
        half(0) | half(32) << 32
    }

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
        count + fill_rest(rest, &mut masks[count..], count == blocks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_see_the_escapes_that_the_bytes_have() {
        // Every pair of what begins one with every byte, at every place of two blocks.
        for first in *b"\\%&x" {
            for next in 0..=255u8 {
                for at in 0..2 * BLOCK {
                    let mut text = [b'%'; 2 * BLOCK + 16];
                    (text[at], text[at + 1]) = (first, next);
                    let blocks = [0, BLOCK].map(|from| escapes_of_bytes(text[from..].first_chunk().unwrap()));
                    let all = match blocks {
                        [0, 0] => (2 * BLOCK, 0),
                        [0, found] => (BLOCK, found),
                        [found, _] => (0, found),
                    };
                    assert_eq!(first_escapes(&text), all, "{first} {next} {at}");
                    #[cfg(target_arch = "x86_64")]
                    if std::is_x86_feature_detected!("avx2") {
                        // SAFETY: the processor has AVX2, as was just asked.
                        let found = unsafe { x86::first_escapes(&text) };
                        assert_eq!(found, all, "{first} {next} {at}");
                    }
                }
            }
        }
        let mut block = [0; BLOCK + 16];
        let text = br"%2 &# \/ \u \x \U %% %8 \n &a";
        block[..text.len()].copy_from_slice(text);
        assert_eq!(escapes_of_bytes(&block), 0b1001_0010_0100_1001);
        assert_eq!(first_escapes(&block[1..]), (0, 0));
    }

    #[test]
    fn vectors_see_the_kinds_that_the_bytes_have() {
        // Every byte at every place.
        for first in 0..=255u8 {
            let block: [u8; BLOCK] = std::array::from_fn(|i| first.wrapping_add(i as u8));
            assert_eq!(classes(&block), classes_of_bytes(&block), "{first}");
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2, as was just asked.
                assert_eq!(unsafe { x86::classes(&block) }, classes_of_bytes(&block), "{first}");
            }
        }
    }

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
                    #[cfg(target_arch = "x86_64")]
                    if std::is_x86_feature_detected!("avx2") {
                        let mut a = vec![1; room];
                        // SAFETY: the processor has AVX2, as was just asked.
                        unsafe { x86::fill(text, &mut a) };
                        assert_eq!(a, b, "{from} {len} {room}");
                    }
                }
            }
        }
    }
}
