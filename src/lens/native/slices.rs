//! Tables of names and data in programs of Rust (`&[(&str, &[u8])]`): where each entry's pointers lead, and how long they say it is.

use super::elf::Elf;
use super::image::Image;
use super::pe::Pe;
use crate::lens::Complaint;
use crate::lens::bytes::slice;

/// The longest name.
const LONGEST: u64 = 512;

/// The entries of the program whose names begin with a slash, as paths of assets do: name and data.
pub fn named(program: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut complaint = Complaint::of("program");
    let image = match Elf::new(program) {
        Some(elf) => Some(elf.image(&mut complaint)),
        None => Pe::new(program, &mut complaint).map(|pe| pe.image()),
    };
    let Some(image) = image else { return Vec::new() };
    let mut found = Vec::new();
    image.for_each_pointer(&mut |slot, target| found.extend(entry(&image, slot, target)));
    found
}

/// The entry that begins with the pointer at `slot`.
fn entry<'a>(image: &Image<'a>, slot: u64, target: u64) -> Option<(&'a [u8], &'a [u8])> {
    let step = image.word_len() as u64;
    let word = |n: u64| image.word(image.offset(slot.checked_add(n * step)?)?);
    let len = word(1).filter(|len| (2..=LONGEST).contains(len))?;
    let name = slice(image.bytes, image.offset(target)?, len as usize)?;
    is_path(name).then_some(())?;
    let second = slot.checked_add(2 * step)?;
    let target = match image.pointers.binary_search_by_key(&second, |(slot, _)| *slot) {
        Ok(at) => image.pointers[at].1,
        Err(_) => word(2)?,
    };
    let data = slice(image.bytes, image.offset(target)?, usize::try_from(word(3)?).ok()?)?;
    (!data.is_empty()).then_some((name, data))
}

/// Whether this is the path of an asset.
pub fn is_path(name: &[u8]) -> bool {
    name.starts_with(b"/") && name.iter().all(|b| !b.is_ascii_control()) && std::str::from_utf8(name).is_ok()
}
