//! Bodies of the fuzz targets, so that `cargo fuzz` and the stable tests run the same code.

use crate::address::{Address, Encoding};
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::container::{CONTAINERS, Container, ENCLOSED, Enclosed};
use crate::engine::marks::{Mark, WORDS};
use crate::engine::prefilter::portable::Portable;
use crate::engine::prefilter::{Literal, Machine, Prefilter};
use crate::engine::runs;
use crate::lens::decode::{armor, chained, inner, invisible, listed, literal, marked, pieced, turned};
use crate::lens::{LENSES, Lens, config, decode};
use crate::limits::Limits;
use crate::pattern::PatternSet;
use crate::scan::{Options, Scanner};
use std::sync::OnceLock;

fn limits() -> Limits {
    Limits {
        depth: 3,
        expanded_bytes: 4 << 20,
        entry_bytes: 1 << 20,
        entries: 1000,
        decoded_bytes: 64 << 10,
        ..Limits::default()
    }
}

/// Opens the data with every container, whether it looks like one or not, and reads all members.
pub fn containers(data: &[u8]) {
    CONTAINERS.iter().for_each(|container| open(*container, data));
    ENCLOSED.iter().for_each(|enclosed| open_at(enclosed, data));
}

fn open(container: &dyn Container, data: &[u8]) {
    let blob = Blob { address: Address::named("fuzz"), bytes: data };
    let limits = limits();
    let budget = Budget::new(&limits, data.len() as u64);
    container.reads(&blob);
    let opened = container.open(&blob, &limits);
    let mut buffer = Vec::new();
    for member in &opened.members {
        member.read(&mut buffer, &budget);
    }
    assert!(opened.gaps.iter().all(|gap| gap.end <= data.len()));
}

/// Opens what stands at each word of this kind in the data, and reads all members.
pub fn open_at(enclosed: &Enclosed, data: &[u8]) {
    let limits = limits();
    let budget = Budget::new(&limits, data.len() as u64);
    let mut buffer = Vec::new();
    let (mut from, words) = (0, WORDS.iter().filter(|(_, mark)| *mark == enclosed.mark));
    let mut places: Vec<usize> = words.flat_map(|(word, _)| memchr::memmem::find_iter(data, word)).collect();
    places.sort_unstable();
    for at in places {
        if at < from {
            continue;
        }
        if let Some((opened, end)) = (enclosed.open)(data, at) {
            assert!(end > at && end <= data.len());
            from = end;
            for member in &opened.members {
                member.read(&mut buffer, &budget);
            }
        }
    }
}

/// Reads the data with every lens, and asks for the sites of a few spans of every text.
pub fn lenses(data: &[u8]) {
    LENSES.iter().for_each(|lens| read(*lens, data));
}

fn read(lens: &dyn Lens, data: &[u8]) {
    let blob = Blob { address: Address::named("fuzz"), bytes: data };
    lens.reads(&blob);
    let _ = lens.texts(&blob, &limits(), &mut |text| {
        let step = (text.bytes.len() / 8).max(1);
        let spans: Vec<_> = (0..text.bytes.len()).step_by(step).map(|at| at..at + 1).collect();
        assert_eq!(text.sites.resolve(text.bytes, &spans).len(), spans.len());
    });
}

/// Reads the data with the lens or the container of this name.
pub fn format(name: &str, data: &[u8]) {
    if let Some(lens) = LENSES.iter().find(|lens| lens.name() == name) {
        read(*lens, data);
    } else if let Some(enclosed) =
        ENCLOSED.iter().find(|enclosed| enclosed.name == name && !["uuencode", "dump"].contains(&name))
    {
        open_at(enclosed, data);
    } else {
        let container = CONTAINERS.iter().find(|container| container.name() == name);
        open(*container.expect("a lens or container of this name"), data);
    }
}

/// Decodes every run, every escape and every list.
pub fn decoding(data: &[u8]) {
    runs::for_each_run(data, 0..data.len(), &mut |run| {
        if let Some(decoded) = decode::run(data, &run, 4096) {
            assert!(decoded.span.end <= data.len() && decoded.bytes.len() <= 4096 + 64);
        }
    });
    decode::escaped(data, 0..data.len(), &mut |decoded| assert!(decoded.span.end <= data.len()));
    listed::lists(data, 0..data.len(), 4096, &mut |decoded| {
        assert!(decoded.span.end <= data.len() && decoded.bytes.len() <= 4096 + 256);
    });
    for at in (0..data.len()).step_by(7).take(256) {
        let decoded = inner::around(data, at, at / 3);
        assert!(
            decoded
                .is_none_or(|d| d.span.contains(&at) && d.span.start >= at / 3 && d.span.end <= data.len())
        );
    }
    for (word, mark) in WORDS {
        for at in memchr::memmem::find_iter(data, word).take(64) {
            match mark {
                Mark::Base85 => {
                    let decoded = marked::base85(data, at..at + word.len(), 4096);
                    assert!(decoded.is_none_or(|d| d.span.end <= data.len() && d.bytes.len() <= 4096));
                }
                Mark::Packed | Mark::Joined => {
                    let word = at..at + word.len();
                    for decoded in [literal::bytes(data, &word, 4096), chained::at(data, &word)] {
                        assert!(decoded.is_none_or(|d| d.span.end <= data.len() && d.bytes.len() <= 4097));
                    }
                }
                Mark::Rot13 | Mark::Reversed => {
                    let word = at..at + word.len();
                    for encoding in [Encoding::Rot13, Encoding::Reversed] {
                        let decoded = turned::string(data, &word, encoding);
                        assert!(
                            decoded.is_none_or(|d| d.span.end <= data.len() && d.bytes.len() == d.span.len())
                        );
                    }
                }
                Mark::Key | Mark::EscapedKey => {
                    let word = at..at + word.len();
                    for decoded in [armor::key(data, &word), armor::percent(data, &word)] {
                        assert!(decoded.is_none_or(|d| d.span.end <= data.len()));
                    }
                }
                Mark::Listed => {
                    let decoded = pieced::call(data, &(at..at + word.len()));
                    assert!(
                        decoded.is_none_or(|d| d.span.end <= data.len() && d.bytes.len() <= d.span.len())
                    );
                }
                Mark::Invisible => {
                    let decoded = invisible::around(data, &(at..at + word.len()));
                    assert!(
                        decoded.is_none_or(|d| d.span.end <= data.len() && d.bytes.len() <= d.span.len())
                    );
                }
                Mark::Utf7 => assert!(marked::utf7(data, at).span.end <= data.len()),
                _ => {}
            }
        }
    }
}

/// Locates a few spans with every syntax.
pub fn syntaxes(data: &[u8]) {
    let step = (data.len() / 8).max(1);
    let spans: Vec<_> = (0..data.len()).step_by(step).map(|at| at..at + 1).collect();
    for syntax in config::SYNTAXES {
        syntax.reads(data, b"fuzz.conf");
        let places = syntax.locate(data, &spans);
        assert_eq!(places.len(), spans.len());
        assert!(places.iter().flatten().all(|p| p.value.end <= data.len()));
    }
}

/// Compares the prefilter with its oracle: the first bytes make the literals.
pub fn prefilters(data: &[u8]) {
    let (head, text) = data.split_at(data.len().min(24));
    let literals: Vec<Literal> = head
        .chunks(5)
        .filter(|c| c.len() > 1)
        .map(|c| Literal { bytes: c[1..].to_vec(), ignore_case: c[0] & 1 == 1 })
        .collect();
    let found = |prefilter: &dyn Prefilter| {
        let mut all = Vec::new();
        prefilter.find(text, 0..text.len(), &mut |id, at| all.push((at, id.0)));
        all.sort_unstable();
        all
    };
    let oracle = found(&Portable::new(literals.clone()));
    for machine in Machine::ALL {
        if let Some(prefilter) = machine.build(literals.clone()) {
            assert_eq!(found(prefilter.as_ref()), oracle, "{}", prefilter.name());
        }
    }
}

/// Reads the data as a rule file of other tools, as TOML and as YAML, and as the expression of a rule; what
/// can be read can be written as ours and read again.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let quoted: String = text.chars().filter(|c| !c.is_control() && *c != '\'').collect();
    let rule = format!("[[rules]]\nid = 'fuzz'\nregex = \'{quoted}\'\n");
    for (name, text) in [("fuzz.toml", text.as_ref()), ("fuzz.yml", &text), ("rule.toml", &rule)] {
        let mut patterns = PatternSet::empty();
        let Ok(Some(converted)) = patterns.convert_text(name, text) else { continue };
        let mut again = PatternSet::empty();
        again.add(name, &converted.toml).expect("what was written can be read");
        assert_eq!(again.len(), patterns.len());
        let engine = crate::engine::Engine::new(&again);
        engine.search(data, 0..data.len(), crate::blob::TextKind::Plain, &mut Nothing);
    }
}

struct Nothing;

impl crate::engine::Sink for Nothing {
    fn hit(&mut self, _: crate::engine::Hit) {}
    fn run(&mut self, _: std::ops::Range<usize>) {}
}

/// Scans the data from end to end: no defect is caught in silence.
pub fn scan(data: &[u8]) {
    static PATTERNS: OnceLock<PatternSet> = OnceLock::new();
    static SCANNER: OnceLock<Scanner<'static>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| PatternSet::builtin().expect("the built-in patterns load"));
    let scanner = SCANNER.get_or_init(|| {
        let options = Options { limits: limits(), threads: 1, ..Options::default() };
        Scanner::new(patterns, options).expect("one thread can be had")
    });
    let outcome = scanner.scan_stream("fuzz", &mut std::io::Cursor::new(data));
    assert!(outcome.ledger.entries.iter().all(|e| !e.detail.contains("internal error")));
}

/// What one target does with its data; a panic is a failure.
pub type Target = fn(&[u8]);

/// The general targets, by the name of their file in `fuzz/fuzz_targets`. The others, `format_NAME`, run
/// [`format()`] for one lens or container.
pub const TARGETS: &[(&str, Target)] = &[
    ("containers", containers),
    ("lenses", lenses),
    ("decoding", decoding),
    ("git", git),
    ("syntaxes", syntaxes),
    ("prefilters", prefilters),
    ("rules", rules),
    ("scan", scan),
    ("allowing", allowing),
];

/// Reads the data as a baseline of any kind, an ignore file, a `keysift.toml` and the lines around a value.
pub fn allowing(data: &[u8]) {
    use crate::allow::{baseline, config, ignore_file, inline};
    use crate::finding::{Around, Secret};
    if let Ok(known) = baseline::read("fuzz", data) {
        assert!(known.stale().count() == known.len());
    }
    let text = String::from_utf8_lossy(data);
    let (known, _) = ignore_file::read("fuzz", &text);
    assert_eq!(known.positions(), known.len());
    let _ = config::Config::read("fuzz", &text, "2026-11-29");
    let finding = crate::report::read::key_id("AKIAQQQQQQQQQQQQQQQQ").expect("an id");
    let (above, line) = data.split_at(data.len() / 2);
    let around = Around { above: Some(Secret::new(above)), line: Secret::new(line) };
    if inline::mark(&around, &finding, &[]).is_some() {
        assert!(inline::may_be_marked(above) || inline::may_be_marked(line));
    }
}

/// Reads the data as a pack without an index, walks it, and applies its parts to each other as deltas;
/// reads it as an index, a bundle, a tree and a commit.
pub fn git(data: &[u8]) {
    use crate::source::git::oid::HashKind;
    use crate::source::git::{bundle, delta, index, object, pack};
    let (mut out, mut pieces) = (Vec::new(), Vec::new());
    let (base, rest) = data.split_at(data.len() / 2);
    if delta::sizes(rest).is_ok_and(|(_, size, _)| size < 1 << 20)
        && delta::apply(base, rest, &mut out, &mut pieces).is_ok()
    {
        assert_eq!(pieces.iter().map(|p| p.len).sum::<usize>(), out.len());
    }
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let _ = index::read(data, hash);
        object::tree(data, hash.id_len()).for_each(drop);
        let _ = pack::Index::new(pack::Bytes::owned(data.to_vec()), hash)
            .map(|i| i.find(&[7; 32][..hash.id_len()]));
        // Given a head that promises a few objects, so that bodies are read.
        let whole = [&b"PACK\0\0\0\x02\0\0\0\x09"[..], data, &[0; 32]].concat();
        let _ = bundle::indexed(pack::Bytes::owned(whole), hash, &mut |_| {});
    }
    let _ = (object::commit(data), bundle::head(data), object::tag_target(data), object::author(data));
}
