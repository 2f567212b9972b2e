//! Tables of FITS: cards of 80 letters in blocks of 2,880 bytes say what stands where.

use super::{Column, Table};
use std::collections::HashMap;

pub(super) const MAGIC: &[u8] = b"SIMPLE  =";
const BLOCK: usize = 2880;
const CARD: usize = 80;
/// Cards of one head.
const MOST: usize = 4096;
/// Heads that are looked at until a table is found.
const HEADS: usize = 64;

pub(super) fn read(data: &[u8]) -> Option<Table> {
    data.starts_with(MAGIC).then_some(())?;
    let mut at = 0;
    for _ in 0..HEADS {
        let (cards, start) = head(data, at)?;
        let number = |key: &str| cards.get(key).and_then(|value| value.parse::<usize>().ok());
        let axes: Vec<usize> =
            (1..=number("NAXIS")?.min(16)).filter_map(|n| number(&format!("NAXIS{n}"))).collect();
        if cards.get("XTENSION").is_some_and(|kind| kind.starts_with("BINTABLE")) {
            return table(&cards, start, *axes.first()?, *axes.get(1)?);
        }
        let bits =
            cards.get("BITPIX").and_then(|value| value.parse::<i64>().ok())?.unsigned_abs() as usize / 8;
        let size =
            if axes.is_empty() { 0 } else { axes.iter().try_fold(bits, |all, n| all.checked_mul(*n))? };
        at = start.checked_add(
            size.checked_add(number("PCOUNT").unwrap_or(0))?.div_ceil(BLOCK).checked_mul(BLOCK)?,
        )?;
    }
    None
}

/// The cards of the head at `at`, and where what it describes begins.
fn head(data: &[u8], at: usize) -> Option<(HashMap<String, String>, usize)> {
    let mut cards = HashMap::new();
    for n in 0..MOST {
        let from = at.checked_add(n * CARD)?;
        let card = std::str::from_utf8(data.get(from..from + CARD)?).ok()?;
        if card.trim_end() == "END" {
            return Some((cards, at + ((n + 1) * CARD).div_ceil(BLOCK) * BLOCK));
        }
        let Some((key, value)) = card.split_once('=') else { continue };
        let value = match value.trim_start().strip_prefix('\'') {
            Some(text) => text.split('\'').next().unwrap_or_default(),
            None => value.split('/').next().unwrap_or_default(),
        };
        cards.insert(key.trim().to_owned(), value.trim().to_owned());
    }
    None
}

fn table(cards: &HashMap<String, String>, start: usize, stride: usize, records: usize) -> Option<Table> {
    let (mut columns, mut at) = (Vec::new(), 0usize);
    let fields: usize = cards.get("TFIELDS")?.parse().ok()?;
    for n in 1..=fields.min(999) {
        let form = cards.get(&format!("TFORM{n}"))?;
        let digits = form.bytes().take_while(u8::is_ascii_digit).count();
        let count: usize = if digits == 0 { 1 } else { form[..digits].parse().ok()? };
        let kind = form.as_bytes().get(digits)?;
        let width = match kind {
            b'X' => count.div_ceil(8),
            b'L' | b'B' | b'A' => count,
            b'I' => count.checked_mul(2)?,
            b'J' | b'E' => count.checked_mul(4)?,
            b'K' | b'D' | b'C' | b'P' => count.checked_mul(8)?,
            b'M' | b'Q' => count.checked_mul(16)?,
            _ => return None,
        };
        if *kind == b'A' {
            let name = cards.get(&format!("TTYPE{n}")).cloned().unwrap_or_default();
            columns.push(Column { name, at, width, is_wide: false });
        }
        at = at.checked_add(width)?;
    }
    Some(Table { start, stride, records, columns })
}
