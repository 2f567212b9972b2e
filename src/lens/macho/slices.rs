//! Tables of names and data in programs of Rust, as in [`crate::lens::native::slices`].

use super::image::Image;
use crate::lens::Complaint;
use crate::lens::bytes::slice;
use crate::lens::native::slices::is_path;

/// The longest name.
const LONGEST: usize = 512;
/// Slots that are looked at.
const MOST: usize = 1 << 18;

/// The entries of a program of 64 bits whose names begin with a slash: name and data.
pub fn named(program: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut complaint = Complaint::of("Mach-O");
    let Some(image) = Image::parse(program, &mut complaint).filter(|image| image.wide) else {
        return Vec::new();
    };
    let sections = image.sections.iter().filter(|section| section.has_pointers());
    let slots = sections.flat_map(|section| (0..section.bytes.len() / 8).map(|n| section.offset + n * 8));
    let is_length = |at: &usize| image.size(at + 8).is_some_and(|len| (2..=LONGEST).contains(&len));
    slots.filter(is_length).take(MOST).filter_map(|at| entry(&image, at)).collect()
}

/// The entry that begins with the pointer at an offset.
fn entry<'a>(image: &Image<'a>, at: usize) -> Option<(&'a [u8], &'a [u8])> {
    let len = image.size(at + 8)?;
    let name = slice(image.data, image.offset(image.pointer(at)?)?, len)?;
    is_path(name).then_some(())?;
    let data = slice(image.data, image.offset(image.pointer(at + 16)?)?, image.size(at + 24)?)?;
    (!data.is_empty()).then_some((name, data))
}
