//! Findings that a file names as known, in whatever way it names them: baselines and ignore files.
//!
//! A file says more or less: a seal or a fingerprint holds wherever the secret moves; a position hides
//! whatever stands there later. What a file can say is kept as it is, and used the surest first.

use super::seal::{Seal, Seals};
use crate::finding::{Class, Finding, Location, Role, Secret};
use sha1::{Digest, Sha1};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// One finding that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By its seal.
    Seal(Seal),
    /// By its fingerprint.
    Print(String),
    /// By its value.
    Value(Secret),
    /// By the SHA-1 of its value, and the file that it was in.
    Sha1([u8; 20], String),
    /// By its position.
    Place(Place),
}

/// A position in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, below the root.
    pub file: String,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// The commit, where it is one's.
    pub commit: Option<String>,
}

/// The findings that one file names.
#[derive(Debug, Default)]
pub struct Known {
    /// The file, as messages name it.
    pub file: String,
    /// What it is, in words: `gitleaks report`.
    pub form: &'static str,
    /// Of each entry, its line in the file, and whether it was met.
    entries: Vec<(usize, AtomicBool)>,
    seals: Seals,
    prints: HashMap<String, usize>,
    values: HashMap<Secret, usize>,
    sha1: HashMap<[u8; 20], Vec<(String, usize)>>,
    places: HashMap<String, Vec<(Place, usize)>>,
}

impl Known {
    /// What the file `file` names.
    pub fn new(file: &str, form: &'static str) -> Self {
        Known { file: file.to_owned(), form, ..Known::default() }
    }

    /// Adds what stands on a line.
    pub fn add(&mut self, line: usize, name: Name) {
        let number = self.entries.len();
        self.entries.push((line, AtomicBool::new(false)));
        match name {
            Name::Seal(seal) => self.seals.add(seal, number),
            Name::Print(print) => drop(self.prints.entry(print).or_insert(number)),
            Name::Value(value) => drop(self.values.entry(value).or_insert(number)),
            Name::Sha1(hash, file) => self.sha1.entry(hash).or_default().push((file, number)),
            Name::Place(place) => self.places.entry(place.file.clone()).or_default().push((place, number)),
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries name a position only.
    pub fn positions(&self) -> usize {
        self.places.values().map(Vec::len).sum()
    }

    /// Whether comparing takes long.
    pub fn is_slow(&self) -> bool {
        self.seals.has_slow()
    }

    /// The line of the entry that names a finding, wherever that stands. `files` are where it does.
    pub fn finding(&self, finding: &Finding, files: &[String]) -> Option<usize> {
        let value = decisive(finding);
        let number = self
            .prints
            .get(&finding.fingerprint)
            .copied()
            .or_else(|| self.values.get(value?).copied())
            .or_else(|| self.by_sha1(finding, value?, files))
            .or_else(|| self.seals.find_print(&finding.fingerprint))?;
        Some(self.met(number))
    }

    fn by_sha1(&self, finding: &Finding, value: &Secret, files: &[String]) -> Option<usize> {
        if self.sha1.is_empty() {
            return None;
        }
        let find = |bytes: &[u8]| self.sha1.get::<[u8; 20]>(&Sha1::digest(bytes).into());
        let own = find(value.reveal()).and_then(|all| all.first());
        // Of private keys, detect-secrets knows the first line, which all have: then the file must be the same.
        let head = || {
            let text = value.reveal();
            let head = text.strip_prefix(b"-----").filter(|_| finding.class == Class::KeyMaterial)?;
            let head = &head[..head.windows(5).position(|w| w == b"-----")?];
            find(head)?.iter().find(|(file, _)| files.contains(file))
        };
        own.or_else(head).map(|(_, number)| *number)
    }

    /// The line of the entry that names a position. `history` are the commits in which the finding is.
    pub fn place(&self, file: &str, site: &Location, finding: &Finding) -> Option<usize> {
        let line = site.line.filter(|_| !self.places.is_empty())?;
        // What is inside a package has lines of its own.
        let inside = site.address.to_string();
        let inside = inside.strip_prefix(&site.address.artifact().to_string()).unwrap_or_default();
        let with_inside;
        let file = if inside.is_empty() || !inside.starts_with('!') || !site.decoded.is_empty() {
            file
        } else {
            with_inside = format!("{file}{inside}");
            &with_inside
        };
        let own = site.address.as_object().map(|object| object.id.to_string());
        let told = finding.history.iter().flat_map(|h| [&h.first, &h.last]).flatten();
        let commits: Vec<String> = told.map(|r| r.commit.clone()).chain(own).collect();
        let is_of = |wanted: &String| commits.iter().any(|c| c.starts_with(wanted) || wanted.starts_with(c));
        let (_, number) = self.places.get(file)?.iter().find(|(place, _)| {
            (place.lines.0..=place.lines.1).contains(&line) && place.commit.as_ref().is_none_or(is_of)
        })?;
        Some(self.met(*number))
    }

    fn met(&self, number: usize) -> usize {
        let (line, met) = &self.entries[number];
        met.store(true, Ordering::Relaxed);
        *line
    }

    /// The lines of entries that no finding has met.
    pub fn stale(&self) -> impl Iterator<Item = usize> {
        self.entries.iter().filter(|(_, met)| !met.load(Ordering::Relaxed)).map(|(line, _)| *line)
    }
}

/// The value that a finding stands or falls with: the secret of a pair, not its id.
pub fn decisive(finding: &Finding) -> Option<&Secret> {
    let part = |role| finding.parts.get(&role);
    part(Role::Value).or(part(Role::Secret)).or(part(Role::Token)).or(part(Role::Id))
}

/// The role of [`decisive`].
pub fn decisive_role(finding: &Finding) -> Role {
    let roles = [Role::Value, Role::Secret, Role::Token, Role::Id];
    roles.into_iter().find(|role| finding.parts.contains_key(role)).unwrap_or(Role::Value)
}
