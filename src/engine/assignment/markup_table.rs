//! Tables of HTML: what stands in the cell beside a name, or in the rows below it.

use super::reader::Reader;
use super::{Form, VALUE};
use std::ops::Range;

/// Longest stretch before a cell in which its row and its table begin, and of a row.
const ROW: usize = 2 << 10;
/// Longest stretch of rows that is read.
const ROWS: usize = 16 << 10;
/// Tags within a cell, around its text.
const TAGS: usize = 6;
/// Shortest value that stands beside its name.
const SHORTEST: usize = 6;

/// What a tag is for a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    Cell,
    Head,
    Row,
    Table,
    Term,
    Description,
    Other,
}

impl Reader<'_, '_> {
    /// `<td>password</td><td>x</td>`, `<dt>password</dt><dd>x</dd>`, and columns; `from` is where the tag begins that ends the name. Whether
    /// it is in such a table.
    pub(super) fn markup_cell(&mut self, from: usize) -> bool {
        let Some((kind, end)) = self.cell_end(from) else { return false };
        if kind == Tag::Term {
            if let Some((Tag::Description, inside)) = self.opening(end) {
                self.give_cell(inside, Form::Pair);
            }
            return true;
        }
        let floor = self.name.start.saturating_sub(ROW);
        let before = &self.text[floor..self.name.start];
        let Some((row, number)) = row_of(before) else { return true };
        let next = self.opening(end).filter(|(tag, _)| matches!(tag, Tag::Cell | Tag::Head));
        let is_first_row = memchr::memrchr_iter(b'<', &before[..row])
            .map(|at| tag_at(&before[at + 1..]))
            .find(|tag| matches!(tag, Tag::Row | Tag::Table))
            .is_none_or(|tag| tag == Tag::Table);
        let is_head = kind == Tag::Head && (next.is_none() || next.is_some_and(|(tag, _)| tag == Tag::Head));
        if is_head || is_first_row && (number > 1 || next.is_none()) {
            self.column_of_rows(end, number);
        } else if let Some((_, inside)) = next {
            self.give_cell(inside, Form::Pair);
        }
        true
    }

    /// Whether only words stand between the last tag and the name: `<th>DB password</th>`.
    pub(super) fn ends_label(&self) -> bool {
        const LABEL: usize = 32;
        let before = &self.text[self.name.start.saturating_sub(LABEL)..self.name.start];
        let words =
            before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || b.is_ascii_whitespace()).count();
        before[..before.len() - words].ends_with(b">")
    }

    /// The kind of the cell whose text ends with the tags at `from`, and where it ends.
    fn cell_end(&self, from: usize) -> Option<(Tag, usize)> {
        let mut at = from;
        for _ in 0..TAGS {
            at = self.space_of_markup(at);
            let rest = self.rest(at).strip_prefix(b"</")?;
            let end = memchr::memchr(b'>', &rest[..rest.len().min(16)])?;
            let tag = tag_at(rest);
            at += 2 + end + 1;
            match tag {
                Tag::Cell | Tag::Head | Tag::Term => return Some((tag, at)),
                Tag::Other => {}
                _ => return None,
            }
        }
        None
    }

    /// The tag that opens at `from`, and where what is in it begins.
    fn opening(&self, from: usize) -> Option<(Tag, usize)> {
        let at = self.space_of_markup(from);
        let rest = self.rest(at).strip_prefix(b"<").filter(|rest| !rest.starts_with(b"/"))?;
        let end = memchr::memchr(b'>', &rest[..rest.len().min(ROW)])?;
        Some((tag_at(rest), at + 1 + end + 1))
    }

    fn space_of_markup(&self, from: usize) -> usize {
        from + self.rest(from).iter().take(VALUE).take_while(|b| b.is_ascii_whitespace()).count()
    }

    /// The text of the cell whose inside begins at `from`.
    fn cell_text(&self, from: usize) -> Option<Range<usize>> {
        let mut at = from;
        for _ in 0..TAGS {
            at = self.space_of_markup(at);
            match self.opening(at) {
                Some((Tag::Other, inside)) => at = inside,
                _ => break,
            }
        }
        let rest = self.rest(at);
        let len = memchr::memchr(b'<', &rest[..rest.len().min(VALUE)])?;
        Some(self.trimmed(at..at + len)).filter(|text| !text.is_empty())
    }

    fn give_cell(&mut self, from: usize, form: Form) {
        let Some(value) = self.cell_text(from) else { return };
        let bytes = &self.text[value.clone()];
        // What describes the setting, not what it is set to.
        let is_value = form != Form::Pair
            || bytes.len() >= SHORTEST
                && bytes.iter().any(|b| b.is_ascii_digit() || b"!#$%^&+@~".contains(b))
                && bytes.iter().any(u8::is_ascii_alphabetic);
        if is_value && !bytes.iter().any(u8::is_ascii_whitespace) {
            self.give(value, form, true, false);
        }
    }

    /// What the cells of this number hold in the rows behind `from`.
    fn column_of_rows(&mut self, from: usize, number: usize) {
        let stop = self.text.len().min(from + ROWS);
        let (mut at, mut cell, mut is_row) = (from, 0, false);
        while at < stop {
            let Some(open) = memchr::memchr(b'<', &self.text[at..stop]) else { return };
            at += open + 1;
            let (is_end, rest) = match self.rest(at) {
                [b'/', rest @ ..] => (true, rest),
                rest => (false, rest),
            };
            match (tag_at(rest), is_end) {
                (Tag::Table, _) => return,
                (Tag::Row, false) => (cell, is_row) = (0, true),
                (Tag::Cell | Tag::Head, false) if is_row => {
                    if cell == number
                        && let Some((_, inside)) = self.opening(at - 1)
                    {
                        self.give_cell(inside, Form::Clause);
                    }
                    cell += 1;
                }
                _ => {}
            }
        }
    }
}

/// Where the row begins that the end of `before` is in, and the number of the cell there.
fn row_of(before: &[u8]) -> Option<(usize, usize)> {
    let mut cells = 0usize;
    for at in memchr::memrchr_iter(b'<', before) {
        match tag_at(&before[at + 1..]) {
            Tag::Cell | Tag::Head => cells += 1,
            Tag::Row => return cells.checked_sub(1).map(|number| (at, number)),
            Tag::Table => return None,
            _ => {}
        }
    }
    None
}

/// The tag whose name begins here.
fn tag_at(rest: &[u8]) -> Tag {
    let len = rest.iter().take(8).take_while(|b| b.is_ascii_alphabetic()).count();
    let is = |name: &[u8]| rest[..len].eq_ignore_ascii_case(name);
    match rest.get(len) {
        Some(b'>' | b' ' | b'\n' | b'\r' | b'\t' | b'/') if len > 1 => {}
        _ => return Tag::Other,
    }
    match len {
        2 if is(b"td") => Tag::Cell,
        2 if is(b"th") => Tag::Head,
        2 if is(b"tr") => Tag::Row,
        2 if is(b"dt") => Tag::Term,
        2 if is(b"dd") => Tag::Description,
        5 if is(b"table") => Tag::Table,
        _ => Tag::Other,
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::assignment::tests::below_password;

    #[test]
    fn cells() {
        for (text, wanted) in [
            ("<table><tr><td>password</td><td>V1-abc</td></tr></table>", &["V1-abc"][..]),
            ("<tr>\n<td align=\"left\"><b>password</b></td>\n<td><code>V1-abc</code></td></tr>", &["V1-abc"]),
            (
                "<table><tr><th>user</th><th>password</th></tr>\n<tr><td>a</td><td>V1</td></tr><tr><td>b</td><td>V2</td></tr></table>",
                &["V1", "V2"],
            ),
            (
                "<table><tr><td>id</td><td>user</td><td>password</td></tr><tr><td>1</td><td>b</td><td>V1</td></tr></table>",
                &["V1"],
            ),
            ("<TR><TH>id</TH>\n<TH>password</TH>\n</TR>\n<TR><TD>1</TD>\n<TD>V1</TD>\n</TR>", &["V1"]),
            ("<table><tr><th>password</th><td>V1-abc</td></tr></table>", &["V1-abc"]),
            (
                "<table><tr><th>Id</th><th>DB password</th></tr><tr><td>x</td><td>V1</td></tr></table>",
                &["V1"],
            ),
            ("<dl><dt>password</dt><dd><code>V1-abc</code></dd></dl>", &["V1-abc"]),
            ("<table><tr><td>password</td><td>string</td><td>The password</td></tr></table>", &[]),
            ("<td>password</td><td>V1-abc</td>", &[]),
            ("<td>password</td>", &[]),
            ("<tr><td>password</td><td>", &[]),
        ] {
            assert_eq!(below_password(text), wanted, "{text}");
        }
    }

    #[test]
    fn hostile_cells() {
        let text = "<table><tr><th>password</th></tr>".to_owned() + &"<tr><td>x</td></tr>".repeat(100_000);
        assert!(below_password(&text).len() < 2000);
        let text = "<td>".repeat(100_000) + "password</td>" + &"<td>".repeat(100_000);
        assert!(below_password(&text).is_empty());
    }
}
