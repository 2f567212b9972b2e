//! Tables that are part of the program, or were made while it runs.
//!
//! `build.rs` reads this file too, so it knows nothing of the rest of the crate.

use std::ops::Deref;

/// A table, wherever it lies.
#[derive(Debug)]
pub enum Held<T: ?Sized + 'static> {
    /// In the program: nothing makes it at the start, and of its pages only those are read that are looked at.
    Static(&'static T),
    /// Made for patterns that are not built in.
    Own(Box<T>),
}

impl<T: ?Sized> Deref for Held<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        match self {
            Held::Static(table) => table,
            Held::Own(table) => table,
        }
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
