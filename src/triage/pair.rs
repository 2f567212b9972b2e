//! Pairing: which secret belongs to which id.
//!
//! Evidence comes in levels, strongest first: arguments of one call before members of one object,
//! one method, one line, one class … At each level, values that meet in one *bucket* (this call,
//! this object) are joined when nothing else fits as well: one id and one secret; or several of
//! them told apart by what their names have in common; or several that stand in turn, id, secret,
//! id, secret. Whatever two secrets claim alike stays ambiguous, and the candidates are kept with
//! their evidence: no guess.

mod naming;
mod order;

use super::sighting::Sighting;
use crate::blob::{Scope, ScopeClass, ScopeId, TextKind};
pub(crate) use naming::stem;
use naming::{are_at_odds, by_name, named_secret};
use order::{in_step, in_turn, is_mutual, near};
use std::collections::{BTreeMap, BTreeSet};

/// How strong a piece of evidence is, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One call, map or array.
    Call,
    /// One object, dictionary, section or element.
    Object,
    /// One method or initialiser.
    Method,
    /// One line.
    Line,
    /// One class.
    Type,
    /// One object around the objects.
    Parent,
    /// Close together in one text.
    Near,
    /// One package or namespace.
    Package,
    /// Alone of their kind in one file.
    File,
    /// Alone of their kind in one artifact.
    Artifact,
}

impl Level {
    /// How sure a pair is that rests on this level, 0 to 100.
    pub fn confidence(self) -> u8 {
        match self {
            Level::Call => 98,
            Level::Object => 97,
            Level::Method => 95,
            Level::Line => 94,
            Level::Type => 90,
            Level::Parent => 85,
            Level::Near => 88,
            Level::Package => 75,
            Level::File => 70,
            Level::Artifact => 55,
        }
    }
}

/// A value to pair, with all the places where it was seen.
pub struct Value<'s> {
    /// Its sightings, never empty.
    pub sightings: Vec<&'s Sighting>,
    /// Whether something besides its shape says what it is.
    pub named: bool,
}

/// A pair, by indexes into the two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Index of the id.
    pub left: usize,
    /// Index of the secret.
    pub right: usize,
    /// What it rests on.
    pub level: Level,
    /// In words.
    pub evidence: String,
}

/// What pairing found out.
#[derive(Debug, Default)]
pub struct Pairing {
    /// The pairs.
    pub joined: Vec<Joined>,
    /// For ids without a pair: the secrets that fit, best first. Empty lists are left out.
    pub ambiguous: BTreeMap<usize, Vec<Joined>>,
}

/// Sightings and sites of one value that are looked at; a value in more places is well described
/// by the first.
const MAX_PLACES: usize = 64;
/// Names that are compared over a whole artifact.
const MAX_STEMS: usize = 10_000;
/// Values of each side that are compared name by name and place by place in one bucket.
const MAX_BUCKET: usize = 256;
/// Candidates that are kept of an ambiguous pair.
const MAX_CANDIDATES: usize = 8;
/// A gap of more bytes than this in a text separates values.
const NEAR_GAP: u64 = 1024;
/// Farthest that two values in binary data may be apart to be the only pair of their file.
const BINARY_REACH: u64 = 64 << 10;

type Key = (Level, u64, ScopeId);

/// One value in one bucket.
#[derive(Clone, Debug)]
struct Member {
    value: usize,
    order: Option<u64>,
    key: Option<String>,
}

#[derive(Default)]
struct Bucket {
    label: String,
    left: Vec<Member>,
    right: Vec<Member>,
}

/// Pairs `lefts` (ids) with `rights` (secrets).
pub fn pair(lefts: &[Value<'_>], rights: &[Value<'_>]) -> Pairing {
    let mut pairing = Pairing::default();
    if lefts.is_empty() || rights.is_empty() {
        return pairing;
    }
    let mut buckets: BTreeMap<Key, Bucket> = BTreeMap::new();
    for (index, value) in lefts.iter().enumerate() {
        enter(&mut buckets, index, value, |b| &mut b.left);
    }
    for (index, value) in rights.iter().enumerate() {
        enter(&mut buckets, index, value, |b| &mut b.right);
    }
    buckets.retain(|_, b| !b.left.is_empty() && !b.right.is_empty());

    let stems = Stems { left: Stems::of(lefts), right: Stems::of(rights) };
    let mut free = Free { left: vec![true; lefts.len()], right: vec![true; rights.len()], stems };
    let levels: BTreeSet<Level> = buckets.keys().map(|k| k.0).collect();
    for level in levels {
        let of_level = buckets.range((level, 0, ScopeId::Local(0))..).take_while(|(k, _)| k.0 == level);
        let mut proposed = Vec::new();
        for (key, bucket) in of_level {
            let found = resolve(level, key, bucket, &free);
            if level == Level::Parent {
                // Inner objects come first (see `enter`): what they join is not up to outer ones.
                accept(found.joined, &mut free, &mut pairing.joined);
            } else {
                proposed.extend(found.joined);
            }
            for tie in found.ties {
                pairing.ambiguous.entry(tie.left).or_default().push(tie);
            }
        }
        accept(proposed, &mut free, &mut pairing.joined);
    }
    if let Some(last) = last_resort(lefts, rights, &free) {
        free.left[last.left] = false;
        free.right[last.right] = false;
        pairing.joined.push(last);
    }
    pairing.ambiguous.retain(|&left, candidates| {
        candidates.retain(|c| free.right[c.right]);
        let mut seen = BTreeSet::new();
        candidates.retain(|c| seen.insert(c.right));
        // Weaker evidence than the best says nothing more.
        let best = candidates.iter().map(|c| c.level).min();
        candidates.retain(|c| Some(c.level) == best);
        candidates.truncate(MAX_CANDIDATES);
        free.left[left] && !candidates.is_empty()
    });
    pairing
}

struct Free {
    left: Vec<bool>,
    right: Vec<bool>,
    stems: Stems,
}

/// The stems of all names, by side: a value whose partner has its name elsewhere is not joined with
/// another.
#[derive(Default)]
struct Stems {
    left: BTreeSet<Vec<String>>,
    right: BTreeSet<Vec<String>>,
}

impl Stems {
    fn of(values: &[Value<'_>]) -> BTreeSet<Vec<String>> {
        let keys = values.iter().flat_map(|v| v.sightings.iter().take(MAX_PLACES)).flat_map(|s| s.keys());
        keys.take(MAX_STEMS).map(stem).filter(|stem| !stem.is_empty()).collect()
    }
}

/// Takes the proposals whose two ends nothing else at this level claims.
fn accept(mut proposed: Vec<Joined>, free: &mut Free, joined: &mut Vec<Joined>) {
    proposed.sort_by(|a, b| (a.left, a.right, &a.evidence).cmp(&(b.left, b.right, &b.evidence)));
    proposed.dedup_by_key(|j| (j.left, j.right));
    let mut claims: (BTreeMap<usize, usize>, BTreeMap<usize, usize>) = Default::default();
    for j in &proposed {
        *claims.0.entry(j.left).or_default() += 1;
        *claims.1.entry(j.right).or_default() += 1;
    }
    for j in proposed {
        if claims.0[&j.left] == 1 && claims.1[&j.right] == 1 && free.left[j.left] && free.right[j.right] {
            free.left[j.left] = false;
            free.right[j.right] = false;
            joined.push(j);
        }
    }
}

/// Enters every place of a value into its buckets.
fn enter(
    buckets: &mut BTreeMap<Key, Bucket>,
    index: usize,
    value: &Value<'_>,
    side: fn(&mut Bucket) -> &mut Vec<Member>,
) {
    for sighting in value.sightings.iter().take(MAX_PLACES) {
        let mut put = |key: Key, label: &dyn Fn() -> String, order, name: Option<&str>| {
            let bucket = buckets.entry(key).or_default();
            if bucket.label.is_empty() {
                bucket.label = label();
            }
            side(bucket).push(Member { value: index, order, key: name.map(str::to_owned) });
        };
        for site in sighting.sites.iter().take(MAX_PLACES) {
            for scope in &site.scopes {
                let label = || scope.label.clone();
                let name = site.key.as_deref();
                put((level_of(scope.class), 0, scope.id.clone()), &label, scope.order, name);
                if scope.class == ScopeClass::Object {
                    // One may be in the object itself, the other in an object inside it.
                    put(parent_key(scope), &label, scope.order, name);
                } else if scope.class == ScopeClass::Parent {
                    put(parent_key(scope), &label, scope.order, name);
                }
            }
        }
        if sighting.is_ordered() {
            let name = sighting.keys().next();
            let offset = Some(sighting.range.0);
            let blob = ScopeId::Local(sighting.blob);
            for &(text, line) in &sighting.lines {
                let line = ScopeId::InText(text, u64::from(line));
                put((Level::Line, 0, line), &|| "one line".into(), offset, name);
            }
            put((Level::Near, 0, blob.clone()), &String::new, offset, name);
            put(
                (Level::File, u64::from(sighting.kind == TextKind::Binary), blob),
                &String::new,
                offset,
                name,
            );
        }
    }
}

fn level_of(class: ScopeClass) -> Level {
    match class {
        ScopeClass::Call => Level::Call,
        ScopeClass::Object => Level::Object,
        ScopeClass::Method => Level::Method,
        ScopeClass::Type => Level::Type,
        ScopeClass::Parent => Level::Parent,
        ScopeClass::Package => Level::Package,
    }
}

/// Buckets of parents in an order in which inner objects, which start later, come first.
fn parent_key(scope: &Scope) -> Key {
    let start = match scope.id {
        ScopeId::InText(_, start) | ScopeId::Local(start) => start,
        ScopeId::Named(_) => 0,
    };
    (Level::Parent, u64::MAX - start, scope.id.clone())
}

#[derive(Default)]
struct Resolved {
    joined: Vec<Joined>,
    ties: Vec<Joined>,
}

/// What one bucket says about the values that are still free.
fn resolve(level: Level, key: &Key, bucket: &Bucket, free: &Free) -> Resolved {
    let left = distinct(&bucket.left, &free.left);
    let right = distinct(&bucket.right, &free.right);
    if left.is_empty() || right.is_empty() {
        return Resolved::default();
    }
    match level {
        Level::Near => near(&left, &right),
        Level::Line => {
            // One line of a minified bundle can be megabytes long.
            let mut found = in_scope(level, &left, &right, &bucket.label, &free.stems);
            let close = |j: &Joined| {
                let of = |members: &[Member], value| {
                    members.iter().find(|m| m.value == value).and_then(|m| m.order)
                };
                of(&left, j.left).unwrap_or(0).abs_diff(of(&right, j.right).unwrap_or(0)) <= NEAR_GAP
            };
            found.joined.retain(close);
            found.ties.retain(close);
            found
        }
        Level::File => {
            // In binary data, only close by.
            let reach = if key.1 == 1 { BINARY_REACH } else { u64::MAX };
            match (&left[..], &right[..]) {
                ([l], [r]) if distance(l, r) <= reach && !are_at_odds(l, r, &free.stems) => {
                    one(level, l, r, "the only two of their kind in the file".into())
                }
                // Too far apart for anything but names that match.
                _ if key.1 == 0 => {
                    let named = |m: &&Member| m.key.as_deref().is_some_and(|k| !stem(k).is_empty());
                    let of = |members: &[Member]| members.iter().filter(named).cloned().collect::<Vec<_>>();
                    let (joined, ..) = by_name(level, &of(&left), &of(&right), "in one file");
                    Resolved { joined, ties: Vec::new() }
                }
                _ => Resolved::default(),
            }
        }
        _ => in_scope(level, &left, &right, &bucket.label, &free.stems),
    }
}

/// The members that are free, one for each value.
fn distinct(members: &[Member], free: &[bool]) -> Vec<Member> {
    let mut seen = BTreeSet::new();
    members.iter().filter(|m| free[m.value] && seen.insert(m.value)).take(MAX_BUCKET).cloned().collect()
}

fn one(level: Level, l: &Member, r: &Member, evidence: String) -> Resolved {
    Resolved { joined: vec![Joined { left: l.value, right: r.value, level, evidence }], ties: Vec::new() }
}

/// Values that share a scope: alone, by name, in turn; or tied.
fn in_scope(level: Level, left: &[Member], right: &[Member], label: &str, stems: &Stems) -> Resolved {
    let words = match level {
        Level::Call => format!("together in {label}"),
        Level::Object => format!("siblings in {label}"),
        Level::Method => format!("both in {label}"),
        Level::Line => "on one line".to_owned(),
        Level::Type => format!("both in {label}"),
        Level::Parent => format!("both inside {label}"),
        _ => format!("both in {label}"),
    };
    if let ([l], [r]) = (left, right) {
        // Fields of one class that are named for different things (PROD_KEY, STAGING_SECRET) are
        // halves of two pairs, of which the other halves are elsewhere.
        if level >= Level::Type && are_at_odds(l, r, stems) {
            return Resolved { joined: Vec::new(), ties: ties(level, left, right, &words) };
        }
        return one(level, l, r, words);
    }
    let (mut joined, left, right) = by_name(level, left, right, &words);
    match (&left[..], &right[..]) {
        ([], _) | (_, []) => return Resolved { joined, ties: Vec::new() },
        // What remains when the others are told apart by name.
        ([l], [r]) if !joined.is_empty() => {
            joined.extend(one(level, l, r, format!("{words}, the others told apart by name")).joined);
            return Resolved { joined, ties: Vec::new() };
        }
        _ => {}
    }
    if let ([l], Some(r)) = (&left[..], named_secret(&right))
        && level < Level::Near
        && !are_at_odds(l, r, stems)
    {
        joined.extend(one(level, l, r, format!("{words}, the only one named a secret")).joined);
        return Resolved { joined, ties: Vec::new() };
    }
    let find = |members: &[Member], value| members.iter().find(|m| m.value == value).cloned();
    let fits = |&(l, r): &(usize, usize)| match (find(&left, l), find(&right, r)) {
        (Some(l), Some(r)) => !matches!(level, Level::Type | Level::Package) || !are_at_odds(&l, &r, stems),
        _ => false,
    };
    if let Some(pairs) = in_turn(&left, &right).filter(|pairs| pairs.iter().all(fits)) {
        let evidence = format!("{words}, id and secret in turn");
        joined.extend(pairs.into_iter().map(|(l, r)| Joined {
            left: l,
            right: r,
            level,
            evidence: evidence.clone(),
        }));
        return Resolved { joined, ties: Vec::new() };
    }
    if matches!(level, Level::Call | Level::Object)
        && let Some(pairs) = in_step(&left, &right)
    {
        let evidence = format!("{words}, always as far apart");
        joined.extend(pairs.into_iter().map(|(l, r)| Joined {
            left: l,
            right: r,
            level,
            evidence: evidence.clone(),
        }));
        return Resolved { joined, ties: Vec::new() };
    }
    let mut ties = ties(level, &left, &right, &words);
    if level == Level::Type {
        // Neighbours in the author's order, where the type has one: fields, resources.
        let is_next = |j: &Joined| is_mutual(j, &left, &right) && fits(&(j.left, j.right));
        let (next, rest): (Vec<Joined>, Vec<Joined>) = ties.into_iter().partition(is_next);
        joined.extend(
            next.into_iter().map(|j| Joined { evidence: format!("{words}, next to each other"), ..j }),
        );
        ties = rest;
    }
    Resolved { joined, ties }
}

/// Every secret for every id, the closest first where the scope knows an order.
fn ties(level: Level, left: &[Member], right: &[Member], words: &str) -> Vec<Joined> {
    let mut ties = Vec::new();
    for l in left {
        let mut near: Vec<&Member> = right.iter().collect();
        near.sort_by_key(|r| (distance(l, r), r.value));
        ties.extend(near.into_iter().take(MAX_CANDIDATES).map(|r| Joined {
            left: l.value,
            right: r.value,
            level,
            evidence: words.to_owned(),
        }));
    }
    ties
}

fn distance(a: &Member, b: &Member) -> u64 {
    match (a.order, b.order) {
        (Some(a), Some(b)) => a.abs_diff(b),
        _ => u64::MAX,
    }
}

/// One id and one named secret are left in the whole artifact.
fn last_resort(lefts: &[Value<'_>], rights: &[Value<'_>], free: &Free) -> Option<Joined> {
    let mut left = (0..lefts.len()).filter(|&i| free.left[i]);
    let mut right = (0..rights.len()).filter(|&i| free.right[i] && rights[i].named);
    let (l, r) = (left.next()?, right.next()?);
    if left.next().is_some() || right.next().is_some() {
        return None;
    }
    let evidence = "the only id and the only named secret in the artifact".to_owned();
    Some(Joined { left: l, right: r, level: Level::Artifact, evidence })
}

#[cfg(test)]
mod tests;
