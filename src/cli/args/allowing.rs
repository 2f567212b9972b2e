//! What can be said of what is allowed.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is let through, and where that is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is allowed")]
pub struct AllowArguments {
    /// Settings and rules from this file [default: keysift.toml at the root of what is scanned]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,

    /// Read no keysift.toml, keysift.baseline or .gitleaksignore but those that are named
    #[arg(long)]
    pub no_config: bool,

    /// What is in this file is known and does not fail the run: a baseline of keysift, detect-secrets or
    /// kingfisher, a report of keysift or gitleaks; may be given again [default: keysift.baseline at
    /// the root]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_BASELINE", hide_env = true)]
    pub baseline: Vec<PathBuf>,

    /// Report what a comment beside it allows (keysift:allow, gitleaks:allow …) all the same
    #[arg(long)]
    pub no_inline_allow: bool,

    /// Leave out files and folders that this glob names, as in .gitignore; may be given again
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Let findings through that are less sure than this, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value_t = 0, env = "KEYSIFT_MIN_CONFIDENCE", hide_env = true,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_confidence: u8,
}

/// `keysift baseline`.
#[derive(Debug, Args)]
pub struct Baseline {
    /// What to do.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// The commands under `keysift baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Make a baseline of all that is found
    Create(BaselineArguments),
    /// Add what is new; lines that are there stay as they are
    Update(BaselineArguments),
    /// Say what is new, and what is in the baseline and found no more; exit code 1 when something is new
    Diff(BaselineArguments),
}

/// What a baseline is made of.
#[derive(Debug, Args)]
pub struct BaselineArguments {
    /// Files, folders and packages to search [default: the current folder]
    pub paths: Vec<PathBuf>,

    /// The baseline [default: keysift.baseline at the root of what is scanned]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_BASELINE", hide_env = true)]
    pub baseline: Option<PathBuf>,

    /// With `update`: remove lines of what is found no more. With `create`: replace a file that is there
    #[arg(long)]
    pub prune: bool,

    /// Settings and rules from this file [default: keysift.toml at the root of what is scanned]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,

    /// Read no keysift.toml or .gitleaksignore but those that are named
    #[arg(long)]
    pub no_config: bool,

    /// More patterns from this file (keysift TOML); may be given again
    #[arg(long, value_name = "FILE", env = "KEYSIFT_PATTERNS", hide_env = true)]
    pub patterns: Vec<PathBuf>,

    /// Leave out files and folders that this glob names, as in .gitignore; may be given again
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Search what .gitignore and .git/info/exclude leave out too
    #[arg(long)]
    pub no_ignore: bool,

    /// Leave out the history of git repositories: search files only
    #[arg(long)]
    pub no_git: bool,

    /// Enter what a comment beside it allows too
    #[arg(long)]
    pub no_inline_allow: bool,
}

/// `keysift allow`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keysift allow src/config.py:12 --reason 'made up, for the tests'\n  keysift allow v1:3fa9… --reason 'revoked in March' --expires 2027-06-30"
)]
pub struct Allow {
    /// The fingerprint of a finding, or its place as reports print it: FILE:LINE, or FILE!INNER@OFFSET
    #[arg(value_name = "FINGERPRINT|FILE:LINE")]
    pub what: String,

    /// Why it is allowed
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// Until when it is allowed
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub expires: Option<String>,

    /// Allow the value, whatever pattern finds it
    #[arg(long)]
    pub value: bool,

    /// The file to append to [default: keysift.toml at the root of the repository, or of the current
    /// folder]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,

    /// More patterns from this file (keysift TOML); may be given again
    #[arg(long, value_name = "FILE", env = "KEYSIFT_PATTERNS", hide_env = true)]
    pub patterns: Vec<PathBuf>,
}
