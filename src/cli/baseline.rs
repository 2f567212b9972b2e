//! `keysift baseline`.

use super::args::{Baseline, BaselineArguments, BaselineCommand, Scan};
use super::exit::{Exit, UsageError};
use super::scan::{self, Searched};
use super::settings::{self, Given, Settings};
use crate::allow::baseline;
use crate::allow::known::Known;
use crate::finding::{Class, Finding, Severity};
use crate::scan::History;
use anyhow::Context;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Makes a baseline, adds to one, or compares with one.
pub fn run(arguments: Baseline, given: &Given<'_>) -> anyhow::Result<Exit> {
    match arguments.command {
        BaselineCommand::Create(arguments) => create(arguments, given),
        BaselineCommand::Update(arguments) => update(arguments, given),
        BaselineCommand::Diff(arguments) => diff(arguments, given),
    }
}

fn create(arguments: BaselineArguments, given: &Given<'_>) -> anyhow::Result<Exit> {
    let (file, replaces) = (arguments.baseline.clone(), arguments.prune);
    let scan = of(arguments)?;
    let (searched, path) = searched(scan, file, given, &|path| {
        let exists = path.symlink_metadata().is_ok() && !replaces;
        let path = settings::shown(path);
        exists.then(|| {
            format!(
                "{path} is there: use `keysift baseline update`, or --prune to make it anew; nothing was done"
            )
        })
    })?;
    let new = entries(&searched, &searched.findings);
    write(&path, &baseline::write("", &|_| false, &new))?;
    let count = new.len();
    let findings = if count == 1 { "finding" } else { "findings" };
    say(&format!("wrote {} with {count} {findings}", settings::shown(&path)))?;
    Ok(exit(&searched))
}

fn update(arguments: BaselineArguments, given: &Given<'_>) -> anyhow::Result<Exit> {
    let (file, prunes) = (arguments.baseline.clone(), arguments.prune);
    let scan = of(arguments)?;
    let (searched, path) = searched(scan, file, given, &missing)?;
    let old = read_own(&path)?;
    let known = baseline::read(&settings::shown(&path), old.as_bytes()).map_err(UsageError)?;
    let new = new_to(&known, &searched);
    let stale: BTreeSet<usize> = known.stale().collect();
    // What was not searched may still be there.
    let can_prune = searched.settings.is_whole && !searched.ledger.is_incomplete();
    if prunes && !can_prune && !stale.is_empty() {
        settings::note("nothing is pruned: not all of the root was searched");
    }
    let prunes = prunes && can_prune;
    write(
        &path,
        &baseline::write(&old, &|line| !prunes || !stale.contains(&line), &entries(&searched, &new)),
    )?;
    let gone = match (stale.len(), prunes) {
        (0, _) => String::new(),
        (n, true) => format!(", {n} taken out"),
        (n, false) if can_prune => format!("; {n} are found no more (--prune takes them out)"),
        _ => String::new(),
    };
    say(&format!("{}: {} added{gone}", settings::shown(&path), new.len()))?;
    Ok(exit(&searched))
}

fn diff(arguments: BaselineArguments, given: &Given<'_>) -> anyhow::Result<Exit> {
    let file = arguments.baseline.clone();
    let scan = of(arguments)?;
    let (searched, path) = searched(scan, file, given, &missing)?;
    let known = settings::read_baseline(&path)?;
    let new = new_to(&known, &searched);
    let mut out = anstream::stdout().lock();
    for finding in &new {
        let place = finding.sites.first().map(|site| match site.line {
            Some(line) => format!("{}:{line}", site.address),
            None => format!("{}@{}", site.address, site.offset),
        });
        writeln!(out, "+ {}  {}  {}", finding.fingerprint, finding.pattern, place.unwrap_or_default())?;
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let is_own = known.form == baseline::FORM;
    if searched.settings.is_whole && !searched.ledger.is_incomplete() {
        for line in known.stale() {
            // Lines of others may hold secrets.
            let shown = text.lines().nth(line - 1).filter(|_| is_own).map(|l| l.trim().to_owned());
            writeln!(out, "- {}", shown.unwrap_or_else(|| format!("entry {line}")))?;
        }
    }
    Ok(match exit(&searched) {
        _ if !new.is_empty() => Exit::Found,
        exit => exit,
    })
}

/// A scan as the arguments say, in all else as it is by default.
fn of(arguments: BaselineArguments) -> Result<Scan, UsageError> {
    let mut scan = settings::default_scan()?;
    scan.paths = arguments.paths;
    (scan.no_ignore, scan.no_git) = (arguments.no_ignore, arguments.no_git);
    scan.search.patterns = arguments.patterns;
    let allow = &mut scan.search.allow;
    (allow.config, allow.no_config) = (arguments.config, arguments.no_config);
    (allow.exclude, allow.no_inline_allow) = (arguments.exclude, arguments.no_inline_allow);
    allow.baseline.clear();
    Ok(scan)
}

/// What is found, without a baseline, and where the baseline is. `refuse` says why not to begin.
fn searched(
    mut scan: Scan,
    file: Option<PathBuf>,
    given: &Given<'_>,
    refuse: &dyn Fn(&Path) -> Option<String>,
) -> anyhow::Result<(Searched, PathBuf)> {
    let start = Instant::now();
    let targets = scan::targets(&scan)?;
    let settings = settings::load(&targets, &mut scan.search, given, false)?;
    let path = match file.or_else(|| default_path(&settings)) {
        Some(path) => path,
        None => {
            return Err(UsageError("name the baseline with --baseline FILE; nothing was done".into()).into());
        }
    };
    if let Some(why) = refuse(&path) {
        return Err(UsageError(why).into());
    }
    let history = History { off: scan.no_git, ..scan::history(&scan.search) };
    let searched = scan::scan(&targets, !scan.no_ignore, history, &scan.search, settings, start)?;
    Ok((searched, path))
}

fn default_path(settings: &Settings) -> Option<PathBuf> {
    let config = settings.allowing.config.as_ref();
    let named = config.and_then(|c| c.settings.baseline.texts().first());
    let root = settings.root.as_ref()?;
    Some(root.join(named.map_or(baseline::NAME, String::as_str)))
}

fn missing(path: &Path) -> Option<String> {
    let shown = settings::shown(path);
    (!path.is_file())
        .then(|| format!("{shown}: no such file: `keysift baseline create` makes it; nothing was done"))
}

fn read_own(path: &Path) -> Result<String, UsageError> {
    let shown = settings::shown(path);
    let text = std::fs::read_to_string(path).map_err(|e| UsageError(format!("{shown}: {e}")))?;
    let known = baseline::read(&shown, text.as_bytes()).map_err(UsageError)?;
    if known.form != baseline::FORM {
        return Err(UsageError(format!(
            "{shown}: a {}: make one of keysift's own with `keysift baseline create`",
            known.form
        )));
    }
    Ok(text)
}

/// What is worth a line: not the inventory, which fails no run.
fn is_entered(finding: &&Finding) -> bool {
    !(finding.class == Class::Config && finding.severity == Severity::Info)
}

fn new_to(known: &Known, searched: &Searched) -> Vec<Finding> {
    let all = searched.findings.iter().filter(is_entered);
    // What something else lets through is met here too, so that it is not stale.
    for allowed in &searched.allowed {
        known.finding(&allowed.finding, &[]);
    }
    all.filter(|finding| known.finding(finding, &[]).is_none()).cloned().collect()
}

fn entries<'f>(searched: &Searched, findings: &'f [Finding]) -> Vec<(&'f Finding, String)> {
    let relative = &searched.settings.allowing.relative;
    let file = |f: &Finding| f.sites.first().map(|site| relative.file(&site.address)).unwrap_or_default();
    findings.iter().filter(is_entered).map(|f| (f, file(f))).collect()
}

fn exit(searched: &Searched) -> Exit {
    if searched.ledger.is_incomplete() { Exit::Incomplete } else { Exit::Clean }
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(anstream::stdout(), "{text}")?)
}

/// Takes the place of the old file when it is whole.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    super::output::replace(path, text.as_bytes())
        .with_context(|| format!("cannot write {}", settings::shown(path)))
}
