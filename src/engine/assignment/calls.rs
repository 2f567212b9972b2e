//! Calls that stand between an operator and the literal that is meant.

/// The last part of what is called, in lower case letters only.
fn called<'b>(callee: &[u8], buffer: &'b mut [u8; 32]) -> &'b [u8] {
    let last = callee.iter().rposition(|b| matches!(b, b'.' | b':' | b'>' | b'$')).map_or(0, |i| i + 1);
    let mut len = 0;
    for b in callee[last..].iter().filter(|b| b.is_ascii_alphanumeric()) {
        if let Some(slot) = buffer.get_mut(len) {
            *slot = b.to_ascii_lowercase();
            len += 1;
        }
    }
    &buffer[..len]
}

/// Whether a call only makes another type of its argument.
pub(super) fn is_wrapper(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "string",
        "str",
        "bytes",
        "bytearray",
        "from",
        "some",
        "ok",
        "new",
        "of",
        "b64decode",
        "atob",
        "secretstr",
        "secretstring",
        "secret",
        "securestring",
        "text",
        "quote",
        "valueof",
        "just",
        "literal",
        "unsafeplaintext",
        "plaintext",
        "fromstring",
        "strdup",
        "nsstring",
        "stringwithstring",
        "password",
        "protectedstring",
        "obfuscate",
        "qstring",
        "urlencode",
        "quoteplus",
        "decodestring",
        "b",
        "u",
        "t",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}

/// Whether a call looks a value up and takes a default.
pub(super) fn is_lookup(callee: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "getenv",
        "get",
        "env",
        "getproperty",
        "fetch",
        "config",
        "getordefault",
        "setting",
        "option",
        "getstring",
        "str",
        "getparam",
        "getattr",
        "lookup",
        "default",
        "input",
        "variable",
        "getconfig",
        "environ",
        "cfg",
        "param",
        "optional",
        "envor",
        "getenvordefault",
    ];
    let mut buffer = [0; 32];
    let name = called(callee, &mut buffer);
    NAMES.iter().any(|n| n.as_bytes() == name)
}
