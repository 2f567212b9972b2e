//! Values and objects of code that is run.

use std::collections::HashMap;
use std::rc::Rc;

/// Elements of an array, units of a string.
pub(super) const MAX_LEN: usize = 8 << 10;
/// Elements and units that the objects of one run may hold.
const MAX_HELD: usize = 1 << 18;

/// What is known of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Val {
    #[default]
    Unknown,
    Null,
    Int(i32),
    Long(i64),
    Ref(u32),
    /// Index into the places that an address was taken of.
    Address(u32),
}

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Local(usize, u32),
    Argument(usize, u32),
    Element(u32, usize),
    Static(u32),
    Field(u32, u32),
}

/// How an `Encoding` takes text apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Bytes,
    Utf16 { big: bool },
    Utf32,
}

#[derive(Clone, Debug)]
pub(super) enum Obj {
    /// A string, and whether code made it.
    Text(Rc<[u16]>, bool),
    /// An array, a list or a sequence; `kind` is the element type of ECMA-335 II.23.1.16.
    Array {
        kind: u8,
        items: Vec<Val>,
    },
    /// A `StringBuilder`, as far as what it holds is known.
    Builder(Option<Vec<u16>>),
    Walk {
        items: Vec<Val>,
        next: usize,
    },
    Encoding(Encoding),
    /// A handle of a field with initial data.
    Field(u32),
    /// A method, and the object it is called on.
    Method(u32, Val),
    Boxed(u8, Val),
    Instance(HashMap<u32, Val>),
}

#[derive(Default)]
pub(super) struct Heap {
    objects: Vec<Obj>,
    places: Vec<Place>,
    held: usize,
}

impl Heap {
    pub fn clear(&mut self) {
        self.objects.clear();
        self.places.clear();
        self.held = 0;
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// What has been made and written so far, in elements.
    pub fn held(&self) -> usize {
        self.held
    }

    /// How much there is to go through in an object.
    pub fn size(&self, value: Val) -> usize {
        match self.get(value) {
            Some(Obj::Text(units, _)) => units.len(),
            Some(Obj::Array { items, .. } | Obj::Walk { items, .. }) => items.len(),
            Some(Obj::Builder(Some(units))) => units.len(),
            _ => 0,
        }
    }

    /// Whether a run has made more than a run may.
    pub fn is_full(&self) -> bool {
        self.held > MAX_HELD
    }

    pub fn add(&mut self, object: Obj) -> Val {
        self.held += 8 + match &object {
            Obj::Text(units, _) => units.len(),
            Obj::Array { items, .. } | Obj::Walk { items, .. } => items.len(),
            Obj::Builder(Some(units)) => units.len(),
            _ => 0,
        };
        self.objects.push(object);
        u32::try_from(self.objects.len() - 1).map_or(Val::Unknown, Val::Ref)
    }

    pub fn text(&mut self, units: &[u16]) -> Option<Val> {
        (units.len() <= MAX_LEN).then(|| self.add(Obj::Text(units.into(), true)))
    }

    pub fn array(&mut self, kind: u8, items: Vec<Val>) -> Option<Val> {
        (items.len() <= MAX_LEN).then(|| self.add(Obj::Array { kind, items }))
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Option<Val> {
        self.array(5, bytes.iter().map(|&b| Val::Int(b.into())).collect())
    }

    pub fn get(&self, value: Val) -> Option<&Obj> {
        match value {
            Val::Ref(n) => self.objects.get(n as usize),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, value: Val) -> Option<&mut Obj> {
        match value {
            // Whoever writes may add.
            Val::Ref(n) => {
                self.held += 1;
                self.objects.get_mut(n as usize)
            }
            _ => None,
        }
    }

    pub fn address(&mut self, place: Place) -> Val {
        self.held += 1;
        self.places.push(place);
        u32::try_from(self.places.len() - 1).map_or(Val::Unknown, Val::Address)
    }

    pub fn place(&self, value: Val) -> Option<Place> {
        match value {
            Val::Address(n) => self.places.get(n as usize).copied(),
            _ => None,
        }
    }

    /// The units of a string, or what a builder holds.
    pub fn units(&self, value: Val) -> Option<Rc<[u16]>> {
        match self.get(value)? {
            Obj::Text(units, _) => Some(units.clone()),
            Obj::Builder(Some(units)) => Some(units.as_slice().into()),
            _ => None,
        }
    }

    /// The elements of whatever has some.
    pub fn items(&self, value: Val) -> Option<Vec<Val>> {
        match self.get(value)? {
            Obj::Array { items, .. } => Some(items.clone()),
            Obj::Text(units, _) => Some(units.iter().map(|&u| Val::Int(u.into())).collect()),
            Obj::Walk { items, next } => Some(items.get(*next..)?.to_vec()),
            _ => None,
        }
    }

    /// Elements that are all numbers.
    pub fn ints(&self, value: Val) -> Option<Vec<i32>> {
        self.items(value)?.into_iter().map(|item| self.int(item)).collect()
    }

    pub fn int(&self, value: Val) -> Option<i32> {
        match value {
            Val::Int(n) => Some(n),
            Val::Long(n) => i32::try_from(n).ok(),
            Val::Ref(_) => match self.get(value)? {
                Obj::Boxed(_, Val::Int(n)) => Some(*n),
                _ => None,
            },
            _ => None,
        }
    }

    /// A value as `ToString` and joining show it; `kind` is the type it is declared with.
    pub fn shown(&self, value: Val, kind: u8) -> Option<Vec<u16>> {
        match value {
            Val::Int(n) if kind == 3 => Some(vec![n as u16]),
            Val::Int(n) => Some(n.to_string().encode_utf16().collect()),
            Val::Long(n) => Some(n.to_string().encode_utf16().collect()),
            Val::Null => Some(Vec::new()),
            Val::Ref(_) => match self.get(value)? {
                Obj::Boxed(kind, value) => self.shown(*value, *kind),
                // `char[]`.
                Obj::Array { kind: 3, .. } => Some(self.ints(value)?.into_iter().map(|n| n as u16).collect()),
                _ => self.units(value).map(|units| units.to_vec()),
            },
            _ => None,
        }
    }
}
