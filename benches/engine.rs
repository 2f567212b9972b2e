//! Each pass of the engine over 8 MB in memory, one thread, with the built-in patterns.
//!
//! The texts are made of what every checkout has: this repository's sources; the same without blanks and
//! line ends, as bundlers write; and this benchmark's own program. `cargo bench --bench engine`.

#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keysift::blob::TextKind;
use keysift::engine::prefilter::{Literal, Machine};
use keysift::engine::{Engine, Hit, Sink, runs};
use keysift::look::Look;
use keysift::pattern::{Matcher, PatternSet};
use std::hint::black_box;
use std::ops::Range;
use std::path::Path;

/// Bytes of each text.
const SIZE: usize = 8 << 20;

/// Takes hits and does nothing with them.
struct Nobody;

impl Sink for Nobody {
    fn hit(&mut self, hit: Hit) {
        black_box(hit);
    }

    fn run(&mut self, run: Range<usize>) {
        black_box(run);
    }
}

fn sources(folder: &Path, into: &mut Vec<u8>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.extend(std::fs::read(path).unwrap());
        }
    }
}

fn texts() -> [(&'static str, TextKind, Vec<u8>); 3] {
    let fill = |bytes: Vec<u8>| -> Vec<u8> { bytes.into_iter().cycle().take(SIZE).collect() };
    let mut source = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let minified = source.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    [
        ("source", TextKind::Plain, fill(source)),
        ("minified", TextKind::Plain, fill(minified)),
        ("binary", TextKind::Binary, fill(program)),
    ]
}

fn literals(patterns: &PatternSet) -> Vec<Literal> {
    let mut all: Vec<Literal> = patterns
        .patterns()
        .flat_map(|pattern| {
            let texts = match &pattern.matcher {
                Matcher::Regex { literals, .. } => literals.to_vec(),
                _ => Vec::new(),
            };
            let literal = |bytes: &[u8]| Literal { bytes: bytes.to_vec(), ignore_case: pattern.ignore_case };
            texts.iter().map(|bytes| literal(bytes)).collect::<Vec<_>>()
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

fn passes(c: &mut Criterion) {
    let patterns = PatternSet::builtin().unwrap();
    let engine = Engine::new(&patterns);
    let texts = texts();
    let literals = literals(&patterns);
    let many: Vec<Literal> = (0..1000u32)
        .map(|i| format!("user{:05x}_", i.wrapping_mul(2_654_435_761) >> 12))
        .map(|text| Literal { bytes: text.into_bytes(), ignore_case: false })
        .chain(literals.clone())
        .collect();
    let machines: Vec<_> = [Machine::Avx512, Machine::Avx2, Machine::Portable]
        .into_iter()
        .filter_map(|machine| Some((machine, machine.build(literals.clone())?, machine.build(many.clone())?)))
        .collect();
    for (name, kind, text) in &texts {
        let mut group = c.benchmark_group(*name);
        group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
        for (machine, prefilter, with_users) in &machines {
            for (set, prefilter) in [("builtin", prefilter), ("and 1,000", with_users)] {
                group.bench_function(BenchmarkId::new(format!("literals {machine:?}"), set), |b| {
                    b.iter(|| prefilter.find(text, 0..text.len(), &mut |id, at| _ = black_box((id, at))));
                });
            }
        }
        group.bench_function("runs", |b| {
            b.iter(|| runs::for_each_run(text, 0..text.len(), &mut |run| _ = black_box(run)));
        });
        group.bench_function("look", |b| b.iter(|| Look::at(text)));
        group.bench_function("all", |b| b.iter(|| engine.search(text, 0..text.len(), *kind, &mut Nobody)));
        group.finish();
    }
}

criterion_group!(benches, passes);
criterion_main!(benches);
