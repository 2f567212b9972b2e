//! Signatures of methods, as far as running them needs it (ECMA-335 II.23.2).

use super::super::meta::{Meta, Token, packed, table};

/// A method that is called.
pub(super) struct Signature {
    /// Element types of the parameters; of arrays that of their elements, with [`ARRAY`] added.
    pub kinds: Vec<u8>,
    pub returns: u8,
    pub has_this: bool,
}

/// Added to the type of the elements of an array.
pub(super) const ARRAY: u8 = 0x80;
/// Types within types.
const MAX_DEPTH: u32 = 8;

/// The type at `at`, and where the next one begins.
fn kind(blob: &[u8], at: usize, depth: u32) -> Option<(u8, usize)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let first = *blob.get(at)?;
    let next = at + 1;
    Some(match first {
        // By reference, pointers, pinned, sentinel: what they lead to.
        0x0f | 0x10 | 0x41 | 0x45 => kind(blob, next, depth + 1)?,
        0x11 | 0x12 | 0x13 | 0x1e => (first, packed(blob, next)?.1),
        0x1f | 0x20 => kind(blob, packed(blob, next)?.1, depth + 1)?,
        0x1d => {
            let (of, next) = kind(blob, next, depth + 1)?;
            (of | ARRAY, next)
        }
        0x15 => {
            let (_, after) = kind(blob, next, depth + 1)?;
            let (count, mut next) = packed(blob, after)?;
            for _ in 0..count.min(16) {
                next = kind(blob, next, depth + 1)?.1;
            }
            (first, next)
        }
        0x14 | 0x1b => return None,
        _ => (first, next),
    })
}

impl Signature {
    pub fn read(blob: &[u8]) -> Option<Self> {
        let convention = *blob.first()?;
        let mut at = 1;
        if convention & 0x10 != 0 {
            at = packed(blob, at)?.1;
        }
        let (count, at) = packed(blob, at)?;
        let (returns, mut at) = kind(blob, at, 0)?;
        let mut kinds = Vec::new();
        for _ in 0..count.min(32) {
            let (of, next) = kind(blob, at, 0)?;
            kinds.push(of);
            at = next;
        }
        (kinds.len() == count).then_some(Signature { kinds, returns, has_this: convention & 0x60 == 0x20 })
    }

    pub fn of(meta: &Meta<'_>, token: Token) -> Option<Self> {
        let column = match token.table {
            table::METHOD => 4,
            table::MEMBER_REF => 2,
            _ => return None,
        };
        Signature::read(meta.blob_bytes(meta.cell(token.table, token.row, column)))
    }
}

/// The type that a generic method is made for, if it is one of the basic ones.
pub(super) fn instance_kind(meta: &Meta<'_>, spec: u32) -> u8 {
    let blob = meta.blob_bytes(meta.cell(table::METHOD_SPEC, spec, 1));
    match blob {
        [0x0a, 1, kind, ..] => *kind,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_parameters() {
        // instance string (byte[], char, List<string>)
        let blob = [0x20, 3, 0x0e, 0x1d, 0x05, 0x03, 0x15, 0x12, 0x49, 1, 0x0e];
        let signature = Signature::read(&blob).expect("a signature");
        assert_eq!((signature.kinds, signature.returns), (vec![0x05 | ARRAY, 0x03, 0x15], 0x0e));
        assert!(signature.has_this);
        assert!(Signature::read(&blob[..6]).is_none(), "cut off");
        assert!(
            Signature::read(&[0, 1, 1, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 0x1d, 5])
                .is_none()
        );
    }
}
