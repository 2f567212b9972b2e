//! ARJ: archives of DOS.
//!
//! Layout: `TECHNOTE.TXT` of R. Jung's ARJ.

use super::lzh::{Entry, Packing};
use super::piece::{Piece, gaps};
use super::solid::Told;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::limits::Limits;

/// Opens such archives.
pub struct Arj;

const MAGIC: &[u8] = &[0x60, 0xea];
/// Flags of a member: encrypted; goes on in the next volume, or comes from the one before.
const GARBLED: u8 = 1;
const VOLUME: u8 = 4;
const CONTINUED: u8 = 8;

impl Container for Arj {
    fn name(&self) -> &'static str {
        "arj"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        place(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut taken = Vec::new();
        // The first header is that of the archive.
        let start = place(data).unwrap_or(0);
        let mut at = Header::read(data, start).flatten().map_or(start, |header| header.end);
        loop {
            let header = match Header::read(data, at) {
                Some(Some(header)) => header,
                Some(None) => break,
                None => {
                    let detail =
                        format!("arj: the header at {at} is damaged; searched as raw bytes from there on");
                    let bytes = data.len().saturating_sub(at) as u64;
                    opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(bytes));
                    break;
                }
            };
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let end = header.end.saturating_add(header.packed).min(data.len());
            let bytes = &data[header.end.min(end)..end];
            taken.push(header.end.min(end)..end);
            at = end;
            // Folders and labels have no data.
            if header.packed == 0 {
                continue;
            }
            let told = if header.flags & GARBLED != 0 {
                Some((Reason::Encrypted, "arj: the member is encrypted".to_owned()))
            } else if header.method > 4 {
                Some((Reason::Unsupported, format!("arj: packed by method {}", header.method)))
            } else {
                None
            };
            if let Some((reason, detail)) = told {
                let problem = Problem::new(reason, detail).of_bytes(header.size);
                opened.members.push(Box::new(Told { name: header.name, problem }));
                continue;
            }
            if header.flags & (VOLUME | CONTINUED) != 0 {
                let detail =
                    format!("arj: a part of {} is in another volume", String::from_utf8_lossy(&header.name));
                opened.problems.push(Problem::new(Reason::Unreadable, detail));
            }
            let packing = match header.method {
                0 => None,
                4 => Some(Packing::Fixed),
                _ => Some(Packing::Blocks { codes: 17, bits: 5 }),
            };
            let missing = (header.packed - bytes.len()) as u64;
            let piece = Piece { name: header.name, bytes, missing };
            opened.members.push(Box::new(Entry { piece, packing, size: header.size }));
        }
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

/// Where the archive begins: at once, or behind a program that unpacks it, which is small.
fn place(data: &[u8]) -> Option<usize> {
    const BEHIND: usize = 256 << 10;
    let is_header = |at: &usize| Header::read(data, *at).flatten().is_some();
    if !data.starts_with(b"MZ") && !data.starts_with(b"\x7fELF") {
        return Some(0).filter(is_header);
    }
    memchr::memmem::find_iter(&data[..data.len().min(BEHIND)], MAGIC).find(is_header)
}

struct Header {
    flags: u8,
    method: u8,
    packed: usize,
    size: u64,
    name: Vec<u8>,
    /// Where it ends.
    end: usize,
}

impl Header {
    /// A header whose checksum is right, or the mark of the end.
    fn read(data: &[u8], at: usize) -> Option<Option<Self>> {
        (slice(data, at, 2)? == MAGIC).then_some(())?;
        let len = usize::from(u16_le(data, at + 2)?);
        if len == 0 {
            return Some(None);
        }
        let header = slice(data, at + 4, len)?;
        let is_usual = (30..=2600).contains(&len) && u32_le(data, at + 4 + len)? == crc32fast::hash(header);
        is_usual.then_some(())?;
        let rest = header.get(usize::from(header[0])..)?;
        let name = &rest[..memchr::memchr(0, rest)?];
        let mut end = at + 4 + len + 4;
        // Further headers, which no version writes.
        while let extra @ 1.. = usize::from(u16_le(data, end)?) {
            end = end.checked_add(2 + extra + 4)?;
        }
        // Paths of DOS.
        let name = name.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
        Some(Some(Header {
            flags: header[4],
            method: header[5],
            packed: size_le(header, 12)?,
            size: u64::from(u32_le(header, 16)?),
            name,
            end: end + 2,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::read;

    fn header(flags: u8, method: u8, packed: u32, size: u32, name: &str) -> Vec<u8> {
        let mut body = vec![30, 11, 1, 2, flags, method, 0, 0, 0, 0, 0, 0];
        body.extend(packed.to_le_bytes());
        body.extend(size.to_le_bytes());
        body.resize(30, 0);
        body.extend(name.as_bytes());
        body.extend([0, 0]);
        let mut out = [MAGIC, &(body.len() as u16).to_le_bytes(), &body].concat();
        out.extend(crc32fast::hash(&body).to_le_bytes());
        out.extend([0, 0]);
        out
    }

    #[test]
    fn members_of_each_kind_and_damage() {
        let end = [0x60, 0xea, 0, 0];
        // Three literals, and a copy of three from three before.
        let fixed = [0x30, 0x98, 0x8c, 0x70, 0x02, 0x00];
        let parts = [
            header(0, 2, 0, 0, "a.arj"),
            header(0, 0, 5, 5, "a\\b.in"),
            b"hello".to_vec(),
            header(1, 0, 5, 5, "secret"),
            b"?????".to_vec(),
            header(0, 9, 5, 5, "new"),
            b"?????".to_vec(),
            header(0, 4, 6, 6, "fixed"),
            fixed.to_vec(),
            end.to_vec(),
        ];
        let whole = parts.concat();
        let (members, problems) = read(&Arj, &whole);
        let want = [
            ("a/b.in", &b"hello"[..], None),
            ("secret", b"", Some(Reason::Encrypted)),
            ("new", b"", Some(Reason::Unsupported)),
            ("fixed", b"abcabc", None),
        ];
        let want = want.map(|(name, bytes, reason)| (name.to_owned(), bytes.to_vec(), reason));
        assert_eq!((&members[..], problems.len()), (&want[..], 0));
        // Behind a program, in which the mark stands too.
        let program = [&b"MZ\x60\xea\x1e\0"[..], &[0; 3000], &whole].concat();
        let (members, problems) = read(&Arj, &program);
        assert_eq!((&members[..], problems.len()), (&want[..], 0));
        assert!(place(&program[..3000]).is_none());
        let (members, problems) = read(&Arj, &whole[..whole.len() - 7]);
        assert_eq!(
            (members.len(), members[3].2, problems),
            (4, Some(Reason::Damaged), vec![Reason::Damaged])
        );
    }
}
