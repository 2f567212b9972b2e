//! Python pickles: strings with the keys and attributes they are set as. Opcodes are walked, never
//! executed (<https://github.com/python/cpython/blob/main/Lib/pickletools.py>, protocols 0 to 5).

use super::strings::{Places, Strings};
use super::{Complaint, Damage, Lens, bytes};
use crate::address::escape;
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;
use std::collections::HashMap;

/// Reads pickles.
pub struct PickleLens;

/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Longer byte strings are arrays; their bytes are searched raw.
const MAX_BYTES: usize = 1 << 20;
/// Objects around a value that are named.
const DEPTH: usize = 16;
/// Opcodes that must make sense before a file is taken for a pickle.
const PROBE: usize = 64;
/// Pickles in one file that are read.
const MAX_PICKLES: usize = 1 << 16;

impl Lens for PickleLens {
    fn name(&self) -> &'static str {
        "pickle"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        match data {
            // Protocol 2 and later say so, then at least a few opcodes make sense.
            [0x80, 2..=5, rest @ ..] if !rest.is_empty() => probe(data, PROBE, false),
            // `(dp0`, `(lp0`, `}q`, `]q`, `ccopy_reg`: the whole must make sense.
            [
                b'(' | b'}' | b']' | b'c',
                b'd' | b'l' | b'i' | b'q' | b'r' | b'p' | b'c' | b'_' | b'a'..=b'z' | b'A'..=b'Z',
                ..,
            ] if data.len() >= 16 => probe(data, usize::MAX, true),
            _ => false,
        }
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("pickle");
        let mut machine = Machine::new(blob.bytes);
        let mut at = 0;
        for _ in 0..MAX_PICKLES {
            match machine.run(at) {
                Ok(end) => at = end,
                Err(damaged) => {
                    complaint.note(damaged as u64, || "no opcode that makes sense".into());
                    break;
                }
            }
            // Others may follow, as in what `torch.save` wrote once.
            if !matches!(blob.bytes.get(at..), Some([0x80, 2..=5, ..])) {
                break;
            }
        }
        let Machine { entries, nodes, .. } = machine;
        let salt = blob
            .bytes
            .iter()
            .take(4096)
            .fold(blob.bytes.len() as u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
        let graph = Graph { data: blob.bytes, salt, entries, nodes };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &graph, emit);
        for (tag, entry) in graph.entries.iter().enumerate() {
            let string = bytes::slice(blob.bytes, entry.at, entry.len).unwrap_or_default();
            if string.len() < MIN_LEN || entry.is_bytes && string.len() > MAX_BYTES {
                continue;
            }
            if let Some((_, Step::Key(key))) = entry.place
                && let Some(key) = graph.entries.get(key as usize)
                && let Ok(name) =
                    std::str::from_utf8(bytes::slice(blob.bytes, key.at, key.len).unwrap_or_default())
            {
                // Of protocol 0, in quotes.
                let is_quoted = entry.is_line && matches!(string, [b'\'', .., b'\''] | [b'"', .., b'"']);
                let (from, to) = if is_quoted { (1, string.len() - 1) } else { (0, string.len()) };
                let value = string.get(from..to).unwrap_or_default();
                if strings.push_named(
                    name.trim_matches(['\'', '"']),
                    value,
                    (entry.at + from) as u64,
                    1,
                    tag as u64,
                ) {
                    continue;
                }
            }
            if entry.is_line && string.contains(&b'\\') {
                strings.push_made(&unescape(string), entry.at as u64, tag as u64);
            } else {
                strings.push(string, entry.at as u64, tag as u64);
            }
        }
        strings.finish();
        complaint.into_result()
    }
}

/// Whether the first opcodes make sense, all of them up to STOP if `whole`.
fn probe(data: &[u8], most: usize, whole: bool) -> bool {
    let (mut at, mut strings, mut depth) = (0, 0usize, 0i64);
    for _ in 0..most {
        let Some(op) = op(data, at) else { return false };
        match data.get(at) {
            // What protocol 0 and 1 may hold at all.
            Some(0x80..) if whole => return false,
            Some(b'.') => return !whole || strings > 0 && depth >= 1,
            Some(b'S' | b'V' | b'U' | b'T' | b'X') => strings += 1,
            _ => {}
        }
        depth += i64::from(matches!(
            data.get(at),
            Some(b'(' | b'}' | b']' | b'c' | b')' | b'S' | b'V' | b'U' | b'X')
        ));
        at = op.next;
    }
    !whole
}

/// An opcode's argument and the next opcode.
struct Op {
    at: usize,
    len: usize,
    next: usize,
}

fn op(data: &[u8], at: usize) -> Option<Op> {
    let code = *data.get(at)?;
    let from = at + 1;
    let fixed = |len: usize| bytes::slice(data, from, len).map(|_| Op { at: from, len, next: from + len });
    let counted = |wide: usize| {
        let len = match wide {
            1 => usize::from(*data.get(from)?),
            4 => bytes::size_le(data, from)?,
            _ => usize::try_from(bytes::u64_le(data, from)?).ok()?,
        };
        bytes::slice(data, from + wide, len)?;
        Some(Op { at: from + wide, len, next: from + wide + len })
    };
    let line = |from: usize| {
        let rest = data.get(from..data.len().min(from.saturating_add(1 << 24)))?;
        let len = memchr::memchr(b'\n', rest)?;
        Some(Op { at: from, len, next: from + len + 1 })
    };
    let is = |op: &Op, ok: fn(&u8) -> bool| data.get(op.at..op.at + op.len).is_some_and(|l| l.iter().all(ok));
    match code {
        b'('
        | b'.'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'Q'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'}'
        | b'e'
        | b'l'
        | b']'
        | b'o'
        | b's'
        | b't'
        | b')'
        | b'u'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94
        | 0x97
        | 0x98 => fixed(0),
        b'K' | b'h' | b'q' | 0x80 | 0x82 => fixed(1),
        b'M' | 0x83 => fixed(2),
        b'J' | b'j' | b'r' | 0x84 => fixed(4),
        b'G' | 0x95 => fixed(8),
        b'F' | b'I' | b'L' | b'g' | b'p' => line(from).filter(|op| {
            (1..=4096).contains(&op.len) && is(op, |b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
        }),
        b'P' => line(from),
        b'S' => line(from).filter(|op| {
            let string = data.get(op.at..op.at + op.len).unwrap_or_default().trim_ascii_end();
            string.len() >= 2 && matches!(string[0], b'\'' | b'"') && string.last() == string.first()
        }),
        b'V' => line(from),
        b'c' | b'i' => {
            let name =
                |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'<' | b'>') || *b >= 0x80;
            let module = line(from).filter(|op| op.len > 0 && is(op, name))?;
            let class = line(module.next).filter(|op| op.len > 0 && is(op, name))?;
            Some(Op { at: class.at, len: class.len, next: class.next })
        }
        b'U' | b'C' | 0x8c | 0x8a => counted(1),
        b'T' | b'X' | b'B' | 0x8b => counted(4),
        0x8d | 0x8e | 0x96 => counted(8),
        _ => None,
    }
}

/// A string of the file.
struct Entry {
    at: usize,
    len: usize,
    is_bytes: bool,
    /// Of protocol 0: a line with escapes.
    is_line: bool,
    /// Where it was put first.
    place: Option<(u32, Step)>,
}

/// How a value stands in an object.
#[derive(Clone, Copy)]
enum Step {
    /// Under the string with this index.
    Key(u32),
    Index(u32),
    /// It is what the object is made of.
    State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dict,
    List,
    Object,
}

struct Node {
    kind: Kind,
    parent: Option<(u32, Step)>,
    /// Entry of the class's name.
    class: Option<u32>,
    items: u32,
}

#[derive(Clone, Copy)]
enum Value {
    Mark,
    Other,
    Text(u32),
    Class(u32),
    Node(u32),
}

struct Machine<'a> {
    data: &'a [u8],
    stack: Vec<Value>,
    memo: HashMap<u64, Value>,
    entries: Vec<Entry>,
    nodes: Vec<Node>,
    /// Entry of the name of the class that came last.
    last_class: Option<u32>,
}

impl<'a> Machine<'a> {
    fn new(data: &'a [u8]) -> Self {
        Machine {
            data,
            stack: Vec::new(),
            memo: HashMap::new(),
            entries: Vec::new(),
            nodes: Vec::new(),
            last_class: None,
        }
    }

    /// Walks one pickle; where it ends, or where it is damaged.
    fn run(&mut self, mut at: usize) -> Result<usize, usize> {
        self.stack.clear();
        self.memo.clear();
        loop {
            let op = op(self.data, at).ok_or(at)?;
            let code = self.data.get(at).copied().unwrap_or_default();
            if code == b'.' {
                return Ok(op.next);
            }
            self.step(code, &op);
            if let (b'c' | 0x93 | b'h' | b'j' | b'g', Some(Value::Class(name))) = (code, self.stack.last())
                && !matches!(self.name(*name), "_reconstructor" | "object")
            {
                self.last_class = Some(*name);
            }
            at = op.next;
        }
    }

    fn entry(&mut self, op: &Op, is_bytes: bool, is_line: bool) -> u32 {
        self.entries.push(Entry { at: op.at, len: op.len, is_bytes, is_line, place: None });
        (self.entries.len() - 1) as u32
    }

    fn node(&mut self, kind: Kind, class: Option<u32>) -> u32 {
        self.nodes.push(Node { kind, parent: None, class, items: 0 });
        (self.nodes.len() - 1) as u32
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Other)
    }

    /// The values above the last mark, which is taken too.
    fn marked(&mut self) -> Vec<Value> {
        let mark = self.stack.iter().rposition(|v| matches!(v, Value::Mark));
        let values = self.stack.split_off(mark.map_or(0, |m| m + 1));
        self.stack.pop();
        values
    }

    /// Puts a value into an object.
    fn put(&mut self, owner: Value, step: Step, value: Value) {
        let Value::Node(owner) = owner else { return };
        match value {
            Value::Text(entry) => {
                if let Some(entry) = self.entries.get_mut(entry as usize) {
                    entry.place.get_or_insert((owner, step));
                }
            }
            // Made later than its owner or before it; never its own.
            Value::Node(node) if node != owner => {
                if let Some(node) = self.nodes.get_mut(node as usize) {
                    node.parent.get_or_insert((owner, step));
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, owner: Value, value: Value) {
        let Value::Node(node) = owner else { return };
        let Some(node) = self.nodes.get_mut(node as usize) else { return };
        node.items = node.items.saturating_add(1);
        let index = node.items - 1;
        self.put(owner, Step::Index(index), value);
    }

    fn pairs(&mut self, owner: Value, values: &[Value]) {
        for pair in values.chunks_exact(2) {
            match pair[0] {
                Value::Text(key) => self.put(owner, Step::Key(key), pair[1]),
                _ => self.item(owner, pair[1]),
            }
        }
    }

    fn list(&mut self, values: &[Value]) {
        let list = Value::Node(self.node(Kind::List, None));
        values.iter().for_each(|v| self.item(list, *v));
        self.stack.push(list);
    }

    /// An object of a class, made of `parts`.
    fn object(&mut self, class: Value, parts: &[Value]) {
        let class = if let Value::Class(name) = class { Some(name) } else { None };
        let object = Value::Node(self.node(Kind::Object, class));
        parts.iter().for_each(|p| self.put(object, Step::State, *p));
        self.stack.push(object);
    }

    fn step(&mut self, code: u8, op: &Op) {
        match code {
            b'(' => self.stack.push(Value::Mark),
            b'0' => {
                self.pop();
            }
            b'1' => {
                self.marked();
            }
            b'2' => {
                let top = self.stack.last().copied().unwrap_or(Value::Other);
                self.stack.push(top);
            }
            b'S' => {
                let trimmed = self.data.get(op.at..op.at + op.len).unwrap_or_default().trim_ascii_end().len();
                let inside = Op { at: op.at + 1, len: trimmed.saturating_sub(2), next: op.next };
                let entry = self.entry(&inside, false, true);
                self.stack.push(Value::Text(entry));
            }
            b'V' => {
                let entry = self.entry(op, false, true);
                self.stack.push(Value::Text(entry));
            }
            b'U' | b'T' | b'X' | 0x8c | 0x8d => {
                let entry = self.entry(op, false, false);
                self.stack.push(Value::Text(entry));
            }
            b'C' | b'B' | 0x8e | 0x96 => {
                let entry = self.entry(op, true, false);
                self.stack.push(Value::Text(entry));
            }
            b'}' => {
                let node = self.node(Kind::Dict, None);
                self.stack.push(Value::Node(node));
            }
            b']' | b')' | 0x8f => self.list(&[]),
            b'd' => {
                let values = self.marked();
                let dict = Value::Node(self.node(Kind::Dict, None));
                self.pairs(dict, &values);
                self.stack.push(dict);
            }
            b'l' | b't' | 0x91 => {
                let values = self.marked();
                self.list(&values);
            }
            0x85..=0x87 => {
                let from = self.stack.len().saturating_sub(usize::from(code - 0x84));
                let values = self.stack.split_off(from);
                self.list(&values);
            }
            b's' => {
                let value = self.pop();
                let key = self.pop();
                let owner = self.stack.last().copied().unwrap_or(Value::Other);
                self.pairs(owner, &[key, value]);
            }
            b'u' => {
                let values = self.marked();
                let owner = self.stack.last().copied().unwrap_or(Value::Other);
                self.pairs(owner, &values);
            }
            b'a' => {
                let value = self.pop();
                let owner = self.stack.last().copied().unwrap_or(Value::Other);
                self.item(owner, value);
            }
            b'e' | 0x90 => {
                let values = self.marked();
                let owner = self.stack.last().copied().unwrap_or(Value::Other);
                values.iter().for_each(|v| self.item(owner, *v));
            }
            b'c' => {
                let name = self.entry(op, false, false);
                self.stack.push(Value::Class(name));
            }
            0x93 => {
                let name = self.pop();
                self.pop();
                self.stack.push(if let Value::Text(name) = name { Value::Class(name) } else { Value::Other });
            }
            b'i' => {
                let name = self.entry(op, false, false);
                let values = self.marked();
                self.object(Value::Class(name), &values);
            }
            b'o' => {
                let values = self.marked();
                let (class, parts) = values.split_first().map_or((Value::Other, &[][..]), |(c, p)| (*c, p));
                self.object(class, parts);
            }
            b'R' | 0x81 => {
                let parts = self.pop();
                let class = self.pop();
                // `copyreg._reconstructor(cls, object, None)`: the class is the first argument.
                let class = self.reconstructed(class, parts);
                self.object(class, &[parts]);
            }
            0x92 => {
                let (named, parts) = (self.pop(), self.pop());
                let class = self.pop();
                self.object(class, &[parts, named]);
            }
            b'b' => {
                let state = self.pop();
                let owner = self.stack.last().copied().unwrap_or(Value::Other);
                self.put(owner, Step::State, state);
            }
            b'q' | b'r' | b'p' | 0x94 => {
                let index = self.index(code, op);
                if let (Some(index), Some(top)) = (index, self.stack.last()) {
                    self.memo.insert(index, *top);
                }
            }
            b'h' | b'j' | b'g' => {
                let value = self.index(code, op).and_then(|i| self.memo.get(&i).copied());
                self.stack.push(value.unwrap_or(Value::Other));
            }
            b'Q' => {
                self.pop();
                self.stack.push(Value::Other);
            }
            0x80 | 0x95 | 0x98 => {}
            _ => self.stack.push(Value::Other),
        }
    }

    fn reconstructed(&self, class: Value, parts: Value) -> Value {
        let (Value::Class(name), Value::Node(_)) = (class, parts) else { return class };
        let name = self.entries.get(name as usize).and_then(|e| bytes::slice(self.data, e.at, e.len));
        if name != Some(b"_reconstructor") {
            return class;
        }
        // Classes are no strings of the tuple; the one met last before it is meant.
        self.last_class.map_or(class, Value::Class)
    }

    fn name(&self, entry: u32) -> &str {
        let entry = self.entries.get(entry as usize);
        entry
            .and_then(|e| bytes::slice(self.data, e.at, e.len))
            .and_then(|n| std::str::from_utf8(n).ok())
            .unwrap_or_default()
    }

    fn index(&self, code: u8, op: &Op) -> Option<u64> {
        match code {
            0x94 => Some(self.memo.len() as u64),
            b'q' | b'h' => self.data.get(op.at).map(|b| u64::from(*b)),
            b'r' | b'j' => bytes::u32_le(self.data, op.at).map(u64::from),
            _ => std::str::from_utf8(bytes::slice(self.data, op.at, op.len)?).ok()?.parse().ok(),
        }
    }
}

fn unescape(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    let hex = |digits: &[u8]| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    while let Some((&b, after)) = rest.split_first() {
        rest = after;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let (len, c) = match rest {
            [b'u', d @ ..] if d.len() >= 4 => (5, hex(&d[..4]).and_then(char::from_u32)),
            [b'x', d @ ..] if d.len() >= 2 => (3, hex(&d[..2]).and_then(char::from_u32)),
            [b'n', ..] => (1, Some('\n')),
            [b't', ..] => (1, Some('\t')),
            [c @ (b'\\' | b'\'' | b'"'), ..] => (1, Some(char::from(*c))),
            _ => (0, Some('\\')),
        };
        match c {
            Some(c) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(len..).unwrap_or_default();
            }
            None => out.push(b),
        }
    }
    out
}

struct Graph<'a> {
    data: &'a [u8],
    /// A hash of the file: objects of several pickles of one artifact differ.
    salt: u64,
    entries: Vec<Entry>,
    nodes: Vec<Node>,
}

impl Graph<'_> {
    fn name(&self, entry: u32) -> String {
        let entry = self.entries.get(entry as usize);
        let name = entry.and_then(|e| bytes::slice(self.data, e.at, e.len.min(128))).unwrap_or_default();
        escape(name)
    }

    fn site(&self, entry: &Entry) -> Option<Site> {
        let (owner, step) = entry.place?;
        let mut steps = vec![step];
        let (mut node, mut scopes, mut root, mut key) = (owner, Vec::new(), None, None);
        for depth in 0..DEPTH {
            let Some(at) = self.nodes.get(node as usize) else { break };
            let class = match (scopes.is_empty(), at.kind) {
                (true, Kind::List) => ScopeClass::Call,
                (true, _) => ScopeClass::Object,
                _ => ScopeClass::Parent,
            };
            let order = if depth == 0 { Some(entry.at as u64) } else { None };
            let label =
                at.class.map_or_else(|| "one object".to_owned(), |c| format!("object {}", self.name(c)));
            let id = ScopeId::Named(format!("pickle {} {node}", self.salt));
            if scopes.len() < 6 {
                scopes.push(Scope { class, id, order: order.or(Some(entry.at as u64)), label });
            }
            if let Some(class) = at.class {
                root = Some(class);
                break;
            }
            let Some((parent, step)) = at.parent else { break };
            steps.push(step);
            node = parent;
        }
        let mut name = root.map(|c| self.name(c)).unwrap_or_default();
        let mut joint = if root.is_some() { '.' } else { '/' };
        for step in steps.iter().rev() {
            let part = match step {
                Step::Key(k) => self.name(*k),
                Step::Index(i) => i.to_string(),
                Step::State => continue,
            };
            if name.len() > 512 {
                break;
            }
            name.push(joint);
            name.push_str(&part);
            joint = '/';
        }
        for step in &steps {
            if let Step::Key(k) = step {
                key = Some(self.name(*k));
                break;
            }
        }
        Some(Site { name, key, role: None, scopes })
    }
}

impl Places for Graph<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let of = |tag: &u64| self.entries.get(usize::try_from(*tag).ok()?).and_then(|e| self.site(e));
        tags.iter().map(|tag| of(tag).into_iter().collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn names(data: &[u8]) -> Vec<String> {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(PickleLens.reads(&blob));
        let mut found = Vec::new();
        let read = PickleLens.texts(&blob, &Limits::default(), &mut |text| {
            // Some are given with their names: `"name": "VALUE"`.
            let values = text.bytes.split(|b| matches!(b, 0 | b'"')).filter(|s| s.starts_with(b"VALUE"));
            for string in values {
                let at = string.as_ptr() as usize - text.bytes.as_ptr() as usize;
                let span = at..at + string.len();
                let sites = text.sites.resolve(text.bytes, std::slice::from_ref(&span));
                let string = String::from_utf8_lossy(string);
                found.push(format!("{string} {}", sites[0].first().map_or("-", |s| s.name.as_str())));
            }
        });
        assert_eq!(read, Ok(()));
        found
    }

    #[test]
    fn hand_made_pickles() {
        // {'aws': {'secret': 'VALUE_001'}} of protocol 0, 2 and 4.
        assert_eq!(
            names(b"(dp0\nS'aws'\np1\n(dp2\nS'secret'\np3\nS'VALUE_\\x31'\np4\nss."),
            ["VALUE_1 /aws/secret"]
        );
        assert_eq!(
            names(
                b"\x80\x02}q\x00X\x03\0\0\0awsq\x01}q\x02X\x06\0\0\0secretq\x03X\x09\0\0\0VALUE_001q\x04ss."
            ),
            ["VALUE_001 /aws/secret"]
        );
        assert_eq!(
            names(b"\x80\x04\x95\x35\0\0\0\0\0\0\0\x8c\x01m\x94\x8c\x06Client\x94\x93\x94)\x81\x94}\x94\x8c\x06secret\x94\x8c\x09VALUE_001\x94sb."),
            ["VALUE_001 Client.secret"]
        );
    }

    #[test]
    fn what_is_no_pickle() {
        for no in
            [&b"(define x 1)\n."[..], b"class A:\n  pass\n.", b"\x80\x02\xff\xff", b"\x80\x09abc", b"(d\n"]
        {
            let blob = Blob { address: Address::named("x"), bytes: no };
            assert!(!PickleLens.reads(&blob));
        }
    }
}
