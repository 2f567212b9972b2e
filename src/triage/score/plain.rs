//! What its form does not speak for, and what all the same plainly stands there as somebody's password, key or salt: a
//! word, three letters, an example of a standard. Tests, examples and systems for development are full of these. They
//! are worth a hint, never more, and only where what stands around them says that they are used.

use super::low::{PASSWORDS, has_word};
use super::{Refusal, own_name, refusals};
use crate::engine::assignment::{Form, Named};
use crate::triage::memo::Memo;
use crate::triage::names::{self, Strength, Verdict};
use crate::triage::placeholders::{self, Placeholder};
use crate::triage::{natural, weak};
use std::cell::RefCell;

/// Why nothing of this is more than a hint.
pub(crate) const WHY: &str = "a word, an example or a short value, as tests have them";

/// Longest value that counts as a word or an example here.
const LONGEST: usize = 100;

/// Whether `named`, which was refused for `refusal` or got too low a rating, is plainly set all the same.
pub(super) fn is_set(text: &[u8], named: &Named, refusal: Option<Refusal>) -> bool {
    if refusal.is_some_and(|why| !refusals::OPEN.contains(&why)) {
        return false;
    }
    let value = &text[named.value.clone()];
    let Ok(raw) = std::str::from_utf8(&text[named.name.clone()]) else { return false };
    if value.len() < 2 || value.len() > LONGEST || !value.iter().any(u8::is_ascii_alphanumeric) {
        return false;
    }
    let own = own_name(raw, named.form);
    if named.form == Form::Login {
        let is_made_up = || {
            let kind = placeholders::kind(value);
            matches!(kind, Some(Placeholder::Dummy("words" | "phrase" | "sequence"))) && !asks(value)
        };
        return refusal == Some(refusals::FILLS)
            && weak::user_before(text, named).map_or_else(is_made_up, weak::is_user);
    }
    let strength = match names::judge(own) {
        Verdict::Secret(strength) => strength,
        _ => return false,
    };
    if !is_worth_a_look(named, own, value, refusal) {
        return false;
    }
    let it = Plain { text, named, refusal, value, raw, own, words: names::words(own), strength };
    it.is_allowed() && it.is_plain()
}

/// A cheap look first: minified code is full of `key: "value"`.
pub(super) fn is_worth_a_look(named: &Named, own: &str, value: &[u8], refusal: Option<Refusal>) -> bool {
    let says = Says::of(own);
    says.password
        || refusal == Some(refusals::DOCUMENTED)
        || value.contains(&b' ')
        || own == "credentials"
        || named.quoted && (says.secret || says.key && is_made_up_key(value))
}

/// What words of a name say of its value.
#[derive(Clone, Copy)]
struct Says {
    /// That it is a password.
    password: bool,
    /// That it is a secret or a salt.
    secret: bool,
    /// That it is a key or a token, in the last word.
    key: bool,
}

impl Says {
    fn of(own: &str) -> Says {
        thread_local! {
            static SAID: RefCell<Memo<Says>> = const { RefCell::new(Memo::EMPTY) };
        }
        Memo::of(&SAID, own, || {
            let words = names::words(own);
            let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
            Says {
                password: has_word(&words, PASSWORDS) || has(&["psk"]),
                secret: has(&["salt", "secret", "secrets"]),
                key: words.last().is_some_and(|last| matches!(last.as_str(), "token" | "apikey" | "key")),
            }
        })
    }
}

/// Under the name of a key or a token, what is plainly none that a service gave out.
fn is_made_up_key(value: &[u8]) -> bool {
    if value.len() < 6 || value.iter().any(|b| matches!(b, b' ' | b'.')) {
        return false;
    }
    let holds = |word: &&[u8]| value.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    let starts = |word: &&[u8]| value.get(..word.len()).is_some_and(|v| v.eq_ignore_ascii_case(word));
    holds(&&b"secret"[..])
        || [&b"test-"[..], b"test_", b"fake-", b"fake_", b"dummy"].iter().any(starts)
        || value.iter().any(u8::is_ascii_digit) && [&b"token"[..], b"key", b"abc", b"123"].iter().any(holds)
}

struct Plain<'t> {
    text: &'t [u8],
    named: &'t Named,
    refusal: Option<Refusal>,
    value: &'t [u8],
    raw: &'t str,
    own: &'t str,
    words: Vec<String>,
    strength: Strength,
}

/// Words of texts that ask to be replaced.
const ASKING: &[&[u8]] = &[
    b"your",
    b"here",
    b"insert",
    b"enter",
    b"replace",
    b"change",
    b"paste",
    b"fill",
    b"xxx",
    b"redact",
    b"remov",
    b"hidden",
    b"placeholder",
    b"todo",
    b"...",
    b"generate",
    b"random",
    b"invalid",
    b"missing",
    b"required",
    b"obfus",
    b"mask",
    b"encoded",
];
/// Answers and words of languages that stand under a password's name.
const ANSWERS: &[&[u8]] = &[
    b"yes", b"no", b"on", b"off", b"nil", b"any", b"set", b"get", b"the", b"end", b"str", b"int", b"env",
    b"ask", b"new", b"old", b"all", b"raw", b"hex", b"row", b"key", b"not", b"and", b"for", b"app", b"cli",
    b"sha", b"md5", b"pin", b"otp", b"id", b"ok", b"up", b"in", b"to", b"max", b"min", b"text", b"none",
];

impl Plain<'_> {
    /// Whether the value may be somebody's at all: no text that asks for another, no answer, no mask.
    fn is_allowed(&self) -> bool {
        let lower = self.value.to_ascii_lowercase();
        if self.value.iter().any(|b| b"<>[]{}()|\\$%/:;,=\"'`".contains(b)) || ANSWERS.contains(&&lower[..]) {
            return false;
        }
        if asks(self.value) {
            return false;
        }
        // `test-user-pw-or-rest-api-token`; `.password("PASSWORD")`
        let words = self.value.split(|b| matches!(b, b'-' | b'_')).count();
        if words > 4 && !self.has_digit()
            || self.value.eq_ignore_ascii_case(self.own.as_bytes()) && self.is_capitals()
        {
            return false;
        }
        match placeholders::kind(self.value) {
            None | Some(Placeholder::KnownDefault(_)) => true,
            Some(found @ Placeholder::Dummy(kind)) => {
                found.is_weak_word() || matches!(kind, "words" | "sequence" | "phrase")
            }
            Some(Placeholder::Documented(kind)) => is_of_standard(kind),
            Some(_) => false,
        }
    }

    fn is_plain(&self) -> bool {
        let named = self.named;
        if has_word(&self.words, PASSWORDS) {
            return self.is_password();
        }
        let has = |list: &[&str]| self.words.iter().any(|w| list.contains(&w.as_str()));
        let is_standard = matches!(placeholders::kind(self.value), Some(Placeholder::Documented(_)));
        if is_standard {
            return named.quoted && self.is_given() || has(&["psk"]);
        }
        if self.own == "credentials" && self.is_of_directory() {
            return true;
        }
        let is_builder = named.form == Form::Call && self.raw.starts_with('.') && has(&["secret"]);
        if !named.quoted || self.is_its_name() && !is_builder || self.is_identifier() && !is_builder {
            return false;
        }
        if has(&["salt"]) {
            return self.is_given() && named.form != Form::Compare && !self.value.contains(&b' ');
        }
        let is_given = self.is_given() || named.form == Form::Call && self.is_setter();
        if has(&["secret", "secrets"]) {
            let is_item = named.form == Form::Item && (self.has_digit() || self.holds(b"secret"));
            let blanks = self.value.iter().filter(|b| **b == b' ').count();
            return self.strength == Strength::Strong
                && self.value.len() >= 5
                && blanks <= 2
                && (is_given || is_item);
        }
        is_given && Says::of(self.own).key && is_made_up_key(self.value)
    }

    /// Under the name of a password.
    fn is_password(&self) -> bool {
        let named = self.named;
        let blanks = self.value.contains(&b' ');
        if blanks || self.value.contains(&b'.') && !self.has_digit() {
            return false;
        }
        // `kPasswordKey = @"password"`: under what name it is kept.
        if self.words.last().is_some_and(|last| last == "key") {
            return false;
        }
        let is_constant = self.is_constant();
        if !named.quoted {
            // `MARIADB_PASSWORD: sea`, `--cli-password=secret`
            let ends = matches!(self.text.get(named.value.end), None | Some(b'\n' | b'\r' | b' '));
            let is_option = self.raw.starts_with("--");
            let is_setting = is_constant && self.own.len() > "PASSWORD".len();
            let is_known = matches!(placeholders::kind(self.value), Some(Placeholder::KnownDefault(_)));
            return ends
                && matches!(named.form, Form::Environment | Form::Yaml)
                && (is_option || is_setting && self.value.len() >= 3)
                && (is_known
                    || self
                        .value
                        .iter()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_'));
        }
        let is_beside = || weak::is_beside_account(self.text, named);
        if named.form == Form::Call {
            // `User::new(name).password("password")`, `.with_password("bar")`; `Form::password("password")` is a field.
            return self.value.len() >= 2
                && self.is_setter()
                && (!self.is_its_name() || self.raw.starts_with('.'));
        }
        if !self.is_given() {
            return false;
        }
        // `CREATE USER shop IDENTIFIED BY 'abcd'`: whose it is stands there.
        let is_clause = named.form == Form::Clause && self.is_of_user();
        if is_clause {
            return !self.is_its_name() && self.refusal != Some(refusals::NAME_OF_SECRET);
        }
        let is_code = matches!(named.form, Form::Assign | Form::Argument | Form::Pair);
        if self.is_its_name() {
            let is_member = self.refusal == Some(refusals::OWN_NAME)
                && named.form == Form::Assign
                && self.raw.contains('.')
                && self.value.contains(&b'_');
            // `MasterpassCard = "masterpass_card"` is no other.
            let letters = |text: &[u8]| -> Vec<u8> {
                text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
            };
            let is_other = letters(self.value) != letters(self.own.as_bytes());
            return !is_constant
                && is_code
                && (is_member || is_beside() || is_other && named.form == Form::Assign);
        }
        match self.value.len() {
            2 => is_code && is_beside(),
            3 => {
                is_code
                    && self.value.iter().all(u8::is_ascii_alphanumeric)
                    && (!is_constant || self.words.len() > 1)
            }
            _ if self.refusal == Some(refusals::NAME_OF_SECRET) => {
                !is_constant
                    && self.value[0].is_ascii_lowercase()
                    && (named.form == Form::Assign || is_beside())
            }
            _ if self.refusal == Some(refusals::FILLS) => !is_constant || self.has_digit(),
            _ if self.refusal.is_none() => is_code && !self.is_identifier() && is_beside(),
            _ => self.strength == Strength::Strong && self.refusal == Some(refusals::DOCUMENTED),
        }
    }

    /// Whether the value is what a name is set to, or compared with.
    fn is_given(&self) -> bool {
        matches!(
            self.named.form,
            Form::Assign
                | Form::Pair
                | Form::Argument
                | Form::Sibling
                | Form::Default
                | Form::Compare
                | Form::Element
                | Form::Clause
        )
    }

    /// Whether what is called sets what its name says: `.secret_access_key("secret")`, `setPassword("bar")`.
    fn is_setter(&self) -> bool {
        let last = self.raw.rsplit(['.', ':']).next().unwrap_or(self.raw);
        let verb = names::words(last).first().is_some_and(|w| matches!(w.as_str(), "set" | "with" | "use"));
        verb || self.raw.starts_with('.') && names::words(last).len() <= 3
    }

    /// `CREATE USER`, `GRANT … TO` stand before `IDENTIFIED BY`; prose has it too.
    fn is_of_user(&self) -> bool {
        let start = self.named.name.start;
        let before = self.text[start.saturating_sub(160)..start].to_ascii_lowercase();
        self.own.eq_ignore_ascii_case("identified by")
            && [&b"user "[..], b"grant ", b"role "].iter().any(|t| memchr::memmem::find(&before, t).is_some())
    }

    /// `bindmethod=simple` and `binddn=…` stand above.
    fn is_of_directory(&self) -> bool {
        let before = &self.text[self.named.name.start.saturating_sub(200)..self.named.name.start];
        [&b"bindmethod="[..], b"binddn="].iter().any(|t| memchr::memmem::find(before, t).is_some())
    }

    /// `PASSWORD`, `DB_PASSWORD`: as often the name of a name.
    fn is_constant(&self) -> bool {
        self.named.form != Form::Clause && !self.own.bytes().any(|b| b.is_ascii_lowercase())
    }

    fn is_capitals(&self) -> bool {
        self.value.iter().all(|b| !b.is_ascii_lowercase())
    }

    /// Whether the value is its own name, or a part of it, or a word for a password.
    fn is_its_name(&self) -> bool {
        let fold = |text: &[u8]| -> Vec<u8> {
            text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
        };
        let (value, name) = (fold(self.value), fold(self.raw.as_bytes()));
        let own = fold(self.own.as_bytes());
        let is_password = || has_word(&self.words, PASSWORDS);
        value.is_empty()
            || memchr::memmem::find(&name, &value).is_some()
            || own.len() >= 4 && value.starts_with(&own)
            || name.len() >= 5 && value.ends_with(&own) && value.len() < name.len() + 3
            || is_password()
                && [&b"password"[..], b"passwd", b"pass", b"pwd", b"passphrase"].contains(&&value[..])
    }

    /// Whether it is a constant or an identifier, as names and kinds are: `SECRET_KEY`, `clientSecret`, `api_token`.
    fn is_identifier(&self) -> bool {
        let has = |is: fn(&u8) -> bool| self.value.iter().any(is);
        if !has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && !self.has_digit() {
            return true;
        }
        let is_known = matches!(placeholders::kind(self.value), Some(Placeholder::KnownDefault(_)));
        let is_camel = self.value.iter().all(u8::is_ascii_alphabetic)
            && self.value.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
        // `test-secret`, `my_secret`, `secret2`
        let is_made_up = self.has_digit()
            || [&b"test"[..], b"my", b"some", b"fake", b"dummy", b"super", b"very", b"top", b"default"]
                .iter()
                .any(|word| {
                    self.value.len() > word.len() && self.value.to_ascii_lowercase().starts_with(word)
                });
        let is_known_words = || !is_made_up && std::str::from_utf8(self.value).is_ok_and(names::is_all_known);
        !is_known && (is_camel && natural::surprise(self.value) < 4.0 || is_known_words())
    }

    fn has_digit(&self) -> bool {
        self.value.iter().any(u8::is_ascii_digit)
    }

    fn holds(&self, word: &[u8]) -> bool {
        memchr::memmem::find(&self.value.to_ascii_lowercase(), word).is_some()
    }
}

/// Whether a text asks to be replaced.
fn asks(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    ASKING.iter().any(|word| memchr::memmem::find(&lower, word).is_some())
}

/// Whether what is documented is the example of a standard, which programs copy and use.
fn is_of_standard(kind: &str) -> bool {
    ["RFC ", "FIPS ", "OAuth ", "jwt.io", "mnemonic"].iter().any(|start| kind.starts_with(start))
}
