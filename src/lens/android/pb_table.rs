//! Strings of a `ResourceTable` (`Resources.proto`) and their places.

use super::resource::{Item, NAME, Resource, Table};
use super::wire::{Fields, Value, text};
use super::{config, wire};
use crate::blob::{Blob, Site};
use std::collections::HashMap;
use std::ops::Range;

/// Most places of one string: it stands where it stands, in one.
const MAX_SITES: usize = 4;

/// Where a string stands; ranges of the data, so that it costs nothing while nobody asks.
#[derive(Clone, Debug, Default)]
pub(super) struct At {
    package: Range<usize>,
    package_number: u32,
    package_id: u32,
    kind: Range<usize>,
    kind_id: u32,
    entry: Range<usize>,
    entry_id: u32,
    config: Range<usize>,
    part: Part,
    /// Place in the resource.
    n: u32,
}

#[derive(Clone, Debug, Default)]
enum Part {
    #[default]
    Whole,
    Element,
    Arity(u64),
    /// A `Reference` to an attribute.
    Key(Range<usize>),
}

type See<'s> = dyn FnMut(Range<usize>, &At) + 's;

/// Every string of the table, in its order. Gives the first offset where something is broken.
pub(super) fn walk(data: &[u8], see: &mut See<'_>) -> Option<usize> {
    let mut walk = Walk { data, broken: None, see };
    let mut at = At::default();
    for package in walk.messages(0..data.len(), 2) {
        walk.package(package, &mut at);
        at.package_number += 1;
    }
    walk.broken
}

struct Walk<'w, 's> {
    data: &'w [u8],
    broken: Option<usize>,
    see: &'w mut See<'s>,
}

impl<'w> Walk<'w, '_> {
    /// The messages that are field `number` of another.
    fn messages(&mut self, of: Range<usize>, number: u64) -> impl Iterator<Item = Range<usize>> + use<'w> {
        let mut fields = Fields::new(self.data, of.clone());
        let broken = {
            let mut all = fields.clone();
            all.by_ref().for_each(drop);
            all.broken
        };
        if broken && self.broken.is_none() {
            self.broken = Some(of.start);
        }
        std::iter::from_fn(move || fields.find_map(|field| field.bytes(number)))
    }

    fn package(&mut self, message: Range<usize>, at: &mut At) {
        let (id, name) = head(self.data, message.clone());
        (at.package_id, at.package) = (id, name);
        for kind in self.messages(message, 3) {
            (at.kind_id, at.kind) = head(self.data, kind.clone());
            for entry in self.messages(kind, 3) {
                (at.entry_id, at.entry) = head(self.data, entry.clone());
                for value in self.messages(entry, 6) {
                    self.config_value(value, at);
                }
            }
        }
    }

    fn config_value(&mut self, message: Range<usize>, at: &mut At) {
        at.config = self.messages(message.clone(), 1).next().unwrap_or_default();
        for value in self.messages(message, 2) {
            at.n = 0;
            at.part = Part::Whole;
            let fields = Fields::new(self.data, value);
            for field in fields {
                let Value::Bytes { start, end } = field.value else { continue };
                match field.number {
                    2 => (self.see)(start..end, at),
                    4 => self.item(start..end, at),
                    5 => self.compound(start..end, at),
                    _ => {}
                }
            }
        }
    }

    fn item(&mut self, message: Range<usize>, at: &At) {
        if let Some(string) = item_string(self.data, message) {
            (self.see)(string, at);
        }
    }

    /// Styles, arrays, plurals, macros: entries with an item each.
    fn compound(&mut self, message: Range<usize>, at: &mut At) {
        for field in Fields::new(self.data, message) {
            let Value::Bytes { start, end } = field.value else { continue };
            let (entries, item) = match field.number {
                2 => (3, 4),
                4 => (1, 3),
                5 => (1, 4),
                6 => {
                    // A macro is a string.
                    at.part = Part::Whole;
                    if let Some(string) = Fields::new(self.data, start..end).find_map(|f| f.bytes(1)) {
                        (self.see)(string, at);
                    }
                    continue;
                }
                _ => continue,
            };
            for (entry, n) in self.messages(start..end, entries).zip(0u32..) {
                at.n = n;
                at.part = if field.number == 4 { Part::Element } else { Part::Whole };
                for inner in Fields::new(self.data, entry) {
                    match (field.number, inner.number, inner.value) {
                        (2, 3, Value::Bytes { start, end }) => at.part = Part::Key(start..end),
                        (5, 3, Value::Number(arity)) => at.part = Part::Arity(arity),
                        (_, number, Value::Bytes { start, end }) if number == item => {
                            if field.number == 5 && matches!(at.part, Part::Whole) {
                                at.part = Part::Arity(0);
                            }
                            self.item(start..end, at);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Id (a message, or in older versions the number) and name of a package, type or entry.
fn head(data: &[u8], message: Range<usize>) -> (u32, Range<usize>) {
    let (mut id, mut name) = (0, 0..0);
    // Both come first.
    for field in Fields::new(data, message).take(8) {
        match (field.number, field.value) {
            (1, Value::Number(n)) => id = n as u32,
            (1, Value::Bytes { start, end }) => {
                let number = Fields::new(data, start..end).find(|f| f.number == 1).map(|f| f.value);
                if let Some(Value::Number(n)) = number {
                    id = n as u32;
                }
            }
            (2, Value::Bytes { start, end }) => {
                name = start..end;
                break;
            }
            _ => {}
        }
    }
    (id, name)
}

/// The string that an `Item` is: plain, raw or styled.
pub(super) fn item_string(data: &[u8], message: Range<usize>) -> Option<Range<usize>> {
    let of = |field: wire::Field| match (field.number, field.value) {
        (2..=4, Value::Bytes { start, end }) => Fields::new(data, start..end).find_map(|f| f.bytes(1)),
        _ => None,
    };
    Fields::new(data, message).find_map(of)
}

/// The places of the strings that begin at `tags`.
pub(super) fn places(blob: &Blob<'_>, tags: &[u64]) -> Vec<Vec<Site>> {
    let data = blob.bytes;
    let slots: HashMap<u64, usize> = tags.iter().enumerate().map(|(slot, &tag)| (tag, slot)).collect();
    let mut found: Vec<Vec<Site>> = vec![Vec::new(); tags.len()];
    let table = Table::new(blob);
    walk(data, &mut |string, at| {
        let Some(&slot) = slots.get(&(string.start as u64)) else { return };
        let Some(sites) = found.get_mut(slot).filter(|sites| sites.len() < MAX_SITES) else { return };
        let name = |range: &Range<usize>| text(data, range.clone(), NAME);
        let item = match &at.part {
            Part::Whole => Item::Whole,
            Part::Element => Item::Element(at.n),
            Part::Arity(arity) => {
                let names = ["zero", "one", "two", "few", "many", "other"];
                let index = usize::try_from(*arity).unwrap_or(usize::MAX);
                Item::Quantity(names.get(index).copied().unwrap_or("other"))
            }
            Part::Key(reference) => Item::Part(attribute(data, reference.clone())),
        };
        let resource = Resource {
            package: &name(&at.package),
            foreign: at.package_number > 0,
            kind: &name(&at.kind),
            name: &name(&at.entry),
            id: at.package_id << 24 | (at.kind_id & 0xff) << 16 | at.entry_id & 0xffff,
            config: &config::of_message(data, at.config.clone()),
        };
        sites.push(table.site(&resource, &item, at.n));
    });
    found
}

/// The attribute that a `Reference` names: `android:attr/text` is `android:text`.
fn attribute(data: &[u8], reference: Range<usize>) -> String {
    let mut id = 0;
    for field in Fields::new(data, reference) {
        match (field.number, field.value) {
            (2, Value::Number(n)) => id = n as u32,
            (3, Value::Bytes { start, end }) => return text(data, start..end, NAME).replacen("attr/", "", 1),
            _ => {}
        }
    }
    super::attributes::framework(id).map_or_else(|| format!("{id:#010x}"), |name| format!("android:{name}"))
}
