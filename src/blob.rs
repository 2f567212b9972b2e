//! Blobs and texts: bytes with an address, and what a lens makes of them for the engine.

use crate::address::{Address, Encoding};
use crate::finding::Role;
use std::ops::Range;

/// A run of bytes with an address. Borrowed: whoever read or inflated the bytes keeps them alive
/// while the blob is searched, so that nothing downstream can hold on to a whole file.
#[derive(Clone, Debug)]
pub struct Blob<'a> {
    /// Where the bytes are.
    pub address: Address,
    /// The bytes, mapped or owned by the caller.
    pub bytes: &'a [u8],
}

/// An offset into a blob, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobOffset(pub u64);

/// An offset into a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextOffset(pub usize);

/// What kind of bytes a text holds; decides how far token boundaries can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Text that a person or a program wrote as text: lines, assignments, quotes.
    Plain,
    /// Strings taken out of a format one by one, a NUL byte between them: true boundaries, and
    /// neighbours that mean nothing (a sorted or hashed table).
    Pool,
    /// The same in the order in which author or compiler had them: neighbours belong together.
    List,
    /// Arbitrary bytes: neighbours may touch a token.
    Binary,
}

/// A linear piece of an [`OffsetMap`]: from `text` on, every `den` bytes of text stand for `num`
/// bytes of what the text was made from, starting at `outer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First text offset of the piece.
    pub text: usize,
    /// Where it starts in the outer text or blob.
    pub outer: u64,
    /// Outer bytes for every `den` text bytes (base64: 4 for 3; UTF-16: 2 for 1).
    pub num: u32,
    /// See `num`; never 0.
    pub den: u32,
}

/// From offsets in a text to offsets in what it was made from: linear pieces, sorted by text offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    segments: Vec<Segment>,
}

impl OffsetMap {
    /// The text is the outer bytes themselves.
    pub fn identity() -> Self {
        OffsetMap::default()
    }

    /// Adds a piece. Pieces must come in rising order of `text`; one that starts where the last
    /// one did replaces it.
    pub fn push(&mut self, segment: Segment) {
        debug_assert!(segment.den > 0 && self.segments.last().is_none_or(|s| s.text <= segment.text));
        if self.segments.last().is_some_and(|s| s.text == segment.text) {
            self.segments.pop();
        }
        self.segments.push(segment);
    }

    /// Adds a piece in which text and outer bytes run one to one.
    pub fn push_plain(&mut self, text: usize, outer: u64) {
        self.push(Segment { text, outer, num: 1, den: 1 });
    }

    /// Makes room for `pieces` more.
    pub fn reserve(&mut self, pieces: usize) {
        self.segments.reserve(pieces);
    }

    /// Forgets all pieces but keeps the memory.
    pub fn clear(&mut self) {
        self.segments.clear();
    }

    /// The outer offset of the byte at `at`; for encoded text, of the first encoded byte that
    /// carries it.
    pub fn outer(&self, at: TextOffset) -> u64 {
        let i = self.segments.partition_point(|s| s.text <= at.0);
        match i.checked_sub(1).and_then(|i| self.segments.get(i)) {
            None => at.0 as u64,
            Some(s) => s.outer + (at.0 - s.text) as u64 * u64::from(s.num) / u64::from(s.den),
        }
    }
}

/// One contiguous run of bytes for the engine, with the way back to its blob.
pub struct Text<'t> {
    /// The bytes to search.
    pub bytes: &'t [u8],
    /// How far boundaries can be trusted.
    pub kind: TextKind,
    /// How the bytes were made from the outer text or blob; `None` when they are its own bytes.
    pub encoding: Option<Encoding>,
    /// From offsets here to offsets in the outer text, or in the blob where there is none.
    pub map: &'t OffsetMap,
    /// The text this one was decoded from.
    pub outer: Option<&'t Text<'t>>,
    /// Names the places in the author's own terms.
    pub sites: &'t dyn Sites,
}

impl Text<'_> {
    /// The offset in the blob of the byte at `at`.
    pub fn blob_offset(&self, at: TextOffset) -> BlobOffset {
        let outer = self.map.outer(at);
        match self.outer {
            None => BlobOffset(outer),
            Some(text) => text.blob_offset(TextOffset(usize::try_from(outer).unwrap_or(usize::MAX))),
        }
    }

    /// The encodings between the blob and this text, outermost first.
    pub fn encodings(&self) -> Vec<Encoding> {
        let mut chain = self.outer.map_or_else(Vec::new, Text::encodings);
        chain.extend(self.encoding);
        chain
    }
}

/// Names places in a text in the author's own terms. Asked once a text, and only when the engine
/// hit something, so an answer may cost a parse of the whole text.
pub trait Sites: Sync {
    /// For each span of `text` (rising, may overlap), every place that holds or uses it: a string
    /// of a DEX pool can be loaded in several methods. No place known: an empty list.
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>>;
}

/// A [`Sites`] that knows no place.
pub struct NoSites;

impl Sites for NoSites {
    fn resolve(&self, _text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        vec![Vec::new(); spans.len()]
    }
}

/// A place in the author's own terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Printed: `com.shop.Aws.SECRET_KEY`, `@string/aws_secret`, `/aws/secretKey`, `[default] aws_secret_access_key`.
    pub name: String,
    /// What the author calls the value: the last name of the path, a field, a map key (`SECRET_KEY`).
    /// Tells roles and secrets apart, and pairs `PROD_KEY` with `PROD_SECRET`.
    pub key: Option<String>,
    /// What the place says the value is (`aws_secret` passed as the 2nd argument of a known
    /// constructor), when the format tells.
    pub role: Option<Role>,
    /// What holds the value, narrowest first.
    pub scopes: Vec<Scope>,
}

/// How closely two values in one scope belong together; narrower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeClass {
    /// Arguments of one call or constructor, entries put into one map, elements of one array.
    Call,
    /// Members of one object, dictionary, section, table row or element.
    Object,
    /// Loaded or stored in one method or initialiser.
    Method,
    /// Fields or constants of one class or type.
    Type,
    /// An object that holds the object (the parent of an [`ScopeClass::Object`] scope).
    Parent,
    /// One package or namespace.
    Package,
}

/// Something that holds values: the unit in which an id and a secret can belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// How narrow it is.
    pub class: ScopeClass,
    /// Tells scopes of one class apart.
    pub id: ScopeId,
    /// Where in the scope the value stands, in the author's own order; `None` where the format
    /// has lost that order (sorted pools and tables).
    pub order: Option<u64>,
    /// For the evidence, as it reads after "in": `method com.shop.Aws.client()`, `object /aws`.
    pub label: String,
}

/// Identity of a [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeId {
    /// Meaningful inside one text only.
    Local(u64),
    /// A local one with the number of its text: what triage sees.
    InText(u64, u64),
    /// A name that means the same in every blob of the artifact (`com.shop`, across DEX files).
    Named(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_chain_back_to_the_blob() {
        let mut utf16 = OffsetMap::default();
        utf16.push(Segment { text: 0, outer: 100, num: 2, den: 1 });
        let mut base64 = OffsetMap::default();
        base64.push(Segment { text: 0, outer: 10, num: 4, den: 3 });
        let wide = Text {
            bytes: b"",
            kind: TextKind::Plain,
            encoding: Some(Encoding::Utf16Le),
            map: &utf16,
            outer: None,
            sites: &NoSites,
        };
        let inner = Text {
            bytes: b"",
            kind: TextKind::Plain,
            encoding: Some(Encoding::Base64),
            map: &base64,
            outer: Some(&wide),
            sites: &NoSites,
        };
        // 6 decoded bytes = 8 characters of base64 = 16 bytes of UTF-16.
        assert_eq!(inner.blob_offset(TextOffset(6)), BlobOffset(100 + 2 * (10 + 8)));
        assert_eq!(inner.encodings(), [Encoding::Utf16Le, Encoding::Base64]);
    }

    #[test]
    fn a_piece_at_the_same_text_offset_replaces_the_last() {
        let mut map = OffsetMap::identity();
        map.push_plain(0, 5);
        map.push_plain(0, 9);
        map.push_plain(4, 20);
        assert_eq!([0, 3, 4, 6].map(|t| map.outer(TextOffset(t))), [9, 12, 20, 22]);
    }
}
