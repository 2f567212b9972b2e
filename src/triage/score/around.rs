//! What the text around a value says it is instead of a secret. Asked last, of the few that would be told.

use super::low::{PASSWORDS, has_word};
use super::refuse::is_followed_by_words;
use super::{Refusal, own_name};
use crate::engine::assignment::{Form, Named};
use crate::triage::{names, natural, placeholders, weak};

/// Longest stretch of a line that is looked at.
const LINE: usize = 240;

/// Refuses what is no secret for what stands around it.
pub(super) fn allows(text: &[u8], named: &Named) -> Result<(), Refusal> {
    let value = &text[named.value.clone()];
    let before = line_before(text, named.value.start);
    if is_output(before, named, value) {
        return Err("the value is what a command prints");
    }
    if !named.quoted {
        return bare(text, named, value);
    }
    // `#define LOCKED_PASSWD_STRING "*LK*"`
    if matches!(value, [b'*', word @ .., b'*'] if word.iter().all(u8::is_ascii_alphabetic)) {
        return Err("the value stands for another");
    }
    // `copy_id21_to_sam_passwd("INFO_11", to, &i)`
    let behind = text.get(named.value.end + 1..).unwrap_or_default().trim_ascii_start();
    if named.form == Form::Call && behind.starts_with(b",") && is_constant(value) {
        return Err("the value is the name of a constant");
    }
    // `tokenType: 'bearer' | 'mac'`
    if behind.starts_with(b"| '") || behind.starts_with(b"| \"") {
        return Err("the value is one of those that a type has");
    }
    // `each entry is identified by "its id"`
    let is_sentence = named.form == Form::Clause
        && text[named.name.clone()].iter().all(|b| b.is_ascii_lowercase() || *b == b' ')
        && !is_of_account(&text[named.name.start.saturating_sub(160)..named.name.start]);
    // ``renamed `list_secrets` to `list_properties` ``
    if is_sentence || before.ends_with(b" to `") || before.ends_with(b" or `") {
        return Err("the value is a word of a sentence");
    }
    if value.starts_with(b"urn:") || is_of_rfc(value) {
        return Err("the value is a name that a standard gives");
    }
    let Ok(name) = std::str::from_utf8(&text[named.name.clone()]) else { return Ok(()) };
    let own = own_name(name, named.form);
    if named.form == Form::Call && is_given_back(line_before(text, named.name.start), own, value) {
        return Err("the call gives a secret");
    }
    // `connection-password="connection-password.second.pool"`
    let is_path = |name: &str| {
        name.len() >= 8 && value.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"."))
    };
    let is_same = own.len() >= 4
        && !placeholders::kind(value).is_some_and(placeholders::Placeholder::is_weak_word)
        && value.eq_ignore_ascii_case(own.as_bytes())
        && !weak::is_beside_account(text, named);
    if is_same || is_path(own) || is_name_with_more(name, value) || is_class(own, value) {
        return Err("the value is its own name");
    }
    // `pass.set("usedFragment", true)`: under what name something is kept.
    let is_put = [".set", ".put", ".setItem"].iter().any(|call| name.ends_with(call));
    if named.form == Form::Call && is_put && behind.starts_with(b",") {
        return Err("the value is the name of something");
    }
    // `Metadata::new("GetPasswordData", "EC2")`
    let is_question = matches!(named.form, Form::Argument | Form::Pair)
        && names::words(name).first().is_some_and(|word| matches!(word.as_str(), "get" | "fetch" | "list"));
    if is_question && natural::surprise(value) < 4.0 {
        return Err("the name is that of a question");
    }
    if is_packed_name(text, named, name) {
        return Err("the name is what packed code has");
    }
    if is_one_of_its_kind(text, named, value, before) {
        return Err("the value is named as those beside it");
    }
    Ok(())
}

fn line_before(text: &[u8], end: usize) -> &[u8] {
    let from = end.saturating_sub(LINE);
    let stretch = &text[from..end];
    &stretch[memchr::memrchr(b'\n', stretch).map_or(0, |at| at + 1)..]
}

/// What stands without quotes: words of sentences, of code, types.
fn bare(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
    // `the --passwd option specifies`
    const OF_OPTIONS: [&[u8]; 14] = [
        b"option",
        b"options",
        b"argument",
        b"arguments",
        b"flag",
        b"flags",
        b"parameter",
        b"parameters",
        b"switch",
        b"switches",
        b"is",
        b"are",
        b"instead",
        b"when",
    ];
    if named.form == Form::Flag && OF_OPTIONS.contains(&value) {
        return Err("the value is a word of a sentence");
    }
    let is_word = value.iter().all(u8::is_ascii_lowercase) && natural::surprise(value) < 4.0;
    // `characters used when generating a password: vowels`
    if named.form == Form::Yaml && is_word {
        let words = line_before(text, named.name.start);
        if [&b" a "[..], b" any ", b" each "].iter().any(|article| words.ends_with(article)) {
            return Err("the value is a word of a sentence");
        }
    }
    // `debug("pw:mcp:error")`
    let is_label = |b: &u8| b.is_ascii_lowercase() || matches!(b, b':' | b'-' | b'_');
    let is_joined = named.form == Form::Yaml && text[..named.value.start].ends_with(b":");
    let is_opened = matches!(named.name.start.checked_sub(1).map(|at| text[at]), Some(b'"' | b'\'' | b'`'));
    if is_joined && is_opened && value.iter().all(is_label) && natural::surprise(value) < 4.0 {
        return Err("the value is the name of something");
    }
    // `crypto_auth/x.lo: crypto_auth/x.c` of makefiles
    const OF_SOURCES: [&[u8]; 8] = [b".c", b".cc", b".cpp", b".h", b".o", b".lo", b".S", b".m"];
    if value.contains(&b'/') && OF_SOURCES.iter().any(|end| value.ends_with(end)) {
        return Err("the value is a path");
    }
    // `* @password: what it is for`
    if text[named.name.start] == b'@' && line_before(text, named.name.start).trim_ascii().ends_with(b"*") {
        return Err("the value is a word of a sentence");
    }
    // `passwd: files`, of the name service
    const SERVICES: [&[u8]; 8] =
        [b"files", b"compat", b"db", b"nis", b"ldap", b"sss", b"winbind", b"systemd"];
    if named.form == Form::Yaml && text[named.name.clone()] == *b"passwd" && SERVICES.contains(&value) {
        return Err("the value is the name of something");
    }
    // `Bytes used per pass: 931467`
    if named.form == Form::Yaml
        && text[named.name.clone()].eq_ignore_ascii_case(b"pass")
        && line_before(text, named.name.start).trim_ascii_end().last().is_some_and(u8::is_ascii_alphabetic)
    {
        return Err("the value is a word of a sentence");
    }
    // `password: String!` of GraphQL
    if [&b"String!"[..], b"Int!", b"Boolean!", b"Float!", b"ID!"].contains(&value) {
        return Err("the value is a type");
    }
    // Zuul: `- name: x` and `secret: name_of_a_secret`
    if named.form == Form::Yaml && is_reference(text, named, value) {
        return Err("the value names a secret in a store");
    }
    // `#~ msgstr "Die Option --token angegeben werden."`
    let is_told = || {
        is_message(line_before(text, named.name.start))
            || is_word && is_followed_by_words(text.get(named.value.end..).unwrap_or_default())
    };
    if named.form == Form::Flag && value.iter().all(u8::is_ascii_lowercase) && is_told() {
        return Err("the value is a word of a sentence");
    }
    // `mutation ($newPassword: String!)`
    let is_type = matches!(value, [first, rest @ .., b'!'] if first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_alphanumeric));
    if is_type && text[named.name.start] == b'$' {
        return Err("the value is a type");
    }
    // `passes.radius=.5*e.radius`
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let is_product = digits > 0
        && value.get(digits) == Some(&b'*')
        && value[digits + 1..].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'));
    if is_product {
        return Err("the value is code");
    }
    // `passwd: &[u8],`, `pub psw: psw_t,`
    let is_slice = value.starts_with(b"&[") || value.starts_with(b"&'");
    if named.form == Form::Yaml && (is_slice || value.ends_with(b"_t") && is_word_of_code(value)) {
        return Err("the value is a type");
    }
    // `/v1/authTokens:generate`
    let is_verb = named.form == Form::Yaml
        && text[..named.name.start].ends_with(b"/")
        && text[..named.value.start].ends_with(b":");
    if is_verb && is_word {
        return Err("the value is a part of a path");
    }
    let before = line_before(text, named.value.start);
    if is_one_of_its_kind(text, named, value, before) {
        return Err("the value is named as those beside it");
    }
    Ok(())
}

/// Whether a line is the text of a catalogue of messages.
fn is_message(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"#~").unwrap_or(line).trim_ascii_start();
    line.starts_with(b"msgstr") || line.starts_with(b"msgid") || line.starts_with(b"\"")
}

/// Whether a secret is named by words that underscores join, right below a name: `name: x`, `secret: a_b_c`.
fn is_reference(text: &[u8], named: &Named, value: &[u8]) -> bool {
    let words = value.split(|b| *b == b'_');
    let is_plain = value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
    if text[named.name.clone()] != *b"secret" || !is_plain || words.clone().count() < 3 {
        return false;
    }
    let start = named.name.start - line_before(text, named.name.start).len();
    let above = line_before(text, start.saturating_sub(1)).trim_ascii_start();
    above.strip_prefix(b"- ").unwrap_or(above).starts_with(b"name: ")
}

fn is_word_of_code(value: &[u8]) -> bool {
    value.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
}

/// `RFC 2518`
fn is_of_rfc(value: &[u8]) -> bool {
    value
        .strip_prefix(b"RFC")
        .is_some_and(|rest| rest.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-')))
}

/// `password: "PasswordWidget"`: what shows or reads it.
fn is_class(own: &str, value: &[u8]) -> bool {
    let of = own.len();
    of >= 4
        && value.get(..of).is_some_and(|start| start.eq_ignore_ascii_case(own.as_bytes()))
        && value[0].is_ascii_uppercase()
        && value.get(of).is_some_and(u8::is_ascii_uppercase)
        && value[of..].iter().all(u8::is_ascii_alphabetic)
        && value[of + 1..].iter().any(u8::is_ascii_lowercase)
}

/// `pC="fillHandle",pw="autoRowSize"`: packed code has names of two letters, and long lines.
fn is_packed_name(text: &[u8], named: &Named, name: &str) -> bool {
    let before = &text[named.name.start.saturating_sub(LINE)..named.name.start];
    name.len() <= 2
        && matches!(before.last(), Some(b',' | b' '))
        && before.len() == LINE
        && memchr::memchr(b'\n', before).is_none()
        && natural::surprise(&text[named.value.clone()]) < 6.0
}

/// Whether a value is what a shell has a command print: ``ac_pwd=`pwd` ``. Texts of JavaScript and Go stand so too, mostly with
/// blanks before them, and what somebody chose is seldom like a word.
fn is_output(before: &[u8], named: &Named, value: &[u8]) -> bool {
    named.quoted
        && before.ends_with(b"=`")
        && value.iter().all(|b| b.is_ascii_lowercase() || b" -./_".contains(b))
        && (value.len() < 5 || natural::surprise(value) < 4.0)
}

/// `INFO_11`, `KIND_OF_KEY`
fn is_constant(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_uppercase)
        && value.contains(&b'_')
        && value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

/// Whether SQL speaks of an account: `CREATE USER x IDENTIFIED BY`.
fn is_of_account(before: &[u8]) -> bool {
    let before = before.to_ascii_lowercase();
    [&b"user"[..], b"grant", b"role", b"link", b"alter"]
        .iter()
        .any(|word| memchr::memmem::find(&before, word).is_some())
}

/// Whether what a call gives is kept under the name of what the call is named for: it makes or looks up a secret, and its
/// argument says whose: `token = issue_token("operator")`.
fn is_given_back(before: &[u8], call: &str, value: &[u8]) -> bool {
    // What hashes or derives is handed the secret itself.
    const TAKES: [&str; 9] =
        ["hash", "derive", "encode", "encrypt", "digest", "make", "check", "verify", "crypt"];
    let Some((name, _)) = before.iter().rposition(|b| *b == b'=').map(|at| before.split_at(at)) else {
        return false;
    };
    let behind = before[name.len() + 1..].trim_ascii();
    let is_receiver = behind.iter().all(|b| b.is_ascii_alphanumeric() || b"._->:$@".contains(b));
    let Ok(name) = std::str::from_utf8(name.trim_ascii_end()) else { return false };
    let name = name.rsplit([' ', '(', '\t', '.', '>']).next().unwrap_or_default();
    let (kept, called) = (names::words(name), names::words(call));
    is_receiver
        && kept.last().is_some()
        && kept.last() == called.last()
        && called.len() > 1
        && !called.iter().any(|word| TAKES.contains(&word.as_str()))
        && value.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-'))
        && natural::surprise(value) < 4.0
}

/// Whether a value is all words of its name, in their order, with more between them:
/// `"discovery.db.password": "discovery_service_db_password"`.
fn is_name_with_more(name: &str, value: &[u8]) -> bool {
    let Some(value) = std::str::from_utf8(value).ok().filter(|v| v.contains('_')) else { return false };
    let wanted = names::words(name);
    if wanted.len() < 3 || value.bytes().any(|b| !b.is_ascii_alphabetic() && b != b'_') {
        return false;
    }
    let mut words = names::words(value).into_iter();
    wanted.iter().all(|word| words.any(|of| of == *word))
}

/// Whether values beside it are named alike, as what stands for others is:
/// `user='ssh_user', password='ssh_pass', host='ssh_host'`.
fn is_one_of_its_kind(text: &[u8], named: &Named, value: &[u8], before: &[u8]) -> bool {
    let Some(at) = memchr::memrchr2(b'_', b'-', value) else { return false };
    let (prefix, word) = value.split_at(at + 1);
    let is_usual = |part: &[u8]| part.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-'));
    // What tests are named with is a value of its own.
    let is_of_test = [&b"test"[..], b"my", b"some", b"foo"].iter().any(|start| prefix.starts_with(start));
    let Ok(word) = std::str::from_utf8(word) else { return false };
    if prefix.len() < 3 || !is_usual(prefix) || is_of_test || !has_word(&names::words(word), PASSWORDS) {
        return false;
    }
    let rest = &text[named.value.end..text.len().min(named.value.end + LINE)];
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let beside = |line: &[u8]| {
        memchr::memmem::find_iter(line, prefix)
            .filter(|at| at.checked_sub(1).is_some_and(|at| matches!(line[at], b'=' | b'\'' | b'"')))
            .count()
    };
    beside(before) + beside(rest) >= 2
}
