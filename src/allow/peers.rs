//! Baselines of others, as far as they can be matched: by value, by hash, or by position.

use super::ignore_file::plain;
use super::known::{Known, Name, Place};
use super::seal::unhex;
use crate::finding::Secret;
use serde_json::Value;

/// Reads a baseline in JSON: a report of ours or of gitleaks, or a baseline of detect-secrets. Errors do not
/// quote it: it may hold secrets in clear.
pub(super) fn read_json(name: &str, text: &str) -> Result<Known, String> {
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        values.push(value.map_err(|e| format!("{name}:{}: no JSON at column {}", e.line(), e.column()))?);
    }
    let is_type = |v: &Value, wanted: &[&str]| v["type"].as_str().is_some_and(|t| wanted.contains(&t));
    let lines_of_ours = |v: &Value| is_type(v, &["finding", "allowed", "ledger"]);
    match values.as_slice() {
        [Value::Array(findings)] => gitleaks(name, findings),
        [one] if one.get("plugins_used").is_some() && one["results"].is_object() => detect_secrets(name, one),
        [one] if one["findings"].is_array() && one.get("ledger").is_some() => {
            Ok(ours(name, one["findings"].as_array().into_iter().chain(one["allowed"].as_array()).flatten()))
        }
        many if !many.is_empty() && many.iter().all(lines_of_ours) => Ok(ours(name, many.iter())),
        _ => Err(format!(
            "{name}: JSON, but no report of keysift or gitleaks and no baseline of detect-secrets"
        )),
    }
}

fn ours<'v>(name: &str, findings: impl Iterator<Item = &'v Value>) -> Known {
    let mut known = Known::new(name, "report of keysift");
    for (n, finding) in findings.enumerate() {
        if let Some(print) = finding["fingerprint"].as_str() {
            known.add(n + 1, Name::Print(print.to_owned()));
        }
    }
    known
}

/// Shorter values of others hide too much.
const MIN_VALUE: usize = 8;

fn gitleaks(name: &str, findings: &[Value]) -> Result<Known, String> {
    let mut known = Known::new(name, "report of gitleaks");
    for (n, finding) in findings.iter().enumerate() {
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        if finding.get("RuleID").is_none() || finding.get("File").is_none() {
            return Err(format!("{name}: element {} is no finding of gitleaks", n + 1));
        }
        let secret = text("Secret");
        // Redacted, a value is `REDACTED`, or ends in dots.
        if secret.len() >= MIN_VALUE && secret != "REDACTED" && !secret.ends_with("...") {
            known.add(n + 1, Name::Value(Secret::new(secret.as_bytes())));
            continue;
        }
        let line = |key: &str| finding[key].as_u64().and_then(|n| u32::try_from(n).ok());
        let Some(first) = line("StartLine") else { continue };
        let commit = Some(text("Commit").to_ascii_lowercase()).filter(|c| !c.is_empty());
        let lines = (first, line("EndLine").unwrap_or(first).max(first));
        known.add(n + 1, Name::Place(Place { file: plain(text("File")), lines, commit }));
    }
    Ok(known)
}

fn detect_secrets(name: &str, baseline: &Value) -> Result<Known, String> {
    let mut known = Known::new(name, "baseline of detect-secrets");
    let mut n = 0;
    for (file, secrets) in baseline["results"].as_object().into_iter().flatten() {
        for secret in secrets.as_array().into_iter().flatten() {
            n += 1;
            let mut hash = [0; 20];
            let text = secret["hashed_secret"].as_str().unwrap_or_default();
            unhex(text, &mut hash)
                .ok_or_else(|| format!("{name}: secret {n} has no SHA-1 in hashed_secret"))?;
            known.add(n, Name::Sha1(hash, plain(file)));
        }
    }
    Ok(known)
}

/// Reads a baseline of kingfisher: of each item of its lists, path and line. Its fingerprints are of its own
/// rules and of offsets, so they cannot be compared.
pub(super) fn read_yaml(name: &str, text: &str) -> Option<Known> {
    let has = |wanted: &str| text.lines().any(|line| line.trim_start().starts_with(wanted));
    let is_first = has("ExactFindings:");
    if !(is_first || has("fingerprint_algorithm:") || has("version: 2") && has("repositories:")) {
        return None;
    }
    let mut known = Known::new(name, "baseline of kingfisher");
    let mut item = (None, None);
    let mut end = |item: &mut (Option<String>, Option<u32>), n: usize| {
        if let (Some(file), Some(line)) = (item.0.take(), item.1.take()) {
            known.add(n, Name::Place(Place { file: plain(&file), lines: (line, line), commit: None }));
        }
    };
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        let (is_first, pair) = match line.strip_prefix("- ") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, line),
        };
        if is_first {
            end(&mut item, n);
            item = (None, None);
        }
        let Some((key, value)) = pair.split_once(':') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        match key.trim() {
            "path" | "filepath" => item.0 = Some(value.to_owned()),
            "line" | "linenum" => item.1 = value.parse().ok(),
            _ => {}
        }
    }
    end(&mut item, text.lines().count());
    Some(known)
}

#[cfg(test)]
mod tests {
    use crate::allow::baseline::read;
    use crate::allow::testing::{finding, site};
    use crate::finding::Class;

    #[test]
    fn gitleaks_reports_are_matched_by_value_or_by_position() {
        let report = r#"[{"RuleID": "generic-api-key", "StartLine": 2, "EndLine": 2, "Match": "REDACTED", "Secret": "REDACTED",
            "File": "src/a.py", "Commit": "", "Fingerprint": "src/a.py:generic-api-key:2"},
            {"RuleID": "x", "StartLine": 9, "EndLine": 9, "Secret": "a-made-up-one", "File": "gone.py", "Commit": ""}]"#;
        let known = read("r.json", report.as_bytes()).unwrap();
        assert_eq!((known.len(), known.positions(), known.form), (2, 1, "report of gitleaks"));
        assert!(known.finding(&finding("generic.password", "a-made-up-one"), &[]).is_some());
        let other = finding("generic.password", "another-made-up");
        assert!(known.finding(&other, &[]).is_none());
        assert!(known.place("src/a.py", &site("src/a.py", 2), &other).is_some());
        assert!(known.place("src/a.py", &site("src/a.py", 3), &other).is_none());
        assert!(known.place("src/b.py", &site("src/b.py", 2), &other).is_none());
    }

    #[test]
    fn detect_secrets_baselines_are_matched_by_hash() {
        // SHA-1 of `a-made-up-one` and of `BEGIN RSA PRIVATE KEY`.
        let hash = |text: &str| {
            use sha1::{Digest, Sha1};
            Sha1::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        let text = format!(
            r#"{{"version": "1.5.0", "plugins_used": [], "filters_used": [], "results": {{
                "src/a.py": [{{"type": "Secret Keyword", "filename": "src/a.py", "hashed_secret": "{}", "line_number": 3}}],
                "id_rsa": [{{"type": "Private Key", "filename": "id_rsa", "hashed_secret": "{}"}}]}}}}"#,
            hash("a-made-up-one"),
            hash("BEGIN RSA PRIVATE KEY")
        );
        let known = read(".secrets.baseline", text.as_bytes()).unwrap();
        assert!(known.finding(&finding("generic.password", "a-made-up-one"), &["moved.py".into()]).is_some());
        let mut key = finding("keys.rsa", "-----BEGIN RSA PRIVATE KEY-----\nMII");
        key.class = Class::KeyMaterial;
        assert!(known.finding(&key, &["id_rsa".into()]).is_some());
        assert!(known.finding(&key, &["other".into()]).is_none());
        let wrong = text.replace(&hash("a-made-up-one"), "xyz");
        assert!(read("b", wrong.as_bytes()).is_err());
    }

    #[test]
    fn kingfisher_baselines_are_matched_by_position() {
        let two = "version: 2\nfingerprint_algorithm: v1\nrepositories:\n- id: x\n  findings:\n  - path: src/a.py\n    \
                   fingerprint: 12\n    rule_id: k\n    line: 2\n  - line: 5\n    path: \"b c.py\"\n";
        let one = "ExactFindings:\n  matches:\n  - filepath: src/a.py\n    fingerprint: abc\n    linenum: 2\n    \
                   lastupdated: Mon\n  - filepath: b c.py\n    linenum: 5\n";
        for text in [two, one] {
            let known = read("k.yaml", text.as_bytes()).unwrap();
            let other = finding("generic.password", "another-made-up");
            assert_eq!(known.len(), 2, "{text}");
            assert!(known.place("src/a.py", &site("src/a.py", 2), &other).is_some());
            assert!(known.place("b c.py", &site("b c.py", 5), &other).is_some());
        }
    }

    #[test]
    fn our_reports_are_baselines() {
        let one = finding("generic.password", "a-made-up-one");
        let line = format!("{{\"type\":\"finding\",\"fingerprint\":\"{}\"}}\n", one.fingerprint);
        let lines = format!("{line}{{\"type\":\"ledger\"}}\n");
        let document = format!("{{\"version\":\"1\",\"findings\":[{line}],\"ledger\":{{}}}}");
        for text in [lines, document] {
            assert!(read("r", text.as_bytes()).unwrap().finding(&one, &[]).is_some());
        }
        for wrong in
            ["[1]", "{\"a\": \"topsecret\"}", "[\"topsecret", "{\"results\": 1, \"plugins_used\": 2}"]
        {
            assert!(!read("r", wrong.as_bytes()).unwrap_err().contains("topsecret"));
        }
    }
}
