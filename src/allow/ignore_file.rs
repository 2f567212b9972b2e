//! `.gitleaksignore` and `.betterleaksignore`: positions, `[commit:]file:rule:line` on a line each.
//!
//! Rule ids of others mean nothing to us, so what is left is the position: whatever stands there later is
//! let through as well. That is told each time such a file is read.

use super::known::{Known, Name, Place};

/// The names under which such files are found at a root.
pub const NAMES: [&str; 2] = [".gitleaksignore", ".betterleaksignore"];

/// Reads one; `name` is what messages call it. Lines that are none are counted.
pub fn read(name: &str, text: &str) -> (Known, usize) {
    let mut known = Known::new(name, "ignore file");
    let mut wrong = 0;
    for (n, line) in text.lines().enumerate() {
        // A comment may follow an entry; `#` may be part of a name.
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match place(line) {
            Some(place) => known.add(n + 1, Name::Place(place)),
            None => wrong += 1,
        }
    }
    (known, wrong)
}

/// From the right: names of files may hold colons.
fn place(entry: &str) -> Option<Place> {
    let (rest, line) = entry.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let line: u32 = line.trim().parse().ok()?;
    let (commit, file) = match rest.split_once(':') {
        Some((commit, file)) if is_commit(commit) => (Some(commit.to_ascii_lowercase()), file),
        _ => (None, rest),
    };
    let file = plain(file);
    (!file.is_empty() && !rule.is_empty()).then_some(Place { file, lines: (line, line), commit })
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A path as we write it: from the root, with `/`.
pub(super) fn plain(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.trim_start_matches("./").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_with_and_without_commits() {
        let text = "# a comment\n\nsrc/a.py:aws-access-token:12\n\
                    1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d:./b:c.py:rule:3 # why\nsrc\\win.py:r:1\nnot an entry\nx:y:z\n";
        let (known, wrong) = read(".gitleaksignore", text);
        assert_eq!((known.len(), known.positions(), wrong), (3, 3, 2));
        let commit = Some("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".to_owned());
        assert_eq!(
            place("1A2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d:./b:c.py:rule:3"),
            Some(Place { file: "b:c.py".into(), lines: (3, 3), commit })
        );
    }
}
