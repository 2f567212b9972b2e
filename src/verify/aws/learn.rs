//! Reads of an account what a credential may read, in the shape of GetAccountAuthorizationDetails.
//!
//! One call gives everything; a key that may not make it reads its own user or role piece by piece. What
//! could not be read is said ([`Learned::gaps`]), for an unread policy may allow anything. Only calls
//! named `Get…` and `List…` are made, and after some refusals in a row no more: they look like an attack.

use super::iam::Account;
use crate::net::aws::endpoint::Service;
use crate::net::aws::protocol::Failure;
use crate::net::aws::service::Caller;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Refusals in a row after which nothing more is asked.
const MAX_REFUSALS: usize = 6;
/// Documents of AWS's own policies that are read: they matter where they are attached.
const MAX_POLICIES: usize = 150;
/// Roles whose policies are read one by one.
const MAX_ROLES: usize = 60;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// As GetAccountAuthorizationDetails has it, with `AccessKeyMetadata`, `MFADevices` and
    /// `OrganizationPolicies` beside.
    pub snapshot: Map<String, Value>,
    /// Whether it is the whole account rather than what concerns one principal.
    pub is_whole: bool,
    /// What could not be read, in words: call, reason.
    pub gaps: Vec<String>,
    /// Whether the user handed it in as a file.
    pub is_given: bool,
    /// The user it was read for, by name.
    pub user: Option<String>,
    /// Roles whose policies could not all be read.
    pub unread_roles: BTreeSet<String>,
    /// Groups whose policies could not all be read.
    pub unread_groups: BTreeSet<String>,
    /// Whether the principal's own policies, those of its groups included, were all read.
    pub knows_principal: bool,
    /// The snapshot, understood: once for all keys.
    pub parsed: Arc<OnceLock<Result<Account, String>>>,
}

impl Learned {
    /// The account as the evaluator knows it.
    pub fn account(&self) -> Result<&Account, String> {
        let read = || super::judge::account(self);
        self.parsed.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn push(&mut self, list: &str, item: Value) {
        let slot = self.snapshot.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = slot {
            items.push(item);
        }
    }

    fn items<'a>(&'a self, list: &str) -> impl Iterator<Item = &'a Value> {
        self.snapshot.get(list).and_then(Value::as_array).into_iter().flatten()
    }
}

/// The principal that an ARN names, as far as IAM can be asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The account itself.
    Root,
    /// A user by name.
    User(String),
    /// A session of a role, by the role's name.
    Role(String),
    /// A federated user, by the name of the session: acts with rights of the user that made it.
    Federated(String),
}

impl Subject {
    /// Reads `arn:…:user/path/name`, `arn:…:assumed-role/role/session` and the like.
    pub fn of_arn(arn: &str) -> Option<Subject> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, _, account, resource] = parts.try_into().ok()?;
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let last = || resource.rsplit('/').next().filter(|n| !n.is_empty()).map(str::to_string);
        match (service, resource.split('/').next()?) {
            ("iam", "root") if resource == "root" => Some(Subject::Root),
            ("iam", "user") if resource.contains('/') => Some(Subject::User(last()?)),
            ("iam", "role") if resource.contains('/') => Some(Subject::Role(last()?)),
            ("sts", "assumed-role") => Some(Subject::Role(resource.split('/').nth(1)?.to_string())),
            ("sts", "federated-user") => Some(Subject::Federated(last()?)),
            _ => None,
        }
    }
}

/// Reads what `caller` may read about the account and, above all, about `subject`.
pub fn account(caller: &Caller<'_>, subject: &Subject, arn: &str) -> Learned {
    let mut learned = Learned::default().of(subject);
    let filters = ["User", "Role", "Group", "LocalManagedPolicy"];
    let names: Vec<String> = (1..=filters.len()).map(|i| format!("Filter.member.{i}")).collect();
    let mut parameters: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(filters).collect();
    parameters.push(("MaxItems", "1000"));
    let result = caller.pages(Service::Iam, "GetAccountAuthorizationDetails", &parameters, |page| {
        for list in ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"] {
            for item in page.get(list).and_then(Value::as_array).into_iter().flatten() {
                learned.push(list, item.clone());
            }
        }
    });
    let mut reader = Reader { caller, learned, refusals: 0 };
    match result {
        Ok(()) => {
            reader.learned.is_whole = true;
            reader.learned.knows_principal = true;
        }
        Err(failure) => {
            reader.learned.snapshot.clear();
            reader.gap("GetAccountAuthorizationDetails", &failure);
            // A service that does not answer will not answer more calls either.
            if failure.is_denied() {
                reader.piecewise(subject, arn);
            }
        }
    }
    reader.aws_policies(subject);
    reader.learned
}

/// Adds the keys and MFA devices of a user, in place of those of another one.
pub fn keys_of(caller: &Caller<'_>, subject: &Subject, learned: &mut Learned) {
    for member in ["AccessKeyMetadata", "MFADevices"] {
        learned.snapshot.remove(member);
    }
    let Subject::User(name) = subject else { return };
    let refusals = learned.gaps.len();
    let mut reader = Reader { caller, learned: std::mem::take(learned), refusals };
    for (action, member) in [("ListAccessKeys", "AccessKeyMetadata"), ("ListMFADevices", "MFADevices")] {
        if let Some(items) = reader.list(action, &[("UserName", name)], member) {
            reader.learned.snapshot.insert(member.into(), items.into());
        }
    }
    *learned = reader.learned;
}

struct Reader<'a, 'c> {
    caller: &'a Caller<'c>,
    learned: Learned,
    refusals: usize,
}

impl Reader<'_, '_> {
    fn gap(&mut self, call: &str, failure: &Failure) {
        if failure.is_denied() {
            self.refusals += 1;
        }
        let gap = format!("{call}: {failure}");
        if !self.learned.gaps.contains(&gap) && self.learned.gaps.len() < 50 {
            self.learned.gaps.push(gap);
        }
    }

    /// One call; what fails is a gap.
    fn get(&mut self, action: &str, parameters: &[(&str, &str)]) -> Option<Value> {
        if self.refusals >= MAX_REFUSALS {
            return None;
        }
        match self.caller.call(Service::Iam, action, parameters) {
            Ok(value) => {
                self.refusals = 0;
                Some(value)
            }
            Err(failure) => {
                self.gap(action, &failure);
                None
            }
        }
    }

    /// A list, whole; `None` when any page of it failed.
    fn list(&mut self, action: &str, parameters: &[(&str, &str)], member: &str) -> Option<Vec<Value>> {
        if self.refusals >= MAX_REFUSALS {
            return None;
        }
        let mut items = Vec::new();
        let result = self.caller.pages(Service::Iam, action, parameters, |page| {
            items.extend(page.get(member).and_then(Value::as_array).into_iter().flatten().cloned());
        });
        match result {
            Ok(()) => {
                self.refusals = 0;
                Some(items)
            }
            Err(failure) => {
                self.gap(action, &failure);
                None
            }
        }
    }

    fn piecewise(&mut self, subject: &Subject, arn: &str) {
        match subject {
            Subject::Root => self.learned.knows_principal = true,
            Subject::User(name) => self.user(name, arn),
            Subject::Role(name) => {
                let role = self.get("GetRole", &[("RoleName", name)]);
                let role =
                    role.and_then(|r| r.get("Role").cloned()).unwrap_or_else(|| json!({"RoleName": name}));
                self.learned.knows_principal = self.role(role);
            }
            Subject::Federated(_) => {}
        }
        self.roles(arn);
    }

    fn user(&mut self, name: &str, arn: &str) {
        let by_name = [("UserName", name)];
        let user = self.get("GetUser", &by_name).and_then(|u| u.get("User").cloned());
        let mut user = match user {
            Some(Value::Object(user)) => user,
            _ => Map::from_iter([("UserName".into(), name.into()), ("Arn".into(), arn.into())]),
        };
        if !user.contains_key("Tags")
            && let Some(tags) = self.list("ListUserTags", &by_name, "Tags")
        {
            user.insert("Tags".into(), tags.into());
        }
        let mut known = self.policies(&mut user, "User", name);
        match self.list("ListGroupsForUser", &by_name, "Groups") {
            None => known = false,
            Some(groups) => {
                let mut names = Vec::new();
                for group in groups {
                    let Value::Object(mut group) = group else { continue };
                    let Some(name) = group.get("GroupName").and_then(Value::as_str).map(str::to_string)
                    else {
                        continue;
                    };
                    if !self.policies(&mut group, "Group", &name) {
                        self.learned.unread_groups.insert(name.clone());
                        known = false;
                    }
                    names.push(Value::from(name));
                    self.learned.push("GroupDetailList", group.into());
                }
                user.insert("GroupList".into(), names.into());
            }
        }
        self.learned.push("UserDetailList", user.into());
        self.learned.knows_principal = known;
    }

    /// Puts the attached and inline policies of a user, group or role into `entity`; tells whether all
    /// could be read.
    fn policies(&mut self, entity: &mut Map<String, Value>, kind: &str, name: &str) -> bool {
        let parameter = format!("{kind}Name");
        let by_name = [(parameter.as_str(), name)];
        let attached = self.list(&format!("ListAttached{kind}Policies"), &by_name, "AttachedPolicies");
        let mut known = attached.is_some();
        for policy in attached.iter().flatten() {
            let arn = policy.get("PolicyArn").and_then(Value::as_str).unwrap_or_default();
            known &= is_aws_policy(arn) || self.policy(arn);
        }
        entity.insert("AttachedManagedPolicies".into(), attached.unwrap_or_default().into());
        let inline = self.list(&format!("List{kind}Policies"), &by_name, "PolicyNames");
        known &= inline.is_some();
        let mut documents = Vec::new();
        for policy in inline.iter().flatten().filter_map(Value::as_str) {
            let parameters = [(parameter.as_str(), name), ("PolicyName", policy)];
            match self.get(&format!("Get{kind}Policy"), &parameters) {
                Some(found) => documents
                    .push(json!({"PolicyName": policy, "PolicyDocument": found.get("PolicyDocument")})),
                None => known = false,
            }
        }
        entity.insert(format!("{kind}PolicyList"), documents.into());
        if let Some(boundary) =
            entity.get("PermissionsBoundary").and_then(|b| b.get("PermissionsBoundaryArn"))
        {
            let arn = boundary.as_str().unwrap_or_default().to_string();
            known &= is_aws_policy(&arn) || self.policy(&arn);
        }
        known
    }

    /// Reads a managed policy, once; tells whether it is there.
    fn policy(&mut self, arn: &str) -> bool {
        let is_there = |p: &Value| p.get("Arn").and_then(Value::as_str) == Some(arn);
        if self.learned.items("Policies").any(is_there) {
            return true;
        }
        let Some(Value::Object(mut policy)) =
            self.get("GetPolicy", &[("PolicyArn", arn)]).and_then(|p| p.get("Policy").cloned())
        else {
            return false;
        };
        let version = policy.get("DefaultVersionId").and_then(Value::as_str).unwrap_or_default().to_string();
        let parameters = [("PolicyArn", arn), ("VersionId", version.as_str())];
        let Some(found) = self.get("GetPolicyVersion", &parameters) else { return false };
        policy.insert("PolicyVersionList".into(), json!([found.get("PolicyVersion")]));
        self.learned.push("Policies", policy.into());
        true
    }

    fn role(&mut self, role: Value) -> bool {
        let Value::Object(mut role) = role else { return false };
        let Some(name) = role.get("RoleName").and_then(Value::as_str).map(str::to_string) else {
            return false;
        };
        let is_there = |r: &Value| r.get("RoleName").and_then(Value::as_str) == Some(&name);
        if self.learned.items("RoleDetailList").any(is_there) {
            return true;
        }
        let known = self.policies(&mut role, "Role", &name);
        if !known {
            self.learned.unread_roles.insert(name);
        }
        self.learned.push("RoleDetailList", role.into());
        known
    }

    /// The roles whose trust lets the principal or the whole account in, and those a service may be
    /// handed: the others lead nowhere.
    fn roles(&mut self, arn: &str) {
        let Some(mut roles) = self.list("ListRoles", &[], "Roles") else { return };
        let account = arn.split(':').nth(4).unwrap_or_default().to_string();
        let rank = |role: &Value| {
            let trust = role.get("AssumeRolePolicyDocument").map(Value::to_string).unwrap_or_default();
            match () {
                _ if trust.contains(arn) => 0,
                _ if trust.contains(&account) || trust.contains("AWS") => 1,
                _ => 2,
            }
        };
        roles.sort_by_key(rank);
        if roles.len() > MAX_ROLES {
            self.learned.gaps.push(format!("{} roles: the policies of {MAX_ROLES} were read", roles.len()));
        }
        for role in roles.into_iter().take(MAX_ROLES) {
            self.role(role);
        }
        let names: Vec<String> = self
            .learned
            .items("RoleDetailList")
            .filter_map(|r| r.get("RoleName").and_then(Value::as_str).map(str::to_string))
            .collect();
        // What an instance can be started with; without it the way over EC2 stays open as a possibility.
        let Some(profiles) = self.list("ListInstanceProfiles", &[], "InstanceProfiles") else { return };
        for name in names {
            let has_role = |p: &Value| {
                let roles = p.get("Roles").and_then(Value::as_array).into_iter().flatten();
                roles.into_iter().any(|r| r.get("RoleName").and_then(Value::as_str) == Some(&name))
            };
            let own: Vec<Value> = profiles.iter().filter(|p| has_role(p)).cloned().collect();
            if let Some(Value::Array(roles)) = self.learned.snapshot.get_mut("RoleDetailList") {
                for role in roles.iter_mut().filter_map(Value::as_object_mut) {
                    if role.get("RoleName").and_then(Value::as_str) == Some(&name) {
                        role.insert("InstanceProfileList".into(), own.clone().into());
                    }
                }
            }
        }
    }

    /// The documents of AWS's own policies that are attached to anything, the principal's first: they are
    /// left out of GetAccountAuthorizationDetails because it would give all thousand of them.
    fn aws_policies(&mut self, subject: &Subject) {
        let mut own: Vec<String> = Vec::new();
        let mut others: BTreeSet<String> = BTreeSet::new();
        let groups = self.groups_of(subject);
        for (list, key) in
            [("UserDetailList", "UserName"), ("GroupDetailList", "GroupName"), ("RoleDetailList", "RoleName")]
        {
            for entity in self.learned.items(list) {
                let name = entity.get(key).and_then(Value::as_str).unwrap_or_default();
                let is_own = match (list, subject) {
                    ("UserDetailList", Subject::User(user)) => name == user,
                    ("RoleDetailList", Subject::Role(role)) => name == role,
                    ("GroupDetailList", Subject::User(_)) => groups.contains(name),
                    _ => false,
                };
                let attached = entity.get("AttachedManagedPolicies").and_then(Value::as_array);
                let attached = attached.into_iter().flatten().filter_map(|p| p.get("PolicyArn"));
                let boundary =
                    entity.get("PermissionsBoundary").and_then(|b| b.get("PermissionsBoundaryArn"));
                let arns = attached.chain(boundary).filter_map(Value::as_str);
                for arn in arns.filter(|arn| is_aws_policy(arn)) {
                    if is_own {
                        own.push(arn.into());
                    } else {
                        others.insert(arn.into());
                    }
                }
            }
        }
        let all: Vec<String> = own.into_iter().chain(others).collect();
        if all.len() > MAX_POLICIES {
            self.learned.gaps.push(format!("{} policies of AWS: {MAX_POLICIES} were read", all.len()));
        }
        for arn in all.iter().take(MAX_POLICIES) {
            self.policy(arn);
        }
    }

    fn groups_of(&self, subject: &Subject) -> BTreeSet<String> {
        let Subject::User(name) = subject else { return BTreeSet::new() };
        let user = self
            .learned
            .items("UserDetailList")
            .find(|u| u.get("UserName").and_then(Value::as_str) == Some(name));
        let groups = user.and_then(|u| u.get("GroupList")).and_then(Value::as_array).into_iter().flatten();
        groups.filter_map(Value::as_str).map(str::to_string).collect()
    }
}

/// What service control policies bind `account`: a list of levels from the root down, each a list of
/// documents. `Ok(None)` when the account is in no organisation.
pub fn organisation(caller: &Caller<'_>, account: &str) -> Result<Option<Value>, Failure> {
    let mut levels = Vec::new();
    let mut target = account.to_string();
    let organisation = match caller.call(Service::Organizations, "DescribeOrganization", &[]) {
        Ok(organisation) => organisation,
        Err(failure) if failure.code().starts_with("AWSOrganizationsNotInUse") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    // The management account is bound by none.
    if organisation.pointer("/Organization/MasterAccountId").and_then(Value::as_str) == Some(account) {
        return Ok(None);
    }
    // AWS allows five levels of units between the root and an account.
    for _ in 0..8 {
        let mut documents = Vec::new();
        let mut ids = Vec::new();
        let parameters = [("TargetId", target.as_str()), ("Filter", "SERVICE_CONTROL_POLICY")];
        caller.pages(Service::Organizations, "ListPoliciesForTarget", &parameters, |page| {
            let policies = page.get("Policies").and_then(Value::as_array).into_iter().flatten();
            ids.extend(policies.filter_map(|p| p.get("Id").and_then(Value::as_str).map(str::to_string)));
        })?;
        for id in ids {
            let policy = caller.call(Service::Organizations, "DescribePolicy", &[("PolicyId", &id)])?;
            let content = policy.pointer("/Policy/Content").cloned().unwrap_or(Value::Null);
            documents.push(content);
        }
        levels.push(Value::Array(documents));
        let parents = caller.call(Service::Organizations, "ListParents", &[("ChildId", &target)]);
        let Some(parent) =
            parents.ok().and_then(|p| p.pointer("/Parents/0/Id").and_then(Value::as_str).map(str::to_string))
        else {
            break;
        };
        target = parent;
    }
    levels.reverse();
    Ok(Some(Value::Array(levels)))
}

fn is_aws_policy(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_name_principals() {
        let user = |n: &str| Some(Subject::User(n.into()));
        let role = |n: &str| Some(Subject::Role(n.into()));
        for (arn, subject) in [
            ("arn:aws:iam::123456789012:root", Some(Subject::Root)),
            ("arn:aws:iam::123456789012:user/root", user("root")),
            ("arn:aws-cn:iam::123456789012:user/a/b/ci", user("ci")),
            ("arn:aws:sts::123456789012:assumed-role/Ops/i-123", role("Ops")),
            ("arn:aws:sts::123456789012:federated-user/bob", Some(Subject::Federated("bob".into()))),
            // What moto says of keys it does not know.
            ("arn:aws:sts::123456789012:user/moto", None),
            ("arn:aws:iam::1234:user/x", None),
            ("arn:aws:iam::123456789012:user/", None),
            ("nonsense", None),
        ] {
            assert_eq!(Subject::of_arn(arn), subject, "{arn}");
        }
    }
}
