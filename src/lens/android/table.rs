//! Places of strings in a compiled table: one pass over all entries, when something was hit.

use super::chunk::{Chunk, STRING_POOL, TABLE_TYPE, chunks};
use super::config;
use super::pool::{Pool, utf16};
use super::resource::{Item, NAME, Resource, Table, own_name, quantity};
use crate::blob::{Blob, Site};
use crate::lens::Complaint;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le};
use crate::lens::strings::Places;
use crate::limits::Limits;
use std::collections::HashMap;

const TYPE_STRING: u8 = 3;
/// Flags of a type chunk.
const SPARSE: u8 = 1;
const OFFSET16: u8 = 2;
/// Flags of an entry.
const COMPLEX: u16 = 1;
const COMPACT: u16 = 8;
/// Bytes of one item in a bag: its name and a `Res_value`.
const MAP: usize = 12;
/// Most places of one string.
const MAX_SITES: usize = 64;

/// A package and the pools its names are in.
struct Package<'a> {
    chunk: Chunk,
    id: u32,
    name: String,
    types: Option<Pool<'a>>,
    keys: Option<Pool<'a>>,
    first_type: u32,
}

impl<'a> Package<'a> {
    /// `ResTable_package`: id, a name of 128 units, offsets of the two pools.
    fn new(data: &'a [u8], chunk: &Chunk) -> Self {
        let at = chunk.at;
        let mut ignored = Complaint::of("");
        let mut pools = chunks(data, chunk.body, chunk.end)
            .filter(|c| c.kind == STRING_POOL)
            .take(2)
            .filter_map(|c| Pool::new(data, &c, &mut ignored))
            .collect::<Vec<_>>()
            .into_iter();
        let in_order = [pools.next(), pools.next()];
        let mut at_offset = |field: usize| {
            let offset = size_le(data, at.checked_add(field)?).filter(|&o| o > 0)?;
            let chunk = Chunk::read(data, at.checked_add(offset)?, chunk.end)?;
            Pool::new(data, &chunk, &mut ignored).filter(|_| chunk.kind == STRING_POOL)
        };
        let types = at_offset(268).or(in_order[0]);
        let keys = at_offset(276).or(in_order[1]);
        let units = slice(data, at.saturating_add(12), 256).unwrap_or_default();
        let (pairs, _) = units.as_chunks::<2>();
        let len = pairs.iter().position(|pair| *pair == [0, 0]).unwrap_or(pairs.len());
        let has_first = chunk.body.saturating_sub(at) >= 288;
        Package {
            chunk: *chunk,
            id: u32_le(data, at.saturating_add(8)).unwrap_or(0),
            name: utf16(units.get(..len * 2).unwrap_or_default()),
            types,
            keys,
            first_type: u32_le(data, at.saturating_add(284)).filter(|_| has_first).unwrap_or(0),
        }
    }

    /// Of type `id` (from 1).
    fn kind(&self, id: u8) -> String {
        let index = u32::from(id).checked_sub(1).and_then(|i| i.checked_sub(self.first_type));
        let name = index.and_then(|i| self.types?.get_some(i, NAME));
        name.unwrap_or_else(|| format!("type{id}"))
    }

    fn key(&self, index: u32) -> String {
        self.keys.and_then(|keys| keys.get_some(index, NAME)).unwrap_or_default()
    }
}

/// Names the places of strings of the values' pool, which have tags below 2^32.
pub(super) struct TablePlaces<'a> {
    data: &'a [u8],
    table: Table,
    values: usize,
    packages: Vec<Package<'a>>,
}

impl<'a> TablePlaces<'a> {
    pub(super) fn new(blob: &Blob<'a>, values: Option<Pool<'a>>, chunks: &[Chunk], _: &Limits) -> Self {
        TablePlaces {
            data: blob.bytes,
            table: Table::new(blob),
            values: values.map_or(0, |pool| pool.len()),
            // The number of a package is a byte.
            packages: chunks.iter().take(256).map(|c| Package::new(blob.bytes, c)).collect(),
        }
    }
}

impl Places for TablePlaces<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let wanted: HashMap<u32, usize> = tags
            .iter()
            .enumerate()
            .filter_map(|(slot, &tag)| Some((u32::try_from(tag).ok()?, slot)))
            .filter(|&(index, _)| (index as usize) < self.values)
            .collect();
        let mut search = Search {
            places: self,
            wanted,
            found: vec![Vec::new(); tags.len()],
            // Entries and items of bags may overlap, in a table that means harm.
            work: self.data.len(),
        };
        for (number, package) in self.packages.iter().enumerate() {
            for chunk in chunks(self.data, package.chunk.body, package.chunk.end) {
                if chunk.kind == TABLE_TYPE {
                    search.kind(package, number > 0, &chunk);
                }
            }
        }
        search.found
    }
}

/// One pass over the entries of a table.
struct Search<'s, 'a> {
    places: &'s TablePlaces<'a>,
    wanted: HashMap<u32, usize>,
    found: Vec<Vec<Site>>,
    work: usize,
}

/// The type chunk at hand.
struct Kind<'k, 'a> {
    package: &'k Package<'a>,
    foreign: bool,
    chunk: Chunk,
    id: u8,
    config: usize,
}

impl Search<'_, '_> {
    /// The entries of a type in one configuration (`ResTable_type`).
    fn kind(&mut self, package: &Package<'_>, foreign: bool, chunk: &Chunk) {
        let data = self.places.data;
        let at = chunk.at;
        let header = |field: usize| at.checked_add(field);
        let (Some(id), Some(flags), Some(count), Some(start)) = (
            header(8).and_then(|at| data.get(at)).copied(),
            header(9).and_then(|at| data.get(at)).copied(),
            header(12).and_then(|at| size_le(data, at)),
            header(16).and_then(|at| size_le(data, at)?.checked_add(chunk.at)),
        ) else {
            return;
        };
        let kind = Kind { package, foreign, chunk: *chunk, id, config: at.saturating_add(20) };
        let width = if flags & SPARSE == 0 && flags & OFFSET16 != 0 { 2 } else { 4 };
        let count = count.min(chunk.end.saturating_sub(chunk.body) / width);
        for n in 0..count {
            let Some(slot) = n.checked_mul(width).and_then(|n| chunk.body.checked_add(n)) else { return };
            let (index, offset) = if flags & SPARSE != 0 {
                let (Some(index), Some(offset)) = (u16_le(data, slot), u16_le(data, slot.saturating_add(2)))
                else {
                    return;
                };
                (u32::from(index), usize::from(offset) * 4)
            } else if width == 2 {
                match u16_le(data, slot) {
                    Some(0xffff) => continue,
                    Some(offset) => (n as u32, usize::from(offset) * 4),
                    None => return,
                }
            } else {
                match u32_le(data, slot) {
                    Some(u32::MAX) => continue,
                    Some(offset) => (n as u32, offset as usize),
                    None => return,
                }
            };
            if let Some(at) = start.checked_add(offset)
                && self.entry(&kind, index, at).is_none()
                && self.work == 0
            {
                return;
            }
        }
    }

    /// An entry: one value, or a bag of them. `None`: it is not whole, or too much was looked at.
    fn entry(&mut self, kind: &Kind<'_, '_>, index: u32, at: usize) -> Option<()> {
        self.work = self.work.checked_sub(1)?;
        let data = self.places.data.get(..kind.chunk.end)?;
        let first = u16_le(data, at)?;
        let flags = u16_le(data, at.checked_add(2)?)?;
        if flags & COMPACT != 0 {
            // The key in place of the size, the value's type in the flags' upper byte.
            if (flags >> 8) as u8 == TYPE_STRING {
                let value = u32_le(data, at.checked_add(4)?)?;
                self.add(kind, index, first.into(), value, &Item::Whole, 0);
            }
            return Some(());
        }
        let key = u32_le(data, at.checked_add(4)?)?;
        let mut at = at.checked_add(first.into())?;
        if flags & COMPLEX == 0 {
            if let Some(value) = string(data, at).filter(|value| self.wants(*value)) {
                self.add(kind, index, key, value, &Item::Whole, 0);
            }
            return Some(());
        }
        // The size of a bag's entry includes its parent and its count.
        let count = u32_le(data, at.checked_sub(4)?)?;
        for n in 0..count {
            self.work = self.work.checked_sub(1)?;
            let name = u32_le(data, at)?;
            if let Some(value) = string(data, at.checked_add(4)?)
                && self.wants(value)
            {
                let item = self.item(kind, name, n);
                self.add(kind, index, key, value, &item, n);
            }
            let size = u16_le(data, at.checked_add(4)?)?;
            at = at.checked_add(if size > 8 { usize::from(size) + 4 } else { MAP })?;
        }
        Some(())
    }

    /// What the name of an item in a bag says, which depends on the type: `aapt2` counts elements of
    /// arrays from 0x0100_0001, `aapt` from 0x0200_0000, and quantities are 0x0100_0004 and on.
    fn item(&self, kind: &Kind<'_, '_>, name: u32, n: u32) -> Item {
        if name > 0x02ff_ffff {
            return Item::Part(self.attribute(name));
        }
        match quantity(name).filter(|_| kind.package.kind(kind.id) == "plurals") {
            Some(quantity) => Item::Quantity(quantity),
            None if name >> 16 == 0x0101 => Item::Part(self.attribute(name)),
            None => Item::Element(n),
        }
    }

    /// The name of an attribute: the framework's, or of this table.
    fn attribute(&self, resource: u32) -> String {
        if let Some(name) = super::attributes::framework(resource) {
            return format!("android:{name}");
        }
        let data = self.places.data;
        let [package, kind, ..] = resource.to_be_bytes();
        let name = |owner: &Package<'_>| {
            let index = resource as usize & 0xffff;
            chunks(data, owner.chunk.body, owner.chunk.end)
                .filter(|c| c.kind == TABLE_TYPE && data.get(c.at.saturating_add(8)) == Some(&kind))
                .take(16)
                .find_map(|c| key_of(data, &c, index))
                .and_then(|key| own_name(owner.key(key)))
        };
        let owner = self.places.packages.iter().find(|p| p.id == u32::from(package));
        owner.and_then(name).unwrap_or_else(|| format!("{resource:#010x}"))
    }

    /// Whether one more place of a string is of use.
    fn wants(&self, value: u32) -> bool {
        let slot = self.wanted.get(&value).and_then(|&slot| self.found.get(slot));
        slot.is_some_and(|sites| sites.len() < MAX_SITES)
    }

    fn add(&mut self, kind: &Kind<'_, '_>, index: u32, key: u32, value: u32, item: &Item, place: u32) {
        let Some(&slot) = self.wanted.get(&value) else { return };
        let Some(sites) = self.found.get_mut(slot).filter(|sites| sites.len() < MAX_SITES) else { return };
        let package = kind.package;
        let resource = Resource {
            package: &package.name,
            foreign: kind.foreign,
            kind: &package.kind(kind.id),
            name: &package.key(key),
            id: package.id << 24 | u32::from(kind.id) << 16 | index & 0xffff,
            config: &config::qualifiers(self.places.data, kind.config),
        };
        sites.push(self.places.table.site(&resource, item, place));
    }
}

/// The index of the string that a `Res_value` is.
fn string(data: &[u8], at: usize) -> Option<u32> {
    (*data.get(at.checked_add(3)?)? == TYPE_STRING).then(|| u32_le(data, at.checked_add(4)?))?
}

/// The key of entry `index` of a type chunk.
fn key_of(data: &[u8], chunk: &Chunk, index: usize) -> Option<u32> {
    let flags = *data.get(chunk.at.checked_add(9)?)?;
    let start = chunk.at.checked_add(size_le(data, chunk.at.checked_add(16)?)?)?;
    let offset = if flags & SPARSE != 0 {
        let slots = data.get(chunk.body..chunk.end)?.as_chunks::<4>().0;
        let [_, _, low, high] =
            *slots.iter().find(|s| usize::from(u16::from_le_bytes([s[0], s[1]])) == index)?;
        usize::from(u16::from_le_bytes([low, high])) * 4
    } else if flags & OFFSET16 != 0 {
        usize::from(u16_le(data, chunk.body.checked_add(index.checked_mul(2)?)?).filter(|&o| o != 0xffff)?)
            * 4
    } else {
        let offset = u32_le(data, chunk.body.checked_add(index.checked_mul(4)?)?)?;
        usize::try_from(offset).ok().filter(|_| offset != u32::MAX)?
    };
    let at = start.checked_add(offset)?;
    if u16_le(data, at.checked_add(2)?)? & COMPACT != 0 {
        return u16_le(data, at).map(u32::from);
    }
    u32_le(data, at.checked_add(4)?)
}
