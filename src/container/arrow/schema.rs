//! The columns of Arrow data (`Schema.fbs`).

use super::flat::Table;
use std::collections::HashMap;

/// Deeper columns are not read, nor more of them than this.
const DEPTH: usize = 24;
const FIELDS: usize = 1 << 16;
const NAME: usize = 256;

/// How the values of a column lie in buffers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// Nothing at all.
    Null,
    /// Whether each is there, and numbers.
    Numbers,
    /// Offsets of so many bytes, and what they refer to.
    Text(usize),
    /// Short ones in place, long ones in other buffers.
    Views,
    /// All of one length.
    Fixed(usize),
    List(usize),
    ListViews,
    FixedList(usize),
    Struct,
    /// Of several types; whether with offsets.
    Union(bool),
    /// Repeated values, beside how far they go.
    Repeated,
}

/// A column, or a part of one.
pub(super) struct Field {
    pub name: Vec<u8>,
    pub layout: Layout,
    /// Where its values are in a dictionary: which one, and of how many bytes its indices are.
    pub dictionary: Option<(i64, usize)>,
    pub parts: Vec<Field>,
}

/// The columns of a schema; `None` where there are too many, too deep, or of types nobody knows.
pub(super) fn fields(schema: Table<'_>) -> Option<Vec<Field>> {
    let mut left = FIELDS;
    schema.tables(1).map(|field| one(field, &[], DEPTH, &mut left)).collect()
}

fn one(table: Table<'_>, above: &[u8], depth: usize, left: &mut usize) -> Option<Field> {
    let depth = depth.checked_sub(1)?;
    *left = left.checked_sub(1)?;
    let own = table.list(0, 1).unwrap_or_default();
    let mut name = above.to_vec();
    if !above.is_empty() {
        name.push(b'.');
    }
    name.extend_from_slice(&own[..own.len().min(NAME.saturating_sub(name.len()))]);
    let kind = table.table(3);
    let layout = match table.byte(2) {
        1 => Layout::Null,
        2 | 3 | 6..=11 | 18 => Layout::Numbers,
        4 | 5 => Layout::Text(4),
        19 | 20 => Layout::Text(8),
        23 | 24 => Layout::Views,
        12 | 17 => Layout::List(4),
        21 => Layout::List(8),
        25 | 26 => Layout::ListViews,
        13 => Layout::Struct,
        14 => Layout::Union(kind?.short(0) == 1),
        15 => Layout::Fixed(usize::try_from(kind?.int(0)).ok()?),
        16 => Layout::FixedList(usize::try_from(kind?.int(0)).ok()?),
        22 => Layout::Repeated,
        _ => return None,
    };
    let dictionary = table.table(4).map(|dictionary| {
        let bits = dictionary.table(1).map_or(32, |index| index.int(0));
        (dictionary.long(0), (bits as usize / 8).clamp(1, 8))
    });
    let parts: Option<Vec<_>> = table.tables(5).map(|part| one(part, &name, depth, left)).collect();
    Some(Field { name, layout, dictionary, parts: parts? })
}

/// The layouts of dictionaries with strings, by their numbers.
pub(super) fn dictionaries(fields: &[Field], out: &mut HashMap<i64, Layout>) {
    for field in fields {
        if let Some((id, _)) = field.dictionary
            && matches!(field.layout, Layout::Text(_) | Layout::Views | Layout::Fixed(_))
        {
            out.insert(id, field.layout);
        }
        dictionaries(&field.parts, out);
    }
}
