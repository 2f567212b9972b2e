//! What stands between a name and its value.

use super::calls::{is_lookup, is_wrapper};
use super::quote::Quote;
use super::reader::Reader;
use super::{Form, LINE, is_name};
use std::cell::OnceCell;

/// A line without what a member is asked of at its end: `$x->`, `$this->client->`, `cfg["`.
pub(super) fn without_receiver(line: &[u8]) -> &[u8] {
    if let Some(map) = line.strip_suffix(b"[\"").or_else(|| line.strip_suffix(b"['")) {
        let len = map.iter().rev().take_while(|b| is_name(**b) || matches!(b, b'.' | b'$')).count();
        return &map[..map.len() - len];
    }
    if !line.ends_with(b"->") {
        return line;
    }
    let len = line.iter().rev().take_while(|b| is_name(**b) || matches!(b, b'-' | b'>' | b'$')).count();
    &line[..line.len() - len]
}

/// A line without the quotes and blanks at its end.
fn without_quotes(line: &[u8]) -> &[u8] {
    let len = line.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b' ')).count();
    &line[..line.len() - len]
}

/// Whether what is opened at the end of a line makes a list of its arguments: `in_array($x, array(`, `Arrays.asList(`.
fn makes_list(line: &[u8]) -> bool {
    // Not `of` and `set`: `Map.of("password", "x")`, `env.set("PASSWORD", "x")`.
    const LISTS: [&[u8]; 8] =
        [b"array", b"list", b"aslist", b"listof", b"setof", b"hashset", b"frozenset", b"tuple"];
    let Some(callee) = line.strip_suffix(b"(") else { return false };
    let len = callee.iter().rev().take(24).take_while(|b| is_name(**b)).count();
    LISTS.contains(&&callee[callee.len() - len..].to_ascii_lowercase()[..])
}

impl Reader<'_, '_> {
    pub(super) fn after_name(&mut self) {
        let (start, end) = (self.name.start, self.name.end);
        let before = start.checked_sub(1).map_or(b'\n', |i| self.text[i]);
        let mut at = end;
        let mut is_quoted = false;
        if matches!(self.byte(at), b']' | b'"' | b'\'' | b'\\')
            && let Some(end) = self.selector_end()
        {
            self.inside = OnceCell::from(None);
            let next = self.blanks(end);
            if self.byte(next) == b',' {
                let at = self.blanks(next + 1);
                self.quoted(at, Form::Call);
            } else {
                self.methods(next);
            }
            return;
        }
        match Quote::at(self.text, at) {
            Some((quote, len)) if !quote.triple => {
                if before != quote.mark && before != 0 && !(quote.entity && before == b';') {
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
        if is_quoted {
            self.inside = OnceCell::from(None);
            if self.byte(at) == b';' && self.serialized(at) {
                return;
            }
            if matches!(self.byte(at), b'\r' | b'\n') && self.form_field(at) {
                return;
            }
            if matches!(self.byte(at), b')' | b']' | b' ') && self.labelled() {
                return;
            }
        }
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
            // TypeScript: `password?: string = 'x'`.
            [b'?', b':', ..] if !is_quoted && blanks == end && self.is_typed(blanks + 2) => {
                self.words(self.blanks(blanks + 2));
            }
            [b'|', b'|', ..] | [b'?', b'?', ..] | [b'?', b':', ..] => {
                let at = self.blanks(blanks + 2);
                self.quoted(at, Form::Default);
            }
            [b':', b':', b'=', ..] => self.value_behind_line(blanks + 3, Form::Setting),
            [b':', b':', ..] => {}
            [b':', b'-', ..] if before == b'{' => self.until(blanks + 2, b'}'),
            [b':', b'?' | b'+', ..] if before == b'{' => {}
            // Spring: `${DB_PASSWORD:x}`.
            [b':', ..] if before == b'{' && !is_quoted && self.text[..start].ends_with(b"${") => {
                self.until(blanks + 1, b'}');
            }
            // Perl: `$cfg{password} = 'x'`, `$self->{password} = 'x'`.
            [b'}', ..] if before == b'{' && self.is_member_of_hash() => {
                let at = self.blanks(end + 1);
                if self.byte(at) == b'=' && !matches!(self.byte(at + 1), b'=' | b'~' | b'>') {
                    let at = self.blanks_and_line(at + 1);
                    self.quoted(at, Form::Assign);
                }
            }
            // A variable of Robot Framework: `${PASSWORD}    x`.
            [b'}', ..] if before == b'{' => {
                let value = self.blanks(end + 1);
                if self.line_before() == b"${" && value > end + 2 {
                    self.bare(value, Form::Word);
                }
            }
            [b'<', b'/', ..] if before == b'>' || before == b' ' && self.ends_label() => {
                let is_cell = self.markup_cell(blanks);
                let is_element = !is_cell && before == b'>';
                is_element.then(|| self.element_behind(blanks + 2));
            }
            [b'-', b'>', ..] if is_quoted && !is_closed => {
                let at = self.blanks_and_line(blanks + 2);
                self.value(at, Form::Pair);
            }
            [b't', b'o', b' ', ..] if is_quoted && blanks > at => {
                let at = self.blanks(blanks + 3);
                self.quoted(at, Form::Pair);
            }
            // `I fill in "Password" with "x"`
            [b'w', b'i', b't', b'h', b' ', ..] if is_quoted && blanks > at => {
                let at = self.blanks(blanks + 5);
                self.quoted(at, Form::Sibling);
            }
            [b':' | b'*' | b'?', ..] if !is_quoted && blanks == end && self.prompted(end) => {}
            // `ok ? "pass" : "fail"`, `ok ? token : "none"`
            [b':', ..] if (is_quoted || blanks > at) && self.is_condition() => {}
            [b':', ..] => self.colon(blanks + 1),
            [b'-', ..] if blanks == end && before == b'{' => self.until(blanks + 1, b'}'),
            [b',', ..] if is_quoted && !is_closed && self.is_first() => {
                let is_column = self.column();
                if !is_column {
                    self.argument(blanks + 1);
                }
            }
            // `{ name: DB_PASSWORD, value: x }`
            [b',', ..]
                if !is_quoted
                    && [&b"name: "[..], b"key: "].iter().any(|l| self.line_before().ends_with(l)) =>
            {
                self.sibling(blanks + 1);
            }
            [b',', ..] if !is_quoted && self.is_constant() => {
                // `put(Context.SECURITY_CREDENTIALS, "x")`
                let at = self.blanks_and_line(blanks + 1);
                if let Some(value) = self.quote(at)
                    && self.byte(self.blanks(value.end + 1)) == b')'
                {
                    let form = if self.is_put() { Form::Pair } else { Form::Argument };
                    self.give(value, form, true, false);
                }
            }
            // Capistrano: `set :password, 'x'`.
            [b',', ..] if before == b':' && self.line_before().trim_ascii().starts_with(b"set ") => {
                let at = self.blanks(blanks + 1);
                self.quoted(at, Form::Assign);
            }
            [b',', ..] if is_quoted && is_closed => self.other_argument(blanks),
            [b',', ..] if is_quoted => {
                let is_column = self.column();
                if !is_column {
                    self.inner_argument(blanks + 1);
                }
            }
            [b',', ..] if self.is_compared() => {
                let at = self.blanks(blanks + 1);
                self.quoted(at, Form::Compare);
            }
            [b'(', ..] if !is_quoted && blanks <= end + 1 => self.call(blanks + 1),
            // `$password{'name'}` looks up.
            [b'{', ..] if matches!(self.text[start], b'$' | b'%' | b'@') => {}
            [b'{', ..] if !is_quoted && blanks == end => {
                self.quoted(blanks + 1, Form::Call);
            }
            [b'{', ..] if !is_quoted => self.property(blanks + 1),
            [b')', ..] if !is_quoted && before == b':' => self.block(blanks + 1),
            // Ruby: `ENV.fetch('DB_PASSWORD') { 'x' }`.
            [b'{', ..] if is_quoted && is_closed && self.text[at - 1] == b')' => {
                let at = self.blanks(blanks + 1);
                self.quoted(at, Form::Default);
            }
            [b')' | b'.', ..] if is_quoted && is_closed => {
                // `assertEqual("x", cfg["password"])`
                if self.text[at - 1] == b']' {
                    self.compared_before();
                }
                self.methods(blanks);
            }
            [b')', ..] if !is_quoted => {
                self.column();
                self.compared_before();
                self.methods(blanks);
            }
            [b'b' | b'B', b'y' | b'Y', b' ', ..] if blanks > at && self.is_plugin() => {
                let at = self.blanks(blanks + 3);
                self.quoted(at, Form::Clause);
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
            // `getByLabelText(/password/i)`
            [b'/', ..] if blanks == end && before == b'/' => {
                let flags = self.rest(end + 1).iter().take_while(|b| b.is_ascii_lowercase()).count();
                if flags <= 2 && self.byte(end + 1 + flags) == b')' {
                    self.methods(end + 1 + flags);
                }
            }
            [b'f', b'o', b'r', b' ', ..] if blanks > at && !is_quoted => self.of_somebody(blanks + 4),
            // `the password `x``
            [b'`', ..] if blanks > at && !is_quoted && self.inside().is_none() => {
                self.quoted(blanks, Form::Prose);
            }
            [quote @ (b'"' | b'\'' | b'\\' | b'&' | b'@'), ..]
                if blanks > at && !is_quoted && self.inside() == Some(*quote) => {}
            [b'"' | b'\'' | b'\\' | b'&' | b'@', ..] if blanks > at && !is_quoted => {
                self.quoted(blanks, Form::Word);
            }
            // Terraform: `variable "password" {`.
            [b'{', ..] if is_quoted => self.sibling(blanks + 1),
            [b',', ..] if before == b'{' => {
                // Erlang: `{password, "x"}`.
                let at = self.blanks(blanks + 1);
                // `{password, <<"x">>}`
                let binary = usize::from(self.rest(at).starts_with(b"<<")) * 2;
                if let Some(value) = self.quote(at + binary)
                    && self.rest(value.end + 1).starts_with(&b">>}"[2 - binary..])
                {
                    self.give(value, Form::Argument, true, false);
                }
            }
            [b',', ..] => {
                self.column();
            }
            _ if is_quoted => {
                if is_closed {
                    self.column();
                }
                if !(blanks > at && self.is_created(blanks)) {
                    self.sibling(blanks);
                }
            }
            // `<Pass encoding="base64">x</Pass>`
            _ if blanks > at && (before == b'<' || before == b':' && self.is_tag()) => {
                let rest = &rest[..rest.len().min(LINE)];
                match memchr::memchr2(b'>', b'<', rest) {
                    // `<Password Value="x"/>`
                    Some(end) if rest[end] == b'>' && rest[..end].ends_with(b"/") => self.sibling(blanks),
                    Some(end) if rest[end] == b'>' => self.element(blanks + end + 1, false),
                    _ => {}
                }
            }
            _ if blanks > at && self.is_created(blanks) => {}
            _ if blanks > at => self.words(blanks),
            _ => {}
        }
    }

    /// Whether the name is that of an element, behind its namespace: `<wsse:Password`.
    pub(super) fn is_tag(&self) -> bool {
        let before = &self.text[self.name.start.saturating_sub(24)..self.name.start];
        let Some((_, prefix)) = before.split_last() else { return false };
        let len = prefix.iter().rev().take_while(|b| is_name(**b) || **b == b'-').count();
        len > 0 && prefix[..prefix.len() - len].ends_with(b"<")
    }

    /// `password for root@localhost: x`, `password for 'x' is 'y'`.
    fn of_somebody(&mut self, from: usize) {
        let rest = self.rest(from);
        let len = rest.iter().take(48).take_while(|b| b.is_ascii_graphic()).count();
        let whom = &rest[..len];
        if whom.ends_with(b":") && len > 1 {
            let at = self.blanks(from + len);
            self.prose(at);
        } else if len > 0 && self.rest(from + len).starts_with(b" is ") {
            let at = self.blanks(from + len + 4);
            self.prose(at);
        }
    }

    /// Whether the quoted name is what a condition gives if it holds.
    fn is_condition(&self) -> bool {
        let line = self.line_before();
        let quotes = line.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\')).count();
        line[..line.len() - quotes].trim_ascii_end().ends_with(b"?")
    }

    /// Whether the quoted text that ends with the name is a key of several words (`"db password"`).
    pub(super) fn ends_phrase(&self, quote: Quote) -> bool {
        let line = self.line_before();
        let Some(open) = memchr::memrchr(quote.mark, line) else { return false };
        let words = &line[open + 1..];
        words.len() <= 40
            && words.iter().all(|b| is_name(*b) || matches!(b, b' ' | b'-' | b'.' | b':' | b'/'))
    }

    /// Whether the quoted name stands right behind a bracket.
    pub(super) fn is_first(&self) -> bool {
        let mut line = self.line_before();
        // `{ "Db:Password", "x" }`: the quote that the text begins with.
        if line.ends_with(b":")
            && let Some(open) = memchr::memrchr(self.byte(self.name.end), line)
        {
            line = &line[..open];
        }
        let quotes = line
            .iter()
            .rev()
            .take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b'@' | b'b' | b'u' | b'L'))
            .count();
        let before = line[..line.len() - quotes].trim_ascii_end();
        // Capybara: `fill_in 'Password', with: 'x'`.
        matches!(before.last(), None | Some(b'(' | b'{' | b'[')) || before.ends_with(b"fill_in")
    }

    /// Whether the name is that of a constant: `SECURITY_CREDENTIALS`, `Context.PASSWORD`.
    fn is_constant(&self) -> bool {
        let name = &self.text[self.name.clone()];
        let last = memchr::memrchr(b'.', name).map_or(name, |at| &name[at + 1..]);
        last.len() > 3 && last.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'0'..=b'9'))
    }

    /// Whether the name is that of a plugin: `IDENTIFIED WITH mysql_native_password`.
    fn is_plugin(&self) -> bool {
        let line = self.line_before().trim_ascii_end();
        line.get(line.len().saturating_sub(15)..)
            .is_some_and(|end| end.to_ascii_lowercase().ends_with(b"identified with"))
    }

    /// Whether the name is the first of what a call compares: `strcmp(password, "x")`.
    pub(super) fn is_compared(&self) -> bool {
        let line = without_receiver(self.line_before());
        let Some(open) = memchr::memrchr(b'(', line) else { return false };
        let callee = line[..open].strip_suffix(b"!").unwrap_or(&line[..open]);
        let from = callee.iter().rposition(|b| !is_name(*b)).map_or(0, |i| i + 1);
        let call = callee[from..].to_ascii_lowercase();
        open + 12 > line.len()
            && [
                &b"cmp"[..],
                b"equal",
                b"equals",
                b"compare",
                b"assertequals",
                b"assertequal",
                b"assert_eq",
                b"expect_eq",
                b"streq",
                // Copied, not compared: `strcpy(cfg.password, "x")`.
                b"strcpy",
                b"strncpy",
                b"strlcpy",
            ]
            .iter()
            .any(|name| call.ends_with(name))
            // Perl: `is($x->password, 'x')`.
            || call == b"is" && open + 12 > line.len()
    }

    /// Whether the name stands in braces behind a variable: `$cfg{`, `$cfg->{`.
    fn is_member_of_hash(&self) -> bool {
        let line = self.line_before();
        let variable = line.strip_suffix(b"{").unwrap_or(line);
        let variable = variable.strip_suffix(b"->").unwrap_or(variable);
        let name = variable.iter().rev().take_while(|b| is_name(**b)).count();
        let sign = variable.len().checked_sub(name + 1).map(|at| variable[at]);
        name > 0 && sign == Some(b'$') || variable.ends_with(b"}")
    }

    /// Whether the name is a text that is looked up in another language: `__('Password', 'shop')`.
    fn is_translated(&self) -> bool {
        const CALLS: [&[u8]; 14] = [
            b"__",
            b"_e",
            b"_x",
            b"_ex",
            b"_n",
            b"_",
            b"esc_html__",
            b"esc_attr__",
            b"esc_html_e",
            b"esc_attr_e",
            b"gettext",
            b"dgettext",
            b"translate",
            b"trans",
        ];
        let line = self.line_before();
        let Some(open) = memchr::memrchr(b'(', line) else { return false };
        let from = line[..open].iter().rposition(|b| !is_name(*b)).map_or(0, |i| i + 1);
        CALLS.contains(&&line[from..open])
    }

    /// The second argument of a call whose first is the name.
    pub(super) fn argument(&mut self, from: usize) {
        if self.is_translated() {
            return;
        }
        let at = self.blanks_and_line(from);
        if let Some(value) = self.quote(at) {
            // One of many in a list, rather than a pair.
            let next = self.byte(self.blanks_and_line(value.end + 1));
            let line = self.line_before();
            let opening = without_quotes(line);
            if self.text[self.name.clone()].starts_with(b"--") {
                self.option_in_list(from);
                return;
            }
            let in_list = matches!(opening.last(), Some(b'[' | b'{') | None) || makes_list(opening);
            if !in_list || matches!(next, b']' | b'}') {
                let form = if self.is_put() { Form::Pair } else { Form::Argument };
                self.give(value, form, true, false);
            }
            return;
        }
        let symbol = at + usize::from(self.byte(at) == b':');
        let word = symbol - at + self.rest(symbol).iter().take(24).take_while(|b| is_name(**b)).count();
        if word > symbol - at && matches!(self.byte(self.blanks(at + word)), b'=' | b':') {
            self.sibling(at);
        } else {
            self.wrapped(at, Form::Argument);
        }
    }

    /// The argument of a call that is named so.
    pub(super) fn call(&mut self, from: usize) {
        let at = self.blanks_and_line(from);
        if self.byte(at) != b')' && self.arguments_by_name(at) {
            return;
        }
        if let Some(first) = self.quote(at) {
            // Of several arguments the last is the secret: `setPassword("user", "secret")`.
            let mut last = first.clone();
            for _ in 0..2 {
                let next = self.blanks(last.end + 1);
                let another = (self.byte(next) == b',').then(|| self.quote(self.blanks_and_line(next + 1)));
                match another.flatten() {
                    Some(value) => last = value,
                    None => break,
                }
            }
            // `keyring.set_password("service", user, password)`: what follows is the secret.
            let next = self.blanks(last.end + 1);
            let is_more = self.byte(next) == b',';
            // `algoToken("id", "algo:USDt-312769", void 0, "Tether", 6)` makes something of many parts.
            let is_record = last != first && is_more && {
                let argument =
                    self.rest(next + 1).iter().take(LINE).take_while(|b| !b",()\n".contains(b)).count();
                self.byte(next + 1 + argument) == b','
            };
            if self.is_asked_for() {
                self.compared_behind(last.end + 1);
            } else if !(is_record || is_more && self.text[self.name.clone()].starts_with(b"keyring.")) {
                let form = if self.is_declared() { Form::Assign } else { Form::Call };
                self.give(last, form, true, false);
            }
        } else if self.byte(at) == b')' {
            // `getPassword().equals("x")`, `assertEquals("x", getPassword())`
            self.compared_before();
            self.methods(at);
            self.returned(at + 1);
        } else {
            let rest = self.rest(at);
            // `setPassword(new String("x"))`, `setPassword(getProperty("pw", "x"))`
            let callee = rest.iter().take(64).take_while(|b| is_name(**b) || **b == b'.').count();
            if rest.starts_with(b"new ")
                || rest.starts_with(b"[]byte(")
                || is_lookup(&rest[..callee])
                || is_wrapper(&rest[..callee])
                || rest[callee..].starts_with(b"().")
                || rest.starts_with(b"ConvertTo-SecureString")
            {
                self.wrapped(at, Form::Call);
            }
        }
    }

    /// Whether what is called gives a secret that it looks up: `get_password("shop", "joe")`.
    fn is_asked_for(&self) -> bool {
        let name = &self.text[self.name.clone()];
        let last = name.iter().rposition(|b| *b == b'.').map_or(name, |at| &name[at + 1..]);
        [&b"get_"[..], b"fetch_", b"getPassword", b"getSecret", b"getToken", b"getCredential"]
            .iter()
            .any(|verb| last.starts_with(verb))
    }

    /// What the call whose last text ends at `from` is compared with: `get_password("shop", "joe") == "x"`.
    fn compared_behind(&mut self, from: usize) {
        if self.byte(from) != b')' {
            return;
        }
        let at = self.blanks(from + 1);
        match self.rest(at) {
            [b'=' | b'!', b'=', ..] => {
                let behind =
                    at + self.rest(at).iter().take(3).take_while(|b| matches!(b, b'=' | b'!')).count();
                let value = self.blanks(behind);
                self.quoted(value, Form::Compare);
            }
            _ => self.methods(from),
        }
    }

    /// Whether the name is that of a text that is declared: `std::string token("x")`.
    fn is_declared(&self) -> bool {
        let line = self.line_before();
        let kind = line.trim_ascii_end();
        kind.len() < line.len() && [&b"string"[..], b"String"].iter().any(|kinds| kind.ends_with(kinds))
    }

    /// `"value": "x"`, `value="x"` behind a name that is itself a value.
    pub(super) fn sibling(&mut self, from: usize) {
        // The end of `<key>password</key>`, and what follows there.
        let mut at = from;
        let stop = (from + 160).min(self.text.len());
        for _ in 0..4 {
            at = self.blanks_and_line(at);
            // .NET: `<setting name="Password" serializeAs="String"><value>x</value>`.
            if self.byte(at) == b'>' {
                if let Some(text) = self.behind_value_tag(at + 1) {
                    self.text_of(text);
                }
                return;
            }
            if self.byte(at) == b',' {
                at = self.blanks_and_line(at + 1);
            }
            let quote = usize::from(matches!(self.byte(at), b'"' | b'\'' | b':'));
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
            if matches!(
                &name[..],
                b"value"
                    | b"default"
                    | b"defaultvalue"
                    | b"default-value"
                    | b"val"
                    | b"with"
                    | b"usevalue"
                    | b"return_value"
                    | b"parametervalue"
            ) {
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
}
