//! The literal prefilter: where in a text does any literal of any pattern stand?
//!
//! One interface, several machines: [`windows::Windows`] runs everywhere; [`portable::Portable`], on
//! `aho-corasick`, is the oracle it is tested against. Machines in vector code come later.

pub mod portable;
pub mod windows;

use std::ops::Range;

/// Index of a literal in the list the prefilter was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LiteralId(pub u32);

/// A text to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The bytes; never empty.
    pub bytes: Vec<u8>,
    /// Whether ASCII letters match in either case.
    pub ignore_case: bool,
}

impl Literal {
    /// Whether the literal stands at `at`.
    pub fn stands_at(&self, text: &[u8], at: usize) -> bool {
        match text.get(at..at + self.bytes.len()) {
            None => false,
            Some(found) if self.ignore_case => found.eq_ignore_ascii_case(&self.bytes),
            Some(found) => found == self.bytes,
        }
    }
}

/// Finds literals.
pub trait Prefilter: Send + Sync {
    /// The name shown by `--version --verbose`.
    fn name(&self) -> &'static str;

    /// Calls `on_literal` for every literal that starts in `within`, overlapping ones included, in
    /// any order; literals may end behind it.
    fn find(&self, text: &[u8], within: Range<usize>, on_literal: &mut dyn FnMut(LiteralId, usize));
}
