//! zlib streams in the middle of data that no table we read leads to: resources of programs, tables of fonts, rows and pages of
//! databases, chunks of tracks, revisions of version control.
//!
//! Two bytes are little proof, so the checksum at the end of a stream must hold: what is found is no chance. The bytes are gone through
//! in blocks, of which few are looked at closer; attempts are counted.

use super::embedded::Stream;
use super::inflate::{begins, has_zlib_header, length};
use super::{Opened, Problem};
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::source::holes;
use crate::vector::vectored;
use std::ops::Range;

const BLOCK: usize = 512;

vectored! {
    /// Whether the head of a stream may begin in a block: the window of 32 KiB that all but a few write, and what they tell of
    /// their effort.
    fn may_hold(block: &[u8; BLOCK + 1]) -> bool {
        let mut any = 0u8;
        for i in 0..BLOCK {
            let (method, flags) = (block[i], block[i + 1]);
            let is_flags = u8::from(flags == 0x01) | u8::from(flags == 0x5e) | u8::from(flags == 0x9c) | u8::from(flags == 0xda);
            any |= u8::from(method == 0x78) & is_flags;
        }
        any != 0
    }
}

/// Where the next head stands, from `at` on.
fn next_head(data: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = data.get(at..).filter(|rest| rest.len() > 1)?;
        let may_hold = match rest.first_chunk() {
            Some(block) => may_hold(block),
            None => {
                let mut block = [0; BLOCK + 1];
                block[..rest.len()].copy_from_slice(rest);
                may_hold(&block)
            }
        };
        let is_head = |pair: &[u8]| matches!(pair, [0x78, 0x01 | 0x5e | 0x9c | 0xda]);
        if may_hold && let Some(n) = rest.windows(2).take(BLOCK).position(is_head) {
            return Some(at + n);
        }
        at += BLOCK;
    }
}

/// Whether a first block of deflate may begin so: cheaper than to inflate it, and half of what chance makes does not.
fn may_begin(deflate: &[u8]) -> bool {
    match deflate {
        // Stored: the length, and once more its complement.
        [first, low, high, low_not, high_not, ..] if first & 6 == 0 => *low == !low_not && *high == !high_not,
        // Codes of its own: numbers of codes that there may be.
        [first, second, ..] if first & 6 == 4 => first >> 3 < 30 && second & 31 < 30,
        [first, ..] => first & 6 == 2,
        [] => false,
    }
}

/// The streams that begin at `from` or behind it, `most` of them; and whether there is more than could be tried.
pub(super) fn find(data: &[u8], from: usize, most: usize) -> (Vec<Range<usize>>, bool) {
    let mut streams = Vec::new();
    // What chance and bombs may cost: beginnings that are tried, and bytes that come out.
    let (mut tries, mut room) = (data.len() / 256 + 4096, data.len() as u64 * 16 + (64 << 20));
    let mut at = from;
    let mut stretches = holes::stretches(data);
    let mut stretch = stretches.next();
    while let Some(within) = &stretch {
        at = at.max(within.start);
        // The end of a stretch is zeros, or that of all.
        let Some(head) = next_head(&data[..within.end], at) else {
            stretch = stretches.next();
            continue;
        };
        let stream = &data[head..];
        // Pixels of PNG pictures, which are many.
        let is_picture = data[..head].ends_with(b"IDAT");
        let mut len = None;
        if !is_picture && has_zlib_header(stream) && may_begin(&stream[2..]) && begins(&stream[2..]) {
            if tries == 0 || room == 0 || streams.len() >= most {
                return (streams, true);
            }
            tries -= 1;
            // With its header, so that its checksum must hold.
            len = length(&mut flate2::Decompress::new(true), stream, &mut room);
        }
        if let Some(len) = len {
            streams.push(head..head + len);
        }
        at = head + len.unwrap_or(1);
    }
    (streams, false)
}

/// The streams that are wanted of those that stand in data, but for its first `from` bytes, as members of it; nothing else.
pub fn open<'b>(
    data: &'b [u8],
    from: usize,
    limits: &Limits,
    is_wanted: &mut dyn FnMut(&Range<usize>) -> bool,
) -> Opened<'b> {
    let mut opened = Opened::default();
    let (streams, is_cut) = find(data, from, usize::try_from(limits.entries).unwrap_or(usize::MAX));
    for range in streams.into_iter().filter(|range| is_wanted(range)) {
        let name = format!("zlib at {}", range.start).into_bytes();
        opened.members.push(Box::new(Stream { name, bytes: &data[range.start + 2..range.end] }));
    }
    if is_cut {
        let detail = "too much looks like the beginning of a zlib stream; not all of it was tried";
        opened.problems.push(Problem::new(Reason::Limit, detail));
    }
    opened
}

#[cfg(test)]
mod tests {
    use super::super::testing::zlib;
    use super::*;

    #[test]
    fn streams_anywhere_with_their_checksum() {
        let text: Vec<u8> = (1..40).flat_map(|n| format!("line {n} of a text\n").into_bytes()).collect();
        let packed = zlib(&text);
        for before in [0, 1, 62, 63, 64, 65, 1000] {
            let mut data = vec![7; before];
            data.extend(&packed);
            data.extend(b"x\x9c\xff and more");
            let (found, is_cut) = find(&data, 0, 9);
            assert!(
                found.into_iter().eq(std::iter::once(before..before + packed.len())) && !is_cut,
                "{before}"
            );
            assert!(find(&data, before + 1, 9).0.is_empty());
            // Pixels, a stream that is broken, one that is cut off.
            let is_none = |data: &[u8]| find(data, 0, 9).0.is_empty();
            assert!(is_none(&[&data[..before], b"IDAT", &packed].concat()));
            assert!(is_none(&data[..before + packed.len() - 1]));
            data[before + packed.len() - 1] ^= 1;
            assert!(is_none(&data));
        }
        let two = [&packed[..], b"--", &packed].concat();
        assert_eq!(find(&two, 0, 9).0.len(), 2);
        let (found, is_cut) = find(&two, 0, 1);
        assert!(found.into_iter().eq(std::iter::once(0..packed.len())) && is_cut);
    }
}
