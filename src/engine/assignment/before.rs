//! Values that stand before their name, and those beside a name in a call around both.

use super::forms::without_receiver;
use super::reader::Reader;
use super::{Form, is_name};
use std::ops::Range;

/// Labels of arguments whose text names what stands before them: Swift, Objective-C.
const LABELS: &[&[u8]] =
    &[b"forKey:", b"forHTTPHeaderField:", b"forHeader:", b"forHeaderField:", b"forKeyPath:", b"withKey:"];
/// What compares two things or fills one in, in lower case: ends of names.
const CALLS: &[&[u8]] = &[
    b"assertequal",
    b"assertequals",
    b"assertsame",
    b"assertthat",
    b"assert_eq",
    b"expect_eq",
    b"streq",
    b"assert.equal",
    b"assert.strictequal",
    b"areequal",
    b"equal",
    b"strictequal",
    b"compare",
    b"strcmp",
    b"entertext",
    b"filltext",
    b"fill",
    b"type",
    b"sendkeys",
    b"setvalue",
    b"simulate",
    b"fireevent.change",
    b"fireevent.input",
    b"is",
];

/// Whether the bracket that `line` leaves open last is that of a list, no call's: `interfaces = ("jid", `.
fn is_in_tuple(line: &[u8]) -> bool {
    let Some(open) = memchr::memrchr(b'(', line) else { return false };
    !line[open..].contains(&b')')
        && matches!(line[..open].trim_ascii_end().last(), Some(b'=' | b'(' | b'[' | b':'))
}

impl Reader<'_, '_> {
    /// The text in quotes whose closing quote is the last byte before `end`.
    fn text_before(&self, end: usize) -> Option<Range<usize>> {
        let line = self.line_before();
        let start = self.name.start - line.len();
        let close = end.checked_sub(1).filter(|close| *close >= start)?;
        let mark = self.text[close];
        if !matches!(mark, b'"' | b'\'') || self.text[..close].ends_with(b"\\") {
            return None;
        }
        let open = start + memchr::memrchr(mark, &self.text[start..close])?;
        (open + 1 < close).then_some(open + 1..close)
    }

    /// Where what stands before `end` ends without blanks, and one comma.
    fn back(&self, end: usize) -> usize {
        let before = self.text[..end].trim_ascii_end();
        before.strip_suffix(b",").unwrap_or(before).trim_ascii_end().len()
    }

    /// `set("value", forKey: "name")`, `setValue:@"value" forHTTPHeaderField:@"name"`. Whether it is one.
    pub(super) fn labelled(&mut self) -> bool {
        let line = self.line_before();
        let quotes = line.iter().rev().take_while(|b| matches!(b, b'"' | b'@')).count();
        let label = line[..line.len() - quotes].trim_ascii_end();
        let Some(found) = LABELS.iter().find(|l| label.ends_with(l)) else { return false };
        let end = self.back(self.name.start - line.len() + label.len() - found.len());
        if let Some(value) = self.text_before(end) {
            self.give(value, Form::Sibling, true, false);
        }
        true
    }

    /// `"value".equals(name)`, `"value" == name`, `assertEquals("value", x.getName())`.
    pub(super) fn compared_before(&mut self) {
        let whole = self.line_before();
        let from = self.name.start - whole.len();
        let line = without_receiver(whole);
        let before = line.trim_ascii_end();
        let call = [&b".equals("[..], b".equalsIgnoreCase(", b".isEqualTo(", b"==", b"==="]
            .iter()
            .find(|call| before.ends_with(call))
            .map(|call| before.len() - call.len());
        let end = match call {
            Some(len) => len,
            None if before.ends_with(b",") && self.is_in_call(line) => before.len() - 1,
            None => return,
        };
        let end = from + line[..end].trim_ascii_end().len();
        if let Some(value) = self.text_before(end)
            && value.start - 1 > from
            && (call.is_some() || {
                let before = &self.text[from..value.start - 1];
                // Go hands the test to its assertions first.
                before.ends_with(b"(") || before.ends_with(b"(t, ")
            })
        {
            self.give(value, Form::Compare, true, false);
        }
    }

    /// `enterText(find.byKey(Key("name")), "value")`: behind the comma at `at`, the other argument.
    pub(super) fn other_argument(&mut self, at: usize) {
        if self.is_in_call(self.line_before()) {
            let mut at = self.blanks_and_line(at + 1);
            // React: `fireEvent.change(field, { target: { value: "x" } })`.
            const EVENT: &[u8] = b"{ target: { value: ";
            at += if self.rest(at).starts_with(EVENT) { EVENT.len() } else { 0 };
            // Hamcrest: `assertThat(user.getPassword(), is("x"))`; Rust: `Some("x")`.
            const MATCHERS: [&[u8]; 4] = [b"is(", b"equalTo(", b"eq(", b"Some("];
            at += MATCHERS.iter().find(|m| self.rest(at).starts_with(m)).map_or(0, |m| m.len());
            if let Some(value) = self.quote(at)
                && matches!(self.byte(self.blanks(value.end + 1)), b')' | b',' | b'}')
            {
                self.give(value, Form::Compare, true, false);
            }
        }
    }

    /// Whether the outermost call that `line` leaves open compares, or fills something in.
    fn is_in_call(&self, line: &[u8]) -> bool {
        let mut open = [0; 8];
        let mut depth = 0;
        for (at, b) in line.iter().enumerate() {
            match b {
                b'(' => {
                    if let Some(slot) = open.get_mut(depth) {
                        *slot = at;
                    }
                    depth += 1;
                }
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return false;
        }
        let callee = &line[..open[0]];
        let callee = callee.strip_suffix(b"!").unwrap_or(callee);
        let from = callee.iter().rposition(|b| !is_name(*b) && *b != b'.').map_or(0, |i| i + 1);
        let callee = callee[from..].to_ascii_lowercase();
        CALLS.iter().any(|call| {
            callee.ends_with(call)
                && (call.len() > 4 || callee.len() == call.len() || {
                    callee[callee.len() - call.len() - 1] == b'.'
                })
        })
    }

    /// Whether the call whose first argument the name is puts what follows under it.
    pub(super) fn is_put(&self) -> bool {
        const PUTS: [&[u8]; 11] = [
            b"put",
            b"setproperty",
            b"setenv",
            b"putenv",
            b"option",
            b"header",
            b"setheader",
            b"addheader",
            b"setdefault",
            b"setattribute",
            b"setenvironmentvariable",
        ];
        let line = self.line_before();
        let quotes = line.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'@')).count();
        let Some(before) = line[..line.len() - quotes].trim_ascii_end().strip_suffix(b"(") else {
            return false;
        };
        let from = before.iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(0, |i| i + 1);
        PUTS.contains(&&before[from..].to_ascii_lowercase()[..])
    }

    /// A quoted name that is not the first of its call: `{"name": "password", "value": "x"}`,
    /// `setField(object, "password", "x")`.
    pub(super) fn inner_argument(&mut self, from: usize) {
        let line = self.line_before();
        let quotes = line.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'\\' | b'@')).count();
        let before = line[..line.len() - quotes].trim_ascii_end();
        let label = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"=")).map(|label| {
            let label = label.trim_ascii_end();
            let end = label.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
            &label[..label.len() - end]
        });
        match label {
            Some(label) => {
                let from_word = label.iter().rposition(|b| !is_name(*b)).map_or(0, |i| i + 1);
                if [&b"name"[..], b"key", b"Name", b"Key", b"id", b"field", b"dest", b"ParameterKey"]
                    .contains(&&label[from_word..])
                {
                    self.sibling(from);
                }
            }
            None if before.ends_with(b",")
                && is_in_tuple(before)
                && !self.text[self.name.clone()].starts_with(b"--") => {}
            None if before.ends_with(b",") && memchr::memchr(b'(', before).is_some() => {
                let is_option = self.text[self.name.clone()].starts_with(b"--");
                let at = self.blanks_and_line(from);
                match self.quote(at) {
                    Some(value) if self.byte(self.blanks(value.end + 1)) == b')' => {
                        self.give(value, Form::Argument, true, false);
                    }
                    Some(_) if is_option => self.option_in_list(from),
                    Some(_) => {}
                    // `add_option("-p", "--password", default="x")`
                    None => self.sibling(from),
                }
            }
            None if self.text[self.name.clone()].starts_with(b"--") => self.option_in_list(from),
            None => {}
        }
    }

    /// An argument of a program behind its option, each a text: `["mysql", "--password", "x"]`.
    pub(super) fn option_in_list(&mut self, from: usize) {
        let line = self.line_before();
        // What declares an option describes it behind the name.
        let declares = [&b"option"[..], b"Option", b"argument", b"Argument", b"flag", b"Flag"]
            .iter()
            .any(|word| memchr::memmem::find(line, word).is_some());
        let at = self.blanks_and_line(from);
        if let Some(value) = self.quote(at)
            && !declares
            && self.byte(value.start) != b'-'
            && memchr::memchr(b' ', &self.text[value.clone()]).is_none()
        {
            self.give(value, Form::Flag, true, false);
        }
    }
}
