//! Resources of Windows programs: string tables, version info, and text in any other.

use super::pe::Pe;
use crate::address::Address;
use crate::blob::{OffsetMap, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::lens::document::DocumentSites;
use crate::lens::strings::Strings;
use crate::lens::{bytes, raw};
use crate::limits::Limits;
use std::ops::Range;

/// The tree of resources of a file.
pub(super) struct Tree<'a> {
    pub data: &'a [u8],
    pub start: usize,
    pub len: usize,
    pub pe: &'a Pe<'a>,
}

/// Types with a number (`winuser.h`).
const STRING: u32 = 6;
const VERSION: u32 = 16;

/// Leaves of one file that are read.
const MAX_LEAVES: usize = 100_000;

/// What a value is called, by its tag.
struct Named {
    name: String,
    key: Option<String>,
    scope: u64,
    order: u64,
}

struct Leaf {
    kind: u32,
    /// The name of a type with a name.
    kind_name: String,
    name: String,
    id: u32,
    range: Range<usize>,
}

impl Tree<'_> {
    fn count(&self, at: usize) -> usize {
        let count = |n| bytes::u16_le(self.data, at + n).map_or(0, usize::from);
        (count(12) + count(14)).min(self.data.len() / 8)
    }

    /// Entries of a directory: identifier and where it leads.
    fn entries(&self, at: usize) -> Vec<(u32, u32)> {
        (0..self.count(at))
            .map_while(|i| {
                let at = at.checked_add(16 + 8 * i)?;
                Some((bytes::u32_le(self.data, at)?, bytes::u32_le(self.data, at + 4)?))
            })
            .collect()
    }

    fn at(&self, offset: u32) -> Option<usize> {
        let offset = (offset & 0x7fff_ffff) as usize;
        (offset < self.len).then_some(self.start + offset)
    }

    fn name(&self, id: u32) -> String {
        if id >> 31 == 0 {
            return id.to_string();
        }
        let read = || {
            let at = self.at(id)?;
            let len = usize::from(bytes::u16_le(self.data, at)?).min(256);
            Some(utf16(bytes::slice(self.data, at + 2, 2 * len)?))
        };
        read().unwrap_or_default()
    }

    /// Type, name, language: three levels.
    fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        // Directories that are named many times would be read many times.
        let mut left = self.data.len() / 8;
        for (kind, types) in self.entries(self.start) {
            let Some(types) = self.at(types).filter(|_| types >> 31 != 0) else { continue };
            left = left.saturating_sub(1 + self.count(types));
            if left == 0 {
                break;
            }
            for (id, names) in self.entries(types) {
                let Some(names) = self.at(names).filter(|_| names >> 31 != 0) else { continue };
                left = left.saturating_sub(1 + self.count(names));
                if left == 0 {
                    return distinct(leaves);
                }
                for (_, leaf) in self.entries(names) {
                    let read = || {
                        let at = self.at(leaf).filter(|_| leaf >> 31 == 0)?;
                        let start = self.pe.offset(bytes::u32_le(self.data, at)?.into())?;
                        let len = bytes::size_le(self.data, at + 4)?;
                        Some(start..start.saturating_add(len).min(self.data.len()))
                    };
                    if leaves.len() >= MAX_LEAVES {
                        return distinct(leaves);
                    }
                    leaves.extend(read().map(|range| Leaf {
                        kind,
                        kind_name: if kind >> 31 != 0 { self.name(kind) } else { String::new() },
                        name: self.name(id),
                        id,
                        range,
                    }));
                }
            }
        }
        distinct(leaves)
    }
}

/// Hostile trees name one leaf many times.
fn distinct(mut leaves: Vec<Leaf>) -> Vec<Leaf> {
    leaves.sort_by_key(|l| (l.range.start, l.range.end));
    let mut end = 0;
    leaves.retain(|l| {
        let fresh = l.range.start >= end;
        end = end.max(l.range.end);
        fresh
    });
    leaves
}

fn utf16(units: &[u8]) -> String {
    let units = units.chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Hands on what the resources say.
pub(super) fn texts(tree: &Tree<'_>, address: &Address, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
    let leaves = tree.leaves();
    let mut named: Vec<Named> = Vec::new();
    let mut values: Vec<Range<usize>> = Vec::new();
    for leaf in &leaves {
        match leaf.kind {
            STRING => strings(tree.data, leaf, &mut named, &mut values),
            VERSION => version(tree.data, leaf.range.clone(), &mut named, &mut values),
            _ => {}
        }
    }
    let places = |tag: u64| named.get(tag as usize).map(|n| vec![n.site(address)]).unwrap_or_default();
    let mut strings = Strings::new(TextKind::List, tree.data.len(), limits, &places, emit);
    for (tag, range) in values.iter().enumerate() {
        strings.push_utf16(&tree.data[range.clone()], false, range.start as u64, tag as u64);
    }
    strings.finish();
    for leaf in leaves.iter().filter(|l| !matches!(l.kind, STRING | VERSION)) {
        let text = &tree.data[leaf.range.clone()];
        if text.len() < 16 || raw::kind(text) != TextKind::Plain {
            continue;
        }
        let mut map = OffsetMap::identity();
        map.push_plain(0, leaf.range.start as u64);
        // A manifest, HTML, JSON, a script: a file of its own, named by its type.
        let name = match leaf.kind {
            24 => "resource.manifest".to_owned(),
            23 => "resource.html".to_owned(),
            _ => format!("{}.{}", leaf.name, leaf.kind_name).trim_end_matches('.').to_owned(),
        };
        let sites = DocumentSites::new(name.as_bytes());
        emit(&Text {
            bytes: text,
            kind: TextKind::Plain,
            encoding: None,
            map: &map,
            outer: None,
            sites: &sites,
        });
    }
}

/// A block of 16 strings, each with its length before it (`STRINGTABLE`).
fn strings(data: &[u8], leaf: &Leaf, named: &mut Vec<Named>, values: &mut Vec<Range<usize>>) {
    let mut at = leaf.range.start;
    for i in 0..16 {
        let Some(len) = bytes::u16_le(data, at).filter(|_| at + 2 <= leaf.range.end) else { return };
        let end = at + 2 + 2 * usize::from(len);
        if end > leaf.range.end {
            return;
        }
        if len > 0 {
            let id = u64::from(leaf.id & 0xffff).saturating_sub(1) * 16 + i;
            named.push(Named { name: format!("string {id}"), key: None, scope: 0, order: id });
            values.push(at + 2..end);
        }
        at = end;
    }
}

/// `VS_VERSIONINFO`: blocks in blocks; those of `StringTable` have a key and a value.
fn version(data: &[u8], range: Range<usize>, named: &mut Vec<Named>, values: &mut Vec<Range<usize>>) {
    // Blocks that were opened, by their end: the format nests four deep.
    let mut at = range.start;
    for _ in 0..range.len() / 6 {
        let [Some(len), Some(value_len), Some(kind)] = [0, 2, 4].map(|n| bytes::u16_le(data, at + n)) else {
            return;
        };
        if at + 6 > range.end || usize::from(len) < 6 {
            return;
        }
        let rest = &data[at + 6..range.end];
        let key_len = 2 * rest.chunks_exact(2).take(128).take_while(|u| **u != [0, 0]).count();
        let key = utf16(&rest[..key_len]);
        let align = |n: usize| range.start + (n - range.start).next_multiple_of(4);
        let value = align(at + 6 + key_len + 2);
        let end = align(at + usize::from(len)).min(range.end);
        if kind == 1 && value_len > 0 && value < end {
            let units = data[value..end].chunks_exact(2).take_while(|u| **u != [0, 0]).count();
            named.push(Named {
                name: format!("version info {key}"),
                key: Some(key),
                scope: 1,
                order: at as u64,
            });
            values.push(value..value + 2 * units);
            at = end;
        } else if value_len > 0 && kind == 0 {
            // The fixed part, or a number of VarFileInfo.
            at = align(value + usize::from(value_len));
        } else {
            at = value;
        }
    }
}

impl Named {
    fn site(&self, address: &Address) -> Site {
        let (class, label) = match self.scope {
            0 => (ScopeClass::Type, "string table"),
            _ => (ScopeClass::Object, "version info"),
        };
        Site {
            name: self.name.clone(),
            key: self.key.clone(),
            role: None,
            scopes: vec![Scope {
                class,
                id: ScopeId::Named(format!("pe:{address}#{label}")),
                order: Some(self.order),
                label: label.into(),
            }],
        }
    }
}
