//! `keysift allow`: appends a rule for one finding to `keysift.toml`.

use super::args::Allow;
use super::exit::{Exit, UsageError};
use super::settings;
use crate::address::escape;
use crate::allow::config::{self, Config};
use crate::allow::known::decisive;
use crate::allow::seal::{Salt, Seal, new_salt};
use crate::finding::Finding;
use crate::scan::{Options, Progress, Scanner, Target};
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Allows one finding.
pub fn run(arguments: &Allow) -> anyhow::Result<Exit> {
    if arguments.reason.trim().is_empty() {
        return Err(UsageError("--reason says nothing; nothing was done".into()).into());
    }
    let (file, found) = if arguments.what.starts_with("v1:") {
        if arguments.value {
            return Err(UsageError(
                "--value needs a place (FILE:LINE): a fingerprint is of one kind; nothing was done".into(),
            )
            .into());
        }
        (None, Vec::new())
    } else {
        let (file, found) = at_place(arguments)?;
        (Some(file), found)
    };
    let path = config_path(arguments, file.as_deref())?;
    let shown = settings::shown(&path);
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(UsageError(format!("{shown}: {e}; nothing was done")).into()),
    };
    // What is wrong already is said before more is added.
    let today = settings::today();
    Config::read(&shown, &old, &today).map_err(|e| UsageError(format!("{e}; nothing was done")))?;

    if let Some(expires) = &arguments.expires {
        config::date(&toml::Value::String(expires.clone()))
            .map_err(|e| UsageError(format!("--{e}; nothing was done")))?;
    }
    let salt = salt_of(&old);
    let (reason, expires) = (arguments.reason.trim(), arguments.expires.as_deref());
    let mut added = String::new();
    if found.is_empty() {
        let print = &arguments.what;
        added.push_str(&config::written(
            "fingerprint",
            &Seal::of_print(print, salt),
            reason,
            expires,
            "by its fingerprint",
        ));
    }
    for finding in &found {
        let about = about(finding);
        let (key, seal) = match decisive(finding).filter(|_| arguments.value) {
            Some(value) => ("hash", Seal::of_value(value, salt)),
            None => ("fingerprint", Seal::of(finding, salt)),
        };
        let rule = config::written(key, &seal, reason, expires, &about);
        if !old.contains(&seal.to_string()) && !added.contains(&seal.to_string()) {
            added.push_str(&format!("{}{rule}", if added.is_empty() { "" } else { "\n" }));
        }
    }
    if added.is_empty() {
        writeln!(anstream::stdout(), "{shown} allows this already")?;
        return Ok(Exit::Clean);
    }
    let gap = match old.as_str() {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let new = format!("{old}{gap}{added}");
    // An entry that cannot be read back would stop every later scan.
    Config::read(&shown, &new, &today).map_err(|e| UsageError(format!("{e}; nothing was done")))?;
    super::output::replace(&path, new.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    write!(anstream::stdout(), "appended to {shown}:\n{added}")?;
    Ok(Exit::Clean)
}

/// What a person sees of it beside the rule: no value.
fn about(finding: &Finding) -> String {
    let site = finding.sites.first().map(|site| match site.line {
        Some(line) => format!(", {}:{line}", site.address),
        None => format!(", {}@{}", site.address, site.offset),
    });
    let about = format!("{}{}", finding.pattern, site.unwrap_or_default());
    about.chars().filter(|c| !c.is_control()).take(160).collect()
}

/// Searches the file of a place, and gives what was found there.
fn at_place(arguments: &Allow) -> anyhow::Result<(PathBuf, Vec<Finding>)> {
    let what = escape(arguments.what.as_bytes());
    let parts = arguments.what.rsplit_once([':', '@']);
    let Some((address, number)) = parts.and_then(|(address, n)| Some((address, n.parse::<u64>().ok()?)))
    else {
        let text = format!(
            "{what}: give a fingerprint, or a place as FILE:LINE or FILE!INNER@OFFSET; nothing was done"
        );
        return Err(UsageError(text).into());
    };
    let file = PathBuf::from(address.split('!').next().unwrap_or(address));
    if !file.is_file() {
        return Err(UsageError(format!(
            "{}: no such file; nothing was done",
            escape(file.to_string_lossy().as_bytes())
        ))
        .into());
    }
    let patterns = super::patterns::set(&arguments.patterns, true, &mut std::io::stderr())?;
    let scanner = Scanner::new(&patterns, Options::default()).context("cannot start worker threads")?;
    let outcome = scanner.scan(&[Target::Path(file.clone())], &Progress::default());
    let is_there = |f: &Finding| {
        f.sites.iter().any(|site| {
            let own = site.address.to_string();
            let is_inside =
                own.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with('!'));
            is_inside
                && (site.line.map(u64::from) == Some(number) || site.line.is_none() && site.offset == number)
        })
    };
    let found: Vec<Finding> = outcome.findings.into_iter().filter(is_there).collect();
    if found.is_empty() {
        return Err(UsageError(format!("{what}: nothing is found there; nothing was done")).into());
    }
    Ok((file, found))
}

fn config_path(arguments: &Allow, file: Option<&Path>) -> Result<PathBuf, UsageError> {
    if let Some(path) = &arguments.config {
        return Ok(path.clone());
    }
    let here = Path::new(".");
    let of_file = file.and_then(settings::root_around);
    let root = of_file.or_else(|| settings::root_around(here));
    root.map(|root| root.join(config::NAME)).ok_or_else(|| {
        UsageError("there is no root to keep keysift.toml at: name it with --config; nothing was done".into())
    })
}

/// The salt of a seal that is there, so that a scan computes one for all.
fn salt_of(text: &str) -> Salt {
    text.split('"').find_map(|part| part.parse::<Seal>().ok()).map_or_else(new_salt, |seal| seal.salt())
}
