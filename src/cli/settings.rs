//! Settings: what the command line says, then the environment, then `keysift.toml`, then the defaults.
//!
//! The file is found at one place only, the root of what is scanned: of the repository in which that is, or
//! of the folder itself. What lies deeper, in packages or in the history, has no say.

use super::args::{Arguments, Command, Scan, SearchArguments, size};
use super::exit::UsageError;
use crate::address::escape;
use crate::allow::config::{self, Config, Settings as File};
use crate::allow::known::Known;
use crate::allow::{Allowing, baseline, ignore_file};
use crate::scan::Target;
use crate::source::exclude::{Exclude, Globs};
use crate::source::git;
use crate::source::relative::Relative;
use clap::parser::ValueSource;
use clap::{ArgMatches, Parser};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which arguments were given, on the command line or in the environment.
pub struct Given<'m>(&'m ArgMatches);

impl<'m> Given<'m> {
    /// Those of the innermost command.
    pub fn of(mut matches: &'m ArgMatches) -> Self {
        while let Some((_, inner)) = matches.subcommand() {
            matches = inner;
        }
        Given(matches)
    }

    fn from(&self, id: &str) -> Option<ValueSource> {
        self.0.try_contains_id(id).ok().and_then(|_| self.0.value_source(id))
    }

    /// Whether somebody said it.
    pub fn has(&self, id: &str) -> bool {
        matches!(self.from(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    }

    fn is_flag(&self, id: &str) -> bool {
        self.from(id) == Some(ValueSource::CommandLine)
    }
}

/// The settings of a run.
pub struct Settings {
    /// What is let through.
    pub allowing: Allowing,
    /// What is left out.
    pub exclude: Option<Arc<Exclude>>,
    /// Where the files of settings are looked for.
    pub root: Option<PathBuf>,
    /// Whether all of the root is searched, so that what a baseline has and is not found is gone.
    pub is_whole: bool,
}

/// A scan as it is by default, for commands that have few arguments of their own.
pub fn default_scan() -> Result<Scan, UsageError> {
    let parsed = Arguments::try_parse_from(["keysift", "scan"]);
    match parsed.map(|arguments| arguments.command) {
        Ok(Command::Scan(scan)) => Ok(scan),
        _ => Err(UsageError("a setting KEYSIFT_… in the environment is wrong; nothing was done".into())),
    }
}

/// Largest file of settings, in bytes.
const MAX_FILE: u64 = 4 << 20;
/// Largest baseline: reports of others are long.
const MAX_BASELINE: u64 = 256 << 20;

/// Reads the settings for a scan of `targets`, and puts those of the file into the arguments that were not
/// given. `with_baseline` is whether the one at the root counts.
pub fn load(
    targets: &[Target],
    arguments: &mut SearchArguments,
    given: &Given<'_>,
    with_baseline: bool,
) -> Result<Settings, UsageError> {
    let allow = &arguments.allow;
    if allow.no_config && given.is_flag("config") {
        return Err(UsageError("--config and --no-config contradict each other; nothing was scanned".into()));
    }
    let (root, is_whole) = root_of(targets, allow.no_config || allow.config.is_some())?;
    let found = |name: &str| {
        root.as_ref().map(|root| root.join(name)).filter(|path| !allow.no_config && is_file(path))
    };
    let named = allow.config.clone().filter(|_| !allow.no_config);
    let config = match named.clone().or_else(|| found(config::NAME)) {
        Some(path) => {
            let config = read_config(&path)?;
            note(&format!("settings from {}", config.file));
            Some((config, path.parent().map(Path::to_owned).unwrap_or_default()))
        }
        None => None,
    };
    let mut baselines: Vec<PathBuf> = allow.baseline.clone();
    let mut exclude = allow.exclude.clone();
    let mut inline = !allow.no_inline_allow;
    let mut ignored = Vec::new();
    for path in ignore_file::NAMES.iter().filter_map(|name| found(name)) {
        let text = read_text(&path, MAX_FILE)?;
        let (known, wrong) = ignore_file::read(&shown(&path), &text);
        if wrong > 0 {
            note(&format!(
                "{}: {wrong} lines are no entries ([commit:]file:rule:line) and are passed over",
                known.file
            ));
        }
        ignored.push(known);
    }
    let mut default_baseline = found(baseline::NAME);
    if let Some((config, folder)) = &config {
        let file = &config.settings;
        if !given.has("baseline") && !file.baseline.texts().is_empty() {
            baselines = file.baseline.texts().iter().map(|path| folder.join(path)).collect();
        }
        exclude.extend(file.exclude.iter().flat_map(|e| e.get_ref().texts().iter().cloned()));
        inline &= file.inline.unwrap_or(true);
        apply(config, folder, arguments, given)?;
    }
    if baselines.is_empty() {
        baselines.extend(default_baseline.take());
    }
    let baselines = match with_baseline {
        true => baselines.iter().map(|path| read_baseline(path)).collect::<Result<Vec<Known>, _>>()?,
        false => Vec::new(),
    };
    let relative = relative(targets, root.as_deref());
    let globs =
        match exclude.as_slice() {
            [] => None,
            globs => Some(Globs::new(globs.iter().map(String::as_str)).map_err(|e| {
                UsageError(format!("--exclude: {}; nothing was scanned", escape(e.as_bytes())))
            })?),
        };
    let exclude = globs.clone().map(|globs| Arc::new(Exclude::new(globs, relative.clone())));
    let allowing = Allowing {
        config: config.map(|(config, _)| config),
        inline,
        ignored,
        baselines,
        exclude: globs,
        min_confidence: arguments.allow.min_confidence,
        relative,
    };
    Ok(Settings { allowing, exclude, root, is_whole })
}

/// Reads what stands in a `keysift.toml`.
pub fn read_config(path: &Path) -> Result<Config, UsageError> {
    let text = read_text(path, MAX_FILE)?;
    Config::read(&shown(path), &text, &today())
        .map_err(|e| UsageError(format!("{}; nothing was scanned", escape(e.as_bytes()))))
}

/// Reads a baseline of any known format.
pub fn read_baseline(path: &Path) -> Result<Known, UsageError> {
    let bytes = read_bytes(path, MAX_BASELINE)?;
    let known = baseline::read(&shown(path), &bytes)
        .map_err(|e| UsageError(format!("{}; nothing was scanned", escape(e.as_bytes()))))?;
    let entries = if known.len() == 1 { "entry" } else { "entries" };
    note(&format!("{} {} with {} {entries}", known.form, known.file, known.len()));
    Ok(known)
}

/// The date, which decides what has expired.
pub fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let date = crate::net::clock::rfc3339(now.map_or(0, |now| now.as_secs()));
    date.get(..10).unwrap_or_default().to_owned()
}

/// Tells something on standard error.
pub fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "keysift: {text}");
}

fn read_text(path: &Path, largest: u64) -> Result<String, UsageError> {
    String::from_utf8(read_bytes(path, largest)?)
        .map_err(|_| UsageError(format!("{}: no text in UTF-8; nothing was scanned", shown(path))))
}

fn read_bytes(path: &Path, largest: u64) -> Result<Vec<u8>, UsageError> {
    use std::io::Read;
    let fail = |e: &dyn std::fmt::Display| UsageError(format!("{}: {e}; nothing was scanned", shown(path)));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| fail(&e))?;
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    if bytes.len() as u64 > largest {
        return Err(fail(&format_args!("larger than {} MiB", largest >> 20)));
    }
    Ok(bytes)
}

/// A regular file: a link in what is scanned could lead anywhere.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// A path as messages name it: from the current folder, where it lies below that.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let below = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    escape(below.as_deref().unwrap_or(path).to_string_lossy().as_bytes())
}

/// The root in which a path lies: that of its repository, or the folder itself.
pub fn root_around(path: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(path).ok()?;
    let folder = if real.is_dir() { real.as_path() } else { real.parent()? };
    match git::discover(folder) {
        // A git folder, or a bare repository: there is no work tree.
        Some((git_dir, root)) if git_dir == root => None,
        Some((_, root)) => Some(root),
        None => real.is_dir().then_some(real),
    }
}

/// The root of all targets, and whether one of them is all of it.
fn root_of(targets: &[Target], is_named: bool) -> Result<(Option<PathBuf>, bool), UsageError> {
    let mut roots = BTreeSet::new();
    let mut is_whole = false;
    for target in targets {
        let root = match target {
            // What a list names is not known before it is read.
            Target::Stdin | Target::List(_) | Target::Remote(_) | Target::Bucket(_) => None,
            Target::Path(path) => {
                let root = root_around(path);
                is_whole |= root.is_some() && root == std::fs::canonicalize(path).ok();
                root
            }
            Target::Repository(git) | Target::Range(git, _) | Target::Staged(git, _) => {
                root_around(&git.root)
            }
        };
        roots.extend(root);
    }
    if roots.len() < 2 {
        return Ok((roots.pop_first(), is_whole && targets.len() == 1));
    }
    let names = [config::NAME, baseline::NAME].into_iter().chain(ignore_file::NAMES);
    let has_settings = |root: &PathBuf| names.clone().any(|name| is_file(&root.join(name)));
    if is_named || !roots.iter().any(has_settings) {
        return Ok((None, false));
    }
    // None of them may speak for another.
    Err(UsageError(
        "several roots are scanned, and there are settings in one: name them with --config, or leave them out with \
         --no-config; nothing was scanned"
            .into(),
    ))
}

fn relative(targets: &[Target], root: Option<&Path>) -> Relative {
    let named = targets.iter().filter_map(|target| {
        let typed = match target {
            Target::Stdin | Target::List(_) | Target::Remote(_) | Target::Bucket(_) => return None,
            Target::Path(path) => path,
            // Paths of a history begin at the root of its own work tree.
            Target::Repository(git) | Target::Range(git, _) => {
                return Some((git.named.clone(), PathBuf::new()));
            }
            Target::Staged(git, _) => return Some((git.root.clone(), PathBuf::new())),
        };
        let real = std::fs::canonicalize(typed).ok()?;
        let below = match root.and_then(|root| real.strip_prefix(root).ok()) {
            Some(below) => below.to_owned(),
            None if real.is_dir() => PathBuf::new(),
            None => real.file_name().map(PathBuf::from)?,
        };
        Some((typed.clone(), below))
    });
    Relative::new(named.collect())
}

/// Puts what the file says into the arguments that nobody gave.
fn apply(
    config: &Config,
    folder: &Path,
    arguments: &mut SearchArguments,
    given: &Given<'_>,
) -> Result<(), UsageError> {
    let File { fail_on, min_confidence, patterns, limits, .. } = &config.settings;
    if let Some(fail_on) = fail_on.filter(|_| !given.has("fail_on")) {
        arguments.report.fail_on = fail_on;
    }
    if let Some(confidence) = min_confidence.as_ref().filter(|_| !given.has("min_confidence")) {
        arguments.allow.min_confidence = *confidence.get_ref();
    }
    if !given.has("patterns") {
        arguments.patterns = patterns.texts().iter().map(|path| folder.join(path)).collect();
    }
    let of = &mut arguments.limits;
    for (name, value) in limits {
        if given.has(&name.replace('-', "_")) {
            continue;
        }
        let value = value.get_ref();
        let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
        let bytes = number.or_else(|| value.as_str().and_then(|text| size(text).ok()));
        let positive = number.filter(|n| *n > 0);
        let is_set = match name.as_str() {
            "max-depth" => number.filter(|n| *n <= 64).map(|n| of.max_depth = n as u32),
            "max-expanded" => bytes.map(|n| of.max_expanded = n),
            "max-entry" => bytes.map(|n| of.max_entry = n),
            "max-ratio" => positive.map(|n| of.max_ratio = n),
            "max-entries" => positive.map(|n| of.max_entries = n),
            _ => bytes.map(|n| of.max_decoded = n),
        };
        if is_set.is_none() {
            return Err(UsageError(format!(
                "{}: limits.{name} has no value that --{name} takes; nothing was scanned",
                config.file
            )));
        }
    }
    Ok(())
}
