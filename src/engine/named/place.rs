//! Where a word stands that names a service and is a common one too: in a sentence it is only a word, in quotes, in a path,
//! as a key or before `API` it is a name.

use std::ops::Range;

/// Bytes before and behind a word that are looked at.
const AROUND: usize = 32;

/// Whether the word at `word` stands where names do.
pub(super) fn is_name(text: &[u8], word: &Range<usize>) -> bool {
    let before = &text[word.start.saturating_sub(AROUND)..word.start];
    let after = &text[word.end..text.len().min(word.end + AROUND)];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    let is_whole = word.start - line.len() == 0 || line.len() < before.len();
    is_enclosed(before, after)
        || is_label(line, after)
        || is_whole && is_first(line, after)
        || is_spoken_of(&text[word.clone()], line, after)
}

/// `"exa"`, `<exa>`, `[exa]`, `**exa**`, `secret/exa`, `/exa/key`, `:exa,`.
fn is_enclosed(before: &[u8], after: &[u8]) -> bool {
    let next = after.first().copied().unwrap_or(b'\n');
    let earlier = before.len().checked_sub(2).map_or(b' ', |at| before[at]);
    match before.last() {
        Some(quote @ (b'"' | b'\'' | b'`')) => next == *quote || earlier == b'\\' && next == b'\\',
        Some(b'[') => next == b']',
        Some(b'<') => next == b'>',
        Some(b'*') => next == b'*' && earlier == b'*',
        Some(b'/') => earlier != b'/' && matches!(next, b'/' | b'"' | b'\'' | b'`' | b' ' | b'\n' | b'\r'),
        // `\Exa\Client`, `"app.exa"`
        Some(b'\\') => next == b'\\' && after.get(1).is_some_and(u8::is_ascii_uppercase),
        Some(b'.') => earlier.is_ascii_alphanumeric() && matches!(next, b'"' | b'\''),
        Some(b':') => {
            matches!(earlier, b' ' | b'{' | b'(' | b'[' | b'\n')
                && matches!(next, b',' | b' ' | b'}' | b')' | b'\n' | b'\r')
        }
        _ => false,
    }
}

/// Words before the name of a service.
const LABELS: &[&[u8]] = &[
    b"service",
    b"provider",
    b"vendor",
    b"integration",
    b"connector",
    b"platform",
    b"source",
    b"name",
    b"generic",
];

/// `service: exa`, `provider=exa`, `secret generic exa`.
fn is_label(line: &[u8], after: &[u8]) -> bool {
    let ends = after.first().is_none_or(|b| matches!(b, b' ' | b'\n' | b'\r' | b',' | b';' | b'&' | b'|'));
    let head = line.trim_ascii_end();
    let bare = head.strip_suffix(b":").or_else(|| head.strip_suffix(b"=")).unwrap_or(head);
    let is_set = bare.len() < head.len();
    let is_last = |label: &&&[u8]| {
        bare.len() >= label.len()
            && bare[bare.len() - label.len()..].eq_ignore_ascii_case(label)
            && (is_set || **label == b"generic")
    };
    ends && (is_set || head.len() < line.len()) && LABELS.iter().any(|label| is_last(&label))
}

/// The first of its line: a key, the head of a block, the first cell of a row, all of it.
fn is_first(line: &[u8], after: &[u8]) -> bool {
    let line = line.trim_ascii();
    let behind = after.trim_ascii_start();
    matches!(line, b"" | b"-" | b"|" | b"\"" | b"'")
        && (matches!(after.first(), None | Some(b',' | b'\t' | b';' | b'\n' | b'\r'))
            || matches!(behind.first(), Some(b':' | b'=' | b'{' | b'|')))
}

/// What a service has: `the Exa API`.
const THINGS: &[&[u8]] = &[
    b"api",
    b"sdk",
    b"token",
    b"key",
    b"account",
    b"client",
    b"credential",
    b"secret",
    b"dashboard",
    b"webhook",
    b"console",
    b"request",
];

/// `the Exa API`, `log in to Exa, then`, `# Exa, production`: capitals alone begin sentences.
fn is_spoken_of(word: &[u8], line: &[u8], after: &[u8]) -> bool {
    if !word.first().is_some_and(u8::is_ascii_uppercase) {
        return false;
    }
    let rest = after.trim_ascii_start();
    let has_thing = || {
        rest.len() < after.len()
            && THINGS
                .iter()
                .any(|thing| rest.get(..thing.len()).is_some_and(|w| w.eq_ignore_ascii_case(thing)))
    };
    let ends = || {
        after.first().is_none_or(|b| matches!(b, b',' | b'.' | b';' | b':' | b')' | b'\n' | b'\r'))
            && !after.get(1).is_some_and(u8::is_ascii_alphanumeric)
    };
    let head = line.trim_ascii_end();
    let is_comment = || [&b"//"[..], b"#", b"--", b";", b"*"].iter().any(|mark| head.ends_with(mark));
    let is_inside = || head.last().is_some_and(u8::is_ascii_lowercase);
    head.len() < line.len() && (has_thing() || ends() && (is_inside() || is_comment()))
}

/// Bytes of a line that takes a library into use, at most.
const IMPORT: usize = 200;

/// The line that holds `at`, or so much of it as takes a library into use.
pub(super) fn line(text: &[u8], at: usize) -> Range<usize> {
    let from = at.saturating_sub(IMPORT);
    let start = memchr::memrchr(b'\n', &text[from..at]).map_or(from, |n| from + n + 1);
    let end = text.len().min(at + IMPORT);
    start..memchr::memchr(b'\n', &text[at..end]).map_or(end, |n| at + n)
}

/// Whether the line that holds `at` takes a library into use.
pub(super) fn is_import(text: &[u8], at: usize) -> bool {
    let line = text[line(text, at)].trim_ascii_start();
    let is_required = || memchr::memmem::find(line, b"require(").is_some();
    [&b"from "[..], b"import ", b"use ", b"using ", b"require"].iter().any(|word| line.starts_with(word))
        || is_required()
}

/// Whether the line that holds `at` takes a library into use under this name, or a part of it. The name is asked for last: what is
/// called may stand on a long line.
pub(super) fn binds<'n>(text: &[u8], at: usize, name: impl FnOnce() -> &'n str) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    is_import(text, at) && {
        let name = name();
        !name.is_empty() && text[line(text, at)].split(|b| !is_part(b)).any(|word| word == name.as_bytes())
    }
}

/// What tools keep the secrets of others in.
const STORES: &[&[u8]] = &[
    b"config",
    b"config:set",
    b"env",
    b"env:set",
    b"item",
    b"keyvault",
    b"kv",
    b"secret",
    b"secret:create",
    b"secrets",
    b"secretsmanager",
    b"ssm",
    b"variables",
];

/// Whether the word at `word` is a command that is given a secret to keep: `vault kv put secret/acme key=…`. Its own name
/// says nothing of whose the secret is.
pub(super) fn is_keeper(text: &[u8], word: &Range<usize>) -> bool {
    let after = text.get(word.end..).unwrap_or_default();
    if after.starts_with(b".plugins.") || after.starts_with(b".jenkins.") {
        return true;
    }
    let Some(rest) = after.strip_prefix(b" ") else { return false };
    let rest = &rest[..rest.len().min(AROUND)];
    let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
    let begins = || {
        let before = &text[word.start.saturating_sub(AROUND)..word.start];
        let line = before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..].trim_ascii();
        line.last().is_none_or(|b| matches!(b, b'$' | b'&' | b'|' | b';' | b'+' | b'>'))
            || line.ends_with(b"sudo")
            || line.ends_with(b"run:")
    };
    STORES.contains(&&rest[..end]) && rest.get(end + 1).is_some_and(u8::is_ascii_alphabetic) && begins()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of each text, what the word between `‹` and `›` is.
    fn marked(text: &str) -> (Vec<u8>, Range<usize>) {
        let (before, rest) = text.split_once('‹').unwrap();
        let (word, after) = rest.split_once('›').unwrap();
        (format!("{before}{word}{after}").into_bytes(), before.len()..before.len() + word.len())
    }

    #[test]
    fn names_and_words() {
        for (text, wanted) in [
            ("{\"‹exa›\": 1}", true),
            ("x = '‹exa›'", true),
            ("{\\\"‹exa›\\\": 1}", true),
            ("config :‹exa›,\n", true),
            ("{:‹exa› {:key 1}}", true),
            ("[‹exa›]\n", true),
            ("- **‹exa›**: x", true),
            ("vault kv put secret/‹exa› key=x", true),
            ("--name \"/prod/‹exa›/key\"", true),
            ("service=‹exa› key=x", true),
            ("  name: ‹exa›\n", true),
            ("create secret generic ‹exa› --from", true),
            ("\n‹exa›:\n", true),
            ("\n  - ‹exa› = {", true),
            ("\n‹exa›,x", true),
            ("sent to the ‹Exa› API\n", true),
            ("log in to ‹Exa›, then", true),
            ("x // ‹Exa›\n", true),
            ("x # ‹Exa›, production", true),
            ("new \\‹Exa›\\Client()", true),
            ("{\"logger\": \"app.‹exa›\"}", true),
            ("\n‹Exa›\n  key: x", true),
            ("the ‹exa› of it", false),
            ("‹Close› the door", false),
            ("here is the ‹box› we", false),
            ("a.‹split›(x)", false),
            ("https://‹exa›.com/", false),
            ("\n‹close› it", false),
            ("rename ‹box›\n", false),
        ] {
            let (bytes, word) = marked(text);
            assert_eq!(is_name(&bytes, &word), wanted, "{text}");
        }
    }

    #[test]
    fn commands_that_keep_secrets() {
        for (text, wanted) in [
            ("‹vault› kv put secret/x", true),
            ("$ ‹heroku› config:set X=1", true),
            ("cd x && ‹gh› secret set X", true),
            ("<com.‹cloudbees›.plugins.credentials", true),
            ("‹vault› secret: x", false),
            ("my ‹vault› kv put", false),
            ("‹vault›", false),
        ] {
            let (bytes, word) = marked(text);
            assert_eq!(is_keeper(&bytes, &word), wanted, "{text}");
        }
    }
}
