//! Words that name patterns, as they are looked up.
//!
//! `build.rs` reads this file too, so it knows nothing of the rest of the crate.

/// How much a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A common word.
    Weak,
    /// The name of a product.
    Plain,
    /// A host, a header, a compound name.
    Strong,
}

/// Hosts, headers and compound names say more than the name of a product.
pub fn weight(word: &str) -> Weight {
    let is_compound = word.trim().bytes().any(|b| !b.is_ascii_alphanumeric() && b != b' ');
    if is_compound { Weight::Strong } else { Weight::Plain }
}

pub fn fold(word: &str) -> Vec<u8> {
    let mut folded = Vec::with_capacity(word.len());
    folded.extend(word.bytes().filter(|b| !matches!(b, b'_' | b'-' | b' ')).map(|b| b.to_ascii_lowercase()));
    folded
}
