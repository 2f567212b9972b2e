//! What no input may do to any syntax: panic, give a place outside the text, or take more than
//! linear time.

use super::seek::worked;
use super::{Place, SYNTAXES, Syntax};
use proptest::prelude::*;
use std::ops::Range;

const SAMPLES: &[&str] = &[
    "{\"aws\":{\"id\":\"VALUE1\",/* c */'x':[1,{\"name\":\"N\",\"value\":\"a=VALUE2\"}]},}\n{\"b\":\"\\u00e9\\\"\"}",
    "# c\n[default]\nkey = \"VALUE1\" # x\na.b.c = { d = 'e', f = [1, \"g\"] }\nlong = '''\nx\n'''\nENV A=1 \\\n  B=2\nvariable \"x\" {\n default = \"y\"\n}\n",
    "a:\n  - b: VALUE1\n    c: {d: [e, 'f''g'], \"h\": i}\n  - |\n    [x]\n    y = z\n  - - \"q\n      r\"\n---\n? k\n: &a !t v # w\n{{ if }}\nj: {{ l }}\n",
    "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><plist><dict><key>k</key><string>VALUE1</string><!-- <add key='x' value=\"y\"/> --><array><s>1</s></array><![CDATA[z\nA=1]]></dict></plist>",
    "class A { void f() { new X(\"VALUE1\", 'b', `c`); map.put(\"k\", \"v\" + \"w\"); } }\n#define K \"v\"\nlet x: &str = r\"y\"; // '\nf --k=v \"\"\"a\nb\"\"\"\n",
    "-- x\nCREATE TABLE `t` (a int, b text);\nINSERT INTO `t` (a,`b`) VALUES (1,'VALUE1'),(2,E'\\''b'),(f(x),N'y');\nCOPY p.t (a, b) FROM stdin;\n1\tVALUE2\n\\.\nUPDATE [u] SET x = 'VALUE3' WHERE name = 'n'; $a$ ' $a$ /* c */\n",
    "Name,Secret key,\"a \"\"b\"\"\"\r\nx,VALUE1,\"c\nd\"\r\n",
];

/// Spans of one byte at every `step`th byte.
fn every(len: usize, step: usize) -> Vec<Range<usize>> {
    (0..len).step_by(step.max(1)).map(|i| i..i + 1).collect()
}

fn sound(syntax: &dyn Syntax, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
    let places = syntax.locate(text, spans);
    assert_eq!(places.len(), spans.len());
    for (place, span) in places.iter().zip(spans) {
        let Some(place) = place else { continue };
        assert!(place.value.end <= text.len(), "{}: {place:?} of {span:?} beyond the text", syntax.name());
        assert!(place.value.contains(&span.start), "{}: {place:?} is not of {span:?}", syntax.name());
        assert!(
            place.path.len() < 2048 && place.objects.len() <= 16,
            "{}: {place:?} is large",
            syntax.name()
        );
        assert!(place.objects.iter().all(|o| o.start <= text.len()), "{}: {place:?}", syntax.name());
    }
    places
}

fn all(text: &[u8], step: usize) {
    for syntax in SYNTAXES {
        syntax.reads(text, b"name");
        sound(*syntax, text, &every(text.len(), step));
    }
}

#[test]
fn samples_cut_anywhere() {
    for sample in SAMPLES {
        for cut in 0..sample.len() {
            all(&sample.as_bytes()[..cut], 1);
            all(&sample.as_bytes()[cut..], 3);
        }
    }
}

#[test]
fn odd_spans_are_harmless() {
    for sample in SAMPLES {
        let text = sample.as_bytes();
        let n = text.len();
        for syntax in SYNTAXES {
            assert_eq!(
                syntax.locate(text, &[n..n, n + 5..n + 9, usize::MAX..usize::MAX]),
                [None, None, None]
            );
            // Not rising: late ones may go without a place, but nothing else happens.
            sound(*syntax, text, &[n - 1..n, 0..1, 5..5, 3..9]);
        }
    }
}

/// Twice the text may take twice the work, with a span at its end and with spans all over it.
#[test]
fn work_is_linear() {
    let blanks = format!("INSERT INTO t VALUES ({}", " ".repeat(40_000));
    let pieces: &[(&str, &str)] = &[
        ("", "["),
        ("", "{\"a\":"),
        ("", "]"),
        ("[", "}"),
        ("{", "[}"),
        ("", "\""),
        ("{\"a\":", "\\\""),
        ("{", "a"),
        ("", "{\"a\":\"b\",}"),
        ("{", "/*\n"),
        ("[", "`\n\\`"),
        ("[", "'\n"),
        ("{", "#\n"),
        ("{\"a\":\"", "b=c "),
        ("{\"a\":\"", "\\n"),
        ("", "{\n"),
        ("", " "),
        ("", "\n"),
        ("", "[a]\n"),
        ("", "a=b\n"),
        ("", "a={\n"),
        ("", "a=[\n"),
        ("", "a='''\n"),
        ("", "a {\n"),
        ("a=", "b "),
        ("a=", "\\\n"),
        ("", "a.b=c\n"),
        ("", "# a\n"),
        ("a=\"", "\\"),
        ("", "a"),
        ("", "a=["),
        ("", " a = {b = \"c\n"),
        ("a=", "'\""),
        ("x ", "-e a=b "),
        ("", "- "),
        ("", "? "),
        ("", "a: "),
        ("", "a: \"b\n"),
        ("", "a: 'b\n"),
        ("", "a: |\n"),
        ("", " a: |\n"),
        ("a: |\n", " a: b\n"),
        ("", "a: {\n"),
        ("", "a: [\n "),
        ("a: \"", "\n "),
        ("", "{{ a }}\n"),
        ("", "- a: b\n"),
        ("a:\n", "- |\n  b=c\n"),
        ("", ": "),
        ("a: ", "b: "),
        ("a: ", "b #"),
        ("", "!a &b\n"),
        ("", "<a>"),
        ("", "<a "),
        ("<a ", "b=c "),
        ("<a ", "b=\""),
        ("", "</a>"),
        ("<a>", "</b>"),
        ("", "<!--"),
        ("", "<!-- -->"),
        ("", "<![CDATA["),
        ("", "<?"),
        ("", "<!"),
        ("", "<"),
        ("<a>", "b\n"),
        ("<a>", "b=c\n"),
        ("<html>", "<script>"),
        ("<html><script>", "</"),
        ("", "<a><b></a>"),
        ("<a>", "<entry><string>a</string>"),
        ("", "("),
        ("", ")"),
        ("", "f("),
        ("", "(\""),
        ("", "\","),
        ("", "'"),
        ("f(", "\"a\","),
        ("", "\"\"\""),
        ("", "`"),
        ("", "a+"),
        ("", "\"a\"+"),
        ("", "a:"),
        ("x = ", "\\"),
        ("", "\u{0}"),
        ("", "é"),
        ("", "a.b."),
        ("", "--a"),
        ("", "{}"),
        ("{", "a\n"),
        ("", "\r"),
        ("", "\t"),
        ("INSERT INTO t VALUES ", "('a',"),
        ("INSERT INTO t VALUES ", "('a'),"),
        ("INSERT INTO t VALUES ('", "''"),
        (blanks.as_str(), "'a' "),
        ("INSERT INTO t VALUES ('", "\\'"),
        ("INSERT INTO t VALUES (", "("),
        ("", "INSERT INTO t (a) VALUES ('b');\n"),
        ("", "INSERT INTO t "),
        ("", "INSERT (\n"),
        ("", "CREATE TABLE a (b);\n"),
        ("", "CREATE TABLE a (b\n"),
        ("COPY t (a) FROM stdin;\n", "a\tb\n"),
        ("", "COPY t FROM stdin;\n"),
        ("", "UPDATE t SET a = 'b', "),
        ("", "UPDATE t SET a = 'b';\n"),
        ("", "UPDATE t SET a = 'b'\n"),
        ("", "$a$"),
        ("", "$a$ '"),
        ("", "/*"),
        ("", "--"),
        ("a,key\n", "b,c\n"),
        ("a,key\n", "\"b\",\"\n"),
        ("a,key\nb,\"", "\"\","),
        ("a,key\nb,c\n", "\"\"\","),
        ("a,key\nb,c\n", "b,"),
    ];
    let n = 100_000;
    for (start, piece) in pieces {
        let text = |n: usize| format!("{start}{}", piece.repeat(n / piece.len())).into_bytes();
        for syntax in SYNTAXES {
            for (how, step, per_span) in [("one span", usize::MAX, 0), ("many spans", 509, 100_000)] {
                let text = text(n);
                let spans = if step == usize::MAX {
                    std::iter::once(text.len() - 1..text.len()).collect()
                } else {
                    every(text.len(), step)
                };
                let work = worked(|| {
                    sound(*syntax, &text, &spans);
                });
                let limit = 24 * text.len() + (spans.len() + 1) * per_span.max(100_000);
                assert!(
                    work <= limit,
                    "{}: {work} for {} bytes of {piece:?} after {start:?}, {how}",
                    syntax.name(),
                    text.len()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(text in prop::collection::vec(any::<u8>(), 0..600)) {
        all(&text, 1);
    }

    #[test]
    fn random_marks(text in prop::collection::vec(prop::sample::select(&b"{}[]()<>\"'`\\:=,;#!-?|&*/. \n\ta0\xc3"[..]), 0..300)) {
        all(&text, 1);
    }

    #[test]
    fn mutated_samples(
        sample in prop::sample::select(SAMPLES),
        other in prop::sample::select(SAMPLES),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..8),
    ) {
        let mut text = sample.as_bytes().to_vec();
        for (at, from, how, byte) in edits {
            let at = at.index(text.len() + 1);
            match how {
                0 if at < text.len() => text[at] = byte,
                1 => {
                    let from = from.index(other.len());
                    let piece = &other.as_bytes()[from..(from + 20).min(other.len())];
                    text.splice(at..at, piece.iter().copied());
                }
                _ => {
                    let end = (at + usize::from(byte % 24)).min(text.len());
                    text.drain(at..end);
                }
            }
        }
        all(&text, 1);
    }
}
