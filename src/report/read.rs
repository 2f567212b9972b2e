//! Reads our own JSON and JSON lines back, for commands that work on a report.

use super::Report;
use crate::address::{Address, Encoding};
use crate::allow::{Allowed, By, Grant};
use crate::finding::{
    Candidate, Class, Finding, History, Layer, Location, Pair, Revision, Role, Secret, Severity,
};
use crate::ledger::{Entry, Ledger, Objects, Reason};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Findings that are read at most: more is no report of ours.
const MAX_FINDINGS: usize = 5_000_000;

/// Reads a report. An error says where it is none, never what stands there.
pub fn report(bytes: &[u8]) -> Result<Report, String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err("empty: no report (a scan that found nothing writes a ledger)".into());
    }
    let mut report = Report::default();
    for (n, value) in serde_json::Deserializer::from_slice(text).into_iter::<Value>().enumerate() {
        let value = value.map_err(|e| format!("no JSON at line {}, column {}", e.line(), e.column()))?;
        let failed = |e: String| format!("object {}: {e}", n + 1);
        match value.get("type").and_then(Value::as_str) {
            Some("finding") => report.findings.push(finding(&value).map_err(failed)?),
            Some("allowed") => report.allowed.push(allowed(&value).map_err(failed)?),
            Some("ledger") => read_ledger(&value, &mut report),
            None if value.get("findings").is_some() => {
                for one in list(&value, "findings") {
                    report.findings.push(finding(one).map_err(failed)?);
                }
                for one in list(&value, "allowed") {
                    report.allowed.push(allowed(one).map_err(failed)?);
                }
                read_ledger(value.get("ledger").unwrap_or(&Value::Null), &mut report);
            }
            _ => return Err(failed("neither a finding nor a ledger of keysift".into())),
        }
        if report.findings.len() > MAX_FINDINGS {
            return Err(format!("more than {MAX_FINDINGS} findings"));
        }
    }
    Ok(report)
}

/// A finding that holds nothing but an AWS access key id.
pub fn key_id(id: &str) -> Result<Finding, String> {
    let is_id = (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_id {
        return Err("--key-id: no access key id: it should be AKIA or ASIA and 16 letters and digits".into());
    }
    let is_temporary = id.starts_with("ASIA");
    let mut details = BTreeMap::new();
    crate::triage::decode::Decoder::AwsAccountId.read(id.as_bytes(), &mut details);
    let pattern = if is_temporary { "aws.temporary-access-key-id" } else { "aws.access-key-id" };
    let parts = BTreeMap::from([(Role::Id, Secret::new(id.as_bytes()))]);
    Ok(Finding {
        pattern: pattern.into(),
        name: if is_temporary { "AWS temporary access key ID" } else { "AWS access key ID" }.into(),
        class: Class::Credential,
        severity: Severity::High,
        confidence: 100,
        fingerprint: crate::triage::fingerprint(pattern, &parts),
        parts,
        sites: vec![Location {
            address: Address::named("--key-id"),
            offset: 0,
            line: None,
            column: None,
            site: None,
            role: Role::Id,
            decoded: Vec::new(),
            layer: None,
            around: None,
        }],
        pair: None,
        details,
        why: String::new(),
        fix: String::new(),
        reference: String::new(),
        history: Vec::new(),
        verification: None,
    })
}

/// Whether a value of the finding is not the value itself but what a report shows of it.
pub fn is_redacted(finding: &Finding) -> bool {
    let candidates = finding.pair.iter().flat_map(|p| p.candidates.iter().map(|c| &c.secret));
    finding
        .parts
        .values()
        .chain(candidates)
        .any(|secret| secret.reveal().windows(3).any(|w| w == "…".as_bytes()))
}

fn finding(value: &Value) -> Result<Finding, String> {
    let class = [Class::Credential, Class::KeyMaterial, Class::Config, Class::Generic];
    let parts = value.get("parts").and_then(Value::as_object).ok_or("no parts")?;
    let mut read = BTreeMap::new();
    for (name, part) in parts {
        let role = role(name).ok_or("a part with an unknown role")?;
        read.insert(role, Secret::new(part.as_str().ok_or("a part that is no string")?.as_bytes()));
    }
    let sites: Vec<Location> = list(value, "sites").iter().filter_map(location).collect();
    if sites.is_empty() {
        return Err("no sites".into());
    }
    let details = value.get("details").and_then(Value::as_object).into_iter().flatten();
    Ok(Finding {
        pattern: text(value, "pattern").ok_or("no pattern")?,
        name: text(value, "name").unwrap_or_default(),
        class: named(value, "class", &class, Class::name).ok_or("no known class")?,
        severity: named(value, "severity", &Severity::ALL, Severity::name).ok_or("no known severity")?,
        confidence: (value.get("confidence").and_then(Value::as_f64).unwrap_or(0.0).clamp(0.0, 1.0) * 100.0)
            .round() as u8,
        fingerprint: text(value, "fingerprint").ok_or("no fingerprint")?,
        parts: read,
        sites,
        pair: value.get("pair").filter(|p| p.is_object()).map(pair),
        details: details.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))).collect(),
        why: text(value, "why").unwrap_or_default(),
        fix: text(value, "fix").unwrap_or_default(),
        reference: text(value, "reference").unwrap_or_default(),
        history: list(value, "history").iter().map(history).collect(),
        // Asked anew, for what was true then may not be now.
        verification: None,
    })
}

fn allowed(value: &Value) -> Result<Allowed, String> {
    let grant = value.get("allowed").ok_or("nothing says what allows it")?;
    Ok(Allowed {
        finding: finding(value)?,
        grant: Grant {
            by: named(grant, "by", &By::ALL, By::name).ok_or("allowed by something unknown")?,
            rule: text(grant, "rule").unwrap_or_default(),
            reason: text(grant, "reason"),
            expires: text(grant, "expires"),
        },
    })
}

fn history(value: &Value) -> History {
    let revision = |name: &str| {
        let revision = value.get(name).filter(|r| r.is_object())?;
        Some(Revision {
            commit: text(revision, "commit")?,
            date: text(revision, "date").unwrap_or_default(),
            author: text(revision, "author"),
        })
    };
    History {
        repository: text(value, "repository").unwrap_or_default(),
        first: revision("first"),
        last: revision("last"),
        at_head: value.get("at_head").and_then(Value::as_bool).unwrap_or(false),
        objects: value.get("objects").and_then(Value::as_u64).unwrap_or(0),
        paths: list(value, "paths").iter().filter_map(|p| p.as_str().map(str::to_owned)).collect(),
    }
}

fn pair(value: &Value) -> Pair {
    let candidate = |c: &Value| {
        Some(Candidate {
            secret: Secret::new(text(c, "secret")?.as_bytes()),
            evidence: text(c, "evidence").unwrap_or_default(),
            location: location(c.get("site")?)?,
        })
    };
    Pair {
        evidence: text(value, "evidence").unwrap_or_default(),
        candidates: list(value, "candidates").iter().filter_map(candidate).collect(),
    }
}

fn location(value: &Value) -> Option<Location> {
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let small = |name: &str| number(name).and_then(|n| u32::try_from(n).ok());
    Some(Location {
        // Printed as it came: escaped once, it is not escaped again.
        address: Address::named(&text(value, "address")?),
        offset: number("offset").unwrap_or(0),
        line: small("line"),
        column: small("column"),
        site: text(value, "site"),
        role: role(&text(value, "role")?)?,
        decoded: list(value, "decoded").iter().filter_map(|d| encoding(d.as_str()?)).collect(),
        layer: value.get("layer").filter(|l| l.is_object()).map(|l| Arc::new(layer(l))),
        around: None,
    })
}

fn layer(value: &Value) -> Layer {
    let number = value.get("number").and_then(Value::as_u64).unwrap_or(0);
    Layer {
        digest: text(value, "digest").unwrap_or_default(),
        number: u32::try_from(number).unwrap_or(u32::MAX),
        image: text(value, "image"),
        created_by: text(value, "created_by"),
        deleted_in_layer: text(value, "deleted_in_layer"),
        overwritten_in_layer: text(value, "overwritten_in_layer"),
    }
}

fn role(name: &str) -> Option<Role> {
    [Role::Id, Role::Secret, Role::Token, Role::Value].into_iter().find(|r| r.name() == name)
}

fn encoding(name: &str) -> Option<Encoding> {
    Encoding::ALL.into_iter().find(|e| e.name() == name)
}

fn read_ledger(value: &Value, report: &mut Report) {
    let number = |at: &str| value.pointer(at).and_then(Value::as_u64).unwrap_or(0);
    let entry = |e: &Value| {
        Some(Entry {
            address: Address::named(&text(e, "address")?),
            bytes: e.get("bytes").and_then(Value::as_u64),
            reason: named(e, "reason", &Reason::ALL, Reason::name)?,
            detail: text(e, "detail").unwrap_or_default(),
        })
    };
    report.ledger = Ledger {
        searched_count: number("/count/searched"),
        searched_bytes: number("/bytes/searched"),
        entries: list(value, "entries").iter().filter_map(entry).collect(),
        history: value.get("history").map(|_| Objects {
            count: number("/history/objects"),
            bytes: number("/history/bytes"),
            new: number("/history/new_bytes"),
        }),
    };
    report.artifacts =
        list(value, "artifacts").iter().filter_map(|a| a.as_str().map(str::to_string)).collect();
}

fn named<T: Copy>(value: &Value, member: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Option<T> {
    let wanted = value.get(member)?.as_str()?;
    all.iter().copied().find(|&one| name(one) == wanted)
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member)?.as_str().map(str::to_string)
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, Options};

    #[test]
    fn what_was_written_is_read_back() {
        let mut written = crate::report::tests::rich();
        written.findings[0].sites[0].layer = Some(Arc::new(Layer {
            digest: "sha256:0".into(),
            number: 2,
            image: Some("app:1".into()),
            deleted_in_layer: Some("sha256:1".into()),
            ..Layer::default()
        }));
        is_read_back(&written);
        let mut allowed = crate::report::tests::allowed();
        // Verification is asked anew.
        allowed.allowed.iter_mut().for_each(|a| a.finding.verification = None);
        is_read_back(&allowed);
        let mut out = Vec::new();
        Format::Json.reporter().write(&crate::report::tests::rich(), &Options::default(), &mut out).unwrap();
        assert!(report(&out).unwrap().findings.iter().any(is_redacted));
    }

    fn is_read_back(written: &Report) {
        for format in [Format::Json, Format::Jsonl] {
            let options = Options { reveal: true, ..Options::default() };
            let mut out = Vec::new();
            format.reporter().write(written, &options, &mut out).unwrap();
            let read = report(&out).unwrap();
            let mut again = Vec::new();
            let read =
                Report { timings: written.timings.clone(), pattern_count: written.pattern_count, ..read };
            format.reporter().write(&read, &options, &mut again).unwrap();
            assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(out).unwrap());
            assert!(!read.findings.iter().any(is_redacted));
        }
    }

    #[test]
    fn what_is_no_report_is_refused_without_quoting_it() {
        for wrong in ["", " \n", "{", "[]", "{\"a\":1}", "{\"type\":\"finding\"}", "secret", "\u{0}"] {
            let error = report(wrong.as_bytes()).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
