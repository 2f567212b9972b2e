//! What registers hold while code is really run: numbers, and objects on a small heap.

use std::rc::Rc;

/// Elements and characters that may be alive in one run; a table of keys is far smaller.
const MAX_CELLS: usize = 1 << 16;
/// Objects that may be alive in one run.
const MAX_OBJECTS: usize = 1 << 13;
/// Longest string or array that is followed.
pub(super) const MAX_LEN: usize = 4096;

/// What a register holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Val {
    #[default]
    Unknown,
    /// A number of 32 bits; null is 0.
    Int(i32),
    /// A number of 64 bits.
    Long(i64),
    /// An object of the heap.
    Ref(u32),
}

/// UTF-16, as Java counts.
pub(super) type Units = Rc<[u16]>;

/// An object.
#[derive(Clone, Debug)]
pub(super) enum Obj {
    /// A string; `made` unless it stands in the pool as it is.
    Str { units: Units, made: bool },
    /// A string builder; nothing when what it holds is not known.
    Builder(Option<Vec<u16>>),
    /// An array of elements of the type that `kind` begins: `B`, `C`, `[`, `L`.
    Array { kind: u8, items: Vec<Val>, at: Option<u32> },
    /// A `List`, or what is as good as one.
    List(Vec<Val>),
    /// A place in a list or an array.
    Iter { of: u32, next: usize },
    /// A number in an object: `C` a character, `I` an integer.
    Boxed { kind: u8, value: i64 },
    /// An object of a class of the file: its fields as far as they were set.
    Instance { class: u32, fields: Vec<(u32, Val)>, ready: bool },
    /// Something that undoes base64.
    Base64,
    /// Something that undoes hexadecimal.
    Base16,
}

/// The objects of one run.
#[derive(Clone, Default)]
pub(super) struct Heap {
    objects: Vec<Obj>,
    cells: usize,
}

impl Heap {
    pub(super) fn clear(&mut self) {
        self.objects.clear();
        self.cells = 0;
    }

    /// What a copy costs.
    pub(super) fn size(&self) -> usize {
        self.objects.len() + self.cells / 4
    }

    pub(super) fn add(&mut self, object: Obj) -> Val {
        let cells = match &object {
            Obj::Str { units, .. } => units.len(),
            Obj::Array { items, .. } | Obj::List(items) => items.len(),
            _ => 1,
        };
        if self.objects.len() >= MAX_OBJECTS || self.cells + cells > MAX_CELLS {
            return Val::Unknown;
        }
        self.cells += cells;
        self.objects.push(object);
        Val::Ref((self.objects.len() - 1) as u32)
    }

    /// Whether an object may grow by as much.
    pub(super) fn grow(&mut self, by: usize) -> bool {
        let fits = self.cells + by <= MAX_CELLS;
        self.cells += if fits { by } else { 0 };
        fits
    }

    pub(super) fn get(&self, val: Val) -> Option<&Obj> {
        match val {
            Val::Ref(at) => self.objects.get(at as usize),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, val: Val) -> Option<&mut Obj> {
        match val {
            Val::Ref(at) => self.objects.get_mut(at as usize),
            _ => None,
        }
    }

    /// Puts another object where this one was: a constructor was called on it.
    pub(super) fn become_(&mut self, val: Val, object: Obj) {
        if let Some(slot) = self.get_mut(val) {
            *slot = object;
        }
    }

    pub(super) fn text(&mut self, units: &[u16], made: bool) -> Val {
        if units.len() > MAX_LEN {
            return Val::Unknown;
        }
        self.add(Obj::Str { units: units.into(), made })
    }

    pub(super) fn array(&mut self, kind: u8, items: Vec<Val>) -> Val {
        if items.len() > MAX_LEN {
            return Val::Unknown;
        }
        self.add(Obj::Array { kind, items, at: None })
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Val {
        self.array(b'B', bytes.iter().map(|&b| Val::Int(b.cast_signed().into())).collect())
    }

    /// How much a call that reads it has to look at.
    pub(super) fn len(&self, val: Val) -> usize {
        match self.get(val) {
            Some(Obj::Str { units, .. }) => units.len(),
            Some(Obj::Array { items, .. } | Obj::List(items)) => items.len(),
            Some(Obj::Builder(Some(units))) => units.len(),
            _ => 0,
        }
    }

    /// A string that stands in the register as such.
    pub(super) fn str(&self, val: Val) -> Option<Units> {
        match self.get(val)? {
            Obj::Str { units, .. } => Some(units.clone()),
            _ => None,
        }
    }

    /// Any `CharSequence`, array of characters, or object as `toString` says it.
    pub(super) fn shown(&self, val: Val) -> Option<Units> {
        match self.get(val)? {
            Obj::Str { units, .. } => Some(units.clone()),
            Obj::Builder(Some(units)) => Some(units.as_slice().into()),
            Obj::Boxed { kind: b'C', value } => Some([*value as u16].as_slice().into()),
            Obj::Boxed { kind: b'Z', value } => {
                Some((if *value != 0 { "true" } else { "false" }).encode_utf16().collect())
            }
            Obj::Boxed { value, .. } => Some(value.to_string().encode_utf16().collect()),
            _ => None,
        }
    }

    pub(super) fn items(&self, val: Val) -> Option<&[Val]> {
        match self.get(val)? {
            Obj::Array { items, .. } | Obj::List(items) => Some(items),
            _ => None,
        }
    }

    /// Numbers of an array, all of which must be known.
    pub(super) fn numbers(&self, val: Val) -> Option<Vec<i32>> {
        self.items(val)?
            .iter()
            .map(|item| match (item, self.get(*item)) {
                (Val::Int(number), _) => Some(*number),
                (_, Some(Obj::Boxed { value, .. })) => i32::try_from(*value).ok(),
                _ => None,
            })
            .collect()
    }

    pub(super) fn bytes_of(&self, val: Val) -> Option<Vec<u8>> {
        Some(self.numbers(val)?.into_iter().map(|n| n as u8).collect())
    }

    pub(super) fn units_of(&self, val: Val) -> Option<Vec<u16>> {
        Some(self.numbers(val)?.into_iter().map(|n| n as u16).collect())
    }

    /// A number, in an object or not.
    pub(super) fn int(&self, val: Val) -> Option<i32> {
        match val {
            Val::Int(number) => Some(number),
            _ => match self.get(val)? {
                Obj::Boxed { value, .. } => Some(*value as i32),
                _ => None,
            },
        }
    }

    pub(super) fn objects(&self) -> &[Obj] {
        &self.objects
    }
}
