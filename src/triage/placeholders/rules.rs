//! What cannot be said as a text or an expression: each `rule` row of the table is a function here, and
//! so are the forms that need a second look.

use super::super::names;
use super::{DATA, Facts, Placeholder, plain, trim};
use std::collections::HashSet;
use std::sync::OnceLock;

pub(super) fn one_character(_: &[u8], facts: &Facts) -> bool {
    facts.len >= 6 && facts.distinct == 1 || facts.stretch >= 8 && facts.stretch * 2 >= facts.len
}

pub(super) fn short_group(value: &[u8], facts: &Facts) -> bool {
    // A period repeats every character: few different ones for the length.
    let repeats =
        |period: usize| value.len() >= 4 * period && value[period..] == value[..value.len() - period];
    facts.len >= 8 && facts.distinct <= 16 && (1..=16).any(repeats)
        || facts.len >= 10 && facts.distinct <= 12 && (1..=4).any(|period| mostly_repeats(value, period))
}

/// Whether two thirds of the letters and digits are what stands a period before, whatever stands between them.
fn mostly_repeats(value: &[u8], period: usize) -> bool {
    let own = || value.iter().filter(|b| b.is_ascii_alphanumeric());
    let (all, same) = own()
        .zip(own().skip(period))
        .fold((0, 0), |(all, same), (a, b)| (all + 1, same + usize::from(a == b)));
    all >= 6 && same * 3 >= all * 2
}

pub(super) fn uuid_of_one_digit(value: &[u8], facts: &Facts) -> bool {
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

pub(super) fn only_mask(value: &[u8], facts: &Facts) -> bool {
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

pub(super) fn cut_in_the_middle(value: &[u8], facts: &Facts) -> bool {
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

pub(super) fn few_distinct(_: &[u8], facts: &Facts) -> bool {
    facts.len >= 16 && facts.distinct < 5
}

/// `Password_123`, `P@55w0rd!`: the word itself, its letters varied, and a few digits and marks.
pub(super) fn password_varied(value: &[u8], _: &Facts) -> bool {
    const LETTERS: [&[u8]; 8] = [b"pP", b"aA@4", b"sS5$", b"sS5$", b"wW", b"oO0", b"rR", b"dD"];
    let Some((word, rest)) = value.split_at_checked(LETTERS.len()) else { return false };
    let digits = rest.iter().filter(|b| b.is_ascii_digit()).count();
    let marks = rest.iter().filter(|b| b"!?.@#$&*-_+=".contains(b)).count();
    word.iter().zip(LETTERS).all(|(b, may)| may.contains(b))
        && digits + marks == rest.len()
        && digits <= 4
        && marks <= 3
        // The word alone, as it is written, is a weak word.
        && !(rest.is_empty() && word.iter().all(u8::is_ascii_alphabetic))
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

pub(super) fn sequence(value: &[u8], facts: &Facts) -> bool {
    if facts.len < 6 {
        return false;
    }
    let followers = followers();
    let follows = |a: u8, b: u8| usize::from(followers[usize::from(a)] >> b & 1 == 1);
    // The next letter or digit only: with all orders, chance would do.
    let next = |a: u8, b: u8| usize::from(a < 36 && b < 36 && b == a + 1);
    // Up and down, one apart and (interleaved, 1a2b3c4d) two apart. What joins groups is passed over: 1234-abcd-5678.
    let mut steps = [[0; 2]; 2];
    let (mut before, mut last) = (36, 36);
    let (mut count, mut same) = (0, 0);
    for b in value.iter().map(|b| code(*b)).filter(|b| *b < 36) {
        count += 1;
        same += usize::from(b == last);
        steps[0][0] += follows(last, b);
        steps[0][1] += follows(b, last);
        steps[1][0] += next(before, b);
        steps[1][1] += next(b, before);
        (before, last) = (last, b);
    }
    let most = |apart: usize| steps[apart - 1].iter().any(|n| n * 3 > 2 * (facts.len.min(count) - apart));
    // Each letter again before the next one: an alphabet in both cases, `AaBbCc`.
    let is_alphabet = || steps[0].iter().any(|n| n * 4 > count && (n + same) * 10 >= 9 * (count - 1));
    // Chance makes sequences of what few characters are left of a value of other ones.
    count * 4 >= facts.len * 3 && (most(1) || count >= 8 && most(2) || count >= 12 && is_alphabet())
}

/// Whether a placeholder may be made of this word. The table's words are few on purpose: a passphrase of
/// dictionary words is a secret.
fn is_common(word: &str) -> bool {
    static COMMON: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let parts = || DATA.lines().filter_map(super::columns).filter(|row| row.1 == "parts");
    COMMON.get_or_init(|| parts().flat_map(|row| row.0.split_ascii_whitespace()).collect()).contains(word)
}

pub(super) fn joined_words(value: &[u8], facts: &Facts) -> bool {
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

/// `${NAME}`; of `${NAME:-default}` the default is the value.
pub(super) fn interpolation(value: &[u8], kind: Placeholder) -> Option<Placeholder> {
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
pub(super) fn is_variable(value: &[u8]) -> bool {
    let name = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
    name.contains('_') || names::judge(&name) != names::Verdict::Unknown || is_common(&name)
}

/// `DATABASE_PASSWORD`, not `X7KQ_93FZ`: words, few digits.
pub(super) fn is_constant_name(value: &[u8], facts: &Facts) -> bool {
    let vowels = value.iter().filter(|b| b"AEIOUY".contains(b)).count();
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let mixed = value.split(|&b| b == b'_').filter(|part| {
        let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
        digits > 2 && digits < part.len()
    });
    facts.digits * 4 <= facts.len && vowels * 6 >= letters && mixed.count() == 0
}

/// `user.password`, `config.getToken()`; not a token with dots in it.
pub(super) fn is_dotted_name(value: &[u8]) -> bool {
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
