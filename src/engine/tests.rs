//! The engine over patterns made for the test.

use super::*;
use proptest::prelude::*;

const PATTERNS: &str = r#"
[[group]]
id = "t.pair"
name = "pair"
severity = "critical"
why = "w"
fix = "f"
reference = "r"

[[pattern]]
id = "t.token"
name = "token"
class = "credential"
severity = "high"
why = "w"
fix = "f"
reference = "r"
prefix = ["AKIA"]
body = { alphabet = "base32", length = 16 }

[[pattern]]
id = "t.url"
name = "url"
class = "credential"
severity = "high"
why = "w"
fix = "f"
reference = "r"
literal = ["://"]
regex = '[a-z]{2,8}://(?<id>[a-z]+):(?<secret>[^@\s]+)@[a-z.]+'
before = 16
after = 64

[[pattern]]
id = "t.run"
name = "run"
class = "credential"
severity = "high"
why = "w"
fix = "f"
reference = "r"
value = { alphabet = "base64", length = 40 }
near = ["secretkey"]
check = ["random-base64"]
part = { of = "t.pair", role = "secret" }
"#;

fn set() -> PatternSet {
    let mut set = PatternSet::default();
    set.add("test", PATTERNS).unwrap();
    set
}

struct Collect(Vec<Hit>);

impl Sink for Collect {
    fn hit(&mut self, hit: Hit) {
        self.0.push(hit);
    }
    fn run(&mut self, _: Range<usize>) {}
}

fn all_hits(set: &PatternSet, text: &[u8]) -> Vec<Hit> {
    hits(set, text, std::slice::from_ref(&(0..text.len())))
}

fn hits(set: &PatternSet, text: &[u8], parts: &[Range<usize>]) -> Vec<Hit> {
    let engine = Engine::new(set);
    let mut sink = Collect(Vec::new());
    for part in parts {
        engine.search(text, part.clone(), TextKind::Plain, &mut sink);
    }
    sink.0.sort_by_key(|h| (h.span.start, h.pattern, h.span.end));
    sink.0.dedup();
    sink.0
}

const SECRET: &str = "x9Qm/Tz2LkRw8VbN4cYh+Jf6PsDg1AeUoI3nXqZt";

#[test]
fn each_kind_of_matcher_finds_its_own() {
    let set = set();
    let text = format!("id = AKIAQQQQQQQQQQQQQQQQ\nSecret_Key: {SECRET}\nsee pg://me:pa55@db.local, x");
    let found = all_hits(&set, text.as_bytes());
    let values: Vec<_> = found.iter().map(|h| &text[h.value.clone()]).collect();
    assert_eq!(values, ["AKIAQQQQQQQQQQQQQQQQ", SECRET, "pg://me:pa55@db.local"]);
    assert!(found[1].near);
    assert_eq!(&text[found[2].secret.clone().unwrap()], "pa55");
    assert_eq!(&text[found[2].id.clone().unwrap()], "me");
}

#[test]
fn near_words_are_looked_for_on_this_line_and_the_one_before() {
    let set = set();
    let near = |text: &str| all_hits(&set, text.as_bytes())[0].near;
    assert!(near(&format!("secret key\n  {SECRET}")));
    assert!(!near(&format!("secret key\nother\n  {SECRET}")));
}

proptest! {
    /// Whatever the cuts, the same hits: nothing is lost at an edge and nothing added.
    #[test]
    fn parts_find_what_the_whole_finds(
        pieces in proptest::collection::vec(prop_oneof![
            Just("AKIAQQQQQQQQQQQQQQQQ".to_owned()),
            Just(SECRET.to_owned()),
            Just("pg://me:pa55@db.local".to_owned()),
            "[ =\n\"A-Za-z0-9:/]{0,9}",
        ], 0..8),
        cuts in proptest::collection::vec(0usize..300, 0..4),
    ) {
        let set = set();
        let text = pieces.concat().into_bytes();
        let mut edges: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
        edges.extend([0, text.len()]);
        edges.sort_unstable();
        let parts: Vec<_> = edges.windows(2).map(|w| w[0]..w[1]).collect();
        prop_assert_eq!(hits(&set, &text, &parts), all_hits(&set, &text));
    }
}

#[test]
fn every_cut_of_a_small_text() {
    let set = set();
    let text = format!("k=AKIAQQQQQQQQQQQQQQQQ;{SECRET} pg://me:pa55@db.local");
    let text = text.as_bytes();
    let whole = all_hits(&set, text);
    assert_eq!(whole.len(), 3);
    for cut in 0..=text.len() {
        assert_eq!(hits(&set, text, &[0..cut, cut..text.len()]), whole, "cut at {cut}");
    }
}

/// A sink that is told of each place, which nothing is left out for.
struct CollectAll(Collect);

impl Sink for CollectAll {
    fn hit(&mut self, hit: Hit) {
        self.0.hit(hit);
    }
    fn run(&mut self, _: Range<usize>) {}
    fn wants_all(&self) -> bool {
        true
    }
}

#[test]
fn what_repeats_itself_is_found_as_if_it_did_not() {
    let set = PatternSet::builtin().unwrap();
    let engine = Engine::new(&set);
    let key = format!("AKIA{}", "Q7RZ".repeat(4));
    let password = "\ndb_password = \"hT7-kd93Lq_x\"\n";
    let lines = [
        "password=",
        "https://",
        "sk_live_",
        "salt: [u",
        "a",
        "x;\ty\n",
        "s3a://",
        "token: no, \"pass\": \"\"\n",
    ];
    for line in lines {
        let text = line.repeat(500_000 / line.len());
        for (at, planted) in
            [(0, ""), (3_000, password), (150_001, &key), (250_000, password), (499_000, &key)]
        {
            let at = at / line.len() * line.len();
            let text = [&text[..at], planted, &text[at..]].concat();
            let mut sinks = (Collect(Vec::new()), CollectAll(Collect(Vec::new())));
            for part in [0..text.len() / 3, text.len() / 3..text.len()] {
                engine.search(text.as_bytes(), part.clone(), TextKind::Plain, &mut sinks.0);
                engine.search(text.as_bytes(), part, TextKind::Plain, &mut sinks.1);
            }
            let [found, all] = [sinks.0, sinks.1.0].map(|Collect(mut hits)| {
                hits.sort_by_key(|h| (h.span.start, h.pattern, h.span.end));
                hits.dedup();
                hits
            });
            assert_eq!(found.len(), all.len(), "{line:?} {at}");
            assert!(found == all, "{line:?} {at}");
            let is_planted = |h: &Hit| (at..at + planted.len()).contains(&h.value.start);
            assert!(planted != password || found.iter().any(is_planted), "{line:?} {at}");
        }
    }
}
