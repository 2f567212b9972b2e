//! Names of a value that do not stand right before it, and names in which the name of a service stands.

use super::super::context::{self, Key};
use crate::triage::names;
use std::ops::Range;

/// Bytes of a line, or of the first line of a table, that are looked at.
const LINE: usize = 1024;
/// Bytes behind a value in which its name may stand.
const BEHIND: usize = 120;

/// What the name of a value says that stands elsewhere: above its column, or behind it; or the command that it is given to.
pub(super) fn elsewhere(text: &[u8], value: &Range<usize>) -> Option<Key> {
    let name = column(text, value).or_else(|| behind(text, value)).or_else(|| command(text, value))?;
    match context::key_of_name(name) {
        key @ Key::Secret(_) => Some(key),
        _ => None,
    }
}

/// The name of the column in which the value stands, from the first line of a table.
fn column<'t>(text: &'t [u8], value: &Range<usize>) -> Option<&'t str> {
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'');
    let quotes = text[..value.start].last().is_some_and(is_quote) as usize;
    let delimiter = *text[..value.start - quotes].last()?;
    let behind = text.get(value.end + quotes);
    if !matches!(delimiter, b',' | b';' | b'\t' | b'|')
        || behind.is_some_and(|b| *b != delimiter && !matches!(b, b'\n' | b'\r'))
    {
        return None;
    }
    let floor = value.start.saturating_sub(LINE);
    let start = floor + memchr::memrchr(b'\n', &text[floor..value.start])? + 1;
    let row = &text[start..value.start];
    if row.iter().any(|b| matches!(b, b'=' | b'{' | b'(' | b'[')) {
        return None;
    }
    let number = row.iter().filter(|b| **b == delimiter).count();
    let head = &text[..memchr::memchr(b'\n', &text[..text.len().min(LINE)])?];
    let cell = head.split(|b| *b == delimiter).nth(number)?.trim_ascii();
    let cell = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell);
    std::str::from_utf8(cell).ok().filter(|name| (3..=40).contains(&name.len()))
}

/// The name that stands behind a `value`: `SET value = 'VALUE' WHERE name = 'acme_key'`,
/// `{"value": "VALUE", "name": "ACME_KEY"}`.
fn behind<'t>(text: &'t [u8], value: &Range<usize>) -> Option<&'t str> {
    let before = &text[value.start.saturating_sub(16)..value.start];
    let word = before.rsplit(|b| !b.is_ascii_alphabetic()).find(|word| !word.is_empty())?;
    if !word.eq_ignore_ascii_case(b"value") {
        return None;
    }
    let rest = &text[value.end..text.len().min(value.end + BEHIND)];
    let rest = &rest[..rest.iter().position(|b| matches!(b, b'}' | b';' | b'{')).unwrap_or(rest.len())];
    let at = [&b"name"[..], b"key", b"Name", b"Key"].iter().find_map(|label| {
        let at = memchr::memmem::find(rest, label)?;
        let is_whole = at > 0 && !rest[at - 1].is_ascii_alphanumeric();
        is_whole.then_some(at + label.len())
    })?;
    let is_joint = |b: &&u8| matches!(b, b'"' | b'\'' | b' ' | b'=' | b':' | b'\\');
    let joint = rest[at..].iter().take_while(is_joint).count();
    let is_set = rest[at..at + joint].iter().any(|b| matches!(b, b'=' | b':'));
    let name = &rest[at + joint..];
    let length =
        name.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    (is_set && length > 2).then(|| std::str::from_utf8(&name[..length]).ok())?
}

/// Commands of tools that take a key as their argument.
const LOGINS: [&[u8]; 5] = [b"login", b"auth", b"authtoken", b"add-authtoken", b"init"];

/// What the argument of such a command is: `wandb login VALUE`.
fn command(text: &[u8], value: &Range<usize>) -> Option<&'static str> {
    let before = &text[value.start.saturating_sub(48)..value.start];
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    let before = before.strip_suffix(b" ")?.trim_ascii_end();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let verb = before.len() - before.iter().rev().take_while(|b| is_part(b)).count();
    let tool = before[..verb].strip_suffix(b" ")?;
    (LOGINS.contains(&&before[verb..]) && tool.last().is_some_and(is_part)).then_some("auth_token")
}

/// What a service is spoken to with: a name of such words alone says nothing about a value.
const SPEAKERS: &[&str] = &["api", "client", "sdk", "service"];

/// What a name says without the name of the service in it, which is in lower case and one word: `musixmatch` is no match,
/// `WalkscoreClient` no score.
pub(super) fn without(name: &str, service: &[u8]) -> Key {
    let words = names::words(name);
    let joined = |range: &[String]| range.concat().into_bytes();
    let place = (0..words.len()).find_map(|from| {
        (from + 1..=words.len()).find(|to| joined(&words[from..*to]) == service).map(|to| from..to)
    });
    let rest = match place {
        Some(place) => [&words[..place.start], &words[place.end..]].concat(),
        None => words,
    };
    if rest.iter().all(|word| SPEAKERS.contains(&word.as_str())) {
        return Key::Other;
    }
    context::key_of_name(&rest.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_above_and_behind() {
        for (text, wanted) in [
            ("service,owner,api_key\nacme,ops,V\n", Some("api_key")),
            ("\"name\",\"value\"\n\"acme_key\",\"V\"\n", Some("value")),
            ("a,b\nf(x, V, 1)\n", None),
            ("UPDATE t SET value = 'V' WHERE name = 'acme_key';", Some("acme_key")),
            ("{\"value\": \"V\", \"name\": \"ACME_KEY\"}", Some("ACME_KEY")),
            ("{\"value\": \"V\"}, {\"name\": \"ACME_KEY\"}", None),
            ("x = \"V\"", None),
        ] {
            let at = text.rfind("V").filter(|_| text.starts_with("UPDATE")).map_or_else(
                || text.find("\"V\"").map_or_else(|| text.rfind('V').unwrap(), |at| at + 1),
                |_| text.find("'V'").unwrap() + 1,
            );
            let value = at..at + 1;
            let bytes = text.as_bytes();
            assert_eq!(column(bytes, &value).or_else(|| behind(bytes, &value)), wanted, "{text}");
        }
    }

    #[test]
    fn commands_say_what_they_are_given() {
        for (text, is_login) in [
            ("wandb login V", true),
            ("!wandb login 'V'", true),
            ("ngrok config add-authtoken V", true),
            ("git checkout V", false),
            ("login V", false),
            ("wandb login\nV", false),
            ("the login: V", false),
        ] {
            let at = text.rfind('V').unwrap();
            assert_eq!(command(text.as_bytes(), &(at..at + 1)).is_some(), is_login, "{text}");
        }
    }

    #[test]
    fn names_of_services_say_nothing() {
        assert_eq!(without("musixmatch", b"musixmatch"), Key::Other);
        assert_eq!(without("WalkscoreClient", b"walkscore"), Key::Other);
        assert_eq!(without("ip2location_hash", b"ip2location"), Key::Hash);
        assert_eq!(without("musixmatch_url", b"musixmatch"), Key::Negated);
    }
}
