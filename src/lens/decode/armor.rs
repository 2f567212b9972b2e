//! Private keys whose lines stand in something else each: in calls (`sb.append("MII…\n");`), behind times and numbers of lines, in
//! strings that were cut anywhere. The patterns read a key whose lines follow each other; here its lines are put together again.

use super::Decoded;
use crate::address::Encoding;
use crate::blob::OffsetMap;
use std::ops::Range;

/// Longest word between `-----BEGIN ` and `PRIVATE KEY`: `OPENSSH`.
const LONGEST_KIND: usize = 24;
/// Longest line that is read, and most of them.
const LONGEST_LINE: usize = 512;
const MOST_LINES: usize = 400;
/// Least characters of a line that is not the last.
const LEAST: usize = 8;
/// Least characters of a key: of Ed25519 in PKCS#8.
const LEAST_KEY: usize = 64;
/// Most lines above a key.
const MOST_HEADERS: usize = 6;
/// What the patterns read of a line, at least.
const PLAIN: usize = 32;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

/// The key whose first line ends with `word`, if its lines do not simply follow each other.
pub fn key(text: &[u8], word: &Range<usize>) -> Option<Decoded> {
    let lowest = word.start.saturating_sub(BEGIN.len() + LONGEST_KIND);
    let begin = lowest + memchr::memmem::rfind(&text[lowest..word.start], BEGIN)?;
    let kind = &text[begin + BEGIN.len()..word.start];
    (kind.iter().all(|b| b.is_ascii_uppercase() || *b == b' ') && !is_plain(text, word.end)).then_some(())?;
    let (mut bytes, mut map) = (Vec::new(), OffsetMap::identity());
    let mut put = |piece: Range<usize>, bytes: &mut Vec<u8>| {
        map.push_plain(bytes.len(), piece.start as u64);
        bytes.extend_from_slice(&text[piece]);
    };
    put(begin..word.end, &mut bytes);
    bytes.push(b'\n');
    let (head, mut end, mut is_closed) = (bytes.len(), word.end, false);
    let (is_pgp, mut encrypted) = (kind.starts_with(b"PGP"), false);
    // What follows on the line of the first, then line by line.
    let mut line = line_at(text, word.end);
    for number in 0..MOST_LINES {
        let stop = memchr::memmem::find(&text[line.clone()], DASHES).map(|at| line.start + at);
        let mut pieces = pieces(text, line.start..stop.unwrap_or(line.end));
        let mut len: usize = pieces.iter().map(Range::len).sum();
        // Before the last line stands what the others stand in, unless it is cut elsewhere.
        let is_whole = (bytes.len() - head + len).is_multiple_of(4);
        if stop.is_some_and(|stop| !is_whole || !ends_at(text, &pieces, stop)) {
            pieces.clear();
            len = 0;
        }
        let is_begun = bytes.len() > head;
        if is_begun && len < LEAST && stop.is_none() {
            break;
        }
        // The end of the first line is code, unless a key begins there; headers and an empty line may follow.
        if !is_begun && !pieces.first().is_some_and(|first| begins_key(&text[first.clone()], is_pgp)) {
            if number > MOST_HEADERS || number > 0 && !is_header(&text[line.clone()]) {
                return None;
            }
            encrypted |= memchr::memmem::find(&text[line.clone()], b"ENCRYPTED").is_some();
            pieces.clear();
        }
        for piece in pieces {
            end = piece.end;
            put(piece, &mut bytes);
        }
        if let Some(stop) = stop {
            is_closed = text[stop..].starts_with(b"-----END ");
            break;
        }
        if line.end >= text.len() {
            break;
        }
        line = line_at(text, line.end + 1);
    }
    // A key under a password is not worth much as a key without its headers.
    (bytes.len() - head >= LEAST_KEY && !encrypted).then_some(())?;
    bytes.push(b'\n');
    if is_closed {
        bytes.extend([b"-----END ", kind, &text[word.clone()], b"\n"].concat());
    }
    Some(Decoded { span: begin..end, encoding: Encoding::Assembled, bytes, map, cut: false })
}

/// The key whose first line ends with `word`, in the escapes of URLs: `-----BEGIN%20PRIVATE%20KEY-----%0AMII…`.
pub fn percent(text: &[u8], word: &Range<usize>) -> Option<Decoded> {
    const LONGEST: usize = 24 << 10;
    let lowest = word.start.saturating_sub(BEGIN.len() + LONGEST_KIND);
    let begin = lowest + memchr::memmem::rfind(&text[lowest..word.start], b"-----BEGIN")?;
    // Forms write blanks as plus signs, and these as escapes.
    let is_form = text[word.clone()].contains(&b'+');
    let (mut bytes, mut map, mut at) = (Vec::new(), OffsetMap::identity(), begin);
    map.push_plain(0, begin as u64);
    let digit = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
    while at < text.len().min(begin + LONGEST) {
        let (byte, len) = match text[at..] {
            [b'%', high, low, ..] => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => break,
            },
            [b'+', ..] if is_form => (b' ', 1),
            [b, ..] if is_base64(b) || matches!(b, b'-' | b'=') => (b, 1),
            _ => break,
        };
        bytes.push(byte);
        at += len;
        if len > 1 {
            map.push_plain(bytes.len(), at as u64);
        }
    }
    (bytes.len() >= LEAST_KEY).then_some(Decoded {
        span: begin..at,
        encoding: Encoding::Percent,
        bytes,
        map,
        cut: false,
    })
}

fn line_at(text: &[u8], start: usize) -> Range<usize> {
    let most = text.len().min(start + LONGEST_LINE);
    start..memchr::memchr(b'\n', &text[start.min(most)..most]).map_or(most, |at| start + at)
}

/// Whether the last of the pieces ends at `stop`, but for the end of a line.
fn ends_at(text: &[u8], pieces: &[Range<usize>], stop: usize) -> bool {
    let is_line_end =
        |between: &[u8]| matches!(between, [] | [b'\\', b'n' | b'r'] | [b'\\', b'r', b'\\', b'n']);
    pieces.last().is_some_and(|last| is_line_end(&text[last.end..stop]))
}

/// Whether the patterns read what follows: two lines with nothing between them but blanks, quotes, line ends in whatever spelling.
fn is_plain(text: &[u8], from: usize) -> bool {
    let skip = |at: usize| {
        let is_between = |b: &&u8| b.is_ascii_whitespace() || b"\"'`+,;|#*>.\\&%".contains(b);
        let mut at = at + text[at..].iter().take(LONGEST_LINE).take_while(is_between).count();
        // The letter of an escape.
        let rest = &text[at..];
        if text[..at].ends_with(b"\\") && matches!(rest.first(), Some(b'n' | b'r' | b't')) {
            at += 1;
        }
        at
    };
    let run = |at: usize| text[at..].iter().take(LONGEST_LINE).take_while(|b| is_base64(**b)).count();
    let escaped = |at: usize| (0..6).fold(at, |at, _| skip(at));
    let first = escaped(from);
    let len = run(first);
    first > from && (len >= 64 || len >= PLAIN && run(escaped(first + len)) >= PLAIN)
}

/// Whether a line above a key is short or a header of it: `DEK-Info: …`, `keyID: …`.
fn is_header(line: &[u8]) -> bool {
    let is_named =
        |at: usize| at > 1 && line[at - 1].is_ascii_alphanumeric() && line.get(at + 1) == Some(&b' ');
    line.len() < LEAST_KEY || line.len() < 3 * LEAST_KEY && memchr::memchr(b':', line).is_some_and(is_named)
}

/// Whether a key begins so, in base64: a sequence of ASN.1 that is no longer than 64 kilobytes, a key of OpenSSH, a packet of OpenPGP.
fn begins_key(first: &[u8], is_pgp: bool) -> bool {
    if is_pgp {
        return matches!(first, [b'l' | b'x', ..]) && first.len() >= PLAIN;
    }
    matches!(first, [b'M', b'A'..=b'I', ..]) || first.starts_with(b"b3BlbnNzaC1rZXktdjE")
}

/// The parts of a line that belong to a key: those of the string in it, or else the longest word.
fn pieces(text: &[u8], line: Range<usize>) -> Vec<Range<usize>> {
    string(text, &line).unwrap_or_else(|| runs(text, line).max_by_key(Range::len).into_iter().collect())
}

/// The parts of the string of a line that has one with nothing else in it than base64 and ends of lines.
fn string(text: &[u8], line: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let quote_at = |from: usize| {
        text[from..line.end].iter().position(|b| matches!(b, b'"' | b'\'' | b'`')).map(|at| from + at)
    };
    let mut from = line.start;
    while let Some(open) = quote_at(from) {
        let end = memchr::memchr(text[open], &text[open + 1..line.end]).map_or(line.end, |at| open + 1 + at);
        let inside = open + 1..end;
        let is_part = |(i, b): (usize, &u8)| {
            is_base64(*b)
                || matches!(b, b'=' | b'\\' | b' ')
                || i > 0 && text[inside.start + i - 1] == b'\\' && matches!(b, b'n' | b'r' | b't')
        };
        if inside.len() >= LEAST && text[inside.clone()].iter().enumerate().all(is_part) {
            return Some(runs(text, inside).collect());
        }
        from = end + 1;
        if from >= line.end {
            break;
        }
    }
    None
}

/// Stretches of base64 with their padding, without the letters of escapes.
fn runs(text: &[u8], within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = within.start;
    std::iter::from_fn(move || {
        while at < within.end && !is_base64(text[at]) {
            at += if text[at] == b'\\' && at + 1 < within.end { 2 } else { 1 };
        }
        let start = at;
        at += text[at.min(within.end)..within.end].iter().take_while(|b| is_base64(**b)).count();
        let end = at;
        at += text[at.min(within.end)..within.end].iter().take(2).take_while(|b| **b == b'=').count();
        (end > start).then_some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    /// Base64 of no key, but of its length and first letters.
    fn lines() -> Vec<String> {
        let letters = "MIGHAgEAMBMGByqGSM49+EwEHBG0wawIBAQQg/tuQJAxuboZWVwgHcDciyVdrovA5";
        (0..4).map(|n| letters[..64 - 12 * (n / 3)].to_owned()).collect()
    }

    fn read(text: &str) -> Option<String> {
        let at = text.find("PRIVATE KEY-----")?;
        let decoded = key(text.as_bytes(), &(at..at + "PRIVATE KEY-----".len()))?;
        let first = decoded.bytes.windows(4).position(|w| w == b"MIGH").unwrap();
        assert_eq!(decoded.map.outer(TextOffset(first)) as usize, text.find("MIGH").unwrap());
        Some(String::from_utf8(decoded.bytes).unwrap())
    }

    fn framed(before: &str, behind: &str) -> String {
        let lines = lines().join(&format!("{behind}{before}"));
        format!(
            "{before}-----BEGIN EC PRIVATE KEY-----{behind}{before}{lines}{behind}{before}-----END EC PRIVATE KEY-----{behind}"
        )
    }

    #[test]
    fn lines_in_whatever_they_stand() {
        let body = lines().concat();
        let want = format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n");
        for (before, behind) in [
            ("sb.append(\"", "\\n\");\n"),
            ("k += '", "\\r\\n';\n"),
            ("echo \"", "\" >> /etc/ssl/private/server.key\n"),
            ("2024-01-01T12:00:00Z INFO  ", "\n"),
            ("    17  ", "\r\n"),
            ("set LINE=", "\n"),
            ("<<\"", "\\n\">>,\n"),
            ("'", "'.PHP_EOL .\n"),
            ("  @\"", "\\n\"\n"),
            ("\"", "\" & vbCrLf & _\n"),
            ("// ", "\n"),
            ("  - \"", "\"\n"),
        ] {
            assert_eq!(read(&framed(before, behind)).as_deref(), Some(&*want), "{before}{behind}");
        }
    }

    #[test]
    fn strings_that_are_cut_anywhere() {
        let body = lines().join("\\n");
        let cut: Vec<String> =
            body.as_bytes().chunks(40).map(|c| format!("\"{}\"\n", String::from_utf8_lossy(c))).collect();
        let text = format!(
            "k = \"-----BEGIN PRIVATE KEY-----\\n\"\n{}\"-----END PRIVATE KEY-----\\n\";",
            cut.concat()
        );
        let found = read(&text).unwrap();
        let bare: String = found.lines().filter(|line| !line.contains('-')).collect();
        assert_eq!(bare, lines().concat());
        let whole = format!("KEY=-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----", lines().concat());
        assert!(read(&whole).unwrap().contains(&lines().concat()));
    }

    #[test]
    fn blocks_of_openpgp() {
        let key = framed("k += \"", "\\n\";\n")
            .replace("MIGH", "lQHY")
            .replace("EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK");
        let key =
            key.replacen("k += \"lQHY", "k += \"Version: GnuPG v2\\n\";\nk += \"\\n\";\nk += \"lQHY", 1);
        let at = key.find("PRIVATE").unwrap();
        let found = super::key(key.as_bytes(), &(at..at + "PRIVATE KEY BLOCK-----".len())).unwrap();
        let body = lines().concat().replace("MIGH", "lQHY");
        assert_eq!(
            String::from_utf8(found.bytes).unwrap(),
            format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n{body}\n-----END PGP PRIVATE KEY BLOCK-----\n")
        );
    }

    #[test]
    fn keys_in_urls() {
        let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines().join("\n"));
        let escaped = key.replace('+', "%2B").replace('/', "%2f").replace('\n', "%0A").replace('=', "%3D");
        for text in [escaped.replace(' ', "%20"), escaped.replace(' ', "+")] {
            let text = format!("name=x&key={text}&more=y");
            let at = text.find("PRIVATE").unwrap();
            let decoded = percent(text.as_bytes(), &(at..text.find("KEY").unwrap() + 8)).unwrap();
            assert_eq!(String::from_utf8_lossy(&decoded.bytes), key);
            let last = key.find("-----END").unwrap();
            assert_eq!(decoded.map.outer(TextOffset(last)) as usize, text.find("-----END").unwrap());
        }
        assert!(percent(b"PRIVATE%20KEY-----", &(0..18)).is_none());
    }

    #[test]
    fn what_is_none_and_what_the_patterns_read() {
        for none in [
            framed("", "\n"),
            framed("", "\\n"),
            framed("\"", "\\n\" +\n"),
            framed("  ", "\r\n"),
            "case \"-----BEGIN PRIVATE KEY-----\":\n  return asn1.PrivateKeyInfoOfEveryKind(data)\n".into(),
            "-----BEGIN PRIVATE KEY-----\", key,\n  MoreOfTheSameInWordsThatAreLong\n".into(),
            "-----BEGIN PRIVATE KEY-----".into(),
            framed("log: ", "\n").replacen(
                "log: MIGH",
                "log: Proc-Type: 4,ENCRYPTED\nlog: DEK-Info: AES-128-CBC,AB\nlog: \nlog: MIGH",
                1,
            ),
            "BEGIN PRIVATE KEY-----\nMII".into(),
        ] {
            assert_eq!(read(&none), None, "{none}");
        }
    }
}
