//! The TOML schema of pattern files, exactly as users write them; `patterns/README.md` is its page.

use crate::finding::{Class, Role, Severity};
use serde::Deserialize;
use toml::Spanned;

/// A pattern file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub pattern: Vec<Spanned<RawPattern>>,
    #[serde(default)]
    pub group: Vec<Spanned<RawGroup>>,
    #[serde(default)]
    pub provider: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    pub except: Vec<Spanned<RawExcept>>,
}

/// One `[[pattern]]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPattern {
    pub id: String,
    pub name: String,
    pub class: Class,
    pub severity: Severity,
    #[serde(default = "default_confidence")]
    pub confidence: u8,
    pub why: String,
    pub fix: String,
    pub reference: String,

    // A token: prefix and body.
    #[serde(default)]
    pub prefix: Vec<String>,
    pub body: Option<OneOrMany<RawSegment>>,

    // The same in a few words; without a prefix, a value that is named by what stands around it.
    #[serde(default)]
    pub form: Vec<String>,

    // A regular expression around literals.
    #[serde(default)]
    pub literal: Vec<String>,
    pub regex: Option<String>,
    #[serde(default = "default_before")]
    pub before: usize,
    #[serde(default = "default_after")]
    pub after: usize,

    // An expression without literals: tried where one of the keywords stands, or everywhere.
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub slow: bool,

    // Conditions beyond the form.
    pub only: Option<RawOnly>,
    #[serde(default)]
    pub except: Vec<RawExcept>,

    // A run without a prefix, known by its surroundings.
    pub value: Option<RawSegment>,
    #[serde(default)]
    pub near: Vec<String>,
    #[serde(default)]
    pub weak: Vec<String>,
    #[serde(default)]
    pub broad: bool,

    // A value of any form, assigned to a name that holds one of the literals.
    #[serde(default)]
    pub assigned: bool,

    #[serde(default)]
    pub ignore_case: bool,
    #[serde(default)]
    pub boundary: Boundary,
    #[serde(default)]
    pub entropy: f32,
    #[serde(default)]
    pub check: Vec<String>,
    pub decode: Option<String>,
    pub part: Option<RawPart>,
    #[serde(default)]
    pub examples: Vec<String>,
    #[serde(default)]
    pub not: Vec<String>,
}

fn default_confidence() -> u8 {
    90
}
fn default_before() -> usize {
    128
}
fn default_after() -> usize {
    512
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// A part of a token's body: literal text, or so many characters of an alphabet.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawSegment {
    Literal(String),
    Chars(RawChars),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChars {
    pub alphabet: String,
    pub length: Option<usize>,
    pub min: Option<usize>,
    pub max: Option<usize>,
    /// Characters that may follow the last one and belong to it (base64 padding).
    #[serde(default)]
    pub padding: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPart {
    pub of: String,
    pub role: Role,
}

/// What must be so besides the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOnly {
    pub path: Option<String>,
    pub preceded: Option<String>,
    pub followed: Option<String>,
    #[serde(default)]
    pub digits: usize,
    #[serde(default)]
    pub upper: usize,
    #[serde(default)]
    pub lower: usize,
    #[serde(default)]
    pub special: usize,
    pub specials: Option<String>,
}

/// What makes a match none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExcept {
    /// Ids, for one that stands by itself; all of the file without.
    #[serde(default)]
    pub patterns: Vec<String>,
    #[serde(default)]
    pub all: bool,
    #[serde(default)]
    pub target: Target,
    #[serde(default)]
    pub regex: Vec<String>,
    #[serde(default)]
    pub words: Vec<String>,
    #[serde(default)]
    pub path: Vec<String>,
}

/// What the expressions of an exception look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The value.
    #[default]
    Value,
    /// All of the match.
    Match,
    /// The line it stands on.
    Line,
}

/// Where a match may begin and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Not inside a longer word, before and after.
    #[default]
    Token,
    /// Not inside a longer word before; anything may follow.
    Start,
    /// Anywhere.
    None,
}

/// One `[[group]]` table: a credential of several parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub id: String,
    pub name: String,
    pub severity: Severity,
    pub why: String,
    pub fix: String,
    pub reference: String,
}
