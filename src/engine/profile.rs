//! What each pattern costs on a text: for whoever writes patterns.

use super::plain::Looks;
use super::runs::outline::Outline;
use super::{Engine, Hit, Sink, expression, runs};
use crate::blob::TextKind;
use crate::pattern::PatternId;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// What one pattern costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Places where a literal of the pattern stands.
    pub candidates: u64,
    /// Candidates that were confirmed.
    pub hits: u64,
    /// Time to confirm or refuse them.
    pub time: Duration,
}

/// What a search costs.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Bytes searched.
    pub bytes: u64,
    /// To find literals, without what follows.
    pub literals: Duration,
    /// To find runs, without what follows.
    pub runs: Duration,
    /// Runs found.
    pub run_count: u64,
    /// To judge runs: secrets without a prefix, all patterns together.
    pub judging: Duration,
    /// By pattern: those with candidates.
    pub patterns: BTreeMap<PatternId, Cost>,
}

/// Counts hits.
#[derive(Default)]
struct Counter(u64);

impl Sink for Counter {
    fn hit(&mut self, _: Hit) {
        self.0 += 1;
    }

    fn run(&mut self, _: Range<usize>) {}
}

impl Engine<'_> {
    /// Searches `text` step by step and adds what each step costs.
    pub fn profile(&self, text: &[u8], kind: TextKind, profile: &mut Profile) {
        profile.bytes += text.len() as u64;
        let mut candidates = Vec::new();
        let start = Instant::now();
        self.prefilter.find(text, 0..text.len(), &mut |literal, at| {
            candidates.push((&self.by_literal[literal.0 as usize], at));
        });
        profile.literals += start.elapsed();
        let mut all = Vec::new();
        let start = Instant::now();
        runs::for_each_run(text, 0..text.len(), &mut |run| all.push(run));
        profile.runs += start.elapsed();
        profile.run_count += all.len() as u64;
        let start = Instant::now();
        for run in &all {
            let outline = Outline::of(text, run);
            self.starts.find(text, run, outline, &mut |prefix, at| {
                candidates.push((&self.by_start[prefix.0 as usize], at));
            });
            self.judge_run(text, run.clone(), outline, Looks::Unknown, kind, &mut Counter::default());
        }
        profile.judging += start.elapsed();
        let mut barren = expression::Barren::default();
        for ((length, ids), at) in candidates {
            for &id in ids.iter() {
                let mut counter = Counter::default();
                let start = Instant::now();
                self.confirm_one(text, at..at + length, id, kind, &mut barren, &mut counter);
                let cost = profile.patterns.entry(id).or_default();
                cost.time += start.elapsed();
                cost.candidates += 1;
                cost.hits += u64::from(counter.0 > 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::PatternSet;

    #[test]
    fn candidates_and_hits_are_counted() {
        let patterns = PatternSet::builtin().unwrap();
        let engine = Engine::new(&patterns);
        let mut profile = Profile::default();
        let text = ["AK", "IAQWERTYUIOPASDFGH and AK", "IAshort https://host/ "].concat();
        engine.profile(text.as_bytes(), TextKind::Plain, &mut profile);
        let cost = |id: &str| {
            let (id, _) = patterns.iter().find(|(_, p)| p.id == id).unwrap();
            profile.patterns.get(&id).copied().unwrap_or_default()
        };
        assert_eq!((cost("aws.access-key-id").candidates, cost("aws.access-key-id").hits), (1, 1));
        assert_eq!((cost("url.basic-auth").candidates, cost("url.basic-auth").hits), (1, 0));
        assert_eq!((profile.bytes, profile.run_count), (text.len() as u64, 1));
    }
}
