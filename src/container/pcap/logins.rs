//! Passwords as clients send them where the protocol has a place for them instead of a name: mail, Redis, PostgreSQL, MySQL, MQTT, LDAP,
//! SASL, SOCKS, terminals.

use crate::lens::bytes::{line, slice, u16_be, u32_be, u32_le};
use crate::triage::checksum::base64_decode;

/// Bytes at the beginning of a connection in which a login stands.
pub(super) const HEAD: usize = 4 << 10;
const LONGEST: usize = 128;
/// Lines that are looked at.
const LINES: usize = 64;

/// The name of a password and the password that `sent` has, where the other side has answered `heard`.
pub(super) fn of(sent: &[u8], heard: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let found = redis(sent)
        .or_else(|| lines(sent))
        .or_else(|| postgres(sent))
        .or_else(|| mysql(sent, heard))
        .or_else(|| mqtt(sent))
        .or_else(|| ldap(sent))
        .or_else(|| socks(sent))
        .or_else(|| sasl(sent))
        .or_else(|| terminal(sent, heard))?;
    let is_password = (4..=LONGEST).contains(&found.1.len())
        && found.1.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
    is_password.then_some(found)
}

/// Commands of mail: `a LOGIN user password`, `AUTH LOGIN` and its two lines, `AUTH PLAIN`.
fn lines(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let mut at = 0;
    let mut next = || {
        let (found, end) = line(sent, at)?;
        at = end;
        Some(found.trim_ascii())
    };
    for _ in 0..LINES {
        let line = next()?;
        let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
        let (first, second, third) = (words.next().unwrap_or_default(), words.next(), words.next());
        let is = |word: Option<&[u8]>, of: &[u8]| word.is_some_and(|word| word.eq_ignore_ascii_case(of));
        if is(second, b"LOGIN") && third.is_some() && first.len() <= 16 && !is(Some(first), b"AUTH") {
            let password = line.rsplit(|b| *b == b' ').next()?;
            return Some(("imap_password", unquoted(password).to_vec()));
        }
        let begins =
            is(Some(first), b"AUTH") || is(Some(first), b"AUTHENTICATE") || is(second, b"AUTHENTICATE");
        if !begins {
            continue;
        }
        let method = if is(second, b"AUTHENTICATE") { third } else { second };
        let given =
            words.next().or(third).filter(|word| !is(Some(word), b"PLAIN") && !is(Some(word), b"LOGIN"));
        if is(method, b"LOGIN") {
            if given.is_none() {
                next()?;
            }
            return Some(("mail_password", base64(next()?)?));
        }
        if is(method, b"PLAIN") {
            let message = base64(match given {
                Some(given) => given,
                None => next()?,
            })?;
            return message.split(|b| *b == 0).nth(2).map(|password| ("mail_password", password.to_vec()));
        }
    }
    None
}

fn unquoted(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word)
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let letters = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    let bytes = base64_decode(letters);
    // Another letter ends it.
    (bytes.len() == letters.len() * 3 / 4).then_some(bytes)
}

/// `AUTH [user] password` and `HELLO 3 AUTH user password`, as lists of strings.
fn redis(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    sent.starts_with(b"*").then_some(())?;
    let command = memchr::memmem::find(sent, b"AUTH\r\n").or(memchr::memmem::find(sent, b"auth\r\n"))?;
    let mut at = command + 6;
    let mut words: Vec<&[u8]> = Vec::new();
    while words.len() < 2 {
        let Some(word) = (|| {
            let (len, text) = line(sent, at)?;
            let len: usize = std::str::from_utf8(len.trim_ascii().strip_prefix(b"$")?).ok()?.parse().ok()?;
            let word = slice(sent, text, len)?;
            at = text + len + 2;
            Some(word)
        })() else {
            break;
        };
        words.push(word);
    }
    words.last().map(|word| ("redis_password", word.to_vec()))
}

/// The message with a password that is not hashed.
fn postgres(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    const VERSION_3: u32 = 3;
    // Whether the server can encrypt, with TLS and with Kerberos: clients may ask for both.
    const ENCRYPT: [u32; 2] = [80_877_103, 80_877_104];
    let asks = |at: &usize| u32_be(sent, at + 4).is_some_and(|code| ENCRYPT.contains(&code));
    let start = [0, 8].into_iter().take_while(asks).last().map_or(0, |at| at + 8);
    (u32_be(sent, start + 4)? >> 16 == VERSION_3).then_some(())?;
    let at = start + u32_be(sent, start)? as usize;
    (sent.get(at) == Some(&b'p')).then_some(())?;
    let message = slice(sent, at + 5, (u32_be(sent, at + 1)? as usize).checked_sub(4)?)?;
    let password = message.strip_suffix(b"\0")?;
    let is_hashed = password.len() == 35 && password.starts_with(b"md5");
    (!is_hashed).then(|| ("postgres_password", password.to_vec()))
}

/// The packet behind the login, where client or server ask for passwords as they are.
fn mysql(sent: &[u8], heard: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let first = (u32_le(sent, 0)? & 0xff_ffff) as usize;
    let login = slice(sent, 4, first)?;
    let is_clear = |asked: &[u8], how: &[u8]| memchr::memmem::find(asked, how).is_some();
    // The server's packet begins with 0xfe. PAM asks in a dialog.
    let is_asked = is_clear(heard, b"\xfemysql_clear_password\0") || is_clear(heard, b"\xfedialog\0");
    (is_clear(login, b"mysql_clear_password\0") || is_asked).then_some(())?;
    let at = 4 + first;
    let answer = slice(sent, at + 4, (u32_le(sent, at)? & 0xff_ffff) as usize)?;
    answer.strip_suffix(b"\0").map(|password| ("mysql_password", password.to_vec()))
}

/// The first packet of MQTT 3.1, 3.1.1 and 5.
fn mqtt(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    (*sent.first()? == 0x10).then_some(())?;
    let mut at = 1 + number_len(sent, 1)?;
    let field = |at: &mut usize| {
        let bytes = slice(sent, *at + 2, usize::from(u16_be(sent, *at)?))?;
        *at += 2 + bytes.len();
        Some(bytes)
    };
    let name = field(&mut at)?;
    matches!(name, b"MQTT" | b"MQIsdp").then_some(())?;
    let [level, flags, ..] = *sent.get(at..)? else { return None };
    at += 4;
    let properties = |at: &mut usize| {
        let digits = slice(sent, *at, number_len(sent, *at)?)?;
        let len = digits.iter().rev().fold(0, |len, digit| len << 7 | usize::from(digit & 0x7f));
        *at += digits.len() + len;
        Some(())
    };
    if level >= 5 {
        properties(&mut at)?;
    }
    field(&mut at)?;
    if flags & 4 != 0 {
        if level >= 5 {
            properties(&mut at)?;
        }
        field(&mut at)?;
        field(&mut at)?;
    }
    if flags & 0x80 != 0 {
        field(&mut at)?;
    }
    (flags & 0x40 != 0).then_some(())?;
    Some(("mqtt_password", field(&mut at)?.to_vec()))
}

/// Bytes of a number of seven bits each.
fn number_len(data: &[u8], at: usize) -> Option<usize> {
    let more = data.get(at..)?.iter().take(4).take_while(|b| **b & 0x80 != 0).count();
    (more < 4).then_some(more + 1)
}

/// A bind with a name and a password.
fn ldap(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let (_, mut at) = element(sent, 0, 0x30)?;
    let (id, body) = element(sent, at, 0x02)?;
    at = body + id;
    (_, at) = element(sent, at, 0x60)?;
    let (version, body) = element(sent, at, 0x02)?;
    at = body + version;
    let (name, body) = element(sent, at, 0x04)?;
    at = body + name;
    let (len, body) = element(sent, at, 0x80)?;
    Some(("ldap_password", slice(sent, body, len)?.to_vec()))
}

/// Length and beginning of what the tag at `at` has.
fn element(data: &[u8], at: usize, tag: u8) -> Option<(usize, usize)> {
    let [found, len, ..] = *data.get(at..)? else { return None };
    (found == tag).then_some(())?;
    match len {
        0..=0x7f => Some((usize::from(len), at + 2)),
        0x81 => Some((usize::from(*data.get(at + 2)?), at + 3)),
        0x82 => Some((usize::from(u16_be(data, at + 2)?), at + 4)),
        0x84 => Some((u32_be(data, at + 2)? as usize, at + 6)),
        _ => None,
    }
}

/// Version 5 with a user and a password.
fn socks(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let [5, methods @ 1..=8, ..] = *sent else { return None };
    let at = 2 + usize::from(methods);
    let [1, user @ 1..=255, ..] = *sent.get(at..)? else { return None };
    let at = at + 2 + usize::from(user);
    let len = usize::from(*sent.get(at)?);
    Some(("socks_password", slice(sent, at + 1, len)?.to_vec()))
}

/// `\0user\0password` behind its length, as AMQP, Kafka and Cassandra have it.
fn sasl(sent: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let sent = &sent[..sent.len().min(512)];
    memchr::memchr_iter(0, sent).find_map(|at| {
        let len = u32_be(sent, at.checked_sub(4)?)? as usize;
        let message = slice(sent, at, len).filter(|message| (8..2 * LONGEST).contains(&message.len()))?;
        let mut parts = message[1..].split(|b| *b == 0);
        let (user, password) = (parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && !user.is_empty() && user.iter().all(u8::is_ascii_graphic);
        (is_whole && password.len() >= 4).then(|| ("sasl_password", password.to_vec()))
    })
}

/// What is typed behind a prompt.
fn terminal(sent: &[u8], heard: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let heard = &heard[..heard.len().min(HEAD)];
    memchr::memmem::find(heard, b"ogin: ")?;
    memchr::memmem::find(heard, b"assword: ")?;
    let typed: Vec<u8> = without_commands(sent);
    let mut lines =
        typed.split(|b| matches!(b, b'\r' | b'\n')).filter(|line| !line.is_empty() && *line != b"\0");
    lines.next()?;
    let password = lines.next()?;
    Some(("terminal_password", password.iter().copied().filter(|b| *b != 0).collect()))
}

/// Without what clients of Telnet negotiate.
fn without_commands(sent: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&b) = sent.get(at) {
        at += match (b, sent.get(at + 1)) {
            // One without an end goes on to the end of what was caught.
            (0xff, Some(0xfa)) => {
                memchr::memmem::find(&sent[at..], b"\xff\xf0").map_or(sent.len() - at, |len| len + 2)
            }
            (0xff, Some(0xfb..=0xfe)) => 3,
            (0xff, Some(_)) => 2,
            _ => {
                out.push(b);
                1
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(sent: &[u8], heard: &[u8]) -> String {
        of(sent, heard)
            .map_or(String::new(), |(name, value)| format!("{name}={}", String::from_utf8(value).unwrap()))
    }

    #[test]
    fn clients_log_in() {
        for (sent, wanted) in [
            (&b"a1 LOGIN \"shop@x.example\" \"V1-abc\"\r\n"[..], "imap_password=V1-abc"),
            (b"EHLO a\r\nAUTH LOGIN\r\nc2hvcA==\r\nVjEtYWJj\r\n", "mail_password=V1-abc"),
            (b"EHLO a\r\nAUTH LOGIN c2hvcA==\r\nVjEtYWJj\r\n", "mail_password=V1-abc"),
            (b"EHLO a\r\nAUTH PLAIN AHNob3AAVjEtYWJj\r\n", "mail_password=V1-abc"),
            (b"a AUTHENTICATE PLAIN\r\nAHNob3AAVjEtYWJj\r\n", "mail_password=V1-abc"),
            (b"*2\r\n$4\r\nAUTH\r\n$6\r\nV1-abc\r\n*1\r\n$4\r\nPING\r\n", "redis_password=V1-abc"),
            (
                b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nV1-abc\r\n",
                "redis_password=V1-abc",
            ),
            (b"\0\0\0\x13\0\x03\0\0user\0shop\0\0p\0\0\0\x0bV1-abc\0", "postgres_password=V1-abc"),
            (b"\x16\0\0\x01xmysql_clear_password\0\x07\0\0\x03V1-abc\0", "mysql_password=V1-abc"),
            (b"\x10\x19\0\x04MQTT\x04\xc2\0\x3c\0\x01d\0\x02ab\0\x06V1-abc", "mqtt_password=V1-abc"),
            (b"\x30\x14\x02\x01\x01\x60\x0f\x02\x01\x03\x04\x02cn\x80\x06V1-abc", "ldap_password=V1-abc"),
            (b"\x05\x01\x02\x01\x02ab\x06V1-abc", "socks_password=V1-abc"),
            (b"AMQP\0\0\x09\x01\x05PLAIN\0\0\0\x0c\0shop\0V1-abc\x05en_US", "sasl_password=V1-abc"),
            (b"\0\0\0\x13\0\x03\0\0user\0shop\0\0p\0\0\0\x28md50123456789abcdef0123456789abcdef\0", ""),
            (b"GET / HTTP/1.1\r\n\r\n", ""),
            (
                b"\0\0\0\x08\x04\xd2\x16\x30\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x13\0\x03\0\x02user\0shop\0\0p\0\0\0\x0bV1-abc\0",
                "postgres_password=V1-abc",
            ),
            (b"EHLO a\r\nAUTH PLAIN AHNob3AAVjE*YWJj\r\n", ""),
            (b"", ""),
        ] {
            assert_eq!(password(sent, b""), wanted, "{}", sent.escape_ascii());
        }
        // Version 5, with properties whose length takes two bytes.
        let properties = [&[0x26, 0, 1][..], b"k", &[1, 44], &[b'v'; 300]].concat();
        let number = |n: usize| [0x80 | (n & 0x7f) as u8, (n >> 7) as u8];
        let body = [
            &b"\0\x04MQTT\x05\xc2\0\x3c"[..],
            &number(properties.len()),
            &properties,
            b"\0\x01d\0\x02ab\0\x06V1-abc",
        ]
        .concat();
        let sent = [&[0x10][..], &number(body.len()), &body].concat();
        assert_eq!(password(&sent, b""), "mqtt_password=V1-abc");
        assert_eq!(without_commands(b"a\xff\xfa\x18\0xterm"), b"a");
        let sent = b"\x17\0\0\x01xcaching_sha2_password\0\x07\0\0\x03V1-abc\0";
        assert_eq!(password(sent, b"\x16\0\0\x02\xfemysql_clear_password\0"), "mysql_password=V1-abc");
        assert_eq!(password(sent, b"\x07\0\0\x02\0\0\0\x02\0\0\0"), "");
        assert_eq!(
            password(b"\xff\xfd\x01root\r\0V1-abc\r\0ls\r\0", b"login: Password: # "),
            "terminal_password=V1-abc"
        );
    }

    #[test]
    fn what_is_cut_off_is_no_login() {
        let all: [&[u8]; 4] = [
            b"\x10\x19\0\x04MQTT\x04\xc2\0\x3c\0\x01d\0\x02ab\0\x06V1-abc",
            b"\x30\x14\x02\x01\x01\x60\x0f\x02\x01\x03\x04\x02cn\x80\x06V1-abc",
            b"\0\0\0\x13\0\x03\0\0user\0shop\0\0p\0\0\0\x0bV1-abc\0",
            b"*2\r\n$4\r\nAUTH\r\n$99999999999999999999\r\n",
        ];
        for sent in all {
            for len in 0..sent.len() {
                assert_eq!(password(&sent[..len], b""), "");
            }
        }
    }
}
