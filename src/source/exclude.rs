//! Paths that the user leaves out, by rules in the syntax of `.gitignore`.

use super::relative::Relative;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rules, and how many files they left out and let through.
#[derive(Debug)]
pub struct Exclude {
    rules: Globs,
    relative: Relative,
    left_out: AtomicU64,
    let_through: AtomicU64,
}

impl Exclude {
    /// Rules over paths below a root.
    pub fn new(rules: Globs, relative: Relative) -> Self {
        Exclude { rules, relative, left_out: AtomicU64::new(0), let_through: AtomicU64::new(0) }
    }

    /// Whether a file or folder that a walk comes upon is left out; folders above it were let through.
    pub fn leaves_out(&self, path: &Path, is_dir: bool) -> bool {
        // The history is left out by path, file by file, or with --no-git.
        if is_dir && path.file_name().is_some_and(|name| name == ".git") {
            return false;
        }
        let is_git = path.components().any(|c| c.as_os_str() == ".git");
        let is_left_out = !is_git && self.rules.names_itself(&self.relative.path(path), is_dir);
        if is_left_out {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        } else if !is_dir && !is_git {
            self.let_through.fetch_add(1, Ordering::Relaxed);
        }
        is_left_out
    }

    /// Whether something is left out that no walk comes upon, by a rule for it or for a folder above it; `path` is
    /// from its own root.
    pub fn leaves_out_object(&self, path: &str) -> bool {
        let is_left_out = self.rules.holds(path);
        let count = if is_left_out { &self.left_out } else { &self.let_through };
        count.fetch_add(1, Ordering::Relaxed);
        is_left_out
    }

    /// The rules, as they were written.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.rules.texts.iter().map(String::as_str)
    }

    /// Whether a file is left out, by a rule for it or for a folder above it.
    pub fn leaves_out_staged(&self, path: &Path) -> bool {
        // Not counted: a commit of nothing but excluded files is an ordinary one.
        self.rules.holds(&self.relative.path(path).to_string_lossy())
    }

    /// Whether rules left out all files that a walk came upon.
    pub fn left_out_everything(&self) -> bool {
        self.left_out.load(Ordering::Relaxed) > 0 && self.let_through.load(Ordering::Relaxed) == 0
    }
}

/// Globs as in `.gitignore`: `*.pem`, `/build/`, `src/**/fixtures`, `!keep.pem`.
#[derive(Clone, Debug)]
pub struct Globs {
    rules: Gitignore,
    texts: Vec<String>,
}

impl Globs {
    /// Reads globs; an error names the one that is none.
    pub fn new<'g>(globs: impl IntoIterator<Item = &'g str>) -> Result<Self, String> {
        let mut builder = GitignoreBuilder::new("");
        let mut texts = Vec::new();
        for glob in globs {
            // What git would pass over in silence is most likely a mistake.
            if glob.trim().is_empty() || glob.starts_with('#') {
                return Err(format!("`{glob}` is no path"));
            }
            builder.add_line(None, glob).map_err(|_| format!("`{glob}` is no glob as in .gitignore"))?;
            texts.push(glob.to_owned());
        }
        Ok(Globs { rules: builder.build().map_err(|e| e.to_string())?, texts })
    }

    fn names_itself(&self, path: &Path, is_dir: bool) -> bool {
        self.rules.matched(path, is_dir).is_ignore()
    }

    /// Whether a file lies where a glob says, or below.
    pub fn holds(&self, file: &str) -> bool {
        let path = Path::new(file.trim_start_matches(['/', '.']));
        // Dots may begin a name.
        let path = if file.starts_with('.') && !file.starts_with("./") && !file.starts_with("../") {
            Path::new(file)
        } else {
            path
        };
        !path.as_os_str().is_empty() && self.rules.matched_path_or_any_parents(path, false).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_those_of_gitignore() {
        let globs = Globs::new(["*.pem", "/build/", "docs/**/old", "!keep.pem"]).unwrap();
        let held = ["a/b.pem", "build/x/y", "docs/a/b/old/x", ".pem"].map(|p| globs.holds(p));
        assert_eq!(held, [true; 4]);
        let free = ["src/build/x", "keep.pem", "docs/new", "", "/"].map(|p| globs.holds(p));
        assert_eq!(free, [false; 5]);
        for wrong in ["", "[z-a]", "# comment"] {
            assert!(Globs::new([wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_leaves_nothing_is_known() {
        let relative = Relative::new(vec![("t".into(), "".into())]);
        let exclude = Exclude::new(Globs::new(["*"]).unwrap(), relative);
        assert!(!exclude.left_out_everything());
        assert!(
            exclude.leaves_out(Path::new("t/a"), false) && !exclude.leaves_out(Path::new("t/.git"), true)
        );
        assert!(!exclude.leaves_out(Path::new("t/.git/config"), false));
        assert!(exclude.left_out_everything());
    }
}
