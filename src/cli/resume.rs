//! `--resume FILE`: the journal of a sweep, and what makes it that of another one.

use super::exit::UsageError;
use super::settings::{self, Settings, shown};
use crate::pattern::{PatternSet, import};
use crate::scan::{Journal, Keep, Options, Target, run_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the journal, for a run that searches `targets` so, for `set`; `patterns` are files of the user in it.
pub fn open(
    path: &Path,
    targets: &[Target],
    set: &PatternSet,
    patterns: &[PathBuf],
    options: &Options,
    settings: &Settings,
) -> Result<Arc<Journal>, UsageError> {
    let fail =
        |e: &dyn std::fmt::Display| UsageError(format!("--resume {}: {e}; nothing was scanned", shown(path)));
    // Threads, verification and reports are left out: they change nothing of what is found.
    let mut parts: Vec<Vec<u8>> = vec![env!("KEYSIFT_PATTERNS_DIGEST").into()];
    parts.push(format!("{targets:?}").into());
    parts.push(format!("{:?}", (&options.limits, options.honour_ignore, &options.history)).into());
    // Lines around values are not in the journal: who needs them has them searched.
    let keep = options.keep.map(|keep| matches!(keep, Keep::All));
    parts.push(format!("{keep:?}").into());
    let exclude = settings.exclude.as_ref().map(|exclude| exclude.globs().collect::<Vec<_>>());
    parts.push(format!("{exclude:?}").into());
    // Which there are: settings may leave out some.
    parts.extend(set.iter().map(|(_, pattern)| pattern.id.as_bytes().to_vec()));
    for path in patterns {
        for file in import::files(path).map_err(|e| fail(&e))? {
            parts.push(std::fs::read(file).map_err(|e| fail(&e))?);
        }
    }
    let run = run_of(parts.iter().map(Vec::as_slice));
    Ok(Arc::new(Journal::open(path, &run).map_err(|e| fail(&e))?))
}

/// Tells what was taken from the journal.
pub fn tell(path: &Path, journal: &Journal) {
    let name = shown(path);
    let (restored, searched) = journal.counts();
    let files = |n| if n == 1 { "1 artifact was".into() } else { format!("{n} artifacts were") };
    settings::note(&format!("journal {name}: {} searched before, {searched} in this run", files(restored)));
    if journal.failed() > 0 {
        let what = "it could not be written to its end: what is missing would be searched again";
        settings::note(&format!("journal {name}: {what}"));
    }
}
