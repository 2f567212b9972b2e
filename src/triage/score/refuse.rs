//! What can be no secret, whatever its name says, and why.

use super::Refusal;
use crate::engine::assignment::{Form, Named};
use crate::triage::names::{self, Verdict};
use crate::triage::natural;

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
    "varchar(255)",
];

/// What is no value but code, where no quotes tell.
pub(super) fn is_code(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
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
    if WORDS.iter().any(|w| w.as_bytes().eq_ignore_ascii_case(value)) {
        return Err("the value is a type or a word of a language");
    }
    let next = text.get(named.value.end).copied().unwrap_or(b'\n');
    let is_path = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-' | b'>' | b'?' | b'!' | b'@')
    };
    let has = |b: u8| value.contains(&b);
    // A key of 256 bits is no number.
    if (3..64).contains(&value.len()) && value[0] == b'0' && matches!(value[1], b'x' | b'X' | b'b' | b'o') {
        return Err("the value is a number");
    }
    // `8u32`
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    const SUFFIXES: [&[u8]; 14] = [
        b"u8", b"u16", b"u32", b"u64", b"u128", b"usize", b"i8", b"i16", b"i32", b"i64", b"i128", b"isize",
        b"f32", b"f64",
    ];
    if digits > 0 && SUFFIXES.contains(&&value[digits..]) {
        return Err("the value is a number");
    }
    // `AccessToken: BITS_128,`
    let is_constant = value[0].is_ascii_uppercase()
        && has(b'_')
        && value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
    if is_constant && matches!(next, b',' | b';' | b')') {
        return Err("the value is the name of a constant");
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
    // What compilers write: `__pyx_t_11`, `zod_1.z`.
    let is_generated = value.starts_with(b"__") && is_name(value)
        || memchr::memchr(b'.', value).is_some_and(|at| {
            let module = &value[..at];
            matches!(module, [.., b'_', b'0'..=b'9']) && is_name(module) && is_name(&value[at + 1..])
        });
    if is_generated || value == b"lambda:" {
        return Err("the value is a variable");
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
        && !(value.ends_with(b"!") && value.iter().any(u8::is_ascii_digit))
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
pub(super) fn is_of_another_kind(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
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
    // `logger/5.7.0`
    let is_of_package = |at: usize| {
        let (name, number) = (&version[..at], &version[at + 1..]);
        name.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
            && number.iter().filter(|b| **b == b'.').count() >= 1
            && number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
    };
    if version.iter().position(|b| *b == b'/').is_some_and(is_of_package) {
        return Err("the value is a version");
    }
    // `password += "&force"`
    if let [b'&', rest @ ..] = value
        && rest.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'='))
    {
        return Err("the value is a piece of a query");
    }
    // `[]byte("1.3.6.1.5.5.7.3.1\x00")`
    let version = version.strip_suffix(b"\\x00").or(version.strip_suffix(b"\\0")).unwrap_or(version);
    let mut parts = version.split(|b| *b == b'.');
    let is_number = |p: &[u8]| !p.is_empty() && p.len() <= 6 && p.iter().all(u8::is_ascii_digit);
    if version.contains(&b'.') && parts.next().is_some_and(is_number) {
        let rest: Vec<&[u8]> = parts.collect();
        let last = rest.last().copied().unwrap_or_default();
        let tail = last.split(|b| matches!(b, b'-' | b'+' | b' ' | b'/')).next().unwrap_or_default();
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
    // Themes have tokens: `Token.String: "#AB0909"`, `"bold #08547A"`, `'#ffffff bg:#4444aa'`, `rgba(0,0,0,0.4)`.
    let is_colour = |word: &[u8]| {
        let digits = word.iter().position(|b| *b == b'#').map_or(&b""[..], |at| &word[at + 1..]);
        let head = &word[..word.len() - digits.len()];
        matches!(head, b"#" | b"bg:#" | b"fg:#" | b"border:#")
            && matches!(digits.len(), 3 | 4 | 6 | 8)
            && digits.iter().all(u8::is_ascii_hexdigit)
    };
    let mut colours = value.split(|b| *b == b' ').filter(|word| word.contains(&b'#')).peekable();
    let is_function = [&b"rgb("[..], b"rgba(", b"hsl(", b"hsla("].iter().any(|call| value.starts_with(call));
    if is_function || colours.peek().is_some() && colours.all(is_colour) {
        return Err("the value is a colour");
    }
    // `derive_private_key("m/44'/60'/0'")`
    if value.starts_with(b"m/") && value[2..].iter().all(|b| b.is_ascii_digit() || b"/'hH".contains(b)) {
        return Err("the value is a path of derivation");
    }
    if is_region(value) {
        return Err("the value is the name of a region");
    }
    // `"$user:$pass"`
    if named.quoted && value[0] == b'$' && (has(b":$") || has(b"/$") || has(b"@$")) {
        return Err("a part of the value is filled in when it runs");
    }
    // JSON writes letters outside ASCII as escapes.
    let escaped = memchr::memmem::find_iter(value, b"\\u").count();
    let is_foreign = escaped > 0 || !value.is_ascii();
    // `SALT = "\U0001f9c2"`
    if escaped > 1 || has(b"\\U000") || is_foreign && is_text(value) || is_escaped_label(value) {
        return Err("the value is a text in another language");
    }
    let escapes = value.windows(2).filter(|w| w[0] == b'\\' && w[1].is_ascii_alphanumeric()).count();
    if escapes > 0 && value.iter().filter(|b| b.is_ascii_alphanumeric()).count() <= escapes * 3 + 2 {
        return Err("the value is control characters");
    }
    // `kerberos+password://…`
    if is_url(value) || bare && value.starts_with(b"//") && text[..named.value.start].ends_with(b":") {
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
    // `password.encode("cp1251")`
    let is_encoding = value.len() <= 12
        && [
            &b"utf-16"[..],
            b"utf_16",
            b"utf-32",
            b"cp125",
            b"cp437",
            b"cp850",
            b"iso-8859",
            b"iso8859",
            b"windows-125",
        ]
        .iter()
        .any(|start| value.len() >= start.len() && value[..start.len()].eq_ignore_ascii_case(start));
    if named.quoted && (is_encoding || TYPES.iter().any(|w| value.eq_ignore_ascii_case(w.as_bytes()))) {
        return Err("the value is a type or a word of a language");
    }
    if matches!(value, [b'^' | b'~', b'0'..=b'9', ..]) {
        return Err("the value is a version, a number or an address");
    }
    // `("threshold-pass", "&#10003;")`
    if value.starts_with(b"&#") && value.ends_with(b";") {
        return Err("the value is a character");
    }
    if natural::is_algorithm(value) {
        return Err("the value is the name of an algorithm");
    }
    // `AQ.Ab8RN6J...`, `eyJhbGciOiJIUzI1NiJ9.eyJ1`: the beginning of one.
    let is_cut = value.ends_with(b"...") && value.len() < 48
        || value.starts_with(b"eyJ") && value.len() < 60 && memchr::memchr_iter(b'.', value).count() == 1;
    if is_cut {
        return Err("the value is cut");
    }
    // `("authtoken", "0002_auto_20160226_1747")`
    if value.len() > 8
        && value[..4].iter().all(u8::is_ascii_digit)
        && value[4] == b'_'
        && value[5..].iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
    {
        return Err("the value is the name of a migration");
    }
    // `CONDITIONAL_TOKENS: "0x8d0D…"`: contracts of Ethereum; its private keys have 64 digits.
    if value.len() == 42 && value.starts_with(b"0x") && value[2..].iter().all(u8::is_ascii_hexdigit) {
        return Err("the value is an address");
    }
    // `auth = ["Authlib>=1.3.2"]`
    let is_required = |sign: &[u8]| {
        memchr::memmem::find(value, sign).is_some_and(|at| value.get(at + 2).is_some_and(u8::is_ascii_digit))
    };
    if named.quoted && (is_required(b">=") || is_required(b"~=")) {
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
    // `"… SET password='$new' …"`: a variable of PHP, Perl or a shell, in a text.
    let is_variable = value[0] == b'$'
        && value.len() > 1
        && value[1..].iter().all(|b| b.is_ascii_alphabetic() || *b == b'_')
        && text[..named.value.start].ends_with(b"'");
    if is_variable {
        let before = &text[named.value.start.saturating_sub(240)..named.value.start];
        let line = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
        if line.iter().filter(|b| **b == b'"').count() % 2 == 1 {
            return Err("the value is a variable, a reference or a tag");
        }
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
pub(super) fn is_text(value: &[u8]) -> bool {
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

/// `eu-central-1`
fn is_region(value: &[u8]) -> bool {
    let Some((number, rest)) = value.split_last() else { return false };
    let Some(rest) = rest.strip_suffix(b"-").filter(|_| number.is_ascii_digit()) else { return false };
    rest.get(2) == Some(&b'-')
        && rest.len() < 20
        && rest.contains(&b'-')
        && rest.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
}

fn is_path_byte(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-' | b'>' | b'?' | b'!' | b'@')
}

/// Whether a value is words of another language whose letters outside ASCII are escaped: `Nytt l\xF6senord`.
fn is_escaped_label(value: &[u8]) -> bool {
    let (mut rest, mut escapes, mut digits, mut letters, mut blanks) = (value, 0, 0, 0, 0);
    while let Some((first, more)) = rest.split_first() {
        let len = match rest {
            [b'\\', b'x', b'C'..=b'F' | b'c'..=b'f', low, ..] if low.is_ascii_hexdigit() => 4,
            [b'\\', b'u', b'0', b'0'..=b'7', ..] => 6,
            _ => 1,
        };
        escapes += usize::from(len > 1);
        letters += usize::from(len == 1 && first.is_ascii_alphabetic());
        digits += usize::from(first.is_ascii_digit());
        blanks += usize::from(*first == b' ');
        rest = if len > 1 { rest.get(len..).unwrap_or_default() } else { more };
    }
    escapes > 0 && letters > escapes && (blanks > 0 || digits == 0)
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
pub(super) fn is_partly_template(value: &[u8]) -> Result<(), Refusal> {
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
    // `sk-abcd...`
    if value.ends_with(b"...") || value.ends_with("…".as_bytes()) {
        return Err("the value is cut off");
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
pub(super) fn is_hash_of_password(value: &[u8]) -> bool {
    let starts = |p: &str| value.get(..p.len()).is_some_and(|v| v.eq_ignore_ascii_case(p.as_bytes()));
    // `$6$salt$hash`, `$argon2id$…`: the scheme is a short word.
    let crypt = value.len() >= 13
        && value.iter().filter(|b| **b == b'$').count() >= 3
        && value.strip_prefix(b"$").and_then(|rest| rest.split(|b| *b == b'$').next()).is_some_and(
            |scheme| {
                (1..=14).contains(&scheme.len())
                    && scheme.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            },
        );
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
pub(super) fn is_own_password(value: &[u8]) -> bool {
    let special = value.iter().filter(|b| b"!#%^&*@+~$".contains(b)).count();
    special > 0
        && !value.starts_with(b"${")
        && !value.starts_with(b"{")
        && !value.starts_with(b"<")
        && value.iter().any(u8::is_ascii_digit)
}
