//! Source maps (ECMA-426): the sources that a bundle was made from, as strings in a JSON file.
//!
//! Read as a stream of tokens: maps of 100 MB are common. A source is a member under the name that
//! `sources` has for it; maps of `sections` have their own lists. What is no source (the mappings) is
//! a gap.

use super::json::{Token, Tokens, unescape};
use super::piece::Escaped;
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use memchr::memmem;
use std::ops::Range;

/// Opens source maps that hold their sources.
pub struct SourceMap;

/// Objects in objects that are followed: a section of a map is the fourth.
const DEPTH: usize = 64;

impl Container for SourceMap {
    fn name(&self) -> &'static str {
        "source-map"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        begin(blob.bytes).is_some()
            && memmem::find(blob.bytes, b"\"sourcesContent\"").is_some()
            && memmem::find(blob.bytes, b"\"mappings\"").is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut sources: Vec<(Range<usize>, Escaped<'b>)> = Vec::new();
        let complete = list(data, begin(data).unwrap_or(0), limits, &mut sources);
        let mut opened = Opened::default();
        if !complete {
            let detail = "source map: the JSON is damaged; what could be read of it was searched";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
        }
        sources.sort_by_key(|(place, _)| place.start);
        let mut at = 0;
        for (place, _) in &sources {
            if place.start > at {
                opened.gaps.push(at..place.start);
            }
            at = at.max(place.end);
        }
        if at < data.len() {
            opened.gaps.push(at..data.len());
        }
        opened.members = sources.into_iter().map(|(_, s)| Box::new(s) as Box<dyn Member>).collect();
        opened
    }
}

/// Where the JSON begins: some servers put `)]}'` before it, against being run as a script.
fn begin(data: &[u8]) -> Option<usize> {
    let head = data.get(..data.len().min(64))?;
    let start = head.iter().position(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf))?;
    match head.get(start)? {
        b'{' => Some(start),
        b')' => Some(start + head.get(start..)?.iter().position(|b| *b == b'{')?),
        _ => None,
    }
}

/// An object or array that is still open.
#[derive(Default)]
struct Open {
    is_array: bool,
    /// The key of its parent under which it stands.
    name: Range<usize>,
    /// Of an object: its lists.
    names: Vec<Range<usize>>,
    contents: Vec<Option<Range<usize>>>,
}

/// Lists the sources; `false` if the JSON ends too early.
fn list<'b>(
    data: &'b [u8],
    start: usize,
    limits: &Limits,
    sources: &mut Vec<(Range<usize>, Escaped<'b>)>,
) -> bool {
    let text = |range: &Range<usize>| data.get(range.clone()).unwrap_or_default();
    let mut open: Vec<Open> = Vec::new();
    let mut key: Option<Range<usize>> = None;
    for token in Tokens::new(data, start) {
        match token {
            Token::Open { is_array } => {
                open.push(Open { is_array, name: key.take().unwrap_or_default(), ..Open::default() });
                if open.len() > DEPTH {
                    return false;
                }
            }
            Token::Close => {
                let Some(mut closed) = open.pop() else { return false };
                key = None;
                match (closed.is_array, open.last_mut()) {
                    (true, Some(outer)) if !outer.is_array => match text(&closed.name) {
                        b"sources" => outer.names = closed.names,
                        b"sourcesContent" => outer.contents = closed.contents,
                        _ => {}
                    },
                    (false, _) => {
                        for (i, content) in closed.contents.iter_mut().enumerate() {
                            let Some(place) = content.take() else { continue };
                            if sources.len() as u64 >= limits.entries {
                                break;
                            }
                            let mut name = Vec::new();
                            match closed.names.get(i).map(text).filter(|n| !n.is_empty()) {
                                Some(raw) => unescape(raw, &mut name),
                                None => name.extend_from_slice(format!("source {i}").as_bytes()),
                            }
                            sources.push((place.clone(), Escaped { raw: text(&place), name }));
                        }
                    }
                    _ => {}
                }
                if open.is_empty() {
                    return true;
                }
            }
            Token::String(range) | Token::Word(range) => {
                let depth = open.len();
                let Some(inner) = open.last_mut() else { return false };
                if !inner.is_array {
                    key = if key.is_some() { None } else { Some(range) };
                    continue;
                }
                if depth < 2 {
                    continue;
                }
                // `null` for a source that is not there.
                let is_string = range.start.checked_sub(1).and_then(|q| data.get(q)) == Some(&b'"');
                match text(&inner.name) {
                    b"sources" => inner.names.push(if is_string { range } else { 0..0 }),
                    b"sourcesContent" => inner.contents.push(is_string.then_some(range)),
                    _ => {}
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::*;
    use crate::address::Address;

    fn read(text: &str) -> (Vec<(String, String)>, usize, usize) {
        let blob = Blob { address: Address::named("x"), bytes: text.as_bytes() };
        assert!(SourceMap.reads(&blob));
        let opened = SourceMap.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), 100);
        let members = opened
            .members
            .iter()
            .map(|m| {
                let mut buffer = Vec::new();
                let bytes = m.read(&mut buffer, &budget).bytes.to_vec();
                (String::from_utf8_lossy(m.name()).into_owned(), String::from_utf8(bytes).unwrap())
            })
            .collect();
        (members, opened.gaps.len(), opened.problems.len())
    }

    #[test]
    fn contents_before_names_and_holes() {
        let (members, gaps, problems) = read(
            r#")]}'
{"version":3,"sourcesContent":["a\nb",null,"c"],"sources":["x\/y.js","hole",null],"mappings":"AAAA"}"#,
        );
        let of = |n: &str, c: &str| (n.to_owned(), c.to_owned());
        assert_eq!(members, [of("x/y.js", "a\nb"), of("source 2", "c")]);
        assert_eq!((gaps, problems), (3, 0));
    }

    #[test]
    fn a_map_that_is_cut_off_tells_what_was_read() {
        let text = r#"{"version":3,"sections":[{"map":{"sources":["a"],"sourcesContent":["b"],"mappings":""}},{"map":{"sour"#;
        let (members, _, problems) = read(text);
        assert_eq!((members.len(), problems), (1, 1));
    }
}
