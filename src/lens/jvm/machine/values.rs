//! What slots hold, what strings are made of, and who is told of it.

use super::Machine;

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::lens::jvm) enum Value {
    #[default]
    Unknown,
    Int(i32),
    /// A string of the pool, by its Utf8 entry.
    Str(u16),
    /// A string that was put together.
    Text(u32),
    /// An object that was made here.
    Made(u32),
    /// What a field or a method gave: the entry of the pool, and where.
    Field(u16, u32),
    Answer(u16, u32),
    /// What the method was given.
    Local(u16),
}

/// An object that was made in the method.
#[derive(Debug, Default)]
pub(in crate::lens::jvm) struct Object {
    pub(in crate::lens::jvm) what: What,
    pub(super) pieces: Vec<Piece>,
    /// Of an array of objects, what was put into it in order.
    pub(super) elements: Vec<Value>,
    /// The text it stands for.
    pub(in crate::lens::jvm) text: Option<u32>,
    /// The object it was put into, or the field.
    pub(in crate::lens::jvm) into: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::lens::jvm) enum What {
    #[default]
    Other,
    Builder,
    /// An array of bytes or characters.
    Chars,
    Array,
}

/// A piece of a string.
#[derive(Clone, Copy, Debug)]
pub(in crate::lens::jvm) enum Piece {
    Gap,
    Str(u16),
    Char(u16),
    Int(i32),
}

/// A string that was put together.
pub(in crate::lens::jvm) struct Joined {
    pub(in crate::lens::jvm) bytes: Vec<u8>,
    pub(in crate::lens::jvm) at: u64,
}

/// Looks on while a method is run.
pub(in crate::lens::jvm) trait Watch {
    /// A field is stored to.
    fn store(&mut self, machine: &mut Machine<'_, '_>, at: u32, field: u16, value: Value);
    /// A call: the callee's entry, the receiver and the arguments.
    fn call(&mut self, machine: &mut Machine<'_, '_>, at: u32, call: &Invoke<'_>);
    /// An element of an array.
    fn element(&mut self, machine: &mut Machine<'_, '_>, at: u32, array: Value, index: Value, value: Value);
    fn answer(&mut self, machine: &mut Machine<'_, '_>, at: u32, value: Value);
    /// A string is loaded.
    fn load(&mut self, at: u32, value: Value);
}

/// A call.
pub(in crate::lens::jvm) struct Invoke<'m> {
    pub(in crate::lens::jvm) method: u16,
    pub(in crate::lens::jvm) is_static: bool,
    pub(in crate::lens::jvm) receiver: Value,
    pub(in crate::lens::jvm) arguments: &'m [Value],
    pub(in crate::lens::jvm) class: &'m [u8],
    pub(in crate::lens::jvm) name: &'m [u8],
    pub(in crate::lens::jvm) descriptor: &'m [u8],
}

/// Sees nothing.
pub(in crate::lens::jvm) struct Nobody;

impl Watch for Nobody {
    fn store(&mut self, _: &mut Machine<'_, '_>, _: u32, _: u16, _: Value) {}
    fn call(&mut self, _: &mut Machine<'_, '_>, _: u32, _: &Invoke<'_>) {}
    fn element(&mut self, _: &mut Machine<'_, '_>, _: u32, _: Value, _: Value, _: Value) {}
    fn answer(&mut self, _: &mut Machine<'_, '_>, _: u32, _: Value) {}
    fn load(&mut self, _: u32, _: Value) {}
}
