//! Forms: a value written in a few words, `'ghp_' alnum:36`, `hex:32 ':' hex:32`, `uuid`.
//!
//! `build.rs` reads this file too, so it knows nothing of the rest of the crate but the alphabets.

use super::alphabet::Alphabet;
use std::borrow::Cow;

/// A part of a token's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(Cow<'static, [u8]>),
    /// So many characters of an alphabet.
    Chars {
        /// The characters.
        alphabet: Alphabet,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Whether `=` may follow and belongs to the value.
        padding: bool,
    },
}

/// Parts in order.
pub type Body = Cow<'static, [Segment]>;

/// The bytes that a literal stands for: its own, and those written as `\\xNN`.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'\\', b'x', high, low, ..] => {
                let digit = |b: &u8| char::from(*b).to_digit(16);
                digit(high).zip(digit(low)).and_then(|(h, l)| u8::try_from(h * 16 + l).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[4..] } else { after };
    }
    bytes
}

/// How many token characters, at least, stand at the beginning of a body.
pub fn least_run(body: &[Segment], is_token: fn(u8) -> bool) -> usize {
    let mut least = 0;
    for segment in body {
        match segment {
            Segment::Literal(literal) => {
                let tokens = literal.iter().take_while(|b| is_token(**b)).count();
                least += tokens;
                if tokens < literal.len() {
                    break;
                }
            }
            Segment::Chars { alphabet, min, .. } => {
                if !(0..=u8::MAX).filter(|b| alphabet.contains(*b)).all(is_token) {
                    break;
                }
                least += min;
            }
        }
    }
    least
}

/// Most characters of one part.
pub const LONGEST: usize = 16 << 10;

/// The parts of `text`: literals in single quotes, `ALPHABET:LENGTH` with the lengths `N`, `N-M` and
/// `N+`, an `=` behind the length where padding may follow; `uuid`, `UUID`, `anyuuid` and `jwt`.
pub fn parse(text: &str) -> Result<Vec<Segment>, String> {
    let mut body = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let close = quoted.find('\'').filter(|&at| at > 0);
            let close = close.ok_or_else(|| format!("form {text:?}: a literal is empty or does not end"))?;
            body.push(Segment::Literal(Cow::Owned(quoted.as_bytes()[..close].to_vec())));
            rest = quoted[close + 1..].trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (item, after) = rest.split_at(end);
        item_of(item, &mut body).map_err(|what| format!("form {text:?}: {what}"))?;
        rest = after.trim_start();
    }
    if body.is_empty() { Err("a form must not be empty".into()) } else { Ok(body) }
}

fn item_of(item: &str, body: &mut Vec<Segment>) -> Result<(), String> {
    let digits = match item {
        "uuid" => Some("hex"),
        "UUID" => Some("HEX"),
        "anyuuid" => Some("anyhex"),
        _ => None,
    };
    if let Some(digits) = digits {
        let alphabet = Alphabet::parse(digits)?;
        for (i, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if i > 0 {
                body.push(Segment::Literal(Cow::Borrowed(b"-")));
            }
            body.push(Segment::Chars { alphabet, min: length, max: length, padding: false });
        }
        return Ok(());
    }
    if item == "jwt" {
        let alphabet = Alphabet::parse("base64url")?;
        body.push(Segment::Literal(Cow::Borrowed(b"eyJ")));
        for min in [13, 10, 20] {
            if min < 13 || body.len() > 2 {
                body.push(Segment::Literal(Cow::Borrowed(b".")));
            }
            body.push(Segment::Chars { alphabet, min, max: LONGEST, padding: false });
        }
        return Ok(());
    }
    let (name, length) = item
        .rsplit_once(':')
        .ok_or_else(|| format!("{item:?} is no `'literal'`, no `ALPHABET:LENGTH`, no `uuid` and no `jwt`"))?;
    let name = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    let alphabet = Alphabet::parse(name)?;
    let (length, padding) = length.strip_suffix('=').map_or((length, false), |length| (length, true));
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?} is no length"));
    let (min, max) = match (length.strip_suffix('+'), length.split_once('-')) {
        (Some(min), _) => (number(min)?, number(min)?.max(4096)),
        (_, Some((min, max))) => (number(min)?, number(max)?),
        _ => (number(length)?, number(length)?),
    };
    if max == 0 || min > max || max > LONGEST {
        return Err(format!("length {length:?} must be from 1 to {LONGEST}, the shorter first"));
    }
    body.push(Segment::Chars { alphabet, min, max, padding });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read() {
        let body = parse("'sk_' hex:32 ':' [A-Z2-7]:8-10= ").unwrap();
        assert_eq!(body.len(), 4);
        assert_eq!(body[0], Segment::Literal(Cow::Borrowed(b"sk_")));
        assert!(matches!(body[3], Segment::Chars { min: 8, max: 10, padding: true, .. }));
        assert_eq!(parse("uuid").unwrap().len(), 9);
        assert_eq!(parse("jwt").unwrap().len(), 6);
        assert!(matches!(parse("alnum:20+").unwrap()[0], Segment::Chars { min: 20, max: 4096, .. }));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (form, says) in [
            ("", "empty"),
            ("'abc", "does not end"),
            ("hex", "is no"),
            ("hex:x", "no length"),
            ("hex:9-4", "must be from 1"),
            ("hexx:4", "unknown alphabet"),
        ] {
            assert!(parse(form).unwrap_err().contains(says), "{form}");
        }
    }
}
