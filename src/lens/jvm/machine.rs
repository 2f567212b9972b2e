//! A method run in the abstract: which slot holds which constant or object.
//!
//! One sweep from the first instruction to the last. The stack is carried along jumps that lead
//! forward; local variables keep what was stored last in the order of the code, which is right for the
//! straight code that holds secrets, and a guess where ways meet.

use super::class::{Class, Entry, Member};
use super::ops;
use crate::lens::bytes::u16_be;
use std::collections::{BTreeMap, HashMap};

/// Slots on the stack, and local variables, that are followed.
const MAX_SLOTS: usize = 512;
/// Pieces of one string, elements of one array.
const MAX_PIECES: usize = 1 << 12;
/// Elements of an array of objects that are remembered.
const MAX_ELEMENTS: usize = 64;
/// A string that is put together and shorter than this is not told of.
const MIN_JOINED: usize = 12;

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Value {
    #[default]
    Unknown,
    Int(i32),
    /// A string of the pool, by its Utf8 entry.
    Str(u16),
    /// A string that was put together.
    Text(u32),
    /// An object that was made here.
    Made(u32),
    /// What a field or a method gave: the entry of the pool, and where.
    Field(u16, u32),
    Answer(u16, u32),
    /// What the method was given.
    Local(u16),
}

/// An object that was made in the method.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) what: What,
    pieces: Vec<Piece>,
    /// Of an array of objects, what was put into it in order.
    elements: Vec<Value>,
    /// The text it stands for.
    pub(super) text: Option<u32>,
    /// The object it was put into, or the field.
    pub(super) into: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum What {
    #[default]
    Other,
    Builder,
    /// An array of bytes or characters.
    Chars,
    Array,
}

/// A piece of a string.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    Gap,
    Str(u16),
    Char(u16),
    Int(i32),
}

/// A string that was put together.
pub(super) struct Joined {
    pub(super) bytes: Vec<u8>,
    pub(super) at: u64,
}

/// Looks on while a method is run.
pub(super) trait Watch {
    /// A field is stored to.
    fn store(&mut self, machine: &mut Machine<'_, '_>, at: u32, field: u16, value: Value);
    /// A call: the callee's entry, the receiver and the arguments.
    fn call(&mut self, machine: &mut Machine<'_, '_>, at: u32, call: &Invoke<'_>);
    /// An element of an array.
    fn element(&mut self, machine: &mut Machine<'_, '_>, at: u32, array: Value, index: Value, value: Value);
    fn answer(&mut self, machine: &mut Machine<'_, '_>, at: u32, value: Value);
    /// A string is loaded.
    fn load(&mut self, at: u32, value: Value);
}

/// A call.
pub(super) struct Invoke<'m> {
    pub(super) method: u16,
    pub(super) is_static: bool,
    pub(super) receiver: Value,
    pub(super) arguments: &'m [Value],
    pub(super) class: &'m [u8],
    pub(super) name: &'m [u8],
    pub(super) descriptor: &'m [u8],
}

/// Sees nothing.
pub(super) struct Nobody;

impl Watch for Nobody {
    fn store(&mut self, _: &mut Machine<'_, '_>, _: u32, _: u16, _: Value) {}
    fn call(&mut self, _: &mut Machine<'_, '_>, _: u32, _: &Invoke<'_>) {}
    fn element(&mut self, _: &mut Machine<'_, '_>, _: u32, _: Value, _: Value, _: Value) {}
    fn answer(&mut self, _: &mut Machine<'_, '_>, _: u32, _: Value) {}
    fn load(&mut self, _: u32, _: Value) {}
}

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

    /// A builder goes where it cannot be followed.
    fn escape(&mut self, value: Value) {
        if let Value::Made(id) = value
            && self.objects.get(id as usize).is_some_and(|o| match o.what {
                What::Builder => !o.pieces.is_empty(),
                What::Chars => o.pieces.len() >= MIN_JOINED,
                _ => false,
            })
        {
            self.text_of(id);
        }
    }

    /// What an object of characters says, as a text of its own.
    fn text_of(&mut self, id: u32) -> Value {
        let Some(object) = self.objects.get_mut(id as usize) else { return Value::Unknown };
        if let Some(text) = object.text
            && object.what == What::Chars
        {
            return Value::Text(text);
        }
        let pieces = if object.what == What::Builder {
            object.pieces.clone()
        } else {
            std::mem::take(&mut object.pieces)
        };
        let text = self.text(pieces);
        if let (Value::Text(text), Some(object)) = (text, self.objects.get_mut(id as usize)) {
            object.text = Some(text);
        }
        text
    }

    fn text(&mut self, pieces: Vec<Piece>) -> Value {
        let Some(left) = self.budget.checked_sub(pieces.len()) else { return Value::Unknown };
        if let [Piece::Str(utf8)] = pieces[..] {
            return Value::Str(utf8);
        }
        self.budget = left;
        self.strings.push(pieces);
        self.made_at.push(self.now);
        Value::Text((self.strings.len() - 1) as u32)
    }

    fn pieces(&mut self, value: Value, kind: u8) -> Vec<Piece> {
        match value {
            Value::Str(utf8) => vec![Piece::Str(utf8)],
            Value::Int(n) if kind == b'C' => vec![Piece::Char(n as u16)],
            Value::Int(n) if matches!(kind, b'I' | b'S' | b'B') => vec![Piece::Int(n)],
            Value::Text(n) => self.copied(n),
            Value::Made(id) => match self.text_of(id) {
                Value::Text(n) => self.copied(n),
                Value::Str(utf8) => vec![Piece::Str(utf8)],
                _ => vec![Piece::Gap],
            },
            _ => vec![Piece::Gap],
        }
    }

    fn copied(&mut self, text: u32) -> Vec<Piece> {
        let Some(pieces) = self.strings.get(text as usize) else { return vec![Piece::Gap] };
        match self.budget.checked_sub(pieces.len()) {
            Some(left) if pieces.len() < MAX_PIECES => {
                self.budget = left;
                pieces.clone()
            }
            _ => vec![Piece::Gap],
        }
    }

    fn append(&mut self, builder: Value, value: Value, kind: u8) {
        let mut more = self.pieces(value, kind);
        if let Some(object) = self.object(builder).filter(|o| o.what == What::Builder)
            && object.pieces.len() + more.len() < MAX_PIECES
        {
            object.pieces.append(&mut more);
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

    fn invoke<W: Watch>(&mut self, pc: u32, op: u8, index: u16, watch: &mut W) {
        let Some((class, name, descriptor)) = self.class.member(index) else {
            self.stack.clear();
            return;
        };
        let mut slots = std::mem::take(&mut self.slots);
        let (size, _) = ops::slots(descriptor, &mut slots);
        let mut arguments: Vec<Value> = Vec::with_capacity(slots.len());
        for size in slots.iter().rev() {
            let value = self.pop();
            if *size == 2 {
                self.pop();
            }
            arguments.push(if *size == 2 { Value::Unknown } else { value });
        }
        arguments.reverse();
        self.slots = slots;
        let receiver = if op == 184 { Value::Unknown } else { self.pop() };
        let answer = self.strings_call(class, name, descriptor, receiver, &arguments);
        let answer = match answer {
            Some(answer) => answer,
            None => {
                for &argument in &arguments {
                    self.escape(argument);
                }
                let call = Invoke {
                    method: index,
                    is_static: op == 184,
                    receiver,
                    arguments: &arguments,
                    class,
                    name,
                    descriptor,
                };
                watch.call(self, pc, &call);
                // A call on an object that answers with its own type: most likely itself.
                let is_fluent = op != 184
                    && descriptor
                        .strip_suffix(b";")
                        .is_some_and(|d| d.strip_suffix(class).is_some_and(|before| before.ends_with(b")L")));
                if is_fluent && receiver != Value::Unknown { receiver } else { Value::Answer(index, pc) }
            }
        };
        match size {
            0 => {}
            1 => self.push(answer),
            _ => self.shift(0, 2),
        }
    }

    /// Calls that make strings; `None` if this is another.
    fn strings_call(
        &mut self,
        class: &[u8],
        name: &[u8],
        descriptor: &[u8],
        receiver: Value,
        arguments: &[Value],
    ) -> Option<Value> {
        let first = arguments.first().copied().unwrap_or_default();
        let kind = descriptor.get(1).copied().unwrap_or_default();
        match (class, name) {
            (b"java/lang/StringBuilder" | b"java/lang/StringBuffer", _) => Some(match name {
                b"<init>" => {
                    if kind == b'L' {
                        self.append(receiver, first, kind);
                    }
                    Value::Unknown
                }
                b"append" => {
                    if arguments.len() == 1 {
                        self.append(receiver, first, kind);
                    } else {
                        self.append(receiver, Value::Unknown, kind);
                    }
                    receiver
                }
                b"toString" => match receiver {
                    Value::Made(id)
                        if self.objects.get(id as usize).is_some_and(|o| o.what == What::Builder) =>
                    {
                        self.text_of(id)
                    }
                    _ => Value::Unknown,
                },
                b"reverse" => {
                    let mut text = self.known(receiver);
                    if let Some(text) = &mut text {
                        text.reverse();
                    }
                    let pieces = text.map_or(vec![Piece::Gap], |t| t.into_iter().map(Piece::Char).collect());
                    if let Some(object) = self.object(receiver) {
                        object.pieces = pieces;
                    }
                    receiver
                }
                b"insert" | b"replace" | b"deleteCharAt" | b"delete" | b"setCharAt" | b"setLength" => {
                    if let Some(object) = self.object(receiver) {
                        object.pieces = vec![Piece::Gap];
                    }
                    receiver
                }
                _ => Value::Unknown,
            }),
            (b"java/lang/String", b"<init>") => {
                let pieces = self.pieces(first, kind);
                let text = self.text(pieces);
                // The object on the stack and in variables becomes the string.
                if let (Value::Made(_), true) = (receiver, text != Value::Unknown) {
                    self.stack
                        .iter_mut()
                        .chain(&mut self.locals)
                        .filter(|v| **v == receiver)
                        .for_each(|v| *v = text);
                }
                Some(Value::Unknown)
            }
            (b"java/lang/String", b"concat") => {
                let mut pieces = self.pieces(receiver, b'L');
                pieces.append(&mut self.pieces(first, b'L'));
                Some(self.text(pieces))
            }
            (b"java/lang/String", b"join" | b"format" | b"formatted" | b"replace" | b"substring") => {
                self.string_made(name, receiver, arguments)
            }
            (b"java/lang/String", b"valueOf" | b"copyValueOf") if arguments.len() == 1 => Some(match first {
                Value::Made(id) if self.objects.get(id as usize).is_some_and(|o| o.what == What::Chars) => {
                    self.text_of(id)
                }
                Value::Int(_) => Value::Unknown,
                other => other,
            }),
            (
                b"java/lang/String",
                b"intern" | b"trim" | b"toString" | b"strip" | b"toCharArray" | b"getBytes" | b"stripIndent",
            )
            | (b"java/lang/CharSequence", b"toString") => Some(receiver),
            (b"java/util/Objects", b"requireNonNull") => Some(first),
            (b"java/util/Base64$Decoder", b"decode") => Some(first),
            _ => None,
        }
    }

    /// The characters of a string that is known as a whole.
    fn known(&mut self, value: Value) -> Option<Vec<u16>> {
        // A builder is looked at, and goes on.
        let pieces = match value {
            Value::Made(id) => {
                self.objects.get(id as usize).filter(|o| o.what == What::Builder)?.pieces.clone()
            }
            other => self.pieces(other, b'L'),
        };
        let mut text = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Gap => return None,
                Piece::Str(utf8) => {
                    let bytes = self.class.text(utf8);
                    if !bytes.is_ascii() {
                        return None;
                    }
                    text.extend(bytes.iter().map(|b| u16::from(*b)));
                }
                Piece::Char(c) => text.push(c),
                Piece::Int(n) => text.extend(n.to_string().bytes().map(u16::from)),
            }
            if text.len() > MAX_PIECES {
                return None;
            }
        }
        self.budget = self.budget.checked_sub(text.len() / 16)?;
        Some(text)
    }

    /// A string of characters that were computed.
    fn computed(&mut self, text: Vec<u16>) -> Value {
        self.budget = self.budget.saturating_add(text.len());
        self.text(text.into_iter().map(Piece::Char).collect())
    }

    /// What methods of strings make of strings that are known; `None`: nothing is known of it.
    fn string_made(&mut self, name: &[u8], receiver: Value, arguments: &[Value]) -> Option<Value> {
        let first = arguments.first().copied().unwrap_or_default();
        let second = arguments.get(1).copied().unwrap_or_default();
        let elements = |machine: &mut Self, array: Value| {
            machine.object(array).filter(|o| o.what == What::Array).map(|o| o.elements.clone())
        };
        match name {
            b"join" => {
                let between = self.known(first)?;
                let mut pieces = Vec::new();
                for (n, element) in elements(self, second)?.into_iter().enumerate() {
                    if n > 0 {
                        pieces.extend(between.iter().map(|c| Piece::Char(*c)));
                    }
                    pieces.append(&mut self.pieces(element, b'L'));
                    if pieces.len() > MAX_PIECES {
                        return None;
                    }
                }
                Some(self.text(pieces))
            }
            b"format" | b"formatted" => {
                let (format, array) = if name == b"format" { (first, second) } else { (receiver, first) };
                let format = self.known(format)?;
                let mut elements = elements(self, array)?.into_iter();
                let (mut pieces, mut rest) = (Vec::new(), format.into_iter());
                while let Some(c) = rest.next() {
                    if c != u16::from(b'%') {
                        pieces.push(Piece::Char(c));
                        continue;
                    }
                    match rest.next().and_then(|c| u8::try_from(c).ok()) {
                        Some(b's' | b'd' | b'c') => {
                            let element = elements.next().unwrap_or_default();
                            pieces.append(&mut self.pieces(element, b'L'));
                        }
                        Some(b'%') => pieces.push(Piece::Char(u16::from(b'%'))),
                        // Widths and positions: what follows is not known.
                        _ => return None,
                    }
                    if pieces.len() > MAX_PIECES {
                        return None;
                    }
                }
                self.budget = self.budget.saturating_add(pieces.len());
                Some(self.text(pieces))
            }
            b"replace" => {
                let side = |machine: &mut Self, value| match value {
                    Value::Int(c) => Some(vec![u16::try_from(c).ok()?]),
                    other => machine.known(other),
                };
                let (text, from, to) = (self.known(receiver)?, side(self, first)?, side(self, second)?);
                let (mut made, mut at) = (Vec::new(), 0);
                while let Some(c) = text.get(at) {
                    if !from.is_empty() && text[at..].starts_with(&from) {
                        made.extend_from_slice(&to);
                        at += from.len();
                    } else {
                        made.push(*c);
                        at += 1;
                    }
                    if made.len() > MAX_PIECES {
                        return None;
                    }
                }
                Some(self.computed(made))
            }
            b"substring" => {
                let text = self.known(receiver)?;
                let index = |value| match value {
                    Value::Int(n) => usize::try_from(n).ok(),
                    _ => None,
                };
                let to = if arguments.len() > 1 { index(second)? } else { text.len() };
                let part = text.get(index(first)?..to)?.to_vec();
                Some(self.computed(part))
            }
            _ => None,
        }
    }

    /// A call site: string concatenation (JEP 280), or a lambda.
    fn dynamic(&mut self, index: u16) {
        let class = self.class;
        let Some((_, name, descriptor)) = class.member(index) else {
            self.stack.clear();
            return;
        };
        let mut slots = std::mem::take(&mut self.slots);
        let (size, _) = ops::slots(descriptor, &mut slots);
        let mut arguments = Vec::with_capacity(slots.len());
        for size in slots.iter().rev() {
            let value = self.pop();
            if *size == 2 {
                self.pop();
            }
            arguments.push(if *size == 2 { Value::Unknown } else { value });
        }
        arguments.reverse();
        self.slots = slots;
        let mut answer = Value::Unknown;
        if name == b"makeConcatWithConstants"
            && let Entry::Dynamic(bootstrap, _) = class.entry(index)
            && let Some(constants) = class.bootstraps.get(usize::from(bootstrap))
            && let Some(Entry::String(recipe)) = u16_be(constants, 0).map(|i| class.entry(i))
        {
            answer = self.concat(recipe, constants, descriptor, &arguments);
        } else if name == b"makeConcat" {
            let mut pieces = Vec::new();
            for &argument in &arguments {
                pieces.append(&mut self.pieces(argument, b'L'));
            }
            answer = self.text(pieces);
        }
        match size {
            0 => {}
            1 => self.push(answer),
            _ => self.shift(0, 2),
        }
    }

    fn concat(&mut self, recipe: u16, constants: &[u8], descriptor: &[u8], arguments: &[Value]) -> Value {
        let text = self.class.text(recipe);
        if text.len() > MAX_PIECES * 16 {
            return Value::Unknown;
        }
        let Some(left) = self.budget.checked_sub(text.len() / 16) else { return Value::Unknown };
        self.budget = left;
        let (mut pieces, mut next, mut constant) = (Vec::new(), 0, 2);
        // Kinds of the arguments: good enough where all are one character long, else text.
        let kinds: Vec<u8> = descriptor.iter().skip(1).take_while(|b| **b != b')').copied().collect();
        let simple = kinds.len() == arguments.len();
        for &b in text {
            match b {
                1 => {
                    let value = arguments.get(next).copied().unwrap_or_default();
                    let kind = if simple { kinds.get(next).copied().unwrap_or(b'L') } else { b'L' };
                    pieces.append(&mut self.pieces(value, kind));
                    next += 1;
                }
                2 => {
                    let piece = match u16_be(constants, constant).map(|i| self.class.entry(i)) {
                        Some(Entry::String(utf8)) => Piece::Str(utf8),
                        _ => Piece::Gap,
                    };
                    pieces.push(piece);
                    constant += 2;
                }
                b => pieces.push(Piece::Char(u16::from(b))),
            }
            if pieces.len() >= MAX_PIECES {
                return Value::Unknown;
            }
        }
        // The literal parts stand in the recipe: say so by its entry.
        self.budget = self.budget.saturating_add(pieces.len());
        let text = self.text(pieces);
        if let Value::Text(n) = text {
            self.rendered.insert(n, usize::from(recipe));
        }
        text
    }

    /// The entries that a text is made of.
    pub(super) fn parts(&self, text: u32) -> Vec<u16> {
        let pieces = self.strings.get(text as usize).map_or(&[][..], Vec::as_slice);
        let recipe = self.rendered.get(&text).and_then(|r| u16::try_from(*r).ok());
        let strings = pieces.iter().filter_map(|p| match p {
            Piece::Str(utf8) => Some(*utf8),
            _ => None,
        });
        recipe.into_iter().chain(strings).collect()
    }

    /// The strings that the method put together, cut where something is not known.
    pub(super) fn texts(&self) -> Vec<(u32, Joined)> {
        let mut all = Vec::new();
        for (n, pieces) in self.strings.iter().enumerate() {
            let id = n as u32;
            let made_at = self.made_at.get(n).copied().unwrap_or_default();
            let at = self.parts(id).first().map_or(made_at, |first| self.class.offset(*first));
            for run in pieces.split(|p| matches!(p, Piece::Gap)) {
                if run.len() < 2 {
                    continue;
                }
                let mut bytes = Vec::new();
                for piece in run {
                    match piece {
                        Piece::Gap => {}
                        Piece::Str(utf8) => bytes.extend_from_slice(self.class.text(*utf8)),
                        Piece::Char(c) if *c < 0x80 => bytes.push(*c as u8),
                        Piece::Char(c) => bytes.extend(
                            char::from_u32(u32::from(*c))
                                .unwrap_or('\u{fffd}')
                                .encode_utf8(&mut [0; 4])
                                .as_bytes(),
                        ),
                        Piece::Int(n) => bytes.extend(n.to_string().as_bytes()),
                    }
                    if bytes.len() > 1 << 16 {
                        break;
                    }
                }
                if bytes.len() >= MIN_JOINED {
                    all.push((id, Joined { bytes, at }));
                }
            }
        }
        all
    }
}
