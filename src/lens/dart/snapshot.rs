//! The header of a snapshot and its first cluster, which holds the strings (`app_snapshot.cc`,
//! `Serializer::Serialize`: clusters of strings come first, so that the number of a string among them
//! is its number among all objects).

use crate::lens::bytes::{size_le, slice, u32_le, u64_le};
use memchr::memmem;

pub const MAGIC: &[u8] = b"\xf5\xf5\xdc\xdc";
/// Magic, length, kind.
const HASH_AT: usize = 20;
const HASH: usize = 32;
/// The features of the VM, as text.
const FEATURES: usize = 1024;
/// More strings than any app has.
const STRINGS: u64 = 1 << 24;
/// Strings by which the start of all of them is known.
const PROBE: usize = 64;

/// A string of the first cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Str {
    /// Where it stands in the file.
    pub at: usize,
    /// In bytes.
    pub len: usize,
    pub is_wide: bool,
}

/// A snapshot in a file.
pub struct Snapshot<'a> {
    pub data: &'a [u8],
    pub strings: Vec<Str>,
    /// The number of the first string among all objects.
    pub first: u64,
    /// Of the stream behind the strings, and its bytes.
    pub stream: &'a [u8],
}

/// The next snapshot at or behind `at`: its magic and the hash of a version.
pub fn find(data: &[u8], at: usize) -> Option<usize> {
    memmem::find_iter(data.get(at..)?, MAGIC).map(|found| at + found).find(|&start| {
        let hash = slice(data, start.saturating_add(HASH_AT), HASH);
        hash.is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit))
    })
}

/// An unsigned number: 7 bits a byte, lowest first; the last byte has its high bit set.
pub fn unsigned(data: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 != 0 {
            return Some(value);
        }
    }
    None
}

impl<'a> Snapshot<'a> {
    /// Reads the snapshot that starts at `start`, if its strings are where they are known to be.
    pub fn read(data: &'a [u8], start: usize) -> Option<Self> {
        let length = usize::try_from(u64_le(data, start.checked_add(4)?)?).ok()?;
        // The length does not count the magic.
        let end = start.checked_add(length)?.checked_add(MAGIC.len())?;
        let features_at = start + HASH_AT + HASH;
        let features = data.get(features_at..features_at.checked_add(FEATURES)?.min(data.len()))?;
        let features = features.get(..memchr::memchr(0, features)?)?;
        let mut at = features_at + features.len() + 1;
        let stream = data.get(..end.min(data.len()))?;
        let is = |what: &[u8]| features.split(|&b| b == b' ').any(|f| f == what);
        // Base objects, objects, clusters; newer versions say more, so the first cluster is tried
        // where it may be: its tags, a number of strings, then as many numbers that fit them.
        let base = unsigned(stream, &mut at)?;
        let objects = unsigned(stream, &mut at)?;
        let image = Image {
            data,
            at: start.checked_add(end.checked_sub(start)?.checked_next_multiple_of(64)?)?,
            is_narrow: is(b"arm") || is(b"ia32") || is(b"riscv32"),
        };
        for skipped in 0..8 {
            let mut at = at;
            (0..skipped).try_for_each(|_| unsigned(stream, &mut at).map(drop))?;
            let Some(count) = unsigned(stream, &mut at) else { break };
            if count < 4 || count > objects || count > STRINGS || count > stream.len() as u64 {
                continue;
            }
            let count = usize::try_from(count).ok()?;
            let packed = || packed(stream, at, count);
            let found = if is(b"compressed-pointers") { packed() } else { image.strings(stream, at, count) };
            if let Some((strings, behind)) = found {
                let stream = stream.get(behind..).unwrap_or_default();
                return Some(Snapshot { data, strings, first: base + 1, stream });
            }
        }
        None
    }

    /// The string of the number that ends at `end` of the stream.
    pub fn string_before(&self, end: usize) -> Option<&'a [u8]> {
        let bytes = self.stream.get(end.saturating_sub(4)..end)?;
        let (last, before) = bytes.split_last()?;
        let more = before.iter().rev().take_while(|b| **b & 0x80 == 0).count();
        let value = before
            .get(before.len() - more..)?
            .iter()
            .chain([last])
            .fold(0u64, |v, b| v << 7 | u64::from(b & 0x7f));
        if last & 0x80 == 0 {
            return None;
        }
        let string = self.strings.get(usize::try_from(value.checked_sub(self.first)?).ok()?)?;
        (!string.is_wide).then(|| slice(self.data, string.at, string.len)).flatten()
    }
}

/// Strings with their lengths in the stream, as they are where pointers are compressed (Android and
/// iOS on 64 bits): first all lengths, for making room, and behind all other clusters length and
/// bytes of each.
fn packed(stream: &[u8], mut at: usize, count: usize) -> Option<(Vec<Str>, usize)> {
    let mut lengths = Vec::new();
    let mut room = stream.len() as u64;
    for _ in 0..count {
        let coded = unsigned(stream, &mut at)?;
        room = room.checked_sub(coded >> 1)?;
        lengths.push(coded);
    }
    // Lengths alone in older versions, where two-byte strings were a cluster of their own.
    [true, false].into_iter().find_map(|has_flag| {
        let size = |coded: u64| -> Option<(usize, bool)> {
            let is_wide = has_flag && coded & 1 != 0;
            let units = usize::try_from(if has_flag { coded >> 1 } else { coded }).ok()?;
            Some((units.checked_mul(if is_wide { 2 } else { 1 })?, is_wide))
        };
        let fits = |mut here: usize, upto: usize| {
            let mut strings = Vec::with_capacity(if upto > PROBE { upto } else { 0 });
            for &coded in lengths.iter().take(upto) {
                if unsigned(stream, &mut here)? != coded {
                    return None;
                }
                let (len, is_wide) = size(coded)?;
                stream.get(here..here.checked_add(len)?)?;
                strings.push(Str { at: here, len, is_wide });
                here += len;
            }
            Some((strings, here))
        };
        // Where many start like the first, the probes cost as much as there are bytes, times few.
        let mut tries = stream.len() / 4 + 64;
        let first = coded(*lengths.first()?);
        memmem::find_iter(stream.get(at..)?, &first)
            .map(|found| at + found)
            .take_while(|_| {
                tries = tries.saturating_sub(1);
                tries > 0
            })
            .filter(|&here| fits(here, 4).is_some() && fits(here, PROBE).is_some())
            .take(16)
            .find_map(|here| fits(here, count))
    })
}

fn coded(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8);
        value >>= 7;
    }
    bytes.push(value as u8 | 0x80);
    bytes
}

/// The image of read-only objects behind the stream (`RODataSerializationCluster`).
struct Image<'a> {
    data: &'a [u8],
    at: usize,
    /// Words of 32 bits: the hash has a word of its own.
    is_narrow: bool,
}

impl Image<'_> {
    /// Strings by their distances, in units of the alignment of objects.
    fn strings(&self, stream: &[u8], mut at: usize, count: usize) -> Option<(Vec<Str>, usize)> {
        let unit = if self.is_narrow { 8 } else { 16 };
        let mut place = self.at;
        let mut strings = Vec::new();
        for _ in 0..count {
            let distance = usize::try_from(unsigned(stream, &mut at)?).ok()?;
            place = place.checked_add(distance.checked_mul(unit)?)?;
            strings.push(self.string(place, unit)?);
        }
        Some((strings, at))
    }

    /// The string whose header is at `place`: the size in its tags must be that of its length.
    fn string(&self, place: usize, unit: usize) -> Option<Str> {
        let tags = u32_le(self.data, place)?;
        let (header, smi) = if self.is_narrow {
            (12, size_le(self.data, place.checked_add(4)?)?)
        } else {
            (16, usize::try_from(u64_le(self.data, place.checked_add(8)?)?).ok()?)
        };
        if smi & 1 != 0 {
            return None;
        }
        let (units, size) = (smi / 2, ((tags >> 8 & 0xf) as usize) * unit);
        let room = |len: usize| len.checked_add(header)?.checked_next_multiple_of(unit);
        // Large objects do not say their size; then the kinds of string cannot be told apart here.
        let (narrow, wide) = (room(units)?, room(units.checked_mul(2)?)?);
        let zeros = |len: usize| {
            let pad = slice(self.data, place + header + len, room(len)? - header - len)?;
            Some(pad.iter().all(|b| *b == 0))
        };
        let is_wide = match size {
            0 => wide > 15 * unit && !zeros(units).unwrap_or(false),
            size if size == narrow && size == wide => self.looks_wide(place + header, units),
            size if size == narrow => false,
            size if size == wide => true,
            _ => return None,
        };
        let len = if is_wide { units * 2 } else { units };
        zeros(len)?.then_some(Str { at: place + header, len, is_wide })
    }

    /// Whether there is more than padding behind the bytes of a short string.
    fn looks_wide(&self, at: usize, units: usize) -> bool {
        slice(self.data, at + units, units).is_some_and(|rest| rest.iter().any(|b| *b != 0))
    }
}
