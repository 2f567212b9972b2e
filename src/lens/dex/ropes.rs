//! Strings that a method puts together, as lists of pieces that share their beginnings.
//!
//! A builder that is appended to on two ways has two ends with one beginning, and a machine that
//! keeps states for both must not copy either. So a string is its last node, and each node knows
//! the one before it. Nodes are numbered in the order of the code: two runs of one method agree on
//! them.

/// Pieces of one string.
const MAX_PIECES: u16 = 256;
/// The empty string of an empty builder.
pub(super) const NIL: u32 = u32::MAX;
/// A node that stands for text that is not known.
pub(super) const GAP: u32 = 0;

/// One piece of a string. Places are in the code, in units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// Anything.
    Gap,
    /// A string of the pool.
    Str(u32),
    /// A character, and where it was appended.
    Char(u16, u32),
    /// A number, appended as decimal digits.
    Int(i32, u32),
    /// `true` or `false`.
    Bool(bool, u32),
}

#[derive(Clone, Copy)]
struct Node {
    before: u32,
    piece: Piece,
    len: u16,
}

/// A string that is ready.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finished {
    /// Its last node.
    pub(super) node: u32,
    /// Where it was ready, in units.
    pub(super) at: u32,
}

/// The strings of one method.
#[derive(Default)]
pub(super) struct Ropes {
    nodes: Vec<Node>,
    max_nodes: usize,
    /// Strings that are ready, in order of their nodes.
    pub(super) finished: Vec<Finished>,
    /// Those that became a part of another.
    used_up: Vec<u32>,
    scratch: Vec<Piece>,
}

impl Ropes {
    /// Forgets all strings; the next method has `units` units of code.
    pub(super) fn clear(&mut self, units: usize) {
        self.nodes.clear();
        self.nodes.push(Node { before: NIL, piece: Piece::Gap, len: 1 });
        self.max_nodes = units.saturating_mul(4).saturating_add(64);
        self.finished.clear();
        self.used_up.clear();
    }

    /// The pieces of a string, last first.
    pub(super) fn pieces(&self, node: u32) -> impl Iterator<Item = Piece> {
        let mut at = node;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.before;
            Some(node.piece)
        })
    }

    /// A string with one piece more.
    pub(super) fn join(&mut self, before: u32, piece: Piece) -> u32 {
        let last = self.nodes.get(before as usize);
        let len = last.map_or(0, |node| node.len);
        if piece == Piece::Gap && last.is_some_and(|node| node.piece == Piece::Gap) {
            return before;
        }
        if len >= MAX_PIECES || self.nodes.len() >= self.max_nodes {
            return GAP;
        }
        self.nodes.push(Node { before, piece, len: len + 1 });
        (self.nodes.len() - 1) as u32
    }

    /// A string with another one at its end.
    pub(super) fn append(&mut self, before: u32, node: u32) -> u32 {
        if before == NIL {
            return node;
        }
        self.use_up(node);
        let len = |node: u32| self.nodes.get(node as usize).map_or(0, |node| usize::from(node.len));
        // Asked beforehand, so that nothing is copied in vain.
        let copied = len(node);
        if len(before) + copied > usize::from(MAX_PIECES) || self.nodes.len() + copied > self.max_nodes {
            return GAP;
        }
        let mut pieces = std::mem::take(&mut self.scratch);
        pieces.clear();
        pieces.extend(self.pieces(node));
        let joined = pieces.iter().rev().fold(before, |before, piece| self.join(before, *piece));
        self.scratch = pieces;
        joined
    }

    /// The string is ready.
    pub(super) fn finish(&mut self, node: u32, at: u32) {
        self.finished.push(Finished { node, at });
    }

    /// The string is a part of another: it is not told of by itself.
    pub(super) fn use_up(&mut self, node: u32) {
        self.used_up.push(node);
    }

    /// Leaves in [`Ropes::finished`] each string once, without those that are parts of others.
    pub(super) fn settle(&mut self) {
        self.finished.sort_unstable();
        self.finished.dedup_by_key(|finished| finished.node);
        self.used_up.sort_unstable();
        let used_up = &self.used_up;
        self.finished.retain(|finished| used_up.binary_search(&finished.node).is_err());
    }
}
