//! XPRESS with Huffman codes: [MS-XCA], section 2.1.

use super::bits::Bits;
use crate::container::huffman::Code;
use crate::lens::bytes::slice;

/// Expands a chunk until `out` has `end` bytes; copies go no further back than `start`.
pub fn expand(input: &[u8], start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    let lengths: Vec<u8> = slice(input, 0, 256)?.iter().flat_map(|b| [b & 15, b >> 4]).collect();
    let code = Code::new(&lengths)?;
    let mut bits = Bits::new(&input[256..]);
    while out.len() < end {
        let symbol = usize::from(code.symbol(&mut bits)?);
        if symbol < 256 {
            out.push(symbol as u8);
            continue;
        }
        let width = (symbol >> 4 & 15) as u32;
        bits.fill(16);
        let back = (1 << width) | bits.take(width)? as usize;
        let mut len = symbol & 15;
        if len == 15 {
            len += usize::from(bits.bytes(1)?[0]);
            if len == 15 + 255 {
                len = usize::from(u16::from_le_bytes(*bits.bytes(2)?.first_chunk()?));
            }
        }
        super::copy(back, len + 3, start, end, out)?;
    }
    Some(())
}
