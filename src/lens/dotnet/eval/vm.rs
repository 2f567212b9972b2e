//! The interpreter.

use super::super::calls::Call;
use super::super::il::{self, Insn, op};
use super::super::image::Image;
use super::super::meta::{Meta, Token, table};
use super::super::{data, names};
use super::Made;
use super::heap::{Heap, MAX_LEN, Obj, Place, Val};
use super::library::{self, Asked};
use super::signature::{Signature, instance_kind};
use super::step;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Calls within calls.
const MAX_DEPTH: usize = 10;
/// Steps of one method that is run for its own sake, unless it turns out to make strings.
const STEPS: usize = 1 << 12;
/// Steps that are given back for a string that was made.
const REFUND: usize = 1 << 12;
/// No token is shorter.
const MIN_LEN: usize = 16;
/// Elements that are gone through in one step.
const PER_STEP: usize = 32;
const MAX_STACK: usize = 64;
const MAX_LOCALS: u32 = 512;

/// A method that is called, read once.
pub(super) struct Callee<'a> {
    pub call: Call<'a>,
    pub signature: Signature,
    /// What it is in its own right: generic methods are called by an instance.
    pub token: Token,
    /// The type that a generic method is called with.
    pub instance: u8,
}

#[derive(Default)]
struct Frame {
    arguments: Vec<Val>,
    locals: HashMap<u32, Val>,
    stack: Vec<Val>,
}

/// Where to go after an instruction.
enum Next {
    On,
    To(usize),
    Return(Val),
    Stop,
}

pub(in super::super) struct Vm<'m, 'a> {
    meta: &'m Meta<'a>,
    image: &'m Image,
    pub(super) heap: Heap,
    frames: Vec<Frame>,
    statics: HashMap<u32, Val>,
    initialised: HashSet<u32>,
    /// The initialiser of each class that was asked for.
    initialisers: HashMap<u32, Option<u32>>,
    callees: HashMap<u32, Option<Rc<Callee<'a>>>>,
    steps: usize,
    /// Steps that are left for the file, and those that strings may still give back.
    total: usize,
    refunds: usize,
    root: u32,
    pub made: Vec<Made>,
    seen: HashSet<(u32, u32)>,
}

impl<'m, 'a> Vm<'m, 'a> {
    pub fn new(meta: &'m Meta<'a>, image: &'m Image) -> Self {
        let len = meta.data.len();
        Vm {
            meta,
            image,
            heap: Heap::default(),
            frames: Vec::new(),
            statics: HashMap::new(),
            initialised: HashSet::new(),
            initialisers: HashMap::new(),
            callees: HashMap::new(),
            steps: 0,
            total: (len / 8).saturating_add(1 << 16),
            refunds: (len / 2).saturating_add(1 << 17),
            root: 0,
            made: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Runs a method of whose arguments nothing is known; gives whether there are steps left for more.
    pub fn run(&mut self, method: u32) -> bool {
        self.heap.clear();
        self.frames.clear();
        self.statics.clear();
        self.initialised.clear();
        self.root = method;
        self.steps = STEPS.min(self.total);
        self.total -= self.steps;
        let class = self.class_of(method);
        let token = Token { table: table::METHOD, row: method };
        if let Some(signature) = Signature::of(self.meta, token) {
            let mut arguments = Vec::new();
            if self.meta.name_of(table::METHOD, method, 3) == b".cctor" {
                self.initialised.extend(class);
            }
            if signature.has_this {
                let this = self.heap.add(Obj::Instance(HashMap::new()));
                if self.meta.name_of(table::METHOD, method, 3) != b".ctor" {
                    self.construct(class, this);
                }
                arguments.push(this);
            }
            arguments.resize(arguments.len() + signature.kinds.len(), Val::Unknown);
            self.frames.clear();
            self.enter(method, arguments);
        }
        self.total += self.steps;
        self.total > 0
    }

    fn class_of(&self, method: u32) -> Option<u32> {
        self.meta.owner(table::TYPE_DEF, 5, method)
    }

    /// What the constructor without parameters does to an object, if there is one.
    fn construct(&mut self, class: Option<u32>, this: Val) {
        let Some(class) = class else { return };
        let of = self.meta.list(table::TYPE_DEF, class, 5, table::METHOD);
        let constructor = of.take(64).find(|&row| {
            let blob = self.meta.blob_bytes(self.meta.cell(table::METHOD, row, 4));
            blob.get(..2) == Some(&[0x20, 0]) && self.meta.name_of(table::METHOD, row, 3) == b".ctor"
        });
        if let Some(row) = constructor {
            // Below a frame of nobody: what it makes is its own affair.
            self.frames.push(Frame::default());
            self.enter(row, vec![this]);
            self.frames.pop();
        }
    }

    /// Runs the initialiser of a class before its fields are read.
    fn initialise(&mut self, class: u32) {
        if self.frames.len() >= MAX_DEPTH || !self.initialised.insert(class) {
            return;
        }
        let meta = self.meta;
        let cctor = *self.initialisers.entry(class).or_insert_with(|| {
            let of = meta.list(table::TYPE_DEF, class, 5, table::METHOD);
            of.take(4096).find(|&row| meta.name_of(table::METHOD, row, 3) == b".cctor")
        });
        if let Some(row) = cctor {
            self.enter(row, Vec::new());
        }
    }

    /// Runs a method of this assembly.
    pub(super) fn enter(&mut self, method: u32, arguments: Vec<Val>) -> Option<Val> {
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        let code = il::body(self.meta, self.image, method)?;
        self.frames.push(Frame { arguments, ..Frame::default() });
        let depth = self.frames.len();
        let mut at = 0;
        let mut answer = None;
        while let Some(insn) = il::decode(code, at) {
            if self.steps == 0 || self.heap.is_full() {
                break;
            }
            // Long strings and arrays take longer.
            let before = self.heap.held();
            self.steps -= 1;
            let next = self.step(code, &insn);
            self.steps = self.steps.saturating_sub(self.heap.held().saturating_sub(before) / PER_STEP);
            at = match next {
                Next::On => insn.next,
                Next::To(to) => to,
                Next::Return(value) => {
                    answer = Some(value);
                    break;
                }
                Next::Stop => break,
            };
        }
        self.frames.truncate(depth - 1);
        answer
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn pop(&mut self) -> Val {
        self.frame().stack.pop().unwrap_or_default()
    }

    fn push(&mut self, value: Val) {
        let stack = &mut self.frame().stack;
        if stack.len() < MAX_STACK {
            stack.push(value);
        }
    }

    /// What an address leads to.
    pub(super) fn load(&self, address: Val) -> Val {
        let Some(place) = self.heap.place(address) else {
            return if matches!(address, Val::Address(_)) { Val::Unknown } else { address };
        };
        let found = match place {
            Place::Local(frame, n) => self.frames.get(frame).and_then(|f| f.locals.get(&n).copied()),
            Place::Argument(frame, n) => {
                self.frames.get(frame).and_then(|f| f.arguments.get(n as usize).copied())
            }
            Place::Element(array, n) => match self.heap.get(Val::Ref(array)) {
                Some(Obj::Array { items, .. }) => items.get(n).copied(),
                _ => None,
            },
            Place::Static(field) => self.statics.get(&field).copied(),
            Place::Field(object, field) => match self.heap.get(Val::Ref(object)) {
                Some(Obj::Instance(fields)) => fields.get(&field).copied(),
                _ => None,
            },
        };
        found.unwrap_or_default()
    }

    pub(super) fn store(&mut self, address: Val, value: Val) {
        match self.heap.place(address) {
            Some(Place::Local(frame, n)) => {
                if let Some(frame) = self.frames.get_mut(frame).filter(|_| n < MAX_LOCALS) {
                    frame.locals.insert(n, value);
                }
            }
            Some(Place::Argument(frame, n)) => {
                let slot = self.frames.get_mut(frame).and_then(|f| f.arguments.get_mut(n as usize));
                if let Some(slot) = slot {
                    *slot = value;
                }
            }
            Some(Place::Element(array, n)) => self.set_element(Val::Ref(array), n, value),
            Some(Place::Static(field)) => drop(self.statics.insert(field, value)),
            Some(Place::Field(object, field)) => self.set_field(Val::Ref(object), field, value),
            None => {}
        }
    }

    fn set_element(&mut self, array: Val, n: usize, value: Val) {
        if let Some(Obj::Array { items, kind }) = self.heap.get_mut(array)
            && let Some(slot) = items.get_mut(n)
        {
            *slot = match (value, *kind) {
                (Val::Int(n), 4) => Val::Int((n as i8).into()),
                (Val::Int(n), 2 | 5) => Val::Int((n as u8).into()),
                (Val::Int(n), 3 | 7) => Val::Int((n as u16).into()),
                _ => value,
            };
        }
    }

    fn set_field(&mut self, object: Val, field: u32, value: Val) {
        let object = self.load(object);
        if let Some(Obj::Instance(fields)) = self.heap.get_mut(object) {
            fields.insert(field, value);
        }
    }

    fn local(&mut self, n: u32) {
        let value = self.frame().locals.get(&n).copied().unwrap_or_default();
        self.push(value);
    }

    fn set_local(&mut self, n: u32) {
        let value = self.pop();
        if n < MAX_LOCALS {
            self.frame().locals.insert(n, value);
        }
    }

    fn argument(&mut self, n: u32) {
        let value = self.frame().arguments.get(n as usize).copied().unwrap_or_default();
        self.push(value);
    }

    fn static_field(&mut self, token: Token, by_address: bool) -> Val {
        if token.table != table::FIELD {
            let is_empty = token.table == table::MEMBER_REF
                && self.meta.name_of(table::MEMBER_REF, token.row, 1) == b"Empty"
                && names::of_member(self.meta, token).0.name == "System.String";
            return if is_empty { self.heap.add(Obj::Text([].into(), false)) } else { Val::Unknown };
        }
        if let Some(class) = self.meta.owner(table::TYPE_DEF, 4, token.row) {
            self.initialise(class);
        }
        if by_address {
            // `"…"u8` and spans over constants take the address of the data itself.
            let has_data = self.meta.find(table::FIELD_RVA, 1, token.row).is_some();
            return if has_data {
                self.heap.add(Obj::Field(token.row))
            } else {
                self.heap.address(Place::Static(token.row))
            };
        }
        self.statics.get(&token.row).copied().unwrap_or_default()
    }

    /// The initial data of a field as elements of `width` bytes.
    pub(super) fn field_data(&mut self, field: Val, kind: u8) -> Option<Vec<Val>> {
        let Some(Obj::Field(row)) = self.heap.get(field) else { return None };
        let token = Token { table: table::FIELD, row: *row };
        let bytes = self.meta.data.get(data::of_field(self.meta, self.image, token)?)?;
        let width = match kind {
            2 | 4 | 5 => 1,
            3 | 6 | 7 => 2,
            8 | 9 => 4,
            10 | 11 => 8,
            _ => return None,
        };
        if bytes.len() / width > MAX_LEN {
            return None;
        }
        let number = |c: &[u8]| {
            let n = c.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
            match kind {
                4 => Val::Int((n as i8).into()),
                6 => Val::Int((n as i16).into()),
                10 | 11 => Val::Long(n as i64),
                _ => Val::Int(n as i32),
            }
        };
        Some(bytes.chunks_exact(width).map(number).collect())
    }

    fn new_array(&mut self, token: Token) -> Val {
        let n = self.pop();
        let Val::Int(n) = n else { return Val::Unknown };
        let Some(n) = usize::try_from(n).ok().filter(|&n| n <= MAX_LEN) else { return Val::Unknown };
        let kind = self.type_kind(token);
        let empty = if (2..=13).contains(&kind) { Val::Int(0) } else { Val::Null };
        self.heap.array(kind, vec![empty; n]).unwrap_or_default()
    }

    /// The element type of a basic type of the runtime.
    pub(super) fn type_kind(&self, token: Token) -> u8 {
        match names::type_name(self.meta, token).name.as_str() {
            "System.Boolean" => 2,
            "System.Char" => 3,
            "System.SByte" => 4,
            "System.Byte" => 5,
            "System.Int16" => 6,
            "System.UInt16" => 7,
            "System.Int32" => 8,
            "System.UInt32" => 9,
            "System.Int64" => 10,
            "System.UInt64" => 11,
            "System.String" => 14,
            _ => 28,
        }
    }

    fn element(&mut self, by_address: bool) -> Val {
        let (n, array) = (self.pop(), self.pop());
        let Some(n) = self.heap.int(n).and_then(|n| usize::try_from(n).ok()) else { return Val::Unknown };
        match (self.heap.get(array), array) {
            (Some(Obj::Array { items, .. }), Val::Ref(id)) if n < items.len() => {
                if by_address {
                    self.heap.address(Place::Element(id, n))
                } else {
                    items.get(n).copied().unwrap_or_default()
                }
            }
            _ => Val::Unknown,
        }
    }

    /// The address of an element; that of a character of a string is the character.
    pub(super) fn element_address(&mut self, of: Val, n: usize) -> Option<Val> {
        match (self.heap.get(of)?, of) {
            (Obj::Array { items, .. }, Val::Ref(id)) if n < items.len() => {
                Some(self.heap.address(Place::Element(id, n)))
            }
            (Obj::Text(units, _), _) => units.get(n).map(|&u| Val::Int(u.into())),
            _ => None,
        }
    }

    fn step(&mut self, code: &[u8], insn: &Insn) -> Next {
        let operand = insn.operand;
        match insn.op {
            0x00 => {}
            n @ op::LDARG_0..=0x05 => self.argument(u32::from(n - op::LDARG_0)),
            op::LDARG_S | op::LDARG => self.argument(operand),
            0x0f | op::LDARGA => {
                let frame = self.frames.len().saturating_sub(1);
                let address = self.heap.address(Place::Argument(frame, operand));
                self.push(address);
            }
            op::STARG_S | op::STARG => {
                let value = self.pop();
                if let Some(slot) = self.frame().arguments.get_mut(operand as usize) {
                    *slot = value;
                }
            }
            n @ op::LDLOC_0..=0x09 => self.local(u32::from(n - op::LDLOC_0)),
            op::LDLOC_S | op::LDLOC => self.local(operand),
            op::LDLOCA_S | op::LDLOCA => {
                let frame = self.frames.len().saturating_sub(1);
                let address = self.heap.address(Place::Local(frame, operand));
                self.push(address);
            }
            n @ op::STLOC_0..=0x0d => self.set_local(u32::from(n - op::STLOC_0)),
            op::STLOC_S | op::STLOC => self.set_local(operand),
            0x14 => self.push(Val::Null),
            n @ op::LDC_I4_M1..=op::LDC_I4_8 => self.push(Val::Int(i32::from(n) - 0x16)),
            op::LDC_I4_S => self.push(Val::Int((operand as u8 as i8).into())),
            op::LDC_I4 => self.push(Val::Int(operand as i32)),
            0x21 => {
                let n = crate::lens::bytes::u64_le(code, insn.at + 1).unwrap_or(0);
                self.push(Val::Long(n as i64));
            }
            op::DUP => {
                let value = self.frame().stack.last().copied().unwrap_or_default();
                self.push(value);
            }
            0x26 => drop(self.pop()),
            op::CALL | op::CALLVIRT | op::NEWOBJ => return self.call(insn),
            op::RET => return Next::Return(self.pop()),
            op::THROW | op::RETHROW | op::CALLI => return Next::Stop,
            op::BR | op::LEAVE => return jump(insn, operand as i32),
            op::BR_S | op::LEAVE_S => return jump(insn, (operand as u8 as i8).into()),
            0x2c | 0x2d | 0x39 | 0x3a => {
                let value = self.pop();
                let is_set = match value {
                    Val::Int(n) => Some(n != 0),
                    Val::Long(n) => Some(n != 0),
                    Val::Null => Some(false),
                    Val::Ref(_) | Val::Address(_) => Some(true),
                    Val::Unknown => None,
                };
                let wants = matches!(insn.op, 0x2d | 0x3a);
                if is_set == Some(wants) {
                    return jump(insn, distance(insn));
                }
            }
            0x2e..=0x37 | 0x3b..=0x44 => {
                let (b, a) = (self.pop(), self.pop());
                let long = if insn.op < 0x38 { insn.op + 0x0d } else { insn.op };
                if step::branches(long, a, b) == Some(true) {
                    return jump(insn, distance(insn));
                }
            }
            op::SWITCH => {
                let value = self.pop();
                let case = self.heap.int(value).and_then(|n| u32::try_from(n).ok()).filter(|&n| n < operand);
                let far = case.and_then(|n| crate::lens::bytes::u32_le(code, insn.at + 5 + n as usize * 4));
                if let Some(far) = far {
                    return jump(insn, far as i32);
                }
            }
            0x46..=0x50 | 0x71 => {
                let address = self.pop();
                let value = self.load(address);
                self.push(value);
            }
            0x51..=0x57 | 0x81 | 0xdf => {
                let (value, address) = (self.pop(), self.pop());
                self.store(address, value);
            }
            0x58..=0x64 | 0xd6..=0xdb | 0x101..=0x105 => {
                let (b, a) = (self.pop(), self.pop());
                self.push(step::binary(insn.op, a, b).unwrap_or_default());
            }
            0x65..=0x6e | 0x82..=0x8b | 0xb3..=0xba | 0xd1..=0xd5 | 0xe0 => {
                let a = self.pop();
                self.push(step::unary(insn.op, a).unwrap_or_default());
            }
            op::LDSTR => {
                let units = self.meta.user_string(operand & 0x00ff_ffff).filter(|r| r.len() <= MAX_LEN * 2);
                let units = units.and_then(|r| self.meta.data.get(r));
                let value = units.map_or(Val::Unknown, |bytes| {
                    let units = bytes.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
                    self.heap.add(Obj::Text(units, false))
                });
                self.push(value);
            }
            op::LDFLD | op::LDFLDA => {
                let object = self.pop();
                let object = self.load(object);
                let row = operand & 0x00ff_ffff;
                let value = match (self.heap.get(object), object) {
                    (Some(Obj::Instance(_)), Val::Ref(id)) if insn.op == op::LDFLDA => {
                        self.heap.address(Place::Field(id, row))
                    }
                    (Some(Obj::Instance(fields)), _) => fields.get(&row).copied().unwrap_or_default(),
                    _ => Val::Unknown,
                };
                self.push(value);
            }
            op::LDSFLD | op::LDSFLDA => {
                let value = self.static_field(Token::of(operand), insn.op == op::LDSFLDA);
                self.push(value);
            }
            op::STFLD => {
                let (value, object) = (self.pop(), self.pop());
                self.set_field(object, operand & 0x00ff_ffff, value);
            }
            op::STSFLD => {
                let value = self.pop();
                if operand >> 24 == table::FIELD as u32 {
                    self.statics.insert(operand & 0x00ff_ffff, value);
                }
            }
            op::NEWARR => {
                let value = self.new_array(Token::of(operand));
                self.push(value);
            }
            0x8e => {
                let array = self.pop();
                let len = match self.heap.get(array) {
                    Some(Obj::Array { items, .. }) => i32::try_from(items.len()).ok(),
                    _ => None,
                };
                self.push(len.map_or(Val::Unknown, Val::Int));
            }
            0x8f => {
                let value = self.element(true);
                self.push(value);
            }
            0x90..=0x9a | 0xa3 => {
                let value = self.element(false);
                self.push(value);
            }
            0x9b..=0xa2 | 0xa4 => {
                let (value, n, array) = (self.pop(), self.pop(), self.pop());
                match self.heap.int(n).and_then(|n| usize::try_from(n).ok()) {
                    Some(n) => self.set_element(array, n, value),
                    None => return Next::Stop,
                }
            }
            0x8c => {
                let value = self.pop();
                let kind = self.type_kind(Token::of(operand));
                let boxed = match value {
                    Val::Int(_) | Val::Long(_) => self.heap.add(Obj::Boxed(kind, value)),
                    _ => value,
                };
                self.push(boxed);
            }
            0xa5 | 0x79 => {
                let value = self.pop();
                let value = match self.heap.get(value) {
                    Some(Obj::Boxed(_, inside)) => *inside,
                    _ => value,
                };
                self.push(value);
            }
            0x74 | 0x75 => {}
            op::LDTOKEN => {
                let token = Token::of(operand);
                let value = if token.table == table::FIELD {
                    self.heap.add(Obj::Field(token.row))
                } else {
                    Val::Unknown
                };
                self.push(value);
            }
            0x106 | 0x107 => {
                if insn.op == 0x107 {
                    self.pop();
                }
                let token = Token::of(operand);
                let value = if token.table == table::METHOD {
                    self.heap.add(Obj::Method(token.row, Val::Null))
                } else {
                    Val::Unknown
                };
                self.push(value);
            }
            // `initobj`, `constrained.` and other prefixes.
            0x115 => {
                let address = self.pop();
                let value = self.heap.add(Obj::Instance(HashMap::new()));
                self.store(address, value);
            }
            0x112..=0x114 | 0x116 | 0x119 | 0x11e => {}
            other => {
                let (pops, pushes) = il::effect(other);
                for _ in 0..pops {
                    self.pop();
                }
                for _ in 0..pushes {
                    self.push(Val::Unknown);
                }
            }
        }
        Next::On
    }

    fn callee(&mut self, operand: u32) -> Option<Rc<Callee<'a>>> {
        if let Some(known) = self.callees.get(&operand) {
            return known.clone();
        }
        let of = Token::of(operand);
        let (token, instance) = match of.table {
            table::METHOD_SPEC => {
                (self.meta.coded(table::METHOD_SPEC, of.row, 0), instance_kind(self.meta, of.row))
            }
            _ => (Some(of), 0),
        };
        let callee = token.and_then(|token| {
            let signature = Signature::of(self.meta, token)?;
            Some(Rc::new(Callee { call: Call::new(self.meta, token), signature, token, instance }))
        });
        self.callees.insert(operand, callee.clone());
        callee
    }

    fn call(&mut self, insn: &Insn) -> Next {
        // Without a signature nobody knows what the stack holds behind the call.
        let Some(callee) = self.callee(insn.operand) else { return Next::Stop };
        let count = callee.signature.kinds.len();
        let mut arguments: Vec<Val> = (0..count).map(|_| self.pop()).collect();
        arguments.reverse();
        let is_new = insn.op == op::NEWOBJ;
        let receiver = (callee.signature.has_this && !is_new).then(|| self.pop());
        let before = self.heap.len();
        let answer =
            if is_new { self.create(&callee, arguments) } else { self.invoke(&callee, receiver, arguments) };
        if is_new || callee.signature.returns != 1 {
            let value = answer.unwrap_or_default();
            self.push(value);
            if self.frames.len() == 1 {
                self.tell(insn.at, value, before);
            }
        }
        Next::On
    }

    /// Takes note of a string that has come out of a call of the method that is run.
    fn tell(&mut self, at: usize, value: Val, before: usize) {
        let (Val::Ref(id), Some(Obj::Text(units, true))) = (value, self.heap.get(value)) else { return };
        let is_token = units.iter().any(|&u| (0x21..0x7f).contains(&u));
        if (id as usize) < before || units.len() < MIN_LEN || !is_token {
            return;
        }
        let text = String::from_utf16_lossy(units);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if self.seen.insert((self.root, at)) {
            let refund = REFUND.min(self.refunds);
            self.refunds -= refund;
            self.steps += refund;
            self.made.push(Made { method: self.root, at, text });
        }
    }

    fn create(&mut self, callee: &Callee<'a>, arguments: Vec<Val>) -> Option<Val> {
        if let [target, method] = arguments[..]
            && let Some(Obj::Method(row, _)) = self.heap.get(method)
        {
            let row = *row;
            return Some(self.heap.add(Obj::Method(row, target)));
        }
        if callee.token.table == table::METHOD {
            let this = self.heap.add(Obj::Instance(HashMap::new()));
            let mut all = vec![this];
            all.extend(arguments);
            self.enter(callee.token.row, all);
            return Some(this);
        }
        let asked = Asked { callee, receiver: None, arguments: &arguments, is_new: true };
        library::answer(self, &asked)
    }

    /// Calls a method of this assembly, or one that is known.
    fn invoke(&mut self, callee: &Callee<'a>, receiver: Option<Val>, arguments: Vec<Val>) -> Option<Val> {
        if callee.token.table == table::METHOD {
            let mut all: Vec<Val> = receiver.into_iter().collect();
            all.extend(arguments);
            if !callee.signature.has_this
                && let Some(class) = self.class_of(callee.token.row)
                && self.meta.name_of(table::METHOD, callee.token.row, 3) != b".cctor"
            {
                self.initialise(class);
            }
            return self.enter(callee.token.row, all);
        }
        if callee.call.name == b"Invoke"
            && let Some(receiver) = receiver
            && matches!(self.heap.get(receiver), Some(Obj::Method(..)))
        {
            return self.apply(receiver, &arguments);
        }
        let size: usize = receiver.iter().chain(&arguments).map(|&v| self.heap.size(self.load(v))).sum();
        self.steps = self.steps.saturating_sub(size / PER_STEP);
        let asked = Asked { callee, receiver, arguments: &arguments, is_new: false };
        library::answer(self, &asked)
    }

    /// Calls a delegate.
    pub(super) fn apply(&mut self, delegate: Val, arguments: &[Val]) -> Option<Val> {
        let Some(&Obj::Method(row, target)) = self.heap.get(delegate) else { return None };
        let signature = Signature::of(self.meta, Token { table: table::METHOD, row })?;
        let mut all: Vec<Val> = signature.has_this.then_some(target).into_iter().collect();
        all.extend(arguments);
        self.enter(row, all)
    }
}

fn distance(insn: &Insn) -> i32 {
    if insn.op < 0x38 { (insn.operand as u8 as i8).into() } else { insn.operand as i32 }
}

fn jump(insn: &Insn, far: i32) -> Next {
    insn.next.checked_add_signed(far as isize).map_or(Next::Stop, Next::To)
}
