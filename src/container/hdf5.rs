//! HDF5: what its description says of how chunks are packed. Where these lie is not followed: zlib streams are known by themselves
//! (`envelope.rs`), but bytes may have been sorted before they were packed, all first bytes of numbers or strings first.

use super::Problem;
use super::budget::Budget;
use super::inflate::inflate;
use super::{Contents, Member};
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, u16_le};

/// Filters, by the numbers that the library gives them.
const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const CHECKSUM: u16 = 3;

/// Where descriptions are looked for: they stand before the data in most files, and in between.
const HEAD: usize = 1 << 20;
/// Sizes of elements that are tried on each chunk.
const SIZES: usize = 4;
/// Longest chunk whose bytes are put in order: the library's own limit for its memory of them is 1 MiB.
const LONGEST: usize = 64 << 20;

/// Whether something in the file is packed that is not opened.
pub(super) fn is_packed(data: &[u8]) -> bool {
    let head = &data[..data.len().min(HEAD)];
    pipelines(head).any(|filters| filters.iter().any(|(id, _)| !matches!(*id, DEFLATE | SHUFFLE | CHECKSUM)))
}

/// Sizes of the elements whose bytes have been sorted.
pub(super) fn shuffled(data: &[u8]) -> Vec<usize> {
    let mut sizes = Vec::new();
    for (id, size) in pipelines(&data[..data.len().min(HEAD)]).flatten() {
        if id == SHUFFLE && (2..=4096).contains(&size) && !sizes.contains(&size) && sizes.len() < SIZES {
            sizes.push(size);
        }
    }
    sizes
}

/// The lists of filters in a file: each by its number, and the first number of its settings.
fn pipelines(head: &[u8]) -> impl Iterator<Item = Vec<(u16, usize)>> {
    const FILTERS: u8 = 0x0b;
    memchr::memchr_iter(FILTERS, head).filter_map(|at| {
        let message = &head[at..];
        old_pipeline(message).or_else(|| new_pipeline(message))
    })
}

/// A message of an old header: all filters have names, padded to eight bytes.
fn old_pipeline(message: &[u8]) -> Option<Vec<(u16, usize)>> {
    let [_, 0, low, high, 0..=15, 0, 0, 0, 1, count @ 1..=8, 0, 0, 0, 0, 0, 0, ..] = *message else {
        return None;
    };
    let end = 8 + usize::from(u16::from_le_bytes([low, high]));
    let mut at = 16;
    let mut filters = Vec::new();
    for _ in 0..count {
        let (id, name) = (u16_le(message, at)?, usize::from(u16_le(message, at + 2)?));
        let settings = usize::from(u16_le(message, at + 6)?);
        let first = if settings > 0 { size_le(message, at + 8 + name)? } else { 0 };
        filters.push((id, first));
        at += 8 + name + (4 * settings).next_multiple_of(8);
    }
    (at <= end && filters.iter().all(|(id, _)| *id > 0)).then_some(filters)
}

/// A message of a new header: the library's own filters have no names.
fn new_pipeline(message: &[u8]) -> Option<Vec<(u16, usize)>> {
    let [_, len, 0, 0..=15, 2, count @ 1..=8, ..] = *message else { return None };
    let mut at = 6;
    let mut filters = Vec::new();
    for _ in 0..count {
        let id = u16_le(message, at)?;
        let name = if id < 256 { 0 } else { usize::from(u16_le(message, at + 2)?) };
        at += if id < 256 { 2 } else { 4 };
        let settings = usize::from(u16_le(message, at + 2)?);
        let first = if settings > 0 { size_le(message, at + 4 + name)? } else { 0 };
        filters.push((id, first));
        at += 4 + name + 4 * settings;
    }
    (at == 4 + usize::from(len) && filters.iter().all(|(id, _)| *id > 0)).then_some(filters)
}

/// A chunk, its bytes in order.
pub(super) struct Shuffled<'b> {
    /// The name it goes by.
    pub name: Vec<u8>,
    /// The zlib stream.
    pub bytes: &'b [u8],
    /// Of an element.
    pub size: usize,
}

impl Member for Shuffled<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        (self.bytes.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let mut sorted = Vec::new();
        let stream = self.bytes.get(2..).unwrap_or_default();
        let mut problem = inflate(stream, &mut sorted, 0, budget).problem(self.bytes.len());
        if sorted.len() > LONGEST {
            let detail = format!("HDF5: a chunk of more than {} MiB is not put in order", LONGEST >> 20);
            problem = Some(Problem::new(Reason::Limit, detail).of_bytes(sorted.len() as u64));
            sorted.clear();
        }
        in_order(&sorted, self.size, buffer);
        Contents { bytes: buffer, problem }
    }
}

/// Undoes the sorting: what is no whole element stands as it is behind the others.
fn in_order(sorted: &[u8], size: usize, out: &mut Vec<u8>) {
    let count = sorted.len() / size;
    out.resize(sorted.len(), 0);
    let (whole, rest) = sorted.split_at(count * size);
    for (n, column) in whole.chunks_exact(count.max(1)).enumerate() {
        for (element, byte) in column.iter().enumerate() {
            out[element * size + n] = *byte;
        }
    }
    out[count * size..].copy_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::super::testing::zlib;
    use super::*;
    use crate::limits::Limits;

    const OLD: &[u8] = b"\x0b\0\x38\0\x01\0\0\0\x01\x02\0\0\0\0\0\0\
        \x02\0\x08\0\x01\0\x01\0shuffle\0\x30\0\0\0\0\0\0\0\
        \x01\0\x08\0\x01\0\x01\0deflate\0\x04\0\0\0\0\0\0\0";
    const NEW: &[u8] = b"\x0b\x16\0\0\x02\x02\x02\0\x01\0\x01\0\x08\0\0\0\x01\0\x01\0\x01\0\x06\0\0\0";

    #[test]
    fn filters_are_read() {
        assert_eq!(old_pipeline(OLD), Some(vec![(SHUFFLE, 48), (DEFLATE, 4)]));
        assert_eq!(new_pipeline(NEW), Some(vec![(SHUFFLE, 8), (DEFLATE, 6)]));
        assert_eq!(shuffled(&[b"\x0b", OLD, NEW].concat()), [48, 8]);
        assert!(!is_packed(OLD) && !is_packed(NEW) && !is_packed(b""));
        for at in [16, 40] {
            let mut other = OLD.to_vec();
            other[at..at + 2].copy_from_slice(&32001u16.to_le_bytes());
            assert!(is_packed(&other));
        }
        let blosc = b"\x0b\x14\0\0\x02\x01\x01\x7d\x06\0\x01\0\x01\0blosc\0\x02\0\0\0";
        assert_eq!(new_pipeline(blosc), Some(vec![(32001, 2)]));
        for n in 0..OLD.len() {
            assert_eq!(old_pipeline(&OLD[..n.min(OLD.len() - 8)]), None);
        }
    }

    #[test]
    fn bytes_are_put_in_order() {
        let plain = b"name=one name=two name=ten rest";
        let sorted: Vec<u8> =
            (0..9).flat_map(|n| [0, 9, 18].map(|at| plain[at + n])).chain(*b"rest").collect();
        let packed = zlib(&sorted);
        let member = Shuffled { name: Vec::new(), bytes: &packed, size: 9 };
        let budget = Budget::new(&Limits::default(), packed.len() as u64);
        let mut buffer = Vec::new();
        let contents = member.read(&mut buffer, &budget);
        assert!(contents.bytes == plain && contents.problem.is_none());
    }
}
