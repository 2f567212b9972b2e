//! `String` and `StringBuilder`.

use super::heap::{MAX_LEN, Obj, Val};
use super::library::Asked;
use super::signature::ARRAY;
use super::vm::Vm;

fn find(text: &[u16], what: &[u16]) -> Option<usize> {
    if what.is_empty() {
        return Some(0);
    }
    text.windows(what.len()).position(|w| w == what)
}

fn replace(text: &[u16], from: &[u16], to: &[u16]) -> Option<Vec<u16>> {
    if from.is_empty() {
        return None;
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
        if out.len() > MAX_LEN {
            return None;
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn insert(text: &[u16], at: usize, what: &[u16]) -> Option<Vec<u16>> {
    Some([text.get(..at)?, what, text.get(at..)?].concat())
}

fn remove(text: &[u16], at: usize, count: usize) -> Option<Vec<u16>> {
    Some([text.get(..at)?, text.get(at.checked_add(count)?..)?].concat())
}

fn trim(text: &[u16], name: &[u8]) -> Vec<u16> {
    let is_space = |u: &u16| matches!(u, 9..=13 | 32 | 0xa0);
    let mut text = text;
    while let [first, rest @ ..] = text
        && is_space(first)
        && name != b"TrimEnd"
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(last)
        && name != b"TrimStart"
    {
        text = rest;
    }
    text.to_vec()
}

/// The pieces of a joining call: arguments, or the elements of the one argument.
fn pieces(vm: &Vm<'_, '_>, asked: &Asked<'_, '_>, from: usize) -> Option<Vec<Vec<u16>>> {
    let rest = asked.arguments.get(from..)?;
    if let [one] = rest
        && let Some(Obj::Array { items, kind }) = vm.heap.get(*one)
    {
        return items.iter().map(|&item| vm.heap.shown(item, *kind)).collect();
    }
    (from..asked.arguments.len()).map(|n| asked.shown(vm, n)).collect()
}

pub(super) fn string(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let name = asked.callee.call.name;
    match name {
        b"Concat" => {
            let units = pieces(vm, asked, 0)?.concat();
            return vm.heap.text(&units);
        }
        b"Join" => {
            let units = pieces(vm, asked, 1)?.join(asked.shown(vm, 0)?.as_slice());
            return vm.heap.text(&units);
        }
        b"Format" => {
            let at = usize::from(asked.kind(0) != 0x0e);
            let pattern = String::from_utf16(&vm.heap.units(asked.arg(at))?).ok()?;
            let pieces = pieces(vm, asked, at + 1)?;
            let pieces: Vec<String> = pieces.iter().map(|p| String::from_utf16_lossy(p)).collect();
            let units: Vec<u16> = super::super::machine::format(&pattern, &pieces).encode_utf16().collect();
            return vm.heap.text(&units);
        }
        b".ctor" if asked.kind(0) == 3 => {
            let (unit, count) = (vm.heap.int(asked.arg(0))? as u16, asked.index(vm, 1)?);
            return if count <= MAX_LEN { vm.heap.text(&vec![unit; count]) } else { None };
        }
        b".ctor" | b"CreateString" => {
            let units: Vec<u16> = vm.heap.ints(asked.arg(0))?.into_iter().map(|n| n as u16).collect();
            let units = match (asked.arguments.len(), asked.index(vm, 1), asked.index(vm, 2)) {
                (3, Some(from), Some(count)) => units.get(from..from.checked_add(count)?)?.to_vec(),
                _ => units,
            };
            return vm.heap.text(&units);
        }
        b"IsNullOrEmpty" | b"IsNullOrWhiteSpace" => {
            let units = vm.heap.shown(asked.arg(0), 0)?;
            return Some(Val::Int(trim(&units, name).is_empty().into()));
        }
        b"op_Equality" | b"op_Inequality" | b"Equals" => {
            let a = asked.receiver.unwrap_or_else(|| asked.arg(0));
            let b = asked.arg(usize::from(asked.receiver.is_none()));
            let same = vm.heap.units(a)? == vm.heap.units(b)?;
            return Some(Val::Int((same != (name == b"op_Inequality")).into()));
        }
        b"Intern" | b"Copy" | b"IsInterned" => return Some(asked.arg(0)),
        b"op_Implicit" => return Some(asked.arg(0)),
        _ => {}
    }
    let text = vm.heap.units(asked.receiver?)?;
    match name {
        b"get_Length" => Some(Val::Int(i32::try_from(text.len()).ok()?)),
        b"get_Chars" => text.get(asked.index(vm, 0)?).map(|&u| Val::Int(u.into())),
        b"ToString" | b"Normalize" | b"Clone" => asked.receiver,
        b"ToCharArray" => vm.heap.array(3, text.iter().map(|&u| Val::Int(u.into())).collect()),
        b"Substring" => {
            let from = asked.index(vm, 0)?;
            let end = match asked.arguments.len() {
                1 => text.len(),
                _ => from.checked_add(asked.index(vm, 1)?)?,
            };
            vm.heap.text(text.get(from..end)?)
        }
        b"Insert" => {
            let units = insert(&text, asked.index(vm, 0)?, &vm.heap.units(asked.arg(1))?)?;
            vm.heap.text(&units)
        }
        b"Remove" => {
            let at = asked.index(vm, 0)?;
            let count = match asked.arguments.len() {
                1 => text.len().checked_sub(at)?,
                _ => asked.index(vm, 1)?,
            };
            let units = remove(&text, at, count)?;
            vm.heap.text(&units)
        }
        b"Replace" => {
            let units = replace(&text, &asked.shown(vm, 0)?, &asked.shown(vm, 1)?)?;
            vm.heap.text(&units)
        }
        b"Trim" | b"TrimStart" | b"TrimEnd" if asked.arguments.is_empty() => {
            let units = trim(&text, name);
            vm.heap.text(&units)
        }
        b"ToUpper" | b"ToUpperInvariant" | b"ToLower" | b"ToLowerInvariant" => {
            let is_up = name.starts_with(b"ToU");
            let units: Vec<u16> = text
                .iter()
                .map(|&u| match u8::try_from(u) {
                    Ok(b) if is_up => b.to_ascii_uppercase().into(),
                    Ok(b) => b.to_ascii_lowercase().into(),
                    Err(_) => u,
                })
                .collect();
            vm.heap.text(&units)
        }
        b"Split" => {
            let by = match asked.kind(0) {
                3 | 0x0e => vec![asked.shown(vm, 0)?],
                kind if kind & ARRAY != 0 => {
                    let of = kind & !ARRAY;
                    let items = vm.heap.items(asked.arg(0))?;
                    items.into_iter().map(|item| vm.heap.shown(item, of)).collect::<Option<_>>()?
                }
                _ => return None,
            };
            let [by] = by.as_slice() else { return None };
            let mut parts = Vec::new();
            let mut rest = &text[..];
            while let Some(at) = find(rest, by).filter(|_| !by.is_empty()) {
                parts.push(vm.heap.text(&rest[..at])?);
                rest = &rest[at + by.len()..];
            }
            parts.push(vm.heap.text(rest)?);
            vm.heap.array(0x0e, parts)
        }
        b"IndexOf" => {
            let at = find(&text, &asked.shown(vm, 0)?);
            Some(Val::Int(at.and_then(|n| i32::try_from(n).ok()).unwrap_or(-1)))
        }
        b"Contains" => Some(Val::Int(find(&text, &asked.shown(vm, 0)?).is_some().into())),
        b"StartsWith" => Some(Val::Int(text.starts_with(&asked.shown(vm, 0)?).into())),
        b"GetEnumerator" => {
            let items = vm.heap.items(asked.receiver?)?;
            Some(vm.heap.add(Obj::Walk { items, next: 0 }))
        }
        _ => None,
    }
}

/// `StringBuilder`, and the handler of interpolated strings, which lives in a local variable.
pub(super) fn builder(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let name = asked.callee.call.name;
    if name == b".ctor" {
        let is_handler = asked.callee.call.class.starts_with(b"Default");
        let text = match asked.kind(0) {
            0x0e if !is_handler => asked.shown(vm, 0),
            _ => Some(Vec::new()),
        };
        let made = vm.heap.add(Obj::Builder(text));
        if let Some(receiver) = asked.receiver {
            vm.store(receiver, made);
        }
        return Some(made);
    }
    let this = vm.load(asked.receiver?);
    let text = match vm.heap.get_mut(this)? {
        Obj::Builder(text) => text.take(),
        _ => return None,
    };
    let Some(mut text) = text else { return Some(this) };
    let answer = change(vm, asked, this, &mut text);
    // What it holds behind a step that nobody knows is not known.
    let kept = answer.filter(|_| text.len() <= MAX_LEN).map(|_| text);
    if let Some(Obj::Builder(slot)) = vm.heap.get_mut(this) {
        *slot = kept;
    }
    Some(answer.unwrap_or(this))
}

fn change(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>, this: Val, text: &mut Vec<u16>) -> Option<Val> {
    match asked.callee.call.name {
        b"ToString" | b"ToStringAndClear" => {
            let units = match (asked.index(vm, 0), asked.index(vm, 1)) {
                (Some(from), Some(count)) => text.get(from..from.checked_add(count)?)?,
                _ => text.as_slice(),
            };
            return vm.heap.text(units);
        }
        b"get_Length" => return Some(Val::Int(i32::try_from(text.len()).ok()?)),
        b"get_Chars" => return text.get(asked.index(vm, 0)?).map(|&u| Val::Int(u.into())),
        b"set_Length" => text.resize(asked.index(vm, 0).filter(|&n| n <= MAX_LEN)?, 0),
        b"set_Chars" => *text.get_mut(asked.index(vm, 0)?)? = vm.heap.int(asked.arg(1))? as u16,
        b"Clear" => text.clear(),
        b"Append" if asked.kind(0) == 3 && asked.arguments.len() == 2 => {
            let (unit, count) = (vm.heap.int(asked.arg(0))? as u16, asked.index(vm, 1)?);
            text.extend(std::iter::repeat_n(unit, count.min(MAX_LEN)));
        }
        b"Append" | b"AppendLiteral" | b"AppendFormatted" => text.extend(asked.shown(vm, 0)?),
        b"AppendLine" => {
            if !asked.arguments.is_empty() {
                text.extend(asked.shown(vm, 0)?);
            }
            text.push(10);
        }
        b"Insert" => *text = insert(text, asked.index(vm, 0)?, &asked.shown(vm, 1)?)?,
        b"Remove" => *text = remove(text, asked.index(vm, 0)?, asked.index(vm, 1)?)?,
        b"Replace" => *text = replace(text, &asked.shown(vm, 0)?, &asked.shown(vm, 1)?)?,
        _ => return None,
    }
    Some(this)
}
