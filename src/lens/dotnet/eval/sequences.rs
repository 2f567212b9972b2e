//! Arrays, spans, lists and what `System.Linq` makes of them; all are one kind of object here.

use super::heap::{MAX_LEN, Obj, Val};
use super::library::Asked;
use super::vm::Vm;

fn of_kind(vm: &Vm<'_, '_>, value: Val) -> u8 {
    match vm.heap.get(value) {
        Some(Obj::Array { kind, .. }) => *kind,
        Some(Obj::Text(..)) => 3,
        _ => 28,
    }
}

pub(super) fn answer(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let (class, name) = (asked.callee.call.class, asked.callee.call.name);
    match class {
        b"Array" | b"Buffer" => array(vm, asked),
        b"Enumerable" | b"MemoryExtensions" => linq(vm, asked),
        b"List`1" | b"IEnumerable`1" | b"ICollection`1" | b"IList`1" | b"IEnumerable" | b"Queue`1"
        | b"Stack`1" => list(vm, asked),
        b"Span`1" | b"ReadOnlySpan`1" => span(vm, asked),
        _ => match name {
            b"MoveNext" => {
                let this = vm.load(asked.receiver?);
                let Some(Obj::Walk { items, next }) = vm.heap.get_mut(this) else { return None };
                *next += 1;
                let more = *next <= items.len();
                Some(Val::Int(more.into()))
            }
            b"get_Current" => {
                let this = vm.load(asked.receiver?);
                let Some(Obj::Walk { items, next }) = vm.heap.get(this) else { return None };
                items.get(next.checked_sub(1)?).copied()
            }
            _ => None,
        },
    }
}

fn array(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    match asked.callee.call.name {
        b"Reverse" => {
            let part = match asked.arguments.len() {
                3 => Some((asked.index(vm, 1)?, asked.index(vm, 2)?)),
                _ => None,
            };
            let Some(Obj::Array { items, .. }) = vm.heap.get_mut(asked.arg(0)) else { return None };
            match part {
                Some((from, count)) => items.get_mut(from..from.checked_add(count)?)?.reverse(),
                None => items.reverse(),
            }
            None
        }
        b"Copy" | b"BlockCopy" | b"ConstrainedCopy" => {
            let (from, to, count, source, target) = match asked.arguments.len() {
                3 => (0, 0, asked.index(vm, 2)?, asked.arg(0), asked.arg(1)),
                _ => {
                    let count = asked.index(vm, 4)?;
                    (asked.index(vm, 1)?, asked.index(vm, 3)?, count, asked.arg(0), asked.arg(2))
                }
            };
            // Blocks are counted in bytes.
            if asked.callee.call.class == b"Buffer" && !matches!(of_kind(vm, source), 4 | 5) {
                return None;
            }
            let items = vm.heap.items(source)?;
            let part = items.get(from..from.checked_add(count)?)?.to_vec();
            if let Some(Obj::Array { items, .. }) = vm.heap.get_mut(target) {
                items.get_mut(to..to.checked_add(count)?)?.copy_from_slice(&part);
            }
            None
        }
        b"get_Length" => Some(Val::Int(i32::try_from(vm.heap.items(asked.receiver?)?.len()).ok()?)),
        b"Clone" => copy(vm, asked.receiver?),
        b"ConvertAll" => select(vm, asked.arg(0), asked.arg(1)),
        b"Empty" => vm.heap.array(asked.callee.instance, Vec::new()),
        b"GetEnumerator" => walk(vm, asked.receiver?),
        _ => None,
    }
}

fn copy(vm: &mut Vm<'_, '_>, value: Val) -> Option<Val> {
    let (kind, items) = (of_kind(vm, value), vm.heap.items(value)?);
    vm.heap.array(kind, items)
}

fn walk(vm: &mut Vm<'_, '_>, value: Val) -> Option<Val> {
    let items = vm.heap.items(value)?;
    Some(vm.heap.add(Obj::Walk { items, next: 0 }))
}

/// Elements through a function of the author's; with a second parameter their number is passed too.
fn select(vm: &mut Vm<'_, '_>, of: Val, function: Val) -> Option<Val> {
    let mut out = Vec::new();
    for (n, item) in (0..).zip(vm.heap.items(of)?) {
        out.push(vm.apply(function, &[item, Val::Int(n)])?);
    }
    vm.heap.array(28, out)
}

fn linq(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let this = asked.arg(0);
    let name = asked.callee.call.name;
    if name == b"Range" {
        let (from, count) = (vm.heap.int(this)?, vm.heap.int(asked.arg(1))?);
        let count = usize::try_from(count).ok().filter(|&n| n <= MAX_LEN)?;
        return vm.heap.array(8, (from..).take(count).map(Val::Int).collect());
    }
    if matches!(name, b"AsSpan" | b"AsEnumerable") && asked.arguments.len() == 1 {
        return Some(this);
    }
    let items = vm.heap.items(this)?;
    let kind = of_kind(vm, this);
    match name {
        b"Reverse" => vm.heap.array(kind, items.into_iter().rev().collect()),
        b"ToArray" | b"ToList" | b"Cast" | b"OfType" => {
            // A sequence of characters may have come out of a function.
            let kind = if asked.callee.instance == 0 { kind } else { asked.callee.instance };
            vm.heap.array(kind, items)
        }
        b"Concat" => {
            let more = vm.heap.items(asked.arg(1))?;
            vm.heap.array(kind, [items, more].concat())
        }
        b"Skip" => vm.heap.array(kind, items.get(asked.index(vm, 1)?..)?.to_vec()),
        b"Take" => vm.heap.array(kind, items.into_iter().take(asked.index(vm, 1)?).collect()),
        b"Count" if asked.arguments.len() == 1 => Some(Val::Int(i32::try_from(items.len()).ok()?)),
        b"ElementAt" => items.get(asked.index(vm, 1)?).copied(),
        b"Select" => select(vm, this, asked.arg(1)),
        b"Where" => {
            let mut out = Vec::new();
            for item in items {
                match vm.apply(asked.arg(1), &[item])? {
                    Val::Int(0) => {}
                    Val::Int(_) => out.push(item),
                    _ => return None,
                }
            }
            vm.heap.array(kind, out)
        }
        b"Zip" => {
            let others = vm.heap.items(asked.arg(1))?;
            let mut out = Vec::new();
            for (a, b) in items.into_iter().zip(others) {
                out.push(vm.apply(asked.arg(2), &[a, b])?);
            }
            vm.heap.array(28, out)
        }
        b"Aggregate" if asked.arguments.len() == 3 => {
            let mut sum = asked.arg(1);
            for item in items {
                sum = vm.apply(asked.arg(2), &[sum, item])?;
            }
            Some(sum)
        }
        _ => None,
    }
}

fn list(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let name = asked.callee.call.name;
    if asked.is_new {
        let items = vm.heap.items(asked.arg(0)).unwrap_or_default();
        let kind = of_kind(vm, asked.arg(0));
        return vm.heap.array(kind, items);
    }
    let this = vm.load(asked.receiver?);
    match name {
        b"GetEnumerator" => walk(vm, this),
        b"ToArray" => copy(vm, this),
        b"get_Count" => Some(Val::Int(i32::try_from(vm.heap.items(this)?.len()).ok()?)),
        b"get_Item" => {
            let at = asked.index(vm, 0)?;
            match vm.heap.get(this)? {
                Obj::Array { items, .. } => items.get(at).copied(),
                _ => None,
            }
        }
        _ => {
            let at = asked.index(vm, 0);
            let more = vm.heap.items(asked.arg(0));
            let Some(Obj::Array { items, .. }) = vm.heap.get_mut(this) else { return None };
            match name {
                b"Add" | b"Enqueue" if items.len() < MAX_LEN => items.push(asked.arg(0)),
                b"Push" if items.len() < MAX_LEN => items.insert(0, asked.arg(0)),
                b"AddRange" if items.len() < MAX_LEN => items.extend(more?),
                b"Insert" if items.len() < MAX_LEN && at? <= items.len() => items.insert(at?, asked.arg(1)),
                b"set_Item" => *items.get_mut(at?)? = asked.arg(1),
                b"Reverse" if asked.arguments.is_empty() => items.reverse(),
                b"RemoveAt" if at? < items.len() => drop(items.remove(at?)),
                b"Clear" => items.clear(),
                b"Pop" | b"Dequeue" if !items.is_empty() => return Some(items.remove(0)),
                _ => {}
            }
            None
        }
    }
}

fn span(vm: &mut Vm<'_, '_>, asked: &Asked<'_, '_>) -> Option<Val> {
    let name = asked.callee.call.name;
    if name == b".ctor" {
        // Over the data of a field: bytes, as many as are named.
        let data = vm.field_data(asked.arg(0), 5);
        let made = match data {
            Some(mut data) => {
                data.truncate(asked.index(vm, 1)?);
                vm.heap.array(5, data)?
            }
            None => asked.arg(0),
        };
        if let Some(receiver) = asked.receiver {
            vm.store(receiver, made);
        }
        return Some(made);
    }
    if name == b"op_Implicit" {
        return Some(asked.arg(0));
    }
    let this = vm.load(asked.receiver?);
    match name {
        b"get_Length" => Some(Val::Int(i32::try_from(vm.heap.items(this)?.len()).ok()?)),
        b"get_Item" => vm.element_address(this, asked.index(vm, 0)?),
        b"ToArray" => copy(vm, this),
        b"ToString" => {
            let units: Vec<u16> = vm.heap.ints(this)?.into_iter().map(|n| n as u16).collect();
            vm.heap.text(&units)
        }
        b"Slice" => {
            let items = vm.heap.items(this)?;
            let from = asked.index(vm, 0)?;
            let end = match asked.arguments.len() {
                1 => items.len(),
                _ => from.checked_add(asked.index(vm, 1)?)?,
            };
            let kind = of_kind(vm, this);
            vm.heap.array(kind, items.get(from..end)?.to_vec())
        }
        _ => None,
    }
}
