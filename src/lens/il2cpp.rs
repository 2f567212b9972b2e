//! `global-metadata.dat`: the strings of a Unity game whose code was turned into C++ (IL2CPP).
//!
//! There is no specification; the layout is as Unity's own `il2cpp-metadata.h` and
//! `GlobalMetadataFileInternals.h` have it, versions 16 to 35 (pairs of offset and size in the header) and
//! later (offset, size, count). Literals stand end to end without separators.

use super::bytes::{size_le, slice, u16_le, u32_le};
use super::dotnet::{owned_name, packed_int};
use super::strings::{Places, Strings};
use super::{Complaint, Damage, Lens};
use crate::address::escape;
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;
use std::ops::Range;

const MAGIC: &[u8] = &[0xaf, 0x1b, 0xb1, 0xfa];

/// Reads the metadata.
pub struct Il2CppLens;

/// Numbers of the sections in the header.
mod section {
    pub const LITERALS: usize = 0;
    pub const LITERAL_DATA: usize = 1;
    pub const NAMES: usize = 2;
    pub const FIELD_DEFAULTS: usize = 7;
    pub const DEFAULT_DATA: usize = 8;
    pub const FIELDS: usize = 11;
    pub const TYPES: usize = 19;
}

const DEFAULT: u64 = 1 << 32;

impl Lens for Il2CppLens {
    fn name(&self) -> &'static str {
        "il2cpp"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC) && (16..1000).contains(&u32_le(blob.bytes, 4).unwrap_or(0))
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("IL2CPP metadata");
        let data = blob.bytes;
        let version = u32_le(data, 4).unwrap_or(0);
        let Some(metadata) = Metadata::read(data, version) else {
            return Err(Damage::new("IL2CPP metadata", 8, "the header does not lead to string literals"));
        };
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &metadata, emit);
        metadata.literals(&mut strings, &mut complaint);
        strings.finish();
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &metadata, emit);
        metadata.defaults(&mut strings);
        strings.finish();
        complaint.into_result()
    }
}

struct Metadata<'a> {
    data: &'a [u8],
    version: u32,
    sections: Vec<Range<usize>>,
    types: Option<Types>,
    /// Bytes of a field's row.
    field: usize,
}

/// How rows of the types are cut: it changed often, and not always with the version.
#[derive(Clone, Copy)]
struct Types {
    width: usize,
    /// Where the first field's number is; 36 bytes on, the count of fields.
    first_field: usize,
}

impl<'a> Metadata<'a> {
    fn read(data: &'a [u8], version: u32) -> Option<Self> {
        [8, 12].into_iter().find_map(|step| {
            let mut sections = Vec::new();
            for n in 0..=section::TYPES {
                let (start, size) = (size_le(data, 8 + n * step)?, size_le(data, 12 + n * step)?);
                let start = start.min(data.len());
                sections.push(start..start.saturating_add(size).min(data.len()));
            }
            let follows = |a: usize, b: usize| {
                let (a, b) = (&sections[a], &sections[b]);
                b.start >= a.end && b.start - a.end < 64
            };
            if !follows(section::LITERALS, section::LITERAL_DATA)
                || !follows(section::LITERAL_DATA, section::NAMES)
            {
                return None;
            }
            let mut metadata = Metadata { data, version, sections, types: None, field: 12 };
            metadata.types = metadata.find_types();
            Some(metadata)
        })
    }

    fn section(&self, n: usize) -> &'a [u8] {
        self.sections.get(n).and_then(|r| self.data.get(r.clone())).unwrap_or_default()
    }

    /// The literals, in the order in which code uses them.
    fn literals(&self, strings: &mut Strings<'_>, complaint: &mut Complaint) {
        let (table, pool) = (self.section(section::LITERALS), self.section(section::LITERAL_DATA));
        let base = self.sections[section::LITERAL_DATA].start;
        let mut push = |n: usize, at: usize, length: usize| match slice(pool, at, length) {
            Some(literal) => literal.len() < 4 || strings.push(literal, (base + at) as u64, n as u64),
            None => {
                complaint.note((base + at) as u64, || "a literal reaches behind the literals".into());
                true
            }
        };
        // Since version 35 a literal ends where the next begins.
        let indexes = |n: usize| size_le(table, n * 4);
        let only_offsets = self.version >= 35
            && indexes(0) == Some(0)
            && (0..(table.len() / 4).saturating_sub(1)).take(64).all(|n| indexes(n) <= indexes(n + 1));
        if only_offsets {
            let count = table.len() / 4;
            for n in 0..count {
                let Some(at) = indexes(n) else { break };
                let end = indexes(n + 1).unwrap_or(pool.len());
                if end >= at && !push(n, at, end - at) {
                    break;
                }
            }
            return;
        }
        for n in 0..table.len() / 8 {
            let (Some(length), Some(at)) = (size_le(table, n * 8), size_le(table, n * 8 + 4)) else { break };
            if !push(n, at, length) {
                break;
            }
        }
    }

    /// Values of constant fields that are strings; the types are in the program, so what reads as a
    /// string with its length is one.
    fn defaults(&self, strings: &mut Strings<'_>) {
        let (table, pool) = (self.section(section::FIELD_DEFAULTS), self.section(section::DEFAULT_DATA));
        let base = self.sections[section::DEFAULT_DATA].start;
        for n in 0..table.len() / 12 {
            let Some(at) = size_le(table, n * 12 + 8) else { break };
            let mut start = at;
            let length = if self.version >= 29 {
                packed_int(pool, &mut start)
            } else {
                start = at.saturating_add(4);
                size_le(pool, at)
            };
            let Some(text) = length.filter(|&l| l >= 4).and_then(|length| slice(pool, start, length)) else {
                continue;
            };
            let is_text =
                text.iter().take(256).all(|&b| b >= 0x20 && b != 0x7f) && std::str::from_utf8(text).is_ok();
            if is_text && !strings.push(text, (base + start) as u64, DEFAULT | n as u64) {
                break;
            }
        }
    }

    /// Tries the layouts that there were, and takes the one in which the types' fields follow one another.
    fn find_types(&mut self) -> Option<Types> {
        let rows = self.section(section::TYPES);
        let fields = self.section(section::FIELDS).len();
        let known = [(88, 32), (92, 36), (84, 28), (100, 44), (104, 48), (80, 28), (96, 40)];
        let mut best = None;
        for (width, first_field) in known {
            if !rows.len().is_multiple_of(width) || rows.is_empty() {
                continue;
            }
            let (mut next, mut right) = (0usize, 0usize);
            let mut fits = true;
            for row in rows.chunks_exact(width).take(4096) {
                let (Some(first), Some(count)) = (size_le(row, first_field), u16_le(row, first_field + 36))
                else {
                    break;
                };
                if count > 0 {
                    fits &= first == next;
                    right += 1;
                    next = first.saturating_add(usize::from(count));
                }
            }
            if fits && right > 0 {
                best = Some((Types { width, first_field }, next));
                break;
            }
        }
        let (types, count) = best?;
        // All fields belong to types: so many rows say how wide a row is.
        self.field =
            if rows.len() / types.width <= 4096 && count > 0 && fields / count == 16 { 16 } else { 12 };
        Some(types)
    }

    fn name(&self, at: usize) -> &'a [u8] {
        let names = self.section(section::NAMES);
        let rest = names.get(at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(1024)];
        &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())]
    }

    /// The type that holds a field: its name and namespace.
    fn owner(&self, field: usize) -> Option<(String, String)> {
        let types = self.types?;
        let rows = self.section(section::TYPES);
        let row = rows.chunks_exact(types.width).find(|row| {
            let (first, count) = (size_le(row, types.first_field), u16_le(row, types.first_field + 36));
            matches!((first, count), (Some(f), Some(c)) if field >= f && field - f < usize::from(c))
        })?;
        let (name, space) = (self.name(size_le(row, 0)?), self.name(size_le(row, 4)?));
        Some((owned_name(name), escape(space)))
    }

    fn default_site(&self, n: usize) -> Option<Site> {
        let table = self.section(section::FIELD_DEFAULTS);
        let field = size_le(table, n * 12)?;
        let key =
            owned_name(self.name(size_le(self.section(section::FIELDS), field.checked_mul(self.field)?)?));
        let mut scopes = Vec::new();
        let mut name = key.clone();
        if let Some((class, space)) = self.owner(field) {
            let class = if space.is_empty() { class } else { format!("{space}.{class}") };
            name = format!("{class}.{key}");
            let scope = |scope, what: &str, name: &str| Scope {
                class: scope,
                id: ScopeId::Named(format!("dotnet:{what} {name}")),
                order: Some(field as u64),
                label: format!("{what} {name}"),
            };
            scopes.push(scope(ScopeClass::Type, "class", &class));
            if !space.is_empty() {
                scopes.push(Scope { order: None, ..scope(ScopeClass::Package, "namespace", &space) });
            }
        }
        Some(Site { name, key: Some(key), role: None, scopes })
    }
}

impl Places for Metadata<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let site = |&tag: &u64| {
            if tag & DEFAULT == 0 {
                return Vec::new();
            }
            self.default_site((tag & 0xffff_ffff) as usize).into_iter().collect()
        };
        tags.iter().map(site).collect()
    }
}
