//! Paths as seen from one root, whatever the user typed to name them.

use crate::address::Address;
use std::path::{Path, PathBuf};

/// Says where things that were searched lie below a root: the same path for a file of the work tree, for
/// the same file in the index, and for its versions in the history.
#[derive(Clone, Debug, Default)]
pub struct Relative {
    /// What was named, as typed, and where that is below the root; the longest names first.
    named: Vec<(PathBuf, PathBuf)>,
}

impl Relative {
    /// For things that were named so, each with its path below the root.
    pub fn new(mut named: Vec<(PathBuf, PathBuf)>) -> Self {
        named.sort_by_key(|(typed, _)| std::cmp::Reverse(typed.as_os_str().len()));
        Relative { named }
    }

    /// Where a path, made of a name and what is below it, is below the root.
    pub fn path(&self, path: &Path) -> PathBuf {
        for (typed, below) in &self.named {
            if let Ok(rest) = path.strip_prefix(typed) {
                return if rest.as_os_str().is_empty() { below.clone() } else { below.join(rest) };
            }
        }
        // `.` is not written before names out of an index.
        path.strip_prefix(".").unwrap_or(path).to_owned()
    }

    /// Where the file is in which something is, with `/` between folders.
    pub fn file(&self, address: &Address) -> String {
        let path = match address.as_object() {
            Some(object) if object.path.is_empty() => return String::new(),
            Some(object) => {
                let repository = PathBuf::from(String::from_utf8_lossy(&object.repository).into_owned());
                let inside = PathBuf::from(String::from_utf8_lossy(&object.path).into_owned());
                let known = self.named.iter().any(|(typed, _)| repository.starts_with(typed));
                if known { self.path(&repository).join(inside) } else { inside }
            }
            None => {
                let path = address.artifact().inner_path();
                self.path(Path::new(String::from_utf8_lossy(path).as_ref()))
            }
        };
        path.to_string_lossy().replace('\\', "/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Object;

    #[test]
    fn one_path_for_a_file_however_it_was_named() {
        let relative = |typed: &str, below: &str| Relative::new(vec![(typed.into(), below.into())]);
        let file = |path: &str| Address::file(Path::new(path));
        let object = |repository: &str, path: &str| {
            let (repository, path) = (repository.as_bytes().into(), path.as_bytes().into());
            Address::object(Object { repository, path, id: "1a2b3c4d".into() })
        };
        for (relative, address) in [
            (relative(".", ""), file("./src/a.py")),
            (relative(".", ""), file("src/a.py")),
            (relative("/home/x/repo", ""), file("/home/x/repo/src/a.py")),
            (relative("src", "src"), file("src/a.py")),
            (relative("src/a.py", "src/a.py"), file("src/a.py")),
            (relative("a.py", "src/a.py"), file("a.py").entry(b"inner")),
            (relative(".", ""), object("repo", "src/a.py")),
            (relative("../repo", ""), object("../repo", "src/a.py")),
            (relative("/all", ""), object("/all/src", "a.py")),
        ] {
            assert_eq!(relative.file(&address), "src/a.py", "{relative:?} {address}");
        }
        assert_eq!(relative(".", "").file(&object("repo", "").entry(b"message")), "");
    }
}
