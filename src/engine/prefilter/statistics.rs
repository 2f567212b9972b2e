//! How common bytes and pairs of bytes are in real data.

use super::filling::{class, index};

/// Shares of bytes and of pairs of bytes in source code and libraries, made by `scripts/byte-pairs.py`: eighths of
/// bits for the 96 bytes from 0x20 on, bit 5 set, then for their pairs.
static SHARES: &[u8; BYTES + BYTES * BYTES] = include_bytes!("pairs.bin");
const BYTES: usize = 96;

/// Classes of bytes: those that are the same but for bit 5, in ASCII.
const CLASSES: usize = 64;

/// The four bytes that are most common in source code, bit 5 set, as little-endian integers in order, then eighths of bits
/// for each: made by `scripts/common-windows.py`.
static COMMON: &[u8; COMMON_WINDOWS * (FOUR + 1)] = include_bytes!("windows.bin");
const COMMON_WINDOWS: usize = 2048;
const FOUR: usize = 4;

/// The chance of a window of a literal, in any case, of which pairs of bytes say `reckoned`.
pub fn of_window(window: &[u8], reckoned: f32) -> f32 {
    // Repeated bytes are rare until a text repeats them.
    if window.iter().all(|b| *b == window[0]) {
        return 1.0;
    }
    // Pairs do not know that `from` is a word.
    let common = window.first_chunk().and_then(|four| of_common(*four));
    reckoned.max(common.unwrap_or(0.0))
}

/// The chance of four bytes, in any case, where they are common.
fn of_common(window: [u8; FOUR]) -> Option<f32> {
    let (windows, shares) = COMMON.split_at(COMMON_WINDOWS * FOUR);
    let wanted = u32::from_le_bytes(window.map(|b| b | 0x20));
    let at = windows.as_chunks().0.binary_search_by_key(&wanted, |four| u32::from_le_bytes(*four)).ok()?;
    Some((-f32::from(shares[at]) / 8.0).exp2())
}

/// The place in the table of a class: bits 0 to 4 of its bytes, then bit 6.
fn place(class: usize) -> usize {
    if class < CLASSES / 2 { class } else { class + CLASSES / 2 }
}

/// The chance that a byte of real data is of a class, and that two neighbours are (the second six bits higher).
pub fn of_classes() -> ([f32; CLASSES], Box<[f32; CLASSES * CLASSES]>) {
    let eighths: [f32; 8] = std::array::from_fn(|i| (-(i as f32) / 8.0).exp2());
    let share = |bits: usize| eighths[bits % 8] / (1u64 << (bits / 8)) as f32;
    let shares: [f32; 256] = std::array::from_fn(share);
    let mut pairs = Box::new([0.0; CLASSES * CLASSES]);
    for (at, pair) in pairs.iter_mut().enumerate() {
        let (first, second) = (place(at % CLASSES), place(at / CLASSES));
        *pair = shares[usize::from(SHARES[BYTES + first * BYTES + second])];
    }
    (std::array::from_fn(|class| shares[usize::from(SHARES[place(class)])]), pairs)
}

/// The chances of bytes of ASCII and of pairs of them, and, as number 128, of any byte outside of it.
pub struct OfBytes {
    bytes: [f32; SYMBOLS],
    pairs: Box<[[f32; SYMBOLS]; SYMBOLS]>,
}

/// Bytes of ASCII, and one for all others.
pub const SYMBOLS: usize = 129;

impl OfBytes {
    pub fn new() -> OfBytes {
        let (singles, pairs_of_classes) = of_classes();
        /// Text outside of ASCII is frequent where it is.
        const OUTSIDE: f32 = 1.0 / 32.0;
        let case = |symbol: usize| match symbol as u8 {
            b'A'..=b'Z' => 2,
            b'a'..=b'z' => 1,
            _ => 0usize,
        };
        // The table knows no case. Capitals stand beside each other, or where a word begins.
        const CASES: [[f32; 3]; 3] = [[1.0, 0.75, 0.25], [0.85, 0.82, 0.03], [0.15, 0.05, 0.2]];
        let single = |symbol: usize| match symbol {
            128.. => OUTSIDE,
            _ => singles[usize::from(class(symbol as u8))] * [1.0, 7.0 / 8.0, 1.0 / 8.0][case(symbol)],
        };
        let bytes: [f32; SYMBOLS] = std::array::from_fn(single);
        let mut pairs = Box::new([[0.0; SYMBOLS]; SYMBOLS]);
        for (first, row) in pairs.iter_mut().enumerate() {
            for (second, chance) in row.iter_mut().enumerate() {
                *chance = match (first, second) {
                    (128.., 128..) => OUTSIDE,
                    (128.., _) | (_, 128..) => bytes[first] * bytes[second],
                    _ => {
                        let both = index(class(first as u8), class(second as u8));
                        pairs_of_classes[both] * CASES[case(first)][case(second)]
                    }
                };
            }
        }
        OfBytes { bytes, pairs }
    }

    /// The number of a byte.
    pub fn symbol(byte: u8) -> u8 {
        byte.min(SYMBOLS as u8 - 1)
    }

    pub fn of(&self, symbol: u8) -> f32 {
        self.bytes[usize::from(symbol)]
    }

    pub fn of_pair(&self, first: u8, second: u8) -> f32 {
        self.pairs[usize::from(first)][usize::from(second)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_known() {
        assert!(of_common(*b"FROM").is_some_and(|chance| chance > 1.0 / 4096.0));
        assert_eq!(of_common(*b"qzjx"), None);
    }

    #[test]
    fn shares_are_those_of_text() {
        let (singles, pairs) = of_classes();
        assert!((0.8..1.2).contains(&singles.iter().sum::<f32>()));
        assert!((0.8..1.2).contains(&pairs.iter().sum::<f32>()));
        let pair = |a: u8, b: u8| pairs[index(class(a), class(b))];
        assert!(pair(b't', b'h') > 2.0 * pair(b'h', b't') && pair(b'q', b'u') > 20.0 * pair(b'u', b'q'));
        let bytes = OfBytes::new();
        assert!(bytes.of(b'e') > 5.0 * bytes.of(b'E') && bytes.of(b'e') > bytes.of(OfBytes::symbol(0xff)));
        assert!(bytes.of_pair(b'q', b'u') > 5.0 * bytes.of_pair(b'q', b'U'));
    }
}
