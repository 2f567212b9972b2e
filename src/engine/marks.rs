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
    /// A call that moves letters by half of the alphabet.
    Rot13,
    /// A call that puts the last letter first.
    Reversed,
    /// A string that is a packed file, in letters and escapes.
    Packed,
    /// Strings that are joined.
    Joined,
    /// A call that joins strings.
    Listed,
    /// Where a page may break a value, which nobody sees.
    Invisible,
    /// The first line of a private key.
    Key,
    /// The same in a URL.
    EscapedKey,
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
    // Addresses of the second line: of `xxd` (in decimal, of bits, of long lines), of `hexdump`, of `od`, of `tcpdump`, of
    // `curl --trace` and `tshark -x`.
    (b"0000010: ", Mark::Dump),
    (b"0000016: ", Mark::Dump),
    (b"0000006: ", Mark::Dump),
    (b"0000020: ", Mark::Dump),
    (b"\n0010: ", Mark::Dump),
    (b"\n0010  ", Mark::Dump),
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
    (b"rot13", Mark::Rot13),
    (b"rot_13", Mark::Rot13),
    (b"ROT13", Mark::Rot13),
    // Of `tr`.
    (b"N-ZA-M", Mark::Rot13),
    (b"n-za-m", Mark::Rot13),
    (b"strrev(", Mark::Reversed),
    (b"StrReverse(", Mark::Reversed),
    (b"reverse(", Mark::Reversed),
    (b"REVERSE(", Mark::Reversed),
    (b"'.reverse", Mark::Reversed),
    (b"\".reverse", Mark::Reversed),
    (b"[::-1]", Mark::Reversed),
    (b".chars().rev()", Mark::Reversed),
    (b"| rev", Mark::Reversed),
    // Beginnings of gzip, zlib, xz, zstd and bzip2, and calls that load what Python has stored.
    (b"\\x1f\\x8b\\x08", Mark::Packed),
    (b"\\x1F\\x8B\\x08", Mark::Packed),
    (b"x\\x9c", Mark::Packed),
    (b"x\\xda", Mark::Packed),
    (b"\\x78\\x9c", Mark::Packed),
    (b"\\x78\\xda", Mark::Packed),
    (b"\\xfd7zXZ", Mark::Packed),
    (b"(\\xb5/\\xfd", Mark::Packed),
    (b"\\x28\\xb5\\x2f\\xfd", Mark::Packed),
    (b"BZh91AY&SY", Mark::Packed),
    (b"oads(b'", Mark::Packed),
    (b"oads(b\"", Mark::Packed),
    (b"' + '", Mark::Joined),
    (b"\" + \"", Mark::Joined),
    (b"' . '", Mark::Joined),
    (b"\" . \"", Mark::Joined),
    (b"' +\n", Mark::Joined),
    (b"\" +\n", Mark::Joined),
    // Of Visual Basic, AppleScript and sheets.
    (b"\" & \"", Mark::Joined),
    (b"\" & _", Mark::Joined),
    // Without blanks; of Lua, SQL, Haskell, Elixir, OCaml and D.
    (b"'+'", Mark::Joined),
    (b"\"+\"", Mark::Joined),
    (b"'.'", Mark::Joined),
    (b"\".\"", Mark::Joined),
    (b"\"&\"", Mark::Joined),
    (b"' .. '", Mark::Joined),
    (b"\" .. \"", Mark::Joined),
    (b"'..'", Mark::Joined),
    (b"\"..\"", Mark::Joined),
    (b"' || '", Mark::Joined),
    (b"'||'", Mark::Joined),
    (b"\" ++ \"", Mark::Joined),
    (b"\" <> \"", Mark::Joined),
    (b"\" ^ \"", Mark::Joined),
    (b"\" ~ \"", Mark::Joined),
    // Side by side, in C and Python.
    (b"' '", Mark::Joined),
    (b"\" \"", Mark::Joined),
    (b"'.concat('", Mark::Listed),
    (b"\".concat(\"", Mark::Listed),
    (b"'].join('')", Mark::Listed),
    (b"\"].join(\"\")", Mark::Listed),
    (b"'].join(\"\")", Mark::Listed),
    (b"\"].join('')", Mark::Listed),
    (b"concat!(", Mark::Listed),
    (b"paste0(", Mark::Listed),
    (b"CONCAT(", Mark::Listed),
    (b".Concat(", Mark::Listed),
    (b"''.join([", Mark::Listed),
    (b"\"\".join([", Mark::Listed),
    (b"''.join((", Mark::Listed),
    (b"\"\".join((", Mark::Listed),
    (b"<wbr>", Mark::Invisible),
    (b"<wbr/>", Mark::Invisible),
    (b"<wbr />", Mark::Invisible),
    (b"&shy;", Mark::Invisible),
    (b"&#8203;", Mark::Invisible),
    (b"&ZeroWidthSpace;", Mark::Invisible),
    (b"PRIVATE KEY-----", Mark::Key),
    (b"PRIVATE KEY BLOCK-----", Mark::Key),
    (b"PRIVATE%20KEY-----", Mark::EscapedKey),
    (b"PRIVATE+KEY-----", Mark::EscapedKey),
];
