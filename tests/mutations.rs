//! Thousands of mutations of real files for every lens and container: no panic, no memory beyond the
//! limits, no time that grows faster than the input.
//!
//! `testdata/seeds/NAME` holds small files (at most 96 KiB) that the lens or container NAME reads.
//! `KEYSIFT_ONLY=tar,xz` leaves out all but these.
#![allow(clippy::unwrap_used, unsafe_code, reason = "a failure may panic; the allocator counts")]

use keysift::address::Address;
use keysift::blob::Blob;
use keysift::container::budget::Budget;
use keysift::container::{CONTAINERS, ENCLOSED};
use keysift::lens::LENSES;
use keysift::limits::Limits;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

mod util;
use util::{Random, root};

/// Counts what a thread has allocated and the most it had at one time.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
    });
}

// SAFETY: hands every request on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MUTATIONS: usize = 3_000;
/// Some file systems have their head behind so much.
const MOST_SEED: usize = 96 << 10;
/// A mutation of 64 KiB that takes this long is no longer linear in anything.
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: isize = 48 << 20;

fn limits() -> Limits {
    Limits {
        expanded_bytes: 8 << 20,
        entry_bytes: 4 << 20,
        entries: 10_000,
        decoded_bytes: 1 << 20,
        ..Limits::default()
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = root().join("testdata/seeds").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}: every lens and container needs seeds", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{}: no seeds", folder.display());
    files
        .iter()
        .map(|file| fs::read(file).unwrap())
        .inspect(|seed| assert!(seed.len() <= MOST_SEED))
        .collect()
}

fn mutate(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(data.len());
        match random.below(8) {
            0 => data[at] = random.below(256) as u8,
            1 => data[at] ^= 1 << random.below(8),
            2 => {
                // What lengths and offsets are afraid of.
                let n = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_fff0, u32::MAX][random.below(9)];
                let bytes = if random.below(2) == 0 { n.to_le_bytes() } else { n.to_be_bytes() };
                let end = data.len().min(at + 4);
                data[at..end].copy_from_slice(&bytes[..end - at]);
            }
            3 => data.truncate(at.max(1)),
            4 => {
                let piece = data[at..data.len().min(at + random.below(64))].to_vec();
                let to = random.below(data.len());
                data.splice(to..to, piece);
            }
            5 => {
                let end = data.len().min(at + random.below(32));
                data.drain(at..end);
            }
            // Headers are where the structure is.
            6 => {
                let at = random.below(data.len().min(256));
                data[at] = random.below(256) as u8;
            }
            _ => {
                let from = random.below(data.len());
                let len = random.below(16).min(data.len() - from.max(at));
                data.copy_within(from..from + len, at);
            }
        }
        if data.is_empty() {
            data.push(0);
        }
    }
    data
}

/// Runs `read` on mutations of the seeds of `name`.
fn torture(name: &str, read: &(dyn Fn(&Blob<'_>) + Sync)) -> Result<(), String> {
    let seeds = seeds(name);
    let mut random = Random(0x6b65_7973);
    for round in 0..MUTATIONS {
        let seed = &seeds[round % seeds.len()];
        let data = if round < seeds.len() { seed.clone() } else { mutate(seed, &mut random) };
        let blob = Blob { address: Address::named("mutation.br"), bytes: &data };
        let before = NOW.get();
        PEAK.set(before);
        let start = Instant::now();
        let keep = |what: &str| {
            let path = std::env::temp_dir().join(format!("keysift-mutation-{name}-{round}"));
            let _ = fs::write(&path, &data);
            Err(format!("{name}: {what} in mutation {round}, kept as {}", path.display()))
        };
        if catch_unwind(AssertUnwindSafe(|| read(&blob))).is_err() {
            return keep("panic");
        }
        if start.elapsed() > MOST_TIME {
            return keep(&format!("{:?}", start.elapsed()));
        }
        if PEAK.get() - before > MOST_MEMORY {
            return keep(&format!("{} bytes of memory", PEAK.get() - before));
        }
    }
    Ok(())
}

/// Reads a blob with one lens or container.
type Read = Box<dyn Fn(&Blob<'_>) + Sync + Send>;

fn all(mut names: Vec<(&'static str, Read)>) {
    if let Ok(only) = std::env::var("KEYSIFT_ONLY") {
        names.retain(|(name, _)| only.split(',').any(|wanted| wanted == *name));
    }
    let queue = std::sync::Mutex::new(names);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, read)) = queue.lock().unwrap().pop() else { return };
                    if let Err(what) = torture(name, &*read) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lenses_survive() {
    all(LENSES
        .iter()
        .map(|lens| {
            let read = move |blob: &Blob<'_>| {
                lens.reads(blob);
                let _ = lens.texts(blob, &limits(), &mut |text| {
                    let step = (text.bytes.len() / 16).max(1);
                    let spans: Vec<_> = (0..text.bytes.len()).step_by(step).map(|at| at..at + 1).collect();
                    assert_eq!(text.sites.resolve(text.bytes, &spans).len(), spans.len());
                });
            };
            (lens.name(), Box::new(read) as Read)
        })
        .collect());
}

#[test]
fn containers_survive() {
    all(CONTAINERS
        .iter()
        .map(|container| {
            let read = move |blob: &Blob<'_>| {
                container.reads(blob);
                let opened = container.open(blob, &limits());
                assert!(opened.gaps.iter().all(|gap| gap.end <= blob.bytes.len()));
                let budget = Budget::new(&limits(), blob.bytes.len() as u64);
                let mut buffer = Vec::new();
                for member in &opened.members {
                    member.read(&mut buffer, &budget);
                }
            };
            (container.name(), Box::new(read) as Read)
        })
        .collect());
}

/// Files in text at a word, and values: the fuzz bodies open and decode them.
#[test]
fn what_stands_in_text_survives() {
    let names = ENCLOSED.iter().map(|enclosed| enclosed.name).filter(|name| *name != "uuencode");
    let read = |name: &'static str| {
        let read = move |blob: &Blob<'_>| keysift::fuzzing::format(name, blob.bytes);
        (name, Box::new(read) as Read)
    };
    let values = |blob: &Blob<'_>| keysift::fuzzing::decoding(blob.bytes);
    all(names.map(read).chain([("values", Box::new(values) as Read)]).collect());
}

/// Each seed is read by the lens it is a seed of, without damage: or the mutations test nothing.
#[test]
fn seeds_are_read() {
    for lens in LENSES {
        for (n, seed) in seeds(lens.name()).iter().enumerate() {
            let blob = Blob { address: Address::named("seed"), bytes: seed };
            assert!(lens.reads(&blob), "{}: seed {n} is not read", lens.name());
            let mut bytes = 0;
            let read = lens.texts(&blob, &Limits::default(), &mut |text| bytes += text.bytes.len());
            assert_eq!(read, Ok(()), "{}: seed {n}", lens.name());
            assert!(bytes > 0, "{}: seed {n} has no text", lens.name());
        }
    }
    for container in CONTAINERS {
        for (n, seed) in seeds(container.name()).iter().enumerate() {
            // Brotli is known by its name.
            let blob = Blob { address: Address::named("seed.br"), bytes: seed };
            assert!(container.reads(&blob), "{}: seed {n} is not read", container.name());
            let opened = container.open(&blob, &Limits::default());
            assert!(!opened.members.is_empty(), "{}: seed {n} has no members", container.name());
        }
    }
}
