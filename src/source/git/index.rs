//! The index of a work tree: what is staged, as file `index` of the git folder has it.
//!
//! Versions 2 to 4, with the trees that git remembers in it (extension `TREE`): so that of 50,000 files
//! only the folders that changed are compared.

use super::oid::{HashKind, Oid};
use std::borrow::Cow;

/// One file of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'i> {
    /// From the root of the work tree, with `/`. Of an index as most are, a part of its bytes: to copy 50,000
    /// paths takes longer than all else.
    pub path: Cow<'i, [u8]>,
    /// Its staged content.
    pub id: Oid,
    /// Its mode, as in trees.
    pub mode: u32,
    /// The size of the file in the work tree, modulo 2^32, when it was last looked at.
    pub size: u32,
    /// When that file was last changed: seconds and nanoseconds.
    pub mtime: (u32, u32),
    /// 0, or which side of a conflict.
    pub stage: u8,
    /// Only announced (`git add -N`): the content is not staged.
    pub intent_to_add: bool,
}

/// A folder whose id git remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedTree {
    /// Its name in the folder above.
    pub name: Vec<u8>,
    /// Files in it and below; `None` where the id is not up to date.
    pub entries: Option<usize>,
    /// Its id.
    pub id: Option<Oid>,
    /// The folders in it.
    pub children: Vec<CachedTree>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index<'i> {
    /// In order of path.
    pub entries: Vec<Entry<'i>>,
    /// The root folder, where git remembers any.
    pub tree: Option<CachedTree>,
}

impl Index<'_> {
    /// The same without the bytes it was read from.
    pub fn into_owned(self) -> Index<'static> {
        let owned = |e: Entry<'_>| Entry { path: Cow::Owned(e.path.into_owned()), ..e };
        Index { entries: self.entries.into_iter().map(owned).collect(), tree: self.tree }
    }
}

/// Folders within folders.
const MAX_DEPTH: u32 = 256;

/// Reads an index; an error says in words what is wrong with it.
pub fn read(bytes: &[u8], hash: HashKind) -> Result<Index<'_>, &'static str> {
    let mut input = Input { bytes, at: 0 };
    if input.take(4) != Some(b"DIRC") {
        return Err("no index: it does not begin with DIRC");
    }
    let version = input.number().ok_or(SHORT)?;
    if !(2..=4).contains(&version) {
        return Err("an index of an unknown version");
    }
    let count = input.number().ok_or(SHORT)? as usize;
    let mut index = Index::default();
    // The least that an entry takes bounds what is believed of the count.
    index.entries.reserve(count.min(bytes.len() / 40));
    let mut last: Vec<u8> = Vec::new();
    for _ in 0..count {
        let entry = input.entry(version, hash, &mut last).ok_or(SHORT)?;
        index.entries.push(entry);
    }
    let end = bytes.len().saturating_sub(hash.id_len());
    while input.at + 8 <= end {
        let name = input.take(4).ok_or(SHORT)?;
        let size = input.number().ok_or(SHORT)? as usize;
        let body = input.take(size).ok_or(SHORT)?;
        match name {
            b"TREE" => index.tree = cached_tree(&mut Input { bytes: body, at: 0 }, hash, MAX_DEPTH),
            b"link" => return Err("a split index is not read"),
            b"sdir" => return Err("a sparse index is not read"),
            // In lower case: git asks readers not to go on without understanding it.
            [first, ..] if first.is_ascii_lowercase() => {
                return Err("an extension of the index that is not read");
            }
            _ => {}
        }
    }
    Ok(index)
}

/// The bits of an entry's flags that tell how long its path is; all of them, where it is as long as that or longer.
const LONG_PATH: u16 = 0xfff;

const SHORT: &str = "the index ends early";

struct Input<'i> {
    bytes: &'i [u8],
    at: usize,
}

impl<'i> Input<'i> {
    fn take(&mut self, n: usize) -> Option<&'i [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|b| u32::from_be_bytes(*b))
    }

    fn until(&mut self, end: u8) -> Option<&'i [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let len = memchr::memchr(end, rest)?;
        self.at += len + 1;
        Some(&rest[..len])
    }

    fn entry(&mut self, version: u32, hash: HashKind, last: &mut Vec<u8>) -> Option<Entry<'i>> {
        let start = self.at;
        // Two times (8 bytes each), device, inode, mode, owner, group and size (4 each).
        let head: &[u8; 40] = self.take(40)?.first_chunk()?;
        let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (mtime, mode, size) = ((number(8), number(12)), number(24), number(36));
        let id = Oid::new(self.take(hash.id_len())?);
        let flags = self.take(2)?;
        let flags = u16::from_be_bytes([flags[0], flags[1]]);
        let extended = if flags & 0x4000 != 0 {
            let more = self.take(2)?;
            u16::from_be_bytes([more[0], more[1]])
        } else {
            0
        };
        let path = if version == 4 {
            let strip = self.varint()?;
            last.truncate(last.len().checked_sub(strip)?);
            last.extend_from_slice(self.until(0)?);
            Cow::Owned(last.clone())
        } else {
            let path = self.path(usize::from(flags & LONG_PATH))?;
            // One to eight NULs, so that entries begin at multiples of eight.
            let used = self.at - 1 - start;
            self.at = start + (used / 8 + 1) * 8;
            Cow::Borrowed(path)
        };
        Some(Entry {
            path,
            id,
            mode,
            size,
            mtime,
            stage: (flags >> 12 & 3) as u8,
            intent_to_add: extended & 0x2000 != 0,
        })
    }

    /// A path and the NUL behind it; the flags of an entry tell its length, if it is not too long for them.
    fn path(&mut self, len: usize) -> Option<&'i [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let is_told = len < usize::from(LONG_PATH) && rest.get(len) == Some(&0);
        if !is_told {
            return self.until(0);
        }
        self.at += len + 1;
        Some(&rest[..len])
    }

    /// A number as in offsets of packs.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        }
        Some(value)
    }
}

fn cached_tree(input: &mut Input<'_>, hash: HashKind, depth: u32) -> Option<CachedTree> {
    let name = input.until(0)?.to_vec();
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok();
    let entries = usize::try_from(text(input.until(b' ')?)?).ok();
    let folders = text(input.until(b'\n')?)?;
    let id = match entries {
        Some(_) => Some(Oid::new(input.take(hash.id_len())?)),
        None => None,
    };
    let mut children = Vec::new();
    for _ in 0..folders {
        children.push(cached_tree(input, hash, depth.checked_sub(1)?)?);
    }
    Some(CachedTree { name, entries, id, children })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, flags: u16, extended: Option<u16>, padded: bool) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend([0, 0, 0, 7, 0, 0, 0, 8]);
        bytes.extend([0; 8]);
        bytes.extend(0o100_644u32.to_be_bytes());
        bytes.extend([0; 8]);
        bytes.extend(9u32.to_be_bytes());
        bytes.extend([3; 20]);
        bytes.extend((flags | path.len() as u16).to_be_bytes());
        if let Some(more) = extended {
            bytes.extend(more.to_be_bytes());
        }
        bytes.extend(path.as_bytes());
        let used = bytes.len();
        bytes.resize(if padded { (used / 8 + 1) * 8 } else { used + 1 }, 0);
        bytes
    }

    fn whole(version: u32, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend((entries.len() as u32).to_be_bytes());
        bytes.extend(entries.concat());
        let tree = [&b"\x002 1\n"[..], &[4; 20], b"src\x00-1 0\n"].concat();
        bytes.extend(b"TREE");
        bytes.extend((tree.len() as u32).to_be_bytes());
        bytes.extend(tree);
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn versions_three_and_damage() {
        let bytes = whole(3, &[entry("a", 0, None, true), entry("src/b", 0x6000, Some(0x2000), true)]);
        let index = read(&bytes, HashKind::Sha1).unwrap();
        let seen: Vec<_> =
            index.entries.iter().map(|e| (&e.path[..], e.stage, e.intent_to_add, e.size, e.mtime)).collect();
        assert_eq!(seen, [(&b"a"[..], 0, false, 9, (7, 8)), (b"src/b", 2, true, 9, (7, 8))]);
        let tree = index.tree.unwrap();
        assert_eq!((tree.entries, tree.children[0].entries), (Some(2), None));
        for cut in 0..bytes.len() - 20 {
            let _ = read(&bytes[..cut], HashKind::Sha1);
        }
        assert!(read(b"DIRC\0\0\0\x02\xff\xff\xff\xff", HashKind::Sha1).is_err());
        assert!(read(b"nothing", HashKind::Sha1).is_err());
    }
}
