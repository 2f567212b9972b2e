//! ZIP: APK, AAB, IPA, JAR, wheels, office documents and all the rest (APPNOTE 6.3.10).
//!
//! App packages are made to mislead: encryption bits on plain entries, wrong sizes, names, methods
//! and checksums in one of the two headers, entries that only one of them has. Readers that trust
//! either header lose entries. Here the central directory is read first, what it says is checked
//! against what comes out, and local headers that no directory entry claims are members too.

mod directory;
mod workbook;

use super::budget::Budget;
use super::inflate::{Inflated, inflate};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;
use directory::{Header, LOCAL_HEADER_LEN, LOCAL_SIGNATURE, u16_at};
use std::collections::HashSet;
use std::ops::Range;

/// Opens ZIP archives.
pub struct Zip;

/// Archives that end before the file does, in order of their end.
pub(super) fn embedded(file: &[u8]) -> impl Iterator<Item = Range<usize>> {
    directory::ends(file).filter(|range| range.end < file.len())
}

impl Container for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(LOCAL_SIGNATURE)
            || blob.bytes.starts_with(directory::END_SIGNATURE)
            || directory::find_end(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let archive = blob.bytes;
        let listing = directory::list(archive, limits);
        let mut members: Vec<Entry<'b>> = Vec::with_capacity(listing.headers.len());
        let mut empty = Vec::new();
        let mut seen = HashSet::new();
        let mut shared = 0;
        for header in listing.headers {
            let offset = header.local_offset;
            // Entries that all point at one stretch of data are how small bombs grow large.
            if !header.is_empty() && !seen.insert((offset, header.compressed, header.method)) {
                shared += 1;
                continue;
            }
            match Entry::locate(archive, header) {
                Some(entry) => members.push(entry),
                None => empty.push(offset),
            }
        }
        let mut problems = listing.problems;

        if shared > 0 {
            let detail =
                format!("{shared} entries have their data in common with others; it was searched once");
            problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }

        // Local headers between the members: entries that the directory does not tell about.
        let known: HashSet<usize> = members.iter().map(|m| m.header.local_offset).chain(empty).collect();
        let mut hidden = Vec::new();
        for gap in gaps(archive.len(), &members) {
            let room = (limits.entries as usize).saturating_sub(members.len() + hidden.len());
            directory::local_headers(archive, gap, room, &mut |header| {
                if !known.contains(&header.local_offset) {
                    hidden.extend(Entry::locate(archive, header));
                }
            });
        }
        if listing.has_directory && !hidden.is_empty() {
            problems.push(
                Problem::new(
                    Reason::Damaged,
                    format!(
                        "{} entries are not in the central directory; they were searched too",
                        hidden.len()
                    ),
                )
                .of_bytes(0),
            );
        }
        members.extend(hidden);
        problems.extend(without_heaps(archive.len(), &mut members));
        let gaps = gaps(archive.len(), &members);
        let cells = workbook::Cells::of(&members).map(|cells| Box::new(cells) as Box<dyn Member>);
        let members = members.into_iter().map(|m| Box::new(m) as Box<dyn Member>).chain(cells).collect();
        Opened { members, gaps, problems, ..Opened::default() }
    }
}

/// Takes stored entries away that overlap others again and again: no bytes come out of them that could be
/// charged, and a file of megabytes would be searched ten thousand times. Sizes that lie are not that many.
fn without_heaps(len: usize, members: &mut Vec<Entry<'_>>) -> Option<Problem> {
    let mut left = len.saturating_mul(4);
    let before = members.len();
    members.retain(|entry| {
        if !entry.is_stored() {
            return true;
        }
        let rest = left.checked_sub(entry.data.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    let refused = before - members.len();
    (refused > 0).then(|| {
        let detail =
            format!("{refused} stored entries overlap others; their bytes were searched as part of those");
        Problem::new(Reason::Limit, detail).of_bytes(0)
    })
}

/// The stretches of `0..len` that hold no member's data.
fn gaps(len: usize, members: &[Entry<'_>]) -> Vec<Range<usize>> {
    let mut taken: Vec<Range<usize>> =
        members.iter().map(|m| m.data.clone()).filter(|r| !r.is_empty()).collect();
    taken.sort_by_key(|r| r.start);
    super::piece::gaps(taken, len)
}

/// One entry, its data found.
#[derive(Clone)]
struct Entry<'b> {
    archive: &'b [u8],
    header: Header<'b>,
    data: Range<usize>,
}

impl<'b> Entry<'b> {
    /// Finds the data of an entry; `None` for folders and other entries without any.
    fn locate(archive: &'b [u8], header: Header<'b>) -> Option<Self> {
        let local = header.local_offset;
        let has_local = archive.get(local..).is_some_and(|b| b.starts_with(LOCAL_SIGNATURE));
        // The local header alone says where the data begins: its name and extra field may differ
        // from the directory's in length.
        let start = if has_local {
            local
                + LOCAL_HEADER_LEN
                + usize::from(u16_at(archive, local + 26).unwrap_or(0))
                + usize::from(u16_at(archive, local + 28).unwrap_or(0))
        } else {
            local + LOCAL_HEADER_LEN + header.name.len()
        }
        .min(archive.len());
        let size = usize::try_from(header.compressed).unwrap_or(usize::MAX);
        let end = start.saturating_add(size).min(archive.len());
        if header.is_empty() && (header.name.ends_with(b"/") || header.in_directory) {
            return None;
        }
        Some(Entry { archive, data: start..end, header })
    }

    fn is_stored(&self) -> bool {
        // Android reads every method but deflate as stored when the sizes agree.
        self.header.method == STORED
            || (!is_known(self.header.method) && self.header.compressed == self.header.expanded)
    }

    fn crc_holds(&self, bytes: &[u8]) -> bool {
        crc32fast::hash(bytes) == self.header.crc
    }

    fn stored<'s>(&'s self, budget: &Budget) -> Contents<'s> {
        let limits = &budget.limits;
        let all = &self.archive[self.data.clone()];
        let bytes = &all[..all.len().min(usize::try_from(limits.entry_bytes).unwrap_or(usize::MAX))];
        let missing = self.header.compressed.saturating_sub(all.len() as u64);
        let problem = if self.header.encrypted && !self.crc_holds(bytes) {
            return Contents { bytes: &[], problem: Some(self.encrypted()) };
        } else if missing > 0 {
            Some(
                Problem::new(
                    Reason::Damaged,
                    format!("the archive ends {missing} bytes before the entry does"),
                )
                .of_bytes(missing),
            )
        } else if bytes.len() < all.len() {
            Some(
                Problem::new(Reason::Limit, format!("the entry has more than {} bytes", limits.entry_bytes))
                    .of_bytes((all.len() - bytes.len()) as u64),
            )
        } else {
            self.checksum_problem(bytes)
        };
        Contents { bytes, problem }
    }

    fn deflated<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let input = &self.archive[self.data.clone()];
        let mut outcome = inflate(input, buffer, self.header.expanded, budget);
        if outcome == Inflated::Truncated && self.data.end < self.archive.len() {
            // A size that lies: the stream itself knows where it ends. Charged, so that a thousand
            // such entries cannot each read the whole archive.
            let more = self.data.start..self.archive.len().min(self.data.start.saturating_add(RETRY_BYTES));
            if budget.take(more.len() as u64) {
                outcome = inflate(&self.archive[more], buffer, self.header.expanded, budget);
            }
        }
        let mut problem = outcome.problem(input.len());
        if matches!(outcome, Inflated::Broken(_) | Inflated::Truncated) {
            if self.header.encrypted {
                return Contents { bytes: &[], problem: Some(self.encrypted()) };
            }
            if buffer.is_empty() && budget.take(input.len() as u64) && self.crc_holds(input) {
                // A method that lies: the data is stored.
                return Contents { bytes: input, problem: None };
            }
        }
        if problem.is_none() {
            problem = self.checksum_problem(buffer);
        }
        Contents { bytes: buffer, problem }
    }

    /// What the other methods have packed.
    fn packed<'s>(&'s self, packing: Packing, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let input = &self.archive[self.data.clone()];
        buffer.clear();
        let problem = match packing.expand(input, buffer, budget) {
            Ok(Inflated::Whole(_)) => self.checksum_problem(buffer),
            Ok(Inflated::Truncated | Inflated::Broken(_)) if self.header.encrypted => {
                return Contents { bytes: &[], problem: Some(self.encrypted()) };
            }
            Ok(Inflated::Truncated | Inflated::Broken(_))
                if buffer.is_empty() && budget.take(input.len() as u64) && self.crc_holds(input) =>
            {
                return Contents { bytes: input, problem: None };
            }
            Ok(Inflated::Cut(limit)) => Some(Problem::new(Reason::Limit, limit)),
            // A decoder that wants more bytes than there are may have given all of them.
            Ok(_) if buffer.len() as u64 == self.header.expanded && self.crc_holds(buffer) => None,
            Ok(_) => {
                let name = method_name(self.header.method).unwrap_or_default();
                let detail =
                    format!("{name} stream is broken or does not end within its {} bytes", input.len());
                Some(Problem::new(Reason::Damaged, detail))
            }
            Err(problem) => Some(problem),
        };
        Contents { bytes: buffer, problem }
    }

    fn checksum_problem(&self, bytes: &[u8]) -> Option<Problem> {
        (self.header.has_crc && !self.crc_holds(bytes)).then(|| {
            Problem::new(Reason::Damaged, "the CRC-32 does not match; what came out was searched").of_bytes(0)
        })
    }

    fn encrypted(&self) -> Problem {
        Problem::new(Reason::Encrypted, "the entry is encrypted").of_bytes(self.data.len() as u64)
    }
}

/// Compressed bytes that are tried behind an entry whose size is too small.
const RETRY_BYTES: usize = 64 << 20;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How methods other than deflate pack.
fn packing(header: &Header<'_>) -> Option<Packing> {
    Some(match header.method {
        9 => Packing::Deflate64,
        12 => Packing::Bzip2,
        14 => Packing::ZipLzma(if header.expanded == 0 { u64::MAX } else { header.expanded }),
        20 | 93 => Packing::Zstd,
        95 => Packing::Xz,
        98 => Packing::ZipPpmd(if header.expanded == 0 { u64::MAX } else { header.expanded }),
        _ => return None,
    })
}

fn method_name(method: u16) -> Option<&'static str> {
    Some(match method {
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "lzma",
        20 | 93 => "zstd",
        95 => "xz",
        96 => "jpeg",
        97 => "wavpack",
        98 => "ppmd",
        99 => "AES encryption",
        _ => return None,
    })
}

fn is_known(method: u16) -> bool {
    matches!(method, STORED | DEFLATED) || method_name(method).is_some()
}

impl Member for Entry<'_> {
    fn name(&self) -> &[u8] {
        self.header.name
    }

    fn size_hint(&self) -> u64 {
        self.header.expanded.max(self.data.len() as u64)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        if self.is_stored() {
            return self.stored(budget);
        }
        match self.header.method {
            99 => Contents { bytes: &[], problem: Some(self.encrypted()) },
            method => match (packing(&self.header), method_name(method)) {
                (Some(packing), _) => self.packed(packing, buffer, budget),
                (None, Some(name)) => Contents {
                    bytes: &[],
                    problem: Some(
                        Problem::new(
                            Reason::Unsupported,
                            format!("compression method {method} ({name}) is not read"),
                        )
                        .of_bytes(self.data.len() as u64),
                    ),
                },
                // Deflate, and the made-up methods that Android takes for it.
                (None, None) => self.deflated(buffer, budget),
            },
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
