//! Folders that are container images: one artifact, whose members are files.

use super::artifact::{How, Record};
use super::blob::{Job, Searched};
use super::{Collected, Journalled, Progress, Scanner, mark_shown};
use crate::address::Address;
use crate::container::budget::Budget;
use crate::container::{Contents, Member, Opened, Problem, image};
use crate::ledger::Reason;
use crate::source::map::Mapping;
use crate::source::read::{self, Bytes};
use crate::source::tree::{self, Found};
use crate::triage;
use crate::triage::sighting::Sighting;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

/// A file as a member of the folder.
struct DiskFile {
    path: PathBuf,
    name: Vec<u8>,
    size: u64,
    /// Its bytes, where they are mapped: they stay until all of the image has been searched.
    map: OnceLock<Mapping>,
}

struct DiskMember(Arc<DiskFile>);

impl Member for DiskMember {
    fn name(&self) -> &[u8] {
        &self.0.name
    }

    fn size_hint(&self) -> u64 {
        self.0.size
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, _: &Budget) -> Contents<'s> {
        if let Some(map) = self.0.map.get() {
            return Contents { bytes: map, problem: None };
        }
        match read::file(&self.0.path, buffer) {
            Ok(Bytes::Buffered(bytes)) => Contents { bytes, problem: None },
            Ok(Bytes::Mapped(map)) => Contents { bytes: self.0.map.get_or_init(|| map), problem: None },
            Err(e) => {
                let problem = Problem::new(Reason::Unreadable, e.to_string());
                Contents { bytes: &[], problem: Some(problem) }
            }
        }
    }
}

impl Scanner<'_> {
    /// Searches a folder that is an image. `root` is how much of the path the user named.
    pub(super) fn image(&self, path: &Path, root: usize, collected: &Collected, progress: &Progress) {
        let pending = match self.journalled(path, collected, progress) {
            Journalled::Done => return,
            Journalled::Open(pending) => pending,
        };
        let (found, files) = self.search_image(path, None);
        let Searched { mut sightings, mut ledger, parts } = found;
        mark_shown(self.patterns, &mut sightings, root);
        let address = Address::file(path);
        let mut has_shrunk = false;
        for file in files.iter().filter(|file| file.map.get().is_some_and(Mapping::has_shrunk)) {
            has_shrunk = true;
            let detail = "the file was cut while it was read; what was left was searched";
            ledger.skipped(address.entry(&file.name), None, Reason::Unreadable, detail);
        }
        let (count, bytes) = (files.len() as u64, files.iter().map(|file| file.size).sum());
        progress.files.fetch_add(count, Ordering::Relaxed);
        progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        let findings =
            if sightings.is_empty() { Vec::new() } else { triage::artifact(self.patterns, sightings) };
        let is_whole =
            !has_shrunk && parts.is_empty() && !ledger.entries.iter().any(|e| e.reason == Reason::Unreadable);
        if let Some(pending) = pending.filter(|_| is_whole) {
            pending.enter(&findings, &ledger, count, bytes);
        }
        collected.add(findings, ledger);
        self.repositories(parts, collected, progress);
    }

    /// The sightings of an image; for `keysift explain`.
    pub(super) fn watch_image(&self, path: &Path, record: Record<'_>) -> Vec<Sighting> {
        self.search_image(path, record).0.sightings
    }

    fn search_image(&self, path: &Path, record: Record<'_>) -> (Searched, Vec<Arc<DiskFile>>) {
        let address = Address::file(path);
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        for found in tree::below(path) {
            match found {
                Found::File(place) => {
                    let file = place.path;
                    let size = file.metadata().map_or(0, |meta| meta.len());
                    let name = name_below(path, &file);
                    files.push(Arc::new(DiskFile { path: file, name, size, map: OnceLock::new() }));
                }
                Found::Skipped(file, bytes, reason, detail) => {
                    skipped.push((name_below(path, &file), bytes, reason, detail));
                }
                Found::Repository(_) | Found::Image(_) => {}
            }
        }
        let size = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.size));
        let how = How { size, first: 0, record, parts: record.is_none() };
        let mut found = self.budgeted(&how, &|job: &Job<'_, '_>| {
            let members = files.iter().map(|file| Box::new(DiskMember(file.clone())) as Box<dyn Member>);
            let mut opened = Opened { members: members.collect(), ..Opened::default() };
            image::arrange(&mut opened, &job.budget.limits);
            job.folder(opened, &address)
        });
        for (name, bytes, reason, detail) in skipped {
            found.ledger.skipped(address.entry(&name), bytes, reason, detail);
        }
        (found, files)
    }
}

/// The path of a file below a folder, as members are named.
fn name_below(folder: &Path, file: &Path) -> Vec<u8> {
    let below = file.strip_prefix(folder).unwrap_or(file);
    Address::file(below).inner_path().to_vec()
}
