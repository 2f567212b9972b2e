//! The journal of a sweep: which artifacts were searched to their end and had no secret in them, so that a
//! run that was broken off is taken up where it was.
//!
//! Secrets do not belong on the disk of who looks for them: of an artifact with other findings than embedded
//! configuration nothing is kept, and it is searched again. A line an artifact, written when it is finished; a line that was torn off, and what
//! stands behind it, is taken off.

mod inventory;

use crate::address::{self, Address};
use crate::finding::Finding;
use crate::ledger::{Entry, Ledger, Reason};
use crate::source::tree::{self, Found};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A file that was changed this short a time ago may be changed again without its times telling.
const SETTLED: Duration = Duration::from_millis(50);
/// The version of the format.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize, PartialEq)]
struct Header {
    #[serde(rename = "keysift-journal")]
    format: u32,
    version: String,
    /// A digest of all that decides what is searched and found.
    run: String,
}

/// One artifact.
#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    identity: String,
    /// Files of it: several, of a folder that is an image.
    files: u64,
    bytes: u64,
    searched: (u64, u64),
    /// Address, bytes, reason and detail of what was not searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entries: Vec<(String, Option<u64>, String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<inventory::Named>,
}

/// An artifact that was searched before.
pub(super) struct Known {
    /// As it was then.
    identity: String,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) ledger: Ledger,
    pub(super) findings: Vec<Finding>,
}

/// Artifacts by their paths.
type Artifacts = HashMap<Box<[u8]>, Known>;

/// What the journal says of an artifact.
pub(super) enum Look<'j> {
    /// It was searched before, and this is all that is in it.
    Known(&'j Known),
    /// It is the journal itself.
    Own,
    /// It is to be searched, and entered.
    New(Pending<'j>),
}

/// An artifact that is being searched.
pub(super) struct Pending<'j> {
    journal: &'j Journal,
    what: Artifact<'j>,
    identity: Option<String>,
    start: SystemTime,
}

enum Artifact<'j> {
    /// A file, or a folder that is an image.
    Path(&'j Path),
    /// What lies elsewhere under this name.
    Object(Box<[u8]>),
}

/// See the module.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
    /// Its own identity, without what changes while it is written.
    own: String,
    known: Artifacts,
    restored: AtomicU64,
    searched: AtomicU64,
    /// Records that could not be written.
    failed: AtomicU64,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.identity)
    }
}

impl Journal {
    /// Opens a journal, or begins one. `run` is a digest of all that decides what is searched and found.
    ///
    /// Fails, in words, where the file is another run's journal or none, and where another run writes it.
    pub fn open(path: &Path, run: &str) -> Result<Journal, String> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|e| e.to_string())?;
        let meta = file.metadata().map_err(|e| e.to_string())?;
        if !meta.is_file() {
            return Err("no regular file".into());
        }
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err("another run writes this journal".into()),
            // Where a file system has no locks, there are none.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let header = Header { format: FORMAT, version: env!("CARGO_PKG_VERSION").into(), run: run.into() };
        let first = line_of(&header)?;
        let (known, valid) = read(&file, &header, &first)?;
        file.set_len(valid).and_then(|()| file.seek(SeekFrom::Start(valid))).map_err(|e| e.to_string())?;
        if valid == 0 {
            file.write_all(&first).map_err(|e| e.to_string())?;
        }
        let (restored, searched, failed) = Default::default();
        Ok(Journal { file: Mutex::new(file), own: place(&meta), known, restored, searched, failed })
    }

    /// How many artifacts were taken from it, and how many were searched.
    pub fn counts(&self) -> (u64, u64) {
        (self.restored.load(Ordering::Relaxed), self.searched.load(Ordering::Relaxed))
    }

    /// Artifacts that could not be entered: they will be searched again.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// What is known of the file or image at `path`.
    pub(super) fn look<'j>(&'j self, path: &'j Path) -> Look<'j> {
        if path.metadata().is_ok_and(|meta| !self.own.is_empty() && place(&meta) == self.own) {
            return Look::Own;
        }
        let start = SystemTime::now();
        let identity = identity(path);
        let known = self.known.get(Address::file(path).inner_path());
        if let Some(known) = known.filter(|known| identity.as_ref() == Some(&known.identity)) {
            self.restored.fetch_add(1, Ordering::Relaxed);
            return Look::Known(known);
        }
        self.searched.fetch_add(1, Ordering::Relaxed);
        Look::New(Pending { journal: self, what: Artifact::Path(path), identity, start })
    }

    /// What is known of something that lies elsewhere: `identity` tells its content from any other.
    pub(super) fn look_up(&self, name: &[u8], identity: String) -> Look<'_> {
        let known = self.known.get(name).filter(|known| known.identity == identity);
        let count = if known.is_some() { &self.restored } else { &self.searched };
        count.fetch_add(1, Ordering::Relaxed);
        let what = Artifact::Object(name.into());
        let new = || Pending { journal: self, what, identity: Some(identity), start: SystemTime::now() };
        known.map_or_else(|| Look::New(new()), Look::Known)
    }
}

impl Pending<'_> {
    /// Enters an artifact, unless secrets were found in it, or it was changed meanwhile or right before.
    pub(super) fn enter(&self, findings: &[Finding], ledger: &Ledger, files: u64, bytes: u64) {
        let (Some(before), Some(findings)) = (&self.identity, inventory::pack(findings)) else { return };
        let name = match &self.what {
            Artifact::Path(path) => {
                if identity(path).as_ref() != Some(before) || !is_settled(path, self.start) {
                    return;
                }
                Address::file(path).inner_path().into()
            }
            Artifact::Object(name) => name.clone(),
        };
        let entry = |e: &Entry| (e.address.packed(), e.bytes, e.reason.name().to_owned(), e.detail.clone());
        let line = line_of(&Line {
            path: address::pack(&name),
            identity: before.clone(),
            files,
            bytes,
            searched: (ledger.searched_count, ledger.searched_bytes),
            entries: ledger.entries.iter().map(entry).collect(),
            findings,
        });
        let written = line.is_ok_and(|line| {
            // One write, so that a run that is killed leaves whole lines but for the last.
            let mut file = self.journal.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.journal.failed() == 0 && file.write_all(&line).is_ok()
        });
        if !written {
            // Behind half a line, no other would be read.
            self.journal.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn line_of(of: &impl Serialize) -> Result<Vec<u8>, String> {
    let mut line = serde_json::to_vec(of).map_err(|e| e.to_string())?;
    line.push(b'\n');
    Ok(line)
}

/// What a journal holds, and how much of it is whole.
fn read(file: &File, header: &Header, first: &[u8]) -> Result<(Artifacts, u64), String> {
    let mut known = Artifacts::new();
    let mut reader = BufReader::new(file);
    let (mut line, mut valid) = (Vec::new(), 0);
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
        if valid == 0 {
            // A run that was killed in its first moment.
            if !line.ends_with(b"\n") && first.starts_with(&line) {
                break;
            }
            let found: Header = serde_json::from_slice(&line)
                .map_err(|_| "no journal of keysift; it was left as it is".to_owned())?;
            if found.format != header.format || found.version != header.version {
                return Err(format!(
                    "the journal of keysift {}, and this is {}",
                    found.version, header.version
                ));
            }
            if found.run != header.run {
                let what = "a journal of other arguments, settings or patterns";
                return Err(format!("{what}: name another file, or take that one away"));
            }
        } else {
            let whole = line.ends_with(b"\n").then(|| serde_json::from_slice::<Line>(&line).ok()).flatten();
            match whole.and_then(restore) {
                Some((path, artifact)) => known.insert(path, artifact),
                None => break,
            };
        }
        valid += line.len() as u64;
    }
    Ok((known, valid))
}

fn restore(line: Line) -> Option<(Box<[u8]>, Known)> {
    let entry = |(address, bytes, reason, detail): (String, Option<u64>, String, String)| {
        let reason = Reason::ALL.into_iter().find(|r| r.name() == reason)?;
        Some(Entry { address: Address::unpacked(&address)?, bytes, reason, detail })
    };
    let entries = line.entries.into_iter().map(entry).collect::<Option<Vec<_>>>()?;
    let (searched_count, searched_bytes) = line.searched;
    let ledger = Ledger { searched_count, searched_bytes, entries, history: None };
    let findings = inventory::unpack(line.findings)?;
    let known = Known { identity: line.identity, files: line.files, bytes: line.bytes, ledger, findings };
    Some((address::unpack(&line.path)?, known))
}

/// What tells a file, or all files of an image, from others and from itself at another time.
fn identity(path: &Path) -> Option<String> {
    let meta = path.metadata().ok()?;
    if !meta.is_dir() {
        return meta.is_file().then(|| stamp(&meta));
    }
    let mut digest = Sha256::new();
    for file in files_of(path) {
        let meta = file.symlink_metadata().ok()?;
        digest.update(address::pack(Address::file(&file).inner_path()));
        digest.update(format!(" {}\n", stamp(&meta)));
    }
    Some(hex(&digest.finalize()))
}

/// All that lies in an image, in order.
fn files_of(image: &Path) -> impl Iterator<Item = PathBuf> {
    tree::below(image).into_iter().map(|found| match found {
        Found::File(place) => place.path,
        Found::Repository(path) | Found::Image(path) | Found::Skipped(path, ..) => path,
    })
}

/// Whether nothing of an artifact was changed right before it was read.
fn is_settled(path: &Path, read: SystemTime) -> bool {
    let settled = |path: &Path| {
        let Ok(meta) = path.symlink_metadata().and_then(|_| path.metadata()) else { return false };
        last_change(&meta).is_some_and(|t| read.duration_since(t).is_ok_and(|age| age >= SETTLED))
    };
    if path.is_dir() { files_of(path).all(|file| settled(&file)) } else { settled(path) }
}

#[cfg(unix)]
fn stamp(meta: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let (mtime, ctime) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
    format!("{}:{}.{:09}:{}.{:09}:{}", meta.size(), mtime.0, mtime.1, ctime.0, ctime.1, place(meta))
}

#[cfg(unix)]
fn place(meta: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}:{}", meta.dev(), meta.ino())
}

#[cfg(unix)]
fn last_change(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    // The time of the last change to the inode is set by the system alone.
    let (s, ns) = (u64::try_from(meta.ctime()).ok()?, u64::try_from(meta.ctime_nsec()).ok()?);
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(s) + Duration::from_nanos(ns))
}

#[cfg(not(unix))]
fn stamp(meta: &Metadata) -> String {
    let since = last_change(meta).and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("{}:{}", meta.len(), since.map_or(0, |t| t.as_nanos()))
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> String {
    String::new()
}

#[cfg(not(unix))]
fn last_change(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A digest of all parts; where one ends counts.
pub fn run_of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(journal: &Journal, path: &Path) {
        let mut ledger = Ledger::default();
        ledger.searched(7);
        ledger.skipped(Address::file(path).entry(b"\xff|x"), None, Reason::Encrypted, "a \"word\"\n");
        match journal.look(path) {
            Look::New(pending) => pending.enter(&[], &ledger, 1, 3),
            Look::Known(_) | Look::Own => panic!("known"),
        }
    }

    fn is_known(journal: &Journal, path: &Path) -> bool {
        match journal.look(path) {
            Look::Known(known) => {
                assert_eq!((known.files, known.bytes, known.ledger.searched_bytes), (1, 3, 7));
                assert_eq!(known.ledger.entries[0].detail, "a \"word\"\n");
                assert_eq!(known.ledger.entries[0].address, Address::file(path).entry(b"\xff|x"));
                true
            }
            Look::New(_) => false,
            Look::Own => panic!("own"),
        }
    }

    #[test]
    fn a_torn_line_and_what_is_behind_it_is_taken_off_and_a_changed_file_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, "one").unwrap();
        std::fs::write(&b, "two").unwrap();
        std::thread::sleep(2 * SETTLED);
        let path = dir.path().join("journal");
        let journal = Journal::open(&path, "run").unwrap();
        assert!(Journal::open(&path, "run").unwrap_err().contains("another run"));
        assert!(matches!(journal.look(&path), Look::Own));
        entered(&journal, &a);
        entered(&journal, &b);
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let lines: Vec<usize> = memchr::memchr_iter(b'\n', &whole).map(|at| at + 1).collect();
        assert_eq!(lines.len(), 3);
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let journal = Journal::open(&path, "run").unwrap();
            assert_eq!((is_known(&journal, &a), is_known(&journal, &b)), (cut >= lines[1], cut >= lines[2]));
            let kept = lines.iter().rev().find(|&&at| at <= cut).unwrap_or(&lines[0]);
            assert_eq!(std::fs::read(&path).unwrap(), whole[..*kept]);
        }
        std::fs::write(&b, "2!2").unwrap();
        let journal = Journal::open(&path, "run").unwrap();
        assert_eq!((is_known(&journal, &a), is_known(&journal, &b)), (true, false));
        // What was changed a moment ago is not entered.
        entered(&journal, &b);
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn what_is_no_journal_of_this_run_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        drop(Journal::open(&path, "run").unwrap());
        assert!(Journal::open(&path, "other").unwrap_err().contains("other arguments"));
        let text = std::fs::read_to_string(&path).unwrap().replace(env!("CARGO_PKG_VERSION"), "9.9.9");
        for (text, says) in [(text.as_str(), "9.9.9"), ("notes of mine\n", "no journal"), ("{", "no journal")]
        {
            // The first byte of a header alone is the beginning of one.
            if text != "{" {
                std::fs::write(&path, text).unwrap();
                assert!(Journal::open(&path, "run").unwrap_err().contains(says), "{text}");
                assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            }
        }
        assert!(Journal::open(dir.path(), "run").is_err());
        assert_ne!(run_of([&b"ab"[..], b"c"]), run_of([&b"a"[..], b"bc"]));
    }
}
