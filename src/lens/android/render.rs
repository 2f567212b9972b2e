//! Compiled XML written out as text again, when something in it was hit: then the syntax that
//! reads XML files names the places, and a manifest has the same ones in an APK and in its source.

use super::resource::says_nothing;
use crate::blob::{Scope, ScopeClass, ScopeId, Site};
use crate::lens::config::SYNTAXES;
use std::collections::HashMap;
use std::ops::Range;

/// Longest name or value written. Values matter only where they name their siblings.
pub(super) const VALUE: usize = 160;
/// How references to resources begin: the names are in the table, not here.
pub(super) const REFERENCE: &str = "@0x";
/// Places of one string.
const MAX_SITES: usize = 64;

/// XML as text, and where in it strings stand that were hit.
pub(super) struct Render {
    text: Vec<u8>,
    cap: usize,
    /// Names of the open elements, as ranges of the text.
    open: Vec<Range<usize>>,
    /// Whether the last tag still takes attributes.
    in_tag: bool,
    wanted: HashMap<u64, Vec<usize>>,
    /// Slots of strings that were hit and their ranges in the text.
    hits: Vec<(Vec<usize>, Range<usize>)>,
    places: HashMap<u64, usize>,
}

impl Render {
    /// For the strings with these tags, of at most `cap` bytes of text.
    pub(super) fn new(tags: &[u64], cap: usize) -> Self {
        let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
        for (slot, &tag) in tags.iter().enumerate() {
            wanted.entry(tag).or_default().push(slot);
        }
        Render {
            text: Vec::new(),
            cap,
            open: Vec::new(),
            in_tag: false,
            wanted,
            hits: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Whether more may be written.
    pub(super) fn has_room(&self) -> bool {
        self.text.len() < self.cap
    }

    pub(super) fn element(&mut self, name: &str) {
        self.end_tag();
        self.text.push(b'<');
        let start = self.text.len();
        self.name(name);
        self.open.push(start..self.text.len());
        self.in_tag = true;
    }

    /// An attribute of the element that was opened last; `tags` are those of its value.
    pub(super) fn attribute(&mut self, name: &str, value: &str, tags: &[Option<u64>]) {
        if !self.in_tag {
            return;
        }
        self.text.push(b' ');
        self.name(name);
        self.text.extend_from_slice(b"=\"");
        self.value(value, tags);
        self.text.push(b'"');
    }

    pub(super) fn characters(&mut self, value: &str, tag: u64) {
        self.end_tag();
        self.value(value, &[Some(tag)]);
    }

    pub(super) fn close(&mut self) {
        self.end_tag();
        let Some(name) = self.open.pop() else { return };
        self.text.extend_from_slice(b"</");
        self.text.extend_from_within(name);
        self.text.push(b'>');
    }

    fn end_tag(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.text.push(b'>');
        }
    }

    /// A name in which nothing ends a tag.
    fn name(&mut self, name: &str) {
        let start = self.text.len();
        for c in name.chars().take(VALUE) {
            let is_name = c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
            self.text.extend_from_slice(if is_name { c } else { '_' }.encode_utf8(&mut [0; 4]).as_bytes());
        }
        let starts_well = self.text.get(start).is_some_and(|b| b.is_ascii_alphabetic() || *b >= 0x80);
        if !starts_well {
            self.text.insert(start, b'_');
        }
    }

    fn value(&mut self, value: &str, tags: &[Option<u64>]) {
        let start = self.text.len();
        for c in value.chars().take(VALUE) {
            match c {
                '<' => self.text.extend_from_slice(b"&lt;"),
                '"' => self.text.extend_from_slice(b"&quot;"),
                '\0' => self.text.push(b' '),
                c => self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        let mut slots: Vec<usize> = Vec::new();
        for tag in tags.iter().flatten() {
            if let Some(of) = self.wanted.get(tag) {
                let places = self.places.entry(*tag).or_default();
                *places += 1;
                if *places <= MAX_SITES {
                    slots.extend(of.iter().filter(|slot| !slots.contains(slot)).collect::<Vec<_>>());
                }
            }
        }
        // Blanks before a value are none of it.
        let blank = self.text.get(start..).map_or(0, |v| v.len() - v.trim_ascii_start().len());
        if !slots.is_empty() && start + blank < self.text.len() {
            self.hits.push((slots, start + blank..start + blank + 1));
        }
    }

    /// The places of each tag; `around` are the scopes that hold the whole document.
    pub(super) fn places(mut self, tags: usize, around: &[Scope]) -> Vec<Vec<Site>> {
        while !self.open.is_empty() {
            self.close();
        }
        let mut found = vec![Vec::new(); tags];
        let Some(xml) = SYNTAXES.iter().find(|syntax| syntax.name() == "xml") else { return found };
        let spans: Vec<Range<usize>> = self.hits.iter().map(|(_, span)| span.clone()).collect();
        for ((slots, _), place) in self.hits.iter().zip(xml.locate(&self.text, &spans)) {
            let Some(place) = place else { continue };
            let objects = place.objects.into_iter().enumerate().map(|(depth, object)| Scope {
                class: if depth == 0 { ScopeClass::Object } else { ScopeClass::Parent },
                id: ScopeId::Local(object.start as u64),
                order: Some(place.value.start as u64),
                label: object.label,
            });
            let scopes = objects.chain(around.iter().cloned()).collect();
            // An element's id says that it is a view of its own, but not what it is called.
            let key = place.key.filter(|key| !key.starts_with(REFERENCE) && !says_nothing(key));
            let site = Site { name: place.path, key, role: None, scopes };
            for &slot in slots {
                if let Some(sites) = found.get_mut(slot)
                    && !sites.contains(&site)
                {
                    sites.push(site.clone());
                }
            }
        }
        found
    }
}
