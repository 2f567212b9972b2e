//! Inflating the zlib streams of packs and loose objects into reused buffers.

use flate2::{Decompress, FlushDecompress, Status};

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It is no zlib stream, or its checksum is wrong.
    #[error("damaged zlib stream")]
    Damaged,
    /// It ends early.
    #[error("zlib stream ends early")]
    Short,
    /// More or fewer bytes come out than the header of the object says.
    #[error("an object of another size than its header says")]
    Size,
}

/// An inflater whose tables and window are used again.
pub struct Inflater(Decompress);

impl Default for Inflater {
    fn default() -> Self {
        Inflater(Decompress::new(true))
    }
}

/// Deflate makes at most this many bytes of one.
const MAX_RATIO: usize = 1032;

impl Inflater {
    /// Inflates a stream of exactly `size` bytes to the end of `out`; gives how many bytes of `input`
    /// it took. What came out before an error stays in `out`.
    pub fn exactly(&mut self, input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<usize, InflateError> {
        self.0.reset(true);
        let start = out.len();
        // A size that the input cannot reach is not believed.
        let believed = size.min(input.len().saturating_mul(MAX_RATIO));
        out.reserve(believed + 1);
        loop {
            let taken = self.0.total_in() as usize;
            let status = self
                .0
                .decompress_vec(input.get(taken..).unwrap_or_default(), out, FlushDecompress::Finish)
                .map_err(|_| InflateError::Damaged)?;
            let made = out.len() - start;
            if made > size {
                out.truncate(start + size);
                return Err(InflateError::Size);
            }
            match status {
                Status::StreamEnd if made == size => return Ok(self.0.total_in() as usize),
                Status::StreamEnd => return Err(InflateError::Size),
                _ if self.0.total_in() as usize >= input.len() && out.len() < out.capacity() => {
                    return Err(InflateError::Short);
                }
                _ if out.len() == out.capacity() => out.reserve(believed.min(1 << 20) + 1),
                // Neither input nor output is used up and nothing moves: the stream is broken.
                _ if self.0.total_in() as usize == taken => return Err(InflateError::Damaged),
                _ => {}
            }
        }
    }

    /// Inflates a stream of exactly `size` bytes to nowhere; gives how many bytes of `input` it took.
    /// `buffer` is used again and again: to clear a new one for each of many small streams takes longer than all else.
    pub fn skip(&mut self, input: &[u8], size: u64, buffer: &mut Vec<u8>) -> Result<usize, InflateError> {
        /// Streams up to this size are inflated at once.
        const SMALL: u64 = 1 << 20;
        if size <= SMALL {
            buffer.clear();
            let packed = input.len().min(size as usize * 2 + (1 << 10));
            return match self.exactly(&input[..packed], size as usize, buffer) {
                // Packed worse than any writer does.
                Err(InflateError::Short) if packed < input.len() => self.skip_parts(input, size, buffer),
                other => other,
            };
        }
        self.skip_parts(input, size, buffer)
    }

    fn skip_parts(&mut self, input: &[u8], size: u64, buffer: &mut Vec<u8>) -> Result<usize, InflateError> {
        self.0.reset(true);
        buffer.resize(16 << 10, 0);
        loop {
            let (taken, made) = (self.0.total_in() as usize, self.0.total_out());
            let status = self
                .0
                .decompress(input.get(taken..).unwrap_or_default(), buffer, FlushDecompress::None)
                .map_err(|_| InflateError::Damaged)?;
            match status {
                Status::StreamEnd if self.0.total_out() == size => return Ok(self.0.total_in() as usize),
                _ if self.0.total_out() > size || status == Status::StreamEnd => {
                    return Err(InflateError::Size);
                }
                _ if (self.0.total_in() as usize, self.0.total_out()) == (taken, made) => {
                    return Err(InflateError::Short);
                }
                _ => {}
            }
        }
    }

    /// Inflates at most `most` bytes from the start of a stream: enough to read a header.
    pub fn head(&mut self, input: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), InflateError> {
        self.0.reset(true);
        let mut buffer = vec![0; most];
        self.0.decompress(input, &mut buffer, FlushDecompress::Sync).map_err(|_| InflateError::Damaged)?;
        out.extend_from_slice(&buffer[..(self.0.total_out() as usize).min(most)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn streams_of_the_right_size_and_others() {
        let plain = b"some text, some text, some text".repeat(100);
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(&plain).unwrap();
        let mut packed = writer.finish().unwrap();
        let len = packed.len();
        packed.extend(b"what follows");
        let mut inflater = Inflater::default();
        let mut run = |input: &[u8], size: usize| {
            let mut out = Vec::new();
            let taken = inflater.exactly(input, size, &mut out);
            (taken, out)
        };
        assert_eq!(run(&packed, plain.len()), (Ok(len), plain.clone()));
        assert_eq!(run(&packed, plain.len() - 1).0, Err(InflateError::Size));
        assert_eq!(run(&packed, plain.len() + 1).0, Err(InflateError::Size));
        assert_eq!(run(&packed, 1 << 40).0, Err(InflateError::Size));
        assert_eq!(run(&packed[..len / 2], plain.len()).0, Err(InflateError::Short));
        assert_eq!(run(b"no stream at all", 10).0, Err(InflateError::Damaged));
        assert!(run(&[], 10).0.is_err());
    }
}
