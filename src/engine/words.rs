//! Thousands of words, looked up where words begin.
//!
//! An automaton over all of them takes milliseconds to build, which a scan of a few files never earns
//! back. Here words are sorted into buckets by a hash of their first bytes: built in microseconds, and
//! where most positions begin no word, as quick to search. Three bytes part them well; the few words of two
//! bytes have buckets of their own.
//!
//! `build.rs` reads this file too, for the words of the built-in patterns, which are part of the program.

use super::held::Held;

/// Bits of the hash, at most.
const BITS: u32 = 12;
/// Bits of the longer hash.
const LONG_BITS: u32 = 15;

/// Words, and for each what it was given with.
#[derive(Debug, PartialEq)]
pub struct Words<T: 'static> {
    pub(super) bytes: Held<[u8]>,
    /// Those of two bytes.
    pub(super) short: Buckets<2>,
    /// All others.
    pub(super) long: Buckets<3>,
    /// What the words were given with, word by word.
    pub(super) given: Held<[T]>,
}

/// Words by the hash of their first `HEAD` bytes.
#[derive(Debug, PartialEq)]
pub struct Buckets<const HEAD: usize> {
    /// For each longer hash, a bit: whether a word has it. Nearly all texts begin no word, and most are refused here.
    pub(super) begins: Held<[u64; 1 << (LONG_BITS - 6)]>,
    /// Bits of the hash: about as many as number the words.
    pub(super) bits: u32,
    pub(super) words: Held<[Word]>,
    /// For each hash, where its bucket begins; one more for the end.
    pub(super) starts: Held<[u32]>,
}

/// A word of a bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// Its first eight bytes; behind its end, zeros.
    pub(super) head: u64,
    /// Where it stands in `bytes`.
    pub(super) start: u32,
    pub(super) len: u16,
    /// Where what it was given with stands in `given`, and how many there are.
    pub(super) first: u32,
    pub(super) count: u16,
}

/// The bits of a head that are a word's own.
fn mask(len: u16) -> u64 {
    !0 >> (64 - 8 * u32::from(len.min(8)))
}

/// The first eight bytes of `text`; behind its end, zeros.
#[inline]
fn head(text: &[u8]) -> u64 {
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_le_bytes(bytes)
}

impl<T: Copy + 'static> Words<T> {
    /// Of all `words` of two bytes and more: what is given with the same word comes together, in its order.
    pub fn new<W: AsRef<[u8]>>(words: impl Iterator<Item = (W, T)>) -> Self {
        let mut bytes = Vec::new();
        let mut all: Vec<(Word, T)> = Vec::with_capacity(words.size_hint().0);
        for (word, given) in words {
            let word = word.as_ref();
            let Ok(len @ 2..) = u16::try_from(word.len()) else { continue };
            let (start, first) = (bytes.len() as u32, all.len() as u32);
            all.push((Word { head: head(word), start, len, first, count: 1 }, given));
            bytes.extend_from_slice(word);
        }
        let rest = |word: &Word| &bytes[word.start as usize..][..usize::from(word.len)];
        all.sort_unstable_by(|(a, _), (b, _)| {
            (a.head, a.len).cmp(&(b.head, b.len)).then_with(|| {
                let tails = if a.len > 8 { rest(a).cmp(rest(b)) } else { std::cmp::Ordering::Equal };
                tails.then(a.first.cmp(&b.first))
            })
        });
        let (mut short, mut long) = (Vec::new(), Vec::with_capacity(all.len()));
        let mut given = Vec::with_capacity(all.len());
        let is_same =
            |a: &Word, b: &Word| a.head == b.head && a.len == b.len && (a.len <= 8 || rest(a) == rest(b));
        for (word, with) in all {
            let list = if word.len == 2 { &mut short } else { &mut long };
            let first = given.len() as u32;
            given.push(with);
            match list.last_mut() {
                Some(last) if is_same(last, &word) && last.count < u16::MAX => last.count += 1,
                _ => list.push(Word { first, ..word }),
            }
        }
        let own = |table: Vec<u8>| Held::Own(table.into_boxed_slice());
        let (short, long) = (Buckets::new(short), Buckets::new(long));
        Words { bytes: own(bytes), short, long, given: Held::Own(given.into_boxed_slice()) }
    }

    /// Whether a word may begin there: most texts are refused by their first bytes.
    #[inline]
    pub fn may_begin(&self, text: &[u8]) -> bool {
        let first = head(text);
        self.short.may_begin(first) || self.long.may_begin(first)
    }

    /// The words that `text` begins with: how long each is, and what it was given with.
    pub fn at<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'a [T])> + 'a {
        let first = head(text);
        self.short.at(first).iter().chain(self.long.at(first)).filter_map(move |word| {
            let len = usize::from(word.len);
            // What is not its own has no bits in its head: one comparison refuses nearly all.
            (first & mask(word.len) == word.head
                && (len <= 8 || text.starts_with(&self.bytes[word.start as usize..][..len]))
                && len <= text.len())
            .then(|| (len, &self.given[word.first as usize..][..usize::from(word.count)]))
        })
    }
}

impl<const HEAD: usize> Buckets<HEAD> {
    fn new(mut words: Vec<Word>) -> Self {
        let bits = words.len().next_power_of_two().trailing_zeros().clamp(1, BITS);
        words.sort_by_key(|word| Self::hash(word.head, bits));
        let mut starts = vec![0u32; (1 << bits) + 1];
        for word in &words {
            starts[Self::hash(word.head, bits) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut begins = Box::new([0; 1 << (LONG_BITS - 6)]);
        for word in &words {
            let hash = Self::hash(word.head, LONG_BITS);
            begins[hash >> 6] |= 1 << (hash & 63);
        }
        let (words, starts) = (words.into_boxed_slice(), starts.into_boxed_slice());
        Buckets { begins: Held::Own(begins), bits, words: Held::Own(words), starts: Held::Own(starts) }
    }

    #[inline]
    fn may_begin(&self, head: u64) -> bool {
        let hash = Self::hash(head, LONG_BITS);
        self.begins[hash >> 6] >> (hash & 63) & 1 != 0
    }

    /// The words that may begin a text whose first bytes are `head`.
    fn at(&self, head: u64) -> &[Word] {
        if !self.may_begin(head) {
            return &[];
        }
        let hash = Self::hash(head, self.bits);
        &self.words[self.starts[hash] as usize..self.starts[hash + 1] as usize]
    }

    #[inline]
    fn hash(head: u64, bits: u32) -> usize {
        let first = (head as u32) << (32 - 8 * HEAD as u32);
        (first.wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_begin_one_another_are_all_found() {
        let all = ["aws", "awssecret", "x", "az", "awss", "aws"];
        let words = Words::new(all.into_iter().zip(0..));
        let mut found: Vec<_> = words.at(b"awssecretkey").collect();
        found.sort_unstable();
        assert_eq!(found, [(3, &[0, 5][..]), (4, &[4]), (9, &[1])]);
        assert_eq!(words.at(b"azure").collect::<Vec<_>>(), [(2, &[3][..])]);
        assert_eq!(words.at(b"a").count() + words.at(b"").count() + words.at(b"xy").count(), 0);
    }

    proptest! {
        #[test]
        fn all_that_begin_a_text(all in proptest::collection::vec("[ab]{2,12}", 0..30), text in "[ab]{0,14}") {
            let words = Words::new(all.iter().zip(0..));
            let mut found: Vec<usize> = words.at(text.as_bytes()).flat_map(|(_, given)| given).copied().collect();
            found.sort_unstable();
            let expected: Vec<usize> =
                all.iter().enumerate().filter(|(_, word)| text.starts_with(word.as_str())).map(|(i, _)| i).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
