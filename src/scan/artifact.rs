//! One artifact: searched within its budget, once more where chance decided what was cut, and later where others held
//! too much memory.

use super::{Collected, Progress, Scanner, blob, journal, splits};
use crate::address::Address;
use crate::blob::{Blob, Site};
use crate::container::budget::Budget;
use crate::container::held::Crowd;
use crate::explain::Judgement;
use crate::ledger::{Ledger, Reason};
use crate::pattern::PatternSet;
use crate::source::read::Bytes;
use crate::triage;
use crate::triage::sighting::Sighting;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A file or stream to be searched.
pub(super) struct Artifact<'a> {
    pub address: Address,
    /// How much of its path the user named.
    pub root: usize,
    pub bytes: &'a Bytes<'a>,
    /// Where the journal has room for what is found.
    pub pending: Option<journal::Pending<'a>>,
    /// Whether it can be searched later.
    pub yields: bool,
}

/// Artifacts that are searched when all others were.
#[derive(Default)]
pub(super) struct Postponed(Mutex<Vec<(PathBuf, usize)>>);

impl Postponed {
    /// A file, of whose path the user named `root` bytes.
    pub(super) fn put(&self, path: PathBuf, root: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((path, root));
    }

    pub(super) fn take(&self) -> Vec<(PathBuf, usize)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How an artifact is searched.
pub(super) struct How<'r> {
    /// Its bytes, in all.
    pub size: u64,
    /// The number of its first blob.
    pub first: u64,
    /// Where judgements are noted down.
    pub record: Record<'r>,
    /// Whether parts of repositories are set aside.
    pub parts: bool,
}

/// What searches it.
type Run<'r> = dyn Fn(&blob::Job<'_, '_>) -> blob::Searched + 'r;

/// Where judgements are noted down, for `keysift explain`.
pub(super) type Record<'r> = Option<&'r Mutex<Vec<Judgement>>>;

impl Scanner<'_> {
    /// Searches an artifact and enters what it found; `false` where it is to be searched later.
    pub(super) fn bytes(&self, artifact: Artifact<'_>, collected: &Collected, progress: &Progress) -> bool {
        let Artifact { address, root, bytes, pending, yields } = artifact;
        let blob = Blob { address, bytes: bytes.as_slice() };
        let app = splits::app(&blob.address);
        // Blobs of one app are told apart by their numbers.
        let first = if app.is_some() { collected.splits.next_numbers() } else { 0 };
        let how = How { size: blob.bytes.len() as u64, first, record: None, parts: true };
        let Some(found) = self.within(&how, yields, &|job| job.search(&blob, 0)) else { return false };
        let blob::Searched { mut sightings, mut ledger, parts } = found;
        mark_shown(self.patterns, &mut sightings, root);
        if bytes.has_shrunk() {
            let detail = "the file was cut while it was read; what was left was searched";
            ledger.skipped(blob.address.clone(), None, Reason::Unreadable, detail);
        }
        progress.files.fetch_add(1, Ordering::Relaxed);
        progress.bytes.fetch_add(blob.bytes.len() as u64, Ordering::Relaxed);
        // What is in repositories is entered by itself.
        let mut is_whole = !bytes.has_shrunk() && parts.is_empty();
        let findings = match app {
            _ if sightings.is_empty() => Vec::new(),
            None => triage::artifact(self.patterns, sightings),
            Some(app) => {
                // What they come to shows when all of the app is there.
                is_whole = false;
                collected.splits.add(app, blob.address.clone(), sightings);
                Vec::new()
            }
        };
        if let Some(pending) = pending.filter(|_| is_whole) {
            pending.enter(&findings, &ledger, 1, blob.bytes.len() as u64);
        }
        collected.add(findings, ledger);
        self.repositories(parts, collected, progress);
        true
    }

    /// Searches one artifact, whose first blob gets the number `first`.
    pub(super) fn artifact(&self, blob: &Blob<'_>, first: u64) -> (Vec<Sighting>, Ledger) {
        self.recorded(blob, first, None)
    }

    /// Searches one artifact, and notes down what was judged on the way.
    pub(super) fn recorded(
        &self,
        blob: &Blob<'_>,
        first: u64,
        record: Record<'_>,
    ) -> (Vec<Sighting>, Ledger) {
        let how = How { size: blob.bytes.len() as u64, first, record, parts: false };
        let found = self.budgeted(&how, &|job| job.search(blob, 0));
        (found.sightings, found.ledger)
    }

    /// Runs the search of an artifact within its budget, now.
    pub(super) fn budgeted(&self, how: &How<'_>, run: &Run<'_>) -> blob::Searched {
        self.within(how, false, run).unwrap_or_default()
    }

    /// Runs the search of an artifact within its budget. Where that runs out, or the memory, while many threads share
    /// it, what is cut depends on chance: then it is searched once more, member by member. `None` where others hold the
    /// memory, and it `yields`.
    fn within(&self, how: &How<'_>, yields: bool, run: &Run<'_>) -> Option<blob::Searched> {
        let search = |parallel| {
            let job = blob::Job {
                record: how.record,
                parts: how.parts,
                keep: self.options.keep,
                engine: self.engine(),
                budget: Budget::yielding(&self.options.limits, how.size, yields),
                parallel,
                numbers: AtomicU64::new(how.first),
            };
            let found = run(&job);
            match job.budget.crowd() {
                Crowd::Others => Err(Crowd::Others),
                Crowd::None if !parallel || !job.budget.is_exhausted() => Ok(found),
                Crowd::Own if !parallel => Ok(found),
                crowd => Err(crowd),
            }
        };
        search(true).or_else(|crowd| if crowd == Crowd::Others { Err(crowd) } else { search(false) }).ok()
    }
}

/// Marks what stands in tests, examples and documents, and leaves out what a pattern says about paths.
pub(super) fn mark_shown(patterns: &PatternSet, sightings: &mut Vec<Sighting>, root: usize) {
    for sighting in sightings.iter_mut() {
        let is_documentation = |site: &Site| site.name.contains(".__doc__");
        sighting.for_show |= triage::paths::is_for_show(&sighting.address, root)
            || !sighting.sites.is_empty() && sighting.sites.iter().all(is_documentation);
    }
    sightings.retain(|s| {
        let conditions = patterns.get(s.pattern).conditions.as_deref();
        conditions.is_none_or(|conditions| {
            // As it lies below what the user named, and as it is printed, where that does not lead outside.
            let path = s.address.to_string();
            let below = path.get(root..).map_or("", |below| below.trim_start_matches('/'));
            let shown = if path.starts_with(['/', '.']) && !below.is_empty() { below } else { &path };
            conditions.accept_path(&[if below.is_empty() { shown } else { below }, shown], s.open)
        })
    });
}
