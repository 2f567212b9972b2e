use super::super::testing::read;
use super::*;

fn seed(name: &str) -> Vec<u8> {
    std::fs::read(format!("testdata/seeds/arrow/{name}")).unwrap()
}

fn rows(name: &str) -> Vec<String> {
    let (members, problems) = read(&Arrow, &seed(name));
    assert_eq!(problems, [], "{name}");
    assert!(members.iter().all(|(_, _, problem)| problem.is_none()), "{name}");
    assert_eq!(members[0].0, "batch 0", "{name}");
    String::from_utf8(members[0].1.clone()).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn files_and_streams() {
    let lines = rows("file");
    let third = "{\"name\":\"name 2\",\"note\":\"note 4\",\"tags.item\":[\"tag 0\",\"tag 1\"],\"part.a\":\"a2\",\
                 \"part.b.c\":\"c\",\"code\":\"002\"}";
    assert_eq!((lines.len(), lines[2].as_str()), (12, third));
    assert!(lines[1].contains("\"key\":\"value 1\""), "{}", lines[1]);
    assert_eq!(rows("lz4"), lines);
    assert_eq!(rows("stream"), lines);
    let third = "{\"name\":\"name 2\",\"note\":\"note 4\"}";
    assert_eq!(rows("views")[2], third);
    assert_eq!(rows("dictionary")[2], third);
}

#[test]
fn damage_is_told_and_the_rest_is_read() {
    let file = seed("stream");
    let (members, problems) = read(&Arrow, &file[..file.len() - 100]);
    assert_eq!(problems, [Reason::Damaged]);
    assert!(!members[0].1.is_empty());
    assert_eq!(members[0].2, Some(Reason::Damaged));
    let mut broken = seed("lz4");
    let at = broken.windows(4).position(|w| w == [0x04, 0x22, 0x4d, 0x18]).unwrap();
    broken[at..at + 8].fill(0xff);
    let (members, _) = read(&Arrow, &broken);
    assert_eq!(members[0].2, Some(Reason::Damaged));
    assert!(members[0].1.windows(6).any(|w| w == b"note 4"));
}

#[test]
fn a_schema_that_only_the_end_has() {
    let lines = rows("polars");
    let third = "{\"name\":\"name 2\",\"note\":\"note 4, which is longer than views hold in place\"}";
    assert_eq!((lines.len(), lines[2].as_str()), (12, third));
    let file = seed("polars");
    let (_, problems) = read(&Arrow, &file[..file.len() - 20]);
    assert!(problems.contains(&Reason::Damaged));
}
