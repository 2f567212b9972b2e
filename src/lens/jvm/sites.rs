//! What becomes of the strings that were hit, in the author's own terms.

use super::class::{Class, Entry, Member};
use super::machine::{Invoke, Machine, Value, Watch, What};
use crate::address::escape;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::finding::Role;
use crate::lens::bytes::u16_be;
use crate::lens::calls::{Callee, Meaning, property, simple};
use std::collections::{HashMap, HashSet};

/// Marks the tag of a string that was put together: the method in bits 32 to 47, the text below.
pub(super) const JOINED: u64 = 1 << 63;
/// Places told of one string.
const MAX_PLACES: usize = 64;
/// Elements of annotations inside annotations.
const MAX_DEPTH: usize = 8;

/// A field or method of this class that carries hits: its name and kind.
type Carrier<'a> = (&'a [u8], &'a [u8]);

/// What is done with a hit.
enum Use {
    Field(u16),
    Argument { method: u16, n: usize, role: Option<Role> },
    Entry { key: u16, holder: Value, method: u16 },
    Property { key: String, holder: Value, method: u16 },
    Element { array: Value, n: Option<u32> },
    Returned,
    Loaded,
}

struct Record {
    tag: u64,
    at: u32,
    indirect: Option<String>,
    what: Use,
}

/// The places of all tags.
pub(super) fn find(class: &Class<'_>, tags: &[u64]) -> HashMap<u64, Vec<Site>> {
    let wanted: HashSet<u64> = tags.iter().copied().collect();
    let mut finder = Finder { class, name: dotted(class.class_name(class.this)), sites: HashMap::new() };
    finder.constants(&wanted);
    for (owner, bodies) in class
        .fields
        .iter()
        .chain(&class.methods)
        .map(|member| (Some(member), &member.annotations))
        .chain(std::iter::once((None, &class.annotations)))
    {
        for body in bodies {
            finder.annotations(owner, body, &wanted);
        }
    }
    let mut machine = Machine::new(class);
    let mut carried: HashMap<Carrier<'_>, Vec<u64>> = HashMap::new();
    // A second time for what the first saw stored to fields and answered by methods.
    for round in 0..2 {
        let mut next: HashMap<Carrier<'_>, Vec<u64>> = HashMap::new();
        for (n, method) in class.methods.iter().enumerate() {
            if method.code.is_empty() {
                continue;
            }
            let mut uses = Uses {
                class,
                wanted: &wanted,
                carried: &carried,
                method: n as u64,
                records: Vec::new(),
                used: HashSet::new(),
                loads: Vec::new(),
            };
            machine.run(n, &mut uses);
            let Uses { mut records, used, loads, .. } = uses;
            if round == 0 {
                let mut told = HashSet::new();
                let unused = loads.into_iter().filter(|(tag, _)| !used.contains(tag) && told.insert(*tag));
                records.extend(unused.map(|(tag, at)| Record { tag, at, indirect: None, what: Use::Loaded }));
            } else {
                records.retain(|r| r.indirect.is_some());
            }
            for record in &records {
                let carrier = match record.what {
                    Use::Field(index) => class.member(index).map(|(_, name, kind)| (name, kind)),
                    Use::Returned => Some((method.name, method.descriptor)),
                    _ => None,
                };
                if let Some(carrier) = carrier {
                    let tags = next.entry(carrier).or_default();
                    if tags.len() < 8 && !tags.contains(&record.tag) {
                        tags.push(record.tag);
                    }
                }
            }
            for record in records {
                finder.add(&mut machine, n, method, record);
            }
        }
        if next.is_empty() {
            break;
        }
        carried = next;
    }
    finder.sites
}

struct Finder<'c, 'a> {
    class: &'c Class<'a>,
    /// `com.shop.Aws$Keys`.
    name: String,
    sites: HashMap<u64, Vec<Site>>,
}

impl<'c, 'a> Finder<'c, 'a> {
    fn push(&mut self, tag: u64, site: Site) {
        let sites = self.sites.entry(tag).or_default();
        if sites.len() < MAX_PLACES {
            sites.push(site);
        }
    }

    /// Fields with a constant value.
    fn constants(&mut self, wanted: &HashSet<u64>) {
        for (order, field) in self.class.fields.iter().enumerate() {
            if let Entry::String(utf8) = self.class.entry(field.constant)
                && wanted.contains(&u64::from(utf8))
            {
                let name = escape(field.name);
                let scopes = type_scopes(&self.name, Some(order as u64));
                let site =
                    Site { name: format!("{}.{name}", self.name), key: Some(name), role: None, scopes };
                self.push(u64::from(utf8), site);
            }
        }
    }

    fn annotations(&mut self, owner: Option<&Member<'_>>, body: &[u8], wanted: &HashSet<u64>) {
        let mut at = 0;
        let count = u16_be(body, 0).unwrap_or_default();
        let mut found = Vec::new();
        // The default of an annotation's element is a value alone; a list starts with its count.
        if matches!(body.first(), Some(b'[' | b'@' | b'a'..=b'z')) {
            element(body, &mut at, wanted, 0, &mut Vec::new(), &mut found);
        } else {
            at = 2;
            for _ in 0..count {
                if annotation(body, &mut at, wanted, 0, &mut Vec::new(), &mut found).is_none() {
                    break;
                }
            }
        }
        for (utf8, kind, key, start) in found {
            let what = simple(escape(self.class.text(kind)).trim_end_matches(';').replace('/', ".").as_str())
                .to_owned();
            let target = match owner {
                Some(member) => format!("{}.{}", self.name, escape(member.name)),
                None => self.name.clone(),
            };
            if what == "Metadata" {
                continue;
            }
            let key = match key {
                0 => None,
                key => Some(escape(self.class.text(key))),
            };
            let mut scopes = vec![Scope {
                class: ScopeClass::Object,
                id: ScopeId::Named(format!("jvm {target}@{what}{start}")),
                order: Some(u64::from(utf8)),
                label: format!("@{what} of {target}"),
            }];
            scopes.extend(type_scopes(&self.name, None));
            let name = match &key {
                Some(key) => format!("{target} @{what}.{key}"),
                None => format!("{target} @{what}"),
            };
            let key = match (key.as_deref(), owner) {
                (Some("value") | None, Some(member)) => Some(escape(member.name)),
                _ => key,
            };
            self.push(u64::from(utf8), Site { name, key, role: None, scopes });
        }
    }

    fn add(&mut self, machine: &mut Machine<'_, '_>, n: usize, method: &Member<'_>, record: Record) {
        let class = self.class;
        let simple_name = escape(method.name);
        let full = format!("{}.{simple_name}()", self.name);
        let id = |what: &str| ScopeId::Named(format!("jvm {full}#{n}@{what}"));
        let at = u64::from(record.at);
        let mut site = Site { name: full.clone(), ..Site::default() };
        let mut owner = self.name.clone();
        let mut order = None;
        let method_of = |index: u16| {
            class.member(index).map_or_else(String::new, |(c, m, _)| format!("{}.{}()", dotted(c), escape(m)))
        };
        let holder_scope = |machine: &mut Machine<'_, '_>, holder: Value, method: u16| {
            let outer = outermost(machine, holder);
            let what = match outer {
                Value::Made(made) => format!("l{made}"),
                Value::Local(n) => format!("p{n}"),
                Value::Field(field, _) => {
                    format!("f{}", class.member(field).map_or_else(String::new, |m| escape(m.1)))
                }
                Value::Answer(_, at) => format!("r{at}"),
                _ => "static".to_owned(),
            };
            let callee = class.member(method).map_or_else(String::new, |(c, ..)| dotted(c));
            let label = match simple(&callee) {
                s if s.ends_with("Map") || s.ends_with("Pair") => "map",
                s => s,
            };
            Scope {
                class: ScopeClass::Call,
                id: id(&what),
                order: Some(at),
                label: format!("{label} in {full}"),
            }
        };
        match record.what {
            Use::Field(index) => {
                if let Some((of, name, _)) = class.member(index) {
                    owner = dotted(of);
                    site.name = format!("{owner}.{}", escape(name));
                    site.key = Some(escape(name));
                    order = class.fields.iter().position(|f| f.name == name).map(|p| p as u64);
                }
            }
            Use::Argument { method, n, role } => {
                site.role = role;
                site.key = record.indirect.clone();
                site.scopes.push(Scope {
                    class: ScopeClass::Call,
                    id: id(&record.at.to_string()),
                    order: Some(n as u64),
                    label: format!("call to {} in {full}", method_of(method)),
                });
            }
            Use::Entry { key, holder, method } => {
                site.key = Some(escape(class.text(key)));
                site.scopes.push(holder_scope(machine, holder, method));
            }
            Use::Property { key, holder, method } => {
                site.key = Some(key);
                site.scopes.push(holder_scope(machine, holder, method));
            }
            Use::Element { array, n } => {
                let outer = outermost(machine, array);
                let home = match machine.object(outer).and_then(|o| o.into) {
                    Some(Value::Field(field, _)) => class.member(field),
                    _ => None,
                };
                site.key = record.indirect.clone();
                if let Some((of, name, _)) = home {
                    site.name = format!("{}.{}", dotted(of), escape(name));
                    site.key = Some(escape(name));
                }
                let (Value::Made(made) | Value::Answer(_, made)) = array else { return };
                site.scopes.push(Scope {
                    class: ScopeClass::Call,
                    id: id(&format!("a{made}")),
                    order: Some(n.unwrap_or(record.at).into()),
                    label: format!("array in {full}"),
                });
            }
            Use::Returned => {
                site.key = property(&simple_name, "get").or_else(|| Some(simple_name.clone()));
            }
            Use::Loaded => {}
        }
        let label = match simple_name.as_str() {
            "<init>" | "<clinit>" => format!("initialiser of {}", self.name),
            _ => format!("method {full}"),
        };
        site.scopes.push(Scope { class: ScopeClass::Method, id: id(""), order: Some(at), label });
        site.scopes.extend(type_scopes(&owner, order));
        self.push(record.tag, site);
    }
}

/// What an object ended up in.
fn outermost(machine: &mut Machine<'_, '_>, value: Value) -> Value {
    let mut at = value;
    for _ in 0..4 {
        match machine.object(at).and_then(|o| o.into) {
            Some(next @ Value::Made(_)) if next != at => at = next,
            _ => break,
        }
    }
    at
}

/// `com.shop.Aws$Keys` of `com/shop/Aws$Keys`.
fn dotted(name: &[u8]) -> String {
    escape(name).replace('/', ".")
}

/// The class, the class around it, and the package.
fn type_scopes(class: &str, order: Option<u64>) -> Vec<Scope> {
    let scope = |kind, what: String, order| Scope {
        class: kind,
        id: ScopeId::Named(format!("jvm {what}")),
        order,
        label: what,
    };
    let mut scopes = vec![scope(ScopeClass::Type, format!("class {class}"), order)];
    let start = class.rfind('.').map_or(0, |p| p + 1);
    if let Some(outer) = class[start..].find('$').filter(|p| *p > 0)
        && let Some(outer) = class.get(..start + outer)
    {
        scopes.push(scope(ScopeClass::Type, format!("class {outer} and those inside"), None));
    } else {
        scopes.push(scope(ScopeClass::Type, format!("class {class} and those inside"), None));
    }
    if let Some((package, _)) = class.rsplit_once('.') {
        scopes.push(scope(ScopeClass::Package, format!("package {package}"), None));
    }
    scopes
}

/// String, annotation type, element name, and where the annotation starts.
type Noted = (u16, u16, u16, usize);

/// Walks an annotation (JVMS 4.7.16).
fn annotation(
    body: &[u8],
    at: &mut usize,
    wanted: &HashSet<u64>,
    depth: usize,
    names: &mut Vec<u16>,
    found: &mut Vec<Noted>,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let start = *at;
    let kind = u16_be(body, *at)?;
    let count = u16_be(body, *at + 2)?;
    *at += 4;
    let first = found.len();
    for _ in 0..count {
        names.push(u16_be(body, *at)?);
        *at += 2;
        let done = element(body, at, wanted, depth, names, found);
        names.pop();
        done?;
    }
    for noted in found.iter_mut().skip(first).filter(|n| n.1 == 0) {
        (noted.1, noted.3) = (kind, start);
    }
    Some(())
}

fn element(
    body: &[u8],
    at: &mut usize,
    wanted: &HashSet<u64>,
    depth: usize,
    names: &mut Vec<u16>,
    found: &mut Vec<Noted>,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let tag = *body.get(*at)?;
    *at += 1;
    match tag {
        b's' => {
            let utf8 = u16_be(body, *at)?;
            *at += 2;
            if wanted.contains(&u64::from(utf8)) {
                found.push((utf8, 0, names.last().copied().unwrap_or_default(), 0));
            }
        }
        b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' | b'c' => {
            u16_be(body, *at)?;
            *at += 2;
        }
        b'e' => {
            u16_be(body, *at + 2)?;
            *at += 4;
        }
        b'@' => annotation(body, at, wanted, depth + 1, names, found)?,
        b'[' => {
            let count = u16_be(body, *at)?;
            *at += 2;
            for _ in 0..count {
                element(body, at, wanted, depth + 1, names, found)?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Looks on while a method runs.
struct Uses<'u, 'a> {
    class: &'u Class<'a>,
    wanted: &'u HashSet<u64>,
    carried: &'u HashMap<Carrier<'a>, Vec<u64>>,
    method: u64,
    records: Vec<Record>,
    used: HashSet<u64>,
    loads: Vec<(u64, u32)>,
}

impl Uses<'_, '_> {
    /// The hits that a value carries, and the name of what it was read from.
    fn hits(&self, machine: &mut Machine<'_, '_>, value: Value) -> Vec<(u64, Option<String>)> {
        match value {
            Value::Str(utf8) => {
                let tag = u64::from(utf8);
                self.wanted.contains(&tag).then_some((tag, None)).into_iter().collect()
            }
            Value::Text(text) => self.joined(machine, text),
            Value::Made(_) => match machine.object(value).and_then(|o| o.text) {
                Some(text) => self.joined(machine, text),
                None => Vec::new(),
            },
            Value::Field(index, _) | Value::Answer(index, _) => {
                let Some((_, name, kind)) = self.class.member(index) else { return Vec::new() };
                let tags = self.carried.get(&(name, kind)).map_or(&[][..], Vec::as_slice);
                tags.iter().map(|tag| (*tag, Some(escape(name)))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn joined(&self, machine: &Machine<'_, '_>, text: u32) -> Vec<(u64, Option<String>)> {
        let whole = JOINED | self.method << 32 | u64::from(text);
        let parts = machine.parts(text).into_iter().map(u64::from);
        std::iter::once(whole)
            .chain(parts)
            .filter(|tag| self.wanted.contains(tag))
            .map(|tag| (tag, None))
            .collect()
    }

    fn record(&mut self, machine: &mut Machine<'_, '_>, value: Value, at: u32, what: impl Fn() -> Use) {
        for (tag, indirect) in self.hits(machine, value) {
            if indirect.is_none() {
                self.used.insert(tag);
            }
            if self.records.len() < 1 << 16 {
                self.records.push(Record { tag, at, indirect, what: what() });
            }
        }
    }
}

impl Watch for Uses<'_, '_> {
    fn store(&mut self, machine: &mut Machine<'_, '_>, at: u32, field: u16, value: Value) {
        self.record(machine, value, at, || Use::Field(field));
    }

    fn call(&mut self, machine: &mut Machine<'_, '_>, at: u32, call: &Invoke<'_>) {
        let is_hit =
            |uses: &Self, machine: &mut Machine<'_, '_>, v: &Value| !uses.hits(machine, *v).is_empty();
        if !call.arguments.iter().any(|v| is_hit(self, machine, v)) {
            return;
        }
        let mut descriptor = Vec::with_capacity(call.class.len() + 2);
        descriptor.push(b'L');
        descriptor.extend_from_slice(call.class);
        descriptor.push(b';');
        let callee = Callee {
            class: &descriptor,
            name: call.name,
            is_static: call.is_static,
            is_fluent: !call.is_static && call.descriptor.ends_with(&descriptor),
            arity: call.arguments.len(),
        };
        let holder = if call.is_static && callee.is_static_store() {
            Value::Unknown
        } else if call.is_static || call.receiver == Value::Unknown {
            Value::Answer(call.method, at)
        } else {
            call.receiver
        };
        let method = call.method;
        for (n, &value) in call.arguments.iter().enumerate() {
            match callee.meaning(n) {
                Meaning::Nothing => {}
                Meaning::Argument(role) => {
                    self.record(machine, value, at, || Use::Argument { method, n, role })
                }
                Meaning::Property(key) => {
                    self.record(machine, value, at, || Use::Property { key: key.clone(), holder, method });
                }
                Meaning::Entry { key } => match call.arguments.get(key) {
                    Some(Value::Str(key)) => {
                        self.record(machine, value, at, || Use::Entry { key: *key, holder, method })
                    }
                    _ => self.record(machine, value, at, || Use::Argument { method, n, role: None }),
                },
            }
        }
    }

    fn element(&mut self, machine: &mut Machine<'_, '_>, at: u32, array: Value, index: Value, value: Value) {
        if machine.object(array).is_none_or(|o| o.what != What::Array) {
            return;
        }
        let n = match index {
            Value::Int(n) => u32::try_from(n).ok(),
            _ => None,
        };
        self.record(machine, value, at, || Use::Element { array, n });
    }

    fn answer(&mut self, machine: &mut Machine<'_, '_>, at: u32, value: Value) {
        self.record(machine, value, at, || Use::Returned);
    }

    fn load(&mut self, at: u32, value: Value) {
        if let Value::Str(utf8) = value
            && self.wanted.contains(&u64::from(utf8))
        {
            self.loads.push((u64::from(utf8), at));
        }
    }
}
