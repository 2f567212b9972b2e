//! Names of functions in Go programs: the line table stays when symbols are stripped.

use super::image::{Image, Symbol};
use crate::lens::bytes;

/// Adds the functions of a `.gopclntab` (Go 1.16 and later; `runtime/symtab.go`, `pcHeader`).
/// `text` is where the code begins, if a section says so.
pub(super) fn functions(data: &[u8], offset: u64, size: u64, text: &Option<u64>, image: &mut Image<'_>) {
    let mut read = || -> Option<()> {
        let table =
            bytes::slice(data, usize::try_from(offset).ok()?, usize::try_from(size).ok()?.min(data.len()))?;
        let word = |at: usize| bytes::u64_le(table, at).and_then(|n| usize::try_from(n).ok());
        // Magic, two zeros, instruction quantum, pointer size.
        let (magic, pointer) = (bytes::u32_le(table, 0)?, *table.get(7)?);
        let is_old = magic == 0xffff_fffa;
        if !(is_old || magic == 0xffff_fff0 || magic == 0xffff_fff1) || pointer != 8 {
            return None;
        }
        let count = word(8)?;
        // From 1.18 on a field more: where the text starts (0 in later versions: see the section).
        let (start, names, funcs) = if is_old {
            (0, word(24)?, word(56)?)
        } else {
            let start = bytes::u64_le(table, 24)?;
            (if start == 0 { text.unwrap_or(0) } else { start }, word(32)?, word(64)?)
        };
        let each = if is_old { 16 } else { 8 };
        let rows = table.get(funcs..)?;
        for i in 0..count.min(rows.len() / each) {
            let at = i * each;
            let (entry, func) = if is_old {
                (bytes::u64_le(rows, at)?, usize::try_from(bytes::u64_le(rows, at + 8)?).ok()?)
            } else {
                (start.wrapping_add(bytes::u32_le(rows, at)?.into()), bytes::size_le(rows, at + 4)?)
            };
            // A function says its entry, then where its name is.
            let name = bytes::size_le(rows, func.checked_add(if is_old { 8 } else { 4 })?)?;
            let at = usize::try_from(offset).ok()?.checked_add(names)?.checked_add(name)?;
            let name = super::elf::string(image.bytes, at);
            if !name.is_empty() {
                image.functions.push(entry);
                image.symbols.push(Symbol { addr: entry, size: 0, name, is_function: true });
            }
        }
        Some(())
    };
    let _ = read();
}
