//! What can be no secret, whatever its name says, and why.

use super::{Refusal, refusals};
use crate::engine::assignment::{Form, Named};
use crate::triage::names::{self, Verdict};
use crate::triage::{natural, placeholders};

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
        "nullptr",
        "nil",
        "undef",
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
    // PWD=`dirname "$0"`
    if named.value.start > 0 && text[named.value.start - 1] == b'`' && !named.quoted {
        return Err("the value is code");
    }
    let before = named.name.start.checked_sub(1).map_or(b'\n', |i| text[i]);
    if before == b':' && text[named.value.start - 1] == b':' {
        return Err("the value is a part of a longer name");
    }
    // `f(x)`, `&hex!("00")`
    let is_called = |name: &[u8]| name.iter().skip_while(|b| matches!(**b, b'&' | b'*')).all(is_path);
    let call = memchr::memchr(b'(', value).is_some_and(|at| is_called(&value[..at]));
    if call || has(b'(') && has(b')') || next == b'(' {
        return Err("the value is a call");
    }
    let is_looked_up = |name: &[u8]| !name.is_empty() && name.iter().skip_while(|b| **b == b'*').all(is_path);
    if memchr::memchr(b'[', value).is_some_and(|at| is_looked_up(&value[..at])) {
        return Err("the value is looked up");
    }
    if matches!(value, [b'$' | b'*' | b'&' | b'!', rest @ ..] if rest.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-')))
    {
        return Err("the value is a variable, a reference or a tag");
    }
    // `PKCS8_PRIV_KEY_INFO *p8inf;`
    if let [b'*', name @ ..] = value
        && is_name(name)
        && matches!(next, b';' | b',' | b')' | b' ')
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
    // `#define OBJ_userPassword OBJ_X509,35L`, `passwd newpw; /* new entry */`
    let is_constant =
        |part: &[u8]| is_name(part) && !looks_chosen(part) || part.first().is_some_and(u8::is_ascii_digit);
    let is_bare_word = !named.quoted && named.form == Form::Word;
    if is_bare_word && has(b',') && value.split(|b| *b == b',').all(is_constant) {
        return Err("the value is code");
    }
    if is_bare_word && (value.ends_with(b";") || matches!(next, b';' | b',' | b')')) {
        let word = value.strip_suffix(b";").unwrap_or(value);
        if is_name(word) && !looks_chosen(word) {
            return Err("the value is a variable");
        }
    }
    let mixed = value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    if mixed && is_name(value) && natural::surprise(value) < 0.0 {
        return Err("the value is an identifier");
    }
    // `EnablePassword=Kennwort merken`; in a shell a command may follow: `PASSWORD=secret make test`.
    let is_label =
        || named.form == Form::Environment && value[0].is_ascii_uppercase() && is_followed_by_words(rest);
    if (named.goes_on && matches!(named.form, Form::Setting | Form::Yaml) || is_label())
        && !looks_chosen(value)
    {
        return Err("the value is the first word of several");
    }
    Ok(())
}

/// Whether two words of letters or more follow on the line, of which no option or path is one.
pub(super) fn is_followed_by_words(rest: &[u8]) -> bool {
    let line = &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(160)]).unwrap_or(rest.len().min(160))];
    let words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let is_word =
        |word: &[u8]| word.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80 || b"\\.,'".contains(b));
    line.starts_with(b" ") && words.clone().count() >= 2 && words.clone().take(2).all(is_word)
}

fn is_path_byte(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-' | b'>' | b'?' | b'!' | b'@')
}

/// Digits only are a secret under the name of a password, no token or key.
fn digits_and_ident(value: &[u8], named: &Named, text: &[u8]) -> bool {
    let name = text[named.name.clone()].to_ascii_lowercase();
    let is_password =
        [&b"pass"[..], b"pwd", b"pin", b"pw"].iter().any(|p| memchr::memmem::find(&name, p).is_some());
    // `API_KEY=48151623`, alone on its line
    let is_setting = || {
        matches!(named.form, Form::Environment | Form::Yaml)
            && value.len() >= 6
            && matches!(text.get(named.value.end), None | Some(b'\n' | b'\r'))
            && std::str::from_utf8(&text[named.name.clone()])
                .is_ok_and(|name| names::judge(name) == Verdict::Secret(names::Strength::Strong))
    };
    !is_password && value.iter().all(u8::is_ascii_digit) && !is_setting()
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

/// Whether a value has a variable of a batch file (`%ADMINPW%`), of Icinga (`$password$`), of a shell (`$SMBPASS`), or a
/// place of a format that has a number (`%3$s`).
fn has_variable(value: &[u8]) -> bool {
    let is_word =
        |text: &[u8]| text.len() > 2 && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let is_upper =
        |text: &[u8]| is_word(text) && !text.iter().any(u8::is_ascii_lowercase) && !text[0].is_ascii_digit();
    let is_of_batch = || {
        let mut marks = memchr::memchr_iter(b'%', value);
        matches!((marks.next(), marks.next()), (Some(from), Some(to)) if is_upper(&value[from + 1..to]))
    };
    let is_numbered = |w: &[u8]| matches!(w, [b'%', b'0'..=b'9', b'$', b's' | b'd']);
    // `'$rot13pass'`, in a longer string that fills it in
    let names_secret = |name: &[u8]| {
        std::str::from_utf8(name).is_ok_and(|name| matches!(names::judge(name), Verdict::Secret(_)))
    };
    matches!(value, [b'$', name @ ..] if is_word(name) && names_secret(name))
        || matches!(value, [b'$', name @ .., b'$'] if is_word(name))
        || matches!(value, [b'$', name @ ..] if is_upper(name))
        || is_of_batch()
        || value.windows(4).any(is_numbered)
}

/// Whether a value of words asks for another: `YourStrongPassword1`, `yourSecretKey`.
fn asks_for_own(value: &[u8]) -> bool {
    value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"your"))
        && value.get(4).is_some_and(u8::is_ascii_uppercase)
        && value.get(5).is_some_and(u8::is_ascii_lowercase)
        && natural::surprise(value) < 0.0
        && placeholders::kind(value).is_none()
}

/// Whether four `x` or more stand between borders.
fn has_bordered_mask(value: &[u8]) -> bool {
    value
        .split(|b| !b.is_ascii_alphanumeric())
        .any(|part| part.len() >= 4 && (part.iter().all(|b| *b == b'x') || part.iter().all(|b| *b == b'X')))
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
    if has_variable(value) {
        return Err("a part of the value is filled in when it runs");
    }
    let format = |w: &[u8]| w[0] == b'%' && matches!(w[1], b's' | b'd' | b'v' | b'@' | b'q' | b'r');
    // `%zu/%u`, `%lu`
    let is_number = match value {
        [b'%', b'z' | b'l' | b'u' | b'i', rest @ ..] => {
            let kind = rest.iter().take_while(|b| matches!(b, b'u' | b'd' | b'l' | b'i' | b'x')).count();
            !rest.get(kind).is_some_and(u8::is_ascii_alphanumeric)
        }
        _ => false,
    };
    if is_number || value.windows(2).any(format) {
        return Err("a part of the value is filled in when it runs");
    }
    if matches!(value, [b'<', .., b'>'] | [b'[', .., b']'] | [b'%', .., b'%']) {
        return Err("the value stands for another");
    }
    // `sk-abcd...`
    if value.ends_with(b"...") || value.ends_with("…".as_bytes()) {
        return Err("the value is cut off");
    }
    // `'<script nonce="' + nonce + '">'`, packed
    if matches!(value, [b'\'' | b'"', b'+', .., b'+', b'\'' | b'"']) {
        return Err("the value is code");
    }
    // `YourSecurePassword123!`, `pst_xxxx::TOKENKEY`
    if asks_for_own(value) || has_bordered_mask(value) {
        return Err(refusals::FILLS);
    }
    let is_expression =
        [&b".*"[..], b"[^", b"\\w", b"\\d", b"\\s", b"(?", b"[a-z", b"[A-Z", b"[0-9", b".+", b"{1,"]
            .iter()
            .filter(|t| has(t))
            .count();
    let is_class =
        [&b"[a-z"[..], b"[A-Z", b"[0-9", b"(?", b"A-Za-z", b"a-zA-Z", b"0-9a-f"].iter().any(|t| has(t));
    if is_class || is_expression > 0 && (natural::surprise(value) < 10.0 || is_expression > 1) {
        return Err("the value is a regular expression");
    }
    if value.starts_with(b"-----BEGIN") {
        return Err("the value is a key block, which has patterns of its own");
    }
    Ok(())
}
