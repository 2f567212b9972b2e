//! The table of windows, which decides for every machine: a bitmap of hashes of four bytes, then the literals.
//!
//! Of each literal one window of four bytes is entered. Where vector code, or the table of pairs, says that one may stand,
//! the search takes these bytes of the text, folds their case, hashes them, and looks up one bit. Positions whose bit is
//! set (a few in a thousand) are compared with the literals of that hash. No step depends on the one before, so a
//! processor overlaps many of them, which it cannot do for an automaton.

use super::filling::WINDOW;
use super::{Literal, LiteralId};
use std::ops::Range;

/// Bits of the hash.
const HASH_BITS: u32 = 16;
/// Positions that vector code looks at together: as many as an integer has bits.
pub(super) const BLOCK: usize = 64;
/// Positions that are looked up together, be there so many or not.
const AT_ONCE: usize = 2;
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

/// Literals by the windows that were chosen for them.
pub struct Lookup {
    literals: Vec<Literal>,
    /// Windows of four bytes.
    long: Table,
    /// Literals of three bytes, in each of their cases.
    short: Table,
    /// Literals of one and two bytes, which no pattern has: found by looking everywhere.
    tiny: Vec<LiteralId>,
    longest: usize,
}

impl Lookup {
    /// A table of `literals`, none of which may be empty, by where in each its window stands; `None` for those that have
    /// less than three bytes.
    pub fn new(literals: Vec<Literal>, offsets: Vec<Option<usize>>) -> Self {
        let (mut long, mut short, mut tiny) = (Vec::with_capacity(literals.len()), Vec::new(), Vec::new());
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
        Lookup { literals, long: Table::new(long), short: Table::new(short), tiny, longest }
    }

    /// Of the positions in a block whose bits are set, those whose hash some literal has. Written so that nothing is
    /// decided between two positions: next to none has a literal, and what is guessed wrong costs more than all the rest.
    #[inline(always)]
    pub fn known(&self, mut bits: u64, block: &[u8; SEEN]) -> u64 {
        let mut known = 0;
        while bits != 0 {
            for _ in 0..AT_ONCE {
                // Behind the last one the first position is asked for nothing.
                let i = bits.trailing_zeros() & (BLOCK as u32 - 1);
                let window = window_at(block, i as usize);
                let is_known = self.long.has(hash_long(window)) | self.short.has(hash_short(window));
                known |= u64::from(is_known & (bits != 0)) << i;
                bits &= bits.wrapping_sub(1);
            }
        }
        known
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

/// Tells in which places of a text a window is known (see [`Lookup::known`]): for each block of 64 positions that has some,
/// the first position, a bit for each, and the bytes from there on (NULs behind the end of the text).
pub(super) type Scout<'s> = dyn Fn(&[u8], &mut dyn FnMut(usize, u64, &[u8; SEEN])) + 's;

impl Lookup {
    /// Finds literals where `scout` knows a window.
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
        scout(searched, &mut |at, mut known, block| {
            while known != 0 {
                let i = known.trailing_zeros() as usize;
                known &= known - 1;
                let window = window_at(block, i);
                let (long, short) = (hash_long(window), hash_short(window));
                if self.long.has(long) {
                    self.candidate(text, first + at + i, self.long.entries(long), &mut report);
                }
                if self.short.has(short) {
                    self.candidate(text, first + at + i, self.short.entries(short), &mut report);
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
