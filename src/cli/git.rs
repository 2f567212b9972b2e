//! `keysift git`.

use super::args::Git;
use super::exit::{Exit, UsageError};
use super::scan;
use super::settings::Given;
use crate::address::escape;
use crate::scan::{GitTarget, Range, Target};
use crate::source::git;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Scans what the arguments name of a repository and reports on it.
pub fn run(arguments: &mut Git, given: &Given<'_>) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let target = target(arguments)?;
    scan::search(&[target], true, scan::history(&arguments.search), &mut arguments.search, given, start)
}

fn target(arguments: &Git) -> Result<Target, UsageError> {
    if arguments.staged {
        let here = repository(Path::new("."))?;
        // Alone, the name of another repository is one; all other names are files.
        if let [one] = arguments.named.as_slice()
            && git::git_dir_of(one).is_some()
        {
            return Ok(Target::Staged(repository(one)?, Vec::new()));
        }
        return Ok(Target::Staged(here, arguments.named.clone()));
    }
    let is_range = |path: &&PathBuf| {
        path.to_str().is_some_and(|text| text.contains("..")) && path.symlink_metadata().is_err()
    };
    let ranges: Vec<&PathBuf> = arguments.named.iter().filter(is_range).collect();
    let names: Vec<&PathBuf> = arguments.named.iter().filter(|n| !is_range(n)).collect();
    if names.len() > 1 {
        return Err(UsageError("name one repository at a time; nothing was scanned".into()));
    }
    let named = names.first().map_or(Path::new("."), |p| p.as_path());
    let repository = repository(named)?;
    let mut range = Range { include: arguments.branch.clone(), exclude: Vec::new() };
    for text in ranges.iter().filter_map(|p| p.to_str()) {
        let Some((from, to)) = text.split_once("..").filter(|(_, to)| !to.starts_with('.')) else {
            return Err(UsageError(format!("{}: use A..B", escape(text.as_bytes()))));
        };
        let or_head = |rev: &str| if rev.is_empty() { "HEAD".to_owned() } else { rev.to_owned() };
        range.exclude.push(or_head(from));
        range.include.push(or_head(to));
    }
    range.exclude.extend(arguments.since.clone());
    if range == Range::default() {
        return Ok(Target::Repository(repository));
    }
    if range.include.is_empty() {
        range.include.push("HEAD".into());
    }
    Ok(Target::Range(repository, range))
}

/// The repository that a name means; what is none is a mistake, found before the scan.
fn repository(named: &Path) -> Result<GitTarget, UsageError> {
    let shown = || escape(named.to_string_lossy().as_bytes());
    if named.is_file() {
        return Ok(GitTarget { named: named.to_owned(), git_dir: named.to_owned(), root: named.to_owned() });
    }
    if let Err(e) = named.symlink_metadata() {
        return Err(UsageError(format!("{}: {e}; nothing was scanned", shown())));
    }
    if let Some(git_dir) = git::git_dir_of(named) {
        return Ok(GitTarget { named: named.to_owned(), git_dir, root: named.to_owned() });
    }
    let Some((git_dir, root)) = git::discover(named) else {
        return Err(UsageError(format!("{}: no git repository here or above; nothing was scanned", shown())));
    };
    Ok(GitTarget { named: root.clone(), git_dir, root })
}
