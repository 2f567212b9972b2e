//! LZX as WIM has it: [MS-PATCH] with blocks of 32 KiB by default, chunks that know nothing of each other, and addresses of
//! calls that are always those of a file of 12,000,000 bytes.

use super::bits::Bits;
use crate::container::huffman::Code;

/// Symbols of the code of lengths.
const LENGTHS: usize = 249;
/// What addresses of calls are counted by.
const CALLS: i32 = 12_000_000;

/// Expands a chunk until `out` has `end` bytes; copies go no further back than `start`. `order`: bits of the size of chunks.
pub fn expand(input: &[u8], order: u32, start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    let slots = match order {
        0..=15 => 30,
        16..=19 => 2 * order as usize,
        20 => 42,
        _ => 50,
    };
    let mut state = State {
        bits: Bits::new(input),
        order,
        main: vec![0; 256 + 8 * slots],
        lengths: vec![0; LENGTHS],
        recent: [1; 3],
    };
    let mut went = Some(());
    while out.len() < end && went.is_some() {
        went = state.block(start, end, out);
    }
    let from = start.min(out.len());
    calls(&mut out[from..]);
    went
}

struct State<'i> {
    bits: Bits<'i>,
    order: u32,
    /// Lengths of codes, which later blocks change.
    main: Vec<u8>,
    lengths: Vec<u8>,
    recent: [usize; 3],
}

impl State<'_> {
    fn block(&mut self, start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
        let kind = self.bits.take(3)?;
        let mut size = 1 << 15;
        if self.bits.take(1)? == 0 {
            size = self.bits.take(16)? as usize;
            if self.order >= 16 {
                size = size << 8 | self.bits.take(8)? as usize;
            }
        }
        let last = out.len().checked_add(size)?.min(end);
        if kind == 3 {
            self.bits.align();
            for recent in &mut self.recent {
                *recent = u32::from_le_bytes(*self.bits.bytes(4)?.first_chunk()?) as usize;
            }
            out.extend_from_slice(self.bits.bytes(last - out.len())?);
            if size & 1 == 1 && last < end {
                self.bits.bytes(1)?;
            }
            return (size > 0).then_some(());
        }
        (matches!(kind, 1 | 2) && size > 0).then_some(())?;
        let aligned = if kind == 2 {
            let mut lengths = [0; 8];
            for length in &mut lengths {
                *length = self.bits.take(3)? as u8;
            }
            Some(Code::new(&lengths)?)
        } else {
            None
        };
        let (first, second) = self.main.split_at_mut(256);
        read_lengths(&mut self.bits, first)?;
        read_lengths(&mut self.bits, second)?;
        read_lengths(&mut self.bits, &mut self.lengths)?;
        let (main, lengths) = (Code::new(&self.main)?, Code::new(&self.lengths)?);
        while out.len() < last {
            let symbol = usize::from(main.symbol(&mut self.bits)?);
            let Some(copy) = symbol.checked_sub(256) else {
                out.push(symbol as u8);
                continue;
            };
            let mut len = copy & 7;
            if len == 7 {
                len += usize::from(lengths.symbol(&mut self.bits)?);
            }
            let back = self.back(copy >> 3, aligned.as_ref())?;
            super::copy(back, len + 2, start, end, out)?;
        }
        Some(())
    }

    /// How far back a copy is from.
    fn back(&mut self, slot: usize, aligned: Option<&Code>) -> Option<usize> {
        if slot < 3 {
            self.recent.swap(0, slot);
            return Some(self.recent[0]);
        }
        let width = if slot < 4 { 0 } else { (slot as u32 / 2 - 1).min(17) };
        let base = match slot {
            3 => 3,
            4..38 => (2 + (slot & 1)) << width,
            _ => (slot - 34) << 17,
        };
        let extra = match aligned {
            Some(code) if width >= 3 => {
                let high = self.wide(width - 3)? << 3;
                high | usize::from(code.symbol(&mut self.bits)?)
            }
            _ => self.wide(width)?,
        };
        let back = (base + extra).checked_sub(2)?;
        self.recent = [back, self.recent[0], self.recent[1]];
        Some(back)
    }

    fn wide(&mut self, width: u32) -> Option<usize> {
        let high = if width > 16 { self.bits.take(width - 16)? << 16 } else { 0 };
        Some((high | self.bits.take(width.min(16))?) as usize)
    }
}

/// Lengths, as differences from those before, under a code of their own.
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Option<()> {
    let mut own = [0; 20];
    for length in &mut own {
        *length = bits.take(4)? as u8;
    }
    let code = Code::new(&own)?;
    let mut at = 0;
    while at < lengths.len() {
        let mut symbol = code.symbol(bits)?;
        let count = match symbol {
            17 => 4 + bits.take(4)?,
            18 => 20 + bits.take(5)?,
            19 => {
                let count = 4 + bits.take(1)?;
                symbol = code.symbol(bits)?;
                (symbol < 17).then_some(())?;
                count
            }
            _ => 1,
        };
        let length = if symbol < 17 { (lengths[at] + 17 - symbol as u8) % 17 } else { 0 };
        let end = (at + count as usize).min(lengths.len());
        lengths[at..end].fill(length);
        at = end;
    }
    Some(())
}

/// Makes addresses of calls relative again.
fn calls(data: &mut [u8]) {
    let mut at = 0;
    while let Some(found) =
        data.len().checked_sub(10).and_then(|end| memchr::memchr(0xe8, data.get(at..end)?))
    {
        at += found;
        if let Some(address) = data.get_mut(at + 1..at + 5).and_then(|bytes| bytes.first_chunk_mut::<4>()) {
            let (absolute, place) = (i32::from_le_bytes(*address), at as i32);
            if (0..CALLS).contains(&absolute) {
                *address = absolute.wrapping_sub(place).to_le_bytes();
            } else if absolute < 0 && absolute >= -place {
                *address = (absolute + CALLS).to_le_bytes();
            }
        }
        at += 5;
    }
}
