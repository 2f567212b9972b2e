//! Assemblies as .NET for Android packs them: one LZ4 block (`XALZ`), stores of many (`XABA`), and the
//! shared libraries that .NET 8 and later wrap around either.
//!
//! Layouts: dotnet/android, `Documentation/project-docs/AssemblyStores.md` and
//! `src/native/*/xamarin-app.hh`.

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem, lz4};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use crate::lens::dotnet::module_name;
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

const XALZ: &[u8] = b"XALZ";
const XABA: &[u8] = b"XABA";

/// Opens single compressed assemblies.
pub struct Xalz;

/// Opens stores, bare or wrapped, and single assemblies that are wrapped.
pub struct AssemblyStore;

impl Container for Xalz {
    fn name(&self) -> &'static str {
        "xalz"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(XALZ) && blob.bytes.len() > 12
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let name = blob.address.file_name().to_vec();
        Opened { members: vec![Box::new(Assembly { name, data: blob.bytes })], ..Opened::default() }
    }
}

impl Container for AssemblyStore {
    fn name(&self) -> &'static str {
        "assembly-store"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(XABA) || wrapped(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let payload = wrapped(blob.bytes).unwrap_or(0..blob.bytes.len());
        let store = blob.bytes.get(payload.clone()).unwrap_or_default();
        let mut opened = Opened::default();
        let mut found = Vec::new();
        if store.starts_with(XABA) {
            if list(store, limits, &mut found).is_none() {
                let what = "the tables of the assembly store are cut off";
                opened.problems.push(Problem::new(Reason::Damaged, what).of_bytes(0));
            }
        } else {
            // `lib_Shop.dll.so`
            let name = blob.address.file_name();
            let name = name.strip_prefix(b"lib_").unwrap_or(name);
            let name = name.strip_suffix(b".so").unwrap_or(name);
            found.push((name.to_vec(), 0..store.len()));
        }
        let mut taken: Vec<Range<usize>> =
            found.iter().map(|(_, r)| payload.start + r.start..payload.start + r.end).collect();
        taken.sort_by_key(|r| r.start);
        opened.gaps = super::piece::gaps(taken, blob.bytes.len());
        for (name, range) in found {
            let data = store.get(range).unwrap_or_default();
            opened.members.push(Box::new(Assembly { name, data }));
        }
        opened
    }
}

/// Names and places of the members of a store, as far as it can be read.
fn list(store: &[u8], limits: &Limits, found: &mut Vec<(Vec<u8>, Range<usize>)>) -> Option<()> {
    let version = u32_le(store, 4)?;
    let count = size_le(store, 8)?;
    let mut seen = HashSet::new();
    let mut add = |name: Vec<u8>, offset: usize, size: usize| {
        let start = offset.min(store.len());
        let range = start..start.saturating_add(size).min(store.len());
        if !range.is_empty() && seen.insert(range.start) {
            found.push((name, range));
        }
    };
    let most = usize::try_from(limits.entries).unwrap_or(usize::MAX);
    // What the headers of all assemblies may expand to, only to learn their names.
    let mut room = store.len().saturating_mul(8).saturating_add(1 << 20);
    if version & 0xff == 1 {
        for n in 0..count.min(most) {
            let at = 20 + n * 24;
            let field = |n: usize| size_le(store, at + n * 4);
            let (offset, size) = (field(0)?, field(1)?);
            let data = slice(store, offset, size).unwrap_or_default();
            // Names are in a file of their own beside a store of this version.
            let name = name_of(data, &mut room).unwrap_or_else(|| format!("assembly-{n}.dll").into_bytes());
            add(name.clone(), offset, size);
            for (n, what) in [(2, ".pdb"), (4, ".config")] {
                let (offset, size) = (field(n)?, field(n + 1)?);
                if offset > 0 && size > 0 {
                    add([&name[..], what.as_bytes()].concat(), offset, size);
                }
            }
        }
        return Some(());
    }
    let index = size_le(store, 16)?;
    let descriptors = 20usize.checked_add(index)?;
    let mut name_at = descriptors.checked_add(count.checked_mul(28)?)?;
    for n in 0..count.min(most) {
        let at = descriptors + n * 28;
        let field = |n: usize| size_le(store, at + n * 4);
        let (offset, size) = (field(1)?, field(2)?);
        let length = size_le(store, name_at)?;
        let name = slice(store, name_at.checked_add(4)?, length)?;
        name_at += 4 + length;
        add(name.to_vec(), offset, size);
        for (n, what) in [(3, ".pdb"), (5, ".config")] {
            let (offset, size) = (field(n)?, field(n + 1)?);
            if offset > 0 && size > 0 {
                add([name, what.as_bytes()].concat(), offset, size);
            }
        }
    }
    Some(())
}

/// The name that an assembly gives itself.
fn name_of(data: &[u8], room: &mut usize) -> Option<Vec<u8>> {
    if !data.starts_with(XALZ) {
        return module_name(data);
    }
    let size = size_le(data, 8)?;
    *room = room.checked_sub(size)?;
    let mut plain = vec![0; size.min(data.len().saturating_mul(255))];
    lz4_flex::block::decompress_into(data.get(12..)?, &mut plain).ok()?;
    module_name(&plain)
}

/// The section `payload` of a shared library that only carries assemblies.
fn wrapped(data: &[u8]) -> Option<Range<usize>> {
    if slice(data, 0, 4)? != b"\x7fELF" {
        return None;
    }
    let wide = *data.get(4)? == 2;
    let number = |at: usize, wide_at: usize| {
        if wide { usize::try_from(u64_le(data, wide_at)?).ok() } else { size_le(data, at) }
    };
    let table = number(0x20, 0x28)?;
    let (width, count, names) = if wide {
        (u16_le(data, 0x3a)?, u16_le(data, 0x3c)?, u16_le(data, 0x3e)?)
    } else {
        (u16_le(data, 0x2e)?, u16_le(data, 0x30)?, u16_le(data, 0x32)?)
    };
    let section = |n: u16| {
        let at = table.checked_add(usize::from(n) * usize::from(width))?;
        slice(data, at, usize::from(width).max(40))?;
        Some((size_le(data, at)?, number(at + 0x10, at + 0x18)?, number(at + 0x14, at + 0x20)?))
    };
    let (_, names, size) = section(names)?;
    let names = slice(data, names, size)?;
    (0..count).filter_map(section).find_map(|(name, offset, size)| {
        let is_named = names.get(name..)?.starts_with(b"payload\0");
        let content = slice(data, offset, size)?;
        let is_known = content.starts_with(XABA) || content.starts_with(XALZ) || content.starts_with(b"MZ");
        (is_named && is_known).then_some(offset..offset + size)
    })
}

/// One assembly, compressed or not.
struct Assembly<'b> {
    name: Vec<u8>,
    data: &'b [u8],
}

impl Member for Assembly<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        u32_le(self.data, 8).filter(|_| self.data.starts_with(XALZ)).map_or(self.data.len() as u64, u64::from)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        if !self.data.starts_with(XALZ) {
            return Contents { bytes: self.data, problem: None };
        }
        buffer.clear();
        let block = self.data.get(12..).unwrap_or_default();
        let problem = lz4::block(block, self.size_hint(), buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}
