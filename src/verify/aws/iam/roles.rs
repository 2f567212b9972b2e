//! Which roles a key enters by AssumeRole, by which chain, and what that waits for.
//!
//! Breadth first with a seen set, so cycles end and each role has its shortest chain; once for what
//! counts, then once for each thing that may be met. A trust that names the caller's own ARN needs no
//! identity right; one that names the account does. The answer to a hop is the same evaluator's, with
//! the trust policy as the resource's.

use super::account::{Role, account_of};
use super::actor::{Actor, PrincipalKind};
use super::engine::{Engine, View};
use super::keys::Request;
use super::level::Level;
use super::policy::Effect;
use super::requirement::{Kind, Needs, Requirement};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

const MAX_ROLES: usize = 2_000;
const MAX_FOREIGN: usize = 50;

/// A role that is reached, or may be.
#[derive(Debug, Clone, Serialize)]
pub struct RoleReach {
    /// Its ARN.
    pub arn: String,
    /// The roles on the way, the last being this one.
    pub path: Vec<String>,
    /// What reaching it waits for: `unconditional` or the strongest kind on the way.
    pub condition: Kind,
    /// That, in words.
    pub requirements: Vec<String>,
    /// Whether its trust policy could not be seen, so that nobody can say.
    pub potential: bool,
    /// The level of the role by itself.
    pub level: Level,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it waits for, as a set.
    #[serde(skip)]
    pub needs: Needs,
}

#[derive(Debug, Clone)]
struct Hop {
    role: String,
}

type HopWays = Rc<Vec<(Needs, Vec<Requirement>)>>;

/// Finds roles from one principal.
pub struct Chains<'v, 'e, 'a> {
    start: &'v View<'e, 'a>,
    open: Vec<&'a Role>,
    views: BTreeMap<String, Rc<View<'e, 'a>>>,
    hops: BTreeMap<(String, String), HopWays>,
}

impl<'v, 'e, 'a> Chains<'v, 'e, 'a> {
    /// Prepares the search.
    pub fn new(start: &'v View<'e, 'a>) -> Self {
        let open = start.engine.account.roles.values().filter(|role| enterable(role)).collect();
        Self { start, open, views: BTreeMap::new(), hops: BTreeMap::new() }
    }

    /// The roles reached once `met` is met, with the chain to each.
    pub fn reached(&mut self, met: Needs) -> BTreeMap<String, RoleReach> {
        let mut out: BTreeMap<String, RoleReach> = BTreeMap::new();
        if self.start.actor.kind == PrincipalKind::Root {
            return out;
        }
        let own = self.start.actor.arn.clone();
        let mut seen: BTreeSet<String> = BTreeSet::from([own.clone()]);
        let mut queue: VecDeque<(String, usize)> = VecDeque::from([(own.clone(), 0)]);
        while let Some((from, depth)) = queue.pop_front() {
            if depth >= self.start.engine.options.depth || out.len() >= MAX_ROLES {
                continue;
            }
            let before = out.get(&from).cloned();
            for at in 0..self.open.len() {
                let Some(role) = self.open.get(at).copied() else { continue };
                if seen.contains(&role.entity.arn) {
                    continue;
                }
                let ways = self.ways(&from, from == own, role);
                let Some((needs, requirements)) = ways.iter().find(|(needs, _)| needs.within(met)) else {
                    continue;
                };
                let hop = Hop { role: role.entity.arn.clone() };
                seen.insert(hop.role.clone());
                let mut path = before.as_ref().map(|b| b.path.clone()).unwrap_or_default();
                path.push(hop.role.clone());
                let mut words = before.as_ref().map(|b| b.requirements.clone()).unwrap_or_default();
                for requirement in requirements {
                    if !words.contains(&requirement.words) && words.len() < 12 {
                        words.push(requirement.words.clone());
                    }
                }
                let needs = before.as_ref().map_or(Needs::NONE, |b| b.needs).with(*needs);
                let entity = self.start.engine.account.roles.get(&hop.role).map(|r| &r.entity);
                out.insert(
                    hop.role.clone(),
                    RoleReach {
                        arn: hop.role.clone(),
                        path,
                        condition: needs.kind(false),
                        requirements: words,
                        potential: false,
                        level: Level::Unknown,
                        tags: entity.and_then(|e| e.tags.clone()).unwrap_or_default(),
                        needs,
                    },
                );
                queue.push_back((hop.role.clone(), depth + 1));
            }
        }
        out
    }

    fn ways(&mut self, from: &str, own: bool, role: &'a Role) -> HopWays {
        let key = (from.to_owned(), role.entity.arn.clone());
        if let Some(ways) = self.hops.get(&key) {
            return Rc::clone(ways);
        }
        let ways = Rc::new(if own {
            hop(self.start, self.start, role)
        } else {
            let (engine, context) = (self.start.engine, &self.start.actor.context);
            let view = self.views.entry(from.to_owned()).or_insert_with(|| {
                Rc::new(View::new(engine, Actor::of_reached_role(engine.account, from, context)))
            });
            hop(view, self.start, role)
        });
        self.hops.insert(key, Rc::clone(&ways));
        ways
    }
}

/// Whether an AWS principal may enter the role at all.
pub fn enterable(role: &Role) -> bool {
    !role.service_linked()
        && role.trust.as_ref().is_some_and(|trust| {
            trust.statements.iter().any(|s| {
                s.effect == Effect::Allow
                    && s.principals.as_ref().is_some_and(|p| p.not || p.everyone || !p.aws.is_empty())
            })
        })
}

fn hop(view: &View<'_, '_>, start: &View<'_, '_>, role: &Role) -> Vec<(Needs, Vec<Requirement>)> {
    let Some(trust) = &role.trust else { return Vec::new() };
    let names_caller = || {
        trust.statements.iter().filter_map(|s| s.principals.as_ref()).any(|p| {
            p.not
                || p.everyone
                || p.aws.iter().any(|n| {
                    *n == view.actor.arn
                        || view.actor.session_arn.as_ref() == Some(n)
                        || view.actor.may_be_session(n)
                })
        })
    };
    if role.entity.arn == view.actor.arn || !(view.may_name("sts:AssumeRole") || names_caller()) {
        return Vec::new();
    }
    let request = Request { action: "sts:AssumeRole", resource: &role.entity.arn, extra: &[] };
    let case = view.engine.case(&view.actor, &request, Some(trust));
    let mut ways: Vec<(Needs, Vec<Requirement>)> =
        case.ways().into_iter().map(|needs| (needs, case.requirements(needs))).collect();
    for (needs, requirements) in &mut ways {
        // Whoever may read the role's trust reads the external id there.
        let reads = |v: &View<'_, '_>| {
            v.on("iam:GetRole", &role.entity.arn, &[], Needs(needs.0 & !Needs::EXTERNAL_ID.0))
                || v.on(
                    "iam:GetAccountAuthorizationDetails",
                    "*",
                    &[],
                    Needs(needs.0 & !Needs::EXTERNAL_ID.0),
                )
        };
        if !needs.common(Needs::EXTERNAL_ID).is_none() && (reads(view) || reads(start)) {
            *needs = Needs(needs.0 & !Needs::EXTERNAL_ID.0);
            for requirement in requirements.iter_mut().filter(|r| r.kind == Kind::ExternalId) {
                requirement.words.push_str(" (which it can read by iam:GetRole)");
            }
        }
    }
    ways.sort_by_key(|(needs, _)| *needs);
    ways
}

/// Roles that policies name and that cannot be looked into: in other accounts, or not in view.
pub fn out_of_view(view: &View<'_, '_>) -> Vec<RoleReach> {
    let account = view.engine.account;
    let mut out: BTreeMap<String, RoleReach> = BTreeMap::new();
    for statement in view.actor.sources.iter().flat_map(|s| &s.document.statements) {
        let list = match &statement.resources {
            Some(list) if statement.effect == Effect::Allow && !list.not => list,
            _ => continue,
        };
        if !statement.actions.has_action("sts:AssumeRole") {
            continue;
        }
        for arn in &list.patterns {
            let foreign = account_of(arn).is_some_and(|id| id != view.actor.account);
            let hidden = match account.roles.get(arn) {
                Some(role) => role.trust.is_none(),
                None => foreign || !account.complete,
            };
            if !arn.contains(":role/") || arn.contains(['*', '?', '$']) || !hidden || out.len() >= MAX_FOREIGN
            {
                continue;
            }
            // The identity side, as if the role trusted the caller.
            let met =
                [Needs::NONE, Needs::COUNTED, Needs::ALL].into_iter().find(|met| names(view, arn, *met));
            let Some(needs) = met else { continue };
            let needs = if needs == Needs::ALL { Needs::OTHER } else { needs };
            out.insert(
                arn.clone(),
                RoleReach {
                    arn: arn.clone(),
                    path: vec![arn.clone()],
                    condition: needs.kind(false),
                    requirements: vec!["its trust policy is not in view".to_owned()],
                    potential: true,
                    level: Level::Unknown,
                    tags: BTreeMap::new(),
                    needs,
                },
            );
        }
    }
    out.into_values().collect()
}

fn names(view: &View<'_, '_>, arn: &str, met: Needs) -> bool {
    let trust = super::policy::Document::from_value(&serde_json::json!({
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": view.actor.root_arn()}, "Action": "sts:AssumeRole"}]
    }));
    let request = Request { action: "sts:AssumeRole", resource: arn, extra: &[] };
    view.engine.case(&view.actor, &request, Some(&trust)).allowed_at(met)
}

/// The view of a reached role.
pub fn view_of<'e, 'a>(engine: &'e Engine<'a>, start: &Actor, arn: &str) -> View<'e, 'a> {
    View::new(engine, Actor::of_reached_role(engine.account, arn, &start.context))
}
