//! What layers do to the files of layers below them: whiteouts (`.wh.name`), opaque folders
//! (`.wh..wh..opq`), and files in the place of others.

use super::super::tar;
use crate::limits::Limits;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// What is in a layer, by the hashes of paths: of a layer of a million files, its names alone would be as
/// much as a small image.
#[derive(Debug, Default)]
pub(super) struct Listing {
    what: HashMap<u64, u8>,
    /// Other names of the files in the layer.
    links: HashMap<u64, Vec<Vec<u8>>>,
}

const FILE: u8 = 1;
const FOLDER: u8 = 2;
const WHITEOUT: u8 = 4;
const OPAQUE: u8 = 8;

/// Other names of one file that are looked at.
const MOST_NAMES: usize = 64;

/// How a file of a lower layer is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Deleted,
    Overwritten,
}

impl Listing {
    /// Lists a layer.
    pub fn of(tar: &[u8], limits: &Limits) -> Self {
        let mut listing = Listing::default();
        tar::entries(tar, limits, &mut |entry| listing.enter(entry));
        listing
    }

    fn enter(&mut self, entry: &tar::Entry<'_>) {
        let name = entry.name.strip_suffix(b"/").unwrap_or(entry.name);
        let slash = memchr::memrchr(b'/', name).map_or(0, |at| at + 1);
        let (folder, last) = name.split_at(slash);
        let (path, what) = match last.strip_prefix(b".wh.") {
            Some(b".wh..opq") => (hash(folder), OPAQUE),
            // Book-keeping of AUFS.
            Some(name) if name.starts_with(b".wh.") => return,
            Some(name) => (step(hash(folder), name), WHITEOUT),
            None => (hash(name), if entry.is_folder { FOLDER } else { FILE }),
        };
        *self.what.entry(path).or_default() |= what;
        if let Some(target) = entry.same_as {
            let names = self.links.entry(hash(target)).or_default();
            if names.len() < MOST_NAMES {
                names.push(entry.name.to_vec());
            }
        }
    }

    /// What this layer does to a file of a layer below.
    fn hides(&self, path: &[u8]) -> Option<Fate> {
        let is = |path: u64, what: u8| self.what.get(&path).is_some_and(|is| is & what != 0);
        let mut above = ROOT;
        let mut hidden = is(above, OPAQUE);
        let mut at = ROOT;
        for part in parts(path) {
            hidden |= is(above, OPAQUE) || above != ROOT && is(above, WHITEOUT | FILE);
            at = step(above, part);
            above = at;
        }
        match (is(at, FILE | FOLDER), hidden || is(at, WHITEOUT)) {
            (true, _) => Some(Fate::Overwritten),
            (false, true) => Some(Fate::Deleted),
            (false, false) => None,
        }
    }
}

/// What becomes of a file of the first of these layers, and the number of the layer that hides it. Layers
/// that could not be listed hide nothing.
pub(super) fn of(layers: &[Option<&Listing>], path: &[u8]) -> Option<(Fate, usize)> {
    let hidden = |from: usize, path: &[u8]| {
        let above = layers.iter().enumerate().skip(from + 1);
        above.into_iter().find_map(|(n, layer)| Some((layer.as_ref()?.hides(path)?, n)))
    };
    let fate = hidden(0, path)?;
    // A file is there while any of its names is.
    let key = hash(path);
    let other_names = layers.iter().enumerate().take(fate.1).flat_map(|(n, layer)| {
        layer.and_then(|layer| layer.links.get(&key)).into_iter().flatten().map(move |name| (n, name))
    });
    let is_there = other_names.take(MOST_NAMES).any(|(from, name)| hidden(from, name).is_none());
    (!is_there).then_some(fate)
}

const ROOT: u64 = 0;

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|part| !matches!(*part, b"" | b"."))
}

/// The hash of a path, whatever stands before it.
fn hash(path: &[u8]) -> u64 {
    parts(path).fold(ROOT, step)
}

/// The hash of what is in a folder.
fn step(folder: u64, name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(folder);
    hasher.write(name);
    hasher.finish()
}
