//! Access keys under a mask: each byte XORed with one to four bytes in turn, or with one added.
//!
//! Code takes the mask off when it runs. Following it would take an interpreter for each processor;
//! but an access key id begins with four known letters, so those give the mask, and the sixteen
//! letters behind them prove it: that they are all of base32 by chance happens once in 2^48. Under
//! a mask that is proved so, what stands around the id is read as well. Of more than one byte a mask
//! is believed only with a secret of forty characters beside the id: tables of numbers, of which there
//! are megabytes in real libraries, look like ids otherwise (64 in three builds of JavaScriptCore).

use super::sieve::masked_ids;
use crate::lens::masked::{is_small_numbers, kinds};
use crate::lens::sieve;
use std::ops::Range;

/// Longest mask that four known letters give away.
const MAX_PERIOD: usize = 4;
/// Letters of an id.
pub const ID_LEN: usize = 20;
/// Letters of the secret that belongs to one.
const SECRET_LEN: usize = 40;
/// Different letters of one. Of 64, 40 that chance drew are 30 different ones, in one of two hundred fewer than 24; of text and tables
/// under a mask that belongs to neither, fewer.
const MIN_KINDS: u8 = 24;
/// Bytes around an id that are read under its mask.
const AROUND: usize = 2048;
/// Shortest string that is told of.
const MIN_LEN: usize = 16;
/// Different letters of an id under a longer mask; one in four thousand has fewer.
pub const MIN_LETTERS: u8 = 10;
/// Ids of one stretch of data: nobody hides more.
const MAX_IDS: usize = 64;
/// Ids that turn out to be none: hostile data must not be all of them.
const MAX_TRIES: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mask {
    Xor([u8; MAX_PERIOD], usize),
    Plus(u8),
}

impl Mask {
    /// A byte that is `n` behind the first of the id.
    fn off(self, byte: u8, n: usize) -> u8 {
        match self {
            Mask::Xor(key, period) => byte ^ key[n % period],
            Mask::Plus(key) => byte.wrapping_sub(key),
        }
    }

    /// Bytes of which the first is `n` behind the first of the id.
    fn unmasked(self, raw: &[u8], n: usize) -> Vec<u8> {
        let (key, period) = match self {
            Mask::Xor(key, period) => (key, period),
            Mask::Plus(key) => return raw.iter().map(|b| b.wrapping_sub(key)).collect(),
        };
        // As often as makes vectors, whatever the period.
        let keys: [u8; 48] = std::array::from_fn(|i| key[(n + i) % period]);
        let mut plain = raw.to_vec();
        for bytes in plain.chunks_mut(keys.len()) {
            bytes.iter_mut().zip(keys).for_each(|(b, key)| *b ^= key);
        }
        plain
    }
}

const PREFIXES: [&[u8; 4]; 2] = [b"AKIA", b"ASIA"];

const fn is_base32(b: u8) -> bool {
    matches!(b, b'A'..=b'Z' | b'2'..=b'7')
}

const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-' | b'.')
}

/// Whether the bytes of an id are one under a mask.
fn is_id(raw: &[u8], mask: Mask, prefix: &[u8]) -> bool {
    raw.iter().enumerate().all(|(n, &b)| {
        let plain = mask.off(b, n);
        prefix.get(n).map_or_else(|| is_base32(plain), |&p| p == plain)
    })
}

/// The mask of an id that may begin with these bytes.
fn mask_of(raw: &[u8; ID_LEN]) -> Option<Mask> {
    // The differences that the first letters have under any mask of one byte.
    let (x, y) = (raw[0] ^ raw[1], raw[1].wrapping_sub(raw[0]));
    let is_short =
        (x == b'A' ^ b'K' || x == b'A' ^ b'S' || y == b'K' - b'A' || y == b'S' - b'A') && raw[0] != b'A';
    let [two, three, four] = [may_repeat::<2>(raw), may_repeat::<3>(raw), may_repeat::<4>(raw)];
    if !(is_short || two || three || four) {
        return None;
    }
    // Three bytes alike are no three letters that differ; small numbers are a table, and words words.
    let of_words =
        |b: &u8| b.is_ascii_lowercase() || matches!(b, b'_' | b' ' | b'.' | b'-' | b':' | b'/' | 0);
    if raw[0] == raw[1] && raw[1] == raw[2] || is_small_numbers(raw) || raw.iter().all(of_words) {
        return None;
    }
    if is_short {
        for prefix in PREFIXES {
            let xor = Mask::Xor([raw[0] ^ b'A'; MAX_PERIOD], 1);
            let plus = Mask::Plus(raw[0].wrapping_sub(b'A'));
            let is_one = |mask: &Mask| is_id(raw, *mask, prefix) && letters(raw, *mask) >= MIN_LETTERS;
            if let Some(mask) = [xor, plus].into_iter().find(is_one) {
                return Some(mask);
            }
        }
    }
    // What repeats itself, and what is letters as it stands, looks like one under some longer mask.
    PREFIXES.into_iter().find_map(|prefix| {
        let is_one =
            |mask: &Mask| !is_text(raw) && !has_columns(raw, *mask) && letters(raw, *mask) >= MIN_LETTERS;
        let of_two = || two.then(|| longer::<2>(raw, prefix))?.filter(is_one);
        let of_three = || three.then(|| longer::<3>(raw, prefix))?.filter(is_one);
        let of_four = || four.then(|| longer::<4>(raw, prefix))?.filter(is_one);
        of_two().or_else(of_three).or_else(of_four)
    })
}

/// Whether bytes read as text with nothing undone: words, and what stands between them.
fn is_text(raw: &[u8]) -> bool {
    let of_words = |b: &&u8| {
        b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'.' | b'-' | b':' | b'/' | 0 | b'\n')
    };
    raw.iter().filter(of_words).count() * 5 >= raw.len() * 4
}

/// Letters of base32.
const BASE32: [bool; 256] = {
    let mut table = [false; 256];
    let mut n = 0;
    while n < 256 {
        table[n] = is_base32(n as u8);
        n += 1;
    }
    table
};

/// What any id under a mask of that length fulfils: letters that either prefix has, and those a period or
/// more behind them.
#[inline]
fn may_repeat<const PERIOD: usize>(raw: &[u8; ID_LEN]) -> bool {
    let column = |at: usize, letter: u8, from: usize| {
        (from..ID_LEN).step_by(PERIOD).all(|n| BASE32[usize::from(raw[at] ^ raw[n] ^ letter)])
    };
    match PERIOD {
        2 => raw[0] ^ raw[2] == b'A' ^ b'I' && column(0, b'A', 4),
        3 => raw[0] == raw[3] && column(0, b'A', 6) && column(2, b'I', 5),
        _ => column(0, b'A', 4) && column(3, b'A', 7) && column(2, b'I', 6),
    }
}

/// The mask of several bytes under which the bytes of an id that may repeat one are an id.
#[inline]
fn longer<const PERIOD: usize>(raw: &[u8; ID_LEN], prefix: &[u8; 4]) -> Option<Mask> {
    let mut key = [0; MAX_PERIOD];
    for (key, (raw, plain)) in key.iter_mut().zip(raw.iter().zip(prefix)).take(PERIOD) {
        *key = raw ^ plain;
    }
    let is_id = (PERIOD..ID_LEN).all(|n| {
        let plain = raw[n] ^ key[n % PERIOD];
        prefix.get(n).map_or_else(|| is_base32(plain), |&p| p == plain)
    });
    (is_id && key != [0; MAX_PERIOD]).then_some(Mask::Xor(key, PERIOD))
}

/// How many letters an id has: tables that nearly repeat themselves have few.
fn letters(raw: &[u8], mask: Mask) -> u8 {
    let set = raw.iter().enumerate().fold(0u128, |set, (n, &b)| set | 1 << (mask.off(b, n) & 0x7f));
    set.count_ones() as u8
}

/// Whether every fourth letter is the same: tables of numbers and UTF-16 have bytes that stay.
fn has_columns(raw: &[u8], mask: Mask) -> bool {
    let letter = |n: usize| raw.get(n).map(|&b| mask.off(b, n));
    (0..4).any(|column| (column..ID_LEN).step_by(4).all(|n| letter(n) == letter(column)))
}

/// Calls `found` with every string under a mask and where it stands in `data`. `starts` are offsets
/// at which something is known to begin, sorted.
pub fn strings(data: &[u8], starts: &[usize], found: &mut dyn FnMut(usize, &[u8])) {
    let (mut behind, mut left, mut tries) = (0, MAX_IDS, MAX_TRIES);
    sieve::for_each(data, masked_ids, &mut |at| {
        let raw = data[at..].first_chunk().filter(|_| at >= behind);
        let Some(mask) = raw.and_then(mask_of) else { return true };
        let is_one = around(data, at, mask, starts, found);
        if is_one {
            behind = at + ID_LEN;
        }
        left -= usize::from(is_one);
        tries -= 1;
        left != 0 && tries != 0
    });
}

/// Tells of the id at `at` and of the strings around it under its mask, if it is one.
fn around(data: &[u8], at: usize, mask: Mask, starts: &[usize], found: &mut dyn FnMut(usize, &[u8])) -> bool {
    let id = at..at + ID_LEN;
    let period = match mask {
        Mask::Xor(_, period) => period,
        Mask::Plus(_) => 1,
    };
    let (low, high) = (at.saturating_sub(AROUND), (id.end + AROUND).min(data.len()));
    // A string of its own begins with the first byte of the mask again, wherever it stands: all around as it is under
    // a mask that begins at each place of a period.
    let raw = &data[low..high];
    let behind = |from: usize| low + 12 * AROUND - from;
    let unmasked: Vec<Vec<u8>> = (at..at + period).map(|from| mask.unmasked(raw, behind(from))).collect();
    if period > 1 && !unmasked.iter().any(|plain| has_secret(plain)) {
        return false;
    }
    let mut texts: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut tell = |range: Range<usize>, plain: &[u8]| {
        texts.push((range.start, plain[range.start - low..range.end - low].to_vec()));
    };
    tell(id.clone(), &unmasked[0]);
    // Where data is empty stands the mask itself.
    let is_nul = |i: usize| data.get(i) == Some(&0);
    let is_empty = |i: usize| is_nul(i) && (is_nul(i + 1) || i.checked_sub(1).is_some_and(is_nul));
    let mut cuts = vec![false; high - low + 1];
    let near = starts.partition_point(|&s| s < low)..starts.partition_point(|&s| s <= high);
    starts[near].iter().chain([&id.start, &id.end]).for_each(|&cut| cuts[cut - low] = true);
    for (plain, from) in unmasked.iter().zip(at..) {
        let mut start = low;
        for i in low..=high {
            let is_cut = cuts[i - low];
            let is_part = i < high && !id.contains(&i) && is_token(plain[i - low]) && !is_empty(i);
            if is_part && !is_cut {
                continue;
            }
            let mut range = start..i;
            while range.start < range.end && is_nul(range.start) {
                range.start += 1;
            }
            while range.start < range.end && is_nul(range.end - 1) {
                range.end -= 1;
            }
            if range.len() >= MIN_LEN && range.start % period == from % period {
                tell(range, plain);
            }
            start = if is_part { i } else { i + 1 };
        }
    }
    let is_one = period == 1 || texts.iter().any(|(_, text)| is_secret(text));
    if is_one {
        texts.iter().for_each(|(at, text)| found(*at, text));
    }
    is_one
}

/// Whether what has the shape of a secret stands in a text, wherever it may be cut out.
fn has_secret(text: &[u8]) -> bool {
    let mut start = 0;
    while let Some(window) = text.get(start..start + SECRET_LEN) {
        // Where one is no letter, none of the runs that would hold it is looked at.
        match window.iter().rposition(|b| !is_secret_letter(*b)) {
            Some(i) => start += i + 1,
            None => {
                let run = text[start..].iter().take_while(|b| is_secret_letter(**b)).count();
                if holds_secret(&text[start..start + run]) {
                    return true;
                }
                start += run;
            }
        }
    }
    false
}

/// The same for a run of letters.
fn holds_secret(run: &[u8]) -> bool {
    let (mut counts, mut kinds) = ([0u8; 256], 0);
    run.iter().enumerate().any(|(i, b)| {
        let count = &mut counts[usize::from(*b)];
        kinds += u8::from(*count == 0);
        *count += 1;
        let Some(first) = (i + 1).checked_sub(SECRET_LEN) else { return false };
        let is_one = kinds >= MIN_KINDS && is_secret(&run[first..=i]);
        let gone = &mut counts[usize::from(run[first])];
        *gone -= 1;
        kinds -= u8::from(*gone == 0);
        is_one
    })
}

const fn is_secret_letter(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

/// Whether a string has the shape of the secret that belongs to an id.
fn is_secret(text: &[u8]) -> bool {
    text.len() == SECRET_LEN
        && kinds(text) >= u32::from(MIN_KINDS)
        && text.iter().all(|b| is_secret_letter(*b))
        && text.iter().any(u8::is_ascii_uppercase)
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &[u8] = b"AKIAQX7ZT2MN5RB6WKCH";
    const SECRET: &[u8] = b"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";

    fn hidden(mask: impl Fn(usize, u8) -> u8) -> Vec<u8> {
        let mut data = vec![0; 32];
        data.extend(ID.iter().enumerate().map(|(n, &b)| mask(n, b)));
        data.extend([0; 4]);
        data.extend(SECRET.iter().enumerate().map(|(n, &b)| mask(n, b)));
        data.extend([0; 32]);
        data
    }

    fn all(data: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        strings(data, &[], &mut |_, text| found.push(text.to_vec()));
        found
    }

    #[test]
    fn masks_of_one_to_four_bytes() {
        let keys: [&[u8]; 4] = [&[0x5a], &[0x91, 0x1c], &[9, 200, 31], b"k3yQ"];
        for key in keys {
            let found = all(&hidden(|n, b| b ^ key[n % key.len()]));
            assert!(found.iter().any(|t| t == ID), "{key:?}");
            assert!(found.iter().any(|t| t == SECRET), "{key:?}: {found:?}");
        }
        let found = all(&hidden(|_, b| b.wrapping_add(7)));
        assert!(found.iter().any(|t| t == SECRET), "{found:?}");
    }

    #[test]
    fn what_stands_there_as_it_is_has_no_mask() {
        assert!(all(&hidden(|_, b| b)).is_empty());
        assert!(all(&[0; 512]).is_empty());
        let wide: Vec<u8> = [ID, SECRET].concat().iter().flat_map(|&b| [b, 0]).collect();
        assert!(all(&wide).is_empty(), "UTF-16");
        let table: Vec<u8> = (0..200u32).flat_map(|n| (0x0041_0100 + n * 3).to_le_bytes()).collect();
        assert!(all(&table).is_empty(), "numbers");
        assert!(
            all(b"THE QUICK BROWN FOX JUMPS OVER A LAZY DOG ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
                .repeat(8)
                .as_slice())
            .is_empty()
        );
    }
    /// Every id is seen by the sieve: whatever `mask_of` takes, at any place of a block.
    #[test]
    fn the_sieve_lets_every_id_through() {
        let mut state = 7u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for round in 0..4_000usize {
            let before = round % 131;
            let mut data: Vec<u8> = (0..before).map(|_| next() as u8).collect();
            let mut id: Vec<u8> = PREFIXES[round % 2].to_vec();
            // Few letters now and then, so that the least number of them is met.
            let kinds = if round % 3 == 0 { 8 } else { 32 };
            id.extend((4..ID_LEN).map(|_| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(next() % kinds) as usize]));
            let period = 1 + round % 5;
            let key: Vec<u8> = (0..period.min(4)).map(|_| next() as u8).collect();
            let masked =
                |(n, b): (usize, &u8)| if period == 5 { b.wrapping_add(key[0]) } else { b ^ key[n % period] };
            data.extend(id.iter().enumerate().map(masked));
            data.extend((0..round % 70).map(|_| next() as u8));
            let mut seen = Vec::new();
            sieve::for_each(&data, masked_ids, &mut |at| {
                seen.push(at);
                true
            });
            let all = data.windows(ID_LEN).enumerate();
            for (at, raw) in all.filter(|(_, raw)| mask_of(raw.first_chunk().unwrap()).is_some()) {
                assert!(seen.contains(&at), "{at} {raw:?} of {data:?}");
            }
        }
    }
}
