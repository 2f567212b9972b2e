//! Whatever an expression finds in a text, its pattern finds there too.

use crate::blob::TextKind;
use crate::engine::{Engine, Hit, Sink};
use crate::pattern::PatternSet;
use proptest::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use std::collections::BTreeSet;
use std::ops::Range;

/// The values of all hits.
#[derive(Default)]
struct Values(BTreeSet<(usize, usize)>);

impl Sink for Values {
    fn hit(&mut self, hit: Hit) {
        self.0.insert((hit.value.start, hit.value.end));
    }
    fn run(&mut self, _: Range<usize>) {}
}

/// Expressions as rules have them: something in front, a literal or none, a value, an end.
fn rules() -> impl Strategy<Value = String> {
    let front = prop_oneof![
        Just(String::new()),
        Just(r"\b".to_owned()),
        Just(r"[\w.-]{0,8}?".to_owned()),
        Just(r"(?i)".to_owned()),
        Just(r"(?:^|[^a-z])".to_owned()),
        Just(r"\w*".to_owned()),
    ];
    let name = prop_oneof![
        "[a-c]{3,5}_",
        "[a-c]{1,2}",
        Just("(?:abc|bcaa|cab[xy])".to_owned()),
        Just("(?i:abc)-".to_owned()),
        Just("(?:abc)?_".to_owned()),
        Just("a{3,}".to_owned()),
    ];
    let joint = prop_oneof![
        Just(String::new()),
        Just(r"\s{0,2}[:=]\s*".to_owned()),
        Just("(?:[ _]{1,3})".to_owned())
    ];
    let value = prop_oneof![
        Just("([a-c0-9]{4})".to_owned()),
        Just("([a-c]{2,6})".to_owned()),
        Just("[0-9]{3,9}".to_owned()),
        Just("([0-9]+|[a-c]{3})".to_owned()),
    ];
    let end = prop_oneof![Just(String::new()), Just(r"\b".to_owned()), Just(r"(?:[\s;]|$)".to_owned())];
    (front, name, joint, value, end).prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn patterns_find_what_expressions_find(
        (source, texts) in rules().prop_flat_map(|source| {
            let like = proptest::string::string_regex(&source.replace(r"\b", "").replace(['^', '$'], ""))
                .unwrap_or_else(|_| proptest::string::string_regex("abc").unwrap());
            let piece = prop_oneof![like, "[a-c0-9_ :=;\n]{0,12}"];
            (Just(source), prop::collection::vec(piece, 1..8))
        })
    ) {
        let text = texts.join(" ");
        let rule = format!("[[rules]]\nid = 'one'\nregex = \'{source}\'\n");
        let mut set = PatternSet::empty();
        prop_assume!(set.convert_text("rules.toml", &rule).unwrap().is_some());
        let mut found = Values::default();
        Engine::new(&set).search(text.as_bytes(), 0..text.len(), TextKind::Plain, &mut found);
        let config = syntax::Config::new().utf8(false).unicode(false);
        let hir = syntax::parse_with(&source, &config).unwrap();
        let regex = Regex::builder().build_from_hir(&hir).unwrap();
        for captures in regex.captures_iter(text.as_bytes()) {
            let value = captures.get_group(1).or_else(|| captures.get_match().map(|m| m.span())).unwrap();
            let is_found = found.0.iter().any(|&(start, end)| start < value.end && value.start < end);
            prop_assert!(is_found || value.is_empty(), "{source} in {text:?}: {value:?} not among {:?}", found.0);
        }
    }
}
