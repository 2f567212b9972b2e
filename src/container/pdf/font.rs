//! Fonts of a PDF, as far as they say which characters a string shows (ISO 32000-1, section 9.10).

use super::object::{Parser, Value};
use std::collections::HashMap;

/// Characters and widths of a font.
#[derive(Debug, Default)]
pub struct Font {
    /// Codes have two bytes.
    pub is_wide: bool,
    unicode: HashMap<u16, String>,
    widths: HashMap<u16, f64>,
    default_width: Option<f64>,
}

/// Codes of one font that are remembered.
const MAX_CODES: usize = 1 << 16;
/// Width of a character nothing is known of, in thousandths of the font's size.
const USUAL_WIDTH: f64 = 520.0;

impl Font {
    /// A font by its dictionary; `descendant` is the dictionary of its CID font.
    pub fn new(
        font: &Value,
        descendant: Option<&Value>,
        to_unicode: Option<&[u8]>,
        encoding: Option<&Value>,
    ) -> Self {
        let mut own = Font { is_wide: font.is(b"Subtype", b"Type0"), ..Font::default() };
        if let Some(Value::Array(differences)) = encoding.and_then(|e| e.get(b"Differences")) {
            own.differences(differences);
        }
        if let Some(map) = to_unicode {
            own.read_map(map);
        }
        if let (Some(first), Some(Value::Array(widths))) =
            (font.get(b"FirstChar").and_then(Value::number), font.get(b"Widths"))
        {
            let codes = (first as u16..=u16::MAX).zip(widths.iter().filter_map(Value::number));
            own.widths.extend(codes.take(256));
        }
        if let Some(descendant) = descendant {
            own.default_width = Some(descendant.get(b"DW").and_then(Value::number).unwrap_or(1000.0));
            if let Some(Value::Array(widths)) = descendant.get(b"W") {
                own.cid_widths(widths);
            }
        }
        own
    }

    fn differences(&mut self, differences: &[Value]) {
        let mut code = 0u16;
        for item in differences.iter().take(MAX_CODES) {
            match item {
                Value::Number(n) => code = *n as u16,
                Value::Name(name) => {
                    if let Some(c) = glyph(name) {
                        self.unicode.insert(code, c.to_string());
                    }
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }

    /// `c [w1 w2 …]` and `first last w` (section 9.7.4.3).
    fn cid_widths(&mut self, widths: &[Value]) {
        let mut at = 0;
        while let Some(first) = widths.get(at).and_then(Value::number) {
            match (widths.get(at + 1), widths.get(at + 2)) {
                (Some(Value::Array(list)), _) => {
                    let codes = (first as u16..=u16::MAX).zip(list.iter().filter_map(Value::number));
                    self.widths.extend(codes.take(MAX_CODES.saturating_sub(self.widths.len())));
                    at += 2;
                }
                (Some(Value::Number(last)), Some(Value::Number(width))) => {
                    let codes = first as u16..=*last as u16;
                    let room = MAX_CODES.saturating_sub(self.widths.len());
                    self.widths.extend(codes.take(room).map(|code| (code, *width)));
                    at += 3;
                }
                _ => break,
            }
        }
    }

    /// A ToUnicode map: `beginbfchar` and `beginbfrange` sections (section 9.10.3).
    fn read_map(&mut self, map: &[u8]) {
        let mut parser = Parser::new(map, 0);
        let mut pending: Vec<Value> = Vec::new();
        while let Some(value) = parser.value() {
            let Value::Word(word) = &value else {
                if pending.len() < 3 * 256 {
                    pending.push(value);
                }
                continue;
            };
            match word.as_slice() {
                b"endbfchar" => pending.chunks_exact(2).for_each(|pair| {
                    if let (Some(code), Value::String(text)) = (code(&pair[0]), &pair[1]) {
                        self.add(code, utf16(text));
                    }
                }),
                b"endbfrange" => pending.chunks_exact(3).for_each(|range| self.add_range(range)),
                _ => {}
            }
            pending.clear();
        }
    }

    fn add(&mut self, code: u16, text: String) {
        if self.unicode.len() < MAX_CODES {
            self.unicode.insert(code, text);
        }
    }

    fn add_range(&mut self, range: &[Value]) {
        let (Some(first), Some(last)) = (code(&range[0]), code(&range[1])) else { return };
        match &range[2] {
            Value::Array(texts) => {
                for (code, text) in (first..=last).zip(texts) {
                    if let Value::String(text) = text {
                        self.add(code, utf16(text));
                    }
                }
            }
            Value::String(text) => {
                let Some(base) = utf16(text).chars().next_back() else { return };
                let head: String = {
                    let text = utf16(text);
                    text[..text.len() - base.len_utf8()].to_owned()
                };
                for code in first..=last {
                    let c = char::from_u32(u32::from(base) + u32::from(code - first));
                    self.add(code, format!("{head}{}", c.unwrap_or(char::REPLACEMENT_CHARACTER)));
                }
            }
            _ => {}
        }
    }

    /// Adds the characters of a string to `text`; gives its width in thousandths of the font's size.
    pub fn show(&self, string: &[u8], text: &mut String) -> f64 {
        let mut width = 0.0;
        let step = if self.is_wide { 2 } else { 1 };
        for code in string.chunks_exact(step) {
            let code = code.iter().fold(0, |n, &b| n << 8 | u16::from(b));
            match self.unicode.get(&code) {
                Some(known) => text.push_str(known),
                None if self.is_wide => text.push(char::from_u32(code.into()).unwrap_or(' ')),
                // WinAnsi and the standard encoding are ASCII where it matters here.
                None => text.push(char::from(code as u8)),
            }
            width += self.widths.get(&code).copied().or(self.default_width).unwrap_or(USUAL_WIDTH);
        }
        width
    }
}

fn code(value: &Value) -> Option<u16> {
    match value {
        Value::String(bytes) if bytes.len() <= 2 => Some(bytes.iter().fold(0, |n, &b| n << 8 | u16::from(b))),
        _ => None,
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The characters of tokens by their names in the Adobe Glyph List.
fn glyph(name: &[u8]) -> Option<char> {
    const NAMES: &[(&str, char)] = &[
        ("space", ' '),
        ("exclam", '!'),
        ("quotedbl", '"'),
        ("numbersign", '#'),
        ("dollar", '$'),
        ("percent", '%'),
        ("ampersand", '&'),
        ("quotesingle", '\''),
        ("quoteright", '\''),
        ("parenleft", '('),
        ("parenright", ')'),
        ("asterisk", '*'),
        ("plus", '+'),
        ("comma", ','),
        ("hyphen", '-'),
        ("minus", '-'),
        ("period", '.'),
        ("slash", '/'),
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("colon", ':'),
        ("semicolon", ';'),
        ("less", '<'),
        ("equal", '='),
        ("greater", '>'),
        ("question", '?'),
        ("at", '@'),
        ("bracketleft", '['),
        ("backslash", '\\'),
        ("bracketright", ']'),
        ("underscore", '_'),
        ("braceleft", '{'),
        ("bar", '|'),
        ("braceright", '}'),
        ("asciitilde", '~'),
    ];
    match name {
        [letter] if letter.is_ascii_alphabetic() => Some(char::from(*letter)),
        [b'u', b'n', b'i', hex @ ..] if hex.len() == 4 => {
            char::from_u32(u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?)
        }
        _ => NAMES.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, c)| *c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_characters() {
        let map = b"1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0003> <0041> <0004> <D83DDD11> endbfchar \
                    2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0078> <0079>] endbfrange";
        let font = Parser::new(b"<< /Subtype /Type0 >>", 0).value().unwrap();
        let descendant = Parser::new(b"<< /DW 500 /W [3 [600 700] 16 18 250] >>", 0).value().unwrap();
        let font = Font::new(&font, Some(&descendant), Some(map), None);
        let mut text = String::new();
        let width = font.show(&[0, 3, 0, 4, 0, 0x11, 0, 0x21], &mut text);
        assert_eq!((text.as_str(), width), ("A\u{1f511}by", 600.0 + 700.0 + 250.0 + 500.0));

        let font = Parser::new(b"<< /FirstChar 65 /Widths [100 200] >>", 0).value().unwrap();
        let encoding = Parser::new(b"<< /Differences [1 /slash /A /uni0042] >>", 0).value().unwrap();
        let font = Font::new(&font, None, None, Some(&encoding));
        let mut text = String::new();
        assert_eq!(font.show(b"AB\x01\x02\x03", &mut text), 300.0 + 3.0 * USUAL_WIDTH);
        assert_eq!(text, "AB/AB");
    }
}
