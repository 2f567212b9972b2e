//! Ways up by handing a role to a service (`iam:PassRole`).
//!
//! PassRole is checked inside the service's own call: the role must be in its Resource, the service in
//! `iam:PassedToService`, and the role must trust the service. The rows differ in the service calls and
//! in what must be there already: an instance profile, a cluster, a running project.

use super::account::Role;
use super::condition::{Judgement, State, World};
use super::engine::View;
use super::escalation::{Found, Row};
use super::level::Level;
use super::policy::Effect;
use super::requirement::{Kind, Needs};
use super::targets::strong_role;

const SHOWN: usize = 10;

/// Checks a `pass-*` row.
pub fn check(view: &View<'_, '_>, row: &Row, actions: &[&str], met: Needs, depth: usize) -> Option<Found> {
    let calls: Vec<&str> = actions.iter().copied().filter(|a| *a != "iam:PassRole").collect();
    if !view.somewhere("iam:PassRole", met) || !view.together(&calls, met) {
        return None;
    }
    let services = row.services();
    let profile = row.condition.contains("instance profile") || row.id.starts_with("pass-ec2-");
    let account = view.engine.account;
    let mut found = Found { gained: Level::Admin, ..Found::default() };
    for role in account.roles.values() {
        if found.targets.len() >= SHOWN || role.service_linked() || (profile && role.profiles.is_empty()) {
            continue;
        }
        let arn = &role.entity.arn;
        let passable = services.iter().any(|service| {
            trusts(view, role, service)
                && view.on("iam:PassRole", arn, &[("iam:passedtoservice", Some(service))], met)
        });
        if passable && strong_role(view, arn, depth) {
            found.targets.push(arn.clone());
        }
    }
    if row.id == "pass-emr"
        && !account.roles.values().any(|r| !r.profiles.is_empty() && trusts(view, r, "ec2.amazonaws.com"))
    {
        found.targets.clear();
    }
    if found.targets.is_empty() {
        return (!account.complete).then(|| Found::potential("the account's roles are not in view"));
    }
    if row.id == "pass-transfer" {
        found.gained = Level::Destructive;
    }
    found.potential = missing(view, row.id, met);
    Some(found)
}

/// What else must be there already and is not in a snapshot of IAM.
fn missing(view: &View<'_, '_>, id: &str, met: Needs) -> Option<String> {
    let has = |actions: &[&str]| actions.iter().all(|action| view.somewhere(action, met));
    let why = match id {
        "pass-ec2-associate" | "pass-ec2-replace" => "an instance the caller can enter",
        "pass-cfn-update" => "a stack",
        "pass-cfn-stackset-update" => "a stack set",
        "pass-codebuild-update" => "a build project",
        "pass-glue-update" | "pass-glue-update-trigger" => "a job",
        "pass-ecs-run" | "pass-ecs-service" if !has(&["ecs:CreateCluster"]) => "a cluster",
        "pass-ecs-start" => "a cluster with container instances",
        "pass-ecs-update" => "a running service",
        "pass-batch" if !has(&["batch:CreateJobQueue"]) => "a job queue",
        "pass-cognito" => "an identity pool the caller can enter",
        "pass-lambda-esm"
            if ![
                ["sqs:CreateQueue", "sqs:SendMessage"],
                ["sqs:SendMessage", "sqs:SendMessage"],
                ["dynamodb:PutItem", "dynamodb:PutItem"],
                ["kinesis:PutRecord", "kinesis:PutRecord"],
            ]
            .iter()
            .any(|pair| has(pair)) =>
        {
            "a stream, table or queue the caller can feed"
        }
        _ => return None,
    };
    Some(format!("not seen: {why}"))
}

/// Whether a role's trust lets a service in. What the service sends of itself is taken as fitting, the
/// account it acts for as this one.
pub fn trusts(view: &View<'_, '_>, role: &Role, service: &str) -> bool {
    let Some(trust) = &role.trust else { return false };
    trust.statements.iter().any(|statement| {
        statement.effect == Effect::Allow
            && statement.actions.has_action("sts:AssumeRole")
            && statement.principals.as_ref().is_some_and(|p| {
                !p.not && (p.everyone || p.services.iter().any(|s| same_service(s, service)))
            })
            && statement.conditions.iter().all(|clause| {
                let state = match clause.key.as_str() {
                    "aws:sourceaccount" => State::Known(vec![view.actor.account.clone()]),
                    "sts:externalid" | "aws:multifactorauthpresent" | "aws:sourceip" => State::Absent,
                    _ => State::Open { kind: Kind::Other, counted: true, base: vec![], met: World::Any },
                };
                clause.judge(&state, true, &|text| Some(text.as_bytes().to_vec())) != Judgement::False
            })
    })
}

fn same_service(written: &str, service: &str) -> bool {
    if written == service {
        return true;
    }
    // `states.eu-west-1.amazonaws.com`, `ec2.amazonaws.com.cn`.
    let written = written.strip_suffix(".cn").unwrap_or(written);
    let head = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    written == service
        || written.strip_prefix(head).and_then(|rest| rest.strip_suffix(".amazonaws.com")).is_some_and(
            |region| region.is_empty() || (region.starts_with('.') && region.matches('-').count() >= 2),
        )
}
