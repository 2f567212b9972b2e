//! Passwords that everybody would guess first (`password`, `secret`, `test`). Mostly they only fill the
//! place; here is told where one plainly works: in a system for development, or in a test.

use super::names;
use super::placeholders::{self, Placeholder};
use super::score::{PASSWORDS, has_word};
use crate::engine::assignment::{Form, Named};

/// Users that stand for another one.
const ANYBODY: &[&[u8]] =
    &[b"myuser", b"my_user", b"dbuser", b"db_user", b"db_username", b"usr", b"login", b"name", b"yourname"];

/// Hosts of one label that stand for another one.
const ANYWHERE: &[&[u8]] = &[
    b"host",
    b"hostname",
    b"server",
    b"servername",
    b"domain",
    b"address",
    b"ip",
    b"example",
    b"dbhost",
    b"db_host",
];

/// Whether a user is one who may log in: not `user`, `username`, `<name>`, `foo`.
fn is_somebody(user: &[u8]) -> bool {
    let is_known = match placeholders::kind(user) {
        None | Some(Placeholder::KnownDefault(_)) => true,
        Some(_) => user.eq_ignore_ascii_case(b"test"),
    };
    is_known && !user.is_empty() && !ANYBODY.iter().any(|other| user.eq_ignore_ascii_case(other))
}

/// Whether a URL logs somebody in to a system close by: `postgres://postgres:password@localhost/shop`, or
/// at a service of the same composition (`@db:5432`). `user:password@host` shows how a URL is written.
pub(super) fn opens(url: &[u8], secret: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(url, b"://") else { return false };
    let login = &url[at + 3..];
    let Some(colon) = memchr::memchr(b':', login) else { return false };
    let Some(host) = login[colon + 1..].strip_prefix(secret).and_then(|rest| rest.strip_prefix(b"@")) else {
        return false;
    };
    let end =
        host.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b',' | b' ') || !b.is_ascii_graphic());
    let host = &host[..end.unwrap_or(host.len())];
    let port =
        host.iter().rposition(|b| *b == b':').filter(|at| host[at + 1..].iter().all(u8::is_ascii_digit));
    let host = &host[..port.unwrap_or(host.len())];
    let is_label =
        |host: &[u8]| host.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    let is_address = host.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let is_close = host == b"[::1]"
        || host == b"host.docker.internal"
        || is_address && !host.starts_with(b"192.0.2.") && !host.starts_with(b"203.0.113.")
        || is_label(host) && !ANYWHERE.contains(&host);
    let user = &login[..colon];
    // `user:secret@localhost`; `user:password` is how all documents write it.
    let is_example = user.eq_ignore_ascii_case(b"user") && !is_word_for_password(secret);
    !host.is_empty() && is_close && (is_somebody(user) || is_example)
}

pub(super) fn is_word_for_password(value: &[u8]) -> bool {
    [&b"password"[..], b"passwd", b"pass", b"pwd"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether a password is the user's name and a word for it: `pguser:pguserpassword`.
pub(super) fn is_made_of_user(user: &[u8], secret: &[u8]) -> bool {
    let starts = secret.get(..user.len()).is_some_and(|start| start.eq_ignore_ascii_case(user));
    let rest = secret.get(user.len()..).unwrap_or_default();
    let joiner = rest.iter().take_while(|b| matches!(b, b'_' | b'-' | b'.')).count();
    let word = &rest[joiner..];
    starts
        && user.len() >= 2
        && (rest.is_empty() || is_word_for_password(word) || word.eq_ignore_ascii_case(b"pw"))
}

/// Whether a URL leads to the machine itself.
pub(super) fn is_own_machine(url: &[u8]) -> bool {
    let host = memchr::memrchr(b'@', url).map_or(url, |at| &url[at + 1..]);
    [&b"localhost"[..], b"127.0.0.1", b"0.0.0.0", b"[::1]", b"host.docker.internal"]
        .iter()
        .any(|own| host.starts_with(own))
}

/// Whether a login shows how one is written: `myusername:mypassword`.
pub(super) fn shows_form(user: &[u8], secret: &[u8]) -> bool {
    let is_mine = |text: &[u8]| text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"my"));
    is_mine(secret) && (user.is_empty() || is_mine(user) || ANYBODY.contains(&user))
}

/// Words before `password` that make a name one of a name or a label of passwords.
const OF_NAMES: &[&str] = &[
    "type", "key", "field", "param", "label", "column", "grant", "pref", "prefs", "input", "form", "name",
    "prompt", "text", "msg", "message", "error", "title", "arg", "attr", "property", "prop", "option", "opt",
    "setting",
];

/// Whether `value`, a word that everybody would guess, is plainly set as a password: `MYSQL_ROOT_PASSWORD:
/// password`, `login("admin", "secret")`, `password = "test"`. `PASSWORD = "password"` may be a name.
pub(super) fn is_set(text: &[u8], named: &Named, name: &str, value: &[u8]) -> bool {
    let is_its_name = is_word_for_password(value);
    if named.form == Form::Login {
        // `jwt.sign(claims, "secret")`, `login(user, "test")`: no text stands before.
        return user_before(text, named).map_or(!is_its_name, is_somebody);
    }
    let words = names::words(name);
    if words.iter().any(|w| OF_NAMES.contains(&w.as_str())) {
        return false;
    }
    if !has_word(&words, PASSWORDS) {
        return is_key_of_program(text, named, name, &words);
    }
    let is_constant = words.len() > 1 && !name.bytes().any(|b| b.is_ascii_lowercase());
    let is_setting = matches!(named.form, Form::Environment | Form::Yaml);
    if is_its_name {
        return is_setting && (is_constant || is_in_connection(text, named))
            || named.form == Form::Call && is_setter(name, &words)
            || named.quoted && (is_beside_login(text, named) || is_exported(text, named.name.start));
    }
    if named.form == Form::Call {
        return is_setter(name, &words);
    }
    let is_option = named.form == Form::Flag || named.form == Form::Word && name.starts_with("--");
    if is_option {
        return true;
    }
    if named.quoted {
        return matches!(
            named.form,
            Form::Assign | Form::Pair | Form::Argument | Form::Sibling | Form::Environment | Form::Yaml
        );
    }
    let ends = matches!(text.get(named.value.end), None | Some(b'\n' | b'\r'));
    is_setting && ends && (is_constant || begins_line(text, named.name.start))
}

/// Whether a user is more than the word for one: an example has a name.
pub(super) fn is_user(user: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"username", b"user", b"name", b"email", b"login", b"password", b"user_name", b"userName"];
    !user.is_empty() && !WORDS.iter().any(|word| user.eq_ignore_ascii_case(word)) && user.is_ascii()
}

/// Whether an account or where it is stands beside a password: `user: 'user', password: 'password'`, `host: 'db'`. The
/// user may be the word for one where the password is in use: `connect(user='user', password='password')`.
pub(super) fn is_beside_account(text: &[u8], named: &Named) -> bool {
    const NAMES: [&[u8]; 12] = [
        b"user",
        b"User",
        b"USER",
        b"login",
        b"host",
        b"server",
        b"email",
        b"uri",
        b"url",
        b"database",
        b"port",
        b"dsn",
    ];
    let before = &text[named.name.start.saturating_sub(160)..named.name.start];
    let behind = &text[named.value.end..(named.value.end + 120).min(text.len())];
    [before, behind].iter().any(|around| {
        NAMES.iter().any(|name| {
            memchr::memmem::find_iter(around, name).any(|at| {
                let rest = &around[at + name.len()..];
                let more =
                    rest.iter().take(12).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let rest = rest[more..].trim_ascii_start();
                let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
                let Some((b'=' | b':', rest)) = rest.trim_ascii_start().split_first() else { return false };
                let rest = rest.trim_ascii_start();
                let rest = rest.strip_prefix(b"&").unwrap_or(rest);
                match rest.split_first() {
                    Some((quote @ (b'"' | b'\''), text)) => {
                        memchr::memchr(*quote, &text[..text.len().min(60)]).is_some_and(|end| {
                            let is_word = [&b"username"[..], b"email", b"url", b"host"]
                                .iter()
                                .any(|word| text[..end].eq_ignore_ascii_case(word));
                            end > 0 && !is_word
                        })
                    }
                    Some((first, _)) => first.is_ascii_digit() && *name == b"port",
                    None => false,
                }
            })
        })
    })
}

/// The text before the secret among the arguments of a call.
pub(super) fn user_before<'t>(text: &'t [u8], named: &Named) -> Option<&'t [u8]> {
    let before = &text[named.value.start.saturating_sub(80)..named.value.start];
    let before = before.split_last()?.1.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end();
    let (quote, before) = before.split_last()?;
    let start = matches!(quote, b'"' | b'\'').then(|| memchr::memrchr(*quote, before))??;
    Some(&before[start + 1..])
}

/// Whether a setting is one of a connection: `host=db user=shop password=secret`.
fn is_in_connection(text: &[u8], named: &Named) -> bool {
    let line = &text[named.name.start.saturating_sub(120)..(named.value.end + 120).min(text.len())];
    let has = |part: &[u8]| memchr::memmem::find(line, part).is_some();
    has(b"host=") && has(b"user=") && !has(b"user=user") && !has(b"user=myuser") && !has(b"host=host")
}

/// Whether a shell sets it for what it runs: `export RABBITPASSWORD="password"`.
fn is_exported(text: &[u8], name: usize) -> bool {
    let before = &text[name.saturating_sub(80)..name];
    let word = before.trim_ascii_end();
    word.len() < before.len() && (word.ends_with(b"export") || word.ends_with(b"ENV"))
}

/// Whether a call sets a password: `setPassword("password")`, `.with_password("test")`; not `get("password")`.
fn is_setter(name: &str, words: &[String]) -> bool {
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let is_member = last.len() < name.len();
    let verb = names::words(last).first().is_some_and(|w| matches!(w.as_str(), "set" | "with"));
    verb && words.last().is_some_and(|w| has_word(std::slice::from_ref(w), PASSWORDS))
        || is_member && matches!(last, "password" | "Password")
}

/// Whether a word that everybody would guess is what a program signs with: `client_secret: "secret"`,
/// `jwt_secret = 'test'`. `SECRET = "secret"` may be a name.
fn is_key_of_program(text: &[u8], named: &Named, name: &str, words: &[String]) -> bool {
    let value = &text[named.value.clone()];
    let is_secret = words.len() > 1 && words.iter().any(|w| matches!(w.as_str(), "secret" | "jwt"));
    let in_code = matches!(named.form, Form::Assign | Form::Pair | Form::Argument | Form::Environment);
    // `"client_secret": "secret"` is as often a table of names.
    let is_name_quoted = named.name.start > 0
        && matches!(text[named.name.start - 1], b'"' | b'\'')
        && named.form == Form::Pair;
    let is_constant = !name.bytes().any(|b| b.is_ascii_lowercase());
    let is_its_name = value.eq_ignore_ascii_case(b"secret");
    is_secret && named.quoted && in_code && !is_name_quoted && !(is_constant && is_its_name)
}

/// Whether the one who logs in, or where, stands beside a password: `user: 'root', password: 'password'`.
fn is_beside_login(text: &[u8], named: &Named) -> bool {
    if !matches!(named.form, Form::Assign | Form::Pair | Form::Argument | Form::Call) {
        return false;
    }
    let before = &text[named.name.start.saturating_sub(160)..named.name.start];
    let behind = &text[named.value.end..(named.value.end + 120).min(text.len())];
    names_login(before) || names_login(behind)
}

/// Whether a text names a user who may log in: `user="root"`, `"login": "admin"`.
fn names_login(text: &[u8]) -> bool {
    const USERS: [&[u8]; 3] = [b"user", b"login", b"USER"];
    USERS.iter().any(|user| {
        memchr::memmem::find_iter(text, user).any(|at| {
            let rest = &text[at + user.len()..];
            let name = rest.iter().take(12).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let rest = rest[name..].trim_ascii_start();
            let rest =
                rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
            let Some((b'=' | b':' | b'(', rest)) = rest.split_first() else { return false };
            let rest = rest.trim_ascii_start();
            let Some((quote @ (b'"' | b'\''), rest)) = rest.split_first() else { return false };
            memchr::memchr(*quote, &rest[..rest.len().min(40)]).is_some_and(|end| is_somebody(&rest[..end]))
        })
    })
}

fn begins_line(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(80)..at];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)..];
    matches!(line.trim_ascii(), b"" | b"-" | b"export" | b"- export" | b"ENV" | b"set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_log_somebody_in() {
        for (url, secret, is_login) in [
            ("postgres://postgres:password@localhost:5432/shop", "password", true),
            ("mysql://root:password@127.0.0.1/mysql", "password", true),
            ("amqp://app:secret@rabbitmq:5672/", "secret", true),
            ("redis://test:test@[::1]:6379", "test", true),
            ("postgres://user:password@localhost/db", "password", false),
            ("mysql://username:secret@127.0.0.1/db", "secret", false),
            ("postgres://root:password@host:5432/db", "password", false),
            ("https://root:password@example.com/", "password", false),
            ("https://foo:bar@localhost/", "bar", false),
            ("password", "password", false),
        ] {
            assert_eq!(opens(url.as_bytes(), secret.as_bytes()), is_login, "{url}");
        }
    }
}
