//! keysift finds hardcoded secrets where they really hide and says how bad each one is.
//!
//! Data flows one way: source → container → lens → engine → triage → report; see
//! `docs/architecture.md`.

pub mod address;
pub mod allow;
pub mod blob;
pub mod cli;
pub mod container;
pub mod engine;
pub mod explain;
pub mod finding;
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
pub mod ledger;
pub mod lens;
pub mod limits;
pub mod look;
pub mod net;
pub mod pattern;
pub mod report;
pub mod scan;
mod search;
pub mod source;
pub mod triage;
mod vector;
pub mod verify;
