//! UTF-16: whole files with or without a byte order mark, and strings in the middle of binary data.
//!
//! ASCII text in UTF-16 is a stretch in which every second byte is NUL. Data without NUL bytes,
//! which is nearly all text, costs one `memchr`. Letters outside ASCII end a stretch unless the
//! file begins with a byte order mark: tokens are ASCII, and context is only worth that much.

use super::pieces::pieces;
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, NoSites, OffsetMap, Segment, Sites, Text, TextKind};
use crate::limits::Limits;
use crate::source::holes;
use crate::vector::vectored;
use std::ops::Range;

/// Reads UTF-16 strings.
pub struct WideLens;

/// Shortest string worth a look, in characters: no token is shorter.
const MIN_CHARS: usize = 8;

impl Lens for WideLens {
    fn name(&self) -> &'static str {
        "utf-16"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        memchr::memchr(0, blob.bytes).is_some() || byte_order_mark(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let sites = super::document::DocumentSites::new(blob.address.file_name());
        if let Some(encoding) = byte_order_mark(blob.bytes) {
            whole_file(blob.bytes, encoding, limits, &sites, emit);
            return Ok(());
        }
        let mut pool = Pool::default();
        let mut covered = 0;
        for_each_stretch(blob.bytes, &mut |stretch, encoding| {
            if pool.encoding != Some(encoding) || pool.bytes.len() as u64 >= limits.decoded_bytes {
                pool.flush(blob.bytes.len(), covered, &sites, emit);
                covered = 0;
                pool.encoding = Some(encoding);
            }
            covered += stretch.len();
            pool.add(blob.bytes, stretch);
        });
        pool.flush(blob.bytes.len(), covered, &sites, emit);
        Ok(())
    }
}

fn byte_order_mark(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        // FF FE 00 00 is UTF-32.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, _, _, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, _, _, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Decodes a file that begins with a byte order mark, in pieces of at most the limit.
fn whole_file(
    bytes: &[u8],
    encoding: Encoding,
    limits: &Limits,
    sites: &dyn Sites,
    emit: &mut dyn FnMut(&Text<'_>),
) {
    let unit = |pair: &[u8]| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
        _ => u16::from_le_bytes([pair[0], pair[1]]),
    };
    // A UTF-8 text is at most one and a half times as long.
    const OVERLAP: usize = 64 << 10;
    for piece in pieces(2, bytes.len(), OVERLAP, 2, limits) {
        let mut text = Vec::with_capacity(piece.len() / 2 + 16);
        let mut map = OffsetMap::identity();
        map.push(Segment { text: 0, outer: piece.start as u64, num: 2, den: 1 });
        let mut at = piece.start;
        let units = bytes[piece].chunks_exact(2).map(unit);
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            at += 2 * c.len_utf16();
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| text.push(b));
            if !c.is_ascii() {
                map.push(Segment { text: text.len(), outer: at as u64, num: 2, den: 1 });
            }
        }
        let kind = TextKind::Plain;
        emit(&Text { bytes: &text, kind, encoding: Some(encoding), map: &map, outer: None, sites });
    }
}

/// Strings of one byte order, joined into one text.
#[derive(Default)]
struct Pool {
    bytes: Vec<u8>,
    map: OffsetMap,
    encoding: Option<Encoding>,
}

impl Pool {
    fn add(&mut self, blob: &[u8], stretch: Range<usize>) {
        if !self.bytes.is_empty() {
            self.bytes.push(0);
        }
        self.map.push(Segment { text: self.bytes.len(), outer: stretch.start as u64, num: 2, den: 1 });
        let skip = usize::from(self.encoding == Some(Encoding::Utf16Be));
        self.bytes.extend(blob[stretch].iter().skip(skip).step_by(2));
    }

    /// Hands the text on and starts afresh. A blob that is one string and little else is a text
    /// file without a byte order mark.
    fn flush(&mut self, blob_len: usize, covered: usize, sites: &dyn Sites, emit: &mut dyn FnMut(&Text<'_>)) {
        if self.bytes.is_empty() {
            return;
        }
        let is_file = covered + blob_len / 16 + 4 >= blob_len && self.bytes.contains(&b'\n');
        let (kind, sites): (_, &dyn Sites) =
            if is_file { (TextKind::Plain, sites) } else { (TextKind::List, &NoSites) };
        emit(&Text { bytes: &self.bytes, kind, encoding: self.encoding, map: &self.map, outer: None, sites });
        self.bytes.clear();
        self.map.clear();
    }
}

fn is_text(b: u8) -> bool {
    matches!(b, 0x20..=0x7e | b'\t' | b'\n' | b'\r')
}

/// Calls `found` with every stretch of text bytes and NULs in turn, in rising order, with the byte
/// order that it has if it is a whole string. The range begins at the first code unit.
///
/// The last character of a C string in front and its NUL look like the first character of what begins
/// behind them: then what stands there without that character is handed on too.
pub(in crate::lens) fn for_each_stretch(bytes: &[u8], found: &mut dyn FnMut(Range<usize>, Encoding)) {
    stretches(bytes, &mut |stretch, encoding| {
        let is_behind_text = stretch.start.checked_sub(1).is_some_and(|i| is_text(bytes[i]));
        let start = stretch.start + 2;
        let head = (encoding == Encoding::Utf16Le && is_behind_text && start < stretch.end).then(|| {
            let units = bytes[start..stretch.end].chunks_exact(2).take(MAX_HEAD);
            start..start + 2 * units.take_while(|unit| !unit[0].is_ascii_whitespace()).count()
        });
        found(stretch, encoding);
        if let Some(head) = head.filter(|head| head.len() >= 2 * MIN_CHARS) {
            found(head, encoding);
        }
    });
}

/// Characters of the beginning of a stretch that are handed on twice.
const MAX_HEAD: usize = 128;

fn stretches(bytes: &[u8], found: &mut dyn FnMut(Range<usize>, Encoding)) {
    for data in holes::stretches(bytes) {
        stretches_of(&bytes[..data.end], data.start, found);
    }
}

fn stretches_of(bytes: &[u8], mut from: usize, found: &mut dyn FnMut(Range<usize>, Encoding)) {
    while let Some(inside) = alternating_word(bytes, from) {
        // Back to where text and NULs begin to take turns, then on until behind the word.
        let mut start = inside;
        while start > from
            && let [before, here, ..] = bytes[start - 1..]
            && (before == 0) != (here == 0)
            && (before == 0 || is_text(before))
        {
            start -= 1;
        }
        from = start;
        while from < inside + WORD {
            let Some(nul) = memchr::memchr(0, &bytes[from..]).map(|i| from + i) else { return };
            from = stretch(bytes, from, nul, found);
        }
    }
}

/// Bytes that are looked at together: every stretch of [`MIN_CHARS`] has such a word, aligned, that
/// is text and NULs in turn.
const WORD: usize = 8;

/// The first aligned word at `from` or behind of which every second byte is NUL and the others are
/// ASCII: dense binary data is passed over a word at a time.
fn alternating_word(bytes: &[u8], from: usize) -> Option<usize> {
    let first = from.next_multiple_of(WORD);
    let words = bytes.get(first..)?.as_chunks::<WORD>().0;
    let (blocks, rest) = words.as_chunks();
    let passed = blocks.iter().position(has_alternating).unwrap_or(blocks.len());
    let left = blocks.get(passed).map_or(rest, |block| block);
    let i = left.iter().position(is_alternating)?;
    Some(first + (passed * WORDS + i) * WORD)
}

/// Words that are looked at at once.
const WORDS: usize = 64;

/// Whether of the four pairs of bytes all first ones or all second ones are NUL, and the others none and ASCII.
#[inline(always)]
fn is_alternating(word: &[u8; WORD]) -> bool {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    const HIGH: u64 = 0x0080_0080_0080_0080;
    let word = u64::from_le_bytes(*word);
    let (even, odd) = (word & EVEN, word >> 8 & EVEN);
    let text = even | odd;
    // ASCII has no high bit, and adding 0x7f to any of it but NUL makes one.
    let is_text = (text & HIGH) | (!(text + 0x007f_007f_007f_007f) & HIGH);
    ((even == 0) | (odd == 0)) & (is_text == 0)
}

vectored! {
    fn has_alternating(words: &[[u8; WORD]; WORDS]) -> bool {
        let mut any = false;
        for word in words {
            any |= is_alternating(word);
        }
        any
    }
}

/// Looks at the stretch around the first NUL at or behind `from`; gives where to look on.
fn stretch(
    bytes: &[u8],
    mut from: usize,
    nul: usize,
    found: &mut dyn FnMut(Range<usize>, Encoding),
) -> usize {
    // Of many NULs in a row only the first can end a character and only the last can begin one.
    let behind = bytes[nul..].iter().position(|&b| b != 0).map_or(bytes.len(), |n| nul + n);
    if behind - nul > 3 && !(nul > from && is_text(bytes[nul - 1])) {
        from = behind - 1;
        if behind == bytes.len() {
            return behind;
        }
    }
    let nul = nul.max(from);
    // Back over at most the one text byte that belongs to this NUL in little endian.
    let starts_with_text = nul > from && is_text(bytes[nul - 1]);
    let mut end = nul + 1;
    while end + 1 < bytes.len() && is_text(bytes[end]) && bytes[end + 1] == 0 {
        end += 2;
    }
    let ends_with_text = end < bytes.len() && is_text(bytes[end]);
    // In big endian the NUL comes first, and the last text byte has none behind it.
    let (range, encoding) = if starts_with_text {
        (nul - 1..end, Encoding::Utf16Le)
    } else if ends_with_text {
        (nul..end + 1, Encoding::Utf16Be)
    } else {
        (nul + 1..end, Encoding::Utf16Le)
    };
    // Little endian with a text byte right behind is big endian with one right before, of
    // which only the parity of the offset can tell: strings are mostly aligned.
    let (range, encoding) = if starts_with_text && ends_with_text && nul.is_multiple_of(2) && end - nul > 2 {
        (nul..end + 1, Encoding::Utf16Be)
    } else {
        (range, encoding)
    };
    if range.len() / 2 >= MIN_CHARS {
        found(range.clone(), encoding);
        // Text before the first NUL and a NUL behind the last character fit both orders: give
        // the string without the doubtful first character too.
        if starts_with_text && !ends_with_text && nul.is_multiple_of(2) {
            found(nul..end, Encoding::Utf16Be);
        }
    }
    end.max(nul + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    fn le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    /// Texts with the blob offset of the byte that `probe` starts at.
    fn read(bytes: &[u8], probe: &str) -> Vec<(String, TextKind, Encoding, u64)> {
        let blob = Blob { address: Address::named("f"), bytes };
        let mut found = Vec::new();
        if !WideLens.reads(&blob) {
            return found;
        }
        WideLens
            .texts(&blob, &Limits::default(), &mut |t| {
                let text = String::from_utf8_lossy(t.bytes).into_owned();
                if let Some(at) = text.find(probe) {
                    found.push((text, t.kind, t.encoding.unwrap(), t.blob_offset(TextOffset(at)).0));
                }
            })
            .unwrap();
        found
    }

    #[test]
    fn files_with_a_mark() {
        let mut file = vec![0xff, 0xfe];
        file.extend(le("schlüssel = \u{1f511} tokenvalue\r\n"));
        let found = read(&file, "tokenvalue");
        assert_eq!(found[0].0, "schlüssel = \u{1f511} tokenvalue\r\n");
        assert_eq!((found[0].2, found[0].3), (Encoding::Utf16Le, 2 + 2 * (12 + 2 + 1)));
        let mut file = vec![0xfe, 0xff];
        file.extend(be("key = tokenvalue"));
        assert_eq!(
            (read(&file, "tokenvalue")[0].2, read(&file, "tokenvalue")[0].3),
            (Encoding::Utf16Be, 2 + 12)
        );
    }

    #[test]
    fn files_without_a_mark_are_plain_text() {
        let text = "line one is long enough\nkey=tokenvalue\n";
        let found = read(&le(text), "tokenvalue");
        assert_eq!((found[0].0.as_str(), found[0].1), (text, TextKind::Plain));
        let found = read(&be(text), "tokenvalue");
        assert_eq!(
            (found[0].0.as_str(), found[0].2, found[0].3),
            (text, Encoding::Utf16Be, 2 * text.find("tokenvalue").unwrap() as u64)
        );
    }

    #[test]
    fn strings_in_binary_data_keep_their_first_and_last_characters() {
        for prefix in [&b"\x01\x02"[..], b"\x00\x00", b"\x00\x00\x00", b"ab", b"\xff\xee\x00\x00"] {
            for suffix in [&b"\x00\x00\x09\x80"[..], b"\x80\x81", b""] {
                for (encode, encoding) in
                    [(le as fn(&str) -> Vec<u8>, Encoding::Utf16Le), (be, Encoding::Utf16Be)]
                {
                    let mut data = prefix.to_vec();
                    data.extend(encode("tokenvalue0123456789"));
                    data.extend(suffix);
                    let found = read(&data, "tokenvalue0123456789");
                    let exact = found.iter().any(|f| f.0.split('\0').any(|s| s == "tokenvalue0123456789"));
                    assert!(exact, "{prefix:?} {suffix:?} {encoding:?}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn alternating_words_are_those_of_one_after_the_other() {
        let mut state = 3u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for round in 0..2000usize {
            let mut data: Vec<u8> =
                (0..round % 700).map(|_| if next() % 3 == 0 { 0 } else { next() as u8 }).collect();
            let place = next() as usize % (data.len() + 1);
            for (i, b) in data[place..].iter_mut().take(10 + round % 9).enumerate() {
                *b = if i % 2 == round % 2 { 0 } else { b"a\x01\x7f\x80"[round / 9 % 4] };
            }
            let from = next() as usize % (data.len() + 1);
            let is = |at: &usize| {
                let word = &data[*at..*at + WORD];
                let (even, odd): (Vec<u8>, Vec<u8>) = (
                    word.iter().copied().step_by(2).collect(),
                    word[1..].iter().copied().step_by(2).collect(),
                );
                let is_text = |bytes: &[u8]| bytes.iter().all(|b| (1..0x80).contains(b));
                let is_nul = |bytes: &[u8]| bytes.iter().all(|b| *b == 0);
                is_text(&even) && is_nul(&odd) || is_nul(&even) && is_text(&odd)
            };
            let first = from.next_multiple_of(WORD);
            let expected = (first..(data.len() + 1).saturating_sub(WORD)).step_by(WORD).find(is);
            assert_eq!(alternating_word(&data, from), expected, "{data:?} {from}");
        }
    }

    #[test]
    fn short_strings_and_plain_text_give_nothing() {
        assert!(read(&le("short"), "short").is_empty());
        assert!(read(b"plain text", "plain").is_empty());
        assert!(read(&[0; 1000], "").is_empty());
    }
}
