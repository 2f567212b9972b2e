//! `keysift scan`.

use super::args::{Engine, Scan, SearchArguments};
use super::exit::{Exit, UsageError};
use super::settings::{self, Given, Settings};
use super::{output, patterns, progress, resume, verify};
use crate::address::{Address, escape};
use crate::allow::{Allowed, By};
use crate::engine::prefilter::Machine;
use crate::finding::Finding;
use crate::ledger::{Ledger, Reason};
use crate::limits::Limits;
use crate::report::Report;
use crate::scan::{History, Options, Progress, Scanner, Target};
use crate::source::list::List;
use crate::source::remote::fetch::Bounds;
use crate::source::remote::{Remote, s3};
use anyhow::Context;
use std::time::{Duration, Instant};

/// Scans what the arguments name and reports on it.
pub fn run(arguments: &mut Scan, given: &Given<'_>) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let targets = targets(arguments)?;
    arguments.search.resume = arguments.resume.take();
    if targets.iter().any(|target| matches!(target, Target::Remote(_) | Target::Bucket(_))) {
        arguments.search.fetch = bounds(arguments)?;
    }
    if targets.iter().any(|target| matches!(target, Target::Bucket(_))) {
        arguments.search.s3 = Some(store(arguments)?);
    } else if arguments.no_sign_request {
        return Err(UsageError("--no-sign-request is for s3://; nothing was scanned".into()).into());
    }
    let history = History { off: arguments.no_git, ..history(&arguments.search) };
    search(&targets, !arguments.no_ignore, history, &mut arguments.search, given, start)
}

/// Bounds on what is fetched, and who is trusted: those that SSL_CERT_FILE names, as for most programs.
fn bounds(arguments: &Scan) -> Result<Bounds, UsageError> {
    let time = Duration::from_secs(arguments.download_timeout);
    Ok(Bounds { bytes: arguments.max_download, time, ca_bundle: certificates("SSL_CERT_FILE")? })
}

/// The file that a variable names.
fn certificates(variable: &str) -> Result<Option<Vec<u8>>, UsageError> {
    let read = |path: std::ffi::OsString| {
        std::fs::read(path).map_err(|e| UsageError(format!("{variable}: {e}; nothing was scanned")))
    };
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(read).transpose()
}

/// How buckets are read: as AWS's own tools would.
fn store(arguments: &Scan) -> Result<s3::Settings, UsageError> {
    let own = &arguments.search.verification;
    let settings = s3::Settings {
        endpoint: own.endpoint_url.clone(),
        region: own.region.clone(),
        profile: own.profile.clone(),
        unsigned: arguments.no_sign_request,
        ca_bundle: certificates("AWS_CA_BUNDLE")?,
        ..s3::Settings::default()
    };
    settings.check().map_err(|what| UsageError(format!("{what}; nothing was scanned")))?;
    Ok(settings)
}

/// What of the history is told, and how.
pub fn history(arguments: &SearchArguments) -> History {
    History {
        off: false,
        authors: arguments.authors,
        every_version: arguments.every_version,
        brute_force: arguments.brute_force,
    }
}

/// What a scan of targets gave.
pub struct Searched {
    /// What stands.
    pub findings: Vec<Finding>,
    /// What was let through.
    pub allowed: Vec<Allowed>,
    /// What was searched and what was not.
    pub ledger: Ledger,
    /// The settings it ran with.
    pub settings: Settings,
    /// Patterns in use.
    pub pattern_count: usize,
    /// Time by step.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Scans targets with these settings.
pub fn scan(
    targets: &[Target],
    honour_ignore: bool,
    history: History,
    arguments: &SearchArguments,
    mut settings: Settings,
    start: Instant,
) -> anyhow::Result<Searched> {
    // What is in the history, or left out this once, is not gone.
    let has_history = settings.root.as_ref().is_some_and(|root| root.join(".git").exists());
    settings.is_whole &= !(history.off && has_history) && arguments.allow.exclude.is_empty();
    if arguments.no_builtin && arguments.patterns.is_empty() {
        let what =
            "--no-builtin leaves no pattern to search for: name files with --patterns; nothing was scanned";
        return Err(UsageError(what.into()).into());
    }
    let patterns = patterns::set(&arguments.patterns, !arguments.no_builtin, &mut std::io::stderr())?;
    if !settings.allowing.leaves_patterns(&patterns) {
        return Err(
            UsageError("the settings leave no pattern to search for; nothing was scanned".into()).into()
        );
    }
    settings.allowing.notes(&patterns).iter().for_each(|text| settings::note(text));
    let mut options = Options {
        limits: Limits { carve: arguments.carve, ..arguments.limits.limits() },
        honour_ignore,
        threads: arguments.threads.map_or(0, usize::from),
        machine: machine(arguments.engine)?,
        history,
        keep: settings.allowing.keep(),
        exclude: settings.exclude.clone(),
        journal: None,
        fetch: arguments.fetch.clone(),
        s3: arguments.s3.clone().unwrap_or_default(),
    };
    if let Some(path) = &arguments.resume {
        options.journal =
            Some(resume::open(path, targets, &patterns, &arguments.patterns, &options, &settings)?);
    }
    let journal = options.journal.clone();
    let scanner = Scanner::new(&patterns, options).context("cannot start worker threads")?;
    let loaded = start.elapsed();

    let progress = Progress::default();
    let outcome = progress::shown(&progress, arguments.quiet, || scanner.scan(targets, &progress));
    let scanned = start.elapsed();
    if let (Some(path), Some(journal)) = (&arguments.resume, &journal) {
        resume::tell(path, journal);
    }
    let (findings, allowed) = settings.allowing.apply(outcome.findings);
    let mut ledger = outcome.ledger;
    if settings.exclude.as_ref().is_some_and(|exclude| exclude.left_out_everything()) {
        let detail = "everything is excluded: nothing was searched but what git keeps";
        let name = targets.first().map_or_else(|| ".".to_owned(), name);
        ledger.skipped(Address::named(&name), None, Reason::Unreadable, detail);
        ledger.sort();
    }
    let mut timings = vec![("load", loaded), ("scan", scanned - loaded)];
    if !allowed.is_empty() {
        timings.push(("allow", start.elapsed() - scanned));
    }
    Ok(Searched { findings, allowed, ledger, settings, pattern_count: patterns.len(), timings })
}

/// Scans targets and reports on them.
pub fn search(
    targets: &[Target],
    honour_ignore: bool,
    history: History,
    arguments: &mut SearchArguments,
    given: &Given<'_>,
    start: Instant,
) -> anyhow::Result<Exit> {
    let settings = settings::load(targets, arguments, given, true)?;
    let arguments = &*arguments;
    let outputs = output::plan(&arguments.report)?;
    // What is wrong with the settings is said before an hour of scanning.
    let verification = match arguments.verify {
        Some(mode) => Some(verify::options(mode, &arguments.verification, arguments.s3.is_some())?),
        None => verify::refuse_alone(&arguments.verification, arguments.s3.is_some()).map(|()| None)?,
    };
    let mut searched = scan(targets, honour_ignore, history, arguments, settings, start)?;
    let scanned = start.elapsed();
    if let Some(options) = &verification {
        let is_planned = arguments.verification.plan;
        let own = searched.findings.len();
        // What a baseline has is a debt, and whether it is live matters; what a person allowed is left alone:
        // it may be a trap that tells of every use.
        let known = searched.allowed.iter().filter(|a| a.grant.by == By::Baseline);
        let mut asked: Vec<Finding> = std::mem::take(&mut searched.findings);
        asked.extend(known.map(|a| a.finding.clone()));
        if is_planned {
            verify::print_plan(&asked, options, arguments.report.format)?;
            asked.truncate(own);
            return Ok(verify::exit(&asked, &searched.ledger, &arguments.report));
        }
        verify::run_on(&mut asked, options)?;
        let mut known = asked.split_off(own).into_iter();
        searched.findings = asked;
        for allowed in searched.allowed.iter_mut().filter(|a| a.grant.by == By::Baseline) {
            if let Some(finding) = known.next() {
                allowed.finding = finding;
            }
        }
        searched.timings.push(("verify", start.elapsed() - scanned));
    }
    searched.timings.push(("total", start.elapsed()));
    tell_stale(&searched);

    let exit = verify::exit(&searched.findings, &searched.ledger, &arguments.report);
    let report = Report {
        findings: searched.findings,
        allowed: searched.allowed,
        ledger: searched.ledger,
        artifacts: targets.iter().map(name).collect(),
        exit_code: exit.code(),
        timings: searched.timings,
        pattern_count: searched.pattern_count,
    };
    output::write(&report, &outputs, &arguments.report)?;
    if let Some(path) = &arguments.verification.graph {
        verify::write_graph(path, &report.findings)?;
    }
    Ok(exit)
}

/// Tells of lines of baselines that were not met, where all was searched that they could stand for.
fn tell_stale(searched: &Searched) {
    if !searched.settings.is_whole || searched.ledger.is_incomplete() {
        return;
    }
    for known in &searched.settings.allowing.baselines {
        let stale = known.stale().count();
        if stale > 0 {
            let text = format!(
                "{}: {stale} of {} entries are found no more; keysift baseline update --prune takes them out",
                known.file,
                known.len()
            );
            settings::note(&text);
        }
    }
}

fn machine(engine: Engine) -> Result<Machine, UsageError> {
    let machine = match engine {
        Engine::Auto => Machine::Auto,
        Engine::Avx512 => Machine::Avx512,
        Engine::Avx2 => Machine::Avx2,
        Engine::Portable => Machine::Portable,
        Engine::Oracle => Machine::Oracle,
    };
    if machine.is_available() {
        return Ok(machine);
    }
    Err(UsageError("this processor cannot run that engine: use --engine auto; nothing was scanned".into()))
}

pub(super) fn targets(arguments: &Scan) -> anyhow::Result<Vec<Target>> {
    if arguments.paths.is_empty() && arguments.files_from.is_none() {
        return Ok(vec![Target::Path(".".into())]);
    }
    if arguments.paths.iter().chain(&arguments.files_from).filter(|p| p.as_os_str() == "-").count() > 1 {
        return Err(UsageError("standard input (-) is named twice".into()).into());
    }
    let target = |path: &std::path::PathBuf| {
        if path.as_os_str() == "-" {
            return Ok(Target::Stdin);
        }
        let env = |name: &str| std::env::var(name).ok();
        match path.symlink_metadata() {
            Ok(_) => Ok(Target::Path(path.clone())),
            Err(e) => {
                if let Some(place) = path.to_str().and_then(s3::Place::parse) {
                    let wrong = |what| UsageError(format!("{what}; nothing was scanned"));
                    return Ok(Target::Bucket(place.map_err(wrong)?));
                }
                if let Some(remote) = path.to_str().and_then(|text| Remote::parse(text, &env)) {
                    // The argument may hold a password, so it is not repeated.
                    let wrong =
                        |what| UsageError(format!("an address or package: {what}; nothing was scanned"));
                    return Ok(Target::Remote(remote.map_err(wrong)?));
                }
                let path = escape(path.to_string_lossy().as_bytes());
                Err(UsageError(format!("{path}: {e}; nothing was scanned")).into())
            }
        }
    };
    let mut targets = arguments.paths.iter().map(target).collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(file) = &arguments.files_from {
        let is_stdin = file.as_os_str() == "-";
        let list = List { file: (!is_stdin).then(|| file.clone()), nul: arguments.null };
        if !is_stdin && let Err(e) = may_be_read(file) {
            return Err(UsageError(format!("--files-from {}: {e}; nothing was scanned", list.name())).into());
        }
        targets.push(Target::List(list));
    }
    Ok(targets)
}

/// Whether a list is there. A pipe is not touched: what is read of it now would be missing later.
fn may_be_read(list: &std::path::Path) -> std::io::Result<()> {
    let meta = list.metadata()?;
    if meta.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    if meta.is_file() {
        std::fs::File::open(list)?;
    }
    Ok(())
}

fn name(target: &Target) -> String {
    match target {
        Target::Stdin => "<stdin>".into(),
        Target::Remote(remote) => escape(remote.shown().as_bytes()),
        Target::Bucket(place) => escape(place.to_string().as_bytes()),
        Target::List(list) => format!("--files-from {}", list.name()),
        Target::Path(path) => escape(path.to_string_lossy().as_bytes()),
        Target::Repository(git) | Target::Range(git, _) | Target::Staged(git, _) => {
            escape(git.named.to_string_lossy().as_bytes())
        }
    }
}
