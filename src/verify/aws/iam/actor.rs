//! A principal with everything that decides for it, ready to be evaluated.
//!
//! It is small and cheap to copy (documents are shared), so that "what if this policy were detached"
//! is asked by changing a copy.

use super::account::{Account, Entity, Named, Tags, account_of, partition_of};
use super::condition::normal_key;
use super::managed;
use super::policy::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What kind of principal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// The account's root user.
    Root,
    /// An IAM user.
    User,
    /// A role, by a session of it.
    Role,
    /// A federated user of GetFederationToken.
    Federated,
    /// Something whose ARN says none of these.
    Other,
}

/// What kind of key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credential {
    /// AKIA: no MFA context at all.
    #[default]
    LongTerm,
    /// ASIA: the MFA key is present.
    Session {
        /// Whether the session was made with a second factor; `None` when that is not known.
        mfa: Option<bool>,
        /// When it was issued, in seconds since 1970, where known.
        issued: Option<u64>,
    },
}

/// Condition keys whose value, or absence, is known from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
    absent: BTreeSet<String>,
}

impl Context {
    /// States the values of a key.
    pub fn set(&mut self, key: &str, values: Vec<String>) {
        let key = normal_key(key);
        self.absent.remove(&key);
        self.values.insert(key, values);
    }

    /// States that the request does not carry a key.
    pub fn set_absent(&mut self, key: &str) {
        let key = normal_key(key);
        self.values.remove(&key);
        self.absent.insert(key);
    }

    pub(super) fn get(&self, key: &str) -> Option<Option<&Vec<String>>> {
        if let Some(values) = self.values.get(key) {
            return Some(Some(values));
        }
        self.absent.contains(key).then_some(None)
    }

    /// What still holds for the session of another role: where and when, not who.
    fn environment(&self) -> Self {
        let of_place = |key: &String| {
            [
                "aws:sourceip",
                "aws:vpcsourceip",
                "aws:sourcevpc",
                "aws:sourcevpce",
                "aws:currenttime",
                "aws:useragent",
            ]
            .contains(&key.as_str())
        };
        Self {
            values: self
                .values
                .iter()
                .filter(|(k, _)| of_place(k))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            absent: self.absent.iter().filter(|k| of_place(k)).cloned().collect(),
        }
    }
}

/// Whose key it is.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The ARN that GetCallerIdentity gives: user, `:root`, assumed-role session or federated user. A
    /// role's own ARN stands for a session of it.
    pub arn: String,
    /// The account; taken from the ARN when empty.
    pub account_id: String,
    /// The `UserId`, where known.
    pub user_id: Option<String>,
    /// Long-term key or session.
    pub credential: Credential,
    /// Session policies, where known.
    pub session_policies: Vec<Document>,
    /// What is known of the request's environment.
    pub context: Context,
}

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Inline, on the principal.
    Inline,
    /// A managed policy on the principal, by ARN.
    Attached(String),
    /// Inline, on a group.
    GroupInline(String),
    /// A managed policy on a group: group, ARN.
    GroupAttached(String, String),
}

/// An identity policy with its origin.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where it hangs.
    pub origin: Origin,
    /// Its contents.
    pub document: Arc<Document>,
}

/// The permissions boundary.
#[derive(Debug, Clone, Default)]
pub enum Boundary {
    /// There is none.
    #[default]
    None,
    /// There is one and it could not be read.
    Unread,
    /// Its contents.
    Document(Arc<Document>),
}

/// A principal to be evaluated.
#[derive(Debug, Clone)]
pub struct Actor {
    /// ARN of the user, or of the role (not of the session).
    pub arn: String,
    /// ARN of the session, for roles and federated users.
    pub session_arn: Option<String>,
    /// Name without path.
    pub name: String,
    /// Unique id.
    pub id: Option<String>,
    /// Account number.
    pub account: String,
    /// Partition.
    pub partition: String,
    /// Kind.
    pub kind: PrincipalKind,
    /// Tags; `None` where unknown.
    pub tags: Option<Tags>,
    /// What signs.
    pub credential: Credential,
    /// Groups of a user.
    pub groups: Vec<String>,
    /// Identity policies.
    pub sources: Vec<Source>,
    /// The boundary's ARN.
    pub boundary_arn: Option<String>,
    /// The boundary.
    pub boundary: Boundary,
    /// Session policies; empty when there are none.
    pub session: Vec<Arc<Document>>,
    /// Whether SCPs do not bind it.
    pub service_linked: bool,
    /// Whether it is entered by AssumeRole from somewhere else.
    pub reached: bool,
    /// Known condition keys.
    pub context: Context,
    /// What could not be read or understood of its policies.
    pub doubts: Vec<String>,
    /// Whether nothing at all could be read of its policies.
    pub unread: bool,
}

impl Actor {
    /// The principal behind a key. Policies that are missing from the account are doubts, not errors.
    pub fn of_caller(account: &Account, caller: &Caller) -> Self {
        let arn = caller.arn.as_str();
        let id = if caller.account_id.is_empty() {
            account_of(arn).unwrap_or(account.id.as_str()).to_owned()
        } else {
            caller.account_id.clone()
        };
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let mut actor = Self::blank(arn, &id);
        actor.credential = caller.credential;
        actor.context = caller.context.clone();
        actor.session = caller.session_policies.iter().cloned().map(Arc::new).collect();
        actor.id = caller.user_id.as_ref().map(|id| id.split(':').next().unwrap_or(id).to_owned());
        let role = if let Some(rest) = resource.strip_prefix("assumed-role/") {
            actor.kind = PrincipalKind::Role;
            actor.session_arn = Some(arn.to_owned());
            let mut parts = rest.splitn(2, '/');
            let name = parts.next().unwrap_or_default();
            let found = account.role_named(name);
            actor.name = name.to_owned();
            actor.arn = found.map_or_else(
                || format!("arn:{}:iam::{id}:role/{name}", actor.partition),
                |role| role.entity.arn.clone(),
            );
            found
        } else if resource.starts_with("role/") {
            actor.kind = PrincipalKind::Role;
            let found = account.roles.get(arn).or_else(|| account.role_named(&actor.name));
            actor.session_arn =
                Some(format!("arn:{}:sts::{id}:assumed-role/{}/keysift", actor.partition, actor.name));
            found
        } else {
            None
        };
        match actor.kind {
            PrincipalKind::Role => {
                if actor.credential == Credential::LongTerm {
                    actor.credential = Credential::Session { mfa: None, issued: None };
                }
                match role {
                    Some(role) => {
                        actor.service_linked = role.service_linked();
                        actor.take(account, &role.entity);
                    }
                    None => actor.unread = true,
                }
            }
            PrincipalKind::User => match account.user(arn) {
                Some(user) => {
                    actor.take(account, &user.entity);
                    actor.take_groups(account, &user.groups);
                }
                None => actor.unread = true,
            },
            PrincipalKind::Root => {}
            PrincipalKind::Federated | PrincipalKind::Other => actor.unread = true,
        }
        actor
    }

    /// A user of the account, as if its own long-term key signed.
    pub fn of_user(account: &Account, arn: &str) -> Self {
        Self::of_caller(account, &Caller { arn: arn.to_owned(), ..Caller::default() })
    }

    /// A session of a role, entered by AssumeRole with a session name of the caller's choice.
    pub fn of_reached_role(account: &Account, arn: &str, context: &Context) -> Self {
        let mut actor = Self::of_caller(account, &Caller { arn: arn.to_owned(), ..Caller::default() });
        actor.credential = Credential::Session { mfa: Some(false), issued: None };
        actor.context = context.environment();
        actor.reached = true;
        actor
    }

    /// Whether the session could bear this ARN: who enters a role chooses the session's name.
    pub fn may_be_session(&self, arn: &str) -> bool {
        let rest = arn
            .strip_prefix("arn:")
            .and_then(|rest| rest.strip_prefix(self.partition.as_str()))
            .and_then(|rest| rest.strip_prefix(":sts::"))
            .and_then(|rest| rest.strip_prefix(self.account.as_str()))
            .and_then(|rest| rest.strip_prefix(":assumed-role/"));
        self.reached
            && rest.and_then(|rest| rest.strip_prefix(self.name.as_str())?.strip_prefix('/')).is_some_and(
                |session| (2..=64).contains(&session.len()) && !session.contains(['*', '?', '/']),
            )
    }

    /// A principal that does not exist yet and would be given everything.
    pub fn fresh(kind: PrincipalKind, like: &Self) -> Self {
        let what = if kind == PrincipalKind::Role { "role" } else { "user" };
        let arn = format!("arn:{}:iam::{}:{what}/{}", like.partition, like.account, super::somewhere::FRESH);
        let mut actor = Self::blank(&arn, &like.account);
        actor.kind = kind;
        if kind == PrincipalKind::Role {
            actor.session_arn = Some(format!(
                "arn:{}:sts::{}:assumed-role/{}/keysift",
                like.partition, like.account, actor.name
            ));
            actor.credential = Credential::Session { mfa: Some(false), issued: None };
            actor.reached = true;
        }
        actor.tags = Some(Tags::new());
        actor.context = like.context.environment();
        actor.give_everything();
        actor
    }

    fn blank(arn: &str, account: &str) -> Self {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let kind = if resource == "root" {
            PrincipalKind::Root
        } else if resource.starts_with("user/") {
            PrincipalKind::User
        } else if resource.starts_with("role/") {
            PrincipalKind::Role
        } else if resource.starts_with("federated-user/") {
            PrincipalKind::Federated
        } else {
            PrincipalKind::Other
        };
        Self {
            arn: arn.to_owned(),
            session_arn: (kind == PrincipalKind::Federated).then(|| arn.to_owned()),
            name: resource.rsplit('/').next().unwrap_or_default().to_owned(),
            id: None,
            account: account.to_owned(),
            partition: partition_of(arn).to_owned(),
            kind,
            tags: None,
            credential: Credential::LongTerm,
            groups: Vec::new(),
            sources: Vec::new(),
            boundary_arn: None,
            boundary: Boundary::None,
            session: Vec::new(),
            service_linked: false,
            reached: false,
            context: Context::default(),
            doubts: Vec::new(),
            unread: false,
        }
    }

    fn take(&mut self, account: &Account, entity: &Entity) {
        self.arn.clone_from(&entity.arn);
        self.name.clone_from(&entity.name);
        self.account = account_of(&entity.arn).unwrap_or(self.account.as_str()).to_owned();
        if entity.id.is_some() {
            self.id.clone_from(&entity.id);
        }
        self.tags.clone_from(&entity.tags);
        for policy in &entity.inline {
            self.add(&policy.name, Origin::Inline, Arc::clone(&policy.document));
        }
        for arn in &entity.attached {
            self.attach(account, arn, Origin::Attached(arn.clone()));
        }
        if let Some(arn) = &entity.boundary {
            self.boundary_arn = Some(arn.clone());
            self.boundary = match account.document(arn) {
                Some(document) => {
                    self.doubt_about(arn, &document);
                    Boundary::Document(document)
                }
                None => {
                    self.doubts.push(format!(
                        "permissions boundary {arn}: not in view, nothing is taken as allowed"
                    ));
                    Boundary::Unread
                }
            };
        }
        if entity.unread {
            self.doubts.push("its policies could not all be read".to_owned());
            self.unread = self.sources.is_empty();
        }
    }

    fn take_groups(&mut self, account: &Account, groups: &[String]) {
        for name in groups {
            self.groups.push(name.clone());
            self.join(account, name);
        }
        if !self.sources.is_empty() {
            self.unread = false;
        }
    }

    /// Adds the policies of a group.
    pub fn join(&mut self, account: &Account, name: &str) {
        let Some(group) = account.groups.get(name) else {
            self.doubts.push(format!("group {name}: not in view"));
            return;
        };
        if group.unread {
            self.doubts.push(format!("group {name}: its policies could not be read"));
        }
        for Named { name: policy, document } in &group.inline {
            self.add(policy, Origin::GroupInline(name.to_owned()), Arc::clone(document));
        }
        for arn in &group.attached {
            self.attach(account, arn, Origin::GroupAttached(name.to_owned(), arn.clone()));
        }
    }

    fn attach(&mut self, account: &Account, arn: &str, origin: Origin) {
        let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        match account.document(arn) {
            Some(document) => {
                if managed::is_approximate(arn) && !account.policies.contains_key(arn) {
                    self.doubts.push(format!("policy {name}: judged by an approximation of AWS's list"));
                }
                self.add(&name, origin, document);
            }
            None => {
                self.doubts.push(format!("policy {arn}: not in view, what it allows or denies is not known"))
            }
        }
    }

    fn add(&mut self, name: &str, origin: Origin, document: Arc<Document>) {
        self.doubt_about(name, &document);
        self.sources.push(Source { name: name.to_owned(), origin, document });
    }

    fn doubt_about(&mut self, name: &str, document: &Document) {
        for what in &document.not_understood {
            self.doubts.push(format!("policy {name}: not understood: {what}"));
        }
    }

    /// Adds an Allow of everything, as an escalation would.
    pub fn give_everything(&mut self) {
        self.sources.push(Source {
            name: "everything".to_owned(),
            origin: Origin::Inline,
            document: managed::document("arn:aws:iam::aws:policy/AdministratorAccess").unwrap_or_default(),
        });
    }

    /// The account's root as an ARN.
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }
}
