//! Deltas: how a pack writes an object as pieces of another and bytes of its own.

use std::ops::Range;

/// A stretch of an object that was made by a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands in the object.
    pub start: usize,
    /// Its length.
    pub len: usize,
    /// Where it was copied from in the base; `None` for bytes that the delta brought.
    pub from: Option<usize>,
}

impl Piece {
    /// Where it stands in the object.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// What is wrong with a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// It ends in the middle of an instruction.
    #[error("delta ends early")]
    Short,
    /// It was made for a base of another size.
    #[error("delta for a base of another size")]
    Base,
    /// It copies bytes that the base does not have.
    #[error("delta copies from outside its base")]
    Copy,
    /// It makes more or fewer bytes than it says.
    #[error("delta makes an object of another size than it says")]
    Size,
    /// It has the instruction that is reserved.
    #[error("delta has an unknown instruction")]
    Instruction,
}

/// The sizes at the head of a delta: of the base and of what it makes; and where the instructions begin.
pub fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), DeltaError> {
    let mut at = 0;
    let mut number = || {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = *delta.get(at).ok_or(DeltaError::Short)?;
            at += 1;
            if shift > 57 {
                return Err(DeltaError::Size);
            }
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(value);
            }
        }
    };
    let (base, made) = (number()?, number()?);
    Ok((base, made, at))
}

/// Makes an object of `base` and `delta` in `out`, and says in `pieces` where each stretch comes from.
/// Copies that go on where the last one ended are one piece. Nothing is left in `out` on an error that
/// was not made by the delta itself; its size never exceeds what the delta says.
pub fn apply(
    base: &[u8],
    delta: &[u8],
    out: &mut Vec<u8>,
    pieces: &mut Vec<Piece>,
) -> Result<(), DeltaError> {
    out.clear();
    pieces.clear();
    let (base_size, size, mut at) = sizes(delta)?;
    if base_size != base.len() as u64 {
        return Err(DeltaError::Base);
    }
    let size = usize::try_from(size).map_err(|_| DeltaError::Size)?;
    // What is claimed is believed up to a bound; beyond it the memory grows with what is really made.
    out.reserve(size.min(base.len().saturating_add(delta.len()).saturating_mul(4)));
    while let Some(&op) = delta.get(at) {
        at += 1;
        let start = out.len();
        if op & 0x80 != 0 {
            let (from, len) = copy(op, delta, &mut at)?;
            let bytes = base.get(from..from + len).ok_or(DeltaError::Copy)?;
            if len > size - start {
                return Err(DeltaError::Size);
            }
            out.extend_from_slice(bytes);
            match pieces.last_mut() {
                Some(last) if last.from.is_some_and(|f| f + last.len == from) => last.len += len,
                _ => pieces.push(Piece { start, len, from: Some(from) }),
            }
        } else if op != 0 {
            let len = usize::from(op);
            let bytes = delta.get(at..at + len).ok_or(DeltaError::Short)?;
            at += len;
            if len > size - start {
                return Err(DeltaError::Size);
            }
            out.extend_from_slice(bytes);
            match pieces.last_mut() {
                Some(last) if last.from.is_none() => last.len += len,
                _ => pieces.push(Piece { start, len, from: None }),
            }
        } else {
            return Err(DeltaError::Instruction);
        }
    }
    if out.len() == size { Ok(()) } else { Err(DeltaError::Size) }
}

/// Offset and length of a copy: bit `n` of the instruction says whether byte `n` of them is there.
#[inline]
fn copy(op: u8, delta: &[u8], at: &mut usize) -> Result<(usize, usize), DeltaError> {
    let mut next = |bit: u8| {
        if op & bit == 0 {
            return Ok(0);
        }
        let byte = *delta.get(*at).ok_or(DeltaError::Short)?;
        *at += 1;
        Ok(usize::from(byte))
    };
    let from = next(1)? | next(2)? << 8 | next(4)? << 16 | next(8)? << 24;
    let len = next(16)? | next(32)? << 8 | next(64)? << 16;
    Ok((from, if len == 0 { 0x10000 } else { len }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(mut n: usize, out: &mut Vec<u8>) {
        while n >= 0x80 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
    }

    /// A delta of these instructions, written as plainly as the format allows.
    fn written(base: usize, ops: &[(bool, usize, usize)], made: usize) -> Vec<u8> {
        let mut delta = Vec::new();
        number(base, &mut delta);
        number(made, &mut delta);
        for &(is_copy, from, len) in ops {
            if is_copy {
                delta.push(0x80 | 0x7f);
                delta.extend(&(from as u32).to_le_bytes());
                delta.extend(&(len as u32).to_le_bytes()[..3]);
            } else {
                delta.push(len as u8);
                delta.extend((0..len).map(|i| (from + i) as u8));
            }
        }
        delta
    }

    proptest! {
        #[test]
        fn what_is_made_is_what_the_instructions_say(
            base in proptest::collection::vec(any::<u8>(), 1..300),
            ops in proptest::collection::vec((any::<bool>(), 0usize..400, 1usize..127), 0..20),
        ) {
            let ops: Vec<_> = ops.into_iter().map(|(copy, from, len)| {
                let from = from % base.len();
                if copy { (true, from, len.min(base.len() - from)) } else { (false, from, len) }
            }).collect();
            let mut want = Vec::new();
            for &(copy, from, len) in &ops {
                if copy {
                    want.extend(&base[from..from + len]);
                } else {
                    want.extend((0..len).map(|i| (from + i) as u8));
                }
            }
            let delta = written(base.len(), &ops, want.len());
            let (mut out, mut pieces) = (vec![9], Vec::new());
            apply(&base, &delta, &mut out, &mut pieces).unwrap();
            prop_assert_eq!(&out, &want);
            // The pieces cover the object, in order, and copies are what the base has there.
            let mut at = 0;
            for piece in &pieces {
                prop_assert_eq!(piece.start, at);
                at += piece.len;
                if let Some(from) = piece.from {
                    prop_assert_eq!(&out[piece.range()], &base[from..from + piece.len]);
                }
            }
            prop_assert_eq!(at, want.len());
            // Any cut, and any changed byte, is an error or an object of the size that it says.
            for cut in 0..delta.len() {
                let _ = apply(&base, &delta[..cut], &mut out, &mut pieces);
                prop_assert!(out.len() <= want.len().max(1 << 14));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (mut out, mut pieces) = (Vec::new(), Vec::new());
        let mut apply = |delta: &[u8]| apply(b"0123456789", delta, &mut out, &mut pieces);
        assert_eq!(apply(&[]), Err(DeltaError::Short));
        assert_eq!(apply(&[9, 1, 1, b'x']), Err(DeltaError::Base));
        assert_eq!(apply(&[10, 1, 2, b'x']), Err(DeltaError::Short));
        assert_eq!(apply(&[10, 1, 0]), Err(DeltaError::Instruction));
        assert_eq!(apply(&[10, 5, 0x91, 8, 5]), Err(DeltaError::Copy));
        assert_eq!(apply(&[10, 1, 0x90, 5]), Err(DeltaError::Size));
        assert_eq!(apply(&[10, 9, 1, b'x']), Err(DeltaError::Size));
        assert_eq!(apply(&[0xff; 20]), Err(DeltaError::Size));
        assert_eq!(apply(&[10, 2, 0x91, 8, 2]), Ok(()));
    }
}
