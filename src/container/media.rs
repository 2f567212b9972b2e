//! Tags of films and sound (Matroska, WebM, Ogg, Opus): where strings stand without anything between them, or in pieces. Files that a
//! Matroska file has attached are members too.
//!
//! In other formats (MP4, FLAC, MP3) a length or a NUL stands between them, so that raw bytes show all there is.

use super::piece::{Owned, Piece};
use super::{Container, Member, Opened, zlibs};
use crate::blob::Blob;
use crate::lens::bytes::{size_le, slice};
use crate::limits::Limits;

/// Opens such files.
pub struct Media;

const EBML: &[u8] = b"\x1a\x45\xdf\xa3";
const OGG: &[u8] = b"OggS\0";
/// Elements, pages and comments that are looked at.
const MOST: usize = 1 << 20;
/// Bytes of tags that are put together.
const MOST_TEXT: usize = 16 << 20;
/// Elements within elements.
const DEPTH: usize = 16;

impl Container for Media {
    fn name(&self) -> &'static str {
        "media"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let found = Found::of(blob.bytes);
        !found.text.is_empty() || !found.files.is_empty()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let found = Found::of(blob.bytes);
        // Tracks of text may be packed, each of their blocks.
        let mut opened = zlibs::open(blob.bytes, 1, limits, &mut |_| true);
        if !found.text.is_empty() {
            opened
                .members
                .push(Box::new(Owned { name: b"tags".to_vec(), bytes: found.text }) as Box<dyn Member + 'b>);
        }
        for (name, bytes) in found.files {
            opened.members.push(Box::new(Piece { name: name.to_vec(), bytes, missing: 0 }));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// What is in such a file.
#[derive(Default)]
struct Found<'b> {
    /// A line a tag.
    text: Vec<u8>,
    /// Files that are attached.
    files: Vec<(&'b [u8], &'b [u8])>,
}

impl<'b> Found<'b> {
    fn of(data: &'b [u8]) -> Found<'b> {
        let mut found = Found::default();
        if data.starts_with(EBML) {
            let mut left = MOST;
            found.elements(data, DEPTH, &mut left);
        } else if data.starts_with(OGG) {
            found.pages(data);
        }
        found
    }

    fn line(&mut self, name: &[u8], value: &[u8]) {
        if self.text.len() + name.len() + value.len() < MOST_TEXT && !value.is_empty() {
            self.text.extend([name, b" = ", value, b"\n"].concat());
        }
    }

    /// The elements of Matroska that hold strings and files, each beside its name.
    fn elements(&mut self, mut data: &'b [u8], depth: usize, left: &mut usize) {
        let (mut tag, mut file): (&[u8], &[u8]) = (b"title", b"attachment");
        while let Some((id, body, rest)) = element(data) {
            data = rest;
            *left = left.saturating_sub(1);
            if *left == 0 {
                return;
            }
            match id {
                // Segment, what it is, tracks, tags, attachments, chapters, and what is in these.
                0x1853_8067 | 0x1549_a966 | 0x1654_ae6b | 0xae | 0x1254_c367 | 0x7373 | 0x67c8
                | 0x1941_a469 | 0x61a7 | 0x1043_a770 | 0x45b9 | 0xb6 | 0x80
                    if depth > 0 =>
                {
                    self.elements(body, depth - 1, left);
                }
                0x45a3 => tag = body,
                0x466e => file = body,
                0x465c => self.files.push((file, body)),
                // The strings of a tag, of the file, of a track, of a chapter, about a file.
                0x4487 | 0x4485 => self.line(tag, body),
                0x7ba9 | 0x536e | 0x85 | 0x467e => self.line(b"title", body),
                _ => {}
            }
        }
    }

    /// The comments of Ogg: in the first packets of each stream, put together from its pages.
    fn pages(&mut self, data: &'b [u8]) {
        let mut streams: Vec<(&[u8], Vec<u8>)> = Vec::new();
        let mut at = 0;
        for _ in 0..MOST {
            let Some(head) = slice(data, at, 27).filter(|head| head.starts_with(OGG)) else { break };
            let Some(sizes) = slice(data, at + 27, usize::from(head[26])) else { break };
            let body = at + 27 + sizes.len();
            let len: usize = sizes.iter().map(|size| usize::from(*size)).sum();
            let page = &data[body.min(data.len())..(body + len).min(data.len())];
            at = body + len;
            // Pages of sound tell a time, and stand behind all heads.
            if head[6..14] != [0; 8] && head[6..14] != [0xff; 8] {
                break;
            }
            let serial = &head[14..18];
            let stream = match streams.iter().position(|(known, _)| *known == serial) {
                Some(n) => n,
                None if streams.len() < 16 => {
                    streams.push((serial, Vec::new()));
                    streams.len() - 1
                }
                None => break,
            };
            if streams.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + page.len() > MOST_TEXT {
                break;
            }
            streams[stream].1.extend_from_slice(page);
        }
        for (_, packets) in streams {
            for word in [&b"OpusTags"[..], b"\x03vorbis", b"\x81theora", b"\x03kate\0\0\0", b"Speex   "] {
                if let Some(from) = memchr::memmem::find(&packets, word) {
                    self.comments(&packets[from + word.len()..]);
                }
            }
        }
    }

    /// `NAME=value`, each behind its length, behind a word about the program.
    fn comments(&mut self, data: &[u8]) -> Option<()> {
        let mut at = 4 + size_le(data, 0)?;
        let count = size_le(data, at)?;
        at += 4;
        for _ in 0..count.min(MOST) {
            let comment = slice(data, at + 4, size_le(data, at)?)?;
            at += 4 + comment.len();
            let sign = comment.iter().position(|b| *b == b'=')?;
            self.line(&comment[..sign], &comment[sign + 1..]);
        }
        Some(())
    }
}

/// The next element: its id, its body, what stands behind it. One of unknown length goes on to the end.
fn element(data: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let first = *data.first()?;
    let width = first.leading_zeros() as usize + 1;
    let id = data.get(..width).filter(|_| width <= 4)?.iter().fold(0, |n, b| n << 8 | u32::from(*b));
    let first = *data.get(width)?;
    let more = first.leading_zeros() as usize;
    let digits = data.get(width + 1..width + 1 + more).filter(|_| more < 8)?;
    let mask = (0x7fu32 >> more) as u8;
    let size = digits.iter().fold(u64::from(first & mask), |n, b| n << 8 | u64::from(*b));
    let is_unknown = first & mask == mask && digits.iter().all(|b| *b == 0xff);
    let rest = &data[width + 1 + more..];
    let len =
        if is_unknown { rest.len() } else { usize::try_from(size).unwrap_or(usize::MAX).min(rest.len()) };
    Some((id, &rest[..len], &rest[len..]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn tags_and_files_of_matroska() {
        let of = |id: &[u8], body: &[u8]| [id, &[0x80 | body.len() as u8], body].concat();
        let tag = of(b"\x67\xc8", &[of(b"\x45\xa3", b"NOTE"), of(b"\x44\x87", b"a value")].concat());
        let tags = of(b"\x12\x54\xc3\x67", &of(b"\x73\x73", &[&tag[..], &tag].concat()));
        let file = of(b"\x61\xa7", &[of(b"\x46\x6e", b"a.ini"), of(b"\x46\x5c", b"key = 1")].concat());
        let files = of(b"\x19\x41\xa4\x69", &file);
        // A segment of unknown length.
        let data = [&of(EBML, b"")[..], b"\x18\x53\x80\x67\xff", &files, &tags].concat();
        let (members, problems) = read(&Media, &data);
        let want = [
            ("tags".to_owned(), b"NOTE = a value\nNOTE = a value\n".to_vec()),
            ("a.ini".to_owned(), b"key = 1".to_vec()),
        ];
        assert!(problems.is_empty());
        assert_eq!(members.len(), 2);
        for (have, want) in members.iter().zip(&want) {
            assert_eq!(have.1, want.1);
        }
        assert!(!Media.reads(&Blob { address: crate::address::Address::named("x"), bytes: &of(EBML, b"") }));
    }

    #[test]
    fn comments_over_pages_of_ogg() {
        let value = b"NOTE=".iter().copied().chain(std::iter::repeat_n(b'v', 300)).collect::<Vec<u8>>();
        let mut packet = b"OpusTags\x01\0\0\0p\x01\0\0\0".to_vec();
        packet.extend((value.len() as u32).to_le_bytes());
        packet.extend(&value);
        let page = |flags: u8, body: &[u8]| {
            let mut page = [&b"OggS\0"[..], &[flags], &[0; 8], b"ser1", &[0; 8]].concat();
            let sizes: Vec<u8> = body.chunks(255).map(|part| part.len() as u8).collect();
            page.push(sizes.len() as u8);
            page.extend(sizes);
            page.extend(body);
            page
        };
        let data = [page(2, b"OpusHead"), page(0, &packet[..255]), page(1, &packet[255..])].concat();
        let (members, _) = read(&Media, &data);
        assert_eq!(members[0].1, [&b"NOTE = "[..], &[b'v'; 300], b"\n"].concat());
    }
}
