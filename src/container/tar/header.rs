//! Headers of tar: a block of 512 bytes, and the records of pax.

use super::BLOCK;
use std::ops::Range;

const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;
/// Prefixes of `star` are shorter; times stand behind them, and a magic of its own.
const STAR_PREFIX: Range<usize> = 345..476;
const STAR_MAGIC: Range<usize> = 508..512;

/// What a header says.
pub(super) struct Header<'b> {
    block: &'b [u8],
    /// The type of the entry; NUL is a file.
    pub kind: u8,
    /// Bytes of data, as the header has it.
    pub size: u64,
}

impl<'b> Header<'b> {
    /// A header: its checksum holds, or its magic stands and its size can be read.
    pub fn read(block: &'b [u8]) -> Option<Self> {
        if !is_sound(block) && !has_magic(block) {
            return None;
        }
        let size = number(block.get(SIZE)?)?;
        Some(Header { block, kind: *block.get(KIND)?, size })
    }

    /// Whether the entry tells about others and is no file itself.
    pub fn is_about(&self) -> bool {
        matches!(self.kind, b'L' | b'K' | b'x' | b'X' | b'g')
    }

    /// Whether entries of this type have no data by rights.
    pub fn is_link(&self) -> bool {
        matches!(self.kind, b'1'..=b'6')
    }

    /// What a link leads to.
    pub fn link(&self) -> &'b [u8] {
        text(&self.block[LINK])
    }

    /// The name with its prefix, where the dialect has one.
    pub fn name(&self) -> Vec<u8> {
        let name = text(&self.block[NAME]);
        // GNU keeps other things there.
        let prefix = match &self.block[MAGIC] {
            b"ustar\0" if &self.block[STAR_MAGIC] == b"tar\0" => text(&self.block[STAR_PREFIX]),
            b"ustar\0" => text(&self.block[PREFIX]),
            _ => b"",
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }
}

/// Whether the file begins with a header; v7 has no magic, so everything in it must make sense.
pub(super) fn begins(data: &[u8]) -> bool {
    let Some(block) = data.get(..BLOCK) else { return false };
    let numbers = [100..108, 108..116, 116..124, 136..148];
    let is_plausible = || {
        (block[0] != 0 || block[PREFIX.start] != 0)
            && matches!(block[KIND], 0 | b'0'..=b'9' | b'A'..=b'Z' | b'g' | b'x')
            && numbers.into_iter().all(|range| number(&block[range]).is_some())
    };
    Header::read(block).is_some() && (has_magic(block) || is_plausible())
}

fn has_magic(block: &[u8]) -> bool {
    block.get(MAGIC).is_some_and(|m| m == b"ustar\0" || m == b"ustar " || m == b"ustar0")
}

/// Whether the checksum holds; some old writers add signed bytes.
pub(super) fn is_sound(block: &[u8]) -> bool {
    let field = block.get(CHECKSUM).unwrap_or_default();
    // Most blocks that are no header fail here.
    if !field.iter().any(|b| matches!(b, b'0'..=b'7')) {
        return false;
    }
    let Some(stored) = number(field) else { return false };
    let (mut plain, mut signed) = (0u64, 0i64);
    for (at, &byte) in block.iter().enumerate() {
        let byte = if CHECKSUM.contains(&at) { b' ' } else { byte };
        plain += u64::from(byte);
        signed += i64::from(byte as i8);
    }
    stored == plain || i64::try_from(stored) == Ok(signed)
}

/// A number in octal, or in base 256 where the highest bit is set; an empty field is zero.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // Negative ones are sizes of nothing.
        let high = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(high, |n, &b| n.checked_mul(256)?.checked_add(u64::from(b)))
            .filter(|_| first & 0x40 == 0);
    }
    let digits = field.trim_ascii_start();
    let digits = &digits[digits.iter().take_while(|&&b| b == 0).count()..];
    let end = digits.iter().position(|b| !matches!(b, b'0'..=b'7')).unwrap_or(digits.len());
    matches!(digits.get(end), None | Some(0 | b' ')).then_some(())?;
    digits[..end].iter().try_fold(0u64, |n, &b| n.checked_mul(8)?.checked_add(u64::from(b - b'0')))
}

/// A decimal number.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn text(field: &[u8]) -> &[u8] {
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

/// What pax records say that leads to the data.
#[derive(Default)]
pub(super) struct Records<'b> {
    pub name: Option<&'b [u8]>,
    pub link: Option<&'b [u8]>,
    pub size: Option<u64>,
    /// Sparse files of GNU: the version of the map, and the map where the records hold it.
    pub sparse_version: Option<&'b [u8]>,
    pub sparse_size: Option<u64>,
    pub sparse_map: Vec<u64>,
}

impl<'b> Records<'b> {
    /// Reads `LENGTH KEY=VALUE\n`, one behind the other, as far as they go.
    pub fn read(mut body: &'b [u8]) -> Self {
        let mut records = Records::default();
        let mut sparse_name = None;
        while let Some(record) = record(&mut body) {
            let (key, value) = record;
            match key {
                b"path" => records.name = Some(value),
                b"linkpath" => records.link = Some(value),
                b"size" => records.size = decimal(value),
                b"GNU.sparse.name" => sparse_name = Some(value),
                b"GNU.sparse.major" => records.sparse_version = Some(value),
                b"GNU.sparse.size" | b"GNU.sparse.realsize" => records.sparse_size = decimal(value),
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    records.sparse_map.extend(decimal(value));
                }
                b"GNU.sparse.map" => {
                    records.sparse_map = value.split(|&b| b == b',').filter_map(decimal).collect();
                }
                _ => {}
            }
        }
        records.name = sparse_name.or(records.name);
        records
    }
}

/// The next record.
fn record<'b>(body: &mut &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
    let space = memchr::memchr(b' ', &body[..body.len().min(20)])?;
    let len = usize::try_from(decimal(&body[..space])?).ok()?;
    let record = body.get(space + 1..len)?;
    *body = &body[len..];
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    let equals = memchr::memchr(b'=', record)?;
    Some((&record[..equals], &record[equals + 1..]))
}
