//! A pack as what it is: a forest, in which every delta hangs below its base.
//!
//! One pass from bases to children makes each object once. The rejected way, following the chain of
//! each object down to its base, inflates some objects hundreds of times. Of the objects on the way
//! only those stay in memory whose children are not all done: as the heaviest child comes last and
//! takes the place of its parent, that is at most one for each halving of the forest, however long the
//! chains are.

use super::delta::{self, Piece};
use super::inflate::Inflater;
use super::object::Kind;
use super::oid::Oid;
use super::pack::{Form, Pack};
use crate::ledger::Reason;
use std::sync::atomic::{AtomicUsize, Ordering};

/// No entry.
const NONE: u32 = u32::MAX;

/// The entries of a pack by their place in it, and who is whose base.
pub struct Forest<'p> {
    pack: &'p Pack,
    /// Rising.
    offsets: Vec<u64>,
    /// Positions in the index, in the order of `offsets`.
    positions: Vec<u32>,
    parents: Vec<u32>,
    /// Children of entry `n`: `children[first[n]..first[n + 1]]`, the heaviest last.
    first: Vec<u32>,
    children: Vec<u32>,
    /// Entries that hang below each, and itself.
    weights: Vec<u32>,
    /// All that hang on a root, bases first.
    order: Vec<u32>,
    roots: Vec<Root>,
    /// Entries that cannot be read, with the reason in words.
    broken: Vec<(u32, &'static str)>,
}

#[derive(Clone, Copy)]
struct Root {
    entry: u32,
    /// The type of it and of all below; `None` for a delta to an object outside this pack.
    kind: Option<Kind>,
}

/// An object on the walk.
pub struct Object<'a, S> {
    /// Its position in the index of its pack.
    pub position: usize,
    /// Its id.
    pub id: Oid,
    /// Its type.
    pub kind: Kind,
    /// All of it.
    pub bytes: &'a [u8],
    /// How it was made, if from another one.
    pub delta: Option<Made<'a, S>>,
}

/// How an object was made.
pub struct Made<'a, S> {
    /// Its stretches, in order, without gaps.
    pub pieces: &'a [Piece],
    /// The size of the base.
    pub base_len: usize,
    /// What the visit of the base gave.
    pub base: &'a S,
}

/// Something that the walk could not read.
pub struct Damage {
    /// The position of the object in the index.
    pub position: usize,
    /// Its id.
    pub id: Oid,
    /// Bytes of it in the pack.
    pub packed: u64,
    /// How many others are deltas to it, and lost with it.
    pub dependents: u32,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub detail: String,
}

/// Looks at objects, on any thread.
pub trait Visitor: Sync {
    /// What the visit of an object leaves for those that are made from it.
    type State: Send + Default;

    /// Whether objects of this type are wanted at all.
    fn wants(&self, kind: Kind) -> bool;

    /// An object.
    fn visit(&self, object: &Object<'_, Self::State>) -> Self::State;

    /// An object that cannot be made.
    fn damaged(&self, damage: Damage);

    /// An object that lies outside the pack.
    fn outside(&self, _id: &Oid) -> Option<(Kind, Vec<u8>)> {
        None
    }

    /// Largest object that is made, in bytes.
    fn largest(&self) -> u64;
}

impl<'p> Forest<'p> {
    /// Reads the heads of all entries.
    pub fn new(pack: &'p Pack) -> Forest<'p> {
        let count = pack.index.len();
        let mut places: Vec<(u64, u32)> =
            (0..count).map(|i| (pack.index.offset(i).unwrap_or(u64::MAX), i as u32)).collect();
        places.sort_unstable();
        let offsets: Vec<u64> = places.iter().map(|p| p.0).collect();
        let positions: Vec<u32> = places.iter().map(|p| p.1).collect();
        drop(places);
        let mut forest = Forest {
            pack,
            parents: vec![NONE; count],
            first: Vec::new(),
            children: Vec::new(),
            weights: vec![1; count],
            order: Vec::with_capacity(count),
            roots: Vec::new(),
            broken: Vec::new(),
            offsets,
            positions,
        };
        forest.find_parents();
        forest.link();
        forest
    }

    fn find_parents(&mut self) {
        let count = self.offsets.len();
        // References to ids need the place of a position: made only where there are any.
        let mut by_position: Vec<u32> = Vec::new();
        let step = |offset: u64| offset / RESIDENT as u64;
        for entry in 0..count {
            if entry > 0 && step(self.offsets[entry]) != step(self.offsets[entry - 1]) {
                self.pack.bytes.forget();
            }
            let Some(head) = self.pack.head(self.offsets[entry]) else {
                self.broken.push((entry as u32, "the head of the entry is damaged"));
                continue;
            };
            match head.form {
                Form::Whole(kind) => self.roots.push(Root { entry: entry as u32, kind: Some(kind) }),
                Form::OfsDelta(offset) => match self.offsets.binary_search(&offset) {
                    Ok(base) => self.parents[entry] = base as u32,
                    Err(_) => self.broken.push((entry as u32, "its base is at no entry of the pack")),
                },
                Form::RefDelta(id) => match self.pack.index.find(id.as_bytes()) {
                    Some(position) => {
                        if by_position.is_empty() {
                            by_position = vec![NONE; count];
                            for (entry, &position) in self.positions.iter().enumerate() {
                                by_position[position as usize] = entry as u32;
                            }
                        }
                        self.parents[entry] = by_position[position];
                    }
                    None => self.roots.push(Root { entry: entry as u32, kind: None }),
                },
            }
        }
    }

    /// Lists children by parent, bases before what is made from them, and finds cycles.
    fn link(&mut self) {
        let count = self.offsets.len();
        let mut first = vec![0u32; count + 1];
        for &parent in self.parents.iter().filter(|&&p| p != NONE) {
            first[parent as usize + 1] += 1;
        }
        for n in 0..count {
            first[n + 1] += first[n];
        }
        let mut children = vec![0; first[count] as usize];
        let mut next = first.clone();
        for (entry, &parent) in self.parents.iter().enumerate() {
            if parent != NONE {
                let slot = &mut next[parent as usize];
                children[*slot as usize] = entry as u32;
                *slot += 1;
            }
        }
        let of = |entry: u32| first[entry as usize] as usize..first[entry as usize + 1] as usize;
        self.order.extend(self.roots.iter().map(|r| r.entry));
        self.order.extend(self.broken.iter().map(|b| b.0));
        let mut done = 0;
        while done < self.order.len() {
            self.order.extend_from_slice(&children[of(self.order[done])]);
            done += 1;
        }
        for &entry in self.order.iter().rev() {
            let parent = self.parents[entry as usize];
            if parent != NONE {
                self.weights[parent as usize] += self.weights[entry as usize];
            }
        }
        if self.order.len() < count {
            self.find_cycles();
        }
        for entry in 0..count as u32 {
            children[of(entry)].sort_unstable_by_key(|&c| (self.weights[c as usize], c));
        }
        self.first = first;
        self.children = children;
        // The heaviest trees first, so that none is left to one thread at the end; the many small ones in
        // the order of the file.
        let weights = &self.weights;
        self.roots.sort_by_key(|r| {
            let weight = weights[r.entry as usize];
            (std::cmp::Reverse(if weight >= HEAVY { weight } else { 0 }), r.entry)
        });
    }

    /// Entries that hang on no root are deltas to each other in a circle, or hang on such.
    fn find_cycles(&mut self) {
        let mut reached = vec![false; self.offsets.len()];
        self.order.iter().for_each(|&e| reached[e as usize] = true);
        for (entry, _) in reached.iter().enumerate().filter(|(_, reached)| !**reached) {
            self.broken.push((entry as u32, "a delta that is made, over others, from itself"));
            self.weights[entry] = 1;
        }
    }

    fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.first[entry as usize] as usize..self.first[entry as usize + 1] as usize]
    }

    /// Where an entry ends: where the next one begins.
    fn end(&self, entry: u32) -> usize {
        self.offsets
            .get(entry as usize + 1)
            .and_then(|&o| usize::try_from(o).ok())
            .unwrap_or(usize::MAX)
            .min(self.pack.end())
    }

    /// Whether the bytes of an entry are those that its index was made for.
    fn is_as_indexed(&self, entry: u32) -> bool {
        let position = self.positions[entry as usize] as usize;
        let Some(checksum) = self.pack.index.crc(position) else { return true };
        let start = usize::try_from(self.offsets[entry as usize]).unwrap_or(usize::MAX);
        let bytes = self.pack.bytes.get(start..self.end(entry)).unwrap_or_default();
        crc32fast::hash(bytes) == checksum
    }

    /// Entries in all.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Visits all objects, bases before what is made from them; or, where `only` is given, those at the
    /// positions that it says, and what they are made from.
    pub fn walk<V: Visitor>(&self, visitor: &V, only: Option<&(dyn Fn(usize) -> bool + Sync)>) {
        if only.is_none() {
            for &(entry, what) in &self.broken {
                self.damaged(visitor, entry, Reason::Damaged, what.to_owned());
            }
        }
        let needed = only.map(|only| {
            let mut needed: Vec<bool> = self.positions.iter().map(|&p| only(p as usize)).collect();
            for &entry in self.order.iter().rev() {
                let parent = self.parents[entry as usize];
                if parent != NONE && needed[entry as usize] {
                    needed[parent as usize] = true;
                }
            }
            needed
        });
        let roots: Vec<Root> = self
            .roots
            .iter()
            .filter(|r| needed.as_ref().is_none_or(|n| n[r.entry as usize]))
            .filter(|r| r.kind.is_none_or(|kind| visitor.wants(kind)))
            .copied()
            .collect();
        let next = AtomicUsize::new(0);
        let taken = AtomicUsize::new(0);
        let work = || {
            let mut walker = Walker {
                forest: self,
                visitor,
                needed: needed.as_deref(),
                inflater: Inflater::default(),
                delta: Vec::new(),
                pieces: Vec::new(),
                spare: Vec::new(),
                taken: &taken,
            };
            loop {
                let at = next.fetch_add(BATCH, Ordering::Relaxed);
                if at >= roots.len() {
                    break;
                }
                roots[at..roots.len().min(at + BATCH)].iter().for_each(|root| walker.tree(root));
            }
        };
        let threads = rayon::current_num_threads().min(roots.len().div_ceil(BATCH));
        if threads < 2 {
            work();
        } else {
            rayon::scope(|scope| (0..threads).for_each(|_| scope.spawn(|_| work())));
        }
    }

    fn damaged(&self, visitor: &impl Visitor, entry: u32, reason: Reason, detail: String) {
        let position = self.positions[entry as usize] as usize;
        let start = usize::try_from(self.offsets[entry as usize]).unwrap_or(usize::MAX);
        visitor.damaged(Damage {
            position,
            id: self.pack.index.oid(position),
            packed: self.end(entry).saturating_sub(start) as u64,
            dependents: self.weights[entry as usize] - 1,
            reason,
            detail,
        });
    }
}

/// Trees of at least this many objects are begun first.
const HEAVY: u32 = 64;
/// Roots that a thread takes at once.
const BATCH: usize = 8;
/// So much of a pack stays in memory: it is mapped, and what was read would stay there until others need the
/// memory. To map a page again costs less than to inflate what is on it.
pub(super) const RESIDENT: usize = 48 << 20;
/// Buffers above this size are not kept.
const KEEP: usize = 4 << 20;

/// One thread's part of a walk.
struct Walker<'w, 'p, V> {
    forest: &'w Forest<'p>,
    visitor: &'w V,
    needed: Option<&'w [bool]>,
    inflater: Inflater,
    delta: Vec<u8>,
    pieces: Vec<Piece>,
    spare: Vec<Vec<u8>>,
    /// Bytes of the pack that all threads have read.
    taken: &'w AtomicUsize,
}

/// An object whose children are being made.
struct Frame<S> {
    entry: u32,
    bytes: Vec<u8>,
    state: S,
    /// How many of its children are done.
    done: usize,
}

impl<V: Visitor> Walker<'_, '_, V> {
    fn tree(&mut self, root: &Root) {
        let mut bytes = self.spare.pop().unwrap_or_default();
        let (kind, state) = match root.kind {
            Some(kind) => {
                if !self.inflate(root.entry, &mut bytes) {
                    return self.spare.push(bytes);
                }
                (kind, self.visit(root.entry, kind, &bytes, None))
            }
            None => match self.on_outside_base(root.entry, &mut bytes) {
                Some(made) => made,
                None => return self.spare.push(bytes),
            },
        };
        let mut stack = vec![Frame { entry: root.entry, bytes, state, done: 0 }];
        while let Some(top) = stack.last_mut() {
            let children = self.forest.children(top.entry);
            let Some(&child) = children.get(top.done) else {
                if let Some(frame) = stack.pop() {
                    self.recycle(frame.bytes);
                }
                continue;
            };
            top.done += 1;
            if self.needed.is_some_and(|n| !n[child as usize]) {
                continue;
            }
            let is_last = top.done == children.len();
            let mut bytes = self.spare.pop().unwrap_or_default();
            let mut delta = std::mem::take(&mut self.delta);
            let mut pieces = std::mem::take(&mut self.pieces);
            let made = self.inflate(child, &mut delta)
                && self.apply(child, &top.bytes, &delta, &mut bytes, &mut pieces);
            if made {
                let how = Made { pieces: &pieces, base_len: top.bytes.len(), base: &top.state };
                let state = self.visit(child, kind, &bytes, Some(how));
                let frame = Frame { entry: child, bytes, state, done: 0 };
                if is_last {
                    let done = std::mem::replace(top, frame);
                    self.recycle(done.bytes);
                } else if self.forest.children(child).is_empty() {
                    self.recycle(frame.bytes);
                } else {
                    stack.push(frame);
                }
            } else {
                self.recycle(bytes);
            }
            delta.clear();
            (self.delta, self.pieces) = (delta, pieces);
        }
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        if bytes.capacity() <= KEEP && self.spare.len() < 32 {
            self.spare.push(bytes);
        }
    }

    fn visit(&self, entry: u32, kind: Kind, bytes: &[u8], delta: Option<Made<'_, V::State>>) -> V::State {
        let position = self.forest.positions[entry as usize] as usize;
        let id = self.forest.pack.index.oid(position);
        self.visitor.visit(&Object { position, id, kind, bytes, delta })
    }

    /// Inflates the stream of an entry: an object, or a delta.
    fn inflate(&mut self, entry: u32, out: &mut Vec<u8>) -> bool {
        let (forest, pack) = (self.forest, self.forest.pack);
        let offset = forest.offsets[entry as usize];
        let Some(head) = pack.head(offset) else { return false };
        if head.size > self.visitor.largest() {
            let detail = format!("an object of {} bytes: larger than one entry may be", head.size);
            forest.damaged(self.visitor, entry, Reason::Limit, detail);
            return false;
        }
        if let Err(e) = pack.inflate(&head, forest.end(entry), &mut self.inflater, out) {
            forest.damaged(self.visitor, entry, Reason::Damaged, e.to_string());
            return false;
        }
        let end = forest.end(entry);
        let packed = end.saturating_sub(head.data);
        let before = self.taken.fetch_add(packed, Ordering::Relaxed);
        if before / RESIDENT != (before + packed) / RESIDENT {
            pack.bytes.forget();
        }
        // What came out is looked at all the same: its own checksum was right.
        if !forest.is_as_indexed(entry) {
            let position = forest.positions[entry as usize] as usize;
            self.visitor.damaged(Damage {
                position,
                id: pack.index.oid(position),
                packed: head.size,
                dependents: 0,
                reason: Reason::Damaged,
                detail: "the entry's checksum is wrong; what could be read was searched".into(),
            });
        }
        true
    }

    fn apply(
        &mut self,
        entry: u32,
        base: &[u8],
        delta: &[u8],
        out: &mut Vec<u8>,
        pieces: &mut Vec<Piece>,
    ) -> bool {
        if delta::sizes(delta).is_ok_and(|(_, size, _)| size > self.visitor.largest()) {
            let detail = "an object that is larger than one entry may be".to_owned();
            self.forest.damaged(self.visitor, entry, Reason::Limit, detail);
            return false;
        }
        if let Err(e) = delta::apply(base, delta, out, pieces) {
            self.forest.damaged(self.visitor, entry, Reason::Damaged, e.to_string());
            return false;
        }
        true
    }

    /// Makes a delta whose base is not in the pack.
    fn on_outside_base(&mut self, entry: u32, bytes: &mut Vec<u8>) -> Option<(Kind, V::State)> {
        let head = self.forest.pack.head(self.forest.offsets[entry as usize])?;
        let Form::RefDelta(id) = head.form else { return None };
        let Some((kind, base)) = self.visitor.outside(&id) else {
            let detail = format!("a delta to object {id}, which is not here");
            self.forest.damaged(self.visitor, entry, Reason::Damaged, detail);
            return None;
        };
        if !self.visitor.wants(kind) {
            return None;
        }
        let mut delta = std::mem::take(&mut self.delta);
        let mut pieces = std::mem::take(&mut self.pieces);
        let made = self.inflate(entry, &mut delta) && self.apply(entry, &base, &delta, bytes, &mut pieces);
        (self.delta, self.pieces) = (delta, pieces);
        made.then(|| (kind, self.visit(entry, kind, bytes, None)))
    }
}
