//! Berkeley DB: pages of trees and of hash tables, whose items are keys and values in turn.

use super::{Pair, secret, short};
use crate::lens::bytes::{slice, u16_be, u16_le, u32_be, u32_le};
use std::ops::Range;

const TREE: u32 = 0x0005_3162;
const HASH: u32 = 0x0006_1561;
/// Kinds of pages: leaves of trees, and of hash tables unsorted and sorted.
const LEAF: u8 = 5;
const BUCKET: [u8; 2] = [2, 13];
const HEAD: usize = 26;

#[derive(Clone, Copy)]
struct Order {
    is_big: bool,
    /// Bytes before the places of the items: with checksums of pages, more.
    head: usize,
}

impl Order {
    fn half(self, data: &[u8], at: usize) -> Option<usize> {
        if self.is_big { u16_be(data, at) } else { u16_le(data, at) }.map(usize::from)
    }
}

fn order(data: &[u8]) -> Option<(Order, usize)> {
    let is = |magic: Option<u32>| matches!(magic, Some(TREE | HASH));
    let is_big = is(u32_be(data, 12));
    (is_big || is(u32_le(data, 12))).then_some(())?;
    let size = if is_big { u32_be(data, 20) } else { u32_le(data, 20) }?;
    let has_checksums = data.get(26)? & 1 != 0;
    let order = Order { is_big, head: if has_checksums { HEAD + 6 } else { HEAD } };
    (size.is_power_of_two() && (512..=65536).contains(&size)).then_some((order, size as usize))
}

pub(super) fn begins(data: &[u8]) -> bool {
    order(data).is_some()
}

pub(super) fn read(data: &[u8], found: &mut dyn FnMut(Pair)) {
    let Some((order, size)) = order(data) else { return };
    for (number, page) in data.chunks(size).enumerate() {
        let kind = page.get(25).copied().unwrap_or(0);
        let item = match kind {
            LEAF => leaf,
            kind if BUCKET.contains(&kind) => bucket,
            _ => continue,
        };
        let count = order.half(page, 20).unwrap_or(0).min(size / 4);
        for n in (0..count.saturating_sub(1)).step_by(2) {
            let Some(key) = item(page, order, n).map(|key| &page[key]) else { continue };
            // With the zero of C.
            let Some(name) = secret(key.strip_suffix(b"\0").unwrap_or(key)) else { continue };
            let Some(value) = item(page, order, n + 1) else { continue };
            let bytes = page[value.clone()].strip_suffix(b"\0").unwrap_or(&page[value.clone()]);
            // Many items may have the same bytes.
            let Some(bytes) = short(bytes) else { continue };
            found(Pair { name, value: bytes.to_vec(), at: number * size + value.start, step: 1 });
        }
    }
}

/// An item of a tree: length, kind, bytes.
fn leaf(page: &[u8], order: Order, n: usize) -> Option<Range<usize>> {
    let at = order.half(page, order.head + 2 * n)?;
    let len = order.half(page, at)?;
    (page.get(at + 2)? & 0x7f == 1).then_some(())?;
    slice(page, at + 3, len)?;
    Some(at + 3..at + 3 + len)
}

/// An item of a hash table: kind and bytes, up to the item before it; they grow from the end of the page.
fn bucket(page: &[u8], order: Order, n: usize) -> Option<Range<usize>> {
    let at = order.half(page, order.head + 2 * n)?;
    let end = match n {
        0 => page.len(),
        n => order.half(page, order.head + 2 * (n - 1))?,
    };
    (*page.get(at)? == 1 && at < end && end <= page.len()).then_some(at + 1..end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;

    fn page(kind: u8, head: usize, items: &[&[u8]]) -> Vec<u8> {
        let mut page = vec![0; 512];
        page[20] = items.len() as u8;
        page[25] = kind;
        let mut end = 512;
        for (n, item) in items.iter().enumerate() {
            let [low, high] = (item.len() as u16).to_le_bytes();
            let mut body = if kind == LEAF { vec![low, high, 1] } else { vec![1] };
            body.extend(*item);
            end -= body.len();
            page[end..end + body.len()].copy_from_slice(&body);
            page[head + 2 * n..head + 2 * n + 2].copy_from_slice(&(end as u16).to_le_bytes());
        }
        page
    }

    #[test]
    fn trees_and_hash_tables() {
        for (magic, kind, head) in
            [(TREE, LEAF, HEAD), (HASH, 13, HEAD), (HASH, 2, HEAD), (TREE, LEAF, 32), (HASH, 13, 32)]
        {
            let mut data = vec![0; 512];
            data[12..16].copy_from_slice(&magic.to_le_bytes());
            data[20..24].copy_from_slice(&512u32.to_le_bytes());
            data[26] = u8::from(head != HEAD);
            data.extend(page(
                kind,
                head,
                &[b"password3", &[b'a'; 300], b"db_password", b"V1-abc", b"password2\0", b"V2-abc\0"],
            ));
            assert_eq!(read(&data), ["db_password=V1-abc", "password2=V2-abc"], "{kind}");
        }
    }
}
