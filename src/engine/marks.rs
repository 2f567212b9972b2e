//! Words at which something begins that is written in an encoding the engine cannot see into: the prefilter meets them on its way, so
//! that nobody has to look for them. What stands there is for whoever takes what the engine finds.

/// What a word announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A binary file in a patch of git.
    Patch,
    /// A file in yEnc.
    YEncoded,
    /// A file in uuencode.
    Uuencoded,
    /// The second line of a dump.
    Dump,
    /// A call that decodes base85.
    Base85,
    /// Letters that UTF-7 does not write as they are.
    Utf7,
}

/// The words.
pub static WORDS: &[(&[u8], Mark)] = &[
    (b"GIT binary patch", Mark::Patch),
    (b"=ybegin ", Mark::YEncoded),
    (b"\nbegin 600 ", Mark::Uuencoded),
    (b"\nbegin 640 ", Mark::Uuencoded),
    (b"\nbegin 644 ", Mark::Uuencoded),
    (b"\nbegin 664 ", Mark::Uuencoded),
    (b"\nbegin 666 ", Mark::Uuencoded),
    (b"\nbegin 755 ", Mark::Uuencoded),
    // Addresses of the second line: of `xxd` (in decimal, of bits, of long lines), of `hexdump`, of `od`, of `tcpdump`.
    (b"0000010: ", Mark::Dump),
    (b"0000016: ", Mark::Dump),
    (b"0000006: ", Mark::Dump),
    (b"0000020: ", Mark::Dump),
    (b"\n000010 ", Mark::Dump),
    (b"0000010 ", Mark::Dump),
    (b"0000020 ", Mark::Dump),
    (b"\t0x0010:  ", Mark::Dump),
    (b"85decode", Mark::Base85),
    (b"85_decode", Mark::Base85),
    (b"85.decode", Mark::Base85),
    (b"85.Decode", Mark::Base85),
    (b"85Decode", Mark::Base85),
    (b"85::decode", Mark::Base85),
    // An equals sign, an underscore, a quotation mark.
    (b"+AD0-", Mark::Utf7),
    (b"+AF8-", Mark::Utf7),
    (b"+ACI-", Mark::Utf7),
];
