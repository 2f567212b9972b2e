//! What known methods answer.

use super::super::calls::base64;
use super::heap::{Encoding, Obj, Val};
use super::vm::{Callee, Vm};
use super::{sequences, texts};

/// A call of a known method.
pub(super) struct Asked<'c, 'a> {
    pub callee: &'c Callee<'a>,
    pub receiver: Option<Val>,
    pub arguments: &'c [Val],
    pub is_new: bool,
}

impl Asked<'_, '_> {
    pub fn arg(&self, n: usize) -> Val {
        self.arguments.get(n).copied().unwrap_or_default()
    }

    pub fn kind(&self, n: usize) -> u8 {
        match self.callee.signature.kinds.get(n) {
            // A parameter of the type that a generic method is called with.
            Some(0x1e) => self.callee.instance,
            Some(&kind) => kind,
            None => 0,
        }
    }

    pub fn index(&self, vm: &Vm<'_, '_>, n: usize) -> Option<usize> {
        usize::try_from(vm.heap.int(self.arg(n))?).ok()
    }

    /// An argument as it is shown.
    pub fn shown(&self, vm: &Vm<'_, '_>, n: usize) -> Option<Vec<u16>> {
        vm.heap.shown(self.arg(n), self.kind(n))
    }
}

/// What the call answers; `None`: nobody knows.
pub(super) fn answer(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let (class, name) = (asked.callee.call.class, asked.callee.call.name);
    match class {
        b"String" => texts::string(vm, asked),
        b"StringBuilder" | b"DefaultInterpolatedStringHandler" => texts::builder(vm, asked),
        b"Encoding" | b"UTF8Encoding" | b"ASCIIEncoding" | b"UnicodeEncoding" | b"UTF32Encoding" => {
            encoding(vm, asked)
        }
        b"Convert" => convert(vm, asked),
        b"Byte" | b"Int32" | b"SByte" | b"UInt32" if name == b"Parse" => {
            let radix = if vm.heap.int(asked.arg(1)).is_some_and(|n| n & 0x200 != 0) { 16 } else { 10 };
            number(vm, asked.arg(0), radix)
        }
        b"Char" | b"Int32" | b"Byte" if name == b"ToString" => {
            let value = vm.load(asked.receiver.unwrap_or_default());
            let value = if value == Val::Unknown { asked.arg(0) } else { value };
            let units = vm.heap.shown(value, if class == b"Char" { 3 } else { 8 })?;
            vm.heap.text(&units)
        }
        b"Char" => character(vm, asked),
        b"Math" => math(vm, asked),
        b"RuntimeHelpers" => match name {
            b"InitializeArray" => {
                let Some(Obj::Array { kind, .. }) = vm.heap.get(asked.arg(0)) else { return None };
                let kind = *kind;
                let data = vm.field_data(asked.arg(1), kind)?;
                if let Some(Obj::Array { items, .. }) = vm.heap.get_mut(asked.arg(0)) {
                    for (slot, value) in items.iter_mut().zip(data) {
                        *slot = value;
                    }
                }
                None
            }
            b"CreateSpan" => {
                let data = vm.field_data(asked.arg(0), asked.callee.instance)?;
                vm.heap.array(asked.callee.instance, data)
            }
            _ => None,
        },
        b"Object" if name == b"ToString" => {
            let units = vm.heap.shown(vm.load(asked.receiver?), 0)?;
            vm.heap.text(&units)
        }
        _ => sequences::answer(vm, asked),
    }
}

fn encoding(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let (class, name) = (asked.callee.call.class, asked.callee.call.name);
    let kind = match name {
        b"get_UTF8" | b"get_ASCII" | b"get_Default" | b"get_Latin1" => Encoding::Bytes,
        b"get_Unicode" => Encoding::Utf16 { big: false },
        b"get_BigEndianUnicode" => Encoding::Utf16 { big: true },
        b"get_UTF32" => Encoding::Utf32,
        b".ctor" if asked.is_new => match class {
            b"UnicodeEncoding" => Encoding::Utf16 { big: false },
            b"UTF32Encoding" => Encoding::Utf32,
            _ => Encoding::Bytes,
        },
        b"GetEncoding" => {
            let units = vm.heap.units(asked.arg(0))?;
            let name = String::from_utf16_lossy(&units).to_ascii_lowercase();
            match name.as_str() {
                "utf-16" | "utf-16le" | "unicode" => Encoding::Utf16 { big: false },
                "utf-16be" => Encoding::Utf16 { big: true },
                "utf-32" => Encoding::Utf32,
                _ => Encoding::Bytes,
            }
        }
        _ => {
            let Some(Obj::Encoding(kind)) = vm.heap.get(asked.receiver?) else { return None };
            let kind = *kind;
            return match name {
                b"GetString" | b"GetChars" => {
                    let mut bytes: Vec<u8> =
                        vm.heap.ints(asked.arg(0))?.into_iter().map(|n| n as u8).collect();
                    if asked.arguments.len() == 3 {
                        let (from, count) = (asked.index(vm, 1)?, asked.index(vm, 2)?);
                        bytes = bytes.get(from..from.checked_add(count)?)?.to_vec();
                    }
                    let units = decode(kind, &bytes);
                    if name == b"GetString" {
                        vm.heap.text(&units)
                    } else {
                        vm.heap.array(3, units.into_iter().map(|u| Val::Int(u.into())).collect())
                    }
                }
                b"GetBytes" => {
                    let units = vm.heap.shown(asked.arg(0), 0)?;
                    let bytes: Vec<u8> = match kind {
                        Encoding::Bytes => String::from_utf16_lossy(&units).into_bytes(),
                        Encoding::Utf16 { big: false } => {
                            units.iter().flat_map(|u| u.to_le_bytes()).collect()
                        }
                        Encoding::Utf16 { big: true } => units.iter().flat_map(|u| u.to_be_bytes()).collect(),
                        Encoding::Utf32 => units.iter().flat_map(|&u| u32::from(u).to_le_bytes()).collect(),
                    };
                    vm.heap.bytes(&bytes)
                }
                _ => None,
            };
        }
    };
    Some(vm.heap.add(Obj::Encoding(kind)))
}

fn decode(kind: Encoding, bytes: &[u8]) -> Vec<u16> {
    match kind {
        Encoding::Bytes => String::from_utf8_lossy(bytes).encode_utf16().collect(),
        Encoding::Utf16 { big } => bytes
            .chunks_exact(2)
            .map(|p| if big { u16::from_be_bytes([p[0], p[1]]) } else { u16::from_le_bytes([p[0], p[1]]) })
            .collect(),
        Encoding::Utf32 => bytes.chunks_exact(4).map(|p| u16::from_le_bytes([p[0], p[1]])).collect(),
    }
}

fn number(vm: &mut Vm<'_, '_>, text: Val, radix: u32) -> Option<Val> {
    let units = vm.heap.units(text)?;
    let text = String::from_utf16(&units).ok()?;
    let digits = text.trim();
    let digits = if radix == 16 { digits.trim_start_matches("0x").trim_start_matches("0X") } else { digits };
    i64::from_str_radix(digits, radix).ok().map(|n| Val::Int(n as i32))
}

fn convert(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let name = asked.callee.call.name;
    let ascii = |vm: &Vm<'_, '_>| -> Option<Vec<u8>> {
        let units = vm.heap.shown(asked.arg(0), 0)?;
        Some(units.iter().map(|&u| u8::try_from(u).unwrap_or(b'?')).collect())
    };
    match name {
        b"FromBase64String" | b"FromBase64CharArray" => {
            let bytes = base64(&ascii(vm)?)?;
            vm.heap.bytes(&bytes)
        }
        b"FromHexString" => {
            let digit = |b: u8| char::from(b).to_digit(16);
            let pair = |p: &[u8]| Some((digit(*p.first()?)? << 4 | digit(*p.get(1)?)?) as u8);
            let bytes = ascii(vm)?.chunks(2).map(pair).collect::<Option<Vec<u8>>>()?;
            vm.heap.bytes(&bytes)
        }
        b"ToByte" | b"ToInt32" | b"ToSByte" | b"ToUInt32" | b"ToInt16" | b"ToUInt16" => match asked.kind(0) {
            0x0e => {
                let radix = vm.heap.int(asked.arg(1)).unwrap_or(10);
                number(vm, asked.arg(0), u32::try_from(radix).ok().filter(|r| matches!(r, 2 | 8 | 10 | 16))?)
            }
            _ => vm.heap.int(asked.arg(0)).map(Val::Int),
        },
        b"ToChar" => vm.heap.int(asked.arg(0)).map(|n| Val::Int((n as u16).into())),
        b"ToString" => {
            let units = asked.shown(vm, 0).filter(|_| asked.arguments.len() == 1)?;
            vm.heap.text(&units)
        }
        _ => None,
    }
}

fn character(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let unit = vm.heap.int(asked.arg(0))?;
    let c = char::from_u32(u32::try_from(unit).ok()?)?;
    let yes = |is: bool| Some(Val::Int(is.into()));
    match asked.callee.call.name {
        b"IsUpper" => yes(c.is_uppercase()),
        b"IsLower" => yes(c.is_lowercase()),
        b"IsLetter" => yes(c.is_alphabetic()),
        b"IsDigit" | b"IsNumber" => yes(c.is_numeric()),
        b"IsLetterOrDigit" => yes(c.is_alphanumeric()),
        b"IsWhiteSpace" => yes(c.is_whitespace()),
        b"ToUpper" | b"ToUpperInvariant" if c.is_ascii() => Some(Val::Int(c.to_ascii_uppercase() as i32)),
        b"ToLower" | b"ToLowerInvariant" if c.is_ascii() => Some(Val::Int(c.to_ascii_lowercase() as i32)),
        _ => None,
    }
}

fn math(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let a = vm.heap.int(asked.arg(0))?;
    let b = vm.heap.int(asked.arg(1));
    match asked.callee.call.name {
        b"Min" => Some(Val::Int(a.min(b?))),
        b"Max" => Some(Val::Int(a.max(b?))),
        b"Abs" => Some(Val::Int(a.wrapping_abs())),
        _ => None,
    }
}
