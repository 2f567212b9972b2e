//! What known methods answer.

use super::codec;
use super::heap::{Heap, MAX_LEN, Obj, Units, Val};
use super::natives::Owner;
use super::texts;

/// A call of a known method.
pub(super) struct Call<'c> {
    pub(super) owner: Owner,
    pub(super) name: &'c [u8],
    /// The receiver first, if there is one.
    pub(super) args: &'c [Val],
    /// The beginnings of the types of `args`.
    pub(super) kinds: &'c [u8],
    pub(super) is_static: bool,
}

impl Call<'_> {
    pub(super) fn arg(&self, n: usize) -> Val {
        self.args.get(n).copied().unwrap_or_default()
    }

    pub(super) fn kind(&self, n: usize) -> u8 {
        self.kinds.get(n).copied().unwrap_or(b'L')
    }

    fn index(&self, heap: &Heap, n: usize) -> Option<usize> {
        usize::try_from(heap.int(self.arg(n))?).ok()
    }
}

fn ascii(units: &[u16]) -> Vec<u8> {
    units.iter().map(|&unit| u8::try_from(unit).unwrap_or(b'?')).collect()
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// A parameter as `append` and `valueOf` show it.
pub(super) fn show(heap: &Heap, value: Val, kind: u8) -> Option<Vec<u16>> {
    match (kind, value) {
        (b'C', Val::Int(c)) => Some(vec![c as u16]),
        (b'Z', Val::Int(b)) => Some(utf16(if b != 0 { "true" } else { "false" })),
        (b'I' | b'B' | b'S', Val::Int(n)) => Some(utf16(&n.to_string())),
        (b'J', Val::Long(n)) => Some(utf16(&n.to_string())),
        (b'[', _) => heap.units_of(value),
        (_, Val::Int(0)) => Some(utf16("null")),
        _ => heap.shown(value).map(|units| units.to_vec()),
    }
}

/// What the call answers; `None`: nobody knows.
pub(super) fn call(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    match call.owner {
        Owner::None => None,
        Owner::Builder => builder(heap, call),
        Owner::String => texts::string(heap, call),
        Owner::Boxed(kind) => boxed(heap, call, kind),
        Owner::Number => heap.int(call.arg(0)).map(Val::Int),
        Owner::Math => math(heap, call),
        Owner::System => system(heap, call),
        Owner::Arrays => arrays(heap, call),
        Owner::Base64 => base64(heap, call),
        Owner::Hex => match call.name {
            b"decodeHex" | b"parseHex" => undo(heap, call, codec::hex),
            b"of" => Some(heap.add(Obj::Base16)),
            _ => None,
        },
        Owner::List => list(heap, call),
        Owner::Collections => collections(heap, call),
        Owner::TextUtils => match call.name {
            b"concat" => texts::join(heap, &[], call.arg(0)),
            b"join" => {
                let separator = heap.shown(call.arg(0))?;
                texts::join(heap, &separator, call.arg(1))
            }
            b"isEmpty" => Some(Val::Int(heap.shown(call.arg(0))?.is_empty().into())),
            _ => None,
        },
        Owner::Objects => match call.name {
            b"requireNonNull" => Some(call.arg(0)),
            b"toString" | b"valueOf" => {
                let units = heap.shown(call.arg(0))?;
                Some(heap.text(&units, true))
            }
            b"equals" => {
                let at = usize::from(call.is_static && call.args.len() > 2);
                Some(Val::Int((heap.shown(call.arg(at))? == heap.shown(call.arg(at + 1))?).into()))
            }
            _ => None,
        },
        Owner::Intrinsics => match call.name {
            b"stringPlus" => {
                let mut units = show(heap, call.arg(0), b'L')?;
                units.extend(show(heap, call.arg(1), b'L')?);
                Some(heap.text(&units, true))
            }
            b"areEqual" => Some(Val::Int((heap.shown(call.arg(0))? == heap.shown(call.arg(1))?).into())),
            b"compare" => Some(Val::Int(heap.int(call.arg(0))?.cmp(&heap.int(call.arg(1))?) as i32)),
            _ => None,
        },
        Owner::Kotlin => super::kotlin::call(heap, call),
        Owner::ByteString => byte_string(heap, call),
    }
}

/// Text or bytes in an argument, as bytes.
fn encoded(heap: &Heap, value: Val) -> Option<Vec<u8>> {
    match heap.shown(value) {
        Some(units) => Some(ascii(&units)),
        None => heap.bytes_of(value),
    }
}

fn undo(heap: &mut Heap, call: &Call<'_>, with: fn(&[u8]) -> Option<Vec<u8>>) -> Option<Val> {
    // A companion or decoder stands before what is decoded.
    let text = call.args.iter().take(2).find_map(|&arg| encoded(heap, arg))?;
    let bytes = with(&text)?;
    Some(heap.bytes(&bytes))
}

fn base64(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    match call.name {
        b"getDecoder" | b"getUrlDecoder" | b"getMimeDecoder" | b"base64" | b"base64Url" | b"getDefault"
        | b"getUrlSafe" | b"getMime" | b"omitPadding" | b"withPadding" => Some(heap.add(Obj::Base64)),
        b"base16" | b"lowerCase" => Some(heap.add(Obj::Base16)),
        b"parseHexBinary" => undo(heap, call, codec::hex),
        b"decode" if matches!(heap.get(call.arg(0)), Some(Obj::Base16)) => undo(heap, call, codec::hex),
        b"decode" | b"decodeBase64" | b"parseBase64Binary" | b"decode$default" => {
            undo(heap, call, codec::base64)
        }
        b"encodeToString" | b"encodeBase64String" => {
            let bytes = call.args.iter().take(2).find_map(|&arg| heap.bytes_of(arg))?;
            let units: Vec<u16> = codec::base64_text(&bytes).into_iter().map(u16::from).collect();
            Some(heap.text(&units, true))
        }
        _ => None,
    }
}

/// `okio.ByteString` is an array of bytes here.
fn byte_string(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    let argument = || call.args.iter().rev().copied().find(|&arg| heap.get(arg).is_some());
    match call.name {
        b"decodeBase64" => undo(heap, call, codec::base64),
        b"decodeHex" => undo(heap, call, codec::hex),
        b"encodeUtf8" | b"of" => {
            let bytes = encoded(heap, argument()?)?;
            Some(heap.bytes(&bytes))
        }
        b"toByteArray" => Some(call.arg(0)),
        b"utf8" | b"string" => {
            let bytes = heap.bytes_of(call.arg(0))?;
            Some(heap.text(&texts::decode(&bytes), true))
        }
        _ => None,
    }
}

fn builder(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    let this = call.arg(0);
    if call.name == b"<init>" {
        let text = match call.kind(1) {
            _ if call.args.len() < 2 => Some(Vec::new()),
            b'I' => Some(Vec::new()),
            _ => heap.shown(call.arg(1)).map(|units| units.to_vec()),
        };
        heap.become_(this, Obj::Builder(text));
        return Some(Val::Int(0));
    }
    let mut text = match heap.get_mut(this)? {
        Obj::Builder(text) => text.take(),
        _ => return None,
    };
    let answer = text.as_mut().map_or(Some(this), |text| change(heap, call, text));
    let fits = text.as_ref().is_none_or(|text| text.len() <= MAX_LEN);
    match answer {
        Some(answer) if fits => {
            heap.become_(this, Obj::Builder(text));
            Some(answer)
        }
        // What it holds from here on is not known.
        _ => {
            heap.become_(this, Obj::Builder(None));
            match call.name {
                b"append" | b"insert" | b"reverse" | b"replace" | b"delete" | b"deleteCharAt" => Some(this),
                _ => None,
            }
        }
    }
}

/// Changes or reads what a builder holds.
fn change(heap: &mut Heap, call: &Call<'_>, text: &mut Vec<u16>) -> Option<Val> {
    let this = call.arg(0);
    let end = |heap: &Heap, n: usize, text: &[u16]| {
        call.index(heap, n).map_or(Some(text.len()), |end| Some(end.min(text.len())))
    };
    match call.name {
        b"append" => {
            let mut units = show(heap, call.arg(1), call.kind(1))?;
            if call.args.len() == 4 {
                let (from, to) = (call.index(heap, 2)?, call.index(heap, 3)?);
                // Characters are given by offset and length, everything else by its end.
                let to = if call.kind(1) == b'[' { from.checked_add(to)? } else { to };
                units = units.get(from..to)?.to_vec();
            }
            if !heap.grow(units.len()) {
                return None;
            }
            text.extend(units);
        }
        b"appendCodePoint" => {
            let c = char::from_u32(heap.int(call.arg(1))?.cast_unsigned())?;
            text.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
        b"insert" => {
            let at = call.index(heap, 1)?;
            let units = show(heap, call.arg(2), call.kind(2))?;
            if at > text.len() || !heap.grow(units.len() + text.len() / 8) {
                return None;
            }
            text.splice(at..at, units);
        }
        b"reverse" => text.reverse(),
        b"deleteCharAt" => {
            let at = call.index(heap, 1).filter(|&at| at < text.len())?;
            text.remove(at);
        }
        b"delete" => {
            let (from, to) = (call.index(heap, 1)?, end(heap, 2, text)?);
            if from > to {
                return None;
            }
            text.drain(from..to);
        }
        b"replace" => {
            let (from, to) = (call.index(heap, 1)?, end(heap, 2, text)?);
            let units = heap.str(call.arg(3))?;
            if from > to || !heap.grow(units.len()) {
                return None;
            }
            text.splice(from..to, units.iter().copied());
        }
        b"setCharAt" => {
            let (at, unit) = (call.index(heap, 1)?, heap.int(call.arg(2))?);
            *text.get_mut(at)? = unit as u16;
        }
        b"setLength" => {
            let len = call.index(heap, 1).filter(|&len| len <= MAX_LEN)?;
            text.resize(len, 0);
        }
        b"toString" => return Some(heap.text(text, true)),
        b"length" => return Some(Val::Int(text.len() as i32)),
        b"charAt" => return Some(Val::Int((*text.get(call.index(heap, 1)?)?).into())),
        b"substring" => {
            let part = text.get(call.index(heap, 1)?..end(heap, 2, text)?)?.to_vec();
            return Some(heap.text(&part, true));
        }
        b"ensureCapacity" | b"trimToSize" => return Some(Val::Int(0)),
        _ => return None,
    }
    Some(this)
}

fn boxed(heap: &mut Heap, call: &Call<'_>, kind: u8) -> Option<Val> {
    let arg = call.arg(0);
    let c = |heap: &Heap| u8::try_from(heap.int(arg)?).ok().map(char::from);
    match call.name {
        b"valueOf" | b"parseInt" | b"parseByte" | b"parseShort" | b"parseLong" | b"decode"
        | b"parseUnsignedInt" => {
            let value = match arg {
                Val::Int(value) if call.kind(0) != b'L' => value.into(),
                Val::Long(value) => value,
                _ => {
                    let text = String::from_utf16(&heap.str(arg)?).ok()?;
                    let radix = if call.args.len() > 1 { heap.int(call.arg(1))? } else { 10 };
                    match text.strip_prefix("0x").filter(|_| call.name == b"decode") {
                        Some(digits) => i64::from_str_radix(digits, 16).ok()?,
                        None if (2..=36).contains(&radix) => {
                            i64::from_str_radix(&text, radix.cast_unsigned()).ok()?
                        }
                        None => return None,
                    }
                }
            };
            Some(match call.name {
                b"valueOf" | b"decode" => heap.add(Obj::Boxed { kind, value }),
                b"parseLong" => Val::Long(value),
                _ => Val::Int(value as i32),
            })
        }
        b"intValue" | b"charValue" | b"shortValue" | b"booleanValue" | b"hashCode" => {
            heap.int(arg).map(Val::Int)
        }
        b"byteValue" => heap.int(arg).map(|value| Val::Int((value as i8).into())),
        b"longValue" => heap.int(arg).map(|value| Val::Long(value.into())),
        b"toString" => {
            let shown = match arg {
                Val::Ref(_) => heap.shown(arg)?.to_vec(),
                _ if call.args.len() > 1 => return None,
                _ => show(heap, arg, kind)?,
            };
            Some(heap.text(&shown, true))
        }
        b"toHexString" => {
            let digits = utf16(&format!("{:x}", heap.int(arg)?));
            Some(heap.text(&digits, true))
        }
        b"toChars" => {
            let c = char::from_u32(heap.int(arg)?.cast_unsigned())?;
            let units = utf16(c.encode_utf8(&mut [0; 4]));
            Some(heap.array(b'C', units.into_iter().map(|unit| Val::Int(unit.into())).collect()))
        }
        b"digit" => {
            let radix = heap.int(call.arg(1)).filter(|radix| (2..=36).contains(radix))?;
            Some(Val::Int(c(heap)?.to_digit(radix.cast_unsigned()).map_or(-1, u32::cast_signed)))
        }
        b"forDigit" => {
            let radix = heap.int(call.arg(1)).filter(|radix| (2..=36).contains(radix))?;
            let digit = char::from_digit(heap.int(arg)?.cast_unsigned(), radix.cast_unsigned())?;
            Some(Val::Int(u32::from(digit).cast_signed()))
        }
        b"getNumericValue" => Some(Val::Int(c(heap)?.to_digit(36).map_or(-1, u32::cast_signed))),
        b"isDigit" => Some(Val::Int(c(heap)?.is_ascii_digit().into())),
        b"isLetter" => Some(Val::Int(c(heap)?.is_ascii_alphabetic().into())),
        b"isLetterOrDigit" => Some(Val::Int(c(heap)?.is_ascii_alphanumeric().into())),
        b"isUpperCase" => Some(Val::Int(c(heap)?.is_ascii_uppercase().into())),
        b"isLowerCase" => Some(Val::Int(c(heap)?.is_ascii_lowercase().into())),
        b"isWhitespace" => Some(Val::Int(c(heap)?.is_ascii_whitespace().into())),
        b"toUpperCase" => Some(Val::Int(u32::from(c(heap)?.to_ascii_uppercase()).cast_signed())),
        b"toLowerCase" => Some(Val::Int(u32::from(c(heap)?.to_ascii_lowercase()).cast_signed())),
        b"toUnsignedInt" => Some(Val::Int(heap.int(arg)? & if kind == b'B' { 0xff } else { 0xffff })),
        b"rotateLeft" => {
            Some(Val::Int(heap.int(arg)?.rotate_left((heap.int(call.arg(1))? & 31).cast_unsigned())))
        }
        b"rotateRight" => {
            Some(Val::Int(heap.int(arg)?.rotate_right((heap.int(call.arg(1))? & 31).cast_unsigned())))
        }
        b"reverse" => Some(Val::Int(heap.int(arg)?.reverse_bits())),
        b"compare" => Some(Val::Int(heap.int(arg)?.cmp(&heap.int(call.arg(1))?) as i32)),
        _ => None,
    }
}

fn math(heap: &Heap, call: &Call<'_>) -> Option<Val> {
    let (a, b) = (heap.int(call.arg(0))?, heap.int(call.arg(1)).unwrap_or(0));
    Some(Val::Int(match call.name {
        b"min" => a.min(b),
        b"max" => a.max(b),
        b"abs" => a.wrapping_abs(),
        b"floorMod" if b != 0 => a.wrapping_rem_euclid(b),
        _ => return None,
    }))
}

fn system(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    if call.name != b"arraycopy" {
        return None;
    }
    let at = |n| call.index(heap, n);
    let (from, to, len) = (at(1)?, at(3)?, at(4)?);
    let items = heap.items(call.arg(0))?.get(from..from.checked_add(len)?)?.to_vec();
    if let Some(Obj::Array { items: target, .. }) = heap.get_mut(call.arg(2)) {
        target.get_mut(to..to.checked_add(len)?)?.copy_from_slice(&items);
    }
    Some(Val::Int(0))
}

fn arrays(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    let (kind, items) = match heap.get(call.arg(0))? {
        Obj::Array { kind, items, .. } => (*kind, items.clone()),
        _ => return None,
    };
    let empty = if kind == b'L' {
        Val::Int(0)
    } else if kind == b'J' {
        Val::Long(0)
    } else {
        Val::Int(0)
    };
    match call.name {
        b"asList" => Some(heap.add(Obj::List(items))),
        b"copyOf" | b"copyOfRange" => {
            let (from, to) = match call.name {
                b"copyOf" => (0, call.index(heap, 1)?),
                _ => (call.index(heap, 1)?, call.index(heap, 2)?),
            };
            let len = to.checked_sub(from).filter(|&len| len <= MAX_LEN)?;
            let mut part: Vec<Val> = items.get(from..)?.iter().take(len).copied().collect();
            part.resize(len, empty);
            Some(heap.array(kind, part))
        }
        b"fill" => {
            let value = *call.args.last()?;
            let range = match call.args.len() {
                4 => call.index(heap, 1)?..call.index(heap, 2)?,
                _ => 0..items.len(),
            };
            if let Some(Obj::Array { items, .. }) = heap.get_mut(call.arg(0)) {
                items.get_mut(range)?.fill(value);
            }
            Some(Val::Int(0))
        }
        _ => None,
    }
}

fn list(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    let this = call.arg(0);
    match call.name {
        b"<init>" => {
            let items = match call.args.get(1) {
                Some(&from) if call.kind(1) == b'L' => heap.items(from)?.to_vec(),
                _ => Vec::new(),
            };
            heap.become_(this, Obj::List(items));
            Some(Val::Int(0))
        }
        b"of" if call.is_static => {
            let items = match heap.get(this) {
                Some(Obj::Array { items, .. }) => items.clone(),
                _ => call.args.to_vec(),
            };
            Some(heap.add(Obj::List(items)))
        }
        b"add" | b"addLast" | b"push" | b"addElement" | b"addFirst" => {
            let value = *call.args.last()?;
            let at = match (call.name, call.args.len()) {
                (b"addFirst", _) => Some(0),
                (_, 3) => Some(call.index(heap, 1)?),
                _ => None,
            };
            if !heap.grow(1) {
                return None;
            }
            match heap.get_mut(this)? {
                Obj::List(items) if items.len() < MAX_LEN => match at {
                    Some(at) if at <= items.len() => items.insert(at, value),
                    Some(_) => return None,
                    None => items.push(value),
                },
                _ => return None,
            }
            Some(Val::Int(1))
        }
        b"addAll" => {
            let more = heap.items(call.arg(1))?.to_vec();
            if !heap.grow(more.len()) {
                return None;
            }
            match heap.get_mut(this)? {
                Obj::List(items) if items.len() + more.len() <= MAX_LEN => items.extend(more),
                _ => return None,
            }
            Some(Val::Int(1))
        }
        b"set" => {
            let (at, value) = (call.index(heap, 1)?, call.arg(2));
            match heap.get_mut(this)? {
                Obj::List(items) => Some(std::mem::replace(items.get_mut(at)?, value)),
                _ => None,
            }
        }
        b"get" | b"elementAt" => heap.items(this)?.get(call.index(heap, 1)?).copied(),
        b"size" => Some(Val::Int(heap.items(this)?.len() as i32)),
        b"isEmpty" => Some(Val::Int(heap.items(this)?.is_empty().into())),
        b"iterator" | b"listIterator" => match (this, heap.get(this)?) {
            (Val::Ref(of), Obj::List(_)) => Some(heap.add(Obj::Iter { of, next: 0 })),
            _ => None,
        },
        b"hasNext" => match *heap.get(this)? {
            Obj::Iter { of, next } => Some(Val::Int((next < heap.items(Val::Ref(of))?.len()).into())),
            _ => None,
        },
        b"next" => match *heap.get(this)? {
            Obj::Iter { of, next } => {
                let value = *heap.items(Val::Ref(of))?.get(next)?;
                heap.become_(this, Obj::Iter { of, next: next + 1 });
                Some(value)
            }
            _ => None,
        },
        _ => None,
    }
}

fn collections(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    match call.name {
        b"reverse" => {
            if let Obj::List(items) = heap.get_mut(call.arg(0))? {
                items.reverse();
            }
            Some(Val::Int(0))
        }
        b"singletonList" => Some(heap.add(Obj::List(vec![call.arg(0)]))),
        b"unmodifiableList" => Some(call.arg(0)),
        _ => None,
    }
}

/// A string as units of a call.
pub(super) fn text(heap: &Heap, call: &Call<'_>, n: usize) -> Option<Units> {
    heap.shown(call.arg(n))
}
