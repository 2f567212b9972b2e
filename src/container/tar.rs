//! tar in all its dialects: v7, ustar, pax, GNU (long names, sparse files), star, Solaris.
//!
//! Members are read in place. The walk is our own and not the crate `tar`: that one reads a stream,
//! copies, and ends at the first block that is wrong. Here a wrong checksum is survived where the magic
//! still stands, damage is skipped to the next header, and archives one behind the other are one.

mod header;
mod sparse;

use super::piece::{Piece, gaps};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use header::{Header, Records};
use sparse::Sparse;
use std::ops::Range;

/// Opens tar archives.
pub struct Tar;

const BLOCK: usize = 512;
/// Longest name that is told.
const MAX_NAME: usize = 64 << 10;

impl Container for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        header::begins(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut walk = Walk { data: blob.bytes, opened: Opened::default(), taken: Vec::new() };
        walk.all(limits);
        walk.opened.gaps = gaps(walk.taken, blob.bytes.len());
        walk.opened
    }
}

struct Walk<'b> {
    data: &'b [u8],
    opened: Opened<'b>,
    taken: Vec<Range<usize>>,
}

/// What entries before a member say about it.
#[derive(Default)]
struct About<'b> {
    long_name: Option<&'b [u8]>,
    records: Records<'b>,
}

impl<'b> Walk<'b> {
    fn all(&mut self, limits: &Limits) {
        let mut about = About::default();
        let mut at = 0;
        // Whether the last blocks were no headers.
        let mut lost = None;
        while let Some(block) = self.data.get(at..at + BLOCK) {
            let Some(header) = Header::read(block) else {
                if lost.is_none() && block.iter().any(|&b| b != 0) {
                    lost = Some(at);
                }
                at += BLOCK;
                continue;
            };
            if let Some(from) = lost.take() {
                self.lost(from, at);
            }
            if self.opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                // What is behind is searched as one gap.
                self.opened.problems.push(Problem::new(Reason::Limit, detail).of_bytes(0));
                return;
            }
            at = self.entry(&header, at, &mut about);
        }
        if let Some(from) = lost {
            self.lost(from, self.data.len());
        }
    }

    /// Blocks that belong to nothing; they are searched as a gap.
    fn lost(&mut self, from: usize, to: usize) {
        let detail = format!("tar: no header from offset {from} to {to}; searched as raw bytes");
        self.opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
    }

    /// Takes the entry at `at`; where the next one is.
    fn entry(&mut self, header: &Header<'b>, at: usize, about: &mut About<'b>) -> usize {
        let start = at + BLOCK;
        let size = about.records.size.filter(|_| !header.is_about()).unwrap_or(header.size);
        let mut size = usize::try_from(size).unwrap_or(usize::MAX);
        // Links and folders have no data, whatever their size says; but some writers give them some.
        if header.is_link() && size > 0 && self.data.get(start..start + BLOCK).is_some_and(header::is_sound) {
            size = 0;
        }
        let sparse = (header.kind == b'S').then(|| sparse::old(self.data, at)).flatten();
        let (start, map) = match sparse {
            Some((start, map)) => (start, Some(map)),
            None => (start, None),
        };
        let start = start.min(self.data.len());
        let end = start.saturating_add(size);
        let body = start..end.min(self.data.len());
        let next = end.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX).min(self.data.len());
        let missing = (end - body.end) as u64;
        if header.is_about() {
            self.about(header, body, about);
            return next;
        }
        let about = std::mem::take(about);
        if size > 0 {
            let name = self.name(header, &about);
            self.member(name, body, missing, map, &about.records);
        }
        next
    }

    /// An entry that tells about the next one; searched as a gap.
    fn about(&mut self, header: &Header<'b>, body: Range<usize>, about: &mut About<'b>) {
        let body = &self.data[body];
        match header.kind {
            b'L' => about.long_name = Some(&body[..memchr::memchr(0, body).unwrap_or(body.len())]),
            b'x' | b'X' => about.records = Records::read(body),
            // Long link names, and what holds for all members: nothing that leads to their data.
            _ => {}
        }
    }

    fn name(&self, header: &Header<'b>, about: &About<'b>) -> Vec<u8> {
        let mut name = match about.records.name.or(about.long_name).filter(|n| !n.is_empty()) {
            Some(name) => name.to_vec(),
            None => header.name(),
        };
        name.truncate(MAX_NAME);
        if header.kind == b'D' {
            // A folder's listing in an incremental archive.
            name.extend_from_slice(b" (listing)");
        }
        name
    }

    fn member(
        &mut self,
        name: Vec<u8>,
        body: Range<usize>,
        missing: u64,
        map: Option<sparse::Map>,
        records: &Records<'b>,
    ) {
        let bytes = &self.data[body.clone()];
        self.taken.push(body);
        let piece = Piece { name, bytes, missing };
        let map = map.or_else(|| sparse::pax(records, bytes));
        self.opened.members.push(match map {
            Some(map) => Box::new(Sparse { piece, map }) as Box<dyn Member>,
            None => Box::new(piece),
        });
    }
}

#[cfg(test)]
mod tests;
