//! One request against documents handed in, without an account: what a policy simulator answers.

use super::account::{Account, Entity, Named, Organization, Role, Tags, User};
use super::actor::{Actor, Boundary, Caller};
use super::evaluate::{Answer, Case};
use super::keys::Request;
use super::policy::Document;
use std::sync::Arc;

/// A request with everything that decides on it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Who asks: ARN, credential, session policies, known condition keys.
    pub caller: Caller,
    /// The principal's tags.
    pub tags: Option<Tags>,
    /// Identity policies.
    pub identity: Vec<Document>,
    /// The permissions boundary.
    pub boundary: Option<Document>,
    /// SCPs, one list a level.
    pub scps: Vec<Vec<Document>>,
    /// The resource's policy.
    pub resource_policy: Option<Document>,
    /// `service:Action`.
    pub action: String,
    /// ARN of the resource, or `*`.
    pub resource: String,
}

impl Question {
    /// The answer at a time.
    pub fn answer(&self, now: u64) -> Answer {
        let mut account = Account::new(super::account::account_of(&self.caller.arn).unwrap_or_default());
        let inline = self.identity.iter().cloned().enumerate();
        let resource = self.caller.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let session = resource.strip_prefix("assumed-role/").and_then(|r| r.split('/').next());
        let name = session.or_else(|| resource.rsplit('/').next()).unwrap_or_default().to_owned();
        let arn = match session {
            Some(name) => {
                format!(
                    "arn:{}:iam::{}:role/{name}",
                    super::account::partition_of(&self.caller.arn),
                    account.id
                )
            }
            None => self.caller.arn.clone(),
        };
        let entity = Entity {
            arn,
            name,
            id: None,
            inline: inline.map(|(at, document)| Named::new(format!("policy {at}"), document)).collect(),
            tags: self.tags.clone(),
            ..Entity::default()
        };
        if session.is_some() || resource.starts_with("role/") {
            account.add_role(Role { entity, ..Role::default() });
        } else if resource.starts_with("user/") {
            account.add_user(User { entity, ..User::default() });
        }
        if !self.scps.is_empty() {
            let level = |l: &Vec<Document>| l.iter().cloned().map(|d| Named::new("SCP", d)).collect();
            account.organization = Some(Organization {
                levels: self.scps.iter().map(level).collect(),
                ..Organization::default()
            });
        }
        let mut actor = Actor::of_caller(&account, &self.caller);
        if let Some(boundary) = &self.boundary {
            actor.boundary = Boundary::Document(Arc::new(boundary.clone()));
        }
        // The request is made with this very key: a factor shown later is another request.
        if actor.credential == super::actor::Credential::LongTerm {
            for key in ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"] {
                if actor.context.get(&super::condition::normal_key(key)).is_none() {
                    actor.context.set_absent(key);
                }
            }
        }
        let request = Request { action: &self.action, resource: &self.resource, extra: &[] };
        Case::new(&account, now, &actor, &request, self.resource_policy.as_ref()).answer()
    }
}
