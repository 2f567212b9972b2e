//! Installers of Nullsoft (NSIS): behind a Windows program a header, then the script and the files, packed each for itself or
//! all in one stream, by deflate or LZMA.
//!
//! Files are known by their place behind the script; the script's entries name them. The layout is as `makensis` writes it.

use super::budget::Budget;
use super::inflate::{Inflated, STEP, inflate_more};
use super::piece::Piece;
use super::solid::{Block, Told, Unpack};
use super::stream::raw_lzma;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::limits::Limits;
use crate::look::{Look, Signature};
use std::collections::HashMap;

/// Opens such installers, with or without the program before them.
pub struct Nsis;

const SIGN: &[u8] = b"\xef\xbe\xad\xdeNullsoftInst";
/// The header: flags, sign, size of the script, size of everything.
const HEAD: usize = 28;
/// Where the header may stand.
const ALIGN: usize = 512;
/// In the size of something that stands for itself: it is packed.
const IS_PACKED: u32 = 1 << 31;
/// Bytes of a script that are expanded to be read.
const MAX_SCRIPT: u64 = 64 << 20;
/// Bytes of an entry of the script.
const ENTRY: usize = 28;

impl Container for Nsis {
    fn name(&self) -> &'static str {
        "nsis"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        place(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::Nsis)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some(start) = place(blob.bytes) else { return opened };
        let all = size_le(blob.bytes, start + 24).unwrap_or(0).max(HEAD);
        let end = start.saturating_add(all).min(blob.bytes.len());
        let body = &blob.bytes[start + HEAD..end];
        opened
            .gaps
            .extend([0..start + HEAD, end..blob.bytes.len()].into_iter().filter(|gap| !gap.is_empty()));
        if start.saturating_add(all) > blob.bytes.len() {
            let missing = (start.saturating_add(all) - blob.bytes.len()) as u64;
            let detail = "nsis: the installer ends before its data do";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(missing));
        }
        let size = size_le(blob.bytes, start + 20).unwrap_or(0);
        match Way::of(body, size) {
            Some((Way::Each, packing)) => each(body, packing, limits, &mut opened),
            Some((Way::Together, packing)) => together(body, packing, limits, &mut opened),
            None => {
                let detail = "nsis: packed in a way that is not known";
                let name = b"contents".to_vec();
                let problem = Problem::new(Reason::Unsupported, detail).of_bytes(body.len() as u64);
                opened.members.push(Box::new(Told { name, problem }));
            }
        }
        opened
    }
}

/// Where the header begins.
fn place(data: &[u8]) -> Option<usize> {
    let is_head = |at: &usize| {
        let size = size_le(data, at + 20);
        size.is_some_and(|size| size > 0) && size_le(data, at + 24).is_some_and(|all| all > HEAD)
    };
    let found = memchr::memmem::find_iter(data, SIGN).filter_map(|at| at.checked_sub(4)).take(ALIGN);
    found.filter(|at| at % ALIGN == 0 && data.len() > at + HEAD).find(is_head)
}

/// Whether the script and the files are packed each for itself, or in one stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Each,
    Together,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Deflate,
    Lzma,
    /// Behind a byte that tells of a filter for code.
    FilteredLzma,
    Bzip2,
}

impl Way {
    fn of(body: &[u8], size: usize) -> Option<(Way, Packing)> {
        let first = u32_le(body, 0)?;
        // The properties of LZMA may look like the size of something packed.
        if let Some(packing @ (Packing::Lzma | Packing::FilteredLzma)) = Packing::of(body) {
            return Some((Way::Together, packing));
        }
        // Nor may what begins a stream of everything: it says too much.
        let is_size = 4 + (first & !IS_PACKED) as usize <= body.len();
        if first & IS_PACKED != 0 && is_size {
            return Some((Way::Each, Packing::of(body.get(4..)?)?));
        }
        if first as usize == size {
            // The script is stored: of files that are packed nevertheless the first tells how.
            return Some((Way::Each, Packing::Deflate));
        }
        Some((Way::Together, Packing::of(body)?))
    }
}

impl Packing {
    fn of(stream: &[u8]) -> Option<Packing> {
        let is_lzma =
            |s: &[u8]| matches!(s, [0x5d, 0, 0, _, high, 0, first, ..] if *high < 0x10 && first & 0x80 == 0);
        match stream {
            s if is_lzma(s) => Some(Packing::Lzma),
            [0 | 1, rest @ ..] if is_lzma(rest) => Some(Packing::FilteredLzma),
            // The beginning of a block of the variant that is its own.
            [0x31, few, ..] if *few < 14 => Some(Packing::Bzip2),
            [first, ..] if first & 6 != 6 => Some(Packing::Deflate),
            _ => None,
        }
    }

    fn expand(self, input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let packed = match self {
            Packing::FilteredLzma => input.get(1..).unwrap_or_default(),
            _ => input,
        };
        let went = match self {
            Packing::Deflate => inflate_more(packed, out, 0, budget),
            Packing::Lzma | Packing::FilteredLzma => match packed.first_chunk::<5>() {
                Some(&[properties, a, b, c, d]) => {
                    let dictionary = u32::from_le_bytes([a, b, c, d]);
                    raw_lzma(properties, dictionary, None, &packed[5..], out, budget)?
                }
                None => Inflated::Truncated,
            },
            Packing::Bzip2 => {
                let detail = "nsis: packed by a bzip2 of its own";
                return Err(Problem::new(Reason::Unsupported, detail).of_bytes(input.len() as u64));
            }
        };
        match went {
            Inflated::Whole(_) => Ok(()),
            Inflated::Cut(limit) => Err(Problem::new(Reason::Limit, limit)),
            _ => Err(Problem::new(Reason::Damaged, "nsis: a stream is broken, or ends too early")),
        }
    }
}

/// What is for the script only, and not charged.
fn own_budget(limits: &Limits, most: u64, input: usize) -> Budget {
    let limits = Limits { expanded_bytes: most, entry_bytes: most, ..limits.clone() };
    Budget::new(&limits, input as u64)
}

/// The script, then each file: its size, whether it is packed, and it.
fn each<'b>(body: &'b [u8], packing: Packing, limits: &Limits, opened: &mut Opened<'b>) {
    let mut names = HashMap::new();
    let (mut at, mut first) = (0, None);
    while let Some(size) = u32_le(body, at) {
        let len = (size & !IS_PACKED) as usize;
        let Some(bytes) = slice(body, at + 4, len.min(body.len() - at - 4)).filter(|bytes| !bytes.is_empty())
        else {
            at += 4;
            continue;
        };
        // What is behind the last file, as a checksum is.
        if len > bytes.len() && opened.members.len() > 1 && body.len() - at < 64 {
            break;
        }
        if opened.members.len() as u64 >= limits.entries {
            let detail = format!("nsis: more than {} files", limits.entries);
            opened.problems.push(Problem::new(Reason::Limit, detail));
            break;
        }
        let packing = match size & IS_PACKED {
            0 => None,
            _ => Packing::of(bytes).or(Some(packing)),
        };
        let name = match first {
            None => {
                let mut script = Vec::new();
                let budget = own_budget(limits, MAX_SCRIPT, bytes.len());
                let went = packing.map_or(Ok(()), |packing| packing.expand(bytes, &mut script, &budget));
                let whole = if packing.is_none() { bytes } else { &script };
                names = read_names(whole);
                if went.is_err() && names.is_empty() && packing != Some(Packing::Bzip2) {
                    let detail = "nsis: the script is broken; files have no names";
                    opened.problems.push(Problem::new(Reason::Damaged, detail));
                }
                first = Some(at + 4 + len);
                b"script".to_vec()
            }
            Some(first) => named(&mut names, at - first),
        };
        opened.members.push(match packing {
            Some(packing) => Box::new(File { name, bytes, packing }) as Box<dyn Member>,
            None => Box::new(Piece { name, bytes, missing: (len - bytes.len()) as u64 }),
        });
        at += 4 + bytes.len();
    }
}

/// One stream: the script with its size before it, then each file likewise.
fn together<'b>(body: &'b [u8], packing: Packing, limits: &Limits, opened: &mut Opened<'b>) {
    // Expanded once to know where the files are, which is charged when they are read.
    let mut all = Vec::new();
    let budget = own_budget(limits, limits.expanded_bytes.min(limits.entry_bytes), body.len());
    let went = packing.expand(body, &mut all, &budget);
    let block = Block::new(Solid { body, packing });
    let mut add = |name: Vec<u8>, start: usize, size: usize| {
        opened.members.push(Box::new(block.part(name, start as u64, size as u64)));
    };
    let Some(script) = size_le(&all, 0).filter(|size| *size > 0) else {
        let problem = went.err().unwrap_or_else(|| Problem::new(Reason::Damaged, "nsis: there is no script"));
        opened.members.push(Box::new(Told { name: b"contents".to_vec(), problem }));
        return;
    };
    let mut names = read_names(all.get(4..(4 + script).min(all.len())).unwrap_or_default());
    add(b"script".to_vec(), 4, script);
    let first = 4 + script;
    let (mut at, mut count) = (first, 0);
    while let Some(size) = size_le(&all, at) {
        if count >= limits.entries {
            let detail = format!("nsis: more than {} files", limits.entries);
            opened.problems.push(Problem::new(Reason::Limit, detail));
            return;
        }
        if size > 0 {
            count += 1;
            add(named(&mut names, at - first), at + 4, size);
        }
        let Some(next) = at.checked_add(4 + size) else { break };
        at = next;
    }
    // What ends too early is told once, by whoever lacks it; where no file does, here.
    if let Err(problem) = went
        && at == all.len()
    {
        opened.problems.push(problem);
    }
}

fn named(names: &mut HashMap<usize, Vec<u8>>, place: usize) -> Vec<u8> {
    names.remove(&place).unwrap_or_else(|| format!("file at {place}").into_bytes())
}

/// The stream of everything.
struct Solid<'b> {
    body: &'b [u8],
    packing: Packing,
}

impl Unpack for Solid<'_> {
    fn unpack(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        self.packing.expand(self.body, out, budget)
    }
}

/// A file that is packed for itself.
struct File<'b> {
    name: Vec<u8>,
    bytes: &'b [u8],
    packing: Packing,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        (self.bytes.len() as u64).saturating_mul(3)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.packing.expand(self.bytes, buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

/// Names of files by their place behind the script: of entries that extract one.
fn read_names(script: &[u8]) -> HashMap<usize, Vec<u8>> {
    let mut names = HashMap::new();
    let mut left = script.len().max(STEP);
    // Flags, then where pages, sections, entries and strings are, and how many; offsets have eight bytes in 64-bit installers.
    for width in [4, 8] {
        let table = |n: usize| {
            let at = 4 + n * (width + 4);
            Some((size_le(script, at)?, size_le(script, at + width)?))
        };
        let (Some((entries, count)), Some((strings, _))) = (table(2), table(3)) else { continue };
        let Some(text) = script.get(strings..).filter(|_| entries >= 4 + 8 * (width + 4)) else { continue };
        let is_wide = text.starts_with(&[0, 0]);
        for n in 0..count {
            let Some(entry) =
                n.checked_mul(ENTRY).and_then(|at| slice(script, entries.checked_add(at)?, ENTRY))
            else {
                break;
            };
            let number = |n: usize| size_le(entry, 4 * n).unwrap_or(0);
            // The number of the command depends on what it was built with.
            if !(19..=22).contains(&number(0)) {
                continue;
            }
            let name = string(text, number(2), is_wide);
            let Some(rest) = left.checked_sub(name.len()) else { return names };
            left = rest;
            if !name.is_empty() {
                names.entry(number(3)).or_insert(name);
            }
        }
        if !names.is_empty() {
            break;
        }
    }
    names
}

/// A string without the variables in it, of which only the codes are there.
fn string(text: &[u8], at: usize, is_wide: bool) -> Vec<u8> {
    const LONGEST: usize = 1024;
    let mut name = Vec::new();
    let mut codes = 0;
    for n in 0..LONGEST {
        let unit = match is_wide {
            true => at.checked_add(n).and_then(|at| u16_le(text, at.checked_mul(2)?)),
            false => at.checked_add(n).and_then(|at| text.get(at)).map(|b| u16::from(*b)),
        };
        match unit {
            None | Some(0) => break,
            _ if codes > 0 => codes -= 1,
            Some(1..=4) => codes = if is_wide { 1 } else { 2 },
            Some(252..=255) if !is_wide => codes = 2,
            Some(unit) => {
                let c = char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}');
                name.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    name.iter_mut().filter(|b| **b == b'\\').for_each(|b| *b = b'/');
    let name = name.strip_prefix(b"/").unwrap_or(&name);
    name.to_vec()
}
