//! Which positions of a text may begin a window of a literal: a table of pairs of bytes.
//!
//! A byte is one of 64 classes, which tell all of ASCII apart but for the case of letters and control characters.
//! Only the pairs of bytes at even positions are looked up. A window that begins at an even position has its first
//! two bytes in one pair and the next two in the pair behind it; one that begins at an odd position has its first
//! byte in one pair and the second and third in the next. So each of two neighbouring pairs says for eight buckets of
//! windows what may begin here, and what both say goes on to the table of windows, which decides.

use super::filling::{PAIRS, class, index};
use super::lookup::{BLOCK, SEEN};
use super::{Literal, builtin, filling};
use crate::engine::held::Held;

/// For each pair of classes: the fields, in which each bucket is a bit.
pub(super) struct Pairs(pub Held<[u32; PAIRS]>);

impl Pairs {
    /// For these literals, and where in each its window stands; `None` for those that have less than three bytes.
    pub fn new(literals: &[Literal]) -> (Pairs, Vec<Option<usize>>) {
        if let Some((pairs, offsets)) = builtin::pairs(literals) {
            return (Pairs(Held::Static(pairs)), offsets);
        }
        let (table, offsets) = filling::fill(literals.iter().map(|literal| &literal.bytes[..]));
        (Pairs(Held::Own(table)), offsets)
    }

    #[inline(always)]
    fn entry(&self, a: u8, b: u8) -> u32 {
        self.0[index(class(a), class(b))]
    }

    /// Where in a block a window may stand.
    pub fn bits(&self, block: &[u8; SEEN]) -> u64 {
        let mut found = 0;
        let mut this = self.entry(block[0], block[1]);
        for at in (0..BLOCK).step_by(2) {
            let next = self.entry(block[at + 2], block[at + 3]);
            let both = this & next >> 8;
            found |= u64::from(both & 0xff != 0) << at | u64::from(both & 0xff_0000 != 0) << (at + 1);
            this = next;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::filling::WINDOW;
    use crate::engine::prefilter::tests::literals;

    fn window(text: &str) -> Option<String> {
        let at = Pairs::new(&literals(&[(text, false)])).1[0]?;
        Some(text[at..text.len().min(at + WINDOW)].to_owned())
    }

    #[test]
    fn windows_are_taken_where_literals_differ_from_ordinary_text() {
        assert_ne!(window("-----BEGIN EC PRIVATE KEY-----").as_deref(), Some("----"));
        assert_ne!(window("postgres://").as_deref(), Some("s://"));
        assert_eq!(window("AKIA").as_deref(), Some("AKIA"));
        assert_eq!(window("eyJ").as_deref(), Some("eyJ"));
        assert_eq!(window("-----").as_deref(), Some("----"));
        assert_eq!(window("ab"), None);
    }

    #[test]
    fn literals_share_windows() {
        let texts: Vec<String> = (0..64).map(|i| format!("service-{i}-key")).collect();
        let all = literals(&texts.iter().map(|text| (text.as_str(), false)).collect::<Vec<_>>());
        let offsets = Pairs::new(&all).1.into_iter();
        let mut chosen: Vec<&[u8]> =
            offsets.zip(&all).filter_map(|(at, literal)| literal.bytes.get(at?..at? + WINDOW)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        assert!(chosen.len() < 32, "{chosen:?}");
    }

    #[test]
    fn every_window_passes_at_every_place_in_any_company() {
        let all =
            literals(&[("AKIA", false), ("eyJ", false), ("Signature=", true), ("\u{e9}t\u{e9}", false)]);
        let (pairs, offsets) = Pairs::new(&all);
        for (literal, offset) in all.iter().zip(offsets) {
            let window = &literal.bytes[offset.unwrap()..];
            let window = &window[..window.len().min(WINDOW)];
            for (at, other) in (0..BLOCK).flat_map(|at| [0, b' ', b'z', 0xff].map(|other| (at, other))) {
                let mut block = [other; SEEN];
                block[at..at + window.len()].copy_from_slice(window);
                assert!(pairs.bits(&block) >> at & 1 != 0, "{literal:?} at {at} among {other}");
            }
        }
        assert_eq!(pairs.bits(&[b'.'; SEEN]), 0);
    }
}
