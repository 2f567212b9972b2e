//! Strings as PHP serialises them: `s:8:"password";s:6:"secret";`, in quotes of their own or with `\\` before each.

use super::reader::Reader;
use super::{Form, VALUE};

impl Reader<'_, '_> {
    /// The string that follows a name that is one, from the `;` behind it. Whether there is one.
    pub(super) fn serialized(&mut self, from: usize) -> bool {
        let Some(rest) = self.rest(from).strip_prefix(b";s:") else { return false };
        let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        let Some(length) = std::str::from_utf8(&rest[..digits]).ok().and_then(|n| n.parse::<usize>().ok())
        else {
            return false;
        };
        let Some(rest) = rest[digits..].strip_prefix(b":") else { return false };
        // `"`, `\\"` in a string of SQL, `\\\\\\"` in one of those.
        let quote = rest.iter().take(4).take_while(|b| **b == b'\\').count() + 1;
        if rest.get(quote - 1) != Some(&b'"') || length > VALUE {
            return false;
        }
        let at = from + 3 + digits + 1 + quote;
        let mark = &rest[..quote];
        let declared = at + length;
        // The length is that of the string as PHP has it: what is escaped around it is longer.
        let end = if self.rest(declared).starts_with(mark) {
            declared
        } else {
            let within = &self.rest(at)[..self.rest(at).len().min(VALUE)];
            let Some(length) = memchr::memmem::find(within, mark) else { return true };
            at + length
        };
        self.give(at..end, Form::Pair, true, false);
        true
    }
}
