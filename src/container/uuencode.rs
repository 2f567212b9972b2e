//! Files in the text form of uuencode: attachments of old mail and news, shell archives, exports. They are sought in files that
//! are such a thing by their first line, so that no other text is gone through for them.

use super::budget::Budget;
use super::piece::Taken;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::line;
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens such files.
pub struct Uuencode;

/// How files begin in which there may be others.
const CARRIERS: &[&[u8]] = &[
    b"From ",
    b"From:",
    b"Return-Path:",
    b"Received:",
    b"Message-ID:",
    b"Date:",
    b"Subject:",
    b"To:",
    b"Path:",
    b"MIME-Version:",
    b"Delivered-To:",
    b"X-",
    b"#!/bin/sh",
    b"# This is a shell archive",
    b"Newsgroups:",
];

impl Container for Uuencode {
    fn name(&self) -> &'static str {
        "uuencode"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        header(data, 0).is_some()
            || CARRIERS.iter().any(|first| data.starts_with(first)) && next(data, 0).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        !look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (mut at, mut wanted, mut names) = (0, Vec::new(), Vec::new());
        while let Some((name, body)) = next(data, at) {
            let end = end_of(data, body);
            wanted.push((body..end, names.len()));
            names.push(name);
            at = end;
            if names.len() as u64 >= limits.entries {
                opened
                    .problems
                    .push(Problem::new(Reason::Limit, format!("more than {} files", limits.entries)));
                break;
            }
        }
        let (taken, _) = Taken::new(wanted);
        for (n, range) in taken.indexes() {
            let name = data[names[n].clone()].to_vec();
            opened.members.push(Box::new(Encoded { name, lines: &data[range] }));
        }
        opened.gaps = taken.gaps(data.len());
        opened
    }
}

/// Opens the file before whose first line the line end at `at` is, in any other text; also where it ends.
pub fn open(text: &[u8], at: usize) -> Option<(Opened<'_>, usize)> {
    let (name, body) = header(text, at + 1)?;
    let end = end_of(text, body);
    let file = Encoded { name: text[name].to_vec(), lines: &text[body..end] };
    Some((Opened { members: vec![Box::new(file)], ..Opened::default() }, end))
}

/// The first file behind `at`: where its name is, and where its lines begin.
fn next(data: &[u8], mut at: usize) -> Option<(Range<usize>, usize)> {
    if let Some(found) = header(data, at).filter(|_| at == 0) {
        return Some(found);
    }
    loop {
        at += memchr::memmem::find(data.get(at..)?, b"\nbegin ")? + 1;
        if let Some(found) = header(data, at) {
            return Some(found);
        }
    }
}

/// `begin 644 name`, and a line behind it whose length is the one it tells.
fn header(data: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let rest = data.get(at..)?.strip_prefix(b"begin ")?;
    let digits = rest.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    ((3..=4).contains(&digits) && rest.get(digits) == Some(&b' ')).then_some(())?;
    let name = at + 7 + digits;
    let len = memchr::memchr(b'\n', &data[name..][..(data.len() - name).min(1024)])?;
    let first = line(data, name + len + 1)?.0;
    is_line(first).then_some(())?;
    let end = data[name..name + len].iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |n| n + 1);
    (end > 0).then_some((name..name + end, name + len + 1))
}

fn value(b: u8) -> u8 {
    b.wrapping_sub(b' ') & 63
}

/// Whether a line has as many signs as it says; blanks at its end may be lost.
fn is_line(line: &[u8]) -> bool {
    let Some((&count, signs)) = line.split_first() else { return false };
    let needed = usize::from(value(count)).div_ceil(3) * 4;
    (b' '..=b'`').contains(&count)
        && signs.iter().all(|b| (b' '..=b'`').contains(b))
        && signs.len() <= needed + 2
        && (signs.len() + 4 > needed || signs.len() * 2 > needed)
}

/// Where the lines of a file end.
fn end_of(data: &[u8], mut at: usize) -> usize {
    while let Some((text, next)) = line(data, at) {
        if text == b"end" {
            return next;
        }
        if !is_line(text) {
            break;
        }
        at = next;
    }
    at
}

struct Encoded<'b> {
    name: Vec<u8>,
    lines: &'b [u8],
}

impl Member for Encoded<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.lines.len() as u64 / 4 * 3
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let size = self.size_hint();
        if let Err(problem) = budget.take_member(size, "the file") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let mut at = 0;
        let mut is_whole = false;
        while let Some((text, next)) = line(self.lines, at) {
            at = next;
            if text == b"end" {
                is_whole = true;
                break;
            }
            let Some((&count, signs)) = text.split_first() else { continue };
            let end = buffer.len() + usize::from(value(count));
            for four in signs.chunks(4) {
                // Blanks that were lost at the end of a line.
                let n = |i: usize| u32::from(value(four.get(i).copied().unwrap_or(b' ')));
                let bits = n(0) << 18 | n(1) << 12 | n(2) << 6 | n(3);
                buffer.extend_from_slice(&bits.to_be_bytes()[1..]);
            }
            buffer.resize(end, 0);
        }
        let problem = (!is_whole)
            .then(|| Problem::new(Reason::Damaged, "the file has no end; what is there was searched"));
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// Names, contents and reasons.
    fn read(text: &str) -> Vec<(String, String, bool)> {
        let blob = Blob { address: Address::named("x"), bytes: text.as_bytes() };
        if !Uuencode.reads(&blob) {
            return Vec::new();
        }
        let opened = Uuencode.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), 1000);
        let one = |member: &dyn Member| {
            let mut buffer = Vec::new();
            let contents = member.read(&mut buffer, &budget);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (text(member.name()), text(contents.bytes), contents.problem.is_none())
        };
        opened.members.iter().map(|member| one(member.as_ref())).collect()
    }

    #[test]
    fn files_of_uuencode_in_mail_and_alone() {
        let file = "begin 644 a file.txt\n%:&5L;&\\ \n`\nend\n";
        let whole = ("a file.txt".to_owned(), "hello".to_owned(), true);
        for file in [file, &file.replace('\n', "\r\n")] {
            assert!(read(file) == std::slice::from_ref(&whole), "{file}");
        }
        let mail = format!("Subject: two\n\nbegin with this:\n{file}\nand\n{file}");
        assert_eq!(read(&mail), [whole.clone(), whole.clone()]);
        assert_eq!(read(&file[..file.len() - 6]), [(whole.0, whole.1, false)]);
        for other in [
            "begin 644 things\nare here and go on for some time\n",
            "text\n\nbegin 644 x\n",
            "begin 999 x\n%:&5L;&\\ \n",
        ] {
            assert!(read(other).is_empty(), "{other}");
        }
    }
}
