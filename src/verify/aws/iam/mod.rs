//! What an AWS principal can do, from documents alone.
//!
//! Pure functions over an [`Account`]: no network, no clock but the `now` of the [`Options`]. The heart is
//! an evaluator that answers *allowed*, *denied* or *allowed if*, on one concrete request
//! ([`evaluate::Case`]); everything else asks it questions. [`assess`] puts the answers together.

pub mod account;
pub mod actor;
mod assess;
mod catalogue;
mod condition;
mod dangerous;
mod details;
mod engine;
mod error;
mod escalation;
pub mod evaluate;
mod graph;
mod keys;
mod level;
mod managed;
mod matching;
mod operator;
mod others;
mod owner;
mod passing;
pub mod policy;
pub mod request;
pub mod requirement;
mod roles;
mod somewhere;
mod targets;

pub use account::Account;
pub use actor::{Caller, Context, Credential, PrincipalKind};
pub use assess::{Assessment, assess};
pub use dangerous::Dangerous;
pub use engine::Options;
pub use error::Error;
pub use escalation::{Escalation, table as escalation_table};
pub use evaluate::Answer;
pub use graph::{Edge, Graph, Node, NodeKind};
pub use level::Level;
pub use owner::Ownership;
pub use requirement::{Kind, Requirement};
pub use roles::RoleReach;
pub use somewhere::FRESH;
