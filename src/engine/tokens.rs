//! What runs are made of, and which prefixes of tokens are looked for at their beginnings rather than everywhere.
//!
//! `build.rs` reads this file too, so it knows nothing of the rest of the crate.

/// Shortest run that is reported, in bytes.
pub const MIN_RUN: usize = 16;

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-');
        i += 1;
    }
    table
}

/// For each byte, whether it is a token character.
pub static TOKEN: [bool; 256] = token_table();

/// Whether `byte` is a token character: letters, digits, `+`, `/`, `_` and `-`.
#[inline]
pub fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Bytes of a prefix that are looked up.
pub const MIN_PREFIX: usize = 3;

/// Whether tokens with this prefix are found where runs begin, if at least `body` token characters follow it.
pub fn is_start(prefix: &[u8], body: usize) -> bool {
    prefix.len() >= MIN_PREFIX && prefix.iter().all(|b| is_token(*b)) && prefix.len() + body >= MIN_RUN
}
