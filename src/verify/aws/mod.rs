//! AWS keys: who they are, what they can do. Three ways to ask, each chosen by the user.
//!
//! `key` lets the key speak for itself, `responder` asks with the responder's own credentials and uses
//! the key id alone, `snapshot` reads a file. What is read is the same in all three: the account in the
//! shape of GetAccountAuthorizationDetails ([`learn`]), and [`iam`] judges it.

mod canary;
mod facts;
pub mod iam;
mod judge;
pub mod key;
pub mod learn;
pub mod responder;
pub mod revoke;
pub mod snapshot;

use super::Options;
use super::verification::Verification;
use crate::net::aws::endpoint::{Endpoints, Partition};
use crate::net::aws::service::Caller;
use crate::net::aws::sigv4::Credential;
use crate::net::http::{Client, Speaker};
use crate::triage::decode::{self, Account};
use learn::{Learned, Subject};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A key as it was found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwsKey {
    /// Access key id.
    pub id: String,
    /// Secrets that may be its own, in the order of the evidence.
    pub secrets: Vec<String>,
    /// Session token.
    pub token: Option<String>,
}

/// What all modes share.
pub struct Aws<'a> {
    /// The way out; none in mode `snapshot`.
    pub client: &'a Client,
    /// Where the services are.
    pub endpoints: &'a Endpoints,
    /// What the user asked for.
    pub options: &'a Options,
    /// A snapshot that the user gave: nothing is read from IAM then.
    pub given: Option<Learned>,
    /// Seconds since 1970.
    pub now: u64,
    /// Accounts that a key could read whole: they serve for the other keys of the same account.
    pub whole: RefCell<BTreeMap<String, Learned>>,
}

impl<'a> Aws<'a> {
    fn caller(&self, credential: Credential, speaker: Speaker, partition: Partition) -> Caller<'a> {
        Caller { client: self.client, endpoints: self.endpoints, credential, speaker, partition }
    }

    /// A verification that says why a known canary was not asked; `None` when it may be.
    fn refuse_canary(&self, id: &str) -> Option<Verification> {
        let account = account_in(id)?;
        let service = canary::service_of(&account, &self.options.canary_accounts)?;
        if self.options.verify_canaries {
            return None;
        }
        Some(Verification {
            reason: format!(
                "a canary: its account is of {service}, which tells its owner when the key is used; \
                 it was not asked (--verify-canaries does)"
            ),
            account_id: Some(account),
            ..Verification::default()
        })
    }

    /// What `caller` may read of the account, or the snapshot that was given.
    fn learn(&self, caller: &Caller<'_>, subject: &Subject, arn: &str) -> Learned {
        if let Some(given) = &self.given {
            return given.clone();
        }
        if self.options.identity_only {
            return Learned {
                gaps: vec!["IAM was not asked (--identity-only)".into()],
                ..Learned::default()
            };
        }
        let account = arn.split(':').nth(4).unwrap_or_default();
        let known = self.whole.borrow().get(account).cloned();
        let mut learned = known.unwrap_or_else(|| self.read(caller, subject, arn, account));
        learn::keys_of(caller, subject, &mut learned);
        learned
    }

    fn read(&self, caller: &Caller<'_>, subject: &Subject, arn: &str, account: &str) -> Learned {
        let mut learned = learn::account(caller, subject, arn);
        // Who may not read all of IAM may not read the organisation either, and refusals raise alarms.
        if !learned.is_whole {
            return learned;
        }
        match learn::organisation(caller, account) {
            Ok(None) => {}
            Ok(Some(levels)) => {
                learned.snapshot.insert("OrganizationPolicies".into(), levels);
            }
            Err(failure) => {
                learned.gaps.push(format!("the organisation's policies (SCPs) are not known: {failure}"));
            }
        }
        self.whole.borrow_mut().insert(account.to_string(), learned.clone());
        learned
    }

    /// Judges a key that could not read its own rights by what another key of its account could read.
    pub fn judge_by_others(&self, key: &AwsKey, verification: &mut Verification) {
        let Some(arn) = verification.principal.clone() else { return };
        if verification.gaps.is_empty() || self.options.identity_only {
            return;
        }
        let account = arn.split(':').nth(4).unwrap_or_default().to_string();
        let Some(whole) = self.whole.borrow().get(&account).cloned() else { return };
        verification.gaps.clear();
        self.assess(&whole, None, &arn, key, verification);
        let note = "rights were read with another key that was found for the same account";
        verification.facts.insert("rights".into(), note.into());
    }

    /// Level, dangers, roles, ways up and owner of the principal `arn`.
    /// `caller` may be asked for more where the answer hangs on it.
    fn assess(
        &self,
        learned: &Learned,
        caller: Option<&Caller<'_>>,
        arn: &str,
        key: &AwsKey,
        verification: &mut Verification,
    ) {
        let caller = caller.filter(|_| self.given.is_none() && !self.options.identity_only);
        verification.gaps.extend(learned.gaps.iter().cloned());
        facts::age(self.now, verification);
        if let Some(Subject::User(name)) = Subject::of_arn(arn) {
            verification.grants = facts::grants(&learned.snapshot, &name);
        }
        match learned.account() {
            Ok(account) => {
                let assessment = judge::assess(account, caller, arn, key, self.options, self.now);
                verification.assessment = Some(assessment);
            }
            Err(reason) => verification.gaps.push(reason),
        }
    }
}

/// Whether the user's settings keep a key from being used because it is a known canary.
pub fn is_refused_canary(id: &str, options: &Options) -> bool {
    !options.verify_canaries
        && account_in(id).is_some_and(|a| canary::service_of(&a, &options.canary_accounts).is_some())
}

/// The account in a key id, as far as the id carries it.
pub fn account_in(id: &str) -> Option<String> {
    match decode::aws_account(id.as_bytes()) {
        Account::Id(account) => Some(format!("{account:012}")),
        _ => None,
    }
}
