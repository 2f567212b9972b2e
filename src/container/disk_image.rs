//! Images of disks as virtual machines and flashing tools keep them: tables say which blocks of the disk are where in
//! the file, packed or not, and most are nowhere. The disk is one member, with its holes; who knows partitions and
//! file systems reads it as any disk.
//!
//! The disk is put together in a file without a name, in which holes take no space: file systems lead
//! from anywhere to anywhere, so it has to be there as a whole.

mod chunks;
mod payload;
mod qcow;
mod vhd;
mod vmdk;

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET, inflate};
use super::piece::gaps;
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::source::map::Mapping;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::OnceLock;

/// Opens such images.
pub struct DiskImage;

/// Whether holes of the file in which a disk is put together cost nothing.
const HOLES_ARE_FREE: bool = cfg!(target_os = "linux");
/// Disks up to this size are put together in memory, where holes are zeros.
const IN_MEMORY: u64 = if HOLES_ARE_FREE { 16 << 20 } else { 64 << 20 };
/// Of a larger disk than so many entries may be, no more is read: elsewhere holes have to be gone through too.
const MOST: u64 = if HOLES_ARE_FREE { 1024 } else { 64 };
/// And of one that is so many times larger than its image, no more than half an entry: a second of zeros.
const HOLLOW: u64 = if HOLES_ARE_FREE { u64::MAX } else { 16 };
/// No disk is as large as this.
const PLAUSIBLE: u64 = 1 << 60;

impl Container for DiskImage {
    fn name(&self) -> &'static str {
        "disk-image"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        format(blob.bytes).is_some() || payload::begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let entry = limits.entry_bytes;
        let hollow = (data.len() as u64).saturating_mul(HOLLOW).max(entry / 2);
        let most = hollow.min(entry.saturating_mul(MOST)).max(data.len() as u64);
        if payload::begins(data) {
            let partitions = payload::partitions(data, most);
            let mut used = Vec::new();
            for payload::Partition { name, map } in partitions {
                let shown = crate::address::escape(&name[..name.len().min(200)]);
                used.extend(map.used.iter().cloned());
                map.add_to(&mut opened, data, name, &shown);
            }
            used.sort_by_key(|range| range.start);
            opened.gaps = gaps(used, data.len());
            return opened;
        }
        let Some((name, read)) = format(data) else { return opened };
        let mut map = Map { most, ..Map::default() };
        let is_sound = read(data, &mut map).is_some();
        if !is_sound {
            let detail =
                format!("{name}: its tables are damaged; searched as raw bytes as far as they lead nowhere");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(data.len() as u64));
        }
        map.used.sort_by_key(|range| range.start);
        opened.gaps = gaps(map.used.iter().cloned(), data.len());
        map.add_to(&mut opened, data, b"disk".to_vec(), name);
        opened
    }
}

/// Reads tables; `None` where they are damaged: what was read before stays.
type Read = fn(&[u8], &mut Map) -> Option<()>;

/// What the file is an image by.
fn format(data: &[u8]) -> Option<(&'static str, Read)> {
    let first: &[u8; 8] = data.first_chunk()?;
    let read: (&str, Read) = match first {
        [b'Q', b'F', b'I', 0xfb, 0, 0, 0, 1] => ("qcow", qcow::first),
        [b'Q', b'F', b'I', 0xfb, 0, 0, 0, 2 | 3] => ("qcow2", qcow::second),
        [b'Q', b'E', b'D', 0, ..] => ("qed", qcow::enhanced),
        [b'K', b'D', b'M', b'V', 1..=3, 0, 0, 0] => ("vmdk", vmdk::sparse),
        [b'C', b'O', b'W', b'D', 1, 0, 0, 0] => ("vmdk", vmdk::server),
        b"conectix" => ("vhd", vhd::first),
        b"vhdxfile" => ("vhdx", vhd::second),
        b"WithoutF" | b"WithouFr" => ("parallels", chunks::parallels),
        [0x3a, 0xff, 0x26, 0xed, 1, 0, ..] => ("android-sparse", chunks::android),
        _ if data.get(64..68) == Some(b"\x7f\x10\xda\xbe") => ("vdi", chunks::vdi),
        _ => return None,
    };
    (data.len() >= 512 || first[0] == 0x3a).then_some(read)
}

/// Where a block of the disk is.
#[derive(Debug)]
enum Source {
    /// In the file as it is.
    Raw(Range<usize>),
    /// Packed by deflate, without a header.
    Deflate(Range<usize>),
    /// Packed by zlib.
    Zlib(Range<usize>),
    /// One frame of zstd.
    Zstd(Range<usize>),
    /// One stream of bzip2.
    Bzip2(Range<usize>),
    /// One stream of xz.
    Xz(Range<usize>),
    /// The same four bytes over and over.
    Fill([u8; 4]),
}

/// A stretch of the disk that is not empty.
#[derive(Debug)]
struct Block {
    at: u64,
    len: u64,
    source: Source,
}

/// What the tables of an image say.
#[derive(Default)]
struct Map {
    blocks: Vec<Block>,
    /// Stretches of the file that hold blocks.
    used: Vec<Range<usize>>,
    /// Their bytes together: an image whose blocks stand in one place is a bomb.
    taken: u64,
    entries: usize,
    /// Of the disk, as far as the image says, how much of it is read at most, and bytes of blocks behind that.
    size: u64,
    most: u64,
    cut: u64,
    problems: Vec<Problem>,
}

impl Map {
    /// Adds a block; `None` where blocks share bytes of the file.
    fn add(&mut self, data: &[u8], at: u64, len: u64, source: Source) -> Option<()> {
        if len == 0 {
            return Some(());
        }
        if at.checked_add(len)? > self.most {
            self.cut = self.cut.saturating_add(len);
            return Some(());
        }
        if let Source::Raw(range)
        | Source::Deflate(range)
        | Source::Zlib(range)
        | Source::Zstd(range)
        | Source::Bzip2(range)
        | Source::Xz(range) = &source
        {
            self.taken = self.taken.saturating_add(range.len() as u64);
            // Packed blocks are told to the next sector, and share those.
            (self.taken <= 2 * data.len() as u64 + (1 << 20)).then_some(())?;
            match self.used.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => self.used.push(range.clone()),
            }
        }
        let block = Block { at, len, source };
        if let (Some(last), Source::Raw(range)) = (self.blocks.last_mut(), &block.source)
            && let Source::Raw(before) = &mut last.source
            && before.end == range.start
            && last.at + last.len == at
            && before.len() as u64 == last.len
        {
            before.end = range.end;
            last.len += len;
        } else {
            self.blocks.push(block);
        }
        Some(())
    }

    /// Makes a member of the disk, and tells what is wrong with it.
    fn add_to<'b>(mut self, opened: &mut Opened<'b>, data: &'b [u8], name: Vec<u8>, shown: &str) {
        for mut problem in self.problems {
            problem.detail = format!("{shown}: {}", problem.detail);
            opened.problems.push(problem);
        }
        if self.cut > 0 {
            let detail = format!(
                "{shown}: the disk is large and almost empty; {} bytes behind {} are not read",
                self.cut, self.most
            );
            opened.problems.push(Problem::new(Reason::Limit, detail).of_bytes(self.cut));
        }
        self.blocks.sort_by_key(|block| block.at);
        if !self.blocks.is_empty() {
            let end = self.blocks.last().map_or(0, |last| last.at + last.len);
            let len = self.size.clamp(end, self.most.max(end));
            opened.members.push(Box::new(Disk {
                name,
                data,
                len,
                blocks: self.blocks,
                whole: OnceLock::new(),
            }));
        }
    }

    /// Sets the size of the disk; none is so large that places in it could not be added without care.
    fn disk(&mut self, size: u64) -> Option<u64> {
        self.size = size;
        (size < PLAUSIBLE).then_some(size)
    }

    /// Counts entries of a table that is read: one that many others lead to would be read for ever. `None` where that
    /// is so.
    fn table(&mut self, data: &[u8], entries: usize) -> Option<()> {
        self.entries = self.entries.saturating_add(entries);
        (self.entries <= data.len() / 4 + (1 << 17)).then_some(())
    }

    /// Adds a block that stands in the file as it is, as far as it is there.
    fn raw(&mut self, data: &[u8], at: u64, len: u64, place: u64) -> Option<()> {
        let start = usize::try_from(place).ok()?.min(data.len());
        let end = start.saturating_add(usize::try_from(len).ok()?).min(data.len());
        if ((end - start) as u64) < len {
            self.missing(len - (end - start) as u64);
        }
        self.add(data, at, (end - start) as u64, Source::Raw(start..end))
    }

    fn missing(&mut self, bytes: u64) {
        match self.problems.iter_mut().find(|p| p.reason == Reason::Damaged) {
            Some(problem) => problem.bytes = problem.bytes.map(|n| n.saturating_add(bytes)),
            None => self.problems.push(Problem::new(Reason::Damaged, "it is cut off").of_bytes(bytes)),
        }
    }

    /// Says that blocks are missing here because another image has them.
    fn based_on(&mut self, name: &[u8]) {
        let name = crate::address::escape(&name[..name.len().min(200)]);
        let detail = format!("only what differs from another image ({name}) is in it");
        self.problems.push(Problem::new(Reason::Unreadable, detail));
    }

    fn encrypted(&mut self, data: &[u8]) {
        let detail = "the disk is encrypted";
        self.problems.push(Problem::new(Reason::Encrypted, detail).of_bytes(data.len() as u64));
    }
}

struct Disk<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    len: u64,
    /// In order.
    blocks: Vec<Block>,
    whole: OnceLock<Mapping>,
}

impl Member for Disk<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.len
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let len = self.len;
        if let [Block { at: 0, len: all, source: Source::Raw(range) }] = self.blocks.as_slice()
            && *all == len
        {
            return Contents { bytes: self.data.get(range.clone()).unwrap_or_default(), problem: None };
        }
        buffer.clear();
        if len <= IN_MEMORY {
            buffer.resize(len as usize, 0);
            let problem = self.expand(budget, &mut |at, bytes| {
                if let Some(place) = buffer.get_mut(at as usize..).and_then(|b| b.get_mut(..bytes.len())) {
                    place.copy_from_slice(bytes);
                }
                Ok(())
            });
            return Contents { bytes: buffer, problem };
        }
        let mapped = tempfile::tempfile().and_then(|mut file| {
            file.set_len(len)?;
            let mut next = 0;
            let problem = self.expand(budget, &mut |at, bytes| {
                if at != next {
                    file.seek(SeekFrom::Start(at))?;
                }
                next = at + bytes.len() as u64;
                file.write_all(bytes)
            });
            Ok((Mapping::new(&file)?, problem))
        });
        match mapped {
            Ok((mapping, problem)) => Contents { bytes: self.whole.get_or_init(|| mapping), problem },
            Err(e) => {
                let detail = format!("the disk cannot be put together: {e}");
                let problem = Problem::new(Reason::Unreadable, detail).of_bytes(len);
                Contents { bytes: &[], problem: Some(problem) }
            }
        }
    }
}

impl Disk<'_> {
    /// Hands all blocks to `write`.
    fn expand(
        &self,
        budget: &Budget,
        write: &mut dyn FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Option<Problem> {
        let mut damaged = 0u64;
        let mut out = Vec::new();
        for block in &self.blocks {
            let bytes = |range: &Range<usize>| self.data.get(range.clone()).unwrap_or_default();
            let most = usize::try_from(block.len).unwrap_or(usize::MAX);
            let packed = match &block.source {
                Source::Raw(range) => {
                    if !budget.take(block.len) {
                        budget.spend();
                        return Some(Problem::new(Reason::Limit, OVER_BUDGET));
                    }
                    if let Err(e) = write(block.at, bytes(range)) {
                        return Some(Problem::new(
                            Reason::Unreadable,
                            format!("the disk cannot be put together: {e}"),
                        ));
                    }
                    continue;
                }
                Source::Fill(bytes) => {
                    if block.len > budget.limits.entry_bytes || !budget.take(block.len) {
                        budget.spend();
                        return Some(Problem::new(Reason::Limit, OVER_BUDGET));
                    }
                    out.clear();
                    out.extend(bytes.iter().cycle().take(most));
                    Ok(Inflated::Whole(0))
                }
                Source::Deflate(range) => Ok(inflate(bytes(range), &mut out, block.len, budget)),
                Source::Zlib(range) => {
                    Ok(inflate(bytes(range).get(2..).unwrap_or_default(), &mut out, block.len, budget))
                }
                Source::Zstd(range) | Source::Bzip2(range) | Source::Xz(range) => {
                    let packing = match &block.source {
                        Source::Bzip2(_) => Packing::Bzip2,
                        Source::Xz(_) => Packing::Xz,
                        _ => Packing::Zstd,
                    };
                    out.clear();
                    packing.expand(bytes(range), &mut out, budget)
                }
            };
            match packed {
                Ok(Inflated::Cut(limit)) => return Some(Problem::new(Reason::Limit, limit)),
                Err(problem) if problem.reason == Reason::Limit => return Some(problem),
                // The end of a block is told to the next sector.
                Ok(_) if out.len() >= most => {}
                _ => damaged += block.len,
            }
            out.truncate(most);
            if let Err(e) = write(block.at, &out) {
                return Some(Problem::new(
                    Reason::Unreadable,
                    format!("the disk cannot be put together: {e}"),
                ));
            }
        }
        (damaged > 0).then(|| {
            Problem::new(Reason::Damaged, format!("{damaged} bytes of blocks are damaged")).of_bytes(damaged)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// What comes out, and the reasons that are told.
    pub(super) fn read(data: &[u8]) -> (Vec<u8>, Vec<Reason>) {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(DiskImage.reads(&blob));
        let opened = DiskImage.open(&blob, &Limits::default());
        let mut reasons: Vec<Reason> = opened.problems.iter().map(|p| p.reason).collect();
        let mut buffer = Vec::new();
        let budget = Budget::new(&Limits::default(), data.len() as u64);
        let Some(member) = opened.members.first() else { return (buffer, reasons) };
        let contents = member.read(&mut buffer, &budget);
        reasons.extend(contents.problem.map(|p| p.reason));
        (contents.bytes.to_vec(), reasons)
    }

    /// Numbers of 32 bits.
    pub(super) fn le(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    #[test]
    fn chunks_of_android() {
        let head = [le(&[0xed26_ff3a]), vec![1, 0, 0, 0, 28, 0, 12, 0], le(&[4096, 4, 5, 0])].concat();
        let chunk = |kind: u16, blocks: u32, body: &[u8]| {
            let head = [kind.to_le_bytes(), [0, 0]].concat();
            [head, le(&[blocks, 12 + body.len() as u32]), body.to_vec()].concat()
        };
        let raw = vec![b'r'; 4096];
        let image = [
            head,
            chunk(0xcac1, 1, &raw),
            chunk(0xcac3, 1, &[]),
            chunk(0xcac2, 1, b"abcd"),
            chunk(0xcac4, 0, b"sums"),
            chunk(0xcac1, 1, &raw),
        ]
        .concat();
        let whole = [raw.clone(), vec![0; 4096], b"abcd".repeat(1024), raw].concat();
        assert!(read(&image) == (whole, vec![]));
        assert_eq!(read(&image[..image.len() - 10]).1, [Reason::Damaged]);
    }

    #[test]
    fn blocks_in_one_place_and_hollow_disks_are_refused() {
        let mut data = vec![0; 64 << 10];
        data[64..68].copy_from_slice(b"\x7f\x10\xda\xbe");
        let put = |data: &mut Vec<u8>, at: usize, n: u32| data[at..at + 4].copy_from_slice(&n.to_le_bytes());
        put(&mut data, 0x154, 1024);
        put(&mut data, 0x158, 8192);
        put(&mut data, 0x178, 16 << 10);
        put(&mut data, 0x180, 1000);
        put(&mut data, 0x170, 16 << 20);
        // A thousand times the first block.
        assert_eq!(read(&data).1, [Reason::Damaged]);
        data[1024..8192].fill(0xff);
        data[8192..8200].copy_from_slice(b"contents");
        put(&mut data, 1024 + 4 * 2, 0);
        let (disk, reasons) = read(&data);
        assert!(disk.len() == 16 << 20 && disk[32 << 10..].starts_with(b"contents") && reasons.is_empty());
        // One more, 600 GiB further.
        put(&mut data, 0x178, 1 << 30);
        put(&mut data, 0x174, 200);
        put(&mut data, 1024 + 4 * 2, u32::MAX);
        put(&mut data, 1024 + 4 * 600, 0);
        assert!(read(&data).1.contains(&Reason::Limit));
    }
}
