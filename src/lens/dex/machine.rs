//! A method run in the abstract: which register holds which constant or object.
//!
//! One sweep from the first instruction to the last, no loop is ever run. Where ways meet, a
//! register keeps its value if all the ways that are known agree; at the head of a loop and in an
//! exception handler only registers that the method writes once keep theirs (they cannot hold
//! anything else where the verifier lets them be read). So the work is linear in the code and the
//! answers are right for code that the verifier accepts, at the price of values that change.

use super::body::Code;
use super::code::{Insn, Insns, Written, op};
use super::ropes::{GAP, NIL, Piece, Ropes};
use super::strings::{StringOp, StringOps};
use super::tables::Dex;

/// Registers above this are not followed; hardly a method has as many.
const MAX_REGISTERS: usize = 256;
/// States kept for instructions further down.
const MAX_STATES: usize = 64;

/// What a register holds. `at` is where in the code it was made, in units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Value {
    #[default]
    Unknown,
    /// A number of 32 bits.
    Int(i32),
    /// A string of the pool.
    Str { string: u32, at: u32 },
    /// A string that was put together: the last of its nodes.
    Rope { node: u32, at: u32 },
    /// A string builder that was made at `id`, and the last node of what it holds.
    Builder { id: u32, node: u32 },
    /// What the method was given in this register.
    Param(u32),
    /// A new object or array.
    Object(u32),
    /// What was read from a field.
    Field { field: u32, at: u32 },
    /// What a method answered.
    Result { method: u32, at: u32 },
    /// A string that the call or allocation `at` is known to make.
    Made(u32),
}

#[derive(Clone, Copy)]
struct Target {
    at: u32,
    /// A loop head or handler: only what never changes is known here.
    resets: bool,
    /// Its state in [`Machine::states`].
    state: Option<u32>,
}

/// Looks on while a method is run.
pub(super) trait Watch {
    /// Called before each instruction that can be reached.
    fn visit(&mut self, machine: &Machine, insn: &Insn<'_>);
}

/// Sees nothing.
pub(super) struct Nobody;

impl Watch for Nobody {
    fn visit(&mut self, _: &Machine, _: &Insn<'_>) {}
}

/// The registers and strings of one method. Used again for the next, to save its memory.
#[derive(Default)]
pub(super) struct Machine {
    registers: Vec<Value>,
    /// How often each register is written, up to 2.
    writes: Vec<u8>,
    /// The value of registers that are written once.
    lasting: Vec<Value>,
    targets: Vec<Target>,
    states: Vec<Vec<Value>>,
    free: Vec<u32>,
    merges_left: usize,
    result: Value,
    /// Calls that are known to make a string, by their places; sorted. Set before a run.
    pub(super) made: Vec<u32>,
    /// The strings that were put together.
    pub(super) ropes: Ropes,
}

impl Machine {
    /// Runs a method; afterwards [`Machine::ropes`] tells of the strings it put together.
    pub(super) fn run<W: Watch>(&mut self, dex: &Dex<'_>, ops: &StringOps, code: &Code<'_>, watch: &mut W) {
        if self.begin(code).is_none() {
            return;
        }
        let mut next_target = 0;
        let mut reached = true;
        for insn in Insns::new(code.insns) {
            while let Some(target) = self.targets.get(next_target).copied()
                && target.at <= insn.at
            {
                if target.at == insn.at {
                    self.enter(target, reached);
                    reached = true;
                }
                next_target += 1;
            }
            if !reached {
                continue;
            }
            watch.visit(self, &insn);
            self.step(dex, ops, &insn);
            if let Some(target) = insn.target() {
                self.leave_for(target, insn.at);
            }
            insn.switch_targets(code.insns).for_each(|target| self.leave_for(target, insn.at));
            reached = !insn.ends_block();
        }
        self.ropes.settle();
    }

    /// The value of a register.
    pub(super) fn get(&self, register: u32) -> Value {
        self.registers.get(register as usize).copied().unwrap_or_default()
    }

    /// Forgets the last method and looks for the places where ways meet.
    fn begin(&mut self, code: &Code<'_>) -> Option<()> {
        let units = code.insns.len() / 2;
        let registers = (code.registers as usize).min(MAX_REGISTERS);
        for values in [&mut self.registers, &mut self.lasting] {
            values.clear();
            values.resize(registers, Value::Unknown);
        }
        self.writes.clear();
        self.writes.resize(registers, 0);
        let first_param = code.registers.saturating_sub(code.ins);
        for register in first_param..code.registers {
            self.count_write(register);
            self.set(register, Value::Param(register));
        }
        self.ropes.clear(units);
        self.merges_left = units.saturating_mul(64).saturating_add(1 << 16);
        self.result = Value::Unknown;
        self.free.clear();
        self.free.extend((0..self.states.len()).filter_map(|n| u32::try_from(n).ok()));
        self.find_targets(code, units)
    }

    fn find_targets(&mut self, code: &Code<'_>, units: usize) -> Option<()> {
        self.targets.clear();
        for insn in Insns::new(code.insns) {
            match insn.written() {
                Written::Nothing => {}
                Written::One(register) => self.count_write(register),
                Written::Two(register) => {
                    self.count_write(register);
                    self.count_write(register + 1);
                }
            }
            let add = |at: u32| Target { at, resets: at <= insn.at, state: None };
            self.targets.extend(insn.target().map(add));
            self.targets.extend(insn.switch_targets(code.insns).map(add));
            // Real code has far fewer places to jump to than instructions.
            if self.targets.len() > units + 16 {
                return None;
            }
        }
        self.targets.extend(code.handlers().map(|at| Target { at, resets: true, state: None }));
        self.targets.sort_unstable_by_key(|target| (target.at, !target.resets));
        self.targets.dedup_by_key(|target| target.at);
        Some(())
    }

    fn count_write(&mut self, register: u32) {
        if let Some(count) = self.writes.get_mut(register as usize) {
            *count = (*count + 1).min(2);
        }
    }

    fn set(&mut self, register: u32, value: Value) {
        if let Some(slot) = self.registers.get_mut(register as usize) {
            *slot = value;
        }
        if self.writes.get(register as usize) == Some(&1)
            && let Some(slot) = self.lasting.get_mut(register as usize)
        {
            *slot = value;
        }
    }

    /// Gives every register that holds the object made at `id` a new value.
    fn set_object(&mut self, id: u32, value: Value) {
        for slot in self.registers.iter_mut().chain(&mut self.lasting) {
            match *slot {
                Value::Object(at) if at == id => *slot = value,
                Value::Builder { id: at, .. } if at == id => *slot = value,
                _ => {}
            }
        }
    }

    /// Remembers the registers for an instruction further down.
    fn leave_for(&mut self, target: u32, from: u32) {
        if target <= from {
            return;
        }
        let Ok(index) = self.targets.binary_search_by_key(&target, |t| t.at) else { return };
        let Some(found) = self.targets.get(index).copied() else { return };
        if found.resets {
            return;
        }
        let Some(left) = self.merges_left.checked_sub(self.registers.len() + 1) else {
            self.forget_state(index);
            return;
        };
        self.merges_left = left;
        if let Some(state) = found.state {
            let mut kept = self.states.get_mut(state as usize).map(std::mem::take).unwrap_or_default();
            for (register, slot) in kept.iter_mut().enumerate() {
                *slot = self.merge(register, *slot, self.get(register as u32));
            }
            if let Some(slot) = self.states.get_mut(state as usize) {
                *slot = kept;
            }
            return;
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.states.len() < MAX_STATES => {
                self.states.push(Vec::new());
                (self.states.len() - 1) as u32
            }
            None => {
                self.forget_state(index);
                return;
            }
        };
        if let Some(state) = self.states.get_mut(slot as usize) {
            state.clear();
            state.extend_from_slice(&self.registers);
        }
        if let Some(target) = self.targets.get_mut(index) {
            target.state = Some(slot);
        }
    }

    fn forget_state(&mut self, target: usize) {
        if let Some(target) = self.targets.get_mut(target) {
            target.resets = true;
            self.free.extend(target.state.take());
        }
    }

    /// Makes the registers what they are at a place where ways meet.
    fn enter(&mut self, target: Target, falls_in: bool) {
        if target.resets || (target.state.is_none() && !falls_in) {
            self.free.extend(target.state);
            for register in 0..self.registers.len() {
                let lasting = match self.writes.get(register) {
                    Some(1) => self.lasting.get(register).copied().unwrap_or_default(),
                    _ => Value::Unknown,
                };
                let value = self.opened(lasting);
                if let Some(slot) = self.registers.get_mut(register) {
                    *slot = value;
                }
            }
            return;
        }
        let Some(slot) = target.state else { return };
        self.free.push(slot);
        let state = self.states.get_mut(slot as usize).map(std::mem::take).unwrap_or_default();
        for (register, &value) in state.iter().enumerate() {
            let merged =
                if falls_in { self.merge(register, self.get(register as u32), value) } else { value };
            if let Some(slot) = self.registers.get_mut(register) {
                *slot = merged;
            }
        }
        if let Some(slot) = self.states.get_mut(slot as usize) {
            *slot = state;
        }
    }

    fn merge(&mut self, register: usize, a: Value, b: Value) -> Value {
        match (a, b) {
            _ if a == b => a,
            (Value::Str { string, .. }, Value::Str { string: other, .. }) if string == other => a,
            (Value::Field { field, .. }, Value::Field { field: other, .. }) if field == other => a,
            (Value::Builder { id, .. }, Value::Builder { id: other, .. }) if id == other => self.opened(a),
            _ if self.writes.get(register) == Some(&1) => {
                let lasting = self.lasting.get(register).copied().unwrap_or_default();
                self.opened(lasting)
            }
            _ => Value::Unknown,
        }
    }

    /// A builder that may hold more than what is known.
    fn opened(&mut self, value: Value) -> Value {
        match value {
            Value::Builder { id, node } => Value::Builder { id, node: self.ropes.join(node, Piece::Gap) },
            other => other,
        }
    }

    /// A string with `value` at its end.
    fn append(&mut self, before: u32, value: Value, op: StringOp, at: u32) -> u32 {
        let piece = match (value, op) {
            (Value::Str { string, .. }, _) => Piece::Str(string),
            (Value::Rope { node, .. } | Value::Builder { node, .. }, _) => {
                return self.ropes.append(before, node);
            }
            (Value::Int(c), StringOp::Char) => u16::try_from(c).map_or(Piece::Gap, |c| Piece::Char(c, at)),
            (Value::Int(number), StringOp::Int) => Piece::Int(number, at),
            (Value::Int(number), StringOp::Bool) => Piece::Bool(number != 0, at),
            _ => Piece::Gap,
        };
        self.ropes.join(before, piece)
    }

    fn step(&mut self, dex: &Dex<'_>, ops: &StringOps, insn: &Insn<'_>) {
        let at = insn.at;
        if let Some((from, to)) = insn.moved() {
            return self.set(to, self.get(from));
        }
        if let Some(number) = insn.constant() {
            return self.set(if insn.op == op::CONST_4 { insn.a() } else { insn.aa() }, Value::Int(number));
        }
        match insn.op {
            op::CONST_STRING | op::CONST_STRING_JUMBO => {
                self.set(insn.aa(), Value::Str { string: insn.index(), at });
            }
            op::MOVE_RESULT_OBJECT => self.set(insn.aa(), self.result),
            op::NEW_INSTANCE => self.set(insn.aa(), Value::Object(at)),
            op::NEW_ARRAY => self.set(insn.a(), Value::Object(at)),
            op::FILLED_NEW_ARRAY | op::FILLED_NEW_ARRAY_RANGE => self.result = Value::Object(at),
            op::SGET_OBJECT => self.set(insn.aa(), Value::Field { field: insn.index(), at }),
            op::IGET_OBJECT => self.set(insn.a(), Value::Field { field: insn.index(), at }),
            op::INT_TO_CHAR => {
                let value = match self.get(insn.b()) {
                    Value::Int(number) => Value::Int(number & 0xffff),
                    _ => Value::Unknown,
                };
                self.set(insn.a(), value);
            }
            _ if insn.is_invoke() => {
                let receiver = insn.args().get(0).map_or(Value::Unknown, |register| self.get(register));
                self.call(dex, ops, insn);
                if self.made.binary_search(&at).is_ok() {
                    self.made(dex, insn, receiver);
                }
            }
            op::INVOKE_CUSTOM..=op::INVOKE_CUSTOM_RANGE if self.made.binary_search(&at).is_ok() => {
                self.result = Value::Made(at);
            }
            op::INVOKE_POLYMORPHIC..=op::INVOKE_CUSTOM_RANGE => self.result = Value::Unknown,
            op::RETURN_OBJECT | op::SPUT_OBJECT => self.escape(insn.aa(), at),
            op::IPUT_OBJECT => self.escape(insn.a(), at),
            _ => match insn.written() {
                Written::Nothing => {}
                Written::One(register) => self.set(register, Value::Unknown),
                Written::Two(register) => {
                    self.set(register, Value::Unknown);
                    self.set(register + 1, Value::Unknown);
                }
            },
        }
    }

    /// The call answers with a string that is known, or makes one of what its receiver was.
    fn made(&mut self, dex: &Dex<'_>, insn: &Insn<'_>, before: Value) {
        self.result = Value::Made(insn.at);
        let is_constructor = dex.method(insn.index()).is_some_and(|id| dex.name(id.name) == Some(b"<init>"));
        if is_constructor && before != Value::Unknown {
            let receiver = insn.args().get(0).unwrap_or(NIL);
            let after = self.get(receiver);
            for slot in self.registers.iter_mut().chain(&mut self.lasting) {
                if *slot == before || (*slot == after && after != Value::Unknown) {
                    *slot = self.result;
                }
            }
            self.set(receiver, self.result);
        }
    }

    /// A builder goes where it cannot be followed: what it holds is a string from here on.
    fn escape(&mut self, register: u32, at: u32) {
        if let Value::Builder { id, node } = self.get(register) {
            self.ropes.finish(node, at);
            let node = self.ropes.join(node, Piece::Gap);
            self.set_object(id, Value::Builder { id, node });
        }
    }

    fn call(&mut self, dex: &Dex<'_>, ops: &StringOps, insn: &Insn<'_>) {
        let (at, method, args) = (insn.at, insn.index(), insn.args());
        let nth = |machine: &Machine, n: usize| args.get(n).map_or(Value::Unknown, |r| machine.get(r));
        let first = nth(self, 0);
        self.result = Value::Result { method, at };
        match ops.get(method) {
            StringOp::New => {
                if let Value::Object(id) = first {
                    self.set_object(id, Value::Builder { id, node: NIL });
                }
            }
            StringOp::NewText => {
                if let Value::Object(id) = first {
                    let node = self.append(NIL, nth(self, 1), StringOp::Text, at);
                    self.set_object(id, Value::Builder { id, node });
                }
            }
            appends @ (StringOp::Text | StringOp::Char | StringOp::Int | StringOp::Bool) => {
                if let Value::Builder { id, node } = first {
                    let node = self.append(node, nth(self, 1), appends, at);
                    self.result = Value::Builder { id, node };
                    self.set_object(id, self.result);
                }
            }
            StringOp::Change => {
                if let Value::Builder { id, .. } = first {
                    self.escape(args.get(0).unwrap_or(NIL), at);
                    self.result = Value::Builder { id, node: GAP };
                    self.set_object(id, self.result);
                }
            }
            StringOp::Concat => {
                let node = self.append(NIL, first, StringOp::Text, at);
                if let Value::Rope { node, .. } = first {
                    self.ropes.use_up(node);
                }
                let node = self.append(node, nth(self, 1), StringOp::Text, at);
                self.ropes.finish(node, at);
                self.result = Value::Rope { node, at };
            }
            StringOp::Same => {
                self.result = match first {
                    Value::Builder { node, .. } => {
                        self.ropes.finish(node, at);
                        Value::Rope { node, at }
                    }
                    other => other,
                };
            }
            StringOp::Copy => {
                if let Value::Object(id) = first {
                    let value = nth(self, 1);
                    self.set_object(id, value);
                }
            }
            StringOp::Read => {}
            StringOp::Other => {
                args.iter().for_each(|register| self.escape(register, at));
                if is_fluent(dex, insn)
                    && let Value::Object(_) | Value::Param(_) | Value::Field { .. } | Value::Result { .. } =
                        first
                {
                    self.result = first;
                }
            }
        }
    }
}

/// Whether a call on an object answers with an object of the same type: most likely the same one.
fn is_fluent(dex: &Dex<'_>, insn: &Insn<'_>) -> bool {
    !matches!(insn.op, op::INVOKE_STATIC | op::INVOKE_STATIC_RANGE)
        && dex.method(insn.index()).is_some_and(|id| dex.return_type(id.proto) == Some(id.class))
}
