//! From strings to the places that use them.
//!
//! Nothing is indexed beforehand: hits are few, so the code is swept for just the strings that
//! were hit, and only the methods that load one are run in the abstract. What such a method stores
//! into a field or returns is then looked for in a second sweep, so that
//! `new BasicAWSCredentials(Config.ID, Config.SECRET)` is seen wherever the constants stand.

use super::annotations;
use super::body::Code;
use super::classes::Classes;
use super::code::{Insns, op};
use super::machine::Machine;
use super::names;
use super::strings::StringOps;
use super::tables::Dex;
use super::uses::{Place, Rank, Uses};
use super::values::Walk;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use std::collections::{BTreeMap, HashMap};

/// Places told of one string.
const MAX_PLACES: usize = 64;
/// Strings that one field may hold, or one method answer, and still say something about them.
const MAX_VALUES: usize = 8;

/// Things in the code that stand for hits, by their index.
#[derive(Default)]
pub(super) struct Lookup {
    bits: Vec<u64>,
    hits: HashMap<u32, Vec<u32>>,
}

impl Lookup {
    pub(super) fn add(&mut self, index: u32, hit: u32) {
        let hits = self.hits.entry(index).or_default();
        if hits.len() >= MAX_VALUES || hits.contains(&hit) {
            return;
        }
        hits.push(hit);
        let word = index as usize / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        if let Some(word) = self.bits.get_mut(word) {
            *word |= 1 << (index % 64);
        }
    }

    #[inline]
    fn has(&self, index: u32) -> bool {
        self.bits.get(index as usize / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
    }

    pub(super) fn get(&self, index: u32) -> &[u32] {
        if self.has(index) { self.hits.get(&index).map_or(&[], Vec::as_slice) } else { &[] }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }
}

/// What a sweep looks for.
#[derive(Default)]
pub(super) struct Wanted {
    /// Strings of the pool.
    pub(super) strings: Lookup,
    /// Fields that hold hits.
    pub(super) fields: Lookup,
    /// Methods that answer with hits.
    pub(super) methods: Lookup,
    /// Strings put together: by method and node, the hits and where they were ready.
    pub(super) ropes: BTreeMap<(u32, u32), (Vec<u32>, u32)>,
    /// Strings that a method made, by method and place.
    pub(super) made: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Wanted {
    /// Asks for a string that the method `method` put together.
    pub(super) fn add_joined(&mut self, method: u32, node: u32, at: u32, hit: u32) {
        self.ropes.entry((method, node)).or_insert_with(|| (Vec::new(), at)).0.push(hit);
    }

    /// Asks for a string that the method `method` made at `at`.
    pub(super) fn add_made(&mut self, method: u32, at: u32, hit: u32) {
        self.made.entry((method, at)).or_default().push(hit);
    }

    fn is_in(&self, code: &Code<'_>) -> bool {
        Insns::new(code.insns).any(|insn| match insn.op {
            op::CONST_STRING | op::CONST_STRING_JUMBO => self.strings.has(insn.index()),
            op::SGET_OBJECT | op::IGET_OBJECT => self.fields.has(insn.index()),
            _ => !self.methods.is_empty() && insn.is_invoke() && self.methods.has(insn.index()),
        })
    }
}

/// What a search for places needs of the file.
pub(super) struct Program<'d, 'a> {
    pub(super) dex: &'d Dex<'a>,
    pub(super) ops: &'d StringOps,
    pub(super) classes: &'d Classes,
}

impl Program<'_, '_> {
    /// For each of `hits` hits, its places, in order of the classes. Ropes give their method and
    /// node in `wanted`.
    pub(super) fn places(&self, wanted: Wanted, hits: usize) -> Vec<Vec<Site>> {
        let mut places: Vec<Vec<Place>> = Vec::new();
        places.resize_with(hits, Vec::new);
        let mut wanted = wanted;
        if !wanted.strings.is_empty() {
            self.static_values(&mut wanted, &mut places);
        }
        let found = self.sweep(&wanted, &mut places);
        // After the code: a string may be in hundreds of annotations.
        if !wanted.strings.is_empty() {
            annotations::places(self.dex, &wanted.strings, &mut places);
        }
        if !found.fields.is_empty() || !found.methods.is_empty() {
            self.sweep(&found, &mut places);
        }
        places.into_iter().map(finish).collect()
    }

    /// Static fields whose initial value was hit.
    fn static_values(&self, wanted: &mut Wanted, places: &mut [Vec<Place>]) {
        let dex = self.dex;
        let mut budget = dex.data.len();
        for (number, fields) in self.classes.statics() {
            let Some(class) = dex.class(number as usize) else { continue };
            let mut found = Vec::new();
            Walk::new(dex.data, class.static_values, &mut budget).array(&mut |value| {
                let hits = wanted.strings.get(value.string);
                if let Some(&field) = fields.get(value.position as usize) {
                    found.extend(hits.iter().map(|&hit| (field, hit, value.position)));
                }
            });
            for (field, hit, position) in found {
                let Some(id) = dex.field(field) else { continue };
                let mut site = Site {
                    name: names::field(dex, id),
                    key: Some(names::plain(dex, id.name)),
                    ..Site::default()
                };
                site.scopes = type_scopes(&names::class(dex, id.class));
                let rank = Rank { indirect: false, class: number, method: 0, at: position };
                push_place(places, hit, Place { rank, site });
                wanted.fields.add(field, hit);
            }
        }
    }

    /// Runs every method that has to do with what is wanted. Gives what they pass on.
    fn sweep(&self, wanted: &Wanted, places: &mut [Vec<Place>]) -> Wanted {
        let mut machine = Machine::default();
        let mut next = Wanted::default();
        let mut run = |number, method, code: &Code<'_>| {
            let mut uses = Uses::new(self, wanted, number, method);
            machine.made.clear();
            machine.made.extend(wanted.made.range((number, 0)..=(number, u32::MAX)).map(|(&(_, at), _)| at));
            machine.run(self.dex, self.ops, code, &mut uses);
            uses.finish(places, &mut next);
        };
        if wanted.strings.is_empty() && wanted.fields.is_empty() && wanted.methods.is_empty() {
            let mut methods: Vec<u32> =
                wanted.ropes.keys().chain(wanted.made.keys()).map(|&(method, _)| method).collect();
            methods.sort_unstable();
            methods.dedup();
            for number in methods {
                if let Some((method, code)) = self.classes.body(self.dex, number) {
                    run(number, method, &code);
                }
            }
            return next;
        }
        for (number, method, code) in self.classes.bodies(self.dex) {
            if wanted.is_in(&code) {
                run(number, method, &code);
            }
        }
        next
    }
}

/// Whether enough places of a hit are known.
pub(super) fn is_full(places: &[Vec<Place>], hit: u32) -> bool {
    places.get(hit as usize).is_none_or(|list| list.len() >= MAX_PLACES)
}

/// Adds a place unless it is known or there are enough.
pub(super) fn push_place(places: &mut [Vec<Place>], hit: u32, place: Place) {
    if let Some(list) = places.get_mut(hit as usize)
        && list.len() < MAX_PLACES
        && !list.iter().any(|known| known.site == place.site)
    {
        list.push(place);
    }
}

fn finish(mut places: Vec<Place>) -> Vec<Site> {
    places.sort_by_key(|place| place.rank);
    places.into_iter().map(|place| place.site).collect()
}

/// The scopes of a class and its package.
pub(super) fn type_scopes(class: &str) -> Vec<Scope> {
    let named =
        |scope, label: String| Scope { class: scope, id: ScopeId::Named(label.clone()), order: None, label };
    let mut scopes = vec![named(ScopeClass::Type, format!("class {class}"))];
    // What a lambda or a companion computes is a matter of the class it is written in.
    if let Some(host) = names::host(class) {
        let host = host.trim_end_matches('$');
        scopes.push(named(ScopeClass::Type, format!("class {host}")));
    }
    if let Some(package) = names::package(class) {
        scopes.push(named(ScopeClass::Package, format!("package {package}")));
    }
    scopes
}
