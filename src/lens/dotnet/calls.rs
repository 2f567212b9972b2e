//! What a call means for a constant that is passed to it.

use super::machine::V;
use super::meta::{Meta, Token, packed, table};
use super::names;
use crate::address::escape;
use crate::finding::Role;

/// A method, as far as code needs it.
pub(super) struct Call<'a> {
    /// Last part of the name of its class.
    pub class: &'a [u8],
    namespace: &'a [u8],
    pub name: &'a [u8],
    pub parameters: usize,
    pub has_this: bool,
    pub returns: bool,
}

/// What it means to be an argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub key: Option<String>,
    pub role: Option<Role>,
    /// An entry or property of what is called, rather than one argument of several.
    pub is_member: bool,
}

impl<'a> Call<'a> {
    pub fn new(meta: &Meta<'a>, token: Token) -> Self {
        let token = match token.table {
            table::METHOD_SPEC => meta.coded(table::METHOD_SPEC, token.row, 0).unwrap_or(token),
            _ => token,
        };
        let (signature, name) = match token.table {
            table::METHOD => (4, 3),
            table::MEMBER_REF => (2, 1),
            _ => (usize::MAX, usize::MAX),
        };
        let blob = meta.blob_bytes(meta.cell(token.table, token.row, signature));
        let (class, namespace) = class_of(meta, token);
        let mut call = Call {
            class,
            namespace,
            name: meta.name_of(token.table, token.row, name),
            parameters: 0,
            has_this: false,
            returns: true,
        };
        // II.23.2.1: calling convention, generic parameters, parameters, return type.
        let mut read = || {
            let convention = *blob.first()?;
            let mut at = 1;
            if convention & 0x10 != 0 {
                at = packed(blob, at)?.1;
            }
            let (count, mut at) = packed(blob, at)?;
            call.parameters = count.min(255);
            call.has_this = convention & 0x60 == 0x20;
            while let Some(0x1f | 0x20) = blob.get(at) {
                at = packed(blob, at + 1)?.1;
            }
            call.returns = *blob.get(at)? != 1;
            Some(())
        };
        read();
        call
    }

    /// Whether the call only turns texts into texts.
    pub fn is_text(&self) -> bool {
        self.is_builder()
            || match self.class {
                b"String" => true,
                b"Encoding" | b"UTF8Encoding" | b"ASCIIEncoding" | b"UnicodeEncoding" => true,
                b"Convert" => self.name.starts_with(b"From") || self.name.starts_with(b"ToString"),
                b"Object" => self.name == b"ToString",
                _ => false,
            }
    }

    pub fn is_builder(&self) -> bool {
        matches!(self.class, b"StringBuilder" | b"DefaultInterpolatedStringHandler")
    }

    /// Whether strings may come out of it that stand nowhere.
    pub fn makes_text(&self) -> bool {
        match self.class {
            b"String" => {
                let names: [&[u8]; 9] = [
                    b"Concat",
                    b"Join",
                    b"Format",
                    b"Replace",
                    b".ctor",
                    b"Substring",
                    b"Insert",
                    b"Remove",
                    b"ToCharArray",
                ];
                names.contains(&self.name)
            }
            _ => {
                self.is_builder()
                    || self.name == b"GetString"
                    || (self.name == b"Invoke" && self.class.starts_with(b"Func`"))
            }
        }
    }

    /// What it means to be argument `n`.
    pub fn meaning(&self, meta: &Meta<'_>, token: Token, n: usize, args: &[V]) -> Meaning {
        let mut meaning = Meaning { role: self.role(n), ..Meaning::default() };
        if let Some(key) = self.name.strip_prefix(b"set_").filter(|k| *k != b"Item" && n + 1 == args.len()) {
            meaning.key = Some(escape(key));
            meaning.is_member = true;
            return meaning;
        }
        if n > 0 && args.len() <= 4 && self.is_entry() {
            // The nearest text before it that is no hit itself is its name.
            let name = args.get(..n).unwrap_or_default().iter().rev().find_map(|v| v.text.clone());
            if let Some(name) = name.filter(|name| name.len() <= 128) {
                meaning.key = Some(escape(name.as_bytes()));
                meaning.is_member = true;
                return meaning;
            }
        }
        if self.has_this && args.len() == 1 {
            let property = [&b"With"[..], b"Set", b"Use"].iter().find_map(|p| names::property(self.name, p));
            if let Some(key) = property {
                meaning.key = Some(escape(key));
                meaning.is_member = true;
                return meaning;
            }
            meaning.is_member = self.name.starts_with(b"Add") || matches!(self.name, b"Push" | b"Enqueue");
        }
        // What a method calls `key` is one of a map more often than one of a lock.
        let name = names::parameter(meta, token, n);
        meaning.key =
            name.filter(|name| self.name == b".ctor" || !matches!(name.as_str(), "key" | "resourceKey"));
        meaning
    }

    /// Whether a name and a value are passed.
    fn is_entry(&self) -> bool {
        if self.name == b".ctor" {
            let pairs: [&[u8]; 8] = [
                b"KeyValuePair",
                b"Tuple",
                b"ValueTuple",
                b"Header",
                b"Parameter",
                b"Property",
                b"Claim",
                b"Entry",
            ];
            return pairs.iter().any(|pair| {
                let plain = self.class.split(|&b| b == b'`').next().unwrap_or_default();
                plain.ends_with(pair)
            });
        }
        let prefixes: [&[u8]; 14] = [
            b"Add",
            b"set_Item",
            b"TryAdd",
            b"Set",
            b"Put",
            b"With",
            b"Append",
            b"Insert",
            b"Use",
            b"Register",
            b"Define",
            b"Create",
            b"Header",
            b"Param",
        ];
        prefixes.iter().any(|prefix| self.name.starts_with(prefix))
            && !matches!(self.class, b"StringBuilder" | b"String")
    }

    /// What constructors and methods of well-known packages take.
    fn role(&self, n: usize) -> Option<Role> {
        const PAIR: &[Option<Role>] = &[Some(Role::Id), Some(Role::Secret), Some(Role::Token)];
        let constructs = self.name == b".ctor";
        let amazon = self.namespace.starts_with(b"Amazon");
        let first = match self.class {
            b"BasicAWSCredentials" | b"SessionAWSCredentials" | b"AWSCredentials" if constructs => 0,
            b"NetworkCredential" | b"Credential" | b"ClientCredential"
                if constructs && self.parameters >= 2 =>
            {
                0
            }
            b"OssClient" if constructs && self.parameters >= 3 => 1,
            b"MinioClient" if self.name == b"WithCredentials" => 0,
            b"MinioClient" if constructs && self.parameters >= 3 => 1,
            b"ImmutableCredentials" if constructs => 0,
            b"TwilioClient" if self.name == b"Init" => 0,
            class if constructs && amazon && class.ends_with(b"Client") && self.parameters >= 2 => 0,
            b"AWSClientFactory" if self.parameters >= 2 => 0,
            _ => return None,
        };
        PAIR.get(n.checked_sub(first)?).copied().flatten()
    }
}

/// Name and namespace of the class of a method.
fn class_of<'a>(meta: &Meta<'a>, token: Token) -> (&'a [u8], &'a [u8]) {
    let named = |token: Token| match token.table {
        table::TYPE_DEF | table::TYPE_REF => {
            (meta.name_of(token.table, token.row, 1), meta.name_of(token.table, token.row, 2))
        }
        _ => (&b""[..], &b""[..]),
    };
    let owner = match token.table {
        table::METHOD => {
            meta.owner(table::TYPE_DEF, 5, token.row).map(|row| Token { table: table::TYPE_DEF, row })
        }
        table::MEMBER_REF => meta.coded(table::MEMBER_REF, token.row, 0),
        _ => None,
    };
    let Some(owner) = owner else { return (b"", b"") };
    if owner.table == table::TYPE_SPEC {
        let blob = meta.blob_bytes(meta.cell(table::TYPE_SPEC, owner.row, 0));
        if let ([0x15, 0x11 | 0x12, ..], Some((coded, _))) = (blob, packed(blob, 2)) {
            let table = [table::TYPE_DEF, table::TYPE_REF].get(coded & 3).copied().unwrap_or(usize::MAX);
            return named(Token { table, row: (coded >> 2) as u32 });
        }
    }
    named(owner)
}

/// Standard base64, for what code decodes at once.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        Some(u32::from(match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for &b in text.iter().filter(|b| !b.is_ascii_whitespace() && **b != b'=') {
        bits = (bits << 6 | digit(b)?) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_code_decodes_it() {
        assert_eq!(base64(b"c2hvcA==").as_deref(), Some(&b"shop"[..]));
        assert_eq!(base64(b"c2hv\ncA").as_deref(), Some(&b"shop"[..]));
        assert_eq!(base64(b"no base64!"), None);
    }
}
