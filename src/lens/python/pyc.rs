//! Compiled Python modules: constants of code objects, and what the code does with them.

use super::code::Finder;
use super::marshal::{Marshal, Node, Version};
use super::opcodes::opcodes;
use crate::blob::{Blob, Site, Text, TextKind};
use crate::lens::strings::{Places, Strings, is_secret_name, may_be_password};
use crate::lens::{Complaint, Damage, Lens, bytes};
use crate::limits::Limits;

/// Reads `.pyc` and `.pyo` files.
pub struct PycLens;

const FORMAT: &str = "pyc";
/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Longest name that is asked whether it says secret, and most values that are then looked for in the code.
const MAX_NAME: usize = 64;
const MOST_CANDIDATES: usize = 64;

/// Version and length of the header, by the magic number (`Lib/importlib/_bootstrap_external.py`).
fn header(data: &[u8]) -> Option<(Version, usize)> {
    if data.get(2..4) != Some(b"\r\n") {
        return None;
    }
    let (version, len) = match bytes::u16_le(data, 0)? {
        62171..=62211 => (Version(2, 7), 8),
        3000..=3189 => (Version(3, 0), 8),
        3190..=3351 => (Version(3, 3), 12),
        3360..=3379 => (Version(3, 6), 12),
        3390..=3399 => (Version(3, 7), 16),
        3400..=3419 => (Version(3, 8), 16),
        3420..=3429 => (Version(3, 9), 16),
        3430..=3449 => (Version(3, 10), 16),
        3450..=3499 => (Version(3, 11), 16),
        3500..=3549 => (Version(3, 12), 16),
        3550..=3599 => (Version(3, 13), 16),
        3600..=3699 => (Version(3, 14), 16),
        _ => return None,
    };
    // A module is a code object.
    let is_code = data.get(len).is_some_and(|b| b & 0x7f == b'c');
    is_code.then_some((version, len))
}

impl Lens for PycLens {
    fn name(&self) -> &'static str {
        "pyc"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        header(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let Some((version, start)) = header(blob.bytes) else { return Ok(()) };
        let mut marshal = Marshal::new(blob.bytes, start, version);
        let root = marshal.value(0).flatten();
        if root.is_none() {
            complaint.note(marshal.at() as u64, || "a value that is no value of Python".into());
        }
        let places = PycPlaces { marshal: &marshal, version, root };
        let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &places, emit);
        for (tag, node) in (0u64..).zip(&marshal.nodes) {
            if let Node::Str { at, len } = *node
                && len >= MIN_LEN
                && let Some(text) = bytes::slice(blob.bytes, at, len)
            {
                strings.push(text, at as u64, tag);
            }
        }
        // What only a variable, an argument or a key says of a value that looks like nothing.
        let text = |node: &Node| match *node {
            Node::Str { at, len } => bytes::slice(blob.bytes, at, len).map(|text| (at, text)),
            _ => None,
        };
        let is_name = |text: &[u8]| text.len() < MAX_NAME && is_secret_name(&String::from_utf8_lossy(text));
        let candidates: Vec<_> = (0u64..)
            .zip(&marshal.nodes)
            .filter_map(|(tag, node)| text(node).map(|(at, text)| (text, at as u64, tag)))
            .filter(|(text, ..)| may_be_password(text))
            .take(MOST_CANDIDATES)
            .collect();
        let mut texts = marshal.nodes.iter().filter_map(text);
        if !candidates.is_empty() && texts.any(|(_, text)| is_name(text)) {
            strings.push_named_by_place(&candidates, 1);
        }
        strings.finish();
        complaint.into_result()
    }
}

struct PycPlaces<'m, 'a> {
    marshal: &'m Marshal<'a>,
    version: Version,
    root: Option<u32>,
}

impl Places for PycPlaces<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut finder = Finder::new(self.marshal, opcodes(self.version), tags);
        if let Some(root) = self.root {
            finder.module(root);
        }
        tags.iter().map(|tag| finder.sites.remove(tag).unwrap_or_default()).collect()
    }
}
