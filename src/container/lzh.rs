//! What LHA and ARJ pack with: literals and copies under Huffman codes, which stand before each block (`-lh4-` to `-lh7-`, ARJ 1
//! to 3), under codes that follow what was read (`-lh1-`), or under codes that are fixed (ARJ 4).
//!
//! H. Okumura's description of ar002 and LZHUF.

mod adaptive;

use super::budget::Budget;
use super::huffman::{Code, Source};
use super::inflate::OVER_BUDGET;
use super::piece::Piece;
use super::{Contents, Member, Problem};
use crate::ledger::Reason;
use crate::limits::Limits;

/// How something is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// Codes before each block, with so many codes of distances, whose count has so many bits.
    Blocks { codes: usize, bits: u32 },
    /// Codes that follow what was read.
    Adaptive,
    /// Codes that are fixed.
    Fixed,
}

/// A member of an archive.
pub struct Entry<'b> {
    /// Its name, and its bytes as they are in the archive.
    pub piece: Piece<'b>,
    /// How it is packed; `None` where it is stored.
    pub packing: Option<Packing>,
    /// Bytes that should come out.
    pub size: u64,
}

impl Member for Entry<'_> {
    fn name(&self) -> &[u8] {
        &self.piece.name
    }

    fn size_hint(&self) -> u64 {
        self.size.min(self.piece.bytes.len() as u64 * 16)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let Some(packing) = self.packing else { return self.piece.read(buffer, budget) };
        buffer.clear();
        let problem = expand(packing, self.piece.bytes, self.size, buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

/// The shortest copy.
const SHORTEST: usize = 3;
/// Bytes between two looks at the budget.
const STEP: usize = 64 << 10;

/// What went wrong.
enum Stop {
    /// The input ends or makes no sense.
    Broken,
    Limit(Problem),
}

/// Expands `input` into `out` until `size` bytes came out.
pub fn expand(
    packing: Packing,
    input: &[u8],
    size: u64,
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Result<(), Problem> {
    let mut sink = Sink { out, size, packed: input.len() as u64, paid: 0, budget };
    let mut bits = Bits { input, at: 0, held: 0, count: 0 };
    let went = match packing {
        Packing::Blocks { codes, bits: width } => blocks(&mut bits, codes, width, &mut sink),
        Packing::Adaptive => adaptive::expand(&mut bits, &mut sink),
        Packing::Fixed => fixed(&mut bits, &mut sink),
    };
    match went {
        Ok(()) => Ok(()),
        Err(Stop::Limit(problem)) => Err(problem),
        Err(Stop::Broken) => {
            let missing = size.saturating_sub(sink.out.len() as u64);
            Err(Problem::new(Reason::Damaged, "the packed data is broken").of_bytes(missing))
        }
    }
}

/// Where it comes out. Codes may have no bits, so that what comes out is not bounded by the input.
struct Sink<'o, 'b> {
    out: &'o mut Vec<u8>,
    size: u64,
    packed: u64,
    paid: usize,
    budget: &'b Budget,
}

impl Sink<'_, '_> {
    fn is_full(&self) -> bool {
        self.out.len() as u64 >= self.size
    }

    fn pay(&mut self, len: usize) -> Result<(), Stop> {
        while self.out.len() + len > self.paid {
            let limits = &self.budget.limits;
            let out = self.out.len() as u64;
            let is_bomb = out > Limits::RATIO_FREE_BYTES && out > self.packed.saturating_mul(limits.ratio);
            let limit = if out > limits.entry_bytes {
                Some(format!("the entry expands to more than {} bytes", limits.entry_bytes))
            } else if is_bomb {
                Some(format!("the entry expands more than {}-fold: a bomb", limits.ratio))
            } else if !self.budget.take(STEP as u64) {
                self.budget.spend();
                Some(OVER_BUDGET.to_owned())
            } else {
                None
            };
            if let Some(limit) = limit {
                return Err(Stop::Limit(Problem::new(Reason::Limit, limit)));
            }
            self.paid += STEP;
        }
        Ok(())
    }

    fn literal(&mut self, byte: u8) -> Result<(), Stop> {
        self.pay(1)?;
        self.out.push(byte);
        Ok(())
    }

    fn copy(&mut self, back: usize, len: usize) -> Result<(), Stop> {
        let len = len.min(usize::try_from(self.size - self.out.len() as u64).unwrap_or(len));
        self.pay(len)?;
        // Before the first byte there are blanks.
        let blanks = back.saturating_sub(self.out.len()).min(len);
        self.out.resize(self.out.len() + blanks, b' ');
        let mut left = len - blanks;
        let start = self.out.len().saturating_sub(back);
        // What repeats itself doubles.
        while left > 0 {
            let part = left.min(self.out.len() - start);
            self.out.extend_from_within(start..start + part);
            left -= part;
        }
        Ok(())
    }
}

/// Bits, the highest of each byte first.
struct Bits<'i> {
    input: &'i [u8],
    at: usize,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48
            && let Some(byte) = self.input.get(self.at)
        {
            self.at += 1;
            self.held = self.held << 8 | u64::from(*byte);
            self.count += 8;
        }
    }

    fn take(&mut self, count: u32) -> Result<u32, Stop> {
        if self.count < count {
            self.fill();
        }
        self.count = self.count.checked_sub(count).ok_or(Stop::Broken)?;
        Ok((self.held >> self.count) as u32 & ((1 << count) - 1))
    }
}

impl Source for Bits<'_> {
    fn peek(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        let bits = match self.count {
            16.. => self.held >> (self.count - 16),
            count => self.held << (16 - count),
        };
        bits as u32 & 0xffff
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.count = self.count.checked_sub(count)?;
        Some(())
    }
}

/// Codes of a block.
enum Codes {
    /// One symbol, without bits.
    One(u16),
    Many(Box<Code>),
}

impl Codes {
    fn new(lengths: &[u8]) -> Result<Self, Stop> {
        Code::new(lengths).map(|code| Codes::Many(Box::new(code))).ok_or(Stop::Broken)
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Stop> {
        match self {
            Codes::One(symbol) => Ok(*symbol),
            Codes::Many(code) => code.symbol(bits).ok_or(Stop::Broken),
        }
    }
}

/// Lengths of a small code, in three bits each or more; behind the third of them may be some that are not there.
fn small(bits: &mut Bits<'_>, most: usize, width: u32, has_gap: bool) -> Result<Codes, Stop> {
    let count = bits.take(width)? as usize;
    if count == 0 {
        return Ok(Codes::One(bits.take(width)? as u16));
    }
    let mut lengths = Vec::with_capacity(most);
    while lengths.len() < count {
        let mut len = bits.take(3)? as u8;
        if len == 7 {
            while bits.take(1)? == 1 {
                len += 1;
                if len > 16 {
                    return Err(Stop::Broken);
                }
            }
        }
        lengths.push(len);
        if has_gap && lengths.len() == 3 {
            lengths.resize(3 + bits.take(2)? as usize, 0);
        }
    }
    if lengths.len() > most.max(32) {
        return Err(Stop::Broken);
    }
    Codes::new(&lengths)
}

/// Symbols of the large code: bytes, and lengths of copies.
const SYMBOLS: usize = 256 + 256 - SHORTEST + 1;

fn large(bits: &mut Bits<'_>, small: &Codes) -> Result<Codes, Stop> {
    let count = bits.take(9)? as usize;
    if count == 0 {
        return Ok(Codes::One(bits.take(9)? as u16));
    }
    let mut lengths = Vec::with_capacity(SYMBOLS);
    while lengths.len() < count {
        let gap = match small.symbol(bits)? {
            0 => 1,
            1 => bits.take(4)? as usize + 3,
            2 => bits.take(9)? as usize + 20,
            len @ 3..=18 => {
                lengths.push(len as u8 - 2);
                continue;
            }
            _ => return Err(Stop::Broken),
        };
        lengths.resize(lengths.len() + gap, 0);
    }
    if lengths.len() > SYMBOLS + 512 {
        return Err(Stop::Broken);
    }
    Codes::new(&lengths)
}

fn blocks(bits: &mut Bits<'_>, codes: usize, width: u32, sink: &mut Sink<'_, '_>) -> Result<(), Stop> {
    while !sink.is_full() {
        let count = match bits.take(16)? {
            0 => 1 << 16,
            count => count,
        };
        let lengths = small(bits, 19, 5, true)?;
        let symbols = large(bits, &lengths)?;
        let distances = small(bits, codes, width, false)?;
        for _ in 0..count {
            if sink.is_full() {
                break;
            }
            let symbol = usize::from(symbols.symbol(bits)?);
            if symbol < 256 {
                sink.literal(symbol as u8)?;
                continue;
            }
            let back = match u32::from(distances.symbol(bits)?) {
                0 => 0,
                n @ 1..=24 => (1 << (n - 1)) + bits.take(n - 1)? as usize,
                _ => return Err(Stop::Broken),
            };
            sink.copy(back + 1, symbol - 256 + SHORTEST)?;
        }
    }
    Ok(())
}

fn fixed(bits: &mut Bits<'_>, sink: &mut Sink<'_, '_>) -> Result<(), Stop> {
    // Ones up to a zero tell of how many bits a number is, and what it begins at.
    let mut number = |first: u32, last: u32| {
        let (mut width, mut base) = (first, 0);
        while width < last && bits.take(1)? == 1 {
            base += 1 << width;
            width += 1;
        }
        Ok::<usize, Stop>(base + bits.take(width)? as usize)
    };
    let mut take = |sink: &mut Sink<'_, '_>| match number(0, 7)? {
        0 => sink.literal(number(8, 8)? as u8),
        len => sink.copy(number(9, 13)? + 1, len - 1 + SHORTEST),
    };
    while !sink.is_full() {
        take(sink)?;
    }
    Ok(())
}
