//! How sure it is that a value that has been named is a secret.

use super::word::{Weight, fold};
use super::{Candidate, NEAR_ABOVE, place};
use crate::engine::context::{Context, Key, Region};
use crate::finding::Severity;
use crate::pattern::Pattern;
use crate::triage::names::Strength;
use crate::triage::{generic, score};
use std::ops::Range;

pub(super) fn confidence(
    pattern: &Pattern,
    c: &Candidate,
    key: Key,
    context: &Context<'_>,
    value: &[u8],
) -> u8 {
    let mut confidence = pattern.confidence;
    if !matches!(c.region, Region::Own | Region::Line) {
        confidence = confidence.saturating_sub(10);
    }
    if !matches!(key, Key::Secret(_)) {
        confidence = confidence.saturating_sub(10);
    }
    if c.weight == Weight::Weak {
        confidence = confidence.saturating_sub(10);
    }
    // A UUID, a commit or a hash beside the name of a service is mostly that, unless its own name says more.
    let is_near = c.region <= Region::Line;
    let is_named = match key {
        Key::Secret(Strength::Strong) => true,
        // `let key = "…"` below a word that a service has for its name.
        Key::Secret(Strength::Weak) => {
            let is_known = c.weight == Weight::Strong || !c.is_behind;
            let is_near =
                is_near || c.weight == Weight::Strong && matches!(c.region, Region::Above(1..=NEAR_ABOVE));
            is_near && is_known && c.weight > Weight::Weak || !is_of_many_kinds(value)
        }
        // `-Dsonar.login=VALUE`: a name that is no other service's.
        Key::Other
            if c.region == Region::Own && c.weight == Weight::Strong && context.is_end_of_name(&c.word) =>
        {
            true
        }
        Key::Other | Key::None => c.weight > Weight::Weak && is_for_client(pattern, c, context, value),
        _ => false,
    };
    let is_named =
        is_named || c.region == Region::Own && c.weight == Weight::Strong && !is_of_many_kinds(value);
    if is_named { confidence } else { confidence.min(score::HINT) }
}

/// Whether the client of a service is made with a secret: `Acme("VALUE")`, and `Client("VALUE")` below `from acme import Client`.
fn is_for_client(pattern: &Pattern, c: &Candidate, context: &Context<'_>, value: &[u8]) -> bool {
    if pattern.severity == Severity::Info || pattern.severity < Severity::High && pattern.id.ends_with("-id")
    {
        return false;
    }
    match c.region {
        // Its name, or that of a client beside its host: `new ApiClient("https://api.acme.example", "VALUE")`.
        Region::Own | Region::Line => {
            let is_host = c.weight == Weight::Strong && context.folded()[c.word.clone()].contains(&b'.');
            let names = || pattern.near.iter().map(|word| fold(word));
            context.is_handed_to(&context.folded()[c.word.clone()])
                || names().any(|name| context.is_handed_to(&name))
                || context.is_strategy()
                || is_host && context.is_for_client() && context.is_argument()
        }
        Region::Above(_) => {
            let binds = || place::binds(context.text(), c.at, || context.root());
            place::is_import(context.text(), c.at) && !is_of_many_kinds(value)
                || binds() && context.is_for_client()
        }
        _ => false,
    }
}

/// Whether a value is the first of several arguments of a call: `solToken("UUID", "sol:polis", "Star Atlas DAO")`.
pub(super) fn is_first_argument(text: &[u8], span: &Range<usize>) -> bool {
    let is_quote = |b: &u8| matches!(b, b'"' | b'\'');
    let opens = matches!(&text[..span.start], [.., b'(', quote] if is_quote(quote));
    opens && matches!(&text[span.end..], [quote, b',', ..] if is_quote(quote))
}

/// Whether the word before a value is the last part of a path: `github.com/form3tech/jwt-go 06ea…`.
pub(super) fn is_path_before(text: &[u8], at: usize) -> bool {
    let before = text[at.saturating_sub(80)..at].trim_ascii_end();
    let word = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        .count();
    word > 0 && before[..before.len() - word].ends_with(b"/")
}

/// Whether ids and hashes look the same: a UUID, hexadecimal digits of the length of a hash.
pub(super) fn is_of_many_kinds(value: &[u8]) -> bool {
    generic::is_uuid(value)
        || matches!(value.len(), 24 | 32 | 40 | 56 | 64) && value.iter().all(u8::is_ascii_hexdigit)
}
