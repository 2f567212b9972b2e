//! Strings in annotations: `@Headers("Authorization: …")` on an interface nobody thinks of as code.

use super::leb::Cursor;
use super::names;
use super::refs::{Lookup, push_place, type_scopes};
use super::tables::Dex;
use super::uses::{Place, Rank};
use super::values::{Found, Walk};
use crate::blob::{Scope, ScopeClass, ScopeId, Site};

/// What is annotated.
#[derive(Clone, Copy)]
enum Owner {
    Class,
    Field(u32),
    Method(u32),
}

struct Search<'s, 'a> {
    dex: &'s Dex<'a>,
    wanted: &'s Lookup,
    places: &'s mut [Vec<Place>],
    /// Bounds sets and values together: several classes may share them.
    budget: usize,
    number: u32,
    class: u32,
}

/// Adds the places in annotations of every wanted string.
pub(super) fn places(dex: &Dex<'_>, wanted: &Lookup, places: &mut [Vec<Place>]) {
    let mut search = Search { dex, wanted, places, budget: dex.data.len(), number: 0, class: 0 };
    for (index, number) in (0..dex.classes.len()).zip(0u32..) {
        let Some(class) = dex.class(index).filter(|class| class.annotations != 0) else { continue };
        (search.number, search.class) = (number, class.class);
        search.directory(class.annotations);
        if search.budget == 0 {
            return;
        }
    }
}

impl Search<'_, '_> {
    fn spend(&mut self) -> Option<()> {
        self.budget = self.budget.saturating_sub(1);
        (self.budget > 0).then_some(())
    }

    fn directory(&mut self, at: usize) -> Option<()> {
        let mut cursor = Cursor::new(self.dex.data, at);
        let of_class = cursor.u32()?;
        let [fields, methods, parameters] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
        self.set(of_class, Owner::Class);
        for _ in 0..fields {
            self.spend()?;
            let owner = Owner::Field(cursor.u32()?);
            self.set(cursor.u32()?, owner);
        }
        for _ in 0..methods {
            self.spend()?;
            let owner = Owner::Method(cursor.u32()?);
            self.set(cursor.u32()?, owner);
        }
        for _ in 0..parameters {
            self.spend()?;
            let owner = Owner::Method(cursor.u32()?);
            self.sets(cursor.u32()?, owner);
        }
        Some(())
    }

    /// A list of sets, one for each parameter.
    fn sets(&mut self, at: u32, owner: Owner) -> Option<()> {
        let mut cursor = Cursor::new(self.dex.data, usize::try_from(at).ok()?);
        for _ in 0..cursor.u32()? {
            self.spend()?;
            self.set(cursor.u32()?, owner);
        }
        Some(())
    }

    fn set(&mut self, at: u32, owner: Owner) -> Option<()> {
        if at == 0 {
            return None;
        }
        let mut cursor = Cursor::new(self.dex.data, usize::try_from(at).ok()?);
        for _ in 0..cursor.u32()? {
            self.spend()?;
            self.annotation(cursor.u32()?, owner);
        }
        Some(())
    }

    fn annotation(&mut self, at: u32, owner: Owner) {
        // The first byte is the visibility.
        let start = (at as usize).saturating_add(1);
        let kind = Cursor::new(self.dex.data, start).uleb();
        // What compilers note down for themselves has no values in it.
        let descriptor = kind.and_then(|kind| self.dex.descriptor(kind)).unwrap_or_default();
        if descriptor == b"Lkotlin/Metadata;"
            || (descriptor.starts_with(b"Ldalvik/annotation/")
                && !descriptor.ends_with(b"/AnnotationDefault;"))
        {
            return;
        }
        let mut found: Vec<Found> = Vec::new();
        let wanted = self.wanted;
        Walk::new(self.dex.data, start, &mut self.budget).annotation(&mut |string| {
            if !wanted.get(string.string).is_empty() {
                found.push(string);
            }
        });
        for string in found {
            for &hit in wanted.get(string.string) {
                let site = self.site(&string, kind, at, owner);
                let rank = Rank { indirect: false, class: self.number, method: 0, at: string.position };
                push_place(self.places, hit, Place { rank, site });
            }
        }
    }

    fn site(&self, string: &Found, kind: Option<u32>, at: u32, owner: Owner) -> Site {
        let dex = self.dex;
        let class = names::class(dex, self.class);
        let name = match owner {
            Owner::Class => class.clone(),
            Owner::Field(index) => dex.field(index).map_or_else(|| class.clone(), |id| names::field(dex, id)),
            Owner::Method(index) => names::method(dex, index),
        };
        let kind = kind.map_or_else(|| "?".into(), |kind| names::class(dex, kind));
        let mut scopes = vec![Scope {
            class: ScopeClass::Call,
            id: ScopeId::Named(format!("annotation {name}@{at}")),
            order: Some(string.position.into()),
            label: format!("annotation @{kind} on {name}"),
        }];
        scopes.extend(type_scopes(&class));
        Site { name, key: string.element.map(|name| names::plain(dex, name)), role: None, scopes }
    }
}
