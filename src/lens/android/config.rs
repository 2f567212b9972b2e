//! Configurations (`ResTable_config`) as the names of resource folders have them: `de-rAT-night`.

use super::wire::{Fields, Value, text};
use crate::lens::bytes::{size_le, slice, u16_le};
use std::ops::Range;

/// The qualifiers of the configuration at `at`, joined by `-`; empty for the default one.
pub(super) fn qualifiers(data: &[u8], at: usize) -> String {
    let size = size_le(data, at).unwrap_or(0).min(512);
    let config = slice(data, at, size).or_else(|| data.get(at..)).unwrap_or_default();
    let byte = |at: usize| config.get(at).copied().unwrap_or(0);
    let word = |at: usize| u16_le(config, at).unwrap_or(0);
    let mut parts: Vec<String> = Vec::new();
    let mut add = |part: &str| parts.push(part.to_owned());
    let number = |prefix: &str, n: u16, suffix: &str| match n {
        0 => String::new(),
        n => format!("{prefix}{n}{suffix}"),
    };
    add(&number("mcc", word(4), ""));
    add(&number("mnc", word(6), ""));
    add(&locale(config));
    let layout = byte(28);
    add(of(layout >> 6, &["", "ldltr", "ldrtl"]));
    add(&number("sw", word(30), "dp"));
    add(&number("w", word(32), "dp"));
    add(&number("h", word(34), "dp"));
    add(of(layout & 0x0f, &["", "small", "normal", "large", "xlarge"]));
    add(of(layout >> 4 & 3, &["", "notlong", "long"]));
    add(of(byte(48) & 3, &["", "notround", "round"]));
    add(of(byte(49) & 3, &["", "nowidecg", "widecg"]));
    add(of(byte(49) >> 2 & 3, &["", "lowdr", "highdr"]));
    add(of(byte(12), &["", "port", "land", "square"]));
    let modes = ["", "", "desk", "car", "television", "appliance", "watch", "vrheadset"];
    add(of(byte(29) & 0x0f, &modes));
    add(of(byte(29) >> 4 & 3, &["", "notnight", "night"]));
    let density = match word(14) {
        0 => String::new(),
        120 => "ldpi".into(),
        160 => "mdpi".into(),
        213 => "tvdpi".into(),
        240 => "hdpi".into(),
        320 => "xhdpi".into(),
        480 => "xxhdpi".into(),
        640 => "xxxhdpi".into(),
        0xfffe => "anydpi".into(),
        0xffff => "nodpi".into(),
        n => format!("{n}dpi"),
    };
    add(&density);
    add(of(byte(13), &["", "notouch", "stylus", "finger"]));
    add(of(byte(18) & 3, &["", "keysexposed", "keyshidden", "keyssoft"]));
    add(of(byte(16), &["", "nokeys", "qwerty", "12key"]));
    add(of(byte(18) >> 2 & 3, &["", "navexposed", "navhidden"]));
    add(of(byte(17), &["", "nonav", "dpad", "trackball", "wheel"]));
    if word(20) != 0 || word(22) != 0 {
        add(&format!("{}x{}", word(20), word(22)));
    }
    add(&number("v", word(24), ""));
    parts.retain(|part| !part.is_empty());
    parts.join("-")
}

fn of<'n>(n: u8, names: &[&'n str]) -> &'n str {
    names.get(usize::from(n)).copied().unwrap_or_default()
}

/// `de`, `de-rAT`, and with script or variant `b+sr+Latn`.
fn locale(config: &[u8]) -> String {
    let language = code(config.get(8..10), b'a');
    if language.is_empty() {
        return language;
    }
    let region = code(config.get(10..12), b'0');
    let script = letters(config.get(36..40));
    let variant = letters(config.get(40..48));
    // Scripts that were only computed from language and region have a mark behind them.
    let script = if config.get(52).is_some_and(|&computed| computed != 0) { String::new() } else { script };
    if script.is_empty() && variant.is_empty() {
        return if region.is_empty() { language } else { format!("{language}-r{region}") };
    }
    let parts = [language, script, region, variant];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    format!("b+{}", parts.join("+"))
}

/// Two letters, or three in five bits each (`ResTable_config::unpackLanguage`).
fn code(bytes: Option<&[u8]>, base: u8) -> String {
    match bytes {
        Some(&[a, b]) if a & 0x80 != 0 => {
            let three = [b & 0x1f, (b & 0xe0) >> 5 | (a & 0x03) << 3, (a & 0x7c) >> 2];
            three.iter().map(|c| char::from(base.saturating_add(*c))).collect()
        }
        bytes => letters(bytes),
    }
}

fn letters(bytes: Option<&[u8]>) -> String {
    let bytes = bytes.unwrap_or_default();
    bytes.iter().take_while(|b| b.is_ascii_alphanumeric()).map(|&b| char::from(b)).collect()
}

/// The same of a `Configuration` message (aapt2's `Configuration.proto`).
pub(super) fn of_message(data: &[u8], message: Range<usize>) -> String {
    let mut numbers = [0u64; 26];
    let (mut locale, mut product) = (String::new(), String::new());
    for field in Fields::new(data, message) {
        match field.value {
            Value::Number(n) => {
                if let Some(slot) = usize::try_from(field.number).ok().and_then(|i| numbers.get_mut(i)) {
                    *slot = n;
                }
            }
            Value::Bytes { start, end } if field.number == 3 => locale = tag(&text(data, start..end, 64)),
            Value::Bytes { start, end } if field.number == 25 => product = text(data, start..end, 64),
            Value::Bytes { .. } => {}
        }
    }
    // The same layout as in a table, so that one place knows the words.
    let mut config = [0u8; 52];
    let of = |i: usize| numbers.get(i).copied().unwrap_or(0);
    let mut put = |at: usize, n: u64| {
        if let Some(bytes) = config.get_mut(at..at + 2) {
            bytes.copy_from_slice(&(n as u16).to_le_bytes());
        }
    };
    put(0, 52);
    put(4, of(1));
    put(6, of(2));
    put(12, of(15) & 0xff | (of(19) & 0xff) << 8);
    put(14, of(18));
    put(16, of(21) & 0xff | (of(23) & 0xff) << 8);
    put(18, of(20) & 3 | (of(22) & 3) << 2);
    put(20, of(5));
    put(22, of(6));
    put(24, of(24));
    // The messages count long before notlong, as they do with the others that have a `not`.
    let swap = |n: u64| [0, 2, 1, 0][(n & 3) as usize];
    let layout = of(10) & 0x0f | swap(of(11)) << 4 | (of(4) & 3) << 6;
    let mode = of(16) & 0x0f | swap(of(17)) << 4;
    put(28, layout | mode << 8);
    put(30, of(9));
    put(32, of(7));
    put(34, of(8));
    put(48, swap(of(12)) | (swap(of(13)) | swap(of(14)) << 2) << 8);
    let rest = qualifiers(&config, 0);
    // Mobile codes come first, then the locale.
    let (codes, rest): (Vec<&str>, Vec<&str>) =
        rest.split('-').filter(|p| !p.is_empty()).partition(|p| p.starts_with("mcc") || p.starts_with("mnc"));
    let parts = codes.into_iter().chain([locale.as_str()]).chain(rest).chain([product.as_str()]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// A BCP 47 tag as a qualifier.
fn tag(tag: &str) -> String {
    match tag.split_once('-') {
        None => tag.to_owned(),
        Some((language, region)) if !region.contains('-') && matches!(region.len(), 2 | 3) => {
            format!("{language}-r{region}")
        }
        Some(_) => format!("b+{}", tag.replace('-', "+")),
    }
}
