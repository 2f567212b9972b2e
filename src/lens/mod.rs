//! Lenses: what a format means as text.
//!
//! The raw lens reads every blob. A lens for a format adds texts with true string boundaries and
//! sites; it never hides the raw bytes. A new lens is one file here and one line in [`LENSES`].

use crate::blob::{Blob, Text};
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;

pub mod android;
pub mod aof;
pub mod bytes;
mod calls;
pub mod cbor;
pub mod config;
pub mod dart;
pub mod decode;
pub mod dex;
pub mod document;
pub mod dotnet;
pub mod ebcdic;
pub mod folded;
pub mod hermes;
pub mod il2cpp;
pub mod jvm;
pub mod leveldb;
pub mod macho;
pub mod masked;
pub mod native;
pub mod nuitka;
pub mod office;
pub mod pairs;
pub mod pickle;
mod pieces;
pub mod plist;
pub mod python;
pub mod quad;
pub mod quoted;
pub mod raw;
pub mod rdata;
pub mod rdb;
pub mod records;
pub mod rtf;
mod sieve;
pub mod sqlite;
pub(crate) mod strings;
pub mod unity;
pub mod wide;

/// Makes texts of blobs of one format.
pub trait Lens: Send + Sync {
    /// The name used in reports and documentation: `dex`.
    fn name(&self) -> &'static str;

    /// Whether this lens reads the blob: a cheap look at its first bytes, never at its name only.
    fn reads(&self, blob: &Blob<'_>) -> bool;

    /// Whether it is worth asking, after the first look: for those that look at more than the first bytes.
    fn may_read(&self, _: &Look) -> bool {
        true
    }

    /// Whether the places it knows are better than those of the raw text: of a document whose markup
    /// says nothing.
    fn names_places(&self) -> bool {
        false
    }

    /// Pushes the texts of the blob, few and large: many small strings go into one text with a
    /// NUL byte between them. Gives what it read up to any damage, then says what was wrong.
    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage>;
}

/// The lenses, in the order in which they are asked; several may read one blob.
#[rustfmt::skip]
pub static LENSES: &[&dyn Lens] = &[
    &wide::WideLens,
    &quad::QuadLens,
    &ebcdic::EbcdicLens,
    &macho::MachoLens,
    &plist::PlistLens,
    &plist::nib::NibLens,
    &dex::DexLens,
    &quoted::QuotedLens,
    &folded::FoldedLens,
    &office::OfficeLens,
    &android::ArscLens,
    &android::AxmlLens,
    &android::AabLens,
    &hermes::HermesLens,
    &dart::DartLens,
    &jvm::ClassLens,
    &python::pyc::PycLens,
    &nuitka::NuitkaLens,
    &dotnet::DotnetLens,
    &il2cpp::Il2CppLens,
    &unity::UnityLens,
    &native::elf::ElfLens,
    &native::pe::PeLens,
    &native::wasm::WasmLens,
    &native::environment::EnvironmentLens,
    &sqlite::SqliteLens,
    &sqlite::WalLens,
    &pickle::PickleLens,
    &rdb::RdbLens,
    &aof::AofLens,
    &leveldb::LevelDbLens,
    &masked::MaskedLens,
    &records::RecordsLens,
    &pairs::PairsLens,
    &rdata::RDataLens,
    &cbor::CborLens,
    &rtf::RtfLens,
];

/// The lenses that read a blob, in their order.
pub fn of(blob: &Blob<'_>, look: &Look) -> impl Iterator<Item = &'static dyn Lens> {
    may_read(look).filter(|lens| lens.reads(blob))
}

/// The lenses that are worth asking after the first look.
pub fn may_read(look: &Look) -> impl Iterator<Item = &'static dyn Lens> {
    LENSES.iter().copied().filter(|lens| lens.may_read(look))
}

/// What is wrong with a blob: becomes a ledger entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format}: {what} at offset {offset}")]
pub struct Damage {
    /// The format that was expected: `DEX`.
    pub format: &'static str,
    /// Where in the blob, in bytes.
    pub offset: u64,
    /// What was expected and what was found.
    pub what: String,
    /// Why it could not be read: damaged, if nothing else is said.
    pub reason: Reason,
    /// Bytes whose meaning is hidden, as in an encrypted segment. The raw bytes are always searched,
    /// so of what is merely damaged nothing is missing: 0.
    pub hidden: u64,
}

impl Damage {
    /// Something is damaged.
    pub fn new(format: &'static str, offset: u64, what: impl Into<String>) -> Self {
        Damage { format, offset, what: what.into(), reason: Reason::Damaged, hidden: 0 }
    }

    /// Not damaged but encrypted, unsupported, over a limit: `hidden` bytes could not be understood.
    pub fn because(self, reason: Reason, hidden: u64) -> Self {
        Damage { reason, hidden, ..self }
    }
}

/// The first thing that is wrong with a blob, while the rest of it is read.
#[derive(Debug)]
pub struct Complaint {
    format: &'static str,
    first: Option<Damage>,
}

impl Complaint {
    /// Nothing is wrong so far with a blob that should be of `format`.
    pub fn of(format: &'static str) -> Self {
        Complaint { format, first: None }
    }

    /// Remembers what is wrong at `offset` of the blob unless something was before.
    pub fn note(&mut self, offset: u64, what: impl FnOnce() -> String) {
        if self.first.is_none() {
            self.first = Some(Damage::new(self.format, offset, what()));
        }
    }

    /// The same for what is known to be more, or other, than damage.
    pub fn note_damage(&mut self, damage: Damage) {
        self.first.get_or_insert(damage);
    }

    /// The damage, if any.
    pub fn into_result(self) -> Result<(), Damage> {
        self.first.map_or(Ok(()), Err)
    }
}
