//! How common bytes and pairs of bytes are in real data.

/// Shares of bytes and of pairs of bytes in source code and libraries, made by `scripts/byte-pairs.py`: eighths of
/// bits for the 96 bytes from 0x20 on, bit 5 set, then for their pairs.
static SHARES: &[u8; BYTES + BYTES * BYTES] = include_bytes!("pairs.bin");
const BYTES: usize = 96;

/// Classes of bytes: those that are the same but for bit 5, in ASCII.
const CLASSES: usize = 64;

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

/// The chance of a byte, of which the table knows no case: one letter in eight is taken for an upper-case one. Bytes
/// outside of what the table knows are frequent in binary data only.
pub fn of_byte(byte: u8) -> f32 {
    let folded = if byte.is_ascii_uppercase() { byte | 0x20 } else { byte };
    if !(0x20..0x80).contains(&folded) {
        return 1.0 / 1024.0;
    }
    let chance = (-f32::from(SHARES[usize::from((folded | 0x20) - 0x20)]) / 8.0).exp2();
    match byte {
        b'A'..=b'Z' => chance / 8.0,
        b'a'..=b'z' => chance * 7.0 / 8.0,
        _ => chance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_text() {
        let (singles, pairs) = of_classes();
        let class = |b: u8| usize::from(b & 31 | (b & 64) >> 1);
        assert!((0.8..1.2).contains(&singles.iter().sum::<f32>()));
        assert!((0.8..1.2).contains(&pairs.iter().sum::<f32>()));
        let pair = |a: u8, b: u8| pairs[class(a) | class(b) << 6];
        assert!(pair(b't', b'h') > 2.0 * pair(b'h', b't') && pair(b'q', b'u') > 20.0 * pair(b'u', b'q'));
        assert!(of_byte(b'e') > 5.0 * of_byte(b'E') && of_byte(b'e') > 5.0 * of_byte(0xff));
    }
}
