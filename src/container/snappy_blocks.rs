//! Files of Snappy blocks without the marks of its framed format: as Hadoop writes them, as two libraries of Java do (Kafka, Xerial; Dain),
//! as Apple's Pages and Numbers do (`.iwa`), or one block and nothing else.
//!
//! Where no magic bytes tell, the lengths must lead to the end of the file, and the first block must make what it says.

use super::budget::Budget;
use super::columns::codec::snappy;
use super::inflate::Inflated;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_be, u32_be, u32_le, uleb};
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens such files.
pub struct SnappyBlocks;

const XERIAL: &[u8] = b"\x82SNAPPY\0";
const XERIAL_HEAD: usize = 16;
const DAIN: &[u8] = b"snappy\0";
/// What chunks of `.iwa` make at most.
const IWA: u64 = 64 << 10;
/// Shortest single block: less is chance.
const LEAST: usize = 32;

/// How blocks stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Xerial,
    Dain,
    Hadoop,
    Iwa,
    Bare,
}

impl Container for SnappyBlocks {
    fn name(&self) -> &'static str {
        "snappy-blocks"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        framing(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let members = framing(data).map(|framing| Box::new(Blocks { data, framing }) as Box<dyn Member>);
        // Known by little: what else it may be is looked at too.
        Opened {
            members: members.into_iter().collect(),
            gaps: std::iter::once(0..data.len()).collect(),
            ..Opened::default()
        }
    }
}

fn framing(data: &[u8]) -> Option<Framing> {
    match data {
        _ if data.starts_with(XERIAL) => Some(Framing::Xerial),
        _ if data.starts_with(DAIN) && matches!(data.get(7), Some(0 | 1)) => Some(Framing::Dain),
        [0, ..] if leads_to_end(data, Framing::Iwa, &is_iwa) => Some(Framing::Iwa),
        [0, ..] if leads_to_end(data, Framing::Hadoop, &|_| true) => Some(Framing::Hadoop),
        _ if is_alone(data) => Some(Framing::Bare),
        _ => None,
    }
}

/// Whether it is one block and nothing else.
pub(super) fn is_alone(data: &[u8]) -> bool {
    data.len() >= LEAST && is_block(data)
}

/// How many bytes the file of Xerial's library has that begins here and may stand before something else: 0 if none does.
pub(super) fn xerial_len(data: &[u8]) -> usize {
    let mut at = if data.starts_with(XERIAL) { XERIAL_HEAD } else { return 0 };
    while let Some(Some((range, _))) = next(data, at, Framing::Xerial)
        && data.get(range.clone()).is_some_and(is_block)
    {
        at = range.end;
    }
    if at > XERIAL_HEAD { at } else { 0 }
}

fn is_iwa(block: &[u8]) -> bool {
    uleb(block, &mut 0).is_some_and(|size| size <= IWA)
}

/// Whether the blocks follow one another to the end, and the first is one.
fn leads_to_end(data: &[u8], framing: Framing, is_sound: &dyn Fn(&[u8]) -> bool) -> bool {
    let mut at = 0;
    let mut first = None;
    while at < data.len() {
        let Some(Some((range, _))) = next(data, at, framing) else { return false };
        let Some(block) = data.get(range.clone()).filter(|block| !block.is_empty() && is_sound(block)) else {
            return false;
        };
        first = first.or(Some(block));
        at = range.end;
    }
    first.is_some_and(is_block)
}

/// The stretch of the block at `at` and whether it is packed; `None` inside where something else stands there, which ends before it.
fn next(data: &[u8], at: usize, framing: Framing) -> Option<Option<(Range<usize>, bool)>> {
    let block = |start: usize, len: usize| {
        (slice(data, start, len)?.len() == len).then_some(Some((start..start + len, true)))
    };
    match framing {
        Framing::Bare => (at == 0).then_some(Some((0..data.len(), true))),
        Framing::Iwa => {
            let head = u32_le(data, at).filter(|head| head & 0xff == 0)?;
            block(at + 4, (head >> 8) as usize)
        }
        Framing::Xerial => block(at + 4, u32_be(data, at)? as usize),
        Framing::Dain => {
            let len = usize::from(u16_be(data, at + 1)?);
            slice(data, at + 7, len)?;
            Some(Some((at + 7..at + 7 + len, data[at] == 1)))
        }
        // Behind the size of all of them.
        Framing::Hadoop => {
            let (all, len) = (u32_be(data, at)?, u32_be(data, at + 4)? as usize);
            let size = uleb(data.get(at + 8..)?, &mut 0)?;
            match size == u64::from(all) {
                true => block(at + 8, len),
                false => None,
            }
        }
    }
}

/// Whether a block makes what it says at its beginning: without making it.
fn is_block(block: &[u8]) -> bool {
    made(block).is_some()
}

fn made(block: &[u8]) -> Option<()> {
    let mut at = 0;
    let size = uleb(block, &mut at)?;
    // It packs at most some twentyfold, and adds no more than a sixth.
    let is_likely = size <= block.len() as u64 * 24 && size + size / 6 + 32 >= block.len() as u64;
    (at <= 5 && size >= 16 && is_likely).then_some(())?;
    let mut made = 0u64;
    while at < block.len() {
        let tag = block[at];
        let (len, back, read) = match tag & 3 {
            0 => {
                let short = usize::from(tag >> 2);
                let extra = short.saturating_sub(59);
                let bytes = slice(block, at + 1, extra)?;
                let long = bytes.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
                let len = if extra == 0 { short as u64 } else { long } + 1;
                let read = usize::try_from(len).ok()?.checked_add(1 + extra)?;
                (len, 0, read)
            }
            1 => (u64::from(tag >> 2 & 7) + 4, u64::from(tag >> 5) << 8 | u64::from(*block.get(at + 1)?), 2),
            2 => (
                u64::from(tag >> 2) + 1,
                u64::from(*block.get(at + 1)?) | u64::from(*block.get(at + 2)?) << 8,
                3,
            ),
            _ => (u64::from(tag >> 2) + 1, u64::from(u32_le(block, at + 1)?), 5),
        };
        // A literal copies nothing; what is copied is there.
        (tag & 3 == 0 || back > 0 && back <= made).then_some(())?;
        made += len;
        at = at.checked_add(read)?;
        (made <= size && at <= block.len()).then_some(())?;
    }
    (made == size).then_some(())
}

struct Blocks<'b> {
    data: &'b [u8],
    framing: Framing,
}

impl Member for Blocks<'_> {
    fn name(&self) -> &[u8] {
        b"contents"
    }

    fn size_hint(&self) -> u64 {
        self.data.len() as u64 * 3
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

impl Blocks<'_> {
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let data = self.data;
        let mut at = match self.framing {
            Framing::Dain => DAIN.len(),
            _ => 0,
        };
        while at < data.len() {
            // Streams one behind the other have a head each.
            if self.framing == Framing::Xerial && data[at..].starts_with(XERIAL) {
                at = (at + XERIAL_HEAD).min(data.len());
                continue;
            }
            let broken = || {
                let detail = format!("a block of Snappy is broken or cut off at byte {at}");
                Problem::new(Reason::Damaged, detail).of_bytes((data.len() - at) as u64)
            };
            let (range, is_packed) = next(data, at, self.framing).flatten().ok_or_else(broken)?;
            let block = data.get(range.clone()).ok_or_else(broken)?;
            if is_packed {
                match snappy(block, out, budget) {
                    Inflated::Whole(_) => {}
                    Inflated::Cut(limit) => return Err(Problem::new(Reason::Limit, limit)),
                    _ => return Err(broken()),
                }
            } else {
                budget.take_member((out.len() + block.len()) as u64, "the file")?;
                budget.give_back(out.len() as u64);
                out.extend_from_slice(block);
            }
            at = range.end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    fn text() -> Vec<u8> {
        (1..9000).flat_map(|n| format!("line {n} of a text\n").into_bytes()).collect()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(bytes).unwrap()
    }

    fn framed(framing: Framing) -> Vec<u8> {
        if framing == Framing::Bare {
            return packed(&text());
        }
        let mut file = match framing {
            Framing::Xerial => [XERIAL, &[0, 0, 0, 1, 0, 0, 0, 1]].concat(),
            Framing::Dain => DAIN.to_vec(),
            _ => Vec::new(),
        };
        for piece in text().chunks(32 << 10) {
            let block = packed(piece);
            let (len, size) = (block.len() as u32, piece.len() as u32);
            match framing {
                Framing::Iwa => file.extend((len << 8).to_le_bytes()),
                Framing::Hadoop => file.extend([size.to_be_bytes(), len.to_be_bytes()].concat()),
                Framing::Dain => file.extend([&[1][..], &(len as u16).to_be_bytes(), &[0; 4]].concat()),
                _ => file.extend(len.to_be_bytes()),
            }
            file.extend(block);
        }
        file
    }

    #[test]
    fn each_framing() {
        for kind in [Framing::Xerial, Framing::Dain, Framing::Hadoop, Framing::Iwa, Framing::Bare] {
            let file = framed(kind);
            assert_eq!(framing(&file), Some(kind));
            let (members, problems) = read(&SnappyBlocks, &file);
            assert!(members.len() == 1 && members[0].1 == text() && problems.is_empty(), "{kind:?}");
        }
        // Only magic bytes tell of what is cut off.
        for kind in [Framing::Xerial, Framing::Dain] {
            let file = framed(kind);
            let (members, _) = read(&SnappyBlocks, &file[..file.len() - 9]);
            assert_eq!(members[0].2, Some(Reason::Damaged));
            assert!(text().starts_with(&members[0].1) && members[0].1.len() > 30_000);
        }
    }

    #[test]
    fn other_data_are_not_taken_for_blocks() {
        for data in [
            &[0; 400][..],
            b"\x20\x7cthis is text and no block of any kind, is it",
            &[b'a'; 100],
            b"\x30\xf0\x2f 0123",
        ] {
            assert_eq!(framing(data), None);
        }
        let mut state = 1u32;
        for n in 0..2000 {
            let data: Vec<u8> = (0..32 + n % 200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            assert_eq!(framing(&data), None, "{n}");
        }
    }
}
