//! Pictures (PNG, JPEG, GIF): comments and profiles that are packed or in pieces, and what was appended behind the end.
//!
//! What stands in a picture as plain text is found in its raw bytes, so only what those do not show is a member. A picture
//! without such things is nobody's container, and costs its headers only.

use super::budget::Budget;
use super::inflate::inflate;
use super::piece::Piece;
use super::{Container, Contents, Member, Opened};
use crate::blob::Blob;
use crate::lens::bytes::{size_be, slice, u16_be};
use crate::limits::Limits;

/// Opens pictures.
pub struct Picture;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Less behind the end is padding.
const SHORTEST: usize = 8;
/// Chunks, segments and blocks that are looked at.
const MOST: usize = 1 << 20;

impl Container for Picture {
    fn name(&self) -> &'static str {
        "picture"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        !parts(blob.bytes).is_empty()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let mut end = blob.bytes.len();
        for part in parts(blob.bytes) {
            opened.members.push(match part {
                Part::Packed { name, packed } => Box::new(Packed { name, packed }) as Box<dyn Member + 'b>,
                Part::Joined { name, pieces } => Box::new(Joined { name, pieces }),
                Part::Behind(at) => {
                    end = at;
                    let name = format!("behind the picture at {at}").into_bytes();
                    Box::new(Piece { name, bytes: &blob.bytes[at..], missing: 0 })
                }
            });
        }
        opened.gaps.push(0..end);
        opened
    }
}

/// What raw bytes do not show.
enum Part<'b> {
    /// A zlib stream.
    Packed { name: Vec<u8>, packed: &'b [u8] },
    /// A text in pieces.
    Joined { name: Vec<u8>, pieces: Vec<&'b [u8]> },
    /// Where the picture has ended and something else begins.
    Behind(usize),
}

fn parts(data: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let end = match data {
        _ if data.starts_with(PNG) => png(data, &mut parts),
        _ if data.starts_with(JPEG) => jpeg(data, &mut parts),
        _ if data.starts_with(b"GIF8") => gif(data, &mut parts),
        _ => None,
    };
    if let Some(end) = end.filter(|end| is_something(data.get(*end..).unwrap_or_default())) {
        parts.push(Part::Behind(end));
    }
    parts
}

/// Whether it is more than padding.
fn is_something(rest: &[u8]) -> bool {
    rest.len() >= SHORTEST && rest.iter().take(1 << 16).any(|b| *b != rest[0])
}

/// Chunks of texts and profiles; gives where the last one ends.
fn png<'b>(data: &'b [u8], parts: &mut Vec<Part<'b>>) -> Option<usize> {
    let mut at = PNG.len();
    for _ in 0..MOST {
        let len = size_be(data, at)?;
        let kind = slice(data, at + 4, 4)?;
        let body = slice(data, at + 8, len)?;
        let after_name = || memchr::memchr(0, &body[..body.len().min(80)]).map(|n| n + 1);
        let packed = match kind {
            b"zTXt" | b"iCCP" => after_name().and_then(|n| body.get(n..)?.strip_prefix(b"\0")),
            // A byte says whether it is packed, then the method; language and translated name end with a NUL each.
            b"iTXt" => after_name().and_then(|n| {
                let mut rest = body.get(n..)?.strip_prefix(b"\x01\0")?;
                for _ in 0..2 {
                    rest = &rest[memchr::memchr(0, rest)? + 1..];
                }
                Some(rest)
            }),
            _ => None,
        };
        if let Some(packed) = packed.filter(|packed| packed.len() > 6) {
            let name = format!("{} at {at}", String::from_utf8_lossy(kind)).into_bytes();
            parts.push(Part::Packed { name, packed });
        }
        at += len + 12;
        if kind == b"IEND" {
            return Some(at.min(data.len()));
        }
    }
    None
}

/// How the segments of XMP that is too long for one begin; the checksum of the whole, its length and the place follow.
const MORE_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// Segments; gives where the picture ends, where something is behind it.
fn jpeg<'b>(data: &'b [u8], parts: &mut Vec<Part<'b>>) -> Option<usize> {
    let (mut xmp, mut icc) = (Vec::new(), Vec::new());
    let mut at = 2;
    let mut end = None;
    for _ in 0..MOST {
        let Some(&[0xff, marker]) = data.get(at..).and_then(<[u8]>::first_chunk) else { break };
        match marker {
            0xff => {
                at += 1;
                continue;
            }
            0xd9 => {
                end = Some(at + 2);
                break;
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let Some(body) =
            u16_be(data, at + 2).and_then(|len| slice(data, at + 4, usize::from(len).checked_sub(2)?))
        else {
            break;
        };
        at += body.len() + 4;
        match marker {
            0xe1 if body.starts_with(MORE_XMP) => xmp.extend(body.get(MORE_XMP.len() + 40..)),
            0xe2 if body.starts_with(ICC) => icc.extend(body.get(ICC.len() + 2..)),
            // The picture itself. Only where the file does not end with it, its end is sought.
            0xda if without_zeros(data).ends_with(b"\xff\xd9") => break,
            0xda => at = behind_scan(data, at),
            _ => {}
        }
    }
    for (name, pieces) in [("xmp", xmp), ("icc profile", icc)] {
        if pieces.len() > 1 {
            parts.push(Part::Joined { name: name.into(), pieces });
        }
    }
    end
}

/// Without the padding of cameras.
fn without_zeros(data: &[u8]) -> &[u8] {
    let zeros = data.iter().rev().take(1 << 12).take_while(|b| **b == 0).count();
    &data[..data.len() - zeros]
}

/// The next marker behind a scan.
fn behind_scan(data: &[u8], mut at: usize) -> usize {
    while let Some(n) = data.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
        at += n;
        match data.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            _ => return at,
        }
    }
    data.len()
}

/// Blocks; comments of more than one piece of 255 bytes are put together.
fn gif<'b>(data: &'b [u8], parts: &mut Vec<Part<'b>>) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + table(*data.get(10)?);
    for _ in 0..MOST {
        let start = at;
        let is_comment = match *data.get(at)? {
            0x3b => return Some(at + 1),
            0x21 => {
                let label = *data.get(at + 1)?;
                at += 2;
                label == 0xfe
            }
            0x2c => {
                at += 11 + table(*data.get(at + 9)?);
                false
            }
            _ => return None,
        };
        let mut pieces = Vec::new();
        loop {
            let len = usize::from(*data.get(at)?);
            at += len + 1;
            if len == 0 {
                break;
            }
            if is_comment {
                pieces.push(data.get(at - len..at)?);
            }
        }
        if pieces.len() > 1 {
            parts.push(Part::Joined { name: format!("comment at {start}").into(), pieces });
        }
    }
    None
}

struct Packed<'b> {
    name: Vec<u8>,
    packed: &'b [u8],
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.packed.len() as u64 * 4
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let problem =
            inflate(self.packed.get(2..).unwrap_or_default(), buffer, 0, budget).problem(self.packed.len());
        Contents { bytes: buffer, problem }
    }
}

struct Joined<'b> {
    name: Vec<u8>,
    pieces: Vec<&'b [u8]>,
}

impl Member for Joined<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let size = self.size_hint();
        if let Err(problem) = budget.take_member(size, "the text") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        self.pieces.iter().for_each(|piece| buffer.extend_from_slice(piece));
        Contents { bytes: buffer, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    fn read(bytes: &[u8]) -> Vec<(String, String)> {
        let blob = Blob { address: Address::named("x"), bytes };
        if !Picture.reads(&blob) {
            return Vec::new();
        }
        let opened = Picture.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), 1000);
        let mut buffer = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let members = opened.members.iter();
        members.map(|m| (text(m.name()), text(m.read(&mut buffer, &budget).bytes))).collect()
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32).to_be_bytes()[..], kind, body, &[0; 4]].concat()
    }

    #[test]
    fn texts_of_png_and_what_is_behind_it() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(b"a text").unwrap();
        let packed = packer.finish().unwrap();
        let text = chunk(b"zTXt", &[b"Comment\0\0", &packed[..]].concat());
        let other = chunk(b"iTXt", &[b"Comment\0\x01\0de\0\0", &packed[..]].concat());
        let plain = chunk(b"iTXt", b"Comment\0\0\0de\0\0in plain letters");
        let end = chunk(b"IEND", b"");
        let file = [PNG, &text, &plain, &other, &end].concat();
        let at = 8 + text.len() + plain.len();
        let mut want = vec![pair("zTXt at 8", "a text"), pair(&format!("iTXt at {at}"), "a text")];
        assert_eq!(read(&file), want);
        want.push(pair(&format!("behind the picture at {}", file.len()), "appended"));
        assert_eq!(read(&[&file[..], b"appended"].concat()), want);
        assert_eq!(read(&[PNG, &plain, &end, &[0; 40]].concat()), []);
    }

    #[test]
    fn segments_of_jpeg_and_what_is_behind_it() {
        let segment = |marker: u8, body: &[u8]| {
            [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
        };
        let xmp = |text: &[u8]| segment(0xe1, &[MORE_XMP, &[b'0'; 40], text].concat());
        // A picture within the segment of another ends there and not here.
        let thumbnail = segment(0xe1, b"Exif\0\0\xff\xd8\xff\xd9");
        let scan = [&segment(0xda, b"\x01\x01\0\0\x3f\0")[..], b"ab\xff\0cd\xff\xd0ef"].concat();
        let file = [b"\xff\xd8", &xmp(b"one ")[..], &xmp(b"text"), &thumbnail, &scan, b"\xff\xd9"].concat();
        assert_eq!(read(&file), [pair("xmp", "one text")]);
        let behind = pair(&format!("behind the picture at {}", file.len()), "appended");
        assert_eq!(read(&[&file[..], b"appended"].concat()), [pair("xmp", "one text"), behind]);
        assert_eq!(read(&[b"\xff\xd8", &thumbnail[..], &scan, b"\xff\xd9"].concat()), []);
    }

    #[test]
    fn comments_of_gif_in_pieces() {
        let head = b"GIF89a\x01\0\x01\0\x80\0\0aaabbb";
        let picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0";
        let file = [&head[..], b"\x21\xfe\x03one\x05 text\0", picture, b"\x3b"].concat();
        assert_eq!(read(&file), [pair("comment at 19", "one text")]);
        let file = [&head[..], b"\x21\xfe\x03one\0", picture, b"\x3b", b"PK appended"].concat();
        assert_eq!(read(&file), [pair(&format!("behind the picture at {}", file.len() - 11), "PK appended")]);
        assert_eq!(read(&[&head[..], picture, b"\x3b\0"].concat()), []);
    }
}
