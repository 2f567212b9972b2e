//! How blocks of tables are packed: whole in memory, of a size that is told beside them.

use super::super::budget::Budget;
use super::super::gzip;
use super::super::inflate::{Inflated, OVER_BUDGET, inflate_more};
use super::super::stream::{self, Packing};
use super::super::{Problem, lz4};
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_be};

/// The largest block that one decoder of Snappy makes.
const MOST_SNAPPY: usize = 256 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::container) enum Codec {
    Plain,
    Deflate,
    Zlib,
    Gzip,
    Snappy,
    /// A bare block.
    Lz4,
    /// Blocks in Hadoop's frames, or what writers took for the same.
    Lz4Hadoop,
    Lz4Frame,
    Zstd,
    Brotli,
    Bzip2,
}

impl Codec {
    /// Appends what is packed in `input`, `size` bytes as it is told, to `out`.
    pub(in crate::container) fn expand(
        self,
        input: &[u8],
        size: u64,
        out: &mut Vec<u8>,
        budget: &Budget,
    ) -> Result<(), Problem> {
        let done = match self {
            Codec::Plain => return plain(input, out, budget),
            Codec::Lz4 => return block(input, size, out, budget),
            Codec::Lz4Hadoop => return lz4_hadoop(input, size, out, budget),
            Codec::Gzip => return streams_of_gzip(input, size, out, budget),
            Codec::Deflate => inflate_more(input, out, size, budget),
            Codec::Zlib => inflate_more(input.get(2..).unwrap_or_default(), out, size, budget),
            Codec::Snappy => snappy(input, out, budget),
            Codec::Lz4Frame => stream::LZ4.one(input, out, budget)?,
            Codec::Zstd => Packing::Zstd.expand(input, out, budget)?,
            Codec::Brotli => stream::BROTLI.one(input, out, budget)?,
            Codec::Bzip2 => Packing::Bzip2.expand(input, out, budget)?,
        };
        self.outcome(&done, input.len())
    }

    fn outcome(self, done: &Inflated, packed: usize) -> Result<(), Problem> {
        match done {
            Inflated::Whole(_) => Ok(()),
            Inflated::Cut(limit) => Err(Problem::new(Reason::Limit, limit.clone())),
            Inflated::Truncated | Inflated::Broken(_) => {
                Err(Problem::new(Reason::Damaged, format!("a block of {packed} bytes ({self:?}) is broken"))
                    .of_bytes(packed as u64))
            }
        }
    }
}

fn over(budget: &Budget) -> Problem {
    let detail = format!("the entry expands to more than {} bytes", budget.limits.entry_bytes);
    Problem::new(Reason::Limit, detail)
}

fn plain(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    if (input.len() + out.len()) as u64 > budget.limits.entry_bytes {
        return Err(over(budget));
    }
    super::charge(input.len() as u64, budget)?;
    out.extend_from_slice(input);
    Ok(())
}

/// A block of LZ4 whose size is at most `most`.
fn block(input: &[u8], most: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    // No more than its bytes can make.
    let most = most.min((input.len() as u64).saturating_mul(255).saturating_add(16));
    let before = out.len();
    let done = lz4::block(input, most, out, budget);
    if done.is_ok() {
        budget.give_back(most.saturating_sub((out.len() - before) as u64));
    }
    done
}

/// Behind the size of all, pieces each with its own size before it.
pub(in crate::container) fn hadoop(
    inner: Codec,
    input: &[u8],
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<(), Problem> {
    let damaged = |at: usize| {
        let left = input.len().saturating_sub(at) as u64;
        Problem::new(Reason::Damaged, format!("a block is broken at byte {at}")).of_bytes(left)
    };
    let mut at = 0;
    while at < input.len() {
        let whole = u32_be(input, at).ok_or_else(|| damaged(at))? as usize;
        at += 4;
        let first = out.len();
        while out.len() - first < whole {
            let before = out.len();
            let piece = u32_be(input, at).and_then(|len| slice(input, at + 4, len as usize));
            let piece = piece.ok_or_else(|| damaged(at))?;
            inner.expand(piece, (whole - (before - first)) as u64, out, budget)?;
            if out.len() == before {
                return Err(damaged(at));
            }
            at += 4 + piece.len();
        }
    }
    Ok(())
}

/// Parquet's old name for LZ4: what Hadoop writes, what others did, a bare block or a frame.
fn lz4_hadoop(input: &[u8], size: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let before = out.len();
    let first = u32_be(input, 4).map_or(usize::MAX, |n| n as usize);
    if u64::from(u32_be(input, 0).unwrap_or(u32::MAX)) <= size && first <= input.len().saturating_sub(8) {
        let done = hadoop(Codec::Lz4, input, out, budget);
        if done.is_ok() || done.as_ref().is_err_and(|problem| problem.reason == Reason::Limit) {
            return done;
        }
        budget.give_back((out.len() - before) as u64);
        out.truncate(before);
    }
    match input {
        [0x04, 0x22, 0x4d, 0x18, ..] => Codec::Lz4Frame.expand(input, size, out, budget),
        _ => block(input, size, out, budget),
    }
}

fn streams_of_gzip(mut input: &[u8], size: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    if matches!(input, [0x78, ..]) {
        return Codec::Zlib.expand(input, size, out, budget);
    }
    loop {
        let Some(header) = gzip::header(input) else {
            return Codec::Gzip.outcome(&Inflated::Broken(0), input.len());
        };
        let done = inflate_more(&input[header.len..], out, size, budget);
        let Inflated::Whole(len) = done else { return Codec::Gzip.outcome(&done, input.len()) };
        // Behind each stream, its checksum and size.
        input = input.get(header.len + len + 8..).unwrap_or_default();
        if gzip::header(input).is_none() {
            return Ok(());
        }
    }
}

/// A bare block of Snappy.
pub(in crate::container) fn snappy(packed: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Inflated {
    let size = snap::raw::decompress_len(packed).unwrap_or(usize::MAX);
    // A byte makes no more than some twenty.
    if size > MOST_SNAPPY.min(packed.len().saturating_mul(64) + 64) {
        return Inflated::Broken(0);
    }
    if (size + out.len()) as u64 > budget.limits.entry_bytes {
        return Inflated::Cut(format!("the entry expands to more than {} bytes", budget.limits.entry_bytes));
    }
    if !budget.take(size as u64) {
        budget.spend();
        return Inflated::Cut(OVER_BUDGET.into());
    }
    let before = out.len();
    out.resize(before + size, 0);
    match snap::raw::Decoder::new().decompress(packed, &mut out[before..]) {
        Ok(_) => Inflated::Whole(packed.len()),
        Err(_) => {
            out.truncate(before);
            Inflated::Broken(0)
        }
    }
}
