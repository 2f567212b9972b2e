//! Bytes of one file or of standard input.

use super::map::Mapping;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Files up to this size are read into a buffer: mapping small files costs more than copying them.
pub const READ_LIMIT: u64 = 1 << 20;
/// A file of this size may find no room among the addresses of a process, of which processors have 47 bits.
const ADDRESSES: u64 = 1 << 45;
/// Standard input is kept in memory up to this size; what is larger goes to an unlinked spool file.
const SPOOL_LIMIT: u64 = 64 << 20;

/// The bytes of a file.
pub enum Bytes<'b> {
    /// In the caller's buffer.
    Buffered(&'b [u8]),
    /// Mapped.
    Mapped(Mapping),
}

impl Bytes<'_> {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Buffered(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }

    /// Whether the file was cut while it was read.
    pub fn has_shrunk(&self) -> bool {
        matches!(self, Bytes::Mapped(map) if map.has_shrunk())
    }
}

/// Reads or maps the file at `path`; `buffer` is emptied and reused.
pub fn file<'b>(path: &Path, buffer: &'b mut Vec<u8>) -> io::Result<Bytes<'b>> {
    opened(File::open(path)?, buffer)
}

/// Reads or maps a file; `buffer` is emptied and reused.
pub fn opened(mut file: File, buffer: &mut Vec<u8>) -> io::Result<Bytes<'_>> {
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
    }
    if meta.is_file() && meta.len() > READ_LIMIT {
        match Mapping::new(&file) {
            Ok(map) => return Ok(Bytes::Mapped(map)),
            // A sparse file can be larger than all the addresses there are: no spool file would hold it either.
            Err(e) if meta.len() >= ADDRESSES => return Err(e),
            Err(_) => {}
        }
    }
    if meta.is_file() && (1..=READ_LIMIT).contains(&meta.len()) {
        // Room for one byte more: a read that leaves it free has met the end. Bytes that the buffer
        // already has are written over, not cleared.
        let (len, room) = (meta.len() as usize, meta.len() as usize + 1);
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        if file.read(&mut buffer[..room]).is_ok_and(|read| read == len) {
            return Ok(Bytes::Buffered(&buffer[..len]));
        }
        file.rewind()?;
    }
    // Files that say they are empty (in /proc), that grow or shrink are read to wherever they end now.
    buffer.clear();
    buffer.reserve(usize::try_from(meta.len()).unwrap_or(0).saturating_add(1).min(SPOOL_LIMIT as usize));
    spool(&mut file, buffer)
}

/// Reads `stream` to its end: into `buffer`, or, where it is long, into a spool file that has no
/// name, is readable by nobody else, and is mapped.
pub fn spool<'b>(stream: &mut dyn Read, buffer: &'b mut Vec<u8>) -> io::Result<Bytes<'b>> {
    buffer.clear();
    stream.take(SPOOL_LIMIT).read_to_end(buffer)?;
    if (buffer.len() as u64) < SPOOL_LIMIT {
        return Ok(Bytes::Buffered(buffer));
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(buffer)?;
    io::copy(stream, &mut file)?;
    *buffer = Vec::new();
    Ok(Bytes::Mapped(Mapping::new(&file)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_are_read_and_large_ones_mapped() {
        let dir = tempfile::tempdir().unwrap();
        for (name, size, mapped) in
            [("empty", 0, false), ("small", 10, false), ("large", READ_LIMIT + 1, true)]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, vec![b'x'; size as usize]).unwrap();
            let mut buffer = vec![1, 2, 3];
            let bytes = file(&path, &mut buffer).unwrap();
            assert_eq!(bytes.as_slice().len() as u64, size);
            assert_eq!(matches!(bytes, Bytes::Mapped(_)), mapped, "{name}");
        }
        assert!(file(dir.path(), &mut Vec::new()).is_err());
    }

    #[test]
    fn long_streams_go_through_a_spool() {
        let mut buffer = Vec::new();
        let len = SPOOL_LIMIT + 5;
        let bytes = spool(&mut io::repeat(b'x').take(len), &mut buffer).unwrap();
        assert_eq!(bytes.as_slice().len() as u64, len);
        assert!(matches!(bytes, Bytes::Mapped(_)));
    }
}
