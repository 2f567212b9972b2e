//! RAR 4 and 5. Members that are stored are read in place; what is packed cannot be: there is no free description of
//! how. So it is told, member by member.
//!
//! After "RAR 5.0 archive format" and the technical note of RAR 4, both of RARLAB.

use super::piece::{Piece, gaps};
use super::solid::Told;
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le, uleb};
use crate::limits::Limits;
use std::ops::Range;

/// Opens RAR archives.
pub struct Rar;

const MAGIC_4: &[u8] = b"Rar!\x1a\x07\0";
const MAGIC_5: &[u8] = b"Rar!\x1a\x07\x01\0";

/// Whether an archive begins here.
pub(super) fn begins(data: &[u8]) -> bool {
    // The first header behind the magic bytes is of the archive, or says that all others are encrypted.
    (data.starts_with(MAGIC_4) && data.get(9) == Some(&0x73))
        || (data.starts_with(MAGIC_5)
            && matches!(five(data, MAGIC_5.len()), Some(Header { kind: 1 | 4, .. })))
}

impl Container for Rar {
    fn name(&self) -> &'static str {
        "rar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut taken = Vec::new();
        let is_four = data.starts_with(MAGIC_4);
        let mut at = if is_four { MAGIC_4.len() } else { MAGIC_5.len() };
        while at < data.len() {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail).of_bytes((data.len() - at) as u64));
                break;
            }
            let Some(header) = (if is_four { four(data, at) } else { five(data, at) }) else {
                let detail = format!("rar: no header at byte {at}");
                opened
                    .problems
                    .push(Problem::new(Reason::Damaged, detail).of_bytes((data.len() - at) as u64));
                break;
            };
            match header.kind {
                END => break,
                ENCRYPTED => {
                    let detail = "rar: names and contents are encrypted";
                    let left = (data.len() - at) as u64;
                    opened.problems.push(Problem::new(Reason::Encrypted, detail).of_bytes(left));
                    break;
                }
                FILE => {
                    if let Some(member) = header.member(data, &mut taken) {
                        opened.members.push(member);
                    }
                }
                _ => {}
            }
            at = header.end;
        }
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

const FILE: u8 = 2;
const ENCRYPTED: u8 = 4;
const END: u8 = 5;

/// A header of either version, its kind as version 5 has it.
struct Header<'b> {
    kind: u8,
    name: &'b [u8],
    body: Range<usize>,
    /// Where the next header is.
    end: usize,
    expanded: u64,
    is_stored: bool,
    is_encrypted: bool,
    is_folder: bool,
    is_split: bool,
}

impl<'b> Header<'b> {
    fn member(&self, data: &'b [u8], taken: &mut Vec<Range<usize>>) -> Option<Box<dyn Member + 'b>> {
        if self.is_folder || self.body.is_empty() {
            return None;
        }
        let there = self.body.start.min(data.len())..self.body.end.min(data.len());
        let missing = (self.body.len() - there.len()) as u64;
        let told = |reason, detail: String| {
            let problem = Problem::new(reason, detail).of_bytes(there.len() as u64);
            Some(Box::new(Told { name: self.name.to_vec(), problem }) as Box<dyn Member>)
        };
        if self.is_encrypted {
            told(Reason::Encrypted, "rar: the member is encrypted".into())
        } else if !self.is_stored {
            told(
                Reason::Unsupported,
                format!("rar: packed, {} bytes when expanded; not opened", self.expanded),
            )
        } else {
            taken.push(there.clone());
            let missing = if self.is_split {
                self.expanded.saturating_sub(there.len() as u64).min(1 << 50)
            } else {
                missing
            };
            Some(Box::new(Piece { name: self.name.to_vec(), bytes: &data[there], missing }))
        }
    }
}

fn four(data: &[u8], at: usize) -> Option<Header<'_>> {
    let kind = *data.get(at + 2)?;
    let (flags, size) = (u16_le(data, at + 3)?, usize::from(u16_le(data, at + 5)?));
    if size < 7 || !(0x72..=0x7b).contains(&kind) {
        return None;
    }
    let start = at.checked_add(size)?;
    let is_file = kind == 0x74;
    let has_more = is_file || kind == 0x7a || flags & 0x8000 != 0;
    let low = if has_more { u64::from(u32_le(data, at + 7)?) } else { 0 };
    let is_large = has_more && flags & 0x100 != 0 && matches!(kind, 0x74 | 0x7a);
    let high = |n: usize| if is_large { u32_le(data, at + n).map(u64::from) } else { Some(0) };
    let len = usize::try_from(high(32)? << 32 | low).ok()?;
    let end = start.checked_add(len)?;
    let mut header = Header {
        kind: match kind {
            0x73 if flags & 0x80 != 0 => ENCRYPTED,
            0x73 => 1,
            0x74 => FILE,
            0x7b => END,
            _ => 3,
        },
        name: &[],
        body: start..end,
        end,
        expanded: 0,
        is_stored: false,
        is_encrypted: flags & 4 != 0,
        is_folder: flags & 0xe0 == 0xe0,
        is_split: flags & 3 != 0,
    };
    if is_file {
        header.expanded = high(36)? << 32 | u64::from(u32_le(data, at + 11)?);
        header.is_stored = *data.get(at + 25)? == 0x30;
        let name = slice(data, at + if is_large { 40 } else { 32 }, usize::from(u16_le(data, at + 26)?))?;
        // Behind a zero byte stands what the name needs to be Unicode.
        header.name = name.split(|&b| b == 0).next()?;
    }
    Some(header)
}

fn five(data: &[u8], at: usize) -> Option<Header<'_>> {
    let mut from = at.checked_add(4)?;
    let size = usize::try_from(uleb(data, &mut from)?).ok().filter(|&size| size > 0 && size <= 2 << 20)?;
    let start = from.checked_add(size)?;
    // A header that does not add up is none: behind it nothing can be trusted.
    let bytes = data.get(at + 4..start)?;
    (crc32fast::hash(bytes) == u32_le(data, at)?).then_some(())?;
    let head = data.get(..start)?;
    let kind = uleb(head, &mut from)?;
    let flags = uleb(head, &mut from)?;
    let extra = if flags & 1 != 0 { usize::try_from(uleb(head, &mut from)?).ok()? } else { 0 };
    let len = if flags & 2 != 0 { usize::try_from(uleb(head, &mut from)?).ok()? } else { 0 };
    let end = start.checked_add(len)?;
    let mut header = Header {
        kind: u8::try_from(kind).unwrap_or(0),
        name: &[],
        body: start..end,
        end,
        expanded: 0,
        is_stored: false,
        is_encrypted: false,
        is_folder: false,
        is_split: flags & 0x18 != 0,
    };
    if header.kind == FILE {
        let flags = uleb(head, &mut from)?;
        header.is_folder = flags & 1 != 0;
        header.expanded = uleb(head, &mut from)?;
        uleb(head, &mut from)?;
        from += if flags & 2 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
        header.is_stored = uleb(head, &mut from)? & 0x380 == 0;
        uleb(head, &mut from)?;
        let len = usize::try_from(uleb(head, &mut from)?).ok()?;
        header.name = slice(head, from, len)?;
        header.is_encrypted = start.checked_sub(extra).is_some_and(|from| has_encryption(head, from));
    }
    Some(header)
}

/// Whether one of the records in the extra area says that the data is encrypted.
fn has_encryption(head: &[u8], mut at: usize) -> bool {
    while at < head.len() {
        let Some(size) = uleb(head, &mut at).and_then(|n| usize::try_from(n).ok()) else { return false };
        let mut from = at;
        match uleb(head, &mut from) {
            Some(1) => return true,
            None => return false,
            _ => {}
        }
        at = at.saturating_add(size.max(1));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::{self, Read};

    fn vint(mut n: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while n > 127 {
            out.push((n & 127 | 128) as u8);
            n >>= 7;
        }
        out.push(n as u8);
        out
    }

    fn header_5(fields: &[u8]) -> Vec<u8> {
        let bytes = [vint(fields.len()), fields.to_vec()].concat();
        [crc32fast::hash(&bytes).to_le_bytes().to_vec(), bytes].concat()
    }

    fn file_5(name: &str, method: usize, extra: &[u8], body: &[u8]) -> Vec<u8> {
        let mut fields = vec![2, 2 | u8::from(!extra.is_empty())];
        if !extra.is_empty() {
            fields.extend(vint(extra.len()));
        }
        fields.extend(vint(body.len()));
        fields.extend([0]);
        fields.extend(vint(body.len() * 2));
        fields.extend([0]);
        fields.extend(vint(method << 7));
        fields.extend([1, name.len() as u8]);
        fields.extend(name.bytes().chain(extra.iter().copied()));
        [header_5(&fields), body.to_vec()].concat()
    }

    fn file_4(name: &str, method: u8, flags: u16, body: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 0, 0x74];
        out.extend((flags | 0x8000).to_le_bytes());
        out.extend((32 + name.len() as u16).to_le_bytes());
        out.extend((body.len() as u32).to_le_bytes());
        out.extend((body.len() as u32).to_le_bytes());
        out.extend([3, 0, 0, 0, 0, 0, 0, 0, 0, 20, method]);
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0; 4]);
        out.extend(name.bytes());
        out.extend(body);
        out
    }

    fn read(data: &[u8]) -> (Vec<Read>, Vec<Reason>) {
        testing::read(&Rar, data)
    }

    #[test]
    fn stored_members_are_read_and_others_told() {
        let main = header_5(&[1, 0, 0]);
        let five = [
            MAGIC_5,
            &main,
            &file_5("a.txt", 0, b"", b"plain"),
            &file_5("b.txt", 3, b"", b"packed"),
            &file_5("c.txt", 0, &[2, 1, 0], b"hidden"),
            &header_5(&[5, 0, 0]),
        ]
        .concat();
        let main = [&[0, 0, 0x73, 0, 0, 13, 0][..], &[0; 6]].concat();
        let four = [
            MAGIC_4,
            &main,
            &file_4("a.txt", 0x30, 0, b"plain"),
            &file_4("b.txt", 0x33, 0, b"packed"),
            &file_4("c.txt", 0x30, 4, b"hidden"),
            &[0, 0, 0x7b, 0, 0, 7, 0],
        ]
        .concat();
        for data in [five, four] {
            let (members, problems) = read(&data);
            assert_eq!(problems, []);
            assert_eq!(members[0], ("a.txt".into(), b"plain".to_vec(), None));
            assert_eq!(members[1], ("b.txt".into(), vec![], Some(Reason::Unsupported)));
            assert_eq!(members[2], ("c.txt".into(), vec![], Some(Reason::Encrypted)));
            let at = memchr::memmem::find(&data, b"plain").unwrap();
            let (members, _) = read(&data[..at + 2]);
            assert_eq!(members[0], ("a.txt".into(), b"pl".to_vec(), Some(Reason::Damaged)));
        }
    }

    #[test]
    fn encrypted_headers_and_what_is_no_archive() {
        let five = [MAGIC_5, &header_5(&[4, 0, 0, 0, 15]), &[7; 90]].concat();
        assert_eq!(read(&five).1, [Reason::Encrypted]);
        let four = [MAGIC_4, &[0, 0, 0x73, 0x80, 0, 13, 0], &[9; 60]].concat();
        assert_eq!(read(&four).1, [Reason::Encrypted]);
        assert!(!begins(b"Rar!\x1a\x07\x01\0 and text behind it"));
    }
}
