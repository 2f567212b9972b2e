//! JFFS2: the file system of flash chips, a log of nodes, in either byte order. Of each file what the newest nodes say, and apart from
//! it what older ones say that have not been erased yet.
//!
//! Layout: Linux, `include/uapi/linux/jffs2.h`.

use super::blocks;
use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem, lzo};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_be, u16_le, u32_be, u32_le};
use crate::limits::Limits;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// Opens file systems.
pub struct Jffs2;

const NAME: u16 = 0xe001;
const DATA: u16 = 0xe002;
/// Bytes of a node of data before what is packed.
const HEAD: usize = 68;
/// Deepest path.
const DEPTH: usize = 64;
/// The bytes of a node are a page at most.
const PAGE: usize = 64 << 10;

#[derive(Clone, Copy)]
struct Flash<'b> {
    data: &'b [u8],
    is_big: bool,
}

impl<'b> Flash<'b> {
    fn read(data: &'b [u8]) -> Option<Self> {
        let is_big = match data.first_chunk::<2>()? {
            [0x85, 0x19] => false,
            [0x19, 0x85] => true,
            _ => return None,
        };
        let flash = Flash { data, is_big };
        flash.node(0)?;
        Some(flash)
    }

    fn half(&self, at: usize) -> Option<u16> {
        if self.is_big { u16_be(self.data, at) } else { u16_le(self.data, at) }
    }

    fn number(&self, at: usize) -> Option<u32> {
        if self.is_big { u32_be(self.data, at) } else { u32_le(self.data, at) }
    }

    fn size(&self, at: usize) -> Option<usize> {
        usize::try_from(self.number(at)?).ok()
    }

    /// Kind and length of the node at `at`, whose head has a checksum.
    fn node(&self, at: usize) -> Option<(u16, usize)> {
        (self.half(at)? == 0x1985).then_some(())?;
        let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
        hasher.update(slice(self.data, at, 8)?);
        (!hasher.finalize() == self.number(at + 8)?).then_some(())?;
        Some((self.half(at + 2)?, self.size(at + 4)?))
    }
}

/// What a node says of a file.
#[derive(Clone)]
struct Node {
    version: u32,
    offset: usize,
    size: usize,
    method: u8,
    /// Where its bytes are.
    packed: Range<usize>,
    /// The length of the file.
    length: usize,
}

#[derive(Default)]
struct Tree {
    /// The newest name by folder and name: version and file.
    names: BTreeMap<(u32, Vec<u8>), (u32, u32)>,
    nodes: BTreeMap<u32, Vec<Node>>,
    is_cut: bool,
}

impl Tree {
    fn read(flash: &Flash<'_>, limits: &Limits) -> Self {
        let mut tree = Tree::default();
        let (mut at, mut count) = (0, 0);
        while at + 12 <= flash.data.len() {
            let Some((kind, len)) = flash.node(at).filter(|(_, len)| *len >= 12) else {
                // Erased flash, or a block that was not written to its end.
                let next = flash.data[at + 1..].iter().position(|b| !matches!(b, 0xff | 0));
                let Some(next) = next else { break };
                at = ((at + 1 + next) & !3).max(at + 4);
                continue;
            };
            if count >= limits.entries.saturating_mul(64) {
                tree.is_cut = true;
                break;
            }
            count += 1;
            match kind {
                NAME => drop(tree.name(flash, at)),
                DATA => drop(tree.data(flash, at, len)),
                _ => {}
            }
            at = at.saturating_add(len).next_multiple_of(4);
        }
        tree
    }

    fn name(&mut self, flash: &Flash<'_>, at: usize) -> Option<()> {
        let version = flash.number(at + 16)?;
        let len = usize::from(*flash.data.get(at + 28)?);
        let name = slice(flash.data, at + 40, len)?.to_vec();
        let key = (flash.number(at + 12)?, name);
        let known = self.names.entry(key).or_insert((version, 0));
        if version >= known.0 {
            *known = (version, flash.number(at + 20)?);
        }
        Some(())
    }

    fn data(&mut self, flash: &Flash<'_>, at: usize, room: usize) -> Option<()> {
        // No node has its bytes in common with another.
        let len = flash.size(at + 48)?.min(room.saturating_sub(HEAD));
        let node = Node {
            version: flash.number(at + 16)?,
            length: flash.size(at + 28)?,
            offset: flash.size(at + 44)?,
            size: flash.size(at + 52)?.min(PAGE),
            method: *flash.data.get(at + 56)?,
            packed: at + HEAD..(at + HEAD + len).min(flash.data.len()),
        };
        // Files only: links have their target as data, folders and devices have none.
        (flash.number(at + 20)? & 0o170_000 == 0o100_000).then_some(())?;
        self.nodes.entry(flash.number(at + 12)?).or_default().push(node);
        Some(())
    }

    /// The path of each file that has one and bytes, as long as they take no more than `room` bytes in all.
    fn paths(&self, mut room: usize) -> HashMap<u32, Vec<u8>> {
        let above: HashMap<u32, (u32, &[u8])> = self
            .names
            .iter()
            .filter(|(_, (_, file))| *file != 0)
            .map(|((folder, name), (_, file))| (*file, (*folder, &name[..])))
            .collect();
        let mut path = |file: u32| {
            let (mut parts, mut at) = (Vec::new(), file);
            while let Some((folder, name)) = above.get(&at).filter(|_| parts.len() < DEPTH) {
                parts.push(*name);
                at = *folder;
            }
            parts.reverse();
            let path = parts.join(&b'/');
            room = room.checked_sub(path.len())?;
            above.contains_key(&file).then_some((file, path))
        };
        self.nodes.keys().filter_map(|file| path(*file)).collect()
    }
}

impl Container for Jffs2 {
    fn name(&self) -> &'static str {
        "jffs2"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Flash::read(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        opened.gaps.push(0..blob.bytes.len());
        let Some(flash) = Flash::read(blob.bytes) else { return opened };
        let tree = Tree::read(&flash, limits);
        let mut paths = tree.paths(blob.bytes.len().saturating_mul(4).max(1 << 20));
        for (file, mut nodes) in tree.nodes {
            if opened.members.len() as u64 >= limits.entries {
                opened
                    .problems
                    .push(Problem::new(Reason::Limit, format!("more than {} files", limits.entries)));
                break;
            }
            let name =
                paths.remove(&file).unwrap_or_else(|| format!("file {file} without a name").into_bytes());
            nodes.sort_by_key(|node| node.version);
            let older = older(&nodes);
            if !older.is_empty() {
                let name = [&name[..], b" (before)"].concat();
                opened.members.push(Box::new(File { name, flash, nodes: older, is_older: true }));
            }
            opened.members.push(Box::new(File { name, flash, nodes, is_older: false }));
        }
        if tree.is_cut {
            opened
                .problems
                .push(Problem::new(Reason::Limit, "jffs2: too many nodes; the rest as raw bytes only"));
        }
        opened
    }
}

/// The nodes that newer ones have written over.
fn older(nodes: &[Node]) -> Vec<Node> {
    let mut seen = HashSet::new();
    let mut older: Vec<Node> =
        nodes.iter().rev().filter(|node| node.size > 0 && !seen.insert(node.offset)).cloned().collect();
    older.reverse();
    older
}

struct File<'b> {
    name: Vec<u8>,
    flash: Flash<'b>,
    nodes: Vec<Node>,
    /// Whether the nodes stand one behind the other rather than where they belong.
    is_older: bool,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.nodes.iter().map(|node| node.size as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let (mut problem, mut part) = (None, Vec::new());
        let packed: usize = self.nodes.iter().map(|node| HEAD + node.packed.len()).sum();
        for node in &self.nodes {
            let start = if self.is_older { buffer.len() } else { node.offset };
            let end = start.saturating_add(node.size);
            let grown = end.saturating_sub(buffer.len()) as u64;
            // Holes of any size are lies where the nodes are few.
            let is_over =
                end as u64 > budget.limits.entry_bytes || budget.limits.is_bomb(end as u64, packed as u64);
            if is_over || !budget.take(grown.max(node.size as u64)) {
                problem =
                    Some(Problem::new(Reason::Limit, "the file is over the limit").of_bytes(end as u64));
                break;
            }
            part.clear();
            let packed = self.flash.data.get(node.packed.clone()).unwrap_or_default();
            if let Err(found) = expand(node, packed, &mut part, budget) {
                problem = problem.or(Some(found));
            }
            part.resize(node.size, 0);
            buffer.resize(buffer.len().max(end), 0);
            buffer[start..end].copy_from_slice(&part);
        }
        if !self.is_older
            && let Some(last) = self.nodes.last()
        {
            buffer.truncate(last.length.max(1));
        }
        Contents { bytes: buffer, problem }
    }
}

/// Expands what a node has, behind nothing in `out`.
fn expand(node: &Node, packed: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let is_sound = match node.method {
        // As it is; copied from flash that would not be packed.
        0 | 4 => {
            out.extend_from_slice(packed);
            true
        }
        // Nothing but zeros.
        1 => true,
        2 => rtime(packed, node.size, out),
        6 => blocks::inflate(packed, node.size, out, budget)?,
        7 => lzo::expand(packed, node.size, out),
        other => {
            let detail = format!("jffs2: packed by method {other}");
            return Err(Problem::new(Reason::Unsupported, detail).of_bytes(node.size as u64));
        }
    };
    let detail = "jffs2: a node of the file is damaged";
    if is_sound { Ok(()) } else { Err(Problem::new(Reason::Damaged, detail)) }
}

/// Each byte, and how much follows of what followed it the last time.
fn rtime(packed: &[u8], size: usize, out: &mut Vec<u8>) -> bool {
    let mut places = [0; 256];
    for pair in packed.chunks_exact(2) {
        let (byte, count) = (pair[0], usize::from(pair[1]));
        out.push(byte);
        let from = std::mem::replace(&mut places[usize::from(byte)], out.len());
        for n in 0..count {
            let Some(&b) = out.get(from + n) else { return false };
            out.push(b);
        }
        if out.len() >= size {
            out.truncate(size);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    fn node(is_big: bool, kind: u16, fields: &[(usize, u32)], bytes: &[u8], body: usize) -> Vec<u8> {
        let mut out = vec![0; body];
        out.extend(bytes);
        let len = out.len() as u32;
        let half = |n: u16| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
        let number = |n: u32| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
        out[..2].copy_from_slice(&half(0x1985));
        out[2..4].copy_from_slice(&half(kind));
        out[4..8].copy_from_slice(&number(len));
        let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
        hasher.update(&out[..8]);
        let sum = !hasher.finalize();
        out[8..12].copy_from_slice(&number(sum));
        for (at, n) in fields {
            if *at == 28 && kind == NAME || *at == 56 {
                out[*at] = *n as u8;
            } else {
                out[*at..*at + 4].copy_from_slice(&number(*n));
            }
        }
        out.resize(out.len().next_multiple_of(4), 0xff);
        out
    }

    #[test]
    fn newest_and_older_nodes_of_each_method() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(b"one text").unwrap();
        let zlib = packer.finish().unwrap();
        for is_big in [false, true] {
            let name = |folder, file, name: &[u8]| {
                let fields = [(12, folder), (16, 1), (20, file), (28, name.len() as u32)];
                node(is_big, NAME, &fields, name, 40)
            };
            let data = |version, offset: u32, size: u32, method, bytes: &[u8]| {
                let fields = [
                    (12, 3),
                    (16, version),
                    (20, 0o100_644),
                    (28, 12),
                    (44, offset),
                    (48, bytes.len() as u32),
                    (52, size),
                    (56, method),
                ];
                node(is_big, DATA, &fields, bytes, 68)
            };
            let flash = [
                name(1, 2, b"etc"),
                name(2, 3, b"app.ini"),
                data(1, 0, 8, 0, b"old text"),
                vec![0xff; 64],
                data(2, 0, 8, 6, &zlib),
                // `abab` in the way of rtime: the second pair is what followed the first letter.
                data(3, 8, 4, 2, b"a\0b\0a\x01"),
            ]
            .concat();
            let blob = Blob { address: Address::named("x"), bytes: &flash };
            assert!(Jffs2.reads(&blob));
            let opened = Jffs2.open(&blob, &Limits::default());
            let budget = Budget::new(&Limits::default(), 1000);
            let read = |member: &dyn Member| {
                let mut buffer = Vec::new();
                let contents = member.read(&mut buffer, &budget);
                assert_eq!(contents.problem, None);
                [member.name(), b": ", contents.bytes].concat()
            };
            let all: Vec<Vec<u8>> = opened.members.iter().map(|member| read(member.as_ref())).collect();
            assert_eq!(
                all,
                [b"etc/app.ini (before): old text".to_vec(), b"etc/app.ini: one textabab".to_vec()]
            );
        }
    }
}
