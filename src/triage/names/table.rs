//! What words say of the values that are named by them: the table of `patterns/data/names.tsv`, looked up by hash.

use super::Strength;
use super::run::Run;
use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Secret(Strength),
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    Negates,
    Lowers,
}

/// What a run of words says, by where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    /// Anywhere, with any joiners.
    pub(super) run: Option<Says>,
    /// As one word.
    pub(super) word: Option<Says>,
    /// As the last words of a key.
    pub(super) last: Option<Last>,
    /// As the first words: negates.
    pub(super) first: bool,
    /// One word of up to four letters: never made of two (`p_in`).
    pub(super) short: bool,
}

/// A hash for tables that are data of ours: nobody can make their keys collide, so it need not be a strong one.
#[derive(Default)]
pub(super) struct Quick(u64);

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

pub(super) struct Table {
    pub(super) rows: HashMap<Cow<'static, str>, Row, Hash>,
    pub(super) exact: HashMap<&'static str, Strength, Hash>,
    /// Of names in scripts that do not part words; made when the first of these is met.
    substrings: OnceLock<AhoCorasick>,
    substring_texts: Vec<String>,
    pub(super) substring_says: Vec<Says>,
    /// Words of rows, for what is written together.
    pieces: HashSet<&'static str, Hash>,
    pub(super) longest_row: usize,
    pub(super) longest_row_words: usize,
    pub(super) longest_piece: usize,
}

pub(super) const DATA: &str = include_str!("../../../patterns/data/names.tsv");

/// Makes what names are looked up in, which is made when first needed otherwise.
pub(in crate::triage) fn prepare() {
    table();
}

pub(super) fn table() -> &'static Table {
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

    pub(super) fn substrings(&self) -> &AhoCorasick {
        self.substrings.get_or_init(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.substring_texts)
                .expect("a few hundred short words are within the automaton's limits")
        })
    }

    pub(super) fn is_piece(&self, word: &str) -> bool {
        self.pieces.contains(word)
            || self
                .rows
                .get(word)
                .is_some_and(|row| word.len() > 4 && (row.run.is_some() || row.word.is_some()))
    }

    /// The row of a plural's singular, where it names a secret: `passwords`.
    pub(super) fn singular(&self, text: &str) -> Option<&Row> {
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
pub(super) fn columns(line: &'static str) -> Option<(&'static str, Says, bool, &'static str, &'static str)> {
    let mut columns = crate::triage::columns(line);
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
