//! Mach-O: strings of programs for Apple's systems, named by what holds and loads them.
//!
//! Strings are taken section by section: constants of C and Objective-C end with NUL, those of
//! Swift's and Rust's packed data are cut where pointers and code say that a string begins. Who
//! uses a string is looked for only where something was hit (`sites.rs`).

mod code;
mod image;
mod names;
mod objc;
mod sites;
pub mod slices;
mod swift;

use super::native::{self, image::Arch, image::Kind, joined};
use super::strings::Strings;
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Text, TextKind};
use crate::ledger::Reason;
use crate::limits::Limits;
use image::{Image, Section};
use std::ops::Range;

/// Reads Mach-O files of one architecture.
pub struct MachoLens;

/// Shortest string taken out of data.
const MIN_DATA: usize = 8;
/// A stretch of text at least so long may be several strings end to end.
const PACKED: usize = 41;

impl Lens for MachoLens {
    fn name(&self) -> &'static str {
        "macho"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        image::is_magic(blob.bytes)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("Mach-O");
        let Some(image) = Image::parse(blob.bytes, &mut complaint) else {
            complaint.note(0, || "the header is cut off".into());
            return complaint.into_result();
        };
        let places = sites::Sites::new(&image);
        let len = blob.bytes.len();
        let mut whole = true;
        let mut pool = Strings::new(TextKind::Pool, len, limits, &places, emit);
        for section in image.sections.iter().filter(|s| class(s) == Class::Names) {
            constants(section, &mut pool);
        }
        whole &= pool.finish();
        let cuts = cuts(&image);
        let mut list = Strings::new(TextKind::List, len, limits, &places, emit);
        for section in &image.sections {
            match class(section) {
                Class::Constants => constants(section, &mut list),
                Class::Data => data(section, &cuts, &mut list),
                _ => {}
            }
        }
        for section in image.sections.iter().filter(|s| class(s) == Class::Wide) {
            wide(section, image.is_big_endian(), &mut list);
        }
        // What code makes out of numbers: `char key[] = "…"` in a function.
        native::stack::strings(&sections(&image), &mut |at, text| {
            list.push_made(text, at as u64, at as u64);
        });
        for section in image.sections.iter().filter(|s| matches!(class(s), Class::Data | Class::Constants)) {
            let from = cuts.partition_point(|&cut| cut < section.addr);
            let starts: Vec<usize> = cuts[from..]
                .iter()
                .map_while(|&cut| usize::try_from(cut - section.addr).ok())
                .take_while(|&at| at < section.bytes.len())
                .collect();
            native::masked::strings(section.bytes, &starts, &mut |at, text| {
                let at = section.offset.saturating_add(at) as u64;
                list.push_made(text, at, at);
            });
        }
        put_together(&image, &mut |at, text| {
            list.push_made(text, at as u64, at as u64);
        });
        whole &= list.finish();
        if !whole {
            complaint.note(0, || "sections that overlap".into());
        }
        if let Some(range) = image.encrypted {
            let (from, size) = (u64::from(range.offset), u64::from(range.size));
            let what = format!("{size} bytes are encrypted (FairPlay): search a decrypted copy");
            complaint.note_damage(Damage::new("Mach-O", from, what).because(Reason::Encrypted, size));
        }
        complaint.into_result()
    }
}

/// The sections as the sweeps that serve all native formats want them.
fn sections<'a>(image: &Image<'a>) -> native::image::Image<'a> {
    let arch = match image.cpu {
        image::ARM64 => Arch::Arm64,
        image::X86_64 => Arch::X64,
        image::I386 => Arch::X86,
        _ => Arch::Other,
    };
    let mut found = native::image::Image::new(image.data, arch, image.wide, image.is_big_endian());
    for s in &image.sections {
        let kind = match (s.is_code(), s.segment.starts_with(b"__DATA")) {
            (true, _) => Kind::Code,
            (false, true) => Kind::Data,
            (false, false) => Kind::Constants,
        };
        found.add(s.addr, s.offset as u64, s.bytes.len() as u64, kind, "");
    }
    found.finish();
    found
}

/// What the strings of a section are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Each ends with NUL, in the order of the source.
    Constants,
    /// The same, of the runtime's tables: their order means nothing.
    Names,
    /// UTF-16, each ends with NUL.
    Wide,
    /// Anywhere in data.
    Data,
    None,
}

fn class(section: &Section<'_>) -> Class {
    match section.name {
        b"__objc_methname" | b"__objc_classname" | b"__objc_methtype" | b"__swift5_reflstr" => Class::Names,
        b"__ustring" => Class::Wide,
        b"__cstring" | b"__oslogstring" => Class::Constants,
        _ if section.flags & 0xff == 2 => Class::Constants,
        b"__const" | b"__data" | b"__rodata" | b"__literals" | b"__constdata" | b"__literal16"
        | b"__literal8" | b"__go_buildinfo" | b"__noptrdata" | b"__static_data" | b"__objc_const" => {
            Class::Data
        }
        _ => Class::None,
    }
}

fn constants(section: &Section<'_>, strings: &mut Strings<'_>) {
    let mut from = 0;
    let ends = memchr::memchr_iter(0, section.bytes).chain(std::iter::once(section.bytes.len()));
    for end in ends {
        let at = section.offset.saturating_add(from) as u64;
        if end > from && !strings.push(&section.bytes[from..end], at, at) {
            return;
        }
        from = end + 1;
    }
}

fn wide(section: &Section<'_>, big: bool, strings: &mut Strings<'_>) {
    let mut from = 0;
    let units = section.bytes.chunks_exact(2);
    let count = units.len();
    for (i, unit) in units.chain(std::iter::once(&[0u8, 0][..])).enumerate() {
        if unit != [0, 0] {
            continue;
        }
        let (at, bytes) =
            (section.offset.saturating_add(from) as u64, section.bytes.get(from..(2 * i).min(2 * count)));
        let Some(bytes) = bytes else { return };
        if !bytes.is_empty() && !strings.push_utf16(bytes, big, at, at) {
            return;
        }
        from = 2 * i + 2;
    }
}

fn is_text(b: u8) -> bool {
    matches!(b, 0x20..=0x7e | b'\t' | b'\n' | b'\r')
}

/// Stretches of ASCII in data, at least [`MIN_DATA`] long.
fn runs<'b>(bytes: &'b [u8]) -> impl Iterator<Item = Range<usize>> + 'b {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let from = at + bytes[at..].iter().take_while(|b| !is_text(**b)).count();
            at = from + bytes[from..].iter().take_while(|b| is_text(**b)).count();
            if at - from >= MIN_DATA {
                return Some(from..at);
            }
        }
        None
    })
}

fn data(section: &Section<'_>, cuts: &[u64], strings: &mut Strings<'_>) {
    for run in runs(section.bytes) {
        let addr = |at: usize| section.addr.saturating_add(at as u64);
        let first = cuts.partition_point(|&cut| cut <= addr(run.start));
        let inner = cuts[first..].iter().take_while(|&&cut| cut < addr(run.end));
        let mut from = run.start;
        for end in inner.map(|&cut| (cut - section.addr) as usize).chain(std::iter::once(run.end)) {
            let at = section.offset.saturating_add(from) as u64;
            if end > from && !strings.push(&section.bytes[from..end], at, at) {
                return;
            }
            from = end;
        }
    }
}

/// Addresses in long stretches of text where pointers or code say that a string begins or ends.
fn cuts(image: &Image<'_>) -> Vec<u64> {
    let mut long: Vec<Range<u64>> = Vec::new();
    for section in image.sections.iter().filter(|s| class(s) == Class::Data) {
        let addr = |at: usize| section.addr.saturating_add(at as u64);
        long.extend(runs(section.bytes).filter(|r| r.len() >= PACKED).map(|r| addr(r.start)..addr(r.end)));
    }
    long.sort_by_key(|r| r.start);
    // A variable begins where its symbol is, whatever stands in front of it.
    let variables = |addr: u64| image.section_at(addr).is_some_and(|s| class(s) == Class::Data);
    let mut cuts: Vec<u64> = image.symbols().iter().map(|s| s.addr).filter(|&addr| variables(addr)).collect();
    if long.is_empty() {
        return cuts;
    }
    let mut cut = |target: u64, len: Option<u64>| {
        let after = long.partition_point(|r| r.start <= target);
        let Some(run) = after.checked_sub(1).and_then(|i| long.get(i)).filter(|r| r.contains(&target)) else {
            return;
        };
        if let Some(end) = len
            .and_then(|len| target.checked_add(len))
            .filter(|end| (4..=run.end - target).contains(&(end - target)))
        {
            cuts.push(end);
        }
        cuts.push(target);
    };
    for section in image.sections.iter().filter(|s| s.has_pointers()) {
        let size = image.pointer_size();
        for at in (section.offset..section.offset.saturating_add(section.bytes.len())).step_by(size) {
            if let Some(target) = image.pointer(at) {
                let len = if image.wide { image.u64(at + 8) } else { image.u32(at + 4).map(u64::from) };
                cut(target, len);
            }
        }
    }
    code::references(image, 0, u64::MAX, &mut |reference| {
        if !reference.call {
            cut(reference.target, reference.number);
        }
    });
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Keys of which code puts the pieces together.
fn put_together(image: &Image<'_>, found: &mut dyn FnMut(usize, &[u8])) {
    let sections = || image.sections.iter().filter(|s| class(s) == Class::Constants);
    if !sections().any(|section| native::emit::has_first_piece(section.bytes)) {
        return;
    }
    // Of a `CFString` object the third word leads to its text.
    let text = |target: u64| {
        let section = image.section_at(target)?;
        let addr = match section.name {
            b"__cfstring" => {
                let slot = image.offset(target)?.checked_add(2 * image.pointer_size())?;
                image.pointer(slot)?
            }
            _ if class(section) == Class::Constants => target,
            _ => return None,
        };
        let section = image.section_at(addr).filter(|s| class(s) == Class::Constants)?;
        let rest = section.bytes.get(usize::try_from(addr - section.addr).ok()?..)?;
        let rest = &rest[..rest.len().min(64)];
        Some(&rest[..memchr::memchr(0, rest)?]).filter(|text| joined::is_piece(text))
    };
    let mut pieces: Vec<joined::Piece<'_>> = Vec::new();
    code::references(image, 0, u64::MAX, &mut |reference| {
        if !reference.call
            && let Some(text) = text(reference.target)
        {
            pieces.push(joined::Piece { at: reference.at, text });
        }
    });
    joined::keys(&pieces, &mut |at, text| {
        if let Some(offset) = image.offset(at) {
            found(offset, text);
        }
    });
}

#[cfg(test)]
mod tests;
