//! What R has stored (`saveRDS`, `save`), in its usual binary form (`serialize.c` of R, "R Internals" 1.8): strings by the names of the lists,
//! columns and variables that they are in. The names of a list stand behind all that is in it.

use super::bytes::{slice, u32_be};
use super::strings::Strings;
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::ledger::Reason;
use crate::limits::Limits;
use std::ops::Range;

/// Reads objects of R.
pub struct RDataLens;

/// Objects in objects.
const DEPTH: usize = 128;
/// Strings of one file.
const MOST: usize = 1 << 21;
/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 6;

/// Where the objects begin: behind the mark and the versions.
fn head(data: &[u8]) -> Option<usize> {
    let at = [&b"X\n"[..], b"RDX2\nX\n", b"RDX3\nX\n"].iter().find(|mark| data.starts_with(mark))?.len();
    match u32_be(data, at)? {
        2 => Some(at + 12),
        // The encoding that it was written in.
        3 => Some(at + 16 + usize::try_from(u32_be(data, at + 12)?).ok().filter(|len| *len < 64)?),
        _ => None,
    }
}

impl Lens for RDataLens {
    fn name(&self) -> &'static str {
        "r-data"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        head(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("R data");
        let mut reader = Reader {
            data: blob.bytes,
            at: head(blob.bytes).unwrap_or(0),
            entries: Vec::new(),
            symbols: Vec::new(),
        };
        if reader.item(0).is_none() {
            let at = reader.at as u64;
            if reader.entries.len() > MOST {
                let damage = Damage::new("R data", at, format!("more than {MOST} strings"));
                complaint
                    .note_damage(damage.because(Reason::Limit, (blob.bytes.len() as u64).saturating_sub(at)));
            } else {
                complaint.note(at, || "an object of a kind that is not known, or that is cut off".into());
            }
        }
        let found = reader.entries;
        let name = |entry: &Entry| {
            let (at, len) = entry.name?;
            Some(String::from_utf8_lossy(slice(blob.bytes, at, len.min(128))?).into_owned())
        };
        let place = |tag: u64| {
            let Some(entry) = found.get(tag as usize) else { return Vec::new() };
            let key = name(entry);
            // Rows of a table have one number in each column.
            let id = ScopeId::Local((entry.within as u64) << 24 | u64::from(entry.row) & 0xff_ffff);
            let label = format!("list at {:#x}", entry.within);
            let scope = Scope { class: ScopeClass::Object, id, order: Some(tag), label: label.clone() };
            vec![Site { name: key.clone().unwrap_or(label), key, role: None, scopes: vec![scope] }]
        };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &place, emit);
        for (tag, entry) in found.iter().enumerate().filter(|(_, entry)| entry.len >= MIN_LEN) {
            let value = slice(blob.bytes, entry.at, entry.len).unwrap_or_default();
            let name = name(entry).unwrap_or_default();
            if !strings.push_named(&name, value, entry.at as u64, 1, tag as u64) {
                strings.push(value, entry.at as u64, tag as u64);
            }
        }
        strings.finish();
        complaint.into_result()
    }
}

struct Entry {
    at: usize,
    len: usize,
    name: Option<(usize, usize)>,
    /// Where the list begins that it is in, and which of the strings of its vector it is.
    within: usize,
    row: u32,
}

struct Reader<'b> {
    data: &'b [u8],
    at: usize,
    entries: Vec<Entry>,
    /// Names that are referred to again; of environments none.
    symbols: Vec<Option<(usize, usize)>>,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let number = u32_be(self.data, self.at)?;
        self.at += 4;
        Some(number)
    }

    /// How many items of `width` bytes at least follow.
    fn count(&mut self, width: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(width)? <= self.data.len() - self.at).then_some(count)
    }

    fn skip(&mut self, len: usize) -> Option<()> {
        slice(self.data, self.at, len)?;
        self.at += len;
        Some(())
    }

    /// A string by itself; none of one that is missing.
    fn letters(&mut self) -> Option<(usize, usize)> {
        if self.number()? & 0xff != 9 {
            return None;
        }
        let len = self.number()?;
        let place = (self.at, if len == u32::MAX { 0 } else { usize::try_from(len).ok()? });
        self.skip(place.1)?;
        Some(place)
    }

    /// Reads the object here; the strings in it.
    fn item(&mut self, depth: usize) -> Option<Range<usize>> {
        let first = self.entries.len();
        let start = self.at;
        let flags = self.number()?;
        if depth > DEPTH || first > MOST {
            return None;
        }
        let has_attributes = flags & 0x200 != 0;
        match flags & 0xff {
            // What is always there, and names of variables.
            0 | 241 | 242 | 251..=254 => {}
            1 => {
                let name = self.letters()?;
                self.symbols.push(Some(name));
            }
            255 => {
                if flags >> 8 == 0 {
                    self.number()?;
                }
            }
            // Lists of pairs; code is written as such.
            2 | 3 | 5 | 6 | 239 | 240 => self.pairs(flags, depth, &mut |_, _, _| {})?,
            4 => {
                self.symbols.push(None);
                self.number()?;
                for _ in 0..4 {
                    self.item(depth + 1)?;
                }
            }
            9 => {
                self.at = start;
                let (at, len) = self.letters()?;
                self.entries.push(Entry { at, len, name: None, within: start, row: 0 });
            }
            10 | 13 => {
                let count = self.count(4)?;
                self.skip(4 * count)?;
            }
            14 => {
                let count = self.count(8)?;
                self.skip(8 * count)?;
            }
            15 => {
                let count = self.count(16)?;
                self.skip(16 * count)?;
            }
            24 => {
                let count = self.count(1)?;
                self.skip(count)?;
            }
            kind @ (16 | 19 | 20) => return self.vector(kind == 16, has_attributes, start, depth),
            238 => {
                for _ in 0..3 {
                    self.item(depth + 1)?;
                }
            }
            247..=250 => {
                self.symbols.push(None);
                self.number()?;
                for _ in 0..self.count(8)? {
                    self.letters()?;
                }
            }
            _ => return None,
        }
        if has_attributes && matches!(flags & 0xff, 10 | 13..=15 | 24) {
            self.item(depth + 1)?;
        }
        Some(first..self.entries.len())
    }

    /// A vector of strings or a list, and the names of what is in it.
    fn vector(
        &mut self,
        is_text: bool,
        has_attributes: bool,
        start: usize,
        depth: usize,
    ) -> Option<Range<usize>> {
        let first = self.entries.len();
        let mut items = Vec::new();
        for row in 0..self.count(4)? {
            let before = self.entries.len();
            if before > MOST || items.len() > MOST {
                return None;
            }
            if is_text {
                let (at, len) = self.letters()?;
                self.entries.push(Entry { at, len, name: None, within: start, row: row as u32 });
            } else {
                self.item(depth + 1)?;
                // A column of a table, or a value of a list.
                self.entries[before..]
                    .iter_mut()
                    .filter(|entry| entry.name.is_none())
                    .for_each(|entry| entry.within = start);
            }
            items.push(before..self.entries.len());
        }
        let end = self.entries.len();
        if has_attributes {
            let mut names = None;
            let flags = self.number()?;
            self.pairs(flags, depth + 1, &mut |data, tag, strings| {
                if slice(data, tag.0, tag.1) == Some(b"names") {
                    names = Some(strings);
                }
            })?;
            let names = names.unwrap_or(0..0);
            for (name, item) in names.zip(items) {
                let Some(place) = self.entries.get(name).map(|name| (name.at, name.len)) else { break };
                self.entries[item]
                    .iter_mut()
                    .filter(|entry| entry.name.is_none())
                    .for_each(|entry| entry.name = Some(place));
            }
            // Names and classes are no values.
            self.entries.truncate(end);
        }
        Some(first..end)
    }

    /// A list of pairs whose first flags were read; calls `found` with each name and the strings under it.
    fn pairs(&mut self, flags: u32, depth: usize, found: &mut Found<'_>) -> Option<()> {
        let (mut flags, start) = (flags, self.at);
        loop {
            match flags & 0xff {
                254 => return Some(()),
                2 | 3 | 5 | 6 | 239 | 240 => {}
                // The rest is something else: code has it.
                _ => {
                    self.at -= 4;
                    return self.item(depth + 1).map(|_| ());
                }
            }
            if flags & 0x200 != 0 {
                self.item(depth + 1)?;
            }
            let tag = if flags & 0x400 != 0 { self.tag()? } else { None };
            let strings = self.item(depth + 1)?;
            if let Some(tag) = tag {
                for entry in self.entries[strings.clone()].iter_mut().filter(|entry| entry.name.is_none()) {
                    (entry.name, entry.within) = (Some(tag), start);
                }
                found(self.data, tag, strings);
            }
            flags = self.number()?;
        }
    }

    /// The name of a pair.
    fn tag(&mut self) -> Option<Option<(usize, usize)>> {
        let flags = self.number()?;
        match flags & 0xff {
            1 => {
                let name = self.letters()?;
                self.symbols.push(Some(name));
                Some(Some(name))
            }
            255 => {
                let index = if flags >> 8 == 0 { self.number()? } else { flags >> 8 };
                Some(self.symbols.get((index as usize).checked_sub(1)?).copied().flatten())
            }
            _ => {
                self.at -= 4;
                self.item(DEPTH)?;
                Some(None)
            }
        }
    }
}

/// Takes the file, a name and the strings under it.
type Found<'f> = dyn FnMut(&[u8], (usize, usize), Range<usize>) + 'f;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn read(data: &[u8]) -> (String, bool) {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(RDataLens.reads(&blob));
        let mut all = Vec::new();
        let whole = RDataLens
            .texts(&blob, &Limits::default(), &mut |text: &Text<'_>| all.extend_from_slice(text.bytes));
        (String::from_utf8_lossy(&all).replace('\0', "|"), whole.is_ok())
    }

    fn string(text: &str) -> Vec<u8> {
        [&[0, 4, 0, 9][..], &(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
    }

    #[test]
    fn names_stand_behind_values() {
        let strings = |texts: &[&str]| {
            let all: Vec<u8> = texts.iter().flat_map(|text| string(text)).collect();
            [&[0, 0, 0, 16][..], &(texts.len() as u32).to_be_bytes(), &all].concat()
        };
        let names = [
            &[0, 0, 4, 2, 0, 0, 0, 1][..],
            &string("names"),
            &strings(&["db_password", "place"]),
            &[0, 0, 0, 254],
        ]
        .concat();
        let list =
            [&[0, 0, 2, 19, 0, 0, 0, 2][..], &strings(&["a value of it"]), &strings(&["somewhere"]), &names]
                .concat();
        let data = [&b"X\n\0\0\0\x02\0\x04\0\0\0\x02\x03\0"[..], &list].concat();
        assert_eq!(read(&data), ("\"db_password\": \"a value of it\"|somewhere".into(), true));
        // A variable, as `save` has it.
        let variable = [
            &[0, 0, 4, 2, 0, 0, 0, 1][..],
            &string("db_password"),
            &strings(&["a value of it"]),
            &[0, 0, 0, 254],
        ]
        .concat();
        let data = [&b"RDX2\nX\n\0\0\0\x02\0\x04\0\0\0\x02\x03\0"[..], &variable].concat();
        assert_eq!(read(&data), ("\"db_password\": \"a value of it\"".into(), true));
        assert!(!read(&data[..data.len() - 8]).1);
    }
}
