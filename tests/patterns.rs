//! Every built-in pattern finds its examples and leaves its counter-examples alone.

use keysift::engine::Engine;
use keysift::pattern::{BUILTIN, PatternSet, check};
use std::path::Path;

#[test]
fn examples_match_and_counter_examples_do_not() {
    let set = PatternSet::builtin().unwrap();
    let engine = Engine::new(&set);
    let mut wrong = Vec::new();
    for pattern in set.patterns() {
        for seed in 0..20 {
            wrong.extend(
                check::examples(&set, &engine, pattern, seed)
                    .into_iter()
                    .map(|what| format!("{}: {what}", pattern.id)),
            );
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
    fn files(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|e| e == "toml") {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    let mut on_disk = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns"), &mut on_disk);
    on_disk.sort();
    let mut builtin: Vec<_> = BUILTIN.iter().map(|name| (*name).to_owned()).collect();
    builtin.sort();
    assert_eq!(on_disk, builtin);
}
