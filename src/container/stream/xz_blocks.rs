//! The blocks of xz, as the index at the end of a stream tells of them (The .xz File Format 1.2.1): where there
//! are several, they are expanded side by side, and checksums are computed eight bytes at a time.

use super::super::budget::Budget;
use super::decode::memory;
use super::split::{MIN_INPUT, append_all};
use crate::lens::bytes::{u32_le, uleb};
use lzma_rust2::{Action, Lzma2Stream, Status};

const HEADER: usize = 12;
const MAGIC: &[u8] = b"\xfd7zXZ\0";
/// The filter that all use, and the only one that is read here (5.3.1).
const LZMA2: u8 = 0x21;
/// Blocks of one stream: `xz -T` makes them of some megabytes.
const MOST_BLOCKS: u64 = 1 << 20;
/// Larger blocks are left to the decoder of the whole stream: it need not hold them twice.
const MOST_OF_BLOCK: u64 = 1 << 30;

/// How a block is checked (2.1.1.2).
#[derive(Clone, Copy)]
enum Check {
    None,
    Crc32,
    Crc64,
}

impl Check {
    fn len(self) -> usize {
        match self {
            Check::None => 0,
            Check::Crc32 => 4,
            Check::Crc64 => 8,
        }
    }

    fn holds(self, plain: &[u8], check: &[u8]) -> bool {
        match self {
            Check::None => true,
            Check::Crc32 => crc32fast::hash(plain).to_le_bytes() == check,
            Check::Crc64 => crc64(plain).to_le_bytes() == check,
        }
    }
}

struct Block<'b> {
    /// From the header on, with the padding and the check behind it.
    bytes: &'b [u8],
    /// How long it is without padding.
    len: usize,
    plain: usize,
    check: Check,
    memory: usize,
}

/// Expands the stream that `input` is, padding aside, and gives its length; `None`, and nothing in `out`, if that
/// is better done by the decoder of a whole stream, or there are fewer than `least` blocks.
pub(super) fn expand(input: &[u8], least: usize, out: &mut Vec<u8>, budget: &Budget) -> Option<usize> {
    let padding = input.iter().rev().take_while(|b| **b == 0).count();
    let stream = &input[..input.len() - padding];
    if stream.len() < MIN_INPUT {
        return None;
    }
    let blocks = blocks(stream, memory(budget)).filter(|blocks| blocks.len() >= least)?;
    let plain = blocks.iter().try_fold(0usize, |sum, block| sum.checked_add(block.plain))?;
    if plain as u64 > budget.limits.entry_bytes {
        return None;
    }
    append_all(&blocks, stream.len(), out, budget, Block::expand).then_some(stream.len())
}

/// The blocks of a stream that ends where its bytes end.
fn blocks(stream: &[u8], memory: usize) -> Option<Vec<Block<'_>>> {
    let footer = stream.len().checked_sub(HEADER)?;
    let flags = stream.get(6..8)?;
    let check = match flags {
        [0, 0] => Check::None,
        [0, 1] => Check::Crc32,
        [0, 4] => Check::Crc64,
        _ => return None,
    };
    let is_sound = stream.starts_with(MAGIC)
        && crc32fast::hash(flags) == u32_le(stream, 8)?
        && stream.ends_with(b"YZ")
        && stream.get(footer + 8..footer + 10)? == flags
        && crc32fast::hash(stream.get(footer + 4..footer + 10)?) == u32_le(stream, footer)?;
    let index_len = (u32_le(stream, footer + 4)? as usize).checked_add(1)?.checked_mul(4)?;
    let index_at = footer.checked_sub(index_len)?;
    let index = stream.get(index_at..footer - 4)?;
    if !is_sound || crc32fast::hash(index) != u32_le(stream, footer - 4)? || index.first() != Some(&0) {
        return None;
    }
    let mut at = 1;
    let count = uleb(index, &mut at)?;
    // Each record takes two bytes.
    if count > MOST_BLOCKS.min(index.len() as u64 / 2) {
        return None;
    }
    let mut blocks = Vec::with_capacity(count as usize);
    let mut from = HEADER;
    for _ in 0..count {
        let (len, plain) = (uleb(index, &mut at)?, uleb(index, &mut at)?);
        let len = usize::try_from(len).ok()?;
        let plain = usize::try_from(plain).ok().filter(|&n| n as u64 <= MOST_OF_BLOCK)?;
        let end = from.checked_add(len.checked_next_multiple_of(4)?)?;
        blocks.push(Block { bytes: stream.get(from..end)?, len, plain, check, memory });
        from = end;
    }
    (from == index_at).then_some(blocks)
}

impl Block<'_> {
    fn expand(&self) -> Option<Vec<u8>> {
        let header_len = (usize::from(*self.bytes.first()?) + 1) * 4;
        let header = self.bytes.get(..header_len - 4)?;
        if crc32fast::hash(header) != u32_le(self.bytes, header_len - 4)? {
            return None;
        }
        let flags = header[1];
        let mut at = 2;
        for bit in [0x40, 0x80] {
            if flags & bit != 0 {
                uleb(header, &mut at)?;
            }
        }
        // One filter, with one byte of properties: the size of the dictionary (5.3.1).
        let &[LZMA2, 1, size, ..] = header.get(at..)? else { return None };
        if flags & 0x3f != 0 || size > 40 {
            return None;
        }
        let dictionary =
            if size == 40 { u32::MAX } else { (2 | u32::from(size & 1)) << (u32::from(size) / 2 + 11) };
        let packed = self.bytes.get(header_len..self.len.checked_sub(self.check.len())?)?;
        let check = &self.bytes[self.bytes.len() - self.check.len()..];

        let limit = u32::try_from(self.memory >> 10).unwrap_or(u32::MAX);
        let mut decoder = Lzma2Stream::new_mem_limit(dictionary, limit);
        // One byte more: without room the decoder does not look at the end marker.
        let mut out = vec![0; self.plain + 1];
        let (mut read, mut written) = (0, 0);
        loop {
            let step = decoder.process(&packed[read..], &mut out[written..], Action::Run).ok()?;
            read += step.bytes_consumed;
            written += step.bytes_produced;
            if step.status == Status::StreamEnd {
                break;
            }
            if step.bytes_consumed == 0 && step.bytes_produced == 0 {
                return None;
            }
        }
        out.truncate(written);
        (written == self.plain && read == packed.len() && self.check.holds(&out, check)).then_some(out)
    }
}

/// Tables of CRC-64 (ECMA-182, as in The .xz File Format, section 6) for eight bytes at a time.
static CRC64: [[u64; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 { crc >> 1 ^ 0xc96c_5795_d787_0f42 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut n = 1;
    while n < 8 {
        let mut i = 0;
        while i < 256 {
            let before = tables[n - 1][i];
            tables[n][i] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            i += 1;
        }
        n += 1;
    }
    tables
};

fn crc64(data: &[u8]) -> u64 {
    let (eights, rest) = data.as_chunks::<8>();
    let crc = eights.iter().fold(u64::MAX, |crc, eight| {
        let word = (crc ^ u64::from_le_bytes(*eight)).to_le_bytes();
        word.iter().zip(CRC64.iter().rev()).fold(0, |sum, (&b, table)| sum ^ table[usize::from(b)])
    });
    !rest.iter().fold(crc, |crc, &b| crc >> 8 ^ CRC64[0][usize::from(crc as u8 ^ b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_nine_digits() {
        // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
        assert_eq!(crc64(b""), 0);
    }

    #[test]
    fn hostile_indexes_are_refused() {
        let mut state = 1u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for len in 0..400 {
            let mut index = vec![0];
            index.extend((0..len).map(|_| next()));
            let mut stream = b"\xfd7zXZ\0\0\x04".to_vec();
            let flags = crc32fast::hash(&stream[6..]);
            stream.extend(flags.to_le_bytes());
            stream.extend((0..len).map(|_| next()));
            index.resize(index.len().next_multiple_of(4), 0);
            let checksum = crc32fast::hash(&index);
            stream.extend(&index);
            stream.extend(checksum.to_le_bytes());
            let mut footer = (index.len() as u32 / 4).to_le_bytes().to_vec();
            footer.extend([0, 4]);
            stream.extend(crc32fast::hash(&footer).to_le_bytes());
            stream.extend(&footer);
            stream.extend(b"YZ");
            let blocks = blocks(&stream, 1 << 20).unwrap_or_default();
            assert!(blocks.iter().all(|block| block.expand().is_none()));
        }
    }
}
