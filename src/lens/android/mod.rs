//! Android resources: compiled tables and XML, as `aapt`, `aapt2` and their imitators write them.
//!
//! All three lenses give the strings of a pool or message as one text and name their places only
//! when something was hit. A table names `@string/aws_secret`; XML is written out as text again and
//! goes through the syntax that reads XML files, so that a manifest in an APK and its source give
//! the same places.
//!
//! Formats: `ResourceTypes.h` (androidfw) and `Resources.proto`, `Configuration.proto` (aapt2).

mod aab;
mod arsc;
mod attributes;
mod axml;
mod chunk;
mod config;
mod pb_table;
mod pb_xml;
mod pool;
mod render;
mod resource;
mod table;
mod wire;

#[cfg(test)]
mod tests;

pub use aab::AabLens;
pub use arsc::ArscLens;
pub use axml::AxmlLens;

use crate::blob::{Blob, Scope, ScopeClass, ScopeId};

/// What the artifact calls the package or bundle that holds a blob: its address without the last
/// entry. Values in the manifest, the table and XML files of one app are looked at together.
fn app_scope(blob: &Blob<'_>) -> Option<Scope> {
    let address = blob.address.to_string();
    let inner = blob.address.inner_path();
    let holder = address.strip_suffix(&crate::address::escape(inner))?.strip_suffix('!')?;
    Some(Scope {
        class: ScopeClass::Package,
        id: ScopeId::Named(format!("android app {holder}")),
        order: None,
        label: format!("resources of {holder}"),
    })
}

/// All that belongs to one package, in whichever split it lies.
fn package_scope(package: &str) -> Scope {
    Scope {
        class: ScopeClass::Package,
        id: ScopeId::Named(format!("android package {package}")),
        order: None,
        label: format!("resources of {package}"),
    }
}
