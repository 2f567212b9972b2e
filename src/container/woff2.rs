//! Fonts of the web, version 2 (WOFF2): all tables are one stream of Brotli, and so is the description. What is private is as it is.

use super::embedded::One;
use super::{Container, Member, Opened, stream};
use crate::blob::Blob;
use crate::lens::bytes::{size_be, slice, u16_be};
use crate::limits::Limits;

/// Opens such fonts.
pub struct Woff2;

const MAGIC: &[u8] = b"wOF2";
const HEAD: usize = 48;
/// Tables whose contents are written in another way, unless they say that they are not: `glyf` and `loca`.
const REWRITTEN: [u8; 2] = [10, 11];

impl Container for Woff2 {
    fn name(&self) -> &'static str {
        "woff2"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC) && !parts(blob.bytes).is_empty()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        for (name, bytes) in parts(blob.bytes) {
            let one = One { name: name.into(), bytes, stream: &stream::BROTLI };
            opened.members.push(Box::new(one) as Box<dyn Member + 'b>);
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

fn parts(data: &[u8]) -> Vec<(&'static str, &[u8])> {
    let mut parts = Vec::new();
    let tables = tables_at(data).and_then(|at| slice(data, at, size_be(data, 20)?));
    let description = size_be(data, 28).and_then(|at| slice(data, at, size_be(data, 32)?));
    for (name, part) in [("tables", tables), ("description", description)] {
        parts.extend(part.filter(|part| !part.is_empty()).map(|part| (name, part)));
    }
    parts
}

/// Where the stream of the tables begins: behind their list.
fn tables_at(data: &[u8]) -> Option<usize> {
    let mut at = HEAD;
    for _ in 0..u16_be(data, 12)? {
        let flags = *data.get(at)?;
        at += if flags & 0x3f == 0x3f { 5 } else { 1 };
        number(data, &mut at)?;
        // Of the two, version 3 is as it was; of all others, version 0.
        let is_rewritten = REWRITTEN.contains(&(flags & 0x3f));
        if (flags >> 6 == 3) != is_rewritten && (is_rewritten || flags >> 6 != 0) {
            number(data, &mut at)?;
        }
    }
    // A collection of fonts has a list of these too.
    if data.get(4..8)? == b"ttcf" {
        at += 4;
        for _ in 0..short(data, &mut at)? {
            let tables = short(data, &mut at)?;
            at += 4;
            for _ in 0..tables {
                short(data, &mut at)?;
            }
        }
    }
    Some(at)
}

/// A number in groups of seven bits.
fn number(data: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..5 {
        let byte = *data.get(*at)?;
        *at += 1;
        value = value.checked_mul(128)? | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A number of one byte, or three.
fn short(data: &[u8], at: &mut usize) -> Option<u32> {
    let first = *data.get(*at)?;
    *at += 1;
    let (more, value) = match first {
        253 => (2, u32::from(u16_be(data, *at)?)),
        254 => (1, 506 + u32::from(*data.get(*at)?)),
        255 => (1, 253 + u32::from(*data.get(*at)?)),
        other => (0, u32::from(other)),
    };
    *at += more;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_tables_begin() {
        let head = |tables: u16, list: &[u8]| {
            let mut data =
                [&b"wOF2\0\x01\0\0\0\0\0\0"[..], &tables.to_be_bytes(), &[0; HEAD - 14], list].concat();
            data.extend(b"stream");
            data
        };
        for (tables, list) in [
            (1, &[5, 20][..]),
            // A name of its own, a long size, one that is rewritten, one that is not.
            (4, &[0x3f, b'T', b'E', b'S', b'T', 20, 6, 0x81, 20, 10, 90, 80, 0xca, 90]),
        ] {
            let data = head(tables, list);
            assert_eq!(tables_at(&data).map(|at| &data[at..]), Some(&b"stream"[..]));
        }
        assert_eq!(tables_at(&head(3, &[5])[..HEAD + 1]), None);
    }
}
