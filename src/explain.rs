//! Why something was or was not reported: a scan of one file with every judgement written down.
//!
//! The same code that decides in a scan decides here; nothing is judged twice by other rules.

use crate::address::{Address, escape};
use crate::allow::Allowing;
use crate::blob::{Text, TextKind, TextOffset};
use crate::engine::assignment::{Form, Named};
use crate::finding::{Finding, Secret};
use crate::pattern::PatternSet;
use crate::scan::{Options, Scanner};
use crate::triage::score::{self, Rated, Refusal};
use crate::triage::{self, Fate};
use std::io;
use std::path::Path;

/// What was thought of something that is assigned to a name.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Where it stands: the blob, the offset in it, and the line where that is text.
    pub address: Address,
    /// Offset of its first byte in the blob.
    pub offset: u64,
    /// Line, from 1, where the blob is text.
    pub line: Option<u32>,
    /// The name it is assigned to.
    pub name: String,
    /// The value.
    pub value: Secret,
    /// How it stands to the name.
    pub form: Form,
    /// What it is worth, or why it is no secret.
    pub verdict: Result<Rated, Refusal>,
    /// What speaks for and against it, the heaviest first.
    pub reasons: Vec<(&'static str, f32)>,
}

impl Judgement {
    /// A judgement of what stands in `text`.
    pub(crate) fn new(
        text: &Text<'_>,
        address: &Address,
        named: &Named,
        verdict: Result<Rated, Refusal>,
    ) -> Judgement {
        let bytes = text.bytes;
        let before = &bytes[..named.value.start];
        let line = (text.kind == TextKind::Plain)
            .then(|| 1 + u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX - 1));
        Judgement {
            address: address.clone(),
            offset: text.blob_offset(TextOffset(named.value.start)).0,
            line,
            name: String::from_utf8_lossy(&bytes[named.name.clone()]).into_owned(),
            value: Secret::new(&bytes[named.value.clone()]),
            form: named.form,
            verdict,
            reasons: score::reasons(bytes, named),
        }
    }
}

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Everything on a line, or at an offset where the blob is no text.
    Place {
        /// The blob, as reports print it.
        address: String,
        /// Line or offset.
        number: u64,
    },
    /// The finding with this fingerprint.
    Fingerprint(String),
}

/// What became of one thing, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `src/config.py:12`
    pub place: String,
    /// `db_password = hu…, assigned in quotes`
    pub what: String,
    /// One test each, passed or failed.
    pub steps: Vec<String>,
    /// Whether it is in the report.
    pub reported: bool,
}

/// Answers a question about one file.
pub fn explain(
    patterns: &PatternSet,
    options: Options,
    allowing: &Allowing,
    path: &Path,
    question: &Question,
) -> io::Result<Vec<Answer>> {
    let scanner = Scanner::new(patterns, options)?;
    let (sightings, judgements) = scanner.watch(path)?;
    let (findings, fates) = triage::explained(patterns, sightings);
    let mut answers = Vec::new();
    for judgement in &judgements {
        if judgement.verdict.is_err() || !is_worth_a_report(judgement) {
            let at = (judgement.address.to_string(), judgement.line, judgement.offset);
            if asks_for(question, &at, None, &findings) {
                answers.push(of_judgement(judgement));
            }
        }
    }
    for (sighting, fate) in &fates {
        let at = (sighting.address.to_string(), sighting.position.map(|p| p.0), sighting.place);
        if !asks_for(question, &at, Some(&sighting.value), &findings) {
            continue;
        }
        let pattern = patterns.get(sighting.pattern);
        let mut steps = vec![format!("matches the pattern {}: {}", pattern.id, pattern.name)];
        let own = judgements
            .iter()
            .find(|j| sighting.named.is_some() && j.value == sighting.value && j.offset == sighting.range.0);
        if let Some(judgement) = own {
            steps.extend(weighed(judgement));
        }
        steps.push(fate.in_words());
        let is_in = |f: &&Finding| {
            f.parts.values().any(|v| *v == sighting.value)
                && f.sites.iter().any(|s| s.address == sighting.address && s.offset == sighting.place)
        };
        let is_reported = matches!(fate, Fate::Reported { .. });
        steps.extend(triage::collection::caveat(&pattern.id).filter(|_| is_reported));
        let grant = findings.iter().find(is_in).filter(|_| is_reported).and_then(|f| allowing.grant(f));
        steps.extend(grant.as_ref().map(|grant| format!("allowed by {}", grant.in_words())));
        answers.push(Answer {
            place: place(&at),
            what: what(sighting.named.as_ref().map(|n| n.0.as_str()), &sighting.value),
            steps,
            reported: is_reported && grant.is_none(),
        });
    }
    answers.dedup();
    Ok(answers)
}

fn is_worth_a_report(judgement: &Judgement) -> bool {
    judgement.verdict.is_ok_and(|rated| rated.confidence >= score::WORTH_A_REPORT)
}

fn asks_for(
    question: &Question,
    (address, line, offset): &(String, Option<u32>, u64),
    value: Option<&Secret>,
    findings: &[Finding],
) -> bool {
    match question {
        Question::Place { address: wanted, number } => {
            let is_decoded = address.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('!'));
            (address == wanted || is_decoded && line.is_some())
                && (line.map(u64::from) == Some(*number) || line.is_none() && offset == number)
        }
        Question::Fingerprint(wanted) => value.is_some_and(|value| {
            findings.iter().any(|f| f.fingerprint.starts_with(wanted) && f.parts.values().any(|v| v == value))
        }),
    }
}

fn place((address, line, offset): &(String, Option<u32>, u64)) -> String {
    match line {
        Some(line) => format!("{address}:{line}"),
        None => format!("{address}@{offset}"),
    }
}

fn what(name: Option<&str>, value: &Secret) -> String {
    match name {
        Some(name) => format!("{} = {}", escape(name.as_bytes()), value.redacted()),
        None => value.redacted(),
    }
}

fn of_judgement(judgement: &Judgement) -> Answer {
    let at = (judgement.address.to_string(), judgement.line, judgement.offset);
    let mut steps = vec![format!("{} is {}", escape(judgement.name.as_bytes()), in_words(judgement.form))];
    match judgement.verdict {
        Err(why) => steps.push(format!("failed: {why}")),
        Ok(_) => {
            steps.extend(weighed(judgement));
            steps.push(format!("not reported: less than {} % sure", score::WORTH_A_REPORT));
        }
    }
    Answer { place: place(&at), what: what(Some(&judgement.name), &judgement.value), steps, reported: false }
}

/// What was weighed, and the sum.
fn weighed(judgement: &Judgement) -> Vec<String> {
    let Ok(rated) = judgement.verdict else { return Vec::new() };
    let mut steps =
        vec![format!("passed: {} is {}", escape(judgement.name.as_bytes()), in_words(judgement.form))];
    let side = |sign: fn(f32) -> bool| {
        let parts = judgement.reasons.iter().filter(|(_, w)| sign(*w)).take(6);
        parts.map(|(name, weight)| format!("{name} {weight:+.1}")).collect::<Vec<_>>().join(", ")
    };
    for (title, list) in [("for it", side(|w| w > 0.0)), ("against it", side(|w| w < 0.0))] {
        if !list.is_empty() {
            steps.push(format!("{title}: {list}"));
        }
    }
    if let Some(why) = rated.only_low {
        steps.push(format!("low severity: {why}"));
    }
    steps.push(format!("together: {} % sure that it is a secret", rated.confidence));
    steps
}

fn in_words(form: Form) -> &'static str {
    match form {
        Form::Assign => "assigned a text",
        Form::Pair => "the key of a text",
        Form::Compare => "compared with a text",
        Form::Argument => "an argument before a text",
        Form::Call => "called with a text",
        Form::Element => "an element or attribute around a text",
        Form::Sibling => "a name with a value beside it",
        Form::Flag => "an option before a value",
        Form::Word => "followed by a value",
        Form::Clause => "a clause or a column of SQL with a value",
        Form::Default => "given a default",
        Form::Item => "a list with a text in it",
        Form::Environment => "set to a value, as in an environment",
        Form::Yaml => "the key of a value without quotes",
        Form::Setting => "set to a value without quotes",
        Form::Login => "a call that takes a password there",
        Form::Prose => "in a sentence with a value",
    }
}
