//! Dalvik executables: the string pool, and what the code does with it.
//!
//! The pool of a DEX file is sorted, so neighbours in it mean nothing: what belongs together is in
//! the code. This lens gives all strings as one text, and a second one of strings that methods put
//! together ([`assemble`]); asked for the places of a hit, it sweeps the code for the strings that
//! were hit ([`refs`]) and runs the methods that load them in the abstract ([`machine`]) to see
//! which field, argument or map entry they become ([`uses`], [`sites`]).
//!
//! The parser is its own because those there are either refuse what packers damage on purpose, or
//! allocate each string. It believes nothing: every offset is checked, and all work is bounded by
//! the size of the file, however its tables overlap.

mod annotations;
mod assemble;
mod body;
mod calls;
mod classes;
mod code;
mod constants;
mod eval;
mod leb;
mod machine;
mod mutf8;
mod names;
mod pool;
mod refs;
mod ropes;
mod sites;
mod strings;
mod tables;
mod uses;
mod values;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use super::strings::look_inside;
use super::{Complaint, Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, Site, Sites, Text, TextKind};
use crate::limits::Limits;
use classes::Classes;
use refs::{Program, Wanted};
use std::collections::HashMap;
use std::ops::Range;
use strings::StringOps;
use tables::Dex;

/// Reads DEX files, and containers of several (version 041).
pub struct DexLens;

impl Lens for DexLens {
    fn name(&self) -> &'static str {
        "dex"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        tables::version(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(tables::FORMAT);
        // Files of one container share strings; files that say so too often are hostile.
        let mut budget = blob.bytes.len().saturating_mul(4);
        let mut start = 0;
        while let Some(rest) = blob.bytes.get(start..)
            && tables::version(rest).is_some()
        {
            match Dex::new(blob.bytes, start, &mut complaint) {
                Ok(dex) => {
                    read(&dex, limits, &mut budget, &mut complaint, emit);
                    // The next one, in a container, or behind a file that something was added to.
                    start = match usize::try_from(dex.end) {
                        Ok(end) if end > start => end.next_multiple_of(4),
                        _ => break,
                    };
                }
                Err(damage) => {
                    complaint.note(damage.offset, || damage.what);
                    break;
                }
            }
        }
        complaint.into_result()
    }
}

/// Emits the texts of one logical file.
fn read(
    dex: &Dex<'_>,
    limits: &Limits,
    budget: &mut usize,
    complaint: &mut Complaint,
    emit: &mut dyn FnMut(&Text<'_>),
) {
    let ops = StringOps::new(dex);
    let classes = Classes::read(dex, complaint);
    let program = Program { dex, ops: &ops, classes: &classes };
    pool::read(dex, limits, budget, complaint, &mut |pool| {
        emit(&Text {
            bytes: pool.text(),
            kind: TextKind::Pool,
            encoding: None,
            map: &pool.map,
            outer: None,
            sites: &PoolSites { program: &program, pool },
        });
    });
    constants::read(&program, limits, emit);
    let picked = eval::select::pick(&program);
    let mut known = std::collections::HashSet::new();
    assemble::read(&program, &picked.joins, limits, complaint, &mut known, &mut |assembled| {
        emit(&Text {
            bytes: &assembled.text,
            kind: TextKind::Pool,
            encoding: Some(Encoding::Assembled),
            map: &assembled.map,
            outer: None,
            sites: &AssembledSites { program: &program, assembled },
        });
    });
    eval::read(&program, &picked.roots, limits, &known, emit);
}

/// Places of strings of the pool.
struct PoolSites<'p> {
    program: &'p Program<'p, 'p>,
    pool: &'p pool::Pool,
}

impl Sites for PoolSites<'_> {
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let mut hits = Hits::default();
        let mut wanted = Wanted::default();
        for span in spans {
            let string = self.pool.string(span);
            let (hit, new) = hits.add(string.map(|string| (string, 0)));
            if let Some(string) = string.filter(|_| new) {
                wanted.strings.add(string, hit);
            }
        }
        let mut found = hits.answer(self.program, wanted);
        look_inside(text, spans, &mut found, &|at| string_at(text, at));
        found
    }
}

/// The string of a pool that holds the byte at `at`.
fn string_at(text: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(0, text.get(..at).unwrap_or_default()).map_or(0, |nul| nul + 1);
    let rest = text.get(at..).unwrap_or_default();
    start..at + memchr::memchr(0, rest).unwrap_or(rest.len())
}

/// Places of strings that methods put together.
struct AssembledSites<'p> {
    program: &'p Program<'p, 'p>,
    assembled: &'p assemble::Assembled,
}

impl Sites for AssembledSites<'_> {
    fn resolve(&self, _: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let mut hits = Hits::default();
        let mut wanted = Wanted::default();
        for span in spans {
            let joined = self.assembled.joined(span);
            let (hit, new) = hits.add(joined.map(|joined| (joined.method, joined.node)));
            if let Some(joined) = joined.filter(|_| new) {
                wanted.add_joined(joined.method, joined.node, joined.at, hit);
            }
        }
        hits.answer(self.program, wanted)
    }
}

/// Spans by what they are in: several hits can be in one string.
#[derive(Default)]
struct Hits {
    known: HashMap<Option<(u32, u32)>, u32>,
    spans: Vec<u32>,
}

impl Hits {
    /// The number of what the next span is in, and whether it is the first there.
    fn add(&mut self, what: Option<(u32, u32)>) -> (u32, bool) {
        let next = self.known.len() as u32;
        let hit = *self.known.entry(what).or_insert(next);
        self.spans.push(hit);
        (hit, hit == next)
    }

    fn answer(self, program: &Program<'_, '_>, wanted: Wanted) -> Vec<Vec<Site>> {
        let places = program.places(wanted, self.known.len());
        self.spans.iter().map(|&hit| places.get(hit as usize).cloned().unwrap_or_default()).collect()
    }
}
