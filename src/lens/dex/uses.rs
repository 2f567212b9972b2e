//! What a method does with the strings that were hit.

use super::calls::{Call, Meaning};
use super::classes::Method;
use super::code::{Insn, op};
use super::machine::{Machine, Value, Watch};
use super::refs::{Program, Wanted};
use super::ropes::Piece;
use super::strings::StringOp;
use crate::blob::Site;
use crate::finding::Role;
use std::collections::{HashMap, HashSet};

/// Order of the places of one string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Reached through a field or a method rather than loaded.
    pub(super) indirect: bool,
    /// The class definition.
    pub(super) class: u32,
    /// The method, by its place in the file.
    pub(super) method: u32,
    /// Where in the method.
    pub(super) at: u32,
}

/// A place with its order.
pub(super) struct Place {
    pub(super) rank: Rank,
    pub(super) site: Site,
}

/// A hit in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) hit: u32,
    /// The field it was read from.
    pub(super) field: Option<u32>,
    /// Whether it came from a field or a method.
    pub(super) indirect: bool,
}

/// What holds several values: an object, an array, a map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// Made in the method, at this place.
    Local(u32),
    /// Passed to the method in this register.
    Param(u32),
    Field(u32),
    /// Static members of a class.
    Class(u32),
}

/// What is done with a hit.
pub(super) enum Use {
    /// Stored to a field.
    Field(u32),
    /// Passed to a method as parameter `n`.
    Argument { method: u32, n: usize, role: Option<Role> },
    /// Put into a map or the like under the name that the string `key` is.
    Entry { key: u32, key_hit: bool, holder: Holder, method: u32, n: usize },
    /// Set as a property of an object.
    Property { key: String, holder: Holder, method: u32 },
    /// An element of the array that was made here.
    Element { array: u32, n: Option<u32> },
    /// What the method answers.
    Returned,
    /// Nothing that is understood.
    Loaded,
}

/// A use of a hit.
pub(super) struct Record {
    pub(super) hit: Hit,
    pub(super) at: u32,
    pub(super) what: Use,
}

/// Looks on while a method runs and notes what becomes of hits.
pub(super) struct Uses<'p, 'd, 'a> {
    pub(super) program: &'p Program<'d, 'a>,
    pub(super) wanted: &'p Wanted,
    /// The method, by its place in the file.
    pub(super) number: u32,
    pub(super) method: Method,
    /// Where each hit was loaded first.
    pub(super) loads: Vec<(u32, u32)>,
    /// Hits that something is known to be done with.
    pub(super) used: HashSet<u32>,
    pub(super) records: Vec<Record>,
    /// What an object that was made here was put into.
    pub(super) links: HashMap<u32, u32>,
    /// The field that an object which was made here was stored to.
    pub(super) homes: HashMap<u32, u32>,
    /// Pieces of joined strings that may still be looked at.
    budget: usize,
}

impl<'p, 'd, 'a> Uses<'p, 'd, 'a> {
    pub(super) fn new(program: &'p Program<'d, 'a>, wanted: &'p Wanted, number: u32, method: Method) -> Self {
        Uses {
            program,
            wanted,
            number,
            method,
            loads: Vec::new(),
            used: HashSet::new(),
            records: Vec::new(),
            links: HashMap::new(),
            homes: HashMap::new(),
            budget: 1 << 16,
        }
    }

    /// The hits that a value carries.
    fn hits(&mut self, machine: &Machine, value: Value) -> Vec<Hit> {
        let direct = |hit: &u32| Hit { hit: *hit, field: None, indirect: false };
        match value {
            Value::Str { string, .. } => self.wanted.strings.get(string).iter().map(direct).collect(),
            Value::Rope { node, .. } | Value::Builder { node, .. } => {
                let whole = self.wanted.ropes.get(&(self.number, node)).map_or(&[][..], |(hits, _)| hits);
                let mut hits: Vec<Hit> = whole.iter().map(direct).collect();
                if !self.wanted.strings.is_empty() {
                    for piece in machine.ropes.pieces(node).take(self.budget) {
                        self.budget -= 1;
                        if let Piece::Str(string) = piece {
                            hits.extend(self.wanted.strings.get(string).iter().map(direct));
                        }
                    }
                }
                hits
            }
            Value::Field { field, .. } => {
                let hits = self.wanted.fields.get(field).iter();
                hits.map(|&hit| Hit { hit, field: Some(field), indirect: true }).collect()
            }
            Value::Result { method, .. } => {
                let hits = self.wanted.methods.get(method).iter();
                hits.map(|&hit| Hit { hit, field: None, indirect: true }).collect()
            }
            Value::Made(at) | Value::Object(at) => {
                let made = self.wanted.made.get(&(self.number, at)).map_or(&[][..], Vec::as_slice);
                made.iter().map(direct).collect()
            }
            Value::Unknown | Value::Int(_) | Value::Param(_) => Vec::new(),
        }
    }

    fn record(&mut self, machine: &Machine, register: u32, at: u32, what: impl Fn() -> Use) {
        for hit in self.hits(machine, machine.get(register)) {
            if !hit.indirect {
                self.used.insert(hit.hit);
            }
            self.records.push(Record { hit, at, what: what() });
        }
    }

    fn holder(&self, value: Value, at: u32) -> Holder {
        match value {
            Value::Object(made) | Value::Builder { id: made, .. } => Holder::Local(made),
            Value::Param(register) => Holder::Param(register),
            Value::Field { field, .. } => Holder::Field(field),
            Value::Result { at, .. } => Holder::Local(at),
            _ => Holder::Local(at),
        }
    }

    /// Remembers that an object went into another one.
    fn link(&mut self, machine: &Machine, register: u32, into: u32) {
        if self.records.is_empty() {
            return;
        }
        if let Value::Object(made) | Value::Result { at: made, .. } = machine.get(register)
            && made != into
        {
            self.links.insert(made, into);
        }
    }

    fn array(&mut self, machine: &Machine, insn: &Insn<'_>) {
        for (n, register) in (0u32..).zip(insn.args().iter()) {
            self.record(machine, register, insn.at, || Use::Element { array: insn.at, n: Some(n) });
            self.link(machine, register, insn.at);
        }
    }

    fn call(&mut self, machine: &Machine, insn: &Insn<'_>) {
        let (at, method) = (insn.at, insn.index());
        // What passes a string on, or makes it a part of another, is not a use of its own.
        if self.program.ops.get(method) != StringOp::Other {
            return;
        }
        let mut carries = false;
        for register in insn.args().iter() {
            carries |= !self.hits(machine, machine.get(register)).is_empty();
        }
        let links = !self.records.is_empty();
        if !carries && !links {
            return;
        }
        let Some(call) = Call::new(self.program.dex, insn) else { return };
        if links && call.is_collection() {
            call.parameters.iter().for_each(|&register| self.link(machine, register, at));
        }
        if !carries {
            return;
        }
        let receiver = insn.args().get(0).map_or(Value::Unknown, |register| machine.get(register));
        let holder = match self.program.dex.method(method) {
            Some(id) if call.is_static && call.is_static_store() => Holder::Class(id.class),
            _ if call.is_static => Holder::Local(at),
            _ => self.holder(receiver, at),
        };
        for (n, &register) in call.parameters.iter().enumerate() {
            match call.meaning(n) {
                Meaning::Nothing => {}
                Meaning::Argument(role) => {
                    self.record(machine, register, at, || Use::Argument { method, n, role });
                }
                Meaning::Property(key) => {
                    self.record(machine, register, at, || Use::Property { key: key.clone(), holder, method });
                }
                Meaning::Entry { key } => {
                    match call.parameters.get(key).map(|&register| machine.get(register)) {
                        Some(Value::Str { string, .. }) => {
                            let key_hit = !self.wanted.strings.get(string).is_empty();
                            let key = string;
                            self.record(machine, register, at, || Use::Entry {
                                key,
                                key_hit,
                                holder,
                                method,
                                n,
                            });
                        }
                        _ => self.record(machine, register, at, || Use::Argument { method, n, role: None }),
                    }
                }
            }
        }
    }
}

impl Watch for Uses<'_, '_, '_> {
    fn visit(&mut self, machine: &Machine, insn: &Insn<'_>) {
        let at = insn.at;
        match insn.op {
            op::CONST_STRING | op::CONST_STRING_JUMBO => {
                let hits = self.wanted.strings.get(insn.index());
                self.loads.extend(hits.iter().map(|&hit| (hit, at)));
            }
            op::SPUT_OBJECT | op::IPUT_OBJECT => {
                let register = if insn.op == op::SPUT_OBJECT { insn.aa() } else { insn.a() };
                let field = insn.index();
                self.record(machine, register, at, || Use::Field(field));
                if !self.records.is_empty()
                    && let Value::Object(made) | Value::Result { at: made, .. } = machine.get(register)
                {
                    self.homes.insert(made, field);
                }
            }
            op::RETURN_OBJECT => self.record(machine, insn.aa(), at, || Use::Returned),
            op::APUT_OBJECT => {
                let [array, index] = insn.unit(1).to_le_bytes().map(u32::from);
                if let Value::Object(array) = machine.get(array) {
                    let n = match machine.get(index) {
                        Value::Int(n) => u32::try_from(n).ok(),
                        _ => None,
                    };
                    self.record(machine, insn.aa(), at, || Use::Element { array, n });
                    self.link(machine, insn.aa(), array);
                }
            }
            op::FILLED_NEW_ARRAY | op::FILLED_NEW_ARRAY_RANGE => self.array(machine, insn),
            _ if insn.is_invoke() => self.call(machine, insn),
            _ => {}
        }
    }
}
