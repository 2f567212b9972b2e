//! NTFS: every record of the master file table, also of files that no folder leads to any more. Small files stand in their
//! record, others in clusters by runs; streams beside the data of a file are members of their own.
//!
//! Microsoft documents little of it; the layout is that of the Linux kernel's `fs/ntfs3/ntfs.h`. Records that are
//! not in use are searched as raw bytes, and so is what no file has.

mod lznt1;

use super::budget::Budget;
use super::piece::{Claims, Owned, Scattered};
use super::solid::Told;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Opens such file systems.
pub struct Ntfs;

/// Folders within folders.
const MAX_DEPTH: usize = 128;
/// Records of the file system's own files.
const OWN: u64 = 24;
const ROOT: u64 = 5;

impl Container for Ntfs {
    fn name(&self) -> &'static str {
        "ntfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Volume::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut claims = Claims::default();
        if let Some(volume) = Volume::new(data) {
            let mut files = Files::default();
            volume.read(limits, &mut files);
            files.open(&volume, limits, &mut opened, &mut claims);
        }
        opened.gaps = claims.gaps(data.len());
        opened
    }
}

struct Volume<'b> {
    data: &'b [u8],
    cluster: u64,
    record: usize,
    table: u64,
}

/// Clusters of a stream: from which of its own on, how many, and where on the disk; nowhere for a hole.
#[derive(Clone, Debug)]
struct Run {
    from: u64,
    count: u64,
    at: Option<u64>,
}

/// A stream of a file, of several records perhaps.
#[derive(Debug)]
struct Stream {
    size: u64,
    runs: Vec<Run>,
    /// In the record itself: where, and its bytes where marks of sectors stand within.
    resident: Option<(Range<usize>, Option<Vec<u8>>)>,
    is_encrypted: bool,
    /// Clusters that are packed together, if they are.
    unit: Option<u64>,
}

#[derive(Default)]
struct Files {
    /// Folder and name of a record.
    names: HashMap<u64, (u64, Vec<u8>)>,
    /// By record and name of the stream.
    streams: BTreeMap<(u64, Vec<u8>), Stream>,
    bad: u64,
    is_cut: bool,
}

impl<'b> Volume<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        (slice(data, 3, 8)? == b"NTFS    " && slice(data, 510, 2)? == b"\x55\xaa").then_some(())?;
        let sector = usize::from(u16_le(data, 11)?);
        let per = match *data.get(13)? {
            n @ 1..=0x80 => u64::from(n),
            n => 1u64.checked_shl(256 - u32::from(n)).filter(|n| *n <= 4096)?,
        };
        let cluster = per * sector as u64;
        let record = match *data.get(64)? {
            n @ 1..=0x7f => usize::from(n) * cluster as usize,
            n => 1usize.checked_shl(256 - u32::from(n))?,
        };
        let is_sound = matches!(sector, 256 | 512 | 1024 | 2048 | 4096)
            && cluster.is_power_of_two()
            && (512..=64 << 10).contains(&record);
        let table = u64_le(data, 48)?.checked_mul(cluster)?;
        (is_sound && table < data.len() as u64).then_some(Volume { data, cluster, record, table })
    }

    /// A record whose marks were undone, if it is one.
    fn record(&self, at: usize) -> Option<Vec<u8>> {
        let mut record = slice(self.data, at, self.record)?.to_vec();
        (record.starts_with(b"FILE")).then_some(())?;
        let (marks, count) = (usize::from(u16_le(&record, 4)?), usize::from(u16_le(&record, 6)?));
        // The last bytes of each 512 stand in the table of marks.
        for n in 1..count.min(self.record / 512 + 1) {
            let own = *record.get(marks + 2 * n..)?.first_chunk::<2>()?;
            record.get_mut(n * 512 - 2..n * 512)?.copy_from_slice(&own);
        }
        Some(record)
    }

    /// Reads all records that are in use.
    fn read(&self, limits: &Limits, files: &mut Files) {
        let Some(first) = self.record(self.table as usize) else { return };
        self.attributes(&first, self.table as usize, 0, files);
        let key = (0, Vec::new());
        let mut done = 0;
        // The table has a record too, and that may go on in others.
        while let Some(run) = files.streams.get(&key).and_then(|table| table.runs.get(done)).cloned() {
            done += 1;
            let Some(at) = run.at.and_then(|at| usize::try_from(at).ok()) else { continue };
            let len = usize::try_from(run.count.saturating_mul(self.cluster)).unwrap_or(usize::MAX);
            let end = at.saturating_add(len).min(self.data.len());
            for (n, at) in (at.min(end)..end).step_by(self.record).enumerate() {
                let number = run.from.saturating_mul(self.cluster) / self.record as u64 + n as u64;
                if number == 0 {
                    continue;
                }
                let Some(record) = self.record(at) else { continue };
                if files.streams.len() as u64 > limits.entries {
                    files.is_cut = true;
                    return;
                }
                if u16_le(&record, 22).is_some_and(|flags| flags & 1 != 0)
                    && self.attributes(&record, at, number, files).is_none()
                {
                    files.bad += 1;
                }
            }
        }
    }

    /// Reads the attributes of a record; `None` where they are damaged.
    fn attributes(&self, record: &[u8], place: usize, number: u64, files: &mut Files) -> Option<()> {
        let owner = match u64_le(record, 32)? & 0xffff_ffff_ffff {
            0 => number,
            base => base,
        };
        let mut at = usize::from(u16_le(record, 20)?);
        loop {
            let kind = u32_le(record, at)?;
            if kind == u32::MAX {
                return Some(());
            }
            let len = size_le(record, at + 4)?;
            let attribute = slice(record, at, len).filter(|_| len >= 24)?;
            let name = slice(attribute, usize::from(u16_le(attribute, 10)?), 2 * usize::from(attribute[9]))?;
            match kind {
                0x30 => self.name(attribute, owner, files)?,
                0x80 => self.stream(record, place, at, attribute, (owner, text(name)), files)?,
                _ => {}
            }
            at += len;
        }
    }

    fn name(&self, attribute: &[u8], owner: u64, files: &mut Files) -> Option<()> {
        let value = attribute.get(usize::from(u16_le(attribute, 20)?)..)?;
        let name = text(slice(value, 66, 2 * usize::from(*value.get(64)?))?);
        let parent = u64_le(value, 0)? & 0xffff_ffff_ffff;
        // A short name of DOS stands for a file that has no other.
        if value.get(65) == Some(&2) {
            files.names.entry(owner).or_insert((parent, name));
        } else {
            files.names.insert(owner, (parent, name));
        }
        Some(())
    }

    fn stream(
        &self,
        record: &[u8],
        place: usize,
        at: usize,
        attribute: &[u8],
        key: (u64, Vec<u8>),
        files: &mut Files,
    ) -> Option<()> {
        let flags = u16_le(attribute, 12)?;
        if attribute[8] == 0 {
            let (len, from) = (size_le(attribute, 16)?, at + usize::from(u16_le(attribute, 20)?));
            let bytes = slice(record, from, len)?;
            let is_marked = (from..from + len).any(|n| n % 512 >= 510);
            let range = place + from..place + from + len;
            let resident = Some((range, is_marked.then(|| bytes.to_vec())));
            let (runs, is_encrypted) = (Vec::new(), flags & 0x4000 != 0);
            files.streams.insert(key, Stream { size: len as u64, runs, resident, is_encrypted, unit: None });
            return Some(());
        }
        let first = u64_le(attribute, 16)?;
        let runs = self.runs(attribute.get(usize::from(u16_le(attribute, 32)?)..)?, first)?;
        let stream = files.streams.entry(key).or_insert_with(|| Stream {
            size: 0,
            runs: Vec::new(),
            resident: None,
            is_encrypted: flags & 0x4000 != 0,
            unit: None,
        });
        if first == 0 {
            stream.size = u64_le(attribute, 48)?;
            let unit = u16_le(attribute, 34)?;
            stream.unit = (flags & 1 != 0 && (1..=8).contains(&unit)).then(|| 1 << unit);
        }
        stream.runs.extend(runs);
        stream.runs.sort_by_key(|run| run.from);
        Some(())
    }

    /// Runs in their packed form.
    fn runs(&self, mut list: &[u8], first: u64) -> Option<Vec<Run>> {
        let mut runs = Vec::new();
        let (mut from, mut at) = (first, 0i64);
        loop {
            let (&head, rest) = list.split_first()?;
            if head == 0 {
                return Some(runs);
            }
            let (counts, places) = (usize::from(head & 15), usize::from(head >> 4));
            (counts <= 8 && places <= 8).then_some(())?;
            let (count, rest) = rest.split_at_checked(counts)?;
            let (step, rest) = rest.split_at_checked(places)?;
            let count = count.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
            let negative = step.last().is_some_and(|b| b & 0x80 != 0);
            let step =
                step.iter().rev().fold(if negative { -1i64 } else { 0 }, |n, b| n << 8 | i64::from(*b));
            (count < 1 << 48).then_some(())?;
            let place = if places == 0 {
                None
            } else {
                at = at.checked_add(step)?;
                Some(u64::try_from(at).ok()?.checked_mul(self.cluster)?)
            };
            runs.push(Run { from, count, at: place });
            from = from.checked_add(count)?;
            list = rest;
        }
    }
}

fn text(units: &[u8]) -> Vec<u8> {
    let units = units.chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into_bytes()
}

impl Files {
    fn open<'b>(self, volume: &Volume<'b>, limits: &Limits, opened: &mut Opened<'b>, claims: &mut Claims) {
        // The paths of all files together: long ones over and over are how a small image grows large.
        let mut left = volume.data.len().saturating_mul(2).max(1 << 20);
        let (mut shared, mut bad) = (0u64, self.bad);
        for ((number, name), stream) in &self.streams {
            let is_own = *number < OWN && !name.is_empty() || *number < 16;
            if is_own || (stream.size == 0 && stream.runs.is_empty()) {
                continue;
            }
            let mut path = self.path(*number);
            if !name.is_empty() {
                path.push(b':');
                path.extend(name);
            }
            let Some(rest) = left.checked_sub(path.len()).filter(|_| path.len() <= 4096) else {
                bad += 1;
                continue;
            };
            left = rest;
            if opened.members.len() as u64 >= limits.entries {
                bad += 1;
                break;
            }
            let why = match name.as_slice() {
                _ if stream.is_encrypted => Some((Reason::Encrypted, "the file is encrypted (EFS)")),
                b"WofCompressedData" => Some((Reason::Unsupported, "packed by Windows (XPRESS or LZX)")),
                _ => None,
            };
            if let Some((reason, why)) = why {
                let problem = Problem::new(reason, why).of_bytes(stream.size);
                opened.members.push(Box::new(Told { name: path, problem }));
                continue;
            }
            match stream.member(volume, path, claims) {
                Some(member) => opened.members.push(member),
                None => shared += 1,
            }
        }
        if shared > 0 {
            let detail =
                format!("{shared} files have their clusters in common with others, which were searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        if bad > 0 {
            let detail = format!("ntfs: {bad} files are damaged or too many; searched as raw bytes");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        if self.is_cut {
            let detail = format!("ntfs: more than {} files; the others as raw bytes", limits.entries);
            opened.problems.push(Problem::new(Reason::Limit, detail));
        }
    }

    /// The names of the folders down to a file.
    fn path(&self, number: u64) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = Vec::new();
        let mut at = number;
        for _ in 0..MAX_DEPTH {
            let Some((parent, name)) = self.names.get(&at) else {
                parts.push(b"(no folder)");
                break;
            };
            parts.push(name);
            if *parent == ROOT || *parent == at {
                break;
            }
            at = *parent;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}

impl Stream {
    /// `None` where others have its bytes.
    fn member<'b>(
        &self,
        volume: &Volume<'b>,
        name: Vec<u8>,
        claims: &mut Claims,
    ) -> Option<Box<dyn Member + 'b>> {
        if let Some((range, own)) = &self.resident {
            claims.claim(std::slice::from_ref(range)).then_some(())?;
            return Some(match own {
                Some(bytes) => Box::new(Owned { name, bytes: bytes.clone() }),
                None => {
                    let piece = range.start as u64..range.end as u64;
                    Box::new(Scattered::new(name, volume.data, vec![piece], self.size))
                }
            });
        }
        if let Some(unit) = self.unit {
            let packed = Packed::new(name, volume, self, unit);
            claims.claim(&packed.ranges()).then_some(())?;
            return Some(Box::new(packed));
        }
        let mut holes = 0u64;
        let pieces = self.runs.iter().map(|run| match run.at {
            Some(at) => at..at.saturating_add(run.count.saturating_mul(volume.cluster)),
            None => {
                let start = run.from.saturating_mul(volume.cluster);
                let len = run.count.saturating_mul(volume.cluster);
                holes = holes.saturating_add(len.min(self.size.saturating_sub(start)));
                0..0
            }
        });
        let pieces = pieces.collect();
        let file = Scattered::new(name, volume.data, pieces, self.size.saturating_sub(holes));
        claims.claim(&file.ranges).then_some(())?;
        Some(Box::new(file))
    }
}

/// A file in units of clusters, each packed where that saves one.
struct Packed<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    size: u64,
    /// Bytes of a unit.
    unit: usize,
    /// Number of the unit, and where it stands; in full, if that is as long as a unit.
    units: Vec<(u64, Vec<Range<usize>>)>,
}

impl<'b> Packed<'b> {
    fn new(name: Vec<u8>, volume: &Volume<'b>, stream: &Stream, unit: u64) -> Self {
        let mut units: Vec<(u64, Vec<Range<usize>>)> = Vec::new();
        let end = volume.data.len() as u64;
        for run in &stream.runs {
            let Some(at) = run.at else { continue };
            // Runs are cut where units meet; a run cannot be longer than the disk.
            let (mut from, mut at, mut left) = (run.from, at, run.count.min(end / volume.cluster + 1));
            while left > 0 && at < end {
                let count = left.min(unit - from % unit);
                let stop = at.saturating_add(count * volume.cluster).min(end);
                let range = at as usize..stop as usize;
                match units.last_mut() {
                    Some((n, ranges)) if *n == from / unit => ranges.push(range),
                    _ => units.push((from / unit, vec![range])),
                }
                (from, at, left) = (from + count, stop, left - count);
            }
        }
        let unit = (unit * volume.cluster) as usize;
        Packed { name, data: volume.data, size: stream.size, unit, units }
    }

    fn ranges(&self) -> Vec<Range<usize>> {
        self.units.iter().flat_map(|(_, ranges)| ranges.iter().cloned()).collect()
    }
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.size
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let len = (self.units.len() * self.unit) as u64;
        if len > budget.limits.entry_bytes || !budget.take(len) {
            let problem = Problem::new(Reason::Limit, "the file is over the limit").of_bytes(self.size);
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let (mut input, mut damaged, mut next) = (Vec::new(), 0u64, 0);
        for (n, ranges) in &self.units {
            if *n != next {
                // What is before a hole and what is behind it do not touch.
                buffer.push(0);
            }
            next = n + 1;
            let from = buffer.len();
            input.clear();
            ranges.iter().for_each(|r| input.extend_from_slice(self.data.get(r.clone()).unwrap_or_default()));
            if input.len() >= self.unit {
                buffer.extend_from_slice(&input);
            } else if !lznt1::expand(&input, buffer, from + self.unit) {
                damaged += 1;
            }
            // The last unit goes on behind the end.
            let end = self.size.saturating_sub(n.saturating_mul(self.unit as u64));
            buffer.truncate(from + usize::try_from(end).unwrap_or(usize::MAX).min(self.unit));
        }
        let problem = (damaged > 0).then(|| {
            Problem::new(Reason::Damaged, format!("{damaged} packed units of the file are damaged"))
        });
        Contents { bytes: buffer, problem }
    }
}
