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

/// The words that name a pattern, and the common ones among them, as they are looked up.
pub fn weighed<W: AsRef<str>>(near: &[W], weak: &[W]) -> impl Iterator<Item = (Vec<u8>, Weight)> {
    let near = near.iter().map(|word| (fold(word.as_ref()), weight(word.as_ref())));
    near.chain(weak.iter().map(|word| (fold(word.as_ref()), Weight::Weak)))
}

/// Hosts, headers and compound names say more than the name of a product.
fn weight(word: &str) -> Weight {
    let is_compound = word.trim().bytes().any(|b| !b.is_ascii_alphanumeric() && b != b' ');
    if is_compound { Weight::Strong } else { Weight::Plain }
}

pub fn fold(word: &str) -> Vec<u8> {
    let mut folded = Vec::with_capacity(word.len());
    folded.extend(word.bytes().filter(|b| !matches!(b, b'_' | b'-' | b' ')).map(|b| b.to_ascii_lowercase()));
    folded
}
