//! Objects that hold each other by key or position, and the paths to what was hit.
//!
//! One graph serves binary property lists, keyed archives (in which the author's dictionaries and
//! objects are rebuilt from `NS.keys`, `NS.objects` and references) and compiled nibs.

use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use std::collections::HashSet;

/// How a value stands in what holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Under a name.
    Key(String),
    /// The name itself.
    Name,
    Index(u64),
    /// Inside: a string in an object that only wraps it.
    Inside,
}

/// One holder of a value.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) holder: usize,
    pub(super) step: Step,
    pub(super) order: u64,
}

/// What a graph is asked for: holders of nodes, and what siblings are called.
pub(super) trait Graph {
    /// The places where a node stands.
    fn holders(&self, node: usize) -> Vec<Edge>;
    /// Whether a node is an array or set.
    fn is_array(&self, node: usize) -> bool;
    /// The class of a node, where it has one.
    fn class(&self, node: usize) -> Option<String>;
    /// The string under a key of a node.
    fn member(&self, node: usize, key: &str) -> Option<String>;
}

/// Places named for one value.
const MAX_SITES: usize = 8;
/// Holders within holders that are followed.
const MAX_DEPTH: usize = 32;
/// Holders of one value that are scopes.
const MAX_SCOPES: usize = 8;
/// Names that say no more than that this is the value, and the siblings that name it.
const VALUES: &[&str] =
    &["defaultvalue", "value", "string", "text", "val", "data", "uivalue", "payload", "content", "default"];
const NAMES: &[&str] = &[
    "Key",
    "key",
    "Name",
    "name",
    "UIKeyPath",
    "keyPath",
    "KeyPath",
    "Identifier",
    "identifier",
    "PayloadKey",
    "acct",
    "account",
    "title",
    "Title",
    "NSKeyPath",
    "NSName",
];

/// The sites of a node. `prefix` is the path of the whole graph in something else, `id` tells
/// graphs of one text apart.
pub(super) fn sites(graph: &dyn Graph, node: usize, prefix: &str, id: u64) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for edge in unwrapped(graph, node).into_iter().take(MAX_SITES) {
        let site = site(graph, &edge, prefix, id);
        if !sites.contains(&site) {
            sites.push(site);
        }
    }
    sites
}

/// The holders of a node, seen through objects that only wrap it.
fn unwrapped(graph: &dyn Graph, node: usize) -> Vec<Edge> {
    let mut found = Vec::new();
    let mut open = vec![(node, 0)];
    let mut seen = HashSet::new();
    while let Some((node, depth)) = open.pop() {
        if !seen.insert(node) || found.len() >= MAX_SITES {
            continue;
        }
        for edge in graph.holders(node).into_iter().take(MAX_SITES) {
            if edge.step == Step::Inside && depth < 4 {
                open.push((edge.holder, depth + 1));
            } else {
                found.push(edge);
            }
        }
    }
    found
}

fn site(graph: &dyn Graph, edge: &Edge, prefix: &str, id: u64) -> Site {
    // From the value outwards; the first way to each holder.
    let mut chain = vec![edge.clone()];
    let mut seen = HashSet::from([edge.holder]);
    while chain.len() < MAX_DEPTH {
        let Some(next) = chain.last().and_then(|e| unwrapped(graph, e.holder).into_iter().next()) else {
            break;
        };
        if !seen.insert(next.holder) {
            break;
        }
        chain.push(next);
    }
    // `paths[n]` is that of the holder of `chain[n]`.
    let mut paths = Vec::with_capacity(chain.len());
    let mut path = prefix.to_owned();
    for e in chain.iter().rev() {
        paths.push(path.clone());
        match &e.step {
            Step::Key(key) => path.push_str(&format!("/{}", clip(key).replace('~', "~0").replace('/', "~1"))),
            Step::Name => path.push_str("/(key)"),
            Step::Index(i) => path.push_str(&format!("/{i}")),
            Step::Inside => {}
        }
    }
    paths.reverse();
    let mut key = chain.iter().find_map(|e| match &e.step {
        Step::Key(key) => Some(clip(key)),
        _ => None,
    });
    if let Step::Key(own) = &edge.step
        && VALUES.contains(&own.to_ascii_lowercase().as_str())
    {
        let named = NAMES.iter().filter(|n| *n != own).find_map(|n| graph.member(edge.holder, n));
        key = named.filter(|n| !n.is_empty() && n.len() <= 128).or(key);
    }
    if edge.step == Step::Name {
        key = None;
    }
    let mut scopes = Vec::new();
    for (n, e) in chain.iter().enumerate().take(MAX_SCOPES) {
        let array = graph.is_array(e.holder);
        let class = match (n, array) {
            (0, true) => ScopeClass::Call,
            (0, false) => ScopeClass::Object,
            _ => ScopeClass::Parent,
        };
        let what = match graph.class(e.holder) {
            Some(name) => clip(&name),
            None if array => "array".to_owned(),
            None => "dictionary".to_owned(),
        };
        let at = paths.get(n).filter(|p| !p.is_empty()).map_or("/", |p| p.as_str());
        scopes.push(Scope {
            class,
            id: ScopeId::Local(id.saturating_add(e.holder as u64)),
            order: Some(if n == 0 { e.order } else { chain[n].order }),
            label: format!("{what} {at}"),
        });
    }
    Site { name: if path.is_empty() { "/".to_owned() } else { path }, key, role: None, scopes }
}

fn clip(name: &str) -> String {
    match name.char_indices().nth(128) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
