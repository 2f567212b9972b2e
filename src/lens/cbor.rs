//! CBOR (RFC 8949): strings with the names under which they stand. The length of a short string is a letter, so that nothing in the bytes
//! shows where one ends and the next begins.

use super::strings::Strings;
use super::{Damage, Lens};
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;
use crate::look::Look;

/// Reads files that are CBOR from their first byte on.
pub struct CborLens;

/// Items in items.
const DEPTH: usize = 64;
/// Strings of one file.
const MOST: usize = 1 << 20;
/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 6;
/// Bytes that are read to tell whether a file is one.
const PROBE: usize = 4 << 10;

impl Lens for CborLens {
    fn name(&self) -> &'static str {
        "cbor"
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // A list or a map, perhaps behind tags; of several things, or said to be CBOR.
        let is_list =
            matches!(blob.bytes.first(), Some(0x81..=0x9b | 0x9f | 0xa1..=0xbb | 0xbf | 0xd8..=0xda));
        is_list && {
            let probe = &blob.bytes[..blob.bytes.len().min(PROBE)];
            let mut reader = Reader::new(probe);
            let is_whole = reader.item(None, 0).is_some();
            // What is cut off must have been cut by us.
            (is_whole && reader.at == blob.bytes.len()
                || reader.at >= probe.len() && blob.bytes.len() > PROBE)
                && reader.names > 0
                && reader.strings.len() * 2 >= reader.names
        }
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut reader = Reader::new(blob.bytes);
        // Sequences of items are files too.
        while reader.at < blob.bytes.len() && reader.item(None, 0).is_some() {}
        let Reader { strings: found, .. } = reader;
        let name = |entry: &Entry| {
            entry.name.and_then(|(at, len)| blob.bytes.get(at..at + len)).map(String::from_utf8_lossy)
        };
        let place = |tag: u64| {
            let Some(entry) = found.get(tag as usize) else { return Vec::new() };
            let key = name(entry).map(|name| name.chars().take(128).collect::<String>());
            let label = format!("map at {:#x}", entry.within);
            let id = ScopeId::Local(entry.within as u64);
            let scope = Scope { class: ScopeClass::Object, id, order: Some(tag), label: label.clone() };
            let name = key.clone().map_or(label, |key| format!("/{key}"));
            vec![Site { name, key, role: None, scopes: vec![scope] }]
        };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &place, emit);
        for (tag, entry) in found.iter().enumerate() {
            let value = &blob.bytes[entry.at..entry.at + entry.len];
            let name = name(entry).unwrap_or_default();
            if !strings.push_named(&name, value, entry.at as u64, 1, tag as u64) {
                strings.push(value, entry.at as u64, tag as u64);
            }
        }
        strings.finish();
        Ok(())
    }
}

/// A string that is no name.
struct Entry {
    at: usize,
    len: usize,
    name: Option<(usize, usize)>,
    /// Where the map or list begins that it is in.
    within: usize,
}

struct Reader<'b> {
    data: &'b [u8],
    at: usize,
    strings: Vec<Entry>,
    names: usize,
    within: usize,
}

/// What an item is, where that matters: a text.
type Name = Option<(usize, usize)>;

impl<'b> Reader<'b> {
    fn new(data: &'b [u8]) -> Self {
        Reader { data, at: 0, strings: Vec::new(), names: 0, within: 0 }
    }

    /// The kind of the item here, and its number; `None` of a length that is not told.
    fn head(&mut self) -> Option<(u8, Option<u64>)> {
        let first = *self.data.get(self.at)?;
        self.at += 1;
        let width = match first & 31 {
            n @ 0..24 => return Some((first >> 5, Some(u64::from(n)))),
            n @ 24..28 => 1usize << (n - 24),
            31 => return Some((first >> 5, None)),
            _ => return None,
        };
        let bytes = self.data.get(self.at..self.at.checked_add(width)?)?;
        self.at += width;
        Some((first >> 5, Some(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))))
    }

    /// Reads the item here, which stands under a name.
    fn item(&mut self, name: Name, depth: usize) -> Option<Name> {
        let start = self.at;
        let (kind, number) = self.head()?;
        if depth > DEPTH || self.strings.len() >= MOST {
            return None;
        }
        match (kind, number) {
            (0 | 1, Some(_)) | (7, Some(_)) => Some(None),
            (2 | 3, Some(len)) => {
                let (at, len) = (self.at, usize::try_from(len).ok()?);
                let bytes = self.data.get(at..at.checked_add(len)?)?;
                if kind == 3 && std::str::from_utf8(bytes).is_err() {
                    return None;
                }
                self.at += len;
                if len >= MIN_LEN {
                    self.strings.push(Entry { at, len, name, within: self.within });
                }
                Some((kind == 3).then_some((at, len)))
            }
            // In pieces.
            (2 | 3, None) => {
                while self.data.get(self.at)? != &0xff {
                    self.item(name, depth + 1)?;
                }
                self.at += 1;
                Some(None)
            }
            (4 | 5, count) => {
                let within = std::mem::replace(&mut self.within, start);
                // Each takes a byte at least.
                let mut left = count.unwrap_or(u64::MAX);
                while left > 0 {
                    if count.is_none() && self.data.get(self.at)? == &0xff {
                        self.at += 1;
                        break;
                    }
                    let mut own = name;
                    if kind == 5 {
                        let strings = self.strings.len();
                        own = self.item(None, depth + 1)?;
                        if own.is_some() {
                            self.strings.truncate(strings);
                            self.names += 1;
                        }
                    }
                    self.item(own, depth + 1)?;
                    left -= 1;
                }
                self.within = within;
                Some(None)
            }
            (6, Some(_)) => self.item(name, depth + 1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn read(data: &[u8]) -> Option<String> {
        let blob = Blob { address: Address::named("x"), bytes: data };
        let mut all = Vec::new();
        let mut emit = |text: &Text<'_>| all.extend_from_slice(text.bytes);
        CborLens.reads(&blob).then(|| CborLens.texts(&blob, &Limits::default(), &mut emit).unwrap())?;
        Some(String::from_utf8_lossy(&all).replace('\0', "|"))
    }

    #[test]
    fn strings_and_their_names() {
        let map = b"\xa3kdb_passwordma value of itfregionleu-central-1bnox\x18";
        assert_eq!(read(&map[..46]), None);
        let map = b"\xa2kdb_passwordma value of itfregionleu-central-1";
        assert_eq!(read(map).unwrap(), "\"db_password\": \"a value of it\"|eu-central-1");
        // Of unknown length, behind the tag that says what it is, in a list, as bytes.
        let map = b"\xd9\xd9\xf7\x81\xbfkdb_passwordMa value of it\xff";
        assert_eq!(read(map).unwrap(), "\"db_password\": \"a value of it\"");
    }

    #[test]
    fn no_other_data_are_cbor() {
        for data in [
            &b"\xa1"[..],
            b"\xbf\xff",
            b"\xa1aa",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xffaaaaaaa",
            &[0x81; 300],
            b"\xa1\x61a\x01\0",
        ] {
            assert_eq!(read(data), None);
        }
    }
}
