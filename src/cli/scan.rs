//! `keysift scan`.

use super::args::{Engine, Scan, SearchArguments};
use super::exit::{Exit, UsageError};
use super::{output, patterns, progress, verify};
use crate::address::escape;
use crate::engine::prefilter::Machine;
use crate::report::Report;
use crate::scan::{History, Options, Progress, Scanner, Target};
use anyhow::Context;
use std::time::Instant;

/// Scans what the arguments name and reports on it.
pub fn run(arguments: &Scan) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let targets = targets(arguments)?;
    let history = History { off: arguments.no_git, ..history(&arguments.search) };
    search(&targets, !arguments.no_ignore, history, &arguments.search, start)
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

/// Scans targets and reports on them.
pub fn search(
    targets: &[Target],
    honour_ignore: bool,
    history: History,
    arguments: &SearchArguments,
    start: Instant,
) -> anyhow::Result<Exit> {
    let outputs = output::plan(&arguments.report)?;
    // What is wrong with the settings is said before an hour of scanning.
    let verification = match arguments.verify {
        Some(mode) => Some(verify::options(mode, &arguments.verification)?),
        None => verify::refuse_alone(&arguments.verification).map(|()| None)?,
    };
    let patterns = patterns::set(&arguments.patterns, !arguments.no_builtin, &mut std::io::stderr())?;
    let options = Options {
        limits: arguments.limits.limits(),
        honour_ignore,
        threads: arguments.threads.map_or(0, usize::from),
        machine: machine(arguments.engine)?,
        history,
    };
    let scanner = Scanner::new(&patterns, options).context("cannot start worker threads")?;
    let loaded = start.elapsed();

    let progress = Progress::default();
    let mut outcome = progress::shown(&progress, arguments.quiet, || scanner.scan(targets, &progress));
    let scanned = start.elapsed();
    let mut timings = vec![("load", loaded), ("scan", scanned - loaded)];
    if let Some(options) = &verification {
        if arguments.verification.plan {
            verify::print_plan(&outcome.findings, options, arguments.report.format)?;
            return Ok(verify::exit(&outcome.findings, &outcome.ledger, &arguments.report));
        }
        verify::run_on(&mut outcome.findings, options)?;
        timings.push(("verify", start.elapsed() - scanned));
    }
    timings.push(("total", start.elapsed()));

    let exit = verify::exit(&outcome.findings, &outcome.ledger, &arguments.report);
    let report = Report {
        findings: outcome.findings,
        ledger: outcome.ledger,
        artifacts: targets.iter().map(name).collect(),
        exit_code: exit.code(),
        timings,
        pattern_count: patterns.len(),
    };
    output::write(&report, &outputs, &arguments.report)?;
    if let Some(path) = &arguments.verification.graph {
        verify::write_graph(path, &report.findings)?;
    }
    Ok(exit)
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

fn targets(arguments: &Scan) -> anyhow::Result<Vec<Target>> {
    if arguments.paths.is_empty() {
        return Ok(vec![Target::Path(".".into())]);
    }
    if arguments.paths.iter().filter(|p| p.as_os_str() == "-").count() > 1 {
        return Err(UsageError("standard input (-) is named twice".into()).into());
    }
    let target = |path: &std::path::PathBuf| {
        if path.as_os_str() == "-" {
            return Ok(Target::Stdin);
        }
        match path.symlink_metadata() {
            Ok(_) => Ok(Target::Path(path.clone())),
            Err(e) => {
                let path = escape(path.to_string_lossy().as_bytes());
                Err(UsageError(format!("{path}: {e}; nothing was scanned")).into())
            }
        }
    };
    arguments.paths.iter().map(target).collect()
}

fn name(target: &Target) -> String {
    match target {
        Target::Stdin => "<stdin>".into(),
        Target::Path(path) => escape(path.to_string_lossy().as_bytes()),
        Target::Repository(git) | Target::Range(git, _) | Target::Staged(git, _) => {
            escape(git.named.to_string_lossy().as_bytes())
        }
    }
}
