use super::nib::NibLens;
use super::*;
use crate::address::Address;

/// Every string of the texts with the name and key of its first site.
fn strings(lens: &dyn Lens, bytes: &[u8]) -> (Vec<(String, String)>, bool) {
    let mut found = Vec::new();
    let blob = Blob { address: Address::named("x"), bytes };
    assert!(lens.reads(&blob));
    let result = lens.texts(&blob, &Limits::default(), &mut |text| {
        let mut from = 0;
        for piece in text.bytes.split(|b| *b == 0) {
            let span = from..from + piece.len();
            from = span.end + 1;
            let sites = text.sites.resolve(text.bytes, std::slice::from_ref(&span));
            let site = sites.first().and_then(|s| s.first());
            let name =
                site.map_or_else(String::new, |s| format!("{} {}", s.name, s.key.as_deref().unwrap_or("-")));
            if !piece.is_empty() {
                found.push((String::from_utf8_lossy(piece).into_owned(), name));
            }
        }
    });
    (found, result.is_ok())
}

fn has(found: &[(String, String)], text: &str, site: &str) {
    assert!(
        found.iter().any(|f| (f.0 == text || f.0.ends_with(&format!(": \"{text}\""))) && f.1 == site),
        "{text} at {site} in {found:#?}"
    );
}

#[test]
fn lists_in_lists_and_wide_strings() {
    let (found, sound) = strings(&PlistLens, include_bytes!("../../../testdata/seeds/bplist/info.plist"));
    assert!(sound);
    has(&found, "second text of the seed", "/AWS/SecretKey SecretKey");
    has(&found, "Schlüssel", "/Ümlaut Ümlaut");
    has(&found, "text within data", "/inner/a a");
}

#[test]
fn settings_are_called_what_stands_beside_them() {
    let (found, _) = strings(&PlistLens, include_bytes!("../../../testdata/seeds/bplist/root.plist"));
    has(&found, "first text", "/PreferenceSpecifiers/0/DefaultValue aws_access");
}

#[test]
fn archives_are_read_as_their_author_wrote_them() {
    let (found, sound) = strings(&PlistLens, include_bytes!("../../../testdata/seeds/bplist/archive.plist"));
    assert!(sound);
    has(&found, "second text", "/root/credentials/secretKey secretKey");
    has(&found, "third", "/root/accounts/0/key key");
    // A mutable string is an object that wraps one.
    has(&found, "fourth", "/root/accounts/1/key key");
}

#[test]
fn without_a_trailer_strings_remain() {
    let whole = include_bytes!("../../../testdata/seeds/bplist/info.plist");
    let (found, sound) = strings(&PlistLens, &whole[..whole.len() - 40]);
    assert!(!sound && found.iter().any(|f| f.0 == "second text of the seed"), "{found:?}");
}

#[test]
fn attributes_of_a_nib() {
    let (found, sound) = strings(&NibLens, include_bytes!("../../../testdata/seeds/nib/main.nib"));
    assert!(sound);
    has(&found, "eu-west-1 and more", "/UINibKeyValuePairsKey/0/UIValue awsRegion");
    has(&found, "second text of the nib", "/UINibKeyValuePairsKey/1/UIValue title");
}
