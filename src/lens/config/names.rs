//! What authors call values: names cleaned for print, names inside a value (`KEY=value`),
//! name/value idioms, assignment lines, and what a file name says about its content.

use super::seek::work;
use memchr::{memchr, memrchr};
use std::ops::Range;

/// Longest name printed, in bytes.
pub(super) const NAME: usize = 128;

/// How far to look back from a hit for its name inside a value.
const LOOK_BACK: usize = 512;

/// How far into a line an assignment's separator may stand.
const SEPARATOR: usize = 256;

pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\x0b' | b'\x0c')
}

pub(super) fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// A byte of a name as written in files and shells.
pub(super) fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80
}

/// `range` of `text` without blanks and line ends at both ends.
pub(super) fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let slice = text.get(range.clone()).unwrap_or_default();
    let left = slice.len() - slice.trim_ascii_start().len();
    let right = slice[left..].trim_ascii_end().len();
    range.start + left..range.start + left + right
}

/// A name for print: without blanks and quotes around it, escapes of quoted names undone, not
/// longer than [`NAME`].
pub(super) fn clean(bytes: &[u8]) -> String {
    let mut bytes = bytes.trim_ascii();
    if let [first, .., last] = bytes
        && is_quote(*first)
        && first == last
    {
        bytes = &bytes[1..bytes.len() - 1];
    }
    let cut = bytes.len() > NAME;
    let mut name = match memchr(b'\\', &bytes[..bytes.len().min(NAME)]) {
        None => String::from_utf8_lossy(&bytes[..bytes.len().min(NAME)]).into_owned(),
        Some(_) => unescape(&bytes[..bytes.len().min(NAME)]),
    };
    if cut {
        while name.ends_with(char::REPLACEMENT_CHARACTER) {
            name.pop();
        }
        name.push('…');
    }
    name
}

fn unescape(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let kept = rest.clone();
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(c @ ('"' | '\'' | '\\' | '/')) => out.push(c),
            Some('u') => {
                let hex: String = rest.by_ref().take(4).collect();
                match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).filter(|_| hex.len() == 4) {
                    Some(c) => out.push(c),
                    None => {
                        out.push('\\');
                        rest = kept;
                    }
                }
            }
            _ => {
                out.push('\\');
                rest = kept;
            }
        }
    }
    out
}

/// A key in lower case without separators, if it is short enough for a word of the idiom.
fn word(key: &[u8], buf: &mut [u8; 16]) -> Option<usize> {
    let mut n = 0;
    for &b in key.iter().filter(|b| !matches!(b, b'_' | b'-')) {
        *buf.get_mut(n)? = b.to_ascii_lowercase();
        n += 1;
    }
    Some(n)
}

/// How well a member of this key names the value beside it (lower is better):
/// `{"name": "AWS_SECRET", "value": "…"}`.
pub(super) fn naming(key: &[u8]) -> Option<u8> {
    if !(2..=18).contains(&key.len()) {
        return None;
    }
    let mut buf = [0; 16];
    let n = word(key, &mut buf)?;
    Some(match &buf[..n] {
        b"name" | b"key" | b"parameterkey" | b"parametername" | b"paramname" | b"optionname" | b"envname" => {
            0
        }
        b"variable" | b"variablename" | b"field" | b"fieldname" | b"secretname" | b"property" => 1,
        b"label" | b"title" => 2,
        b"id" => 3,
        _ => return None,
    })
}

/// Whether a key only says that the value is a value, so that a sibling may name it.
pub(super) fn is_value_word(key: &[u8]) -> bool {
    if !(3..=18).contains(&key.len()) {
        return false;
    }
    let mut buf = [0; 16];
    word(key, &mut buf).is_some_and(|n| {
        matches!(
            &buf[..n],
            b"value"
                | b"val"
                | b"values"
                | b"content"
                | b"default"
                | b"defaultvalue"
                | b"initialvalue"
                | b"currentvalue"
                | b"parametervalue"
                | b"paramvalue"
                | b"envvalue"
                | b"optionvalue"
                | b"stringvalue"
                | b"secretvalue"
                | b"text"
                | b"data"
        )
    })
}

/// Whether a text can be what an author calls a value; `AKIAIOSFODNN7EXAMPLE`, a UUID or a
/// sentence cannot.
pub(super) fn looks_like_name(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    if !(2..=NAME).contains(&name.len()) || !name.iter().any(u8::is_ascii_alphabetic) {
        return false;
    }
    let blanks = name.iter().filter(|b| b.is_ascii_whitespace()).count();
    let digits = name.iter().filter(|b| b.is_ascii_digit()).count();
    let separators = name.iter().filter(|b| matches!(b, b'_' | b'-' | b'.' | b':' | b'/' | b' ')).count();
    let random = name.len() >= 16 && digits > 0 && (separators == 0 || digits * 3 > name.len());
    blanks <= 4 && !random && !name.contains(&b'\n')
}

/// A name found inside a value, and the part of the value it names.
pub(super) struct Inner {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The name just before `at` inside a value: `KEY=value`, `?token=…&secret=…`,
/// `Authorization: Bearer …`, `{\"secret\":\"…\"}`. Looks at a bounded stretch around `at`.
pub(super) fn inner(text: &[u8], value: &Range<usize>, at: usize) -> Option<Inner> {
    let low = value.start.max(at.saturating_sub(LOOK_BACK));
    let mut start = at;
    while start > low && !is_break(text[start - 1]) {
        start -= 1;
    }
    work(at - start);
    if start > low && text[start - 1] == b'\\' {
        start += escape_tail(&text[start..at]);
    }
    let run = text.get(start..at)?;
    let (name, from) = match memchr(b'=', run) {
        Some(eq) => (name_before(text, low, start + eq), start + eq + 1),
        None => (outside_name(text, value, low, start)?, start),
    };
    if name.len() < 2 || !text[name.clone()].iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let high = value.end.min(at.saturating_add(LOOK_BACK * 8));
    let mut end = at;
    while end < high && !is_break(text[end]) {
        end += 1;
    }
    work(end - at);
    (from <= at && at < end).then_some(Inner { name, value: from..end })
}

fn is_break(b: u8) -> bool {
    b <= b' '
        || matches!(
            b,
            b'"' | b'\''
                | b'`'
                | b'&'
                | b';'
                | b','
                | b'?'
                | b'('
                | b')'
                | b'{'
                | b'}'
                | b'<'
                | b'>'
                | b'['
                | b']'
                | b'|'
                | b'\\'
        )
}

/// Bytes of an escape after its backslash: `n` of `\nKEY=…`, `u0026` of `\u0026key=…`.
fn escape_tail(run: &[u8]) -> usize {
    match run {
        [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => 5,
        [b'n' | b't' | b'r', ..] => 1,
        _ => 0,
    }
}

/// The name that ends at `end`, without the dashes of a flag.
fn name_before(text: &[u8], low: usize, end: usize) -> Range<usize> {
    let mut start = end;
    while start > low && is_name(text[start - 1]) {
        start -= 1;
    }
    if start > low && text[start - 1] == b'\\' {
        start += escape_tail(&text[start..end]);
    }
    while start < end && text[start] == b'-' {
        start += 1;
    }
    start..end
}

/// The name before a separator that stands before `start`: `key = `, `\"key\": \"`.
fn outside_name(text: &[u8], value: &Range<usize>, low: usize, start: usize) -> Option<Range<usize>> {
    let (mut p, mut quoted) = back_over(text, low, start);
    let mut scheme = false;
    if !quoted {
        let word = name_before(text, low, p);
        if matches!(&text[word.clone()], b"Bearer" | b"bearer" | b"Basic" | b"token" | b"Token") {
            (p, quoted) = back_over(text, low, word.start);
            scheme = true;
        }
    }
    let lines = || memchr(b'\n', &text[low..value.end.min(start + LOOK_BACK)]).is_some();
    let mut header = false;
    match text.get(p.checked_sub(1)?)? {
        _ if p <= low => return None,
        b'=' if p < 2 || !matches!(text[p - 2], b'=' | b'!' | b'<' | b'>') => {}
        b'>' if p >= 2 && text[p - 2] == b'=' => p -= 1,
        b':' if p < start && (quoted || scheme || lines()) => {}
        // X-Api-Key: …
        b':' if p < start => header = true,
        _ => return None,
    }
    p -= 1;
    while p > low && matches!(text[p - 1], b':' | b'?' | b'+') {
        p -= 1;
    }
    let (p, _) = back_over(text, low, p);
    let name = name_before(text, low, p);
    let whole = !header || name.start == value.start && text[name.clone()].contains(&b'-');
    (!name.is_empty() && whole).then_some(name)
}

/// Back over blanks and (escaped) quotes; whether there was a quote.
fn back_over(text: &[u8], low: usize, mut p: usize) -> (usize, bool) {
    let mut quoted = false;
    while p > low && (is_blank(text[p - 1]) || is_quote(text[p - 1]) || text[p - 1] == b'\\') {
        quoted |= is_quote(text[p - 1]);
        p -= 1;
    }
    (p, quoted)
}

/// `name = value` in one line.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) name: Range<usize>,
    /// Offset of the separator.
    pub(super) separator: usize,
    /// Without quotes, blanks and comments.
    pub(super) value: Range<usize>,
    /// The line is commented out.
    pub(super) commented: bool,
}

/// Reads a line as an assignment, in any of the notations of configuration files and shells;
/// looks at a bounded part of it for the name.
pub(super) fn assignment(text: &[u8], line: Range<usize>) -> Option<Assignment> {
    let mut line = trim(text, line);
    let commented = strip_comment(text, &mut line);
    let mut spaced = false;
    for _ in 0..4 {
        let slice = &text[line.clone()];
        let end = slice.iter().take(16).position(|&b| is_blank(b)).unwrap_or(0);
        let rest = trim(text, line.start + end..line.end);
        if end == 0 || rest.is_empty() || matches!(text[rest.start], b'=' | b':') {
            break;
        }
        let mut lower = [0; 16];
        lower[..end].copy_from_slice(&slice[..end]);
        lower.make_ascii_lowercase();
        match &lower[..end] {
            b"export" | b"local" | b"readonly" | b"declare" | b"typeset" | b"override" | b"env" | b"arg"
            | b"label" | b"define" | b"set" | b"run" => {}
            b"setx" | b"setenv" => spaced = true,
            [b'-', ..] if end <= 4 => spaced |= slice.contains(&b'x'),
            _ => break,
        }
        spaced |= &slice[..end] == b"ENV";
        line = rest;
    }
    let slice = &text[line.clone()];
    // set "NAME=value"
    if slice.len() > 3 && slice[0] == b'"' && slice.ends_with(b"\"") {
        let name = slice[1..].iter().take(SEPARATOR).position(|&b| !is_name(b))?;
        if name > 0 && slice[1 + name] == b'=' {
            line = line.start + 1..line.end - 1;
        }
    }
    separate(text, line, commented, spaced)
}

fn separate(text: &[u8], line: Range<usize>, commented: bool, spaced: bool) -> Option<Assignment> {
    let slice = &text[line.clone()];
    work(slice.len().min(SEPARATOR));
    let first = *slice.first()?;
    let (name, mut at) = if is_quote(first) {
        let close = 1 + memchr(first, &slice[1..slice.len().min(SEPARATOR)])?;
        (1..close, close + 1)
    } else {
        let window = &slice[..slice.len().min(SEPARATOR)];
        let found = window.iter().enumerate().position(|(i, &b)| {
            let next = slice.get(i + 1).copied().unwrap_or(b' ');
            b == b'=' || b == b':' && (next.is_ascii_whitespace() || is_quote(next) || next == b'=')
        });
        match found {
            _ if spaced && found.is_none_or(|f| slice[..f].iter().any(|&b| is_blank(b))) => {
                let end = window.iter().position(|&b| is_blank(b))?;
                (0..end, end)
            }
            found => (0..found?, found?),
        }
    };
    while slice.get(at).is_some_and(|&b| is_blank(b)) {
        at += 1;
    }
    let separator = line.start + at;
    match (slice.get(at), slice.get(at + 1)) {
        (Some(b'='), Some(b'=')) => return None,
        (Some(b'='), Some(b'>')) | (Some(b':'), Some(b'=')) => at += 2,
        (Some(b'='), _) | (Some(b':'), _) => at += 1,
        (Some(_), _) if spaced => {}
        _ => return None,
    }
    let mut name = trim(text, line.start + name.start..line.start + name.end);
    while name.end > name.start && matches!(text[name.end - 1], b'?' | b'+' | b':' | b' ') {
        name.end -= 1;
    }
    if text[name.clone()].to_ascii_lowercase().starts_with(b"$env:") {
        name.start += 5;
    } else if text.get(name.start) == Some(&b'$') {
        name.start += 1;
    }
    plausible(&text[name.clone()], is_quote(first), commented).then(|| Assignment {
        name,
        separator,
        value: unquote(text, line.start + at..line.end),
        commented,
    })
}

/// Whether a text left of a separator can be a name.
fn plausible(name: &[u8], quoted: bool, commented: bool) -> bool {
    let words = name.split(|&b| b == b' ').count();
    !name.is_empty()
        && name.len() < SEPARATOR
        && words <= if commented { 1 } else { 4 }
        && memchr::memmem::find(name, b" -").is_none()
        && name.iter().any(u8::is_ascii_alphanumeric)
        && (quoted
            || name.iter().all(|&b| {
                is_name(b)
                    || matches!(
                        b,
                        b'/' | b':' | b'@' | b'$' | b'*' | b'[' | b']' | b'"' | b'\'' | b' ' | b'%'
                    )
            }))
}

/// Strips the marks of a commented-out line; an npm registry (`//host/:_authToken=`) is none.
fn strip_comment(text: &[u8], line: &mut Range<usize>) -> bool {
    let slice = &text[line.clone()];
    let marks = match slice {
        [b'/', b'/', rest @ ..] => {
            let head = &rest[..rest.len().min(SEPARATOR)];
            let eq = memchr(b'=', head).unwrap_or(0);
            if head[..eq].windows(2).any(|w| w == b"/:") { 0 } else { 2 }
        }
        [b'-', b'-', b' ', ..] => 2,
        [b'r' | b'R', b'e' | b'E', b'm' | b'M', b' ', ..] => 3,
        _ => slice.iter().take(16).take_while(|b| matches!(b, b'#' | b';')).count(),
    };
    *line = trim(text, line.start + marks..line.end);
    marks > 0
}

/// A value without its quotes, or without the comment after it.
pub(super) fn unquote(text: &[u8], range: Range<usize>) -> Range<usize> {
    let range = trim(text, range);
    let slice = &text[range.clone()];
    work(slice.len());
    let prefix = usize::from(matches!(slice, [b'@' | b'L' | b'$', b'"' | b'\'', ..]));
    match slice.get(prefix) {
        Some(&q) if is_quote(q) => {
            let from = prefix + 1;
            let close = string_end(&slice[from..], q).unwrap_or(slice.len() - from);
            range.start + from..range.start + from + close
        }
        _ => {
            let mut from = 0;
            let end = loop {
                match memchr::memchr2(b'#', b';', &slice[from..]) {
                    None => break slice.len(),
                    Some(p) if p + from == 0 || is_blank(slice[p + from - 1]) => break p + from,
                    Some(p) => from += p + 1,
                }
            };
            let mut value = trim(text, range.start..range.start + end);
            if value.end > value.start && matches!(text[value.end - 1], b';' | b',') {
                value.end -= 1;
            }
            value
        }
    }
}

/// Offset of the closing quote in what follows an opening one.
pub(super) fn string_end(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        let p = at + memchr::memchr2(quote, b'\\', rest.get(at..)?)?;
        if rest[p] == quote {
            return Some(p);
        }
        at = p + 2;
    }
}

/// The line around `at`, not farther than `window` on either side.
pub(super) fn line_around(text: &[u8], at: usize, window: usize) -> Range<usize> {
    let at = at.min(text.len());
    let low = at.saturating_sub(window);
    let high = text.len().min(at.saturating_add(window));
    work(high - low);
    let start = memrchr(b'\n', &text[low..at]).map_or(low, |p| low + p + 1);
    let end = memchr(b'\n', &text[at..high]).map_or(high, |p| at + p);
    start..end
}

/// What a file name says about the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A programming language.
    Code,
    /// HTML and its relatives: markup with code in it.
    Page,
    Json,
    Yaml,
    Xml,
    /// Assignments line by line.
    Lines,
    Unknown,
}

/// Reads a file name; endings such as `.example` and `.bak` are looked through.
pub(super) fn file_kind(name: &[u8]) -> FileKind {
    let base = name.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or_default();
    let lower = String::from_utf8_lossy(&base[base.len().saturating_sub(256)..]).to_ascii_lowercase();
    let mut base = lower.trim_end_matches('~');
    const BACKUPS: &[&str] = &[
        "example", "sample", "dist", "bak", "old", "orig", "template", "tpl", "tmpl", "j2", "erb", "save",
        "default", "local", "backup",
    ];
    while let Some((stem, end)) = base.rsplit_once('.')
        && !stem.is_empty()
        && BACKUPS.contains(&end)
    {
        base = stem;
    }
    if base == ".env" || base.starts_with(".env.") || base.starts_with("dockerfile") {
        return FileKind::Lines;
    }
    match base {
        "makefile" | "gnumakefile" | "containerfile" | "credentials" | ".npmrc" | ".yarnrc" | ".pypirc"
        | ".netrc" | "_netrc" | ".s3cfg" | ".boto" | ".gitconfig" | ".bashrc" | ".zshrc" | ".profile"
        | ".bash_profile" | ".zprofile" | ".editorconfig" | ".my.cnf" | "pipfile" | "environment"
        | ".flaskenv" => return FileKind::Lines,
        "jenkinsfile" | "rakefile" | "gemfile" | "vagrantfile" | "podfile" | "fastfile" | "appfile"
        | "brewfile" => {
            return FileKind::Code;
        }
        ".clang-format" => return FileKind::Yaml,
        _ => {}
    }
    match base.rsplit_once('.').map_or("", |(_, end)| end) {
        "rs" | "java" | "kt" | "kts" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "py" | "pyw" | "rb"
        | "go" | "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "inl" | "cs" | "fs" | "fsx" | "vb"
        | "swift" | "m" | "mm" | "pl" | "pm" | "scala" | "sc" | "groovy" | "gradle" | "dart" | "lua"
        | "r" | "jl" | "ex" | "exs" | "erl" | "hrl" | "hs" | "clj" | "cljs" | "edn" | "el" | "lisp"
        | "sql" | "sol" | "zig" | "nim" | "pas" | "d" | "ml" | "mli" | "css" | "scss" | "less" | "coffee"
        | "smali" | "kql" | "proto" | "graphql" | "md" | "rst" | "tex" | "ipp" | "asm" | "s" | "v"
        | "ino" | "metal" | "glsl" | "hx" | "cr" | "tcl" | "vbs" | "bicep" => FileKind::Code,
        "html" | "htm" | "xhtml" | "vue" | "svelte" | "php" | "phtml" | "jsp" | "aspx" | "cshtml" | "ejs"
        | "hbs" | "astro" => FileKind::Page,
        "json" | "jsonl" | "ndjson" | "jsonc" | "json5" | "ipynb" | "tfstate" | "har" | "map"
        | "webmanifest" | "geojson" | "avsc" => FileKind::Json,
        "yml" | "yaml" | "sls" | "eyaml" => FileKind::Yaml,
        "xml" | "plist" | "config" | "csproj" | "props" | "targets" | "pom" | "xsd" | "xsl" | "xslt"
        | "svg" | "wsdl" | "resx" | "storyboard" | "xib" | "entitlements" | "mobileconfig" | "iml"
        | "jmx" | "xaml" => FileKind::Xml,
        "env" | "ini" | "properties" | "cfg" | "conf" | "cnf" | "toml" | "npmrc" | "reg" | "service"
        | "tfvars" | "tf" | "hcl" | "desktop" | "strings" | "xcconfig" | "sh" | "bash" | "zsh" | "fish"
        | "ksh" | "csh" | "ps1" | "psm1" | "bat" | "cmd" | "mk" | "envrc" | "inf" | "prefs" | "ovpn"
        | "boto" | "dockerfile" | "netrc" => FileKind::Lines,
        _ => FileKind::Unknown,
    }
}

/// The first lines of a text, for a look at what it is; the last one only if it is whole.
pub(super) fn head(text: &[u8]) -> &[u8] {
    const HEAD: usize = 4096;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.len() <= HEAD {
        return text;
    }
    match memrchr(b'\n', &text[..HEAD]) {
        Some(end) => &text[..end],
        None => &text[..HEAD],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_in_many_notations() {
        let cases: &[(&str, &str, &str)] = &[
            ("KEY=VALUE1", "KEY", "VALUE1"),
            ("  key = VALUE1  # note", "key", "VALUE1"),
            ("key = \"VALUE1\" # note", "key", "VALUE1"),
            ("export KEY='VALUE1'", "KEY", "VALUE1"),
            ("declare -x KEY=\"VALUE1\"", "KEY", "VALUE1"),
            ("ENV KEY VALUE1", "KEY", "VALUE1"),
            ("ENV KEY=VALUE1", "KEY", "VALUE1"),
            ("ARG KEY=VALUE1", "KEY", "VALUE1"),
            ("set KEY=VALUE1", "KEY", "VALUE1"),
            ("set \"KEY=VALUE1\"", "KEY", "VALUE1"),
            ("set -gx KEY VALUE1", "KEY", "VALUE1"),
            ("setx KEY \"VALUE1\"", "KEY", "VALUE1"),
            ("setenv KEY VALUE1", "KEY", "VALUE1"),
            ("$env:KEY = \"VALUE1\"", "KEY", "VALUE1"),
            ("KEY := VALUE1", "KEY", "VALUE1"),
            ("KEY ?= VALUE1", "KEY", "VALUE1"),
            ("\"Name\"=\"VALUE1\"", "Name", "VALUE1"),
            ("\"Name\" = \"VALUE1\";", "Name", "VALUE1"),
            ("'key' => 'VALUE1',", "key", "VALUE1"),
            ("//registry.npmjs.org/:_authToken=VALUE1", "//registry.npmjs.org/:_authToken", "VALUE1"),
            ("aws.secret: VALUE1", "aws.secret", "VALUE1"),
            ("# KEY=VALUE1", "KEY", "VALUE1"),
            (";key = VALUE1", "key", "VALUE1"),
            ("// key = VALUE1", "key", "VALUE1"),
            ("Secret Key = VALUE1", "Secret Key", "VALUE1"),
            ("url=http://host/?a=b", "url", "http://host/?a=b"),
        ];
        for (line, name, value) in cases {
            let a = assignment(line.as_bytes(), 0..line.len()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((&line[a.name], &line[a.value]), (*name, *value), "{line}");
        }
        for line in
            ["", "=", "a == b", "# a sentence: of = words", "if (a = b) {", "see http://host", "word", "# ="]
        {
            assert!(assignment(line.as_bytes(), 0..line.len()).is_none(), "{line}");
        }
    }

    #[test]
    fn names_inside_values() {
        let cases: &[(&str, Option<&str>)] = &[
            ("KEY=VALUE1", Some("KEY")),
            ("KEY=prefixVALUE1", Some("KEY")),
            ("https://host/?a=b&token=VALUE1&c=d", Some("token")),
            ("Authorization: Bearer VALUE1", Some("Authorization")),
            ("--secret-key=VALUE1", Some("secret-key")),
            ("\\nexport KEY=VALUE1\\n", Some("KEY")),
            ("#!/bin/sh\\nKEY=VALUE1\\n", Some("KEY")),
            ("{\\\"secret\\\": \\\"VALUE1\\\"}", Some("secret")),
            ("a\\u0026secret=VALUE1", Some("secret")),
            ("secret = 'VALUE1'", Some("secret")),
            ("X-Api-Key: VALUE1", Some("X-Api-Key")),
            ("error: VALUE1", None),
            ("VALUE1", None),
            ("some VALUE1", None),
        ];
        for (value, name) in cases {
            let at = value.find("VALUE1").expect("a value");
            let found = inner(value.as_bytes(), &(0..value.len()), at);
            assert_eq!(found.as_ref().map(|i| &value[i.name.clone()]), *name, "{value}");
            if let Some(i) = found {
                assert!(i.value.contains(&at) && value[i.value].ends_with("VALUE1"), "{value}");
            }
        }
    }

    #[test]
    fn file_names() {
        let cases = [
            ("src/main.rs", FileKind::Code),
            ("config/prod.yml.example", FileKind::Yaml),
            ("/home/u/.env.production", FileKind::Lines),
            ("C:\\x\\.ENV", FileKind::Lines),
            ("Dockerfile.dev", FileKind::Lines),
            ("app.config", FileKind::Xml),
            ("index.html", FileKind::Page),
            ("data.json", FileKind::Json),
            ("README", FileKind::Unknown),
        ];
        for (name, kind) in cases {
            assert_eq!(file_kind(name.as_bytes()), kind, "{name}");
        }
    }

    #[test]
    fn cleaned_names() {
        assert_eq!(clean(b" \"a\\\"b\" "), "a\"b");
        assert_eq!(clean(b"\\u0041b"), "Ab");
        assert_eq!(clean(b"\\u00zz\\"), "\\u00zz\\");
        assert!(clean(&[b'x'; 1000]).len() <= NAME + 4);
        assert!(!looks_like_name(b"AKIAIOSFODNN7EXAMPLE"));
        assert!(!looks_like_name(b"3f2504e0-4f89-11d3-9a0c-0305e82c3301"));
        assert!(looks_like_name(b"AWS_SECRET_ACCESS_KEY_2"));
    }
}
