//! LZHUF: one Huffman tree that starts out even and follows what is read, and a fixed code for the upper bits of distances.

use super::{Bits, SHORTEST, Sink, Stop};

/// Bytes, and lengths of copies up to sixty.
const SYMBOLS: usize = 314;
const NODES: usize = 2 * SYMBOLS - 1;
const ROOT: usize = NODES - 1;
/// At this weight of the root all are halved.
const HEAVY: u16 = 0x8000;

/// Nodes in the order of their weight. What a node leads to is a pair of nodes by the first of them, or a symbol behind all nodes.
struct Tree {
    weights: [u16; NODES + 1],
    below: [u16; NODES],
    above: [u16; NODES + SYMBOLS],
}

impl Tree {
    fn new() -> Box<Self> {
        let mut tree =
            Box::new(Tree { weights: [u16::MAX; NODES + 1], below: [0; NODES], above: [0; NODES + SYMBOLS] });
        for n in 0..SYMBOLS {
            tree.weights[n] = 1;
            tree.below[n] = (n + NODES) as u16;
        }
        for n in SYMBOLS..NODES {
            let first = 2 * (n - SYMBOLS);
            tree.weights[n] = tree.weights[first] + tree.weights[first + 1];
            tree.below[n] = first as u16;
        }
        tree.link();
        tree
    }

    /// Tells each node and symbol what is above it.
    fn link(&mut self) {
        for n in 0..NODES {
            let below = usize::from(self.below[n]);
            self.above[below] = n as u16;
            if below < NODES {
                self.above[below + 1] = n as u16;
            }
        }
        self.above[ROOT] = 0;
    }

    fn symbol(&mut self, bits: &mut Bits<'_>) -> Result<usize, Stop> {
        let mut at = usize::from(self.below[ROOT]);
        while at < NODES {
            at = usize::from(self.below[at + bits.take(1)? as usize]);
        }
        self.count(at - NODES);
        Ok(at - NODES)
    }

    /// Adds to the weight of a symbol, and moves up whatever has become heavier than what is before it.
    fn count(&mut self, symbol: usize) {
        if self.weights[ROOT] == HEAVY {
            self.halve();
        }
        let mut at = usize::from(self.above[symbol + NODES]);
        loop {
            self.weights[at] += 1;
            let weight = self.weights[at];
            if weight > self.weights[at + 1] {
                // The last that is lighter: its place is taken.
                let mut to = at + 1;
                while weight > self.weights[to + 1] {
                    to += 1;
                }
                self.weights.swap(at, to);
                self.below.swap(at, to);
                for n in [at, to] {
                    let below = usize::from(self.below[n]);
                    self.above[below] = n as u16;
                    if below < NODES {
                        self.above[below + 1] = n as u16;
                    }
                }
                at = to;
            }
            if at == ROOT {
                return;
            }
            at = usize::from(self.above[at]);
        }
    }

    /// Halves the weights of all symbols and builds the tree anew.
    fn halve(&mut self) {
        let mut leaves = 0;
        for n in 0..NODES {
            if usize::from(self.below[n]) >= NODES {
                self.weights[leaves] = self.weights[n].div_ceil(2);
                self.below[leaves] = self.below[n];
                leaves += 1;
            }
        }
        for n in SYMBOLS..NODES {
            let first = 2 * (n - SYMBOLS);
            let weight = self.weights[first] + self.weights[first + 1];
            let mut to = n;
            while to > 0 && weight < self.weights[to - 1] {
                to -= 1;
            }
            self.weights.copy_within(to..n, to + 1);
            self.below.copy_within(to..n, to + 1);
            self.weights[to] = weight;
            self.below[to] = first as u16;
        }
        self.link();
    }
}

/// The upper six bits of a distance, and how many bits their code has, by its first eight bits: codes of equal length stand
/// together, short ones first.
fn upper(byte: u32) -> (u32, u32) {
    const GROUPS: [(u32, u32); 6] = [(3, 1), (4, 3), (5, 8), (6, 12), (7, 24), (8, 16)];
    let (mut start, mut first) = (0, 0);
    for (bits, codes) in GROUPS {
        let width = 1 << (8 - bits);
        if byte < start + codes * width {
            return (first + (byte - start) / width, bits);
        }
        start += codes * width;
        first += codes;
    }
    (63, 8)
}

pub(super) fn expand(bits: &mut Bits<'_>, sink: &mut Sink<'_, '_>) -> Result<(), Stop> {
    let mut tree = Tree::new();
    while !sink.is_full() {
        let symbol = tree.symbol(bits)?;
        if symbol < 256 {
            sink.literal(symbol as u8)?;
            continue;
        }
        let byte = bits.take(8)?;
        let (high, width) = upper(byte);
        let low = (byte << (width - 2) | bits.take(width - 2)?) & 63;
        sink.copy((high << 6 | low) as usize + 1, symbol - 256 + SHORTEST)?;
    }
    Ok(())
}
