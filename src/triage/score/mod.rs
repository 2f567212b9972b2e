//! How likely a value that is assigned to a name is a secret: a number made of features.
//!
//! Each feature is something a reader of the line sees too: how strong the name is, how the value stands
//! to it, what the value looks like. Their weights are data (`patterns/data/score.tsv`), fitted by
//! `scripts/train-score.py` to lines read and labelled by hand; the sum through a logistic curve is the
//! chance that the value is a secret, and so the confidence. What can be no secret at all is refused
//! before anything is summed up, with a reason that `keysift explain` tells.

mod around;
mod collect;
mod kinds;
mod line;
mod low;
pub(crate) mod plain;
mod refuse;
#[cfg(test)]
mod tests;

use super::names::{self, Strength, Verdict};
use super::natural;
use super::placeholders::{self, Placeholder};
use super::weak;
use crate::engine::assignment::{Form, Named, SCHEMES};
use collect::collect;
use kinds::{is_hash_of_password, is_of_another_kind, is_own_password, is_text};
use low::only_low;
pub(crate) use low::{Documentation, is_in_line_comment};
pub(in crate::triage) use low::{PASSWORDS, has_word};
use refuse::{is_code, is_partly_template};
use std::sync::OnceLock;

/// Least confidence that is reported at all: at low severity. Medium begins at 50 (`severity` in
/// `triage/mod.rs`); `docs/precision.md` has the figures of both.
pub const WORTH_A_REPORT: u8 = 25;
/// Confidence that a known default has, at least, where it is plainly set as a password.
const WORTH_A_HINT: u8 = 30;
/// Highest confidence of what is no more than a hint.
pub(crate) const HINT: u8 = 45;
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
pub const FEATURES: [&str; 64] = [
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
    "form clause",
    "form default",
    "form item",
    "form environment",
    "form yaml",
    "form setting",
    "form prose",
    "form login",
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
    "setting alone",
    "comment",
    "prose around",
    "default password",
    "not ascii",
    "weak and natural",
    "strong and random",
    "query",
];

/// Reasons that what stands around a value may outweigh (`plain.rs`).
mod refusals {
    use super::Refusal;

    pub(super) const SHORT: Refusal = "the value is shorter than 4 characters";
    pub(super) const WEAK_NAME: Refusal = "a weak name needs a value that looks random";
    pub(super) const ITEM: Refusal = "the value is one of a list of words";
    pub(super) const OWN_NAME: Refusal = "the value is its own name";
    pub(super) const DOCUMENTED: Refusal = "the value is an example of documentation";
    pub(super) const FILLS: Refusal = "the value only fills the place";
    pub(super) const NAME_OF_SECRET: Refusal = "the value is a name of a secret";
    pub(super) const OPEN: [Refusal; 7] =
        [SHORT, WEAK_NAME, ITEM, OWN_NAME, DOCUMENTED, FILLS, NAME_OF_SECRET];
}

/// Rates what `named` found in `text`.
pub fn rate(text: &[u8], named: &Named) -> Result<Rated, Refusal> {
    let rated = match rate_by_features(text, named) {
        Ok(rated) if rated.confidence >= WORTH_A_REPORT => rated,
        other if plain::is_set(text, named, other.err()) => {
            Rated { confidence: WORTH_A_HINT, only_low: Some(plain::WHY) }
        }
        other => return other,
    };
    around::allows(text, named)?;
    Ok(rated)
}

fn rate_by_features(text: &[u8], named: &Named) -> Result<Rated, Refusal> {
    let (features, is_default) = features(text, named)?;
    let sum: f32 = features.iter().zip(weights()).map(|(x, w)| x * w).sum();
    let chance = 1.0 / (1.0 + (-sum).exp());
    let confidence = (chance * 100.0).round().clamp(0.0, 99.0) as u8;
    // What the weights of other values say against it is that everybody knows it: worth a hint.
    let name = || std::str::from_utf8(&text[named.name.clone()]).unwrap_or_default();
    let is_known = confidence < WORTH_A_HINT
        && is_default
        && weak::is_set(text, named, own_name(name(), named.form), &text[named.value.clone()]);
    let confidence = if is_known { WORTH_A_HINT } else { confidence };
    // Asked of the few that matter only.
    let only_low = (confidence >= 50).then(|| only_low(text, named, is_default)).flatten();
    Ok(Rated { confidence, only_low })
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

const DATA: &str = include_str!("../../../patterns/data/score.tsv");

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
        return Err(refusals::SHORT);
    }
    if value.len() > LONGEST {
        return Err("the value is longer than 300 characters");
    }
    if !value.iter().any(|b| b.is_ascii_alphanumeric() || *b >= 0x80) {
        return Err("the value has no letters or digits");
    }
    // First, for nearly all that stands without quotes is code.
    if !named.quoted {
        is_code(text, named, value)?;
    }
    let Ok(name) = std::str::from_utf8(&text[named.name.clone()]) else {
        return Err("the name is not UTF-8");
    };
    // What packed data makes of a name.
    if name.find('@').is_some_and(|at| at > 0) {
        return Err("the name is none");
    }
    if named.form == Form::Pair
        && text[..named.name.start].ends_with(b"::")
        && name.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return Err("the name is that of a module");
    }
    let name = own_name(name, named.form);
    // A call says by the place of its argument that this is a password.
    let verdict = match named.form {
        Form::Login => Verdict::Secret(Strength::Strong),
        _ => names::judge(name),
    };
    let strength = match verdict {
        Verdict::Secret(strength) => strength,
        Verdict::Negated => return Err("the name says that it is something about a secret"),
        Verdict::Unknown => return Err("the name does not say secret"),
    };
    const ASKS: [&str; 9] = ["get", "fetch", "find", "read", "load", "lookup", "prompt", "ask", "retrieve"];
    if named.form == Form::Call
        && names::words(name).first().is_some_and(|verb| ASKS.contains(&verb.as_str()))
    {
        return Err("the call asks for a secret");
    }
    let is_chosen = is_pass(text, named, name) || is_of_directory(text, named, name);
    let strength = if is_chosen { Strength::Strong } else { strength };
    let surprise = natural::surprise(value);
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let is_setting = matches!(named.form, Form::Environment | Form::Yaml);
    // Most of what minified code has under `key`; only what may be a hint all the same is looked at closer.
    if strength == Strength::Weak
        && !is_setting
        && !has_digit
        && surprise < 2.0
        && !plain::is_worth_a_look(named, name, value, None)
    {
        return Err(refusals::WEAK_NAME);
    }
    is_of_another_kind(text, named, value)?;
    // `MYSQL_TEST_PASS=secret`
    let is_test = strength == Strength::Weak
        && is_setting
        && placeholders::kind(value).is_some_and(Placeholder::is_weak_word)
        && weak::is_set(text, named, name, value);
    if strength == Strength::Weak && !is_test {
        // `randomSeed: "clouds-v1"` is a label.
        let is_label = has_digit && names::words(name).last().is_some_and(|word| word == "seed");
        if surprise < 2.0 && (!has_digit || is_label) {
            return Err(refusals::WEAK_NAME);
        }
        let loose = matches!(
            named.form,
            Form::Call | Form::Word | Form::Prose | Form::Compare | Form::Argument | Form::Item
        ) || !named.quoted;
        if loose
            && !is_behind_scheme(text, named)
            && !is_random_for_weak_name(named, value, surprise, has_digit)
        {
            return Err(refusals::WEAK_NAME);
        }
    }
    let blanks = value.contains(&b' ');
    if named.form == Form::Login && !named.quoted && !has_digit && surprise < 4.0 {
        return Err("the value is a word of a sentence");
    }
    if named.form == Form::Login && (blanks || value.contains(&b'@') && value.contains(&b'.')) {
        return Err("the value is a name or an address");
    }
    if named.form == Form::Pair && blanks && value[0].is_ascii_uppercase() && is_text(value) {
        return Err("the value is a label");
    }
    let is_plain = !has_digit && !value.iter().any(|b| b"!#$%^&*@+~".contains(b));
    let own_line = named.form == Form::Word && !named.quoted && surprise < 4.0;
    // ``the default password is `xkqwjz` ``
    let is_told = named.form == Form::Prose && named.quoted && value.len() >= 5 && surprise >= 4.0;
    if (named.form == Form::Prose || own_line) && is_plain && !is_told {
        return Err("the value is a word of a sentence");
    }
    if named.form == Form::Item && surprise < 0.0 && !value.iter().any(|b| b"!#$%^&*@+~".contains(b)) {
        return Err(refusals::ITEM);
    }
    if is_end_of_name(value, name) {
        return Err(refusals::OWN_NAME);
    }
    is_partly_template(value)?;
    if is_hash_of_password(value) {
        return Err("the value is the hash of a password");
    }
    let is_default = match placeholders::kind(value) {
        Some(Placeholder::KnownDefault(_)) => true,
        Some(found) if found.is_weak_word() && weak::is_set(text, named, name, value) => {
            return Ok((collect(text, named, name, strength, value, true), true));
        }
        Some(Placeholder::Template(_)) if named.quoted && is_own_password(value) => false,
        Some(Placeholder::Template(_)) => return Err("the value is filled in when it runs"),
        Some(Placeholder::Documented(_)) => return Err(refusals::DOCUMENTED),
        Some(Placeholder::Dummy(_)) => return Err(refusals::FILLS),
        Some(Placeholder::Encrypted(_)) => return Err("the value is encrypted"),
        Some(Placeholder::Reference(_)) => return Err("the value names a secret in a store"),
        None => false,
    };
    // `"password": "Kennwort"`: a word for it, of whatever language.
    let is_word = value.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    let is_label = |v: &str| {
        names::words(v).len() == 1
            && names::judge(v) == Verdict::Secret(Strength::Strong)
            && (!value[0].is_ascii_lowercase() || names::is_all_known(v))
    };
    if is_word && !is_default && std::str::from_utf8(value).is_ok_and(is_label) {
        return Err(refusals::NAME_OF_SECRET);
    }
    Ok((collect(text, named, name, strength, value, is_default), is_default))
}

/// Whether a value that stands unquoted, or is compared, under a name that says little looks random: no abbreviation
/// (`ctx`, `tkn`), no word of code.
fn is_random_for_weak_name(named: &Named, value: &[u8], surprise: f32, has_digit: bool) -> bool {
    if value.len() < 5 {
        return false;
    }
    let is_set = matches!(
        named.form,
        Form::Environment | Form::Yaml | Form::Setting | Form::Compare | Form::Argument | Form::Flag
    ) || named.form == Form::Word && named.quoted;
    let is_of_letters = || value.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'));
    has_digit && surprise >= 6.0 && value.len() >= 6 || is_set && surprise >= 7.0 && is_of_letters()
}

/// Whether the scheme of a header stands before a value: what follows `Bearer` is a token, quoted or not.
fn is_behind_scheme(text: &[u8], named: &Named) -> bool {
    let before = &text[named.value.start.saturating_sub(8)..named.value.start];
    SCHEMES.iter().any(|scheme| before.ends_with(scheme))
}

/// Whether a value of several words is what its name ends with, as in tables of names:
/// `LN_auth_psk = "auth-psk"`. C may end it with `\0`.
fn is_end_of_name(value: &[u8], name: &str) -> bool {
    let text = value.strip_suffix(b"\\0").unwrap_or(value);
    if text.len() == value.len() && !text.iter().any(|b| matches!(b, b'-' | b'_' | b'.' | b' ')) {
        return false;
    }
    let fold = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (text, name) = (fold(text), fold(name.as_bytes()));
    text.len() >= 4 && name.ends_with(&text)
}

/// Whether this is how OpenLDAP is told to log in: `bindmethod=simple binddn="cn=x" credentials=secret`.
fn is_of_directory(text: &[u8], named: &Named, name: &str) -> bool {
    name == "credentials"
        && named.form == Form::Environment
        && memchr::memmem::find(&text[named.name.start.saturating_sub(200)..named.name.start], b"bindmethod=")
            .is_some()
}

/// Whether a name is a password's where `pass` is all it says: not what a test or a render does
/// (`pass('first test')`, `Pass 'x' to`, `second pass: fills`).
fn is_pass(text: &[u8], named: &Named, name: &str) -> bool {
    let is_set = !matches!(
        named.form,
        Form::Call | Form::Prose | Form::Default | Form::Compare | Form::Flag | Form::Item | Form::Argument
    );
    const ORDINALS: [&str; 24] = [
        "first", "second", "third", "last", "one", "two", "three", "multi", "single", "render", "by", "max",
        "min", "next", "previous", "each", "final", "this", "current", "any", "all", "shadow", "depth",
        "post",
    ];
    let words = names::words(name);
    // `#define WIFI_PASS "x"`
    if named.form == Form::Word && !(named.quoted && words.len() > 1) {
        return false;
    }
    let is_password = match &words[..] {
        [.., before, last] => last == "pass" && !ORDINALS.contains(&before.as_str()),
        words => words.last().is_some_and(|last| last == "pass"),
    };
    if !is_set || !is_password {
        return false;
    }
    let before = &text[named.name.start.saturating_sub(80)..named.name.start];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    // Logs of tests: `PASS: gdb.base/x.exp`; prose: `Pass :meth:`x` a value`.
    let is_random = named.form == Form::Environment && natural::surprise(&text[named.value.clone()]) >= 4.0;
    let is_lower = words.len() > 1 || is_random || !name.bytes().any(|b| b.is_ascii_uppercase());
    named.quoted
        || is_lower
            && matches!(line.trim_ascii_end().last(), None | Some(b'-' | b'{' | b',' | b'&' | b'?' | b';'))
}

/// The name without the word for a field of a page that a test fills in: `password_input`, `txtPasswordField`.
fn without_field(name: &str) -> &str {
    const FIELDS: [&str; 9] =
        ["input", "field", "box", "textbox", "element", "elem", "el", "locator", "edit"];
    let found = FIELDS.iter().find_map(|field| {
        let at = name.len().checked_sub(field.len())?;
        let (rest, last) = (name.get(..at)?, name.get(at..)?);
        let begins = rest.ends_with(['_', '-']) || last.starts_with(|c: char| c.is_ascii_uppercase());
        (begins && last.eq_ignore_ascii_case(field)).then(|| rest.trim_end_matches(['_', '-']))
    });
    found.filter(|rest| !rest.is_empty()).unwrap_or(name)
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
            if form == Form::Call { without_field(rest) } else { rest }
        }
        // `host.password.as_deref()`
        Some((rest, "as_deref" | "as_str" | "as_ref" | "unwrap" | "clone" | "to_string"))
            if form == Form::Compare =>
        {
            rest
        }
        // `SECRET_KEYS.append("x")`
        Some((rest, "append" | "push")) if form == Form::Call => rest,
        // `password.encode("utf-16")`: what is called has the name, not what it is called on.
        // `withClientSecret("…")` sets it.
        Some((_, last)) if form == Form::Call => last.strip_prefix("with").unwrap_or(last),
        _ => name,
    }
}
