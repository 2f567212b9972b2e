//! Initial data of fields: what `byte[] key = { … }` and `"…"u8` become (ECMA-335 II.22.18).

use super::image::Image;
use super::meta::{Meta, Token, packed, table};
use std::ops::Range;

/// The data of a row of the table of initial data.
pub(super) fn of_row(meta: &Meta<'_>, image: &Image, row: u32) -> Option<Range<usize>> {
    let start = image.offset(meta.cell(table::FIELD_RVA, row, 0) as usize)?;
    let field = meta.cell(table::FIELD_RVA, row, 1);
    let signature = meta.blob_bytes(meta.cell(table::FIELD, field, 2));
    let size = match *signature {
        [6, 0x04 | 0x05, ..] => 1,
        [6, 0x06 | 0x07 | 0x03, ..] => 2,
        [6, 0x08 | 0x09 | 0x0c, ..] => 4,
        [6, 0x0a | 0x0b | 0x0d, ..] => 8,
        // A value type whose size is in its layout.
        [6, 0x11, ..] => {
            let (coded, _) = packed(signature, 2)?;
            if coded & 3 != 0 {
                return None;
            }
            let layout = meta.find(table::CLASS_LAYOUT, 2, (coded >> 2) as u32)?;
            meta.cell(table::CLASS_LAYOUT, layout, 1) as usize
        }
        _ => return None,
    };
    let end = start.checked_add(size)?;
    (end <= meta.data.len()).then_some(start..end)
}

/// The data of a field.
pub(super) fn of_field(meta: &Meta<'_>, image: &Image, field: Token) -> Option<Range<usize>> {
    if field.table != table::FIELD {
        return None;
    }
    of_row(meta, image, meta.find(table::FIELD_RVA, 1, field.row)?)
}

/// How data reads as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bytes,
    Utf16,
    /// A character in each four bytes: `int[]`.
    Utf32,
}

/// Whether data is text, and of which kind: looks at its beginning.
pub(super) fn form(data: &[u8]) -> Option<Form> {
    let head = &data[..data.len().min(64)];
    let is_text = |b: &u8| matches!(b, 0x20..=0x7e | b'\t' | b'\n' | b'\r');
    let fits = |step: usize| {
        head.len() >= 8 * step
            && head.chunks_exact(step).all(|c| {
                c.split_first().is_some_and(|(first, rest)| is_text(first) && rest.iter().all(|&b| b == 0))
            })
    };
    if fits(4) {
        Some(Form::Utf32)
    } else if fits(2) {
        Some(Form::Utf16)
    } else {
        let text = head.iter().filter(|b| is_text(b)).count();
        (head.len() >= 8 && text * 10 >= head.len() * 9).then_some(Form::Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_told_from_numbers() {
        let wide = |step: usize| -> Vec<u8> {
            let widened =
                |&b: &u8| std::iter::once(b).chain(std::iter::repeat_n(0, step - 1)).collect::<Vec<_>>();
            b"some text of ours".iter().flat_map(widened).collect()
        };
        assert_eq!(form(&wide(1)), Some(Form::Bytes));
        assert_eq!(form(&wide(2)), Some(Form::Utf16));
        assert_eq!(form(&wide(4)), Some(Form::Utf32));
        assert_eq!(form(&[0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9]), None);
        assert_eq!(form(b"short"), None);
    }
}
