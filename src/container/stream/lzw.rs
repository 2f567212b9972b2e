//! `compress`: LZW with codes of 9 to 16 bits, as Unix has written it since 1984.

use super::{Decode, Step};

/// Whether the third byte of a file makes sense.
pub(super) fn is_sound(flags: u8) -> bool {
    flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f))
}

const CLEAR: usize = 256;

/// A decoder; it keeps its own place in the input.
pub(super) struct Lzw {
    widest: u32,
    has_clear: bool,
    /// For each code, the code before its last byte, and that byte.
    table: Vec<(u16, u8)>,
    width: u32,
    last: Option<(usize, u8)>,
    /// Where in the stream codes of this width began: they come in groups of eight.
    group: usize,
    /// The place of the next code, in bits behind the header.
    bit: usize,
    /// Bytes that came out and found no room, the next one last.
    waiting: Vec<u8>,
    input: Vec<u8>,
    fed: bool,
    failed: bool,
    /// The last code was not all there.
    is_cut: bool,
}

impl Lzw {
    /// For a stream with this header.
    pub(super) fn new(data: &[u8]) -> Self {
        let flags = data.get(2).copied().unwrap_or(16);
        let mut lzw = Lzw {
            widest: u32::from(flags & 0x1f).clamp(9, 16),
            has_clear: flags & 0x80 != 0,
            table: Vec::new(),
            width: 9,
            last: None,
            group: 0,
            bit: 0,
            waiting: Vec::new(),
            input: Vec::new(),
            fed: false,
            failed: false,
            is_cut: false,
        };
        lzw.reset();
        lzw
    }

    fn reset(&mut self) {
        self.table.clear();
        self.table.extend((0..=255).map(|byte| (0, byte)));
        if self.has_clear {
            self.table.push((0, 0));
        }
    }

    /// The next code; `None` at the end.
    fn code(&mut self) -> Option<usize> {
        let at = self.bit / 8;
        let bytes = self.input.get(at..)?;
        if bytes.len() * 8 < self.bit % 8 + self.width as usize {
            // The format has no end but the file's, which fills the last byte with zeros: more than
            // that is the beginning of a code.
            let rest = bytes.first().map_or(0, |b| b >> (self.bit % 8));
            self.is_cut = rest != 0 || bytes.len() > 1 || self.bit.is_multiple_of(8) && !bytes.is_empty();
            return None;
        }
        let word = bytes.iter().take(4).rev().fold(0u32, |n, &b| n << 8 | u32::from(b));
        let code = word >> (self.bit % 8) & ((1 << self.width) - 1);
        self.bit += self.width as usize;
        Some(code as usize)
    }

    /// To another width: what is left of the group of eight codes is skipped.
    fn align(&mut self, width: u32) {
        let group = self.width as usize * 8;
        self.bit = self.group + (self.bit - self.group).next_multiple_of(group);
        self.group = self.bit;
        self.width = width;
    }

    /// Puts what a code stands for into `waiting`; `false` if it stands for nothing.
    fn take(&mut self, code: usize) -> bool {
        let Some((last, first)) = self.last else {
            let Ok(byte) = u8::try_from(code) else { return false };
            self.waiting.push(byte);
            self.last = Some((code, byte));
            return true;
        };
        let mut at = code;
        if code >= self.table.len() {
            if code > self.table.len() {
                return false;
            }
            // The code that is being made: the last one and its own first byte.
            self.waiting.push(first);
            at = last;
        }
        // Each code is made of one that was there before it.
        while at > 255 {
            let Some(&(before, byte)) = self.table.get(at) else { return false };
            self.waiting.push(byte);
            at = usize::from(before);
        }
        let first = at as u8;
        self.waiting.push(first);
        if self.table.len() < 1 << self.widest {
            self.table.push((last as u16, first));
        }
        self.last = Some((code, first));
        true
    }
}

impl Decode for Lzw {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut read = 0;
        if !self.fed {
            self.input = input.get(3..).unwrap_or_default().to_vec();
            self.fed = true;
            read = input.len();
        }
        let mut written = 0;
        while written < out.len() {
            if let Some(byte) = self.waiting.pop() {
                out[written] = byte;
                written += 1;
                continue;
            }
            if self.failed {
                break;
            }
            if self.table.len() >= 1 << self.width && self.width < self.widest {
                self.align(self.width + 1);
            }
            let Some(code) = self.code() else { break };
            if code == CLEAR && self.has_clear {
                self.align(9);
                self.reset();
                self.last = None;
            } else if !self.take(code) {
                self.failed = true;
            }
        }
        let is_done = written < out.len();
        let end = match is_done && self.waiting.is_empty() {
            true if self.failed => Err(super::Fault::Broken),
            // No progress: the input has ended.
            true if self.is_cut => Ok(false),
            _ => Ok(is_done),
        };
        Step { read, written, end }
    }
}
