//! Names that say that their values only look like secrets.

use super::names;
use crate::engine::context::may_be_named;

/// Words of names whose values only look like secrets.
const LOOK_ALIKES: &[&str] = &[
    "checksum",
    "checksums",
    "commit",
    "crc",
    "crc32",
    "cursor",
    "digest",
    "etag",
    "fingerprint",
    "hash",
    "hashes",
    "integrity",
    "iv",
    "md5",
    "nonce",
    "release",
    "rev",
    "revision",
    "salt",
    "sha",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sig",
    "signature",
    "sri",
    "sum",
    "thumbprint",
];

/// Whether a name says outright that its value only looks like a secret: whatever stands close by does
/// not change that.
pub(crate) fn names_look_alike(key: &str) -> bool {
    // Of `go.sum`.
    if key == "h1" {
        return true;
    }
    // `sha` and `256` are two words.
    names::ends_in_any(key, 2, LOOK_ALIKES)
        && !matches!(names::judge(key), names::Verdict::Secret(names::Strength::Strong))
}

/// Whether a name of several words begins so, and means nothing secret: `checksum NAME 1.0 (SOURCE)`.
pub(crate) fn begins_look_alike(key: &str) -> bool {
    names::begins_with_any(key, LOOK_ALIKES)
        && (!may_be_named(key.as_bytes()) || !matches!(names::judge(key), names::Verdict::Secret(_)))
}
