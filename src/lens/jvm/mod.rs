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

use super::strings::{Places, Strings};
use super::{Complaint, Damage, Lens, bytes};
use crate::blob::{Blob, Site, Text, TextKind};
use crate::limits::Limits;
use class::Class;
use machine::Machine;
use std::collections::HashMap;

/// Reads class files.
pub struct ClassLens;

const FORMAT: &str = "Java class";
/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;

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
