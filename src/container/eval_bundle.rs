//! Development bundles of webpack (`devtool: eval…`): each module is a string that is given to `eval`,
//! with the name of its source at its end.
//!
//! Read as program text, all of a module is one literal; its own braces and quotes are escaped. So each
//! is a member under the name of its source. What stands between them (the loader) is gaps.

use super::json::{Token, Tokens};
use super::piece::Escaped;
use super::{Container, Member, Opened};
use crate::blob::Blob;
use crate::limits::Limits;
use crate::look::Look;
use memchr::memmem;
use std::ops::Range;
use std::sync::LazyLock;

/// Opens bundles whose modules are given to `eval`.
pub struct EvalBundle;

/// The first module stands in so many bytes: before it only the loader does.
const HEAD: usize = 256 << 10;
const MARK: &[u8] = b"//# sourceURL=";
/// Between `eval(` and the literal: `__webpack_require__.ts(`.
const WRAPPER: usize = 64;

impl Container for EvalBundle {
    fn name(&self) -> &'static str {
        "eval-bundle"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // The mark is rare, and a literal around it rarer.
        static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(MARK));
        let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
        FINDER.find(head).is_some() && modules(blob.bytes).next().is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        !look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut at = 0;
        for (n, place) in modules(data).enumerate() {
            if n as u64 >= limits.entries {
                break;
            }
            let raw = data.get(place.clone()).unwrap_or_default();
            let name = memmem::rfind(raw, MARK).and_then(|m| raw.get(m + MARK.len()..)).unwrap_or_default();
            let end = name.iter().position(|b| matches!(b, b'\\' | b'?' | b' ')).unwrap_or(name.len());
            let name = name.get(..end.min(1024)).unwrap_or_default().to_vec();
            if place.start > at {
                opened.gaps.push(at..place.start);
            }
            at = place.end;
            opened.members.push(Box::new(Escaped { name, raw }) as Box<dyn Member>);
        }
        if at < data.len() {
            opened.gaps.push(at..data.len());
        }
        opened
    }
}

/// The literals that are given to `eval` and have a mark at their end.
fn modules(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = data.get(at..)?;
            let call = at + memmem::find(rest, b"eval(")? + b"eval(".len();
            at = call;
            let head = data.get(call..data.len().min(call + WRAPPER))?;
            let wrapper = head
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'(' | b'$'));
            let quote = call + wrapper.count();
            if data.get(quote) != Some(&b'"') {
                continue;
            }
            let mut tokens = Tokens::new(data, quote);
            let Some(Token::String(place)) = tokens.next() else { return None };
            at = tokens.at;
            if data.get(place.clone()).is_some_and(|raw| memmem::rfind(raw, MARK).is_some()) {
                return Some(place);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn modules_are_members() {
        let text = br#"var m={"a":(()=>{eval("x=\"1\"\n//# sourceURL=webpack:///a.js?")}),"b":()=>{eval(w.ts("y\n//# sourceURL=b.js\n"))}};eval("none")"#;
        let blob = Blob { address: Address::named("x"), bytes: text };
        assert!(EvalBundle.reads(&blob));
        let opened = EvalBundle.open(&blob, &Limits::default());
        let names: Vec<&[u8]> = opened.members.iter().map(|m| m.name()).collect();
        assert_eq!(names, [&b"webpack:///a.js"[..], b"b.js"]);
        let budget = super::super::budget::Budget::new(&Limits::default(), 100);
        let mut buffer = Vec::new();
        assert!(opened.members[0].read(&mut buffer, &budget).bytes.starts_with(b"x=\"1\"\n//"));
        assert_eq!(opened.gaps.len(), 3);
        let other = Blob { address: Address::named("x"), bytes: b"eval(\"x\")\n//# sourceURL=x" };
        assert!(!EvalBundle.reads(&other));
    }
}
