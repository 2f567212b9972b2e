//! A method run in the abstract: which slot holds which constant or object.
//!
//! One sweep from the first instruction to the last. The stack is carried along jumps that lead
//! forward; local variables keep what was stored last in the order of the code, which is right for the
//! straight code that holds secrets, and a guess where ways meet.

mod calls;
mod text;
mod values;

use super::class::{Class, Entry, Member};
use super::ops;
use crate::lens::bytes::u16_be;
use std::collections::{BTreeMap, HashMap};
pub(super) use values::{Invoke, Joined, Nobody, Object, Piece, Value, Watch, What};

/// Slots on the stack, and local variables, that are followed.
const MAX_SLOTS: usize = 512;
/// Pieces of one string, elements of one array.
const MAX_PIECES: usize = 1 << 12;
/// Elements of an array of objects that are remembered.
const MAX_ELEMENTS: usize = 64;
/// A string that is put together and shorter than this is not told of.
const MIN_JOINED: usize = 12;

pub(super) struct Machine<'c, 'a> {
    pub(super) class: &'c Class<'a>,
    stack: Vec<Value>,
    locals: Vec<Value>,
    pub(super) objects: Vec<Object>,
    strings: Vec<Vec<Piece>>,
    /// Where each was made, in the file.
    made_at: Vec<u64>,
    now: u64,
    saved: BTreeMap<usize, Vec<Value>>,
    targets: Vec<usize>,
    slots: Vec<u8>,
    /// Pieces that may still be copied.
    budget: usize,
    /// Texts by their number, rendered when asked for.
    rendered: HashMap<u32, usize>,
}

impl<'c, 'a> Machine<'c, 'a> {
    pub(super) fn new(class: &'c Class<'a>) -> Self {
        Machine {
            class,
            stack: Vec::new(),
            locals: Vec::new(),
            objects: Vec::new(),
            strings: Vec::new(),
            made_at: Vec::new(),
            now: 0,
            saved: BTreeMap::new(),
            targets: Vec::new(),
            slots: Vec::new(),
            budget: 0,
            rendered: HashMap::new(),
        }
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_default()
    }

    fn push(&mut self, value: Value) {
        if self.stack.len() < MAX_SLOTS {
            self.stack.push(value);
        }
    }

    fn make(&mut self, what: What) -> Value {
        let id = self.objects.len() as u32;
        self.objects.push(Object { what, ..Object::default() });
        Value::Made(id)
    }

    /// The object a value is, if it was made here.
    pub(super) fn object(&mut self, value: Value) -> Option<&mut Object> {
        match value {
            Value::Made(id) => self.objects.get_mut(id as usize),
            _ => None,
        }
    }

    fn local(&self, n: u16) -> Value {
        self.locals.get(usize::from(n)).copied().unwrap_or_default()
    }

    fn set_local(&mut self, n: u16, value: Value) {
        let n = usize::from(n);
        if n < MAX_SLOTS {
            if self.locals.len() <= n {
                self.locals.resize(n + 1, Value::Unknown);
            }
            self.locals[n] = value;
        }
    }

    /// Runs the `n`th method.
    pub(super) fn run<W: Watch>(&mut self, n: usize, watch: &mut W) {
        self.stack.clear();
        self.locals.clear();
        self.objects.clear();
        self.strings.clear();
        self.made_at.clear();
        self.saved.clear();
        self.rendered.clear();
        let class = self.class;
        let Some(method) = class.methods.get(n) else { return };
        let code = method.code;
        self.budget = code.len().saturating_mul(4).saturating_add(64);
        self.parameters(method);
        let mut handlers: Vec<usize> =
            method.handlers.chunks_exact(8).filter_map(|h| u16_be(h, 4).map(usize::from)).collect();
        handlers.sort_unstable();
        let start = (code.as_ptr() as usize).wrapping_sub(class.data.as_ptr() as usize) as u64;
        let (mut at, mut reached) = (0, true);
        while let Some(len) = ops::len(code, at).filter(|len| at.saturating_add(*len) <= code.len()) {
            if handlers.binary_search(&at).is_ok() {
                self.stack.clear();
                self.stack.push(Value::Unknown);
            } else if let Some(saved) = self.saved.remove(&at) {
                if reached && saved.len() == self.stack.len() {
                    for (now, then) in self.stack.iter_mut().zip(saved) {
                        // `x ? "…" : null`: what is known on one way is worth telling.
                        if *now == Value::Unknown {
                            *now = then;
                        }
                    }
                } else if !reached {
                    self.stack = saved;
                }
            } else if !reached {
                self.stack.clear();
            }
            let op = code.get(at).copied().unwrap_or_default();
            self.now = start.saturating_add(at as u64);
            self.step(code, at, op, watch);
            let mut targets = std::mem::take(&mut self.targets);
            targets.clear();
            ops::targets(code, at, len, &mut targets);
            for &target in &targets {
                if target > at
                    && !self.stack.is_empty()
                    && self.budget > self.stack.len()
                    && !self.saved.contains_key(&target)
                {
                    self.budget -= self.stack.len();
                    self.saved.insert(target, self.stack.clone());
                }
            }
            self.targets = targets;
            reached = !ops::ends_block(op);
            let Some(next) = at.checked_add(len) else { break };
            at = next;
        }
        for id in 0..self.objects.len() {
            let object = &self.objects[id];
            if object.what == What::Chars && object.text.is_none() && object.pieces.len() >= MIN_JOINED {
                self.text_of(id as u32);
            }
        }
    }

    fn parameters(&mut self, method: &Member<'_>) {
        let mut slots = std::mem::take(&mut self.slots);
        ops::slots(method.descriptor, &mut slots);
        let mut n = 0u16;
        if !method.is_static {
            self.set_local(0, Value::Local(0));
            n = 1;
        }
        for size in &slots {
            self.set_local(n, Value::Local(n));
            n = n.saturating_add(u16::from(*size));
        }
        self.slots = slots;
    }

    fn step<W: Watch>(&mut self, code: &[u8], at: usize, op: u8, watch: &mut W) {
        let pc = at as u32;
        let byte = |n: usize| code.get(at + n).copied().unwrap_or_default();
        let short = |n: usize| u16_be(code, at + n).unwrap_or_default();
        match op {
            2..=8 => self.push(Value::Int(i32::from(op) - 3)),
            16 => self.push(Value::Int(i32::from(byte(1).cast_signed()))),
            17 => self.push(Value::Int(i32::from(short(1).cast_signed()))),
            18 | 19 => {
                let index = if op == 18 { u16::from(byte(1)) } else { short(1) };
                let value = match self.class.entry(index) {
                    Entry::String(utf8) => Value::Str(utf8),
                    Entry::Int(n) => Value::Int(n),
                    _ => Value::Unknown,
                };
                watch.load(pc, value);
                self.push(value);
            }
            21 | 25 => self.push(self.local(u16::from(byte(1)))),
            26..=29 => self.push(self.local(u16::from(op - 26))),
            42..=45 => self.push(self.local(u16::from(op - 42))),
            54 | 58 => {
                let value = self.pop();
                self.set_local(u16::from(byte(1)), value);
            }
            59..=62 | 75..=78 => {
                let value = self.pop();
                // Both groups start at a multiple of four, and three more.
                self.set_local(u16::from((op - 59) & 3), value);
            }
            83..=85 => {
                let (value, index, array) = (self.pop(), self.pop(), self.pop());
                self.element(pc, op, array, index, value, watch);
            }
            89 => {
                let top = self.stack.last().copied().unwrap_or_default();
                self.push(top);
            }
            90..=94 => self.dup(op),
            95 => {
                let (a, b) = (self.pop(), self.pop());
                self.push(a);
                self.push(b);
            }
            132 => self.set_local(u16::from(byte(1)), Value::Unknown),
            145..=147 => {
                let value = match (self.pop(), op) {
                    (Value::Int(n), 145) => Value::Int(i32::from(n as i8)),
                    (Value::Int(n), 146) => Value::Int(i32::from(n as u16)),
                    (Value::Int(n), _) => Value::Int(i32::from(n as i16)),
                    (other, _) => other,
                };
                self.push(value);
            }
            176 => {
                let value = self.pop();
                self.escape(value);
                watch.answer(self, pc, value);
            }
            178..=181 => self.field(pc, op, short(1), watch),
            182..=185 => self.invoke(pc, op, short(1), watch),
            186 => self.dynamic(short(1)),
            187 => {
                let name = self.class.class_name(short(1));
                let is_builder = matches!(name, b"java/lang/StringBuilder" | b"java/lang/StringBuffer");
                let made = self.make(if is_builder { What::Builder } else { What::Other });
                self.push(made);
            }
            188 | 189 => {
                self.pop();
                let what = if op == 188 && matches!(byte(1), 5 | 8) { What::Chars } else { What::Array };
                let made = self.make(what);
                self.push(made);
            }
            192 => {}
            196 => match byte(1) {
                21 | 25 => self.push(self.local(short(2))),
                54 | 58 => {
                    let value = self.pop();
                    self.set_local(short(2), value);
                }
                22 | 24 => self.shift(0, 2),
                55 | 57 => self.shift(2, 0),
                23 => self.shift(0, 1),
                56 => self.shift(1, 0),
                132 => self.set_local(short(2), Value::Unknown),
                _ => {}
            },
            197 => self.shift(usize::from(byte(3)), 1),
            _ => {
                let (pops, pushes) = ops::effect(op).unwrap_or_default();
                self.shift(pops, pushes);
            }
        }
    }

    fn shift(&mut self, pops: usize, pushes: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(pops));
        (0..pushes).for_each(|_| self.push(Value::Unknown));
    }

    fn dup(&mut self, op: u8) {
        let (count, below) =
            [(1, 1), (1, 2), (2, 0), (2, 1), (2, 2)].get(usize::from(op - 90)).copied().unwrap_or((0, 0));
        let Some(from) = self.stack.len().checked_sub(count + below) else { return };
        if self.stack.len() + count > MAX_SLOTS {
            return;
        }
        let copied: Vec<Value> = self.stack[self.stack.len() - count..].to_vec();
        self.stack.splice(from..from, copied);
    }

    fn element<W: Watch>(
        &mut self,
        pc: u32,
        op: u8,
        array: Value,
        index: Value,
        value: Value,
        watch: &mut W,
    ) {
        if op == 83 {
            watch.element(self, pc, array, index, value);
            if let Some(object) = self.object(array).filter(|o| o.what == What::Array)
                && index == Value::Int(object.elements.len() as i32)
                && object.elements.len() < MAX_ELEMENTS
            {
                object.elements.push(value);
            }
            if let Value::Made(_) = value
                && let Some(object) = self.object(value)
            {
                object.into.get_or_insert(array);
            }
            return;
        }
        let Some(object) = self.object(array).filter(|o| o.what == What::Chars) else { return };
        let (Value::Int(index), Value::Int(c)) = (index, value) else { return };
        let Ok(index) = usize::try_from(index) else { return };
        // Initialisers go in order; zeros are left out.
        if index >= object.pieces.len() && index < MAX_PIECES && index - object.pieces.len() < 64 {
            object.pieces.resize(index, Piece::Gap);
            object.pieces.push(Piece::Char(if op == 84 { u16::from(c as u8) } else { c as u16 }));
        }
    }

    fn field<W: Watch>(&mut self, pc: u32, op: u8, index: u16, watch: &mut W) {
        let descriptor = self.class.member(index).map_or(&[][..], |m| m.2);
        let size = if matches!(descriptor.first(), Some(b'J' | b'D')) { 2 } else { 1 };
        if matches!(op, 178 | 180) {
            self.shift(usize::from(op == 180), size);
            if size == 1 {
                self.pop();
                self.push(Value::Field(index, pc));
            }
            return;
        }
        let value = self.stack.last().copied().unwrap_or_default();
        self.shift(size + usize::from(op == 181), 0);
        if size == 1 {
            self.escape(value);
            watch.store(self, pc, index, value);
            if let Some(object) = self.object(value) {
                object.into = Some(Value::Field(index, pc));
            }
        }
    }
}
