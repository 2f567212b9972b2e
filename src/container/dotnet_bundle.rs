//! Programs of .NET in a single file: assemblies and configuration behind the host
//! (dotnet/designs, `accepted/2020/single-file/bundler.md`; `Microsoft.NET.HostModel/Bundle`).

use super::budget::Budget;
use super::inflate::inflate;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_le, u64_le, uleb};
use crate::limits::Limits;
use crate::look::{Look, Signature};
use std::ops::Range;

/// SHA-256 of `.net core bundle`; the offset of the manifest stands before it.
const SIGNATURE: &[u8; 32] =
    b"\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae";

/// Opens such programs.
pub struct DotnetBundle;

impl Container for DotnetBundle {
    fn name(&self) -> &'static str {
        "dotnet-bundle"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        manifest(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::DotnetBundle)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let mut files = Vec::new();
        if let Some(at) = manifest(blob.bytes)
            && list(blob.bytes, at, limits, &mut files).is_none()
        {
            let what = "the manifest of the bundle is cut off";
            opened.problems.push(Problem::new(Reason::Damaged, what).of_bytes(0));
        }
        let mut taken: Vec<Range<usize>> = files.iter().map(|f| f.range.clone()).collect();
        taken.sort_by_key(|r| r.start);
        opened.gaps = super::piece::gaps(taken, blob.bytes.len());
        opened.members = files.into_iter().map(|f| Box::new(f) as Box<dyn Member>).collect();
        opened
    }
}

fn manifest(data: &[u8]) -> Option<usize> {
    let is_program = data.starts_with(b"MZ")
        || data.starts_with(b"\x7fELF")
        || matches!(data.get(..4), Some(b"\xcf\xfa\xed\xfe" | b"\xca\xfe\xba\xbe"));
    if !is_program {
        return None;
    }
    let at = memchr::memmem::find(data, SIGNATURE)?;
    let offset = usize::try_from(u64_le(data, at.checked_sub(8)?)?).ok()?;
    let major = u32_le(data, offset)?;
    (offset > 0 && (1..=64).contains(&major)).then_some(offset)
}

fn list<'b>(data: &'b [u8], at: usize, limits: &Limits, files: &mut Vec<File<'b>>) -> Option<()> {
    let major = u32_le(data, at)?;
    let count = u64::from(u32_le(data, at + 8)?).min(limits.entries);
    let mut at = at + 12;
    let text = |at: &mut usize| {
        let length = usize::try_from(uleb(data, at)?).ok()?;
        let text = slice(data, *at, length)?;
        *at += length;
        Some(text)
    };
    text(&mut at)?;
    if major >= 2 {
        at += 40;
    }
    let mut last = 0;
    for _ in 0..count {
        let number = |at: usize| usize::try_from(u64_le(data, at)?).ok();
        let (offset, size) = (number(at)?, number(at + 8)?);
        at += 16;
        let mut packed = 0;
        if major >= 6 {
            packed = number(at)?;
            at += 8;
        }
        at += 1;
        let name = text(&mut at)?;
        let start = offset.min(data.len());
        let length = if packed > 0 { packed } else { size };
        let range = start..start.saturating_add(length).min(data.len());
        // Files follow one another: what goes back is hostile.
        if range.is_empty() || range.start < last {
            continue;
        }
        last = range.end;
        files.push(File { name, data, range, size: size as u64, packed: packed > 0 });
    }
    Some(())
}

struct File<'b> {
    name: &'b [u8],
    data: &'b [u8],
    range: Range<usize>,
    size: u64,
    packed: bool,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        self.name
    }

    fn size_hint(&self) -> u64 {
        self.size
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let bytes = self.data.get(self.range.clone()).unwrap_or_default();
        if !self.packed {
            let missing = self.size.saturating_sub(bytes.len() as u64);
            let problem = (missing > 0).then(|| {
                Problem::new(Reason::Damaged, "the bundle ends before the file does").of_bytes(missing)
            });
            return Contents { bytes, problem };
        }
        let problem = inflate(bytes, buffer, self.size, budget).problem(bytes.len());
        Contents { bytes: buffer, problem }
    }
}
