//! Sightings: hits with their surroundings, owned, independent of the bytes they were found in.

use super::score::Rated;
use crate::address::{Address, Encoding};
use crate::blob::{Site, TextKind};
use crate::finding::{Around, Layer, Location, Role, Secret};
use crate::pattern::PatternId;
use crate::pattern::conditions::Open;
use std::sync::Arc;

/// One hit in one text.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Which pattern.
    pub pattern: PatternId,
    /// The value.
    pub value: Secret,
    /// The public part that stands beside it, where the pattern names one.
    pub id: Option<Secret>,
    /// The secret part inside it, where the pattern names one.
    pub secret: Option<Secret>,
    /// Whether a word that names the pattern stands close before.
    pub near: bool,
    /// Whether it touches its neighbours.
    pub loose: bool,
    /// For values assigned to a name: the name, and what the two are worth.
    pub named: Option<(String, Rated)>,
    /// Whether it stands in a test, an example or documentation: by its path below what the user named, or in the comments
    /// that document code.
    pub for_show: bool,
    /// Whether its line is a comment.
    pub in_comment: bool,
    /// Exceptions of its pattern that hold if its path says so too.
    pub open: Open,
    /// How sure its surroundings make it, where they alone say what it is.
    pub confidence: Option<u8>,
    /// What it may be as well.
    pub others: Vec<PatternId>,
    /// What kind of text it was found in.
    pub kind: TextKind,
    /// The blob, and what was decoded from it.
    pub address: Address,
    /// Number of the blob; tells blobs of one artifact apart.
    pub blob: u64,
    /// First and one past the last byte in the blob.
    pub range: (u64, u64),
    /// Where to look for it: its first byte, or that of a secret on a later line of what matched.
    pub place: u64,
    /// Line and column from 1, where the blob is text.
    pub position: Option<(u32, u32)>,
    /// The lines it stands on: the number of a text of the blob, and the line there from 1. The raw
    /// bytes and a lens may both see it, on lines of their own.
    pub lines: Vec<(u64, u32)>,
    /// The encodings between blob and value.
    pub encodings: Vec<Encoding>,
    /// In images, the layer.
    pub layer: Option<Arc<Layer>>,
    /// Places in the author's own terms.
    pub sites: Vec<Site>,
    /// The lines around it, where they are kept.
    pub around: Option<Arc<Around>>,
}

impl Sighting {
    /// Whether neighbours in the blob were neighbours for the author: not so in sorted pools.
    pub fn is_ordered(&self) -> bool {
        self.kind != TextKind::Pool
    }

    /// What the author calls the value.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().filter_map(|s| s.key.as_deref())
    }

    /// The locations to report, in the part `role`.
    pub fn locations(&self, role: Role) -> Vec<Location> {
        let location = |site: Option<String>| Location {
            address: self.address.clone(),
            offset: self.place,
            line: self.position.map(|p| p.0),
            column: self.position.map(|p| p.1),
            site,
            role,
            decoded: self.encodings.clone(),
            layer: self.layer.clone(),
            around: self.around.clone(),
        };
        if self.sites.is_empty() {
            return vec![location(None)];
        }
        self.sites.iter().map(|site| location(Some(site.name.clone()))).collect()
    }
}
