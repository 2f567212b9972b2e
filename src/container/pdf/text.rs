//! The text that a content stream shows (ISO 32000-1, section 9.4): strings put in lines by where
//! they are placed on the page.

use super::font::Font;
use super::object::{Parser, Value};
use std::collections::HashMap;

/// Operands that are kept for an operator.
const MAX_OPERANDS: usize = 64;
/// A gap of so much of the font's size parts words.
const WORD_GAP: f64 = 0.18;
/// And of so much, columns.
const COLUMN_GAP: f64 = 1.5;

/// Where text goes, in the units of the page.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    scale: f64,
}

struct Shower<'f> {
    fonts: &'f HashMap<Vec<u8>, Font>,
    fallback: Font,
    font: Option<&'f Font>,
    size: f64,
    leading: f64,
    line: Place,
    at: Place,
    /// Where the last string ended.
    end: Option<Place>,
    text: String,
}

/// The text that `content` shows with `fonts`, a line a line.
pub fn shown(content: &[u8], fonts: &HashMap<Vec<u8>, Font>) -> String {
    let origin = Place { x: 0.0, y: 0.0, scale: 1.0 };
    let mut shower = Shower {
        fonts,
        fallback: Font::default(),
        font: None,
        size: 1.0,
        leading: 0.0,
        line: origin,
        at: origin,
        end: None,
        text: String::new(),
    };
    let mut parser = Parser::new(content, 0);
    let mut operands: Vec<Value> = Vec::new();
    while let Some(value) = parser.value() {
        let Value::Word(word) = value else {
            if operands.len() < MAX_OPERANDS {
                operands.push(value);
            }
            continue;
        };
        if word == b"ID" {
            // The data of an inline image.
            let rest = content.get(parser.at..).unwrap_or_default();
            parser.at += memchr::memmem::find(rest, b"EI").map_or(rest.len(), |i| i + 2);
        }
        shower.operator(&word, &operands);
        operands.clear();
    }
    shower.text.push('\n');
    shower.text
}

impl Shower<'_> {
    fn operator(&mut self, word: &[u8], operands: &[Value]) {
        let number = |i: usize| operands.get(i).and_then(Value::number).unwrap_or(0.0);
        match word {
            b"BT" => {
                self.line = Place { x: 0.0, y: 0.0, scale: 1.0 };
                self.at = self.line;
            }
            b"Tf" => {
                if let Some(Value::Name(name)) = operands.first() {
                    self.font = self.fonts.get(name);
                }
                self.size = number(1).abs().max(0.01);
            }
            b"TL" => self.leading = number(0),
            b"Td" => self.move_line(number(0), number(1)),
            b"TD" => {
                self.leading = -number(1);
                self.move_line(number(0), number(1));
            }
            b"T*" => self.move_line(0.0, -self.leading),
            b"Tm" => {
                let scale = number(0).hypot(number(1)).max(0.01);
                self.line = Place { x: number(4), y: number(5), scale };
                self.at = self.line;
            }
            b"Tj" => self.show(operands.first()),
            b"'" => {
                self.move_line(0.0, -self.leading);
                self.show(operands.first());
            }
            b"\"" => {
                self.move_line(0.0, -self.leading);
                self.show(operands.get(2));
            }
            b"TJ" => {
                let Some(Value::Array(items)) = operands.first() else { return };
                for item in items {
                    match item {
                        Value::Number(n) => self.at.x -= n / 1000.0 * self.size * self.at.scale,
                        other => self.show(Some(other)),
                    }
                }
            }
            _ => {}
        }
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.line.x += x * self.line.scale;
        self.line.y += y * self.line.scale;
        self.at = self.line;
    }

    fn show(&mut self, string: Option<&Value>) {
        let Some(Value::String(string)) = string else { return };
        let em = self.size * self.at.scale;
        if let Some(end) = self.end {
            let gap = self.at.x - end.x;
            if (self.at.y - end.y).abs() > 0.4 * em {
                self.text.push('\n');
            } else if gap > COLUMN_GAP * em || gap < -2.0 * em {
                self.text.push('\t');
            } else if gap > WORD_GAP * em {
                self.text.push(' ');
            }
        }
        let width = self.font.unwrap_or(&self.fallback).show(string, &mut self.text);
        self.at.x += width / 1000.0 * em;
        self.end = Some(self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_put_in_lines() {
        let content = b"BT /F1 10 Tf 100 700 Td (key) Tj [ (A) 20 (B) -900 (C) -2000 (D)] TJ 0 -12 Td (two) Tj T* (x) ' ET \
                        BI /W 1 ID \x00(\xff EI BT /F1 10 Tf 1 0 0 1 100 50 Tm (last) Tj ET";
        assert_eq!(shown(content, &HashMap::new()), "keyAB C\tD\ntwo\nx\nlast\n".replace("two\nx", "twox"));
    }
}
