//! `resources.arsc` (`ResTable_header`): the values' pool and the pools of names as one text.

use super::chunk::{Chunk, STRING_POOL, TABLE, TABLE_PACKAGE, chunks};
use super::pool::Pool;
use super::table::TablePlaces;
use crate::blob::{Blob, Text, TextKind};
use crate::lens::bytes::{u16_le, u32_le};
use crate::lens::strings::Strings;
use crate::lens::{Complaint, Damage, Lens};
use crate::limits::Limits;

const FORMAT: &str = "Android resource table";
/// Chunks looked at to see whether a blob is a table.
const SNIFFED: usize = 8;
/// Tag of strings of the pool of names number n: n in the upper half, never 0.
const NAMES: u32 = 32;

/// Reads compiled resource tables.
pub struct ArscLens;

impl Lens for ArscLens {
    fn name(&self) -> &'static str {
        "arsc"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let bytes = blob.bytes;
        let says_so = u16_le(bytes, 0) == Some(TABLE) && matches!(u16_le(bytes, 2), Some(8..=64));
        let packages = u32_le(bytes, 8).is_some_and(|n| n <= 0xffff);
        says_so
            && packages
            && Chunk::read(bytes, 0, bytes.len()).is_some_and(|table| {
                let mut inside = chunks(bytes, table.body, table.end).take(SNIFFED);
                inside.any(|c| matches!(c.kind, STRING_POOL | TABLE_PACKAGE))
            })
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let data = blob.bytes;
        let Some(table) = Chunk::read(data, 0, data.len()) else {
            return Err(Damage::new(FORMAT, 0, "no header"));
        };
        if table.cut {
            complaint.note(4, || format!("cut off: {} bytes are there", data.len()));
        }
        let (values, packages) = parts(data, &table, &mut complaint);
        let places = TablePlaces::new(blob, values, &packages, limits);
        let mut strings = Strings::new(TextKind::Pool, data.len(), limits, &places, emit);
        let mut whole = values.is_none_or(|pool| pool.push(0, &mut strings, &mut complaint));
        let mut number = 0u64;
        for package in &packages {
            for chunk in chunks(data, package.body, package.end).filter(|c| c.kind == STRING_POOL) {
                number += 1;
                if let Some(pool) = Pool::new(data, &chunk, &mut complaint).filter(|_| whole) {
                    whole = pool.push(number << NAMES, &mut strings, &mut complaint);
                }
            }
        }
        whole &= strings.finish();
        if !whole {
            complaint.note(0, || "strings overlap: some are left out".into());
        }
        complaint.into_result()
    }
}

/// The pool of values and the packages.
fn parts<'a>(data: &'a [u8], table: &Chunk, complaint: &mut Complaint) -> (Option<Pool<'a>>, Vec<Chunk>) {
    let mut values = None;
    let mut packages = Vec::new();
    let mut at = table.body;
    for chunk in chunks(data, table.body, table.end) {
        at = chunk.end;
        if chunk.cut && !table.cut {
            complaint.note(chunk.at as u64, || "a chunk goes on behind the table's end".into());
        }
        match chunk.kind {
            STRING_POOL if values.is_none() => values = Pool::new(data, &chunk, complaint),
            TABLE_PACKAGE => packages.push(chunk),
            _ => {}
        }
    }
    // What is no chunk ends the table; zeros are padding.
    if data.get(at..table.end).is_some_and(|rest| rest.iter().take(64).any(|&b| b != 0)) {
        complaint.note(at as u64, || "no chunk where one should be".into());
    }
    if values.is_none() {
        complaint.note(table.at as u64, || "no pool of strings".into());
    }
    (values, packages)
}
