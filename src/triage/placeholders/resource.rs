//! Names of resources in a cloud that documentation and tests make up: `my-bucket`, `arn:aws:iam::123456789012:role/x`.

/// What such names are made of, in lower case, in the order of their length.
const WORDS: [&str; 44] = [
    "placeholder",
    "projects",
    "examples",
    "project",
    "another",
    "example",
    "buckets",
    "service",
    "testing",
    "version",
    "default",
    "storage",
    "bucket",
    "sample",
    "some",
    "dummy",
    "other",
    "first",
    "second",
    "value",
    "tests",
    "demo",
    "fake",
    "mock",
    "your",
    "test",
    "name",
    "path",
    "file",
    "proj",
    "foo",
    "bar",
    "baz",
    "qux",
    "the",
    "dot",
    "key",
    "app",
    "aws",
    "gcp",
    "my",
    "id",
    "an",
    "a",
];

/// Whether a word is made of such words only.
fn is_made_up(word: &[u8]) -> bool {
    // Longer words first: the first that fits is taken, so no word is read twice.
    let mut rest = word;
    while !rest.is_empty() {
        let Some(found) = WORDS
            .iter()
            .find(|w| rest.len() >= w.len() && rest[..w.len()].eq_ignore_ascii_case(w.as_bytes()))
        else {
            return false;
        };
        rest = &rest[found.len()..];
    }
    true
}

/// Whether the number of an account is one that documentation takes: digits in turn, or the same ones in groups of four.
fn is_example_account(digits: &[u8]) -> bool {
    let in_turn = |a: u8, b: u8| b == a + 1 || (a, b) == (b'9', b'0');
    digits.len() == 12
        && (digits.windows(2).all(|w| in_turn(w[0], w[1]))
            || digits.windows(2).all(|w| in_turn(w[1], w[0]))
            || digits.chunks(4).all(|four| four.iter().all(|d| *d == four[0])))
}

/// Whether what names a resource names none: an account of documentation, or a name of nothing but words for one.
pub fn is_no_resource(value: &[u8]) -> bool {
    let value = value.split_at_checked(512).map_or(value, |(head, _)| head);
    if value.split(|b| !b.is_ascii_digit()).any(is_example_account) {
        return true;
    }
    // Behind the first dot stands whose names these are: `my-app.appspot.com`.
    let name = value.split(|b| *b == b'.').next().unwrap_or_default();
    let letters = |b: &u8| !b.is_ascii_alphabetic();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let mut words = name.split(letters).filter(|word| !word.is_empty()).peekable();
    name.iter().all(is_name) && words.peek().is_some() && words.all(is_made_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_documentation_names_is_no_resource() {
        for value in [
            "arn:aws:iam::123456789012:role/Admin",
            "arn:aws:lambda:us-east-1:111122223333:function:f",
            "123456789012",
            "999999999999",
            "my-bucket",
            "mybucket2",
            "test-project-1",
            "some-project",
            "your-bucket-name",
            "example.appspot.com",
            "placeholder-value",
            "foo-bar",
            "examplebucket",
        ] {
            assert!(is_no_resource(value.as_bytes()), "{value}");
        }
        for value in [
            "arn:aws:iam::448815162342:role/Admin",
            "448815162342",
            "shop-uploads",
            "test-shop",
            "acme-prod.appspot.com",
            "bigquery-public-data",
            "us-east-1:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "https://example.com/x",
            "12345",
            "",
        ] {
            assert!(!is_no_resource(value.as_bytes()), "{value}");
        }
    }
}
