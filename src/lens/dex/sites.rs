//! Uses of a hit in a method, said in the author's own terms.

use super::names;
use super::refs::{Wanted, is_full, push_place, type_scopes};
use super::uses::{Holder, Place, Rank, Record, Use, Uses};
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use std::collections::HashSet;

/// Arrays of pairs in maps in fields: hardly deeper.
const MAX_LINKS: usize = 4;

impl Uses<'_, '_, '_> {
    /// Adds a place for each use, and one for each hit that was loaded but not seen to be used.
    /// `next` hears of fields and methods that carry a hit on.
    pub(super) fn finish(mut self, places: &mut [Vec<Place>], next: &mut Wanted) {
        self.add_unused();
        if self.records.is_empty() {
            return;
        }
        let speaker = Speaker::new(&self);
        for record in &self.records {
            match record.what {
                Use::Field(field) if !self.wanted.fields.get(field).contains(&record.hit.hit) => {
                    next.fields.add(field, record.hit.hit);
                }
                Use::Returned => next.methods.add(self.method.id, record.hit.hit),
                _ => {}
            }
            if !is_full(places, record.hit.hit) {
                let rank = Rank {
                    indirect: record.hit.indirect,
                    class: self.method.class,
                    method: self.number,
                    at: record.at,
                };
                push_place(places, record.hit.hit, Place { rank, site: speaker.site(record) });
            }
        }
    }

    fn add_unused(&mut self) {
        let mut told = HashSet::new();
        let ropes = self.wanted.ropes.range((self.number, 0)..=(self.number, u32::MAX));
        let ropes = ropes.flat_map(|(_, (hits, at))| hits.iter().map(|&hit| (hit, *at)));
        let made = self.wanted.made.range((self.number, 0)..=(self.number, u32::MAX));
        let made = made.flat_map(|(&(_, at), hits)| hits.iter().map(move |&hit| (hit, at)));
        let mut unused: Vec<(u32, u32)> = self
            .loads
            .iter()
            .copied()
            .chain(ropes)
            .chain(made)
            .filter(|(hit, _)| !self.used.contains(hit))
            .collect();
        unused.sort_by_key(|&(hit, at)| (at, hit));
        for (hit, at) in unused {
            if told.insert(hit) {
                let hit = super::uses::Hit { hit, field: None, indirect: false };
                self.records.push(Record { hit, at, what: Use::Loaded });
            }
        }
    }

    /// What an object ended up in.
    fn container(&self, made: u32) -> u32 {
        let mut at = made;
        for _ in 0..MAX_LINKS {
            match self.links.get(&at) {
                Some(&next) => at = next,
                None => break,
            }
        }
        at
    }

    fn home(&self, made: u32) -> Option<u32> {
        self.homes.get(&made).or_else(|| self.homes.get(&self.container(made))).copied()
    }
}

/// The names that all sites of one method share.
struct Speaker<'u, 'p, 'd, 'a> {
    uses: &'u Uses<'p, 'd, 'a>,
    class: String,
    /// `com.shop.Aws.client()`.
    method: String,
    /// `getSecret`.
    name: String,
}

impl<'u, 'p, 'd, 'a> Speaker<'u, 'p, 'd, 'a> {
    fn new(uses: &'u Uses<'p, 'd, 'a>) -> Self {
        let dex = uses.program.dex;
        let (class, name) = match dex.method(uses.method.id) {
            Some(id) => (names::class(dex, id.class), names::plain(dex, id.name)),
            None => ("?".into(), "?".into()),
        };
        Speaker { uses, method: format!("{class}.{name}()"), class, name }
    }

    fn site(&self, record: &Record) -> Site {
        let dex = self.uses.program.dex;
        let at = record.at;
        let mut site = Site { name: self.method.clone(), ..Site::default() };
        match &record.what {
            Use::Field(index) => {
                site.scopes.push(self.method_scope(at));
                match dex.field(*index) {
                    Some(id) => {
                        site.name = names::field(dex, id);
                        site.key = Some(names::plain(dex, id.name));
                        site.scopes.extend(type_scopes(&names::class(dex, id.class)));
                    }
                    None => site.scopes.extend(type_scopes(&self.class)),
                }
                return site;
            }
            Use::Argument { method, n, role } => {
                site.role = *role;
                site.key = self.field_name(record);
                site.scopes.push(self.call_scope(*method, at, *n));
            }
            Use::Entry { key, key_hit, holder, method, n } => {
                site.key = Some(names::plain(dex, *key));
                if *key_hit {
                    site.scopes.push(self.call_scope(*method, at, *n));
                }
                site.scopes.push(self.holder_scope(*holder, *method, at));
            }
            Use::Property { key, holder, method } => {
                site.key = Some(key.clone());
                site.scopes.push(self.holder_scope(*holder, *method, at));
            }
            Use::Element { array, n } => {
                let home = self.uses.home(*array).and_then(|index| dex.field(index));
                if let Some(id) = home {
                    site.name = names::field(dex, id);
                    site.key = Some(names::plain(dex, id.name));
                } else {
                    site.key = self.field_name(record);
                }
                site.scopes.push(Scope {
                    class: ScopeClass::Call,
                    id: self.id(&format!("a{array}")),
                    order: Some(n.unwrap_or(at).into()),
                    label: format!("array in {}", self.method),
                });
            }
            Use::Returned => {
                site.key = names::property(&self.name, "get")
                    .or_else(|| names::computed(&self.class, &self.name).map(str::to_owned))
                    .or_else(|| Some(self.name.clone()));
            }
            Use::Loaded => {}
        }
        site.scopes.push(self.method_scope(at));
        site.scopes.extend(type_scopes(&self.class));
        site
    }

    /// The field that an argument was read from says what it is.
    fn field_name(&self, record: &Record) -> Option<String> {
        let dex = self.uses.program.dex;
        Some(names::plain(dex, dex.field(record.hit.field?)?.name))
    }

    /// Named, not local: strings of the pool and strings that are put together are two texts.
    fn id(&self, what: &str) -> ScopeId {
        ScopeId::Named(format!("{}#{}@{what}", self.method, self.uses.method.id))
    }

    fn method_scope(&self, at: u32) -> Scope {
        let label = match self.name.as_str() {
            "<init>" | "<clinit>" => format!("initialiser of {}", self.class),
            _ => format!("method {}", self.method),
        };
        Scope { class: ScopeClass::Method, id: self.id(""), order: Some(at.into()), label }
    }

    fn call_scope(&self, method: u32, at: u32, n: usize) -> Scope {
        let callee = names::method(self.uses.program.dex, method);
        Scope {
            class: ScopeClass::Call,
            id: self.id(&at.to_string()),
            order: Some(n as u64),
            label: format!("call to {callee} in {}", self.method),
        }
    }

    fn holder_scope(&self, holder: Holder, method: u32, at: u32) -> Scope {
        let dex = self.uses.program.dex;
        let holder = match holder {
            Holder::Local(made) => match self.uses.home(made) {
                Some(field) => Holder::Field(field),
                None => Holder::Local(self.uses.container(made)),
            },
            other => other,
        };
        let id = match holder {
            Holder::Local(made) => format!("l{made}"),
            Holder::Param(register) => format!("p{register}"),
            Holder::Field(field) => format!("f{field}"),
            Holder::Class(class) => format!("c{class}"),
        };
        let class = dex.method(method).map(|id| names::class(dex, id.class)).unwrap_or_default();
        let what = match names::simple(&class) {
            simple if simple.ends_with("Map") || simple == "TuplesKt" || simple.ends_with("Pair") => "map",
            simple => simple,
        };
        Scope {
            class: ScopeClass::Call,
            id: self.id(&id),
            order: Some(at.into()),
            label: format!("{what} in {}", self.method),
        }
    }
}
