//! Calls that stand between an operator and the literal that is meant, and those whose arguments hold
//! a password by their place.

use super::reader::Reader;
use super::{Form, is_name};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// The last part of what is called, in lower case letters only.
fn called<'b>(callee: &[u8], buffer: &'b mut [u8; 32]) -> &'b [u8] {
    let last = callee.iter().rposition(|b| matches!(b, b'.' | b':' | b'>' | b'$')).map_or(0, |i| i + 1);
    let mut len = 0;
    for b in callee[last..].iter().filter(|b| b.is_ascii_alphanumeric()) {
        if let Some(slot) = buffer.get_mut(len) {
            *slot = b.to_ascii_lowercase();
            len += 1;
        }
    }
    &buffer[..len]
}

/// Whether a call only makes another type of its argument.
pub(super) fn is_wrapper(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "string",
        "str",
        "bytes",
        "bytearray",
        "from",
        "some",
        "ok",
        "new",
        "of",
        "b64decode",
        "atob",
        "secretstr",
        "secretstring",
        "secret",
        "securestring",
        "text",
        "quote",
        "valueof",
        "just",
        "literal",
        "unsafeplaintext",
        "plaintext",
        "fromstring",
        "strdup",
        "nsstring",
        "stringwithstring",
        "password",
        "protectedstring",
        "obfuscate",
        "qstring",
        "qstringliteral",
        "qlatin1string",
        "urlencode",
        "quoteplus",
        "decodestring",
        "md5",
        "sha1",
        "sha256",
        "sha2",
        "sha512",
        "crypt",
        "encrypt",
        "pwdencrypt",
        "encode",
        "hash",
        "make",
        "bcrypt",
        "hashpw",
        "hashpassword",
        "getbytes",
        "decode",
        "decodehex",
        "fromhex",
        "unhexlify",
        "hextobytes",
        "hexstringtobytearray",
        "frombase64string",
        "b",
        "u",
        "t",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}

/// Whether a call looks a value up and takes a default.
pub(super) fn is_lookup(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "getenv",
        "get",
        "env",
        "getproperty",
        "fetch",
        "config",
        "getordefault",
        "setting",
        "option",
        "getstring",
        "str",
        "getparam",
        "getattr",
        "lookup",
        "default",
        "input",
        "variable",
        "getconfig",
        "environ",
        "cfg",
        "param",
        "optional",
        "envor",
        "getenvordefault",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}

/// Which argument of a call is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The argument of this number, from 1.
    At(usize),
    /// The last one, behind others, of which the one before is a text too or there are no more than two.
    Last,
    /// The last one, behind others of any kind.
    Behind,
    /// The last one, perhaps the only one.
    Any,
}

const DATA: &str = include_str!("../../../patterns/data/calls.tsv");

fn places() -> &'static HashMap<&'static [u8], Place> {
    static PLACES: OnceLock<HashMap<&'static [u8], Place>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let row = |line: &'static str| {
            let mut columns = line.split('\t');
            let (call, place) = (columns.next()?, columns.next()?);
            let place = match place {
                "last" => Place::Last,
                "any" => Place::Any,
                number => Place::At(number.parse().ok()?),
            };
            Some((call.as_bytes(), place))
        };
        DATA.lines().skip(1).filter_map(row).collect()
    })
}

/// Where the secret is, by the name of what is called: `useBasicAuth(user, password)`, `Credentials(user, password)`,
/// `decompress_with_password(from, to, password)`, `setPasswordForUser(user, password)`.
fn place_by_name(callee: &[u8]) -> Option<Place> {
    const SECOND: [&[u8]; 3] = [b"basicauth", b"httpauth", b"usernamepassword"];
    const LAST: [&[u8]; 6] = [
        b"withpassword",
        b"setpassword",
        b"passwordforuser",
        b"changepassword",
        b"resetpassword",
        b"updatepassword",
    ];
    let last = callee.iter().rposition(|b| matches!(b, b'.' | b':' | b'>' | b'$')).map_or(0, |i| i + 1);
    let callee = &callee[last..];
    let name: Vec<u8> =
        callee.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let ends = |list: &[&[u8]]| list.iter().any(|end| name.ends_with(end));
    // A class: `Credentials("joe", "x")`; `get_credentials("service", "joe")` asks for them.
    let is_class = callee.first().is_some_and(u8::is_ascii_uppercase) && name.ends_with(b"credentials");
    // `request.get(url).auth("joe", "x")`
    let is_member = last > 0 && name == b"auth";
    if ends(&SECOND) || is_class || is_member {
        return Some(Place::At(2));
    }
    ends(&LAST).then_some(Place::Behind)
}

/// Most arguments that are read.
const ARGUMENTS: usize = 6;
/// Longest argument that is no text.
const EXPRESSION: usize = 80;

impl Reader<'_, '_> {
    /// The secret among the arguments of a call, which begin at `from`.
    pub(super) fn arguments(&mut self, from: usize) {
        let call = self.text[self.name.clone()].to_ascii_lowercase();
        if let Some(&place) = places().get(&call[..]) {
            self.argument_at(place, from);
        }
    }

    /// The same for a call that is in no table, where its name says what its arguments are. Whether one was found.
    pub(super) fn arguments_by_name(&mut self, from: usize) -> bool {
        place_by_name(&self.text[self.name.clone()]).is_some_and(|place| self.argument_at(place, from))
    }

    /// The argument that is the secret, if it is a text.
    fn argument_at(&mut self, place: Place, from: usize) -> bool {
        let mut all: Vec<Option<Range<usize>>> = Vec::new();
        let mut at = self.blanks_and_line(from);
        while all.len() < ARGUMENTS {
            // What follows the place that counts may be anything.
            let Some((argument, end)) = self.one_argument(at) else {
                if matches!(place, Place::At(number) if number <= all.len()) {
                    break;
                }
                return false;
            };
            all.push(argument);
            match self.byte(end) {
                b',' => at = self.blanks_and_line(end + 1),
                _ => break,
            }
        }
        let number = match place {
            Place::At(number) => number,
            Place::Last | Place::Behind if all.len() < 2 => return false,
            Place::Last | Place::Behind | Place::Any => all.len(),
        };
        // Where a user is asked for, one is there: `connect(id, "user", "secret")`.
        let is_alone = number >= 3
            && !matches!(place, Place::Any | Place::Behind)
            && all.get(number - 2).is_none_or(Option::is_none);
        if let Some(Some(value)) = all.get(number - 1)
            && !is_alone
        {
            self.give(value.clone(), Form::Login, true, false);
            return true;
        }
        false
    }

    /// An argument at `at`, if it is a text; and where it ends.
    fn one_argument(&self, at: usize) -> Option<(Option<Range<usize>>, usize)> {
        let part = |b: &u8| is_name(*b) || matches!(b, b':' | b'.' | b'[' | b']');
        let wrapper = self.rest(at).iter().take(32).take_while(|b| part(b)).count();
        let callee = &self.rest(at)[..wrapper];
        let is_wrapped =
            wrapper > 0 && self.byte(at + wrapper) == b'(' && (callee == b"[]byte" || is_wrapper(callee));
        let inner = if is_wrapped { at + wrapper + 1 } else { at };
        if let Some(value) = self.quote(inner) {
            let mut end = value.end + 1;
            // `"x".toCharArray()`, `"x".getBytes("UTF-8")`, `"x")`
            if self.byte(end) == b'.' {
                let rest = self.rest(end);
                // `"v4".concat(secret)`
                if rest.starts_with(b".concat(") {
                    return None;
                }
                end += memchr::memchr(b')', &rest[..rest.len().min(EXPRESSION)])? + 1;
            }
            if is_wrapped && self.byte(end) == b')' {
                end += 1;
            }
            let end = self.blanks_and_line(end);
            return matches!(self.byte(end), b',' | b')').then_some((Some(value), end));
        }
        let mut depth = 0_u32;
        for (i, b) in self.rest(at).iter().take(EXPRESSION).enumerate() {
            match b {
                b'(' | b'[' => depth += 1,
                b',' | b')' if depth == 0 && i > 0 => return Some((None, at + i)),
                b')' | b']' => depth = depth.checked_sub(1)?,
                b'"' | b'\'' | b'`' | b'\n' | b';' | b'{' | b'=' | 0 if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }
}
