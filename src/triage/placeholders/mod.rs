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

mod resource;
mod rules;
mod shape;
#[cfg(test)]
mod tests;

use super::checksum::base64_decode;
use crate::engine::words::Words;
use shape::Shape;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

pub use resource::is_no_resource;

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

/// Words that people choose for passwords of tests and development systems as well.
const WEAK: &str = "weak word";

impl Placeholder {
    /// Whether it is a word that somebody may have chosen all the same: `secret`, `test`.
    pub fn is_weak_word(self) -> bool {
        self == Self::Dummy(WEAK)
    }

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
            | WEAK
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
            | "password varied"
            | "user:password"
            | "hash of a known word"
            | "Vagrant insecure key"
            | "MinIO public playground" => Self::KnownDefault(kind),
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
    ("one character repeated", rules::one_character),
    ("a short group repeated", rules::short_group),
    ("UUID of one digit", rules::uuid_of_one_digit),
    ("only mask characters", rules::only_mask),
    ("cut in the middle", rules::cut_in_the_middle),
    ("distinct characters < 5 in 16+", rules::few_distinct),
    ("ascending or descending run", rules::sequence),
    ("dictionary words joined", rules::joined_words),
    ("the word password, varied", rules::password_varied),
];

struct Table {
    /// By value in lower case.
    exact: HashMap<Vec<u8>, Vec<Exact>>,
    longest_exact: usize,
    prefixes: Vec<Exact>,
    suffixes: Vec<Exact>,
    /// Texts of phrases in lower case, with their rows.
    finder: Words<usize>,
    phrases: Vec<Phrase>,
    hosts: Vec<(&'static str, Placeholder)>,
    rules: Vec<(Rule, Placeholder)>,
    shapes: Vec<Shape>,
}

const DATA: &str = include_str!("../../../patterns/data/placeholders.tsv");

/// Makes what placeholders are looked up in, which is made when first needed otherwise.
pub(super) fn prepare() {
    table();
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(DATA))
}

/// Value, match, whether in any case, kind of a row.
fn columns(line: &'static str) -> Option<(&'static str, &'static str, bool, &'static str)> {
    let mut columns = super::columns(line);
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
            finder: Words::new(std::iter::empty::<(&str, usize)>()),
            phrases: Vec::new(),
            hosts: Vec::new(),
            rules: Vec::new(),
            shapes: Vec::new(),
        };
        let mut texts: Vec<(String, usize)> = Vec::new();
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
                    let mut add = |text: String| texts.push((text.to_ascii_lowercase(), row));
                    if any_case && !value.is_ascii() {
                        // Only ASCII is folded.
                        add(value.to_uppercase());
                        add(capitalised(value));
                    }
                    add(value.to_owned());
                }
                "shape" => table.shapes.push(Shape::new(value, any_case, kind)),
                "rule" => rules.push((value, kind)),
                _ => {}
            }
        }
        // What is more than a template comes first: the first expression that fits decides.
        table.shapes.sort_by_key(|shape| matches!(shape.kind, Placeholder::Template(_)));
        let kind_of = |name: &str| rules.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind);
        table.rules = RULES.iter().filter_map(|(name, holds)| Some((*holds, kind_of(name)?))).collect();
        table.finder = Words::new(texts.iter().map(|(text, row)| (text, *row)));
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
        find(value, &mut buffer)
            .or_else(|| {
                // Keys of chains are written as numbers, webhooks as addresses.
                let bare =
                    [&b"0x"[..], b"https://", b"http://"].into_iter().find_map(|p| value.strip_prefix(p))?;
                find(bare, &mut buffer)
            })
            .or_else(|| {
                // The padding may stand outside of what was taken for the value.
                let padding: &[u8] = match value.len() {
                    43 => b"=",
                    86 => b"==",
                    _ => return None,
                };
                find(&[value, padding].concat(), &mut buffer)
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
        let kind = self.shapes.iter().find(|shape| shape.fits(value))?.kind;
        match kind {
            Placeholder::Template("interpolation") => rules::interpolation(value, kind),
            Placeholder::Template("shell variable") => rules::is_variable(value).then_some(kind),
            Placeholder::Template("constant name") => rules::is_constant_name(value, facts).then_some(kind),
            Placeholder::Template("dotted name") => rules::is_dotted_name(value).then_some(kind),
            kind => Some(kind),
        }
    }

    fn phrase(&self, value: &[u8]) -> Option<Placeholder> {
        let value = &value[..value.len().min(LONGEST)];
        let folded = value.to_ascii_lowercase();
        (0..folded.len()).find_map(|at| {
            let mut here =
                self.finder.at(&folded[at..]).flat_map(|(len, rows)| rows.iter().map(move |row| (len, *row)));
            here.find_map(|(len, row)| {
                let row = &self.phrases[row];
                row.counts(value, at..at + len).then_some(row.kind)
            })
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
