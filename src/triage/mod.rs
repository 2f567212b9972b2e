//! Triage: what hits mean. Checks, decoys, pairs, merging; no formats, no network.
//!
//! [`artifact`] judges the sightings of one artifact, the scope in which an id and a secret can
//! belong together; [`merge`] then makes one finding of a secret that stands in many artifacts.

mod alike;
pub mod checksum;
pub mod collection;
pub mod decode;
mod decoy;
pub mod generic;
pub mod keys;
pub mod memo;
pub mod merge;
pub mod names;
pub mod natural;
pub mod pair;
pub mod paths;
pub mod placeholders;
pub mod score;
pub mod sighting;
mod weak;

use crate::address::Encoding;
use crate::blob::TextKind;
use crate::finding::{Candidate, Class, Finding, Location, Pair, Role, Secret, Severity};
use crate::pattern::{Group, Matcher, Pattern, PatternId, PatternSet};
use decode::Account;
use decoy::is_decoy;
use pair::{Joined, Value};
use placeholders::Placeholder;
use sha2::{Digest, Sha256};
use sighting::Sighting;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) use alike::{begins_look_alike, names_look_alike};
pub use collection::lower as lower_collections;
pub use merge::merge;

/// Makes the tables that are made when first needed otherwise: for a thread that has nothing else to do.
pub fn prepare() {
    names::prepare();
    placeholders::prepare();
}

/// The columns of a row of a table. Tables are read at every start: this is quicker than to split text.
fn columns(row: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let row = rest?;
        let end = memchr::memchr(b'\t', row.as_bytes());
        rest = end.and_then(|end| row.get(end + 1..));
        row.get(..end.unwrap_or(row.len()))
    })
}

/// Makes findings of the sightings of one artifact.
pub fn artifact(patterns: &PatternSet, sightings: Vec<Sighting>) -> Vec<Finding> {
    let sightings = merge::same_places(patterns, sightings.into_iter().map(|s| named(patterns, s)).collect());
    let sightings: Vec<Sighting> =
        merge::unshadowed(patterns, sightings, true).into_iter().filter(|s| !is_decoy(patterns, s)).collect();
    let mut findings = Vec::new();
    let mut paired: BTreeSet<Secret> = BTreeSet::new();
    let seen: BTreeSet<PatternId> = sightings.iter().map(|s| s.pattern).collect();
    let groups: BTreeSet<&str> =
        seen.iter().filter_map(|id| patterns.get(*id).part.as_ref().map(|(of, _)| of.as_ref())).collect();
    for group in groups.into_iter().filter_map(|id| patterns.group(id)) {
        pair_group(patterns, group, &sightings, &mut findings, &mut paired);
    }
    let rest = merge::unshadowed(patterns, merge::outside(patterns, sightings, &paired), false);
    single(patterns, &rest, &paired, &mut findings);
    findings
}

/// What became of a sighting, for `keysift explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in this finding.
    Reported {
        /// Id of the pattern or pair.
        pattern: String,
        /// Severity of the finding.
        severity: Severity,
        /// Confidence of the finding.
        confidence: u8,
        /// Why it is worth a hint only.
        low: Option<String>,
    },
    /// Another match at the same place says more.
    Covered,
    /// Its value is known to be none of anybody's.
    Decoy,
    /// Its shape is all that speaks for it.
    Unsupported,
}

impl Fate {
    /// The fate as a sentence.
    pub fn in_words(&self) -> String {
        match self {
            Fate::Reported { pattern, severity, confidence, low } => {
                let low = low.as_ref().map_or(String::new(), |why| format!("; no more than low: {why}"));
                format!("reported as {pattern}, {severity}, {confidence} % sure{low}")
            }
            Fate::Covered => "not reported by itself: another match at the same place says more".into(),
            Fate::Decoy => "failed: a documented example, a placeholder or a template".into(),
            Fate::Unsupported => "failed: nothing but its shape says that it is a secret".into(),
        }
    }
}

/// The findings of one artifact, and what became of each sighting.
pub fn explained(patterns: &PatternSet, sightings: Vec<Sighting>) -> (Vec<Finding>, Vec<(Sighting, Fate)>) {
    let findings = artifact(patterns, sightings.clone());
    let places = merge::same_places(patterns, sightings);
    let open = merge::unshadowed(patterns, places.clone(), true);
    let fates = places.into_iter().map(|s| {
        let of = |f: &&Finding| {
            f.parts.values().any(|v| *v == s.value)
                && f.sites.iter().any(|site| site.address == s.address && site.offset == s.place)
        };
        let is_own = |f: &&Finding| f.pattern == patterns.get(s.pattern).id || f.pair.is_some();
        let stands = open.iter().any(|o| o.pattern == s.pattern && o.range == s.range && o.blob == s.blob);
        let fate = match findings.iter().find(|f| of(f) && is_own(f)) {
            Some(f) => Fate::Reported {
                pattern: f.pattern.clone(),
                severity: f.severity,
                confidence: f.confidence,
                low: f.details.get("low").cloned(),
            },
            None if !stands || findings.iter().any(|f| of(&f)) => Fate::Covered,
            None if is_decoy(patterns, &s) => Fate::Decoy,
            None => Fate::Unsupported,
        };
        (s, fate)
    });
    let fates = fates.collect();
    (findings, fates)
}

/// Findings for the pairs of one group. The values that went into them are added to `paired`.
fn pair_group(
    patterns: &PatternSet,
    group: &Group,
    sightings: &[Sighting],
    findings: &mut Vec<Finding>,
    paired: &mut BTreeSet<Secret>,
) {
    // A URL or a text that holds the id too says nothing of the secret in it by its own name.
    let is_id = |s: &&Sighting| {
        patterns.get(s.pattern).part.as_ref().is_some_and(|(of, r)| *of == group.id && *r == Role::Id)
    };
    let places = |s: &Sighting| {
        let named = s.sites.iter().filter_map(|site| Some((s.blob, site.name.clone(), site.key.clone()?)));
        named.collect::<Vec<_>>()
    };
    let with_id: BTreeSet<(u64, String, String)> = sightings.iter().filter(is_id).flat_map(places).collect();
    let of_role = |role: Role| {
        let mut values: BTreeMap<&Secret, Value<'_>> = BTreeMap::new();
        for s in sightings {
            let pattern = patterns.get(s.pattern);
            if pattern.part.as_ref().is_some_and(|(of, r)| *of == group.id && *r == role)
                && (may_pair(pattern, s)
                    || places(s).iter().any(|place| with_id.contains(place) && !names_look_alike(&place.2)))
            {
                let named = is_named(pattern, s);
                let value = values.entry(&s.value).or_insert(Value { sightings: Vec::new(), named: false });
                value.sightings.push(s);
                value.named |= named;
            }
        }
        values.into_values().collect::<Vec<_>>()
    };
    let (ids, mut secrets, tokens) = (of_role(Role::Id), of_role(Role::Secret), of_role(Role::Token));
    leave_out_turned(&mut secrets);
    let pairing = pair::pair(&ids, &secrets);
    let with_token: HashMap<usize, Joined> =
        pair::pair(&ids, &tokens).joined.into_iter().map(|j| (j.left, j)).collect();

    for joined in pairing.joined {
        let mut parts = vec![(Role::Id, &ids[joined.left]), (Role::Secret, &secrets[joined.right])];
        if let Some(token) = with_token.get(&joined.left) {
            parts.push((Role::Token, &tokens[token.right]));
        }
        paired.extend(parts.iter().map(|(_, v)| v.sightings[0].value.clone()));
        let pair = Pair { evidence: joined.evidence, candidates: Vec::new() };
        findings.push(pair_finding(patterns, group, &parts, pair, joined.level.confidence(), group.severity));
    }
    for (left, candidates) in pairing.ambiguous {
        let id = &ids[left];
        // A public id says nothing by itself: the secrets are told as what they are.
        if patterns.get(id.sightings[0].pattern).class == Class::Config {
            continue;
        }
        let severity = patterns.get(id.sightings[0].pattern).severity.max(Severity::High);
        let evidence = match candidates.len() {
            1 => "a secret may belong to this id, but their names differ".to_owned(),
            n => format!("{n} secrets fit this id equally well"),
        };
        let confidence = candidates[0].level.confidence() / 2 + 40;
        paired.insert(id.sightings[0].value.clone());
        let candidates = candidates
            .into_iter()
            .map(|c| {
                let sighting = secrets[c.right].sightings[0];
                paired.insert(sighting.value.clone());
                Candidate {
                    secret: sighting.value.clone(),
                    evidence: c.evidence,
                    location: sighting.locations(Role::Secret).swap_remove(0),
                }
            })
            .collect();
        let pair = Pair { evidence, candidates };
        findings.push(pair_finding(patterns, group, &[(Role::Id, id)], pair, confidence, severity));
    }
}

/// A string that a program turns round is what its secret is made of, not another secret.
fn leave_out_turned(secrets: &mut Vec<Value<'_>>) {
    let is_made = |v: &Value<'_>| v.sightings.iter().any(|s| s.encodings.contains(&Encoding::Assembled));
    let text = |v: &Value<'_>| v.sightings.first().map(|s| s.value.reveal().to_vec()).unwrap_or_default();
    let turned: BTreeSet<Vec<u8>> =
        secrets.iter().filter(|v| is_made(v)).map(|v| text(v).into_iter().rev().collect()).collect();
    if !turned.is_empty() {
        secrets.retain(|v| is_made(v) || !turned.contains(&text(v)));
    }
}

fn pair_finding(
    patterns: &PatternSet,
    group: &Group,
    parts: &[(Role, &Value<'_>)],
    pair: Pair,
    confidence: u8,
    severity: Severity,
) -> Finding {
    let mut details = BTreeMap::new();
    let mut sites = Vec::new();
    for (role, value) in parts {
        for sighting in &value.sightings {
            sites.extend(sighting.locations(*role));
        }
        let first = value.sightings[0];
        if let Some(decoder) = patterns.get(first.pattern).decode {
            decoder.read(first.value.reveal(), &mut details);
        }
    }
    let parts: BTreeMap<Role, Secret> =
        parts.iter().map(|(r, v)| (*r, v.sightings[0].value.clone())).collect();
    // A temporary key dies by itself within hours.
    let temporary = parts.get(&Role::Id).is_some_and(|id| id.reveal().starts_with(b"ASIA"));
    let severity = if temporary { severity.min(Severity::High) } else { severity };
    let is_known =
        |part: &Secret| matches!(placeholders::kind(part.reveal()), Some(Placeholder::KnownDefault(_)));
    let severity = if parts.values().any(is_known) {
        details.insert("low".into(), "a password that everybody knows".into());
        severity.min(Severity::Low)
    } else {
        severity
    };
    Finding {
        pattern: group.id.to_string(),
        name: group.name.to_string(),
        class: Class::Credential,
        severity,
        confidence,
        fingerprint: fingerprint(&group.id, &parts),
        sites: ordered(sites),
        parts,
        pair: Some(pair),
        details,
        why: group.why.to_string(),
        fix: group.fix.to_string(),
        reference: group.reference.to_string(),
        history: Vec::new(),
        verification: None,
    }
}

/// A sighting whose name says that it is secret, as what its place says that it is: the path to it in a
/// document or a program, and the name of the file.
fn named(patterns: &PatternSet, sighting: Sighting) -> Sighting {
    let is_plain =
        sighting.named.as_ref().is_some_and(|(_, rated)| rated.only_low == Some(score::plain::WHY));
    if patterns.get(sighting.pattern).class != Class::Generic || is_plain {
        return sighting;
    }
    let address = sighting.address.to_string();
    let file = paths::near(&address);
    let places = sighting.sites.iter().map(|site| site.name.as_str());
    let value = sighting.secret.as_ref().unwrap_or(&sighting.value).reveal();
    let named = places.clone().find_map(|place| {
        let place = format!("{file}:\n{place}");
        patterns.names().name_of(patterns, &place, value)
    });
    match named {
        None => sighting,
        Some(named) => Sighting {
            pattern: named.pattern,
            value: Secret::new(value),
            secret: None,
            near: true,
            confidence: Some(match &sighting.named {
                Some((_, rated)) if rated.only_low.is_some() => named.confidence.min(score::HINT),
                // The name of a service makes it no less of a secret; but what stands in the text says more of whose it is.
                Some((_, rated)) if named.confidence <= score::HINT => rated.confidence.min(score::HINT + 1),
                _ => named.confidence,
            }),
            others: named.others,
            ..sighting
        },
    }
}

/// Findings for what was not paired.
fn single(
    patterns: &PatternSet,
    sightings: &[Sighting],
    paired: &BTreeSet<Secret>,
    findings: &mut Vec<Finding>,
) {
    // One generic secret is one finding, whether a name beside it or a lens told that it is one.
    let mut values: BTreeMap<(u16, &Secret), Vec<&Sighting>> = BTreeMap::new();
    let halves: Vec<&Sighting> = sightings.iter().filter(|s| paired.contains(&s.value)).collect();
    for s in sightings {
        let is_told = patterns.get(s.pattern).class == Class::Generic && is_part_of_pair(s, &halves);
        if !paired.contains(&s.value) && !is_told {
            let is_generic = is_generic(patterns.get(s.pattern));
            let pattern = if is_generic { u16::MAX } else { s.pattern.0 };
            values.entry((pattern, &s.value)).or_default().push(s);
        }
    }
    for ((_, value), mut sightings) in values {
        sightings.sort_by_key(|s| s.named.is_none());
        let pattern = patterns.get(sightings[0].pattern);
        let mut details = BTreeMap::new();
        // Where one reader knows that a value is named a checksum, what another saw of it without a name
        // tells nothing: raw bytes around a file in a file.
        let is_run = matches!(pattern.matcher, Matcher::Run { .. });
        let is_checksum = is_run && sightings.iter().any(|s| s.keys().any(names_look_alike));
        let speaks = |s: &&&Sighting| !is_checksum || s.keys().next().is_some();
        let judged = sightings.iter().filter(speaks).filter_map(|s| judge(pattern, s, &mut details));
        // The surest; what is worth more than a hint at one place is so everywhere.
        let Some(judged) = judged.max_by_key(|j| (j.only_low.is_none(), j.confidence)) else { continue };
        let confidence = judged.confidence;
        if let Some(why) = judged.only_low {
            details.insert("low".into(), why.into());
        }
        if let Some(decoder) = pattern.decode {
            decoder.read(value.reveal(), &mut details);
        }
        let others: BTreeSet<&str> =
            sightings.iter().flat_map(|s| &s.others).map(|id| patterns.get(*id).id.as_ref()).collect();
        if !others.is_empty() {
            let all: Vec<&str> = std::iter::once(pattern.id.as_ref()).chain(others).collect();
            details.insert("candidates".into(), all.join(", "));
        }
        let first = sightings[0];
        let mut parts = BTreeMap::from([(Role::Value, value.clone())]);
        parts.extend(first.id.clone().map(|id| (Role::Id, id)));
        parts.extend(first.secret.clone().map(|secret| (Role::Secret, secret)));
        if let Some((_, role)) = &pattern.part {
            parts = BTreeMap::from([(*role, value.clone())]);
        }
        let role = pattern.part.as_ref().map_or(Role::Value, |(_, role)| *role);
        findings.push(Finding {
            pattern: pattern.id.to_string(),
            name: pattern.name.to_string(),
            class: pattern.class,
            severity: match judged.only_low {
                Some(_) => pattern.severity.min(Severity::Low),
                None => severity(pattern, value, confidence),
            },
            confidence,
            fingerprint: fingerprint(&pattern.id, &parts),
            parts,
            sites: ordered(sightings.iter().flat_map(|s| s.locations(role)).collect()),
            pair: None,
            details,
            why: pattern.why.to_string(),
            fix: pattern.fix.to_string(),
            reference: pattern.reference.to_string(),
            history: Vec::new(),
            verification: None,
        });
    }
}

/// Whether a generic secret is told already: an encoded half of a pair, or a piece of one that the
/// program joins when it runs.
fn is_part_of_pair(s: &Sighting, halves: &[&Sighting]) -> bool {
    halves.iter().any(|half| {
        let overlaps = half.blob == s.blob && half.range.0 < s.range.1 && s.range.0 < half.range.1;
        overlaps || memchr::memmem::find(half.value.reveal(), s.value.reveal()).is_some()
    })
}

/// What a lone sighting is worth.
struct Judged {
    confidence: u8,
    /// Why it is worth a hint only, whatever its confidence.
    only_low: Option<&'static str>,
}

/// What a lone sighting is worth, or `None` where it is nothing by itself.
fn judge(pattern: &Pattern, s: &Sighting, details: &mut BTreeMap<String, String>) -> Option<Judged> {
    let mut only_low = is_hint(pattern, s);
    let confidence = match (&pattern.matcher, pattern.class) {
        (_, Class::Generic) => {
            let (key, confidence) = match &s.named {
                Some((name, rated)) => {
                    only_low = rated.only_low.or(only_low);
                    (name.clone(), rated.confidence)
                }
                None => generic::judge(s.value.reveal(), s.keys()).map(|e| (e.key, e.confidence))?,
            };
            details.insert("key".into(), crate::address::escape(key.as_bytes()));
            confidence
        }
        (Matcher::Named { .. }, _) => s.confidence.unwrap_or(pattern.confidence),
        (Matcher::Run { .. }, _) if !is_named(pattern, s) => return None,
        (Matcher::Run { .. }, _) if s.kind == TextKind::Binary => pattern.confidence.saturating_sub(25),
        _ => pattern.confidence,
    };
    let confidence = if s.loose { confidence.saturating_sub(30) } else { confidence };
    Some(Judged { confidence, only_low })
}

/// Why what stands there is worth a hint only: it opens nothing, or nothing that matters, mostly. A
/// token with a form of its own is live wherever it stands.
fn is_hint(pattern: &Pattern, s: &Sighting) -> Option<&'static str> {
    let secret = s.secret.as_ref().map(|s| placeholders::kind(s.reveal()));
    let is_known = |p: Placeholder| matches!(p, Placeholder::KnownDefault(_)) || p.is_weak_word();
    if matches!(secret, Some(Some(found)) if is_known(found)) {
        return Some("a password that everybody knows");
    }
    // What is all secret, and no token: `dXNlcm5hbWU6cGFzc3dvcmQ=`, the password of a service by its name.
    let is_whole = s.secret.is_none()
        && pattern.class != Class::Generic
        && matches!(pattern.matcher, Matcher::Regex { .. } | Matcher::Named { .. });
    if is_whole && placeholders::kind(s.value.reveal()).is_some_and(is_known) {
        return Some("a password that everybody knows");
    }
    if let (Some(id), Some(secret)) = (&s.id, &s.secret)
        && weak::is_made_of_user(id.reveal(), secret.reveal())
    {
        return Some("a password that is the user's name and the word for it");
    }
    let is_weak = match pattern.class {
        Class::Generic | Class::KeyMaterial => true,
        Class::Config => false,
        Class::Credential => {
            s.secret.is_some()
                || matches!(pattern.matcher, Matcher::Run { .. } | Matcher::Named { .. })
                || pattern.severity <= Severity::Medium
        }
    };
    if is_weak && s.for_show {
        return Some("in a test, an example or documentation");
    }
    if s.in_comment
        && (matches!(pattern.matcher, Matcher::Run { .. } | Matcher::Named { .. })
            || is_weak && pattern.severity <= Severity::Medium)
    {
        return Some("in a comment or an example");
    }
    let is_host_of_documents = || {
        memchr::memmem::find(s.value.reveal(), b"://").is_some()
            && matches!(placeholders::kind(s.value.reveal()), Some(Placeholder::Documented("host")))
    };
    if pattern.class == Class::Credential && s.secret.is_some() && is_host_of_documents() {
        return Some("a host that examples have");
    }
    if pattern.class == Class::Credential
        && s.secret.is_some()
        && paths::is_of_build(&s.address)
        && weak::is_own_machine(s.value.reveal())
    {
        return Some("a system that a build starts for its tests");
    }
    // Ids of AWS are random: those that machine code seems to hold are not, and have no digits.
    let is_poor = |v: &[u8]| {
        let distinct = v.iter().collect::<BTreeSet<_>>().len();
        distinct <= 8 || distinct <= 11 && !v.iter().any(u8::is_ascii_digit)
    };
    if pattern.decode == Some(decode::Decoder::Jwt) && decode::has_expired(s.value.reveal()) {
        return Some("a token that has expired");
    }
    let is_id = pattern.decode == Some(decode::Decoder::AwsAccountId);
    (is_id && s.kind != TextKind::Plain && is_poor(s.value.reveal()))
        .then_some("too few different characters for a random id")
}

/// Whether something besides its shape says what a run is: a word close by, its key, or the call
/// it is an argument of.
fn is_named(pattern: &Pattern, s: &Sighting) -> bool {
    let Matcher::Run { near, .. } = &pattern.matcher else { return true };
    let role = pattern.part.as_ref().map(|(_, role)| *role);
    // A word close by is the name of another value where this one has a name that says nothing.
    let is_own = |k: &str| {
        matches!(names::judge(k), names::Verdict::Secret(_)) || pair::stem(k).iter().all(|w| w == "default")
    };
    (s.near && (s.keys().next().is_none() || s.keys().any(is_own)))
        || s.sites.iter().any(|site| {
            let joined = |name: &str| names::words(name).concat();
            role.is_some() && site.role == role
                || site.key.as_deref().is_some_and(|k| {
                    let key = joined(k);
                    near.iter().any(|word| key.contains(word.as_ref()))
                })
        })
}

/// Whether a value can be half of a pair: not one that its own name calls something else.
fn may_pair(pattern: &Pattern, s: &Sighting) -> bool {
    let Matcher::Run { .. } = pattern.matcher else { return true };
    // In `{ID: SECRET}` and `f(ID, SECRET)` the id stands where a name does.
    let mut keys = s.keys().filter(|k| !generic::is_random(k.as_bytes())).peekable();
    keys.peek().is_none()
        || keys
            .any(|k| !names_look_alike(k) && (s.near || !matches!(names::judge(k), names::Verdict::Negated)))
}

fn severity(pattern: &Pattern, value: &Secret, confidence: u8) -> Severity {
    let aws_id = pattern.decode == Some(decode::Decoder::AwsAccountId);
    if aws_id && decode::aws_account(value.reveal()) == Account::NotBase32 {
        return pattern.severity.min(Severity::Low);
    }
    match confidence {
        0..=49 => pattern.severity.min(Severity::Low),
        50..=59 => pattern.severity.min(Severity::Medium),
        _ => pattern.severity,
    }
}

/// Whether a pattern is one of the built-in generic ones.
fn is_generic(pattern: &Pattern) -> bool {
    pattern.class == Class::Generic && pattern.id.starts_with("generic.")
}

/// `v1:` and SHA-256 over the pattern's id and what makes the credential secret: its secret part,
/// or else the whole of it.
pub fn fingerprint(pattern: &str, parts: &BTreeMap<Role, Secret>) -> String {
    let of = |role| parts.get(&role).map(Secret::reveal);
    // The same secret, however it was recognised as one.
    let pattern = if pattern.starts_with("generic.") { "generic.secret" } else { pattern };
    let secret =
        of(Role::Value).or(of(Role::Secret)).or(of(Role::Token)).or(of(Role::Id)).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(b"keysift fingerprint v1\0");
    hash.update(pattern.as_bytes());
    hash.update(b"\0");
    hash.update(secret);
    let digest = hash.finalize();
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    format!("v1:{hex}")
}

fn ordered(mut sites: Vec<Location>) -> Vec<Location> {
    sites.sort();
    sites.dedup();
    sites
}
