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
pub(super) const WINDOW: usize = 4;

/// One literal in its hash bucket.
#[derive(Clone, Copy)]
struct Entry {
    id: LiteralId,
    /// Where in the literal its window stands.
    offset: usize,
}

/// One bit for each hash.
type Bitmap = Box<[u64; 1 << (HASH_BITS - 6)]>;

/// Finds literals by their rarest windows.
pub struct Windows {
    literals: Vec<Literal>,
    /// Hashes of the windows of four bytes.
    long: Bitmap,
    /// Hashes of the literals of three bytes, in each of their cases.
    short: Bitmap,
    /// Entries of the windows of four bytes, sorted by hash; then those of three.
    entries: Vec<(u32, Entry)>,
    short_entries: Vec<(u32, Entry)>,
    /// Literals of one and two bytes, which no pattern has: found by looking everywhere.
    tiny: Vec<LiteralId>,
    longest: usize,
}

impl Windows {
    /// A prefilter for `literals`; none may be empty.
    pub fn new(literals: Vec<Literal>) -> Self {
        let mut long: Bitmap = Box::new([0; 1 << (HASH_BITS - 6)]);
        let mut short = long.clone();
        let (mut entries, mut short_entries, mut tiny) =
            (Vec::with_capacity(literals.len()), Vec::new(), Vec::new());
        for (i, literal) in literals.iter().enumerate() {
            let id = LiteralId(i as u32);
            match (rarest_window(&literal.bytes), &literal.bytes[..]) {
                (Some(offset), bytes) => {
                    let hash = hash_long(window_at(bytes, offset));
                    set(&mut long, hash);
                    entries.push((hash, Entry { id, offset }));
                }
                (None, bytes @ [_, _, _]) => {
                    for case in cases(bytes, literal.ignore_case) {
                        let hash = hash_short(case);
                        set(&mut short, hash);
                        short_entries.push((hash, Entry { id, offset: 0 }));
                    }
                }
                (None, _) => tiny.push(id),
            }
        }
        for list in [&mut entries, &mut short_entries] {
            list.sort_by_key(|(hash, entry)| (*hash, entry.id));
            list.dedup_by_key(|(hash, entry)| (*hash, entry.id));
        }
        let longest = literals.iter().map(|l| l.bytes.len()).max().unwrap_or(0);
        Windows { literals, long, short, entries, short_entries, tiny, longest }
    }

    /// Compares the literals that have `hash` with the text around the window at `window`.
    #[inline(never)]
    fn candidate(
        &self,
        text: &[u8],
        window: usize,
        list: &[(u32, Entry)],
        hash: u32,
        report: &mut Report<'_>,
    ) {
        let first = list.partition_point(|(h, _)| *h < hash);
        for (_, entry) in list[first..].iter().take_while(|(h, _)| *h == hash) {
            let Some(start) = window.checked_sub(entry.offset) else { continue };
            if report.within.contains(&start) && self.literals[entry.id.0 as usize].stands_at(text, start) {
                (report.on_literal)(entry.id, start);
            }
        }
    }
}

/// Whom to tell of a literal, if it starts in the right place.
struct Report<'r> {
    within: Range<usize>,
    on_literal: &'r mut dyn FnMut(LiteralId, usize),
}

impl Prefilter for Windows {
    fn name(&self) -> &'static str {
        "windows (portable)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        self.find_with(text, within, on_literal, &mut |_, _| 0);
    }
}

/// Looks for places in a text where a window may stand before anything else does: tells each block of
/// 64 positions that has some (the first position, a bit for each) and returns where it has stopped.
pub(super) type Scout<'s> = dyn FnMut(&[u8], &mut dyn FnMut(usize, u64)) -> usize + 's;

impl Windows {
    /// Finds literals where `scout` sees a window, and everywhere behind the place it stops at.
    pub(super) fn find_with(
        &self,
        text: &[u8],
        within: Range<usize>,
        on_literal: &mut dyn FnMut(LiteralId, usize),
        scout: &mut Scout<'_>,
    ) {
        // A literal that starts in `within` has its window there or less than its length behind.
        let end = text.len().min(within.end.saturating_add(self.longest));
        let Some(searched) = text.get(within.start..end) else { return };
        let first = within.start;
        let mut report = Report { within, on_literal };
        let from = scout(searched, &mut |at, mut bits| {
            // One slice for the block, so that what follows checks no bounds but its own.
            let Some(block) = searched.get(at..at + 64 + WINDOW - 1) else { return };
            while bits != 0 {
                let i = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                self.look(text, first + at + i, window_at(block, i), &mut report);
            }
        });
        for (i, window) in searched[from..].windows(WINDOW).enumerate() {
            self.look(text, first + from + i, window_at(window, 0), &mut report);
        }
        // A literal of three bytes at the very end has no fourth byte behind it.
        if let [.., a, b, c] = searched {
            let hash = hash_short(u32::from_le_bytes([*a, *b, *c, 0]));
            self.candidate(text, end - 3, &self.short_entries, hash, &mut report);
        }
        for &id in &self.tiny {
            for at in first..report.within.end.min(text.len()) {
                if self.literals[id.0 as usize].stands_at(text, at) {
                    (report.on_literal)(id, at);
                }
            }
        }
    }

    /// Looks the window at `at` up.
    #[inline(always)]
    fn look(&self, text: &[u8], at: usize, window: u32, report: &mut Report<'_>) {
        let (long, short) = (hash_long(window), hash_short(window));
        if is_set(&self.long, long) | is_set(&self.short, short) {
            if is_set(&self.long, long) {
                self.candidate(text, at, &self.entries, long, report);
            }
            if is_set(&self.short, short) {
                self.candidate(text, at, &self.short_entries, short, report);
            }
        }
    }

    /// What stands in the windows that are looked up.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn shapes(&self) -> Vec<super::avx2::Shape> {
        use super::avx2::Place;
        let place = |literal: &Literal, at: usize| match literal.bytes.get(at) {
            None => Place::Any,
            Some(b) if literal.ignore_case && b.is_ascii_alphabetic() => {
                Place::Letter(b.to_ascii_lowercase())
            }
            Some(b) => Place::Byte(*b),
        };
        let entries = self.entries.iter().chain(&self.short_entries);
        entries
            .map(|(_, entry)| {
                let literal = &self.literals[entry.id.0 as usize];
                std::array::from_fn(|i| place(literal, entry.offset + i))
            })
            .collect()
    }
}

#[inline(always)]
fn window_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The hash of four bytes, in any case.
#[inline(always)]
fn hash_long(window: u32) -> u32 {
    // Setting bit 5 folds ASCII letters; what else it folds costs a comparison at most.
    (window | 0x2020_2020).wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)
}

/// The hash of the first three of four bytes, exactly.
#[inline(always)]
fn hash_short(window: u32) -> u32 {
    (window << 8).wrapping_mul(0x85EB_CA6B) >> (32 - HASH_BITS)
}

fn set(bitmap: &mut Bitmap, hash: u32) {
    bitmap[(hash >> 6) as usize] |= 1 << (hash & 63);
}

#[inline(always)]
fn is_set(bitmap: &Bitmap, hash: u32) -> bool {
    bitmap[(hash >> 6) as usize] >> (hash & 63) & 1 != 0
}

/// A literal of three bytes in each case it may have, as windows.
fn cases(bytes: &[u8], ignore_case: bool) -> Vec<u32> {
    let variants = if ignore_case { 8u8 } else { 1 };
    (0..variants)
        .map(|bits| {
            let byte = |i: usize| match (ignore_case, bits >> i & 1) {
                (false, _) => bytes[i],
                (true, 0) => bytes[i].to_ascii_lowercase(),
                (true, _) => bytes[i].to_ascii_uppercase(),
            };
            u32::from_le_bytes([byte(0), byte(1), byte(2), 0])
        })
        .collect()
}

/// Where the window of `literal` stands that is least common in real data; `None` when it is too
/// short.
fn rarest_window(literal: &[u8]) -> Option<usize> {
    (0..(literal.len() + 1).checked_sub(WINDOW)?).max_by_key(|&at| rareness(&literal[at..at + WINDOW]))
}

/// Shares of bytes and of pairs of bytes in source code and libraries, made by
/// `scripts/byte-pairs.py`: eighths of bits for the 96 bytes from 0x20 on, then for their pairs.
static PAIRS: &[u8; 96 + 96 * 96] = include_bytes!("pairs.bin");

/// The chance of a byte in real data, from [`PAIRS`], which knows no case: one letter in eight is taken
/// for an upper-case one. Bytes outside of what the table knows are frequent in binary data only.
#[cfg(target_arch = "x86_64")]
pub(super) fn byte_chance(byte: u8) -> f32 {
    let folded = if byte.is_ascii_uppercase() { byte | 0x20 } else { byte };
    if !(0x20..0x80).contains(&folded) {
        return 1.0 / 1024.0;
    }
    let chance = (-f32::from(PAIRS[usize::from((folded | 0x20) - 0x20)]) / 8.0).exp2();
    match byte {
        b'A'..=b'Z' => chance / 8.0,
        b'a'..=b'z' => chance * 7.0 / 8.0,
        _ => chance,
    }
}

/// How rare a window is, in eighths of bits: the chance of its pairs in a row.
fn rareness(window: &[u8]) -> i32 {
    // Bytes outside ASCII are rare in text; folded they would be taken for letters.
    let index = |b: u8| if b.is_ascii() { Some(usize::from((b | 0x20) - 0x20)) } else { None };
    let single = |b: u8| index(b).map_or(100, |i| i32::from(PAIRS[i]));
    let pair = |a: u8, b: u8| match (index(a), index(b)) {
        (Some(a), Some(b)) => i32::from(PAIRS[96 + a * 96 + b]),
        _ => 200,
    };
    let joints: i32 = window[1..window.len() - 1].iter().map(|&b| single(b)).sum();
    window.windows(2).map(|w| pair(w[0], w[1])).sum::<i32>() - joints
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
    fn windows_are_taken_where_literals_differ_from_ordinary_text() {
        let window = |text: &str| rarest_window(text.as_bytes()).map(|at| text[at..at + WINDOW].to_owned());
        assert_ne!(window("-----BEGIN EC PRIVATE KEY-----").as_deref(), Some("----"));
        assert_ne!(window("postgres://").as_deref(), Some("s://"));
        assert_eq!(window("AKIA").as_deref(), Some("AKIA"));
        assert_eq!(window("eyJ"), None);
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
