//! Packs and their indexes: where each object lies, and how it is written.
//!
//! Read by ourselves and not by a crate: the formats are small, damage must cost an object and not the
//! scan, and a bundle is a pack without an index. Nothing here trusts a number in a file.

use super::inflate::{InflateError, Inflater};
use super::object::Kind;
use super::oid::{HashKind, Oid};
use crate::source::map::Mapping;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Deref;
use std::path::Path;

/// Bytes of a file, mapped, or bytes in memory; from some place on.
pub struct Bytes {
    held: Held,
    from: usize,
}

enum Held {
    Mapped(Mapping),
    Owned(Vec<u8>),
}

impl Bytes {
    /// Maps a file; an empty one is no bytes.
    pub fn of_file(path: &Path) -> io::Result<Bytes> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Bytes::owned(Vec::new()));
        }
        Ok(Bytes { held: Held::Mapped(Mapping::new(&file)?), from: 0 })
    }

    /// Bytes in memory.
    pub fn owned(bytes: Vec<u8>) -> Bytes {
        Bytes { held: Held::Owned(bytes), from: 0 }
    }

    /// A copy: of a large one, in a file without a name.
    pub fn copied(bytes: &[u8]) -> io::Result<Bytes> {
        const LARGE: usize = 32 << 20;
        if bytes.len() < LARGE {
            return Ok(Bytes::owned(bytes.to_vec()));
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        Ok(Bytes { held: Held::Mapped(Mapping::new(&file)?), from: 0 })
    }

    /// The same without the first `n`.
    pub fn without(self, n: usize) -> Bytes {
        let from = self.from.saturating_add(n);
        Bytes { from, ..self }
    }

    /// Gives back the memory of what was read of a mapped file.
    pub fn forget(&self) {
        if let Held::Mapped(map) = &self.held {
            map.forget();
        }
    }

    /// Whether the file was cut while it was read.
    pub fn has_shrunk(&self) -> bool {
        matches!(&self.held, Held::Mapped(map) if map.has_shrunk())
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        let all: &[u8] = match &self.held {
            Held::Mapped(map) => map,
            Held::Owned(bytes) => bytes,
        };
        all.get(self.from..).unwrap_or_default()
    }
}

/// What an entry of a pack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole object.
    Whole(Kind),
    /// A delta to the entry at this offset.
    OfsDelta(u64),
    /// A delta to the object with this id.
    RefDelta(Oid),
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub form: Form,
    /// Bytes that its stream inflates to: the object, or the delta.
    pub size: u64,
    /// Where its stream begins in the pack.
    pub data: usize,
}

/// Reads the head of the entry at `offset`; `None` where no entry can be.
pub fn head(pack: &[u8], offset: u64, hash: HashKind) -> Option<Head> {
    let mut at = usize::try_from(offset).ok()?;
    let mut next = || {
        let byte = pack.get(at).copied();
        at = at.saturating_add(1);
        byte
    };
    let first = next()?;
    let mut size = u64::from(first & 15);
    let (mut shift, mut more) = (4, first & 0x80 != 0);
    while more {
        let byte = next()?;
        if shift > 57 {
            return None;
        }
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        more = byte & 0x80 != 0;
    }
    let form = match first >> 4 & 7 {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        4 => Form::Whole(Kind::Tag),
        6 => {
            let byte = next()?;
            let mut back = u64::from(byte & 0x7f);
            let mut more = byte & 0x80 != 0;
            while more {
                let byte = next()?;
                back = (back.checked_add(1)?).checked_mul(128)? | u64::from(byte & 0x7f);
                more = byte & 0x80 != 0;
            }
            // A delta to itself, or to what stands before the pack, has no base.
            Form::OfsDelta(offset.checked_sub(back).filter(|_| back > 0)?)
        }
        7 => {
            let id = Oid::new(pack.get(at..at + hash.id_len())?);
            at += hash.id_len();
            Form::RefDelta(id)
        }
        _ => return None,
    };
    Some(Head { form, size, data: at })
}

/// Bytes before the first entry of a pack.
pub const HEADER: usize = 12;

/// How many objects the header of a pack says it has; `None` where it is no pack.
pub fn object_count(pack: &[u8]) -> Option<u32> {
    let head = pack.first_chunk::<HEADER>()?;
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    (head.starts_with(b"PACK") && matches!(number(4), 2 | 3)).then(|| number(8))
}

/// The index of a pack: ids in order, each with the place of its entry.
pub struct Index {
    bytes: Bytes,
    hash: HashKind,
    version: u32,
    count: usize,
    has_checksums: bool,
}

const FANOUT: usize = 256 * 4;
const V2_MAGIC: &[u8] = &[0xff, b't', b'O', b'c', 0, 0, 0, 2];

impl Index {
    /// Checks the shape of an index: `Err` says what is wrong with it.
    pub fn new(bytes: Bytes, hash: HashKind) -> Result<Index, &'static str> {
        let version = if bytes.starts_with(V2_MAGIC) { 2 } else { 1 };
        if version == 1 && bytes.starts_with(&V2_MAGIC[..4]) {
            return Err("pack index of an unknown version");
        }
        let mut index = Index { bytes, hash, version, count: 0, has_checksums: version == 2 };
        let fanout = index.fanout_at();
        let last = fanout + FANOUT - 4;
        index.count = index.number(last).ok_or("pack index ends early")? as usize;
        let per_object = if version == 2 { hash.id_len() + 8 } else { hash.id_len() + 4 };
        let needed = index.count.checked_mul(per_object).and_then(|n| n.checked_add(fanout + FANOUT));
        if needed.is_none_or(|n| n > index.bytes.len()) {
            return Err("pack index ends early");
        }
        let mut before = 0;
        for at in (fanout..=last).step_by(4) {
            let here = index.number(at).unwrap_or(0);
            if here < before {
                return Err("pack index: its table of first bytes is not in order");
            }
            before = here;
        }
        Ok(index)
    }

    /// The same, of an index that was made of the pack: what stands for its checksums is none.
    pub fn without_checksums(self) -> Index {
        Index { has_checksums: false, ..self }
    }

    fn fanout_at(&self) -> usize {
        if self.version == 2 { 8 } else { 0 }
    }

    fn number(&self, at: usize) -> Option<u32> {
        self.bytes.get(at..at + 4).and_then(|b| b.first_chunk()).map(|b| u32::from_be_bytes(*b))
    }

    /// Objects in the pack.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn id_bytes(&self, position: usize) -> &[u8] {
        let (start, step) = if self.version == 2 {
            (8 + FANOUT, self.hash.id_len())
        } else {
            (FANOUT + 4, self.hash.id_len() + 4)
        };
        let at = start + position * step;
        self.bytes.get(at..at + self.hash.id_len()).unwrap_or_default()
    }

    /// The id at a position.
    pub fn oid(&self, position: usize) -> Oid {
        Oid::new(self.id_bytes(position))
    }

    /// Where in the pack the object at a position begins.
    pub fn offset(&self, position: usize) -> Option<u64> {
        if self.version == 1 {
            return self.number(FANOUT + position * (self.hash.id_len() + 4)).map(u64::from);
        }
        let table = 8 + FANOUT + self.count * (self.hash.id_len() + 4);
        let small = self.number(table + 4 * position)?;
        if small & 0x8000_0000 == 0 {
            return Some(u64::from(small));
        }
        let large = table + 4 * self.count + 8 * (small & 0x7fff_ffff) as usize;
        self.bytes.get(large..large + 8).and_then(|b| b.first_chunk()).map(|b| u64::from_be_bytes(*b))
    }

    /// The checksum of the entry at a position, where the index has one.
    pub fn crc(&self, position: usize) -> Option<u32> {
        let at = 8 + FANOUT + self.count * self.hash.id_len() + 4 * position;
        if self.has_checksums { self.number(at) } else { None }
    }

    /// The position of an object.
    pub fn find(&self, id: &[u8]) -> Option<usize> {
        let first = usize::from(*id.first()?);
        let fanout = self.fanout_at();
        let mut low = if first == 0 { 0 } else { self.number(fanout + 4 * (first - 1))? as usize };
        let mut high = self.number(fanout + 4 * first)? as usize;
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id_bytes(middle).cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The positions of the objects whose id begins with these hexadecimal digits.
    pub fn with_prefix(&self, hex: &str) -> impl Iterator<Item = usize> {
        let wanted = hex.to_ascii_lowercase();
        (0..self.count).filter(move |&i| self.oid(i).to_string().starts_with(&wanted))
    }
}

/// A pack and its index.
pub struct Pack {
    /// Its file name.
    pub name: String,
    /// The pack.
    pub bytes: Bytes,
    /// The index.
    pub index: Index,
    /// How its objects are named.
    pub hash: HashKind,
    /// Whether another server may hold what its trees name: missing objects are expected.
    pub is_promisor: bool,
}

impl Pack {
    /// Opens `path`, a `.pack` with its `.idx` beside it.
    pub fn open(path: &Path, hash: HashKind) -> Result<Pack, String> {
        let bytes = Bytes::of_file(path).map_err(|e| format!("cannot be read: {e}"))?;
        if object_count(&bytes).is_none() {
            return Err("no pack: its header is damaged".into());
        }
        let index = Bytes::of_file(&path.with_extension("idx"))
            .map_err(|e| format!("its index cannot be read: {e}"))?;
        let index = Index::new(index, hash)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Pack { name, bytes, index, hash, is_promisor: path.with_extension("promisor").exists() })
    }

    /// Where the entries of the pack end and its checksum begins.
    pub fn end(&self) -> usize {
        self.bytes.len().saturating_sub(self.hash.id_len())
    }

    /// The head of the entry at `offset`.
    pub fn head(&self, offset: u64) -> Option<Head> {
        let inside = usize::try_from(offset).is_ok_and(|o| (HEADER..self.end()).contains(&o));
        inside.then(|| head(&self.bytes, offset, self.hash)).flatten()
    }

    /// Inflates the stream of an entry into `out`, which is emptied; `to` is where it must end.
    pub fn inflate(
        &self,
        head: &Head,
        to: usize,
        inflater: &mut Inflater,
        out: &mut Vec<u8>,
    ) -> Result<usize, InflateError> {
        out.clear();
        let input = self.bytes.get(head.data..to.min(self.bytes.len())).ok_or(InflateError::Short)?;
        let size = usize::try_from(head.size).map_err(|_| InflateError::Size)?;
        inflater.exactly(input, size, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_entries() {
        // 3 << 4 | 5, more: size 5 + (1 << 4).
        let pack = [0u8, 0xb5, 0x01, b'x'];
        let read = head(&pack, 1, HashKind::Sha1).unwrap();
        assert_eq!((read.form, read.size, read.data), (Form::Whole(Kind::Blob), 21, 3));
        // A delta to the entry three bytes before, one to itself, one to before the pack.
        assert_eq!(head(&[0, 0, 0, 0x60, 3], 3, HashKind::Sha1).unwrap().form, Form::OfsDelta(0));
        assert_eq!(head(&[0, 0, 0, 0x60, 0], 3, HashKind::Sha1), None);
        assert_eq!(head(&[0, 0, 0, 0x60, 4], 3, HashKind::Sha1), None);
        assert_eq!(head(&[0x70, 1, 2], 0, HashKind::Sha1), None);
        assert_eq!(head(&[0xb5; 30], 0, HashKind::Sha1), None);
        assert_eq!(head(&[0x50], 0, HashKind::Sha1), None);
        assert_eq!(object_count(b"PACK\0\0\0\x02\0\0\x01\0more"), Some(256));
        assert_eq!(object_count(b"PACK\0\0\0\x09\0\0\x01\0more"), None);
    }

    #[test]
    fn an_index_that_lies_is_refused() {
        let index = |bytes: &[u8]| Index::new(Bytes::owned(bytes.to_vec()), HashKind::Sha1).err();
        assert!(index(b"").is_some());
        let mut many = V2_MAGIC.to_vec();
        many.extend([0xff; FANOUT]);
        assert!(index(&many).is_some());
        let mut none = V2_MAGIC.to_vec();
        none.extend([0; FANOUT + 40]);
        assert_eq!(index(&none), None);
    }
}
