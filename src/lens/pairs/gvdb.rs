//! Databases of GVariant, as dconf has them: hash tables of keys, whose values are texts among others.

use super::{Pair, secret};
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};

const MAGIC: &[u8] = b"GVariant\0\0\0\0";
const ITEM: usize = 24;
/// Tables within tables.
const DEPTH: u32 = 4;

pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(MAGIC)
}

pub(super) fn read(data: &[u8], found: &mut dyn FnMut(Pair)) {
    let mut left = data.len() / ITEM;
    if let (Some(start), Some(end)) = (size_le(data, 16), size_le(data, 20)) {
        table(data, start, end, DEPTH, &mut left, found);
    }
}

/// The table at `start`: sizes, a filter, buckets, items.
fn table(
    data: &[u8],
    start: usize,
    end: usize,
    depth: u32,
    left: &mut usize,
    found: &mut dyn FnMut(Pair),
) -> Option<()> {
    let words = u32_le(data, start)? as usize & 0x07ff_ffff;
    let buckets = size_le(data, start + 4)?;
    let mut at = start.checked_add(8)?.checked_add(words.checked_add(buckets)?.checked_mul(4)?)?;
    while at.checked_add(ITEM)? <= end.min(data.len()) {
        *left = left.checked_sub(1)?;
        let name = slice(data, size_le(data, at + 8)?, usize::from(u16_le(data, at + 12)?));
        let (from, to) = (size_le(data, at + 16)?, size_le(data, at + 20)?);
        match data[at + 14] {
            b'H' if depth > 0 => {
                table(data, from, to, depth - 1, left, found);
            }
            b'v' => {
                let value = data.get(from..to).and_then(|value| value.strip_suffix(b"\0\0s"));
                if let (Some(value), Some(name)) = (value, name.and_then(secret))
                    && value.len() <= super::LONGEST
                {
                    found(Pair { name, value: value.to_vec(), at: from, step: 1 });
                }
            }
            _ => {}
        }
        at += ITEM;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn a_database() {
        let mut data = b"GVariant\0\0\0\0\0\0\0\0\x18\0\0\0\x38\0\0\0".to_vec();
        data.extend([0; 8]);
        data.extend(b"hash\xff\xff\xff\xff\x38\0\0\0\x0b\0v\0\x43\0\0\0\x4c\0\0\0");
        data.extend(b"db-passwordV1-abc\0\0s");
        assert_eq!(read(&data), ["db-password=V1-abc"]);
        // A table that is in itself.
        let mut data = b"GVariant\0\0\0\0\0\0\0\0\x18\0\0\0\x38\0\0\0".to_vec();
        data.extend([0; 8]);
        data.extend(b"hash\xff\xff\xff\xff\x38\0\0\0\x0b\0H\0\x18\0\0\0\x38\0\0\0");
        assert!(read(&data).is_empty());
    }
}
