//! Memory-mapped files that may shrink while they are read.
//!
//! Reading a mapped page that no longer has a file behind it raises SIGBUS, which ends the
//! process. A scanner of live systems must expect that, so a handler backs the missing pages with
//! zeros and notes the mapping; whoever reads it learns that from [`Mapping::has_shrunk`]. The
//! rejected way, reading large files into memory, costs twice the memory and a third of the speed.
#![allow(unsafe_code)]

use super::holes;
use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;
use std::ops::Deref;

/// A mapped file. What is known of its addresses is forgotten before they are free for others: fields are dropped in
/// this order.
pub struct Mapping {
    _holes: holes::Known,
    #[cfg(unix)]
    guard: guard::Guard,
    map: Mmap,
}

impl Mapping {
    /// Maps `file` as it is now.
    pub fn new(file: &File) -> io::Result<Mapping> {
        // SAFETY: the mapping is private to this process and only read. Another process may
        // truncate the file (the guard below turns the fault into zeros) or change bytes under us:
        // every reader here takes bytes for untrusted and makes no decision twice about one byte
        // that memory safety hangs on, since all access is bounds-checked against the fixed length.
        let map = unsafe { Mmap::map(file)? };
        // Only advice: a failure changes nothing but speed.
        let _ = map.advise(Advice::Sequential);
        Ok(Mapping {
            _holes: holes::Known::of(file, map.as_ptr() as usize, map.len()),
            #[cfg(unix)]
            guard: guard::Guard::new(map.as_ptr() as usize, map.len()),
            map,
        })
    }

    /// Gives back the memory of what was read so far; it is read again where it is needed again.
    pub fn forget(&self) {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: the mapping is of a file, private, and never written to: pages that are dropped come back
            // from the file with the same bytes, as far as a mapping of a file that others may change promises
            // anything (see `new`), also under those who read them at this moment.
            let _ = unsafe { self.map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }

    /// Whether pages were missing when they were read: the file was cut in the meantime, and zeros
    /// were read from there on.
    pub fn has_shrunk(&self) -> bool {
        #[cfg(unix)]
        return self.guard.has_faulted();
        #[cfg(not(unix))]
        return false;
    }
}

impl Deref for Mapping {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(unix)]
mod guard {
    //! The SIGBUS handler and the table of mappings it knows.

    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// Mappings that can be open at once under guard; further ones work without.
    const SLOTS: usize = 256;

    struct Slot {
        start: AtomicUsize,
        len: AtomicUsize,
        used: AtomicBool,
        faulted: AtomicBool,
    }

    static TABLE: [Slot; SLOTS] = [const {
        Slot {
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            used: AtomicBool::new(false),
            faulted: AtomicBool::new(false),
        }
    }; SLOTS];

    /// Keeps a mapping in the table while it lives.
    pub struct Guard(Option<usize>);

    impl Guard {
        /// Enters a mapping. `len` is not 0: empty files are not mapped.
        pub fn new(start: usize, len: usize) -> Guard {
            static INSTALL: Once = Once::new();
            INSTALL.call_once(install);
            for (i, slot) in TABLE.iter().enumerate() {
                if slot.used.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                    slot.faulted.store(false, Ordering::Relaxed);
                    slot.start.store(start, Ordering::Relaxed);
                    slot.len.store(len, Ordering::Release);
                    return Guard(Some(i));
                }
            }
            Guard(None)
        }

        /// Whether the handler had to back this mapping.
        pub fn has_faulted(&self) -> bool {
            self.0.is_some_and(|i| TABLE[i].faulted.load(Ordering::Acquire))
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            if let Some(i) = self.0 {
                TABLE[i].len.store(0, Ordering::Release);
                TABLE[i].used.store(false, Ordering::Release);
            }
        }
    }

    fn install() {
        // SAFETY: the action is fully initialised (zeroed is a valid `sigaction`), the handler has
        // the signature that SA_SIGINFO asks for, and it is installed once.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_bus_error as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
        }
    }

    /// Backs the rest of the mapping with zeros, so that the faulting read goes on; a fault
    /// elsewhere is not ours and ends the process as it would have.
    extern "C" fn on_bus_error(
        _signal: libc::c_int,
        info: *mut libc::siginfo_t,
        _context: *mut libc::c_void,
    ) {
        // SAFETY: the kernel passes a valid siginfo for SA_SIGINFO handlers. Only atomics, `mmap`
        // and `sigaction` are used, all async-signal-safe on the systems we build for. The range
        // that is replaced lies inside a mapping in the table, which its owner keeps mapped until
        // after it has left the table.
        unsafe {
            let address = (*info).si_addr() as usize;
            for slot in &TABLE {
                let len = slot.len.load(Ordering::Acquire);
                let start = slot.start.load(Ordering::Relaxed);
                if len == 0 || address < start || address - start >= len {
                    continue;
                }
                let page = libc::sysconf(libc::_SC_PAGESIZE).max(4096) as usize;
                let from = address & !(page - 1);
                let rest = start + len - from;
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
                let backed = libc::mmap(from as *mut libc::c_void, rest, libc::PROT_READ, flags, -1, 0);
                if backed != libc::MAP_FAILED {
                    slot.faulted.store(true, Ordering::Release);
                    return;
                }
            }
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_shrinks_reads_as_zeros_and_says_so() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 64 << 10]).unwrap();
        let map = Mapping::new(&file).unwrap();
        assert_eq!((map[0], map.has_shrunk()), (7, false));
        file.set_len(4096).unwrap();
        let sum: u64 = map.iter().map(|&b| u64::from(b)).sum();
        assert_eq!(sum, 7 * 4096);
        assert_eq!(map.has_shrunk(), cfg!(unix));
    }
}
