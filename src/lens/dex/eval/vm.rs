//! The interpreter.

use super::super::body::Code;
use super::super::code::{Insn, Insns, op};
use super::super::mutf8;
use super::super::refs::Program;
use super::Made;
use super::heap::{Heap, MAX_LEN, Obj, Val};
use super::library::{self, Call};
use super::natives::{self, Owner};
use super::state::{Index, Initial, Kept};
use super::step;
use crate::blob::OffsetMap;
use std::collections::{HashMap, HashSet};

/// Calls within calls.
const MAX_DEPTH: u32 = 10;
/// Steps of one method that is run for its own sake, unless it turns out to make strings.
const STEPS: usize = 1 << 12;
/// Steps that are given back for a string that was made.
const REFUND: usize = 1 << 12;
/// Ways through one method.
const MAX_FORKS: usize = 16;
/// No token is shorter.
const MIN_LEN: usize = 16;
const MAX_REGISTERS: usize = 256;

struct Fork {
    registers: Vec<Val>,
    heap: Heap,
    statics: HashMap<u32, Val>,
    at: u32,
}

struct Frame<'a> {
    code: Code<'a>,
    registers: Vec<Val>,
    at: u32,
    result: Val,
    depth: u32,
    /// Branches that were taken without knowing.
    guesses: u32,
}

impl Frame<'_> {
    fn get(&self, register: u32) -> Val {
        self.registers.get(register as usize).copied().unwrap_or_default()
    }

    fn set(&mut self, register: u32, val: Val) {
        if let Some(slot) = self.registers.get_mut(register as usize) {
            *slot = val;
        }
    }
}

/// Where to go after an instruction.
enum Next {
    On,
    To(u32),
    Return(Val),
    Stop,
}

pub(super) struct Vm<'p, 'd, 'a> {
    index: Index<'p, 'd, 'a>,
    heap: Heap,
    statics: HashMap<u32, Val>,
    kept: HashMap<u32, Kept>,
    /// Items that static fields may still keep.
    kept_room: usize,
    initialised: HashSet<u32>,
    steps: usize,
    /// Steps that may still be given back.
    refunds: usize,
    /// Steps that are left for the whole file.
    pub(super) total: usize,
    /// Method that is run for its own sake.
    root: u32,
    forks: Vec<Fork>,
    forked: HashMap<u32, u32>,
    pub(super) made: Vec<Made>,
    /// By method and text, its place in `made`.
    seen: HashMap<(u32, u64), usize>,
    /// Bytes of strings that may still be told of.
    room: usize,
}

impl<'p, 'd, 'a> Vm<'p, 'd, 'a> {
    pub(super) fn new(program: &'p Program<'d, 'a>) -> Self {
        let len = program.dex.data.len();
        Vm {
            index: Index::new(program),
            heap: Heap::default(),
            statics: HashMap::new(),
            kept: HashMap::new(),
            kept_room: len.saturating_add(1 << 14).min(1 << 20),
            initialised: HashSet::new(),
            steps: 0,
            total: (len / 64).saturating_add(1 << 14),
            refunds: (len / 2).saturating_add(1 << 17),
            root: 0,
            forks: Vec::new(),
            forked: HashMap::new(),
            made: Vec::new(),
            seen: HashMap::new(),
            room: len.saturating_mul(2).saturating_add(1 << 12),
        }
    }

    /// Runs a method with nothing known of its parameters but the class of `this`.
    pub(super) fn run(&mut self, number: u32) {
        let program = self.index.program;
        let Some((method, code)) = program.classes.body(program.dex, number) else { return };
        let Some(id) = program.dex.method(method.id) else { return };
        self.heap.clear();
        self.statics.clear();
        self.forks.clear();
        self.forked.clear();
        self.root = number;
        self.steps = STEPS.min(self.total);
        self.total -= self.steps;
        let name = program.dex.name(id.name).unwrap_or_default();
        if name == b"<clinit>" {
            self.initialised.insert(id.class);
        }
        let mut registers = vec![Val::Unknown; (code.registers as usize).min(MAX_REGISTERS)];
        // One more register than the parameters need: a receiver.
        let first = code.registers.saturating_sub(code.ins) as usize;
        let needed: u32 = program
            .dex
            .parameters(id.proto)
            .map(|kind| if matches!(program.dex.descriptor(kind), Some(b"J" | b"D")) { 2 } else { 1 })
            .sum();
        if code.ins == needed + 1
            && let Some(this) = registers.get_mut(first)
        {
            let ready = name == b"<init>";
            *this = self.heap.add(Obj::Instance { class: id.class, fields: Vec::new(), ready });
        }
        let frame = Frame { code, registers, at: 0, result: Val::Unknown, depth: 0, guesses: 0 };
        self.frame(frame);
        self.note_arrays();
        if name == b"<clinit>" {
            self.keep();
        }
        while let Some(fork) = self.forks.pop() {
            self.heap = fork.heap;
            self.statics = fork.statics;
            let (registers, at) = (fork.registers, fork.at);
            self.frame(Frame { code, registers, at, result: Val::Unknown, depth: 0, guesses: 0 });
            self.note_arrays();
        }
        self.total += self.steps;
    }

    /// Remembers static fields beyond this run.
    fn keep(&mut self) {
        for (&field, &val) in &self.statics {
            if let Some(kept) = Kept::of(&self.heap, val, &mut self.kept_room) {
                self.kept.insert(field, kept);
            }
        }
    }

    fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.checked_sub(steps).or_else(|| {
            self.steps = 0;
            None
        })?;
        Some(())
    }

    fn frame(&mut self, mut frame: Frame<'a>) -> Option<Val> {
        loop {
            self.spend(1)?;
            let insn = Insns::at(frame.code.insns, frame.at).next()?;
            match self.step(&mut frame, &insn)? {
                Next::On => frame.at = insn.end(),
                Next::To(at) => frame.at = at,
                Next::Return(val) => return Some(val),
                Next::Stop => return None,
            }
        }
    }

    /// Goes one way and, in the method that is run for its own sake, later the others too.
    fn guess(&mut self, frame: &mut Frame<'a>, others: impl Iterator<Item = u32>) -> Next {
        frame.guesses += 1;
        if frame.depth > 0 {
            return if frame.guesses > 16 { Next::Stop } else { Next::On };
        }
        let visits = self.forked.entry(frame.at).or_default();
        *visits += 1;
        if *visits > 2 {
            return Next::Stop;
        }
        if *visits == 1 {
            for at in others {
                let cost = 16 + frame.registers.len() + self.heap.size();
                if self.forks.len() >= MAX_FORKS || self.spend(cost).is_none() {
                    break;
                }
                self.forks.push(Fork {
                    registers: frame.registers.clone(),
                    heap: self.heap.clone(),
                    statics: self.statics.clone(),
                    at,
                });
            }
        }
        Next::On
    }

    fn step(&mut self, frame: &mut Frame<'a>, insn: &Insn<'a>) -> Option<Next> {
        let (a, b, aa) = (insn.a(), insn.b(), insn.aa());
        let [bb, cc] = insn.unit(1).to_le_bytes().map(u32::from);
        if let Some((from, to)) = insn.moved() {
            frame.set(to, frame.get(from));
            return Some(Next::On);
        }
        if let Some(number) = insn.constant() {
            frame.set(if insn.op == op::CONST_4 { a } else { aa }, Val::Int(number));
            return Some(Next::On);
        }
        match insn.op {
            0x04 => frame.set(a, frame.get(b)),
            0x05 => frame.set(aa, frame.get(insn.unit(1).into())),
            0x06 => frame.set(insn.unit(1).into(), frame.get(insn.unit(2).into())),
            0x0a..=0x0c => frame.set(aa, frame.result),
            0x0e => return Some(Next::Return(Val::Int(0))),
            0x0f..=0x11 => return Some(Next::Return(frame.get(aa))),
            0x16 => frame.set(aa, Val::Long(insn.unit(1).cast_signed().into())),
            0x17 => frame.set(aa, Val::Long(insn.wide(1).cast_signed().into())),
            0x18 => {
                let long = u64::from(insn.wide(1)) | u64::from(insn.wide(3)) << 32;
                frame.set(aa, Val::Long(long.cast_signed()));
            }
            0x19 => frame.set(aa, Val::Long((u64::from(insn.unit(1)) << 48).cast_signed())),
            op::CONST_STRING | op::CONST_STRING_JUMBO => {
                let text = self.pool(insn.index());
                frame.set(aa, text);
            }
            0x1d..=0x1f => {}
            0x21 => {
                let len = match self.heap.get(frame.get(b)) {
                    Some(Obj::Array { items, .. }) => Val::Int(items.len() as i32),
                    _ => Val::Unknown,
                };
                frame.set(a, len);
            }
            op::NEW_INSTANCE => {
                let class = insn.index();
                let made = self.heap.add(Obj::Instance { class, fields: Vec::new(), ready: true });
                frame.set(aa, made);
            }
            op::NEW_ARRAY => {
                let made = match frame.get(b) {
                    Val::Int(len) => self.new_array(frame, insn, usize::try_from(len).ok()),
                    _ => Val::Unknown,
                };
                frame.set(a, made);
            }
            op::FILLED_NEW_ARRAY | op::FILLED_NEW_ARRAY_RANGE => {
                let made = self.new_array(frame, insn, Some(insn.args().len()));
                if let Some(Obj::Array { items, .. }) = self.heap.get_mut(made) {
                    for (slot, register) in items.iter_mut().zip(insn.args().iter()) {
                        *slot = frame.get(register);
                    }
                }
                frame.result = made;
            }
            0x26 => self.fill(frame, insn),
            op::THROW => return Some(Next::Stop),
            op::GOTO..=op::GOTO_32 => return Some(Next::To(insn.target()?)),
            op::PACKED_SWITCH | op::SPARSE_SWITCH => {
                let code = frame.code.insns;
                return Some(match frame.get(aa) {
                    Val::Int(key) => insn.switch_target(code, key).map_or(Next::On, Next::To),
                    _ => self.guess(frame, insn.switch_targets(code).take(16)),
                });
            }
            0x31 => {
                let val = match (frame.get(bb), frame.get(cc)) {
                    (Val::Long(a), Val::Long(b)) => Val::Int(a.cmp(&b) as i32),
                    _ => Val::Unknown,
                };
                frame.set(aa, val);
            }
            op::IF_EQ..=op::IF_LEZ => {
                let target = insn.target()?;
                let known = match insn.op {
                    0x32..=0x37 => step::test(insn.op - 0x32, frame.get(a), frame.get(b)),
                    _ => step::test(insn.op - 0x38, frame.get(aa), Val::Int(0)),
                };
                return Some(match known {
                    Some(true) => Next::To(target),
                    Some(false) => Next::On,
                    None => self.guess(frame, std::iter::once(target)),
                });
            }
            0x44..=0x4a => {
                let val = match (self.heap.get(frame.get(bb)), frame.get(cc)) {
                    (Some(Obj::Array { items, .. }), Val::Int(at)) => {
                        *items.get(usize::try_from(at).ok()?)?
                    }
                    _ => Val::Unknown,
                };
                frame.set(aa, val);
            }
            0x4b..=0x51 => {
                let val = match (insn.op, frame.get(aa)) {
                    (0x4f, Val::Int(n)) => Val::Int((n as i8).into()),
                    (0x50, Val::Int(n)) => Val::Int((n as u16).into()),
                    (0x51, Val::Int(n)) => Val::Int((n as i16).into()),
                    (_, val) => val,
                };
                let at = frame.get(cc);
                if let Some(Obj::Array { items, .. }) = self.heap.get_mut(frame.get(bb)) {
                    match at {
                        Val::Int(at) => *items.get_mut(usize::try_from(at).ok()?)? = val,
                        _ => items.fill(Val::Unknown),
                    }
                }
            }
            0x52..=0x58 => {
                let val = self.field(frame.get(b), insn.index(), frame.depth);
                frame.set(a, val);
            }
            0x59..=0x5f => {
                let val = frame.get(a);
                if let Some(Obj::Instance { fields, .. }) = self.heap.get_mut(frame.get(b)) {
                    match fields.iter().position(|(field, _)| *field == insn.index()) {
                        Some(n) => fields.get_mut(n)?.1 = val,
                        None if fields.len() < 64 => fields.push((insn.index(), val)),
                        None => {}
                    }
                }
            }
            0x60..=0x66 => {
                let val = self.static_field(insn.index(), frame.depth);
                frame.set(aa, val);
            }
            0x67..=0x6d => {
                self.statics.insert(insn.index(), frame.get(aa));
            }
            _ if insn.is_invoke() => self.invoke(frame, insn),
            0xfc | 0xfd => {
                frame.result = self.invoke_custom(frame, insn).unwrap_or_default();
                self.note_result(frame, frame.result);
            }
            0x7b..=0x8f => frame.set(a, step::unary(insn.op, frame.get(b))),
            0x90..=0xaf => frame.set(aa, step::binary(insn.op - 0x90, frame.get(bb), frame.get(cc))),
            0xb0..=0xcf => frame.set(a, step::binary(insn.op - 0xb0, frame.get(a), frame.get(b))),
            0xd0..=0xd7 => {
                let literal = Val::Int(insn.unit(1).cast_signed().into());
                frame.set(a, literal_op(insn.op - 0xd0, frame.get(b), literal));
            }
            0xd8..=0xe2 => {
                let literal = Val::Int((cc as u8).cast_signed().into());
                frame.set(aa, literal_op(insn.op - 0xd8, frame.get(bb), literal));
            }
            _ => {
                use super::super::code::Written;
                if let Written::One(register) | Written::Two(register) = insn.written() {
                    frame.set(register, Val::Unknown);
                }
            }
        }
        Some(Next::On)
    }

    fn pool(&mut self, string: u32) -> Val {
        let Some((_, bytes)) = self.index.program.dex.short_string(string, MAX_LEN) else {
            return Val::Unknown;
        };
        let (mut text, mut map) = (Vec::new(), OffsetMap::identity());
        mutf8::decode(bytes, 0, &mut text, &mut map);
        let units: Vec<u16> = String::from_utf8_lossy(&text).encode_utf16().collect();
        if self.spend(units.len() / 8).is_none() {
            return Val::Unknown;
        }
        self.heap.text(&units, false)
    }

    fn new_array(&mut self, frame: &Frame<'a>, insn: &Insn<'_>, len: Option<usize>) -> Val {
        let Some(len) = len.filter(|&len| len <= MAX_LEN) else { return Val::Unknown };
        let index = if insn.op == op::NEW_ARRAY { insn.unit(1).into() } else { insn.index() };
        let descriptor = self.index.program.dex.descriptor(index).unwrap_or_default();
        let kind = descriptor.get(1).copied().unwrap_or(b'L');
        let empty = if kind == b'J' { Val::Long(0) } else { Val::Int(0) };
        let at = (frame.depth == 0).then_some(insn.at);
        if self.spend(len / 4).is_none() {
            return Val::Unknown;
        }
        self.heap.add(Obj::Array { kind, items: vec![empty; len], at })
    }

    fn fill(&mut self, frame: &Frame<'a>, insn: &Insn<'a>) {
        let Some(Obj::Array { items, .. }) = self.heap.get_mut(frame.get(insn.aa())) else { return };
        for (slot, value) in items.iter_mut().zip(insn.array_payload(frame.code.insns)) {
            *slot = if matches!(slot, Val::Long(_)) { Val::Long(value) } else { Val::Int(value as i32) };
        }
    }

    fn field(&mut self, object: Val, field: u32, depth: u32) -> Val {
        let find = |heap: &Heap| match heap.get(object) {
            Some(Obj::Instance { class, fields, ready }) => {
                let found = fields.iter().find(|(known, _)| *known == field).map(|(_, val)| *val);
                Some((*class, found, *ready))
            }
            _ => None,
        };
        let Some((class, found, ready)) = find(&self.heap) else { return Val::Unknown };
        if let Some(val) = found {
            return val;
        }
        if ready || depth >= MAX_DEPTH {
            return Val::Unknown;
        }
        // An object that was there before: what its constructors set whatever they are given.
        if let Some(Obj::Instance { ready, .. }) = self.heap.get_mut(object) {
            *ready = true;
        }
        let dex = self.index.program.dex;
        let constructors: Vec<u32> = self
            .index
            .methods_of(class)
            .filter(|&(_, id)| dex.method(id).is_some_and(|id| dex.name(id.name) == Some(b"<init>")))
            .map(|(number, _)| number)
            .take(2)
            .collect();
        for number in constructors {
            self.enter(number, &[object], depth + 1);
            if let Some((_, Some(val), _)) = find(&self.heap) {
                return val;
            }
        }
        Val::Unknown
    }

    fn static_field(&mut self, field: u32, depth: u32) -> Val {
        if let Some(&val) = self.statics.get(&field) {
            return val;
        }
        if let Some(kept) = self.kept.get(&field) {
            let cost = kept.len() / 8;
            self.steps = self.steps.saturating_sub(cost);
            let val = if self.steps == 0 { Val::Unknown } else { kept.load(&mut self.heap) };
            self.statics.insert(field, val);
            return val;
        }
        let dex = self.index.program.dex;
        let Some(id) = dex.field(field) else { return Val::Unknown };
        let mut val = Val::Unknown;
        if self.index.is_defined(id.class) {
            if depth < MAX_DEPTH && self.initialised.insert(id.class) {
                self.initialise(id.class, depth);
                if let Some(&val) = self.statics.get(&field) {
                    return val;
                }
            }
            // A singleton: Kotlin's objects and companions.
            if self.index.is_defined(id.kind) {
                val = self.heap.add(Obj::Instance { class: id.kind, fields: Vec::new(), ready: false });
            }
        } else if dex.name(id.name) == Some(b"SDK_INT") {
            val = Val::Int(34);
        } else if self.index.owner(id.class) == Owner::Base64 {
            val = self.heap.add(Obj::Base64);
        } else if let Some(b"Lokio/ByteString$Companion;" | b"Lkotlin/io/encoding/Base64$Default;") =
            dex.descriptor(id.kind)
        {
            val = self.heap.add(Obj::Base64);
        }
        self.statics.insert(field, val);
        val
    }

    /// Initial values first, then the static initialiser.
    fn initialise(&mut self, class: u32, depth: u32) {
        for (field, initial) in self.index.initial(class) {
            if self.spend(1).is_none() {
                return;
            }
            let kept = match initial {
                Initial::Number(number) => Kept::Number(Val::Int(number)),
                Initial::Long(number) => Kept::Number(Val::Long(number)),
                Initial::Text(string) => match self.pool(string) {
                    val @ Val::Ref(_) => match Kept::of(&self.heap, val, &mut self.kept_room) {
                        Some(kept) => kept,
                        None => continue,
                    },
                    _ => continue,
                },
                _ => continue,
            };
            let val = kept.load(&mut self.heap);
            self.statics.insert(field, val);
            self.kept.insert(field, kept);
        }
        if let Some(number) = self.index.initialiser(class) {
            self.enter(number, &[], depth + 1);
        }
        let dex = self.index.program.dex;
        for (&field, &val) in &self.statics {
            if dex.field(field).is_some_and(|id| id.class == class)
                && let Some(kept) = Kept::of(&self.heap, val, &mut self.kept_room)
            {
                self.kept.insert(field, kept);
            }
        }
    }

    /// Runs a method with its arguments, one for each register; what is missing is not known.
    fn enter(&mut self, number: u32, registers: &[Val], depth: u32) -> Option<Val> {
        let program = self.index.program;
        let (_, code) = program.classes.body(program.dex, number)?;
        if depth > MAX_DEPTH || code.registers as usize > MAX_REGISTERS {
            return None;
        }
        self.spend(4 + code.registers as usize / 4)?;
        let mut all = vec![Val::Unknown; code.registers as usize];
        let first = code.registers.checked_sub(code.ins)? as usize;
        for (slot, val) in all.get_mut(first..)?.iter_mut().zip(registers) {
            *slot = *val;
        }
        self.frame(Frame { code, registers: all, at: 0, result: Val::Unknown, depth, guesses: 0 })
    }

    fn invoke(&mut self, frame: &mut Frame<'a>, insn: &Insn<'_>) {
        frame.result = Val::Unknown;
        let dex = self.index.program.dex;
        let Some(id) = dex.method(insn.index()) else { return };
        let is_static = matches!(insn.op, op::INVOKE_STATIC | op::INVOKE_STATIC_RANGE);
        let registers: Vec<Val> = insn.args().iter().map(|register| frame.get(register)).collect();
        let (mut args, mut kinds) = (Vec::new(), Vec::new());
        let mut left = registers.iter().copied();
        if !is_static {
            args.extend(left.next());
            kinds.push(b'L');
        }
        for parameter in dex.parameters(id.proto) {
            let Some(val) = left.next() else { break };
            let kind = dex.descriptor(parameter).and_then(|d| d.first().copied()).unwrap_or(b'L');
            if matches!(kind, b'J' | b'D') {
                left.next();
            }
            args.push(val);
            kinds.push(kind);
        }
        let name = dex.name(id.name).unwrap_or_default();
        // Strings and lists answer by what they are, whatever interface they are called through.
        let owner = match self.index.owner(id.class) {
            Owner::None | Owner::Objects | Owner::String if !is_static => match self
                .heap
                .get(registers.first().copied().unwrap_or_default())
            {
                Some(Obj::Builder(_)) if self.index.owner(id.class) != Owner::None && name != b"<init>" => {
                    Owner::Builder
                }
                Some(Obj::Str { .. }) if self.index.owner(id.class) != Owner::None => Owner::String,
                _ => self.index.owner(id.class),
            },
            owner => owner,
        };
        if owner != Owner::None {
            let reads: usize = args.iter().map(|arg| self.heap.len(*arg) / 16).sum();
            if self.spend(4 + args.len() + reads).is_none() {
                return;
            }
            let call = Call { owner, name, args: &args, kinds: &kinds, is_static };
            if let Some(answer) = library::call(&mut self.heap, &call) {
                if let Some(Obj::Str { units, .. }) = self.heap.get(answer)
                    && self.steps >= units.len() / 4
                {
                    self.steps -= units.len() / 4;
                }
                frame.result = answer;
                let made = if name == b"<init>" { call.arg(0) } else { answer };
                self.note_result(frame, made);
                return;
            }
        }
        if frame.depth < MAX_DEPTH
            && let Some(number) = self.followed(insn, id.proto, is_static, &registers)
        {
            let before = self.steps;
            frame.result = self.enter(number, &registers, frame.depth + 1).unwrap_or_default();
            // A file whose strings are all hidden has many that are short.
            if frame.depth == 0 && matches!(self.heap.get(frame.result), Some(Obj::Str { made: true, .. })) {
                self.refund(before.saturating_sub(self.steps));
            }
            self.note_result(frame, frame.result);
        }
    }

    /// The body of a method that is worth to be followed: it could make text of what it is given.
    fn followed(&self, insn: &Insn<'_>, proto: u32, is_static: bool, registers: &[Val]) -> Option<u32> {
        let dex = self.index.program.dex;
        let receiver = self.heap.get(registers.first().copied().unwrap_or_default());
        let number = match receiver {
            Some(Obj::Instance { class, .. })
                if !is_static && !matches!(insn.op, 0x70 | 0x76 | 0x6f | 0x75) =>
            {
                self.index.resolve(*class, insn.index()).or_else(|| self.index.body(insn.index()))
            }
            _ => self.index.body(insn.index()),
        }
        .or_else(|| self.index.resolve(dex.method(insn.index())?.class, insn.index()))?;
        let has_array = || registers.iter().any(|val| matches!(self.heap.get(*val), Some(Obj::Array { .. })));
        let is_object = || matches!(receiver, Some(Obj::Instance { .. }));
        (natives::is_helper(dex, proto) || is_object() || has_array()).then_some(number)
    }

    /// `StringConcatFactory`: what is joined stands in a recipe.
    fn invoke_custom(&mut self, frame: &Frame<'a>, insn: &Insn<'_>) -> Option<Val> {
        let (proto, name, constants) = self.index.call_site(insn.index())?;
        let dex = self.index.program.dex;
        let mut registers = insn.args().iter();
        let mut args = Vec::new();
        for parameter in dex.parameters(proto) {
            let kind = dex.descriptor(parameter).and_then(|d| d.first().copied()).unwrap_or(b'L');
            args.push((frame.get(registers.next()?), kind));
            if matches!(kind, b'J' | b'D') {
                registers.next();
            }
        }
        let mut args = args.into_iter();
        let mut constants = constants.into_iter();
        let recipe = match (name, constants.next()) {
            (b"makeConcatWithConstants", Some(Initial::Text(recipe))) => {
                let recipe = self.pool(recipe);
                self.heap.str(recipe)?.to_vec()
            }
            (b"makeConcat", _) => vec![1; args.len()],
            _ => return None,
        };
        let mut out = Vec::new();
        for unit in recipe {
            match unit {
                1 => {
                    let (val, kind) = args.next()?;
                    out.extend(library::show(&self.heap, val, kind)?);
                }
                2 => match constants.next()? {
                    Initial::Text(string) => {
                        let text = self.pool(string);
                        out.extend_from_slice(&self.heap.str(text)?);
                    }
                    Initial::Number(number) => out.extend(number.to_string().encode_utf16()),
                    _ => return None,
                },
                _ => out.push(unit),
            }
        }
        self.spend(out.len() / 4)?;
        Some(self.heap.text(&out, true))
    }

    /// What the method that is run for its own sake got from a call.
    fn note_result(&mut self, frame: &Frame<'a>, val: Val) {
        if frame.depth > 0 {
            return;
        }
        let start = self.made.len();
        self.note_text(frame, val);
        if self.made.len() > start {
            self.refund(REFUND);
        }
    }

    /// Code that makes strings may go on.
    fn refund(&mut self, steps: usize) {
        let steps = steps.min(self.refunds);
        self.refunds -= steps;
        self.steps = self.steps.saturating_add(steps);
    }

    fn note_text(&mut self, frame: &Frame<'a>, val: Val) {
        let units = match self.heap.get(val) {
            Some(Obj::Str { units, made: true }) if units.len() >= MIN_LEN => units.to_vec(),
            Some(Obj::Array { kind: b'B' | b'C', items, .. }) if items.len() >= MIN_LEN => {
                match self.heap.units_of(val) {
                    Some(units) => units,
                    None => return,
                }
            }
            _ => return,
        };
        self.note(frame.at, &units);
    }

    /// Arrays of characters that the method made and nobody made a string of.
    fn note_arrays(&mut self) {
        let mut found = Vec::new();
        for (n, object) in self.heap.objects().iter().enumerate() {
            if let Obj::Array { kind: b'B' | b'C' | b'I' | b'S', items, at: Some(at) } = object
                && items.len() >= MIN_LEN
                && let Some(units) = self.heap.units_of(Val::Ref(n as u32))
            {
                found.push((*at, units));
            }
        }
        found.into_iter().for_each(|(at, units)| self.note(at, &units));
    }

    fn note(&mut self, at: u32, units: &[u16]) {
        let (mut digit, mut upper, mut lower, mut other) = (false, false, false, false);
        for &unit in units {
            match u8::try_from(unit).unwrap_or(b'~') {
                b'0'..=b'9' => digit = true,
                b'A'..=b'Z' => upper = true,
                b'a'..=b'z' => lower = true,
                b'\t' | b'\n' | b'\r' | b' '..=b'~' => other = true,
                _ => return,
            }
        }
        // Nothing but capitals: one access key id in thirty has no digit.
        if !(digit || (upper && (lower || !other))) {
            return;
        }
        let text = String::from_utf16_lossy(units);
        let hash = super::sites::hash(&text);
        // Bytes that became a string, a builder's text: the last form is the one that is used.
        if let Some(made) = self.seen.get(&(self.root, hash)).and_then(|&n| self.made.get_mut(n)) {
            made.at = made.at.max(at);
            return;
        }
        let Some(room) = self.room.checked_sub(text.len() + 64) else { return };
        self.room = room;
        self.seen.insert((self.root, hash), self.made.len());
        self.made.push(Made { method: self.root, at, text });
    }
}

/// `binop/lit`: `rsub` in the place of `sub`.
fn literal_op(op: u8, a: Val, b: Val) -> Val {
    if op == 1 { step::binary(1, b, a) } else { step::binary(op, a, b) }
}
