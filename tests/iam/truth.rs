//! Hand-made truth: request cases and principals in snapshots, in `testdata/iam`, whose README documents them.

use keysift::verify::aws::iam::account::{Account, Tags};
use keysift::verify::aws::iam::policy::Document;
use keysift::verify::aws::iam::request::Question;
use keysift::verify::aws::iam::{Answer, Caller, Credential, Options, assess};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Cases where the engine differs for a reason: testdata/iam/README.md, "Disputed".
const DISPUTED: [&str; 2] = ["numeric-date-bool-null/null-unknown", "ifexists-sets-tags/fa-unknown"];
const NOW: u64 = 1_790_000_000;

fn folders() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/iam")]
}

fn cases(kind: &str) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for folder in folders() {
        let Ok(entries) = std::fs::read_dir(folder.join(kind)) else { continue };
        let mut files: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        files.sort();
        for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
            let text = std::fs::read_to_string(file).expect("readable");
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let name = file.file_name().expect("name").to_string_lossy().into_owned();
            match value {
                Value::Array(list) => out.extend(list.into_iter().map(|v| (name.clone(), v))),
                one => out.push((name, one)),
            }
        }
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    out.retain(|(_, v)| !DISPUTED.contains(&text(v, "name").as_str()));
    out.retain(|(file, v)| only.is_empty() || file.contains(&only) || text(v, "name").contains(&only));
    out
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().map(scalar).collect(),
        Value::Null => Vec::new(),
        one => vec![scalar(one)],
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn documents(value: &Value) -> Vec<Document> {
    value.as_array().into_iter().flatten().map(Document::from_value).collect()
}

fn document(value: &Value) -> Option<Document> {
    (!value.is_null()).then(|| Document::from_value(value))
}

fn credential(value: &Value) -> Credential {
    match value.as_str() {
        Some("session") => Credential::Session { mfa: Some(false), issued: None },
        Some("session-mfa") => Credential::Session { mfa: Some(true), issued: None },
        _ => Credential::LongTerm,
    }
}

#[test]
fn requests() {
    let mut failed = Vec::new();
    let all = cases("requests");
    for (file, case) in &all {
        let mut caller = Caller {
            arn: text(&case["principal"], "arn"),
            credential: credential(&case["credential"]),
            session_policies: documents(&case["session"]),
            ..Caller::default()
        };
        for (key, values) in case["context"].as_object().into_iter().flatten() {
            caller.context.set(key, strings(values));
        }
        for key in strings(&case["absent"]) {
            caller.context.set_absent(&key);
        }
        let tags: Tags = case["principal"]["tags"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), scalar(v)))
            .collect();
        let question = Question {
            caller,
            tags: Some(tags),
            identity: documents(&case["identity"]),
            boundary: document(&case["boundary"]),
            scps: case["scps"].as_array().into_iter().flatten().map(documents).collect(),
            resource_policy: document(&case["resource_policy"]),
            action: text(case, "action"),
            resource: text(case, "resource"),
        };
        let answer = question.answer(NOW);
        let (got, kinds) = match &answer {
            Answer::Denied => ("denied", vec![]),
            Answer::Allowed => ("allowed", vec![]),
            Answer::AllowedIf(all) => ("allowed-if", all.iter().map(|r| r.kind.word().to_owned()).collect()),
        };
        let got_kinds: BTreeSet<String> = kinds.into_iter().collect();
        let want_kinds: BTreeSet<String> = strings(&case["requires"]).into_iter().collect();
        let want = text(case, "expect");
        if got != want || (want == "allowed-if" && got_kinds != want_kinds) {
            failed.push(format!(
                "{file}: {}\n    why: {}\n    want {want} {want_kinds:?}, got {answer:?}",
                text(case, "name"),
                text(case, "why")
            ));
        }
    }
    report(&failed, all.len());
}

fn report(failed: &[String], all: usize) {
    println!("{} of {all} right", all - failed.len());
    assert!(failed.is_empty(), "{} of {all} wrong:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn principals() {
    let mut failed = Vec::new();
    let mut count = 0;
    for (file, case) in cases("principals") {
        let snapshot = case["snapshot"].to_string();
        let account = Account::from_authorization_details(snapshot.as_bytes()).expect("snapshot");
        for principal in case["principals"].as_array().into_iter().flatten() {
            count += 1;
            let caller = Caller {
                arn: text(principal, "arn"),
                credential: credential(&principal["credential"]),
                ..Caller::default()
            };
            let options = Options { now: NOW, ..Options::default() };
            let got = assess(&account, &caller, &options);
            let want = &principal["expect"];
            let mut wrong = Vec::new();
            let mut compare = |what: &str, got: String, want: String| {
                if got != want {
                    wrong.push(format!("{what}: want {want}, got {got}"));
                }
            };
            if let Some(level) = want["level"].as_str() {
                compare("level", got.level.word().to_owned(), level.to_owned());
            }
            if let Some(map) = want["level_if"].as_object() {
                let want: BTreeMap<String, String> =
                    map.iter().map(|(k, v)| (k.clone(), scalar(v))).collect();
                let got: BTreeMap<String, String> =
                    got.level_if.iter().map(|(k, v)| (k.clone(), v.word().to_owned())).collect();
                compare("level_if", format!("{got:?}"), format!("{want:?}"));
            }
            if let Some(list) = want["dangerous"].as_array() {
                let want: BTreeMap<String, String> =
                    list.iter().map(|d| (text(d, "group"), text(d, "condition"))).collect();
                let got: BTreeMap<String, String> =
                    got.dangerous.iter().map(|d| (d.group.clone(), d.condition.word().to_owned())).collect();
                compare("dangerous", format!("{got:?}"), format!("{want:?}"));
            }
            let counted =
                |kind: keysift::verify::aws::iam::Kind| kind <= keysift::verify::aws::iam::Kind::Tag;
            if want.get("roles").is_some() {
                let want: BTreeSet<String> = strings(&want["roles"]).into_iter().collect();
                let got: BTreeSet<String> = got
                    .roles
                    .iter()
                    .filter(|r| !r.potential && counted(r.condition))
                    .map(|r| r.arn.clone())
                    .collect();
                compare("roles", format!("{got:?}"), format!("{want:?}"));
            }
            if want.get("roles_if").is_some() {
                let want: BTreeSet<String> = strings(&want["roles_if"]).into_iter().collect();
                let got: BTreeSet<String> = got
                    .roles
                    .iter()
                    .filter(|r| !r.potential && !counted(r.condition))
                    .map(|r| r.arn.clone())
                    .collect();
                compare("roles_if", format!("{got:?}"), format!("{want:?}"));
            }
            let confirmed: BTreeSet<String> =
                got.escalations.iter().filter(|e| !e.potential).map(|e| e.id.clone()).collect();
            let potential: BTreeSet<String> =
                got.escalations.iter().filter(|e| e.potential).map(|e| e.id.clone()).collect();
            if want.get("escalations").is_some() {
                let want: BTreeSet<String> = strings(&want["escalations"]).into_iter().collect();
                let extra: Vec<_> = confirmed.difference(&want).collect();
                let missing: Vec<_> = want.difference(&confirmed).collect();
                if !extra.is_empty() || !missing.is_empty() {
                    wrong.push(format!("escalations: too many {extra:?}, missing {missing:?} of {want:?}"));
                }
            }
            for id in strings(&want["escalations_include"]) {
                if !confirmed.contains(&id) {
                    wrong.push(format!("escalations: {id} missing in {confirmed:?}"));
                }
            }
            for id in strings(&want["escalations_exclude"]) {
                if confirmed.contains(&id) {
                    wrong.push(format!("escalations: {id} should not be confirmed"));
                }
            }
            for id in strings(&want["potential_include"]) {
                if !potential.contains(&id) {
                    wrong.push(format!("potential: {id} missing in {potential:?}"));
                }
            }
            for id in strings(&want["potential_exclude"]) {
                if potential.contains(&id) {
                    wrong.push(format!("potential: {id} should not be there"));
                }
            }
            if let Some(owner) = want.get("owner") {
                let got = got.ownership.owner.clone();
                if got.as_deref() != owner.as_str() {
                    wrong.push(format!("owner: want {owner}, got {got:?}"));
                }
            }
            if !wrong.is_empty() {
                failed.push(format!(
                    "{file} {}: {}\n    why: {} {}\n    {}",
                    text(&case, "name"),
                    caller.arn,
                    text(&case, "why"),
                    text(principal, "why"),
                    wrong.join("\n    ")
                ));
            }
        }
    }
    report(&failed, count);
}
