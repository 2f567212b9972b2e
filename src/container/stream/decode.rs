//! The decoders of other crates, as [`Decode`].

use super::super::Problem;
use super::super::budget::Budget;
use super::super::inflate::Inflated;
use super::{Decode, Fault, Step, expand, expand_reading};
use crate::ledger::Reason;
use lzma_rust2::{Action, Status, StreamResult};
use std::io::{ErrorKind, Read};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

/// How a stream is packed; of ZIP entries too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::container) enum Packing {
    Bzip2,
    Xz,
    Lzip,
    Lzma,
    Zstd,
    Deflate64,
    /// In a ZIP: the size of the properties stands before them, the size of the data elsewhere.
    ZipLzma(u64),
    /// In a ZIP: order, memory and method stand in two bytes, the size of the data elsewhere.
    ZipPpmd(u64),
}

impl Packing {
    /// Expands one stream behind what is in `out`.
    pub(in crate::container) fn expand(
        self,
        input: &[u8],
        out: &mut Vec<u8>,
        budget: &Budget,
    ) -> Result<Inflated, Problem> {
        let memory = memory(budget);
        match self {
            Packing::ZipLzma(size) => {
                let header = input.get(..9).filter(|h| h[2] == 5 && h[3] == 0);
                let Some(&[_, _, _, _, properties, a, b, c, d]) = header else {
                    return Ok(Inflated::Broken(0));
                };
                let dictionary = u32::from_le_bytes([a, b, c, d]);
                if dictionary as usize > memory {
                    return Err(window(memory));
                }
                let stream =
                    lzma_rust2::LzmaStream::new_with_props(size, properties, dictionary.max(4096), None);
                let Ok(stream) = stream else { return Ok(Inflated::Broken(0)) };
                let outcome = expand(&mut Lzma(stream), &input[9..], out, budget)?;
                Ok(match outcome {
                    Inflated::Whole(len) => Inflated::Whole(len + 9),
                    other => other,
                })
            }
            Packing::ZipPpmd(size) => {
                let Some((head, packed)) = input.split_first_chunk() else { return Ok(Inflated::Truncated) };
                let head = u32::from(u16::from_le_bytes(*head));
                let (order, window) = ((head & 15) + 1, ((head >> 4 & 0xff) + 1) << 20);
                if window as usize > memory {
                    return Err(self::window(memory));
                }
                match ppmd_rust::Ppmd8Decoder::new(packed, order, window, (head >> 12).into()) {
                    // It has no end of its own.
                    Ok(reader) => expand_reading(&mut Reading(reader.take(size)), input.len(), out, budget),
                    Err(_) => Ok(Inflated::Broken(0)),
                }
            }
            _ => expand(&mut *self.decoder(memory)?, input, out, budget),
        }
    }

    /// A decoder for one stream, which may take so much memory.
    pub(super) fn decoder(self, memory: usize) -> Result<Box<dyn Decode>, Problem> {
        Ok(match self {
            Packing::Bzip2 => Box::new(Bzip2(bzip2::Decompress::new(false))),
            Packing::Xz => Box::new(Xz(lzma_rust2::XzStream::new_mem_limit(false, kib(memory)))),
            Packing::Lzip => Box::new(Lzip(lzma_rust2::LzipStream::new_mem_limit(false, kib(memory)))),
            Packing::Lzma => Box::new(Lzma::new(memory)),
            Packing::Zstd => Box::new(Zstd::new(memory)),
            Packing::Deflate64 => Box::new(Deflate64(Box::new(deflate64::InflaterManaged::new()))),
            Packing::ZipLzma(_) | Packing::ZipPpmd(_) => {
                return Err(Problem::new(Reason::Unsupported, "a stream without the header of its entry"));
            }
        })
    }
}

/// Windows and dictionaries that are larger than this are refused: as large as an entry may be, but
/// enough for what the tools write unless they are asked for more (`zstd --long`, `xz -9`).
pub(super) fn memory(budget: &Budget) -> usize {
    usize::try_from(budget.limits.entry_bytes).unwrap_or(usize::MAX).clamp(9 << 20, 160 << 20)
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes >> 10).unwrap_or(u32::MAX)
}

pub(super) fn window(memory: usize) -> Problem {
    let detail = format!("the stream asks for a window of more than {memory} bytes");
    Problem::new(Reason::Limit, detail)
}

struct Bzip2(bzip2::Decompress);

impl Decode for Bzip2 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let (read, written) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out);
        Step {
            read: (self.0.total_in() - read) as usize,
            written: (self.0.total_out() - written) as usize,
            end: match status {
                Ok(status) => Ok(status == bzip2::Status::StreamEnd),
                Err(_) => Err(Fault::Broken),
            },
        }
    }
}

/// A step of the decoders of `lzma-rust2`: the whole rest of the input is there.
fn lzma_step(result: lzma_rust2::Result<StreamResult>, left: usize) -> Step {
    match result {
        Ok(result) => Step {
            read: result.bytes_consumed,
            written: result.bytes_produced,
            end: Ok(result.status == Status::StreamEnd),
        },
        Err(error) if error.kind() == ErrorKind::OutOfMemory => {
            let problem = Problem::new(Reason::Limit, "the stream asks for too large a dictionary");
            Step { read: 0, written: 0, end: Err(Fault::Refused(problem)) }
        }
        Err(error) => {
            let read = if error.kind() == ErrorKind::UnexpectedEof { left } else { 0 };
            Step { read, written: 0, end: Err(Fault::Broken) }
        }
    }
}

struct Xz(lzma_rust2::XzStream);

impl Decode for Xz {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        lzma_step(self.0.process(input, out, Action::Run), input.len())
    }
}

struct Lzip(lzma_rust2::LzipStream);

impl Decode for Lzip {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut step = lzma_step(self.0.process(input, out, Action::Run), input.len());
        if matches!(step.end, Ok(true)) {
            step.read = step.read.saturating_sub(self.0.unused_input().len());
        }
        step
    }
}

pub(super) struct Lzma(lzma_rust2::LzmaStream);

impl Lzma {
    /// A decoder whose header is known.
    pub(super) fn of(stream: lzma_rust2::LzmaStream) -> Self {
        Lzma(stream)
    }

    /// A decoder for a stream with its header.
    pub(super) fn new(memory: usize) -> Self {
        Lzma(lzma_rust2::LzmaStream::new_mem_limit(kib(memory), None))
    }
}

impl Decode for Lzma {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut step = lzma_step(self.0.process(input, out, Action::Run), input.len());
        if matches!(step.end, Ok(true)) {
            step.read = step.read.saturating_sub(self.0.unused_input().len());
        }
        step
    }
}

struct Zstd {
    decoder: DCtx<'static>,
    /// The largest window. Bytes.
    window: usize,
}

impl Zstd {
    fn new(memory: usize) -> Self {
        let log = memory.clamp(1 << 10, 1 << 31).ilog2();
        let mut decoder = DCtx::create();
        // Within its bounds, so that it is never refused: then the library's own limit would hold, 128 MiB.
        let _ = decoder.set_parameter(DParameter::WindowLogMax(log));
        Zstd { decoder, window: 1 << log }
    }

    /// What an error of the library is.
    fn fault(&self, code: zstd_safe::ErrorCode) -> Fault {
        // As `error_private.c` names them: the numbers are not part of the safe interface.
        match zstd_safe::get_error_name(code) {
            "Frame requires too much memory for decoding" => Fault::Refused(window(self.window)),
            "Dictionary mismatch" => {
                let detail = "the zstd frame needs a dictionary that is not in it";
                Fault::Refused(Problem::new(Reason::Unsupported, detail))
            }
            _ => Fault::Broken,
        }
    }
}

impl Decode for Zstd {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut input = InBuffer::around(input);
        let mut out = OutBuffer::around(out);
        // How much came out before an error is not told.
        let end = self.decoder.decompress_stream(&mut out, &mut input);
        let end = end.map(|missing| missing == 0).map_err(|code| self.fault(code));
        Step { read: input.pos(), written: out.pos(), end }
    }
}

/// Whether a frame of zstd whose first block is broken is none the more if something stands before it: then it was packed against
/// another file, of which it tells nothing.
pub(super) fn wants_prefix(input: &[u8], memory: usize) -> bool {
    // As far as they refer to it; and as much of the frame as tells.
    const PREFIX: usize = 8 << 20;
    const ENOUGH: usize = 1 << 20;
    let goes = |decoder: &mut DCtx<'_>| {
        let mut out = vec![0; 64 << 10];
        let (mut at, mut made) = (0, 0);
        while made < ENOUGH {
            let mut rest = InBuffer::around(input.get(at..).unwrap_or_default());
            let mut room = OutBuffer::around(&mut out[..]);
            match decoder.decompress_stream(&mut room, &mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) if rest.pos() == 0 && room.pos() == 0 => return Err(made),
                Ok(_) => (at, made) = (at + rest.pos(), made + room.pos()),
                // What it is the sum of was not there.
                Err(code) if zstd_safe::get_error_name(code).contains("checksum") => return Ok(()),
                Err(_) => return Err(made),
            }
        }
        Ok(())
    };
    let decoder = || {
        let mut decoder = DCtx::create();
        let log = memory.clamp(1 << 10, 1 << 31).ilog2();
        let _ = decoder.set_parameter(DParameter::WindowLogMax(log));
        decoder
    };
    // A frame of which something comes out has a first block that needs nothing.
    goes(&mut decoder()) == Err(0) && {
        let (prefix, mut decoder) = (vec![0; PREFIX], decoder());
        decoder.ref_prefix(&prefix).is_ok() && goes(&mut decoder).is_ok()
    }
}

/// Decoders that are readers: what they read from is theirs.
pub(in crate::container) struct Reading<R>(pub R);

impl<R: Read> Decode for Reading<R> {
    fn step(&mut self, _: &[u8], out: &mut [u8]) -> Step {
        let mut written = 0;
        let end = loop {
            match self.0.read(out.get_mut(written..).unwrap_or_default()) {
                Ok(0) => break Ok(written < out.len()),
                Ok(n) => written += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What came before it is kept.
                Err(_) => break Err(Fault::Broken),
            }
        };
        Step { read: 0, written, end }
    }
}

struct Deflate64(Box<deflate64::InflaterManaged>);

impl Decode for Deflate64 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let result = self.0.inflate(input, out);
        Step {
            read: result.bytes_consumed,
            written: result.bytes_written,
            end: if result.data_error { Err(Fault::Broken) } else { Ok(self.0.finished()) },
        }
    }
}
