//! A first look at a blob: what one pass over its bytes tells all that may read it.
//!
//! Some formats stand anywhere in a file and are known by a few bytes. To look for each of them alone is a
//! pass over the whole file each; here all are looked for at once.

use crate::blob::TextKind;
use crate::engine::prefilter::{Literal, Machine, Prefilter};
use crate::lens::raw;
use crate::source::holes;
use aho_corasick::{Span, packed};
use std::sync::OnceLock;

/// What is known of a blob before anybody reads it.
#[derive(Clone, Debug)]
pub struct Look {
    /// Text or data.
    pub kind: TextKind,
    /// Signatures that stand in it, a bit each.
    signatures: u32,
    /// Where they stand, the first [`MOST_PLACES`] that were seen.
    places: Vec<(Signature, usize)>,
}

/// Places of signatures that are kept.
const MOST_PLACES: usize = 1 << 12;

/// Bytes that stand somewhere in files of a format. Looked for in data only: no text has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// A gzip stream with the usual method begins.
    Gzip,
    /// The directory of a ZIP ends.
    ZipEnd,
    /// The metadata of a .NET assembly begins.
    MetadataRoot,
    /// A file of .NET resources begins.
    NetResources,
    /// A program carries a .NET application.
    DotnetBundle,
    /// A 7z archive begins.
    SevenZip,
    /// A RAR archive begins.
    Rar,
    /// A cabinet begins.
    Cabinet,
    /// A snapshot of Dart begins.
    DartSnapshot,
    /// A kernel file of Dart begins.
    DartKernel,
    /// An xz stream begins.
    Xz,
    /// A zstd frame begins.
    Zstd,
    /// The first block of a bzip2 stream begins, behind its head of four bytes.
    Bzip2Block,
    /// A stream of LZ4 as the Linux kernel has it begins.
    Lz4Legacy,
    /// A frame of LZ4 begins.
    Lz4,
    /// A Squashfs file system begins.
    Squashfs,
    /// The data of an installer of Nullsoft begin.
    Nsis,
    /// A program of Tauri names the library.
    Tauri,
    /// The constants of a program that Nuitka has made begin.
    Nuitka,
    /// A stream of lzip begins.
    Lzip,
    /// A file of lzop begins.
    Lzop,
    /// A stream of LZMA begins, with the usual modes and dictionaries.
    Lzma,
    /// The same, as routers have it.
    LzmaOfRouters,
    /// The same, with the dictionary of the highest effort.
    LzmaLarge,
    /// Blocks of Snappy begin, as Java's library and Kafka have them.
    Xerial,
}

impl Signature {
    const ALL: [(Signature, &[u8]); 25] = [
        (Signature::Gzip, b"\x1f\x8b\x08"),
        (Signature::ZipEnd, b"PK\x05\x06"),
        (Signature::MetadataRoot, b"BSJB"),
        (Signature::NetResources, b"\xce\xca\xef\xbe"),
        (Signature::DotnetBundle, b"\x8b\x12\x02\xb9\x6a\x61\x20\x38"),
        (Signature::SevenZip, b"7z\xbc\xaf\x27\x1c"),
        (Signature::Rar, b"Rar!\x1a\x07"),
        (Signature::Cabinet, b"MSCF\0\0\0\0"),
        (Signature::DartSnapshot, b"\xf5\xf5\xdc\xdc"),
        (Signature::DartKernel, b"\x90\xab\xcd\xef"),
        (Signature::Xz, b"\xfd7zXZ\0"),
        (Signature::Zstd, b"\x28\xb5\x2f\xfd"),
        (Signature::Bzip2Block, b"1AY&SY"),
        (Signature::Lz4Legacy, b"\x02\x21\x4c\x18"),
        (Signature::Lz4, b"\x04\x22\x4d\x18"),
        (Signature::Squashfs, b"hsqs"),
        (Signature::Nsis, b"\xef\xbe\xad\xdeNull"),
        (Signature::Tauri, b"tauri://"),
        (Signature::Nuitka, b".bytecode\0"),
        (Signature::Lzip, b"LZIP\x01"),
        (Signature::Lzop, b"\x89LZO\0\r\n\x1a\n"),
        (Signature::Lzma, b"\x5d\0\0\x80\0"),
        (Signature::LzmaOfRouters, b"\x6d\0\0\x80\0"),
        (Signature::LzmaLarge, b"\x5d\0\0\0\x04"),
        (Signature::Xerial, b"\x82SNAPPY\0"),
    ];
}

impl Look {
    /// Looks at a blob.
    pub fn at(bytes: &[u8]) -> Look {
        let kind = raw::kind(bytes);
        let (mut signatures, mut places) = (0, Vec::new());
        if kind == TextKind::Binary {
            find(bytes, &mut |n, at| {
                signatures |= 1 << n;
                if places.len() < MOST_PLACES {
                    places.push((Signature::ALL[n].0, at));
                }
            });
        }
        Look { kind, signatures, places }
    }

    /// Calls `found` with every signature of the blob, if it is data, and where it stands, in any order.
    pub fn signatures(&self, bytes: &[u8], found: &mut dyn FnMut(Signature, usize)) {
        if self.places.len() < MOST_PLACES {
            self.places.iter().for_each(|&(signature, at)| found(signature, at));
        } else {
            signatures(bytes, found);
        }
    }

    /// Whether the blob is data that holds the signature somewhere.
    pub fn has(&self, signature: Signature) -> bool {
        Signature::ALL
            .iter()
            .position(|(s, _)| *s == signature)
            .is_some_and(|i| self.signatures >> i & 1 != 0)
    }

    /// Whether the blob is data.
    pub fn is_binary(&self) -> bool {
        self.kind == TextKind::Binary
    }
}

fn signatures(bytes: &[u8], found: &mut dyn FnMut(Signature, usize)) {
    find(bytes, &mut |n, at| found(Signature::ALL[n].0, at));
}

fn find(bytes: &[u8], found: &mut dyn FnMut(usize, usize)) {
    static SEEKER: OnceLock<Seeker> = OnceLock::new();
    match SEEKER.get_or_init(Seeker::new) {
        Seeker::Packed(seeker) => {
            // The next may begin inside of this one.
            for stretch in holes::stretches(bytes) {
                let mut rest = Span::from(stretch);
                while let Some(next) = seeker.find_in(bytes, rest) {
                    found(next.pattern().as_usize(), next.start());
                    rest.start = next.start() + 1;
                }
            }
        }
        Seeker::Any(seeker) => {
            for stretch in holes::stretches(bytes) {
                seeker.find(bytes, stretch, &mut |id, at| found(id.0 as usize, at));
            }
        }
    }
}

/// Looks for all signatures in one pass.
enum Seeker {
    /// Four times as fast as the prefilter, for there are few.
    Packed(packed::Searcher),
    /// Where the processor has no vectors for that.
    Any(Box<dyn Prefilter>),
}

impl Seeker {
    fn new() -> Seeker {
        let all = Signature::ALL.iter().map(|(_, bytes)| *bytes);
        let any = || {
            let literal = |bytes: &[u8]| Literal { bytes: bytes.to_vec(), ignore_case: false };
            Seeker::Any(Machine::best(all.clone().map(literal).collect()))
        };
        packed::Searcher::new(all.clone()).map_or_else(any, Seeker::Packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_seen_anywhere_in_data_and_not_in_text() {
        for (signature, bytes) in Signature::ALL {
            for before in [0, 1, 63, 64, 1000] {
                let data = [&vec![0; before][..], bytes, b"\0"].concat();
                let look = Look::at(&data);
                assert!(look.is_binary() && look.has(signature), "{signature:?} {before}");
                assert_eq!(look.signatures.count_ones(), 1);
            }
        }
        assert!(!Look::at(b"plain BSJB text").has(Signature::MetadataRoot));
    }
}
