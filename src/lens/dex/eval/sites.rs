//! Strings that methods made, as a text with places.

use super::super::refs::{Program, Wanted};
use super::Made;
use super::vm::Vm;
use crate::blob::{Site, Text, TextKind};
use crate::lens::strings::{Places, Strings};
use crate::limits::Limits;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Tells strings apart; two that are alike by chance are told of once.
pub(in super::super) fn hash(text: &(impl AsRef<[u8]> + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.as_ref().hash(&mut hasher);
    hasher.finish()
}

struct MadePlaces<'p> {
    program: &'p Program<'p, 'p>,
    made: &'p [Made],
}

impl Places for MadePlaces<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut wanted = Wanted::default();
        for (&tag, hit) in tags.iter().zip(0u32..) {
            if let Some(made) = usize::try_from(tag).ok().and_then(|tag| self.made.get(tag)) {
                wanted.add_made(made.method, made.at, hit);
            }
        }
        self.program.places(wanted, tags.len())
    }
}

/// Runs the methods `roots` and gives what they make to `emit`, but for what is `known`.
pub(in super::super) fn read(
    program: &Program<'_, '_>,
    roots: &[u32],
    limits: &Limits,
    known: &HashSet<(u32, u64)>,
    emit: &mut dyn FnMut(&Text<'_>),
) {
    if roots.is_empty() {
        return;
    }
    let mut vm = Vm::new(program);
    for &root in roots {
        vm.run(root);
        if vm.total == 0 {
            break;
        }
    }
    let made = vm.made;
    let places = MadePlaces { program, made: &made };
    let mut strings = Strings::new(TextKind::Pool, program.dex.data.len(), limits, &places, emit);
    for (made, tag) in made.iter().zip(0u64..) {
        if known.contains(&(made.method, hash(&made.text))) {
            continue;
        }
        let Some((method, _)) = program.classes.body(program.dex, made.method) else { continue };
        let offset = program.dex.blob_offset(method.code as usize) + 16 + u64::from(made.at) * 2;
        if !strings.push_made(made.text.as_bytes(), offset, tag) {
            break;
        }
    }
    strings.finish();
}
