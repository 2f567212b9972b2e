//! Does a value read like words and identifiers, or like chance?
//!
//! A model of three letters in a row, made from the words of thousands of packages
//! (`scripts/natural.py`, 22 KB), tells how many bits each letter is worth to somebody who expects
//! words. Against the bits of somebody who expects any character of the alphabet in use, this gives one
//! number: above zero a value looks random, below it was thought up by a person who reads.

/// Borders, letters, a digit.
const SYMBOLS: usize = 28;
static MODEL: &[u8; SYMBOLS * SYMBOLS * SYMBOLS] = include_bytes!("../../patterns/data/natural.bin");
/// Bits for something between words: a joiner, any other character.
const JOINER: f32 = 2.5;
const OTHER: f32 = 6.0;
/// Longer values are judged by so much of their start.
const LONGEST: usize = 256;

/// How many bits more words would need for `value` than chance: above 0 it looks random.
pub fn surprise(value: &[u8]) -> f32 {
    let value = &value[..value.len().min(LONGEST)];
    let mut alphabet = [0.0f32; 4];
    for b in value {
        let (kind, size) = match b {
            b'a'..=b'z' => (0, 26.0),
            b'A'..=b'Z' => (1, 26.0),
            b'0'..=b'9' => (2, 10.0),
            _ => (3, 20.0),
        };
        alphabet[kind] = size;
    }
    let chance = alphabet.iter().sum::<f32>().max(2.0).log2() * value.len() as f32;
    words(value) - chance
}

/// Bits that `value` takes as words, numbers and joiners.
fn words(value: &[u8]) -> f32 {
    let (mut eighths, mut bits) = (0u32, 0.0f32);
    let (mut a, mut b) = (0usize, 0usize);
    let mut step = |a: &mut usize, b: &mut usize, c: usize| {
        eighths += u32::from(MODEL[(*a * SYMBOLS + *b) * SYMBOLS + c]);
        (*a, *b) = if c == 0 { (0, 0) } else { (*b, c) };
    };
    for (i, &byte) in value.iter().enumerate() {
        let before = i.checked_sub(1).map_or(b' ', |i| value[i]);
        let next = value.get(i + 1).copied().unwrap_or(b' ');
        match byte {
            b'a'..=b'z' => step(&mut a, &mut b, usize::from(byte - b'a') + 1),
            b'A'..=b'Z' => {
                // A capital begins a word behind a small letter, and at the end of several capitals.
                let begins =
                    before.is_ascii_lowercase() || before.is_ascii_uppercase() && next.is_ascii_lowercase();
                if begins {
                    step(&mut a, &mut b, 0);
                    bits += 1.0;
                }
                step(&mut a, &mut b, usize::from(byte.to_ascii_lowercase() - b'a') + 1);
            }
            b'0'..=b'9' => {
                step(&mut a, &mut b, 27);
                // A number counts on: `2`, `23`, `2023`.
                bits += if before.is_ascii_digit() { 3.0 } else { 2.0 };
            }
            _ => {
                if (a, b) != (0, 0) {
                    step(&mut a, &mut b, 0);
                }
                bits += if matches!(byte, b'-' | b'_' | b'.' | b' ' | b'/' | b':') { JOINER } else { OTHER };
            }
        }
    }
    if (a, b) != (0, 0) {
        step(&mut a, &mut b, 0);
    }
    bits + eighths as f32 / 8.0
}

/// What names of algorithms are made of.
const ALGORITHMS: &[&[u8]] = &[
    b"hmac",
    b"sha",
    b"xsalsa",
    b"salsa",
    b"xchacha",
    b"chacha",
    b"poly",
    b"aes",
    b"gcm",
    b"cbc",
    b"curve",
    b"kem",
    b"dsa",
    b"ecdsa",
    b"ecdh",
    b"rsa",
    b"blake",
    b"argon",
    b"scrypt",
    b"bcrypt",
    b"pbkdf",
    b"ripemd",
    b"secp",
    b"oaep",
    b"pkcs",
    b"hkdf",
    b"siv",
    b"kyber",
    b"dilithium",
    b"sntrup",
    b"siphash",
    b"keccak",
];
/// What stands between these and behind them.
const PARTS: &[&[u8]] = &[
    b"ed", b"x", b"ml", b"id", b"md", b"des", b"p", b"k", b"r", b"b", b"s", b"prime", b"nist", b"pss",
    b"with", b"ctr", b"ccm", b"state", b"key", b"pub", b"secret",
];

/// Whether a value is the name of an algorithm, perhaps of several: `xsalsa20poly1305`, `MlKem768X25519`.
pub fn is_algorithm(value: &[u8]) -> bool {
    let value = value.strip_suffix(b"\\0").unwrap_or(value);
    if !(6..=40).contains(&value.len()) || !value.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let mut rest = value;
    let mut is_known = false;
    while let Some(first) = rest.first() {
        if first.is_ascii_digit() || matches!(first, b'-' | b'_' | b'/' | b'+') {
            rest = &rest[1..];
            continue;
        }
        let fits =
            |word: &&&[u8]| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let longest = |words: &'static [&'static [u8]]| words.iter().filter(fits).map(|w| w.len()).max();
        let known = longest(ALGORITHMS);
        let Some(len) = known.max(longest(PARTS)) else { return false };
        is_known |= known.is_some();
        rest = &rest[len..];
    }
    is_known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{alphabet::Alphabet, example::Generator};

    #[test]
    fn words_and_chance_are_apart() {
        for words in [
            "password",
            "getSecretValue",
            "correct-horse-battery",
            "user_password_field",
            "Enter your name",
            "OAuthClientSecret",
        ] {
            assert!(surprise(words.as_bytes()) < 0.0, "{words} {}", surprise(words.as_bytes()));
        }
        for (alphabet, length) in [("base36", 12), ("alnum", 12), ("alnum", 32), ("base32", 20)] {
            let alphabet = Alphabet::parse(alphabet).unwrap();
            let mut generator = Generator::new(3);
            let low =
                (0..1000).filter(|_| surprise(generator.chars(&alphabet, length).as_bytes()) < 0.0).count();
            assert!(low < 30, "{low} of 1,000 read like words: {alphabet:?} {length}");
        }
    }

    #[test]
    fn any_bytes_will_do() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(surprise(&all).is_finite());
        assert!(surprise(b"").is_finite());
    }
}
