//! Reads the output of GetAccountAuthorizationDetails.
//!
//! As the CLI and boto3 write it: one object, a list of pages, or pages one after the other. Documents
//! are objects or percent-encoded text. Keys the call does not return may stand beside
//! (`AccessKeyMetadata`, `MFADevices`, `ServiceControlPolicies` …); what is missing stays unknown.

use super::account::{AccessKey, Account, Entity, Group, ManagedPolicy, Named, Role, Tags, User, Version};
use super::error::{Error, ErrorKind};
use super::policy::{Document, field, short};
use serde_json::Value;
use std::sync::Arc;

const MAX_PAGES: usize = 10_000;
const MAX_LEVELS: usize = 16;

impl Account {
    /// Reads a snapshot: GetAccountAuthorizationDetails with optional extras.
    ///
    /// # Errors
    /// When the bytes are not JSON, or hold nothing of such an answer. Odd parts inside are skipped and
    /// named in [`Account::notes`].
    pub fn from_authorization_details(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut account = Self::default();
        account.complete = true;
        let mut seen = false;
        let mut truncated = false;
        for page in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().take(MAX_PAGES) {
            let page = page.map_err(|e| ErrorKind::Json {
                line: e.line(),
                column: e.column(),
                what: e.to_string(),
            })?;
            let pages = match &page {
                Value::Array(list) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            for page in pages {
                if PARTS.iter().any(|part| field(page, part).is_some()) {
                    seen = true;
                    truncated = matches!(field(page, "IsTruncated"), Some(Value::Bool(true)));
                }
                account.read_page(page);
            }
        }
        if !seen {
            return Err(ErrorKind::Shape("none of them").into());
        }
        account.assume_full_access();
        if truncated {
            account.complete = false;
            account.notes.push("the snapshot's last page says that more follow".to_owned());
        }
        Ok(account)
    }

    fn read_page(&mut self, page: &Value) {
        if let Some(id) = text(page, "AccountId").or_else(|| text(page, "Account"))
            && self.id.is_empty()
        {
            self.id = id;
        }
        for entry in list(page, "UserDetailList") {
            match read_user(entry) {
                Some(user) => self.add_user(user),
                None => self.odd("a user without ARN or name"),
            }
        }
        for entry in list(page, "GroupDetailList") {
            match (text(entry, "Arn"), text(entry, "GroupName")) {
                (Some(arn), Some(name)) => self.add_group(Group {
                    arn,
                    name,
                    inline: inline(entry, "GroupPolicyList"),
                    attached: attached(entry),
                    unread: false,
                }),
                _ => self.odd("a group without ARN or name"),
            }
        }
        for entry in list(page, "RoleDetailList") {
            match entity(entry, "RoleName", "RoleId", "RolePolicyList") {
                Some(entity) => {
                    let trust =
                        field(entry, "AssumeRolePolicyDocument").map(|d| Arc::new(Document::from_value(d)));
                    let profiles = list(entry, "InstanceProfileList")
                        .iter()
                        .filter_map(|p| text(p, "InstanceProfileName").or_else(|| text(p, "Arn")))
                        .collect();
                    self.add_role(Role { entity, trust, profiles });
                }
                None => self.odd("a role without ARN or name"),
            }
        }
        for entry in list(page, "Policies") {
            match text(entry, "Arn") {
                Some(arn) => self.add_policy(read_policy(entry, arn)),
                None => self.odd("a policy without ARN"),
            }
        }
        for key in ["AccessKeys", "AccessKeyMetadata"] {
            for entry in list(page, key) {
                if let (Some(name), Some(key)) = (text(entry, "UserName"), read_key(entry)) {
                    for user in self.users.values_mut().filter(|u| u.entity.name == name) {
                        user.keys.get_or_insert_default().push(key.clone());
                    }
                }
            }
            // Where keys are listed at all, a user without any has none.
            if field(page, key).is_some() {
                for user in self.users.values_mut() {
                    user.keys.get_or_insert_default();
                }
            }
        }
        for key in ["MFADevices", "VirtualMFADevices"] {
            if field(page, key).is_none() {
                continue;
            }
            for user in self.users.values_mut() {
                user.mfa_devices.get_or_insert_default();
            }
            for entry in list(page, key) {
                let name = text(entry, "UserName")
                    .or_else(|| field(entry, "User").and_then(|u| text(u, "UserName")));
                if let (Some(name), Some(serial)) = (name, text(entry, "SerialNumber")) {
                    for user in self.users.values_mut().filter(|u| u.entity.name == name) {
                        let devices = user.mfa_devices.get_or_insert_default();
                        if !devices.contains(&serial) {
                            devices.push(serial.clone());
                        }
                    }
                }
            }
        }
        self.read_organization(page);
    }

    fn read_organization(&mut self, page: &Value) {
        let wanted = ["OrganizationPolicies", "ServiceControlPolicies", "SCPs"];
        let policies = wanted.iter().find_map(|key| field(page, key));
        let resource = ["ResourceControlPolicies", "RCPs"].iter().find_map(|key| field(page, key));
        let management = matches!(field(page, "ManagementAccount"), Some(Value::Bool(true)));
        let id =
            text(page, "OrganizationId").or_else(|| field(page, "Organization").and_then(|o| text(o, "Id")));
        if policies.is_none() && resource.is_none() && !management && id.is_none() {
            return;
        }
        let mut organization = self.organization.take().unwrap_or_default();
        // The answer of DescribeOrganization says who manages.
        let master = field(page, "Organization")
            .and_then(|o| text(o, "MasterAccountId").or_else(|| text(o, "ManagementAccountId")));
        if let Some(master) = master.filter(|_| !self.id.is_empty()) {
            organization.management |= master == self.id;
            organization.member |= master != self.id;
        }
        organization.management |= management;
        if id.is_some() {
            organization.id = id;
        }
        if let Some(policies) = policies {
            organization.levels.extend(levels(policies));
        }
        if let Some(resource) = resource {
            organization.resource_policies.extend(levels(resource).into_iter().flatten());
        }
        self.organization = Some(organization);
    }

    /// Policies of an organisation that nowhere allow anything stand beside `FullAWSAccess`, which was left
    /// out: else nobody in the account could do anything at all.
    fn assume_full_access(&mut self) {
        let Some(organization) = &mut self.organization else { return };
        let mut statements =
            organization.levels.iter().flatten().flat_map(|policy| &policy.document.statements).peekable();
        if statements.peek().is_none() || statements.any(|s| s.effect == super::policy::Effect::Allow) {
            return;
        }
        let full = Document::from_text(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        );
        for level in &mut organization.levels {
            level.push(Named::new("FullAWSAccess", full.clone()));
        }
        self.notes.push(
            "the organisation's policies only deny: FullAWSAccess is taken to stand beside them".to_owned(),
        );
    }

    fn odd(&mut self, what: &str) {
        let note = format!("the snapshot has {what}: skipped");
        if self.notes.len() < 50 && !self.notes.contains(&note) {
            self.notes.push(note);
        }
        self.complete = false;
    }
}

const PARTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

fn read_user(entry: &Value) -> Option<User> {
    let entity = entity(entry, "UserName", "UserId", "UserPolicyList")?;
    let groups = list(entry, "GroupList").iter().filter_map(|g| g.as_str().map(str::to_owned)).collect();
    let keys = ["AccessKeys", "AccessKeyMetadata"]
        .iter()
        .find(|key| field(entry, key).is_some())
        .map(|key| list(entry, key).iter().filter_map(read_key).collect());
    let mfa_devices = field(entry, "MFADevices").map(|_| {
        list(entry, "MFADevices")
            .iter()
            .filter_map(|d| d.as_str().map(str::to_owned).or_else(|| text(d, "SerialNumber")))
            .collect()
    });
    let password = if field(entry, "PasswordLastUsed").is_some_and(|v| !v.is_null())
        || field(entry, "LoginProfile").is_some_and(Value::is_object)
    {
        Some(true)
    } else if field(entry, "LoginProfile").is_some_and(Value::is_null) {
        Some(false)
    } else {
        None
    };
    Some(User { entity, groups, keys, mfa_devices, password })
}

fn entity(entry: &Value, name: &str, id: &str, policies: &str) -> Option<Entity> {
    let arn = text(entry, "Arn")?;
    let name = text(entry, name).or_else(|| arn.rsplit('/').next().map(str::to_owned))?;
    let boundary = field(entry, "PermissionsBoundary").and_then(|b| match b {
        Value::String(arn) => Some(arn.clone()),
        other => text(other, "PermissionsBoundaryArn"),
    });
    Some(Entity {
        arn,
        name,
        id: text(entry, id),
        inline: inline(entry, policies),
        attached: attached(entry),
        boundary: boundary.filter(|b| !b.is_empty()),
        tags: Some(tags(entry)),
        unread: false,
    })
}

fn tags(entry: &Value) -> Tags {
    match field(entry, "Tags") {
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(k, v)| v.as_str().map(|v| (k.clone(), v.to_owned()))).collect()
        }
        _ => list(entry, "Tags")
            .iter()
            .filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default())))
            .collect(),
    }
}

fn inline(entry: &Value, key: &str) -> Vec<Named> {
    list(entry, key)
        .iter()
        .map(|policy| {
            let name = text(policy, "PolicyName").unwrap_or_else(|| "(no name)".to_owned());
            Named::new(name, policy_document(policy, "PolicyDocument"))
        })
        .collect()
}

fn policy_document(entry: &Value, key: &str) -> Document {
    match field(entry, key).or_else(|| field(entry, "Document")).or_else(|| field(entry, "Content")) {
        Some(document) => Document::from_value(document),
        None => Document::from_value(&Value::Null),
    }
}

fn attached(entry: &Value) -> Vec<String> {
    list(entry, "AttachedManagedPolicies")
        .iter()
        .filter_map(|p| p.as_str().map(str::to_owned).or_else(|| text(p, "PolicyArn")))
        .collect()
}

fn read_policy(entry: &Value, arn: String) -> ManagedPolicy {
    let name =
        text(entry, "PolicyName").unwrap_or_else(|| arn.rsplit('/').next().unwrap_or_default().to_owned());
    let mut default = text(entry, "DefaultVersionId");
    let mut versions = Vec::new();
    for version in list(entry, "PolicyVersionList") {
        let id = text(version, "VersionId").unwrap_or_else(|| "v?".to_owned());
        if matches!(field(version, "IsDefaultVersion"), Some(Value::Bool(true))) && default.is_none() {
            default = Some(id.clone());
        }
        if field(version, "Document").is_some() {
            versions.push(Version { id, document: Arc::new(policy_document(version, "Document")) });
        }
    }
    ManagedPolicy { arn, name, versions, default: default.unwrap_or_default() }
}

fn read_key(entry: &Value) -> Option<AccessKey> {
    let active = text(entry, "Status").map(|s| s.eq_ignore_ascii_case("active"));
    Some(AccessKey { id: text(entry, "AccessKeyId")?, active, created: text(entry, "CreateDate") })
}

/// Policies of the organisation in any of the shapes people write them down: a list of documents (one
/// level), a list of levels, an object of target to list.
pub(super) fn levels(value: &Value) -> Vec<Vec<Named>> {
    let mut out = Vec::new();
    match value {
        Value::Array(entries) => {
            let mut flat = Vec::new();
            for entry in entries {
                match entry {
                    Value::Array(level) => out.push(level.iter().map(organization_policy).collect()),
                    Value::Object(map) => {
                        match map.iter().find(|(key, _)| {
                            ["policies", "servicecontrolpolicies"]
                                .contains(&key.to_ascii_lowercase().as_str())
                        }) {
                            Some((_, Value::Array(level))) => {
                                out.push(level.iter().map(organization_policy).collect())
                            }
                            _ => flat.push(organization_policy(entry)),
                        }
                    }
                    other => flat.push(organization_policy(other)),
                }
            }
            if !flat.is_empty() {
                out.push(flat);
            }
        }
        Value::Object(map) if field(value, "Statement").is_none() && policy_content(value).is_none() => {
            for level in map.values() {
                match level {
                    Value::Array(level) => out.push(level.iter().map(organization_policy).collect()),
                    one => out.push(vec![organization_policy(one)]),
                }
            }
        }
        one => out.push(vec![organization_policy(one)]),
    }
    out.truncate(MAX_LEVELS);
    out
}

fn policy_content(value: &Value) -> Option<&Value> {
    ["Content", "Document", "PolicyDocument"].iter().find_map(|key| field(value, key))
}

fn organization_policy(value: &Value) -> Named {
    let summary = field(value, "PolicySummary");
    let name = text(value, "Name")
        .or_else(|| summary.and_then(|s| text(s, "Name")))
        .or_else(|| text(value, "PolicyName"))
        .or_else(|| text(value, "Id"))
        .unwrap_or_else(|| "SCP".to_owned());
    let inner = field(value, "Policy").unwrap_or(value);
    Named::new(short(&name), Document::from_value(policy_content(inner).unwrap_or(inner)))
}

fn text(value: &Value, key: &str) -> Option<String> {
    field(value, key).and_then(|v| match v {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match field(value, key) {
        Some(Value::Array(list)) => list,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pages_one_after_the_other() {
        let a = json!({"UserDetailList": [{"Arn": "arn:aws:iam::123456789012:user/a", "UserName": "a"}], "IsTruncated": true});
        let b = json!({"RoleDetailList": [{"Arn": "arn:aws:iam::123456789012:role/r", "RoleName": "r"}], "IsTruncated": false});
        let glued = Account::from_authorization_details(format!("{a}\n{b}").as_bytes()).expect("pages");
        let listed =
            Account::from_authorization_details(json!([a, b]).to_string().as_bytes()).expect("pages");
        for account in [glued, listed] {
            assert_eq!((account.users.len(), account.roles.len(), account.complete), (1, 1, true));
            assert_eq!(account.id, "123456789012");
            assert!(account.role_named("r").is_some());
        }
        assert!(!Account::from_authorization_details(a.to_string().as_bytes()).expect("page").complete);
        assert!(Account::from_authorization_details(b"{}").is_err());
        assert!(Account::from_authorization_details(b"{").is_err());
    }

    #[test]
    fn organisation_shapes() {
        let allow = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let named = json!({"Name": "Full", "Content": allow.to_string()});
        for (shape, expected) in [
            (json!([allow, allow]), vec![2]),
            (json!([[allow], [named, allow]]), vec![1, 2]),
            (json!([named]), vec![1]),
            (json!({"r-root": [allow], "123456789012": [named]}), vec![1, 1]),
            (json!([{"Target": "r", "Policies": [named]}, {"Target": "a", "Policies": [allow]}]), vec![1, 1]),
            (allow.clone(), vec![1]),
        ] {
            let levels = levels(&shape);
            assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{shape}");
            assert!(levels.iter().flatten().all(|p| p.document.statements.len() == 1), "{shape}");
        }
    }
}
