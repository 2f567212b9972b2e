//! One pass over the code of all functions: what becomes of the strings that were hit.
//!
//! Straight through each function, without control flow: a register holds what was put in it last,
//! or, where a jump lies between two loads into it, either. What the two branches of `prod ? a : b`
//! load is so seen to be used once they meet.

use super::file::{File, Function, STATIC};
use super::literals;
use super::made::{self, ELEMENTS, Made, Makings, Method};
use super::opcodes::{self, Does, Op, operands};
use std::collections::{HashMap, HashSet};

/// What was seen to happen to a string.
#[derive(Clone, Debug)]
pub enum What {
    /// Became a property of an object, under a name.
    Property {
        object: u64,
        holder: Option<u32>,
        name: u32,
    },
    /// Is itself the name of a property.
    Key {
        object: u64,
    },
    /// Became an element of an array.
    Element {
        array: u64,
        n: u32,
    },
    /// Was passed to a call; what a setter was told to call it; what it is set in.
    Argument {
        call: u32,
        n: u32,
        callee: Option<u32>,
        key: Option<u32>,
        this: u64,
    },
    Returned,
    /// Was only seen to be loaded.
    Loaded,
}

/// One use of a string that was hit.
#[derive(Clone, Debug)]
pub struct Record {
    pub string: u32,
    pub function: u32,
    /// Where it was loaded, in the code of the function.
    pub at: u32,
    pub what: What,
    /// One of several values: what decided, and which it is.
    pub choice: Option<(u64, u8)>,
}

/// All that the pass found out.
#[derive(Default)]
pub struct Found {
    pub records: Vec<Record>,
    /// The function that makes the closure of a function.
    pub parents: HashMap<u32, u32>,
    /// What an object, by function and identity, was put into, and under which name.
    pub links: HashMap<(u32, u64), (u64, u32)>,
    /// Strings that code makes; their numbers are those in here, with [`super::made::MADE`].
    pub made: Vec<Made>,
}

/// Strings that one register may hold.
const CHOICES: usize = 4;
/// Registers that are looked at in one function.
const REGISTERS: usize = 4096;
/// Arguments that are looked at in one call.
const ARGUMENTS: u32 = 32;
/// Uses that are kept in all: each hit is well described by the first of its places.
const RECORDS: usize = 1 << 16;

#[derive(Clone, Copy, Default)]
struct Register {
    /// The function that wrote it, plus one: what others left is not there.
    owner: u32,
    at: u32,
    used: bool,
    /// Tells objects apart: the same for what is read from the same place.
    identity: u64,
    /// The property it was read from, if any.
    name: Option<u32>,
    /// The shape of an object that was made here: where its keys are, and how many.
    shape: Option<(u32, u32)>,
    made: bool,
    strings: [(u32, u32); CHOICES],
    count: u8,
    /// What decided between them, where there are several.
    choice: u64,
    /// The list it is, if its elements are known.
    list: u32,
    number: Option<u32>,
    /// Where the values of the literal are that it was made of.
    values: Option<u32>,
    /// A regular expression: its source and its flags.
    pattern: Option<(u32, u32)>,
}

impl Register {
    fn strings(&self) -> &[(u32, u32)] {
        self.strings.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The one string that it is.
    fn string(&self) -> Option<u32> {
        match self.strings() {
            [(id, _)] => Some(*id),
            _ => None,
        }
    }
}

/// Follows `wanted` strings through the file.
pub fn sweep(file: &File<'_>, wanted: &HashSet<u32>) -> Found {
    let mut found = Found::default();
    let Some(table) = opcodes::table(file.version) else { return found };
    let literals = file.arrays.len() + file.keys.len() + file.values.len();
    let mut pass = Pass {
        file,
        table,
        wanted,
        found: &mut found,
        registers: vec![Register::default(); REGISTERS],
        slots: HashMap::new(),
        makings: Makings::new(file),
        environments: HashSet::new(),
        known: HashMap::new(),
        loads: Vec::new(),
        function: 0,
        offset: 0,
        code: Function { code: &[], offset: 0, name: 0, registers: 0 },
        jump: (0, 0),
        // Functions may share code and literals; those that do it too often are hostile.
        literals: literals.saturating_mul(64).saturating_add(1 << 16),
    };
    let mut bytes = file.arrays.len().saturating_add(1 << 26);
    for id in 0..file.functions() {
        let Some(code) = file.function(id) else { continue };
        let Some(left) = bytes.checked_sub(code.code.len()) else { break };
        bytes = left;
        pass.run(id, code);
    }
    let made = pass.makings.all;
    Found { made, ..found }
}

struct Pass<'p, 'a> {
    file: &'p File<'a>,
    table: &'static opcodes::Table,
    wanted: &'p HashSet<u32>,
    found: &'p mut Found,
    registers: Vec<Register>,
    /// Strings in the environments of functions: what closures inside see.
    slots: HashMap<(u32, u32), Register>,
    makings: Makings<'p, 'a>,
    /// Functions that make an environment of their own.
    environments: HashSet<u32>,
    /// What was put where, in this function.
    known: HashMap<u64, Register>,
    /// Wanted strings that this function loads.
    loads: Vec<(u32, u32)>,
    function: u32,
    code: Function<'a>,
    /// Where the code of the function is in the file.
    offset: u64,
    /// The last jump, and what the last one that could go either way looked at.
    jump: (u32, u64),
    literals: usize,
}

/// Mixes two numbers into one that means the same each time.
fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(23).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// Whether a call to a function of this name stores its second argument under the first.
fn is_setter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["set", "put", "add", "append", "define", "register", "store", "provide", "save", "insert"]
        .iter()
        .any(|p| name.starts_with(p))
}

impl<'a> Pass<'_, 'a> {
    fn run(&mut self, id: u32, code: Function<'a>) {
        (self.function, self.code, self.jump, self.offset) = (id, code, (0, 0), code.offset);
        self.known.clear();
        self.loads.clear();
        let first = self.found.records.len();
        let mut at = 0;
        let mut end = code.code.len();
        while at < end
            && let Some(rest) = code.code.get(at..)
            && let Some(op) = rest.first().and_then(|&opcode| self.table.get(usize::from(opcode)))
            && rest.len() >= op.len
        {
            let values = operands(op, rest);
            if op.does == Does::Switch {
                // The tables of jumps stand behind the code.
                end = end.min(at.saturating_add(values[1] as usize));
            }
            self.step(op, &values, u32::try_from(at).unwrap_or(u32::MAX));
            at += op.len;
        }
        let records = self.found.records.get(first..).unwrap_or_default();
        let used: HashSet<u32> = records.iter().map(|r| r.string).collect();
        for (string, at) in std::mem::take(&mut self.loads) {
            if !used.contains(&string) {
                self.record(string, at, What::Loaded);
            }
        }
    }

    fn get(&self, register: u32) -> Option<&Register> {
        self.registers.get(register as usize).filter(|r| r.owner == self.function.wrapping_add(1))
    }

    fn read(&mut self, register: u32) -> Register {
        let owner = self.function.wrapping_add(1);
        match self.registers.get_mut(register as usize) {
            Some(r) if r.owner == owner => {
                r.used = true;
                *r
            }
            _ => Register { identity: mix(1, u64::from(register)), ..Register::default() },
        }
    }

    /// Writes a register; strings that were not used yet stay beside those that come, if code can
    /// come from either.
    fn write(&mut self, register: u32, new: Register) {
        self.write_either(register, new, false);
    }

    fn write_either(&mut self, register: u32, mut new: Register, is_constant: bool) {
        (new.owner, new.used) = (self.function.wrapping_add(1), false);
        // `null` and the like are a choice too.
        if let Some(old) = self.get(register)
            && !old.used
            && old.count > 0
            && (new.count > 0 || is_constant)
            && old.at < self.jump.0
        {
            new.choice = self.jump.1;
            for &string in old.strings() {
                if usize::from(new.count) < CHOICES && !new.strings().contains(&string) {
                    new.strings[usize::from(new.count)] = string;
                    new.count += 1;
                }
            }
        }
        if let Some(slot) = self.registers.get_mut(register as usize) {
            *slot = new;
        }
    }

    fn record(&mut self, string: u32, at: u32, what: What) {
        if self.found.records.len() < RECORDS {
            self.found.records.push(Record { string, function: self.function, at, what, choice: None });
        }
    }

    /// Records what happens to the wanted strings of a register.
    fn happens(&mut self, value: &Register, what: &What) {
        for (n, &(string, at)) in (0u8..).zip(value.strings()) {
            if self.wanted.contains(&string) {
                self.record(string, at, what.clone());
                if let Some(last) = self.found.records.last_mut()
                    && value.count > 1
                    && value.choice != 0
                {
                    last.choice = Some((value.choice, n));
                }
            }
        }
    }

    fn step(&mut self, op: &Op, v: &[u32; 6], at: u32) {
        let count = op.operands.len();
        let last = v[count.clamp(1, 6) - 1];
        match op.does {
            Does::LoadString => {
                let string = v[1];
                if self.wanted.contains(&string) {
                    self.loads.push((string, at));
                }
                let strings = [(string, at); CHOICES];
                self.write(
                    v[0],
                    Register { at, strings, count: 1, identity: at.into(), ..Register::default() },
                );
            }
            Does::Move => {
                let value = self.read(v[1]);
                self.write(v[0], Register { at, ..value });
            }
            Does::Put => self.put(v[0], last, v[1]),
            Does::PutIndex => {
                let (array, value) = (self.read(v[0]), self.read(v[1]));
                self.happens(&value, &What::Element { array: array.identity, n: v[2] });
                self.append(&array, &value, v[2]);
            }
            Does::PutSlot => {
                let object = self.read(v[0]);
                let mut name = None;
                if let Some((keys, n)) = object.shape
                    && v[2] < n
                {
                    self.literals(self.file.keys, keys as usize, v[2] + 1, &mut |n, id| {
                        if n == v[2] {
                            name = Some(id);
                        }
                    });
                }
                match name {
                    Some(name) => self.put(v[0], name, v[1]),
                    None => drop(self.read(v[1])),
                }
            }
            Does::PutByValue => self.put_by_value(v[0], v[1], v[2]),
            Does::PutOwnByValue => self.put_by_value(v[0], v[2], v[1]),
            Does::Get => {
                let base = self.read(v[1]);
                let identity = mix(base.identity, u64::from(last));
                let value = self.known.get(&identity).copied().or_else(|| self.member(&base, last, at));
                let value = value.unwrap_or(Register { identity, ..Register::default() });
                self.write(v[0], Register { at, name: Some(last), ..value });
            }
            Does::Global => self.write(v[0], Register { at, identity: 2, ..Register::default() }),
            Does::LoadParam => {
                let identity = mix(3, u64::from(v[1]));
                self.write(v[0], Register { at, identity, ..Register::default() });
            }
            Does::NewObject => self.new_object(op, v, at),
            Does::NewArray => {
                let array = mix(4, at.into());
                let (mut elements, mut all) = (Vec::new(), Vec::new());
                let wanted = self.wanted;
                self.literals(self.file.arrays, v[3] as usize, v[2], &mut |n, id| {
                    if v[2] <= ELEMENTS {
                        all.push(id);
                    }
                    if wanted.contains(&id) {
                        elements.push((n, id));
                    }
                });
                for (n, id) in elements {
                    self.record(id, at, What::Element { array, n });
                }
                let is_known = !all.is_empty() && all.len() == v[2] as usize;
                let list = if is_known { self.makings.list(all) } else { 0 };
                self.write(v[0], Register { at, identity: array, made: true, list, ..Register::default() });
            }
            Does::Call | Does::Construct | Does::CallBuiltin => {
                let callee = self.read(v[1]);
                // Above the arguments stand the saved registers of the caller, one more since 97.
                let top = self.code.registers.checked_sub(if self.file.version < STATIC { 7 } else { 8 });
                let registers: Vec<u32> =
                    (0..v[2].min(ARGUMENTS)).map_while(|n| top?.checked_sub(n)).collect();
                let named = (op.does != Does::CallBuiltin).then_some(callee.name).flatten();
                let result = self.call(&registers, named, at);
                self.write(v[0], Register { at, identity: mix(5, at.into()), ..result });
            }
            Does::CallN => {
                let callee = self.read(v[1]);
                let result = self.call(v.get(2..count).unwrap_or_default(), callee.name, at);
                self.write(v[0], Register { at, identity: mix(5, at.into()), ..result });
            }
            Does::Return => {
                let value = self.read(v[0]);
                self.happens(&value, &What::Returned);
            }
            Does::Store => {
                let (environment, value) = (self.read(v[0]), self.read(v[2]));
                if value.count > 0 || value.values.is_some() {
                    self.slots.insert((self.function, v[1]), value);
                }
                self.known.insert(mix(environment.identity, mix(6, v[1].into())), value);
            }
            Does::Closure => {
                self.found.parents.entry(last).or_insert(self.function);
                self.write(v[0], Register { at, identity: mix(7, at.into()), ..Register::default() });
            }
            Does::Jump | Does::Switch | Does::Reads => {
                let mut looked = None;
                for (&operand, &register) in op.operands.iter().zip(v) {
                    if operand == b'r' {
                        looked = Some(mix(looked.unwrap_or(10), self.read(register).identity));
                    }
                }
                if op.does == Does::Jump {
                    let test = op.name.strip_suffix("Long").unwrap_or(op.name);
                    let choice = looked.map(|l| test.bytes().fold(l, |sum, b| mix(sum, b.into())));
                    self.jump = (at, choice.unwrap_or(self.jump.1));
                }
            }
            Does::Add => {
                let (left, right) = (self.read(v[1]), self.read(v[2]));
                let both = left.string().zip(right.string());
                let offset = self.offset.saturating_add(at.into());
                let made = both.and_then(|(a, b)| self.makings.join(&[a, b], b"", offset));
                let result = self.result(made, at);
                self.write(v[0], Register { at, identity: mix(8, at.into()), ..result });
            }
            Does::Other => self.other(op, v, at),
        }
    }

    /// A register with a string that was made.
    fn result(&mut self, made: Option<u32>, at: u32) -> Register {
        let Some(id) = made else { return Register::default() };
        if self.wanted.contains(&id) {
            self.loads.push((id, at));
        }
        Register { strings: [(id, at); CHOICES], count: 1, ..Register::default() }
    }

    /// Adds what comes next in a list; of one with gaps nothing more is known.
    fn append(&mut self, array: &Register, value: &Register, n: u32) {
        let string = value.string();
        let Some(items) = self.makings.items(array.list) else { return };
        match string {
            Some(id) if n < ELEMENTS && items.len() == n as usize => items.push(id),
            _ => items.clear(),
        }
    }

    /// What a method makes of constants.
    fn make(&mut self, method: Method, arguments: &[Register], at: u32) -> Register {
        let Some((this, rest)) = arguments.split_first() else { return Register::default() };
        let first = rest.first().and_then(Register::string);
        let offset = self.offset.saturating_add(at.into());
        let made = match method {
            Method::Concat => {
                let pieces: Option<Vec<u32>> = arguments.iter().map(Register::string).collect();
                pieces.and_then(|pieces| self.makings.join(&pieces, b"", offset))
            }
            Method::Join if rest.is_empty() || first.is_some() => {
                self.makings.join_list(this.list, first, offset)
            }
            Method::FromCharCode => {
                let codes: Option<Vec<u32>> = rest.iter().map(|r| r.number).collect();
                codes.filter(|c| c.len() > 1).and_then(|codes| self.makings.characters(&codes, offset))
            }
            Method::Split => {
                let list =
                    this.string().zip(first).and_then(|(string, by)| self.makings.split(string, by, offset));
                return Register { list: list.unwrap_or(0), ..Register::default() };
            }
            Method::Reverse => {
                if let Some(items) = self.makings.items(this.list) {
                    items.reverse();
                }
                return Register { list: this.list, ..Register::default() };
            }
            Method::Slice | Method::Substr => {
                let number = |n: usize| rest.get(n).and_then(|r| r.number);
                let is_known = number(0).is_some() && (rest.len() < 2 || number(1).is_some());
                let string = this.string().filter(|_| is_known);
                string.and_then(|string| {
                    let is_length = method == Method::Substr;
                    self.makings.slice(string, number(0)?, number(1), is_length, offset)
                })
            }
            Method::Replace | Method::ReplaceAll => {
                let what = match rest.first().and_then(|r| r.pattern) {
                    Some((source, flags)) => Some(made::What::Pattern(source, flags)),
                    None => first.map(made::What::Text),
                };
                let with = rest.get(1).and_then(Register::string);
                what.zip(with).zip(this.string()).and_then(|((what, with), string)| {
                    self.makings.replace(string, what, with, method == Method::ReplaceAll, offset)
                })
            }
            Method::Upper | Method::Lower | Method::Trim => {
                this.string().and_then(|string| self.makings.change(string, method, offset))
            }
            Method::Join => None,
        };
        self.result(made, at)
    }

    /// A member of an object that is a literal, by its name.
    fn member(&mut self, object: &Register, name: u32, at: u32) -> Option<Register> {
        let ((keys, count), values) = object.shape.filter(|s| s.1 <= ELEMENTS).zip(object.values)?;
        let mut place = None;
        self.literals(self.file.keys, keys as usize, count, &mut |n, id| {
            if id == name {
                place = Some(n);
            }
        });
        let (place, mut string) = (place?, None);
        self.literals(self.file.values, values as usize, place + 1, &mut |n, id| {
            if n == place {
                string = Some(id);
            }
        });
        let strings = [(string?, at); CHOICES];
        let identity = mix(object.identity, u64::from(name));
        Some(Register { at, strings, count: 1, identity, ..Register::default() })
    }

    /// Anything else: the first operand is written, the others are read.
    fn other(&mut self, op: &Op, v: &[u32; 6], at: u32) {
        let mut identity = mix(8, at.into());
        // Reading an environment or `this` twice gives the same.
        let is_pure = matches!(
            op.name,
            "GetEnvironment" | "GetParentEnvironment" | "GetClosureEnvironment" | "CoerceThisNS"
        ) || op.name.starts_with("LoadFromEnvironment");
        if op.name.contains("Environment") && op.name.starts_with("Create") {
            self.environments.insert(self.function);
        }
        if is_pure {
            identity =
                op.operands.iter().zip(v).skip(1).fold(mix(9, op.len as u64), |sum, (&operand, &value)| {
                    mix(sum, if operand == b'r' { self.read(value).identity } else { value.into() })
                });
        } else {
            for (&operand, &register) in op.operands.iter().zip(v).skip(1) {
                if operand == b'r' {
                    self.read(register);
                }
            }
        }
        if op.operands.first() != Some(&b'r') {
            return;
        }
        let mut value = Register { identity, ..Register::default() };
        if op.name.starts_with("LoadFromEnvironment") {
            let environment = self.read(v[1]);
            let here = mix(environment.identity, mix(6, v[2].into()));
            if let Some(known) = self.known.get(&here) {
                value = *known;
            } else if let Some(level) = environment.shape.filter(|_| !environment.made)
                && let Some(outer) = self.outer(level.0)
                && let Some(stored) = self.slots.get(&(outer, v[2]))
            {
                value = *stored;
                value.strings.iter_mut().for_each(|s| s.1 = at);
            }
        } else if op.name.ends_with("Environment") && is_pure {
            // Its level, for reading through it.
            let level = match op.name {
                "GetClosureEnvironment" => 0,
                _ => v[op.operands.len().clamp(1, 6) - 1],
            };
            value.shape = Some((level, 0));
        }
        match op.name {
            "LoadConstUInt8" | "LoadConstInt" => value.number = Some(v[1]),
            "LoadConstZero" => value.number = Some(0),
            "CreateRegExp" => value.pattern = Some((v[1], v[2])),
            "NewArray" => {
                value.list = self.makings.list(Vec::new());
                value.made = true;
            }
            _ => {}
        }
        self.write_either(v[0], Register { at, ..value }, op.name.starts_with("LoadConst"));
    }

    /// The function whose environment is `level` levels out.
    fn outer(&self, level: u32) -> Option<u32> {
        let mut function = self.function;
        let mut level = level.min(64);
        for _ in 0..64 {
            function = *self.found.parents.get(&function).filter(|p| **p != function)?;
            if self.environments.contains(&function) {
                match level.checked_sub(1) {
                    Some(less) => level = less,
                    None => return Some(function),
                }
            }
        }
        None
    }

    fn put(&mut self, object: u32, name: u32, value: u32) {
        let (object, value) = (self.read(object), self.read(value));
        if self.wanted.contains(&name) {
            self.record(name, object.at, What::Key { object: object.identity });
        }
        self.happens(&value, &What::Property { object: object.identity, holder: object.name, name });
        if value.made {
            self.found.links.entry((self.function, value.identity)).or_insert((object.identity, name));
        }
        if value.made || value.count > 0 {
            self.known.insert(mix(object.identity, u64::from(name)), value);
        }
    }

    fn put_by_value(&mut self, object: u32, key: u32, value: u32) {
        let key = self.read(key);
        match key.strings().first() {
            Some(&(name, _)) => self.put(object, name, value),
            None => drop(self.read(value)),
        }
    }

    fn new_object(&mut self, op: &Op, v: &[u32; 6], at: u32) {
        let object = mix(4, at.into());
        let shape = if self.file.version < STATIC {
            Some((v[3] as usize, v[2], v[4] as usize))
        } else {
            // NewObjectWithBufferAndParent names the parent before the shape.
            let skip = usize::from(op.operands.get(1) == Some(&b'r'));
            let shape = v.get(1 + skip).and_then(|&id| self.file.shape(id));
            shape.zip(v.get(2 + skip)).map(|((keys, count), &values)| (keys, count, values as usize))
        };
        let mut new = Register { at, identity: object, made: true, ..Register::default() };
        if let Some((keys, count, values)) = shape {
            new.shape = Some((u32::try_from(keys).unwrap_or(u32::MAX), count));
            new.values = u32::try_from(values).ok();
            let wanted = self.wanted;
            let mut hits = Vec::new();
            self.literals(self.file.values, values, count, &mut |n, id| {
                if wanted.contains(&id) {
                    hits.push((n, id));
                }
            });
            let mut records = Vec::new();
            let mut hits = hits.into_iter().peekable();
            self.literals(self.file.keys, keys, count, &mut |n, name| {
                if wanted.contains(&name) {
                    records.push((name, What::Key { object }));
                }
                while hits.peek().is_some_and(|hit| hit.0 < n) {
                    hits.next();
                }
                if let Some((_, id)) = hits.next_if(|hit| hit.0 == n) {
                    records.push((id, What::Property { object, holder: None, name }));
                }
            });
            for (n, (id, what)) in (0u32..).zip(records) {
                // One instruction loads all of them: their order is that of the literal.
                self.record(id, at.saturating_add(n.min(3)), what);
            }
        }
        self.write(v[0], new);
    }

    fn literals(&mut self, buffer: &[u8], at: usize, count: u32, take: &mut dyn FnMut(u32, u32)) {
        let count = count.min(u32::try_from(self.literals).unwrap_or(u32::MAX));
        let seen = literals::strings(self.file, buffer, at, count, take);
        self.literals = self.literals.saturating_sub(seen as usize + 1);
    }

    fn call(&mut self, registers: &[u32], callee: Option<u32>, call: u32) -> Register {
        let arguments: Vec<Register> = registers.iter().map(|&r| self.read(r)).collect();
        let result = match self.makings.method(callee) {
            Some(method) => self.make(method, &arguments, call),
            None => Register::default(),
        };
        let is_wanted = |r: &Register| r.strings().iter().any(|(string, _)| self.wanted.contains(string));
        if !arguments.iter().any(is_wanted) {
            return result;
        }
        let setter = callee.and_then(|id| self.file.text(id)).is_some_and(|name| is_setter(&name));
        let this = arguments.first().map_or(0, |this| this.identity);
        for (n, argument) in (0u32..).zip(&arguments) {
            let before =
                n.checked_sub(1).and_then(|n| arguments.get(n as usize)).filter(|_| n == 2 && setter);
            let key =
                before.and_then(|r| r.strings().first()).map(|s| s.0).filter(|id| !self.wanted.contains(id));
            self.happens(argument, &What::Argument { call, n, callee, key, this });
        }
        result
    }
}
