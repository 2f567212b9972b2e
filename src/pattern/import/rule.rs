//! What is common to the rules of all tools: from a name, an expression and conditions to a pattern.

use super::regex::{self, Mapped, Secret};
use super::tree::Node;
use super::{Imported, Made, Note, literals};
use crate::engine;
use crate::finding::{Class, Severity};
use crate::pattern::schema::{Boundary, RawExcept, RawOnly, RawPattern};
use crate::pattern::{Matcher, Pattern, conditions};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// A rule, as far as all tools agree.
pub(super) struct Rule<'n> {
    /// Where it stands.
    pub(super) node: &'n Node,
    /// As its file has it.
    pub(super) id: String,
    /// As people call it.
    pub(super) name: String,
    /// The expression.
    pub(super) regex: String,
    /// Which group is the secret.
    pub(super) secret: Secret,
    /// Least entropy.
    pub(super) entropy: f32,
    /// Words of which one must be in the text.
    pub(super) keywords: Vec<String>,
    /// How sure it is.
    pub(super) confidence: u8,
    /// How bad.
    pub(super) severity: Severity,
    /// Where it is documented.
    pub(super) reference: Option<String>,
    /// Conditions, but for those that the expression brings.
    pub(super) only: RawOnly,
    /// Exceptions.
    pub(super) except: Vec<RawExcept>,
    /// Texts with their lines, and whether it is to be found there.
    pub(super) examples: Vec<(usize, String, bool)>,
}

/// Farthest that a match may begin before its literal; one of our own patterns may say no more either.
const BEFORE: usize = 4096;
/// The same where the expression knows no bound.
const OPEN_BEFORE: usize = 1024;
/// Farthest that a match may end behind the start of its literal.
const AFTER: usize = 64 << 10;
/// The same where the expression knows no bound.
const OPEN_AFTER: usize = 8 << 10;
/// Bytes that a compiled expression may take.
const LARGEST: usize = 4 << 20;
/// Bytes that all expressions of a file may take.
const MOST_MEMORY: usize = 512 << 20;
/// Rules of a file that are tried on all text.
const MOST_EVERYWHERE: usize = 200;
/// Literals and keywords of a file.
const MOST_LITERALS: usize = 100_000;
/// Keywords of one rule that count.
const MOST_KEYWORDS: usize = 1000;

impl Imported<'_> {
    /// Notes what is not honoured.
    pub fn note(&mut self, line: usize, rule: &str, what: impl Into<String>) {
        self.say(line, rule, what.into(), false);
    }

    /// Notes what makes no difference, as a rule.
    pub fn note_minor(&mut self, line: usize, rule: &str, what: impl Into<String>) {
        self.say(line, rule, what.into(), true);
    }

    fn say(&mut self, line: usize, rule: &str, what: String, is_minor: bool) {
        self.notes.push(Note {
            origin: format!("{}:{line}", self.origin),
            rule: rule.to_owned(),
            what,
            is_minor,
        });
    }

    /// Notes the keys that are there and mean nothing here.
    pub fn note_keys(&mut self, node: &Node, rule: &str, keys: &[(&str, &str)]) {
        for (key, what) in keys {
            if let Some(found) = node.get(key) {
                self.note(found.line, rule, format!("`{key}` is not honoured: {what}"));
            }
        }
    }

    /// Notes keys that no documentation that we know has.
    pub fn note_unknown(&mut self, node: &Node, rule: &str, known: &[&str]) {
        for (key, value) in node.keys() {
            if !known.contains(&key) {
                self.note(value.line, rule, format!("the key `{key}` is not known and not honoured"));
            }
        }
    }

    /// Adds the pattern of a rule, or notes why there is none.
    pub(super) fn add(&mut self, rule: Rule<'_>) {
        let (line, id) = (rule.node.line, rule.id.clone());
        match self.pattern(rule) {
            Ok(made) => self.rules.push(made),
            Err(what) => self.note(line, &id, format!("left out: {what}")),
        }
    }

    fn pattern(&mut self, rule: Rule<'_>) -> Result<Made, String> {
        let Rule { node, id, keywords, .. } = rule;
        let line = node.line;
        let Mapped { source, preceded, followed, notes } = regex::map(&rule.regex, rule.secret)?;
        for what in notes {
            self.note(line, &id, what);
        }
        let config = syntax::Config::new().utf8(false).unicode(false);
        let hir = syntax::parse_with(&source, &config).map_err(|e| last_line(&e.to_string()))?;
        let limits = Regex::config().utf8_empty(false).nfa_size_limit(Some(LARGEST));
        let built =
            Regex::builder().configure(limits).build_from_hir(&hir).map_err(|e| last_line(&e.to_string()))?;
        self.memory = self.memory.saturating_add(built.memory_usage());
        if self.memory > MOST_MEMORY {
            return Err("the expressions of this file take too much memory".into());
        }
        if hir.properties().minimum_len() == Some(0) {
            self.note(line, &id, "the expression matches nothing at all too; empty matches are left out");
        }
        let mut keywords: Vec<String> = keywords.into_iter().filter(|w| !w.is_empty()).collect();
        if keywords.len() > MOST_KEYWORDS {
            self.note(line, &id, format!("only the first {MOST_KEYWORDS} keywords are honoured"));
            keywords.truncate(MOST_KEYWORDS);
        }
        let required = literals::required(&hir);
        let mut slow = false;
        let (mut literal, mut before, mut after, mut any_case) = (Vec::new(), 0, 0, false);
        if let Some(required) = required {
            before = match required.before {
                Some(before) if before <= BEFORE => before,
                _ => {
                    self.note_minor(
                        line,
                        &id,
                        format!("a match begins at most {OPEN_BEFORE} bytes before its literal"),
                    );
                    OPEN_BEFORE
                }
            };
            after = match hir.properties().maximum_len() {
                Some(after) if after <= AFTER => after,
                _ => {
                    self.note_minor(
                        line,
                        &id,
                        format!("a match ends at most {OPEN_AFTER} bytes behind its literal"),
                    );
                    OPEN_AFTER
                }
            };
            // A keyword that is in every match stands there anyway.
            let lower = |text: &[u8]| text.to_ascii_lowercase();
            let holds = |text: &[u8]| {
                let text = lower(text);
                keywords.iter().any(|w| memchr::memmem::find(&text, &lower(w.as_bytes())).is_some())
            };
            if required.texts.iter().all(|text| holds(text)) {
                keywords.clear();
            }
            any_case = required.ignore_case;
            literal = required.texts.iter().map(|text| escaped(text)).collect();
        } else {
            slow = keywords.is_empty() || keywords.iter().any(|word| word.len() < 3);
            let what = if slow {
                "slow: the expression has no literal of 3 bytes, nor the rule such keywords; it is tried on all text"
            } else {
                "slow: the expression has no literal of 3 bytes; it is tried within 64 KiB of its keywords"
            };
            self.note(line, &id, what);
        }
        self.everywhere += usize::from(slow);
        if slow && self.everywhere > MOST_EVERYWHERE {
            return Err(format!(
                "more than {MOST_EVERYWHERE} rules of this file have neither literal nor keyword"
            ));
        }
        self.literals += literal.len() + keywords.len();
        if self.literals > MOST_LITERALS {
            return Err(format!(
                "the rules of this file have more than {MOST_LITERALS} literals and keywords"
            ));
        }
        // Literals may stand in any case where the expression as a whole may not.
        let source = if any_case { format!("(?-i:{source})") } else { source };
        let for_path =
            rule.only.path.iter().chain(rule.except.iter().flat_map(|e| e.path.iter().chain(&e.regex)));
        for source in for_path {
            conditions::compiles(source)?;
        }
        let pattern_id = self.id(&id, line);
        let name = short(&rule.name).unwrap_or_else(|| id.clone());
        let tool = self.format.name();
        let pattern = RawPattern {
            id: pattern_id,
            why: format!("Found by the rule {id:?} of a rule file for {tool}: {}", one_line(&rule.name)),
            fix: "Revoke it where it was issued, make a new one, and read that at run time from a secret store or the \
                  environment."
                .into(),
            reference: rule.reference.unwrap_or_else(|| format!("{} line {line}", file_name(&self.origin))),
            name,
            class: Class::Credential,
            severity: rule.severity,
            confidence: rule.confidence,
            prefix: Vec::new(),
            body: None,
            form: Vec::new(),
            literal,
            regex: Some(source),
            before,
            after,
            keywords,
            slow,
            only: Some(RawOnly { preceded, followed, ..rule.only }),
            except: rule.except,
            value: None,
            near: Vec::new(),
            weak: Vec::new(),
            // The same value under a name of our own is told by that.
            broad: true,
            assigned: false,
            ignore_case: any_case,
            boundary: Boundary::None,
            entropy: rule.entropy,
            check: Vec::new(),
            decode: None,
            part: None,
            examples: Vec::new(),
            not: Vec::new(),
        };
        Ok(Made { line, id, pattern, examples: rule.examples })
    }

    /// An expression that is only asked whether it matches.
    pub fn condition(&mut self, source: &str, node: &Node, rule: &str, key: &str) -> Option<String> {
        let mapped = regex::map(source, Secret::Number(0))
            .and_then(|mapped| conditions::compiles(&mapped.source).map(|()| mapped));
        match mapped {
            Ok(mapped)
                if mapped.preceded.is_none() && mapped.followed.is_none() && mapped.notes.is_empty() =>
            {
                Some(mapped.source)
            }
            Ok(_) => {
                self.note(node.line, rule, format!("`{key}` is not honoured: it looks around"));
                None
            }
            Err(what) => {
                let what = what.lines().last().unwrap_or_default().to_owned();
                self.note(node.line, rule, format!("`{key}` is not honoured: {what}"));
                None
            }
        }
    }

    /// The id of a rule as one of ours: `gitleaks.zzq-token`.
    fn id(&mut self, id: &str, line: usize) -> String {
        let family = self.format.name();
        let own = id.strip_prefix(family).and_then(|rest| rest.strip_prefix('.')).unwrap_or(id);
        let mut kind = String::new();
        for c in own.chars().take(100) {
            if c.is_ascii_alphanumeric() {
                kind.push(c.to_ascii_lowercase());
            } else if !kind.ends_with('-') && !kind.is_empty() {
                kind.push('-');
            }
        }
        let kind = kind.trim_end_matches('-');
        let kind = if kind.is_empty() { "rule" } else { kind };
        let first = format!("{family}.{kind}");
        let mut unique = first.clone();
        let mut n = 1;
        while self.ids.contains(&unique) || (self.is_taken)(&unique) {
            n += 1;
            unique = format!("{first}-{n}");
        }
        if n > 1 {
            self.note(line, id, format!("the id is used twice; this rule is {unique}"));
        }
        self.ids.insert(unique.clone());
        unique
    }
}

/// What an expression's error says, without the drawing above it.
fn last_line(message: &str) -> String {
    let line = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message);
    format!("the expression cannot be read: {}", line.trim().trim_start_matches("error: "))
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn one_line(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    text.join(" ").chars().take(400).collect()
}

/// A name of one line; none where there is nothing.
fn short(text: &str) -> Option<String> {
    let text: String = one_line(text).chars().take(80).collect();
    (!text.is_empty()).then_some(text)
}

/// A literal as pattern files write it.
fn escaped(text: &[u8]) -> String {
    let is_plain = |b: &u8| (b.is_ascii_graphic() || *b == b' ') && *b != b'\\';
    text.iter()
        .map(|b| if is_plain(b) { char::from(*b).to_string() } else { format!("\\x{b:02x}") })
        .collect()
}

/// Whether a pattern finds anything in a text.
pub fn finds(pattern: &Pattern, text: &[u8]) -> bool {
    let (Matcher::Regex { regex, .. } | Matcher::Search { regex, .. }) = &pattern.matcher else {
        return false;
    };
    engine::matches_of(regex.get(), text).iter().any(|hit| {
        let enough = engine::runs::Shape::of(&text[hit.value.clone()]).entropy >= pattern.entropy;
        enough && pattern.conditions.as_ref().is_none_or(|c| c.accept(text, hit).is_some())
    })
}
