//! The header of a 7z archive (`7zFormat.txt` of the LZMA SDK): which packed streams make which blocks, and
//! which files stand in them. Every count is bounded by the bytes that must follow it.

use crate::lens::bytes::slice;
use std::ops::Range;

/// What the header says.
#[derive(Default)]
pub struct Listing {
    /// Where each packed stream stands, from the end of the first header on.
    pub packs: Vec<Range<u64>>,
    pub folders: Vec<Folder>,
    pub files: Vec<File>,
}

/// A block: coders, and the files in what comes out of them.
#[derive(Default, Clone)]
pub struct Folder {
    pub coders: Vec<Coder>,
    /// Which stream into a coder is which stream out of another.
    pub bonds: Vec<(usize, usize)>,
    /// Which streams into coders are packed ones.
    pub packed: Vec<usize>,
    /// The first of them, among all.
    pub first_pack: usize,
    /// What comes out of each coder.
    pub sizes: Vec<u64>,
    /// Sizes of the files in it.
    pub streams: Vec<u64>,
}

#[derive(Clone)]
pub struct Coder {
    pub method: Vec<u8>,
    pub properties: Vec<u8>,
    pub ins: usize,
}

pub struct File {
    pub name: Vec<u8>,
    pub has_stream: bool,
}

/// Most coders of one block, and streams of one coder.
const MOST: u64 = 32;

impl Folder {
    /// The size of the block: of what comes out of the coder that no other takes.
    pub fn size(&self) -> u64 {
        self.last().and_then(|n| self.sizes.get(n)).copied().unwrap_or(0)
    }

    /// The coder whose output is the block.
    pub fn last(&self) -> Option<usize> {
        (0..self.coders.len()).find(|n| !self.bonds.iter().any(|(_, out)| out == n))
    }
}

/// Reads numbers; nothing behind the end.
pub struct Reader<'b> {
    data: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub fn new(data: &'b [u8]) -> Self {
        Reader { data, at: 0 }
    }

    fn left(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn bytes(&mut self, len: usize) -> Option<&'b [u8]> {
        let bytes = slice(self.data, self.at, len)?;
        self.at += len;
        Some(bytes)
    }

    /// As many high bits of the first byte are set as bytes follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones() as usize;
        let low = self.bytes(more)?.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
        let high = if more >= 7 { 0 } else { u64::from(first) & (0x7f >> more) };
        Some(high << (8 * more.min(7)) | low)
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// A count of things that take at least a byte each.
    fn count(&mut self) -> Option<usize> {
        self.size().filter(|&n| n <= self.left())
    }

    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.bytes(count.div_ceil(8))?;
        Some((0..count).map(|n| bytes[n / 8] >> (7 - n % 8) & 1 != 0).collect())
    }

    /// Which of `count` things have a checksum, and the checksums, which nobody needs.
    fn digests(&mut self, count: usize) -> Option<usize> {
        let known = if self.byte()? != 0 {
            (count <= self.left()).then_some(count)?
        } else {
            self.bits(count)?.into_iter().filter(|&b| b).count()
        };
        self.bytes(known.checked_mul(4)?)?;
        Some(known)
    }
}

/// Reads a header, or what says where the packed header is: `true` then.
pub fn read(data: &[u8], most: u64) -> Option<(Listing, bool)> {
    let mut reader = Reader::new(data);
    let mut listing = Listing::default();
    match reader.byte()? {
        0x17 => {
            streams(&mut reader, &mut listing, most)?;
            Some((listing, true))
        }
        1 => {
            let mut id = reader.byte()?;
            if id == 2 {
                while reader.byte()? != 0 {
                    let len = reader.size()?;
                    reader.bytes(len)?;
                }
                id = reader.byte()?;
            }
            if id == 3 {
                streams(&mut reader, &mut Listing::default(), most)?;
                id = reader.byte()?;
            }
            if id == 4 {
                streams(&mut reader, &mut listing, most)?;
                id = reader.byte()?;
            }
            // What is wrong with the names is no reason not to read the files.
            if id == 5 && files(&mut reader, &mut listing, most).is_none() {
                listing.files.clear();
            }
            Some((listing, false))
        }
        _ => None,
    }
}

fn streams(reader: &mut Reader<'_>, listing: &mut Listing, most: u64) -> Option<()> {
    let mut id = reader.byte()?;
    if id == 6 {
        packs(reader, listing)?;
        id = reader.byte()?;
    }
    if id == 7 {
        folders(reader, listing)?;
        id = reader.byte()?;
    }
    if id == 8 {
        substreams(reader, listing, most)?;
        id = reader.byte()?;
    } else {
        for folder in &mut listing.folders {
            folder.streams = vec![folder.size()];
        }
    }
    (id == 0).then_some(())
}

fn packs(reader: &mut Reader<'_>, listing: &mut Listing) -> Option<()> {
    let mut at = reader.number()?;
    let count = reader.count()?;
    loop {
        match reader.byte()? {
            0 => return Some(()),
            9 => {
                for _ in 0..count {
                    let end = at.checked_add(reader.number()?)?;
                    listing.packs.push(at..end);
                    at = end;
                }
            }
            10 => {
                reader.digests(count)?;
            }
            _ => return None,
        }
    }
}

fn folders(reader: &mut Reader<'_>, listing: &mut Listing) -> Option<()> {
    (reader.byte()? == 11).then_some(())?;
    let count = reader.count()?;
    (reader.byte()? == 0).then_some(())?;
    let mut first_pack = 0usize;
    for _ in 0..count {
        let mut folder = folder(reader)?;
        folder.first_pack = first_pack;
        first_pack = first_pack.checked_add(folder.packed.len())?;
        listing.folders.push(folder);
    }
    loop {
        match reader.byte()? {
            0 => return Some(()),
            12 => {
                for folder in &mut listing.folders {
                    folder.sizes = folder.coders.iter().map(|_| reader.number()).collect::<Option<_>>()?;
                }
            }
            10 => {
                reader.digests(count)?;
            }
            _ => return None,
        }
    }
}

fn folder(reader: &mut Reader<'_>) -> Option<Folder> {
    let mut folder = Folder::default();
    let count = reader.number().filter(|n| (1..=MOST).contains(n))?;
    let mut ins = 0usize;
    for _ in 0..count {
        let flags = reader.byte()?;
        let method = reader.bytes(usize::from(flags & 15))?.to_vec();
        let (mut n, mut outs) = (1, 1);
        if flags & 0x10 != 0 {
            n = reader.number().filter(|n| *n <= MOST)? as usize;
            outs = reader.number()?;
        }
        // No coder has more than one output: nor have those of 7-Zip since version 9.
        (outs == 1 && flags & 0x80 == 0).then_some(())?;
        let len = if flags & 0x20 != 0 { reader.size()? } else { 0 };
        let properties = reader.bytes(len)?.to_vec();
        ins += n;
        folder.coders.push(Coder { method, properties, ins: n });
    }
    for _ in 1..count {
        folder.bonds.push((reader.size()?, reader.size()?));
    }
    let packed = ins.checked_sub(folder.bonds.len())?;
    if packed == 1 {
        folder.packed.extend((0..ins).find(|n| !folder.bonds.iter().any(|(into, _)| into == n)));
    } else {
        for _ in 0..packed {
            folder.packed.push(reader.size()?);
        }
    }
    Some(folder)
}

fn substreams(reader: &mut Reader<'_>, listing: &mut Listing, most: u64) -> Option<()> {
    let mut counts = vec![1u64; listing.folders.len()];
    let mut id = reader.byte()?;
    if id == 13 {
        for count in &mut counts {
            *count = reader.number()?;
        }
        id = reader.byte()?;
    }
    let all = counts.iter().try_fold(0u64, |sum, n| sum.checked_add(*n))?;
    (all <= most).then_some(())?;
    let has_sizes = id == 9;
    for (folder, &count) in listing.folders.iter_mut().zip(&counts) {
        let mut left = folder.size();
        for _ in 1..count {
            let size = if has_sizes { reader.number()? } else { 0 };
            folder.streams.push(size);
            left = left.saturating_sub(size);
        }
        if count > 0 {
            folder.streams.push(left);
        }
    }
    if has_sizes {
        id = reader.byte()?;
    }
    // Checksums are the last thing. How many there are depends on what the blocks have: the end is found
    // by what must follow.
    match id {
        0 => Some(()),
        10 => skip_digests(reader, &counts),
        _ => None,
    }
}

/// Checksums of the files whose block has none of its own or holds several.
fn skip_digests(reader: &mut Reader<'_>, counts: &[u64]) -> Option<()> {
    let total: u64 = counts.iter().sum();
    let single = counts.iter().filter(|&&n| n == 1).count() as u64;
    let from = reader.at;
    // Either all files are counted, or those that are alone in their block are not.
    for count in [total, total - single] {
        reader.at = from;
        let count = usize::try_from(count).ok()?;
        if reader.digests(count).is_some()
            && reader.data.get(reader.at) == Some(&0)
            && matches!(reader.data.get(reader.at + 1), Some(0 | 5))
        {
            reader.at += 1;
            return Some(());
        }
    }
    None
}

fn files(reader: &mut Reader<'_>, listing: &mut Listing, most: u64) -> Option<()> {
    let count = reader.size()?;
    (count as u64 <= most).then_some(())?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut empty = Vec::new();
    loop {
        let id = reader.byte()?;
        if id == 0 {
            break;
        }
        let len = reader.size()?;
        let mut property = Reader::new(reader.bytes(len)?);
        match id {
            14 => empty = property.bits(count)?,
            17 => {
                (property.byte()? == 0).then_some(())?;
                let units: Vec<u16> = property
                    .bytes(property.left())?
                    .chunks_exact(2)
                    .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                    .collect();
                names = units.split(|&u| u == 0).map(|n| String::from_utf16_lossy(n).into_bytes()).collect();
            }
            _ => {}
        }
    }
    // Nothing but a count is no list of files.
    (count < names.len()).then_some(())?;
    names.truncate(count);
    listing.files = names
        .into_iter()
        .enumerate()
        .map(|(n, name)| File { name, has_stream: !empty.get(n).copied().unwrap_or(false) })
        .collect();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (bytes, number) in [
            (&[0x05][..], 5),
            (&[0x81, 0x02], 0x102),
            (&[0xc1, 0x02, 0x03], 0x1_0302),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
            (&[0xfe, 1, 2, 3, 4, 5, 6, 7], 0x07_0605_0403_0201),
        ] {
            assert_eq!(Reader::new(bytes).number(), Some(number), "{bytes:?}");
            assert_eq!(Reader::new(&bytes[..bytes.len() - 1]).number(), None);
        }
    }
}
