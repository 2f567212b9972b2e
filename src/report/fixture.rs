//! A verified report for tests: a made-up account, judged by the real evaluator, and names that try to
//! steer whoever reads them.

use super::Report;
use super::tests::HOSTILE;
use crate::finding::{Finding, Severity};
use crate::net::http::{Call, Speaker};
use crate::verify::aws::iam::{self, Account, Assessment, Caller};
use crate::verify::verification::{OtherKey, Step, Verdict, Verification};
use serde_json::{Value, json};

/// A name that HTML, SVG, DOT, Mermaid and terminals would each read as something else.
pub(super) const NASTY: &str = "</text><script>alert(1)</script>\"'`;|]}&#x202e;\u{202e}\\N\n--> end";

const PRINCIPAL: &str = "arn:aws:iam::123456789012:user/shop-mobile";

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An account with a way up, a chain of roles, and conditions of each kind.
pub(super) fn account(policies: usize) -> Value {
    let trust = |who: &str| {
        policy(&json!([{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}]))
    };
    let role = |name: &str, trust: Value, statements: Value| {
        json!({"RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::123456789012:role/{name}"), "Path": "/",
               "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [], "Tags": [{"Key": "team", "Value": NASTY}],
               "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy(&statements)}]})
    };
    let own = json!([
        {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:PutBucketPolicy"], "Resource": "arn:aws:s3:::shop-uploads*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/deploy"},
        {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/env": "dev"}}},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Effect": "Allow", "Action": ["iam:CreatePolicyVersion", "iam:AttachUserPolicy"], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    ]);
    let mut inline = vec![
        json!({"PolicyName": "own", "PolicyDocument": policy(&own)}),
        json!({"PolicyName": NASTY, "PolicyDocument": policy(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]))}),
    ];
    inline.extend((2..policies).map(|i| {
        let read = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]);
        json!({"PolicyName": format!("part-{i:03}-of-many-with-a-long-name"), "PolicyDocument": policy(&read)})
    }));
    json!({
        "UserDetailList": [{"UserName": "shop-mobile", "UserId": "AIDASHOP", "Arn": PRINCIPAL, "Path": "/", "GroupList": ["app users"],
            "AttachedManagedPolicies": [], "UserPolicyList": inline,
            "Tags": [{"Key": "owner", "Value": NASTY}, {"Key": "env", "Value": "prod"}, {"Key": "criticality", "Value": "tier-1"}]}],
        "GroupDetailList": [{"GroupName": "app users", "GroupId": "AGPA1", "Arn": "arn:aws:iam::123456789012:group/app users", "Path": "/",
            "AttachedManagedPolicies": [], "GroupPolicyList": [{"PolicyName": "topics",
            "PolicyDocument": policy(&json!([{"Effect": "Allow", "Action": "sns:DeleteTopic", "Resource": "*"}]))}]}],
        "RoleDetailList": [
            role("deploy", trust("arn:aws:iam::123456789012:root"),
                json!([{"Effect": "Allow", "Action": ["sts:AssumeRole", "lambda:DeleteFunction"], "Resource": "*"}])),
            role("data", trust("arn:aws:iam::123456789012:role/deploy"),
                json!([{"Effect": "Allow", "Action": ["rds:*", "dynamodb:*"], "Resource": "*"}])),
        ],
        "Policies": []
    })
}

pub(super) fn assessment(policies: usize) -> Assessment {
    let bytes = account(policies).to_string();
    let account = Account::from_authorization_details(bytes.as_bytes()).unwrap();
    iam::assess(&account, &Caller { arn: PRINCIPAL.into(), ..Caller::default() }, &iam::Options::default())
}

/// The verification of a live key that can do much.
pub(super) fn live(policies: usize) -> Verification {
    Verification {
        verdict: Verdict::Live,
        reason: "GetCallerIdentity answered".into(),
        principal: Some(PRINCIPAL.into()),
        account_id: Some("123456789012".into()),
        secret_at: None,
        assessment: Some(assessment(policies)),
        facts: [
            ("age_days", "412"),
            ("last_used", "2026-11-02T10:00:00Z"),
            ("mfa_devices", "0"),
            (NASTY, NASTY),
        ]
        .map(|(k, v)| (k.into(), v.into()))
        .into(),
        other_keys: vec![OtherKey {
            id: "AKIAOTHEROTHEROTHERX".into(),
            status: "Active".into(),
            created: Some(NASTY.into()),
        }],
        grants: Vec::new(),
        gaps: vec!["iam:ListMFADevices was denied".into(), NASTY.into()],
        calls: vec![Call {
            host: "sts.amazonaws.com".into(),
            action: "sts:GetCallerIdentity".into(),
            speaker: Speaker::Found,
            count: 1,
        }],
        plan: vec![
            Step {
                title: "Deactivate the key".into(),
                why: "it stops working within seconds".into(),
                breaks: "what uses the key; last used yesterday".into(),
                commands: vec!["keysift revoke AKIAXXXXXXXXXXXXXXXX".into(), format!("echo '{NASTY}'")],
                documents: Vec::new(),
            },
            Step {
                title: "Demand MFA".into(),
                documents: vec![
                    policy(&json!([{"Sid": "x<y", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]))
                        .to_string(),
                    NASTY.into(),
                ],
                ..Step::default()
            },
            Step { title: NASTY.into(), ..Step::default() },
            Step { title: "Fix what shipped it".into(), ..Step::default() },
        ],
    }
}

/// The rich report, verified: a live key, a live token, one that is revoked, one that nobody could ask about.
pub(super) fn verified() -> Report {
    let mut report = super::tests::rich();
    for finding in &mut report.findings {
        let verification = match finding.pattern.as_str() {
            "aws.key-pair" => live(3),
            "aws.access-key-id" => Verification::unknown("no secret that fits answered"),
            "github.pat" => {
                finding.severity = Severity::High;
                Verification {
                    verdict: Verdict::Live,
                    principal: Some(HOSTILE.into()),
                    ..Verification::default()
                }
            }
            "generic.password" => {
                Verification { verdict: Verdict::Revoked, reason: NASTY.into(), ..Verification::default() }
            }
            _ => continue,
        };
        finding.verification = Some(Box::new(verification));
    }
    report
}

/// A finding with `nodes` boxes in its picture: fans, chains and a cycle.
pub(super) fn drawn(nodes: usize) -> Finding {
    use iam::{Edge, Kind, Node, NodeKind};
    let mut v = live(2);
    let assessment = v.assessment.as_mut().unwrap();
    assessment.escalations.clear();
    let kinds = [
        NodeKind::Policy,
        NodeKind::Role,
        NodeKind::Policy,
        NodeKind::Group,
        NodeKind::Target,
        NodeKind::Dangerous,
    ];
    let id = |i: usize| if i == 0 { PRINCIPAL.to_owned() } else { format!("arn:aws:iam::1:x/{i}") };
    assessment.graph.nodes = (0..nodes)
        .map(|i| Node {
            id: id(i),
            kind: if i == 0 { NodeKind::Principal } else { kinds[i % kinds.len()] },
            label: if i % 7 == 3 { format!("{NASTY} {i}") } else { format!("role/some-name-{i}") },
        })
        .collect();
    let edge = |from: usize, to: usize| Edge {
        from: id(from),
        to: id(to),
        label: "sts:AssumeRole".into(),
        condition: [Kind::Unconditional, Kind::Mfa, Kind::Tag][to % 3],
        potential: to.is_multiple_of(5),
    };
    let tree = (1..nodes).map(|i| edge(if i % 4 == 0 { i / 4 } else { 0 }, i));
    let across = (8..nodes).step_by(9).map(|i| edge(i, i / 2));
    assessment.graph.edges = tree.chain(across).collect();
    let mut finding =
        super::tests::rich().findings.into_iter().find(|f| f.pattern == "aws.key-pair").unwrap();
    finding.verification = Some(Box::new(v));
    finding
}
