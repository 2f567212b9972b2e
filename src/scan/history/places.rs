//! Where objects are in the work tree, and which commits hold them.
//!
//! Asked for the few objects with findings only, after the search. One pass over the trees notes who
//! holds whom; the rest is done in memory: up from the objects to the trees that hold them, then down
//! from the commits, with the first and last commit and the paths of each.

use super::graph::Graph;
use crate::source::git::forest::{Damage, Forest, Object, Visitor};
use crate::source::git::inflate::Inflater;
use crate::source::git::object::{self, Kind};
use crate::source::git::odb::{self, Objects};
use crate::source::git::oid::{self, Oid};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Paths of one object that are kept.
const MAX_PATHS: usize = 16;

/// Where an object is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The first commit that holds it, by its place in the order.
    pub first: Option<u32>,
    /// The last one.
    pub last: Option<u32>,
    pub at_head: bool,
    /// Sorted.
    pub paths: Vec<Arc<[u8]>>,
    /// Its path in the last commit, the smallest if there are several: with the commit, that names no other object.
    pub path: Option<Arc<[u8]>>,
}

/// A line of a tree: `child` is `name` in `parent`. Ids by their first eight bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    child: u64,
    parent: u64,
    name: u32,
}

#[derive(Default)]
struct Noted {
    edges: Vec<Edge>,
    names: HashMap<Box<[u8]>, u32>,
}

/// Notes the lines of trees that name what is looked for, or other trees.
struct Trees<'t> {
    wanted: &'t HashSet<u64>,
    id_len: usize,
    largest: u64,
    noted: Mutex<Noted>,
}

impl Trees<'_> {
    fn note(&self, id: &Oid, bytes: &[u8]) {
        let lines = object::tree(bytes, self.id_len)
            .filter(|line| line.is_tree() || self.wanted.contains(&oid::key(line.id)));
        let mut noted = None;
        for line in lines {
            let noted = noted
                .get_or_insert_with(|| self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            let next = noted.names.len() as u32;
            let name = match noted.names.get(line.name) {
                Some(&name) => name,
                None => {
                    noted.names.insert(line.name.into(), next);
                    next
                }
            };
            noted.edges.push(Edge { child: oid::key(line.id), parent: id.key(), name });
        }
    }
}

impl Visitor for Trees<'_> {
    type State = ();

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Tree
    }

    fn visit(&self, object: &Object<'_, ()>) {
        self.note(&object.id, object.bytes);
    }

    // Told by the search, which reads the same objects.
    fn damaged(&self, _: Damage) {}

    fn largest(&self) -> u64 {
        self.largest
    }
}

/// Finds the places of `wanted`. `forests` are those of the packs of `objects`, in the same order.
pub(super) fn find(
    objects: &Objects,
    forests: &[Forest<'_>],
    graph: &Graph,
    head: Option<Oid>,
    wanted: &HashSet<u64>,
    id_len: usize,
    largest: u64,
) -> HashMap<u64, Place> {
    let trees = Trees { wanted, id_len, largest, noted: Mutex::default() };
    forests.iter().for_each(|forest| forest.walk(&trees, None));
    let (mut inflater, mut bytes) = (Inflater::default(), Vec::new());
    for (id, path) in &objects.loose {
        if matches!(odb::read_loose(path, largest, &mut inflater, &mut bytes), Ok(Kind::Tree)) {
            trees.note(id, &bytes);
        }
    }
    let noted = trees.noted.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut names: Vec<Box<[u8]>> = vec![Box::default(); noted.names.len()];
    noted.names.into_iter().for_each(|(name, n)| names[n as usize] = name);
    resolve(noted.edges, &names, graph, head, wanted)
}

fn resolve(
    mut edges: Vec<Edge>,
    names: &[Box<[u8]>],
    graph: &Graph,
    head: Option<Oid>,
    wanted: &HashSet<u64>,
) -> HashMap<u64, Place> {
    // Up: only what holds something that is wanted matters.
    edges.sort_unstable();
    edges.dedup();
    let above = |child: u64| {
        let from = edges.partition_point(|e| e.child < child);
        edges[from..].iter().take_while(move |e| e.child == child)
    };
    let mut relevant: Vec<Edge> = Vec::new();
    let mut seen: HashSet<u64> = wanted.clone();
    let mut todo: Vec<u64> = wanted.iter().copied().collect();
    while let Some(child) = todo.pop() {
        for &edge in above(child) {
            relevant.push(edge);
            if seen.insert(edge.parent) {
                todo.push(edge.parent);
            }
        }
    }
    // Down, parents first: a tree is done when all that hold it are.
    relevant.sort_unstable_by(|a, b| {
        (a.parent, &names[a.name as usize], a.child).cmp(&(b.parent, &names[b.name as usize], b.child))
    });
    let mut waiting: HashMap<u64, u32> = HashMap::new();
    relevant.iter().for_each(|e| *waiting.entry(e.child).or_default() += 1);
    let mut places: HashMap<u64, Place> = seen.iter().map(|&key| (key, Place::default())).collect();
    for (n, node) in graph.nodes().iter().enumerate() {
        if let Some(place) = places.get_mut(&node.commit.tree.key()) {
            let n = n as u32;
            place.first = Some(place.first.map_or(n, |f| f.min(n)));
            place.last = Some(place.last.map_or(n, |l| l.max(n)));
            place.path = Some(Arc::default());
            place.at_head |= Some(node.id) == head;
        }
    }
    let mut ready: Vec<u64> = seen.iter().copied().filter(|key| !waiting.contains_key(key)).collect();
    ready.sort_unstable();
    while let Some(parent) = ready.pop() {
        let from = relevant.partition_point(|e| e.parent < parent);
        let of_parent = places.get(&parent).cloned().unwrap_or_default();
        for edge in relevant[from..].iter().take_while(|e| e.parent == parent) {
            let Some(place) = places.get_mut(&edge.child) else { continue };
            inherit(place, &of_parent, &names[edge.name as usize]);
            if let Some(left) = waiting.get_mut(&edge.child) {
                *left -= 1;
                if *left == 0 {
                    ready.push(edge.child);
                }
            }
        }
        if !wanted.contains(&parent) {
            places.remove(&parent);
        }
    }
    places.retain(|key, _| wanted.contains(key));
    places
}

/// What a tree knows of itself holds for what is in it.
fn inherit(place: &mut Place, parent: &Place, name: &[u8]) {
    let below = |above: &Arc<[u8]>| -> Arc<[u8]> {
        if above.is_empty() { name.into() } else { [above, &b"/"[..], name].concat().into() }
    };
    place.first = [place.first, parent.first].into_iter().flatten().min();
    if let Some(path) = parent.path.as_ref().filter(|_| parent.last >= place.last).map(below) {
        let known = place.path.take().filter(|known| parent.last == place.last && *known <= path);
        place.path = Some(known.unwrap_or(path));
    }
    place.last = place.last.max(parent.last);
    place.at_head |= parent.at_head;
    let root: [Arc<[u8]>; 1] = [Arc::default()];
    let above = if parent.paths.is_empty() { &root[..] } else { &parent.paths };
    for above in above {
        let path = below(above);
        if let Err(at) = place.paths.binary_search(&path) {
            place.paths.insert(at, path);
        }
    }
    // The smallest stay, whatever the order.
    place.paths.truncate(MAX_PATHS);
}
