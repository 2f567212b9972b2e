//! How far a principal's own policies reach, in one word.

use super::actor::{Actor, Origin, PrincipalKind, Source};
use super::catalogue::{self, Access};
use super::dangerous;
use super::engine::View;
use super::keys::Request;
use super::managed;
use super::policy::Effect;
use super::requirement::Needs;
use super::somewhere::FRESH;
use serde::Serialize;

/// The privilege level, lowest first; `Unknown` stands below all and is never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Could not be found out.
    #[default]
    Unknown,
    /// Live, and nothing is allowed.
    None,
    /// Looks.
    Read,
    /// Changes things.
    Write,
    /// Destroys or reroutes.
    Destructive,
    /// Makes itself admin, or reaches one.
    Escalation,
    /// Everything on everything, in effect.
    Admin,
    /// The account's root.
    Root,
}

impl Level {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
            Self::Escalation => "escalation",
            Self::Admin => "admin",
            Self::Root => "root",
        }
    }
}

/// The policy an escalation attaches.
pub fn administrator(actor: &Actor) -> String {
    format!("arn:{}:iam::aws:policy/AdministratorAccess", actor.partition)
}

/// Whether the principal has, in effect, everything once `met` is met.
///
/// Asked are actions and resources nobody names, as if its own Denies were gone; then whether it holds
/// enough of IAM to make another principal that is free of them, or to change itself where none of them
/// matters. So a Deny of some services does not lower an admin, a Deny of `iam:*` does, and a Deny of
/// everything but its own removal leaves an escalation. What only some resources or regions allow is
/// not everything.
pub fn is_admin(view: &View<'_, '_>, met: Needs) -> bool {
    if view.actor.kind == PrincipalKind::Root {
        return true;
    }
    let met = Needs(met.0 & !Needs::COUNTED.0);
    let action = format!("{FRESH}:{FRESH}");
    if !view.may_name(&action) {
        return false;
    }
    let free = view.changed(without_denies);
    if !probes(&free, met) {
        return false;
    }
    makes_another(view, met) || (changes_itself(view, met) && probes(view, met))
}

fn without_denies(actor: &mut Actor) {
    for source in &mut actor.sources {
        if source.document.statements.iter().any(|s| s.effect == Effect::Deny) {
            let mut document = (*source.document).clone();
            document.statements.retain(|s| s.effect == Effect::Allow);
            source.document = std::sync::Arc::new(document);
        }
    }
}

fn probes(view: &View<'_, '_>, met: Needs) -> bool {
    let (partition, account) = (&view.actor.partition, &view.actor.account);
    let probes = [
        (format!("{FRESH}:{FRESH}"), "*".to_owned()),
        (format!("{FRESH}:{FRESH}"), format!("arn:{partition}:{FRESH}:{FRESH}:{account}:{FRESH}/{FRESH}")),
        (format!("s3:{FRESH}"), format!("arn:{partition}:s3:::{FRESH}/{FRESH}")),
    ];
    probes.iter().all(|(action, resource)| beside_regions(view, action, resource, &[], met))
}

/// Whether an action is allowed in some region at least, where only a Deny speaks of regions: a lock to
/// some regions, as organisations have it, leaves an admin one.
fn beside_regions(
    view: &View<'_, '_>,
    action: &str,
    resource: &str,
    extra: &[(&str, Option<&str>)],
    met: Needs,
) -> bool {
    let request = Request { action, resource, extra };
    view.engine.case(&view.actor, &request, None).allowed_beside(met, met.with(Needs::CHOSEN))
}

/// Whether it can make a new user or role that is given everything.
fn makes_another(view: &View<'_, '_>, met: Needs) -> bool {
    let fresh =
        |what: &str| format!("arn:{}:iam::{}:{what}/{FRESH}", view.actor.partition, view.actor.account);
    let (user, role) = (fresh("user"), fresh("role"));
    let everything = administrator(&view.actor);
    let bare = [("iam:permissionsboundary", None), ("iam:policyarn", Some(everything.as_str()))];
    let on = |action: &str, resource: &str| beside_regions(view, action, resource, &bare, met);
    let new_user = on("iam:CreateUser", &user)
        && (on("iam:AttachUserPolicy", &user) || on("iam:PutUserPolicy", &user))
        && on("iam:CreateAccessKey", &user);
    new_user
        || (on("iam:CreateRole", &role)
            && (on("iam:AttachRolePolicy", &role) || on("iam:PutRolePolicy", &role)))
            && may_enter_if_named(view, &role, met)
}

fn changes_itself(view: &View<'_, '_>, met: Needs) -> bool {
    let what = if view.actor.kind == PrincipalKind::Role { "Role" } else { "User" };
    let everything = administrator(&view.actor);
    ["Attach", "Put"].iter().any(|verb| {
        let extra = [("iam:policyarn", Some(everything.as_str()))];
        beside_regions(view, &format!("iam:{verb}{what}Policy"), &view.actor.arn, &extra, met)
    })
}

/// Whether a user can leave a group.
pub fn leaves(view: &View<'_, '_>, group: &str, met: Needs) -> bool {
    group_arn(view, group).is_some_and(|arn| view.on("iam:RemoveUserFromGroup", &arn, &[], met))
}

/// The ARN of a group, made up where the group is not in view.
pub fn group_arn(view: &View<'_, '_>, name: &str) -> Option<String> {
    match view.engine.account.groups.get(name) {
        Some(group) => Some(group.arn.clone()),
        None => Some(format!("arn:{}:iam::{}:group/{name}", view.actor.partition, view.actor.account)),
    }
}

/// Whether AssumeRole would work on a role whose trust names the principal itself.
pub fn may_enter_if_named(view: &View<'_, '_>, role: &str, met: Needs) -> bool {
    if view.actor.kind == PrincipalKind::Root {
        return false;
    }
    let trust = super::policy::Document::from_value(&serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": view.actor.arn}, "Action": "sts:AssumeRole"}]
    }));
    let request = Request { action: "sts:AssumeRole", resource: role, extra: &[] };
    view.engine.case(&view.actor, &request, Some(&trust)).allowed_at(met)
}

/// The level of the principal's own policies alone: no roles, no escalations.
pub fn basic(view: &View<'_, '_>, met: Needs) -> Level {
    if is_admin(view, met) {
        return Level::Admin;
    }
    if dangerous::actions().any(|row| view.may_name(row.action) && view.ways(row.action).at(met).is_some()) {
        return Level::Destructive;
    }
    match access(view, met) {
        Access::Write => Level::Write,
        Access::Read => Level::Read,
        Access::Neutral => Level::None,
    }
}

/// The most that any allowed action does. What AWS itself calls read-only is, whatever it says of the
/// single action: `ReadOnlyAccess` holds some that the service reference lists as writing.
fn access(view: &View<'_, '_>, met: Needs) -> Access {
    let is_read_only = |s: &Source| match &s.origin {
        Origin::Attached(arn) | Origin::GroupAttached(_, arn) => managed::is_read_only(arn),
        _ => false,
    };
    if !view.actor.sources.iter().any(is_read_only) {
        return most(view, met);
    }
    let others = view.changed(|actor| actor.sources.retain(|s| !is_read_only(s)));
    most(view, met).min(Access::Read).max(most(&others, met))
}

fn most(view: &View<'_, '_>, met: Needs) -> Access {
    let allows: Vec<_> = view
        .actor
        .sources
        .iter()
        .flat_map(|s| &s.document.statements)
        .filter(|s| s.effect == Effect::Allow)
        .collect();
    if allows.is_empty() {
        return Access::Neutral;
    }
    let mut most = Access::Neutral;
    for (service, actions) in catalogue::services() {
        let speaks = allows.iter().any(|s| {
            s.actions.not
                || s.actions.patterns.iter().any(|p| {
                    p.split_once(':')
                        .is_none_or(|(head, _)| head == "*" || head.eq_ignore_ascii_case(service))
                })
        });
        if !speaks {
            continue;
        }
        for action in actions.values().filter(|a| a.access > Access::Neutral) {
            if action.access > most
                && view.may_name(&action.name)
                && view.ways(&action.name).at(met).is_some()
            {
                most = action.access;
            }
            if most == Access::Write {
                return most;
            }
        }
    }
    // What the list does not have is judged by its verb.
    for pattern in allows.iter().filter(|s| !s.actions.not).flat_map(|s| &s.actions.patterns) {
        let Some((service, _)) = pattern.split_once(':') else { continue };
        let listed = if pattern.contains(['*', '?']) {
            service == "*" || catalogue::knows_service(service)
        } else {
            catalogue::action(pattern).is_some()
        };
        let access = catalogue::by_verb(pattern);
        if !listed && access > most {
            let action = pattern.replace(['*', '?'], FRESH);
            if view.ways(&action).at(met).is_some() {
                most = access;
            }
        }
    }
    most
}
