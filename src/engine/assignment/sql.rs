//! A column of an `INSERT`, and what its rows hold there.

use super::Form;
use super::reader::Reader;

/// Longest list of columns before the name.
const COLUMNS: usize = 512;
/// Longest stretch of rows that is read: a hostile text is nothing but such lists.
const ROWS: usize = 16 << 10;

impl Reader<'_, '_> {
    /// `INSERT INTO users (name, password) VALUES ('x', 'y'), (…)`, with the name one of the
    /// columns. Whether it is one.
    pub(super) fn column(&mut self) -> bool {
        let text = self.text;
        let floor = self.name.start.saturating_sub(COLUMNS);
        let before = &text[floor..self.name.start];
        let Some(open) = memchr::memrchr(b'(', before) else { return false };
        let table = before[..open].trim_ascii_end();
        let table = &table[table.len().saturating_sub(100)..];
        let is_insert = table.windows(5).rposition(|w| w.eq_ignore_ascii_case(b"into ")).is_some_and(|at| {
            let name = table[at + 5..].trim_ascii();
            !name.is_empty() && name.iter().all(|b| !matches!(b, b' ' | b'\n' | b';' | b'(' | b')'))
        });
        if !is_insert {
            return false;
        }
        let number = before[open..].iter().filter(|b| **b == b',').count();
        let rest = self.rest(self.name.end);
        let Some(close) = memchr::memchr(b')', &rest[..rest.len().min(COLUMNS)]) else { return true };
        let mut at = self.space(self.name.end + close + 1);
        if !self.rest(at).get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"values")) {
            return true;
        }
        at = self.space(at + 6);
        let stop = text.len().min(at + ROWS);
        while at < stop && self.byte(at) == b'(' {
            let Some(end) = self.row(at + 1, stop, number) else { break };
            at = self.space(end);
            if self.byte(at) != b',' {
                break;
            }
            at = self.space(at + 1);
        }
        true
    }

    /// Gives what the row that starts at `from` holds in the column `number`; where the row ends.
    fn row(&mut self, from: usize, stop: usize, number: usize) -> Option<usize> {
        let (mut at, mut column, mut depth) = (from, 0, 0_u32);
        while at < stop {
            match self.byte(at) {
                quote @ (b'\'' | b'"') => {
                    let end = self.literal(at + 1, stop, quote)?;
                    if column == number && depth == 0 {
                        self.give(at + 1..end, Form::Clause, true, false);
                    }
                    at = end;
                }
                // `\"` and `\'` in a string of a program.
                b'\\' if matches!(self.byte(at + 1), b'\'' | b'"') => {
                    let quote = self.byte(at + 1);
                    let rest = &self.text[at + 2..stop.max(at + 2)];
                    let end = at + 2 + memchr::memmem::find(rest, &[b'\\', quote])?;
                    if column == number && depth == 0 {
                        self.give(at + 2..end, Form::Clause, true, false);
                    }
                    at = end + 1;
                }
                b',' if depth == 0 => column += 1,
                b'(' => depth += 1,
                b')' if depth == 0 => return Some(at + 1),
                b')' => depth -= 1,
                b';' | 0 => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Where the text in `quote` ends; a doubled quote or one behind `\` is a part of it.
    fn literal(&self, from: usize, stop: usize, quote: u8) -> Option<usize> {
        let mut at = from;
        while at < stop {
            match self.byte(at) {
                b'\\' => at += 1,
                b if b == quote && self.byte(at + 1) == quote => at += 1,
                b if b == quote => return Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Behind blanks and ends of lines, and those that a program writes between two of its strings.
    fn space(&self, from: usize) -> usize {
        let rest = self.rest(from);
        let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        from + rest.iter().take(super::GAP).take_while(blank).count()
    }
}
