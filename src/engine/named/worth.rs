//! What of the runs that do not look random as a whole is worth a look at its surroundings all the same.

use super::super::runs::outline::Outline;
use super::super::runs::{self, Shape};
use crate::triage::generic;
use std::ops::RangeInclusive;

/// Whether `may_be_secret` may say yes of a value of this outline: asked of all, at the cost of a few bits.
pub(super) fn may_hold_random(value: &[u8], o: &Outline) -> bool {
    let after = |bits: u64| 64 - bits.leading_zeros();
    let last = after(o.other());
    let rest = o.len as u32 - last;
    if o.digit == 0 {
        // Scrambled letters at its end: in both cases, or in one.
        let upper = o.upper.checked_shr(last).unwrap_or(0);
        let turns = (upper ^ upper >> 1).count_ones();
        return rest >= 24 && (turns * 3 >= rest || turns <= 1 && rest >= 32);
    }
    if o.digit.count_ones() < 3 || o.other() == 0 {
        return false;
    }
    // Something random behind the last joint, or between joints: then what is behind it has a digit, or is
    // one letter.
    after(o.digit) > last
        || rest <= 1
        || !matches!(value[last as usize - 1], b'_' | b'-')
        || memchr::memchr(b'/', value).is_some()
}

/// The same of `is_mixed`.
pub(super) fn may_be_mixed(value: &[u8], o: &Outline) -> bool {
    match o.other().count_ones() {
        0 => o.len >= 20 && o.digit != 0 && o.letter() != 0 && o.changes() * 6 >= o.len,
        // Groups are joined by hyphens, the first of which ends one of 4 to 10.
        joints => {
            let first = value.iter().take(FIRST_GROUP.end() + 1).position(|b| *b == b'-');
            joints >= 2 && first.is_some_and(|at| FIRST_GROUP.contains(&at))
        }
    }
}

/// Lengths of the first of several groups.
const FIRST_GROUP: RangeInclusive<usize> = 4..=10;

/// Whether `//` stands shortly before `at`, or there, and the address that it opens goes on until `at`: behind one that has
/// ended, `url: 'https://…', token: 'ab/cd'`, a value with a slash in it is no path.
pub(super) fn is_in_url(text: &[u8], at: usize) -> bool {
    let near = &text[at.saturating_sub(URL)..text.len().min(at + 2)];
    near.windows(2)
        .rposition(|pair| pair == b"//")
        .is_some_and(|opened| near[opened..].iter().all(|b| !ENDS_URL.contains(b)))
}

/// What no address has in it as it is.
const ENDS_URL: &[u8] = b" \t\r\n\"'`<>";

/// What of the runs that do not look random as a whole may be a value all the same: groups, the last part
/// of a path, random letters. A cheap look, for nearly all are words.
pub(super) fn may_be_secret(value: &[u8], is_in_url: impl FnOnce() -> bool) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return value.len() >= 24 && is_scrambled(value);
    }
    if digits < 3 {
        return false;
    }
    if let Some(at) = memchr::memrchr(b'/', value) {
        let last = &value[at + 1..];
        return last.len() >= runs::MIN_RUN && generic::is_random(last) && is_in_url();
    }
    // A prefix in words, and a random rest.
    if let Some(at) = value.iter().rposition(|b| matches!(b, b'_' | b'-'))
        && value.len() - at > runs::MIN_RUN
        && generic::is_random(&value[at + 1..])
    {
        return true;
    }
    // Groups are judged without what joins them.
    let mut bare = [0; 64];
    let mut length = 0;
    let is_grouped = value.len() <= bare.len()
        && value.split(|b| matches!(b, b'-' | b'_')).skip(1).all(|part| {
            part.len() >= 4 && part.len() <= 36 && part.iter().any(u8::is_ascii_digit) || part.len() == 1
        });
    if !is_grouped {
        return false;
    }
    for &b in value.iter().filter(|b| b.is_ascii_alphanumeric()) {
        bare[length] = b;
        length += 1;
    }
    length < value.len() && generic::is_random(&bare[..length])
}

/// Whether a value that looks like words is still none that anybody writes: letters and digits in turn, or
/// groups of one length. One in twenty random values is like that; only a name that says both whose it is
/// and that it is secret makes one of these.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    if value.len() > 128 {
        return false;
    }
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    if letters + digits < value.len() {
        let first = memchr::memchr(b'-', value).filter(|first| FIRST_GROUP.contains(first));
        let Some(first) = first else { return false };
        let mut groups = value[first + 1..].split(|&b| b == b'-');
        let is_even = groups.all(|g| g.len() == first || g.len() + 2 == first);
        return is_even && value.len() - letters - digits >= 2 && !generic::reads_well(value);
    }
    value.len() >= 20 && letters > 0 && digits > 0 && !generic::reads_well(value) && {
        let shape = Shape::of(value);
        shape.entropy >= 3.3 && shape.changes * 6 >= shape.len
    }
}

/// How far before a path its `//` may stand.
const URL: usize = 128;

/// Whether a value is letters that change their case as often as chance would, or letters of one case that
/// no words are made of.
fn is_scrambled(value: &[u8]) -> bool {
    let head = value.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let letters = &value[head..];
    if letters.len() < 24 {
        return false;
    }
    let changes =
        letters.windows(2).filter(|w| w[0].is_ascii_uppercase() != w[1].is_ascii_uppercase()).count();
    let upper = letters.iter().filter(|b| b.is_ascii_uppercase()).count();
    let is_mixed =
        changes * 3 >= letters.len() && upper * 4 >= letters.len() && upper * 4 <= letters.len() * 3;
    let is_one_case = changes == 0 && letters.len() >= 32 && Shape::of(letters).entropy >= 3.6;
    (is_mixed || is_one_case) && !generic::reads_well(letters)
}
