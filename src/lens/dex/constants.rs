//! Constants whose field says that they are a secret, and which look like nothing: `BuildConfig.DB_PASSWORD = "…"`.

use super::names;
use super::refs::{Program, type_scopes};
use super::values::Walk;
use crate::blob::{Site, Text, TextKind};
use crate::lens::strings::{Strings, is_secret_name, may_be_password};
use crate::limits::Limits;

/// Longest value that is named so, and most of them.
const LONGEST: usize = 64;
const MOST: usize = 4096;

/// Emits those constants with their names.
pub(super) fn read(program: &Program<'_, '_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
    let dex = program.dex;
    let mut budget = dex.data.len();
    let mut found: Vec<(u32, usize, &[u8])> = Vec::new();
    for (number, fields) in program.classes.statics() {
        let Some(class) = dex.class(number as usize) else { continue };
        Walk::new(dex.data, class.static_values, &mut budget).array(&mut |value| {
            let Some(&field) = fields.get(value.position as usize) else { return };
            let Some((at, text)) = dex.short_string(value.string, LONGEST) else { return };
            if found.len() < MOST
                && may_be_password(text)
                && dex.field(field).is_some_and(|id| is_secret_name(&names::plain(dex, id.name)))
            {
                found.push((field, at, text));
            }
        });
    }
    if found.is_empty() {
        return;
    }
    let place = |tag: u64| {
        let field = u32::try_from(tag).ok().and_then(|field| dex.field(field));
        let site = |id| Site {
            name: names::field(dex, id),
            key: Some(names::plain(dex, id.name)),
            scopes: type_scopes(&names::class(dex, id.class)),
            ..Site::default()
        };
        field.map(site).into_iter().collect()
    };
    let mut strings = Strings::new(TextKind::Pool, dex.data.len(), limits, &place, emit);
    for (field, at, text) in found {
        if let Some(name) = dex.field(field).map(|id| names::plain(dex, id.name)) {
            strings.push_named(&name, text, dex.blob_offset(at), 1, u64::from(field));
        }
    }
    strings.finish();
}
