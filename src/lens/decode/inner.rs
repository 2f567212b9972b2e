//! Texts that stand in a string of another: code in JSON and in the logs of containers, rows of CSV and SQL, pages in XML. The engine
//! reads names and values over the escapes of most; what needs a quote, a tag or the end of a line to be known is found once they are
//! taken away.

use super::Decoded;
use crate::address::Encoding;
use crate::blob::OffsetMap;
use crate::vector::vectored;
use std::ops::Range;

/// Bytes around a word in which something must be escaped.
const NEAR: usize = 64;
/// How far before a word its string may begin, and how long it may be.
const BEFORE: usize = 4 << 10;
const LONGEST: usize = 64 << 10;

/// How quotes and the like are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `\"`, `\n`; the string is in these quotes.
    Backslash(u8),
    /// `""`, in these quotes.
    Doubled(u8),
    /// `&quot;`.
    Entities,
}

/// The text around the word at `at`, without the escapes of the string that it stands in. Nothing before `floor` belongs to it.
pub fn around(text: &[u8], at: usize, floor: usize) -> Option<Decoded> {
    let near = &text[at.saturating_sub(NEAR).max(floor)..text.len().min(at + NEAR)];
    let floor = floor.max(at.saturating_sub(BEFORE));
    ways(near).into_iter().flatten().find_map(|way| {
        let string = string(text, at, floor, way)?;
        plain(text, string, way)
    })
}

vectored! {
    /// Whether a backslash, `&` or two quotes are among so many bytes.
    fn may_be_escaped(near: &[u8; 2 * NEAR + 1]) -> bool {
        let mut any = false;
        for i in 0..2 * NEAR {
            let (a, b) = (near[i], near[i + 1]);
            any |= (a == b'\\') | (a == b'&') | ((a == b) & ((a == b'"') | (a == b'\'')));
        }
        any
    }
}

/// How something near a word may be escaped, the likelier first.
fn ways(near: &[u8]) -> [Option<Way>; 2] {
    let mut bytes = [0; 2 * NEAR + 1];
    bytes[..near.len()].copy_from_slice(near);
    // Nearly everywhere there is nothing.
    if !may_be_escaped(&bytes) {
        return [None; 2];
    }
    let (mut slashes, mut doubled, mut entity) = ([false; 2], [false; 2], false);
    for (at, byte) in near.iter().enumerate() {
        match byte {
            b'\\' => match near.get(at + 1) {
                Some(b'"' | b'n') => slashes[0] = true,
                Some(b'\'') => slashes[1] = true,
                _ => {}
            },
            b'&' => entity |= escape(&near[at..], Way::Entities).is_some(),
            // What stands behind an empty string is no word.
            b'"' | b'\'' => match near[at + 1..] {
                [next, word, ..] if next == *byte && word.is_ascii_alphanumeric() => {
                    doubled[usize::from(*byte == b'\'')] = true;
                }
                _ => {}
            },
            _ => {}
        }
    }
    let quotes = [b'"', b'\''];
    match (slashes, entity) {
        ([false, true], _) => [Some(Way::Backslash(b'\'')), Some(Way::Backslash(b'"'))],
        ([true, _], _) => quotes.map(|quote| Some(Way::Backslash(quote))),
        (_, true) => [Some(Way::Entities), None],
        _ => [doubled[0].then_some(Way::Doubled(b'"')), doubled[1].then_some(Way::Doubled(b'\''))],
    }
}

/// What stands in the quotes, or between the tags, around `at`.
fn string(text: &[u8], at: usize, floor: usize, way: Way) -> Option<Range<usize>> {
    let before = &text[floor..at];
    match way {
        Way::Backslash(quote) => {
            let line = floor + memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
            let opens = |open: &usize| {
                let slashes = text[line..*open].iter().rev().take_while(|b| **b == b'\\').count();
                slashes.is_multiple_of(2)
            };
            let open = memchr::memrchr_iter(quote, &text[line..at]).map(|n| line + n).find(opens)?;
            let mut end = open + 1;
            let most = text.len().min(open + LONGEST);
            while end < most && text[end] != quote {
                match text[end] {
                    b'\n' => return None,
                    b'\\' => end += 2,
                    _ => end += 1,
                }
            }
            (at < end && end < most).then_some(open + 1..end)
        }
        Way::Doubled(quote) => {
            let mut to = before.len();
            // Quotes in twos are inside of it; where one is over, a field begins or ends.
            let open = loop {
                let last = memchr::memrchr(quote, &before[..to])?;
                let first = before[..last].iter().rposition(|b| *b != quote).map_or(0, |n| n + 1);
                if (last - first).is_multiple_of(2) {
                    break first;
                }
                to = first;
            };
            let begins = |b: &u8| matches!(b, b',' | b';' | b'\t' | b'|' | b'(' | b' ' | b'\n' | b'\r');
            before[..open].last().is_none_or(begins).then_some(())?;
            let (open, mut end) = (floor + open, floor + open + 1);
            let most = text.len().min(open + LONGEST);
            while end < most && (text[end] != quote || text.get(end + 1) == Some(&quote)) {
                end += if text[end] == quote { 2 } else { 1 };
            }
            (at < end && end < most).then_some(open + 1..end)
        }
        Way::Entities => {
            let behind = &text[at..text.len().min(at + LONGEST)];
            let tag = before.iter().rposition(|b| matches!(b, b'<' | b'>')).map(|n| floor + n)?;
            let is_tag = text[tag] == b'<';
            let start = if is_tag { floor + memchr::memrchr(b'"', before)? } else { tag };
            let end = memchr::memchr(if is_tag { b'"' } else { b'<' }, behind).unwrap_or(behind.len());
            (tag <= start && end > 0).then_some(start + 1..at + end)
        }
    }
}

/// The string without its escapes, if it has any.
fn plain(text: &[u8], string: Range<usize>, way: Way) -> Option<Decoded> {
    let (mut bytes, mut map) = (Vec::with_capacity(string.len()), OffsetMap::identity());
    map.push_plain(0, string.start as u64);
    let lead = match way {
        Way::Backslash(_) => b'\\',
        Way::Doubled(quote) => quote,
        Way::Entities => b'&',
    };
    let (mut at, mut is_escaped) = (string.start, false);
    while at < string.end {
        let rest = &text[at..string.end];
        let plain = memchr::memchr(lead, rest).unwrap_or(rest.len());
        bytes.extend_from_slice(&rest[..plain]);
        at += plain;
        let Some((letter, len)) = escape(&rest[plain..], way) else {
            bytes.extend(rest.get(plain));
            at += 1;
            continue;
        };
        bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        at += len;
        is_escaped = true;
        map.push_plain(bytes.len(), at as u64);
    }
    is_escaped.then_some(Decoded { span: string, encoding: Encoding::Escapes, bytes, map, cut: false })
}

/// The letter that an escape at the beginning stands for, and its length.
fn escape(rest: &[u8], way: Way) -> Option<(char, usize)> {
    let number = |digits: &[u8], base: u32| {
        let digits =
            std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_alphanumeric()))?;
        char::from_u32(u32::from_str_radix(digits, base).ok()?)
    };
    match (way, rest) {
        (Way::Backslash(_), [b'\\', next, ..]) => {
            let letter = match next {
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$' => char::from(*next),
                b'u' => return Some((number(rest.get(2..6)?, 16)?, 6)),
                b'x' => return Some((number(rest.get(2..4)?, 16)?, 4)),
                _ => return None,
            };
            Some((letter, 2))
        }
        (Way::Doubled(quote), [a, b, ..]) if *a == quote && *b == quote => Some((char::from(quote), 2)),
        (Way::Entities, [b'&', b'n', b'b', b's', b'p', b';', ..]) => Some((' ', 6)),
        (Way::Entities, [b'&', ..]) => entity(&rest[..rest.len().min(10)]),
        _ => None,
    }
}

/// The character that the reference at the start of `bytes` stands for, and its length: of those that XML knows.
pub(crate) fn entity(bytes: &[u8]) -> Option<(char, usize)> {
    let end = memchr::memchr(b';', bytes)?;
    let c = match &bytes[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', hex @ ..] => {
            char::from_u32(u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?)?
        }
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    const CODE: &str = "db = connect('h', \"root\", \"xyz\")\nrequirepass \\d <b> & é";

    fn read(text: &str) -> Option<String> {
        let decoded = around(text.as_bytes(), text.find("root")?, 0)?;
        let at = |bytes: &[u8]| bytes.windows(3).position(|w| w == b"xyz").unwrap();
        let outer = decoded.map.outer(TextOffset(at(&decoded.bytes))) as usize;
        assert_eq!(outer, at(text.as_bytes()));
        Some(String::from_utf8(decoded.bytes).unwrap())
    }

    #[test]
    fn code_in_strings_of_other_texts() {
        let json = CODE.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let entities = CODE.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        for text in [
            format!("{{\"a\": \"b\", \"code\": \"{json}\", \"c\": \"d\"}}"),
            format!("{{\"a\": \"b\\n\", \"code\": \"{}\"}}", json.replace('é', "\\u00e9")),
            format!(
                "INSERT INTO t VALUES (1, '{}', 2);",
                CODE.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")
            ),
            format!("INSERT INTO t VALUES (1, '{}', 2);", json.replace('\'', "\\'")),
            format!("INSERT INTO t VALUES (1, '{}', 2);", CODE.replace('\'', "''")),
            format!("id,body\n1,\"{}\",x\n", CODE.replace('"', "\"\"")),
            format!("<a><b>{entities}</b></a>"),
            format!("<a>x</a><a b=\"{entities}\"/>"),
            format!("<pre>{}</pre>", entities.replace("&quot;", "&#34;").replace('\'', "&#x27;")),
        ] {
            assert_eq!(read(&text).as_deref(), Some(CODE), "{text}");
        }
    }

    #[test]
    fn what_is_in_none_or_has_no_escapes() {
        for none in [
            "f(\"a\\n\", root, \"xyz\")",
            "f(\"root xyz\", \"a\\n\")",
            "\"root xyz\\n",
            "f('', root, xyz, \"\")",
            "a \"\" root xyz",
            "<a b='&lt;'>root xyz</a>",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn nothing_that_belongs_to_another() {
        let text = b"\"a \\\"root\\\" b\"";
        assert!(around(text, 5, 0).is_some());
        assert!(around(text, 5, 2).is_none());
    }
}
