//! Base85: five digits for four bytes, in the alphabets of Adobe (ASCII 85), of git and Python (`b85`), and of ZeroMQ (`z85`).

/// An alphabet.
pub struct Alphabet {
    /// The digits in order.
    pub digits: &'static [u8; 85],
    values: [u8; 256],
}

const NONE: u8 = u8::MAX;

const fn alphabet(digits: &'static [u8; 85]) -> Alphabet {
    let mut values = [NONE; 256];
    let mut n = 0;
    while n < 85 {
        values[digits[n] as usize] = n as u8;
        n += 1;
    }
    Alphabet { digits, values }
}

/// Of patches in git, and of `base64.b85encode` in Python.
pub static GIT: Alphabet =
    alphabet(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");
/// Of ZeroMQ.
pub static ZEROMQ: Alphabet =
    alphabet(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#");
/// Of Adobe and btoa, where `z` stands for four zeros and `y` for four blanks.
pub static ADOBE: Alphabet =
    alphabet(b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu");

impl Alphabet {
    /// What a digit stands for.
    pub fn value(&self, b: u8) -> Option<u8> {
        let value = self.values[usize::from(b)];
        (value != NONE).then_some(value)
    }

    /// Whether it is Adobe's, which has signs of its own.
    pub fn is_adobe(&self) -> bool {
        self.digits[0] == b'!'
    }
}

/// Digits that come one by one.
pub struct Decoder<'a> {
    alphabet: &'a Alphabet,
    bits: u32,
    count: u32,
}

impl<'a> Decoder<'a> {
    /// At the beginning of a value.
    pub fn new(alphabet: &'a Alphabet) -> Self {
        Decoder { alphabet, bits: 0, count: 0 }
    }

    /// Takes a digit; `None` if it is none. Numbers that are too large wrap around.
    pub fn push(&mut self, b: u8, out: &mut Vec<u8>) -> Option<()> {
        if self.alphabet.is_adobe() && self.count == 0 && matches!(b, b'z' | b'y') {
            out.extend(if b == b'z' { [0; 4] } else { [b' '; 4] });
            return Some(());
        }
        self.bits = self.bits.wrapping_mul(85).wrapping_add(u32::from(self.alphabet.value(b)?));
        self.count += 1;
        if self.count == 5 {
            out.extend(self.bits.to_be_bytes());
            (self.bits, self.count) = (0, 0);
        }
        Some(())
    }

    /// The bytes of the last digits, which are fewer than five.
    pub fn end(mut self, out: &mut Vec<u8>) {
        let count = self.count as usize;
        if count < 2 {
            return;
        }
        for _ in count..5 {
            self.bits = self.bits.wrapping_mul(85).wrapping_add(84);
        }
        out.extend_from_slice(&self.bits.to_be_bytes()[..count - 1]);
    }
}

/// Decodes whole groups behind what is in `out`, up to what is no digit.
pub fn groups(text: &[u8], alphabet: &Alphabet, out: &mut Vec<u8>) {
    let mut decoder = Decoder::new(alphabet);
    for &b in text {
        if decoder.push(b, out).is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alphabet() {
        // The example of ZeroMQ's RFC 32; what Python writes.
        for (text, alphabet, plain) in [
            ("HelloWorld", &ZEROMQ, &b"\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b"[..]),
            ("b8l^BAarGTbRchLAa8YYb1Wb-H6UVnbY%", &GIT, b"some text of ours, 25 byte"),
            ("9jqo^BlbD-BleB1DJ+*+F(f,qz", &ADOBE, b"Man is distinguished\0\0\0\0"),
        ] {
            let (mut out, mut decoder) = (Vec::new(), Decoder::new(alphabet));
            assert!(text.bytes().all(|b| decoder.push(b, &mut out).is_some()));
            decoder.end(&mut out);
            assert_eq!(out, plain, "{text}");
        }
        let (mut out, mut decoder) = (Vec::new(), Decoder::new(&ADOBE));
        "9jqo^~".bytes().take(5).for_each(|b| assert!(decoder.push(b, &mut out).is_some()));
        assert!(decoder.push(b'~', &mut out).is_none());
        assert_eq!(out, b"Man ");
    }
}
