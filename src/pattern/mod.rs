//! Patterns: what secrets look like, as data.
//!
//! Built-in patterns are the TOML files in `patterns/`, compiled into the binary; users add files
//! of the same schema. A pattern is one of three kinds ([`Matcher`]): a prefix and a body, a
//! regular expression around literals, or a run known by its surroundings.

pub mod alphabet;
pub mod check;
pub mod conditions;
pub mod example;
pub mod form;
pub mod import;
mod lazy;
mod load;
pub mod needs;
mod packed;
mod provider;
mod schema;

use crate::engine::named;
use crate::finding::{Class, Role, Severity};
use crate::triage::{checksum, decode};
use alphabet::Alphabet;
pub(crate) use load::suggest;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::OnceLock;

pub use form::{Body, Segment};
pub use lazy::{Compiled, LazyRegex};
pub use load::edit_distance;
pub use packed::BUILTIN;
pub use schema::{Boundary, Target};

/// Index of a pattern in its [`PatternSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub u16);

/// A text: of the binary, or of a file a user gave.
pub type Str = Cow<'static, str>;
/// Several of them.
pub type Strs = Cow<'static, [Str]>;
/// Bytes to look for.
pub type Bytes = Cow<'static, [u8]>;

/// How a pattern is recognised.
#[derive(Debug)]
pub enum Matcher {
    /// One of the prefixes, then the segments in order. Matched by table, without a regex.
    Token {
        /// Texts the token starts with.
        prefixes: Cow<'static, [Bytes]>,
        /// What may follow: one of these.
        bodies: Cow<'static, [Body]>,
    },
    /// A regular expression whose match must overlap one of the literals.
    Regex {
        /// Texts of which one is always in a match.
        literals: Cow<'static, [Bytes]>,
        /// The expression. The groups `id`, `secret` and `value` name the parts.
        regex: LazyRegex,
        /// Bytes before the literal in which a match may start; 0 = it starts with the literal.
        before: usize,
        /// Bytes from the literal on in which a match must end.
        after: usize,
    },
    /// A regular expression without a literal of its own: tried on all that is near a keyword, or, without
    /// keywords, on every text.
    Search {
        /// Texts, in any case, of which one stands near.
        keywords: Cow<'static, [Bytes]>,
        /// The expression, with the same groups.
        regex: LazyRegex,
    },
    /// A whole run of characters without a prefix; triage keeps it when a word of `near` names it
    /// or when it is paired.
    Run {
        /// The characters.
        alphabet: Alphabet,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Words (lower case) of which one must be in the key or close before the run.
        near: Strs,
    },
    /// A value without a form of its own, named by the words around it (`engine::named`): those of
    /// [`Pattern::near`] and [`Pattern::weak`].
    Named {
        /// What it may look like.
        bodies: Cow<'static, [Body]>,
    },
    /// A value of any form that is plainly assigned to a name; what it is worth, `triage::score` says.
    Assigned {
        /// Texts of which one is always in the name.
        literals: Cow<'static, [Bytes]>,
    },
}

/// One kind of secret, and all that is said about it.
#[derive(Debug)]
pub struct Pattern {
    /// `aws.access-key-id`.
    pub id: Str,
    /// `AWS access key ID`.
    pub name: Str,
    /// What sort of thing it is.
    pub class: Class,
    /// How bad it is before verification.
    pub severity: Severity,
    /// How sure a match is, 0 to 100.
    pub confidence: u8,
    /// What it opens.
    pub why: Str,
    /// How to revoke it and what to do instead.
    pub fix: Str,
    /// Where the format is documented.
    pub reference: Str,
    /// How it is recognised.
    pub matcher: Matcher,
    /// Words that name it, for [`Matcher::Named`], and for tokens whose prefix others share: hosts, headers,
    /// names of the product.
    pub near: Strs,
    /// Such words that are common ones too: they need a name that says secret beside them.
    pub weak: Strs,
    /// Whether it is a form that many kinds share: a more telling name for the same value wins.
    pub broad: bool,
    /// Whether literals match in any case.
    pub ignore_case: bool,
    /// Where it may begin and end.
    pub boundary: Boundary,
    /// Least Shannon entropy of the value, in bits per character; 0 = any.
    pub entropy: f32,
    /// Checks the value must pass.
    pub checks: Cow<'static, [checksum::Check]>,
    /// What can be read from the value offline.
    pub decode: Option<decode::Decoder>,
    /// What must be so besides.
    pub conditions: Option<Box<conditions::Conditions>>,
    /// The credential this is a part of, and as what.
    pub part: Option<(Str, Role)>,
    /// Templates of texts that hold it.
    pub examples: Strs,
    /// Templates of texts that do not.
    pub not: Strs,
    /// File and line of the definition.
    pub origin: Str,
}

impl Pattern {
    /// Whether words around a value say more than its form, because others share that form.
    pub fn is_shared(&self) -> bool {
        !self.near.is_empty() || !self.weak.is_empty()
    }
}

/// A credential of several parts.
#[derive(Clone, Debug)]
pub struct Group {
    /// `aws.key-pair`.
    pub id: Str,
    /// `AWS access key pair`.
    pub name: Str,
    /// How bad a complete one is.
    pub severity: Severity,
    /// What it opens.
    pub why: Str,
    /// What to do.
    pub fix: Str,
    /// Where it is documented.
    pub reference: Str,
}

/// What is wrong with a pattern file.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {what}")]
pub struct PatternError {
    /// File and line.
    pub origin: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Patterns and groups, checked.
#[derive(Debug, Default)]
pub struct PatternSet {
    /// Whether those in the binary come first.
    has_builtin: bool,
    patterns: Vec<Pattern>,
    groups: BTreeMap<String, Group>,
    names: OnceLock<named::Index>,
}

impl PatternSet {
    /// The built-in patterns, which are read when the first is asked for. Regular expressions are not
    /// compiled before they are needed; tests and `keysift patterns check` compile them all.
    pub fn builtin() -> Result<PatternSet, PatternError> {
        Ok(PatternSet { has_builtin: true, ..PatternSet::default() })
    }

    /// Whether it is what is built in, no more and no less.
    pub fn is_all_builtin(&self) -> bool {
        self.has_builtin && self.patterns.is_empty()
    }

    /// How many of the patterns are built in.
    fn builtin_count(&self) -> usize {
        if self.has_builtin { packed::COUNT } else { 0 }
    }

    fn builtin_groups(&self) -> &'static [Group] {
        if self.has_builtin { packed::groups() } else { &[] }
    }

    /// No patterns, not even those in the binary.
    pub fn empty() -> PatternSet {
        PatternSet::default()
    }

    /// Adds the file at `path`, written by a user for us or for another tool, or all such files of a folder:
    /// everything in it is checked, regular expressions too. Tells what of another tool's rules is not honoured.
    pub fn add_file(&mut self, path: &Path) -> Result<Vec<import::Note>, PatternError> {
        let mut notes = Vec::new();
        let before = self.patterns.len();
        for file in import::files(path)? {
            let origin = file.display().to_string();
            let text = import::text(&file)?;
            let is_taken = |id: &str| self.find(id).is_some();
            match import::read(&origin, &text, &is_taken)? {
                None => self.add(&origin, &text)?,
                Some(mut imported) => {
                    let read = import::patterns(&mut imported)?;
                    notes.append(&mut imported.notes);
                    self.extend(&origin, read)?;
                }
            }
        }
        self.finish()?;
        self.patterns[before..].iter().try_for_each(check::regexes)?;
        Ok(notes)
    }

    /// Adds the rule file at `path`, written for another tool, and gives it as TOML of ours; `None` if it is ours.
    pub fn convert(&mut self, path: &Path) -> Result<Option<import::Converted>, PatternError> {
        self.convert_text(&path.display().to_string(), &import::text(path)?)
    }

    /// The same for the text of a file.
    pub fn convert_text(
        &mut self,
        origin: &str,
        text: &str,
    ) -> Result<Option<import::Converted>, PatternError> {
        let is_taken = |id: &str| self.find(id).is_some();
        let Some(imported) = import::read(origin, text, &is_taken)? else { return Ok(None) };
        let (read, converted) = import::convert(imported)?;
        self.extend(origin, read)?;
        Ok(Some(converted))
    }

    /// Adds the patterns of `text`; `origin` names it in errors.
    pub fn add(&mut self, origin: &str, text: &str) -> Result<(), PatternError> {
        let read = load::read(origin, text)?;
        self.extend(origin, read)
    }

    fn extend(&mut self, origin: &str, read: load::Read) -> Result<(), PatternError> {
        for (line, group) in read.groups {
            if self.group(&group.id).is_some() {
                return Err(PatternError {
                    origin: format!("{origin}:{line}"),
                    what: format!("group id {:?} is used twice", group.id),
                });
            }
            self.groups.insert(group.id.to_string(), group);
        }
        self.patterns.extend(read.patterns);
        self.names = OnceLock::new();
        Ok(())
    }

    /// Checks what concerns the set as a whole: ids, groups.
    fn finish(&self) -> Result<(), PatternError> {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (_, pattern) in self.iter() {
            let error = |what| Err(PatternError { origin: pattern.origin.to_string(), what });
            if let Some(first) = seen.insert(&pattern.id, &pattern.origin) {
                return error(format!("pattern id {:?} is used twice (first at {first})", pattern.id));
            }
            if let Some((group, _)) = &pattern.part
                && self.group(group).is_none()
            {
                let what = format!("{}: part.of names the group {group:?}, which does not exist", pattern.id);
                return error(what);
            }
        }
        if self.len() > usize::from(u16::MAX) {
            return Err(PatternError { origin: "patterns".into(), what: "more than 65,535 patterns".into() });
        }
        Ok(())
    }

    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.builtin_count() + self.patterns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pattern with this id.
    pub fn get(&self, id: PatternId) -> &Pattern {
        let index = usize::from(id.0);
        match index.checked_sub(self.builtin_count()) {
            None => packed::pattern(index),
            Some(own) => &self.patterns[own],
        }
    }

    /// Whether the pattern is one of ours, and no user's.
    pub fn is_builtin(&self, id: PatternId) -> bool {
        usize::from(id.0) < self.builtin_count()
    }

    /// The pattern with this name.
    pub fn find(&self, id: &str) -> Option<&Pattern> {
        self.patterns().find(|p| p.id == id)
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id).or_else(|| self.builtin_groups().iter().find(|g| g.id == id))
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.builtin_groups().iter().chain(self.groups.values())
    }

    /// All patterns, in the order of their ids.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let builtin = (0..self.builtin_count()).map(|number| -> &Pattern { packed::pattern(number) });
        builtin.chain(&self.patterns)
    }

    /// Patterns with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (PatternId, &Pattern)> {
        self.patterns().enumerate().map(|(i, p)| (PatternId(i as u16), p))
    }

    /// Which words name which patterns; made when first needed.
    pub fn names(&self) -> &named::Index {
        self.names.get_or_init(|| named::Index::new(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "[[pattern]]\nid='a.b'\nname='n'\nclass='credential'\nseverity='high'\nwhy='w'\nfix='f'\nreference='r'\n";

    fn error(text: &str) -> String {
        let mut set = PatternSet::default();
        let result = set.add("f.toml", text).and_then(|()| set.finish());
        result.unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_line_and_the_likely_key() {
        assert_eq!(
            error(&format!("{MINIMAL}prefixx=['abc']\n")),
            "f.toml:9: unknown key `prefixx`: did you mean `prefix`?"
        );
        assert!(
            error(&format!("{MINIMAL}prefix=['abc']\n")).contains("f.toml:1: a.b: `prefix` needs a `body`")
        );
        let token = "prefix=['abc']\nbody={alphabet='hexx', length=4}\n";
        assert!(error(&format!("{MINIMAL}{token}")).contains("unknown alphabet \"hexx\""));
        let twice = format!("{MINIMAL}prefix=['abc']\nbody={{alphabet='hex', length=4}}\n");
        assert!(error(&format!("{twice}{twice}")).contains("f.toml:11: pattern id \"a.b\" is used twice"));
    }

    #[test]
    fn the_builtin_set_is_what_the_files_say() {
        let mut set = PatternSet::default();
        for name in BUILTIN {
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
            set.add(name, &text).unwrap();
        }
        let builtin = PatternSet::builtin().unwrap();
        builtin.finish().unwrap();
        assert_eq!(builtin.len(), set.len());
        assert_eq!(builtin.patterns().count(), set.patterns().count());
        for (built, read) in builtin.patterns().zip(set.patterns()) {
            assert_eq!(format!("{built:?}"), format!("{read:?}"));
        }
        let groups = |set: &PatternSet| {
            let mut all: Vec<String> = set.groups().map(|g| format!("{g:?}")).collect();
            all.sort();
            all
        };
        assert_eq!(groups(&builtin), groups(&set));
    }

    #[test]
    fn the_builtin_set_loads() {
        let set = PatternSet::builtin().unwrap();
        assert!(set.len() > 60);
    }

    #[test]
    fn distances() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
