//! What the generic detector sees in labelled lines: features for `scripts/train-score.py`, figures for
//! `docs/precision.md`.
//!
//! ```console
//! $ cargo run --release --example candidates -- figures testdata/labelled
//! $ cargo run --release --example candidates -- features testdata/labelled > target/features.tsv
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failure may panic")]

use keysift::blob::TextKind;
use keysift::engine::assignment::Named;
use keysift::engine::{Engine, Hit, Sink};
use keysift::pattern::PatternSet;
use keysift::pattern::example::{Generator, fill};
use keysift::triage::score::{FEATURES, Rated, Refusal, features};
use std::ops::Range;
use std::path::Path;

/// The surest thing on a line.
#[derive(Default)]
struct Best<'t> {
    text: &'t [u8],
    confidence: u8,
    features: Vec<f32>,
}

impl Sink for Best<'_> {
    fn hit(&mut self, hit: Hit) {
        // A provider's pattern is as sure as can be here.
        self.confidence = self.confidence.max(if hit.named.is_some() { 0 } else { 90 });
    }
    fn run(&mut self, _: Range<usize>) {}
    fn judged(&mut self, named: &Named, verdict: Result<Rated, Refusal>) {
        if let Ok(rated) = verdict
            && rated.confidence >= self.confidence
            && let Ok((features, _)) = features(self.text, named)
        {
            self.confidence = rated.confidence;
            self.features = features.to_vec();
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let folder = arguments.next().unwrap_or_else(|| "testdata/labelled".into());
    let patterns = PatternSet::builtin().unwrap();
    let engine = Engine::new(&patterns);
    let mut counts = [[[0u32; 3]; 4]; 2];
    const BARS: [u8; 4] = [25, 50, 70, 90];
    for (verdict, name) in [(true, "secret.tsv"), (false, "alike.tsv")] {
        let lines = std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
        for (number, line) in lines.lines().enumerate() {
            let Some((_, template)) = line.split_once('\t') else { continue };
            let half = number % 2;
            for seed in 0..if verdict { 3 } else { 1 } {
                let text =
                    fill(&template.replace('⏎', "\n"), &mut Generator::new(seed * 1000 + number as u64));
                let mut best = Best { text: text.as_bytes(), ..Best::default() };
                engine.search(text.as_bytes(), 0..text.len(), TextKind::Plain, &mut best);
                if what == "features" && half == 0 && !best.features.is_empty() {
                    let set: Vec<String> = FEATURES
                        .iter()
                        .zip(&best.features)
                        .filter(|(_, x)| **x != 0.0)
                        .map(|(name, x)| format!("{name}={x}"))
                        .collect();
                    println!("{}\t{}", u8::from(verdict), set.join(";"));
                }
                if what == "lines" && (best.confidence >= 25) != verdict {
                    println!(
                        "{}\t{}\t{text:?}",
                        if half == 0 { "tune" } else { "held out" },
                        best.confidence
                    );
                }
                for (bar, count) in BARS.iter().zip(&mut counts[half]) {
                    let found = best.confidence >= *bar;
                    let slot = match (verdict, found) {
                        (true, true) => 0,
                        (false, true) => 1,
                        (true, false) => 2,
                        (false, false) => continue,
                    };
                    count[slot] += 1;
                }
            }
        }
    }
    if what == "figures" {
        println!("half\tconfidence\tfound\tfalse\tmissed\tprecision\trecall\tF1");
        for (half, counts) in ["tuning", "held out"].iter().zip(counts) {
            for (bar, [tp, fp, missed]) in BARS.iter().zip(counts) {
                let ratio = |a: u32, b: u32| f64::from(a) / f64::from(b.max(1));
                let f1 = ratio(2 * tp, 2 * tp + fp + missed);
                println!(
                    "{half}\t{bar}\t{tp}\t{fp}\t{missed}\t{:.3}\t{:.3}\t{f1:.3}",
                    ratio(tp, tp + fp),
                    ratio(tp, tp + missed)
                );
            }
        }
    }
}
