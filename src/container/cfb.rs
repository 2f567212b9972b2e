//! Compound files (MS-CFB): MSI packages, mails of Outlook (`.msg`), old Office files, `Thumbs.db`. Streams are put together
//! from their sectors. Names of tables and streams in MSI are undone; its strings stand end to end in
//! one stream and are cut apart. Macros are members besides the streams that hold them.

mod biff;

use super::budget::Budget;
use super::piece::{Claims, Scattered};
use super::{Container, Contents, Member, Opened, Problem, ovba};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::cell::Cell;
use std::collections::HashSet;
use std::ops::Range;

/// Opens compound files.
pub struct Cfb;

const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Sector numbers from here on are no sectors.
const NO_SECTOR: u32 = 0xffff_fffa;
const ENTRY: usize = 128;

impl Container for Cfb {
    fn name(&self) -> &'static str {
        "compound"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
            && matches!(u16_le(blob.bytes, 30), Some(9 | 12))
            && matches!(u16_le(blob.bytes, 32), Some(6))
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut claims = Claims::default();
        match File::new(data) {
            Some(file) => file.list(limits, &mut opened, &mut claims),
            None => {
                let detail = "compound file: the tables are cut off; searched as raw bytes";
                opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(data.len() as u64));
            }
        }
        opened.gaps = claims.gaps(data.len());
        opened
    }
}

struct File<'b> {
    data: &'b [u8],
    shift: u32,
    /// The sector behind each sector.
    next: Vec<u32>,
    next_small: Vec<u32>,
    entries: Vec<Entry>,
    /// Where the sectors begin that hold the small ones.
    small: Vec<u64>,
    cutoff: u64,
    /// Sectors that may still be followed, in all chains together: those that share sectors or go in
    /// circles are hostile.
    left: Cell<usize>,
}

struct Entry {
    name: Vec<u16>,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

impl<'b> File<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let shift = u32::from(u16_le(data, 30).filter(|shift| matches!(shift, 9 | 12))?);
        let most = data.len() >> shift;
        let mut file = File {
            data,
            shift,
            next: Vec::new(),
            next_small: Vec::new(),
            entries: Vec::new(),
            small: Vec::new(),
            cutoff: u64::from(u32_le(data, 56)?),
            left: Cell::new(most.saturating_mul(4) + data.len() / 32),
        };
        // The table of sectors stands in sectors that the header lists, and a chain of further lists.
        let mut tables: Vec<u32> = (0..109).filter_map(|n| u32_le(data, 76 + 4 * n)).collect();
        let (mut list, mut seen) = (u32_le(data, 68)?, 0);
        let per = (1usize << shift) / 4;
        while list < NO_SECTOR && seen <= most {
            let Some(sector) = file.sector(list) else { break };
            tables.extend((0..per - 1).filter_map(|n| u32_le(sector, 4 * n)));
            list = u32_le(sector, 4 * (per - 1)).unwrap_or(u32::MAX);
            seen += 1;
        }
        let mut used = HashSet::new();
        for table in tables.into_iter().filter(|&n| n < NO_SECTOR) {
            if used.insert(table)
                && let Some(sector) = file.sector(table)
            {
                file.next.extend(sector.chunks_exact(4).filter_map(|n| u32_le(n, 0)));
            }
        }
        let folders = file.chain(u32_le(data, 48)?, most);
        let read = |ranges: &[Range<u64>]| -> Vec<u8> {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
            ranges.iter().flat_map(|r| &data[place(r.start)..place(r.end)]).copied().collect()
        };
        file.entries =
            read(&folders).chunks_exact(ENTRY).filter_map(|entry| Entry::read(entry, shift)).collect();
        let small = file.chain(u32_le(data, 60)?, most);
        file.next_small = read(&small).chunks_exact(4).filter_map(|n| u32_le(n, 0)).collect();
        if let Some(root) = file.entries.first().filter(|root| root.kind == 5) {
            let sectors = file.chain(root.start, most);
            let starts = sectors.into_iter().flat_map(|r| r.step_by(1 << shift));
            file.small = starts.take(most).collect();
        }
        (!file.entries.is_empty()).then_some(file)
    }

    fn is_spent(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0
    }

    fn sector(&self, n: u32) -> Option<&'b [u8]> {
        let start = (n as usize).checked_add(1)? << self.shift;
        slice(self.data, start, 1 << self.shift)
    }

    /// Where the sectors of a chain stand; at most so many.
    fn chain(&self, start: u32, most: usize) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let (mut at, size) = (start, 1u64 << self.shift);
        for _ in 0..most {
            if at >= NO_SECTOR || self.is_spent() {
                break;
            }
            let from = (u64::from(at) + 1) << self.shift;
            match ranges.last_mut() {
                Some(last) if last.end == from => last.end += size,
                _ => ranges.push(from..from + size),
            }
            let Some(&next) = self.next.get(at as usize) else { break };
            at = next;
        }
        ranges
    }

    /// The same for the small sectors of short streams.
    fn small_chain(&self, start: u32, size: u64) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        let mut at = start;
        for _ in 0..size.div_ceil(64).min(self.cutoff.min(1 << 20) / 64 + 1) {
            if at >= NO_SECTOR || self.is_spent() {
                break;
            }
            let offset = u64::from(at) * 64;
            let Some(from) = self.small.get((offset >> self.shift) as usize) else { break };
            let from = from + (offset & ((1 << self.shift) - 1));
            ranges.push(from..from + 64);
            let Some(&next) = self.next_small.get(at as usize) else { break };
            at = next;
        }
        ranges
    }

    fn list(&self, limits: &Limits, opened: &mut Opened<'b>, claims: &mut Claims) {
        let paths = self.paths();
        let mut msi: [Option<Scattered<'b>>; 2] = [None, None];
        let mut refused = 0u64;
        for (entry, path) in self.entries.iter().zip(paths) {
            if entry.kind != 2 || entry.size == 0 {
                continue;
            }
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} streams", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let ranges = if entry.size < self.cutoff {
                self.small_chain(entry.start, entry.size)
            } else {
                let sectors = usize::try_from(entry.size >> self.shift).unwrap_or(usize::MAX);
                self.chain(entry.start, sectors.saturating_add(1).min(self.data.len() >> self.shift))
            };
            let stream = Scattered::new(path, self.data, ranges, entry.size.min(1 << 50));
            if !claims.claim(&stream.ranges) {
                refused += 1;
                continue;
            }
            if stream.name == b"EncryptedPackage" {
                let detail = "the document is encrypted with a password";
                opened.problems.push(Problem::new(Reason::Encrypted, detail).of_bytes(entry.size));
            }
            match stream.name.as_slice() {
                b"!_StringPool" => msi[0] = Some(stream),
                b"!_StringData" => msi[1] = Some(stream),
                _ => {
                    opened
                        .members
                        .extend(Macro::of(&stream).map(|source| Box::new(source) as Box<dyn Member>));
                    if matches!(stream.name.as_slice(), b"Workbook" | b"Book") {
                        opened.members.push(Box::new(biff::Cells(stream.clone())));
                    }
                    opened.members.push(Box::new(stream));
                }
            }
        }
        match msi {
            [Some(pool), Some(data)] => opened.members.push(Box::new(Strings { pool, data })),
            other => {
                opened.members.extend(other.into_iter().flatten().map(|s| Box::new(s) as Box<dyn Member>))
            }
        }
        if refused > 0 {
            let detail = format!("{refused} streams share sectors with others, which were searched once");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
    }

    /// The path of each entry; its name alone where the tree does not lead to it.
    fn paths(&self) -> Vec<Vec<u8>> {
        let mut paths: Vec<Vec<u8>> = self.entries.iter().map(|entry| name(&entry.name)).collect();
        let mut seen = vec![false; self.entries.len()];
        let mut open: Vec<(u32, usize)> =
            self.entries.first().map(|root| (root.child, 0)).into_iter().collect();
        let mut left = 64usize << 20;
        while let Some((n, parent)) = open.pop() {
            let Some(entry) = self.entries.get(n as usize) else { continue };
            if std::mem::replace(&mut seen[n as usize], true) || n == 0 {
                continue;
            }
            open.push((entry.left, parent));
            open.push((entry.right, parent));
            if parent != 0 && left > paths[parent].len() + 32 && paths[parent].len() < 4096 {
                paths[n as usize] = [&paths[parent], &b"/"[..], &paths[n as usize]].concat();
                left = left.saturating_sub(paths[n as usize].len());
            }
            if entry.kind == 1 {
                open.push((entry.child, n as usize));
            }
        }
        paths
    }
}

impl Entry {
    fn read(entry: &[u8], shift: u32) -> Option<Self> {
        let len = usize::from(u16_le(entry, 64)?).min(64) / 2;
        let units = entry[..64].chunks_exact(2).take(len).map(|u| u16::from_le_bytes([u[0], u[1]]));
        let size = u64_le(entry, 120)?;
        Some(Entry {
            name: units.take_while(|&u| u != 0).collect(),
            kind: entry[66],
            left: u32_le(entry, 68)?,
            right: u32_le(entry, 72)?,
            child: u32_le(entry, 76)?,
            start: u32_le(entry, 116)?,
            // The upper half may be anything in files with small sectors.
            size: if shift == 9 { size & 0xffff_ffff } else { size },
        })
    }
}

/// A name; those of MSI hold two characters in one (as its readers have found out).
fn name(units: &[u16]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
    let mut out = Vec::new();
    for unit in char::decode_utf16(units.iter().copied()) {
        let unit = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        match unit as u32 {
            0x4840 => out.push(b'!'),
            n @ 0x3800..0x4800 => {
                out.push(DIGITS[(n - 0x3800) as usize & 63]);
                out.push(DIGITS[(n - 0x3800) as usize >> 6 & 63]);
            }
            n @ 0x4800..0x4840 => out.push(DIGITS[(n - 0x4800) as usize]),
            // What tells apart streams that users do not see.
            0..0x20 => {}
            _ => out.extend(unit.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

/// The strings of an MSI, a line each: their lengths are in another stream.
struct Strings<'b> {
    pool: Scattered<'b>,
    data: Scattered<'b>,
}

impl Member for Strings<'_> {
    fn name(&self) -> &[u8] {
        b"strings"
    }

    fn size_hint(&self) -> u64 {
        self.data.size_hint()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let pool = self.pool.read(&mut first, budget);
        let data = self.data.read(&mut second, budget);
        if !budget.take(data.bytes.len() as u64) {
            let problem = Problem::new(Reason::Limit, "the strings are over the limit");
            return Contents { bytes: &[], problem: Some(problem) };
        }
        buffer.clear();
        let mut at = 0;
        let mut long = 0;
        for entry in pool.bytes.chunks_exact(4).skip(1) {
            let (len, count) = (usize::from(u16_le(entry, 0).unwrap_or(0)), u16_le(entry, 2).unwrap_or(0));
            // A length of more than 16 bits: its upper half stands before.
            if len == 0 && count != 0 {
                long = usize::from(count) << 16;
                continue;
            }
            let len = len + std::mem::take(&mut long);
            if let Some(text) = slice(data.bytes, at, len).filter(|text| !text.is_empty()) {
                buffer.extend_from_slice(text);
                buffer.push(b'\n');
            }
            at = at.saturating_add(len);
        }
        buffer.extend_from_slice(data.bytes.get(at..).unwrap_or_default());
        Contents { bytes: buffer, problem: pool.problem.or(data.problem) }
    }
}

/// The source of a module of macros.
struct Macro<'b> {
    name: Vec<u8>,
    stream: Scattered<'b>,
}

impl<'b> Macro<'b> {
    /// `None` for streams that hold no source: what they hold is searched as it is.
    fn of(stream: &Scattered<'b>) -> Option<Self> {
        let (folder, name) = split_last(&stream.name)?;
        let is_project = split_last(folder).map_or(folder, |(_, last)| last).eq_ignore_ascii_case(b"VBA");
        let is_cache = name.starts_with(b"_VBA_PROJECT") || name.starts_with(b"__SRP_");
        let stream = Scattered { name: Vec::new(), ranges: stream.ranges.clone(), ..*stream };
        (is_project && !is_cache).then(|| Macro { name: [folder, b"/", name, b" (source)"].concat(), stream })
    }
}

/// What is before the last slash, and behind it.
fn split_last(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = memchr::memrchr(b'/', path)?;
    Some((&path[..slash], &path[slash + 1..]))
}

impl Member for Macro<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.stream.size_hint().saturating_mul(2)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let mut bytes = Vec::new();
        let stream = self.stream.read(&mut bytes, budget);
        let is_directory = self.name.ends_with(b"/dir (source)") && ovba::begins(stream.bytes);
        let problem = match ovba::source(stream.bytes).or(is_directory.then_some(0)) {
            Some(at) => ovba::expand(&stream.bytes[at..], buffer, budget).err(),
            None => Some(Problem::new(Reason::Damaged, "no source of a macro is in its stream").of_bytes(0)),
        };
        Contents { bytes: buffer, problem: problem.or(stream.problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_msi() {
        let packed: Vec<u16> = vec![0x4840, 0x3f3f, 0x4577, 0x446c, 0x3b6a, 0x45e4, 0x4824];
        assert_eq!(name(&packed), b"!_StringData");
        assert_eq!(
            name(&"\u{5}SummaryInformation".encode_utf16().collect::<Vec<_>>()),
            b"SummaryInformation"
        );
    }

    #[test]
    fn nothing_but_a_header() {
        use crate::address::Address;
        let mut data = vec![0; 512];
        data[..8].copy_from_slice(MAGIC);
        data[30] = 9;
        data[32] = 6;
        let blob = Blob { address: Address::named("x"), bytes: &data };
        assert!(Cfb.reads(&blob));
        let opened = Cfb.open(&blob, &Limits::default());
        assert!(opened.members.is_empty() && opened.problems.len() == 1);
        assert!(opened.gaps.len() == 1 && opened.gaps[0] == (0..512));
    }
}
