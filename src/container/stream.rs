//! Compressed streams: bzip2, xz, lzip, lzma, zstd, lz4, compress. As with gzip, all the streams of a
//! file one behind the other are one member.
//!
//! Each decoder goes forward in steps ([`Decode`]), and [`expand`] looks at the budget between them, so
//! that a bomb costs no more than what may come out of it.

mod bzip2_blocks;
mod decode;
mod lz4;
mod lzop;
mod lzw;
mod snappy;
mod split;
mod xz_blocks;

use super::budget::Budget;
use super::flow::{Passing, Rest};
use super::inflate::{Inflated, OVER_BUDGET, STEP, begin, begins as deflates, has_zlib_header, inflate_more};
use super::{Container, Contents, Member, Opened, Problem, brotli, lzfse};
use crate::blob::{Blob, TextKind};
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, u32_le, u64_le};
use crate::lens::raw;
use crate::limits::Limits;
use crate::look::Look;
pub(super) use decode::{Packing, Reading};

/// Opens streams of one format.
pub struct Stream(Format);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Bzip2,
    Xz,
    Lzip,
    Lzma,
    Zstd,
    Lz4,
    Compress,
    Zlib,
    Deflate,
    Snappy,
    Brotli,
    Lzop,
    Lzfse,
}

/// `.bz2`
pub static BZIP2: Stream = Stream(Format::Bzip2);
/// `.xz`
pub static XZ: Stream = Stream(Format::Xz);
/// `.lz`
pub static LZIP: Stream = Stream(Format::Lzip);
/// `.lzma`, the format before xz
pub static LZMA: Stream = Stream(Format::Lzma);
/// `.zst`
pub static ZSTD: Stream = Stream(Format::Zstd);
/// `.lz4`, frames and those of the Linux kernel
pub static LZ4: Stream = Stream(Format::Lz4);
/// `.Z`
pub static COMPRESS: Stream = Stream(Format::Compress);
/// `.zz`, and what programs write with zlib and no more
pub static ZLIB: Stream = Stream(Format::Zlib);
/// `.sz`, the framed format
pub static SNAPPY: Stream = Stream(Format::Snappy);
/// What programs write with deflate and no header
pub static DEFLATE: Stream = Stream(Format::Deflate);
/// `.br`, and the same under any other name: it has nothing that tells but what comes out
pub static BROTLI: Stream = Stream(Format::Brotli);

/// `.lzo`, files of lzop
pub static LZOP: Stream = Stream(Format::Lzop);

/// `.lzfse`, of Apple's tools
pub static LZFSE: Stream = Stream(Format::Lzfse);

/// What a decoder did in one step.
pub(super) struct Step {
    /// Compressed bytes that it took.
    pub read: usize,
    /// Bytes that it made.
    pub written: usize,
    /// Whether the stream has ended; or what is wrong with it.
    pub end: Result<bool, Fault>,
}

/// Why a decoder cannot go on.
pub(super) enum Fault {
    /// The bytes make no sense.
    Broken,
    /// They could be read, but not by us.
    Refused(Problem),
}

/// A decoder that goes forward in steps.
pub(super) trait Decode {
    /// Fills `out`, which is zero, with what comes next. No progress means that the input has ended.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step;
}

/// A stream of bzip2 of fewer bytes holds nearly nothing, and takes four megabytes of memory all the same; and how many of them are read.
const TINY: usize = 256;
const MOST_TINY: usize = 4096;

/// Expands one stream behind what came out of others.
type Expand<'e> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<Inflated, Problem> + 'e;

/// Expands one stream behind what is in `out`, within budget.
pub(super) fn expand(
    decoder: &mut dyn Decode,
    input: &[u8],
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<Inflated, Problem> {
    expand_from(decoder, input, input.len(), out, budget, &mut Passing::to(&mut |_| 0))
}

/// Expands LZMA of which the header is known, of a size or up to its own end.
pub(super) fn raw_lzma(
    properties: u8,
    dictionary: u32,
    size: Option<u64>,
    input: &[u8],
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<Inflated, Problem> {
    if dictionary as usize > decode::memory(budget) {
        return Err(decode::window(decode::memory(budget)));
    }
    let stream = lzma_rust2::LzmaStream::new_with_props(
        size.unwrap_or(u64::MAX),
        properties,
        dictionary.max(4096),
        None,
    );
    let Ok(stream) = stream else { return Ok(Inflated::Broken(0)) };
    expand(&mut decode::Lzma::of(stream), input, out, budget)
}

/// Most bytes of data that may stand behind a text without making it data.
const FEW: usize = 16 << 10;

/// Puts what belongs to no stream behind what came out of them. A few bytes of data behind a text (what a cache notes of a file, sizes of
/// frames) would make it data, in which less is looked for: their control characters become line ends.
pub(super) fn put_behind(rest: &[u8], out: &mut Vec<u8>) {
    let is_few = rest.len() <= FEW && raw::kind(rest) == TextKind::Binary;
    if is_few && !out.is_empty() && raw::kind(out) == TextKind::Plain {
        out.push(b'\n');
        out.extend(rest.iter().map(|b| if b.is_ascii_control() { b'\n' } else { *b }));
    } else {
        out.extend_from_slice(rest);
    }
}

/// Expands what a reader gives, which itself reads from `packed` bytes.
pub(super) fn expand_reading(
    reader: &mut dyn Decode,
    packed: usize,
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<Inflated, Problem> {
    expand_from(reader, &[], packed, out, budget, &mut Passing::to(&mut |_| 0))
}

/// Expands `input`, or what the decoder reads by itself from `packed` bytes, and passes on what came out.
fn expand_from(
    decoder: &mut dyn Decode,
    input: &[u8],
    packed: usize,
    out: &mut Vec<u8>,
    budget: &Budget,
    passing: &mut Passing<'_>,
) -> Result<Inflated, Problem> {
    let limits = &budget.limits;
    if budget.is_spent() {
        budget.spend();
        return Ok(Inflated::Cut(OVER_BUDGET.into()));
    }
    let first = passing.count() + out.len() as u64;
    let (mut at, mut room) = (0, 64 << 10);
    loop {
        let before = out.len();
        out.resize(before + room, 0);
        let step = decoder.step(input.get(at..).unwrap_or_default(), &mut out[before..]);
        at = (at + step.read).min(input.len());
        let written = match &step.end {
            // How much came out before the error is not said; the rest is zeros.
            Err(Fault::Broken) if step.written == 0 => {
                out[before..].iter().rposition(|&b| b != 0).map_or(0, |last| last + 1)
            }
            _ => step.written.min(room),
        };
        out.truncate(before + written);
        if !budget.take(written as u64) {
            out.truncate(before);
            budget.spend();
            return Ok(Inflated::Cut(OVER_BUDGET.into()));
        }
        let whole = passing.count() + out.len() as u64;
        // What was passed on is held no more.
        if out.len() as u64 > limits.entry_bytes {
            out.truncate(limits.entry_bytes as usize);
            return Ok(Inflated::Cut(format!("the entry expands to more than {} bytes", limits.entry_bytes)));
        }
        if limits.is_bomb(whole - first, packed as u64) {
            return Ok(Inflated::Cut(format!("the entry expands more than {}-fold: a bomb", limits.ratio)));
        }
        match step.end {
            Ok(true) => return Ok(Inflated::Whole(at)),
            Ok(false) if written == 0 && step.read == 0 => return Ok(Inflated::Truncated),
            Ok(false) => {}
            Err(Fault::Broken) if at >= input.len() => return Ok(Inflated::Truncated),
            Err(Fault::Broken) => return Ok(Inflated::Broken(at)),
            Err(Fault::Refused(problem)) => return Err(problem),
        }
        passing.step(out);
        room = (room * 2).min(STEP);
    }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Bzip2 => "bzip2",
            Format::Xz => "xz",
            Format::Lzip => "lzip",
            Format::Lzma => "lzma",
            Format::Zstd => "zstd",
            Format::Lz4 => "lz4",
            Format::Compress => "compress",
            Format::Zlib => "zlib",
            Format::Deflate => "deflate",
            Format::Snappy => "snappy",
            Format::Brotli => "brotli",
            Format::Lzop => "lzop",
            Format::Lzfse => "lzfse",
        }
    }

    /// How names of such files end, and what they end in without the compression.
    fn endings(self) -> &'static [(&'static [u8], &'static [u8])] {
        match self {
            Format::Bzip2 => &[(b".tbz2", b".tar"), (b".tbz", b".tar"), (b".bz2", b"")],
            Format::Xz => &[(b".txz", b".tar"), (b".xz", b"")],
            Format::Lzip => &[(b".tlz", b".tar"), (b".lz", b"")],
            Format::Lzma => &[(b".tlz", b".tar"), (b".lzma", b"")],
            Format::Zstd => &[(b".tzst", b".tar"), (b".zst", b""), (b".zstd", b"")],
            Format::Lz4 => &[(b".tlz4", b".tar"), (b".lz4", b"")],
            Format::Compress => &[(b".taz", b".tar"), (b".Z", b"")],
            Format::Zlib => &[(b".zz", b""), (b".zlib", b"")],
            Format::Deflate => &[(b".deflate", b"")],
            Format::Snappy => &[(b".sz", b""), (b".snappy", b"")],
            Format::Brotli => &[(b".br", b"")],
            Format::Lzop => &[(b".tzo", b".tar"), (b".lzo", b"")],
            Format::Lzfse => &[(b".lzfse", b"")],
        }
    }

    /// Whether a stream begins here.
    fn begins(self, data: &[u8]) -> bool {
        match self {
            Format::Bzip2 => {
                matches!(data, [b'B', b'Z', b'h', b'1'..=b'9', ..])
                    && data.get(4..10).is_some_and(|m| m == b"1AY&SY" || m == b"\x17rE8P\x90")
            }
            Format::Xz => data.starts_with(b"\xfd7zXZ\0"),
            Format::Lzip => data.starts_with(b"LZIP\x01"),
            Format::Lzma => is_lzma(data),
            Format::Zstd => data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Format::Lz4 => lz4::begins(data),
            Format::Compress => matches!(data, [0x1f, 0x9d, flags, ..] if lzw::is_sound(*flags)),
            Format::Zlib => is_zlib(data),
            Format::Deflate => false,
            Format::Snappy => data.starts_with(b"\xff\x06\0\0sNaPpY"),
            Format::Brotli => false,
            Format::Lzop => lzop::begins(data),
            Format::Lzfse => lzfse::begins(data),
        }
    }

    fn has_skippable(self) -> bool {
        matches!(self, Format::Zstd | Format::Lz4)
    }
}

/// LZMA has no magic: properties, a dictionary of a usual size, a size that is possible, and something
/// that comes out.
fn is_lzma(data: &[u8]) -> bool {
    let Some(&[properties, ..]) = data.first_chunk::<14>() else { return false };
    let (Some(dictionary), Some(size)) = (u32_le(data, 1), u64_le(data, 5)) else { return false };
    let is_usual = dictionary >= 4096
        && (dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two() && dictionary % 3 == 0);
    let is_possible = size == u64::MAX || size > 0 && size < 1 << 40;
    properties < 225 && is_usual && is_possible && data[13] == 0 && {
        let mut out = [0; 64];
        let step = decode::Lzma::new(160 << 20).step(&data[..data.len().min(4096)], &mut out);
        matches!(step.end, Ok(end) if end || step.written > 0)
    }
}

/// A header and something that inflates behind it.
fn is_zlib(data: &[u8]) -> bool {
    has_zlib_header(data) && data.len() > 8 && deflates(&data[2..])
}

/// Brotli has neither magic bytes nor a checksum: the name says it, and it must decode; or it decodes to more than chance does.
fn is_brotli(name: &[u8], data: &[u8]) -> bool {
    let is_named = name.len() > 3 && name[name.len() - 3..].eq_ignore_ascii_case(b".br");
    let comes_out = |is_enough: fn(&[u8]) -> bool| {
        let mut out = [0; 256];
        let mut reader = brotli_decompressor::Decompressor::new(&data[..data.len().min(64 << 10)], 4096);
        std::io::Read::read(&mut reader, &mut out).is_ok_and(|n| is_enough(&out[..n]))
    };
    if is_named && comes_out(|out| !out.is_empty()) {
        return true;
    }
    raw::kind(data) == TextKind::Binary
        && (is_page(name) && !data.starts_with(b"\x7fELF") && comes_out(is_plain) || brotli::begins(data))
}

/// Whether a file has the name of a page's text, or a name without an ending, as caches give them.
fn is_page(name: &[u8]) -> bool {
    const ENDINGS: &[&[u8]] =
        &[b"js", b"mjs", b"css", b"json", b"map", b"html", b"htm", b"svg", b"xml", b"txt"];
    let ending = memchr::memrchr(b'.', name).map(|at| &name[at + 1..]);
    ending.is_none_or(|ending| ENDINGS.iter().any(|text| ending.eq_ignore_ascii_case(text)))
}

/// Whether what came out is text, of more than chance makes.
fn is_plain(out: &[u8]) -> bool {
    let is_text = |b: &&u8| matches!(**b, 0x20..=0x7e | b'\t' | b'\n' | b'\r' | 0x80..);
    out.len() >= 32
        && out.iter().filter(is_text).count() == out.len()
        && std::str::from_utf8(&out[..16]).is_ok()
}

/// Deflate has nothing at all: text comes out of the first bytes, or the file ends where the stream does.
fn is_deflate(data: &[u8]) -> bool {
    // Fixed and dynamic codes: what is stored is seen as it is.
    if data.first().is_none_or(|b| !matches!(b & 6, 2 | 4)) {
        return false;
    }
    let mut out = [0; 1024];
    let begun = begin(data, &mut out);
    let head = &out[..begun.written];
    is_plain(head) || begun.has_ended && begun.read == data.len() && head.len() >= 64
}

/// The length of a frame that holds nothing of the stream's own.
fn skippable(data: &[u8]) -> Option<usize> {
    matches!(u32_le(data, 0)?, 0x184d_2a50..=0x184d_2a5f).then_some(())?;
    Some(size_le(data, 4)?.saturating_add(8))
}

impl Container for Stream {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        match self.0 {
            Format::Brotli => is_brotli(blob.address.file_name(), blob.bytes),
            Format::Deflate => is_deflate(blob.bytes),
            _ => self.begins(blob.bytes),
        }
    }

    fn may_read(&self, look: &Look) -> bool {
        !matches!(self.0, Format::Zlib | Format::Deflate) || look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let name = stem(blob.address.file_name(), self.0.endings());
        let member = Streams { format: self.0, name, bytes: blob.bytes };
        let mut opened = Opened { members: vec![Box::new(member)], ..Opened::default() };
        if matches!(self.0, Format::Lzma | Format::Zlib | Format::Deflate | Format::Brotli) {
            // Known by little: what else it may be is looked at too.
            opened.gaps.push(0..blob.bytes.len());
        }
        opened
    }
}

/// What the tool would call the file.
fn stem(name: &[u8], endings: &[(&[u8], &[u8])]) -> Vec<u8> {
    let stem = endings.iter().find_map(|(packed, plain)| {
        name.strip_suffix(*packed).filter(|stem| !stem.is_empty()).map(|stem| [stem, *plain].concat())
    });
    stem.unwrap_or_else(|| b"contents".to_vec())
}

struct Streams<'b> {
    format: Format,
    name: Vec<u8>,
    bytes: &'b [u8],
}

impl Member for Streams<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        (self.bytes.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let rest = self.split(1, buffer, budget);
        let problem = self.all(rest, buffer, budget, &mut |rest, out| self.format.expand(rest, out, budget));
        Contents { bytes: buffer, problem }
    }

    fn flow(&self, passing: &mut Passing<'_>, budget: &Budget) -> Option<Rest> {
        let packing = self.format.packing()?;
        let mut bytes = Vec::new();
        // One block of xz cannot be split, but passed on.
        let rest = self.split(2, &mut bytes, budget);
        let problem = self.all(rest, &mut bytes, budget, &mut |rest, out| {
            let mut decoder = packing.decoder(decode::memory(budget))?;
            expand_from(&mut *decoder, rest, rest.len(), out, budget, passing)
        });
        Some(Rest { bytes, problem })
    }
}

impl<'b> Streams<'b> {
    /// Expands the blocks of the first stream side by side, if it has some (of xz, so many at least); what is left.
    fn split(&self, least: usize, out: &mut Vec<u8>, budget: &Budget) -> &'b [u8] {
        let taken = match self.format {
            Format::Bzip2 => bzip2_blocks::expand(self.bytes, out, budget),
            Format::Xz => xz_blocks::expand(self.bytes, least, out, budget),
            _ => None,
        };
        &self.bytes[taken.unwrap_or(0)..]
    }

    /// Expands all the streams in `rest`, each with `expand`; what is wrong with them.
    fn all(
        &self,
        mut rest: &[u8],
        out: &mut Vec<u8>,
        budget: &Budget,
        expand: &mut Expand<'_>,
    ) -> Option<Problem> {
        let mut problem = None;
        // What belongs to no stream, searched behind them all.
        let mut others: Vec<&[u8]> = Vec::new();
        let mut tiny = 0;
        loop {
            if let Some(len) = skippable(rest).filter(|_| self.format.has_skippable()) {
                let len = len.min(rest.len());
                others.push(rest.get(8..len).unwrap_or_default());
                rest = &rest[len..];
            } else if self.format.begins(rest) || self.is_first(rest) {
                match expand(rest, out) {
                    Ok(Inflated::Whole(len)) if len > 0 => {
                        rest = rest.get(len..).unwrap_or_default();
                        tiny += usize::from(len < TINY && self.format == Format::Bzip2);
                        if tiny > MOST_TINY {
                            let detail = format!("more than {MOST_TINY} bzip2 streams of a few bytes");
                            problem = Some(Problem::new(Reason::Limit, detail).of_bytes(rest.len() as u64));
                            rest = &[];
                        }
                    }
                    Ok(outcome) => {
                        let is_broken = self.format == Format::Zstd && matches!(outcome, Inflated::Broken(_));
                        problem = match is_broken && decode::wants_prefix(rest, decode::memory(budget)) {
                            true => Some(wants("zstd")),
                            false => self.problem(&outcome, rest.len()),
                        };
                        rest = &[];
                    }
                    Err(refused) => {
                        problem = Some(refused);
                        rest = &[];
                    }
                }
            } else {
                // Streams are padded with zeros.
                let zeros = rest.iter().take_while(|&&b| b == 0).count();
                rest = &rest[zeros..];
                if zeros == 0 || !self.format.begins(rest) {
                    break;
                }
            }
        }
        others.push(rest);
        for other in others {
            if other.iter().any(|&b| b != 0) && budget.take(other.len() as u64) {
                put_behind(other, out);
            }
        }
        problem
    }
}

impl Stream {
    /// Whether a stream begins here.
    pub(super) fn begins(&self, mut data: &[u8]) -> bool {
        // Parallel writers begin with one.
        if let Some(len) = skippable(data).filter(|_| self.0.has_skippable()) {
            data = data.get(len..).unwrap_or_default();
        }
        self.0.begins(data)
    }

    /// Expands the one stream that begins here.
    pub(super) fn one(&self, bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
        self.0.expand(bytes, out, budget)
    }

    /// What the ledger says of how that went.
    pub(super) fn problem(&self, outcome: &Inflated, input: usize) -> Option<Problem> {
        self.0.problem(outcome, input)
    }

    /// Expands all streams of a file behind one another; tells what is wrong with them.
    pub(super) fn expand(&self, bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Option<Problem> {
        let streams = Streams { format: self.0, name: Vec::new(), bytes };
        streams.read(out, budget).problem
    }
}

impl Streams<'_> {
    /// Brotli and deflate say nothing of where they begin.
    fn is_first(&self, rest: &[u8]) -> bool {
        matches!(self.format, Format::Brotli | Format::Deflate)
            && !rest.is_empty()
            && rest.len() == self.bytes.len()
    }

    fn problem(&self, outcome: &Inflated, input: usize) -> Option<Problem> {
        self.format.problem(outcome, input)
    }
}

/// What the ledger says of a frame that was packed against another file, of which it tells nothing (`zstd --patch-from`, `lz4 -D`).
fn wants(format: &str) -> Problem {
    let detail = format!("the {format} frame needs the dictionary, or the file, that it was packed with");
    Problem::new(Reason::Unsupported, detail)
}

impl Format {
    fn problem(self, outcome: &Inflated, input: usize) -> Option<Problem> {
        let name = self.name();
        Some(match outcome {
            Inflated::Whole(_) => return None,
            Inflated::Truncated => {
                Problem::new(Reason::Damaged, format!("{name} stream does not end within its {input} bytes"))
            }
            Inflated::Broken(at) => {
                Problem::new(Reason::Damaged, format!("{name} stream is broken near byte {at} of {input}"))
            }
            Inflated::Cut(limit) => Problem::new(Reason::Limit, limit.clone()),
        })
    }
}

impl Format {
    /// The decoder of another crate that goes forward in steps, where there is one.
    fn packing(self) -> Option<Packing> {
        Some(match self {
            Format::Bzip2 => Packing::Bzip2,
            Format::Xz => Packing::Xz,
            Format::Lzip => Packing::Lzip,
            Format::Lzma => Packing::Lzma,
            Format::Zstd => Packing::Zstd,
            _ => return None,
        })
    }

    fn expand(self, input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
        if let Some(packing) = self.packing() {
            return packing.expand(input, out, budget);
        }
        match self {
            // Those of other crates, above.
            Format::Bzip2 | Format::Xz | Format::Lzip | Format::Lzma | Format::Zstd => {
                Ok(Inflated::Broken(0))
            }
            Format::Lz4 => lz4::expand(input, out, budget),
            Format::Compress => expand(&mut lzw::Lzw::new(input), input, out, budget),
            Format::Zlib => Ok(match inflate_more(input.get(2..).unwrap_or_default(), out, 0, budget) {
                // Behind the stream, its checksum.
                Inflated::Whole(len) => Inflated::Whole((len + 6).min(input.len())),
                other => other,
            }),
            Format::Deflate => Ok(inflate_more(input, out, 0, budget)),
            Format::Snappy => snappy::expand(input, out, budget),
            Format::Lzop => lzop::expand(input, out, budget),
            Format::Lzfse => Ok(lzfse::expand(input, out, budget)),
            Format::Brotli => {
                let reader = brotli_decompressor::Decompressor::new(input, 16 << 10);
                expand_reading(&mut Reading(reader), input.len(), out, budget)
            }
        }
    }
}

#[cfg(test)]
mod tests;
