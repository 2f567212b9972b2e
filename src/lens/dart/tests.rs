use super::*;
use crate::address::Address;

/// Texts as strings, with the sites of those that hold "value".
fn read(data: &[u8]) -> Vec<(String, Vec<crate::blob::Site>)> {
    let blob = Blob { address: Address::named("libapp.so"), bytes: data };
    assert!(DartLens.reads(&blob));
    let mut found = Vec::new();
    let mut emit = |text: &Text<'_>| {
        let mut at = 0;
        let spans: Vec<_> = text
            .bytes
            .split(|&b| b == 0)
            .map(|s| {
                let span = at..at + s.len();
                at += s.len() + 1;
                span
            })
            .collect();
        for (span, sites) in spans.iter().zip(text.sites.resolve(text.bytes, &spans)) {
            found.push((String::from_utf8_lossy(&text.bytes[span.clone()]).into_owned(), sites));
        }
    };
    assert_eq!(DartLens.texts(&blob, &Limits::default(), &mut emit), Ok(()));
    found
}

fn number(mut value: usize, to: &mut Vec<u8>) {
    while value > 0x7f {
        to.push((value & 0x7f) as u8);
        value >>= 7;
    }
    to.push(value as u8 | 0x80);
}

/// A snapshot as the SDK writes it: `first` behind the header, `rest` as fill.
fn snapshot(features: &str, strings: &[&str], lengths: &[usize], fill: &[u8], image: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    [1000, 5000, 300, 77, 64, 0x57_0082, strings.len()].iter().for_each(|&n| number(n, &mut stream));
    lengths.iter().for_each(|&n| number(n, &mut stream));
    stream.extend(b"\x85\x11\x22\x83");
    stream.extend(fill);
    let mut data = MAGIC_AND_HASH.to_vec();
    data.extend(features.as_bytes());
    data.push(0);
    data.extend(stream);
    let length = (data.len() - 4) as u64;
    data[4..12].copy_from_slice(&length.to_le_bytes());
    data.resize(data.len().next_multiple_of(64), 0);
    data.extend(image);
    data
}

const MAGIC_AND_HASH: &[u8] =
    b"\xf5\xf5\xdc\xdc\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\x000123456789abcdef0123456789abcdef";
const STRINGS: [&str; 5] = ["value one is here", "accessKeyId", "a", "value two is here", "value grüße €"];

fn uses() -> Vec<u8> {
    // In a pool: one and two. Alone: the last.
    let mut fill = vec![0x90, 0x91, 0x81];
    for n in [0u16, 3] {
        let id = 1001 + n;
        fill.extend([0x11, (id >> 7) as u8, (id & 0x7f) as u8 | 0x80]);
    }
    fill.extend([0x11, 0x05, 0x88]);
    fill
}

fn check(data: &[u8]) {
    let found = read(data);
    let names: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
    assert!(names.contains(&"value one is here") && names.contains(&"value two is here"), "{names:?}");
    assert!(names.contains(&"value grüße €") && !names.contains(&"a"), "{names:?}");
    let scopes = |name: &str| {
        let sites = &found.iter().find(|f| f.0 == name).unwrap().1;
        sites.iter().flat_map(|s| s.scopes.iter().map(|s| s.id.clone())).collect::<Vec<_>>()
    };
    let two = scopes("value two is here");
    assert!(scopes("value one is here").iter().any(|s| two.contains(s)));
    assert!(scopes("value grüße €").is_empty());
}

#[test]
fn strings_in_the_stream() {
    let (mut lengths, mut fill) = (Vec::new(), vec![0x80, 0x22]);
    for string in STRINGS {
        let wide = !string.is_ascii();
        lengths.push(string.chars().count() << 1 | usize::from(wide));
        number(*lengths.last().unwrap(), &mut fill);
        if wide {
            string.encode_utf16().for_each(|u| fill.extend(u.to_le_bytes()));
        } else {
            fill.extend(string.as_bytes());
        }
    }
    fill.extend(uses());
    check(&snapshot("product arm64 android compressed-pointers", &STRINGS, &lengths, &fill, &[]));
}

#[test]
fn strings_in_an_image() {
    for (narrow, features) in
        [(false, "product x64 linux no-compressed-pointers"), (true, "product arm android")]
    {
        let unit = if narrow { 8 } else { 16 };
        let (mut lengths, mut image) = (Vec::new(), vec![0; 64]);
        let mut last = 0;
        for string in STRINGS {
            lengths.push((image.len() - last) / unit);
            last = image.len();
            let wide = !string.is_ascii();
            let bytes: Vec<u8> = if wide {
                string.encode_utf16().flat_map(u16::to_le_bytes).collect()
            } else {
                string.as_bytes().to_vec()
            };
            let size = (if narrow { 12 } else { 16 } + bytes.len()).next_multiple_of(unit);
            let size = if size / unit > 15 { 0 } else { size / unit };
            let smi = string.chars().count() * 2;
            image.extend((0x5d032 | (size as u32) << 8).to_le_bytes());
            if narrow {
                image.extend((smi as u32).to_le_bytes());
            }
            image.extend(0x1234_5678u32.to_le_bytes());
            if !narrow {
                image.extend((smi as u64).to_le_bytes());
            }
            image.extend(bytes);
            image.resize(image.len().next_multiple_of(unit), 0);
        }
        check(&snapshot(features, &STRINGS, &lengths, &uses(), &image));
    }
}

#[test]
fn kernel_files() {
    let mut data = kernel::MAGIC.to_vec();
    data.extend([0; 60]);
    let table = data.len() as u32;
    data.extend([3, 11, 26, 0x80, 43]);
    data.extend(b"accessKeyIdvalue is here 1and so is this 2");
    data.extend(b"!");
    for n in [table, 0, 7, 64, 99, 1] {
        data.extend(u32::to_be_bytes(n));
    }
    data.extend((data.len() as u32 + 4).to_be_bytes());
    let twice = [data.clone(), data].concat();
    let names: Vec<String> = read(&twice).into_iter().map(|f| f.0).collect();
    assert_eq!(
        names,
        [
            "accessKeyId",
            "value is here 1",
            "and so is this 2!",
            "accessKeyId",
            "value is here 1",
            "and so is this 2!"
        ]
    );
}
