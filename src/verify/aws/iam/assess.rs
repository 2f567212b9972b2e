//! From a principal to what its key can do.
//!
//! The level is taken three times over: by the own policies, by the roles reached, by the ways up; the
//! highest counts. It is taken for the holder of the key alone, then again for each thing that may be
//! met (`level_if`), and only what is higher is reported. An admin's ways up are not listed: there is
//! nothing above.

use super::account::Account;
use super::actor::{Actor, Boundary, Caller, Credential, PrincipalKind};
use super::dangerous::{self, Dangerous, Through};
use super::engine::{Engine, Options, View};
use super::escalation::{self, DEPTH, Escalation};
use super::graph::{self, Graph};
use super::level::Level;
use super::managed;
use super::owner::{self, Ownership};
use super::requirement::{Kind, Needs};
use super::roles::{self, Chains, RoleReach};
use super::targets::strong_role;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const MAX_NOTES: usize = 60;

/// What a key can do.
#[derive(Debug, Clone, Serialize)]
pub struct Assessment {
    /// ARN of the user, the role or the root.
    pub principal: String,
    /// Its kind.
    pub kind: PrincipalKind,
    /// The account.
    pub account_id: String,
    /// The level of whoever holds the key, alone.
    pub level: Level,
    /// The level once something is met, where it is higher.
    pub level_if: BTreeMap<String, Level>,
    /// Groups of dangerous actions with their weakest condition.
    pub dangerous: Vec<Dangerous>,
    /// Roles reached, or perhaps reached.
    pub roles: Vec<RoleReach>,
    /// Ways up.
    pub escalations: Vec<Escalation>,
    /// Whose it is, by the principal's own tags.
    pub ownership: Ownership,
    /// The same of the roles it reaches, the nearest first: whom to ask, where the principal says nothing.
    pub by_roles: Ownership,
    /// All tags of the principal.
    pub tags: BTreeMap<String, String>,
    /// Whether AWS itself has attached a quarantine policy.
    pub quarantined: bool,
    /// What else is worth saying, in words.
    pub notes: Vec<String>,
    /// The blast radius.
    pub graph: Graph,
}

/// Assesses the holder of a key.
pub fn assess(account: &Account, caller: &Caller, options: &Options) -> Assessment {
    let engine = Engine::new(account, options);
    let view = View::new(&engine, Actor::of_caller(account, caller));
    let tried = worlds_to_try(relevant(&view));
    let mut chains = Chains::new(&view);
    let (mut reached, worlds) = roles_by_world(&mut chains, &tried);
    let role_views: BTreeMap<String, View<'_, '_>> =
        reached.keys().map(|arn| (arn.clone(), roles::view_of(&engine, &view.actor, arn))).collect();
    for (met, arns) in &worlds {
        view.set_reached(*met, arns.clone());
    }

    let climbing: BTreeSet<&String> =
        role_views.iter().filter(|(_, role)| escalation::names_any(role)).map(|(arn, _)| arn).collect();
    let mut levels: BTreeMap<Needs, Level> = BTreeMap::new();
    let mut ways: BTreeMap<Needs, Vec<Escalation>> = BTreeMap::new();
    for (met, arns) in &worlds {
        let mut found = escalation::all(&view, *met, DEPTH);
        for arn in arns {
            if let Some(role) = role_views.get(arn)
                && climbing.contains(arn)
                && !strong_role(role, arn, 0)
            {
                let own = escalation::all(role, *met, DEPTH - 1);
                // Chains of roles were followed already.
                let own = own.into_iter().filter(|e| e.id != "sts-assume");
                found.extend(own.map(|e| Escalation { via: Some(arn.clone()), ..e }));
            }
        }
        levels.insert(*met, level_in(&view, &role_views, arns, &found, *met));
        ways.insert(*met, found);
    }
    for role in reached.values_mut() {
        if let Some(view) = role_views.get(&role.arn) {
            role.level = if strong_role(view, &role.arn, 0) {
                Level::Admin
            } else if strong_role(view, &role.arn, 1) {
                Level::Escalation
            } else {
                view.basic(Needs::COUNTED)
            };
        }
    }
    let level = levels.get(&Needs::COUNTED).copied().unwrap_or_default();
    let level = unless_in_doubt(level, &view.actor);
    let mut listed = list_ways(&ways, &tried);
    if matches!(level, Level::Admin | Level::Root) {
        listed.clear();
    }
    let dangerous = dangerous::groups(&through(&view, &role_views, &reached));
    let mut roles: Vec<RoleReach> = reached.into_values().collect();
    for role in roles::out_of_view(&view) {
        if !roles.iter().any(|r| r.arn == role.arn) {
            roles.push(role);
        }
    }
    let tags = view.actor.tags.clone().unwrap_or_default();
    let ownership = owner::ownership(&[(view.actor.arn.as_str(), &tags)], options);
    let mut near: Vec<&RoleReach> = roles.iter().filter(|r| !r.potential).collect();
    near.sort_by_key(|r| (r.needs, r.path.len()));
    let tagged: Vec<(&str, &super::account::Tags)> = near.iter().map(|r| (r.arn.as_str(), &r.tags)).collect();
    let by_roles = owner::ownership(&tagged, options);

    let mut assessment = Assessment {
        principal: view.actor.arn.clone(),
        kind: view.actor.kind,
        account_id: view.actor.account.clone(),
        level,
        level_if: level_if(&levels, level, &tried),
        dangerous,
        roles,
        escalations: listed,
        ownership,
        by_roles,
        tags,
        quarantined: quarantined(&view.actor),
        notes: Vec::new(),
        graph: Graph::default(),
    };
    assessment.notes = notes(&view, caller, &assessment);
    assessment.graph = graph::draw(&view.actor, &assessment, options.graph_nodes);
    assessment
}

type Worlds = Vec<(Needs, Vec<String>)>;

/// The roles reached at all, each by its weakest chain, and those of each world that differs.
fn roles_by_world(chains: &mut Chains<'_, '_, '_>, tried: &[Needs]) -> (BTreeMap<String, RoleReach>, Worlds) {
    let mut reached = BTreeMap::new();
    let mut worlds = Vec::new();
    for &met in tried {
        let found = chains.reached(met);
        worlds.push((met, found.keys().cloned().collect()));
        for (arn, role) in found {
            reached.entry(arn).or_insert(role);
        }
    }
    (reached, worlds)
}

/// What counts alone, then with each thing that waits, then with pairs and all of them.
fn worlds_to_try(relevant: Needs) -> Vec<Needs> {
    let all = relevant.with(Needs::COUNTED);
    let mut out: Vec<Needs> = (0..16u8).map(|waiting| Needs(waiting << 2 | Needs::COUNTED.0)).collect();
    out.sort_by_key(|met| (met.0.count_ones(), *met));
    out.retain(|met| met.within(all) && (met.0.count_ones() <= 4 || *met == all));
    out
}

/// The kinds of condition that any policy here speaks of: others need not be tried.
fn relevant(view: &View<'_, '_>) -> Needs {
    let account = view.engine.account;
    let mut out = Needs::NONE;
    let mut read = |document: &super::policy::Document| {
        for clause in document.statements.iter().flat_map(|s| &s.conditions) {
            let key = clause.key.as_str();
            out = out.with(if key.starts_with("aws:multifactor") {
                Needs::MFA
            } else if key == "sts:externalid" {
                Needs::EXTERNAL_ID
            } else if key.contains("sourceip") || key.contains("vpc") {
                Needs::IP
            } else {
                Needs::OTHER
            });
        }
    };
    let own = view.actor.sources.iter().map(|s| &s.document).chain(&view.actor.session);
    own.for_each(|d| read(d));
    if let Boundary::Document(document) = &view.actor.boundary {
        read(document);
    }
    // A group that can be joined brings its own conditions.
    for group in account.groups.values().filter(|_| view.may_name("iam:AddUserToGroup")) {
        group.inline.iter().for_each(|p| read(&p.document));
        group.attached.iter().filter_map(|arn| account.document(arn)).for_each(|d| read(&d));
    }
    for policy in
        account.organization.iter().flat_map(|o| o.levels.iter().flatten().chain(&o.resource_policies))
    {
        read(&policy.document);
    }
    // Only roles that a principal may enter matter, but their policies and trusts all may.
    for role in account.roles.values().filter(|r| roles::enterable(r)) {
        role.trust.iter().for_each(|d| read(d));
        role.entity.inline.iter().for_each(|p| read(&p.document));
        let attached = role.entity.attached.iter().chain(&role.entity.boundary);
        attached.filter_map(|arn| account.document(arn)).for_each(|d| read(&d));
    }
    if matches!(view.actor.boundary, Boundary::Unread)
        || account
            .roles
            .values()
            .any(|r| r.entity.boundary.as_ref().is_some_and(|b| account.document(b).is_none()))
    {
        out = out.with(Needs::OTHER);
    }
    out
}

fn level_in(
    view: &View<'_, '_>,
    role_views: &BTreeMap<String, View<'_, '_>>,
    reached: &[String],
    ways: &[Escalation],
    met: Needs,
) -> Level {
    if view.actor.kind == PrincipalKind::Root {
        return Level::Root;
    }
    let mut level = view.basic(met);
    if level == Level::Admin {
        return level;
    }
    if ways.iter().any(|e| !e.potential && e.gained >= Level::Escalation) {
        return Level::Escalation;
    }
    for arn in reached {
        if let Some(role) = role_views.get(arn) {
            level = level.max(match role.basic(met) {
                Level::Admin => Level::Escalation,
                other => other,
            });
        }
    }
    level
}

/// Nothing is not said of a principal whose policies were not all read.
fn unless_in_doubt(level: Level, actor: &Actor) -> Level {
    if level == Level::None && (actor.unread || !actor.doubts.is_empty()) { Level::Unknown } else { level }
}

fn level_if(levels: &BTreeMap<Needs, Level>, level: Level, tried: &[Needs]) -> BTreeMap<String, Level> {
    let mut out: BTreeMap<String, (Needs, Level)> = BTreeMap::new();
    for &met in tried {
        let waiting = Needs(met.0 & !Needs::COUNTED.0);
        let Some(&higher) = levels.get(&met) else { continue };
        if waiting.is_none() || higher <= level || higher == Level::None {
            continue;
        }
        // More conditions are only worth a line where fewer do not reach as far.
        if out.values().any(|(less, reached)| less.within(waiting) && *reached >= higher) {
            continue;
        }
        out.insert(waiting.key(), (waiting, higher));
    }
    out.into_iter().map(|(key, (_, level))| (key, level)).collect()
}

/// The ways of the counted world, then those that wait for something, marked so.
fn list_ways(worlds: &BTreeMap<Needs, Vec<Escalation>>, tried: &[Needs]) -> Vec<Escalation> {
    let mut out: Vec<Escalation> = Vec::new();
    for &met in tried {
        let waiting = Needs(met.0 & !Needs::COUNTED.0);
        for way in worlds.get(&met).into_iter().flatten() {
            let known =
                out.iter().any(|e| e.id == way.id && (e.via == way.via || e.via.is_none() && !e.potential));
            if known {
                continue;
            }
            let mut way = way.clone();
            if !waiting.is_none() {
                way.potential = true;
                way.condition = waiting.kind(false);
                way.requirements.insert(0, format!("once met: {}", waiting.key()));
            }
            out.push(way);
        }
    }
    out.sort_by(|a, b| (a.potential, &a.id, &a.via).cmp(&(b.potential, &b.id, &b.via)));
    out
}

fn through<'v, 'e, 'a>(
    view: &'v View<'e, 'a>,
    role_views: &'v BTreeMap<String, View<'e, 'a>>,
    reached: &'v BTreeMap<String, RoleReach>,
) -> Vec<Through<'v, 'e, 'a>> {
    let mut out = vec![Through { view, via: None, needs: Needs::NONE, words: &[] }];
    let mut roles: Vec<&RoleReach> = reached.values().collect();
    roles.sort_by_key(|r| (r.needs, r.path.len()));
    for role in roles {
        if let Some(view) = role_views.get(&role.arn) {
            out.push(Through { view, via: Some(&role.arn), needs: role.needs, words: &role.requirements });
        }
    }
    out
}

fn quarantined(actor: &Actor) -> bool {
    actor.sources.iter().any(|s| match &s.origin {
        super::actor::Origin::Attached(arn) | super::actor::Origin::GroupAttached(_, arn) => {
            managed::is_quarantine(arn)
        }
        _ => s.name.starts_with("AWSCompromisedKeyQuarantine"),
    })
}

fn notes(view: &View<'_, '_>, caller: &Caller, assessment: &Assessment) -> Vec<String> {
    let actor = &view.actor;
    let account = view.engine.account;
    let mut out: Vec<String> = Vec::new();
    if assessment.quarantined {
        out.push(
            "AWS has attached a quarantine policy: it already knows that the key leaked; the key stays active and what the policy does not name still works"
                .to_owned(),
        );
    }
    if actor.unread {
        out.push("the principal's policies are not in view".to_owned());
    }
    out.extend(actor.doubts.iter().cloned());
    if let (Some(arn), false) = (&actor.boundary_arn, matches!(actor.boundary, Boundary::Unread)) {
        out.push(format!("capped by the permissions boundary {arn}"));
    }
    if let Some(user) = account.user(&caller.arn).filter(|_| actor.kind == PrincipalKind::User) {
        match &user.mfa_devices {
            Some(devices) if devices.is_empty() => out.push("the user has no MFA device".to_owned()),
            Some(devices) => out.push(format!("the user has {} MFA device(s)", devices.len())),
            None => {}
        }
        for key in user.keys.iter().flatten() {
            let status = match key.active {
                Some(true) => "active",
                Some(false) => "inactive",
                None => "of unknown status",
            };
            let made = key
                .created
                .as_ref()
                .map(|c| format!(", made {}", super::policy::short(c)))
                .unwrap_or_default();
            out.push(format!("the user's key {} is {status}{made}", super::policy::short(&key.id)));
        }
    }
    let tag_limited = assessment.dangerous.iter().any(|d| d.condition == Kind::Tag);
    for tagger in ["ec2:CreateTags", "rds:AddTagsToResource", "dynamodb:TagResource", "lambda:TagResource"] {
        if tag_limited && view.somewhere(tagger, Needs::COUNTED) {
            out.push(format!("{tagger} is allowed, so a tag limit may be lifted"));
        }
    }
    if account.organization.is_none() && actor.kind != PrincipalKind::Other {
        out.push("the organisation's policies are not in view: SCPs may take some of this away".to_owned());
    }
    if matches!(actor.credential, Credential::Session { .. }) && caller.session_policies.is_empty() {
        out.push("a session policy, if the session has one, is not in view".to_owned());
    }
    if !account.complete {
        out.push(
            "the account's contents are not all in view: ways up through other principals are potential"
                .to_owned(),
        );
    }
    if view.engine.exhausted() {
        out.push("too many principals to look into each: further ways up may exist".to_owned());
    }
    out.extend(account.notes.iter().cloned());
    out.truncate(MAX_NOTES);
    out
}
