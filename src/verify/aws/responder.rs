//! Mode `responder`: the account's own people ask about a key id. The secret that leaked signs nothing,
//! and alarms that watch the key stay quiet.

use super::super::verification::{Verdict, Verification};
use super::learn::Subject;
use super::{Aws, AwsKey, facts};
use crate::net::aws::endpoint::{Partition, Service};
use crate::net::aws::protocol::Failure;
use crate::net::aws::service::Caller;
use crate::net::aws::sigv4::Credential;
use crate::net::http::Speaker;
use serde_json::Value;

/// The responder, known to AWS.
pub struct Responder<'a> {
    caller: Caller<'a>,
    /// The responder's own account.
    account: String,
    /// The responder's own ARN.
    pub arn: String,
}

impl<'a> Responder<'a> {
    /// Asks STS who the responder is; an error is in words.
    pub fn new(aws: &'a Aws<'a>, credential: Credential) -> Result<Responder<'a>, String> {
        let partition = aws.endpoints.region.as_deref().map_or(Partition::Aws, Partition::of_region);
        let mut caller = aws.caller(credential, Speaker::Responder, partition);
        let who = caller.call(Service::Sts, "GetCallerIdentity", &[]);
        let who = who.map_err(|e| format!("your own credentials: {e}"))?;
        let text = |key: &str| who.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        let (account, arn) = (text("Account"), text("Arn"));
        if account.len() != 12 {
            return Err("your own credentials: STS gave no account".into());
        }
        caller.partition = Partition::of_arn(&arn).unwrap_or(partition);
        Ok(Responder { caller, account, arn })
    }

    /// Looks up a key by its id.
    pub fn verify(&mut self, aws: &Aws<'_>, key: &AwsKey) -> Verification {
        let mut verification = Verification::default();
        let by_id = [("AccessKeyId", key.id.as_str())];
        // Any caller may ask for the account of any key; it is logged in the caller's own trail only.
        let info = self.caller.call(Service::Sts, "GetAccessKeyInfo", &by_id);
        let told =
            info.as_ref().ok().and_then(|i| i.get("Account")).and_then(Value::as_str).map(str::to_string);
        let account = told.or_else(|| super::account_in(&key.id));
        verification.account_id = account.clone();
        if let Err(failure) = &info
            && !failure.is_denied()
            && failure.code().is_empty()
        {
            return Verification { reason: failure.to_string(), ..verification };
        }
        match &account {
            Some(account) if *account != self.account => {
                verification.reason =
                    format!("the key belongs to account {account}; your credentials are of {}", self.account);
                return verification;
            }
            _ => {}
        }
        let used = match self.caller.call(Service::Iam, "GetAccessKeyLastUsed", &by_id) {
            Ok(used) => used,
            Err(failure) => return self.not_found(key, &failure, verification),
        };
        facts::last_used(&used, &mut verification);
        let user = used.get("UserName").and_then(Value::as_str).unwrap_or_default().to_string();
        if user.is_empty() {
            verification.reason = "GetAccessKeyLastUsed names no user".into();
            return verification;
        }
        self.of_user(aws, key, &user, verification)
    }

    /// GetAccessKeyLastUsed does not know the id: it is gone, or one that this call does not cover.
    fn not_found(&self, key: &AwsKey, failure: &Failure, mut verification: Verification) -> Verification {
        let is_ours = verification.account_id.as_deref() == Some(&self.account);
        if !failure.is_absent() || !is_ours {
            verification.reason = match failure {
                f if f.is_denied() => format!("GetAccessKeyLastUsed was denied: {f}"),
                f => format!("GetAccessKeyLastUsed: {f}"),
            };
            return verification;
        }
        if !key.id.starts_with("AKIA") {
            verification.reason = "a temporary key: the account keeps no list of those".into();
            return verification;
        }
        // Keys of the root user are not found by their id.
        match self.caller.call(Service::Iam, "GetAccountSummary", &[]) {
            Ok(summary) => {
                let root_keys = summary_entry(&summary, "AccountAccessKeysPresent");
                let root_keys = root_keys.and_then(|n| n.parse::<u32>().ok());
                if root_keys.unwrap_or(0) > 0 {
                    verification.reason =
                        "no user has this key, but the root user has keys: it may be one of them; \
                                           check the credential report"
                            .into();
                    return verification;
                }
            }
            Err(failure) => {
                verification
                    .facts
                    .insert("note".into(), format!("whether root has keys is not known: {failure}"));
            }
        }
        verification.verdict = Verdict::Revoked;
        verification.reason = "the account is yours and has no such key".into();
        verification
    }

    fn of_user(
        &mut self,
        aws: &Aws<'_>,
        key: &AwsKey,
        user: &str,
        mut verification: Verification,
    ) -> Verification {
        let by_name = [("UserName", user)];
        let mut keys = Vec::new();
        let listed = self.caller.pages(Service::Iam, "ListAccessKeys", &by_name, |page| {
            keys.extend(
                page.get("AccessKeyMetadata").and_then(Value::as_array).into_iter().flatten().cloned(),
            );
        });
        let own = keys.iter().find(|k| k.get("AccessKeyId").and_then(Value::as_str) == Some(&key.id));
        match (&listed, own.and_then(|k| k.get("Status")).and_then(Value::as_str)) {
            (Err(failure), _) => verification.reason = format!("ListAccessKeys: {failure}"),
            (Ok(()), Some("Active")) => {
                verification.verdict = Verdict::Live;
                verification.reason = "ListAccessKeys says Active".into();
            }
            (Ok(()), Some("Inactive")) => {
                verification.verdict = Verdict::Inactive;
                verification.reason = "ListAccessKeys says Inactive".into();
            }
            (Ok(()), Some(_)) => verification.reason = "ListAccessKeys gives no status".into(),
            (Ok(()), None) => {
                verification.verdict = Verdict::Revoked;
                verification.reason =
                    format!("user {} is there, the key is not", crate::address::escape(user.as_bytes()));
            }
        }
        let arn = self.arn_of(aws, user);
        verification.principal = Some(arn.clone());
        let mut learned = aws.learn(&self.caller, &Subject::User(user.to_string()), &arn);
        if listed.is_ok() {
            learned.snapshot.insert("AccessKeyMetadata".into(), keys.into());
        }
        facts::keys(&learned.snapshot, key, &mut verification);
        aws.assess(&learned, Some(&self.caller), &arn, key, &mut verification);
        verification
    }

    fn arn_of(&mut self, aws: &Aws<'_>, user: &str) -> String {
        let is_user = |u: &&Value| u.get("UserName").and_then(Value::as_str) == Some(user);
        let whole = aws.whole.borrow();
        let known = whole.get(&self.account).or(aws.given.as_ref()).and_then(|l| {
            l.snapshot
                .get("UserDetailList")?
                .as_array()?
                .iter()
                .find(is_user)?
                .get("Arn")?
                .as_str()
                .map(str::to_string)
        });
        if let Some(arn) = known {
            return arn;
        }
        let found = self.caller.call(Service::Iam, "GetUser", &[("UserName", user)]).ok();
        found.as_ref().and_then(|u| u.pointer("/User/Arn")).and_then(Value::as_str).map_or_else(
            || format!("arn:{}:iam::{}:user/{user}", self.caller.partition.name(), self.account),
            str::to_string,
        )
    }
}

/// GetAccountSummary gives a map, which XML writes as a list of entries.
fn summary_entry<'a>(summary: &'a Value, name: &str) -> Option<&'a str> {
    let entries = summary.get("SummaryMap")?.as_array()?;
    let entry = entries.iter().find(|e| e.get("key").and_then(Value::as_str) == Some(name))?;
    entry.get("value")?.as_str()
}
