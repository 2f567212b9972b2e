//! The prefilter for every platform: pairs of bytes, then the table of windows.

use super::lookup::{BLOCK, Lookup, SEEN};
use super::pairs::Pairs;
use super::{Literal, LiteralId, Prefilter};
use std::ops::Range;

/// Finds literals by their rarest windows.
pub struct Windows {
    /// Where any of them may stand.
    pub(super) pairs: Pairs,
    pub(super) lookup: Lookup,
}

impl Windows {
    /// A prefilter for `literals`; none may be empty.
    pub fn new(literals: Vec<Literal>) -> Self {
        let (pairs, offsets) = Pairs::new(&literals);
        Windows { pairs, lookup: Lookup::new(literals, offsets) }
    }
}

impl Prefilter for Windows {
    fn name(&self) -> &'static str {
        "windows (portable)"
    }

    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize)) {
        self.lookup.find_with(text, within, on_literal, &|searched, look| {
            let mut look = |at: usize, block: &[u8; SEEN]| {
                let known = self.lookup.known(self.pairs.bits(block), block);
                if known != 0 {
                    look(at, known, block);
                }
            };
            let mut at = 0;
            while let Some(block) = searched[at..].first_chunk() {
                look(at, block);
                at += BLOCK;
            }
            tail(searched, at).for_each(|(at, block)| look(at, &block));
        });
    }
}

/// What is left of a text from `at` on when no whole block is, as blocks with NULs behind its end.
fn tail(text: &[u8], at: usize) -> impl Iterator<Item = (usize, [u8; SEEN])> {
    (at..text.len()).step_by(BLOCK).map(|at| {
        let mut block = [0; SEEN];
        let rest = &text[at..text.len().min(at + SEEN)];
        block[..rest.len()].copy_from_slice(rest);
        (at, block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::tests::agree;

    #[test]
    fn agrees_with_the_oracle() {
        agree(&|literals| Some(Box::new(Windows::new(literals))));
    }
}
