//! One assessment's common ground: the account, the options, and answers already found.

use super::account::Account;
use super::actor::Actor;
use super::evaluate::Case;
use super::keys::Request;
use super::level::Level;
use super::policy::Document;
use super::requirement::Needs;
use super::somewhere::{self, Ways};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

/// How a principal is assessed.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time conditions are compared with, in seconds since 1970.
    pub now: u64,
    /// Longest chain of roles that is followed.
    pub depth: usize,
    /// Further names of tags that hold the owner, asked before the usual ones.
    pub owner_tag_keys: Vec<String>,
    /// Further names of tags that say how critical something is.
    pub criticality_tag_keys: Vec<String>,
    /// Most nodes of the graph.
    pub graph_nodes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            now: 0,
            depth: 8,
            owner_tag_keys: Vec::new(),
            criticality_tag_keys: Vec::new(),
            graph_nodes: 200,
        }
    }
}

/// Looks at targets (other users, roles, groups) one assessment may take before it stops.
const BUDGET: usize = 400_000;

/// The account and what was already found out about it.
pub struct Engine<'a> {
    /// The account.
    pub account: &'a Account,
    /// The options.
    pub options: &'a Options,
    ranks: RefCell<HashMap<(String, Needs, usize), Level>>,
    admins: RefCell<HashMap<(String, Needs), bool>>,
    left: Cell<usize>,
}

impl<'a> Engine<'a> {
    /// A fresh engine.
    pub fn new(account: &'a Account, options: &'a Options) -> Self {
        Self {
            account,
            options,
            ranks: RefCell::default(),
            admins: RefCell::default(),
            left: Cell::new(BUDGET),
        }
    }

    /// The case of one request.
    pub fn case(&self, actor: &Actor, request: &Request<'_>, policy: Option<&Document>) -> Case {
        Case::new(self.account, self.options.now, actor, request, policy)
    }

    /// Spends one look at a target; false when all are spent.
    pub fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether the budget ran out, so that paths may be missing.
    pub fn exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// A remembered rank.
    pub fn rank(&self, key: (String, Needs, usize), find: impl FnOnce() -> Level) -> Level {
        if let Some(level) = self.ranks.borrow().get(&key) {
            return *level;
        }
        // A cycle that comes back here while it is being found out gains nothing by itself.
        self.ranks.borrow_mut().insert(key.clone(), Level::None);
        let level = find();
        self.ranks.borrow_mut().insert(key, level);
        level
    }

    /// A remembered answer to whether a principal of the account is admin.
    pub fn admin(&self, key: (String, Needs), find: impl FnOnce() -> bool) -> bool {
        if let Some(admin) = self.admins.borrow().get(&key) {
            return *admin;
        }
        let admin = find();
        self.admins.borrow_mut().insert(key, admin);
        admin
    }
}

/// An actor seen through an engine, with its answers remembered.
pub struct View<'e, 'a> {
    /// The engine.
    pub engine: &'e Engine<'a>,
    /// The actor.
    pub actor: Actor,
    ways: RefCell<BTreeMap<String, Ways>>,
    basic: RefCell<BTreeMap<Needs, Level>>,
}

impl<'e, 'a> View<'e, 'a> {
    /// A view of an actor.
    pub fn new(engine: &'e Engine<'a>, actor: Actor) -> Self {
        Self { engine, actor, ways: RefCell::default(), basic: RefCell::default() }
    }

    /// A view of a changed copy.
    pub fn changed(&self, change: impl FnOnce(&mut Actor)) -> Self {
        let mut actor = self.actor.clone();
        change(&mut actor);
        Self::new(self.engine, actor)
    }

    /// All ways to be allowed an action somewhere.
    pub fn ways(&self, action: &str) -> Ways {
        if let Some(ways) = self.ways.borrow().get(action) {
            return ways.clone();
        }
        let ways = somewhere::ways(self.engine.account, self.engine.options.now, &self.actor, action, &[]);
        self.ways.borrow_mut().insert(action.to_owned(), ways.clone());
        ways
    }

    /// The level of its own policies alone.
    pub fn basic(&self, met: Needs) -> Level {
        if let Some(level) = self.basic.borrow().get(&met) {
            return *level;
        }
        let level = super::level::basic(self, met);
        self.basic.borrow_mut().insert(met, level);
        level
    }

    /// Whether some Allow names the action at all: a cheap no.
    pub fn may_name(&self, action: &str) -> bool {
        if self.actor.kind == super::actor::PrincipalKind::Root {
            return true;
        }
        self.actor.sources.iter().flat_map(|s| &s.document.statements).any(|statement| {
            statement.effect == super::policy::Effect::Allow && statement.actions.has_action(action)
        })
    }

    /// Whether an action is allowed on some resource once `met` is met.
    pub fn somewhere(&self, action: &str, met: Needs) -> bool {
        if !self.may_name(action) {
            return false;
        }
        if action.eq_ignore_ascii_case("ec2:RunInstances") {
            return self.all_shapes(
                action,
                &[":instance/", "::image/", ":subnet/", ":network-interface/", ":security-group/"],
                met,
            );
        }
        self.ways(action).at(met).is_some()
    }

    fn all_shapes(&self, action: &str, shapes: &[&str], met: Needs) -> bool {
        let witnesses =
            somewhere::witnesses(self.engine.account, self.engine.options.now, &self.actor, action);
        shapes.iter().all(|shape| {
            witnesses.iter().any(|w| w.resource.contains(shape) && self.on(action, &w.resource, &[], met))
        })
    }

    /// Whether an action is allowed on this resource once `met` is met.
    pub fn on(&self, action: &str, resource: &str, extra: &[(&str, Option<&str>)], met: Needs) -> bool {
        self.engine.case(&self.actor, &Request { action, resource, extra }, None).allowed_at(met)
    }

    /// Whether all the actions are allowed, those on the same kind of resource on the same one.
    pub fn together(&self, actions: &[&str], met: Needs) -> bool {
        if !actions.iter().all(|action| self.somewhere(action, met)) {
            return false;
        }
        let mut done: Vec<Vec<&str>> = Vec::new();
        for action in actions {
            let shapes = somewhere::shapes(action);
            if shapes.len() != 1 || shapes == ["*"] || done.contains(&shapes) {
                continue;
            }
            let group: Vec<&str> =
                actions.iter().copied().filter(|a| somewhere::shapes(a) == shapes).collect();
            done.push(shapes);
            if group.len() > 1 && !self.share(&group, met) {
                return false;
            }
        }
        true
    }

    fn share(&self, actions: &[&str], met: Needs) -> bool {
        let (account, now) = (self.engine.account, self.engine.options.now);
        let all: Vec<_> =
            actions.iter().flat_map(|a| somewhere::witnesses(account, now, &self.actor, a)).collect();
        let fits = |resource: &str| actions.iter().all(|a| self.on(a, resource, &[], met));
        all.iter().any(|w| fits(&w.resource))
            || somewhere::joint(&self.actor, &all, actions).iter().any(|r| fits(r))
    }
}
