//! Strings under one byte: what a program undoes in a loop with XOR or addition of a constant, so that
//! `strings` does not show it. C, Rust, Go, .NET and DEX keep such arrays as they are, and so does
//! Python.
//!
//! The differences of neighbouring bytes do not depend on the constant. So the beginning of a key
//! (`AKIA`) is looked for by them, in one pass and whatever the constant; what follows must be of the
//! key's alphabet. Chance makes that once in 2^70 bytes. Around a hit the bytes are undone alike, for its
//! other half. Keys of several bytes are not looked for: the differences depend on them.

use super::sieve::{self, sieve};
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Site, Sites, Text, TextKind};
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Reads what stands under one byte.
pub struct MaskedLens;

/// Bytes around a hit that are undone alike.
const AROUND: usize = 4 << 10;
/// More hits than this in one file are an attack.
const MOST: usize = 64;
/// Characters behind the beginning that must be of the alphabet.
const BODY: usize = 16;

/// Different ones among these; of letters that chance drew, one body in ten thousand has fewer.
const KINDS: u32 = 8;

/// How keys begin.
const BEGINNINGS: [&[u8; 4]; 5] = [b"AKIA", b"ASIA", b"ghp_", b"AIza", b"xoxb"];

/// How a byte is hidden.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
enum Mask {
    Xor(u8),
    Add(u8),
}

impl Mask {
    fn undo(self, byte: u8) -> u8 {
        match self {
            Mask::Xor(key) => byte ^ key,
            Mask::Add(key) => byte.wrapping_sub(key),
        }
    }
}

impl Lens for MaskedLens {
    fn name(&self) -> &'static str {
        "masked"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.len() > 4 + BODY && {
            let mut any = false;
            search(blob.bytes, &mut |_, _| {
                any = true;
                false
            });
            any
        }
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn texts(&self, blob: &Blob<'_>, _: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let data = blob.bytes;
        let mut found: Vec<(Mask, Range<usize>, Vec<usize>)> = Vec::new();
        search(data, &mut |at, mask| {
            let around = at.saturating_sub(AROUND)..(at + AROUND).min(data.len());
            match found.iter_mut().find(|(m, range, _)| *m == mask && range.end >= around.start) {
                Some((_, range, hits)) => {
                    range.end = around.end;
                    hits.push(at);
                }
                None => found.push((mask, around, vec![at])),
            }
            found.len() < MOST
        });
        for (mask, range, hits) in found {
            let mut bytes = undo(&data[range.clone()], mask);
            // A letter that is the constant itself is a zero, and may stand beside padding.
            for at in hits {
                let key = at - range.start..at - range.start + 4 + BODY;
                for (byte, masked) in bytes[key].iter_mut().zip(&data[at..]) {
                    *byte = mask.undo(*masked);
                }
            }
            let mut map = OffsetMap::identity();
            map.push_plain(0, range.start as u64);
            let sites = Under(match mask {
                Mask::Xor(key) => format!("bytes under XOR {key:#04x}"),
                Mask::Add(key) => format!("bytes plus {key:#04x}"),
            });
            emit(&Text {
                bytes: &bytes,
                kind: TextKind::Binary,
                encoding: Some(Encoding::Assembled),
                map: &map,
                outer: None,
                sites: &sites,
            });
        }
        Ok(())
    }
}

/// Undoes all bytes; padding stays what it is.
fn undo(data: &[u8], mask: Mask) -> Vec<u8> {
    let is_zero = |n: Option<usize>| n.is_none_or(|n| data.get(n).is_none_or(|b| *b == 0));
    data.iter()
        .enumerate()
        .map(|(n, &byte)| {
            let is_padding = byte == 0 && (is_zero(n.checked_sub(1)) || is_zero(Some(n + 1)));
            if is_padding { 0 } else { mask.undo(byte) }
        })
        .collect()
}

/// Calls `found` with every masked beginning of a key, until it answers `false`.
fn search(data: &[u8], found: &mut dyn FnMut(usize, Mask) -> bool) {
    sieve::for_each(data, beginnings, &mut |at| begins(data, at).is_none_or(|mask| found(at, mask)));
}

sieve! {
    /// Where the first two differences are those of a beginning.
    fn beginnings(window, places) {
        let mut any = 0;
        for i in 0..STEP {
            let [a, b, c] = [window[i], window[i + 1], window[i + 2]];
            let (x, y) = (a ^ b, b ^ c);
            let (m, n) = (b.wrapping_sub(a), c.wrapping_sub(b));
            let mut is = 0;
            for [p, q, r, _] in BEGINNINGS {
                is |= u8::from(x == p ^ q) & u8::from(y == q ^ r);
                is |= u8::from(m == q.wrapping_sub(*p)) & u8::from(n == r.wrapping_sub(*q));
            }
            places[i] = is;
            any |= is;
        }
        any != 0
    }
}

/// Of the first and second pairs of letters: differences (1 by XOR, 2 by subtraction) that beginnings have.
static DIFFERENCES: [[u8; 256]; 2] = {
    let mut known = [[0; 256]; 2];
    let mut i = 0;
    while i < BEGINNINGS.len() {
        let mut pair = 0;
        while pair < 2 {
            let (a, b) = (BEGINNINGS[i][pair], BEGINNINGS[i][pair + 1]);
            known[pair][(a ^ b) as usize] |= 1;
            known[pair][b.wrapping_sub(a) as usize] |= 2;
            pair += 1;
        }
        i += 1;
    }
    known
};

/// Whether bytes are a table of small numbers, as letters are under a mask that takes `A` for zero.
pub(super) fn is_small_numbers(body: &[u8]) -> bool {
    body.iter().all(|b| *b < 0x20)
}

/// How many different bytes there are.
pub(super) fn kinds(body: &[u8]) -> u32 {
    let mut seen = [0u64; 4];
    body.iter().for_each(|b| seen[usize::from(b >> 6)] |= 1 << (b & 63));
    seen.iter().map(|word| word.count_ones()).sum()
}

/// The mask under which a key begins at `at`.
fn begins(data: &[u8], at: usize) -> Option<Mask> {
    let (head, body) = data.get(at..at + 4 + BODY)?.split_at(4);
    let pairs = [(head[0], head[1]), (head[1], head[2])];
    let may_xor = pairs.iter().zip(&DIFFERENCES).all(|((a, b), known)| known[usize::from(a ^ b)] & 1 != 0);
    let may_add =
        pairs.iter().zip(&DIFFERENCES).all(|((a, b), known)| known[usize::from(b.wrapping_sub(*a))] & 2 != 0);
    if !may_xor && !may_add {
        return None;
    }
    BEGINNINGS.iter().find_map(|beginning| {
        let masks = [Mask::Xor(head[0] ^ beginning[0]), Mask::Add(head[0].wrapping_sub(beginning[0]))];
        let is_id = beginning.ends_with(b"IA");
        masks.into_iter().find(|mask| {
            let fits = |b: &u8| {
                let c = mask.undo(*b);
                if is_id {
                    matches!(c, b'A'..=b'Z' | b'2'..=b'7')
                } else {
                    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-')
                }
            };
            // Few heads are that far alike, so they come first. What is not masked at all needs no undoing, nor do words in lower
            // case. Tables have few letters.
            head.iter().zip(beginning.iter()).all(|(b, c)| mask.undo(*b) == *c)
                && !matches!(mask, Mask::Xor(0 | 0x20) | Mask::Add(0 | 0x20))
                && kinds(body) >= KINDS
                && !is_small_numbers(body)
                && body.iter().all(fits)
        })
    })
}

/// All that is under one mask is named by it.
struct Under(String);

impl Sites for Under {
    fn resolve(&self, _: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        spans.iter().map(|_| vec![Site { name: self.0.clone(), ..Site::default() }]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn read(bytes: &[u8]) -> Vec<Vec<u8>> {
        let blob = Blob { address: Address::named("x"), bytes };
        let mut texts = Vec::new();
        if MaskedLens.reads(&blob) {
            MaskedLens.texts(&blob, &Limits::default(), &mut |text| texts.push(text.bytes.to_vec())).unwrap();
        }
        texts
    }

    #[test]
    fn any_constant_at_any_place() {
        fn xor(a: u8, b: u8) -> u8 {
            a ^ b
        }
        let id = ["AK", "IAQWERTYUIOPASDF2H"].concat();
        for key in (1..=255u8).filter(|key| *key != 0x20) {
            for before in [0, 1, 63, 64, 65, 130] {
                for (is_sum, mask) in [(false, xor as fn(u8, u8) -> u8), (true, u8::wrapping_add)] {
                    let mut bytes = vec![0; before];
                    bytes.extend(id.bytes().map(|b| mask(b, key)));
                    bytes.extend([0, 0, 0]);
                    let texts = read(&bytes);
                    let found = texts.iter().any(|t| memchr::memmem::find(t, id.as_bytes()).is_some());
                    // Of few constants, addition can be read as XOR with another one: one reading is told.
                    let is_read_so = is_sum && !texts.is_empty();
                    assert!(found || is_read_so, "{key} {before}");
                }
            }
        }
    }

    #[test]
    fn plain_keys_and_noise_are_left_alone() {
        let mut bytes = vec![0; 64];
        bytes.extend(["AK", "IAQWERTYUIOPASDFGH"].concat().bytes());
        let mut state = 1u32;
        bytes.extend((0..1 << 20).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
        assert_eq!(read(&bytes), Vec::<Vec<u8>>::new());
    }
}
