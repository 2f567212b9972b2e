//! Electron's archives (`app.asar`; `@electron/asar`, README "Format").
//!
//! A Chromium pickle that holds the size of a second one, which holds a JSON index; the files follow
//! end to end, at offsets from its end that the index has as strings of digits. Files that are
//! `unpacked` lie beside the archive, and a `link` is another name for one.

use super::json::{Token, Tokens, unescape};
use super::piece::{Piece, Taken};
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice};
use crate::limits::Limits;
use std::ops::Range;

/// Opens asar archives.
pub struct Asar;

/// Where the index begins.
const INDEX: usize = 16;
/// Folders in folders that are followed.
const DEPTH: usize = 128;
/// Longest path that is told.
const PATH: usize = 4096;

impl Container for Asar {
    fn name(&self) -> &'static str {
        "asar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        index(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let Some((index, base)) = index(data) else { return opened };
        let mut files = Vec::new();
        let end = list(data, index.clone(), limits, &mut files);
        if end < index.end && data.get(end..index.end).is_some_and(|rest| rest.iter().any(|b| *b > b' ')) {
            let detail = format!("asar: the index is damaged at offset {end}");
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        let place = |file: &File| {
            let start = base.saturating_add(file.offset).min(data.len());
            start..start.saturating_add(file.size).min(data.len())
        };
        let wanted = files.iter().enumerate().map(|(i, f)| (place(f), i)).collect();
        let (taken, refused) = Taken::new(wanted);
        if refused > 0 {
            // Files with the same contents are stored once.
            let detail =
                format!("asar: {refused} files share their bytes with others; they were searched once");
            opened.problems.push(Problem::new(Reason::Duplicate, detail).of_bytes(0));
        }
        opened.gaps = taken.gaps(data.len());
        for (i, range) in taken.indexes() {
            let Some(file) = files.get_mut(i) else { continue };
            let bytes = data.get(range).unwrap_or_default();
            let missing = file.size.saturating_sub(bytes.len()) as u64;
            let piece = Piece { name: std::mem::take(&mut file.path), bytes, missing };
            opened.members.push(Box::new(piece) as Box<dyn Member>);
        }
        opened
    }
}

/// The index, and where the files begin.
fn index(data: &[u8]) -> Option<(Range<usize>, usize)> {
    let (header, payload, length) = (size_le(data, 4)?, size_le(data, 8)?, size_le(data, 12)?);
    let fits =
        size_le(data, 0)? == 4 && header >= payload.checked_add(4)? && payload >= length.checked_add(4)?;
    let begins = slice(data, INDEX, 1) == Some(b"{");
    let end = INDEX.checked_add(length)?.min(data.len());
    (fits && begins).then_some((INDEX..end, 8usize.checked_add(header)?))
}

struct File {
    path: Vec<u8>,
    offset: usize,
    size: usize,
}

/// What is known of an object of the index that is still open.
#[derive(Default)]
struct Open {
    /// Length of the path of what holds it.
    path: usize,
    /// Whether the names in it are names of files.
    is_folder: bool,
    is_array: bool,
    offset: Option<usize>,
    size: Option<usize>,
}

/// Lists the files of the index; gives where it stopped.
fn list(data: &[u8], index: Range<usize>, limits: &Limits, files: &mut Vec<File>) -> usize {
    let text = data.get(..index.end).unwrap_or(data);
    let mut tokens = Tokens::new(text, index.start);
    let mut open: Vec<Open> = Vec::new();
    let mut path = Vec::new();
    let mut key: Option<Range<usize>> = None;
    let number = |range: Range<usize>| std::str::from_utf8(text.get(range)?).ok()?.parse().ok();
    while let Some(token) = tokens.next() {
        match token {
            Token::Open { is_array } => {
                let name = key.take().and_then(|k| text.get(k)).unwrap_or_default();
                let before = path.len();
                let in_folder = open.last().is_some_and(|o| o.is_folder);
                if in_folder {
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    unescape(name, &mut path);
                    path.truncate(PATH);
                }
                // `files` of the root or of what is itself in a folder: its keys are names.
                let is_folder = !in_folder && !is_array && name == b"files";
                open.push(Open { path: before, is_folder, is_array, ..Open::default() });
                if open.len() > DEPTH {
                    return tokens.at;
                }
            }
            Token::Close => {
                let Some(closed) = open.pop() else { return tokens.at };
                let is_file = open.last().is_some_and(|o| o.is_folder);
                if let (true, Some(offset), Some(size)) = (is_file, closed.offset, closed.size)
                    && size > 0
                    && (files.len() as u64) < limits.entries
                {
                    files.push(File { path: path.clone(), offset, size });
                }
                path.truncate(closed.path);
                key = None;
                if open.is_empty() {
                    return tokens.at;
                }
            }
            Token::String(range) | Token::Word(range) => match (key.take(), open.last_mut()) {
                (None, Some(o)) if !o.is_array => key = Some(range),
                (Some(name), Some(o)) if !o.is_folder => match text.get(name) {
                    Some(b"offset") => o.offset = number(range),
                    Some(b"size") => o.size = number(range),
                    _ => {}
                },
                _ => {}
            },
        }
    }
    tokens.at
}
