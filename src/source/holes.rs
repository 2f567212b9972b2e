//! Holes of sparse files: stretches that take no space and read as zeros. Disk images and logs have gigabytes of them, and every
//! pass over the bytes of a file would fetch each of their pages only to see zeros.
//!
//! Whoever goes through all of a blob asks for its [`stretches`] instead, and need not know where it came from: holes are
//! remembered by where the file is mapped, so they are known of any part of it, as of a partition in a disk image. Zeros hold
//! nothing, so what is passed over is searched all the same. Where no sparse file is open, asking costs a look at a counter.

use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// Shorter holes are read like anything else.
const LEAST: usize = 1 << 20;
/// More stretches than this are not told apart.
const MOST: usize = 1 << 16;
/// Zeros on either side of data that go with them: longer than any window of a pass, and a multiple of any step.
const EDGE: usize = 4096;

/// The files that have holes, by where they are mapped.
static SPARSE: RwLock<Vec<Sparse>> = RwLock::new(Vec::new());
/// How many they are.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A mapped file with holes.
struct Sparse {
    start: usize,
    len: usize,
    /// What is there of it, in order, apart from each other.
    data: Vec<Range<usize>>,
}

/// Remembers the holes of a file as long as it is mapped.
pub(super) struct Known(Option<usize>);

impl Known {
    /// `start` and `len` tell where the file is mapped.
    pub fn of(file: &File, start: usize, len: usize) -> Known {
        let Some(data) = data_of(file, len) else { return Known(None) };
        SPARSE.write().unwrap_or_else(PoisonError::into_inner).push(Sparse { start, len, data });
        COUNT.fetch_add(1, Ordering::Release);
        Known(Some(start))
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let Some(start) = self.0 else { return };
        let mut all = SPARSE.write().unwrap_or_else(PoisonError::into_inner);
        // An address is mapped once at a time.
        if let Some(own) = all.iter().position(|sparse| sparse.start == start) {
            all.swap_remove(own);
            COUNT.fetch_sub(1, Ordering::Release);
        }
    }
}

/// What is there of a file, if it has holes that are worth it.
#[cfg(target_os = "linux")]
fn data_of(file: &File, len: usize) -> Option<Vec<Range<usize>>> {
    use rustix::fs::{SeekFrom, seek, tell};
    use std::os::unix::fs::MetadataExt;
    let stored = usize::try_from(file.metadata().ok()?.blocks()).ok()?.saturating_mul(512);
    (len.saturating_sub(stored) >= LEAST).then_some(())?;
    let place = tell(file).ok()?;
    let mut data: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < len {
        // Behind the last data there are none: an error of its own.
        let Ok(start) = seek(file, SeekFrom::Data(at as u64)) else { break };
        let start = usize::try_from(start).unwrap_or(len).min(len);
        let end =
            seek(file, SeekFrom::Hole(start as u64)).map_or(len, |end| usize::try_from(end).unwrap_or(len));
        let end = if data.len() == MOST { len } else { end.clamp(start, len) };
        match data.last_mut() {
            Some(last) if start - last.end < LEAST => last.end = end,
            _ => data.push(start..end),
        }
        // A file that changes meanwhile leads nowhere.
        if end <= at {
            break;
        }
        at = end;
    }
    seek(file, SeekFrom::Start(place)).ok()?;
    Some(data)
}

#[cfg(not(target_os = "linux"))]
fn data_of(_: &File, _: usize) -> Option<Vec<Range<usize>>> {
    None
}

/// The stretches of a blob in which there may be anything but zeros, in order.
#[derive(Debug)]
pub struct Stretches {
    whole: Option<Range<usize>>,
    data: std::vec::IntoIter<Range<usize>>,
}

impl Iterator for Stretches {
    type Item = Range<usize>;
    fn next(&mut self) -> Option<Range<usize>> {
        self.whole.take().or_else(|| self.data.next())
    }
}

/// Where `bytes` may be anything but zeros: all of them, but for long holes of a sparse file. Some zeros are left around data.
pub fn stretches(bytes: &[u8]) -> Stretches {
    let data = (bytes.len() >= LEAST && COUNT.load(Ordering::Acquire) > 0).then(|| data_in(bytes)).flatten();
    match data {
        Some(data) => Stretches { whole: None, data: data.into_iter() },
        None => Stretches { whole: Some(0..bytes.len()), data: Vec::new().into_iter() },
    }
}

fn data_in(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let all = SPARSE.read().unwrap_or_else(PoisonError::into_inner);
    let start = bytes.as_ptr() as usize;
    let holds = |sparse: &&Sparse| start.checked_sub(sparse.start).is_some_and(|at| at < sparse.len);
    let sparse = all.iter().find(holds)?;
    let (from, to) = (start - sparse.start, start - sparse.start + bytes.len());
    let first = sparse.data.partition_point(|data| data.end <= from.saturating_sub(EDGE));
    let inside = sparse.data[first..].iter().take_while(|data| data.start < to.saturating_add(EDGE));
    let wider = inside.map(|data| {
        let start = data.start.saturating_sub(EDGE).saturating_sub(from);
        start..(data.end + EDGE).saturating_sub(from).min(bytes.len())
    });
    Some(wider.filter(|data| data.start < data.end).collect())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::map::Mapping;
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    #[test]
    fn holes_are_passed_over_in_any_part_of_a_file() {
        let mut file = tempfile::tempfile().unwrap();
        let places = [5 << 20, 9 << 20];
        for at in places {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(b"data").unwrap();
        }
        file.set_len(32 << 20).unwrap();
        let other = vec![0; 2 << 20];
        assert!(stretches(&other).eq(std::iter::once(0..2 << 20)));
        let map = Mapping::new(&file).unwrap();
        for part in [0..map.len(), 5 << 20..map.len(), (4 << 20) + 77..7 << 20, (5 << 20) + 2..(9 << 20) + 2]
        {
            let bytes = &map[part.clone()];
            let found: Vec<Range<usize>> = stretches(bytes).collect();
            let most: usize = found.iter().map(Range::len).sum();
            // Blocks of the file system are no larger than that.
            assert!(most <= 1 << 20, "{part:?} {found:?}");
            for at in places.into_iter().flat_map(|at| at..at + 4).filter(|at| part.contains(at)) {
                assert!(found.iter().any(|data| data.contains(&(at - part.start))), "{part:?} {at}");
            }
            assert!(found.iter().all(|data| data.end <= bytes.len()));
        }
        // Zeros and nothing else, as far as the part goes.
        assert_eq!(stretches(&map[16 << 20..]).count(), 0);
        assert_eq!(file.stream_position().unwrap(), (9 << 20) + 4);
    }
}
