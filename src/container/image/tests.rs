use super::super::piece::Piece;
use super::super::tar::Tar;
use super::super::{Container, Opened};
use super::*;
use crate::address::Address;
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::ledger::Reason;
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// An entry of a tar: name, type, what a link leads to or what is in a file.
fn tar(entries: &[(&str, u8, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, text) in entries {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[156] = *kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        let data = if matches!(kind, b'1' | b'2') {
            header[157..157 + text.len()].copy_from_slice(text.as_bytes());
            ""
        } else {
            text
        };
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(data.as_bytes());
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn digest(n: usize) -> String {
    format!("sha256:{n:064x}")
}

/// Members by path.
fn opened(files: &[(String, Vec<u8>)]) -> Opened<'_> {
    let members = files.iter().map(|(name, bytes)| {
        Box::new(Piece { name: name.clone().into_bytes(), bytes, missing: 0 }) as Box<dyn Member>
    });
    let mut opened = Opened { members: members.collect(), ..Opened::default() };
    arrange(&mut opened, &Limits::default());
    opened
}

fn blob_path(n: usize) -> String {
    format!("blobs/sha256/{n:064x}")
}

/// A layout of one image with these layers, above a manifest with the number 1000.
fn layout(layers: &[Vec<u8>]) -> Vec<(String, Vec<u8>)> {
    let list: Vec<String> = (0..layers.len())
        .map(|n| format!(r#"{{"digest":"{}","mediaType":"x.tar+gzip"}}"#, digest(n)))
        .collect();
    let index = format!(
        r#"{{"manifests":[{{"digest":"{}","platform":{{"os":"linux","architecture":"arm"}}}}]}}"#,
        digest(1000)
    );
    let manifest = format!(r#"{{"config":{{"digest":"{}"}},"layers":[{}]}}"#, digest(1001), list.join(","));
    let steps: Vec<String> = (0..layers.len()).map(|n| format!(r#"{{"created_by":"step {n}"}}"#)).collect();
    let config = format!(r#"{{"history":[{{"empty_layer":true}},{}]}}"#, steps.join(","));
    let mut files = vec![
        ("index.json".to_owned(), index.into_bytes()),
        (blob_path(1000), manifest.into_bytes()),
        (blob_path(1001), config.into_bytes()),
    ];
    files.extend(layers.iter().enumerate().map(|(n, layer)| (blob_path(n), layer.clone())));
    files
}

/// Reads all members, so that layers are listed: what came out of each.
fn read(opened: &Opened<'_>) -> Vec<(String, Vec<u8>)> {
    let budget = Budget::new(&Limits::default(), 0);
    let mut buffer = b"what was read before".to_vec();
    let name = |m: &dyn Member| String::from_utf8_lossy(m.name()).into_owned();
    opened.members.iter().map(|m| (name(&**m), m.read(&mut buffer, &budget).bytes.to_vec())).collect()
}

/// `-`, or how a file is hidden and the number of the layer that does.
fn fate(opened: &Opened<'_>, layer: usize, path: &str) -> String {
    let name = format!("layer {} sha256:000000000000", layer + 1);
    let layer = opened.layers.as_ref().unwrap().of(name.as_bytes(), Some(path.as_bytes())).unwrap();
    let number = |digest: &str| usize::from_str_radix(&digest[64..], 16).unwrap();
    match (&layer.deleted_in_layer, &layer.overwritten_in_layer) {
        (Some(by), None) => format!("deleted in {}", number(by)),
        (None, Some(by)) => format!("overwritten in {}", number(by)),
        (None, None) => "-".into(),
        both => panic!("{both:?}"),
    }
}

#[test]
fn later_layers_hide_files_and_everything_is_read_once() {
    let file = b'0';
    let plain = [
        tar(&[
            ("./a/kept", file, "x"),
            ("./a/gone", file, "x"),
            ("a/b/c/deep", file, "x"),
            ("o/one", file, "x"),
            ("o/two", file, "x"),
            ("f/x", file, "x"),
            ("l/first", file, "x"),
            ("l/second", b'1', "l/first"),
            ("m/first", file, "x"),
            ("m/second", b'1', "m/first"),
            ("again", file, "x"),
            (".wh..wh.plnk", file, "x"),
        ]),
        tar(&[
            ("a/.wh.gone", file, ""),
            ("a/.wh.b", file, ""),
            ("o/.wh..wh..opq", file, ""),
            ("o/two", file, "y"),
            ("f", file, "a file in the place of a folder"),
            ("l/.wh.first", file, ""),
            ("m/.wh.first", file, ""),
            ("a", b'5', ""),
            (".wh.again", file, ""),
        ]),
        tar(&[("again", file, "z"), ("m/.wh.second", file, ""), ("a/kept/", b'5', "")]),
    ];
    for packed in [false, true] {
        let layers: Vec<Vec<u8>> = plain.iter().map(|l| if packed { gzip(l) } else { l.clone() }).collect();
        let files = layout(&layers);
        let opened = opened(&files);
        assert!(opened.problems.is_empty(), "{:?}", opened.problems);
        let all = read(&opened);
        let own: Vec<&Vec<u8>> =
            all.iter().filter(|(name, _)| name.starts_with("layer ")).map(|(_, bytes)| bytes).collect();
        assert_eq!(own, plain.iter().collect::<Vec<_>>());
        assert_eq!(all.len(), files.len());
        for (path, expected) in [
            ("a/kept", "overwritten in 2"),
            ("./a/gone", "deleted in 1"),
            ("/a/b/c/deep", "deleted in 1"),
            ("o/one", "deleted in 1"),
            ("o/two", "overwritten in 1"),
            ("f/x", "deleted in 1"),
            ("l/first", "-"),
            ("m/first", "deleted in 1"),
            ("again", "deleted in 1"),
            ("never there", "-"),
        ] {
            assert_eq!(fate(&opened, 0, path), expected, "{path}");
        }
        assert_eq!(fate(&opened, 1, "o/two"), "-");
        let layer = opened.layers.as_ref().unwrap().of(b"layer 2 sha256:000000000000", None).unwrap();
        assert_eq!((layer.number, layer.image.as_deref()), (2, Some("linux/arm")));
        assert_eq!(layer.created_by.as_deref(), Some("step 1"));
    }
}

#[test]
fn what_one_image_shows_is_not_hidden_by_another() {
    let layers =
        [tar(&[("a", b'0', "x"), ("b", b'0', "x")]), tar(&[(".wh.a", b'0', ""), (".wh.b", b'0', "")])];
    let mut files = layout(&layers);
    let other =
        format!(r#"{{"config":{{}},"layers":[{{"digest":"{}"}},{{"digest":"{}"}}]}}"#, digest(0), digest(2));
    let index = format!(
        r#"{{"manifests":[{{"digest":"{0}"}},{{"digest":"{1}"}},{{"digest":"{0}"}},{{"digest":"{2}"}}]}}"#,
        digest(1000),
        digest(1002),
        digest(1003)
    );
    files[0].1 = index.into_bytes();
    files.push((blob_path(1002), other.into_bytes()));
    files.push((blob_path(2), tar(&[(".wh.b", b'0', "")])));
    // An index that lists itself.
    files.push((blob_path(1003), files[0].1.clone()));
    let opened = opened(&files);
    read(&opened);
    assert_eq!((fate(&opened, 0, "a"), fate(&opened, 0, "b")), ("-".into(), "deleted in 1".into()));
    assert_eq!(opened.layers.unwrap().images.len(), 2);
}

#[test]
fn what_is_promised_and_not_there_is_told() {
    let mut files = layout(&[]);
    files[1].1 = format!(
        r#"{{"layers":[{{"digest":"{}","size":7}},
            {{"digest":"{}","size":8,"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}},
            {{"digest":"sha256:../../x","size":9}},
            {{"digest":"{}","size":10,"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip+encrypted"}}]}}"#,
        digest(5), digest(6), digest(7)
    )
    .into_bytes();
    files.push((blob_path(7), b"no tar".to_vec()));
    files.push(("x".into(), b"no layer".to_vec()));
    let told: Vec<(Reason, Option<u64>)> =
        opened(&files).problems.iter().map(|p| (p.reason, p.bytes)).collect();
    assert_eq!(
        told,
        [
            (Reason::Unreadable, Some(7)),
            (Reason::Ignored, Some(8)),
            (Reason::Unreadable, Some(9)),
            (Reason::Encrypted, Some(10))
        ]
    );
}

#[test]
fn layers_of_the_old_form_may_be_links() {
    let file = tar(&[
        ("a/layer.tar", b'0', "layer a"),
        ("b/layer.tar", b'2', "../a/layer.tar"),
        ("c/layer.tar", b'2', "../c/layer.tar"),
        (
            "manifest.json",
            b'0',
            r#"[{"Config":"no.json","Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}]"#,
        ),
    ]);
    let blob = Blob { address: Address::named("x.tar"), bytes: &file };
    let mut opened = Tar.open(&blob, &Limits::default());
    arrange(&mut opened, &Limits::default());
    let told: Vec<&str> = opened.problems.iter().map(|p| p.detail.as_str()).collect();
    assert_eq!(told, ["layer 3 c/layer.tar is missing: it is not in the image"]);
    let names: Vec<String> = read(&opened).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["layer 1 a/layer.tar", "manifest.json"]);
}

#[test]
fn other_files_of_these_names_are_left_alone() {
    for text in ["{}", "[]", "[1,{}]", "{\"manifests\":[{}]}", "{\"layers\":[]}", "[{\"Config\":1}]", "\u{1}"]
    {
        for name in ["manifest.json", "x/index.json"] {
            let files = [(name.to_owned(), text.as_bytes().to_vec()), ("y".to_owned(), b"y".to_vec())];
            let opened = opened(&files);
            assert!(opened.layers.is_none() && opened.problems.is_empty(), "{text}");
            assert_eq!(opened.members.len(), 2);
        }
    }
    // Deeper than any parser should follow.
    let deep = [("index.json".to_owned(), b"[".repeat(100_000))];
    assert!(opened(&deep).layers.is_none());
}
