//! A column of an `INSERT`, and what its rows hold there.

use super::reader::Reader;
use super::{Form, ends_with};

/// Longest list of columns before the name.
const COLUMNS: usize = 512;
/// Longest stretch of rows that is read: a hostile text is nothing but such lists.
const ROWS: usize = 16 << 10;

/// Longest stretch before a column in which the statement begins that makes its table, and behind it, in which rows are put into it.
const CREATED: usize = 4 << 10;
const AHEAD: usize = 64 << 10;
/// Statements there that are looked at.
const STATEMENTS: usize = 32;

/// What stands before the name of a table at the end of `head`, where a blank is between them.
fn before_table(head: &[u8]) -> Option<&[u8]> {
    let is_name = |b: &u8| !matches!(b, b' ' | b'\n' | b';' | b'(' | b')');
    let name = head.iter().rev().take_while(|b| is_name(b)).count();
    let before = head[..head.len() - name].trim_ascii_end();
    (name > 0 && head.get(before.len()) == Some(&b' ')).then_some(before)
}

/// The last part of the name of a table at the end of `text`, without quotes.
fn last_of_path(text: &[u8]) -> &[u8] {
    let is_around = |b: &u8| matches!(b, b'"' | b'`' | b'[' | b']' | b'\'');
    let end = text.len() - text.iter().rev().take_while(|b| is_around(b)).count();
    let is_part = |b: &u8| !(is_around(b) || matches!(b, b' ' | b'.' | b'\n' | b'\t'));
    let len = text[..end].iter().rev().take_while(|b| is_part(b)).count();
    &text[end - len..end]
}

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
        let Some(head) = before_table(table) else { return false };
        let number = before[open..].iter().filter(|b| **b == b',').count();
        // `COPY users (name, password) FROM stdin;`
        if head.ends_with(b"COPY") {
            self.copied(self.name.end, number);
            return true;
        }
        if ends_with(head, b"TABLE") || ends_with(head, b"EXISTS") {
            return self.created(floor + open, number);
        }
        if !ends_with(head, b"INTO") {
            return false;
        }
        let rest = self.rest(self.name.end);
        let Some(close) = memchr::memchr(b')', &rest[..rest.len().min(COLUMNS)]) else { return true };
        let at = self.space(self.name.end + close + 1);
        if !self.rest(at).get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"values")) {
            return true;
        }
        self.rows(at + 6, at + 6 + ROWS, number);
        true
    }

    /// Gives what the rows behind `VALUES` hold in the column `number`.
    fn rows(&mut self, from: usize, stop: usize, number: usize) {
        let mut at = self.space(from);
        let stop = self.text.len().min(stop);
        while at < stop && self.byte(at) == b'(' {
            let Some(end) = self.row(at + 1, stop, number) else { break };
            at = self.space(end);
            if self.byte(at) != b',' {
                break;
            }
            at = self.space(at + 1);
        }
    }

    /// Whether the name is that of a column that `CREATE TABLE` makes, of text; `at` is where its type stands. Gives what is put into it.
    pub(super) fn is_created(&mut self, at: usize) -> bool {
        const TYPES: [&[u8]; 9] = [
            b"text",
            b"varchar",
            b"char",
            b"nvarchar",
            b"longtext",
            b"mediumtext",
            b"tinytext",
            b"string",
            b"varchar2",
        ];
        let len = self.rest(at).iter().take(12).take_while(|b| b.is_ascii_alphanumeric()).count();
        let kind = &self.rest(at)[..len];
        if !(TYPES.iter().any(|t| kind.eq_ignore_ascii_case(t)) || kind.eq_ignore_ascii_case(b"character")) {
            return false;
        }
        let floor = self.name.start.saturating_sub(CREATED);
        let before = &self.text[floor..self.name.start];
        // The bracket around the columns is the last that no other closes.
        let (mut depth, mut number) = (0u32, 0);
        for (n, b) in before.iter().enumerate().rev() {
            match b {
                b')' => depth += 1,
                b'(' if depth == 0 => {
                    let head = before[..n].trim_ascii_end();
                    let head = &head[head.len().saturating_sub(100)..];
                    let is_made = |head: &[u8]| ends_with(head, b"TABLE") || ends_with(head, b"EXISTS");
                    return before_table(head).is_some_and(is_made) && self.created(floor + n, number);
                }
                b'(' => depth -= 1,
                b',' if depth == 0 => number += 1,
                b';' => return false,
                _ => {}
            }
        }
        false
    }

    /// Gives what statements behind one that makes a table, whose columns begin at `open`, put into its column `number`. Whether it is one.
    fn created(&mut self, open: usize, number: usize) -> bool {
        let text = self.text;
        let name = last_of_path(text[open.saturating_sub(100)..open].trim_ascii_end());
        if name.is_empty() {
            return false;
        }
        let stop = text.len().min(self.name.end + AHEAD);
        let mut statements = 0;
        let mut at = self.name.end;
        let mut rows = None;
        while statements < STATEMENTS {
            let rest = &text[at..stop];
            let Some(found) = memchr::memmem::find(rest, b"INSERT INTO ") else { break };
            at += found + 12;
            statements += 1;
            let len =
                self.rest(at).iter().take(100).take_while(|b| !matches!(b, b' ' | b'(' | b'\n')).count();
            if last_of_path(&text[at..at + len]) != name {
                continue;
            }
            at = self.space(at + len);
            if self.rest(at).get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"values")) {
                self.rows(at + 6, *rows.get_or_insert(at + ROWS), number);
            }
        }
        true
    }

    /// Gives what the lines behind `FROM stdin;` hold in the column `number`.
    fn copied(&mut self, from: usize, number: usize) {
        let rest = self.rest(from);
        let Some(end) = memchr::memchr(b'\n', &rest[..rest.len().min(COLUMNS)]) else { return };
        if !rest[..end].trim_ascii_end().to_ascii_lowercase().ends_with(b" from stdin;") {
            return;
        }
        let mut at = from + end + 1;
        let stop = self.text.len().min(at + ROWS);
        while at < stop && !self.rest(at).starts_with(b"\\.") {
            let line = &self.text[at..stop];
            let Some(len) = memchr::memchr(b'\n', line) else { break };
            // The next statement: this one has lost its end, and nothing is read twice.
            if line.starts_with(b"COPY ") {
                break;
            }
            let mut start = at;
            for (n, cell) in line[..len].split(|b| *b == b'\t').enumerate() {
                if n == number && cell != b"\\N" && cell.len() <= super::VALUE {
                    self.give(start..start + cell.len(), Form::Clause, false, false);
                }
                start += cell.len() + 1;
            }
            at += len + 1;
        }
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

#[cfg(test)]
mod tests {
    use crate::engine::assignment::tests::below_password;

    #[test]
    fn columns_of_tables_that_are_made_before() {
        for (text, wanted) in [
            (
                "CREATE TABLE keys(id,password);\nINSERT INTO keys VALUES(1,'V1');\nINSERT INTO keys VALUES(2,'V2');\n",
                &["V1", "V2"][..],
            ),
            (
                "CREATE TABLE `keys` (\n  `id` int(11) NOT NULL,\n  `password` varchar(255) DEFAULT NULL,\n  KEY (`id`)\n);\nINSERT INTO `keys` VALUES (1,'V1',2),(2,'V2',3);\n",
                &["V1", "V2"],
            ),
            (
                "CREATE TABLE public.keys (\n    id integer,\n    a numeric(10,2),\n    password text\n);\n\nINSERT INTO public.keys VALUES\n\t(1, 2, 'V1'),\n\t(2, 3, 'V2');\n",
                &["V1", "V2"],
            ),
            (
                "CREATE TABLE IF NOT EXISTS keys (password TEXT);\nINSERT INTO others VALUES('x');INSERT INTO keys VALUES('V1');",
                &["V1"],
            ),
            (
                "COPY public.keys (id, password, a) FROM stdin;\n1\tV1\tx\n2\tV2\ty\n\\.\n3\tx\ty\n",
                &["V1", "V2"],
            ),
            ("COPY keys (id, password) FROM stdin;\n1\t\\N\n\\.\n", &[]),
            ("CREATE TABLE keys (password text);\nSELECT 1;", &[]),
            ("f(password text)\nINSERT INTO f VALUES('x');", &[]),
        ] {
            assert_eq!(below_password(text), wanted, "{text}");
        }
    }

    #[test]
    fn hostile_statements() {
        let text =
            "CREATE TABLE t(password text);".to_owned() + &"INSERT INTO t VALUES('x');".repeat(100_000);
        assert!(below_password(&text).len() < 100);
        let text = "COPY t (password) FROM stdin;\nV1\n".repeat(100_000);
        assert_eq!(below_password(&text), ["V1"]);
        let text = "CREATE TABLE t(".to_owned() + &"a,".repeat(100_000) + "password text);";
        assert!(below_password(&text).is_empty());
    }
}
