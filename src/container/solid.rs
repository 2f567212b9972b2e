//! Members that are packed together: what holds them is expanded once, when the first of them is read,
//! and charged once; when the last was read, its memory is given back.

use super::budget::Budget;
use super::held::Held;
use super::{Contents, Member, Problem};
use crate::ledger::Reason;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Something that expands to many members at once.
pub trait Unpack: Send + Sync {
    /// Expands it into `out`; what is wrong with it leaves what came out before.
    fn unpack(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem>;
}

/// A block, and what came out of it as long as somebody needs it.
pub struct Block<'b> {
    source: Box<dyn Unpack + 'b>,
    expanded: Mutex<Option<Arc<Expanded>>>,
    /// Parts that were not read yet.
    unread: AtomicUsize,
}

struct Expanded {
    bytes: Vec<u8>,
    problem: Option<Problem>,
    /// In memory until the last part was read.
    _held: Held,
}

impl<'b> Block<'b> {
    /// A block that was not expanded yet.
    pub fn new(source: impl Unpack + 'b) -> Arc<Self> {
        Arc::new(Block { source: Box::new(source), expanded: Mutex::new(None), unread: AtomicUsize::new(0) })
    }

    /// A stretch of what comes out of it.
    pub fn part(self: &Arc<Self>, name: Vec<u8>, start: u64, size: u64) -> Part<'b> {
        self.unread.fetch_add(1, Ordering::Relaxed);
        Part { name, block: self.clone(), start, size }
    }

    /// What comes out; who reads the last part takes it away.
    fn expand(&self, budget: &Budget) -> Arc<Expanded> {
        let mut expanded = self.expanded.lock().unwrap_or_else(PoisonError::into_inner);
        let all = expanded.take().unwrap_or_else(|| {
            let mut bytes = Vec::new();
            let problem = self.source.unpack(&mut bytes, budget).err();
            let held = budget.keep(bytes.len() as u64);
            Arc::new(Expanded { bytes, problem, _held: held })
        });
        let unread = self.unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if unread.is_ok_and(|unread| unread > 1) {
            *expanded = Some(all.clone());
        }
        all
    }
}

/// A stretch of what comes out of a block.
pub struct Part<'b> {
    name: Vec<u8>,
    block: Arc<Block<'b>>,
    start: u64,
    size: u64,
}

impl Member for Part<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    /// The same for all, so that they stay in their order: or many blocks would be in memory at a time.
    fn size_hint(&self) -> u64 {
        64 << 10
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let all = self.block.expand(budget);
        let len = all.bytes.len();
        let start = usize::try_from(self.start).unwrap_or(usize::MAX).min(len);
        let end = usize::try_from(self.start.saturating_add(self.size)).unwrap_or(usize::MAX).min(len);
        let missing = self.size.saturating_sub((end - start) as u64);
        let problem = (missing > 0).then(|| match &all.problem {
            Some(problem) => problem.clone(),
            None => Problem::new(Reason::Damaged, format!("{missing} bytes of the member did not come out")),
        });
        match Arc::try_unwrap(all) {
            // The last part, often the only one: not copied.
            Ok(last) if end - start > len / 2 => {
                *buffer = last.bytes;
                buffer.truncate(end);
                buffer.drain(..start);
            }
            Ok(last) => copy(buffer, &last.bytes[start..end]),
            Err(all) => copy(buffer, &all.bytes[start..end]),
        }
        Contents { bytes: buffer, problem }
    }
}

fn copy(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(bytes);
}

/// A member of which only the name is known, and why.
pub struct Told {
    /// Its name.
    pub name: Vec<u8>,
    /// Why it is not read.
    pub problem: Problem,
}

impl Member for Told {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        0
    }

    fn read<'s>(&'s self, _: &'s mut Vec<u8>, _: &Budget) -> Contents<'s> {
        Contents { bytes: &[], problem: Some(self.problem.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    struct Counted<'c>(&'c AtomicUsize);

    impl Unpack for Counted<'_> {
        fn unpack(&self, out: &mut Vec<u8>, _: &Budget) -> Result<(), Problem> {
            self.0.fetch_add(1, Ordering::Relaxed);
            out.extend_from_slice(b"one and two");
            Err(Problem::new(Reason::Damaged, "cut"))
        }
    }

    #[test]
    fn a_block_is_expanded_once_and_given_back() {
        let times = AtomicUsize::new(0);
        let block = Block::new(Counted(&times));
        let parts = [(0, 3), (4, 3), (8, 3), (8, 9)].map(|(start, size)| block.part(Vec::new(), start, size));
        let budget = Budget::new(&Limits::default(), 1);
        let mut buffer = Vec::new();
        let read = parts.each_ref().map(|part| {
            let contents = part.read(&mut buffer, &budget);
            (contents.bytes.to_vec(), contents.problem.is_some())
        });
        let whole = |bytes: &[u8]| (bytes.to_vec(), false);
        assert_eq!(read, [whole(b"one"), whole(b"and"), whole(b"two"), (b"two".to_vec(), true)]);
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert!(block.expanded.lock().unwrap().is_none());
    }
}
