//! The built-in patterns as `build.rs` packs them. To parse their TOML at every start would take longer than
//! most scans; these are read when a pattern is first asked for, texts where they lie in the binary.

use super::alphabet::Alphabet;
use super::{Body, Boundary, Bytes, Group, LazyRegex, Matcher, Pattern, Segment, Str, Strs};
use crate::finding::{Class, Role, Severity};
use crate::triage::{checksum, decode};
use std::borrow::Cow;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/patterns.rs"));

/// How many patterns there are.
pub(super) const COUNT: usize = PATTERNS;

/// A built-in pattern, by its number; read when it is first asked for.
pub(super) fn pattern(number: usize) -> &'static Pattern {
    static READ: [OnceLock<Box<Pattern>>; PATTERNS] = [const { OnceLock::new() }; PATTERNS];
    READ[number].get_or_init(|| {
        let all = include_str!(concat!(env!("OUT_DIR"), "/patterns.txt"));
        let mut packed = Packed(&all[BEGINS[number] as usize..]);
        // Never fewer than there are: a search for half of the patterns would look like a clean one.
        Box::new(packed.pattern().expect("build.rs packs what is read here"))
    })
}

/// The built-in groups.
pub(super) fn groups() -> &'static [Group] {
    static READ: OnceLock<Vec<Group>> = OnceLock::new();
    READ.get_or_init(|| {
        let mut packed = Packed(include_str!(concat!(env!("OUT_DIR"), "/groups.txt")));
        (0..GROUPS).map(|_| packed.group().expect("build.rs packs what is read here")).collect()
    })
}

struct Packed(&'static str);

impl Packed {
    fn take(&mut self, n: usize) -> Option<&'static str> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn wide(&mut self) -> Option<u64> {
        // Most are small.
        if let Some(&byte @ ..64) = self.0.as_bytes().first() {
            self.take(1)?;
            return Some(u64::from(byte));
        }
        let (mut n, mut shift) = (0u64, 0);
        for (i, byte) in self.0.bytes().enumerate() {
            n |= u64::from(byte & 63).checked_shl(shift)?;
            shift += 6;
            if byte < 64 {
                self.take(i + 1)?;
                return Some(n);
            }
        }
        None
    }

    fn number(&mut self) -> Option<usize> {
        self.wide()?.try_into().ok()
    }

    fn bytes(&mut self) -> Option<Bytes> {
        if self.number()? == 1 {
            return self.text().map(|text| Bytes::Borrowed(text.as_bytes()));
        }
        let length = self.number()?;
        (0..length).map(|_| self.number()?.try_into().ok()).collect::<Option<Vec<u8>>>().map(Bytes::Owned)
    }

    fn text(&mut self) -> Option<&'static str> {
        let length = self.number()?;
        self.take(length)
    }

    fn str(&mut self) -> Option<Str> {
        self.text().map(Cow::Borrowed)
    }

    fn list<T: Clone>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Cow<'static, [T]>> {
        match self.number()? {
            0 => Some(Cow::Borrowed(&[])),
            n => {
                let mut list = Vec::with_capacity(n);
                for _ in 0..n {
                    list.push(item(self)?);
                }
                Some(Cow::Owned(list))
            }
        }
    }

    fn strs(&mut self) -> Option<Strs> {
        self.list(Packed::str)
    }

    fn severity(&mut self) -> Option<Severity> {
        self.text()?.parse().ok()
    }

    fn group(&mut self) -> Option<Group> {
        Some(Group {
            id: self.str()?,
            name: self.str()?,
            severity: self.severity()?,
            why: self.str()?,
            fix: self.str()?,
            reference: self.str()?,
        })
    }

    fn pattern(&mut self) -> Option<Pattern> {
        let (id, name) = (self.str()?, self.str()?);
        let class = match self.text()? {
            "credential" => Class::Credential,
            "key-material" => Class::KeyMaterial,
            "config" => Class::Config,
            _ => Class::Generic,
        };
        let severity = self.severity()?;
        let (why, fix, reference) = (self.str()?, self.str()?, self.str()?);
        let boundary = match self.text()? {
            "start" => Boundary::Start,
            "none" => Boundary::None,
            _ => Boundary::Token,
        };
        let origin = self.str()?;
        let confidence = u8::try_from(self.number()?).ok()?;
        let entropy = f32::from_bits(u32::try_from(self.number()?).ok()?);
        let flags = self.number()?;
        let (near, weak) = (self.strs()?, self.strs()?);
        let checks = self.list(|packed| checksum::Check::named(packed.text()?).ok())?;
        let (examples, not) = (self.strs()?, self.strs()?);
        let decode = Some(self.text()?).filter(|name| !name.is_empty());
        let decode = decode.and_then(|name| decode::Decoder::named(name).ok());
        let of = self.str()?;
        let part = match self.text()? {
            "id" => Some((of, Role::Id)),
            "secret" => Some((of, Role::Secret)),
            "token" => Some((of, Role::Token)),
            "value" => Some((of, Role::Value)),
            _ => None,
        };
        let ignore_case = flags & 2 != 0;
        let matcher = self.matcher(ignore_case)?;
        Some(Pattern {
            id,
            name,
            class,
            severity,
            confidence,
            why,
            fix,
            reference,
            matcher,
            near,
            weak,
            broad: flags & 1 != 0,
            ignore_case,
            boundary,
            entropy,
            checks,
            decode,
            conditions: None,
            part,
            examples,
            not,
            origin,
        })
    }

    fn matcher(&mut self, ignore_case: bool) -> Option<Matcher> {
        let literal = |packed: &mut Packed| packed.bytes();
        Some(match self.number()? {
            0 => Matcher::Token { prefixes: self.list(literal)?, bodies: self.list(Packed::body)? },
            1 => Matcher::Regex {
                literals: self.list(literal)?,
                regex: LazyRegex::around_literals(self.str()?, ignore_case),
                before: self.number()?,
                after: self.number()?,
            },
            2 => {
                let near = self.strs()?;
                match self.list(Packed::body)?.first()?.first()? {
                    Segment::Chars { alphabet, min, max, .. } => {
                        Matcher::Run { alphabet: *alphabet, min: *min, max: *max, near }
                    }
                    Segment::Literal(_) => return None,
                }
            }
            3 => Matcher::Named { bodies: self.list(Packed::body)? },
            _ => Matcher::Assigned { literals: self.list(literal)? },
        })
    }

    fn body(&mut self) -> Option<Body> {
        self.list(|packed| {
            let kind = packed.number()?;
            if kind == 0 {
                return packed.bytes().map(Segment::Literal);
            }
            let (min, max) = (packed.number()?, packed.number()?);
            let [low, high] = *ALPHABETS.get(packed.number()?)?;
            let alphabet = Alphabet::from_bits([low, high, 0, 0]);
            Some(Segment::Chars { alphabet, min, max, padding: kind == 2 })
        })
    }
}
