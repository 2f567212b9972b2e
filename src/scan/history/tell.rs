//! What the history says of findings, told when all of them are known.

use super::graph::Graph;
use super::places::Place;
use crate::address::{Address, escape};
use crate::finding::{Finding, History};
use crate::source::git::oid::Oid;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// An object that findings stand in.
pub(in crate::scan) struct Record {
    pub(super) graph: Arc<Graph>,
    pub id: Oid,
    pub(super) place: Place,
}

/// Paths of one finding that are told.
const MAX_PATHS: usize = 64;

/// Adds its history to each finding. Of the many versions of a file that hold a finding, the sites in
/// the last one are kept, unless `every_version` is asked for.
pub(in crate::scan) fn tell(
    findings: &mut [Finding],
    records: &HashMap<Address, Record>,
    every_version: bool,
) {
    for finding in findings {
        let mut by_repository: BTreeMap<Box<[u8]>, Vec<&Record>> = BTreeMap::new();
        // By repository and path.
        type Newest = BTreeMap<(Box<[u8]>, Box<[u8]>), (Option<u32>, Oid)>;
        let mut last = Newest::new();
        let mut seen = BTreeSet::new();
        for site in &finding.sites {
            let address = site.address.artifact();
            let (Some(object), Some(record)) = (address.as_object(), records.get(address)) else { continue };
            let newest = last
                .entry((object.repository.clone(), file_of(record)))
                .or_insert((record.place.last, record.id));
            *newest = (*newest).max((record.place.last, record.id));
            if seen.insert((object.repository.clone(), record.id)) {
                by_repository.entry(object.repository.clone()).or_default().push(record);
            }
        }
        if !every_version && !last.is_empty() {
            finding.sites.retain(|site| {
                let address = site.address.artifact();
                let (Some(object), Some(record)) = (address.as_object(), records.get(address)) else {
                    return true;
                };
                let newest = last.get(&(object.repository.clone(), file_of(record)));
                newest.is_none_or(|newest| *newest == (record.place.last, record.id))
            });
        }
        finding.history = by_repository.into_iter().map(|(name, records)| history(&name, &records)).collect();
    }
}

/// What versions of one file have in common, also where it was moved: the first of their paths.
fn file_of(record: &Record) -> Box<[u8]> {
    record.place.paths.first().map_or_else(Box::default, |path| path[..].into())
}

fn history(repository: &[u8], records: &[&Record]) -> History {
    let first = records.iter().filter_map(|r| Some((r.place.first?, r))).min_by_key(|(n, _)| *n);
    let last = records.iter().filter_map(|r| Some((r.place.last?, r))).max_by_key(|(n, _)| *n);
    let paths: BTreeSet<String> =
        records.iter().flat_map(|r| &r.place.paths).take(1 << 16).map(|p| escape(p)).collect();
    History {
        repository: escape(repository),
        first: first.and_then(|(n, r)| r.graph.revision(n)),
        last: last.and_then(|(n, r)| r.graph.revision(n)),
        at_head: records.iter().any(|r| r.place.at_head),
        objects: records.len() as u64,
        paths: paths.into_iter().take(MAX_PATHS).collect(),
    }
}
