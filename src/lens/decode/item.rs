//! One byte as programs write it, and what stands between two of them.

use crate::engine::runs::is_token;

/// What numbers are that do not say it themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Decimal.
    Decimal,
    /// Two hexadecimal digits each.
    Hex,
}

/// A byte of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The byte.
    pub value: u8,
    /// Where it ends.
    pub end: usize,
    /// Whether it is an escape, behind which the next may stand.
    pub is_escape: bool,
    /// Digits of a number that does not say what it is.
    pub bare: Option<usize>,
}

/// Words before a number in parentheses: `Chr(65)`, `byte('A')`.
const CALLS: &[&[u8]] =
    &[b"chr", b"chr$", b"chrw", b"chrw$", b"chrb", b"char", b"nchar", b"byte", b"uint8", b"rune"];
/// Types a number is cast to.
const CASTS: &[&[u8]] = &[
    b"byte",
    b"sbyte",
    b"char",
    b"unsigned char",
    b"signed char",
    b"uint8_t",
    b"int8_t",
    b"u8",
    b"wchar_t",
    b"BYTE",
];
/// Behind a number.
const SUFFIXES: &[&[u8]] = &[b"u8", b"_u8", b"i8", b"uy", b"y", b"u", b"U", b"L", b"l", b"UL", b"ul"];
/// Longest type, with the parentheses around it.
pub const WORD: usize = 16;
/// Longest of the words that are called, with the parenthesis.
const CALL: usize = 6;

/// The byte at `at`.
pub fn item(text: &[u8], at: usize, style: Style) -> Option<Item> {
    if let Some(item) = plain(text, at, style) {
        return Some(item);
    }
    // Most of what is asked for is the name of something: the first letters of these words tell.
    let rest = text.get(at..)?;
    match rest {
        [b'(', b'b' | b's' | b'c' | b'u' | b'i' | b'w' | b'B', ..] => {
            let close = rest.iter().take(WORD).position(|b| *b == b')')?;
            CASTS.contains(&&rest[1..close]).then_some(())?;
            let from = at + close + 1;
            plain(text, from + text[from..].iter().take(2).take_while(|b| **b == b' ').count(), style)
        }
        [
            b'C' | b'c' | b'N' | b'n' | b'B' | b'b' | b'U' | b'u' | b'R' | b'r',
            b'H' | b'h' | b'C' | b'c' | b'Y' | b'y' | b'I' | b'i' | b'U' | b'u',
            ..,
        ] => {
            let open = rest.iter().take(CALL).position(|b| *b == b'(')?;
            CALLS.iter().any(|call| call.eq_ignore_ascii_case(&rest[..open])).then_some(())?;
            let item = plain(text, at + open + 1, style)?;
            let is_call = text.get(item.end) == Some(&b')') && !item.is_escape;
            is_call.then(|| Item { end: item.end + 1, bare: None, ..item })
        }
        _ => None,
    }
}

/// A number or a letter, and nothing around it.
fn plain(text: &[u8], at: usize, style: Style) -> Option<Item> {
    match text.get(at..)? {
        [b'0', b'x' | b'X', ..] => number(text, at + 2, 16),
        [b'$', ..] => number(text, at + 1, 16),
        [b'&', b'H' | b'h', ..] => number(text, at + 2, 16),
        [b'\\', b'x', a, b, ..] => {
            Some(Item { value: hex(*a)? << 4 | hex(*b)?, end: at + 4, is_escape: true, bare: None })
        }
        [b'-', digit, ..] if digit.is_ascii_digit() => {
            let item = number(text, at + 1, 10)?;
            (item.value <= 128).then(|| Item { value: item.value.wrapping_neg(), ..item })
        }
        [b'\'' | b'"', ..] => letter(text, at),
        [b'b' | b'L' | b'u' | b'c', b'\'' | b'"', ..] => letter(text, at + 1),
        [b'0'..=b'9', ..] => bare(text, at, style),
        [b'a'..=b'f' | b'A'..=b'F', next, ..] if style == Style::Hex && next.is_ascii_hexdigit() => {
            bare(text, at, style)
        }
        _ => None,
    }
}

fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|d| d as u8)
}

/// A number that says its base, whose digits begin at `from`.
fn number(text: &[u8], from: usize, base: u32) -> Option<Item> {
    let digits = digits(text, from, base);
    let value = value(&text[from..from + digits], base)?;
    Some(Item { value, end: suffixed(text, from + digits)?, is_escape: false, bare: None })
}

/// Most digits of a number: more are no byte, be they zeros.
const DIGITS: usize = 8;

fn digits(text: &[u8], from: usize, base: u32) -> usize {
    text[from..].iter().take(DIGITS + 1).take_while(|b| digit(**b) < base).count()
}

/// What a digit stands for; of what is none, more than any base has.
fn digit(b: u8) -> u32 {
    static DIGITS: [u8; 256] = {
        let mut digits = [u8::MAX; 256];
        let mut b = 0;
        while b < 256 {
            digits[b] = match b as u8 {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                digit @ b'A'..=b'F' => digit - b'A' + 10,
                _ => u8::MAX,
            };
            b += 1;
        }
        digits
    };
    u32::from(DIGITS[usize::from(b)])
}

fn value(digits: &[u8], base: u32) -> Option<u8> {
    if digits.is_empty() || digits.len() > DIGITS {
        return None;
    }
    let add = |n: u32, b: &u8| {
        Some(digit(*b)).filter(|d| *d < base).map(|d| n.saturating_mul(base).saturating_add(d))
    };
    digits.iter().try_fold(0, add).and_then(|value| u8::try_from(value).ok())
}

/// Where a number ends whose digits end at `end`: behind what says its type. `None` where it is part of something longer.
fn suffixed(text: &[u8], end: usize) -> Option<usize> {
    let suffix =
        text[end..].iter().take(4).take_while(|b| is_token(**b) && !matches!(b, b'+' | b'/' | b'-')).count();
    (suffix == 0 || SUFFIXES.contains(&&text[end..end + suffix])).then_some(end + suffix)
}

/// A number without a word about its base.
fn bare(text: &[u8], at: usize, style: Style) -> Option<Item> {
    let hexadecimal = digits(text, at, 16);
    // As assemblers of Intel's kind have it.
    if matches!(text.get(at + hexadecimal), Some(b'h' | b'H')) {
        let value = value(&text[at..at + hexadecimal], 16)?;
        let end = at + hexadecimal + 1;
        return text.get(end).is_none_or(|b| !is_token(*b)).then_some(Item {
            value,
            end,
            is_escape: false,
            bare: None,
        });
    }
    if style == Style::Hex {
        let is_apart = text.get(at + 2).is_none_or(|b| !is_token(*b) || *b == b'-');
        let value = value(text.get(at..at + 2)?, 16)?;
        return is_apart.then_some(Item { value, end: at + 2, is_escape: false, bare: Some(2) });
    }
    let count = digits(text, at, 10);
    let value = value(&text[at..at + count], 10)?;
    let end = suffixed(text, at + count)?;
    Some(Item { value, end, is_escape: false, bare: (end == at + count).then_some(count) })
}

/// A letter in quotes, the first of which is at `at`.
fn letter(text: &[u8], at: usize) -> Option<Item> {
    let quote = *text.get(at)?;
    let (value, end) = match text.get(at + 1..)? {
        [b'\\', b'x', a, b, ..] => (hex(*a)? << 4 | hex(*b)?, at + 5),
        [b'\\', escaped, ..] => {
            let value = match escaped {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'0' => 0,
                b'\\' | b'\'' | b'"' | b'/' => *escaped,
                _ => return None,
            };
            (value, at + 3)
        }
        // Two quotes are an empty string.
        [value, ..] if *value != quote && matches!(value, 0x20..=0x7e) => (*value, at + 2),
        _ => return None,
    };
    (text.get(end) == Some(&quote)).then_some(Item { value, end: end + 1, is_escape: false, bare: None })
}

/// What stands between two items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where the next item may begin.
    pub end: usize,
    /// Whether a bracket closes in it: what follows is another list.
    pub closes: bool,
    /// Whether it joins strings: `&`, `||`, `.`, `+`.
    pub joins: bool,
}

/// Longest comment between two items, and all of them together.
const COMMENT: usize = 256;
const COMMENTS: usize = 4 * COMMENT;
/// Most bytes between two items, without comments.
const LONGEST: usize = 256;
/// What begins a line of bytes in assemblers and Basic.
const DIRECTIVES: &[&[u8]] = &[b".byte", b".db", b"db", b"DB", b"dc.b", b"DC.B", b".DB", b"DATA", b"data"];

/// What stands between an item that ends at `from` and the next: nothing that begins one.
pub fn gap(text: &[u8], from: usize) -> Option<Gap> {
    let (mut at, mut closes, mut joins, mut is_line) = (from, false, false, false);
    let mut commented = 0;
    while at - from - commented < LONGEST && commented < COMMENTS {
        let rest = text.get(at..)?;
        match rest {
            _ if starts_directive(rest, is_line) => {
                at += rest.iter().position(|b| matches!(b, b' ' | b'\t'))?;
                is_line = false;
            }
            [b'\n', ..] => {
                is_line = true;
                at += 1;
            }
            [b' ' | b'\t' | b'\r' | b',', ..] => at += 1,
            // Joints of strings. Of a number with a fraction there is none; a call or a number in hexadecimal may begin with the
            // same character.
            [b'.', ..] if from == 0 || text[from - 1] != b')' => break,
            [b'&', b'H' | b'h', ..] => break,
            [b'|' | b'.' | b'&' | b'+', ..] => {
                joins = true;
                at += 1;
            }
            [b'_' | b'\\', b'\r' | b'\n', ..] => at += 1,
            // Between two strings of escapes.
            [b'"', b'\\', b'x', ..] => return Some(Gap { end: at + 1, closes, joins }),
            [b'"', ..] if at == from && text.get(at.wrapping_sub(4)) == Some(&b'\\') => at += 1,
            [b'"' | b'\'', ..] => break,
            // Of times and addresses there is nothing before and behind it.
            [b':', next, ..] if at == from && next.is_ascii_hexdigit() => {
                return Some(Gap { end: at + 1, closes, joins });
            }
            [b'-', a, b, ..] if at == from && a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                return Some(Gap { end: at + 1, closes, joins });
            }
            [b'}' | b']' | b')', ..] => {
                closes = true;
                at += 1;
            }
            [b'{' | b'[', ..] => at += 1,
            [b'(', ..] if closes => at += 1,
            [b'/', b'*', ..] => {
                let end = memchr::memmem::find(&rest[..rest.len().min(COMMENT)], b"*/")? + 2;
                (at, commented) = (at + end, commented + end);
            }
            [b'/', b'/', ..] | [b'#' | b';', ..] => {
                // Semicolons and hashes may only part items, too.
                let is_comment = rest[0] == b'/' || rest.get(1).is_some_and(|b| matches!(b, b' ' | b'\t'));
                let line = rest.iter().take(COMMENT).position(|b| *b == b'\n');
                match line.filter(|_| is_comment) {
                    Some(line) => (at, commented) = (at + line, commented + line),
                    None if rest[0] == b';' => at += 1,
                    None => return None,
                }
            }
            _ => break,
        }
    }
    (at > from).then_some(Gap { end: at, closes, joins })
}

/// Whether the first word of a line says that bytes follow.
pub fn starts_directive(rest: &[u8], is_line: bool) -> bool {
    is_line
        && matches!(rest, [b'.' | b'd' | b'D', ..])
        && DIRECTIVES.iter().any(|word| {
            rest.starts_with(word) && rest.get(word.len()).is_some_and(|b| matches!(b, b' ' | b'\t'))
        })
}
