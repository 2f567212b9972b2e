//! Data of Unity's builds for browsers (`Build/*.data`, `*.data.unityweb`): the files of a game end to
//! end. Often inside gzip, which is opened by itself; Brotli is not.
//!
//! There is no specification; the layout is as Unity's loader script reads it.

use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice};
use crate::limits::Limits;
use std::ops::Range;

/// Opens such files.
pub struct UnityWeb;

const MAGIC: &[u8] = b"UnityWebData1.0\0";

impl Container for UnityWeb {
    fn name(&self) -> &'static str {
        "unity-web"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut files = Vec::new();
        let end = size_le(data, MAGIC.len()).filter(|&end| end <= data.len());
        let whole = end.and_then(|end| list(data, end, limits, &mut files));
        if whole.is_none() {
            let what = "the table of the web build is cut off";
            opened.problems.push(Problem::new(Reason::Damaged, what).of_bytes(0));
        }
        let mut at = 0;
        for file in &files {
            if file.range.start > at {
                opened.gaps.push(at..file.range.start);
            }
            at = at.max(file.range.end);
        }
        if at < data.len() {
            opened.gaps.push(at..data.len());
        }
        opened.members = files.into_iter().map(|f| Box::new(f) as Box<dyn Member>).collect();
        opened
    }
}

/// Offset, size and name of each file, up to the end of the header.
fn list<'b>(data: &'b [u8], end: usize, limits: &Limits, files: &mut Vec<File<'b>>) -> Option<()> {
    let mut at = MAGIC.len() + 4;
    let mut last = end;
    while at < end && (files.len() as u64) < limits.entries {
        let (start, size) = (size_le(data, at)?, size_le(data, at + 4)?);
        let name = slice(data, at + 12, size_le(data, at + 8)?)?;
        at += 12 + name.len();
        let start = start.min(data.len());
        let range = start..start.saturating_add(size).min(data.len());
        let missing = size.saturating_sub(range.len());
        // Files follow one another: what goes back is hostile.
        if range.start >= last && !range.is_empty() {
            last = range.end;
            files.push(File { name, data, range, missing });
        }
    }
    Some(())
}

struct File<'b> {
    name: &'b [u8],
    data: &'b [u8],
    range: Range<usize>,
    missing: usize,
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        self.name
    }

    fn size_hint(&self) -> u64 {
        self.range.len() as u64
    }

    fn read<'s>(&'s self, _buffer: &'s mut Vec<u8>, _budget: &Budget) -> Contents<'s> {
        let bytes = self.data.get(self.range.clone()).unwrap_or_default();
        let problem = (self.missing > 0).then(|| {
            Problem::new(Reason::Damaged, "the web build ends before the file does")
                .of_bytes(self.missing as u64)
        });
        Contents { bytes, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(files: &[(&str, &[u8])]) -> Vec<u8> {
        let end = 20 + files.iter().map(|(name, _)| 12 + name.len()).sum::<usize>();
        let (mut head, mut body) = ([MAGIC, &(end as u32).to_le_bytes()].concat(), Vec::new());
        for (name, content) in files {
            for number in [end + body.len(), content.len(), name.len()] {
                head.extend((number as u32).to_le_bytes());
            }
            head.extend(name.bytes());
            body.extend(*content);
        }
        [head, body].concat()
    }

    #[test]
    fn files_are_listed_and_what_is_cut_is_said() {
        let data = web(&[("data.unity3d", b"first"), ("Il2CppData/Metadata/global-metadata.dat", b"second")]);
        let limits = Limits::default();
        let mut files = Vec::new();
        let end = size_le(&data, 16).unwrap();
        assert_eq!(list(&data, end, &limits, &mut files), Some(()));
        let all: Vec<(&[u8], &[u8])> = files.iter().map(|f| (f.name, &data[f.range.clone()])).collect();
        assert_eq!(all[0], (&b"data.unity3d"[..], &b"first"[..]));
        assert_eq!(all[1].1, b"second");
        let cut = &data[..data.len() - 2];
        files = Vec::new();
        list(cut, end, &limits, &mut files);
        assert_eq!(files[1].missing, 2);
        assert_eq!(list(&data[..30], end, &limits, &mut Vec::new()), None);
    }
}
