//! The value behind an operator: quoted, wrapped in a call, a list, a default, or without quotes.

use super::calls::{is_lookup, is_wrapper};
use super::quote::Quote;
use super::reader::Reader;
use super::{Form, ITEMS, LINE, VALUE, is_name};
use crate::vector::vectored;
use aho_corasick::packed;
use std::sync::LazyLock;

/// What stands between an expression and what it is where there is none.
const OPERATORS: [&[u8]; 9] =
    [b"|| ", b"?? ", b" or ", b"?: ", b" else ", b"unwrap_or(", b"(|_| ", b"rElse(", b"rDefault("];
/// Finds any of them; `None` where the processor has no vectors for that.
static OPERATOR: LazyLock<Option<packed::Searcher>> = LazyLock::new(|| packed::Searcher::new(OPERATORS));

vectored! {
    /// Whether there is anything that may end a value without quotes.
    fn may_end_value(block: &[u8; 64]) -> bool {
        let mut any = false;
        for &b in block {
            any |= (b <= b' ') | (b == b'"') | (b == b'\'') | (b == b'`') | (b == b';');
            any |= (b == b'&') | (b == b',') | (b == b'<') | (b == b'\\');
        }
        any
    }
}

impl Reader<'_, '_> {
    /// Behind an operator; the value may stand on the next line.
    pub(super) fn value_behind_line(&mut self, from: usize, form: Form) {
        let at = self.blanks(from);
        if matches!(self.byte(at), b'\n' | b'\r' | b'\\') && at < self.text.len() {
            let next = self.blanks_and_line(at);
            if Quote::at(self.text, next).is_some() && self.inside().is_none() {
                self.quoted(next, Form::Assign);
                return;
            }
        }
        self.value(at, form);
    }

    /// Behind `:`: a value, or the name of a type before one.
    pub(super) fn colon(&mut self, from: usize) {
        let mut at = self.blanks(from);
        // `login/password: joe / x`
        let before = &self.text[..self.name.start];
        if matches!(before, [.., b, b'/'] if is_name(*b)) && self.inside().is_none() {
            self.second(at);
            return;
        }
        // `Login: joe / x`
        let name = &self.text[self.name.clone()];
        if [&b"login"[..], b"credentials", b"creds"].iter().any(|n| name.eq_ignore_ascii_case(n))
            && self.inside().is_none()
            && self.login(at)
        {
            return;
        }
        // YAML names a value for later: `password: &name x`.
        if self.byte(at) == b'&' {
            let anchor =
                self.rest(at + 1).iter().take(40).take_while(|b| is_name(**b) || **b == b'-').count();
            let next = self.blanks(at + 1 + anchor);
            if anchor > 0 && next > at + 1 + anchor && self.byte(next) != b'=' {
                at = next;
            }
        }
        // `password: str = "x"`, `password: Option<&str> = Some("x")`
        let mut brackets = 0_u32;
        let mut spelling = |b: &u8| {
            match b {
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            is_name(*b)
                || *b == b';' && brackets > 0
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
        if is_typed && self.inside().is_none() {
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
        if matches!(self.byte(at), b'\n' | b'\r') && self.inside().is_none() {
            let next = self.blanks_and_line(at);
            if Quote::at(self.text, next).is_some() {
                self.quoted(next, Form::Pair);
            } else {
                self.below(at);
            }
            return;
        }
        self.value(at, Form::Yaml);
    }

    /// The second of two that `/`, `:` or `,` stands between.
    fn second(&mut self, at: usize) {
        let mark = |b: u8| matches!(b, b'`' | b'"' | b'\'' | b'*');
        let open = at + usize::from(mark(self.byte(at)));
        let is_word = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'/' | b':' | b',') && !mark(*b);
        let mut end = open + self.rest(open).iter().take(64).take_while(|b| is_word(b)).count();
        end += usize::from(mark(self.byte(end)));
        let end = self.blanks(end);
        if end > open && matches!(self.byte(end), b'/' | b':' | b',') {
            let value = self.blanks(end + 1);
            self.bare(value, Form::Prose);
        }
    }

    /// A user and, behind ` / `, a password. Whether they stand there.
    fn login(&mut self, at: usize) -> bool {
        let is_user = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'/' | b',' | b'(' | b'{' | b'[');
        let end = at + self.rest(at).iter().take(64).take_while(|b| is_user(b)).count();
        let is_one = end > at && self.rest(end).starts_with(b" / ");
        if is_one {
            self.bare(end + 3, Form::Login);
        }
        is_one
    }

    /// A value at `at`: quoted, wrapped, a list, behind an expression, or bare where `form` may be.
    pub(super) fn value(&mut self, at: usize, form: Form) {
        if let Some(mark) = self.inside()
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
                    if self.byte(at) == b'{' && self.inside().is_none() {
                        self.sibling(at + 1);
                    }
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

    /// A list of quoted values. The last of two is the secret of `("user", "password")`.
    pub(super) fn list(&mut self, from: usize) -> bool {
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
                // A map: what stands here are its keys; `{"type": "string", "default": "x"}`.
                b':' | b'=' => {
                    if self.is_of_passwords() {
                        self.values_of_map(next);
                    } else if values.len() == 1 && self.inside().is_none() {
                        self.sibling(from);
                    }
                    return true;
                }
                _ => break,
            }
        }
        let name = self.text[self.name.clone()].to_ascii_lowercase();
        let is_pair = [&b"auth"[..], b"credentials", b"creds", b"login", b"credential"]
            .iter()
            .any(|n| name.ends_with(n));
        let is_pair = is_pair && values.len() == 2;
        let any = !values.is_empty();
        // `auth=("user", "secret")`; in `[…]` two of anything may stand.
        let is_login = is_pair && from > 0 && self.byte(from - 1) == b'(';
        let form = if is_login { Form::Login } else { Form::Item };
        for value in values.into_iter().skip(usize::from(is_pair)) {
            self.give(value, form, true, false);
        }
        any
    }

    /// Whether the name is that of several passwords, which a map has by their users.
    fn is_of_passwords(&self) -> bool {
        let name = self.text[self.name.clone()].to_ascii_lowercase();
        [&b"passwords"[..], b"passwds", b"user_pass", b"userpass"].iter().any(|end| name.ends_with(end))
    }

    /// What stands behind the keys of a map whose first operator is at `at`: `{"joe": "x", "ann": "y"}`.
    fn values_of_map(&mut self, mut at: usize) {
        for _ in 0..ITEMS {
            let width = match self.rest(at) {
                [b'=', b'>', ..] => 2,
                [b':', ..] => 1,
                _ => return,
            };
            let Some(value) = self.quote(self.blanks(at + width)) else { return };
            let next = self.blanks(value.end + 1);
            self.give(value, Form::Item, true, false);
            if self.byte(next) != b',' {
                return;
            }
            let Some(key) = self.quote(self.blanks_and_line(next + 1)) else { return };
            at = self.blanks(key.end + 1);
        }
    }

    /// A literal in a call that only wraps it (`String::from("x")`), or the default behind an
    /// expression that reads it from elsewhere (`getenv("X", "x")`, `env.X || "x"`).
    pub(super) fn wrapped(&mut self, at: usize, form: Form) -> bool {
        const SKIPPED: [&[u8]; 4] = [b"new ", b"await ", b"&", b"("];
        let skipped = SKIPPED.iter().find(|p| self.rest(at).starts_with(p));
        let at = at + skipped.map_or(0, |p| p.len());
        let path = |b: &u8| is_name(*b) || matches!(b, b'.' | b':' | b'$' | b'-' | b'!' | b'<' | b'>' | b'@');
        let mut len = self.rest(at).iter().take(64).take_while(|b| path(b)).count();
        // `passwordEncoder().encode("x")`
        if self.rest(at + len).starts_with(b"().") {
            len += 2;
            len += self.rest(at + len).iter().take(64).take_while(|b| path(b)).count();
        }
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
    pub(super) fn default(&mut self, at: usize) -> bool {
        let rest = self.rest(at);
        let line = &rest[..rest.len().min(LINE)];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        let line = &line[..memchr::memchr2(b';', b'{', line).unwrap_or(line.len())];
        // Nearly always there is none.
        if OPERATOR.as_ref().is_some_and(|any| any.find(line).is_none()) {
            return false;
        }
        // Without one, the calls only.
        let has_blank = memchr::memchr(b' ', line).is_some();
        if !has_blank && memchr::memchr(b')', line).is_none() {
            return false;
        }
        for operator in OPERATORS.iter().filter(|o| has_blank || o.ends_with(b"(")) {
            if let Some(found) = memchr::memmem::find(line, operator) {
                let value = at + found + operator.len();
                if self.inside().is_none() && self.quoted(value, Form::Default) {
                    return true;
                }
            }
        }
        false
    }

    pub(super) fn prose(&mut self, at: usize) {
        if !self.quoted(at, Form::Prose) {
            self.bare(at, Form::Prose);
        }
    }

    /// Up to `end`, on the same line.
    pub(super) fn until(&mut self, from: usize, end: u8) {
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
    pub(super) fn bare(&mut self, at: usize, form: Form) {
        if self.quoted(at, form) {
            return;
        }
        let at = self.behind_scheme(at);
        let rest = self.rest(at);
        let rest = &rest[..rest.len().min(VALUE)];
        // In the middle of endless characters there are endless names, and no end to any value.
        if rest.len() == VALUE && !rest.as_chunks().0.iter().any(may_end_value) {
            return;
        }
        let in_string = self.inside();
        if in_string.is_none() && self.is_in_code(at, form) {
            return;
        }
        let is_url = form == Form::Environment
            && matches!(self.text[..self.name.start].last(), Some(b'?' | b'&' | b';'));
        const ENTITIES: [&[u8]; 6] = [b"&#10;", b"&#13;", b"&#xA;", b"&#xa;", b"&quot;", b"&lt;"];
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
                // Ends of lines, and quotes, in an attribute.
                b'&' if ENTITIES.iter().any(|entity| rest[i..].starts_with(entity)) => true,
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
        let comment = matches!(
            self.rest(next),
            [
                b'#' | b';'
                    | b'\\'
                    | b'|'
                    | b'}'
                    | b'&'
                    | b'>'
                    | b'-'
                    | b')'
                    | b']'
                    | b'"'
                    | b'\''
                    | b'`'
                    | b'<'
                    | b',',
                ..,
            ] | [b'/', b'/' | b'*', ..]
                | [b'*', b'/', ..]
        );
        let ends_here = matches!(self.byte(next), b'\n' | b'\r' | 0) || comment;
        // More settings, more options, the command itself.
        let is_command = matches!(form, Form::Environment | Form::Flag) || is_url;
        let is_listed = matches!(self.byte(at + len), b',' | b';' | b'&');
        self.give(at..to, form, false, !(ends_here || is_command || is_listed));
    }

    /// Whether a value without quotes can only be an expression: in a call, in a line of packed code,
    /// behind a colon without a blank.
    pub(super) fn is_in_code(&self, at: usize, form: Form) -> bool {
        let line = self.line_before();
        let before = line.last().copied().unwrap_or(b'\n');
        let is_free = |b: u8| {
            matches!(b, b'\n' | b' ' | b'\t' | b'|' | b'"' | b'\'' | b'*' | b'`' | b'(' | b'/' | b'-')
        };
        let packed = form == Form::Yaml && self.text[at - 1] == b':' && !(is_free(before) && before != b'(');
        let is_param = matches!(before, b'?' | b'&' | b';');
        // `env=(-e NAME=x)`
        let is_option = form == Form::Environment
            && [&b" -e "[..], b"(-e ", b"--env "].iter().any(|option| line.ends_with(option));
        let in_call = matches!(form, Form::Environment | Form::Setting | Form::Yaml)
            && !is_param
            && !is_option
            && line.iter().filter(|b| **b == b'(').count() > line.iter().filter(|b| **b == b')').count()
            && !line.trim_ascii_start().starts_with(b"#")
            // Lines of PostScript stand in brackets.
            && !self.text.starts_with(b"%!PS");
        let long = line.len() >= LINE - 1
            && !self.is_in_element(at)
            && memchr::memchr(b'\n', &self.text[at..self.text.len().min(at + LINE)]).is_none()
            && !is_param;
        let joined = form == Form::Environment
            && !is_param
            && !matches!(
                before,
                b'\n' | b' ' | b'\t' | b'"' | b'\'' | b'{' | b',' | b'>' | b'`' | b'D' | b'-' | b'['
            );
        // `--from-literal=password=x`, `//registry.tld/:_password=x`
        let is_option = before == b'='
            && line.split(|b| *b == b' ').next_back().is_some_and(|word| word.starts_with(b"--"))
            || before == b':' && line.ends_with(b"/:");
        packed || in_call || long || joined && !is_option
    }

    /// Whether the name begins the text of an element, or stands behind a line break in it, and the value ends it.
    fn is_in_element(&self, at: usize) -> bool {
        let line = self.line_before();
        let text =
            memchr::memrchr2(b'<', b'>', line).filter(|tag| line[*tag] == b'>').map(|tag| &line[tag + 1..]);
        let is_begin =
            text.is_some_and(|text| text.iter().all(|b| is_name(*b) || matches!(b, b' ' | b'.' | b'-')));
        let rest = self.rest(at);
        let rest = &rest[..rest.len().min(VALUE)];
        is_begin
            && memchr::memchr(b'<', rest).is_some_and(|end| {
                matches!(rest.get(end + 1), Some(b'/' | b'b'))
                    && !rest[..end].iter().any(|b| matches!(b, b'{' | b'}' | b'(' | b')' | b';'))
            })
    }
}
