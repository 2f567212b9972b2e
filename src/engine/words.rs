//! Thousands of words, looked up where words begin.
//!
//! An automaton over all of them takes milliseconds to build, which a scan of a few files never earns
//! back. Here words are sorted into buckets by a hash of their first bytes: built in microseconds, and
//! where most positions begin no word, as quick to search. Three bytes part them well; the few words of two
//! bytes have buckets of their own.

/// Bits of the hash.
const BITS: u32 = 12;

/// Words, each known by its index in the list they were made from.
pub struct Words {
    bytes: Vec<u8>,
    /// Those of two bytes.
    short: Buckets<2>,
    /// All others.
    long: Buckets<3>,
}

/// Words by the hash of their first `HEAD` bytes.
struct Buckets<const HEAD: usize> {
    words: Vec<Word>,
    /// For each hash, where its bucket begins; one more for the end.
    starts: Vec<u32>,
}

/// A word of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Word {
    /// Its first eight bytes; behind its end, zeros.
    head: u64,
    /// The bits that are its own.
    mask: u64,
    /// Where it stands in `bytes`.
    start: u32,
    len: u16,
    index: u32,
}

/// The first eight bytes of `text`; behind its end, zeros.
fn head(text: &[u8]) -> u64 {
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_le_bytes(bytes)
}

impl Words {
    /// Of `words`, those of two bytes and more.
    pub fn new<'w>(words: impl Iterator<Item = &'w [u8]>) -> Self {
        let mut bytes = Vec::new();
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for (index, word) in words.enumerate() {
            let Ok(len @ 2..) = u16::try_from(word.len()) else { continue };
            let mask = !0 >> (64 - 8 * u32::from(len.min(8)));
            let start = bytes.len() as u32;
            let list = if len == 2 { &mut short } else { &mut long };
            list.push(Word { head: head(word), mask, start, len, index: index as u32 });
            bytes.extend_from_slice(word);
        }
        Words { bytes, short: Buckets::new(short), long: Buckets::new(long) }
    }

    /// The words that `text` begins with: how long each is, and its index.
    pub fn at<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let first = head(text);
        self.short.at(first).iter().chain(self.long.at(first)).filter_map(move |word| {
            let len = usize::from(word.len);
            // What is not its own has no bits in its head: one comparison refuses nearly all.
            (first & word.mask == word.head
                && (len <= 8 || text.starts_with(&self.bytes[word.start as usize..][..len]))
                && len <= text.len())
            .then_some((len, word.index as usize))
        })
    }
}

impl<const HEAD: usize> Buckets<HEAD> {
    fn new(mut words: Vec<Word>) -> Self {
        words.sort_unstable_by_key(|word| (Self::hash(word.head), *word));
        let mut starts = vec![0u32; (1 << BITS) + 1];
        for word in &words {
            starts[Self::hash(word.head) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        Buckets { words, starts }
    }

    /// The words that may begin a text whose first bytes are `head`.
    fn at(&self, head: u64) -> &[Word] {
        let hash = Self::hash(head);
        &self.words[self.starts[hash] as usize..self.starts[hash + 1] as usize]
    }

    fn hash(head: u64) -> usize {
        let first = (head as u32) << (32 - 8 * HEAD as u32);
        (first.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
    }
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
