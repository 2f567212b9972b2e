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

/// Whether compilers, not people, name a part of a class name like this.
fn is_synthetic(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
        || matches!(part, "Companion" | "DefaultImpls" | "WhenMappings")
        || ["lambda", "ExternalSynthetic", "inlined", "-CC", "$"].iter().any(|start| part.starts_with(start))
}

/// The class that a lambda, companion or anonymous class is written in: `com.shop.Aws` of
/// `com.shop.Aws$secret$2`.
pub(super) fn host(class: &str) -> Option<&str> {
    let start = class.rfind('.').map_or(0, |dot| dot + 1);
    let mut host = class;
    let mut synthetic = false;
    while let Some((rest, part)) = host.rsplit_once('$').filter(|(rest, _)| rest.len() > start) {
        // Behind a synthetic part stands the function or property that it is of.
        let is_member = synthetic && part.starts_with(|c: char| c.is_lowercase());
        if !is_synthetic(part) && !is_member {
            break;
        }
        synthetic = true;
        host = rest;
    }
    synthetic.then_some(host)
}

/// The property that a lambda computes: `secret` of `Aws$secret$2.invoke()` and of
/// `Aws.secret_delegate$lambda$0()`.
pub(super) fn computed<'n>(class: &'n str, method: &'n str) -> Option<&'n str> {
    if let Some((name, _)) = method.split_once("$lambda") {
        let name = name.strip_suffix("_delegate").unwrap_or(name);
        return Some(name).filter(|name| !name.is_empty() && *name != "lambda");
    }
    if !matches!(method, "invoke" | "get" | "call" | "apply" | "run") {
        return None;
    }
    let (rest, number) = class.rsplit_once('$')?;
    let (_, name) = rest.rsplit_once('$')?;
    (number.bytes().all(|b| b.is_ascii_digit()) && name.starts_with(|c: char| c.is_lowercase()))
        .then_some(name)
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
    fn lambdas_belong_to_who_wrote_them() {
        for (class, expected) in [
            ("com.shop.Aws$secret$2", Some("com.shop.Aws")),
            ("com.shop.Aws$Inner$1", Some("com.shop.Aws$Inner")),
            ("com.shop.Aws$Companion", Some("com.shop.Aws")),
            ("com.shop.Aws$$ExternalSyntheticLambda0", Some("com.shop.Aws")),
            ("com.shop.Aws$Inner", None),
            ("com.shop.Aws", None),
            ("$1", None),
        ] {
            assert_eq!(host(class).map(|host| host.trim_end_matches('$')), expected, "{class}");
        }
        assert_eq!(computed("a.Aws$secret$2", "invoke"), Some("secret"));
        assert_eq!(computed("a.Aws", "secret_delegate$lambda$0"), Some("secret"));
        assert_eq!(computed("a.Aws", "invoke"), None);
        assert_eq!(computed("a.Aws", "lambda$static$0"), None);
    }

    #[test]
    fn properties_drop_their_prefix() {
        assert_eq!(property("setSecretKey", "set").as_deref(), Some("secretKey"));
        assert_eq!(property("withAWSKey", "with").as_deref(), Some("AWSKey"));
        assert_eq!(property("settle", "set"), None);
        assert_eq!(property("set", "set"), None);
    }
}
