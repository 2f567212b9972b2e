//! Binary XML (`ResXMLTree_header`): manifests, layouts, preferences, what lies in `res/xml`.

use super::attributes::framework;
use super::chunk::{
    CDATA, Chunk, END_ELEMENT, RESOURCE_MAP, START_ELEMENT, START_NAMESPACE, STRING_POOL, XML, chunks,
};
use super::pool::Pool;
use super::render::{REFERENCE, Render, VALUE};
use super::{app_scope, package_scope};
use crate::blob::{Blob, Scope, Site, Text, TextKind};
use crate::lens::bytes::{u16_le, u32_le};
use crate::lens::strings::{Places, Strings};
use crate::lens::{Complaint, Damage, Lens};
use crate::limits::Limits;
use std::collections::HashMap;

const FORMAT: &str = "Android binary XML";
const TYPE_REFERENCE: u8 = 1;
const TYPE_STRING: u8 = 3;
const NONE: u32 = u32::MAX;
/// Chunks looked at to see whether a blob is XML.
const SNIFFED: usize = 16;
/// Bytes of a node before what is special to its kind, where its header says nothing sensible.
const NODE: usize = 16;
/// Bytes of an attribute: namespace, name, raw value, typed value.
const ATTRIBUTE: usize = 20;

/// Reads compiled XML.
pub struct AxmlLens;

impl Lens for AxmlLens {
    fn name(&self) -> &'static str {
        "axml"
    }

    /// The runtime does not look at the type of the outer chunk, so obfuscators change it: then a
    /// pool must follow at once.
    fn reads(&self, blob: &Blob<'_>) -> bool {
        let bytes = blob.bytes;
        if u16_le(bytes, 2) != Some(8) {
            return false;
        }
        let pool = |at| u16_le(bytes, at) == Some(STRING_POOL) && u16_le(bytes, at + 2) == Some(28);
        match u16_le(bytes, 0) {
            Some(XML) => pool(8) || chunks(bytes, 8, bytes.len()).take(SNIFFED).any(|c| pool(c.at)),
            Some(0..=2) => pool(8),
            _ => false,
        }
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of(FORMAT);
        let document = Document::new(blob, limits, &mut complaint);
        let Some(pool) = document.pool else {
            complaint.note(8, || "no pool of strings".into());
            return complaint.into_result();
        };
        let mut strings = Strings::new(TextKind::Pool, blob.bytes.len(), limits, &document, emit);
        let whole = pool.push(0, &mut strings, &mut complaint);
        if !(strings.finish() && whole) {
            complaint.note(0, || "strings overlap: some are left out".into());
        }
        complaint.into_result()
    }
}

/// A document, as far as it can be read.
struct Document<'b, 'a> {
    blob: &'b Blob<'a>,
    pool: Option<Pool<'a>>,
    /// The chunk with resource ids of the first strings of the pool.
    ids: Option<Chunk>,
    cap: usize,
}

impl<'b, 'a> Document<'b, 'a> {
    fn new(blob: &'b Blob<'a>, limits: &Limits, complaint: &mut Complaint) -> Self {
        let data = blob.bytes;
        let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX);
        let mut document = Document { blob, pool: None, ids: None, cap };
        if Chunk::read(data, 0, data.len()).is_none_or(|whole| whole.cut) {
            complaint.note(4, || format!("cut off, or a wrong size: {} bytes are there", data.len()));
        }
        let mut at = 8;
        for chunk in chunks(data, 8, data.len()) {
            at = chunk.end;
            match chunk.kind {
                STRING_POOL if document.pool.is_none() => {
                    document.pool = Pool::new(data, &chunk, complaint);
                }
                RESOURCE_MAP if document.ids.is_none() => document.ids = Some(chunk),
                _ => {}
            }
        }
        if data.get(at..).is_some_and(|rest| rest.iter().take(64).any(|&b| b != 0)) {
            complaint.note(at as u64, || "no chunk where one should be".into());
        }
        document
    }

    fn string(&self, index: u32) -> Option<String> {
        self.pool?.get_some(index, VALUE * 2).filter(|_| index != NONE)
    }

    /// The resource id of the attribute whose name is string `index`.
    fn id(&self, index: u32) -> Option<u32> {
        let ids = self.ids?;
        let at = ids.body.checked_add(usize::try_from(index).ok()?.checked_mul(4)?)?;
        u32_le(self.blob.bytes.get(..ids.end)?, at)
    }

    /// `android:name`. The runtime goes by the resource id where there is one.
    fn attribute_name(&self, namespace: u32, name: u32, prefixes: &HashMap<u32, String>) -> String {
        let id = self.id(name).filter(|&id| id != 0);
        let known = id.and_then(framework);
        let local = match known {
            Some(known) => known.to_owned(),
            None => self.string(name).filter(|n| !n.is_empty()).unwrap_or_else(|| match id {
                Some(id) => format!("_{id:08x}"),
                None => "_".to_owned(),
            }),
        };
        if namespace == NONE && known.is_none() {
            return local;
        }
        let prefix = prefixes.get(&namespace).filter(|p| !p.is_empty()).cloned();
        let prefix = prefix.unwrap_or_else(|| match self.string(namespace) {
            Some(uri) if uri.ends_with("/res-auto") => "app".to_owned(),
            Some(uri) if uri.ends_with("/tools") => "tools".to_owned(),
            _ if known.is_some() || namespace != NONE => "android".to_owned(),
            _ => String::new(),
        });
        format!("{prefix}:{local}")
    }

    /// Writes the document and gives the package that a manifest names.
    fn write(&self, render: &mut Render) -> Option<String> {
        let data = self.blob.bytes;
        let mut prefixes: HashMap<u32, String> = HashMap::new();
        let mut package = None;
        for chunk in chunks(data, 8, data.len()) {
            if !render.has_room() {
                break;
            }
            // Behind the header: its size may be wrong in what only aims at other tools.
            let at = if chunk.body.saturating_sub(chunk.at) < NODE { chunk.at + NODE } else { chunk.body };
            let word = |n: usize| u32_le(data, at.checked_add(n)?);
            match chunk.kind {
                START_NAMESPACE => {
                    if let (Some(prefix), Some(uri)) = (word(0).and_then(|p| self.string(p)), word(4)) {
                        prefixes.insert(uri, prefix);
                    }
                }
                START_ELEMENT => {
                    let name = word(4).and_then(|name| self.string(name)).unwrap_or_default();
                    let is_manifest = package.is_none() && name == "manifest";
                    render.element(&name);
                    self.attributes(at, chunk.end, &prefixes, render, &mut |name, value| {
                        if is_manifest && name == "package" {
                            package = Some(value.to_owned());
                        }
                    });
                }
                END_ELEMENT => render.close(),
                CDATA => {
                    if let Some(index) = word(0)
                        && let Some(text) = self.string(index)
                    {
                        render.characters(&text, index.into());
                    }
                }
                _ => {}
            }
        }
        package
    }

    /// The attributes of an element (`ResXMLTree_attrExt` at `at`).
    fn attributes(
        &self,
        at: usize,
        end: usize,
        prefixes: &HashMap<u32, String>,
        render: &mut Render,
        tell: &mut dyn FnMut(&str, &str),
    ) {
        let Some(data) = self.blob.bytes.get(..end) else { return };
        let half = |n: usize| u16_le(data, at.checked_add(n)?).map(usize::from);
        let (Some(start), Some(size), Some(count)) = (half(8), half(10), half(12)) else { return };
        let size = if size == 0 { ATTRIBUTE } else { size };
        for n in 0..count {
            let at = at.saturating_add(start).saturating_add(n * size);
            let word = |n: usize| u32_le(data, at.checked_add(n)?);
            let (Some(namespace), Some(name), Some(raw), Some(typed)) = (word(0), word(4), word(8), word(16))
            else {
                return;
            };
            let kind = at.checked_add(15).and_then(|at| data.get(at)).copied();
            // What the runtime takes; the raw value is for tools, and missing in most.
            let value = if kind == Some(TYPE_STRING) { typed } else { raw };
            let name = self.attribute_name(namespace, name, prefixes);
            let text = match kind {
                Some(TYPE_REFERENCE) => format!("{REFERENCE}{typed:08x}"),
                _ => self.string(value).unwrap_or_default(),
            };
            tell(&name, &text);
            let tag = |index: u32| (index != NONE).then_some(u64::from(index));
            render.attribute(&name, &text, &[tag(value), tag(raw)]);
            if !render.has_room() {
                return;
            }
        }
    }
}

impl Places for Document<'_, '_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let mut render = Render::new(tags, self.cap);
        let package = self.write(&mut render);
        let around: Vec<Scope> =
            app_scope(self.blob).into_iter().chain(package.map(|p| package_scope(&p))).collect();
        render.places(tags.len(), &around)
    }
}
