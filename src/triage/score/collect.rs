//! The features of a value, one by one.

use super::FEATURES;
use super::line::Line;
use super::low::{PASSWORDS, has_word};
use crate::engine::assignment::{Form, Named};
use crate::triage::names::{self, Strength};
use crate::triage::natural;

fn words_of(value: &[u8]) -> usize {
    value.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty()).count()
}

pub(super) fn collect(
    text: &[u8],
    named: &Named,
    name: &str,
    strength: Strength,
    value: &[u8],
    is_default: bool,
) -> [f32; FEATURES.len()] {
    let mut set = [0.0; FEATURES.len()];
    let mut put = |feature: &str, x: f32| {
        debug_assert!(FEATURES.contains(&feature), "{feature}");
        if let Some(i) = FEATURES.iter().position(|f| *f == feature) {
            set[i] = x;
        }
    };
    let flag = |b: bool| if b { 1.0 } else { 0.0 };
    put("bias", 1.0);
    put("name strong", flag(strength == Strength::Strong));
    let words = names::words(name);
    let any = |list: &[&str]| has_word(&words, list);
    let password = named.form == Form::Login || any(PASSWORDS);
    put("name password", flag(password));
    put("name key", flag(!password && any(&["key"])));
    put("name token", flag(!password && any(&["token", "auth", "bearer"])));
    put("name capitals", flag(!name.bytes().any(|b| b.is_ascii_lowercase()) && name.len() > 3));
    put("name path", flag(name.contains('.')));
    put(
        match named.form {
            Form::Assign => "form assign",
            Form::Pair => "form pair",
            Form::Compare => "form compare",
            Form::Argument => "form argument",
            Form::Call => "form call",
            Form::Element => "form element",
            Form::Sibling => "form sibling",
            Form::Flag => "form flag",
            Form::Word => "form word",
            Form::Clause => "form clause",
            Form::Default => "form default",
            Form::Item => "form item",
            Form::Environment => "form environment",
            Form::Yaml => "form yaml",
            Form::Setting => "form setting",
            Form::Prose => "form prose",
            Form::Login => "form login",
        },
        1.0,
    );
    put("quoted", flag(named.quoted));
    put(
        match value.len() {
            0..=5 => "length below 6",
            6..=7 => "length 6 to 7",
            8..=11 => "length 8 to 11",
            12..=19 => "length 12 to 19",
            20..=43 => "length 20 to 43",
            _ => "length 44 and more",
        },
        1.0,
    );
    let count = |is: fn(&u8) -> bool| value.iter().filter(|b| is(b)).count();
    let (lower, upper, digit) =
        (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase), count(u8::is_ascii_digit));
    let special =
        count(|b| b.is_ascii_punctuation() && !matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b','));
    let kinds = [lower, upper, digit, special].iter().filter(|n| **n > 0).count();
    put("two kinds", flag(kinds == 2));
    put("three kinds", flag(kinds == 3));
    put("four kinds", flag(kinds == 4));
    put("has digit", flag(digit > 0));
    put("has special", flag(special > 0));
    let surprise = natural::surprise(value);
    put("surprise", (surprise / 10.0).clamp(-3.0, 3.0));
    put("surprise high", flag(surprise > 3.0));
    let joined = lower + upper == value.len();
    let natural = surprise < 0.0;
    put("one word", flag(joined && natural && upper == 0));
    put("title", flag(joined && natural && value[0].is_ascii_uppercase() && lower + 1 == value.len()));
    let joiners = count(|b| matches!(b, b'-' | b'_'));
    let camel = joined && value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    put(
        "identifier",
        flag(
            natural
                && lower > 0
                && (camel || joiners > 0 && lower + upper + joiners + digit == value.len() && digit < 3),
        ),
    );
    put(
        "constant",
        flag(lower == 0 && upper > 2 && joiners > 0 && upper + joiners + digit == value.len() && natural),
    );
    let dots = count(|b| *b == b'.');
    put("dotted", flag(dots > 0 && lower + upper + dots + joiners == value.len() && natural));
    let blanks = words_of(value) - 1;
    put("blank", blanks.min(4) as f32);
    put(
        "sentence",
        flag(
            blanks > 0
                && (value.ends_with(b".")
                    || value.ends_with(b":")
                    || value.ends_with(b"?")
                    || value.ends_with(b"!")
                    || blanks > 2),
        ),
    );
    let own = letters(name.as_bytes());
    let its = letters(value);
    let hot = [&b"pass"[..], b"secret", b"token", b"pwd", b"apikey", b"credential", b"auth"];
    put("holds name", flag(hot.iter().any(|h| memchr::memmem::find(&its, h).is_some()) && natural));
    put(
        "is name",
        flag(
            !its.is_empty()
                && (memchr::memmem::find(&own, &its).is_some()
                    || its.len() > own.len()
                        && memchr::memmem::find(&its, &own).is_some()
                        && its.len() < own.len() + 4)
                && digit < 3,
        ),
    );
    let slashes = count(|b| matches!(b, b'/' | b'\\'));
    put(
        "path",
        flag(
            slashes > 0
                && (natural
                    || value.starts_with(b"/")
                    || value.starts_with(b"./")
                    || memchr::memmem::find(value, b"://").is_some()),
        ),
    );
    // Among random characters brackets mean nothing: keys of Django and WordPress have them.
    let brackets = count(|b| matches!(b, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'|'));
    let is_noise = named.quoted && blanks == 0 && value.len() >= 32 && surprise > 3.0;
    put("brackets", flag(brackets > 1 && !is_noise));
    let hex = value.len() >= 8 && value.iter().all(u8::is_ascii_hexdigit) && digit > 0;
    put("hexadecimal", flag(hex));
    put("hash length", flag(hex && matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128)));
    let uuid = value.len() == 36
        && value
            .iter()
            .enumerate()
            .all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() });
    put("uuid", flag(uuid));
    put("digits only", flag(digit == value.len()));
    put("goes on", flag(named.goes_on));
    let line = Line::around(text, named);
    put("statement", flag(!named.quoted && line.is_statement));
    put("settings around", flag(line.is_among_settings));
    put("setting alone", flag(named.form == Form::Setting && line.is_setting));
    put("comment", flag(line.is_comment));
    put("prose around", flag(line.is_prose));
    put("default password", flag(is_default));
    put("not ascii", flag(!value.is_ascii()));
    put("weak and natural", flag(strength == Strength::Weak && surprise < 2.0));
    put("strong and random", flag(strength == Strength::Strong && surprise > 3.0));
    let before = named.name.start.checked_sub(1).map_or(b'\n', |i| text[i]);
    put("query", flag(!password && named.form == Form::Environment && matches!(before, b'?' | b'&')));
    set
}

fn letters(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect()
}
