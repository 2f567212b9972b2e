//! Tokens by table: prefix, alphabets, lengths. No regular expression, no backtracking.

use super::counted::{is_behind_word, is_counted};
use crate::blob::TextKind;
use crate::pattern::{Body, Boundary, Segment};
use std::ops::Range;

/// A token that was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub span: Range<usize>,
    /// Whether a boundary that text would need is missing: only in binary data, where neighbours
    /// may touch a token.
    pub loose: bool,
}

/// The token whose prefix stands at `at` and is `prefix_len` bytes long, with the longest of the bodies. `is_checked` says that it has a
/// checksum, which holds for no chance: in binary data such a token may begin behind anything.
pub fn confirm(
    text: &[u8],
    at: usize,
    prefix_len: usize,
    bodies: &[Body],
    boundary: Boundary,
    kind: TextKind,
    is_checked: bool,
) -> Option<Token> {
    // First, for it refuses most: without a start nothing is a token, in binary data neither unless its length stands there or
    // the end of another field.
    let is_begun = boundary == Boundary::None || starts_token(text, at);
    if !is_begun && kind != TextKind::Binary {
        return None;
    }
    let tokens = bodies.iter().filter_map(|body| {
        let (end, fixed) = body_end(text, at + prefix_len, body)?;
        let may_begin = || is_checked || is_counted(text[at - 1], end - at) || is_behind_word(text, at..end);
        (is_begun || may_begin()).then_some(())?;
        let loose = !is_begun || boundary == Boundary::Token && !ends_token(text, end, body);
        (!loose || (kind == TextKind::Binary && fixed)).then_some(Token { span: at..end, loose })
    });
    tokens
        .max_by_key(|token| (!token.loose, token.span.end))
        .filter(|_| is_checked || prefix_len > SHORT_PREFIX || !is_inside_base64(text, at))
}

/// Where the body that starts at `from` ends, and whether its length is fixed.
pub fn body_end(text: &[u8], from: usize, body: &[Segment]) -> Option<(usize, bool)> {
    let mut end = from;
    let mut fixed = true;
    for segment in body {
        match segment {
            Segment::Literal(literal) => {
                if !text.get(end..)?.starts_with(literal.as_ref()) {
                    return None;
                }
                end += literal.len();
            }
            Segment::Chars { alphabet, min, max, padding } => {
                // One more than `max` tells a longer run from one that ends here.
                let window = &text[end..text.len().min(end + max + 1)];
                let length = window.iter().position(|&b| !alphabet.contains(b)).unwrap_or(window.len());
                if length < *min {
                    return None;
                }
                fixed &= min == max;
                // A run that goes on fails at the boundary below, or at the next literal.
                end += length.min(*max);
                if *padding {
                    end += text[end..].iter().take(2).take_while(|&&b| b == b'=').count();
                }
            }
        }
    }
    Some((end, fixed))
}

/// Prefixes up to this length stand in base64 by chance.
const SHORT_PREFIX: usize = 4;

/// Whether `at` is in the middle of base64: behind a `+` or `/` that itself ends a stretch of base64
/// with letters of both cases and digits, or of little but zeros (`AAAA`), which a path rarely is.
fn is_inside_base64(text: &[u8], at: usize) -> bool {
    const STRETCH: usize = 32;
    let before = &text[at.saturating_sub(STRETCH)..at];
    let count = |class: fn(&u8) -> bool| before.iter().filter(|b| class(b)).count();
    before.len() == STRETCH
        && matches!(before[STRETCH - 1], b'+' | b'/')
        && before.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && (count(u8::is_ascii_uppercase) >= 3
            && count(u8::is_ascii_lowercase) >= 3
            && count(u8::is_ascii_digit) >= 3
            || count(|b| *b == b'A') >= 8)
}

/// Whether a token may start at `at`: the byte before is no letter or digit, or it ends an escape
/// (`\n`, `\u003d`, `%3D`) whose last character only looks like one.
pub fn starts_token(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(6)..at];
    match before {
        [] => true,
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0' | b'a' | b'e'] => true,
        [.., b'\\', b'x', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [b'\\', b'u' | b'U', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit) => true,
        // Colours and other control sequences of terminals, in logs: ESC [ 3 1 m.
        [.., b'[' | b';', b'0'..=b'9', b'm' | b'K'] | [.., b'[' | b';', b'0'..=b'9', b'0'..=b'9', b'm'] => {
            true
        }
        // Of 256 of them: ESC [ 3 8 ; 5 ; 1 2 4 m.
        [.., b';', a, b, c, b'm'] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => true,
        _ => false,
    }
}

/// Whether a token with this body may end at `end`.
fn ends_token(text: &[u8], end: usize, body: &[Segment]) -> bool {
    let Some(&next) = text.get(end) else { return true };
    if next.is_ascii_alphanumeric() {
        return false;
    }
    match body.last() {
        Some(Segment::Chars { alphabet, .. }) => !alphabet.contains(next),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::alphabet::Alphabet;

    fn chars(alphabet: &str, min: usize, max: usize) -> Segment {
        Segment::Chars { alphabet: Alphabet::parse(alphabet).unwrap(), min, max, padding: false }
    }

    fn at(text: &str, body: &[Segment], kind: TextKind) -> Option<Token> {
        let at = text.find("KEY").unwrap();
        confirm(text.as_bytes(), at, 3, &[body.to_vec().into()], Boundary::Token, kind, false)
    }

    #[test]
    fn boundaries() {
        let body = [chars("digits", 4, 4)];
        let found = |text| at(text, &body, TextKind::Plain).is_some();
        for yes in [
            "KEY1234",
            " KEY1234 ",
            "=KEY1234;",
            r"\nKEY1234",
            "%3DKEY1234",
            r"\u003dKEY1234",
            r"\x3dKEY1234",
            "_KEY1234-a",
            "\x1b[31mKEY1234",
            "\x1b[0KKEY1234",
            "\x1b[38;5;124mKEY1234",
        ] {
            assert!(found(yes), "{yes}");
        }
        for no in ["xKEY1234", "KEY123", "KEY12345", "KEY1234x", "nKEY1234"] {
            assert!(!found(no), "{no}");
        }
    }

    #[test]
    fn a_short_prefix_in_the_middle_of_base64_is_chance() {
        let body = [chars("digits", 4, 4)];
        assert_eq!(at("q83nVZxT0kLmP9sWb2RtYfGhJcDaEuIo/KEY1234+x", &body, TextKind::Plain), None);
        assert!(at("https://host.tld/some/path/to/it/KEY1234", &body, TextKind::Plain).is_some());
    }

    #[test]
    fn binary_data_forgives_what_follows_a_fixed_length() {
        let fixed = [chars("digits", 4, 4)];
        assert_eq!(at("KEY12345", &fixed, TextKind::Binary), Some(Token { span: 0..7, loose: true }));
        assert_eq!(at("8KEY1234", &fixed, TextKind::Binary), None);
        // Behind another field.
        assert_eq!(at("xKEY1234", &fixed, TextKind::Binary), Some(Token { span: 1..8, loose: true }));
        assert_eq!(at("xKEY1234", &fixed, TextKind::Plain), None);
        // Unless it is how long the token is: `g` is 7 in CBOR.
        assert_eq!(at("gKEY1234x", &fixed, TextKind::Binary), Some(Token { span: 1..8, loose: true }));
        assert_eq!(at("gKEY1234x", &fixed, TextKind::Plain), None);
        assert_eq!(at("KEY12345x", &[chars("digits", 4, 5)], TextKind::Binary), None);
        // With a checksum, behind anything.
        let checked =
            |kind| confirm(b"8KEY1234x", 1, 3, &[fixed.to_vec().into()], Boundary::Token, kind, true);
        assert_eq!(checked(TextKind::Binary), Some(Token { span: 1..8, loose: true }));
        assert_eq!(checked(TextKind::Plain), None);
    }

    #[test]
    fn segments_and_padding() {
        let body = [chars("digits", 2, 3), Segment::Literal(b"-".to_vec().into()), chars("hex", 4, 4)];
        assert_eq!(at("KEY123-00ff", &body, TextKind::Plain).unwrap().span, 0..11);
        assert_eq!(at("KEY1234-00ff", &body, TextKind::Plain), None);
        let padded =
            [Segment::Chars { alphabet: Alphabet::parse("base64").unwrap(), min: 4, max: 9, padding: true }];
        assert_eq!(at("KEYabcd==,", &padded, TextKind::Plain).unwrap().span, 0..9);
    }
}
