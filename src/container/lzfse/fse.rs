//! A block of LZFSE: tables by how often each symbol comes, literals by four states in turn, then lengths and distances. Bits
//! are read from the end.

use super::copy;
use crate::lens::bytes::{slice, u64_le};

const HEAD: usize = 32;
const STATES: [usize; 4] = [64, 64, 256, 1024];
/// Symbols of lengths of literals, lengths of copies, distances, literals.
const SYMBOLS: [usize; 4] = [20, 20, 64, 256];
const LITERAL_BITS: [u8; 20] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 8];
const COPY_BITS: [u8; 20] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 8, 11];
/// How a frequency is written, by its first five bits: how many bits, and the value of the short ones.
const WIDTHS: [u8; 32] =
    [2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14, 2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14];
const VALUES: [u16; 32] =
    [0, 2, 1, 4, 0, 3, 1, 0, 0, 2, 1, 5, 0, 3, 1, 0, 0, 2, 1, 6, 0, 3, 1, 0, 0, 2, 1, 7, 0, 3, 1, 0];

/// Expands a block of the second version behind what is in `out`, up to `end`; gives its length. Copies reach back to `start`.
pub fn block(input: &[u8], start: usize, end: usize, out: &mut Vec<u8>) -> Option<usize> {
    let [first, second, third] = [u64_le(input, 8)?, u64_le(input, 16)?, u64_le(input, 24)?];
    let field = |from: u64, at: u32, bits: u32| (from >> at & ((1 << bits) - 1)) as usize;
    let (literals, packed) = (field(first, 0, 20), field(first, 20, 20));
    let (copies, rest) = (field(first, 40, 20), field(second, 40, 20));
    let head = field(third, 0, 32);
    let tables = tables(input.get(HEAD..head)?)?;
    let body = head.checked_add(packed)?;
    // Literals come four at a time.
    let mut bytes = Vec::new();
    let mut bits = Bits::new(slice(input, head, packed)?, field(first, 60, 3))?;
    let mut states = [0, 10, 20, 30].map(|at| field(second, at, 10));
    (literals % 4 == 0 && literals <= end - out.len() + 4).then_some(())?;
    bytes.reserve(literals);
    for n in 0..literals {
        let step = tables[3].get(states[n % 4])?;
        states[n % 4] = step.next(&mut bits)?;
        bytes.push(step.symbol as u8);
    }
    let mut bits = Bits::new(slice(input, body, rest)?, field(second, 60, 3))?;
    let mut states = [32, 42, 52].map(|at| field(third, at, 10));
    let mut from = bytes.as_slice();
    let mut back = 0;
    for _ in 0..copies {
        let mut value = |which: usize| {
            let step = tables[which].get(states[which])?;
            // The bits of the value stand below those of the state.
            let (base, width) = value_of(which, usize::from(step.symbol));
            let all = bits.take(step.bits + width)?;
            states[which] = step.base + (all >> width);
            Some(base + (all & ((1 << width) - 1)))
        };
        let (plain, len, distance) = (value(0)?, value(1)?, value(2)?);
        if distance != 0 {
            back = distance;
        }
        (plain <= end - out.len()).then_some(())?;
        let (now, later) = from.split_at_checked(plain)?;
        out.extend_from_slice(now);
        from = later;
        if len > 0 {
            copy(back, len, start, end, out)?;
        }
    }
    Some(body + rest)
}

/// The least value that a symbol stands for, and how many bits are added to it.
fn value_of(which: usize, symbol: usize) -> (usize, u32) {
    match which {
        2 => {
            let width = symbol as u32 / 4;
            // Four symbols each of one width: all values below.
            (4 * ((1 << width) - 1) + ((symbol % 4) << width), width)
        }
        _ => {
            let widths = if which == 0 { &LITERAL_BITS } else { &COPY_BITS };
            let base = widths[..symbol].iter().map(|bits| 1usize << bits).sum();
            (base, u32::from(widths[symbol]))
        }
    }
}

/// What a state gives, and where it leads: how many bits are added to what.
#[derive(Clone, Copy, Default)]
struct Step {
    symbol: u16,
    bits: u32,
    base: usize,
}

impl Step {
    fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        Some(self.base + bits.take(self.bits)?)
    }
}

/// The tables of a block, out of the frequencies of all symbols.
fn tables(packed: &[u8]) -> Option<[Vec<Step>; 4]> {
    let (mut at, mut bits, mut count) = (0, 0u32, 0u32);
    let mut frequency = || {
        while count <= 24 && at < packed.len() {
            bits |= u32::from(packed[at]) << count;
            count += 8;
            at += 1;
        }
        let low = (bits & 31) as usize;
        let (width, value) = match WIDTHS[low] {
            8 => (8, 8 + (bits >> 4 & 15) as u16),
            14 => (14, 24 + (bits >> 4 & 0x3ff) as u16),
            width => (width, VALUES[low]),
        };
        let width = u32::from(width);
        (width <= count).then_some(())?;
        bits = if width < 32 { bits >> width } else { 0 };
        count -= width;
        Some(value)
    };
    let mut tables = [const { Vec::new() }; 4];
    for (which, table) in tables.iter_mut().enumerate() {
        let states = STATES[which];
        table.reserve(states);
        for symbol in 0..SYMBOLS[which] {
            let often = usize::from(frequency()?);
            if often == 0 {
                continue;
            }
            (table.len() + often <= states).then_some(())?;
            // So many bits that the symbol's states lead to all.
            let most = states.ilog2() - often.ilog2();
            let few = ((2 * states) >> most) - often;
            for n in 0..often {
                let (bits, base) = match n < few {
                    true => (most, ((often + n) << most) - states),
                    false => (most - 1, (n - few) << (most - 1)),
                };
                table.push(Step { symbol: symbol as u16, bits, base });
            }
        }
    }
    Some(tables)
}

/// Bits, the last first.
struct Bits<'i> {
    bytes: &'i [u8],
    left: usize,
}

impl<'i> Bits<'i> {
    /// The last byte lacks so many bits, less seven.
    fn new(bytes: &'i [u8], spare: usize) -> Option<Self> {
        Some(Bits { bytes, left: (8 * bytes.len()).checked_sub(7 - spare)? })
    }

    fn take(&mut self, count: u32) -> Option<usize> {
        self.left = self.left.checked_sub(count as usize)?;
        let at = self.left / 8;
        let mut eight = [0; 8];
        let bytes = &self.bytes[at..self.bytes.len().min(at + 8)];
        eight[..bytes.len()].copy_from_slice(bytes);
        Some((u64::from_le_bytes(eight) >> (self.left % 8)) as usize & ((1 << count) - 1))
    }
}
