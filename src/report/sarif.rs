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

use super::common::{self, List, Place};
use super::{Options, Report, Reporter, words};
use crate::address::{Address, escape};
use crate::allow::{Allowed, By, Grant};
use crate::finding::{Class, Finding, Layer, Location, Revision, Severity};
use crate::ledger::Entry;
use crate::verify::aws::iam::Level;
use crate::verify::verification::{Verdict, Verification};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
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

/// The rules of the patterns that found something, by id.
struct Rules<'a>(BTreeMap<String, Rule<'a>>);

struct Rule<'a> {
    index: usize,
    /// The first of the worst.
    example: &'a Finding,
    confidence: u8,
}

impl<'a> Rules<'a> {
    /// Takes findings with the worst first.
    fn of(findings: &[&'a Finding]) -> Self {
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

    fn objects(&self) -> Vec<Value> {
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
fn is_security(finding: &Finding) -> bool {
    !(common::is_inventory(finding) && finding.class == Class::Config)
}

/// The verification of a credential that works.
fn live(finding: &Finding) -> Option<&Verification> {
    finding.verification.as_deref().filter(|v| v.verdict == Verdict::Live)
}

/// The pattern, and what a live credential of it can do.
fn rule_id(finding: &Finding) -> String {
    match live(finding).map(|v| v.assessment.as_ref().map(|a| a.level)) {
        Some(Some(level)) => format!("{}/live-{}", finding.pattern, level.word()),
        Some(None) => format!("{}/live", finding.pattern),
        None => finding.pattern.clone(),
    }
}

fn level(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if live(finding).is_some() => "error",
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A figure in the middle of the band that GitHub shows under the same word; it knows no `info`.
/// A live credential is worse than the same found.
fn security_severity(finding: &Finding) -> &'static str {
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
pub(super) fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/?#&=+,;@!()*".contains(&b))
        && rest.matches('#').count() < 2
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

/// The region of what has no lines.
const START: Region = Region { start: (1, 1), end: (1, 2) };

struct Region {
    start: (u32, u32),
    end: (u32, u32),
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("region", 4)?;
        s.serialize_field("startLine", &self.start.0)?;
        s.serialize_field("startColumn", &self.start.1)?;
        s.serialize_field("endLine", &self.end.0)?;
        s.serialize_field("endColumn", &self.end.1)?;
        s.end()
    }
}

/// Lines and columns only where a reader who opens the artifact will find them.
fn region(site: &Location, finding: &Finding) -> Region {
    let (true, Some(line)) = (site.address.is_artifact(), site.line.filter(|&line| line > 0)) else {
        return START;
    };
    let column = site.column.unwrap_or(1).max(1);
    let value = common::part_at(finding, site).map_or(&[][..], |secret| secret.reveal());
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1);
    let end = match value.iter().rposition(|&b| b == b'\n') {
        Some(last) => {
            let lines = value.iter().filter(|&&b| b == b'\n').count();
            let line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            (line, length(&value[last + 1..]).saturating_add(1))
        }
        None => (line, column.saturating_add(length(value))),
    };
    Region { start: (line, column), end }
}

fn physical(artifact: &Address, region: Value) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(artifact)}, "region": region}})
}

fn location(site: &Location, finding: &Finding) -> Value {
    let artifact = site.address.artifact();
    let mut location = physical(artifact, json!(region(site, finding)));

    let address = site.address.to_string();
    let mut names: Vec<&str> = Vec::new();
    // Both are printed the same way, so the one begins with the other.
    if let Some(inner) = address.strip_prefix(&artifact.to_string()).and_then(|a| a.strip_prefix('!')) {
        names.push(inner);
    }
    let author = site.site.as_ref().map(|s| escape(s.as_bytes())).filter(|s| !s.is_empty());
    if let Some(author) = &author {
        names.push(author);
    }
    names.retain(|name| !name.is_empty());
    names.dedup();
    if !names.is_empty() {
        location["logicalLocations"] =
            names.iter().map(|name| json!({"fullyQualifiedName": name})).collect::<Vec<_>>().into();
    }

    let mut properties = json!({
        "address": address,
        "offset": site.offset,
        "role": site.role.name(),
    });
    if let Some(author) = &author {
        properties["site"] = author.as_str().into();
    }
    if !site.decoded.is_empty() {
        properties["decoded"] = site.decoded.iter().map(|e| e.name()).collect::<Vec<_>>().into();
    }
    if let Some(layer) = &site.layer {
        properties["layer"] = layer_properties(layer);
    }
    location["properties"] = properties;
    location
}

/// The members of a layer that are known, named as in JSON.
fn layer_properties(layer: &Layer) -> Value {
    let mut properties = json!({"digest": escape(layer.digest.as_bytes()), "number": layer.number});
    let known = [
        ("image", &layer.image),
        ("created_by", &layer.created_by),
        ("deleted_in_layer", &layer.deleted_in_layer),
        ("overwritten_in_layer", &layer.overwritten_in_layer),
    ];
    for (name, value) in known {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            properties[name] = escape(value.as_bytes()).into();
        }
    }
    properties
}

/// The path of an artifact as a URI reference: relative paths stay relative, absolute ones become
/// `file:` URIs, and every byte that is not plainly part of a path is escaped.
fn uri(artifact: &Address) -> String {
    let mut path = artifact.inner_path();
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with(b"/") {
        uri.push_str("file://");
        let slashes = path.iter().take_while(|&&b| b == b'/').count();
        path = &path[slashes - 1..];
    } else if let Some(scheme) = [&b"https://"[..], b"http://"].iter().find(|s| path.starts_with(s)) {
        uri.push_str(&String::from_utf8_lossy(scheme));
        path = &path[scheme.len()..];
        // Host and port are as they were asked for.
        let (host, rest) = path.split_at(path.iter().position(|&b| b == b'/').unwrap_or(path.len()));
        uri.push_str(&String::from_utf8_lossy(host));
        path = rest;
    } else if let [drive, b':', b'/', ..] = path
        && drive.is_ascii_alphabetic()
    {
        uri.push_str("file:///");
        uri.push(char::from(*drive));
        uri.push(':');
        path = &path[2..];
    }
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    if uri.is_empty() { "unknown".into() } else { uri }
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
    use std::path::Path;

    #[test]
    fn paths_become_uri_references() {
        for (path, expected) in [
            ("dist/app.apk", "dist/app.apk"),
            ("./././dist/my app.apk", "dist/my%20app.apk"),
            ("../up.txt", "../up.txt"),
            ("a:b", "a%3Ab"),
            ("/tmp/x#y?z%", "file:///tmp/x%23y%3Fz%25"),
            ("//host/x", "file:///host/x"),
            ("C:/Users/x y", "file:///C:/Users/x%20y"),
            ("é\u{202e}\n", "%C3%A9%E2%80%AE%0A"),
            ("<stdin>", "%3Cstdin%3E"),
            ("", "unknown"),
            ("./", "unknown"),
        ] {
            assert_eq!(uri(&Address::file(Path::new(path))), expected, "{path:?}");
        }
    }

    #[test]
    fn messages_hold_no_links_and_no_placeholders() {
        assert_eq!(message_text(r"[x](1) {0} \u{001b}"), r"\[x\](1) {{0}} \\u{{001b}}");
    }

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
