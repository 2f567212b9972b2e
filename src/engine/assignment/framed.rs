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
const PROGRAMS: [&[u8]; 12] = [
    b"\x7fELF",
    b"MZ",
    b"\xca\xfe\xba\xbe",
    b"dex\n",
    b"\0asm",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"!<arch>\n",
    // Objects for Windows.
    b"\x64\x86",
    b"\x4c\x01",
    b"\x64\xaa",
    b"\0\0\xff\xff",
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

/// Whether the data are a program, or full of names behind their lengths that keep no values: a certificate, the description of a file of
/// Protocol Buffers.
pub fn names_only(data: &[u8]) -> bool {
    let is_certificate = || matches!(data, [0x30, 0x81..=0x83, ..]);
    let is_description = || match data {
        [0x0a, len, rest @ ..] => rest.get(..usize::from(*len)).is_some_and(|name| name.ends_with(b".proto")),
        _ => false,
    };
    PROGRAMS.iter().any(|magic| data.starts_with(magic)) || is_certificate() || is_description()
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
                // Of a text the operator stands there, and a blank looks like a length.
                if matches!(value, [b'=' | b':', ..]) {
                    return None;
                }
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
    let letters = data[start..].iter().take(NAME + MORE).take_while(|b| is_part(**b)).count();
    lengths(head).into_iter().flatten().find_map(|(key, value)| {
        let name = match key {
            _ if key <= letters => key,
            _ if key > MORE && letters >= key - MORE => key - MORE,
            _ => return None,
        };
        let from = start + key;
        let text = data.get(from..from.checked_add(value)?)?;
        (key <= NAME + MORE
            && start + name >= word.end
            && LENGTHS.contains(&value)
            && text.iter().all(|b| is_letter(*b)))
        .then(|| Framed { name: start..start + name, value: from..from + value })
    })
}

/// The lengths of a key and its value that a head may end with: single bytes; numbers of four bytes, the highest or the lowest byte
/// first, or with two more behind them (TDB); of two, with flags between them (LMDB).
fn lengths(head: &[u8]) -> [Option<(usize, usize)>; 5] {
    let four = |n: [u8; 4], last: bool| match (n, last) {
        ([n, 0, 0, 0], true) | ([0, 0, 0, n], false) => Some(usize::from(n)),
        _ => None,
    };
    let eight = |head: &[u8], last: bool| {
        let [a, b, c, d, e, f, g, h] = *head.last_chunk()?;
        Some((four([a, b, c, d], last)?, four([e, f, g, h], last)?))
    };
    let single = match head {
        [.., key, value] if !is_letter(*key) && !is_letter(*value) => {
            Some((usize::from(*key), usize::from(*value)))
        }
        _ => None,
    };
    let lmdb = match head {
        [.., value, 0, 0, 0, 0, 0, key, 0] => Some((usize::from(*key), usize::from(*value))),
        _ => None,
    };
    let tdb = head.len().checked_sub(8).and_then(|len| eight(&head[..len], true));
    [single, eight(head, true), eight(head, false), lmdb, tdb]
}

/// A value behind a zero behind its name, where the length of both stands before them: texts of PNG (`tEXt`), tags of sound (ID3: `TXXX`).
fn divided(data: &[u8], name: Range<usize>) -> Option<Framed> {
    if data.get(name.end) != Some(&0) {
        return None;
    }
    let from = name.end + 1;
    let most = data.get(from..)?.iter().take(LENGTHS.end).take_while(|b| is_letter(**b)).count();
    // Behind the length of ID3 two bytes of flags and the encoding, and perhaps a zero at the end.
    let len = match &data[..name.start] {
        [.., 0, 0, 0, both, b't', b'E', b'X', b't'] => {
            usize::from(*both).checked_sub(name.len() + 1).filter(|len| *len <= most)
        }
        [.., b'T', b'X', b'X', b'X', 0, 0, 0, both, _, _, 0..=3] => {
            usize::from(*both).checked_sub(name.len() + 2).filter(|len| *len == most || *len == most + 1)
        }
        _ => None,
    }?;
    let value = from..from + len.min(most);
    LENGTHS.contains(&value.len()).then_some(Framed { name, value })
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

    /// Each has `db_password` with this value, or nothing.
    fn all_are(want: Option<&str>, all: &[&[u8]]) {
        let want = want.map(|value| ("db_password".to_owned(), value.to_owned()));
        for data in all {
            assert_eq!(value(data), want, "{:?}", data.escape_ascii().to_string());
        }
    }

    #[test]
    fn values_behind_their_lengths() {
        all_are(
            Some("a value of it"),
            &[
                b"\x0bdb_password\x0da value of it",
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
            ],
        );
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
        all_are(
            Some("a-value-of-it"),
            &[
                b"\0\x13\x0ddb_password\x01\x05\0\0\0\0\0\0a-value-of-it\0",
                b"\x0b\0\0\0\x0d\0\0\0db_passworda-value-of-itD\x08",
                b"\x0d\0\0\0\0\0\x0b\0db_passworda-value-of-it(\0",
                b"\0\0\0\x19tEXtdb_password\0a-value-of-it\x19",
                b"TXXX\0\0\0\x1b\0\0\x03db_password\0a-value-of-it\0",
                b"\0\x08\x0b\x0ddb_passworda-value-of-it\0",
            ],
        );
    }

    #[test]
    fn what_no_length_leads_to_is_no_value() {
        all_are(
            None,
            &[
                b"\0db_password\x09a value of it\0",
                b"\x0bdb_password\0a value of it\0",
                b"db_password",
                b"\x01password",
                b"db_password\x0da value",
                b"\x0bdb_password\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0da value of it\0",
            ],
        );
    }
}
