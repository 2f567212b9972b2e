//! Names in the author's own terms. What compilers make up (state machines, closures, backing fields)
//! is led back to the class, method and property that the author wrote.

use super::meta::{Meta, Token, packed, table};
use crate::address::escape;
use crate::blob::{Scope, ScopeClass, ScopeId};

/// Nested classes deeper than this are hostile.
const MAX_NESTING: usize = 16;

/// A class and, if it stands for one, the method that the compiler made it of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Class {
    /// `Shop.Aws.Keys`.
    pub name: String,
    /// `Configure` of `<Configure>d__3`.
    pub method: Option<String>,
    /// Made up by the compiler, inside the class that is named: a closure or state machine.
    pub is_made: bool,
    pub namespace: String,
}

/// What stands between the angle brackets of a name that a compiler made up: `Configure` of
/// `<Configure>d__3`, `Some("")` of `<>c`; F# writes `Configure@12`.
pub(super) fn made_of(name: &[u8]) -> Option<&[u8]> {
    if name.first() == Some(&b'<') {
        let end = memchr::memrchr(b'>', name)?;
        let inner = name.get(1..end)?;
        // `<<Main>b__0>d`: an asynchronous lambda.
        if let Some(inside) = made_of(inner) {
            return Some(inside);
        }
        // `<Main>$` is the program without a class; F#'s start-up code is nobody's method.
        return Some(if inner.starts_with(b"StartupCode$") { b"" } else { inner });
    }
    let at = memchr::memchr(b'@', name).filter(|&at| at > 0)?;
    name.get(at + 1).is_some_and(u8::is_ascii_digit).then(|| &name[..at])
}

/// A field as its author calls it: `SecretKey` of `<SecretKey>k__BackingField`.
pub(super) fn member(name: &[u8]) -> String {
    let plain = match made_of(name) {
        // `<>3__key`: a parameter of an iterator.
        Some(b"") => memchr::memmem::find(name, b"__").map_or(name, |at| &name[at + 2..]),
        Some(inner) => inner,
        None => name,
    };
    escape(plain)
}

fn simple(name: &[u8]) -> String {
    let end = memchr::memchr(b'`', name).unwrap_or(name.len());
    escape(&name[..end])
}

/// A class by its row.
pub(super) fn class(meta: &Meta<'_>, row: u32) -> Class {
    let mut chain = vec![row];
    let mut at = row;
    while chain.len() < MAX_NESTING {
        let Some(nested) = meta.find(table::NESTED_CLASS, 0, at) else { break };
        at = meta.cell(table::NESTED_CLASS, nested, 1);
        chain.push(at);
    }
    let mut class = Class { namespace: escape(meta.name_of(table::TYPE_DEF, at, 2)), ..Class::default() };
    class.name.clone_from(&class.namespace);
    for (depth, &row) in chain.iter().rev().enumerate() {
        let name = meta.name_of(table::TYPE_DEF, row, 1);
        if let Some(method) = made_of(name).filter(|_| depth > 0) {
            class.method = Some(escape(method)).filter(|m| !m.is_empty());
            class.is_made = true;
            break;
        }
        if !class.name.is_empty() {
            class.name.push('.');
        }
        class.name.push_str(&simple(name));
    }
    class
}

/// The name of a type by whatever names it.
pub(super) fn type_name(meta: &Meta<'_>, token: Token) -> Class {
    match token.table {
        table::TYPE_DEF => class(meta, token.row),
        table::TYPE_REF => {
            let (name, space) =
                (meta.name_of(table::TYPE_REF, token.row, 1), meta.name_of(table::TYPE_REF, token.row, 2));
            let namespace = escape(space);
            let name = match namespace.as_str() {
                "" => simple(name),
                space => format!("{space}.{}", simple(name)),
            };
            Class { name, namespace, ..Class::default() }
        }
        // Of a generic type the type itself (II.23.2.14).
        table::TYPE_SPEC => {
            let blob = meta.blob_bytes(meta.cell(table::TYPE_SPEC, token.row, 0));
            let generic = |blob: &[u8]| {
                if !matches!(blob, [0x15, 0x11 | 0x12, ..]) {
                    return None;
                }
                let (coded, _) = packed(blob, 2)?;
                let table = [table::TYPE_DEF, table::TYPE_REF].get(coded & 3).copied()?;
                Some(type_name(meta, Token { table, row: (coded >> 2) as u32 }))
            };
            generic(blob).unwrap_or_default()
        }
        _ => Class::default(),
    }
}

/// A field or method by whatever names it: its class and its own name.
pub(super) fn of_member<'a>(meta: &Meta<'a>, token: Token) -> (Class, &'a [u8]) {
    match token.table {
        table::FIELD => {
            let owner = meta.owner(table::TYPE_DEF, 4, token.row).unwrap_or(0);
            (class(meta, owner), meta.name_of(table::FIELD, token.row, 1))
        }
        table::METHOD => {
            let owner = meta.owner(table::TYPE_DEF, 5, token.row).unwrap_or(0);
            (class(meta, owner), meta.name_of(table::METHOD, token.row, 3))
        }
        table::PROPERTY => {
            let map = meta.owner(table::PROPERTY_MAP, 1, token.row).unwrap_or(0);
            let owner = meta.cell(table::PROPERTY_MAP, map, 0);
            (class(meta, owner), meta.name_of(table::PROPERTY, token.row, 1))
        }
        table::MEMBER_REF => {
            let parent = meta.coded(table::MEMBER_REF, token.row, 0);
            let class = parent.map(|p| type_name(meta, p)).unwrap_or_default();
            (class, meta.name_of(table::MEMBER_REF, token.row, 1))
        }
        table::METHOD_SPEC => match meta.coded(table::METHOD_SPEC, token.row, 0) {
            Some(method) if method.table != table::METHOD_SPEC => of_member(meta, method),
            _ => (Class::default(), b""),
        },
        _ => (Class::default(), b""),
    }
}

/// Scopes of a class and its namespace.
pub(super) fn type_scopes(class: &Class) -> Vec<Scope> {
    let scope = |class, what: &str, name: &str| Scope {
        class,
        id: ScopeId::Named(format!("dotnet:{what} {name}")),
        order: None,
        label: format!("{what} {name}"),
    };
    let mut scopes = Vec::new();
    if !class.name.is_empty() {
        scopes.push(scope(ScopeClass::Type, "class", &class.name));
    }
    if !class.namespace.is_empty() {
        scopes.push(scope(ScopeClass::Package, "namespace", &class.namespace));
    }
    scopes
}

/// The name of a parameter of a method of this assembly; `n` counts from 0, without `this`.
pub(super) fn parameter(meta: &Meta<'_>, method: Token, n: usize) -> Option<String> {
    let method = match method.table {
        table::METHOD_SPEC => meta.coded(table::METHOD_SPEC, method.row, 0)?,
        _ => method,
    };
    if method.table != table::METHOD {
        return None;
    }
    let mut rows = meta.list(table::METHOD, method.row, 5, table::PARAM).take(256);
    let row = rows.find(|&row| meta.cell(table::PARAM, row, 1) as usize == n + 1)?;
    Some(escape(meta.name_of(table::PARAM, row, 2))).filter(|name| !name.is_empty())
}

/// Cuts `prefix` off where a capital or an underscore follows: `WithSecretKey` → `SecretKey`.
pub(super) fn property<'n>(name: &'n [u8], prefix: &[u8]) -> Option<&'n [u8]> {
    name.strip_prefix(prefix).filter(|rest| rest.first().is_some_and(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_compilers_make_up() {
        for (name, of) in [
            ("<Configure>d__3", Some("Configure")),
            ("<Main>c__async0", Some("Main")),
            ("<>c__DisplayClass1_0", Some("")),
            ("<<Main>b__0>d", Some("Main")),
            ("<Main>$", Some("Main")),
            ("client@12-1", Some("client")),
            ("Configure", None),
            ("user@host", None),
        ] {
            assert_eq!(made_of(name.as_bytes()), of.map(str::as_bytes), "{name}");
        }
        assert_eq!(member(b"<SecretKey>k__BackingField"), "SecretKey");
        assert_eq!(member(b"<key>5__2"), "key");
        assert_eq!(member(b"<>3__key"), "key");
        assert_eq!(member(b"_secret"), "_secret");
        assert_eq!(property(b"WithSecret", b"With"), Some(&b"Secret"[..]));
        assert_eq!(property(b"Without", b"With"), None);
    }
}
