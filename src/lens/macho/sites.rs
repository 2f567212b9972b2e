//! Who holds and who loads a string: symbols, pointers, `CFString` objects, functions.
//!
//! Asked only for strings that were hit. Data is swept for pointers to them (twice: a pointer to an
//! object that points to the string), then code for references to all of these; the functions in
//! which they stand are swept once more for what is loaded beside them.

use super::code::{self, Reference};
use super::image::{Image, Symbol};
use super::names::{self, Name};
use super::objc;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::strings::Places;
use crate::triage::names::{Verdict, judge};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// Places named for one string.
const MAX_SITES: usize = 8;
/// Farthest that data is from the symbol that holds it.
const SYMBOL_REACH: u64 = 1 << 16;
/// Slots of one table are not farther apart.
const TABLE_GAP: u64 = 64;
/// Largest function that is looked at closely.
const MAX_FUNCTION: u64 = 1 << 20;
/// References of one function that are kept.
const MAX_REFERENCES: usize = 1 << 16;

/// The places of an image's strings.
pub(super) struct Sites<'i, 'a> {
    image: &'i Image<'a>,
    tables: OnceLock<Tables<'a>>,
}

/// What is read once an image.
struct Tables<'a> {
    symbols: Vec<Symbol<'a>>,
    /// Where functions start, and their names.
    functions: Vec<(u64, Option<Name>)>,
    relocations: HashMap<u64, u64>,
    swift: bool,
}

/// A slot of data that leads to a hit.
#[derive(Clone, Copy, Debug)]
struct Slot {
    addr: u64,
    hit: usize,
}

/// What a reference in a function leads to.
enum Loaded<'a> {
    Hit(usize),
    Text(&'a [u8]),
    Selector(&'a [u8]),
    Call,
}

struct Load<'a> {
    at: u64,
    argument: Option<u8>,
    what: Loaded<'a>,
}

impl<'i, 'a> Sites<'i, 'a> {
    pub(super) fn new(image: &'i Image<'a>) -> Self {
        Sites { image, tables: OnceLock::new() }
    }

    fn tables(&self) -> &Tables<'a> {
        self.tables.get_or_init(|| {
            let image = self.image;
            let symbols = image.symbols();
            let is_code = |addr| image.section_at(addr).is_some_and(|s| s.is_code());
            let mut functions: BTreeMap<u64, Option<Name>> =
                image.function_starts().into_iter().map(|addr| (addr, None)).collect();
            for (addr, method) in objc::methods(image) {
                functions.insert(addr, Some(names::method(&method)));
            }
            let code: Vec<(u64, u64)> = image
                .sections
                .iter()
                .filter(|s| s.is_code())
                .map(|s| (s.addr, s.bytes.len() as u64))
                .collect();
            for symbol in &symbols {
                let inside =
                    code.iter().any(|&(from, len)| symbol.addr.checked_sub(from).is_some_and(|d| d < len));
                if inside && !names::is_made_up(symbol.name) {
                    functions.insert(symbol.addr, Some(names::read(symbol.name)));
                }
            }
            functions.retain(|&addr, name| name.is_some() || is_code(addr));
            Tables {
                swift: symbols.iter().any(|s| s.name.starts_with(b"_$s"))
                    || image.sections.iter().any(|s| s.name.starts_with(b"__swift5_")),
                functions: functions.into_iter().collect(),
                relocations: image.relocations(),
                symbols,
            }
        })
    }

    /// Calls `found` with each slot of data and where it leads.
    fn slots(&self, found: &mut dyn FnMut(u64, u64)) {
        let tables = self.tables();
        if self.image.object {
            tables.relocations.iter().for_each(|(&at, &target)| found(at, target));
            return;
        }
        for section in self.image.sections.iter().filter(|s| s.has_pointers()) {
            let size = self.image.pointer_size();
            for at in (0..section.bytes.len()).step_by(size) {
                if let Some(target) =
                    self.image.pointer(section.offset.saturating_add(at)).filter(|&t| t != 0)
                {
                    found(section.addr.saturating_add(at as u64), target);
                }
            }
        }
    }

    /// The symbol that stands at an address or holds it.
    fn symbol(&self, addr: u64) -> Option<Symbol<'a>> {
        let symbols = &self.tables().symbols;
        let after = symbols.partition_point(|s| s.addr <= addr);
        let mut found = symbols[..after].iter().rev().take(8);
        let last = found.next()?;
        // Of several at one place the first that a person named.
        let same = std::iter::once(last).chain(found.take_while(|s| s.addr == last.addr));
        let symbol = same.filter(|s| !names::is_made_up(s.name)).last()?;
        let section = self.image.section_at(addr)?;
        (section.contains(symbol.addr) && addr - symbol.addr < SYMBOL_REACH).then_some(*symbol)
    }

    /// The function around an address: its number, where it starts and ends.
    fn function(&self, at: u64) -> Option<(usize, u64, u64)> {
        let functions = &self.tables().functions;
        let i = functions.partition_point(|f| f.0 <= at).checked_sub(1)?;
        let start = functions.get(i)?.0;
        let section = self.image.section_at(at)?;
        if !section.contains(start) {
            return None;
        }
        let end = section.addr.saturating_add(section.bytes.len() as u64);
        Some((i, start, functions.get(i + 1).map_or(end, |f| f.0.min(end))))
    }

    /// A site for a symbol that holds the hit, at `addr`.
    fn held(&self, symbol: Symbol<'a>, addr: u64, key: Option<String>) -> Site {
        let name = names::read(symbol.name);
        let mut scopes = vec![Scope {
            class: ScopeClass::Object,
            id: ScopeId::Named(format!("macho {:x} data {:x}", self.image.id, symbol.addr)),
            order: Some(addr),
            label: format!("data of {}", name.whole),
        }];
        if let Some(within) = &name.within {
            scopes.push(type_scope(within, addr));
        }
        Site { name: name.whole, key: key.or(Some(name.last)), role: None, scopes }
    }

    /// A site for a slot of data that no symbol holds: in a table that starts at `start`.
    fn tabled(&self, addr: u64, start: u64) -> Site {
        let section = self.image.section_at(addr);
        let part = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let name = section.map_or_else(String::new, |s| format!("{},{}", part(s.segment), part(s.name)));
        let scopes = vec![Scope {
            class: ScopeClass::Object,
            id: ScopeId::Named(format!("macho {:x} table {start:x}", self.image.id)),
            order: Some(addr),
            label: format!("a table in {name}"),
        }];
        Site { name, key: self.named_by_slot_before(addr, start.saturating_sub(32)), role: None, scopes }
    }

    /// What the slot before this one says: tables of names and values.
    fn named_by_slot_before(&self, slot: u64, start: u64) -> Option<String> {
        let before = slot.checked_sub(self.image.pointer_size() as u64).filter(|&b| b >= start)?;
        let target = match self.image.object {
            true => *self.tables().relocations.get(&before)?,
            false => self.image.pointer(self.image.offset(before)?)?,
        };
        name_like(self.string(target)?)
    }

    /// The string at an address, or that of the `CFString` there.
    fn string(&self, addr: u64) -> Option<&'a [u8]> {
        let section = self.image.section_at(addr)?;
        if section.name == b"__cfstring" {
            let field = addr.checked_add(2 * self.image.pointer_size() as u64)?;
            let target = match self.image.object {
                true => *self.tables().relocations.get(&field)?,
                false => self.image.pointer(self.image.offset(field)?)?,
            };
            return self.image.text_at(target);
        }
        matches!(section.name, b"__cstring" | b"__const" | b"__objc_methname")
            .then(|| self.image.text_at(addr))?
    }

    fn resolve(&self, hits: &HashMap<u64, usize>, count: usize) -> Vec<Vec<Site>> {
        let mut sites: Vec<Vec<Site>> = vec![Vec::new(); count];
        let swift = self.tables().swift;
        for (&addr, &hit) in hits {
            let Some(section) = self.image.section_at(addr).filter(|s| s.flags & 0xff != 2) else { continue };
            if section.is_code() {
                sites[hit].extend(self.made(addr));
            } else if let Some(symbol) = self.symbol(addr) {
                sites[hit].push(self.held(symbol, addr, None));
            }
        }
        // Pointers to the strings; objects of `CFString`, whose third field it is; pointers to those.
        let mut targets: HashMap<u64, usize> = hits.clone();
        let mut slots = Vec::new();
        let mut objects: HashMap<u64, usize> = HashMap::new();
        self.slots(&mut |addr, target| {
            // A Swift string points 32 bytes before its characters, where another string may be.
            let (own, less) = (hits.get(&target), hits.get(&target.wrapping_add(32)));
            if own.is_none() && less.is_none() {
                return;
            }
            let is_swift = self.image.offset(addr).is_some_and(|at| self.image.is_swift_string(at));
            let Some(&hit) = (if is_swift { less } else { own }) else { return };
            let section = self.image.section_at(addr);
            if section.is_some_and(|s| s.name == b"__cfstring") {
                objects.insert(addr.wrapping_sub(2 * self.image.pointer_size() as u64), hit);
            } else if !section.is_some_and(|s| s.is_code()) {
                slots.push(Slot { addr, hit });
            }
        });
        if !objects.is_empty() {
            self.slots(&mut |addr, target| {
                if let Some(&hit) = objects.get(&target)
                    && !self.image.section_at(addr).is_some_and(|s| s.is_code())
                {
                    slots.push(Slot { addr, hit });
                }
            });
        }
        slots.sort_by_key(|s| (s.addr, s.hit));
        slots.dedup_by_key(|s| (s.addr, s.hit));
        targets.extend(objects);
        let mut table: Option<(u64, u64)> = None;
        for slot in &slots {
            // Slots close together are a table; only where no symbol says so.
            let start = table.filter(|t| slot.addr - t.1 <= TABLE_GAP).map_or(slot.addr, |t| t.0);
            table = Some((start, slot.addr));
            if sites[slot.hit].len() >= MAX_SITES {
                continue;
            }
            targets.insert(slot.addr, slot.hit);
            let site = match self.symbol(slot.addr) {
                Some(symbol) => {
                    self.held(symbol, slot.addr, self.named_by_slot_before(slot.addr, symbol.addr))
                }
                None => self.tabled(slot.addr, start),
            };
            sites[slot.hit].extend((!site.name.is_empty()).then_some(site));
        }
        self.loads(&targets, hits, swift, &mut sites);
        for sites in &mut sites {
            sites.truncate(2 * MAX_SITES);
        }
        sites
    }

    /// Adds a site for each function that loads a hit.
    fn loads(
        &self,
        targets: &HashMap<u64, usize>,
        hits: &HashMap<u64, usize>,
        swift: bool,
        sites: &mut [Vec<Site>],
    ) {
        let of = |target: u64| {
            targets.get(&target).or_else(|| targets.get(&target.wrapping_add(32)).filter(|_| swift)).copied()
        };
        let mut functions: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let mut meet = |at: u64, target: u64| {
            if of(target).is_some()
                && let Some((i, from, to)) = self.function(at)
            {
                functions.insert(i, (from, to));
            }
        };
        if self.image.object {
            self.tables().relocations.iter().for_each(|(&at, &target)| meet(at, target));
        } else {
            code::references(self.image, 0, u64::MAX, &mut |r: Reference| {
                if !r.call {
                    meet(r.at, r.target);
                }
            });
        }
        for (i, (from, to)) in functions {
            let loads = self.function_loads(from, to.min(from.saturating_add(MAX_FUNCTION)), &of);
            self.function_sites((i, from), &loads, hits, sites);
        }
    }

    /// What a function loads, in order.
    fn function_loads(&self, from: u64, to: u64, of: &dyn Fn(u64) -> Option<usize>) -> Vec<Load<'a>> {
        let mut loads: Vec<Load<'a>> = Vec::new();
        let mut add = |r: Reference| {
            if loads.len() >= MAX_REFERENCES {
                return;
            }
            let what = if r.call {
                Some(Loaded::Call)
            } else if let Some(hit) = of(r.target) {
                Some(Loaded::Hit(hit))
            } else if let Some(selector) = self.selector(r.target) {
                Some(Loaded::Selector(selector))
            } else {
                self.string(r.target).filter(|s| !s.is_empty()).map(Loaded::Text)
            };
            if let Some(what) = what {
                loads.push(Load { at: r.at, argument: r.argument, what });
            }
        };
        if self.image.object {
            // What code calls is relocated too, and leads to code or nowhere.
            let mut all: Vec<(u64, u64)> = self
                .tables()
                .relocations
                .iter()
                .filter(|&(at, _)| (from..to).contains(at))
                .map(|(&a, &t)| (a, t))
                .collect();
            all.sort_unstable();
            all.into_iter().for_each(|(at, target)| {
                add(Reference { at, target, number: None, argument: None, call: false })
            });
        } else {
            code::references(self.image, from, to, &mut add);
        }
        // `adrp` and `add` are two relocations, a length behind it makes two references.
        loads.dedup_by(|a, b| matches!((&a.what, &b.what), (Loaded::Hit(a), Loaded::Hit(b)) if a == b));
        loads
    }

    /// The selector in a slot of `__objc_selrefs`.
    fn selector(&self, slot: u64) -> Option<&'a [u8]> {
        self.image.section_at(slot).filter(|s| s.name == b"__objc_selrefs")?;
        let target = match self.image.object {
            true => *self.tables().relocations.get(&slot)?,
            false => self.image.pointer(self.image.offset(slot)?)?,
        };
        self.image.text_at(target)
    }

    /// What a function is called, and whether anybody called it so.
    fn function_name(&self, index: usize, start: u64) -> (Name, bool) {
        match self.tables().functions.get(index).and_then(|f| f.1.clone()) {
            Some(name) => (name, true),
            None => (Name { whole: format!("function at {start:#x}"), ..Name::default() }, false),
        }
    }

    /// Name and label of a function as a scope. Blocks and closures count with the function around them.
    fn function_scope(&self, name: &Name, known: bool, start: u64) -> (String, String) {
        let id = if known { name.whole.clone() } else { start.to_string() };
        let label = match (known, name.whole.starts_with(['-', '+'])) {
            (true, true) => format!("method {}", name.whole),
            (true, false) => format!("function {}", name.whole),
            (false, _) => name.whole.clone(),
        };
        (format!("macho {:x} {id}", self.image.id), label)
    }

    /// A site for what the code at `at` makes out of numbers.
    fn made(&self, at: u64) -> Option<Site> {
        let (index, start, _) = self.function(at)?;
        let (name, known) = self.function_name(index, start);
        let (id, label) = self.function_scope(&name, known, start);
        let scope = Scope { class: ScopeClass::Method, id: ScopeId::Named(id), order: Some(at), label };
        let scopes =
            std::iter::once(scope).chain(name.within.as_deref().map(|w| type_scope(w, at))).collect();
        Some(Site { name: name.whole, key: name.variable.then_some(name.last), role: None, scopes })
    }

    fn function_sites(
        &self,
        function: (usize, u64),
        loads: &[Load<'a>],
        hits: &HashMap<u64, usize>,
        sites: &mut [Vec<Site>],
    ) {
        let (index, start) = function;
        let (name, known) = self.function_name(index, start);
        let strings = loads.iter().filter(|l| matches!(l.what, Loaded::Hit(_) | Loaded::Text(_))).count();
        // A function with nothing else in it gives or makes one value: it is named for that, unless
        // the string is its own name (`__func__`, tables of bindings).
        let is_its_name = |hit: usize| {
            hits.iter().any(|(&addr, &n)| {
                n == hit
                    && self.image.text_at(addr).is_some_and(|text| {
                        text.len() >= 4 && memchr::memmem::find(name.last.as_bytes(), text).is_some()
                    })
            })
        };
        let own =
            (known && (name.variable || strings == 1) && !name.last.contains(':')).then(|| name.last.clone());
        let (id, label) = self.function_scope(&name, known, start);
        for (n, group) in loads.split(|l| matches!(l.what, Loaded::Call)).enumerate() {
            let keys = keys(group);
            let in_call = group.iter().filter(|l| matches!(l.what, Loaded::Hit(_))).count();
            for (load, key) in group.iter().zip(keys) {
                let Loaded::Hit(hit) = load.what else { continue };
                let Some(sites) = sites.get_mut(hit).filter(|s| s.len() < 2 * MAX_SITES) else { continue };
                let key = key
                    .or_else(|| own.clone().filter(|_| !is_its_name(hit)))
                    .or_else(|| sites.iter().find_map(|s| s.key.clone()));
                let mut scopes = Vec::new();
                if in_call > 1 {
                    scopes.push(Scope {
                        class: ScopeClass::Call,
                        id: ScopeId::Named(format!("{id} {start:x} call {n}")),
                        order: Some(load.at),
                        label: format!("call in {}", name.whole),
                    });
                }
                scopes.push(Scope {
                    class: ScopeClass::Method,
                    id: ScopeId::Named(id.clone()),
                    order: Some(load.at),
                    label: label.clone(),
                });
                if let Some(within) = &name.within {
                    scopes.push(type_scope(within, load.at));
                }
                let site = Site { name: name.whole.clone(), key, role: None, scopes };
                if !sites
                    .iter()
                    .any(|s| s.name == site.name && s.key == site.key && s.scopes.len() == site.scopes.len())
                {
                    sites.push(site);
                }
            }
        }
    }
}

fn type_scope(within: &str, order: u64) -> Scope {
    Scope {
        class: ScopeClass::Type,
        id: ScopeId::Named(format!("macho type {within}")),
        order: Some(order),
        label: format!("type {within}"),
    }
}

/// What a string says if it is a name: `accessKey`, `aws.secret`.
fn name_like(text: &[u8]) -> Option<String> {
    let fits = (2..=64).contains(&text.len())
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b' ' | b'/'))
        && text.iter().any(u8::is_ascii_alphabetic)
        && !crate::triage::generic::is_random(text);
    fits.then(|| String::from_utf8_lossy(text).into_owned())
}

/// For each load of a group of arguments the name that the others give it.
fn keys(group: &[Load<'_>]) -> Vec<Option<String>> {
    let mut keys = vec![None; group.len()];
    let text = |i: usize| match group.get(i).map(|l| &l.what) {
        Some(Loaded::Text(text)) => name_like(text),
        _ => None,
    };
    let selector = group.iter().find_map(|l| match l.what {
        Loaded::Selector(s) if s.contains(&b':') => Some(String::from_utf8_lossy(s)),
        _ => None,
    });
    let hits: Vec<usize> = (0..group.len()).filter(|&i| matches!(group[i].what, Loaded::Hit(_))).collect();
    if let Some(selector) = &selector {
        let parts: Vec<&str> = selector.split_terminator(':').collect();
        let by_key = parts.len() == 2 && parts[1].to_ascii_lowercase().contains("forkey");
        for &i in &hits {
            // The receiver and the selector are the first two arguments.
            let n = group[i].argument.and_then(|n| usize::from(n).checked_sub(2));
            keys[i] = if by_key {
                let others: Vec<String> = (0..group.len()).filter_map(text).collect();
                (hits.len() == 1 && others.len() == 1).then(|| others[0].clone())
            } else if parts.len() == 1 && hits.len() == 1 {
                argument_name(parts[0])
            } else {
                n.and_then(|n| parts.get(n)).and_then(|part| argument_name(part))
            };
        }
        if by_key || keys.iter().any(Option::is_some) {
            return keys;
        }
    }
    let Some(&first) = hits.first() else { return keys };
    // `{name: value, …}`: names before values, or (where none stands before the first) behind them.
    let before = hits.iter().all(|&i| i.checked_sub(1).and_then(text).is_some());
    let behind = hits.iter().all(|&i| text(i + 1).is_some()) && (0..first).all(|i| text(i).is_none());
    for i in hits {
        if before {
            keys[i] = text(i - 1);
        } else if behind {
            keys[i] = text(i + 1);
        }
    }
    keys
}

/// `secretKey` of the selector part `initWithSecretKey` or `setSecretKey`.
fn argument_name(part: &str) -> Option<String> {
    let tail = part.rsplit_once("With").map_or(part, |(_, tail)| tail);
    let tail =
        tail.strip_prefix("set").filter(|t| t.starts_with(|c: char| c.is_ascii_uppercase())).unwrap_or(tail);
    let mut chars = tail.chars();
    let first = chars.next()?;
    let name: String = first.to_lowercase().chain(chars).collect();
    // `addObject:`, `stringByAppendingString:` say nothing of the value.
    (judge(&name) != Verdict::Unknown || name.to_ascii_lowercase().contains("key") || tail.len() < part.len())
        .then_some(name)
}

impl Places for Sites<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut hits = HashMap::new();
        for (i, &tag) in tags.iter().enumerate() {
            if let Some(addr) = usize::try_from(tag).ok().and_then(|at| self.image.addr(at)) {
                hits.insert(addr, i);
            }
        }
        let mut sites = self.resolve(&hits, tags.len());
        // What is held by nothing with a name and loaded by nothing stands at least in a section.
        for (i, &tag) in tags.iter().enumerate() {
            if sites[i].is_empty()
                && let Some(section) = usize::try_from(tag)
                    .ok()
                    .and_then(|at| self.image.addr(at))
                    .and_then(|a| self.image.section_at(a))
            {
                let part = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
                let name = format!("{},{}", part(section.segment), part(section.name));
                sites[i].push(Site { name, ..Site::default() });
            }
        }
        sites
    }
}
