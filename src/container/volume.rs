//! What comes out of a file system: its files by their paths, no byte twice, as many and with as long paths as may be.

use super::piece::{Claims, Scattered};
use super::{Member, Opened, Problem};
use crate::ledger::Reason;
use crate::limits::Limits;

/// Longest path, in bytes.
const PATH: usize = 4096;

/// The files of one file system, as its folders are read.
pub(super) struct Files<'l, 'b> {
    /// What the file system is called in the ledger.
    name: &'static str,
    data: &'b [u8],
    limits: &'l Limits,
    opened: Opened<'b>,
    claims: Claims,
    /// Bytes that paths may still take together.
    text: usize,
    /// Files whose stretches others had taken.
    shared: u64,
    damaged: u64,
    is_cut: bool,
}

impl<'l, 'b> Files<'l, 'b> {
    /// None yet, of the file system that `data` is.
    pub fn of(name: &'static str, data: &'b [u8], limits: &'l Limits) -> Self {
        Files {
            name,
            data,
            limits,
            opened: Opened::default(),
            claims: Claims::default(),
            text: data.len().saturating_mul(2).max(1 << 20),
            shared: 0,
            damaged: 0,
            is_cut: false,
        }
    }

    /// The path of what a folder calls `name`, while so many folders are `waiting` to be read; nothing where there is no
    /// room for more.
    pub fn path(&mut self, folder: &[u8], name: &[u8], waiting: usize) -> Option<Vec<u8>> {
        let path = if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() };
        let is_full = (self.opened.members.len() + waiting) as u64 >= self.limits.entries;
        match self.text.checked_sub(path.len()).filter(|_| path.len() < PATH && !is_full) {
            Some(rest) => {
                self.text = rest;
                Some(path)
            }
            None => {
                self.is_cut = true;
                None
            }
        }
    }

    /// Takes the stretches of a file, if no other has them.
    pub fn claim(&mut self, file: &Scattered<'_>) -> bool {
        let is_free = self.claims.claim(&file.ranges);
        self.shared += u64::from(!is_free);
        is_free
    }

    /// Adds a file that lies in the file system as it is.
    pub fn add(&mut self, file: Scattered<'b>) {
        if self.claim(&file) {
            self.push(file);
        }
    }

    /// Adds a file whose stretches are taken, or that has none.
    pub fn push(&mut self, file: impl Member + 'b) {
        self.opened.members.push(Box::new(file));
    }

    /// Counts a folder or file that cannot be read.
    pub fn damaged(&mut self) {
        self.damaged += 1;
    }

    /// Says what is wrong with the file system itself.
    pub fn problem(&mut self, problem: Problem) {
        self.opened.problems.push(problem);
    }

    /// All of it, and what is left of the file system besides.
    pub fn done(mut self) -> Opened<'b> {
        let Files { name, .. } = self;
        self.opened.problems.extend(Claims::shared(self.shared));
        if self.damaged > 0 {
            let detail =
                format!("{name}: {} folders or files are damaged; searched as raw bytes", self.damaged);
            self.problem(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        if self.is_cut {
            let entries = self.limits.entries;
            let detail = format!("{name}: more than {entries} files, or long names; the others as raw bytes");
            self.problem(Problem::new(Reason::Limit, detail).of_bytes(0));
        }
        self.opened.gaps = self.claims.gaps(self.data.len());
        self.opened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: Vec<u8>, data: &[u8], range: std::ops::Range<u64>) -> Scattered<'_> {
        let len = range.end - range.start;
        Scattered::new(name, data, std::iter::once(range).collect(), len)
    }

    #[test]
    fn no_byte_comes_out_twice_and_all_is_told() {
        let data = [7; 100];
        let limits = Limits { entries: 2, ..Limits::default() };
        let mut files = Files::of("test", &data, &limits);
        let path = files.path(b"etc", b"passwd", 0).unwrap();
        assert_eq!(path, b"etc/passwd");
        files.add(file(path, &data, 10..30));
        files.add(file(b"again".to_vec(), &data, 20..40));
        files.damaged();
        assert_eq!(files.path(b"", b"x", 0), Some(b"x".to_vec()));
        assert_eq!(files.path(b"", b"x", 1), None);
        assert_eq!(files.path(b"", &[b'x'; PATH], 0), None);
        let opened = files.done();
        assert_eq!(opened.members.len(), 1);
        assert_eq!(opened.gaps, [0..10, 30..100]);
        let reasons: Vec<_> = opened.problems.iter().map(|p| p.reason).collect();
        assert_eq!(reasons, [Reason::Duplicate, Reason::Damaged, Reason::Limit]);
    }
}
