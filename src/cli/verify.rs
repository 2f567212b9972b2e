//! `keysift verify`, and what `keysift scan --verify` shares with it.

use super::args::{ReportArguments, Verify, VerifyArguments};
use super::exit::{Exit, UsageError};
use super::output;
use crate::address::escape;
use crate::finding::{Finding, Severity};
use crate::ledger::Ledger;
use crate::report::{Format, Report, graph, read};
use crate::source::read as files;
use crate::verify::{self, Mode, Options};
use anyhow::Context;
use serde_json::json;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Verifies what a report holds and reports on it anew.
pub fn run(arguments: &Verify) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let outputs = output::plan(&arguments.output)?;
    let options = options(arguments.mode, &arguments.verification, false)?;
    let mut report = input(arguments)?;
    let read = start.elapsed();
    if arguments.verification.plan {
        print_plan(&report.findings, &options, arguments.output.format)?;
        return Ok(exit(&report.findings, &report.ledger, &arguments.output));
    }
    run_on(&mut report.findings, &options)?;
    let exit = exit(&report.findings, &report.ledger, &arguments.output);
    report.exit_code = exit.code();
    report.timings = vec![("load", read), ("verify", start.elapsed() - read), ("total", start.elapsed())];
    output::write(&report, &outputs, &arguments.output)?;
    if let Some(path) = &arguments.verification.graph {
        write_graph(path, &report.findings)?;
    }
    Ok(exit)
}

fn input(arguments: &Verify) -> anyhow::Result<Report> {
    if !arguments.key_id.is_empty() {
        let findings = arguments.key_id.iter().map(|id| read::key_id(id)).collect::<Result<_, _>>();
        return Ok(Report { findings: findings.map_err(UsageError)?, ..Report::default() });
    }
    let Some(path) = &arguments.report else {
        return Err(UsageError("name a report, - for standard input, or --key-id".into()).into());
    };
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin { "<stdin>".into() } else { escape(path.to_string_lossy().as_bytes()) };
    let mut buffer = Vec::new();
    let bytes = if is_stdin {
        files::spool(&mut io::stdin().lock(), &mut buffer)
    } else {
        files::file(path, &mut buffer)
    };
    let bytes = bytes.map_err(|e| UsageError(format!("{name}: {e}")))?;
    let report = read::report(bytes.as_slice()).map_err(|e| UsageError(format!("{name}: {e}")))?;
    let redacted = report.findings.iter().filter(|f| read::is_redacted(f)).count();
    // With --principal, a snapshot needs nothing of the key itself.
    let needs_values = arguments.mode != Mode::Snapshot || arguments.verification.principal.is_none();
    if redacted > 0 && needs_values {
        return Err(UsageError(format!(
            "{name}: {redacted} findings are redacted and cannot be verified; make the report with --reveal, \
             or verify while scanning: keysift scan … --verify {}",
            arguments.mode.name()
        ))
        .into());
    }
    Ok(report)
}

/// The settings that the arguments make; some of them may be there for a bucket that is searched.
pub fn options(mode: Mode, arguments: &VerifyArguments, has_bucket: bool) -> anyhow::Result<Options> {
    let file = |path: &Path| {
        std::fs::read(path)
            .map_err(|e| UsageError(format!("{}: {e}", escape(path.to_string_lossy().as_bytes()))))
    };
    let mut options = Options::new(mode);
    options.profile = arguments.profile.clone();
    options.endpoint_url = arguments.endpoint_url.clone();
    options.region = arguments.region.clone();
    options.snapshot = arguments.iam_snapshot.as_deref().map(file).transpose()?;
    options.organisation = arguments.org_policies.as_deref().map(file).transpose()?;
    options.principal = arguments.principal.clone();
    options.max_candidates = arguments.max_candidates.into();
    options.identity_only = arguments.identity_only;
    options.verify_canaries = arguments.verify_canaries;
    options.canary_accounts = arguments.canary_account.clone();
    options.owner_tags = arguments.owner_tag.clone();
    options.provider_endpoints = arguments.provider_endpoint.iter().cloned().collect();
    options.http.timeout = Duration::from_secs(arguments.verify_timeout);
    if let Some(path) = environment("AWS_CA_BUNDLE").filter(|p| !p.is_empty()) {
        options.http.ca_bundle =
            Some(file(Path::new(&path)).map_err(|e| UsageError(format!("AWS_CA_BUNDLE: {e}")))?);
    }
    if mode == Mode::Snapshot && options.snapshot.is_none() {
        return Err(UsageError("mode snapshot needs --iam-snapshot FILE".into()).into());
    }
    if mode != Mode::Responder && options.profile.is_some() && !has_bucket {
        return Err(UsageError("--profile is for mode responder and s3://".into()).into());
    }
    verify::check(&options, &environment).map_err(UsageError)?;
    if let Some(path) = &arguments.graph {
        graph::Kind::of_path(path).map_err(UsageError)?;
    }
    Ok(options)
}

/// Settings for verifying say nothing without `--verify`: most likely it was forgotten.
pub fn refuse_alone(arguments: &VerifyArguments, has_bucket: bool) -> Result<(), UsageError> {
    let given = [
        (arguments.plan, "--plan"),
        (arguments.profile.is_some() && !has_bucket, "--profile"),
        (arguments.iam_snapshot.is_some(), "--iam-snapshot"),
        (arguments.endpoint_url.is_some() && !has_bucket, "--endpoint-url"),
        (arguments.graph.is_some(), "--graph"),
        (arguments.identity_only, "--identity-only"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(UsageError(format!("{flag} needs --verify key, responder or snapshot"))),
        None => Ok(()),
    }
}

/// Verifies `findings`.
pub fn run_on(findings: &mut [Finding], options: &Options) -> Result<(), UsageError> {
    verify::verify(findings, options, &environment).map_err(UsageError)
}

/// Prints the calls that would be made.
pub fn print_plan(findings: &[Finding], options: &Options, format: Option<Format>) -> anyhow::Result<()> {
    let plan = verify::planned(findings, options, &environment).map_err(UsageError)?;
    let mut out = io::stdout().lock();
    if matches!(format, Some(Format::Json | Format::Jsonl)) {
        let calls: Vec<_> = plan
            .iter()
            .map(|p| {
                json!({"type": "planned", "host": p.host, "action": p.action, "credential": p.speaker.name(),
                       "least": p.least, "most": p.most})
            })
            .collect();
        if format == Some(Format::Json) {
            writeln!(out, "{}", serde_json::Value::from(calls))?;
        } else {
            calls.iter().try_for_each(|call| writeln!(out, "{call}"))?;
        }
        return Ok(());
    }
    if plan.is_empty() {
        writeln!(out, "Nothing would be called.")?;
        return Ok(());
    }
    writeln!(out, "Nothing was called. Verifying would call:")?;
    let width = plan.iter().map(|p| p.host.len()).max().unwrap_or(0);
    for p in plan {
        let count = match p.most {
            Some(most) if most == p.least => format!("{most} ×"),
            Some(most) => format!("{} to {most} ×", p.least),
            None => "as needed".into(),
        };
        writeln!(out, " {:width$}  {count:10} with {:<11} {}", p.host, p.speaker.name(), p.action)?;
    }
    Ok(())
}

/// What the exit code says: of findings first, then of what could not be read.
pub fn exit(findings: &[Finding], ledger: &Ledger, arguments: &ReportArguments) -> Exit {
    let worst: Option<Severity> = findings.iter().map(|f| f.severity).max();
    if worst.is_some_and(|worst| worst >= arguments.fail_on) {
        Exit::Found
    } else if ledger.is_incomplete() && !arguments.incomplete_ok {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// Draws what verified keys reach.
pub fn write_graph(path: &Path, findings: &[Finding]) -> anyhow::Result<()> {
    let kind = graph::Kind::of_path(path).map_err(UsageError)?;
    let drawn = graph::draw(findings, kind);
    std::fs::write(path, drawn)
        .with_context(|| format!("cannot write the graph to {}", escape(path.to_string_lossy().as_bytes())))
}

/// The environment that verification looks at.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
