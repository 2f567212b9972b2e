//! What verification found, in words: the same in every report that a person reads.

use crate::allow::By;
use crate::finding::Finding;
use crate::verify::aws::iam::{Assessment, FRESH, Kind, Level, NodeKind};
use crate::verify::verification::{Verdict, Verification};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a verdict means for who holds the credential.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Live => "it works now",
        Verdict::Inactive => "switched off; whoever may switch it on again has a live key",
        Verdict::Revoked => "it does not exist any more",
        Verdict::Expired => "its time is over",
        Verdict::Unknown => "nobody could say: treat it as live",
    }
}

/// What a level means.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Root => "the root user may do everything, and no policy of the account holds it back",
        Level::Admin => "it may do everything on everything in this account",
        Level::Escalation => "it is no administrator, but can make itself one",
        Level::Destructive => "it can destroy or reroute data, backups, networks or rights",
        Level::Write => "it can change things, by none of the actions that count as dangerous",
        Level::Read => "it can read; what it reads may be secret itself",
        Level::None => "it is allowed nothing",
        Level::Unknown => "what it may do could not be learned: treat it as an administrator",
    }
}

/// A key of `level_if`, such as `ip+mfa`.
pub(super) fn once(key: &str) -> String {
    let words = key.split('+').map(|word| match word {
        "mfa" => "a second factor (MFA) is given",
        "ip" => "it calls from the right address or network",
        "external-id" => "the external id is known",
        "other" => "a further condition is met",
        word => word,
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// A condition in words.
pub(super) fn condition(kind: Kind) -> &'static str {
    match kind {
        Kind::Unconditional => "no condition",
        Kind::Resource => "on some resources only",
        Kind::Tag => "by tag",
        Kind::Other => "under a condition",
        Kind::ExternalId => "needs an external id",
        Kind::Ip => "from certain networks only",
        Kind::Mfa => "needs MFA",
    }
}

/// A condition at an arrow; empty when there is none.
pub(super) fn short_condition(kind: Kind) -> &'static str {
    match kind {
        Kind::Unconditional => "",
        Kind::Resource => "some resources",
        Kind::Tag => "tag",
        Kind::Other => "condition",
        Kind::ExternalId => "external id",
        Kind::Ip => "ip",
        Kind::Mfa => "MFA",
    }
}

/// A group of dangerous actions by what it touches.
pub(super) fn group(group: &str) -> &str {
    match group {
        "bucket-policy" => "S3 bucket policies and settings",
        "dynamodb" => "DynamoDB tables and backups",
        "ec2" => "EC2 instances, volumes, images",
        "elasticache" => "ElastiCache clusters",
        "group" => "IAM group membership",
        "iam-policy" => "IAM users, roles, policies",
        "lambda" => "Lambda functions",
        "nacl" => "Network ACLs",
        "rds" => "RDS databases and backups",
        "redshift" => "Redshift clusters",
        "route53" => "Route 53 DNS",
        "s3" => "S3 buckets and objects",
        "security-groups" => "Security groups (firewalls)",
        "ses" => "SES e-mail",
        "sns" => "SNS topics",
        "sqs" => "SQS queues",
        "vpc-routes" => "VPC routes and gateways",
        "vpn" => "VPN connections",
        other => other,
    }
}

/// A kind of node.
pub(super) fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Principal => "key",
        NodeKind::Group => "group",
        NodeKind::Policy => "policy",
        NodeKind::Boundary => "boundary",
        NodeKind::Role => "role",
        NodeKind::Dangerous => "dangerous",
        NodeKind::Target => "way up",
        NodeKind::More => "",
    }
}

/// Nodes of a kind.
pub(super) fn kinds(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Principal => "keys",
        NodeKind::Group => "groups",
        NodeKind::Policy => "policies",
        NodeKind::Boundary => "boundaries",
        NodeKind::Role => "roles",
        NodeKind::Dangerous => "dangerous groups",
        NodeKind::Target => "targets of ways up",
        NodeKind::More => "boxes",
    }
}

/// A name of the account, or that it is one the key would make: the evaluator asks about names that nobody
/// has, and such a one says nothing to a reader.
pub(super) fn name(arn: &str) -> std::borrow::Cow<'_, str> {
    match arn.strip_suffix(FRESH) {
        Some(kind) => {
            let kind = kind.trim_end_matches('/').rsplit([':', '/']).next().unwrap_or_default();
            format!("a new {}", if kind.is_empty() { "name" } else { kind }).into()
        }
        None => arn.into(),
    }
}

/// Who owns a principal, or who might know.
pub(super) fn owner(a: &Assessment) -> String {
    let by_roles = a.by_roles.owner.as_ref().or(a.by_roles.team.as_ref());
    match (&a.ownership.owner, &a.ownership.team, by_roles) {
        (Some(owner), ..) => owner.clone(),
        (None, Some(team), _) => format!("no tag names one; {team} by another tag"),
        (None, None, Some(owner)) => format!("no tag names one; {owner} owns a role it reaches"),
        _ => "no tag names one".into(),
    }
}

/// A fact's name.
pub(super) fn fact(name: &str) -> String {
    match name {
        "age_days" => "age in days".into(),
        "mfa_devices" => "MFA devices".into(),
        other => other.replace('_', " "),
    }
}

/// What verification says of how urgent a finding is, most urgent first: live keys by level, then what
/// may be live, then what is over.
pub(super) fn urgency(finding: &Finding) -> Reverse<(u8, Level)> {
    let Some(v) = &finding.verification else { return Reverse((2, Level::Unknown)) };
    let verdict = match v.verdict {
        Verdict::Live => 5,
        Verdict::Inactive => 4,
        Verdict::Unknown => 3,
        Verdict::Expired => 1,
        Verdict::Revoked => 0,
    };
    Reverse((verdict, reach(v)))
}

/// A level, where unknown counts as the worst a level may turn out to be but root and admin.
fn reach(v: &Verification) -> Level {
    v.assessment.as_ref().map_or(Level::Unknown, |a| a.level)
}

/// `1 live admin key, 2 live tokens`, worst first; `None` when nothing is live.
pub(super) fn live<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Option<String> {
    let mut counts: BTreeMap<(Reverse<Level>, bool), u64> = BTreeMap::new();
    for v in findings.into_iter().filter_map(|f| f.verification.as_ref()) {
        if v.verdict == Verdict::Live {
            *counts.entry((Reverse(reach(v)), v.assessment.is_some())).or_default() += 1;
        }
    }
    let phrase = |((Reverse(level), is_assessed), count): (&(Reverse<Level>, bool), &u64)| {
        let many = if *count == 1 { "" } else { "s" };
        match (level, is_assessed) {
            (Level::Unknown, true) => format!("{count} live key{many} of unknown level"),
            (Level::Unknown, false) => format!("{count} live credential{many}"),
            (Level::None, _) => format!("{count} live key{many} without rights"),
            (level, _) => format!("{count} live {} key{many}", level.word()),
        }
    };
    let phrases: Vec<String> = counts.iter().map(phrase).collect();
    (!phrases.is_empty()).then(|| phrases.join(", "))
}
/// What let findings through.
pub(super) fn by(by: By) -> &'static str {
    match by {
        By::Config => "rules of keysift.toml",
        By::Comment => "comments beside them",
        By::Ignore => "an ignore file",
        By::Baseline => "a baseline",
        By::Excluded => "excluded paths",
        By::Disabled => "switched off patterns",
        By::Confidence => "too low confidence",
    }
}
