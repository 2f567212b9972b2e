//! Encoded stretches inside a text: base64, base32, hexadecimal, escapes, percent encoding, lists of bytes.
//!
//! Cheap refusal comes first: nearly every run that could be base64 is an identifier or a hash, and
//! its first dozen characters already decode to something that is no text. What survives is decoded
//! whole, once, with a map back to the offsets it came from.

pub mod armor;
mod base32;
pub mod base85;
pub mod chained;
mod escape;
pub mod inner;
pub mod invisible;
mod item;
pub mod listed;
pub mod literal;
mod lzstring;
pub mod marked;
pub mod pieced;
pub mod turned;

use crate::address::Encoding;
use crate::blob::{OffsetMap, Segment};
use crate::container::brotli;
use crate::container::inflate::{begin, begins, ends};
use crate::engine::runs::{is_one_of, is_token, next_escape};
use crate::triage::checksum::base64_value;
use std::ops::Range;

/// Something decoded from a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The stretch of the text it was decoded from.
    pub span: Range<usize>,
    /// How it was encoded.
    pub encoding: Encoding,
    /// What came out.
    pub bytes: Vec<u8>,
    /// From offsets in `bytes` to offsets in the text.
    pub map: OffsetMap,
    /// Whether a limit cut it.
    pub cut: bool,
}

/// Shortest base64 worth decoding, in characters: 16 bytes of token.
const MIN_BASE64: usize = 22;
/// Shortest hexadecimal text worth decoding, in digits.
const MIN_HEX: usize = 32;
/// Shortest base64 that may be deflate without a header, in characters: less than this says too little.
const MIN_DEFLATE: usize = 120;

/// What the run at `run` (of token characters, from the engine) decodes to, when that is text or
/// something with a known beginning. A run that goes on over line ends is decoded whole; the
/// caller skips runs inside the returned span. At most `limit` bytes come out.
pub fn run(text: &[u8], run: &Range<usize>, limit: usize) -> Option<Decoded> {
    // SQL and source write numbers so; PostgreSQL and strings of C, bytes.
    let prefix = match &text[run.clone()] {
        [b'0', b'x', ..] => 2,
        [b'x', ..] if text[..run.start].ends_with(b"\\") => 1,
        _ => 0,
    };
    let run = &(run.start + prefix..run.end);
    let value = &text[run.clone()];
    let is_hex = value.len() >= MIN_HEX
        && value.len().is_multiple_of(2)
        && value[..16].iter().all(u8::is_ascii_hexdigit);
    if is_hex && let Some(decoded) = hex(text, run, limit) {
        return Some(decoded);
    }
    if value.len() < MIN_BASE64 {
        return None;
    }
    // Bytes as .NET writes them, `41-4B-49`.
    if let [_, _, b'-', _, _, b'-', _, _, b'-', ..] = value
        && let Some(decoded) = listed::list(text, run.start, limit)
    {
        return Some(decoded);
    }
    if value.len() >= base32::SHORTEST
        && let Some(decoded) = base32::run(text, run, limit)
    {
        return Some(decoded);
    }
    // Base64 of UTF-16 as UTF-7 has it.
    let run = &if value.starts_with(b"+A") { run.start + 1..run.end } else { run.clone() };
    // A path may stand before the value: try the whole run, then what follows each early slash.
    let mut start = run.start;
    for _ in 0..4 {
        if text[start] == b'N'
            && let Some(decoded) = lzstring::run(text, &(start..run.end), limit)
        {
            return Some(decoded);
        }
        if text[start..run.end].first_chunk().is_some_and(is_promising_base64) {
            return base64(text, start..run.end, limit);
        }
        let slash = memchr::memchr(b'/', &text[start..run.end.min(start + 64)]);
        let Some(slash) = slash.filter(|slash| run.end - start - slash > MIN_BASE64) else { break };
        start += slash + 1;
    }
    (value.len() >= MIN_DEFLATE && (is_packed_text(value) || is_brotli_text(value)))
        .then(|| base64(text, run.clone(), limit))?
}

/// Whether base64 begins with deflate that has no header, as `gzdeflate`, SAML and diagrams have it: text comes out of it.
fn is_packed_text(value: &[u8]) -> bool {
    let mut packed = [0; 96];
    let quads = value[..value.len().min(128)].as_chunks().0;
    for (bytes, quad) in packed.chunks_exact_mut(12).zip(quads) {
        bytes.copy_from_slice(&decode_quads(quad).unwrap_or_default());
    }
    // A first block that has codes: what is stored would be seen as it is.
    matches!(packed[0] & 6, 2 | 4) && is_deflated_text(&packed)
}

/// Whether base64 begins with Brotli, out of which text comes: the codes alone take a hundred bytes.
fn is_brotli_text(value: &[u8]) -> bool {
    let len = value.len() / 4 * 3;
    let quads: &[[u8; 16]] = value[..value.len().min(512)].as_chunks().0;
    if !quads.first().and_then(decode_quads).is_some_and(|first| brotli::may_begin(&first, len)) {
        return false;
    }
    let mut packed = [0; 384];
    for (bytes, quad) in packed.chunks_exact_mut(12).zip(quads) {
        bytes.copy_from_slice(&decode_quads(quad).unwrap_or_default());
    }
    brotli::begins_text(&packed[..quads.len() * 12])
}

/// Whether what comes out of deflate is text, of more than chance makes.
fn is_deflated_text(packed: &[u8]) -> bool {
    let mut out = [0; 256];
    let written = begin(packed, &mut out).written;
    written >= 24 && out[..written].iter().all(|b| matches!(b, 0x20..=0x7e | b'\t' | b'\n' | b'\r' | 0x80..))
}

/// Whether base64 that begins with these characters looks like text or a known format.
fn is_promising_base64(head: &[u8; 16]) -> bool {
    let [a, b, c, d, ..] = *head;
    decode_quad([a, b, c, d]).is_some_and(may_begin)
        && decode_quads(head).is_some_and(|head| is_promising(&head))
}

/// Whether what `is_promising` accepts may begin with these bytes. Nearly everything that is no base64 ends here.
fn may_begin([first, second, third]: [u8; 3]) -> bool {
    let is_plain = |b: u8| matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    let is_next = |b: u8| matches!(b, 0x80..=0xbf);
    let is_lead = |b: u8| matches!(b, 0xc2..=0xf4);
    match first {
        _ if FIRST[usize::from(first)] => true,
        // Before a stream a database writes its length, which is small.
        _ if third <= 3 => true,
        _ if is_plain(first) => match second {
            _ if is_plain(second) => is_plain(third) || is_lead(third),
            _ => is_lead(second) && is_next(third),
        },
        _ => is_lead(first) && is_next(second) && (is_plain(third) || is_next(third) || is_lead(third)),
    }
}

/// What four characters of base64 stand for.
fn decode_quad(quad: [u8; 4]) -> Option<[u8; 3]> {
    let mut bits = 0;
    for b in quad {
        bits = bits << 6 | u32::from(base64_value(b)?);
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    Some(bytes)
}

/// What sixteen characters of base64 stand for.
fn decode_quads(quads: &[u8; 16]) -> Option<[u8; 12]> {
    let mut head = [0; 12];
    for (bytes, quad) in head.as_chunks_mut().0.iter_mut().zip(quads.as_chunks().0) {
        *bytes = decode_quad(*quad)?;
    }
    Some(head)
}

/// Magic numbers of formats that keysift opens: what is worth decoding though it is no text.
const MAGICS: &[&[u8]] = &[
    b"PK\x03\x04",
    b"dex\n0",
    b"\x1f\x8b\x08",
    b"bplist00",
    b"\x7fELF",
    b"SQLite format 3",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"\x04\x22\x4d\x18",
    b"LZIP\x01",
    b"\xff\x06\0\0sNaPpY",
    // Objects in other documents (OLE), as RTF has them in hexadecimal.
    b"\x01\x05\0\0\x01\0\0\0",
    b"\x01\x05\0\0\x02\0\0\0",
    // What pages of ASP.NET carry with them (`__VIEWSTATE`).
    b"\xff\x01\x0f",
    // Profiles of pictures, which their texts have in hexadecimal.
    b"8BIM",
    b"Exif\0\0",
    // Objects of Java, of Ruby (cookies) and of .NET, as they are kept.
    b"\xac\xed\0\x05",
    b"\x04\x08{",
    b"\x04\x08o:",
    b"\0\x01\0\0\0\xff\xff\xff\xff",
];

/// What a file of a known format may begin with.
static FIRST: [bool; 256] = {
    let mut first = is_one_of(b"B0x]\x80\0");
    let mut i = 0;
    while i < MAGICS.len() {
        first[MAGICS[i][0] as usize] = true;
        i += 1;
    }
    first
};

/// Whether a file of a known format may begin so.
fn is_known(head: &[u8]) -> bool {
    // Databases write the length before a stream.
    matches!(head, [_, _, 0..=3, 0, 0x78, 0x01 | 0x5e | 0x9c | 0xda, third, ..] if third & 6 != 6)
        || head.first().is_some_and(|first| FIRST[usize::from(*first)]) && is_known_beginning(head)
}

fn is_known_beginning(head: &[u8]) -> bool {
    MAGICS.iter().any(|magic| head.starts_with(magic))
        || head.starts_with(b"BZh") && head.get(4..10).is_some_and(|block| block == b"1AY&SY")
        // Certificates and whatever else is ASN.1 of more than 255 bytes.
        || matches!(head, [0x30, 0x82, 1..=255, ..])
        // LZMA alone: the usual mode, a size that is not told, or none above four gigabytes.
        || matches!(head, [0x5d, 0, 0, _, _, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ..] | [0x5d, 0, 0, _, _, _, _, _, _, 0, 0, 0, ..])
        // Pickles of Python: in frames, or what they begin with otherwise.
        || matches!(head, [0x80, 4 | 5, 0x95, _, _, _, _, 0, 0, 0, 0, ..])
        || matches!(head, [0x80, 2..=4, b'}' | b']' | b'c' | b'(' | b'X' | 0x8c, ..])
        // Queries of Excel and Power BI (DataMashup): an archive behind its length.
        || matches!(head, [0, 0, 0, 0, _, _, _, 0, b'P', b'K', 3, 4, ..])
        || matches!(head, [0, 0..=3, _, _, 0x78, 0x01 | 0x5e | 0x9c | 0xda, third, ..] if third & 6 != 6)
        || matches!(head, [0x78, 0x01 | 0x5e | 0x9c | 0xda, third, ..] if third & 6 != 6)
}

/// Whether the first bytes of something decoded look like text (UTF-8 or UTF-16) or a known format.
fn is_promising(head: &[u8]) -> bool {
    let is_control = |b: &u8| *b < 0x20 && !matches!(b, 0 | b'\t' | b'\n' | b'\r');
    if head.len() < 8 {
        return false;
    }
    if is_known(head) {
        return true;
    }
    // Name and password as SASL has them (`AUTH PLAIN`), each behind a NUL.
    if head[0] == 0 && head[1..].iter().all(u8::is_ascii_graphic) {
        return true;
    }
    // Nearly all that is no text has a control character, or a byte that is none of UTF-8: cheaper than to
    // look for characters.
    !head.iter().any(is_control)
        && match std::str::from_utf8(head) {
            Err(e) if e.error_len().is_some() => head.starts_with(&[0xff, 0xfe]),
            _ => is_utf8_text(head) || is_utf16_text(head, 0) || is_utf16_text(head, 1),
        }
}

fn is_utf8_text(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The last character may be cut in the middle.
    bytes.utf8_chunks().all(|c| {
        c.valid().chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
            && c.invalid().is_empty()
    }) || (std::str::from_utf8(bytes)
        .is_err_and(|e| e.error_len().is_none() && e.valid_up_to() + 4 > bytes.len())
        && bytes.iter().all(|&b| b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r')))
}

fn is_utf16_text(bytes: &[u8], nul: usize) -> bool {
    bytes.len() >= 8
        && bytes.chunks_exact(2).all(|pair| {
            pair[1 - nul] == 0
                && (matches!(pair[nul], 0x20..=0x7e) || matches!(pair[nul], b'\t' | b'\n' | b'\r'))
        })
}

fn base64(text: &[u8], run: Range<usize>, limit: usize) -> Option<Decoded> {
    whole(text, &run, 6, base64_value, Encoding::Base64, limit)
}

/// The bytes that a run and the lines it goes on in stand for, each digit for so many bits, if they are text or a file of
/// a known format.
fn whole(
    text: &[u8],
    run: &Range<usize>,
    width: u32,
    value: impl Fn(u8) -> Option<u8>,
    encoding: Encoding,
    limit: usize,
) -> Option<Decoded> {
    let mut bytes = Vec::with_capacity((run.len() * width as usize / 8 + 8).min(limit));
    let mut map = OffsetMap::identity();
    let (mut bits, mut count) = (0u32, 0);
    let (mut line, mut cut) = (run.clone(), false);
    'lines: loop {
        // A line that starts in the middle of a byte belongs to the byte that it completes.
        map.push(Segment { text: bytes.len(), outer: line.start as u64, num: 8, den: width });
        for &b in &text[line.clone()] {
            let Some(value) = value(b) else { break 'lines };
            bits = bits << width | u32::from(value);
            count += width;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        if bytes.len() >= limit {
            bytes.truncate(limit);
            cut = true;
            break;
        }
        match next_line(text, run, &line, &|b| value(b).is_some()) {
            Some(next) => line = next,
            None => break,
        }
    }
    // All text so far, but what follows the head must be too, or at least most of it.
    (bytes.len() >= 16 && (is_mostly_text(&bytes) || is_file(&bytes))).then_some(Decoded {
        span: run.start..line.end,
        encoding,
        bytes,
        map,
        cut,
    })
}

/// Whether the bytes are a file of a known format: of packed ones, whether something comes out.
fn is_file(bytes: &[u8]) -> bool {
    match bytes {
        [0x78, ..] => begins(bytes.get(2..).unwrap_or_default()),
        [_, _, 0..=3, 0, 0x78, ..] | [0, 0..=3, _, _, 0x78, ..] => begins(bytes.get(6..).unwrap_or_default()),
        _ => is_known(bytes) || is_deflated_text(bytes) && ends(bytes) || brotli::begins(bytes),
    }
}

fn is_mostly_text(bytes: &[u8]) -> bool {
    let is_text = |b: &&u8| **b >= 0x20 || matches!(**b, b'\t' | b'\n' | b'\r' | 0);
    bytes.iter().filter(is_text).count() * 50 >= bytes.len() * 49
}

/// The next line of wrapped base64 or base32: behind the line end (a real one, or `\n` escaped in a string)
/// and indentation, quotes and plus signs of a string that is joined over lines. Lines of a wrapped
/// value are equally long but the last, and at least 40 characters.
fn next_line(
    text: &[u8],
    first: &Range<usize>,
    line: &Range<usize>,
    is_digit: &dyn Fn(u8) -> bool,
) -> Option<Range<usize>> {
    if line.len() != first.len() || line.len() < 40 {
        return None;
    }
    let mut at = line.end;
    let (mut ended, mut is_quoted) = (false, false);
    let stop = text.len().min(at + 80);
    while at < stop {
        match text[at] {
            b'\n' => ended = true,
            b'\r' | b' ' | b'\t' => {}
            b'"' | b'\'' => is_quoted = true,
            // Outside of strings a line may begin with a digit that is a plus sign.
            b'+' | b',' | b'.' if is_quoted => {}
            b'\\' if text[at + 1..].starts_with(b"n") || text[at + 1..].starts_with(b"r") => {
                ended = true;
                at += 1;
            }
            b'\\' => {}
            _ => break,
        }
        at += 1;
    }
    if !ended {
        return None;
    }
    let len = text[at..].iter().take(line.len() + 1).take_while(|&&b| is_digit(b)).count();
    (len >= 2 && len <= line.len()).then(|| at..at + len)
}

fn hex(text: &[u8], run: &Range<usize>, limit: usize) -> Option<Decoded> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let value = &text[run.clone()];
    let pairs = value.chunks_exact(2).map(|p| Some(digit(p[0])? << 4 | digit(p[1])?));
    let mut head = [0; 12];
    for (to, byte) in head.iter_mut().zip(pairs.clone()) {
        *to = byte?;
    }
    if !is_promising(&head) {
        return None;
    }
    // Lines of `xxd -p` and of dumps of databases.
    if next_line(text, run, run, &|b| b.is_ascii_hexdigit()).is_some()
        && let Some(decoded) = whole(text, run, 4, digit, Encoding::Hex, limit)
    {
        return Some(decoded);
    }
    let bytes: Vec<u8> = pairs.take(limit).collect::<Option<_>>()?;
    let cut = bytes.len() * 2 < value.len();
    let mut map = OffsetMap::identity();
    map.push(Segment { text: 0, outer: run.start as u64, num: 2, den: 1 });
    Some(Decoded { span: run.clone(), encoding: Encoding::Hex, bytes, map, cut })
}

/// Values that hold escaped token characters (`wJal\/Xut`, `AKIA\u0051`, `%2Fabc%2B`), unescaped.
/// Only escapes that stand for token characters matter: all others end a token anyway.
pub fn escaped(text: &[u8], within: Range<usize>, found: &mut dyn FnMut(Decoded)) {
    let mut from = within.start;
    // A value may go on behind `within`.
    while let Some(at) = next_escape(text, from, within.end) {
        let Some((byte, len)) = escape::at(text, at, escape::digits_of(text, at)) else {
            from = at + 1;
            continue;
        };
        if !is_value(byte) {
            from = at + len;
            continue;
        }
        let decoded = unescape(text, at, from);
        from = decoded.span.end.max(at + len);
        if decoded.bytes.len() >= 16 {
            found(decoded);
        }
    }
}

/// What strings stand in.
fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// Characters that values with escapes consist of.
fn is_value(b: u8) -> bool {
    is_token(b) || matches!(b, b'=' | b'.' | b':' | b'@' | b'~' | b'!' | b'$' | b'*')
}

/// Longest value that is unescaped, in bytes.
const MAX_ESCAPED: usize = 16 << 10;

/// Unescapes the value that holds the escape at `escape`, back to `floor` at most.
fn unescape(text: &[u8], escape: usize, floor: usize) -> Decoded {
    let before = text[floor..escape].iter().rev().take(MAX_ESCAPED).take_while(|&&b| is_value(b)).count();
    let start = escape - before;
    let mut bytes = Vec::with_capacity(64);
    let mut map = OffsetMap::identity();
    map.push_plain(0, start as u64);
    let mut at = start;
    // One text is written in one way.
    let digits = escape::digits_of(text, escape);
    while at < text.len() && bytes.len() < MAX_ESCAPED {
        if let Some((byte, len)) = escape::at(text, at, digits).filter(|(b, _)| is_value(*b)) {
            bytes.push(byte);
            at += len;
            map.push_plain(bytes.len(), at as u64);
        } else if is_value(text[at]) {
            bytes.push(text[at]);
            at += 1;
        } else {
            break;
        }
    }
    let encoding = if text[escape] == b'%' { Encoding::Percent } else { Encoding::Escapes };
    Decoded { span: start..at, encoding, bytes, map, cut: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;
    use crate::engine::runs::for_each_run;
    use crate::triage::checksum::base64_encode;

    fn decoded(text: &str) -> Vec<Decoded> {
        let mut all = Vec::new();
        for_each_run(text.as_bytes(), 0..text.len(), &mut |r| all.extend(run(text.as_bytes(), &r, 1 << 20)));
        all
    }

    fn unescaped(text: &str) -> Vec<Decoded> {
        let mut all = Vec::new();
        escaped(text.as_bytes(), 0..text.len(), &mut |d| all.push(d));
        all
    }

    #[test]
    fn base64_of_text_with_a_way_back() {
        let plain = r#"{"accessKeyId":"value","secret":"other"}"#;
        let text = format!("config = \"{}\";", base64_encode(plain.as_bytes()));
        let found = decoded(&text);
        assert_eq!(found[0].bytes, plain.as_bytes());
        let at = plain.find("secret").unwrap();
        assert_eq!(found[0].map.outer(TextOffset(at)), 10 + at as u64 * 4 / 3);
    }

    #[test]
    fn wrapped_base64_is_one_value() {
        let plain =
            "a line of text that is long enough to be wrapped over several lines of base64, twice over";
        let code = base64_encode(plain.as_bytes());
        for joint in ["\n", "\r\n    ", "\\n", "\" +\n  \""] {
            let wrapped: Vec<&str> =
                code.as_bytes().chunks(48).map(|c| std::str::from_utf8(c).unwrap()).collect();
            let text = wrapped.join(joint);
            let found = decoded(&text);
            assert_eq!(String::from_utf8_lossy(&found[0].bytes), plain, "{joint:?}");
            let at = plain.find("twice").unwrap();
            let outer = found[0].map.outer(TextOffset(at)) as usize;
            assert_eq!(&text[outer..outer + 3], &code[at * 4 / 3..at * 4 / 3 + 3], "{joint:?}");
        }
    }

    #[test]
    fn identifiers_hashes_and_random_values_are_left_alone() {
        for text in [
            "com/example/application/MainActivity",
            "getElementsByTagNameAndClassName",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "x9QmTz2LkRw8VbN4cYhJf6PsDg1AeUoI3nXqZt",
        ] {
            assert_eq!(decoded(text), [], "{text}");
        }
    }

    #[test]
    fn hex_utf16_in_base64_and_a_path_before() {
        let hex: String = b"aws_access_key_id = value".iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(decoded(&hex)[0].bytes, b"aws_access_key_id = value");
        let wide: Vec<u8> = "powershell -enc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&base64_encode(&wide))[0].bytes, wide);
        assert_eq!(decoded(&format!("0x{hex}"))[0].bytes, b"aws_access_key_id = value");
        let path = format!("secret/{}", base64_encode(b"user:password with a tail"));
        assert_eq!(decoded(&path)[0].bytes, b"user:password with a tail");
    }

    #[test]
    fn what_is_promising_begins_with_bytes_that_may() {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut heads: Vec<Vec<u8>> = MAGICS.iter().map(|magic| magic.to_vec()).collect();
        heads.extend(
            ["Zürich und", "Ärger", "€ 12", "aé", "ab\u{20ac}", "Привет", "\u{feff}x"]
                .map(|t| t.as_bytes().to_vec()),
        );
        let ends: [&[u8]; 4] = [b"a plain text", b"\0x\x9c\x01text", &[0; 9], b"\xa4nd more"];
        for _ in 0..200_000 {
            // Of the bytes that texts and formats begin with, more than chance gives.
            let byte = |n: u64| match n >> 8 & 7 {
                0 => n as u8,
                1 => b"\0\x01\x02\x03xPK\x1f\x8b\x80\x95\xff\xfe"[n as usize % 13],
                2 => 0x80 | n as u8 & 0x3f,
                3 => 0xc0 | n as u8 & 0x1f,
                _ => n as u8 & 0x7f,
            };
            let mut head: Vec<u8> = (0..3).map(|_| byte(random() >> 20)).collect();
            head.extend_from_slice(ends[random() as usize % ends.len()]);
            heads.push(head);
        }
        let mut promising = 0;
        for mut head in heads {
            head.resize(12, b' ');
            if is_promising(&head) {
                promising += 1;
                assert!(may_begin([head[0], head[1], head[2]]), "{head:?}");
            }
        }
        assert!(promising > 1000, "{promising}");
    }

    #[test]
    fn escapes_that_hide_token_characters() {
        for (text, want) in [
            (r#""wJalr\/utnFEMI\/K7MDENG""#, "wJalr/utnFEMI/K7MDENG"),
            (r"x=AKIA\u0041BCD\x45FGHIJKLMNOP;", "x=AKIAABCDEFGHIJKLMNOP"),
            ("<key>abc&#43;def&#x2F;ghi&#47;jklmno</key>", "abc+def/ghi/jklmno"),
            ("k=abc%2Fdef%2Bghi%3Djklmno&x", "k=abc/def+ghi=jklmno"),
            (r#""abc\057def\053ghi\101jklmnop""#, "abc/def+ghiAjklmnop"),
            (r#""\65\75\73\65\66\67\68\69\70\98\99\100\101\102\50\50x""#, "AKIABCDEFbcdef22x"),
            (r"$'\0101\0113\0111\0101BCDEFGHIJKLMNOP'", "AKIABCDEFGHIJKLMNOP"),
            (r#"\"\\x41KIA\\u0042CDEFGHIJKLMNOP\""#, "AKIABCDEFGHIJKLMNOP"),
            (r#""\x{41}KIABCDEFGHIJKLMNOP""#, "AKIABCDEFGHIJKLMNOP"),
        ] {
            let found = unescaped(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(String::from_utf8_lossy(&found[0].bytes), want);
        }
        assert_eq!(unescaped(r"C:\users\name\x and 100% sure\n"), []);
        let found = unescaped(r#""abcdefghijklmnop\/qrst""#);
        assert_eq!(found[0].map.outer(TextOffset(17)), 19);
    }

    #[test]
    fn limits_cut() {
        let text = base64_encode(&b"plain text ".repeat(100));
        let found = run(text.as_bytes(), &(0..text.len() - 2), 50).unwrap();
        assert!(found.cut && found.bytes.len() == 50);
    }
}
