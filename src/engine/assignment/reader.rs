//! Where something stands in a text, and what stands in quotes there.

use super::quote::Quote;
use super::{Form, GAP, LINE, Named, SCHEMES};
use crate::vector::vectored;
use std::cell::OnceCell;
use std::ops::Range;

pub(super) struct Reader<'t, 'f> {
    pub(super) text: &'t [u8],
    pub(super) name: Range<usize>,
    /// The mark of the string that the name stands in; looked for when first asked for.
    pub(super) inside: OnceCell<Option<u8>>,
    pub(super) found: &'f mut dyn FnMut(Named),
}

vectored! {
    /// Which bytes are marks of strings, a bit each.
    fn quotes(block: &[u8; 64]) -> u64 where bits {
        let mut is = [0u8; 64];
        for i in 0..64 {
            is[i] = u8::from(block[i] == b'"') | u8::from(block[i] == b'\'') | u8::from(block[i] == b'`');
        }
        bits(&is)
    }
}

impl<'t> Reader<'t, '_> {
    /// The mark of the string that the name stands in.
    pub(super) fn inside(&self) -> Option<u8> {
        *self.inside.get_or_init(|| self.string_around())
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b'\n')
    }

    pub(super) fn rest(&self, at: usize) -> &'t [u8] {
        self.text.get(at..).unwrap_or_default()
    }

    /// Behind blanks, on the same line.
    pub(super) fn blanks(&self, from: usize) -> usize {
        from + self.rest(from).iter().take(GAP).take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// Behind blanks and one end of line.
    pub(super) fn blanks_and_line(&self, from: usize) -> usize {
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
    pub(super) fn line_before(&self) -> &'t [u8] {
        let before = &self.text[self.name.start.saturating_sub(LINE)..self.name.start];
        &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..]
    }

    /// The mark of the string that the name stands in, by what the line opens before it.
    pub(super) fn string_around(&self) -> Option<u8> {
        let line = self.line_before();
        // Nobody knows what a line opens that begins further away; of JSON, what the last mark stands behind says it: `"key": "`.
        if line.len() >= LINE - 1
            && let Some(last) = line.iter().rposition(|b| *b == b'"')
            && let Some(key) = line[..last].trim_ascii_end().strip_suffix(b"\":")
            && key.last().is_some_and(|b| super::is_name(*b))
        {
            return Some(b'"');
        }
        let mut open = None;
        for (n, some) in line.chunks(64).enumerate() {
            let mut block = [0; 64];
            block[..some.len()].copy_from_slice(some);
            let mut marks = quotes(&block);
            while marks != 0 {
                let at = 64 * n + marks.trailing_zeros() as usize;
                marks &= marks - 1;
                let before = &line[..at];
                let escapes = before.iter().rev().take_while(|b| **b == b'\\').count();
                if escapes % 2 != 0 {
                    continue;
                }
                open = match open {
                    None if line[at] == b'\'' && before.last().is_some_and(u8::is_ascii_alphanumeric) => None,
                    None => Some(line[at]),
                    Some(mark) if mark == line[at] => None,
                    open => open,
                };
            }
        }
        open
    }

    pub(super) fn give(&mut self, value: Range<usize>, form: Form, quoted: bool, goes_on: bool) {
        // Spring writes before a password how it is hashed: not at all.
        let plain = if self.text[value.clone()].starts_with(b"{noop}") { 6 } else { 0 };
        let value = self.behind_scheme(value.start + plain)..value.end;
        if !value.is_empty() {
            (self.found)(Named { name: self.name.clone(), value, form, quoted, goes_on });
        }
    }

    /// Behind the scheme of a header, where one is at `at`: `Authorization: Bearer x`.
    pub(super) fn behind_scheme(&self, at: usize) -> usize {
        const NAME: &[u8] = b"authorization";
        let name = &self.text[self.name.clone()];
        let is_header = super::ends_with(name, NAME);
        let scheme = SCHEMES.iter().find(|scheme| is_header && self.rest(at).starts_with(scheme));
        at + scheme.map_or(0, |scheme| scheme.len())
    }

    /// Where the quote stands behind the prefix of a literal: `b"`, `@"`, `L"`, `N'`.
    pub(super) fn prefixed(&self, at: usize) -> Option<usize> {
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
    pub(super) fn quoted(&mut self, at: usize, form: Form) -> bool {
        match self.quote(at) {
            Some(value) => {
                self.give(value, form, true, false);
                true
            }
            None => false,
        }
    }

    /// What stands in quotes at `at`.
    pub(super) fn quote(&self, at: usize) -> Option<Range<usize>> {
        let at = self.prefixed(at)?;
        let (quote, len) = Quote::at(self.text, at)?;
        if self.inside() == Some(quote.mark) && !quote.escaped && !quote.entity {
            return None;
        }
        let from = at + len;
        if quote.triple && self.byte(from) == b'\n' {
            return None;
        }
        quote.close(self.text, from).map(|to| from..to)
    }

    pub(super) fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let bytes = &self.text[range.clone()];
        let from = bytes.len() - bytes.trim_ascii_start().len();
        range.start + from..range.start + from + bytes.trim_ascii().len()
    }
}
