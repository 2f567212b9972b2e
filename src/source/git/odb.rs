//! The objects of a repository: packs, loose objects, and those of its alternates; any of them by id.

use super::delta;
use super::inflate::Inflater;
use super::object::Kind;
use super::oid::{HashKind, Oid};
use super::pack::{Bytes, Form, Pack};
use crate::ledger::Reason;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something about a store of objects that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub detail: String,
}

/// A loose object: a zlib stream of its head and its bytes.
pub enum Loose {
    /// In a file.
    File(PathBuf),
    /// In memory: out of an archive.
    Held(Vec<u8>),
}

/// All objects of a repository.
#[derive(Default)]
pub struct Objects {
    /// Its packs, those of alternates last.
    pub packs: Vec<Pack>,
    /// Its loose objects.
    pub loose: BTreeMap<Oid, Loose>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Folders that alternates may lead to.
const MAX_ALTERNATES: usize = 64;

impl Objects {
    /// Lists what is in `folder` (`objects` of a git folder) and its alternates.
    pub fn open(folder: &Path, hash: HashKind) -> Objects {
        let mut objects = Objects::default();
        let mut folders = vec![folder.to_owned()];
        let mut at = 0;
        while at < folders.len() {
            let folder = folders[at].clone();
            objects.add_packs(&folder.join("pack"), hash);
            objects.add_loose(&folder, hash);
            for other in alternates(&folder) {
                if !folders.contains(&other) && folders.len() < MAX_ALTERNATES {
                    if !other.is_dir() {
                        objects.problem(
                            &other,
                            Reason::Unreadable,
                            "objects of another repository that are not there",
                        );
                    }
                    folders.push(other);
                }
            }
            at += 1;
        }
        objects
    }

    fn problem(&mut self, path: &Path, reason: Reason, detail: impl Into<String>) {
        self.problems.push(Problem { path: path.to_owned(), reason, detail: detail.into() });
    }

    fn add_packs(&mut self, folder: &Path, hash: HashKind) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        for path in &paths {
            if path.extension().is_none_or(|e| e != "pack") {
                continue;
            }
            let opened = if path.with_extension("idx").is_file() {
                Pack::open(path, hash)
            } else {
                // A pack that lost its index is one that arrived without: as in a bundle.
                Bytes::of_file(path).map_err(|e| format!("cannot be read: {e}")).and_then(|bytes| {
                    super::bundle::indexed(bytes, hash, &mut |problem| {
                        self.problems.push(Problem {
                            path: path.clone(),
                            reason: Reason::Damaged,
                            detail: problem,
                        });
                    })
                })
            };
            match opened {
                Ok(pack) => self.packs.push(pack),
                Err(e) => self.problem(path, Reason::Damaged, e),
            }
        }
    }

    fn add_loose(&mut self, folder: &Path, hash: HashKind) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(first) =
                name.to_str().filter(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_hexdigit()))
            else {
                continue;
            };
            let Ok(files) = fs::read_dir(entry.path()) else {
                self.problem(&entry.path(), Reason::Unreadable, "this folder of objects cannot be read");
                continue;
            };
            for file in files.flatten() {
                let rest = file.file_name();
                let hex = format!("{first}{}", rest.to_string_lossy());
                if let Some(id) =
                    Oid::from_hex(hex.as_bytes()).filter(|id| id.as_bytes().len() == hash.id_len())
                {
                    self.loose.entry(id).or_insert_with(|| Loose::File(file.path()));
                }
            }
        }
    }

    /// Whether an object is there.
    pub fn has(&self, id: &[u8]) -> bool {
        self.packs.iter().any(|p| p.index.find(id).is_some()) || self.loose.contains_key(&Oid::new(id))
    }

    /// Objects whose id begins with these digits, a few at most.
    pub fn with_prefix(&self, hex: &str) -> Vec<Oid> {
        let mut found: Vec<Oid> = self
            .packs
            .iter()
            .flat_map(|p| p.index.with_prefix(hex).map(|i| p.index.oid(i)))
            .chain(self.loose.keys().copied().filter(|id| id.to_string().starts_with(hex)))
            .take(16)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The folders that `info/alternates` names.
fn alternates(folder: &Path) -> Vec<PathBuf> {
    let Ok(text) = fs::read_to_string(folder.join("info/alternates")) else { return Vec::new() };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| folder.join(line))
        .map(|path| fs::canonicalize(&path).unwrap_or(path))
        .collect()
}

/// Why an object could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not here.
    #[error("is not here")]
    Missing,
    /// It is here, and broken.
    #[error("{0}")]
    Damaged(String),
    /// It is larger than one entry may be.
    #[error("is larger than one entry may be")]
    Limit,
}

/// Reads the bytes of a loose object.
pub fn read_loose(
    loose: &Loose,
    largest: u64,
    inflater: &mut Inflater,
    out: &mut Vec<u8>,
) -> Result<Kind, ReadError> {
    match loose {
        Loose::Held(bytes) => inflate_loose(bytes, largest, inflater, out),
        Loose::File(path) => {
            let file = fs::read(path).map_err(|e| ReadError::Damaged(format!("cannot be read: {e}")))?;
            inflate_loose(&file, largest, inflater, out)
        }
    }
}

/// The type and size that a loose object says it has, and where its bytes begin.
pub fn loose_head(file: &[u8], inflater: &mut Inflater) -> Result<(Kind, u64, usize), ReadError> {
    let damaged = |what: &str| ReadError::Damaged(what.to_owned());
    let mut head = Vec::new();
    inflater.head(file, 64, &mut head).map_err(|e| damaged(&e.to_string()))?;
    let nul = head.iter().position(|&b| b == 0).ok_or_else(|| damaged("no header"))?;
    let mut words = head[..nul].split(|&b| b == b' ');
    let kind = words.next().and_then(Kind::named).ok_or_else(|| damaged("an unknown type of object"))?;
    let size = words.next().and_then(|w| std::str::from_utf8(w).ok()).and_then(|w| w.parse::<u64>().ok());
    Ok((kind, size.ok_or_else(|| damaged("no size in its header"))?, nul + 1))
}

/// Reads a loose object as it stands in its file.
pub fn inflate_loose(
    file: &[u8],
    largest: u64,
    inflater: &mut Inflater,
    out: &mut Vec<u8>,
) -> Result<Kind, ReadError> {
    let (kind, size, start) = loose_head(file, inflater)?;
    if size > largest {
        return Err(ReadError::Limit);
    }
    out.clear();
    let all = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(start);
    inflater.exactly(file, all, out).map_err(|e| ReadError::Damaged(e.to_string()))?;
    out.drain(..start);
    Ok(kind)
}

/// Reads single objects; keeps those that others are likely to be made from.
pub struct Reader<'o> {
    objects: &'o Objects,
    largest: u64,
    inflater: RefCell<Inflater>,
    cache: RefCell<Cache>,
}

type Cached = (Kind, Arc<Vec<u8>>);

#[derive(Default)]
struct Cache {
    entries: HashMap<(usize, u64), Cached>,
    bytes: usize,
}

/// Bytes of objects that are kept.
const CACHE: usize = 16 << 20;
/// Deltas in a row that are followed: a pack of git has 50, one made by hand has what it wants.
const MAX_CHAIN: usize = 1 << 20;

impl<'o> Reader<'o> {
    /// A reader that makes no object above `largest` bytes.
    pub fn new(objects: &'o Objects, largest: u64) -> Self {
        Reader { objects, largest, inflater: RefCell::default(), cache: RefCell::default() }
    }

    /// An object by its id.
    pub fn read(&self, id: &Oid) -> Result<(Kind, Arc<Vec<u8>>), ReadError> {
        for (n, pack) in self.objects.packs.iter().enumerate() {
            if let Some(offset) = pack.index.find(id.as_bytes()).and_then(|p| pack.index.offset(p)) {
                return self.packed(n, offset, 0);
            }
        }
        let path = self.objects.loose.get(id).ok_or(ReadError::Missing)?;
        let mut bytes = Vec::new();
        let kind = read_loose(path, self.largest, &mut self.inflater.borrow_mut(), &mut bytes)?;
        Ok((kind, Arc::new(bytes)))
    }

    /// An object of this type.
    pub fn read_as(&self, id: &Oid, kind: Kind) -> Result<Arc<Vec<u8>>, ReadError> {
        match self.read(id)? {
            (found, bytes) if found == kind => Ok(bytes),
            (found, _) => {
                Err(ReadError::Damaged(format!("is a {} and should be a {}", found.name(), kind.name())))
            }
        }
    }

    fn packed(&self, n: usize, offset: u64, outside: u32) -> Result<Cached, ReadError> {
        let pack = &self.objects.packs[n];
        let damaged = |what: String| ReadError::Damaged(what);
        // Down to a base that is whole, kept, or elsewhere.
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut at = offset;
        let (kind, mut bytes) = loop {
            if let Some(cached) = self.cache.borrow().entries.get(&(n, at)) {
                break cached.clone();
            }
            let head = pack.head(at).ok_or_else(|| damaged("the head of the entry is damaged".into()))?;
            if head.size > self.largest {
                return Err(ReadError::Limit);
            }
            let mut out = Vec::new();
            let inflated = pack.inflate(&head, usize::MAX, &mut self.inflater.borrow_mut(), &mut out);
            inflated.map_err(|e| damaged(e.to_string()))?;
            if let Form::Whole(kind) = head.form {
                let whole = (kind, Arc::new(out));
                self.keep(n, at, &whole);
                break whole;
            }
            chain.push((at, out));
            if chain.len() > MAX_CHAIN {
                return Err(damaged("a delta that is made, over others, from itself".into()));
            }
            at = match head.form {
                Form::Whole(_) => at,
                Form::OfsDelta(base) => base,
                Form::RefDelta(id) => match pack.index.find(id.as_bytes()).and_then(|p| pack.index.offset(p))
                {
                    Some(base) if seen.insert(base) => base,
                    Some(_) => return Err(damaged("a delta that is made, over others, from itself".into())),
                    None if outside > 64 => return Err(damaged("too many deltas to other packs".into())),
                    None => break self.outside(n, &id, outside)?,
                },
            };
        };
        let mut pieces = Vec::new();
        for (at, delta) in chain.into_iter().rev() {
            if delta::sizes(&delta).is_ok_and(|(_, size, _)| size > self.largest) {
                return Err(ReadError::Limit);
            }
            let mut out = Vec::new();
            delta::apply(&bytes, &delta, &mut out, &mut pieces).map_err(|e| damaged(e.to_string()))?;
            bytes = Arc::new(out);
            self.keep(n, at, &(kind, bytes.clone()));
        }
        Ok((kind, bytes))
    }

    fn outside(&self, not: usize, id: &Oid, depth: u32) -> Result<Cached, ReadError> {
        for (n, pack) in self.objects.packs.iter().enumerate().filter(|(n, _)| *n != not) {
            if let Some(offset) = pack.index.find(id.as_bytes()).and_then(|p| pack.index.offset(p)) {
                return self.packed(n, offset, depth + 1);
            }
        }
        let path = self.objects.loose.get(id).ok_or(ReadError::Missing)?;
        let mut bytes = Vec::new();
        let kind = read_loose(path, self.largest, &mut self.inflater.borrow_mut(), &mut bytes)?;
        Ok((kind, Arc::new(bytes)))
    }

    fn keep(&self, n: usize, at: u64, object: &Cached) {
        let mut cache = self.cache.borrow_mut();
        let size = object.1.len();
        if size > CACHE / 4 {
            return;
        }
        if cache.bytes + size > CACHE {
            *cache = Cache::default();
        }
        if cache.entries.insert((n, at), object.clone()).is_none() {
            cache.bytes += size;
        }
    }
}
