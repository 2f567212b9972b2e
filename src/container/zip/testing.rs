//! Builds ZIP archives for tests, honest ones and lying ones.

use std::io::Write;

/// One entry, with what both headers say of it.
#[derive(Clone)]
pub struct TestEntry {
    /// Name in the central directory.
    pub name: Vec<u8>,
    /// Name in the local header.
    pub local_name: Vec<u8>,
    /// Bytes as they are in the archive.
    pub data: Vec<u8>,
    /// Compression method, in both headers.
    pub method: u16,
    /// General purpose flags, in both headers.
    pub flags: u16,
    /// CRC-32, in both headers.
    pub crc: u32,
    /// Sizes in the central directory: compressed, expanded.
    pub sizes: (u32, u32),
    /// Whether the local header holds no sizes and a data descriptor follows.
    pub streamed: bool,
    /// Whether the central directory lists it.
    pub listed: bool,
    /// Extra field of the local header.
    pub local_extra: Vec<u8>,
}

impl TestEntry {
    /// An honest stored entry.
    pub fn stored(name: &str, content: &[u8]) -> Self {
        TestEntry {
            name: name.into(),
            local_name: name.into(),
            data: content.to_vec(),
            method: 0,
            flags: 0,
            crc: crc32fast::hash(content),
            sizes: (content.len() as u32, content.len() as u32),
            streamed: false,
            listed: true,
            local_extra: Vec::new(),
        }
    }

    /// An honest deflated entry.
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        let data = encoder.finish().unwrap();
        let sizes = (data.len() as u32, content.len() as u32);
        TestEntry { data, method: 8, sizes, ..TestEntry::stored(name, content) }
    }
}

/// The archive with these entries.
pub fn archive(entries: &[TestEntry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut listed = 0u16;
    for e in entries {
        let offset = out.len() as u32;
        let flags = if e.streamed { e.flags | 8 } else { e.flags };
        let (crc, packed, size) = if e.streamed { (0, 0, 0) } else { (e.crc, e.sizes.0, e.sizes.1) };
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(flags.to_le_bytes());
        out.extend(e.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(crc.to_le_bytes());
        out.extend(packed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((e.local_name.len() as u16).to_le_bytes());
        out.extend((e.local_extra.len() as u16).to_le_bytes());
        out.extend(&e.local_name);
        out.extend(&e.local_extra);
        out.extend(&e.data);
        if e.streamed {
            out.extend(b"PK\x07\x08");
            out.extend(e.crc.to_le_bytes());
            out.extend(e.sizes.0.to_le_bytes());
            out.extend(e.sizes.1.to_le_bytes());
        }
        if !e.listed {
            continue;
        }
        listed += 1;
        directory.extend(b"PK\x01\x02\x14\0\x14\0");
        directory.extend(flags.to_le_bytes());
        directory.extend(e.method.to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(e.crc.to_le_bytes());
        directory.extend(e.sizes.0.to_le_bytes());
        directory.extend(e.sizes.1.to_le_bytes());
        directory.extend((e.name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(&e.name);
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(listed.to_le_bytes());
    out.extend(listed.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}
