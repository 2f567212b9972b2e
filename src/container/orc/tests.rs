use super::super::testing::read;
use super::*;

fn seed(name: &str) -> Vec<u8> {
    std::fs::read(format!("testdata/seeds/orc/{name}")).unwrap()
}

#[test]
fn rows_of_all_codecs_are_alike() {
    let (wanted, problems) = read(&Orc, &seed("uncompressed"));
    assert_eq!(problems, []);
    assert_eq!((wanted[0].0.as_str(), wanted[0].2), ("stripe 0", None));
    let rows = String::from_utf8(wanted[0].1.clone()).unwrap();
    let lines: Vec<_> = rows.lines().collect();
    // Arrow writes nothing for "c" here: the length of a structure that is absent stands in its place.
    let third = "{\"name\":\"name 2\",\"note\":\"note 4\",\"tags\":[\"tag 0\",\"tag 1\"],\"part.a\":\"a2\"}";
    assert_eq!((lines.len(), lines[2]), (12, third));
    assert!(lines[1].contains("\"key\":\"value 1\""), "{}", lines[1]);
    for codec in ["zlib", "snappy", "lz4", "zstd", "dictionary"] {
        let (members, _) = read(&Orc, &seed(codec));
        assert_eq!(members[0].2, None, "{codec}");
        assert_eq!(String::from_utf8(members[0].1.clone()).unwrap(), rows, "{codec}");
    }
}

#[test]
fn damage_is_told() {
    let mut file = seed("uncompressed");
    let at = file.windows(6).position(|w| w == b"name 0").unwrap();
    file.drain(at..at + 6);
    let (members, _) = read(&Orc, &file);
    assert!(members[0].2.is_some());
    let mut file = seed("zlib");
    let footer = file.len() - 60;
    file[footer - 40..footer].fill(0xff);
    let (members, problems) = read(&Orc, &file);
    assert!(!problems.is_empty() || members.iter().any(|(_, _, problem)| problem.is_some()));
}
