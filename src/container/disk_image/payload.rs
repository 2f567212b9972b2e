//! Updates of Android and ChromeOS (`payload.bin`): a manifest in protobuf that says of each partition how its blocks come out
//! of the data behind it.
//!
//! `update_metadata.proto` of update_engine. What an update takes from the partitions that it is for is not in it.

use super::{Map, Source};
use crate::container::protobuf::{Fields, Value};
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u64_be};

/// A partition, and what the manifest says of it.
pub struct Partition {
    pub name: Vec<u8>,
    pub map: Map,
}

/// Whether such an update begins here.
pub fn begins(data: &[u8]) -> bool {
    data.starts_with(b"CrAU\0\0\0\0\0\0\0\x02") && manifest(data).is_some()
}

/// The manifest, and where the data begin.
fn manifest(data: &[u8]) -> Option<(&[u8], usize)> {
    let len = usize::try_from(u64_be(data, 12)?).ok()?;
    let manifest = slice(data, 24, len)?;
    Some((manifest, (24 + len).checked_add(size_be(data, 20)?)?))
}

/// The partitions of an update; of all together no more than `most` bytes, holes too.
pub fn partitions(data: &[u8], most: u64) -> Vec<Partition> {
    let Some((manifest, base)) = manifest(data) else { return Vec::new() };
    let mut block = 4096;
    for (field, value) in Fields::new(manifest) {
        if let (3, Value::Number(size)) = (field, value) {
            block = size;
        }
    }
    let parts = Fields::new(manifest).filter_map(|field| match field {
        (13, Value::Bytes(part)) => Some(part),
        _ => None,
    });
    let (mut left, mut taken) = (most, 0);
    let one = |part| {
        let map = Map { most: left, taken, ..Map::default() };
        let partition = partition(data, base, block, part, map);
        let end = partition.map.blocks.iter().map(|block| block.at + block.len).max();
        left = left.saturating_sub(partition.map.size.max(end.unwrap_or(0)));
        taken = partition.map.taken;
        partition
    };
    parts.take(MOST).map(one).collect()
}

/// No update has so many.
const MOST: usize = 256;

fn partition(data: &[u8], base: usize, block: u64, part: &[u8], map: Map) -> Partition {
    let mut partition = Partition { name: b"partition".to_vec(), map };
    let map = &mut partition.map;
    let (mut elsewhere, mut is_sound) = (0u64, true);
    for (field, value) in Fields::new(part) {
        match (field, value) {
            (1, Value::Bytes(name)) => partition.name = name.to_vec(),
            (7, Value::Bytes(info)) => {
                let size = Fields::new(info).find_map(|field| match field {
                    (1, Value::Number(size)) => Some(size),
                    _ => None,
                });
                is_sound &= map.disk(size.unwrap_or(0)).is_some();
            }
            (8, Value::Bytes(bytes)) => {
                is_sound &= operation(data, base, block, bytes, map, &mut elsewhere).is_some();
            }
            _ => {}
        }
    }
    if elsewhere > 0 {
        let detail = format!("{elsewhere} bytes of the partition come out of what it was before the update");
        map.problems.push(super::Problem::new(Reason::Unreadable, detail).of_bytes(elsewhere));
    }
    if !is_sound {
        map.problems.push(super::Problem::new(Reason::Damaged, "the manifest is damaged"));
    }
    partition
}

fn operation(
    data: &[u8],
    base: usize,
    block: u64,
    bytes: &[u8],
    map: &mut Map,
    elsewhere: &mut u64,
) -> Option<()> {
    let (mut kind, mut place, mut len) = (0, 0, 0);
    let mut extents = Vec::new();
    for (field, value) in Fields::new(bytes) {
        match (field, value) {
            (1, Value::Number(n)) => kind = n,
            (2, Value::Number(n)) => place = n,
            (3, Value::Number(n)) => len = n,
            (6, Value::Bytes(extent)) => {
                let mut pair = [0, 0];
                for (field, value) in Fields::new(extent) {
                    if let (1 | 2, Value::Number(n)) = (field, value) {
                        pair[field as usize - 1] = n;
                    }
                }
                extents.push((pair[0].checked_mul(block)?, pair[1].checked_mul(block)?));
            }
            _ => {}
        }
    }
    let whole = extents.iter().try_fold(0u64, |sum, (_, len)| sum.checked_add(*len))?;
    map.table(data, extents.len())?;
    let start = usize::try_from(place).ok()?.checked_add(base)?;
    let range = start..start.checked_add(usize::try_from(len).ok()?)?;
    let is_there = range.end <= data.len();
    let source = match kind {
        0 => Source::Raw(range.clone()),
        1 => Source::Bzip2(range.clone()),
        8 => Source::Xz(range.clone()),
        14 => Source::Zstd(range.clone()),
        // Zeros, and what nobody needs.
        6 | 7 => return Some(()),
        _ => {
            *elsewhere = elsewhere.saturating_add(whole);
            return Some(());
        }
    };
    if !is_there {
        map.missing(whole);
        return Some(());
    }
    match (source, extents.as_slice()) {
        (Source::Raw(range), extents) => {
            let mut at = range.start;
            for (to, len) in extents {
                let end = at.checked_add(usize::try_from(*len).ok()?)?.min(range.end);
                map.add(data, *to, (end - at) as u64, Source::Raw(at..end))?;
                at = end;
            }
            Some(())
        }
        (source, [(to, len)]) => map.add(data, *to, *len, source),
        // One stretch after the other as they come out: so far no tool has written them.
        (source, [(to, _), ..]) => map.add(data, *to, whole, source),
        (_, []) => Some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::read;
    use super::super::DiskImage;
    use super::*;

    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, value.len() as u8][..], value].concat()
    }

    #[test]
    fn partitions_out_of_operations() {
        let extent = |at: u8, len: u8| field(6, &[1 << 3, at, 2 << 3, len]);
        let operation = |kind: u8, place: u8, len: u8, extents: &[u8]| {
            field(8, &[&[1 << 3, kind, 2 << 3, place, 3 << 3, len][..], extents].concat())
        };
        let part = [
            field(1, b"boot"),
            field(7, &[1 << 3, 128, 1]),
            operation(0, 0, 32, &[extent(1, 1), extent(6, 1)].concat()),
            operation(4, 0, 0, &extent(3, 1)),
            operation(6, 0, 0, &extent(4, 1)),
        ]
        .concat();
        // Blocks of sixteen bytes.
        let manifest = [&[3 << 3, 16][..], &[13 << 3 | 2, part.len() as u8], &part].concat();
        let head =
            [b"CrAU\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", &[manifest.len() as u8][..], &[0, 0, 0, 3]].concat();
        let data = [&head[..], &manifest, b"sig", b"sixteen bytes oneand sixteen more"].concat();
        let (members, problems) = read(&DiskImage, &data[..data.len() - 1]);
        assert_eq!((members.len(), members[0].0.as_str(), problems), (1, "boot", vec![Reason::Unreadable]));
        let want = [&[0; 16][..], b"sixteen bytes on", &[0; 64], b"eand sixteen mor", &[0; 16]].concat();
        assert_eq!(String::from_utf8_lossy(&members[0].1), String::from_utf8_lossy(&want));
        let (_, problems) = read(&DiskImage, &data[..data.len() - 9]);
        assert_eq!(problems, [Reason::Damaged, Reason::Unreadable]);
    }
}
