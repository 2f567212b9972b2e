//! Records by their schema (Apache Avro specification, "Binary Encoding"): each becomes a line of JSON.

use super::super::budget::Budget;
use super::super::columns::{charge, text};
use crate::container::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, uleb};
use serde_json::Value;
use std::collections::HashMap;
use std::io::Write;

/// Longer schemas are not read, nor values in values beyond this depth.
const SCHEMA: usize = 4 << 20;
const DEPTH: usize = 64;
const NAME: usize = 256;
/// What is written between two looks at the budget.
const STEP: usize = 64 << 10;

enum Type {
    Null,
    Boolean,
    Number,
    Float(usize),
    Text,
    Fixed(usize),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record(Vec<(Vec<u8>, usize)>),
}

/// The types of a schema; the first is that of a record.
pub(super) struct Schema {
    types: Vec<Type>,
}

impl Schema {
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(json.get(..json.len().min(SCHEMA))?).ok()?;
        let mut parser = Parser { types: Vec::new(), names: HashMap::new() };
        let root = parser.one(&value, "")?;
        (root == 0).then_some(Schema { types: parser.types })
    }
}

struct Parser {
    types: Vec<Type>,
    names: HashMap<String, usize>,
}

impl Parser {
    fn add(&mut self, kind: Type) -> usize {
        self.types.push(kind);
        self.types.len() - 1
    }

    fn one(&mut self, value: &Value, space: &str) -> Option<usize> {
        match value {
            Value::String(name) => {
                let kind = match name.as_str() {
                    "null" => Type::Null,
                    "boolean" => Type::Boolean,
                    "int" | "long" => Type::Number,
                    "float" => Type::Float(4),
                    "double" => Type::Float(8),
                    "bytes" | "string" => Type::Text,
                    name => {
                        return self.names.get(&full(name, space)).or_else(|| self.names.get(name)).copied();
                    }
                };
                Some(self.add(kind))
            }
            Value::Array(of) => {
                let at = self.add(Type::Null);
                let of: Option<Vec<_>> = of.iter().map(|value| self.one(value, space)).collect();
                self.types[at] = Type::Union(of?);
                Some(at)
            }
            Value::Object(own) => {
                let kind = own.get("type")?;
                let Some(kind @ ("record" | "error" | "enum" | "array" | "map" | "fixed")) = kind.as_str()
                else {
                    return self.one(kind, space);
                };
                let at = self.add(Type::Null);
                let space = own.get("namespace").and_then(Value::as_str).unwrap_or(space);
                if let Some(name) = own.get("name").and_then(Value::as_str) {
                    self.names.insert(full(name, space), at);
                }
                self.types[at] = match kind {
                    "array" => Type::Array(self.one(own.get("items")?, space)?),
                    "map" => Type::Map(self.one(own.get("values")?, space)?),
                    "fixed" => Type::Fixed(usize::try_from(own.get("size")?.as_u64()?).ok()?),
                    "enum" => Type::Number,
                    _ => {
                        let mut fields = Vec::new();
                        for field in own.get("fields")?.as_array()? {
                            let name = field.get("name")?.as_str()?.as_bytes();
                            let kind = self.one(field.get("type")?, space)?;
                            fields.push((name[..name.len().min(NAME)].to_vec(), kind));
                        }
                        Type::Record(fields)
                    }
                };
                Some(at)
            }
            _ => None,
        }
    }
}

fn full(name: &str, space: &str) -> String {
    if space.is_empty() || name.contains('.') { name.to_owned() } else { format!("{space}.{name}") }
}

/// Writes records as lines.
pub(super) struct Lines<'r> {
    schema: &'r Schema,
    data: &'r [u8],
    at: usize,
    out: &'r mut Vec<u8>,
    /// Values that are no text.
    others: &'r mut Vec<u8>,
    /// How much of `out` is charged.
    charged: usize,
    /// Values that may come: those that take no bytes must end too.
    left: usize,
    budget: &'r Budget,
}

/// `None` where the record is damaged; whether something was written.
type Written = Result<Option<bool>, Problem>;

macro_rules! some {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

/// Writes `count` records of a block; `None` where it is damaged, with what is left of it.
pub(super) fn lines<'r>(
    schema: &'r Schema,
    data: &'r [u8],
    count: i64,
    out: &'r mut Vec<u8>,
    others: &'r mut Vec<u8>,
    budget: &'r Budget,
) -> Result<Option<()>, Problem> {
    let left = data.len().saturating_mul(64).saturating_add(4096);
    let charged = out.len();
    let mut lines = Lines { schema, data, at: 0, out, others, charged, left, budget };
    for _ in 0..count {
        let (begin, from) = (lines.at, lines.out.len());
        if lines.value(0, DEPTH)?.is_none() {
            lines.out.truncate(from.max(lines.charged));
            let rest = &data[begin.min(data.len())..];
            lines.charge()?;
            charge(rest.len() as u64, budget)?;
            lines.out.extend_from_slice(rest);
            return Ok(None);
        }
        lines.out.push(b'\n');
    }
    lines.charge()?;
    Ok(Some(()))
}

impl<'r> Lines<'r> {
    fn charge(&mut self) -> Result<(), Problem> {
        let limit = self.budget.limits.entry_bytes;
        if (self.out.len() + self.others.len()) as u64 > limit {
            return Err(Problem::new(Reason::Limit, format!("the records have more than {limit} bytes")));
        }
        charge(self.out.len().saturating_sub(self.charged) as u64, self.budget)?;
        self.charged = self.out.len();
        Ok(())
    }

    fn number(&mut self) -> Option<i64> {
        let n = uleb(self.data, &mut self.at)?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn bytes(&mut self, len: usize) -> Option<&'r [u8]> {
        let bytes = slice(self.data, self.at, len)?;
        self.at += len;
        Some(bytes)
    }

    fn string(&mut self) -> Option<&'r [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.bytes(len)
    }

    fn text(&mut self, value: &[u8]) -> Result<(), Problem> {
        let is_text = |b: &u8| *b >= 0x20 || matches!(b, b'\n' | b'\r' | b'\t');
        if value.iter().all(is_text) {
            text(value, self.out);
        } else {
            charge(value.len() as u64, self.budget)?;
            self.others.extend_from_slice(value);
            self.others.extend_from_slice(b"\n\n");
            self.out.extend_from_slice(b"\"\"");
        }
        Ok(())
    }

    fn value(&mut self, kind: usize, depth: usize) -> Written {
        let depth = some!(depth.checked_sub(1));
        self.left = some!(self.left.checked_sub(1));
        if self.out.len() - self.charged.min(self.out.len()) > STEP {
            self.charge()?;
        }
        let schema = self.schema;
        match some!(schema.types.get(kind)) {
            Type::Null => return Ok(Some(false)),
            Type::Boolean => {
                let is_true = some!(self.bytes(1)) == [1];
                self.out.extend_from_slice(if is_true { b"true" } else { b"false" });
            }
            Type::Number => {
                let number = some!(self.number());
                let _ = write!(self.out, "{number}");
            }
            Type::Float(len) => {
                some!(self.bytes(*len));
                return Ok(Some(false));
            }
            Type::Text => {
                let value = some!(self.string());
                self.text(value)?;
            }
            Type::Fixed(len) => {
                let value = some!(self.bytes(*len));
                self.text(value)?;
            }
            Type::Union(of) => {
                let index = some!(self.number());
                let kind = some!(usize::try_from(index).ok().and_then(|n| of.get(n)));
                return self.value(*kind, depth);
            }
            Type::Record(fields) => {
                self.out.push(b'{');
                for (name, kind) in fields {
                    some!(self.named(name, *kind, depth)?);
                }
                self.close(b'}');
            }
            Type::Array(kind) => return self.several(*kind, false, depth),
            Type::Map(kind) => return self.several(*kind, true, depth),
        }
        Ok(Some(true))
    }

    /// A value with its name and a comma, if there is one.
    fn named(&mut self, name: &[u8], kind: usize, depth: usize) -> Written {
        let before = self.out.len();
        text(name, self.out);
        self.out.push(b':');
        let is_there = some!(self.value(kind, depth)?);
        if is_there {
            self.out.push(b',');
        } else {
            self.out.truncate(before);
        }
        Ok(Some(is_there))
    }

    fn close(&mut self, with: u8) {
        if self.out.last() == Some(&b',') {
            self.out.pop();
        }
        self.out.push(with);
    }

    /// Blocks of values, each behind its number; a negative one says that its size stands there, too.
    fn several(&mut self, kind: usize, is_map: bool, depth: usize) -> Written {
        self.out.push(if is_map { b'{' } else { b'[' });
        loop {
            self.left = some!(self.left.checked_sub(1));
            let mut count = some!(self.number());
            if count == 0 {
                break;
            }
            if count < 0 {
                count = some!(count.checked_neg());
                some!(self.number());
            }
            for _ in 0..count {
                if is_map {
                    let name = some!(self.string());
                    some!(self.named(&name[..name.len().min(NAME)], kind, depth)?);
                } else if some!(self.value(kind, depth)?) {
                    self.out.push(b',');
                }
            }
        }
        self.close(if is_map { b'}' } else { b']' });
        Ok(Some(true))
    }
}
