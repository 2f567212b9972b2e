//! What stands in other files and no table leads to: streams, archives and databases in firmware, memory
//! images, free space of disks. Known by their first bytes, taken only if something comes out of them.
//!
//! Only on request: it takes a pass more over every file of data, and what comes out of chance is noise. The
//! work is bounded: each stream that holds is passed over as a whole, those that break off count against a
//! measure that grows with the file.

use super::budget::Budget;
use super::inflate::{Inflated, begins as deflates, inflate};
use super::stream::{self, Stream};
use super::{cab, gzip, rar, sevenz, squashfs, zip};
use crate::lens::bytes::{size_le, u16_le, u32_be, u64_le};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::ops::Range;
use std::sync::OnceLock;

/// What was carved out of a file.
pub struct Carved {
    /// `xz at 1042`.
    pub name: Vec<u8>,
    /// Where it stands in the file as it is; `None` where it was expanded.
    pub place: Option<Range<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Zlib,
    Gzip,
    ZipEntry,
    Packed(usize),
    Sqlite,
    Squashfs,
    SevenZip,
    Rar,
    Cabinet,
}

static STREAMS: [(&Stream, &str); 5] = [
    (&stream::XZ, "xz"),
    (&stream::BZIP2, "bzip2"),
    (&stream::ZSTD, "zstd"),
    (&stream::LZIP, "lzip"),
    (&stream::LZ4, "lz4"),
];

#[rustfmt::skip]
const SIGNATURES: [(&[u8], Kind); 17] = [
    (b"\x78\x01", Kind::Zlib), (b"\x78\x5e", Kind::Zlib), (b"\x78\x9c", Kind::Zlib), (b"\x78\xda", Kind::Zlib),
    (b"\x1f\x8b\x08", Kind::Gzip),
    (b"PK\x03\x04", Kind::ZipEntry),
    (b"\xfd7zXZ\0", Kind::Packed(0)),
    (b"BZh", Kind::Packed(1)),
    (b"\x28\xb5\x2f\xfd", Kind::Packed(2)),
    (b"LZIP\x01", Kind::Packed(3)),
    (b"\x04\x22\x4d\x18", Kind::Packed(4)),
    (b"\x02\x21\x4c\x18", Kind::Packed(4)),
    (b"SQLite format 3\0", Kind::Sqlite),
    (b"hsqs", Kind::Squashfs),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"Rar!\x1a\x07", Kind::Rar),
    (b"MSCF\0\0\0\0", Kind::Cabinet),
];

/// What breaks off is worth a look from this length on.
const LEAST_BROKEN: usize = 4 << 10;
/// What is whole is worth a look from this length on.
const LEAST: usize = 16;
/// Bytes of failed attempts that are free, whatever the size of the file; and as many more as it has.
const FREE: usize = 16 << 20;
/// What an attempt costs beside its bytes: that of a whole decoder, and of a look at the first bytes.
const DECODER: usize = 4 << 10;
const ATTEMPT: usize = 64;
/// Carved out of one file, at most.
const MOST: usize = 1 << 16;

/// Goes through a file.
pub struct Carver<'b> {
    data: &'b [u8],
    /// The offset of the data in its file.
    base: u64,
    at: usize,
    /// What is left for attempts that fail.
    work: usize,
    count: usize,
    /// Whether archives that know their bounds, and gzip, have been opened by their container.
    archives_are_open: bool,
    /// Up to where whole archives reach.
    zips: Vec<Range<usize>>,
    /// Whether the work became too much.
    cut: bool,
}

impl<'b> Carver<'b> {
    /// Begins at offset `from` of `data`. `archives_are_open`: what [`super::embedded`] opens was opened.
    pub fn new(data: &'b [u8], base: u64, from: usize, archives_are_open: bool) -> Self {
        let zips = if archives_are_open { zip::embedded(data).take(MOST).collect() } else { Vec::new() };
        Carver {
            data,
            base,
            at: from,
            work: data.len().saturating_add(FREE),
            count: 0,
            archives_are_open,
            zips,
            cut: false,
        }
    }

    /// Whether there was more than could be tried.
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// The next that is found; what is expanded is in `out`.
    pub fn next(&mut self, out: &mut Vec<u8>, budget: &Budget) -> Option<Carved> {
        static SEEKER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
        let build = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(SIGNATURES.iter().map(|(bytes, _)| bytes))
                .ok()
        };
        let seeker = SEEKER.get_or_init(build).as_ref()?;
        while self.at < self.data.len() && !budget.is_spent() {
            let found = seeker.find(Input::new(self.data).span(self.at..self.data.len()))?;
            let (at, kind) = (found.start(), SIGNATURES[found.pattern().as_usize()].1);
            if let Some(zip) = self.zips.iter().find(|zip| zip.contains(&at)) {
                self.at = zip.end;
                continue;
            }
            if self.work < ATTEMPT || self.count >= MOST {
                self.cut = true;
                return None;
            }
            let (len, carved) = self.attempt(kind, at, out, budget);
            self.at = at + len.max(1);
            if let Some(carved) = carved {
                self.count += 1;
                return Some(carved);
            }
            let cost = if matches!(kind, Kind::Packed(_)) { DECODER } else { ATTEMPT };
            self.work = self.work.saturating_sub(cost.max(len));
        }
        None
    }

    /// What stands at `at`, and how many bytes are to be passed over.
    fn attempt(
        &mut self,
        kind: Kind,
        at: usize,
        out: &mut Vec<u8>,
        budget: &Budget,
    ) -> (usize, Option<Carved>) {
        let data = &self.data[at..];
        let named = |what: &str| format!("{what} at {}", self.base + at as u64).into_bytes();
        let in_place = |what: &str, len: usize| {
            let len = len.min(data.len());
            (len, Some(Carved { name: named(what), place: Some(at..at + len) }))
        };
        let nothing = (1, None);
        out.clear();
        match kind {
            Kind::Zlib => {
                let Some(packed) = data.get(2..).filter(|packed| deflates(packed)) else { return nothing };
                match inflate(packed, out, 0, budget) {
                    Inflated::Whole(len) if u32_be(packed, len) == Some(adler32(out)) => {
                        self.expanded(2 + len + 4, out.len() >= LEAST, named("zlib"))
                    }
                    other => self.broken(&other, packed.len(), out, named("zlib")),
                }
            }
            Kind::Gzip if !self.archives_are_open => {
                let Some(header) = gzip::header(data) else { return nothing };
                let packed = data.get(header.len..).unwrap_or_default();
                if !deflates(packed) {
                    return nothing;
                }
                match inflate(packed, out, 0, budget) {
                    Inflated::Whole(len) => {
                        self.expanded(header.len + len + 8, out.len() >= LEAST, named("gzip"))
                    }
                    other => self.broken(&other, packed.len(), out, named("gzip")),
                }
            }
            Kind::ZipEntry => self.zip_entry(at, out, budget),
            Kind::Packed(which) => {
                let Some((stream, what)) = STREAMS.get(which).filter(|(stream, _)| stream.begins(data))
                else {
                    return nothing;
                };
                match stream.one(data, out, budget) {
                    Ok(Inflated::Whole(len)) => self.expanded(len, out.len() >= LEAST, named(what)),
                    Ok(other) => self.broken(&other, data.len(), out, named(what)),
                    Err(_) => nothing,
                }
            }
            Kind::Sqlite => match sqlite_len(data) {
                Some(len) => in_place("sqlite", len),
                None => nothing,
            },
            Kind::Squashfs => match u64_le(data, 40).and_then(|len| usize::try_from(len).ok()) {
                Some(len) if squashfs::begins(data) && len > 96 => in_place("squashfs", len),
                _ => nothing,
            },
            Kind::SevenZip if !self.archives_are_open && sevenz::begins(data) => {
                let len = size_le(data, 12).zip(size_le(data, 20));
                in_place("7z", len.map_or(data.len(), |(at, len)| at.saturating_add(len).saturating_add(32)))
            }
            Kind::Rar if !self.archives_are_open && rar::begins(data) => in_place("rar", data.len()),
            Kind::Cabinet if !self.archives_are_open && cab::begins(data) => {
                in_place("cab", size_le(data, 8).unwrap_or(data.len()))
            }
            Kind::Gzip | Kind::SevenZip | Kind::Rar | Kind::Cabinet => nothing,
        }
    }

    /// An entry of a ZIP of which no directory tells: deflated, as nearly all are. Others hold streams that
    /// are known by themselves, or are stored.
    fn zip_entry(&mut self, at: usize, out: &mut Vec<u8>, budget: &Budget) -> (usize, Option<Carved>) {
        let data = &self.data[at..];
        let parts =
            || Some((u16_le(data, 8)?, usize::from(u16_le(data, 26)?), usize::from(u16_le(data, 28)?)));
        let Some((8, name_len, extra)) = parts() else { return (4, None) };
        let name = data.get(30..30 + name_len).unwrap_or_default();
        let is_name = !name.is_empty() && name_len <= 1 << 10 && !name.iter().any(|&b| b < 0x20);
        let head = 30 + name_len + extra;
        let Some(packed) = data.get(head..).filter(|packed| is_name && deflates(packed)) else {
            return (4, None);
        };
        let mut full = name.to_vec();
        full.extend(format!(" at {}", self.base + at as u64).bytes());
        match inflate(packed, out, 0, budget) {
            Inflated::Whole(len) => self.expanded(head + len, !out.is_empty(), full),
            other => self.broken(&other, packed.len(), out, full),
        }
    }

    fn expanded(&self, len: usize, is_worth_it: bool, name: Vec<u8>) -> (usize, Option<Carved>) {
        (len, is_worth_it.then_some(Carved { name, place: None }))
    }

    /// A stream that ends too early: what came out is taken if it is more than chance gives.
    fn broken(&mut self, how: &Inflated, input: usize, out: &[u8], name: Vec<u8>) -> (usize, Option<Carved>) {
        let read = match how {
            Inflated::Whole(len) | Inflated::Broken(len) => *len,
            Inflated::Truncated | Inflated::Cut(_) => input,
        };
        // The bytes were gone through, and may be again.
        self.work = self.work.saturating_sub(read);
        let is_worth_it = out.len() >= LEAST_BROKEN;
        let is_cut = matches!(how, Inflated::Cut(_));
        let behind = if is_worth_it && !is_cut { read } else { 1 };
        (behind, is_worth_it.then_some(Carved { name, place: None }))
    }
}

/// The length of a database, by its header.
fn sqlite_len(data: &[u8]) -> Option<usize> {
    let size = match usize::from(u16::from_be_bytes(*data.get(16..)?.first_chunk()?)) {
        1 => 65536,
        size if size.is_power_of_two() && size >= 512 => size,
        _ => return None,
    };
    let pages = usize::try_from(u32_be(data, 28)?).ok()?;
    // Old versions do not say how many pages there are.
    Some(if pages == 0 { data.len() } else { pages.checked_mul(size)? })
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    // As many as cannot overflow.
    for part in data.chunks(5552) {
        for &byte in part {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}
