//! Symbols as their authors wrote them: C, Objective-C, Swift, C++ and Rust.

use super::swift;

/// Longest symbol of Rust that is read.
const MAX_SYMBOL: usize = 2048;

/// A symbol, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// Printed: `kAWSSecret`, `-[AwsManager configure]`, `Shop.AWS.secret`, `shop::kSecret`.
    pub(super) whole: String,
    /// The last part: `kAWSSecret`, `configure`, `secret`.
    pub(super) last: String,
    /// The class or namespace around it.
    pub(super) within: Option<String>,
    /// A function that makes or gives one variable.
    pub(super) variable: bool,
}

/// Whether a symbol is one that the compiler made up.
pub(super) fn is_made_up(symbol: &[u8]) -> bool {
    symbol.is_empty()
        || [
            &b"l_"[..],
            b"L",
            b"ltmp",
            b"__unnamed_",
            b"_.str",
            b"_OBJC_",
            b"__OBJC_",
            b"_objc_",
            b"GCC_except",
        ]
        .iter()
        .any(|p| symbol.starts_with(p))
        || symbol.starts_with(b"l") && symbol.contains(&b'.')
}

/// Reads a symbol as the symbol table has it.
pub(super) fn read(symbol: &[u8]) -> Name {
    let text = String::from_utf8_lossy(symbol);
    // A block: ___27-[AwsManager configure]_block_invoke_2
    if let Some(start) = text.find("-[").or_else(|| text.find("+["))
        && let Some(end) = text[start..].find(']')
    {
        return method(&text[start..start + end + 1]);
    }
    let plain = text.strip_prefix('_').unwrap_or(&text);
    if let Some(name) = swift::demangle(plain) {
        let last = name
            .member
            .clone()
            .unwrap_or_else(|| name.context.rsplit('.').next().unwrap_or_default().to_owned());
        let whole = match (&name.member, name.context.is_empty()) {
            (Some(member), false) => format!("{}.{member}", name.context),
            (Some(member), true) => member.clone(),
            (None, _) => name.context.clone(),
        };
        let within = Some(name.context).filter(|c| c.contains('.'));
        return Name { whole, last, within, variable: name.variable };
    }
    // Rust's own mangling (v0). Instances are called what their generic function is called.
    if plain.starts_with("_R")
        && let Ok(name) = rustc_demangle::try_demangle(&plain[..plain.len().min(MAX_SYMBOL)])
    {
        let whole = format!("{name:#}").replace("::{closure#0}", "");
        let path =
            whole.strip_suffix('>').and_then(|w| w.rsplit_once("::<")).map_or(&whole[..], |(path, _)| path);
        let (within, last) = match path.rsplit_once("::") {
            Some((within, last)) if !last.contains('>') => (Some(within.to_owned()), last.to_owned()),
            _ => (None, path.to_owned()),
        };
        return Name { whole, last, within, variable: false };
    }
    if let Some(parts) = itanium(plain) {
        let last = parts.last().cloned().unwrap_or_default();
        let within = (parts.len() > 1).then(|| parts[..parts.len() - 1].join("::"));
        return Name { whole: parts.join("::"), last, within, variable: false };
    }
    // A block or static variable of a C function: ___configure_block_invoke, _configure.secret
    let plain = plain.split("_block_invoke").next().unwrap_or(plain);
    let plain = if text.contains("_block_invoke") { plain.trim_start_matches('_') } else { plain };
    let last = plain.rsplit('.').next().filter(|l| l.parse::<u64>().is_err()).unwrap_or(plain);
    Name { whole: plain.to_owned(), last: last.to_owned(), within: None, variable: false }
}

/// `-[Class selector]`.
pub(super) fn method(text: &str) -> Name {
    let inner = text.trim_start_matches(['-', '+']).trim_matches(['[', ']']);
    let (class, selector) = inner.split_once(' ').unwrap_or((inner, ""));
    let class = class.split('(').next().filter(|c| !c.is_empty() && *c != "?").map(str::to_owned);
    Name { whole: text.to_owned(), last: selector.to_owned(), within: class, variable: false }
}

/// The names in `_ZN4shop3Aws7kSecretE`, without what follows them (arguments, Rust's hash).
fn itanium(symbol: &str) -> Option<Vec<String>> {
    let rest = symbol.strip_prefix("_Z")?;
    let rest = rest.strip_prefix("GV").or_else(|| rest.strip_prefix('L')).unwrap_or(rest);
    let mut rest = match rest.strip_prefix('N') {
        Some(nested) => nested.trim_start_matches(['K', 'V', 'L']),
        None => rest,
    };
    let mut parts = Vec::new();
    while parts.len() < 32 {
        let rest_ = rest.strip_prefix('L').unwrap_or(rest);
        let digits = rest_.bytes().take_while(u8::is_ascii_digit).count();
        let Some(len) = rest_.get(..digits).and_then(|d| d.parse::<usize>().ok()) else { break };
        let Some(part) = rest_.get(digits..digits.saturating_add(len)) else { break };
        rest = &rest_[digits + len..];
        let is_hash =
            part.len() == 17 && part.starts_with('h') && part[1..].bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            parts.push(if part.starts_with("_GLOBAL__N") {
                "(anonymous)".to_owned()
            } else {
                part.to_owned()
            });
        }
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols() {
        let cases = [
            ("_kAWSSecret", "kAWSSecret", "kAWSSecret", None),
            ("-[AwsManager configure]", "-[AwsManager configure]", "configure", Some("AwsManager")),
            (
                "___23-[AwsManager configure]_block_invoke_2",
                "-[AwsManager configure]",
                "configure",
                Some("AwsManager"),
            ),
            ("_$s4Shop3AWSV6secretSSvpZ", "Shop.AWS.secret", "secret", Some("Shop.AWS")),
            ("__ZN4shop3Aws7kSecretE", "shop::Aws::kSecret", "kSecret", Some("shop::Aws")),
            ("__ZL7kSecret", "kSecret", "kSecret", None),
            ("__ZN4shop6SECRET17h0123456789abcdefE", "shop::SECRET", "SECRET", Some("shop")),
            ("__RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar", "bar", Some("mycrate::foo")),
            ("_configure.secret", "configure.secret", "secret", None),
            ("___configure_block_invoke", "configure", "configure", None),
        ];
        for (symbol, whole, last, within) in cases {
            let name = read(symbol.as_bytes());
            assert_eq!(
                (name.whole.as_str(), name.last.as_str(), name.within.as_deref()),
                (whole, last, within),
                "{symbol}"
            );
        }
        assert!(is_made_up(b"l_.str.4") && is_made_up(b"ltmp0") && !is_made_up(b"_kSecret"));
    }
}
