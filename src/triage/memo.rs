//! What was said of names, remembered: texts name the same few things over and over.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Longer names are not remembered, in bytes.
const LONGEST: usize = 47;
/// Names that are remembered at once. A name that falls on another's place takes it.
const SLOTS: usize = 512;

/// Answers by name. Made where it is first used.
pub struct Memo<T> {
    slots: Vec<Option<Slot<T>>>,
}

#[derive(Clone, Copy)]
struct Slot<T> {
    len: u8,
    name: [u8; LONGEST],
    answer: T,
}

/// A memo of this thread.
pub type Local<T> = LocalKey<RefCell<Memo<T>>>;

impl<T> Memo<T> {
    /// An empty one.
    pub const EMPTY: Memo<T> = Memo { slots: Vec::new() };
}

impl<T: Copy> Memo<T> {
    /// What `answer` says of `name`, which must always be the same.
    pub fn of(memo: &'static Local<T>, name: &str, answer: impl FnOnce() -> T) -> T {
        let bytes = name.as_bytes();
        if bytes.len() > LONGEST {
            return answer();
        }
        let at = place(bytes);
        let is_it = |slot: &Slot<T>| usize::from(slot.len) == bytes.len() && slot.name.starts_with(bytes);
        let known = memo.with_borrow(|memo| {
            memo.slots.get(at).and_then(Option::as_ref).filter(|s| is_it(s)).map(|s| s.answer)
        });
        known.unwrap_or_else(|| {
            let mut slot = Slot { len: bytes.len() as u8, name: [0; LONGEST], answer: answer() };
            slot.name[..bytes.len()].copy_from_slice(bytes);
            memo.with_borrow_mut(|memo| {
                if memo.slots.is_empty() {
                    memo.slots.resize(SLOTS, None);
                }
                memo.slots[at] = Some(slot);
            });
            slot.answer
        })
    }
}

/// The place of a name: of its length and its first and last eight bytes.
fn place(name: &[u8]) -> usize {
    let word = |bytes: &[u8]| bytes.iter().fold(0u64, |word, b| word << 8 | u64::from(*b));
    let (head, tail) = (&name[..name.len().min(8)], &name[name.len().saturating_sub(8)..]);
    let mixed = word(head).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word(tail).rotate_left(32);
    let mixed = (mixed ^ name.len() as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (mixed >> 48) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_asked_for_once() {
        thread_local! {
            static MEMO: RefCell<Memo<usize>> = const { RefCell::new(Memo::EMPTY) };
        }
        let mut asked = 0;
        let mut length = |name: &str| {
            Memo::of(&MEMO, name, || {
                asked += 1;
                name.len()
            })
        };
        let long = "x".repeat(LONGEST + 1);
        for name in ["", "name", "name", "nam", "", &long, &long] {
            assert_eq!(length(name), name.len());
        }
        assert_eq!(asked, 5, "three names once, and twice what is too long");
    }

    #[test]
    fn names_that_share_a_place_are_told_apart() {
        thread_local! {
            static MEMO: RefCell<Memo<usize>> = const { RefCell::new(Memo::EMPTY) };
        }
        for _ in 0..3 {
            for i in 0..4 * SLOTS {
                assert_eq!(Memo::of(&MEMO, &format!("name_{i}"), || i), i);
            }
        }
    }
}
