//! Patterns: what secrets look like, as data.
//!
//! Built-in patterns are the TOML files in `patterns/`, compiled into the binary; users add files
//! of the same schema. A pattern is one of three kinds ([`Matcher`]): a prefix and a body, a
//! regular expression around literals, or a run known by its surroundings.

pub mod alphabet;
pub mod check;
pub mod example;
mod schema;

use crate::finding::{Class, Role, Severity};
use crate::triage::{checksum, decode};
use alphabet::Alphabet;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind};
use schema::{File, OneOrMany, RawChars, RawPattern, RawSegment, Tables};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

pub use schema::Boundary;

/// Index of a pattern in its [`PatternSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub u16);

/// A part of a token's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(Vec<u8>),
    /// So many characters of an alphabet.
    Chars {
        /// The characters.
        alphabet: Alphabet,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Whether `=` may follow and belongs to the value.
        padding: bool,
    },
}

/// How a pattern is recognised.
#[derive(Debug)]
pub enum Matcher {
    /// One of the prefixes, then the segments in order. Matched by table, without a regex.
    Token {
        /// Texts the token starts with.
        prefixes: Vec<Vec<u8>>,
        /// What follows.
        body: Vec<Segment>,
    },
    /// A regular expression whose match must overlap one of the literals.
    Regex {
        /// Texts of which one is always in a match.
        literals: Vec<Vec<u8>>,
        /// The expression. The groups `id`, `secret` and `value` name the parts.
        regex: LazyRegex,
        /// Bytes before the literal in which a match may start; 0 = it starts with the literal.
        before: usize,
        /// Bytes from the literal on in which a match must end.
        after: usize,
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
        near: Vec<String>,
    },
    /// A value of any form that is plainly assigned to a name; what it is worth, `triage::score` says.
    Assigned {
        /// Texts of which one is always in the name.
        literals: Vec<Vec<u8>>,
    },
}

/// The byte, of those that every match of the expression has, that is least common in text; `None` when
/// there is none but letters, digits and blanks.
fn needed_byte(hir: &Hir) -> Option<u8> {
    fn needed(hir: &Hir) -> Vec<u8> {
        match hir.kind() {
            HirKind::Literal(literal) => literal.0.to_vec(),
            HirKind::Class(class) => class.literal().into_iter().flatten().collect(),
            HirKind::Capture(group) => needed(&group.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
            HirKind::Concat(parts) => parts.iter().flat_map(needed).collect(),
            HirKind::Alternation(branches) => {
                let mut branches = branches.iter().map(needed);
                let mut common = branches.next().unwrap_or_default();
                branches.for_each(|branch| common.retain(|b| branch.contains(b)));
                common
            }
            HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => Vec::new(),
        }
    }
    // Rarest first, as seen in source text.
    const RARE: &[u8] = b"@~^$#%&!?|+*\\`<>[]{}=;:\"'";
    let all = needed(hir);
    RARE.iter().copied().find(|b| all.contains(b))
}

/// A regular expression compiled when it is first needed: start-up pays nothing for it.
#[derive(Debug)]
pub struct LazyRegex {
    source: String,
    ignore_case: bool,
    compiled: OnceLock<Compiled>,
}

/// An expression, ready to search.
#[derive(Debug)]
pub struct Compiled {
    /// The expression.
    pub regex: Regex,
    /// A byte that is in every match and rare in text.
    pub needs: Option<u8>,
}

impl LazyRegex {
    fn new(source: String, ignore_case: bool) -> Self {
        LazyRegex { source, ignore_case, compiled: OnceLock::new() }
    }

    fn compile(&self) -> Result<Compiled, String> {
        let syntax = syntax::Config::new().utf8(false).unicode(false).case_insensitive(self.ignore_case);
        let hir = syntax::parse_with(&self.source, &syntax).map_err(|e| e.to_string())?;
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false))
            .build_from_hir(&hir)
            .map_err(|e| e.to_string())?;
        Ok(Compiled { regex, needs: needed_byte(&hir) })
    }

    /// The compiled expression. Loading has checked that it compiles in every set that is checked;
    /// one that does not matches nothing.
    pub fn get(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            self.compile().unwrap_or_else(|_| Compiled {
                regex: Regex::new(r"[^\s\S]").expect("the empty class compiles"),
                needs: None,
            })
        })
    }
}

/// One kind of secret, and all that is said about it.
#[derive(Debug)]
pub struct Pattern {
    /// `aws.access-key-id`.
    pub id: String,
    /// `AWS access key ID`.
    pub name: String,
    /// What sort of thing it is.
    pub class: Class,
    /// How bad it is before verification.
    pub severity: Severity,
    /// How sure a match is, 0 to 100.
    pub confidence: u8,
    /// What it opens.
    pub why: String,
    /// How to revoke it and what to do instead.
    pub fix: String,
    /// Where the format is documented.
    pub reference: String,
    /// How it is recognised.
    pub matcher: Matcher,
    /// Whether literals match in any case.
    pub ignore_case: bool,
    /// Where it may begin and end.
    pub boundary: Boundary,
    /// Least Shannon entropy of the value, in bits per character; 0 = any.
    pub entropy: f32,
    /// Checks the value must pass.
    pub checks: Vec<checksum::Check>,
    /// What can be read from the value offline.
    pub decode: Option<decode::Decoder>,
    /// The credential this is a part of, and as what.
    pub part: Option<(String, Role)>,
    /// Templates of texts that hold it.
    pub examples: Vec<String>,
    /// Templates of texts that do not.
    pub not: Vec<String>,
    /// File and line of the definition.
    pub origin: String,
}

/// A credential of several parts.
#[derive(Clone, Debug)]
pub struct Group {
    /// `aws.key-pair`.
    pub id: String,
    /// `AWS access key pair`.
    pub name: String,
    /// How bad a complete one is.
    pub severity: Severity,
    /// What it opens.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Where it is documented.
    pub reference: String,
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
    patterns: Vec<Pattern>,
    groups: BTreeMap<String, Group>,
}

/// The pattern files in the binary, in the order of their patterns.
#[rustfmt::skip]
pub const BUILTIN: &[&str] = &[
    "patterns/aws.toml",
    "patterns/aws-config.toml",
    "patterns/google.toml",
    "patterns/keys.toml",
    "patterns/forges.toml",
    "patterns/messaging.toml",
    "patterns/payments.toml",
    "patterns/registries.toml",
    "patterns/ai.toml",
    "patterns/azure.toml",
    "patterns/clouds.toml",
    "patterns/urls.toml",
    "patterns/generic.toml",
];

/// Their tables as JSON, made by `build.rs`: to parse TOML took nine tenths of the start.
static TABLES: &str = include_str!(concat!(env!("OUT_DIR"), "/patterns.json"));

impl PatternSet {
    /// The built-in patterns. Regular expressions are not compiled before they are needed; tests
    /// and `keysift patterns check` compile them all.
    pub fn builtin() -> Result<PatternSet, PatternError> {
        let error = |what: String| PatternError { origin: "patterns".into(), what };
        let mut files: HashMap<&str, Tables> =
            serde_json::from_str(TABLES).map_err(|e| error(e.to_string()))?;
        let mut set = PatternSet::default();
        for name in BUILTIN {
            let tables = files.remove(name).ok_or_else(|| error(format!("{name} is not there")))?;
            set.enter(name, tables)?;
        }
        set.finish()?;
        Ok(set)
    }

    /// Adds the file at `path`, written by a user: everything in it is checked, regular
    /// expressions too.
    pub fn add_file(&mut self, path: &Path) -> Result<(), PatternError> {
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| PatternError { origin: origin.clone(), what: format!("cannot be read: {e}") })?;
        let before = self.patterns.len();
        self.add(&origin, &text)?;
        self.finish()?;
        self.patterns[before..].iter().try_for_each(check::regexes)
    }

    /// Adds the patterns of `text`; `origin` names it in errors.
    pub fn add(&mut self, origin: &str, text: &str) -> Result<(), PatternError> {
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| line_of(text, s.start));
            PatternError { origin: format!("{origin}:{line}"), what: suggest(e.message()) }
        })?;
        let line = |span: Range<usize>| line_of(text, span.start);
        let tables = Tables {
            group: file.group.into_iter().map(|g| (line(g.span()), g.into_inner())).collect(),
            pattern: file.pattern.into_iter().map(|p| (line(p.span()), p.into_inner())).collect(),
        };
        self.enter(origin, tables)
    }

    fn enter(&mut self, origin: &str, tables: Tables) -> Result<(), PatternError> {
        self.patterns.reserve(tables.pattern.len());
        for (line, raw) in tables.group {
            let group = Group {
                id: raw.id.clone(),
                name: raw.name,
                severity: raw.severity,
                why: raw.why,
                fix: raw.fix,
                reference: raw.reference,
            };
            if self.groups.insert(raw.id.clone(), group).is_some() {
                return Err(PatternError {
                    origin: format!("{origin}:{line}"),
                    what: format!("group id {:?} is used twice", raw.id),
                });
            }
        }
        for (line, raw) in tables.pattern {
            let at = format!("{origin}:{line}");
            let pattern = compile(raw, &at).map_err(|what| PatternError { origin: at, what })?;
            self.patterns.push(pattern);
        }
        Ok(())
    }

    /// Checks what concerns the set as a whole: ids, groups.
    fn finish(&self) -> Result<(), PatternError> {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for pattern in &self.patterns {
            let error = |what| Err(PatternError { origin: pattern.origin.clone(), what });
            if let Some(first) = seen.insert(&pattern.id, &pattern.origin) {
                return error(format!("pattern id {:?} is used twice (first at {first})", pattern.id));
            }
            if let Some((group, _)) = &pattern.part
                && !self.groups.contains_key(group)
            {
                let what = format!("{}: part.of names the group {group:?}, which does not exist", pattern.id);
                return error(what);
            }
        }
        if self.patterns.len() > usize::from(u16::MAX) {
            return Err(PatternError { origin: "patterns".into(), what: "more than 65,535 patterns".into() });
        }
        Ok(())
    }

    /// All patterns; the index is the [`PatternId`].
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The pattern with this id.
    pub fn get(&self, id: PatternId) -> &Pattern {
        &self.patterns[usize::from(id.0)]
    }

    /// The pattern with this name.
    pub fn find(&self, id: &str) -> Option<&Pattern> {
        self.patterns.iter().find(|p| p.id == id)
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    /// All groups by id.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// Patterns with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (PatternId, &Pattern)> {
        self.patterns.iter().enumerate().map(|(i, p)| (PatternId(i as u16), p))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// Adds "did you mean" to serde's unknown-key errors.
fn suggest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown field") {
        return message.to_owned();
    }
    let Some(unknown) = quoted.next() else { return message.to_owned() };
    match quoted.map(|known| (edit_distance(unknown, known), known)).min() {
        Some((distance, known)) if distance <= 2 + unknown.len() / 4 => {
            format!("unknown key `{unknown}`: did you mean `{known}`?")
        }
        _ => format!("unknown key `{unknown}`: {}", message.split_once(", ").map_or("", |(_, rest)| rest)),
    }
}

/// Levenshtein distance, for suggestions.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn compile(raw: RawPattern, origin: &str) -> Result<Pattern, String> {
    check::id(&raw.id)?;
    let matcher = matcher(&raw).map_err(|what| format!("{}: {what}", raw.id))?;
    let checks = raw
        .check
        .iter()
        .map(|name| checksum::Check::named(name))
        .collect::<Result<_, _>>()
        .map_err(|what| format!("{}: {what}", raw.id))?;
    let decode = raw.decode.as_deref().map(decode::Decoder::named).transpose()?;
    if raw.confidence > 100 {
        return Err(format!("{}: confidence is a number from 0 to 100, found {}", raw.id, raw.confidence));
    }
    Ok(Pattern {
        name: raw.name,
        class: raw.class,
        severity: raw.severity,
        confidence: raw.confidence,
        why: raw.why,
        fix: raw.fix,
        reference: raw.reference,
        matcher,
        ignore_case: raw.ignore_case,
        boundary: raw.boundary,
        entropy: raw.entropy,
        checks,
        decode,
        part: raw.part.map(|p| (p.of, p.role)),
        examples: raw.examples,
        not: raw.not,
        origin: origin.to_owned(),
        id: raw.id,
    })
}

fn matcher(raw: &RawPattern) -> Result<Matcher, String> {
    if raw.assigned {
        return Ok(Matcher::Assigned { literals: literals(&raw.literal, "literal")? });
    }
    match (raw.prefix.is_empty(), &raw.regex, &raw.value) {
        (false, None, None) => {
            let body = match &raw.body {
                None => return Err("`prefix` needs a `body`".into()),
                Some(OneOrMany::One(one)) => vec![segment(one)?],
                Some(OneOrMany::Many(many)) => many.iter().map(segment).collect::<Result<_, _>>()?,
            };
            Ok(Matcher::Token { prefixes: literals(&raw.prefix, "prefix")?, body })
        }
        (true, Some(regex), None) => {
            if raw.literal.is_empty() {
                return Err("`regex` needs at least one `literal` that is in every match".into());
            }
            if raw.before > 4096 || raw.after > 64 << 10 {
                return Err("`before` may be 4096 and `after` 65536 at most".into());
            }
            Ok(Matcher::Regex {
                literals: literals(&raw.literal, "literal")?,
                regex: LazyRegex::new(regex.clone(), raw.ignore_case),
                before: raw.before,
                after: raw.after,
            })
        }
        (true, None, Some(value)) => match segment(value)? {
            Segment::Chars { min, .. } if min < 16 => Err(format!(
                "`value` must be at least 16 characters long, found {min}: shorter runs are everywhere"
            )),
            Segment::Chars { alphabet, min, max, .. } => {
                let near = raw.near.iter().map(|w| w.to_ascii_lowercase()).collect();
                Ok(Matcher::Run { alphabet, min, max, near })
            }
            Segment::Literal(_) => Err("`value` must be characters of an alphabet".into()),
        },
        _ => Err("needs exactly one of `prefix` + `body`, `literal` + `regex`, `value`".into()),
    }
}

fn literals(texts: &[String], key: &str) -> Result<Vec<Vec<u8>>, String> {
    texts
        .iter()
        .map(|text| {
            if (3..=64).contains(&text.len()) {
                Ok(text.as_bytes().to_vec())
            } else {
                Err(format!("`{key}` {text:?} must be 3 to 64 bytes long: shorter ones are everywhere"))
            }
        })
        .collect()
}

fn segment(raw: &RawSegment) -> Result<Segment, String> {
    match raw {
        RawSegment::Literal(text) if text.is_empty() => Err("a literal segment must not be empty".into()),
        RawSegment::Literal(text) => Ok(Segment::Literal(text.as_bytes().to_vec())),
        RawSegment::Chars(RawChars { alphabet, length, min, max, padding }) => {
            let Range { start: min, end: max } = match (length, min, max) {
                (Some(n), None, None) => *n..*n,
                (None, Some(min), Some(max)) if min <= max => *min..*max,
                (None, Some(min), None) => *min..(*min).max(4096),
                _ => return Err("needs `length`, or `min` and perhaps `max` (not below `min`)".into()),
            };
            if max == 0 || max > 16 << 10 {
                return Err(format!("length {max} must be between 1 and 16384"));
            }
            Ok(Segment::Chars { alphabet: Alphabet::parse(alphabet)?, min, max, padding: *padding })
        }
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
        assert_eq!(format!("{:?}", PatternSet::builtin().unwrap()), format!("{set:?}"));
    }

    #[test]
    fn bytes_that_every_match_has() {
        let needs = |source: &str| LazyRegex::new(source.into(), false).compile().unwrap().needs;
        assert_eq!(needs(r"https?://[^:@/]+:([^@/]+)@\w+"), Some(b'@'));
        assert_eq!(needs(r"(?:a=b|c=d#)x"), Some(b'='));
        assert_eq!(needs(r"token[:=]?\w+"), None);
    }

    #[test]
    fn the_builtin_set_loads() {
        let set = PatternSet::builtin().unwrap();
        assert!(set.patterns().len() > 60);
    }

    #[test]
    fn distances() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
