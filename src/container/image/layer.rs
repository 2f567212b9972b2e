//! A layer as a member: the tar that it is, whatever it is packed in.

use super::super::budget::Budget;
use super::super::stream::{self, Stream};
use super::super::{Contents, Member, gzip, tar};
use super::fate::Listing;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A layer that another member holds.
pub(super) struct LayerMember<'b> {
    pub name: Vec<u8>,
    pub inner: Box<dyn Member + 'b>,
    pub listing: Arc<OnceLock<Listing>>,
}

/// What layers are packed in: the first two in practice.
static PACKINGS: [&Stream; 3] = [&stream::ZSTD, &stream::XZ, &stream::BZIP2];

impl LayerMember<'_> {
    fn list(&self, bytes: &[u8], budget: &Budget) {
        if tar::begins(bytes) {
            self.listing.get_or_init(|| Listing::of(bytes, &budget.limits));
        }
    }
}

impl Member for LayerMember<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.inner.size_hint().saturating_mul(2)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let mut scratch = std::mem::take(buffer);
        let contents = self.inner.read(&mut scratch, budget);
        let (bytes, problem) = (contents.bytes, contents.problem);
        let mut out = Vec::new();
        let expanded = if gzip::header(bytes).is_some() {
            Some(gzip::expand(bytes, &mut out, budget))
        } else {
            PACKINGS
                .into_iter()
                .find(|packing| packing.begins(bytes))
                .map(|p| p.expand(bytes, &mut out, budget))
        };
        self.list(if expanded.is_some() { &out } else { bytes }, budget);
        if let Some(fault) = expanded {
            *buffer = out;
            return Contents { bytes: buffer, problem: fault.or(problem) };
        }
        // Where the bytes are: in the container, or in what the member was expanded into.
        let (part, len) = (bytes.as_ptr_range(), bytes.len());
        let whole = scratch.as_ptr_range();
        let is_own = len > 0 && whole.start <= part.start && part.end <= whole.end;
        let own: Option<Range<usize>> = is_own.then(|| {
            let from = part.start as usize - whole.start as usize;
            from..from + len
        });
        *buffer = scratch;
        match own {
            Some(own) => Contents { bytes: buffer.get(own).unwrap_or_default(), problem },
            None => self.inner.read(buffer, budget),
        }
    }
}
