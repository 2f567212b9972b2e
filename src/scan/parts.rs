//! Parts of repositories that are met as blobs: a `.git` in an archive or an image, a pack that lies alone.
//!
//! As bytes they say nothing: all of it is compressed, and most are deltas. So the search of an artifact
//! sets them aside; when it is done, those that lie in one folder become a repository, which is
//! searched like any other.

use super::{Collected, Progress, Scanner};
use crate::address::Address;
use crate::blob::Blob;
use crate::ledger::{Ledger, Reason};
use crate::source::git::inflate::Inflater;
use crate::source::git::object::Kind;
use crate::source::git::odb::{self, Loose, Objects, Problem};
use crate::source::git::oid::HashKind;
use crate::source::git::pack::{self, Bytes};
use crate::source::git::refs::{self, Refs};
use crate::source::git::{Gap, Repository, bundle};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A file of a repository.
pub(super) struct Part {
    address: Address,
    what: What,
}

enum What {
    Pack(Bytes),
    Bundle(Bytes),
    Loose(Kind, Vec<u8>),
    /// One that says something of the others: references, what was left out, how objects are named.
    About(Vec<u8>),
}

/// Longest file that says something of the others.
const MAX_ABOUT: usize = 16 << 20;

impl Part {
    /// The part of a repository that a blob is; whether it is nothing else.
    pub fn of(blob: &Blob<'_>) -> Option<(Part, bool)> {
        let bytes = blob.bytes;
        let (what, is_all) = match bytes {
            [b'P', b'A', b'C', b'K', ..] => {
                pack::object_count(bytes)?;
                (What::Pack(Bytes::copied(bytes).ok()?), true)
            }
            [b'#', b' ', b'v', ..] if bundle::is_bundle(bytes) => {
                bundle::head(bytes)?;
                (What::Bundle(Bytes::copied(bytes).ok()?), true)
            }
            // Deflate with a window of 32 KiB, as git writes it.
            [0x78, flags, ..] if (0x7800 | u16::from(*flags)) % 31 == 0 => {
                let (kind, ..) = odb::loose_head(bytes, &mut Inflater::default()).ok()?;
                (What::Loose(kind, bytes.to_vec()), true)
            }
            _ if bytes.len() <= MAX_ABOUT => {
                let (_, name) = blob.address.as_entry_of()?;
                let (_, inside) = split(name)?;
                is_about(inside).then_some(())?;
                (What::About(bytes.to_vec()), false)
            }
            _ => return None,
        };
        Some((Part { address: blob.address.clone(), what }, is_all))
    }

    fn len(&self) -> u64 {
        match &self.what {
            What::Pack(bytes) | What::Bundle(bytes) => bytes.len() as u64,
            What::Loose(_, bytes) | What::About(bytes) => bytes.len() as u64,
        }
    }
}

/// A name as the folder of a repository, with the `/` behind it, and what is inside that.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut starts = std::iter::once(0).chain(memchr::memchr_iter(b'/', name).map(|at| at + 1));
    let inside = |at: &usize| {
        let rest = &name[*at..];
        rest.starts_with(b"objects/") || is_about(rest)
    };
    // The last: a repository may lie in one, as that of a submodule does in `modules`.
    let at = starts.rfind(inside)?;
    // `refs/heads/HEAD` is the name of a reference and no file of a folder `refs/heads`.
    let at = memchr::memmem::rfind(&name[..at], b"refs/")
        .filter(|&refs| refs == 0 || name[refs - 1] == b'/')
        .filter(|&refs| memchr::memmem::find(&name[refs..at], b".git/").is_none())
        .unwrap_or(at);
    Some(name.split_at(at))
}

fn is_about(inside: &[u8]) -> bool {
    matches!(inside, b"HEAD" | b"packed-refs" | b"shallow" | b"config") || inside.starts_with(b"refs/")
}

/// Where a part belongs: the container, and the folder in it.
type Place = (Address, Vec<u8>);

impl Scanner<'_> {
    /// Searches the repositories that were met in an artifact.
    pub(super) fn repositories(&self, parts: Vec<Part>, collected: &Collected, progress: &Progress) {
        let mut by_place: BTreeMap<(String, Vec<u8>), (Place, Vec<Part>)> = BTreeMap::new();
        for part in parts {
            if let What::Bundle(_) = part.what {
                self.bundle_part(part, collected, progress);
                continue;
            }
            let place = match part.address.as_entry_of() {
                Some((outer, name)) => match split(name) {
                    Some((folder, _)) => (outer.clone(), folder.to_vec()),
                    None => (part.address.clone(), Vec::new()),
                },
                None => (part.address.clone(), Vec::new()),
            };
            let key = (place.0.packed(), place.1.clone());
            by_place.entry(key).or_insert_with(|| (place, Vec::new())).1.push(part);
        }
        for (place, parts) in by_place.into_values() {
            if parts.iter().any(|p| !matches!(p.what, What::About(_))) {
                self.repository_of(&place, parts, collected, progress);
            }
        }
    }

    fn is_left_out(&self, part: &Part, collected: &Collected) -> bool {
        if self.options.history.off && !matches!(part.what, What::About(_)) {
            let mut ledger = Ledger::default();
            let detail = "git objects: history is left out, as asked";
            ledger.skipped(part.address.clone(), Some(part.len()), Reason::Ignored, detail);
            collected.add(Vec::new(), ledger);
        }
        self.options.history.off
    }

    fn bundle_part(&self, part: Part, collected: &Collected, progress: &Progress) {
        if self.is_left_out(&part, collected) {
            return;
        }
        let What::Bundle(bytes) = part.what else { return };
        let path = PathBuf::from(part.address.to_string());
        match Repository::of_bundle_bytes(bytes, &path) {
            Ok(repository) => self.search_part(&repository, &part.address, collected, progress),
            Err(e) => {
                let mut ledger = Ledger::default();
                ledger.skipped(part.address, None, Reason::Damaged, e);
                collected.add(Vec::new(), ledger);
            }
        }
    }

    fn repository_of(&self, place: &Place, parts: Vec<Part>, collected: &Collected, progress: &Progress) {
        let (outer, folder) = place;
        let work_tree = folder.strip_suffix(b"/").unwrap_or(folder);
        let work_tree = work_tree.strip_suffix(b".git").map_or(work_tree, |tree| match tree {
            [] => tree,
            [tree @ .., b'/'] => tree,
            _ => work_tree,
        });
        let address = if work_tree.is_empty() { outer.clone() } else { outer.entry(work_tree) };
        let path = PathBuf::from(address.to_string());
        let is_alone = !parts.iter().any(|p| matches!(p.what, What::About(_)));
        let (mut raw, mut hash) = (BTreeMap::new(), HashKind::Sha1);
        let mut gap = is_alone.then_some(Gap::Alone);
        let (mut packs, mut loose) = (Vec::new(), Vec::new());
        for part in parts {
            if self.is_left_out(&part, collected) {
                continue;
            }
            let name = part.address.inner_path().to_vec();
            let inside = split(&name).map_or(&b""[..], |(_, inside)| inside);
            match part.what {
                What::Pack(bytes) => packs.push((part.address, bytes)),
                What::Loose(kind, bytes) => loose.push((part.address, kind, bytes)),
                What::Bundle(_) => {}
                What::About(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    let lower = text.to_ascii_lowercase();
                    match inside {
                        b"packed-refs" => raw.extend(refs::packed(&text)),
                        b"shallow" => gap = gap.or(Some(Gap::Shallow)),
                        b"config" => {
                            if lower
                                .lines()
                                .any(|l| l.trim().starts_with("objectformat") && l.contains("sha256"))
                            {
                                hash = HashKind::Sha256;
                            }
                            if lower.contains("promisor = true") || lower.contains("partialclonefilter") {
                                gap = Some(Gap::Partial);
                            }
                        }
                        _ => {
                            let name = String::from_utf8_lossy(inside).into_owned();
                            raw.insert(name, text.lines().next().unwrap_or_default().trim().to_owned());
                        }
                    }
                }
            }
        }
        let mut objects = Objects::default();
        for (address, bytes) in packs {
            let mut problem = |reason, detail| {
                objects.problems.push(Problem { path: PathBuf::from(address.to_string()), reason, detail });
            };
            match bundle::indexed(bytes, hash, &mut |detail| problem(Reason::Damaged, detail)) {
                Ok(pack) => objects.packs.push(pack),
                Err(e) => problem(Reason::Damaged, e),
            }
        }
        let (mut inflater, mut bytes) = (Inflater::default(), Vec::new());
        let largest = self.options.limits.entry_bytes;
        for (address, kind, held) in loose {
            match odb::inflate_loose(&held, largest, &mut inflater, &mut bytes) {
                Ok(_) => {
                    objects.loose.entry(hash.of(kind, &bytes)).or_insert(Loose::Held(held));
                }
                Err(e) => {
                    let reason = if e == odb::ReadError::Limit { Reason::Limit } else { Reason::Damaged };
                    let path = PathBuf::from(address.to_string());
                    objects.problems.push(Problem { path, reason, detail: format!("loose object: {e}") });
                }
            }
        }
        let refs = Refs::resolved(&raw);
        let (common, problems) = (path.clone(), Vec::new());
        let repository = Repository { git_dir: path, common, hash, objects, refs, gap, problems };
        self.search_part(&repository, &address, collected, progress);
    }
}
