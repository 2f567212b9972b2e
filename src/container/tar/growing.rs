//! A tar of which more and more is there: how much of it can be searched already.

use super::header::{Header, Records};
use super::{About, BLOCK, entries, extent};
use crate::limits::Limits;

/// Blocks of a map of holes that a header may have behind it, at most, for the entry to be looked at at all.
const SPARSE: usize = 1 << 20;

/// Walks the part of a tar that is there, and remembers how far it came.
#[derive(Default)]
pub struct Growing {
    /// Where the next header stands.
    at: usize,
    /// The size of the next entry, where the one before it tells.
    size: Option<u64>,
    /// Whether something else than a header was met: what follows is for the walk over the whole.
    has_ended: bool,
    /// Entries with data that are all there.
    members: u64,
}

impl Growing {
    /// Where the last entry that is all there ends, in what is there now: 0 if none is.
    pub fn whole(&mut self, data: &[u8]) -> usize {
        let mut end = 0;
        while !self.has_ended {
            let Some(block) = data.get(self.at..self.at + BLOCK) else { break };
            let Some(header) = Header::read(block) else {
                self.has_ended = true;
                break;
            };
            // Whether links have data is told by what follows; where those of sparse files begin, by their map.
            let needed = if header.kind == b'S' { SPARSE } else { 2 * BLOCK };
            if data.len() - self.at < needed {
                break;
            }
            let about =
                About { records: Records { size: self.size, ..Records::default() }, ..About::default() };
            let extent = extent(data, &header, self.at, &about);
            let next = extent.end.checked_next_multiple_of(BLOCK).filter(|next| *next <= data.len());
            let Some(next) = next else { break };
            if header.is_about() {
                if matches!(header.kind, b'x' | b'X') {
                    self.size = Records::read(&data[extent.start..extent.end]).size;
                }
            } else {
                self.size = None;
                self.members += u64::from(extent.size > 0);
                // That a link has no data, the header behind it tells: they stay together.
                if !(header.is_link() && header.size > 0) {
                    end = next;
                }
            }
            self.at = next;
        }
        end
    }

    /// What is in front of `end` was taken away.
    pub fn taken(&mut self, end: usize) {
        self.at -= end;
    }

    /// Entries with data that were met so far.
    pub fn members(&self) -> u64 {
        self.members
    }
}

/// Whether a tar may be an image of a container, as far as the names of its first entries tell: their layers are told apart
/// when all of it is known.
pub fn may_be_image(data: &[u8], limits: &Limits) -> bool {
    let mut may_be = false;
    entries(data, limits, &mut |entry| {
        may_be |= is_of_image(entry.name.strip_prefix(b"./").unwrap_or(entry.name));
    });
    may_be
}

fn is_of_image(name: &[u8]) -> bool {
    let first = name.split(|b| *b == b'/').next().unwrap_or_default();
    let digits = first.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    matches!(first, b"manifest.json" | b"index.json" | b"oci-layout" | b"repositories" | b"blobs")
        || digits >= 64
        || first.starts_with(b"sha256")
        || name.ends_with(b"/layer.tar")
}
