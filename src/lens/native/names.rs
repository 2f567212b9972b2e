//! Symbols as people write them.

use crate::blob::{Scope, ScopeClass, ScopeId};

/// Longest symbol that is read: C++ templates have names of many kilobytes.
const MAX_SYMBOL: usize = 2048;

/// A symbol, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// All of it: `shop::Aws::client`.
    pub full: String,
    /// The last part: `client`.
    pub last: String,
    /// What is before: `shop::Aws`.
    pub owner: Option<String>,
    /// Whether the owner is a class or module rather than a package.
    owner_is_type: bool,
}

/// Reads a symbol, mangled or not.
pub fn read(symbol: &[u8]) -> Name {
    let symbol = &symbol[..symbol.len().min(MAX_SYMBOL)];
    // Versions and clones: `memcpy@@GLIBC_2.14`, `main.cold`, `f.constprop.0`.
    let text = String::from_utf8_lossy(symbol);
    let text = if text.starts_with('?') { &text[..] } else { text.split("@@").next().unwrap_or("") };
    if let Some(name) = jni(text) {
        return name;
    }
    if let Some(name) = msvc(text) {
        return split(name, "::", true);
    }
    let plain = text.strip_prefix('_').filter(|t| t.starts_with("_Z") || t.starts_with("_R")).unwrap_or(text);
    if let Ok(demangled) = rustc_demangle::try_demangle(plain) {
        let full = format!("{demangled:#}");
        let full = full.replace("::{{closure}}", "").replace("::{closure#0}", "");
        let full = if full.starts_with('<') { full } else { without_arguments(&full) };
        return split(full, "::", false);
    }
    let base = plain.split(".cold").next().unwrap_or(plain).split(".constprop").next().unwrap_or(plain);
    if base.starts_with("_Z")
        && let Ok(symbol) = cpp_demangle::Symbol::new(base)
        && let Ok(full) = symbol.demangle(&cpp_demangle::DemangleOptions::default())
    {
        return split(without_arguments(&full), "::", true);
    }
    // Go: the package path has dots and slashes of its own.
    let tail = text.rfind('/').map_or(0, |i| i + 1);
    if let Some(dot) = text[tail..].find('.').filter(|&i| i > 0)
        && !text.starts_with('.')
    {
        let (package, rest) = (&text[..tail + dot], &text[tail + dot + 1..]);
        if let Some((owner, last)) = rest.rsplit_once('.').filter(|(o, _)| !o.starts_with("func")) {
            let owner = Some(format!("{package}.{owner}"));
            return Name { full: text.to_owned(), last: last.to_owned(), owner, owner_is_type: true };
        }
        let owner = Some(package.to_owned());
        return Name { full: text.to_owned(), last: rest.to_owned(), owner, owner_is_type: false };
    }
    Name { full: text.to_owned(), last: text.to_owned(), owner: None, owner_is_type: false }
}

/// A demangled C++ name without its arguments, return type and template parameters' tail.
fn without_arguments(full: &str) -> String {
    let full = full.replace("(anonymous namespace)::", "");
    let mut depth = 0i32;
    let mut end = full.len();
    for (i, c) in full.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            '(' if depth <= 0 && !full[..i].ends_with("operator") => {
                end = i;
                break;
            }
            _ => {}
        }
    }
    let name = &full[..end];
    // `char const* shop::name<int>`: the return type of templates stands before.
    let mut depth = 0i32;
    let start = name.rfind(|c| {
        match c {
            '>' => depth += 1,
            '<' => depth -= 1,
            _ => {}
        }
        c == ' ' && depth == 0
    });
    let is_operator = name.contains("operator");
    let start = if is_operator { 0 } else { start.map_or(0, |i| i + 1) };
    name[start..].to_owned()
}

fn split(full: String, by: &str, owner_is_type: bool) -> Name {
    match full.rsplit_once(by) {
        Some((owner, last)) if !full.ends_with('>') => Name {
            last: last.to_owned(),
            owner: Some(owner.to_owned()),
            owner_is_type: owner_is_type || owner.contains(by),
            full,
        },
        _ => Name { last: full.clone(), owner: None, owner_is_type, full },
    }
}

/// `?secret@Config@shop@@…` (names with templates or operators stay as they are).
fn msvc(text: &str) -> Option<String> {
    let (path, _) = text.strip_prefix('?')?.split_once("@@")?;
    if path.starts_with('?') || path.contains('$') || path.is_empty() {
        return None;
    }
    Some(path.split('@').rev().collect::<Vec<_>>().join("::"))
}

/// `Java_com_shop_Native_getSecret` (JNI specification, Resolving Native Method Names).
fn jni(text: &str) -> Option<Name> {
    let mangled = text.strip_prefix("Java_")?;
    let mangled = match mangled.find("__") {
        Some(i) if i > 0 => &mangled[..i],
        _ => mangled,
    };
    let mut full = String::new();
    let mut rest = mangled.chars();
    while let Some(c) = rest.next() {
        if c != '_' {
            full.push(c);
            continue;
        }
        let mut peek = rest.clone();
        match peek.next() {
            Some('0') => {
                let digits: String = peek.by_ref().take(4).collect();
                full.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('?'));
                rest = peek;
            }
            Some(c @ '1'..='3') => {
                full.push(['_', ';', '['][c as usize - '1' as usize]);
                rest = peek;
            }
            _ => full.push('.'),
        }
    }
    let (owner, last) = full.rsplit_once('.')?;
    let (owner, last) = (Some(owner.to_owned()), last.to_owned());
    Some(Name { last, owner, owner_is_type: true, full })
}

impl Name {
    /// What a function that hands out one value calls it: `getSecret` says `Secret`. A name that
    /// says nothing of a value is none: `main`.
    pub fn value_key(&self) -> Option<String> {
        use crate::triage::names::{self, Verdict};
        let last = self.last.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        // `getSecretKey` hands out the secret key; as a whole it is an action.
        let rest = ["get", "fetch", "load", "read", "Get", "Fetch", "Load", "Read"]
            .iter()
            .find_map(|p| last.strip_prefix(p))
            .map(|r| r.trim_start_matches('_'))
            .filter(|r| r.len() >= 3);
        // A name that says nothing of a value (`loadConfig`) would only speak against it.
        let speaks = |name: &&str| {
            let lower = name.to_ascii_lowercase();
            let words =
                ["key", "id", "secret", "token", "pass", "user", "account", "sum", "hash", "sha", "digest"];
            words.iter().any(|w| lower.contains(w)) || matches!(names::judge(name), Verdict::Secret(_))
        };
        let says = matches!(names::judge(last), Verdict::Secret(_));
        rest.filter(speaks).or_else(|| says.then_some(last)).map(str::to_owned)
    }

    /// What the owner holds together.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = Vec::new();
        let mut add = |class, word: &str, name: &str| {
            scopes.push(Scope {
                class,
                id: ScopeId::Named(format!("native:{word}:{name}")),
                order: None,
                label: format!("{word} {name}"),
            });
        };
        let Some(owner) = &self.owner else { return scopes };
        if self.owner_is_type {
            add(ScopeClass::Type, "type", owner);
            let parent = ["::", "."].iter().find_map(|by| owner.rsplit_once(by));
            if let Some((package, _)) = parent {
                add(ScopeClass::Package, "package", package);
            }
        } else {
            add(ScopeClass::Package, "package", owner);
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_many_compilers() {
        let of = |s: &str| {
            let name = read(s.as_bytes());
            (name.full, name.owner.unwrap_or_default(), name.last)
        };
        for (symbol, full, owner, last) in [
            ("Java_com_shop_Native_getSecret", "com.shop.Native.getSecret", "com.shop.Native", "getSecret"),
            ("Java_com_a_1b_N_f__I", "com.a_b.N.f", "com.a_b.N", "f"),
            ("_ZN4shop3Aws6clientEv", "shop::Aws::client", "shop::Aws", "client"),
            ("_ZN4shop7kSecretE", "shop::kSecret", "shop", "kSecret"),
            ("_ZN4demo6config4load17h0123456789abcdefE", "demo::config::load", "demo::config", "load"),
            ("?secret@Config@shop@@QEAAXXZ", "shop::Config::secret", "shop::Config", "secret"),
            ("main.loadConfig", "main.loadConfig", "main", "loadConfig"),
            ("a.io/x/y.(*T).Sign", "a.io/x/y.(*T).Sign", "a.io/x/y.(*T)", "Sign"),
            ("kSecret", "kSecret", "", "kSecret"),
        ] {
            assert_eq!(of(symbol), (full.into(), owner.into(), last.into()));
        }
        assert_eq!(read(b"main").value_key(), None);
        assert_eq!(read(b"getAwsSecret").value_key().as_deref(), Some("AwsSecret"));
    }
}
