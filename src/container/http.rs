//! Messages of HTTP as they went over the wire (streams of packet captures, records of web archives): bodies in pieces are put
//! together, and what is packed is a member. Whatever else is there is searched as it is.
//!
//! RFC 9112.

use super::piece::Scattered;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::line;
use crate::limits::Limits;
use std::ops::Range;

/// Opens such messages.
pub struct Http;

/// Longest head.
const HEAD: usize = 64 << 10;
const METHODS: [&[u8]; 8] =
    [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"HTTP/1."];

impl Container for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        (starts(data) || data.starts_with(b"WARC/1.") || is_cached(data)) && Bodies::of(data).next().is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        for (n, body) in Bodies::of(blob.bytes).enumerate() {
            if n as u64 >= limits.entries {
                let detail = format!("more than {} bodies", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            opened.members.push(Box::new(body));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// Whether it is a file of the cache of nginx: numbers, the key of the answer, the answer.
fn is_cached(data: &[u8]) -> bool {
    const NUMBERS: usize = 512;
    matches!(data, [3..=5, 0, 0, 0, 0, 0, 0, 0, ..])
        && memchr::memmem::find(&data[..data.len().min(NUMBERS)], b"\nKEY: ").is_some()
}

/// Whether a message begins here.
fn starts(data: &[u8]) -> bool {
    METHODS.iter().any(|method| data.starts_with(method)) && {
        let first = &data[..data.len().min(8 << 10)];
        line(first, 0).is_some_and(|(line, _)| {
            line.starts_with(b"HTTP/1.") || line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
        })
    }
}

/// The bodies that are packed or in pieces.
struct Bodies<'b> {
    data: &'b [u8],
    at: usize,
}

impl<'b> Bodies<'b> {
    fn of(data: &'b [u8]) -> Self {
        Bodies { data, at: 0 }
    }

    /// The body of the message that begins here, if it is one of these; where the next one may begin.
    fn message(&self, at: usize) -> (Option<Scattered<'b>>, usize) {
        let data = self.data;
        let (mut next, mut len, mut coding, mut is_chunked) = (at, None, &b""[..], false);
        while let Some((line, after)) = line(&data[..data.len().min(at + HEAD)], next) {
            next = after;
            if line.is_empty() {
                break;
            }
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                len = std::str::from_utf8(value).ok().and_then(|value| value.parse::<usize>().ok());
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                is_chunked = value.to_ascii_lowercase().ends_with(b"chunked");
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                coding = value;
            }
        }
        let start = next;
        let mut pieces = Vec::new();
        let end = match (is_chunked, len) {
            (true, _) => chunks(data, start, &mut pieces),
            (false, Some(len)) => start.saturating_add(len).min(data.len()),
            (false, None) => data.len(),
        };
        let is_packed = !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity");
        if !is_chunked && is_packed {
            // Without a length a body goes on to the end, or there is none.
            pieces.push(start..end);
            if len.is_none() && starts(&data[start..]) {
                return (None, start);
            }
        } else if len.is_none() && !is_chunked {
            return (None, start);
        }
        // Brotli is known by its name only.
        let ending = if coding.eq_ignore_ascii_case(b"br") { ".br" } else { "" };
        let name = format!("body at {start}{ending}").into_bytes();
        // An empty one would be a hole.
        pieces.retain(|piece| !piece.is_empty());
        let is_there = !pieces.is_empty();
        (is_there.then_some(Scattered { name, data, ranges: pieces, missing: 0 }), end)
    }
}

impl<'b> Iterator for Bodies<'b> {
    type Item = Scattered<'b>;

    fn next(&mut self) -> Option<Scattered<'b>> {
        loop {
            // Other things may stand between messages: packets that are missing, or another way of talking.
            while !starts(self.data.get(self.at..)?) {
                self.at += memchr::memchr(b'\n', &self.data[self.at..])? + 1;
            }
            let (body, end) = self.message(self.at);
            self.at = end.max(self.at + 1);
            if body.is_some() {
                return body;
            }
        }
    }
}

/// The pieces of a body; gives where it ends.
fn chunks(data: &[u8], start: usize, pieces: &mut Vec<Range<usize>>) -> usize {
    let mut at = start;
    while let Some((head, from)) = line(&data[..data.len().min(at + 1024)], at) {
        let digits = head.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        let len = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(len) = len else { return at };
        if len == 0 {
            return from;
        }
        let end = from.saturating_add(len).min(data.len());
        pieces.push(from..end);
        // Behind each piece, the end of a line.
        at = data[end..].iter().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count() + end;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    #[test]
    fn bodies_in_pieces_and_packed() {
        let packed = zlib(b"a text that is packed");
        let mut data = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
        data.extend(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nthis\r\n6;x=y\r\n text.\r\n0\r\n\r\n",
        );
        data.extend(
            format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: {}\r\n\r\n",
                packed.len()
            )
            .bytes(),
        );
        data.extend(&packed);
        data.extend(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\nrest");
        let (members, problems) = read(&Http, &data);
        let bodies: Vec<&[u8]> = members.iter().map(|m| m.1.as_slice()).collect();
        assert_eq!(bodies, [b"this text.", packed.as_slice(), b"rest"]);
        assert!(members[2].0.ends_with(".br") && problems.is_empty());
        // What nginx keeps of an answer.
        let mut cached = vec![5, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0];
        cached.extend(b"\nKEY: http://x/a\nHTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nrest");
        assert_eq!(read(&Http, &cached).0[0].1, b"rest");
        // Many heads without an end are gone through once.
        let heads = b"HTTP/1.1 200 OK\r\n".repeat(50_000);
        assert!(!Http.reads(&Blob { address: crate::address::Address::named("x"), bytes: &heads }));
    }
}
