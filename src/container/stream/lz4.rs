//! LZ4 frames, and those of the Linux kernel and old tools (`lz4_Frame_format.md`). Checksums are not
//! compared: what came out is searched in any case.

use super::super::Problem;
use super::super::budget::Budget;
use super::super::inflate::Inflated;
use super::{Decode, Fault, Step, expand as run, wants};
use crate::ledger::Reason;
use crate::lens::bytes::u32_le;
use lz4_flex::block::DecompressError;

const FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
/// Expanded size of a block of the old format.
const LEGACY_BLOCK: usize = 8 << 20;
/// How far blocks look back into those before them.
const WINDOW: usize = 64 << 10;

pub(super) fn begins(data: &[u8]) -> bool {
    match *data {
        // Version 1; a reserved bit is 0; a size of blocks.
        [0x04, 0x22, 0x4d, 0x18, flags, blocks, ..] => {
            flags >> 6 == 1 && flags & 2 == 0 && blocks & 0x8f == 0 && blocks >> 4 >= 4
        }
        _ => {
            data.starts_with(&LEGACY)
                && u32_le(data, 4).is_some_and(|n| n as usize <= LEGACY_BLOCK + (64 << 10))
        }
    }
}

pub(super) fn expand(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
    match Frame::new(input) {
        Ok(mut frame) => run(&mut frame, input, out, budget),
        Err(Fault::Refused(problem)) => Err(problem),
        Err(Fault::Broken) => Ok(Inflated::Broken(0)),
    }
}

struct Frame {
    /// Where the first block is; then 0.
    header: usize,
    is_legacy: bool,
    block_checksums: bool,
    checksum: bool,
    linked: bool,
    /// Largest expanded size of a block.
    block: usize,
    /// What came out of the block; and before it, what it may refer to.
    made: Vec<u8>,
    /// How much of `made` is handed out.
    given: usize,
    /// Whether the last block was read.
    ended: bool,
    broken: bool,
    /// Whether it refers to what stands before its first block.
    wants_more: bool,
}

impl Frame {
    fn new(data: &[u8]) -> Result<Self, Fault> {
        let mut frame = Frame {
            header: 4,
            is_legacy: data.starts_with(&LEGACY),
            block_checksums: false,
            checksum: false,
            linked: false,
            block: LEGACY_BLOCK,
            made: Vec::new(),
            given: 0,
            ended: false,
            broken: false,
            wants_more: false,
        };
        if data.starts_with(&FRAME) {
            let &[flags, blocks] = data.get(4..6).and_then(|b| b.first_chunk()).ok_or(Fault::Broken)?;
            if flags & 1 != 0 {
                let detail = "the LZ4 frame needs a dictionary that is not in it";
                return Err(Fault::Refused(Problem::new(Reason::Unsupported, detail)));
            }
            frame.linked = flags & 0x20 == 0;
            frame.block_checksums = flags & 0x10 != 0;
            frame.checksum = flags & 4 != 0;
            frame.block = 256 << (2 * (blocks >> 4 & 7));
            frame.header = if flags & 8 != 0 { 15 } else { 7 };
        }
        Ok(frame)
    }

    /// Reads the next block; how many bytes it has.
    fn next(&mut self, data: &[u8]) -> Option<usize> {
        let word = u32_le(data, 0);
        if self.is_legacy {
            // The end is the end of the file, or another frame.
            let is_block = word.is_some_and(|n| n != 0 && n as usize <= LEGACY_BLOCK + (64 << 10));
            if data.is_empty() || !is_block && data.len() >= 4 {
                self.ended = true;
                return Some(0);
            }
        }
        let word = word?;
        if word == 0 {
            self.ended = true;
            return Some(4 + if self.checksum { 4 } else { 0 });
        }
        let len = (word & 0x7fff_ffff) as usize;
        let tail = if self.block_checksums { 4 } else { 0 };
        let packed = data.get(4..)?;
        let is_cut = packed.len() < len;
        let packed = &packed[..len.min(packed.len())];
        // What later blocks may refer to stays.
        let keep = if self.linked { self.made.len().saturating_sub(WINDOW) } else { self.made.len() };
        self.made.drain(..keep);
        let start = self.made.len();
        self.given = start;
        if word >> 31 == 1 && !self.is_legacy {
            self.made.extend_from_slice(packed);
        } else {
            // No more than its bytes can make.
            let most = self.block.min(packed.len().saturating_mul(255) + 64);
            self.made.resize(start + most, 0);
            let (before, block) = self.made.split_at_mut(start);
            match lz4_flex::block::decompress_into_with_dict(packed, block, before) {
                Ok(written) => self.made.truncate(start + written),
                Err(error) => {
                    // Of a frame that is cut off, any byte may be anything.
                    let is_before = matches!(error, DecompressError::OffsetOutOfBounds);
                    self.wants_more = start == 0 && is_before && !is_cut && !self.is_legacy;
                    let end = block.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
                    self.made.truncate(start + end);
                    self.broken = true;
                }
            }
        }
        self.broken |= is_cut;
        Some((4 + len + tail).min(data.len()))
    }
}

impl Decode for Frame {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut read = std::mem::take(&mut self.header).min(input.len());
        let is_empty = self.given == self.made.len();
        if is_empty && !self.ended && !self.broken {
            match self.next(&input[read..]) {
                Some(len) => read += len.min(input.len() - read),
                None => {
                    self.broken = true;
                    read = input.len();
                }
            }
        }
        let left = self.made.get(self.given..).unwrap_or_default();
        let written = left.len().min(out.len());
        out[..written].copy_from_slice(&left[..written]);
        self.given += written;
        let is_empty = self.given == self.made.len();
        let end = if self.broken && is_empty && written == 0 {
            Err(if self.wants_more { Fault::Refused(wants("LZ4")) } else { Fault::Broken })
        } else {
            Ok(self.ended && is_empty)
        };
        // A block of nothing is progress too.
        Step { read, written, end }
    }
}
