//! The parts of Kotlin's library that make strings, where they are called by their names.

use super::codec;
use super::heap::{Heap, MAX_LEN, Obj, Val};
use super::library::{Call, text};
use super::texts;

pub(super) fn call(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    let index = |heap: &Heap, n: usize| usize::try_from(heap.int(call.arg(n))?).ok();
    let first = call.arg(0);
    let made: Vec<u16> = match call.name {
        b"concatToString" | b"concatToString$default" | b"String" => heap.units_of(first)?,
        b"decodeToString" | b"decodeToString$default" => texts::decode(&heap.bytes_of(first)?),
        b"encodeToByteArray" | b"encodeToByteArray$default" | b"toByteArray$default" => {
            let bytes = String::from_utf16_lossy(&text(heap, call, 0)?).into_bytes();
            return Some(heap.bytes(&bytes));
        }
        b"hexToByteArray" | b"hexToByteArray$default" => {
            let digits = String::from_utf16_lossy(&text(heap, call, 0)?);
            let bytes = codec::hex(digits.as_bytes())?;
            return Some(heap.bytes(&bytes));
        }
        b"reversed" | b"asReversed" | b"reversedArray" => match heap.get(first)? {
            Obj::List(items) => {
                let items = items.iter().rev().copied().collect();
                return Some(heap.add(Obj::List(items)));
            }
            Obj::Array { kind, items, .. } => {
                let (kind, reversed) = (*kind, items.iter().rev().copied().collect());
                if call.name == b"reversed" {
                    let items = boxed(heap, kind, reversed);
                    return Some(heap.add(Obj::List(items)));
                }
                return Some(heap.array(kind, reversed));
            }
            _ => text(heap, call, 0)?.iter().rev().copied().collect(),
        },
        b"trim" | b"trimIndent" if call.args.len() == 1 => texts::trim(&text(heap, call, 0)?).to_vec(),
        b"replace$default" => {
            if call.kind(1) == b'C' {
                let (from, to) = (heap.int(call.arg(1))? as u16, heap.int(call.arg(2))? as u16);
                text(heap, call, 0)?.iter().map(|&unit| if unit == from { to } else { unit }).collect()
            } else {
                texts::replace(&text(heap, call, 0)?, &text(heap, call, 1)?, &text(heap, call, 2)?)?
            }
        }
        b"repeat" => {
            let (units, count) = (text(heap, call, 0)?, index(heap, 1)?);
            if count.saturating_mul(units.len()) > MAX_LEN {
                return None;
            }
            units.repeat(count)
        }
        b"drop" => text(heap, call, 0)?.get(index(heap, 1)?..)?.to_vec(),
        b"dropLast" => {
            let units = text(heap, call, 0)?;
            units.get(..units.len().checked_sub(index(heap, 1)?)?)?.to_vec()
        }
        b"take" => {
            let units = text(heap, call, 0)?;
            units.get(..index(heap, 1)?.min(units.len()))?.to_vec()
        }
        b"takeLast" => {
            let units = text(heap, call, 0)?;
            units.get(units.len().saturating_sub(index(heap, 1)?)..)?.to_vec()
        }
        b"removePrefix" => {
            let (units, prefix) = (text(heap, call, 0)?, text(heap, call, 1)?);
            units.strip_prefix(&*prefix).unwrap_or(&units).to_vec()
        }
        b"removeSuffix" => {
            let (units, suffix) = (text(heap, call, 0)?, text(heap, call, 1)?);
            units.strip_suffix(&*suffix).unwrap_or(&units).to_vec()
        }
        b"joinToString$default" => {
            // (items, separator, prefix, postfix, limit, truncated, transform, mask, null)
            let mask = heap.int(call.arg(7))?;
            let part = |heap: &Heap, n: usize, bit: i32, missing: &str| {
                if mask & bit != 0 {
                    Some(missing.encode_utf16().collect())
                } else {
                    text(heap, call, n).map(|units| units.to_vec())
                }
            };
            if mask & 32 == 0 && call.arg(6) != Val::Int(0) {
                return None;
            }
            let separator: Vec<u16> = part(heap, 1, 1, ", ")?;
            let (prefix, postfix): (Vec<u16>, Vec<u16>) = (part(heap, 2, 2, "")?, part(heap, 3, 4, "")?);
            let items = match heap.get(first)? {
                Obj::Array { kind, items, .. } => {
                    let (kind, items) = (*kind, items.clone());
                    let items = boxed(heap, kind, items);
                    heap.add(Obj::List(items))
                }
                _ => first,
            };
            let joined = texts::join(heap, &separator, items)?;
            [prefix, heap.str(joined)?.to_vec(), postfix].concat()
        }
        b"listOf" | b"mutableListOf" | b"arrayListOf" | b"listOfNotNull" | b"asList" | b"toList"
        | b"toMutableList" => {
            let (kind, items) = match heap.get(first) {
                Some(Obj::Array { kind, items, .. }) => (*kind, items.clone()),
                Some(Obj::List(items)) => (b'L', items.clone()),
                Some(Obj::Str { units, .. }) if call.name != b"listOf" => {
                    (b'C', units.iter().map(|&unit| Val::Int(unit.into())).collect())
                }
                _ => (b'L', vec![first]),
            };
            let items = boxed(heap, kind, items);
            return Some(heap.add(Obj::List(items)));
        }
        b"toByteArray" | b"toCharArray" | b"toIntArray" => {
            let kind = match call.name {
                b"toByteArray" => b'B',
                b"toCharArray" => b'C',
                _ => b'I',
            };
            let numbers = heap.numbers(first)?.into_iter().map(Val::Int).collect();
            return Some(heap.array(kind, numbers));
        }
        b"collectionSizeOrDefault" => return Some(Val::Int(heap.items(first)?.len() as i32)),
        b"getLastIndex" => {
            let len = heap.items(first).map(<[Val]>::len).or_else(|| Some(heap.shown(first)?.len()))?;
            return Some(Val::Int(len as i32 - 1));
        }
        b"plus" => {
            let (a, b) = (heap.items(first)?, heap.items(call.arg(1))?);
            let items = [a, b].concat();
            let kind = match heap.get(first)? {
                Obj::Array { kind, .. } => *kind,
                _ => return Some(heap.add(Obj::List(items))),
            };
            return Some(heap.array(kind, items));
        }
        b"toInt" | b"digitToInt" | b"checkRadix" if call.kind(0) == b'C' || call.name == b"checkRadix" => {
            let value = heap.int(first)?;
            return Some(Val::Int(match call.name {
                b"digitToInt" => {
                    let radix = if call.args.len() > 1 { heap.int(call.arg(1))? } else { 10 };
                    if !(2..=36).contains(&radix) {
                        return None;
                    }
                    char::from(u8::try_from(value).ok()?).to_digit(radix.cast_unsigned())?.cast_signed()
                }
                _ => value,
            }));
        }
        b"constructor-impl" => return Some(first),
        _ => return None,
    };
    Some(heap.text(&made, true))
}

/// Elements of an array as elements of a list.
fn boxed(heap: &mut Heap, kind: u8, items: Vec<Val>) -> Vec<Val> {
    if matches!(kind, b'L' | b'[') {
        return items;
    }
    let one = |item| match item {
        Val::Int(value) => heap.add(Obj::Boxed { kind, value: value.into() }),
        Val::Long(value) => heap.add(Obj::Boxed { kind, value }),
        other => other,
    };
    items.into_iter().map(one).collect()
}
