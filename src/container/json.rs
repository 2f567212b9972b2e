//! JSON as a stream of tokens with their places: for indexes of containers, which may be as large as
//! the container itself and are never needed as a tree.

use std::ops::Range;

/// One token. Colons and commas are left out: in what is well formed, they tell nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{` or `[`.
    Open {
        /// Which of the two.
        is_array: bool,
    },
    /// `}` or `]`.
    Close,
    /// What stands between the quotes, with its escapes.
    String(Range<usize>),
    /// A number, `true`, `false`, `null`.
    Word(Range<usize>),
}

/// The tokens of `text` from `at` on. Ends at the end of the text, in the middle of a string, or at a
/// byte that no token begins with.
pub struct Tokens<'t> {
    text: &'t [u8],
    /// Where the next token is looked for.
    pub at: usize,
}

impl<'t> Tokens<'t> {
    /// Begins at `at`.
    pub fn new(text: &'t [u8], at: usize) -> Self {
        Tokens { text, at }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.text.get(self.at).is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b',' | b':')) {
            self.at += 1;
        }
        let start = self.at;
        let token = match *self.text.get(start)? {
            b'{' => Token::Open { is_array: false },
            b'[' => Token::Open { is_array: true },
            b'}' | b']' => Token::Close,
            b'"' => {
                let mut at = start + 1;
                loop {
                    at += memchr::memchr2(b'"', b'\\', self.text.get(at..)?)?;
                    if self.text.get(at) == Some(&b'"') {
                        break;
                    }
                    at += 2;
                }
                self.at = at + 1;
                return Some(Token::String(start + 1..at));
            }
            b if b.is_ascii_alphanumeric() || b == b'-' => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
                let len = self.text.get(start..)?.iter().take_while(|b| word(b)).count();
                self.at = start + len;
                return Some(Token::Word(start..start + len));
            }
            _ => return None,
        };
        self.at += 1;
        Some(token)
    }
}

/// Undoes the escapes of a string; what is no escape stays as it is.
pub fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let hex = |at: usize| {
        let digits = raw.get(at..at.checked_add(4)?)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut at = 0;
    while let Some(rest) = raw.get(at..) {
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        out.extend_from_slice(rest.get(..plain).unwrap_or(rest));
        at += plain;
        let Some(&escape) = raw.get(at + 1) else {
            out.extend_from_slice(raw.get(at..).unwrap_or_default());
            return;
        };
        at += 2;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let Some(mut code) = hex(at) else {
                    out.extend_from_slice(b"\\u");
                    continue;
                };
                at += 4;
                if (0xd800..0xdc00).contains(&code)
                    && raw.get(at..at + 2) == Some(b"\\u")
                    && let Some(low @ 0xdc00..0xe000) = hex(at + 2)
                {
                    code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    at += 6;
                }
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_their_places() {
        let text = br#" {"a\"": [-1.5e3, null, "b"]} x"#;
        let tokens: Vec<Token> = Tokens::new(text, 0).collect();
        let open = |is_array| Token::Open { is_array };
        assert_eq!(
            tokens,
            [
                open(false),
                Token::String(3..6),
                open(true),
                Token::Word(10..16),
                Token::Word(18..22),
                Token::String(25..26),
                Token::Close,
                Token::Close,
                Token::Word(30..31),
            ]
        );
        assert_eq!(Tokens::new(b"\"open\\", 0).next(), None);
    }

    #[test]
    fn escapes() {
        let undone = |raw: &[u8]| {
            let mut out = Vec::new();
            unescape(raw, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(undone(br#"a\n\"\/\u00e9\ud83d\ude00\\"#), "a\n\"/é😀\\");
        assert_eq!(undone(br"\ud83d \uzz\"), "\u{fffd} \\uzz\\");
    }
}
