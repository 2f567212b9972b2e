//! Ids of patterns with stars: `generic.*`.

/// Whether an id is one that `glob` names; `*` is any number of characters.
pub fn holds(glob: &str, id: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = parts.next().and_then(|first| id.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn stars_stand_for_anything() {
        for (glob, id, expected) in [
            ("aws.key-pair", "aws.key-pair", true),
            ("aws.key", "aws.key-pair", false),
            ("aws.*", "aws.key-pair", true),
            ("*", "x", true),
            ("*-pair", "aws.key-pair", true),
            ("a*k*r", "aws.key-pair", true),
            ("a*k*s", "aws.key-pair", false),
            ("aws.*", "laws.key", false),
            ("ab*bc", "abc", false),
            ("", "x", false),
        ] {
            assert_eq!(holds(glob, id), expected, "{glob} {id}");
        }
    }
}
