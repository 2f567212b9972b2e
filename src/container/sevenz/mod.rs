//! 7z: blocks of files behind one or several coders. The header is ours ([`header`]), the decoders are other crates' ([`decode`]).

mod decode;
mod header;

use super::budget::Budget;
use super::piece::gaps;
use super::solid::{Block, Told, Unpack};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{u32_le, u64_le};
use crate::limits::Limits;
use decode::Packed;
use header::{Folder, Listing};
use std::ops::Range;

/// Opens 7z archives.
pub struct SevenZip;

const MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c\0";
const START: u64 = 32;
/// Largest header that is read, in bytes: some hundred for each of a million files.
const MOST_HEADER: u64 = 128 << 20;
const AES: [u8; 4] = [6, 0xf1, 7, 1];

/// Whether an archive begins here: the first header has a checksum.
pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(MAGIC)
        && data.get(12..32).is_some_and(|fields| Some(crc32fast::hash(fields)) == u32_le(data, 8))
}

impl Container for SevenZip {
    fn name(&self) -> &'static str {
        "7z"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // One that is damaged has no other reader.
        blob.bytes.starts_with(MAGIC)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut taken = Vec::new();
        match listing(data, limits) {
            Ok(listing) => members(data, &listing, limits, &mut opened, &mut taken),
            Err(problem) => opened.problems.push(problem),
        }
        taken.sort_by_key(|range: &Range<usize>| range.start);
        opened.gaps = gaps(taken, data.len());
        opened
    }
}

/// Reads the header, which may be packed like a file.
fn listing(data: &[u8], limits: &Limits) -> Result<Listing, Problem> {
    let all = data.len() as u64;
    let damaged = |detail: String| Problem::new(Reason::Damaged, format!("7z: {detail}")).of_bytes(all);
    let cut = || damaged("the archive is cut off".into());
    let (offset, size) = (u64_le(data, 12).ok_or_else(cut)?, u64_le(data, 20).ok_or_else(cut)?);
    if size == 0 {
        return Ok(Listing::default());
    }
    let start = START.checked_add(offset).ok_or_else(cut)?;
    let end = start.checked_add(size).ok_or_else(cut)?;
    if end > all {
        let missing = end - all;
        return Err(damaged(format!(
            "the header lies {missing} bytes behind the end: cut off, or one of several parts"
        )));
    }
    if size > MOST_HEADER {
        return Err(Problem::new(Reason::Limit, format!("7z: a header of {size} bytes")).of_bytes(all));
    }
    let mut header = data[start as usize..end as usize].to_vec();
    // Charged to an account of its own: members have theirs.
    let own = Limits { entry_bytes: MOST_HEADER.min(limits.entry_bytes), ..limits.clone() };
    let budget = Budget::new(&own, all);
    for _ in 0..4 {
        let read = header::read(&header, limits.entries);
        let Some((listing, is_packed)) = read else {
            return Err(damaged("the header makes no sense, or lists too much".into()));
        };
        if !is_packed {
            return Ok(listing);
        }
        let Some(folder) = listing.folders.first() else {
            return Err(damaged("the header is missing".into()));
        };
        if folder.coders.iter().any(|coder| coder.method == AES) {
            let detail = "7z: names and contents are encrypted";
            return Err(Problem::new(Reason::Encrypted, detail).of_bytes(all));
        }
        if folder.size() > own.entry_bytes {
            let detail = format!("7z: a header of {} bytes", folder.size());
            return Err(Problem::new(Reason::Limit, detail).of_bytes(all));
        }
        let packed =
            packed(data, folder, &listing.packs).ok_or_else(|| damaged("the header is cut off".into()))?;
        header = Vec::new();
        packed.unpack(&mut header, &budget).map_err(|problem| problem.of_bytes(all))?;
    }
    Err(damaged("the header is packed too often".into()))
}

fn packed<'b>(data: &'b [u8], folder: &Folder, packs: &[Range<u64>]) -> Option<Packed<'b>> {
    let end = folder.first_pack.checked_add(folder.packed.len())?;
    let inputs = packs.get(folder.first_pack..end)?.iter().map(|pack| &data[there(data, pack)]).collect();
    Some(Packed { folder: folder.clone(), inputs })
}

/// What is there of a packed stream.
fn there(data: &[u8], pack: &Range<u64>) -> Range<usize> {
    let place = |at: u64| usize::try_from(at.saturating_add(START)).unwrap_or(usize::MAX).min(data.len());
    place(pack.start)..place(pack.end)
}

fn members<'b>(
    data: &'b [u8],
    listing: &Listing,
    limits: &Limits,
    opened: &mut Opened<'b>,
    taken: &mut Vec<Range<usize>>,
) {
    let mut names = listing.files.iter().filter(|file| file.has_stream).map(|file| file.name.clone());
    for (n, folder) in listing.folders.iter().enumerate() {
        let block = packed(data, folder, &listing.packs);
        let size: u64 = block.as_ref().map_or(0, |b| b.inputs.iter().map(|input| input.len() as u64).sum());
        let problem = if block.is_none() {
            Some(Problem::new(Reason::Damaged, "7z: the packed bytes of the block are not told").of_bytes(0))
        } else if folder.coders.iter().any(|coder| coder.method == AES) {
            Some(Problem::new(Reason::Encrypted, "7z: the member is encrypted"))
        } else {
            None
        };
        let block = match (problem, block) {
            (None, Some(block)) => {
                let end = folder.first_pack + folder.packed.len();
                let packs = listing.packs.get(folder.first_pack..end).unwrap_or_default();
                taken.extend(packs.iter().map(|pack| there(data, pack)).filter(|range| !range.is_empty()));
                Ok(Block::new(block))
            }
            (problem, _) => Err(problem),
        };
        let mut start = 0u64;
        for (i, &len) in folder.streams.iter().enumerate() {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                return;
            }
            let name = names.next().unwrap_or_else(|| format!("block {n} stream {i}").into_bytes());
            opened.members.push(match &block {
                Ok(block) => Box::new(block.part(name, start, len)) as Box<dyn Member>,
                // The packed bytes are counted once, with the first.
                Err(problem) => {
                    let problem = problem.clone().unwrap_or_else(|| Problem::new(Reason::Damaged, "7z"));
                    let bytes = if i == 0 { size } else { 0 };
                    Box::new(Told { name, problem: problem.of_bytes(bytes) })
                }
            });
            start = start.saturating_add(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::{self, Read};

    fn read(data: &[u8]) -> (Vec<Read>, Vec<Reason>) {
        testing::read(&SevenZip, data)
    }

    /// What 7-Zip makes of a text by each of its methods (`testdata/archives/seeds.sh`).
    #[test]
    fn real_archives() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/seeds/7z");
        let text: Vec<u8> = (1..=3000).flat_map(|n| format!("line {n} of a text\n").into_bytes()).collect();
        for name in ["Copy", "LZMA", "LZMA2", "PPMd", "BZip2", "Deflate"] {
            let data = std::fs::read(folder.join(name)).unwrap();
            assert!(read(&data) == (vec![("text".into(), text.clone(), None)], vec![]), "{name}");
            let at = data.len() / 2;
            let mut broken = data.clone();
            broken[at..at + 40].fill(0x55);
            let (members, problems) = read(&broken);
            assert!(name == "Copy" || !problems.is_empty() || members[0].2.is_some() || members[0].1 != text);
            assert!(read(&data[..at]).1 == [Reason::Damaged], "{name}");
        }
        let (members, _) = read(&std::fs::read(folder.join("bcj2")).unwrap());
        assert!(members[0].1.starts_with(b"\x7fELF") && members[0].2.is_none(), "{:?}", members[0].2);
        let (members, _) = read(&std::fs::read(folder.join("encrypted")).unwrap());
        assert_eq!(members, [("text".into(), vec![], Some(Reason::Encrypted))]);
    }

    fn archive(header: &[u8], packed: &[u8]) -> Vec<u8> {
        let fields = [
            &(packed.len() as u64).to_le_bytes()[..],
            &(header.len() as u64).to_le_bytes(),
            &crc32fast::hash(header).to_le_bytes(),
        ]
        .concat();
        [b"7z\xbc\xaf\x27\x1c\0\x04", &crc32fast::hash(&fields).to_le_bytes()[..], &fields, packed, header]
            .concat()
    }

    /// A block of two stored files.
    fn stored(method: &[u8]) -> Vec<u8> {
        let coder = [&[method.len() as u8][..], method].concat();
        let names: Vec<u8> = "a\0bc\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let header = [
            &[1, 4, 6, 0, 1, 9, 8, 0, 7, 11, 1, 0, 1][..],
            &coder,
            &[12, 8, 0, 8, 13, 2, 9, 3, 0, 0, 5, 2, 17, 1 + names.len() as u8, 0],
            &names,
            &[0, 0],
        ]
        .concat();
        archive(&header, b"onetwo 2")
    }

    #[test]
    fn blocks_are_cut_into_files() {
        let (members, problems) = read(&stored(&[0]));
        assert_eq!(problems, []);
        assert_eq!(members, [("a".into(), b"one".to_vec(), None), ("bc".into(), b"two 2".to_vec(), None)]);
        let (members, _) = read(&stored(&AES));
        assert!(
            members.iter().all(|(_, bytes, reason)| bytes.is_empty() && *reason == Some(Reason::Encrypted))
        );
        let (members, _) = read(&stored(&[3, 9, 9]));
        assert!(
            members.iter().all(|(_, bytes, reason)| bytes.is_empty() && *reason == Some(Reason::Unsupported))
        );
        let whole = stored(&[0]);
        assert_eq!(read(&whole[..whole.len() - 1]).1, [Reason::Damaged]);
    }

    #[test]
    fn dictionaries_and_counts_that_lie() {
        // A dictionary of 4 GB for a block of 3 GB.
        let sizes = [&[0xf0][..], &(3u32 << 30).to_le_bytes()].concat();
        let head =
            [1, 4, 6, 0, 1, 9, 8, 0, 7, 11, 1, 0, 1, 0x23, 3, 1, 1, 5, 0x5d, 0xff, 0xff, 0xff, 0xff, 12];
        let header = [&head[..], &sizes, &[0, 0, 0, 0]].concat();
        let (members, _) = read(&archive(&header, &[0; 8]));
        assert_eq!(members[0].2, Some(Reason::Limit));
        // A billion folders.
        let header = [&[1, 4, 7, 11][..], &[0xf0, 0, 0, 0, 0x40], &[0; 40]].concat();
        assert_eq!(read(&archive(&header, b"")).1, [Reason::Damaged]);
    }
}
