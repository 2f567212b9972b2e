//! Avro object container files (Apache Avro specification) whose blocks are packed: what comes out of all blocks is one member.
//! Files that are not packed are searched as they are.

use super::budget::Budget;
use super::columns::codec::snappy;
use super::inflate::{Inflated, inflate_more};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, uleb};
use crate::limits::Limits;

/// Opens such files.
pub struct Avro;

const SYNC: usize = 16;

#[derive(Clone, Copy)]
enum Codec {
    Deflate,
    Snappy,
    Bzip2,
    Xz,
    Zstd,
}

impl Container for Avro {
    fn name(&self) -> &'static str {
        "avro"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        opens(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some((codec, start)) = header(blob.bytes) else { return opened };
        opened.members.push(Box::new(Records { codec, data: blob.bytes, start }));
        // The schema, and what else is said of the file.
        opened.gaps.push(0..start);
        opened
    }
}

/// Whether such a file is opened.
pub(super) fn opens(data: &[u8]) -> bool {
    header(data).is_some()
}

/// Numbers are written so that small negative ones are short.
fn long(data: &[u8], at: &mut usize) -> Option<i64> {
    let n = uleb(data, at)?;
    Some((n >> 1) as i64 ^ -((n & 1) as i64))
}

fn bytes<'d>(data: &'d [u8], at: &mut usize) -> Option<&'d [u8]> {
    let len = usize::try_from(long(data, at)?).ok()?;
    let bytes = slice(data, *at, len)?;
    *at += len;
    Some(bytes)
}

/// By what the blocks are packed, and where the mark between them stands first.
fn header(data: &[u8]) -> Option<(Codec, usize)> {
    data.starts_with(b"Obj\x01").then_some(())?;
    let (mut at, mut codec) = (4, None);
    loop {
        let mut count = long(data, &mut at)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            // Its size is told too.
            count = count.checked_neg()?;
            long(data, &mut at)?;
        }
        for _ in 0..count {
            let key = bytes(data, &mut at)?;
            let value = bytes(data, &mut at)?;
            if key == b"avro.codec" {
                codec = Some(value);
            }
        }
    }
    let codec = match codec? {
        b"deflate" => Codec::Deflate,
        b"snappy" => Codec::Snappy,
        b"bzip2" => Codec::Bzip2,
        b"xz" => Codec::Xz,
        b"zstandard" => Codec::Zstd,
        _ => return None,
    };
    Some((codec, at))
}

struct Records<'b> {
    codec: Codec,
    data: &'b [u8],
    start: usize,
}

impl Member for Records<'_> {
    fn name(&self) -> &[u8] {
        b"records"
    }

    fn size_hint(&self) -> u64 {
        (self.data.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

impl Records<'_> {
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let damaged = |at: usize| {
            let bytes = self.data.len().saturating_sub(at) as u64;
            Problem::new(Reason::Damaged, format!("avro: the block at {at} is damaged")).of_bytes(bytes)
        };
        let mark = slice(self.data, self.start, SYNC).ok_or_else(|| damaged(self.start))?;
        let mut at = self.start + SYNC;
        while at < self.data.len() {
            let block = at;
            let body = long(self.data, &mut at).and_then(|_| bytes(self.data, &mut at));
            let body = body.ok_or_else(|| damaged(block))?;
            if out.len() as u64 > budget.limits.entry_bytes {
                let detail = format!("the records have more than {} bytes", budget.limits.entry_bytes);
                return Err(Problem::new(Reason::Limit, detail));
            }
            let expanded = match self.codec {
                Codec::Deflate => inflate_more(body, out, 0, budget),
                // Behind what is packed stands its checksum.
                Codec::Snappy => snappy(&body[..body.len().saturating_sub(4)], out, budget),
                Codec::Bzip2 => Packing::Bzip2.expand(body, out, budget)?,
                Codec::Xz => Packing::Xz.expand(body, out, budget)?,
                Codec::Zstd => Packing::Zstd.expand(body, out, budget)?,
            };
            match expanded {
                Inflated::Whole(_) => {}
                Inflated::Cut(limit) => return Err(Problem::new(Reason::Limit, limit)),
                _ => return Err(damaged(block)),
            }
            if slice(self.data, at, SYNC) != Some(mark) {
                return Err(damaged(at));
            }
            at += SYNC;
        }
        Ok(())
    }
}
