//! Serialized files of Unity (`level0`, `sharedassets0.assets`, what asset bundles hold): strings with
//! their lengths, object by object.
//!
//! There is no specification; header and tables are as UnityPy (`files/SerializedFile.py`) reads them.

use super::bytes::{slice, u32_be, u32_le, u64_be};
use super::document::DocumentSites;
use super::strings::{Places, Strings};
use super::{Damage, Lens, raw};
use crate::address::escape;
use crate::blob::{Blob, OffsetMap, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;
use std::ops::Range;

/// Reads serialized files.
pub struct UnityLens;

/// Longest string that is taken for one.
const MAX_STRING: usize = 64 << 20;
/// Objects of one file.
const MAX_OBJECTS: usize = 1 << 20;

impl Lens for UnityLens {
    fn name(&self) -> &'static str {
        "unity"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        Header::read(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let data = blob.bytes;
        let Some(header) = Header::read(data) else {
            return Err(Damage::new("Unity asset file", 0, "no header"));
        };
        // Without its table of objects the file is read as one.
        let objects = header.objects(data).filter(|o| !o.is_empty());
        let objects =
            objects.unwrap_or_else(|| std::iter::once(header.data.min(data.len())..data.len()).collect());
        let assets = Assets { data, objects, big_endian: header.big_endian };
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &assets, emit);
        let mut documents = Vec::new();
        let mut done = 0;
        for (n, object) in (0u64..).zip(&assets.objects) {
            // Objects that overlap are hostile.
            let object = object.start.max(done)..object.end;
            done = done.max(object.end);
            assets.each(object, &mut |string| {
                let bytes = data.get(string.clone()).unwrap_or_default();
                if memchr::memchr(b'\n', bytes).is_some() && raw::kind(bytes) == TextKind::Plain {
                    documents.push(string);
                    return true;
                }
                strings.push(bytes, string.start as u64, n)
            });
        }
        strings.finish();
        // A TextAsset is a file: JSON, YAML, properties.
        for range in documents {
            let bytes = data.get(range.clone()).unwrap_or_default();
            let mut map = OffsetMap::identity();
            map.push_plain(0, range.start as u64);
            let sites = DocumentSites::new(b"");
            emit(&Text {
                bytes,
                kind: TextKind::Plain,
                encoding: None,
                map: &map,
                outer: None,
                sites: &sites,
            });
        }
        Ok(())
    }
}

struct Header {
    version: u32,
    data: usize,
    tables: usize,
    big_endian: bool,
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let version = u32_be(data, 8)?;
        if !(6..=64).contains(&version) {
            return None;
        }
        let wide = version >= 22;
        let (size, start) = if wide {
            (u64_be(data, 24)?, u64_be(data, 32)?)
        } else {
            (u64::from(u32_be(data, 4)?), u64::from(u32_be(data, 12)?))
        };
        let metadata = u64::from(u32_be(data, if wide { 20 } else { 0 })?);
        let length = data.len() as u64;
        // The sizes must agree with the file: nothing else tells it from other data.
        if size != length || start > length || metadata > length {
            return None;
        }
        let (tables, big_endian) = if version >= 9 {
            (if wide { 48 } else { 20 }, *data.get(16)? != 0)
        } else {
            let tables = usize::try_from(length - metadata).ok()?;
            (tables + 1, *data.get(tables)? != 0)
        };
        Some(Header { version, data: usize::try_from(start).ok()?, tables, big_endian })
    }

    /// Where the objects are.
    fn objects(&self, data: &[u8]) -> Option<Vec<Range<usize>>> {
        let version = self.version;
        let mut r = Reader { data, at: self.tables, big_endian: self.big_endian };
        if version >= 7 {
            let unity = r.text()?;
            if !unity.first().is_some_and(u8::is_ascii_digit) {
                return None;
            }
        }
        if version >= 8 {
            r.skip(4)?;
        }
        let mut has_trees = true;
        if version >= 13 {
            has_trees = *data.get(r.at)? != 0;
            r.skip(1)?;
        }
        for _ in 0..r.count()? {
            r.kind(version, has_trees)?;
        }
        let mut wide_ids = version >= 14;
        if (7..14).contains(&version) {
            wide_ids = r.number()? != 0;
        }
        let count = r.count()?.min(MAX_OBJECTS);
        let mut objects = Vec::new();
        for _ in 0..count {
            if version >= 14 {
                r.at = r.at.next_multiple_of(4);
            }
            r.skip(if wide_ids { 8 } else { 4 })?;
            let start = if version >= 22 {
                let at = r.at;
                r.skip(8)?;
                let number = slice(data, at, 8)?.first_chunk()?;
                let number =
                    if self.big_endian { u64::from_be_bytes(*number) } else { u64::from_le_bytes(*number) };
                usize::try_from(number).ok()?
            } else {
                r.number()? as usize
            };
            let size = r.number()? as usize;
            r.skip(4)?;
            if version < 16 {
                r.skip(2)?;
            }
            if version < 17 {
                r.skip(2)?;
            }
            if matches!(version, 15 | 16) {
                r.skip(1)?;
            }
            let start = self.data.saturating_add(start).min(data.len());
            objects.push(start..start.saturating_add(size).min(data.len()));
        }
        objects.sort_by_key(|o| o.start);
        Some(objects)
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|&at| at <= self.data.len())?;
        Some(())
    }

    fn number(&mut self) -> Option<u32> {
        let read = if self.big_endian { u32_be } else { u32_le };
        let number = read(self.data, self.at)?;
        self.at += 4;
        Some(number)
    }

    fn count(&mut self) -> Option<usize> {
        self.number().map(|n| n as usize).filter(|&n| n <= self.data.len())
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.data.get(self.at..)?;
        let length = memchr::memchr(0, &rest[..rest.len().min(256)])?;
        self.at += length + 1;
        Some(&rest[..length])
    }

    /// A type: only its length matters.
    fn kind(&mut self, version: u32, has_trees: bool) -> Option<()> {
        let class = self.number()? as i32;
        if version >= 16 {
            self.skip(1)?;
        }
        if version >= 17 {
            self.skip(2)?;
        }
        if version >= 13 {
            if (version < 16 && class < 0) || (version >= 16 && class == 114) {
                self.skip(16)?;
            }
            self.skip(16)?;
        }
        if !has_trees {
            return Some(());
        }
        if version >= 12 || version == 10 {
            let (nodes, strings) = (self.count()?, self.count()?);
            self.skip(nodes.checked_mul(if version >= 19 { 32 } else { 24 })?.checked_add(strings)?)?;
        } else {
            return None;
        }
        if version >= 21 {
            let count = self.count()?;
            self.skip(count.checked_mul(4)?)?;
        }
        Some(())
    }
}

struct Assets<'a> {
    data: &'a [u8],
    objects: Vec<Range<usize>>,
    big_endian: bool,
}

impl Assets<'_> {
    /// Calls `found` with every string of an object, until it says no.
    fn each(&self, object: Range<usize>, found: &mut dyn FnMut(Range<usize>) -> bool) {
        let Some(data) = self.data.get(..object.end) else { return };
        let read = if self.big_endian { u32_be } else { u32_le };
        // Strings are aligned in their object, and objects in the file.
        let mut at = object.start.next_multiple_of(4);
        while let Some(length) = read(data, at) {
            let length = length as usize;
            let string = if (4..=MAX_STRING).contains(&length) { slice(data, at + 4, length) } else { None };
            if string.is_some_and(is_text) {
                let range = at + 4..at + 4 + length;
                at = range.end.next_multiple_of(4);
                if !found(range) {
                    return;
                }
            } else {
                at += 4;
            }
        }
    }
}

/// Whether all of it is text; anything else is found out at once, for numbers hold NULs.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b >= 0x20 && b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r'))
        && std::str::from_utf8(bytes).is_ok()
}

impl Places for Assets<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let site = |&tag: &u64| {
            let Some(object) = self.objects.get(tag as usize) else { return Vec::new() };
            // The first string of an asset or a script is its name.
            let mut name = None;
            self.each(object.clone(), &mut |string| {
                name = self.data.get(string).filter(|s| s.len() <= 64).map(escape);
                false
            });
            let name = match name {
                Some(name) => format!("asset {name}"),
                None => format!("object at {}", object.start),
            };
            let scope = Scope {
                class: ScopeClass::Object,
                id: ScopeId::Local(object.start as u64),
                order: None,
                label: name.clone(),
            };
            vec![Site { name, key: None, role: None, scopes: vec![scope] }]
        };
        tags.iter().map(site).collect()
    }
}
