//! Hand-made accounts in moto: verdict, level, dangers, roles, ways up and owner of every user.
//!
//! `testdata/iam/principals` holds them with the truth beside; its README documents the format. What moto
//! cannot hold (boundaries of users, service control policies, sessions) the evaluator's own tests look at.

use crate::moto::{self, Moto};
use crate::util::{Dir, root};
use crate::verify;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const MOTO_ACCOUNT: &str = "123456789012";

#[test]
fn every_user_is_judged_as_by_hand() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let folder = root().join("testdata/iam/principals");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    // Building an account takes moto a second or two; the evaluator's own test looks at all of them.
    let step = if std::env::var_os("KEYSIFT_ALL_PRINCIPALS").is_some() { 1 } else { 14 };
    let files: Vec<_> = files.into_iter().step_by(step).collect();
    let (mut judged, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let case: Value = serde_json::from_str(&text).unwrap();
        let account = case["principals"][0]["arn"].as_str().unwrap().split(':').nth(4).unwrap().to_string();
        let case: Value = serde_json::from_str(&text.replace(&account, MOTO_ACCOUNT)).unwrap();
        if !fits_moto(&case["snapshot"]) {
            continue;
        }
        let dir = Dir::new();
        moto.populate(&file, dir.path());
        let url = moto.url();
        let findings = verify(dir.path(), &["--verify", "key", "--endpoint-url", &url], &[]);
        let by_principal: BTreeMap<&str, &Value> = findings
            .iter()
            .filter_map(|f| Some((f["verification"]["principal"].as_str()?, &f["verification"])))
            .collect();
        for principal in case["principals"].as_array().unwrap() {
            let arn = principal["arn"].as_str().unwrap();
            let name = arn.rsplit('/').next().unwrap();
            if principal["credential"] != "long-term" || !dir.join(format!("{name}.env")).exists() {
                continue;
            }
            judged += 1;
            let differences = match by_principal.get(arn) {
                Some(found) => differences(&principal["expect"], found),
                None => vec!["not verified".to_string()],
            };
            if !differences.is_empty() {
                wrong.push(format!("{} {arn}: {}", file.display(), differences.join("; ")));
            }
        }
    }
    assert!(judged * step >= 600, "{judged} principals");
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
}

fn fits_moto(snapshot: &Value) -> bool {
    let users = snapshot["UserDetailList"].as_array().into_iter().flatten();
    let extras =
        ["OrganizationPolicies", "ServiceControlPolicies", "ManagementAccount", "ResourceControlPolicies"];
    users.into_iter().all(|u| u.get("PermissionsBoundary").is_none())
        && extras.iter().all(|key| snapshot.get(*key).is_none())
}

fn differences(expect: &Value, found: &Value) -> Vec<String> {
    let mut out = Vec::new();
    if found["verdict"] != "live" && found["verdict"] != "inactive" {
        out.push(format!("verdict {}", found["verdict"]));
    }
    for member in ["level", "level_if", "owner"] {
        if let Some(wanted) = expect.get(member)
            && found[member] != *wanted
        {
            out.push(format!("{member}: {wanted} expected, {} found", found[member]));
        }
    }
    let pairs = |list: &Value| -> BTreeSet<(String, String)> {
        let text = |d: &Value, key: &str| d[key].as_str().unwrap_or_default().to_string();
        list.as_array().into_iter().flatten().map(|d| (text(d, "group"), text(d, "condition"))).collect()
    };
    if let Some(wanted) = expect.get("dangerous") {
        let (wanted, found) = (pairs(wanted), pairs(&found["dangerous"]));
        if wanted != found {
            let missing: Vec<_> = wanted.difference(&found).collect();
            let extra: Vec<_> = found.difference(&wanted).collect();
            out.push(format!("dangerous: missing {missing:?}, too many {extra:?}"));
        }
    }
    if let Some(wanted) = expect.get("roles")
        && set(wanted) != set(&found["roles"])
    {
        out.push(format!("roles: {wanted} expected, {} found", found["roles"]));
    }
    let ways = |potential: bool| -> BTreeSet<&str> {
        let all = found["escalations"].as_array().into_iter().flatten();
        all.filter(|e| e["potential"] == potential).filter_map(|e| e["id"].as_str()).collect()
    };
    if let Some(wanted) = expect.get("escalations")
        && set(wanted) != ways(false)
    {
        out.push(format!("escalations: {wanted} expected, {:?} found", ways(false)));
    }
    let empty = Value::Object(Map::new());
    let wanted = |member: &str| set(expect.get(member).unwrap_or(&empty));
    for (member, bad) in [
        ("escalations_include", &wanted("escalations_include") - &ways(false)),
        // In moto the keys of all users are known, and none that these could switch on is there.
        (
            "potential_include",
            &(&wanted("potential_include") - &ways(true)) - &BTreeSet::from(["iam-reactivate-key"]),
        ),
        ("potential_exclude", &wanted("potential_exclude") & &ways(true)),
    ] {
        if !bad.is_empty() {
            out.push(format!("{member}: {bad:?}"));
        }
    }
    out
}

fn set(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
