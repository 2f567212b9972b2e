//! The literal prefilter: where in a text does any literal of any pattern stand?
//!
//! One interface, several machines: [`windows::Windows`] runs everywhere; `avx2::Avx2` looks with vector
//! code first, where the processor has it; [`portable::Portable`], on `aho-corasick`, is the oracle that
//! both are tested against.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "x86_64")]
mod buckets;
pub(super) mod builtin;
mod filling;
mod lookup;
mod pairs;
pub mod portable;
pub mod starts;
mod statistics;
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
    #[inline]
    pub fn stands_at(&self, text: &[u8], at: usize) -> bool {
        // Literals that begin alike differ in their last byte.
        if let Some(last) = self.bytes.last()
            && !text.get(at + self.bytes.len() - 1).is_some_and(|b| b.eq_ignore_ascii_case(last))
        {
            return false;
        }
        match text.get(at..at + self.bytes.len()) {
            None => false,
            Some(found) if self.ignore_case => found.eq_ignore_ascii_case(&self.bytes),
            Some(found) => found == self.bytes,
        }
    }

    /// Whether it may stand at the beginning of a text that goes on in a way that is not known.
    pub fn may_begin(&self, text: &[u8]) -> bool {
        let len = self.bytes.len().min(text.len());
        let (own, found) = (&self.bytes[..len], &text[..len]);
        if self.ignore_case { found.eq_ignore_ascii_case(own) } else { found == own }
    }
}

/// Which machine searches. All find the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Machine {
    /// The fastest that the processor can run.
    #[default]
    Auto,
    /// Vector code for x86-64 since 2019: exact bytes.
    Avx512,
    /// Vector code for x86-64 since 2013: halves of bytes.
    Avx2,
    /// The table of windows, which runs everywhere.
    Portable,
    /// The automaton that the others are tested against: slow.
    Oracle,
}

impl Machine {
    /// All that can be forced.
    pub const ALL: [Machine; 4] = [Machine::Avx512, Machine::Avx2, Machine::Portable, Machine::Oracle];

    /// The fastest that the processor can run.
    pub fn best(literals: Vec<Literal>) -> Box<dyn Prefilter> {
        #[cfg(target_arch = "x86_64")]
        for machine in [Machine::Avx512, Machine::Avx2] {
            if machine.is_available()
                && let Some(found) = machine.build(literals.clone())
            {
                return found;
            }
        }
        Box::new(windows::Windows::new(literals))
    }

    /// A prefilter of this kind for `literals`; `None` where the processor cannot run it.
    pub fn build(self, literals: Vec<Literal>) -> Option<Box<dyn Prefilter>> {
        match self {
            Machine::Auto => Some(Machine::best(literals)),
            Machine::Portable => Some(Box::new(windows::Windows::new(literals))),
            Machine::Oracle => Some(Box::new(portable::Portable::new(literals))),
            #[cfg(target_arch = "x86_64")]
            Machine::Avx512 => {
                avx512::Avx512::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>)
            }
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2 => avx2::Avx2::new(literals).map(|found| Box::new(found) as Box<dyn Prefilter>),
            #[cfg(not(target_arch = "x86_64"))]
            Machine::Avx512 | Machine::Avx2 => None,
        }
    }

    /// Whether the processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Machine::Auto | Machine::Portable | Machine::Oracle => true,
            #[cfg(target_arch = "x86_64")]
            Machine::Avx512 => avx512::is_available(),
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2 => avx2::is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            Machine::Avx512 | Machine::Avx2 => false,
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

#[cfg(test)]
mod tests;
