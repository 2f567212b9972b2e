//! What comes out of a stream is passed on while more of it comes out: so a packed archive is searched while it is
//! expanded, and never all in memory.

use super::Problem;

/// Whom to pass on what came out.
pub struct Passing<'p> {
    /// Bytes that were passed on.
    count: u64,
    take: &'p mut dyn FnMut(&mut Vec<u8>) -> usize,
}

impl<'p> Passing<'p> {
    /// `take` is asked between steps; it removes as many bytes as it says from the front of what came out, or none.
    pub fn to(take: &'p mut dyn FnMut(&mut Vec<u8>) -> usize) -> Self {
        Passing { count: 0, take }
    }

    /// Bytes that came out and are no longer in the buffer.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn step(&mut self, out: &mut Vec<u8>) {
        self.count += (self.take)(out) as u64;
    }
}

/// What is left of a member that was passed on.
pub struct Rest {
    /// What came out last, and was not passed on.
    pub bytes: Vec<u8>,
    /// Why it is not all there.
    pub problem: Option<Problem>,
}
