//! Made-up tokens of the same shape as a found one.

use super::Credential;
use crate::net::http::random;

/// What tokens start with and keep; the longest that fits counts. The rest is what makes them secret.
const PREFIXES: &[&str] = &[
    "AC",
    "AIza",
    "AQ.A",
    "SG.",
    "SK",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glcbt-",
    "glpat-",
    "npm_",
    "pypi-AgEIcHlwaS5vcmc",
    "pypi-AgENdGVzdC5weXBpLm9yZw",
    "rk_live_",
    "rk_test_",
    "sk-",
    "sk-admin-",
    "sk-ant-admin01-",
    "sk-ant-api03-",
    "sk-proj-",
    "sk-svcacct-",
    "sk_live_",
    "sk_test_",
    "xapp-1-A",
    "xoxa-",
    "xoxa-2-",
    "xoxb-",
    "xoxe.xoxb-1-",
    "xoxe.xoxp-1-",
    "xoxo-",
    "xoxp-",
    "xoxs-",
];
/// In the middle of OpenAI's keys.
const MARK: &str = "T3BlbkFJ";
/// Characters that must be new: with fewer, the control could be somebody's token.
const LEAST: usize = 12;

/// A credential that nobody has; `None` when it is too short to be sure of that.
pub(super) fn of(found: &Credential) -> Option<Credential> {
    let secret = made_up(&found.secret)?;
    let id = match &found.id {
        Some(id) => Some(made_up(id)?),
        None => None,
    };
    Some(Credential { id, secret, is_guess: false })
}

/// `token` with other letters and digits after its prefix: each run of them is drawn anew from the
/// classes that occur in it, so that nothing but the shape is told.
fn made_up(token: &str) -> Option<String> {
    let prefix = PREFIXES.iter().filter(|p| token.starts_with(**p)).max_by_key(|p| p.len());
    let (prefix, body) = token.split_at(prefix.map_or(0, |p| p.len()));
    let drawn = body.bytes().filter(u8::is_ascii_alphanumeric).count();
    if drawn < LEAST || !token.is_ascii() {
        return None;
    }
    // Nothing of the body but its marks and separators may stay, not even by chance.
    for _ in 0..16 {
        let new: Vec<String> = body.split(MARK).map(part).collect();
        let new = new.join(MARK);
        let same = new.bytes().zip(body.bytes()).filter(|(a, b)| a == b && a.is_ascii_alphanumeric()).count();
        if drawn - same >= LEAST / 2 && new != body {
            return Some(format!("{prefix}{new}"));
        }
    }
    None
}

fn part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for run in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let (letters, separator) = match run.char_indices().last() {
            Some((at, c)) if !c.is_ascii_alphanumeric() => run.split_at(at),
            _ => (run, ""),
        };
        let alphabet = alphabet(letters.as_bytes());
        let draw = |_| char::from(alphabet[(random() % alphabet.len() as u64) as usize]);
        out.extend(letters.bytes().map(draw));
        out.push_str(separator);
    }
    out
}

/// The classes that occur; hexadecimal stays hexadecimal.
fn alphabet(run: &[u8]) -> Vec<u8> {
    let is_hex = run.len() >= 8 && run.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let lower = if is_hex { b'a'..=b'f' } else { b'a'..=b'z' };
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    let mut out = Vec::new();
    if has(u8::is_ascii_digit) {
        out.extend(b'0'..=b'9');
    }
    if has(u8::is_ascii_lowercase) {
        out.extend(lower);
    }
    if has(u8::is_ascii_uppercase) {
        out.extend(b'A'..=b'Z');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_stays_and_the_body_goes() {
        for (token, kept) in [
            ("ghp_0123456789abcdefABCDEFxyzXYZ01234567", "ghp_"),
            ("github_pat_0123456789abcdefABCDEF_0123456789abcdefABCDEF0123456789abcdef", "github_pat_"),
            ("xoxb-123456789012-123456789012-abcDEF0123456789abcDEF01", "xoxb-"),
            ("xapp-1-A0123456789-1234567890123-0123456789abcdef0123456789abcdef", "xapp-1-A"),
            ("sk-proj-abcDEF0123456789abcDT3BlbkFJabcDEF0123456789abcD", "sk-proj-"),
            ("0123456789abcdef0123456789abcdef", ""),
        ] {
            let new = made_up(token).unwrap();
            assert_eq!(new.len(), token.len());
            assert!(new.starts_with(kept) && new != token, "{new}");
            assert_eq!(new.contains(MARK), token.contains(MARK));
            let separators = |t: &str| -> Vec<(usize, char)> {
                t.char_indices().filter(|(_, c)| !c.is_ascii_alphanumeric()).collect()
            };
            assert_eq!(separators(&new), separators(token));
            if kept.is_empty() {
                assert!(new.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()), "{new}");
            }
        }
        for short in ["", "ghp_", "ghp_short", "----------------------"] {
            assert_eq!(made_up(short), None, "{short}");
        }
    }
}
