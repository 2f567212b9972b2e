//! Places of strings: the symbol or table that holds them, the functions that use them. Asked for
//! hits only, so a pass over all code is cheap.

use super::image::{Arch, Image, Kind};
use super::names::{self, Name};
use super::packed::{adrp, for_each_constant};
use crate::address::Address;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::bytes;
use crate::lens::strings::Places;
use std::collections::HashMap;

/// A tag with this bit is the offset of code that builds the string; else it is the string's own.
pub(super) const BUILT: u64 = 1 << 63;

/// Places that are kept of one string, and slots and references of all.
const MAX_PLACES: usize = 16;
const MAX_FOUND: usize = 100_000;

/// Pointers that one table is looked at for, each way.
const MAX_TABLE: usize = 64;

/// Names the places of strings of an image.
pub(super) struct Where<'i, 'a> {
    pub image: &'i Image<'a>,
    /// Tells functions and tables of this file from those of other files.
    pub prefix: String,
}

impl<'i, 'a> Where<'i, 'a> {
    pub fn new(image: &'i Image<'a>, address: &Address) -> Self {
        Where { image, prefix: format!("native:{address}") }
    }
}

/// What points to a string.
#[derive(Default)]
struct Found {
    /// Pointers to it.
    slots: Vec<u64>,
    /// Instructions that load it, or a pointer to it.
    code: Vec<(u64, Option<u64>)>,
}

impl Places for Where<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let image = self.image;
        let addrs: Vec<Option<u64>> = tags
            .iter()
            .map(|&tag| if tag & BUILT != 0 { None } else { image.address(tag as usize).map(|a| a.0) })
            .collect();
        let mut found: HashMap<u64, Found> =
            addrs.iter().flatten().map(|&addr| (addr, Found::default())).collect();
        let mut slots: HashMap<u64, u64> = HashMap::new();
        image.for_each_pointer(&mut |slot, target| {
            if let Some(f) = found.get_mut(&target)
                && slots.len() < MAX_FOUND
                && f.slots.len() < MAX_PLACES
            {
                f.slots.push(slot);
                slots.insert(slot, target);
            }
        });
        let mut left = MAX_FOUND;
        let mut note = |code: u64, target: u64| {
            let via = slots.get(&target).copied();
            let string = via.unwrap_or(target);
            if let Some(f) = found.get_mut(&string)
                && f.code.len() < MAX_PLACES
                && left > 0
            {
                left -= 1;
                f.code.push((code, via.map(|_| target)));
            }
        };
        let mut wanted: Vec<u64> = addrs.iter().flatten().chain(slots.keys()).copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        if !wanted.is_empty() {
            references(image, &wanted, &mut note);
        }
        tags.iter()
            .zip(&addrs)
            .map(|(&tag, addr)| match addr {
                Some(addr) => self.sites(tag, *addr, found.get(addr)),
                None => self.built(tag & !BUILT),
            })
            .collect()
    }
}

impl Where<'_, '_> {
    fn sites(&self, tag: u64, addr: u64, found: Option<&Found>) -> Vec<Site> {
        let image = self.image;
        let mut sites = Vec::new();
        let methods = |via: Option<u64>| -> Vec<Scope> {
            let code = found.map_or(&[][..], |f| &f.code);
            code.iter().filter(|c| c.1 == via).filter_map(|c| self.method(c.0)).map(|m| m.1).collect()
        };
        if let Some(symbol) = image.symbol(addr, false) {
            let name = names::read(symbol.name);
            let len = string_len(image.bytes, tag);
            let is_table = symbol.addr != addr || symbol.size > 2 * len as u64 + 16;
            let mut site = self.variable(&name, is_table.then_some((symbol.addr, addr)));
            site.scopes.extend(methods(None));
            sites.push(site);
        }
        for &slot in found.map_or(&[][..], |f| &f.slots) {
            let mut scopes = methods(Some(slot));
            let run = self.table(slot);
            let mut site = match image.symbol(slot, false) {
                Some(symbol) => {
                    // A pointer, perhaps with a length; anything larger is a table.
                    let is_table = symbol.size > 2 * image.word_len() as u64;
                    self.variable(&names::read(symbol.name), is_table.then_some((symbol.addr, slot)))
                }
                None => {
                    let region = image.region(slot, &[Kind::Data, Kind::Constants]);
                    let name = format!("{} table at {:#x}", region.map_or("", |r| &r.name), run.0);
                    Site { name, ..Site::default() }
                }
            };
            if run.1 > 1 {
                let narrow = site.scopes.is_empty() && site.key.is_none();
                scopes.push(Scope {
                    class: if narrow { ScopeClass::Object } else { ScopeClass::Parent },
                    id: self.id("table", run.0),
                    order: Some(slot),
                    label: format!("pointer table at {:#x}", run.0),
                });
            }
            site.scopes.splice(0..0, scopes);
            sites.push(site);
        }
        for &(code, via) in found.map_or(&[][..], |f| &f.code) {
            let Some((name, scope)) = self.method(code) else { continue };
            if via.is_some() && image.symbol(via.unwrap_or(0), false).is_some() {
                // The variable has a name of its own, and its place knows the function.
                continue;
            }
            sites.push(method_site(name, scope));
        }
        sites.dedup();
        sites.truncate(MAX_PLACES);
        if sites.is_empty()
            && let Some((_, region)) = image.address(tag as usize)
        {
            let word = if region.name.starts_with('.') { "section " } else { "" };
            sites.push(Site { name: format!("{word}{}", region.name), ..Site::default() });
        }
        sites
    }

    /// The place of a string that code at an offset of the file builds.
    fn built(&self, offset: u64) -> Vec<Site> {
        let image = self.image;
        let holds = |r: &&super::image::Region| {
            r.kind == Kind::Code && offset.checked_sub(r.offset as u64).is_some_and(|n| n < r.len as u64)
        };
        let Some(region) = image.regions.iter().find(holds) else { return Vec::new() };
        let addr = region.addr + (offset - region.offset as u64);
        self.method(addr).map(|(name, scope)| method_site(name, scope)).into_iter().collect()
    }

    fn id(&self, what: &str, at: u64) -> ScopeId {
        ScopeId::Named(format!("{}#{what}{at:x}", self.prefix))
    }

    fn variable(&self, name: &Name, table: Option<(u64, u64)>) -> Site {
        let mut scopes = Vec::new();
        if let Some((start, at)) = table {
            scopes.push(Scope {
                class: ScopeClass::Object,
                id: self.id("symbol", start),
                order: Some(at),
                label: name.full.clone(),
            });
        }
        scopes.extend(name.scopes());
        let key = table.is_none().then(|| name.last.clone());
        Site { name: name.full.clone(), key, role: None, scopes }
    }

    /// The function around an address of code.
    fn method(&self, addr: u64) -> Option<(Name, Scope)> {
        let (start, symbol) = match self.image.function(addr) {
            Some(known) => known,
            None => (guess(self.image, addr)?, None),
        };
        let name = match symbol {
            Some(symbol) => names::read(symbol),
            None => names::read(format!("sub_{start:x}").as_bytes()),
        };
        let label = format!("function {}", name.full);
        Some((name, Scope { class: ScopeClass::Method, id: self.id("f", start), order: Some(addr), label }))
    }

    /// The first slot of the table around a slot, and how many pointers to text it has.
    fn table(&self, slot: u64) -> (u64, usize) {
        let step = self.image.word_len() as u64;
        let walk = |forward: bool| {
            let (mut at, mut count) = (slot, 0);
            while count < MAX_TABLE {
                // Lengths and numbers may stand between.
                let next = (1..=4).map(|n| n * step).find_map(|n| {
                    let next = if forward { at.checked_add(n)? } else { at.checked_sub(n)? };
                    self.is_text_pointer(next).then_some(next)
                });
                let Some(next) = next else { break };
                at = next;
                count += 1;
            }
            (at, count)
        };
        let (first, before) = walk(false);
        (first, 1 + before + walk(true).1)
    }

    fn is_text_pointer(&self, slot: u64) -> bool {
        let image = self.image;
        let target = match image.pointers.binary_search_by_key(&slot, |p| p.0) {
            Ok(i) => image.pointers.get(i).map(|p| p.1),
            Err(_) => image.offset(slot).and_then(|at| image.word(at)),
        };
        let at = target.filter(|&t| t != 0).and_then(|t| image.offset(t));
        at.and_then(|at| image.bytes.get(at)).is_some_and(|b| (0x20..0x7f).contains(b))
    }
}

fn method_site(name: Name, scope: Scope) -> Site {
    let mut scopes = vec![scope];
    scopes.extend(name.scopes());
    Site { name: format!("{}()", name.full), key: name.value_key(), role: None, scopes }
}

fn string_len(data: &[u8], at: u64) -> usize {
    let rest = data.get(at as usize..).unwrap_or(&[]);
    memchr::memchr(0, &rest[..rest.len().min(4096)]).unwrap_or(0)
}

/// Where a function probably starts when no table says so: behind the padding before it.
fn guess(image: &Image<'_>, addr: u64) -> Option<u64> {
    let region = image.region(addr, &[Kind::Code])?;
    let code = image.slice(region);
    let at = usize::try_from(addr - region.addr).ok()?;
    let floor = at.saturating_sub(16 << 10);
    let start = match image.arch {
        Arch::X64 | Arch::X86 => {
            let skew = (region.addr % 16) as usize;
            let aligned = (floor..=at).rev().filter(|i| (i + skew).is_multiple_of(16));
            let mut before = aligned
                .filter(|&i| i == 0 || code.get(i - 1).is_some_and(|b| matches!(b, 0xcc | 0x90 | 0xc3)));
            before.next()
        }
        // stp x29, x30, [sp, #-n]!
        Arch::Arm64 => (floor..=at & !3)
            .rev()
            .step_by(4)
            .find(|&i| bytes::u32_le(code, i).is_some_and(|w| w & 0xffc0_7fff == 0xa980_7bfd)),
        Arch::Wasm | Arch::Other => None,
    };
    start.map(|s| region.addr + s as u64)
}

/// Calls `found` with every instruction that loads one of `wanted` (sorted), and what it loads.
fn references(image: &Image<'_>, wanted: &[u64], found: &mut dyn FnMut(u64, u64)) {
    for &(place, target) in &image.direct {
        if wanted.binary_search(&target).is_ok() {
            found(place, target);
        }
    }
    let (Some(&low), Some(&high)) = (wanted.first(), wanted.last()) else { return };
    let is_wanted = |addr: u64| addr >= low && addr <= high && wanted.binary_search(&addr).is_ok();
    for region in image.regions.iter().filter(|r| r.kind == Kind::Code) {
        let code = image.slice(region);
        match image.arch {
            Arch::X64 | Arch::X86 => intel(image, code, region.addr, &is_wanted, found),
            Arch::Arm64 => arm64(code, region.addr, &is_wanted, found),
            Arch::Wasm => {
                for_each_constant(code, &mut |at, value, _| {
                    if is_wanted(value) {
                        found(region.addr + at as u64, value);
                    }
                });
            }
            Arch::Other => {}
        }
    }
}

/// Any 32 bits that, as a displacement or an absolute address, say a wanted one, behind the
/// opcodes that have such.
fn intel(
    image: &Image<'_>,
    code: &[u8],
    base: u64,
    is_wanted: &dyn Fn(u64) -> bool,
    found: &mut dyn FnMut(u64, u64),
) {
    let is_64 = image.arch == Arch::X64;
    for (i, four) in code.windows(4).enumerate() {
        let n = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let at = base + i as u64;
        let back = |n: usize| i.checked_sub(n).and_then(|i| code.get(i)).copied().unwrap_or(0);
        if is_64 {
            let addr = at.wrapping_add(4).wrapping_add_signed(i64::from(n as i32));
            if is_wanted(addr) && back(1) & 0xc7 == 5 {
                found(at, addr);
                continue;
            }
        } else if let Some(got) = image.got {
            let addr = got.wrapping_add_signed(i64::from(n as i32)) & 0xffff_ffff;
            // lea or mov, [register + displacement].
            if is_wanted(addr) && back(1) & 0xc0 == 0x80 {
                found(at, addr);
                continue;
            }
        }
        let addr = u64::from(n);
        if addr >= 0x1_0000
            && is_wanted(addr)
            && (matches!(
                back(1),
                0xb8..=0xbf | 0x68 | 0xa1 | 0x05 | 0x0d | 0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d
            ) || (2..=4).any(|n| back(n) == 0xc7))
        {
            found(at, addr);
        }
    }
}

fn arm64(code: &[u8], base: u64, is_wanted: &dyn Fn(u64) -> bool, found: &mut dyn FnMut(u64, u64)) {
    let mut pages = [(0u64, usize::MAX); 32];
    for (i, word) in code.as_chunks::<4>().0.iter().enumerate() {
        let w = u32::from_le_bytes(*word);
        let at = base + 4 * i as u64;
        let register = (w >> 5 & 31) as usize;
        let addr = if w & 0x9f00_0000 == 0x9000_0000 {
            pages[(w & 31) as usize] = (adrp(w, at), i);
            continue;
        } else if w & 0x9f00_0000 == 0x1000_0000 {
            // adr
            let imm = ((w >> 5 & 0x7_ffff) << 2 | (w >> 29 & 3)) << 11;
            at.wrapping_add_signed(i64::from(imm as i32) >> 11)
        } else {
            let (page, from) = pages[register];
            if from == usize::MAX || i - from > 32 {
                continue;
            }
            let imm = u64::from(w >> 10 & 0xfff);
            match w & 0xffc0_0000 {
                // add; ldr x, ldr w, ldr q; ldp of a pointer and its length.
                0x9100_0000 => page.wrapping_add(imm),
                0xf940_0000 => page.wrapping_add(imm * 8),
                0xb940_0000 => page.wrapping_add(imm * 4),
                0x3dc0_0000 => page.wrapping_add(imm * 16),
                _ => continue,
            }
        };
        if is_wanted(addr) {
            found(at, addr);
        }
    }
}
