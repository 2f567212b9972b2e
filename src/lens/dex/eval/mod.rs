//! Code that makes strings out of constants, really run: arrays of bytes and characters, XOR
//! loops, `String.format`, helpers that decode.
//!
//! The abstract machine ([`super::machine`]) is for every method and knows appending only. Here a
//! few methods ([`select`]) are interpreted with what is known; what is not known stays unknown and
//! spreads. Where a branch of such a method depends on it, both ways are gone, each once. Methods
//! of the same file are followed when they are given constants. Every instruction costs a step,
//! steps are bounded by the size of the file, and so is all memory.

mod codec;
mod heap;
mod kotlin;
mod library;
mod natives;
pub(super) mod select;
mod sites;
mod state;
mod step;
mod texts;
mod vm;

pub(super) use sites::{hash, read};

/// A string that a method made.
pub(super) struct Made {
    /// The method, by its place in the file.
    pub(super) method: u32,
    /// The call or allocation it came out of, in units.
    pub(super) at: u32,
    /// What was made.
    pub(super) text: String,
}
