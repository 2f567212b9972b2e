//! Strings of an `XmlNode` (`Resources.proto`) and their places.

use super::attributes::framework;
use super::pb_table::item_string;
use super::render::{Render, VALUE};
use super::wire::{Fields, Value, text};
use super::{app_scope, package_scope};
use crate::blob::{Blob, Scope, Site};
use crate::limits::Limits;
use std::collections::HashMap;
use std::ops::Range;

/// Elements within elements; deeper ones are left out.
const DEPTH: usize = 512;

/// What an attribute consists of.
#[derive(Clone, Debug, Default)]
struct Attribute {
    uri: Range<usize>,
    name: Range<usize>,
    value: Range<usize>,
    id: u32,
    compiled: Option<Range<usize>>,
}

/// Sees a document in its order.
trait See {
    fn namespace(&mut self, prefix: Range<usize>, uri: Range<usize>);
    fn element(&mut self, name: Range<usize>);
    fn attribute(&mut self, attribute: Attribute);
    fn text(&mut self, text: Range<usize>);
    fn close(&mut self);
    fn goes_on(&self) -> bool;
}

/// Shows all nodes. Gives the first offset where something is broken.
fn walk(data: &[u8], see: &mut dyn See) -> Option<usize> {
    let mut broken = None;
    // The fields of the open nodes and elements; a message of each kind in turn.
    let mut open: Vec<(Fields<'_>, bool)> = vec![(Fields::new(data, 0..data.len()), false)];
    while let Some((fields, is_element)) = open.last_mut() {
        let is_element = *is_element;
        let Some(field) = fields.next() else {
            if fields.broken {
                broken = broken.or(Some(fields.at));
            }
            if is_element {
                see.close();
            }
            open.pop();
            continue;
        };
        let Value::Bytes { start, end } = field.value else { continue };
        match (is_element, field.number) {
            (false, 1) if open.len() < DEPTH * 2 => {
                head(data, start..end, see);
                open.push((Fields::new(data, start..end), true));
            }
            (false, 1) => broken = broken.or(Some(start)),
            (false, 2) => see.text(start..end),
            (true, 5) => open.push((Fields::new(data, start..end), false)),
            _ => {}
        }
        if !see.goes_on() {
            break;
        }
    }
    broken
}

/// Namespaces, name and attributes of an `XmlElement`.
fn head(data: &[u8], element: Range<usize>, see: &mut dyn See) {
    let mut name = 0..0;
    for field in Fields::new(data, element.clone()) {
        let Value::Bytes { start, end } = field.value else { continue };
        match field.number {
            1 => {
                let (mut prefix, mut uri) = (0..0, 0..0);
                for field in Fields::new(data, start..end) {
                    prefix = field.bytes(1).unwrap_or(prefix);
                    uri = field.bytes(2).unwrap_or(uri);
                }
                see.namespace(prefix, uri);
            }
            3 => name = start..end,
            // What comes behind the children was not written by any known tool.
            5 => break,
            _ => {}
        }
    }
    see.element(name);
    for field in Fields::new(data, element) {
        let Value::Bytes { start, end } = field.value else { continue };
        if field.number != 4 {
            continue;
        }
        let mut attribute = Attribute::default();
        for field in Fields::new(data, start..end) {
            match (field.number, field.value) {
                (1, Value::Bytes { start, end }) => attribute.uri = start..end,
                (2, Value::Bytes { start, end }) => attribute.name = start..end,
                (3, Value::Bytes { start, end }) => attribute.value = start..end,
                (5, Value::Number(id)) => attribute.id = id as u32,
                (6, Value::Bytes { start, end }) => attribute.compiled = item_string(data, start..end),
                _ => {}
            }
        }
        see.attribute(attribute);
    }
}

/// All strings that a person may have written.
pub(super) fn strings(data: &[u8], push: &mut dyn FnMut(usize, usize)) -> Option<usize> {
    struct Push<'p>(&'p mut dyn FnMut(usize, usize));
    impl See for Push<'_> {
        fn namespace(&mut self, _: Range<usize>, _: Range<usize>) {}
        fn element(&mut self, _: Range<usize>) {}
        fn attribute(&mut self, attribute: Attribute) {
            for value in [Some(attribute.value), attribute.compiled].into_iter().flatten() {
                (self.0)(value.start, value.end);
            }
        }
        fn text(&mut self, text: Range<usize>) {
            (self.0)(text.start, text.end);
        }
        fn close(&mut self) {}
        fn goes_on(&self) -> bool {
            true
        }
    }
    walk(data, &mut Push(push))
}

/// Writes the document as text.
struct Write<'w> {
    data: &'w [u8],
    render: Render,
    prefixes: HashMap<&'w [u8], String>,
    /// Whether the first element is a manifest; and its package.
    manifest: Option<bool>,
    package: Option<String>,
}

impl<'w> Write<'w> {
    fn some(&self, range: &Range<usize>) -> String {
        text(self.data, range.clone(), VALUE * 2)
    }

    fn bytes(&self, range: &Range<usize>) -> &'w [u8] {
        self.data.get(range.clone()).unwrap_or_default()
    }
}

impl See for Write<'_> {
    fn namespace(&mut self, prefix: Range<usize>, uri: Range<usize>) {
        let prefix = self.some(&prefix);
        self.prefixes.insert(self.bytes(&uri), prefix);
    }

    fn element(&mut self, name: Range<usize>) {
        let name = self.some(&name);
        self.manifest = Some(self.manifest.is_none() && name == "manifest");
        self.render.element(&name);
    }

    fn attribute(&mut self, attribute: Attribute) {
        let local = match self.some(&attribute.name) {
            name if name.is_empty() => framework(attribute.id).unwrap_or("_").to_owned(),
            name => name,
        };
        let name = match self.prefixes.get(self.bytes(&attribute.uri)) {
            Some(prefix) if !prefix.is_empty() && !attribute.uri.is_empty() => format!("{prefix}:{local}"),
            None if !attribute.uri.is_empty() => format!("android:{local}"),
            _ => local,
        };
        let value = self.some(&attribute.value);
        if self.manifest == Some(true) && name == "package" {
            self.package = Some(value.clone());
        }
        let tags = [Some(attribute.value.start as u64), attribute.compiled.map(|c| c.start as u64)];
        self.render.attribute(&name, &value, &tags);
    }

    fn text(&mut self, text: Range<usize>) {
        let value = self.some(&text);
        self.render.characters(&value, text.start as u64);
    }

    fn close(&mut self) {
        self.render.close();
    }

    fn goes_on(&self) -> bool {
        self.render.has_room()
    }
}

/// The places of the strings that begin at `tags`.
pub(super) fn places(blob: &Blob<'_>, tags: &[u64], limits: &Limits) -> Vec<Vec<Site>> {
    let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX);
    let mut write = Write {
        data: blob.bytes,
        render: Render::new(tags, cap),
        prefixes: HashMap::new(),
        manifest: None,
        package: None,
    };
    walk(blob.bytes, &mut write);
    let package = write.package.as_deref().map(package_scope);
    let around: Vec<Scope> = app_scope(blob).into_iter().chain(package).collect();
    write.render.places(tags.len(), &around)
}
