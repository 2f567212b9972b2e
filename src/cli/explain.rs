//! `keysift explain`.

use super::args::Explain;
use super::exit::{Exit, UsageError};
use super::settings::{self, Given};
use crate::address::escape;
use crate::explain::{Question, explain};
use crate::scan::{Options, Target};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Says why something was or was not reported.
pub fn run(arguments: &Explain, given: &Given<'_>) -> anyhow::Result<Exit> {
    let (path, question) = question(arguments)?;
    let mut scan = settings::default_scan()?;
    scan.search.patterns = arguments.patterns.clone();
    // A file in no repository is judged as a scan of the current folder would.
    let is_alone = path.is_relative() && settings::root_around(&path).is_none();
    let targets = [Target::Path(if is_alone { ".".into() } else { path.clone() })];
    // Without a baseline: that a finding was known before does not explain it.
    let settings = settings::load(&targets, &mut scan.search, given, false)?;
    let patterns = super::patterns::set(&scan.search.patterns, true, &mut std::io::stderr())?;
    let name = escape(path.to_string_lossy().as_bytes());
    let options = Options { keep: settings.allowing.keep(), ..Options::default() };
    let answers = explain(&patterns, options, &settings.allowing, &path, &question)
        .map_err(|e| UsageError(format!("{name}: {e}")))?;
    let mut out = BufWriter::new(anstream::stdout().lock());
    if answers.is_empty() {
        let why = match question {
            Question::Place { .. } => {
                "nothing there looks like a secret: no pattern matches, and no name that says secret is given a value"
            }
            Question::Fingerprint(_) => "no finding with this fingerprint is in the file",
        };
        writeln!(out, "{}: {why}", escape(arguments.what.as_bytes()))?;
    }
    for answer in &answers {
        writeln!(out, "{}  {}", answer.place, answer.what)?;
        for step in &answer.steps {
            writeln!(out, "  {step}")?;
        }
    }
    out.flush()?;
    Ok(if answers.iter().any(|a| a.reported) { Exit::Found } else { Exit::Clean })
}

fn question(arguments: &Explain) -> Result<(PathBuf, Question), UsageError> {
    if let Some(file) = &arguments.file {
        return Ok((file.clone(), Question::Fingerprint(arguments.what.clone())));
    }
    if arguments.what.starts_with("v1:") {
        return Err(UsageError("a fingerprint needs --in FILE: the file to look in".into()));
    }
    let parts = arguments.what.rsplit_once([':', '@']);
    let Some((address, number)) = parts.and_then(|(address, n)| Some((address, n.parse().ok()?))) else {
        let what = escape(arguments.what.as_bytes());
        return Err(UsageError(format!(
            "{what}: give a place as FILE:LINE or FILE!INNER:OFFSET, or a fingerprint with --in FILE"
        )));
    };
    let file = address.split('!').next().unwrap_or(address);
    Ok((PathBuf::from(file), Question::Place { address: address.to_owned(), number }))
}
