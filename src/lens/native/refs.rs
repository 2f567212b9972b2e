//! Places of strings: the symbol or table that holds them, the functions that use them. Asked for
//! hits only, so a pass over all code is cheap.

use super::image::{Arch, Image, Kind};
use super::names::{self, Name};
use super::packed::{adrp, for_each_constant};
use super::sieve::{TopByte, addresses};
use super::wasm;
use crate::address::Address;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::bytes;
use crate::lens::sieve;
use crate::lens::strings::Places;
use std::collections::HashMap;

/// A tag with this bit is the offset of code that builds the string; else it is the string's own.
pub(super) const BUILT: u64 = 1 << 63;

/// Places that are kept of one string, and slots and references of all.
const MAX_PLACES: usize = 16;
const MAX_FOUND: usize = 100_000;

/// Words between two pointers of one table: lengths and numbers may stand there.
const MAX_STEP: u64 = 4;

/// Bytes of code between two arguments of one call.
const MAX_ARGUMENTS: u64 = 48;

/// Words between two hits of one table.
const MAX_REACH: u64 = 64;

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

/// What hits have to do with each other.
struct Known {
    /// Of a slot, the first one of its table.
    tables: HashMap<u64, u64>,
    /// Of an instruction that loads a string, the first of each two neighbours.
    arguments: HashMap<u64, Vec<u64>>,
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
        let wanted = Wanted::new(addrs.iter().flatten().copied());
        image.for_each_pointer(&mut |slot, target| {
            if wanted.has(target)
                && let Some(f) = found.get_mut(&target)
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
        references(image, &Wanted::new(addrs.iter().flatten().chain(slots.keys()).copied()), &mut note);
        let known = Known {
            tables: self.tables(slots.keys().copied().collect()),
            arguments: self.arguments(found.values().flat_map(|f| &f.code).map(|c| c.0).collect()),
        };
        tags.iter()
            .zip(&addrs)
            .map(|(&tag, addr)| match addr {
                Some(addr) => self.sites(tag, *addr, found.get(addr), &known),
                None => self.built(tag & !BUILT),
            })
            .collect()
    }
}

impl Where<'_, '_> {
    fn sites(&self, tag: u64, addr: u64, found: Option<&Found>, known: &Known) -> Vec<Site> {
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
            let table = known.tables.get(&slot);
            let mut site = match image.symbol(slot, false) {
                Some(symbol) => {
                    // A pointer, perhaps with a length; anything larger is a table.
                    let is_table = symbol.size > 2 * image.word_len() as u64;
                    self.variable(&names::read(symbol.name), is_table.then_some((symbol.addr, slot)))
                }
                None => {
                    let region = image.region(slot, &[Kind::Data, Kind::Constants]);
                    let name =
                        format!("{} table at {:#x}", region.map_or("", |r| &r.name), table.unwrap_or(&slot));
                    Site { name, ..Site::default() }
                }
            };
            if let Some(&table) = table {
                let narrow = site.scopes.is_empty() && site.key.is_none();
                scopes.push(Scope {
                    class: if narrow { ScopeClass::Object } else { ScopeClass::Parent },
                    id: self.id("table", table),
                    order: Some(slot),
                    label: format!("pointer table at {table:#x}"),
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
            let mut site = method_site(name, scope);
            let arguments = known.arguments.get(&code).map_or(&[][..], |a| a);
            site.scopes.splice(
                0..0,
                arguments.iter().map(|&first| Scope {
                    class: ScopeClass::Call,
                    id: self.id("arguments", first),
                    order: Some(code),
                    label: format!("arguments side by side in {}", site.name),
                }),
            );
            sites.push(site);
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

    /// Of slots that hits are pointed to from, those that stand in one table: each with the first of
    /// its table. Only what lies between hits is looked at, so that large tables cost nothing.
    fn tables(&self, mut slots: Vec<u64>) -> HashMap<u64, u64> {
        slots.sort_unstable();
        let step = self.image.word_len() as u64;
        let mut tables = HashMap::new();
        let mut first = None;
        for pair in slots.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let mut is_table = to - from <= MAX_REACH * step && (to - from).is_multiple_of(step);
            let mut at = from;
            while is_table && to - at > MAX_STEP * step {
                let next = (1..=MAX_STEP).rev().map(|n| at + n * step).find(|&n| self.is_text_pointer(n));
                is_table = next.is_some();
                at = next.unwrap_or(to);
            }
            if is_table {
                let first = *first.get_or_insert(from);
                tables.insert(from, first);
                tables.insert(to, first);
            } else {
                first = None;
            }
        }
        tables
    }

    /// Of instructions that load hits, those that load two arguments side by side. Only WebAssembly
    /// keeps the author's order of arguments: where there are registers, that of loads means nothing.
    fn arguments(&self, mut code: Vec<u64>) -> HashMap<u64, Vec<u64>> {
        let mut arguments: HashMap<u64, Vec<u64>> = HashMap::new();
        if self.image.arch != Arch::Wasm {
            return arguments;
        }
        code.sort_unstable();
        code.dedup();
        for pair in code.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            if to - from <= MAX_ARGUMENTS && wasm::is_pushed_together(self.image, from, to) {
                arguments.entry(from).or_default().push(from);
                arguments.entry(to).or_default().push(from);
            }
        }
        arguments
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

/// Addresses that are looked for in every word of code and data: a small table tells nearly all
/// others apart.
struct Wanted {
    sorted: Vec<u64>,
    low: u64,
    high: u64,
    maybe: Vec<u64>,
}

impl Wanted {
    const BITS: u64 = 1 << 16;

    fn new(addrs: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = addrs.collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut maybe = vec![0; (Self::BITS / 64) as usize];
        for addr in &sorted {
            maybe[(addr % Self::BITS / 64) as usize] |= 1 << (addr % 64);
        }
        let (low, high) = (sorted.first().copied().unwrap_or(u64::MAX), sorted.last().copied().unwrap_or(0));
        Wanted { sorted, low, high, maybe }
    }

    #[inline]
    fn has(&self, addr: u64) -> bool {
        addr >= self.low
            && addr <= self.high
            && self.maybe[(addr % Self::BITS / 64) as usize] >> (addr % 64) & 1 != 0
            && self.sorted.binary_search(&addr).is_ok()
    }
}

/// Calls `found` with every instruction that loads one of `addrs`, and which.
pub(super) fn loads(
    image: &Image<'_>,
    addrs: &mut dyn Iterator<Item = u64>,
    found: &mut dyn FnMut(u64, u64),
) {
    references(image, &Wanted::new(addrs), found);
}

/// Calls `found` with every instruction that loads one of `wanted`, and what it loads.
fn references(image: &Image<'_>, wanted: &Wanted, found: &mut dyn FnMut(u64, u64)) {
    if wanted.sorted.is_empty() {
        return;
    }
    for &(place, target) in &image.direct {
        if wanted.has(target) {
            found(place, target);
        }
    }
    for region in image.regions.iter().filter(|r| r.kind == Kind::Code) {
        let code = image.slice(region);
        match image.arch {
            Arch::X64 => intel64(code, region.addr, wanted, found),
            Arch::X86 => intel32(image, code, region.addr, wanted, found),
            Arch::Arm64 => arm64(code, region.addr, wanted, found),
            Arch::Wasm => {
                for_each_constant(code, image.is_64, &mut |at, value, _| {
                    if wanted.has(value) {
                        found(region.addr + at as u64, value);
                    }
                });
            }
            Arch::Other => {}
        }
    }
}

/// What a byte may be before 32 bits that say an address: a modrm byte that counts from the
/// instruction, an opcode with an immediate, a modrm byte with a displacement from a register.
const FROM_HERE: u8 = 1;
const IMMEDIATE: u8 = 2;
const FROM_REGISTER: u8 = 4;

const BEFORE: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        if byte & 0xc7 == 5 {
            table[i] |= FROM_HERE;
        }
        if matches!(byte, 0xb8..=0xbf | 0x68 | 0xa1 | 0x05 | 0x0d | 0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d) {
            table[i] |= IMMEDIATE;
        }
        if byte & 0xc0 == 0x80 {
            table[i] |= FROM_REGISTER;
        }
        i += 1;
    }
    table
};

/// Addresses that are stored as they are: C7, modrm, perhaps SIB and displacement, 32 bits.
fn stored(code: &[u8], base: u64, wanted: &Wanted, found: &mut dyn FnMut(u64, u64)) {
    // In code that can be loaded anywhere there are none; below 64 KiB numbers are only numbers.
    if wanted.low > 0xffff_ffff || wanted.high < 0x1_0000 {
        return;
    }
    for opcode in memchr::memchr_iter(0xc7, code) {
        for at in opcode + 2..=opcode + 4 {
            let addr = u64::from(bytes::u32_le(code, at).unwrap_or(0));
            if addr >= 0x1_0000 && wanted.has(addr) {
                found(base + at as u64, addr);
            }
        }
    }
}

/// Any 32 bits that, as a displacement or an absolute address, say a wanted one, behind the
/// opcodes that have such.
fn intel64(code: &[u8], base: u64, wanted: &Wanted, found: &mut dyn FnMut(u64, u64)) {
    stored(code, base, wanted, found);
    let distance = |to: u64, from: u64| to.wrapping_sub(from) as i64;
    let (nearest, farthest) =
        (distance(wanted.low, base + code.len() as u64 + 5), distance(wanted.high, base));
    let from_here = TopByte::of(nearest, farthest, i64::from(i32::MIN)..=i64::from(i32::MAX));
    let number = |addr: u64| i64::try_from(addr).unwrap_or(i64::MAX);
    let immediate = TopByte::of(number(wanted.low), number(wanted.high), 0x1_0000..=i64::from(u32::MAX));
    let may_be = |span: &_, count, places: &mut _| addresses(span, count, places, from_here, immediate);
    sieve::for_each(code, may_be, &mut |i| {
        let Some(five) = code[i..].first_chunk::<5>() else { return false };
        let class = BEFORE[usize::from(five[0])];
        let n = u32::from_le_bytes([five[1], five[2], five[3], five[4]]);
        let at = base + i as u64 + 1;
        let near = at.wrapping_add(4).wrapping_add_signed(i64::from(n as i32));
        let addr = u64::from(n);
        if class & FROM_HERE != 0 && wanted.has(near) {
            found(at, near);
        } else if addr >= 0x1_0000 && class & IMMEDIATE != 0 && wanted.has(addr) {
            found(at, addr);
        }
        true
    });
}

fn intel32(image: &Image<'_>, code: &[u8], base: u64, wanted: &Wanted, found: &mut dyn FnMut(u64, u64)) {
    stored(code, base, wanted, found);
    for (i, five) in code.windows(5).enumerate() {
        let class = BEFORE[usize::from(five[0])];
        let n = u32::from_le_bytes([five[1], five[2], five[3], five[4]]);
        let at = base + i as u64 + 1;
        // lea or mov, [register + displacement].
        if class & FROM_REGISTER != 0
            && let Some(got) = image.got
        {
            let addr = got.wrapping_add_signed(i64::from(n as i32)) & 0xffff_ffff;
            if wanted.has(addr) {
                found(at, addr);
                continue;
            }
        }
        let addr = u64::from(n);
        if addr >= 0x1_0000 && wanted.has(addr) && class & IMMEDIATE != 0 {
            found(at, addr);
        }
    }
}

fn arm64(code: &[u8], base: u64, wanted: &Wanted, found: &mut dyn FnMut(u64, u64)) {
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
        if wanted.has(addr) {
            found(at, addr);
        }
    }
}
