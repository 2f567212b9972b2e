//! The strings of an image as texts.

use super::image::{Image, Kind};
use super::joined::{self, Piece};
use super::refs::{BUILT, Where};
use super::sieve::{controls, has_utf32, plain_ids};
use super::{masked, packed, refs, stack};
use crate::address::{Address, Encoding};
use crate::blob::{Text, TextKind};
use crate::lens::sieve;
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
    // Each goes through the whole image.
    let ((boundaries, masked), (built, joined)) =
        rayon::join(|| bounded(image), || rayon::join(|| built(image), || put_together(image)));
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
    for (offset, text) in &built {
        strings.push_made(text, *offset as u64, BUILT | *offset as u64);
    }
    for (offset, text) in &masked {
        strings.push_made(text, *offset as u64, *offset as u64);
    }
    for (offset, text) in &joined {
        strings.push_made(text, *offset as u64, BUILT | *offset as u64);
    }
    strings.finish();
}

/// What is not in the file as it is, and where it comes from.
type Made = Vec<(usize, Vec<u8>)>;

/// Where strings begin, and those under a mask.
fn bounded(image: &Image<'_>) -> (packed::Boundaries, Made) {
    let boundaries = packed::boundaries(image);
    let mut found = Made::new();
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        let from = boundaries.starts.partition_point(|&s| s < region.offset);
        let to = boundaries.starts.partition_point(|&s| s < region.offset + region.len);
        let starts: Vec<usize> = boundaries.starts[from..to].iter().map(|s| s - region.offset).collect();
        masked::strings(image.slice(region), &starts, &mut |at, text| {
            found.push((region.offset + at, text.to_vec()));
        });
    }
    (boundaries, found)
}

/// Strings that code builds.
fn built(image: &Image<'_>) -> Made {
    let mut found = Made::new();
    stack::strings(image, &mut |offset, text| found.push((offset, text.to_vec())));
    found
}

/// Keys of which code puts the pieces together.
fn put_together(image: &Image<'_>) -> Made {
    let mut found = Made::new();
    let mut pieces: Vec<(u64, &[u8])> = Vec::new();
    let mut has_first = false;
    for region in image.regions.iter().filter(|r| r.kind != Kind::Code) {
        has_first |= has_first_piece(image.slice(region));
    }
    if !has_first {
        return found;
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
            found.push((region.offset + (at - region.addr) as usize, text.to_vec()));
        }
    });
    found
}

/// Whether a string begins like an access key id and ends too early.
pub fn has_first_piece(data: &[u8]) -> bool {
    let mut has = false;
    sieve::for_each(data, plain_ids, &mut |at| {
        let rest = &data[at..];
        let end = memchr::memchr(0, &rest[..rest.len().min(32)]).unwrap_or(0);
        has = joined::is_first(&rest[..end]);
        !has
    });
    has
}

/// Calls `found` with every run of bytes that may be a string.
fn for_each_run(data: &[u8], found: &mut dyn FnMut(std::ops::Range<usize>)) {
    let mut see = |from: usize, to: usize| {
        if to - from >= MIN_LEN {
            found(from..to);
        }
    };
    // Where the run starts that is not at its end.
    let mut from = 0;
    let (blocks, rest) = data.as_chunks();
    for (n, block) in blocks.iter().enumerate() {
        let at = n * sieve::STEP;
        let controls = controls(block);
        if controls == 0 {
            continue;
        }
        see(from, at + controls.trailing_zeros() as usize);
        // Places between the first control character and the last at which a run long enough begins.
        let text = !controls;
        let long = text & text >> 1 & text >> 2 & text >> 3 & text >> 4 & text >> 5;
        let mut starts = long & controls << 1;
        while starts != 0 {
            let start = starts.trailing_zeros();
            starts &= starts - 1;
            let len = (text >> start).trailing_ones();
            if start + len < 64 {
                see(at + start as usize, at + (start + len) as usize);
            }
        }
        from = at + sieve::STEP - controls.leading_zeros() as usize;
    }
    let at = data.len() - rest.len();
    for (i, _) in rest.iter().enumerate().filter(|(_, b)| is_control(**b)) {
        see(from, at + i);
        from = at + i + 1;
    }
    see(from, data.len());
}

/// What no string holds: nearly all of binary data is not copied.
fn is_control(b: u8) -> bool {
    b == 0x7f || b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')
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
    for (n, some) in words.chunks(16).enumerate() {
        if text.is_empty() && some.first_chunk().is_some_and(|words| !has_utf32(words, is_big)) {
            continue;
        }
        for (i, word) in some.iter().enumerate() {
            let c = if is_big { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) };
            if c.wrapping_sub(0x20) < 0x5f {
                text.push(c as u8);
            } else if !text.is_empty() {
                flush(16 * n + i, &mut text);
            }
        }
    }
    flush(words.len(), &mut text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_one_byte_after_the_other() {
        let mut state = 9u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for round in 0..2000 {
            let len = round % 400;
            let rare = 1 + next() % 40;
            let data: Vec<u8> =
                (0..len).map(|_| if next() % rare == 0 { next() as u8 & 0x8f } else { b'x' }).collect();
            let mut found = Vec::new();
            for_each_run(&data, &mut |run| found.push(run));
            let (mut all, mut from) = (Vec::new(), 0);
            for i in 0..=data.len() {
                if data.get(i).is_none_or(|b| is_control(*b)) {
                    if i - from >= MIN_LEN {
                        all.push(from..i);
                    }
                    from = i + 1;
                }
            }
            assert_eq!(found, all, "{data:?}");
        }
    }
}
