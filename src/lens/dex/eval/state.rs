//! What a run needs of the file beside its code, looked up once: bodies, classes, static fields.

use super::super::leb::{Cursor, size_at, u32_at};
use super::super::refs::Program;
use super::heap::{Heap, Obj, Units, Val};
use super::natives::{Owner, owner};
use std::collections::HashMap;

const NONE: u32 = u32::MAX;
/// Superclasses that are asked for a method.
const MAX_SUPERS: usize = 8;

/// A value that outlives a run: static fields.
pub(super) enum Kept {
    Number(Val),
    Text(Units, bool),
    Array(u8, Vec<Kept>),
    Instance(u32),
}

impl Kept {
    /// Takes as many items from `room` as there are in it; nothing where they do not fit.
    pub(super) fn of(heap: &Heap, val: Val, room: &mut usize) -> Option<Kept> {
        Kept::nested(heap, val, 0, room)
    }

    fn nested(heap: &Heap, val: Val, depth: u32, room: &mut usize) -> Option<Kept> {
        *room = room.checked_sub(1 + heap.len(val))?;
        Some(match (val, heap.get(val)) {
            (Val::Int(_) | Val::Long(_), _) => Kept::Number(val),
            (_, Some(Obj::Str { units, made })) => Kept::Text(units.clone(), *made),
            (_, Some(Obj::Array { kind, items, .. })) if depth < 3 => {
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    all.push(match item {
                        Val::Ref(_) => Kept::nested(heap, *item, depth + 1, room)?,
                        number => Kept::Number(*number),
                    });
                }
                Kept::Array(*kind, all)
            }
            (_, Some(Obj::Instance { class, .. })) => Kept::Instance(*class),
            _ => Kept::Number(Val::Unknown),
        })
    }

    /// How many items a copy has, at most.
    pub(super) fn len(&self) -> usize {
        match self {
            Kept::Text(units, _) => units.len(),
            Kept::Array(_, items) => items.iter().map(|item| 1 + item.len()).sum(),
            Kept::Number(_) | Kept::Instance(_) => 1,
        }
    }

    pub(super) fn load(&self, heap: &mut Heap) -> Val {
        match self {
            Kept::Number(val) => *val,
            Kept::Text(units, made) => heap.text(units, *made),
            Kept::Array(kind, items) => {
                let items = items.iter().map(|item| item.load(heap)).collect();
                heap.array(*kind, items)
            }
            Kept::Instance(class) => {
                heap.add(Obj::Instance { class: *class, fields: Vec::new(), ready: false })
            }
        }
    }
}

/// Tables over one file.
pub(super) struct Index<'p, 'd, 'a> {
    pub(super) program: &'p Program<'d, 'a>,
    owners: Vec<Owner>,
    /// By method id, the place of its body.
    bodies: Vec<u32>,
    /// By type, the class definition.
    classes: HashMap<u32, u32>,
    /// By class definition, its place among those with initial values.
    statics: HashMap<u32, Vec<u32>>,
    call_sites: Option<(usize, usize)>,
}

impl<'p, 'd, 'a> Index<'p, 'd, 'a> {
    pub(super) fn new(program: &'p Program<'d, 'a>) -> Self {
        let dex = program.dex;
        let owners = (0..dex.types.len() as u32)
            .map(|index| dex.descriptor(index).map_or(Owner::None, owner))
            .collect();
        let mut bodies = vec![NONE; dex.methods.len()];
        for (number, method, _) in program.classes.bodies(dex) {
            if let Some(slot) = bodies.get_mut(method.id as usize) {
                *slot = number;
            }
        }
        let classes = (0..dex.classes.len() as u32)
            .filter_map(|number| Some((dex.class(number as usize)?.class, number)))
            .collect();
        let statics = program.classes.statics().map(|(class, fields)| (class, fields.to_vec())).collect();
        Index { program, owners, bodies, classes, statics, call_sites: call_sites(dex.data, dex.map) }
    }

    pub(super) fn owner(&self, class: u32) -> Owner {
        self.owners.get(class as usize).copied().unwrap_or(Owner::None)
    }

    pub(super) fn body(&self, method: u32) -> Option<u32> {
        self.bodies.get(method as usize).copied().filter(|&number| number != NONE)
    }

    pub(super) fn is_defined(&self, class: u32) -> bool {
        self.classes.contains_key(&class)
    }

    /// The methods of a class that have code.
    pub(super) fn methods_of(&self, class: u32) -> impl Iterator<Item = (u32, u32)> {
        let number = self.classes.get(&class).copied().unwrap_or(NONE);
        let methods = &self.program.classes.methods;
        let start = methods.partition_point(|method| method.class < number);
        let rest = methods.get(start..).unwrap_or_default();
        (start as u32..)
            .zip(rest)
            .take_while(move |(_, method)| method.class == number)
            .map(|(n, m)| (n, m.id))
    }

    /// The method that a class has under the name and prototype of `method`.
    pub(super) fn resolve(&self, class: u32, method: u32) -> Option<u32> {
        let dex = self.program.dex;
        let wanted = dex.method(method)?;
        let mut class = class;
        for _ in 0..MAX_SUPERS {
            let same =
                |id: u32| dex.method(id).is_some_and(|id| id.name == wanted.name && id.proto == wanted.proto);
            if let Some((number, _)) = self.methods_of(class).take(512).find(|&(_, id)| same(id)) {
                return Some(number);
            }
            let row = dex.classes.get(*self.classes.get(&class)? as usize)?;
            class = u32_at(row, 8)?;
        }
        None
    }

    /// The static initialiser of a class.
    pub(super) fn initialiser(&self, class: u32) -> Option<u32> {
        let dex = self.program.dex;
        self.methods_of(class)
            .take(512)
            .find(|&(_, id)| dex.method(id).is_some_and(|id| dex.name(id.name) == Some(b"<clinit>")))
            .map(|(number, _)| number)
    }

    /// Initial values of the static fields of a class, as far as they are numbers and strings.
    pub(super) fn initial(&self, class: u32) -> Vec<(u32, Initial)> {
        let mut out = Vec::new();
        let dex = self.program.dex;
        if let Some(&number) = self.classes.get(&class)
            && let Some(fields) = self.statics.get(&number)
            && let Some(def) = dex.class(number as usize)
        {
            let mut cursor = Cursor::new(dex.data, def.static_values);
            let count = cursor.uleb().unwrap_or(0);
            for &field in fields.iter().take(count as usize) {
                let Some(value) = initial(&mut cursor) else { break };
                out.push((field, value));
            }
        }
        out
    }

    /// What a call site is made with: the prototype, the name, and the further arguments.
    pub(super) fn call_site(&self, index: u32) -> Option<(u32, &'a [u8], Vec<Initial>)> {
        let dex = self.program.dex;
        let (count, table) = self.call_sites?;
        if index as usize >= count {
            return None;
        }
        let at = size_at(dex.data, table.checked_add(index as usize * 4)?)?;
        let mut cursor = Cursor::new(dex.data, at);
        let count = cursor.uleb()?.min(255);
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(initial(&mut cursor)?);
        }
        let (Initial::Text(name), Initial::Prototype(proto)) = (values.get(1)?, values.get(2)?) else {
            return None;
        };
        let (name, proto) = (dex.name(*name)?, *proto);
        Some((proto, name, values.split_off(3)))
    }
}

/// A simple encoded value.
#[derive(Clone, Copy)]
pub(super) enum Initial {
    Number(i32),
    Long(i64),
    Text(u32),
    Prototype(u32),
    Other,
}

fn initial(cursor: &mut Cursor<'_>) -> Option<Initial> {
    let head = cursor.u8()?;
    let (kind, arg) = (head & 0x1f, usize::from(head >> 5));
    Some(match kind {
        0x1e => Initial::Number(0),
        0x1f => Initial::Number(i32::from(arg != 0)),
        0x1c | 0x1d => return None,
        _ => {
            let value = cursor.number(arg + 1)?;
            let unused = 64u32.saturating_sub(8 * (arg as u32 + 1));
            let signed = value.wrapping_shl(unused).cast_signed() >> unused;
            match kind {
                0x00 | 0x02 | 0x04 => Initial::Number(signed as i32),
                0x03 => Initial::Number(value as i32),
                0x06 => Initial::Long(signed),
                0x17 => Initial::Text(u32::try_from(value).ok()?),
                0x15 => Initial::Prototype(u32::try_from(value).ok()?),
                _ => Initial::Other,
            }
        }
    })
}

/// Count and place of the call site ids: only the map knows of them.
fn call_sites(data: &[u8], map: usize) -> Option<(usize, usize)> {
    let count = size_at(data, map)?.min(64);
    (0..count).find_map(|n| {
        let row = data.get(map.checked_add(4 + n * 12)?..)?;
        match row {
            [0x07, 0x00, ..] => Some((size_at(row, 4)?, size_at(row, 8)?)),
            _ => None,
        }
    })
}
