//! HTTP/2 as it went over the wire (streams of packet captures): heads are unpacked, and the data of each request put together.
//!
//! RFC 9113.

mod hpack;

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::piece::Scattered;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use hpack::Table;
use std::collections::BTreeMap;
use std::ops::Range;

/// Opens one direction of such a connection.
pub struct Http2;

/// Bytes that come out for each that goes in, at most; and how many may in any case.
const MOST: u64 = 64;
const LEAST: u64 = 1 << 20;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PUSH: u8 = 5;
const CONTINUATION: u8 = 9;
const END_OF_HEAD: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

impl Container for Http2 {
    fn name(&self) -> &'static str {
        "http2"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        start(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some(start) = start(blob.bytes) else { return opened };
        opened.members.push(Box::new(Heads { data: blob.bytes, start }));
        let mut bodies: BTreeMap<u32, Vec<Range<usize>>> = BTreeMap::new();
        for frame in (Frames { data: blob.bytes, at: start }).filter(|frame| frame.kind == DATA) {
            let range = frame.content(blob.bytes);
            if !range.is_empty() && (bodies.len() as u64) < limits.entries {
                bodies.entry(frame.stream).or_default().push(range);
            }
        }
        for (stream, ranges) in bodies {
            let name = format!("body of stream {stream}").into_bytes();
            opened.members.push(Box::new(Scattered { name, data: blob.bytes, ranges, missing: 0 }));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// Where the first frame stands: behind the preface of a client, or at the beginning, where a server's settings are.
fn start(data: &[u8]) -> Option<usize> {
    if data.starts_with(PREFACE) {
        return Some(PREFACE.len());
    }
    let is_settings = matches!(data, [0, 0, len @ 0..=60, SETTINGS, 0, 0, 0, 0, 0, ..] if len % 6 == 0);
    let second = || Frames { data, at: 0 }.nth(1);
    (is_settings && second().is_some_and(|frame| matches!(frame.kind, HEADERS | SETTINGS..=8))).then_some(0)
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Range<usize>,
}

impl Frame {
    /// What it carries, without what fills it up and says how important it is.
    fn content(&self, data: &[u8]) -> Range<usize> {
        let Range { mut start, mut end } = self.payload.clone();
        if matches!(self.kind, DATA | HEADERS | PUSH) && self.flags & PADDED != 0 {
            end -= data.get(start).map_or(0, |n| usize::from(*n)).min(end - start);
            start += 1;
        }
        start += match self.kind {
            HEADERS if self.flags & PRIORITY != 0 => 5,
            PUSH => 4,
            _ => 0,
        };
        start.min(end)..end
    }
}

/// The frames, one behind the other, as far as they make sense.
struct Frames<'b> {
    data: &'b [u8],
    at: usize,
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let head = self.data.get(self.at..)?.first_chunk::<FRAME>()?;
        let [a, b, c, kind, flags, stream @ ..] = *head;
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        let start = self.at + FRAME;
        let end = (start + len).min(self.data.len());
        self.at = end;
        let stream = u32::from_be_bytes(stream) & 0x7fff_ffff;
        // No kind is larger.
        (kind <= 0x10).then_some(Frame { kind, flags, stream, payload: start..end })
    }
}

/// All heads, a line a field.
struct Heads<'b> {
    data: &'b [u8],
    start: usize,
}

impl Member for Heads<'_> {
    fn name(&self) -> &[u8] {
        b"heads"
    }

    fn size_hint(&self) -> u64 {
        (self.data.len() - self.start) as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let (mut table, mut block) = (Table::default(), Vec::new());
        // A field of the table may be named again and again by one byte.
        let most = MOST.saturating_mul(self.size_hint()).min(budget.limits.entry_bytes).max(LEAST);
        let mut taken = 0;
        for frame in (Frames { data: self.data, at: self.start }) {
            if !matches!(frame.kind, HEADERS | PUSH | CONTINUATION) {
                continue;
            }
            block.extend_from_slice(&self.data[frame.content(self.data)]);
            if frame.flags & END_OF_HEAD == 0 {
                continue;
            }
            let whole = table.fields(&block, &mut |name, value| {
                buffer.extend_from_slice(&[name, b": ", value, b"\n"].concat());
                (buffer.len() as u64) < most
            });
            block.clear();
            buffer.push(b'\n');
            if buffer.len() as u64 > most || !budget.take((buffer.len() - taken) as u64) {
                return Contents { bytes: buffer, problem: Some(Problem::new(Reason::Limit, OVER_BUDGET)) };
            }
            taken = buffer.len();
            if whole.is_none() {
                let detail = "a head of HTTP/2 is broken; those behind it cannot be unpacked";
                return Contents { bytes: buffer, problem: Some(Problem::new(Reason::Damaged, detail)) };
            }
        }
        Contents { bytes: buffer, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0, 0, payload.len() as u8, kind, flags, 0, 0, 0, 1];
        frame.extend(payload);
        frame
    }

    #[test]
    fn heads_and_bodies() {
        let head = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let mut data = PREFACE.to_vec();
        data.extend([0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]);
        // Filled up, with a weight, and in two parts.
        data.extend(frame(HEADERS, PADDED | PRIORITY, &[&[2, 0, 0, 0, 0, 9], &head[..5], &[0, 0]].concat()));
        data.extend(frame(CONTINUATION, END_OF_HEAD, &head[5..]));
        data.extend([frame(DATA, 0, b"one "), frame(DATA, 1, b"body")].concat());
        let (members, problems) = read(&Http2, &data);
        let heads = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n\n";
        assert_eq!(String::from_utf8_lossy(&members[0].1), heads);
        assert_eq!((members[1].0.as_str(), members[1].1.as_slice()), ("body of stream 1", &b"one body"[..]));
        assert!(problems.is_empty() && members[0].2.is_none());
        for end in 0..data.len() {
            let blob = Blob { address: crate::address::Address::named("x"), bytes: &data[..end] };
            if Http2.reads(&blob) {
                read(&Http2, &data[..end]);
            }
        }
        let mut server = vec![0, 0, 0, SETTINGS, 0, 0, 0, 0, 0];
        server.extend(frame(HEADERS, END_OF_HEAD, b"\x88"));
        assert_eq!(read(&Http2, &server).0[0].1, b":status: 200\n\n");
        // One field named a million times.
        let mut many =
            [PREFACE, &frame(HEADERS, END_OF_HEAD, &[&[0x40, 1, b'a', 100][..], &[b'x'; 100]].concat())]
                .concat();
        many.extend([0, 0x80, 0, HEADERS, END_OF_HEAD, 0, 0, 0, 3]);
        many.extend([0xbe; 0x8000]);
        let (members, _) = read(&Http2, &many);
        assert!(members[0].1.len() < 4 << 20 && members[0].2 == Some(Reason::Limit));
        let broken = [PREFACE, &frame(HEADERS, END_OF_HEAD, b"\x82\xff\xff\xff\xff\xff\xff")].concat();
        assert_eq!(read(&Http2, &broken).0[0].2, Some(Reason::Damaged));
    }
}
