//! Writes ZIP archives, honest ones and bombs.

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, FlushCompress};
use std::io::Write;

/// An archive in the making.
#[derive(Default)]
pub struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: usize,
}

impl Zip {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stored(self, name: &[u8], data: &[u8]) -> Self {
        let crc = crc32fast::hash(data);
        self.raw(name, 0, crc, data, data.len() as u64)
    }

    pub fn deflated(self, name: &[u8], data: &[u8]) -> Self {
        let mut out = DeflateEncoder::new(Vec::new(), Compression::best());
        out.write_all(data).unwrap();
        let packed = out.finish().unwrap();
        self.raw(name, 8, crc32fast::hash(data), &packed, data.len() as u64)
    }

    /// An entry with everything given.
    pub fn raw(mut self, name: &[u8], method: u16, crc: u32, packed: &[u8], size: u64) -> Self {
        let local = self.bytes.len();
        let mut fields = Vec::new();
        for n in [20u16, 0, method, 0, 0x21] {
            fields.extend(n.to_le_bytes());
        }
        for n in [crc, packed.len() as u32, u32::try_from(size).unwrap_or(u32::MAX - 1)] {
            fields.extend(n.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend(0u16.to_le_bytes());
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&fields);
        self.bytes.extend(name);
        self.bytes.extend(packed);
        self.list(name, &fields, local)
    }

    fn list(mut self, name: &[u8], fields: &[u8], local: usize) -> Self {
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(fields);
        self.directory.extend([0; 10]);
        self.directory.extend((local as u32).to_le_bytes());
        self.directory.extend(name);
        self.count += 1;
        self
    }

    /// More directory entries for the data of the first one.
    pub fn again(mut self, times: usize) -> Self {
        let fields = self.bytes[4..30].to_vec();
        let name_len = usize::from(u16::from_le_bytes([fields[22], fields[23]]));
        let name = self.bytes[30..30 + name_len].to_vec();
        for _ in 0..times {
            self = self.list(&name, &fields, 0);
        }
        self
    }

    pub fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            self.bytes.extend((self.count as u16).to_le_bytes());
        }
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// A deflate stream of about a thousandth of `mebibytes` of zeros, made without making the zeros:
/// one block that ends on a byte, again and again.
pub fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut stream = Compress::new(Compression::best(), false);
    let plain = vec![0; 1 << 20];
    let mut block = Vec::with_capacity(64 << 10);
    stream.compress_vec(&plain, &mut block, FlushCompress::Full).unwrap();
    assert_eq!(stream.total_in(), 1 << 20);
    let mut out = block.repeat(mebibytes);
    out.extend([3, 0]); // an empty last block
    out
}
