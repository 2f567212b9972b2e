//! What belongs together: the numbers of two strings that stand side by side in the stream were put
//! there by the pool of one piece of code (in order of first use), one list, map or constant.

use super::snapshot::Snapshot;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::strings::Places;
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};

/// Uses of one string that are looked at. Numbers are short, so some are none.
const USES: usize = 256;
/// Strings that are looked for: each costs a pass over the stream.
const WANTED: usize = 512;
/// Bytes between neighbours: some ten objects.
const NEAR: usize = 48;
/// A map's key before its value is a name of at most this length.
const NAME: usize = 64;

/// Places of strings by what refers to them.
pub struct Refs<'p, 'a> {
    pub snapshot: &'p Snapshot<'a>,
}

impl Places for Refs<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut uses: BTreeMap<usize, u64> = BTreeMap::new();
        for &tag in tags.iter().take(WANTED) {
            uses.extend(self.uses(tag).into_iter().map(|at| (at, tag)));
        }
        let mut groups: Vec<Vec<(usize, u64)>> = Vec::new();
        for (at, tag) in uses {
            match groups.last_mut() {
                Some(group) if group.last().is_some_and(|last| at - last.0 <= NEAR) => group.push((at, tag)),
                _ => groups.push(vec![(at, tag)]),
            }
        }
        let mut sites: BTreeMap<u64, Vec<Site>> = BTreeMap::new();
        for group in groups {
            let distinct: BTreeSet<u64> = group.iter().map(|g| g.1).collect();
            if distinct.len() < 2 {
                continue;
            }
            let id = group.first().map_or(0, |g| g.0) as u64;
            for (at, tag) in group {
                let key = self.key(at);
                let name = key.as_ref().map_or_else(|| "Dart string".to_owned(), |k| format!("Dart map {k}"));
                let scope = Scope {
                    class: ScopeClass::Method,
                    id: ScopeId::Local(id),
                    order: Some(at as u64),
                    label: "one piece of Dart code".to_owned(),
                };
                sites.entry(tag).or_default().push(Site { name, key, role: None, scopes: vec![scope] });
            }
        }
        let alone = || vec![Site { name: "Dart string".to_owned(), ..Site::default() }];
        tags.iter().map(|tag| sites.get(tag).cloned().unwrap_or_else(alone)).collect()
    }
}

impl Refs<'_, '_> {
    /// Where the number of a string stands in the stream.
    fn uses(&self, tag: u64) -> Vec<usize> {
        let (stream, number) = (self.snapshot.stream, self.snapshot.reference(tag));
        let is_whole = |at: usize| {
            let Some(before) = at.checked_sub(1).and_then(|b| stream.get(b)) else { return false };
            let after = stream.get(at + number.len());
            // Another number ends here, or it is an entry of a pool: what kind, and what it is.
            *before & 0x80 != 0 || Some(before) == after
        };
        memmem::find_iter(stream, &number).filter(|&at| is_whole(at)).take(USES).collect()
    }

    /// The name that stands before a value in a map.
    fn key(&self, at: usize) -> Option<String> {
        let name = self.snapshot.string_before(at)?;
        let is_name = (3..NAME).contains(&name.len())
            && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            && name.first().is_some_and(u8::is_ascii_alphabetic);
        is_name.then(|| String::from_utf8_lossy(name).into_owned())
    }
}
