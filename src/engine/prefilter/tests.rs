//! What every machine must do: find what the automaton finds.

use super::portable::Portable;
use super::{Literal, Prefilter};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::ops::Range;

/// Makes the machine that is tested; `None` where the processor cannot run it.
type Build<'b> = dyn Fn(Vec<Literal>) -> Option<Box<dyn Prefilter>> + 'b;

pub(super) fn literals(texts: &[(&str, bool)]) -> Vec<Literal> {
    let literal = |(text, ignore_case): &(&str, bool)| Literal {
        bytes: text.as_bytes().to_vec(),
        ignore_case: *ignore_case,
    };
    texts.iter().map(literal).collect()
}

fn found(prefilter: &dyn Prefilter, text: &[u8], within: Range<usize>) -> Vec<(usize, u32)> {
    let mut all = Vec::new();
    prefilter.find(text, within, &mut |id, at| all.push((at, id.0)));
    all.sort_unstable();
    all
}

/// Compares with the oracle: every length and alignment, thousands of literals, and any literals, texts
/// and cuts.
pub(super) fn agree(build: &Build<'_>) {
    every_length_and_alignment(build);
    thousands_of_literals(build);
    any_literals_texts_and_cuts(build);
}

fn every_length_and_alignment(build: &Build<'_>) {
    let all = literals(&[
        ("AKIA", false),
        ("-----BEGIN", false),
        ("eyJ", false),
        ("SigNature=", true),
        ("sk-", true),
        ("\u{e9}t\u{e9}", false),
    ]);
    let oracle = Portable::new(all.clone());
    let Some(machine) = build(all.clone()) else { return };
    for (before, after) in (0..=260).flat_map(|n| [(n, 0), (0, n), (n, 7), (67, n)]) {
        for literal in &all {
            let text = [&vec![b'-'; before][..], &literal.bytes, &vec![b'A'; after]].concat();
            let expected = found(&oracle, &text, 0..text.len());
            assert_eq!(found(machine.as_ref(), &text, 0..text.len()), expected, "{before}, {after}");
        }
    }
}

fn thousands_of_literals(build: &Build<'_>) {
    let words: Vec<String> =
        (0..3000u32).map(|i| format!("{:x}", i.wrapping_mul(2_654_435_761) | 0x100)).collect();
    let all: Vec<Literal> = words
        .iter()
        .enumerate()
        .map(|(i, word)| Literal { bytes: word.as_bytes().to_vec(), ignore_case: i % 3 == 0 })
        .collect();
    let oracle = Portable::new(all.clone());
    let Some(machine) = build(all) else { return };
    let text = words.join(".").into_bytes();
    assert_eq!(found(machine.as_ref(), &text, 0..text.len()), found(&oracle, &text, 0..text.len()));
}

fn any_literals_texts_and_cuts(build: &Build<'_>) {
    let literals = proptest::collection::vec(("[aAbB_\\-\u{e9}\u{0}]{1,7}", any::<bool>()), 1..40);
    let text = "[aAbB_ \\-\u{e9}\u{0}]{0,400}";
    let mut runner = TestRunner::default();
    runner
        .run(&(literals, text, 0usize..400), |(literals, text, cut)| {
            let literals: Vec<Literal> = literals
                .into_iter()
                .map(|(text, ignore_case)| Literal { bytes: text.into_bytes(), ignore_case })
                .collect();
            let oracle = Portable::new(literals.clone());
            if let Some(machine) = build(literals) {
                let (machine, text) = (machine.as_ref(), text.as_bytes());
                let cut = cut.min(text.len());
                let expected = found(&oracle, text, 0..text.len());
                prop_assert_eq!(found(machine, text, 0..text.len()), expected.clone());
                let mut parts = found(machine, text, 0..cut);
                parts.extend(found(machine, text, cut..text.len()));
                parts.sort_unstable();
                prop_assert_eq!(parts, expected);
            }
            Ok(())
        })
        .unwrap();
}
