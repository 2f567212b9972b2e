//! Values without a form of their own, named by the words around them.
//!
//! A run that looks random is looked at in its surroundings (`context.rs`): `words.rs` finds all words
//! that name a provider; of the kinds that are named, those whose form the value has remain; of these the
//! nearest word decides. What fits equally well is told as candidates.

mod builtin;
mod fit;
mod imported;
mod key;
mod parent;
mod place;
mod sure;
mod word;
mod worth;

use super::assigned;
use super::context::{self, Context, Key, Region, joined};
use super::runs::is_token;
use super::runs::outline::Outline;
use super::words::Words;
use crate::blob::TextKind;
use crate::finding::Severity;
use crate::pattern::{Matcher, Pattern, PatternId, PatternSet};
use crate::triage::names::Strength;
use crate::triage::{generic, names, pair};
use fit::{breadth, is_whole, spans};
use parent::Parent;
use std::collections::BTreeMap;
use std::ops::Range;
use sure::{confidence, is_first_argument, is_of_many_kinds, is_path_before};
use word::Weight;
use worth::{is_in_url, is_mixed, may_be_mixed, may_be_secret, may_hold_random};

/// A value whose surroundings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub pattern: PatternId,
    /// All of it.
    pub span: Range<usize>,
    /// How sure, 0 to 100.
    pub confidence: u8,
    /// What it may be as well.
    pub others: Vec<PatternId>,
}

/// Which words name which patterns.
pub struct Index(Words<Names>);

/// What a word names, and how much it says.
type Names = (PatternId, Weight);

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Index of words")
    }
}

/// How well a pattern is named, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    region: std::cmp::Reverse<(u8, u8)>,
    is_telling: bool,
    /// In a name the weight of the word, its length and its nearness; elsewhere the nearness first.
    rest: [i64; 3],
}

struct Candidate {
    pattern: PatternId,
    score: Score,
    region: Region,
    weight: Weight,
    /// Where the word stands in the text.
    at: usize,
    /// The word, in the folded surroundings.
    word: Range<usize>,
    heads: bool,
    /// Whether a common word stands where names do.
    is_placed: bool,
    /// Whether it is all of the value's own name.
    is_own_name: bool,
    /// Whether the word stands behind the value.
    is_behind: bool,
    /// Whether the word is part of a name that says secret.
    is_secret: bool,
}

impl Candidate {
    /// Whether more than the word says that it is a name.
    fn is_told(&self) -> bool {
        self.weight > Weight::Weak || self.is_secret || self.is_placed || self.heads
    }
}

impl Index {
    /// The words of all patterns of the set.
    pub fn new(patterns: &PatternSet) -> Index {
        if patterns.is_all_builtin() { Index(builtin::words()) } else { Index::of(patterns) }
    }

    fn of(patterns: &PatternSet) -> Index {
        let all = patterns.iter().flat_map(|(id, pattern)| {
            let words = word::weighed(&pattern.near, &pattern.weak);
            words.map(move |(word, weight)| (word, (id, weight)))
        });
        Index(Words::new(all))
    }

    /// What the surroundings of `run`, a run of token characters, say that it is.
    ///
    /// `outline` is its outline, where it has one; `is_random` says whether it looks random as a whole.
    pub fn name(
        &self,
        patterns: &PatternSet,
        text: &[u8],
        run: &Range<usize>,
        outline: Option<Outline>,
        kind: TextKind,
        is_random: bool,
    ) -> Option<Named> {
        let value = &text[run.clone()];
        if value.len() > LONGEST {
            return None;
        }
        let is_random = is_random
            || outline.is_none_or(|o| may_hold_random(value, &o))
                && may_be_secret(value, || is_in_url(text, run.start));
        let is_worth_a_look = is_random || outline.is_none_or(|o| may_be_mixed(value, &o)) && is_mixed(value);
        if !is_worth_a_look {
            return None;
        }
        self.look(patterns, text, run, kind != TextKind::Plain, is_random, None).or_else(|| {
            let brought = (is_random && kind == TextKind::Plain).then(|| imported::brought(text, run))??;
            let named = self.look(patterns, &brought.text, &brought.run, false, is_random, None)?;
            (named.span == brought.run).then_some(Named { span: run.clone(), ..named })
        })
    }

    /// Whether a run of these characters, which does not look random, may be named by whatever stands around it.
    pub fn may_name(&self, value: &[u8], outline: Outline) -> bool {
        may_hold_random(value, &outline) && may_be_secret(value, || true)
            || may_be_mixed(value, &outline) && is_mixed(value)
    }

    /// The same as [`Index::name`] for a value that is shorter than runs are, and assigned to a name that says secret.
    pub fn name_short(
        &self,
        patterns: &PatternSet,
        text: &[u8],
        value: &Range<usize>,
        kind: TextKind,
    ) -> Option<Named> {
        let named = self.look(patterns, text, value, kind != TextKind::Plain, true, None);
        named.filter(|named| named.span == *value)
    }

    /// The same for a value whose name stands elsewhere and says secret: a column of a table.
    pub fn name_told(
        &self,
        patterns: &PatternSet,
        text: &[u8],
        value: &Range<usize>,
        kind: TextKind,
        strength: Strength,
    ) -> Option<Named> {
        let key = Some(Key::Secret(strength));
        let named = self.look(patterns, text, value, kind != TextKind::Plain, true, key);
        named.filter(|named| named.span == *value)
    }

    /// The same for a value that stands encoded at `span` of a text: a line of a secret of Kubernetes.
    pub fn name_decoded(
        &self,
        patterns: &PatternSet,
        outer: &[u8],
        span: &Range<usize>,
        value: &[u8],
    ) -> Option<Named> {
        let before = &outer[span.start.saturating_sub(context::BEFORE)..span.start];
        let padding = outer[span.end..].iter().take(2).take_while(|b| **b == b'=').count();
        let after = &outer[span.end + padding..];
        let after = &after[..after.len().min(context::AFTER)];
        let text = [before, value, after].concat();
        let run = before.len()..before.len() + value.len();
        let is_random =
            value.split(|b| !is_token(*b)).any(|part| part.len() >= 16 && generic::is_random(part))
                || may_be_secret(&text[run.clone()], || is_in_url(&text, run.start));
        let named = self.look(patterns, &text, &run, false, is_random, None)?;
        (named.span == run).then_some(Named { span: 0..value.len(), ..named })
    }

    /// The same for a value whose name and place are all that is known of its surroundings.
    pub fn name_of(&self, patterns: &PatternSet, place: &str, value: &[u8]) -> Option<Named> {
        let mut text = place.as_bytes().to_vec();
        text.extend_from_slice(b" = \"");
        let start = text.len();
        text.extend_from_slice(value);
        let run = start..text.len();
        text.push(b'"');
        self.look(patterns, &text, &run, false, true, None).filter(|named| named.span == run)
    }

    /// Whether the surroundings of a token name its pattern.
    pub fn names(
        &self,
        patterns: &PatternSet,
        text: &[u8],
        span: &Range<usize>,
        kind: TextKind,
        pattern: PatternId,
    ) -> bool {
        let context = Context::of(text, span.clone(), kind != TextKind::Plain);
        self.candidates(patterns, &context).iter().any(|c| {
            c.pattern == pattern
                && !is_far(c)
                && (c.weight > Weight::Weak || c.region <= Region::Line || c.heads)
        })
    }

    fn candidates(&self, patterns: &PatternSet, context: &Context<'_>) -> Vec<Candidate> {
        let folded = context.folded();
        let mut matches: Vec<(Range<usize>, &[Names])> = context
            .word_starts()
            .filter(|at| self.0.may_begin(&folded[*at..]))
            .flat_map(|at| self.0.at(&folded[at..]).map(move |(len, named)| (at..at + len, named)))
            .filter(|(range, _)| context.is_word(range.clone()))
            .collect();
        if matches.is_empty() {
            return Vec::new();
        }
        matches.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        // A name inside a longer one stands where that does.
        let mut around = 0..0;
        let mut best: BTreeMap<PatternId, Candidate> = BTreeMap::new();
        for (range, named) in matches {
            if range.end > around.end {
                around = range.clone();
            }
            let place = context.place(&range);
            if place::is_keeper(context.text(), &place) {
                continue;
            }
            let (region, distance) = context.region(around.start);
            let heads = match region {
                Region::Above(_) => context.is_heading(range.start),
                Region::Line => context.is_called(range.start),
                _ => false,
            };
            let rank = match region {
                Region::Own => (0, 0),
                Region::Line => (1, 0),
                Region::Above(lines) => (2, if heads { lines } else { lines.saturating_add(2) }),
                Region::Below(lines) => (2, lines.saturating_add(3)),
            };
            for &(pattern, weight) in named {
                // A host says more than a word that stands a little nearer, be it `/spaces/` in a path or a list of other services.
                let rank = match (region, weight) {
                    (Region::Line, Weight::Weak) if !heads => (1, 1),
                    (Region::Below(_), Weight::Weak | Weight::Plain) => (2, rank.1.saturating_add(3)),
                    _ => rank,
                };
                let score = Score {
                    region: std::cmp::Reverse(rank),
                    is_telling: !patterns.get(pattern).broad,
                    rest: {
                        let (weight, length) = (weight as i64, range.len() as i64);
                        let nearness = -(distance as i64);
                        if rank.0 == 0 { [weight, length, nearness] } else { [nearness, length, weight] }
                    },
                };
                let is_secret = weight == Weight::Weak && rank.0 == 0 && context.names_secret(&range);
                let is_weak = weight == Weight::Weak;
                let candidate = Candidate {
                    pattern,
                    score,
                    region,
                    weight,
                    at: place.start,
                    word: range.clone(),
                    heads,
                    is_placed: is_weak && place::is_name(context.text(), &place),
                    is_own_name: is_weak && rank.0 == 0 && context.is_own_name(&range),
                    is_behind: context.is_behind(around.start),
                    is_secret,
                };
                let worth = |c: &Candidate| (c.is_told(), c.score);
                if best.get(&pattern).is_none_or(|known| worth(known) < worth(&candidate)) {
                    best.insert(pattern, candidate);
                }
            }
        }
        best.into_values().collect()
    }

    fn look(
        &self,
        patterns: &PatternSet,
        text: &[u8],
        run: &Range<usize>,
        is_pool: bool,
        is_random: bool,
        told: Option<Key>,
    ) -> Option<Named> {
        if assigned::is_sealed(&text[run.start.saturating_sub(context::BEFORE)..run.start]) {
            return None;
        }
        let whole = joined(text, run);
        let spans = spans(text, run, &whole);
        let context = Context::of(text, spans.last().cloned().unwrap_or_else(|| run.clone()), is_pool);
        let mut candidates = self.candidates(patterns, &context);
        if candidates.is_empty() {
            return None;
        }
        let key = told.unwrap_or_else(|| key_of(&context, &candidates));
        if !is_random && !matches!(key, Key::Secret(_) | Key::Negated) {
            return None;
        }
        candidates.sort_by_key(|c| std::cmp::Reverse(c.score));
        // Another name, right before the value, than the one a few lines away.
        let is_foreign =
            context.name().is_some_and(|name| pair::stem(name).iter().any(|w| !COMMON.contains(&w.as_str())));
        let names = NameWords::of(&context);
        let parent = std::cell::OnceCell::new();
        // What stands in another block, above the one that the value is in.
        let is_shut_out = |c: &Candidate| {
            let parent = parent.get_or_init(|| Parent::of(text, run.start));
            parent.as_ref().is_some_and(|parent: &Parent| parent.shuts_out(text, c.at))
        };
        let mut fits: Vec<Fit> = Vec::new();
        for candidate in candidates {
            let pattern = patterns.get(candidate.pattern);
            let Matcher::Named { bodies } = &pattern.matcher else { continue };
            let is_sure = is_random || candidate.region == Region::Own;
            if !is_sure || !says_enough(&candidate, key, is_foreign, pattern, &context, &names) {
                continue;
            }
            if matches!(candidate.region, Region::Above(_))
                && candidate.weight < Weight::Strong
                && is_shut_out(&candidate)
            {
                continue;
            }
            let fit = spans.iter().find_map(|span| {
                bodies.iter().filter(|b| is_whole(text, span, b)).map(|b| breadth(b)).min().map(|n| (span, n))
            });
            // A commit beside `github.com`, an order's UUID beside the exchange.
            let is_id = |span: &Range<usize>| {
                is_of_many_kinds(&text[span.clone()])
                    && (text[..span.start].ends_with(b"@")
                        || candidate.region != Region::Own && is_first_argument(text, span)
                        || !context.is_assigned() && is_path_before(text, span.start)
                        || matches!(key, Key::Other | Key::None)
                            && !(candidate.region <= Region::Line && context.is_assigned())
                            && !place::binds(context.text(), candidate.at, || context.root()))
            };
            if let Some((span, breadth)) = fit
                && !is_id(span)
                && (span.len() < 24
                    || pattern.checks.is_empty()
                    || pattern.checks.iter().all(|c| c.passes(&text[span.clone()])))
            {
                let role = role(pattern, &names);
                fits.push(Fit { candidate, span: span.clone(), role, breadth });
            }
        }
        let first = fits.first()?;
        let top =
            (first.candidate.score.region, family(&patterns.get(first.candidate.pattern).id).to_owned());
        // The nearest word decides on the provider, the value's name and its form on the kind.
        let mut of_first: Vec<&Fit> = fits
            .iter()
            .filter(|f| {
                f.candidate.score == first.candidate.score
                    || f.candidate.score.region == top.0
                        && family(&patterns.get(f.candidate.pattern).id) == top.1
            })
            .collect();
        of_first.sort_by_key(|f| (std::cmp::Reverse(f.role), f.breadth, f.candidate.pattern));
        let best = of_first.first()?;
        let others = of_first[1..]
            .iter()
            .filter(|f| (f.role, f.breadth) == (best.role, best.breadth) && f.span == best.span)
            .map(|f| f.candidate.pattern)
            .collect();
        let pattern = patterns.get(best.candidate.pattern);
        Some(Named {
            pattern: best.candidate.pattern,
            span: best.span.clone(),
            confidence: confidence(pattern, &best.candidate, key, &context, &text[best.span.clone()]),
            others,
        })
    }
}

/// What the value's own name says, wherever it stands, and whatever words the name of a service in it is made of.
fn key_of(context: &Context<'_>, candidates: &[Candidate]) -> Key {
    let key = context.key();
    if matches!(key, Key::Secret(_) | Key::Hash) {
        return key;
    }
    if let Some(key) = key::elsewhere(context.text(), context.range()) {
        return key;
    }
    let service = candidates.iter().find(|c| c.region == Region::Own && c.weight > Weight::Weak);
    match (key, context.name(), service) {
        (Key::Negated, Some(name), Some(c)) => key::without(name, &context.folded()[c.word.clone()]),
        // `client = Client("VALUE")`
        (Key::Negated, Some(name), None) if context.is_for_client() => key::without(name, b""),
        _ => key,
    }
}

struct Fit {
    candidate: Candidate,
    span: Range<usize>,
    /// How well the kind agrees with the value's name.
    role: i32,
    /// How many values have the form, in bits; the fewer, the more it says.
    breadth: u32,
}

/// Lines above a value in which a common word counts that stands where names do.
const PLACED_ABOVE: u8 = 3;
/// Lines above a value in which a host says what a `key` is.
const NEAR_ABOVE: u8 = 4;
/// Lines below a value in which more than hosts and headers counts.
const NEAR_BELOW: u8 = 3;

/// Whether a word stands so far below that only the host of a service says something.
fn is_far(c: &Candidate) -> bool {
    matches!(c.region, Region::Below(lines) if lines > NEAR_BELOW) && c.weight < Weight::Strong
}

/// Words of names of secrets that say nothing of whose they are.
const COMMON: &[&str] = &[
    "access",
    "account",
    "admin",
    "api",
    "app",
    "application",
    "auth",
    "authentications",
    "authorization",
    "client",
    "consumer",
    "cred",
    "creds",
    "credential",
    "credentials",
    "dev",
    "development",
    "integration",
    "jwt",
    "live",
    "main",
    "master",
    "merchant",
    "my",
    "oauth",
    "personal",
    "prod",
    "production",
    "project",
    "refresh",
    "rest",
    "sandbox",
    "sdk",
    "server",
    "service",
    "shared",
    "staging",
    "test",
    "the",
    "webhook",
    "write",
    "read",
    "x",
    "bearer",
    "basic",
    "config",
    "configure",
    "current",
    "default",
    "env",
    "get",
    "header",
    "http",
    "init",
    "new",
    "our",
    "request",
    "send",
    "set",
    "use",
    "using",
    "with",
    "your",
];

/// Longest run that is looked at.
const LONGEST: usize = 4096;

fn says_enough(
    c: &Candidate,
    key: Key,
    is_foreign: bool,
    pattern: &Pattern,
    context: &Context<'_>,
    names: &NameWords<'_, '_>,
) -> bool {
    let is_near = c.region <= Region::Line;
    if is_far(c) {
        return false;
    }
    match key {
        // Some services call a secret a salt or a signature.
        Key::Hash => {
            c.region == Region::Own
                && pattern.id.split_once('.').is_some_and(|(_, kind)| crate::triage::names_look_alike(kind))
        }
        Key::Secret(_) => match (c.region, c.weight) {
            (Region::Own, Weight::Weak) => c.is_secret || c.is_placed,
            (Region::Own, _) => true,
            (Region::Line, Weight::Weak) => c.is_placed || c.heads && !is_foreign,
            (Region::Line, _) => true,
            (Region::Above(lines), Weight::Weak) => {
                (c.heads || c.is_placed && lines <= PLACED_ABOVE) && !is_foreign
            }
            (_, Weight::Weak) => c.heads && !is_foreign,
            (_, Weight::Strong) => c.heads || !is_foreign,
            (_, Weight::Plain) => c.heads || !is_foreign,
        },
        Key::Negated => {
            let is_public = pattern.severity == Severity::Info || pattern.id.ends_with("-id");
            match c.region {
                Region::Own => {
                    c.weight == Weight::Strong
                        || c.weight == Weight::Plain && is_public
                        || role(pattern, names) > 0
                }
                _ => is_public && role(pattern, names) > 0 && c.weight > Weight::Weak && (is_near || c.heads),
            }
        }
        Key::Other | Key::None => match c.weight {
            // `from acme import Client`, and below it `Client("VALUE")`.
            Weight::Strong | Weight::Plain if matches!(c.region, Region::Above(_)) => {
                place::is_import(context.text(), c.at) && context.is_for_client()
                    || place::binds(context.text(), c.at, || context.root())
            }
            Weight::Strong => is_near,
            Weight::Plain => {
                c.region == Region::Own && context.is_assigned()
                    || c.region == Region::Line && context.is_called(c.word.start) && context.is_argument()
            }
            Weight::Weak => {
                c.region == Region::Own
                    && context.is_assigned()
                    && (role(pattern, names) >= 3 || c.is_own_name && !is_of_many_kinds(context.value()))
            }
        },
    }
}

/// The words of the value's name and the identifiers before it, split when they are first asked for: most values
/// have none that matter.
struct NameWords<'c, 't> {
    context: &'c Context<'t>,
    words: std::cell::OnceCell<Vec<Vec<String>>>,
}

impl<'c, 't> NameWords<'c, 't> {
    fn of(context: &'c Context<'t>) -> Self {
        NameWords { context, words: std::cell::OnceCell::new() }
    }

    fn get(&self) -> &[Vec<String>] {
        self.words.get_or_init(|| self.context.identifiers().map(names::words).collect())
    }
}

/// How well the kind agrees with the value's name: `api-secret` with `BYBIT_API_SECRET`.
fn role(pattern: &Pattern, names: &NameWords<'_, '_>) -> i32 {
    let kind = pattern.id.split_once('.').map_or("", |(_, kind)| kind);
    let last = kind.rsplit('-').find(|w| !matches!(*w, "legacy" | "v2")).unwrap_or(kind);
    let mut best = 0;
    for words in names.get() {
        let has = |word: &str| words.iter().any(|w| w == word || w.strip_suffix('s') == Some(word));
        let agreed: i32 = kind
            .split('-')
            .map(|word| match (has(word), word) {
                (true, "key" | "api" | "app") => 1,
                (true, _) => 3,
                (
                    false,
                    "secret" | "token" | "password" | "id" | "public" | "private" | "refresh" | "legacy",
                ) => -2,
                (false, _) => 0,
            })
            .sum();
        // What is a secret is no id, whatever else their names have in common.
        let agreed = if has(last) { agreed } else { agreed.min(0) };
        best = best.max(agreed);
        if agreed > 0 {
            break;
        }
    }
    best
}

fn family(id: &str) -> &str {
    id.split_once('.').map_or(id, |(family, _)| family)
}
