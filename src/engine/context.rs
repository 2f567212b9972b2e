//! What stands around a value: its own name, its line, the lines above and below.

use super::call;
use super::folded::Folded;
use super::runs::{is_one_of, is_token};
use crate::triage::memo::Memo;
use crate::triage::names::{self, Strength, Verdict};
use std::cell::{OnceCell, RefCell};
use std::ops::Range;

/// Bytes before and behind a value that are looked at.
pub const BEFORE: usize = 640;
/// The same behind it.
pub const AFTER: usize = 320;
/// Lines above and below that are looked at.
const LINES_ABOVE: usize = 8;
const LINES_BELOW: usize = 8;
/// Bytes of a line that are looked at on either side where the value's name says nothing.
const LINE: usize = 96;
/// Bytes before a value that its name stands in.
const NAME: usize = 160;
/// Longest name of a user before a password.
const USER: usize = 80;

/// Where a word stands as the value sees it, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// In the value's own name, or in the call or header it is an argument of.
    Own,
    /// On its line.
    Line,
    /// On one of the lines above, so many lines away.
    Above(u8),
    /// On one of the lines below.
    Below(u8),
}

/// What the value's own name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// That the value is secret.
    Secret(Strength),
    /// That it only looks so, or that it is public.
    Negated,
    /// That it is a hash, a checksum, a commit.
    Hash,
    /// Nothing that says either.
    Other,
    /// There is no name.
    None,
}

/// The surroundings of one value, folded for the search of words.
pub struct Context<'t> {
    text: &'t [u8],
    value: Range<usize>,
    from: usize,
    own: usize,
    line: usize,
    /// The value is one byte, 1.
    folded: Folded,
    /// What is called with the value; looked for when first asked for.
    called: OnceCell<Range<usize>>,
}

impl<'t> Context<'t> {
    /// The surroundings of `value`. With `is_pool` they end at the NUL bytes around its string.
    pub fn of(text: &'t [u8], value: Range<usize>, is_pool: bool) -> Self {
        let before = &text[value.start.saturating_sub(BEFORE)..value.start];
        let base = value.start - before.len();
        let newline = |n: usize| memchr::memrchr_iter(b'\n', before).nth(n).map_or(0, |at| at + 1);
        let line = newline(0);
        let floor = if is_pool { memchr::memrchr(0, before).map_or(0, |at| at + 1) } else { 0 };
        let own = own_start(before, line).max(floor);
        let name = &before[own.max(before.len().saturating_sub(NAME))..];
        let after = &text[value.end..text.len().min(value.end + AFTER)];
        // What lines above and below are about concerns only what its own name does not say.
        let (start, stop) = if may_be_named(name) || name.ends_with(b":") && ends_in_user(name) {
            (newline(LINES_ABOVE), memchr::memchr_iter(b'\n', after).nth(LINES_BELOW).unwrap_or(after.len()))
        } else {
            let stop = memchr::memchr(b'\n', after).unwrap_or(after.len());
            (own.min(line.max(before.len().saturating_sub(LINE))), stop.min(LINE))
        };
        let start = start.max(floor);
        let stop = if is_pool { stop.min(memchr::memchr(0, after).unwrap_or(after.len())) } else { stop };
        let mut folded = Folded::new();
        folded.add(text, base + start..value.start);
        // Behind the value, as if it took one byte: it may be long.
        folded.add_value();
        folded.add(text, value.end..value.end + stop);
        Context {
            text,
            from: base + start,
            own: base + own,
            line: base + line.max(start),
            folded,
            called: OnceCell::new(),
            value,
        }
    }

    /// The folded surroundings, to search in.
    pub fn folded(&self) -> &[u8] {
        self.folded.bytes()
    }

    /// Where words start in the folded surroundings.
    pub fn word_starts(&self) -> impl Iterator<Item = usize> {
        self.folded.word_starts()
    }

    /// Whether what is found at `range` of the folded surroundings is a word or several, and not a part
    /// of one. A name written together with what it is a name of counts: `bitfinexapikey`.
    pub fn is_word(&self, range: Range<usize>) -> bool {
        if !self.folded.starts(range.start) {
            return false;
        }
        let last = self.original(range.end - 1) + 1;
        self.folded.starts(range.end) || !self.text.get(last).is_some_and(u8::is_ascii_alphanumeric) || {
            let rest = &self.folded()[range.end..];
            range.len() >= 5 && TAILS.iter().any(|tail| rest.starts_with(tail))
        }
    }

    /// The text that all of it stands in.
    pub fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Where the value stands.
    pub fn range(&self) -> &Range<usize> {
        &self.value
    }

    /// The value itself.
    pub fn value(&self) -> &'t [u8] {
        &self.text[self.value.clone()]
    }

    /// Where what is found at `range` of the folded surroundings stands in the text.
    pub fn place(&self, range: &Range<usize>) -> Range<usize> {
        self.original(range.start)..self.original(range.end - 1) + 1
    }

    /// Whether what is found at `range` of the folded surroundings is all of the value's own name.
    pub fn is_own_name(&self, range: &Range<usize>) -> bool {
        let word = &self.folded()[range.clone()];
        let joins = |b: &u8| !matches!(*b, b'_' | b'-' | b' ');
        self.name().is_some_and(|name| {
            name.bytes().filter(joins).map(|b| b.to_ascii_lowercase()).eq(word.iter().copied())
        })
    }

    /// Whether the value's own name ends with what is found at `range` of the folded surroundings: `-Dsonar.login=VALUE`.
    pub fn is_end_of_name(&self, range: &Range<usize>) -> bool {
        let word = &self.folded()[range.clone()];
        let joins = |b: &u8| !matches!(*b, b'_' | b'-' | b' ');
        self.name().is_some_and(|name| {
            let name = name.bytes().rev().filter(joins).map(|b| b.to_ascii_lowercase());
            name.take(word.len()).eq(word.iter().rev().copied())
        })
    }

    /// Whether the value is handed to what is made of a service's library: `Client("VALUE")`.
    pub fn is_for_client(&self) -> bool {
        let called = self.called().as_bytes();
        [&b"client"[..], b"api", b"sdk", b"service"].iter().any(|end| {
            called.len() >= end.len() && called[called.len() - end.len()..].eq_ignore_ascii_case(end)
        })
    }

    /// Whether the value is all of an argument that is handed to the client of a service, `service` being its name as it is folded:
    /// `AcmeClient("VALUE")`, `Acme::Client.new("ID", "VALUE")`, `new \Acme\Sdk('VALUE')`.
    pub fn is_handed_to(&self, service: &[u8]) -> bool {
        !service.is_empty() && self.is_argument() && call::makes(self.called(), service)
    }

    /// The first name of what is called with the value on its line: `createClient` of `createClient("VALUE")`, `acme` of
    /// `acme.Client(key="VALUE")`.
    pub fn root(&self) -> &'t str {
        call::root(self.called())
    }

    fn original(&self, at: usize) -> usize {
        let at = self.folded.place(at) + self.from;
        if at > self.value.start { at - self.value.start - 1 + self.value.end } else { at }
    }

    /// Where the word at `at` of the folded surroundings stands, and how many bytes from the value.
    pub fn region(&self, at: usize) -> (Region, usize) {
        let at = self.original(at);
        // A command goes on behind a backslash: all of it is one line.
        let lines = |range: Range<usize>| {
            let ends = memchr::memchr_iter(b'\n', &self.text[range.clone()]);
            let ends = ends.filter(|n| !self.text[..range.start + n].ends_with(b"\\"));
            ends.count().min(usize::from(u8::MAX)) as u8
        };
        if at >= self.value.end {
            let distance = at - self.value.end;
            return match lines(self.value.end..at) {
                0 => (Region::Line, distance + 64),
                n => (Region::Below(n), distance),
            };
        }
        let distance = self.value.start - at;
        if at >= self.own {
            (Region::Own, distance)
        } else if at >= self.line {
            (Region::Line, distance)
        } else {
            match lines(at..self.value.start) {
                0 => (Region::Line, distance),
                n => (Region::Above(n), distance),
            }
        }
    }

    /// Whether the word at `at` of the folded surroundings stands behind the value.
    pub fn is_behind(&self, at: usize) -> bool {
        self.original(at) >= self.value.end
    }

    /// Whether the line that holds the word at `at` opens a block, heads a section or is a comment: then
    /// what it names is what the lines below belong to.
    pub fn is_heading(&self, at: usize) -> bool {
        let at = self.original(at);
        let start =
            memchr::memrchr(b'\n', &self.text[self.from..at]).map_or(self.from, |n| self.from + n + 1);
        let end = memchr::memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |n| at + n);
        let line = self.text[start..end.min(start + 256)].trim_ascii();
        let is_comment = [&b"#"[..], b"//", b"--", b"/*", b"*", b";", b"<!--", b"<"];
        line.ends_with(b"{")
            || line.ends_with(b":")
            || line.ends_with(b"[")
            || line.ends_with(b"(")
            || line.ends_with(b"]")
            || line.ends_with(b"|")
            || line.starts_with(b"config :")
            || is_comment.iter().any(|start| line.starts_with(start))
            // Lines are short: a searcher takes longer to be made than to search.
            || memchr::memchr_iter(b':', line).any(|at| line[at..].starts_with(b"://"))
    }

    /// The value's own name and the identifiers right before it, nearest first.
    pub fn identifiers(&self) -> impl Iterator<Item = &'t str> {
        identifiers(&self.text[self.own.max(self.value.start.saturating_sub(NAME))..self.value.start]).take(3)
    }

    /// What the value's own name says.
    pub fn key(&self) -> Key {
        if self.is_login() {
            return Key::Secret(Strength::Strong);
        }
        key_of(&self.text[self.own.max(self.value.start.saturating_sub(NAME))..self.value.start])
    }

    /// Whether a client is told to log in with the value: `curl -u "VALUE:"`, `curl -u user:VALUE`, `https://user:VALUE@host`,
    /// `https://VALUE@host`.
    fn is_login(&self) -> bool {
        let before = &self.text[self.from..self.value.start];
        let user = before_user(before);
        let is_behind = |ends: &[u8]| self.text[self.value.end..].starts_with(ends);
        let head = user.unwrap_or(before);
        // Before an `@` alone other schemes have names and public keys: `enrtree://KEY@host`, `ssh://git@host`.
        let is_web = || head.ends_with(b"http://") || head.ends_with(b"https://");
        if head.ends_with(b"://") && (is_behind(b":@") || (user.is_some() || is_web()) && is_behind(b"@")) {
            return true;
        }
        ends_in_login(head)
    }

    /// Whether the value stands in a line that sets a provider of OmniAuth up: `provider :acme, "ID", "SECRET"`.
    pub fn is_strategy(&self) -> bool {
        let line = self.text[self.line..self.value.start].trim_ascii();
        line.starts_with(b"provider :") || line.starts_with(b"config.omniauth :")
    }

    /// Whether the value is all of an argument: in quotes, behind a bracket or a comma.
    pub fn is_argument(&self) -> bool {
        let is_quote = |b: &&u8| matches!(b, b'"' | b'\'' | b'`');
        let before = &self.text[self.from..self.value.start];
        let quote = before.last().filter(is_quote);
        quote.is_some()
            && self.text.get(self.value.end) == quote
            && matches!(before[..before.len() - 1].trim_ascii_end().last(), Some(b'(' | b','))
    }

    /// Whether the word at `at` is part of what is called, on the same line, with the value among its arguments:
    /// `new Client({ token: "VALUE" })`.
    pub fn is_called(&self, at: usize) -> bool {
        self.called_range().contains(&self.original(at))
    }

    fn called_range(&self) -> Range<usize> {
        let find = || {
            let called = call::before(&self.text[self.line..self.value.start]);
            self.line + called.start..self.line + called.end
        };
        self.called.get_or_init(find).clone()
    }

    /// What is called with the value on its line.
    fn called(&self) -> &'t str {
        std::str::from_utf8(&self.text[self.called_range()]).unwrap_or_default()
    }

    /// Whether the word at `range` of the folded surroundings is part of a name that says secret, in one word or, as in
    /// prose, in several.
    pub fn names_secret(&self, range: &Range<usize>) -> bool {
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$');
        let (start, end) = (self.original(range.start), self.original(range.end - 1) + 1);
        let head = self.text[self.from..start].iter().rev().take(NAME).take_while(|b| is_part(b)).count();
        let tail = self.text[end..].iter().take(NAME).take_while(|b| is_part(b)).count();
        let says = |name: &[u8]| matches!(key_of(name), Key::Secret(_));
        if says(&self.text[start - head..end + tail]) {
            return true;
        }
        // `Service API token: VALUE`, and not `here is the token: VALUE`
        let rest = self.text.get(end + tail..self.value.start).unwrap_or_default();
        let words = rest.iter().take_while(|b| is_part(b) || **b == b' ').count();
        let is_sentence = || {
            let next = rest[1..words].split(|b| *b == b' ').next().unwrap_or_default();
            [&b"is"[..], b"are", b"the", b"a", b"an", b"to", b"your", b"our", b"my", b"this", b"with"]
                .contains(&next)
        };
        rest.starts_with(b" ") && words > 1 && !is_sentence() && says(rest[..words].trim_ascii())
    }

    /// Whether the value is set to something or handed to something, and does not stand in a sentence.
    pub fn is_assigned(&self) -> bool {
        if self.is_login() || ends_in_option(&self.text[self.from..self.value.start]) {
            return true;
        }
        let before = self.text[self.from..self.value.start].trim_ascii_end();
        let quotes = before.iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b'\\')).count();
        let before = before[..before.len() - quotes].trim_ascii_end();
        matches!(before.last(), Some(b'=' | b':' | b'(' | b',' | b'>' | b'[' | b'{' | b'|'))
    }

    /// The value's own name.
    pub fn name(&self) -> Option<&'t str> {
        self.identifiers().find(|name| !is_value(name))
    }
}

/// Whether a short option takes what follows: `upload -t "`.
fn ends_in_option(before: &[u8]) -> bool {
    let bare = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    matches!(bare, [.., b' ', b'-', letter, b' '] if letter.is_ascii_alphabetic())
}

/// Whether a client is told before the value at the end of `before` that a login follows: `curl -u "`.
fn ends_in_login(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let before =
        before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    [&b" -u"[..], b" --user", b" --user="].iter().any(|option| before.ends_with(option))
}

/// What stands before a user's name and a colon: before `user:`.
fn before_user(before: &[u8]) -> Option<&[u8]> {
    let head = before.strip_suffix(b":")?;
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'@');
    let length = head.iter().rev().take(USER).take_while(|b| is_part(b)).count();
    // Some services have no users: `curl -u ":VALUE"`.
    (length > 0 || ends_in_login(head)).then(|| &head[..head.len() - length])
}

/// Whether a login and its user stand before the value at the end of `before`: `curl -u user:`.
fn ends_in_user(before: &[u8]) -> bool {
    before_user(before).is_some_and(ends_in_login)
}

/// Whether `run` is the user of a login, before its password: `curl -u ID:VALUE`.
pub fn is_user(text: &[u8], run: &Range<usize>) -> bool {
    const OPTION: usize = 16;
    text[run.end..].starts_with(b":") && ends_in_login(&text[run.start.saturating_sub(OPTION)..run.start])
}

/// A quick look at whether a name may say that its value is secret, or an id: for the lines around it, which
/// matter only then.
pub fn may_be_named(name: &[u8]) -> bool {
    const STEMS: &[&[u8; 3]] = &[
        b"key", b"tok", b"sec", b"pas", b"pwd", b"aut", b"cre", b"api", b"pat", b"cli", b"dsn", b"cod",
        b"cer", b"sal", b"sig", b"ref", b"pri", b"log", b"web",
    ];
    let lower = |b: u8| b | 0x20;
    let is_id =
        name.iter().rev().skip_while(|b| !b.is_ascii_alphanumeric()).take(2).map(|b| lower(*b)).eq(*b"di");
    is_id
        || name.windows(3).any(|w| {
            let w = [lower(w[0]), lower(w[1]), lower(w[2])];
            STEMS.iter().any(|stem| **stem == w)
        })
}

/// What the name at the end of `own` says.
fn key_of(own: &[u8]) -> Key {
    thread_local! {
        static KEYS: RefCell<Memo<Key>> = const { RefCell::new(Memo::EMPTY) };
    }
    let mut nearest = Key::None;
    for name in identifiers(own).take(3) {
        match Memo::of(&KEYS, name, || key_of_name(name)) {
            says @ (Key::Hash | Key::Secret(_)) => return says,
            says if nearest == Key::None => nearest = says,
            _ => {}
        }
    }
    nearest
}

/// What one name says.
pub fn key_of_name(name: &str) -> Key {
    let is_key = names::ends_in_any(name, 1, &["key", "token", "secret", "password", "passphrase"]);
    if !is_key && crate::triage::names_look_alike(name) {
        return Key::Hash;
    }
    match names::judge(name) {
        Verdict::Secret(strength) => Key::Secret(strength),
        // A personal access token.
        _ if names::ends_in_any(name, 1, &["pat"]) || name.eq_ignore_ascii_case("authorization") => {
            Key::Secret(Strength::Weak)
        }
        Verdict::Negated => Key::Negated,
        Verdict::Unknown => Key::Other,
    }
}

/// What a name may be followed by when it is written together with it.
const TAILS: &[&[u8]] = &[
    b"api", b"key", b"token", b"secret", b"access", b"client", b"auth", b"pass", b"app", b"cred", b"id",
    b"pwd", b"private", b"public", b"user", b"account", b"config",
];

/// Words between a name and its value that name nothing.
fn is_filler(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "value",
        "val",
        "string",
        "str",
        "bearer",
        "basic",
        "default",
        "const",
        "let",
        "var",
        "final",
        "static",
        "public",
        "private",
        "char",
        "byte",
        "bytes",
        "text",
        "content",
        "export",
        "readonly",
        "new",
        "return",
        "securestring",
    ];
    name.len() == 1 || WORDS.iter().any(|w| name.eq_ignore_ascii_case(w))
}

/// Where the name of the value behind `before` starts: behind what ends the value before it.
fn own_start(before: &[u8], line: usize) -> usize {
    let ends =
        |b: &u8| matches!(b, b'\n' | b'\r' | b',' | b';' | b'{' | b'}' | b'&' | b'?' | b'(' | b'[' | 0);
    let mut to = before.len();
    // An argument without a name of its own is named by the one before it, or by the call; a `value` by the
    // name on the line above it.
    for _ in 0..4 {
        let start = before[..to].iter().rposition(ends).map_or(0, |at| at + 1);
        let segment = &before[start..to];
        if start == 0 || identifiers(segment).any(|name| !is_value(name)) {
            return start;
        }
        to = start - 1;
        let goes_on = || {
            let above = before[..to].trim_ascii_end();
            matches!(above.last(), Some(b':' | b'=' | b'(' | b',' | b'>' | b'\\' | b'{'))
                || segment.iter().any(u8::is_ascii_alphabetic)
        };
        if before[to] == b'\n' && start <= line && !goes_on() {
            return start;
        }
    }
    to
}

/// Whether what stands where a name does is another value, and names nothing: `Service.init("ID", "SECRET")`.
fn is_value(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.len() >= 16 && digits >= 4 && digits * 6 >= name.len()
}

/// The identifiers of `text`, the last first, without words that name nothing.
fn identifiers(text: &[u8]) -> impl Iterator<Item = &str> {
    let is_part =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$') || !b.is_ascii();
    text.rsplit(move |b| !is_part(b))
        .filter_map(|name| std::str::from_utf8(name).ok())
        .map(|name| name.trim_matches(['-', '.', '$']))
        .filter(|name| name.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii()) && !is_filler(name))
}

/// What joins the parts of one value.
static IS_JOINER: [bool; 256] = is_one_of(b".:~|$!@#,*");

/// The value that the run belongs to: with the parts that `.`, `:`, `~` and the like join to it.
pub fn joined(text: &[u8], run: &Range<usize>) -> Range<usize> {
    const REACH: usize = 1024;
    let is_joiner = |b: u8| IS_JOINER[usize::from(b)];
    let mut start = run.start;
    let floor = run.start.saturating_sub(REACH);
    while start > floor + 1
        && (is_token(text[start - 1]) || is_joiner(text[start - 1]) && is_token(text[start - 2]))
    {
        start -= 1;
    }
    let mut end = run.end;
    // What goes on for so long before it is a list, and nobody's value: that it goes on behind it is all there is to know.
    let is_list = run.start - start + 1 >= REACH;
    let ceiling = text.len().min(run.end + if is_list { 1 } else { 4 * REACH });
    while end < ceiling {
        let rest = &text[end..];
        let joint = match rest {
            [b, ..] if is_token(*b) => 1,
            [b, next, ..] if is_joiner(*b) && is_token(*next) => 1,
            // Padding in the middle: base64, a colon, and more.
            [b'=', b':', next, ..] if is_token(*next) => 2,
            [b'=', b'=', b':', next, ..] if is_token(*next) => 3,
            _ => break,
        };
        end += joint;
    }
    start..end
}
