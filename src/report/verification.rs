//! The member `verification` of a finding, for JSON and JSON lines.

use super::words;
use crate::address::escape;
use crate::verify::aws::iam::RoleReach;
use crate::verify::aws::iam::requirement::Needs;
use crate::verify::verification::Verification;
use serde_json::{Map, Value, json};

/// A verification as an object; what only AWS keys have is there when their rights could be judged.
pub(super) fn object(v: &Verification) -> Value {
    let mut object = json!({
        "verdict": v.verdict.name(),
        "reason": text(&v.reason),
        "principal": v.principal.as_deref().map(text),
        "account_id": v.account_id.as_deref().map(text),
        "candidate": v.secret_at,
        "facts": v.facts.iter().map(|(key, value)| (key.clone(), text(value).into())).collect::<Map<_, _>>(),
        "other_keys": list(&v.other_keys, |key| json!({
            "id": text(&key.id), "status": text(&key.status), "created": key.created.as_deref().map(text),
        })),
        "gaps": list(&v.gaps, |gap| text(gap).into()),
        "calls": list(&v.calls, |call| json!({
            "host": text(&call.host), "action": text(&call.action), "credential": call.speaker.name(), "count": call.count,
        })),
        "plan": list(&v.plan, |step| json!({
            "title": step.title, "why": text(&step.why), "breaks": text(&step.breaks),
            "commands": list(&step.commands, |c| text(c).into()),
            "documents": list(&step.documents, |d| text(d).into()),
        })),
    });
    let (Some(a), Value::Object(members)) = (&v.assessment, &mut object) else { return object };
    let owner = &a.ownership;
    let assessed = json!({
        "owner": owner.owner.as_deref().map(text),
        "team": owner.team.as_deref().map(text),
        "owner_by_roles": a.by_roles.owner.as_deref().or(a.by_roles.team.as_deref()).map(text),
        "environment": owner.env.as_deref().map(text),
        "criticality": owner.criticality.as_deref().map(text),
        "recovery": owner.dr.as_deref().map(text),
        "owner_from": texts(&owner.from),
        "tags": a.tags.iter().map(|(key, value)| (text(key), text(value).into())).collect::<Map<_, _>>(),
        "level": a.level.word(),
        "level_if": a.level_if.iter().map(|(key, level)| (key.clone(), level.word().into())).collect::<Map<_, _>>(),
        "dangerous": list(&a.dangerous, |d| json!({
            "group": d.group, "condition": d.condition.word(), "actions": d.actions, "actions_if": d.more,
            "requirements": texts(&d.requirements), "resources": texts(&d.resources),
            "via": d.via.as_deref().map(text),
        })),
        "roles": list(a.roles.iter().filter(|r| is_reached(r)), |r| text(&r.arn).into()),
        "roles_if": list(a.roles.iter().filter(|r| !is_reached(r)), |r| json!({
            "arn": text(&r.arn), "condition": r.condition.word(), "requirements": texts(&r.requirements),
            "potential": r.potential, "level": r.level.word(),
        })),
        "role_paths": list(&a.roles, |r| json!({"arn": text(&r.arn), "path": texts(&r.path), "level": r.level.word()})),
        "escalations": list(&a.escalations, |e| json!({
            "id": e.id, "actions": e.actions, "potential": e.potential, "targets": list(&e.targets, |t| text(&words::name(t)).into()),
            "gained": e.gained.word(), "condition": e.condition.word(), "requirements": texts(&e.requirements),
            "via": e.via.as_deref().map(text),
        })),
        "quarantined": a.quarantined,
        "notes": texts(&a.notes),
    });
    if let Value::Object(assessed) = assessed {
        members.extend(assessed);
    }
    object
}

/// Whether a role can be entered now: a tag or a region that the caller chooses is no obstacle.
pub(super) fn is_reached(role: &RoleReach) -> bool {
    role.needs.within(Needs::COUNTED) && !role.potential
}

fn list<T>(items: impl IntoIterator<Item = T>, object: impl Fn(T) -> Value) -> Value {
    items.into_iter().map(object).collect()
}

fn texts(texts: &[String]) -> Value {
    list(texts, |t| text(t).into())
}

/// Names come out of other people's accounts and servers: safe to print.
fn text(text: &str) -> String {
    escape(text.as_bytes())
}
