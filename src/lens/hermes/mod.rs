//! Hermes bytecode: what React Native makes of an app's JavaScript (`main.jsbundle`,
//! `index.android.bundle`).
//!
//! Strings are packed end to end and overlap, in an order that saves space: true boundaries are in
//! the string table, and what belongs together is in the code ([`sweep`]) and in the buffers from
//! which it makes object and array literals ([`literals`]). Layouts of versions 73 to 99 are known;
//! they are facts from the sources of Hermes (MIT) and are held against `hermesc -dump-bytecode`.

mod file;
mod literals;
mod made;
mod opcodes;
mod sites;
mod sweep;

#[cfg(test)]
mod tests;

use super::strings::Strings;
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Text, TextKind};
use crate::limits::Limits;
use file::{File, MAGIC};

const FORMAT: &str = "Hermes bytecode";
/// No token and no part of a pair is shorter.
const MIN_LEN: usize = 8;

/// Reads Hermes bytecode.
pub struct HermesLens;

impl Lens for HermesLens {
    fn name(&self) -> &'static str {
        "hermes"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let file = File::new(blob.bytes, &mut complaint)?;
        let places = sites::Code { file: &file, address: &blob.address };
        for utf16 in [false, true] {
            let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &places, emit);
            for id in 0..file.strings() {
                let Some(string) = file.string(id) else {
                    complaint.note(0, || format!("string {id} is outside the storage"));
                    continue;
                };
                if string.utf16 != utf16 || string.bytes.len() < MIN_LEN {
                    continue;
                }
                let (offset, tag) = (string.offset as u64, id.into());
                let taken = if utf16 {
                    strings.push_utf16(string.bytes, false, offset, tag)
                } else {
                    strings.push(string.bytes, offset, tag)
                };
                if !taken {
                    break;
                }
            }
            if !strings.finish() {
                complaint.note(0, || "strings overlap so much that not all were read".to_owned());
            }
        }
        // What code makes of constants.
        let found = sweep::sweep(&file, &std::collections::HashSet::new());
        let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &places, emit);
        for (n, made) in (0u32..).zip(&found.made) {
            if !made.is_piece && made.bytes.len() >= MIN_LEN {
                strings.push_made(&made.bytes, made.offset, (n | made::MADE).into());
            }
        }
        strings.finish();
        complaint.into_result()
    }
}
