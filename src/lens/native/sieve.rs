//! What passes over data and code look for, as questions to a [`crate::lens::sieve`].
//!
//! All of what is asked follows from what is asked of a place that is left, in [`super::masked`],
//! [`super::stack`] and [`super::refs`]: so of numbers, tables and code nearly nothing is left.

use super::masked::{ID_LEN, MIN_LETTERS};
use crate::lens::sieve::{STEP, WINDOW, sieve};
use crate::vector::vectored;

/// Places of differences that are computed: what an id's last ones are counted from.
const WIDE: usize = 96;
const _: () = assert!(STEP + ID_LEN <= WIDE && WIDE <= WINDOW);

sieve! {
    /// Where an access key id under a mask may begin. A mask repeats itself, so bytes a period apart differ
    /// as the letters under it do, whatever the mask.
    pub fn masked_ids(window, places) {
        let mut short = [0u8; STEP];
        short_masks(window, &mut short);
        let mut long = [0u8; STEP];
        mask_of_three(window, &mut long);
        mask_of_four(window, &mut long);
        let mut any = 0;
        for i in 0..STEP {
            places[i] = short[i] | long[i];
            any |= places[i];
        }
        any != 0
    }
}

sieve! {
    /// Where an access key id begins that is not masked.
    pub fn plain_ids(window, places) {
        let mut any = 0;
        for i in 0..STEP {
            let second = u8::from(window[i + 1] == b'K') | u8::from(window[i + 1] == b'S');
            let others = (window[i] ^ b'A') | (window[i + 2] ^ b'I') | (window[i + 3] ^ b'A');
            places[i] = second & u8::from(others == 0);
            any |= places[i];
        }
        any != 0
    }
}

sieve! {
    /// Instructions of x86 that may load or store printable characters: `mov` of an immediate to a register of 64 bits (48 or
    /// 49, B8 to BF), of one to memory (C7, C6), and of 16 bytes that stand near the code (0F 28, 0F 10, 0F 6F).
    pub fn text_moves(window, places) {
        let mut text = [0u8; WIDE];
        for i in 0..WIDE {
            let b = window[i];
            text[i] = u8::from(b.wrapping_sub(0x20) < 0x5f) | u8::from(b == b'\n') | u8::from(b == b'\t');
        }
        let mut four = [0u8; STEP + 16];
        for i in 0..STEP + 16 {
            four[i] = text[i] & text[i + 1] & text[i + 2] & text[i + 3];
        }
        let mut any = 0;
        for i in 0..STEP {
            let op = window[i];
            let register = u8::from(op & 0xfe == 0x48) & u8::from(window[i + 1] & 0xf8 == 0xb8) & four[i + 2];
            // Behind the modrm byte there may be a SIB byte and a displacement of one or four bytes.
            let is_memory = u8::from(window[i + 1] < 0xc0);
            let long = u8::from(op == 0xc7)
                & (four[i + 2] | four[i + 3] | four[i + 4] | four[i + 6] | four[i + 7]);
            let short = u8::from(op == 0xc6)
                & (text[i + 2] | text[i + 3] | text[i + 4] | text[i + 6] | text[i + 7]);
            let kind = window[i + 1];
            let is_load = u8::from(kind == 0x28) | u8::from(kind == 0x10) | u8::from(kind == 0x6f);
            let vector = u8::from(op == 0x0f) & is_load & u8::from(window[i + 2] & 0xc7 == 5);
            places[i] = register | (is_memory & (long | short)) | vector;
            any |= places[i];
        }
        any != 0
    }
}

/// What the highest byte of a number may be: the first value, and how many follow it.
#[derive(Clone, Copy, Debug)]
pub struct TopByte {
    first: u8,
    others: u8,
}

impl TopByte {
    /// The highest bytes of the numbers of 32 bits from one to another, both included; `None` if there are none.
    /// Numbers below zero are those with the highest bit.
    pub fn of(from: i64, to: i64, numbers: std::ops::RangeInclusive<i64>) -> Option<TopByte> {
        let (from, to) = (from.max(*numbers.start()), to.min(*numbers.end()));
        (from <= to).then(|| TopByte {
            first: (from >> 24) as u8,
            others: u8::try_from((to >> 24) - (from >> 24)).unwrap_or(u8::MAX),
        })
    }

    #[inline(always)]
    fn fits(self, byte: u8) -> u8 {
        u8::from(byte.wrapping_sub(self.first) <= self.others)
    }
}

sieve! {
    /// Where 64-bit code may say an address: 32 bits behind a modrm byte that counts from the instruction, or
    /// behind an opcode with an immediate.
    pub fn addresses(window, places, from_here: Option<TopByte>, immediate: Option<TopByte>) {
        const NONE: TopByte = TopByte { first: 0, others: 0 };
        let (is_from_here, is_immediate) = (u8::from(from_here.is_some()), u8::from(immediate.is_some()));
        let (from_here, immediate) = (from_here.unwrap_or(NONE), immediate.unwrap_or(NONE));
        let mut any = 0;
        for i in 0..STEP {
            let (op, top) = (window[i], window[i + 4]);
            let near = u8::from(op & 0xc7 == 5) & from_here.fits(top) & is_from_here;
            let has_immediate = u8::from(op & 0xf8 == 0xb8)
                | u8::from(op == 0x68)
                | u8::from(op == 0xa1)
                | u8::from(op & 0xc7 == 5);
            places[i] = near | (has_immediate & immediate.fits(top) & is_immediate);
            any |= places[i];
        }
        any != 0
    }
}

sieve! {
    /// Where 64-bit code loads what stands near it: before `lea reg, [rip + disp]` its REX prefix (with W), and
    /// the first byte of loads of 16 bytes (0F 10, 0F 28, 0F 6F).
    pub fn near_loads(window, places) {
        let mut any = 0;
        for i in 0..STEP {
            let (first, op) = (window[i], window[i + 1]);
            let lea = u8::from(first & 0xfb == 0x48) & u8::from(op == 0x8d);
            let is_load = u8::from(op == 0x10) | u8::from(op == 0x28) | u8::from(op == 0x6f);
            let load = u8::from(first == 0x0f) & is_load;
            places[i] = (lea | load) & u8::from(window[i + 2] & 0xc7 == 5);
            any |= places[i];
        }
        any != 0
    }
}

vectored! {
    /// Opcodes that may load the length of a string, a bit each: `mov` of an immediate to a register or to memory, `push` of one byte.
    pub fn lengths(code: &[u8; STEP]) -> u64 where bits {
        let mut is = [0u8; STEP];
        for i in 0..STEP {
            let b = code[i];
            is[i] = u8::from(b & 0xf8 == 0xb8) | u8::from(b == 0xc7) | u8::from(b == 0x6a);
        }
        bits(&is)
    }
}

vectored! {
    /// Which of 64 bytes no string holds (control characters but tab and line ends), a bit each.
    pub fn controls(block: &[u8; STEP]) -> u64 where bits {
        let mut is = [0u8; STEP];
        for i in 0..STEP {
            let b = block[i];
            let is_space = u8::from(b == b'\t') | u8::from(b == b'\n') | u8::from(b == b'\r');
            is[i] = (u8::from(b < 0x20) & (is_space ^ 1)) | u8::from(b == 0x7f);
        }
        bits(&is)
    }
}

vectored! {
    /// Whether one of 16 words of four bytes is a character of ASCII.
    pub fn has_utf32(words: &[[u8; 4]; 16], is_big: bool) -> bool {
        let mut any = false;
        for word in words {
            let n = u32::from_le_bytes(*word);
            let n = if is_big { n.swap_bytes() } else { n };
            any |= n.wrapping_sub(0x20) < 0x5f;
        }
        any
    }
}

/// 1 for a letter of base32.
#[inline(always)]
fn is_base32(b: u8) -> u8 {
    u8::from(b.wrapping_sub(b'A') < 26) | u8::from(b.wrapping_sub(b'2') < 6)
}

/// Masks of one byte, by XOR or addition, and of two: the four letters that are known are enough.
#[inline(always)]
fn short_masks(window: &[u8; WINDOW], places: &mut [u8; STEP]) {
    const AK: u8 = b'A' ^ b'K';
    const AS: u8 = b'A' ^ b'S';
    for i in 0..STEP {
        let [a, b, c, d] = [window[i], window[i + 1], window[i + 2], window[i + 3]];
        let (x, y, z) = (a ^ b, c ^ d, b ^ d);
        let is_prefix = |n: u8| u8::from(n == AK) | u8::from(n == AS);
        let xor = is_prefix(x) & u8::from(y == b'I' ^ b'A');
        let step = b.wrapping_sub(a);
        let add = (u8::from(step == b'K' - b'A') | u8::from(step == b'S' - b'A'))
            & u8::from(c.wrapping_sub(d) == b'I' - b'A');
        let two = is_prefix(z) & u8::from(a ^ c == b'A' ^ b'I');
        places[i] = xor | add | two;
    }
}

/// How many of the bytes from each place on differ from the one `PERIOD` behind, of as many as an id has.
/// An id has no more different letters than that and the first period.
#[inline(always)]
fn changes<const PERIOD: usize>(window: &[u8; WINDOW], counts: &mut [u8; STEP]) {
    let mut one = [0u8; WIDE];
    for i in 0..WIDE - PERIOD {
        one[i] = u8::from(window[i] != window[i + PERIOD]);
    }
    let (mut two, mut four, mut eight) = ([0u8; WIDE], [0u8; WIDE], [0u8; WIDE]);
    for i in 0..STEP + 16 {
        two[i] = one[i] + one[i + 1];
    }
    for i in 0..STEP + 14 {
        four[i] = two[i] + two[i + 2];
    }
    for i in 0..STEP + 10 {
        eight[i] = four[i] + four[i + 4];
    }
    for i in 0..STEP {
        // 16 for a period of four; of three the seventeenth may be one more, which is let through.
        counts[i] = eight[i] + eight[i + 8] + u8::from(PERIOD < 4);
    }
}

#[inline(always)]
fn mask_of_three(window: &[u8; WINDOW], places: &mut [u8; STEP]) {
    let (mut fits, mut any) = ([0u8; STEP], 0);
    for i in 0..STEP {
        // `A` at 0 and 3, `I` at 2. Of most windows nothing is left behind these.
        let from_first = |n: usize| is_base32(window[i] ^ window[i + n] ^ b'A');
        let is_same = u8::from(window[i] == window[i + 3]);
        fits[i] = is_same & from_first(6) & from_first(9) & from_first(12) & from_first(18);
        any |= fits[i];
    }
    if any == 0 {
        return;
    }
    let mut counts = [0u8; STEP];
    changes::<3>(window, &mut counts);
    for i in 0..STEP {
        let from_third = |n: usize| is_base32(window[i + 2] ^ window[i + n] ^ b'I');
        let has_letters = u8::from(counts[i] >= MIN_LETTERS - 3);
        places[i] |= fits[i] & has_letters & from_third(5) & from_third(8) & from_third(11) & from_third(17);
    }
}

#[inline(always)]
fn mask_of_four(window: &[u8; WINDOW], places: &mut [u8; STEP]) {
    let from = |i: usize, column: usize, n: usize, letter: u8| {
        is_base32(window[i + column] ^ window[i + column + n] ^ letter)
    };
    let (mut fits, mut any) = ([0u8; STEP], 0);
    for (i, fits) in fits.iter_mut().enumerate() {
        *fits = from(i, 0, 4, b'A') & from(i, 0, 8, b'A') & from(i, 0, 12, b'A') & from(i, 0, 16, b'A');
        any |= *fits;
    }
    // Columns of which all letters are the same are none of an id's.
    let mut varies = [0u8; WIDE];
    if any != 0 {
        any = 0;
        for i in 0..STEP + 3 {
            let b = window[i];
            let differ =
                (b ^ window[i + 4]) | (b ^ window[i + 8]) | (b ^ window[i + 12]) | (b ^ window[i + 16]);
            varies[i] = u8::from(differ != 0);
        }
        for i in 0..STEP {
            fits[i] &= varies[i] & varies[i + 1] & varies[i + 2] & varies[i + 3];
            any |= fits[i];
        }
    }
    if any == 0 {
        return;
    }
    let mut counts = [0u8; STEP];
    changes::<4>(window, &mut counts);
    for i in 0..STEP {
        places[i] |= fits[i]
            & u8::from(counts[i] >= MIN_LETTERS - 4)
            & from(i, 2, 4, b'I')
            & from(i, 2, 8, b'I')
            & from(i, 2, 16, b'I')
            & from(i, 3, 4, b'A')
            & from(i, 3, 8, b'A')
            & from(i, 3, 16, b'A');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lens::sieve::{self, BATCH, Places, SPAN};

    /// Bytes of which those that matter here are met often.
    fn code(len: usize, mut seed: u32) -> Vec<u8> {
        const OFTEN: &[u8] =
            b"\x48\x4c\x8d\x0f\x10\x28\x6f\x05\x0d\xb8\xbf\xc7\xc6\x41\x44\x24\0\0\0\xff\xff AKISAz\n\x7f";
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 8
        };
        (0..len)
            .map(|_| {
                let n = next();
                if n & 3 == 0 { n as u8 } else { OFTEN[next() as usize % OFTEN.len()] }
            })
            .collect()
    }

    fn seen(data: &[u8], sieve: impl Fn(&[u8; SPAN], usize, &mut [Places; BATCH]) -> u64) -> Vec<usize> {
        let mut seen = Vec::new();
        sieve::for_each(data, sieve, &mut |at| {
            seen.push(at);
            true
        });
        seen
    }

    fn at(data: &[u8], i: usize) -> u8 {
        data.get(i).copied().unwrap_or(0)
    }

    #[test]
    fn plain_ids_are_those_of_memmem() {
        let mut data = code(3000, 1);
        for (n, place) in [5usize, 61, 126, 191, 256, 600, 2996].into_iter().enumerate() {
            data[place..place + 4].copy_from_slice([b"AKIA", b"ASIA"][n % 2]);
        }
        let all: Vec<usize> = data
            .windows(4)
            .enumerate()
            .filter(|(_, four)| *four == b"AKIA" || *four == b"ASIA")
            .map(|(i, _)| i)
            .collect();
        assert!(all.len() >= 7);
        assert_eq!(seen(&data, plain_ids), all);
    }

    #[test]
    fn near_loads_are_those_of_one_byte_after_the_other() {
        for len in [0, 1, 5, 64, 100, 40_000] {
            let data = code(len, 2);
            let all: Vec<usize> = (0..len)
                .filter(|&i| {
                    let is_lea = data[i] & 0xfb == 0x48 && at(&data, i + 1) == 0x8d;
                    let is_load = data[i] == 0x0f && matches!(at(&data, i + 1), 0x10 | 0x28 | 0x6f);
                    (is_lea || is_load) && at(&data, i + 2) & 0xc7 == 5
                })
                .collect();
            assert_eq!(seen(&data, near_loads), all);
        }
    }

    #[test]
    fn addresses_in_reach_are_all_seen() {
        let data = code(40_000, 3);
        let u32_at = |i: usize| data.get(i..).and_then(|d| d.first_chunk()).map(|b| u32::from_le_bytes(*b));
        let cases =
            [(-100, 70_000), (0, 0x0105_0000), (-0x0300_0000, -0x0100_0000), (0x1000_0000, 0x4840_0000)];
        for (low, high) in cases {
            let from_here = TopByte::of(low, high, i64::from(i32::MIN)..=i64::from(i32::MAX));
            let immediate = TopByte::of(low, high, 0x1_0000..=i64::from(u32::MAX));
            let seen = seen(&data, |s, n, p| addresses(s, n, p, from_here, immediate));
            for (i, &op) in data.iter().enumerate() {
                let Some(n) = u32_at(i + 1) else { continue };
                let near = op & 0xc7 == 5 && (low..=high).contains(&i64::from(n as i32));
                let has_immediate = op & 0xc7 == 5 && op < 0x40 || matches!(op, 0xb8..=0xbf | 0x68 | 0xa1);
                let far = has_immediate && (low.max(0x1_0000)..=high).contains(&i64::from(n));
                assert!(!(near || far) || seen.binary_search(&i).is_ok(), "{i} {n:#x} {low:#x} {high:#x}");
            }
        }
        assert!(TopByte::of(5, 4, 0..=10).is_none());
    }

    #[test]
    fn controls_and_utf32_are_those_of_one_after_the_other() {
        for block in code(64 * 200, 4).as_chunks::<64>().0 {
            let bits = block.iter().enumerate().fold(0, |bits, (i, &b)| {
                let is = b == 0x7f || b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
                bits | u64::from(is) << i
            });
            assert_eq!(controls(block), bits);
            let words = block.as_chunks::<4>().0.first_chunk().unwrap();
            let is_ascii = |n: u32| (0x20..0x7f).contains(&n);
            assert_eq!(has_utf32(words, false), words.iter().any(|w| is_ascii(u32::from_le_bytes(*w))));
            assert_eq!(has_utf32(words, true), words.iter().any(|w| is_ascii(u32::from_be_bytes(*w))));
        }
        let mut words = [[0u8; 4]; 16];
        words[9] = [0, 0, 0, b'x'];
        assert!(has_utf32(&words, true) && !has_utf32(&words, false));
    }
}
