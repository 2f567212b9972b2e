//! Lists of paths: one a line, or with a NUL behind each, as `find -print0` and `git ls-files -z` write
//! them. Read as they come: a list of millions takes no more memory than one of ten.

use crate::address::escape;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

/// Where a list comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The file; `None` for standard input.
    pub file: Option<PathBuf>,
    /// Whether a NUL stands behind each path, and not a line end.
    pub nul: bool,
}

/// Longest name that is read. The systems' own limit is 4096.
const LONGEST: u64 = 64 << 10;

impl List {
    /// As reports call it.
    pub fn name(&self) -> String {
        match &self.file {
            Some(file) => escape(file.to_string_lossy().as_bytes()),
            None => "<stdin>".into(),
        }
    }

    /// The list, to be read.
    pub fn open(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(match &self.file {
            Some(file) => Box::new(io::BufReader::new(std::fs::File::open(file)?)),
            None => Box::new(io::stdin().lock()),
        })
    }

    /// The names in an open list.
    pub fn names<'r>(&self, reader: &'r mut dyn BufRead) -> Names<'r> {
        Names { reader, separator: if self.nul { 0 } else { b'\n' }, number: 0 }
    }
}

/// Names as they come; an error says which could not be read, and others may follow it.
pub struct Names<'r> {
    reader: &'r mut dyn BufRead,
    separator: u8,
    number: u64,
}

impl Iterator for Names<'_> {
    type Item = io::Result<PathBuf>;

    fn next(&mut self) -> Option<io::Result<PathBuf>> {
        loop {
            let mut name = Vec::new();
            let read = self.reader.take(LONGEST).read_until(self.separator, &mut name);
            self.number += 1;
            match read {
                Err(e) => return Some(Err(e)),
                Ok(0) => return None,
                Ok(_) => {}
            }
            if name.last() == Some(&self.separator) {
                name.pop();
            } else if name.len() as u64 == LONGEST {
                // What is left of it is no name of its own.
                if let Err(e) = self.skip() {
                    return Some(Err(e));
                }
                let detail = format!("name {} is longer than {LONGEST} bytes", self.number);
                return Some(Err(io::Error::new(io::ErrorKind::InvalidData, detail)));
            }
            if self.separator == b'\n' && name.last() == Some(&b'\r') {
                name.pop();
            }
            if !name.is_empty() {
                return Some(Ok(path(name)));
            }
        }
    }
}

impl Names<'_> {
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let part = self.reader.fill_buf()?;
            if part.is_empty() {
                return Ok(());
            }
            match memchr::memchr(self.separator, part) {
                Some(at) => {
                    self.reader.consume(at + 1);
                    return Ok(());
                }
                None => {
                    let len = part.len();
                    self.reader.consume(len);
                }
            }
        }
    }
}

#[cfg(unix)]
fn path(name: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(name).into()
}

#[cfg(not(unix))]
fn path(name: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&name).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], nul: bool) -> Vec<Result<String, String>> {
        let mut reader = text;
        let list = List { file: None, nul };
        let name = |name: io::Result<PathBuf>| match name {
            Ok(path) => Ok(path.to_string_lossy().into_owned()),
            Err(e) => Err(e.to_string()),
        };
        list.names(&mut reader).map(name).collect()
    }

    #[test]
    fn names_by_line_and_by_nul() {
        let all = |names: &[&str]| -> Vec<Result<String, String>> {
            names.iter().map(|name| Ok((*name).to_owned())).collect()
        };
        assert_eq!(read(b"a\n\nb c\r\n-\nd", false), all(&["a", "b c", "-", "d"]));
        assert_eq!(read(b"a\nb\0\0c\r\0", true), all(&["a\nb", "c\r"]));
        assert!(read(b"", false).is_empty() && read(b"\0\0", true).is_empty());
    }

    #[test]
    fn long_names_are_told_and_the_rest_is_read() {
        let mut text = vec![b'x'; 3 * LONGEST as usize];
        text.extend(b"\nnext\n");
        let names = read(&text, false);
        assert_eq!(names.len(), 2);
        assert!(names[0].is_err() && names[1] == Ok("next".into()));
        // One that ends with the list.
        assert_eq!(read(&vec![b'x'; LONGEST as usize], false).len(), 1);
    }
}
