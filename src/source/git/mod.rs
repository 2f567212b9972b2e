//! Git repositories, read in process: no `git` is run, and no rule about owners decides what is read.
//!
//! This folder knows formats; what is searched, and how, is `scan/history`.

pub mod bundle;
pub mod delta;
pub mod forest;
pub mod index;
pub mod inflate;
pub mod object;
pub mod odb;
pub mod oid;
pub mod pack;
pub mod refs;

use crate::ledger::Reason;
use odb::{Objects, Problem};
use oid::{HashKind, Oid};
use refs::Refs;
use std::fs;
use std::path::{Path, PathBuf};

/// Why objects that others name are elsewhere on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A partial clone, or a bundle made with a filter.
    Partial,
    /// A clone that was made without its older history.
    Shallow,
    /// A bundle that builds on commits of its reader.
    Prerequisites,
    /// A pack or an object without the repository it is from.
    Alone,
}

impl Gap {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Gap::Partial => "left out of this partial clone",
            Gap::Shallow => "left out of this shallow clone",
            Gap::Prerequisites => "left out of this bundle, which builds on it",
            Gap::Alone => "not in this part of a repository",
        }
    }

    /// Files that are not here hide something; older history that nobody asked for does not.
    pub fn reason(self) -> Reason {
        match self {
            Gap::Partial => Reason::Unreadable,
            Gap::Shallow | Gap::Prerequisites | Gap::Alone => Reason::Ignored,
        }
    }
}

/// A repository, or a bundle.
pub struct Repository {
    /// The folder with `HEAD`; the file, for a bundle.
    pub git_dir: PathBuf,
    /// The folder with `objects`, which worktrees share.
    pub common: PathBuf,
    /// How its objects are named.
    pub hash: HashKind,
    /// Its objects.
    pub objects: Objects,
    /// Its references.
    pub refs: Refs,
    /// Why objects may be missing on purpose.
    pub gap: Option<Gap>,
    /// What could not be read, besides objects.
    pub problems: Vec<Problem>,
}

impl Repository {
    /// Opens a git folder (`.git`, or a bare repository).
    pub fn open(git_dir: &Path) -> Repository {
        let common = Self::common_of(git_dir);
        let setting = |name: &str| Self::setting(&common, name).map(|v| v.to_ascii_lowercase());
        let hash = Self::hash_of(git_dir);
        let mut problems = Vec::new();
        let mut problem = |path: PathBuf, reason, detail: &str| {
            problems.push(Problem { path, reason, detail: detail.to_owned() });
        };
        if setting("refstorage").is_some_and(|s| s == "reftable") {
            let detail = "references in a reftable are not read; all objects are";
            problem(common.join("reftable"), Reason::Unsupported, detail);
        }
        let objects = Objects::open(&common.join("objects"), hash);
        let is_partial = setting("partialclonefilter").is_some()
            || setting("promisor").is_some_and(|v| v == "true")
            || objects.packs.iter().any(|p| p.is_promisor);
        let gap = if is_partial {
            Some(Gap::Partial)
        } else if common.join("shallow").is_file() {
            Some(Gap::Shallow)
        } else {
            None
        };
        let refs = Refs::open(git_dir, &common);
        Repository { git_dir: git_dir.to_owned(), common, hash, objects, refs, gap, problems }
    }

    /// The folder that the worktrees of one repository share.
    pub fn common_of(git_dir: &Path) -> PathBuf {
        match fs::read_to_string(git_dir.join("commondir")) {
            Ok(path) => git_dir.join(path.trim()),
            Err(_) => git_dir.to_owned(),
        }
    }

    /// How the objects of the repository with this git folder are named.
    pub fn hash_of(git_dir: &Path) -> HashKind {
        match Self::setting(&Self::common_of(git_dir), "objectformat") {
            Some(format) if format.eq_ignore_ascii_case("sha256") => HashKind::Sha256,
            _ => HashKind::Sha1,
        }
    }

    /// A setting of the repository's own `config`, by its name without section.
    pub fn setting(common: &Path, name: &str) -> Option<String> {
        let config = fs::read_to_string(common.join("config")).ok()?;
        config.lines().filter_map(|line| line.split_once('=')).find_map(|(key, value)| {
            let value = value.trim().trim_matches('"');
            key.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    /// Opens a bundle.
    pub fn of_bundle(path: &Path) -> Result<Repository, String> {
        let bytes = pack::Bytes::of_file(path).map_err(|e| format!("cannot be read: {e}"))?;
        Self::of_bundle_bytes(bytes, path)
    }

    /// The bundle that these bytes are; `path` is what it is called.
    pub fn of_bundle_bytes(bytes: pack::Bytes, path: &Path) -> Result<Repository, String> {
        let mut problems = Vec::new();
        let (head, pack) = bundle::open(bytes, &mut |detail| {
            problems.push(Problem { path: path.to_owned(), reason: Reason::Damaged, detail });
        })?;
        let refs = Refs { head: head.refs.get("HEAD").copied(), by_name: head.refs };
        let gap = if head.is_filtered {
            Some(Gap::Partial)
        } else if !head.prerequisites.is_empty() {
            Some(Gap::Prerequisites)
        } else {
            None
        };
        let objects = Objects { packs: vec![pack], ..Objects::default() };
        let path = path.to_owned();
        Ok(Repository { git_dir: path.clone(), common: path, hash: head.hash, objects, refs, gap, problems })
    }

    /// Whether it holds no object at all.
    pub fn is_empty(&self) -> bool {
        self.objects.loose.is_empty() && self.objects.packs.iter().all(|p| p.index.is_empty())
    }

    /// The commit at `HEAD`.
    pub fn head(&self) -> Option<Oid> {
        self.refs.head
    }
}

/// Whether a folder is a git folder: it has what git itself asks for.
pub fn is_git_dir(path: &Path) -> bool {
    let has_objects = path.join("objects").is_dir() || path.join("commondir").is_file();
    has_objects && path.join("HEAD").symlink_metadata().is_ok() && {
        path.join("refs").is_dir() || path.join("commondir").is_file() || path.join("packed-refs").is_file()
    }
}

/// The git folder of `path` itself: a git folder, or a work tree with `.git`, a folder or a file that
/// says where it is.
pub fn git_dir_of(path: &Path) -> Option<PathBuf> {
    if is_git_dir(path) {
        return Some(path.to_owned());
    }
    let dot_git = path.join(".git");
    if is_git_dir(&dot_git) {
        return Some(dot_git);
    }
    let text = fs::read_to_string(dot_git).ok()?;
    let target = path.join(text.strip_prefix("gitdir:")?.trim());
    is_git_dir(&target).then_some(target)
}

/// The git folder that `path` lies in, and the root of the work tree that has it.
pub fn discover(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|folder| Some((git_dir_of(folder)?, folder.to_owned())))
}
