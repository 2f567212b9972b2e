//! Reports: findings and ledger as a screen or a file. A new format is one file here, one
//! variant of [`Format`] and one line in [`Format::reporter`].

use crate::finding::Finding;
use crate::ledger::Ledger;
use std::io;
use std::time::Duration;

/// All that a report tells.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Sorted: worst first is the reporter's affair; here by address, then offset.
    pub findings: Vec<Finding>,
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
    /// Writes the whole report.
    fn write(&self, report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()>;
}
