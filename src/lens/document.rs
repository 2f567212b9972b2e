//! Sites of a text that is a document: key paths from the syntaxes of [`super::config`].

use super::config::{Object, SYNTAXES, Syntax};
use crate::blob::{Scope, ScopeClass, ScopeId, Site, Sites};
use std::ops::Range;

/// Names places in a text by the first syntax that reads it.
pub struct DocumentSites<'n> {
    file_name: &'n [u8],
}

impl<'n> DocumentSites<'n> {
    /// Sites of a text whose file has this name, a hint to its syntax.
    pub fn new(file_name: &'n [u8]) -> Self {
        DocumentSites { file_name }
    }
}

impl Sites for DocumentSites<'_> {
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let Some(syntax) = syntax(text, self.file_name) else {
            return vec![Vec::new(); spans.len()];
        };
        let places = syntax.locate(text, spans);
        debug_assert_eq!(places.len(), spans.len(), "{}", syntax.name());
        places
            .into_iter()
            .map(|place| {
                place
                    // The whole of a document is no place.
                    .filter(|p| !p.path.is_empty() || p.key.is_some())
                    .map(|p| {
                        let scopes = scopes(p.objects, p.value.start);
                        vec![Site { name: p.path, key: p.key, role: None, scopes }]
                    })
                    .unwrap_or_default()
            })
            .collect()
    }
}

/// The first syntax that reads a text.
pub fn syntax(text: &[u8], file_name: &[u8]) -> Option<&'static dyn Syntax> {
    SYNTAXES.iter().copied().find(|s| s.reads(text, file_name))
}

/// The objects around a value: the innermost as its object, those around that as parents.
fn scopes(objects: Vec<Object>, at: usize) -> Vec<Scope> {
    objects
        .into_iter()
        .enumerate()
        .map(|(depth, object)| Scope {
            class: if depth == 0 { ScopeClass::Object } else { ScopeClass::Parent },
            id: ScopeId::Local(object.start as u64),
            order: Some(at as u64),
            label: object.label,
        })
        .collect()
}

/// Most places that are kept of one value.
pub const MAX_SITES: usize = 64;

/// Places inside a value that itself stands in several places.
pub fn nest(outer: &[Site], inner: &[Site]) -> Vec<Site> {
    let mut all = Vec::new();
    for o in outer {
        for i in inner {
            if all.len() == MAX_SITES {
                return all;
            }
            let joint = if i.name.starts_with('/') { "" } else { " " };
            all.push(Site {
                name: format!("{}{joint}{}", o.name, i.name),
                key: i.key.clone().or_else(|| o.key.clone()),
                role: i.role.or(o.role),
                scopes: i.scopes.iter().cloned().chain(o.scopes.iter().cloned().map(around)).collect(),
            });
        }
    }
    all
}

/// A scope of an encoded value, as its contents see it: what holds the value says less of two things
/// inside it than their own scopes do.
fn around(scope: Scope) -> Scope {
    let class = match scope.class {
        ScopeClass::Call | ScopeClass::Object | ScopeClass::Method => ScopeClass::Parent,
        class => class,
    };
    Scope { class, ..scope }
}
