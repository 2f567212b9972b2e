//! Squashfs 4.0: snaps, firmware, and what an AppImage carries behind its program.
//!
//! As the Linux kernel reads it (`fs/squashfs/squashfs_fs.h`). Inodes and directories are streams of
//! packed blocks of 8 KiB; files are blocks of one size, their ends packed together in fragments.
//!
//! Read by our own code and not by the crate `backhand` (as of 0.25.5): that one expands all tables whole
//! before it can be asked for anything, keeps a node with its full path for every name, descends into
//! folders by recursion, and gives up an image of which one table is damaged or one count is wrong.
//! Here each table has a bound, an inode is followed once, and a fragment is expanded once for the
//! small files in it, which come in its order and are charged to the budget by their own size.

mod pack;

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use crate::limits::Limits;
use crate::look::Look;
use pack::Packing;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Opens file systems, bare or behind a program.
pub struct Squashfs;

const MAGIC: &[u8] = b"hsqs";
const HEADER: usize = 96;
/// Expanded size of a block of a table.
const TABLE_BLOCK: usize = 8 << 10;
/// Bytes of a table: larger is hostile (inodes of a million files have about 40).
const MAX_TABLE: usize = 64 << 20;
/// Blocks of a table: all but the last are full.
const MAX_BLOCKS: usize = 2 * MAX_TABLE / TABLE_BLOCK;
/// Longest path that is told.
const PATH: usize = 4096;
/// Expanded fragments that are kept: more than threads that ask for them in turn.
const FRAGMENTS: usize = 16;
/// In the size of a block: it is stored.
const STORED: u32 = 1 << 24;
/// How far behind the end of a program the file system is looked for.
const BEHIND: usize = 64 << 10;

impl Container for Squashfs {
    fn name(&self) -> &'static str {
        "squashfs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        place(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let whole = blob.bytes;
        let mut opened = Opened::default();
        let Some(start) = place(whole) else { return opened };
        let data = whole.get(start..).unwrap_or_default();
        let used = u64_le(data, 40).and_then(|n| usize::try_from(n).ok()).unwrap_or(data.len());
        let end = start.saturating_add(used.max(HEADER)).min(whole.len());
        opened.gaps.extend([0..start, end..whole.len()].into_iter().filter(|g| !g.is_empty()));
        if start.saturating_add(used) > whole.len() {
            let missing = (start.saturating_add(used) - whole.len()) as u64;
            let detail = format!("squashfs: the file ends {missing} bytes before the file system does");
            // Where the header lies, nobody knows how much is missing.
            let problem = Problem::new(Reason::Damaged, detail);
            let is_likely = missing <= whole.len() as u64;
            opened.problems.push(if is_likely { problem.of_bytes(missing) } else { problem });
        }
        match System::open(data, limits) {
            Ok((system, files, problems)) => {
                opened.problems.extend(problems);
                let system = Arc::new(system);
                for file in files {
                    opened.members.push(Box::new(Entry { file, system: system.clone() }));
                }
                if let Some(range) = attributes(data) {
                    opened.members.push(Box::new(Attributes { range, system }));
                }
            }
            Err(problem) => opened.problems.push(problem),
        }
        if opened.members.is_empty() {
            opened.gaps.push(start..end);
            opened.gaps.sort_by_key(|gap| gap.start);
        }
        opened
    }
}

/// Whether a file system begins here.
pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(MAGIC) && is_header(data)
}

/// Where the file system begins: at once, or behind a program.
fn place(data: &[u8]) -> Option<usize> {
    if data.starts_with(MAGIC) {
        return is_header(data).then_some(0);
    }
    let end = program_end(data)?;
    let behind = data.get(end..end.saturating_add(BEHIND).min(data.len()))?;
    memchr::memmem::find_iter(behind, MAGIC)
        .map(|at| end + at)
        .find(|at| data.get(*at..).is_some_and(is_header))
}

fn is_header(data: &[u8]) -> bool {
    let log = u16_le(data, 22).unwrap_or_default();
    u16_le(data, 28) == Some(4)
        && (12..=20).contains(&log)
        && u32_le(data, 12) == Some(1 << log)
        && data.len() > HEADER
}

/// Where an ELF program ends: with its table of sections, which linkers write last.
fn program_end(data: &[u8]) -> Option<usize> {
    let (at, size, count) = match data.get(..6)? {
        [0x7f, b'E', b'L', b'F', 1, 1] => {
            (u64::from(u32_le(data, 32)?), u16_le(data, 46)?, u16_le(data, 48)?)
        }
        [0x7f, b'E', b'L', b'F', 2, 1] => (u64_le(data, 40)?, u16_le(data, 58)?, u16_le(data, 60)?),
        _ => return None,
    };
    let end = usize::try_from(at).ok()?.checked_add(usize::from(size) * usize::from(count))?;
    (end < data.len()).then_some(end)
}

/// A file: where its blocks begin, and its end in a fragment.
struct File {
    path: Vec<u8>,
    size: u64,
    start: u64,
    /// Sizes of its blocks.
    blocks: Range<usize>,
    /// The fragment, and where in it.
    fragment: Option<(u32, u32)>,
}

struct System<'b> {
    data: &'b [u8],
    packing: Packing,
    block: usize,
    inodes: Vec<u8>,
    /// Place and size word of each fragment.
    fragments: Vec<(u64, u32)>,
    expanded: Mutex<VecDeque<(u32, Arc<Vec<u8>>)>>,
}

/// A stream of packed blocks, expanded, with the place of each.
struct Table {
    bytes: Vec<u8>,
    starts: HashMap<u64, usize>,
}

fn cut(what: &str) -> Problem {
    Problem::new(Reason::Damaged, format!("squashfs: {what} cannot be read"))
}

impl<'b> System<'b> {
    fn open(data: &'b [u8], limits: &Limits) -> Result<(Self, Vec<File>, Vec<Problem>), Problem> {
        let packing = Packing::new(u16_le(data, 20).unwrap_or_default()).map_err(|name| {
            let detail = format!("squashfs: packed with {name}");
            Problem::new(Reason::Unsupported, detail).of_bytes(data.len() as u64)
        })?;
        let place = |at: usize| u64_le(data, at).and_then(|n| usize::try_from(n).ok());
        let header = || Some((size_le(data, 12)?, u64_le(data, 32)?, place(64)?, place(72)?, place(80)?));
        let (block, root, inodes, directories, fragments) = header().ok_or_else(|| cut("the header"))?;
        let most = MAX_TABLE.min(limits.decoded_bytes as usize);
        let mut problems = Vec::new();
        let mut table = |range: Range<usize>, what: &str| {
            let (table, problem) = table(data, range, packing, most);
            problems.extend(problem.map(|reason| Problem { reason, ..cut(what) }));
            table
        };
        let count = size_le(data, 16).unwrap_or_default();
        // The table of directories ends where the blocks of the next table begin.
        let nexts = [48, 80, 88].into_iter().filter_map(place).filter_map(&place);
        let index = nexts.filter(|next| *next > directories).min().unwrap_or(data.len());
        let inodes = table(inodes..directories.min(data.len()), "the table of inodes");
        let names = table(directories..index.min(data.len()), "the table of directories");
        let mut fragment_table = Vec::new();
        for n in 0..count.div_ceil(TABLE_BLOCK / 16) {
            let Some(at) = n.checked_mul(8).and_then(|n| place(fragments.checked_add(n)?)) else { break };
            let mut bytes = Vec::new();
            if table_block(data, at, packing, &mut bytes).is_none() || fragment_table.len() > most / 16 {
                break;
            }
            fragment_table
                .extend(bytes.chunks_exact(16).filter_map(|row| Some((u64_le(row, 0)?, u32_le(row, 8)?))));
        }
        let mut walk = Walk {
            names: &names,
            inodes: &inodes,
            block,
            limits,
            files: Vec::new(),
            seen: HashSet::new(),
            left: names.bytes.len().saturating_mul(2),
            paths: MAX_TABLE,
        };
        if walk.folder(root).is_none() && walk.files.is_empty() {
            problems.push(cut("the root folder"));
        }
        if walk.files.len() as u64 >= limits.entries {
            let detail = format!("more than {} files", limits.entries);
            problems.push(Problem::new(Reason::Limit, detail));
        }
        let mut files = walk.files;
        // Files with the same contents are stored once, and read once.
        let mut known = HashSet::new();
        let all = files.len();
        files.retain(|f| known.insert((f.start, f.fragment, f.size)));
        if files.len() < all {
            let detail = format!("squashfs: {} files have the contents of others", all - files.len());
            problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        files.sort_by_key(|f| if f.blocks.is_empty() { f.fragment } else { None });
        let inodes = inodes.bytes;
        let expanded = Mutex::new(VecDeque::new());
        let system = System { data, packing, block, inodes, fragments: fragment_table, expanded };
        Ok((system, files, problems))
    }

    /// Appends a block of a file; `None` if it is damaged.
    fn expand(&self, at: u64, word: u32, most: usize, out: &mut Vec<u8>) -> Option<()> {
        let size = (word & (STORED - 1)) as usize;
        let input = slice(self.data, usize::try_from(at).ok()?, size)?;
        if word & STORED != 0 {
            out.extend_from_slice(input.get(..most).unwrap_or(input));
            return Some(());
        }
        self.packing.expand(input, most, out).then_some(())
    }

    fn fragment(&self, n: u32) -> Option<Arc<Vec<u8>>> {
        let kept = || self.expanded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = kept().iter().find(|(id, _)| *id == n) {
            return Some(bytes.clone());
        }
        let (at, word) = *self.fragments.get(n as usize)?;
        let mut bytes = Vec::new();
        // What is damaged is kept too: it is not tried again for each file in it.
        let _ = self.expand(at, word, self.block, &mut bytes);
        let bytes = Arc::new(bytes);
        let mut kept = kept();
        kept.push_back((n, bytes.clone()));
        if kept.len() > FRAGMENTS {
            kept.pop_front();
        }
        Some(bytes)
    }
}

/// Expands the blocks of a table: what could be read, and what was wrong.
fn table(data: &[u8], range: Range<usize>, packing: Packing, most: usize) -> (Table, Option<Reason>) {
    let mut table = Table { bytes: Vec::new(), starts: HashMap::new() };
    let mut at = range.start;
    while at < range.end {
        table.starts.insert((at - range.start) as u64, table.bytes.len());
        if table.bytes.len() >= most || table.starts.len() > MAX_BLOCKS {
            return (table, Some(Reason::Limit));
        }
        match table_block(data, at, packing, &mut table.bytes) {
            Some(next) => at = next,
            None => return (table, Some(Reason::Damaged)),
        }
    }
    (table, None)
}

/// Where the blocks of extended attributes are, names and values of all files one behind the other: before the table that their
/// own table begins with.
fn attributes(data: &[u8]) -> Option<Range<usize>> {
    let place = |at: usize| u64_le(data, at).and_then(|n| usize::try_from(n).ok());
    let table = place(56).filter(|at| *at < data.len())?;
    let (start, count) = (place(table)?, u32_le(data, table + 8)?);
    let end = place(table + 16)?;
    (count > 0 && start < end && end <= table).then_some(start..end)
}

/// Appends the block at `at`; gives where the next one is.
fn table_block(data: &[u8], at: usize, packing: Packing, out: &mut Vec<u8>) -> Option<usize> {
    let word = u16_le(data, at)?;
    let size = usize::from(word & 0x7fff);
    let input = slice(data, at + 2, size)?;
    if word & 0x8000 != 0 {
        out.extend_from_slice(input.get(..TABLE_BLOCK).unwrap_or(input));
    } else if size == 0 || !packing.expand(input, TABLE_BLOCK, out) {
        return None;
    }
    Some(at + 2 + size)
}

impl Table {
    /// Where an entry stands, by its block and its offset in it.
    fn place(&self, block: u64, offset: usize) -> Option<usize> {
        self.starts.get(&block)?.checked_add(offset)
    }
}

struct Walk<'t> {
    names: &'t Table,
    inodes: &'t Table,
    block: usize,
    limits: &'t Limits,
    files: Vec<File>,
    seen: HashSet<u64>,
    /// Bytes of folders that may still be read, and of paths that may still be kept: folders that
    /// share their entries are hostile.
    left: usize,
    paths: usize,
}

impl Walk<'_> {
    /// Lists what is in the folder and in all folders below it.
    fn folder(&mut self, root: u64) -> Option<()> {
        let mut open = vec![(root, Vec::new())];
        let mut sound = Some(());
        while let Some((reference, path)) = open.pop() {
            if self.seen.insert(reference) && self.list(reference, &path, &mut open).is_none() {
                sound = None;
            }
        }
        sound
    }

    fn inode(&self, reference: u64) -> Option<usize> {
        self.inodes.place(reference >> 16, (reference & 0xffff) as usize)
    }

    fn list(&mut self, reference: u64, path: &[u8], open: &mut Vec<(u64, Vec<u8>)>) -> Option<()> {
        let inodes = &self.inodes.bytes;
        let at = self.inode(reference)?;
        let (block, size, offset) = match u16_le(inodes, at)? {
            1 => (u32_le(inodes, at + 16)?, u32::from(u16_le(inodes, at + 24)?), u16_le(inodes, at + 26)?),
            8 => (u32_le(inodes, at + 24)?, u32_le(inodes, at + 20)?, u16_le(inodes, at + 34)?),
            _ => return None,
        };
        let names = &self.names.bytes;
        let mut at = self.names.place(block.into(), offset.into())?;
        // The size counts three bytes that are not there.
        let end = at.checked_add((size as usize).saturating_sub(3))?.min(names.len());
        while at < end {
            let (count, start) = (u32_le(names, at)?, u32_le(names, at + 4)?);
            at += 12;
            for _ in 0..u64::from(count).min(255) + 1 {
                let (offset, kind) = (u16_le(names, at)?, u16_le(names, at + 4)?);
                let name = slice(names, at + 8, usize::from(u16_le(names, at + 6)?) + 1)?;
                at += 8 + name.len();
                self.left = self.left.checked_sub(8 + name.len())?;
                let reference = u64::from(start) << 16 | u64::from(offset);
                let mut path = path.to_vec();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name);
                let paths = self.paths.checked_sub(path.len())?;
                self.paths = paths;
                if path.len() > PATH || (self.files.len() + open.len()) as u64 >= self.limits.entries {
                    continue;
                }
                match kind {
                    1 => open.push((reference, path)),
                    2 => {
                        if self.seen.insert(reference)
                            && let Some(file) = self.file(reference, path)
                        {
                            self.files.push(file);
                        }
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn file(&self, reference: u64, path: Vec<u8>) -> Option<File> {
        let inodes = &self.inodes.bytes;
        let at = self.inode(reference)?;
        let (start, size, fragment, list) = match u16_le(inodes, at)? {
            2 => (u32_le(inodes, at + 16)?.into(), u32_le(inodes, at + 28)?.into(), at + 20, at + 32),
            9 => (u64_le(inodes, at + 16)?, u64_le(inodes, at + 24)?, at + 44, at + 56),
            _ => return None,
        };
        let fragment = (u32_le(inodes, fragment)?, u32_le(inodes, fragment + 4)?);
        let fragment = (fragment.0 != u32::MAX).then_some(fragment);
        let block = self.block as u64;
        let count = if fragment.is_some() { size / block } else { size.div_ceil(block) };
        let count = usize::try_from(count).ok()?.checked_mul(4)?;
        let blocks = list..list.checked_add(count)?.min(inodes.len());
        (size > 0).then_some(File { path, size, start, blocks, fragment })
    }
}

/// What is written beside the files.
struct Attributes<'b> {
    range: Range<usize>,
    system: Arc<System<'b>>,
}

impl Member for Attributes<'_> {
    fn name(&self) -> &[u8] {
        b"(extended attributes)"
    }

    fn size_hint(&self) -> u64 {
        self.range.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let most = MAX_TABLE.min(budget.limits.decoded_bytes as usize);
        let (table, reason) = table(self.system.data, self.range.clone(), self.system.packing, most);
        *buffer = table.bytes;
        let problem = match reason {
            None if budget.take(buffer.len() as u64) => None,
            None => {
                buffer.clear();
                budget.spend();
                Some(Problem::new(Reason::Limit, "squashfs: the budget is spent"))
            }
            Some(reason) => Some(Problem { reason, ..cut("the table of extended attributes") }),
        };
        Contents { bytes: buffer, problem }
    }
}

struct Entry<'b> {
    file: File,
    system: Arc<System<'b>>,
}

impl Member for Entry<'_> {
    fn name(&self) -> &[u8] {
        &self.file.path
    }

    fn size_hint(&self) -> u64 {
        // Files in fragments stay in their order.
        if self.file.blocks.is_empty() { 0 } else { self.file.size }
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.fill(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

impl Entry<'_> {
    fn fill(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let (file, system) = (&self.file, &*self.system);
        let mut at = file.start;
        let words = system.inodes.get(file.blocks.clone()).unwrap_or_default();
        let (mut damaged, mut packed) = (0u64, 0u64);
        let charge = |bytes: u64, whole: u64| {
            let over = whole > budget.limits.entry_bytes;
            if !over && budget.take(bytes) {
                return Ok(());
            }
            if !over {
                budget.spend();
            }
            let what = if over { "the file is larger than an entry may be" } else { "the budget is spent" };
            Err(Problem::new(Reason::Limit, format!("squashfs: {what}")))
        };
        for word in words.chunks_exact(4).filter_map(|w| u32_le(w, 0)) {
            let left = file.size.saturating_sub(out.len() as u64).min(system.block as u64);
            charge(system.block as u64, out.len() as u64 + left)?;
            let before = out.len();
            packed = packed.saturating_add(u64::from(word & (STORED - 1)));
            if budget.limits.is_bomb(before as u64, packed) {
                let detail = "squashfs: the file expands too much, or is a hole";
                return Err(Problem::new(Reason::Limit, detail));
            }
            // A hole has no bytes.
            if word != 0 && system.expand(at, word, left as usize, out).is_none() {
                damaged += left;
            }
            // What follows keeps its place.
            out.resize(before + left as usize, 0);
            at = at.saturating_add(u64::from(word & (STORED - 1)));
        }
        if let Some((n, offset)) = file.fragment {
            let left = file.size.saturating_sub(out.len() as u64).min(system.block as u64);
            let cost = if words.is_empty() { left } else { system.block as u64 };
            charge(cost, out.len() as u64 + left)?;
            let bytes = system.fragment(n);
            let part = bytes.as_deref().and_then(|b| b.get(offset as usize..)).unwrap_or_default();
            let part = part.get(..left as usize).unwrap_or(part);
            out.extend_from_slice(part);
            damaged += left - part.len() as u64;
        }
        if damaged > 0 {
            let detail = format!("squashfs: {damaged} bytes of the file are damaged");
            return Err(Problem::new(Reason::Damaged, detail).of_bytes(damaged));
        }
        Ok(())
    }
}
