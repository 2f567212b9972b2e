//! What is carved out of data: zlib streams always, all else on request.

use super::blob::{Job, Searched};
use crate::address::Address;
use crate::blob::Blob;
use crate::container::carve::Carver;
use crate::container::zlibs;
use crate::ledger::Reason;

/// Shorter stretches hold nothing.
const SHORTEST: usize = 64;

/// A stretch of data in which something may stand.
pub(super) struct Stretch<'b> {
    /// The blob that it is in.
    pub address: &'b Address,
    /// Its bytes.
    pub bytes: &'b [u8],
    /// Where they begin in the blob.
    pub base: usize,
    /// Whether archives inside it, which know their bounds, were opened.
    pub archives_are_open: bool,
}

impl Job<'_, '_> {
    /// Searches what stands in a stretch of a blob inside `depth` containers: all that is known, if the user asked for it.
    pub(super) fn carve(&self, stretch: &Stretch<'_>, depth: u32, found: &mut Searched) {
        let limits = &self.budget.limits;
        if depth >= limits.depth || stretch.bytes.len() < SHORTEST {
            return;
        }
        // What begins with the blob itself is known by its first bytes, and opened or not.
        let from = usize::from(stretch.base == 0);
        if !limits.carve {
            // What containers of other kinds leave over holds what they have opened.
            if stretch.archives_are_open {
                let opened = zlibs::open(stretch.bytes, from, limits, &mut |_| true);
                if !opened.members.is_empty() || !opened.problems.is_empty() {
                    found.merge(self.enclosed(opened, stretch.address, depth));
                }
            }
            return;
        }
        let mut carver = Carver::new(stretch.bytes, stretch.base as u64, from, stretch.archives_are_open);
        let mut out = Vec::new();
        loop {
            let reading = self.budget.reading();
            let Some(carved) = carver.next(&mut out, &self.budget) else { break };
            let (bytes, held) = match carved.place {
                Some(place) => (stretch.bytes.get(place).unwrap_or_default(), 0),
                None => (&out[..], out.len()),
            };
            let _held = reading.end(held);
            let address = stretch.address.entry(&carved.name);
            found.merge(self.search(&Blob { address, bytes }, depth + 1));
        }
        if carver.was_cut() {
            let detail = "too much looks like the beginning of a stream; not all of it was tried";
            found.ledger.skipped(stretch.address.clone(), None, Reason::Limit, detail);
        }
    }
}
