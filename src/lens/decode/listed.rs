//! Bytes written one by one: arrays in programs (`{0x41, 'K', 73}`, `[65,75,73]`), values of `.reg` files (`hex(2):41,00,…`), strings of
//! escapes in pieces (`"\x41" "\x4b"`), calls for each letter (`Chr(65) & Chr(75)`), bytes with blanks or colons between them.
//!
//! Where one may stand the masks of runs say (`engine/runs/lists.rs`); it is read whole then, and given on if there is text in it or it
//! is a file of a known format.

use super::{Decoded, is_file, is_known, item};
use crate::address::Encoding;
use crate::blob::{OffsetMap, Segment};
use crate::engine::runs::is_token;
use crate::engine::runs::lists::for_each_listed;
use item::{Item, Style};
use std::ops::Range;

/// Fewest bytes of a list.
const LEAST: usize = 16;
/// Printable characters in a row that numbers hardly ever are by chance.
const LEAST_TEXT: usize = 12;
/// How far a part of a text looks over its borders: as many bytes as a value in a list may have.
const OVER: usize = 1 << 10;
/// The first item of a list begins so close before the first that is met.
const BEFORE: usize = 96;

/// Calls `found` with each list in `within`. A list that goes on over its borders is read a little way there.
pub fn lists(text: &[u8], within: Range<usize>, limit: usize, found: &mut dyn FnMut(Decoded)) {
    let floor = within.start.saturating_sub(OVER);
    let text = &text[..text.len().min(within.end.saturating_add(OVER))];
    // No list is so short.
    if within.len() < 2 * LEAST && text.len() < 2 * LEAST {
        return;
    }
    let mut done = floor;
    for_each_listed(text, floor..within.end, &mut |at| {
        if !goes_on(text, at) {
            return at;
        }
        match around(text, done.max(at.saturating_sub(BEFORE)), at) {
            Ok(start) => {
                let (decoded, end) = decoded(text, start, limit);
                done = end;
                if let Some(decoded) = decoded.filter(|_| end > within.start && start < within.end) {
                    found(decoded);
                }
            }
            Err(end) => done = end,
        }
        done
    });
}

/// Whether a few items stand behind each other from the one on whose number or quote stands at `at`.
fn goes_on(text: &[u8], at: usize) -> bool {
    let is_few = |start: usize| chain(text, start, FEW).0 == FEW;
    // What it is cast to, or the call whose argument it is.
    let open = || {
        let before = &text[at.saturating_sub(item::WORD)..at];
        let open = at - before.len() + before.iter().rposition(|b| *b == b'(')?;
        let word = text[..open].iter().rev().take(item::WORD).take_while(|b| is_token(**b)).count();
        Some(if word == 0 { open } else { open - word })
    };
    is_few(at) || at > 0 && may_begin(text[at - 1]) && is_few(at - 1) || open().is_some_and(is_few)
}

/// How many items stand behind each other from `start` on, `most` at most, and where the last of them ends.
fn chain(text: &[u8], start: usize, most: usize) -> (usize, usize) {
    let (mut next, mut end, mut count) = (start, start, 0);
    while let Some(item) = either(text, next) {
        (end, count) = (item.end, count + 1);
        if count == most {
            break;
        }
        match item::gap(text, end) {
            Some(gap) => next = gap.end,
            None if item.is_escape => next = end,
            None => break,
        }
    }
    (count, end)
}

/// Whether an item, or a directive, may begin with this byte: what lies between items does not.
fn may_begin(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'"' | b'(' | b'\\' | b'$' | b'&' | b'-' | b'.')
}

/// The item at `at`, whatever bare digits are: only whether a list goes on matters.
fn either(text: &[u8], at: usize) -> Option<Item> {
    item::item(text, at, Style::Decimal).or_else(|| item::item(text, at, Style::Hex))
}

/// Items that are enough to look for the others.
const FEW: usize = 3;
/// Where the list begins that an item at `item` lies in; or, where there is none, up to where none can begin.
fn around(text: &[u8], from: usize, item: usize) -> Result<usize, usize> {
    let mut at = from;
    while at <= item {
        let Some(byte) = text.get(at) else { break };
        if !may_begin(*byte) {
            at += 1;
            continue;
        }
        // `db` is no number, though it looks like one.
        if item::starts_directive(&text[at..], true) {
            at += 2;
            continue;
        }
        if at > 0 && is_token(text[at - 1]) && is_token(*byte) {
            at += 1;
            continue;
        }
        match chain(text, at, LEAST) {
            (LEAST, _) => return Ok(at),
            (_, end) => at = end.max(at + 1),
        }
    }
    Err(at)
}

/// What the list at `start` stands for, if that is worth a search.
pub fn list(text: &[u8], start: usize, limit: usize) -> Option<Decoded> {
    decoded(text, start, limit).0
}

/// The same, and where the list ends.
fn decoded(text: &[u8], start: usize, limit: usize) -> (Option<Decoded>, usize) {
    let is_sound = |list: &List| list.bytes.len() >= LEAST && list.is_apart && is_worth(&list.bytes);
    let decimal = List::read(text, start, Style::Decimal, limit);
    let mut end = decimal.end;
    if decimal.may_be_hex {
        // Two digits each may be either; mostly there is a letter among them, at which a list of decimals would end.
        let hex = List::read(text, start, Style::Hex, limit);
        let is_longer = hex.end > decimal.end;
        // Nothing is read twice, be it worth nothing.
        end = end.max(hex.end);
        if is_sound(&hex) && (is_longer || !is_sound(&decimal)) {
            return (Some(hex.into_decoded(text, start)), end);
        }
    }
    (is_sound(&decimal).then(|| decimal.into_decoded(text, start)), end)
}

/// What is known of a list.
struct List {
    bytes: Vec<u8>,
    map: OffsetMap,
    end: usize,
    cut: bool,
    /// Whether all its bare numbers have two digits.
    may_be_hex: bool,
    /// Whether anything stands between its items: a string of escapes is read elsewhere.
    is_apart: bool,
}

impl List {
    fn read(text: &[u8], start: usize, style: Style, limit: usize) -> List {
        let mut list = List {
            bytes: Vec::new(),
            map: OffsetMap::identity(),
            end: start,
            cut: false,
            may_be_hex: true,
            is_apart: false,
        };
        // Where the last piece of the map begins, and how long its items are: mostly all of a line.
        let mut piece: Option<(usize, usize, usize)> = None;
        let (mut at, mut is_behind_gap, mut joins) = (start, false, false);
        while let Some(Item { value, end, is_escape, bare }) = item::item(text, at, style) {
            if list.bytes.len() >= limit {
                list.cut = true;
                break;
            }
            list.may_be_hex &= bare.is_none_or(|digits| digits == 2);
            list.is_apart |= is_behind_gap;
            let gap = item::gap(text, end);
            let next = gap.as_ref().map_or(end, |gap| gap.end);
            let count = list.bytes.len();
            if piece.is_none_or(|(first, outer, len)| outer + (count - first) * len != at) {
                piece = Some((count, at, next - at));
                list.map.push(Segment { text: count, outer: at as u64, num: (next - at) as u32, den: 1 });
            }
            list.bytes.push(value);
            (list.end, at, is_behind_gap) = (end, next, gap.is_some());
            // What stands in another bracket is another value, and what is not joined where the others are.
            let is_other = |gap: &item::Gap| gap.closes || joins && !gap.joins;
            match gap {
                Some(gap) if is_other(&gap) => list.bytes.push(b'\n'),
                Some(gap) => joins = gap.joins,
                None if !is_escape => break,
                _ => {}
            }
        }
        list
    }

    fn into_decoded(self, text: &[u8], start: usize) -> Decoded {
        let List { mut bytes, mut map, end, cut, .. } = self;
        // UTF-16: as the letters it is, so that it is text among its neighbours.
        let (units, _) = bytes.as_chunks::<2>();
        if units.len() >= LEAST / 2 && units.iter().all(|unit| unit[1] == 0) {
            let narrow: Vec<u8> = bytes.iter().step_by(2).copied().collect();
            map = halved(&map, bytes.len());
            bytes = narrow;
        }
        let is_text = |b: &u8| *b >= 0x20 || matches!(*b, 0 | b'\t' | b'\n' | b'\r');
        if bytes.iter().all(is_text) {
            bytes.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b'\n');
        }
        let (bytes, map) = named(text, start, bytes, map);
        Decoded { span: start..end, encoding: Encoding::Bytes, bytes, map, cut }
    }
}

/// The map of every second byte.
fn halved(map: &OffsetMap, len: usize) -> OffsetMap {
    let mut halved = OffsetMap::identity();
    for at in (0..len).step_by(2) {
        halved.push_plain(at / 2, map.outer(crate::blob::TextOffset(at)));
    }
    halved
}

/// Whether there may be anything in the bytes: text, in UTF-16 too, or a file of a known format. Numbers that only count up or
/// stay, as in tables of letters and of lines, are no text.
fn is_worth(bytes: &[u8]) -> bool {
    let is_print = |b: &u8| matches!(b, 0x20..=0x7e);
    let (mut text, mut wide) = (0, 0);
    for pair in bytes.windows(2) {
        text = match is_print(&pair[0]) {
            true if pair[1].wrapping_sub(pair[0]) <= 1 => text,
            true => text + 1,
            false => 0,
        };
        // Of UTF-16 every other pair is a letter and a NUL.
        wide = if (is_print(&pair[0]) && pair[1] == 0) || (pair[0] == 0 && is_print(&pair[1])) {
            wide + 1
        } else {
            0
        };
        if text >= LEAST_TEXT || wide >= 2 * LEAST_TEXT {
            return true;
        }
    }
    is_known(bytes) && is_file(bytes)
}

/// Most bytes before a list that say what it is called.
const NAME: usize = 160;

/// The bytes as they would be assigned to the name of the list, where it has one and they are a line of text: so it counts what they are
/// called.
fn named(text: &[u8], start: usize, bytes: Vec<u8>, map: OffsetMap) -> (Vec<u8>, OffsetMap) {
    let value = bytes.trim_ascii();
    let is_line = value.len() <= 256
        && value.iter().all(|b| matches!(b, 0x21..=0x7e) && !matches!(b, b'"' | b'\\' | b'='));
    let Some(name) = name(text, start).filter(|_| is_line && !value.is_empty()) else { return (bytes, map) };
    let head = [name, b" = \""].concat();
    let from = bytes.len() - bytes.trim_ascii_start().len();
    let mut moved = OffsetMap::identity();
    moved.push(Segment { text: 0, outer: start as u64, num: 0, den: 1 });
    for at in 0..value.len() {
        moved.push_plain(head.len() + at, map.outer(crate::blob::TextOffset(from + at)));
    }
    ([&head, value, b"\"\n"].concat(), moved)
}

/// The name that what begins at `start` is assigned to: `byte[] KEY = {`, `let key: [u8; 4] = [`, `"key"=hex:`, `"key": [`.
fn name(text: &[u8], start: usize) -> Option<&[u8]> {
    let before = &text[start.saturating_sub(NAME)..start];
    let opened = match before.trim_ascii_end() {
        [opened @ .., b'{' | b'[' | b'('] => opened,
        _ => before,
    };
    let line = opened.iter().rposition(|b| matches!(b, b'\n' | b'{' | b'}')).map_or(0, |n| n + 1);
    let line = &opened[line..];
    let sign = memchr::memrchr(b'=', line).or_else(|| memchr::memrchr(b':', line))?;
    let mut named = line[..sign].trim_ascii_end();
    // Sizes and types in brackets, and what stands behind the name.
    while let [inner @ .., b']'] = named {
        named = inner[..memchr::memrchr(b'[', inner)?].trim_ascii_end();
    }
    let is_name = |b: &u8| (is_token(*b) && !matches!(b, b'+' | b'/')) || *b == b'.';
    let name = match named {
        [quoted @ .., quote @ (b'"' | b'\'')] => &quoted[memchr::memrchr(*quote, quoted)? + 1..],
        _ => {
            let named = &named[memchr::memrchr(b';', named).map_or(0, |n| n + 1)..];
            let named = named[..memchr::memrchr(b':', named).unwrap_or(named.len())].trim_ascii_end();
            &named[named.iter().rposition(|b| !is_name(b)).map_or(0, |n| n + 1)..]
        }
    };
    (!name.is_empty() && name.iter().all(|b| is_name(b) || *b == b' ')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::TextOffset;

    fn read(text: &str) -> Vec<(String, Decoded)> {
        let mut all = Vec::new();
        lists(text.as_bytes(), 0..text.len(), 1 << 20, &mut |d| {
            all.push((String::from_utf8_lossy(&d.bytes).into_owned(), d));
        });
        all
    }

    const PLAIN: &str = "Hello, this is (some) text & more: 1/2+3=4!";

    fn listed(each: impl Fn(u8) -> String, joint: &str) -> String {
        PLAIN.bytes().map(each).collect::<Vec<_>>().join(joint)
    }

    #[test]
    fn ways_to_write_bytes() {
        let wrapped = |list: String| {
            let words: Vec<&str> = list.split(' ').collect();
            words.chunks(12).map(|line| format!("  {}\n", line.join(" "))).collect::<String>()
        };
        for list in [
            format!(
                "static const unsigned char text[44] = {{\n{}}};",
                wrapped(listed(|b| format!("0x{b:02x}"), ", "))
            ),
            format!("x = {{{}, 0x00}}", listed(|b| format!("0X{b:02X}"), ",")),
            format!("f([{}])", listed(|b| b.to_string(), ",")),
            format!("f([\n{}\n])", listed(|b| format!("    {b}"), ",\n")),
            format!("f({})", listed(|b| format!("{b}u8"), ", ")),
            format!("f({})", listed(|b| format!("(byte)0x{b:02x}"), ", ")),
            format!("f({})", listed(|b| format!("(byte) {b}"), ", ")),
            format!("s = {}", listed(|b| format!("Chr({b})"), " & ")),
            format!("s = {}", listed(|b| format!("chr({b})"), ".")),
            format!("s = {}", listed(|b| format!("CHR({b})"), "||")),
            format!("f({})", listed(|b| format!("'{}'", char::from(b)), ",")),
            format!("f({})", listed(|b| format!("b'{}'", char::from(b)), ", ")),
            format!("f({})", listed(|b| format!("\"{}\"", char::from(b)), ", ")),
            format!("f({})", listed(|b| format!("\"\\x{b:02x}\""), " ")),
            format!("text:\n  .byte {}\n", listed(|b| format!("0x{b:02x}"), "\n  .byte ")),
            format!("text db {}\n", listed(|b| format!("{b:02X}h"), ", ")),
            format!("text: {}", listed(|b| format!("{b:02x}"), " ")),
            format!("text: {}", listed(|b| format!("{b:02x}"), ":")),
            format!("\"text\"=hex(1):{}", listed(|b| format!("{b:02x}"), ",")),
            format!("\"text\"=hex(2):{}", listed(|b| format!("{b:02x},00"), ",\\\r\n  ")),
            format!("f({})", listed(|b| format!("0x{b:04x}"), ", ")),
            format!("f({})", listed(|b| format!("0x{b:02x}"), ", // AK\n")),
            format!("f({})", listed(|b| format!("0x{b:02x}"), " /* of C */, ")),
        ] {
            let found = read(&list);
            assert_eq!(found.len(), 1, "{list}");
            assert_eq!(found[0].0.trim(), PLAIN, "{list}");
            let decoded = &found[0].1;
            let outer = |what: &str| decoded.map.outer(TextOffset(found[0].0.find(what).unwrap())) as usize;
            let (at, of) = (outer("this"), &list.as_bytes()[outer("this")..]);
            let begins = |text: &str| of.starts_with(text.as_bytes());
            let ways = [
                "0x74", "0X74", "116", "(byte)", "Chr(116", "chr(116", "CHR(116", "'t", "b't", "\"t",
                "\\x74", "74", "0x0074", "    116",
            ];
            assert!(
                ways.iter().any(|way| begins(way)),
                "{list} {at} {}",
                String::from_utf8_lossy(&of[..of.len().min(12)])
            );
            assert!(decoded.span.start <= at && at < decoded.span.end && decoded.span.end <= list.len());
        }
    }

    #[test]
    fn values_have_the_name_of_their_list() {
        let value = "x9QmTz2LkRw8VbN4cYhJ";
        let hex = value.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(",");
        let list = value.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", ");
        for text in [
            format!("static const char api_key[] = {{{list}}};"),
            format!("const unsigned char api_key[20] = {{ {list} }};"),
            format!("let api_key: [u8; 20] = [{list}];"),
            format!("var api_key = []byte{{{list}}}"),
            format!("byte[] api_key = new byte[] {{{list}}};"),
            format!("{{\"a\": 1, \"api_key\": [{list}]}}"),
            format!("{{\"a\":\"b\",\"api_key\":[{list}]}}"),
            format!("private final byte[] api_key = {{\n    {list}\n}};"),
            format!("api_key = bytes([{list}])"),
            format!("const api_key: number[] = [{list}];"),
            format!("int x; char api_key[20] = {{{list}}};"),
        ] {
            let found = read(&text);
            assert_eq!(found[0].0, format!("api_key = \"{value}\"\n"), "{text}");
            assert_eq!(found[0].1.map.outer(TextOffset(11)) as usize, text.find("120").unwrap());
        }
        let found = read(&format!("[HKEY_X]\r\n\"Api Key\"=hex(1):{hex}\r\n"));
        assert_eq!(found[0].0, format!("Api Key = \"{value}\"\n"));
    }

    #[test]
    fn values_side_by_side_are_apart() {
        let (first, second) = ("x9QmTz2LkRw8VbN4cYhJ", "Kd7sPq1WnZ3rTy5UaBcE");
        let of = |value: &str, joint: &str, each: fn(u8) -> String| {
            value.bytes().map(each).collect::<Vec<_>>().join(joint)
        };
        let call = |b| format!("CHR({b})");
        let plain = |b: u8| b.to_string();
        for text in [
            format!("VALUES ({}, {})", of(first, "||", call), of(second, "||", call)),
            format!("x = [[{}], [{}]]", of(first, ", ", plain), of(second, ", ", plain)),
        ] {
            let found = read(&text);
            assert_eq!((found.len(), found[0].0.as_str()), (1, &*format!("{first}\n{second}\n")), "{text}");
            let second = found[0].1.map.outer(TextOffset(first.len() + 1)) as usize;
            assert!(
                ["CHR(75", "75"].iter().any(|begin| text[second..].starts_with(begin)),
                "{text} {second}"
            );
        }
    }

    #[test]
    fn numbers_that_are_no_text_are_left_alone() {
        for text in [
            (0..400).map(|n| format!("{}, ", n * n % 1000)).collect::<String>(),
            (0..400u32).map(|n| format!("0x{:02x}, ", n.wrapping_mul(2_654_435_761) >> 24)).collect(),
            (0..400u32).map(|n| format!("{:02x}:", n.wrapping_mul(2_654_435_761) >> 24)).collect(),
            "a, b, c, 1, 2, 3; if (x == 3) { y = 4; }\n".repeat(20),
            "2024-01-02 12:30:45 1 2 3 4\n".repeat(20),
        ] {
            assert!(read(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn lists_over_the_border_of_a_part_are_read_from_both_sides() {
        let text = format!("f([{}])", listed(|b| b.to_string(), ","));
        for cut in 0..text.len() {
            let (mut whole, mut all) = (0, Vec::new());
            for within in [0..cut, cut..text.len()] {
                lists(text.as_bytes(), within, 1 << 20, &mut |d| all.push(d));
            }
            whole += all.iter().filter(|d| d.bytes.trim_ascii() == PLAIN.as_bytes()).count();
            assert!(whole >= 1, "{cut}");
        }
    }

    #[test]
    fn a_limit_cuts() {
        let text = format!("f([{}])", listed(|b| b.to_string(), ","));
        let mut all = Vec::new();
        lists(text.as_bytes(), 0..text.len(), 20, &mut |d| all.push(d));
        assert!(all[0].cut && all[0].bytes == PLAIN.as_bytes()[..20]);
    }
}
