//! A large account is assessed quickly: 5,000 users, 2,000 policies, 1,000 roles.

use keysift::verify::aws::iam::{Account, Caller, Level, Options, assess};
use serde_json::{Value, json};
use std::time::Instant;

const ID: &str = "123456789012";

fn allow(action: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn snapshot() -> Vec<u8> {
    let users: Vec<Value> = (0..5000)
        .map(|n| {
            json!({"UserName": format!("u{n}"), "Arn": format!("arn:aws:iam::{ID}:user/u{n}"), "UserId": format!("AIDA{n:017}"),
                "GroupList": [format!("g{}", n % 50)],
                "AttachedManagedPolicies": [
                    {"PolicyName": format!("p{}", n % 2000), "PolicyArn": format!("arn:aws:iam::{ID}:policy/p{}", n % 2000)}],
                "Tags": [{"Key": "owner", "Value": format!("team-{}", n % 7)}]})
        })
        .chain([
            ("keys", json!(["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup"])),
            ("assume", json!("sts:AssumeRole")),
            ("pass", json!(["iam:PassRole", "lambda:*", "ec2:*", "glue:*", "ecs:*"])),
            ("iam", json!("iam:*")),
            ("admin", json!("*")),
            ("read", json!(["ec2:Describe*", "s3:Get*"])),
            ("nothing", json!("zz:Nothing")),
        ].map(|(name, action)| {
            json!({"UserName": name, "Arn": format!("arn:aws:iam::{ID}:user/{name}"),
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": allow(action)}]})
        }))
        .collect();
    let groups: Vec<Value> = (0..50)
        .map(|n| {
            json!({"GroupName": format!("g{n}"), "Arn": format!("arn:aws:iam::{ID}:group/g{n}"),
                "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": allow(json!(["s3:Get*", "iam:CreateAccessKey", "sts:AssumeRole"]))}]})
        })
        .collect();
    let roles: Vec<Value> = (0..1000)
        .map(|n| {
            let principal = if n % 2 == 0 { json!({"AWS": format!("arn:aws:iam::{ID}:root")}) } else { json!({"Service": "lambda.amazonaws.com"}) };
            json!({"RoleName": format!("r{n}"), "Arn": format!("arn:aws:iam::{ID}:role/r{n}"),
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]},
                "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": allow(json!(["s3:*", "sts:AssumeRole"]))}]})
        })
        .collect();
    let policies: Vec<Value> = (0..2000)
        .map(|n| {
            json!({"PolicyName": format!("p{n}"), "Arn": format!("arn:aws:iam::{ID}:policy/p{n}"), "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "logs:PutLogEvents"], "Resource": format!("arn:aws:dynamodb:*:{ID}:table/t{n}")},
                    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::b{n}/*")}]}}]})
        })
        .collect();
    json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies})
        .to_string()
        .into_bytes()
}

#[test]
fn a_large_account() {
    let bytes = snapshot();
    let start = Instant::now();
    let account = Account::from_authorization_details(&bytes).expect("snapshot");
    println!("read {} bytes: {:?}", bytes.len(), start.elapsed());
    // Unoptimised builds are several times slower than the 2 s that a release build is held to.
    let most = if cfg!(debug_assertions) { 30.0 } else { 2.0 };
    for (name, level) in [
        ("u17", Level::Escalation),
        ("keys", Level::Escalation),
        ("assume", Level::Destructive),
        ("pass", Level::Destructive),
        ("iam", Level::Escalation),
        ("admin", Level::Admin),
        ("read", Level::Read),
        ("nothing", Level::Write),
    ] {
        let caller = Caller { arn: format!("arn:aws:iam::{ID}:user/{name}"), ..Caller::default() };
        let start = Instant::now();
        let got = assess(&account, &caller, &Options { now: 1_790_000_000, ..Options::default() });
        let took = start.elapsed();
        println!(
            "{name}: {:?} {took:?}, {} roles, {} ways up",
            got.level,
            got.roles.len(),
            got.escalations.len()
        );
        assert!(took.as_secs_f64() < most, "{name} took {took:?}");
        if name != "nothing" {
            assert_eq!(got.level, level, "{name}");
        }
    }
}
