//! Java class files: the constant pool, and what the code of the class does with it.
//!
//! The pool of a class (JVMS 4.4) keeps strings with their lengths but not what they are for: that is in
//! the fields (`ConstantValue`), annotations and code. This lens gives the strings of the pool as one text
//! and those that methods put together as another; asked for the places of a hit it runs the methods in
//! the abstract ([`machine`]) to see which field, argument or map entry a string becomes.

mod class;
mod machine;
mod ops;
mod sites;

use super::strings::{Places, Strings, is_secret_name, may_be_password};
use super::{Complaint, Damage, Lens, bytes};
use crate::blob::{Blob, Site, Text, TextKind};
use crate::limits::Limits;
use class::{Class, Entry};
use machine::Machine;
use std::collections::HashMap;

/// Reads class files.
pub struct ClassLens;

const FORMAT: &str = "Java class";
/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Longest name that is asked whether it says secret, and most values that are then looked for in the code.
const MAX_NAME: usize = 64;
const MOST_CANDIDATES: usize = 64;

impl Lens for ClassLens {
    fn name(&self) -> &'static str {
        "class"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // A fat Mach-O has the same magic and its count of architectures where the version is.
        bytes::u32_be(blob.bytes, 0) == Some(0xcafe_babe)
            && bytes::u16_be(blob.bytes, 6).is_some_and(|major| (45..=120).contains(&major))
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let class = Class::read(blob.bytes, &mut complaint);
        let places = ClassPlaces { class: &class };
        let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &places, emit);
        for (index, (at, string)) in class.utf8() {
            if string.len() >= MIN_LEN {
                strings.push(string, at as u64, u64::from(index));
            }
        }
        // What only a field, an argument or a key says of a value that looks like nothing.
        let values = class.pool.iter().filter_map(|entry| match entry {
            Entry::String(utf8) => Some(*utf8),
            _ => None,
        });
        let candidates: Vec<_> = values
            .filter_map(|index| {
                class.utf8_at(index).map(|(at, string)| (string, at as u64, u64::from(index)))
            })
            .filter(|(string, ..)| may_be_password(string))
            .take(MOST_CANDIDATES)
            .collect();
        let is_name =
            |string: &[u8]| string.len() < MAX_NAME && is_secret_name(&String::from_utf8_lossy(string));
        if !candidates.is_empty() && class.utf8().any(|(_, (_, string))| is_name(string)) {
            strings.push_named_by_place(&candidates, 1);
        }
        let joins = class.joins();
        let may_join = |n: &usize| class.methods.get(*n).is_some_and(|m| Class::may_join(m.code, joins));
        let joining: Vec<usize> = (0..class.methods.len()).filter(may_join).collect();
        if !joining.is_empty() {
            let mut machine = Machine::new(&class);
            for n in joining {
                machine.run(n, &mut machine::Nobody);
                for (id, text) in machine.texts() {
                    let tag = sites::JOINED | (n as u64) << 32 | u64::from(id);
                    strings.push_made(&text.bytes, text.at, tag);
                }
            }
        }
        if !strings.finish() {
            complaint.note(0, || "more strings than the file has room for".into());
        }
        complaint.into_result()
    }
}

struct ClassPlaces<'c, 'a> {
    class: &'c Class<'a>,
}

impl Places for ClassPlaces<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut found: HashMap<u64, Vec<Site>> = sites::find(self.class, tags);
        tags.iter().map(|tag| found.remove(tag).unwrap_or_default()).collect()
    }
}
