//! UTF-32: whole files with or without a byte order mark, and arrays of strings that NumPy saves (`.npy`, and the members of
//! `.npz`), which are UTF-32 padded with NULs.
//!
//! What stands in the middle of other data is for the lenses of programs: to look for it everywhere is a pass over all bytes.

use super::bytes::{size_le, u16_le, u32_be, u32_le};
use super::document::DocumentSites;
use super::pieces::pieces;
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, NoSites, OffsetMap, Segment, Sites, Text, TextKind};
use crate::limits::Limits;

/// Reads UTF-32.
pub struct QuadLens;

/// Letters at the beginning that must be ASCII where no mark tells.
const FIRST: usize = 8;
/// Pieces of a file overlap by this, in bytes.
const OVERLAP: usize = 64 << 10;

/// Where the letters are.
struct Quads {
    encoding: Encoding,
    from: usize,
    /// Whether they are strings of an array rather than a text, and whether those stand in records without a border.
    is_array: bool,
    is_record: bool,
}

impl Lens for QuadLens {
    fn name(&self) -> &'static str {
        "utf-32"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        quads(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let Some(quads) = quads(blob.bytes) else { return Ok(()) };
        let document = DocumentSites::new(blob.address.file_name());
        let (kind, sites): (_, &dyn Sites) = match (quads.is_array, quads.is_record) {
            (_, true) => (TextKind::Binary, &NoSites),
            (true, _) => (TextKind::List, &NoSites),
            _ => (TextKind::Plain, &document),
        };
        let len = blob.bytes.len();
        for piece in pieces(quads.from.min(len), len, OVERLAP, 4, limits) {
            let (text, map) = decode(&blob.bytes[piece.clone()], piece.start, quads.encoding);
            emit(&Text { bytes: &text, kind, encoding: Some(quads.encoding), map: &map, outer: None, sites });
        }
        Ok(())
    }
}

fn quads(data: &[u8]) -> Option<Quads> {
    let whole = |encoding, from| Some(Quads { encoding, from, is_array: false, is_record: false });
    match data {
        [0xff, 0xfe, 0, 0, _, ..] => return whole(Encoding::Utf32Le, 4),
        [0, 0, 0xfe, 0xff, _, ..] => return whole(Encoding::Utf32Be, 4),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => return array(data),
        [_, 0, 0, 0, ..] | [0, 0, 0, _, ..] => {}
        _ => return None,
    }
    let encoding = if data[0] == 0 { Encoding::Utf32Be } else { Encoding::Utf32Le };
    let letters = data.get(..4 * FIRST)?.chunks_exact(4);
    let is_text = |c: u32| matches!(c, 0x20..=0x7e | 9 | 10 | 13);
    letters.map(|four| unit(four, encoding)).all(is_text).then_some(())?;
    whole(encoding, 0)
}

/// NumPy's format: a header that is a dictionary of Python, in which the type of strings is `<U40`.
fn array(data: &[u8]) -> Option<Quads> {
    let (from, len): (usize, usize) = match data.get(6)? {
        1 => (10, usize::from(u16_le(data, 8)?)),
        _ => (12, size_le(data, 8)?),
    };
    let header = data.get(from..from.checked_add(len)?)?;
    let header = &header[..header.len().min(64 << 10)];
    let has = |kind| memchr::memmem::find(header, kind).is_some();
    let encoding = match (has(b"<U"), has(b">U")) {
        (true, _) => Encoding::Utf32Le,
        (_, true) => Encoding::Utf32Be,
        _ => return None,
    };
    Some(Quads { encoding, from: from + len, is_array: true, is_record: has(b"[(") })
}

fn unit(four: &[u8], encoding: Encoding) -> u32 {
    let unit = if encoding == Encoding::Utf32Be { u32_be(four, 0) } else { u32_le(four, 0) };
    unit.unwrap_or(0)
}

/// The text, with one NUL for any number of them, and for what is no letter.
fn decode(bytes: &[u8], base: usize, encoding: Encoding) -> (Vec<u8>, OffsetMap) {
    let mut text = Vec::with_capacity(bytes.len() / 4 + 16);
    let mut map = OffsetMap::identity();
    let mut is_even = false;
    for (n, four) in bytes.chunks_exact(4).enumerate() {
        let c = char::from_u32(unit(four, encoding)).unwrap_or('\0');
        if c == '\0' && text.last() == Some(&0) {
            is_even = false;
            continue;
        }
        if !is_even {
            map.push(Segment { text: text.len(), outer: (base + 4 * n) as u64, num: 4, den: 1 });
        }
        is_even = c.is_ascii();
        text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    (text, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    fn read(bytes: &[u8]) -> Option<(String, TextKind, u64)> {
        let blob = Blob { address: Address::named("x"), bytes };
        QuadLens.reads(&blob).then_some(())?;
        let mut seen = None;
        let mut emit = |text: &Text<'_>| {
            let last = text.blob_offset(TextOffset(text.bytes.len() - 1)).0;
            seen = Some((String::from_utf8(text.bytes.to_vec()).unwrap(), text.kind, last));
        };
        QuadLens.texts(&blob, &Limits::default(), &mut emit).unwrap();
        seen
    }

    #[test]
    fn either_order_with_and_without_a_mark() {
        let plain = "key = grüße und mehr\nx";
        let last = plain.chars().count() as u64 * 4 - 4;
        for (mark, first) in [("", 0), ("\u{feff}", 4)] {
            let text = format!("{mark}{plain}");
            let little: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            let big: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
            for bytes in [little, big] {
                assert_eq!(read(&bytes), Some((plain.to_owned(), TextKind::Plain, last + first)));
            }
        }
        for other in [&b"\x01\0\0\0\x02\0\0\0\x03\0\0\0\x41\0\0\0"[..], b"plain text", b"\0\0\0\x41\0\0\0"] {
            assert_eq!(read(&other.repeat(4)), None);
        }
    }

    #[test]
    fn strings_of_an_array() {
        let header = "{'descr': '<U6', 'fortran_order': False, 'shape': (2,), }\n";
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        for c in "one\0\0\0second".chars() {
            file.extend(u32::from(c).to_le_bytes());
        }
        let last = file.len() as u64 - 4;
        assert_eq!(read(&file), Some(("one\0second".to_owned(), TextKind::List, last)));
        let numbers = String::from_utf8_lossy(&file).replace("<U6", "<i4");
        assert_eq!(read(numbers.as_bytes()), None);
    }
}
