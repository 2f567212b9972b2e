//! One folder and what is in it, opened where it is: by the folder's own handle, not by a walk over its whole
//! path. That is quicker, and a link that is put in the place of a file meanwhile is not followed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder that is read.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// `None` where there is no such thing, or where too many are open.
    #[cfg(unix)]
    handle: Option<Handle>,
}

/// What stands in a folder.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// What it is; `None` if that cannot be read.
    pub kind: Option<Kind>,
}

/// What something in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with bytes.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

impl Folder {
    /// Opens the folder at `path`.
    pub fn open(path: PathBuf) -> io::Result<Folder> {
        #[cfg(unix)]
        let handle = Handle::keep(rustix::fs::open(&path, FOLDER, rustix::fs::Mode::empty())?);
        Ok(Folder {
            path,
            #[cfg(unix)]
            handle,
        })
    }

    /// Opens the folder `name` in it, unless that is a link.
    pub fn folder(&self, name: &OsStr) -> io::Result<Folder> {
        let path = self.path.join(name);
        #[cfg(unix)]
        if let Some(handle) = &self.handle {
            let flags = FOLDER | rustix::fs::OFlags::NOFOLLOW;
            let opened = rustix::fs::openat(&handle.0, name, flags, rustix::fs::Mode::empty())?;
            return Ok(Folder { path, handle: Handle::keep(opened) });
        }
        Folder::open(path)
    }

    /// Opens the file `name` in it, unless that is a link.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        #[cfg(unix)]
        if let Some(handle) = &self.handle {
            use rustix::fs::OFlags;
            let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            return Ok(rustix::fs::openat(&handle.0, name, flags, rustix::fs::Mode::empty())?.into());
        }
        File::open(self.path.join(name))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it, by name.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = self.unsorted()?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn unsorted(&self) -> io::Result<Vec<Entry>> {
        #[cfg(unix)]
        if let Some(handle) = &self.handle {
            return handle.entries();
        }
        let kind = |entry: &fs::DirEntry| entry.file_type().ok().map(Kind::of);
        fs::read_dir(&self.path)?
            .map(|entry| entry.map(|entry| Entry { kind: kind(&entry), name: entry.file_name() }))
            .collect()
    }
}

impl Kind {
    fn of(kind: fs::FileType) -> Kind {
        match () {
            () if kind.is_file() => Kind::File,
            () if kind.is_dir() => Kind::Folder,
            () if kind.is_symlink() => Kind::Link,
            () => Kind::Other,
        }
    }
}

#[cfg(unix)]
const FOLDER: rustix::fs::OFlags =
    rustix::fs::OFlags::RDONLY.union(rustix::fs::OFlags::DIRECTORY).union(rustix::fs::OFlags::CLOEXEC);

/// A folder's handle, counted: a process has some thousand at most, or 256, and a tree may be deeper.
#[cfg(unix)]
#[derive(Debug)]
struct Handle(std::os::fd::OwnedFd);

/// Handles that are held.
#[cfg(unix)]
static HELD: AtomicUsize = AtomicUsize::new(0);
#[cfg(unix)]
const MOST_HELD: usize = 64;

#[cfg(unix)]
impl Handle {
    fn keep(opened: std::os::fd::OwnedFd) -> Option<Handle> {
        let held = Handle(opened);
        (HELD.fetch_add(1, Ordering::Relaxed) < MOST_HELD).then_some(held)
    }

    fn entries(&self) -> io::Result<Vec<Entry>> {
        use rustix::fs::{AtFlags, Dir, FileType, statat};
        use std::os::unix::ffi::OsStrExt;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)
                    .ok()
                    .map(|found| FileType::from_raw_mode(found.st_mode)),
                kind => Some(kind),
            };
            let kind = kind.map(|kind| match kind {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Folder,
                FileType::Symlink => Kind::Link,
                _ => Kind::Other,
            });
            entries.push(Entry { name: OsStr::from_bytes(name.to_bytes()).to_owned(), kind });
        }
        Ok(entries)
    }
}

#[cfg(unix)]
impl Drop for Handle {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn listed(folder: &Folder) -> Vec<(String, Option<Kind>)> {
        let entries = folder.entries().unwrap();
        entries.into_iter().map(|e| (e.name.into_string().unwrap(), e.kind)).collect()
    }

    fn text(file: io::Result<File>) -> String {
        let mut text = String::new();
        file.unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn with_and_without_a_handle_it_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inner")).unwrap();
        fs::write(dir.path().join("file"), "text").unwrap();
        fs::write(dir.path().join("inner/other"), "more").unwrap();
        let held = Folder::open(dir.path().to_owned()).unwrap();
        let mut by_path = Folder::open(dir.path().to_owned()).unwrap();
        #[cfg(unix)]
        {
            by_path.handle = None;
        }
        for folder in [&held, &by_path] {
            let want = [("file".to_owned(), Some(Kind::File)), ("inner".to_owned(), Some(Kind::Folder))];
            assert_eq!(listed(folder), want);
            assert_eq!(text(folder.file("file".as_ref())), "text");
            let inner = folder.folder("inner".as_ref()).unwrap();
            assert_eq!(inner.path(), dir.path().join("inner"));
            assert_eq!(text(inner.file("other".as_ref())), "more");
            assert!(folder.folder("file".as_ref()).is_err() && folder.file("none".as_ref()).is_err());
        }
        by_path.path.push("none");
        assert!(by_path.entries().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink(".", dir.path().join("loop")).unwrap();
        let folder = Folder::open(dir.path().to_owned()).unwrap();
        let kinds: Vec<_> = listed(&folder).into_iter().filter_map(|(_, kind)| kind).collect();
        assert_eq!(kinds, [Kind::File, Kind::Link, Kind::Link]);
        assert!(folder.handle.is_none() || folder.file("link".as_ref()).is_err());
        assert!(folder.handle.is_none() || folder.folder("loop".as_ref()).is_err());
    }
}
