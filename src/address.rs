//! Addresses: where a run of bytes lives, as a chain from what the user named inwards.
//!
//! Printed `dist/app.ipa!Payload/App.app/main.jsbundle` for an entry of a container,
//! `config.yml!base64@1042` for text that was decoded from offset 1042 of its parent, and
//! `repo@1a2b3c4d:config/prod.yml` for a file in the history of a repository. Names come out of
//! hostile archives, so printing escapes whatever could move the cursor or reorder text.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// An encoding that stood between the bytes of a blob and a text made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Base64, standard or URL alphabet, padded or not, perhaps wrapped over lines.
    Base64,
    /// Base32, usual digits or those that go on behind hexadecimal ones, in one case.
    Base32,
    /// Base85 as Adobe (`<~`), git, Python and ZeroMQ write it.
    Base85,
    /// Hexadecimal digits, two a byte.
    Hex,
    /// A list of numbers or letters, one a byte, as programs write arrays.
    Bytes,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// UTF-32, little endian.
    Utf32Le,
    /// UTF-32, big endian.
    Utf32Be,
    /// UTF-7.
    Utf7,
    /// EBCDIC, the code pages of IBM's mainframes.
    Ebcdic,
    /// Backslash escapes of C, Java, JavaScript, JSON and the like (`\/`, `\u0041`, `\x41`).
    Escapes,
    /// Percent encoding of URLs.
    Percent,
    /// Quoted-printable, as in mail.
    QuotedPrintable,
    /// Letters moved by half of the alphabet.
    Rot13,
    /// The last letter first.
    Reversed,
    /// Pieces of a string that the program joins when it runs.
    Assembled,
    /// What the library lz-string packs into letters.
    LzString,
}

impl Encoding {
    /// Whether bytes of any kind are written so, perhaps a file, and not just letters of a text.
    pub fn holds_bytes(self) -> bool {
        matches!(
            self,
            Encoding::Base64 | Encoding::Base32 | Encoding::Base85 | Encoding::Hex | Encoding::Bytes
        )
    }

    /// All encodings.
    pub const ALL: [Encoding; 18] = [
        Encoding::Base64,
        Encoding::Base32,
        Encoding::Base85,
        Encoding::Hex,
        Encoding::Bytes,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Utf32Le,
        Encoding::Utf32Be,
        Encoding::Utf7,
        Encoding::Ebcdic,
        Encoding::Escapes,
        Encoding::Percent,
        Encoding::QuotedPrintable,
        Encoding::Rot13,
        Encoding::Reversed,
        Encoding::Assembled,
        Encoding::LzString,
    ];

    /// The name printed in addresses and reports.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Base64 => "base64",
            Encoding::Base32 => "base32",
            Encoding::Base85 => "base85",
            Encoding::Hex => "hex",
            Encoding::Bytes => "bytes",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Utf32Le => "utf-32le",
            Encoding::Utf32Be => "utf-32be",
            Encoding::Utf7 => "utf-7",
            Encoding::Ebcdic => "ebcdic",
            Encoding::Escapes => "escapes",
            Encoding::Percent => "percent",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Rot13 => "rot13",
            Encoding::Reversed => "reversed",
            Encoding::Assembled => "assembled",
            Encoding::LzString => "lz-string",
        }
    }
}

/// One link of an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    /// What the user named, or a file below it: bytes as the operating system has them.
    Root(Box<[u8]>),
    /// An entry of a container: its name as the container has it, not necessarily UTF-8.
    Entry(Box<[u8]>),
    /// Text or a file decoded from `offset` of the parent.
    Decoded(Encoding, u64),
    /// An object of a repository.
    Object(Box<Object>),
}

/// An object of a repository, or a file in one of its commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// The repository, as the user named it.
    pub repository: Box<[u8]>,
    /// From the root of the work tree; empty where the object has no path.
    pub path: Box<[u8]>,
    /// The first digits of the commit's id; of the object's own, where no commit holds it.
    pub id: Box<str>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Node {
    parent: Option<Address>,
    step: Step,
}

/// Where a blob or a text is. Cheap to clone; ordered by its steps from the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(Arc<Node>);

impl Address {
    /// The address of a file the user named or that was found below a folder the user named.
    pub fn file(path: &Path) -> Self {
        Self::root(path_bytes(path))
    }

    /// The address of something that has a name but no path, such as `<stdin>`.
    pub fn named(name: &str) -> Self {
        Self::root(name.as_bytes().into())
    }

    /// The same, for a name that may not be text.
    pub fn named_bytes(name: &[u8]) -> Self {
        Self::root(name.into())
    }

    /// The address of an object of a repository.
    pub fn object(object: Object) -> Self {
        Address(Arc::new(Node { parent: None, step: Step::Object(Box::new(object)) }))
    }

    /// The object of a repository in which this is.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.artifact().0.step {
            Step::Object(object) => Some(object),
            _ => None,
        }
    }

    fn root(bytes: Box<[u8]>) -> Self {
        Address(Arc::new(Node { parent: None, step: Step::Root(bytes) }))
    }

    /// The address of the entry `name` of the container at this address.
    pub fn entry(&self, name: &[u8]) -> Self {
        Address(Arc::new(Node { parent: Some(self.clone()), step: Step::Entry(name.into()) }))
    }

    /// The address of what was decoded from `offset` of the blob at this address.
    pub fn decoded(&self, encoding: Encoding, offset: u64) -> Self {
        Address(Arc::new(Node { parent: Some(self.clone()), step: Step::Decoded(encoding, offset) }))
    }

    /// The first entry of this address inside `outer`, and the entry inside that one.
    pub fn below(&self, outer: &Address) -> Option<(&[u8], Option<&[u8]>)> {
        let (mut at, mut inside) = (self, None);
        while let Some(parent) = &at.0.parent {
            if parent == outer {
                return Some((at.as_entry()?, inside.and_then(Address::as_entry)));
            }
            inside = Some(at);
            at = parent;
        }
        None
    }

    fn as_entry(&self) -> Option<&[u8]> {
        match &self.0.step {
            Step::Entry(name) => Some(name),
            _ => None,
        }
    }

    /// The container that this is an entry of, and its name there.
    pub fn as_entry_of(&self) -> Option<(&Address, &[u8])> {
        Some((self.0.parent.as_ref()?, self.as_entry()?))
    }

    /// The outermost part: the file, without what is inside it.
    pub fn artifact(&self) -> &Address {
        let mut at = self;
        while let Some(parent) = &at.0.parent {
            at = parent;
        }
        at
    }

    /// Whether this was decoded from a part of a text.
    pub fn is_decoded(&self) -> bool {
        matches!(self.0.step, Step::Decoded(..))
    }

    /// Whether this is a file of its own rather than something inside one.
    pub fn is_artifact(&self) -> bool {
        self.0.parent.is_none()
    }

    /// The last component of the innermost name, without folders (`main.jsbundle`); decoded
    /// steps have no name of their own and give their parent's.
    pub fn file_name(&self) -> &[u8] {
        match &self.0.step {
            Step::Root(name) | Step::Entry(name) => {
                name.rsplit(|&b| b == b'/' || b == b'\\').next().unwrap_or(name)
            }
            Step::Decoded(..) => self.0.parent.as_ref().map_or(&[], |p| p.file_name()),
            Step::Object(object) => object.path.rsplit(|&b| b == b'/').next().unwrap_or_default(),
        }
    }

    /// The innermost name with its folders (`Payload/App.app/main.jsbundle`).
    pub fn inner_path(&self) -> &[u8] {
        match &self.0.step {
            Step::Root(name) | Step::Entry(name) => name,
            Step::Decoded(..) => self.0.parent.as_ref().map_or(&[], |p| p.inner_path()),
            Step::Object(object) if object.path.is_empty() => &object.repository,
            Step::Object(object) => &object.path,
        }
    }

    /// How many containers and encodings this is inside of.
    fn depth(&self) -> usize {
        std::iter::successors(Some(self), |at| at.0.parent.as_ref()).count()
    }

    /// Compares step by step from the root: sorting a hundred thousand places is mostly this.
    fn cmp_of_same_depth(&self, other: &Self) -> std::cmp::Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return std::cmp::Ordering::Equal;
        }
        let parents = match (&self.0.parent, &other.0.parent) {
            (Some(a), Some(b)) => a.cmp_of_same_depth(b),
            _ => std::cmp::Ordering::Equal,
        };
        parents.then_with(|| self.0.step.cmp(&other.0.step))
    }

    fn steps(&self) -> Vec<&Step> {
        let mut steps = vec![&self.0.step];
        let mut at = &self.0.parent;
        while let Some(parent) = at {
            steps.push(&parent.0.step);
            at = &parent.0.parent;
        }
        steps.reverse();
        steps
    }
}

impl Address {
    /// All of it on one line of printable ASCII without blanks, to be read again by [`Address::unpacked`].
    pub fn packed(&self) -> String {
        let steps = self.steps();
        let packed = steps.iter().map(|step| match step {
            Step::Root(name) => format!("r{}", pack(name)),
            Step::Entry(name) => format!("e{}", pack(name)),
            Step::Decoded(encoding, offset) => format!("d{}:{offset}", encoding.name()),
            Step::Object(o) => {
                format!("o{}:{}:{}", pack(&o.repository), pack(o.id.as_bytes()), pack(&o.path))
            }
        });
        packed.collect::<Vec<_>>().join("|")
    }

    /// The address that was packed, if this is one.
    pub fn unpacked(text: &str) -> Option<Address> {
        let mut address = None;
        for step in text.split('|') {
            let rest = step.get(1..)?;
            let step = match step.as_bytes()[0] {
                b'r' => Step::Root(unpack(rest)?),
                b'e' => Step::Entry(unpack(rest)?),
                b'd' => {
                    let (name, offset) = rest.split_once(':')?;
                    let encoding = Encoding::ALL.into_iter().find(|e| e.name() == name)?;
                    Step::Decoded(encoding, offset.parse().ok()?)
                }
                b'o' => {
                    let mut parts = rest.split(':');
                    let (repository, id) = (unpack(parts.next()?)?, unpack(parts.next()?)?);
                    let (path, id) = (unpack(parts.next()?)?, std::str::from_utf8(&id).ok()?.into());
                    Step::Object(Box::new(Object { repository, path, id }))
                }
                _ => return None,
            };
            // Only the first step has no parent.
            if address.is_some() == matches!(step, Step::Root(_) | Step::Object(_)) {
                return None;
            }
            address = Some(Address(Arc::new(Node { parent: address, step })));
        }
        address
    }
}

/// Bytes as printable ASCII; what is none, and what separates, as `%xx`.
pub(crate) fn pack(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &b in bytes {
        if b.is_ascii_graphic() && !matches!(b, b'%' | b':' | b'|' | b'"' | b'\\') {
            text.push(char::from(b));
        } else {
            text.push_str(&format!("%{b:02x}"));
        }
    }
    text
}

/// The bytes that [`pack`] made text of.
pub(crate) fn unpack(text: &str) -> Option<Box<[u8]>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let (digits, rest) = part.as_bytes().split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        bytes.extend(rest);
    }
    Some(bytes.into())
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (depth, others) = (self.depth(), other.depth());
        let (mut a, mut b) = (self, other);
        for _ in others..depth {
            a = a.0.parent.as_ref().unwrap_or(a);
        }
        for _ in depth..others {
            b = b.0.parent.as_ref().unwrap_or(b);
        }
        a.cmp_of_same_depth(b).then(depth.cmp(&others))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps() {
            match step {
                Step::Root(name) => escape_into(f, name)?,
                Step::Entry(name) => {
                    f.write_str("!")?;
                    escape_into(f, name)?;
                }
                Step::Decoded(encoding, offset) => write!(f, "!{}@{offset}", encoding.name())?,
                Step::Object(object) => {
                    escape_into(f, &object.repository)?;
                    write!(f, "@{}", object.id)?;
                    if !object.path.is_empty() {
                        f.write_str(":")?;
                        escape_into(f, &object.path)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Box<[u8]> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().into()
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Box<[u8]> {
    path.to_string_lossy().replace('\\', "/").into_bytes().into()
}

/// Writes `bytes` as text that is safe on a terminal: bytes that are not UTF-8 as `\xNN`; control,
/// bidirectional, zero-width and other invisible characters as `\u{NNNN}`.
pub fn escape_into(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_unsafe_to_print(c) {
                write!(out, "\\u{{{:04x}}}", u32::from(c))?;
            } else {
                out.write_char(c)?;
            }
        }
        for b in chunk.invalid() {
            write!(out, "\\x{b:02x}")?;
        }
    }
    Ok(())
}

/// [`escape_into`] as a new string.
pub fn escape(bytes: &[u8]) -> String {
    let mut s = String::with_capacity(bytes.len());
    escape_into(&mut s, bytes).expect("writing to a string cannot fail");
    s
}

fn is_unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180E
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_chain() {
        let a = Address::file(Path::new("dist/app.ipa")).entry(b"Payload/App.app/main.jsbundle");
        assert_eq!(a.to_string(), "dist/app.ipa!Payload/App.app/main.jsbundle");
        let d = a.decoded(Encoding::Base64, 1042);
        assert_eq!(d.to_string(), "dist/app.ipa!Payload/App.app/main.jsbundle!base64@1042");
        assert_eq!(d.artifact().to_string(), "dist/app.ipa");
        assert_eq!(d.file_name(), b"main.jsbundle");
    }

    #[test]
    fn the_order_is_that_of_the_steps_from_the_root() {
        let roots = [Address::named("a"), Address::named("b")];
        let mut all = roots.to_vec();
        for depth in 0..3 {
            for address in all.clone().iter().skip(depth) {
                all.extend([address.entry(b"x"), address.entry(b"y"), address.decoded(Encoding::Hex, 3)]);
            }
        }
        for a in &all {
            for b in &all {
                assert_eq!(a.cmp(b), a.steps().cmp(&b.steps()), "{a} {b}");
            }
        }
    }

    #[test]
    fn files_of_commits_are_artifacts_of_their_own() {
        let object =
            |path: &[u8]| Object { repository: b"repo"[..].into(), path: path.into(), id: "1a2b3c4d".into() };
        let file = Address::object(object(b"config/prod.yml"));
        assert_eq!(file.to_string(), "repo@1a2b3c4d:config/prod.yml");
        assert_eq!((file.file_name(), file.inner_path()), (&b"prod.yml"[..], &b"config/prod.yml"[..]));
        assert!(file.is_artifact() && file.entry(b"x").as_object().is_some());
        let message = Address::object(object(b"")).entry(b"message");
        assert_eq!(message.to_string(), "repo@1a2b3c4d!message");
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let all: Vec<u8> = (0..=255).collect();
        let object = Object { repository: all.clone().into(), path: b"a:b|c"[..].into(), id: "1a2b".into() };
        for address in [
            Address::named("").entry(&all).entry(b"").decoded(Encoding::Utf16Le, 7).entry(b"100%"),
            Address::object(object).decoded(Encoding::QuotedPrintable, u64::MAX),
        ] {
            let packed = address.packed();
            assert!(packed.bytes().all(|b| b.is_ascii_graphic()), "{packed}");
            assert_eq!(Address::unpacked(&packed), Some(address));
        }
        for wrong in ["", "x", "ra|rb", "ea", "r%", "r%g0", "dbase64:1", "ra|dbase65:1", "oa:b", "ra|é", "é"]
        {
            assert_eq!(Address::unpacked(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn escapes_what_could_fool_a_terminal() {
        assert_eq!(escape(b"a\x1b[31mb\xff\n"), "a\\u{001b}[31mb\\xff\\u{000a}");
        assert_eq!(escape("x\u{202e}y\u{200b}é".as_bytes()), "x\\u{202e}y\\u{200b}é");
    }

    #[test]
    fn orders_by_steps_not_by_printed_text() {
        let zip = Address::named("a");
        let inner = zip.entry(b"b");
        let file = Address::named("a!b");
        assert!(zip < inner && inner != file);
        assert_eq!(inner.to_string(), file.to_string());
    }
}
