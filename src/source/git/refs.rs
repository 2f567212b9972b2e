//! References: names for commits, loose and packed, of all worktrees; and what a revision names.

use super::object::{self, Kind};
use super::odb::Reader;
use super::oid::Oid;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Folders within folders of references.
const MAX_DEPTH: u32 = 16;
/// Symbolic references to symbolic references.
const MAX_LINKS: u32 = 8;

/// The references of a repository by full name (`refs/heads/main`), and `HEAD`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// What each name stands for.
    pub by_name: BTreeMap<String, Oid>,
    /// What `HEAD` of this worktree stands for; `None` before the first commit.
    pub head: Option<Oid>,
}

impl Refs {
    /// Reads them: `git_dir` has this worktree's own, `common` those of all.
    pub fn open(git_dir: &Path, common: &Path) -> Refs {
        let mut raw: BTreeMap<String, String> = BTreeMap::new();
        if let Ok(text) = fs::read_to_string(common.join("packed-refs")) {
            raw.extend(packed(&text));
        }
        read_folder(&common.join("refs"), "refs", MAX_DEPTH, &mut raw);
        if git_dir != common {
            read_folder(&git_dir.join("refs"), "refs", MAX_DEPTH, &mut raw);
        }
        if let Ok(entries) = fs::read_dir(common.join("worktrees")) {
            for entry in entries.flatten() {
                if let Ok(text) = fs::read_to_string(entry.path().join("HEAD")) {
                    let name = entry.file_name();
                    raw.insert(format!("worktrees/{}/HEAD", name.to_string_lossy()), text.trim().to_owned());
                }
            }
        }
        for name in ["HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "FETCH_HEAD"] {
            if let Ok(text) = fs::read_to_string(git_dir.join(name)) {
                raw.insert(name.to_owned(), text.lines().next().unwrap_or_default().trim().to_owned());
            }
        }
        Refs::resolved(&raw)
    }

    /// References as their files have them: by name what is written there, an id or another name.
    pub fn resolved(raw: &BTreeMap<String, String>) -> Refs {
        let resolve = |name: &str| {
            let mut value = raw.get(name)?.as_str();
            for _ in 0..MAX_LINKS {
                match value.strip_prefix("ref:") {
                    Some(target) => value = raw.get(target.trim())?.as_str(),
                    None => return Oid::from_hex(value.split_whitespace().next()?.as_bytes()),
                }
            }
            None
        };
        let mut refs = Refs { head: resolve("HEAD"), ..Refs::default() };
        refs.by_name.extend(raw.keys().filter_map(|name| Some((name.clone(), resolve(name)?))));
        refs
    }

    /// The object that a name stands for: as it is, as a tag, a branch, a branch of a remote.
    fn named(&self, name: &str) -> Option<Oid> {
        ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .iter()
            .find_map(|prefix| self.by_name.get(&format!("{prefix}{name}")).copied())
            .or_else(|| self.by_name.get(&format!("refs/remotes/{name}/HEAD")).copied())
    }
}

/// The lines of a file of packed references.
pub fn packed(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().filter(|l| !l.starts_with(['#', '^']));
    lines.filter_map(|line| line.split_once(' ')).map(|(id, name)| (name.to_owned(), id.to_owned()))
}

fn read_folder(folder: &Path, name: &str, depth: u32, raw: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => read_folder(&entry.path(), &name, depth - 1, raw),
            Ok(kind) if kind.is_file() => {
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    raw.insert(name, text.trim().to_owned());
                }
            }
            _ => {}
        }
    }
}

/// Tags of tags that are followed.
const MAX_TAGS: u32 = 16;

/// The commit that a revision names: a name, an id or the beginning of one, with any of `~N`, `^`,
/// `^N` and `^{commit}` behind it. An error says in words what is wrong.
pub fn resolve(
    refs: &Refs,
    reader: &Reader<'_>,
    with_prefix: &dyn Fn(&str) -> Vec<Oid>,
    text: &str,
) -> Result<Oid, String> {
    let base_len = text.find(['~', '^']).unwrap_or(text.len());
    let (base, mut steps) = text.split_at(base_len);
    let base = if base == "@" { "HEAD" } else { base };
    let id = refs.named(base).or_else(|| Oid::from_hex(base.as_bytes()));
    let is_hex = (4..40).contains(&base.len()) && base.bytes().all(|b| b.is_ascii_hexdigit());
    let id = match id {
        Some(id) => id,
        None if is_hex => match with_prefix(base).as_slice() {
            [] => return Err(format!("{base}: no such branch, tag or object")),
            [one] => *one,
            _ => return Err(format!("{base}: more than one object begins so")),
        },
        None => return Err(format!("{base}: no such branch, tag or commit")),
    };
    let mut at = commit_of(reader, id).map_err(|e| format!("{base}: {e}"))?;
    while let Some(step) = steps.chars().next() {
        steps = &steps[1..];
        if step == '^' && steps.starts_with("{commit}") {
            steps = &steps["{commit}".len()..];
            continue;
        }
        let digits = steps.bytes().take_while(u8::is_ascii_digit).count();
        let number = if digits == 0 { Ok(1) } else { steps[..digits].parse::<u32>() };
        let number = number.map_err(|_| format!("{text}: a number that is too large"))?;
        steps = &steps[digits..];
        let parent = |id: Oid, n: usize| -> Result<Oid, String> {
            let bytes = reader.read_as(&id, Kind::Commit).map_err(|e| format!("{text}: commit {id} {e}"))?;
            let commit = object::commit(&bytes).ok_or_else(|| format!("{text}: commit {id} is damaged"))?;
            commit.parents.get(n).copied().ok_or_else(|| format!("{text}: history does not go back so far"))
        };
        match step {
            '~' => {
                for _ in 0..number {
                    at = parent(at, 0)?;
                }
            }
            '^' if number == 0 => {}
            '^' => at = parent(at, number as usize - 1)?,
            _ => {
                return Err(format!(
                    "{text}: not a revision that keysift reads; use a name, an id, ~N or ^N"
                ));
            }
        }
    }
    Ok(at)
}

/// The commit that an object is, or that a tag stands for.
pub fn commit_of(reader: &Reader<'_>, id: Oid) -> Result<Oid, String> {
    let mut at = id;
    for _ in 0..MAX_TAGS {
        match reader.read(&at).map_err(|e| format!("object {at} {e}"))? {
            (Kind::Commit, _) => return Ok(at),
            (Kind::Tag, bytes) => at = object::tag_target(&bytes).ok_or("a damaged tag")?,
            (kind, _) => return Err(format!("is a {}, not a commit", kind.name())),
        }
    }
    Err("tags of tags of tags".into())
}
