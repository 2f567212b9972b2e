//! Tables of LevelDB and of what is built on it: browsers' local storage, IndexedDB, Electron apps
//! (`doc/table_format.md` of LevelDB).
//!
//! A table is a list of blocks, mostly under Snappy, in which keys share their beginnings. Values are
//! told by their key; an overwritten one as long as it is still there.

use super::bytes::{size_le, slice, u64_le, uleb};
use super::rdb::{Dump, Field, Value, name};
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Text};
use crate::ledger::Reason;
use crate::limits::Limits;
use std::collections::HashMap;

/// Reads tables.
pub struct LevelDbLens;

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const FOOTER: usize = 48;
/// A block is 4 KiB, or as long as its only value; larger is hostile.
const MAX_BLOCK: usize = 16 << 20;
/// Snappy makes at most some twenty bytes of one.
const EXPANSION: usize = 16;
const MAX_EXPANDED: usize = 256 << 20;
/// Shorter values hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Longest key that is put together.
const MAX_KEY: usize = 4 << 10;

impl Lens for LevelDbLens {
    fn name(&self) -> &'static str {
        "leveldb"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let footer = blob.bytes.len().checked_sub(8);
        footer.and_then(|at| u64_le(blob.bytes, at)) == Some(MAGIC) && blob.bytes.len() >= FOOTER
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("LevelDB table");
        let mut table = Table {
            data: blob.bytes,
            budget: blob.bytes.len().saturating_mul(EXPANSION).saturating_add(1 << 20).min(MAX_EXPANDED),
            dump: Dump::default(),
            keys: HashMap::new(),
        };
        if table.read(&mut complaint).is_none() {
            complaint.note(blob.bytes.len() as u64, || "the footer does not lead to an index".into());
        }
        table.dump.give(blob.bytes, limits, emit);
        complaint.into_result()
    }
}

struct Table<'a> {
    data: &'a [u8],
    /// Bytes that may still be expanded.
    budget: usize,
    dump: Dump,
    keys: HashMap<Box<str>, u32>,
}

/// Where a block is, and how long.
type Handle = (usize, usize);

fn handle(data: &[u8], at: &mut usize) -> Option<Handle> {
    Some((usize::try_from(uleb(data, at)?).ok()?, usize::try_from(uleb(data, at)?).ok()?))
}

impl Table<'_> {
    fn read(&mut self, complaint: &mut Complaint) -> Option<()> {
        let mut at = self.data.len().checked_sub(FOOTER)?;
        handle(self.data, &mut at)?;
        let index = handle(self.data, &mut at)?;
        let index = self.block(index, complaint)?;
        let mut blocks = Vec::new();
        entries(&index, &mut |_, value, _| blocks.extend(handle(value, &mut 0)));
        // In order, and no block twice: indexes that name one often are hostile.
        blocks.sort_unstable();
        blocks.dedup();
        for place in blocks {
            let Some(block) = self.block(place, complaint) else { continue };
            let mut found = Vec::new();
            let whole = entries(&block, &mut |key, value, at| found.push((key.to_vec(), value.to_vec(), at)));
            if whole.is_none() {
                complaint.note(place.0 as u64, || "a block does not follow its format".into());
            }
            found.retain(|(_, value, _)| value.len() >= MIN_LEN);
            for (key, value, at) in found {
                self.entry(&key, value, place.0 + at.min(place.1));
            }
        }
        Some(())
    }

    fn block(&mut self, (at, len): Handle, complaint: &mut Complaint) -> Option<Vec<u8>> {
        let block = slice(self.data, at, len)?;
        let size = match self.data.get(at + len)? {
            0 => len,
            1 => snap::raw::decompress_len(block).ok()?,
            other => {
                let what = format!("a block packed in way {other}");
                let damage = Damage::new("LevelDB table", at as u64, what);
                complaint.note_damage(damage.because(Reason::Unsupported, len as u64));
                return None;
            }
        };
        let left = self.budget.checked_sub(size).filter(|_| size <= MAX_BLOCK);
        let Some(left) = left else {
            let damage = Damage::new("LevelDB table", at as u64, "a block is larger than may be held");
            complaint.note_damage(damage.because(Reason::Limit, len as u64));
            return None;
        };
        self.budget = left;
        if self.data.get(at + len) == Some(&0) {
            return Some(block.to_vec());
        }
        let expanded = snap::raw::Decoder::new().decompress_vec(block);
        if expanded.is_err() {
            complaint.note(at as u64, || "a block cannot be expanded".into());
        }
        expanded.ok()
    }

    fn entry(&mut self, key: &[u8], value: Vec<u8>, at: usize) {
        // Behind the author's key: a number and a kind, 0 for what was deleted.
        let Some(key) = key.len().checked_sub(8).and_then(|end| key.get(..end)) else { return };
        // Browsers: `_`, the origin, a NUL, then how the key is written (and the value likewise).
        let storage = key.strip_prefix(b"_").and_then(|rest| {
            let nul = memchr::memchr(0, rest)?;
            Some((rest.get(..nul)?, rest.get(nul + 1..)?))
        });
        let (group, field, value) = match storage {
            Some((origin, field)) => (name(origin), Some(script(field)), script(&value)),
            None => (name(key), None, value),
        };
        let dump = &mut self.dump;
        let id = match self.keys.get(&group) {
            Some(id) => *id,
            None => {
                let id = dump.key(group.clone(), 0);
                self.keys.insert(group, id);
                id
            }
        };
        let field = field.map_or(Field::Whole, |field| Field::Name(name(&field)));
        dump.push(id, field, Value::Made(value, at));
    }
}

/// A string of a browser: 1 and Latin-1, or 0 and UTF-16.
fn script(bytes: &[u8]) -> Vec<u8> {
    match bytes.split_first() {
        Some((1, rest)) => rest.to_vec(),
        Some((0, rest)) if rest.len().is_multiple_of(2) => {
            let units = rest.as_chunks::<2>().0.iter().map(|u| u16::from_le_bytes(*u));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect::<String>()
                .into()
        }
        _ => bytes.to_vec(),
    }
}

/// Takes key, value and where the entry stands in the block.
type Found<'a> = dyn FnMut(&[u8], &[u8], usize) + 'a;

/// Calls `found` with each entry.
fn entries(block: &[u8], found: &mut Found<'_>) -> Option<()> {
    let restarts = size_le(block, block.len().checked_sub(4)?)?;
    let end = block.len().checked_sub(restarts.checked_mul(4)?.checked_add(4)?)?;
    let (mut at, mut key) = (0, Vec::new());
    while at < end {
        let start = at;
        let mut number = || usize::try_from(uleb(block, &mut at)?).ok();
        let (shared, own, len) = (number()?, number()?, number()?);
        if shared > key.len() || shared.saturating_add(own) > MAX_KEY {
            return None;
        }
        key.truncate(shared);
        key.extend_from_slice(slice(block, at, own)?);
        at += own;
        found(&key, slice(block, at, len)?, start);
        at += len;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_share_their_beginnings() {
        let block = b"\x00\x04\x02abcdv1\x02\x03\x02xyzv2\0\0\0\0\x01\0\0\0";
        let mut all = Vec::new();
        let whole = entries(block, &mut |key, value, at| all.push((key.to_vec(), value.to_vec(), at)));
        assert_eq!(all, [(b"abcd".to_vec(), b"v1".to_vec(), 0), (b"abxyz".to_vec(), b"v2".to_vec(), 9)]);
        assert!(whole.is_some());
        // A value that ends behind the block.
        assert!(entries(b"\x00\x01\x7fab\0\0\0\0", &mut |_, _, _| {}).is_none());
    }

    #[test]
    fn strings_of_browsers() {
        assert_eq!(script(b"\x01abc"), b"abc");
        assert_eq!(script(b"\x00a\0b\0"), b"ab");
    }
}
