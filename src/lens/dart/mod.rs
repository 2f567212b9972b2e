//! What Flutter makes of an app's Dart code: AOT snapshots (`libapp.so`, `App.framework/App`) and
//! kernel files (`kernel_blob.bin`).
//!
//! Strings of a snapshot are packed without separators, or stand in an image of the heap in the order
//! of a hash table: true boundaries are in the first cluster of the snapshot ([`snapshot`]), and what
//! belongs together is in the rest of it: the pool of objects that code uses, lists, constants
//! ([`places`]). Facts from the sources of the Dart SDK (`runtime/vm/app_snapshot.cc`,
//! `runtime/vm/datastream.h`, `pkg/kernel/binary.md`).

mod kernel;
mod places;
mod snapshot;

#[cfg(test)]
mod tests;

use super::strings::Strings;
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Text, TextKind};
use crate::limits::Limits;
use crate::look::{Look, Signature};
use snapshot::Snapshot;

/// No token and no part of a pair is shorter.
const MIN_LEN: usize = 8;
/// Snapshots that are read in one file: of the VM, of the app, of parts that are loaded later.
const SNAPSHOTS: usize = 64;

/// Reads Dart snapshots and kernel files.
pub struct DartLens;

impl Lens for DartLens {
    fn name(&self) -> &'static str {
        "dart"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        let is_program = data.starts_with(b"\x7fELF")
            || [&b"\xcf\xfa\xed\xfe"[..], b"\xce\xfa\xed\xfe"].iter().any(|m| data.starts_with(m));
        data.starts_with(kernel::MAGIC)
            || (is_program || data.starts_with(snapshot::MAGIC)) && snapshot::find(data, 0).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::DartSnapshot) || look.has(Signature::DartKernel)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        if blob.bytes.starts_with(kernel::MAGIC) {
            return kernel::texts(blob.bytes, limits, emit);
        }
        let mut complaint = Complaint::of("Dart snapshot");
        let mut at = 0;
        for _ in 0..SNAPSHOTS {
            let Some(start) = snapshot::find(blob.bytes, at) else { break };
            at = start + snapshot::MAGIC.len();
            // Of versions whose strings are elsewhere, the raw bytes are searched.
            let Some(snapshot) = Snapshot::read(blob.bytes, start) else { continue };
            let known = places::Refs { snapshot: &snapshot };
            let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &known, emit);
            for (id, string) in (0u64..).zip(&snapshot.strings) {
                let Some(bytes) = blob.bytes.get(string.at..string.at.saturating_add(string.len)) else {
                    continue;
                };
                if bytes.len() < MIN_LEN {
                    continue;
                }
                let taken = if string.is_wide {
                    strings.push_utf16(bytes, false, string.at as u64, id)
                } else {
                    strings.push(bytes, string.at as u64, id)
                };
                if !taken {
                    break;
                }
            }
            if !strings.finish() {
                complaint.note(start as u64, || "strings overlap so much that not all were read".to_owned());
            }
        }
        complaint.into_result()
    }
}
