//! Places of strings in the author's own terms. Asked only for hits: this is where code is swept.

use super::calls::{Call, Meaning};
use super::il::{self, op};
use super::machine::{Hit, Machine, Record, Wanted, What, key_of};
use super::meta::{Meta, Token, table};
use super::names::{self, Class};
use super::{Assembly, Tag};
use crate::address::escape;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::strings::Places;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Places of one value that are kept.
const MAX_PLACES: usize = 32;
/// Arrays in lists in fields: hardly deeper.
const MAX_LINKS: usize = 4;
/// Methods of a class that are looked at for others of the same name.
const MAX_OVERLOADS: usize = 4096;

impl Places for Assembly<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut places: Vec<Vec<Site>> = vec![Vec::new(); tags.len()];
        let mut wanted = Wanted::default();
        for (hit, (&tag, places)) in (0u32..).zip(tags.iter().zip(&mut places)) {
            match Tag::read(tag) {
                Tag::User(at) => {
                    wanted.strings.insert(at, hit);
                    let units = self.meta.user_string(at).filter(|_| !self.derived.is_empty());
                    if let Some(units) = units.and_then(|range| self.meta.data.get(range)) {
                        wanted.texts.insert(hit, super::machine::utf16(units));
                    }
                }
                Tag::Constant(row) => {
                    let parent = self.meta.coded(table::CONSTANT, row, 1);
                    places.extend(parent.map(|parent| self.member_site(parent)));
                }
                Tag::Attribute(row, n) => places.extend(self.attribute_site(row, n)),
                Tag::Data(row) => drop(wanted.data.insert(self.meta.cell(table::FIELD_RVA, row, 1), hit)),
                Tag::Resource(n) => places.extend(self.resource_site(n)),
                Tag::Made(n) => {
                    if let Some(&at) = self.made.get(n as usize) {
                        wanted.made.insert(at, hit);
                    }
                }
            }
        }
        if wanted.strings.is_empty() && wanted.data.is_empty() && wanted.made.is_empty() {
            return places;
        }
        let mut calls = HashMap::new();
        let members = self.sweep(&wanted, &mut calls, &mut places);
        if !members.is_empty() {
            self.sweep(&Wanted { members, ..Wanted::default() }, &mut calls, &mut places);
        }
        places
    }
}

impl<'a> Assembly<'_, 'a> {
    /// Runs every method that has to do with what is wanted; gives the fields and methods that
    /// carry hits on.
    fn sweep(
        &self,
        wanted: &Wanted,
        calls: &mut HashMap<u32, Rc<Call<'a>>>,
        places: &mut [Vec<Site>],
    ) -> HashMap<Vec<u8>, Vec<u32>> {
        let mut next: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
        let made: HashSet<u32> = wanted.made.keys().map(|&(method, _)| method).collect();
        let mut relevant = Relevant::new(&self.meta, wanted);
        let strings = Sieve::of(wanted.strings.keys().copied());
        let mut left = self.code_budget();
        for method in 1..=self.meta.rows(table::METHOD) {
            let Some(code) = il::body(&self.meta, self.image, method) else { continue };
            let Some(rest) = left.checked_sub(code.len() + 16) else { break };
            left = rest;
            let mut is_wanted = made.contains(&method);
            let mut at = 0;
            while let Some(insn) = il::decode(code, at).filter(|_| !is_wanted) {
                is_wanted = match insn.op {
                    op::LDSTR => {
                        let string = insn.operand & 0x00ff_ffff;
                        strings.may_hold(string) && wanted.strings.contains_key(&string)
                    }
                    op::LDTOKEN | op::LDSFLDA if insn.operand >> 24 == table::FIELD as u32 => {
                        wanted.data.contains_key(&(insn.operand & 0x00ff_ffff))
                            || relevant.holds(insn.operand)
                    }
                    op::CALL | op::CALLVIRT | op::LDFLD | op::LDFLDA | op::LDSFLD | op::LDSFLDA => {
                        relevant.holds(insn.operand)
                    }
                    _ => false,
                };
                at = insn.next;
            }
            if !is_wanted {
                continue;
            }
            let mut machine = Machine::new(&self.meta, self.image, calls, wanted, &self.derived, method);
            machine.run(code);
            let used: HashSet<u32> = machine.records.iter().map(|r| r.hit.hit).collect();
            let unused: Vec<(Hit, usize)> =
                machine.loads.iter().filter(|(h, _)| !used.contains(&h.hit)).copied().collect();
            machine.records.extend(unused.into_iter().map(|(hit, at)| Record {
                hit,
                at,
                what: What::Loaded,
            }));
            let speaker = Speaker::new(self, method);
            for record in &machine.records {
                let mut pass = |key: Vec<u8>| {
                    let hits = next.entry(key).or_default();
                    if hits.len() < MAX_PLACES && !hits.contains(&record.hit.hit) {
                        hits.push(record.hit.hit);
                    }
                };
                match &record.what {
                    What::Field { field, .. } if record.hit.from.is_none() => {
                        pass(key_of(&self.meta, *field))
                    }
                    What::Returned if record.hit.from.is_none() => {
                        pass(key_of(&self.meta, Token { table: table::METHOD, row: method }));
                    }
                    // A property that hands its field on says nothing new.
                    What::Returned => continue,
                    _ => {}
                }
                let places = places.get_mut(record.hit.hit as usize);
                if let Some(places) = places.filter(|places| places.len() < MAX_PLACES) {
                    places.push(speaker.site(&machine, record));
                }
            }
        }
        next
    }

    /// The place of a constant field, a property or a default argument.
    fn member_site(&self, parent: Token) -> Site {
        if parent.table == table::PARAM {
            let method = self.meta.owner(table::METHOD, 5, parent.row).unwrap_or(0);
            let speaker = Speaker::new(self, method);
            let key = escape(self.meta.name_of(table::PARAM, parent.row, 2));
            let order = Some(u64::from(self.meta.cell(table::PARAM, parent.row, 1)));
            let mut scopes = vec![Scope { order, ..speaker.method_scope(0) }];
            scopes.extend(names::type_scopes(&speaker.class));
            return Site { name: format!("{} {key}", speaker.method), key: Some(key), role: None, scopes };
        }
        let (class, name) = names::of_member(&self.meta, parent);
        let key = names::member(name);
        let mut scopes = names::type_scopes(&class);
        if let Some(scope) = scopes.first_mut() {
            scope.order = Some(u64::from(parent.row));
        }
        Site { name: format!("{}.{key}", class.name), key: Some(key), role: None, scopes }
    }

    fn attribute_site(&self, row: u32, n: u16) -> Option<Site> {
        let meta = &self.meta;
        let constructor = meta.coded(table::CUSTOM_ATTRIBUTE, row, 1)?;
        let parent = meta.coded(table::CUSTOM_ATTRIBUTE, row, 0)?;
        let (attribute, _) = names::of_member(meta, constructor);
        let short = attribute.name.rsplit('.').next().unwrap_or_default();
        let short = short.strip_suffix("Attribute").unwrap_or(short);
        let texts = super::attributes::strings(meta, row);
        let text = texts.get(usize::from(n))?;
        let read = |r: &std::ops::Range<usize>| escape(meta.data.get(r.clone()).unwrap_or_default());
        let mut member = None;
        let (class, of) = match parent.table {
            table::TYPE_DEF => {
                let class = names::class(meta, parent.row);
                (class.clone(), class.name)
            }
            table::METHOD => {
                let speaker = Speaker::new(self, parent.row);
                (speaker.class, speaker.method)
            }
            table::FIELD | table::PROPERTY => {
                let (class, name) = names::of_member(meta, parent);
                member = Some(names::member(name));
                let of = format!("{}.{}", class.name, names::member(name));
                (class, of)
            }
            table::PARAM => {
                member = Some(escape(meta.name_of(table::PARAM, parent.row, 2)));
                let method = meta.owner(table::METHOD, 5, parent.row).unwrap_or(0);
                let speaker = Speaker::new(self, method);
                (speaker.class, speaker.method)
            }
            _ => {
                let name = format!("assembly {}", escape(meta.name_of(table::ASSEMBLY, 1, 7)));
                (Class { name: name.clone(), ..Class::default() }, name)
            }
        };
        let key = match &text.name {
            Some(name) => Some(read(name)),
            // `[assembly: AssemblyMetadata("AwsSecret", "…")]`
            None => texts
                .get(..usize::from(n))
                .and_then(|before| before.first())
                .filter(|before| before.name.is_none() && short.ends_with("Metadata"))
                .map(|before| read(&before.range))
                .or(member)
                .or_else(|| names::parameter(meta, constructor, usize::from(n))),
        };
        let mut scopes = vec![Scope {
            class: ScopeClass::Call,
            id: ScopeId::Named(format!("dotnet:{of}#attribute{row}")),
            order: Some(u64::from(n)),
            label: format!("attribute {short} of {of}"),
        }];
        scopes.extend(names::type_scopes(&class));
        Some(Site { name: format!("[{short}] {of}"), key, role: None, scopes })
    }

    fn resource_site(&self, n: u64) -> Option<Site> {
        let resource = self.resources.get(n as usize)?;
        let units = self.meta.data.get(resource.entry.name.clone())?;
        let units: Vec<u16> = units.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
        let key = escape(String::from_utf16_lossy(&units).as_bytes());
        let scope = Scope {
            class: ScopeClass::Object,
            id: ScopeId::Named(format!("dotnet:resources {}", resource.of)),
            order: Some(resource.entry.name.start as u64),
            label: format!("resources {}", resource.of),
        };
        let name = if resource.of.is_empty() { key.clone() } else { format!("{}/{key}", resource.of) };
        Some(Site { name, key: Some(key), role: None, scopes: vec![scope] })
    }
}

/// Says of most numbers that they are not in a set, without hashing them.
struct Sieve([u64; 64]);

impl Sieve {
    fn of(numbers: impl Iterator<Item = u32>) -> Self {
        let mut sieve = Sieve([0; 64]);
        for n in numbers {
            sieve.0[(n >> 6 & 63) as usize] |= 1 << (n & 63);
        }
        sieve
    }

    fn may_hold(&self, n: u32) -> bool {
        self.0[(n >> 6 & 63) as usize] >> (n & 63) & 1 == 1
    }
}

/// Which fields and methods are wanted: each is asked about once, whatever the code does with it.
struct Relevant<'w, 'a> {
    meta: &'w Meta<'a>,
    wanted: &'w Wanted,
    /// Last parts of the wanted keys that are names.
    names: HashSet<&'w [u8]>,
    /// By row: not asked yet, no, yes.
    known: [Vec<Option<bool>>; 4],
}

impl<'w, 'a> Relevant<'w, 'a> {
    const TABLES: [usize; 4] = [table::FIELD, table::METHOD, table::MEMBER_REF, table::METHOD_SPEC];

    fn new(meta: &'w Meta<'a>, wanted: &'w Wanted) -> Self {
        let is_any = !wanted.members.is_empty();
        let names = wanted
            .members
            .keys()
            .filter_map(|key| memchr::memmem::rfind(key, b"::").and_then(|at| key.get(at + 2..)));
        let rows = |table| if is_any { meta.rows(table) as usize + 1 } else { 0 };
        Relevant { meta, wanted, names: names.collect(), known: Self::TABLES.map(|t| vec![None; rows(t)]) }
    }

    fn holds(&mut self, raw: u32) -> bool {
        let token = Token::of(raw);
        let known = Self::TABLES.iter().position(|&t| t == token.table).and_then(|n| self.known.get_mut(n));
        let Some(known) = known.and_then(|rows| rows.get_mut(token.row as usize)) else { return false };
        let (meta, wanted, names) = (self.meta, self.wanted, &self.names);
        *known.get_or_insert_with(|| {
            // Names of classes are put together only where the member's own name fits.
            let of = match token.table {
                table::METHOD_SPEC => meta.coded(table::METHOD_SPEC, token.row, 0).unwrap_or(token),
                _ => token,
            };
            let fits = match (token.table, of.table) {
                (table::MEMBER_REF, _) | (_, table::MEMBER_REF) => {
                    names.contains(meta.name_of(table::MEMBER_REF, of.row, 1))
                }
                _ => true,
            };
            fits && wanted.members.contains_key(&key_of(meta, token))
        })
    }
}

/// The names that all places in one method share.
struct Speaker<'p, 'm, 'a> {
    assembly: &'p Assembly<'m, 'a>,
    class: Class,
    /// `Shop.Aws.Client()`.
    method: String,
    /// `Client`.
    name: String,
    /// Tells methods of one name apart.
    id: String,
}

impl<'p, 'm, 'a> Speaker<'p, 'm, 'a> {
    fn new(assembly: &'p Assembly<'m, 'a>, row: u32) -> Self {
        let meta = &assembly.meta;
        let (class, raw) = names::of_member(meta, Token { table: table::METHOD, row });
        let own = names::made_of(raw).filter(|m| !m.is_empty()).map(escape);
        // Of closures and state machines the method that they were written in.
        let name = class.method.clone().or(own.clone()).unwrap_or_else(|| escape(raw));
        let shown = name.trim_start_matches('.');
        let mut id = format!("dotnet:{}.{name}", class.name);
        if class.method.is_none() && own.is_none() && is_overloaded(assembly, row, raw) {
            id.push_str(&format!("#{row}"));
        }
        let accessor = raw.strip_prefix(b"get_").map(escape);
        let method = match &accessor {
            Some(property) => format!("{}.{property}", class.name),
            None => format!("{}.{shown}()", class.name),
        };
        Speaker { assembly, method, name, id, class }
    }

    fn method_scope(&self, at: usize) -> Scope {
        let label = match self.name.as_str() {
            ".ctor" | ".cctor" => format!("initialiser of {}", self.class.name),
            _ => format!("method {}", self.method),
        };
        Scope {
            class: ScopeClass::Method,
            id: ScopeId::Named(self.id.clone()),
            order: Some(at as u64),
            label,
        }
    }

    fn call_scope(&self, id: &str, order: usize, label: String) -> Scope {
        Scope {
            class: ScopeClass::Call,
            id: ScopeId::Named(format!("{}@{id}", self.id)),
            order: Some(order as u64),
            label: format!("{label} in {}", self.method),
        }
    }

    /// The field that an initialiser puts an object into: its author sees no initialiser.
    fn initialised(&self, machine: &Machine<'_, '_>, object: u32) -> Option<String> {
        if !matches!(self.name.as_str(), ".ctor" | ".cctor") {
            return None;
        }
        let home = machine.homes.get(&object).or_else(|| machine.homes.get(&home(machine, object)));
        let (class, raw) = names::of_member(&self.assembly.meta, *home?);
        (class.name == self.class.name).then(|| format!("{}.{}", class.name, names::member(raw)))
    }

    fn site(&self, machine: &Machine<'_, '_>, record: &Record) -> Site {
        let meta = &self.assembly.meta;
        let mut site = Site { name: self.method.clone(), ..Site::default() };
        let field_name = |field: Token| names::member(names::of_member(meta, field).1);
        match &record.what {
            What::Field { field, holder } => {
                let (class, raw) = names::of_member(meta, *field);
                // What an iterator yields is no field to its author.
                if matches!(raw, b"$current" | b"<>2__current") {
                    site.scopes.push(self.method_scope(record.at));
                    site.scopes.extend(names::type_scopes(&class));
                    return site;
                }
                let key = names::member(raw);
                // A local variable that outlives its method is a field to the compiler only.
                if !class.is_made {
                    site.name = format!("{}.{key}", class.name);
                }
                site.key = Some(key);
                if let Some(holder) = holder {
                    site.scopes.push(self.call_scope(&format!("o{holder}"), record.at, "object".into()));
                }
                site.scopes.push(self.method_scope(record.at));
                site.scopes.extend(names::type_scopes(&class));
                return site;
            }
            What::Argument { call, n, meaning, holder, made } => {
                let Meaning { key, role, is_member } = meaning.clone();
                site.role = role;
                site.key = match key {
                    Some(key) if is_member || record.hit.from.is_none() => Some(key),
                    key => record.hit.from.filter(|f| f.table != table::METHOD).map(field_name).or(key),
                };
                let (class, name) = names::of_member(meta, *call);
                let callee = match name {
                    b".ctor" => format!("new {}", class.name),
                    name => format!("{}.{}", class.name, escape(name)),
                };
                let id = if *made > 0 { format!("o{made}") } else { record.at.to_string() };
                let as_call = self.call_scope(&id, *n, format!("call to {callee}"));
                if !is_member || name != b"set_Item" {
                    site.scopes.push(as_call);
                }
                let own = holder.or(Some(*made).filter(|&made| made > 0));
                if let Some(field) = own.and_then(|own| self.initialised(machine, own)) {
                    site.name = field;
                }
                if let Some(holder) = holder {
                    site.scopes.push(self.call_scope(&format!("o{holder}"), record.at, "object".into()));
                }
                // The list or map that the object was put into.
                if let Some(around) = own.map(|own| (own, home(machine, own))).filter(|(own, to)| own != to) {
                    site.scopes.push(Scope {
                        class: ScopeClass::Object,
                        ..self.call_scope(&format!("o{}", around.1), record.at, "object".into())
                    });
                }
            }
            What::Element { array, n } => {
                let home = machine.homes.get(array).or_else(|| machine.homes.get(&home(machine, *array)));
                if let Some(&field) = home {
                    let (class, raw) = names::of_member(meta, field);
                    site.key = Some(names::member(raw));
                    site.name = format!("{}.{}", class.name, names::member(raw));
                } else {
                    site.key = record.hit.from.map(field_name);
                }
                let order = n.map_or(record.at, |n| n as usize);
                site.scopes.push(self.call_scope(&format!("o{array}"), order, "array".into()));
            }
            What::Returned => {
                let plain = self.name.strip_prefix("get_").unwrap_or(&self.name);
                site.key = Some(plain.to_owned());
            }
            What::Loaded => {}
        }
        site.scopes.push(self.method_scope(record.at));
        site.scopes.extend(names::type_scopes(&self.class));
        site
    }
}

/// What an object ended up in.
fn home(machine: &Machine<'_, '_>, mut object: u32) -> u32 {
    for _ in 0..MAX_LINKS {
        match machine.links.get(&object) {
            Some(&next) => object = next,
            None => break,
        }
    }
    object
}

fn is_overloaded(assembly: &Assembly<'_, '_>, row: u32, name: &[u8]) -> bool {
    let meta = &assembly.meta;
    let Some(class) = meta.owner(table::TYPE_DEF, 5, row) else { return false };
    meta.list(table::TYPE_DEF, class, 5, table::METHOD)
        .take(MAX_OVERLOADS)
        .any(|other| other != row && meta.name_of(table::METHOD, other, 3) == name)
}
