//! A cheap look at what stands before a run in text: is it what something is set to, and is that
//! something no secret by its name? Thousands of runs in a source tree look random; only the few
//! that pass are worth a parse of their file.

use crate::triage::names::{self, Verdict};

/// Longest beginning of a value before its random part (`sk-`, `Bearer `), in bytes.
const VALUE_HEAD: usize = 64;
/// Longest name that is looked at, in bytes.
const NAME: usize = 64;
/// The same in quotes, where it may be several words.
const QUOTED: usize = 160;

/// Whether the run at `start` may be the value of something secret, as far as the bytes right before
/// it tell: behind the head of the value and its quote stands an operator, a bracket, a comma or a
/// tag, and no name before that which means something else.
pub fn may_be_secret(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(VALUE_HEAD + QUOTED)..start];
    if is_sealed(before) {
        return false;
    }
    let head = before.iter().rev().take(VALUE_HEAD).take_while(|&&b| !ends_head(b)).count();
    let (before, head) = before.split_at(before.len() - head);
    let is_url = head.starts_with(b"//") || (before.ends_with(b":") && text[start..].starts_with(b"//"));
    if is_url || is_hashed(before, head, &text[start..]) {
        return false;
    }
    let before = before.trim_ascii_end();
    let quotes = before.iter().rev().take_while(|b| is_quote(**b)).count();
    let unquoted = before[..before.len() - quotes].trim_ascii_end();
    if let Some(verdict) = operator(unquoted) {
        return verdict;
    }
    // Between operator and quote: a prefix (`b"`, `@"`), or inside the quotes a word (`Bearer `).
    let word = unquoted
        .iter()
        .rev()
        .take(8)
        .take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'@' | b'$' | b'#'))
        .count();
    let (before, word) = unquoted.split_at(unquoted.len() - word);
    let is_prefix = quotes > 0 && word.len() <= 2 && word.iter().all(|b| b"rbfuLRBFU@$#".contains(b));
    let is_scheme = [&b"bearer"[..], b"basic", b"token"].iter().any(|s| word.eq_ignore_ascii_case(s));
    if is_prefix {
        operator(before.trim_ascii_end()).unwrap_or(false)
    } else {
        is_scheme || follows_name(unquoted)
    }
}

/// Whether what is behind `before` is a part of an encrypted value, as sops writes them: `ENC[AES256_GCM,data:VALUE,iv:…]`.
pub(super) fn is_sealed(before: &[u8]) -> bool {
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    memchr::memrchr(b'[', line).is_some_and(|at| {
        line[..at].ends_with(b"ENC")
            && line[at + 1..].starts_with(b"AES")
            && memchr::memchr(b']', &line[at..]).is_none()
    })
}

/// Whether the run is a part of a hashed password: `$6$salt$hash`, `pbkdf2_sha256$1000$salt$hash`,
/// `{SSHA}…`, `*` and a hash of MySQL.
fn is_hashed(before: &[u8], head: &[u8], run: &[u8]) -> bool {
    let dollars = head.iter().filter(|&&b| b == b'$').count();
    let is_crypt = dollars >= 2 && !head.contains(&b'{');
    let is_django = dollars == 1
        && head.ends_with(b"$")
        && [&b"sha1$"[..], b"md5$", b"bcrypt$"].iter().any(|scheme| head.ends_with(scheme));
    // `{SSHA}…`, `{PBKDF2-SHA512}10000$…`
    let scheme = head.iter().position(|b| *b == b'}').map(|end| head[..end].to_ascii_lowercase());
    let is_ldap = before.ends_with(b"{")
        && scheme.is_some_and(|scheme| {
            [&b"sha"[..], b"ssha", b"md5", b"smd5", b"crypt", b"pbkdf2", b"argon2", b"bcrypt", b"scrypt"]
                .iter()
                .any(|known| scheme.starts_with(known))
        });
    let is_mysql = head.ends_with(b"*")
        && run.iter().take(41).take_while(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b)).count() == 40;
    // Encrypted by Jasypt: `ENC(…)`.
    let is_jasypt = before.ends_with(b"ENC(");
    is_crypt || is_django || is_ldap || is_mysql || is_jasypt
}

/// Whether `before` ends with a name that a value may follow without an operator, and that says
/// secret: `#define NAME`, `ENV NAME`, `setx NAME`, `--name`.
fn follows_name(before: &[u8]) -> bool {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let from = before.len() - before.iter().rev().take(NAME).take_while(|b| is_name(b)).count();
    let (line, name) = before.split_at(from);
    let line = &line[memchr::memrchr(b'\n', line).map_or(0, |at| at + 1)..];
    let command = line.trim_ascii();
    let is_command = command.starts_with(b"#") && command.ends_with(b"define")
        || [&b"ENV"[..], b"ARG", b"setenv", b"setx", b"SETX", b"set -gx", b"set -x"].contains(&command);
    let is_flag = name.starts_with(b"--");
    (is_command || is_flag)
        && std::str::from_utf8(name).is_ok_and(|name| matches!(names::judge(name), Verdict::Secret(_)))
}

/// Whether the value that ends at `end` goes on with a field to be filled in: it is no whole value.
pub fn is_template(text: &[u8], end: usize) -> bool {
    let rest = &text[end..];
    [&b"{"[..], b"${", b"#{", b"$(", b"<%", b"%s", b"%(", b"%{"].iter().any(|field| rest.starts_with(field))
}

fn ends_head(b: u8) -> bool {
    b <= b' ' || is_quote(b) || matches!(b, b'=' | b':' | b',' | b'(' | b'[' | b'{' | b'>')
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`' | b'\\')
}

/// Whether what ends in an operator may name a secret; `None` where there is no operator.
fn operator(before: &[u8]) -> Option<bool> {
    match before.last() {
        // The beginning of the text, or too far away to tell.
        None => Some(true),
        Some(b'=' | b':') => Some(name_may_be_secret(&before[..before.len() - 1])),
        Some(b',' | b'(' | b'[' | b'{' | b'>' | b'|' | b'?' | b'+' | b'-') => Some(true),
        Some(_) => None,
    }
}

/// Last words of names that say only that a value follows.
const SLOTS: &[&str] = &[
    "value", "val", "default", "content", "contents", "data", "text", "string", "str", "char", "byte",
    "bytes", "const", "final", "object", "any", "var", "let", "body", "input",
];

/// Whether the name at the end of `before` can be that of a secret: not one that means nothing
/// secret by itself, unless it only says that a value follows, whose name is elsewhere.
fn name_may_be_secret(before: &[u8]) -> bool {
    let trimmed = |b: &u8| matches!(b, b' ' | b'\t' | b':' | b'?' | b'+' | b'=' | b'!') || is_quote(*b);
    let end = before.len() - before.iter().rev().take_while(|b| trimmed(b)).count();
    let is_name =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$') || !b.is_ascii();
    let start = end - before[..end].iter().rev().take(NAME).take_while(|b| is_name(b)).count();
    let Ok(name) = std::str::from_utf8(&before[start..end]) else { return true };
    if name.is_empty() {
        return !quoted_name(&before[..end], before.get(end)).is_some_and(crate::triage::begins_look_alike);
    }
    !name.is_ascii()
        || matches!(names::judge(name), Verdict::Secret(_))
        || names::ends_in_any(name, 1, SLOTS)
        || !name.bytes().any(|b| b.is_ascii_alphanumeric())
}

/// What stands in quotes at the end of a line: `before` is it up to `quote`.
fn quoted_name<'t>(before: &'t [u8], quote: Option<&u8>) -> Option<&'t str> {
    let quote = *quote.filter(|b| matches!(b, b'"' | b'\''))?;
    let open = before.iter().rposition(|&b| b == quote || b == b'\n')?;
    (before[open] == quote).then(|| std::str::from_utf8(&before[open + 1..]).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        may_be_secret(text.as_bytes(), text.find("RUN").unwrap())
    }

    #[test]
    fn values_of_secret_and_of_nameless_things() {
        for yes in [
            "api_secret = RUN",
            r#""the key (of checksums)" = "RUN"#,
            r#""checksum api secret (new)" = "RUN"#,
            r#""clientSecret": "RUN"#,
            r#"{\"apiSecret\":\"RUN"#,
            "password: 'RUN",
            "secret := `RUN",
            r#"let secret: &str = "RUN"#,
            r#"secret = b"RUN"#,
            r#"secret = "sk-RUN"#,
            r#"setSecret("RUN"#,
            r#"put("a", "RUN"#,
            "<secret>RUN",
            r#""value": "RUN"#,
            r#"auth = "Bearer RUN"#,
            "RUN",
            "geheimnis_schlüssel = RUN",
            "#define API_SECRET \"RUN",
            "# define API_SECRET \"RUN",
            "FROM x\nENV API_SECRET RUN",
            "setx API_SECRET RUN",
            "tool --x --api-secret RUN",
            "password = \"p$RUN",
        ] {
            assert!(passes(yes), "{yes}");
        }
    }

    #[test]
    fn hashes_urls_and_prose() {
        for no in [
            r#"checksum = "RUN"#,
            r#""checksum name 0.1.0 (registry+https://host.tld/index)" = "RUN"#,
            r#""integrity": "RUN"#,
            "see https://host.tld/path/RUN",
            "commit RUN",
            "the text RUN",
            r#"title = "RUN"#,
            "ENV TITLE RUN",
            "git --commit RUN",
            r#"password = "$6$RUN"#,
            r#"password = "$6$salt$RUN"#,
            r#"password = "pbkdf2_sha256$1000$salt$RUN"#,
            r#"password: "{SSHA}RUN"#,
            "password: ENC(RUN)",
        ] {
            assert!(!passes(no), "{no}");
        }
    }
}
