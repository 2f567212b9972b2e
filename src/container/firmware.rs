//! Images that boot loaders read: a head with the sizes of what follows. Android's boot and vendor boot images, U-Boot's old and
//! new images (FIT), TRX. What stands in them is packed by whatever it begins with.
//!
//! Android's `boot_image_header.h`, U-Boot's `image.h` and the specification of device trees.

use super::piece::{Piece, Taken};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, size_le, slice, u16_le, u32_be, u32_le};
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens such images.
pub struct Firmware;

/// What is in one: its name and its place, which may lie behind the end.
type Parts = Vec<(&'static str, Range<usize>)>;

impl Container for Firmware {
    fn name(&self) -> &'static str {
        "firmware"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        parts(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut missing = 0;
        let mut found = parts(data).unwrap_or_default();
        for (_, range) in &mut found {
            missing += range.end.saturating_sub(data.len().max(range.start));
            *range = range.start.min(data.len())..range.end.min(data.len());
        }
        found.retain(|(_, range)| !range.is_empty());
        let wanted = found.iter().enumerate().map(|(n, (_, range))| (range.clone(), n)).collect();
        let (taken, refused) = Taken::new(wanted);
        let mut names = std::collections::HashMap::new();
        for (n, range) in taken.indexes() {
            let what = found[n].0;
            let count = names.entry(what).and_modify(|count| *count += 1).or_insert(1);
            let name = if *count == 1 { what.to_owned() } else { format!("{what} {count}") };
            opened.members.push(Box::new(Piece { name: name.into_bytes(), bytes: &data[range], missing: 0 }));
        }
        opened.gaps = taken.gaps(data.len());
        if missing > 0 || refused > 0 {
            let detail = match refused {
                0 => format!("the image ends {missing} bytes before its parts do"),
                _ => format!("{refused} parts of the image overlap others; searched with those"),
            };
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(missing as u64));
        }
        opened
    }
}

fn parts(data: &[u8]) -> Option<Parts> {
    match data.get(..8)? {
        b"ANDROID!" => android(data),
        b"VNDRBOOT" => vendor(data),
        [0x27, 0x05, 0x19, 0x56, ..] => uboot(data),
        [b'H', b'D', b'R', b'0', ..] => trx(data),
        [0xd0, 0x0d, 0xfe, 0xed, ..] => tree(data),
        _ => None,
    }
}

/// Parts behind one another, each from the beginning of a page on.
fn pages(page: usize, head: usize, parts: &[(&'static str, usize)]) -> Option<Parts> {
    (page.is_power_of_two() && (512..=1 << 20).contains(&page)).then_some(())?;
    let mut at = head.checked_next_multiple_of(page)?;
    let mut found = Vec::new();
    for (name, size) in parts {
        let end = at.checked_add(*size)?;
        found.push((*name, at..end));
        at = end.checked_next_multiple_of(page)?;
    }
    Some(found)
}

fn android(data: &[u8]) -> Option<Parts> {
    let number = |at| size_le(data, at);
    let kernel = number(8)?;
    match number(40)? {
        3 | 4 => pages(4096, number(20)?, &[("kernel", kernel), ("ramdisk", number(12)?)]),
        version => {
            let page = number(36)?;
            let mut all = vec![("kernel", kernel), ("ramdisk", number(16)?), ("second", number(24)?)];
            // Before there were versions, the size of a device tree stood there, or nothing.
            match version {
                0 => {}
                1 => all.push(("recovery dtbo", number(1632)?)),
                2 => all.extend([("recovery dtbo", number(1632)?), ("dtb", number(1648)?)]),
                size => all.push(("dtb", size)),
            }
            pages(page, page, &all)
        }
    }
}

fn vendor(data: &[u8]) -> Option<Parts> {
    let number = |at| size_le(data, at);
    let mut all = vec![("ramdisk", number(24)?), ("dtb", number(2100)?)];
    if number(8)? >= 4 {
        all.extend([("table", number(2112)?), ("bootconfig", number(2124)?)]);
    }
    pages(number(12)?, number(2096)?, &all)
}

fn uboot(data: &[u8]) -> Option<Parts> {
    let (size, kind) = (size_be(data, 12)?, *data.get(30)?);
    let (start, end) = (64, 64usize.checked_add(size)?);
    // Sizes of several, up to nothing; scripts are one.
    if !matches!(kind, 4 | 6) {
        return Some(vec![("contents", start..end)]);
    }
    let sizes: Vec<usize> =
        (0..32).map_while(|n| size_be(data, start + 4 * n)).take_while(|n| *n > 0).collect();
    let mut at = start + 4 * (sizes.len() + 1);
    let mut found = Vec::new();
    for size in sizes {
        let end = at.checked_add(size)?;
        found.push(("contents", at..end));
        at = end.checked_next_multiple_of(4)?;
    }
    Some(found)
}

fn trx(data: &[u8]) -> Option<Parts> {
    let (len, version) = (size_le(data, 4)?, u16_le(data, 14)?);
    let count = match version {
        1 => 3,
        2 => 4,
        _ => return None,
    };
    let mut places: Vec<usize> =
        (0..count).filter_map(|n| size_le(data, 16 + 4 * n)).filter(|at| *at > 0).collect();
    places.push(len.max(28));
    places.sort_unstable();
    Some(places.windows(2).map(|pair| ("part", pair[0]..pair[1])).collect())
}

/// Properties `data` of a device tree, and what stands behind the tree.
fn tree(data: &[u8]) -> Option<Parts> {
    /// A number or an address is no image.
    const LEAST: usize = 64;
    let (all, mut at, strings) = (size_be(data, 4)?, size_be(data, 8)?, size_be(data, 12)?);
    let mut found = Vec::new();
    while let Some(word) = u32_be(data, at) {
        at += 4;
        match word {
            // A node: its name.
            1 => at = (at + memchr::memchr(0, data.get(at..)?)? + 1).next_multiple_of(4),
            3 => {
                let (len, name) = (size_be(data, at)?, size_be(data, at + 4)?);
                at += 8;
                let is_data = strings.checked_add(name).and_then(|at| slice(data, at, 5)) == Some(b"data\0");
                if is_data && len >= LEAST {
                    found.push(("image", at..at.checked_add(len)?));
                }
                at = at.checked_add(len)?.checked_next_multiple_of(4)?;
            }
            2 | 4 => {}
            _ => break,
        }
    }
    if all > 40 && data.len() > all.saturating_add(LEAST) {
        found.push(("behind the tree", all..data.len()));
    }
    (!found.is_empty() && u32_le(data, 0).is_some()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    fn names(data: &[u8]) -> (Vec<(String, Vec<u8>)>, Vec<Reason>) {
        let (members, problems) = read(&Firmware, data);
        (members.into_iter().map(|(name, bytes, _)| (name, bytes)).collect(), problems)
    }

    #[test]
    fn boot_images_of_android() {
        let mut old = b"ANDROID!".to_vec();
        old.resize(2048, 0);
        for (at, number) in [(8, 5u32), (16, 7), (36, 2048)] {
            old[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        old.extend(b"krnel");
        old.resize(4096, 0);
        old.extend(b"ramdisk");
        let want = vec![("kernel".into(), b"krnel".to_vec()), ("ramdisk".into(), b"ramdisk".to_vec())];
        assert_eq!(names(&old), (want.clone(), vec![]));
        assert_eq!(names(&old[..4099]).1, [Reason::Damaged]);
        let mut new = old[..2048].to_vec();
        new[8..48].fill(0);
        for (at, number) in [(8, 5u32), (12, 7), (20, 1580), (40, 3)] {
            new[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        new.resize(4096, 0);
        new.extend(b"krnel");
        new.resize(8192, 0);
        new.extend(b"ramdisk");
        assert_eq!(names(&new), (want, vec![]));
    }

    #[test]
    fn images_of_uboot_and_routers() {
        let mut image = vec![0x27, 5, 0x19, 0x56];
        image.resize(64, 0);
        image[15] = 8;
        image.extend(b"contents");
        assert_eq!(names(&image).0, [("contents".into(), b"contents".to_vec())]);
        image[30] = 4;
        image[15] = 24;
        image.splice(64.., [0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0].into_iter().chain(*b"one\0to"));
        let want = [("contents".into(), b"one".to_vec()), ("contents 2".into(), b"to".to_vec())];
        assert_eq!(names(&image).0, want);
        let mut trx = b"HDR0".to_vec();
        trx.extend([40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 28, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0]);
        trx.extend(b"kernfilesys!");
        assert_eq!(
            names(&trx).0,
            [("part".into(), b"kern".to_vec()), ("part 2".into(), b"filesys!".to_vec())]
        );
    }
}
