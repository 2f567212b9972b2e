use super::*;
use crate::address::Address;
use std::path::Path;

const ALL: [&Stream; 10] = [&BZIP2, &XZ, &LZIP, &LZMA, &ZSTD, &LZ4, &COMPRESS, &ZLIB, &SNAPPY, &BROTLI];

/// Real streams, and what is in them: `testdata/archives/seeds.sh` makes them all of one text.
fn seeds(stream: &Stream) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/seeds").join(stream.name());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn text() -> Vec<u8> {
    (1..=3000).flat_map(|n| format!("line {n} of a text\n").into_bytes()).collect()
}

fn read(stream: &Stream, bytes: &[u8], limits: &Limits) -> (Vec<u8>, Option<Reason>) {
    let blob = Blob { address: Address::named("x.br"), bytes };
    assert!(stream.reads(&blob), "{}", stream.name());
    let opened = stream.open(&blob, limits);
    let mut buffer = Vec::new();
    let budget = Budget::new(limits, bytes.len() as u64);
    let contents = opened.members[0].read(&mut buffer, &budget);
    (contents.bytes.to_vec(), contents.problem.map(|p| p.reason))
}

#[test]
fn whole_in_a_row_and_with_something_behind() {
    let limits = Limits::default();
    for stream in ALL {
        for (n, seed) in seeds(stream).into_iter().enumerate() {
            let what = format!("{} seed {n}", stream.name());
            assert!(read(stream, &seed, &limits) == (text(), None), "{what}");
            // Neither says where it ends.
            if matches!(stream.0, Format::Compress | Format::Brotli) {
                continue;
            }
            let two = [&seed[..], &seed[..]].concat();
            assert!(read(stream, &two, &limits) == ([text(), text()].concat(), None), "{what}: two");
            // A chunk of an unknown kind: told.
            if stream.0 == Format::Snappy {
                let (out, reason) = read(stream, &[&seed[..], b"tail"].concat(), &limits);
                assert!(out == text() && reason == Some(Reason::Damaged));
                continue;
            }
            if !(stream.0 == Format::Lz4 && lz4::begins(&seed) && seed[0] == 2) {
                let tail = [&seed[..], b"tail"].concat();
                assert!(
                    read(stream, &tail, &limits) == ([&text()[..], b"tail"].concat(), None),
                    "{what}: tail"
                );
            }
        }
    }
}

#[test]
fn what_comes_out_before_damage_is_read() {
    let limits = Limits::default();
    for stream in ALL {
        for (n, seed) in seeds(stream).into_iter().enumerate() {
            let (out, reason) = read(stream, &seed[..seed.len() * 3 / 4], &limits);
            let what = format!("{} seed {n}: {} bytes, {reason:?}", stream.name(), out.len());
            // The end of `compress` is the end of the file, if it is not in the middle of a code.
            assert!(reason.is_some() || stream.0 == Format::Compress, "{what}");
            // Decoders copy ahead: the last bytes before the damage may be anything.
            assert!(text().starts_with(&out[..out.len().saturating_sub(64)]), "{what}");
        }
    }
}

#[test]
fn limits_cut() {
    let entry = Limits { entry_bytes: 20_000, ..Limits::default() };
    let all = Limits { expanded_bytes: 30_000, ..Limits::default() };
    for stream in ALL {
        for seed in seeds(stream) {
            let (out, reason) = read(stream, &seed, &entry);
            assert_eq!((out.len(), reason), (20_000, Some(Reason::Limit)), "{}", stream.name());
            assert_eq!(read(stream, &seed, &all).1, Some(Reason::Limit), "{}", stream.name());
        }
    }
}

#[test]
fn a_window_of_gigabytes_and_a_dictionary() {
    // Window descriptor of 2 GiB; then a frame that names dictionary 7.
    let wide = [0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0];
    assert_eq!(read(&ZSTD, &wide, &Limits::default()).1, Some(Reason::Limit));
    let with = [0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0, 1, 0, 0];
    assert_eq!(read(&ZSTD, &with, &Limits::default()).1, Some(Reason::Unsupported));
}

#[test]
fn what_was_packed_against_another_file() {
    let other: Vec<u8> = (0..2000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let text = [&other[1000..7000], b"and more of it"].concat();
    let mut context = zstd_safe::CCtx::create();
    context.ref_prefix(&other).unwrap();
    let mut packed = vec![0; 16 << 10];
    let len = context.compress2(&mut packed[..], &text).unwrap();
    assert!(len < 1000, "{len}");
    let problem = |stream: &Stream, packed: &[u8]| {
        let limits = Limits::default();
        let budget = Budget::new(&limits, packed.len() as u64);
        let problem = stream.expand(packed, &mut Vec::new(), &budget).unwrap();
        assert!(problem.detail.contains("needs the dictionary") == (problem.reason == Reason::Unsupported));
        problem.reason
    };
    assert_eq!(problem(&ZSTD, &packed[..len]), Reason::Unsupported);
    // What is broken is that.
    let mut broken = packed[..len].to_vec();
    broken[8..].fill(0xff);
    assert_eq!(problem(&ZSTD, &broken), Reason::Damaged);

    let mut packed = vec![0; 16 << 10];
    let len = lz4_flex::block::compress_into_with_dict(&text, &mut packed, &other).unwrap();
    let block = &packed[..len];
    assert!(block.len() < 1000, "{}", block.len());
    let head = [4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0];
    let frame = [&head[..], &(block.len() as u32).to_le_bytes(), block, &[0; 4]].concat();
    assert_eq!(problem(&LZ4, &frame), Reason::Unsupported);
    assert_eq!(problem(&LZ4, &frame[..frame.len() - 10]), Reason::Damaged);
}

#[test]
fn names_lose_their_ending() {
    let name = |stream: &Stream, name: &str| stem(name.as_bytes(), stream.0.endings());
    assert_eq!(name(&ZSTD, "a.tar.zst"), b"a.tar");
    assert_eq!(name(&BZIP2, "a.tbz2"), b"a.tar");
    assert_eq!(name(&XZ, ".xz"), b"contents");
}

#[test]
fn compress_that_ends_in_a_code_is_told() {
    for seed in seeds(&COMPRESS) {
        let cuts = (seed.len() / 2..seed.len() - 1).step_by(7);
        let told =
            cuts.clone().filter(|&to| read(&COMPRESS, &seed[..to], &Limits::default()).1.is_some()).count();
        assert!(told * 10 > cuts.len() * 6, "{told} of {}", cuts.len());
    }
}

#[test]
fn text_is_no_zlib_and_brotli_is_known_by_what_comes_out() {
    for text in ["x^2 + y^2 is what it says", "HGB and so on", "h\u{81} text", "x\u{1}"] {
        assert!(!is_zlib(text.as_bytes()), "{text}");
    }
    assert!(!is_brotli(b"notes.br", b"plain text that somebody named so"));
    let seed = &seeds(&BROTLI)[0];
    assert!(is_brotli(b"notes.bin", seed) && !is_brotli(b"notes.bin", &[&b"\x8f"[..], seed].concat()));
}

/// Long streams are split; the seeds are too short. `xz` and `bzip2` are part of every system that tests.
#[test]
fn long_streams_of_the_tools_in_several_blocks() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut state = 1u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let plain: Vec<u8> = (0..30_000)
        .flat_map(|_| format!("{:x} of {}\n", next() & 0xfffff, next() & 0x3ff).into_bytes())
        .collect();
    let tools: [(&Stream, &[&str]); 6] = [
        (&BZIP2, &["bzip2", "-c", "-1"]),
        (&XZ, &["xz", "-c", "-1"]),
        (&XZ, &["xz", "-c", "-1", "-T2", "--block-size=90000"]),
        (&XZ, &["xz", "-c", "-1", "--check=crc32", "--block-size=100000"]),
        (&XZ, &["xz", "-c", "-1", "--check=sha256", "--block-size=100000"]),
        (&XZ, &["xz", "-c", "--x86", "--lzma2=preset=1", "--block-size=100000"]),
    ];
    for (stream, words) in tools {
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", words[0]));
        let mut input = child.stdin.take().unwrap();
        let text = plain.clone();
        let writer = std::thread::spawn(move || input.write_all(&text).unwrap());
        let packed = child.wait_with_output().unwrap().stdout;
        writer.join().unwrap();
        assert!(packed.len() >= split::MIN_INPUT, "{words:?}: {}", packed.len());
        let limits = Limits::default();
        assert!(read(stream, &packed, &limits) == (plain.clone(), None), "{words:?}");
        let mut out = Vec::new();
        let budget = Budget::new(&limits, packed.len() as u64);
        let is_split = match stream.0 {
            Format::Bzip2 => bzip2_blocks::expand(&packed, &mut out, &budget),
            _ => xz_blocks::expand(&packed, 1, &mut out, &budget),
        };
        // What other checks and filters need is the business of the whole decoder.
        let is_plain = !words.iter().any(|word| matches!(*word, "--check=sha256" | "--x86"));
        assert_eq!(is_split, is_plain.then_some(packed.len()), "{words:?}");
        assert!(!is_plain || out == plain);
        // Damage is told, and what stands before it is read.
        for part in [5, 7] {
            let mut broken = packed.clone();
            broken[packed.len() * part / 8] ^= 0x55;
            let (out, reason) = read(stream, &broken, &limits);
            assert!(reason == Some(Reason::Damaged) && plain.starts_with(&out[..out.len() / 3]), "{words:?}");
            let (_, reason) = read(stream, &packed[..packed.len() * part / 8], &limits);
            assert_eq!(reason, Some(Reason::Damaged));
        }
    }
}

#[test]
fn streams_of_nothing_are_not_read_for_ever() {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    std::io::Write::write_all(&mut packer, b"x").unwrap();
    let one = packer.finish().unwrap();
    let (out, problem) = read(&BZIP2, &one.repeat(MOST_TINY + 9), &Limits::default());
    assert!(out.len() > MOST_TINY && problem == Some(Reason::Limit));
    assert_eq!(read(&BZIP2, &one.repeat(99), &Limits::default()), (vec![b'x'; 99], None));
}
