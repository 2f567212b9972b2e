//! UDF (ECMA-167, OSTA UDF 1.02 to 2.60): DVDs, Blu-ray discs, installation discs of Windows, sticks. On most discs ISO 9660 stands
//! beside it, sometimes with nothing but a note: its container asks here for the files that only UDF has.

use super::piece::{Claims, Scattered};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

/// Opens discs that have nothing but UDF.
pub struct Udf;

/// Where the sequence of marks begins that says what is on a disc, and how far apart they are.
const MARKS: usize = 32 << 10;
const MARK: usize = 2048;
/// Extents of one file, and deepest path.
const EXTENTS: usize = 1 << 16;
const PATH: usize = 4096;

impl Container for Udf {
    fn name(&self) -> &'static str {
        "udf"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        slice(blob.bytes, MARKS + 1, 5) == Some(b"BEA01") && is_udf(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let mut claims = Claims::default();
        add(blob.bytes, limits, &mut claims, &mut opened);
        opened.gaps = claims.gaps(blob.bytes.len());
        opened
    }
}

/// Whether the marks of a disc tell of UDF.
pub(super) fn is_udf(data: &[u8]) -> bool {
    let marks = (0..64).map_while(|n| slice(data, MARKS + n * MARK + 1, 5));
    marks
        .take_while(|mark| mark.iter().all(u8::is_ascii_alphanumeric))
        .any(|mark| matches!(mark, b"NSR02" | b"NSR03"))
}

/// Adds the files whose bytes nobody has claimed.
pub(super) fn add<'b>(data: &'b [u8], limits: &Limits, claims: &mut Claims, opened: &mut Opened<'b>) {
    let Some(disc) = Disc::read(data) else {
        let detail = "udf: the tables of the disc cannot be read; searched as raw bytes";
        opened.problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(data.len() as u64));
        return;
    };
    let mut walk = Walk {
        disc: &disc,
        limits,
        claims,
        opened,
        seen: HashSet::new(),
        damaged: 0,
        pieces: data.len() / 8,
    };
    walk.tree();
    let damaged = walk.damaged;
    if damaged > 0 {
        let detail = format!("udf: {damaged} folders or files are damaged");
        opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
    }
}

/// A partition, as the volume numbers them.
enum Partition {
    /// From this byte on.
    At(usize),
    /// In the extents of a file.
    Mapped(Vec<Range<u64>>),
}

impl Partition {
    fn few(self) -> Option<Self> {
        matches!(&self, Partition::Mapped(pieces) if pieces.len() <= 256).then_some(self)
    }
}

struct Disc<'b> {
    data: &'b [u8],
    block: usize,
    partitions: Vec<Partition>,
    root: Icb,
}

/// A place in a partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Icb {
    block: u32,
    partition: u16,
}

impl Icb {
    /// Of a long allocation descriptor.
    fn read(data: &[u8], at: usize) -> Option<Self> {
        Some(Icb { block: u32_le(data, at + 4)?, partition: u16_le(data, at + 8)? })
    }
}

fn number(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The descriptor at `at`, if its tag is of this kind.
fn tagged(data: &[u8], at: usize, kind: u16) -> bool {
    let Some(tag) = slice(data, at, 16) else { return false };
    let sum = tag.iter().enumerate().filter(|(n, _)| *n != 4).fold(0u8, |sum, (_, b)| sum.wrapping_add(*b));
    u16_le(tag, 0) == Some(kind) && sum == tag[4]
}

impl<'b> Disc<'b> {
    fn read(data: &'b [u8]) -> Option<Self> {
        // The anchor stands in the sector 256, of whatever size, and in the last one.
        let (sector, anchor) = [2048, 512, 4096, 1024]
            .into_iter()
            .flat_map(|sector| [(sector, 256 * sector), (sector, data.len().saturating_sub(sector))])
            .find(|(_, anchor)| tagged(data, *anchor, 2))?;
        [16, 24].into_iter().find_map(|extent| {
            let len = number(u32_le(data, anchor + extent)?);
            let start = number(u32_le(data, anchor + extent + 4)?).checked_mul(sector)?;
            Disc::volume(data, sector, start..start.checked_add(len)?.min(data.len()))
        })
    }

    fn volume(data: &'b [u8], sector: usize, sequence: Range<usize>) -> Option<Self> {
        let (mut physical, mut volume) = (Vec::new(), None);
        for at in sequence.step_by(sector).take(256) {
            if tagged(data, at, 5) {
                let start = number(u32_le(data, at + 188)?).checked_mul(sector)?;
                physical.push((u16_le(data, at + 22)?, start));
            } else if tagged(data, at, 6) {
                volume = Some(at);
            } else if tagged(data, at, 8) {
                break;
            }
        }
        let volume = volume?;
        let block = number(u32_le(data, volume + 212)?);
        matches!(block, 512 | 1024 | 2048 | 4096).then_some(())?;
        let start_of = |number: u16| physical.iter().find(|(n, _)| *n == number).map(|(_, start)| *start);
        let mut disc = Disc { data, block, partitions: Vec::new(), root: Icb { block: 0, partition: 0 } };
        let mut at = volume + 440;
        for _ in 0..u32_le(data, volume + 268)?.min(16) {
            let (kind, len) = (*data.get(at)?, usize::from(*data.get(at + 1)?));
            let partition = match kind {
                1 => Partition::At(start_of(u16_le(data, at + 4)?)?),
                2 if slice(data, at + 5, 23)?.starts_with(b"*UDF Sparable Partition") => {
                    Partition::At(start_of(u16_le(data, at + 38)?)?)
                }
                2 if slice(data, at + 5, 23)?.starts_with(b"*UDF Metadata Partition") => {
                    let start = start_of(u16_le(data, at + 38)?)?;
                    let file = start.checked_add(number(u32_le(data, at + 40)?).checked_mul(block)?)?;
                    let outer = Disc { data, block, partitions: vec![Partition::At(start)], root: disc.root };
                    // Every block is looked up in them.
                    Partition::Mapped(outer.file(file, 0)?.pieces).few()?
                }
                _ => return None,
            };
            disc.partitions.push(partition);
            at += len.max(6);
        }
        let set = disc.place(Icb::read(data, volume + 248)?)?;
        tagged(data, set, 256).then_some(())?;
        disc.root = Icb::read(data, set + 400)?;
        Some(disc)
    }

    /// The byte that a block begins at.
    fn place(&self, icb: Icb) -> Option<usize> {
        let offset = number(icb.block).checked_mul(self.block)?;
        match self.partitions.get(usize::from(icb.partition))? {
            Partition::At(start) => start.checked_add(offset),
            Partition::Mapped(pieces) => {
                let mut left = offset as u64;
                for piece in pieces {
                    let len = piece.end - piece.start;
                    if left < len {
                        return usize::try_from(piece.start + left).ok();
                    }
                    left -= len;
                }
                None
            }
        }
    }

    /// The file whose entry is at `at`, in the partition of this number.
    fn file(&self, at: usize, partition: u16) -> Option<Entry> {
        let (lengths, body) = if tagged(self.data, at, 261) {
            (168, 176)
        } else {
            tagged(self.data, at, 266).then_some((208, 216))?
        };
        let size = u64_le(self.data, at + 56)?;
        let start = at + body + number(u32_le(self.data, at + lengths)?).min(self.block);
        let len = number(u32_le(self.data, at + lengths + 4)?);
        let mut entry = Entry { kind: *self.data.get(at + 27)?, size, pieces: Vec::new() };
        let form = u16_le(self.data, at + 34)? & 7;
        if form == 3 {
            entry.pieces.push(start as u64..(start + len.min(self.block)) as u64);
        } else {
            self.extents(start..start.checked_add(len.min(self.block))?, form, partition, &mut entry);
        }
        Some(entry)
    }

    fn extents(&self, mut list: Range<usize>, form: u16, partition: u16, entry: &mut Entry) -> Option<()> {
        let width = if form == 0 { 8 } else { 16 };
        let (mut left, mut links) = (entry.size, 0);
        while list.start + width <= list.end && entry.pieces.len() < EXTENTS {
            let word = u32_le(self.data, list.start)?;
            let icb = match form {
                0 => Icb { block: u32_le(self.data, list.start + 4)?, partition },
                1 => Icb::read(self.data, list.start)?,
                _ => return None,
            };
            let len = u64::from(word & 0x3fff_ffff);
            if len == 0 {
                break;
            }
            list.start += width;
            if word >> 30 == 3 {
                // The list goes on in a block of its own.
                let at = self.place(icb)?;
                tagged(self.data, at, 258).then_some(())?;
                let len = number(u32_le(self.data, at + 20)?).min(self.block);
                // A list that leads back to itself ends by the number of its pieces.
                links += 1;
                (links < EXTENTS).then_some(())?;
                list = at + 24..at + 24 + len;
                continue;
            }
            let taken = len.min(left);
            left -= taken;
            match self.place(icb).filter(|_| word >> 30 == 0) {
                Some(start) => entry.pieces.push(start as u64..start as u64 + taken),
                // One stands for any number of holes.
                None if entry.pieces.last().is_some_and(Range::is_empty) => {}
                None => entry.pieces.push(0..0),
            }
        }
        Some(())
    }
}

struct Entry {
    kind: u8,
    size: u64,
    /// Places of its bytes; an empty one is a hole.
    pieces: Vec<Range<u64>>,
}

struct Walk<'w, 'b> {
    disc: &'w Disc<'b>,
    limits: &'w Limits,
    claims: &'w mut Claims,
    opened: &'w mut Opened<'b>,
    seen: HashSet<Icb>,
    damaged: u64,
    /// Pieces of files that may still be listed.
    pieces: usize,
}

impl Walk<'_, '_> {
    fn entry(&mut self, icb: Icb) -> Option<Entry> {
        let entry = self.disc.place(icb).and_then(|at| self.disc.file(at, icb.partition));
        // Lists of pieces that files have in common are how a small disc grows large.
        let entry = entry.filter(|entry| {
            let left = self.pieces.checked_sub(entry.pieces.len());
            self.pieces = left.unwrap_or(0);
            left.is_some()
        });
        self.damaged += u64::from(entry.is_none());
        entry
    }

    fn tree(&mut self) {
        let mut left = vec![(self.disc.root, Vec::new())];
        // Names take 40 bytes at least: no more of them are read than the disc has room for.
        let mut room = self.disc.data.len().saturating_mul(2);
        let mut letters = room.max(1 << 20);
        while let Some((icb, path)) = left.pop() {
            if !self.seen.insert(icb) {
                continue;
            }
            let Some(folder) = self.entry(icb) else { continue };
            let mut names = Vec::new();
            for piece in &folder.pieces {
                let range = place(piece.start)..place(piece.end);
                let bytes = self.disc.data.get(range).unwrap_or_default();
                room = room.saturating_sub(bytes.len());
                if room > 0 {
                    names.extend_from_slice(bytes);
                }
            }
            names.truncate(place(folder.size));
            let mut at = 0;
            while let Some((child, next)) = Name::read(&names, at) {
                at = next;
                // Deleted, or the folder above.
                if child.flags & 0x0c != 0 || path.len() > PATH {
                    continue;
                }
                let path: Vec<u8> = [&path[..], child.name.as_bytes()].concat();
                letters = letters.saturating_sub(path.len());
                if letters == 0 {
                    let detail = "udf: names take more room than the disc; the rest as raw bytes only";
                    self.opened.problems.push(Problem::new(Reason::Limit, detail));
                    return;
                }
                if child.flags & 2 != 0 {
                    left.push((child.icb, [&path[..], b"/"].concat()));
                } else if self.seen.insert(child.icb) {
                    self.file(child.icb, path);
                }
                if self.seen.len() as u64 > self.limits.entries {
                    let detail = format!("more than {} files", self.limits.entries);
                    self.opened.problems.push(Problem::new(Reason::Limit, detail));
                    return;
                }
            }
        }
    }

    fn file(&mut self, icb: Icb, name: Vec<u8>) {
        let Some(entry) = self.entry(icb) else { return };
        // Folders, files and streams have other kinds of bytes.
        if entry.size == 0 || !matches!(entry.kind, 0 | 5 | 249..=255) {
            return;
        }
        let file = Scattered::new(name, self.disc.data, entry.pieces, entry.size);
        if self.claims.claim(&file.ranges) {
            self.opened.members.push(Box::new(file));
        }
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// A name in a folder.
struct Name {
    flags: u8,
    icb: Icb,
    name: String,
}

impl Name {
    fn read(data: &[u8], at: usize) -> Option<(Self, usize)> {
        tagged(data, at, 257).then_some(())?;
        let len = usize::from(*data.get(at + 19)?);
        let more = usize::from(u16_le(data, at + 36)?);
        let name = slice(data, at + 38 + more, len)?;
        let name = match name.split_first() {
            Some((8, bytes)) => bytes.iter().map(|b| char::from(*b)).collect(),
            Some((16, bytes)) => {
                let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
            _ => String::new(),
        };
        let name = Name { flags: *data.get(at + 18)?, icb: Icb::read(data, at + 20)?, name };
        Some((name, at + (38 + more + len).next_multiple_of(4)))
    }
}
