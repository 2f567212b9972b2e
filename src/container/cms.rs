//! Signed messages (CMS, RFC 5652, section 5): what was signed. Provisioning profiles are property
//! lists in such an envelope.
//!
//! The content is an octet string, whole (DER) or in pieces of definite or indefinite length (BER).

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens signed messages.
pub struct Cms;

/// `1.2.840.113549.1.7.2`, signedData, and how the first bytes of all types there begin.
const SIGNED: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// Pieces of a content.
const MAX_PIECES: usize = 1 << 20;
/// Strings within strings.
const MAX_DEPTH: usize = 8;

/// A value: its tag, where its contents are; of indefinite length, those end where the outer ends.
struct Tlv {
    tag: u8,
    body: Range<usize>,
    indefinite: bool,
}

fn tlv(data: &[u8], at: usize, end: usize) -> Option<Tlv> {
    let (tag, first) = (*data.get(at)?, *data.get(at + 1)?);
    let (len, start) = match first {
        0x80 => return Some(Tlv { tag, body: at + 2..end, indefinite: true }),
        0..=0x7f => (usize::from(first), at + 2),
        _ => {
            let n = usize::from(first & 0x7f);
            let bytes = data.get(at + 2..at + 2 + n).filter(|_| n <= 4)?;
            (bytes.iter().fold(0, |len, &b| len << 8 | usize::from(b)), at + 2 + n)
        }
    };
    Some(Tlv { tag, body: start..start.checked_add(len)?.min(end), indefinite: false })
}

/// The pieces of what is signed; `None` where that is elsewhere (a detached signature).
fn content(data: &[u8]) -> Option<Vec<Range<usize>>> {
    let outer = tlv(data, 0, data.len()).filter(|t| t.tag == 0x30)?;
    let at = outer.body.start;
    if data.get(at..at + SIGNED.len())? != SIGNED {
        return None;
    }
    let explicit = tlv(data, at + SIGNED.len(), outer.body.end).filter(|t| t.tag == 0xa0)?;
    let signed = tlv(data, explicit.body.start, explicit.body.end).filter(|t| t.tag == 0x30)?;
    let version = tlv(data, signed.body.start, signed.body.end).filter(|t| t.tag == 2)?;
    let digests = tlv(data, version.body.end, signed.body.end).filter(|t| t.tag == 0x31 && !t.indefinite)?;
    let inner = tlv(data, digests.body.end, signed.body.end).filter(|t| t.tag == 0x30)?;
    let kind = tlv(data, inner.body.start, inner.body.end).filter(|t| t.tag == 6)?;
    let explicit = tlv(data, kind.body.end, inner.body.end).filter(|t| t.tag == 0xa0)?;
    let mut pieces = Vec::new();
    octets(data, explicit.body.start, explicit.body.end, MAX_DEPTH, &mut pieces);
    pieces.retain(|p| !p.is_empty());
    (!pieces.is_empty()).then_some(pieces)
}

/// Takes in one octet string; returns where it ends.
fn octets(data: &[u8], at: usize, end: usize, depth: usize, pieces: &mut Vec<Range<usize>>) -> Option<usize> {
    let string = tlv(data, at, end)?;
    match string.tag {
        4 => {
            pieces.push(string.body.clone());
            Some(string.body.end)
        }
        0x24 if depth > 0 => {
            let mut at = string.body.start;
            while at < string.body.end && pieces.len() < MAX_PIECES {
                if string.indefinite && data.get(at..at + 2) == Some(&[0, 0]) {
                    return Some(at + 2);
                }
                at = octets(data, at, string.body.end, depth - 1, pieces)?;
            }
            Some(at)
        }
        _ => None,
    }
}

impl Container for Cms {
    fn name(&self) -> &'static str {
        "cms"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let head = &blob.bytes[..blob.bytes.len().min(32)];
        head.first() == Some(&0x30)
            && memchr::memmem::find(head, SIGNED).is_some()
            && content(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let Some(pieces) = content(blob.bytes) else { return Opened::default() };
        let mut gaps = Vec::new();
        let mut from = 0;
        for piece in &pieces {
            // The few bytes between pieces say how long the next one is.
            if from < piece.start && (from == 0 || piece.start - from > 16) {
                gaps.push(from..piece.start);
            }
            from = from.max(piece.end);
        }
        if from < blob.bytes.len() {
            gaps.push(from..blob.bytes.len());
        }
        let member = Content { data: blob.bytes, pieces };
        Opened { members: vec![Box::new(member)], gaps, problems: Vec::new(), ..Opened::default() }
    }
}

struct Content<'b> {
    data: &'b [u8],
    pieces: Vec<Range<usize>>,
}

impl Member for Content<'_> {
    fn name(&self) -> &[u8] {
        b"content"
    }

    fn size_hint(&self) -> u64 {
        self.pieces.iter().map(|p| p.len() as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        if let [one] = &self.pieces[..] {
            return Contents { bytes: &self.data[one.clone()], problem: None };
        }
        buffer.clear();
        if !budget.take(self.size_hint()) {
            let problem = Problem::new(Reason::Limit, "the budget of the artifact is spent");
            return Contents { bytes: &[], problem: Some(problem.of_bytes(self.size_hint())) };
        }
        self.pieces.iter().for_each(|p| buffer.extend_from_slice(&self.data[p.clone()]));
        Contents { bytes: buffer, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn der(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![tag, 0x82, (body.len() >> 8) as u8, body.len() as u8];
        out.extend(body);
        out
    }

    fn signed(string: &[u8]) -> Vec<u8> {
        let kind = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
        let inner = der(0x30, &[&kind[..], &der(0xa0, string)].concat());
        let data = der(0x30, &[&[2, 1, 1, 0x31, 0][..], &inner, &[0x31, 0]].concat());
        der(0x30, &[SIGNED, &der(0xa0, &data)].concat())
    }

    #[test]
    fn whole_and_in_pieces() {
        let pieces =
            [&[0x24, 0x80, 4, 3][..], b"abc", &[0x24, 4, 4, 2], b"de", &[4, 1], b"f", &[0, 0]].concat();
        for string in [der(4, b"abcdef"), pieces] {
            let data = signed(&string);
            let blob = Blob { address: Address::named("x"), bytes: &data };
            assert!(Cms.reads(&blob));
            let opened = Cms.open(&blob, &Limits::default());
            let (mut buffer, budget) = (Vec::new(), Budget::new(&Limits::default(), 100));
            assert_eq!(opened.members[0].read(&mut buffer, &budget).bytes, b"abcdef");
        }
        let detached = signed(&[]);
        assert!(!Cms.reads(&Blob { address: Address::named("x"), bytes: &detached }));
    }
}
