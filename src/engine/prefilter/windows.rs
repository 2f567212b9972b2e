//! The prefilter for every platform: a bitmap of hashed four-byte windows.
//!
//! Of each literal one window of four bytes is entered, the one least common in real data. The
//! search takes the four bytes at every position of the text, folds their case, hashes them, and
//! looks up one bit: no step depends on the one before, so a processor overlaps many of them, which
//! it cannot do for an automaton. Positions whose bit is set (a few in a thousand) are compared with
//! the literals of that hash. Against the Aho-Corasick DFA of `portable.rs`, measured with 330
//! literals on 105 MB of Rust source: see `docs/architecture.md`.

use super::{Literal, LiteralId, Prefilter};
use std::ops::Range;

/// Bits of the hash.
const HASH_BITS: u32 = 16;
/// Bytes of a window.
const WINDOW: usize = 4;

/// One literal in its hash bucket.
#[derive(Clone, Copy)]
struct Entry {
    id: LiteralId,
    /// Where in the literal its window stands.
    offset: usize,
}

/// Finds literals by their rarest windows.
pub struct Windows {
    literals: Vec<Literal>,
    bitmap: Box<[u64; 1 << (HASH_BITS - 6)]>,
    /// Entries, sorted by hash.
    entries: Vec<(u32, Entry)>,
    /// Literals shorter than a window: those of three bytes are in `entries` too and only looked for
    /// here at the very end of a text; patterns have none that are shorter still.
    short: Vec<LiteralId>,
    longest: usize,
}

impl Windows {
    /// A prefilter for `literals`; none may be empty.
    pub fn new(literals: Vec<Literal>) -> Self {
        let mut bitmap = Box::new([0; 1 << (HASH_BITS - 6)]);
        let mut entries = Vec::with_capacity(literals.len());
        let mut short = Vec::new();
        for (i, literal) in literals.iter().enumerate() {
            let id = LiteralId(i as u32);
            let mut enter = |window: &[u8], offset| {
                let hash = hash_at(window);
                bitmap[(hash >> 6) as usize] |= 1 << (hash & 63);
                entries.push((hash, Entry { id, offset }));
            };
            match (rarest_window(&literal.bytes), &literal.bytes[..]) {
                (Some(offset), bytes) => enter(&bytes[offset..offset + WINDOW], offset),
                // One byte short: entered with every byte that may follow.
                (None, &[a, b, c]) => (0..=255).for_each(|d| enter(&[a, b, c, d], 0)),
                (None, _) => {}
            }
            if literal.bytes.len() < WINDOW {
                short.push(id);
            }
        }
        entries.sort_by_key(|(hash, entry)| (*hash, entry.id));
        entries.dedup_by_key(|(hash, entry)| (*hash, entry.id, entry.offset));
        let longest = literals.iter().map(|l| l.bytes.len()).max().unwrap_or(0);
        Windows { literals, bitmap, entries, short, longest }
    }

    #[cold]
    fn candidate(
        &self,
        text: &[u8],
        window: usize,
        hash: u32,
        within: &Range<usize>,
        on_literal: &mut dyn FnMut(LiteralId, usize),
    ) {
        let first = self.entries.partition_point(|(h, _)| *h < hash);
        for (_, entry) in self.entries[first..].iter().take_while(|(h, _)| *h == hash) {
            let Some(start) = window.checked_sub(entry.offset) else { continue };
            if within.contains(&start) && self.literals[entry.id.0 as usize].stands_at(text, start) {
                on_literal(entry.id, start);
            }
        }
    }
}

impl Prefilter for Windows {
    fn name(&self) -> &'static str {
        "windows (portable)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        // A literal that starts in `within` has its window there or less than its length behind.
        let end = text.len().min(within.end.saturating_add(self.longest));
        let Some(searched) = text.get(within.start..end) else { return };
        for (i, window) in searched.windows(WINDOW).enumerate() {
            let hash = hash_at(window);
            if self.bitmap[(hash >> 6) as usize] >> (hash & 63) & 1 != 0 {
                self.candidate(text, within.start + i, hash, &within, on_literal);
            }
        }
        for &id in &self.short {
            let len = self.literals[id.0 as usize].bytes.len();
            let stop = within.end.min(text.len());
            let from = if len == 3 { within.start.max(text.len().saturating_sub(len)) } else { within.start };
            for at in from..stop {
                if self.literals[id.0 as usize].stands_at(text, at) {
                    on_literal(id, at);
                }
            }
        }
    }
}

/// The hash of the four bytes of `window`, in any case.
#[inline(always)]
fn hash_at(window: &[u8]) -> u32 {
    let bytes = [window[0], window[1], window[2], window[3]];
    // Setting bit 5 folds ASCII letters; what else it folds costs a comparison at most.
    let folded = u32::from_le_bytes(bytes) | 0x2020_2020;
    folded.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)
}

/// Where the window of `literal` stands that is least common in source code and binaries; `None`
/// when it is too short.
fn rarest_window(literal: &[u8]) -> Option<usize> {
    let cost = |window: &[u8]| window.iter().map(|&b| commonness(b)).sum::<u32>();
    (0..(literal.len() + 1).checked_sub(WINDOW)?).min_by_key(|&at| cost(&literal[at..at + WINDOW]))
}

/// Roughly how common a byte is in text, in eighths of bits.
fn commonness(b: u8) -> u32 {
    match b.to_ascii_lowercase() {
        b' ' | b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 40,
        b'l' | b'c' | b'd' | b'u' | b'm' | b'p' | b'h' | b'f' => 30,
        b'g' | b'b' | b'y' | b'v' | b'w' | b'_' | b'.' | b'/' | b'-' | b'0' | b'1' | b'=' | b'"' => 22,
        b'k' | b'x' | b'2'..=b'9' | b':' => 16,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::portable::Portable;
    use proptest::prelude::*;

    fn found(prefilter: &dyn Prefilter, text: &[u8], within: Range<usize>) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        prefilter.find(text, within, &mut |id, at| all.push((at, id.0)));
        all.sort_unstable();
        all
    }

    proptest! {
        /// The automaton is the oracle, for any literals, texts and cuts.
        #[test]
        fn agrees_with_the_automaton(
            literals in proptest::collection::vec(("[aAbB_-]{1,7}", any::<bool>()), 1..12),
            text in "[aAbB_ -]{0,120}",
            cut in 0usize..120,
        ) {
            let literals: Vec<Literal> =
                literals.into_iter().map(|(t, ignore_case)| Literal { bytes: t.into_bytes(), ignore_case }).collect();
            let oracle = Portable::new(literals.clone());
            let windows = Windows::new(literals);
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            prop_assert_eq!(found(&windows, text, 0..text.len()), found(&oracle, text, 0..text.len()));
            let mut parts = found(&windows, text, 0..cut);
            parts.extend(found(&windows, text, cut..text.len()));
            prop_assert_eq!(parts, found(&oracle, text, 0..text.len()));
        }
    }

    #[test]
    fn every_padding_around_a_literal() {
        let literals = vec![Literal { bytes: b"-----BEGIN".to_vec(), ignore_case: false }];
        let (oracle, windows) = (Portable::new(literals.clone()), Windows::new(literals));
        for before in 0..80 {
            for after in 0..8 {
                let text = [&vec![b'-'; before][..], b"-----BEGIN", &vec![b'N'; after]].concat();
                assert_eq!(found(&windows, &text, 0..text.len()), found(&oracle, &text, 0..text.len()));
            }
        }
    }
}
