//! Passwords in code that stands in a string of another text, and keys whose lines stand in something else each.

use super::Random;
use keysift::finding::Role;
use keysift::pattern::PatternSet;
use keysift::scan::{Options, Scanner};

/// What is found in a file: pattern, value and line of each place.
fn found(name: &str, text: &str) -> Vec<(String, String, u32)> {
    let patterns = PatternSet::builtin().expect("built-in patterns load");
    let scanner = Scanner::new(&patterns, Options::default()).expect("threads start");
    let findings = scanner.scan_stream(name, &mut text.as_bytes()).findings;
    let places = findings.iter().flat_map(|finding| {
        let value = finding.parts.get(&Role::Secret).or_else(|| finding.parts.get(&Role::Value));
        let value = value.map(|v| String::from_utf8_lossy(v.reveal()).into_owned()).unwrap_or_default();
        finding.sites.iter().map(move |site| (finding.pattern.clone(), value.clone(), site.line.unwrap_or(0)))
    });
    places.collect()
}

#[test]
fn code_in_a_string_of_another_text() {
    let password = Random(7).chars(b"abcdefghjkmnpqrstuvwxyz23456789", 11);
    let code = format!("db = MySQLdb.connect(\"localhost\", \"root\", \"{password}\")\nprint('a & b')");
    let json = serde_json::to_string(&code).unwrap();
    let line = json.replace("\\nprint", "\\n\",\n \"print");
    let entities = code.replace('&', "&amp;").replace('"', "&quot;");
    for (name, text, line) in [
        ("x.ipynb", format!("{{\"cells\": [{{\"source\": [\n {line}\n]}}]}}\n"), 2),
        ("x.json", format!("{{\"id\": 1,\n\"script\": {json}}}\n"), 2),
        ("x.log", format!("{{\"log\": {json}, \"stream\": \"stdout\"}}\n"), 1),
        ("x.yml", format!("a: b\nscript: {json}\n"), 2),
        (
            "x.json",
            format!("{{\"a\": {}}}", serde_json::to_string(&format!("{{\"b\": {json}}}")).unwrap()),
            1,
        ),
        ("x.csv", format!("id,body\n1,\"{}\"\n", code.replace('"', "\"\"")), 2),
        ("x.html", format!("<p>x</p>\n<pre><code>{entities}</code></pre>\n"), 2),
        (
            "x.sql",
            format!("INSERT INTO posts VALUES (1,'{}');\n", json.trim_matches('"').replace('\'', "\\'")),
            1,
        ),
    ] {
        let found = found(name, &text);
        assert_eq!(found.len(), 1, "{name}: {found:?}\n{text}");
        assert_eq!((&*found[0].1, found[0].2), (&*password, line), "{name}: {text}");
    }
}

/// What is found as it is written is not told again.
#[test]
fn nothing_is_told_twice() {
    let password = Random(9).chars(b"abcdefghjkmnpqrstuvwxyz23456789", 12);
    let text = format!("{{\"a\": \"password = \\\"{password}\\\"\\nf(\\\"token\\\")\"}}\n");
    assert_eq!(found("x.json", &text), [("generic.password".to_owned(), password, 1)]);
}

#[test]
fn lines_of_a_key_in_calls() {
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut random = Random(3);
    let mut lines: Vec<String> = (0..24).map(|_| random.chars(base64, 64)).collect();
    lines[0].replace_range(..4, "MIIE");
    let key = ["-----BEGIN RSA PRIVATE KEY-----".to_owned()].into_iter().chain(lines);
    let key: Vec<String> = key.chain(["-----END RSA PRIVATE KEY-----".to_owned()]).collect();
    for (name, before, behind) in [
        ("A.java", "        sb.append(\"", "\\n\");\n"),
        ("x.sh", "echo '", "' >> key.pem\n"),
        ("x.log", "12:00:01 INFO ", "\n"),
    ] {
        let text: String = key.iter().map(|line| format!("{before}{line}{behind}")).collect();
        let found = found(name, &format!("\n{text}"));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!((&*found[0].0, found[0].2), ("privatekey.rsa", 2), "{name}");
    }
}
