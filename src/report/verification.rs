//! The member `verification` of a finding, for JSON and JSON lines.

use crate::address::escape;
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
    let assessed = json!({
        "owner": a.owner.as_deref().map(text),
        "environment": a.environment.as_deref().map(text),
        "criticality": a.criticality.as_deref().map(text),
        "tags": a.tags.iter().map(|(key, value)| (text(key), text(value).into())).collect::<Map<_, _>>(),
        "level": a.level.name(),
        "level_if": a.level_if.iter().map(|(key, level)| (key.to_string(), level.name().into())).collect::<Map<_, _>>(),
        "dangerous": list(&a.dangerous, |d| json!({
            "group": d.group, "condition": d.condition, "actions": d.actions,
            "requirements": texts(&d.requirements), "resources": texts(&d.resources),
            "via": d.via.as_deref().map(text),
        })),
        "roles": list(a.roles.iter().filter(|r| r.condition.is_none()), |r| text(&r.arn).into()),
        "roles_if": list(a.roles.iter().filter(|r| r.condition.is_some()), |r| json!({
            "arn": text(&r.arn), "condition": r.condition, "requirements": texts(&r.requirements),
            "level": r.level.name(),
        })),
        "escalations": list(&a.escalations, |e| json!({
            "id": e.id, "actions": e.actions, "potential": e.potential, "target": e.target.as_deref().map(text),
            "gained": text(&e.gained), "requirements": texts(&e.requirements),
        })),
        "notes": texts(&a.notes),
    });
    if let Value::Object(assessed) = assessed {
        members.extend(assessed);
    }
    object
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
