//! Runs the bodies of the fuzz targets on seeds and on mutations of them, on the stable toolchain.

use keysift::container::{CONTAINERS, ENCLOSED};
use keysift::fuzzing::TARGETS;
use keysift::lens::LENSES;
use std::collections::BTreeSet;

/// A small generator: the same mutations on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let read = |name: &str| {
        std::fs::read(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a committed file")
    };
    let mut seeds = vec![read("testdata/dex/scenes.dex"), read("Cargo.toml"), read("patterns/keys.toml")];
    let apk = read("testdata/demo-app/demo.apk");
    seeds.push(apk[apk.len() - 8192..].to_vec());
    seeds.push(apk[..12_000].to_vec());
    for name in ["gitleaks.toml", "betterleaks.toml", "noseyparker.yml", "kingfisher.yml", "trufflehog.yaml"]
    {
        seeds.push(read(&format!("testdata/rules/{name}")));
    }
    for text in [
        r#"{"a": {"accessKeyId": "AKIAQQQQQQQQQQQQQQQQ", "s": "abc\/def\u0041ghijklmnop%2Fqrs"}, "b": [1, 2]}"#,
        "a:\n  - name: X\n    value: |\n      K=V\n      [s]\n      k = 'v'\n",
        "<a><b name=\"x\">v</b><!-- c --><![CDATA[d]]></a>",
        "Y29uZmlnID0geyAiYWNjZXNzS2V5SWQiOiAidmFsdWUiIH0gYW5kIG1vcmU=",
        "tree ce013625030ba8dba906f756967f9e9ca394464a\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nmessage",
        "\u{3}\u{3}\u{10}\u{3}abc100644 name\0aaaaaaaaaaaaaaaaaaaaDIRC\0\0\0\u{2}\0\0\0\u{1}",
        "\u{feff}k\0e\0y\0=\0t\0o\0k\0e\0n\0v\0a\0l\0u\0e\0",
    ] {
        seeds.push(text.as_bytes().to_vec());
    }
    seeds
}

#[test]
fn seeds_and_mutations_do_no_harm() {
    let mut random = Random(7);
    for seed in seeds() {
        for round in 0..150 {
            let mut data = seed.clone();
            for _ in 0..round.min(1 + random.below(12)) {
                let at = random.below(data.len());
                match random.below(4) {
                    0 => data[at] = random.below(256) as u8,
                    1 => data.truncate(at),
                    2 => {
                        let end = (at + random.below(64)).min(data.len());
                        let piece = data[at..end].to_vec();
                        let to = random.below(data.len());
                        data.splice(to..to, piece);
                    }
                    _ => data[at] ^= 1 << random.below(8),
                }
                if data.is_empty() {
                    data.push(0);
                }
            }
            for (name, target) in TARGETS {
                let run = std::panic::catch_unwind(|| target(&data));
                assert!(run.is_ok(), "{name} panics on mutation {round} of a seed of {} bytes", seed.len());
            }
        }
    }
}

#[test]
fn every_target_has_its_file() {
    let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/fuzz_targets"))
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let formats = LENSES.iter().map(|l| l.name()).chain(CONTAINERS.iter().map(|c| c.name()));
    // One of these is a container of whole files as well.
    let formats: BTreeSet<&str> = formats.chain(ENCLOSED.iter().map(|e| e.name)).collect();
    let mut targets: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    targets.extend(formats.iter().map(|name| format!("format_{}", name.replace('-', "_"))));
    targets.sort();
    assert_eq!(files, targets, "run scripts/fuzz-targets");
}
