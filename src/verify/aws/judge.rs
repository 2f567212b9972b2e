//! Between what was read of an account and the evaluator ([`super::iam`]) that knows no network.

use super::super::Options;
use super::AwsKey;
use super::iam::account::AccessKey;
use super::iam::{self, Account, Assessment, Caller, Credential};
use super::learn::{Learned, Subject};
use crate::net::aws::endpoint::Service;
use crate::net::aws::service;
use serde_json::Value;
use std::collections::BTreeSet;

/// Users whose keys and password are looked at because the key might raise itself through them.
const MAX_TARGETS: usize = 12;

/// The account that a snapshot describes.
pub fn account(learned: &Learned) -> Result<Account, String> {
    let mut snapshot = learned.snapshot.clone();
    if !learned.is_given {
        // Read for one user: of the others nothing is known, which is not that they have none.
        for (list, member) in [("AccessKeyMetadata", "AccessKeys"), ("MFADevices", "MFADevices")] {
            let Some(items) = snapshot.remove(list) else { continue };
            let users = snapshot.get_mut("UserDetailList").and_then(Value::as_array_mut);
            for user in users.into_iter().flatten().filter_map(Value::as_object_mut) {
                if user.get("UserName").and_then(Value::as_str) == learned.user.as_deref() {
                    user.insert(member.into(), items.clone());
                }
            }
        }
        // There may be nothing at all; an empty account is no error.
        snapshot.entry("UserDetailList").or_insert_with(|| Value::Array(Vec::new()));
    }
    let bytes = serde_json::to_vec(&snapshot).map_err(|e| e.to_string())?;
    let mut account = Account::from_authorization_details(&bytes).map_err(|e| format!("IAM: {e}"))?;
    if !learned.is_whole {
        account.complete = false;
    }
    for role in account.roles.values_mut().filter(|r| learned.unread_roles.contains(&r.entity.name)) {
        role.entity.unread = true;
    }
    for group in account.groups.values_mut().filter(|g| learned.unread_groups.contains(&g.name)) {
        group.unread = true;
    }
    if let Some(name) = &learned.user
        && !learned.knows_principal
    {
        account.users.values_mut().filter(|u| u.entity.name == *name).for_each(|u| u.entity.unread = true);
    }
    Ok(account)
}

/// What the principal `arn` can do with `key`. With a `caller`, users that the key might raise itself
/// through are looked at more closely: whether they have a free place for a key, and a password.
pub fn assess(
    account: &Account,
    caller: Option<&service::Caller<'_>>,
    arn: &str,
    key: &AwsKey,
    options: &Options,
    now: u64,
) -> Assessment {
    let credential = match key.id.starts_with("ASIA") {
        true => Credential::Session { mfa: None, issued: None },
        false => Credential::LongTerm,
    };
    let who = Caller { arn: arn.to_string(), credential, ..Caller::default() };
    let settings =
        iam::Options { now, owner_tag_keys: options.owner_tags.clone(), ..iam::Options::default() };
    let first = iam::assess(account, &who, &settings);
    let Some(caller) = caller else { return first };
    let through_keys = [
        "iam-create-key",
        "iam-rotate-key",
        "iam-attach-other-key",
        "iam-put-other-key",
        "iam-reactivate-key",
    ];
    let through_login = ["iam-create-login", "iam-update-login"];
    let targets = |ids: &[&str]| -> BTreeSet<String> {
        let ways = first.escalations.iter().filter(|e| ids.contains(&e.id.as_str()));
        ways.flat_map(|e| e.targets.iter().cloned()).take(MAX_TARGETS).collect()
    };
    let (keys, logins) = (targets(&through_keys), targets(&through_login));
    if keys.is_empty() && logins.is_empty() {
        return first;
    }
    let mut account = account.clone();
    let mut has_learned = false;
    for arn in &keys {
        let Some(user) = account.users.get_mut(arn).filter(|u| u.keys.is_none()) else { continue };
        user.keys = access_keys(caller, &user.entity.name);
        has_learned |= user.keys.is_some();
    }
    for arn in &logins {
        let Some(user) = account.users.get_mut(arn).filter(|u| u.password.is_none()) else { continue };
        let profile = caller.call(Service::Iam, "GetLoginProfile", &[("UserName", &user.entity.name)]);
        user.password = match profile {
            Ok(_) => Some(true),
            Err(failure) if failure.is_absent() => Some(false),
            Err(_) => None,
        };
        has_learned |= user.password.is_some();
    }
    if has_learned { iam::assess(&account, &who, &settings) } else { first }
}

fn access_keys(caller: &service::Caller<'_>, user: &str) -> Option<Vec<AccessKey>> {
    let mut keys = Vec::new();
    let result = caller.pages(Service::Iam, "ListAccessKeys", &[("UserName", user)], |page| {
        for item in page.get("AccessKeyMetadata").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_string);
            let Some(id) = text("AccessKeyId") else { continue };
            let active = text("Status").map(|status| status == "Active");
            keys.push(AccessKey { id, active, created: text("CreateDate") });
        }
    });
    result.ok().map(|()| keys)
}

impl Learned {
    /// The name of the user the reading was about.
    pub fn of(mut self, subject: &Subject) -> Self {
        if let Subject::User(name) = subject {
            self.user = Some(name.clone());
        }
        self
    }
}
