//! WIM, the images that Windows is installed from: streams by their checksum, and the folders of each image, which name them.
//! Stored, XPRESS and LZX.
//!
//! Microsoft's "Windows Imaging File Format (WIM)" white paper.

mod bits;
mod lzx;
mod xpress;

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::piece::{Claims, Piece};
use super::solid::Told;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Opens such images.
pub struct Wim;

/// Bytes of tables that are expanded to be read.
const MAX_TABLES: u64 = 256 << 20;
/// Longest path.
const PATH: usize = 4096;
/// What the flags of a stream say.
const METADATA: u8 = 2;
const PACKED: u8 = 4;
const SPANNED: u8 = 8;
const SOLID: u8 = 16;

impl Container for Wim {
    fn name(&self) -> &'static str {
        "wim"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Image::new(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut claims = Claims::default();
        if let Some(image) = Image::new(data) {
            image.list(limits, &mut opened, &mut claims);
        }
        opened.gaps = claims.gaps(data.len());
        opened
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Xpress,
    Lzx,
    Unknown,
}

#[derive(Clone, Copy)]
struct Image<'b> {
    data: &'b [u8],
    packing: Packing,
    chunk: u64,
    part: u16,
}

/// Where a stream is.
#[derive(Clone, Copy)]
struct Stream {
    at: u64,
    packed: u64,
    size: u64,
    flags: u8,
}

impl Stream {
    fn read(bytes: &[u8]) -> Option<Self> {
        let first = u64_le(bytes, 0)?;
        let packed = first & ((1 << 56) - 1);
        Some(Stream { packed, flags: (first >> 56) as u8, at: u64_le(bytes, 8)?, size: u64_le(bytes, 16)? })
    }

    fn range(&self, data: &[u8]) -> Range<usize> {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
        place(self.at)..place(self.at.saturating_add(self.packed))
    }
}

impl<'b> Image<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let head = slice(data, 0, 208)?;
        (head.starts_with(b"MSWIM\0\0\0") && u32_le(head, 8)? == 208).then_some(())?;
        let flags = u32_le(head, 16)?;
        let packing = match flags {
            _ if flags & 2 == 0 => Packing::None,
            _ if flags & 0x2_0000 != 0 => Packing::Xpress,
            _ if flags & 0x4_0000 != 0 => Packing::Lzx,
            _ => Packing::Unknown,
        };
        let chunk = match u32_le(head, 20)? {
            0 => 1 << 15,
            chunk => u64::from(chunk),
        };
        // Without packing there are no chunks.
        let packing = match chunk.is_power_of_two() && (1 << 12..=1 << 21).contains(&chunk) {
            true => packing,
            false => Packing::Unknown,
        };
        Some(Image { data, packing, chunk, part: u16_le(head, 40)? })
    }

    fn list(self, limits: &Limits, opened: &mut Opened<'b>, claims: &mut Claims) {
        let budget = Budget::new(
            &Limits { expanded_bytes: limits.expanded_bytes.min(MAX_TABLES), ..limits.clone() },
            self.data.len() as u64,
        );
        let mut table = Vec::new();
        let streams = Stream::read(&self.data[48..]).map(|stream| self.expand(&stream, &mut table, &budget));
        if let Some(Err(problem)) = streams {
            let detail = format!("{} (the table of streams)", problem.detail);
            opened.problems.push(Problem { detail, ..problem });
        }
        let entries = || table.chunks_exact(50).filter_map(|entry| Some((Stream::read(entry)?, entry)));
        let mut names = Names {
            by_sum: HashMap::new(),
            left: self.data.len().saturating_mul(2).max(1 << 20),
            is_whole: true,
        };
        let mut metadata = Vec::new();
        for (stream, _) in entries().filter(|(stream, _)| stream.flags & METADATA != 0) {
            metadata.clear();
            match self.expand(&stream, &mut metadata, &budget) {
                Ok(()) => names.read(&metadata),
                Err(problem) => {
                    let detail = format!("{} (folders of an image)", problem.detail);
                    opened.problems.push(Problem { detail, ..problem });
                }
            }
            budget.give_back(metadata.len() as u64);
        }
        let mut shared = 0u64;
        for (n, (stream, entry)) in entries().enumerate() {
            if stream.flags & METADATA != 0 || stream.size == 0 {
                continue;
            }
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let name = entry.get(30..50).and_then(|sum| names.by_sum.remove(sum));
            let name = name.unwrap_or_else(|| format!("stream {n}").into_bytes());
            let told =
                if u16_le(entry, 24).is_some_and(|part| part != self.part) || stream.flags & SPANNED != 0 {
                    Some((Reason::Unreadable, "wim: the stream is in another part of the image"))
                } else if stream.flags & SOLID != 0
                    || stream.flags & PACKED != 0 && self.packing == Packing::Unknown
                {
                    Some((Reason::Unsupported, "wim: packed by LZMS, or together with others"))
                } else {
                    None
                };
            if let Some((reason, detail)) = told {
                let problem = Problem::new(reason, detail).of_bytes(stream.size);
                opened.members.push(Box::new(Told { name, problem }));
                continue;
            }
            let range = stream.range(self.data);
            if !claims.claim(std::slice::from_ref(&range)) {
                shared += 1;
            } else if stream.flags & PACKED != 0 {
                opened.members.push(Box::new(File { name, image: self, stream }));
            } else {
                let missing = stream.packed.saturating_sub(range.len() as u64);
                opened.members.push(Box::new(Piece { name, bytes: &self.data[range], missing }));
            }
        }
        if shared > 0 {
            let detail =
                format!("{shared} streams have their bytes in common with others, which were searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        if !names.is_whole {
            let detail = "wim: folders of an image are damaged, or their names too long";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
    }

    fn expand(&self, stream: &Stream, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let bytes = &self.data[stream.range(self.data)];
        let pay = |out: &Vec<u8>, len: usize| {
            let is_over = (out.len() + len) as u64 > budget.limits.entry_bytes;
            match !is_over && budget.take(len as u64) {
                true => Ok(()),
                false => Err(Problem::new(Reason::Limit, OVER_BUDGET).of_bytes(stream.size)),
            }
        };
        let damaged = |what: String| Problem::new(Reason::Damaged, format!("wim: {what}"));
        if stream.flags & PACKED == 0 {
            pay(out, bytes.len())?;
            out.extend_from_slice(bytes);
            return match stream.packed.saturating_sub(bytes.len() as u64) {
                0 => Ok(()),
                missing => Err(damaged(format!("{missing} bytes are missing")).of_bytes(missing)),
            };
        }
        if matches!(self.packing, Packing::None | Packing::Unknown) || stream.flags & SOLID != 0 {
            return Err(Problem::new(Reason::Unsupported, "wim: packed by LZMS").of_bytes(stream.size));
        }
        // Where each chunk but the first begins, behind this table.
        let width = if stream.size > u64::from(u32::MAX) { 8 } else { 4 };
        let chunks = stream.size.div_ceil(self.chunk);
        let table = usize::try_from(chunks.saturating_sub(1))
            .ok()
            .and_then(|n| slice(bytes, 0, n.checked_mul(width)?));
        let Some(table) = table else {
            return Err(damaged("the table of chunks is not there".into()).of_bytes(stream.size));
        };
        let body = &bytes[table.len()..];
        let mut places = table.chunks_exact(width).map(|place| match width {
            4 => u32_le(place, 0).map_or(0, |place| place as usize),
            _ => u64_le(place, 0).and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX),
        });
        let (mut from, mut broken, mut left) = (0, 0u64, stream.size);
        while left > 0 {
            let to = places.next().unwrap_or(body.len());
            let (start, len) = (out.len(), left.min(self.chunk) as usize);
            left -= len as u64;
            pay(out, len)?;
            let end = start + len;
            // Chunks that are not there are zeros, and of others much may come out of a few bytes.
            if budget.limits.is_bomb(end as u64, bytes.len() as u64) {
                let detail =
                    format!("wim: the stream expands more than {}-fold: a bomb", budget.limits.ratio);
                return Err(Problem::new(Reason::Limit, detail).of_bytes(left));
            }
            let went = body.get(from..to).and_then(|packed| match self.packing {
                _ if packed.len() == len => {
                    out.extend_from_slice(packed);
                    Some(())
                }
                Packing::Xpress => xpress::expand(packed, start, end, out),
                _ => lzx::expand(packed, self.chunk.ilog2(), start, end, out),
            });
            broken += u64::from(went.is_none());
            // Places only go up: no byte is read twice.
            from = from.max(to);
            out.resize(end, 0);
        }
        match broken {
            0 => Ok(()),
            _ => Err(damaged(format!("{broken} chunks are broken or missing"))),
        }
    }
}

/// Appends a copy of what is `back` bytes before the end.
fn copy(back: usize, len: usize, start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    (back > 0 && back <= out.len().checked_sub(start)?).then_some(())?;
    for _ in 0..len.min(end - out.len()) {
        out.push(out[out.len() - back]);
    }
    Some(())
}

/// Paths of streams.
struct Names {
    by_sum: HashMap<[u8; 20], Vec<u8>>,
    /// Bytes of all of them together.
    left: usize,
    is_whole: bool,
}

impl Names {
    /// Reads the folders of an image, behind the descriptors of who may read what.
    fn read(&mut self, data: &[u8]) {
        let root = u32_le(data, 0).map_or(0, |len| (len as usize).next_multiple_of(8)).max(8);
        let mut seen = HashSet::new();
        let mut open = vec![(root, Vec::new())];
        // Folders that have entries in common are a bomb.
        let mut steps = data.len() / 32;
        while let Some((mut at, folder)) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            // A length of nothing ends the folder.
            while let Some(len) = u64_le(data, at).filter(|len| *len >= 102) {
                let entry = || {
                    let len = usize::try_from(len).ok()?;
                    steps = steps.checked_sub(1 + usize::from(u16_le(data, at + 96)?))?;
                    let entry = Entry::read(slice(data, at, len)?)?;
                    let path = match (folder.is_empty(), entry.name.is_empty()) {
                        (true, _) | (_, true) => [&folder[..], &entry.name].concat(),
                        _ => [&folder[..], b"/", &entry.name].concat(),
                    };
                    (path.len() < PATH).then_some(())?;
                    self.left = self.left.checked_sub(path.len())?;
                    let next = (at + len).next_multiple_of(8);
                    Some((entry, path, next))
                };
                let Some((entry, path, mut next)) = { entry }() else {
                    self.is_whole = false;
                    break;
                };
                if entry.below > 0 {
                    open.push((entry.below, path.clone()));
                } else if entry.sum != [0; 20] {
                    self.by_sum.entry(entry.sum).or_insert_with(|| path.clone());
                }
                for _ in 0..entry.streams {
                    next = match self.stream(data, next, &path) {
                        Some(next) => next,
                        None => {
                            self.is_whole = false;
                            break;
                        }
                    };
                }
                at = next;
            }
        }
    }

    /// A stream beside the data of a file, whose own has no name; gives where the next one is.
    fn stream(&mut self, data: &[u8], at: usize, path: &[u8]) -> Option<usize> {
        let len = usize::try_from(u64_le(data, at)?).ok().filter(|len| *len >= 38)?;
        let stream = slice(data, at, len)?;
        let name = text(stream.get(38..)?.get(..usize::from(u16_le(stream, 36)?))?);
        let sum = *slice(stream, 16, 20)?.first_chunk()?;
        let path = if name.is_empty() { path.to_vec() } else { [path, b":", &name].concat() };
        self.left = self.left.checked_sub(path.len())?;
        if sum != [0; 20] {
            self.by_sum.entry(sum).or_insert(path);
        }
        Some((at + len).next_multiple_of(8))
    }
}

/// A file or folder.
struct Entry {
    name: Vec<u8>,
    sum: [u8; 20],
    /// Where the entries of the folder are.
    below: usize,
    streams: u16,
}

impl Entry {
    fn read(entry: &[u8]) -> Option<Self> {
        let name = text(slice(entry, 102, usize::from(u16_le(entry, 100)?))?);
        Some(Entry {
            name,
            sum: *slice(entry, 64, 20)?.first_chunk()?,
            below: usize::try_from(u64_le(entry, 16)?).ok()?,
            streams: u16_le(entry, 96)?,
        })
    }
}

fn text(units: &[u8]) -> Vec<u8> {
    let units = units.chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into_bytes()
}

struct File<'b> {
    name: Vec<u8>,
    image: Image<'b>,
    stream: Stream,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.stream.size.min(self.stream.packed.saturating_mul(16))
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.image.expand(&self.stream, buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}
