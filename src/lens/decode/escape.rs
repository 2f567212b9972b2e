//! Escapes of programs and markup that stand for one letter.

use std::ops::Range;

/// What bare digits behind a backslash are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// As in C and most others: three of them; behind a zero in shells.
    Octal,
    /// As in Lua: up to three.
    Decimal,
    /// As in style sheets: up to six in hexadecimal, behind which a blank is no letter.
    Hex,
}

/// Escapes of a text that are looked at for what its digits are.
const LOOKED_AT: usize = 16;

/// What the digits are in the text in which an escape stands at `escape`: decimal or hexadecimal, where one of those that follow can be
/// nothing else.
pub fn digits_of(text: &[u8], escape: usize) -> Digits {
    if !matches!(text.get(escape..), Some([b'\\', b'0'..=b'9', ..])) {
        return Digits::Octal;
    }
    let mut at = escape;
    for _ in 0..LOOKED_AT {
        let behind = text.get(at..).and_then(|rest| rest.strip_prefix(b"\\"));
        let count = behind.map_or(0, |rest| rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count());
        let digits = behind.map_or(&[][..], |rest| &rest[..count]);
        match (digits, behind) {
            // What is more than one letter, and fewer digits than three, are nothing in octal.
            ([], Some(_)) => break,
            ([], None) => match text.get(at) {
                Some(b) if b.is_ascii_graphic() && !matches!(b, b'"' | b'\'') => at += 1,
                _ => break,
            },
            (_, Some(behind)) if is_hex(behind) => return Digits::Hex,
            (digits, _) => {
                if digits.iter().any(|b| matches!(b, b'8' | b'9')) || digits.len() == 2 {
                    return Digits::Decimal;
                }
                at += 1 + count;
            }
        }
    }
    Digits::Octal
}

/// Whether what follows a backslash is a letter as style sheets have it: six digits that begin with zeros; two with a letter among them,
/// or with a blank behind them and an escape or the end of the string behind that.
fn is_hex(behind: &[u8]) -> bool {
    let count = behind.iter().take(7).take_while(|b| b.is_ascii_hexdigit()).count();
    let ends = |b: &u8| matches!(b, b'\\' | b'"' | b'\'');
    match (count, behind) {
        (6.., behind) => behind.starts_with(b"0000") && matches!(behind[4], b'2'..=b'7'),
        (2, [b'2'..=b'7', second, next, rest @ ..]) => {
            let is_apart = *next == b' ' && rest.first().is_some_and(ends);
            is_apart || second.is_ascii_alphabetic() && (ends(next) || *next == b' ')
        }
        _ => false,
    }
}

/// The byte that the escape at `at` stands for, and its length.
pub fn at(text: &[u8], at: usize, bare: Digits) -> Option<(u8, usize)> {
    let hex = |range: Range<usize>| {
        let digits = text.get(range)?;
        digits.iter().try_fold(0u32, |n, &b| Some(n << 4 | char::from(b).to_digit(16)?))
    };
    let braced = |from: usize| {
        let len = text.get(from..)?.iter().take(7).position(|&b| b == b'}').filter(|&n| n > 0)?;
        Some((ascii(hex(from..from + len)?)?, len + 4))
    };
    match (text.get(at)?, text.get(at + 1)?) {
        (b'%', b'u') => Some((ascii(hex(at + 2..at + 6)?)?, 6)),
        // Text within text: a percent sign is `%25`.
        (b'%', b'2') if text.get(at + 2) == Some(&b'5') => match hex(at + 3..at + 5).and_then(ascii) {
            Some(byte) if byte >= 0x20 => Some((byte, 5)),
            _ => Some((b'%', 3)),
        },
        (b'%', _) => Some((ascii(hex(at + 1..at + 3)?)?, 3)),
        (b'&', b'#') => {
            let is_hex = matches!(text.get(at + 2), Some(b'x' | b'X'));
            let from = at + 2 + usize::from(is_hex);
            let base = if is_hex { 16 } else { 10 };
            let rest = text.get(from..)?;
            let len = rest.iter().take(7).take_while(|&&b| char::from(b).is_digit(base)).count();
            let number = std::str::from_utf8(&rest[..len]).ok()?;
            // Browsers need no semicolon.
            let end = from + len + usize::from(rest.get(len) == Some(&b';'));
            Some((ascii(u32::from_str_radix(number, base).ok()?)?, end - at))
        }
        (b'\\', b'/') => Some((b'/', 2)),
        (b'\\', b'u' | b'x') if text.get(at + 2) == Some(&b'{') => braced(at + 3),
        (b'\\', b'x') => Some((ascii(hex(at + 2..at + 4)?)?, 4)),
        (b'\\', b'u') => Some((ascii(hex(at + 2..at + 6)?)?, 6)),
        (b'\\', b'U') => Some((ascii(hex(at + 2..at + 10)?)?, 10)),
        (b'\\', b'0'..=b'9') => digits(text, at + 1, bare),
        // Text within text: a backslash is two.
        (b'\\', b'\\') if matches!(text.get(at + 2), Some(b'x' | b'u' | b'U')) => {
            self::at(text, at + 1, bare).map(|(byte, len)| (byte, len + 1))
        }
        _ => None,
    }
}

fn ascii(n: u32) -> Option<u8> {
    u8::try_from(n).ok().filter(u8::is_ascii)
}

/// The letter of the digits at `from`, and the length of its escape.
fn digits(text: &[u8], from: usize, bare: Digits) -> Option<(u8, usize)> {
    let number = |len: usize, base: u32| {
        let digits = text.get(from..from + len)?;
        digits.iter().try_fold(0u32, |n, &b| Some(n * base + char::from(b).to_digit(base)?))
    };
    match bare {
        Digits::Decimal => {
            let len = text[from..].iter().take(3).take_while(|b| b.is_ascii_digit()).count();
            Some((ascii(number(len, 10)?)?, len + 1))
        }
        Digits::Hex => {
            let len = text[from..].iter().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
            let blank = usize::from(text.get(from + len) == Some(&b' '));
            Some((ascii(number(len, 16)?)?, len + blank + 1))
        }
        Digits::Octal => {
            let three = number(3, 8)?;
            // Behind a zero: else it would be a control character.
            let four = (three < 0x20 && text[from] == b'0').then(|| number(4, 8)).flatten();
            match four.filter(|four| *four > 0x20) {
                Some(four) => Some((ascii(four)?, 5)),
                None => Some((ascii(three)?, 4)),
            }
        }
    }
}
