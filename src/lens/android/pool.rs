//! String pools (`ResStringPool_header`): UTF-8 or UTF-16, each string behind its length.

use super::chunk::Chunk;
use crate::lens::Complaint;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::lens::strings::Strings;

const UTF8_FLAG: u32 = 0x100;
/// Offsets of the header's fields.
const COUNT: usize = 8;
const FLAGS: usize = 16;
const STRINGS_START: usize = 20;

/// A pool in a blob.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool<'a> {
    data: &'a [u8],
    /// Where the offsets of the strings begin.
    entries: usize,
    /// Strings that have an offset inside the pool.
    count: usize,
    /// Where the strings begin.
    strings: usize,
    end: usize,
    utf8: bool,
}

/// The bytes of a string and where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'a> {
    pub(super) at: usize,
    pub(super) bytes: &'a [u8],
    /// Whether a NUL follows, as it must.
    pub(super) ended: bool,
}

impl<'a> Pool<'a> {
    /// The pool in `chunk`.
    pub(super) fn new(data: &'a [u8], chunk: &Chunk, complaint: &mut Complaint) -> Option<Pool<'a>> {
        let said = size_le(data, chunk.at.checked_add(COUNT)?)?;
        let flags = u32_le(data, chunk.at.checked_add(FLAGS)?)?;
        let start = size_le(data, chunk.at.checked_add(STRINGS_START)?)?;
        let count = said.min(chunk.end.checked_sub(chunk.body)? / 4);
        if count < said {
            complaint.note(chunk.at as u64, || format!("a pool of {said} strings has room for {count}"));
        }
        let strings = chunk.at.checked_add(start)?;
        if count > 0 && strings >= chunk.end {
            complaint.note(chunk.at as u64, || "the strings of a pool begin behind its end".into());
            return None;
        }
        Some(Pool { data, entries: chunk.body, count, strings, end: chunk.end, utf8: flags & UTF8_FLAG != 0 })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// String `index`; `None` where it lies outside the pool.
    pub(super) fn raw(&self, index: usize) -> Option<Raw<'a>> {
        if index >= self.count {
            return None;
        }
        let offset = size_le(self.data, self.entries.checked_add(index.checked_mul(4)?)?)?;
        let at = self.strings.checked_add(offset)?;
        if self.utf8 { self.raw_8(at) } else { self.raw_16(at) }
    }

    /// Two lengths, in UTF-16 units and in bytes, of one or two bytes each.
    fn raw_8(&self, at: usize) -> Option<Raw<'a>> {
        let bytes = self.data.get(..self.end)?;
        let (_, at) = length_8(bytes, at)?;
        let (len, at) = length_8(bytes, at)?;
        let rest = bytes.get(at..)?;
        let mut ended = rest.get(len) == Some(&0);
        let mut real = len;
        // The length of a long string has lost its upper bits: AOSP looks for the NUL byte that
        // many times 32 KiB further on.
        while !ended && real < 1 << 20 && rest.len() > real.saturating_add(0x8000) && len >= 0x80 {
            real += 0x8000;
            ended = rest.get(real) == Some(&0);
        }
        let len = if ended { real } else { len.min(rest.len()) };
        Some(Raw { at, bytes: rest.get(..len)?, ended })
    }

    /// A length in units, of one unit or two.
    fn raw_16(&self, at: usize) -> Option<Raw<'a>> {
        let bytes = self.data.get(..self.end)?;
        let first = u16_le(bytes, at)?;
        let (len, at) = if first & 0x8000 == 0 {
            (usize::from(first), at.checked_add(2)?)
        } else {
            let low = usize::from(u16_le(bytes, at.checked_add(2)?)?);
            (usize::from(first & 0x7fff) << 16 | low, at.checked_add(4)?)
        };
        let rest = bytes.get(at..)?;
        let len = len.saturating_mul(2);
        let ended = slice(rest, len, 2) == Some(&[0, 0]);
        Some(Raw { at, bytes: rest.get(..len.min(rest.len() & !1))?, ended })
    }

    /// The first `most` bytes of a string to print, or a little more or less.
    pub(super) fn get_some(&self, index: u32, most: usize) -> Option<String> {
        let raw = self.raw(usize::try_from(index).ok()?)?;
        let bytes = raw.bytes.get(..most).unwrap_or(raw.bytes);
        Some(if self.utf8 { utf8(bytes) } else { utf16(bytes) })
    }

    /// Gives all strings, tagged by `tag` and their index. `false`: no more is taken.
    pub(super) fn push(&self, tag: u64, strings: &mut Strings<'_>, complaint: &mut Complaint) -> bool {
        for index in 0..self.count {
            let Some(raw) = self.raw(index) else {
                complaint.note(self.entries as u64, || format!("string {index} points past the end"));
                continue;
            };
            if !raw.ended {
                complaint.note(raw.at as u64, || format!("string {index} has no end"));
            }
            if raw.bytes.is_empty() {
                continue;
            }
            let (at, tag) = (raw.at as u64, tag | index as u64);
            let taken = if self.utf8 {
                strings.push(raw.bytes, at, tag)
            } else {
                strings.push_utf16(raw.bytes, false, at, tag)
            };
            if !taken {
                return false;
            }
        }
        true
    }
}

fn length_8(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(at)?);
    if first & 0x80 == 0 {
        return Some((first, at.checked_add(1)?));
    }
    let low = usize::from(*bytes.get(at.checked_add(1)?)?);
    Some(((first & 0x7f) << 8 | low, at.checked_add(2)?))
}

/// UTF-8 in which characters beyond U+FFFF may be two surrogates of three bytes each, as `aapt2`
/// writes them.
fn utf8(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(_) => rest.len(),
            Err(error) => error.valid_up_to(),
        };
        let (text, odd) = rest.split_at(valid);
        out.push_str(&String::from_utf8_lossy(text));
        let half = |b: u8, c: u8| 0xd000 | u16::from(b & 0x3f) << 6 | u16::from(c & 0x3f);
        let len = match *odd {
            [] => 0,
            [0xed, b, c, 0xed, e, f, ..] => match char::decode_utf16([half(b, c), half(e, f)]).next() {
                Some(Ok(c)) if b >= 0xa0 => {
                    out.push(c);
                    6
                }
                _ => 1,
            },
            _ => 1,
        };
        if len == 1 {
            out.push(char::REPLACEMENT_CHARACTER);
        }
        rest = odd.get(len..).unwrap_or_default();
    }
    out
}

pub(super) fn utf16(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
