//! What a range of commits brought: read object by object, as a range is mostly small.

use super::graph::{self, Graph, Node};
use super::places::Place;
use super::{Read, Search, lock};
use crate::ledger::Reason;
use crate::source::git::object::{self, Kind};
use crate::source::git::odb::{ReadError, Reader};
use crate::source::git::oid::Oid;
use crate::source::git::refs;
use rayon::prelude::*;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// A range of commits, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// What can be reached from these …
    pub include: Vec<String>,
    /// … and not from these.
    pub exclude: Vec<String>,
}

/// Folders within folders.
const MAX_DEPTH: u32 = 512;
/// Bytes that are read before they are searched on all threads.
const BATCH: usize = 8 << 20;

/// A file that the range brought.
struct New {
    id: Oid,
    path: Arc<[u8]>,
    commit: u32,
}

/// Searches what the range brought; an error says what is wrong with it.
pub(super) fn search(search: &Search<'_, '_>, range: &Range) -> Result<(), String> {
    let objects = &search.repository.objects;
    let reader = Reader::new(objects, search.scanner.options.limits.entry_bytes);
    let with_prefix = |hex: &str| objects.with_prefix(hex);
    let resolve = |text: &String| refs::resolve(&search.repository.refs, &reader, &with_prefix, text);
    let include = range.include.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
    let exclude = range.exclude.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;

    let mut walk = Walk { search, reader: &reader, seen: HashSet::new(), news: Vec::new() };
    let (nodes, borders) = walk.commits(&include, &exclude);
    let graph = Arc::new(Graph::new(nodes));
    // What the commits before the range have is not new.
    for border in borders {
        if let Ok(bytes) = reader.read_as(&border, Kind::Commit)
            && let Some(commit) = object::commit(&bytes)
        {
            walk.tree(&commit.tree, None, &mut Vec::new(), MAX_DEPTH);
        }
    }
    for (n, node) in graph.nodes().iter().enumerate() {
        walk.tree(&node.commit.tree, Some(n as u32), &mut Vec::new(), MAX_DEPTH);
    }
    let mut news = std::mem::take(&mut walk.news);
    news.extend(graph.nodes().iter().enumerate().map(|(n, node)| New {
        id: node.id,
        path: Arc::default(),
        commit: n as u32,
    }));
    let picked: HashMap<Oid, Kind> = HashMap::new();
    let places = news.iter().filter(|new| !new.path.is_empty()).map(|new| {
        let place = Place {
            first: Some(new.commit),
            last: Some(new.commit),
            at_head: false,
            paths: vec![new.path.clone()],
            path: Some(new.path.clone()),
        };
        (new.id.key(), place)
    });
    let places = places.collect();
    let waiting = AtomicUsize::new(0);
    let read = Read { search, graph: graph.clone(), places, picked: &picked, waiting };
    let mut batch: Vec<(Oid, Kind, Arc<Vec<u8>>)> = Vec::new();
    let mut size = 0;
    for new in &news {
        match reader.read(&new.id) {
            Ok((kind, bytes)) => {
                size += bytes.len();
                batch.push((new.id, kind, bytes));
            }
            Err(e) => walk.unread(&new.id, &e),
        }
        if size > BATCH {
            size = 0;
            let full = std::mem::take(&mut batch);
            full.par_iter().for_each(|(id, kind, bytes)| read.object(*id, *kind, bytes));
        }
    }
    batch.par_iter().for_each(|(id, kind, bytes)| read.object(*id, *kind, bytes));
    last_commits(search, &graph, &reader);
    Ok(())
}

/// How long what was found stayed: looked up by its path, in the commits that follow, and at `HEAD`.
fn last_commits(search: &Search<'_, '_>, graph: &Graph, reader: &Reader<'_>) {
    let tree_of = |id: &Oid| object::commit(&reader.read_as(id, Kind::Commit).ok()?).map(|c| c.tree);
    let head = search.repository.head().as_ref().and_then(tree_of);
    let id_len = search.repository.hash.id_len();
    let mut records = lock(&search.collected.records);
    for record in records.values_mut() {
        let (Some(path), Some(first)) = (record.place.paths.first().cloned(), record.place.first) else {
            continue;
        };
        let holds = |tree: &Oid| lookup(reader, tree, &path, id_len) == Some(record.id);
        let after = graph.nodes().iter().enumerate().skip(first as usize);
        record.place.last = after.filter(|(_, n)| holds(&n.commit.tree)).map(|(n, _)| n as u32).next_back();
        record.place.at_head = head.as_ref().is_some_and(holds);
    }
}

/// The id of what is at a path.
pub(super) fn lookup(reader: &Reader<'_>, tree: &Oid, path: &[u8], id_len: usize) -> Option<Oid> {
    let mut at = *tree;
    for name in path.split(|&b| b == b'/') {
        let bytes = reader.read_as(&at, Kind::Tree).ok()?;
        let line = object::tree(&bytes, id_len).find(|line| line.name == name)?;
        at = Oid::new(line.id);
    }
    Some(at)
}

/// Commits that are to be looked at, the newest first.
struct Queue {
    /// All that were ever in the queue; `None` for those that cannot be read.
    nodes: HashMap<Oid, Option<Node>>,
    excluded: HashSet<Oid>,
    heap: BinaryHeap<(i64, Oid)>,
}

impl Queue {
    fn parents(&self, id: &Oid) -> Vec<Oid> {
        self.nodes.get(id).and_then(|n| n.as_ref()).map(|n| n.commit.parents.clone()).unwrap_or_default()
    }

    /// Excludes a commit and, as far as they have been looked at, those before it.
    fn exclude(&mut self, id: Oid, done: &HashSet<Oid>) {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if self.excluded.insert(id) && done.contains(&id) {
                todo.extend(self.parents(&id));
            }
        }
    }
}

struct Walk<'w, 's, 'p> {
    search: &'w Search<'s, 'p>,
    reader: &'w Reader<'w>,
    /// Trees and files that are not new any more.
    seen: HashSet<Oid>,
    news: Vec<New>,
}

impl Walk<'_, '_, '_> {
    fn unread(&self, id: &Oid, error: &ReadError) {
        let reason = match error {
            ReadError::Limit => Reason::Limit,
            ReadError::Damaged(_) => Reason::Damaged,
            ReadError::Missing => return self.search.missing(id),
        };
        self.search.skip(self.search.bare(id), None, reason, format!("object {id} {error}"));
    }

    /// The commits of the range, and those right before it. Newest first by date, until only excluded
    /// ones are left: clocks that went backwards make the range larger, never smaller.
    fn commits(&self, include: &[Oid], exclude: &[Oid]) -> (Vec<Node>, Vec<Oid>) {
        let mut queue = Queue { nodes: HashMap::new(), excluded: HashSet::new(), heap: BinaryHeap::new() };
        for id in exclude {
            queue.excluded.insert(*id);
            self.enqueue(*id, &mut queue);
        }
        include.iter().for_each(|id| self.enqueue(*id, &mut queue));
        let mut done: HashSet<Oid> = HashSet::new();
        while let Some((_, id)) = queue.heap.pop() {
            done.insert(id);
            let parents = queue.parents(&id);
            let is_excluded = queue.excluded.contains(&id);
            for parent in parents {
                if is_excluded {
                    queue.exclude(parent, &done);
                }
                self.enqueue(parent, &mut queue);
            }
            if is_excluded && queue.heap.iter().all(|(_, id)| queue.excluded.contains(id)) {
                break;
            }
        }
        let Queue { nodes, excluded, .. } = queue;
        let nodes: Vec<Node> = nodes
            .into_iter()
            .filter(|(id, _)| done.contains(id) && !excluded.contains(id))
            .filter_map(|(_, node)| node)
            .collect();
        let mut borders: Vec<Oid> = nodes
            .iter()
            .flat_map(|n| &n.commit.parents)
            .filter(|id| excluded.contains(id))
            .copied()
            .collect();
        borders.sort_unstable();
        borders.dedup();
        (nodes, borders)
    }

    fn enqueue(&self, id: Oid, queue: &mut Queue) {
        if queue.nodes.contains_key(&id) {
            return;
        }
        let node = match self.reader.read_as(&id, Kind::Commit) {
            Ok(bytes) => graph::node(id, &bytes, self.search.scanner.options.history.authors),
            // An excluded commit that is not here leaves out nothing.
            Err(_) if queue.excluded.contains(&id) => None,
            Err(e) => {
                self.unread(&id, &e);
                None
            }
        };
        if let Some(node) = &node {
            queue.heap.push((node.commit.date, id));
        }
        queue.nodes.insert(id, node);
    }

    fn tree(&mut self, id: &Oid, commit: Option<u32>, path: &mut Vec<u8>, depth: u32) {
        if !self.seen.insert(*id) {
            return;
        }
        let bytes = match self.reader.read_as(id, Kind::Tree) {
            Ok(bytes) => bytes,
            Err(e) => {
                if commit.is_some() {
                    self.unread(id, &e);
                }
                return;
            }
        };
        for line in object::tree(&bytes, self.search.repository.hash.id_len()) {
            let child = Oid::new(line.id);
            let len = path.len();
            if len > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(line.name);
            if line.is_tree() {
                if depth > 0 {
                    self.tree(&child, commit, path, depth - 1);
                }
            } else if !line.is_submodule()
                && self.seen.insert(child)
                && let Some(commit) = commit
            {
                self.news.push(New { id: child, path: path.as_slice().into(), commit });
            }
            path.truncate(len);
        }
    }
}
