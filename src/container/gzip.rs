//! Gzip (RFC 1952): one member, made of all the members of the stream one after the other, as
//! `gunzip` has it.

use super::budget::Budget;
use super::flow::{Passing, Rest};
use super::inflate::{Inflated, inflate_more, inflate_passing};
use super::{Container, Contents, Member, Opened, Problem, stream};
use crate::blob::Blob;
use crate::limits::Limits;

/// Opens gzip streams.
pub struct Gzip;

const FLAG_CRC: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;

impl Container for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        header(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let Some(header) = header(blob.bytes) else { return Opened::default() };
        let name = match header.name {
            Some(name) if !name.is_empty() => name.to_vec(),
            _ => stem(blob.address.file_name()),
        };
        let stream = Stream { name, bytes: blob.bytes };
        Opened {
            members: vec![Box::new(stream)],
            gaps: std::iter::once(0..header.len).collect(),
            ..Opened::default()
        }
    }
}

/// What stands before the compressed bytes.
pub(super) struct Header<'b> {
    pub(super) len: usize,
    pub(super) name: Option<&'b [u8]>,
}

/// The header at the start of `bytes`; deflate is the only method there is.
pub(super) fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let [0x1f, 0x8b, 8, flags @ 0..0x20, _, _, _, _, _, _, ..] = *bytes else { return None };
    let mut at = 10;
    if flags & FLAG_EXTRA != 0 {
        at += 2 + usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    }
    let text = |at: &mut usize| {
        let rest = bytes.get(*at..)?;
        // Names are short; a missing end is damage or chance.
        let end = memchr::memchr(0, &rest[..rest.len().min(64 << 10)])?;
        *at += end + 1;
        Some(&rest[..end])
    };
    let name = if flags & FLAG_NAME != 0 { Some(text(&mut at)?) } else { None };
    if flags & FLAG_COMMENT != 0 {
        text(&mut at)?;
    }
    if flags & FLAG_CRC != 0 {
        at += 2;
    }
    (at < bytes.len()).then_some(Header { len: at, name })
}

/// What `gunzip` would call the file.
fn stem(name: &[u8]) -> Vec<u8> {
    if let Some(stem) = name.strip_suffix(b".tgz") {
        return [stem, b".tar"].concat();
    }
    name.strip_suffix(b".gz").filter(|stem| !stem.is_empty()).unwrap_or(b"contents").to_vec()
}

/// Expands a stream and what is behind it; tells what is wrong with it.
pub(super) fn expand(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Option<Problem> {
    Stream { name: Vec::new(), bytes }.read(out, budget).problem
}

struct Stream<'b> {
    name: Vec<u8>,
    bytes: &'b [u8],
}

impl Member for Stream<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        // The last four bytes say how long the last member is, in all but its high bits.
        let trailer = self.bytes.last_chunk().map_or(0, |n| u64::from(u32::from_le_bytes(*n)));
        trailer.max(self.bytes.len() as u64)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem =
            self.all(buffer, budget, &mut |packed, out| inflate_more(packed, out, self.size_hint(), budget));
        Contents { bytes: buffer, problem }
    }

    fn flow(&self, passing: &mut Passing<'_>, budget: &Budget) -> Option<Rest> {
        let mut bytes = Vec::new();
        let problem =
            self.all(&mut bytes, budget, &mut |packed, out| inflate_passing(packed, out, budget, passing));
        Some(Rest { bytes, problem })
    }
}

impl Stream<'_> {
    /// Expands all the members of the stream, each with `inflate`; what is wrong with them.
    fn all(
        &self,
        out: &mut Vec<u8>,
        budget: &Budget,
        inflate: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> Inflated,
    ) -> Option<Problem> {
        let mut rest = self.bytes;
        let mut problem = None;
        while let Some(header) = header(rest) {
            let packed = &rest[header.len..];
            match inflate(packed, out) {
                // Behind each stream, its checksum and length.
                Inflated::Whole(len) => rest = packed.get(len + 8..).unwrap_or_default(),
                inflated => {
                    problem = inflated.problem(packed.len());
                    rest = &[];
                }
            }
        }
        // Tape blocks are filled up with zeros; anything else was put there by somebody.
        if rest.iter().any(|&b| b != 0) && budget.take(rest.len() as u64) {
            stream::put_behind(rest, out);
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use flate2::{Compression, GzBuilder};
    use std::io::Write;

    fn gzip(builder: GzBuilder, bytes: &[u8]) -> Vec<u8> {
        let mut out = builder.write(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn read(name: &str, bytes: &[u8]) -> (Vec<u8>, Vec<u8>, bool) {
        let blob = Blob { address: Address::named(name), bytes };
        assert!(Gzip.reads(&blob));
        let opened = Gzip.open(&blob, &Limits::default());
        let mut buffer = Vec::new();
        let budget = Budget::new(&Limits::default(), bytes.len() as u64);
        let contents = opened.members[0].read(&mut buffer, &budget);
        (opened.members[0].name().to_vec(), contents.bytes.to_vec(), contents.problem.is_none())
    }

    #[test]
    fn all_members_names_and_what_is_behind() {
        let mut bytes = gzip(GzBuilder::new().filename("a.txt").extra(vec![1; 5]).comment("c"), b"one ");
        bytes.extend(gzip(GzBuilder::new(), b"two"));
        assert_eq!(read("x.gz", &bytes), (b"a.txt".to_vec(), b"one two".to_vec(), true));
        bytes.extend([0; 512]);
        assert_eq!(read("x.gz", &bytes).1, b"one two");
        bytes.extend(b"tail");
        assert!(read("x.gz", &bytes).1.ends_with(b"tail"));
        assert_eq!(read("d/logs.tgz", &gzip(GzBuilder::new(), b"x")).0, b"logs.tar");
    }

    #[test]
    fn a_few_bytes_of_data_leave_a_text_a_text() {
        let text = gzip(GzBuilder::new(), b"a text and no more");
        let behind = [&text[..], b"\0\0\x05key: x\0\x01"].concat();
        assert_eq!(read("x", &behind).1, b"a text and no more\n\n\n\nkey: x\n\n");
        let data = gzip(GzBuilder::new(), b"data\0\0\0");
        assert!(read("x", &[&data[..], b"\0\x05"].concat()).1.ends_with(b"\0\0\0\0\x05"));
    }

    #[test]
    fn damage_gives_what_came_out() {
        let plain: Vec<u8> = (0..40_000u32).flat_map(|n| (n * 7919).to_le_bytes()).collect();
        let whole = gzip(GzBuilder::new(), &plain);
        let (_, out, is_whole) = read("x", &whole[..whole.len() / 2]);
        assert!(!is_whole && !out.is_empty() && plain.starts_with(&out));
    }
}
