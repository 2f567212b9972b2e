//! Names and values in elements of markup: inside of one, side by side, in the fields of forms.

use super::reader::Reader;
use super::{Form, LINE, VALUE, is_name};

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

    /// A field of a form as browsers send it: `Content-Disposition: form-data; name="password"`, a line that is empty, the value.
    pub(super) fn form_field(&mut self, from: usize) -> bool {
        const HEAD: &[u8] = b"content-disposition:";
        let line = self.line_before();
        let is_head = line.get(..HEAD.len()).is_some_and(|head| head.eq_ignore_ascii_case(HEAD));
        if !is_head || !line.ends_with(b" name=\"") {
            return false;
        }
        let blank = match self.rest(from) {
            [b'\r', b'\n', b'\r', b'\n', ..] => 4,
            [b'\n', b'\n', ..] => 2,
            _ => return true,
        };
        let value = from + blank;
        let len = self.rest(value).iter().take(VALUE).take_while(|b| !matches!(b, b'\r' | b'\n')).count();
        if self.rest(value + len).trim_ascii_start().starts_with(b"--") {
            self.give(value..value + len, Form::Pair, true, false);
        }
        true
    }

    /// The text of an element.
    pub(super) fn element(&mut self, from: usize, is_quoted: bool) {
        let before = &self.text[self.name.start.saturating_sub(12)..self.name.start];
        let is_tag = before.ends_with(b"<") || before.ends_with(b":") && self.is_tag();
        let of_name = || {
            [&b" name=\""[..], b" key=\"", b" name='", b" key='", b" id=\""]
                .iter()
                .any(|a| before.ends_with(a))
        };
        if !(is_tag && !is_quoted || is_quoted && of_name()) {
            return;
        }
        // `<property name="password"><value>x</value></property>`
        self.text_of(self.behind_value_tag(from).unwrap_or(from));
    }

    /// Behind the `<value>` that may stand at `from`, or below.
    pub(super) fn behind_value_tag(&self, from: usize) -> Option<usize> {
        let inner = self.blanks_and_line(from);
        // The last two are of custom properties of Office.
        const TAGS: [&[u8]; 3] = [b"<value", b"<vt:lpwstr", b"<vt:bstr"];
        let rest = self.rest(inner);
        let tag = TAGS.iter().find(|tag| {
            matches!(rest.get(tag.len()), Some(b'>' | b' '))
                && rest.get(..tag.len()).is_some_and(|have| have.eq_ignore_ascii_case(tag))
        })?;
        let end = memchr::memchr(b'>', &rest[..rest.len().min(LINE)])?;
        (end >= tag.len()).then_some(inner + end + 1)
    }

    /// The text of an element from `from` to its end, on one line.
    pub(super) fn text_of(&mut self, from: usize) {
        let line = self.text[from..self.text.len().min(from + VALUE)].iter();
        let len = line.take_while(|b| !matches!(b, b'<' | b'\n' | 0)).count();
        if !(self.rest(from + len).starts_with(b"</") || self.rest(from + len).starts_with(b"<!")) {
            return;
        }
        if self.rest(from).starts_with(b"<![CDATA[") {
            let from = from + 9;
            if let Some(len) =
                memchr::memmem::find(&self.text[from..self.text.len().min(from + VALUE)], b"]]>")
            {
                self.give(from..from + len, Form::Element, true, false);
            }
            return;
        }
        let value = self.trimmed(from..from + len);
        // `<key>password</key><string>x</string>`
        if value.is_empty() && self.rest(from).starts_with(b"</") {
            return;
        }
        // `<definedName name="password">&quot;x&quot;</definedName>`
        let inner = match &self.text[value.clone()] {
            [b'"', .., b'"'] => value.start + 1..value.end - 1,
            [b'&', b'q', b'u', b'o', b't', b';', .., b'&', b'q', b'u', b'o', b't', b';'] => {
                value.start + 6..value.end - 6
            }
            _ => value,
        };
        self.give(inner, Form::Element, true, false);
    }
}
