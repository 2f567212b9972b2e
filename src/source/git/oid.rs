//! Object ids: SHA-1 or SHA-256, as git prints and stores them.

use std::fmt;

/// Which hash a repository names its objects by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl HashKind {
    /// Bytes of an id.
    pub fn id_len(self) -> usize {
        match self {
            HashKind::Sha1 => 20,
            HashKind::Sha256 => 32,
        }
    }

    /// The id of an object with this type and these bytes.
    pub fn of(self, kind: super::object::Kind, bytes: &[u8]) -> Oid {
        use sha2::Digest as _;
        let header = format!("{} {}\0", kind.name(), bytes.len());
        match self {
            HashKind::Sha1 => {
                let mut hash = sha1::Sha1::new();
                hash.update(header.as_bytes());
                hash.update(bytes);
                Oid::new(&hash.finalize())
            }
            HashKind::Sha256 => {
                let mut hash = sha2::Sha256::new();
                hash.update(header.as_bytes());
                hash.update(bytes);
                Oid::new(&hash.finalize())
            }
        }
    }
}

/// An object id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid {
    bytes: [u8; 32],
    len: u8,
}

impl Oid {
    /// An id of these bytes, at most 32.
    pub fn new(bytes: &[u8]) -> Oid {
        let len = bytes.len().min(32);
        let mut oid = Oid { bytes: [0; 32], len: len as u8 };
        oid.bytes[..len].copy_from_slice(&bytes[..len]);
        oid
    }

    /// The id that 40 or 64 hexadecimal digits spell.
    pub fn from_hex(hex: &[u8]) -> Option<Oid> {
        if hex.len() != 40 && hex.len() != 64 {
            return None;
        }
        let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Oid { bytes, len: (hex.len() / 2) as u8 })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Its first eight bytes as a number: enough to tell the objects of one repository apart where a
    /// mistake costs a name in a report and no more.
    pub fn key(&self) -> u64 {
        key(&self.bytes)
    }

    /// Whether it is all zeros: git's way to write "none".
    pub fn is_null(&self) -> bool {
        self.bytes == [0; 32]
    }

    /// The first eight digits.
    pub fn short(&self) -> String {
        self.bytes[..4].iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// [`Oid::key`] of raw bytes, of which there must be eight.
pub fn key(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |b| u64::from_be_bytes(*b))
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::git::object::Kind;

    #[test]
    fn ids_that_git_gives() {
        // `printf 'hello\n' | git hash-object --stdin`, with and without --object-format=sha256.
        let sha1 = HashKind::Sha1.of(Kind::Blob, b"hello\n");
        assert_eq!(sha1.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(sha1.short(), "ce013625");
        assert_eq!(Oid::from_hex(sha1.to_string().as_bytes()), Some(sha1));
        assert_eq!(HashKind::Sha256.of(Kind::Blob, b"hello\n").to_string().len(), 64);
        assert_eq!(Oid::from_hex(b"ce01"), None);
        assert!(Oid::new(&[0; 20]).is_null() && !sha1.is_null());
    }
}
