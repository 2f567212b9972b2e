//! What has the form of a secret and is none of anybody's: documented examples, placeholders, templates, data.

use super::placeholders::{self, Placeholder};
use super::sighting::Sighting;
use super::{names, weak};
use crate::blob::TextKind;
use crate::engine::runs::{Shape, is_token};
use crate::finding::{Class, Role, Secret, Severity};
use crate::pattern::{Matcher, PatternSet};

/// Documented examples, placeholders and templates are no secrets.
pub(super) fn is_decoy(patterns: &PatternSet, s: &Sighting) -> bool {
    let pattern = patterns.get(s.pattern);
    let value = s.value.reveal();
    let is_info = pattern.class == Class::Config && pattern.severity == Severity::Info;
    // What a program ships is its configuration, whatever its name.
    let is_shown = s.for_show || s.in_comment;
    if is_info && is_shown && patterns.is_builtin(s.pattern) && placeholders::is_no_resource(value) {
        return true;
    }
    let judged = match (&pattern.matcher, &s.secret) {
        (Matcher::Token { prefixes, .. }, _) => {
            let prefix =
                prefixes.iter().filter(|p| starts_with(value, p, pattern.ignore_case)).map(|p| p.len()).max();
            placeholders::token_kind(value, prefix.unwrap_or(0))
        }
        _ if pattern.class == Class::Config => return false,
        (_, Some(secret)) => placeholders::kind(secret.reveal()),
        (Matcher::Run { .. } | Matcher::Named { .. }, None) => placeholders::kind(value),
        (Matcher::Regex { .. }, None) if pattern.class != Class::Credential => return false,
        // Who writes an expression wants to see what it matches.
        (Matcher::Regex { literals, .. }, None) => match body_of(value, literals, pattern.ignore_case) {
            Some(prefix) if patterns.is_builtin(s.pattern) => placeholders::token_kind(value, prefix),
            // `https://host/services/T00000000/XXXXXXXXXXXXXXXX`; keys of emulators.
            _ => return ends_in_mask(value) || is_published(value),
        },
        (Matcher::Search { .. } | Matcher::Assigned { .. }, None) => return false,
    };
    // A run that crosses into the next string of a packed pool holds the id that stands there.
    let swallows_id = pattern.part.as_ref().is_some_and(|(_, role)| *role != Role::Id)
        && memchr::memmem::find_iter(value, b"AKIA").any(|at| {
            value[at..].iter().take(12).filter(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count() == 12
        });
    swallows_id
        || s.secret.as_ref().is_some_and(|secret| {
            weak::shows_form(s.id.as_ref().map_or(&b""[..], Secret::reveal), secret.reveal())
        })
        || s.secret.as_ref().is_some_and(|secret| is_word_of_language(secret.reveal()))
        || judged.is_some_and(|found| {
            // A call or a command that logs somebody in: `basic_auth("neo4j", "password")`.
            let is_login = || {
                memchr::memmem::find(value, b"://").is_none()
                    && s.id.as_ref().is_none_or(|id| weak::is_user(id.reveal()))
            };
            // `curl -u admin:PASSWORD`
            let is_in_capitals = || s.secret.as_ref().is_some_and(|secret| is_in_capitals(secret.reveal()));
            let is_used = || {
                found.is_weak_word()
                    && !is_in_capitals()
                    && s.secret.as_ref().is_some_and(|secret| weak::opens(value, secret.reveal()) || is_login())
            };
            !matches!(found, Placeholder::KnownDefault(_)) && !is_used()
        })
        || (value.len() >= 16 && Shape::of(value).entropy < 1.5)
        || matches!(pattern.matcher, Matcher::Token { .. }) && is_data_in_base64(value)
        || pattern.class == Class::Generic && s.kind != TextKind::Plain && is_path_of_source(value)
        // Two addresses behind each other in serialised data.
        || s.id.as_ref().is_some_and(|id| id.reveal().iter().any(u8::is_ascii_control))
        // `http://localhost:8545@1599200`
        || s.id.as_ref().is_some_and(|id| matches!(id.reveal(), b"localhost" | b"127.0.0.1" | b"0.0.0.0"))
}

/// Whether a password in a URL is the word for one in another script: `root:密码@localhost`.
fn is_word_of_language(value: &[u8]) -> bool {
    !value.is_ascii()
        && std::str::from_utf8(value)
            .is_ok_and(|word| names::judge(word) == names::Verdict::Secret(names::Strength::Strong))
}

fn is_in_capitals(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_uppercase)
}

/// Where the body begins of a token that an expression finds by its prefix; an address has none.
fn body_of(value: &[u8], literals: &[crate::pattern::Bytes], ignore_case: bool) -> Option<usize> {
    let of_token = |b: &u8| is_token(*b) && *b != b'/' || matches!(b, b'.' | b'=' | b'$' | b'|');
    let prefixes = literals.iter().filter(|p| p.len() >= 3 && starts_with(value, p, ignore_case));
    prefixes.map(|p| p.len()).max().filter(|_| value.iter().all(of_token))
}

/// Whether a long value is base64 of something with many zeros, such as a program: no token is.
fn is_data_in_base64(value: &[u8]) -> bool {
    let zeros = memchr::memmem::find_iter(value, b"AAAA").count();
    value.len() >= 40 && zeros > 1
        || value.len() >= 40 && value.iter().filter(|b| **b == b'A').count() * 4 > value.len()
}

/// Whether a value is a piece of the path of a source file, as programs hold them for their messages.
fn is_path_of_source(value: &[u8]) -> bool {
    [&b"/src/"[..], b"/rustc/", b"/library/", b"com-1ecc6299db9ec823/", b"/node_modules/", b"/vendor/"]
        .iter()
        .any(|piece| memchr::memmem::find(value, piece).is_some())
}

/// Whether a whole value is published as an example; that its host is one is another matter.
fn is_published(value: &[u8]) -> bool {
    matches!(placeholders::kind(value), Some(Placeholder::Documented(what)) if what != "host")
}

/// Whether the last part of an address is one character again and again.
fn ends_in_mask(value: &[u8]) -> bool {
    let part =
        value.iter().rposition(|b| matches!(b, b'/' | b'=' | b':')).map_or(value, |at| &value[at + 1..]);
    part.len() >= 8 && part.iter().all(|b| *b == part[0])
}

fn starts_with(value: &[u8], prefix: &[u8], ignore_case: bool) -> bool {
    value
        .get(..prefix.len())
        .is_some_and(|v| if ignore_case { v.eq_ignore_ascii_case(prefix) } else { v == prefix })
}
