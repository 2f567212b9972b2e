//! `--plan`: which hosts would be called, for what, and how often, before anything is.

use super::{Environment, Mode, Options, aws_key, providers};
use crate::finding::Finding;
use crate::net::aws::endpoint::{Endpoints, Service};
use crate::net::http::{Speaker, host_of};
use std::collections::BTreeMap;

/// Calls of one kind that would be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// Host and port.
    pub host: String,
    /// What is asked.
    pub action: String,
    /// With whose credential.
    pub speaker: Speaker,
    /// Least number of calls.
    pub least: usize,
    /// Most number of calls, as far as it is known beforehand.
    pub most: Option<usize>,
}

/// The calls that verifying `findings` would make. Nothing is called, read or resolved for it.
pub fn planned(
    findings: &[Finding],
    options: &Options,
    env: Environment<'_>,
) -> Result<Vec<Planned>, String> {
    let endpoints = Endpoints::new(options.endpoint_url.as_deref(), options.region.as_deref(), env)?;
    let mut plan: BTreeMap<(String, String, Speaker), (usize, Option<usize>)> = BTreeMap::new();
    let mut add = |url: &str, action: &str, speaker: Speaker, least: usize, most: Option<usize>| {
        let slot =
            plan.entry((host_of(url).to_string(), action.to_string(), speaker)).or_insert((0, Some(0)));
        slot.0 += least;
        slot.1 = slot.1.zip(most).map(|(a, b)| a + b);
    };
    let keys: std::collections::BTreeSet<_> = findings.iter().filter_map(aws_key).collect();
    let reads_iam = options.snapshot.is_none() && !options.identity_only;
    let partitions = endpoints.partitions();
    let first = partitions.first().copied().unwrap_or(crate::net::aws::endpoint::Partition::Aws);
    let (iam, _) = endpoints.url(Service::Iam, first);
    let (organisations, _) = endpoints.url(Service::Organizations, first);
    let reading = "Get…, List… of users, groups, roles and policies";
    let scps = "DescribeOrganization, ListPoliciesForTarget, DescribePolicy, ListParents";
    match options.mode {
        Mode::Snapshot => {}
        Mode::Key => {
            for key in &keys {
                let is_useless = key.secrets.is_empty() || key.id.starts_with("ASIA") && key.token.is_none();
                if is_useless || super::aws::is_refused_canary(&key.id, options) {
                    continue;
                }
                for (n, &partition) in partitions.iter().enumerate() {
                    let (sts, _) = endpoints.url(Service::Sts, partition);
                    let tries = key.secrets.len().min(options.max_candidates);
                    add(&sts, "sts:GetCallerIdentity", Speaker::Found, usize::from(n == 0), Some(tries));
                }
                if reads_iam {
                    add(&iam, "iam:GetAccountAuthorizationDetails", Speaker::Found, 0, None);
                    add(&iam, &format!("iam:{reading}"), Speaker::Found, 0, None);
                    add(&organisations, &format!("organizations:{scps}"), Speaker::Found, 0, None);
                }
            }
        }
        Mode::Responder if !keys.is_empty() => {
            let (sts, _) = endpoints.url(Service::Sts, first);
            let by = Speaker::Responder;
            add(&sts, "sts:GetCallerIdentity", by, 1, Some(1));
            for _ in &keys {
                add(&sts, "sts:GetAccessKeyInfo", by, 1, Some(1));
                add(&iam, "iam:GetAccessKeyLastUsed", by, 0, Some(1));
                add(&iam, "iam:GetAccountSummary", by, 0, Some(1));
                for action in ["iam:ListAccessKeys", "iam:GetUser", "iam:ListMFADevices"] {
                    add(&iam, action, by, 0, Some(1));
                }
            }
            if reads_iam {
                add(&iam, "iam:GetAccountAuthorizationDetails", by, 0, None);
                add(&iam, "iam:GetPolicy, GetPolicyVersion of AWS's own policies", by, 0, None);
                add(&organisations, &format!("organizations:{scps}"), by, 0, None);
            }
        }
        Mode::Responder => {}
    }
    if options.mode == Mode::Key {
        for (url, action, speaker, least, most) in providers::planned(findings, options)? {
            add(&url, &action, speaker, least, Some(most));
        }
    }
    let planned = |((host, action, speaker), (least, most))| Planned { host, action, speaker, least, most };
    Ok(plan.into_iter().map(planned).collect())
}
