//! What verification adds to a finding.

use super::aws::iam::Assessment;
use crate::net::http::Call;
use std::collections::BTreeMap;

/// Whether a credential opens something now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The provider took it, or its owner's account says that it is active.
    Live,
    /// It exists and is switched off; who may switch it on again has a live key.
    Inactive,
    /// It is known not to exist any more.
    Revoked,
    /// Its time is over.
    Expired,
    /// Everything else: nobody answered, or the answer proves nothing.
    #[default]
    Unknown,
}

impl Verdict {
    /// All verdicts, worst first.
    pub const ALL: [Verdict; 5] =
        [Verdict::Live, Verdict::Inactive, Verdict::Unknown, Verdict::Expired, Verdict::Revoked];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Live => "live",
            Verdict::Inactive => "inactive",
            Verdict::Revoked => "revoked",
            Verdict::Expired => "expired",
            Verdict::Unknown => "unknown",
        }
    }
}

/// One thing to do about a leaked credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// In a few words: "Deactivate the key".
    pub title: String,
    /// Why, and what it does.
    pub why: String,
    /// What may stop working.
    pub breaks: String,
    /// To paste into a shell, in order. They name the key id, never a secret.
    pub commands: Vec<String>,
    /// Policy documents to add, as JSON.
    pub documents: Vec<String>,
}

/// Another access key of the same user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherKey {
    /// Its id.
    pub id: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was made, as AWS writes it.
    pub created: Option<String>,
}

/// A policy that gives the user rights, as something that can be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A managed policy, by ARN.
    Attached(String),
    /// An inline policy, by name.
    Inline(String),
    /// What the members of a group get.
    Group(String),
}

impl Grant {
    /// The command that takes it away from `user`, which is quoted already.
    pub fn command(&self, user: &str) -> String {
        let quoted = super::remediation::quoted;
        match self {
            Grant::Attached(arn) => {
                format!("aws iam detach-user-policy --user-name {user} --policy-arn {}", quoted(arn))
            }
            Grant::Inline(name) => {
                format!("aws iam delete-user-policy --user-name {user} --policy-name {}", quoted(name))
            }
            Grant::Group(name) => {
                format!("aws iam remove-user-from-group --user-name {user} --group-name {}", quoted(name))
            }
        }
    }
}

/// What a provider tells about a credential, and what follows from it.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Whether it opens something.
    pub verdict: Verdict,
    /// Why the verdict is what it is, in words.
    pub reason: String,
    /// Whose it is: an ARN, or what the provider calls the owner.
    pub principal: Option<String>,
    /// AWS account.
    pub account_id: Option<String>,
    /// For pairs with several candidates: the one the provider took, counted from 0 after the pair's own
    /// secret.
    pub secret_at: Option<usize>,
    /// What the key can do, for AWS.
    pub assessment: Option<Assessment>,
    /// When the key was made, last used and with what, its user's other keys and MFA devices …
    pub facts: BTreeMap<String, String>,
    /// Other access keys of the same user.
    pub other_keys: Vec<OtherKey>,
    /// What gives the user its rights.
    pub grants: Vec<Grant>,
    /// What could not be read, in words.
    pub gaps: Vec<String>,
    /// The calls that were made for this finding.
    pub calls: Vec<Call>,
    /// What to do, in order.
    pub plan: Vec<Step>,
}

impl Verification {
    /// An unknown verdict, with its reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Verification { reason: reason.into(), ..Verification::default() }
    }
}
