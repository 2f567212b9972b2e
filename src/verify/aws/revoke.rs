//! Deactivating a key: the one change keysift makes, with the responder's credentials, when told to.

use super::super::{Environment, Options};
use crate::address::escape;
use crate::net::aws::credentials::Sources;
use crate::net::aws::endpoint::{Endpoints, Partition, Service};
use crate::net::aws::service::Caller;
use crate::net::aws::sigv4::Credential;
use crate::net::http::{Client, Speaker};
use serde_json::Value;

/// A key in the responder's account.
pub struct Key {
    /// Access key id.
    pub id: String,
    /// Its user.
    pub user: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When, with which service and where, in words.
    pub last_used: String,
}

/// The responder, known to AWS.
pub struct Session {
    client: Client,
    endpoints: Endpoints,
    credential: Credential,
    partition: Partition,
    account: String,
    arn: String,
}

impl Session {
    /// Finds the responder's credentials and asks STS whose they are.
    pub fn new(options: &Options, env: Environment<'_>) -> Result<Session, String> {
        let endpoints = Endpoints::new(options.endpoint_url.as_deref(), options.region.as_deref(), env)?;
        let client = Client::new(options.http.clone()).map_err(|e| e.to_string())?;
        let profile = options.profile.as_deref();
        let credential = Sources { env, profile, client: &client, endpoints: &endpoints }.find()?;
        let partition = endpoints.region.as_deref().map_or(Partition::Aws, Partition::of_region);
        let mut session =
            Session { client, endpoints, credential, partition, account: String::new(), arn: String::new() };
        let who = session.caller().call(Service::Sts, "GetCallerIdentity", &[]);
        let who = who.map_err(|e| format!("your own credentials: {e}"))?;
        let text = |key: &str| escape(who.get(key).and_then(Value::as_str).unwrap_or_default().as_bytes());
        (session.account, session.arn) = (text("Account"), text("Arn"));
        session.partition = Partition::of_arn(&session.arn).unwrap_or(partition);
        Ok(session)
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            client: &self.client,
            endpoints: &self.endpoints,
            credential: self.credential.clone(),
            speaker: Speaker::Responder,
            partition: self.partition,
        }
    }

    /// The responder's account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The responder's ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Finds a key of this account by its id.
    pub fn find(&self, id: &str) -> Result<Key, String> {
        let is_id = (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_id {
            return Err(format!("{:?} is no access key id", escape(id.as_bytes())));
        }
        if id.starts_with("ASIA") {
            return Err("a temporary key cannot be deactivated; revoke the sessions of its role or user: \
                        keysift verify tells how"
                .into());
        }
        if id == self.credential.id {
            return Err("this is the key you are asking with; use other credentials (--profile)".into());
        }
        let used = self.caller().call(Service::Iam, "GetAccessKeyLastUsed", &[("AccessKeyId", id)]);
        let used = used.map_err(|e| format!("{id} in account {}: {e}", self.account))?;
        let user = used.get("UserName").and_then(Value::as_str).unwrap_or_default().to_string();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
        if user.is_empty() || !user.bytes().all(is_name) {
            return Err(format!("{id}: GetAccessKeyLastUsed names no user"));
        }
        let status = self.status(id, &user)?.ok_or(format!("{id}: its user {user} has no such key"))?;
        let last = used.get("AccessKeyLastUsed");
        let text = |key: &str| last.and_then(|l| l.get(key)).and_then(Value::as_str).filter(|v| *v != "N/A");
        let last_used = match text("LastUsedDate") {
            Some(date) => [Some(date), text("ServiceName"), text("Region")]
                .into_iter()
                .flatten()
                .map(|t| escape(t.as_bytes()))
                .collect::<Vec<_>>()
                .join(" "),
            None => "never".into(),
        };
        Ok(Key { id: id.into(), user, status, last_used })
    }

    fn status(&self, id: &str, user: &str) -> Result<Option<String>, String> {
        let mut status = None;
        let result = self.caller().pages(Service::Iam, "ListAccessKeys", &[("UserName", user)], |page| {
            for key in page.get("AccessKeyMetadata").and_then(Value::as_array).into_iter().flatten() {
                let text = |name: &str| key.get(name).and_then(Value::as_str);
                if text("AccessKeyId") == Some(id) {
                    status = text("Status").map(|s| escape(s.as_bytes()));
                }
            }
        });
        result.map_err(|e| format!("ListAccessKeys: {e}"))?;
        Ok(status)
    }

    /// Deactivates a key and checks that it is.
    pub fn deactivate(&self, key: &Key) -> Result<(), String> {
        let parameters =
            [("UserName", key.user.as_str()), ("AccessKeyId", key.id.as_str()), ("Status", "Inactive")];
        self.caller()
            .call(Service::Iam, "UpdateAccessKey", &parameters)
            .map_err(|e| format!("nothing was done: {e}"))?;
        match self.status(&key.id, &key.user)?.as_deref() {
            Some("Inactive") => Ok(()),
            status => Err(format!("UpdateAccessKey answered, but the key is {}", status.unwrap_or("gone"))),
        }
    }
}
