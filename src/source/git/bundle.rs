//! Bundles, and packs without an index: the index is made by walking the pack once.

use super::forest::{Damage, Forest, Object, RESIDENT, Visitor};
use super::inflate::Inflater;
use super::object::Kind;
use super::oid::{HashKind, Oid};
use super::pack::{self, Bytes, Index, Pack};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The head of a bundle.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// How its objects are named.
    pub hash: HashKind,
    /// Its references.
    pub refs: BTreeMap<String, Oid>,
    /// Commits that whoever unpacks it must have.
    pub prerequisites: Vec<Oid>,
    /// Whether objects were left out on purpose.
    pub is_filtered: bool,
    /// Where its pack begins.
    pub pack: usize,
}

/// Lines of a bundle's head, at most.
const MAX_LINES: usize = 1 << 20;

/// Whether these are the first bytes of a bundle.
pub fn is_bundle(bytes: &[u8]) -> bool {
    bytes.starts_with(b"# v2 git bundle\n") || bytes.starts_with(b"# v3 git bundle\n")
}

/// Reads the head of a bundle; `None` where it is none, or ends before its pack.
pub fn head(bytes: &[u8]) -> Option<Head> {
    if !is_bundle(bytes) {
        return None;
    }
    let mut head = Head {
        hash: HashKind::Sha1,
        refs: BTreeMap::new(),
        prerequisites: Vec::new(),
        is_filtered: false,
        pack: 0,
    };
    let mut at = 16;
    for _ in 0..MAX_LINES {
        let rest = bytes.get(at..)?;
        let line = &rest[..memchr::memchr(b'\n', rest)?];
        at += line.len() + 1;
        match line {
            [] => {
                head.pack = at;
                return Some(head);
            }
            b"@object-format=sha256" => head.hash = HashKind::Sha256,
            [b'@', rest @ ..] => head.is_filtered |= rest.starts_with(b"filter="),
            [b'-', rest @ ..] => head.prerequisites.extend(Oid::from_hex(first_word(rest))),
            _ => {
                let id = first_word(line);
                if let Some(oid) = Oid::from_hex(id) {
                    let name = String::from_utf8_lossy(line.get(id.len() + 1..).unwrap_or_default());
                    head.refs.insert(name.into_owned(), oid);
                }
            }
        }
    }
    None
}

fn first_word(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(b' ', line).unwrap_or(line.len())]
}

/// The head and the pack of a bundle.
pub fn open(bytes: Bytes, problem: &mut dyn FnMut(String)) -> Result<(Head, Pack), String> {
    let head = head(&bytes).ok_or("a bundle whose head is damaged")?;
    let pack = indexed(bytes.without(head.pack), head.hash, problem)?;
    Ok((head, pack))
}

/// Rounds in which deltas to ids find their bases.
const MAX_ROUNDS: usize = 64;

/// A pack that has no index, with one.
pub fn indexed(bytes: Bytes, hash: HashKind, problem: &mut dyn FnMut(String)) -> Result<Pack, String> {
    let said = pack::object_count(&bytes).ok_or("no pack: its header is damaged")?;
    let entries = entries(&bytes, said, hash, problem);
    // Until an entry has its id it goes by its number, which no object has for an id.
    let mut ids: Vec<Oid> = (0..entries.len()).map(|n| provisional(n, hash)).collect();
    let mut known = vec![false; entries.len()];
    let index = make(&entries, &ids, hash)?;
    let mut pack = Pack { name: "pack".into(), bytes, index, hash, is_promisor: false };
    for _ in 0..MAX_ROUNDS {
        let named = {
            let forest = Forest::new(&pack);
            let namer = Namer { hash, named: Mutex::new(Vec::new()) };
            let wanted = |position: usize| {
                let offset = pack.index.offset(position);
                offset.and_then(|o| entries.binary_search(&o).ok()).is_some_and(|n| !known[n])
            };
            forest.walk(&namer, Some(&wanted));
            namer.named.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        let mut news = 0;
        for (position, id) in named {
            let offset = pack.index.offset(position);
            let Some(n) = offset.and_then(|o| entries.binary_search(&o).ok()) else {
                continue;
            };
            if !known[n] {
                (ids[n], known[n]) = (id, true);
                news += 1;
            }
        }
        if news == 0 {
            break;
        }
        pack.index = make(&entries, &ids, hash)?;
        if known.iter().all(|k| *k) {
            break;
        }
    }
    Ok(pack)
}

fn provisional(n: usize, hash: HashKind) -> Oid {
    let mut bytes = [0; 32];
    bytes[hash.id_len() - 8..hash.id_len()].copy_from_slice(&(n as u64 + 1).to_be_bytes());
    Oid::new(&bytes[..hash.id_len()])
}

/// The offset of each entry, as far as the pack can be read.
fn entries(bytes: &Bytes, said: u32, hash: HashKind, problem: &mut dyn FnMut(String)) -> Vec<u64> {
    let end = bytes.len().saturating_sub(hash.id_len());
    let mut inflater = Inflater::default();
    let mut entries = Vec::new();
    let mut buffer = Vec::new();
    let mut at = pack::HEADER;
    while at < end && entries.len() < said as usize {
        let taken = pack::head(bytes, at as u64, hash).map(|head| {
            let input = bytes.get(head.data..end).unwrap_or_default();
            inflater.skip(input, head.size, &mut buffer).map(|taken| head.data + taken)
        });
        match taken {
            Some(Ok(next)) => {
                entries.push(at as u64);
                if at / RESIDENT != next / RESIDENT {
                    bytes.forget();
                }
                at = next;
            }
            Some(Err(e)) => {
                problem(format!("{e} at offset {at} of a pack without an index; what follows is lost"));
                return entries;
            }
            None => {
                problem(format!("no entry at offset {at} of a pack without an index; what follows is lost"));
                return entries;
            }
        }
    }
    if entries.len() < said as usize {
        problem(format!("the pack ends after {} of {said} objects", entries.len()));
    }
    entries
}

/// An index of version 2. Its checksums say nothing: nobody knew them before.
fn make(entries: &[u64], ids: &[Oid], hash: HashKind) -> Result<Index, String> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&n| (ids[n], entries[n]));
    let mut bytes = vec![0xff, b't', b'O', b'c', 0, 0, 0, 2];
    let mut counts = [0u32; 256];
    ids.iter().for_each(|id| counts[usize::from(id.as_bytes()[0])] += 1);
    let mut sum = 0;
    for count in counts {
        sum += count;
        bytes.extend(sum.to_be_bytes());
    }
    order.iter().for_each(|&n| bytes.extend(ids[n].as_bytes()));
    bytes.resize(bytes.len() + 4 * entries.len(), 0);
    let mut large: Vec<u64> = Vec::new();
    for &n in &order {
        let offset = entries[n];
        let small = u32::try_from(offset).ok().filter(|o| o >> 31 == 0).unwrap_or_else(|| {
            large.push(offset);
            0x8000_0000 | (large.len() - 1) as u32
        });
        bytes.extend(small.to_be_bytes());
    }
    large.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
    Index::new(Bytes::owned(bytes), hash).map(Index::without_checksums).map_err(str::to_owned)
}

/// Computes ids.
struct Namer {
    hash: HashKind,
    named: Mutex<Vec<(usize, Oid)>>,
}

impl Visitor for Namer {
    type State = ();

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn visit(&self, object: &Object<'_, ()>) {
        let id = self.hash.of(object.kind, object.bytes);
        self.named.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((object.position, id));
    }

    // What is damaged is told when the pack is searched.
    fn damaged(&self, _: Damage) {}

    fn largest(&self) -> u64 {
        1 << 30
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let text = format!("# v2 git bundle\n-{id} old\n{id} refs/heads/main\n{id} HEAD\n\nPACK");
        let read = head(text.as_bytes()).unwrap();
        assert_eq!((read.prerequisites.len(), read.refs.len(), read.is_filtered), (1, 2, false));
        assert_eq!(&text[read.pack..], "PACK");
        let text = format!("# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n{id} HEAD\n\n");
        assert!(head(text.as_bytes()).unwrap().is_filtered);
        assert_eq!(head(b"# v2 git bundle\nno end"), None);
        assert_eq!(head(b"# v9 git bundle\n\n"), None);
    }
}
