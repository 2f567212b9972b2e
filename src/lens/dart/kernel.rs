//! Kernel files (`pkg/kernel/binary.md`): components one after the other, each with an index at its
//! end that leads to its table of strings. Debug builds of Flutter ship one.

use crate::blob::{Site, Text, TextKind};
use crate::lens::bytes::{size_be, slice};
use crate::lens::strings::Strings;
use crate::lens::{Complaint, Damage};
use crate::limits::Limits;

pub const MAGIC: &[u8] = b"\x90\xab\xcd\xef";
const COMPONENTS: usize = 4096;

pub fn texts(data: &[u8], limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
    let mut complaint = Complaint::of("Dart kernel");
    let places = |_| vec![Site { name: "Dart string".to_owned(), ..Site::default() }];
    let mut strings = Strings::new(TextKind::List, data.len(), limits, &places, emit);
    let mut end = data.len();
    for _ in 0..COMPONENTS {
        if end == 0 {
            break;
        }
        let start =
            end.checked_sub(4).and_then(|at| size_be(data, at)).and_then(|size| end.checked_sub(size));
        let component =
            start.and_then(|start| data.get(start..end)).filter(|c| c.starts_with(MAGIC) && c.len() > 64);
        let (Some(start), Some(component)) = (start, component) else {
            complaint.note(end as u64, || "no component ends here".to_owned());
            break;
        };
        if table(component, start, &mut strings).is_none() {
            complaint.note(start as u64, || "its strings are not where its index says".to_owned());
        }
        end = start;
    }
    strings.finish();
    complaint.into_result()
}

/// Pushes the strings of a component.
fn table(component: &[u8], start: usize, strings: &mut Strings<'_>) -> Option<()> {
    let libraries = size_be(component, component.len() - 8)?;
    let offsets = component.len().checked_sub(8)?.checked_sub(libraries.checked_add(1)?.checked_mul(4)?)?;
    // Before the offsets: the main method; since version 102 the start of the index; the strings.
    for fields in [3, 2] {
        let at = size_be(component, offsets.checked_sub(4 * fields)?)?;
        let Some((ends, bytes_at)) = ends(component, at) else { continue };
        let mut from = 0;
        for to in ends {
            let string = component.get(bytes_at + from..bytes_at + to)?;
            if string.len() >= super::MIN_LEN && !strings.push(string, (start + bytes_at + from) as u64, 0) {
                return Some(());
            }
            from = to;
        }
        return Some(());
    }
    None
}

/// The ends of the strings, and where their bytes are.
fn ends(component: &[u8], mut at: usize) -> Option<(Vec<usize>, usize)> {
    let count = number(component, &mut at)?;
    if count == 0 || count > component.len() {
        return None;
    }
    let mut all = Vec::new();
    let mut last = 0;
    for _ in 0..count {
        let end = number(component, &mut at)?;
        if end < last {
            return None;
        }
        last = end;
        all.push(end);
    }
    slice(component, at, last)?;
    Some((all, at))
}

/// `UInt`: 7, 14 or 30 bits, the highest first; the first bits say how many bytes.
fn number(data: &[u8], at: &mut usize) -> Option<usize> {
    let first = *data.get(*at)?;
    let (len, mask) = match first >> 6 {
        0 | 1 => (1, 0x7f),
        2 => (2, 0x3f),
        _ => (4, 0x3f),
    };
    let bytes = slice(data, *at, len)?;
    *at += len;
    let rest = bytes.iter().skip(1).fold(usize::from(first & mask), |v, &b| v << 8 | usize::from(b));
    Some(rest)
}
