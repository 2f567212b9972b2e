//! The objects of a binary property list.

use crate::lens::Complaint;
use std::ops::Range;

const TRAILER: usize = 32;

/// What an object is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ascii,
    Utf16,
    Data,
    Uid,
    Array,
    Dict,
    Other,
}

/// An object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    /// First byte behind the length, in the list.
    pub(super) at: usize,
    /// Bytes of a string or of data, entries of an array or dictionary, the number of a UID.
    pub(super) count: usize,
}

/// A binary property list.
pub(super) struct Plist<'b> {
    pub(super) data: &'b [u8],
    /// Where it begins in the blob.
    base: usize,
    pub(super) objects: Vec<Object>,
    ref_size: usize,
    pub(super) top: usize,
}

fn number(data: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = data.get(at..at.checked_add(size)?)?;
    // Of 128-bit numbers the lower half.
    let bytes = &bytes[bytes.len().saturating_sub(8)..];
    usize::try_from(bytes.iter().fold(0u64, |n, &b| n << 8 | u64::from(b))).ok()
}

impl<'b> Plist<'b> {
    /// Reads the table of objects; without one that holds, the objects one behind the other.
    pub(super) fn parse(data: &'b [u8], base: usize, complaint: &mut Complaint) -> Self {
        let mut plist = Plist { data, base, objects: Vec::new(), ref_size: 1, top: 0 };
        // Versions 15 to 17 have no table, and only strings are read of them.
        let is_known = data.get(6) == Some(&b'0');
        match is_known.then(|| plist.table()).flatten() {
            Some(bad) if bad > 0 => {
                complaint.note(base as u64, || format!("{bad} objects that do not exist"));
            }
            Some(_) => {}
            None => {
                if is_known {
                    complaint.note((base + data.len().saturating_sub(TRAILER)) as u64, || {
                        "no sound trailer: objects have no names".into()
                    });
                }
                plist.objects.clear();
                plist.in_a_row();
            }
        }
        plist
    }

    fn table(&mut self) -> Option<usize> {
        let data = self.data;
        let trailer = data.len().checked_sub(TRAILER).filter(|&t| t >= 9)?;
        let offset_size = usize::from(*data.get(trailer + 6)?);
        self.ref_size = usize::from(*data.get(trailer + 7)?);
        let count = number(data, trailer + 8, 8)?;
        self.top = number(data, trailer + 16, 8)?;
        let table = number(data, trailer + 24, 8)?;
        let fits = (1..=8).contains(&offset_size) && (1..=8).contains(&self.ref_size) && self.top < count;
        let end = count.checked_mul(offset_size)?.checked_add(table)?;
        if !fits || table < 9 || end > trailer {
            return None;
        }
        let mut bad = 0;
        self.objects.reserve_exact(count);
        for i in 0..count {
            let object = number(data, table + i * offset_size, offset_size)
                .filter(|at| *at < table)
                .and_then(|at| self.object(at));
            bad += usize::from(object.is_none());
            self.objects
                .push(object.map_or(Object { kind: Kind::Other, at: 0, count: 0 }, |(object, _)| object));
        }
        Some(bad)
    }

    fn in_a_row(&mut self) {
        let mut at = 8;
        while at < self.data.len() {
            match self.object(at) {
                Some((object, next)) if next > at => {
                    if matches!(object.kind, Kind::Ascii | Kind::Utf16 | Kind::Data) {
                        self.objects.push(object);
                    }
                    at = next;
                }
                _ => at += 1,
            }
        }
    }

    /// The object at `at`, and where the next one may begin.
    fn object(&self, at: usize) -> Option<(Object, usize)> {
        let marker = *self.data.get(at)?;
        let low = usize::from(marker & 15);
        let (count, start) = match (marker >> 4, low) {
            (4..=7 | 0xa..=0xd, 15) => {
                let size = *self.data.get(at + 1)?;
                if size >> 4 != 1 {
                    return None;
                }
                let size = 1usize << (size & 15).min(4);
                (number(self.data, at + 2, size)?, at + 2 + size)
            }
            _ => (low, at + 1),
        };
        let (kind, len) = match marker >> 4 {
            0 => (Kind::Other, 0),
            1 | 2 => (Kind::Other, 1usize << low.min(6)),
            3 => (Kind::Other, 8),
            4 => (Kind::Data, count),
            // Type 7 is UTF-8, of later versions.
            5 | 7 => (Kind::Ascii, count),
            6 => (Kind::Utf16, count.checked_mul(2)?),
            8 => {
                let number = number(self.data, start, low + 1)?;
                return Some((Object { kind: Kind::Uid, at: start, count: number }, start + low + 1));
            }
            0xa..=0xc => (Kind::Array, count.checked_mul(self.ref_size)?),
            0xd => (Kind::Dict, count.checked_mul(self.ref_size)?.checked_mul(2)?),
            _ => return None,
        };
        let end = start.checked_add(len).filter(|&end| end <= self.data.len())?;
        let count = if matches!(kind, Kind::Utf16) { len } else { count };
        Some((Object { kind, at: start, count }, end))
    }

    /// Strings and data: number, kind, and where they stand in the blob.
    pub(super) fn values(&self) -> impl Iterator<Item = (usize, Kind, Range<usize>)> + '_ {
        self.objects
            .iter()
            .enumerate()
            .filter(|(_, o)| matches!(o.kind, Kind::Ascii | Kind::Utf16 | Kind::Data) && o.count > 0)
            .map(|(n, o)| (n, o.kind, self.base + o.at..self.base + o.at + o.count))
    }

    pub(super) fn get(&self, object: usize) -> Option<Object> {
        self.objects.get(object).copied()
    }

    /// Entry `i` of an array, or of the keys and then the values of a dictionary.
    pub(super) fn entry(&self, object: Object, i: usize) -> Option<usize> {
        number(self.data, object.at.checked_add(i.checked_mul(self.ref_size)?)?, self.ref_size)
    }

    /// A string, for print.
    pub(super) fn text(&self, object: usize) -> Option<String> {
        const MOST: usize = 1024;
        let o = self.get(object)?;
        let bytes = self.data.get(o.at..o.at.checked_add(o.count)?)?;
        let bytes = &bytes[..bytes.len().min(MOST)];
        match o.kind {
            Kind::Ascii => Some(String::from_utf8_lossy(bytes).into_owned()),
            Kind::Utf16 => {
                let units: Vec<u16> =
                    bytes.chunks_exact(2).map(|u| u16::from_be_bytes([u[0], u[1]])).collect();
                Some(String::from_utf16_lossy(&units))
            }
            _ => None,
        }
    }
}
