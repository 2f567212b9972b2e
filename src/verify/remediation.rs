//! What to do about a leaked AWS key, in order: stop it, see what was done with it, repair, prevent.
//!
//! Commands name the key id, which identifies the key and opens nothing; the secret is never in them.

use super::Options;
use super::aws::AwsKey;
use super::aws::iam::Level;
use super::aws::iam::requirement::Needs;
use super::aws::learn::Subject;
use super::verification::{Step, Verdict, Verification};
use serde_json::json;

/// Roles and policies that get a command of their own.
const MAX_COMMANDS: usize = 10;

/// The plan for one key.
pub fn aws(key: &AwsKey, verification: &Verification, options: &Options) -> Vec<Step> {
    if matches!(verification.verdict, Verdict::Revoked | Verdict::Expired) {
        return over(key, verification);
    }
    let subject = verification.principal.as_deref().and_then(Subject::of_arn);
    let mut steps = Vec::new();
    match &subject {
        Some(Subject::Root) => steps.push(root()),
        Some(Subject::Role(role)) => steps.push(end_role_sessions(role, "End the session", options)),
        Some(Subject::User(user)) => {
            if verification.verdict != Verdict::Inactive {
                steps.push(deactivate(key, user, verification, options));
            }
            steps.push(end_user_sessions(user, verification, options));
        }
        _ if key.id.starts_with("ASIA") => steps.push(Step {
            title: "Find the role or user of this session and end it".into(),
            why: "a temporary key cannot be deactivated; CloudTrail names who made it".into(),
            breaks: "all sessions of that role or user that began before".into(),
            commands: vec![format!("aws sts get-access-key-info --access-key-id {}", key.id), trail(&key.id)],
            ..Step::default()
        }),
        _ => steps.push(find_and_deactivate(key)),
    }
    steps.push(look_up(key, verification));
    steps.extend(undo_ways_up(verification));
    if let Some(Subject::User(user)) = &subject {
        steps.push(less_rights(user, verification));
        steps.push(rotate(key, user));
        steps.push(require_mfa(user, verification));
    }
    steps.push(fix_app());
    steps
}

fn over(key: &AwsKey, verification: &Verification) -> Vec<Step> {
    let what = match verification.verdict {
        Verdict::Expired => "The session is over",
        _ => "The key is gone",
    };
    vec![
        Step {
            title: format!("{what}: see what it did while it lived"),
            why: "CloudTrail keeps management events for 90 days".into(),
            commands: vec![trail(&key.id)],
            ..Step::default()
        },
        fix_app(),
    ]
}

fn root() -> Step {
    Step {
        title: "Delete the root user's access key, now".into(),
        why: "it can do everything, and no policy of the account holds it back".into(),
        breaks: "whatever still signs with the root key".into(),
        commands: vec![
            "# sign in as the root user: https://console.aws.amazon.com/iam/home#/security_credentials"
                .into(),
            "# there: change the password, check the MFA devices, deactivate and delete the access key"
                .into(),
            "aws iam get-account-summary --query 'SummaryMap.AccountAccessKeysPresent'".into(),
        ],
        ..Step::default()
    }
}

fn profile(options: &Options) -> String {
    options.profile.as_deref().map_or(String::new(), |p| format!(" --profile {}", quoted(p)))
}

fn deactivate(key: &AwsKey, user: &str, verification: &Verification, options: &Options) -> Step {
    let fact = |name: &str| verification.facts.get(name).map(String::as_str);
    let breaks = match (fact("last_used"), fact("last_used_service"), fact("last_used_region")) {
        (Some("never"), ..) => "nothing: the key was never used".to_string(),
        (Some(date), service, region) => format!(
            "what uses the key; last used {date}{}{}",
            service.map_or(String::new(), |s| format!(" with {s}")),
            region.map_or(String::new(), |r| format!(" in {r}"))
        ),
        _ => "whatever still uses the key, at once".to_string(),
    };
    let profile = profile(options);
    Step {
        title: "Deactivate the key".into(),
        why: "it stops working within seconds, and can be switched on again if something important breaks"
            .into(),
        breaks,
        commands: vec![
            format!("keysift revoke {}{profile}", key.id),
            format!(
                "aws iam update-access-key --user-name {} --access-key-id {} --status Inactive{profile}",
                quoted(user),
                key.id
            ),
        ],
        ..Step::default()
    }
}

fn find_and_deactivate(key: &AwsKey) -> Step {
    Step {
        title: "Find the key's user and deactivate the key".into(),
        why: "with credentials of the key's own account; GetAccessKeyLastUsed names the user".into(),
        breaks: "whatever still uses the key, at once".into(),
        commands: vec![
            format!("aws sts get-access-key-info --access-key-id {}", key.id),
            format!("aws iam get-access-key-last-used --access-key-id {}", key.id),
            format!("keysift verify responder --key-id {}", key.id),
            format!("keysift revoke {}", key.id),
        ],
        ..Step::default()
    }
}

/// Sessions that were made with a key outlive it.
fn end_user_sessions(user: &str, verification: &Verification, options: &Options) -> Step {
    let profile = profile(options);
    let roles = verification
        .assessment
        .iter()
        .flat_map(|a| &a.roles)
        .filter(|r| r.needs.within(Needs::COUNTED) && !r.potential);
    let roles: Vec<&str> = roles.filter_map(|r| r.arn.rsplit('/').next()).take(MAX_COMMANDS).collect();
    let mut commands = vec![
        "NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)".to_string(),
        format!(
            "aws iam put-user-policy --user-name {} --policy-name RevokeOlderSessions --policy-document \"{}\"{profile}",
            quoted(user),
            older_sessions("$NOW").replace('"', "\\\"")
        ),
    ];
    commands.extend(roles.iter().map(|role| revoke_role(role, &profile)));
    Step {
        title: "End sessions that were made with it".into(),
        why: if roles.is_empty() {
            "session tokens (up to 36 hours) stay valid when the key is switched off".into()
        } else {
            "session tokens (up to 36 hours) and sessions of the roles it can assume (up to 12 hours) stay valid".into()
        },
        breaks: "other sessions of this user and of these roles that are open now; clients renew them".into(),
        commands,
        ..Step::default()
    }
}

fn end_role_sessions(role: &str, title: &str, options: &Options) -> Step {
    Step {
        title: title.into(),
        why: "a session cannot be revoked one by one; the role can refuse all that began before now".into(),
        breaks: "every session of the role that is open now; services and instances renew theirs".into(),
        commands: vec!["NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)".into(), revoke_role(role, &profile(options))],
        ..Step::default()
    }
}

fn revoke_role(role: &str, profile: &str) -> String {
    format!(
        "aws iam put-role-policy --role-name {} --policy-name AWSRevokeOlderSessions --policy-document \"{}\"{profile}",
        quoted(role),
        older_sessions("$NOW").replace('"', "\\\"")
    )
}

/// IAM User Guide, "Revoke IAM role temporary security credentials".
fn older_sessions(now: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}}}]})
    .to_string()
}

fn trail(id: &str) -> String {
    format!(
        "for r in $(aws ec2 describe-regions --query 'Regions[].RegionName' --output text); do aws cloudtrail \
         lookup-events --region \"$r\" --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={id} --query \
         'Events[].[EventTime,EventSource,EventName,Username]' --output text; done"
    )
}

fn look_up(key: &AwsKey, verification: &Verification) -> Step {
    let mut commands = vec![trail(&key.id)];
    if let Some(Subject::User(user)) = verification.principal.as_deref().and_then(Subject::of_arn) {
        commands.push(format!(
            "aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=Username,AttributeValue={}",
            quoted(&user)
        ));
    }
    commands.push("aws iam generate-credential-report && sleep 5 && aws iam get-credential-report --query Content --output text | base64 -d".into());
    Step {
        title: "See what was done with it".into(),
        why: "CloudTrail keeps management events for 90 days, by region; what reads data (S3 objects) is in data \
              events only where those are switched on. keysift's own calls carry its user agent"
            .into(),
        breaks: "nothing: this reads".into(),
        commands,
        ..Step::default()
    }
}

/// Where the key could raise itself, look for what was left behind.
fn undo_ways_up(verification: &Verification) -> Option<Step> {
    let assessment = verification.assessment.as_ref()?;
    let has_iam =
        assessment.level >= Level::Escalation || assessment.dangerous.iter().any(|d| d.group == "iam-policy");
    if !has_iam {
        return None;
    }
    let names = [
        "CreateUser",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateRole",
        "AttachUserPolicy",
        "AttachRolePolicy",
        "PutUserPolicy",
        "PutRolePolicy",
        "CreatePolicyVersion",
        "UpdateAssumeRolePolicy",
        "AddUserToGroup",
        "CreateFunction20150331",
        "RunInstances",
    ];
    let list = names.join(" ");
    Some(Step {
        title: "Look for doors that were left open".into(),
        why: "the key can change rights: users, keys, roles and policies made since the leak may be the intruder's".into(),
        breaks: "nothing: this reads".into(),
        commands: vec![format!(
            "for e in {list}; do aws cloudtrail lookup-events --region us-east-1 --lookup-attributes \
             AttributeKey=EventName,AttributeValue=$e --query 'Events[].[EventTime,EventName,Username]' --output text; done"
        )],
        ..Step::default()
    })
}

/// Takes away what the key did not need.
fn less_rights(user: &str, verification: &Verification) -> Step {
    let user_name = quoted(user);
    let mut commands = vec![
        format!("aws iam list-attached-user-policies --user-name {user_name}"),
        format!("aws iam list-user-policies --user-name {user_name}"),
        format!("aws iam list-groups-for-user --user-name {user_name}"),
    ];
    for grant in verification.grants.iter().take(MAX_COMMANDS) {
        commands.push(grant.command(&user_name));
    }
    Step {
        title: "Take away what it does not need".into(),
        why: "an app needs a few actions on a few resources; see which services it used in a year".into(),
        breaks: "what the user did through the policies that are taken away".into(),
        commands: commands
            .into_iter()
            .chain(
                verification.principal.as_ref().map(|arn| {
                    format!("aws iam generate-service-last-accessed-details --arn {}", quoted(arn))
                }),
            )
            .collect(),
        ..Step::default()
    }
}

fn rotate(key: &AwsKey, user: &str) -> Step {
    let user = quoted(user);
    Step {
        title: "Rotate, then delete".into(),
        why: "only what cannot work without a long-term key gets a new one; the old one is deleted when nothing \
              asks for it any more"
            .into(),
        breaks: "deleting cannot be undone".into(),
        commands: vec![
            format!("aws iam create-access-key --user-name {user}   # a user has two keys at most; straight into a secrets manager"),
            format!("aws iam get-access-key-last-used --access-key-id {}", key.id),
            format!("aws iam delete-access-key --user-name {user} --access-key-id {}", key.id),
        ],
        ..Step::default()
    }
}

/// Conditions that make a key alone useless for what destroys.
fn require_mfa(user: &str, verification: &Verification) -> Step {
    let dangerous = verification.assessment.iter().flat_map(|a| &a.dangerous);
    let mut actions: Vec<&str> = dangerous.flat_map(|d| d.actions.iter().map(String::as_str)).collect();
    actions.sort_unstable();
    actions.dedup();
    actions.truncate(60);
    if actions.is_empty() {
        actions = vec!["iam:*"];
    }
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Sid": "DangerousOnlyWithMfa", "Effect": "Deny",
        "Action": actions, "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]});
    let tags = json!({"Version": "2012-10-17", "Statement": [{"Sid": "NotProduction", "Effect": "Deny",
        "Action": actions, "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/env": "prod"}}}]});
    Step {
        title: "Demand MFA, and tags, for what destroys".into(),
        why: "BoolIfExists also refuses plain long-term keys, which carry no MFA value at all. Not every action \
              carries resource tags: test the second one"
            .into(),
        breaks: format!("scripts of {user} that do this without MFA, or in production"),
        commands: vec![format!("aws iam tag-user --user-name {} --tags Key=owner,Value=TEAM Key=env,Value=ENV", quoted(user))],
        documents: vec![deny.to_string(), tags.to_string()],
    }
}

fn fix_app() -> Step {
    Step {
        title: "Fix what shipped it".into(),
        why: "copies of the app stay in the world, so the key must never be valid again. Let the app get short-lived \
              rights: a Cognito identity pool with a narrow role, or signed URLs and sessions (STS) from your own \
              back end. In pipelines use OIDC roles. Then let keysift scan each build before it is published"
            .into(),
        breaks: "old versions of the app, once the key is gone".into(),
        ..Step::default()
    }
}

/// A word for a POSIX shell.
pub fn quoted(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_:/-".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Mode;

    fn key(id: &str) -> AwsKey {
        AwsKey { id: id.into(), secrets: vec!["s3cret".into()], token: None }
    }

    fn plan(principal: Option<&str>, verdict: Verdict, id: &str) -> Vec<Step> {
        let verification =
            Verification { verdict, principal: principal.map(str::to_string), ..Verification::default() };
        aws(&key(id), &verification, &Options::new(Mode::Key))
    }

    #[test]
    fn the_first_step_stops_the_key() {
        let titles = |steps: &[Step]| steps.iter().map(|s| s.title.clone()).collect::<Vec<_>>();
        let user = plan(Some("arn:aws:iam::123456789012:user/a/ci"), Verdict::Live, "AKIAX");
        assert_eq!(user[0].title, "Deactivate the key");
        assert!(user[0].commands[1].contains("--user-name ci --access-key-id AKIAX --status Inactive"));
        let off = plan(Some("arn:aws:iam::123456789012:user/ci"), Verdict::Inactive, "AKIAX");
        assert!(!titles(&off).contains(&"Deactivate the key".to_string()));
        let root = plan(Some("arn:aws:iam::123456789012:root"), Verdict::Live, "AKIAX");
        assert!(root[0].title.contains("root user"));
        let session = plan(Some("arn:aws:sts::123456789012:assumed-role/Ops/x"), Verdict::Live, "ASIAX");
        assert!(session[0].commands[1].contains("--role-name Ops"));
        assert!(
            plan(None, Verdict::Unknown, "AKIAX")[0]
                .commands
                .iter()
                .any(|c| c.contains("keysift revoke AKIAX"))
        );
        assert!(titles(&plan(None, Verdict::Revoked, "AKIAX"))[0].contains("gone"));
    }

    #[test]
    fn commands_hold_no_secret_and_quote_strange_names() {
        let steps = plan(Some("arn:aws:iam::123456789012:user/a b';rm -rf"), Verdict::Live, "AKIAX");
        for command in steps.iter().flat_map(|s| s.commands.iter().chain(&s.documents)) {
            assert!(!command.contains("s3cret"));
        }
        assert!(steps[0].commands[1].contains("'a b'\\'';rm -rf'"));
        for document in steps.iter().flat_map(|s| &s.documents) {
            serde_json::from_str::<serde_json::Value>(document).unwrap();
        }
    }
}
