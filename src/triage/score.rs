//! How likely a value that is assigned to a name is a secret: a number made of features.
//!
//! Each feature is something a reader of the line sees too: how strong the name is, how the value stands
//! to it, what the value looks like. Their weights are data (`patterns/data/score.tsv`), fitted by
//! `scripts/train-score.py` to lines read and labelled by hand; the sum through a logistic curve is the
//! chance that the value is a secret, and so the confidence. What can be no secret at all is refused
//! before anything is summed up, with a reason that `keysift explain` tells.

use super::names::{self, Strength, Verdict};
use super::natural;
use super::placeholders::{self, Placeholder};
use crate::engine::assignment::{Form, Named};
use std::sync::OnceLock;

/// Least confidence that is reported at all: at low severity. Medium begins at 50 (`severity` in
/// `triage/mod.rs`); `docs/precision.md` has the figures of both.
pub const WORTH_A_REPORT: u8 = 25;
/// Shortest value that is looked at.
const SHORTEST: usize = 4;
/// Longest plain value.
const LONGEST: usize = 300;

/// What a value is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The chance that it is a secret, in percent.
    pub confidence: u8,
    /// Why it is worth a hint only, whatever its confidence.
    pub only_low: Option<&'static str>,
}

/// Why something is no secret.
pub type Refusal = &'static str;

/// Names of all features, in the order of the weights.
pub const FEATURES: [&str; 61] = [
    "bias",
    "name strong",
    "name password",
    "name key",
    "name token",
    "name capitals",
    "name path",
    "form assign",
    "form pair",
    "form compare",
    "form argument",
    "form call",
    "form element",
    "form sibling",
    "form flag",
    "form word",
    "form default",
    "form item",
    "form environment",
    "form yaml",
    "form setting",
    "form prose",
    "quoted",
    "length below 6",
    "length 6 to 7",
    "length 8 to 11",
    "length 12 to 19",
    "length 20 to 43",
    "length 44 and more",
    "two kinds",
    "three kinds",
    "four kinds",
    "has digit",
    "has special",
    "surprise",
    "surprise high",
    "one word",
    "title",
    "identifier",
    "constant",
    "dotted",
    "blank",
    "sentence",
    "holds name",
    "is name",
    "path",
    "brackets",
    "hexadecimal",
    "hash length",
    "uuid",
    "digits only",
    "goes on",
    "statement",
    "settings around",
    "comment",
    "prose around",
    "default password",
    "not ascii",
    "weak and natural",
    "strong and random",
    "query",
];

/// Rates what `named` found in `text`.
pub fn rate(text: &[u8], named: &Named) -> Result<Rated, Refusal> {
    let (features, is_default) = features(text, named)?;
    let sum: f32 = features.iter().zip(weights()).map(|(x, w)| x * w).sum();
    let chance = 1.0 / (1.0 + (-sum).exp());
    let confidence = (chance * 100.0).round().clamp(0.0, 99.0) as u8;
    // Asked of the few that matter only.
    let only_low = (confidence >= 50).then(|| only_low(text, named, is_default)).flatten();
    Ok(Rated { confidence, only_low })
}

/// Why a value that is probably a secret is worth a hint only.
fn only_low(text: &[u8], named: &Named, is_default: bool) -> Option<&'static str> {
    if is_default {
        return Some("a password that everybody knows");
    }
    let value = &text[named.value.clone()];
    let name = String::from_utf8_lossy(&text[named.name.clone()]);
    let words = names::words(&name);
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    if has(&[
        "default", "dummy", "example", "sample", "fake", "mock", "test", "invalid", "wrong", "bad", "old",
    ]) {
        return Some("its name says that it is a default or made up");
    }
    let is_password = has_word(&words, PASSWORDS);
    if !is_password && (value.len() < 12 || natural::surprise(value) < 4.0) {
        return Some("short or readable for a key or token");
    }
    let letters = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'@' | b' ' | b'-' | b'_');
    if value.iter().all(letters) && natural::surprise(value) < 0.0 {
        return Some("a word as others are");
    }
    let line = Line::around(text, named);
    if line.is_comment || line.is_prompt {
        return Some("in a comment or an example");
    }
    is_in_comment(text, named.name.start).then_some("in a comment or documentation")
}

/// Words of names whose values people choose.
const PASSWORDS: &[&str] = &[
    "pass",
    "pwd",
    "psw",
    "pw",
    "contrase",
    "senha",
    "kennwort",
    "wachtwoord",
    "hasl",
    "parol",
    "salasana",
    "heslo",
    "jelsz",
    "sifre",
];

fn has_word(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|w| list.iter().any(|l| w.contains(l)))
}

/// How far back a comment or a documentation text may have begun.
const COMMENT: usize = 64 << 10;

/// Whether `at` is inside `/* … */`, `<!-- … -->` or an odd number of triple quotes.
fn is_in_comment(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(COMMENT)..at];
    let last = |mark: &[u8]| memchr::memmem::rfind(before, mark);
    let open = |start: &[u8], end: &[u8]| match (last(start), last(end)) {
        (Some(start), Some(end)) => start > end,
        (start, None) => start.is_some(),
        _ => false,
    };
    // A quote counts from the start of the text only: what is odd there is open.
    let odd = |mark: &[u8]| at <= COMMENT && memchr::memmem::find_iter(before, mark).count() % 2 == 1;
    open(b"/*", b"*/") || open(b"<!--", b"-->") || odd(b"\"\"\"") || odd(b"'''")
}

/// What speaks for and against a value, the heaviest first: feature and weight.
pub fn reasons(text: &[u8], named: &Named) -> Vec<(&'static str, f32)> {
    let Ok((features, _)) = features(text, named) else { return Vec::new() };
    let mut reasons: Vec<(&'static str, f32)> = FEATURES
        .iter()
        .zip(features.iter().zip(weights()))
        .skip(1)
        .map(|(name, (x, weight))| (*name, x * weight))
        .filter(|(_, part)| part.abs() >= 0.05)
        .collect();
    reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    reasons
}

const DATA: &str = include_str!("../../patterns/data/score.tsv");

/// The weights, in the order of [`FEATURES`]. A feature without a row weighs nothing.
fn weights() -> &'static [f32; FEATURES.len()] {
    static WEIGHTS: OnceLock<[f32; FEATURES.len()]> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let mut weights = [0.0; FEATURES.len()];
        for (name, weight) in DATA.lines().skip(1).filter_map(|line| line.split_once('\t')) {
            let weight = weight.split('\t').next().and_then(|w| w.parse().ok());
            if let (Some(i), Some(weight)) = (FEATURES.iter().position(|f| *f == name), weight) {
                weights[i] = weight;
            }
        }
        weights
    })
}

/// The features of a value, or why it is no secret; and whether it is a known default.
pub fn features(text: &[u8], named: &Named) -> Result<([f32; FEATURES.len()], bool), Refusal> {
    let value = &text[named.value.clone()];
    if value.len() < SHORTEST {
        return Err("the value is shorter than 4 characters");
    }
    if value.len() > LONGEST {
        return Err("the value is longer than 300 characters");
    }
    if !value.iter().any(|b| b.is_ascii_alphanumeric() || *b >= 0x80) {
        return Err("the value has no letters or digits");
    }
    let Ok(name) = std::str::from_utf8(&text[named.name.clone()]) else {
        return Err("the name is not UTF-8");
    };
    let name = own_name(name, named.form);
    let strength = match names::judge(name) {
        Verdict::Secret(strength) => strength,
        Verdict::Negated => return Err("the name says that it is something about a secret"),
        Verdict::Unknown => return Err("the name does not say secret"),
    };
    is_of_another_kind(text, named, value)?;
    let surprise = natural::surprise(value);
    let has_digit = value.iter().any(u8::is_ascii_digit);
    if strength == Strength::Weak {
        if surprise < 2.0 && !has_digit {
            return Err("a weak name needs a value that looks random");
        }
        let loose = matches!(
            named.form,
            Form::Call | Form::Word | Form::Prose | Form::Compare | Form::Argument | Form::Item
        ) || !named.quoted;
        if loose && (surprise < 6.0 || !has_digit || value.len() < 6) {
            return Err("a weak name needs a value that looks random");
        }
    }
    let blanks = value.contains(&b' ');
    if named.form == Form::Pair && blanks && value[0].is_ascii_uppercase() && is_text(value) {
        return Err("the value is a label");
    }
    let is_plain = !has_digit && !value.iter().any(|b| b"!#$%^&*@+~".contains(b));
    let own_line = named.form == Form::Word && !named.quoted && surprise < 4.0;
    if (named.form == Form::Prose || own_line) && is_plain {
        return Err("the value is a word of a sentence");
    }
    if named.form == Form::Item && surprise < 0.0 && !value.iter().any(|b| b"!#$%^&*@+~".contains(b)) {
        return Err("the value is one of a list of words");
    }
    if !named.quoted {
        is_code(text, named, value)?;
    }
    is_partly_template(value)?;
    if is_hash_of_password(value) {
        return Err("the value is the hash of a password");
    }
    let is_default = match placeholders::kind(value) {
        Some(Placeholder::KnownDefault(_)) => true,
        Some(Placeholder::Template(_)) if named.quoted && is_own_password(value) => false,
        Some(Placeholder::Template(_)) => return Err("the value is filled in when it runs"),
        Some(Placeholder::Documented(_)) => return Err("the value is an example of documentation"),
        Some(Placeholder::Dummy(_)) => return Err("the value only fills the place"),
        Some(Placeholder::Encrypted(_)) => return Err("the value is encrypted"),
        Some(Placeholder::Reference(_)) => return Err("the value names a secret in a store"),
        None => false,
    };
    // `"password": "Kennwort"`: a word for it, of whatever language.
    let is_word = value.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    if is_word
        && std::str::from_utf8(value)
            .is_ok_and(|v| names::words(v).len() == 1 && names::judge(v) == Verdict::Secret(Strength::Strong))
    {
        return Err("the value is a name of a secret");
    }
    Ok((collect(text, named, name, strength, value, is_default), is_default))
}

/// The name without what a call or member adds to it: `password.equals`, `passwordField.sendKeys`.
fn own_name(name: &str, form: Form) -> &str {
    const VERBS: &[&str] = &[
        "equals",
        "equalsIgnoreCase",
        "eq",
        "is",
        "set",
        "setValue",
        "setText",
        "send_keys",
        "sendKeys",
        "type",
        "fill",
        "value",
        "text",
        "compareTo",
        "isEqualToString",
        "toEqual",
        "toBe",
        "default",
        "defaultValue",
        "fill_in",
        "put",
        "val",
    ];
    match name.rsplit_once('.') {
        Some((rest, last))
            if VERBS.contains(&last)
                && (form == Form::Call || matches!(last, "value" | "text" | "default")) =>
        {
            rest
        }
        // `password.encode("utf-16")`: what is called has the name, not what it is called on.
        Some((_, last)) if form == Form::Call => last,
        _ => name,
    }
}

/// `https://host/path`, with nobody logging in.
fn is_url(value: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(value, b"://") else { return false };
    at > 0
        && value[..at].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b':'))
        && !value.contains(&b'@')
}

const TYPES: &[&str] = &[
    "utf-8",
    "utf8",
    "utf-16",
    "utf-16le",
    "latin1",
    "latin-1",
    "ascii",
    "bearer",
    "basic",
    "digest",
    "json",
    "hs256",
    "rs256",
    "sha1",
    "sha256",
    "object",
    "string",
    "undefined",
    "function",
    "number",
    "boolean",
    "symbol",
    "array",
    "list",
    "dict",
    "none",
    "always",
];

/// What is no value but code, where no quotes tell.
fn is_code(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
    const WORDS: &[&str] = &[
        "string",
        "str",
        "bool",
        "boolean",
        "int",
        "integer",
        "number",
        "object",
        "any",
        "unknown",
        "none",
        "null",
        "nil",
        "true",
        "false",
        "undefined",
        "void",
        "self",
        "this",
        "function",
        "lambda",
        "new",
        "await",
        "return",
        "char",
        "byte",
        "bytes",
        "array",
        "list",
        "map",
        "dict",
        "required",
        "optional",
        "varchar",
        "text",
        "secretstr",
        "securestring",
        "default",
        "public",
        "private",
        "static",
        "const",
        "get",
        "post",
        "yes",
        "no",
        "the",
        "and",
        "for",
        "not",
        "with",
        "from",
        "your",
        "that",
        "type",
        "data",
        "value",
        "input",
        "param",
    ];
    let lower = value.to_ascii_lowercase();
    if WORDS.iter().any(|w| w.as_bytes() == lower) {
        return Err("the value is a type or a word of a language");
    }
    let next = text.get(named.value.end).copied().unwrap_or(b'\n');
    let is_path = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-' | b'>' | b'?' | b'!' | b'@')
    };
    let has = |b: u8| value.contains(&b);
    if value.len() > 2 && value[0] == b'0' && matches!(value[1], b'x' | b'X' | b'b' | b'o') {
        return Err("the value is a number");
    }
    let brackets = value
        .iter()
        .filter(|b| {
            matches!(b, b'{' | b'}' | b'(' | b')' | b'[' | b']' | b',' | b';' | b'|' | b'=' | b'<' | b'>')
        })
        .count();
    let assigns = memchr::memchr(b'=', value).is_some_and(|at| value[at..].iter().any(|b| *b != b'='));
    if brackets > 2
        || value.iter().filter(|b| matches!(b, b':' | b',')).count() > 1 && brackets > 0
        || assigns && value.iter().take_while(|b| **b != b'=').all(is_path_byte)
    {
        return Err("the value is code");
    }
    let open =
        |a: u8, b: u8| value.iter().filter(|x| **x == a).count() != value.iter().filter(|x| **x == b).count();
    let is_unbalanced = open(b'(', b')') || open(b'[', b']') || open(b'{', b'}');
    if is_unbalanced && (natural::surprise(value) < 12.0 || value.len() < 12)
        || memchr::memmem::find(value, b"==").is_some_and(|at| at + 2 < value.len())
        || memchr::memmem::find(value, b"**").is_some_and(|at| at > 0)
    {
        return Err("the value is code");
    }
    if memchr::memchr(b'\'', value)
        .is_some_and(|at| value[..at].iter().all(u8::is_ascii_alphabetic) && at + 3 > value.len())
    {
        return Err("the value is a word of a sentence");
    }
    if digits_and_ident(value, named, text) {
        return Err("the value is a number");
    }
    let before = named.name.start.checked_sub(1).map_or(b'\n', |i| text[i]);
    if before == b':' && text[named.value.start - 1] == b':' {
        return Err("the value is a part of a longer name");
    }
    let call = memchr::memchr(b'(', value).is_some_and(|at| at == 0 || value[..at].iter().all(is_path));
    if call || has(b'(') && has(b')') || next == b'(' {
        return Err("the value is a call");
    }
    if memchr::memchr(b'[', value).is_some_and(|at| at > 0 && value[..at].iter().all(is_path)) {
        return Err("the value is looked up");
    }
    if matches!(value, [b'$' | b'*' | b'&' | b'!', rest @ ..] if rest.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-')))
    {
        return Err("the value is a variable, a reference or a tag");
    }
    if value.starts_with(b"->")
        || memchr::memmem::find(value, b"=>").is_some()
        || memchr::memmem::find(value, b"->").is_some()
    {
        return Err("the value is code");
    }
    if memchr::memmem::find(value, b"::").is_some() || value.starts_with(b"&") && is_name(&value[1..]) {
        return Err("the value is code");
    }
    // `self.password`, `config.token`: names with dots, no digits between them.
    let parts = value.split(|b| *b == b'.');
    if has(b'.')
        && !has(b'@')
        && parts.clone().all(|p| is_name(p) || p.is_empty())
        && parts.clone().all(|p| !looks_chosen(p))
    {
        return Err("the value is a name with dots");
    }
    let is_name_of_type = [&b"Key"[..], b"Token", b"Secret", b"Password", b"Credentials", b"Type"]
        .iter()
        .any(|end| value.ends_with(end));
    if is_name_of_type && value.iter().all(is_path_byte) {
        return Err("the value is a name of something");
    }
    let names_one = std::str::from_utf8(value).is_ok_and(|v| names::judge(v) != Verdict::Unknown);
    if value.iter().all(is_path_byte)
        && names_one
        && natural::surprise(value) < 6.0
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
    {
        return Err("the value is a name of something");
    }
    // `def f(self, password: SecretType, …)`, `private_key: Ed25519PrivateKey | None`
    let rest = text.get(named.value.end..).unwrap_or_default();
    let is_type = named.form == Form::Yaml
        && value[0].is_ascii_uppercase()
        && is_name(value)
        && natural::surprise(value) < 6.0
        && (rest.starts_with(b" |")
            || rest.starts_with(b",")
            || rest.starts_with(b" =")
            || rest.starts_with(b")")
            || rest.starts_with(b"["));
    if is_type {
        return Err("the value is a type");
    }
    // A bare word of letters is a variable where statements end so.
    let code_tail = matches!(next, b';' | b')' | b',' | b'}' | b'.' | b'?' | b'|' | b'&' | b'+' | b'[');
    if code_tail
        && is_name(value)
        && !looks_chosen(value)
        && matches!(named.form, Form::Yaml | Form::Setting | Form::Environment | Form::Compare)
    {
        return Err("the value is a variable");
    }
    let mixed = value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    if mixed && is_name(value) && natural::surprise(value) < 0.0 {
        return Err("the value is an identifier");
    }
    if named.goes_on && matches!(named.form, Form::Setting | Form::Yaml) && !looks_chosen(value) {
        return Err("the value is the first word of several");
    }
    Ok(())
}

/// Versions, numbers, dates, ids of objects, terminal colours, escaped text of another language: no
/// secrets whatever their name says.
fn is_of_another_kind(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let bare = !named.quoted;
    let number = |v: &[u8]| {
        !v.is_empty()
            && v.iter()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'_' | b'e' | b'*' | b'<'))
    };
    let in_json = named.name.start > 0 && matches!(text[named.name.start - 1], b'"' | b'\'');
    if bare && in_json && digits == value.len() {
        return Err("the value is a number");
    }
    if bare && digits > 0 && number(value) {
        let password = matches!(named.form, Form::Yaml | Form::Environment | Form::Flag | Form::Sibling)
            && digits == value.len()
            && digits >= 5;
        if !password {
            return Err("the value is a number");
        }
    }
    let version = value
        .iter()
        .position(|b| !matches!(b, b'^' | b'~' | b'>' | b'<' | b'=' | b'v' | b' '))
        .map_or(value, |at| &value[at..]);
    let mut parts = version.split(|b| *b == b'.');
    let is_number = |p: &[u8]| !p.is_empty() && p.len() <= 6 && p.iter().all(u8::is_ascii_digit);
    if version.contains(&b'.') && parts.next().is_some_and(is_number) {
        let rest: Vec<&[u8]> = parts.collect();
        let last = rest.last().copied().unwrap_or_default();
        let tail = last.split(|b| matches!(b, b'-' | b'+' | b' ')).next().unwrap_or_default();
        if rest[..rest.len() - 1].iter().all(|p| is_number(p))
            && (is_number(tail) || matches!(tail, b"x" | b"*"))
        {
            return Err("the value is a version, a number or an address");
        }
    }
    if value.len() >= 8 && digits >= 6 {
        let date = value[..8].iter().all(u8::is_ascii_digit) && value.get(8) == Some(&b'T')
            || value.len() >= 10
                && value[4] == b'-'
                && value[7] == b'-'
                && value[..4].iter().all(u8::is_ascii_digit)
                && value[5..7].iter().all(u8::is_ascii_digit);
        if date || value.starts_with(b"S-1-") {
            return Err("the value is a date or an id of the system");
        }
    }
    let has = |t: &[u8]| memchr::memmem::find(value, t).is_some();
    if has(b"\\x1b") || has(b"\\x1B") || has(b"\\033") || has(b"\\e[") {
        return Err("the value colours a terminal");
    }
    if named.quoted && (has(b"=b\"") || value.ends_with(b"=b")) || value == b"C:\\\\" {
        return Err("the value is a format or a path");
    }
    // JSON writes letters outside ASCII as escapes.
    let escaped = memchr::memmem::find_iter(value, b"\\u").count();
    let is_foreign = escaped > 0 || !value.is_ascii();
    if escaped > 1 || is_foreign && is_text(value) {
        return Err("the value is a text in another language");
    }
    let escapes = value.windows(2).filter(|w| w[0] == b'\\' && w[1].is_ascii_alphanumeric()).count();
    if escapes > 0 && value.iter().filter(|b| b.is_ascii_alphanumeric()).count() <= escapes * 3 + 2 {
        return Err("the value is control characters");
    }
    if is_url(value) {
        return Err("the value is an address without credentials");
    }
    if value.starts_with(b"***")
        || matches!(value, [b'@', rest @ ..] if rest.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_'))
    {
        return Err("the value stands for another");
    }
    if value.windows(2).any(|w| w[0] == b'$' && w[1].is_ascii_digit()) && has(b".$") {
        return Err("a part of the value is filled in when it runs");
    }
    let before = &text[named.name.start.saturating_sub(120)..named.name.start];
    let before = &before
        [before.iter().rposition(|b| matches!(b, b' ' | b'\n' | b'"' | b'(')).map_or(0, |at| at + 1)..];
    let is_picture = [&b".svg?"[..], b".png?", b"badge", b"codecov", b"shields.io"]
        .iter()
        .any(|t| memchr::memmem::find(before, t).is_some());
    if is_picture && (before.ends_with(b"?") || before.ends_with(b"&")) {
        return Err("the token of a picture that everybody may see");
    }
    if named.quoted && TYPES.iter().any(|w| value.eq_ignore_ascii_case(w.as_bytes())) {
        return Err("the value is a type or a word of a language");
    }
    if matches!(value, [b'^' | b'~', b'0'..=b'9', ..]) {
        return Err("the value is a version, a number or an address");
    }
    if has(b"&lt;") || value.starts_with(b"--") {
        return Err("the value stands for another");
    }
    if named.quoted && matches!(value[0], b')' | b',' | b';' | b']' | b'}')
        || value.starts_with(b"+") && digits < 2
    {
        return Err("the value is code between two texts");
    }
    if named.form == Form::Compare && TYPES.iter().any(|w| w.as_bytes() == value) {
        return Err("the value is a type or a word of a language");
    }
    let last = value[value.len() - 1];
    let next = text.get(named.value.end + 1..).unwrap_or_default().trim_ascii_start();
    if named.quoted && (matches!(last, b'_' | b'-' | b':' | b' ') || last == b'=' && value.len() < 12) {
        return Err("the value is the beginning of another");
    }
    let joined = matches!(next, [b'+', b' ' | b'a'..=b'z', ..] | [b'.', b' ', ..] | [b'%', b' ' | b'(', ..]);
    if named.quoted && joined && natural::surprise(value) < 3.0 {
        return Err("the value is a part of what is put together");
    }
    Ok(())
}

/// Whether a value is letters, blanks and the marks of a sentence only, with its escapes taken for
/// letters.
fn is_text(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(&b) = rest.first() {
        let len = match rest {
            [b'\\', b'u', hex @ ..] if hex.len() >= 4 && hex[..4].iter().all(u8::is_ascii_hexdigit) => 6,
            _ if b.is_ascii_alphabetic() || b >= 0x80 || b" '-.,:!?()/\"".contains(&b) => 1,
            _ => return false,
        };
        rest = &rest[len..];
    }
    true
}

fn is_path_byte(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-' | b'>' | b'?' | b'!' | b'@')
}

/// Digits only are a secret under the name of a password, no token or key.
fn digits_and_ident(value: &[u8], named: &Named, text: &[u8]) -> bool {
    let name = text[named.name.clone()].to_ascii_lowercase();
    let is_password =
        [&b"pass"[..], b"pwd", b"pin", b"pw"].iter().any(|p| memchr::memmem::find(&name, p).is_some());
    !is_password && value.iter().all(u8::is_ascii_digit)
}

fn is_name(value: &[u8]) -> bool {
    value.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'$')
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
}

/// Whether a name is none: digits among its letters, or letters in no usual order.
fn looks_chosen(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let special = value.iter().any(|b| b"!#%^&*@+~".contains(b));
    special || natural::surprise(value) > 2.0 || digits >= 2 && digits < value.len() && !value.contains(&b'_')
}

/// Templates inside a value make it none of its own.
fn is_partly_template(value: &[u8]) -> Result<(), Refusal> {
    let has = |text: &[u8]| memchr::memmem::find(value, text).is_some();
    let braces = value.iter().position(|b| *b == b'{').is_some_and(|at| {
        value[at..].iter().position(|b| *b == b'}').is_some_and(|len| {
            len == 1
                || value[at + 1..at + len].iter().all(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'_' | b'.' | b' ' | b':' | b'-' | b'$' | b'{' | b'[' | b']' | b'\'')
                })
        })
    });
    if braces
        || has(b"${")
        || has(b"#{")
        || has(b"$(")
        || has(b"<%")
        || has(b"%(")
        || has(b"{{")
        || has(b"\\(")
    {
        return Err("a part of the value is filled in when it runs");
    }
    let format = |w: &[u8]| w[0] == b'%' && matches!(w[1], b's' | b'd' | b'v' | b'@' | b'q' | b'r');
    if value.windows(2).any(format) {
        return Err("a part of the value is filled in when it runs");
    }
    if matches!(value, [b'<', .., b'>'] | [b'[', .., b']'] | [b'%', .., b'%']) {
        return Err("the value stands for another");
    }
    let is_expression =
        [&b".*"[..], b"[^", b"\\w", b"\\d", b"\\s", b"(?", b"[a-z", b"[A-Z", b"[0-9", b".+", b"{1,"]
            .iter()
            .filter(|t| has(t))
            .count();
    let is_class = [&b"[a-z"[..], b"[A-Z", b"[0-9", b"(?"].iter().any(|t| has(t));
    if is_class || is_expression > 0 && (natural::surprise(value) < 10.0 || is_expression > 1) {
        return Err("the value is a regular expression");
    }
    if value.starts_with(b"-----BEGIN") {
        return Err("the value is a key block, which has patterns of its own");
    }
    Ok(())
}

/// `$2y$…`, `{SSHA}…`, `pbkdf2_sha256$…`, `*` and 40 digits, `sha256:…`.
fn is_hash_of_password(value: &[u8]) -> bool {
    let starts = |p: &str| value.get(..p.len()).is_some_and(|v| v.eq_ignore_ascii_case(p.as_bytes()));
    let crypt =
        value.starts_with(b"$") && value.iter().filter(|b| **b == b'$').count() >= 3 && value.len() >= 13;
    let scheme = [
        "{ssha",
        "{sha",
        "{md5",
        "{smd5",
        "{crypt",
        "{pbkdf2",
        "{bcrypt",
        "{noop",
        "pbkdf2_",
        "pbkdf2:",
        "bcrypt$",
        "bcrypt_",
        "argon2",
        "sha1$",
        "sha1:",
        "sha256$",
        "sha256:",
        "sha512:",
        "sha512$",
        "md5$",
        "scrypt:",
        "scrypt$",
        "sha-256:",
        "sha256-",
        "sha512-",
        "sha384-",
        "scram-sha",
    ];
    let mysql = value.len() == 41 && value[0] == b'*' && value[1..].iter().all(u8::is_ascii_hexdigit);
    crypt || mysql || scheme.iter().any(|s| starts(s)) && !starts("{noop")
}

/// Whether what starts with `$` or looks like a name with dots was chosen by a person after all.
fn is_own_password(value: &[u8]) -> bool {
    let special = value.iter().filter(|b| b"!#%^&*@+~$".contains(b)).count();
    special > 0
        && !value.starts_with(b"${")
        && !value.starts_with(b"{")
        && !value.starts_with(b"<")
        && value.iter().any(u8::is_ascii_digit)
}

fn words_of(value: &[u8]) -> usize {
    value.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty()).count()
}

fn collect(
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
    let password = any(PASSWORDS);
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
            Form::Default => "form default",
            Form::Item => "form item",
            Form::Environment => "form environment",
            Form::Yaml => "form yaml",
            Form::Setting => "form setting",
            Form::Prose => "form prose",
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
    put(
        "brackets",
        flag(count(|b| matches!(b, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'|')) > 1),
    );
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
    put("comment", flag(line.is_comment));
    put("prose around", flag(line.is_prose));
    put("default password", flag(is_default));
    put("not ascii", flag(!value.is_ascii()));
    put("weak and natural", flag(strength == Strength::Weak && surprise < 2.0));
    put("strong and random", flag(strength == Strength::Strong && surprise > 3.0));
    let before = named.name.start.checked_sub(1).map_or(b'\n', |i| text[i]);
    put("query", flag(named.form == Form::Environment && matches!(before, b'?' | b'&')));
    set
}

fn letters(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect()
}

/// What the line of a value looks like.
struct Line {
    is_statement: bool,
    is_among_settings: bool,
    is_comment: bool,
    /// A line of an interpreter or a shell, as documentation shows it.
    is_prompt: bool,
    is_prose: bool,
}

impl Line {
    fn around(text: &[u8], named: &Named) -> Line {
        let from = named.name.start.saturating_sub(240);
        let from = memchr::memrchr(b'\n', &text[from..named.name.start]).map_or(from, |at| from + at + 1);
        let end = text.len().min(named.value.end + 160);
        let to = memchr::memchr(b'\n', &text[named.value.end..end]).map_or(end, |at| named.value.end + at);
        let before = &text[from..named.name.start];
        let start = before.trim_ascii_start();
        let line = text[from..to].trim_ascii_end();
        let is_comment = [&b"#"[..], b"//", b"*", b"/*", b"--", b";", b"<!--", b"rem ", b"REM "]
            .iter()
            .any(|c| start.starts_with(c))
            && !start.starts_with(b"#define")
            && !start.starts_with(b"--password");
        let words = before
            .split(|b| *b == b' ')
            .filter(|w| w.len() >= 2 && w.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b',' | b'.')))
            .count();
        let last = line.last().copied().unwrap_or(b' ');
        let previous = from.checked_sub(1).map_or(&b""[..], |end| line_that_ends(text, end));
        let next = text.get(to + 1..).map_or(&b""[..], |rest| {
            &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(160)]).unwrap_or(rest.len().min(160))]
        });
        Line {
            is_statement: matches!(last, b';' | b'{' | b'(' | b',' | b')'),
            is_among_settings: !matches!(last, b';' | b'{' | b'(')
                && (is_setting(previous) || is_setting(next)),
            is_comment,
            is_prompt: [&b">>> "[..], b"... ", b"$ ", b"% ", b"sails> ", b"mysql> ", b"> "]
                .iter()
                .any(|p| start.starts_with(p)),
            is_prose: words >= 4,
        }
    }
}

fn line_that_ends(text: &[u8], end: usize) -> &[u8] {
    let from = end.saturating_sub(160);
    let line = &text[from..end];
    memchr::memrchr(b'\n', line).map_or(line, |at| &line[at + 1..])
}

/// `NAME=value`, `name: value`.
fn is_setting(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"export ").or(line.strip_prefix(b"- ")).unwrap_or(line);
    let name =
        line.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    let rest = line[name..].trim_ascii_start();
    name > 0
        && matches!(rest, [b'=' | b':', next, ..] if !matches!(next, b'=' | b':' | b'>'))
        && !matches!(line.last(), Some(b';' | b'{' | b'(' | b',' | b')'))
}
