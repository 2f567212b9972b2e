//! Formats that are known and not opened: what is packed or encrypted in them is not searched, and the ledger
//! has to say so. Their bytes are searched as they are all the same, through the lenses too.
//!
//! What stands at fixed places is in `unopened.tsv`. A few magic bytes are no proof: where there are no
//! more than that, the format's checksums or its end are looked at here.

use super::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, size_le, slice, u16_be, u32_be};
use crate::look::Look;
use std::sync::OnceLock;

/// A format by what stands where.
#[derive(Clone)]
struct Kind {
    name: &'static str,
    reason: Reason,
    least: usize,
    /// Offset, bytes, and which bits of them count.
    marks: Vec<(usize, Vec<(u8, u8)>)>,
}

/// What the ledger should say of a file that is of such a format.
pub fn told(data: &[u8], look: &Look) -> Option<Problem> {
    let (name, reason) = known(data, look)?;
    let detail = match reason {
        Reason::Encrypted => format!("{name}: its contents are encrypted"),
        _ => format!("{name}: not opened; searched as raw bytes only"),
    };
    Some(Problem::new(reason, detail).of_bytes(data.len() as u64))
}

fn known(data: &[u8], look: &Look) -> Option<(&'static str, Reason)> {
    let first = *data.first()?;
    if !look.is_binary() && !matches!(first, b'-' | b'$' | b'S' | b'a') {
        return None;
    }
    static KINDS: OnceLock<Vec<Vec<Kind>>> = OnceLock::new();
    let kinds = KINDS.get_or_init(by_first_byte);
    if let Some(kind) = kinds[usize::from(first)].iter().find(|kind| kind.is(data)) {
        return Some((kind.name, kind.reason));
    }
    if !look.is_binary() {
        return None;
    }
    let unsupported = match first {
        b'O' if data.starts_with(b"Obj\x01") && is_packed_avro(data) => "Avro file",
        0x89 if data.starts_with(b"\x89HDF\r\n\x1a\n") && super::hdf5::is_packed(data) => "HDF5 file",
        2..=5 if is_blosc(data) => "Blosc chunk",
        _ if is_packed_innodb(data) => "InnoDB table with packed pages",
        b'b' if data.starts_with(b"bvx") && is_lzfse(data) => "LZFSE stream",
        _ if is_pgp(data) => return Some(("PGP message", Reason::Encrypted)),
        0x30 if is_enveloped(data) => return Some(("CMS message", Reason::Encrypted)),
        _ => return None,
    };
    Some((unsupported, Reason::Unsupported))
}

/// For each first byte of a blob, the kinds that may begin with it, in the order of the table.
fn by_first_byte() -> Vec<Vec<Kind>> {
    let kinds: Vec<Kind> = include_str!("unopened.tsv").lines().filter_map(kind).collect();
    let may_begin = |kind: &Kind, first: u8| {
        let mut firsts = kind.marks.iter().filter(|(at, _)| *at == 0).filter_map(|(_, bytes)| bytes.first());
        firsts.all(|(byte, mask)| first & mask == *byte)
    };
    (0..=u8::MAX).map(|b| kinds.iter().filter(|kind| may_begin(kind, b)).cloned().collect()).collect()
}

fn kind(line: &'static str) -> Option<Kind> {
    let mut fields = line.split('\t').filter(|_| !line.starts_with('#'));
    let name = fields.next()?;
    let reason = fields.next()?;
    let reason = Reason::ALL.into_iter().find(|r| r.name() == reason)?;
    let least = fields.next()?.parse().ok()?;
    let marks: Option<Vec<_>> = fields.next()?.split(' ').map(mark).collect();
    Some(Kind { name, reason, least, marks: marks? })
}

fn mark(text: &str) -> Option<(usize, Vec<(u8, u8)>)> {
    let (at, digits) = text.split_once(':')?;
    let half = |b: u8| Some(if b == b'?' { (0, 0) } else { (char::from(b).to_digit(16)? as u8, 15) });
    let byte = |pair: &[u8]| {
        let (high, low) = (half(*pair.first()?)?, half(*pair.get(1)?)?);
        Some((high.0 << 4 | low.0, high.1 << 4 | low.1))
    };
    let bytes: Option<Vec<_>> = digits.as_bytes().chunks(2).map(byte).collect();
    Some((at.parse().ok()?, bytes?))
}

impl Kind {
    fn is(&self, data: &[u8]) -> bool {
        data.len() >= self.least
            && self.marks.iter().all(|(at, bytes)| {
                slice(data, *at, bytes.len())
                    .is_some_and(|there| there.iter().zip(bytes).all(|(b, (value, mask))| b & mask == *value))
            })
    }
}

/// Blocks of an Avro file are packed when its header says by what.
fn is_packed_avro(data: &[u8]) -> bool {
    let head = &data[..data.len().min(64 << 10)];
    let codec = memchr::memmem::find(head, b"avro.codec").and_then(|at| head.get(at + 11..));
    memchr::memmem::find(head, b"avro.schema").is_some()
        && codec.is_some_and(|codec| !codec.starts_with(b"null"))
        && !super::avro::opens(data)
}

/// Tables of MariaDB whose pages are packed by other than zlib, which is found by itself: the first page describes the table, its flags
/// say how pages are packed, and one of those behind it is.
fn is_packed_innodb(data: &[u8]) -> bool {
    const PAGE: usize = 16 << 10;
    const LOOKED_AT: usize = 64;
    const DESCRIBES: u16 = 8;
    const CHECKED_WHOLE: u32 = 0x10;
    let kind = |page: usize| u16_be(data, page + 24);
    let flags = u32_be(data, 54).filter(|flags| kind(0) == Some(DESCRIBES) && flags & CHECKED_WHOLE != 0);
    let is_packed = flags.is_some_and(|flags| matches!(flags >> 5 & 7, 2..=6));
    is_packed && (1..LOOKED_AT).any(|n| kind(n * PAGE).is_some_and(|kind| kind & 0x8000 != 0))
}

/// A chunk of arrays (Zarr, PyTables), packed and sorted: its head says how long it is, and that it is not just stored.
fn is_blosc(data: &[u8]) -> bool {
    const STORED: u8 = 2;
    let [packing, flags, width] = [1, 2, 3].map(|n| data.get(n).copied().unwrap_or_default());
    let [all, block, packed] = [4, 8, 12].map(|at| size_le(data, at).unwrap_or_default());
    packing > 0
        && flags & STORED == 0
        && width > 0
        && packed == data.len()
        && (1..=all).contains(&block)
        && all < 1 << 31
}

/// The last block says that it is.
fn is_lzfse(data: &[u8]) -> bool {
    matches!(data.get(3), Some(b'1' | b'2' | b'n' | b'-')) && data.len() >= 16 && data.ends_with(b"bvx$")
}

/// Data for recipients or under a password (RFC 5652, RFC 5083), by their type at the beginning.
fn is_enveloped(data: &[u8]) -> bool {
    const TYPES: [&[u8]; 4] = [
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04",
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
        b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
    ];
    (2..=6).any(|at| data.get(at..).is_some_and(|rest| TYPES.iter().any(|kind| rest.starts_with(kind))))
}

/// Packets for recipients or passphrases, and encrypted data behind them (RFC 9580).
fn is_pgp(data: &[u8]) -> bool {
    let mut at = 0;
    for n in 0..64 {
        let Some((tag, body, end)) = packet(data, at) else { return false };
        let is_key = match tag {
            1 => body.len() >= 12 && matches!(body[0], 3 | 6) && (body[0] == 6 || body[9] < 30),
            3 => {
                body.len() >= 4 && matches!(body[0], 4..=6) && body[1] <= 13 && (body[0] > 4 || body[2] <= 4)
            }
            // Marker.
            10 => body == b"PGP",
            9 | 18 | 20 => return n > 0,
            _ => false,
        };
        if !is_key {
            return false;
        }
        at = end;
    }
    false
}

/// The packet at `at`: its tag, what is there of its body, and where the next one begins.
fn packet(data: &[u8], at: usize) -> Option<(u8, &[u8], usize)> {
    let head = *data.get(at)?;
    let next = |n: usize| data.get(at + n).map(|&b| usize::from(b));
    let (tag, from, len) = match head {
        0xc0.. => match next(1)? {
            len @ 0..192 => (head & 0x3f, at + 2, len),
            len @ 192..224 => (head & 0x3f, at + 3, ((len - 192) << 8) + next(2)? + 192),
            255 => (head & 0x3f, at + 6, size_be(data, at + 2)?),
            len => (head & 0x3f, at + 2, 1 << (len & 31)),
        },
        0x80.. => match head & 3 {
            0 => (head >> 2 & 15, at + 2, next(1)?),
            1 => (head >> 2 & 15, at + 3, usize::from(u16_be(data, at + 1)?)),
            2 => (head >> 2 & 15, at + 5, size_be(data, at + 1)?),
            _ => (head >> 2 & 15, at + 1, data.len().saturating_sub(at + 1)),
        },
        _ => return None,
    };
    let end = from.checked_add(len)?;
    Some((tag, data.get(from..end.min(data.len()))?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(data: &[u8]) -> Option<(&'static str, Reason)> {
        known(data, &Look::at(data))
    }

    #[test]
    fn every_line_of_the_table_is_read_and_is_what_it_says() {
        let lines = include_str!("unopened.tsv").lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let kind = kind(line).unwrap_or_else(|| panic!("{line}"));
            let mut data = vec![0; kind.least];
            for (at, bytes) in &kind.marks {
                assert!(at + bytes.len() <= data.len(), "{line}");
                for (to, (value, mask)) in data[*at..].iter_mut().zip(bytes) {
                    *to = value & mask;
                }
            }
            assert_eq!(name(&data), Some((kind.name, kind.reason)), "{line}");
            data.truncate(kind.least - 1);
            assert_ne!(name(&data), Some((kind.name, kind.reason)), "{line}");
        }
    }

    #[test]
    fn more_than_magic_bytes_is_asked() {
        for text in ["bvx2 and so on", "Obj\x01", "MSWIM is text", "OpenSSL writes Salted__ first"] {
            assert_eq!(name(text.as_bytes()), None, "{text}");
        }
        let symmetric = [&[0x8c, 13, 4, 9, 3, 10][..], &[1; 9], &[0xd2, 40, 1], &[0; 39]].concat();
        assert_eq!(name(&symmetric), Some(("PGP message", Reason::Encrypted)));
        assert_eq!(name(&symmetric[..15]), None);
        let cms =
            [&[0x30, 0x82, 1, 0x20][..], b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x82", &[0; 40]]
                .concat();
        assert_eq!(name(&cms), Some(("CMS message", Reason::Encrypted)));
        // A signature and other packets are no message.
        assert_eq!(name(&[&[0x88, 13, 4][..], &[0; 12], &[0xd2, 40, 1], &[0; 39]].concat()), None);
    }
}
