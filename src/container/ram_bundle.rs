//! Indexed RAM bundles of React Native: modules by number, so that an app loads only what it needs
//! (`metro`, `src/shared/output/RamBundle/as-indexed-file.js`).
//!
//! A header of three numbers (magic, modules, length of the startup code), a table of offset and
//! length for each module, then the code, each piece with a NUL at its end.

use super::piece::{Piece, Taken};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, u32_le};
use crate::limits::Limits;

/// Opens indexed RAM bundles.
pub struct RamBundle;

const MAGIC: u32 = 0xfb0b_d1e5;
const HEADER: usize = 12;

impl Container for RamBundle {
    fn name(&self) -> &'static str {
        "ram-bundle"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        u32_le(blob.bytes, 0) == Some(MAGIC) && blob.bytes.len() >= HEADER
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let said = size_le(data, 4).unwrap_or(0);
        let room = (data.len() - HEADER.min(data.len())) / 8;
        let count = said.min(room).min(usize::try_from(limits.entries).unwrap_or(usize::MAX));
        if count < said {
            let detail = format!("RAM bundle: {said} modules, of which {count} are listed");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        let base = HEADER + 8 * said.min(room);
        let mut wanted = Vec::with_capacity(count + 1);
        let mut add = |offset: usize, length: usize, index: usize| {
            let start = base.saturating_add(offset).min(data.len());
            wanted.push((start..start.saturating_add(length).min(data.len()), index));
        };
        add(0, size_le(data, 8).unwrap_or(0), 0);
        for n in 0..count {
            let at = HEADER + 8 * n;
            match (size_le(data, at), size_le(data, at + 4)) {
                // A number that no module has.
                (Some(_), Some(0)) | (None, _) | (_, None) => {}
                (Some(offset), Some(length)) => add(offset, length, n + 1),
            }
        }
        let (taken, refused) = Taken::new(wanted);
        if refused > 0 {
            let detail =
                format!("RAM bundle: {refused} modules overlap others; their bytes were searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        opened.gaps = taken.gaps(data.len());
        for (index, range) in taken.indexes() {
            let bytes = data.get(range).unwrap_or_default();
            let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
            let name = match index.checked_sub(1) {
                None => "startup".to_owned(),
                Some(n) => format!("module {n}"),
            };
            let piece = Piece { name: name.into_bytes(), bytes, missing: 0 };
            opened.members.push(Box::new(piece) as Box<dyn Member>);
        }
        opened
    }
}
