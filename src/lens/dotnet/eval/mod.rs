//! Runs code to see which strings it makes: characters under XOR, turned round, cut out, decoded by a
//! helper of the author's own.
//!
//! The sweep of [`super::machine`] looks at each method by itself and once; here methods are run, with
//! their loops, the methods they call and the initialisers of the classes whose fields they read. What
//! is not known stays unknown, a branch that hangs on it is not taken. Steps are counted for a method
//! and for the file; strings that come out give some back.

mod heap;
mod library;
mod sequences;
mod signature;
mod step;
mod texts;
mod vm;

pub(super) use vm::Vm;

/// A string that code makes: the method that was run, the offset of the call that the string comes out
/// of, and the string.
pub(super) struct Made {
    pub method: u32,
    pub at: u32,
    pub text: String,
}
