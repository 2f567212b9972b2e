//! Names of Swift symbols, as much of them as a reader needs: `Shop.AWS.secret`.
//!
//! The grammar is `docs/ABI/Mangling.rst` of the Swift project; of it are read: identifiers with
//! word substitutions, kinds of types, substitutions of whole names. It ends at the first member.

/// What a mangled name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// `Shop.AWS`.
    pub(super) context: String,
    /// `secret`, or `init`.
    pub(super) member: Option<String>,
    /// Whether the member is a variable rather than a function.
    pub(super) variable: bool,
}

/// Identifiers of one name.
const MOST: usize = 32;

/// Reads a symbol without its leading underscore.
pub(super) fn demangle(symbol: &str) -> Option<Name> {
    let rest = ["$s", "$S", "_T0", "$e"].iter().find_map(|p| symbol.strip_prefix(p))?;
    let bytes = rest.as_bytes();
    let mut at = 0;
    let mut words: Vec<String> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut context: Vec<String> = Vec::new();
    let mut pending: Option<String> = None;
    while context.len() < MOST {
        match bytes.get(at).copied() {
            Some(b'0'..=b'9') => {
                let Some(name) = identifier(rest, &mut at, &mut words) else { break };
                // What tells private names of different files apart.
                if name.starts_with('_') && rest.get(at..).is_some_and(|r| r.starts_with("LL")) {
                    at += 2;
                    continue;
                }
                if let Some(first) = pending.take() {
                    // The first name is the module; a name that no kind follows is the member,
                    // and what follows it are labels of arguments.
                    if !context.is_empty() {
                        pending = Some(first);
                        break;
                    }
                    context.push(first);
                }
                known.push(name.clone());
                pending = Some(name);
            }
            // The kinds of types: what stands before is a context.
            Some(b'V' | b'C' | b'O' | b'P' | b'N') if pending.is_some() => {
                context.extend(pending.take());
                at += 1;
            }
            // Extensions, and names of the standard library.
            Some(b'E') => at += 1,
            Some(b'S') if context.is_empty() && pending.is_none() => {
                at += 2;
                context.push("Swift".into());
            }
            // A substitution: A, then letters of which the last is upper case.
            Some(b'A') if pending.is_some() && context.is_empty() => {
                at += 1;
                while bytes.get(at).is_some_and(u8::is_ascii_lowercase) {
                    at += 1;
                }
                let index = bytes.get(at).and_then(|b| b.checked_sub(b'A')).map_or(0, usize::from);
                let Some(name) = known.get(index).cloned() else { break };
                at += 1;
                context.extend(pending.take());
                pending = Some(name);
            }
            _ => break,
        }
    }
    let tail = &rest[at.min(rest.len())..];
    let is_init = tail.contains("fC") || tail.contains("fc");
    let variable =
        ["vp", "vg", "vs", "vM", "vau", "WZ", "vr", "vZ", "Wvd"].iter().any(|op| tail.contains(op));
    if context.is_empty() && pending.is_none() {
        return None;
    }
    let member = if is_init && !variable && !context.is_empty() { Some("init".to_owned()) } else { pending };
    Some(Name { context: context.join("."), member, variable })
}

/// A length and so many characters; `0` in front says that words of earlier names are used again.
fn identifier(text: &str, at: &mut usize, words: &mut Vec<String>) -> Option<String> {
    let bytes = text.as_bytes();
    let mut name = String::new();
    let mut substitutes = bytes.get(*at) == Some(&b'0');
    if substitutes {
        *at += 1;
    }
    loop {
        while substitutes && bytes.get(*at).is_some_and(u8::is_ascii_alphabetic) {
            let b = bytes[*at];
            *at += 1;
            name.push_str(words.get(usize::from(b.to_ascii_lowercase() - b'a'))?);
            substitutes = b.is_ascii_lowercase();
        }
        if !substitutes && name.len() > 1024 {
            return None;
        }
        let digits = bytes[(*at).min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return (!name.is_empty()).then_some(name);
        }
        if bytes[*at] == b'0' {
            *at += 1;
            return (!name.is_empty()).then_some(name);
        }
        let len: usize = text.get(*at..*at + digits)?.parse().ok()?;
        *at += digits;
        if len == 0 {
            return (!name.is_empty()).then_some(name);
        }
        let piece = text.get(*at..at.checked_add(len)?)?;
        *at += len;
        split(piece, words);
        name.push_str(piece);
        if !substitutes {
            return Some(name);
        }
    }
}

/// The words of a name that later ones may use: from a capital to the next, of two letters at least.
fn split(name: &str, words: &mut Vec<String>) {
    let bytes = name.as_bytes();
    let mut from = 0;
    for i in 0..=bytes.len() {
        let end = i == bytes.len()
            || bytes[i] == b'_'
            || (i > from && bytes[i].is_ascii_uppercase() && !bytes[i - 1].is_ascii_uppercase());
        if end {
            if i - from >= 2 && words.len() < 26 && bytes[from..i].is_ascii() {
                words.extend(name.get(from..i).map(str::to_owned));
            }
            from = if i < bytes.len() && bytes[i] == b'_' { i + 1 } else { i };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("$s4Shop3AWSV6secretSSvpZ", "Shop.AWS", Some("secret"), true),
            ("$s4Shop3AWSV6secret_WZ", "Shop.AWS", Some("secret"), true),
            ("$s4Shop9awsSecretSSvp", "Shop", Some("awsSecret"), true),
            ("$s4Shop6ClientC9configure3keyySS_tF", "Shop.Client", Some("configure"), false),
            ("$s4ShopAAV6secretSSvpZ", "Shop.Shop", Some("secret"), true),
            ("$s4Shop6ConfigO4ProdO9secretKeySSvgZ", "Shop.Config.Prod", Some("secretKey"), true),
            ("$s4Shop6ClientCACycfC", "Shop.Client", Some("init"), false),
            ("$s9AwsConfig0bA0V9secretKeySSvpZ", "AwsConfig.ConfigAws", Some("secretKey"), true),
            (
                "$s4Shop6Config33_0123456789ABCDEF0123456789ABCDEFLLV6secretSSvpZ",
                "Shop.Config",
                Some("secret"),
                true,
            ),
        ];
        for (symbol, context, member, variable) in cases {
            let found = demangle(symbol).unwrap_or_else(|| panic!("{symbol}"));
            assert_eq!(
                (found.context.as_str(), found.member.as_deref(), found.variable),
                (context, member, variable),
                "{symbol}"
            );
        }
        assert_eq!(demangle("main"), None);
        for hostile in
            ["$s", "$s99999999999999999999a", "$s0a", "$s1", "$s3é", "$s0z4abcd", "$sA", "$s4ShopAaaaaaa"]
        {
            demangle(hostile);
        }
    }
}
