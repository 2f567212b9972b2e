//! The generic detector's judgement: is a run that is assigned to a name really a secret?
//!
//! The name decides first (`names.rs`): without a word that means secret nothing is reported. Then
//! the value has to look random: what people and programs put under such names is full of paths,
//! type names, ids and hashes.

use super::names::{self, Strength, Verdict};
use crate::engine::runs::Shape;

/// Why something is reported, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The name that says it is a secret.
    pub key: String,
    /// 0 to 100.
    pub confidence: u8,
}

/// Judges a value that stands under `keys`.
pub fn judge<'k>(value: &[u8], keys: impl Iterator<Item = &'k str>) -> Option<Evidence> {
    let mut best: Option<(Strength, &str)> = None;
    for key in keys {
        match names::judge(key) {
            Verdict::Secret(Strength::Strong) => {
                best = Some((Strength::Strong, key));
                break;
            }
            Verdict::Secret(strength) => best = best.or(Some((strength, key))),
            Verdict::Negated | Verdict::Unknown => {}
        }
    }
    let (strength, key) = best?;
    let confidence = match (strength, randomness(value)?) {
        (Strength::Strong, Randomness::High) => 75,
        (Strength::Strong, Randomness::Some) => 50,
        (Strength::Weak, Randomness::High) => 45,
        (Strength::Weak, Randomness::Some) => return None,
    };
    Some(Evidence { key: key.to_owned(), confidence })
}

/// How random a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Randomness {
    High,
    Some,
}

fn randomness(value: &[u8]) -> Option<Randomness> {
    if value.len() < 16 || is_words(value) {
        return None;
    }
    if is_uuid(value) {
        return Some(Randomness::Some);
    }
    let shape = Shape::of(value);
    if shape.digit == 0 || shape.upper + shape.lower == 0 {
        return None;
    }
    let floor = if shape.hex { 2.8 } else { 3.2 };
    if shape.entropy < floor || shape.changes * 7 < shape.len {
        return None;
    }
    let spread = (shape.len.min(64) as f32).log2();
    Some(if shape.hex || shape.entropy > spread * 0.78 { Randomness::High } else { Randomness::Some })
}

/// Whether a value looks random at all: a cheap look first, since nearly every run is a word.
pub fn is_random(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic) && randomness(value).is_some()
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether a value is words, versions and numbers joined by punctuation or case: a path, a slug, a
/// type name. Random values rarely have five lower-case letters in a row, and never mostly so.
fn is_words(value: &[u8]) -> bool {
    let (mut in_words, mut run) = (0usize, 0usize);
    let mut letters = 0usize;
    for window in value.iter().map(Some).chain([None]) {
        match window {
            Some(b) if b.is_ascii_lowercase() => {
                run += 1;
                letters += 1;
                continue;
            }
            Some(b) if b.is_ascii_uppercase() => letters += 1,
            _ => {}
        }
        if run >= 4 {
            in_words += run;
        }
        run = 0;
    }
    let all_upper_words = value
        .split(|b| matches!(b, b'_' | b'-' | b'/'))
        .filter(|w| w.len() >= 3 && w.iter().all(u8::is_ascii_uppercase))
        .map(<[u8]>::len)
        .sum::<usize>();
    // Values in one case have long runs of letters by chance: they need vowels to be words.
    let mixed = value.iter().any(u8::is_ascii_uppercase);
    let share = if mixed { 2 } else { 3 };
    letters > 0
        && ((in_words * share > letters * (share - 1) && has_vowels(value))
            || all_upper_words * 3 > letters * 2)
}

fn has_vowels(value: &[u8]) -> bool {
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let vowels =
        value.iter().filter(|b| matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')).count();
    vowels * 4 >= letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(key: &str, value: &str) -> Option<u8> {
        judge(value.as_bytes(), [key].into_iter()).map(|e| e.confidence)
    }

    #[test]
    fn random_values_under_secret_names() {
        assert!(confidence("api_secret", "k3Jx9QmTz2LkRw8VbN4cYh").unwrap() >= 70);
        assert!(confidence("clientSecret", "9f86d081884c7d659a2feaa0c55ad015").unwrap() >= 70);
        assert_eq!(confidence("title", "k3Jx9QmTz2LkRw8VbN4cYh"), None);
    }

    #[test]
    fn words_paths_and_numbers_are_no_secrets() {
        for value in [
            "my-application-name-v2",
            "com/example/app/MyClass1",
            "SECRET_KEY_NAME_2",
            "1234567890123456",
            "application/vnd-json2",
            "getSecretValueFromStore2",
        ] {
            assert_eq!(confidence("secret", value), None, "{value}");
        }
    }
}
