//! Names with their values behind a blank: options of commands, directives, settings of a line of their own, lists of YAML.

use super::reader::Reader;
use super::{Form, is_name};

/// Directives that nothing but a secret follows.
const DIRECTIVES: [&[u8]; 6] =
    [b"requirepass", b"auth_pass", b"masterauth", b"bindpw", b"rootpw", b"wpa-psk"];

impl Reader<'_, '_> {
    /// Whether the name is what a command sets in a file of settings: `crudini --set FILE SECTION NAME VALUE`,
    /// `mysqladmin -u root password VALUE`.
    fn is_option_of_command(&self, before: &[u8]) -> bool {
        const SETTERS: [&[u8]; 6] = [
            b"crudini --set",
            b"openstack-config --set",
            b"iniset ",
            b"config set",
            b"config --global",
            b"snap set ",
        ];
        let has = |text: &[u8]| memchr::memmem::find(before, text).is_some();
        before.len() > 7
            && (SETTERS.iter().any(|setter| has(setter))
                || has(b"mysqladmin ") && self.text[self.name.clone()].eq_ignore_ascii_case(b"password"))
    }

    /// Blanks and more words: an option, a directive, a setting of its own line, a list of YAML.
    pub(super) fn words(&mut self, at: usize) {
        let text = self.text;
        let name = &text[self.name.clone()];
        let line = self.line_before();
        let before = line.trim_ascii();
        if name.starts_with(b"-") {
            if self.byte(at) == b'(' {
                // PowerShell: `-Password (ConvertTo-SecureString "x" -AsPlainText)`.
                self.wrapped(at + 1, Form::Flag);
            } else if self.byte(at) != b'-' {
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
        if self.is_option_of_command(before) {
            self.bare(at, Form::Flag);
            return;
        }
        // `const password string = "x"`, `password NVARCHAR(9) = 'x'`, `char password PROGMEM = "x"`
        let kind = self
            .rest(at)
            .iter()
            .take(40)
            .take_while(|b| is_name(**b) || matches!(b, b'[' | b']' | b'.' | b'*' | b' ' | b'(' | b')'))
            .count();
        let operator = at + kind + usize::from(self.rest(at + kind).starts_with(b":="));
        // SQL: `password VARCHAR(20) NOT NULL DEFAULT 'x'`
        if matches!(self.byte(at + kind), b'"' | b'\'')
            && self.rest(at)[..kind].trim_ascii_end().to_ascii_lowercase().ends_with(b" default")
            && self.inside().is_none()
        {
            self.quoted(at + kind, Form::Assign);
            return;
        }
        // `update passwd set name = 'x'`
        if self.rest(at).get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"set ")) {
            return;
        }
        if kind > 0
            && matches!(self.byte(at + kind - 1), b' ' | b']' | b'*')
            && self.byte(operator) == b'='
            && !matches!(self.byte(operator + 1), b'=' | b'>')
            && self.inside().is_none()
        {
            let value = self.blanks_and_line(operator + 1);
            if self.quoted(value, Form::Assign) {
                return;
            }
        }
        // PowerShell: `-Name DefaultPassword -Value "x"`; Junos: `pre-shared-key ascii-text "x"`.
        for option in [&b"-Value "[..], b"ascii-text "] {
            if self.rest(at).starts_with(option) {
                let at = self.blanks(at + option.len());
                self.quoted(at, Form::Flag);
                return;
            }
        }
        if let Some(value) = self.keyword_value(before, at) {
            self.bare(value, Form::Word);
            return;
        }
        // A line of its own: `requirepass foo`, `machine x login y password z`.
        // Routers: `username admin password 0 x`.
        let is_router = || {
            let words =
                [&b"username"[..], b"enable", b"user", b"neighbor", b"set", b"ip", b"ppp", b"snmp-server"];
            let first = before.split(|b| *b == b' ').next().unwrap_or_default();
            words.contains(&first) || before.ends_with(b" key") || before.ends_with(b" secret")
        };
        if self.byte(at).is_ascii_digit() && self.byte(at + 1) == b' ' && !before.is_empty() && is_router() {
            self.bare(at + 2, Form::Flag);
            return;
        }
        // `enable secret x`
        if before == b"enable" {
            self.bare(at, Form::Word);
            return;
        }
        // The same in a string: `["requirepass foo"]`.
        let is_whole_directive =
            || DIRECTIVES.contains(&name) && self.inside().is_some_and(|mark| line.ends_with(&[mark]));
        if is_whole_directive() {
            self.bare(at, Form::Word);
            return;
        }
        let is_netrc =
            memchr::memmem::find(line, b"login ").is_some() || memchr::memmem::find(line, b"user ").is_some();
        if before.is_empty() || is_netrc && self.inside().is_none() {
            self.bare(at, Form::Word);
        }
    }
}
