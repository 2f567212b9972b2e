//! What is done with a name that stands in a call: it is compared, looked for on a page and filled
//! in, made in a test.

use super::reader::Reader;
use super::{Form, is_name};
use std::cell::OnceCell;

/// What types into a field that was looked for, in lower case letters.
const FILLS: &[&str] = &[
    "type",
    "sendkeys",
    "fill",
    "setvalue",
    "val",
    "value",
    "filltext",
    "entertext",
    "typetext",
    "settext",
    "replacetext",
    "presssequentially",
];
/// What a test has it give, in lower case letters.
const RETURNS: &[&str] =
    &["thenreturn", "andreturn", "willreturn", "mockreturnvalue", "returns", "withvalue"];
/// What gives another value where there is none, in lower case letters.
const DEFAULTS: &[&str] = &["unwrapor", "unwraporelse", "orelse", "getorelse", "ordefault"];
/// What compares, in lower case letters.
const COMPARES: &[&str] = &[
    "equals",
    "equalsignorecase",
    "isequalto",
    "tobe",
    "toequal",
    "tostrictequal",
    "equal",
    "eq",
    "eql",
    "compareto",
    "isequaltostring",
    "isequal",
    "contentequals",
];
/// What may stand between, with nothing in its brackets.
const STEPS: usize = 4;

impl Reader<'_, '_> {
    /// `).isEqualTo("value")`, `.type('value')`: methods called on what the name is an argument or the
    /// name of.
    pub(super) fn methods(&mut self, from: usize) {
        let mut at = from;
        for _ in 0..STEPS {
            while matches!(self.byte(at), b')' | b']') {
                at += 1;
            }
            if self.byte(at) == b',' && at > from {
                self.other_argument(at);
                return;
            }
            at = self.blanks_and_line(at);
            at += usize::from(self.byte(at) == b'?');
            let arrow = if self.rest(at).starts_with(b"->") { 2 } else { usize::from(self.byte(at) == b'.') };
            if arrow == 0 {
                return;
            }
            at += arrow;
            let len = self.rest(at).iter().take(24).take_while(|b| is_name(**b)).count();
            let method: Vec<u8> =
                self.text[at..at + len].iter().filter(|b| **b != b'_').map(u8::to_ascii_lowercase).collect();
            at += len;
            let is = |list: &[&str]| list.iter().any(|m| m.as_bytes() == method);
            match self.byte(at) {
                b'(' if self.byte(at + 1) == b')' => at += 2,
                b'(' if is(COMPARES) => {
                    let at = self.blanks(at + 1);
                    self.quoted(at, Form::Compare);
                    return;
                }
                b'(' if is(FILLS) => {
                    let at = self.blanks(at + 1);
                    self.quoted(at, Form::Call);
                    return;
                }
                b'(' if is(RETURNS) => {
                    let at = self.blanks(at + 1);
                    self.quoted(at, Form::Assign);
                    return;
                }
                // `env::var("API_TOKEN").unwrap_or_else(|_| "x".to_string())`
                b'(' if is(DEFAULTS) => {
                    const CLOSURES: [&[u8]; 3] = [b"|_| ", b"|| ", b"() -> "];
                    let inner = self.rest(at + 1);
                    let closure = CLOSURES.iter().find(|closure| inner.starts_with(closure));
                    let at = self.blanks(at + 1 + closure.map_or(0, |closure| closure.len()));
                    if !self.quoted(at, Form::Default) {
                        self.wrapped(at, Form::Default);
                    }
                    return;
                }
                // `getElementById("password").value = "x"`
                b' ' | b'=' if is(&["value", "text", "innertext"]) => {
                    let at = self.blanks(at);
                    if self.byte(at) == b'=' && self.byte(at + 1) != b'=' {
                        let at = self.blanks(at + 1);
                        self.quoted(at, Form::Assign);
                    }
                    return;
                }
                // `expect(x).to.be.equal("value")`
                b'.' => {}
                // RSpec: `expect(x).to eq('value')`.
                b' ' if method == b"to" => {
                    let verb = self.blanks(at);
                    let rest = self.rest(verb);
                    let len = [&b"eq"[..], b"eql", b"equal", b"be"]
                        .iter()
                        .filter(|v| rest.starts_with(v) && matches!(rest.get(v.len()), Some(b' ' | b'(')))
                        .map(|v| v.len())
                        .next();
                    if let Some(len) = len {
                        let at = self.blanks(verb + len + usize::from(self.byte(verb + len) == b'('));
                        self.quoted(at, Form::Compare);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// Whether the name is the last of a selector in quotes, `'input[name="password"]'`; where the
    /// quotes end.
    pub(super) fn selector_end(&self) -> Option<usize> {
        let mark = self.inside()?;
        let mut at = self.name.end;
        let marks = |b: u8| matches!(b, b']' | b'"' | b'\'' | b'\\');
        while at < self.name.end + 4 && marks(self.byte(at)) && self.byte(at) != mark {
            at += 1;
        }
        let before = self.text[..self.name.start].last().copied().unwrap_or(b' ');
        // A key: `cfg["password"]`; a blank to be filled in: `"[password]"`.
        let is_blank = before == b'[' && self.text[..self.name.start - 1].ends_with(&[mark]);
        if before == mark || is_blank {
            return None;
        }
        let is_selector = before == b'#'
            || self.byte(self.name.end) == b']'
            || self.text[self.name.clone()].starts_with(b".")
            || at > self.name.end && self.byte(at - 1) == b']';
        (is_selector && self.byte(at) == mark).then_some(at + 1)
    }

    /// `let(:password) { 'value' }`, `let(:password) do` and a line.
    pub(super) fn block(&mut self, from: usize) {
        let at = self.blanks(from);
        let inner = match self.rest(at) {
            [b'{', ..] => at + 1,
            [b'd', b'o', b'\n' | b'\r', ..] => at + 2,
            _ => return,
        };
        let at = self.blanks_and_line(inner);
        self.quoted(at, Form::Assign);
    }

    /// What is sent when a prompt comes that ends with the name: `expect("password:")` and `send "x\r"`.
    /// `at` is behind the name.
    pub(super) fn prompted(&mut self, at: usize) -> bool {
        let end =
            at + self.rest(at).iter().take(4).take_while(|b| matches!(b, b':' | b' ' | b'*' | b'?')).count();
        // Nearly always a value follows, not the end of a string.
        if !matches!(self.byte(end), b'"' | b'\'' | b'`') || self.inside() != Some(self.byte(end)) {
            return false;
        }
        let mut at = end + 1;
        at += self.rest(at).iter().take(2).take_while(|b| matches!(b, b')' | b';')).count();
        let is_case = self.byte(self.blanks(at)) == b'{';
        if !is_case && memchr::memmem::find(self.line_before(), b"expect").is_none() {
            return false;
        }
        at = self.blanks_and_line(self.blanks(at) + usize::from(is_case));
        // `child.sendline(`, `send -- `
        let call = self
            .rest(at)
            .iter()
            .take(40)
            .take_while(|b| is_name(**b) || matches!(b, b'.' | b'(' | b' ' | b'-'));
        let call = call.count();
        if memchr::memmem::find(&self.text[at..at + call], b"send").is_none() {
            return false;
        }
        self.inside = OnceCell::from(None);
        let Some(mut value) = self.quote(at + call) else { return false };
        while self.text[value.clone()].ends_with(b"\\r") || self.text[value.clone()].ends_with(b"\\n") {
            value.end -= 2;
        }
        self.give(value, Form::Call, true, false);
        true
    }

    /// What a function of the name gives, behind its `()`: `getPassword() { return "x"; }`, `password() = "x"`.
    pub(super) fn returned(&mut self, from: usize) {
        let part = |b: &u8| is_name(*b) || matches!(b, b' ' | b':' | b'*');
        let kind = self.rest(from).iter().take(32).take_while(|b| part(b)).count();
        let at = self.blanks_and_line(from + kind);
        match self.rest(at) {
            [b'{', ..] => {
                let at = self.blanks_and_line(at + 1);
                if self.rest(at).starts_with(b"return ") {
                    let at = self.blanks(at + 6);
                    if let Some(value) = self.quote(at)
                        && matches!(self.byte(self.blanks_and_line(value.end + 1)), b';' | b'}')
                    {
                        self.give(value, Form::Assign, true, false);
                    }
                }
            }
            [b'=', next, ..] if *next != b'=' => {
                let at = self.blanks(at + 1 + usize::from(*next == b'>'));
                self.quoted(at, Form::Assign);
            }
            _ => {}
        }
    }

    /// `{ get; set; } = "value"`, `{ 'value' }`.
    pub(super) fn property(&mut self, from: usize) {
        let inner = self.blanks(from);
        if matches!(self.byte(inner), b'"' | b'\'') {
            self.quoted(inner, Form::Call);
            return;
        }
        let rest = self.rest(from);
        let rest = &rest[..rest.len().min(60)];
        let Some(len) = memchr::memchr2(b'}', b'\n', rest) else { return };
        let is_word = |b: &u8| is_name(*b) || matches!(b, b' ' | b';');
        if rest[len] != b'}' || !rest[..len].iter().all(is_word) || !rest[..len].contains(&b';') {
            return;
        }
        let at = self.blanks(from + len + 1);
        if self.byte(at) == b'=' {
            let at = self.blanks(at + 1);
            self.quoted(at, Form::Assign);
        }
    }

    /// `Type: String` and then `Default: value`, indented below the name.
    pub(super) fn below(&mut self, from: usize) {
        let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
        let own = indent(self.line_before());
        let mut at = from;
        for nth in 0..6 {
            let rest = self.rest(at);
            let Some(end) = memchr::memchr(b'\n', &rest[..rest.len().min(super::LINE)]) else { return };
            at += end + 1;
            let line = self.rest(at);
            let inner = indent(&line[..line.len().min(super::GAP)]);
            if inner <= own {
                return;
            }
            // Helm and others: `password:` and `value: x` right below it.
            let keys: &[&[u8]] = match nth {
                0 => &[b"Default: ", b"default: ", b"value: "],
                _ => &[b"Default: ", b"default: "],
            };
            for key in keys {
                if line[inner..].starts_with(key) {
                    let value = self.blanks(at + inner + key.len());
                    self.bare(value, Form::Sibling);
                    return;
                }
            }
        }
    }

    /// Whether a type and an operator stand at `from`: ` string = `.
    pub(super) fn is_typed(&self, from: usize) -> bool {
        let at = self.blanks(from);
        let kind = self
            .rest(at)
            .iter()
            .take(40)
            .take_while(|b| is_name(**b) || matches!(b, b'[' | b']' | b'|' | b' '));
        let kind = kind.count();
        kind > 0 && self.byte(at + kind) == b'=' && !matches!(self.byte(at + kind + 1), b'=' | b'>')
    }

    /// Where the value is behind a keyword of Robot Framework, whose words two blanks or more set apart:
    /// `Input Password    id=pw    x`, `Fill Text    id=password    x`. `at` is what follows the name.
    pub(super) fn keyword_value(&self, before: &[u8], at: usize) -> Option<usize> {
        const KEYWORDS: [&[u8]; 4] = [b"input", b"fill", b"type", b"enter"];
        let first = before.split(|b| *b == b' ').next()?.to_ascii_lowercase();
        if !KEYWORDS.contains(&&first[..]) || self.inside().is_some() {
            return None;
        }
        let is_apart = |at: usize| {
            let gap = &self.text[self.text[..at].trim_ascii_end().len()..at];
            gap.len() > 1 || gap == b"\t"
        };
        // The name is the end of the place to fill in; else that place follows it.
        let value = if before.len() > first.len() && memchr::memchr(b'=', before).is_some() {
            at
        } else {
            let place = self.rest(at).iter().take(80).take_while(|b| !b.is_ascii_whitespace()).count();
            self.blanks(at + place)
        };
        (is_apart(at) && is_apart(value)).then_some(value)
    }
}
