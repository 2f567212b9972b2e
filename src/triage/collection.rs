//! Folders with private keys of every kind: what libraries are tested with.
//!
//! Whoever runs something has keys of one kind, of two while they change, of three or four where old ones stay. RSA of three sizes,
//! three curves and both of Edwards' in one folder are there so that each is read once.

use crate::finding::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// So many keys, of so many kinds, are a collection.
const LEAST_KEYS: usize = 6;
const LEAST_KINDS: usize = 5;

/// Why its keys are worth a hint only.
const WHY: &str = "one of many private keys of all kinds in a folder, as tests have them";

/// The private keys of a folder.
#[derive(Default)]
struct Folder<'f> {
    keys: usize,
    /// Of the folder itself and of those in it.
    kinds: BTreeSet<&'f str>,
    has_own: bool,
}

/// The folder in which an address lies; inside an archive, its folder there.
fn folder(address: &str) -> Option<&str> {
    address.rfind(['/', '!']).map(|at| &address[..at])
}

/// What the keys around a finding of this pattern may change, which who sees its file alone cannot know.
pub fn caveat(pattern: &str) -> Option<String> {
    is_key(pattern).then(|| {
        format!(
            "in a scan of its folder its severity is low if {LEAST_KEYS} private keys or more, of {LEAST_KINDS} kinds or more, stand there"
        )
    })
}

fn is_key(pattern: &str) -> bool {
    pattern.starts_with("privatekey.")
}

/// Lowers what stands in collections of private keys, and nowhere else.
pub fn lower(findings: &mut [Finding]) {
    let is_key = |f: &Finding| is_key(&f.pattern);
    if findings.iter().filter(|f| is_key(f)).count() < LEAST_KEYS {
        return;
    }
    let places: Vec<Vec<String>> = findings
        .iter()
        .map(|f| {
            let addresses = f.sites.iter().map(|site| site.address.to_string());
            let folders = addresses.map(|a| folder(&a).unwrap_or_default().to_owned());
            if is_key(f) { folders.collect() } else { Vec::new() }
        })
        .collect();
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    for (finding, places) in findings.iter().zip(&places) {
        let Some(kind) = finding.details.get("algorithm") else { continue };
        for place in places.iter().collect::<BTreeSet<_>>() {
            let own = folders.entry(place).or_default();
            own.has_own = true;
            for at in [Some(place.as_str()), folder(place)].into_iter().flatten() {
                let folder = folders.entry(at).or_default();
                folder.keys += 1;
                folder.kinds.insert(kind);
            }
        }
    }
    // A folder of folders is one collection with them if it has keys itself.
    let is_collection = |at: &str| {
        folders.get(at).is_some_and(|f| f.has_own && f.keys >= LEAST_KEYS && f.kinds.len() >= LEAST_KINDS)
    };
    let is_shown = |place: &String| is_collection(place) || folder(place).is_some_and(is_collection);
    let shown: Vec<bool> = places.iter().map(|all| !all.is_empty() && all.iter().all(is_shown)).collect();
    for (finding, _) in
        findings.iter_mut().zip(shown).filter(|(f, shown)| *shown && f.severity > Severity::Low)
    {
        finding.severity = Severity::Low;
        finding.details.insert("low".into(), WHY.into());
    }
}
