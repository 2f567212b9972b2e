//! Names in the author's own terms, safe to print.

use super::tables::{Dex, FieldId};
use crate::address::escape;
pub(super) use crate::lens::calls::{property, simple};

/// A name, or `?` where the file has none.
pub(super) fn plain(dex: &Dex<'_>, string: u32) -> String {
    match dex.name(string) {
        Some(name) => escape(name),
        None => "?".into(),
    }
}

/// A type as Java writes it, with the binary names of inner classes: `com.shop.Aws$Keys`,
/// `byte[]`.
pub(super) fn class(dex: &Dex<'_>, type_index: u32) -> String {
    dex.descriptor(type_index).map_or_else(|| "?".into(), type_name)
}

fn type_name(descriptor: &[u8]) -> String {
    let dimensions = descriptor.iter().take_while(|&&b| b == b'[').count();
    let inner = descriptor.get(dimensions..).unwrap_or_default();
    let mut name = match inner {
        [b'L', name @ .., b';'] => escape(name).replace('/', "."),
        b"V" => "void".into(),
        b"Z" => "boolean".into(),
        b"B" => "byte".into(),
        b"S" => "short".into(),
        b"C" => "char".into(),
        b"I" => "int".into(),
        b"J" => "long".into(),
        b"F" => "float".into(),
        b"D" => "double".into(),
        other => escape(other),
    };
    name.extend(std::iter::repeat_n("[]", dimensions));
    name
}

/// The package of a class name as [`class`] gives it.
pub(super) fn package(class: &str) -> Option<&str> {
    class.rsplit_once('.').map(|(package, _)| package)
}

/// `com.shop.Aws.SECRET_KEY`.
pub(super) fn field(dex: &Dex<'_>, id: FieldId) -> String {
    format!("{}.{}", class(dex, id.class), plain(dex, id.name))
}

/// `com.shop.Aws.client()`: parameters are left out, as people say it.
pub(super) fn method(dex: &Dex<'_>, index: u32) -> String {
    match dex.method(index) {
        Some(id) => format!("{}.{}()", class(dex, id.class), plain(dex, id.name)),
        None => "?".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_read_as_java() {
        assert_eq!(type_name(b"Lcom/shop/Aws$Keys;"), "com.shop.Aws$Keys");
        assert_eq!(type_name(b"[[B"), "byte[][]");
        assert_eq!(type_name(b"L\xff;"), "\\xff");
        assert_eq!(simple("android.content.SharedPreferences$Editor"), "Editor");
        assert_eq!(simple("a$"), "a");
        assert_eq!(package("com.shop.Aws$Keys"), Some("com.shop"));
        assert_eq!(package("Aws"), None);
    }

    #[test]
    fn properties_drop_their_prefix() {
        assert_eq!(property("setSecretKey", "set").as_deref(), Some("secretKey"));
        assert_eq!(property("withAWSKey", "with").as_deref(), Some("AWSKey"));
        assert_eq!(property("settle", "set"), None);
        assert_eq!(property("set", "set"), None);
    }
}
