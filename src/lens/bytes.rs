//! Reading numbers out of bytes nobody vouches for: every answer past the end is `None`.

macro_rules! number {
    ($name:ident, $type:ty, $from:ident, $what:literal) => {
        #[doc = concat!("The ", $what, " at `at`.")]
        pub fn $name(data: &[u8], at: usize) -> Option<$type> {
            Some(<$type>::$from(*data.get(at..)?.first_chunk()?))
        }
    };
}

number!(u16_le, u16, from_le_bytes, "little-endian 16-bit number");
number!(u16_be, u16, from_be_bytes, "big-endian 16-bit number");
number!(u32_le, u32, from_le_bytes, "little-endian 32-bit number");
number!(u32_be, u32, from_be_bytes, "big-endian 32-bit number");
number!(u64_le, u64, from_le_bytes, "little-endian 64-bit number");
number!(u64_be, u64, from_be_bytes, "big-endian 64-bit number");

/// [`u32_le`] as an offset or a count.
pub fn size_le(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_le(data, at)?).ok()
}

/// [`u32_be`] as an offset or a count.
pub fn size_be(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_be(data, at)?).ok()
}

/// `len` bytes from `at`, all of them or `None`.
pub fn slice(data: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    data.get(at..at.checked_add(len)?)
}

/// The line at `at` without its end (`\n` or `\r\n`), and where the next one is: no farther than the data; `None` at
/// their end.
pub fn line(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = data.get(at..).filter(|rest| !rest.is_empty())?;
    let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = &rest[..len];
    Some((line.strip_suffix(b"\r").unwrap_or(line), (at + len + 1).min(data.len())))
}

/// The unsigned LEB128 number (also a protobuf varint) at `*at`, at most ten bytes; `at` moves
/// behind it. Bits above the 64th are lost.
pub fn uleb(data: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_ends() {
        let data = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!((u16_le(&data, 1), u16_be(&data, 1)), (Some(0x0302), Some(0x0203)));
        assert_eq!((u32_le(&data, 4), u32_be(&data, 5)), (Some(0x0807_0605), None));
        assert_eq!((u64_be(&data, 0), u64_le(&data, usize::MAX)), (Some(0x0102_0304_0506_0708), None));
        assert_eq!((slice(&data, 6, 2), slice(&data, 6, 3)), (Some(&data[6..]), None));
        assert_eq!(slice(&data, 2, usize::MAX), None);
    }

    #[test]
    fn leb128() {
        let (data, mut at) = ([0xe5, 0x8e, 0x26, 0x7f, 0x80], 0);
        assert_eq!([uleb(&data, &mut at), uleb(&data, &mut at)], [Some(624_485), Some(127)]);
        assert_eq!((uleb(&data, &mut at), uleb(&[0x80; 11], &mut 0)), (None, None));
    }
}
