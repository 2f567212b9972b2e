//! The words of the built-in patterns, in tables that `build.rs` makes.

use super::Names;
use super::word::Weight::{Plain, Strong, Weak};
use crate::engine::held::Held;
use crate::engine::words::{Buckets, Word, Words};
use crate::pattern::PatternId;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(test)]
mod tests {
    use super::super::Index;
    use crate::pattern::PatternSet;

    #[test]
    fn the_tables_are_those_of_the_patterns() {
        let patterns = PatternSet::builtin().unwrap();
        assert_eq!(super::words(), Index::of(&patterns).0);
    }
}
