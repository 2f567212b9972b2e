//! Assemblies of .NET, Mono and Unity: the user strings, constants, attributes, data and resources of
//! their metadata (ECMA-335 partition II), named by a sweep over the code (partition III).
//!
//! A ready-to-run image keeps its intermediate language and reads like any other. Where the headers
//! of the file are damaged, or the assembly is embedded in something else, the metadata is found by
//! its signature: then there is no code, and strings have no places.

mod attributes;
mod calls;
mod data;
mod eval;
mod il;
mod image;
mod machine;
mod meta;
mod names;
mod resources;
mod sites;

use super::document::DocumentSites;
use super::strings::{Strings, may_be_password};
use super::{Complaint, Damage, Lens, raw};
use crate::address::escape;
use crate::blob::{Blob, OffsetMap, Text, TextKind};
use crate::lens::bytes::size_le;
use crate::limits::Limits;
use crate::look::{Look, Signature};
use calls::Call;
use data::Form;
use il::op;
use image::Image;
use machine::{Machine, Wanted};
use meta::{Meta, Token, packed, table};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// Reads assemblies, and `.resources` files.
pub struct DotnetLens;

/// Assemblies in one file that are looked for by signature.
const MAX_ROOTS: usize = 16;

/// Characters that a method must have to put together a string of use.
const MIN_PIECES: usize = 16;

/// What a string is, packed into the tag that it gets in a text.
enum Tag {
    /// Offset in `#US`.
    User(u32),
    /// Row of the constants.
    Constant(u32),
    /// Row of the attributes, number of the string.
    Attribute(u32, u16),
    /// Row of the initial data.
    Data(u32),
    /// Index into the entries of resources.
    Resource(u64),
    /// Index into what code puts together.
    Made(u64),
}

impl Tag {
    fn pack(&self) -> u64 {
        match *self {
            Tag::User(at) => u64::from(at),
            Tag::Constant(row) => 1 << 56 | u64::from(row),
            Tag::Attribute(row, n) => 2 << 56 | u64::from(row) << 16 | u64::from(n),
            Tag::Data(row) => 3 << 56 | u64::from(row),
            Tag::Resource(n) => 4 << 56 | n,
            Tag::Made(n) => 5 << 56 | n,
        }
    }

    fn read(tag: u64) -> Self {
        let rest = tag & ((1 << 56) - 1);
        match tag >> 56 {
            1 => Tag::Constant(rest as u32),
            2 => Tag::Attribute((rest >> 16) as u32, rest as u16),
            3 => Tag::Data(rest as u32),
            4 => Tag::Resource(rest),
            5 => Tag::Made(rest),
            _ => Tag::User(rest as u32),
        }
    }
}

/// Methods that are worth running, gathered in one pass over all code.
#[derive(Default)]
struct Roots {
    /// By row: makes strings out of what it is given.
    helpers: HashSet<u32>,
    /// Methods that have constants at hand, and whom of this assembly they call.
    candidates: Vec<(u32, bool, Vec<u32>)>,
    method: u32,
    makes: bool,
    field: bool,
    callees: Vec<u32>,
}

/// Strings that code is asked about, and constants that are asked for the name of their field.
const MAX_STRINGS: usize = 64;
const MAX_PASSWORDS: usize = 4096;

/// Methods of this assembly that one method calls and that are looked at.
const MAX_CALLEES: usize = 64;

impl Roots {
    fn begin(&mut self, method: u32) {
        self.method = method;
        (self.makes, self.field) = (false, false);
        self.callees.clear();
    }

    fn call(&mut self, meta: &Meta<'_>, operand: u32, is_maker: bool) {
        self.makes |= is_maker;
        let token = Token::of(operand);
        let token = match token.table {
            table::METHOD_SPEC => meta.coded(table::METHOD_SPEC, token.row, 0).unwrap_or(token),
            _ => token,
        };
        if token.table == table::METHOD && self.callees.len() < MAX_CALLEES {
            self.callees.push(token.row);
        }
    }

    fn field(&mut self, operand: u32) {
        self.field |= operand >> 24 == table::FIELD as u32;
    }

    /// Ends a method; `has` says whether there are constants in it of which a secret can be made.
    fn end(&mut self, has: bool) {
        if self.makes {
            self.helpers.insert(self.method);
        }
        if has || self.field {
            let callees = std::mem::take(&mut self.callees);
            self.candidates.push((self.method, self.makes, callees));
        }
    }

    fn into_methods(self) -> impl Iterator<Item = u32> {
        let Roots { helpers, candidates, .. } = self;
        candidates
            .into_iter()
            .filter(move |(_, makes, callees)| *makes || callees.iter().any(|c| helpers.contains(c)))
            .map(|(method, ..)| method)
    }
}

/// An entry of embedded resources.
struct Resource {
    entry: resources::Entry,
    /// The name of the resources that it is in.
    of: Arc<str>,
}

/// One assembly.
struct Assembly<'m, 'a> {
    meta: Meta<'a>,
    image: &'m Image,
    /// Method and offset in its code of each string that code puts together.
    made: Vec<(u32, u32)>,
    derived: machine::Derived,
    resources: Vec<Resource>,
}

impl Lens for DotnetLens {
    fn name(&self) -> &'static str {
        "dotnet"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        if data.starts_with(resources::MAGIC) || data.starts_with(b"BSJB") {
            return true;
        }
        // Native programs and dumps may hold an assembly; text cannot.
        if data.len() < 512 || raw::kind(&data[..512]) == TextKind::Plain {
            return false;
        }
        Image::read(data).is_some() || image::seek_root(data).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::MetadataRoot) || look.has(Signature::NetResources)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let data = blob.bytes;
        let mut complaint = Complaint::of(".NET assembly");
        if data.starts_with(resources::MAGIC) {
            let image = Image::default();
            let mut assembly = Assembly::new(Meta::none(data), &image);
            if assembly.add_resources(0..data.len(), "").is_none() {
                complaint.note(0, || "resources are cut off".into());
            }
            assembly.emit_resources(limits, emit);
            return complaint.into_result();
        }
        let image = Image::read(data);
        let whole = image.as_ref().and_then(|i| i.metadata).and_then(|at| Meta::read(data, at));
        let is_whole = whole.is_some();
        let image = image.unwrap_or_default();
        let mut metas: Vec<Meta<'_>> = whole.into_iter().collect();
        if !is_whole {
            let mut at = 0;
            while let Some(root) =
                data.get(at..).and_then(image::seek_root).filter(|_| metas.len() < MAX_ROOTS)
            {
                metas.extend(Meta::read(data, at + root));
                at += root + 4;
            }
        }
        for meta in metas {
            if let Some((at, what)) = meta.wrong.filter(|_| is_whole) {
                complaint.note(at as u64, || what.into());
            }
            Assembly::new(meta, &image).texts(limits, emit);
        }
        complaint.into_result()
    }
}

impl<'m, 'a> Assembly<'m, 'a> {
    fn new(meta: Meta<'a>, image: &'m Image) -> Self {
        Assembly { meta, image, made: Vec::new(), derived: HashMap::new(), resources: Vec::new() }
    }

    /// Bytes of code that are looked at in one pass: bodies may overlap in hostile files only.
    fn code_budget(&self) -> usize {
        self.meta.data.len().saturating_mul(3).saturating_add(1 << 16)
    }

    fn texts(mut self, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
        let made = self.make();
        self.made = made.iter().map(|(at, _)| *at).collect();
        self.derived = made.iter().map(|(at, text)| (*at, Arc::from(&**text))).collect();
        let data = self.meta.data;

        // Compilers write user strings in the order in which methods use them first.
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &self, emit);
        self.user_strings(&mut strings);
        strings.finish();

        let mut strings = Strings::new(TextKind::Pool, data.len(), limits, &self, emit);
        self.constants(&mut strings);
        self.initial_data(&mut strings);
        self.attributes(&mut strings);
        for (n, ((method, at), text)) in (0u64..).zip(&made) {
            let code = il::place(&self.meta, self.image, *method).map_or(0, |code| code.start);
            strings.push_made(text.as_bytes(), code as u64 + u64::from(*at), Tag::Made(n).pack());
        }
        strings.finish();
        self.manifest_resources(limits, emit);
    }

    fn user_strings(&self, strings: &mut Strings<'_>) {
        let heap = self.meta.user.clone();
        let data = self.meta.data;
        let mut passwords: Vec<(Vec<u8>, u64, u64)> = Vec::new();
        let most = if self.may_name_secrets() { MAX_STRINGS } else { 0 };
        let mut at = heap.start;
        while at < heap.end {
            let Some((length, start)) = packed(data, at) else { break };
            let Some(end) = start.checked_add(length).filter(|&end| end <= heap.end) else { break };
            // What is shorter than this is no secret and part of none.
            if length > 8 {
                let units = data.get(start..start + (length & !1)).unwrap_or_default();
                let tag = Tag::User((at - heap.start) as u32).pack();
                if passwords.len() < most
                    && let Some(value) = ascii(units).filter(|value| may_be_password(value))
                {
                    passwords.push((value, start as u64, tag));
                }
                if !strings.push_utf16(units, false, start as u64, tag) {
                    break;
                }
            }
            at = end;
        }
        let passwords: Vec<_> = passwords.iter().map(|(value, at, tag)| (&value[..], *at, *tag)).collect();
        strings.push_named_by_place(&passwords, 2);
    }

    /// Whether the code is short enough to be asked what it calls each string, and some name of it may say secret.
    fn may_name_secrets(&self) -> bool {
        const LONGEST: usize = 1 << 20;
        const WORDS: [&[u8]; 4] = [b"assw", b"ASSW", b"ecret", b"ECRET"];
        let names = self.meta.data.get(self.meta.strings.clone()).unwrap_or_default();
        self.meta.data.len() <= LONGEST
            && WORDS.iter().any(|word| memchr::memmem::find(names, word).is_some())
    }

    fn constants(&self, strings: &mut Strings<'_>) {
        let mut passwords: Vec<(Vec<u8>, u64, u64)> = Vec::new();
        for row in 1..=self.meta.rows(table::CONSTANT) {
            // II.22.9: the type is in the low byte.
            if self.meta.cell(table::CONSTANT, row, 0) & 0xff != 0x0e {
                continue;
            }
            let range = self.meta.blob(self.meta.cell(table::CONSTANT, row, 2));
            let start = range.start as u64;
            let units = self.meta.data.get(range).unwrap_or_default();
            if passwords.len() < MAX_PASSWORDS
                && let Some(value) = ascii(units).filter(|value| may_be_password(value))
            {
                passwords.push((value, start, Tag::Constant(row).pack()));
            }
            if units.len() >= 8 && !strings.push_utf16(units, false, start, Tag::Constant(row).pack()) {
                break;
            }
        }
        // What only its field says of a value that looks like nothing.
        let passwords: Vec<_> = passwords.iter().map(|(value, at, tag)| (&value[..], *at, *tag)).collect();
        strings.push_named_by_place(&passwords, 2);
    }

    fn initial_data(&self, strings: &mut Strings<'_>) {
        for row in 1..=self.meta.rows(table::FIELD_RVA) {
            let Some(range) = data::of_row(&self.meta, self.image, row) else { continue };
            let start = range.start as u64;
            let Some(bytes) = self.meta.data.get(range) else { continue };
            let tag = Tag::Data(row).pack();
            let goes_on = match data::form(bytes) {
                Some(Form::Bytes) => strings.push(bytes, start, tag),
                Some(Form::Utf16) => strings.push_utf16(bytes, false, start, tag),
                Some(Form::Utf32) => {
                    let text: Vec<u8> = bytes.iter().step_by(4).copied().collect();
                    strings.push_made(&text, start, tag)
                }
                None => true,
            };
            if !goes_on {
                break;
            }
        }
    }

    fn attributes(&self, strings: &mut Strings<'_>) {
        let mut left = self.code_budget();
        for row in 1..=self.meta.rows(table::CUSTOM_ATTRIBUTE) {
            // Most say little: an attribute without room for a string of use is not read.
            let size = self.meta.blob(self.meta.cell(table::CUSTOM_ATTRIBUTE, row, 2)).len();
            if size < 12 {
                continue;
            }
            let Some(rest) = left.checked_sub(size) else { break };
            left = rest;
            for (n, text) in (0u16..).zip(attributes::strings(&self.meta, row)) {
                let start = text.range.start as u64;
                let bytes = self.meta.data.get(text.range).unwrap_or_default();
                if !strings.push(bytes, start, Tag::Attribute(row, n).pack()) {
                    return;
                }
            }
        }
    }

    /// The strings that code puts together, with method and place.
    fn make(&self) -> Vec<((u32, u32), Rc<str>)> {
        let mut made = Vec::new();
        let makers = self.makers();
        if makers.is_empty() {
            return made;
        }
        let wanted = Wanted::default();
        let mut calls: HashMap<u32, Rc<Call<'_>>> = HashMap::new();
        let (mut left, mut bytes) = (self.code_budget(), 0usize);
        let mut roots = Roots::default();
        for method in 1..=self.meta.rows(table::METHOD) {
            let Some(code) = il::body(&self.meta, self.image, method) else { continue };
            let Some(rest) = left.checked_sub(code.len() + 16) else { break };
            left = rest;
            let (mut at, mut pieces, mut arrays, mut makes) = (0, 0usize, false, false);
            roots.begin(method);
            while let Some(insn) = il::decode(code, at) {
                match insn.op {
                    op::LDSTR => pieces = pieces.saturating_add(self.piece(insn.operand & 0x00ff_ffff)),
                    op::LDTOKEN => arrays = true,
                    op::CALL | op::CALLVIRT | op::NEWOBJ => {
                        let is_maker = makers.contains(insn.operand);
                        makes |= is_maker;
                        roots.call(&self.meta, insn.operand, is_maker);
                    }
                    // Elements of one, two and four bytes.
                    0x9c..=0x9e => arrays = true,
                    op::LDSFLD | op::LDFLD => roots.field(insn.operand),
                    _ => {}
                }
                at = insn.next;
            }
            roots.end(pieces >= MIN_PIECES || arrays);
            // Most code that joins strings makes messages: words, too short for a secret.
            if !makes || (pieces < MIN_PIECES && !arrays) {
                continue;
            }
            let mut machine =
                Machine::new(&self.meta, self.image, &mut calls, &wanted, &self.derived, method);
            machine.run(code);
            for string in machine.made {
                bytes = bytes.saturating_add(string.text.len() + 32);
                if bytes < self.meta.data.len() {
                    made.push(((method, string.at), string.text));
                }
            }
        }
        self.run(roots, &mut made);
        made
    }

    /// Adds the strings that come out only where code is run.
    fn run(&self, roots: Roots, made: &mut Vec<((u32, u32), Rc<str>)>) {
        let mut vm = eval::Vm::new(&self.meta, self.image);
        for method in roots.into_methods() {
            if !vm.run(method) {
                break;
            }
        }
        let mut bytes = 0usize;
        let found: HashMap<(u32, u32), Rc<str>> = std::mem::take(&mut vm.made)
            .into_iter()
            .filter(|string| {
                bytes = bytes.saturating_add(string.text.len() + 32);
                bytes < self.meta.data.len()
            })
            .map(|string| ((string.method, string.at), string.text.into()))
            .collect();
        // Where both have looked, what was run knows better.
        made.retain(|(at, _)| !found.contains_key(at));
        made.extend(found);
        made.sort_by_key(|(at, _)| *at);
    }

    /// How much of a user string may be part of a secret: its length where it is one word, or nearly.
    fn piece(&self, at: u32) -> usize {
        let units = self.meta.user_string(at).and_then(|range| self.meta.data.get(range)).unwrap_or_default();
        let words = units.chunks_exact(2).filter(|unit| *unit == b" \0").count();
        if words * 12 > units.len() / 2 { 0 } else { units.len() / 2 }
    }

    /// The methods out of which new strings come.
    fn makers(&self) -> Makers {
        let mut makers = Makers::default();
        for row in 1..=self.meta.rows(table::MEMBER_REF) {
            let token = Token { table: table::MEMBER_REF, row };
            if Call::new(&self.meta, token).makes_text() {
                makers.add(table::MEMBER_REF, row);
            }
        }
        for row in 1..=self.meta.rows(table::METHOD_SPEC) {
            let of = self.meta.coded(table::METHOD_SPEC, row, 0);
            if of.is_some_and(|of| makers.contains((of.table as u32) << 24 | of.row)) {
                makers.add(table::METHOD_SPEC, row);
            }
        }
        makers
    }

    /// The resources of the manifest (II.22.24): each a length and its bytes.
    fn manifest_resources(mut self, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
        let all = self.image.resources.clone();
        let mut left = all.len();
        for row in 1..=self.meta.rows(table::MANIFEST_RESOURCE) {
            let offset = self.meta.cell(table::MANIFEST_RESOURCE, row, 0) as usize;
            let in_other_file = self.meta.cell(table::MANIFEST_RESOURCE, row, 3) != 0;
            let Some(at) = all.start.checked_add(offset).filter(|&at| at < all.end && !in_other_file) else {
                continue;
            };
            let Some(size) = size_le(self.meta.data, at) else { continue };
            let range = at + 4..(at + 4).saturating_add(size).min(all.end);
            let Some(rest) = left.checked_sub(range.len()) else { break };
            left = rest;
            let name = self.meta.name_of(table::MANIFEST_RESOURCE, row, 2);
            let Some(bytes) = self.meta.data.get(range.clone()) else { continue };
            if bytes.starts_with(resources::MAGIC) {
                let of = escape(name.strip_suffix(b".resources").unwrap_or(name));
                self.add_resources(range, &of);
            } else if raw::kind(bytes) == TextKind::Plain && !bytes.is_empty() {
                emit_document(bytes, range.start, name, emit);
            }
        }
        self.emit_resources(limits, emit);
    }
}

impl Assembly<'_, '_> {
    fn add_resources(&mut self, range: Range<usize>, of: &str) -> Option<()> {
        let of: Arc<str> = of.into();
        let entries = resources::read(self.meta.data, range)?;
        self.resources.extend(entries.into_iter().map(|entry| Resource { entry, of: of.clone() }));
        Some(())
    }

    fn emit_resources(&self, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) {
        let data = self.meta.data;
        let mut files = 0;
        let mut strings = Strings::new(TextKind::List, data.len(), limits, self, emit);
        for (n, resource) in (0u64..).zip(&self.resources) {
            let entry = &resource.entry;
            let bytes = data.get(entry.value.clone()).unwrap_or_default();
            let is_file = !entry.is_text && is_document(bytes);
            files += usize::from(is_file);
            let is_text = entry.is_text || raw::kind(bytes) == TextKind::Plain;
            let tag = Tag::Resource(n).pack();
            if entry.is_text
                && let Some(name) = data.get(entry.name.clone()).and_then(ascii)
                && let Ok(name) = std::str::from_utf8(&name)
                && strings.push_named(name, bytes, entry.value.start as u64, 1, tag)
            {
                continue;
            }
            if is_text && !is_file && !strings.push(bytes, entry.value.start as u64, tag) {
                break;
            }
        }
        strings.finish();
        // Files in resources have places of their own.
        let mut left = data.len();
        for resource in self.resources.iter().filter(|r| !r.entry.is_text && files > 0) {
            let range = resource.entry.value.clone();
            let Some(rest) = left.checked_sub(range.len()) else { break };
            let bytes = data.get(range.clone()).unwrap_or_default();
            if is_document(bytes) {
                left = rest;
                emit_document(bytes, range.start, b"", emit);
            }
        }
    }
}

/// Letters of UTF-16 that are ASCII, and few.
fn ascii(units: &[u8]) -> Option<Vec<u8>> {
    const MOST: usize = 256;
    let units = units.as_chunks::<2>().0;
    let letters = || units.iter().map(|unit| (unit[1] == 0 && unit[0] < 0x80).then_some(unit[0]));
    if units.len() > MOST { None } else { letters().collect() }
}

fn is_document(bytes: &[u8]) -> bool {
    raw::kind(bytes) == TextKind::Plain && memchr::memchr(b'\n', bytes).is_some()
}

/// A text that stands in the file as it is.
fn emit_document(bytes: &[u8], at: usize, name: &[u8], emit: &mut dyn FnMut(&Text<'_>)) {
    let mut map = OffsetMap::identity();
    map.push_plain(0, at as u64);
    let sites = DocumentSites::new(name);
    emit(&Text { bytes, kind: TextKind::Plain, encoding: None, map: &map, outer: None, sites: &sites });
}

/// A field or class as its author calls it, whatever the compiler made of its name.
pub(crate) fn owned_name(name: &[u8]) -> String {
    names::member(name)
}

/// A compressed number (II.23.2), for the metadata that IL2CPP makes of an assembly's.
pub(crate) fn packed_int(data: &[u8], at: &mut usize) -> Option<usize> {
    let first = *data.get(*at)?;
    // IL2CPP marks four more bytes by f0, and -1 by ff; its signed numbers are rotated by one.
    let (raw, next) = match first {
        0xf0 => (size_le(data, *at + 1)?, *at + 5),
        0xfe | 0xff => return None,
        _ => packed(data, *at)?,
    };
    *at = next;
    (raw & 1 == 0).then_some(raw >> 1)
}

/// The name that an assembly gives its main module: `Shop.dll`.
pub(crate) fn module_name(data: &[u8]) -> Option<Vec<u8>> {
    let meta = Meta::read(data, Image::read(data)?.metadata?)?;
    Some(meta.name_of(0, 1, 1).to_vec()).filter(|name| !name.is_empty())
}

/// A set of methods.
#[derive(Default)]
struct Makers {
    references: Vec<bool>,
    generic: Vec<bool>,
    any: bool,
}

impl Makers {
    fn of(&mut self, kind: usize) -> &mut Vec<bool> {
        if kind == table::MEMBER_REF { &mut self.references } else { &mut self.generic }
    }

    fn add(&mut self, kind: usize, row: u32) {
        let set = self.of(kind);
        set.resize(set.len().max(row as usize + 1), false);
        if let Some(slot) = set.get_mut(row as usize) {
            *slot = true;
        }
        self.any = true;
    }

    fn is_empty(&self) -> bool {
        !self.any
    }

    fn contains(&self, raw: u32) -> bool {
        let row = (raw & 0x00ff_ffff) as usize;
        match (raw >> 24) as usize {
            table::MEMBER_REF => self.references.get(row).copied().unwrap_or(false),
            table::METHOD_SPEC => self.generic.get(row).copied().unwrap_or(false),
            _ => false,
        }
    }
}
