//! What git objects are, and what commits, tags and trees say.

use super::oid::Oid;

/// The four types of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A snapshot with its parents and its message.
    Commit,
    /// A folder.
    Tree,
    /// The bytes of a file.
    Blob,
    /// A named and described pointer to another object.
    Tag,
}

impl Kind {
    /// The word that loose objects begin with.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Tag => "tag",
        }
    }

    /// The type with this name.
    pub fn named(name: &[u8]) -> Option<Kind> {
        [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag].into_iter().find(|k| k.name().as_bytes() == name)
    }
}

/// What a commit says about its place in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its root folder.
    pub tree: Oid,
    /// The commits it is made from.
    pub parents: Vec<Oid>,
    /// When it was committed, in seconds since 1970.
    pub date: i64,
}

/// Reads the head of a commit; `None` where there is no tree.
pub fn commit(bytes: &[u8]) -> Option<Commit> {
    let mut commit = None;
    for line in header(bytes).split(|&b| b == b'\n') {
        if let Some(hex) = line.strip_prefix(b"tree ") {
            commit = commit.or(Some(Commit { tree: Oid::from_hex(hex)?, parents: Vec::new(), date: 0 }));
        } else if let (Some(hex), Some(commit)) = (line.strip_prefix(b"parent "), &mut commit) {
            commit.parents.extend(Oid::from_hex(hex));
        } else if let (Some(who), Some(commit)) = (line.strip_prefix(b"committer "), &mut commit) {
            commit.date = date(who);
        }
    }
    commit
}

/// Who wrote a commit, and when: name and address as they stand there, seconds since 1970.
pub fn author(bytes: &[u8]) -> Option<(&[u8], i64)> {
    let line = header(bytes).split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"author "))?;
    let end = memchr::memrchr(b'>', line).map_or(line.len(), |at| at + 1);
    Some((&line[..end], date(line)))
}

/// The object that a tag stands for.
pub fn tag_target(bytes: &[u8]) -> Option<Oid> {
    Oid::from_hex(header(bytes).split(|&b| b == b'\n').next()?.strip_prefix(b"object ")?)
}

/// Where the message of a commit or tag begins.
pub fn message_start(bytes: &[u8]) -> usize {
    memchr::memmem::find(bytes, b"\n\n").map_or(bytes.len(), |at| at + 2)
}

fn header(bytes: &[u8]) -> &[u8] {
    &bytes[..message_start(bytes)]
}

/// The seconds in `Name <mail> 1700000000 +0100`.
fn date(who: &[u8]) -> i64 {
    let mut words = who.rsplit(|&b| b == b' ');
    words.next();
    words.next().and_then(|w| std::str::from_utf8(w).ok()).and_then(|w| w.parse().ok()).unwrap_or(0)
}

/// One line of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'t> {
    /// `100644`, `40000` … as a number in base 8.
    pub mode: u32,
    /// A file or folder name: any bytes but `/` and NUL, unless somebody lies.
    pub name: &'t [u8],
    /// The id's bytes.
    pub id: &'t [u8],
}

impl TreeEntry<'_> {
    /// Whether it is a folder.
    pub fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it is a commit of another repository, whose objects are not here.
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// The lines of a tree, up to any damage.
pub struct TreeEntries<'t> {
    rest: &'t [u8],
    id_len: usize,
    damaged: bool,
}

/// Reads a tree whose ids have `id_len` bytes.
pub fn tree(bytes: &[u8], id_len: usize) -> TreeEntries<'_> {
    TreeEntries { rest: bytes, id_len, damaged: false }
}

impl TreeEntries<'_> {
    /// How far into `bytes`, which is the whole tree, the lines read so far go.
    pub fn offset(&self, bytes: &[u8]) -> usize {
        bytes.len() - self.rest.len()
    }

    /// Whether it ended before its end.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

impl<'t> Iterator for TreeEntries<'t> {
    type Item = TreeEntry<'t>;

    fn next(&mut self) -> Option<TreeEntry<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = one_entry(self.rest, self.id_len);
        match entry {
            Some((entry, rest)) => {
                self.rest = rest;
                Some(entry)
            }
            None => {
                self.damaged = true;
                self.rest = &[];
                None
            }
        }
    }
}

fn one_entry(bytes: &[u8], id_len: usize) -> Option<(TreeEntry<'_>, &[u8])> {
    let space = bytes.iter().take(8).position(|&b| b == b' ')?;
    let mode = bytes[..space].iter().try_fold(0u32, |n, &b| {
        let digit = b.checked_sub(b'0').filter(|d| *d < 8)?;
        Some(n << 3 | u32::from(digit))
    })?;
    let rest = &bytes[space + 1..];
    let nul = memchr::memchr(0, rest)?;
    let id = rest.get(nul + 1..nul + 1 + id_len)?;
    Some((TreeEntry { mode, name: &rest[..nul], id }, &rest[nul + 1 + id_len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_tags_and_trees() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A B <a@b> 12 +0000\n\
             committer C <c@d> 1700000000 -0100\ngpgsig x\n y\n\nsubject\n\ntree {id}\n"
        );
        let read = commit(text.as_bytes()).unwrap();
        assert_eq!((read.tree.to_string().as_str(), read.parents.len(), read.date), (id, 2, 1_700_000_000));
        assert_eq!(author(text.as_bytes()), Some((&b"A B <a@b>"[..], 12)));
        assert!(text[message_start(text.as_bytes())..].starts_with("subject"));
        assert_eq!(commit(b"no commit"), None);
        assert_eq!(tag_target(format!("object {id}\ntype commit\n\nx").as_bytes()).unwrap().to_string(), id);

        let mut bytes = b"40000 src\0".to_vec();
        bytes.extend([1; 20]);
        bytes.extend(b"100644 a b\0");
        bytes.extend([2; 20]);
        let mut lines = tree(&bytes, 20);
        let names: Vec<_> = lines.by_ref().map(|e| (e.name, e.is_tree())).collect();
        assert_eq!((names, lines.is_damaged()), (vec![(&b"src"[..], true), (b"a b", false)], false));
        let mut cut = tree(&bytes[..bytes.len() - 1], 20);
        assert_eq!((cut.by_ref().count(), cut.is_damaged()), (1, true));
    }
}
