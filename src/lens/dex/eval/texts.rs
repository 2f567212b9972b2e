//! `java.lang.String`.

use super::heap::{Heap, MAX_LEN, Obj, Units, Val};
use super::library::{Call, show};

/// Bytes as text: UTF-8, or UTF-16 where every other byte is 0.
pub(super) fn decode(bytes: &[u8]) -> Vec<u16> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if rest.is_empty() && pairs.len() > 2 {
        let skip = usize::from(matches!(pairs.first(), Some([0xfe, 0xff] | [0xff, 0xfe])));
        let pairs = pairs.get(skip..).unwrap_or_default();
        if pairs.iter().all(|pair| pair[0] == 0 && pair[1] != 0) {
            return pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        }
        if pairs.iter().all(|pair| pair[1] == 0 && pair[0] != 0) {
            return pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        }
    }
    String::from_utf8_lossy(bytes).encode_utf16().collect()
}

/// The items of a list or array with `separator` between them.
pub(super) fn join(heap: &mut Heap, separator: &[u16], items: Val) -> Option<Val> {
    let mut out = Vec::new();
    for (n, item) in heap.items(items)?.iter().enumerate() {
        if n > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(&heap.shown(*item)?);
        if out.len() > MAX_LEN {
            return None;
        }
    }
    Some(heap.text(&out, true))
}

/// `from` everywhere in `text` as `to`.
pub(super) fn replace(text: &[u16], from: &[u16], to: &[u16]) -> Option<Vec<u16>> {
    if from.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        if rest.starts_with(from) {
            out.extend_from_slice(to);
            rest = rest.get(from.len()..)?;
        } else {
            out.push(*first);
            rest = rest.get(1..)?;
        }
        if out.len() > MAX_LEN {
            return None;
        }
    }
    Some(out)
}

pub(super) fn find(text: &[u16], what: &[u16]) -> Option<usize> {
    if what.is_empty() { Some(0) } else { text.windows(what.len()).position(|window| window == what) }
}

pub(super) fn trim(text: &[u16]) -> &[u16] {
    let is_space = |unit: &u16| *unit <= 32;
    let start = text.iter().position(|unit| !is_space(unit)).unwrap_or(text.len());
    let end = text.iter().rposition(|unit| !is_space(unit)).map_or(start, |end| end + 1);
    text.get(start..end).unwrap_or_default()
}

/// `format` with conversions that say a value as it is.
fn format(heap: &Heap, pattern: &[u16], items: &[Val]) -> Option<Vec<u16>> {
    let mut out = Vec::new();
    let mut units = pattern.iter().copied().peekable();
    let mut next = 0;
    while let Some(unit) = units.next() {
        if unit != u16::from(b'%') {
            out.push(unit);
            continue;
        }
        let mut spec = String::new();
        let conversion = loop {
            let c = char::from(u8::try_from(units.next()?).ok()?);
            if c.is_ascii_alphabetic() || c == '%' {
                break c;
            }
            spec.push(c);
        };
        let (position, rest) = match spec.split_once('$') {
            Some((position, rest)) => (position.parse::<usize>().ok()?.checked_sub(1)?, rest),
            None => {
                next += usize::from(!matches!(conversion, '%' | 'n'));
                (next.saturating_sub(1), spec.as_str())
            }
        };
        let value = items.get(position).copied().unwrap_or_default();
        match conversion {
            '%' => out.push(u16::from(b'%')),
            'n' => out.push(u16::from(b'\n')),
            's' | 'S' if rest.is_empty() => {
                let shown = heap.shown(value)?;
                out.extend(shown.iter().map(|&unit| if conversion == 'S' { upper(unit) } else { unit }));
            }
            'c' | 'C' => out.push(u16::try_from(heap.int(value)?).ok()?),
            'd' | 'x' | 'X' | 'o' => {
                let number = heap.int(value)?;
                let mut digits = match conversion {
                    'd' => number.to_string(),
                    'x' => format!("{number:x}"),
                    'X' => format!("{number:X}"),
                    _ => format!("{number:o}"),
                };
                if let Some(width) = rest.strip_prefix('0') {
                    let width = width.parse::<usize>().ok().filter(|&width| width <= 64)?;
                    digits = format!("{digits:0>width$}");
                } else if !rest.is_empty() {
                    return None;
                }
                out.extend(digits.encode_utf16());
            }
            _ => return None,
        }
        if out.len() > MAX_LEN {
            return None;
        }
    }
    Some(out)
}

fn upper(unit: u16) -> u16 {
    u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_uppercase().into())
}

fn lower(unit: u16) -> u16 {
    u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_lowercase().into())
}

/// What a string is made of when it is made anew.
fn construct(heap: &Heap, call: &Call<'_>) -> Option<Vec<u16>> {
    let source = call.arg(1);
    if call.args.len() < 2 {
        return Some(Vec::new());
    }
    if let Some(units) = heap.shown(source) {
        return Some(units.to_vec());
    }
    let Obj::Array { kind, .. } = heap.get(source)? else { return None };
    let kind = *kind;
    let mut numbers = heap.numbers(source)?;
    // (array, offset, count), with or without a character set.
    if call.kind(2) == b'I' && call.kind(3) == b'I' && call.args.len() >= 4 {
        let at = |n| usize::try_from(heap.int(call.arg(n))?).ok();
        let (from, len) = (at(2)?, at(3)?);
        numbers = numbers.get(from..from.checked_add(len)?)?.to_vec();
    }
    Some(match kind {
        b'B' => decode(&numbers.into_iter().map(|n| n as u8).collect::<Vec<_>>()),
        b'C' => numbers.into_iter().map(|n| n as u16).collect(),
        _ => numbers
            .into_iter()
            .map(|n| char::from_u32(n.cast_unsigned()))
            .collect::<Option<String>>()?
            .encode_utf16()
            .collect(),
    })
}

fn statics(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    match call.name {
        b"valueOf" | b"copyValueOf" => {
            if let Some(Obj::Str { .. }) = heap.get(call.arg(0)) {
                return Some(call.arg(0));
            }
            let mut units = show(heap, call.arg(0), call.kind(0))?;
            if call.args.len() == 3 {
                let at = |n| usize::try_from(heap.int(call.arg(n))?).ok();
                let (from, len) = (at(1)?, at(2)?);
                units = units.get(from..from.checked_add(len)?)?.to_vec();
            }
            Some(heap.text(&units, true))
        }
        b"format" => {
            // A locale may stand first.
            let (pattern, items) = match call.args {
                [pattern, items] => (heap.str(*pattern)?, *items),
                [_, pattern, items] => (heap.str(*pattern)?, *items),
                _ => return None,
            };
            let items = heap.items(items)?.to_vec();
            let units = format(heap, &pattern, &items)?;
            Some(heap.text(&units, true))
        }
        b"join" => {
            let separator = heap.shown(call.arg(0))?;
            join(heap, &separator, call.arg(1))
        }
        _ => None,
    }
}

pub(super) fn string(heap: &mut Heap, call: &Call<'_>) -> Option<Val> {
    if call.is_static {
        return statics(heap, call);
    }
    let this = call.arg(0);
    if call.name == b"<init>" {
        let object = match construct(heap, call) {
            Some(units) if units.len() <= MAX_LEN => Obj::Str { units: units.into(), made: true },
            _ => Obj::Builder(None),
        };
        heap.become_(this, object);
        return Some(Val::Int(0));
    }
    let text: Units = heap.shown(this)?;
    let index = |heap: &Heap, n: usize| usize::try_from(heap.int(call.arg(n))?).ok();
    let truth = |b: bool| Some(Val::Int(b.into()));
    let place = |at: Option<usize>| Some(Val::Int(at.map_or(-1, |at| at as i32)));
    let made: Vec<u16> = match call.name {
        b"length" => return Some(Val::Int(text.len() as i32)),
        b"isEmpty" => return truth(text.is_empty()),
        b"isBlank" => return truth(trim(&text).is_empty()),
        b"charAt" | b"codePointAt" => return Some(Val::Int((*text.get(index(heap, 1)?)?).into())),
        b"toCharArray" => {
            let items = text.iter().map(|&unit| Val::Int(unit.into())).collect();
            return Some(heap.array(b'C', items));
        }
        b"getBytes" => {
            let bytes = String::from_utf16_lossy(&text).into_bytes();
            return Some(heap.bytes(&bytes));
        }
        b"toString" | b"intern" if heap.str(this).is_some() => return Some(this),
        b"hashCode" => {
            let hash = text.iter().fold(0i32, |hash, &unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
            return Some(Val::Int(hash));
        }
        b"equals" | b"contentEquals" => {
            return truth(heap.shown(call.arg(1)).is_some_and(|other| other == text));
        }
        b"startsWith" if call.args.len() == 2 => return truth(text.starts_with(&heap.shown(call.arg(1))?)),
        b"endsWith" => return truth(text.ends_with(&heap.shown(call.arg(1))?)),
        b"contains" => return truth(find(&text, &heap.shown(call.arg(1))?).is_some()),
        b"indexOf" | b"lastIndexOf" => {
            let what: Vec<u16> = match call.arg(1) {
                Val::Int(unit) => vec![unit as u16],
                other => heap.str(other)?.to_vec(),
            };
            if call.name == b"lastIndexOf" && call.args.len() == 2 && !what.is_empty() {
                return place(text.windows(what.len()).rposition(|window| window == what));
            }
            let from = if call.args.len() > 2 { index(heap, 2)? } else { 0 };
            return place(text.get(from..).and_then(|rest| find(rest, &what)).map(|at| at + from));
        }
        b"split" => return split(heap, call, &text),
        b"toString" | b"intern" => text.to_vec(),
        b"substring" | b"subSequence" => {
            let to = if call.args.len() > 2 { index(heap, 2)? } else { text.len() };
            text.get(index(heap, 1)?..to)?.to_vec()
        }
        b"concat" => [&*text, &*heap.str(call.arg(1))?].concat(),
        b"replace" if call.kind(1) == b'C' => {
            let (from, to) = (heap.int(call.arg(1))? as u16, heap.int(call.arg(2))? as u16);
            text.iter().map(|&unit| if unit == from { to } else { unit }).collect()
        }
        b"replace" => replace(&text, &heap.shown(call.arg(1))?, &heap.shown(call.arg(2))?)?,
        b"replaceAll" | b"replaceFirst" => {
            let (pattern, with) = (heap.str(call.arg(1))?, heap.str(call.arg(2))?);
            let Some(pattern) = literal(&pattern) else {
                let (class, runs) = class(&pattern).filter(|_| call.name == b"replaceAll")?;
                let units = replace_class(&text, &class, runs, &with);
                return (units.len() <= MAX_LEN).then(|| heap.text(&units, true));
            };
            match call.name {
                b"replaceAll" => replace(&text, &pattern, &with)?,
                _ => match find(&text, &pattern) {
                    Some(at) => [text.get(..at)?, &*with, text.get(at + pattern.len()..)?].concat(),
                    None => text.to_vec(),
                },
            }
        }
        b"trim" | b"strip" => trim(&text).to_vec(),
        b"toUpperCase" => text.iter().map(|&unit| upper(unit)).collect(),
        b"toLowerCase" => text.iter().map(|&unit| lower(unit)).collect(),
        b"repeat" => {
            let count = index(heap, 1).filter(|count| count.saturating_mul(text.len()) <= MAX_LEN)?;
            text.repeat(count)
        }
        _ => return None,
    };
    // Nothing was changed: it is the string that it was.
    if *made == *text && heap.str(this).is_some() {
        return Some(this);
    }
    Some(heap.text(&made, true))
}

/// A pattern that stands for itself.
fn literal(pattern: &[u16]) -> Option<Vec<u16>> {
    let mut out = Vec::new();
    let mut units = pattern.iter().copied();
    while let Some(unit) = units.next() {
        match u8::try_from(unit).unwrap_or(b'a') {
            b'\\' => {
                let escaped = units.next()?;
                if u8::try_from(escaped).is_ok_and(|byte| byte.is_ascii_alphanumeric()) {
                    return None;
                }
                out.push(escaped);
            }
            b'.' | b'*' | b'+' | b'?' | b'[' | b'(' | b'{' | b'^' | b'$' | b'|' | b')' => return None,
            _ => out.push(unit),
        }
    }
    (!out.is_empty()).then_some(out)
}

type Class = [bool; 128];

/// A pattern of one class of characters, and whether runs of them are meant: `[^A-Z]`, `[-_]+`, `\\s`.
fn class(pattern: &[u16]) -> Option<(Class, bool)> {
    let text = String::from_utf16(pattern).ok()?;
    let runs = text.ends_with('+') && text.len() > 1;
    let text = if runs { text.get(..text.len() - 1)? } else { &text };
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if inside.len() == text.len() && !(text.len() == 2 && text.starts_with('\\')) {
        return None;
    }
    let mut class = [false; 128];
    let (is_not, inside) = match inside.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, inside),
    };
    let mut bytes = inside.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let named: Option<fn(u8) -> bool> = match (byte, bytes.peek()) {
            (b'\\', Some(b's')) => Some(|b| b.is_ascii_whitespace()),
            (b'\\', Some(b'd')) => Some(|b| b.is_ascii_digit()),
            (b'\\', Some(b'w')) => Some(|b| b.is_ascii_alphanumeric() || b == b'_'),
            (b'\\', Some(b'W')) => Some(|b| !b.is_ascii_alphanumeric() && b != b'_'),
            (b'\\', Some(b'S')) => Some(|b| !b.is_ascii_whitespace()),
            (b'\\', Some(b'D')) => Some(|b| !b.is_ascii_digit()),
            _ => None,
        };
        if let Some(named) = named {
            bytes.next();
            (0..128).filter(|&b| named(b)).for_each(|b| class[usize::from(b)] = true);
            continue;
        }
        let first = if byte == b'\\' { bytes.next().filter(|b| !b.is_ascii_alphanumeric())? } else { byte };
        let mut last = first;
        if bytes.peek() == Some(&b'-') {
            bytes.next();
            match bytes.next() {
                Some(b) => last = b,
                // A hyphen at the end stands for itself.
                None => *class.get_mut(usize::from(b'-'))? = true,
            }
        }
        if matches!(first, b'[' | b'&') {
            return None;
        }
        class.get_mut(usize::from(first)..=usize::from(last))?.fill(true);
    }
    if is_not {
        class.iter_mut().for_each(|is| *is = !*is);
    }
    Some((class, runs))
}

fn replace_class(text: &[u16], class: &Class, runs: bool, with: &[u16]) -> Vec<u16> {
    let (mut out, mut is_inside) = (Vec::with_capacity(text.len()), false);
    for &unit in text {
        let is_in = class.get(usize::from(unit)).copied().unwrap_or(false);
        if !is_in {
            out.push(unit);
        } else if !(runs && is_inside) {
            out.extend_from_slice(with);
        }
        is_inside = is_in;
    }
    out
}

fn split(heap: &mut Heap, call: &Call<'_>, text: &[u16]) -> Option<Val> {
    let separator = literal(&heap.str(call.arg(1))?)?;
    if call.args.len() > 2 {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = find(rest, &separator) {
        parts.push(heap.text(rest.get(..at)?, true));
        rest = rest.get(at + separator.len()..)?;
    }
    if !rest.is_empty() {
        parts.push(heap.text(rest, true));
    }
    Some(heap.array(b'L', parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pattern: &str) -> Option<String> {
        let units = |text: &str| -> Vec<u16> { text.encode_utf16().collect() };
        let (class, runs) = class(&units(pattern))?;
        String::from_utf16(&replace_class(&units(text), &class, runs, &units("="))).ok()
    }

    #[test]
    fn classes_of_characters() {
        assert_eq!(replaced("a-B_9", "[^A-Za-z0-9]").as_deref(), Some("a=B=9"));
        assert_eq!(replaced("a--b", "[-_]+").as_deref(), Some("a=b"));
        assert_eq!(replaced("a b\tc", "\\s").as_deref(), Some("a=b=c"));
        assert_eq!(replaced("a1b", "[\\d]").as_deref(), Some("a=b"));
        assert_eq!(replaced("ab", "a|b"), None);
        assert_eq!(replaced("ab", "[z-a]"), None);
    }
}
