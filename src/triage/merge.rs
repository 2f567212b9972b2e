//! Merging: one sighting a place, one finding a secret.

use super::sighting::Sighting;
use crate::address::Encoding;
use crate::blob::{Site, TextKind};
use crate::finding::{Class, Finding, Role, Secret};
use crate::pattern::{Boundary, Matcher, Pattern, PatternId, PatternSet};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One sighting for each pattern, value and place: the raw bytes and a lens see the same string.
/// The one that knows most is kept, with the sites of all.
pub fn same_places(patterns: &PatternSet, mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    sightings.sort_by(|a, b| {
        let key = |s: &Sighting| (s.pattern, s.blob, s.range.0, s.range.1);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.value.cmp(&b.value))
            .then_with(|| a.address.cmp(&b.address))
            // Sure boundaries first, then the one with sites.
            .then_with(|| (a.loose, a.sites.is_empty()).cmp(&(b.loose, b.sites.is_empty())))
            .then_with(|| a.encodings.cmp(&b.encodings))
    });
    debug_assert!(sightings.iter().all(|s| usize::from(s.pattern.0) < patterns.len()));
    let mut kept: Vec<Sighting> = Vec::with_capacity(sightings.len());
    for s in sightings {
        match kept.last_mut() {
            Some(last)
                if last.pattern == s.pattern
                    && last.blob == s.blob
                    && last.range.0 == s.range.0
                    && last.value == s.value
                    && last.address == s.address =>
            {
                last.near |= s.near;
                last.confidence = last.confidence.max(s.confidence);
                if last.others.len() > s.others.len() {
                    last.others = s.others;
                }
                last.loose &= s.loose;
                if !s.sites.is_empty() && last.sites.is_empty() {
                    last.kind = s.kind;
                }
                last.lines.extend(s.lines);
                if last.around.is_none() {
                    last.around = s.around;
                }
                for site in s.sites {
                    if !last.sites.contains(&site) {
                        last.sites.push(site);
                    }
                }
            }
            _ => kept.push(s),
        }
    }
    kept.iter_mut().for_each(|s| drop_partial_names(&mut s.sites));
    kept
}

/// Leaves out places that another names more fully: the raw bytes know `/accessKeyId` of a JSON
/// text in base64, a lens knows `com.shop.Config.PAYLOAD/accessKeyId`.
fn drop_partial_names(sites: &mut Vec<Site>) {
    if sites.len() < 2 {
        return;
    }
    let names: Vec<String> = sites.iter().map(|s| s.name.clone()).collect();
    sites.retain(|s| !names.iter().any(|n| n.len() > s.name.len() && n.ends_with(&s.name)));
}

/// Leaves out sightings that lie in one of a more telling pattern: the generic run inside a named
/// token, the token inside a private key, the whole URL around a token that has a name of its own.
///
/// With `halves`, the secret in a URL or header that holds an id too is kept beside it, to be paired.
pub fn unshadowed(patterns: &PatternSet, mut sightings: Vec<Sighting>, halves: bool) -> Vec<Sighting> {
    let mut by_blob: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (i, s) in sightings.iter().enumerate() {
        by_blob.entry(s.blob).or_default().push(i);
    }
    let mut keep = vec![true; sightings.len()];
    let mut candidates: Vec<(usize, PatternId)> = Vec::new();
    let mut surer: Vec<(usize, u8)> = Vec::new();
    for indexes in by_blob.values_mut() {
        indexes.sort_by_key(|&i| (sightings[i].range.0, std::cmp::Reverse(sightings[i].range.1)));
        for (n, &i) in indexes.iter().enumerate() {
            // All that begin inside this one; spans are short, and hostile overlaps are bounded.
            let inside = indexes[n + 1..]
                .iter()
                .take(64)
                .take_while(|&&j| sightings[j].range.0 < sightings[i].range.1);
            let is_role = |j: usize, wanted| {
                patterns.get(sightings[j].pattern).part.as_ref().is_some_and(|(_, role)| *role == wanted)
            };
            let holds_id = halves && !is_role(i, Role::Id) && inside.clone().any(|&j| is_role(j, Role::Id));
            for &j in inside {
                if holds_id && is_role(j, Role::Secret) {
                    continue;
                }
                let (a, b) = (&sightings[i], &sightings[j]);
                let (pa, pb) = (patterns.get(a.pattern), patterns.get(b.pattern));
                // In programs a service is named by the class or file around a value: too far away to keep
                // it from the id that it may belong to.
                let is_named = |p: &Pattern| matches!(p.matcher, Matcher::Named { .. });
                let is_half = |p: &Pattern| matches!(p.matcher, Matcher::Run { .. }) && p.part.is_some();
                let is_text = a.kind == TextKind::Plain;
                if halves && !is_text && (is_named(pa) && is_half(pb) || is_half(pa) && is_named(pb)) {
                    continue;
                }
                // Rules of other tools find halves too; whether one is part of a pair is decided first.
                if halves && (is_half(pa) && is_foreign(pb) || is_foreign(pa) && is_half(pb)) {
                    continue;
                }
                let (winner, loser) = match shadow((pa, a), (pb, b)) {
                    Some(Side::First) => (j, i),
                    Some(Side::Second) => (i, j),
                    None => continue,
                };
                keep[loser] = false;
                surer.extend(
                    confidence_of_name(patterns, &sightings[winner], &sightings[loser]).map(|c| (winner, c)),
                );
                if fit_alike(patterns, &sightings[winner], &sightings[loser]) {
                    candidates.push((winner, sightings[loser].pattern));
                }
            }
        }
    }
    for (winner, other) in candidates {
        sightings[winner].others.push(other);
    }
    for (winner, confidence) in surer {
        sightings[winner].confidence = sightings[winner].confidence.max(Some(confidence));
    }
    let mut keep = keep.into_iter();
    sightings.into_iter().filter(|_| keep.next().unwrap_or(true)).collect()
}

/// Leaves out what only wraps a value of `paired`: the URL or header around both halves of a pair.
pub fn outside(patterns: &PatternSet, sightings: Vec<Sighting>, paired: &BTreeSet<Secret>) -> Vec<Sighting> {
    let halves: BTreeSet<(u64, u64, u64)> = sightings
        .iter()
        .filter(|s| paired.contains(&s.value))
        .map(|s| (s.blob, s.range.0, s.range.1))
        .collect();
    let wraps = |s: &Sighting| {
        let pattern = patterns.get(s.pattern);
        let inside = halves
            .range((s.blob, s.range.0, 0)..(s.blob, s.range.1, 0))
            .filter(|h| h.2 <= s.range.1 && (h.1, h.2) != s.range)
            .take(2)
            .count();
        inside == 2 && pattern.part.is_none() && pattern.class == Class::Credential
    };
    let keep: Vec<bool> = sightings.iter().map(|s| !wraps(s)).collect();
    sightings.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(s, _)| s).collect()
}

/// Whether a pattern was written for another tool, or like one that was: its names give way to others.
fn is_foreign(pattern: &Pattern) -> bool {
    pattern.broad
        && pattern.boundary == Boundary::None
        && matches!(pattern.matcher, Matcher::Regex { .. } | Matcher::Search { .. })
}

/// How sure a value is a secret by its own name, where words around it say whose it is: the name of a service makes it no
/// less of a secret.
fn confidence_of_name(patterns: &PatternSet, winner: &Sighting, loser: &Sighting) -> Option<u8> {
    let (pw, pl) = (patterns.get(winner.pattern), patterns.get(loser.pattern));
    // `{"username": "x", "key": "VALUE"}`, `curl -u x:VALUE`: what stands around it is a credential, and it is the secret in that.
    let is_around = pl.class == Class::Credential
        && !is_foreign(pl)
        && loser.secret.as_ref().is_some_and(|secret| *secret == winner.value);
    if matches!(pw.matcher, Matcher::Named { .. }) && is_around {
        return Some(loser.confidence.unwrap_or(pl.confidence).min(pw.confidence));
    }
    let (_, rated) = loser.named.as_ref()?;
    let is_same = matches!(pw.matcher, Matcher::Named { .. })
        && pl.class == Class::Generic
        && rated.only_low.is_none()
        && winner.range == loser.range;
    is_same.then(|| rated.confidence.min(pw.confidence))
}

/// Whether two tokens with a form of their own say the same of one value, and nothing around it says which
/// is right: prefixes are shared.
fn fit_alike(patterns: &PatternSet, winner: &Sighting, loser: &Sighting) -> bool {
    let (pw, pl) = (patterns.get(winner.pattern), patterns.get(loser.pattern));
    let has_form =
        |p: &Pattern| matches!(p.matcher, Matcher::Token { .. } | Matcher::Regex { .. }) && !p.broad;
    has_form(pw)
        && has_form(pl)
        && pl.is_shared()
        && winner.near == loser.near
        && winner.value == loser.value
        && winner.range == loser.range
}

/// Of two kinds with the same value: one that its surroundings name, before one that many share, before
/// the surer.
fn by_telling((pa, a): (&Pattern, &Sighting), (pb, b): (&Pattern, &Sighting)) -> Side {
    let tells = |p: &Pattern, s: &Sighting| {
        let is_named = matches!(p.matcher, Matcher::Named { .. });
        let is_shared = p.is_shared();
        // A form of its own says more than words around it, and both together most.
        let rank = match (p.broad, is_named, is_shared && !s.near) {
            (true, ..) => 0,
            (false, false, true) => 1,
            (false, true, _) => 2,
            (false, false, false) => 3,
        };
        (rank + u8::from(!is_named && is_shared && s.near), s.confidence.unwrap_or(p.confidence))
    };
    if (tells(pa, a), &pb.id) >= (tells(pb, b), &pa.id) { Side::Second } else { Side::First }
}

enum Side {
    First,
    Second,
}

/// Which of two overlapping sightings the other one makes superfluous.
fn shadow((pa, a): (&Pattern, &Sighting), (pb, b): (&Pattern, &Sighting)) -> Option<Side> {
    let contains = |x: &Sighting, y: &Sighting| x.range.0 <= y.range.0 && y.range.1 <= x.range.1;
    // All of a string that a program makes stands where it is made: there, only the values tell what is
    // inside what.
    let is_made =
        |s: &Sighting| s.encodings.iter().any(|e| matches!(e, Encoding::Assembled | Encoding::Reversed));
    if is_made(a) && is_made(b) && a.range == b.range {
        let holds =
            |x: &Sighting, y: &Sighting| memchr::memmem::find(x.value.reveal(), y.value.reveal()).is_some();
        if !holds(a, b) && !holds(b, a) {
            return None;
        }
    }
    // The bytes of an array as they are written, and what they say.
    let is_listed = |s: &Sighting| s.encodings.contains(&Encoding::Bytes);
    if is_listed(a) != is_listed(b) {
        return None;
    }
    // Strings with boundaries of their own may share bytes where one ends and the next begins, as a
    // format packs them: neither is part of the other.
    let is_string = |s: &Sighting| matches!(s.kind, TextKind::Pool | TextKind::List) && !s.loose;
    // So may what is decoded out of such strings.
    let is_decoded = |s: &Sighting| s.encodings.last().is_some_and(|encoding| encoding.holds_bytes());
    let is_apart = |s: &Sighting| is_string(s) || is_decoded(s);
    if is_apart(a) && is_apart(b) && !contains(a, b) && !contains(b, a) {
        return None;
    }
    // What the raw bytes seem to hold across the end of such a string is none: `secret_key` and the value
    // that a record has right behind it. A key block may be cut into strings, line by line.
    let crosses = |p: &Pattern, raw: &Sighting, s: &Sighting| {
        let is_unknown =
            raw.sites.is_empty() && !s.sites.is_empty() && p.class != Class::KeyMaterial && contains(raw, s);
        let is_raw = raw.kind == TextKind::Binary && raw.loose || raw.kind != TextKind::Plain && is_unknown;
        is_raw && is_string(s) && !contains(s, raw) && raw.range != s.range
    };
    match (crosses(pa, a, b), crosses(pb, b, a)) {
        (true, _) => return Some(Side::First),
        (_, true) => return Some(Side::Second),
        _ => {}
    }
    // What has only its shape says less than a name that says secret. Half of a pair: the pair decides
    // later. Anything else is no finding at all (see `judge`), and must not hide that half.
    let rank = |p: &Pattern, s: &Sighting| match (&p.matcher, p.class) {
        (_, Class::Generic) => 0,
        (Matcher::Named { .. }, _) => 3,
        (Matcher::Run { .. }, _) if !super::is_named(p, s) => 0,
        (Matcher::Run { .. }, _) => 1,
        (_, Class::Config) => 2,
        _ => 3,
    };
    // A string that a call turns around is no secret as it is written, unless it has the form of one.
    let is_turned =
        |s: &Sighting| s.encodings.iter().any(|e| matches!(e, Encoding::Rot13 | Encoding::Reversed));
    match (is_turned(a), is_turned(b)) {
        (true, false) if rank(pb, b) <= 1 => return Some(Side::Second),
        (false, true) if rank(pa, a) <= 1 => return Some(Side::First),
        _ => {}
    }
    if pa.class == Class::Generic && pb.class == Class::Generic {
        // A name beside the value tells more than the shape of a part of it; then the surer, the longer.
        let worth =
            |s: &Sighting| s.named.as_ref().map(|(_, rated)| (rated.confidence, s.value.reveal().len()));
        return Some(if worth(a) >= worth(b) { Side::Second } else { Side::First });
    }
    let (ra, rb) = (rank(pa, a), rank(pb, b));
    // A generic or shape-only match gives way to any other that overlaps it; two of them to the
    // surer one.
    if ra.min(rb) <= 1 && ra != rb {
        return Some(if ra < rb { Side::First } else { Side::Second });
    }
    // A form that many share gives way to what says whose it is, unless that is a small part of it.
    let length = |s: &Sighting| s.range.1 - s.range.0;
    let is_most = |part: &Sighting, whole: &Sighting| length(part) * 2 >= length(whole);
    match (pa.broad, pb.broad) {
        (true, false) if ra == 3 && rb == 3 && is_most(b, a) => return Some(Side::First),
        (false, true) if ra == 3 && rb == 3 && is_most(a, b) => return Some(Side::Second),
        _ => {}
    }
    let is_named = |p: &Pattern| matches!(p.matcher, Matcher::Named { .. });
    if a.range == b.range && (is_named(pa) || is_named(pb)) && pa.id != pb.id {
        return Some(by_telling((pa, a), (pb, b)));
    }
    // A credential in a URL or block that is one itself: report the token under its own name.
    let holds = |outer: &Sighting, inner: &Sighting| outer.secret.as_ref().is_some_and(|s| *s == inner.value);
    if ra == 3 && rb == 3 {
        if holds(a, b) {
            return Some(Side::First);
        }
        if holds(b, a) {
            return Some(Side::Second);
        }
    }
    if pa.id == pb.id {
        return match (contains(a, b), contains(b, a)) {
            (true, false) => Some(Side::Second),
            (false, true) => Some(Side::First),
            _ => None,
        };
    }
    if a.range == b.range && ra == rb && ra > 1 {
        return Some(by_telling((pa, a), (pb, b)));
    }
    // Configuration inside configuration (a host in a URL, an ARN in a policy): the longer says it all.
    // What stands inside a key block is noise.
    let is_key = |p: &Pattern| p.class == Class::KeyMaterial;
    if (ra == 2 && rb == 2) || is_key(pa) && (rb <= 2 || is_key(pb) && contains(a, b)) {
        return contains(a, b).then_some(Side::Second);
    }
    if is_key(pb) && (ra <= 2 || is_key(pa)) {
        return contains(b, a).then_some(Side::First);
    }
    None
}

/// One finding a secret, whatever artifacts it stands in, sorted by first place. A lone half that
/// is paired elsewhere joins its pair.
pub fn merge(mut findings: Vec<Finding>) -> Vec<Finding> {
    // Artifacts come as threads finish them; what the first of them says of a secret stands.
    findings.sort_by(by_place);
    let mut merged: BTreeMap<(String, String), Finding> = BTreeMap::new();
    for finding in findings {
        // Ambiguous pairs of one id are the same only with the same candidates.
        let key = (
            if finding.pattern.starts_with("generic.") { "generic".into() } else { finding.pattern.clone() },
            format!("{}{:?}", finding.fingerprint, finding.parts.get(&Role::Id).map(Secret::reveal)),
        );
        match merged.get_mut(&key) {
            None => {
                merged.insert(key, finding);
            }
            Some(known) => absorb(known, finding),
        }
    }
    // Once for all: a secret may stand in a hundred thousand files.
    merged.values_mut().for_each(sort_sites);
    let mut in_pairs: HashMap<Secret, Vec<(String, String)>> = HashMap::new();
    for (key, finding) in merged.iter().filter(|(_, f)| f.pair.is_some()) {
        for value in finding.parts.values() {
            in_pairs.entry(value.clone()).or_default().push(key.clone());
        }
    }
    let lone: Vec<_> = merged
        .iter()
        .filter(|(_, f)| f.pair.is_none() && f.parts.len() == 1)
        .filter(|(_, f)| f.parts.iter().all(|(role, v)| *role != Role::Value && in_pairs.contains_key(v)))
        .map(|(key, _)| key.clone())
        .collect();
    let mut grown = BTreeSet::new();
    for key in lone {
        let Some(finding) = merged.remove(&key) else { continue };
        for value in finding.parts.values() {
            // Its places are told with the first pair it belongs to.
            if let Some((key, pair)) = in_pairs[value].first().and_then(|k| Some((k, merged.get_mut(k)?))) {
                pair.sites.extend(finding.sites.iter().cloned());
                grown.insert(key);
            }
        }
    }
    for key in grown {
        merged.get_mut(key).into_iter().for_each(sort_sites);
    }
    let mut all: Vec<Finding> = merged.into_values().collect();
    all.sort_by(by_place);
    all
}

fn sort_sites(finding: &mut Finding) {
    finding.sites.sort();
    finding.sites.dedup();
}

/// By first place, then by what it is.
fn by_place(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let key = |f: &Finding| f.sites.first().map(|s| (s.address.clone(), s.offset));
    key(a)
        .cmp(&key(b))
        .then_with(|| a.pattern.cmp(&b.pattern))
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

/// Adds what another artifact says of a secret; its places stand behind the others until they are sorted.
fn absorb(known: &mut Finding, other: Finding) {
    known.sites.extend(other.sites);
    let surer = other.confidence > known.confidence;
    known.severity = known.severity.max(other.severity);
    if surer {
        known.confidence = other.confidence;
        known.pair = other.pair.or(known.pair.take());
    }
    for (name, value) in other.details {
        known.details.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::finding::{Location, Severity};

    fn finding(file: &str, key: &str) -> Finding {
        Finding {
            pattern: "generic.secret".into(),
            name: "Generic secret".into(),
            class: Class::Generic,
            severity: Severity::Medium,
            confidence: 75,
            fingerprint: "v1:0".into(),
            parts: BTreeMap::from([(Role::Value, Secret::new(b"x"))]),
            sites: vec![Location {
                address: Address::named(file),
                offset: 1,
                line: None,
                column: None,
                site: None,
                role: Role::Value,
                decoded: Vec::new(),
                layer: None,
                around: None,
            }],
            pair: None,
            details: BTreeMap::from([("key".into(), key.into())]),
            why: String::new(),
            fix: String::new(),
            reference: String::new(),
            history: Vec::new(),
            verification: None,
        }
    }

    #[test]
    fn what_is_told_of_a_secret_does_not_depend_on_the_order_of_artifacts() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let all = [finding("a", "token"), finding("b", "secret"), finding("c", "key")];
            let merged = merge(order.iter().map(|&i| all[i].clone()).collect());
            assert_eq!(merged.len(), 1);
            assert_eq!(merged[0].details["key"], "token", "{order:?}");
        }
    }
    /// Sorted after each of them, they would take many minutes.
    #[test]
    fn all_places_of_a_secret_in_many_thousand_files_are_told_in_order() {
        let files = |n: usize| (0..n).map(move |i| format!("{:05}", i * 7919 % n));
        let all = files(30_000).chain(files(100)).map(|file| finding(&file, "key")).collect();
        let merged = merge(all);
        assert_eq!((merged.len(), merged[0].sites.len()), (1, 30_000));
        assert!(merged[0].sites.is_sorted());
    }
}
