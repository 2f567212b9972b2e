//! Search from the end of a text.

use memchr::memmem::Finder;

/// Bytes of the part that is searched first.
const FIRST: usize = 256;

/// Where the last `needle` in `text` stands. `memmem::rfind` looks at each byte; here vector code goes over parts of
/// the text, which grow towards its beginning.
pub(crate) fn last(text: &[u8], needle: &[u8]) -> Option<usize> {
    let finder = Finder::new(needle);
    let (mut end, mut size) = (text.len(), FIRST);
    loop {
        let start = end.saturating_sub(size);
        // What lies across the border begins before it, and ends in the part behind it.
        let to = text.len().min(end + needle.len().saturating_sub(1));
        if let Some(at) = finder.find_iter(&text[start..to]).last() {
            // The last one may overlap one that begins before it.
            let overlapping = start + at + 1..to.min(start + at + 2 * needle.len());
            let later = (overlapping.start..overlapping.end).rev().find(|&at| text[at..].starts_with(needle));
            return Some(later.unwrap_or(start + at));
        }
        if start == 0 {
            return None;
        }
        (end, size) = (start, size.saturating_mul(4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_one_that_memmem_finds(text in "[ab]{0,40}", filler in 0usize..3000, needle in "[ab]{1,4}") {
            let text = format!("{text}{}{text}", ".".repeat(filler));
            for text in [&text[..], &text[..text.len() / 2]] {
                let want = memchr::memmem::rfind(text.as_bytes(), needle.as_bytes());
                prop_assert_eq!(last(text.as_bytes(), needle.as_bytes()), want);
            }
        }
    }
}
