//! `keysift explain`.

use super::args::Explain;
use super::exit::{Exit, UsageError};
use crate::address::escape;
use crate::explain::{Question, explain};
use crate::scan::Options;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Says why something was or was not reported.
pub fn run(arguments: &Explain) -> anyhow::Result<Exit> {
    let (path, question) = question(arguments)?;
    let patterns = super::patterns::set(&arguments.patterns, true, &mut std::io::stderr())?;
    let name = escape(path.to_string_lossy().as_bytes());
    let answers = explain(&patterns, Options::default(), &path, &question)
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
