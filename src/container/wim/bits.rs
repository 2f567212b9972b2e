//! Bits in words of sixteen, the lowest byte first and the highest bit first, with bytes between the words.

use crate::container::huffman::Source;

/// What is left of the input.
pub struct Bits<'i> {
    input: &'i [u8],
    held: u32,
    count: u32,
}

impl<'i> Bits<'i> {
    /// All of the input.
    pub fn new(input: &'i [u8]) -> Self {
        Bits { input, held: 0, count: 0 }
    }

    /// Reads words until so many bits are there, or the input ends. At most sixteen.
    pub fn fill(&mut self, count: u32) {
        while self.count < count
            && let Some((&[low, high], rest)) = self.input.split_first_chunk()
        {
            self.input = rest;
            self.held = self.held << 16 | u32::from(u16::from_le_bytes([low, high]));
            self.count += 16;
        }
    }

    /// So many bits, at most sixteen.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        self.fill(count);
        self.count = self.count.checked_sub(count)?;
        Some(self.held >> self.count & ((1 << count) - 1))
    }

    /// Bytes behind the words that were read.
    pub fn bytes(&mut self, count: usize) -> Option<&'i [u8]> {
        let (bytes, rest) = self.input.split_at_checked(count)?;
        self.input = rest;
        Some(bytes)
    }

    /// Drops what is left of the word, all of it if nothing was taken of it yet.
    pub fn align(&mut self) {
        self.fill(1);
        self.count = 0;
    }
}

impl Source for Bits<'_> {
    fn peek(&mut self) -> u32 {
        self.fill(16);
        let bits = match self.count {
            16.. => self.held >> (self.count - 16),
            count => self.held << (16 - count),
        };
        bits & 0xffff
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.count = self.count.checked_sub(count)?;
        Some(())
    }
}
