//! The blocks of bzip2. Each begins with the digits of pi, at any bit, and is expanded without the others: as
//! a stream of one block, shifted to where a byte begins, with an end made for it.
//!
//! There is no specification; the format is that of the source of bzip2 1.0.8 (`compress.c`).

use super::super::budget::Budget;
use super::split::{MIN_INPUT, append_all};
use super::{MOST_TINY, TINY};
use bzip2::{Decompress, Status};

const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
const MAGIC_BITS: usize = 48;
const CRC_BITS: usize = 32;
/// Runs of one byte are packed before blocks are made; blocks that expand to more are left to the decoder of
/// the whole stream.
const MOST_OF_BLOCK: usize = 4 << 20;

/// A block: bits from its magic to the next one.
struct Block<'b> {
    input: &'b [u8],
    from: usize,
    to: usize,
    level: u8,
}

/// Expands the streams that stand side by side at the beginning of `input`, and gives their length; `None`,
/// and nothing in `out`, if that is better done by the decoder of a whole stream.
pub(super) fn expand(input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Option<usize> {
    if input.len() < MIN_INPUT {
        return None;
    }
    let (blocks, len) = blocks(input)?;
    append_all(&blocks, len, out, budget, Block::expand).then_some(len)
}

fn blocks(input: &[u8]) -> Option<(Vec<Block<'_>>, usize)> {
    let mut blocks = Vec::new();
    let mut behind = 0;
    while let Some(&[b'B', b'Z', b'h', level @ b'1'..=b'9', ..]) = input.get(behind..) {
        let first = blocks.len();
        let mut checksum = 0u32;
        let mut marks = Marks { input, byte: behind + 4, shifts: 0 };
        let mut from = None;
        let end = loop {
            // A stream that does not end is a matter of the other decoder.
            let (at, is_end) = marks.next()?;
            match from.replace(at) {
                Some(from) => {
                    blocks.push(Block { input, from, to: at, level });
                    checksum = checksum.rotate_left(1) ^ number(input, from + MAGIC_BITS)?;
                }
                None if at == 8 * (behind + 4) => {}
                None => return None,
            }
            if is_end {
                break at + MAGIC_BITS;
            }
        };
        if number(input, end)? != checksum || blocks.len() == first {
            return None;
        }
        behind = (end + CRC_BITS).div_ceil(8);
    }
    // Many that hold nearly nothing are counted by the other decoder.
    let are_tiny = blocks.len() > MOST_TINY && behind / blocks.len() < TINY;
    (blocks.len() > 1 && !are_tiny).then_some((blocks, behind))
}

/// The 32 bits at a bit.
fn number(input: &[u8], bit: usize) -> Option<u32> {
    let (first, shift) = (bit / 8, bit % 8);
    let len = (shift + CRC_BITS).div_ceil(8);
    let wide = input.get(first..first + len)?.iter().fold(0u64, |n, &b| n << 8 | u64::from(b));
    Some((wide >> (8 * len - shift - CRC_BITS)) as u32)
}

/// Of a byte that stands behind the first byte of a magic: by how many bits the magic may be shifted, a bit each.
static SECOND: [u8; 256] = {
    let mut table = [0; 256];
    let magics = [BLOCK, END];
    let mut n = 0;
    while n < 2 {
        let mut shift = 0;
        while shift < 8 {
            table[(magics[n] >> (32 + shift)) as usize & 0xff] |= 1 << shift;
            shift += 1;
        }
        n += 1;
    }
    table
};

/// Where magics begin.
struct Marks<'b> {
    input: &'b [u8],
    /// The byte that is looked at, and the shifts in it that are still to be looked at.
    byte: usize,
    shifts: u8,
}

impl Marks<'_> {
    /// The bit at which the next one begins, and whether it ends the stream.
    fn next(&mut self) -> Option<(usize, bool)> {
        loop {
            while self.shifts == 0 {
                let rest = self.input.get(self.byte + 1..)?;
                let n = rest.iter().position(|&b| SECOND[usize::from(b)] != 0)?;
                self.shifts = SECOND[usize::from(rest[n])];
                self.byte += n + 1;
            }
            // The magic begins in the byte before.
            let shift = self.shifts.trailing_zeros() as usize;
            self.shifts &= self.shifts - 1;
            let byte = self.byte - 1;
            let Some(bytes) = self.input.get(byte..byte + 7) else { continue };
            let wide = bytes.iter().fold(0u64, |n, &b| n << 8 | u64::from(b));
            let magic = wide >> (8 - shift) & ((1 << MAGIC_BITS) - 1);
            if magic == BLOCK || magic == END {
                return Some((8 * byte + shift, magic == END));
            }
        }
    }
}

impl Block<'_> {
    fn expand(&self) -> Option<Vec<u8>> {
        let stream = self.stream()?;
        let mut decoder = Decompress::new(false);
        let mut out = vec![0; usize::from(self.level - b'0') * 100_000];
        loop {
            let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
            match decoder.decompress(stream.get(read..)?, &mut out[written..]) {
                Ok(Status::StreamEnd) => {
                    out.truncate(decoder.total_out() as usize);
                    return Some(out);
                }
                Ok(_) if decoder.total_out() as usize == out.len() && out.len() < MOST_OF_BLOCK => {
                    out.resize((2 * out.len()).min(MOST_OF_BLOCK), 0);
                }
                Ok(_) if decoder.total_out() as usize > written || decoder.total_in() as usize > read => {}
                _ => return None,
            }
        }
    }

    /// A stream of this block alone.
    fn stream(&self) -> Option<Vec<u8>> {
        let (first, shift, len) = (self.from / 8, self.from % 8, self.to - self.from);
        let bytes = self.input.get(first..self.to.div_ceil(8))?;
        let mut stream = Vec::with_capacity(bytes.len() + 16);
        stream.extend_from_slice(&[b'B', b'Z', b'h', self.level]);
        let shifted = bytes.iter().enumerate().map(|(i, &b)| {
            let next = bytes.get(i + 1).copied().unwrap_or(0);
            (u16::from_be_bytes([b, next]) << shift >> 8) as u8
        });
        stream.extend(shifted.take(len.div_ceil(8)));
        // Behind the last bits of the block, the end and the checksum of all blocks, which is that of this one.
        let spare = len % 8;
        let mut tail = u128::from(END) << CRC_BITS | u128::from(number(self.input, self.from + MAGIC_BITS)?);
        let mut bits = MAGIC_BITS + CRC_BITS;
        if spare != 0 {
            let last = stream.pop()?;
            tail |= u128::from(last >> (8 - spare)) << bits;
            bits += spare;
        }
        tail <<= 128 - bits;
        stream.extend_from_slice(&tail.to_be_bytes()[..bits.div_ceil(8)]);
        Some(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bzip2::Compression;
    use bzip2::write::BzEncoder;
    use std::io::Write;

    fn budget() -> Budget {
        Budget::new(&crate::limits::Limits::default(), 1 << 20)
    }

    fn plain(len: usize) -> Vec<u8> {
        let mut state = 1u32;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"abcdefgh .,;\n01"[(state >> 24) as usize % 15] ^ (state >> 20 & 3) as u8
            })
            .collect()
    }

    fn packed(plain: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn blocks_of_one_stream_and_of_two() {
        for level in [1, 3] {
            let plain = plain(420_000);
            let mut file = packed(&plain, level);
            let mut out = b"before".to_vec();
            assert_eq!(expand(&file, &mut out, &budget()), Some(file.len()), "{level}");
            assert!(out == [b"before", &plain[..]].concat());
            let second = packed(b"another stream", 3);
            file.extend_from_slice(&second);
            file.extend_from_slice(b"and no more");
            out.clear();
            assert_eq!(expand(&file, &mut out, &budget()), Some(file.len() - 11));
            assert!(out == [&plain[..], b"another stream"].concat());
        }
    }

    #[test]
    fn what_is_damaged_is_left_to_the_other_decoder() {
        let plain = plain(420_000);
        let file = packed(&plain, 2);
        for at in (4..file.len()).step_by(file.len() / 9) {
            let mut file = file.clone();
            file[at] ^= 0x20;
            let mut out = Vec::new();
            let len = expand(&file, &mut out, &budget());
            // A bit that says nothing may be any.
            assert!(len.is_none() && out.is_empty() || out == plain, "{at}");
            file.truncate(at.max(MIN_INPUT));
            assert_eq!(expand(&file, &mut out, &budget()), None);
        }
    }

    #[test]
    fn limits_hold_and_what_was_taken_is_given_back() {
        let limits = crate::limits::Limits { entry_bytes: 300_000, ..Default::default() };
        let budget = Budget::new(&limits, 1 << 20);
        let file = packed(&plain(420_000), 1);
        let mut out = Vec::new();
        assert_eq!(expand(&file, &mut out, &budget), None);
        assert!(out.is_empty() && !budget.is_exhausted());
        let mut runs = plain(300_000);
        runs.extend(vec![b'x'; 20_000_000]);
        assert_eq!(expand(&packed(&runs, 9), &mut out, &self::budget()), None);
    }
}
