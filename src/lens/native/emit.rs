//! The strings of an image as texts.

use super::image::{Image, Kind};
use super::joined::{self, Piece};
use super::refs::{BUILT, Where};
use super::{masked, packed, refs, stack};
use crate::address::{Address, Encoding};
use crate::blob::{Text, TextKind};
use crate::lens::strings::Strings;
use crate::lens::wide;
use crate::limits::Limits;

/// Shortest string that is taken: what is shorter is neither secret nor the name of one.
const MIN_LEN: usize = 6;

/// Shortest UTF-32 string, in characters: no token is shorter.
const MIN_UTF32: usize = 12;

/// Hands on the strings of `image`, a file at `address`.
pub fn texts(image: &Image<'_>, address: &Address, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
    let places = Where::new(image, address);
    let mut strings = Strings::new(TextKind::List, image.bytes.len(), limits, &places, emit);
    let boundaries = packed::boundaries(image);
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        for_each_run(image.slice(region), &mut |run| {
            let (from, to) = (region.offset + run.start, region.offset + run.end);
            strings.push(&image.bytes[from..to], from as u64, from as u64);
            pieces(&boundaries, image.bytes, from, to, &mut strings);
        });
    }
    // One encoding after the other: each change begins a text of its own.
    let own = if image.is_big { Encoding::Utf16Be } else { Encoding::Utf16Le };
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        let data = image.slice(region);
        wide::for_each_stretch(data, &mut |stretch, encoding| {
            let offset = (region.offset + stretch.start) as u64;
            if encoding == own {
                strings.push_utf16(&data[stretch], image.is_big, offset, offset);
            }
        });
    }
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        utf32(image.slice(region), image.is_big, &mut |at, text| {
            let offset = (region.offset + at) as u64;
            strings.push_made(text, offset, offset);
        });
    }
    stack::strings(image, &mut |offset, text| {
        strings.push_made(text, offset as u64, BUILT | offset as u64);
    });
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        let from = boundaries.starts.partition_point(|&s| s < region.offset);
        let to = boundaries.starts.partition_point(|&s| s < region.offset + region.len);
        let starts: Vec<usize> = boundaries.starts[from..to].iter().map(|s| s - region.offset).collect();
        masked::strings(image.slice(region), &starts, &mut |at, text| {
            let offset = (region.offset + at) as u64;
            strings.push_made(text, offset, offset);
        });
    }
    put_together(image, &mut |offset, text| {
        strings.push_made(text, offset as u64, BUILT | offset as u64);
    });
    strings.finish();
}

/// Keys of which code puts the pieces together.
fn put_together(image: &Image<'_>, found: &mut dyn FnMut(usize, &[u8])) {
    let mut pieces: Vec<(u64, &[u8])> = Vec::new();
    let mut has_first = false;
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        let data = image.slice(region);
        let heads = [&b"AKIA"[..], b"ASIA"];
        if !heads.iter().any(|head| memchr::memmem::find(data, head).is_some()) {
            continue;
        }
        has_first |= heads.iter().any(|head| {
            memchr::memmem::find_iter(data, head).any(|at| {
                let rest = &data[at..];
                let end = memchr::memchr(0, &rest[..rest.len().min(32)]).unwrap_or(0);
                joined::is_first(&rest[..end])
            })
        });
    }
    if !has_first {
        return;
    }
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        let data = image.slice(region);
        let mut from = 0;
        for end in memchr::memchr_iter(0, data) {
            if joined::is_piece(&data[from..end]) {
                pieces.push((region.addr + from as u64, &data[from..end]));
            }
            from = end + 1;
        }
    }
    pieces.sort_unstable_by_key(|p| p.0);
    let mut loads: Vec<Piece<'_>> = Vec::new();
    refs::loads(image, &mut pieces.iter().map(|p| p.0), &mut |at, target| {
        if let Ok(n) = pieces.binary_search_by_key(&target, |p| p.0) {
            loads.push(Piece { at, text: pieces[n].1 });
        }
    });
    loads.sort_by_key(|piece| piece.at);
    joined::keys(&loads, &mut |at, text| {
        let region =
            image.regions.iter().find(|r| r.kind == Kind::Code && at.wrapping_sub(r.addr) < r.len as u64);
        if let Some(region) = region {
            found(region.offset + (at - region.addr) as usize, text);
        }
    });
}

/// Bytes that no string holds: nearly all of binary data is not copied.
const CONTROL: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = i == 0x7f || i < 0x20 && !matches!(i as u8, b'\t' | b'\n' | b'\r');
        i += 1;
    }
    table
};

/// Calls `found` with every run of bytes that may be a string.
fn for_each_run(data: &[u8], found: &mut dyn FnMut(std::ops::Range<usize>)) {
    let mut from = 0;
    let mut see = |from: usize, to: usize| {
        if to - from >= MIN_LEN {
            found(from..to);
        }
    };
    for (i, &b) in data.iter().enumerate() {
        if CONTROL[usize::from(b)] {
            see(from, i);
            from = i + 1;
        }
    }
    see(from, data.len());
}

/// The strings that are packed in the stretch between two NULs, as far as anything tells.
fn pieces(boundaries: &packed::Boundaries, data: &[u8], from: usize, to: usize, strings: &mut Strings<'_>) {
    let starts = &boundaries.starts;
    let first = starts.partition_point(|&s| s <= from);
    let mut start = from;
    let mut add = |start: usize, end: usize| {
        if end - start >= MIN_LEN {
            strings.push(&data[start..end], start as u64, start as u64);
        }
    };
    let mut is_cut = false;
    for &cut in starts[first..].iter().take_while(|&&s| s < to) {
        add(start, cut);
        start = cut;
        is_cut = true;
    }
    if is_cut {
        add(start, to);
    }
    let spans = &boundaries.spans;
    let first = spans.partition_point(|&s| s.0 < from);
    for &(start, len) in spans[first..].iter().take_while(|s| s.0 < to) {
        let end = start.saturating_add(len).min(to);
        // Where the next one starts, the piece was whole.
        if starts.binary_search(&end).is_err() && end != to {
            add(start, end);
        }
    }
}

/// UTF-32 of ASCII: what `L"…"` is outside Windows.
fn utf32(data: &[u8], is_big: bool, found: &mut dyn FnMut(usize, &[u8])) {
    let mut text = Vec::new();
    let mut flush = |i: usize, text: &mut Vec<u8>| {
        if text.len() >= MIN_UTF32 {
            found((i - text.len()) * 4, text);
        }
        text.clear();
    };
    let words = data.as_chunks::<4>().0;
    for (i, word) in words.iter().enumerate() {
        let n = if is_big { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) };
        if n.wrapping_sub(0x20) < 0x5f {
            text.push(n as u8);
        } else if !text.is_empty() {
            flush(i, &mut text);
        }
    }
    flush(words.len(), &mut text);
}
