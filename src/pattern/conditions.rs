//! Conditions of a pattern beyond its form: words that must stand in the same text, what may stand beside
//! a match, characters the value must have, paths, exceptions.
//!
//! Asked about hits only, which are few.

use super::LazyRegex;
use super::alphabet::Alphabet;
use super::schema::{RawExcept, RawOnly, Target};
use crate::engine::Hit;
use aho_corasick::AhoCorasick;
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, HirKind, Look};
use std::ops::Range;
use std::sync::Arc;

/// What must be so for a match to be a hit.
#[derive(Debug, Default)]
pub struct Conditions {
    keywords: Option<Keywords>,
    path: Option<LazyRegex>,
    preceded: Option<Beside>,
    followed: Option<Beside>,
    /// Fewest digits, capitals, small letters and signs.
    least: [usize; 4],
    specials: Option<String>,
    except: Vec<Arc<Except>>,
}

/// Words of which one must be in the text, in any case.
struct Keywords {
    words: Vec<String>,
    finder: AhoCorasick,
}

impl std::fmt::Debug for Keywords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.words.fmt(f)
    }
}

/// Bytes that may stand beside a match.
#[derive(Debug)]
struct Beside {
    bytes: Alphabet,
    nothing: bool,
}

/// Makes a match none.
#[derive(Debug)]
pub struct Except {
    /// Of several conditions all must be met, not any.
    all: bool,
    target: Target,
    regexes: Vec<LazyRegex>,
    words: Vec<String>,
    paths: Vec<LazyRegex>,
}

/// Exceptions of a pattern that hold for a hit if its path says so too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open(u64);

/// Whether an exception holds.
enum Met {
    Yes,
    No,
    WithPath,
}

/// Bytes of a line that are looked at before and behind a match.
const LINE: usize = 4 << 10;
/// Longest expression of a condition.
const LONGEST: usize = 64 << 10;

impl Conditions {
    /// Reads them; `None` where there are none.
    pub(super) fn new(
        keywords: &[String],
        only: Option<RawOnly>,
        except: &[RawExcept],
    ) -> Result<Option<Conditions>, String> {
        let words: Vec<String> = keywords.iter().filter(|w| !w.is_empty()).cloned().collect();
        let keywords = (!words.is_empty())
            .then(|| AhoCorasick::builder().ascii_case_insensitive(true).build(&words))
            .transpose()
            .map_err(|e| format!("`keywords`: {e}"))?
            .map(|finder| Keywords { words, finder });
        let only = only.unwrap_or_default();
        let beside = |text: Option<String>, look| text.map(|text| Beside::new(&text, look)).transpose();
        let conditions = Conditions {
            keywords,
            path: only.path.map(|path| regex(&path)).transpose()?,
            preceded: beside(only.preceded, Look::Start)?,
            followed: beside(only.followed, Look::End)?,
            least: [only.digits, only.upper, only.lower, only.special],
            specials: only.specials,
            except: except.iter().map(|raw| Except::new(raw).map(Arc::new)).collect::<Result<_, _>>()?,
        };
        Ok((!conditions.is_empty()).then_some(conditions))
    }

    /// Adds an exception that concerns several patterns.
    pub(super) fn add(&mut self, except: Arc<Except>) {
        self.except.push(except);
    }

    fn is_empty(&self) -> bool {
        self.keywords.is_none()
            && self.path.is_none()
            && self.preceded.is_none()
            && self.followed.is_none()
            && self.least == [0; 4]
            && self.except.is_empty()
    }

    /// Whether some keyword stands in `text`, or none need do.
    pub fn has_keyword(&self, text: &[u8]) -> bool {
        self.keywords.as_ref().is_none_or(|keywords| keywords.finder.is_match(text))
    }

    /// Whether a hit fulfils all but keywords and paths: which exceptions its path may still meet.
    pub fn accept(&self, text: &[u8], hit: &Hit) -> Option<Open> {
        let value = hit.secret.as_ref().unwrap_or(&hit.value);
        let before = text[..hit.span.start].last();
        let behind = text.get(hit.span.end);
        let fits = self.preceded.as_ref().is_none_or(|b| b.allows(before))
            && self.followed.as_ref().is_none_or(|b| b.allows(behind))
            && self.has_characters(&text[value.clone()]);
        let mut open = Open::default();
        for (n, except) in self.except.iter().enumerate() {
            match except.met(text, hit, value) {
                Met::Yes => return None,
                Met::WithPath => open.0 |= 1 << n.min(63),
                Met::No => {}
            }
        }
        fits.then_some(open)
    }

    /// Whether the path of a hit, in one of these forms, fulfils what is said about paths.
    pub fn accept_path(&self, paths: &[&str], open: Open) -> bool {
        let is_match = |regex: &LazyRegex| paths.iter().any(|path| is_match(regex, path.as_bytes()));
        let is_open = |n: usize| open.0 & 1 << n.min(63) != 0;
        self.path.as_ref().is_none_or(is_match)
            && !self.except.iter().enumerate().any(|(n, e)| is_open(n) && e.paths.iter().any(is_match))
    }

    fn has_characters(&self, value: &[u8]) -> bool {
        if self.least == [0; 4] {
            return true;
        }
        let count = |is: &dyn Fn(&u8) -> bool| value.iter().filter(|b| is(b)).count();
        let special = |b: &u8| match &self.specials {
            Some(all) => all.as_bytes().contains(b),
            None => b.is_ascii_punctuation(),
        };
        let found = [
            count(&u8::is_ascii_digit),
            count(&u8::is_ascii_uppercase),
            count(&u8::is_ascii_lowercase),
            count(&special),
        ];
        found.iter().zip(self.least).all(|(found, least)| *found >= least)
    }

    /// All expressions, to be checked.
    pub(super) fn regexes(&self) -> impl Iterator<Item = &LazyRegex> {
        self.path.iter().chain(self.except.iter().flat_map(|e| e.regexes.iter().chain(&e.paths)))
    }
}

fn regex(source: &str) -> Result<LazyRegex, String> {
    if source.len() > LONGEST {
        return Err(format!("an expression is longer than {LONGEST} bytes"));
    }
    Ok(LazyRegex::new(source.to_owned().into(), false))
}

fn is_match(regex: &LazyRegex, text: &[u8]) -> bool {
    regex.get().regex.is_match(text)
}

impl Beside {
    /// Reads one class, and `^` or `$` where nothing may stand there too.
    fn new(text: &str, look: Look) -> Result<Beside, String> {
        let error = || format!("{text:?} must be one class of characters, and perhaps `^` or `$` before it");
        let config = syntax::Config::new().utf8(false).unicode(false);
        let hir = syntax::parse_with(text, &config).map_err(|e| e.to_string())?;
        let mut beside = Beside { bytes: Alphabet::default(), nothing: false };
        let branches = match hir.kind() {
            HirKind::Alternation(branches) => branches.as_slice(),
            _ => std::slice::from_ref(&hir),
        };
        let mut bits = [0u64; 4];
        for branch in branches {
            match branch.kind() {
                HirKind::Look(own) if *own == look => beside.nothing = true,
                HirKind::Class(Class::Bytes(class)) => {
                    let all = class.ranges().iter().flat_map(|r| r.start()..=r.end());
                    all.for_each(|b| bits[usize::from(b >> 6)] |= 1 << (b & 63));
                }
                HirKind::Literal(one) if one.0.len() == 1 => {
                    bits[usize::from(one.0[0] >> 6)] |= 1 << (one.0[0] & 63);
                }
                _ => return Err(error()),
            }
        }
        beside.bytes = Alphabet::from_bits(bits);
        Ok(beside)
    }

    fn allows(&self, byte: Option<&u8>) -> bool {
        // Where strings of a program end, nothing is beside them.
        byte.is_some_and(|b| self.bytes.contains(*b)) || self.nothing && byte.is_none_or(|b| *b == 0)
    }
}

impl Except {
    pub(super) fn new(raw: &RawExcept) -> Result<Except, String> {
        let regexes = |all: &[String]| all.iter().map(|r| regex(r)).collect::<Result<Vec<_>, _>>();
        if raw.regex.is_empty() && raw.words.is_empty() && raw.path.is_empty() {
            return Err("an exception needs `regex`, `words` or `path`".into());
        }
        Ok(Except {
            all: raw.all,
            target: raw.target,
            regexes: regexes(&raw.regex)?,
            words: raw.words.iter().map(|w| w.to_ascii_lowercase()).collect(),
            paths: regexes(&raw.path)?,
        })
    }

    fn met(&self, text: &[u8], hit: &Hit, value: &Range<usize>) -> Met {
        let target = match self.target {
            Target::Value => &text[value.clone()],
            Target::Match => &text[hit.span.clone()],
            Target::Line => line(text, &hit.span),
        };
        let by_regex = || self.regexes.iter().any(|r| is_match(r, target));
        let by_word = || {
            let value = text[value.clone()].to_ascii_lowercase();
            self.words.iter().any(|w| memchr::memmem::find(&value, w.as_bytes()).is_some())
        };
        let mut met = [(!self.regexes.is_empty()).then(by_regex), (!self.words.is_empty()).then(by_word)]
            .into_iter()
            .flatten();
        match (self.all, self.paths.is_empty()) {
            (true, true) if met.all(|m| m) => Met::Yes,
            (true, false) if met.all(|m| m) => Met::WithPath,
            (true, _) => Met::No,
            (false, _) if met.any(|m| m) => Met::Yes,
            (false, false) => Met::WithPath,
            (false, true) => Met::No,
        }
    }
}

/// The line or lines that a span stands on.
fn line<'t>(text: &'t [u8], span: &Range<usize>) -> &'t [u8] {
    let from = span.start.saturating_sub(LINE);
    let start = memchr::memrchr(b'\n', &text[from..span.start]).map_or(from, |at| from + at + 1);
    let to = text.len().min(span.end + LINE);
    let end = memchr::memchr(b'\n', &text[span.end..to]).map_or(to, |at| span.end + at);
    &text[start..end]
}

/// Whether the expression can be one of these conditions; for [`super::import`].
pub(super) fn compiles(source: &str) -> Result<(), String> {
    regex(source)?.compile().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::PatternId;

    fn hit(span: Range<usize>) -> Hit {
        Hit::new(PatternId(0), span)
    }

    fn except(raw: RawExcept) -> Conditions {
        Conditions::new(&[], None, &[raw]).unwrap().unwrap()
    }

    #[test]
    fn what_stands_beside() {
        let only = RawOnly {
            preceded: Some("^|[^a-z]".into()),
            followed: Some("[;\\s]".into()),
            ..RawOnly::default()
        };
        let conditions = Conditions::new(&[], Some(only), &[]).unwrap().unwrap();
        for (text, wanted) in [
            ("zzq;", true),
            (" zzq ", true),
            ("azzq;", false),
            ("zzq", false),
            ("\0zzq;", true),
            ("zzq\0", false),
        ] {
            let at = text.find("zzq").unwrap();
            assert_eq!(conditions.accept(text.as_bytes(), &hit(at..at + 3)).is_some(), wanted, "{text:?}");
        }
        for wrong in ["ab", "[a-z]+", "$|[a-z]", "("] {
            let only = RawOnly { preceded: Some(wrong.into()), ..RawOnly::default() };
            assert!(Conditions::new(&[], Some(only), &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn exceptions_look_at_value_match_line_and_path() {
        let text = b"one\nkey = zzq # Sample\nthree";
        let hit = Hit { value: 10..13, ..hit(4..13) };
        let is = |raw: RawExcept, path: &str| {
            let conditions = except(raw);
            conditions.accept(text, &hit).is_none_or(|open| !conditions.accept_path(&[path], open))
        };
        let regex =
            |regex: &str, target| RawExcept { regex: vec![regex.into()], target, ..RawExcept::default() };
        assert!(is(regex("^zzq$", Target::Value), "a"));
        assert!(!is(regex("key", Target::Value), "a"));
        assert!(is(regex("^key", Target::Match), "a"));
        assert!(is(regex("Sample$", Target::Line), "a"));
        assert!(!is(regex("one|three", Target::Line), "a"));
        let words = RawExcept { words: vec!["ZQ".into()], path: vec!["^b/".into()], ..RawExcept::default() };
        assert!(is(words.clone(), "a/x"));
        let both = RawExcept { all: true, ..words };
        assert!(!is(both.clone(), "a/x"));
        assert!(is(both, "b/x"));
    }

    #[test]
    fn keywords_and_characters() {
        let only =
            RawOnly { digits: 2, upper: 1, specials: Some("_".into()), special: 1, ..RawOnly::default() };
        let conditions = Conditions::new(&["Zorbl".into()], Some(only), &[]).unwrap().unwrap();
        assert!(conditions.has_keyword(b"my ZORBL") && !conditions.has_keyword(b"zorb"));
        for (text, wanted) in [("A_12", true), ("A_1x", false), ("a_12", false), ("A-12", false)] {
            assert_eq!(conditions.accept(text.as_bytes(), &hit(0..4)).is_some(), wanted, "{text}");
        }
    }
}
