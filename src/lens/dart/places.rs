//! What belongs together: the numbers of two strings that stand side by side in the stream were put
//! there by the pool of one piece of code (in order of first use), one list, map or constant.

use super::snapshot::Snapshot;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::strings::Places;
use std::collections::{BTreeMap, HashSet};

/// Uses of one string that are looked at. Numbers are short, so some are none.
const USES: usize = 64;
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
        // A large text is asked in parts: what a place is called must not depend on the others. So
        // windows overlap by half, and neighbours meet in one of them.
        let mut sites: BTreeMap<u64, Vec<Site>> = BTreeMap::new();
        let wanted: HashSet<u64> = tags.iter().copied().collect();
        for (tag, all) in self.uses(&wanted) {
            for at in all {
                let key = self.key(at);
                let name = key.as_ref().map_or_else(|| "Dart string".to_owned(), |k| format!("Dart map {k}"));
                let scope = |id: usize| Scope {
                    // Closer than the symbol that is all of the snapshot.
                    class: ScopeClass::Call,
                    id: ScopeId::Local(id as u64),
                    order: Some(at as u64),
                    label: "one piece of Dart code".to_owned(),
                };
                let window = at / NEAR;
                let scopes = vec![scope(window), scope(window + 1)];
                sites.entry(tag).or_default().push(Site { name, key, role: None, scopes });
            }
        }
        let alone = || vec![Site { name: "Dart string".to_owned(), ..Site::default() }];
        tags.iter().map(|tag| sites.get(tag).cloned().unwrap_or_else(alone)).collect()
    }
}

impl Refs<'_, '_> {
    /// Where the numbers of strings stand in the stream: one pass, for a file may be asked for many.
    fn uses(&self, wanted: &HashSet<u64>) -> BTreeMap<u64, Vec<usize>> {
        let stream = self.snapshot.stream;
        let mut found: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (end, &last) in stream.iter().enumerate().filter(|(_, b)| **b & 0x80 != 0) {
            let (mut value, mut shift) = (u64::from(last & 0x7f), 7);
            for at in (end.saturating_sub(3)..end).rev() {
                let Some(&byte) = stream.get(at).filter(|b| **b & 0x80 == 0) else { break };
                value |= u64::from(byte) << shift;
                shift += 7;
                let Some(tag) =
                    value.checked_sub(self.snapshot.first).filter(|t| byte != 0 && wanted.contains(t))
                else {
                    continue;
                };
                let before = at.checked_sub(1).and_then(|b| stream.get(b));
                // Another number ends here, or it is an entry of a pool: what kind, and what it is.
                if before.is_some_and(|b| b & 0x80 != 0) || before.is_some() && before == stream.get(end + 1)
                {
                    let uses = found.entry(tag).or_default();
                    if uses.len() < USES {
                        uses.push(at);
                    }
                }
            }
        }
        found
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
