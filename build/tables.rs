//! The tables that the engine looks literals and words up in, as Rust: a program with the built-in patterns only makes none
//! of them at its start.

use super::buckets::{self, Masks};
use super::word::{self, Weight};
use super::words::{Buckets, Words};
use super::{filling, form, marks, tokens};
use std::fmt::{Debug, Write as _};

/// What is looked up, gathered pattern by pattern.
#[derive(Default)]
pub struct Tables {
    /// Literals of the prefilter, and whether they stand in any case.
    literals: Vec<(Vec<u8>, bool)>,
    /// Words that name patterns, with the number of each.
    words: Vec<(Vec<u8>, (u16, Weight))>,
}

impl Tables {
    /// Adds the words that name a pattern, and the common ones among them.
    pub fn named(&mut self, id: u16, near: &[&str], weak: &[&str]) {
        self.words.extend(word::weighed(near, weak).map(|(word, weight)| (word, (id, weight))));
    }

    /// Adds literals, but not those that are looked for where runs begin: `body` token characters follow them, if their
    /// pattern is one that begins there.
    pub fn prefixes(&mut self, texts: &[&str], ignore_case: bool, body: Option<usize>) {
        let texts = texts.iter().map(|text| form::bytes(text));
        let everywhere = texts.filter(|bytes| !body.is_some_and(|body| tokens::is_start(bytes, body)));
        self.literals.extend(everywhere.map(|bytes| (bytes, ignore_case)));
    }

    /// The tables of the prefilter.
    pub fn prefilter(&self) -> String {
        let mut all = self.literals.clone();
        all.extend(marks::WORDS.iter().map(|(word, _)| (word.to_vec(), false)));
        all.sort();
        all.dedup();
        let text: Vec<u8> = all.iter().flat_map(|(bytes, _)| bytes).copied().collect();
        let lengths: Vec<u16> =
            all.iter().map(|(bytes, any)| (bytes.len() as u16) << 1 | u16::from(*any)).collect();
        let (pairs, offsets) = filling::fill(all.iter().map(|(bytes, _)| &bytes[..]));
        let shapes: Vec<_> = all
            .iter()
            .zip(&offsets)
            .filter_map(|((bytes, any), offset)| Some(buckets::shape(bytes, *any, (*offset)?)))
            .collect();
        let offset =
            |at: &Option<usize>| at.map_or(u8::MAX, |at| u8::try_from(at).expect("literals are short"));
        let offsets: Vec<u8> = offsets.iter().map(offset).collect();
        let Masks { tables, is_ascii } = Masks::of(&buckets::fill(&shapes));
        let mut out = String::new();
        table(&mut out, "/// The literals, one behind the other.", "TEXT", "&[u8]", &text.as_slice());
        let what = "/// Their lengths, times two, and one more if they stand in any case.";
        table(&mut out, what, "LENGTHS", &format!("[u16; {}]", lengths.len()), &lengths);
        let what = "/// Where in each its window stands; 255 where it has none.";
        table(&mut out, what, "OFFSETS", &format!("[u8; {}]", offsets.len()), &offsets);
        table(&mut out, "/// The table of pairs.", "PAIR_TABLE", "[u32; PAIRS]", &*pairs);
        let _ = writeln!(
            out,
            "#[cfg(target_arch = \"x86_64\")]\nstatic MASKS: Masks = Masks {{ tables: {tables:?}, is_ascii: {is_ascii} }};"
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
