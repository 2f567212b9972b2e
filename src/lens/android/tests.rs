use super::*;
use crate::address::Address;
use crate::blob::{Site, Text};
use crate::lens::{Damage, Lens};
use crate::limits::Limits;

/// Little-endian bytes.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn u8(mut self, n: u8) -> Self {
        self.0.push(n);
        self
    }
    fn u16(mut self, n: u16) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn u32(mut self, n: u32) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn all(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

fn chunk(kind: u16, header: &[u8], body: &[u8]) -> Vec<u8> {
    let size = 8 + header.len() + body.len();
    Out::default().u16(kind).u16(8 + header.len() as u16).u32(size as u32).all(header).all(body).0
}

/// A UTF-8 pool; each string as `[units, bytes, text]` says.
fn pool(strings: &[&str]) -> Vec<u8> {
    let (mut offsets, mut data) = (Out::default(), Vec::new());
    for s in strings {
        offsets = offsets.u32(data.len() as u32);
        for len in [s.encode_utf16().count(), s.len()] {
            if len > 0x7f {
                data.push(0x80 | (len >> 8) as u8);
            }
            data.push(len as u8);
        }
        data.extend(s.bytes());
        data.push(0);
    }
    data.resize(data.len().next_multiple_of(4), 0);
    let start = 28 + offsets.0.len() as u32;
    let header = Out::default().u32(strings.len() as u32).u32(0).u32(0x100).u32(start).u32(0);
    chunk(1, &header.0, &[offsets.0, data].concat())
}

/// A type chunk of type 1 in a configuration of one language: flags, offsets as they stand, entries.
fn kind(flags: u8, language: &[u8], count: u32, offsets: &[u8], entries: &[u8]) -> Vec<u8> {
    let mut config = Out::default().u32(28).u32(0).all(language).0;
    config.resize(28, 0);
    let start = 20 + 28 + offsets.len() as u32;
    let header = Out::default().u8(1).u8(flags).u16(0).u32(count).u32(start).all(&config);
    chunk(0x0201, &header.0, &[offsets, entries].concat())
}

fn table(values: &[&str], keys: &[&str], kinds: &[Vec<u8>]) -> Vec<u8> {
    let mut name: Vec<u8> = "com.shop".encode_utf16().flat_map(u16::to_le_bytes).collect();
    name.resize(256, 0);
    let (types, keys) = (pool(&["string"]), pool(keys));
    let keys_at = 288 + types.len() as u32;
    let header =
        Out::default().u32(0x7f).all(&name).u32(288).u32(1).u32(keys_at).u32(keys.len() as u32).u32(0);
    let package = chunk(0x0200, &header.0, &[types, keys, kinds.concat()].concat());
    chunk(2, &1u32.to_le_bytes(), &[pool(values), package].concat())
}

/// Strings and their places.
type Found = Vec<(String, Vec<Site>)>;

fn read(lens: &dyn Lens, bytes: &[u8]) -> (Found, Result<(), Damage>) {
    let blob = Blob { address: Address::named("shop.apk").entry(b"res/x"), bytes };
    assert!(lens.reads(&blob));
    let mut found = Vec::new();
    let read = lens.texts(&blob, &Limits::default(), &mut |text: &Text<'_>| {
        let mut at = 0;
        for string in text.bytes.split(|&b| b == 0) {
            let span = at..at + string.len();
            at += string.len() + 1;
            let sites = text.sites.resolve(text.bytes, &[span]).remove(0);
            found.push((String::from_utf8_lossy(string).into_owned(), sites));
        }
    });
    (found, read)
}

fn names(found: &[(String, Vec<Site>)], string: &str) -> Vec<String> {
    found.iter().filter(|f| f.0 == string).flat_map(|f| f.1.iter().map(|s| s.name.clone())).collect()
}

#[test]
fn entries_in_every_form() {
    let plain = Out::default().u16(8).u16(0).u32(0).u16(8).u8(0).u8(3).u32(0);
    // FLAG_COMPACT: the key, the type of the value in the upper byte of the flags, the value.
    let compact = Out::default().u16(1).u16(0x0308).u32(1);
    let number = Out::default().u16(1).u16(0x1008).u32(1);
    let kinds = [
        kind(0, b"", 2, &Out::default().u32(u32::MAX).u32(0).0, &plain.0),
        // FLAG_OFFSET16, in units of four bytes.
        kind(2, b"de", 3, &Out::default().u16(2).u16(0xffff).u16(0).0, &[compact.0, number.0].concat()),
        // FLAG_SPARSE: index and offset.
        kind(1, b"fr", 1, &Out::default().u16(7).u16(0).0, &plain.0),
    ];
    let (found, read) = read(&ArscLens, &table(&["one", "two"], &["aws_id", "aws_secret"], &kinds));
    assert_eq!(read, Ok(()));
    assert_eq!(names(&found, "one"), ["@string/aws_id", "@string/aws_id (fr)"]);
    assert_eq!(names(&found, "two"), ["@string/aws_secret (de)"]);
    let site = &found.iter().find(|f| f.0 == "two").unwrap().1[0];
    assert_eq!(site.key.as_deref(), Some("aws_secret"));
    let labels: Vec<&str> = site.scopes.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "resources of com.shop (de)",
            "resources of com.shop (de)",
            "resources of com.shop",
            "resources of shop.apk"
        ]
    );
}

#[test]
fn long_strings_and_characters_of_four_bytes() {
    let long = "x".repeat(300);
    let (found, read) = read(&ArscLens, &table(&[&long, "ü🛒"], &["k"], &[]));
    assert_eq!(read, Ok(()));
    assert_eq!(found.iter().map(|f| f.0.as_str()).take(2).collect::<Vec<_>>(), [&long, "ü🛒"]);
}

#[test]
fn half_a_table_is_read_and_said_to_be_half() {
    let entry = Out::default().u16(8).u16(0).u32(0).u16(8).u8(0).u8(3).u32(0);
    let whole = table(&["one"], &["k_one"], &[kind(0, b"", 1, &[0; 4], &entry.0)]);
    let (found, read) = read(&ArscLens, &whole[..whole.len() - 4]);
    assert!(read.is_err());
    assert_eq!(found[0].0, "one");
}

fn element(attributes: &[(u32, u32, u8, u32)]) -> Vec<u8> {
    let mut body =
        Out::default().u32(u32::MAX).u32(0).u16(20).u16(20).u16(attributes.len() as u16).u16(0).u32(0);
    for &(namespace, name, kind, value) in attributes {
        let raw = if kind == 3 { value } else { u32::MAX };
        body = body.u32(namespace).u32(name).u32(raw).u16(8).u8(0).u8(kind).u32(value);
    }
    chunk(0x0102, &[0xff; 8], &body.0)
}

fn end() -> Vec<u8> {
    chunk(0x0103, &[0xff; 8], &[0xff; 8])
}

#[test]
fn names_by_resource_id_and_values_of_siblings() {
    let strings = pool(&["meta-data", "", "SECRET", "value1"]);
    // String 1, which is empty, is android:name by one attribute; the map has one more for the tag.
    let ids = chunk(0x0180, &[], &Out::default().u32(0).u32(0x0101_0003).u32(0x0101_0024).0);
    let nodes = [element(&[(u32::MAX, 1, 3, 2), (u32::MAX, 2, 3, 3)]), end()].concat();
    let junk = chunk(0x0a5a, &[], &[1; 8]);
    let xml = chunk(3, &[], &[strings, junk, ids, nodes].concat());
    let (found, read) = read(&AxmlLens, &xml);
    assert_eq!(read, Ok(()));
    assert_eq!(names(&found, "value1"), ["/meta-data[@android:name='SECRET']/@android:value"]);
    let site = &found.iter().find(|f| f.0 == "value1").unwrap().1[0];
    assert_eq!(site.key.as_deref(), Some("SECRET"));
}

#[test]
fn what_only_begins_alike_is_not_read() {
    for bytes in [
        &b"\x0a\x12\x0a\x12"[..],
        b"\n\x12text of some kind\n",
        b"\x0a\x00",
        b"\x03\x00\x08\x00abcd",
        b"\x02\x00\x0c\x00",
        b"",
    ] {
        let blob = Blob { address: Address::named("x"), bytes };
        let lenses: [&dyn Lens; 3] = [&ArscLens, &AxmlLens, &AabLens];
        for lens in lenses {
            assert!(!lens.reads(&blob), "{} {bytes:?}", lens.name());
        }
    }
}

#[test]
fn qualifiers_read_as_folders_do() {
    // Brazil's Portuguese on a car's screen at night; three letters in five bits each.
    let mut config = vec![0u8; 64];
    config[0] = 64;
    config[8..12].copy_from_slice(b"ptBR");
    config[29] = 0x23;
    config[14..16].copy_from_slice(&480u16.to_le_bytes());
    config[24..26].copy_from_slice(&26u16.to_le_bytes());
    assert_eq!(config::qualifiers(&config, 0), "pt-rBR-car-night-xxhdpi-v26");
    config[8..12].copy_from_slice(b"srRS");
    config[36..40].copy_from_slice(b"Latn");
    assert_eq!(config::qualifiers(&config, 0), "b+sr+Latn+RS-car-night-xxhdpi-v26");
    let mut short = vec![0u8; 28];
    short[0] = 28;
    // "fil" as frameworks pack it.
    short[8] = 0xad;
    short[9] = 0x05;
    assert_eq!(config::qualifiers(&short, 0), "fil");
    assert_eq!(config::qualifiers(&[], 0), "");
}
