//! Folders: every file below them, in parallel.
//!
//! Hidden files, binaries and vendored code are all visited. Rules of `.gitignore` and
//! `.git/info/exclude` hold inside repositories only, and what they leave out is reported; a
//! user's global excludes do not hold, so that a scan finds the same on every machine. Symbolic
//! links below the root are not followed.

use super::exclude::Exclude;
use crate::ledger::Reason;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the walk comes upon.
#[derive(Debug)]
pub enum Found {
    /// A file to read.
    File(PathBuf),
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
struct Folder {
    path: PathBuf,
    /// `None` outside repositories.
    rules: Option<Arc<Rules>>,
}

/// Visits everything below `root`, a folder, on the threads of the current rayon pool, in no
/// particular order.
pub fn walk(root: &Path, honour_ignore: bool, exclude: Option<&Exclude>, visit: &(dyn Fn(Found) + Sync)) {
    let rules = if honour_ignore { rules_above(root) } else { None };
    let folder = Folder { path: root.to_owned(), rules };
    // Asked once: files are many.
    let absolute = std::path::absolute(root).ok().filter(|_| !root.is_absolute());
    let walk = Walk { honour_ignore, exclude, visit, root, absolute };
    rayon::scope(|scope| visit_folder(scope, folder, &walk));
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

fn visit_folder<'s>(scope: &rayon::Scope<'s>, folder: Folder, walk: &'s Walk<'s>) {
    let Walk { honour_ignore, exclude, visit, .. } = *walk;
    let entries = match read_sorted(&folder.path) {
        Ok(entries) => entries,
        Err(e) => return visit(Found::Skipped(folder.path, None, Reason::Unreadable, e.to_string())),
    };
    if is_image(&folder.path, &entries) {
        return visit(Found::Image(folder.path));
    }
    let rules = if honour_ignore { rules_of(&folder, &entries) } else { None };
    let mut files = Vec::new();
    for entry in entries {
        let path = folder.path.join(entry.file_name());
        let Ok(kind) = entry.file_type() else {
            visit(Found::Skipped(path, None, Reason::Unreadable, "its type cannot be read".into()));
            continue;
        };
        if kind.is_symlink() {
            visit(Found::Skipped(path, Some(0), Reason::Ignored, LINK.into()));
        } else if is_ignored(walk, rules.as_deref(), &path, kind.is_dir()) {
            let size = if kind.is_file() { entry.metadata().ok().map(|m| m.len()) } else { None };
            visit(Found::Skipped(path, size, Reason::Ignored, "by a rule of .gitignore".into()));
        } else if exclude.is_some_and(|exclude| exclude.leaves_out(&path, kind.is_dir())) {
            let size = if kind.is_file() { entry.metadata().ok().map(|m| m.len()) } else { None };
            visit(Found::Skipped(path, size, Reason::Ignored, "excluded, as asked".into()));
        } else if kind.is_dir() {
            if is_object_store(&folder.path, &path) {
                visit(Found::Repository(folder.path.clone()));
                continue;
            }
            let child = Folder { path, rules: rules.clone() };
            scope.spawn(move |scope| visit_folder(scope, child, walk));
        } else if kind.is_file() {
            files.push(path);
        } else {
            visit(Found::Skipped(path, Some(0), Reason::Ignored, NO_FILE.into()));
        }
    }
    // A task a handful of files: large folders spread over all threads, small ones cost one task.
    while !files.is_empty() {
        let batch = files.split_off(files.len().saturating_sub(BATCH));
        if files.is_empty() {
            batch.into_iter().for_each(|path| visit(Found::File(path)));
        } else {
            scope.spawn(move |_| batch.into_iter().for_each(|path| visit(Found::File(path))));
        }
    }
}

/// Files of one folder that are visited by one task.
const BATCH: usize = 16;

fn read_sorted(path: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// Whether a folder is a container image: an OCI layout, one that `skopeo copy dir:` wrote, or what
/// `docker save` packs.
fn is_image(folder: &Path, entries: &[fs::DirEntry]) -> bool {
    let has = |name: &str| entries.binary_search_by(|e| e.file_name().as_os_str().cmp(name.as_ref())).is_ok();
    let begins = |name: &str, with: &[&str]| {
        let mut head = Vec::new();
        let read = fs::File::open(folder.join(name)).and_then(|file| file.take(64).read_to_end(&mut head));
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
    path.is_dir() && read_sorted(path).is_ok_and(|entries| is_image(path, &entries))
}

/// Everything below a folder that is an image, in order; symbolic links are not followed.
pub fn below(root: &Path) -> Vec<Found> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match read_sorted(&folder) {
            Ok(entries) => entries,
            Err(e) => {
                all.push(Found::Skipped(folder, None, Reason::Unreadable, e.to_string()));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => all.push(Found::File(path)),
                Ok(kind) if kind.is_symlink() => {
                    all.push(Found::Skipped(path, Some(0), Reason::Ignored, LINK.into()));
                }
                Ok(_) => all.push(Found::Skipped(path, Some(0), Reason::Ignored, NO_FILE.into())),
                Err(e) => all.push(Found::Skipped(path, None, Reason::Unreadable, e.to_string())),
            }
        }
    }
    all
}

const LINK: &str = "symbolic link, not followed";
const NO_FILE: &str = "neither a file nor a folder";

/// `objects` of a git directory: compressed, so that a search of the plain bytes finds nothing.
fn is_object_store(parent: &Path, path: &Path) -> bool {
    path.file_name().is_some_and(|n| n == "objects")
        && parent.join("HEAD").is_file()
        && parent.join("refs").is_dir()
}

/// The rules that hold in `folder`: its own `.gitignore` before those above; a folder with `.git`
/// starts afresh, as it does for git.
fn rules_of(folder: &Folder, entries: &[fs::DirEntry]) -> Option<Arc<Rules>> {
    let has = |name: &str| entries.iter().any(|e| e.file_name() == name);
    let is_root = has(".git");
    let above = if is_root { None } else { folder.rules.clone() };
    if !is_root && above.is_none() {
        return None;
    }
    if !has(".gitignore") && !is_root {
        return above;
    }
    Some(Arc::new(Rules { own: read_rules(&folder.path, is_root), above }))
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
                Found::File(path) => found.0.push(name(&path)),
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
