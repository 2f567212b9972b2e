//! Mode `snapshot`: no network. Whose key it is must be in the file, or said by the user.

use super::super::verification::{Verdict, Verification};
use super::learn::{Learned, Subject};
use super::{Aws, AwsKey, account_in, facts};
use serde_json::{Map, Value};

/// Reads a snapshot: GetAccountAuthorizationDetails as JSON (`aws iam get-account-authorization-details`),
/// one document, a list of pages, or pages one after the other; beside it, in any of them, lists of
/// ListAccessKeys and ListMFADevices. `organisation` are policies (SCPs) in JSON, by level from the root.
pub fn read(bytes: &[u8], organisation: Option<&[u8]>) -> Result<Learned, String> {
    let mut snapshot = Map::new();
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        let value = value.map_err(|e| format!("no JSON at line {}, column {}", e.line(), e.column()))?;
        match value {
            Value::Array(pages) => pages.into_iter().for_each(|page| add(&mut snapshot, page)),
            page => add(&mut snapshot, page),
        }
    }
    if !["UserDetailList", "RoleDetailList"].iter().any(|list| snapshot.contains_key(*list)) {
        return Err("neither UserDetailList nor RoleDetailList is in it: it should be the output of \
                    aws iam get-account-authorization-details"
            .into());
    }
    gather_keys(&mut snapshot);
    if let Some(bytes) = organisation {
        let levels: Value = serde_json::from_slice(bytes).map_err(|e| {
            format!("organisation policies: no JSON at line {}, column {}", e.line(), e.column())
        })?;
        snapshot.insert("OrganizationPolicies".into(), levels);
    }
    Ok(Learned { snapshot, is_given: true, is_whole: true, knows_principal: true, ..Learned::default() })
}

/// Adds the lists of a page to those of the pages before.
fn add(snapshot: &mut Map<String, Value>, page: Value) {
    let Value::Object(page) = page else { return };
    for (name, value) in page {
        match (snapshot.get_mut(&name), value) {
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (_, value) => {
                snapshot.insert(name, value);
            }
        }
    }
}

/// Puts lists of keys under the one name that ListAccessKeys gives them, whether they stand beside the
/// users or inside them.
fn gather_keys(snapshot: &mut Map<String, Value>) {
    let mut keys: Vec<Value> = Vec::new();
    if let Some(Value::Array(list)) = snapshot.get("AccessKeys") {
        keys.extend(list.iter().cloned());
    }
    for user in snapshot.get("UserDetailList").and_then(Value::as_array).into_iter().flatten() {
        for member in ["AccessKeys", "AccessKeyMetadata"] {
            for key in user.get(member).and_then(Value::as_array).into_iter().flatten() {
                let Value::Object(mut key) = key.clone() else { continue };
                let name = user.get("UserName").cloned().unwrap_or(Value::Null);
                key.entry("UserName").or_insert(name);
                keys.push(key.into());
            }
        }
    }
    if keys.is_empty() {
        return;
    }
    if let Value::Array(known) =
        snapshot.entry("AccessKeyMetadata").or_insert_with(|| Value::Array(Vec::new()))
    {
        keys.retain(|key| !known.contains(key));
        known.extend(keys);
    }
}

/// Judges a key by the file alone.
pub fn verify(aws: &Aws<'_>, key: &AwsKey) -> Verification {
    let Some(given) = &aws.given else { return Verification::unknown("no snapshot was given") };
    let mut verification = Verification { account_id: account_in(&key.id), ..Verification::default() };
    let Some(arn) = owner_of(given, key, aws.options.principal.as_deref()) else {
        verification.reason = "the snapshot does not say whose key this is: add AccessKeyMetadata \
                               (aws iam list-access-keys --user-name NAME) to it, or give --principal"
            .into();
        return verification;
    };
    let account = arn.split(':').nth(4).unwrap_or_default().to_string();
    // Test doubles and made-up ids aside, the id says which account it is of.
    match &verification.account_id {
        Some(told) if *told != account => {
            verification
                .facts
                .insert("note".into(), format!("the key id is of account {told}, the snapshot of {account}"));
        }
        _ => {}
    }
    verification.account_id = Some(account);
    verification.reason = "nobody was asked: the snapshot tells what the owner may do".into();
    facts::keys(&given.snapshot, key, &mut verification);
    if verification.verdict == Verdict::Unknown && is_active(given, key) {
        verification.verdict = Verdict::Live;
        verification.reason = "ListAccessKeys in the snapshot says Active; nobody was asked".into();
    }
    verification.principal = Some(arn.clone());
    aws.assess(given, None, &arn, key, &mut verification);
    verification
}

fn metadata<'a>(given: &'a Learned, key: &AwsKey) -> Option<&'a Value> {
    let keys = given.snapshot.get("AccessKeyMetadata")?.as_array()?;
    keys.iter().find(|k| k.get("AccessKeyId").and_then(Value::as_str) == Some(&key.id))
}

fn is_active(given: &Learned, key: &AwsKey) -> bool {
    metadata(given, key).and_then(|k| k.get("Status")).and_then(Value::as_str) == Some("Active")
}

/// The ARN of the key's owner: said by the user, or in a list of keys.
fn owner_of(given: &Learned, key: &AwsKey, said: Option<&str>) -> Option<String> {
    let name = match said {
        Some(arn) if Subject::of_arn(arn).is_some() => return Some(arn.to_string()),
        Some(name) => name,
        None => match metadata(given, key) {
            Some(key) => key.get("UserName")?.as_str()?,
            None => return only_user(given, key),
        },
    };
    let users = given.snapshot.get("UserDetailList")?.as_array()?;
    let user = users.iter().find(|u| u.get("UserName").and_then(Value::as_str) == Some(name))?;
    user.get("Arn")?.as_str().map(str::to_string)
}

/// The only user of the account that the key id is of: a long-term key has no other owner but root. Where
/// keys are listed, this one would be among them.
fn only_user(given: &Learned, key: &AwsKey) -> Option<String> {
    let [user] = given.snapshot.get("UserDetailList")?.as_array()?.as_slice() else { return None };
    let arn = user.get("Arn")?.as_str()?;
    let is_here = account_in(&key.id).as_deref() == arn.split(':').nth(4);
    let is_listed = given.snapshot.contains_key("AccessKeyMetadata");
    (key.id.starts_with("AKIA") && is_here && !is_listed).then(|| arn.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> AwsKey {
        AwsKey { id: id.into(), secrets: Vec::new(), token: None }
    }

    #[test]
    fn owners_are_named_by_lists_wherever_they_stand() {
        let arn = "arn:aws:iam::123456789012:user/a/ci";
        let user = format!(r#"{{"UserName":"ci","Arn":"{arn}""#);
        let beside = format!(
            r#"{{"UserDetailList":[{user}}}],"AccessKeyMetadata":[{{"UserName":"ci","AccessKeyId":"K"}}]}}"#
        );
        let inside = format!(r#"[{{"UserDetailList":[{user},"AccessKeys":[{{"AccessKeyId":"K"}}]}}]}}]"#);
        for text in [beside, inside] {
            let given = read(text.as_bytes(), None).unwrap();
            assert_eq!(owner_of(&given, &key("K"), None).as_deref(), Some(arn), "{text}");
            assert_eq!(owner_of(&given, &key("L"), None), None);
            assert_eq!(owner_of(&given, &key("L"), Some("ci")).as_deref(), Some(arn));
        }
        for wrong in ["", "{}", "[1]", "{\"UserDetailList\": [", "x"] {
            assert!(read(wrong.as_bytes(), None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_only_user_of_the_keys_account_is_its_owner() {
        let text = r#"{"UserDetailList":[{"UserName":"ci","Arn":"arn:aws:iam::609629065308:user/ci"}]}"#;
        let given = read(text.as_bytes(), None).unwrap();
        // Account 609629065308 is in the id.
        assert!(owner_of(&given, &key("AKIAY34FZKBOKMUTVV7A"), None).is_some());
        assert_eq!(owner_of(&given, &key("AKIAV7S32T2OSBFJQOIY"), None), None);
        assert_eq!(owner_of(&given, &key("ASIAY34FZKBOKMUTVV7A"), None), None);
    }
}
