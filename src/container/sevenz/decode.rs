//! From packed streams to a block: the coders of a folder, one reading from the other.

use super::super::Problem;
use super::super::budget::Budget;
use super::super::inflate::Inflated;
use super::super::solid::Unpack;
use super::super::stream::{self, Reading};
use super::header::{Coder, Folder};
use crate::ledger::Reason;
use crate::lens::bytes::u32_le;
use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::filter::delta::DeltaReader;
use lzma_rust2::{Lzma2Reader, LzmaReader};
use std::io::{BufReader, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Dictionaries of all coders of a block together, in bytes: more than 7-Zip asks for unless it is told to.
const MOST_MEMORY: u64 = 256 << 20;

/// A block and the packed streams it is made from.
pub struct Packed<'b> {
    pub folder: Folder,
    pub inputs: Vec<&'b [u8]>,
}

impl Unpack for Packed<'_> {
    fn unpack(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        // The decoders are other people's; a defect in one of them costs the block.
        catch_unwind(AssertUnwindSafe(|| self.decode(out, budget))).unwrap_or_else(|_| {
            Err(Problem::new(Reason::Damaged, "7z: internal error in a decoder: please report it"))
        })
    }
}

type Source<'r> = Box<dyn Read + 'r>;

impl Packed<'_> {
    fn decode(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let most = MOST_MEMORY.min(budget.limits.entry_bytes.max(16 << 20));
        let memory = self.folder.coders.iter().enumerate().map(|(n, coder)| memory(coder, self.size(n)));
        if memory.fold(0, u64::saturating_add) > most {
            let detail = format!("7z: the block needs more than {most} bytes of memory");
            return Err(Problem::new(Reason::Limit, detail));
        }
        let last = self.folder.last().ok_or_else(damaged)?;
        let mut used = vec![false; self.folder.coders.len()];
        let reader = self.coder(last, &mut used, budget)?;
        let size = self.folder.size();
        let input: usize = self.inputs.iter().map(|input| input.len()).sum();
        match stream::expand_reading(&mut Reading(reader.take(size)), input, out, budget)? {
            Inflated::Cut(limit) => Err(Problem::new(Reason::Limit, limit)),
            _ if out.len() as u64 >= size => Ok(()),
            _ => {
                let detail = format!("7z: {} of the {size} bytes of the block came out", out.len());
                Err(Problem::new(Reason::Damaged, detail))
            }
        }
    }

    fn size(&self, coder: usize) -> u64 {
        self.folder.sizes.get(coder).copied().unwrap_or(0)
    }

    /// What comes out of a coder.
    fn coder<'r>(&'r self, n: usize, used: &mut [bool], budget: &Budget) -> Result<Source<'r>, Problem> {
        let coder = self.folder.coders.get(n).ok_or_else(damaged)?;
        match used.get_mut(n) {
            // Coders in a circle.
            None | Some(true) => return Err(damaged()),
            Some(used) => *used = true,
        }
        let first: usize = self.folder.coders[..n].iter().map(|coder| coder.ins).sum();
        let mut inputs = Vec::new();
        for into in first..first + coder.ins {
            let bond = self.folder.bonds.iter().find(|(bound, _)| *bound == into);
            let packed = self.folder.packed.iter().position(|packed| *packed == into);
            inputs.push(match (bond, packed) {
                (Some((_, from)), _) => self.coder(*from, used, budget)?,
                (None, Some(n)) => Box::new(*self.inputs.get(n).ok_or_else(damaged)?),
                (None, None) => return Err(damaged()),
            });
        }
        start(coder, inputs, self.size(n), budget)
    }
}

fn damaged() -> Problem {
    Problem::new(Reason::Damaged, "7z: the coders of the block make no sense")
}

/// The dictionary of a coder, no larger than what it is used for.
fn dictionary(coder: &Coder, size: u64) -> Option<u64> {
    let asked = match coder.method.as_slice() {
        [3, 1, 1] => u64::from(u32_le(&coder.properties, 1)?),
        [0x21] => match *coder.properties.first()? {
            40.. => u64::from(u32::MAX),
            bits => (2 | u64::from(bits & 1)) << (bits / 2 + 11),
        },
        [3, 4, 1] => return Some(u64::from(u32_le(&coder.properties, 1)?)),
        _ => 0,
    };
    Some(asked.min(size).max(4096))
}

fn memory(coder: &Coder, size: u64) -> u64 {
    dictionary(coder, size).unwrap_or(0).saturating_add(64 << 10)
}

fn start<'r>(
    coder: &Coder,
    mut inputs: Vec<Source<'r>>,
    size: u64,
    budget: &Budget,
) -> Result<Source<'r>, Problem> {
    let method = coder.method.as_slice();
    if method == [3, 3, 1, 0x1b] {
        return Ok(Box::new(Bcj2Reader::try_new(inputs, size).map_err(|_| damaged())?));
    }
    let input = inputs.pop().filter(|_| inputs.is_empty()).ok_or_else(damaged)?;
    let window = dictionary(coder, size).ok_or_else(damaged)? as u32;
    Ok(match method {
        [0] => input,
        [3, 1, 1] => {
            let properties = *coder.properties.first().ok_or_else(damaged)?;
            Box::new(
                LzmaReader::new_with_props(input, size, properties, window, None).map_err(|_| damaged())?,
            )
        }
        [0x21] => Box::new(Lzma2Reader::new(input, window, None)),
        [3] => {
            let distance = coder.properties.first().map_or(1, |&d| usize::from(d) + 1);
            Box::new(DeltaReader::new(input, distance))
        }
        [4] | [3, 3, 1, 3] => Box::new(BcjReader::new_x86(input, 0)),
        [5] | [3, 3, 2, 5] => Box::new(BcjReader::new_ppc(input, 0)),
        [6] | [3, 3, 4, 1] => Box::new(BcjReader::new_ia64(input, 0)),
        [7] | [3, 3, 5, 1] => Box::new(BcjReader::new_arm(input, 0)),
        [8] | [3, 3, 7, 1] => Box::new(BcjReader::new_arm_thumb(input, 0)),
        [9] | [3, 3, 8, 5] => Box::new(BcjReader::new_sparc(input, 0)),
        [10] => Box::new(BcjReader::new_arm64(input, 0)),
        [11] => Box::new(BcjReader::new_riscv(input, 0)),
        [3, 4, 1] => {
            let order = coder.properties.first().map_or(0, |&order| u32::from(order));
            if !(ppmd_rust::PPMD7_MIN_ORDER..=ppmd_rust::PPMD7_MAX_ORDER).contains(&order)
                || !(ppmd_rust::PPMD7_MIN_MEM_SIZE..=ppmd_rust::PPMD7_MAX_MEM_SIZE).contains(&window)
            {
                return Err(damaged());
            }
            Box::new(ppmd_rust::Ppmd7Decoder::new(input, order, window).map_err(|_| damaged())?)
        }
        [4, 1, 8] => Box::new(flate2::read::DeflateDecoder::new(input)),
        [4, 1, 9] => Box::new(deflate64::Deflate64Decoder::with_buffer(BufReader::new(input))),
        [4, 2, 2] => Box::new(bzip2::read::MultiBzDecoder::new(input)),
        [4, 0xf7, 0x11, 1] => whole(&stream::ZSTD, input, budget)?,
        [4, 0xf7, 0x11, 2] => whole(&stream::BROTLI, input, budget)?,
        [4, 0xf7, 0x11, 4] => whole(&stream::LZ4, input, budget)?,
        _ => {
            let detail = format!("7z: packed by method {}; not opened", hex(method));
            return Err(Problem::new(Reason::Unsupported, detail));
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Expands what cannot be read in steps.
fn whole<'r>(format: &stream::Stream, input: Source<'r>, budget: &Budget) -> Result<Source<'r>, Problem> {
    let mut packed = Vec::new();
    let most = budget.limits.entry_bytes;
    input.take(most).read_to_end(&mut packed).map_err(|_| damaged())?;
    let mut out = Vec::new();
    let problem = format.expand(&packed, &mut out, budget);
    match problem {
        Some(problem) if out.is_empty() => Err(problem),
        _ => Ok(Box::new(Cursor::new(out))),
    }
}
