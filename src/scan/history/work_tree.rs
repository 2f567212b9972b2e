//! A work tree that is searched together with its history: what is the same in both is searched once.
//!
//! Git's index says of each file which object it was when git last looked, and of what size and age. A file
//! that has not changed since is left to the search of the history; only where something may be in
//! that object, or it is not of that size (line ends, filters), is the file searched too.

use crate::source::git::index::{self, Index};
use crate::source::git::oid::Oid;
use crate::source::git::pack::Bytes;
use crate::source::git::{self, Repository};
use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// Files of a work tree.
pub(in crate::scan) struct WorkTree {
    /// Its git folder.
    pub git_dir: PathBuf,
    root: PathBuf,
    index: Index<'static>,
    /// When the index was written: files of the same age may have changed after git looked.
    written: (u64, u32),
    left: Mutex<HashMap<Oid, Vec<Left>>>,
}

/// A file that is left to the history.
struct Left {
    path: PathBuf,
    bytes: u64,
    is_same: bool,
}

impl WorkTree {
    /// The work tree at `root`, if it is one.
    pub fn open(root: &Path) -> Option<WorkTree> {
        let git_dir = git::git_dir_of(root).filter(|git_dir| git_dir != root)?;
        let path = git_dir.join("index");
        let written = std::fs::metadata(&path).ok().and_then(|m| time(&m)).unwrap_or((0, 0));
        let read =
            |bytes: &Bytes| index::read(bytes, Repository::hash_of(&git_dir)).ok().map(Index::into_owned);
        // An index that is not read leaves all files to themselves.
        let index = Bytes::of_file(&path).ok().as_ref().and_then(read).unwrap_or_default();
        Some(WorkTree { git_dir, root: root.to_owned(), index, written, left: Mutex::default() })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a file is left to the history.
    pub fn leaves(&self, path: &Path) -> bool {
        let Some(inside) = path.strip_prefix(&self.root).ok().and_then(|p| p.to_str()) else { return false };
        let Ok(at) = self.index.entries.binary_search_by(|e| (*e.path).cmp(inside.as_bytes())) else {
            return false;
        };
        let entry = &self.index.entries[at];
        let Ok(meta) = path.symlink_metadata() else { return false };
        let Some(changed) = time(&meta) else { return false };
        let seen = (u64::from(entry.mtime.0), entry.mtime.1);
        let is_unchanged = entry.stage == 0
            && !entry.intent_to_add
            && entry.mode & 0o170_000 == 0o100_000
            && meta.len() == u64::from(entry.size)
            // Git may have been built without nanoseconds.
            && (changed == seen || seen.1 == 0 && changed.0 == seen.0)
            && (changed.0 < self.written.0 || changed.0 == self.written.0 && seen.1 != 0 && changed < self.written);
        if is_unchanged {
            let left = Left { path: path.to_owned(), bytes: meta.len(), is_same: false };
            self.left.lock().unwrap_or_else(PoisonError::into_inner).entry(entry.id).or_default().push(left);
        }
        is_unchanged
    }

    /// The object is there and was looked at.
    pub fn saw(&self, id: &Oid, bytes: u64) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        for file in left.get_mut(id).into_iter().flatten() {
            file.is_same = file.bytes == bytes;
        }
    }

    /// The files that must be searched all the same, and of the others how many and their bytes.
    pub fn settle(&self, is_picked: &dyn Fn(&Oid) -> bool) -> (Vec<PathBuf>, u64, u64) {
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut again, mut count, mut bytes) = (Vec::new(), 0, 0);
        for (id, files) in left {
            for file in files {
                if !file.is_same || is_picked(&id) {
                    again.push(file.path);
                } else {
                    count += 1;
                    bytes += file.bytes;
                }
            }
        }
        again.sort();
        (again, count, bytes)
    }
}

fn time(meta: &Metadata) -> Option<(u64, u32)> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((since.as_secs(), since.subsec_nanos()))
}
