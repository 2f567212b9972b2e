//! Packs with chains of deltas that git would not make: deep, to bases near and far, by offset and by id, with
//! copies that cut tokens in two and put halves of different places together; the finding may be in the base
//! only, or in the result only. What is found is what a search of every object as a whole finds.

use crate::hostile::{entry, id, number, offset, repository};
use crate::same::{assert_same, piece};
use crate::util::{Random, demo};

/// Copies and bytes of a delta.
enum Op {
    Copy(usize, usize),
    Insert(Vec<u8>),
}

const LONGEST: usize = 30_000;

fn delta(base: &[u8], ops: &[Op]) -> (Vec<u8>, Vec<u8>) {
    let mut made = Vec::new();
    let mut code = Vec::new();
    for op in ops {
        match op {
            Op::Copy(from, len) => {
                for part in (0..*len).step_by(0xffff) {
                    let (from, len) = (from + part, (*len - part).min(0xffff));
                    made.extend(&base[from..from + len]);
                    code.push(0x80 | 0x3f);
                    code.extend(&(from as u32).to_le_bytes());
                    code.extend(&(len as u32).to_le_bytes()[..2]);
                }
            }
            Op::Insert(bytes) => {
                for bytes in bytes.chunks(127) {
                    made.extend(bytes);
                    code.push(bytes.len() as u8);
                    code.extend(bytes);
                }
            }
        }
    }
    let mut out = number(base.len() as u64);
    out.extend(number(made.len() as u64));
    out.extend(code);
    (out, made)
}

/// A place in a text: mostly in the middle of a long token, where there is one.
fn place(text: &[u8], random: &mut Random) -> usize {
    let at = random.below(text.len() + 1);
    if random.below(3) == 0 {
        return at;
    }
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-');
    let token = text[at..].windows(16).position(|w| w.iter().all(is_token));
    token.map_or(at, |n| at + n + 1 + random.below(15))
}

/// How a text is made from another: all of it in several copies, some left out, turned round or taken twice, with
/// new bytes between some.
fn ops(base: &[u8], random: &mut Random) -> Vec<Op> {
    let mut cuts: Vec<usize> = (0..random.below(6)).map(|_| place(base, random)).collect();
    cuts.extend([0, base.len()]);
    cuts.sort_unstable();
    let mut ops: Vec<Op> = cuts.windows(2).map(|w| Op::Copy(w[0], w[1] - w[0])).collect();
    ops.retain(|op| !matches!(op, Op::Copy(_, 0)));
    for _ in 0..random.below(4) {
        let at = random.below(ops.len() + 1);
        match random.below(5) {
            0 if ops.len() > 1 => {
                ops.remove(at.min(ops.len() - 1));
            }
            1 if ops.len() > 1 => {
                let other = random.below(ops.len());
                ops.swap(at.min(other), other);
            }
            2 => {
                let from = place(base, random);
                let len = random.below(1500).min(base.len() - from);
                if len > 0 {
                    ops.insert(at, Op::Copy(from, len));
                }
            }
            // A single byte decides as much as many.
            3 => ops.insert(at, Op::Insert(vec![b"\n \"=:a0/+\\"[random.below(10)]])),
            _ => {
                let new = piece(random);
                if !new.is_empty() {
                    ops.insert(at, Op::Insert(new));
                }
            }
        }
    }
    ops
}

fn made_on_purpose(seed: u64, count: usize) -> usize {
    let mut random = Random(seed);
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut entries: Vec<(Vec<u8>, [u8; 20])> = Vec::new();
    let mut starts: Vec<u64> = Vec::new();
    let mut end = 12;
    for n in 0..count {
        let parent = match random.below(20) {
            _ if n == 0 => None,
            0 => None,
            // Deep, with branches now and then.
            1..=14 => Some(n - 1),
            _ => Some(random.below(n)),
        };
        let (bytes, text) = match parent.filter(|&p| !texts[p].is_empty()) {
            None => {
                let text: Vec<u8> = (0..2 + random.below(25)).flat_map(|_| piece(&mut random)).collect();
                (entry(3, text.len() as u64, &[], &text), text)
            }
            Some(p) => {
                let (code, mut text) = delta(&texts[p], &ops(&texts[p], &mut random));
                let code = if text.len() > LONGEST {
                    let (code, shorter) = delta(&texts[p], &[Op::Copy(0, texts[p].len() / 2)]);
                    text = shorter;
                    code
                } else {
                    code
                };
                let by_id = random.below(3) == 0;
                let (kind, before) = if by_id { (7, id(p).to_vec()) } else { (6, offset(end - starts[p])) };
                (entry(kind, code.len() as u64, &before, &code), text)
            }
        };
        starts.push(end);
        end += bytes.len() as u64;
        texts.push(text);
        entries.push((bytes, id(n)));
    }
    let dir = repository(&entries);
    assert_same(dir.path(), &format!("chains of seed {seed}"))
}

#[test]
fn chains_made_on_purpose() {
    // KEYSIFT_SEEDS=from..to for more than the usual few.
    let seeds = std::env::var("KEYSIFT_SEEDS").ok().and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    let found: usize = seeds.unwrap_or(1..4u64).map(|seed| made_on_purpose(seed, 60)).sum();
    assert!(found > 20, "{found}");
}

/// A token that is whole in the base and cut in the result, and the other way round, at each of its bytes.
#[test]
fn a_token_cut_at_each_byte() {
    let credentials = crate::util::credentials("cut");
    let filler = "some words that fill a line\n".repeat(80);
    let text = format!("{filler}{credentials}{filler}").into_bytes();
    let from = text.len() / 2 - credentials.len() / 2;
    for (what, is_base_whole) in [("whole in the base", true), ("whole in the result", false)] {
        let mut entries = Vec::new();
        let mut at = 12;
        for cut in from..from + credentials.len() {
            let base = if is_base_whole {
                text.clone()
            } else {
                [&text[..cut], b"\n\n# between the halves\n\n", &text[cut..]].concat()
            };
            let whole = entry(3, base.len() as u64, &[], &base);
            let ops = if is_base_whole {
                [Op::Copy(0, cut), Op::Insert(b" ".to_vec()), Op::Copy(cut, text.len() - cut)]
            } else {
                let rest = base.len() - (text.len() - cut);
                [Op::Copy(0, cut), Op::Copy(rest, base.len() - rest - 1), Op::Insert(b"\n".to_vec())]
            };
            let (code, made) = delta(&base, &ops);
            assert_eq!(made.len(), if is_base_whole { text.len() + 1 } else { text.len() });
            let back = whole.len() as u64;
            let child = entry(6, code.len() as u64, &offset(back), &code);
            at += back + child.len() as u64;
            let n = entries.len();
            entries.push((whole, id(n)));
            entries.push((child, id(n + 1)));
        }
        assert!(at > 0);
        let dir = repository(&entries);
        assert!(assert_same(dir.path(), what) >= 1, "{what}");
        let report = crate::util::Report::of(
            {
                let mut command = dir.keysift();
                command.args(["git", "--reveal", "-f", "jsonl"]);
                command
            },
            1,
        );
        let secret = demo::secret_access_key("cut");
        let told = report.findings.iter().find(|f| f["parts"]["secret"] == secret).unwrap();
        let objects = told["history"][0]["objects"].as_u64().unwrap();
        // In every whole one, and where the cut is beside both halves.
        assert!(objects >= credentials.len() as u64 / 2, "{what}: {objects}");
    }
}
