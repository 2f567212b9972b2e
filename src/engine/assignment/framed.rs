//! Values in data whose name stands right before them, both behind their length as serializers and stores write them (`\x0bdb_password\x0fvalue`),
//! or one behind the other where both lengths are told before the name. Text within data is read as text.
//!
//! Nothing else tells where such a value ends, so a length must lead exactly to it.

use super::{Named, VALUE, find, is_name};
use std::ops::Range;

/// Longest name, and longest stretch between a name and its value.
const NAME: usize = 64;
const GAP: usize = 20;
/// Longest stretch of printable bytes between them: types and the like.
const LETTERS: usize = 4;
/// Lengths of values.
const LENGTHS: Range<usize> = 5..129;
/// Bytes before a name in which both lengths may stand.
const HEAD: usize = 24;
/// Shorter stretches of text say nothing about what surrounds the word.
const LEAST_TEXT: usize = 16;
/// Bytes of text around the word that are looked at.
const AROUND: usize = 1 << 10;

/// What programs are: their own readers know their strings.
const PROGRAMS: [&[u8]; 8] = [
    b"\x7fELF",
    b"MZ",
    b"\xca\xfe\xba\xbe",
    b"dex\n",
    b"\0asm",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"!<arch>\n",
];

/// A value of data and its name.
pub struct Framed {
    /// The name.
    pub name: Range<usize>,
    /// The value.
    pub value: Range<usize>,
}

/// A value that text within the data assigns.
pub struct Within {
    /// The text, in the data.
    pub text: Range<usize>,
    /// What is assigned, in the text.
    pub named: Named,
}

/// Whether the data are a program.
pub fn is_program(data: &[u8]) -> bool {
    PROGRAMS.iter().any(|magic| data.starts_with(magic))
}

fn is_letter(b: u8) -> bool {
    (b' '..0x7f).contains(&b)
}

fn is_part(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The value of the name around the hot word at `word`.
pub fn find_framed(data: &[u8], word: &Range<usize>) -> Option<Framed> {
    let before = &data[word.start.saturating_sub(NAME)..word.start];
    let start = word.start - before.iter().rev().take_while(|b| is_part(**b)).count();
    let behind = data.get(word.end..)?;
    let end = word.end + behind.iter().take(NAME).take_while(|b| is_part(**b)).count();
    if end - start > NAME {
        return joined(data, word, start);
    }
    behind_name(data, word, start..end).or_else(|| joined(data, word, start))
}

/// A value behind its length behind a name.
fn behind_name(data: &[u8], word: &Range<usize>, run: Range<usize>) -> Option<Framed> {
    // A letter behind the name may be the type of what follows.
    let is_told = |end: usize| told(data, run.start).any(|len| len == end - run.start);
    let is_typed = run.end > word.end && !is_told(run.end) && is_told(run.end - 1);
    let name = run.start..run.end - usize::from(is_typed);
    let mut letters = usize::from(is_typed);
    for at in run.end..run.end + GAP {
        let byte = *data.get(at)?;
        if !is_letter(byte) {
            letters = 0;
            continue;
        }
        if at > run.end {
            let ends = |len: usize| {
                let value = data.get(at..at + len)?;
                let is_whole = data.get(at + len).is_none_or(|b| !is_letter(*b)) || is_told(name.end);
                (value.iter().all(|b| is_letter(*b)) && is_whole).then_some(at..at + len)
            };
            let lengths = told(data, at).filter(|len| LENGTHS.contains(len));
            if let Some(value) = lengths.filter_map(ends).max_by_key(|value| {
                // What ends where the letters do is surer than what does not.
                (data.get(value.end).is_none_or(|b| !is_letter(*b)), value.len())
            }) {
                return Some(Framed { name, value });
            }
        }
        letters += 1;
        if letters > LETTERS {
            return None;
        }
    }
    None
}

/// What the bytes before `at` may say of the length of what begins there.
fn told(data: &[u8], at: usize) -> impl Iterator<Item = usize> + use<> {
    let before = &data[at.saturating_sub(8)..at];
    let zeros = before.iter().rev().take_while(|b| **b == 0).count();
    // The lowest byte first: zeros stand behind it.
    let is_number = matches!(zeros, 0 | 1 | 3 | 7);
    let byte = if is_number { before.len().checked_sub(zeros + 1).map(|n| before[n]) } else { None };
    byte.into_iter().flat_map(|byte| {
        let n = usize::from(byte);
        // As it is; with the zero at the end; twice (Avro); with bits of a type (MessagePack, Ion, Lua, Amazon) or 5 more (Ruby).
        let plain = [Some(n), n.checked_sub(1), (n % 2 == 0).then_some(n / 2), n.checked_sub(5)];
        let bits = [
            (n & 0xe0 == 0xa0).then_some(n & 0x1f),
            (n & 0x80 != 0).then_some(n & 0x7f),
            (n & 0x80 != 0).then(|| (n & 0x7f).saturating_sub(1)),
            (n & 0xf0 == 0x80).then_some(n & 0x0f),
        ];
        plain.into_iter().chain(bits).flatten()
    })
}

/// A value right behind its name, where both lengths stand before the name.
fn joined(data: &[u8], word: &Range<usize>, start: usize) -> Option<Framed> {
    let head = &data[start.saturating_sub(HEAD)..start];
    if head.last().is_none_or(|b| is_letter(*b)) {
        return None;
    }
    let behind = data.get(word.end..)?;
    let letters = behind.iter().take(LENGTHS.end + NAME).take_while(|b| is_letter(**b)).count();
    let run = start..word.end + letters;
    for name in head.iter().map(|b| usize::from(*b)).filter(|len| start + len >= word.end) {
        let Some(len) = run.len().checked_sub(name).filter(|len| LENGTHS.contains(len)) else { continue };
        let is_told = head.iter().any(|b| usize::from(*b) == len);
        if is_told && data[start..start + name].iter().all(|b| is_part(*b)) {
            return Some(Framed { name: start..start + name, value: start + name..run.end });
        }
    }
    None
}

/// What text within the data assigns to the name around the hot word at `word`.
pub fn find_within(data: &[u8], word: &Range<usize>, found: &mut dyn FnMut(Within)) {
    let is_text = |b: &u8| is_letter(*b) || matches!(b, b'\t' | b'\n' | b'\r');
    let before = &data[word.start.saturating_sub(AROUND)..word.start];
    let start = word.start - before.iter().rev().take_while(|b| is_text(b)).count();
    let behind = data[word.end..].iter().take(AROUND + VALUE).take_while(|b| is_text(b)).count();
    let text = start..word.end + behind;
    if text.len() < LEAST_TEXT || !data[word.end..text.end].iter().any(|b| !is_name(*b)) {
        return;
    }
    let inner = word.start - start..word.end - start;
    find(&data[text.clone()], inner, &mut |named| found(Within { text: text.clone(), named }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(data: &[u8]) -> Option<(String, String)> {
        let at = memchr::memmem::find(data, b"passw").unwrap();
        let framed = find_framed(data, &(at..at + 5))?;
        let text = |range: Range<usize>| String::from_utf8(data[range].to_vec()).unwrap();
        Some((text(framed.name), text(framed.value)))
    }

    #[test]
    fn values_behind_their_lengths() {
        let want = Some(("db_password".to_owned(), "a value of it".to_owned()));
        for data in [
            &b"\x0bdb_password\x0da value of it"[..],
            b"\xabdb_password\xada value of it\xa6region",
            b"\x02db_password\0\x0e\0\0\0a value of it\0\x02",
            b"t\0\x0bdb_passwordt\0\x0da value of it",
            b"\x0a\x0bdb_password\x12\x0da value of it\x18\x03",
            b"\0\0\0\x0bdb_password\0\0\0\x0da value of it\0\0",
            b"\x0b\0\0\0\0\0\0\0db_password\x08\0\0\0\x0d\0\0\0\0\0\0\0a value of it\x01",
            b"\"\x0bdb_password\"\x0da value of it\"",
            b"\x16db_password\x1aa value of it",
            b"I\"\x10db_password\x06:\x06ETI\"\x12a value of it\x06",
            b"\x0bdb_password\x0da value of itregion",
        ] {
            assert_eq!(value(data), want, "{:?}", data.escape_ascii().to_string());
        }
    }

    #[test]
    fn names_and_values_without_anything_between() {
        let want = Some(("db_password".to_owned(), "a-value-of-it".to_owned()));
        assert_eq!(value(b"\x0b\0\0\0\x0d\0\0\0db_passworda-value-of-it\0"), want);
        assert_eq!(value(b"\x0d\0\0\0\0\0\x0b\0db_passworda-value-of-it\0"), want);
        assert_eq!(value(b"\x0d\0\0\0\0\0\x0c\0db_passworda-value-of-it\0"), None);
    }

    #[test]
    fn what_no_length_leads_to_is_no_value() {
        for data in [
            &b"\x0bdb_password\x09a value of it\0"[..],
            b"\x0bdb_password\0a value of it\0",
            b"db_password",
            b"\x01password",
            b"db_password\x0da value",
            b"\x0bdb_password\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0da value of it\0",
        ] {
            assert_eq!(value(data), None, "{:?}", data.escape_ascii().to_string());
        }
    }
}
