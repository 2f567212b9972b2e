//! What is known of one account: principals, policies, organisation.
//!
//! It is filled from a snapshot ([`super::details`]) or piece by piece, call after call, in which case
//! [`Account::complete`] stays false and each principal says whether its policies could be read.

use super::managed;
use super::policy::Document;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tags by name.
pub type Tags = BTreeMap<String, String>;

/// A document with the name of its policy.
#[derive(Debug, Clone)]
pub struct Named {
    /// The policy's name.
    pub name: String,
    /// Its contents.
    pub document: Arc<Document>,
}

impl Named {
    /// A document under a name.
    pub fn new(name: impl Into<String>, document: Document) -> Self {
        Self { name: name.into(), document: Arc::new(document) }
    }
}

/// An access key of a user.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Whether it is active, where known.
    pub active: Option<bool>,
    /// When it was made, as written.
    pub created: Option<String>,
}

/// What users and roles have in common.
#[derive(Debug, Clone, Default)]
pub struct Entity {
    /// ARN with path.
    pub arn: String,
    /// Name without path.
    pub name: String,
    /// Unique id (`AIDA…`, `AROA…`).
    pub id: Option<String>,
    /// Inline policies.
    pub inline: Vec<Named>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags; `None` where they could not be read.
    pub tags: Option<Tags>,
    /// Whether its list of policies could not be read, or only in part.
    pub unread: bool,
}

/// A user.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The common part.
    pub entity: Entity,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// Its keys; `None` where they could not be listed.
    pub keys: Option<Vec<AccessKey>>,
    /// Serial numbers of its MFA devices; `None` where they could not be listed.
    pub mfa_devices: Option<Vec<String>>,
    /// Whether it has a console password, where known.
    pub password: Option<bool>,
}

/// A group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// ARN with path.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Inline policies.
    pub inline: Vec<Named>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// Whether its policies could not be read.
    pub unread: bool,
}

/// A role.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// The common part.
    pub entity: Entity,
    /// Who may enter it; `None` where it could not be read.
    pub trust: Option<Arc<Document>>,
    /// Names of instance profiles that hold it.
    pub profiles: Vec<String>,
}

impl Role {
    /// Whether it belongs to a service: nobody else may enter or change it, and SCPs do not bind it.
    pub fn service_linked(&self) -> bool {
        self.entity.arn.contains(":role/aws-service-role/")
    }
}

/// A managed policy with its versions.
#[derive(Debug, Clone, Default)]
pub struct ManagedPolicy {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Versions by id.
    pub versions: Vec<Version>,
    /// The version that counts.
    pub default: String,
}

/// A version of a managed policy.
#[derive(Debug, Clone)]
pub struct Version {
    /// `v1`, `v2` …
    pub id: String,
    /// Its contents.
    pub document: Arc<Document>,
}

impl ManagedPolicy {
    /// The document that counts.
    pub fn document(&self) -> Option<&Arc<Document>> {
        self.versions
            .iter()
            .find(|v| v.id == self.default)
            .or_else(|| if self.versions.len() == 1 { self.versions.first() } else { None })
            .map(|v| &v.document)
    }
}

/// What the organisation lays on the account.
#[derive(Debug, Clone, Default)]
pub struct Organization {
    /// Its id (`o-…`), where known.
    pub id: Option<String>,
    /// Service control policies, one list a level from the root to the account: each level must allow.
    pub levels: Vec<Vec<Named>>,
    /// Resource control policies: only their Deny matters here.
    pub resource_policies: Vec<Named>,
    /// Whether this is the management account, which no SCP binds.
    pub management: bool,
    /// Whether another account is known to manage.
    pub member: bool,
}

/// One account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Its number.
    pub id: String,
    /// Users by ARN.
    pub users: BTreeMap<String, User>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Roles by ARN.
    pub roles: BTreeMap<String, Role>,
    /// Managed policies by ARN, AWS's own among them where the snapshot has them.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// The organisation, where known.
    pub organization: Option<Organization>,
    /// Whether users, groups, roles and policies are all listed.
    pub complete: bool,
    /// What was odd while reading, in words.
    pub notes: Vec<String>,
    role_names: BTreeMap<String, String>,
}

impl Account {
    /// An account of which nothing is known yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Adds or replaces a user.
    pub fn add_user(&mut self, user: User) {
        self.learn_id(&user.entity.arn);
        self.users.insert(user.entity.arn.clone(), user);
    }

    /// Adds or replaces a group.
    pub fn add_group(&mut self, group: Group) {
        self.learn_id(&group.arn);
        self.groups.insert(group.name.clone(), group);
    }

    /// Adds or replaces a role.
    pub fn add_role(&mut self, role: Role) {
        self.learn_id(&role.entity.arn);
        self.role_names.insert(role.entity.name.clone(), role.entity.arn.clone());
        self.roles.insert(role.entity.arn.clone(), role);
    }

    /// Adds or replaces a managed policy.
    pub fn add_policy(&mut self, policy: ManagedPolicy) {
        self.policies.insert(policy.arn.clone(), policy);
    }

    /// A role by its name, which is unique in an account whatever the path.
    pub fn role_named(&self, name: &str) -> Option<&Role> {
        self.role_names.get(name).and_then(|arn| self.roles.get(arn))
    }

    /// A user by ARN, or by the name at its end.
    pub fn user(&self, arn: &str) -> Option<&User> {
        self.users.get(arn).or_else(|| {
            let name = arn.rsplit('/').next()?;
            if !arn.contains(":user/") {
                return None;
            }
            self.users.values().find(|user| user.entity.name == name)
        })
    }

    /// The document of a managed policy: the account's, or one that everybody knows.
    pub fn document(&self, arn: &str) -> Option<Arc<Document>> {
        self.policies.get(arn).and_then(ManagedPolicy::document).cloned().or_else(|| managed::document(arn))
    }

    fn learn_id(&mut self, arn: &str) {
        if self.id.is_empty()
            && let Some(id) = account_of(arn)
        {
            self.id = id.to_owned();
        }
    }
}

/// The account section of an ARN, when it is not empty.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|id| !id.is_empty())
}

/// The partition of an ARN, `aws` when it has none.
pub fn partition_of(arn: &str) -> &str {
    arn.split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws")
}
