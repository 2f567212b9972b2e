//! Values of any form that are plainly assigned to a name: `password = "Tr0ub4dor&3"`, `PGPASSWORD=x`,
//! `<password>x</password>`, `setPassword("x")`.
//!
//! It starts at a hot word (`passw`, `secret`, `token` …) that the prefilter met. Most of them are the
//! middle of prose or of code, so the first thing looked at is the byte behind the whole name; only an
//! operator, a quote, a bracket or a blank goes on. Nothing is allocated and nothing is searched for
//! further away than a few hundred bytes. Whether the value is a secret is for `triage/score.rs`.

use std::ops::Range;

/// Longest part of a name before and behind its hot word, in bytes.
const NAME: usize = 64;
/// Longest stretch of blanks between name, operator and value.
const GAP: usize = 80;
/// Longest value.
const VALUE: usize = 512;
/// Longest look back for the start of a line, and ahead for a default behind an expression.
const LINE: usize = 240;
/// Most values of one list.
const ITEMS: usize = 8;

/// How a value stands to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `name = "value"`
    Assign,
    /// `"name": "value"`, `name => "value"`
    Pair,
    /// `name == "value"`
    Compare,
    /// `f("name", "value")`
    Argument,
    /// `setName("value")`
    Call,
    /// `<name>value</name>`
    Element,
    /// `name="NAME" value="value"`
    Sibling,
    /// `--name value`
    Flag,
    /// `name "value"`, `ENV NAME value`
    Word,
    /// `get("name", "value")`, `name || "value"`, `${NAME:-value}`
    Default,
    /// One of several in brackets.
    Item,
    /// `NAME=value`
    Environment,
    /// `name: value`
    Yaml,
    /// `name = value`
    Setting,
    /// A sentence: `the password is value`.
    Prose,
}

/// A value and the name it is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name: a whole identifier, perhaps a path.
    pub name: Range<usize>,
    /// The value, without its quotes.
    pub value: Range<usize>,
    /// How it stands to the name.
    pub form: Form,
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Whether more words follow on its line, which may belong to it.
    pub goes_on: bool,
}

/// Calls `found` with each value that is assigned to the name around the hot word at `word`.
pub fn find(text: &[u8], word: Range<usize>, found: &mut dyn FnMut(Named)) {
    let end = name_end(text, word.end);
    match text.get(end) {
        Some(
            b'"' | b'\'' | b'`' | b'\\' | b' ' | b'\t' | b'=' | b':' | b'(' | b'[' | b']' | b'>' | b'|'
            | b'?' | b'+' | b'!' | b'<' | b'{' | b',' | b'&' | b'*' | b')',
        ) => {}
        // `name: DB_PASSWORD` and its value on the next line.
        Some(b'\n' | b'\r') => {
            let start = name_start(text, word.start);
            let before = text[..start].trim_ascii_end();
            if !before.ends_with(b"name:") && !before.ends_with(b"key:") && !before.ends_with(b"Name:") {
                return;
            }
            Reader { text, name: start..end, inside: None, found }.sibling(end);
            return;
        }
        _ => return,
    }
    let start = name_start(text, word.start);
    let mut reader = Reader { text, name: start..end, inside: None, found };
    reader.after_name();
}

/// What is at the end of `IDENTIFIED BY`: the same for a hot word that is no name but a clause.
pub fn find_clause(text: &[u8], word: Range<usize>, found: &mut dyn FnMut(Named)) {
    let mut reader = Reader { text, name: word.clone(), inside: None, found };
    reader.inside = reader.string_around();
    let at = reader.blanks(word.end);
    if at > word.end {
        reader.quoted(at, Form::Word);
    }
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

fn name_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < text.len() && at < from + NAME {
        let next = || text.get(at + 1).copied().unwrap_or(0);
        match text[at] {
            b if is_name(b) => {}
            b'-' if next().is_ascii_alphanumeric() => {}
            b'.' if next().is_ascii_alphabetic() => {}
            _ => break,
        }
        at += 1;
    }
    at
}

fn name_start(text: &[u8], from: usize) -> usize {
    let floor = from.saturating_sub(NAME);
    let mut at = from;
    while at > floor && (is_name(text[at - 1]) || matches!(text[at - 1], b'-' | b'.' | b'$' | b'@')) {
        at -= 1;
    }
    at
}

/// A quotation mark as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quote {
    mark: u8,
    /// `"""`
    triple: bool,
    /// `\"`
    escaped: bool,
    /// `&quot;`
    entity: bool,
}

impl Quote {
    fn at(text: &[u8], at: usize) -> Option<(Quote, usize)> {
        let rest = text.get(at..)?;
        let plain = |mark| Quote { mark, triple: false, escaped: false, entity: false };
        match rest {
            [a @ (b'"' | b'\''), b, c, ..] if a == b && b == c => {
                Some((Quote { triple: true, ..plain(*a) }, 3))
            }
            [a @ (b'"' | b'\'' | b'`'), ..] => Some((plain(*a), 1)),
            [b'\\', a @ (b'"' | b'\''), ..] => Some((Quote { escaped: true, ..plain(*a) }, 2)),
            _ if rest.starts_with(b"&quot;") => Some((Quote { entity: true, ..plain(b'"') }, 6)),
            _ => None,
        }
    }

    /// Where the text that this opened ends before, on the same line.
    fn close(self, text: &[u8], from: usize) -> Option<usize> {
        let stop = text.len().min(from + VALUE);
        let mut at = from;
        while at < stop {
            match text[at] {
                b'\n' | 0 => return None,
                b'&' if self.entity && text[at..].starts_with(b"&quot;") => return Some(at),
                b'\\' if self.escaped => {
                    if text.get(at + 1) == Some(&self.mark) {
                        return Some(at);
                    }
                    at += 1;
                }
                b'\\' => at += 1,
                // The string around it ends: so does this.
                b if b == self.mark && (self.escaped || self.entity) => return Some(at),
                b if b == self.mark => {
                    let doubled = self.triple && !text[at..].starts_with(&[self.mark; 3]);
                    if !doubled {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}

struct Reader<'t, 'f> {
    text: &'t [u8],
    name: Range<usize>,
    /// The string that the name stands in.
    inside: Option<u8>,
    found: &'f mut dyn FnMut(Named),
}

impl<'t> Reader<'t, '_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b'\n')
    }

    fn rest(&self, at: usize) -> &'t [u8] {
        self.text.get(at..).unwrap_or_default()
    }

    /// Behind blanks, on the same line.
    fn blanks(&self, from: usize) -> usize {
        from + self.rest(from).iter().take(GAP).take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// Behind blanks and one end of line.
    fn blanks_and_line(&self, from: usize) -> usize {
        let mut at = self.blanks(from);
        // A continued line: `\` in shells, `_` nowhere else.
        if self.rest(at).starts_with(b"\\\n") {
            at += 1;
        }
        if self.byte(at) == b'\r' {
            at += 1;
        }
        if self.byte(at) == b'\n' && at < self.text.len() {
            at = self.blanks(at + 1);
        }
        at
    }

    /// The bytes of the line before the name.
    fn line_before(&self) -> &'t [u8] {
        let before = &self.text[self.name.start.saturating_sub(LINE)..self.name.start];
        &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..]
    }

    /// The mark of the string that the name stands in, by what the line opens before it.
    fn string_around(&self) -> Option<u8> {
        let mut open = None;
        let (mut last, mut escaped) = (b' ', false);
        for &b in self.line_before() {
            if !escaped && matches!(b, b'"' | b'\'' | b'`') {
                open = match open {
                    None if b == b'\'' && last.is_ascii_alphanumeric() => None,
                    None => Some(b),
                    Some(mark) if mark == b => None,
                    open => open,
                };
            }
            escaped = b == b'\\' && !escaped;
            last = b;
        }
        open
    }

    fn give(&mut self, value: Range<usize>, form: Form, quoted: bool, goes_on: bool) {
        if !value.is_empty() {
            (self.found)(Named { name: self.name.clone(), value, form, quoted, goes_on });
        }
    }

    fn after_name(&mut self) {
        let (start, end) = (self.name.start, self.name.end);
        let before = start.checked_sub(1).map_or(b'\n', |i| self.text[i]);
        let mut at = end;
        let mut is_quoted = false;
        match Quote::at(self.text, at) {
            Some((quote, len)) if !quote.triple => {
                if before != quote.mark && !(quote.entity && before == b';') {
                    // The end of a longer text: `"the password"`, `"db password": "…"`.
                    if !self.ends_phrase(quote) {
                        return;
                    }
                }
                is_quoted = true;
                at += len;
            }
            Some(_) => return,
            // `*password*: x` in notes.
            None if self.byte(at) == b'*' && before == b'*' => {
                at += self.rest(at).iter().take(2).take_while(|b| **b == b'*').count();
            }
            None => {}
        }
        self.inside = if is_quoted { None } else { self.string_around() };
        // `cfg["password"]`, `char password[16]`.
        let is_closed = self.byte(at) == b']' || is_quoted && self.byte(at) == b')';
        if is_closed {
            at += 1;
            if self.byte(at) == b']' {
                at += 1;
            }
        } else if !is_quoted && self.byte(at) == b'[' {
            let inner = self.rest(at + 1).iter().take(24).take_while(|b| is_name(**b)).count();
            if self.byte(at + 1 + inner) != b']' {
                return;
            }
            at += inner + 2;
        }
        let blanks = self.blanks(at);
        let rest = self.rest(blanks);
        match rest {
            [b'=', b'=', ..] | [b'!', b'=', ..] => {
                let to = blanks + rest.iter().take(3).take_while(|b| matches!(b, b'=' | b'!')).count();
                let at = self.blanks(to);
                self.quoted(at, Form::Compare);
            }
            [b'=', b'~', ..] => {}
            [b'=', b'>', ..] if is_closed && self.byte(at - 1) == b')' => {}
            [b'=', b'>', ..] => {
                let at = self.blanks_and_line(blanks + 2);
                self.value(at, Form::Pair);
            }
            [b'=', ..] => {
                let spaced = blanks > at || matches!(self.byte(blanks + 1), b' ' | b'\t');
                let form = if spaced { Form::Setting } else { Form::Environment };
                self.value_behind_line(blanks + 1, form);
            }
            [b':', b'=', ..] if before == b'{' => self.until(blanks + 2, b'}'),
            [b':', b'=', ..]
            | [b'+', b'=', ..]
            | [b'?', b'=', ..]
            | [b'<', b'-', ..]
            | [b'|', b'=', ..]
            | [b'.', b'=', ..] => self.value_behind_line(blanks + 2, Form::Setting),
            [b'|', b'|', b'=', ..] | [b'?', b'?', b'=', ..] => {
                self.value_behind_line(blanks + 3, Form::Setting);
            }
            [b'|', b'|', ..] | [b'?', b'?', ..] | [b'?', b':', ..] => {
                let at = self.blanks(blanks + 2);
                self.quoted(at, Form::Default);
            }
            [b':', b':', b'=', ..] => self.value_behind_line(blanks + 3, Form::Setting),
            [b':', b':', ..] => {}
            [b':', b'-', ..] if before == b'{' => self.until(blanks + 2, b'}'),
            [b':', ..] => self.colon(blanks + 1),
            [b'-', ..] if blanks == end && before == b'{' => self.until(blanks + 1, b'}'),
            [b',', ..] if is_quoted && !is_closed && self.is_first() => self.argument(blanks + 1),
            [b',', ..] if self.is_compared() => {
                let at = self.blanks(blanks + 1);
                self.quoted(at, Form::Compare);
            }
            [b'(', ..] if !is_quoted && blanks <= end + 1 => self.call(blanks + 1),
            [b'{', ..] if !is_quoted && blanks == end => {
                self.quoted(blanks + 1, Form::Call);
            }
            [b'>', ..] => self.element(blanks + 1, is_quoted),
            [b'o', b'r', b' ', ..] if blanks > at => {
                let at = self.blanks(blanks + 3);
                self.quoted(at, Form::Default);
            }
            [b'i', b's', b' ' | b':', ..] if blanks > at && !is_quoted => {
                let at = self.blanks(blanks + 3);
                self.prose(at);
            }
            [b'"' | b'\'' | b'\\' | b'&' | b'@', ..] if blanks > at && !is_quoted => {
                if self.inside != Some(self.byte(blanks)) {
                    self.quoted(blanks, Form::Word);
                }
            }
            // Terraform: `variable "password" {`.
            [b'{', ..] if is_quoted => self.sibling(blanks + 1),
            [b',', ..] if before == b'{' => {
                // Erlang: `{password, "x"}`.
                let at = self.blanks(blanks + 1);
                if let Some(value) = self.quote(at)
                    && self.byte(value.end + 1) == b'}'
                {
                    self.give(value, Form::Argument, true, false);
                }
            }
            _ if is_quoted => self.sibling(blanks),
            _ if blanks > at => self.words(blanks),
            _ => {}
        }
    }

    /// Whether the quoted text that ends with the name is a key of several words (`"db password"`).
    fn ends_phrase(&self, quote: Quote) -> bool {
        let line = self.line_before();
        let Some(open) = memchr::memrchr(quote.mark, line) else { return false };
        let words = &line[open + 1..];
        words.len() <= 40
            && words.iter().all(|b| is_name(*b) || matches!(b, b' ' | b'-' | b'.' | b':' | b'/'))
    }

    /// Whether the quoted name stands right behind a bracket.
    fn is_first(&self) -> bool {
        let line = self.line_before();
        let quotes = line
            .iter()
            .rev()
            .take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b'@' | b'b' | b'u' | b'L'))
            .count();
        matches!(line[..line.len() - quotes].trim_ascii_end().last(), None | Some(b'(' | b'{' | b'['))
    }

    /// Whether the name is the first of what a call compares: `strcmp(password, "x")`.
    fn is_compared(&self) -> bool {
        let line = self.line_before();
        let Some(open) = memchr::memrchr(b'(', line) else { return false };
        let from = line[..open].iter().rposition(|b| !is_name(*b)).map_or(0, |i| i + 1);
        let call = line[from..open].to_ascii_lowercase();
        open + 12 > line.len()
            && [&b"cmp"[..], b"equal", b"equals", b"compare", b"assertequals", b"assertequal", b"assert_eq"]
                .iter()
                .any(|name| call.ends_with(name))
    }

    /// Behind an operator; the value may stand on the next line.
    fn value_behind_line(&mut self, from: usize, form: Form) {
        let at = self.blanks(from);
        if matches!(self.byte(at), b'\n' | b'\r' | b'\\') && at < self.text.len() {
            let next = self.blanks_and_line(at);
            if Quote::at(self.text, next).is_some() && self.inside.is_none() {
                self.quoted(next, Form::Assign);
                return;
            }
        }
        self.value(at, form);
    }

    /// Behind `:`: a value, or the name of a type before one.
    fn colon(&mut self, from: usize) {
        let at = self.blanks(from);
        // `password: str = "x"`, `password: Option<&str> = Some("x")`
        let spelling = |b: &u8| {
            is_name(*b)
                || matches!(
                    b,
                    b'<' | b'>' | b'&' | b'[' | b']' | b'.' | b':' | b'?' | b'\'' | b'*' | b' ' | b'|'
                )
        };
        let kind = self.rest(at).iter().take(48).take_while(|b| spelling(b)).count();
        let behind = at + kind;
        let is_typed = kind > 1
            && self.byte(behind) == b'='
            && !matches!(self.byte(behind + 1), b'=' | b'>')
            && (self.byte(at).is_ascii_alphabetic() || matches!(self.byte(at), b'&' | b'*' | b'['));
        if is_typed && self.inside.is_none() {
            let value = self.blanks_and_line(behind + 1);
            if Quote::at(self.text, value).is_some()
                || self.prefixed(value).is_some()
                || is_name(self.byte(value))
            {
                self.value(value, Form::Assign);
                return;
            }
        }
        // YAML: `key: |` or `key: >-` and an indented block; `key:` and a quoted text below it.
        if matches!(self.byte(at), b'|' | b'>') {
            let mark = 1 + usize::from(matches!(self.byte(at + 1), b'-' | b'+'));
            if matches!(self.byte(at + mark), b'\n' | b'\r') {
                let value = self.blanks_and_line(at + mark);
                self.bare(value, Form::Yaml);
            }
            return;
        }
        if matches!(self.byte(at), b'\n' | b'\r') && self.inside.is_none() {
            let next = self.blanks_and_line(at);
            if Quote::at(self.text, next).is_some() {
                self.quoted(next, Form::Pair);
            }
            return;
        }
        self.value(at, Form::Yaml);
    }

    /// A value at `at`: quoted, wrapped, a list, behind an expression, or bare where `form` may be.
    fn value(&mut self, at: usize, form: Form) {
        if let Some(mark) = self.inside
            && self.byte(at) == mark
        {
            return;
        }
        let quoted_form = match form {
            Form::Environment | Form::Setting => Form::Assign,
            Form::Yaml => Form::Pair,
            other => other,
        };
        if self.quoted(at, quoted_form) {
            return;
        }
        match self.byte(at) {
            b'[' if self.byte(at + 1) == b']' => {
                self.wrapped(at, quoted_form);
            }
            b'[' | b'(' | b'{' => {
                if !self.list(at + 1) {
                    self.wrapped(at + 1, quoted_form);
                }
            }
            _ => {
                if !self.wrapped(at, quoted_form) && form != Form::Assign {
                    self.bare(at, form);
                }
            }
        }
    }

    /// Where the quote stands behind the prefix of a literal: `b"`, `@"`, `L"`, `N'`.
    fn prefixed(&self, at: usize) -> Option<usize> {
        let prefix = self
            .rest(at)
            .iter()
            .take(2)
            .take_while(|b| {
                matches!(
                    b,
                    b'r' | b'R'
                        | b'b'
                        | b'B'
                        | b'u'
                        | b'U'
                        | b'f'
                        | b'F'
                        | b'L'
                        | b'N'
                        | b'@'
                        | b'$'
                        | b'S'
                        | b'#'
                        | b'q'
                )
            })
            .count();
        let quote = at + prefix;
        (prefix == 0 || matches!(self.byte(quote), b'"' | b'\'')).then_some(quote)
    }

    /// A quoted value at `at`, or one behind `&` of an address.
    fn quoted(&mut self, at: usize, form: Form) -> bool {
        match self.quote(at) {
            Some(value) => {
                self.give(value, form, true, false);
                true
            }
            None => false,
        }
    }

    /// What stands in quotes at `at`.
    fn quote(&self, at: usize) -> Option<Range<usize>> {
        let at = self.prefixed(at)?;
        let (quote, len) = Quote::at(self.text, at)?;
        if self.inside == Some(quote.mark) && !quote.escaped && !quote.entity {
            return None;
        }
        let from = at + len;
        if quote.triple && self.byte(from) == b'\n' {
            return None;
        }
        quote.close(self.text, from).map(|to| from..to)
    }

    /// A list of quoted values. The last of two is the secret of `("user", "password")`.
    fn list(&mut self, from: usize) -> bool {
        let mut values = Vec::new();
        let mut at = self.blanks_and_line(from);
        while values.len() < ITEMS {
            let Some(value) = self.quote(at) else { break };
            let close = value.end
                + Quote::at(self.text, value.end)
                    .map_or(1, |(_, len)| if self.text[value.end] == b'\\' { 2 } else { len.min(1) });
            values.push(value);
            let next = self.blanks(close);
            match self.byte(next) {
                b',' => at = self.blanks_and_line(next + 1),
                // A map: what stands here are its keys.
                b':' | b'=' => return true,
                _ => break,
            }
        }
        let name = self.text[self.name.clone()].to_ascii_lowercase();
        let is_pair = [&b"auth"[..], b"credentials", b"creds", b"login", b"credential"]
            .iter()
            .any(|n| name.ends_with(n));
        let skip = usize::from(is_pair && values.len() == 2);
        let any = !values.is_empty();
        for value in values.into_iter().skip(skip) {
            self.give(value, Form::Item, true, false);
        }
        any
    }

    /// A literal in a call that only wraps it (`String::from("x")`), or the default behind an
    /// expression that reads it from elsewhere (`getenv("X", "x")`, `env.X || "x"`).
    fn wrapped(&mut self, at: usize, form: Form) -> bool {
        const SKIPPED: [&[u8]; 4] = [b"new ", b"await ", b"&", b"("];
        let skipped = SKIPPED.iter().find(|p| self.rest(at).starts_with(p));
        let at = at + skipped.map_or(0, |p| p.len());
        let path = |b: &u8| is_name(*b) || matches!(b, b'.' | b':' | b'$' | b'-' | b'!' | b'<' | b'>' | b'@');
        let len = self.rest(at).iter().take(64).take_while(|b| path(b)).count();
        let callee = &self.rest(at)[..len];
        let open = at + len;
        if callee.eq_ignore_ascii_case(b"ConvertTo-SecureString") {
            let mut value = self.blanks(open);
            for option in [&b"-String "[..], b"-AsPlainText ", b"-Force "] {
                if self.rest(value).starts_with(option) {
                    value = self.blanks(value + option.len());
                }
            }
            return self.quoted(value, Form::Assign);
        }
        let is_list = callee == b"[]byte" || self.rest(at).starts_with(b"[]byte(");
        if self.byte(open) == b'(' || is_list {
            let open = if is_list { at + 6 } else { open };
            let argument = self.blanks_and_line(open + 1);
            if is_list || is_wrapper(callee) {
                return self.quoted(argument, form) || (is_wrapper(callee) && self.wrapped(argument, form));
            }
            if is_lookup(callee)
                && let Some(name) = self.quote(argument)
            {
                let next = self.blanks(name.end + 1);
                if self.byte(next) == b',' {
                    let value = self.blanks_and_line(next + 1);
                    if self.quoted(value, Form::Default) {
                        return true;
                    }
                }
            }
        }
        self.default(at)
    }

    /// A literal behind `||`, `??`, `or`, `?:`, on the same line.
    fn default(&mut self, at: usize) -> bool {
        let rest = self.rest(at);
        let line = &rest[..rest.len().min(LINE)];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        let stop = memchr::memchr2(b';', b'{', line).unwrap_or(line.len());
        for operator in [&b"|| "[..], b"?? ", b" or ", b"?: ", b" else "] {
            if let Some(found) = memchr::memmem::find(&line[..stop], operator) {
                let value = at + found + operator.len();
                if self.inside.is_none() && self.quoted(value, Form::Default) {
                    return true;
                }
            }
        }
        false
    }

    /// The second argument of a call whose first is the name.
    fn argument(&mut self, from: usize) {
        let at = self.blanks_and_line(from);
        if let Some(value) = self.quote(at) {
            // One of many in a list, rather than a pair.
            let next = self.byte(self.blanks_and_line(value.end + 1));
            let line = self.line_before();
            let in_list = matches!(
                line.iter().rev().find(|b| !matches!(b, b'"' | b'\'' | b' ')),
                Some(b'[' | b'{') | None
            );
            if !in_list || matches!(next, b']' | b'}') {
                self.give(value, Form::Argument, true, false);
            }
            return;
        }
        let word = self.rest(at).iter().take(24).take_while(|b| is_name(**b)).count();
        if word > 0 && matches!(self.byte(self.blanks(at + word)), b'=' | b':') {
            self.sibling(at);
        } else {
            self.wrapped(at, Form::Argument);
        }
    }

    /// The argument of a call that is named so.
    fn call(&mut self, from: usize) {
        let at = self.blanks_and_line(from);
        if let Some(first) = self.quote(at) {
            // Of several arguments the last is the secret: `setPassword("user", "secret")`.
            let mut last = first;
            for _ in 0..2 {
                let next = self.blanks(last.end + 1);
                let another = (self.byte(next) == b',').then(|| self.quote(self.blanks_and_line(next + 1)));
                match another.flatten() {
                    Some(value) => last = value,
                    None => break,
                }
            }
            self.give(last, Form::Call, true, false);
        } else {
            let rest = self.rest(at);
            // `setPassword(new String("x"))`
            if rest.starts_with(b"new ") || rest.starts_with(b"[]byte(") {
                self.wrapped(at, Form::Call);
            }
        }
    }

    /// The text of an element.
    fn element(&mut self, from: usize, is_quoted: bool) {
        let before = &self.text[self.name.start.saturating_sub(12)..self.name.start];
        let is_tag = before.ends_with(b"<") || before.ends_with(b":") && before.contains(&b'<');
        let of_name = || {
            [&b" name=\""[..], b" key=\"", b" name='", b" key='", b" id=\""]
                .iter()
                .any(|a| before.ends_with(a))
        };
        if !(is_tag && !is_quoted || is_quoted && of_name()) {
            return;
        }
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
        self.give(value, Form::Element, true, false);
    }

    /// `"value": "x"`, `value="x"` behind a name that is itself a value.
    fn sibling(&mut self, from: usize) {
        // The end of `<key>password</key>`, and what follows there.
        let mut at = from;
        let stop = (from + 160).min(self.text.len());
        for _ in 0..4 {
            at = self.blanks_and_line(at);
            if self.byte(at) == b',' {
                at = self.blanks_and_line(at + 1);
            }
            let quote = usize::from(matches!(self.byte(at), b'"' | b'\''));
            let word = at + quote;
            let len = self.rest(word).iter().take(24).take_while(|b| is_name(**b) || **b == b'-').count();
            if len == 0 || word + len > stop {
                return;
            }
            let name = self.text[word..word + len].to_ascii_lowercase();
            let quote = usize::from(matches!(self.byte(word + len), b'"' | b'\''));
            let operator = self.blanks(word + len + quote);
            let width = match self.rest(operator) {
                [b'=', b'>', ..] => 2,
                [b'=' | b':', ..] => 1,
                _ => return,
            };
            let value = self.blanks(operator + width);
            if matches!(&name[..], b"value" | b"default" | b"defaultvalue" | b"default-value" | b"val") {
                if !self.quoted(value, Form::Sibling) && width == 1 && self.byte(operator) == b':' {
                    self.bare(value, Form::Sibling);
                }
                return;
            }
            // Another attribute or member.
            at = match self.quote(value) {
                Some(other) => other.end + 1,
                None => {
                    let len = self.rest(value).iter().take(40).take_while(|b| is_name(**b)).count();
                    if len == 0 || !matches!(self.byte(value + len), b'\n' | b'\r' | b',') {
                        return;
                    }
                    value + len
                }
            };
        }
    }

    /// Blanks and more words: an option, a directive, a setting of its own line, a list of YAML.
    fn words(&mut self, at: usize) {
        let text = self.text;
        let name = &text[self.name.clone()];
        let line = self.line_before();
        let before = line.trim_ascii();
        if name.starts_with(b"-") {
            if self.byte(at) != b'-' {
                // OpenSSL: `-passin pass:x`.
                let at = if self.rest(at).starts_with(b"pass:") { at + 5 } else { at };
                self.bare(at, Form::Flag);
            }
            return;
        }
        let is_directive = before.starts_with(b"#") && before.ends_with(b"define")
            || [&b"ENV"[..], b"ARG", b"setenv", b"setx", b"SETX", b"set -gx", b"set -x", b"set", b"@define"]
                .contains(&before)
            || before.starts_with(b"ENV ") && !before.ends_with(b"=");
        if is_directive {
            self.bare(at, Form::Word);
            return;
        }
        // `const password string = "x"`, `password NVARCHAR(9) = 'x'`, `char password PROGMEM = "x"`
        let kind = self
            .rest(at)
            .iter()
            .take(40)
            .take_while(|b| is_name(**b) || matches!(b, b'[' | b']' | b'.' | b'*' | b' ' | b'(' | b')'))
            .count();
        let operator = at + kind;
        if kind > 0
            && matches!(self.byte(operator - 1), b' ' | b']' | b'*')
            && self.byte(operator) == b'='
            && !matches!(self.byte(operator + 1), b'=' | b'>')
            && self.inside.is_none()
        {
            let value = self.blanks_and_line(operator + 1);
            if self.quoted(value, Form::Assign) {
                return;
            }
        }
        // A line of its own: `requirepass foo`, `machine x login y password z`.
        // Routers: `username admin password 0 x`.
        if matches!(self.byte(at), b'0'..=b'9') && self.byte(at + 1) == b' ' && !before.is_empty() {
            self.bare(at + 2, Form::Flag);
            return;
        }
        let is_netrc =
            memchr::memmem::find(line, b"login ").is_some() || memchr::memmem::find(line, b"user ").is_some();
        if before.is_empty() || is_netrc && self.inside.is_none() {
            self.bare(at, Form::Word);
        }
    }

    fn prose(&mut self, at: usize) {
        if !self.quoted(at, Form::Prose) {
            self.bare(at, Form::Prose);
        }
    }

    /// Up to `end`, on the same line.
    fn until(&mut self, from: usize, end: u8) {
        let rest = self.rest(from);
        let rest = &rest[..rest.len().min(VALUE)];
        if let Some(len) = memchr::memchr2(end, b'\n', rest)
            && rest[len] == end
        {
            let value = self.trimmed(from..from + len);
            self.give(value, Form::Default, false, false);
        }
    }

    /// A value without quotes.
    fn bare(&mut self, at: usize, form: Form) {
        if self.quoted(at, form) {
            return;
        }
        let rest = self.rest(at);
        let rest = &rest[..rest.len().min(VALUE)];
        let in_string = self.inside;
        if in_string.is_none() && self.is_in_code(at, form) {
            return;
        }
        let is_url = form == Form::Environment
            && matches!(self.text[..self.name.start].last(), Some(b'?' | b'&' | b';'));
        let ends = |i: usize, b: u8| {
            let next = rest.get(i + 1).copied().unwrap_or(b'\n');
            match b {
                b' ' | b'\t' | b'\n' | b'\r' | 0 => true,
                b'"' | b'\'' | b'`' => {
                    in_string == Some(b)
                        || (i > 0 && !matches!(next, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'))
                }
                b';' => {
                    is_url
                        || matches!(next, b' ' | b'\n' | b'\r' | b'"' | b'\'')
                        || next.is_ascii_alphabetic()
                }
                b'&' => is_url || form == Form::Environment && next.is_ascii_alphabetic() || next == b'&',
                b',' => {
                    matches!(next, b' ' | b'\n' | b'\r' | b'"' | b'\'')
                        || next.is_ascii_alphabetic() && form == Form::Environment
                }
                b'<' => matches!(next, b'/' | b'b') && i > 0,
                b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\''),
                _ => false,
            }
        };
        let len = rest.iter().enumerate().position(|(i, &b)| ends(i, b)).unwrap_or(rest.len());
        if len == VALUE || len == 0 {
            return;
        }
        let mut to = at + len;
        // What ends a statement, a list or a sentence.
        while to > at + 1 && matches!(self.text[to - 1], b',' | b';') {
            to -= 1;
        }
        for (open, close) in [(b'(', b')'), (b'[', b']'), (b'{', b'}')] {
            if self.text[to - usize::from(to > at)] == close && !self.text[at..to].contains(&open) {
                to -= 1;
            }
        }
        if form == Form::Prose {
            while to > at + 1 && matches!(self.text[to - 1], b'.' | b')' | b'!') {
                to -= 1;
            }
        }
        let next = self.blanks(at + len);
        let comment = match self.rest(next) {
            [
                b'#' | b';' | b'\\' | b'|' | b'}' | b'&' | b'>' | b'-' | b')' | b']' | b'"' | b'\'' | b'`'
                | b'<' | b',',
                ..,
            ] => true,
            [b'/', b'/' | b'*', ..] => true,
            [b'*', b'/', ..] => true,
            _ => false,
        };
        let ends_here = matches!(self.byte(next), b'\n' | b'\r' | 0) || comment;
        // More settings, more options, the command itself.
        let is_command = matches!(form, Form::Environment | Form::Flag) || is_url;
        let is_listed = matches!(self.byte(at + len), b',' | b';' | b'&');
        self.give(at..to, form, false, !(ends_here || is_command || is_listed));
    }

    /// Whether a value without quotes can only be an expression: in a call, in a line of packed code,
    /// behind a colon without a blank.
    fn is_in_code(&self, at: usize, form: Form) -> bool {
        let line = self.line_before();
        let before = line.last().copied().unwrap_or(b'\n');
        let is_free = |b: u8| {
            matches!(b, b'\n' | b' ' | b'\t' | b'|' | b'"' | b'\'' | b'*' | b'`' | b'(' | b'/' | b'-')
        };
        let packed = form == Form::Yaml && self.text[at - 1] == b':' && !(is_free(before) && before != b'(');
        let is_param = matches!(before, b'?' | b'&' | b';');
        let in_call = matches!(form, Form::Environment | Form::Setting | Form::Yaml)
            && !is_param
            && line.iter().filter(|b| **b == b'(').count() > line.iter().filter(|b| **b == b')').count()
            && !line.trim_ascii_start().starts_with(b"#");
        let long = line.len() >= LINE - 1
            && memchr::memchr(b'\n', &self.text[at..self.text.len().min(at + LINE)]).is_none()
            && !is_param;
        let joined = form == Form::Environment
            && !is_param
            && !matches!(
                before,
                b'\n' | b' ' | b'\t' | b'"' | b'\'' | b'{' | b',' | b'>' | b'`' | b'D' | b'-' | b'['
            );
        packed || in_call || long || joined
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let bytes = &self.text[range.clone()];
        let from = bytes.len() - bytes.trim_ascii_start().len();
        range.start + from..range.start + from + bytes.trim_ascii().len()
    }
}

/// The last part of what is called, in lower case letters only.
fn called<'b>(callee: &[u8], buffer: &'b mut [u8; 32]) -> &'b [u8] {
    let last = callee.iter().rposition(|b| matches!(b, b'.' | b':' | b'>' | b'$')).map_or(0, |i| i + 1);
    let mut len = 0;
    for b in callee[last..].iter().filter(|b| b.is_ascii_alphanumeric()) {
        if let Some(slot) = buffer.get_mut(len) {
            *slot = b.to_ascii_lowercase();
            len += 1;
        }
    }
    &buffer[..len]
}

/// Whether a call only makes another type of its argument.
fn is_wrapper(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "string",
        "str",
        "bytes",
        "bytearray",
        "from",
        "some",
        "ok",
        "new",
        "of",
        "b64decode",
        "atob",
        "secretstr",
        "secretstring",
        "secret",
        "securestring",
        "text",
        "quote",
        "valueof",
        "just",
        "literal",
        "unsafeplaintext",
        "plaintext",
        "fromstring",
        "strdup",
        "nsstring",
        "stringwithstring",
        "password",
        "protectedstring",
        "obfuscate",
        "qstring",
        "urlencode",
        "quoteplus",
        "decodestring",
        "b",
        "u",
        "t",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}

/// Whether a call looks a value up and takes a default.
fn is_lookup(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "getenv",
        "get",
        "env",
        "getproperty",
        "fetch",
        "config",
        "getordefault",
        "setting",
        "option",
        "getstring",
        "str",
        "getparam",
        "getattr",
        "lookup",
        "default",
        "input",
        "variable",
        "getconfig",
        "environ",
        "cfg",
        "param",
        "optional",
        "envor",
        "getenvordefault",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All values assigned to the name around `word`, with their forms.
    fn values(text: &str, word: &str) -> Vec<(String, Form)> {
        let mut all = Vec::new();
        for at in memchr::memmem::find_iter(text.to_ascii_lowercase().as_bytes(), word.as_bytes()) {
            find(text.as_bytes(), at..at + word.len(), &mut |n| {
                all.push((text[n.value].to_owned(), n.form));
            });
        }
        all
    }

    #[test]
    fn every_form_of_assignment() {
        for (text, form) in [
            (r#"password = "V4lue!""#, Form::Assign),
            (r#"password := "V4lue!""#, Form::Assign),
            (r#"let password: &str = "V4lue!";"#, Form::Assign),
            (r#"const password string = "V4lue!""#, Form::Assign),
            (r#"char password[16] = "V4lue!";"#, Form::Assign),
            (r#"password = new String("V4lue!")"#, Form::Assign),
            (r#"password = []byte("V4lue!")"#, Form::Assign),
            ("password =\n    \"V4lue!\"", Form::Assign),
            (r#""password": "V4lue!""#, Form::Pair),
            (r#"\"password\":\"V4lue!\""#, Form::Pair),
            (r#":password => "V4lue!""#, Form::Pair),
            (r#"'password' => 'V4lue!'"#, Form::Pair),
            (r#"password == "V4lue!""#, Form::Compare),
            (r#"strcmp(password, "V4lue!")"#, Form::Compare),
            (r#"put("password", "V4lue!")"#, Form::Argument),
            (r#"{password, "V4lue!"}"#, Form::Argument),
            (r#"setPassword("V4lue!")"#, Form::Call),
            (r#"set_password("user", "V4lue!")"#, Form::Call),
            (r#"std::string password{"V4lue!"};"#, Form::Call),
            ("<password>V4lue!</password>", Form::Element),
            ("<password><![CDATA[V4lue!]]></password>", Form::Element),
            (r#"<entry key="password">V4lue!</entry>"#, Form::Element),
            (r#"<add key="password" value="V4lue!"/>"#, Form::Sibling),
            ("- name: password\n  value: V4lue!", Form::Sibling),
            ("--password V4lue! --x", Form::Flag),
            ("ENV password V4lue!", Form::Word),
            (r#"password "V4lue!""#, Form::Word),
            (r#"password = os.getenv("X", "V4lue!")"#, Form::Default),
            (r#"password: process.env.X || "V4lue!","#, Form::Default),
            ("${password:-V4lue!}", Form::Default),
            (r#"passwords = ["V4lue!"]"#, Form::Item),
            ("password=V4lue!", Form::Environment),
            ("x;password=V4lue!;y=z", Form::Environment),
            ("password: V4lue! # note", Form::Yaml),
            ("password: |\n  V4lue!", Form::Yaml),
            ("password = V4lue!", Form::Setting),
            ("The password is V4lue!", Form::Prose),
        ] {
            let found = values(text, "password");
            let wanted = if form == Form::Prose { "V4lue" } else { "V4lue!" };
            assert!(found.contains(&(wanted.to_owned(), form)), "{text}: {found:?}");
        }
    }

    #[test]
    fn where_nothing_is_assigned() {
        for text in [
            "the password of the user",
            "password)",
            "password.",
            r#""password""#,
            r#"["user", "password", "mail"]"#,
            r#"printf("password: ")"#,
            r#""password=" + x + "&y=""#,
            "password::new(\"x\")",
            "a.password=b.password,c=d",
        ] {
            assert_eq!(values(text, "password"), [], "{text}");
        }
    }

    #[test]
    fn of_two_in_brackets_the_second_is_the_secret() {
        assert_eq!(values(r#"auth = ("user", "V4lue!")"#, "auth"), [("V4lue!".to_owned(), Form::Item)]);
    }

    #[test]
    fn no_text_is_too_strange() {
        let parts = [
            "password", "=", "\"", "'", "\\", "(", "[", "{", "<", ">", ":", ",", " ", "\n", "\r", "$",
            "&quot;", "-", "x", "é",
        ];
        let mut state = 7u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(parts[(state >> 33) as usize % parts.len()]);
            }
            for at in memchr::memmem::find_iter(text.as_bytes(), b"password") {
                find(text.as_bytes(), at..at + 8, &mut |n| {
                    assert!(n.value.end <= text.len() && n.value.start < n.value.end);
                    let _ = crate::triage::score::rate(text.as_bytes(), &n);
                });
            }
        }
    }
}
