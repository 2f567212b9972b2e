//! Names of Objective-C methods by their addresses: the runtime's own tables, which `strip` keeps.
//!
//! Structures as in Apple's `objc4` (`objc-runtime-new.h`): `class_t`, `class_ro_t`, `method_list_t`
//! (of three pointers, or relative with 32-bit distances), `category_t`.

use super::image::Image;
use std::collections::HashMap;

/// Methods read at most: large apps have some hundred thousand.
const MAX_METHODS: usize = 2_000_000;

/// Reads the tables of an image.
pub(super) fn methods(image: &Image<'_>) -> HashMap<u64, String> {
    let mut reader = Reader { image, found: HashMap::new(), left: MAX_METHODS.min(image.data.len() / 4) };
    let size = image.pointer_size();
    for section in &image.sections {
        let is_class = section.name == b"__objc_classlist" || section.name == b"__objc_nlclslist";
        let is_category = section.name == b"__objc_catlist" || section.name == b"__objc_nlcatlist";
        if !is_class && !is_category {
            continue;
        }
        for at in (section.offset..section.offset + section.bytes.len()).step_by(size) {
            let Some(addr) = image.pointer(at) else { continue };
            if is_class {
                reader.class(addr, '-');
                if let Some(meta) = reader.field(addr, 0) {
                    reader.class(meta, '+');
                }
            } else {
                reader.category(addr);
            }
        }
    }
    reader.found
}

struct Reader<'i, 'a> {
    image: &'i Image<'a>,
    found: HashMap<u64, String>,
    left: usize,
}

impl Reader<'_, '_> {
    /// The pointer that is field `n` of the structure at `addr`.
    fn field(&self, addr: u64, n: usize) -> Option<u64> {
        let at = self.image.offset(addr)?.checked_add(n * self.image.pointer_size())?;
        self.image.pointer(at)
    }

    fn class(&mut self, addr: u64, sign: char) -> Option<()> {
        // The lowest bits say whether Swift made the class.
        let ro = self.field(addr, 4)? & !7;
        // Behind three or four 32-bit numbers: layout, name, methods.
        let first = self.image.offset(ro)?.checked_add(if self.image.wide { 16 } else { 12 })?;
        let size = self.image.pointer_size();
        let name = self.image.pointer(first + size).and_then(|addr| self.image.text_at(addr))?;
        let list = self.image.pointer(first + 2 * size)?;
        self.list(list, sign, &String::from_utf8_lossy(name))
    }

    fn category(&mut self, addr: u64) -> Option<()> {
        let category = String::from_utf8_lossy(self.image.text_at(self.field(addr, 0)?)?).into_owned();
        let class = self.field(addr, 1).and_then(|class| {
            let ro = self.field(class, 4)? & !7;
            let at = self.image.offset(ro)?.checked_add(if self.image.wide { 24 } else { 16 })?;
            self.image.text_at(self.image.pointer(at)?)
        });
        // A class of another image has no name here.
        let name = format!("{}({category})", String::from_utf8_lossy(class.unwrap_or(b"?")));
        for (n, sign) in [(2, '-'), (3, '+')] {
            if let Some(list) = self.field(addr, n) {
                self.list(list, sign, &name);
            }
        }
        Some(())
    }

    fn list(&mut self, addr: u64, sign: char, class: &str) -> Option<()> {
        let image = self.image;
        let at = image.offset(addr)?;
        let (flags, count) = (image.u32(at)?, image.size(at.checked_add(4)?)?);
        let relative = flags >> 31 == 1;
        let size = if relative { 12 } else { 3 * image.pointer_size() };
        for i in 0..count.min(self.left) {
            let at = at.checked_add(8)?.checked_add(i.checked_mul(size)?)?;
            self.left = self.left.saturating_sub(1);
            let (selector, code) = if relative {
                let distance = |n: usize| {
                    let place = addr.wrapping_add(8).wrapping_add((i * size + 4 * n) as u64);
                    Some(place.wrapping_add(i64::from(image.u32(at + 4 * n)? as i32) as u64))
                };
                // Through the table of selectors, or (in the shared cache) to the name itself.
                let slot = distance(0)?;
                (
                    image.pointer(image.offset(slot)?).filter(|_| flags & 0x4000_0000 == 0).or(Some(slot))?,
                    distance(2)?,
                )
            } else {
                (image.pointer(at)?, image.pointer(at + 2 * image.pointer_size())?)
            };
            let selector = image.text_at(selector).unwrap_or(b"?");
            self.found
                .entry(code)
                .or_insert_with(|| format!("{sign}[{class} {}]", String::from_utf8_lossy(selector)));
        }
        Some(())
    }
}
