//! What the pass over the code found, in the author's terms.

use super::file::File;
use super::sweep::{Found, Record, What, sweep};
use crate::address::Address;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::strings::Places;
use std::collections::HashSet;

/// Sites that are kept of one string.
const SITES: usize = 64;
/// Objects in objects that are named.
const DEPTH: usize = 6;

/// Places of the strings of a file; tags are their numbers.
pub struct Code<'p, 'a> {
    pub file: &'p File<'a>,
    pub address: &'p Address,
}

impl Places for Code<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let id = |tag: u64| u32::try_from(tag).unwrap_or(u32::MAX);
        let wanted: HashSet<u32> = tags.iter().map(|&tag| id(tag)).collect();
        let found = sweep(self.file, &wanted);
        let mut by_string: std::collections::HashMap<u32, Vec<Site>> = Default::default();
        for record in &found.records {
            let sites = by_string.entry(record.string).or_default();
            if sites.len() < SITES {
                sites.push(self.site(&found, record));
            }
        }
        tags.iter().map(|&tag| by_string.get(&id(tag)).cloned().unwrap_or_default()).collect()
    }
}

impl Code<'_, '_> {
    fn text(&self, id: u32) -> String {
        self.file.text(id).unwrap_or_default()
    }

    /// `makeClient#12`; functions without a name are `function#12`.
    fn function(&self, id: u32) -> String {
        if id == self.file.global {
            return "global".to_owned();
        }
        let name = self.file.function(id).map(|f| self.text(f.name)).unwrap_or_default();
        format!("{}#{id}", if name.is_empty() { "function" } else { &name })
    }

    fn scope(&self, class: ScopeClass, what: &str, order: Option<u64>, label: String) -> Scope {
        Scope { class, id: ScopeId::Named(format!("hermes {} {what}", self.address)), order, label }
    }

    fn site(&self, found: &Found, record: &Record) -> Site {
        let f = record.function;
        let function = self.function(f);
        let order = Some(u64::from(record.at));
        let mut site = Site { name: function.clone(), ..Site::default() };
        // `prod ? id1 : id2` and `prod ? secret1 : secret2`: what the same test chooses.
        if let Some((test, n)) = record.choice {
            let label = format!("one branch of a choice in {function}");
            site.scopes.push(self.scope(ScopeClass::Call, &format!("f{f} ?{test:x} {n}"), order, label));
        }
        let object = |class, identity: u64, label: String| {
            self.scope(class, &format!("f{f} o{identity:x}"), order, label)
        };
        match &record.what {
            What::Property { object: identity, holder, name } => {
                let key = self.text(*name);
                let (path, around) = self.path(found, f, *identity);
                let path =
                    if path.is_empty() { holder.map(|h| self.text(h)).unwrap_or_default() } else { path };
                let dot = if path.is_empty() { "" } else { "." };
                site.name = format!("{function} {path}{dot}{key}");
                site.key = Some(key);
                let label = if path.is_empty() { "object".to_owned() } else { format!("object {path}") };
                site.scopes.push(object(ScopeClass::Object, *identity, format!("{label} in {function}")));
                site.scopes.extend(
                    around.iter().map(|&o| object(ScopeClass::Parent, o, format!("object in {function}"))),
                );
            }
            What::Key { object: identity } => {
                site.name = format!("{function} (a property's name)");
                site.scopes.push(object(ScopeClass::Object, *identity, format!("object in {function}")));
            }
            What::Element { array, n } => {
                let (path, around) = self.path(found, f, *array);
                site.name = format!("{function} {path}[{n}]");
                site.key = path.rsplit('.').next().filter(|p| !p.is_empty()).map(str::to_owned);
                let id = format!("f{f} o{array:x}");
                let label = format!("array {path} in {function}").replace("  ", " ");
                site.scopes.push(self.scope(ScopeClass::Call, &id, Some((*n).into()), label));
                site.scopes.extend(
                    around.iter().map(|&o| object(ScopeClass::Parent, o, format!("object in {function}"))),
                );
            }
            What::Argument { call, n, callee, key, this } => {
                let callee = callee.map_or_else(|| "function".to_owned(), |id| self.text(id));
                site.key = key.map(|id| self.text(id));
                site.name = match &site.key {
                    Some(key) => format!("{function} {callee}({key})"),
                    None => format!("{function} {callee}()"),
                };
                let label = format!("call to {callee}() in {function}");
                let id = format!("f{f} c{call}");
                site.scopes.push(self.scope(ScopeClass::Call, &id, Some((*n).into()), label));
                if site.key.is_some() {
                    site.scopes.push(object(ScopeClass::Object, *this, format!("object in {function}")));
                }
            }
            What::Returned => {
                let name = function.split('#').next().unwrap_or_default();
                let property =
                    name.strip_prefix("get").filter(|p| p.starts_with(|c: char| c.is_ascii_uppercase()));
                site.key =
                    Some(property.unwrap_or(name).to_owned()).filter(|k| k != "function" && k != "global");
            }
            What::Loaded => {}
        }
        let label =
            if f == self.file.global { "the global code".to_owned() } else { format!("function {function}") };
        site.scopes.push(self.scope(ScopeClass::Method, &format!("f{f}"), order, label));
        // A module is a function, and what it holds are functions in it.
        if f != self.file.global {
            let label = format!("function {function}");
            site.scopes.push(self.scope(ScopeClass::Type, &format!("t{f}"), None, label));
            if let Some(&parent) = found.parents.get(&f).filter(|p| **p != self.file.global) {
                let label = format!("function {}", self.function(parent));
                site.scopes.push(self.scope(ScopeClass::Type, &format!("t{parent}"), None, label));
            }
        }
        site
    }

    /// The names under which an object was put into others, and those others, innermost first.
    fn path(&self, found: &Found, function: u32, object: u64) -> (String, Vec<u64>) {
        let (mut names, mut around) = (Vec::new(), Vec::new());
        let mut at = object;
        while names.len() < DEPTH
            && let Some(&(outer, name)) = found.links.get(&(function, at))
        {
            names.push(self.text(name));
            // The global object and the like hold everything.
            if found.links.contains_key(&(function, outer)) || names.len() == 1 && outer > 64 {
                around.push(outer);
            }
            at = outer;
        }
        names.reverse();
        (names.join("."), around)
    }
}
