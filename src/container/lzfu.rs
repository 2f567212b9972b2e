//! Text of mail as Outlook keeps it (`PidTagRtfCompressed`): RTF under an LZ77 that begins with a window of usual words.
//!
//! [MS-OXRTFCP].

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice};
use crate::limits::Limits;

/// Opens such texts.
pub struct Lzfu;

const HEAD: usize = 16;
const WINDOW: usize = 4096;
/// What stands in the window before the first byte.
const USUAL: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor \
MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

impl Container for Lzfu {
    fn name(&self) -> &'static str {
        "lzfu"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // Stored texts (`MELA`) are seen as they are.
        slice(blob.bytes, 8, 4) == Some(b"LZFu") && size_le(blob.bytes, 4).is_some_and(|size| size > 0)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let size = size_le(blob.bytes, 4).unwrap_or(0);
        // The length counts from behind itself.
        let end = size_le(blob.bytes, 0)
            .map_or(blob.bytes.len(), |len| len.saturating_add(4))
            .min(blob.bytes.len());
        let packed = blob.bytes.get(HEAD..end).unwrap_or_default();
        let mut opened = Opened::default();
        opened.members.push(Box::new(Packed { packed, size }));
        opened
            .gaps
            .extend([0..HEAD.min(blob.bytes.len()), end.max(HEAD.min(blob.bytes.len()))..blob.bytes.len()]);
        opened
    }
}

struct Packed<'b> {
    packed: &'b [u8],
    size: usize,
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        b"text.rtf"
    }

    fn size_hint(&self) -> u64 {
        (self.packed.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        // A copy takes two bytes and an eighth, and makes 17: no more can come out.
        let most = self.size.min(self.packed.len().saturating_mul(8));
        if most as u64 > budget.limits.entry_bytes || !budget.take(most as u64) {
            return Contents { bytes: buffer, problem: Some(Problem::new(Reason::Limit, OVER_BUDGET)) };
        }
        expand(self.packed, most, buffer);
        let missing = self.size - buffer.len();
        let problem = (missing > 0).then(|| {
            Problem::new(Reason::Damaged, "the packed text ends too early").of_bytes(missing as u64)
        });
        Contents { bytes: buffer, problem }
    }
}

fn expand(packed: &[u8], size: usize, out: &mut Vec<u8>) {
    let mut window = [b' '; WINDOW];
    window[..USUAL.len()].copy_from_slice(USUAL);
    let mut write = USUAL.len();
    let mut input = packed.iter().copied();
    let mut push = |byte: u8, window: &mut [u8; WINDOW], out: &mut Vec<u8>| {
        window[write % WINDOW] = byte;
        write += 1;
        out.push(byte);
        write % WINDOW
    };
    let mut place = USUAL.len();
    while let Some(kinds) = input.next() {
        for bit in 0..8 {
            if out.len() >= size {
                return;
            }
            let Some(first) = input.next() else { return };
            if kinds >> bit & 1 == 0 {
                place = push(first, &mut window, out);
                continue;
            }
            let Some(second) = input.next() else { return };
            let from = usize::from(first) << 4 | usize::from(second >> 4);
            // A copy of what comes next is the end.
            if from == place {
                return;
            }
            for n in 0..usize::from(second & 15) + 2 {
                if out.len() < size {
                    let byte = window[(from + n) % WINDOW];
                    place = push(byte, &mut window, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::read;

    #[test]
    fn the_examples_of_the_specification() {
        let simple = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        let (members, problems) = read(&Lzfu, simple);
        let text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        assert_eq!((members[0].1.as_slice(), members[0].2, problems.len()), (&text[..], None, 0));
        let again = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4KQA\0\x04 WXYZ\x0dn}\x01\x0e\xb0";
        let (members, _) = read(&Lzfu, again);
        assert_eq!(members[0].1, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        let (members, _) = read(&Lzfu, &simple[..30]);
        assert_eq!(members[0].2, Some(Reason::Damaged));
    }
}
