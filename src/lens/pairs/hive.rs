//! Hives of the registry (`regf`): values name themselves and lead to their data.

use super::{LONGEST, Pair, secret, utf16};
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};

/// Where the first bin begins, and what offsets count from.
const BINS: usize = 0x1000;
const HEAD: usize = 0x20;

pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(b"regf") && slice(data, BINS, 4) == Some(b"hbin")
}

pub(super) fn read(data: &[u8], found: &mut dyn FnMut(Pair)) {
    let mut bin = BINS;
    while slice(data, bin, 4) == Some(b"hbin") {
        let Some(size) = size_le(data, bin + 8).filter(|size| *size >= BINS) else { return };
        let end = bin.saturating_add(size).min(data.len());
        let mut cell = bin + HEAD;
        while cell + 8 < end {
            // Of cells in use it is negative; what was deleted is read as well.
            let Some(size) = u32_le(data, cell).map(|size| (size as i32).unsigned_abs() as usize) else {
                return;
            };
            if slice(data, cell + 4, 2) == Some(b"vk")
                && let Some(pair) = value(data, cell + 4)
            {
                found(pair);
            }
            cell = cell.saturating_add(size.max(8).next_multiple_of(8));
        }
        bin = end.max(bin + BINS);
    }
}

fn value(data: &[u8], at: usize) -> Option<Pair> {
    let name = slice(data, at + 20, usize::from(u16_le(data, at + 2)?))?;
    let is_latin = u16_le(data, at + 16)? & 1 != 0;
    let name = if is_latin { secret(name)? } else { secret(&utf16(name)?)? };
    // Data of up to four bytes stand in the place of their offset.
    let len = size_le(data, at + 4).filter(|len| len & 0x8000_0000 == 0)?;
    let at = BINS.checked_add(size_le(data, at + 8)?)?.checked_add(4)?;
    let bytes = slice(data, at, len.min(2 * LONGEST + 2))?;
    let (value, step) = match utf16(bytes) {
        Some(text) => (text, 2),
        None => (bytes.split(|b| *b == 0).next()?.to_vec(), 1),
    };
    Some(Pair { name, value, at, step })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_read_fast, read};
    use super::*;

    fn cell(body: &[u8]) -> Vec<u8> {
        let len = (body.len() + 4).next_multiple_of(8);
        let mut cell = (-(len as i32)).to_le_bytes().to_vec();
        cell.extend(body);
        cell.resize(len, 0);
        cell
    }

    #[test]
    fn values_of_a_hive() {
        let mut data = b"regf".to_vec();
        data.resize(BINS, 0);
        data.extend(b"hbin\0\0\0\0\0\x10\0\0");
        data.resize(BINS + HEAD, 0);
        let text: Vec<u8> = "V1-abc-de\0".bytes().flat_map(|b| [b, 0]).collect();
        let key = b"vk\x0a\0\x14\0\0\0\x58\0\0\0\x01\0\0\0\x01\0\0\0DbPassword";
        data.extend(cell(key));
        data.extend(cell(b"vk\x04\0\x04\0\0\x80abcd\x01\0\0\0\x01\0\0\0Port"));
        let at = data.len() - BINS;
        data.extend(cell(&text));
        let place = BINS + HEAD + 4 + 8;
        data[place..place + 4].copy_from_slice(&(at as u32).to_le_bytes());
        data.resize(2 * BINS, 0);
        assert_eq!(read(&data), ["DbPassword=V1-abc-de"]);
    }

    #[test]
    fn names_that_overlap() {
        let mut data = b"regf".to_vec();
        data.resize(BINS, 0);
        let size = 64u32 << 20;
        data.extend([&b"hbin\0\0\0\0"[..], &size.to_le_bytes()].concat());
        data.resize(BINS + HEAD, 0);
        data.extend(b"\x18\0\0\0vk\xff\xffaaaaaaaaaaaa\x01\0\0\0".repeat((size as usize - HEAD) / 24));
        is_read_fast(&data);
    }
}
