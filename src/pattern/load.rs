//! From the TOML of a pattern file to patterns.

use super::alphabet::Alphabet;
use super::conditions::{Conditions, Except};
use super::form::{self, Body, Segment};
use super::provider;
use super::schema::{File, OneOrMany, RawChars, RawExcept, RawGroup, RawPattern, RawSegment};
use super::{Bytes, Group, LazyRegex, Matcher, Pattern, PatternError, Str, Strs, check};
use crate::triage::{checksum, decode};
use serde::Deserialize;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// What a file holds, groups with the line they stand on.
#[derive(Default)]
pub(super) struct Read {
    pub patterns: Vec<Pattern>,
    pub groups: Vec<(usize, Group)>,
}

/// Reads the pattern file `text`; `origin` names it in errors.
pub(super) fn read(origin: &str, text: &str) -> Result<Read, PatternError> {
    let file: File = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |s| line_of(text, s.start));
        PatternError { origin: format!("{origin}:{line}"), what: suggest(e.message()) }
    })?;
    let line = |span: Range<usize>| line_of(text, span.start);
    let at = |line: usize| format!("{origin}:{line}");
    let mut read = Read::default();
    read.groups.extend(file.group.into_iter().map(|raw| (line(raw.span()), group(raw.into_inner()))));
    read.patterns.reserve(file.pattern.len());
    for raw in file.pattern {
        let at = at(line(raw.span()));
        let pattern = compile(raw.into_inner(), &at).map_err(|what| PatternError { origin: at, what })?;
        read.patterns.push(pattern);
    }
    for raw in file.provider {
        let line = line(raw.span());
        let error = |what| PatternError { origin: at(line), what };
        let expanded = provider::expand(raw.get_ref()).map_err(error)?;
        for table in expanded.patterns {
            let raw = RawPattern::deserialize(toml::Value::Table(table))
                .map_err(|e| error(suggest(e.message())))?;
            read.patterns.push(compile(raw, &at(line)).map_err(error)?);
        }
        if let Some(table) = expanded.group {
            let raw =
                RawGroup::deserialize(toml::Value::Table(table)).map_err(|e| error(suggest(e.message())))?;
            read.groups.push((line, group(raw)));
        }
    }
    for raw in file.except {
        let line = line(raw.span());
        add_exceptions(&mut read, &[raw.into_inner()])
            .map_err(|what| PatternError { origin: at(line), what })?;
    }
    Ok(read)
}

/// Adds exceptions that stand by themselves to the patterns that they are about.
pub(super) fn add_exceptions(read: &mut Read, all: &[RawExcept]) -> Result<(), String> {
    for raw in all {
        let except = Arc::new(Except::new(raw)?);
        let is_meant =
            |p: &&mut Pattern| raw.patterns.is_empty() || raw.patterns.iter().any(|id| p.id == *id);
        for pattern in read.patterns.iter_mut().filter(is_meant) {
            pattern.conditions.get_or_insert_default().add(Arc::clone(&except));
        }
    }
    Ok(())
}

fn group(raw: RawGroup) -> Group {
    Group {
        id: raw.id.into(),
        name: raw.name.into(),
        severity: raw.severity,
        why: raw.why.into(),
        fix: raw.fix.into(),
        reference: raw.reference.into(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// Adds "did you mean" to serde's unknown-key errors.
pub(crate) fn suggest(message: &str) -> String {
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

pub(super) fn compile(raw: RawPattern, origin: &str) -> Result<Pattern, String> {
    check::id(&raw.id)?;
    let matcher = matcher(&raw).map_err(|what| format!("{}: {what}", raw.id))?;
    let checks = raw
        .check
        .iter()
        .map(|name| checksum::Check::named(name))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|what| format!("{}: {what}", raw.id))?
        .into();
    // Keywords that the search begins with stand there anyway.
    let keywords = if matches!(matcher, Matcher::Search { ref keywords, .. } if !keywords.is_empty()) {
        &[]
    } else {
        raw.keywords.as_slice()
    };
    let conditions = Conditions::new(keywords, raw.only, &raw.except)
        .map_err(|what| format!("{}: {what}", raw.id))?
        .map(Box::new);
    let decode = raw.decode.as_deref().map(decode::Decoder::named).transpose()?;
    if raw.confidence > 100 {
        return Err(format!("{}: confidence is a number from 0 to 100, found {}", raw.id, raw.confidence));
    }
    Ok(Pattern {
        name: raw.name.into(),
        class: raw.class,
        severity: raw.severity,
        confidence: raw.confidence,
        why: raw.why.into(),
        fix: raw.fix.into(),
        reference: raw.reference.into(),
        near: if matches!(matcher, Matcher::Run { .. }) { Cow::Borrowed(&[]) } else { strs(raw.near) },
        weak: strs(raw.weak),
        broad: raw.broad,
        matcher,
        ignore_case: raw.ignore_case,
        boundary: raw.boundary,
        entropy: raw.entropy,
        checks,
        decode,
        conditions,
        part: raw.part.map(|p| (p.of.into(), p.role)),
        examples: strs(raw.examples),
        not: strs(raw.not),
        origin: origin.to_owned().into(),
        id: raw.id.into(),
    })
}

fn matcher(raw: &RawPattern) -> Result<Matcher, String> {
    if raw.assigned {
        return Ok(Matcher::Assigned { literals: literals(&raw.literal, "literal")? });
    }
    let forms = || -> Result<Cow<'static, [Body]>, String> {
        let bodies = raw.form.iter().map(|text| form::parse(text).map(Cow::Owned));
        bodies.collect::<Result<Vec<Body>, _>>().map(Cow::Owned)
    };
    if !raw.form.is_empty() {
        if raw.regex.is_some() || raw.value.is_some() || raw.body.is_some() {
            return Err("`form` stands in place of `regex`, `value` and `body`".into());
        }
        if !raw.prefix.is_empty() {
            return Ok(Matcher::Token { prefixes: literals(&raw.prefix, "prefix")?, bodies: forms()? });
        }
        if raw.near.is_empty() && raw.weak.is_empty() {
            return Err("`form` without a `prefix` needs words in `near` or `weak` that name it".into());
        }
        return Ok(Matcher::Named { bodies: forms()? });
    }
    match (raw.prefix.is_empty(), &raw.regex, &raw.value) {
        (false, None, None) => {
            let body = match &raw.body {
                None => return Err("`prefix` needs a `body`".into()),
                Some(OneOrMany::One(one)) => vec![segment(one)?],
                Some(OneOrMany::Many(many)) => many.iter().map(segment).collect::<Result<Vec<_>, _>>()?,
            };
            let bodies = vec![Cow::Owned(body)].into();
            Ok(Matcher::Token { prefixes: literals(&raw.prefix, "prefix")?, bodies })
        }
        (true, Some(regex), None) => {
            if raw.literal.is_empty() {
                return search(raw, regex);
            }
            if raw.before > 4096 || raw.after > 64 << 10 {
                return Err("`before` may be 4096 and `after` 65536 at most".into());
            }
            Ok(Matcher::Regex {
                literals: literals(&raw.literal, "literal")?,
                regex: LazyRegex::around_literals(regex.clone().into(), raw.ignore_case),
                before: raw.before,
                after: raw.after,
            })
        }
        (true, None, Some(value)) => match segment(value)? {
            Segment::Chars { min, .. } if min < 16 => Err(format!(
                "`value` must be at least 16 characters long, found {min}: shorter runs are everywhere"
            )),
            Segment::Chars { alphabet, min, max, .. } => {
                let near = strs(raw.near.iter().map(|w| w.to_ascii_lowercase()).collect());
                Ok(Matcher::Run { alphabet, min, max, near })
            }
            Segment::Literal(_) => Err("`value` must be characters of an alphabet".into()),
        },
        _ => Err("needs exactly one of `prefix` + `body`, `literal` + `regex`, `value`".into()),
    }
}

/// An expression without literals.
fn search(raw: &RawPattern, regex: &str) -> Result<Matcher, String> {
    let is_long = |word: &String| word.len() >= 3;
    let by_keyword = !raw.keywords.is_empty() && raw.keywords.iter().all(is_long) && !raw.slow;
    if !by_keyword && !raw.slow {
        return Err(
            "`regex` needs at least one `literal` that is in every match; without, `keywords` of 3 bytes or \
                    more that stand in the same text, or `slow = true`"
                .into(),
        );
    }
    let begins = |word: &String| Cow::Owned(word.as_bytes()[..word.len().min(64)].to_vec());
    let keywords: Vec<Bytes> =
        if by_keyword { raw.keywords.iter().map(begins).collect() } else { Vec::new() };
    Ok(Matcher::Search {
        keywords: keywords.into(),
        regex: LazyRegex::new(regex.to_owned().into(), raw.ignore_case),
    })
}

fn strs(texts: Vec<String>) -> Strs {
    texts.into_iter().map(Str::from).collect::<Vec<_>>().into()
}

fn literals(texts: &[String], key: &str) -> Result<Cow<'static, [Bytes]>, String> {
    texts
        .iter()
        .map(|text| {
            if (3..=64).contains(&form::bytes(text).len()) {
                Ok(Cow::Owned(form::bytes(text)))
            } else {
                Err(format!("`{key}` {text:?} must be 3 to 64 bytes long: shorter ones are everywhere"))
            }
        })
        .collect::<Result<Vec<Bytes>, _>>()
        .map(Cow::Owned)
}

fn segment(raw: &RawSegment) -> Result<Segment, String> {
    match raw {
        RawSegment::Literal(text) if text.is_empty() => Err("a literal segment must not be empty".into()),
        RawSegment::Literal(text) => Ok(Segment::Literal(Cow::Owned(text.as_bytes().to_vec()))),
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
