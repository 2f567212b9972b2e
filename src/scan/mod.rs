//! The one place that wires the arrows: source → container → lens → engine → triage.
//!
//! Files of a tree are searched in parallel, and so are the members of one container and the parts
//! of one large blob. What comes out never depends on how: parts have fixed borders, and results
//! are put in order before anybody sees them.

mod around;
mod artifact;
mod blob;
mod bucket;
mod carve;
mod flow;
mod history;
mod image;
mod journal;
mod parts;
mod remote;
mod splits;
mod text;
mod thin;

pub use around::Keep;
pub use blob::MIN_CARRIER;
pub use history::{History, Range};
pub use journal::{Journal, run_of};

use crate::address::Address;
use crate::blob::Blob;
use crate::engine::Engine;
use crate::engine::prefilter::Machine;
use crate::explain::Judgement;
use crate::finding::Finding;
use crate::ledger::{Ledger, Objects, Reason};
use crate::limits::Limits;
use crate::pattern::PatternSet;
use crate::source::exclude::Exclude;
use crate::source::git::{Repository, bundle};
use crate::source::list::List;
use crate::source::read;
use crate::source::remote::Remote;
use crate::source::remote::fetch::Bounds;
use crate::source::remote::s3;
use crate::source::tree::{self, Found, Place};
use crate::triage;
use artifact::{Artifact, mark_shown};
use rayon::prelude::*;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Paths of a list that are searched together.
const BATCH: usize = 1 << 12;

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// The files and folders that a list names.
    List(List),
    /// A file or a package that is fetched.
    Remote(Remote),
    /// Objects of a bucket.
    Bucket(s3::Place),
    /// All of a repository, with the files of its git folder; or a bundle.
    Repository(GitTarget),
    /// What a range of commits brought.
    Range(GitTarget, Range),
    /// What is staged; of files, where any are named, these.
    Staged(GitTarget, Vec<PathBuf>),
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTarget {
    /// As the user named it.
    pub named: PathBuf,
    /// Its git folder; the file, for a bundle.
    pub git_dir: PathBuf,
    /// The root of its work tree, where it has one.
    pub root: PathBuf,
}

/// How to scan.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bounds against hostile input.
    pub limits: Limits,
    /// Whether rules of `.gitignore` hold inside repositories.
    pub honour_ignore: bool,
    /// Worker threads; 0 for one a core.
    pub threads: usize,
    /// What the literal prefilter runs on. Results are the same on all.
    pub machine: Machine,
    /// What of the history of repositories is searched.
    pub history: History,
    /// Of which values the lines around them are kept, for those who judge findings by them.
    pub keep: Option<Keep>,
    /// What of folders, and of what is staged, is left out.
    pub exclude: Option<Arc<Exclude>>,
    /// What was searched before, and where it is entered what is.
    pub journal: Option<Arc<Journal>>,
    /// Bounds on what is fetched, where a target names that.
    pub fetch: Bounds,
    /// How buckets are read, where a target is one.
    pub s3: s3::Settings,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limits: Limits::default(),
            honour_ignore: true,
            threads: 0,
            machine: Machine::Auto,
            history: History::default(),
            keep: None,
            exclude: None,
            journal: None,
            fetch: Bounds::default(),
            s3: s3::Settings::default(),
        }
    }
}

/// What a scan found, and what it looked at.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sorted by address, then offset.
    pub findings: Vec<Finding>,
    /// Sorted likewise.
    pub ledger: Ledger,
}

/// How far a scan has come; may be read at any time from any thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files finished.
    pub files: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
}

/// Scans targets with a set of patterns.
pub struct Scanner<'p> {
    patterns: &'p PatternSet,
    options: Options,
    engine: std::sync::OnceLock<Engine<'p>>,
    /// Whether a thread builds the engine, or has.
    is_building: AtomicBool,
    pool: rayon::ThreadPool,
}

/// Lets the heap of this thread grow once. Where each thread has one of its own, as in the C library of GNU, it
/// grows by single pages, a call to the system each: five hundred of them for the tables of a short scan. What was
/// given back stays writable, and costs no memory until it is used.
fn reserve_heap() {
    // Smaller than what the allocator would map on its own.
    const PIECE: usize = 96 << 10;
    const PIECES: usize = 24;
    let pieces: [Vec<u8>; PIECES] = std::array::from_fn(|_| Vec::with_capacity(PIECE));
    drop(std::hint::black_box(pieces));
}

impl<'p> Scanner<'p> {
    /// A scanner. Fails only when the system gives no threads.
    pub fn new(patterns: &'p PatternSet, options: Options) -> io::Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            // Nested containers and stolen work stack up on one thread.
            .stack_size(16 << 20)
            .build()
            .map_err(io::Error::other)?;
        let (engine, is_building) = (std::sync::OnceLock::new(), AtomicBool::new(false));
        Ok(Scanner { patterns, options, engine, is_building, pool })
    }

    /// The engine, built when first needed: an empty folder costs nothing.
    pub fn engine(&self) -> &Engine<'p> {
        if let Some(engine) = self.engine.get() {
            return engine;
        }
        reserve_heap();
        // Another thread builds it: rather than only to wait, make what the first files need besides.
        if self.is_building.swap(true, Ordering::Relaxed) {
            triage::prepare();
            self.patterns.names();
        }
        self.engine.get_or_init(|| Engine::on(self.options.machine, self.patterns))
    }

    /// Scans everything named. What cannot be read is in the ledger; nothing stops the rest.
    pub fn scan(&self, targets: &[Target], progress: &Progress) -> Outcome {
        let collected = Collected::default();
        targets.iter().for_each(|target| self.target(target, &collected, progress));
        self.outcome(collected)
    }

    fn target(&self, target: &Target, collected: &Collected, progress: &Progress) {
        // Who waits for the network must not be one of the threads that search.
        if let Target::Bucket(place) = target {
            return self.bucket(place, collected, progress);
        }
        self.pool.install(|| match target {
            Target::Bucket(_) => {}
            Target::Stdin => self.stdin(&mut io::stdin().lock(), collected, progress),
            Target::Path(path) => self.path(path, collected, progress),
            Target::Remote(remote) => self.remote(remote, collected, progress),
            Target::List(list) => self.list(list, collected, progress),
            Target::Repository(git) => {
                self.git_folder(git, collected, progress);
                self.history(git, None, collected, progress);
            }
            Target::Range(git, range) => self.history(git, Some(range), collected, progress),
            Target::Staged(git, only) => self.staged(&git.git_dir, &git.root, only, collected, progress),
        });
        // Now that nothing else is in memory.
        for (path, root) in collected.postponed.take() {
            self.pool.install(|| self.file(&path.into(), root, collected, progress));
        }
    }

    fn outcome(&self, mut collected: Collected) -> Outcome {
        let records = std::mem::take(&mut collected.records);
        let mut outcome = collected.into_outcome(self.patterns);
        outcome.findings = triage::merge(outcome.findings);
        triage::lower_collections(&mut outcome.findings);
        let records = records.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !records.is_empty() {
            history::tell(&mut outcome.findings, &records, self.options.history.every_version);
        }
        outcome.ledger.sort();
        outcome
    }

    /// Scans a stream as if it were a file with this name.
    pub fn scan_stream(&self, name: &str, stream: &mut (dyn Read + Send)) -> Outcome {
        let collected = Collected::default();
        self.pool.install(|| self.stream(Address::named(name), stream, &collected, &Progress::default()));
        self.outcome(collected)
    }

    /// The sightings of one file before triage, and every judgement on the way; for `keysift explain`.
    pub(crate) fn watch(&self, path: &Path) -> io::Result<(Vec<triage::sighting::Sighting>, Vec<Judgement>)> {
        let record = Mutex::new(Vec::new());
        let mut sightings = if tree::is_image_folder(path) {
            self.pool.install(|| self.watch_image(path, Some(&record)))
        } else {
            let mut buffer = Vec::new();
            let bytes = read::file(path, &mut buffer)?;
            let blob = Blob { address: Address::file(path), bytes: bytes.as_slice() };
            self.pool.install(|| self.recorded(&blob, 0, Some(&record))).0
        };
        // As a scan of the tree around it would say.
        let parent = path.parent().filter(|_| path.is_absolute());
        mark_shown(self.patterns, &mut sightings, parent.map_or(0, |parent| parent.as_os_str().len()));
        Ok((sightings, record.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
    }

    fn stdin(&self, stream: &mut dyn Read, collected: &Collected, progress: &Progress) {
        self.stream(Address::named("<stdin>"), stream, collected, progress);
    }

    fn stream(&self, address: Address, stream: &mut dyn Read, collected: &Collected, progress: &Progress) {
        let mut buffer = Vec::new();
        match read::spool(stream, &mut buffer) {
            Ok(bytes) => {
                let artifact = Artifact { address, root: 0, bytes: &bytes, pending: None, yields: false };
                self.bytes(artifact, collected, progress);
            }
            Err(e) => collected.unreadable(address, &e),
        }
    }

    /// Files and folders out of a list, many at a time; each as if it were named alone.
    fn list(&self, list: &List, collected: &Collected, progress: &Progress) {
        let unreadable = |error: &io::Error| collected.unreadable(Address::named(&list.name()), error);
        let mut reader = match list.open() {
            Ok(reader) => reader,
            Err(e) => return unreadable(&e),
        };
        let mut batch = Vec::new();
        let search = |batch: &mut Vec<PathBuf>| {
            batch.par_iter().with_max_len(1).for_each(|path| self.path(path, collected, progress));
            batch.clear();
        };
        for name in list.names(&mut *reader) {
            match name {
                Ok(path) => batch.push(path),
                Err(e) => {
                    unreadable(&e);
                    if e.kind() != io::ErrorKind::InvalidData {
                        break;
                    }
                }
            }
            if batch.len() == BATCH {
                search(&mut batch);
            }
        }
        search(&mut batch);
    }

    fn path(&self, path: &Path, collected: &Collected, progress: &Progress) {
        // What the user names is followed, whatever it is.
        match std::fs::metadata(path) {
            Err(e) => collected.unreadable(Address::file(path), &e),
            Ok(meta) if meta.is_dir() => {
                let root = path.as_os_str().len();
                let repositories = Mutex::new(Vec::new());
                let work_tree = if self.options.history.off { None } else { history::WorkTree::open(path) };
                let leaves = |path: &Path| work_tree.as_ref().is_some_and(|w| w.leaves(path));
                let exclude = self.options.exclude.as_deref();
                tree::walk(path, self.options.honour_ignore, exclude, &|found| match found {
                    Found::File(place) if leaves(&place.path) => {}
                    Found::File(place) => self.file(&place, root, collected, progress),
                    Found::Image(path) => self.image(&path, root, collected, progress),
                    Found::Repository(path) => {
                        repositories.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path);
                    }
                    Found::Skipped(path, bytes, reason, detail) => {
                        let mut ledger = Ledger::default();
                        ledger.skipped(Address::file(&path), bytes, reason, detail);
                        collected.add(Vec::new(), ledger);
                    }
                });
                let mut repositories =
                    repositories.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
                // That of a linked work tree or of a submodule lies elsewhere.
                repositories.extend(work_tree.as_ref().map(|w| w.git_dir.clone()));
                repositories.sort();
                repositories.dedup();
                for git_dir in &repositories {
                    let beside = work_tree.as_ref().filter(|w| w.git_dir == *git_dir);
                    self.repository(git_dir, beside, collected, progress);
                }
            }
            Ok(_) => {
                // Who names a file wants to know what is in it, whatever it is called.
                self.file(&path.to_owned().into(), path.as_os_str().len(), collected, progress);
            }
        }
    }

    /// The files of a git folder: settings with URLs, logs, hooks, and the repositories of submodules.
    fn git_folder(&self, git: &GitTarget, collected: &Collected, progress: &Progress) {
        if git.git_dir.is_file() {
            return;
        }
        let common = Repository::common_of(&git.git_dir);
        let root = common.as_os_str().len();
        let others = Mutex::new(Vec::new());
        tree::walk(&common, false, None, &|found| match found {
            Found::File(place) => self.file(&place, root, collected, progress),
            Found::Image(path) => self.image(&path, root, collected, progress),
            Found::Repository(path) => {
                others.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path);
            }
            Found::Skipped(path, bytes, reason, detail) => {
                let mut ledger = Ledger::default();
                ledger.skipped(Address::file(&path), bytes, reason, detail);
                collected.add(Vec::new(), ledger);
            }
        });
        let mut others = others.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        others.sort();
        let others = others.iter().filter(|path| **path != common);
        others.for_each(|git_dir| self.repository(git_dir, None, collected, progress));
    }

    /// `root` is how much of the path the user named.
    fn file(&self, place: &Place, root: usize, collected: &Collected, progress: &Progress) {
        thread_local! {
            // Taken, not borrowed: while this file is searched, the thread may be lent to another.
            static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        let path = &place.path;
        let address = Address::file(path);
        let pending = match self.journalled(path, collected, progress) {
            Journalled::Done => return,
            Journalled::Open(pending) => pending,
        };
        let mut buffer = BUFFER.take();
        match place.open().and_then(|file| read::opened(file, &mut buffer)) {
            Ok(bytes) if bundle::is_bundle(bytes.as_slice()) && !self.options.history.off => {
                drop(bytes);
                let path = path.to_owned();
                let bundle = GitTarget { named: path.clone(), git_dir: path.clone(), root: path };
                self.history(&bundle, None, collected, progress);
            }
            Ok(bytes) => {
                let artifact = Artifact { address, root, bytes: &bytes, pending, yields: true };
                if !self.bytes(artifact, collected, progress) {
                    collected.postponed.put(path.clone(), root);
                }
            }
            Err(e) => collected.unreadable(address, &e),
        }
        BUFFER.set(buffer);
    }

    /// Enters what the journal has of a file or an image, or says where it is to be entered.
    fn journalled<'j>(
        &'j self,
        path: &'j Path,
        collected: &Collected,
        progress: &Progress,
    ) -> Journalled<'j> {
        let Some(journal) = &self.options.journal else { return Journalled::Open(None) };
        self.known(journal.look(path), Address::file(path), collected, progress)
    }

    /// Enters what a journal has of an artifact.
    fn known<'j>(
        &self,
        look: journal::Look<'j>,
        address: Address,
        collected: &Collected,
        progress: &Progress,
    ) -> Journalled<'j> {
        match look {
            journal::Look::New(pending) => return Journalled::Open(Some(pending)),
            journal::Look::Known(known) => {
                progress.files.fetch_add(known.files, Ordering::Relaxed);
                progress.bytes.fetch_add(known.bytes, Ordering::Relaxed);
                collected.add(known.findings.clone(), known.ledger.clone());
            }
            journal::Look::Own => {
                let mut ledger = Ledger::default();
                let detail = "the journal of this run";
                ledger.skipped(address, None, Reason::Ignored, detail);
                collected.add(Vec::new(), ledger);
            }
        }
        Journalled::Done
    }
}

/// Whether the journal knows all about an artifact.
enum Journalled<'j> {
    /// It does, and that was entered.
    Done,
    /// It does not: this is where to enter it, if there is a journal.
    Open(Option<journal::Pending<'j>>),
}

/// Results of all threads.
#[derive(Default)]
struct Collected {
    searched_count: AtomicU64,
    searched_bytes: AtomicU64,
    /// Objects of histories: how many, their bytes, and of these what was searched as new.
    objects: AtomicU64,
    object_bytes: AtomicU64,
    object_bytes_new: AtomicU64,
    splits: splits::Splits,
    postponed: artifact::Postponed,
    /// Objects of repositories that findings stand in.
    records: Mutex<HashMap<Address, history::Record>>,
    rest: Mutex<Outcome>,
}

impl Collected {
    fn add(&self, findings: Vec<Finding>, ledger: Ledger) {
        self.searched_count.fetch_add(ledger.searched_count, Ordering::Relaxed);
        self.searched_bytes.fetch_add(ledger.searched_bytes, Ordering::Relaxed);
        if !findings.is_empty() || !ledger.entries.is_empty() {
            let mut rest = self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            rest.findings.extend(findings);
            rest.ledger.entries.extend(ledger.entries);
        }
    }

    /// Counts an object of a history, of which `new` bytes were searched.
    fn count(&self, bytes: u64, new: u64) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.object_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.object_bytes_new.fetch_add(new.min(bytes), Ordering::Relaxed);
    }

    /// Enters an object of a history in which nothing is: `new` bytes of it were searched, and the others
    /// in the objects it was made from.
    fn carry(&self, bytes: u64, new: u64) {
        self.count(bytes, new);
        self.searched_count.fetch_add(1, Ordering::Relaxed);
        self.searched_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn unreadable(&self, address: Address, error: &io::Error) {
        let mut ledger = Ledger::default();
        ledger.skipped(address, None, Reason::Unreadable, error.to_string());
        self.add(Vec::new(), ledger);
    }

    fn into_outcome(self, patterns: &PatternSet) -> Outcome {
        let mut outcome = self.rest.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for sightings in self.splits.into_apps() {
            outcome.findings.extend(triage::artifact(patterns, sightings));
        }
        outcome.ledger.searched_count = self.searched_count.into_inner();
        outcome.ledger.searched_bytes = self.searched_bytes.into_inner();
        let objects = self.objects.into_inner();
        let (bytes, new) = (self.object_bytes.into_inner(), self.object_bytes_new.into_inner());
        outcome.ledger.history = (objects > 0).then_some(Objects { count: objects, bytes, new });
        outcome
    }
}
