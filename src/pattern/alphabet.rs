//! Alphabets: sets of bytes a token part is made of.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Alphabet([u64; 4]);

impl std::fmt::Debug for Alphabet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members: String =
            (0..=255u8).filter(|&b| self.contains(b)).map(|b| b.escape_ascii().to_string()).collect();
        write!(f, "[{members}]")
    }
}

/// Names of alphabets usable in patterns, with their members as ranges.
pub const NAMED: &[(&str, &str)] = &[
    ("digits", "0-9"),
    ("lower", "a-z"),
    ("upper", "A-Z"),
    ("alpha", "A-Za-z"),
    ("alnum", "A-Za-z0-9"),
    ("base36", "a-z0-9"),
    ("BASE36", "A-Z0-9"),
    ("hex", "0-9a-f"),
    ("HEX", "0-9A-F"),
    ("anyhex", "0-9A-Fa-f"),
    ("base32", "A-Z2-7"),
    ("base58", "1-9A-HJ-NP-Za-km-z"),
    ("base64", "A-Za-z0-9+/"),
    ("base64url", "A-Za-z0-9_-"),
    ("anybase64", "A-Za-z0-9+/_-"),
    ("uuid", "0-9A-Fa-f-"),
];

impl Alphabet {
    /// The set with these members: bit `b & 63` of word `b >> 6` stands for byte `b`.
    pub const fn from_bits(bits: [u64; 4]) -> Alphabet {
        Alphabet(bits)
    }

    /// The members as bits; see [`Alphabet::from_bits`].
    pub const fn bits(&self) -> [u64; 4] {
        self.0
    }

    /// No byte.
    pub const EMPTY: Alphabet = Alphabet([0; 4]);

    /// The alphabet named `text`, or else the one written as characters and ranges (`A-Z2-7_.`;
    /// a `-` first or last is itself).
    pub fn parse(text: &str) -> Result<Alphabet, String> {
        let ranges = NAMED.iter().find(|(name, _)| *name == text).map_or(text, |(_, ranges)| ranges);
        if !ranges.is_ascii() || ranges.is_empty() {
            return Err(format!("alphabet {text:?} must be a name or ASCII characters and ranges"));
        }
        // A misspelt name would otherwise read as a set of its letters.
        if ranges.len() > 3 && ranges.bytes().all(|b| b.is_ascii_lowercase()) {
            let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
            return Err(format!("unknown alphabet {text:?}; the names are {}", names.join(", ")));
        }
        let bytes = ranges.as_bytes();
        let mut set = Alphabet::EMPTY;
        let mut i = 0;
        while i < bytes.len() {
            if i + 2 < bytes.len() && bytes[i + 1] == b'-' {
                if bytes[i] > bytes[i + 2] {
                    return Err(format!(
                        "alphabet {text:?}: the range {:?} runs backwards",
                        &ranges[i..i + 3]
                    ));
                }
                (bytes[i]..=bytes[i + 2]).for_each(|b| set.insert(b));
                i += 3;
            } else {
                set.insert(bytes[i]);
                i += 1;
            }
        }
        Ok(set)
    }

    /// Adds a byte.
    pub const fn insert(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    /// Whether `byte` is a member.
    pub const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] & (1 << (byte & 63)) != 0
    }

    /// Whether every byte is a member.
    pub fn contains_all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|&b| self.contains(b))
    }

    /// The members as [`Alphabet::parse`] reads them: ranges, and a `-` last.
    pub fn ranges(&self) -> String {
        let mut text = String::new();
        let members: Vec<u8> = self.members().filter(|&b| b != b'-').collect();
        for run in members.chunk_by(|a, b| *b == a + 1) {
            match run {
                [first, .., last] if run.len() > 2 => {
                    text.extend([char::from(*first), '-', char::from(*last)]);
                }
                few => text.extend(few.iter().map(|&b| char::from(b))),
            }
        }
        if self.contains(b'-') {
            text.push('-');
        }
        text
    }

    /// The members in rising order.
    pub fn members(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255u8).filter(|&b| self.contains(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ranges_and_errors() {
        let base32 = Alphabet::parse("base32").unwrap();
        assert!(base32.contains_all(b"AZ27") && !base32.contains(b'1') && !base32.contains(b'a'));
        let own = Alphabet::parse("a-c_-").unwrap();
        assert_eq!(own.members().collect::<Vec<_>>(), b"-_abc");
        assert!(Alphabet::parse("z-a").unwrap_err().contains("backwards"));
        assert!(Alphabet::parse("bas32e").is_ok(), "mixed characters are a set");
        assert!(Alphabet::parse("hexx").unwrap_err().contains("unknown alphabet"));
        assert!(Alphabet::parse("").is_err());
    }
}
