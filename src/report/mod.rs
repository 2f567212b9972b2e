//! Reports: findings and ledger as a screen or a file. A new format is one file here, one
//! variant of [`Format`] and one line in [`Format::reporter`].

use crate::allow::Allowed;
use crate::finding::Finding;
use crate::ledger::Ledger;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

mod common;
#[cfg(test)]
mod fixture;
pub mod graph;
mod html;
mod json;
mod markup;
pub mod read;
mod sarif;
#[cfg(test)]
mod tests;
mod tty;
mod verification;
mod words;

/// All that a report tells.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Sorted: worst first is the reporter's affair; here by address, then offset.
    pub findings: Vec<Finding>,
    /// What was found and let through, in the same order.
    pub allowed: Vec<Allowed>,
    /// What was searched and what was not.
    pub ledger: Ledger,
    /// What the user named, as typed.
    pub artifacts: Vec<String>,
    /// The exit code this run ends with.
    pub exit_code: u8,
    /// Wall-clock time by step; the one part of a report that differs from run to run.
    pub timings: Vec<(&'static str, Duration)>,
    /// Patterns in use.
    pub pattern_count: usize,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Write secrets in full.
    pub reveal: bool,
    /// Write ANSI colours (terminal report only).
    pub color: bool,
    /// Columns of the terminal, 0 when unknown.
    pub width: usize,
    /// Print timings and counts (terminal report only).
    pub stats: bool,
}

/// Writes reports of one format.
pub trait Reporter {
    /// Writes the whole report, finding by finding: nothing grows with the number of findings but
    /// a table of references. An error of `out` comes back as it is, so that the caller can tell a
    /// closed pipe from a full disk.
    fn write(&self, report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()>;

    /// What the format cannot hold, in words for stderr; `None` when the report holds everything.
    fn omits(&self, _report: &Report) -> Option<String> {
        None
    }
}

/// The formats a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal, or reading a build log.
    Tty,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// One HTML file for people, that needs nothing beside it.
    Html,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 5] = [Format::Tty, Format::Json, Format::Jsonl, Format::Sarif, Format::Html];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Tty => "text",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Html => "html",
        }
    }

    /// The format that the extension of `path` asks for: `.json`, `.jsonl` or `.ndjson`, `.sarif`,
    /// `.html` or `.htm`, `.txt`, in upper or lower case.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" => Some(Format::Tty),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "sarif" => Some(Format::Sarif),
            "html" | "htm" => Some(Format::Html),
            _ => None,
        }
    }

    /// What writes this format.
    pub fn reporter(self) -> &'static dyn Reporter {
        match self {
            Format::Tty => &tty::Tty,
            Format::Json => &json::Json,
            Format::Jsonl => &json::Jsonl,
            Format::Sarif => &sarif::Sarif,
            Format::Html => &html::Html,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        if let Some(format) = Format::ALL.into_iter().find(|f| f.name() == s) {
            return Ok(format);
        }
        let wanted = s.to_lowercase();
        let nearest = Format::ALL
            .into_iter()
            .map(|f| (common::edits(f.name(), &wanted), f))
            .min_by_key(|(edits, _)| *edits)
            .filter(|(edits, _)| *edits <= 2)
            .map_or_else(String::new, |(_, f)| format!(" (did you mean {f}?)"));
        Err(format!("unknown format {s:?}{nearest}: use text, json, jsonl, sarif or html"))
    }
}
