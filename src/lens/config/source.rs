//! Program text, the last resort: the name a literal is assigned to, passed under or set by.
//!
//! Not a parser of any language. For each hit a bounded window is read backward, as a person would:
//! out of the literal, over the operator, to the name; or out to the bracket, to the call. What is
//! beyond a few lines or [`BACK`] bytes is not known. Nothing is read twice for the whole file.

use super::assignment::{Assignment, assignment};
use super::brackets::{self, Bracket};
use super::names::{clean, inner, is_blank, is_quote, line_around, looks_like_name, string_end, trim};
use super::seek::work;
use super::{Object, Place, Syntax};
use memchr::{memchr2, memmem};
use std::ops::Range;

/// How far to read backward from a hit.
pub(super) const BACK: usize = 4096;
/// How far to read forward.
const FORWARD: usize = 4096;
/// How far a literal may start before the hit on its line.
const LITERAL: usize = 1024;
/// Calls, concatenations and brackets to step out of.
const HOPS: usize = 8;

/// Program text of any language.
pub struct Source;

impl Syntax for Source {
    fn name(&self) -> &'static str {
        "source"
    }

    fn reads(&self, text: &[u8], _: &[u8]) -> bool {
        let head = &text[..text.len().min(4096)];
        let control = head.iter().filter(|b| **b < b' ' && !b.is_ascii_whitespace() && **b != 0x1b).count();
        control * 50 <= head.len()
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        spans.iter().map(|span| place(text, &(0..text.len()), span.start)).collect()
    }
}

/// The place of the value at `at`, as far as the text `within` tells.
pub(super) fn place(text: &[u8], within: &Range<usize>, at: usize) -> Option<Place> {
    if !within.contains(&at) || within.end > text.len() {
        return None;
    }
    let low = within.start.max(at.saturating_sub(BACK));
    let high = within.end.min(at.saturating_add(FORWARD));
    let window = &text[..high];
    let literal = literal(window, low, at);
    let open = literal.as_ref().map_or(at, |l| l.open);
    let brackets = brackets::around(window, low, open);
    let mut objects: Vec<Object> = brackets.iter().map(|b| b.object(window, low)).collect();
    objects.dedup_by(|a, b| a.start == b.start);
    let done = |key: Option<String>, value: Range<usize>| {
        if !value.contains(&at) {
            return None; // a quote
        }
        let path = key.clone().or_else(|| brackets.iter().find_map(|b| b.call(window, low)))?;
        Some(Place { path, key, objects: objects.clone(), value })
    };
    let value = literal.as_ref().map_or_else(|| bare(window, low, at), |l| l.value.clone());
    if let Some(found) = literal.as_ref().and_then(|l| inner(window, &l.value, at)) {
        return done(Some(clean(&text[found.name])), found.value);
    }
    if literal.is_none() {
        let line = line_around(window, at, BACK);
        let line = line.start.max(low)..line.end;
        if let Some(found) = inner(window, &line, at) {
            return done(Some(clean(&text[found.name])), found.value);
        }
        if let Some(Assignment { name, value, .. }) = assignment(window, line)
            && value.contains(&at)
        {
            return done(Some(clean(&text[name])), value);
        }
    }
    let mut shared = false;
    let end = literal.as_ref().map_or(value.end, |l| l.close + 1);
    let name = owner(window, low, open, end, &brackets, &mut shared);
    // What is made of several arguments is named for what it is, not for one of them.
    let is_own = name.as_ref().is_none_or(|name| !shared || brackets::telling(&text[name.clone()]));
    let place = done(name.map(|name| clean(&text[name])), value)?;
    Some(Place { key: place.key.filter(|_| is_own), ..place })
}

/// A string literal.
struct Literal {
    open: usize,
    value: Range<usize>,
    /// Offset of the (first) closing quote.
    close: usize,
}

/// The literal that holds `at`: the nearest quote before it that can open one and closes after it.
fn literal(text: &[u8], low: usize, at: usize) -> Option<Literal> {
    let from = low.max(at.saturating_sub(LITERAL));
    let line = memchr2(b'\n', b'\r', &text[at..]).map_or(text.len(), |p| at + p);
    // Where a literal in quotes of each kind would close: looked for once.
    let mut closes: [Option<Option<usize>>; 3] = [None; 3];
    let begins = memchr::memrchr(b'\n', &text[from..at]).map_or(from, |end| from + end + 1);
    for found in memchr::memrchr3_iter(b'"', b'\'', b'`', &text[begins..at]) {
        let near = begins + found;
        let quote = text[near];
        if escaped(text, low, near) || !can_open(text, low, near) {
            continue;
        }
        let (kind, end) = match quote {
            b'"' => (0, line),
            b'\'' => (1, line),
            _ => (2, text.len()),
        };
        let close = *closes[kind].get_or_insert_with(|| {
            work(end - at);
            string_end(&text[at..end], quote)
        });
        if let Some(close) = close {
            return Some(Literal { open: near, value: near + 1..at + close, close: at + close });
        }
    }
    work(at - begins);
    // Literals of many lines.
    for mark in [&b"\"\"\""[..], b"'''", b"`"] {
        work(at - low);
        let Some(open) = crate::search::last(&text[low..at], mark).map(|p| p + low) else { continue };
        let close = memmem::find(&text[at..], mark).map(|p| p + at);
        let before = text[low..open].trim_ascii_end().last();
        if let Some(close) = close
            && before.is_some_and(|b| matches!(b, b'=' | b'(' | b':' | b',' | b'[' | b'{' | b'+'))
        {
            return Some(Literal { open, value: open + mark.len()..close, close: close + mark.len() - 1 });
        }
    }
    None
}

pub(super) fn escaped(text: &[u8], low: usize, at: usize) -> bool {
    text[low..at].iter().rev().take(32).take_while(|b| **b == b'\\').count() % 2 == 1
}

/// Whether a quote can open a literal: no name ends right before it but a prefix (`r"`, `b"`).
fn can_open(text: &[u8], low: usize, quote: usize) -> bool {
    let start = before_prefix(text, low, quote);
    let before = start.checked_sub(1).filter(|p| *p >= low).map_or(b' ', |p| text[p]);
    !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b')' | b']'))
}

/// Where the prefix of a literal starts: `r#"`, `b"`, `L"`, `@"`, `$"`.
pub(super) fn before_prefix(text: &[u8], low: usize, quote: usize) -> usize {
    let mut start = quote;
    while start > low && start + 3 > quote && b"rbfuLRBFU@$#".contains(&text[start - 1]) {
        start -= 1;
    }
    let whole = start == low || !(text[start - 1].is_ascii_alphanumeric() || text[start - 1] == b'_');
    if whole { start } else { quote }
}

/// The word at `at`.
fn bare(text: &[u8], low: usize, at: usize) -> Range<usize> {
    let ends = |b: u8| {
        b <= b' ' || is_quote(b) || matches!(b, b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}')
    };
    let start = at - text[low..at].iter().rev().take_while(|b| !ends(**b)).count();
    let end = at + text[at..].iter().take_while(|b| !ends(**b)).count();
    work(end - start);
    start..end.max(at + 1)
}

/// Back over blanks and at most three line ends.
fn back(text: &[u8], low: usize, mut p: usize) -> usize {
    let mut lines = 0;
    while p > low && (is_blank(text[p - 1]) || text[p - 1] == b'\n' && lines < 3) {
        lines += usize::from(text[p - 1] == b'\n');
        p -= 1;
    }
    p
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}

/// The word that ends at `end`.
pub(super) fn word(text: &[u8], low: usize, end: usize) -> Range<usize> {
    end - text[low..end].iter().rev().take_while(|b| is_word(**b)).count()..end
}

/// The literal whose closing quote stands right before `end`.
fn literal_before(text: &[u8], low: usize, end: usize) -> Option<(usize, Range<usize>)> {
    let quote = *text.get(end.checked_sub(1)?).filter(|b| is_quote(**b))?;
    let mut p = end - 1;
    while p > low && p + LITERAL > end {
        p -= 1;
        match text[p] {
            b'\n' => return None,
            b if b == quote && !escaped(text, low, p) => {
                return Some((before_prefix(text, low, p), p + 1..end - 1));
            }
            _ => {}
        }
    }
    None
}

/// The name for what stands between `start` and `end`; `shared` if it is the name of what a call makes
/// of several arguments.
fn owner(
    text: &[u8],
    low: usize,
    start: usize,
    end: usize,
    brackets: &[Bracket],
    shared: &mut bool,
) -> Option<Range<usize>> {
    let (mut start, mut end) = (before_prefix(text, low, start), end);
    let mut brackets = brackets.iter();
    let mut bracket = brackets.next();
    for _ in 0..HOPS {
        let p = back(text, low, start);
        let before = *text.get(p.checked_sub(1).filter(|q| *q >= low)?)?;
        match before {
            b'=' | b':' | b'?' | b'|' => return name_left(text, low, operator(text, low, p)),
            b'>' if p >= low + 2 && text[p - 2] == b'=' => return name_left(text, low, p - 2),
            // Concatenation: the literals before this one.
            b'+' | b'.' | b'&' | b'"' | b'\'' => {
                let p = if is_quote(before) { p } else { back(text, low, p - 1) };
                match literal_before(text, low, p) {
                    Some((open, _)) => start = open,
                    None if before == b'&' => start = p,
                    None => return None,
                }
            }
            b'(' | b'[' | b'{' | b',' => {
                let outer = bracket?;
                let call = outer.callee(text, low);
                if let Some(call) = &call {
                    let after = text[end..].iter().position(|b| !b.is_ascii_whitespace()).map(|n| end + n);
                    let single = before == b'(' && after.is_some_and(|a| text[a] == b')');
                    if single
                        && brackets::sets(
                            &text[call.clone()],
                            text.get(call.start.wrapping_sub(1)) == Some(&b'.'),
                        )
                    {
                        return Some(call.clone());
                    }
                    *shared |= !single;
                }
                if before == b','
                    && let Some(name) = argument_name(text, low, p - 1, outer, call.as_ref())
                {
                    return Some(name);
                }
                start = call.map_or(outer.at, |call| brackets::expression(text, low, call.start));
                // Go: `key = []byte("x")`.
                start -= if text[low..start].ends_with(b"[]") { 2 } else { 0 };
                end = outer.at;
                bracket = brackets.next();
            }
            _ => return keyword(text, low, p, bracket),
        }
    }
    None
}

/// The end of what stands left of the operator that ends at `p`.
fn operator(text: &[u8], low: usize, mut p: usize) -> usize {
    while p > low && matches!(text[p - 1], b'=' | b':' | b'?' | b'|' | b'!' | b'+' | b'<' | b'>') {
        p -= 1;
    }
    p
}

/// The argument before a literal, if the call puts the one under the other.
fn argument_name(
    text: &[u8],
    low: usize,
    comma: usize,
    outer: &Bracket,
    call: Option<&Range<usize>>,
) -> Option<Range<usize>> {
    let p = back(text, low, comma);
    let callee = call.map_or(&b""[..], |c| &text[c.clone()]);
    if brackets::constructs(text, low, call) {
        return None;
    }
    let Some((open, name)) = literal_before(text, low, p) else {
        let name = word(text, low, p);
        return (!name.is_empty() && outer.kind == b'(' && brackets::puts(callee)).then_some(name);
    };
    let first = back(text, low, open) == outer.at + 1;
    let found = &text[name.clone()];
    let telling = brackets::telling(found) || found.iter().any(|b| matches!(b, b'_' | b'.' | b'-'));
    let named = looks_like_name(found) && !found.contains(&b' ');
    (named && if first { outer.kind != b'[' || telling } else { outer.kind == b'(' && telling })
        .then_some(name)
}

/// The name that a key word before the literal points to: `#define NAME "…"`, `--flag "…"`,
/// `return "…"`, `… by "…"`, `… or "…"`.
fn keyword(text: &[u8], low: usize, p: usize, bracket: Option<&Bracket>) -> Option<Range<usize>> {
    let word = word(text, low, p);
    let line = text[low..word.start].iter().rev().take_while(|b| **b != b'\n').count();
    let before = text[word.start - line..word.start].trim_ascii();
    work(line);
    match &text[word.clone()] {
        b"by" | b"or" | b"in" | b"is" => name_left(text, low, word.start),
        b"return" => bracket.filter(|b| b.kind == b'{').and_then(|b| b.function(text, low)),
        b"" => None,
        _ if before.starts_with(b"#") && before.ends_with(b"define") => Some(word),
        _ if before.ends_with(b"-") => {
            let flag = text[word.start - line..p].iter().rev().take_while(|b| !is_blank(**b)).count();
            let name = p - flag..p;
            let dashes = text[name.clone()].iter().take_while(|b| **b == b'-').count();
            (name.len() > dashes + 1 && dashes > 0).then_some(name.start + dashes..name.end)
        }
        _ if matches!(before, b"setenv" | b"ENV" | b"setx" | b"set -gx" | b"set -x") => Some(word),
        _ => {
            // A flag with dashes inside: --secret-access-key "…".
            let flag = text[word.start - line..p].iter().rev().take_while(|b| !is_blank(**b)).count();
            let name = p - flag..p;
            text[name.clone()].starts_with(b"--").then_some(name.start + 2..name.end)
        }
    }
}

/// The name on the left of an operator: the last word, a literal, an index, or what a type or a
/// default stands behind.
pub(super) fn name_left(text: &[u8], low: usize, p: usize) -> Option<Range<usize>> {
    let p = back(text, low, p);
    let last = *text.get(p.checked_sub(1).filter(|q| *q >= low)?)?;
    if let Some((_, name)) = literal_before(text, low, p) {
        return Some(name);
    }
    if matches!(last, b']' | b')') {
        let at = brackets::matching(text, low, p - 1)?;
        let content = trim(text, at + 1..p - 1);
        if let Some((_, name)) = literal_before(text, content.start.max(low), content.end) {
            return Some(name);
        }
        let name = word(text, low, at);
        if last == b']' && !name.is_empty() {
            return annotated(text, low, p).or(Some(name));
        }
    }
    annotated(text, low, p).or_else(|| {
        let name = word(text, low, p);
        let dashed = p - text[low..p].iter().rev().take_while(|b| is_word(**b) || **b == b'-').count();
        match (&text[name.clone()], name.start > low && is_blank(text[name.start - 1])) {
            (b"", _) => None,
            // Go: var secret string = "…"
            (b"string", true) => Some(word(text, low, back(text, low, name.start))).filter(|n| !n.is_empty()),
            _ if text[dashed..p].starts_with(b"--") => Some(dashed + 2..p),
            // YAML, Lisp and CSS write names with dashes.
            _ if dashed < name.start && text[dashed] != b'-' => Some(dashed..p),
            _ => Some(name),
        }
    })
}

/// The name before a type annotation: `const KEY: &str`, `secret: String`.
fn annotated(text: &[u8], low: usize, p: usize) -> Option<Range<usize>> {
    let from = low.max(p.saturating_sub(256));
    let cut = |b: &u8| matches!(b, b';' | b'{' | b'}' | b'(' | b',' | b'\n' | b'=' | b'"' | b'?');
    let start = p - text[from..p].iter().rev().take_while(|b| !cut(b)).count();
    work(p - start);
    let colon = (start..p).find(|&i| {
        text[i] == b':' && text.get(i + 1) != Some(&b':') && (i == start || text[i - 1] != b':') && i + 1 < p
    })?;
    let end = back(text, start, colon);
    let name = word(text, start, end);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn assignments_in_many_languages() {
        let names = |text: &str| {
            let at = text.find("VALUE1").expect("a value");
            place(text.as_bytes(), &(0..text.len()), at).and_then(|p| p.key)
        };
        let table: &[(&str, &str)] = &[
            ("const SECRET_KEY = \"VALUE1\";", "SECRET_KEY"),
            ("const SECRET_KEY: &'static str = \"VALUE1\";", "SECRET_KEY"),
            ("static mut X: Option<&str> = \"VALUE1\";", "X"),
            ("let x = { secretKey: \"VALUE1\" }", "secretKey"),
            ("{ \"aws_secret\": \"VALUE1\" }", "aws_secret"),
            ("secret_key := \"VALUE1\"", "secret_key"),
            ("var secretKey string = \"VALUE1\"", "secretKey"),
            ("const secretKey = `VALUE1`", "secretKey"),
            ("config.set(\"aws.secret\", \"VALUE1\")", "aws.secret"),
            ("map.put(SECRET_KEY, \"VALUE1\");", "SECRET_KEY"),
            ("os.environ[\"AWS_SECRET\"] = \"VALUE1\"", "AWS_SECRET"),
            ("os.environ.setdefault('AWS_SECRET', 'VALUE1')", "AWS_SECRET"),
            ("os.getenv(\"AWS_SECRET\") or \"VALUE1\"", "AWS_SECRET"),
            ("x = process.env.AWS_SECRET || 'VALUE1'", "AWS_SECRET"),
            ("val k = env(\"AWS_SECRET\") ?: \"VALUE1\"", "AWS_SECRET"),
            ("client.withSecret(\"VALUE1\")", "withSecret"),
            ("b.setSecretKey(\"VALUE1\");", "setSecretKey"),
            ("builder.secret_key(\"VALUE1\")", "secret_key"),
            ("String secret = decode(\"VALUE1\");", "secret"),
            ("String secret = new String(Base64.decode(\"VALUE1\"));", "secret"),
            ("'key' => 'VALUE1',", "key"),
            (":secret => 'VALUE1'", "secret"),
            ("define('AWS_SECRET', 'VALUE1');", "AWS_SECRET"),
            ("#define AWS_SECRET \"VALUE1\"", "AWS_SECRET"),
            ("static let secretKey = \"VALUE1\"", "secretKey"),
            ("let secretKey: String = \"VALUE1\"", "secretKey"),
            ("private static final String SECRET = \"VALUE1\";", "SECRET"),
            ("val secret by \"VALUE1\"", "secret"),
            ("char secret[] = \"VALUE1\";", "secret"),
            ("const char *secret = \"VALUE1\";", "secret"),
            ("NSString *secret = @\"VALUE1\";", "secret"),
            ("secret = r'VALUE1'", "secret"),
            ("secret =\n    \"VALUE1\"", "secret"),
            ("secret = (\n    \"VALUE1\"\n)", "secret"),
            ("secret = \"abc\" +\n \"VALUE1\"", "secret"),
            ("if (secret == \"VALUE1\") {", "secret"),
            ("boto3.client('s3', aws_secret_access_key='VALUE1')", "aws_secret_access_key"),
            ("curl --secret-key=VALUE1", "secret-key"),
            ("aws --secret-key VALUE1", "secret-key"),
            ("docker run -e AWS_SECRET=VALUE1 img", "AWS_SECRET"),
            ("export AWS_SECRET=VALUE1", "AWS_SECRET"),
            ("export AWS_SECRET=\"VALUE1\"", "AWS_SECRET"),
            ("headers = {'Authorization': 'Bearer VALUE1'}", "Authorization"),
            ("curl -H 'Authorization: Bearer VALUE1'", "Authorization"),
            ("String secretKey() {\n  return \"VALUE1\";\n}", "secretKey"),
            ("fn secret_key() -> &'static str {\n  return \"VALUE1\";\n}", "secret_key"),
            ("buildConfigField(\"String\", \"AWS_SECRET\", \"\\\"VALUE1\\\"\")", "AWS_SECRET"),
            ("buildConfigField \"String\", \"AWS_SECRET\", \"\\\"VALUE1\\\"\"", "-"),
            ("key = \"\"\"\n-----BEGIN\nVALUE1\n\"\"\"", "key"),
            ("new Map([['secret', 'VALUE1']])", "secret"),
            ("say(\"it's VALUE1\")", "-"),
            ("VALUE1", "-"),
            ("x(\"a b c\", \"VALUE1\")", "-"),
        ];
        for (text, key) in table {
            assert_eq!(names(text).as_deref().unwrap_or("-"), *key, "{text}");
        }
    }

    #[test]
    fn objects() {
        let table: &[(&str, &str)] = &[
            (
                "c = new BasicAWSCredentials(\"VALUE1\", \"VALUE2\");",
                "c|-|call to BasicAWSCredentials; c|-|call to BasicAWSCredentials",
            ),
            (
                "run(new BasicAWSCredentials(\"VALUE1\", \"VALUE2\"));",
                "BasicAWSCredentials|-|call to BasicAWSCredentials,call to run; BasicAWSCredentials|-|call to BasicAWSCredentials,call to run",
            ),
            (
                "const aws = { id: \"VALUE1\", secret: 'VALUE2' };",
                "id|id|object aws; secret|secret|object aws",
            ),
            (
                "class Config {\n  String a = \"VALUE1\";\n  void f() { g(\"}\"); b = \"VALUE2\"; }\n}",
                "a|a|class Config; b|b|function f,class Config",
            ),
            ("x = {\"k1\": [\"VALUE1\", \"VALUE2\"]}", "k1|k1|array k1,object x; k1|k1|array k1,object x"),
            ("VALUE1", "?"),
        ];
        check(&Source, table);
    }

    #[test]
    fn a_window_is_a_window() {
        let text = format!("{}secret = \"{}\"", "x(".repeat(1 << 20), "VALUE1");
        let at = text.find("VALUE1").expect("a value");
        let work = super::super::seek::worked(|| {
            let found = place(text.as_bytes(), &(0..text.len()), at).expect("a place");
            assert_eq!(found.key.as_deref(), Some("secret"));
        });
        assert!(work < 64 * BACK, "{work}");
    }
}
