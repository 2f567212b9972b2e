//! What a value is instead of a secret: a version, a number, an address, a label, the hash of a password.

use super::Refusal;
use crate::engine::assignment::{Form, Named};
use crate::triage::natural;

/// Types, encodings and algorithms.
const TYPES: &[&str] = &[
    "cstring",
    "qstring",
    "wstring",
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
    "cephx",
    "gssapi",
    "kerberos",
    "ntlm",
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

/// Whether a value is rules that a form is checked by: `required|min:6`, `trim|required|matches[password]`.
fn is_validation(value: &[u8]) -> bool {
    const RULES: [&[u8]; 18] = [
        b"required",
        b"nullable",
        b"sometimes",
        b"string",
        b"min",
        b"max",
        b"confirmed",
        b"between",
        b"size",
        b"same",
        b"different",
        b"present",
        b"filled",
        b"bail",
        b"trim",
        b"matches",
        b"min_length",
        b"max_length",
    ];
    let head = |part: &'_ [u8]| part.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
    let mut parts = value.split(|b| *b == b'|');
    let (mut known, mut all) = (0, 0);
    let is_rule = parts.all(|part| {
        let len = head(part);
        known += usize::from(RULES.contains(&&part[..len]));
        all += 1;
        len > 1 && matches!(part.get(len), None | Some(b':' | b'['))
    });
    is_rule && all > 1 && known > 0
}

/// `https://host/path`, with nobody logging in.
fn is_url(value: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(value, b"://") else { return false };
    at > 0
        && value[..at].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b':'))
        && !value.contains(&b'@')
}

/// `1.0.1.post0`, `0.1a3`, `10.0.1.0.0.99.dev4` (PEP 440).
fn is_release(value: &[u8]) -> bool {
    let numbers = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let (numbers, rest) = value.split_at(numbers);
    let kind = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    numbers.first().is_some_and(u8::is_ascii_digit)
        && numbers.contains(&b'.')
        && [&b"a"[..], b"b", b"c", b"rc", b"dev", b"post", b"alpha", b"beta"].contains(&&rest[..kind])
        && rest[kind..].iter().all(|b| b.is_ascii_digit() || *b == b'.' || *b == b'+')
}

/// What a page of the manual writes around its words.
fn bare_font(value: &[u8]) -> bool {
    matches!(value, [b'\\', b'f', b'R' | b'I' | b'B' | b'P' | b'(' | b'C', ..])
}

/// Whether a name says by itself that it is a password's: a `pin`, a `pass` or a `pw` may count something.
fn is_of_password(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    [&b"passw"[..], b"pwd", b"passphrase"].iter().any(|word| memchr::memmem::find(&name, word).is_some())
}

/// Versions, numbers, dates, ids of objects, terminal colours, escaped text of another language: no
/// secrets whatever their name says.
pub(super) fn is_of_another_kind(text: &[u8], named: &Named, value: &[u8]) -> Result<(), Refusal> {
    if is_validation(value) {
        return Err("the value is a rule that a form is checked by");
    }
    // `password-chg 586/tcp`
    let (port, protocol) = value.split_at(value.iter().take_while(|b| b.is_ascii_digit()).count());
    if !port.is_empty() && [&b"/tcp"[..], b"/udp", b"/sctp", b"/dccp"].iter().any(|p| protocol.starts_with(p))
    {
        return Err("the value is the port of a service");
    }
    if is_release(value) {
        return Err("the value is a version");
    }
    // `\fIpassword\fR`
    if bare_font(value) {
        return Err("the value is a change of fonts");
    }
    // `"PW", "Palau"`: what stands under codes of countries.
    if named.quoted
        && &text[named.name.clone()] == b"PW"
        && value.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80 || b" -'\\".contains(b))
        && named.form != Form::Assign
    {
        return Err("the value is the name of a country");
    }
    // `<map Token="b77a5c561934e089" PublicKey="00240000…"/>`
    let is_of_assembly = || {
        let before = &text[named.name.start.saturating_sub(64)..named.name.start];
        let behind = &text[named.value.end..text.len().min(named.value.end + 64)];
        [before, behind].iter().any(|near| memchr::memmem::find(near, b"PublicKey").is_some())
    };
    if value.len() == 16 && value.iter().all(u8::is_ascii_hexdigit) && is_of_assembly() {
        return Err("the value is the token of a public key");
    }
    // PWD=`dirname "$0"`
    if matches!(&text[named.name.clone()], b"PWD" | b"OLDPWD")
        && value.iter().any(|b| matches!(b, b' ' | b'/' | b'$'))
    {
        return Err("the value is the folder that a shell is in");
    }
    // `403 Forbidden`
    if let [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ', word @ ..] = value
        && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'\\'))
        && (word.starts_with(b"2.") || word.first().is_some_and(u8::is_ascii_uppercase))
    {
        return Err("the value is a status of HTTP or SMTP");
    }
    // What mail servers ask for, in base64: `334 VXNlcm5hbWU6`.
    if [&b"UGFzc3dvcmQ6"[..], b"VXNlcm5hbWU6"]
        .iter()
        .any(|prompt| memchr::memmem::find(value, prompt).is_some())
    {
        return Err("the value is a prompt");
    }
    // `smbk5pwd.la: smbk5pwd.lo`
    if !named.quoted && [&b".o"[..], b".lo", b".la", b".so", b".obj"].iter().any(|end| value.ends_with(end)) {
        return Err("the value is a file that a build makes");
    }
    // Priorities of TLS: `PSK:+AES-256`.
    if matches!(value, [b'+' | b'-', b'A'..=b'Z', ..]) && memchr::memmem::find(value, b":+").is_some() {
        return Err("the value is a list of ciphers");
    }
    // `test "x$ac_cv_func_getpassphrase" = xyes`
    if matches!(value, b"xyes" | b"xno" | b"x") && text[named.name.clone()].starts_with(b"x$") {
        return Err("the value is what a shell compares");
    }
    // `rabbitmq_auth_mechanism_ssl 5b67…`
    if named.form == Form::Word && value.len() == 40 && value.iter().all(u8::is_ascii_hexdigit) {
        return Err("the value is a revision");
    }
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let bare = !named.quoted;
    let number = |v: &[u8]| {
        !v.is_empty()
            && v.iter()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'_' | b'e' | b'*' | b'<'))
    };
    // `[Token(Token = "0x2000083")]`
    if matches!(value, [b'0', b'x', rest @ ..] if rest.len() <= 16 && rest.iter().all(u8::is_ascii_hexdigit))
        && !is_of_password(&text[named.name.clone()])
    {
        return Err("the value is a number");
    }
    let in_json = named.name.start > 0 && matches!(text[named.name.start - 1], b'"' | b'\'');
    if bare && in_json && digits == value.len() {
        return Err("the value is a number");
    }
    if bare && digits > 0 && number(value) {
        let password = matches!(named.form, Form::Yaml | Form::Environment | Form::Flag | Form::Sibling)
            && digits == value.len()
            && (digits >= 5 || digits == 4 && is_of_password(&text[named.name.clone()]));
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
