//! The marshal format (CPython `Python/marshal.c`): values and code objects, with references.
//!
//! Read without recursion on values: a node table in which children come behind their parent.

use crate::lens::bytes::{size_le, slice};

/// A node: what it is and where.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Text or bytes: where in the file.
    Str {
        at: usize,
        len: usize,
    },
    /// A tuple, list, set; or a dict as alternating keys and values.
    Seq(Vec<u32>),
    Code(Box<Code>),
    Other,
}

/// The parts of a code object that matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub(super) code: u32,
    pub(super) consts: u32,
    pub(super) names: u32,
    pub(super) varnames: u32,
    pub(super) free: u32,
    pub(super) cell: u32,
    pub(super) name: u32,
    pub(super) qualname: u32,
    pub(super) filename: u32,
    /// How many positional arguments it takes.
    pub(super) arguments: usize,
}

/// Versions of code objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u8, pub(super) u8);

const MAX_DEPTH: usize = 200;

pub(super) struct Marshal<'a> {
    pub(super) data: &'a [u8],
    at: usize,
    version: Version,
    pub(super) nodes: Vec<Node>,
    refs: Vec<u32>,
    interned: Vec<u32>,
}

impl<'a> Marshal<'a> {
    pub(super) fn new(data: &'a [u8], at: usize, version: Version) -> Self {
        Marshal { data, at, version, nodes: Vec::new(), refs: Vec::new(), interned: Vec::new() }
    }

    /// Where reading stopped.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn node(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn size(&mut self) -> Option<usize> {
        let n = size_le(self.data, self.at)?;
        self.at += 4;
        Some(n)
    }

    fn skip(&mut self, len: usize) -> Option<()> {
        slice(self.data, self.at, len)?;
        self.at += len;
        Some(())
    }

    fn string(&mut self, len: usize) -> Option<Node> {
        let at = self.at;
        self.skip(len)?;
        Some(Node::Str { at, len })
    }

    /// Reads a value; gives its node. `Some(None)` is the end of a dict.
    pub(super) fn value(&mut self, depth: usize) -> Option<Option<u32>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let tag = self.byte()?;
        let flagged = tag & 0x80 != 0;
        let slot = self.refs.len();
        let kind = tag & 0x7f;
        // Containers take their number before their contents.
        if flagged {
            self.refs.push(u32::MAX);
        }
        let mut is_interned = false;
        let node = match kind {
            b'0' => return Some(None),
            b'N' | b'F' | b'T' | b'S' | b'.' => Node::Other,
            b'i' => {
                self.skip(4)?;
                Node::Other
            }
            b'I' | b'g' => {
                self.skip(8)?;
                Node::Other
            }
            b'y' => {
                self.skip(16)?;
                Node::Other
            }
            b'f' | b'x' => {
                for _ in 0..if kind == b'x' { 2 } else { 1 } {
                    let len = self.byte()?;
                    self.skip(usize::from(len))?;
                }
                Node::Other
            }
            b'l' => {
                let digits = (self.size()? as u32).cast_signed().unsigned_abs() as usize;
                self.skip(digits.checked_mul(2)?)?;
                Node::Other
            }
            b's' | b'u' | b'a' | b'A' | b't' => {
                is_interned = kind == b't' && self.version < Version(3, 0);
                let len = self.size()?;
                self.string(len)?
            }
            b'z' | b'Z' => {
                let len = self.byte()?;
                self.string(usize::from(len))?
            }
            b'R' => {
                let n = self.size()?;
                return Some(Some(*self.interned.get(n)?));
            }
            b'r' => {
                let n = self.size()?;
                let node = *self.refs.get(n)?;
                return Some(Some(if node == u32::MAX { self.node(Node::Other) } else { node }));
            }
            b'(' | b'[' | b'<' | b'>' | b')' => {
                let count = if kind == b')' { usize::from(self.byte()?) } else { self.size()? };
                if count > self.data.len() - self.at.min(self.data.len()) {
                    return None;
                }
                let mut items = Vec::with_capacity(count.min(1 << 12));
                for _ in 0..count {
                    items.push(self.value(depth + 1)??);
                }
                Node::Seq(items)
            }
            b'{' => {
                let mut items = Vec::new();
                while let Some(key) = self.value(depth + 1)? {
                    items.push(key);
                    items.push(self.value(depth + 1)??);
                }
                Node::Seq(items)
            }
            b':' => {
                // A slice, since 3.14.
                for _ in 0..3 {
                    self.value(depth + 1)??;
                }
                Node::Other
            }
            b'c' => Node::Code(Box::new(self.code(depth)?)),
            _ => return None,
        };
        let node = self.node(node);
        if is_interned {
            self.interned.push(node);
        }
        if flagged && let Some(slot) = self.refs.get_mut(slot) {
            *slot = node;
        }
        Some(Some(node))
    }

    fn code(&mut self, depth: usize) -> Option<Code> {
        let v = self.version;
        // argcount, [posonly], [kwonly], [nlocals], stacksize, flags
        let numbers = if v >= Version(3, 11) {
            5
        } else if v >= Version(3, 8) {
            6
        } else if v >= Version(3, 0) {
            5
        } else {
            4
        };
        let arguments = size_le(self.data, self.at)?;
        self.skip(numbers * 4)?;
        let next = |m: &mut Self| m.value(depth + 1)?;
        let mut code =
            Code { code: next(self)?, consts: next(self)?, names: next(self)?, arguments, ..Code::default() };
        (code.varnames, code.free, code.cell, code.qualname) = (u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        code.varnames = next(self)?;
        if v >= Version(3, 11) {
            next(self)?;
        } else {
            code.free = next(self)?;
            code.cell = next(self)?;
        }
        code.filename = next(self)?;
        code.name = next(self)?;
        if v >= Version(3, 11) {
            code.qualname = next(self)?;
        }
        self.skip(4)?;
        next(self)?;
        if v >= Version(3, 11) {
            next(self)?;
        }
        Some(code)
    }

    pub(super) fn get(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// The bytes of a string node.
    pub(super) fn text(&self, node: u32) -> Option<&'a [u8]> {
        match self.get(node)? {
            Node::Str { at, len } => slice(self.data, *at, *len),
            _ => None,
        }
    }

    pub(super) fn seq(&self, node: u32) -> &[u32] {
        match self.get(node) {
            Some(Node::Seq(items)) => items,
            _ => &[],
        }
    }
}
