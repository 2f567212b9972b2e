//! Resources as protocol buffers, as app bundles have them: `resources.pb` (`ResourceTable`) and
//! XML (`XmlNode`) of aapt2's `Resources.proto`.

use super::wire::{Field, Fields, Value};
use super::{pb_table, pb_xml};
use crate::blob::{Blob, Text, TextKind};
use crate::lens::strings::Strings;
use crate::lens::{Complaint, Damage, Lens};
use crate::limits::Limits;

const FORMAT: &str = "Android protobuf resources";
/// Fields of a message looked at to see what it is.
const SNIFFED: usize = 4096;
/// How the pool of source names begins, which `aapt2` puts first: field 1, field 1, a pool.
const POOL: &[u8] = &[0x01, 0x00, 0x1c, 0x00];

/// Reads tables and XML in protocol buffers.
pub struct AabLens;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Table,
    Xml,
}

impl Lens for AabLens {
    fn name(&self) -> &'static str {
        "aab"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        message(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let len = blob.bytes.len();
        let places = Places { blob, limits };
        let mut strings = Strings::new(TextKind::Pool, len, limits, &places, emit);
        let mut whole = true;
        let mut push = |start: usize, end: usize| {
            let bytes = blob.bytes.get(start..end).unwrap_or_default();
            whole &= bytes.is_empty() || strings.push(bytes, start as u64, start as u64);
        };
        let broken = match message(blob.bytes) {
            Some(Message::Table) => {
                pb_table::walk(blob.bytes, &mut |string, _| push(string.start, string.end))
            }
            Some(Message::Xml) => pb_xml::strings(blob.bytes, &mut push),
            None => None,
        };
        if let Some(at) = broken {
            complaint.note(at as u64, || "a message is cut off or damaged".into());
        }
        if !(strings.finish() && whole) {
            complaint.note(0, || "too many strings: some are left out".into());
        }
        complaint.into_result()
    }
}

struct Places<'b, 'a> {
    blob: &'b Blob<'a>,
    limits: &'b Limits,
}

impl crate::lens::strings::Places for Places<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<crate::blob::Site>> {
        match message(self.blob.bytes) {
            Some(Message::Table) => pb_table::places(self.blob, tags),
            Some(Message::Xml) => pb_xml::places(self.blob, tags, self.limits),
            None => vec![Vec::new(); tags.len()],
        }
    }
}

/// What the bytes are, by the fields they begin with. Files without magic are told by being
/// nothing else: all fields known and of the right kind, to the last byte.
fn message(data: &[u8]) -> Option<Message> {
    // Field 1 or 2, of bytes.
    if !matches!(data.first(), Some(0x0a | 0x12)) {
        return None;
    }
    if is_table(data) {
        Some(Message::Table)
    } else if is_xml(data) {
        Some(Message::Xml)
    } else {
        None
    }
}

fn is_table(data: &[u8]) -> bool {
    let mut fields = Fields::new(data, 0..data.len());
    let mut packages = 0;
    let mut pool = false;
    for field in fields.by_ref().take(SNIFFED) {
        let Field { number: 1..=6, value: Value::Bytes { start, end } } = field else { return false };
        match field.number {
            1 => pool |= Fields::new(data, start..end).next().is_some_and(|f| starts(data, &f, POOL)),
            2 if is_package(data, start, end) => packages += 1,
            2 => return false,
            _ => {}
        }
    }
    packages > 0 && (pool || !fields.broken)
}

/// Whether a message is `Package`: an id, a name, types.
fn is_package(data: &[u8], start: usize, end: usize) -> bool {
    let mut named = false;
    for field in Fields::new(data, start..end).take(64) {
        match (field.number, field.value) {
            (1, _) => {}
            (2, Value::Bytes { start, end }) => {
                named = data.get(start..end).is_some_and(is_name);
                if !named {
                    return false;
                }
            }
            (3, Value::Bytes { .. }) => {}
            _ => return false,
        }
    }
    named
}

fn is_xml(data: &[u8]) -> bool {
    let mut fields = Fields::new(data, 0..data.len());
    let mut element = None;
    for field in fields.by_ref().take(8) {
        let Value::Bytes { start, end } = field.value else { return false };
        match field.number {
            1 if element.is_none() => element = Some(start..end),
            3 => {}
            _ => return false,
        }
    }
    let Some(element) = element else { return false };
    let cut = fields.broken;
    let mut fields = Fields::new(data, element);
    let (mut named, mut android) = (false, false);
    for field in fields.by_ref().take(SNIFFED) {
        let Field { number: 1..=5, value: Value::Bytes { start, end } } = field else { return false };
        match field.number {
            1 => {
                let mut inside = Fields::new(data, start..end);
                android |= inside.any(|f| starts(data, &f, b"http://schemas.android.com/"));
            }
            3 => named = data.get(start..end).is_some_and(is_name),
            _ => {}
        }
        if named && android {
            return true;
        }
    }
    named && !cut && !fields.broken
}

fn starts(data: &[u8], field: &Field, with: &[u8]) -> bool {
    match field.value {
        Value::Bytes { start, end } => data.get(start..end).is_some_and(|bytes| bytes.starts_with(with)),
        Value::Number(_) => false,
    }
}

/// A name of a package or element.
fn is_name(name: &[u8]) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || *b >= 0x80;
    name.len() <= 512
        && name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80)
        && name.iter().all(is_part)
        && std::str::from_utf8(name).is_ok()
}
