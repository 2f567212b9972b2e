//! tar in all its dialects: v7, ustar, pax, GNU (long names, sparse files), star, Solaris.
//!
//! Members are read in place. The walk is our own and not the crate `tar`: that one reads a stream,
//! copies, and ends at the first block that is wrong. Here a wrong checksum is survived where the magic
//! still stands, damage is skipped to the next header, and archives one behind the other are one.

pub mod growing;
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
/// How the names of layers end in images of the old form.
const LAYER: &[u8] = b"/layer.tar";
/// Links to layers that are kept.
const MAX_LINKS: usize = 1 << 12;
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
        let mut walk = Walk::new(blob.bytes, None);
        walk.all(limits);
        walk.opened.gaps = gaps(walk.taken, blob.bytes.len());
        walk.opened
    }
}

/// An entry of any kind, by its name: what layers of images say of the layers below them.
pub(super) struct Entry<'e> {
    /// As the archive has it.
    pub name: &'e [u8],
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Of a hard link, what it is another name of.
    pub same_as: Option<&'e [u8]>,
}

/// Calls `see` with every entry, those without data too.
pub(super) fn entries(data: &[u8], limits: &Limits, see: &mut dyn FnMut(&Entry<'_>)) {
    Walk::new(data, Some(see)).all(limits);
}

/// Whether a tar begins here.
pub fn begins(data: &[u8]) -> bool {
    header::begins(data)
}

struct Walk<'b, 'v> {
    data: &'b [u8],
    opened: Opened<'b>,
    taken: Vec<Range<usize>>,
    /// Who wants to see the entries and no members.
    see: Option<&'v mut dyn FnMut(&Entry<'_>)>,
    /// Entries of all kinds so far.
    count: u64,
}

/// What entries before a member say about it.
#[derive(Default)]
struct About<'b> {
    long_name: Option<&'b [u8]>,
    long_link: Option<&'b [u8]>,
    records: Records<'b>,
}

impl<'b, 'v> Walk<'b, 'v> {
    fn new(data: &'b [u8], see: Option<&'v mut dyn FnMut(&Entry<'_>)>) -> Self {
        Walk { data, opened: Opened::default(), taken: Vec::new(), see, count: 0 }
    }

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
            self.count += u64::from(self.see.is_some());
            if (self.opened.members.len() as u64).max(self.count) >= limits.entries {
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
        let Extent { start, size, end, map } = extent(self.data, header, at, about);
        let body = start..end.min(self.data.len());
        let next = end.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX).min(self.data.len());
        let missing = (end - body.end) as u64;
        if header.is_about() {
            self.about(header, body, about);
            return next;
        }
        let about = std::mem::take(about);
        if let Some(see) = &mut self.see {
            let name = name(header, &about);
            let same_as = (header.kind == b'1').then(|| link(header, &about));
            see(&Entry { name: &name, is_folder: header.kind == b'5' || name.ends_with(b"/"), same_as });
            return next;
        }
        // Images in the old form of Docker name a layer twice by a link.
        if matches!(header.kind, b'1' | b'2')
            && header.link().ends_with(LAYER)
            && self.opened.links.len() < MAX_LINKS
        {
            self.opened.links.push((name(header, &about), link(header, &about).to_vec()));
        }
        if size > 0 {
            let name = name(header, &about);
            self.member(name, body, missing, map, &about.records);
        }
        next
    }

    /// An entry that tells about the next one; searched as a gap.
    fn about(&mut self, header: &Header<'b>, body: Range<usize>, about: &mut About<'b>) {
        let body = &self.data[body];
        match header.kind {
            b'L' => about.long_name = Some(text(body)),
            b'K' => about.long_link = Some(text(body)),
            b'x' | b'X' => about.records = Records::read(body),
            // What holds for all members: nothing that leads to their data.
            _ => {}
        }
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

/// Where the data of an entry stand.
struct Extent {
    start: usize,
    size: usize,
    /// Behind what is there, if some is missing.
    end: usize,
    map: Option<sparse::Map>,
}

fn extent(data: &[u8], header: &Header<'_>, at: usize, about: &About<'_>) -> Extent {
    let start = at + BLOCK;
    let size = about.records.size.filter(|_| !header.is_about()).unwrap_or(header.size);
    let mut size = usize::try_from(size).unwrap_or(usize::MAX);
    // Links and folders have no data, whatever their size says; but some writers give them some.
    if header.is_link() && size > 0 && data.get(start..start + BLOCK).is_some_and(header::is_sound) {
        size = 0;
    }
    let sparse = (header.kind == b'S').then(|| sparse::old(data, at)).flatten();
    let (start, map) = match sparse {
        Some((start, map)) => (start, Some(map)),
        None => (start, None),
    };
    let start = start.min(data.len());
    Extent { start, size, end: start.saturating_add(size), map }
}

fn text(body: &[u8]) -> &[u8] {
    &body[..memchr::memchr(0, body).unwrap_or(body.len())]
}

fn name(header: &Header<'_>, about: &About<'_>) -> Vec<u8> {
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

/// What a link leads to.
fn link<'b>(header: &Header<'b>, about: &About<'b>) -> &'b [u8] {
    about.records.link.or(about.long_link).filter(|n| !n.is_empty()).unwrap_or_else(|| header.link())
}

#[cfg(test)]
mod tests;
