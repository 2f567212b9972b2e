//! The evaluation logic: explicit Deny, SCPs, resource policy, identity, boundary, session policy.
//!
//! A request is first turned into *hits*: the statements that speak of it, each with the set of things
//! it waits for. Whether the request is allowed once a given set is met is then plain logic over bits,
//! so all ways to an answer can be tried (there are 64 sets, mostly only two matter) and the weakest
//! reported. That is exact where conditions are independent, which those of different kinds are.

use super::account::{Account, account_of};
use super::actor::{Actor, Boundary, PrincipalKind};
use super::condition::{Judgement, State};
use super::keys::{self, Request};
use super::matching;
use super::policy::{Document, Effect, Principals, Statement};
use super::requirement::{Kind, Needs, Requirement};

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No.
    Denied,
    /// Yes.
    Allowed,
    /// Yes, once all of these are met.
    AllowedIf(Vec<Requirement>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Organization(usize),
    Identity,
    Boundary,
    Session,
    Resource,
}

/// How far a resource policy's Allow reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    /// The account is named: its own policies decide.
    Delegated,
    /// The role is named: boundary and session policy still cap it.
    Role,
    /// The user or the session is named: nothing else is needed.
    Direct,
}

#[derive(Debug, Clone)]
struct Hit {
    layer: Layer,
    effect: Effect,
    grant: Grant,
    opens: Needs,
    requirements: Vec<Requirement>,
}

/// A request with the statements that speak of it.
#[derive(Debug, Clone)]
pub struct Case {
    hits: Vec<Hit>,
    always: bool,
    never: bool,
    root: bool,
    levels: Vec<usize>,
    bounded: bool,
    session: bool,
    same_account: bool,
    own_policy_decides: bool,
}

impl Case {
    /// Gathers what speaks of `request` by `actor`. `policy` is the resource's own policy, or the trust
    /// policy of a role to be assumed.
    pub fn new(
        account: &Account,
        now: u64,
        actor: &Actor,
        request: &Request<'_>,
        policy: Option<&Document>,
    ) -> Self {
        let action = request.action.to_ascii_lowercase();
        let organization = account.organization.as_ref().filter(|o| !o.management && !actor.service_linked);
        let owner = account_of(request.resource).unwrap_or(actor.account.as_str());
        let mut case = Self {
            hits: Vec::new(),
            always: action == "sts:getcalleridentity"
                || (action == "sts:getsessiontoken"
                    && matches!(actor.kind, PrincipalKind::User | PrincipalKind::Root)),
            never: actor.kind == PrincipalKind::Root && action == "sts:assumerole",
            root: actor.kind == PrincipalKind::Root,
            levels: Vec::new(),
            bounded: !matches!(actor.boundary, Boundary::None),
            session: !actor.session.is_empty(),
            same_account: owner == actor.account,
            own_policy_decides: policy.is_some()
                && (action.starts_with("sts:assumerole") || action.starts_with("kms:")),
        };
        if case.always || case.never {
            return case;
        }
        let mut gather = Gather { of_organization: true, account, now, actor, request };
        if let Some(organization) = organization {
            for (at, level) in organization.levels.iter().enumerate() {
                if !level.is_empty() {
                    case.levels.push(at);
                }
                for policy in level {
                    gather.document(&policy.document, Layer::Organization(at), &mut case.hits);
                }
            }
            for policy in &organization.resource_policies {
                let from = case.hits.len();
                gather.document(&policy.document, Layer::Resource, &mut case.hits);
                // The default RCP allows everything and grants nothing.
                let mut at = from;
                while at < case.hits.len() {
                    if case.hits.get(at).is_some_and(|h| h.effect == Effect::Allow) {
                        case.hits.remove(at);
                    } else {
                        at += 1;
                    }
                }
            }
        }
        gather.of_organization = false;
        if !case.root {
            for source in &actor.sources {
                gather.document(&source.document, Layer::Identity, &mut case.hits);
            }
            match &actor.boundary {
                Boundary::None => {}
                Boundary::Unread => case.hits.push(Hit {
                    layer: Layer::Boundary,
                    effect: Effect::Allow,
                    grant: Grant::Delegated,
                    opens: Needs::OTHER,
                    requirements: vec![Requirement {
                        kind: Kind::Other,
                        counted: false,
                        words: "as far as the permissions boundary allows".to_owned(),
                    }],
                }),
                Boundary::Document(document) => gather.document(document, Layer::Boundary, &mut case.hits),
            }
            for document in &actor.session {
                gather.document(document, Layer::Session, &mut case.hits);
            }
        }
        if let Some(policy) = policy {
            gather.document(policy, Layer::Resource, &mut case.hits);
        }
        case
    }

    /// Whether it is allowed once `met` is met.
    pub fn allowed_at(&self, met: Needs) -> bool {
        self.allowed_beside(met, met)
    }

    /// Whether it is allowed once `met` is met, where a Deny is also got around by what is `avoided`.
    pub fn allowed_beside(&self, met: Needs, avoided: Needs) -> bool {
        if self.always {
            return true;
        }
        if self.never {
            return false;
        }
        let fires = |hit: &Hit| hit.effect == Effect::Deny && hit.opens.common(avoided).is_none();
        if self.hits.iter().any(fires) {
            return false;
        }
        if !self.levels.iter().all(|&level| self.grants(Layer::Organization(level), met)) {
            return false;
        }
        let capped = (!self.bounded || self.grants(Layer::Boundary, met))
            && (!self.session || self.grants(Layer::Session, met));
        let own = self.root || (self.grants(Layer::Identity, met) && capped);
        let grant = self
            .hits
            .iter()
            .filter(|h| h.layer == Layer::Resource && h.effect == Effect::Allow && h.opens.within(met))
            .map(|h| h.grant)
            .max();
        match (self.same_account, grant) {
            (false, grant) => own && grant.is_some(),
            (true, Some(Grant::Direct)) => true,
            (true, Some(Grant::Role)) => capped,
            (true, Some(Grant::Delegated)) => own,
            (true, None) => own && !self.own_policy_decides,
        }
    }

    fn grants(&self, layer: Layer, met: Needs) -> bool {
        self.hits.iter().any(|h| h.layer == layer && h.effect == Effect::Allow && h.opens.within(met))
    }

    /// All minimal sets that make it allowed, weakest first; empty: denied.
    pub fn ways(&self) -> Vec<Needs> {
        if self.allowed_at(Needs::NONE) {
            return vec![Needs::NONE];
        }
        let seen = self.hits.iter().fold(Needs::NONE, |all, hit| all.with(hit.opens));
        let mut out: Vec<Needs> = Vec::new();
        for bits in 1..=Needs::ALL.0 {
            let met = Needs(bits);
            if met.within(seen) && !out.iter().any(|less| less.within(met)) && self.allowed_at(met) {
                out.push(met);
            }
        }
        out
    }

    /// What exactly `met` stands for here, in words.
    pub fn requirements(&self, met: Needs) -> Vec<Requirement> {
        let mut out: Vec<Requirement> = Vec::new();
        let mut note = |requirement: &Requirement| {
            if !out.contains(requirement) && out.len() < 12 {
                out.push(requirement.clone());
            }
        };
        for hit in self.hits.iter().filter(|h| h.effect == Effect::Deny) {
            let avoided = hit.requirements.iter().filter(|r| !Needs::of(r).common(met).is_none());
            if let Some(weakest) = avoided.min_by_key(|r| Needs::of(r)) {
                note(weakest);
            }
        }
        let mut layers: Vec<Layer> = Vec::new();
        for hit in self.hits.iter().filter(|h| h.effect == Effect::Allow) {
            if !layers.contains(&hit.layer) {
                layers.push(hit.layer);
            }
        }
        for layer in layers {
            let best = self
                .hits
                .iter()
                .filter(|h| h.layer == layer && h.effect == Effect::Allow && h.opens.within(met))
                .min_by_key(|h| h.opens);
            for requirement in best.iter().flat_map(|h| &h.requirements) {
                note(requirement);
            }
        }
        out.sort();
        out
    }

    /// The answer, by the weakest way.
    pub fn answer(&self) -> Answer {
        match self.ways().first() {
            None => Answer::Denied,
            Some(needs) if needs.is_none() => Answer::Allowed,
            Some(&needs) => Answer::AllowedIf(self.requirements(needs)),
        }
    }
}

struct Gather<'a> {
    /// Whether the documents are the organisation's own.
    of_organization: bool,
    account: &'a Account,
    now: u64,
    actor: &'a Actor,
    request: &'a Request<'a>,
}

impl Gather<'_> {
    fn document(&self, document: &Document, layer: Layer, hits: &mut Vec<Hit>) {
        for statement in &document.statements {
            if let Some(hit) = self.statement(statement, layer) {
                hits.push(hit);
            }
        }
    }

    fn statement(&self, statement: &Statement, layer: Layer) -> Option<Hit> {
        if !statement.actions.has_action(self.request.action) || !self.resource(statement, layer) {
            return None;
        }
        let grant = match (&statement.principals, layer) {
            (Some(principals), Layer::Resource) => principal(principals, statement.effect, self.actor)?,
            (None, Layer::Resource) => return None,
            // An identity policy with a principal is malformed; IAM does not store one.
            (Some(_), Layer::Identity | Layer::Boundary | Layer::Session) => return None,
            _ => Grant::Delegated,
        };
        let mut requirements = Vec::new();
        let lookup = |key: &str| self.value(key);
        let expand = |text: &str| keys::expand(text, statement.variables, &lookup);
        for clause in &statement.conditions {
            let state = match self.own_organization(&clause.key, &clause.values) {
                Some(id) => State::Known(vec![id]),
                None => keys::state(self.account, self.now, self.actor, self.request, &clause.key),
            };
            match clause.judge(&state, statement.effect == Effect::Allow, &expand) {
                Judgement::True => {}
                Judgement::False => return None,
                Judgement::Waits(requirement) => requirements.push(requirement),
            }
        }
        let opens = requirements.iter().fold(Needs::NONE, |all, r| all.with(Needs::of(r)));
        Some(Hit { layer, effect: statement.effect, grant, opens, requirements })
    }

    /// An organisation's policy that names one organisation names itself; principal and resources here are
    /// of it. Where a variable stands for the id, any value will do.
    fn own_organization(&self, key: &str, values: &[String]) -> Option<String> {
        let organization = self.account.organization.as_ref()?;
        let owner = account_of(self.request.resource).unwrap_or(self.actor.account.as_str());
        let own = key == "aws:principalorgid" || (key == "aws:resourceorgid" && owner == self.actor.account);
        match values {
            [id] if self.of_organization && own && organization.id.is_none() && id.starts_with("o-") => {
                Some(id.clone())
            }
            _ => None,
        }
    }

    fn resource(&self, statement: &Statement, layer: Layer) -> bool {
        let Some(list) = &statement.resources else {
            return layer == Layer::Resource;
        };
        covers(statement, list, self.request.resource, &|key| self.value(key))
    }

    fn value(&self, key: &str) -> Option<String> {
        match keys::state(self.account, self.now, self.actor, self.request, key) {
            State::Known(values) => match values.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a statement's resources hold `resource`; a variable without a value fails the statement.
fn covers(
    statement: &Statement,
    list: &super::policy::List,
    resource: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let mut any = false;
    for pattern in &list.patterns {
        match keys::expand(pattern, statement.variables, lookup) {
            Some(pattern) => any |= matching::arn(&pattern, resource.as_bytes()),
            None if list.not => return false,
            None => {}
        }
    }
    any != list.not
}

/// The patterns of a statement's resources with the actor's variables in them.
pub fn patterns(
    account: &Account,
    now: u64,
    actor: &Actor,
    request: &Request<'_>,
    statement: &Statement,
) -> Vec<Vec<u8>> {
    let lookup = |key: &str| match keys::state(account, now, actor, request, key) {
        State::Known(values) => match values.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        _ => None,
    };
    statement
        .resources
        .iter()
        .flat_map(|l| &l.patterns)
        .filter_map(|p| keys::expand(p, statement.variables, &lookup))
        .collect()
}

/// Whether a principal element speaks of the actor, and how directly.
fn principal(principals: &Principals, effect: Effect, actor: &Actor) -> Option<Grant> {
    let root = actor.root_arn();
    let names = |wanted: &str| principals.aws.iter().any(|p| p == wanted);
    let account = names(&root) || names(&actor.account);
    let session = actor.session_arn.as_deref().is_some_and(names)
        || principals.aws.iter().any(|p| actor.may_be_session(p));
    let own = names(&actor.arn);
    let role = actor.kind == PrincipalKind::Role;
    if principals.not {
        let spared = match effect {
            // Whoever is to be spared by a Deny must be named whole: account and user, or account, role and session.
            Effect::Deny if !matches!(actor.boundary, Boundary::None) => false,
            Effect::Deny => {
                principals.everyone
                    || (account && own && (!role || session))
                    || (account && actor.kind == PrincipalKind::Root)
            }
            Effect::Allow => principals.everyone || account || own || session,
        };
        return (!spared).then_some(Grant::Direct);
    }
    if principals.everyone || session || (own && !role) {
        return Some(Grant::Direct);
    }
    if own {
        return Some(Grant::Role);
    }
    account.then_some(if actor.kind == PrincipalKind::Root { Grant::Direct } else { Grant::Delegated })
}
