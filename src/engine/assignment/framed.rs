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
/// Letters behind a name that are none of it.
const TYPES: usize = 2;
/// Lengths of values.
const LENGTHS: Range<usize> = 5..129;
/// Bytes before a name in which both lengths may stand.
const HEAD: usize = 24;
/// Shorter stretches of text say nothing about what surrounds the word.
const LEAST_TEXT: usize = 16;
/// Bytes of text around the word that are looked at.
const AROUND: usize = 1 << 10;

const PNG: &[u8] = b"tEXt";

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
    // The kind of a piece of PNG.
    let start = start + if data[start..word.start].starts_with(PNG) { PNG.len() } else { 0 };
    let behind = data.get(word.end..)?;
    let end = word.end + behind.iter().take(NAME).take_while(|b| is_part(**b)).count();
    if end - start > NAME {
        return joined(data, word, start);
    }
    behind_name(data, word, start..end)
        .or_else(|| joined(data, word, start))
        .or_else(|| divided(data, start..end))
}

/// A value behind its length behind a name.
fn behind_name(data: &[u8], word: &Range<usize>, run: Range<usize>) -> Option<Framed> {
    // Letters behind the name may be the type of what follows.
    // A path may stand before the last part of the name. Letters of a text are no lengths.
    let before = data[run.start.saturating_sub(NAME)..run.start].iter().rev();
    let path = run.start - before.take_while(|b| is_letter(**b)).count();
    let is_told = |end: usize| {
        let is_data = |from: &usize| length_byte(data, *from).is_some_and(|b| !is_letter(b));
        [run.start, path]
            .into_iter()
            .filter(is_data)
            .any(|from| told(data, from).any(|len| len == end - from))
    };
    let may_end = |typed: &usize| run.end - typed >= word.end && is_told(run.end - typed);
    let typed = (0..=TYPES).find(may_end).unwrap_or(0);
    let name = run.start..run.end - typed;
    let mut letters = typed;
    for at in run.end..run.end + GAP {
        let byte = *data.get(at)?;
        if !is_letter(byte) {
            letters = 0;
            continue;
        }
        if at > run.end {
            let ends = |len: usize| {
                let value = data.get(at..at + len)?;
                let is_sure = data.get(at + len).is_none_or(|b| !is_letter(*b))
                    && !length_byte(data, at).is_some_and(is_letter);
                let is_whole = is_sure || is_told(name.end);
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

/// The byte before `at` that may be the length of what begins there.
fn length_byte(data: &[u8], at: usize) -> Option<u8> {
    let before = &data[at.saturating_sub(8)..at];
    let zeros = before.iter().rev().take_while(|b| **b == 0).count();
    // The lowest byte first: zeros stand behind it.
    if !matches!(zeros, 0 | 1 | 3 | 7) {
        return None;
    }
    before.len().checked_sub(zeros + 1).map(|n| before[n])
}

/// What the bytes before `at` may say of the length of what begins there.
fn told(data: &[u8], at: usize) -> impl Iterator<Item = usize> + use<> {
    length_byte(data, at).into_iter().flat_map(|byte| {
        let n = usize::from(byte);
        // As it is; with the zero at the end; twice (Avro, code of Ruby); with bits of a type (MessagePack, Ion, Lua) or 5 more (Ruby).
        let plain = [Some(n), n.checked_sub(1), Some(n / 2), n.checked_sub(5)];
        let bits = [
            (n & 0xe0 == 0xa0).then_some(n & 0x1f),
            (n & 0x80 != 0).then_some(n & 0x7f),
            (n & 0x80 != 0).then(|| (n & 0x7f).saturating_sub(1)),
            (n & 0xf0 == 0x80).then_some(n & 0x0f),
        ];
        plain.into_iter().chain(bits).flatten()
    })
}

/// A value right behind its name, where both lengths stand before the name. Stores of tables have eight bytes more at the end of a key.
fn joined(data: &[u8], word: &Range<usize>, start: usize) -> Option<Framed> {
    const MORE: usize = 8;
    let head = &data[start.saturating_sub(HEAD)..start];
    let is_length = |n: &usize| !is_letter(head[*n]);
    for (n, len) in (0..head.len()).rev().filter(is_length).map(|n| (n, usize::from(head[n]))) {
        let Some(behind) = start.checked_add(len).filter(|end| *end >= word.end && len <= NAME + MORE) else {
            continue;
        };
        let Some(key) = data.get(start..behind) else { continue };
        let letters = key.iter().take_while(|b| is_part(**b)).count();
        let name = match len - letters {
            0 => len,
            1..=MORE if len > MORE && start + len - MORE >= word.end && letters >= len - MORE => len - MORE,
            _ => continue,
        };
        let most = data[behind..].iter().take(LENGTHS.end).take_while(|b| is_letter(**b)).count();
        let is_whole = |value: &usize| {
            LENGTHS.contains(value) && (*value == most || *value < most && stands_close(head, len, *value))
        };
        // The length of the value stands behind that of the key, but for LMDB.
        let told = (n + 1..head.len()).filter(is_length).map(|n| usize::from(head[n]));
        let before =
            n.checked_sub(6).map(|n| usize::from(head[n])).filter(|value| stands_close(head, len, *value));
        if let Some(value) = told.chain(before).filter(is_whole).max() {
            return Some(Framed { name: start..start + name, value: behind..behind + value });
        }
    }
    None
}

/// Whether two lengths, and nothing else, stand at the end of what is before a key: as single bytes, as numbers of four bytes, or of two with
/// flags between them (LMDB).
fn stands_close(head: &[u8], key: usize, value: usize) -> bool {
    let (Ok(key), Ok(value)) = (u8::try_from(key), u8::try_from(value)) else { return false };
    head.ends_with(&[key, value])
        || head.ends_with(&[key, 0, 0, 0, value, 0, 0, 0])
        || head.ends_with(&[0, 0, 0, key, 0, 0, 0, value])
        || head.ends_with(&[value, 0, 0, 0, 0, 0, key, 0])
}

/// A value behind a zero behind its name, where the length of both stands before them: texts of PNG, tags of sound.
fn divided(data: &[u8], name: Range<usize>) -> Option<Framed> {
    const BEFORE: usize = 12;
    // An encoding before, a zero at the end.
    const MORE: usize = 2;
    let from = name.end + 1;
    let head = &data[name.start.saturating_sub(BEFORE)..name.start];
    if data.get(name.end) != Some(&0) {
        return None;
    }
    let most = data.get(from..)?.iter().take(LENGTHS.end).take_while(|b| is_letter(**b)).count();
    let is_png = head.ends_with(PNG);
    let told = |len: usize| {
        (0..=MORE)
            .filter_map(|more| len.checked_sub(name.len() + 1 + more))
            .find(|len| LENGTHS.contains(len) && (*len == most || is_png && *len < most))
    };
    let len = head.windows(2).filter(|two| two[0] == 0).find_map(|two| told(usize::from(two[1])))?;
    Some(Framed { name, value: from..from + len })
}

/// What text within the data assigns to the name around the hot word at `word`.
pub fn find_within(data: &[u8], word: &Range<usize>, found: &mut dyn FnMut(Within)) {
    let is_text = |b: &u8| is_letter(*b) || matches!(b, b'\t' | b'\n' | b'\r');
    let before = &data[word.start.saturating_sub(AROUND)..word.start];
    let start = word.start - before.iter().rev().take_while(|b| is_text(b)).count();
    let behind = data[word.end..].iter().take(AROUND + VALUE).take_while(|b| is_text(b)).count();
    // Private members of PHP have a zero before their names.
    let start = start - usize::from(start > 0 && data[start - 1] == 0);
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
    fn stores_of_keys_and_values() {
        let want = Some(("db_password".to_owned(), "a-value-of-it".to_owned()));
        for data in [
            &b"\0\x13\x0ddb_password\x01\x05\0\0\0\0\0\0a-value-of-it\0"[..],
            b"\x0b\0\0\0\x0d\0\0\0db_passworda-value-of-itD\x08",
            b"\x0d\0\0\0\0\0\x0b\0db_passworda-value-of-it(\0",
            b"\0\0\0\x19tEXtdb_password\0a-value-of-it\x19",
            b"TXXX\0\0\0\x1b\0\0\x03db_password\0a-value-of-it\0",
            b"\0\x08\x0b\x0ddb_passworda-value-of-it\0",
        ] {
            assert_eq!(value(data), want, "{:?}", data.escape_ascii().to_string());
        }
    }

    #[test]
    fn what_no_length_leads_to_is_no_value() {
        for data in [
            &b"\0db_password\x09a value of it\0"[..],
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
