//! PDF objects (ISO 32000-1, section 7.3), read out of bytes nobody vouches for.

/// Objects within objects that are read.
const MAX_DEPTH: u32 = 32;
/// Longest string that is kept, in bytes.
const MAX_STRING: usize = 1 << 20;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A name, without its `/` and with `#20` undone.
    Name(Vec<u8>),
    /// A string, unescaped.
    String(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// A dictionary, in the order of the file.
    Dict(Vec<(Vec<u8>, Value)>),
    /// The number of another object.
    Reference(u32),
    /// Anything else: `true`, `null`, an operator of a content stream.
    Word(Vec<u8>),
}

impl Value {
    /// The entry `key` of a dictionary.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        match self {
            Value::Dict(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Whether the entry `key` is this name.
    pub fn is(&self, key: &[u8], name: &[u8]) -> bool {
        matches!(self.get(key), Some(Value::Name(n)) if n == name)
    }

    /// A number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }
}

/// Reads values one after the other.
pub struct Parser<'b> {
    data: &'b [u8],
    /// Where the next one begins.
    pub at: usize,
}

fn is_space(b: u8) -> bool {
    matches!(b, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(b: u8) -> bool {
    matches!(b, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn is_regular(b: u8) -> bool {
    !is_space(b) && !is_delimiter(b)
}

fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|d| d as u8)
}

impl<'b> Parser<'b> {
    /// Reads `data` from `at` on.
    pub fn new(data: &'b [u8], at: usize) -> Self {
        Parser { data, at }
    }

    /// The next value; `None` at the end, or where there is none.
    pub fn value(&mut self) -> Option<Value> {
        self.value_at(0)
    }

    /// Passes blanks and comments.
    pub fn skip_space(&mut self) {
        while let Some(&b) = self.data.get(self.at) {
            if is_space(b) {
                self.at += 1;
            } else if b == b'%' {
                let rest = &self.data[self.at..];
                self.at += rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
            } else {
                break;
            }
        }
    }

    /// The run of regular characters at the current place.
    fn regular(&mut self) -> &'b [u8] {
        let rest = &self.data[self.at..];
        let len = rest.iter().position(|&b| !is_regular(b)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn value_at(&mut self, depth: u32) -> Option<Value> {
        self.skip_space();
        let rest = self.data.get(self.at..)?;
        match *rest.first()? {
            b'/' => {
                self.at += 1;
                Some(Value::Name(self.name()))
            }
            b'(' => Some(Value::String(self.literal())),
            b'<' if rest.get(1) == Some(&b'<') => {
                self.at += 2;
                self.dict(depth)
            }
            b'<' => Some(Value::String(self.hexadecimal())),
            b'[' => {
                self.at += 1;
                self.array(depth)
            }
            b')' | b'>' | b']' | b'{' | b'}' => {
                self.at += 1;
                Some(Value::Word(vec![rest[0]]))
            }
            _ => Some(self.word()),
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let raw = self.regular();
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let digits = (raw.get(at + 1).copied().and_then(hex), raw.get(at + 2).copied().and_then(hex));
            if let (b'#', (Some(high), Some(low))) = (raw[at], digits) {
                name.push(high << 4 | low);
                at += 3;
            } else {
                name.push(raw[at]);
                at += 1;
            }
        }
        name
    }

    /// A number, a reference `12 0 R`, or a word.
    fn word(&mut self) -> Value {
        let word = self.regular();
        let Some(number) = std::str::from_utf8(word).ok().and_then(|w| w.parse::<f64>().ok()) else {
            return Value::Word(word.to_vec());
        };
        if word.iter().all(u8::is_ascii_digit) && number <= f64::from(u32::MAX) {
            let mut ahead = Parser::new(self.data, self.at);
            ahead.skip_space();
            let generation = ahead.regular();
            ahead.skip_space();
            if !generation.is_empty()
                && generation.len() < 6
                && generation.iter().all(u8::is_ascii_digit)
                && ahead.data.get(ahead.at) == Some(&b'R')
                && ahead.data.get(ahead.at + 1).is_none_or(|&b| !is_regular(b))
            {
                self.at = ahead.at + 1;
                return Value::Reference(number as u32);
            }
        }
        Value::Number(number)
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = 0;
        while let Some(&b) = self.data.get(self.at) {
            self.at += 1;
            match b {
                b'(' => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                _ => {}
            }
            if text.len() < MAX_STRING {
                text.push(b);
            }
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(&b) = self.data.get(self.at) else { return };
        self.at += 1;
        match b {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            // Glyphs of fonts have such numbers.
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => self.at += usize::from(self.data.get(self.at) == Some(&b'\n')),
            b'\n' => {}
            b'0'..=b'7' => {
                let mut n = u32::from(b - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.data.get(self.at) else { break };
                    n = n << 3 | u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push(n as u8);
            }
            other => text.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.at += 1;
        let rest = &self.data[self.at..];
        let len = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += (len + 1).min(rest.len());
        let digits: Vec<u8> = rest[..len].iter().copied().filter_map(hex).take(2 * MAX_STRING).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect()
    }

    fn array(&mut self, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.data.get(self.at) {
                None => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(_) if depth >= MAX_DEPTH => return None,
                // A stray end of something else: the array is broken.
                Some(b'>' | b')') => break,
                Some(_) => items.push(self.value_at(depth + 1)?),
            }
        }
        Some(Value::Array(items))
    }

    fn dict(&mut self, depth: u32) -> Option<Value> {
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.data.get(self.at) {
                None => break,
                Some(b'>') => {
                    self.at += 1 + usize::from(self.data.get(self.at + 1) == Some(&b'>'));
                    break;
                }
                Some(b'/') if depth < MAX_DEPTH => {
                    self.at += 1;
                    let key = self.name();
                    entries.push((key, self.value_at(depth + 1)?));
                }
                // Not a key: the dictionary is broken.
                Some(_) => break,
            }
        }
        Some(Value::Dict(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Value {
        Value::Name(text.into())
    }

    #[test]
    fn values() {
        let data =
            b"<< /Type /Pa#67e % c\n /Kids [1 0 R 2 0 R] /A (a\\(b\\)(c)\\101\\\n\\b\\f) /H <41 4> /N -1.5 >> null";
        let mut parser = Parser::new(data, 0);
        let dict = parser.value().unwrap();
        assert_eq!(dict.get(b"Type"), Some(&name("Page")));
        assert_eq!(dict.get(b"Kids"), Some(&Value::Array(vec![Value::Reference(1), Value::Reference(2)])));
        assert_eq!(dict.get(b"A"), Some(&Value::String(b"a(b)(c)A\x08\x0c".to_vec())));
        assert_eq!(dict.get(b"H"), Some(&Value::String(b"A@".to_vec())));
        assert_eq!(dict.get(b"N").and_then(Value::number), Some(-1.5));
        assert_eq!(parser.value(), Some(Value::Word(b"null".to_vec())));
        assert_eq!(parser.value(), None);
    }

    #[test]
    fn damage_ends() {
        for data in
            ["<< /A", "[1 [2", "(abc", "<4", "<< /A << 1 >> 2", &"[".repeat(1000), &"<</A".repeat(1000)]
        {
            let mut parser = Parser::new(data.as_bytes(), 0);
            let mut values = 0;
            while parser.value().is_some() {
                values += 1;
            }
            assert!(values <= data.len(), "{data}");
        }
    }
}
