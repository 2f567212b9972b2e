//! Names: does an identifier or key say that its value is secret?
//!
//! `dbPassword` does, `password_hash` and `monkey` do not. The words are data
//! (`patterns/data/names.tsv`, meaning of its columns in the README beside it); this module splits
//! identifiers into words and looks runs of them up by hash, so the size of the table costs nothing
//! per call. A substring search for `key` or `pass` was refused: it meets `keyboard`, `compass` and
//! `author`, the noise that makes people switch such rules off.
//!
//! What a name says never silences a value whose own form is distinctive (a prefix with its length,
//! a checksum): that weighing is the caller's.

use super::memo::Memo;
use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The value is secret.
    Secret(Strength),
    /// The value is about a secret or only looks so: `password_hint`, `token_url`, `primary_key`.
    Negated,
    /// Nothing.
    Unknown,
}

/// How clearly a name says `secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only together with a value that looks random: `key`, `token`, `auth`.
    Weak,
    /// `password`, `client_secret`, `secretAccessKey`.
    Strong,
}

/// Only this many bytes of a key count, from its end: a hostile key costs no more than a long one.
const LONGEST_KEY: usize = 128;
/// Lengths of a word that is looked into for words written together (`stripesecretkey`).
const GLUED: std::ops::RangeInclusive<usize> = 6..=40;
/// A known ending of such a word behind an unknown beginning has at least this many letters, so
/// that `monkey` and `transport` have none.
const GLUED_TAIL: usize = 5;

/// What the name `key` says about its value. `key` may be a path (`spring.datasource.password`):
/// its last part counts most.
pub fn judge(key: &str) -> Verdict {
    thread_local! {
        static JUDGED: RefCell<Memo<Verdict>> = const { RefCell::new(Memo::EMPTY) };
    }
    Memo::of(&JUDGED, key, || judge_anew(key))
}

fn judge_anew(key: &str) -> Verdict {
    let key = key.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    if is_file(key) {
        return Verdict::Negated;
    }
    if is_jumbled(key) {
        return Verdict::Unknown;
    }
    let table = table();
    let tail = tail(key);
    let last = tail.rsplit(['.', '/', ':', ' ']).next().unwrap_or(tail);
    if let Some(&strength) = table.exact.get(tail).or_else(|| table.exact.get(last)) {
        return Verdict::Secret(strength);
    }
    let mut run = Run::split(tail);
    run.unglue(table);
    let verdict = run.judge(table);
    // What a service is spoken to with is not about a secret, unless its name has one: `TokenProvider` has,
    // `DeepgramClient` takes one.
    if verdict == Verdict::Negated
        && let Some(end) = run.words.last().copied()
        && end.from > 0
        && SPEAKERS.contains(&&run.text[end.from..end.to])
    {
        run.words.pop();
        if run.judge(table) == Verdict::Unknown {
            return Verdict::Unknown;
        }
    }
    verdict
}

/// Whether a name is none but a random value: kinds of characters change where no word of a name ends. Lists of such
/// values are long, and to find no word in each of them takes time.
fn is_jumbled(key: &str) -> bool {
    let kind = |b: &u8| KINDS[usize::from(b & 127)];
    let bytes = key.as_bytes();
    let ends = |pair: &[u8]| {
        let (a, b) = (kind(&pair[0]), kind(&pair[1]));
        a != b && (a, b) != (Kind::Upper, Kind::Lower)
    };
    bytes.len() >= 24
        && key.is_ascii()
        && bytes.iter().filter(|b| b.is_ascii_digit()).nth(1).is_some()
        && bytes.windows(2).filter(|pair| ends(pair)).count() * 3 > bytes.len()
}

/// Last words of names of what a service is spoken to with.
const SPEAKERS: [&str; 4] = ["client", "service", "provider", "manager"];

/// Endings of files that are named in lists of checksums.
const FILES: &[&str] = &[
    "asm", "bin", "c", "cc", "cpp", "cs", "css", "csv", "dart", "dll", "dylib", "exe", "go", "gz", "h",
    "hpp", "html", "jar", "java", "jpg", "js", "jsx", "kt", "lock", "lua", "map", "md", "mjs", "php", "pl",
    "png", "py", "rb", "rs", "rst", "s", "scala", "sh", "snap", "so", "stderr", "stdout", "svg", "swift",
    "tgz", "ts", "tsx", "txt", "wasm", "whl", "woff2", "zip",
];

/// Whether a name is the path of a file, as in lists of checksums: `"src/token.rs": "3fdf…"`.
fn is_file(key: &str) -> bool {
    let ending = |(_, name): (&str, &str)| name.rsplit_once('.').is_some_and(|(_, end)| FILES.contains(&end));
    key.rsplit_once('/').is_some_and(ending)
}

/// The words of an identifier, in lower case: split at changes of case, at digits and at all that is
/// neither letter nor digit (`XMLHttpKey2` is `xml`, `http`, `key`, `2`).
pub fn words(key: &str) -> Vec<String> {
    let run = Run::split(tail(key));
    run.words.iter().map(|w| run.text[w.from..w.to].to_owned()).collect()
}

/// Whether one of the last `n` words of an identifier is one of `wanted`.
pub fn ends_in_any(key: &str, n: usize, wanted: &[&str]) -> bool {
    let run = Run::split(tail(key));
    run.words.iter().rev().take(n).any(|w| wanted.contains(&&run.text[w.from..w.to]))
}

/// Whether the first word of an identifier is one of `wanted`.
pub fn begins_with_any(key: &str, wanted: &[&str]) -> bool {
    let first = key.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    let run = Run::split(first.unwrap_or_default());
    run.words.first().is_some_and(|w| wanted.contains(&&run.text[w.from..w.to]))
}

/// Whether `key` is made of words of names only: `userpassword` is, `bobspassword` is not.
pub fn is_all_known(key: &str) -> bool {
    let table = table();
    let mut run = Run::split(tail(key));
    run.unglue(table);
    run.words.iter().all(|w| {
        let word = &run.text[w.from..w.to];
        table.is_piece(word) || table.rows.contains_key(word) || table.singular(word).is_some()
    })
}

/// The last [`LONGEST_KEY`] bytes of `key`.
fn tail(key: &str) -> &str {
    let mut from = key.len().saturating_sub(LONGEST_KEY);
    while !key.is_char_boundary(from) {
        from += 1;
    }
    &key[from..]
}

/// A word or a match: bytes of [`Run::text`].
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
}

impl Span {
    fn within(self, other: Span) -> bool {
        other.from <= self.from && self.to <= other.to
    }

    fn len(self) -> usize {
        self.to - self.from
    }
}

/// The words of a key, joined without joiners.
struct Run {
    text: String,
    words: Vec<Span>,
    /// Where the last part of a path begins, in `text`.
    part: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    Lower,
    Digit,
    /// Letters of scripts without case.
    Other,
    Joiner,
}

fn kind_of(c: char) -> Kind {
    if c.is_numeric() {
        Kind::Digit
    } else if c.is_uppercase() {
        Kind::Upper
    } else if c.is_lowercase() {
        Kind::Lower
    } else if c.is_alphabetic() {
        Kind::Other
    } else {
        Kind::Joiner
    }
}

/// The same of a byte of ASCII.
static KINDS: [Kind; 128] = {
    let mut kinds = [Kind::Joiner; 128];
    let mut b = 0;
    while b < 128 {
        kinds[b] = match b as u8 {
            b'0'..=b'9' => Kind::Digit,
            b'A'..=b'Z' => Kind::Upper,
            b'a'..=b'z' => Kind::Lower,
            _ => Kind::Joiner,
        };
        b += 1;
    }
    kinds
};

impl Run {
    fn split(key: &str) -> Run {
        if let Some(run) = Run::of_plain_words(key) {
            return run;
        }
        let ascii = |b: u8| (char::from(b), KINDS[usize::from(b & 127)], char::from(b.to_ascii_lowercase()));
        if key.is_ascii() {
            // Nearly all: Unicode's tables take ten times as long.
            return Run::of(key.len(), key.bytes().map(ascii), |text, _, lower| text.push(lower));
        }
        let any = key.chars().map(|c| (c, kind_of(c), c));
        Run::of(key.len(), any, |text, c, _| text.extend(c.to_lowercase()))
    }

    /// Words in lower case and what only joins them, as most names and the rows of the table are.
    fn of_plain_words(key: &str) -> Option<Run> {
        let is_joiner = |c: char| matches!(c, '_' | '-' | ' ');
        if !key.bytes().all(|b| b.is_ascii_lowercase() || is_joiner(char::from(b))) {
            return None;
        }
        let mut run = Run { text: String::with_capacity(key.len()), words: Vec::with_capacity(4), part: 0 };
        let mut from = 0;
        for c in key.bytes().map(char::from) {
            if is_joiner(c) { run.close(&mut from) } else { run.text.push(c) }
        }
        run.close(&mut from);
        Some(run)
    }

    /// `chars` gives each character, its kind, and, for `push`, the same in lower case.
    fn of(
        len: usize,
        chars: impl Iterator<Item = (char, Kind, char)>,
        push: impl Fn(&mut String, char, char),
    ) -> Run {
        let mut run = Run { text: String::with_capacity(len + 8), words: Vec::with_capacity(8), part: 0 };
        let (mut from, mut last, mut new_part) = (0, Kind::Joiner, true);
        let mut chars = chars.peekable();
        while let Some((c, kind, lower)) = chars.next() {
            let next = chars.peek().map_or(Kind::Joiner, |(_, kind, _)| *kind);
            let border = match (last, kind) {
                (Kind::Upper, Kind::Lower) => false,
                // The last capital of several belongs to what follows: XML Http.
                (Kind::Upper, Kind::Upper) => next == Kind::Lower && run.text.len() > from,
                (a, b) => a != b,
            };
            if border {
                run.close(&mut from);
            }
            if kind == Kind::Joiner {
                new_part |= matches!(c, '.' | '/' | ':' | '[' | ']' | '>');
            } else {
                if std::mem::take(&mut new_part) {
                    run.part = run.text.len();
                }
                push(&mut run.text, c, lower);
            }
            last = kind;
        }
        run.close(&mut from);
        run
    }

    fn close(&mut self, from: &mut usize) {
        if self.text.len() > *from {
            self.words.push(Span { from: *from, to: self.text.len() });
            *from = self.text.len();
        }
    }

    /// Cuts words that are several known words written together: `dbpasswordfile`.
    fn unglue(&mut self, table: &Table) {
        let glued = |w: &Span, text: &str| {
            let word = &text[w.from..w.to];
            GLUED.contains(&word.len())
                && word.bytes().all(|b| b.is_ascii_lowercase())
                && !table.is_piece(word)
                && !table.rows.contains_key(word)
        };
        if !self.words.iter().any(|w| glued(w, &self.text)) {
            return;
        }
        let mut words = Vec::with_capacity(self.words.len() + 4);
        for &word in &self.words {
            if glued(&word, &self.text) {
                cut(&self.text, word, table, &mut words);
            } else {
                words.push(word);
            }
        }
        self.words = words;
    }

    fn judge(&self, table: &Table) -> Verdict {
        let found = self.matches(table);
        // The longest match wins: those inside another are out.
        let longest: Vec<_> = found
            .iter()
            .filter(|(span, _)| {
                !found.iter().any(|(other, _)| span.within(*other) && span.len() < other.len())
            })
            .collect();
        let Some((_, decides)) = longest.iter().max_by_key(|(span, says)| (span.to, *says == Says::No))
        else {
            return Verdict::Unknown;
        };
        if *decides == Says::No {
            return Verdict::Negated;
        }
        if self.first_negates(table, &found) {
            return Verdict::Negated;
        }
        let after =
            longest.iter().filter(|(_, s)| *s == Says::No).map(|(span, _)| span.to).max().unwrap_or(0);
        let strength = longest
            .iter()
            .filter(|(span, _)| span.to > after)
            .filter_map(|(span, says)| match says {
                Says::Secret(_) if span.to <= self.part && !self.part_is_value() => Some(Strength::Weak),
                Says::Secret(strength) => Some(*strength),
                Says::No => None,
            })
            .max();
        match strength {
            Some(_) if self.last_lowers(table) => Verdict::Secret(Strength::Weak),
            Some(strength) => Verdict::Secret(strength),
            None => Verdict::Unknown,
        }
    }

    /// Every run of words the table knows, with what it says.
    fn matches(&self, table: &Table) -> Vec<(Span, Says)> {
        let mut found = Vec::new();
        let end = self.end();
        for (i, first) in self.words.iter().enumerate() {
            for (n, last) in self.words[i..].iter().enumerate().take(table.longest_row_words) {
                let span = Span { from: first.from, to: last.to };
                if span.len() > table.longest_row {
                    break;
                }
                let text = &self.text[span.from..span.to];
                let Some(row) = table.rows.get(text).or_else(|| table.singular(text)) else { continue };
                let says = if n == 0 { row.word.or(row.run) } else { row.run.filter(|_| !row.short) };
                let negates = span.to == end && row.last == Some(Last::Negates) && i > 0;
                if negates || (span.to == end && row.last == Some(Last::Negates) && says.is_none()) {
                    found.push((span, Says::No));
                } else if let Some(says) = says {
                    found.push((span, says));
                }
            }
        }
        if !self.text.is_ascii() {
            for hit in table.substrings().find_iter(&self.text) {
                let says = table.substring_says[hit.pattern().as_usize()];
                found.push((Span { from: hit.start(), to: hit.end() }, says));
            }
        }
        found
    }

    /// Where the words end, without numbers at the end: `password_hash2`.
    fn end(&self) -> usize {
        let word =
            self.words.iter().rev().find(|w| !self.text[w.from..w.to].bytes().all(|b| b.is_ascii_digit()));
        word.map_or(0, |w| w.to)
    }

    /// Whether the path ends in a word that says nothing: `password.value`.
    fn part_is_value(&self) -> bool {
        matches!(&self.text[self.part..], "value" | "val")
            || self.text[self.part..].bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether the first word of the last part makes it a question, an action or a label:
    /// `has_token`, `resetPassword`.
    fn first_negates(&self, table: &Table, found: &[(Span, Says)]) -> bool {
        let Some(i) = self.words.iter().position(|w| w.from == self.part) else { return false };
        let first = self.words[i];
        self.words[i..].iter().take(2).any(|last| {
            let span = Span { from: first.from, to: last.to };
            table.rows.get(&self.text[span.from..span.to]).is_some_and(|row| row.first)
                && !found.iter().any(|(other, _)| other.from == span.from && other.len() > span.len())
        })
    }

    /// Whether the last word says test or example.
    fn last_lowers(&self, table: &Table) -> bool {
        let end = self.end();
        let last = self.words.iter().find(|w| w.to == end);
        last.and_then(|w| table.rows.get(&self.text[w.from..w.to]))
            .is_some_and(|row| row.last == Some(Last::Lowers))
    }
}

/// Cuts `word` into the fewest known pieces, from its end; what is left before them stays one word.
fn cut(text: &str, word: Span, table: &Table, words: &mut Vec<Span>) {
    const NONE: u8 = u8::MAX;
    let bytes = &text[word.from..word.to];
    let n = bytes.len();
    // For each place: the fewest pieces from there to the end, and the length of the first.
    let mut best = [(NONE, 0u8); 64];
    best[n].0 = 0;
    for to in (1..=n).rev().filter(|&to| to <= n) {
        if best[to].0 == NONE {
            continue;
        }
        for from in to.saturating_sub(table.longest_piece)..=to.saturating_sub(2) {
            if best[to].0 + 1 < best[from].0 && (n > to - from) && table.is_piece(&bytes[from..to]) {
                best[from] = (best[to].0 + 1, (to - from) as u8);
            }
        }
    }
    let start = if best[0].0 != NONE { Some(0) } else { (2..=n - GLUED_TAIL).find(|&at| best[at].0 != NONE) };
    let Some(mut at) = start else {
        words.push(word);
        return;
    };
    if at > 0 {
        words.push(Span { from: word.from, to: word.from + at });
    }
    while at < n {
        let to = at + usize::from(best[at].1);
        words.push(Span { from: word.from + at, to: word.from + to });
        at = to;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Secret(Strength),
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Negates,
    Lowers,
}

/// What a run of words says, by where it stands.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// Anywhere, with any joiners.
    run: Option<Says>,
    /// As one word.
    word: Option<Says>,
    /// As the last words of a key.
    last: Option<Last>,
    /// As the first words: negates.
    first: bool,
    /// One word of up to four letters: never made of two (`p_in`).
    short: bool,
}

/// A hash for tables that are data of ours: nobody can make their keys collide, so it need not be a strong one.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        // The table takes the upper bits and the lower ones.
        self.0 ^ self.0 >> 32
    }
}

type Hash = BuildHasherDefault<Quick>;

struct Table {
    rows: HashMap<Cow<'static, str>, Row, Hash>,
    exact: HashMap<&'static str, Strength, Hash>,
    /// Of names in scripts that do not part words; made when the first of these is met.
    substrings: OnceLock<AhoCorasick>,
    substring_texts: Vec<String>,
    substring_says: Vec<Says>,
    /// Words of rows, for what is written together.
    pieces: HashSet<&'static str, Hash>,
    longest_row: usize,
    longest_row_words: usize,
    longest_piece: usize,
}

const DATA: &str = include_str!("../../patterns/data/names.tsv");

/// Makes what names are looked up in, which is made when first needed otherwise.
pub(super) fn prepare() {
    table();
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(DATA))
}

impl Table {
    /// Reads the table. Rows that it cannot read are left out; a test says that there are none.
    fn read(data: &'static str) -> Table {
        let mut rows: HashMap<Cow<'static, str>, Row, Hash> =
            HashMap::with_capacity_and_hasher(2048, Hash::default());
        let mut exact = HashMap::default();
        let mut substrings = Vec::new();
        let mut substring_says = Vec::new();
        let mut pieces: HashSet<&'static str, Hash> = ["db", "id", "pw", "my"].into_iter().collect();
        let mut longest_row_words = 1;
        for (words, says, lowers, language, how) in data.lines().skip(1).filter_map(columns) {
            if how == "exact" {
                if let Says::Secret(strength) = says {
                    exact.insert(words, strength);
                }
                continue;
            }
            let run = Run::split(words);
            if how == "substring" {
                substrings.push(run.text);
                substring_says.push(says);
                continue;
            }
            if matches!(language, "en" | "abbr") {
                let parts = words.split(|c: char| !c.is_ascii_lowercase());
                pieces.extend(parts.filter(|part| part.len() >= 3));
            }
            longest_row_words = longest_row_words.max(run.words.len());
            let short = run.words.len() == 1 && run.text.len() <= 4;
            let text = if run.text == words { Cow::Borrowed(words) } else { Cow::Owned(run.text) };
            let row = rows.entry(text).or_default();
            row.short |= short;
            match how {
                "word" => row.word = row.word.max_strength(says),
                "words" => row.run = row.run.max_strength(says),
                "prefix" => row.first = true,
                _ => row.last = Some(if lowers { Last::Lowers } else { Last::Negates }),
            }
        }
        Table {
            longest_row: rows.keys().map(|text| text.len()).max().unwrap_or(0),
            longest_row_words: longest_row_words + 2,
            longest_piece: pieces.iter().map(|piece| piece.len()).max().unwrap_or(0),
            rows,
            exact,
            substrings: OnceLock::new(),
            substring_texts: substrings,
            substring_says,
            pieces,
        }
    }

    fn substrings(&self) -> &AhoCorasick {
        self.substrings.get_or_init(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.substring_texts)
                .expect("a few hundred short words are within the automaton's limits")
        })
    }

    fn is_piece(&self, word: &str) -> bool {
        self.pieces.contains(word)
            || self
                .rows
                .get(word)
                .is_some_and(|row| word.len() > 4 && (row.run.is_some() || row.word.is_some()))
    }

    /// The row of a plural's singular, where it names a secret: `passwords`.
    fn singular(&self, text: &str) -> Option<&Row> {
        let singular = text.strip_suffix('s').filter(|s| s.len() >= 3 && !s.ends_with('s'))?;
        let secret = |says: Option<Says>| matches!(says, Some(Says::Secret(_)));
        self.rows.get(singular).filter(|row| (secret(row.run) || secret(row.word)) && row.last.is_none())
    }
}

trait MaxStrength {
    fn max_strength(self, other: Says) -> Self;
}

impl MaxStrength for Option<Says> {
    /// The stronger of two rows of the same words; a negation stands.
    fn max_strength(self, other: Says) -> Self {
        Some(match (self, other) {
            (Some(Says::Secret(a)), Says::Secret(b)) => Says::Secret(a.max(b)),
            (Some(Says::No), _) => Says::No,
            (_, other) => other,
        })
    }
}

/// Words, what they say, whether they only lower, language and match of a row.
fn columns(line: &'static str) -> Option<(&'static str, Says, bool, &'static str, &'static str)> {
    let mut columns = super::columns(line);
    let [words, role, strength, language, how] = std::array::from_fn(|_| columns.next());
    let strength = strength?;
    let says = match (role?, strength) {
        ("secret", "strong") => Says::Secret(Strength::Strong),
        ("secret", "medium" | "weak") => Says::Secret(Strength::Weak),
        ("negate", "strong" | "medium") => Says::No,
        _ => return None,
    };
    let how =
        how.filter(|how| matches!(*how, "words" | "word" | "prefix" | "suffix" | "substring" | "exact"))?;
    Some((words?, says, strength == "medium", language?, how))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRONG: &str = "\
        password|PASSWORD|Password|passwd|pwd|db_password|dbPassword|DBPassword|DB-PASSWORD|dbpassword|\
        db.password|spring.datasource.password|POSTGRES_PASSWORD|mysqlRootPassword|password2|\
        userPassword1|passwords|api_key|apiKey|APIKey|ApiKey|apikey|API_KEYS|X-Api-Key|x-api-key|\
        stripeApiKey|STRIPE_SECRET_KEY|stripesecretkey|secretkey|secret|clientSecret|client_secret|\
        ClientSecret|oauth-client-secret|awsSecretAccessKey|aws_secret_access_key|AWSSecretKey|\
        accessToken|access_token|github_token|refreshToken|private_key|privateKey|signing-key|jwtSecret|\
        JWT_SECRET_KEY|session_secret|SECRET_KEY_BASE|encryptionKey|aesKey|masterKey|passphrase|\
        ssh_passphrase|connectionPassword|szPassword|m_strPassword|kAPIKey|_authToken|\
        //registry.npmjs.org/:_authToken|ansible_become_pass|redis.requirepass|requirepass|dbpw|rootpw|\
        mot_de_passe|motDePasse|contraseña|contrasena|senha_banco|passwort|datenbankPasswort|hasło|\
        haslo|パスワード|数据库密码|비밀번호|пароль|ПАРОЛЬ|секретный_ключ|wachtwoord|şifre|κωδικός|\
        config.database.password|password.value|acmeapikey|passport_secret|author_password|\
        primaryKeyPassword|nonce_secret_key|TF_TOKEN_app_terraform_io|'password'|keystorePassword|\
        enable secret|webhookSecret";

    #[test]
    fn plain_words_are_split_as_all_others_are() {
        for key in ["", "a", "api_key", "_db__pass-word ", "a b c", "-"] {
            let plain = Run::of_plain_words(key).unwrap();
            let any = key.chars().map(|c| (c, kind_of(c), c));
            let other = Run::of(key.len(), any, |text, c, _| text.push(c));
            let spans = |run: &Run| run.words.iter().map(|w| (w.from, w.to)).collect::<Vec<_>>();
            assert_eq!(
                (&plain.text, spans(&plain), plain.part),
                (&other.text, spans(&other), other.part),
                "{key:?}"
            );
        }
    }

    const WEAK: &str = "\
        key|token|auth|Authorization2|authKey|access_key|accesskey|appKey|map_token|mytoken|\
        secrets.database|database_url|DATABASE_URL|webhookUrl|connection_string|salt|nonce|password_salt|session|cookie|\
        api_key_test|passwordExample|jwt|licenseKey|storageKey|keys|pin|pass|mqtt_pass|chave|\
        transportkey|sas_url|keys_view_x";

    const NEGATED: &str = "\
        hash|sha1|sha256|md5|checksum|digest|etag|fingerprint|integrity|public key|publicKey|PUBLIC_KEY|\
        pubkey|publicKeyToken|key id|keyId|kid|api_key_id|apiKeyId|aws_access_key_id|AWSAccessKeyId|\
        accesskeyid|secretName|secret_name|secretKeyRef|monkey|key_algorithm|token_type|tokenType|\
        token_url|tokenUri|password_field|passwordField|password_hash|passwordHash|password_hash2|\
        passwordhash|PasswordLabel|password_hint|author|authority|primary key|primaryKey|foreign_key|\
        cacheKey|cache key|keyPath|key_file|keyfile|dbpasswordfile|PASSWORD_FILE|token_count|tokenCount|\
        token_limit|maxTokens|max_tokens|csrf|csrfToken|csrf_token|csrfmiddlewaretoken|hasToken|\
        is_password|resetPassword|forms.resetPassword|showPassword|encrypted_password|next_page_token|\
        nextToken|keyword|keyCode|compass|passport|tokenizer|secretary|partition_key|auth_url|authType|\
        client_id|name|パスワード確認|忘记密码|забыли пароль|mot_cle|clavePrimaria|uuid|commit_sha|image digest|\
        idempotencyKey|key_bindings|password_reset|recaptcha_site_key|secrets.name|db.password.file|\
        tokenColors|hockeyTeam";

    const UNKNOWN: &str = "\
        |_|123|keystone|whiskey|donkeys_|parrot|transport|postcode|keyless|address|access|compression|\
        p_in|username|oauth|region|android|design|assign|connection|broken|taken|tokyo|widget|пример|例え|\
        monke|passat|greeting|value|bucket";

    fn check(keys: &str, verdict: Verdict) {
        let wrong: Vec<_> =
            keys.split('|').filter(|k| judge(k) != verdict).map(|k| (k, judge(k), words(k))).collect();
        assert!(wrong.is_empty(), "not {verdict:?}: {wrong:#?}");
    }

    #[test]
    fn strong_names() {
        check(STRONG, Verdict::Secret(Strength::Strong));
    }

    #[test]
    fn weak_names() {
        check(WEAK, Verdict::Secret(Strength::Weak));
    }

    #[test]
    fn names_that_negate() {
        check(NEGATED, Verdict::Negated);
    }

    #[test]
    fn names_that_say_nothing() {
        check(UNKNOWN, Verdict::Unknown);
    }

    #[test]
    fn words_are_split_at_case_digits_and_joiners() {
        for (key, expected) in [
            ("XMLHttpKey", "xml http key"),
            ("dbPassword2", "db password 2"),
            ("aws_secret-access.key", "aws secret access key"),
            ("HTTPServer", "http server"),
            ("sha256", "sha 256"),
            ("a:b/c d", "a b c d"),
            ("clé_privée", "clé privée"),
            ("APIキー", "api キー"),
            ("SECRET", "secret"),
            ("iOSKey", "i os key"),
            ("--", ""),
        ] {
            assert_eq!(words(key).join(" "), expected, "{key}");
        }
    }

    #[test]
    fn every_row_is_read() {
        let unread: Vec<_> = DATA.lines().skip(1).filter(|line| columns(line).is_none()).collect();
        assert!(unread.is_empty(), "{unread:#?}");
        assert!(DATA.lines().count() > 1_500);
    }

    #[test]
    fn a_huge_key_costs_no_more_than_its_end() {
        let key = format!("{}_password", "key_".repeat(1 << 18));
        assert_eq!(judge(&key), Verdict::Secret(Strength::Strong));
        assert!(words(&key).len() <= LONGEST_KEY);
        // A border inside a character.
        assert_eq!(judge(&format!("{}password", "鍵".repeat(1000))), Verdict::Secret(Strength::Strong));
        judge(&"k".repeat(1000));
        judge(&"dbdbdbdb".repeat(4));
    }

    #[test]
    #[ignore = "timing; run with --release --nocapture"]
    fn time_per_name() {
        let keys: Vec<_> = [STRONG, WEAK, NEGATED, UNKNOWN].into_iter().flat_map(|k| k.split('|')).collect();
        judge("");
        let start = std::time::Instant::now();
        let rounds = 2000;
        let secrets = (0..rounds)
            .flat_map(|_| keys.iter())
            .filter(|k| matches!(judge(std::hint::black_box(k)), Verdict::Secret(_)))
            .count();
        println!("{:?} a name, {secrets} secret", start.elapsed() / (rounds * keys.len() as u32));
        let hostile = "key_a_B".repeat(20);
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            std::hint::black_box(judge(std::hint::black_box(&hostile)));
        }
        println!("{:?} a hostile name", start.elapsed() / 1000);
    }
}
