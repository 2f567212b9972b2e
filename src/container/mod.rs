//! Containers: what is inside a blob. Known by content, never by name.
//!
//! A new container is one file here and one line in [`CONTAINERS`].

pub mod android_backup;
pub mod ar;
pub mod arj;
pub mod arrow;
pub mod asar;
pub mod ascii85;
pub mod assembly_store;
pub mod avro;
pub mod bases;
mod blocks;
pub(crate) mod brotli;
pub mod btrfs;
pub mod budget;
pub mod cab;
pub mod carve;
pub mod cfb;
pub mod chrome_cache;
pub mod cms;
mod columns;
pub mod cpio;
pub mod cramfs;
pub mod disk_image;
pub mod dmg;
pub mod dotnet_bundle;
pub mod dump;
pub mod embedded;
pub mod envelope;
pub mod erofs;
pub mod eval_bundle;
pub mod exfat;
pub mod ext;
pub mod fat;
pub mod fatfs;
pub mod firmware;
pub mod flow;
pub mod gzip;
mod hdf5;
pub mod held;
pub mod hfsplus;
pub mod http;
pub mod http2;
mod huffman;
pub mod image;
pub(crate) mod inflate;
pub mod iso;
pub mod jffs2;
pub mod journal;
pub mod json;
pub mod lha;
mod lz4;
mod lzfse;
pub mod lzfu;
mod lzh;
mod lzo;
pub mod media;
pub mod memory_init;
pub mod nsis;
pub mod ntfs;
pub mod opaque;
pub mod orc;
mod ovba;
pub mod parquet;
pub mod partition;
pub mod patch;
pub mod pcap;
pub mod pdf;
pub mod pg_dump;
pub mod pg_heap;
pub mod phar;
pub mod picture;
mod piece;
mod protobuf;
pub mod pyinstaller;
pub mod ram_bundle;
pub mod rar;
pub mod romfs;
pub mod rpm;
pub mod sections;
#[cfg(test)]
mod seeds;
pub mod sequence_file;
pub mod sevenz;
pub mod snappy_blocks;
mod solid;
pub mod source_map;
pub mod sqlite_values;
pub mod squashfs;
pub mod stream;
pub mod swf;
pub mod tar;
pub mod tauri;
#[cfg(test)]
mod testing;
pub mod ubi;
pub mod ubifs;
pub mod udf;
pub mod unity_web;
pub mod unityfs;
pub mod unopened;
pub mod uuencode;
pub mod vdex;
mod volume;
pub mod websocket;
pub mod wim;
pub mod woff2;
pub mod xar;
pub mod xfs;
pub mod yenc;
pub mod zip;
pub mod zisofs;
pub mod zlibs;

use crate::blob::Blob;
use crate::engine::marks::Mark;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;
use budget::Budget;
use flow::{Passing, Rest};
use std::ops::Range;

/// Opens blobs of one format.
pub trait Container: Send + Sync {
    /// The name used in reports and documentation: `zip`.
    fn name(&self) -> &'static str;

    /// Whether the blob is of this format: a cheap look at its bytes.
    fn reads(&self, blob: &Blob<'_>) -> bool;

    /// Whether it is worth asking, after the first look: for those that look at more than the first bytes.
    fn may_read(&self, _: &Look) -> bool {
        true
    }

    /// Whether the blob is of this format, after the first look: for those that would go through all bytes again.
    fn reads_seen(&self, blob: &Blob<'_>, _: &Look) -> bool {
        self.reads(blob)
    }

    /// Lists what is inside. Reads tables only: members are read one by one, on any thread.
    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b>;

    /// The same after the first look.
    fn open_seen<'b>(&self, blob: &Blob<'b>, _: &Look, limits: &Limits) -> Opened<'b> {
        self.open(blob, limits)
    }
}

/// The containers, in the order in which they are asked; the first that reads a blob opens it.
#[rustfmt::skip]
pub static CONTAINERS: &[&dyn Container] = &[
    &tar::Tar,
    &ar::Ar,
    &cpio::Cpio,
    &rpm::Rpm,
    &sevenz::SevenZip,
    &rar::Rar,
    &cab::Cab,
    &arj::Arj,
    &lha::Lha,
    &wim::Wim,
    &cfb::Cfb,
    &xar::Xar,
    &dmg::Dmg,
    &android_backup::AndroidBackup,
    &iso::Iso,
    &udf::Udf,
    &romfs::Romfs,
    &cramfs::Cramfs,
    &jffs2::Jffs2,
    &ext::Ext,
    &fatfs::FatSystem,
    &exfat::ExFat,
    &ntfs::Ntfs,
    &xfs::Xfs,
    &hfsplus::HfsPlus,
    &erofs::Erofs,
    &btrfs::Btrfs,
    &ubi::Ubi,
    &ubifs::Ubifs,
    &disk_image::DiskImage,
    &partition::Disk,
    &stream::BZIP2,
    &stream::XZ,
    &stream::LZIP,
    &stream::ZSTD,
    &stream::LZ4,
    &stream::COMPRESS,
    &stream::SNAPPY,
    &stream::LZOP,
    &stream::LZFSE,
    &assembly_store::Xalz,
    &assembly_store::AssemblyStore,
    &dotnet_bundle::DotnetBundle,
    &unityfs::UnityFs,
    &unity_web::UnityWeb,
    &gzip::Gzip,
    &zisofs::Zisofs,
    &swf::Swf,
    &picture::Picture,
    &media::Media,
    &woff2::Woff2,
    &lzfu::Lzfu,
    &pcap::Pcap,
    &pdf::Pdf,
    &asar::Asar,
    &avro::Avro,
    &parquet::Parquet,
    &arrow::Arrow,
    &orc::Orc,
    &sequence_file::SequenceFile,
    &ram_bundle::RamBundle,
    &source_map::SourceMap,
    &fat::Fat,
    &cms::Cms,
    &squashfs::Squashfs,
    &firmware::Firmware,
    &chrome_cache::ChromeCache,
    &websocket::WebSocket,
    &http2::Http2,
    &http::Http,
    &envelope::Envelope,
    &journal::Journal,
    &pg_dump::PgDump,
    &pg_heap::PgHeap,
    &phar::Phar,
    &pyinstaller::PyInstaller,
    &nsis::Nsis,
    &tauri::Tauri,
    &sections::Sections,
    &sqlite_values::SqliteValues,
    &embedded::Embedded,
    &zip::Zip,
    &pyinstaller::Pyz,
    &eval_bundle::EvalBundle,
    &vdex::Vdex,
    &uuencode::Uuencode,
    &ascii85::Ascii85,
    &bases::Bases,
    &dump::Dump,
    &memory_init::MemoryInit,
    &snappy_blocks::SnappyBlocks,
    &stream::LZMA,
    &stream::ZLIB,
    &stream::DEFLATE,
    &stream::BROTLI,
];

/// Opens a file that stands in a text of any kind, at a word that the engine knows.
pub struct Enclosed {
    /// The name used in documentation.
    pub name: &'static str,
    /// What the word announces.
    pub mark: Mark,
    /// Opens what has the word at an offset of a text; gives where it ends, too.
    pub open: OpenAt,
}

/// See [`Enclosed::open`].
pub type OpenAt = for<'b> fn(&'b [u8], usize) -> Option<(Opened<'b>, usize)>;

/// Whatever opens files in texts.
pub static ENCLOSED: &[Enclosed] = &[
    Enclosed { name: "patch", mark: Mark::Patch, open: patch::open },
    Enclosed { name: "yenc", mark: Mark::YEncoded, open: yenc::open },
    Enclosed { name: "uuencode", mark: Mark::Uuencoded, open: uuencode::open },
    Enclosed { name: "dump", mark: Mark::Dump, open: dump::open },
];

/// The container that opens a blob: the first that reads it.
pub fn of(blob: &Blob<'_>, look: &Look) -> Option<&'static dyn Container> {
    CONTAINERS.iter().copied().find(|container| container.may_read(look) && container.reads_seen(blob, look))
}

/// What is inside a container.
#[derive(Default)]
pub struct Opened<'b> {
    /// The members, in the order of the container's own table.
    pub members: Vec<Box<dyn Member + 'b>>,
    /// Stretches of the container that belong to no member (comments, padding, signature blocks,
    /// the tables themselves): searched as they are.
    pub gaps: Vec<Range<usize>>,
    /// What is wrong with the container itself.
    pub problems: Vec<Problem>,
    /// Members that are other names of one: the name, and the name of that one from where the link is.
    pub links: Vec<(Vec<u8>, Vec<u8>)>,
    /// The layers among the members, where the container is an image.
    pub layers: Option<image::Layers>,
}

/// Opens a blob that `container` reads, and puts in order what is an image inside it.
pub fn open<'b>(container: &dyn Container, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
    arranged(container.open(blob, limits), limits)
}

/// The same after the first look.
pub fn open_seen<'b>(container: &dyn Container, blob: &Blob<'b>, look: &Look, limits: &Limits) -> Opened<'b> {
    arranged(container.open_seen(blob, look, limits), limits)
}

fn arranged<'b>(mut opened: Opened<'b>, limits: &Limits) -> Opened<'b> {
    image::arrange(&mut opened, limits);
    opened
}

/// A file or stream inside a container; can be read on any thread.
pub trait Member: Send + Sync {
    /// Its name, as the container has it.
    fn name(&self) -> &[u8];

    /// How many bytes it says it has: for scheduling only, never trusted.
    fn size_hint(&self) -> u64;

    /// Its bytes: in place, or expanded into `buffer`; and what could not be read.
    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s>;

    /// The same bytes, passed on as they come out; `None` where they do not come out bit by bit.
    fn flow(&self, _: &mut Passing<'_>, _: &Budget) -> Option<Rest> {
        None
    }
}

/// What came out of a member.
#[derive(Debug, Default)]
pub struct Contents<'s> {
    /// All that could be read.
    pub bytes: &'s [u8],
    /// Why it is not all there.
    pub problem: Option<Problem>,
}

/// Something that could not be read: becomes a ledger entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub reason: Reason,
    /// How many bytes are missing; `None` when it cannot be known.
    pub bytes: Option<u64>,
    /// In words.
    pub detail: String,
}

impl Problem {
    /// A problem that hides an unknown number of bytes.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Problem { reason, bytes: None, detail: detail.into() }
    }

    /// The same, with the number of bytes.
    pub fn of_bytes(self, bytes: u64) -> Self {
        Problem { bytes: Some(bytes), ..self }
    }
}
