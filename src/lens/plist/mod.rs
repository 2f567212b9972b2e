//! Binary property lists and keyed archives: strings with their true ends, named by key paths.
//!
//! The format is `CFBinaryPList.c` of Apple's Core Foundation. A string stands in the file behind
//! a byte or two that say its kind and length, and those may look like part of a token.

mod archive;
mod bplist;
mod graph;
pub mod nib;

use super::strings::{Strings, is_secret_name};
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, OffsetMap, Site, Sites, Text, TextKind};
use crate::lens::document::DocumentSites;
use crate::limits::Limits;
use archive::Archive;
use bplist::{Kind, Plist};
use std::ops::Range;
use std::sync::OnceLock;

/// Reads binary property lists.
pub struct PlistLens;

/// Property lists in data of property lists.
const MAX_NESTED: usize = 4;
/// Property lists in one file.
const MAX_LISTS: usize = 4096;
/// Strings of a list whose names are looked for.
const MOST_NAMES: usize = 1 << 14;
/// Tag bits for the number of an object.
const OBJECT_BITS: u32 = 40;

impl Lens for PlistLens {
    fn name(&self) -> &'static str {
        "bplist"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"bplist")
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("binary property list");
        let mut lists = vec![Nested {
            plist: Plist::parse(blob.bytes, 0, &mut complaint),
            within: None,
            depth: 0,
            graph: OnceLock::new(),
        }];
        // Archives keep other lists as data: settings, attributes, one archive in another.
        let mut next = 0;
        while next < lists.len() {
            let list = &lists[next];
            let depth = list.depth + 1;
            let data: Vec<(usize, usize, usize)> = list
                .plist
                .values()
                .filter(|v| v.1 == Kind::Data && depth <= MAX_NESTED)
                .map(|(n, _, r)| (n, r.start, r.end))
                .collect();
            for (object, from, to) in data {
                let bytes = &blob.bytes[from..to];
                if bytes.starts_with(b"bplist") && bytes.len() > 40 && lists.len() < MAX_LISTS {
                    let plist = Plist::parse(bytes, from, &mut complaint);
                    lists.push(Nested { plist, within: Some((next, object)), depth, graph: OnceLock::new() });
                }
            }
            next += 1;
        }
        let lists = Lists(lists);
        let places = |tag: u64| lists.sites(tag);
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &places, emit);
        let (mut wide, mut texts) = (Vec::new(), Vec::new());
        let mut whole = true;
        for (n, list) in lists.0.iter().enumerate() {
            let mut keys = list.plist.values().filter(|v| v.1 == Kind::Ascii).take(MOST_NAMES + 1);
            let names_secrets = list.plist.values().filter(|v| v.1 == Kind::Ascii).count() <= MOST_NAMES
                && keys.any(|v| std::str::from_utf8(&blob.bytes[v.2]).is_ok_and(is_secret_name));
            for (object, kind, range) in list.plist.values() {
                let tag = (n as u64) << OBJECT_BITS | object as u64;
                let bytes = &blob.bytes[range.clone()];
                whole &=
                    match kind {
                        // What it is called is asked for where something may be called so.
                        Kind::Ascii
                            if names_secrets
                                && may_be_password(bytes)
                                && lists.sites(tag).iter().filter_map(|site| site.key.as_deref()).any(
                                    |key| strings.push_named(key, bytes, range.start as u64, 1, tag),
                                ) =>
                        {
                            true
                        }
                        Kind::Ascii => strings.push(bytes, range.start as u64, tag),
                        Kind::Data if is_text(bytes) => {
                            texts.push((range, tag));
                            true
                        }
                        Kind::Utf16 => {
                            wide.push((range, tag));
                            true
                        }
                        _ => true,
                    };
            }
        }
        for (range, tag) in wide {
            let at = range.start as u64;
            whole &= strings.push_utf16(&blob.bytes[range], true, at, tag);
        }
        whole &= strings.finish();
        // Files in data: JSON, XML, settings. Each is a document of its own.
        for (range, tag) in texts.into_iter().take(MAX_LISTS) {
            let mut map = OffsetMap::identity();
            map.push_plain(0, range.start as u64);
            let within = || lists.sites(tag).into_iter().next();
            emit(&Text {
                bytes: &blob.bytes[range],
                kind: TextKind::Plain,
                encoding: None,
                map: &map,
                outer: None,
                sites: &Inside { within: &within },
            });
        }
        if !whole {
            complaint.note(0, || "objects that overlap".into());
        }
        complaint.into_result()
    }
}

/// Whether a string is one that only its name makes a secret: longer ones, words and identifiers are none.
fn may_be_password(bytes: &[u8]) -> bool {
    (5..=64).contains(&bytes.len()) && !bytes.iter().all(u8::is_ascii_alphabetic)
}

/// Whether data are text that is worth a name of its own.
fn is_text(bytes: &[u8]) -> bool {
    bytes.len() >= 8
        && !bytes.starts_with(b"bplist")
        && bytes.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

/// A list, in a file or in data of another one.
struct Nested<'b> {
    plist: Plist<'b>,
    within: Option<(usize, usize)>,
    depth: usize,
    graph: OnceLock<Archive>,
}

/// Sites of a document in data: its own, behind the path of the data.
struct Inside<'w> {
    within: &'w (dyn Fn() -> Option<Site> + Sync),
}

impl Sites for Inside<'_> {
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let outer = (self.within)();
        let mut found = DocumentSites::new(b"").resolve(text, spans);
        for sites in &mut found {
            for site in sites.iter_mut() {
                if let Some(outer) = &outer {
                    let joint = if site.name.starts_with(['/', '[']) { "" } else { " " };
                    site.name = format!("{}{joint}{}", outer.name, site.name);
                }
            }
            if sites.is_empty() {
                // The value is the text, or a line of it: scopes of the list mean nothing here.
                sites.extend(outer.clone().map(|outer| Site { scopes: Vec::new(), ..outer }));
            }
        }
        found
    }
}

struct Lists<'b>(Vec<Nested<'b>>);

impl Lists<'_> {
    fn sites(&self, tag: u64) -> Vec<Site> {
        let list = usize::try_from(tag >> OBJECT_BITS).unwrap_or(usize::MAX);
        let object = usize::try_from(tag & ((1 << OBJECT_BITS) - 1)).unwrap_or(usize::MAX);
        self.sites_of(list, object)
    }

    fn sites_of(&self, list: usize, object: usize) -> Vec<Site> {
        let Some(nested) = self.0.get(list) else { return Vec::new() };
        // The path of the data that hold this list: at most `MAX_NESTED` deep.
        let prefix = nested
            .within
            .and_then(|(outer, object)| self.sites_of(outer, object).into_iter().next())
            .map_or_else(String::new, |site| site.name);
        let archive = nested.graph.get_or_init(|| Archive::new(&nested.plist));
        let view = archive::View { plist: &nested.plist, archive };
        graph::sites(&view, object, &prefix, (list as u64) << OBJECT_BITS)
    }
}

#[cfg(test)]
mod tests;
