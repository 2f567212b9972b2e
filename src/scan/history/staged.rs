//! What is staged: content of the index, where it differs from `HEAD`; or that of named files.

use super::super::{Collected, Progress, Scanner};
use crate::address::Address;
use crate::blob::Blob;
use crate::ledger::{Ledger, Reason};
use crate::source::git::Repository;
use crate::source::git::index::{self, CachedTree, Entry, Index};
use crate::source::git::object::{self, Kind};
use crate::source::git::odb::{ReadError, Reader};
use crate::source::git::oid::Oid;
use crate::source::git::pack::Bytes;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Folders within folders.
const MAX_DEPTH: u32 = 512;

impl Scanner<'_> {
    /// Searches what is staged in the repository of a work tree; of `only` these files, staged or not.
    pub(in crate::scan) fn staged(
        &self,
        git_dir: &Path,
        root: &Path,
        only: &[PathBuf],
        collected: &Collected,
        progress: &Progress,
    ) {
        let unread = |path: &Path, reason, detail: String| {
            let mut ledger = Ledger::default();
            ledger.skipped(Address::file(path), None, reason, detail);
            collected.add(Vec::new(), ledger);
        };
        let path = git_dir.join("index");
        let bytes = match Bytes::of_file(&path) {
            Ok(bytes) => bytes,
            // Nothing was ever staged.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            Err(e) => return unread(&path, Reason::Unreadable, e.to_string()),
        };
        let repository = Repository::open(git_dir);
        let index = match index::read(&bytes, repository.hash) {
            Ok(index) => index,
            Err(e) => return unread(&path, Reason::Unsupported, e.to_owned()),
        };
        let reader = Reader::new(&repository.objects, self.options.limits.entry_bytes);
        let entries: Vec<&Entry<'_>> = if only.is_empty() {
            changed(&index, &repository, &reader)
        } else {
            named(&index, root, only, &|path, detail| unread(path, Reason::Unreadable, detail))
        };
        let shown = |entry: &Entry<'_>| match root == Path::new(".") {
            true => as_path(&entry.path),
            false => root.join(as_path(&entry.path)),
        };
        let exclude = self.options.exclude.as_deref();
        let (left_out, entries): (Vec<&Entry<'_>>, Vec<&Entry<'_>>) = entries
            .into_iter()
            .partition(|e| exclude.is_some_and(|exclude| exclude.leaves_out_staged(&shown(e))));
        for entry in left_out {
            unread(&shown(entry), Reason::Ignored, "excluded, as asked".to_owned());
        }
        // Announced files have no content in the index: what will be added is in the work tree.
        let (announced, staged): (Vec<&Entry<'_>>, Vec<&Entry<'_>>) =
            entries.into_iter().filter(|e| e.mode & 0o170_000 != 0o160_000).partition(|e| e.intent_to_add);
        announced
            .iter()
            .for_each(|e| self.file(&shown(e).into(), root.as_os_str().len(), collected, progress));
        let mut read: Vec<(PathBuf, Arc<Vec<u8>>)> = Vec::new();
        for entry in staged {
            match reader.read_as(&entry.id, Kind::Blob) {
                Ok(bytes) => read.push((shown(entry), bytes)),
                Err(e) => {
                    let reason = if e == ReadError::Limit { Reason::Limit } else { Reason::Damaged };
                    unread(&shown(entry), reason, format!("staged object {} {e}", entry.id));
                }
            }
        }
        read.par_iter().for_each(|(path, bytes)| {
            let blob = Blob { address: Address::file(path), bytes };
            let (mut sightings, ledger) = self.artifact(&blob, 0);
            super::super::mark_shown(self.patterns, &mut sightings, root.as_os_str().len());
            let findings = crate::triage::artifact(self.patterns, sightings);
            progress.files.fetch_add(1, Ordering::Relaxed);
            progress.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            collected.add(findings, ledger);
        });
    }
}

#[cfg(unix)]
fn as_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn as_path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The entries of files that the user named, as seen from the current folder; a file that is not in the
/// index has nothing staged.
fn named<'i>(
    index: &'i Index<'_>,
    root: &Path,
    only: &[PathBuf],
    unread: &dyn Fn(&Path, String),
) -> Vec<&'i Entry<'i>> {
    let real = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let top = real(root).unwrap_or_else(|_| root.to_owned());
    let mut found = Vec::new();
    for path in only {
        // The folder is followed where it leads; a link that is staged is itself the file.
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = real(folder).unwrap_or_default().join(path.file_name().unwrap_or_default());
        let inside = file.strip_prefix(&top).ok().map(|p| Address::file(p).inner_path().to_vec());
        let Some(inside) = inside else {
            unread(path, "not in this work tree".into());
            continue;
        };
        let below = [&inside[..], b"/"].concat();
        let from = index.entries.partition_point(|e| *e.path < *below);
        let folder = index.entries[from..].iter().take_while(|e| e.path.starts_with(&below));
        // Of the sides of a conflict, which have one path, the last.
        let upto = index.entries.partition_point(|e| *e.path <= *inside);
        match index.entries[..upto].last().filter(|e| *e.path == *inside) {
            Some(entry) => found.push(entry),
            None if file.is_dir() => found.extend(folder),
            None => unread(path, "not in the index: nothing of it is staged".into()),
        }
    }
    found
}

/// The entries that differ from `HEAD`.
fn changed<'i>(index: &'i Index<'_>, repository: &Repository, reader: &Reader<'_>) -> Vec<&'i Entry<'i>> {
    let head = repository.head().and_then(|id| {
        let bytes = reader.read_as(&id, Kind::Commit).ok()?;
        Some(object::commit(&bytes)?.tree)
    });
    let mut changed = Vec::new();
    let compare = Compare { reader, id_len: repository.hash.id_len() };
    compare.folder(&index.entries, 0, index.tree.as_ref(), head, MAX_DEPTH, &mut changed);
    changed
}

struct Compare<'r> {
    reader: &'r Reader<'r>,
    id_len: usize,
}

impl Compare<'_> {
    /// Compares a folder: its `entries`, whose paths go on behind `prefix` bytes, with a tree of `HEAD`. What
    /// git remembers of its id saves reading it.
    fn folder<'i>(
        &self,
        entries: &'i [Entry<'i>],
        prefix: usize,
        cached: Option<&CachedTree>,
        head: Option<Oid>,
        depth: u32,
        changed: &mut Vec<&'i Entry<'i>>,
    ) {
        let is_same = |c: &CachedTree| c.id.is_some() && c.id == head && c.entries == Some(entries.len());
        if cached.is_some_and(is_same) {
            return;
        }
        let tree = head.and_then(|id| self.reader.read_as(&id, Kind::Tree).ok());
        let Some(tree) = tree.filter(|_| depth > 0) else {
            return changed.extend(entries);
        };
        let lines: HashMap<&[u8], object::TreeEntry<'_>> =
            object::tree(&tree, self.id_len).map(|line| (line.name, line)).collect();
        let mut at = 0;
        while let Some(entry) = entries.get(at) {
            let rest = entry.path.get(prefix..).unwrap_or_default();
            match memchr::memchr(b'/', rest) {
                None => {
                    let same = |line: &object::TreeEntry<'_>| {
                        line.id == entry.id.as_bytes() && !line.is_tree() && entry.stage == 0
                    };
                    // A file that is only announced is none of HEAD's.
                    if !lines.get(rest).is_some_and(same) || entry.intent_to_add {
                        changed.push(entry);
                    }
                    at += 1;
                }
                Some(slash) => {
                    let folder = &entry.path[..prefix + slash + 1];
                    // In order, they stand together.
                    let len = entries[at..].partition_point(|e| e.path.starts_with(folder));
                    let name = &rest[..slash];
                    let below = cached.and_then(|c| c.children.iter().find(|c| c.name == name));
                    let line = lines.get(name).filter(|l| l.is_tree()).map(|l| Oid::new(l.id));
                    self.folder(&entries[at..at + len], prefix + slash + 1, below, line, depth - 1, changed);
                    at += len;
                }
            }
        }
    }
}
