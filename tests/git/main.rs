//! `keysift git`, `keysift hook` and the history in `keysift scan`, on repositories that real git makes.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

#[path = "../util/mod.rs"]
mod util;

mod archives;
mod chains;
mod damage;
mod everything;
mod hooks;
mod hostile;
mod repo;
mod same;
mod staged;
