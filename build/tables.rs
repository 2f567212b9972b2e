//! The tables that the engine looks literals and words up in, as Rust: a program with the built-in patterns only makes none
//! of them at its start.

use super::buckets::{self, Masks};
use super::word::{self, Weight};
use super::words::{Buckets, Words};
use super::{filling, form, marks, tokens};
use std::fmt::{Debug, Write as _};

/// What is looked for, and whether it stands in any case.
type Text = (Vec<u8>, bool);

/// What is looked up, gathered pattern by pattern.
#[derive(Default)]
pub struct Tables {
    /// Literals of the prefilter, and those that are looked for where runs begin, with the number of their pattern.
    literals: Vec<(Text, u16)>,
    starts: Vec<(Text, u16)>,
    /// Patterns of runs: the number, lengths, and whether they are parts of pairs.
    runs: Vec<(u16, usize, usize, bool)>,
    /// Whether surroundings name any pattern.
    has_names: bool,
    /// Words that name patterns, with the number of each.
    words: Vec<(Vec<u8>, (u16, Weight))>,
}

impl Tables {
    /// Adds the words that name a pattern, and the common ones among them.
    pub fn named(&mut self, id: u16, near: &[&str], weak: &[&str]) {
        self.words.extend(word::weighed(near, weak).map(|(word, weight)| (word, (id, weight))));
    }

    /// Adds the literals of a pattern: where `body` token characters follow them, to those that begin runs, if they may.
    pub fn prefixes(&mut self, id: u16, texts: &[&str], ignore_case: bool, body: Option<usize>) {
        for text in texts {
            let bytes = form::bytes(text);
            let is_start = body.is_some_and(|body| tokens::is_start(&bytes, body));
            let list = if is_start { &mut self.starts } else { &mut self.literals };
            list.push(((bytes, ignore_case), id));
        }
    }

    /// Adds a pattern of runs.
    pub fn run(&mut self, id: u16, lengths: (usize, usize), is_part: bool) {
        self.runs.push((id, lengths.0, lengths.1, is_part));
    }

    /// Adds a pattern that its surroundings name.
    pub fn name(&mut self) {
        self.has_names = true;
    }

    /// The literals of the prefilter in order, each once, with their patterns.
    fn all_literals(&self) -> Vec<(Text, Vec<u16>)> {
        let marks = marks::WORDS.iter().map(|(word, _)| ((word.to_vec(), false), None));
        by_text(self.literals.iter().map(|(text, id)| (text.clone(), Some(*id))).chain(marks))
    }

    /// What the engine looks for, with the patterns that look for it.
    pub fn entries(&self) -> String {
        let starts = by_text(self.starts.iter().map(|(text, id)| (text.clone(), Some(*id))));
        let mut out = String::new();
        texts(&mut out, "START", &starts);
        ids(&mut out, "LITERAL", &self.all_literals());
        ids(&mut out, "START", &starts);
        let runs = self.runs.iter().map(|(id, min, max, is_part)| {
            format!("Run {{ pattern: PatternId({id}), min: {min}, max: {max}, is_part: {is_part} }}")
        });
        let runs: Vec<String> = runs.collect();
        let _ = writeln!(
            out,
            "static RUNS: &[Run] = &[{}];\nconst HAS_NAMES: bool = {};",
            runs.join(", "),
            self.has_names
        );
        out
    }

    /// The tables of the prefilter.
    pub fn prefilter(&self) -> String {
        let literals = self.all_literals();
        let mut out = String::new();
        texts(&mut out, "LITERAL", &literals);
        let all: Vec<&Text> = literals.iter().map(|(text, _)| text).collect();
        let (pairs, offsets) = filling::fill(all.iter().map(|(bytes, _)| &bytes[..]));
        let offset =
            |at: &Option<usize>| at.map_or(u8::MAX, |at| u8::try_from(at).expect("literals are short"));
        let offsets: Vec<u8> = offsets.iter().map(offset).collect();
        let (Masks { classes, tables }, mask_offsets) =
            buckets::fill(all.iter().map(|(bytes, any)| (&bytes[..], *any)));
        let mask_offsets: Vec<u8> = mask_offsets.iter().map(offset).collect();
        let what = "/// Where in each its window stands; 255 where it has none.";
        table(&mut out, what, "OFFSETS", &format!("[u8; {}]", offsets.len()), &offsets);
        table(&mut out, "/// The table of pairs.", "PAIR_TABLE", "[u32; PAIRS]", &*pairs);
        let what = "/// The same in AVX-512.\n#[cfg(target_arch = \"x86_64\")]";
        table(&mut out, what, "MASK_OFFSETS", &format!("[u8; {}]", mask_offsets.len()), &mask_offsets);
        let _ = writeln!(
            out,
            "#[cfg(target_arch = \"x86_64\")]\nstatic MASKS: Masks = Masks {{ classes: {classes:?}, tables: {tables:?} }};"
        );
        out
    }

    /// The words that name patterns.
    pub fn words(&self) -> String {
        let Words { bytes, short, long, given } =
            Words::new(self.words.iter().map(|(word, given)| (word, *given)));
        let mut out = String::new();
        table(&mut out, "", "BYTES", "&[u8]", &&*bytes);
        buckets_of(&mut out, "SHORT", &short);
        buckets_of(&mut out, "LONG", &long);
        let given = given.iter().map(|(id, weight)| format!("(PatternId({id}), {weight:?})"));
        let given: Vec<String> = given.collect();
        let _ = writeln!(out, "static GIVEN: &[Names] = &[{}];", given.join(", "));
        let held = |name: &str| {
            format!(
                "Buckets {{ begins: Held::Static(&{name}_BEGINS), bits: {name}_BITS, words: Held::Static({name}_WORDS), \
                 starts: Held::Static({name}_STARTS) }}"
            )
        };
        let _ = writeln!(
            out,
            "/// The words, with what they name.\npub(super) fn words() -> Words<Names> {{\n    Words {{ bytes: \
             Held::Static(BYTES), short: {}, long: {}, given: Held::Static(GIVEN) }}\n}}",
            held("SHORT"),
            held("LONG")
        );
        out
    }
}

/// Texts in order, each once, with the patterns that have them.
fn by_text(all: impl Iterator<Item = (Text, Option<u16>)>) -> Vec<(Text, Vec<u16>)> {
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut texts: Vec<(Text, Vec<u16>)> = Vec::new();
    for (text, id) in all {
        match texts.last_mut() {
            Some((last, ids)) if *last == text => ids.extend(id),
            _ => texts.push((text, id.into_iter().collect())),
        }
    }
    texts
}

/// Writes texts one behind the other, and their lengths.
fn texts(out: &mut String, name: &str, all: &[(Text, Vec<u16>)]) {
    let text: Vec<u8> = all.iter().flat_map(|((bytes, _), _)| bytes).copied().collect();
    let lengths: Vec<u16> =
        all.iter().map(|((bytes, any), _)| (bytes.len() as u16) << 1 | u16::from(*any)).collect();
    table(out, "/// Texts, one behind the other.", &format!("{name}_TEXT"), "&[u8]", &text.as_slice());
    let what = "/// Their lengths, times two, and one more if they stand in any case.";
    table(out, what, &format!("{name}_LENGTHS"), "&[u16]", &lengths.as_slice());
}

/// Writes the patterns of texts: all in a row, and where those of each end.
fn ids(out: &mut String, name: &str, all: &[(Text, Vec<u16>)]) {
    let mut ends = Vec::with_capacity(all.len());
    let mut count = 0;
    for (_, ids) in all {
        count += ids.len();
        ends.push(count as u32);
    }
    let ids: Vec<String> = all.iter().flat_map(|(_, ids)| ids).map(|id| format!("PatternId({id})")).collect();
    let _ = writeln!(out, "static {name}_IDS: &[PatternId] = &[{}];", ids.join(", "));
    table(out, "", &format!("{name}_ENDS"), "&[u32]", &ends.as_slice());
}

fn buckets_of<const HEAD: usize>(out: &mut String, name: &str, buckets: &Buckets<HEAD>) {
    let Buckets { begins, bits, words, starts } = buckets;
    table(out, "", &format!("{name}_BEGINS"), &format!("[u64; {}]", begins.len()), &**begins);
    let _ = writeln!(out, "const {name}_BITS: u32 = {bits};");
    // As they are printed, they are Rust.
    table(out, "", &format!("{name}_WORDS"), "&[Word]", &&**words);
    table(out, "", &format!("{name}_STARTS"), "&[u32]", &&**starts);
}

/// Writes a table that is Rust as it is printed; a slice by reference.
fn table(out: &mut String, what: &str, name: &str, kind: &str, table: &impl Debug) {
    let reference = if kind.starts_with('&') { "&" } else { "" };
    let _ = writeln!(out, "{what}\nstatic {name}: {kind} = {reference}{table:?};");
}
