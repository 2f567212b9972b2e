//! What the owner's account says about the key itself: status, age, last use, its user's other keys.

use super::super::verification::{Grant, OtherKey, Verdict, Verification};
use super::AwsKey;
use crate::net::clock;
use serde_json::{Map, Value};

/// Reads ListAccessKeys and ListMFADevices out of a snapshot. The account's word on the key goes before
/// what an endpoint did: a key may be switched off between two calls.
pub fn keys(snapshot: &Map<String, Value>, key: &AwsKey, verification: &mut Verification) {
    let all = list(snapshot, "AccessKeyMetadata");
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_string);
    let mut is_listed = false;
    // In a snapshot of the whole account, the other keys of the same user only.
    let owner = all
        .iter()
        .find(|i| text(i, "AccessKeyId").as_deref() == Some(&key.id))
        .and_then(|i| text(i, "UserName"));
    for item in all {
        let Some(id) = text(item, "AccessKeyId") else { continue };
        let status = text(item, "Status").unwrap_or_default();
        if id == key.id {
            is_listed = true;
            if status == "Inactive" {
                verification.verdict = Verdict::Inactive;
                verification.reason = "ListAccessKeys says Inactive".into();
            }
            if let Some(created) = text(item, "CreateDate") {
                verification.facts.insert("created".into(), crate::address::escape(created.as_bytes()));
            }
        } else if owner.is_none() || owner == text(item, "UserName") {
            verification.other_keys.push(OtherKey { id, status, created: text(item, "CreateDate") });
        }
    }
    let has_list = snapshot.contains_key("AccessKeyMetadata");
    if has_list && !is_listed && key.id.starts_with("AKIA") && verification.verdict == Verdict::Live {
        verification.facts.insert("note".into(), "ListAccessKeys of its user does not list the key".into());
    }
    if snapshot.contains_key("MFADevices") {
        let devices = list(snapshot, "MFADevices").len();
        verification.facts.insert("mfa_devices".into(), devices.to_string());
    }
}

/// Reads the answer of GetAccessKeyLastUsed.
pub fn last_used(answer: &Value, verification: &mut Verification) {
    let used = answer.get("AccessKeyLastUsed");
    let text = |name: &str| used.and_then(|u| u.get(name)).and_then(Value::as_str).filter(|v| *v != "N/A");
    for (name, fact) in
        [("LastUsedDate", "last_used"), ("ServiceName", "last_used_service"), ("Region", "last_used_region")]
    {
        if let Some(value) = text(name) {
            verification.facts.insert(fact.into(), crate::address::escape(value.as_bytes()));
        }
    }
    if used.is_some() && text("LastUsedDate").is_none() {
        verification.facts.insert("last_used".into(), "never".into());
    }
}

/// What gives the user `name` its rights.
pub fn grants(snapshot: &Map<String, Value>, name: &str) -> Vec<Grant> {
    let is_user = |u: &&Value| u.get("UserName").and_then(Value::as_str) == Some(name);
    let Some(user) = list(snapshot, "UserDetailList").iter().find(is_user) else { return Vec::new() };
    let items = |member: &str, key: &str| -> Vec<String> {
        let items = user.get(member).and_then(Value::as_array).into_iter().flatten();
        items
            .filter_map(|i| if key.is_empty() { i.as_str() } else { i.get(key)?.as_str() })
            .map(str::to_string)
            .collect()
    };
    let attached = items("AttachedManagedPolicies", "PolicyArn").into_iter().map(Grant::Attached);
    let inline = items("UserPolicyList", "PolicyName").into_iter().map(Grant::Inline);
    attached.chain(inline).chain(items("GroupList", "").into_iter().map(Grant::Group)).collect()
}

/// Adds how old the key is, in days.
pub fn age(now: u64, verification: &mut Verification) {
    let created = verification.facts.get("created").and_then(|c| clock::parse(c));
    if let Some(days) = created.and_then(|c| now.checked_sub(c)).map(|s| s / 86_400) {
        verification.facts.insert("age_days".into(), days.to_string());
    }
}

fn list<'a>(snapshot: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    snapshot.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
