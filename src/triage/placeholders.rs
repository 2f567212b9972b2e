//! Placeholders: is a value a documented example or a template instead of a secret?
//!
//! Values are data (`patterns/data/placeholders.tsv`, README beside it); what cannot be said as a
//! text or an expression is a rule, and each rule of the table is a function here. A value is first
//! compared as a whole, then by its form, then by the words in it, then once more decoded.
//!
//! Random secrets hold short words by chance: `todo` stands in one of 30,000 values of 40 base64
//! characters when case is ignored. So a word counts only where it is written as a word: in one
//! case, with a border, or as a third of the value. Of a million random values of each of six kinds
//! six were refused, five of 16 base32 characters (`a_million_random_values_of_each`, measured with
//! [`kind`] and [`token_kind`] together).

use super::checksum::base64_decode;
use super::names;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// What a value is that is no secret of its own. Each carries the kind of the table's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// Published by a provider, a standard or a project: `AKIAIOSFODNN7EXAMPLE`.
    Documented(&'static str),
    /// To be replaced by something else when it runs: `${DB_PASSWORD}`, `<your key>`.
    Template(&'static str),
    /// Made up to fill the place: `xxxx`, `changeme`, `0123456789abcdef`.
    Dummy(&'static str),
    /// It works and everyone knows it: `minioadmin`. To be reported as that, never dropped.
    KnownDefault(&'static str),
    /// A secret, but encrypted.
    Encrypted(&'static str),
    /// Names a secret in a store: `op://vault/item/field`.
    Reference(&'static str),
}

impl Placeholder {
    /// The kind of the row that it is known by: `AWS documentation`, `default password`, `mask`.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Documented(detail)
            | Self::Template(detail)
            | Self::Dummy(detail)
            | Self::KnownDefault(detail)
            | Self::Encrypted(detail)
            | Self::Reference(detail) => detail,
        }
    }

    fn of(kind: &'static str) -> Placeholder {
        match kind {
            "word"
            | "phrase"
            | "phrase other languages"
            | "repetition"
            | "mask"
            | "sequence"
            | "entropy"
            | "words"
            | "encoded" => Self::Dummy(kind),
            "default password"
            | "framework default"
            | "user:password"
            | "hash of a known word"
            | "Vagrant insecure key" => Self::KnownDefault(kind),
            "template" | "code" | "interpolation" | "shell variable" | "constant name" | "dotted name" => {
                Self::Template(kind)
            }
            "encrypted" => Self::Encrypted(kind),
            "reference" => Self::Reference(kind),
            _ => Self::Documented(kind),
        }
    }
}

/// Longer values are judged by this much of their start, and have no form.
const LONGEST: usize = 4096;
/// In longer values a word of four letters is chance.
const LONGEST_SHORT: usize = 32;
/// In longer values a word proves nothing about the whole.
const LONGEST_PROSE: usize = 512;

/// What the whole value of a key, a password or the like is. Quotes and blanks around it are
/// ignored.
pub fn kind(value: &[u8]) -> Option<Placeholder> {
    let value = trim(value);
    let facts = Facts::of(value);
    plain(value, &facts).or_else(|| encoded(value, &facts))
}

/// What `value` is, a token whose first `prefix_len` bytes are a fixed prefix (`sk_test_` says
/// nothing about the body).
pub fn token_kind(value: &[u8], prefix_len: usize) -> Option<Placeholder> {
    let table = table();
    let body = value.get(prefix_len..).unwrap_or_default();
    let facts = Facts::of(body);
    table
        .exact(value)
        .or_else(|| table.affix(value))
        .or_else(|| table.exact(body))
        .or_else(|| table.rule(body, &facts))
        .or_else(|| table.phrase(body))
        .or_else(|| encoded(body, &facts))
}

/// What the text is that `value` encodes.
fn encoded(value: &[u8], facts: &Facts) -> Option<Placeholder> {
    let text = decoded(value, facts)?;
    let text = trim(&text);
    plain(text, &Facts::of(text))
}

fn plain(value: &[u8], facts: &Facts) -> Option<Placeholder> {
    let table = table();
    table
        .exact(value)
        .or_else(|| table.affix(value))
        .or_else(|| table.shape(value, facts))
        .or_else(|| table.rule(value, facts))
        .or_else(|| table.host(value))
        .or_else(|| table.phrase(value))
}

fn trim(value: &[u8]) -> &[u8] {
    let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`');
    let from = value.iter().position(|b| !blank(b)).unwrap_or(value.len());
    let to = value.iter().rposition(|b| !blank(b)).map_or(from, |i| i + 1);
    &value[from..to]
}

/// What one look over a value tells.
#[derive(Default)]
struct Facts {
    len: usize,
    distinct: u32,
    digits: usize,
    lower: usize,
    /// Bytes outside base64 and base64url: only values with some have a form.
    special: bool,
    underscore: bool,
    /// All are hexadecimal digits.
    hex: bool,
    /// Longest stretch of one byte.
    stretch: usize,
}

impl Facts {
    fn of(value: &[u8]) -> Facts {
        let value = &value[..value.len().min(LONGEST)];
        let mut facts = Facts { len: value.len(), ..Facts::default() };
        let mut seen = [0u64; 4];
        let mut classes = 0u8;
        let mut missing = 0u8;
        let (mut last, mut stretch) = (None, 0);
        // By table: random digits and letters defeat the prediction of branches (0.6 µs of 64).
        for &b in value {
            let class = CLASS[usize::from(b)];
            classes |= class;
            missing |= !class;
            facts.digits += usize::from(class & DIGIT);
            facts.lower += usize::from(class & LOWER != 0);
            seen[usize::from(b >> 6)] |= 1 << (b & 63);
            stretch = if last == Some(b) { stretch + 1 } else { 1 };
            facts.stretch = facts.stretch.max(stretch);
            last = Some(b);
        }
        facts.special = classes & SPECIAL != 0;
        facts.underscore = classes & UNDERSCORE != 0;
        facts.hex = missing & HEX == 0;
        facts.distinct = seen.iter().map(|bits| bits.count_ones()).sum();
        facts
    }
}

const DIGIT: u8 = 1;
const LOWER: u8 = 2;
const HEX: u8 = 4;
const UNDERSCORE: u8 = 8;
const SPECIAL: u8 = 16;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = match b {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' | b'+' | b'/' | b'=' | b'-' => 0,
            b'_' => UNDERSCORE,
            _ => SPECIAL,
        };
        if b.is_ascii_hexdigit() {
            table[i] |= HEX;
        }
        i += 1;
    }
    table
};

struct Exact {
    value: Vec<u8>,
    any_case: bool,
    kind: Placeholder,
}

struct Phrase {
    text: &'static str,
    kind: Placeholder,
    any_case: bool,
    /// Digits, hexadecimal words, rows of keys: chance or habit, unless they are most of the value.
    filler: bool,
}

type Rule = fn(&[u8], &Facts) -> bool;

/// The functions of the table's `rule` rows, in the order they are asked.
const RULES: &[(&str, Rule)] = &[
    ("one character repeated", one_character),
    ("a short group repeated", short_group),
    ("UUID of one digit", uuid_of_one_digit),
    ("only mask characters", only_mask),
    ("cut in the middle", cut_in_the_middle),
    ("distinct characters < 5 in 16+", few_distinct),
    ("ascending or descending run", sequence),
    ("dictionary words joined", joined_words),
];

struct Table {
    /// By value in lower case.
    exact: HashMap<Vec<u8>, Vec<Exact>>,
    longest_exact: usize,
    prefixes: Vec<Exact>,
    suffixes: Vec<Exact>,
    finder: AhoCorasick,
    phrases: Vec<Phrase>,
    /// Row of each text the finder knows.
    phrase_of: Vec<usize>,
    hosts: Vec<(&'static str, Placeholder)>,
    rules: Vec<(Rule, Placeholder)>,
    shapes: Vec<(String, Placeholder)>,
    regex: OnceLock<Regex>,
}

const DATA: &str = include_str!("../../patterns/data/placeholders.tsv");

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(DATA))
}

/// Value, match, whether in any case, kind of a row.
fn columns(line: &'static str) -> Option<(&'static str, &'static str, bool, &'static str)> {
    let mut columns = line.split('\t');
    let [value, how, case, kind] = std::array::from_fn(|_| columns.next());
    Some((value?, how?, case? == "i", kind?))
}

impl Table {
    fn read(data: &'static str) -> Table {
        let mut table = Table {
            exact: HashMap::with_capacity(600),
            longest_exact: 0,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            finder: AhoCorasick::new([""; 0]).expect("no texts are within the automaton's limits"),
            phrases: Vec::new(),
            phrase_of: Vec::new(),
            hosts: Vec::new(),
            rules: Vec::new(),
            shapes: Vec::new(),
            regex: OnceLock::new(),
        };
        let mut texts: Vec<String> = Vec::new();
        let mut rules = Vec::new();
        for (value, how, any_case, kind_name) in data.lines().skip(1).filter_map(columns) {
            let kind = Placeholder::of(kind_name);
            let exact = |text: &str| Exact { value: text.as_bytes().to_vec(), any_case, kind };
            match how {
                "exact" => table.add_exact(exact(value)),
                // Apart in the file so that no scanner stops it.
                "exact-joined" => table.add_exact(exact(&value.split(" + ").collect::<String>())),
                "prefix" => table.prefixes.push(exact(value)),
                "suffix" => table.suffixes.push(exact(value)),
                "contains" if kind_name == "host" => table.hosts.push((value, kind)),
                // A real password of a development system: the caller weighs the host.
                "contains" if kind_name == "local host" => {}
                "contains" => {
                    let row = table.phrases.len();
                    table.phrases.push(Phrase { text: value, kind, any_case, filler: is_filler(value) });
                    texts.push(value.to_owned());
                    if any_case && !value.is_ascii() {
                        // The automaton folds ASCII only.
                        texts.extend([value.to_uppercase(), capitalised(value)]);
                    }
                    table.phrase_of.resize(texts.len(), row);
                }
                "shape" => table.shapes.push((shape_source(value, any_case), kind)),
                "rule" => rules.push((value, kind)),
                _ => {}
            }
        }
        // What is more than a template comes first: the first expression that fits decides.
        table.shapes.sort_by_key(|(_, kind)| matches!(kind, Placeholder::Template(_)));
        let kind_of = |name: &str| rules.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind);
        table.rules = RULES.iter().filter_map(|(name, holds)| Some((*holds, kind_of(name)?))).collect();
        table.finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .expect("a few hundred short texts are within the automaton's limits");
        table
    }

    fn add_exact(&mut self, row: Exact) {
        self.longest_exact = self.longest_exact.max(row.value.len());
        self.exact.entry(row.value.to_ascii_lowercase()).or_default().push(row);
    }

    fn exact(&self, value: &[u8]) -> Option<Placeholder> {
        let mut buffer = [0u8; 320];
        let find = |text: &[u8], buffer: &mut [u8; 320]| {
            let lower = buffer.get_mut(..text.len()).filter(|_| text.len() <= self.longest_exact)?;
            lower.copy_from_slice(text);
            lower.make_ascii_lowercase();
            let rows = self.exact.get(&*lower)?;
            rows.iter().find(|row| row.any_case || row.value == text).map(|row| row.kind)
        };
        find(value, &mut buffer).or_else(|| {
            // Keys of chains are written as numbers, webhooks as addresses.
            let bare =
                [&b"0x"[..], b"https://", b"http://"].into_iter().find_map(|p| value.strip_prefix(p))?;
            find(bare, &mut buffer)
        })
    }

    fn affix(&self, value: &[u8]) -> Option<Placeholder> {
        let fits = |row: &Exact, part: Option<&[u8]>| {
            part.is_some_and(|p| p == row.value || row.any_case && p.eq_ignore_ascii_case(&row.value))
        };
        let end = |row: &Exact| value.len().checked_sub(row.value.len()).and_then(|at| value.get(at..));
        let suffix = self.suffixes.iter().find(|row| fits(row, end(row)));
        let prefix = || self.prefixes.iter().find(|row| fits(row, value.get(..row.value.len())));
        suffix.or_else(prefix).map(|row| row.kind)
    }

    fn rule(&self, value: &[u8], facts: &Facts) -> Option<Placeholder> {
        let value = &value[..facts.len];
        self.rules.iter().find(|(holds, _)| holds(value, facts)).map(|(_, kind)| *kind)
    }

    fn shape(&self, value: &[u8], facts: &Facts) -> Option<Placeholder> {
        // Every form has a byte outside base64, save the names of variables and long ciphertexts.
        let name = facts.underscore && facts.lower == 0;
        let path =
            || value.starts_with(b"projects/") || value.starts_with(b"Ag") && value.len() > LONGEST_PROSE;
        let marked = || value.starts_with(b"__") || value.starts_with(b"LSIA") || value.starts_with(b"LKIA");
        if value.len() > LONGEST || !(facts.special || name || path() || marked()) {
            return None;
        }
        let regex = self.regex.get_or_init(|| {
            let syntax = syntax::Config::new().utf8(false).unicode(false).dot_matches_new_line(true);
            let sources: Vec<_> = self.shapes.iter().map(|(source, _)| source.as_str()).collect();
            Regex::builder()
                .syntax(syntax)
                .configure(Regex::config().utf8_empty(false))
                .build_many(&sources)
                .expect("the built-in table's expressions compile, a test says")
        });
        let hit = regex.search(&Input::new(value).anchored(Anchored::Yes))?;
        let kind = self.shapes.get(hit.pattern().as_usize())?.1;
        match kind {
            Placeholder::Template("interpolation") => interpolation(value, kind),
            Placeholder::Template("shell variable") => is_variable(value).then_some(kind),
            Placeholder::Template("constant name") => is_constant_name(value, facts).then_some(kind),
            Placeholder::Template("dotted name") => is_dotted_name(value).then_some(kind),
            kind => Some(kind),
        }
    }

    fn phrase(&self, value: &[u8]) -> Option<Placeholder> {
        let value = &value[..value.len().min(LONGEST)];
        self.finder.find_overlapping_iter(value).find_map(|hit| {
            let row = &self.phrases[self.phrase_of[hit.pattern().as_usize()]];
            row.counts(value, hit.range()).then_some(row.kind)
        })
    }

    fn host(&self, value: &[u8]) -> Option<Placeholder> {
        let from = memchr::memmem::find(&value[..value.len().min(LONGEST)], b"://")? + 3;
        let rest = &value[from..];
        let to = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
        let host = &rest[..to];
        let host = host.iter().rposition(|&b| b == b'@').map_or(host, |at| &host[at + 1..]);
        let port = host.iter().rposition(|&b| b == b':');
        let host =
            port.filter(|&at| host[at + 1..].iter().all(u8::is_ascii_digit)).map_or(host, |at| &host[..at]);
        let host = String::from_utf8_lossy(host).to_ascii_lowercase();
        let fits = |row: &str| {
            if row.ends_with(['.', ':']) {
                host.trim_start_matches('[').starts_with(row)
            } else if row.contains('.') {
                let domain = row.trim_start_matches('.');
                host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            } else {
                host.contains(row)
            }
        };
        self.hosts.iter().find(|(row, _)| fits(row)).map(|(_, kind)| *kind)
    }
}

/// An expression for whole values.
fn shape_source(source: &str, any_case: bool) -> String {
    let flag = if any_case { "i" } else { "-i" };
    format!(r"\A(?{flag}:{source})\z")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Whether a phrase is made of digits, hexadecimal letters or neighbours on a keyboard.
fn is_filler(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        || text.bytes().all(|b| b.is_ascii_hexdigit())
        || text.bytes().all(|b| b == b'x')
        || ["qwertyuiop", "asdfghjkl", "zxcvbnm"].iter().any(|row| row.contains(text))
}

impl Phrase {
    /// Whether the phrase found at `at` says something about the whole value.
    fn counts(&self, value: &[u8], at: Range<usize>) -> bool {
        let found = &value[at.clone()];
        if !self.any_case {
            // A text of a document, not a word; the automaton folds case.
            return found == self.text.as_bytes();
        }
        if !self.text.is_ascii() {
            return value.len() <= LONGEST_PROSE;
        }
        let share = found.len() * 3 >= value.len();
        if self.filler {
            return share;
        }
        let letters = found.iter().filter(|b| b.is_ascii_alphabetic()).count();
        if letters < 8 && !one_case(found) {
            return false;
        }
        let before = at.start.checked_sub(1).map(|i| value[i]);
        let after = value.get(at.end).copied();
        if letters <= 4 && found.iter().all(u8::is_ascii_alphabetic) {
            // `+` and `/` are characters of base64.
            let border = |b: Option<u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && !b"+/".contains(&b));
            return value.len() <= LONGEST_SHORT && border(before) && border(after);
        }
        let [first, .., last] = *found else { return false };
        let starts = border(before, first);
        let ends = border(Some(last), after.unwrap_or(b' '));
        if value.len() > LONGEST_PROSE {
            return starts && ends && letters >= 8;
        }
        match found {
            [b'_' | b'-', ..] => ends,
            [.., b'_' | b'-'] => starts,
            _ => share || starts || ends,
        }
    }
}

/// Whether a word ends between `a` and `b`: at the value's end, at a joiner, between letter and
/// digit, between lower and upper case.
fn border(a: Option<u8>, b: u8) -> bool {
    let Some(a) = a else { return true };
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    kind(a) == 3 || kind(b) == 3 || kind(a) != kind(b)
}

/// Lower case, upper case, or only the first letter upper.
fn one_case(text: &[u8]) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    !text.iter().any(u8::is_ascii_lowercase) || !rest.iter().any(u8::is_ascii_uppercase)
}

// Rules.

fn one_character(_: &[u8], facts: &Facts) -> bool {
    facts.len >= 6 && facts.distinct == 1 || facts.stretch >= 8 && facts.stretch * 2 >= facts.len
}

fn short_group(value: &[u8], facts: &Facts) -> bool {
    // A period repeats every character: few different ones for the length.
    let repeats =
        |period: usize| value.len() >= 4 * period && value[period..] == value[..value.len() - period];
    facts.len >= 8 && facts.distinct <= 16 && (1..=16).any(repeats)
}

fn uuid_of_one_digit(value: &[u8], facts: &Facts) -> bool {
    facts.len == 36
        && facts.distinct == 2
        && value.iter().enumerate().all(|(i, &b)| (b == b'-') == matches!(i, 8 | 13 | 18 | 23))
}

/// Lengths of the mask character that `rest` starts with; 0 = none.
fn mask_len(rest: &[u8]) -> usize {
    match rest {
        [b'x' | b'X' | b'*' | b'.' | b'#' | b'_' | b'-', ..] => 1,
        _ if [&b"\xe2\x80\xa2"[..], b"\xe2\x97\x8f", b"\xe2\x80\xa6"]
            .iter()
            .any(|dot| rest.starts_with(dot)) =>
        {
            3
        }
        _ => 0,
    }
}

fn only_mask(value: &[u8], facts: &Facts) -> bool {
    if facts.len < 3 || facts.distinct > 12 {
        return false;
    }
    let (mut rest, mut times) = (value, 0);
    while !rest.is_empty() {
        match mask_len(rest) {
            0 => return false,
            n => rest = &rest[n..],
        }
        times += 1;
    }
    times >= 3
}

fn cut_in_the_middle(value: &[u8], facts: &Facts) -> bool {
    // A stretch of one byte, or the byte of `•` and `…`, which random values do not hold.
    if facts.stretch < 3 && !facts.special {
        return false;
    }
    (0..value.len().min(9)).any(|at| {
        let rest = &value[at..];
        let mask = match rest[0] {
            0xe2 => &rest[..mask_len(rest)],
            _ => &rest[..mask_len(rest).min(1)],
        };
        if mask.is_empty() || mask == b"#" || mask == b"_" || mask == b"-" {
            return false;
        }
        let times = rest.chunks(mask.len()).take_while(|c| *c == mask).count();
        let least = match mask {
            b"x" | b"X" => 6,
            b"\xe2\x80\xa6" => 1,
            _ => 3,
        };
        times >= least && rest.len() - times * mask.len() <= 6
    })
}

fn few_distinct(_: &[u8], facts: &Facts) -> bool {
    facts.len >= 16 && facts.distinct < 5
}

/// Orders that people type along.
const ORDERS: [&[u8]; 8] = [
    b"0123456789abcdefghijklmnopqrstuvwxyz0123456789",
    b"abcdef0123456789",
    b"zabcdefa",
    b"90",
    b"qwertyuiopasdfghjklzxcvbnm",
    b"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    b"1q2w3e4r5t6y7u8i9o0p",
    b"qazwsxedcrfvtgbyhnujmikolp",
];

/// For each character, as 0 to 35 (36 = other), the characters that follow it: a bit each.
fn followers() -> &'static [u64; 37] {
    static FOLLOWERS: OnceLock<[u64; 37]> = OnceLock::new();
    FOLLOWERS.get_or_init(|| {
        let mut followers = [0; 37];
        for pair in ORDERS.iter().flat_map(|order| order.windows(2)) {
            followers[usize::from(code(pair[0]))] |= 1 << code(pair[1]);
        }
        followers
    })
}

fn code(b: u8) -> u8 {
    CODE[usize::from(b)]
}

static CODE: [u8; 256] = {
    let mut table = [36; 256];
    let mut i = 0;
    while i < 36 {
        let b = if i < 10 { b'0' + i as u8 } else { b'a' + i as u8 - 10 };
        table[b as usize] = i as u8;
        table[b.to_ascii_uppercase() as usize] = i as u8;
        i += 1;
    }
    table
};

fn sequence(value: &[u8], facts: &Facts) -> bool {
    if facts.len < 6 {
        return false;
    }
    let followers = followers();
    let follows = |a: u8, b: u8| usize::from(followers[usize::from(a)] >> b & 1 == 1);
    // The next letter or digit only: with all orders, chance would do.
    let next = |a: u8, b: u8| usize::from(a < 36 && b < 36 && b == a + 1);
    // Up and down, one apart and (interleaved, 1a2b3c4d) two apart.
    let mut steps = [[0; 2]; 2];
    let (mut before, mut last) = (36, 36);
    for &b in value {
        let b = code(b);
        steps[0][0] += follows(last, b);
        steps[0][1] += follows(b, last);
        steps[1][0] += next(before, b);
        steps[1][1] += next(b, before);
        (before, last) = (last, b);
    }
    let most = |apart: usize| steps[apart - 1].iter().any(|n| n * 3 > 2 * (facts.len - apart));
    most(1) || facts.len >= 8 && most(2)
}

/// Words that placeholders are made of. Deliberately few: a passphrase of dictionary words is a
/// secret.
const WORDS: &str = "a access account acme add admin aes an and any api app application are as at auth aws backend bar baz be \
    bearer bot by change client cookie database db default demo dev development do docker dont dummy encryption enter \
    env example fake file fill foo for from github gitlab google has here hmac id in insert into is it jwt key keys like \
    local long me more my name need new no not of on or our own paste pass password phrase placeholder please private \
    prod production project public put random real really replace root sample secret secrets secure service session set \
    sign signing slack so some something string stripe super test testing text that the this to token tokens use user \
    username value very was webhook with word write you your";

fn is_common(word: &str) -> bool {
    static COMMON: OnceLock<std::collections::HashSet<&'static str>> = OnceLock::new();
    COMMON.get_or_init(|| WORDS.split_ascii_whitespace().collect()).contains(word)
}

fn joined_words(value: &[u8], facts: &Facts) -> bool {
    if facts.digits > 0 || !(6..=128).contains(&facts.len) {
        return false;
    }
    let joined = |b: &u8| b.is_ascii_alphabetic() || b"_-. /:!?,".contains(b);
    let Some(text) = std::str::from_utf8(value).ok().filter(|_| value.iter().all(joined)) else {
        return false;
    };
    let words = names::words(text);
    let common = words.iter().filter(|w| is_common(w)).count();
    if common == words.len() {
        // Two words are a placeholder when they are the name of a secret: `client_secret`.
        return words.len() >= 3 || words.len() == 2 && names::judge(text) != names::Verdict::Unknown;
    }
    let camel =
        value.iter().all(u8::is_ascii_alphabetic) && words.iter().all(|w| (3..=16).contains(&w.len()));
    let vowel = |w: &String| w.bytes().any(|b| b"aeiouy".contains(&b));
    camel && words.len() >= 3 && common >= 1 && words.iter().all(vowel)
}

/// The text that `value` is in base64, hexadecimal or with `%` escapes: one level, text only.
fn decoded(value: &[u8], facts: &Facts) -> Option<Vec<u8>> {
    let text = |bytes: &[u8]| bytes.iter().all(|&b| matches!(b, 0x20..0x7f | b'\n' | b'\r' | b'\t'));
    if value.len() < 6 || value.len() > LONGEST {
        return None;
    }
    if facts.hex && value.len().is_multiple_of(2) {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
        let byte = |pair: &[u8]| digit(pair[0]) << 4 | digit(pair[1]);
        let mut bytes = value.chunks_exact(2).map(byte);
        return bytes.clone().all(|b| text(&[b])).then(|| bytes.by_ref().collect());
    }
    let padding = value.iter().rev().take_while(|&&b| b == b'=').count();
    let digits = &value[..value.len() - padding];
    // Random bytes are seldom text: nine tell most of them apart.
    if padding <= 2
        && digits.len() % 4 != 1
        && text(&base64_decode(&digits[..digits.len().min(12)]))
        && digits.iter().all(|&b| super::checksum::base64_value(b).is_some())
    {
        let bytes = base64_decode(digits);
        return (bytes.len() >= 4 && text(&bytes)).then_some(bytes);
    }
    if value.contains(&b'%') {
        return percent_decoded(value);
    }
    None
}

fn percent_decoded(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut any = false;
    while let [first, tail @ ..] = rest {
        let hex = |b: &u8| char::from(*b).to_digit(16);
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) if hex(a).is_some() && hex(b).is_some() => {
                out.push((hex(a)? << 4 | hex(b)?) as u8);
                any = true;
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    any.then_some(out)
}

// Forms that need a second look.

/// `${NAME}`; of `${NAME:-default}` the default is the value.
fn interpolation(value: &[u8], kind: Placeholder) -> Option<Placeholder> {
    let inside = value.get(2..value.len().saturating_sub(1)).unwrap_or_default();
    let name =
        inside.iter().position(|b| !b.is_ascii_alphanumeric() && !b"_.".contains(b)).unwrap_or(inside.len());
    let default = match &inside[name..] {
        [b':', b'-' | b'=', rest @ ..] => rest,
        // `${env:NAME}` and the like: where it comes from, not a default.
        [b':', ..] if SOURCES.contains(&&inside[..name]) => {
            return Some(Placeholder::Reference("interpolation"));
        }
        [b':', b'?' | b'+', ..] => return Some(kind),
        [b':' | b'-', rest @ ..] => rest,
        _ => return Some(kind),
    };
    let default = trim(default);
    if default.is_empty() { Some(kind) } else { plain(default, &Facts::of(default)) }
}

const SOURCES: &[&[u8]] = &[
    b"env",
    b"ENV",
    b"ssm",
    b"sm",
    b"secretsmanager",
    b"secret",
    b"secrets",
    b"vault",
    b"file",
    b"self",
    b"opt",
    b"cf",
    b"param",
    b"sys",
    b"aws",
    b"s3",
    b"var",
    b"sts",
    b"lookup",
    b"keyvault",
    b"akv",
    b"gcp",
    b"k8s",
];

/// `$DB_PASSWORD`, `$apiKey`; not `$ecret123`.
fn is_variable(value: &[u8]) -> bool {
    let name = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
    name.contains('_') || names::judge(&name) != names::Verdict::Unknown || is_common(&name)
}

/// `DATABASE_PASSWORD`, not `X7KQ_93FZ`: words, few digits.
fn is_constant_name(value: &[u8], facts: &Facts) -> bool {
    let vowels = value.iter().filter(|b| b"AEIOUY".contains(b)).count();
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let mixed = value.split(|&b| b == b'_').filter(|part| {
        let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
        digits > 2 && digits < part.len()
    });
    facts.digits * 4 <= facts.len && vowels * 6 >= letters && mixed.count() == 0
}

/// `user.password`, `config.getToken()`; not a token with dots in it.
fn is_dotted_name(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let (path, call) = text.split_once('(').map_or((text, false), |(path, _)| (path, true));
    let parts: Vec<_> = path.split('.').collect();
    let word = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.len() <= 32 && digits <= 2 && names::words(part).len() <= 6
    };
    if !parts.iter().all(word) {
        return false;
    }
    let last = parts.last().copied().unwrap_or_default();
    let object = [
        "self", "this", "props", "state", "req", "request", "res", "ctx", "context", "args", "opts",
        "options",
    ];
    call || names::judge(last) != names::Verdict::Unknown || object.contains(&parts[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use Placeholder::{Documented, Dummy, Encrypted, KnownDefault, Reference, Template};

    /// The rule that [`decoded`] is.
    const DECODE_RULE: &str = "base64 of a placeholder";

    const PLACEHOLDERS: &[(&str, Placeholder)] = &[
        ("AKIAIOSFODNN7EXAMPLE", Documented("AWS documentation")),
        ("AKIAI44QH8DHBEXAMPLE", Documented("AWS documentation")),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Documented("AWS documentation")),
        ("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", Documented("AWS documentation")),
        ("AIDACKCEVSQ6C2EXAMPLE", Documented("documentation")),
        ("AQoDYXdzEPT//////////wEXAMPLETOKEN", Documented("documentation")),
        ("AKIAEXAMPLE123456789", Dummy("phrase")),
        ("LSIAQAAAAAAVNCBMPNSG", Documented("documentation")),
        ("123456789012", Documented("AWS documentation")),
        ("550e8400-e29b-41d4-a716-446655440000", Documented("UUID of documentation")),
        ("2B7E151628AED2A6ABF7158809CF4F3C", Documented("FIPS 197 / NIST SP 800-38A")),
        ("JBSWY3DPEHPK3PXP", Documented("RFC 4226 / 6238")),
        ("test test test test test test test test test test test junk", Documented("mnemonic")),
        ("d41d8cd98f00b204e9800998ecf8427e", Documented("constant")),
        ("5f4dcc3b5aa765d61d8327deb882cf99", KnownDefault("hash of a known word")),
        ("postgres://app:pR0dP4ss@db.example.com:5432/app", Documented("host")),
        ("https://u:s3cr9@203.0.113.7/x", Documented("host")),
        ("password", Dummy("word")),
        ("'changeit'", KnownDefault("default password")),
        ("minioadmin", KnownDefault("default password")),
        ("P@ssw0rd", KnownDefault("default password")),
        ("admin:admin", KnownDefault("user:password")),
        ("ThisTokenIsNotSoSecretChangeIt", KnownDefault("framework default")),
        ("<YourStrong@Passw0rd>", KnownDefault("framework default")),
        ("django-insecure-k3f8z!q0", KnownDefault("framework default")),
        ("${DB_PASSWORD}", Template("interpolation")),
        ("${DB_PASSWORD:-}", Template("interpolation")),
        ("${DB_PASSWORD:-changeit}", KnownDefault("default password")),
        ("${env:TOKEN}", Reference("interpolation")),
        ("${{ secrets.TOKEN }}", Template("template")),
        ("$(cat /run/secrets/db)", Template("template")),
        ("$DB_PASSWORD", Template("shell variable")),
        ("$apiKey", Template("shell variable")),
        ("%DB_PASS%", Template("template")),
        ("{{ .Values.password }}", Template("template")),
        ("<%= ENV['KEY'] %>", Template("template")),
        ("<your-api-key>", Template("template")),
        ("[YOUR KEY]", Template("template")),
        ("{apiKey}", Template("template")),
        ("#{secret}", Template("template")),
        ("@DB_PASSWORD@", Template("template")),
        ("__API_KEY__", Template("template")),
        ("!Ref DbPassword", Template("template")),
        ("process.env.SECRET", Template("code")),
        ("os.environ['X']", Template("code")),
        ("user.password", Template("dotted name")),
        ("config2.getToken()", Template("dotted name")),
        ("DATABASE_PASSWORD", Template("constant name")),
        ("{{resolve:ssm-secure:/db/pw:1}}", Reference("reference")),
        ("op://vault/item/password", Reference("reference")),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db", Reference("reference")),
        ("projects/p1/secrets/db-pw/versions/latest", Reference("reference")),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/x)", Reference("reference")),
        ("ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]", Encrypted("encrypted")),
        ("ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)", Encrypted("encrypted")),
        ("$ANSIBLE_VAULT;1.1;AES256\n6638643", Encrypted("encrypted")),
        ("vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==", Encrypted("encrypted")),
        ("{cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda", Encrypted("encrypted")),
        ("your_api_key_here", Dummy("words")),
        ("YOUR-API-KEY", Dummy("words")),
        ("myYourTokenValue9", Dummy("phrase")),
        ("changeme-please-7", Dummy("phrase")),
        ("insert_token", Dummy("words")),
        ("TODO", Dummy("word")),
        ("x9-todo-77", Dummy("phrase")),
        ("someDummyKey42", Dummy("phrase")),
        ("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", Dummy("repetition")),
        ("XXXXXXXXXXXX", Dummy("repetition")),
        ("********", Dummy("repetition")),
        ("sk_live_****abcd", Dummy("mask")),
        ("AKIA...WXYZ", Dummy("mask")),
        ("abcd…", Dummy("mask")),
        ("••••••••", Dummy("repetition")),
        ("abababababab", Dummy("repetition")),
        ("33333333-3333-3333-3333-333333333333", Dummy("repetition")),
        ("zyxwvutsrqpo", Dummy("sequence")),
        ("1a2b3c4d5e6f7g8h", Dummy("sequence")),
        ("0123456789abcdef0123456789ABCDEF", Documented("constant")),
        ("fedcba9876543210fedcba9876543210", Dummy("sequence")),
        ("qwertyuiopas", Dummy("sequence")),
        ("abbababbaabbabab", Dummy("entropy")),
        ("ThisIsMyVerySecretKey", Dummy("words")),
        ("super-long-app-secret", Dummy("words")),
        ("client_secret", Dummy("words")),
        ("UserAccountTokenProvider", Dummy("words")),
        ("dein_passwort", Dummy("phrase other languages")),
        ("你的密钥", Dummy("phrase other languages")),
        ("ПРИМЕР ключа", Dummy("phrase other languages")),
        ("YWRtaW46YWRtaW4=", KnownDefault("user:password")),
        ("bWluaW9hZG1pbg==", KnownDefault("default password")),
        ("eW91cl9hcGlfa2V5X2hlcmU=", Dummy("words")),
        ("6d696e696f61646d696e", KnownDefault("default password")),
        ("%3Cyour%20key%3E", Template("template")),
        ("your%5Fkey%5Fhere", Dummy("words")),
    ];

    const SECRETS: &str = "\
        x9Qm/Tz2LkRw8VbN4cYh+Jf6PsDg1AeUoI3nXqZt|hV7!pq2Zs#9|Tr0ub4dor&3|Winter2024!|Sommer.Regen.77|\
        Hammock2024|resampledCarpet9Zq2|correct-zebra-battery-lamp|purple monkey dishwasher fog|$ecret123|\
        pa$$Kx9|l3tM3!nNow|9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a09|\
        a1f4c9e07b3d2658|GOCSPX-u7Gq2LxwVb5N8tYcRzKp4mDe|X7KQ_93FZ_PL20|d2hhdCBhIHNlY3JldCE3|K8s#Prod#77|\
        MTA4NTc0.GxKz3q.Wb7Yt2|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NyJ9.kq3Yv9ZbT1|${DB_PASSWORD:-tZ9k!2qw}|\
        mongodb://app:zK93kdLq@localhost:27017/app|redis://:qK82hdPw@10.0.0.7:6379|f47ac10b58cc4372a5670e02b2c3d471|\
        7c9e6679-7425-40de-944b-e07fc1f90ae7|ab12cd34ef56gh78ij91|Passw0rd!Kx77q|sk_test_4fK9sLq2ZrT8vWx1Yb6Nc3Md";

    #[test]
    fn placeholders_are_known() {
        let found = |v: &str| kind(v.as_bytes());
        let wrong: Vec<_> =
            PLACEHOLDERS.iter().filter(|(v, e)| found(v) != Some(*e)).map(|(v, _)| (v, found(v))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn secrets_are_none() {
        let found = |v: &&str| kind(v.as_bytes()).map(|k| (v.to_string(), k));
        let wrong: Vec<_> = SECRETS.split('|').filter_map(|v| found(&v)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn tokens_are_judged_by_their_bodies() {
        for (value, prefix_len, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", 4, Some(Documented("AWS documentation"))),
            ("AKIAEXAMPLE123456789", 4, Some(Dummy("phrase"))),
            ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 4, Some(Dummy("repetition"))),
            ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", 4, Some(Dummy("sequence"))),
            ("ghp_abcabcabcabcabcabcabcabcabcabcabcabc", 4, Some(Dummy("repetition"))),
            ("ghp_YourTokenGoesHereYourTokenGoesHereAB", 4, Some(Dummy("phrase"))),
            ("sk_live_REPLACE_ME_WITH_YOUR_KEY", 8, Some(Dummy("words"))),
            ("sk_live_****************", 8, Some(Dummy("repetition"))),
            ("sk_test_4fK9sLq2ZrT8vWx1Yb6Nc3Md", 8, None),
            ("ghp_Zt7Kq2VbN4cYhJf6PsDg1AeUoI3nXqRw8Lm5", 4, None),
            ("glpat-todoK4mockR2xxxxV7tbd", 6, None),
            ("AKIAY34FZKBOKMUTVV7A", 4, None),
            ("short", 9, None),
        ] {
            assert_eq!(token_kind(value.as_bytes(), prefix_len), expected, "{value}");
        }
    }

    #[test]
    fn joined_values_are_put_together() {
        let rows: Vec<_> = DATA.lines().filter_map(columns).filter(|row| row.1 == "exact-joined").collect();
        assert_eq!(rows.len(), 10);
        for (value, ..) in rows {
            assert!(value.contains(" + "), "{value}");
            let whole = value.replace(" + ", "");
            assert!(matches!(kind(whole.as_bytes()), Some(Documented(_))), "{value}");
            assert!(matches!(token_kind(whole.as_bytes(), 4), Some(Documented(_))), "{value}");
        }
        let hook =
            ["https://hooks.slack.com/services/", "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"].concat();
        assert_eq!(kind(hook.as_bytes()), Some(Documented("Slack documentation")));
    }

    #[test]
    fn every_row_is_used() {
        for row in DATA.lines().skip(1) {
            let (value, how, _, detail) = columns(row).expect("four columns");
            let found = kind(value.as_bytes());
            match how {
                "exact" => assert!(found.is_some(), "{row}"),
                "rule" => {
                    assert!(value == DECODE_RULE || RULES.iter().any(|(name, _)| *name == value), "{row}");
                }
                "contains" if detail == "local host" => assert!(found.is_none_or(|k| k.detail() != detail)),
                "contains" if detail == "host" => {
                    let host = match value {
                        "2001:db8:" => "[2001:db8::1]",
                        _ if value.ends_with('.') => &format!("{value}1"),
                        _ => value.trim_start_matches('.'),
                    };
                    let url = format!("https://u:zK93kdLq@{host}:80/x");
                    assert_eq!(kind(url.as_bytes()), Some(Documented("host")), "{row}");
                }
                "contains" => assert!(found.is_some(), "{row}"),
                "prefix" | "suffix" | "shape" | "exact-joined" => {}
                _ => panic!("unknown match: {row}"),
            }
        }
        let rows =
            |name: &str| DATA.lines().filter_map(columns).filter(|r| r.1 == "rule" && r.0 == name).count();
        assert!(RULES.iter().all(|(name, _)| rows(name) == 1));
        assert_eq!(rows(DECODE_RULE), 1);
        assert_eq!(table().rules.len(), RULES.len());
        assert!(table().longest_exact <= 320);
    }

    #[test]
    fn each_rule_holds_and_fails() {
        for (name, holds, fails) in [
            ("one character repeated", "aaaaaa", "aaaaab"),
            ("one character repeated", "keyAAAAAAAAAAAA", "AAAAB3NzaC1yc2E"),
            ("a short group repeated", "12341234123412341", "1234123412351234"),
            ("a short group repeated", "deadbeefdeadbeefdeadbeefdeadbeef", "deadbeefdeadbeef"),
            (
                "UUID of one digit",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "ffffffff-ffff-ffff-ffff-fffffffffffe",
            ),
            ("only mask characters", "xx..**", "xx..**a"),
            ("only mask characters", "•••", "•"),
            ("cut in the middle", "sk_live_***abcdef", "sk_live_a***abcdef"),
            ("cut in the middle", "ab…yz", "ab-yz"),
            ("cut in the middle", "abxxxxxxyz", "abxxxyz"),
            ("distinct characters < 5 in 16+", "abcdabcdbbccddaa", "abcdeabcdbbccdda"),
            ("ascending or descending run", "abcdefgh", "abdgkpv1"),
            ("ascending or descending run", "9876543210", "9172635480"),
            ("ascending or descending run", "1q2w3e4r5t6y", "1q9w2e7r4t0y"),
            ("ascending or descending run", "a1b2c3d4e5", "a1k2x3d4q5"),
            ("dictionary words joined", "this is not a secret", "zebra fog lamp hat"),
            ("dictionary words joined", "MyDemoAppKey", "MyDemoAppKey7"),
        ] {
            let (_, rule) = RULES.iter().find(|(n, _)| *n == name).expect("a rule");
            assert!(rule(holds.as_bytes(), &Facts::of(holds.as_bytes())), "{name}: {holds}");
            assert!(!rule(fails.as_bytes(), &Facts::of(fails.as_bytes())), "{name}: {fails}");
        }
    }

    #[test]
    fn one_level_is_decoded() {
        use crate::triage::checksum::base64_encode;
        let once = base64_encode(b"changeit");
        assert_eq!(kind(once.as_bytes()), Some(KnownDefault("default password")));
        assert_eq!(kind(base64_encode(once.as_bytes()).as_bytes()), None);
        assert_eq!(kind(base64_encode(b"zK93kdLq:Ws7#").as_bytes()), None);
    }

    #[test]
    fn long_values_are_judged_by_their_start() {
        let mut long = b"MIIEogIBAAKCAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzI".to_vec();
        long.extend(random(7, BASE64, 8000));
        assert_eq!(kind(&long), Some(KnownDefault("Vagrant insecure key")));
        let mut key = random(9, BASE64, 3000);
        key[1000..1009].copy_from_slice(b"\nexample\n");
        assert_eq!(kind(&key), None);
        for n in [0, 1, 2, 3, 319, 320, 321, 4095, 4096, 4097, 100_000] {
            kind(&vec![0xe2; n]);
            kind(&vec![b'.'; n]);
            token_kind(&vec![b'x'; n], 3);
            token_kind(&random(n as u64, BASE64, n), 4);
        }
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let all: Vec<u8> = (0..=255).collect();
        for seed in 0..4_000 {
            for alphabet in [&all[..], "${}[]<>.:-_x*…•%=@!/a1".as_bytes()] {
                let value = random(seed, alphabet, seed as usize % 90);
                kind(&value);
                token_kind(&value, seed as usize % 7);
                names::judge(&String::from_utf8_lossy(&value));
                names::words(&String::from_utf8_lossy(&value));
            }
        }
    }

    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const KINDS: [(&str, &[u8], usize); 6] = [
        ("40 base64", BASE64, 40),
        ("43 base64url", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43),
        ("32 alnum", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32),
        ("20 base36", b"0123456789abcdefghijklmnopqrstuvwxyz", 20),
        ("16 base32", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        ("64 hex", b"0123456789abcdef", 64),
    ];

    /// `n` characters; the same seed gives the same (splitmix64).
    fn random(seed: u64, alphabet: &[u8], n: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        };
        (0..n).map(|_| alphabet[((next() >> 32) as usize * alphabet.len()) >> 32]).collect()
    }

    fn refused(alphabet: &[u8], len: usize, from: u64, times: u64) -> Vec<(String, Placeholder)> {
        let judge = |value: &[u8]| kind(value).or_else(|| token_kind(value, 4));
        let values = (from..from + times).map(|seed| random(seed, alphabet, len));
        values.filter_map(|v| judge(&v).map(|k| (String::from_utf8_lossy(&v).into_owned(), k))).collect()
    }

    #[test]
    fn random_values_are_no_placeholders() {
        for (name, alphabet, len) in KINDS {
            let refused = refused(alphabet, len, 1, 5_000);
            assert!(refused.is_empty(), "{name}: {refused:?}");
        }
    }

    #[test]
    #[ignore = "a million of each and timing; run with --release --nocapture"]
    fn a_million_random_values_of_each() {
        let clock = std::time::Instant::now();
        kind(b"$X");
        println!("tables and expressions: {:?}", clock.elapsed());
        for (name, alphabet, len) in KINDS {
            let refused = refused(alphabet, len, 1 << 32, 1_000_000);
            println!("{name}: {} of 1,000,000 refused {:?}", refused.len(), &refused[..refused.len().min(5)]);
            assert!(refused.len() < 50);
            let values: Vec<_> = (0..20_000).map(|seed| random(seed, alphabet, len)).collect();
            let clock = std::time::Instant::now();
            let n = values.iter().filter(|v| kind(std::hint::black_box(v)).is_some()).count();
            let whole = clock.elapsed() / 20_000;
            let clock = std::time::Instant::now();
            let m = values.iter().filter(|v| token_kind(std::hint::black_box(v), 4).is_some()).count();
            println!("  kind {whole:?}, token_kind {:?} a value ({n}, {m})", clock.elapsed() / 20_000);
        }
    }
}
