//! Lenses: what a format means as text.
//!
//! The raw lens reads every blob. A lens for a format adds texts with true string boundaries and
//! sites; it never hides the raw bytes. A new lens is one file here and one line in [`LENSES`].

use crate::blob::{Blob, Text};
use crate::limits::Limits;

pub mod config;
pub mod decode;
pub mod dex;
pub mod document;
pub mod raw;
pub mod wide;

/// Makes texts of blobs of one format.
pub trait Lens: Send + Sync {
    /// The name used in reports and documentation: `dex`.
    fn name(&self) -> &'static str;

    /// Whether this lens reads the blob: a cheap look at its first bytes, never at its name only.
    fn reads(&self, blob: &Blob<'_>) -> bool;

    /// Pushes the texts of the blob, few and large: many small strings go into one text with a
    /// NUL byte between them. Gives what it read up to any damage, then says what was wrong.
    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage>;
}

/// The lenses, in the order in which they are asked; several may read one blob.
pub static LENSES: &[&dyn Lens] = &[&wide::WideLens, &dex::DexLens];

/// What is wrong with a blob: becomes a ledger entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format}: {what} at offset {offset}")]
pub struct Damage {
    /// The format that was expected: `DEX`.
    pub format: &'static str,
    /// Where in the blob, in bytes.
    pub offset: u64,
    /// What was expected and what was found.
    pub what: String,
}
