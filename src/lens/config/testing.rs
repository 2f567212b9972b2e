//! Tables of documents for the tests of all syntaxes: every `VALUE<digit>` in a document is a span.

use super::{Place, Syntax};
use std::ops::Range;

/// The spans of the values in a document.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    text.match_indices("VALUE")
        .filter(|(i, _)| text[i + 5..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|(i, v)| i..i + v.len() + 1)
        .collect()
}

/// The places of the values in a document; values without a place are left out.
pub(super) fn paths(syntax: &dyn Syntax, text: &str) -> Vec<Place> {
    syntax.locate(text.as_bytes(), &spans(text)).into_iter().flatten().collect()
}

/// Checks documents: `path|key|object,object; …` for each value, `?` for no place, `-` for none.
pub(super) fn check(syntax: &dyn Syntax, table: &[(&str, &str)]) {
    for (text, expected) in table {
        let spans = spans(text);
        assert!(!spans.is_empty(), "no values in {text}");
        let places = syntax.locate(text.as_bytes(), &spans);
        let printed: Vec<String> = places.iter().map(|p| p.as_ref().map_or("?".to_owned(), print)).collect();
        assert_eq!(printed.join("; "), *expected, "\n{text}");
        for (place, span) in places.iter().zip(&spans) {
            assert!(
                place.as_ref().is_none_or(|p| p.value.contains(&span.start) && p.value.end >= span.end),
                "\n{text}"
            );
        }
    }
}

fn print(place: &Place) -> String {
    let objects: Vec<&str> = place.objects.iter().map(|o| o.label.as_str()).collect();
    let objects = if objects.is_empty() { "-".to_owned() } else { objects.join(",") };
    format!("{}|{}|{objects}", place.path, place.key.as_deref().unwrap_or("-"))
}
