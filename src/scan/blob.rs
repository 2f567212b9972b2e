//! One blob: opened if it is a container, read through its lenses if it is not.

use super::around::Keep;
use super::carve::Stretch;
use super::parts::Part;
use super::text::{self, TextJob};
use crate::address::Address;
use crate::blob::{Blob, NoSites, OffsetMap, Text, TextKind};
use crate::container::budget::Budget;
use crate::container::image::Layers;
use crate::container::{self, Container, Member, Opened, Problem, opaque, unopened};
use crate::engine::Engine;
use crate::explain::Judgement;
use crate::finding::Layer;
use crate::ledger::{Ledger, Reason};
use crate::lens::document::DocumentSites;
use crate::lens::{self, Lens, raw};
use crate::look::Look;
use crate::triage::sighting::Sighting;
use rayon::prelude::*;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The search of one artifact.
pub(super) struct Job<'e, 'p> {
    /// What to look for.
    pub engine: &'e Engine<'p>,
    /// What may come out of its containers.
    pub budget: Budget,
    /// Whether members and parts are spread over threads.
    pub parallel: bool,
    /// Numbers for blobs and texts: they tell them apart and mean nothing else.
    pub numbers: AtomicU64,
    /// Of which values the lines around them are kept.
    pub keep: Option<Keep>,
    /// Whether parts of repositories are set aside, rather than searched as bytes.
    pub parts: bool,
    /// Where judgements are noted down, for `keysift explain`.
    pub record: Option<&'e Mutex<Vec<Judgement>>>,
}

/// What was found in a blob and everything inside it.
#[derive(Default)]
pub(super) struct Searched {
    pub sightings: Vec<Sighting>,
    pub ledger: Ledger,
    /// Parts of repositories, to be searched together.
    pub parts: Vec<Part>,
}

impl Searched {
    pub(super) fn merge(&mut self, other: Searched) {
        self.sightings.extend(other.sightings);
        self.ledger.merge(other.ledger);
        self.parts.extend(other.parts);
    }

    pub(super) fn problem(&mut self, address: &Address, problem: Problem) {
        self.ledger.skipped(address.clone(), problem.bytes, problem.reason, problem.detail);
    }
}

impl Job<'_, '_> {
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Searches a blob that lies inside `depth` containers.
    pub fn search(&self, blob: &Blob<'_>, depth: u32) -> Searched {
        let Some((part, is_all)) = self.parts.then(|| Part::of(blob)).flatten() else {
            return self.look_into(blob, depth);
        };
        let mut found = if is_all { Searched::default() } else { self.look_into(blob, depth) };
        found.parts.push(part);
        found
    }

    /// What is found in a blob: a defect of ours costs what would have been opened, and not the scan.
    fn look_into(&self, blob: &Blob<'_>, depth: u32) -> Searched {
        let look = Look::at(blob.bytes);
        let opened = catch_unwind(AssertUnwindSafe(|| self.open_or_read(blob, &look, depth)));
        let mut found = opened.unwrap_or_else(|_| {
            let mut found = self.leaf(blob, &look, depth);
            found.ledger.skipped(blob.address.clone(), None, Reason::Damaged, defect("what opens it"));
            found
        });
        // Nothing came out of it but its own bytes, nothing is in them, and nobody has said why. A key written in a
        // program is no file.
        let is_closed = found.ledger.searched_count == 1
            && found.ledger.entries.is_empty()
            && found.sightings.is_empty()
            && !blob.address.is_decoded();
        let opaque = || is_closed.then(|| opaque::told(blob.bytes, &look)).flatten();
        if let Some(problem) = unopened::told(blob.bytes, &look).or_else(opaque) {
            found.problem(&blob.address, problem);
        }
        found
    }

    fn open_or_read(&self, blob: &Blob<'_>, look: &Look, depth: u32) -> Searched {
        match container::of(blob, look) {
            Some(container) if depth < self.budget.limits.depth => {
                self.container(container, blob, look, depth)
            }
            Some(container) => {
                let mut found = self.leaf(blob, look, depth);
                let detail = format!("{} inside {depth} containers is not opened", container.name());
                found.ledger.skipped(blob.address.clone(), None, Reason::Limit, detail);
                found
            }
            // Had there been archives, their container would have read the blob.
            None if look.is_binary() => {
                self.beside(blob, &|| self.leaf(blob, look, depth), &|| self.carve_of(blob, true, depth))
            }
            None => self.leaf(blob, look, depth),
        }
    }

    fn container(&self, container: &dyn Container, blob: &Blob<'_>, look: &Look, depth: u32) -> Searched {
        let opened = container::open_seen(container, blob, look, &self.budget.limits);
        self.members(opened, blob, Some(look), container.name() == EMBEDDED, depth, 0)
    }

    /// Searches a folder whose files are members of one artifact.
    pub fn folder(&self, opened: Opened<'_>, address: &Address) -> Searched {
        self.members(opened, &Blob { address: address.clone(), bytes: &[] }, None, false, 0, 0)
    }

    /// Searches the files that stand in a text inside `depth` containers.
    pub fn enclosed(&self, opened: Opened<'_>, address: &Address, depth: u32) -> Searched {
        self.members(opened, &Blob { address: address.clone(), bytes: &[] }, None, false, depth, 0)
    }

    /// Searches the members of a container and what is between them. `seen` is what was seen of the blob, where somebody has looked;
    /// `is_whole` tells that the members are archives inside a file that is read as a whole besides. `base` is where in the
    /// container the blob begins, if it is a later part of one.
    pub(super) fn members(
        &self,
        opened: Opened<'_>,
        blob: &Blob<'_>,
        seen: Option<&Look>,
        is_whole: bool,
        depth: u32,
        base: u64,
    ) -> Searched {
        let mut found = Searched::default();
        for problem in opened.problems {
            found.problem(&blob.address, problem);
        }
        // Members first, the largest ahead, so that none is left to one thread at the end; small ones
        // many at a time.
        let members = &opened.members;
        let mut order: Vec<(u64, usize)> = members.iter().map(|m| m.size_hint()).zip(0..).collect();
        let read = |batch: &&[(u64, usize)]| -> (Ledger, Vec<(usize, Searched)>) {
            let mut clean = Ledger::default();
            let mut parts = Vec::new();
            for &(_, i) in *batch {
                let part = self.member(members[i].as_ref(), blob, depth);
                if part.sightings.is_empty() && part.ledger.entries.is_empty() && part.parts.is_empty() {
                    clean.merge(part.ledger);
                } else {
                    parts.push((i, part));
                }
            }
            (clean, parts)
        };
        let batches: Vec<(Ledger, Vec<(usize, Searched)>)> = if self.parallel {
            order.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
            // Those that would fill the memory side by side come one after another, each on all threads.
            let alone = self.budget.limits.held_bytes() / (2 * rayon::current_num_threads() as u64);
            let (huge, others) = order.split_at(order.partition_point(|(size, _)| *size > alone));
            let mut batches: Vec<_> = huge.chunks(1).map(|one| read(&one)).collect();
            batches.par_extend(self::batches(others).par_iter().with_max_len(1).map(read));
            batches
        } else {
            batches(&order).iter().map(read).collect()
        };
        let mut parts = Vec::new();
        for (clean, searched) in batches {
            found.ledger.merge(clean);
            parts.extend(searched);
        }
        parts.sort_by_key(|(i, _)| *i);
        parts.into_iter().for_each(|(_, part)| found.merge(part));
        if let Some(layers) = &opened.layers {
            name_layers(layers, &blob.address, &mut found.sightings);
        }

        let number = self.number();
        let mut bytes = 0;
        for gap in opened.gaps {
            // A program or script with the container behind it is a file of its own.
            if base == 0 && gap.start == 0 && (gap.len() >= MIN_CARRIER || is_whole) {
                let carrier = Blob { address: blob.address.clone(), bytes: &blob.bytes[gap] };
                let look = seen.filter(|_| carrier.bytes.len() == blob.bytes.len());
                let look = look.map_or_else(|| Cow::Owned(Look::at(carrier.bytes)), Cow::Borrowed);
                found.merge(self.beside(&carrier, &|| self.carrier(&carrier, &look, depth), &|| {
                    self.carve_of(&carrier, is_whole, depth)
                }));
                continue;
            }
            bytes += gap.len() as u64;
            let start = base as usize + gap.start;
            let mut map = OffsetMap::identity();
            map.push_plain(0, start as u64);
            let bytes = &blob.bytes[gap];
            // What a bundler writes between its modules is text like any other. Short runs of bytes
            // between the members of an archive say nothing.
            let kind = if bytes.len() >= MIN_CARRIER { raw::kind(bytes) } else { TextKind::Binary };
            let document = DocumentSites::new(blob.address.file_name());
            let text = Text {
                bytes,
                kind,
                encoding: None,
                map: &map,
                outer: None,
                sites: if kind == TextKind::Plain { &document } else { &NoSites },
            };
            let job = TextJob { job: self, address: &blob.address, blob: number, depth };
            found.merge(text::search(&job, &text));
            self.carve(
                &Stretch { address: &blob.address, bytes, base: start, archives_are_open: false },
                depth,
                &mut found,
            );
        }
        if base > 0 {
            found.ledger.searched_more(bytes);
        } else if !blob.bytes.is_empty() {
            found.ledger.searched(bytes);
        }
        found
    }

    fn member(&self, member: &dyn Member, blob: &Blob<'_>, depth: u32) -> Searched {
        thread_local! {
            static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        // A budget that is spent will be met again in order: do not go on here, nor below.
        if self.parallel && self.budget.is_exhausted() {
            return Searched::default();
        }
        let address = blob.address.entry(member.name());
        if let Some(found) = self.flowing(member, &address, depth + 1) {
            return found;
        }
        let mut buffer = BUFFER.take();
        let reading = self.budget.reading();
        let contents = member.read(&mut buffer, &self.budget);
        // What lies in the container is not held again.
        let is_in_place = blob.bytes.as_ptr_range().contains(&contents.bytes.as_ptr());
        let _held = reading.end(if is_in_place { 0 } else { contents.bytes.len() });
        let mut found = Searched::default();
        if self.parallel && self.budget.is_exhausted() {
            return found;
        }
        if !contents.bytes.is_empty() || contents.problem.is_none() {
            found.merge(self.search(&Blob { address: address.clone(), bytes: contents.bytes }, depth + 1));
        }
        if let Some(problem) = contents.problem {
            found.problem(&address, problem);
        }
        if buffer.capacity() <= KEEP_BUFFER {
            BUFFER.set(buffer);
        }
        found
    }

    /// Searches a blob that is no container: its own bytes, then what lenses make of them.
    fn leaf(&self, blob: &Blob<'_>, look: &Look, depth: u32) -> Searched {
        let mut found = Searched::default();
        let job = TextJob { job: self, address: &blob.address, blob: self.number(), depth };
        let kind = look.kind;
        let document = DocumentSites::new(blob.address.file_name());
        // Some go through the whole file to know whether they read it: the threads that search it do that.
        let is_asked_later = self.is_shared(blob) && look.is_binary();
        let lenses: Vec<&dyn Lens> =
            if is_asked_later { lens::may_read(look).collect() } else { lens::of(blob, look).collect() };
        let is_named = lenses.iter().any(|lens| lens.names_places());
        let text = Text {
            bytes: blob.bytes,
            kind,
            encoding: None,
            map: &OffsetMap::identity(),
            outer: None,
            sites: if kind == TextKind::Plain && !is_named { &document } else { &NoSites },
        };
        // Its own bytes, then what each lens makes of them. Not called by name, as in `flow.rs`.
        let step: &(dyn Fn(usize) -> Searched + Sync) = &|n| {
            let mut found = Searched::default();
            match n.checked_sub(1).map(|n| lenses[n]) {
                None => self.guarded(&mut found, blob, "raw", &mut |found| {
                    found.merge(text::search(&job, &text));
                }),
                Some(lens) => {
                    self.guarded(&mut found, blob, lens.name(), &mut |found| {
                        if !is_asked_later || lens.reads(blob) {
                            self.through(lens, blob, &job, found);
                        }
                    });
                }
            }
            found
        };
        if self.is_shared(blob) && !lenses.is_empty() {
            let steps: Vec<Searched> =
                (0..lenses.len() + 1).into_par_iter().with_max_len(1).map(step).collect();
            steps.into_iter().for_each(|part| found.merge(part));
        } else {
            (0..=lenses.len()).for_each(|n| found.merge(step(n)));
        }
        found.ledger.searched(blob.bytes.len() as u64);
        found
    }

    /// Carves what is in a whole blob.
    fn carve_of(&self, blob: &Blob<'_>, archives_are_open: bool, depth: u32) -> Searched {
        let mut found = Searched::default();
        let stretch = Stretch { address: &blob.address, bytes: blob.bytes, base: 0, archives_are_open };
        self.carve(&stretch, depth, &mut found);
        found
    }

    /// Two searches of a blob, at the same time if it is large.
    fn beside(
        &self,
        blob: &Blob<'_>,
        first: &(dyn Fn() -> Searched + Sync),
        second: &(dyn Fn() -> Searched + Sync),
    ) -> Searched {
        let (mut found, other) =
            if self.is_shared(blob) { rayon::join(first, second) } else { (first(), second()) };
        found.merge(other);
        found
    }

    /// Whether more than one thread searches a blob.
    fn is_shared(&self, blob: &Blob<'_>) -> bool {
        self.parallel && blob.bytes.len() >= MIN_SHARED
    }

    /// Searches what stands before a container: a program whose tables may point behind it.
    fn carrier(&self, blob: &Blob<'_>, look: &Look, depth: u32) -> Searched {
        let mut found = self.leaf(blob, look, depth);
        let is_own = |address: &Address| *address == blob.address;
        found.ledger.entries.retain(|e| e.reason != Reason::Damaged || !is_own(&e.address));
        found
    }

    fn through(&self, lens: &dyn Lens, blob: &Blob<'_>, job: &TextJob<'_, '_, '_>, found: &mut Searched) {
        let read = lens.texts(blob, &self.budget.limits, &mut |text| found.merge(text::search(job, text)));
        if let Err(damage) = read {
            // The raw bytes were searched, so no byte is missing; but values may be.
            let hidden = Some(damage.hidden);
            found.ledger.skipped(blob.address.clone(), hidden, damage.reason, damage.to_string());
        }
    }

    /// Runs a step so that a defect in it costs this step and not the scan.
    fn guarded(&self, found: &mut Searched, blob: &Blob<'_>, step: &str, run: &mut dyn FnMut(&mut Searched)) {
        let mut own = Searched::default();
        if catch_unwind(AssertUnwindSafe(|| run(&mut own))).is_err() {
            let detail = defect(&format!("the {step} lens"));
            own.ledger.skipped(blob.address.clone(), None, Reason::Damaged, detail);
        }
        found.merge(own);
    }
}

/// What the ledger says of a defect of ours.
fn defect(step: &str) -> String {
    format!("internal error in {step}: please report it")
}

/// Says of what was found in layers of an image which they are, and whether a later one hides it. An image
/// in a layer of another has told already.
fn name_layers(layers: &Layers, image: &Address, sightings: &mut [Sighting]) {
    // By the layer and the file in it.
    type File = (Vec<u8>, Option<Vec<u8>>);
    let mut known: HashMap<File, Option<Arc<Layer>>> = HashMap::new();
    for sighting in sightings.iter_mut().filter(|s| s.layer.is_none()) {
        let Some((member, path)) = sighting.address.below(image) else { continue };
        let layer = known
            .entry((member.to_vec(), path.map(<[u8]>::to_vec)))
            .or_insert_with(|| layers.of(member, path).map(Arc::new));
        sighting.layer.clone_from(layer);
    }
}

/// Of blobs from this size on, what each lens makes is searched side by side. Bytes.
const MIN_SHARED: usize = 1 << 20;

/// Members that are read by one task are this large together, in bytes, or one.
const BATCH: u64 = 64 << 10;

/// Members by size and number, as tasks.
fn batches(order: &[(u64, usize)]) -> Vec<&[(u64, usize)]> {
    let (mut batches, mut from, mut sum) = (Vec::new(), 0, 0u64);
    for (to, (size, _)) in order.iter().enumerate() {
        if sum > 0 && sum.saturating_add(*size) > BATCH {
            batches.push(&order[from..to]);
            (from, sum) = (to, 0);
        }
        // Reading costs something beside its bytes.
        sum = sum.saturating_add(*size).saturating_add(64);
    }
    if from < order.len() {
        batches.push(&order[from..]);
    }
    batches
}

/// The container that opens archives inside other files.
const EMBEDDED: &str = "embedded";

/// What stands before a container and is at least as long as this is read through the lenses too.
pub const MIN_CARRIER: usize = 256;

/// Buffers above this size are given back to the system after use.
const KEEP_BUFFER: usize = 32 << 20;
