//! What stands at a word that the engine knows (`engine/marks.rs`) and is one value: the text of a call that decodes base85, lines in
//! UTF-7.

use super::base85::{ADOBE, Alphabet, Decoder, GIT, ZEROMQ};
use super::{Decoded, base64_value};
use crate::address::Encoding;
use crate::blob::{OffsetMap, Segment};
use std::ops::Range;

/// Most bytes between the name of a call and its text: `decode(`, `decode(b"`, `decode_config(&`.
const CALL: usize = 32;

/// The text that a call decodes whose name ends at or shortly behind the word at `word`.
pub fn base85(text: &[u8], word: Range<usize>, limit: usize) -> Option<Decoded> {
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
    let rest = text.get(word.end..)?;
    let call = rest.iter().take(CALL).position(is_quote)?;
    let is_call = rest[..call].contains(&b'(')
        && rest[..call].iter().all(|b| *b < 0x80 && !matches!(b, b')' | b';' | b'='));
    is_call.then_some(())?;
    let mark = rest[call];
    let is_raw = call > 0 && matches!(rest[call - 1], b'r' | b'R');
    let quotes = if rest[call..].starts_with(&[mark; 3]) { 3 } else { 1 };
    let start = word.end + call + quotes;
    let before = text[word.start.saturating_sub(6)..word.start].to_ascii_lowercase();
    let named: &[&Alphabet] = match before.last() {
        Some(b'z') => &[&ZEROMQ],
        Some(b'b') => &[&GIT],
        Some(b'a') => &[&ADOBE],
        _ if before.ends_with(b"ascii") => &[&ADOBE],
        _ => &[&ADOBE, &GIT, &ZEROMQ],
    };
    let read = |alphabet: &&Alphabet| string(text, start..start + quotes, alphabet, is_raw, limit);
    let all = || named.iter().filter_map(read);
    all().find(|decoded| super::is_mostly_text(&decoded.bytes)).or_else(|| all().next())
}

/// The string at `quotes.start`, which ends at quotes like those before it.
fn string(
    text: &[u8],
    quotes: Range<usize>,
    alphabet: &Alphabet,
    is_raw: bool,
    limit: usize,
) -> Option<Decoded> {
    let (start, end) = (quotes.start, text.get(quotes.start - quotes.len()..quotes.start)?);
    let mut bytes = Vec::new();
    let mut map = OffsetMap::identity();
    let place = |bytes: &Vec<u8>, at| Segment { text: bytes.len(), outer: at as u64, num: 5, den: 4 };
    map.push(place(&bytes, start));
    let mut decoder = Decoder::new(alphabet);
    let mut at = start + if alphabet.is_adobe() && text[start..].starts_with(b"<~") { 2 } else { 0 };
    let mut cut = false;
    loop {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let (digit, len) = match rest {
            _ if rest.starts_with(end) => break,
            [b'~', b'>', ..] if alphabet.is_adobe() => break,
            [b'\\', next, ..] if !is_raw => (Some(*next).filter(|b| !matches!(b, b'n' | b'r' | b'\n')), 2),
            [b' ' | b'\n' | b'\r' | b'\t', ..] => (None, 1),
            [b, ..] => (Some(*b), 1),
            [] => return None,
        };
        at += len;
        match digit {
            Some(digit) => decoder.push(digit, &mut bytes)?,
            None => map.push(place(&bytes, at)),
        }
        if bytes.len() >= limit {
            bytes.truncate(limit);
            cut = true;
            break;
        }
    }
    if !cut {
        decoder.end(&mut bytes);
    }
    (bytes.len() >= 16).then_some(Decoded { span: start..at, encoding: Encoding::Base85, bytes, map, cut })
}

/// Lines before and behind a mark of UTF-7 that are decoded together: a mark behind them begins anew.
const BEFORE: usize = 1 << 10;
const BEHIND: usize = 16 << 10;

/// The lines around the mark at `at`.
pub fn utf7(text: &[u8], at: usize) -> Decoded {
    let floor = at.saturating_sub(BEFORE);
    let start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |n| floor + n + 1);
    let roof = text.len().min(at + BEHIND);
    let end = memchr::memrchr(b'\n', &text[at..roof]).map_or(roof, |n| at + n);
    let end = if roof == text.len() { roof } else { end };
    let mut bytes = Vec::with_capacity(end - start);
    let mut map = OffsetMap::identity();
    map.push_plain(0, start as u64);
    let mut from = start;
    while let Some(plus) = memchr::memchr(b'+', &text[from..end]).map(|n| from + n) {
        bytes.extend_from_slice(&text[from..plus]);
        let digits = text[plus + 1..end].iter().take_while(|&&b| is_digit(b)).count();
        let ends = text.get(plus + 1 + digits) == Some(&b'-') && plus + 1 + digits < end;
        from = plus + 1 + digits + usize::from(ends);
        match letters(&text[plus + 1..plus + 1 + digits]) {
            Some(letters) => {
                map.push_plain(bytes.len(), plus as u64);
                bytes.extend_from_slice(letters.as_bytes());
            }
            None if digits == 0 && ends => bytes.push(b'+'),
            None => bytes.extend_from_slice(&text[plus..from]),
        }
        map.push_plain(bytes.len(), from as u64);
    }
    bytes.extend_from_slice(&text[from..end]);
    Decoded { span: start..end, encoding: Encoding::Utf7, bytes, map, cut: false }
}

fn is_digit(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

/// UTF-16 in base64.
fn letters(digits: &[u8]) -> Option<String> {
    let (mut bits, mut count) = (0u32, 0);
    let mut units = Vec::with_capacity(digits.len() * 3 / 8);
    for &b in digits {
        bits = bits << 6 | u32::from(base64_value(b)?);
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
            bits &= (1 << count) - 1;
        }
    }
    // What is left of the last digit is nothing.
    (!units.is_empty() && bits == 0 && count < 6).then(|| String::from_utf16(&units).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    fn called(text: &str) -> Option<String> {
        let at = text.find("85")?;
        let word = at..at + text[at..].find("decode").or_else(|| text[at..].find("Decode"))? + 6;
        base85(text.as_bytes(), word, 1 << 20).map(|d| String::from_utf8_lossy(&d.bytes).into_owned())
    }

    #[test]
    fn texts_of_calls() {
        let plain = Some("some text of ours, 25 byte".to_owned());
        for call in [
            "b85decode(b'b8l^BAarGTbRchLAa8YYb1Wb-H6UVnbY%')",
            "base64.b85decode(\"\"\"b8l^BAarGTbRchLAa8\n  YYb1Wb-H6UVnbY%\"\"\")",
            "base85::decode(\"b8l^BAarGTbRchLAa8YYb1Wb-H6UVnbY%\")",
        ] {
            assert_eq!(called(call), plain, "{call}");
        }
        let adobe = Some("Man is distinguished".to_owned());
        for call in [
            "a85decode(b'<~9jqo^BlbD-BleB1DJ+*+F(f,q~>', adobe=True)",
            "ascii85.Decode(dst, []byte(`9jqo^BlbD-BleB1DJ+*+F(f,q`))",
        ] {
            assert_eq!(called(call), adobe, "{call}");
        }
        for call in [
            "b85decode(data)",
            "b85decode = 'no call of any thing here'",
            "b85decode('not base85, having commas')",
            "b85decode('b8l^BAarGTbRchLAa8YYb1Wb",
        ] {
            assert_eq!(called(call), None, "{call}");
        }
    }

    #[test]
    fn letters_of_utf7_with_a_way_back() {
        let text = "first\naws+AF8-key +AD0- ab+-cd/x+ZeVnLIqe-y 1+1\nlast";
        let at = text.find("+AF8").unwrap();
        let decoded = utf7(text.as_bytes(), at);
        let plain = "aws_key = ab+cd/x日本語y 1+1\nlast";
        assert_eq!(String::from_utf8_lossy(&decoded.bytes), plain);
        let outer = |what: &str| decoded.map.outer(TextOffset(plain.find(what).unwrap())) as usize;
        assert_eq!((outer("cd/x"), outer("_key")), (text.find("cd/x").unwrap(), at));
        assert_eq!(&text[decoded.span.clone()], &text[6..]);
    }
}
