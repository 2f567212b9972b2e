//! HFS+ and HFSX, the file systems of macOS before APFS and of most disk images: every file of the catalog, by its data
//! fork and its resource fork; what the system itself has packed (`decmpfs`) is expanded.
//!
//! Apple's Technical Note TN1150; `decmpfs` by XNU's `bsd/sys/decmpfs.h`. The journal is not replayed; deleted files are
//! searched as raw bytes.

mod packed;
mod tree;

use super::piece::{Claims, Piece, Scattered};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_be, u32_be};
use crate::limits::Limits;
use packed::Packed;
use std::borrow::Cow;
use std::collections::HashMap;
use tree::{Fork, Tree, name, number, part};

/// Opens such file systems.
pub struct HfsPlus;

const HEAD: usize = 1024;
/// Folders within folders.
const MAX_DEPTH: usize = 128;
/// Longest path.
const PATH: usize = 4096;
const ROOT: u32 = 2;
/// Which fork an extent is of.
const DATA: u8 = 0;
const RESOURCE: u8 = 0xff;

impl Container for HfsPlus {
    fn name(&self) -> &'static str {
        "hfsplus"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Volume::new(blob.bytes).is_some() || wrapped(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        if let Some(start) = wrapped(data) {
            let bytes = &data[start..];
            opened.members.push(Box::new(Piece { name: b"volume".to_vec(), bytes, missing: 0 }));
            opened.gaps.push(0..start);
            return opened;
        }
        let mut claims = Claims::default();
        if let Some(volume) = Volume::new(data) {
            let mut catalog = Catalog::default();
            catalog.read(&volume, limits);
            catalog.open(&volume, limits, &mut opened, &mut claims);
        }
        opened.gaps = claims.gaps(data.len());
        opened
    }
}

/// Where a volume begins within an old HFS one that is there for old systems only.
fn wrapped(data: &[u8]) -> Option<usize> {
    let head = slice(data, HEAD, 162)?;
    (head.starts_with(b"BD") && slice(head, 0x7c, 2)? == b"H+").then_some(())?;
    let first = u64::from(u16_be(head, 0x1c)?) * 512;
    let start = first + u64::from(u16_be(head, 0x7e)?) * u64::from(u32_be(head, 0x14)?);
    let start = usize::try_from(start).ok().filter(|start| *start > 0)?;
    Volume::new(data.get(start..)?).map(|_| start)
}

/// A volume.
pub struct Volume<'b> {
    data: &'b [u8],
    block: u64,
}

impl<'b> Volume<'b> {
    fn new(data: &'b [u8]) -> Option<Self> {
        let head = slice(data, HEAD, 512)?;
        let is_known = head.starts_with(b"H+\0\x04") || head.starts_with(b"HX\0\x05");
        let block = u32_be(head, 40)?;
        (is_known && block.is_power_of_two() && (512..=1 << 28).contains(&block)).then_some(())?;
        Some(Volume { data, block: u64::from(block) })
    }

    /// A fork of the file system itself.
    fn fork(&self, at: usize) -> Option<Fork> {
        Fork::read(self, self.data.get(HEAD + at..)?)
    }
}

/// A file of the catalog.
struct File {
    id: u32,
    parent: u32,
    name: Vec<u8>,
    data: Fork,
    resource: Fork,
}

/// The first block of the file that they are for, and eight extents.
type Extents<'b> = (u32, Cow<'b, [u8]>);

/// What the trees say.
#[derive(Default)]
struct Catalog<'b> {
    folders: HashMap<u32, (u32, Vec<u8>)>,
    files: Vec<File>,
    /// Of files that have several names the first: by the number of the file that has their bytes.
    links: HashMap<u32, (u32, Vec<u8>)>,
    /// Extents beyond the first eight, by fork and file: the block of the file, and where they stand.
    more: HashMap<(u8, u32), Vec<Extents<'b>>>,
    /// What says that a file is packed.
    packed: HashMap<u32, Cow<'b, [u8]>>,
    damaged: Vec<&'static str>,
    is_cut: bool,
}

impl<'b> Catalog<'b> {
    fn read(&mut self, volume: &Volume<'b>, limits: &Limits) {
        let tree = |at: usize| volume.fork(at).filter(|fork| fork.size > 0);
        if let Some(fork) = tree(192) {
            self.tree(volume, &fork, "tree of extents", |catalog, node, key, data| {
                let key = node.get(key)?;
                let id = (*key.first()?, u32_be(key, 2)?);
                let extents = part(node, data)?;
                catalog.more.entry(id).or_default().push((u32_be(key, 6)?, extents));
                Some(())
            });
        }
        self.more.values_mut().for_each(|extents| extents.sort_by_key(|(first, _)| *first));
        if let Some(mut fork) = tree(352) {
            self.complete(volume, &mut fork, DATA, 8);
            self.tree(volume, &fork, "tree of attributes", |catalog, node, key, data| {
                let key = node.get(key)?;
                if name(key.get(10..)?)? == b"com.apple.decmpfs" {
                    let value = node.get(data.clone())?;
                    // A value in the tree itself: one so long that it has blocks of its own is not for this.
                    let len = if u32_be(value, 0)? == 0x10 { tree::size(value, 12)? } else { 0 };
                    let range = data.start + 16..data.start.checked_add(16 + len)?;
                    (range.end <= data.end).then_some(())?;
                    catalog.packed.insert(u32_be(key, 2)?, part(node, range)?);
                }
                Some(())
            });
        }
        let Some(mut fork) = tree(272) else {
            self.damaged.push("catalog");
            return;
        };
        self.complete(volume, &mut fork, DATA, 4);
        self.tree(volume, &fork, "catalog", |catalog, node, key, data| {
            catalog.record(volume, node.get(key)?, node.get(data)?, limits)
        });
    }

    fn tree(
        &mut self,
        volume: &Volume<'b>,
        fork: &Fork,
        what: &'static str,
        mut take: impl FnMut(
            &mut Self,
            &tree::Node<'b>,
            std::ops::Range<usize>,
            std::ops::Range<usize>,
        ) -> Option<()>,
    ) {
        let whole = Tree::new(volume.data, fork)
            .is_some_and(|tree| tree.records(|node, key, data| take(self, node, key, data).is_some()));
        if !whole || fork.missing > 0 {
            self.damaged.push(what);
        }
    }

    /// Adds the extents that the description of a fork has no room for.
    fn complete(&mut self, volume: &Volume<'b>, fork: &mut Fork, kind: u8, id: u32) {
        if fork.missing > 0 {
            for (_, extents) in self.more.remove(&(kind, id)).into_iter().flatten() {
                fork.extend(volume, &extents);
            }
        }
    }

    fn record(&mut self, volume: &Volume<'b>, key: &[u8], data: &[u8], limits: &Limits) -> Option<()> {
        if (self.files.len() + self.folders.len()) as u64 >= limits.entries {
            self.is_cut = true;
            return Some(());
        }
        let parent = u32_be(key, 0)?;
        match u16_be(data, 0)? {
            1 => {
                self.folders.insert(u32_be(data, 8)?, (parent, name(&key[4..])?));
            }
            2 => {
                let name = name(&key[4..])?;
                if slice(data, 48, 8)? == b"hlnkhfs+" {
                    self.links.entry(u32_be(data, 44)?).or_insert((parent, name));
                    return Some(());
                }
                let id = u32_be(data, 8)?;
                let mut forks = [Fork::read(volume, data.get(88..)?)?, Fork::read(volume, data.get(168..)?)?];
                self.complete(volume, &mut forks[0], DATA, id);
                self.complete(volume, &mut forks[1], RESOURCE, id);
                let [data, resource] = forks;
                self.files.push(File { id, parent, name, data, resource });
            }
            3 | 4 => {}
            _ => return None,
        }
        Some(())
    }

    /// The names of the folders down to a file, and its own; `None` where that is too long.
    fn path(&self, parent: u32, name: &[u8]) -> Option<Vec<u8>> {
        let (mut parts, mut len, mut at) = (vec![name], name.len(), parent);
        while at != ROOT {
            let Some((parent, name)) = self.folders.get(&at) else {
                parts.push(b"(no folder)");
                break;
            };
            len += name.len() + 1;
            (parts.len() < MAX_DEPTH && len < PATH).then_some(())?;
            parts.push(name);
            at = *parent;
        }
        parts.reverse();
        Some(parts.join(&b'/'))
    }

    fn open(mut self, volume: &Volume<'b>, limits: &Limits, opened: &mut Opened<'b>, claims: &mut Claims) {
        let (mut shared, mut long) = (0u64, 0u64);
        // The paths of all files together: long ones over and over are how a small image grows large.
        let mut left = volume.data.len().saturating_mul(2).max(1 << 20);
        for file in std::mem::take(&mut self.files) {
            // A file with several names stands in a folder of the system; it goes by the first of them.
            let other = number(&file.name, b"iNode").and_then(|n| self.links.remove(&n));
            let (parent, name) =
                other.as_ref().map_or((file.parent, &file.name), |(parent, name)| (*parent, name));
            let path = self.path(parent, name);
            let Some((rest, path)) = path.and_then(|path| Some((left.checked_sub(path.len())?, path))) else {
                long += 1;
                continue;
            };
            left = rest;
            let File { id, data, resource, .. } = file;
            let scattered =
                |name: Vec<u8>, fork: Fork| Scattered::new(name, volume.data, fork.ranges, fork.size);
            if let Some(head) = self.packed.remove(&id).filter(|_| data.size == 0) {
                let fork = scattered(path.clone(), resource);
                if !claims.claim(&fork.ranges) {
                    shared += 1;
                } else if let Some(packed) = Packed::new(head, fork) {
                    opened.members.push(Box::new(packed));
                } else {
                    self.damaged.push("head of a packed file");
                }
                continue;
            }
            let resource_path = [&path[..], b"/..namedfork/rsrc"].concat();
            for (name, fork) in [(path, data), (resource_path, resource)] {
                if fork.size == 0 {
                    continue;
                }
                if opened.members.len() as u64 >= limits.entries {
                    self.is_cut = true;
                    break;
                }
                let file = scattered(name, fork);
                match claims.claim(&file.ranges) {
                    true => opened.members.push(Box::new(file)),
                    false => shared += 1,
                }
            }
        }
        self.tell(opened, limits, shared, long);
    }

    fn tell(mut self, opened: &mut Opened<'b>, limits: &Limits, shared: u64, long: u64) {
        opened.problems.extend(Claims::shared(shared));
        let mut tell =
            |reason: Reason, detail: String| opened.problems.push(Problem::new(reason, detail).of_bytes(0));
        self.damaged.dedup();
        for what in self.damaged {
            tell(
                Reason::Damaged,
                format!("hfsplus: the {what} is damaged; what it does not tell is searched as raw bytes"),
            );
        }
        if long > 0 {
            tell(
                Reason::Limit,
                format!("hfsplus: {long} files have paths that are too long; searched as raw bytes"),
            );
        }
        if self.is_cut {
            tell(
                Reason::Limit,
                format!("hfsplus: more than {} files; the others as raw bytes", limits.entries),
            );
        }
    }
}
