//! Cabinets of Windows (MS-CAB): folders of files that are packed together by MSZIP or LZX, or stored.

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::piece::{Taken, gaps};
use super::solid::{Block, Told, Unpack};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::limits::Limits;
use flate2::{Decompress, FlushDecompress};
use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Opens cabinets.
pub struct Cab;

impl Container for Cab {
    fn name(&self) -> &'static str {
        "cab"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut taken = Vec::new();
        if list(data, &mut opened, &mut taken).is_none() {
            let detail = "cab: the list of files is cut off or makes no sense";
            opened.problems.push(Problem::new(Reason::Damaged, detail));
        }
        // What is in no member is searched as it is; a list that was refused names none.
        taken.retain(|_| !opened.members.is_empty());
        taken.sort_by_key(|range: &Range<usize>| range.start);
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

/// Whether a cabinet begins here.
pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(b"MSCF\0\0\0\0") && matches!(data.get(24..26), Some([_, 1]))
}

fn list<'b>(data: &'b [u8], opened: &mut Opened<'b>, taken: &mut Vec<Range<usize>>) -> Option<()> {
    let (folders, files) = (usize::from(u16_le(data, 26)?), usize::from(u16_le(data, 28)?));
    let flags = u16_le(data, 30)?;
    let (mut at, mut of_folder, mut of_data) = (36, 0, 0);
    if flags & 4 != 0 {
        let header = usize::from(u16_le(data, 36)?);
        (of_folder, of_data) = (usize::from(*data.get(38)?), usize::from(*data.get(39)?));
        at = 40 + header;
    }
    // Names of the cabinets before and after it, and of their disks.
    for _ in 0..(2 * (flags & 1) + (flags & 2)) {
        at += memchr::memchr(0, data.get(at..)?)? + 1;
    }
    let mut blocks: Vec<Result<Arc<Block<'b>>, Problem>> = Vec::new();
    let (mut sizes, mut last) = (Vec::new(), 0);
    for _ in 0..folders {
        let (start, count) = (size_le(data, at)?, usize::from(u16_le(data, at + 4)?));
        let kind = u16_le(data, at + 6)?;
        at += 8 + of_folder;
        let folder = Folder { data, start, count, kind, reserve: of_data };
        // Folders stand one behind the other: those that share their data are hostile.
        let end = if start >= last { folder.end() } else { None };
        last = end.map_or(last, |(end, _)| end);
        sizes.push(end.map_or(0, |(_, size)| size));
        blocks.push(match kind & 15 {
            _ if start < last && end.is_none() => {
                Err(Problem::new(Reason::Damaged, "cab: the folder has its data in common with another"))
            }
            packing @ (0 | 1 | 3) => {
                // What is stored may be read where it stands, whatever the list says.
                taken.extend(end.filter(|_| packing != 0).map(|(end, _)| start..end));
                Ok(Block::new(folder))
            }
            2 => Err(Problem::new(Reason::Unsupported, "cab: packed by Quantum; not opened")),
            n => Err(Problem::new(Reason::Unsupported, format!("cab: packed by method {n}; not opened"))),
        });
    }
    let mut at = size_le(data, 16)?;
    let mut wanted = Vec::new();
    let mut found = Vec::new();
    for n in 0..files {
        let Some((len, file)) = file(data, at, blocks.len()) else {
            let detail = format!("cab: {} of {files} files are listed", found.len());
            opened.problems.push(Problem::new(Reason::Damaged, detail));
            break;
        };
        at += len;
        // Folders do not overlap: each has its own stretch of numbers.
        let from = (file.folder as u64) << 40 | u64::from(file.start);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        wanted.push((from..from.saturating_add(file.size as usize), n));
        found.push(file);
    }
    // What no file names is read all the same.
    let used: HashSet<usize> = found.iter().map(|file: &File<'_>| file.folder).collect();
    for (folder, block) in blocks.iter().enumerate() {
        if let Ok(block) = block
            && sizes[folder] > 0
            && !used.contains(&folder)
        {
            let name = format!("folder {folder}").into_bytes();
            opened.members.push(Box::new(block.part(name, 0, sizes[folder])));
        }
    }
    // Files that share bytes are how small bombs grow large.
    let (taken, refused) = Taken::new(wanted);
    if refused > 0 {
        let detail = format!("{refused} files have their data in common with others; it was searched once");
        opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
    }
    for (n, _) in taken.indexes() {
        let file = &found[n];
        let name = file.name.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
        opened.members.push(match blocks.get(file.folder) {
            Some(Ok(block)) => {
                let (start, size) = (file.start.into(), file.size.into());
                Box::new(block.part(name, start, size)) as Box<dyn Member>
            }
            Some(Err(problem)) => {
                Box::new(Told { name, problem: problem.clone().of_bytes(file.size.into()) })
            }
            None => {
                let problem = Problem::new(Reason::Damaged, "cab: the file is in no folder");
                Box::new(Told { name, problem })
            }
        });
    }
    Some(())
}

struct File<'b> {
    name: &'b [u8],
    size: u32,
    start: u32,
    folder: usize,
}

fn file(data: &[u8], at: usize, folders: usize) -> Option<(usize, File<'_>)> {
    let (size, start) = (u32_le(data, at)?, u32_le(data, at + 4)?);
    let folder = match u16_le(data, at + 8)? {
        // Continued from the cabinet before, into the next, or both.
        0xfffd | 0xffff => 0,
        0xfffe => folders.checked_sub(1)?,
        n => usize::from(n),
    };
    let rest = data.get(at + 16..)?;
    let name = &rest[..memchr::memchr(0, &rest[..rest.len().min(1024)])?];
    Some((17 + name.len(), File { name, size, start, folder }))
}

struct Folder<'b> {
    data: &'b [u8],
    start: usize,
    count: usize,
    kind: u16,
    reserve: usize,
}

impl Unpack for Folder<'_> {
    fn unpack(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        // The decoder of LZX is other people's; a defect in it costs the folder.
        catch_unwind(AssertUnwindSafe(|| self.decode(out, budget))).unwrap_or_else(|_| {
            Err(Problem::new(Reason::Damaged, "cab: internal error in a decoder: please report it"))
        })
    }
}

impl Folder<'_> {
    /// Where its last block ends, and how much comes out; `None` if that is not in the file.
    fn end(&self) -> Option<(usize, u64)> {
        let (mut at, mut size) = (self.start, 0u64);
        for _ in 0..self.count {
            size += u64::from(u16_le(self.data, at + 6)?);
            at = at.checked_add(8 + self.reserve + usize::from(u16_le(self.data, at + 4)?))?;
        }
        (at <= self.data.len()).then_some((at, size))
    }

    fn decode(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let damaged = |n: usize| {
            Problem::new(
                Reason::Damaged,
                format!("cab: block {n} of {} is damaged or in another cabinet", self.count),
            )
        };
        let mut zip = Decompress::new(false);
        let mut lzx = match self.kind & 15 {
            3 => Some(lzxd::Lzxd::new(window(self.kind).ok_or_else(|| damaged(0))?)),
            _ => None,
        };
        let mut at = self.start;
        for n in 0..self.count {
            let head =
                || Some((usize::from(u16_le(self.data, at + 4)?), usize::from(u16_le(self.data, at + 6)?)));
            let (packed, size) = head().filter(|(_, size)| *size > 0).ok_or_else(|| damaged(n))?;
            let input = slice(self.data, at + 8 + self.reserve, packed).ok_or_else(|| damaged(n))?;
            at += 8 + self.reserve + packed;
            if out.len() as u64 + size as u64 > budget.limits.entry_bytes {
                let detail = format!("cab: a folder of more than {} bytes", budget.limits.entry_bytes);
                return Err(Problem::new(Reason::Limit, detail));
            }
            if !budget.take(size as u64) {
                budget.spend();
                return Err(Problem::new(Reason::Limit, OVER_BUDGET));
            }
            let before = out.len();
            match (&mut lzx, self.kind & 15) {
                (Some(lzx), _) => match lzx.decompress_next(input, size) {
                    Ok(bytes) => out.extend_from_slice(bytes),
                    Err(_) => return Err(damaged(n)),
                },
                (None, 1) => {
                    let deflated = input.strip_prefix(b"CK").ok_or_else(|| damaged(n))?;
                    zip.reset(false);
                    let history = out.len().saturating_sub(32 << 10);
                    if before > 0 && zip.set_dictionary(&out[history..]).is_err() {
                        return Err(damaged(n));
                    }
                    out.reserve(size);
                    out.resize(before + size, 0);
                    let inflated = zip.decompress(deflated, &mut out[before..], FlushDecompress::Finish);
                    out.truncate(before + (zip.total_out() as usize).min(size));
                    if inflated.is_err() {
                        return Err(damaged(n));
                    }
                }
                _ => out.extend_from_slice(input),
            }
            if out.len() - before < size {
                return Err(damaged(n));
            }
        }
        Ok(())
    }
}

fn window(kind: u16) -> Option<lzxd::WindowSize> {
    use lzxd::WindowSize::{KB32, KB64, KB128, KB256, KB512, MB1, MB2};
    let sizes = [KB32, KB64, KB128, KB256, KB512, MB1, MB2];
    sizes.get(usize::from(kind >> 8 & 31).checked_sub(15)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// Two stored files, the folder they are in packed by `kind`.
    fn cabinet(kind: u16, body: &[u8], files: &[(u32, u32)]) -> Vec<u8> {
        let mut out = b"MSCF\0\0\0\0".to_vec();
        out.extend([0; 8]);
        out.extend(44u32.to_le_bytes());
        out.extend([0, 0, 0, 0, 3, 1, 1, 0, files.len() as u8, 0, 0, 0, 0, 0, 0, 0]);
        let data_at = 44 + files.len() * 18;
        out.extend((data_at as u32).to_le_bytes());
        out.extend([1, 0]);
        out.extend(kind.to_le_bytes());
        for (n, (start, size)) in files.iter().enumerate() {
            out.extend(size.to_le_bytes().iter().chain(&start.to_le_bytes()));
            out.extend([0; 8]);
            out.extend([b'a' + n as u8, 0]);
        }
        out.extend([0; 4]);
        for _ in 0..2 {
            out.extend((body.len() as u16).to_le_bytes());
        }
        out.extend(body);
        out
    }

    type Read = (Vec<u8>, Option<Reason>);

    fn read(data: &[u8]) -> (Vec<Read>, Vec<Reason>) {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(Cab.reads(&blob));
        let opened = Cab.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), data.len() as u64);
        let mut buffer = Vec::new();
        let members = opened.members.iter().map(|m| {
            let contents = m.read(&mut buffer, &budget);
            (contents.bytes.to_vec(), contents.problem.map(|p| p.reason))
        });
        (members.collect(), opened.problems.iter().map(|p| p.reason).collect())
    }

    #[test]
    fn files_of_a_folder_and_those_that_share_bytes() {
        let data = cabinet(0, b"onetwo", &[(0, 3), (3, 3)]);
        assert_eq!(read(&data), (vec![(b"one".to_vec(), None), (b"two".to_vec(), None)], vec![]));
        let cut = read(&data[..data.len() - 1]);
        assert_eq!(cut.0[0].1, Some(Reason::Damaged));
        let shared = read(&cabinet(0, b"onetwo", &[(0, 6), (0, 6), (3, 3)]));
        assert_eq!(shared, (vec![(b"onetwo".to_vec(), None)], vec![Reason::Duplicate]));
        let quantum = read(&cabinet(2, b"onetwo", &[(0, 6)]));
        assert_eq!(quantum.0, [(vec![], Some(Reason::Unsupported))]);
    }
}
