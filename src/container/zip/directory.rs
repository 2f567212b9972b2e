//! The two kinds of header of a ZIP archive, and the end record that leads to them.

use crate::container::Problem;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::source::holes;
use memchr::memmem;
use std::ops::Range;

/// `PK\3\4`: an entry's local header.
pub const LOCAL_SIGNATURE: &[u8] = b"PK\x03\x04";
/// `PK\5\6`: the end of the central directory.
pub const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const CENTRAL_SIGNATURE: &[u8] = b"PK\x01\x02";
const END64_SIGNATURE: &[u8] = b"PK\x06\x06";
/// Bytes of a local header before the name.
pub const LOCAL_HEADER_LEN: usize = 30;
const CENTRAL_HEADER_LEN: usize = 46;
const END_LEN: usize = 22;

/// What a header says of an entry.
#[derive(Clone, Debug)]
pub struct Header<'b> {
    /// Its name.
    pub name: &'b [u8],
    /// Compression method.
    pub method: u16,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Bytes after expansion, as promised.
    pub expanded: u64,
    /// CRC-32 of the expanded bytes.
    pub crc: u32,
    /// Whether `crc` was there at all: local headers of streamed entries have none.
    pub has_crc: bool,
    /// Whether the entry says it is encrypted.
    pub encrypted: bool,
    /// Where the local header is.
    pub local_offset: usize,
    /// Whether this comes from the central directory.
    pub in_directory: bool,
}

impl Header<'_> {
    /// Whether neither size promises any data.
    pub fn is_empty(&self) -> bool {
        self.compressed == 0 && self.expanded == 0
    }
}

/// The entries of the central directory.
#[derive(Default)]
pub struct Listing<'b> {
    /// In the directory's order.
    pub headers: Vec<Header<'b>>,
    /// Whether there is a directory at all.
    pub has_directory: bool,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// The 16-bit number at `at`.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The end record: the last one whose directory begins with a directory entry, or that is of an
/// empty archive. It can be followed by a comment of up to 65,535 bytes.
pub fn find_end(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(END_LEN)?;
    if archive[last..].starts_with(END_SIGNATURE) && directory_at(archive, last).is_some() {
        return Some(last);
    }
    // Text files, which are most, have no NUL bytes and no end record.
    memchr::memchr(0, &archive[..archive.len().min(4096)])?;
    let from = archive.len().saturating_sub(END_LEN + 65_535);
    let ends = memmem::find_iter(&archive[from..], END_SIGNATURE).map(|at| from + at);
    ends.filter(|&at| at <= last && directory_at(archive, at).is_some()).last()
}

/// Archives anywhere in a file, by their end records: from where their offsets count to behind the comment.
pub fn ends(file: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let found = holes::stretches(file).flat_map(|data| {
        memmem::find_iter(&file[data.clone()], END_SIGNATURE).map(move |at| data.start + at)
    });
    found.filter_map(move |end| {
        // Zip64 leads elsewhere, which takes a search.
        (u32_at(file, end + 16)? != u32::MAX && u16_at(file, end + 10)? != u16::MAX).then_some(())?;
        let (directory, start) = directory_at(file, end)?;
        let comment = usize::from(u16_at(file, end + 20)?);
        (directory < end).then(|| start..(end + END_LEN + comment).min(file.len()))
    })
}

/// Where the directory of the end record at `end` starts, and by how much all its offsets are
/// wrong (when something was put before the archive).
fn directory_at(archive: &[u8], end: usize) -> Option<(usize, usize)> {
    let mut size = u64::from(u32_at(archive, end + 12)?);
    let mut offset = u64::from(u32_at(archive, end + 16)?);
    let mut directory_end = end;
    if size == u64::from(u32::MAX) || offset == u64::from(u32::MAX) || u16_at(archive, end + 10)? == u16::MAX
    {
        // Zip64: a locator of 20 bytes stands before the end record, the real record before that.
        let locator = end.checked_sub(20).filter(|&at| archive[at..].starts_with(b"PK\x06\x07"));
        if let Some(locator) = locator {
            let promised = usize::try_from(u64_at(archive, locator + 8)?).ok();
            let end64 = promised
                .filter(|&at| archive.get(at..).is_some_and(|b| b.starts_with(END64_SIGNATURE)))
                .or_else(|| memmem::rfind(&archive[..locator], END64_SIGNATURE))?;
            size = u64_at(archive, end64 + 40)?;
            offset = u64_at(archive, end64 + 48)?;
            directory_end = end64;
        }
    }
    let offset = usize::try_from(offset).ok()?;
    let begins = |at: usize| archive.get(at..).is_some_and(|b| b.starts_with(CENTRAL_SIGNATURE));
    if begins(offset) {
        return Some((offset, 0));
    }
    let by_size = directory_end.checked_sub(usize::try_from(size).ok()?)?;
    if begins(by_size) && by_size >= offset {
        return Some((by_size, by_size - offset));
    }
    // An empty archive: nothing but the end record, whose numbers are all 0.
    (size == 0 && offset == 0 && u16_at(archive, end + 10)? == 0).then_some((end, 0))
}

/// Reads the central directory.
pub fn list<'b>(archive: &'b [u8], limits: &Limits) -> Listing<'b> {
    let mut listing = Listing::default();
    let Some((start, shift)) = find_end(archive).and_then(|end| directory_at(archive, end)) else {
        listing.problems.push(
            Problem::new(
                Reason::Damaged,
                "no central directory: the archive is cut; local headers were read instead",
            )
            .of_bytes(0),
        );
        return listing;
    };
    listing.has_directory = true;
    let mut at = start;
    while archive.get(at..).is_some_and(|b| b.starts_with(CENTRAL_SIGNATURE)) {
        if listing.headers.len() as u64 >= limits.entries {
            let detail = format!("the archive has more than {} entries", limits.entries);
            listing.problems.push(Problem::new(Reason::Limit, detail));
            break;
        }
        match central_header(archive, at, shift) {
            Some((header, next)) => {
                listing.headers.push(header);
                at = next;
            }
            None => {
                let detail = format!("the central directory is cut at offset {at}");
                listing.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
                break;
            }
        }
    }
    listing
}

fn central_header(archive: &[u8], at: usize, shift: usize) -> Option<(Header<'_>, usize)> {
    let flags = u16_at(archive, at + 8)?;
    let name_len = usize::from(u16_at(archive, at + 28)?);
    let extra_len = usize::from(u16_at(archive, at + 30)?);
    let comment_len = usize::from(u16_at(archive, at + 32)?);
    let name_start = at + CENTRAL_HEADER_LEN;
    let name = archive.get(name_start..name_start + name_len)?;
    let extra_start = name_start + name_len;
    let extra = archive.get(extra_start..(extra_start + extra_len).min(archive.len())).unwrap_or_default();
    let mut compressed = u64::from(u32_at(archive, at + 20)?);
    let mut expanded = u64::from(u32_at(archive, at + 24)?);
    let mut offset = u64::from(u32_at(archive, at + 42)?);
    zip64(extra, [&mut expanded, &mut compressed, &mut offset]);
    let header = Header {
        name,
        method: u16_at(archive, at + 10)?,
        compressed,
        expanded,
        crc: u32_at(archive, at + 16)?,
        has_crc: true,
        encrypted: flags & 1 != 0,
        local_offset: usize::try_from(offset).ok()?.saturating_add(shift).min(archive.len()),
        in_directory: true,
    };
    Some((header, extra_start + extra_len + comment_len))
}

/// Fills the numbers that are all ones from the zip64 extra field (APPNOTE 4.5.3), in its order.
fn zip64(mut extra: &[u8], numbers: [&mut u64; 3]) {
    while let (Some(id), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let end = (4 + usize::from(len)).min(extra.len());
        if id == 1 {
            let mut at = 4;
            for number in numbers {
                if *number == u64::from(u32::MAX) {
                    let Some(value) = u64_at(&extra[..end], at) else { return };
                    *number = value;
                    at += 8;
                }
            }
            return;
        }
        extra = &extra[end..];
    }
}

/// Calls `found` with each local header in `within`, at most `room` times. A header whose data
/// cannot be told from what follows (streamed, sizes behind the data) reaches to the next one.
pub fn local_headers<'b>(
    archive: &'b [u8],
    within: Range<usize>,
    room: usize,
    found: &mut dyn FnMut(Header<'b>),
) {
    let mut at = within.start;
    for _ in 0..room {
        let Some(next) = memmem::find(&archive[at..within.end], LOCAL_SIGNATURE) else { return };
        let start = at + next;
        at = start + LOCAL_SIGNATURE.len();
        let Some((header, data)) = local_header(archive, start, within.end) else { continue };
        let size = usize::try_from(header.compressed).unwrap_or(usize::MAX);
        at = at.max(data.saturating_add(size).min(within.end));
        found(header);
    }
}

fn local_header(archive: &[u8], at: usize, limit: usize) -> Option<(Header<'_>, usize)> {
    let flags = u16_at(archive, at + 6)?;
    let method = u16_at(archive, at + 8)?;
    let name_len = usize::from(u16_at(archive, at + 26)?);
    let extra_len = usize::from(u16_at(archive, at + 28)?);
    let name = archive.get(at + LOCAL_HEADER_LEN..at + LOCAL_HEADER_LEN + name_len)?;
    let data = at + LOCAL_HEADER_LEN + name_len + extra_len;
    // Four bytes that only look like a header are common in compressed data.
    if data > limit || name.is_empty() || name.contains(&0) || method > 99 {
        return None;
    }
    let mut compressed = u64::from(u32_at(archive, at + 18)?);
    let mut expanded = u64::from(u32_at(archive, at + 22)?);
    let mut none = 0;
    zip64(&archive[data - extra_len..data], [&mut expanded, &mut compressed, &mut none]);
    let streamed = flags & 8 != 0 && compressed == 0;
    if streamed {
        // The data descriptor, or else the next header, ends it; where compressed data only looks
        // like one, the stream itself goes on (see `Entry::deflated`).
        let ends =
            |at: &usize| matches!(archive.get(data + at + 2..data + at + 4), Some([7, 8] | [3, 4] | [1, 2]));
        let next = memmem::find_iter(&archive[data..limit], b"PK").find(ends);
        compressed = next.unwrap_or(limit - data) as u64;
    }
    let crc = u32_at(archive, at + 14)?;
    let header = Header {
        name,
        method,
        compressed: compressed.min((limit - data) as u64),
        expanded,
        crc,
        has_crc: !streamed,
        encrypted: flags & 1 != 0,
        local_offset: at,
        in_directory: false,
    };
    Some((header, data))
}
