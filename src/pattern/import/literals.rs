//! Which literals are in every match of an expression, and how far before them a match may start.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Texts of which one is in every match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The texts, 3 to 64 bytes each.
    pub texts: Vec<Vec<u8>>,
    /// Whether they stand there in any case.
    pub ignore_case: bool,
    /// Most bytes of a match before the text, where there is a bound.
    pub before: Option<usize>,
}

/// A text that a part of an expression may match, and whether letters of it match in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    bytes: Vec<u8>,
    any_case: bool,
}

/// Literals of which one is in every match of a part.
#[derive(Clone, Debug)]
struct Candidate {
    literals: Vec<Literal>,
    before: Option<usize>,
}

/// What is known of a part of an expression.
#[derive(Default)]
struct Known {
    /// All that it can match, where that is little.
    exact: Option<Vec<Literal>>,
    best: Option<Candidate>,
}

const SHORTEST: usize = 3;
const LONGEST: usize = 64;
/// Texts of one stretch; more are no help.
const MOST: usize = 64;
/// Texts of all branches of an alternation.
const MOST_BRANCHES: usize = 512;

/// The literals of an expression, where it has any that are worth looking for.
pub fn required(hir: &Hir) -> Option<Required> {
    let Candidate { literals, before } = best(known(hir))?;
    let ignore_case = literals.iter().any(|l| l.any_case);
    let mut texts: Vec<Vec<u8>> = literals.into_iter().map(|l| l.bytes).collect();
    if ignore_case {
        texts.iter_mut().for_each(|text| text.make_ascii_lowercase());
    }
    texts.sort();
    texts.dedup();
    // One that begins another finds both; where the other begins, so does it.
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for text in texts {
        if !kept.last().is_some_and(|shorter| text.starts_with(shorter)) {
            kept.push(text);
        }
    }
    Some(Required { texts: kept, ignore_case, before })
}

fn best(known: Known) -> Option<Candidate> {
    let whole = known.exact.and_then(|exact| candidate(&exact, Some(0)));
    better(known.best, whole)
}

fn candidate(literals: &[Literal], before: Option<usize>) -> Option<Candidate> {
    if literals.is_empty() || literals.iter().any(|l| l.bytes.len() < SHORTEST) {
        return None;
    }
    let mut literals = literals.to_vec();
    literals.iter_mut().for_each(|l| l.bytes.truncate(LONGEST));
    Some(Candidate { literals, before })
}

/// The one that is rarer in text, by a rough guess.
fn better(a: Option<Candidate>, b: Option<Candidate>) -> Option<Candidate> {
    let (Some(a), Some(b)) = (&a, &b) else { return a.or(b) };
    let worth = |c: &Candidate| {
        let text = |l: &Literal| {
            let is_word = l.bytes.iter().all(u8::is_ascii_lowercase);
            // Short words stand in many a line of program text, signs and capitals do not.
            4 * l.bytes.len().min(8) - if is_word && l.bytes.len() < 6 { 5 } else { 0 }
        };
        let least = c.literals.iter().map(text).min().unwrap_or(0) as i64;
        let many = i64::from(c.literals.len().ilog2());
        let bound = if c.before.is_some_and(|before| before <= 64) { 2 } else { 0 };
        least - many + bound
    };
    if worth(b) > worth(a) { Some(b.clone()) } else { Some(a.clone()) }
}

fn add(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    a?.checked_add(b?)
}

fn longest(hir: &Hir) -> Option<usize> {
    hir.properties().maximum_len()
}

fn known(hir: &Hir) -> Known {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Known { exact: Some(vec![Literal::default()]), best: None },
        HirKind::Literal(literal) if literal.0.len() <= 4 * LONGEST => {
            let bytes = literal.0.to_vec();
            Known { exact: Some(vec![Literal { bytes, any_case: false }]), best: None }
        }
        HirKind::Literal(literal) => {
            let start = Literal { bytes: literal.0[..LONGEST].to_vec(), any_case: false };
            Known { exact: None, best: candidate(&[start], Some(0)) }
        }
        HirKind::Class(class) => Known { exact: characters(class), best: None },
        HirKind::Capture(group) => known(&group.sub),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(branches) => alternation(branches),
        HirKind::Repetition(repetition) => {
            let sub = known(&repetition.sub);
            let once = vec![Literal::default()];
            let times = (repetition.min as usize).min(LONGEST);
            let repeated = sub
                .exact
                .as_ref()
                .and_then(|exact| (0..times).try_fold(once.clone(), |all, _| cross(&all, exact)));
            if repetition.max == Some(repetition.min) && times == repetition.min as usize {
                let inner = if times > 0 { sub.best } else { None };
                return Known { exact: repeated, best: inner };
            }
            if (repetition.min, repetition.max) == (0, Some(1)) {
                let exact = sub.exact.filter(|exact| exact.len() < MOST);
                return Known { exact: exact.map(|exact| [exact, once].concat()), best: None };
            }
            if times == 0 {
                return Known::default();
            }
            let run = repeated.and_then(|all| candidate(&all, Some(0)));
            Known { exact: None, best: better(sub.best, run) }
        }
    }
}

/// The characters of a class, both cases of a letter as one, where they are few.
fn characters(class: &Class) -> Option<Vec<Literal>> {
    let ranges: Vec<(u8, u8)> = match class {
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Unicode(class) => {
            let ascii = |c: char| u8::try_from(u32::from(c)).ok().filter(u8::is_ascii);
            class.ranges().iter().map(|r| ascii(r.start()).zip(ascii(r.end()))).collect::<Option<_>>()?
        }
    };
    let bytes: Vec<u8> = ranges.iter().flat_map(|&(start, end)| start..=end).take(17).collect();
    if bytes.len() > 16 || bytes.is_empty() {
        return None;
    }
    let has = |b: u8| bytes.contains(&b);
    let literal = |&b: &u8| match (b.is_ascii_alphabetic(), has(b ^ 0x20)) {
        // Told by the lower-case one.
        (true, true) if b.is_ascii_uppercase() => None,
        (true, true) => Some(Literal { bytes: vec![b], any_case: true }),
        _ => Some(Literal { bytes: vec![b], any_case: false }),
    };
    let all: Vec<Literal> = bytes.iter().filter_map(literal).collect();
    (all.len() <= 8).then_some(all)
}

fn cross(left: &[Literal], right: &[Literal]) -> Option<Vec<Literal>> {
    if left.len().checked_mul(right.len())? > MOST {
        return None;
    }
    let mut all = Vec::with_capacity(left.len() * right.len());
    for l in left {
        for r in right {
            if l.bytes.len() + r.bytes.len() > 4 * LONGEST {
                return None;
            }
            let bytes = [l.bytes.as_slice(), &r.bytes].concat();
            all.push(Literal { bytes, any_case: l.any_case || r.any_case });
        }
    }
    all.sort();
    all.dedup();
    Some(all)
}

fn concat(parts: &[Hir]) -> Known {
    // What the stretch that ends here can be, and most bytes before it.
    let mut stretch = vec![Literal::default()];
    let mut stretch_before = Some(0);
    let mut before = Some(0);
    let mut is_exact = true;
    let mut found: Option<Candidate> = None;
    for part in parts {
        let known = known(part);
        let behind = add(before, longest(part));
        match known.exact.as_ref().and_then(|exact| cross(&stretch, exact)) {
            Some(joined) => {
                if joined.len() > stretch.len() {
                    found = better(found, candidate(&stretch, stretch_before));
                }
                stretch = joined;
            }
            None => {
                found = better(found.take(), candidate(&stretch, stretch_before));
                let inner = known.best.map(|c| Candidate { before: add(before, c.before), ..c });
                found = better(found, inner);
                is_exact = false;
                (stretch, stretch_before) = match known.exact {
                    Some(exact) => (exact, before),
                    None => (vec![Literal::default()], behind),
                };
            }
        }
        before = behind;
    }
    if is_exact {
        return Known { exact: Some(stretch), best: found };
    }
    Known { exact: None, best: better(found, candidate(&stretch, stretch_before)) }
}

fn alternation(branches: &[Hir]) -> Known {
    let branches: Vec<Known> = branches.iter().map(known).collect();
    let count: usize = branches.iter().map(|b| b.exact.as_ref().map_or(0, Vec::len)).sum();
    let all_exact = branches.iter().all(|b| b.exact.is_some());
    let exact = (all_exact && count <= MOST)
        .then(|| branches.iter().flat_map(|b| b.exact.clone().unwrap_or_default()).collect());
    let mut all = Candidate { literals: Vec::new(), before: Some(0) };
    for branch in branches {
        let Some(one) = best(branch) else { return Known { exact, best: None } };
        all.literals.extend(one.literals);
        all.before = all.before.zip(one.before).map(|(a, b)| a.max(b));
    }
    all.literals.sort();
    all.literals.dedup();
    let best = (!all.literals.is_empty() && all.literals.len() <= MOST_BRANCHES).then_some(all);
    Known { exact, best }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;
    use regex_automata::util::syntax;

    fn parse(source: &str) -> Hir {
        syntax::parse_with(source, &syntax::Config::new().utf8(false).unicode(false)).unwrap()
    }

    fn of(source: &str) -> Option<(Vec<String>, bool, Option<usize>)> {
        let Required { texts, ignore_case, before } = required(&parse(source))?;
        let texts = texts.into_iter().map(|t| String::from_utf8_lossy(&t).into_owned()).collect();
        Some((texts, ignore_case, before))
    }

    fn told(
        texts: &[&str],
        ignore_case: bool,
        before: Option<usize>,
    ) -> Option<(Vec<String>, bool, Option<usize>)> {
        Some((texts.iter().map(|t| (*t).to_owned()).collect(), ignore_case, before))
    }

    #[test]
    fn what_every_match_holds() {
        assert_eq!(of(r"\b(zzq_[a-z0-9]{32})\b"), told(&["zzq_"], false, Some(0)));
        assert_eq!(
            of(r"(?i)[\w.-]{0,50}?(?:zorbl|quux)[\s'\x22]{0,3}[:=]\w{32}"),
            told(&["quux", "zorbl"], true, Some(50))
        );
        assert_eq!(of(r"zq[pos]_[0-9A-F]{8}"), told(&["zqo_", "zqp_", "zqs_"], false, Some(0)));
        assert_eq!(of(r"\w+@zorbl\.example"), told(&["@zorbl.example"], false, None));
        assert_eq!(of(r"[a-f0-9]{32}"), None);
        assert_eq!(of(r"(?:zorbl)?[a-f0-9]{32}"), None);
        assert_eq!(of(r"(?:zorbl|[0-9]{9})x"), None);
        assert_eq!(of(r"(?:ab|ac){2}-"), told(&["abab-", "abac-", "acab-", "acac-"], false, Some(0)));
        assert_eq!(of(r"x{40,}"), told(&["x".repeat(40).as_str()], false, Some(0)));
        assert_eq!(of(r"(?i:zorbl)-KEY"), told(&["zorbl-key"], true, Some(0)));
    }

    #[test]
    fn large_expressions_take_no_time() {
        let deep = format!("{}a{}", "(?:".repeat(60), "{1,9}b?)".repeat(60));
        let wide = (0..5000).map(|n| format!("zz{n}[a-z]")).collect::<Vec<_>>().join("|");
        for source in [deep.as_str(), wide.as_str(), "(?:[ab]{1000}){1000}", "(?:(?:a|b|c|d){60}x){60}"] {
            if let Some(found) = required(&parse(source)) {
                assert!(found.texts.len() <= MOST_BRANCHES);
            }
        }
    }

    /// Pieces of expressions, and ways to put them together.
    fn expressions() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-d]{1,4}",
            Just("[a-c]".to_owned()),
            Just("[aA]".to_owned()),
            Just("[x-z0-9]".to_owned()),
            Just("[0-9]".to_owned()),
        ];
        piece.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.concat()),
                prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("(?:{})", all.join("|"))),
                (inner.clone(), 0..3usize, 0..3usize)
                    .prop_map(|(one, min, more)| format!("(?:{one}){{{min},{}}}", min + more)),
                inner.clone().prop_map(|one| format!("(?i:{one})")),
                inner.clone().prop_map(|one| format!("(?:{one})+")),
                inner.prop_map(|one| format!("({one})?")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

        /// Whatever an expression makes up, it matches, holds one of the literals, and no farther in than said.
        #[test]
        fn every_match_holds_one(
            (source, text) in expressions().prop_flat_map(|source| {
                let texts = proptest::string::string_regex(&source).unwrap();
                (Just(source), texts)
            })
        ) {
            let hir = parse(&source);
            prop_assert!(Regex::builder().build_from_hir(&hir).unwrap().is_match(text.as_bytes()));
            if let Some(found) = required(&hir) {
                let text = if found.ignore_case { text.to_ascii_lowercase() } else { text.clone() };
                let first = found.texts.iter().filter_map(|l| memchr::memmem::find(text.as_bytes(), l)).min();
                prop_assert!(first.is_some(), "{source}: {text} holds none of {found:?}");
                prop_assert!(found.before.is_none_or(|before| first <= Some(before)), "{source}: {text} {found:?}");
            }
        }
    }
}
