//! Object and array literals as they are kept in buffers (hermes, `SerializedLiteralGenerator.h`):
//! a tag byte for a run of values of one type, its length in the low 4 bits, or in 12 bits of two
//! bytes if the high bit is set.

use super::file::File;
use crate::lens::bytes::{u16_le, u32_le};

/// Calls `take` with the number of each of the first `count` values of `buffer` at `at`, and the
/// string that it is. Gives how many values were seen: a measure of the work.
pub fn strings(
    file: &File<'_>,
    buffer: &[u8],
    mut at: usize,
    count: u32,
    take: &mut dyn FnMut(u32, u32),
) -> u32 {
    let mut index = 0;
    while index < count {
        let Some(&tag) = buffer.get(at) else { break };
        let mut length = u32::from(tag & 0x0f);
        at += 1;
        if tag & 0x80 != 0 {
            let Some(&low) = buffer.get(at) else { break };
            length = length << 8 | u32::from(low);
            at += 1;
        }
        let (size, is_string) = match tag >> 4 & 7 {
            3 => (8, false),
            4 => (4, true),
            5 => (2, true),
            // Strings of one byte became `undefined` in static Hermes.
            6 if file.version < 98 => (1, true),
            7 => (4, false),
            _ => (0, false),
        };
        // A run that says nothing would never end.
        if length == 0 {
            break;
        }
        let length = length.min(count - index);
        if is_string {
            for n in 0..length {
                let at = at + n as usize * size;
                let id = match size {
                    4 => u32_le(buffer, at),
                    2 => u16_le(buffer, at).map(u32::from),
                    _ => buffer.get(at).copied().map(u32::from),
                };
                let Some(id) = id else { return index + n };
                take(index + n, id);
            }
        }
        at += length as usize * size;
        index += length;
    }
    index
}
