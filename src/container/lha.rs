//! LHA (LZH): archives of the Amiga, of Japanese systems and of firmware of mainboards.
//!
//! Headers of levels 0 to 3 as "LHA header document" of LHa for UNIX tells them.

use super::lzh::{Entry, Packing};
use super::piece::{Piece, gaps};
use super::solid::Told;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u64_le};
use crate::limits::Limits;

/// Opens such archives.
pub struct Lha;

/// Longest path.
const PATH: usize = 4096;

impl Container for Lha {
    fn name(&self) -> &'static str {
        "lha"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        is_header(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (mut at, mut taken) = (0, Vec::new());
        while data.get(at).is_some_and(|first| *first != 0) {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let Some(header) = Header::read(data, at).filter(|_| is_header(&data[at..])) else {
                let detail =
                    format!("lha: the header at {at} is damaged; searched as raw bytes from there on");
                opened
                    .problems
                    .push(Problem::new(Reason::Damaged, detail).of_bytes((data.len() - at) as u64));
                break;
            };
            let end = header.start.saturating_add(header.packed).min(data.len());
            let bytes = &data[header.start.min(end)..end];
            taken.push(header.start.min(end)..end);
            at = end.max(at + 1);
            let packing = match header.method {
                b"-lh0-" | b"-lz4-" | b"-pm0-" => None,
                b"-lh4-" | b"-lh5-" => Some(Packing::Blocks { codes: 14, bits: 4 }),
                b"-lh6-" => Some(Packing::Blocks { codes: 16, bits: 5 }),
                b"-lh7-" => Some(Packing::Blocks { codes: 17, bits: 5 }),
                b"-lh1-" => Some(Packing::Adaptive),
                b"-lhd-" => continue,
                method => {
                    let detail = format!("lha: packed by {}", String::from_utf8_lossy(method));
                    let problem = Problem::new(Reason::Unsupported, detail).of_bytes(header.size);
                    opened.members.push(Box::new(Told { name: header.name, problem }));
                    continue;
                }
            };
            let missing = (header.packed - bytes.len()) as u64;
            let piece = Piece { name: header.name, bytes, missing };
            opened.members.push(Box::new(Entry { piece, packing, size: header.size }));
        }
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

/// A method between dashes, and a header of a known level that adds up.
fn is_header(data: &[u8]) -> bool {
    let Some(&[size, sum, b'-', b'l' | b'p', b'h' | b'z' | b'm', method, b'-']) = data.first_chunk::<7>()
    else {
        return false;
    };
    let header = || match *data.get(20)? {
        0 | 1 => {
            let header = slice(data, 2, usize::from(size))?;
            Some(size >= 20 && header.iter().fold(0u8, |n, b| n.wrapping_add(*b)) == sum)
        }
        2 => Some(u16_le(data, 0)? >= 26),
        3 => Some(u16_le(data, 0)? == 4),
        _ => None,
    };
    method.is_ascii_alphanumeric() && header().unwrap_or(false)
}

struct Header<'b> {
    method: &'b [u8],
    packed: usize,
    size: u64,
    /// Where the data begins.
    start: usize,
    name: Vec<u8>,
}

impl<'b> Header<'b> {
    fn read(data: &'b [u8], at: usize) -> Option<Self> {
        let head = data.get(at..)?;
        let level = *head.get(20)?;
        let mut header = Header {
            method: slice(head, 2, 5)?,
            packed: size_le(head, 7)?,
            size: size_le(head, 11)? as u64,
            start: 0,
            name: Vec::new(),
        };
        let mut folder = Vec::new();
        let system;
        // Where the size of the first further header is, and of how many bytes such sizes are.
        let (mut next, width) = match level {
            0 | 1 => {
                let end = usize::from(*head.first()?) + 2;
                let len = usize::from(*head.get(21)?);
                header.name = slice(head, 22, len)?.to_vec();
                (22 + len <= end).then_some(())?;
                header.start = end;
                // The system stands behind a checksum, in level 0 perhaps.
                system = if 24 + len < end { *head.get(24 + len)? } else { 0 };
                (end.checked_sub(2)?, 2)
            }
            2 => {
                header.start = usize::from(u16_le(head, 0)?);
                system = *head.get(23)?;
                (24, 2)
            }
            _ => {
                header.start = size_le(head, 24)?;
                system = *head.get(23)?;
                (28, 4)
            }
        };
        let mut further = 0;
        loop {
            let size = match (level, width) {
                (0, _) => 0,
                (_, 2) => usize::from(u16_le(head, next)?),
                _ => size_le(head, next)?,
            };
            if size == 0 {
                break;
            }
            let body = slice(head, next + width, size)?;
            let value = body.get(1..size.checked_sub(width)?)?;
            match body[0] {
                1 => header.name = value.to_vec(),
                2 => folder = value.to_vec(),
                0x42 if value.len() >= 16 => {
                    header.packed = usize::try_from(u64_le(value, 0)?).ok()?;
                    header.size = u64_le(value, 8)?;
                }
                _ => {}
            }
            further += size;
            next += size;
        }
        if level == 1 {
            // What level 1 calls the packed size begins with the further headers.
            header.start += further;
            header.packed = header.packed.checked_sub(further)?;
        }
        header.start = header.start.checked_add(at)?;
        if folder.last().is_some_and(|last| !matches!(last, 0xff | b'/' | b'\\')) {
            folder.push(b'/');
        }
        header.name.splice(0..0, folder);
        header.name.truncate(PATH);
        let is_dos = system != b'U';
        header.name.iter_mut().filter(|b| **b == 0xff || is_dos && **b == b'\\').for_each(|b| *b = b'/');
        // Some systems put more behind the name.
        let len = memchr::memchr(0, &header.name).unwrap_or(header.name.len());
        header.name.truncate(len);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::read;

    #[test]
    fn headers_and_damage() {
        let mut lha = b"\x1c\0-lh0-\x05\0\0\0\x05\0\0\0\0\0\0\0\x20\0\x06a\\b.in\0\0".to_vec();
        lha[1] = lha[2..30].iter().fold(0u8, |n, b| n.wrapping_add(*b));
        let unknown = {
            let mut member = lha.clone();
            member[5] = b'x';
            member[1] = member[2..30].iter().fold(0u8, |n, b| n.wrapping_add(*b));
            member
        };
        let whole = [&lha[..], b"hello", &unknown, b"?????", b"\0"].concat();
        let (members, problems) = read(&Lha, &whole);
        assert_eq!(
            members,
            [
                ("a/b.in".to_owned(), b"hello".to_vec(), None),
                ("a/b.in".to_owned(), Vec::new(), Some(Reason::Unsupported)),
            ]
        );
        assert!(problems.is_empty());
        let (members, problems) = read(&Lha, &whole[..33]);
        assert_eq!((members[0].2, problems.len()), (Some(Reason::Damaged), 0));
        let (members, problems) = read(&Lha, &[&whole[..35], b"what is this"].concat());
        assert_eq!((members.len(), problems), (1, vec![Reason::Damaged]));
        lha[1] ^= 1;
        assert!(!is_header(&lha));
    }
}
