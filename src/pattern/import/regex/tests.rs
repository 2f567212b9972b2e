//! Syntax of each of them, and what it becomes.

use super::*;

fn mapped(source: &str) -> Mapped {
    map(source, Secret::First).unwrap()
}

fn source(text: &str) -> String {
    let mapped = mapped(text);
    let config = regex_automata::util::syntax::Config::new().utf8(false).unicode(false);
    regex_automata::util::syntax::parse_with(&mapped.source, &config)
        .unwrap_or_else(|e| panic!("{text}: {e}"));
    mapped.source
}

#[test]
fn syntax_that_differs() {
    for (theirs, ours) in [
        (r"\h+\d\/\-\_\<", r"[ \t]+\d/\-_<"),
        (r"a++b*+c{2,3}+", r"a+b*c{2,3}"),
        (r"(?>zzq)\Z", r"(?:zzq)(?:\n?\z)"),
        (r"\Qa.b\E[[]", r"a\.b[\[]"),
        (r"\${x}{{", r"\$\{x\}\{\{"),
        (r"[\w-.]+[--/][a-]", r"[\w\-.]+[\--/][a\-]"),
        (r"[]a][^]]", r"[\]a][^\]]"),
        ("(?xi) zzq_ # name\n ( [a-f\\ ]{4} )", "(?i)zzq_(?P<value>[a-f ]{4})"),
        (r"(?i)\pL\p{Nd}[\p{Lu}_]", r"(?i)[A-Za-z][0-9][A-Z_]"),
        (r"(?P<TOKEN>a)(b)", r"(?P<value>a)(?:b)"),
        (r"(a)|(b)", r"(?P<value>a)|(?P<value2>b)"),
        (r"(?#note)a[&&b~~]", r"a[\&\&b\~\~]"),
        (r"[[:alnum:]-_]\x{41}", r"[[:alnum:]\-_]A"),
        (r"key=\Kzzq", r"key=(?P<value>zzq)"),
    ] {
        assert_eq!(source(theirs), ours, "{theirs}");
    }
    assert_eq!(map("(a)(b)", Secret::Number(2)).unwrap().source, "(?:a)(?P<value>b)");
    assert!(map("(a)", Secret::Number(2)).unwrap_err().contains("no group 2"));
}

#[test]
fn look_around_at_the_edges_is_kept() {
    let one = mapped(r"(?<![A-Za-z0-9])zzq_\w{8}(?![A-Za-z0-9+/])");
    assert_eq!(one.source, r"zzq_\w{8}");
    assert_eq!(one.preceded.as_deref(), Some("^|[^A-Za-z0-9]"));
    assert_eq!(one.followed.as_deref(), Some("$|[^A-Za-z0-9+/]"));
    assert!(one.notes.is_empty());
    let two = mapped("(?i)(?<=key=)zzq(?=\\s|$)");
    assert_eq!(two.source, "(?i)(?:key=)(?P<value>zzq)");
    let pool = mapped(r"^(zzq)(?:['\s]|$)");
    assert_eq!(pool.source, r"(?:^|\x00)(?P<value>zzq)(?:['\s]|(?:$|\x00))");
    assert_eq!(mapped("^(?:zzq)$").source, "^(?:zzq)$");
    assert_eq!(two.followed.as_deref(), Some(r"$|[\s]"));
    let three = mapped(r"(?:(?<!\w)zzq|b)(?!\w)c");
    assert_eq!(three.source, r"(?:\b{start-half}zzq|b)\b{end-half}c");
    let four = mapped(r"zzq(?!test)\w+");
    assert_eq!(four.source, r"zzq(?:)\w+");
    assert!(four.notes[0].contains("(?!…)"));
    let five = mapped(r"(?<!a)b|c");
    assert!(five.preceded.is_none() && five.notes.len() == 1);
}

#[test]
fn what_cannot_be_honoured_is_an_error() {
    for (text, why) in [
        (r"(a)\1", "back-references"),
        (r"(?P<n>a)(?P=n)", "back-references"),
        (r"(?R)", "recursion"),
        (r"(?(1)a|b)", "recursion"),
        ("(a", "without `)`"),
        ("a)", "without `(`"),
        ("[a", "without `]`"),
        (r"\p{Greek}", "not known"),
        (r"\y", "not known"),
    ] {
        assert!(map(text, Secret::First).unwrap_err().contains(why), "{text}");
    }
    assert!(map(&"(".repeat(1000), Secret::First).is_err());
    assert!(map(&"a".repeat(LONGEST + 1), Secret::First).is_err());
}

proptest::proptest! {
    /// No text is too odd.
    #[test]
    fn no_text_does_harm(text in r"([\\(\[\])?<=!PKxi|:*+{}\-^$a-c0-9,é&#]|\\[QEhdwpbxK])*") {
        let _ = map(&text, Secret::First);
    }
}
