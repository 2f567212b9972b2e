//! Archives of PHP (phar): a script up to `__HALT_COMPILER();`, a manifest, and the files, each packed for itself or not.
//!
//! PHP's manual, "Phar file format". Those in the forms of tar and ZIP are read as such.

use super::budget::Budget;
use super::inflate::inflate;
use super::piece::{Piece, gaps};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u32_le};
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens such archives.
pub struct Phar;

const STOP: &[u8] = b"__HALT_COMPILER();";
/// Longest script before the manifest.
const STUB: usize = 1 << 20;
const DEFLATED: u32 = 0x1000;
const BZIP2: u32 = 0x2000;

impl Container for Phar {
    fn name(&self) -> &'static str {
        "phar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        manifest(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut used = Vec::new();
        if let Some((mut at, mut file, count)) = manifest(data) {
            let end = at;
            for n in 0..count {
                let Some((name, packed, flags, next)) = entry(data, file).filter(|(.., next)| *next <= end)
                else {
                    let detail = format!("phar: the manifest breaks off; {} files are not named", count - n);
                    opened.problems.push(Problem::new(Reason::Damaged, detail));
                    break;
                };
                if opened.members.len() as u64 >= limits.entries {
                    let detail = format!("more than {} members", limits.entries);
                    opened.problems.push(Problem::new(Reason::Limit, detail));
                    break;
                }
                file = next;
                let range = at.min(data.len())..at.saturating_add(packed).min(data.len());
                let missing = (packed - range.len()) as u64;
                at = at.saturating_add(packed);
                used.push(range.clone());
                let name = name.to_vec();
                opened.members.push(match flags & (DEFLATED | BZIP2) {
                    0 => Box::new(Piece { name, bytes: &data[range], missing }) as Box<dyn Member>,
                    how => Box::new(File { name, data, range, how }),
                });
            }
        }
        opened.gaps = gaps(used, data.len());
        opened
    }
}

/// Where the files begin, where their list does, and how many there are.
fn manifest(data: &[u8]) -> Option<(usize, usize, usize)> {
    (data.starts_with(b"<?php") || data.starts_with(b"#!")).then_some(())?;
    let mut at = memchr::memmem::find(&data[..data.len().min(STUB)], STOP)? + STOP.len();
    for end in [&b" ?>"[..], b"\r\n", b"\n"] {
        if data.get(at..)?.starts_with(end) {
            at += end.len();
        }
    }
    let (len, count) = (size_le(data, at)?, size_le(data, at + 4)?);
    let files = at.checked_add(4)?.checked_add(len).filter(|end| *end <= data.len())?;
    // Behind the count: version, flags, another name, and what else is said of the whole.
    let name = at + 14;
    let more = (name + 4).checked_add(size_le(data, name)?)?;
    let list = (more + 4).checked_add(size_le(data, more)?)?;
    (count > 0 && list <= files).then_some((files, list, count))
}

/// Name, packed size, flags, and where the next one is.
fn entry(data: &[u8], at: usize) -> Option<(&[u8], usize, u32, usize)> {
    let len = size_le(data, at)?;
    let name = slice(data, at + 4, len)?;
    let at = at + 4 + len;
    let more = size_le(data, at + 20)?;
    Some((name, size_le(data, at + 8)?, u32_le(data, at + 16)?, (at + 24).checked_add(more)?))
}

/// A packed file.
struct File<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    range: Range<usize>,
    how: u32,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        (self.range.len() as u64).saturating_mul(3)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let input = &self.data[self.range.clone()];
        buffer.clear();
        let went = match self.how {
            BZIP2 => Packing::Bzip2.expand(input, buffer, budget),
            _ => Ok(inflate(input, buffer, 0, budget)),
        };
        let problem = match went {
            Ok(went) => went.problem(input.len()),
            Err(problem) => Some(problem),
        };
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    #[test]
    fn files_packed_and_stored() {
        let text = b"<?php $key = 'a value that is packed, a value';";
        let packed = zlib(text);
        let packed = &packed[2..packed.len() - 4];
        let number = |n: usize| (n as u32).to_le_bytes();
        let file = |name: &[u8], size: usize, flags: u32| {
            [
                &number(name.len())[..],
                name,
                &number(99),
                &[0; 4],
                &number(size),
                &[0; 4],
                &flags.to_le_bytes(),
                &[0; 4],
            ]
            .concat()
        };
        let list = [file(b"a.php", packed.len(), DEFLATED | 0o644), file(b"b.php", text.len(), 0)].concat();
        let head = [&number(2)[..], &[0x11, 0], &[0; 4], &[0; 8]].concat();
        let mut data = b"<?php include 'a.php'; __HALT_COMPILER(); ?>\r\n".to_vec();
        data.extend([&number(head.len() + list.len())[..], &head, &list, packed, text].concat());
        let (members, problems) = read(&Phar, &data);
        assert!(members.iter().all(|m| m.1 == text && m.2.is_none()) && problems.is_empty());
        assert_eq!(members.iter().map(|m| m.0.as_str()).collect::<Vec<_>>(), ["a.php", "b.php"]);
        let (members, _) = read(&Phar, &data[..data.len() - 5]);
        assert_eq!(members[1].2, Some(Reason::Damaged));
    }
}
