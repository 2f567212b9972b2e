//! What was said of a value and its surroundings, for those who meet the same again and again.
//!
//! The versions of a file in a history differ in a few lines: nearly all that is named by its surroundings has been
//! named before. A search of files meets nearly nothing twice, so only who asks for it remembers ([`remembering`]).
//! What was met is known by a keyed hash of 128 bits; whoever writes the files does not know the key.

use super::named::Named;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::OnceLock;

/// Values that one thread remembers; then it begins anew.
const MOST: usize = 1 << 15;

/// What a value in its surroundings is known by.
pub type Key = [u64; 2];

thread_local! {
    static REMEMBERS: Cell<bool> = const { Cell::new(false) };
    static MEMORY: RefCell<HashMap<Key, Option<Named>, BuildHasherDefault<FirstHalf>>> = RefCell::default();
}

/// This thread remembers as long as it has this.
pub struct Remembering {
    before: bool,
}

/// From now on, this thread remembers.
pub fn remembering() -> Remembering {
    Remembering { before: REMEMBERS.replace(true) }
}

impl Drop for Remembering {
    fn drop(&mut self) {
        REMEMBERS.set(self.before);
    }
}

/// Whether this thread remembers.
pub fn remembers() -> bool {
    REMEMBERS.get()
}

/// What is remembered under a key, or else what `say` says. Places are counted from where the value begins.
pub fn recalled(key: Key, say: impl FnOnce() -> Option<Named>) -> Option<Named> {
    if let Some(known) = MEMORY.with_borrow(|memory| memory.get(&key).cloned()) {
        return known;
    }
    let said = say();
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() >= MOST {
            memory.clear();
        }
        memory.insert(key, said.clone());
    });
    said
}

/// The key of `bytes` with these numbers beside them.
pub fn key(bytes: &[u8], numbers: &[u64]) -> Key {
    static SEEDS: OnceLock<[u64; 4]> = OnceLock::new();
    let seeds = SEEDS.get_or_init(|| {
        let state = RandomState::new();
        std::array::from_fn(|n| state.hash_one(n) | 1)
    });
    let [mut a, mut b, c, d] = *seeds;
    let folded = |x: u64, y: u64| {
        let product = u128::from(x) * u128::from(y);
        product as u64 ^ (product >> 64) as u64
    };
    let mut take = |x: u64, y: u64| {
        (a, b) = (folded(x ^ a, y ^ c).wrapping_add(b), folded(y ^ b, x ^ d).rotate_left(23) ^ a);
    };
    for number in numbers {
        take(*number, bytes.len() as u64);
    }
    let (chunks, rest) = bytes.as_chunks::<16>();
    let half = |chunk: &[u8; 16], from: usize| {
        chunk[from..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    for chunk in chunks {
        take(half(chunk, 0), half(chunk, 8));
    }
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    take(half(&last, 0), half(&last, 8));
    take(c, d);
    [a, b]
}

/// Keys are hashes already.
#[derive(Default)]
struct FirstHalf(u64);

impl Hasher for FirstHalf {
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, n: u64) {
        self.0 ^= n;
    }
    fn write_usize(&mut self, _: usize) {}
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn other_bytes_and_other_numbers_have_other_keys() {
        let text: Vec<u8> = (0..200).map(|n| b'a' + n % 7).collect();
        let mut keys = HashSet::new();
        let mut count = 0;
        for len in 0..text.len() {
            count += 1;
            keys.insert(key(&text[..len], &[1]));
        }
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[at] ^= 1 << bit;
                count += 1;
                keys.insert(key(&other, &[1]));
            }
        }
        for number in 2..100 {
            count += 1;
            keys.insert(key(&text, &[number]));
        }
        assert_eq!(keys.len(), count);
        assert_eq!(key(&text, &[1, 2]), key(&text, &[1, 2]));
    }

    #[test]
    fn only_who_asks_remembers() {
        assert!(!remembers());
        {
            let _outer = remembering();
            let _inner = remembering();
            assert!(remembers());
        }
        assert!(!remembers());
        let key = key(b"x", &[7]);
        assert_eq!(recalled(key, || None), None);
        assert_eq!(recalled(key, || panic!("it is known")), None);
    }
}
