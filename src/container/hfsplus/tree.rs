//! Forks and B-trees of a volume: the records of all leaves, in their order.

use super::Volume;
use crate::lens::bytes::{size_be, slice, u16_be, u32_be};
use std::borrow::Cow;
use std::ops::Range;

/// Where a fork is: stretches of the volume, and which of its own bytes stand there.
pub struct Fork {
    /// Bytes that it says it has.
    pub size: u64,
    /// Where they are, in order.
    pub ranges: Vec<Range<u64>>,
    /// Blocks that it says it has and that its own eight extents do not give.
    pub missing: u64,
}

impl Fork {
    /// The description of a fork: a size and eight extents.
    pub fn read(volume: &Volume<'_>, bytes: &[u8]) -> Option<Fork> {
        let bytes = slice(bytes, 0, 80)?;
        let size = u64::from(u32_be(bytes, 0)?) << 32 | u64::from(u32_be(bytes, 4)?);
        let mut fork = Fork { size, ranges: Vec::new(), missing: u64::from(u32_be(bytes, 12)?) };
        fork.extend(volume, &bytes[16..]);
        Some(fork)
    }

    /// More extents, while there are blocks that have none.
    pub fn extend(&mut self, volume: &Volume<'_>, extents: &[u8]) {
        for extent in extents.chunks_exact(8) {
            let number = |at: usize| u64::from(u32_be(extent, at).unwrap_or(0));
            let (start, count) = (number(0), number(4).min(self.missing));
            if count == 0 {
                break;
            }
            self.missing -= count;
            self.ranges.push(start * volume.block..(start + count) * volume.block);
        }
    }
}

/// A node: in place, unless it lies in several stretches.
pub type Node<'b> = Cow<'b, [u8]>;

/// A part of a node, which lives as long as the volume where it can.
pub fn part<'b>(node: &Node<'b>, range: Range<usize>) -> Option<Cow<'b, [u8]>> {
    match node {
        Cow::Borrowed(bytes) => bytes.get(range).map(Cow::Borrowed),
        Cow::Owned(bytes) => bytes.get(range).map(|bytes| Cow::Owned(bytes.to_vec())),
    }
}

/// A B-tree.
pub struct Tree<'b> {
    data: &'b [u8],
    /// From which byte of the tree on, and where that is.
    places: Vec<(u64, Range<usize>)>,
    node: usize,
    first: u32,
}

impl<'b> Tree<'b> {
    /// `None` where there is no header of a tree.
    pub fn new(data: &'b [u8], fork: &Fork) -> Option<Self> {
        let mut places = Vec::new();
        let mut at = 0u64;
        for range in &fork.ranges {
            let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(data.len());
            let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
            places.push((at, start..end));
            at = at.saturating_add(range.end - range.start);
        }
        let mut tree = Tree { data, places, node: 512, first: 0 };
        let head = tree.node(0)?;
        // The kind of a header node is 1.
        (head[8] == 1).then_some(())?;
        tree.first = u32_be(&head, 14 + 10)?;
        tree.node = usize::from(u16_be(&head, 14 + 18)?);
        (tree.node.is_power_of_two() && (512..=32 << 10).contains(&tree.node)).then_some(tree)
    }

    fn node(&self, n: u32) -> Option<Node<'b>> {
        let mut at = u64::from(n) * self.node as u64;
        let mut index = self.places.partition_point(|(from, _)| *from <= at).checked_sub(1)?;
        let mut out = Vec::new();
        loop {
            let (from, range) = self.places.get(index)?;
            let bytes = self.data.get(range.clone())?.get(usize::try_from(at.checked_sub(*from)?).ok()?..)?;
            let len = (self.node - out.len()).min(bytes.len());
            if len == 0 {
                return None;
            }
            if len == self.node {
                return Some(Cow::Borrowed(&bytes[..len]));
            }
            out.extend_from_slice(&bytes[..len]);
            if out.len() == self.node {
                return Some(Cow::Owned(out));
            }
            at += len as u64;
            index += 1;
        }
    }

    /// Hands on each record of the leaves: its node, and where in it key and data are. Whether all were there.
    pub fn records(&self, mut take: impl FnMut(&Node<'b>, Range<usize>, Range<usize>) -> bool) -> bool {
        let mut is_whole = true;
        let mut at = self.first;
        // Leaves lead from one to the next; one that leads back is met when more were read than there is room for.
        let mut left = self.data.len() / self.node;
        while at != 0 {
            let Some(node) = self.node(at).filter(|node| left > 0 && node[8] == 0xff) else {
                return false;
            };
            left -= 1;
            at = u32_be(&node, 0).unwrap_or(0);
            for n in 0..usize::from(u16_be(&node, 10).unwrap_or(0)) {
                let place = |n: usize| Some(usize::from(u16_be(&node, self.node.checked_sub(2 * n + 2)?)?));
                let record = || {
                    let (start, end) = (place(n)?, place(n + 1)?);
                    let key = usize::from(u16_be(&node, start)?);
                    let data = (start + 2 + key).next_multiple_of(2);
                    (start >= 14 && data <= end && end <= self.node)
                        .then_some((start + 2..start + 2 + key, data..end))
                };
                match record() {
                    Some((key, data)) => is_whole &= take(&node, key, data),
                    None => {
                        is_whole = false;
                        break;
                    }
                }
            }
        }
        is_whole
    }
}

/// A name in UTF-16: its length in units, then these.
pub fn name(bytes: &[u8]) -> Option<Vec<u8>> {
    let units = slice(bytes, 2, 2 * usize::from(u16_be(bytes, 0)?))?;
    let units = units.chunks_exact(2).map(|u| u16::from_be_bytes([u[0], u[1]]));
    // What the Finder shows as a slash is a colon in paths; folders of the system begin with NULs.
    let name = char::decode_utf16(units).map(|c| match c {
        Ok('/') => ':',
        Ok(c) => c,
        Err(_) => '\u{fffd}',
    });
    Some(name.filter(|c| *c != '\0').collect::<String>().into_bytes())
}

/// The number that follows a word in the name of a file: `iNode123`.
pub fn number(name: &[u8], word: &[u8]) -> Option<u32> {
    std::str::from_utf8(name.strip_prefix(word)?).ok()?.parse().ok()
}

/// A 32-bit number as a size.
pub fn size(bytes: &[u8], at: usize) -> Option<usize> {
    size_be(bytes, at)
}
