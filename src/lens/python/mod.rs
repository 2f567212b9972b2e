//! Python: compiled modules ([`pyc`]).

mod code;
mod marshal;
mod opcodes;
pub mod pyc;
mod run;

use crate::blob::{Scope, ScopeClass, ScopeId};

/// A scope whose name both texts of a file agree on.
fn scope(class: ScopeClass, id: String, order: u64, label: String) -> Scope {
    Scope { class, id: ScopeId::Named(id), order: Some(order), label }
}
