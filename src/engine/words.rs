//! Thousands of words, looked up where words begin.
//!
//! An automaton over all of them takes milliseconds to build, which a scan of a few files never earns
//! back. Here words are sorted into buckets by a hash of their first bytes: built in microseconds, and
//! where most positions begin no word, as quick to search.

/// Bits of the hash.
const BITS: u32 = 12;
/// Bytes that are hashed: those of the shortest words.
const HEAD: usize = 2;

/// Words, each known by its index in the list they were made from.
pub struct Words {
    bytes: Vec<u8>,
    /// By bucket: where a word stands in `bytes`, how long it is, and its index.
    words: Vec<(u32, u16, u32)>,
    /// For each hash, where its bucket begins; one more for the end.
    buckets: Vec<u32>,
}

impl Words {
    /// Of `words`, those of two bytes and more.
    pub fn new<'w>(words: impl Iterator<Item = &'w [u8]>) -> Self {
        let mut bytes = Vec::new();
        let mut hashed: Vec<(u32, (u32, u16, u32))> = Vec::new();
        for (index, word) in words.enumerate() {
            if let (Some(hash), Ok(len)) = (hash(word), u16::try_from(word.len())) {
                hashed.push((hash, (bytes.len() as u32, len, index as u32)));
                bytes.extend_from_slice(word);
            }
        }
        hashed.sort_unstable();
        let mut buckets = vec![0u32; (1 << BITS) + 1];
        for (hash, _) in &hashed {
            buckets[*hash as usize + 1] += 1;
        }
        for i in 1..buckets.len() {
            buckets[i] += buckets[i - 1];
        }
        Words { bytes, words: hashed.into_iter().map(|(_, word)| word).collect(), buckets }
    }

    /// The words that `text` begins with: how long each is, and its index.
    pub fn at<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let bucket = hash(text).map_or(0..0, |hash| {
            self.buckets[hash as usize] as usize..self.buckets[hash as usize + 1] as usize
        });
        self.words[bucket].iter().filter_map(move |&(start, len, index)| {
            let word = &self.bytes[start as usize..start as usize + usize::from(len)];
            text.starts_with(word).then_some((word.len(), index as usize))
        })
    }
}

/// The hash of the first bytes. A third byte would part buckets better, but some words have two.
fn hash(word: &[u8]) -> Option<u32> {
    let head: &[u8; HEAD] = word.first_chunk()?;
    Some(u32::from(u16::from_le_bytes(*head)).wrapping_mul(0x9E37_79B1) >> (32 - BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_begin_one_another_are_all_found() {
        let all: [&[u8]; 5] = [b"aws", b"awssecret", b"x", b"az", b"awss"];
        let words = Words::new(all.into_iter());
        let mut found: Vec<_> = words.at(b"awssecretkey").collect();
        found.sort_unstable();
        assert_eq!(found, [(3, 0), (4, 4), (9, 1)]);
        assert_eq!(words.at(b"a").count() + words.at(b"").count() + words.at(b"xy").count(), 0);
    }

    proptest! {
        #[test]
        fn all_that_begin_a_text(all in proptest::collection::vec("[ab]{2,5}", 0..20), text in "[ab]{0,8}") {
            let words = Words::new(all.iter().map(|word| word.as_bytes()));
            let mut found: Vec<usize> = words.at(text.as_bytes()).map(|(_, index)| index).collect();
            found.sort_unstable();
            let expected: Vec<usize> =
                all.iter().enumerate().filter(|(_, word)| text.starts_with(word.as_str())).map(|(i, _)| i).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
