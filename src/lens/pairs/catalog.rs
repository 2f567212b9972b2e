//! Catalogs of gettext (`.mo`): texts and their translations, by tables of lengths and places.

use super::{Pair, secret, short};
use crate::lens::bytes::{size_be, size_le, slice};
use crate::lens::strings::may_be_password;

pub(super) fn begins(data: &[u8]) -> bool {
    data.starts_with(b"\xde\x12\x04\x95") || data.starts_with(b"\x95\x04\x12\xde")
}

pub(super) fn read(data: &[u8], found: &mut dyn FnMut(Pair)) {
    let size = if data.first() == Some(&0xde) { size_le } else { size_be };
    let text = |table: usize, n: usize| {
        let at = table.checked_add(n * 8)?;
        let (len, at) = (size(data, at)?, size(data, at + 4)?);
        slice(data, at, len).map(|text| (at, text))
    };
    let (Some(count), Some(texts), Some(translations)) = (size(data, 8), size(data, 12), size(data, 16))
    else {
        return;
    };
    for n in 0..count.min(data.len() / 16) {
        let Some(name) = text(texts, n).and_then(|(_, name)| secret(name)) else { continue };
        let Some((at, value)) = text(translations, n) else { continue };
        // Of nearly all it is the word for it in another language.
        if short(value).is_some_and(may_be_password) {
            found(Pair { name, value: value.to_vec(), at, step: 1 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_read_fast, read};

    #[test]
    fn a_catalog() {
        let mut data = b"\xde\x12\x04\x95\0\0\0\0\x02\0\0\0\x1c\0\0\0\x2c\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        for (len, at) in [(1u32, 60u32), (11, 62), (1, 74), (9, 76)] {
            data.extend([len.to_le_bytes(), at.to_le_bytes()].concat());
        }
        data.extend(b"a\0db_password\0b\0V1-abc-de\0");
        assert_eq!(read(&data), ["db_password=V1-abc-de"]);
    }

    #[test]
    fn texts_that_are_all_the_same_megabytes() {
        const TEXTS: u32 = 100_000;
        let text = vec![b'a'; 4 << 20];
        let mut data: Vec<u8> =
            [0x9504_12de, 0, TEXTS, 28, 28, 0, 0].into_iter().flat_map(u32::to_le_bytes).collect();
        let row = [text.len() as u32, 28 + TEXTS * 8].map(u32::to_le_bytes).concat();
        data.extend(row.repeat(TEXTS as usize));
        data.extend(text);
        is_read_fast(&data);
    }
}
