//! SARIF 2.1.0, shaped for what code scanning services accept rather than for all the format allows.
//!
//! A service rejects the whole file for one result without a file and a region, for an empty
//! string, or for a result too many. So every result points at the *outer* artifact by a path
//! relative to the repository (line 1, column 1 where the secret is inside a package or a binary),
//! and the true place is in `logicalLocations` and `properties`. Results are cut, worst first, at
//! [`MAX_RESULTS`], and the file says so.
//!
//! Severity lives on the rule in SARIF, so a credential that is known to be live has a rule of its own,
//! `aws.key-pair/live-admin`, and a rule takes the worst severity and the lowest
//! confidence of its findings here; each result keeps its own in `level` and `properties`. The
//! inventory of embedded configuration is reported as notes without the tag `security`.

mod location;
mod rules;

use super::common::{self, List, Place};
use super::{Options, Report, Reporter, words};
use crate::address::{Address, escape};
use crate::allow::{Allowed, By, Grant};
use crate::finding::{Finding, Revision};
use crate::ledger::Entry;
use crate::verify::verification::Verification;
use location::{START, location, physical};
pub(super) use rules::is_web_address;
use rules::{Rules, level, rule_id};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Results that GitHub takes in one run; it rejects a file with more.
const MAX_RESULTS: usize = 25_000;
/// Locations that GitHub keeps of one result.
const MAX_LOCATIONS: usize = 100;
/// Entries of the ledger that become notifications.
const MAX_NOTIFICATIONS: usize = 100;
/// Characters of a rule's descriptions and help.
const MAX_TEXT: usize = 1024;
/// Characters of one address, site or detail in a message.
const MAX_WORD: usize = 300;

/// Writes a SARIF log with one run.
pub(super) struct Sarif;

impl Reporter for Sarif {
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut findings = common::worst_first(report);
        findings.truncate(MAX_RESULTS);
        // What was let through comes last, where there is room.
        let allowed = &report.allowed[..report.allowed.len().min(MAX_RESULTS - findings.len())];
        let of_all: Vec<&Finding> =
            findings.iter().copied().chain(allowed.iter().map(|a| &a.finding)).collect();
        let log = Log { report, options, rules: Rules::of(&of_all), findings, allowed };
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        serde_json::to_writer(&mut out, &log)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    fn omits(&self, report: &Report) -> Option<String> {
        let all = report.findings.len();
        (all > MAX_RESULTS).then(|| {
            format!(
                "the SARIF report holds the worst {} of {} findings, all that code scanning accepts; \
                 json and jsonl hold all",
                common::thousands(MAX_RESULTS as u64),
                common::thousands(all as u64)
            )
        })
    }
}

struct Log<'a> {
    report: &'a Report,
    options: &'a Options,
    findings: Vec<&'a Finding>,
    allowed: &'a [Allowed],
    rules: Rules<'a>,
}

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("log", 3)?;
        s.serialize_field("$schema", "https://json.schemastore.org/sarif-2.1.0.json")?;
        s.serialize_field("version", "2.1.0")?;
        s.serialize_field("runs", &[Run(self)])?;
        s.end()
    }
}

struct Run<'a>(&'a Log<'a>);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Log { report, options, findings, allowed, rules } = self.0;
        let mut s = serializer.serialize_struct("run", 5)?;
        s.serialize_field(
            "tool",
            &json!({"driver": {
                "name": "keysift",
                "version": common::VERSION,
                "semanticVersion": common::VERSION,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.objects(),
            }}),
        )?;
        s.serialize_field("automationDetails", &json!({"id": "keysift/"}))?;
        s.serialize_field("invocations", &[invocation(report)])?;
        let prints = RefCell::new(Fingerprints::default());
        s.serialize_field(
            "results",
            &List(|| {
                let own = |f: &Finding| result(f, rules, options, report, &mut prints.borrow_mut());
                let suppressed = |a: &Allowed| {
                    let mut result = result(&a.finding, rules, options, report, &mut prints.borrow_mut());
                    result["suppressions"] = json!([suppression(&a.grant)]);
                    result
                };
                findings.iter().map(move |f| own(f)).chain(allowed.iter().map(suppressed))
            }),
        )?;
        let ledger = &report.ledger;
        s.serialize_field(
            "properties",
            &json!({
                "findings": report.findings.len(),
                "allowed": report.allowed.len(),
                "searched": {"bytes": ledger.searched_bytes, "count": ledger.searched_count},
                "skipped": {"bytes": ledger.skipped_bytes(), "count": ledger.entries.len()},
            }),
        )?;
        s.end()
    }
}

fn result(
    finding: &Finding,
    rules: &Rules<'_>,
    options: &Options,
    report: &Report,
    prints: &mut Fingerprints,
) -> Value {
    let full = common::in_full(finding, options);
    let mut locations: Vec<Value> =
        finding.sites.iter().take(MAX_LOCATIONS).map(|site| location(site, finding)).collect();
    if locations.is_empty() {
        // Never so, but a result without a place makes a service reject all the others.
        let artifact = report.artifacts.first().map_or("unknown", |a| a.as_str());
        locations.push(physical(&Address::named(artifact), json!(START)));
    }

    let parts: Map<String, Value> = finding
        .parts
        .iter()
        .map(|(role, secret)| (role.name().into(), common::machine_value(secret, full).into()))
        .collect();
    let mut properties = json!({
        "severity": finding.severity.name(),
        "confidence": f64::from(finding.confidence.min(100)) / 100.0,
        "class": finding.class.name(),
        "parts": parts,
        "places": finding.sites.len(),
    });
    if !finding.details.is_empty() {
        let details = finding.details.iter();
        properties["details"] = details
            .map(|(key, value)| (escape(key.as_bytes()), Value::from(escape(value.as_bytes()))))
            .collect::<Map<String, Value>>()
            .into();
    }

    if !finding.history.is_empty() {
        let history = finding.history.iter().take(MAX_LOCATIONS);
        // No authors: reports of this kind go to many.
        properties["history"] = history
            .map(|h| {
                let commit = |r: &Option<Revision>| r.as_ref().map(|r| r.commit.clone());
                json!({"repository": bounded(&h.repository), "first": commit(&h.first), "last": commit(&h.last),
                       "atHead": h.at_head})
            })
            .collect::<Vec<_>>()
            .into();
    }
    if let Some(v) = &finding.verification {
        verified(v, &mut properties);
    }
    let id = rule_id(finding);
    let mut result = json!({
        "ruleId": id,
        "level": level(finding),
        "message": {"text": message(finding, full)},
        "locations": locations,
        "partialFingerprints": {
            "primaryLocationLineHash": prints.location(finding),
            "keysift/v1": if finding.fingerprint.is_empty() { "unknown" } else { &finding.fingerprint },
        },
    });
    if let Some(rule) = rules.0.get(&id) {
        result["ruleIndex"] = rule.index.into();
    }
    if let Some(pair) = &finding.pair {
        if !pair.evidence.is_empty() {
            properties["evidence"] = escape(pair.evidence.as_bytes()).into();
        }
        let candidates = pair.candidates.iter().take(MAX_LOCATIONS);
        let related: Vec<Value> = candidates
            .enumerate()
            .map(|(i, candidate)| {
                let mut related = location(&candidate.location, finding);
                related["id"] = (i + 1).into();
                let value = common::machine_value(&candidate.secret, full);
                let text = if candidate.evidence.is_empty() {
                    format!("Candidate {value}.")
                } else {
                    format!("Candidate {value}: {}.", bounded(&candidate.evidence))
                };
                related["message"] = json!({"text": message_text(&text)});
                related
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
    }
    result["properties"] = properties;
    result
}

/// What let a result through: SARIF asks whether that stands in the source itself.
fn suppression(grant: &Grant) -> Value {
    let kind = if grant.by == By::Comment { "inSource" } else { "external" };
    json!({"kind": kind, "status": "accepted", "justification": bounded(&grant.in_words())})
}

/// The first sentence is the title that services show; it has no dots but its last, if the
/// pattern's name and the value have none.
fn message(finding: &Finding, full: bool) -> String {
    let parts = finding.parts.values().map(|secret| common::machine_value(secret, full));
    let mut values: Vec<String> = parts.collect();
    let candidates = finding.pair.as_ref().map_or(0, |p| p.candidates.len());
    if candidates > 0 {
        values.push(format!("one of {candidates} candidates"));
    }
    let mut name = common::one_line(&finding.name);
    if name.is_empty() {
        name = escape(finding.pattern.as_bytes());
    }
    let mut text = name;
    if !values.is_empty() {
        let _ = write!(text, " {}", values.join(" + "));
    }
    text.push('.');
    if let Some(first) = finding.sites.first() {
        text.push_str(" Found");
        if let Some(site) = first.site.as_deref().filter(|s| !s.is_empty()) {
            let _ = write!(text, " at {}", bounded(site));
        }
        let _ = write!(text, " in {}", common::shorten(&Place(first).to_string(), MAX_WORD));
        let more = finding.sites.len() as u64 - 1;
        if more > 0 {
            let _ = write!(text, " and in {}", common::plural(more, "more place", "more places"));
        }
        text.push('.');
    }
    if let Some(pair) = finding.pair.as_ref().filter(|p| !p.evidence.is_empty()) {
        let _ = write!(text, " Evidence: {}.", bounded(&pair.evidence));
    }
    if let Some(v) = &finding.verification {
        let _ = write!(text, " Verified: {}, {}", v.verdict.name(), words::verdict(v.verdict));
        if let Some(a) = &v.assessment {
            let _ = write!(text, "; level {}: {}", a.level.word(), words::level(a.level));
            for (key, level) in &a.level_if {
                let _ = write!(text, "; level {} once {}", level.word(), words::once(key));
            }
        }
        text.push('.');
    }
    for (title, prose) in [("What it opens", &finding.why), ("What to do", &finding.fix)] {
        let prose = common::one_line(prose);
        if !prose.is_empty() {
            let _ = write!(text, " {title}: {prose}");
            if !prose.ends_with(['.', '!', '?']) {
                text.push('.');
            }
        }
    }
    message_text(&text)
}

/// Verdict, level and whose it is; the whole is in json and jsonl.
fn verified(v: &Verification, properties: &mut Value) {
    properties["verdict"] = v.verdict.name().into();
    if let Some(principal) = v.principal.as_deref().filter(|p| !p.is_empty()) {
        properties["principal"] = bounded(principal).into();
    }
    if let Some(a) = &v.assessment {
        properties["level"] = a.level.word().into();
        if !a.level_if.is_empty() {
            properties["level_if"] = a
                .level_if
                .iter()
                .map(|(key, level)| (key.clone(), level.word().into()))
                .collect::<Map<_, _>>()
                .into();
        }
        let groups: Vec<&str> = a.dangerous.iter().map(|d| d.group.as_str()).collect();
        if !groups.is_empty() {
            properties["dangerous"] = groups.into();
        }
    }
}

fn bounded(text: &str) -> String {
    common::shorten(&escape(text.as_bytes()), MAX_WORD)
}

/// Plain text as a SARIF message: brackets would make a link and braces a placeholder, and names
/// out of a package must make neither.
fn message_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | '[' | ']' => out.extend(['\\', c]),
            '{' | '}' => out.extend([c, c]),
            _ => out.push(c),
        }
    }
    out
}

/// Location fingerprints, in the form that GitHub computes itself for source files: a hash, and a
/// counter for the case that the same hash comes again.
#[derive(Default)]
struct Fingerprints(HashMap<[u8; 16], u32>);

impl Fingerprints {
    /// Names of pattern, artifact and innermost file, and the secret: nothing that moves when lines
    /// or offsets do.
    fn location(&mut self, finding: &Finding) -> String {
        let address = finding.sites.first().map(|site| &site.address);
        let artifact = address.map_or(&[][..], |a| a.artifact().inner_path());
        let inner = address.map_or(&[][..], |a| a.inner_path());
        let mut hash = Sha256::new();
        for field in [finding.pattern.as_bytes(), artifact, inner, finding.fingerprint.as_bytes()] {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        let digest = hash.finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        let times = self.0.entry(short).or_insert(0);
        *times += 1;
        let mut print = String::with_capacity(36);
        for byte in short {
            let _ = write!(print, "{byte:02x}");
        }
        let _ = write!(print, ":{times}");
        print
    }
}

/// How the run went: what was not searched although it should have been, and what was cut.
fn invocation(report: &Report) -> Value {
    let incomplete = report.ledger.entries.iter().filter(|e| e.reason.is_incomplete());
    let count = incomplete.clone().count();
    let mut notifications: Vec<Value> = incomplete.take(MAX_NOTIFICATIONS).map(not_searched).collect();
    if count > MAX_NOTIFICATIONS {
        let more = common::plural((count - MAX_NOTIFICATIONS) as u64, "more place was", "more places were");
        notifications.push(notification(
            "incomplete",
            "warning",
            &format!("{more} not searched; json and jsonl reports list all."),
        ));
    }
    if report.ledger.searched_bytes == 0 {
        notifications.push(notification("nothing-searched", "error", "Nothing was searched: 0 bytes."));
    }
    if let Some(omitted) = Sarif.omits(report) {
        let mut sentence = omitted;
        sentence.replace_range(..1, "T");
        sentence.push('.');
        notifications.push(notification("truncated", "warning", &sentence));
    }
    // With exit code 3 something was wrong even where the ledger has no entry, such as no input.
    let mut invocation = json!({
        "executionSuccessful": count == 0 && report.exit_code != 3,
        "exitCode": report.exit_code,
    });
    if !notifications.is_empty() {
        invocation["toolExecutionNotifications"] = notifications.into();
    }
    invocation
}

fn notification(id: &str, level: &str, text: &str) -> Value {
    json!({"descriptor": {"id": id}, "level": level, "message": {"text": message_text(text)}})
}

fn not_searched(entry: &Entry) -> Value {
    let mut text = format!(
        "Not searched ({}): {}",
        entry.reason.name(),
        common::shorten(&entry.address.to_string(), MAX_WORD)
    );
    if let Some(bytes) = entry.bytes {
        let _ = write!(text, ", {}", common::size(bytes));
    }
    if !entry.detail.is_empty() {
        let _ = write!(text, ": {}", bounded(&entry.detail));
    }
    text.push('.');
    let mut notification = notification(entry.reason.name(), "warning", &text);
    notification["locations"] = json!([physical(entry.address.artifact(), json!(START))]);
    notification
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_links_and_no_placeholders() {
        assert_eq!(message_text(r"[x](1) {0} \u{001b}"), r"\[x\](1) {{0}} \\u{{001b}}");
    }
}
