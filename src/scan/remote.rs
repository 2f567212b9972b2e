//! Files that are fetched: each an artifact of its own, like a file of a folder.

use super::artifact::Artifact;
use super::{Collected, Progress, Scanner};
use crate::address::Address;
use crate::ledger::{Ledger, Reason};
use crate::source::remote::fetch::{Fetcher, Problem};
use crate::source::remote::{File, Remote};

impl Scanner<'_> {
    /// Fetches and searches what the user named.
    pub(super) fn remote(&self, remote: &Remote, collected: &Collected, progress: &Progress) {
        let files = Fetcher::new(&self.options.fetch).and_then(|fetcher| {
            let files = remote.files(&fetcher)?;
            Ok((fetcher, files))
        });
        match files {
            Ok((fetcher, files)) => {
                files.iter().for_each(|file| self.fetched(file, &fetcher, collected, progress));
            }
            Err(problem) => tell(Address::named(&remote.shown()), None, problem, collected),
        }
    }

    fn fetched(&self, file: &File, fetcher: &Fetcher, collected: &Collected, progress: &Progress) {
        let mut buffer = Vec::new();
        let bytes = match fetcher.file(&file.url, &mut buffer) {
            Ok(bytes) => bytes,
            Err(problem) => return tell(Address::named(&file.name), None, problem, collected),
        };
        // What is not what the registry promised is searched all the same: it is what was handed out.
        if let Some(check) = file.check.as_ref().filter(|check| !check.holds(bytes.as_slice())) {
            let detail =
                format!("its {} is not the one that the registry names; it was searched", check.name());
            tell(Address::named(&file.name), None, Problem { reason: Reason::Damaged, detail }, collected);
        }
        let (address, root) = (Address::named(&file.name), file.name.len());
        let artifact = Artifact { address, root, bytes: &bytes, pending: None, yields: false };
        self.bytes(artifact, collected, progress);
    }
}

/// Enters what could not be had; `bytes` is its size, where that is known.
pub(super) fn tell(address: Address, bytes: Option<u64>, problem: Problem, collected: &Collected) {
    let mut ledger = Ledger::default();
    ledger.skipped(address, bytes, problem.reason, problem.detail);
    collected.add(Vec::new(), ledger);
}
