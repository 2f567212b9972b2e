//! Rule files of other tools, read as patterns of ours: gitleaks and betterleaks, noseyparker and
//! kingfisher, trufflehog. From the documentation of their formats; see `docs/patterns-import.md`.
//!
//! Each reader makes of a rule what a user could have written in our own TOML, and notes what it left out.

mod gitleaks;
mod literals;
mod regex;
mod rule;
mod tree;
mod trufflehog;
mod write;
mod yaml;

use super::schema::{RawExcept, RawPattern};
use super::{PatternError, load};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use tree::Node;

pub use literals::{Required, required};

/// Largest rule file.
const LARGEST: u64 = 8 << 20;
/// Most rules of a file.
const MOST_RULES: usize = 20_000;
/// Most files of a folder.
const MOST_FILES: usize = 10_000;

/// Something of a rule file that was not honoured, or was so in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// File and line.
    pub origin: String,
    /// Id of the rule, as its file has it; empty for what concerns the file.
    pub rule: String,
    /// What, and what is done instead.
    pub what: String,
    /// Whether it makes no difference to what is found, as a rule.
    pub is_minor: bool,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { origin, rule, what, .. } = self;
        if rule.is_empty() { write!(f, "{origin}: {what}") } else { write!(f, "{origin}: {rule}: {what}") }
    }
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Our own TOML.
    Keysift,
    /// `[[rules]]` in TOML.
    Gitleaks,
    /// The same with expressions.
    Betterleaks,
    /// `rules:` in YAML.
    Noseyparker,
    /// The same with more keys.
    Kingfisher,
    /// `detectors:` in YAML.
    Trufflehog,
}

impl Format {
    /// The name of the tool, and the family of the ids of its rules.
    pub fn name(self) -> &'static str {
        match self {
            Format::Keysift => "keysift",
            Format::Gitleaks => "gitleaks",
            Format::Betterleaks => "betterleaks",
            Format::Noseyparker => "noseyparker",
            Format::Kingfisher => "kingfisher",
            Format::Trufflehog => "trufflehog",
        }
    }
}

/// What a rule file of another tool gave.
pub struct Imported<'t> {
    /// Whose rules they are.
    pub format: Format,
    /// The file.
    pub origin: String,
    /// What was not honoured.
    pub notes: Vec<Note>,
    rules: Vec<Made>,
    except: Vec<RawExcept>,
    ids: BTreeSet<String>,
    /// Whether another file has this id.
    is_taken: &'t dyn Fn(&str) -> bool,
    /// Bytes of the expressions so far.
    memory: usize,
    /// Rules so far that are tried on all text.
    everywhere: usize,
    /// Literals and keywords so far.
    literals: usize,
}

/// A pattern made of a rule, and the line of the rule.
#[derive(Debug)]
struct Made {
    line: usize,
    id: String,
    pattern: RawPattern,
    /// Texts that it must find, and texts that it must not, with their lines.
    examples: Vec<(usize, String, bool)>,
}

impl Imported<'_> {
    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// The rule files that `path` names: itself, or all in and below it.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, PatternError> {
    let error = |what: String| PatternError { origin: path.display().to_string(), what };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_rule_file = |p: &Path| {
        p.extension().and_then(|e| e.to_str()).is_some_and(|e| matches!(e, "toml" | "yml" | "yaml"))
    };
    let mut found = Vec::new();
    let walk =
        ignore::WalkBuilder::new(path).standard_filters(false).hidden(true).max_depth(Some(16)).build();
    for entry in walk {
        let entry = entry.map_err(|e| error(format!("cannot be read: {e}")))?;
        if entry.file_type().is_some_and(|t| t.is_file()) && is_rule_file(entry.path()) {
            found.push(entry.into_path());
        }
        if found.len() > MOST_FILES {
            return Err(error(format!("more than {MOST_FILES} rule files")));
        }
    }
    if found.is_empty() {
        return Err(error("no .toml, .yml or .yaml file in this folder".into()));
    }
    found.sort();
    Ok(found)
}

/// The text of a rule file, if it is not too large.
pub fn text(path: &Path) -> Result<String, PatternError> {
    let error = |what: String| PatternError { origin: path.display().to_string(), what };
    let size = std::fs::metadata(path).map_err(|e| error(format!("cannot be read: {e}")))?.len();
    if size > LARGEST {
        return Err(error(format!("larger than {LARGEST} bytes")));
    }
    std::fs::read_to_string(path).map_err(|e| error(format!("cannot be read: {e}")))
}

/// Reads a rule file of another tool; `None` if it is one of our own.
///
/// Ids for which `is_taken` are given to no rule.
pub fn read<'t>(
    origin: &str,
    text: &str,
    is_taken: &'t dyn Fn(&str) -> bool,
) -> Result<Option<Imported<'t>>, PatternError> {
    let (format, tree) = detect(origin, text)?;
    let read = match format {
        Format::Keysift => return Ok(None),
        Format::Gitleaks | Format::Betterleaks => gitleaks::read,
        Format::Noseyparker | Format::Kingfisher => yaml::read,
        Format::Trufflehog => trufflehog::read,
    };
    let mut out = Imported {
        format,
        origin: origin.to_owned(),
        notes: Vec::new(),
        rules: Vec::new(),
        except: Vec::new(),
        ids: BTreeSet::new(),
        is_taken,
        memory: 0,
        everywhere: 0,
        literals: 0,
    };
    read(&tree, &mut out)
        .map_err(|(line, what)| PatternError { origin: format!("{origin}:{line}"), what })?;
    if out.is_empty() && out.notes.iter().any(|note| !note.is_minor) {
        let reasons: Vec<String> = out.notes.iter().map(ToString::to_string).take(5).collect();
        let what = format!("no rule of this file can be searched for: {}", reasons.join("; "));
        return Err(PatternError { origin: origin.to_owned(), what });
    }
    Ok(Some(out))
}

/// What a file is, by the keys it has, and its tree.
fn detect(origin: &str, text: &str) -> Result<(Format, Node), PatternError> {
    let error = |(line, what): (usize, String)| PatternError { origin: format!("{origin}:{line}"), what };
    let is_yaml = [".yml", ".yaml"].iter().any(|end| origin.ends_with(end));
    let is_toml = origin.ends_with(".toml");
    let as_toml = if is_yaml { None } else { Some(tree::toml(text)) };
    let (tree, is_from_toml) = match as_toml {
        Some(Ok(tree)) => (tree, true),
        // What is wrong with our own TOML, its own reader says best.
        Some(Err(_)) if is_toml && text.contains("[[pattern]]") => {
            return Ok((Format::Keysift, Node { line: 1, value: tree::Value::Null }));
        }
        Some(Err(e)) if is_toml => return Err(error(e)),
        // A file of any other name.
        Some(Err(e)) => (tree::yaml(text).map_err(|_| error(e))?, false),
        None => (tree::yaml(text).map_err(error)?, false),
    };
    let has = |key: &str| tree.get(key).is_some();
    let rules = tree.get("rules").map_or(&[][..], Node::list);
    let any = |keys: &[&str]| rules.iter().any(|rule| keys.iter().any(|key| rule.get(key).is_some()));
    let format = if is_from_toml {
        let is_gitleaks = has("rules") || has("allowlist") || has("allowlists") || has("extend");
        let is_better = has("betterleaksMinVersion")
            || has("prefilter")
            || has("filter")
            || any(&["prefilter", "filter", "validate"]);
        if is_gitleaks && is_better {
            Format::Betterleaks
        } else if is_gitleaks {
            Format::Gitleaks
        } else {
            // Wrong keys are told by its own reader.
            Format::Keysift
        }
    } else if has("detectors") {
        Format::Trufflehog
    } else if has("rules") || has("rulesets") {
        let is_own =
            |id: &Node| id.text_of("id").ok().flatten().is_some_and(|id| id.starts_with("kingfisher."));
        if any(yaml::OF_KINGFISHER) || rules.iter().any(is_own) {
            Format::Kingfisher
        } else {
            Format::Noseyparker
        }
    } else {
        return Err(PatternError {
            origin: origin.to_owned(),
            what: "is no pattern file of keysift, gitleaks, betterleaks, noseyparker, kingfisher or trufflehog: none of \
                   the keys `pattern`, `provider`, `rules`, `detectors` is in it"
                .into(),
        });
    };
    if rules.len() > MOST_RULES {
        return Err(PatternError {
            origin: origin.to_owned(),
            what: format!("more than {MOST_RULES} rules"),
        });
    }
    Ok((format, tree))
}

/// A rule file as TOML of ours.
#[derive(Debug)]
pub struct Converted {
    /// The file.
    pub toml: String,
    /// Its patterns.
    pub count: usize,
    /// What was not honoured.
    pub notes: Vec<Note>,
}

/// Patterns as the engine takes them, and as a file.
pub(super) fn convert(mut imported: Imported<'_>) -> Result<(load::Read, Converted), PatternError> {
    let read = patterns(&mut imported)?;
    let toml = write::toml(&imported);
    Ok((read, Converted { toml, count: imported.len(), notes: imported.notes }))
}

/// Patterns as the engine takes them. What their examples say is added to the notes.
pub(super) fn patterns(imported: &mut Imported<'_>) -> Result<load::Read, PatternError> {
    let Imported { origin, notes, rules, except, .. } = imported;
    let mut read = load::Read::default();
    for Made { line, pattern, .. } in rules.iter() {
        let at = format!("{origin}:{line}");
        let pattern =
            load::compile(pattern.clone(), &at).map_err(|what| PatternError { origin: at, what })?;
        read.patterns.push(pattern);
    }
    load::add_exceptions(&mut read, except).map_err(|what| PatternError { origin: origin.clone(), what })?;
    for (pattern, made) in read.patterns.iter().zip(rules.iter()) {
        for (line, text, wanted) in &made.examples {
            if rule::finds(pattern, text.as_bytes()) != *wanted {
                let what =
                    if *wanted { "is not found in its example" } else { "is found in its negative example" };
                let origin = format!("{origin}:{line}");
                notes.push(Note { origin, rule: made.id.clone(), what: what.into(), is_minor: false });
            }
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
