//! Redis dumps: values with the names of their keys and fields
//! (<https://rdb.fnordig.de/file_format.html>, and `rdb.h` of Redis 7 for what came later).

use super::bytes::{self, slice, u32_be, u64_be};
use super::strings::{Places, Strings};
use super::{Complaint, Damage, Lens, aof};
use crate::address::escape;
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::ledger::Reason;
use crate::limits::Limits;

/// Reads Redis dumps.
pub struct RdbLens;

/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Longest name printed.
const NAME: usize = 128;

impl Lens for RdbLens {
    fn name(&self) -> &'static str {
        "redis-rdb"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"REDIS")
            && blob.bytes.get(5..9).is_some_and(|v| v.iter().all(u8::is_ascii_digit))
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("Redis dump");
        let data = blob.bytes;
        let mut reader = Reader {
            data,
            at: 9,
            budget: (data.len() as u64)
                .saturating_mul(4)
                .max(limits.decoded_bytes)
                .min(limits.expanded_bytes),
            over: None,
            database: 0,
            dump: Dump::default(),
            unsupported: false,
            ended: None,
        };
        if reader.all().is_none() {
            let at = reader.at as u64;
            if reader.unsupported {
                let hidden = (data.len() as u64).saturating_sub(at);
                let what = "values of this type are not read";
                complaint
                    .note_damage(Damage::new("Redis dump", at, what).because(Reason::Unsupported, hidden));
            } else {
                complaint.note(at, || "a value ends behind the end of the file, or is no value".into());
            }
        }
        if let Some((at, packed)) = reader.over {
            let what = "compressed strings are larger than may be held";
            complaint.note_damage(Damage::new("Redis dump", at, what).because(Reason::Limit, packed));
        }
        let ended = reader.ended;
        let mut dump = reader.dump;
        // An append-only file may begin with a dump.
        if let Some(end) = ended.filter(|end| aof::is_command(data, *end)) {
            aof::commands(data, end, &mut dump, &mut complaint);
        }
        dump.give(data, limits, emit);
        complaint.into_result()
    }
}

/// A string as it stands in the file, or as it was compressed at an offset.
#[derive(Clone)]
pub(super) enum Value {
    Here(usize, usize),
    Made(Vec<u8>, usize),
}

/// Where a value belongs.
struct Entry {
    key: u32,
    field: Field,
}

pub(super) enum Field {
    Whole,
    Name(Box<str>),
    Index(u32),
    /// A member of a set.
    Member,
}

#[derive(Default)]
pub(super) struct Dump {
    salt: u64,
    /// Names of keys, and the databases they are in.
    keys: Vec<(Box<str>, u64)>,
    entries: Vec<Entry>,
    found: Vec<Value>,
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Bytes that may still be decompressed.
    budget: u64,
    /// Where the first string begins that was over the budget, and the bytes of all of them.
    over: Option<(u64, u64)>,
    database: u64,
    dump: Dump,
    unsupported: bool,
    /// Where the dump ends.
    ended: Option<usize>,
}

enum Length {
    Bytes(usize),
    Special(u8),
}

/// How the members of a packed list belong together.
#[derive(Clone, Copy)]
enum Shape {
    List,
    Set,
    /// Field, value, in turn.
    Hash,
    /// Member, score, in turn.
    Scored,
    /// Field, value, time, in turn.
    Timed,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn skip(&mut self, len: usize) -> Option<()> {
        slice(self.data, self.at, len)?;
        self.at += len;
        Some(())
    }

    fn length(&mut self) -> Option<Length> {
        let first = self.byte()?;
        Some(match first >> 6 {
            0 => Length::Bytes(usize::from(first & 0x3f)),
            1 => Length::Bytes(usize::from(first & 0x3f) << 8 | usize::from(self.byte()?)),
            2 if first == 0x80 => {
                let n = u32_be(self.data, self.at)?;
                self.at += 4;
                Length::Bytes(usize::try_from(n).ok()?)
            }
            2 if first == 0x81 => {
                let n = u64_be(self.data, self.at)?;
                self.at += 8;
                Length::Bytes(usize::try_from(n).ok()?)
            }
            3 => Length::Special(first & 0x3f),
            _ => return None,
        })
    }

    fn count(&mut self) -> Option<usize> {
        match self.length()? {
            Length::Bytes(n) => Some(n),
            Length::Special(_) => None,
        }
    }

    fn string(&mut self) -> Option<Value> {
        match self.length()? {
            Length::Bytes(len) => {
                let at = self.at;
                self.skip(len)?;
                Some(Value::Here(at, len))
            }
            Length::Special(n @ 0..=2) => {
                let at = self.at;
                self.skip(1 << n)?;
                Some(Value::Here(at, 0))
            }
            Length::Special(3) => {
                let packed = self.count()?;
                let len = self.count()?;
                let at = self.at;
                let from = slice(self.data, at, packed)?;
                self.at += packed;
                // LZF makes at most 264 bytes of three.
                if len > packed.saturating_mul(100).saturating_add(264) {
                    return None;
                }
                let Some(left) = self.budget.checked_sub(len as u64) else {
                    self.over.get_or_insert((at as u64, 0)).1 += packed as u64;
                    return Some(Value::Here(at, 0));
                };
                self.budget = left;
                Some(Value::Made(lzf(from, len)?, at))
            }
            Length::Special(_) => None,
        }
    }

    fn bytes<'v>(&self, value: &'v Value) -> &'v [u8]
    where
        'a: 'v,
    {
        match value {
            Value::Here(at, len) => slice(self.data, *at, *len).unwrap_or_default(),
            Value::Made(bytes, _) => bytes,
        }
    }

    fn name(&self, value: &Value) -> Box<str> {
        name(self.bytes(value))
    }

    fn push(&mut self, key: u32, field: Field, value: Value) {
        self.dump.push(key, field, value);
    }

    fn all(&mut self) -> Option<()> {
        while self.at < self.data.len() {
            let start = self.at;
            match self.byte()? {
                0xff => {
                    // A checksum follows.
                    self.ended = self.at.checked_add(8);
                    return Some(());
                }
                0xfe => self.database = self.count()? as u64,
                0xfd => self.skip(4)?,
                0xfc => self.skip(8)?,
                0xfb => {
                    self.count()?;
                    self.count()?;
                }
                0xfa => {
                    self.string()?;
                    self.string()?;
                }
                0xf9 => self.skip(1)?,
                0xf8 => {
                    self.count()?;
                }
                0xf7 => {
                    let key = self.key(&Value::Here(0, 0));
                    self.count()?;
                    self.module(key)?;
                }
                0xf5 => {
                    let library = self.string()?;
                    let key = self.key(&Value::Here(0, 0));
                    self.push(key, Field::Name("function library".into()), library);
                }
                0xf4 => {
                    for _ in 0..3 {
                        self.count()?;
                    }
                }
                kind => {
                    if kind > 25 || matches!(kind, 6 | 8 | 22 | 23) {
                        self.at = start;
                        self.unsupported = kind <= 25 || kind == 0xf6;
                        return None;
                    }
                    let name = self.string()?;
                    let key = self.key(&name);
                    self.value(kind, key)?;
                }
            }
        }
        Some(())
    }

    fn key(&mut self, name: &Value) -> u32 {
        let name = self.name(name);
        self.dump.key(name, self.database)
    }

    fn value(&mut self, kind: u8, key: u32) -> Option<()> {
        match kind {
            0 => {
                let value = self.string()?;
                self.push(key, Field::Whole, value);
            }
            1 | 2 | 3 | 5 => {
                for index in 0..self.count()? {
                    let value = self.string()?;
                    let field = if kind == 1 { Field::Index(index as u32) } else { Field::Member };
                    self.push(key, field, value);
                    match kind {
                        3 => match self.byte()? {
                            253..=255 => {}
                            len => self.skip(usize::from(len))?,
                        },
                        5 => self.skip(8)?,
                        _ => {}
                    }
                }
            }
            4 | 24 => {
                if kind == 24 {
                    self.skip(8)?;
                }
                for _ in 0..self.count()? {
                    if kind == 24 {
                        self.count()?;
                    }
                    let field = self.string()?;
                    let value = self.string()?;
                    let name = self.name(&field);
                    self.push(key, Field::Name(name), value);
                }
            }
            7 => {
                self.count()?;
                self.module(key)?;
            }
            9 => {
                let packed = self.string()?;
                self.zipmap(key, &packed);
            }
            10 | 12 | 13 => {
                let packed = self.string()?;
                let shape = [Shape::List, Shape::Set, Shape::Scored, Shape::Hash][usize::from(kind) - 10];
                self.packed(key, &packed, shape, false);
            }
            11 => {
                self.string()?;
            }
            14 => {
                for _ in 0..self.count()? {
                    let packed = self.string()?;
                    self.packed(key, &packed, Shape::List, false);
                }
            }
            16 | 17 | 20 | 25 => {
                if kind == 25 {
                    self.skip(8)?;
                }
                let packed = self.string()?;
                let shape = match kind {
                    16 => Shape::Hash,
                    17 => Shape::Scored,
                    25 => Shape::Timed,
                    _ => Shape::Set,
                };
                self.packed(key, &packed, shape, true);
            }
            18 => {
                for _ in 0..self.count()? {
                    let container = self.count()?;
                    let packed = self.string()?;
                    if container == 1 {
                        self.push(key, Field::Member, packed);
                    } else {
                        self.packed(key, &packed, Shape::List, true);
                    }
                }
            }
            _ => self.stream(kind, key)?,
        }
        Some(())
    }

    /// What a module wrote: numbers and strings, each with its kind.
    fn module(&mut self, key: u32) -> Option<()> {
        loop {
            match self.count()? {
                0 => return Some(()),
                1 | 2 => {
                    self.count()?;
                }
                3 => self.skip(4)?,
                4 => self.skip(8)?,
                5 => {
                    let value = self.string()?;
                    self.push(key, Field::Member, value);
                }
                _ => return None,
            }
        }
    }

    fn stream(&mut self, kind: u8, key: u32) -> Option<()> {
        for _ in 0..self.count()? {
            self.string()?;
            let packed = self.string()?;
            self.packed(key, &packed, Shape::Set, true);
        }
        for _ in 0..if kind == 15 { 3 } else { 8 } {
            self.count()?;
        }
        for _ in 0..self.count()? {
            self.string()?;
            for _ in 0..if kind == 15 { 2 } else { 3 } {
                self.count()?;
            }
            for _ in 0..self.count()? {
                self.skip(24)?;
                self.count()?;
            }
            for _ in 0..self.count()? {
                self.string()?;
                self.skip(if kind == 21 { 16 } else { 8 })?;
                for _ in 0..self.count()? {
                    self.skip(16)?;
                }
            }
        }
        Some(())
    }

    /// The members of a listpack or a ziplist.
    fn packed(&mut self, key: u32, packed: &Value, shape: Shape, is_listpack: bool) {
        let list = self.bytes(packed);
        let mut members = Vec::new();
        let mut at = if is_listpack { 6 } else { 10 };
        while let Some((from, len, next)) = if is_listpack { listpack(list, at) } else { ziplist(list, at) } {
            members.push((from, len));
            at = next;
        }
        let cut = |&(from, len): &(usize, usize)| match packed {
            Value::Here(at, _) => Value::Here(at + from, len),
            Value::Made(bytes, at) => Value::Made(slice(bytes, from, len).unwrap_or_default().to_vec(), *at),
        };
        let step = match shape {
            Shape::List | Shape::Set => 1,
            Shape::Hash | Shape::Scored => 2,
            Shape::Timed => 3,
        };
        for (index, group) in members.chunks(step).enumerate() {
            match (shape, group) {
                (Shape::Hash | Shape::Timed, [name, value, ..]) => {
                    let name = self.name(&cut(name));
                    self.push(key, Field::Name(name), cut(value));
                }
                (Shape::List, [value, ..]) => self.push(key, Field::Index(index as u32), cut(value)),
                (_, [value, ..]) => self.push(key, Field::Member, cut(value)),
                _ => {}
            }
        }
    }

    /// Hashes of Redis before 2.6: length, name, length, free bytes, value.
    fn zipmap(&mut self, key: u32, packed: &Value) {
        let map = self.bytes(packed).to_vec();
        let base = if let Value::Here(at, _) = packed { Some(*at) } else { None };
        let mut at = 1usize;
        let len = |at: &mut usize| -> Option<usize> {
            let first = *map.get(*at)?;
            *at += 1;
            match first {
                0..=253 => Some(usize::from(first)),
                254 => {
                    *at += 4;
                    bytes::size_le(&map, *at - 4)
                }
                255 => None,
            }
        };
        let mut pairs = Vec::new();
        while let Some(name) = len(&mut at) {
            let from = at;
            let Some(name) = slice(&map, from, name) else { break };
            at += name.len();
            let Some(value) = len(&mut at) else { break };
            let Some(free) = map.get(at).copied() else { break };
            at += 1;
            if slice(&map, at, value).is_none() {
                break;
            }
            let name: Box<str> = escape(name.get(..name.len().min(NAME)).unwrap_or_default()).into();
            pairs.push((name, at, value));
            at = at.saturating_add(value).saturating_add(usize::from(free));
        }
        for (name, at, len) in pairs {
            let value = match base {
                Some(base) => Value::Here(base + at, len),
                None => Value::Made(slice(&map, at, len).unwrap_or_default().to_vec(), self.at),
            };
            self.push(key, Field::Name(name), value);
        }
    }
}

/// The member of a listpack at `at`: where it is, its length, where the next one is. Numbers are empty.
fn listpack(list: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let first = *list.get(at)?;
    let (head, len) = match first {
        0..=0x7f => (1, 0),
        0x80..=0xbf => (1, usize::from(first & 0x3f)),
        0xc0..=0xdf => (2, 0),
        0xe0..=0xef => (2, usize::from(first & 15) << 8 | usize::from(*list.get(at + 1)?)),
        0xf0 => (5, bytes::size_le(list, at + 1)?),
        0xf1 => (3, 0),
        0xf2 => (4, 0),
        0xf3 => (5, 0),
        0xf4 => (9, 0),
        _ => return None,
    };
    slice(list, at + head, len)?;
    let back = match head + len {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    };
    Some((at + head, len, at + head + len + back))
}

/// The same of a ziplist.
fn ziplist(list: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let at = match *list.get(at)? {
        255 => return None,
        254 => at + 5,
        _ => at + 1,
    };
    let first = *list.get(at)?;
    let (head, len, number) = match first {
        0..=0x3f => (1, usize::from(first), 0),
        0x40..=0x7f => (2, usize::from(first & 0x3f) << 8 | usize::from(*list.get(at + 1)?), 0),
        0x80 => (5, bytes::size_be(list, at + 1)?, 0),
        0xc0 => (1, 0, 2),
        0xd0 => (1, 0, 4),
        0xe0 => (1, 0, 8),
        0xf0 => (1, 0, 3),
        0xfe => (1, 0, 1),
        0xf1..=0xfd => (1, 0, 0),
        _ => return None,
    };
    slice(list, at + head, len)?;
    Some((at + head, len, at + head + len + number))
}

/// LZF: runs of literals, and copies of what was written before.
fn lzf(from: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(len);
    let mut at = 0;
    while out.len() < len {
        let first = usize::from(*from.get(at)?);
        at += 1;
        if first < 32 {
            out.extend_from_slice(slice(from, at, first + 1)?);
            at += first + 1;
            continue;
        }
        let mut count = first >> 5;
        if count == 7 {
            count += usize::from(*from.get(at)?);
            at += 1;
        }
        let back = ((first & 31) << 8 | usize::from(*from.get(at)?)) + 1;
        at += 1;
        let start = out.len().checked_sub(back)?;
        for n in 0..count + 2 {
            out.push(*out.get(start + n)?);
        }
    }
    out.truncate(len);
    Some(out)
}

/// A name as it is printed.
pub(super) fn name(bytes: &[u8]) -> Box<str> {
    escape(bytes.get(..bytes.len().min(NAME)).unwrap_or_default()).into()
}

impl Dump {
    pub(super) fn key(&mut self, name: Box<str>, database: u64) -> u32 {
        self.keys.push((name, database));
        (self.keys.len() - 1) as u32
    }

    pub(super) fn push(&mut self, key: u32, field: Field, value: Value) {
        let len = match &value {
            Value::Here(_, len) => *len,
            Value::Made(bytes, _) => bytes.len(),
        };
        if len >= MIN_LEN {
            self.entries.push(Entry { key, field });
            self.found.push(value);
        }
    }

    /// Gives all strings with their places.
    pub(super) fn give(mut self, data: &[u8], limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
        self.salt = data
            .iter()
            .take(4096)
            .fold(data.len() as u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
        let found = std::mem::take(&mut self.found);
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &self, emit);
        for (tag, string) in found.iter().enumerate() {
            if self.push_named(string, data, &mut strings, tag) {
                continue;
            }
            match string {
                Value::Here(at, len) => {
                    strings.push(slice(data, *at, *len).unwrap_or_default(), *at as u64, tag as u64)
                }
                Value::Made(string, at) => strings.push_made(string, *at as u64, tag as u64),
            };
        }
        strings.finish();
    }

    /// Gives a value with the name that its key or its field has, if that says it is a secret.
    fn push_named(&self, value: &Value, data: &[u8], strings: &mut Strings<'_>, tag: usize) -> bool {
        let Some(entry) = self.entries.get(tag) else { return false };
        let name = match &entry.field {
            Field::Name(name) => name,
            Field::Whole => match self.keys.get(entry.key as usize) {
                Some((key, _)) => key,
                None => return false,
            },
            Field::Index(_) | Field::Member => return false,
        };
        match value {
            Value::Here(at, len) => {
                let here = slice(data, *at, *len).unwrap_or_default();
                strings.push_named(name, here, *at as u64, 1, tag as u64)
            }
            Value::Made(string, at) => strings.push_named(name, string, *at as u64, 0, tag as u64),
        }
    }

    fn site(&self, tag: u64) -> Option<Site> {
        let entry = self.entries.get(usize::try_from(tag).ok()?)?;
        let (key, database) = self.keys.get(entry.key as usize)?;
        let scope = |class, what: String, label: String| Scope {
            class,
            id: ScopeId::Named(format!("redis {} {what}", self.salt)),
            order: Some(tag),
            label,
        };
        let of_key = |class| scope(class, format!("key {}", entry.key), format!("key {key}"));
        let mut scopes = Vec::new();
        let (name, last) = match &entry.field {
            Field::Whole => {
                // `aws:prod:id` and `aws:prod:secret`: what comes before the last colon groups keys.
                if let Some((group, _)) = key.rsplit_once([':', '/', '.']) {
                    scopes.push(scope(
                        ScopeClass::Object,
                        format!("{database} {group}"),
                        format!("keys {group}"),
                    ));
                }
                (key.to_string(), key.rsplit([':', '/', '.']).next().unwrap_or(key).to_owned())
            }
            Field::Name(field) => {
                scopes.push(of_key(ScopeClass::Object));
                (format!("{key} {field}"), field.to_string())
            }
            Field::Index(index) => {
                scopes.push(of_key(ScopeClass::Call));
                (format!("{key}[{index}]"), key.to_string())
            }
            Field::Member => {
                scopes.push(of_key(ScopeClass::Object));
                (key.to_string(), key.to_string())
            }
        };
        scopes.push(scope(
            ScopeClass::Parent,
            format!("database {database}"),
            format!("database {database}"),
        ));
        Some(Site { name, key: Some(last), role: None, scopes })
    }
}

impl Places for Dump {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        tags.iter().map(|tag| self.site(*tag).into_iter().collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lzf_and_packed_lists() {
        // "abc", then five bytes from three before, then "x".
        assert_eq!(lzf(b"\x02abc\x60\x02\x00x", 9).as_deref(), Some(&b"abcabcabx"[..]));
        assert_eq!(lzf(b"\x60\x02", 9), None);
        assert_eq!(lzf(b"\x05abc", 9), None);
        let list = b"\0\0\0\0\0\0\x82ab\x03\x05\x01\xff";
        assert_eq!(
            (listpack(list, 6), listpack(list, 10), listpack(list, 12)),
            (Some((7, 2, 10)), Some((11, 0, 12)), None)
        );
        let list = b"\0\x02ab\x04\xc0\x01\x02\xff";
        assert_eq!(
            (ziplist(list, 0), ziplist(list, 4), ziplist(list, 8)),
            (Some((2, 2, 4)), Some((6, 0, 8)), None)
        );
    }
}
