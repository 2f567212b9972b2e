//! Raw deflate into memory, within budget.

use super::Problem;
use super::budget::Budget;
use super::flow::Passing;
use crate::ledger::Reason;
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::RefCell;

/// Whether data begin like a zlib stream without a dictionary (RFC 1950, section 2.2): a window there can be, and the check holds.
pub(super) fn has_zlib_header(data: &[u8]) -> bool {
    matches!(data, [method, flags, ..] if method & 15 == 8
        && (1..=7).contains(&(method >> 4))
        && flags & 0x20 == 0
        && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

thread_local! {
    /// One decompressor a thread: its window and tables are allocated once.
    static DECOMPRESS: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// How an inflation went.
#[derive(Debug, PartialEq, Eq)]
pub enum Inflated {
    /// To the end of the stream; so many compressed bytes were read.
    Whole(usize),
    /// The input ended first; what came out is in the buffer.
    Truncated,
    /// The stream is broken after so many compressed bytes; what came out is in the buffer.
    Broken(usize),
    /// A limit was reached; what came out is in the buffer.
    Cut(String),
}

impl Inflated {
    /// The ledger's view of it.
    pub fn problem(&self, input: usize) -> Option<Problem> {
        match self {
            Inflated::Whole(_) => None,
            Inflated::Truncated => Some(Problem::new(
                Reason::Damaged,
                format!("deflate stream does not end within its {input} bytes"),
            )),
            Inflated::Broken(at) => Some(Problem::new(
                Reason::Damaged,
                format!("deflate stream is broken at byte {at} of {input}"),
            )),
            Inflated::Cut(limit) => Some(Problem::new(Reason::Limit, limit.clone())),
        }
    }
}

/// What the ledger says where [`Budget::take`] refuses.
pub(super) const OVER_BUDGET: &str =
    "more comes out of this artifact than may in all, or than may be in memory at a time";

/// Most bytes that are inflated between two looks at the budget.
pub(super) const STEP: usize = 1 << 20;

/// Inflates `input` into `out` (emptied first). `expected` is what the container promises: a hint
/// for the allocation, never trusted.
pub fn inflate(input: &[u8], out: &mut Vec<u8>, expected: u64, budget: &Budget) -> Inflated {
    out.clear();
    inflate_more(input, out, expected, budget)
}

/// Inflates `input` behind what is in `out` already.
pub fn inflate_more(input: &[u8], out: &mut Vec<u8>, expected: u64, budget: &Budget) -> Inflated {
    DECOMPRESS.with_borrow_mut(|stream| {
        stream.reset(false);
        inflate_with(stream, input, out, expected, budget, &mut Passing::to(&mut |_| 0))
    })
}

/// The same, and passes on what came out.
pub(super) fn inflate_passing(
    input: &[u8],
    out: &mut Vec<u8>,
    budget: &Budget,
    passing: &mut Passing<'_>,
) -> Inflated {
    // Whom it is passed to may inflate something on this thread too.
    inflate_with(&mut Decompress::new(false), input, out, 0, budget, passing)
}

/// Whether a deflate stream begins here: whether something comes out of its first bytes.
pub fn begins(input: &[u8]) -> bool {
    let begun = begin(input, &mut [0; 512]);
    // Less than this is chance.
    begun.written >= 64 || begun.has_ended && begun.written > 0
}

/// Whether a deflate stream begins here and ends in these bytes: for what only chance may have made.
pub fn ends(input: &[u8]) -> bool {
    // Longer ones are no chance.
    let mut room = 16 << 20;
    DECOMPRESS.with_borrow_mut(|stream| {
        stream.reset(false);
        length(stream, input, &mut room).is_some() || room == 0
    })
}

/// How many bytes the stream has that begins here, whose end `stream` is to find; `None` if it is broken or cut off, or if more than
/// `room` bytes come out. What comes out is taken off `room`.
pub fn length(stream: &mut Decompress, input: &[u8], room: &mut u64) -> Option<usize> {
    let mut out = [0; 32 << 10];
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        let rest = input.get(usize::try_from(read).ok()?..)?;
        let status = stream.decompress(rest, &mut out, FlushDecompress::None).ok()?;
        *room = room.saturating_sub(stream.total_out() - written);
        if status == Status::StreamEnd {
            return usize::try_from(stream.total_in()).ok();
        }
        (*room > 0 && (stream.total_in() > read || stream.total_out() > written)).then_some(())?;
    }
}

/// How far the first bytes of what may be a stream go.
pub struct Begun {
    /// Bytes that were read.
    pub read: usize,
    /// Bytes that came out.
    pub written: usize,
    /// Whether the stream has ended.
    pub has_ended: bool,
}

/// Inflates the first bytes of `input` into `out`; nothing, if they are broken.
pub fn begin(input: &[u8], out: &mut [u8]) -> Begun {
    DECOMPRESS.with_borrow_mut(|stream| {
        stream.reset(false);
        let status = stream.decompress(&input[..input.len().min(4096)], out, FlushDecompress::None);
        let written = if status.is_ok() { stream.total_out() as usize } else { 0 };
        let has_ended = status.is_ok_and(|status| status == Status::StreamEnd);
        Begun { read: stream.total_in() as usize, written, has_ended }
    })
}

fn inflate_with(
    stream: &mut Decompress,
    input: &[u8],
    out: &mut Vec<u8>,
    expected: u64,
    budget: &Budget,
    passing: &mut Passing<'_>,
) -> Inflated {
    let limits = &budget.limits;
    if budget.is_spent() {
        budget.spend();
        return Inflated::Cut(OVER_BUDGET.into());
    }
    // Deflate expands at most 1,032-fold, so a promise above that is a lie.
    let plausible = expected.min(input.len() as u64 * 1032 + 64).min(64 << 20);
    out.reserve(plausible as usize + 64);
    loop {
        let (in_before, out_before) = (stream.total_in(), out.len());
        if out.capacity() - out.len() < 4096 {
            // No more than may be taken: a vector that doubles at the limit has twice as much.
            let room = limits.entry_bytes.saturating_sub(out.len() as u64) as usize;
            out.reserve_exact(out.len().clamp(64 << 10, STEP).max(out.len() / 4).min(room) + 4096);
        }
        let status = stream.decompress_vec(&input[in_before as usize..], out, FlushDecompress::None);
        let produced = (out.len() - out_before) as u64;
        if !budget.take(produced) {
            out.truncate(out_before);
            budget.spend();
            return Inflated::Cut(OVER_BUDGET.into());
        }
        // What was passed on is held no more.
        if out.len() as u64 > limits.entry_bytes {
            out.truncate(limits.entry_bytes as usize);
            return Inflated::Cut(format!("the entry expands to more than {} bytes", limits.entry_bytes));
        }
        if limits.is_bomb(stream.total_out(), stream.total_in()) {
            return Inflated::Cut(format!("the entry expands more than {}-fold: a bomb", limits.ratio));
        }
        match status {
            Err(_) => return Inflated::Broken(stream.total_in() as usize),
            Ok(Status::StreamEnd) => return Inflated::Whole(stream.total_in() as usize),
            Ok(Status::Ok | Status::BufError) => {
                let stuck = produced == 0 && stream.total_in() == in_before;
                if stuck && out.capacity() > out.len() {
                    return Inflated::Truncated;
                }
            }
        }
        passing.step(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::Write;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn whole_truncated_broken() {
        let budget = Budget::new(&Limits::default(), 1 << 20);
        let plain: Vec<u8> = (0..100_000u32).flat_map(|n| (n * 7919).to_le_bytes()).collect();
        let packed = deflate(&plain);
        let mut out = Vec::new();
        assert_eq!(inflate(&packed, &mut out, 3, &budget), Inflated::Whole(packed.len()));
        assert_eq!(out, plain);
        assert_eq!(inflate(&packed[..packed.len() / 2], &mut out, 3, &budget), Inflated::Truncated);
        assert!(!out.is_empty() && plain.starts_with(&out));
        assert!(matches!(inflate(b"\xff\xff\xff", &mut out, 0, &budget), Inflated::Broken(_)));
    }

    #[test]
    fn bombs_are_cut_at_the_ratio() {
        let budget = Budget::new(&Limits::default(), 1 << 20);
        let packed = deflate(&vec![0; 100 << 20]);
        let mut out = Vec::new();
        assert!(matches!(inflate(&packed, &mut out, 100 << 20, &budget), Inflated::Cut(_)));
        assert!(out.len() as u64 <= Limits::RATIO_FREE_BYTES + (2 << 20));
    }

    #[test]
    fn the_budget_is_obeyed() {
        let budget = Budget::new(&Limits { expanded_bytes: 1000, ..Limits::default() }, 1 << 20);
        let mut out = Vec::new();
        assert!(matches!(inflate(&deflate(&[1; 5000]), &mut out, 5000, &budget), Inflated::Cut(_)));
        assert!(budget.is_exhausted());
    }
}
