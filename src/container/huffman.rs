//! Huffman codes by the lengths of their symbols, in their usual order: short ones first, and by symbol where they are alike.

/// Where bits come from.
pub trait Source {
    /// The next sixteen bits, the first of them the highest; zeros behind the end.
    fn peek(&mut self) -> u32;

    /// Goes on; `None` where there are not so many bits.
    fn skip(&mut self, count: u32) -> Option<()>;
}

/// Codes up to this length are looked up.
const SHORT: u32 = 9;
/// The longest code.
const LONG: usize = 16;

/// A code.
pub struct Code {
    /// Symbol and length by the first bits.
    short: Vec<(u16, u8)>,
    /// Of each length: the first code, how many there are, and where their symbols begin.
    long: [(u32, u32, usize); LONG + 1],
    symbols: Vec<u16>,
}

impl Code {
    /// `None` where there are more codes than there is room for. Lengths are sixteen at most.
    pub fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0u32; LONG + 1];
        for length in lengths {
            *counts.get_mut(usize::from(*length))? += 1;
        }
        let mut long = [(0, 0, 0); LONG + 1];
        let (mut code, mut index) = (0u32, 0);
        for length in 1..=LONG {
            code <<= 1;
            long[length] = (code, counts[length], index);
            code += counts[length];
            index += counts[length] as usize;
            (code <= 1 << length).then_some(())?;
        }
        let mut symbols = vec![0; index];
        let mut short = vec![(0, 0); 1 << SHORT];
        let mut next = long;
        for (symbol, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let (code, _, index) = &mut next[usize::from(*length)];
            symbols[*index] = symbol as u16;
            if u32::from(*length) <= SHORT {
                let spare = SHORT - u32::from(*length);
                short[(*code << spare) as usize..((*code + 1) << spare) as usize]
                    .fill((symbol as u16, *length));
            }
            *code += 1;
            *index += 1;
        }
        Some(Code { short, long, symbols })
    }

    /// The next symbol.
    pub fn symbol(&self, bits: &mut impl Source) -> Option<u16> {
        let next = bits.peek();
        let (symbol, length) = self.short[(next >> (16 - SHORT)) as usize & ((1 << SHORT) - 1)];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Some(symbol);
        }
        for length in SHORT as usize + 1..=LONG {
            let (first, count, index) = self.long[length];
            let code = next >> (LONG - length);
            if let Some(n) = code.checked_sub(first).filter(|n| *n < count) {
                bits.skip(length as u32)?;
                return self.symbols.get(index + n as usize).copied();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Word(u32, u32);

    impl Source for Word {
        fn peek(&mut self) -> u32 {
            self.0 << self.1 & 0xffff
        }

        fn skip(&mut self, count: u32) -> Option<()> {
            self.1 += count;
            (self.1 <= 16).then_some(())
        }
    }

    #[test]
    fn short_and_long_codes() {
        // 0: 1 bit; 3: 2 bits; 1 and 2: 12 bits each, one of which begins with eleven ones.
        let mut lengths = [1, 12, 12, 2];
        let code = Code::new(&lengths).unwrap();
        // 0, 10, 110000000001, 0.
        let mut bits = Word(0b0101_1000_0000_0010, 0);
        assert_eq!([(); 4].map(|()| code.symbol(&mut bits)), [Some(0), Some(3), Some(2), Some(0)]);
        assert_eq!(code.symbol(&mut bits), None);
        assert_eq!(code.symbol(&mut Word(0xffff, 0)), None);
        lengths[1] = 1;
        assert!(Code::new(&lengths).is_none());
        assert!(Code::new(&[17]).is_none());
    }
}
