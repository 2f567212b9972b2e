//! ISO 9660 (ECMA-119) with the names of Rock Ridge (IEEE P1282) or Joliet; AppImages of type 1 are such images too.
//! What no file holds is searched as it is: the tables, boot records, what was deleted from a session.

use super::piece::{Claims, Scattered};
use super::{Container, Opened, Problem, udf};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::limits::Limits;
use std::collections::HashSet;

/// Opens images of CDs and DVDs.
pub struct Iso;

const SECTOR: usize = 2048;
const FIRST: usize = 16 * SECTOR;

impl Container for Iso {
    fn name(&self) -> &'static str {
        "iso9660"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        slice(blob.bytes, FIRST, 7) == Some(b"\x01CD001\x01")
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut walk = Walk {
            data,
            limits,
            block: SECTOR,
            skip: 0,
            seen: HashSet::new(),
            claims: Claims::default(),
            left: data.len().saturating_mul(4).max(1 << 20),
            opened: &mut opened,
            has_names: false,
            shared: 0,
            is_cut: false,
        };
        // The tree with Unix names if there is one, then the one with long names, then the other: what was
        // read by one name is not read by another.
        let primary = FIRST;
        let joliet = (1..64)
            .map(|n| FIRST + n * SECTOR)
            .take_while(|&at| slice(data, at + 1, 5) == Some(b"CD001") && data[at] != 255)
            .find(|&at| data[at] == 2 && data.get(at + 88..at + 90) == Some(b"%/"));
        let is_unix = walk.is_unix(primary);
        let order = if is_unix { [Some(primary), joliet] } else { [joliet, Some(primary)] };
        for volume in order.into_iter().flatten() {
            walk.volume(volume, Some(volume) == joliet);
        }
        let (shared, is_cut) = (walk.shared, walk.is_cut);
        let mut claims = walk.claims;
        if udf::is_udf(data) {
            udf::add(data, limits, &mut claims, &mut opened);
        }
        let gaps = claims.gaps(data.len());
        if shared > 0 {
            let detail =
                format!("{shared} files have their data in common with others; it was searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        if is_cut {
            let detail = "iso9660: not all folders could be listed; what is in them is searched as raw bytes";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        opened.gaps = gaps;
        opened
    }
}

struct Walk<'w, 'b> {
    data: &'b [u8],
    limits: &'w Limits,
    block: usize,
    /// Bytes of each system use field that belong to others.
    skip: usize,
    /// Folders, and beginnings of files.
    seen: HashSet<(bool, usize)>,
    claims: Claims,
    /// Bytes of folders that may still be read.
    left: usize,
    opened: &'w mut Opened<'b>,
    has_names: bool,
    shared: u64,
    is_cut: bool,
}

struct Record<'b> {
    start: usize,
    size: usize,
    is_folder: bool,
    has_more: bool,
    name: &'b [u8],
    system: &'b [u8],
}

fn record(data: &[u8], at: usize, block: usize) -> Option<(usize, Record<'_>)> {
    let len = usize::from(*data.get(at)?);
    let bytes = slice(data, at, len).filter(|bytes| bytes.len() >= 34)?;
    let name_len = usize::from(bytes[32]);
    let system = 33 + name_len + usize::from(name_len % 2 == 0);
    let start = size_le(bytes, 2)?.checked_add(usize::from(bytes[1]))?.checked_mul(block)?;
    Some((
        len,
        Record {
            start,
            size: size_le(bytes, 10)?,
            is_folder: bytes[25] & 2 != 0,
            has_more: bytes[25] & 0x80 != 0,
            name: slice(bytes, 33, name_len)?,
            system: bytes.get(system..).unwrap_or_default(),
        },
    ))
}

impl<'b> Walk<'_, 'b> {
    fn root(&self, volume: usize) -> Option<Record<'b>> {
        let block = usize::from(u16_le(self.data, volume + 128)?);
        Some(record(self.data, volume + 156, if block == 0 { SECTOR } else { block })?.1)
    }

    /// Whether the first record of the root says that names of Unix follow.
    fn is_unix(&mut self, volume: usize) -> bool {
        let Some(root) = self.root(volume) else { return false };
        let Some((_, first)) = record(self.data, root.start, self.block) else { return false };
        let found = first.system.windows(6).position(|w| w.starts_with(b"SP\x07\x01\xbe\xef"));
        if let Some(at) = found {
            self.skip = first.system.get(at + 6).copied().unwrap_or(0).into();
        }
        self.has_names = found.is_some();
        self.has_names
    }

    fn volume(&mut self, volume: usize, is_joliet: bool) {
        self.block = u16_le(self.data, volume + 128).map(usize::from).filter(|&b| b != 0).unwrap_or(SECTOR);
        let Some(root) = self.root(volume) else {
            self.is_cut = true;
            return;
        };
        let mut open = vec![(root.start, root.size, Vec::new())];
        while let Some((start, size, path)) = open.pop() {
            if self.seen.insert((true, start))
                && self.folder(start, size, &path, is_joliet, &mut open).is_none()
            {
                self.is_cut = true;
            }
        }
    }

    fn folder(
        &mut self,
        start: usize,
        size: usize,
        path: &[u8],
        is_joliet: bool,
        open: &mut Vec<(usize, usize, Vec<u8>)>,
    ) -> Option<()> {
        let data = self.data;
        let bytes = slice(data, start, size.min(data.len().saturating_sub(start)))?;
        self.left = self.left.checked_sub(bytes.len())?;
        let mut at = 0;
        let mut pieces = Vec::new();
        let mut all = 0u64;
        while at < bytes.len() {
            if bytes[at] == 0 {
                // Records do not cross sectors.
                at = (at + 1).next_multiple_of(SECTOR);
                continue;
            }
            let (len, record) = record(bytes, at, self.block)?;
            at += len;
            if matches!(record.name, [0 | 1]) {
                continue;
            }
            let mut path = path.to_vec();
            if !path.is_empty() {
                path.push(b'/');
            }
            let (name, moved, read) = self.name(&record, is_joliet);
            path.extend(name);
            self.left = self.left.checked_sub(path.len().saturating_add(read))?;
            if path.len() > 4096 || (self.opened.members.len() + open.len()) as u64 >= self.limits.entries {
                return None;
            }
            if let Some(moved) = moved {
                // A folder that stands elsewhere because of the depth of the tree.
                if let Some((_, first)) = self::record(data, moved, self.block) {
                    open.push((first.start, first.size, path));
                }
            } else if record.is_folder {
                open.push((record.start, record.size, path));
            } else {
                let from = record.start as u64;
                pieces.push(from..from + record.size as u64);
                all += record.size as u64;
                if record.has_more {
                    continue;
                }
                let pieces = std::mem::take(&mut pieces);
                let size = std::mem::take(&mut all);
                self.file(path, pieces, size);
            }
        }
        Some(())
    }

    fn file(&mut self, path: Vec<u8>, pieces: Vec<std::ops::Range<u64>>, size: u64) {
        let Some(first) = pieces.first().filter(|_| size > 0) else { return };
        if !self.seen.insert((false, first.start as usize)) {
            return;
        }
        let file = Scattered::new(path, self.data, pieces, size);
        if self.claims.claim(&file.ranges) {
            self.opened.members.push(Box::new(file));
        } else {
            self.shared += 1;
        }
    }

    /// Where the fields of a record go on.
    fn continued(&self, body: &[u8]) -> Option<&'b [u8]> {
        let start = size_le(body, 0)?.checked_mul(self.block)?.checked_add(size_le(body, 8)?)?;
        slice(self.data, start, size_le(body, 16)?.min(SECTOR))
    }

    /// The name, where the folder really is if it was moved, and how much was read elsewhere for it.
    fn name(&self, record: &Record<'b>, is_joliet: bool) -> (Vec<u8>, Option<usize>, usize) {
        let mut read = 0;
        if is_joliet {
            let units = record.name.chunks_exact(2).map(|u| u16::from_be_bytes([u[0], u[1]]));
            let name: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
            let name = name.strip_suffix(";1").unwrap_or(&name);
            return (name.as_bytes().to_vec(), None, 0);
        }
        let mut name = Vec::new();
        let mut moved = None;
        let mut field = record.system.get(self.skip..).unwrap_or_default();
        // Fields go on elsewhere, a few times at most.
        for _ in 0..8 {
            let mut more = None;
            while let Some((&[a, b, len, _], len_there)) =
                field.first_chunk::<4>().map(|head| (head, usize::from(head[2]))).filter(|_| self.has_names)
            {
                if len < 4 || len_there > field.len() {
                    break;
                }
                let body = &field[4..len_there];
                match [a, b] {
                    [b'N', b'M'] => name.extend_from_slice(body.get(1..).unwrap_or_default()),
                    [b'C', b'L'] => moved = u32_le(body, 0).map(|n| n as usize * self.block),
                    [b'C', b'E'] => {
                        more = self.continued(body);
                    }
                    _ => {}
                }
                field = &field[len_there..];
            }
            match more {
                Some(next) => {
                    read += next.len();
                    field = next;
                }
                None => break,
            }
        }
        if name.is_empty() {
            let plain = record.name.strip_suffix(b";1").unwrap_or(record.name);
            name = plain.strip_suffix(b".").unwrap_or(plain).to_vec();
        }
        (name, moved, read)
    }
}
