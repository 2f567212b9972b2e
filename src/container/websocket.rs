//! WebSockets as they went over the wire (streams of packet captures): what a browser sends stands under a mask, and either side may
//! pack its messages.
//!
//! RFC 6455; RFC 7692 (`permessage-deflate`).

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET, inflate};
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::line;
use crate::limits::Limits;
use std::ops::Range;

/// Opens what follows a handshake.
pub struct WebSocket;

/// Longest head of the handshake.
const HEAD: usize = 64 << 10;
/// Behind each packed message: it was taken away when it was sent.
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];

impl Container for WebSocket {
    fn name(&self) -> &'static str {
        "websocket"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        frames(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        if let Some(start) = frames(blob.bytes) {
            for is_packed in [false, true] {
                let stream = Messages { data: blob.bytes, start, is_packed };
                if stream.pieces().next().is_some() {
                    opened.members.push(Box::new(stream));
                }
            }
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// Where the frames begin behind a handshake.
fn frames(data: &[u8]) -> Option<usize> {
    (data.starts_with(b"GET ") || data.starts_with(b"HTTP/1.1 101")).then_some(())?;
    let (mut next, mut is_upgrade) = (0, false);
    let head = &data[..data.len().min(HEAD)];
    while let Some((line, after)) = line(head, next) {
        next = after;
        if line.is_empty() {
            return (is_upgrade && after < data.len()).then_some(after);
        }
        is_upgrade |= line
            .to_ascii_lowercase()
            .split(|b| *b == b':')
            .map(<[u8]>::trim_ascii)
            .eq([&b"upgrade"[..], b"websocket"]);
    }
    None
}

/// A part of a message.
struct Frame {
    payload: Range<usize>,
    mask: Option<[u8; 4]>,
    /// Of the first of a message: whether it is packed.
    is_packed: bool,
    kind: u8,
}

fn frame(data: &[u8], at: usize) -> Option<Frame> {
    let [first, second, ..] = *data.get(at..)? else { return None };
    let big_endian = |from: usize, to: usize| {
        Some(data.get(at + from..at + to)?.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)))
    };
    let (len, mut start) = match second & 0x7f {
        126 => (big_endian(2, 4)?, at + 4),
        127 => (big_endian(2, 10)?, at + 10),
        len => (u64::from(len), at + 2),
    };
    let mask = if second & 0x80 != 0 {
        start += 4;
        Some(*data.get(start - 4..)?.first_chunk()?)
    } else {
        None
    };
    let is_sound = first & 0x30 == 0 && matches!(first & 15, 0..=2 | 8..=10) && start < data.len();
    let end = start.saturating_add(usize::try_from(len).ok()?).min(data.len());
    is_sound.then_some(Frame { payload: start..end, mask, is_packed: first & 0x40 != 0, kind: first & 15 })
}

/// The messages that are packed, or those that are not.
struct Messages<'b> {
    data: &'b [u8],
    start: usize,
    is_packed: bool,
}

impl Messages<'_> {
    /// Their parts, and whether each is the first of a message.
    fn pieces(&self) -> impl Iterator<Item = (Frame, bool)> {
        let (mut at, mut is_packed) = (self.start, false);
        std::iter::from_fn(move || {
            loop {
                let frame = frame(self.data, at)?;
                at = frame.payload.end;
                let is_first = frame.kind != 0;
                if frame.kind >= 8 {
                    continue;
                }
                if is_first {
                    is_packed = frame.is_packed;
                }
                if is_packed == self.is_packed {
                    return Some((frame, is_first));
                }
            }
        })
    }
}

impl Member for Messages<'_> {
    fn name(&self) -> &[u8] {
        if self.is_packed { b"packed messages" } else { b"messages" }
    }

    fn size_hint(&self) -> u64 {
        (self.data.len() - self.start) as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        if !budget.take(self.size_hint()) {
            return Contents { bytes: &[], problem: Some(Problem::new(Reason::Limit, OVER_BUDGET)) };
        }
        let mut sent = Vec::new();
        let between: &[u8] = if self.is_packed { &FLUSHED } else { b"\n" };
        for (frame, is_first) in self.pieces() {
            if is_first && !sent.is_empty() {
                sent.extend_from_slice(between);
            }
            let payload = self.data[frame.payload].iter();
            match frame.mask {
                Some(mask) => sent.extend(payload.enumerate().map(|(n, b)| b ^ mask[n % 4])),
                None => sent.extend(payload),
            }
        }
        if !self.is_packed {
            *buffer = sent;
            return Contents { bytes: buffer, problem: None };
        }
        sent.extend(FLUSHED);
        // All messages are one stream, which nobody ends.
        let problem = match inflate(&sent, buffer, sent.len() as u64 * 4, budget) {
            Inflated::Truncated => None,
            inflated => inflated.problem(sent.len()),
        };
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    const ASKED: &[u8] =
        b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n";

    fn sent(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x12, 0x34, 0x56, 0x78];
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..126 => frame.push(0x80 | len as u8),
            len => frame.extend([0x80 | 126, (len >> 8) as u8, len as u8]),
        }
        frame.extend(mask);
        frame.extend(payload.iter().enumerate().map(|(n, b)| b ^ mask[n % 4]));
        frame
    }

    #[test]
    fn messages_under_a_mask_and_packed() {
        let long = "a long message ".repeat(20);
        let mut data = ASKED.to_vec();
        // One in two parts, a question whether somebody is there between them.
        data.extend([sent(0x01, b"one "), sent(0x89, b"ping"), sent(0x80, b"message")].concat());
        data.extend(sent(0x81, long.as_bytes()));
        let (members, problems) = read(&WebSocket, &data);
        assert_eq!(members.len(), 1);
        assert_eq!(String::from_utf8_lossy(&members[0].1), format!("one message\n{long}"));
        assert!(problems.is_empty() && members[0].2.is_none());
        let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
        let mut data = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n".to_vec();
        for text in [&long, &long] {
            let mut packed = Vec::with_capacity(1000);
            packer.compress_vec(text.as_bytes(), &mut packed, flate2::FlushCompress::Sync).unwrap();
            let packed = packed.strip_suffix(&FLUSHED).unwrap();
            data.extend([0xc1, packed.len() as u8]);
            data.extend(packed);
        }
        let (members, _) = read(&WebSocket, &data);
        assert_eq!((members[0].0.as_str(), &members[0].2), ("packed messages", &None));
        assert_eq!(String::from_utf8_lossy(&members[0].1), long.repeat(2));
        // Cut anywhere.
        for end in 0..data.len() {
            if frames(&data[..end]).is_some() {
                read(&WebSocket, &data[..end]);
            }
        }
    }
}
