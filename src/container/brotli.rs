//! Whether data are a stream of Brotli, which has neither magic bytes nor a checksum: a head that makes sense, and then what comes out of
//! it. Chance breaks off within a few bytes of the first codes; what does not, and ends where the data do or makes text, is no chance.
//!
//! RFC 7932.

use super::opaque::looks_like_chance;
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// What is looked at: compressed bytes, and bytes that come out.
const INPUT: usize = 64 << 10;
const OUTPUT: usize = 64 << 10;
/// Less than this says nothing.
const LEAST: usize = 32;
/// So much text is none by chance; the dictionary of the format is text itself.
const TEXT: usize = 256;
/// What is at least as long does not hold by chance, whatever comes out.
const LONG: usize = 8 << 10;

/// What repeats itself is packed to less than chance; programs and tables are less even by far.
const UNEVEN: u64 = 16;

/// Whether a stream begins that all of the data, or what is there of them, belong to.
pub(crate) fn begins(data: &[u8]) -> bool {
    let Some(len) = first_len(data) else { return false };
    let head = &data[..data.len().min(4096)];
    if head.len() >= TEXT && !looks_like_chance(head, UNEVEN) || len < LEAST {
        return false;
    }
    let mut out = vec![0; len.min(OUTPUT)];
    let trial = Trial::of(&data[..data.len().min(INPUT)], &mut out);
    let out = &out[..trial.written];
    match trial.state {
        State::Ended => {
            trial.read == data.len() && out.len() >= trial.read && (trial.read >= TEXT || is_text(out))
        }
        State::Open => {
            out.len() >= TEXT && is_text(&out[..out.len().min(4096)])
                || trial.read >= LONG && out.len() > trial.read + trial.read / 8
        }
        State::Broken => false,
    }
}

/// Whether a stream of `len` bytes may begin so, by its head alone.
pub(crate) fn may_begin(head: &[u8], len: usize) -> bool {
    first_len(head).is_some_and(|out| out >= len / 2 && out / 64 <= len)
}

/// Whether text comes out of the first bytes of a stream.
pub(crate) fn begins_text(head: &[u8]) -> bool {
    if first_len(head).is_none() {
        return false;
    }
    let mut out = [0; TEXT];
    let trial = Trial::of(head, &mut out);
    trial.state != State::Broken && trial.written >= LEAST && is_text(&out[..trial.written])
}

/// The bytes that the first block of a stream makes, if the head of one stands here (section 9.1 and 9.2).
fn first_len(data: &[u8]) -> Option<usize> {
    let mut bits = u64::from_le_bytes(*data.first_chunk()?);
    let mut take = |count: u32| {
        let value = bits & ((1 << count) - 1);
        bits >>= count;
        value
    };
    if take(1) == 1 && take(3) == 0 && take(3) == 1 {
        // Windows of another format.
        return None;
    }
    let is_last = take(1) == 1;
    if is_last && take(1) == 1 {
        return None;
    }
    let nibbles = match take(2) {
        // Data that are to be passed over.
        3 => return None,
        more => 4 + more as u32,
    };
    let len = take(4 * nibbles);
    // The shortest way to write it; what is stored is seen as it is.
    let is_short = nibbles == 4 || len >> (4 * (nibbles - 1)) != 0;
    let is_stored = !is_last && take(1) == 1;
    (is_short && !is_stored).then_some(len as usize + 1)
}

/// What came out, or what is there of it, is text, of more letters than chance repeats.
fn is_text(out: &[u8]) -> bool {
    let is_plain = |b: &u8| matches!(*b, 0x20..=0x7e | b'\t' | b'\n' | b'\r' | 0x80..);
    let end = match std::str::from_utf8(out) {
        Ok(_) => out.len(),
        // A letter may be cut at the end.
        Err(e) if e.error_len().is_none() => e.valid_up_to(),
        Err(_) => return false,
    };
    let mut seen = [false; 256];
    out[..end].iter().for_each(|b| seen[usize::from(*b)] = true);
    out.iter().all(is_plain) && seen.iter().filter(|seen| **seen).count() >= 8
}

#[derive(PartialEq, Eq, Debug)]
enum State {
    /// All is there.
    Ended,
    /// There would be more to read, or to make.
    Open,
    Broken,
}

struct Trial {
    read: usize,
    written: usize,
    state: State,
}

impl Trial {
    fn of(input: &[u8], out: &mut [u8]) -> Trial {
        let alloc = StandardAlloc::default;
        let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
        let (mut left, mut read, mut room, mut written, mut total) = (input.len(), 0, out.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            input,
            &mut room,
            &mut written,
            out,
            &mut total,
            &mut state,
        );
        let state = match result {
            BrotliResult::ResultSuccess => State::Ended,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => State::Open,
            BrotliResult::ResultFailure => State::Broken,
        };
        Trial { read, written, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text `line 1 of a text`, up to line 900, as the tool packs it.
    const PACKED: &[u8] = include_bytes!("../../testdata/seeds/brotli/text");

    #[test]
    fn whole_and_cut_streams() {
        assert!(begins(PACKED) && may_begin(PACKED, PACKED.len()) && begins_text(&PACKED[..384]));
        for len in [PACKED.len() / 2, PACKED.len() - 1] {
            assert!(begins(&PACKED[..len]), "{len}");
        }
        // What is behind a stream makes it none.
        assert!(!begins(&[PACKED, &[7; 9]].concat()));
    }

    #[test]
    fn chance_is_no_stream() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let mut taken = 0;
        for n in 0..20_000 {
            let data: Vec<u8> = (0..40 + n % 600).map(|_| next()).collect();
            taken += usize::from(begins(&data) || may_begin(&data, data.len()) && begins_text(&data));
        }
        assert_eq!(taken, 0);
    }
}
