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
use crate::triage::names::words;
use std::collections::BTreeSet;
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
        let kind = if metadata.is_sorted { TextKind::Pool } else { TextKind::List };
        let mut strings = Strings::new(kind, data.len(), limits, &metadata, emit);
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
    /// Literals that there are, and whether only their offsets are told.
    count: usize,
    only_offsets: bool,
    /// Sorted by their text: neighbours say nothing.
    is_sorted: bool,
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
            let mut metadata = Metadata {
                data,
                version,
                sections,
                types: None,
                field: 12,
                count: 0,
                only_offsets: false,
                is_sorted: false,
            };
            metadata.types = metadata.find_types();
            metadata.find_literals();
            Some(metadata)
        })
    }

    fn section(&self, n: usize) -> &'a [u8] {
        self.sections.get(n).and_then(|r| self.data.get(r.clone())).unwrap_or_default()
    }

    /// The literals, in the order in which code uses them.
    fn literals(&self, strings: &mut Strings<'_>, complaint: &mut Complaint) {
        let base = self.sections[section::LITERAL_DATA].start;
        for n in 0..self.count {
            let Some(range) = self.literal_range(n) else { break };
            match self.section(section::LITERAL_DATA).get(range.clone()) {
                Some(literal) if literal.len() < 4 => {}
                Some(literal) if !strings.push(literal, (base + range.start) as u64, n as u64) => break,
                Some(_) => {}
                None => complaint.note((base.saturating_add(range.start)) as u64, || {
                    "a literal reaches behind the literals".into()
                }),
            }
        }
    }

    /// Finds out how the literals are cut, and whether they were sorted.
    fn find_literals(&mut self) {
        let table = self.section(section::LITERALS);
        let index = |n: usize| size_le(table, n * 4);
        // Since version 35 a literal ends where the next begins.
        self.only_offsets = self.version >= 35
            && index(0) == Some(0)
            && (0..(table.len() / 4).saturating_sub(1)).take(64).all(|n| index(n) <= index(n + 1));
        self.count = table.len() / if self.only_offsets { 4 } else { 8 };
        let some = self.count.min(1024);
        let falls = (1..some).filter(|&n| self.literal(n - 1) > self.literal(n)).count();
        self.is_sorted = some > 100 && falls * 100 <= some;
    }

    fn literal_range(&self, n: usize) -> Option<Range<usize>> {
        let (table, pool) = (self.section(section::LITERALS), self.section(section::LITERAL_DATA));
        if self.only_offsets {
            let start = size_le(table, n.checked_mul(4)?)?;
            let end = size_le(table, n.checked_mul(4)?.checked_add(4)?).unwrap_or(pool.len());
            return Some(start..end.max(start));
        }
        let at = n.checked_mul(8)?;
        let (length, start) = (size_le(table, at)?, size_le(table, at.checked_add(4)?)?);
        Some(start..start.saturating_add(length))
    }

    fn literal(&self, n: usize) -> Option<&'a [u8]> {
        self.section(section::LITERAL_DATA).get(self.literal_range(n)?)
    }

    /// A literal has no place but its number; what stands right before it may be its name, and another
    /// hit right beside it was written beside it.
    fn literal_site(&self, n: usize, hits: &BTreeSet<usize>) -> Site {
        let name = format!("string literal {n}");
        let mut site = Site { name, ..Site::default() };
        let before = n.checked_sub(1).filter(|before| !self.is_sorted && !hits.contains(before));
        site.key = before.and_then(|before| self.literal(before)).and_then(name_of);
        for first in [n.wrapping_sub(1), n] {
            let is_pair = hits.contains(&first) && hits.contains(&first.wrapping_add(1));
            if is_pair && !self.is_sorted {
                site.scopes.push(Scope {
                    class: ScopeClass::Object,
                    id: ScopeId::Local(first as u64),
                    order: Some(n as u64),
                    label: "string literals side by side".into(),
                });
            }
        }
        site
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
        let literals = tags.iter().filter(|&tag| tag & DEFAULT == 0);
        let hits: BTreeSet<usize> = literals.filter_map(|&tag| usize::try_from(tag).ok()).collect();
        let site = |&tag: &u64| {
            if tag & DEFAULT == 0 {
                return vec![self.literal_site(tag as usize, &hits)];
            }
            self.default_site((tag & 0xffff_ffff) as usize).into_iter().collect()
        };
        tags.iter().map(site).collect()
    }
}

/// Words by which a literal is known as the name of the one behind it.
const NAME_WORDS: &[&str] = &[
    "access",
    "aws",
    "checksum",
    "commit",
    "credential",
    "credentials",
    "digest",
    "etag",
    "guid",
    "hash",
    "id",
    "key",
    "md",
    "pass",
    "password",
    "pwd",
    "revision",
    "secret",
    "sha",
    "signature",
    "token",
];

/// A literal as the name of the next, if it reads like one: `AccessKey`, `secret_key=`, `sha1`.
fn name_of(literal: &[u8]) -> Option<String> {
    let plain = literal.trim_ascii().trim_ascii_end();
    let plain = plain.strip_suffix(b"=").or(plain.strip_suffix(b":")).unwrap_or(plain);
    let is_name = (2..=40).contains(&plain.len())
        && plain.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'));
    let name = std::str::from_utf8(plain).ok().filter(|_| is_name)?;
    words(name).iter().any(|w| NAME_WORDS.contains(&w.as_str())).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_that_name_the_next() {
        for (literal, name) in [
            ("AccessKey", Some("AccessKey")),
            ("secret_key=", Some("secret_key")),
            ("sha1", Some("sha1")),
            ("eu-west-1", None),
            ("press a key", None),
            ("", None),
        ] {
            assert_eq!(name_of(literal.as_bytes()).as_deref(), name, "{literal}");
        }
    }

    /// Header, table and pool of a file of version 29 with these literals alone.
    fn of_literals(literals: &[&str]) -> Vec<u8> {
        let (mut table, mut pool) = (Vec::new(), Vec::new());
        for literal in literals {
            table.extend((literal.len() as u32).to_le_bytes());
            table.extend((pool.len() as u32).to_le_bytes());
            pool.extend(literal.bytes());
        }
        let mut data = Vec::from(MAGIC);
        data.extend(29u32.to_le_bytes());
        let base = 8 + 8 * (section::TYPES + 1);
        let mut at = base;
        for size in [table.len(), pool.len(), 0] {
            data.extend((at as u32).to_le_bytes());
            data.extend((size as u32).to_le_bytes());
            at += size;
        }
        data.resize(base, 0);
        data.extend(table);
        data.extend(pool);
        data
    }

    #[test]
    fn neighbours_share_a_scope_and_names_stand_before() {
        let data = of_literals(&["AccessKey", "first value", "second value", "third"]);
        let metadata = Metadata::read(&data, 29).unwrap();
        let sites = metadata.places(&[1, 2]);
        assert_eq!(sites[0][0].key.as_deref(), Some("AccessKey"));
        assert_eq!(sites[1][0].key, None, "what stands before is a hit itself");
        assert_eq!(sites[0][0].scopes[0].id, sites[1][0].scopes[0].id);
        assert!(metadata.places(&[3])[0][0].scopes.is_empty());
    }

    #[test]
    fn sorted_literals_have_no_neighbours() {
        let texts: Vec<String> = (0..300).map(|n| format!("value {n:04}")).collect();
        let literals: Vec<&str> = texts.iter().map(String::as_str).collect();
        let data = of_literals(&literals);
        let metadata = Metadata::read(&data, 29).unwrap();
        assert!(metadata.is_sorted);
        assert!(metadata.places(&[7, 8])[0][0].scopes.is_empty());
    }
}
