//! Which stretch of a text a value is, and whether it has the form of a kind.

use super::worth::is_in_url;
use crate::engine::context;
use crate::engine::runs::is_token;
use crate::engine::token;
use crate::pattern::{Body, Segment};
use std::ops::Range;

/// What of the text may be the value: all that is joined, the run, the last part of a path.
pub(super) fn spans(text: &[u8], run: &Range<usize>, whole: &Range<usize>) -> Vec<Range<usize>> {
    let mut spans = vec![whole.clone()];
    let mut add = |span: Range<usize>| {
        if !spans.contains(&span) {
            spans.push(span);
        }
    };
    // A name and its value, written without a blank: `apiKey:VALUE`; a query: `?key=VALUE`.
    if let Some(at) = text[whole.start..run.start].iter().rposition(|&b| b == b':') {
        add(whole.start + at + 1..whole.end);
    }
    let head = text[..run.start].last().copied();
    let is_headed =
        whole.start < run.start && matches!(head, Some(b'.' | b'~' | b'|' | b'$' | b'!' | b'#' | b'*'));
    let ends_here = whole.end == run.end || text[run.end] == b'@' || context::is_user(text, run);
    if !is_headed && ends_here {
        add(run.clone());
    }
    if let Some(at) = memchr::memrchr(b'/', &text[run.clone()])
        && is_in_url(text, run.start)
    {
        add(run.start + at + 1..run.end);
    }
    spans
}

/// Whether `span` has the form and nothing more.
pub(super) fn is_whole(text: &[u8], span: &Range<usize>, body: &Body) -> bool {
    let Some((end, _)) = token::body_end(text, span.start, body) else { return false };
    if end == span.end {
        return !body_may_go_on(text, end);
    }
    // Padding stands behind the run.
    end > span.end && text[span.end..end].iter().all(|&b| b == b'=') && !body_may_go_on(text, end)
}

fn body_may_go_on(text: &[u8], end: usize) -> bool {
    match text.get(end) {
        Some(b'=') => !matches!(text.get(end + 1), Some(b'=' | b' ')),
        Some(b) => is_token(*b),
        None => false,
    }
}

/// Bits of the number of values that have the form.
pub(super) fn breadth(body: &[Segment]) -> u32 {
    body.iter()
        .map(|segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Chars { alphabet, min, max, .. } => {
                let size = alphabet.bits().iter().map(|w| w.count_ones()).sum::<u32>();
                size.next_power_of_two().trailing_zeros() * 16 + (max - min).min(2000) as u32
            }
        })
        .max()
        .unwrap_or(0)
}
