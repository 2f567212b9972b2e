//! Sources: where bytes come from. They know files and streams, no formats and no patterns.

pub mod exclude;
pub mod folder;
pub mod git;
pub mod holes;
pub mod list;
pub mod map;
pub mod read;
pub mod relative;
pub mod remote;
pub mod tree;
