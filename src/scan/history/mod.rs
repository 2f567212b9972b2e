//! The history of a repository: every object of it, whatever refers to it.
//!
//! First all objects are looked at in one pass over each pack, and those are picked that something may
//! be in. Then, for these alone, the trees are asked for paths and commits, and they are searched like
//! any other blob, each an artifact of its own. See `docs/git.md`.

mod filter;
mod graph;
mod places;
mod range;
mod staged;
mod tell;
mod work_tree;

pub use range::Range;
pub(super) use tell::{Record, tell};
pub(super) use work_tree::WorkTree;

use super::{Collected, GitTarget, Progress, Scanner};
use crate::address::{self, Address};
use crate::blob::Blob;
use crate::ledger::{Ledger, Reason};
use crate::source::git::Repository;
use crate::source::git::delta::Piece;
use crate::source::git::forest::{Damage, Forest, Made, Object, Visitor};
use crate::source::git::inflate::Inflater;
use crate::source::git::object::{self, Kind};
use crate::source::git::odb::{self, Loose, Problem, ReadError};
use crate::source::git::oid::Oid;
use crate::triage;
use filter::{Filter, State, Verdict};
use graph::{Graph, Node};
use places::Place;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What of the history of repositories is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Leave it out.
    pub off: bool,
    /// Tell names and addresses of authors.
    pub authors: bool,
    /// Tell every version of a file that a finding is in, not only the last.
    pub every_version: bool,
    /// Search every object as a whole: slow, and what everything else is tested against.
    pub brute_force: bool,
}

/// The search of one repository.
struct Search<'s, 'p> {
    scanner: &'s Scanner<'p>,
    repository: &'s Repository,
    /// As addresses have it.
    name: Box<[u8]>,
    collected: &'s Collected,
    progress: &'s Progress,
    commits: Mutex<Vec<Node>>,
    /// Objects that something may be in, by id.
    picked: Mutex<HashMap<Oid, Kind>>,
    /// Objects that trees name and that are not here.
    missing: Mutex<HashSet<Oid>>,
    /// The files that are searched beside it.
    work_tree: Option<&'s WorkTree>,
}

/// Missing objects that are told one by one.
const MAX_MISSING: usize = 1000;

impl<'p> Scanner<'p> {
    /// Searches the history in a git folder, with the work tree that is searched beside it.
    pub(super) fn repository(
        &self,
        git_dir: &Path,
        work_tree: Option<&WorkTree>,
        collected: &Collected,
        progress: &Progress,
    ) {
        if self.options.history.off {
            let mut ledger = Ledger::default();
            let detail = "git objects: history is left out, as asked";
            ledger.skipped(Address::file(&git_dir.join("objects")), None, Reason::Ignored, detail);
            return collected.add(Vec::new(), ledger);
        }
        let repository = Repository::open(git_dir);
        let name = name_of(work_tree.map_or(git_dir, WorkTree::root));
        Search { work_tree, ..self.search_in(&repository, name, collected, progress) }.run();
    }

    /// Searches what the user named of a repository or bundle: all of it, or a range. Nothing read is
    /// never nothing found.
    pub(super) fn history(
        &self,
        target: &GitTarget,
        range: Option<&Range>,
        collected: &Collected,
        progress: &Progress,
    ) {
        let is_bundle = target.git_dir.is_file();
        let repository = if is_bundle {
            match Repository::of_bundle(&target.git_dir) {
                Ok(repository) => repository,
                Err(e) => {
                    let mut ledger = Ledger::default();
                    ledger.skipped(Address::file(&target.git_dir), None, Reason::Damaged, e);
                    return collected.add(Vec::new(), ledger);
                }
            }
        } else {
            Repository::open(&target.git_dir)
        };
        let name = if is_bundle {
            Address::file(&target.git_dir).inner_path().into()
        } else {
            name_of(&target.named)
        };
        let search = self.search_in(&repository, name, collected, progress);
        if repository.is_empty() {
            let detail = "no objects: nothing of its history was read".to_owned();
            search.skip(Address::file(&target.git_dir), None, Reason::Unreadable, detail);
        }
        match range {
            None => search.run(),
            Some(range) => {
                search.tell_problems();
                if let Err(e) = range::search(&search, range) {
                    search.skip(Address::file(&target.git_dir), None, Reason::Unreadable, e);
                }
            }
        }
    }

    /// Searches a repository that was met in an artifact.
    pub(super) fn search_part(
        &self,
        repository: &Repository,
        address: &Address,
        collected: &Collected,
        progress: &Progress,
    ) {
        let name = address.to_string().into_bytes().into();
        self.search_in(repository, name, collected, progress).run();
    }

    fn search_in<'s>(
        &'s self,
        repository: &'s Repository,
        name: Box<[u8]>,
        collected: &'s Collected,
        progress: &'s Progress,
    ) -> Search<'s, 'p> {
        Search {
            scanner: self,
            repository,
            name,
            collected,
            progress,
            commits: Mutex::default(),
            picked: Mutex::default(),
            missing: Mutex::default(),
            work_tree: None,
        }
    }
}

/// What addresses call the repository in a git folder: its work tree, where it is in one.
fn name_of(git_dir: &Path) -> Box<[u8]> {
    let path = match (git_dir.file_name(), git_dir.parent()) {
        (Some(name), Some(parent)) if name == ".git" => parent,
        _ => git_dir,
    };
    let is_here = path.components().all(|c| matches!(c, std::path::Component::CurDir));
    let path: PathBuf = match std::fs::canonicalize(path) {
        Ok(real) if is_here => real.file_name().map_or_else(|| path.to_owned(), PathBuf::from),
        _ => path.to_owned(),
    };
    Address::file(&path).inner_path().into()
}

impl Search<'_, '_> {
    fn run(&self) {
        let repository = self.repository;
        self.tell_problems();
        let packs = &repository.objects.packs;
        let forests: Vec<Forest<'_>> = packs.par_iter().map(Forest::new).collect();
        for (n, forest) in forests.iter().enumerate() {
            forest.walk(&Pick { search: self, pack: n }, None);
        }
        self.pick_loose();
        for pack in packs.iter().filter(|p| p.bytes.has_shrunk()) {
            let address = Address::file(&repository.common.join("objects/pack").join(&pack.name));
            self.skip(address, None, Reason::Unreadable, "the pack was cut while it was read".into());
        }
        let picked = std::mem::take(&mut *lock(&self.picked));
        let graph = Arc::new(Graph::new(std::mem::take(&mut *lock(&self.commits))));
        self.tell_missing(&graph);
        self.search_left(&|id| picked.contains_key(id));
        if picked.is_empty() {
            return;
        }
        let wanted: HashSet<u64> =
            picked.iter().filter(|(_, kind)| **kind == Kind::Blob).map(|(id, _)| id.key()).collect();
        let (objects, limits) = (&repository.objects, &self.scanner.options.limits);
        let places = places::find(
            objects,
            &forests,
            &graph,
            repository.head(),
            &wanted,
            repository.hash.id_len(),
            limits.entry_bytes,
        );
        let read = Read { search: self, graph, places, picked: &picked, waiting: AtomicUsize::new(0) };
        for (n, forest) in forests.iter().enumerate() {
            let index = &packs[n].index;
            let wanted = |position| {
                picked.contains_key(&index.oid(position)) && self.is_first(n, &index.oid(position))
            };
            rayon::scope(|scope| {
                let visitor = ReadPack { read: &read, pack: n, scope };
                forest.walk(&visitor, Some(&wanted));
            });
        }
        let loose: Vec<_> = objects.loose.iter().filter(|(id, _)| picked.contains_key(id)).collect();
        loose.par_iter().for_each_init(Inflater::default, |inflater, (id, path)| {
            let mut bytes = Vec::new();
            if !self.is_packed(id)
                && let Ok(kind) = odb::read_loose(path, limits.entry_bytes, inflater, &mut bytes)
            {
                read.object(**id, kind, &bytes);
            }
        });
    }

    /// Searches the files of the work tree that were left to the history and are not the same, or hold
    /// something.
    fn search_left(&self, is_picked: &dyn Fn(&Oid) -> bool) {
        let Some(work_tree) = self.work_tree else { return };
        let (again, count, bytes) = work_tree.settle(is_picked);
        let root = work_tree.root().as_os_str().len();
        again
            .par_iter()
            .for_each(|path| self.scanner.file(&path.clone().into(), root, self.collected, self.progress));
        if count > 0 {
            let detail =
                format!("files that are the same as objects of the history, which were searched: {count}");
            self.skip(Address::file(work_tree.root()), Some(bytes), Reason::Duplicate, detail);
        }
    }

    fn tell_problems(&self) {
        let repository = self.repository;
        for Problem { path, reason, detail } in repository.problems.iter().chain(&repository.objects.problems)
        {
            self.skip(Address::file(path), None, *reason, detail.clone());
        }
        for (name, id) in &repository.refs.by_name {
            if !repository.objects.has(id.as_bytes()) {
                let detail =
                    format!("{} names object {id}, which is not here", address::escape(name.as_bytes()));
                self.skip(self.bare(id), None, Reason::Unreadable, detail);
            }
        }
    }

    fn pick_loose(&self) {
        let largest = self.scanner.options.limits.entry_bytes;
        let loose: Vec<_> = self.repository.objects.loose.iter().collect();
        loose.par_iter().for_each_init(Inflater::default, |inflater, (id, path)| {
            let mut bytes = Vec::new();
            let read = odb::read_loose(path, largest, inflater, &mut bytes);
            if self.is_packed(id) {
                let address = match path {
                    Loose::File(path) => Address::file(path),
                    Loose::Held(_) => self.bare(id),
                };
                return self.skip(
                    address,
                    Some(bytes.len() as u64),
                    Reason::Duplicate,
                    "in a pack too".into(),
                );
            }
            match read {
                Ok(kind) => {
                    self.pick(**id, kind, &bytes, None);
                    if kind == Kind::Tree {
                        self.check_lines(&bytes, None);
                    }
                }
                Err(e) => {
                    let reason = if e == ReadError::Limit { Reason::Limit } else { Reason::Damaged };
                    self.skip(self.bare(id), None, reason, format!("loose object {id}: {e}"));
                }
            }
        });
    }

    /// Whether pack `n` is the one in which an object is searched.
    fn is_first(&self, n: usize, id: &Oid) -> bool {
        self.repository.objects.packs[..n].iter().all(|p| p.index.find(id.as_bytes()).is_none())
    }

    fn is_packed(&self, id: &Oid) -> bool {
        self.repository.objects.packs.iter().any(|p| p.index.find(id.as_bytes()).is_some())
    }

    /// The address of an object of which no more is known.
    fn bare(&self, id: &Oid) -> Address {
        self.address(&id.short(), b"")
    }

    fn address(&self, id: &str, path: &[u8]) -> Address {
        let repository = self.name.clone();
        Address::object(address::Object { repository, path: path.into(), id: id.into() })
    }

    fn skip(&self, address: Address, bytes: Option<u64>, reason: Reason, detail: String) {
        let mut ledger = Ledger::default();
        ledger.skipped(address, bytes, reason, detail);
        self.collected.add(Vec::new(), ledger);
    }

    /// Tells of an object that others name and that is not here.
    fn missing(&self, id: &Oid) {
        let (reason, why) = match self.repository.gap {
            Some(gap) => (gap.reason(), gap.words()),
            None => (Reason::Unreadable, "named by others and not here"),
        };
        self.skip(self.bare(id), None, reason, format!("object {id}: {why}"));
    }

    /// Notes which objects a tree names that are not here. Of a tree that was made from another, only the
    /// lines that are new are looked at: the others were there.
    fn check_lines(&self, bytes: &[u8], pieces: Option<&[Piece]>) {
        let mut pieces = pieces.unwrap_or_default().iter().peekable();
        let mut lines = object::tree(bytes, self.repository.hash.id_len());
        let mut start = 0;
        while let Some(line) = lines.next() {
            let end = lines.offset(bytes);
            while pieces.peek().is_some_and(|p| p.range().end <= start) {
                pieces.next();
            }
            let is_old = pieces.peek().is_some_and(|p| p.from.is_some() && end <= p.range().end);
            if !is_old && !line.is_submodule() && !self.repository.objects.has(line.id) {
                lock(&self.missing).insert(Oid::new(line.id));
            }
            start = end;
        }
    }

    /// Tells of what is missing, all in all.
    fn tell_missing(&self, graph: &Graph) {
        let mut missing = std::mem::take(&mut *lock(&self.missing));
        let objects = &self.repository.objects;
        for node in graph.nodes() {
            let named = node.commit.parents.iter().chain(std::iter::once(&node.commit.tree));
            missing.extend(named.filter(|id| !objects.has(id.as_bytes())));
        }
        let mut ids: Vec<Oid> = missing.into_iter().collect();
        ids.sort_unstable();
        ids.iter().take(MAX_MISSING).for_each(|id| self.missing(id));
        if let Some(more) = ids.len().checked_sub(MAX_MISSING).filter(|n| *n > 0) {
            let reason = self.repository.gap.map_or(Reason::Unreadable, |g| g.reason());
            let address = Address::file(&self.repository.git_dir);
            self.skip(
                address,
                None,
                reason,
                format!("{more} more objects that others name and that are not here"),
            );
        }
    }

    /// Looks at an object for the first time: is anything in it?
    fn pick(&self, id: Oid, kind: Kind, bytes: &[u8], made: Option<&Made<'_, State>>) -> State {
        if kind == Kind::Commit {
            match graph::node(id, bytes, self.scanner.options.history.authors) {
                Some(node) => lock(&self.commits).push(node),
                None => {
                    self.skip(self.bare(&id), None, Reason::Damaged, format!("commit {id} names no tree"))
                }
            }
        }
        let (text, made) = match kind {
            Kind::Tree => return State::default(),
            Kind::Blob => {
                if let Some(work_tree) = self.work_tree {
                    work_tree.saw(&id, bytes.len() as u64);
                }
                (bytes, made)
            }
            // Of these only the message is searched, and it is short.
            Kind::Commit | Kind::Tag => (&bytes[object::message_start(bytes)..], None),
        };
        if self.scanner.options.history.brute_force {
            lock(&self.picked).insert(id, kind);
            return State::default();
        }
        let limits = &self.scanner.options.limits;
        let (verdict, state) = Filter::new(self.scanner.engine(), limits).look(text, made);
        let is_picked = match verdict {
            Verdict::Picked => true,
            Verdict::Clean => {
                self.collected.carry(text.len() as u64, state.searched);
                false
            }
            Verdict::Whole => {
                let (sightings, ledger) =
                    self.scanner.artifact(&Blob { address: self.bare(&id), bytes: text }, 0);
                let is_anything = !sightings.is_empty() || !ledger.entries.is_empty();
                if !is_anything {
                    self.collected.add(Vec::new(), ledger);
                    self.collected.count(text.len() as u64, text.len() as u64);
                }
                is_anything
            }
        };
        if is_picked {
            lock(&self.picked).insert(id, kind);
        }
        state
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Picks objects of one pack.
struct Pick<'v, 's, 'p> {
    search: &'v Search<'s, 'p>,
    pack: usize,
}

impl Visitor for Pick<'_, '_, '_> {
    type State = State;

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn visit(&self, object: &Object<'_, State>) -> State {
        let progress = self.search.progress;
        progress.files.fetch_add(1, Ordering::Relaxed);
        progress.bytes.fetch_add(object.bytes.len() as u64, Ordering::Relaxed);
        if self.search.is_first(self.pack, &object.id) {
            if object.kind == Kind::Tree {
                self.search.check_lines(object.bytes, object.delta.as_ref().map(|d| d.pieces));
            }
            return self.search.pick(object.id, object.kind, object.bytes, object.delta.as_ref());
        }
        if object.kind != Kind::Tree {
            let detail = "in another pack too".to_owned();
            self.search.skip(
                self.search.bare(&object.id),
                Some(object.bytes.len() as u64),
                Reason::Duplicate,
                detail,
            );
        }
        State::default()
    }

    fn damaged(&self, damage: Damage) {
        if !self.search.is_first(self.pack, &damage.id) {
            return;
        }
        let pack = &self.search.repository.objects.packs[self.pack].name;
        let mut detail = format!("object {} of {pack}: {}", damage.id, damage.detail);
        if damage.dependents > 0 {
            detail.push_str(&format!("; {} objects are made from it", damage.dependents));
        }
        self.search.skip(self.search.bare(&damage.id), None, damage.reason, detail);
    }

    fn largest(&self) -> u64 {
        self.search.scanner.options.limits.entry_bytes
    }
}

/// Searches the objects that were picked.
struct Read<'v, 's, 'p> {
    search: &'v Search<'s, 'p>,
    graph: Arc<Graph>,
    places: HashMap<u64, Place>,
    picked: &'v HashMap<Oid, Kind>,
    /// Bytes of objects that wait to be searched.
    waiting: AtomicUsize,
}

impl Read<'_, '_, '_> {
    fn object(&self, id: Oid, kind: Kind, bytes: &[u8]) {
        let (address, place, start) = match kind {
            Kind::Blob => {
                let place = self.places.get(&id.key()).cloned().unwrap_or_default();
                let commit = place.last.and_then(|n| self.graph.nodes().get(n as usize)).map(|n| n.id);
                let path = place.path.as_ref().or(place.paths.first()).cloned().unwrap_or_default();
                (self.search.address(&commit.unwrap_or(id).short(), &path), place, 0)
            }
            Kind::Commit => {
                let n = self.graph.place(&id);
                let at_head = self.search.repository.head() == Some(id);
                let place = Place { first: n, last: n, at_head, ..Place::default() };
                (self.search.bare(&id).entry(b"message"), place, object::message_start(bytes))
            }
            Kind::Tag => {
                (self.search.bare(&id).entry(b"tag"), Place::default(), object::message_start(bytes))
            }
            Kind::Tree => return,
        };
        let scanner = self.search.scanner;
        let blob = Blob { address, bytes: bytes.get(start..).unwrap_or_default() };
        let (mut sightings, ledger) = scanner.artifact(&blob, 0);
        super::mark_shown(scanner.patterns, &mut sightings, inside(&blob.address));
        let findings =
            if sightings.is_empty() { Vec::new() } else { triage::artifact(scanner.patterns, sightings) };
        if !findings.is_empty() {
            let record = Record { graph: self.graph.clone(), id, place };
            lock(&self.search.collected.records).insert(blob.address.artifact().clone(), record);
        }
        self.search.collected.count(blob.bytes.len() as u64, blob.bytes.len() as u64);
        self.search.collected.add(findings, ledger);
    }
}

/// Bytes of objects that wait to be searched by other threads.
const MAX_WAITING: usize = 16 << 20;

/// Searches those of one pack.
struct ReadPack<'r, 'scope, 'v, 's, 'p> {
    read: &'scope Read<'v, 's, 'p>,
    pack: usize,
    scope: &'r rayon::Scope<'scope>,
}

impl Visitor for ReadPack<'_, '_, '_, '_, '_> {
    type State = ();

    fn wants(&self, kind: Kind) -> bool {
        kind != Kind::Tree
    }

    fn visit(&self, object: &Object<'_, ()>) {
        // Others are met on the way, and some that are searched in another pack.
        if !self.read.picked.contains_key(&object.id) || !self.read.search.is_first(self.pack, &object.id) {
            return;
        }
        // All versions of a file are in one tree, which one thread walks: others search them meanwhile.
        let size = object.bytes.len();
        if size > MAX_WAITING / 8 || self.read.waiting.load(Ordering::Relaxed) > MAX_WAITING {
            return self.read.object(object.id, object.kind, object.bytes);
        }
        self.read.waiting.fetch_add(size, Ordering::Relaxed);
        let (read, id, kind, bytes) = (self.read, object.id, object.kind, object.bytes.to_vec());
        self.scope.spawn(move |_| {
            read.object(id, kind, &bytes);
            read.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
        });
    }

    // Told when they were looked at first.
    fn damaged(&self, _: Damage) {}

    fn largest(&self) -> u64 {
        self.read.search.scanner.options.limits.entry_bytes
    }
}

/// How much of an address names the repository and the commit.
fn inside(address: &Address) -> usize {
    address.to_string().find(':').map_or(0, |at| at + 1)
}
