//! Names and values where only tables of the format lead from one to the other: hives of the registry of Windows, Berkeley DB, catalogs of
//! gettext, databases of GVariant (dconf).
//!
//! Raw bytes show both, apart.

mod berkeley;
mod catalog;
mod gvdb;
mod hive;

use super::strings::{Strings, is_secret_name};
use super::{Damage, Lens};
use crate::blob::{Blob, Site, Text, TextKind};
use crate::limits::Limits;

/// Reads such stores.
pub struct PairsLens;

/// Most secrets of one store, and longest name and value.
const MOST: usize = 1 << 16;
const LONGEST: usize = 256;

/// A name and where its value is.
struct Pair {
    name: String,
    value: Vec<u8>,
    at: usize,
    /// Bytes of each letter.
    step: u32,
}

/// Calls with each pair whose name says secret.
type Read = fn(&[u8], &mut dyn FnMut(Pair));

/// Whether such a file begins.
type Begins = fn(&[u8]) -> bool;

const FORMATS: [(Begins, Read); 4] = [
    (hive::begins, hive::read),
    (berkeley::begins, berkeley::read),
    (catalog::begins, catalog::read),
    (gvdb::begins, gvdb::read),
];

fn format(data: &[u8]) -> Option<Read> {
    FORMATS.iter().find(|(begins, _)| begins(data)).map(|(_, read)| *read)
}

impl Lens for PairsLens {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        format(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let Some(read) = format(blob.bytes) else { return Ok(()) };
        let mut pairs: Vec<Pair> = Vec::new();
        read(blob.bytes, &mut |pair| {
            if pairs.len() < MOST && pair.value.len() <= LONGEST {
                pairs.push(pair);
            }
        });
        let place = |tag: u64| {
            let pair = usize::try_from(tag).ok().and_then(|n| pairs.get(n));
            let site = |pair: &Pair| Site {
                name: pair.name.clone(),
                key: Some(pair.name.clone()),
                ..Site::default()
            };
            pair.map(site).into_iter().collect()
        };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &place, emit);
        for (tag, pair) in (0u64..).zip(&pairs) {
            strings.push_named(&pair.name, &pair.value, pair.at as u64, pair.step, tag);
        }
        strings.finish();
        Ok(())
    }
}

/// The text of a name, if it is short and says secret.
fn secret(name: &[u8]) -> Option<String> {
    // Its length first: tables may lead to the same megabytes again and again.
    let name = std::str::from_utf8(short(name)?).ok()?;
    is_secret_name(name).then(|| name.to_owned())
}

/// What is no longer than names and values are.
fn short(bytes: &[u8]) -> Option<&[u8]> {
    (bytes.len() <= LONGEST).then_some(bytes)
}

/// Letters of ASCII in UTF-16, the lower byte first, up to the first zero.
fn utf16(units: &[u8]) -> Option<Vec<u8>> {
    let units = units.as_chunks::<2>().0.iter().take(LONGEST + 1).take_while(|unit| **unit != [0, 0]);
    units.map(|unit| (unit[1] == 0 && unit[0] < 0x80).then_some(unit[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// That a store is read in less time than going through all that its tables lead to would take.
    pub(super) fn is_read_fast(data: &[u8]) {
        let read = format(data).unwrap();
        let start = Instant::now();
        read(data, &mut |_| {});
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }

    /// What is read of a store, and that nothing happens where it is cut or broken.
    pub(super) fn read(data: &[u8]) -> Vec<String> {
        let of = |data: &[u8]| {
            let mut all = Vec::new();
            if let Some(read) = format(data) {
                read(data, &mut |pair| {
                    all.push(format!("{}={}", pair.name, String::from_utf8_lossy(&pair.value)));
                    // Places are those of the value.
                    if let Some(first) = pair.value.first() {
                        assert_eq!(data.get(pair.at), Some(first));
                    }
                });
            }
            all
        };
        for len in (0..data.len()).step_by(data.len() / 500 + 1) {
            of(&data[..len]);
        }
        for at in (0..data.len()).step_by(data.len() / 500 + 1) {
            for byte in [0, 0x7f, 0xff] {
                let mut broken = data.to_vec();
                broken[at] = byte;
                of(&broken);
            }
        }
        of(data)
    }
}
