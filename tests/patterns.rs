//! Every built-in pattern finds its examples and leaves its counter-examples alone.

use keysift::blob::TextKind;
use keysift::engine::{Engine, Hit, Sink};
use keysift::pattern::example::{Generator, fill};
use keysift::pattern::{BUILTIN, PatternSet, check};
use std::ops::Range;

struct Collect(Vec<Hit>);

impl Sink for Collect {
    fn hit(&mut self, hit: Hit) {
        self.0.push(hit);
    }
    fn run(&mut self, _: Range<usize>) {}
}

fn found(set: &PatternSet, engine: &Engine<'_>, text: &str) -> Vec<String> {
    let mut sink = Collect(Vec::new());
    engine.search(text.as_bytes(), 0..text.len(), TextKind::Plain, &mut sink);
    sink.0.iter().map(|h| set.get(h.pattern).id.clone()).collect()
}

#[test]
fn examples_match_and_counter_examples_do_not() {
    let set = PatternSet::builtin().unwrap();
    let engine = Engine::new(&set);
    let mut wrong = Vec::new();
    for pattern in set.patterns() {
        assert!(!pattern.examples.is_empty(), "{} has no examples", pattern.id);
        assert!(!pattern.not.is_empty(), "{} has no counter-examples", pattern.id);
        for seed in 0..20 {
            for example in &pattern.examples {
                let text = fill(example, &mut Generator::new(seed));
                if !found(&set, &engine, &text).contains(&pattern.id) {
                    wrong.push(format!("{}: not found in {text:?}", pattern.id));
                }
            }
            for not in &pattern.not {
                let text = fill(not, &mut Generator::new(seed));
                if found(&set, &engine, &text).contains(&pattern.id) {
                    wrong.push(format!("{}: found in {text:?}", pattern.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn regular_expressions_compile_and_texts_are_written() {
    for pattern in PatternSet::builtin().unwrap().patterns() {
        check::regexes(pattern).unwrap();
        for (key, text) in [("why", &pattern.why), ("fix", &pattern.fix), ("reference", &pattern.reference)] {
            assert!(text.len() >= 20, "{}: `{key}` says too little: {text:?}", pattern.id);
        }
    }
}

#[test]
fn every_pattern_file_is_built_in() {
    let mut on_disk: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns"))
        .unwrap()
        .map(|e| format!("patterns/{}", e.unwrap().file_name().to_str().unwrap()))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    on_disk.sort();
    let mut builtin: Vec<_> = BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    builtin.sort();
    assert_eq!(on_disk, builtin);
}
