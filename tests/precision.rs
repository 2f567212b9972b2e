//! The figures of docs/precision.md cannot get worse unnoticed: labelled lines through the engine.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

use keysift::blob::TextKind;
use keysift::engine::{Engine, Hit, Sink};
use keysift::pattern::PatternSet;
use keysift::pattern::example::{Generator, fill};
use std::ops::Range;
use std::path::Path;

struct Any(bool);

impl Sink for Any {
    fn hit(&mut self, _: Hit) {
        self.0 = true;
    }
    fn run(&mut self, _: Range<usize>) {}
}

#[test]
fn labelled_lines_are_told_apart() {
    let patterns = PatternSet::builtin().unwrap();
    let engine = Engine::new(&patterns);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/labelled");
    let (mut found, mut all, mut wrong) = (0, 0, Vec::new());
    for (verdict, name) in [(true, "secret.tsv"), (false, "alike.tsv")] {
        let lines = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(lines.lines().count() > 200);
        for (number, line) in lines.lines().enumerate() {
            let (_, template) = line.split_once('\t').unwrap();
            let text = fill(&template.replace('⏎', "\n"), &mut Generator::new(number as u64));
            let mut any = Any(false);
            engine.search(text.as_bytes(), 0..text.len(), TextKind::Plain, &mut any);
            match verdict {
                true => (found, all) = (found + i32::from(any.0), all + 1),
                false if any.0 => wrong.push(text),
                false => {}
            }
        }
    }
    assert!(found * 100 >= all * 94, "{found} of {all} found");
    assert!(wrong.len() <= 6, "{wrong:#?}");
}
