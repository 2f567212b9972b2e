//! What kind of private key a value is, read off its first bytes.

use super::checksum::base64_decode;

/// Bytes that are read of a key: the algorithm, the curve and the length of the modulus stand in the first 64.
const HEAD: usize = 96;

/// The algorithm and the size of a private key in PEM, in base64 or as JWK: `RSA 2048`, `P-256`, `Ed25519`.
pub fn algorithm(value: &[u8]) -> Option<String> {
    if memchr::memmem::find(value, b"\"kty\"").is_some() {
        return of_jwk(value);
    }
    let body = match memchr::memmem::find(value, b"PRIVATE KEY-----") {
        Some(at) => &value[at + b"PRIVATE KEY-----".len()..],
        None => value,
    };
    if memchr::memmem::find(value, b"BEGIN DSA ").is_some() {
        return Some("DSA".into());
    }
    of_der(&base64_decode(&letters(body)))
}

/// The first letters of base64, without what stands between its lines: blanks, escapes, quotes.
fn letters(body: &[u8]) -> Vec<u8> {
    let mut letters = Vec::new();
    let mut bytes = body.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            // The letter behind it is a part of the escape.
            b'\\' => drop(bytes.next()),
            b'-' => break,
            _ if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => letters.push(byte),
            _ => {}
        }
        if letters.len() >= HEAD / 3 * 4 {
            break;
        }
    }
    letters.truncate(letters.len() / 4 * 4);
    letters
}

/// Object identifiers of algorithms and curves in DER, and what they are called; RSA has its size besides.
const KINDS: &[(&[u8], &str)] = &[
    (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS"),
    (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "RSA"),
    (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256"),
    (b"\x06\x05\x2b\x81\x04\x00\x21", "P-224"),
    (b"\x06\x05\x2b\x81\x04\x00\x22", "P-384"),
    (b"\x06\x05\x2b\x81\x04\x00\x23", "P-521"),
    (b"\x06\x05\x2b\x81\x04\x00\x0a", "secp256k1"),
    (b"\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01", "brainpool"),
    (b"\x06\x03\x2b\x65\x6e", "X25519"),
    (b"\x06\x03\x2b\x65\x6f", "X448"),
    (b"\x06\x03\x2b\x65\x70", "Ed25519"),
    (b"\x06\x03\x2b\x65\x71", "Ed448"),
    (b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01", "DSA"),
    (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01", "DH"),
    (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03", "ML-DSA"),
    (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04", "ML-KEM"),
    // What OpenSSH writes has names instead.
    (b"ssh-ed25519", "Ed25519"),
    (b"ecdsa-sha2-nistp256", "P-256"),
    (b"ecdsa-sha2-nistp384", "P-384"),
    (b"ecdsa-sha2-nistp521", "P-521"),
    (b"ssh-dss", "DSA"),
];

/// Of PKCS #8 (RFC 5958), PKCS #1 (RFC 8017, A.1.2), SEC 1 (RFC 5915) and OpenSSH's own form.
fn of_der(der: &[u8]) -> Option<String> {
    let head = &der[..der.len().min(HEAD)];
    let stands = |of: &[u8]| memchr::memmem::find(head, of);
    if let Some((_, name)) = KINDS.iter().find(|(of, _)| stands(of).is_some()) {
        let size = if name.starts_with("RSA") { modulus(head) } else { None };
        return Some(size.map_or_else(|| (*name).to_owned(), |bits| format!("{name} {bits}")));
    }
    if stands(b"ssh-rsa").is_some() {
        return Some("RSA".into());
    }
    // A sequence of a version and the modulus; of a version and the number that is the key on a curve.
    head.first().filter(|tag| **tag == 0x30)?;
    if let Some(bits) = modulus(head) {
        return Some(format!("RSA {bits}"));
    }
    let curve = |at: usize| match head.get(at + 4) {
        Some(28) => Some("P-224"),
        Some(32) => Some("P-256"),
        Some(48) => Some("P-384"),
        Some(66) => Some("P-521"),
        _ => None,
    };
    stands(b"\x02\x01\x01\x04").and_then(curve).map(str::to_owned)
}

/// Bits of the modulus: the number behind the version 0.
fn modulus(head: &[u8]) -> Option<usize> {
    let bits = |at: usize| match *head.get(at + 4..)? {
        [0x82, high, low, ..] => Some(usize::from(high) << 8 | usize::from(low)),
        [0x81, length, ..] => Some(usize::from(length)),
        [length @ 0x20..=0x7f, ..] => Some(usize::from(length)),
        _ => None,
    };
    let mut found = memchr::memmem::find_iter(head, b"\x02\x01\x00\x02");
    // A byte of zeros before it, for it is no negative number.
    found.find_map(bits).map(|bytes| bytes / 8 * 64)
}

/// Of a JSON Web Key (RFC 7517): its curve, or the size of its modulus.
fn of_jwk(value: &[u8]) -> Option<String> {
    let text = |name: &str| {
        let at = memchr::memmem::find(value, format!("\"{name}\"").as_bytes())? + name.len() + 2;
        let rest =
            value[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        Some(&rest[..memchr::memchr(b'"', rest)?])
    };
    let known =
        |name: &[u8]| matches!(name.len(), 1..=16).then(|| String::from_utf8_lossy(name).into_owned());
    match text("crv") {
        Some(curve) => known(curve),
        // What stands in pieces is shorter than it is.
        None => text("n").filter(|n| n.len() >= 170).map(|n| format!("RSA {}", n.len() * 6 / 64 * 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `bytes` in base64, in lines as PEM has them.
    fn pem(label: &str, bytes: &[u8], joint: &str) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letters = |three: &[u8]| {
            let bits = three.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b));
            [18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift & 63) as usize]))
        };
        let text: Vec<char> = bytes.as_chunks::<3>().0.iter().flat_map(|three| letters(three)).collect();
        let lines: Vec<String> = text.chunks(64).map(|line| line.iter().collect()).collect();
        format!("-----BEGIN {label}PRIVATE KEY-----{joint}{}{joint}-----END", lines.join(joint))
    }

    #[test]
    fn kinds_of_keys() {
        let filled = |head: &[u8]| [head, &[7; 200]].concat();
        let rsa = b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00";
        let pkcs8 = b"\x30\x82\x04\xbe\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82\x04\xa8";
        let p256 = b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let cases: [(&str, Vec<u8>, &str); 6] = [
            ("RSA ", filled(rsa), "RSA 2048"),
            ("", filled(&[&pkcs8[..], rsa].concat()), "RSA 2048"),
            ("", filled(p256), "P-256"),
            ("", filled(b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"), "Ed25519"),
            ("EC ", filled(b"\x30\x81\xa4\x02\x01\x01\x04\x30"), "P-384"),
            ("OPENSSH ", filled(b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x33\0\0\0\x0bssh-ed25519"), "Ed25519"),
        ];
        for (label, der, kind) in cases {
            for joint in ["\n", "\\n", "\r\n", "\n    "] {
                assert_eq!(
                    algorithm(pem(label, &der, joint).as_bytes()).as_deref(),
                    Some(kind),
                    "{label}{joint:?}"
                );
            }
        }
        assert_eq!(algorithm(br#"{"kty": "OKP", "crv" : "Ed448", "d": "x"}"#).as_deref(), Some("Ed448"));
        let jwk = format!(r#"{{"kty":"RSA","n":"{}"}}"#, "A".repeat(342));
        assert_eq!(algorithm(jwk.as_bytes()).as_deref(), Some("RSA 2048"));
        for nothing in ["", "-----BEGIN PRIVATE KEY-----", "\"kty\"", "{\"kty\":\"EC\"}", "MIIx"] {
            assert_eq!(algorithm(nothing.as_bytes()), None, "{nothing}");
        }
    }
}
