//! What can be said on the command line.

mod allowing;

use crate::finding::Severity;
use crate::limits::Limits;
use crate::report::Format;
use crate::source::remote::fetch::Bounds;
use crate::source::remote::s3;
use crate::verify::Mode;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub use allowing::{Allow, AllowArguments, Baseline, BaselineArguments, BaselineCommand};

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
    /// Search the history of a git repository, a range of it, or what is staged
    Git(Git),
    /// Install or remove git hooks that run keysift
    Hook(Hook),
    /// Say of findings whether they are live, whose they are, what they can do, and what to do now
    Verify(Verify),
    /// Deactivate an AWS access key with your own credentials
    Revoke(Revoke),
    /// Enter what is found into a baseline, so that only what is new fails a run
    Baseline(Baseline),
    /// Allow one finding: append a rule with its reason to keysift.toml
    Allow(Allow),
    /// Say why something was reported, or why not: each test that it passed or failed
    Explain(Explain),
    /// Show what keysift sees in files: containers, lenses, strings, places, what was not understood
    Inspect(Inspect),
    /// Look at the patterns that are searched for, or check your own
    Patterns(Patterns),
}

/// `keysift explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keysift explain src/config.py:12\n  keysift explain 'app.apk!classes.dex:9089'\n  keysift explain v1:3fa9… --in src/config.py"
)]
pub struct Explain {
    /// A place as reports print it, with the line or, in binary files, the offset behind a colon; or
    /// the fingerprint of a finding
    #[arg(value_name = "ADDRESS|FINGERPRINT")]
    pub what: String,

    /// The file in which to look for a fingerprint
    #[arg(long = "in", value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// More patterns from this file or folder, as for `keysift scan`; may be given again
    #[arg(long, value_name = "FILE|DIR")]
    pub patterns: Vec<PathBuf>,
}

/// `keysift scan`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Scan {
    /// Files, folders and packages to search; `-` for standard input; http(s):// for a file of the web;
    /// npm:NAME[@VERSION], pypi:NAME[==VERSION], crates:NAME[@VERSION] or maven:GROUP:NAME[:VERSION] for a
    /// release of a package; s3://BUCKET[/PREFIX] for objects of a bucket. What exists as a path is one
    /// [default: the current folder]
    pub paths: Vec<PathBuf>,

    /// Search the files and folders that this list names too, one a line, as if they were named here;
    /// `-` for standard input
    #[arg(long, value_name = "LIST", help_heading = "What to search")]
    pub files_from: Option<PathBuf>,

    /// In the list, a NUL stands behind each name, as `find -print0` and `git ls-files -z` write it
    #[arg(long, short = '0', requires = "files_from", help_heading = "What to search")]
    pub null: bool,

    /// Search what .gitignore and .git/info/exclude leave out too
    #[arg(long, help_heading = "What to search")]
    pub no_ignore: bool,

    /// Leave out the history of git repositories: search files only
    #[arg(long, help_heading = "What to search")]
    pub no_git: bool,

    /// Keep a journal in this file; when it is there already, go on where that run was broken off
    #[arg(long, value_name = "FILE", help_heading = "What to search")]
    pub resume: Option<PathBuf>,

    /// Read public buckets (s3://) without credentials
    #[arg(long, help_heading = "What to search")]
    pub no_sign_request: bool,

    /// How to search.
    #[command(flatten)]
    pub search: SearchArguments,

    /// Bytes of one file that is fetched (suffixes K, M, G)
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size, help_heading = "Limits")]
    pub max_download: u64,

    /// Seconds that fetching one file may take
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, help_heading = "Limits",
          value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub download_timeout: u64,
}

/// `keysift git`.
#[derive(Debug, Args)]
#[command(after_help = GIT_HELP)]
pub struct Git {
    /// A repository, bare or not, damaged or not, or a bundle; and, to search only what a range of
    /// commits brought, A..B. With --staged, files: their staged content [default: the repository of
    /// the current folder]
    #[arg(value_name = "REPO|A..B|FILE")]
    pub named: Vec<PathBuf>,

    /// Search what is staged for the next commit, read from the index
    #[arg(long, help_heading = "What to search", conflicts_with_all = ["since", "branch", "all"])]
    pub staged: bool,

    /// Search what came after this commit, up to HEAD or to --branch; may be given again
    #[arg(long, value_name = "REV", help_heading = "What to search")]
    pub since: Vec<String>,

    /// Search what can be reached from this branch, tag or commit only; may be given again
    #[arg(long, value_name = "NAME", help_heading = "What to search")]
    pub branch: Vec<String>,

    /// Search every object, whatever refers to it: all branches, tags, notes, stashes, and what no
    /// name leads to any more [default]
    #[arg(long, help_heading = "What to search", conflicts_with_all = ["since", "branch"])]
    pub all: bool,

    /// How to search.
    #[command(flatten)]
    pub search: SearchArguments,
}

const GIT_HELP: &str = "\
Examples:
  keysift git                        every object of the repository you are in
  keysift git --since origin/main    what your branch brings
  keysift git v1.0..v2.0             what came between two releases
  keysift git --staged               what the next commit brings
  keysift git backup.bundle

Exit codes: 0 nothing found, 1 found, 2 wrong use, 3 incomplete; nothing read is 3.";

/// `keysift hook`.
#[derive(Debug, Args)]
pub struct Hook {
    /// What to do.
    #[command(subcommand)]
    pub command: HookCommand,
}

/// The commands under `keysift hook`.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Have git run keysift before each commit or push of this repository
    Install(HookArguments),
    /// Take keysift out of git's hooks again; what else they do stays
    Uninstall(HookArguments),
}

/// Which hooks.
#[derive(Debug, Args)]
pub struct HookArguments {
    /// A work tree or git folder
    #[arg(default_value = ".")]
    pub repository: PathBuf,

    /// Before each commit: what is staged [default]
    #[arg(long)]
    pub pre_commit: bool,

    /// Before each push: the commits that the other side lacks
    #[arg(long)]
    pub pre_push: bool,

    /// A hook that is there already is kept beside, and run after keysift
    #[arg(long)]
    pub force: bool,
}

/// How to search: the same for `scan` and `git`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// More patterns from this file, or from all in this folder: keysift TOML, or rules for gitleaks,
    /// betterleaks, noseyparker, kingfisher or trufflehog (docs/patterns-import.md); may be given again
    #[arg(
        long,
        value_name = "FILE|DIR",
        help_heading = "What to search",
        env = "KEYSIFT_PATTERNS",
        hide_env = true
    )]
    pub patterns: Vec<PathBuf>,

    /// Search for the patterns of --patterns only, not for the built-in ones
    #[arg(long, help_heading = "What to search")]
    pub no_builtin: bool,

    /// Look for streams, archives and databases anywhere in data, in free space of disks too: for
    /// firmware, images of memory and disks. Takes longer
    #[arg(long, help_heading = "What to search")]
    pub carve: bool,
    /// What is allowed, and settings.
    #[command(flatten)]
    pub allow: AllowArguments,

    /// Tell names and addresses of the authors of commits
    #[arg(long, help_heading = "Report")]
    pub authors: bool,

    /// Tell every version of a file in the history that a finding stands in, not only the last
    #[arg(long, help_heading = "Report")]
    pub every_version: bool,

    /// Ask the providers whether what was found is live, and what it can do. `key`: the credential
    /// itself is used; `responder`: your own AWS credentials look the key id up, the found secret is
    /// not used; `snapshot`: no network, --iam-snapshot tells. Without it, nothing that was found is
    /// sent anywhere
    #[arg(long, value_name = "MODE", value_parser = mode(), help_heading = "Verification")]
    pub verify: Option<Mode>,

    /// How to verify.
    #[command(flatten)]
    pub verification: VerifyArguments,

    /// What is told, and where.
    #[command(flatten)]
    pub report: ReportArguments,

    /// No progress bar
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,

    /// Worker threads [default: one a core]
    #[arg(long, short = 'j', value_name = "N", help_heading = "Limits",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// What the prefilter runs on, for tests and measurements; see docs/engine.md
    #[arg(long, value_name = "WHICH", value_enum, default_value = "auto", hide = true)]
    pub engine: Engine,

    /// Search each object of a history as a whole, for tests and measurements; see docs/git.md
    #[arg(long, hide = true)]
    pub brute_force: bool,

    /// Bounds against hostile input.
    #[command(flatten)]
    pub limits: LimitArguments,

    /// The journal of a sweep, out of the arguments of `scan`.
    #[arg(skip)]
    pub resume: Option<PathBuf>,

    /// Bounds on what is fetched, out of the arguments of `scan`.
    #[arg(skip)]
    pub fetch: Bounds,

    /// How buckets are read, where one is named.
    #[arg(skip)]
    pub s3: Option<s3::Settings>,
}

/// What is told, where, and what the exit code says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArguments {
    /// Least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity(),
          env = "KEYSIFT_FAIL_ON", hide_env = true)]
    pub fail_on: Severity,

    /// Exit with 0 rather than 3 when something could not be read and nothing was found
    #[arg(long)]
    pub incomplete_ok: bool,

    /// Format of the report on standard output
    #[arg(long, short, value_name = "FORMAT", value_parser = format())]
    pub format: Option<Format>,

    /// Write the report to this file too; its ending tells the format (.json .jsonl .sarif .html
    /// .txt); may be given again
    #[arg(long, short, value_name = "FILE")]
    pub output: Vec<PathBuf>,

    /// Print secrets in full
    #[arg(long)]
    pub reveal: bool,

    /// Print timings and throughput below the report
    #[arg(long)]
    pub stats: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// `keysift verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without a mode that uses it, nothing is sent anywhere; --plan shows every call beforehand.
The report must hold the values: keysift scan … --reveal --format jsonl | keysift verify MODE -")]
pub struct Verify {
    /// Who asks: `key`, the credential itself; `responder`, your own AWS credentials, with the key
    /// id alone; `snapshot`, a file, without network
    #[arg(value_parser = mode())]
    pub mode: Mode,

    /// A report of `keysift scan --reveal` in JSON or JSON lines; `-` for standard input
    pub report: Option<PathBuf>,

    /// An AWS access key id to look up, instead of a report; may be given again
    #[arg(long, value_name = "ID", conflicts_with = "report")]
    pub key_id: Vec<String>,

    /// How to verify.
    #[command(flatten)]
    pub verification: VerifyArguments,

    /// What is told, and where.
    #[command(flatten)]
    pub output: ReportArguments,
}

/// How to verify: the same for `scan --verify` and `verify`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verification")]
pub struct VerifyArguments {
    /// Print every host, call and count, and call nothing
    #[arg(long)]
    pub plan: bool,

    /// Profile of your own AWS credentials, for mode `responder` and for s3:// [default: the standard
    /// chain]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Take rights from this file (JSON of GetAccountAuthorizationDetails) instead of reading IAM
    #[arg(long, value_name = "FILE")]
    pub iam_snapshot: Option<PathBuf>,

    /// Service control policies for --iam-snapshot: JSON, a list of levels from the root down, each
    /// a list of policies
    #[arg(long, value_name = "FILE", requires = "iam_snapshot")]
    pub org_policies: Option<PathBuf>,

    /// Whose the keys are, where --iam-snapshot does not list them: ARN or name of a user
    #[arg(long, value_name = "PRINCIPAL", requires = "iam_snapshot")]
    pub principal: Option<String>,

    /// Ask only whether a key is live and whose it is, not what it may do
    #[arg(long)]
    pub identity_only: bool,

    /// Secrets that are tried for one key id, where several may belong to it
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub max_candidates: u16,

    /// Use keys of known canary services too: it alarms whoever planted them
    #[arg(long)]
    pub verify_canaries: bool,

    /// An account whose keys are canaries too; may be given again
    #[arg(long, value_name = "ACCOUNT")]
    pub canary_account: Vec<String>,

    /// A tag that names the owner, before the usual ones; may be given again
    #[arg(long, value_name = "TAG")]
    pub owner_tag: Vec<String>,

    /// AWS endpoint instead of the real one, for s3:// and verification (also AWS_ENDPOINT_URL, and for
    /// one of them AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_STS …)
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// AWS region to speak to [default: AWS_REGION, or the profile's for s3://, or the partition's first]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Endpoint of another provider: `github=https://github.example.com/api/v3`; may be given again
    #[arg(long, value_name = "PROVIDER=URL", value_parser = pair)]
    pub provider_endpoint: Vec<(String, String)>,

    /// Seconds that one call may take
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub verify_timeout: u64,

    /// Draw the blast radius of verified AWS keys into this file (.svg .dot .mmd)
    #[arg(long, value_name = "FILE")]
    pub graph: Option<PathBuf>,
}

/// `keysift revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The access key id to deactivate
    pub key_id: String,

    /// Deactivate without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,

    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Profile of your own AWS credentials [default: the standard chain]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// AWS endpoint instead of the real one (also AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS …)
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// AWS region to speak to
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
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
          value_parser = clap::value_parser!(u32).range(0..=64), env = "KEYSIFT_MAX_DEPTH", hide_env = true)]
    pub max_depth: u32,

    /// Bytes that may come out of the containers of one artifact (suffixes K, M, G)
    #[arg(long, value_name = "SIZE", default_value = "32G", value_parser = size, env = "KEYSIFT_MAX_EXPANDED", hide_env = true)]
    pub max_expanded: u64,

    /// Bytes that may come out of one entry
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size, env = "KEYSIFT_MAX_ENTRY", hide_env = true)]
    pub max_entry: u64,

    /// How many times larger than its compressed size an entry above 64 MiB may be
    #[arg(long, value_name = "N", default_value_t = Limits::default().ratio,
          value_parser = clap::value_parser!(u64).range(1..), env = "KEYSIFT_MAX_RATIO", hide_env = true)]
    pub max_ratio: u64,

    /// Entries of one container that are read
    #[arg(long, value_name = "N", default_value_t = Limits::default().entries,
          value_parser = clap::value_parser!(u64).range(1..), env = "KEYSIFT_MAX_ENTRIES", hide_env = true)]
    pub max_entries: u64,

    /// Bytes of one encoded text (base64, hex) that are decoded
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size, env = "KEYSIFT_MAX_DECODED", hide_env = true)]
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
        /// More patterns from this file or folder
        #[arg(long, value_name = "FILE|DIR")]
        patterns: Vec<PathBuf>,
    },
    /// All about one pattern: what it opens, how to revoke it, where its format is documented
    Show {
        /// Its id, as `keysift patterns list` prints it
        id: String,
        /// More patterns from this file or folder
        #[arg(long, value_name = "FILE|DIR")]
        patterns: Vec<PathBuf>,
    },
    /// Time and candidates by pattern, on files of your own: which pattern makes a scan slow
    Profile {
        /// Files and folders to search; containers are not opened
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// More patterns from this file or folder
        #[arg(long, value_name = "FILE|DIR")]
        patterns: Vec<PathBuf>,
        /// All patterns with candidates, not only the 20 that take longest
        #[arg(long)]
        all: bool,
    },
    /// Check pattern files: schema, expressions, examples and counter-examples
    Check {
        /// The files [default: the built-in patterns]
        files: Vec<PathBuf>,
    },
    /// Convert rules for gitleaks, betterleaks, noseyparker, kingfisher or trufflehog to our own TOML;
    /// what of them is not honoured is said on standard error and in comments
    Import {
        /// A rule file, or a folder of them
        path: PathBuf,
        /// Write to this file instead of standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What the prefilter runs on: all find the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The fastest that the processor can run
    Auto,
    /// Vector code for x86-64 with AVX-512 VBMI
    Avx512,
    /// Vector code for x86-64 with AVX2
    Avx2,
    /// A table that runs everywhere
    Portable,
    /// The automaton that the others are tested against
    Oracle,
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

fn mode() -> impl clap::builder::TypedValueParser<Value = Mode> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Mode::ALL.map(Mode::name))
        .try_map(|s| Mode::ALL.into_iter().find(|m| m.name() == s).ok_or("unknown mode"))
}

/// `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.into(), value.into())),
        _ => Err("use PROVIDER=URL".into()),
    }
}

/// A number of bytes: `1500`, `64K`, `1.5G` (powers of 1024).
pub(super) fn size(text: &str) -> Result<u64, String> {
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
        assert_eq!(scan.search.limits.limits(), Limits::default());
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
