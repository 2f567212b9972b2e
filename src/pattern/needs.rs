//! What every match of an expression holds, read off its syntax: where it does not stand, the expression is neither tried
//! nor, if it never was, compiled.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Sets of texts: in every match stands one of each set.
#[derive(Debug, Default)]
pub struct Needs(Vec<Vec<Needed>>);

/// A text that stands in matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// In lower case, if it stands in any case.
    bytes: Vec<u8>,
    any_case: bool,
    /// Which of its bytes is the least common in text: the one that is looked for.
    rarest: usize,
}

/// Most texts of which one stands in a match.
const MOST_TEXTS: usize = 6;
/// As many sets are asked for; another one seldom says more.
const MOST_SETS: usize = 2;

impl Needs {
    /// What the matches of an expression hold besides the `literals` at which it is tried.
    pub fn of(hir: &Hir, literals: &[impl AsRef<[u8]>]) -> Needs {
        let mut sets = Vec::new();
        collect(hir, &mut sets);
        let is_known = |needed: &Needed| literals.iter().any(|l| needed.stands_in(l.as_ref()));
        sets.retain(|set| set.len() <= MOST_TEXTS && !set.iter().any(is_known));
        let worth = |set: &Vec<Needed>| set.iter().map(Needed::worth).min().unwrap_or(0);
        sets.retain(|set| worth(set) > set.len());
        sets.sort_by_key(|set| std::cmp::Reverse(worth(set) - set.len()));
        sets.truncate(MOST_SETS);
        Needs(sets)
    }

    /// The sets.
    pub fn sets(&self) -> impl Iterator<Item = &[Needed]> {
        self.0.iter().map(Vec::as_slice)
    }
}

impl Needed {
    fn new(letters: &[Letter]) -> Needed {
        let bytes: Vec<u8> = letters.iter().map(|letter| letter.byte).collect();
        let any_case = letters.iter().any(|letter| letter.any_case);
        let rarest = (0..bytes.len()).max_by_key(|&at| rarity(bytes[at])).unwrap_or(0);
        // What stands in one case only is found in both: it may be found where the expression has no match.
        let bytes = if any_case { bytes.to_ascii_lowercase() } else { bytes };
        Needed { bytes, any_case, rarest }
    }

    /// Its length in bytes, never 0.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Where it begins first.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let byte = self.bytes[self.rarest];
        let (mut from, last) = (self.rarest, text.len().checked_sub(self.length())? + self.rarest);
        loop {
            let rest = text.get(from..=last)?;
            let found = match self.any_case {
                true => memchr::memchr2(byte, byte.to_ascii_uppercase(), rest)?,
                false => memchr::memchr(byte, rest)?,
            };
            let start = from + found - self.rarest;
            let there = &text[start..start + self.length()];
            if there == self.bytes || (self.any_case && there.eq_ignore_ascii_case(&self.bytes)) {
                return Some(start);
            }
            from += found + 1;
        }
    }

    /// How much it says that it is not there: single letters and digits stand everywhere.
    fn worth(&self) -> usize {
        let rarest = rarity(self.bytes[self.rarest]);
        match self.length() {
            1 if self.bytes[0].is_ascii_alphanumeric() => 0,
            1 => rarest / 5,
            len => 4 + len.min(8) + rarest / 10,
        }
    }

    fn stands_in(&self, literal: &[u8]) -> bool {
        let fits = |w: &[u8]| w == self.bytes || (self.any_case && w.eq_ignore_ascii_case(&self.bytes));
        literal.windows(self.length()).any(fits)
    }
}

/// The common bytes of text, from the most to the least common, as seen in source code; what is not among them is rare.
const COMMON: &[u8] =
    b" etaornisl\ncdpumf\"hg_.,by0=()'1w2v:;kx/-34{}[]>5\t68<79*IAESTRCOLDNPMUFBGHVW&KY#$+j";

fn rarity(byte: u8) -> usize {
    COMMON.iter().position(|b| *b == byte).unwrap_or(COMMON.len())
}

/// A byte of every match, in one case or in both.
#[derive(Clone, Copy)]
struct Letter {
    byte: u8,
    any_case: bool,
}

/// The one letter that an expression matches.
fn letter(hir: &Hir) -> Option<Letter> {
    let HirKind::Class(Class::Bytes(class)) = hir.kind() else { return None };
    let one =
        |range: &regex_syntax::hir::ClassBytesRange| (range.start() == range.end()).then(|| range.start());
    match class.ranges() {
        [only] => Some(Letter { byte: one(only)?, any_case: false }),
        [upper, lower] => {
            let (upper, lower) = (one(upper)?, one(lower)?);
            let is_pair = upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == lower;
            is_pair.then_some(Letter { byte: lower, any_case: true })
        }
        _ => None,
    }
}

/// Adds what every match of an expression holds.
fn collect(hir: &Hir, sets: &mut Vec<Vec<Needed>>) {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => collect_row(std::slice::from_ref(hir), sets),
        HirKind::Capture(group) => collect(&group.sub, sets),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, sets),
        HirKind::Concat(parts) => collect_row(parts, sets),
        HirKind::Alternation(branches) => {
            let mut union = Vec::new();
            for branch in branches {
                let mut own = Vec::new();
                collect(branch, &mut own);
                let worth = |set: &Vec<Needed>| set.iter().map(Needed::worth).min();
                let Some(best) = own.into_iter().max_by_key(worth) else { return };
                union.extend(best);
                if union.len() > MOST_TEXTS {
                    return;
                }
            }
            union.dedup();
            sets.push(union);
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => {}
    }
}

/// What stands one behind the other: letters that follow one another are one text.
fn collect_row(parts: &[Hir], sets: &mut Vec<Vec<Needed>>) {
    let mut row: Vec<Letter> = Vec::new();
    let end = |row: &mut Vec<Letter>, sets: &mut Vec<Vec<Needed>>| {
        if !row.is_empty() {
            sets.push(vec![Needed::new(row)]);
            row.clear();
        }
    };
    for part in parts {
        if let HirKind::Literal(literal) = part.kind() {
            row.extend(literal.0.iter().map(|&byte| Letter { byte, any_case: false }));
        } else if let Some(letter) = letter(part) {
            row.push(letter);
        } else {
            end(&mut row, sets);
            if !matches!(part.kind(), HirKind::Class(_)) {
                collect(part, sets);
            }
        }
    }
    end(&mut row, sets);
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_automata::util::syntax;

    fn needs(source: &str, literals: &[&str]) -> Vec<Vec<String>> {
        let hir = syntax::parse_with(source, &syntax::Config::new().utf8(false).unicode(false)).unwrap();
        let text = |needed: &Needed| String::from_utf8_lossy(&needed.bytes).into_owned();
        Needs::of(&hir, literals).sets().map(|set| set.iter().map(text).collect()).collect()
    }

    #[test]
    fn what_every_match_holds() {
        assert_eq!(needs(r"https?://[^:@/]+:([^@/]+)@\w+", &["://"]), [["@"], ["http"]]);
        assert_eq!(needs(r"(?:a=b|c=d#)x", &[]), [["a=b", "c=d#"]]);
        assert_eq!(needs(r"token[:=]?\w+", &["token"]), [[""; 0]; 0]);
        assert_eq!(needs(r"(?i)Login\s+(?<secret>\w+) then", &[" then"]), [["login"]]);
        assert_eq!(needs(r"(?:ab|cd|ef)*x(?:gh){2}", &[]), [["gh"]]);
        assert_eq!(needs(r"key:(?:\d|ab)", &["key:"]), [[""; 0]; 0]);
    }

    #[test]
    fn found_where_it_stands() {
        let hir = syntax::parse("(?i-u)Pass-Word").unwrap();
        let needs = Needs::of(&hir, &[""; 0]);
        let needed = &needs.0[0][0];
        assert!(needed.any_case);
        assert_eq!(needed.find(b"a pass word, a PASS-word"), Some(15));
        assert_eq!(needed.find(b"pass-wor"), None);
        assert_eq!(needed.find(b""), None);
        let hir = syntax::parse("Pass-Word").unwrap();
        let needs = Needs::of(&hir, &[""; 0]);
        assert_eq!(needs.0[0][0].find(b"pass-word Pass-Word"), Some(10));
    }
}
