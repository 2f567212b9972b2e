//! Reading little-endian numbers and LEB128 out of bytes nobody vouches for.
//!
//! Everything answers `None` past the end. Five-byte LEB128 numbers keep their low 32 bits, as the
//! runtime has it, so that a file that runs on a device also reads here.

/// The two bytes at `at`.
pub(super) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// The four bytes at `at`.
pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

/// [`u32_at`] as an offset or a count.
pub(super) fn size_at(data: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(data, at)?).ok()
}

/// A place in the bytes that moves forward as they are read.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Cursor { data, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let value = u32_at(self.data, self.at)?;
        self.at += 4;
        Some(value)
    }

    /// `len` bytes (at most 8) as a little-endian number without sign.
    pub(super) fn number(&mut self, len: usize) -> Option<u64> {
        let bytes = self.data.get(self.at..)?.get(..len.min(8))?;
        self.at += bytes.len();
        Some(bytes.iter().rev().fold(0, |value, &b| value << 8 | u64::from(b)))
    }

    /// An unsigned LEB128 number.
    pub(super) fn uleb(&mut self) -> Option<u32> {
        let first = self.u8()?;
        if first < 0x80 {
            return Some(u32::from(first));
        }
        let mut value = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(value)
    }

    /// A signed LEB128 number.
    pub(super) fn sleb(&mut self) -> Option<i32> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let unused = 32u32.saturating_sub(shift + 7);
                return Some((value << unused).cast_signed() >> unused);
            }
        }
        Some(value.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode_unsigned(mut value: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
        out
    }

    fn encode_signed(mut value: i32) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
                out.push(byte);
                return out;
            }
            out.push(byte | 0x80);
        }
    }

    #[test]
    fn the_specification_s_examples() {
        for (bytes, signed, unsigned) in
            [(&[0u8][..], 0, 0), (&[1], 1, 1), (&[0x7f], -1, 127), (&[0x80, 0x7f], -128, 16256)]
        {
            assert_eq!(Cursor::new(bytes, 0).sleb(), Some(signed));
            assert_eq!(Cursor::new(bytes, 0).uleb(), Some(unsigned));
        }
    }

    #[test]
    fn never_more_than_five_bytes() {
        let bytes = [0xff; 9];
        let mut cursor = Cursor::new(&bytes, 0);
        assert_eq!(cursor.uleb(), Some(u32::MAX));
        assert_eq!(cursor.at(), 5);
        assert_eq!(cursor.uleb(), None, "four bytes are left, all with the continuation bit");
    }

    proptest! {
        #[test]
        fn unsigned_round_trips(value: u32) {
            let bytes = encode_unsigned(value);
            let mut cursor = Cursor::new(&bytes, 0);
            prop_assert_eq!(cursor.uleb(), Some(value));
            prop_assert_eq!(cursor.at(), bytes.len());
        }

        #[test]
        fn signed_round_trips(value: i32) {
            let bytes = encode_signed(value);
            let mut cursor = Cursor::new(&bytes, 0);
            prop_assert_eq!(cursor.sleb(), Some(value));
            prop_assert_eq!(cursor.at(), bytes.len());
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, at in 0usize..40) {
            let mut cursor = Cursor::new(&bytes, at);
            let _ = (cursor.uleb(), cursor.sleb(), cursor.number(9), cursor.u32(), cursor.u8());
            let _ = (u16_at(&bytes, at), u32_at(&bytes, usize::MAX - at));
        }
    }
}
