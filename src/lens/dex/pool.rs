//! The string pool as one text: every string once, a NUL byte between them.
//!
//! Half a million strings must not cost half a million allocations, nor a call of memcpy and a
//! look at each byte each. So strings are copied as they stand, a batch at a time and in pieces of
//! one size, and the batch is checked as a whole afterwards: if all of it is ASCII with NUL bytes
//! only where they were put, as nearly always, that was it. Otherwise the batch is read again,
//! string by string. The raw bytes of the file would not do as a text: each string follows a
//! length, which often looks like one more letter of a token.

use super::super::Complaint;
use super::mutf8;
use super::tables::Dex;
use crate::blob::OffsetMap;
use crate::limits::Limits;
use std::ops::Range;

/// Memory that one string takes in the tables beside the text.
const TABLE_BYTES: usize = 32;
/// Strings that are checked together.
const BATCH: usize = 64;
/// What is copied at once: most strings are shorter.
const CHUNK: usize = 32;

/// Room is made this much at a time.
const STEP: usize = 4096;

/// A text of many strings, and which string begins where.
#[derive(Default)]
pub(super) struct Pool {
    text: Vec<u8>,
    /// How much of `text` is text; behind it is room.
    used: usize,
    /// The way back to the blob.
    pub(super) map: OffsetMap,
    /// Where each string begins in the text, and its index; rising.
    starts: Vec<(u32, u32)>,
}

impl Pool {
    /// The strings, each with a NUL byte behind it.
    pub(super) fn text(&self) -> &[u8] {
        self.text.get(..self.used).unwrap_or(&self.text)
    }

    /// The index of the string that holds the beginning of `span`.
    pub(super) fn string(&self, span: &Range<usize>) -> Option<u32> {
        let after = self.starts.partition_point(|&(start, _)| start as usize <= span.start);
        Some(self.starts.get(after.checked_sub(1)?)?.1)
    }
}

/// Gives all strings of `dex` to `emit`, in as many pools as the limit on tables asks for.
/// `budget` bounds the bytes that all DEX files of one blob give: string ids may overlap.
pub(super) fn read(
    dex: &Dex<'_>,
    limits: &Limits,
    budget: &mut usize,
    complaint: &mut Complaint,
    emit: &mut dyn FnMut(&Pool),
) {
    let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX).min(u32::MAX as usize);
    let mut reader = Reader { dex, cap, budget, complaint, emit, pool: Pool::default() };
    let strings = dex.strings.len().min(cap / TABLE_BYTES);
    reader.pool.text.reserve(dex.data.len().min(cap) / 3);
    reader.pool.map.reserve(strings);
    reader.pool.starts.reserve(strings);
    let mut first = 0;
    for batch in dex.strings.chunks(BATCH) {
        if reader.copy(batch, first).is_none() && reader.decode(batch, first).is_none() {
            break;
        }
        first += BATCH as u32;
    }
    reader.emit();
}

struct Reader<'r, 'a> {
    dex: &'r Dex<'a>,
    /// Bytes of one text, and of its tables.
    cap: usize,
    budget: &'r mut usize,
    complaint: &'r mut Complaint,
    emit: &'r mut dyn FnMut(&Pool),
    pool: Pool,
}

impl Reader<'_, '_> {
    fn emit(&mut self) {
        let pool = &mut self.pool;
        if pool.used > 0 {
            (self.emit)(pool);
        }
        pool.used = 0;
        pool.map.clear();
        pool.starts.clear();
    }

    /// Whether strings of `bytes` bytes fit into the text and its tables.
    fn fits(&self, strings: usize, bytes: usize) -> bool {
        let tables = (self.pool.starts.len() + strings) * TABLE_BYTES;
        self.pool.used + bytes < self.cap && tables < self.cap
    }

    /// Copies the strings of a batch as they stand; `None`, and nothing is changed, if one of them
    /// is anything but a short string of ASCII.
    fn copy(&mut self, batch: &[[u8; 4]], first: u32) -> Option<()> {
        let data = self.dex.data;
        let mut strings = [(0usize, 0usize); BATCH];
        let mut bytes = 0;
        for (row, slot) in batch.iter().zip(&mut strings) {
            let at = u32::from_le_bytes(*row) as usize;
            let (start, len) = match *data.get(at..)? {
                [len @ ..0x80, ..] => (at + 1, usize::from(len)),
                [low, high @ ..0x80, ..] => (at + 2, usize::from(low & 0x7f) | usize::from(high) << 7),
                _ => return None,
            };
            *slot = (start, len);
            bytes += len + 1;
        }
        if bytes > *self.budget || !self.fits(batch.len(), bytes) {
            return None;
        }
        let pool = &mut self.pool;
        let room = pool.used + bytes + CHUNK;
        if pool.text.len() < room {
            pool.text.resize(room + STEP, 0);
        }
        let mut to = pool.used;
        let (mut separators, mut ended) = (0, true);
        for &(start, len) in strings.iter().take(batch.len()).filter(|(_, len)| *len > 0) {
            let from = data.get(start..)?;
            ended &= *from.get(len)? == 0;
            let room = pool.text.get_mut(to..)?;
            match (from.first_chunk::<CHUNK>(), room.first_chunk_mut::<CHUNK>()) {
                (Some(from), Some(room)) if len <= CHUNK => *room = *from,
                _ => room.get_mut(..len)?.copy_from_slice(from.get(..len)?),
            }
            *room.get_mut(len)? = 0;
            to += len + 1;
            separators += 1;
        }
        let copied = pool.text.get(pool.used..to)?;
        let (nul, high) =
            copied.iter().fold((0u32, 0u8), |(nul, high), &byte| (nul + u32::from(byte == 0), high | byte));
        if !ended || nul != separators || high >= 0x80 {
            return None;
        }
        *self.budget -= bytes;
        for (&(start, len), index) in strings.iter().take(batch.len()).zip(first..) {
            if len > 0 {
                pool.starts.push((pool.used as u32, index));
                pool.map.push_plain(pool.used, self.dex.blob_offset(start));
                pool.used += len + 1;
            }
        }
        Some(())
    }

    /// Reads the strings of a batch one by one; `None` when no more may be read.
    fn decode(&mut self, batch: &[[u8; 4]], first: u32) -> Option<()> {
        for (row, index) in batch.iter().zip(first..) {
            self.decode_one(u32::from_le_bytes(*row), index)?;
        }
        Some(())
    }

    fn decode_one(&mut self, offset: u32, index: u32) -> Option<()> {
        let dex = self.dex;
        let Some(string) = dex.string_at(offset) else {
            self.complaint.note(dex.blob_offset(offset as usize), || {
                format!("string {index} points past the end ({} bytes)", dex.data.len())
            });
            return Some(());
        };
        let at = dex.blob_offset(string.at);
        if !string.terminated {
            self.complaint.note(at, || format!("string {index} has no end"));
        }
        let len = string.bytes.len();
        if len == 0 {
            return Some(());
        }
        // A byte that is no character takes three; the separator takes one.
        let most = if string.plain { len + 1 } else { len.saturating_mul(3).saturating_add(1) };
        let Some(left) = self.budget.checked_sub(most) else {
            self.complaint
                .note(at, || format!("strings overlap: string {index} and those after it are left out"));
            return None;
        };
        *self.budget = left;
        if most >= self.cap {
            self.complaint
                .note(at, || format!("string {index} of {len} bytes is above the limit on decoded bytes"));
            return Some(());
        }
        if !self.fits(1, most) {
            self.emit();
        }
        let pool = &mut self.pool;
        pool.text.truncate(pool.used);
        pool.starts.push((pool.used as u32, index));
        if string.plain {
            pool.map.push_plain(pool.used, at);
            pool.text.extend_from_slice(string.bytes);
        } else {
            mutf8::decode(string.bytes, at, &mut pool.text, &mut pool.map);
        }
        pool.text.push(0);
        pool.used = pool.text.len();
        Some(())
    }
}
