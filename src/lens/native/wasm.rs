//! WebAssembly modules: data segments are memory, functions refer to them by `i32.const`
//! (WebAssembly core specification, 5.5).

use super::emit;
use super::image::{Arch, Image, Kind, Symbol};
use crate::blob::{Blob, Text};
use crate::lens::{Complaint, Damage, Lens, bytes};
use crate::limits::Limits;

/// Reads WebAssembly modules.
pub struct WasmLens;

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";

/// Code has no addresses in memory: its offsets in the file, moved out of the way.
const CODE: u64 = 1 << 40;

/// The same for data whose address is decided when the program runs.
const ELSEWHERE: u64 = 1 << 63;

impl Lens for WasmLens {
    fn name(&self) -> &'static str {
        "wasm"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("WebAssembly");
        let image = image(blob.bytes, &mut complaint);
        emit::texts(&image, &blob.address, limits, emit);
        complaint.into_result()
    }
}

fn size(data: &[u8], at: &mut usize) -> Option<usize> {
    usize::try_from(bytes::uleb(data, at)?).ok()
}

fn image<'a>(data: &'a [u8], complaint: &mut Complaint) -> Image<'a> {
    let mut image = Image::new(data, Arch::Wasm, has_wide_pointers(data), false);
    let mut functions = Functions::default();
    let mut at = MAGIC.len();
    while let Some(&id) = data.get(at) {
        at += 1;
        let body = size(data, &mut at).and_then(|len| at.checked_add(len)).map(|end| at..end);
        let Some(body) = body.filter(|b| b.end <= data.len()) else {
            complaint.note(at as u64, || format!("section {id} ends behind the file"));
            break;
        };
        at = body.end;
        let section = Section { data, start: body.start, end: body.end };
        let whole = match id {
            0 => section.custom(&mut functions, &mut image),
            2 => section.imports(&mut functions),
            7 => section.exports(&mut functions),
            10 => section.code(&mut functions, &mut image),
            11 => section.segments(&mut image),
            _ => Some(()),
        };
        if whole.is_none() {
            complaint.note(body.start as u64, || format!("section {id} does not follow its format"));
        }
    }
    // A name in the names section stands behind the exported one, or before: either will do.
    let names: std::collections::HashMap<u64, &[u8]> = functions.names.iter().copied().collect();
    for (n, &start) in functions.bodies.iter().enumerate() {
        let index = (functions.imported + n) as u64;
        let name = names.get(&index).copied();
        image.functions.push(CODE | start as u64);
        if let Some(name) = name.filter(|n| !n.is_empty()) {
            image.symbols.push(Symbol { addr: CODE | start as u64, size: 0, name, is_function: true });
        }
    }
    image.finish();
    image
}

/// Whether pointers have 64 bits: where the memory says so, and in what Go makes (it imports `gojs` or
/// `go`, and exports `getsp`).
fn has_wide_pointers(data: &[u8]) -> bool {
    let mut at = MAGIC.len();
    while let Some(&id) = data.get(at) {
        at += 1;
        let Some(end) = size(data, &mut at).and_then(|len| at.checked_add(len)) else { return false };
        let Some(body) = data.get(at..end.min(data.len())) else { return false };
        // A memory: a count, then flags of which one says that it is addressed with 64 bits.
        let is_wide = id == 5 && body.get(1).is_some_and(|flags| flags & 4 != 0);
        if is_wide || (id == 7 && memchr::memmem::find(body, b"\x05getsp").is_some()) {
            return true;
        }
        at = end;
    }
    false
}

#[derive(Default)]
struct Functions<'a> {
    imported: usize,
    bodies: Vec<usize>,
    names: Vec<(u64, &'a [u8])>,
}

struct Section<'a> {
    data: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Section<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.data.get(..self.end).unwrap_or(self.data)
    }

    fn name(&self, at: &mut usize) -> Option<&'a [u8]> {
        let len = size(self.bytes(), at)?;
        let name = bytes::slice(self.bytes(), *at, len)?;
        *at += len;
        Some(name)
    }

    fn custom(&self, functions: &mut Functions<'a>, image: &mut Image<'a>) -> Option<()> {
        let mut at = self.start;
        let name = self.name(&mut at)?;
        if name != b"name" {
            let known = [&b".debug"[..], b"producers", b"target_features", b"linking", b"reloc", b"dylink"];
            if !known.iter().any(|k| name.starts_with(k)) {
                let name = format!("custom section {}", String::from_utf8_lossy(name));
                image.add(ELSEWHERE | at as u64, at as u64, (self.end - at) as u64, Kind::Data, &name);
            }
            return Some(());
        }
        // Tools may leave names half written: no damage.
        let _ = self.names(at, functions);
        Some(())
    }

    fn names(&self, mut at: usize, functions: &mut Functions<'a>) -> Option<()> {
        while at < self.end {
            let kind = *self.bytes().get(at)?;
            at += 1;
            let len = size(self.bytes(), &mut at)?;
            let mut inner = at;
            at = at.checked_add(len)?;
            if kind == 1 {
                for _ in 0..size(self.bytes(), &mut inner)? {
                    let index = bytes::uleb(self.bytes(), &mut inner)?;
                    functions.names.push((index, self.name(&mut inner)?));
                }
            }
        }
        Some(())
    }

    fn imports(&self, functions: &mut Functions<'a>) -> Option<()> {
        let mut at = self.start;
        let data = self.bytes();
        for _ in 0..size(data, &mut at)? {
            self.name(&mut at)?;
            self.name(&mut at)?;
            let kind = *data.get(at)?;
            at += 1;
            let limits = |at: &mut usize| {
                let flags = size(data, at)?;
                size(data, at)?;
                if flags & 1 != 0 { size(data, at) } else { Some(0) }
            };
            match kind {
                0 => {
                    size(data, &mut at)?;
                    functions.imported += 1;
                }
                1 => {
                    at += 1;
                    limits(&mut at)?;
                }
                2 => {
                    limits(&mut at)?;
                }
                3 => at += 2,
                4 => {
                    at += 1;
                    size(data, &mut at)?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn exports(&self, functions: &mut Functions<'a>) -> Option<()> {
        let mut at = self.start;
        for _ in 0..size(self.bytes(), &mut at)? {
            let name = self.name(&mut at)?;
            let kind = *self.bytes().get(at)?;
            at += 1;
            let index = bytes::uleb(self.bytes(), &mut at)?;
            if kind == 0 {
                functions.names.push((index, name));
            }
        }
        Some(())
    }

    fn code(&self, functions: &mut Functions<'a>, image: &mut Image<'a>) -> Option<()> {
        let len = (self.end - self.start) as u64;
        image.add(CODE | self.start as u64, self.start as u64, len, Kind::Code, "code");
        let mut at = self.start;
        for _ in 0..size(self.bytes(), &mut at)? {
            let len = size(self.bytes(), &mut at)?;
            functions.bodies.push(at);
            at = at.checked_add(len).filter(|&at| at <= self.end)?;
        }
        Some(())
    }

    fn segments(&self, image: &mut Image<'a>) -> Option<()> {
        let data = self.bytes();
        let mut at = self.start;
        for n in 0..size(data, &mut at)? {
            let flags = size(data, &mut at)?;
            if flags == 2 {
                size(data, &mut at)?;
            }
            let mut addr = None;
            if flags != 1 {
                // i32.const and i64.const, mostly; what else there may be ends with `end` (0x0b).
                let expression = at;
                if matches!(data.get(at), Some(0x41 | 0x42)) {
                    let mut value = at + 1;
                    addr = bytes::uleb(data, &mut value);
                    at = value;
                } else {
                    at += memchr::memchr(0x0b, data.get(at..)?)?;
                }
                if data.get(at) != Some(&0x0b) {
                    at = expression + memchr::memchr(0x0b, data.get(expression..)?)?;
                    addr = None;
                }
                at += 1;
            }
            let len = size(data, &mut at)?;
            bytes::slice(data, at, len)?;
            let addr = addr.filter(|a| *a < CODE).unwrap_or(ELSEWHERE | at as u64);
            image.add(addr, at as u64, len as u64, Kind::Data, &format!("data segment {n}"));
            at += len;
        }
        Some(())
    }
}

/// Whether between two places in code, both of an `i32.const`, values are only pushed: both are
/// arguments of one call then (core specification, 5.4).
pub(super) fn is_pushed_together(image: &Image<'_>, from: u64, to: u64) -> bool {
    let Some(region) = image.region(from, &[Kind::Code]) else { return false };
    let code = image.slice(region);
    let offset = |addr: u64| usize::try_from(addr.checked_sub(region.addr)?).ok();
    let (Some(mut at), Some(to)) = (offset(from), offset(to)) else { return false };
    while at < to {
        // i32.const, i64.const, local.get, global.get.
        let Some(0x41 | 0x42 | 0x20 | 0x23) = code.get(at) else { return false };
        at += 1;
        if bytes::uleb(code, &mut at).is_none() {
            return false;
        }
    }
    at == to
}
