//! What can be said on the command line.

use crate::finding::Severity;
use crate::limits::Limits;
use crate::report::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds hardcoded secrets where they really hide: app packages, binaries, archives, source trees.
#[derive(Debug, Parser)]
#[command(name = "keysift", version, max_term_width = 100, propagate_version = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing at or above --fail-on
  1  something at or above --fail-on
  2  the command line or a configuration is wrong; nothing was scanned
  3  the scan is incomplete (unreadable, damaged, over a limit) and nothing
     at or above --fail-on was found

Start with:  keysift scan app.apk";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search files, folders, packages or standard input
    Scan(Scan),
    /// Show what keysift sees in files: containers, lenses, strings, places, what was not understood
    Inspect(Inspect),
    /// Look at the patterns that are searched for, or check your own
    Patterns(Patterns),
}

/// `keysift scan`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Scan {
    /// Files, folders and packages to search; `-` for standard input [default: the current folder]
    pub paths: Vec<PathBuf>,

    /// Least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity())]
    pub fail_on: Severity,

    /// Exit with 0 rather than 3 when something could not be read and nothing was found
    #[arg(long)]
    pub incomplete_ok: bool,

    /// More patterns from this file (keysift TOML); may be given again
    #[arg(long, value_name = "FILE", help_heading = "What to search")]
    pub patterns: Vec<PathBuf>,

    /// Search what .gitignore and .git/info/exclude leave out too
    #[arg(long, help_heading = "What to search")]
    pub no_ignore: bool,

    /// Format of the report on standard output
    #[arg(long, short, value_name = "FORMAT", value_parser = format(), help_heading = "Report")]
    pub format: Option<Format>,

    /// Write the report to this file too; its ending tells the format (.json .jsonl .sarif .txt);
    /// may be given again
    #[arg(long, short, value_name = "FILE", help_heading = "Report")]
    pub output: Vec<PathBuf>,

    /// Print secrets in full
    #[arg(long, help_heading = "Report")]
    pub reveal: bool,

    /// Print timings and throughput below the report
    #[arg(long, help_heading = "Report")]
    pub stats: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub color: Color,

    /// No progress bar
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,

    /// Worker threads [default: one a core]
    #[arg(long, short = 'j', value_name = "N", help_heading = "Limits",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Bounds against hostile input.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// `keysift inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files to look at; `-` for standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,

    /// Show the strings that hold this text, with offset, encodings and places
    #[arg(long, short, value_name = "TEXT")]
    pub grep: Option<String>,

    /// Print strings in full; otherwise all that could be a secret is masked
    #[arg(long)]
    pub reveal: bool,

    /// One JSON object a blob
    #[arg(long)]
    pub json: bool,

    /// Bounds against hostile input.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// Limits as flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArguments {
    /// Containers within containers that are opened
    #[arg(long, value_name = "N", default_value_t = Limits::default().depth,
          value_parser = clap::value_parser!(u32).range(0..=64))]
    pub max_depth: u32,

    /// Bytes that may come out of the containers of one artifact (suffixes K, M, G)
    #[arg(long, value_name = "SIZE", default_value = "32G", value_parser = size)]
    pub max_expanded: u64,

    /// Bytes that may come out of one entry
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    pub max_entry: u64,

    /// How many times larger than its compressed size an entry above 64 MiB may be
    #[arg(long, value_name = "N", default_value_t = Limits::default().ratio,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub max_ratio: u64,

    /// Entries of one container that are read
    #[arg(long, value_name = "N", default_value_t = Limits::default().entries,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub max_entries: u64,

    /// Bytes of one encoded text (base64, hex) that are decoded
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    pub max_decoded: u64,
}

impl LimitArguments {
    /// The limits they say.
    pub fn limits(&self) -> Limits {
        Limits {
            depth: self.max_depth,
            expanded_bytes: self.max_expanded,
            entry_bytes: self.max_entry,
            ratio: self.max_ratio,
            entries: self.max_entries,
            decoded_bytes: self.max_decoded,
            ..Limits::default()
        }
    }
}

/// `keysift patterns`.
#[derive(Debug, Args)]
pub struct Patterns {
    /// What to do with them.
    #[command(subcommand)]
    pub command: PatternsCommand,
}

/// The commands under `keysift patterns`.
#[derive(Debug, Subcommand)]
pub enum PatternsCommand {
    /// One line a pattern: id, severity, class, name
    List {
        /// Only ids or names that contain this
        filter: Option<String>,
        /// More patterns from this file
        #[arg(long, value_name = "FILE")]
        patterns: Vec<PathBuf>,
    },
    /// All about one pattern: what it opens, how to revoke it, where its format is documented
    Show {
        /// Its id, as `keysift patterns list` prints it
        id: String,
        /// More patterns from this file
        #[arg(long, value_name = "FILE")]
        patterns: Vec<PathBuf>,
    },
    /// Check pattern files: schema, expressions, examples and counter-examples
    Check {
        /// The files [default: the built-in patterns]
        files: Vec<PathBuf>,
    },
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Severity::ALL.map(Severity::name))
        .try_map(|s| s.parse::<Severity>())
}

fn format() -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|s| s.parse::<Format>())
}

/// A number of bytes: `1500`, `64K`, `1.5G` (powers of 1024).
fn size(text: &str) -> Result<u64, String> {
    let error = || format!("{text:?} is no size: use a number of bytes, or one with K, M, G or T");
    let (number, factor) = match text.trim_end_matches(['B', 'b']).trim_end_matches('i') {
        t if t.ends_with(['K', 'k']) => (&t[..t.len() - 1], 1u64 << 10),
        t if t.ends_with(['M', 'm']) => (&t[..t.len() - 1], 1 << 20),
        t if t.ends_with(['G', 'g']) => (&t[..t.len() - 1], 1 << 30),
        t if t.ends_with(['T', 't']) => (&t[..t.len() - 1], 1 << 40),
        t => (t, 1),
    };
    if let Ok(n) = number.parse::<u64>() {
        return n.checked_mul(factor).ok_or_else(error);
    }
    let n: f64 = number.parse().map_err(|_| error())?;
    if n.is_finite() && n >= 0.0 && n * (factor as f64) < 1e18 {
        Ok((n * factor as f64) as u64)
    } else {
        Err(error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_its_defaults_are_the_limits() {
        Arguments::command().debug_assert();
        let Command::Scan(scan) = Arguments::try_parse_from(["keysift", "scan"]).unwrap().command else {
            panic!()
        };
        assert_eq!(scan.limits.limits(), Limits::default());
    }

    #[test]
    fn sizes() {
        let read = ["0", "1500", "64K", "1.5k", "2GiB", "3mb"].map(|s| size(s).unwrap());
        assert_eq!(read, [0, 1500, 65536, 1536, 2 << 30, 3 << 20]);
        for wrong in ["", "x", "-1", "1e300G", "99999999999T", "NaN"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
