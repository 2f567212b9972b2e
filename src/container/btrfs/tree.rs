//! Trees: nodes by places that a table of chunks leads from, leaves with items.

use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use std::collections::{BTreeMap, HashSet};

const SUPER: usize = 64 << 10;
const MAGIC: &[u8] = b"_BHRfS_M";
/// Of a node: its head, a pointer to another, an item.
const HEAD: usize = 101;
const POINTER: usize = 33;
const ITEM: usize = 25;
const CHUNK: u8 = 228;
/// Chunks over several devices in stripes.
const STRIPED: u64 = 0x8 | 0x40 | 0x80 | 0x100;

/// Whether such a file system is here.
pub fn begins(data: &[u8]) -> bool {
    slice(data, SUPER + 64, 8) == Some(MAGIC) && node_size(data).is_some()
}

fn node_size(data: &[u8]) -> Option<usize> {
    size_le(data, SUPER + 148).filter(|size| size.is_power_of_two() && (4 << 10..=64 << 10).contains(size))
}

/// What an item is of.
pub struct Key {
    pub object: u64,
    pub kind: u8,
    pub offset: u64,
}

impl Key {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Key { object: u64_le(bytes, 0)?, kind: *bytes.get(8)?, offset: u64_le(bytes, 9)? })
    }
}

/// A file system.
pub struct System<'b> {
    pub data: &'b [u8],
    /// Where the tree of trees is.
    pub root: u64,
    /// Of a sector.
    pub sector: usize,
    node: usize,
    device: u64,
    /// Chunks by where they begin: how long they are, and where they are on this device, if they are.
    chunks: BTreeMap<u64, (u64, Option<u64>)>,
}

impl<'b> System<'b> {
    pub fn new(data: &'b [u8]) -> Option<Self> {
        let head = slice(data, SUPER, 4096)?;
        let mut system = System {
            data,
            root: u64_le(head, 80)?,
            sector: size_le(head, 144)?,
            node: node_size(data)?,
            device: u64_le(head, 201)?,
            chunks: BTreeMap::new(),
        };
        // Those that lead to the others stand in the head.
        let array = slice(head, 811, size_le(head, 160)?.min(2048))?;
        let mut at = 0;
        while let Some(key) = array.get(at..).and_then(Key::read) {
            let item = array.get(at + 17..)?;
            system.chunk(&key, item)?;
            at += 17 + 48 + 32 * usize::from(u16_le(item, 44)?);
        }
        let mut found = Vec::new();
        system.walk(u64_le(head, 88)?, &mut HashSet::new(), &mut |key, item| {
            if key.kind == CHUNK {
                found.push((key, item));
            }
            Some(())
        });
        for (key, item) in found {
            system.chunk(&key, item);
        }
        system.place(system.root, system.node as u64).map(|_| system)
    }

    fn chunk(&mut self, key: &Key, item: &[u8]) -> Option<()> {
        let (len, kind) = (u64_le(item, 0)?, u64_le(item, 24)?);
        let stripes = usize::from(u16_le(item, 44)?);
        let own = (0..stripes).find_map(|n| {
            let stripe = slice(item, 48 + 32 * n, 32)?;
            (u64_le(stripe, 0)? == self.device).then_some(u64_le(stripe, 8)?)
        });
        self.chunks.insert(key.offset, (len, own.filter(|_| kind & STRIPED == 0)));
        Some(())
    }

    /// Where bytes are; `None` where they are not here, or not in one chunk.
    pub fn place(&self, at: u64, len: u64) -> Option<usize> {
        let (start, (size, place)) = self.chunks.range(..=at).next_back()?;
        let from = at - start;
        (from.checked_add(len)? <= *size).then_some(())?;
        usize::try_from((*place)?.checked_add(from)?).ok()
    }

    /// Hands over all items below a node, each node once; how many nodes and items are damaged.
    pub fn walk(
        &self,
        root: u64,
        seen: &mut HashSet<u64>,
        take: &mut dyn FnMut(Key, &'b [u8]) -> Option<()>,
    ) -> u64 {
        let mut bad = 0;
        let mut open = vec![root];
        // Each node stands somewhere: there are not more than fit in.
        let most = self.data.len() / self.node + 1;
        while let Some(at) = open.pop() {
            if seen.len() > most || !seen.insert(at) {
                continue;
            }
            let node = self.place(at, self.node as u64).and_then(|place| slice(self.data, place, self.node));
            let Some(node) = node.filter(|node| u64_le(node, 48) == Some(at)) else {
                bad += 1;
                continue;
            };
            let count = u32_le(node, 96).map_or(0, |count| count as usize);
            let body = &node[HEAD..];
            if node[100] > 0 {
                let pointers = body.chunks_exact(POINTER).take(count);
                let places: Vec<u64> = pointers.filter_map(|pointer| u64_le(pointer, 17)).collect();
                open.extend(places.into_iter().rev());
                continue;
            }
            // Items may not share bytes: what is handed over is bounded by the node.
            let mut left = self.node;
            for item in body.chunks_exact(ITEM).take(count) {
                let went = || {
                    let bytes = slice(body, size_le(item, 17)?, size_le(item, 21)?)?;
                    left = left.checked_sub(bytes.len())?;
                    take(Key::read(item)?, bytes)
                };
                bad += u64::from({ went }().is_none());
            }
        }
        bad
    }
}
