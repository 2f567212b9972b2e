//! Names and values that are elements of their own, one behind the other.

use super::reader::Reader;
use super::{Form, VALUE, is_name};

/// Longest name of an element.
const TAG: usize = 40;
/// Elements behind a name among which its value is looked for: a type or a description may stand between.
const BESIDE: usize = 3;

impl Reader<'_, '_> {
    /// `<name>db.password</name><value>x</value>`: at the name of the tag that ends the name, the element with its value. So
    /// settings of Hadoop, property lists and descriptors of Java's servers are written.
    pub(super) fn element_behind(&mut self, from: usize) {
        let len = self.tag_len(from);
        if len == 0 || self.byte(from + len) != b'>' {
            return;
        }
        let text = self.text;
        let tag = &text[from..from + len];
        let is_value = |other: &[u8]| match tag {
            b"key" => matches!(other, b"string" | b"value"),
            b"name" => matches!(other, b"value" | b"defaultValue"),
            b"Name" | b"Key" => other == b"Value",
            _ => tag
                .strip_suffix(b"-name")
                .is_some_and(|stem| other.strip_suffix(b"-value").is_some_and(|of| of == stem)),
        };
        let mut at = from + len + 1;
        for _ in 0..BESIDE {
            at = self.blanks_and_line(at);
            if self.byte(at) != b'<' {
                return;
            }
            let len = self.tag_len(at + 1);
            let inside = at + 1 + len + 1;
            if len == 0 || self.byte(inside - 1) != b'>' {
                return;
            }
            let rest = self.rest(inside);
            let Some(end) = memchr::memchr2(b'<', b'\n', &rest[..rest.len().min(VALUE)]) else { return };
            if rest[end] != b'<' || !rest[end..].starts_with(b"</") {
                return;
            }
            if is_value(&text[at + 1..at + 1 + len]) {
                if end > 0 {
                    self.give(inside..inside + end, Form::Element, true, false);
                }
                return;
            }
            at = inside + end + 2 + self.tag_len(inside + end + 2) + 1;
        }
    }

    fn tag_len(&self, from: usize) -> usize {
        self.rest(from)
            .iter()
            .take(TAG)
            .take_while(|b| is_name(**b) || matches!(b, b'-' | b':' | b'.'))
            .count()
    }
}
