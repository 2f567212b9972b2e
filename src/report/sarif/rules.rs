//! The rules of a SARIF log: one for each pattern that found something, and for what a live credential of it can do.

use super::super::common;
use super::MAX_TEXT;
use crate::address::escape;
use crate::finding::{Class, Finding, Severity};
use crate::verify::aws::iam::Level;
use crate::verify::verification::{Verdict, Verification};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The rules of the patterns that found something, by id.
pub(super) struct Rules<'a>(pub(super) BTreeMap<String, Rule<'a>>);

pub(super) struct Rule<'a> {
    pub(super) index: usize,
    /// The first of the worst.
    example: &'a Finding,
    confidence: u8,
}

impl<'a> Rules<'a> {
    /// Takes findings with the worst first.
    pub(super) fn of(findings: &[&'a Finding]) -> Self {
        let mut rules = BTreeMap::new();
        for &finding in findings {
            let rule =
                rules.entry(rule_id(finding)).or_insert(Rule { index: 0, example: finding, confidence: 100 });
            rule.confidence = rule.confidence.min(finding.confidence);
        }
        for (index, rule) in rules.values_mut().enumerate() {
            rule.index = index;
        }
        Rules(rules)
    }

    pub(super) fn objects(&self) -> Vec<Value> {
        self.0.iter().map(|(id, rule)| rule.object(id)).collect()
    }
}

impl Rule<'_> {
    fn object(&self, id: &str) -> Value {
        let Finding { name, why, fix, reference, class, .. } = self.example;
        let [name, why, fix, reference] = [name, why, fix, reference].map(|text| common::one_line(text));
        let mut name = if name.is_empty() { escape(id.as_bytes()) } else { name };
        if let Some(live) = live(self.example) {
            name = match live.assessment.as_ref().map(|a| a.level) {
                Some(level) => format!("Live {name}, level {}", level.word()),
                None => format!("Live {name}"),
            };
        }

        let mut text = Vec::new();
        let mut markdown = Vec::new();
        for (title, body) in [("What it opens", &why), ("What to do", &fix), ("Reference", &reference)] {
            if !body.is_empty() {
                text.push(format!("{title}: {body}"));
                markdown.push(format!("**{title}**\n\n{body}"));
            }
        }
        if text.is_empty() {
            text.push(name.clone());
            markdown.push(name.clone());
        }
        let description = if why.is_empty() { &name } else { &why };

        let mut properties = Map::new();
        properties.insert("precision".into(), precision(self.confidence).into());
        let mut tags = vec![class.name()];
        if is_security(self.example) {
            properties.insert("security-severity".into(), security_severity(self.example).into());
            tags.extend(["external/cwe/cwe-798", "security"]);
        }
        properties.insert("tags".into(), tags.into());

        let mut rule = json!({
            "id": id,
            "name": pascal_case(id),
            "shortDescription": {"text": common::truncate(&name, MAX_TEXT)},
            "fullDescription": {"text": common::truncate(description, MAX_TEXT)},
            "help": {
                "text": common::truncate(&text.join("\n"), MAX_TEXT),
                "markdown": common::truncate(&markdown.join("\n\n"), MAX_TEXT),
            },
            "defaultConfiguration": {"level": level(self.example)},
            "properties": properties,
        });
        if is_web_address(&reference) {
            rule["helpUri"] = reference.into();
        }
        rule
    }
}

/// Configuration that opens nothing is no weakness, so no security alert.
pub(super) fn is_security(finding: &Finding) -> bool {
    !(common::is_inventory(finding) && finding.class == Class::Config)
}

/// The verification of a credential that works.
pub(super) fn live(finding: &Finding) -> Option<&Verification> {
    finding.verification.as_deref().filter(|v| v.verdict == Verdict::Live)
}

/// The pattern, and what a live credential of it can do.
pub(super) fn rule_id(finding: &Finding) -> String {
    match live(finding).map(|v| v.assessment.as_ref().map(|a| a.level)) {
        Some(Some(level)) => format!("{}/live-{}", finding.pattern, level.word()),
        Some(None) => format!("{}/live", finding.pattern),
        None => finding.pattern.clone(),
    }
}

pub(super) fn level(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if live(finding).is_some() => "error",
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A figure in the middle of the band that GitHub shows under the same word; it knows no `info`.
/// A live credential is worse than the same found.
pub(super) fn security_severity(finding: &Finding) -> &'static str {
    let live = live(finding).map(|v| v.assessment.as_ref().map_or(Level::Unknown, |a| a.level));
    match finding.severity {
        _ if live >= Some(Level::Escalation) => "10.0",
        _ if live == Some(Level::Destructive) => "9.8",
        _ if live.is_some() && finding.severity < Severity::Critical => "9.0",
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}

fn precision(confidence: u8) -> &'static str {
    match confidence {
        90.. => "very-high",
        70.. => "high",
        40.. => "medium",
        _ => "low",
    }
}

/// `aws.key-pair` as `AwsKeyPair`.
fn pascal_case(id: &str) -> String {
    let words = id.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let name: String = words
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().into_iter().flat_map(char::to_uppercase).chain(chars)
        })
        .collect();
    if name.is_empty() { "Pattern".into() } else { name }
}

/// Whether `text` is a URI that the schema takes for `helpUri`: plain ASCII, nothing to guess.
pub(in super::super) fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/?#&=+,;@!()*".contains(&b))
        && rest.matches('#').count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_names_are_words_without_spaces() {
        assert_eq!(pascal_case("aws.key-pair"), "AwsKeyPair");
        assert_eq!(pascal_case("--"), "Pattern");
    }

    #[test]
    fn only_plain_web_addresses_are_help_uris() {
        assert!(is_web_address("https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html#a"));
        for text in ["AWS IAM User Guide", "https://", "https://a b", "https://é", "https://a#b#c", ""] {
            assert!(!is_web_address(text), "{text}");
        }
    }
}
