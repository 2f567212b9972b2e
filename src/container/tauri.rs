//! Programs of Tauri: pages and scripts, each packed by Brotli, in a table of names and data.
//!
//! Nothing tells where Brotli begins, and the table does.

use super::embedded::{Embedded, One};
use super::piece::Taken;
use super::{Container, Member, Opened, Problem, stream};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::{macho, native};
use crate::limits::Limits;
use crate::look::{Look, Signature};
use std::ops::Range;

/// Opens such programs, and what else is in them.
pub struct Tauri;

/// More assets than that are chance or an attack.
const MOST: usize = 1 << 14;
/// Bytes of an asset that are tried.
const TRIAL: usize = 4 << 10;

impl Container for Tauri {
    fn name(&self) -> &'static str {
        "tauri"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        !assets(blob.bytes).0.is_empty()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::Tauri)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Embedded.or_gap(blob, limits);
        let (assets, is_cut) = assets(data);
        if is_cut {
            let detail = format!("more than {MOST} assets; not all of them are opened");
            opened.problems.push(Problem::new(Reason::Limit, detail));
        }
        let wanted = assets.iter().enumerate().map(|(n, (_, range))| (range.clone(), n)).collect();
        let (taken, _) = Taken::new(wanted);
        for (n, range) in taken.indexes() {
            let name = assets[n].0.strip_prefix(b"/").unwrap_or_default().to_vec();
            let one = One { name, bytes: &data[range], stream: &stream::BROTLI };
            opened.members.push(Box::new(one) as Box<dyn Member + 'b>);
        }
        opened
    }
}

/// A path, and where what is packed stands.
type Asset<'b> = (&'b [u8], Range<usize>);

/// The assets: each path, and where what is packed stands; and whether there are more.
fn assets(program: &[u8]) -> (Vec<Asset<'_>>, bool) {
    let mut named = native::slices::named(program);
    if named.is_empty() {
        named = macho::slices::named(program);
    }
    // The same bytes may have several names.
    named.sort_by_key(|(_, data)| (data.as_ptr(), data.len()));
    named.dedup_by_key(|(_, data)| data.as_ptr());
    let is_cut = named.len() > MOST;
    named.truncate(MOST);
    named.retain(|(_, data)| comes_out(data));
    let base = program.as_ptr() as usize;
    let place = |data: &[u8]| data.as_ptr() as usize - base;
    let assets = named.into_iter().map(|(name, data)| (name, place(data)..place(data) + data.len()));
    (assets.collect(), is_cut)
}

/// Whether something comes out of the first bytes.
fn comes_out(data: &[u8]) -> bool {
    let limits = Limits { entry_bytes: 1 << 16, expanded_bytes: 1 << 16, ..Limits::default() };
    let budget = super::budget::Budget::new(&limits, data.len() as u64);
    let mut out = Vec::new();
    stream::BROTLI.one(&data[..data.len().min(TRIAL)], &mut out, &budget).is_ok() && !out.is_empty()
}
