//! What all providers' answers have in common, and what is no answer of theirs.

use super::super::verification::{Verdict, Verification};
use crate::net::http::Answer;
use serde_json::Value;

/// Characters of a provider's word that are kept.
const MAX_WORD: usize = 100;
/// Words of a list that are kept.
const MAX_WORDS: usize = 200;

/// An answer, with what was known when it was asked for.
pub(super) struct Reply<'a> {
    pub answer: &'a Answer,
    pub host: &'a str,
    /// Whether a token that is unknown here is unknown everywhere: the user named the endpoint, or the
    /// token is made up.
    pub is_named: bool,
    /// Whether id and secret are only guessed to belong together.
    pub is_guess: bool,
}

/// Whether an answer asks to come again later.
pub(super) fn is_busy(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 500 | 502 | 503 | 504)
}

impl Reply<'_> {
    /// Refuses what proves nothing, whoever is asked.
    pub fn check(&self) -> Result<(), String> {
        match self.answer.status {
            300..400 => Err("a redirect, which is not followed".into()),
            429 => Err(match self.answer.retry_after() {
                Some(wait) => {
                    format!("asked too often (HTTP 429; it wants to be left alone for {} s)", wait.as_secs())
                }
                None => "asked too often (HTTP 429)".into(),
            }),
            status @ 500.. => Err(format!("in trouble (HTTP {status})")),
            _ => Ok(()),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The body as a JSON object, which is what the APIs here answer with.
    pub fn json(&self) -> Result<Value, String> {
        let status = self.answer.status;
        let kind = self.answer.content_type.as_str();
        let start = self.answer.body.iter().find(|b| !b.is_ascii_whitespace());
        if kind.contains("html") || start == Some(&b'<') {
            return Err(format!("HTTP {status} with a web page, which is no answer of the API"));
        }
        if !kind.is_empty() && !kind.contains("json") {
            return Err(format!("HTTP {status} with something else than JSON"));
        }
        match serde_json::from_slice(&self.answer.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(format!("HTTP {status} with a body that is no JSON object")),
        }
    }

    /// For an answer in JSON that is none of those that are documented.
    pub fn strange(&self) -> String {
        format!("HTTP {} with an answer that proves nothing", self.answer.status)
    }

    /// A token that was taken.
    pub fn live(&self, principal: Option<String>) -> Verification {
        let reason = format!("{} took it", self.host);
        Verification { verdict: Verdict::Live, reason, principal, ..Verification::default() }
    }

    /// A token that was recognised, though it may not make this call.
    pub fn limited(&self, why: &str) -> Verification {
        let mut verification = self.live(None);
        verification.reason = format!("{} knows it; {why}", self.host);
        verification.facts.insert("rights".into(), format!("limited: {why}"));
        verification
    }

    /// A token that was refused for good or for now, with what the provider says.
    pub fn dead(&self, verdict: Verdict, says: &str) -> Verification {
        Verification { verdict, reason: format!("{}: {says}", self.host), ..Verification::default() }
    }

    /// A header of the answer, escaped and bounded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.answer.header(name).and_then(word)
    }

    /// A header with a list.
    pub fn list(&self, name: &str) -> Vec<String> {
        let header = self.answer.header(name).unwrap_or_default();
        header.split(',').filter_map(word).take(MAX_WORDS).collect()
    }
}

/// The string at a JSON pointer, escaped and bounded; none when it is empty.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(s) => word(s),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// The strings of an array.
pub(super) fn texts(value: &Value, pointer: &str) -> Option<Vec<String>> {
    let items = value.pointer(pointer)?.as_array()?;
    Some(items.iter().filter_map(Value::as_str).filter_map(word).take(MAX_WORDS).collect())
}

/// The string at a pointer as it is, to compare with.
pub(super) fn raw<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn word(text: &str) -> Option<String> {
    let short: String = text.trim().chars().take(MAX_WORD).collect();
    (!short.is_empty()).then(|| crate::address::escape(short.as_bytes()))
}

/// Puts facts that are known into a verification.
pub(super) fn facts<const N: usize>(v: &mut Verification, facts: [(&str, Option<String>); N]) {
    v.facts.extend(facts.into_iter().filter_map(|(name, fact)| Some((name.to_string(), fact?))));
}

/// Scopes, and what they let one do in words; those without words are named.
pub(super) fn scopes(v: &mut Verification, scopes: &[String], words: &[(&str, &str)]) {
    if scopes.is_empty() {
        return;
    }
    v.facts.insert("scopes".into(), scopes.join(", "));
    let mut rights: Vec<&str> = Vec::new();
    for scope in scopes {
        let word = words.iter().find(|(name, _)| name == scope).map_or(scope.as_str(), |(_, word)| word);
        if !rights.contains(&word) {
            rights.push(word);
        }
    }
    v.facts.insert("rights".into(), format!("can {}", rights.join(", ")));
}

/// The value of an `Authorization` header of kind Basic.
pub(super) fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = format!("{user}:{password}");
    let mut out = String::from("Basic ");
    for group in text.as_bytes().chunks(3) {
        let bits = group.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_base64() {
        for (password, expected) in
            [("", "Basic YTo="), ("b", "Basic YTpi"), ("bc", "Basic YTpiYw=="), ("bcd", "Basic YTpiY2Q=")]
        {
            assert_eq!(basic("a", password), expected);
        }
    }

    #[test]
    fn words_are_bounded_and_escaped() {
        let value = serde_json::json!({"a": "x\u{1b}[0m", "b": "y".repeat(500), "c": ["s", 1], "d": ""});
        assert_eq!(text(&value, "/a").unwrap(), "x\\u{001b}[0m");
        assert_eq!(text(&value, "/b").unwrap().len(), MAX_WORD);
        assert_eq!((texts(&value, "/c").unwrap(), text(&value, "/d")), (vec!["s".to_string()], None));
    }
}
