//! The prefilter for every platform: pairs of bytes, then a bitmap of hashed four-byte windows.
//!
//! Of each literal one window of four bytes is entered. Where [`Pairs`] says that one may stand, the search takes
//! these bytes of the text, folds their case, hashes them, and looks up one bit. Positions whose bit is set (a few in
//! a thousand) are compared with the literals of that hash. No step depends on the one before, so a processor
//! overlaps many of them, which it cannot do for an automaton.

use super::filling::WINDOW;
use super::pairs::Pairs;
use super::{Literal, LiteralId, Prefilter};
use std::ops::Range;

/// Bits of the hash.
const HASH_BITS: u32 = 16;
/// Positions that vector code looks at together: as many as an integer has bits.
pub(super) const BLOCK: usize = 64;
/// Bytes of the narrowest vector.
pub(super) const LANE: usize = 16;
/// Bytes that it sees of a block: the windows of the last positions reach into the next.
pub(super) const SEEN: usize = BLOCK + LANE;

/// One literal in its hash bucket, with two of its bytes: most candidates fail by these, before the literal
/// itself is looked at. A text of nothing but `https://` has a candidate for each of sixty literals every eight bytes.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub id: LiteralId,
    /// Where in the literal its window stands.
    pub offset: u32,
    /// Where its last byte stands.
    last_at: u32,
    /// The byte in it to look at first, and which that is, its case folded as [`folded`] does.
    probe_at: u32,
    pub probe: u8,
    last: u8,
}

/// In lower case; some bytes that are no letters become others, too.
#[inline(always)]
pub(super) fn folded(byte: u8) -> u8 {
    byte | 0x20
}

impl Entry {
    /// For a literal, not empty, of which `looked_up` are in the hash.
    pub fn new(id: LiteralId, literal: &Literal, looked_up: Range<usize>) -> Entry {
        let last_at = literal.bytes.len() - 1;
        // A byte that the hash has not compared yet; behind the window if there is one, for literals begin alike.
        let probe_at = if looked_up.end <= last_at { looked_up.end } else { 0 };
        Entry {
            id,
            offset: looked_up.start as u32,
            last_at: last_at as u32,
            probe_at: probe_at as u32,
            probe: folded(literal.bytes[probe_at]),
            last: folded(literal.bytes[last_at]),
        }
    }

    /// Whether the literal may stand at `start`: two of its bytes do.
    #[inline(always)]
    pub fn may_stand_at(&self, text: &[u8], start: usize) -> bool {
        let has = |at: u32, byte: u8| text.get(start + at as usize).is_some_and(|b| folded(*b) == byte);
        has(self.probe_at, self.probe) && has(self.last_at, self.last)
    }
}

/// Windows by their hash: a bit for each hash, and behind it the literals that have it.
pub(super) struct Table {
    bits: Box<[u64; 1 << (HASH_BITS - 6)]>,
    /// For each word of the bits: how many are set before it.
    before: Box<[u16; 1 << (HASH_BITS - 6)]>,
    /// For each bit that is set, in order: where its entries begin.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Table {
    pub fn new(mut hashed: Vec<(u32, Entry)>) -> Self {
        hashed.sort_unstable_by_key(|(hash, entry)| (*hash, entry.probe_at, entry.probe, entry.id));
        hashed.dedup_by_key(|(hash, entry)| (*hash, entry.id));
        let mut table = Table {
            bits: Box::new([0; 1 << (HASH_BITS - 6)]),
            before: Box::new([0; 1 << (HASH_BITS - 6)]),
            starts: Vec::with_capacity(hashed.len() + 1),
            entries: hashed.iter().map(|(_, entry)| *entry).collect(),
        };
        for (i, (hash, _)) in hashed.iter().enumerate() {
            if !table.has(*hash) {
                table.bits[(hash >> 6) as usize] |= 1 << (hash & 63);
                table.starts.push(i as u32);
            }
        }
        table.starts.push(hashed.len() as u32);
        let mut sum = 0;
        for (before, word) in table.before.iter_mut().zip(table.bits.iter()) {
            *before = sum;
            // Hashes have 16 bits: so have sums below the last.
            sum = sum.wrapping_add(word.count_ones() as u16);
        }
        table
    }

    #[inline(always)]
    pub fn has(&self, hash: u32) -> bool {
        self.bits[(hash >> 6) as usize] >> (hash & 63) & 1 != 0
    }

    /// The entries of a hash that the table has.
    pub fn entries(&self, hash: u32) -> &[Entry] {
        let word = (hash >> 6) as usize;
        let below = self.bits[word] & ((1 << (hash & 63)) - 1);
        let rank = usize::from(self.before[word]) + below.count_ones() as usize;
        match self.starts.get(rank..rank + 2) {
            Some(&[from, to]) => &self.entries[from as usize..to as usize],
            _ => &[],
        }
    }

    /// The same, for literals that begin with what is in the hash: those that are no longer, and the others in the
    /// order of the byte behind it.
    pub fn entries_by_probe(&self, hash: u32) -> (&[Entry], &[Entry]) {
        let entries = self.entries(hash);
        entries.split_at(entries.partition_point(|entry| entry.probe_at == 0))
    }
}

/// Finds literals by their rarest windows.
pub struct Windows {
    /// Where any of them may stand.
    pub(super) pairs: Pairs,
    pub(super) literals: Vec<Literal>,
    /// Windows of four bytes.
    long: Table,
    /// Literals of three bytes, in each of their cases.
    short: Table,
    /// Literals of one and two bytes, which no pattern has: found by looking everywhere.
    tiny: Vec<LiteralId>,
    longest: usize,
}

impl Windows {
    /// A prefilter for `literals`; none may be empty.
    pub fn new(literals: Vec<Literal>) -> Self {
        let (mut long, mut short, mut tiny) = (Vec::with_capacity(literals.len()), Vec::new(), Vec::new());
        let (pairs, offsets) = Pairs::new(&literals);
        for (i, offset) in offsets.into_iter().enumerate() {
            let id = LiteralId(i as u32);
            let literal = &literals[i];
            match (offset, &literal.bytes[..]) {
                (None, _) => tiny.push(id),
                (Some(_), bytes @ [_, _, _]) => {
                    let entry = Entry::new(id, literal, 0..bytes.len());
                    let cases = cases(bytes, literal.ignore_case).into_iter();
                    short.extend(cases.map(|case| (hash_short(case), entry)));
                }
                (Some(offset), bytes) => {
                    let entry = Entry::new(id, literal, offset..offset + WINDOW);
                    long.push((hash_long(window_at(bytes, offset)), entry));
                }
            }
        }
        let longest = literals.iter().map(|l| l.bytes.len()).max().unwrap_or(0);
        Windows { pairs, literals, long: Table::new(long), short: Table::new(short), tiny, longest }
    }

    /// Compares the literals that have one of these windows with the text around it.
    #[inline(never)]
    fn candidate(&self, text: &[u8], window: usize, entries: &[Entry], report: &mut Report<'_>) {
        for entry in entries {
            let Some(start) = window.checked_sub(entry.offset as usize) else { continue };
            if entry.may_stand_at(text, start)
                && report.within.contains(&start)
                && self.literals[entry.id.0 as usize].stands_at(text, start)
            {
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
        self.find_with(text, within, on_literal, &|searched, look| {
            let mut at = 0;
            while let Some(block) = searched[at..].first_chunk() {
                look(at, self.pairs.bits(block), block);
                at += BLOCK;
            }
            tail(searched, at).for_each(|(at, block)| look(at, self.pairs.bits(&block), &block));
        });
    }
}

/// Tells in which places of a text a window may stand: for each block of 64 positions that has some, the
/// first position, a bit for each, and the bytes from there on (NULs behind the end of the text).
pub(super) type Scout<'s> = dyn Fn(&[u8], &mut dyn FnMut(usize, u64, &[u8; SEEN])) + 's;

/// What is left of a text from `at` on when no whole block is, as blocks with NULs behind its end.
pub(super) fn tail(text: &[u8], at: usize) -> impl Iterator<Item = (usize, [u8; SEEN])> {
    (at..text.len()).step_by(BLOCK).map(|at| {
        let mut block = [0; SEEN];
        let rest = &text[at..text.len().min(at + SEEN)];
        block[..rest.len()].copy_from_slice(rest);
        (at, block)
    })
}

impl Windows {
    /// Finds literals where `scout` sees a window.
    pub(super) fn find_with(
        &self,
        text: &[u8],
        within: Range<usize>,
        on_literal: &mut dyn FnMut(LiteralId, usize),
        scout: &Scout<'_>,
    ) {
        // A literal that starts in `within` has its window there or less than its length behind.
        let end = text.len().min(within.end.saturating_add(self.longest));
        let Some(searched) = text.get(within.start..end) else { return };
        let first = within.start;
        let mut report = Report { within, on_literal };
        scout(searched, &mut |at, mut bits, block| {
            while bits != 0 {
                let i = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let window = window_at(block, i);
                let (long, short) = (hash_long(window), hash_short(window));
                if self.long.has(long) | self.short.has(short) {
                    if self.long.has(long) {
                        self.candidate(text, first + at + i, self.long.entries(long), &mut report);
                    }
                    if self.short.has(short) {
                        self.candidate(text, first + at + i, self.short.entries(short), &mut report);
                    }
                }
            }
        });
        for &id in &self.tiny {
            for at in first..report.within.end.min(text.len()) {
                if self.literals[id.0 as usize].stands_at(text, at) {
                    (report.on_literal)(id, at);
                }
            }
        }
    }

    /// What stands in the windows that are looked up.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn shapes(&self) -> Vec<super::buckets::Shape> {
        let entries = self.long.entries.iter().chain(&self.short.entries);
        let of = |entry: &Entry| {
            let literal = &self.literals[entry.id.0 as usize];
            super::buckets::shape(&literal.bytes, literal.ignore_case, entry.offset as usize)
        };
        entries.map(of).collect()
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
pub(super) fn hash_short(window: u32) -> u32 {
    (window << 8).wrapping_mul(0x85EB_CA6B) >> (32 - HASH_BITS)
}

/// A literal of three bytes in each case it may have, as windows.
pub(super) fn cases(bytes: &[u8], ignore_case: bool) -> Vec<u32> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::agree;

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Some(Box::new(Windows::new(literals))));
    }
}
