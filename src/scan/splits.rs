//! Split packages: an app whose base and splits lie in one folder, as `adb pull` and the stores' tools
//! leave them, is one program, and an id in one of them may have its secret in another.

use crate::address::Address;
use crate::triage::sighting::Sighting;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder of an app if a file is one of its splits, by the names that Android's tools give them:
/// `base.apk`, `split_config.en.apk`, `config.arm64_v8a.apk`, `base-master.apk`.
pub(super) fn app(file: &Address) -> Option<Vec<u8>> {
    let name = file.file_name().to_ascii_lowercase();
    let is_split = name.ends_with(b".apk")
        && [&b"base.apk"[..], b"base-", b"split_", b"split-", b"split.", b"config."]
            .iter()
            .any(|start| name.starts_with(start));
    let path = file.inner_path();
    is_split.then(|| path[..path.len() - name.len()].to_vec())
}

/// Blobs of one file, at most.
const NUMBERS: u64 = 1 << 40;

/// What was seen in the files of one app.
type App = Vec<(Address, Vec<Sighting>)>;

/// What was seen in splits, to be judged when all of an app is there.
#[derive(Default)]
pub(super) struct Splits {
    numbers: AtomicU64,
    apps: Mutex<BTreeMap<Vec<u8>, App>>,
}

impl Splits {
    /// The first of numbers that no other split has.
    pub(super) fn next_numbers(&self) -> u64 {
        self.numbers.fetch_add(NUMBERS, Ordering::Relaxed)
    }

    /// Adds what was seen in one.
    pub(super) fn add(&self, app: Vec<u8>, file: Address, sightings: Vec<Sighting>) {
        let mut apps = self.apps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        apps.entry(app).or_default().push((file, sightings));
    }

    /// The sightings of each app, in an order that does not depend on threads.
    pub(super) fn into_apps(self) -> impl Iterator<Item = Vec<Sighting>> {
        let apps = self.apps.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        apps.into_values().map(|mut files| {
            files.sort_by(|a, b| a.0.cmp(&b.0));
            files.into_iter().flat_map(|(_, sightings)| sightings).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn splits_are_known_by_name() {
        let app = |path: &str| app(&Address::file(Path::new(path)));
        assert_eq!(app("dump/com.shop/base.apk"), Some(b"dump/com.shop/".to_vec()));
        assert_eq!(app("dump/com.shop/split_config.en.apk"), app("dump/com.shop/base.apk"));
        assert_eq!(app("config.xxhdpi.apk"), Some(Vec::new()));
        assert_eq!(app("shop.apk"), None);
        assert_eq!(app("base.zip"), None);
    }
}
