//! "Is there any resource on which this is allowed?"
//!
//! For each ARN shape the action takes, the resources that policies speak of are met with the shape and
//! filled with words nobody writes: `arn:aws:s3:::a/*` becomes `arn:aws:s3:::a/zqfresh`. On such a
//! witness the exact evaluator decides. A Deny that matches it matches by a wildcard, so it covers the
//! whole Allow; a narrower one (`a/b*`) does not match and leaves the rest allowed.

use super::account::{Account, account_of};
use super::actor::{Actor, Boundary};
use super::catalogue;
use super::evaluate::{Case, patterns};
use super::keys::Request;
use super::matching;
use super::policy::{Document, Effect};
use super::requirement::{Needs, Requirement};

/// The word that stands for "anything else".
pub const FRESH: &str = "zqfresh7";
const MAX_WITNESSES: usize = 160;
const MAX_PATTERNS: usize = 400;

/// One way to be allowed an action.
#[derive(Debug, Clone)]
pub struct Way {
    /// What must be met.
    pub needs: Needs,
    /// Whether only some resources are covered.
    pub limited: bool,
    /// The resource as a pattern.
    pub resource: String,
    /// `needs` in words.
    pub requirements: Vec<Requirement>,
}

/// All ways to be allowed an action, weakest demand first.
#[derive(Debug, Clone, Default)]
pub struct Ways(pub Vec<Way>);

impl Ways {
    /// The weakest way open once `met` is met.
    pub fn at(&self, met: Needs) -> Option<&Way> {
        self.0.iter().find(|way| way.needs.within(met))
    }
}

/// A resource to ask for, and the pattern it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Witness {
    /// Whether it stands for less than the whole shape.
    pub narrow: bool,
    /// The pattern.
    pub pattern: Vec<u8>,
    /// The filled-in resource.
    pub resource: String,
}

/// The ARN shapes of an action; `*` where it takes none, or where nothing is known of it.
pub fn shapes(action: &str) -> Vec<&'static str> {
    match catalogue::action(action) {
        Some(action) if action.resources.is_empty() => vec!["*"],
        Some(action) => action.resources.clone(),
        None => Vec::new(),
    }
}

fn bodies(actor: &Actor, account: &Account) -> Vec<std::sync::Arc<Document>> {
    let mut out: Vec<_> = actor.sources.iter().map(|s| s.document.clone()).collect();
    if let Boundary::Document(document) = &actor.boundary {
        out.push(document.clone());
    }
    out.extend(actor.session.iter().cloned());
    if let Some(organization) = account.organization.as_ref().filter(|o| !o.management) {
        out.extend(organization.levels.iter().flatten().map(|p| p.document.clone()));
    }
    out
}

/// The resources worth asking for.
pub fn witnesses(account: &Account, now: u64, actor: &Actor, action: &str) -> Vec<Witness> {
    let shapes = shapes(action);
    let request = Request { action, resource: "*", extra: &[] };
    let service = action.split(':').next().unwrap_or_default();
    let mut wanted: Vec<Vec<u8>> = Vec::new();
    for document in bodies(actor, account) {
        for statement in document.statements.iter().filter(|s| s.actions.has_action(action)) {
            let not = statement.resources.as_ref().is_some_and(|l| l.not);
            // The patterns a Deny leaves alone are where an Allow may still hold.
            if not == (statement.effect == Effect::Allow) {
                continue;
            }
            for pattern in patterns(account, now, actor, &request, statement) {
                if wanted.len() < MAX_PATTERNS
                    && !matching::is_everything(&pattern)
                    && !wanted.contains(&pattern)
                {
                    wanted.push(pattern);
                }
            }
        }
    }
    let mut out: Vec<Witness> = Vec::new();
    let mut push = |pattern: Vec<u8>, narrow: bool, shape: Option<&str>| {
        let resource = concrete(&pattern, actor, service);
        // A bucket is no object.
        let fits = (shape != Some("arn:*:s3:::*") || !resource.contains('/'))
            && (resource == "*" || super::account::partition_of(&resource) == actor.partition);
        if fits && out.len() < MAX_WITNESSES && !out.iter().any(|w| w.resource == resource) {
            out.push(Witness { narrow, pattern, resource });
        }
    };
    let any = format!("arn:*:{service}:*:*:*");
    let shapes: Vec<&str> = if shapes.is_empty() { vec!["*", any.as_str()] } else { shapes };
    for shape in &shapes {
        push(shape.as_bytes().to_vec(), false, Some(shape));
    }
    for shape in shapes.iter().filter(|s| **s != "*") {
        let mut met: Vec<Vec<u8>> = Vec::new();
        for pattern in &wanted {
            if let Some(both) = matching::meet_arn(pattern, shape.as_bytes())
                && !met.contains(&both)
            {
                met.push(both);
            }
        }
        for pattern in &met {
            push(pattern.clone(), true, Some(shape));
        }
        // Two layers that each name resources meet in what both name.
        for (at, a) in met.iter().enumerate().take(24) {
            for b in met.iter().skip(at + 1).take(24) {
                if let Some(both) = matching::meet_arn(a, b)
                    && both != *a
                    && both != *b
                {
                    push(both, true, Some(shape));
                }
            }
        }
    }
    out
}

/// Fills a pattern: the holder's partition and account, fresh words elsewhere.
fn concrete(pattern: &[u8], actor: &Actor, service: &str) -> String {
    if matching::is_everything(pattern) {
        return "*".to_owned();
    }
    let sections = matching::sections(pattern);
    let mut out = String::new();
    for (at, section) in sections.iter().enumerate() {
        if at > 0 {
            out.push(':');
        }
        let word = match at {
            1 => actor.partition.as_str(),
            2 => service,
            4 => actor.account.as_str(),
            _ => FRESH,
        };
        let own = matching::glob(section, word.as_bytes(), false);
        if (at == 1 || at == 4) && own && !section.is_empty() {
            out.push_str(word);
        } else {
            out.push_str(&matching::fill(section, word));
        }
    }
    out
}

/// All ways to be allowed `action` on any resource, with the request's own keys.
pub fn ways(
    account: &Account,
    now: u64,
    actor: &Actor,
    action: &str,
    extra: &[(&str, Option<&str>)],
) -> Ways {
    let mut out: Vec<Way> = Vec::new();
    for witness in witnesses(account, now, actor, action) {
        if witness.narrow && out.iter().any(|w| w.needs.is_none() && !w.limited) {
            break;
        }
        let request = Request { action, resource: &witness.resource, extra };
        let case = Case::new(account, now, actor, &request, None);
        let ways = case.ways();
        if ways.is_empty() {
            continue;
        }
        let parts =
            if witness.narrow { Vec::new() } else { parts(account, now, actor, action, extra, &witness) };
        for needs in ways {
            let limited = witness.narrow || parts.iter().any(|part| !part.allowed_at(needs));
            if out.iter().any(|w| w.needs.within(needs) && w.limited <= limited) {
                continue;
            }
            out.push(Way {
                needs,
                limited,
                resource: matching::show(&witness.pattern),
                requirements: case.requirements(needs),
            });
        }
    }
    out.sort_by(|a, b| (a.needs, a.limited, &a.resource).cmp(&(b.needs, b.limited, &b.resource)));
    out.truncate(24);
    Ways(out)
}

/// The parts of a whole shape that some statement treats apart: a Deny on some resources, an Allow on
/// all but some.
fn parts(
    account: &Account,
    now: u64,
    actor: &Actor,
    action: &str,
    extra: &[(&str, Option<&str>)],
    witness: &Witness,
) -> Vec<Case> {
    let mut out = Vec::new();
    if witness.resource == "*" {
        return out;
    }
    let request = Request { action, resource: &witness.resource, extra };
    let service = action.split(':').next().unwrap_or_default();
    for document in bodies(actor, account) {
        for statement in &document.statements {
            let not = statement.resources.as_ref().is_some_and(|l| l.not);
            if not != (statement.effect == Effect::Allow) || !statement.actions.has_action(action) {
                continue;
            }
            for pattern in patterns(account, now, actor, &request, statement) {
                if matching::is_everything(&pattern) || out.len() >= MAX_WITNESSES {
                    continue;
                }
                let Some(both) = matching::meet_arn(&pattern, &witness.pattern) else { continue };
                let resource = concrete(&both, actor, service);
                let bucket = witness.pattern == b"arn:*:s3:::*" && resource.contains('/');
                if bucket || account_of(&resource).is_some_and(|id| id != actor.account) {
                    continue;
                }
                let request = Request { action, resource: &resource, extra };
                out.push(Case::new(account, now, actor, &request, None));
            }
        }
    }
    out
}

/// Resources in two witnesses' patterns at once: what is made by one action and used by another.
pub fn joint(actor: &Actor, witnesses: &[Witness], actions: &[&str]) -> Vec<String> {
    let service = actions.first().and_then(|a| a.split(':').next()).unwrap_or_default();
    let mut out = Vec::new();
    for (at, a) in witnesses.iter().enumerate().take(30) {
        for b in witnesses.iter().skip(at + 1).take(30) {
            if let Some(both) = matching::meet_arn(&a.pattern, &b.pattern) {
                out.push(concrete(&both, actor, service));
            }
        }
    }
    out
}
