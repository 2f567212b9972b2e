//! `.resources`: names and values, as `ResourceReader` of .NET reads them.
//! (System.Private.CoreLib, `System/Resources/ResourceReader.cs`, versions 1 and 2.)

use crate::lens::bytes::{size_le, slice, u32_le, uleb};
use std::ops::Range;

pub(super) const MAGIC: &[u8] = &[0xce, 0xca, 0xef, 0xbe];

/// One entry: its name (UTF-16) and its value, as ranges of the file.
pub(super) struct Entry {
    pub name: Range<usize>,
    pub value: Range<usize>,
    /// A string rather than bytes.
    pub is_text: bool,
}

/// The entries of the resources at `start..end` of the file.
pub(super) fn read(data: &[u8], whole: Range<usize>) -> Option<Vec<Entry>> {
    let base = whole.start;
    let data = data.get(..whole.end)?;
    if slice(data, base, 4)? != MAGIC {
        return None;
    }
    let mut at = base.checked_add(12)?.checked_add(size_le(data, base + 8)?)?;
    let version = u32_le(data, at)?;
    let (count, kinds) = (size_le(data, at + 4)?, size_le(data, at + 8)?);
    at += 12;
    let mut is_string = Vec::new();
    for _ in 0..kinds {
        let length = usize::try_from(uleb(data, &mut at)?).ok()?;
        let name = slice(data, at, length)?;
        is_string.push(name.starts_with(b"System.String"));
        at += length;
    }
    // Aligned to eight from the start of the resources.
    at += (8 - (at - base) % 8) % 8;
    let positions = at.checked_add(count.checked_mul(4)?)?;
    let names = positions.checked_add(count.checked_mul(4)?)?;
    let values = base.checked_add(size_le(data, names)?)?;
    let names = names + 4;
    let entry = |n: usize| {
        let mut at = names.checked_add(size_le(data, positions + n * 4)?)?;
        let length = usize::try_from(uleb(data, &mut at)?).ok()?;
        slice(data, at, length)?;
        let name = at..at + length;
        at = values.checked_add(size_le(data, name.end)?)?;
        let kind = uleb(data, &mut at)?;
        let is_text = match version {
            1 => is_string.get(usize::try_from(kind).ok()?).copied().unwrap_or(false),
            _ => kind == 1,
        };
        let length = if is_text {
            usize::try_from(uleb(data, &mut at)?).ok()?
        } else if version > 1 && matches!(kind, 0x20 | 0x21) {
            at += 4;
            size_le(data, at - 4)?
        } else {
            return None;
        };
        slice(data, at, length)?;
        Some(Entry { name, value: at..at + length, is_text })
    };
    Some((0..count).filter_map(entry).collect())
}
