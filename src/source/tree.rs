//! Folders: every file below them, in parallel.
//!
//! Hidden files, binaries and vendored code are all visited. Rules of `.gitignore` and
//! `.git/info/exclude` hold inside repositories only, and what they leave out is reported; a
//! user's global excludes do not hold, so that a scan finds the same on every machine. Symbolic
//! links below the root are not followed.

use super::exclude::Exclude;
use super::folder::{Entry, Folder, Kind};
use crate::ledger::Reason;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the walk comes upon.
#[derive(Debug)]
pub enum Found {
    /// A file to read.
    File(Place),
    /// The folder of a repository's objects: compressed, so that a search of the plain bytes finds
    /// nothing. This is the git folder it lies in.
    Repository(PathBuf),
    /// A folder that is a container image: one artifact, with all that is below it.
    Image(PathBuf),
    /// Something that is not read, with the reason and the size where it is known.
    Skipped(PathBuf, Option<u64>, Reason, String),
}

/// Rules of one folder; those of the folders above it, up to the repository's root, come after.
struct Rules {
    own: Gitignore,
    above: Option<Arc<Rules>>,
}

/// A folder to visit.
struct Below {
    place: Place,
    /// Of the folders above it; `None` outside repositories.
    rules: Option<Arc<Rules>>,
}

/// Where something is, and the folder it is in where that is open.
#[derive(Debug)]
pub struct Place {
    /// Its path.
    pub path: PathBuf,
    folder: Option<Arc<Folder>>,
}

impl Place {
    /// Opens it as a file.
    pub fn open(&self) -> io::Result<File> {
        match (&self.folder, self.path.file_name()) {
            (Some(folder), Some(name)) => folder.file(name),
            _ => File::open(&self.path),
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Place {
        Place { path, folder: None }
    }
}

/// Visits everything below `root`, a folder, on the threads of the current rayon pool, in no
/// particular order.
pub fn walk(root: &Path, honour_ignore: bool, exclude: Option<&Exclude>, visit: &(dyn Fn(Found) + Sync)) {
    let rules = if honour_ignore { rules_above(root) } else { None };
    let below = Below { place: Place::from(root.to_owned()), rules };
    // Asked once: files are many.
    let absolute = std::path::absolute(root).ok().filter(|_| !root.is_absolute());
    let walk = Walk { honour_ignore, exclude, visit, root, absolute };
    rayon::scope(|scope| visit_folder(scope, below, &walk));
}

/// What is the same for all folders of a walk.
struct Walk<'w> {
    honour_ignore: bool,
    exclude: Option<&'w Exclude>,
    visit: &'w (dyn Fn(Found) + Sync),
    /// Where it starts.
    root: &'w Path,
    /// The same, where that is not absolute.
    absolute: Option<PathBuf>,
}

impl Walk<'_> {
    /// The path as those of rules from above the root are.
    fn absolute(&self, path: &Path) -> Option<PathBuf> {
        Some(self.absolute.as_ref()?.join(path.strip_prefix(self.root).ok()?))
    }
}

fn visit_folder<'s>(scope: &rayon::Scope<'s>, below: Below, walk: &'s Walk<'s>) {
    let Walk { honour_ignore, exclude, visit, .. } = *walk;
    let Below { place, rules } = below;
    let opened = match &place.folder {
        Some(folder) => folder.folder(place.path.file_name().unwrap_or_default()),
        None => Folder::open(place.path.clone()),
    };
    let (folder, entries) = match opened.and_then(|folder| folder.entries().map(|entries| (folder, entries)))
    {
        Ok((folder, entries)) => (Arc::new(folder), entries),
        Err(e) => return visit(Found::Skipped(place.path, None, Reason::Unreadable, e.to_string())),
    };
    if is_image(folder.path(), &entries) {
        return visit(Found::Image(place.path));
    }
    let rules = if honour_ignore { rules_of(folder.path(), rules, &entries) } else { None };
    let mut files = Vec::new();
    for Entry { name, kind } in entries {
        let path = folder.path().join(name);
        let Some(kind) = kind else {
            visit(Found::Skipped(path, None, Reason::Unreadable, NO_KIND.into()));
            continue;
        };
        let is_dir = kind == Kind::Folder;
        let left_out = if kind == Kind::Link {
            visit(Found::Skipped(path, Some(0), Reason::Ignored, LINK.into()));
            continue;
        } else if is_ignored(walk, rules.as_deref(), &path, is_dir) {
            Some("by a rule of .gitignore")
        } else if exclude.is_some_and(|exclude| exclude.leaves_out(&path, is_dir)) {
            Some("excluded, as asked")
        } else {
            None
        };
        if let Some(why) = left_out {
            let is_file = kind == Kind::File;
            let size = if is_file { path.symlink_metadata().ok().map(|m| m.len()) } else { None };
            visit(Found::Skipped(path, size, Reason::Ignored, why.into()));
            continue;
        }
        match kind {
            Kind::Folder if is_object_store(folder.path(), &path) => {
                visit(Found::Repository(folder.path().to_owned()));
            }
            Kind::Folder => {
                let place = Place { path, folder: Some(folder.clone()) };
                let below = Below { place, rules: rules.clone() };
                scope.spawn(move |scope| visit_folder(scope, below, walk));
            }
            Kind::File => files.push(Place { path, folder: Some(folder.clone()) }),
            _ => visit(Found::Skipped(path, Some(0), Reason::Ignored, NO_FILE.into())),
        }
    }
    // A task a handful of files: large folders spread over all threads, small ones cost a few tasks.
    let size = files.len().div_ceil(TASKS).min(BATCH);
    while !files.is_empty() {
        let batch = files.split_off(files.len().saturating_sub(size));
        if files.is_empty() {
            batch.into_iter().for_each(|place| visit(Found::File(place)));
        } else {
            scope.spawn(move |_| batch.into_iter().for_each(|place| visit(Found::File(place))));
        }
    }
}

/// Files of one folder that are visited by one task, at most.
const BATCH: usize = 16;
/// Tasks that a folder is, at least, if it has as many files.
const TASKS: usize = 4;

fn has(entries: &[Entry], name: &str) -> bool {
    entries.binary_search_by(|e| e.name.as_os_str().cmp(name.as_ref())).is_ok()
}

/// Whether a folder is a container image: an OCI layout, one that `skopeo copy dir:` wrote, or what
/// `docker save` packs.
fn is_image(folder: &Path, entries: &[Entry]) -> bool {
    let has = |name: &str| has(entries, name);
    let begins = |name: &str, with: &[&str]| {
        let mut head = Vec::new();
        let read = File::open(folder.join(name)).and_then(|file| file.take(64).read_to_end(&mut head));
        head.retain(|b| !b.is_ascii_whitespace());
        read.is_ok() && with.iter().any(|with| head.starts_with(with.as_bytes()))
    };
    has("oci-layout") && has("index.json")
        || has("manifest.json")
            && (begins("manifest.json", &["[{\"Config\":", "[{\"config\":"])
                || has("version") && begins("version", &["DirectoryTransportVersion:"]))
}

/// Whether a path is a folder that is a container image.
pub fn is_image_folder(path: &Path) -> bool {
    path.is_dir()
        && Folder::open(path.to_owned())
            .and_then(|folder| folder.entries())
            .is_ok_and(|entries| is_image(path, &entries))
}

/// Everything below a folder that is an image, in order; symbolic links are not followed.
pub fn below(root: &Path) -> Vec<Found> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match Folder::open(folder.clone()).and_then(|folder| folder.entries()) {
            Ok(entries) => entries,
            Err(e) => {
                all.push(Found::Skipped(folder, None, Reason::Unreadable, e.to_string()));
                continue;
            }
        };
        for Entry { name, kind } in entries {
            let path = folder.join(name);
            let (bytes, reason, why) = match kind {
                Some(Kind::Folder) => {
                    folders.push(path);
                    continue;
                }
                Some(Kind::File) => {
                    all.push(Found::File(path.into()));
                    continue;
                }
                Some(Kind::Link) => (Some(0), Reason::Ignored, LINK),
                Some(Kind::Other) => (Some(0), Reason::Ignored, NO_FILE),
                None => (None, Reason::Unreadable, NO_KIND),
            };
            all.push(Found::Skipped(path, bytes, reason, why.into()));
        }
    }
    all
}

const LINK: &str = "symbolic link, not followed";
const NO_KIND: &str = "its type cannot be read";
const NO_FILE: &str = "neither a file nor a folder";

/// `objects` of a git directory: compressed, so that a search of the plain bytes finds nothing.
fn is_object_store(parent: &Path, path: &Path) -> bool {
    path.file_name().is_some_and(|n| n == "objects")
        && parent.join("HEAD").is_file()
        && parent.join("refs").is_dir()
}

/// The rules that hold in `folder`: its own `.gitignore` before those above; a folder with `.git`
/// starts afresh, as it does for git.
fn rules_of(folder: &Path, above: Option<Arc<Rules>>, entries: &[Entry]) -> Option<Arc<Rules>> {
    let has = |name: &str| has(entries, name);
    let is_root = has(".git");
    let above = above.filter(|_| !is_root);
    if !is_root && above.is_none() {
        return None;
    }
    if !has(".gitignore") && !is_root {
        return above;
    }
    Some(Arc::new(Rules { own: read_rules(folder, is_root), above }))
}

fn read_rules(folder: &Path, is_root: bool) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    // A broken line leaves the other lines valid, as in git. Later lines win, and .gitignore wins
    // over info/exclude.
    if is_root {
        let exclude = folder.join(".git/info/exclude");
        if exclude.is_file() {
            builder.add(exclude);
        }
    }
    let file = folder.join(".gitignore");
    if file.is_file() {
        builder.add(file);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// The rules that hold at `root` from the folders above it, when it lies inside a repository.
fn rules_above(root: &Path) -> Option<Arc<Rules>> {
    let absolute = std::path::absolute(root).ok()?;
    let mut chain = Vec::new();
    let mut folder = absolute.parent();
    if absolute.join(".git").exists() {
        return None;
    }
    while let Some(path) = folder {
        chain.push(path);
        if path.join(".git").exists() {
            let mut rules = None;
            // Paths are matched as the walk prints them, so the prefix that the rules are relative
            // to is made of the same text.
            for path in chain.into_iter().rev() {
                let own = read_rules(path, path.join(".git").exists());
                rules = Some(Arc::new(Rules { own, above: rules }));
            }
            return rules;
        }
        folder = path.parent();
    }
    None
}

fn is_ignored(walk: &Walk<'_>, mut rules: Option<&Rules>, path: &Path, is_dir: bool) -> bool {
    let mut absolute = None;
    while let Some(level) = rules {
        // Rules from above an explicitly named root are anchored at absolute paths.
        let path = if level.own.path().is_absolute() && !path.is_absolute() {
            absolute.get_or_insert_with(|| walk.absolute(path)).as_deref().unwrap_or(path)
        } else {
            path
        };
        let verdict = level.own.matched(path, is_dir);
        if verdict.is_ignore() {
            return true;
        }
        if verdict.is_whitelist() {
            return false;
        }
        rules = level.above.as_deref();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::Mutex;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn names(root: &Path, honour_ignore: bool) -> (Vec<String>, Vec<String>) {
        let found = Mutex::new((Vec::new(), Vec::new()));
        walk(root, honour_ignore, None, &|f| {
            let mut found = found.lock().unwrap();
            let name = |p: &Path| p.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            match f {
                Found::File(place) => found.0.push(name(&place.path)),
                Found::Repository(path) => found.1.push(name(&path.join("objects"))),
                Found::Image(path) | Found::Skipped(path, ..) => found.1.push(name(&path)),
            }
        });
        let mut found = found.into_inner().unwrap();
        found.0.sort();
        found.1.sort();
        found
    }

    #[test]
    fn rules_hold_inside_repositories_only_and_are_counted() {
        let files = [
            (".gitignore", "*.log\n/build/\n!keep.log\n"),
            ("a.log", ""),
            ("keep.log", ""),
            ("build/x", ""),
            ("src/.gitignore", "!a.log\nlocal\n"),
            ("src/a.log", ""),
            ("src/local", ""),
            ("src/.hidden", ""),
        ];
        let dir = tree(&files);
        let (all, skipped) = names(dir.path(), true);
        assert_eq!((all.len(), skipped.len()), (files.len(), 0), "no repository, no rules");

        fs::create_dir_all(dir.path().join(".git/objects/aa")).unwrap();
        fs::create_dir_all(dir.path().join(".git/refs")).unwrap();
        fs::write(dir.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let (seen, skipped) = names(dir.path(), true);
        assert_eq!(
            seen,
            [".git/HEAD", ".gitignore", "keep.log", "src/.gitignore", "src/.hidden", "src/a.log"]
        );
        assert_eq!(skipped, [".git/objects", "a.log", "build", "src/local"]);
        // A folder inside the repository obeys the rules above it.
        assert_eq!(names(&dir.path().join("src"), true).1, ["local"]);
        assert_eq!(names(dir.path(), false).1, [".git/objects"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tree(&[("a/file", "x")]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).unwrap();
        let (seen, skipped) = names(dir.path(), true);
        assert_eq!((seen, skipped), (vec!["a/file".to_owned()], vec!["a/loop".to_owned()]));
    }
}
