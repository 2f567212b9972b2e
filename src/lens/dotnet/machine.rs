//! Runs the code of one method over constants: where strings go, and which strings it makes.
//!
//! One pass, front to back, each branch not taken; a value that waits on the stack at a jump is met
//! again where the jump leads, which is how `a ? "x" : "y"` comes out.

use super::calls::{self, Call};
use super::il::{self, Insn, op};
use super::image::Image;
use super::meta::{Meta, Token, table};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Strings longer than this are not put together.
const MAX_MADE: usize = 8 << 10;
/// Elements of an array, values on a stack, strings in one value.
const MAX_ELEMENTS: u32 = 8 << 10;
const MAX_STACK: usize = 64;
const MAX_HITS: usize = 32;
/// Bytes that one method may copy while it joins strings.
const MAX_COPIED: usize = 1 << 20;

/// A hit and how it came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub hit: u32,
    /// The field or method it was read from, rather than a constant in this code.
    pub from: Option<Token>,
}

/// What is known of a value.
#[derive(Clone, Default)]
pub(super) struct Value {
    pub hits: Vec<Hit>,
    pub text: Option<Rc<str>>,
    bytes: Option<Rc<[u8]>>,
    pub int: Option<i64>,
    /// Identity of an object; 0 is unknown.
    pub object: u32,
    field: Option<Token>,
    /// Put together of pieces rather than read.
    pub made: bool,
}
pub(super) type V = Rc<Value>;

/// What an object is made up of.
#[derive(Default)]
pub(super) struct Object {
    elements: BTreeMap<u32, V>,
    bytes: Option<Rc<[u8]>>,
    is_char: bool,
    /// What a builder of strings holds; a NUL for what is not known.
    builder: Option<String>,
    hits: Vec<Hit>,
}

/// What code does with a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Stored into a field (of an object that is not `this`).
    Field {
        field: Token,
        holder: Option<u32>,
    },
    /// Passed to a call.
    Argument {
        call: Token,
        n: usize,
        meaning: calls::Meaning,
        holder: Option<u32>,
        made: u32,
    },
    /// Stored into an array.
    Element {
        array: u32,
        n: Option<u32>,
    },
    Returned,
    Loaded,
}

pub(super) struct Record {
    pub hit: Hit,
    pub at: usize,
    pub what: What,
}

/// What is looked for, by what puts it on the stack.
#[derive(Default)]
pub(super) struct Wanted {
    pub strings: HashMap<u32, u32>,
    pub data: HashMap<u32, u32>,
    pub made: HashMap<(u32, u32), u32>,
    /// The strings of `strings` themselves, by hit.
    pub texts: HashMap<u32, String>,
    /// Fields and methods (by [`key_of`]) that carry hits of an earlier round.
    pub members: HashMap<Vec<u8>, Vec<u32>>,
}

/// The strings that code makes, by method and offset.
pub(super) type Derived = HashMap<(u32, u32), std::sync::Arc<str>>;

/// A string that code puts together, and the offset in the code of the call that does.
pub(super) struct Made {
    pub at: u32,
    pub text: Rc<str>,
}

/// One run over one method.
pub(super) struct Machine<'m, 'a> {
    pub meta: &'m Meta<'a>,
    pub image: &'m Image,
    pub calls: &'m mut HashMap<u32, Rc<Call<'a>>>,
    wanted: &'m Wanted,
    derived: &'m Derived,
    method: u32,
    stack: Vec<V>,
    locals: HashMap<u32, V>,
    arguments: HashMap<u32, V>,
    fields: HashMap<Token, u32>,
    waiting: BTreeMap<usize, Vec<V>>,
    pub objects: Vec<Object>,
    /// What an object was put into: a field, or another object.
    pub homes: HashMap<u32, Token>,
    pub links: HashMap<u32, u32>,
    pub records: Vec<Record>,
    pub loads: Vec<(Hit, usize)>,
    pub made: Vec<Made>,
    copied: usize,
    nothing: V,
}

/// Names a field or method alike from wherever it is named: by class and name.
pub(super) fn key_of(meta: &Meta<'_>, token: Token) -> Vec<u8> {
    if matches!(token.table, table::FIELD | table::METHOD) {
        return [&[token.table as u8][..], &token.row.to_le_bytes()].concat();
    }
    let (class, name) = super::names::of_member(meta, token);
    [class.name.as_bytes(), b"::", name].concat()
}

impl<'m, 'a> Machine<'m, 'a> {
    pub fn new(
        meta: &'m Meta<'a>,
        image: &'m Image,
        calls: &'m mut HashMap<u32, Rc<Call<'a>>>,
        wanted: &'m Wanted,
        derived: &'m Derived,
        method: u32,
    ) -> Self {
        Machine {
            meta,
            image,
            calls,
            wanted,
            derived,
            method,
            stack: Vec::new(),
            locals: HashMap::new(),
            arguments: HashMap::new(),
            fields: HashMap::new(),
            waiting: BTreeMap::new(),
            objects: vec![Object::default()],
            homes: HashMap::new(),
            links: HashMap::new(),
            records: Vec::new(),
            loads: Vec::new(),
            made: Vec::new(),
            copied: 0,
            nothing: V::default(),
        }
    }

    pub fn run(&mut self, code: &[u8]) {
        let mut at = 0;
        while let Some(insn) = il::decode(code, at) {
            if let Some(stack) = self.waiting.remove(&at) {
                self.meet(stack);
            }
            self.step(&insn);
            at = insn.next;
        }
    }

    /// Values that a jump brings along join those that are here.
    fn meet(&mut self, other: Vec<V>) {
        if self.stack.is_empty() {
            self.stack = other;
        } else if self.stack.len() == other.len() {
            for (mine, theirs) in self.stack.iter_mut().zip(other) {
                if !theirs.hits.is_empty() && !Rc::ptr_eq(mine, &theirs) {
                    let mut both = Value { hits: mine.hits.clone(), object: mine.object, ..Value::default() };
                    add_hits(&mut both.hits, &theirs.hits);
                    *mine = Rc::new(both);
                }
            }
        }
    }

    fn pop(&mut self) -> V {
        self.stack.pop().unwrap_or_else(|| self.nothing.clone())
    }

    fn push(&mut self, value: V) {
        if self.stack.len() < MAX_STACK {
            self.stack.push(value);
        }
    }

    fn new_object(&mut self) -> u32 {
        if self.objects.len() >= MAX_ELEMENTS as usize {
            return 0;
        }
        self.objects.push(Object::default());
        (self.objects.len() - 1) as u32
    }

    fn object(&mut self, id: u32) -> Option<&mut Object> {
        self.objects.get_mut(id as usize).filter(|_| id > 0)
    }

    fn thing(&mut self) -> V {
        Rc::new(Value { object: self.new_object(), ..Value::default() })
    }

    fn record(&mut self, value: &V, at: usize, what: &What) {
        let hits = value.hits.iter().copied();
        let held: Vec<Hit> =
            self.objects.get(value.object as usize).map(|o| o.hits.clone()).unwrap_or_default();
        for hit in hits.chain(held) {
            if self.records.len() < MAX_ELEMENTS as usize {
                self.records.push(Record { hit, at, what: what.clone() });
            }
        }
    }

    fn local(&mut self, n: u32, address: bool) {
        let known = self.locals.get(&n).cloned();
        let value = match known {
            Some(value) if !address || value.object > 0 || value.text.is_some() => value,
            Some(value) if !value.hits.is_empty() => value,
            _ => self.thing(),
        };
        if self.locals.len() < MAX_ELEMENTS as usize {
            self.locals.insert(n, value.clone());
        }
        self.push(value);
    }

    fn argument(&mut self, n: u32) {
        let value = match self.arguments.get(&n) {
            Some(value) => value.clone(),
            None => self.thing(),
        };
        self.arguments.insert(n, value.clone());
        self.push(value);
    }

    fn load(&mut self, hits: Vec<u32>, from: Option<Token>, at: usize) -> Vec<Hit> {
        let hits: Vec<Hit> = hits.into_iter().take(MAX_HITS).map(|hit| Hit { hit, from }).collect();
        if self.loads.len() < MAX_ELEMENTS as usize {
            self.loads.extend(hits.iter().map(|&h| (h, at)));
        }
        hits
    }

    fn load_member(&mut self, token: Token, at: usize) -> Vec<Hit> {
        if self.wanted.members.is_empty() {
            return Vec::new();
        }
        match self.wanted.members.get(&key_of(self.meta, token)) {
            Some(hits) => self.load(hits.clone(), Some(token), at),
            None => Vec::new(),
        }
    }

    fn step(&mut self, insn: &Insn) {
        let (at, operand) = (insn.at, insn.operand);
        match insn.op {
            n @ op::LDARG_0..=0x05 => self.argument(u32::from(n - op::LDARG_0)),
            op::LDARG_S | 0x0f | op::LDARG | op::LDARGA => self.argument(operand),
            op::STARG_S | op::STARG => {
                let value = self.pop();
                self.arguments.insert(operand, value);
            }
            n @ op::LDLOC_0..=0x09 => self.local(u32::from(n - op::LDLOC_0), false),
            op::LDLOC_S | op::LDLOC => self.local(operand, false),
            op::LDLOCA_S | op::LDLOCA => self.local(operand, true),
            n @ op::STLOC_0..=0x0d => self.store_local(u32::from(n - op::STLOC_0)),
            op::STLOC_S | op::STLOC => self.store_local(operand),
            n @ op::LDC_I4_M1..=op::LDC_I4_8 => self.push_int(i64::from(n) - 0x16),
            op::LDC_I4_S => self.push_int(i64::from(operand as u8 as i8)),
            op::LDC_I4 => self.push_int(i64::from(operand as i32)),
            op::DUP => {
                let value = self.stack.last().cloned().unwrap_or_else(|| self.nothing.clone());
                self.push(value);
            }
            op::LDSTR => self.load_string(operand & 0x00ff_ffff, at),
            op::CALL | op::CALLVIRT | op::NEWOBJ => self.call(insn),
            op::CALLI => {
                self.pop();
            }
            op::RET | op::THROW => {
                let value = self.pop();
                if insn.op == op::RET {
                    self.record(&value, at, &What::Returned);
                }
                self.stack.clear();
            }
            op::BR | op::BR_S | op::LEAVE | op::LEAVE_S => {
                let far = if insn.op == op::BR || insn.op == op::LEAVE {
                    operand as i32 as isize
                } else {
                    operand as u8 as i8 as isize
                };
                let stack = std::mem::take(&mut self.stack);
                if far > 0 && !stack.is_empty() && self.waiting.len() < MAX_STACK {
                    self.waiting.entry(insn.next.saturating_add_signed(far)).or_insert(stack);
                }
            }
            op::RETHROW => self.stack.clear(),
            op::LDFLD | op::LDFLDA => {
                self.pop();
                self.load_field(Token::of(operand), at);
            }
            op::LDSFLD | op::LDSFLDA => self.load_field(Token::of(operand), at),
            op::STFLD | op::STSFLD => {
                let value = self.pop();
                let holder = if insn.op == op::STFLD { Some(self.pop().object) } else { None };
                let this = self.arguments.get(&0).map_or(0, |v| v.object);
                let holder = holder.filter(|&h| h > 0 && h != this);
                let field = Token::of(operand);
                self.record(&value, at, &What::Field { field, holder });
                if value.object > 0 {
                    self.homes.entry(value.object).or_insert(field);
                }
            }
            op::NEWARR => {
                self.pop();
                let value = self.thing();
                let is_char = super::names::type_name(self.meta, Token::of(operand)).name == "System.Char";
                if let Some(object) = self.object(value.object) {
                    object.is_char = is_char;
                }
                self.push(value);
            }
            0x9b..=0xa2 | 0xa4 => {
                let (value, n, array) = (self.pop(), self.pop(), self.pop());
                let n = n.int.and_then(|n| u32::try_from(n).ok()).filter(|&n| n < MAX_ELEMENTS);
                self.record(&value, at, &What::Element { array: array.object, n });
                if value.object > 0 && array.object > 0 && value.object != array.object {
                    self.links.entry(value.object).or_insert(array.object);
                }
                if let (Some(object), Some(n)) = (self.object(array.object), n) {
                    object.elements.insert(n, value);
                }
            }
            op::LDTOKEN => {
                let token = Token::of(operand);
                let mut value = Value { field: Some(token), ..Value::default() };
                if let Some(&hit) = self.wanted.data.get(&token.row).filter(|_| token.table == table::FIELD) {
                    value.hits = self.load(vec![hit], None, at);
                }
                self.push(Rc::new(value));
            }
            // Casts and boxes change nothing.
            0x74 | 0x75 | 0x79 | 0x8c | 0xa5 | 0x67..=0x6e | 0x71 => {}
            other => {
                let (pops, pushes) = il::effect(other);
                for _ in 0..pops {
                    self.pop();
                }
                for _ in 0..pushes {
                    self.push(self.nothing.clone());
                }
            }
        }
    }

    fn push_int(&mut self, int: i64) {
        self.push(Rc::new(Value { int: Some(int), ..Value::default() }));
    }

    fn store_local(&mut self, n: u32) {
        let value = self.pop();
        if self.locals.len() < MAX_ELEMENTS as usize {
            self.locals.insert(n, value);
        }
    }

    fn load_string(&mut self, offset: u32, at: usize) {
        let mut value = Value::default();
        if let Some(&hit) = self.wanted.strings.get(&offset) {
            value.hits = self.load(vec![hit], None, at);
        }
        let units = self.meta.user_string(offset).filter(|r| r.len() <= MAX_MADE);
        if let Some(units) = units.and_then(|r| self.meta.data.get(r)) {
            self.copied = self.copied.saturating_add(units.len());
            if self.copied <= MAX_COPIED {
                value.text = Some(utf16(units).into());
            }
        }
        self.push(Rc::new(value));
    }

    fn load_field(&mut self, field: Token, at: usize) {
        let object = match self.fields.get(&field) {
            Some(&object) => object,
            None => {
                let object = self.new_object();
                self.fields.insert(field, object);
                self.homes.insert(object, field);
                object
            }
        };
        let mut hits = self.load_member(field, at);
        if let Some(&hit) = self.wanted.data.get(&field.row).filter(|_| field.table == table::FIELD) {
            hits.extend(self.load(vec![hit], None, at));
        }
        let is_empty = field.table == table::MEMBER_REF
            && self.meta.name_of(table::MEMBER_REF, field.row, 1) == b"Empty"
            && super::names::of_member(self.meta, field).0.name == "System.String";
        let text = is_empty.then(|| Rc::from(""));
        self.push(Rc::new(Value { hits, object, text, field: Some(field), ..Value::default() }));
    }

    fn call(&mut self, insn: &Insn) {
        let token = Token::of(insn.operand);
        let call = match self.calls.get(&insn.operand) {
            Some(call) => call.clone(),
            None => {
                let call = Rc::new(Call::new(self.meta, token));
                self.calls.insert(insn.operand, call.clone());
                call
            }
        };
        let mut parameters: Vec<V> = (0..call.parameters).map(|_| self.pop()).collect();
        parameters.reverse();
        let is_new = insn.op == op::NEWOBJ;
        let receiver = (call.has_this && !is_new).then(|| self.pop());
        let made = if is_new { self.new_object() } else { 0 };
        let result = self.result(&call, receiver.as_ref(), &parameters, made, insn);
        if !call.is_text() {
            let this = self.arguments.get(&0).map_or(0, |v| v.object);
            let holder = receiver.as_ref().map(|r| r.object).filter(|&o| o > 0 && o != this);
            for (n, value) in parameters.iter().enumerate() {
                if value.hits.is_empty() && value.object == 0 {
                    continue;
                }
                let meaning = call.meaning(self.meta, token, n, &parameters);
                self.record(value, insn.at, &What::Argument { call: token, n, meaning, holder, made });
                let to = Some(made).filter(|&m| m > 0).or(holder);
                if let Some(to) = to.filter(|&to| value.object > 0 && value.object != to) {
                    self.links.entry(value.object).or_insert(to);
                }
            }
        }
        if is_new || call.returns {
            self.push(result);
        }
    }

    /// What a call answers with.
    fn result(&mut self, call: &Call<'a>, receiver: Option<&V>, args: &[V], made: u32, insn: &Insn) -> V {
        let at = insn.at;
        let mut value = Value { object: made, ..Value::default() };
        if call.is_text() || made == 0 || args.len() == 1 {
            let carried = if call.is_text() || (receiver.is_none() && args.len() <= 2) || made > 0 {
                args
            } else {
                &[]
            };
            for v in carried {
                add_hits(&mut value.hits, &v.hits);
                let held = self.objects.get(v.object as usize).map(|o| o.hits.clone()).unwrap_or_default();
                add_hits(&mut value.hits, &held);
                if call.is_text() && v.object > 0 {
                    let elements: Vec<V> = self.elements(v).unwrap_or_default();
                    elements.iter().for_each(|e| add_hits(&mut value.hits, &e.hits));
                }
            }
            if let Some(receiver) = receiver.filter(|_| call.returns) {
                add_hits(&mut value.hits, &receiver.hits);
            }
        }
        let fluent = receiver.filter(|_| call.returns && !call.is_text()).map_or(0, |r| r.object);
        if fluent > 0 && call.parameters > 0 {
            value.object = fluent;
        }
        value.hits.extend(self.load_member(Token::of(insn.operand), at));
        if call.class == b"RuntimeHelpers" && call.name == b"InitializeArray" {
            if let [array, handle, ..] = args {
                let bytes = handle.field.and_then(|f| super::data::of_field(self.meta, self.image, f));
                let (hits, bytes) = (handle.hits.clone(), bytes.and_then(|r| self.meta.data.get(r)));
                let fits = bytes.filter(|b| b.len() <= MAX_MADE);
                if let Some(object) = self.object(array.object) {
                    object.bytes = fits.map(Rc::from);
                    add_hits(&mut object.hits, &hits);
                }
            }
            return self.nothing.clone();
        }
        // `ToString` of a builder is called by the name of the base class.
        let is_built = call.name == b"ToString"
            && receiver.is_some_and(|r| self.object(r.object).is_some_and(|o| o.builder.is_some()));
        if call.is_builder() || is_built {
            self.build(call, receiver, args, made, &mut value);
        } else if call.is_text() {
            let copied = self.copied;
            let text = self.join(call, receiver, args);
            if let Some((text, is_made)) = text.filter(|_| copied <= MAX_COPIED) {
                value.text = Some(text.into());
                value.made = is_made;
            } else {
                value.bytes = self.bytes(call, args);
            }
        }
        if let Some(text) = &value.text {
            self.copied = self.copied.saturating_add(text.len());
            let worth = value.made && text.split('\0').any(|piece| piece.len() >= 12);
            if worth && self.made.len() < 256 && text.len() <= MAX_MADE {
                self.made.push(Made { at: at as u32, text: text.clone() });
            }
        }
        let place = (self.method, at as u32);
        if let Some(made) = self.derived.get(&place) {
            // What a string was made of ends where it is made, unless it is still in it.
            let texts = &self.wanted.texts;
            value.hits.retain(|hit| texts.get(&hit.hit).is_none_or(|text| made.contains(text.as_str())));
        }
        if let Some(&hit) = self.wanted.made.get(&place) {
            let hits = self.load(vec![hit], None, at);
            add_hits(&mut value.hits, &hits);
        }
        Rc::new(value)
    }

    /// `StringBuilder` and the handler of interpolated strings.
    fn build(&mut self, call: &Call<'a>, receiver: Option<&V>, args: &[V], made: u32, value: &mut Value) {
        let id = if made > 0 { made } else { receiver.map_or(0, |r| r.object) };
        let piece = args.first().and_then(text_of);
        let hits = args.first().map(|v| v.hits.clone()).unwrap_or_default();
        let Some(object) = self.object(id) else { return };
        let builder = object.builder.get_or_insert_with(String::new);
        match call.name {
            b".ctor" => *builder = piece.filter(|_| made > 0).unwrap_or_default(),
            b"ToString" | b"ToStringAndClear" => {
                value.text = Some(builder.as_str().into());
                value.made = true;
                value.hits.clone_from(&object.hits);
                return;
            }
            b"Clear" => builder.clear(),
            name if name.starts_with(b"Append") => {
                builder.push_str(piece.as_deref().unwrap_or("\0"));
                if name == b"AppendLine" {
                    builder.push('\n');
                }
            }
            _ => builder.push('\0'),
        }
        if builder.len() > MAX_MADE {
            builder.clear();
        }
        add_hits(&mut object.hits, &hits);
        value.object = id;
        value.hits.clear();
    }

    /// The text that a call of `String`, `Encoding` or the like makes, and whether of pieces.
    fn join(&mut self, call: &Call<'a>, receiver: Option<&V>, args: &[V]) -> Option<(String, bool)> {
        let pieces = |machine: &Self, args: &[V]| -> Vec<V> {
            match args {
                [one] => machine.elements(one).unwrap_or_else(|| args.to_vec()),
                _ => args.to_vec(),
            }
        };
        match (call.class, call.name) {
            (b"String", b"Concat") => {
                let pieces = pieces(self, args);
                let known = pieces.iter().filter(|p| text_of(p).is_some_and(|t| !t.is_empty())).count();
                let text: String =
                    pieces.iter().map(|p| text_of(p).unwrap_or_else(|| "\0".to_owned())).collect();
                (known > 0).then_some((text, known > 1 || pieces.iter().any(|p| p.made)))
            }
            (b"String", b"Join") => {
                let (first, rest) = args.split_first()?;
                let separator = text_of(first)?;
                let pieces = pieces(self, rest);
                let texts: Option<Vec<String>> = pieces.iter().map(text_of).collect();
                Some((texts?.join(&separator), true))
            }
            (b"String", b"Format") => {
                let (first, rest) = args.split_first()?;
                let pieces: Vec<String> = pieces(self, rest)
                    .iter()
                    .map(|p| text_of(p).unwrap_or_else(|| "\0".to_owned()))
                    .collect();
                Some((format(&text_of(first)?, &pieces), true))
            }
            (b"String", b".ctor" | b"CreateString") | (_, b"GetString") => {
                let first = args.first()?;
                if let Some(bytes) = &first.bytes {
                    return Some((String::from_utf8_lossy(bytes).into_owned(), true));
                }
                let object = self.objects.get(first.object as usize).filter(|_| first.object > 0)?;
                if let Some(bytes) = &object.bytes {
                    let text = if object.is_char {
                        utf16(bytes)
                    } else {
                        String::from_utf8_lossy(bytes).into_owned()
                    };
                    return Some((text, true));
                }
                let units: Option<Vec<char>> = (0u32..)
                    .zip(&object.elements)
                    .map(|(n, (&at, v))| {
                        (n == at).then(|| char::from_u32(u32::try_from(v.int?).ok()?)).flatten()
                    })
                    .collect();
                Some((units?.into_iter().collect(), true))
                    .filter(|(text, _): &(String, bool)| !text.is_empty())
            }
            (b"String", b"Replace") => match args {
                [from, to] => {
                    let (from, to) = (text_of(from)?, text_of(to)?);
                    let text = receiver?.text.as_ref()?;
                    (!from.is_empty() && from.len() >= to.len()).then(|| (text.replace(&from, &to), true))
                }
                _ => None,
            },
            (b"String", b"Trim" | b"ToString" | b"Intern" | b"IsInterned" | b"ToCharArray" | b"Copy") => {
                let value = receiver.or(args.first())?;
                Some((value.text.as_ref()?.to_string(), value.made))
            }
            _ => None,
        }
    }

    /// The elements of an array of which all are known to be there.
    fn elements(&self, value: &V) -> Option<Vec<V>> {
        let object = self.objects.get(value.object as usize).filter(|_| value.object > 0)?;
        (!object.elements.is_empty()).then(|| object.elements.values().cloned().collect())
    }

    fn bytes(&self, call: &Call<'a>, args: &[V]) -> Option<Rc<[u8]>> {
        let text = args.first()?.text.as_ref()?;
        match call.name {
            b"GetBytes" => Some(text.as_bytes().into()),
            b"FromBase64String" => super::calls::base64(text.as_bytes()).map(Rc::from),
            b"FromHexString" => {
                let digit = |b: u8| char::from(b).to_digit(16);
                let pair = |p: &[u8]| Some((digit(*p.first()?)? << 4 | digit(*p.get(1)?)?) as u8);
                text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>().map(Rc::from)
            }
            _ => None,
        }
    }
}

fn add_hits(to: &mut Vec<Hit>, hits: &[Hit]) {
    for hit in hits {
        if to.len() < MAX_HITS && !to.contains(hit) {
            to.push(*hit);
        }
    }
}

fn text_of(value: &V) -> Option<String> {
    if let Some(text) = &value.text {
        return Some(text.to_string());
    }
    // A character that is appended is a number in code.
    let c = value.int.and_then(|n| u32::try_from(n).ok()).filter(|n| (0x20..0x7f).contains(n))?;
    char::from_u32(c).map(String::from)
}

pub(super) fn utf16(units: &[u8]) -> String {
    let units = units.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Composite formatting: `{0}`, `{1:x}`, `{{`.
pub(super) fn format(pattern: &str, pieces: &[String]) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let brace = &rest[at..=at];
        if behind.starts_with(brace) {
            out.push_str(brace);
            rest = &behind[1..];
        } else if let Some(end) = behind.find('}').filter(|_| brace == "{") {
            let n = behind[..end].split([':', ',']).next().and_then(|n| n.trim().parse::<usize>().ok());
            out.push_str(n.and_then(|n| pieces.get(n)).map_or("\0", String::as_str));
            rest = &behind[end + 1..];
        } else {
            rest = behind;
        }
        if out.len() > MAX_MADE {
            break;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composite_formats() {
        let pieces = ["a".to_owned(), "b".to_owned()];
        for (pattern, made) in [
            ("{0}{1}", "ab"),
            ("{1,-5}:{0:x}", "b:a"),
            ("{{0}} {0}", "{0} a"),
            ("{7}", "\0"),
            ("open {0", "open 0"),
            ("no more", "no more"),
        ] {
            assert_eq!(format(pattern, &pieces), made, "{pattern}");
        }
    }
}
