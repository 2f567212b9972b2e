//! Wildcards of policy documents: actions, ARNs, condition values.
//!
//! Patterns are bytes, so that a literal star (`${*}`) can be told from a wildcard by a byte that no
//! UTF-8 text contains. Matching keeps one fallback position, so the time is at most pattern × text and
//! never exponential. The meet of two patterns ([`meet`]) gives a pattern inside both; filled with
//! words that nobody writes ([`fill`]) it stands for "some resource both sides speak of", which lets
//! one exact evaluator answer "is there any resource on which this is allowed".

/// A star that is a star, from `${*}`.
pub const LITERAL_STAR: u8 = 0xff;
/// A question mark that is one, from `${?}`.
pub const LITERAL_QUESTION: u8 = 0xfe;
/// Longer patterns are not met with each other: the table would grow with the product.
const MEET_LIMIT: usize = 600;

/// Whether `text` is in the language of `pattern`; `fold` ignores ASCII case.
pub fn glob(pattern: &[u8], text: &[u8], fold: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                back = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some(b'?'), Some(_)) => {
                p += 1;
                t = next_char(text, t);
                continue;
            }
            (Some(&a), Some(&b)) if same(a, b, fold) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        match back {
            Some((after, from)) if from < text.len() => {
                back = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

fn same(pattern: u8, text: u8, fold: bool) -> bool {
    match pattern {
        LITERAL_STAR => text == b'*',
        LITERAL_QUESTION => text == b'?',
        _ if fold => pattern.eq_ignore_ascii_case(&text),
        _ => pattern == text,
    }
}

fn next_char(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while text.get(end).is_some_and(|b| b & 0xc0 == 0x80) {
        end += 1;
    }
    end
}

/// Whether the pattern is nothing but stars.
pub fn is_everything(pattern: &[u8]) -> bool {
    !pattern.is_empty() && pattern.iter().all(|&b| b == b'*')
}

/// Whether an action (`service:Name`) is in `pattern`. The service part takes a wildcard only as the
/// whole `*`.
pub fn action(pattern: &str, action: &str) -> bool {
    if is_everything(pattern.as_bytes()) {
        return true;
    }
    let (Some((ps, pn)), Some((service, name))) = (pattern.split_once(':'), action.split_once(':')) else {
        return false;
    };
    (ps == "*" || ps.eq_ignore_ascii_case(service)) && glob(pn.as_bytes(), name.as_bytes(), true)
}

/// Up to six sections of an ARN; the sixth keeps its colons.
pub fn sections(text: &[u8]) -> Vec<&[u8]> {
    text.splitn(6, |&b| b == b':').collect()
}

/// Whether an ARN is in `pattern`: the first five sections each on its own, the sixth across `/` and `:`.
/// Sections that the pattern leaves out match anything.
pub fn arn(pattern: &[u8], text: &[u8]) -> bool {
    if is_everything(pattern) {
        return true;
    }
    if !pattern.starts_with(b"arn:") {
        return glob(pattern, text, false);
    }
    let wanted = sections(pattern);
    let got = sections(text);
    if got.len() < 6 {
        return false;
    }
    got.iter().enumerate().all(|(at, section)| match wanted.get(at) {
        Some(pattern) => glob(pattern, section, false),
        None => true,
    })
}

/// A pattern inside both of two ARN patterns, or `None` where they have nothing in common.
pub fn meet_arn(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    if is_everything(a) {
        return Some(b.to_vec());
    }
    if is_everything(b) {
        return Some(a.to_vec());
    }
    if !a.starts_with(b"arn:") || !b.starts_with(b"arn:") {
        return meet(a, b);
    }
    let (left, right) = (sections(a), sections(b));
    let mut out = Vec::new();
    for at in 0..6 {
        let section = match (left.get(at), right.get(at)) {
            (Some(l), Some(r)) => meet(l, r)?,
            (Some(one), None) | (None, Some(one)) => one.to_vec(),
            (None, None) => b"*".to_vec(),
        };
        if at > 0 {
            out.push(b':');
        }
        out.extend(section);
    }
    Some(out)
}

/// A pattern inside both of two plain patterns, as wide as one path through them allows.
pub fn meet(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    if is_everything(a) {
        return Some(b.to_vec());
    }
    if is_everything(b) || a == b {
        return Some(a.to_vec());
    }
    let (n, m) = (a.len(), b.len());
    if n > MEET_LIMIT || m > MEET_LIMIT {
        return None;
    }
    // possible[i][j]: the tails from i and j have something in common.
    let width = m + 1;
    let mut possible = vec![false; (n + 1) * width];
    let star = |s: &[u8], at: usize| s.get(at) == Some(&b'*');
    for i in (0..=n).rev() {
        for j in (0..=m).rev() {
            let at = |i: usize, j: usize| possible.get(i * width + j).copied().unwrap_or(false);
            let here = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(b'*'), _) if at(i + 1, j) => true,
                (_, Some(b'*')) if at(i, j + 1) => true,
                (Some(b'*'), Some(_)) => at(i, j + 1),
                (Some(_), Some(b'*')) => at(i + 1, j),
                (Some(&x), Some(&y)) => both(x, y).is_some() && at(i + 1, j + 1),
                _ => false,
            };
            if let Some(cell) = possible.get_mut(i * width + j) {
                *cell = here;
            }
        }
    }
    let at = |i: usize, j: usize| i <= n && j <= m && possible.get(i * width + j).copied().unwrap_or(false);
    if !at(0, 0) {
        return None;
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < n || j < m {
        match (a.get(i), b.get(j)) {
            (Some(b'*'), Some(b'*')) => {
                if out.last() != Some(&b'*') {
                    out.push(b'*');
                }
                if at(i + 1, j) {
                    i += 1;
                } else {
                    j += 1;
                }
            }
            // A star swallows what the other side writes as long as that leads anywhere.
            (Some(b'*'), Some(&y)) if at(i, j + 1) => {
                out.push(y);
                j += 1;
            }
            (Some(b'*'), _) => i += 1,
            (Some(&x), Some(b'*')) if at(i + 1, j) => {
                out.push(x);
                i += 1;
            }
            (_, Some(b'*')) => j += 1,
            (Some(&x), Some(&y)) => {
                out.push(both(x, y)?);
                i += 1;
                j += 1;
            }
            _ => return None,
        }
    }
    debug_assert!(!star(a, n));
    Some(out)
}

fn both(x: u8, y: u8) -> Option<u8> {
    match (x, y) {
        (b'?', other) | (other, b'?') => Some(other),
        _ if x == y => Some(x),
        (LITERAL_STAR | LITERAL_QUESTION, _) | (_, LITERAL_STAR | LITERAL_QUESTION) => None,
        _ => None,
    }
}

/// Replaces each wildcard by a word that no document contains.
pub fn fill(pattern: &[u8], word: &str) -> String {
    let mut out = Vec::with_capacity(pattern.len());
    for &byte in pattern {
        match byte {
            b'*' => out.extend(word.as_bytes()),
            b'?' => out.push(b'q'),
            LITERAL_STAR => out.push(b'*'),
            LITERAL_QUESTION => out.push(b'?'),
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A compiled pattern as people write it.
pub fn show(pattern: &[u8]) -> String {
    let plain: Vec<u8> = pattern
        .iter()
        .map(|&b| match b {
            LITERAL_STAR => b'*',
            LITERAL_QUESTION => b'?',
            _ => b,
        })
        .collect();
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(p: &[u8], t: &[u8]) -> bool {
        match p.first() {
            None => t.is_empty(),
            Some(b'*') => naive(&p[1..], t) || (!t.is_empty() && naive(p, &t[1..])),
            Some(b'?') => !t.is_empty() && naive(&p[1..], &t[1..]),
            Some(c) => t.first() == Some(c) && naive(&p[1..], &t[1..]),
        }
    }

    #[test]
    fn actions() {
        assert!(action("*", "s3:GetObject"));
        assert!(action("*:*", "s3:GetObject"));
        assert!(action("S3:getobject", "s3:GetObject"));
        assert!(action("s3:D?leteObject", "s3:DeleteObject"));
        assert!(action("iam:Pass*", "iam:PassRole"));
        assert!(action("iam:*Role*", "iam:PassRole"));
        assert!(!action("s*:GetObject", "s3:GetObject"));
        assert!(!action("s3:Get", "s3:GetObject"));
        assert!(!action("ec2*", "ec2:RunInstances"));
    }

    #[test]
    fn arns() {
        let m = |p: &str, t: &str| arn(p.as_bytes(), t.as_bytes());
        assert!(m("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z"));
        assert!(!m("arn:aws:s3:::b/*", "arn:aws:s3:::b"));
        assert!(!m("arn:aws:s3:::B/*", "arn:aws:s3:::b/x"));
        assert!(!m("arn:aws:rds:*:db:x", "arn:aws:rds:us-east-1:123456789012:db:x"));
        assert!(m("arn:aws:rds:*:*:db:*", "arn:aws:rds:us-east-1:123456789012:db:x"));
        assert!(m("arn:aws:sqs", "arn:aws:sqs:us-east-1:123456789012:q"));
        assert!(!m("arn:aws:s3:::*", "*"));
        assert!(m("*", "*"));
    }

    #[test]
    fn meets() {
        let m = |a: &str, b: &str| meet_arn(a.as_bytes(), b.as_bytes()).map(|p| show(&p));
        assert_eq!(m("arn:aws:s3:::a*", "arn:*:s3:::*/*").as_deref(), Some("arn:aws:s3:::a*/*"));
        assert_eq!(m("arn:aws:s3:::a", "arn:*:s3:::*/*"), None);
        assert_eq!(m("arn:aws:s3:::a*", "arn:aws:s3:::*b").as_deref(), Some("arn:aws:s3:::a*b"));
        assert_eq!(m("arn:aws:rds:*:*:db:*", "arn:*:rds:*:*:cluster:*"), None);
    }

    proptest! {
        #[test]
        fn glob_agrees_with_the_naive_one(p in "[ab*?]{0,8}", t in "[ab]{0,10}") {
            prop_assert_eq!(glob(p.as_bytes(), t.as_bytes(), false), naive(p.as_bytes(), t.as_bytes()));
        }

        #[test]
        fn what_two_patterns_share_is_in_both(a in "[abc*?]{1,8}", b in "[abc*?]{1,8}") {
            if let Some(both) = meet(a.as_bytes(), b.as_bytes()) {
                let text = fill(&both, "a");
                prop_assert!(naive(a.as_bytes(), text.as_bytes()), "{} not in {}", text, a);
                prop_assert!(naive(b.as_bytes(), text.as_bytes()), "{} not in {}", text, b);
            }
        }

        #[test]
        fn a_shared_text_means_they_meet(a in "[ab*?]{1,6}", b in "[ab*?]{1,6}", t in "[ab]{0,6}") {
            if naive(a.as_bytes(), t.as_bytes()) && naive(b.as_bytes(), t.as_bytes()) {
                prop_assert!(meet(a.as_bytes(), b.as_bytes()).is_some());
            }
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(2000);
        let text = "a".repeat(1999) + "b";
        assert!(!glob(pattern.as_bytes(), text.as_bytes(), false));
    }
}
