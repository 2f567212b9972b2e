//! The compressors of squashfs, each into memory and never beyond the size of a block.

use flate2::{Decompress, FlushDecompress};
use std::cell::RefCell;
use std::io::Read;

/// How the blocks of one file system are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Zlib,
    Lzma,
    Xz,
    Lz4,
    Zstd,
    Lzo,
}

/// Memory for the dictionary of one block of LZMA or xz, in KiB: a dictionary is at most a block.
const DICTIONARY: u32 = 4 << 10;

thread_local! {
    /// One decoder a thread: its tables are allocated once.
    static ZLIB: RefCell<Decompress> = RefCell::new(Decompress::new(true));
    static ZSTD: RefCell<zstd_safe::DCtx<'static>> = RefCell::new(zstd_safe::DCtx::create());
}

impl Packing {
    /// By the number in the superblock; what is not known, by its name.
    pub(super) fn new(id: u16) -> Result<Self, String> {
        Ok(match id {
            1 => Packing::Zlib,
            2 => Packing::Lzma,
            4 => Packing::Xz,
            5 => Packing::Lz4,
            6 => Packing::Zstd,
            3 => Packing::Lzo,
            other => return Err(format!("compressor {other}")),
        })
    }

    /// Appends what is packed in `input` to `out`, at most `most` bytes; whether all of it is sound.
    pub(super) fn expand(self, input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        match self {
            Packing::Zlib => zlib(input, most, out),
            Packing::Lz4 => {
                out.resize(start + most, 0);
                let written = lz4_flex::block::decompress_into(input, &mut out[start..]);
                out.truncate(start + *written.as_ref().unwrap_or(&0));
                written.is_ok()
            }
            Packing::Zstd => {
                out.resize(start + most, 0);
                // At once, so without a window: some writers ask for one that is larger than their only block.
                let written = ZSTD.with_borrow_mut(|decoder| decoder.decompress(&mut out[start..], input));
                out.truncate(start + *written.as_ref().unwrap_or(&0));
                written.is_ok()
            }
            Packing::Lzo => super::super::lzo::expand(input, most, out),
            Packing::Lzma => {
                let reader = lzma_rust2::LzmaReader::new_mem_limit(input, DICTIONARY, None);
                reader.is_ok_and(|reader| drain(reader, most, out))
            }
            Packing::Xz => drain(lzma_rust2::XzReader::new_mem_limit(input, false, DICTIONARY), most, out),
        }
    }
}

fn drain(reader: impl Read, most: usize, out: &mut Vec<u8>) -> bool {
    reader.take(most as u64).read_to_end(out).is_ok()
}

fn zlib(input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.resize(start + most, 0);
    let (sound, written) = ZLIB.with_borrow_mut(|stream| {
        stream.reset(true);
        let status = stream.decompress(input, &mut out[start..], FlushDecompress::Finish);
        (status.is_ok_and(|s| s == flate2::Status::StreamEnd), stream.total_out() as usize)
    });
    out.truncate(start + written.min(most));
    sound
}
