//! VDEX: the DEX files of an app as `dex2oat` keeps them beside its machine code.
//!
//! The headers of versions 006 to 027 differ (`art/runtime/vdex_file.h`), and what is before each
//! DEX file does too; but all align DEX files to four bytes, and a DEX file says how long it is.
//! So files are looked for by their magic, and no header is believed.

use super::piece::Piece;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use std::ops::Range;

/// Reads VDEX files.
pub struct Vdex;

/// Header of a DEX file.
const DEX_HEADER: usize = 0x70;

impl Container for Vdex {
    fn name(&self) -> &'static str {
        "vdex"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        matches!(blob.bytes, [b'v', b'd', b'e', b'x', b'0', b'0'..=b'9', b'0'..=b'9', 0, ..])
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let (mut at, mut end) = (8, 0);
        while let Some(rest) = blob.bytes.get(at..)
            && let Some(skip) = next(rest)
        {
            let start = at + skip;
            if opened.members.len() as u64 >= limits.entries {
                opened.problems.push(Problem::new(Reason::Limit, "more DEX files than entries are allowed"));
                break;
            }
            let file = blob.bytes.get(start..).unwrap_or_default();
            let size = file
                .get(0x20..)
                .and_then(|size| size.first_chunk())
                .map_or(0, |size| u32::from_le_bytes(*size));
            if file.starts_with(b"cdex") {
                let what = format!("compact DEX at offset {start} is not understood, its bytes are searched");
                opened.problems.push(Problem::new(Reason::Unsupported, what).of_bytes(size.into()));
                at = start + 4;
                continue;
            }
            let len = usize::try_from(size).unwrap_or(usize::MAX).min(file.len());
            if len < DEX_HEADER {
                at = start + 4;
                continue;
            }
            push_gap(&mut opened.gaps, end..start);
            end = start + len;
            let bytes = file.get(..len).unwrap_or(file);
            let n = opened.members.len() + 1;
            let name = if n == 1 { "classes.dex".to_owned() } else { format!("classes{n}.dex") };
            opened.members.push(Box::new(Piece { name: name.into_bytes(), bytes, missing: 0 }));
            at = end.next_multiple_of(4);
        }
        push_gap(&mut opened.gaps, end..blob.bytes.len());
        opened
    }
}

fn push_gap(gaps: &mut Vec<Range<usize>>, gap: Range<usize>) {
    if !gap.is_empty() {
        gaps.push(gap);
    }
}

/// Where the next DEX file begins, at a multiple of four bytes.
fn next(bytes: &[u8]) -> Option<usize> {
    let is_start = |word: &[u8; 8]| {
        matches!(
            word,
            [b'd', b'e', b'x', b'\n', b'0', b'0'..=b'9', b'0'..=b'9', 0]
                | [b'c', b'd', b'e', b'x', b'0', b'0'..=b'9', b'0'..=b'9', 0]
        )
    };
    memchr::memmem::find_iter(bytes, b"dex")
        .map(|at| if at > 0 && bytes.get(at - 1) == Some(&b'c') { at - 1 } else { at })
        .find(|&at| {
            at.is_multiple_of(4) && bytes.get(at..).and_then(|b| b.first_chunk()).is_some_and(is_start)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn dex(magic: &[u8; 8], len: usize) -> Vec<u8> {
        let mut file = vec![0; len];
        file[..8].copy_from_slice(magic);
        file[0x20..0x24].copy_from_slice(&(len as u32).to_le_bytes());
        file
    }

    #[test]
    fn every_dex_file_is_a_member() {
        let mut bytes = b"vdex027\0headerXX".to_vec();
        bytes.extend(dex(b"dex\n035\0", 0x71));
        bytes.extend([0; 3]);
        bytes.extend(dex(b"dex\n039\0", 0x80));
        bytes.extend(b"deps");
        let blob = Blob { address: Address::named("base.vdex"), bytes: &bytes };
        assert!(Vdex.reads(&blob));
        let opened = Vdex.open(&blob, &Limits::default());
        let sizes: Vec<_> = opened.members.iter().map(|m| (m.name().to_vec(), m.size_hint())).collect();
        assert_eq!(sizes, [(b"classes.dex".to_vec(), 0x71), (b"classes2.dex".to_vec(), 0x80)]);
        assert_eq!(opened.gaps, [0..16, 0x81..0x84, 0x104..0x108]);
        assert!(opened.problems.is_empty());
    }

    #[test]
    fn compact_files_are_said_to_be_unsupported() {
        let bytes = [b"vdex021\0".to_vec(), dex(b"cdex001\0", 0x100)].concat();
        let blob = Blob { address: Address::named("base.vdex"), bytes: &bytes };
        let opened = Vdex.open(&blob, &Limits::default());
        assert_eq!((opened.members.len(), opened.problems.len()), (0, 1));
        assert_eq!(opened.problems[0].reason, Reason::Unsupported);
        assert_eq!(opened.gaps.as_slice(), std::slice::from_ref(&(0..bytes.len())));
    }
}
