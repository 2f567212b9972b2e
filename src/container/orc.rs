//! ORC: tables in stripes, each column in streams of its own (`ORCv1.md`). What is read are the columns of strings and bytes.

mod integers;
mod stripe;
mod tail;

use super::budget::Budget;
use super::columns::codec::Codec;
use super::columns::{self, Column, Piece, Problems};
use super::parquet::around;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::slice;
use crate::limits::Limits;
use std::sync::Arc;
use tail::{Kind, Script, Stripe};

/// Opens such files.
pub struct Orc;

const MARK: &[u8] = b"ORC";
/// The footer may expand to as much as this.
const FOOTER: u64 = 256 << 20;

/// How streams are packed.
#[derive(Clone, Copy)]
struct Packed {
    codec: Codec,
    /// What a chunk expands to at most.
    block: u64,
}

impl Packed {
    /// Expands the chunks of a stream.
    fn expand(self, data: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        if self.codec == Codec::Plain {
            return Codec::Plain.expand(data, 0, out, budget);
        }
        let mut at = 0;
        while at < data.len() {
            let damaged = || {
                let left = data.len().saturating_sub(at) as u64;
                Problem::new(Reason::Damaged, "orc: a stream is damaged").of_bytes(left)
            };
            let &[a, b, c] = data.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(damaged)?;
            let head = u32::from_le_bytes([a, b, c, 0]);
            let chunk = slice(data, at + 3, (head >> 1) as usize).ok_or_else(damaged)?;
            let codec = if head & 1 == 1 { Codec::Plain } else { self.codec };
            codec.expand(chunk, self.block, out, budget)?;
            at += 3 + chunk.len();
        }
        Ok(())
    }
}

/// The length of the postscript is the last byte, and its mark stands before it.
fn script(data: &[u8]) -> Option<(Script, usize)> {
    let (&len, rest) = data.split_last()?;
    let start = rest.len().checked_sub(usize::from(len)).filter(|_| rest.ends_with(MARK))?;
    Some((tail::script(&rest[start..]), start))
}

impl Container for Orc {
    fn name(&self) -> &'static str {
        "orc"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MARK) && blob.bytes.len() > 16 && script(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (packed, kinds, stripes) = match footer(data, limits, &mut opened) {
            Ok(footer) => footer,
            Err(problem) => {
                opened.gaps.push(0..data.len());
                opened.problems.push(problem.of_bytes(data.len() as u64));
                return opened;
            }
        };
        let mut read = Vec::new();
        for (n, stripe) in stripes.into_iter().enumerate() {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} stripes", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let len = stripe.index.saturating_add(stripe.data);
            read.push(stripe.start..stripe.start.saturating_add(len));
            let piece = Rows { data, packed, kinds: Arc::clone(&kinds), stripe };
            opened.members.extend(columns::members(&format!("stripe {n}"), piece));
        }
        opened.gaps = around(read, data.len());
        opened
    }
}

type Footer = (Packed, Arc<Vec<Kind>>, Vec<Stripe>);

fn footer(data: &[u8], limits: &Limits, opened: &mut Opened<'_>) -> Result<Footer, Problem> {
    let damaged = || Problem::new(Reason::Damaged, "orc: the footer is damaged");
    let (script, end) = script(data).ok_or_else(damaged)?;
    let codec = match script.codec {
        0 => Codec::Plain,
        1 => Codec::Deflate,
        2 => Codec::Snappy,
        4 => Codec::Lz4,
        5 => Codec::Zstd,
        other => return Err(Problem::new(Reason::Unsupported, format!("orc: packed by codec {other}"))),
    };
    let packed = Packed { codec, block: script.block.min(8 << 20) as u64 };
    let start = end.checked_sub(script.footer).ok_or_else(damaged)?;
    let limits = Limits { entry_bytes: limits.entry_bytes.min(FOOTER), ..limits.clone() };
    let mut bytes = Vec::new();
    packed.expand(&data[start..end], &mut bytes, &Budget::new(&limits, data.len() as u64))?;
    let footer = tail::footer(&bytes);
    if footer.kinds.is_empty() {
        return Err(damaged());
    }
    if footer.is_encrypted {
        let problem = Problem::new(Reason::Encrypted, "orc: columns are encrypted");
        opened.problems.push(problem);
    }
    Ok((packed, Arc::new(footer.kinds), footer.stripes))
}

struct Rows<'b> {
    data: &'b [u8],
    packed: Packed,
    kinds: Arc<Vec<Kind>>,
    stripe: Stripe,
}

impl Piece for Rows<'_> {
    fn columns(&self, problems: &mut Problems, budget: &Budget) -> Vec<Column> {
        stripe::columns(self.data, self.packed, &self.kinds, self.stripe, problems, budget)
    }

    fn stored(&self) -> u64 {
        self.stripe.data.min(self.data.len()) as u64
    }
}

#[cfg(test)]
mod tests;
