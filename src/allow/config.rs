//! `keysift.toml`: settings, and what is allowed with the reason why.
//!
//! It is read from the root of what is scanned, or where the user says, and never from inside an archive
//! or the history: a package must not configure its own scan. What is not known in it is an error with
//! its line, for a rule that is silently left out is a scan that is silently wrong.

use super::known::decisive;
use super::seal::{Seal, Seals};
use super::{globs, inline};
use crate::finding::{Finding, Location, Severity};
use crate::source::exclude::Globs;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The name under which it is found at a root.
pub const NAME: &str = "keysift.toml";

/// What a file says.
#[derive(Debug, Default)]
pub struct Config {
    /// The file, as messages name it.
    pub file: String,
    /// Settings, for what the command line and the environment leave open.
    pub settings: Settings,
    /// What is allowed.
    pub rules: Vec<Rule>,
    /// What a person should know: rules that have expired.
    pub notes: Vec<String>,
    /// The seals of rules, by the index of the rule.
    pub(super) prints: Seals,
    pub(super) values: Seals,
}

/// Settings: each stands for the flag of the same name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// `--fail-on`
    pub fail_on: Option<Severity>,
    /// `--min-confidence`
    pub min_confidence: Option<Spanned<u8>>,
    /// `--patterns`, below the folder of the file.
    pub patterns: OneOrMany,
    /// `--exclude`, below the root.
    pub exclude: Option<Spanned<OneOrMany>>,
    /// Ids of patterns that are not reported.
    pub disable: OneOrMany,
    /// Ids of the patterns that are reported, and no others.
    pub only: OneOrMany,
    /// `--baseline`, below the folder of the file.
    pub baseline: OneOrMany,
    /// `false` for `--no-inline-allow`.
    pub inline: Option<bool>,
    /// More words of comments that let through what is on their line: `NOSONAR`.
    pub inline_also: OneOrMany,
    /// Bounds, by the names of their flags.
    pub limits: BTreeMap<String, Spanned<toml::Value>>,
    allow: Vec<Spanned<RawRule>>,
}

/// Names of limits.
pub const LIMITS: [&str; 6] =
    ["max-depth", "max-expanded", "max-entry", "max-ratio", "max-entries", "max-decoded"];

/// A text, or a list of texts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// None.
    #[default]
    None,
    /// One.
    One(String),
    /// Any number.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts.
    pub fn texts(&self) -> &[String] {
        match self {
            OneOrMany::None => &[],
            OneOrMany::One(text) => std::slice::from_ref(text),
            OneOrMany::Many(texts) => texts,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(default)]
    fingerprint: OneOrMany,
    #[serde(default)]
    hash: OneOrMany,
    #[serde(default)]
    path: OneOrMany,
    #[serde(default)]
    pattern: OneOrMany,
    #[serde(default)]
    value: OneOrMany,
    #[serde(default)]
    line: OneOrMany,
    reason: Option<String>,
    expires: Option<toml::Value>,
}

/// Something that is allowed: all that it names must hold.
#[derive(Debug)]
pub struct Rule {
    /// Its line in the file.
    pub line_number: usize,
    /// Why.
    pub reason: String,
    /// Until when, `2026-12-31`.
    pub expires: Option<String>,
    /// Ids of patterns, with stars, as they are written.
    pub patterns: Vec<String>,
    prints: Vec<String>,
    has_sealed_print: bool,
    has_sealed_value: bool,
    paths: Option<Globs>,
    values: Vec<Regex>,
    lines: Vec<Regex>,
}

/// What seals say of a finding: the rules that name it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sealed {
    pub print: Option<usize>,
    pub value: Option<usize>,
}

impl Config {
    /// Reads a file; `today` is `2026-11-29`. An error tells file and line and quotes nothing but keys.
    pub fn read(file: &str, text: &str, today: &str) -> Result<Config, String> {
        let at = |offset: usize| format!("{file}:{}", line_of(text, offset));
        let mut settings: Settings = toml::from_str(text)
            .map_err(|e| format!("{}: {}", at(e.span().map_or(0, |s| s.start)), message(e.message())))?;
        for (name, value) in &settings.limits {
            if !LIMITS.contains(&name.as_str()) {
                return Err(format!(
                    "{}: unknown limit `{name}`: use one of {}",
                    at(value.span().start),
                    LIMITS.join(", ")
                ));
            }
        }
        if let Some(confidence) = settings.min_confidence.as_ref().filter(|c| *c.get_ref() > 100) {
            return Err(format!("{}: min-confidence is a number from 0 to 100", at(confidence.span().start)));
        }
        if let Some(exclude) = &settings.exclude {
            Globs::new(exclude.get_ref().texts().iter().map(String::as_str))
                .map_err(|e| format!("{}: exclude: {e}", at(exclude.span().start)))?;
        }
        let raw = std::mem::take(&mut settings.allow);
        let mut config = Config { file: file.to_owned(), settings, ..Config::default() };
        for rule in raw {
            let line = line_of(text, rule.span().start);
            config.add(line, rule.into_inner(), today).map_err(|e| format!("{file}:{line}: {e}"))?;
        }
        Ok(config)
    }

    fn add(&mut self, line_number: usize, raw: RawRule, today: &str) -> Result<(), String> {
        let reason = raw.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let reason =
            reason.ok_or("this [[allow]] has no `reason`: say why, for who reads it next year")?.to_owned();
        let expires = raw.expires.as_ref().map(date).transpose()?;
        let texts = [&raw.fingerprint, &raw.hash, &raw.path, &raw.pattern, &raw.value, &raw.line];
        if texts.iter().all(|t| t.texts().is_empty()) {
            return Err(
                "this [[allow]] allows everything: name a fingerprint, hash, path, pattern, value or line"
                    .into(),
            );
        }
        if texts.iter().any(|t| t.texts().iter().any(String::is_empty)) {
            return Err("an empty text in this [[allow]] would allow everything".into());
        }
        let mut rule = Rule {
            line_number,
            reason,
            patterns: raw.pattern.texts().to_vec(),
            prints: Vec::new(),
            has_sealed_print: false,
            has_sealed_value: false,
            paths: None,
            values: expressions("value", &raw.value)?,
            lines: expressions("line", &raw.line)?,
            expires,
        };
        if !raw.path.texts().is_empty() {
            rule.paths = Some(Globs::new(raw.path.texts().iter().map(String::as_str))?);
        }
        let mut seals: Vec<(bool, Seal)> = Vec::new();
        for print in raw.fingerprint.texts() {
            if is_print(print) {
                rule.prints.push(print.clone());
            } else {
                seals.push((true, print.parse().map_err(|_| "fingerprint is neither `v1:` and 64 hexadecimal digits, as reports have it, nor a seal, as `keysift allow` writes it")?));
                rule.has_sealed_print = true;
            }
        }
        for hash in raw.hash.texts() {
            seals.push((
                false,
                hash.parse().map_err(|_| "hash is no seal, as `keysift allow --value` writes it")?,
            ));
            rule.has_sealed_value = true;
        }
        if let Some(expires) = rule.expires.as_deref().filter(|expires| *expires < today) {
            // It need not be compared with anything any more.
            let file = &self.file;
            self.notes.push(format!("{file}:{line_number}: expired on {expires}, so this no longer applies"));
            return Ok(());
        }
        for (is_print, seal) in seals {
            let all = if is_print { &mut self.prints } else { &mut self.values };
            all.add(seal, self.rules.len());
        }
        self.rules.push(rule);
        Ok(())
    }

    /// Whether findings must come with the lines that they stand in.
    pub fn needs_lines(&self) -> bool {
        self.rules.iter().any(|rule| !rule.lines.is_empty()) || !self.settings.inline_also.texts().is_empty()
    }

    /// What the seals of the file say of a finding.
    pub(super) fn sealed(&self, finding: &Finding) -> Sealed {
        Sealed {
            print: self.prints.find_print(&finding.fingerprint),
            value: decisive(finding).and_then(|value| self.values.find_value(value)),
        }
    }

    /// The rule that allows a finding at one of its places, which is in `file`.
    pub(super) fn rule(
        &self,
        finding: &Finding,
        sealed: Sealed,
        site: &Location,
        file: &str,
    ) -> Option<&Rule> {
        self.rules
            .iter()
            .enumerate()
            .find(|(n, rule)| rule.allows(*n, finding, sealed, site, file))
            .map(|(_, r)| r)
    }

    /// Whether findings of a pattern are reported at all.
    pub(super) fn reports(&self, pattern: &str) -> bool {
        let named = |list: &OneOrMany| list.texts().iter().any(|glob| globs::holds(glob, pattern));
        let only = &self.settings.only;
        (only.texts().is_empty() || named(only)) && !named(&self.settings.disable)
    }
}

impl Rule {
    fn allows(&self, number: usize, finding: &Finding, sealed: Sealed, site: &Location, file: &str) -> bool {
        let value = || decisive(finding).map_or(&[][..], |value| value.reveal());
        let line = || site.around.as_ref().map(|around| around.line.reveal());
        let matches = |list: &[Regex], text: &[u8]| list.iter().any(|regex| regex.is_match(text));
        let is_named = self.prints.contains(&finding.fingerprint)
            || self.has_sealed_print && sealed.print == Some(number);
        (self.patterns.is_empty() || self.patterns.iter().any(|glob| globs::holds(glob, &finding.pattern)))
            && (self.prints.is_empty() && !self.has_sealed_print || is_named)
            && (!self.has_sealed_value || sealed.value == Some(number))
            && self.paths.as_ref().is_none_or(|paths| paths.holds(file))
            && (self.values.is_empty() || matches(&self.values, value()))
            && (self.lines.is_empty() || line().is_some_and(|line| matches(&self.lines, line)))
    }
}

fn is_print(text: &str) -> bool {
    text.strip_prefix("v1:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// Largest compiled expression, in bytes.
const MAX_EXPRESSION: usize = 1 << 20;

/// Expressions over bytes, that match anywhere. An error does not quote them: some hold a value in clear.
fn expressions(key: &str, list: &OneOrMany) -> Result<Vec<Regex>, String> {
    let compile = |text: &String| {
        Regex::builder()
            .syntax(syntax::Config::new().utf8(false).unicode(false))
            .configure(Regex::config().nfa_size_limit(Some(MAX_EXPRESSION)))
            .build(text)
            .map_err(|_| {
                format!("{key} is no regular expression (in the syntax of Rust's regex: no look-around)")
            })
    };
    list.texts().iter().map(compile).collect()
}

/// `2026-12-31`, as a date of TOML or as a text.
pub fn date(value: &toml::Value) -> Result<String, String> {
    let text = match value {
        toml::Value::Datetime(date) => date.to_string(),
        toml::Value::String(text) => text.clone(),
        _ => String::new(),
    };
    let day = text.get(..10).unwrap_or_default();
    match crate::net::clock::parse(day) {
        Some(_) if text.len() == 10 => Ok(day.to_owned()),
        _ => Err("expires is no date: use 2026-12-31".into()),
    }
}

/// The line of an offset, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// What toml says, with "did you mean", and without what stands in the file except keys.
fn message(message: &str) -> String {
    let suggested = crate::pattern::suggest(message);
    if message.starts_with("invalid type") || message.starts_with("invalid value") {
        // `invalid type: string "…", expected u8`
        let expected = message.rsplit_once("expected ").map_or("another", |(_, expected)| expected);
        return format!(
            "a value of the wrong type: expected {}",
            expected.lines().next().unwrap_or_default()
        );
    }
    if message.starts_with("unknown variant") || message.contains("did not match any variant") {
        let known = message.rsplit_once("expected ").map(|(_, known)| format!(": expected {known}"));
        return format!(
            "a value that is not known here{}",
            known.unwrap_or_else(|| ": expected a text or a list of texts".into())
        );
    }
    suggested.lines().next().unwrap_or_default().to_owned()
}

/// What a rule for one finding looks like in the file.
pub fn written(key: &str, seal: &Seal, reason: &str, expires: Option<&str>, about: &str) -> String {
    let mut text = format!("[[allow]] # {about}\n{key} = \"{seal}\"\nreason = {}\n", quoted(reason));
    if let Some(expires) = expires {
        text.push_str(&format!("expires = {expires}\n"));
    }
    text
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether lines of findings should be kept, and which.
pub(super) fn keep(config: Option<&Config>, is_inline: bool) -> Option<crate::scan::Keep> {
    match config {
        Some(config) if config.needs_lines() => Some(crate::scan::Keep::All),
        _ if is_inline => Some(crate::scan::Keep::Where(inline::may_be_marked)),
        _ => None,
    }
}
