//! A sweep over the instructions of one code object, with the stack as far as it is known.

use super::code::Finder;
use super::marshal::{Code, Node, Version};
use super::opcodes::{Op, Opcodes};
use crate::finding::Role;
use std::collections::HashSet;

/// What is on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    Unknown,
    /// A constant, by its node.
    Const(u32),
    /// A name: what is called.
    Name(u32),
    /// A list, tuple, set or dict, by the place where it is made.
    Made(usize),
}

/// A constant where it is used.
pub(super) struct Record {
    pub(super) tag: u64,
    pub(super) at: usize,
    pub(super) key: Option<String>,
    /// The call, dict or list it is part of, and its name.
    pub(super) group: Option<(usize, &'static str)>,
    /// Whether the key is what the code object calls it.
    pub(super) is_member: bool,
    pub(super) role: Option<Role>,
}

/// A code object, run in the abstract.
pub(super) struct Run<'f, 'm, 'a> {
    finder: &'f Finder<'m, 'a>,
    code: &'f Code,
    stack: Vec<Value>,
    pub(super) records: Vec<Record>,
    pub(super) used: HashSet<u64>,
    /// The node of the tuple of keyword names for the next call.
    keywords: u32,
}

impl<'f, 'm, 'a> Run<'f, 'm, 'a> {
    pub(super) fn of(finder: &'f Finder<'m, 'a>, code: &'f Code) -> Self {
        let (stack, records, used) = (Vec::new(), Vec::new(), HashSet::new());
        Run { finder, code, stack, records, used, keywords: 0 }
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Unknown)
    }

    fn push(&mut self, value: Value) {
        if self.stack.len() < 4096 {
            self.stack.push(value);
        }
    }

    fn pops(&mut self, n: usize) -> Vec<Value> {
        let missing = n.saturating_sub(self.stack.len());
        let mut values = vec![Value::Unknown; missing.min(1 << 12)];
        values.extend(self.stack.drain(self.stack.len() - (n - missing)..));
        values
    }

    fn record(
        &mut self,
        value: Value,
        at: usize,
        key: Option<String>,
        group: Option<(usize, &'static str)>,
        is_member: bool,
    ) {
        let Value::Const(node) = value else { return };
        let is_tuple = !self.finder.marshal.seq(node).is_empty();
        for (n, tag) in self.finder.hits(node).into_iter().enumerate() {
            self.used.insert(tag);
            let group = if is_tuple { Some((at, "tuple")) } else { group };
            if self.records.len() < 1 << 16 {
                self.records.push(Record { tag, at: at + n, key: key.clone(), group, is_member, role: None });
            }
        }
    }

    fn name(&self, of: u32, n: usize) -> Option<String> {
        self.finder.text(*self.finder.marshal.seq(of).get(n)?)
    }

    fn const_text(&self, value: Value) -> Option<String> {
        match value {
            Value::Const(node) => self.finder.text(node),
            _ => None,
        }
    }

    fn store(&mut self, value: Value, at: usize, key: Option<String>, is_member: bool) {
        if let Value::Made(made) = value {
            // What a list or dict is called is the key of elements that have none.
            for record in self.records.iter_mut().rev().take(256) {
                if record.group.is_some_and(|g| g.0 == made) && record.key.is_none() {
                    record.key.clone_from(&key);
                }
            }
            return;
        }
        self.record(value, at, key, None, is_member);
    }

    fn arguments(&mut self, at: usize, arguments: &[Value], names: &[u32], callee: Value) {
        let positional = arguments.len().saturating_sub(names.len());
        let verb = match callee {
            Value::Name(name) => self.finder.text(name).unwrap_or_default(),
            _ => String::new(),
        };
        let is_entry = ["set", "put", "add", "update", "define", "Field", "getenv", "get", "environ"]
            .iter()
            .any(|v| verb.starts_with(v) || verb.ends_with(v));
        for (n, &value) in arguments.iter().enumerate() {
            let key = match n.checked_sub(positional) {
                Some(keyword) => names.get(keyword).and_then(|n| self.finder.text(*n)),
                None if is_entry && n > 0 => self.const_text(arguments[n - 1]),
                None => None,
            };
            let before = self.records.len();
            self.record(value, at + n, key, Some((at, "call")), false);
            // boto: connect_s3(id, secret), S3Connection(id, secret), Session(id, secret).
            let is_login = verb.starts_with("connect_")
                || ["Connection", "Credentials", "Session"].iter().any(|end| verb.ends_with(end));
            if is_login && positional >= 2 && n < 2 {
                let role = Some(if n == 0 { Role::Id } else { Role::Secret });
                self.records.iter_mut().skip(before).for_each(|r| r.role = role);
            }
        }
    }

    pub(super) fn sweep(&mut self, ops: &Opcodes, consts: &[u32]) {
        let Some(code) = self.finder.marshal.text(self.code.code) else { return };
        let old = ops.version < Version(3, 6);
        let (mut at, mut extended) = (0, 0usize);
        while let Some(&number) = code.get(at) {
            let start = at;
            let mut argument = 0;
            if old {
                at += 1;
                if number >= ops.have_argument {
                    argument = crate::lens::bytes::u16_le(code, at).map_or(0, usize::from);
                    at += 2;
                }
            } else {
                argument = code.get(at + 1).copied().map_or(0, usize::from);
                at += 2;
            }
            if number == ops.extended {
                extended =
                    (extended | argument).checked_shl(if old { 16 } else { 8 }).unwrap_or(0) & 0xffff_ffff;
                continue;
            }
            argument |= std::mem::take(&mut extended);
            match ops.ops.get(usize::from(number)).copied().flatten() {
                Some(op) => self.step(ops.version, op, argument, start, consts),
                None => self.stack.clear(),
            }
        }
    }

    fn step(&mut self, version: Version, op: Op, n: usize, at: usize, consts: &[u32]) {
        let names = self.code.names;
        match op {
            Op::LoadConst => self.push(consts.get(n).map_or(Value::Unknown, |c| Value::Const(*c))),
            Op::StoreName | Op::StoreGlobal => {
                let value = self.pop();
                self.store(value, at, self.name(names, n), true);
            }
            Op::StoreAttr => {
                self.pop();
                let value = self.pop();
                self.store(value, at, self.name(names, n), false);
            }
            Op::StoreFast => {
                let value = self.pop();
                self.store(value, at, self.name(self.code.varnames, n), false);
            }
            Op::StoreDeref => {
                let value = self.pop();
                let key = if version >= Version(3, 11) {
                    self.name(self.code.varnames, n)
                } else {
                    self.name(self.code.cell, n)
                };
                self.store(value, at, key, false);
            }
            Op::StoreStore => {
                for local in [n >> 4, n & 15] {
                    let value = self.pop();
                    self.store(value, at, self.name(self.code.varnames, local), false);
                }
            }
            Op::StoreLoad => {
                let value = self.pop();
                self.store(value, at, self.name(self.code.varnames, n >> 4), false);
                self.push(Value::Unknown);
            }
            Op::Load | Op::Push => self.push(Value::Unknown),
            Op::LoadNamed => self.push(self.named(n)),
            Op::LoadGlobal => {
                if version < Version(3, 13) && n & 1 != 0 {
                    self.push(Value::Unknown);
                }
                self.push(self.named(n >> 1));
                if version >= Version(3, 13) && n & 1 != 0 {
                    self.push(Value::Unknown);
                }
            }
            Op::LoadAttr | Op::LoadMethod => {
                self.pop();
                let is_pair = op == Op::LoadMethod || version >= Version(3, 12) && n & 1 != 0;
                let index = if version >= Version(3, 12) { n >> 1 } else { n };
                self.push(self.named(index));
                if is_pair {
                    self.push(Value::Unknown);
                }
            }
            Op::CallFunction => {
                let (positional, keywords) =
                    if version < Version(3, 0) { (n & 0xff, n >> 8 & 0xff) } else { (n, 0) };
                let pairs = self.pops(keywords * 2);
                let arguments = self.pops(positional);
                let callee = self.pop();
                self.arguments(at, &arguments, &[], callee);
                for pair in pairs.chunks_exact(2) {
                    let key = self.const_text(pair[0]);
                    self.record(pair[1], at, key, Some((at, "call")), false);
                }
                self.push(Value::Unknown);
            }
            Op::CallKw => {
                let keys = self.pop();
                self.call(at, n, keys, if version >= Version(3, 13) { 2 } else { 1 });
            }
            Op::CallMethod => self.call(at, n, Value::Unknown, 2),
            Op::KwNames => self.keywords = consts.get(n).copied().unwrap_or_default(),
            Op::Call => {
                let keys = Value::Const(std::mem::take(&mut self.keywords));
                self.call(at, n, keys, 2);
            }
            Op::ConstKeyMap => {
                let keys = self.pop();
                let values = self.pops(n);
                let keys = match keys {
                    Value::Const(node) => self.finder.marshal.seq(node).to_vec(),
                    _ => Vec::new(),
                };
                for (i, value) in values.into_iter().enumerate() {
                    let key = keys.get(i).and_then(|k| self.finder.text(*k));
                    self.record(value, at, key, Some((at, "dict")), false);
                }
                self.push(Value::Made(at));
            }
            Op::BuildMap => {
                if version >= Version(3, 5) {
                    for pair in self.pops(n.saturating_mul(2).min(1 << 16)).chunks_exact(2) {
                        let key = self.const_text(pair[0]);
                        self.record(pair[1], at, key, Some((at, "dict")), false);
                    }
                }
                self.push(Value::Made(at));
            }
            Op::StoreMap => {
                let (key, value) = (self.pop(), self.pop());
                let key = self.const_text(key);
                if let Some(Value::Made(made)) = self.stack.last().copied() {
                    self.record(value, at, key, Some((made, "dict")), false);
                }
            }
            Op::StoreSubscr => {
                let (key, container, value) = (self.pop(), self.pop(), self.pop());
                let key = self.const_text(key);
                let group = match container {
                    Value::Made(made) => Some((made, "dict")),
                    Value::Name(name) => Some((usize::MAX / 2 - name as usize, "dict")),
                    _ => None,
                };
                self.record(value, at, key, group, false);
            }
            Op::BuildSeq => {
                for (i, value) in self.pops(n.min(1 << 16)).into_iter().enumerate() {
                    self.record(value, at + i, None, Some((at, "list")), false);
                }
                self.push(Value::Made(at));
            }
            Op::ListExtend => {
                let value = self.pop();
                self.record(value, at, None, Some((at, "list")), false);
            }
            Op::DictMerge => {
                self.pop();
            }
            Op::SetAttribute => {
                let (body, attribute) = (self.pop(), self.pop());
                if let (Value::Const(tuple), 1) = (attribute, n) {
                    let values: Vec<Value> =
                        self.finder.marshal.seq(tuple).iter().map(|n| Value::Const(*n)).collect();
                    self.defaults(&body, &values, at);
                }
                self.push(body);
            }
            Op::Return => {
                let value = self.pop();
                self.answer(value, at);
            }
            Op::ReturnConst => {
                if let Some(node) = consts.get(n) {
                    self.answer(Value::Const(*node), at);
                }
            }
            Op::Pop => {
                self.pop();
            }
            Op::Dup => {
                let depth = if version >= Version(3, 11) { n } else { 1 };
                let value = self.stack.len().checked_sub(depth).and_then(|i| self.stack.get(i)).copied();
                self.push(value.unwrap_or(Value::Unknown));
            }
            Op::RotTwo | Op::Swap => {
                let depth = if op == Op::Swap { n } else { 2 };
                let len = self.stack.len();
                if depth >= 1 && depth <= len {
                    self.stack.swap(len - 1, len - depth);
                }
            }
            Op::MakeFunction => self.function(version, n, at),
            Op::Unpack => match self.pop() {
                Value::Const(node) if self.finder.marshal.seq(node).len() == n => {
                    let items: Vec<u32> = self.finder.marshal.seq(node).iter().rev().copied().collect();
                    items.into_iter().for_each(|item| self.push(Value::Const(item)));
                }
                _ => (0..n.min(256)).for_each(|_| self.push(Value::Unknown)),
            },
            Op::Binary | Op::ImportName => {
                self.pop();
                self.pop();
                self.push(Value::Unknown);
            }
            Op::Unary => {
                self.pop();
                self.push(Value::Unknown);
            }
            Op::Nothing => {}
        }
    }

    fn named(&self, n: usize) -> Value {
        self.finder.marshal.seq(self.code.names).get(n).map_or(Value::Unknown, |n| Value::Name(*n))
    }

    /// A call of `n` arguments, the last of them named by the tuple `keys`.
    fn call(&mut self, at: usize, n: usize, keys: Value, below: usize) {
        let names = match keys {
            Value::Const(node) => self.finder.marshal.seq(node).to_vec(),
            _ => Vec::new(),
        };
        let arguments = self.pops(n.min(1 << 12));
        let under = self.pops(below);
        let callee = under.iter().copied().find(|v| matches!(v, Value::Name(_))).unwrap_or(Value::Unknown);
        self.arguments(at, &arguments, &names, callee);
        self.push(Value::Unknown);
    }

    fn answer(&mut self, value: Value, at: usize) {
        let name = self.finder.text(self.code.name);
        let name = name.map(|n| n.strip_prefix("get_").map_or(n.clone(), str::to_owned));
        self.record(value, at, name, None, false);
    }

    /// Defaults of arguments stand in a tuple; they belong to the last arguments.
    fn function(&mut self, version: Version, flags: usize, at: usize) {
        if version < Version(3, 0) {
            let body = self.pop();
            let defaults = self.pops(flags.min(256));
            self.defaults(&body, &defaults, at);
            return self.push(Value::Unknown);
        }
        if version < Version(3, 11) {
            self.pop();
        }
        let body = self.pop();
        let mut extra = Vec::new();
        if version < Version(3, 13) {
            extra = self.pops((flags & 15).count_ones() as usize);
        }
        if let (Some(Value::Const(tuple)), true) = (extra.first(), flags & 1 != 0) {
            let values: Vec<Value> =
                self.finder.marshal.seq(*tuple).iter().map(|n| Value::Const(*n)).collect();
            self.defaults(&body, &values, at);
        }
        self.push(body);
    }

    fn defaults(&mut self, body: &Value, values: &[Value], at: usize) {
        let Value::Const(body) = body else { return };
        let Some(Node::Code(code)) = self.finder.marshal.get(*body) else { return };
        let names = self.finder.marshal.seq(code.varnames).to_vec();
        let count = code.arguments.min(names.len());
        let Some(first) = count.checked_sub(values.len()) else { return };
        for (i, value) in values.iter().enumerate() {
            let key = names.get(first + i).and_then(|n| self.finder.text(*n));
            self.record(*value, at + i, key, Some((at, "defaults")), false);
        }
    }
}
