//! Keys encoded, in many copies, far apart, in several files.

use super::{Case, base64, c, hex};

const ENV: &str = "AWS_ACCESS_KEY_ID=@{I1}\nAWS_SECRET_ACCESS_KEY=@{S1}\nREGION=us-east-1\n";
const TWO: &str = "[a]\naws_access_key_id = @{I1}\naws_secret_access_key = @{S1}\n[b]\naws_access_key_id = @{I2}\naws_secret_access_key = @{S2}\n";
const JSON: &str = r#"{"aws": {"accessKeyId": "@{I1}", "secretAccessKey": "@{S1}"}}"#;

fn in_yaml(text: &str) -> Vec<u8> {
    format!("apiVersion: v1\nkind: Secret\ndata:\n  credentials: {text}\n").into_bytes()
}

fn wrapped(bytes: &[u8], width: usize, joint: &str) -> String {
    let code = base64(bytes).into_bytes();
    code.chunks(width).map(|l| String::from_utf8_lossy(l).into_owned()).collect::<Vec<_>>().join(joint)
}

fn utf16(bytes: &[u8], le: bool, bom: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let text = if bom { format!("\u{feff}{text}") } else { text };
    text.encode_utf16().flat_map(|u| if le { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
}

/// A zip of stored files: the document is cut at lines `==== name`.
fn zipped(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0u16);
    for file in text.split("==== ").skip(1) {
        let (name, body) = file.split_once('\n').expect("a name");
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x50];
        common.extend(crc32fast::hash(body.as_bytes()).to_le_bytes());
        common.extend((body.len() as u32).to_le_bytes());
        common.extend((body.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(body.as_bytes());
        count += 1;
    }
    let start = out.len() as u32;
    let size = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// In the middle of half a megabyte of a program on one line.
fn bundled(bytes: &[u8]) -> Vec<u8> {
    let filler = |n: usize| {
        (0..n)
            .map(|i| format!("function f{i}(e,t){{return e.get(\"k{i}\").then((function(n){{t(n)}}))}};"))
            .collect::<String>()
    };
    [filler(4500).into_bytes(), bytes.to_vec(), filler(4500).into_bytes()].concat()
}

fn binary(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .map(|&b| if b == b'\n' { 0 } else { b })
        .chain((0..600u32).map(|i| (i * 7 % 251) as u8))
        .collect()
}

pub fn encodings() -> Vec<Case> {
    vec![
        c("base64 of a file", "s.yaml", ENV, "1+1").via(|b| in_yaml(&base64(b))),
        c("base64 of json", "s.yaml", JSON, "1+1").via(|b| in_yaml(&base64(b))).at("I1", "/data/credentials/aws/accessKeyId"),
        c("base64 of two profiles", "s.yaml", TWO, "1+1 2+2").via(|b| in_yaml(&base64(b))),
        c("base64 twice", "s.yaml", ENV, "1+1").via(|b| in_yaml(&base64(base64(b).as_bytes()))),
        c("base64 wrapped at 76", "s.txt", ENV, "1+1").via(|b| wrapped(b, 76, "\n").into_bytes()),
        c("base64 wrapped at 64 in yaml", "s.yaml", TWO, "1+1 2+2").via(|b| format!("data:\n  credentials: |\n    {}\n", wrapped(b, 64, "\n    ")).into_bytes()),
        c("base64 wrapped in escaped string", "s.json", TWO, "1+1 2+2").via(|b| format!("{{\"content\": \"{}\"}}", wrapped(b, 60, "\\n")).into_bytes()),
        c("base64 url alphabet", "s.txt", ENV, "1+1").via(|b| format!("cfg={}", base64(b).replace('+', "-").replace('/', "_").trim_end_matches('=')).into_bytes()),
        c("base64 of utf-16", "x.ps1", ENV, "1+1").via(|b| format!("powershell -enc {}", base64(&utf16(b, true, false))).into_bytes()),
        c("base64 data url", "x.html", JSON, "1+1").via(|b| format!("<a href=\"data:application/json;base64,{}\">x</a>", base64(b)).into_bytes()),
        c("basic authorization", "x.http", "@{I1}:@{S1}", "1+1").via(|b| format!("GET / HTTP/1.1\nAuthorization: Basic {}\n", base64(b)).into_bytes()).only_pairs(),
        c("hex of a file", "x.txt", ENV, "1+1").via(|b| hex(b).into_bytes()),
        c("hex of json", "x.env", JSON, "1+1").via(|b| format!("CONFIG={}\n", hex(b)).into_bytes()),
        c("hex of each half", "x.env", "ID=@{hex I1}\nAWS_SECRET=@{hex S1}\n", "1+1"),
        c("percent encoded body", "x.txt", "accessKeyId=@{I1}&secretAccessKey=@{pct S1}", "1+1"),
        c("utf-16 le with bom", "x.reg", ENV, "1+1").via(|b| utf16(b, true, true)),
        c("utf-16 be with bom", "x.reg", ENV, "1+1").via(|b| utf16(b, false, true)),
        c("utf-16 le without bom", "x.txt", TWO, "1+1 2+2").via(|b| utf16(b, true, false)),
        c("utf-16 json", "x.json", JSON, "1+1").via(|b| utf16(b, true, true)),
        c("utf-8 bom", "x.json", JSON, "1+1").via(|b| [b"\xef\xbb\xbf", b].concat()),
        c("binary strings", "x.bin", "libs\n@{I1}\n@{S1}\nmore", "1+1").via(binary),
        c("bundle object", "b.js", "var s=new S3({accessKeyId:\"@{I1}\",secretAccessKey:\"@{S1}\"});", "1+1").via(bundled),
        c("bundle vars", "b.js", "var aa=\"@{I1}\",bb=\"@{S1}\";", "1+1").via(bundled),
        c("bundle two objects", "b.js", "a={accessKeyId:\"@{I1}\",secretAccessKey:\"@{S1}\"};b={secretAccessKey:\"@{S2}\",accessKeyId:\"@{I2}\"};", "1+1 2+2").via(bundled),
        c("bundle escaped", "b.js", "eval(\"var a={accessKeyId:\\\"@{I1}\\\",secretAccessKey:\\\"@{json S1}\\\"}\");", "1+1").via(bundled),
        c("bundle env module", "b.js", "e.exports=JSON.parse('{\"key\":\"@{I1}\",\"secret\":\"@{S1}\",\"commit\":\"@{hex40.c}\"}')", "1+1").via(bundled),
        c("zip, halves in two files", "a.zip", "==== a.properties\nkey=@{I1}\n==== b.properties\naws.secretKey=@{S1}\n", "1+1").via(zipped),
        c("zip, pairs in two files", "a.zip", "==== a.env\nAWS_KEY=@{I1}\nAWS_SECRET=@{S1}\n==== b.env\nAWS_KEY=@{I2}\nAWS_SECRET=@{S2}\n", "1+1 2+2").via(zipped),
        c("zip, halves in two files, another pair beside", "a.zip", "==== a.env\nAWS_KEY=@{I1}\n==== b.env\nAWS_SECRET=@{S1}\n==== c.env\nAWS_KEY=@{I2}\nAWS_SECRET=@{S2}\n", "1+1 2+2").via(zipped),
        c("zip, unnamed halves", "a.zip", "==== a.txt\n@{I1}\n==== b.txt\nx @{S1}\n", "i1").via(zipped),
        c("zip, same pair in two files", "a.zip", "==== a.env\nAWS_KEY=@{I1}\nAWS_SECRET=@{S1}\n==== b.env\nAWS_SECRET=@{S1}\nAWS_KEY=@{I1}\n", "1+1").via(zipped),
    ]
}

pub fn many() -> Vec<Case> {
    let profiles = |n: usize| {
        (1..=n)
            .map(|i| format!("[p{i}]\naws_access_key_id = @{{I{i}}}\naws_secret_access_key = @{{S{i}}}\n\n"))
            .collect::<String>()
    };
    let grouped = |left: &dyn Fn(usize) -> String, right: &dyn Fn(usize) -> String, n: usize| {
        (1..=n).map(left).chain((1..=n).rev().map(right)).collect::<String>()
    };
    const TEN: &str = "1+1 2+2 3+3 4+4 5+5 6+6 7+7 8+8 9+9 10+10";
    vec![
        c("ten profiles", "credentials", profiles(10), TEN),
        c(
            "ten profiles without blank lines or sections",
            "x.txt",
            (1..=10).map(|i| format!("id=@{{I{i}}}\nsecret=@{{S{i}}}\n")).collect::<String>(),
            TEN,
        ),
        c(
            "ten numbered, grouped",
            "x.env",
            grouped(
                &|i| format!("AWS_ACCESS_KEY_ID_{i}=@{{I{i}}}\n"),
                &|i| format!("AWS_SECRET_ACCESS_KEY_{i}=@{{S{i}}}\n"),
                10,
            ),
            TEN,
        ),
        c(
            "ten numbered, grouped, json",
            "x.json",
            format!(
                "{{{}\"x\":1}}",
                grouped(
                    &|i| format!("\"key{i}\": \"@{{I{i}}}\",\n"),
                    &|i| format!("\"secret{i}\": \"@{{S{i}}}\",\n"),
                    10
                )
            ),
            TEN,
        ),
        c(
            "three without names, grouped",
            "x.txt",
            "@{I1}\n@{I2}\n@{I3}\n\n@{S1}\n@{S2}\n@{S3}\n",
            "?1:1,2,3 ?2:1,2,3 ?3:1,2,3",
        ),
        c("two ids, one secret", "x.txt", "key a @{I1}\nkey b @{I2}\naws secret @{S1}\n", "?1:1 ?2:1"),
        c("one id, two secrets", "x.txt", "key a @{I1}\naws secret @{S1}\naws secret @{S2}\n", "?1:1,2"),
        c(
            "secret first, ten times",
            "x.ini",
            (1..=10)
                .map(|i| format!("[p{i}]\nsecret_key = @{{S{i}}}\naccess_key = @{{I{i}}}\n"))
                .collect::<String>(),
            TEN,
        ),
        c(
            "far lines in one file",
            "x.py",
            format!(
                "KEY = '@{{I1}}'\n{}AWS_SECRET = '@{{S1}}'\n",
                "print('some line of text')\n".repeat(400)
            ),
            "1+1",
        ),
        c(
            "far lines, two by name",
            "x.py",
            format!(
                "PROD_KEY = '@{{I1}}'\nDEV_KEY = '@{{I2}}'\n{}DEV_SECRET = '@{{S2}}'\nPROD_SECRET = '@{{S1}}'\n",
                "print('some line of text')\n".repeat(400)
            ),
            "1+1 2+2",
        ),
        c(
            "one pair twice far apart",
            "x.txt",
            format!(
                "{0}{1}{0}",
                "AWS_ACCESS_KEY_ID=@{I1}\nAWS_SECRET_ACCESS_KEY=@{S1}\n",
                "words of prose\n".repeat(300)
            ),
            "1+1",
        ),
        c(
            "a pair and an id far away",
            "x.txt",
            format!(
                "AWS_ACCESS_KEY_ID=@{{I1}}\nAWS_SECRET_ACCESS_KEY=@{{S1}}\n{}arn of key @{{I2}}\n",
                "words of prose\n".repeat(300)
            ),
            "1+1 i2",
        ),
        c(
            "a pair and an id close by",
            "x.sh",
            "# old key @{I2} was deleted\nexport AWS_ACCESS_KEY_ID=@{I1}\nexport AWS_SECRET_ACCESS_KEY=@{S1}\n",
            "1+1 i2",
        ),
        c(
            "a pair and a secret of something else close by",
            "x.env",
            "AWS_ACCESS_KEY_ID=@{I1}\nAWS_SECRET_ACCESS_KEY=@{S1}\nASSET_STAMP=@{b40.j}\n",
            "1+1",
        )
        .only_pairs(),
        c(
            "the pair is named, the other secret is not aws",
            "x.env",
            "MAILGUN_HASH=@{b40.j}\nAWS_ACCESS_KEY_ID=@{I1}\nAWS_SECRET_ACCESS_KEY=@{S1}\n",
            "1+1",
        )
        .only_pairs(),
        c(
            "interleaved by line order broken by names",
            "x.env",
            "A_KEY=@{I1}\nB_SECRET=@{S2}\nB_KEY=@{I2}\nA_SECRET=@{S1}\n",
            "1+1 2+2",
        ),
    ]
}
