//! Mode `key`: the key that was found asks who it is, then reads what it may read about itself.

use super::super::verification::{Verdict, Verification};
use super::learn::Subject;
use super::{Aws, AwsKey, facts};
use crate::net::aws::endpoint::{Partition, Service};
use crate::net::aws::protocol::Failure;
use crate::net::aws::service::Caller;
use crate::net::aws::sigv4::Credential;
use crate::net::http::Speaker;
use serde_json::Value;

/// What STS says of a key id and one secret.
enum Answer {
    /// It is this principal.
    Identity { arn: String, account: String, partition: Partition },
    /// The id is real and active, the secret is another's.
    WrongSecret,
    /// Decided, for good or for lack of an answer: other secrets would change nothing.
    Verdict(Verdict, String),
}

/// Asks with the key's own secrets, in the order of the evidence for them.
pub fn verify(aws: &Aws<'_>, key: &AwsKey) -> Verification {
    if key.secrets.is_empty() {
        return Verification::unknown(
            "no secret was found for this key id; mode responder needs the id alone",
        );
    }
    let is_temporary = key.id.starts_with("ASIA");
    if is_temporary && key.token.is_none() {
        return Verification::unknown(
            "a temporary key works with its session token only, and none was found",
        );
    }
    if let Some(refusal) = aws.refuse_canary(&key.id) {
        return refusal;
    }
    let tried = key.secrets.len().min(aws.options.max_candidates);
    for (at, secret) in key.secrets.iter().take(tried).enumerate() {
        let credential = Credential {
            id: key.id.clone(),
            secret: secret.clone(),
            // A token found beside a long-term key is another key's.
            token: key.token.clone().filter(|_| is_temporary),
        };
        match ask(aws, &credential) {
            Answer::WrongSecret => {}
            Answer::Verdict(verdict, reason) => {
                return Verification { verdict, reason, ..Verification::default() };
            }
            Answer::Identity { arn, account, partition } => {
                let mut verification = Verification {
                    verdict: Verdict::Live,
                    reason: "GetCallerIdentity answered".into(),
                    principal: Some(arn.clone()),
                    account_id: Some(account),
                    secret_at: Some(at),
                    ..Verification::default()
                };
                if at > 0 {
                    verification.reason +=
                        &format!("; the secret is candidate {} of {}", at + 1, key.secrets.len());
                }
                let caller = aws.caller(credential, Speaker::Found, partition);
                examine(aws, &caller, &arn, key, &mut verification);
                return verification;
            }
        }
    }
    let rest = key.secrets.len() - tried;
    let mut reason = match tried {
        1 => "the key id is real and active, but the secret is not its own".to_string(),
        _ => format!("the key id is real and active, but none of the {tried} secrets tried is its own"),
    };
    if rest > 0 {
        reason += &format!("; {rest} more were not tried (--max-candidates)");
    }
    Verification::unknown(reason)
}

fn ask(aws: &Aws<'_>, credential: &Credential) -> Answer {
    let unknown = |reason: String| Answer::Verdict(Verdict::Unknown, reason);
    let partitions = aws.endpoints.partitions();
    for &partition in &partitions {
        let caller = aws.caller(credential.clone(), Speaker::Found, partition);
        let result = caller.call(Service::Sts, "GetCallerIdentity", &[]);
        let failure = match result {
            Ok(value) => return identity(&value, partition),
            Err(failure) => failure,
        };
        match failure.code() {
            // Keys of one partition are strangers in all others.
            "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {}
            "SignatureDoesNotMatch" if !is_skew(&failure) => return Answer::WrongSecret,
            "ExpiredToken" | "ExpiredTokenException" => {
                return Answer::Verdict(Verdict::Expired, "the session has expired".into());
            }
            "SignatureDoesNotMatch" | "RequestTimeTooSkewed" | "RequestExpired" => {
                return unknown(format!("this machine's clock differs from AWS's ({failure})"));
            }
            // Another partition cannot be reached: what the first one said stands.
            "" if partition != partitions[0] => {}
            _ => return unknown(format!("{failure}")),
        }
    }
    unknown(
        "AWS does not know this key id: it is inactive, deleted, or never was one (InvalidClientTokenId)"
            .into(),
    )
}

fn is_skew(failure: &Failure) -> bool {
    let text = failure.to_string();
    text.contains("Signature expired") || text.contains("not yet current")
}

/// Only an answer that AWS would give is believed.
fn identity(value: &Value, partition: Partition) -> Answer {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (arn, account) = (text("Arn"), text("Account"));
    let is_plausible = Subject::of_arn(arn).is_some()
        && arn.split(':').nth(4) == Some(account)
        && arn.len() <= 2048
        && !text("UserId").is_empty();
    if !is_plausible {
        let reason = "GetCallerIdentity was answered, but not with a principal of AWS's own shape";
        return Answer::Verdict(Verdict::Unknown, reason.into());
    }
    let partition = Partition::of_arn(arn).unwrap_or(partition);
    Answer::Identity { arn: crate::address::escape(arn.as_bytes()), account: account.into(), partition }
}

/// Reads rights and owner, and corrects the verdict by what the account says of the key.
fn examine(aws: &Aws<'_>, caller: &Caller<'_>, arn: &str, key: &AwsKey, verification: &mut Verification) {
    let Some(subject) = Subject::of_arn(arn) else { return };
    let learned = aws.learn(caller, &subject, arn);
    facts::keys(&learned.snapshot, key, verification);
    aws.assess(&learned, Some(caller), arn, key, verification);
}
