//! Compiled nibs (`NIBArchive`): strings set in Interface Builder, named by object and key.
//!
//! The format is not documented by Apple; described at
//! <https://www.mothersruin.com/software/Archaeology/reverse/uinib.html>. Older nibs are keyed archives.

use super::graph::{self, Edge, Graph, Step};
use crate::blob::{Blob, Site, Text, TextKind};
use crate::lens::bytes;
use crate::lens::strings::Strings;
use crate::lens::{Complaint, Damage, Lens};
use crate::limits::Limits;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// Reads compiled nibs.
pub struct NibLens;

const HEAD: usize = 50;
/// Holders kept of one object.
const MAX_HOLDERS: usize = 16;

impl Lens for NibLens {
    fn name(&self) -> &'static str {
        "nib"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"NIBArchive") && blob.bytes.len() >= HEAD
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("NIBArchive");
        let nib = Nib::parse(blob.bytes, &mut complaint);
        let places = |tag: u64| -> Vec<Site> { nib.sites(usize::try_from(tag).unwrap_or(usize::MAX)) };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &places, emit);
        let mut whole = true;
        for (n, value) in nib.values.iter().enumerate() {
            if let What::Data(range) = &value.what
                && !range.is_empty()
            {
                whole &= strings.push(&blob.bytes[range.clone()], range.start as u64, n as u64);
            }
        }
        whole &= strings.finish();
        if !whole {
            complaint.note(0, || "values that overlap".into());
        }
        complaint.into_result()
    }
}

enum What {
    Data(Range<usize>),
    Object(usize),
    Other,
}

struct Value {
    key: usize,
    what: What,
}

struct Object {
    class: usize,
    values: Range<usize>,
}

struct Nib<'b> {
    data: &'b [u8],
    objects: Vec<Object>,
    keys: Vec<Range<usize>>,
    values: Vec<Value>,
    classes: Vec<Range<usize>>,
    /// Of each object: who holds it, by which value.
    holders: OnceLock<HashMap<usize, Vec<(usize, usize)>>>,
}

/// Seven bits a byte, the last of which has the eighth set.
fn varint(data: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0usize;
    for shift in (0..35).step_by(7) {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 != 0 {
            return Some(value);
        }
    }
    None
}

impl<'b> Nib<'b> {
    fn parse(data: &'b [u8], complaint: &mut Complaint) -> Self {
        let mut nib = Nib {
            data,
            objects: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            classes: Vec::new(),
            holders: OnceLock::new(),
        };
        let head = |n: usize| bytes::size_le(data, 18 + 4 * n).unwrap_or(0);
        let mut table = |n: usize, name: &str, one: &mut dyn FnMut(&mut usize) -> Option<()>| {
            let (count, mut at) = (head(2 * n), head(2 * n + 1));
            for i in 0..count {
                if one(&mut at).is_none() {
                    complaint.note(at as u64, || format!("{name} {i} of {count} is cut off"));
                    break;
                }
            }
        };
        let range = |at: &mut usize, len: usize| {
            let range = *at..at.checked_add(len).filter(|&end| end <= data.len())?;
            *at = range.end;
            Some(range)
        };
        let Nib { objects, keys, values, classes, .. } = &mut nib;
        table(0, "object", &mut |at| {
            let (class, first, count) = (varint(data, at)?, varint(data, at)?, varint(data, at)?);
            objects.push(Object { class, values: first..first.checked_add(count)? });
            Some(())
        });
        table(1, "key", &mut |at| {
            let len = varint(data, at)?;
            keys.push(range(at, len)?);
            Some(())
        });
        table(2, "value", &mut |at| {
            let key = varint(data, at)?;
            let kind = *data.get(*at)?;
            *at += 1;
            let what = match kind {
                0 => range(at, 1).map(|_| What::Other)?,
                1 => range(at, 2).map(|_| What::Other)?,
                2 | 6 => range(at, 4).map(|_| What::Other)?,
                3 | 7 => range(at, 8).map(|_| What::Other)?,
                4 | 5 | 9 => What::Other,
                8 => {
                    let len = varint(data, at)?;
                    What::Data(range(at, len)?)
                }
                10 => What::Object(bytes::size_le(data, range(at, 4)?.start)?),
                _ => return None,
            };
            values.push(Value { key, what });
            Some(())
        });
        table(3, "class name", &mut |at| {
            let (len, extra) = (varint(data, at)?, varint(data, at)?);
            range(at, extra.checked_mul(4)?)?;
            classes.push(range(at, len)?);
            Some(())
        });
        nib
    }

    fn text(&self, range: Option<&Range<usize>>) -> String {
        let bytes = range.and_then(|r| self.data.get(r.clone())).unwrap_or_default();
        String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes)).into_owned()
    }

    fn key(&self, value: usize) -> String {
        self.values.get(value).map_or_else(String::new, |v| self.text(self.keys.get(v.key)))
    }

    /// The object that a value belongs to.
    fn owner(&self, value: usize) -> Option<usize> {
        // Objects have their values in order; those of damaged files may not.
        let after = self.objects.partition_point(|o| o.values.start <= value);
        let near = (after.saturating_sub(64)..after).rev();
        near.into_iter().find(|&o| self.objects.get(o).is_some_and(|o| o.values.contains(&value)))
    }

    fn sites(&self, value: usize) -> Vec<Site> {
        // Values and objects have numbers of their own: values follow the objects.
        graph::sites(self, self.objects.len().saturating_add(value), "", 0)
    }

    fn holders_of(&self, object: usize) -> &[(usize, usize)] {
        let all = self.holders.get_or_init(|| {
            let mut all: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
            for (n, value) in self.values.iter().enumerate() {
                if let (What::Object(object), Some(owner)) = (&value.what, self.owner(n)) {
                    let holders = all.entry(*object).or_default();
                    if holders.len() < MAX_HOLDERS {
                        holders.push((owner, n));
                    }
                }
            }
            all
        });
        all.get(&object).map_or(&[], Vec::as_slice)
    }

    /// The place of an entry in an array, before whose entries stands whether they are in line.
    fn index(&self, array: usize, value: usize) -> u64 {
        let first = self.members(array).take(4).find(|&v| self.key(v) == "UINibEncoderEmptyKey");
        value.saturating_sub(first.unwrap_or(0)) as u64
    }

    fn members(&self, object: usize) -> Range<usize> {
        let range = self.objects.get(object).map_or(0..0, |o| o.values.clone());
        range.start.min(self.values.len())
            ..range.end.min(self.values.len()).min(range.start.saturating_add(4096))
    }
}

impl Graph for Nib<'_> {
    fn holders(&self, node: usize) -> Vec<Edge> {
        let edge = |holder: usize, value: usize| {
            let key = self.key(value);
            let step = match key.as_str() {
                "NS.bytes" | "NS.string" => Step::Inside,
                "UINibEncoderEmptyKey" => Step::Index(self.index(holder, value)),
                _ => Step::Key(key),
            };
            Edge { holder, step, order: value as u64 }
        };
        match node.checked_sub(self.objects.len()) {
            Some(value) => self.owner(value).map(|owner| edge(owner, value)).into_iter().collect(),
            None => self.holders_of(node).iter().map(|&(owner, value)| edge(owner, value)).collect(),
        }
    }

    fn is_array(&self, node: usize) -> bool {
        self.class(node).is_some_and(|c| c.contains("Array") || c.contains("Set"))
    }

    fn class(&self, node: usize) -> Option<String> {
        let class = self.objects.get(node)?.class;
        Some(self.text(self.classes.get(class))).filter(|name| !name.is_empty())
    }

    fn member(&self, node: usize, key: &str) -> Option<String> {
        let value = self.members(node).find(|&v| self.key(v) == key)?;
        match self.values.get(value)?.what {
            What::Data(ref range) => Some(self.text(Some(range))),
            What::Object(object) => {
                let value = self.members(object).find(|&v| self.key(v) == "NS.bytes")?;
                match &self.values.get(value)?.what {
                    What::Data(range) => Some(self.text(Some(range))),
                    _ => None,
                }
            }
            What::Other => None,
        }
    }
}
