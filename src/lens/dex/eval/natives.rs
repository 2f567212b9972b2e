//! Which classes of the platform are known, and which calls are a reason to run a method.

use super::super::tables::Dex;

/// What a class of the platform is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    None,
    Builder,
    String,
    /// `Integer`, `Character` and the like: what their type is as an array element.
    Boxed(u8),
    Number,
    Math,
    System,
    Arrays,
    Base64,
    Hex,
    List,
    Collections,
    TextUtils,
    Objects,
    Intrinsics,
    Kotlin,
    ByteString,
}

pub(super) fn owner(descriptor: &[u8]) -> Owner {
    let Some(name) = descriptor.strip_prefix(b"L").and_then(|name| name.strip_suffix(b";")) else {
        return Owner::None;
    };
    match name {
        b"java/lang/StringBuilder" | b"java/lang/StringBuffer" | b"java/lang/AbstractStringBuilder" => {
            Owner::Builder
        }
        b"java/lang/String" | b"java/lang/CharSequence" => Owner::String,
        b"java/lang/Object" | b"java/util/Objects" => Owner::Objects,
        b"java/lang/Integer" => Owner::Boxed(b'I'),
        b"java/lang/Character" => Owner::Boxed(b'C'),
        b"java/lang/Byte" => Owner::Boxed(b'B'),
        b"java/lang/Short" => Owner::Boxed(b'S'),
        b"java/lang/Long" => Owner::Boxed(b'J'),
        b"java/lang/Boolean" => Owner::Boxed(b'Z'),
        b"java/lang/Number" => Owner::Number,
        b"java/lang/Math" => Owner::Math,
        b"java/lang/System" => Owner::System,
        b"java/util/Arrays" => Owner::Arrays,
        b"android/util/Base64"
        | b"java/util/Base64"
        | b"java/util/Base64$Decoder"
        | b"org/apache/commons/codec/binary/Base64"
        | b"kotlin/io/encoding/Base64"
        | b"kotlin/io/encoding/Base64$Default"
        | b"com/google/common/io/BaseEncoding"
        | b"javax/xml/bind/DatatypeConverter" => Owner::Base64,
        b"org/apache/commons/codec/binary/Hex" | b"java/util/HexFormat" => Owner::Hex,
        b"java/util/List"
        | b"java/util/ArrayList"
        | b"java/util/LinkedList"
        | b"java/util/Collection"
        | b"java/util/Vector"
        | b"java/util/Stack"
        | b"java/util/Iterator"
        | b"java/util/ListIterator"
        | b"java/lang/Iterable" => Owner::List,
        b"java/util/Collections" => Owner::Collections,
        b"android/text/TextUtils" => Owner::TextUtils,
        b"kotlin/jvm/internal/Intrinsics" => Owner::Intrinsics,
        b"okio/ByteString" | b"okio/ByteString$Companion" => Owner::ByteString,
        _ if name.starts_with(b"kotlin/text/")
            || name.starts_with(b"kotlin/collections/")
            || name == b"kotlin/UByte" =>
        {
            Owner::Kotlin
        }
        _ => Owner::None,
    }
}

/// What a call of a method says about the method that has it.
pub(super) const JOIN: u8 = 1;
/// Makes a string in a way that is rare and only of use for what was hidden.
pub(super) const STRONG: u8 = 2;
/// Makes a string in a way that is everywhere.
pub(super) const WEAK: u8 = 4;
/// Defined here, and could make a string of constants.
pub(super) const HELPER: u8 = 8;

pub(super) fn trigger(owner: Owner, name: &[u8], first: Option<&[u8]>) -> u8 {
    match (owner, name) {
        (Owner::String, b"<init>" | b"valueOf" | b"copyValueOf") => match first {
            Some(b"[B" | b"[C" | b"[I") => STRONG,
            _ => 0,
        },
        (
            Owner::Builder,
            b"reverse" | b"insert" | b"deleteCharAt" | b"setCharAt" | b"setLength" | b"delete",
        ) => STRONG,
        (Owner::Builder, b"append") => match first {
            Some(b"C" | b"[C") => JOIN | WEAK,
            _ => JOIN,
        },
        (
            Owner::Base64,
            b"decode" | b"decodeBase64" | b"parseBase64Binary" | b"parseHexBinary" | b"decode$default",
        )
        | (Owner::Hex, b"decodeHex" | b"parseHex")
        | (Owner::ByteString, b"decodeBase64" | b"decodeHex")
        | (
            Owner::Kotlin,
            b"concatToString"
            | b"reversed"
            | b"decodeToString"
            | b"concatToString$default"
            | b"decodeToString$default"
            | b"hexToByteArray"
            | b"hexToByteArray$default",
        ) => STRONG,
        (
            Owner::String,
            b"format" | b"join" | b"replace" | b"replaceAll" | b"substring" | b"toUpperCase" | b"toLowerCase"
            | b"repeat" | b"trim" | b"strip",
        )
        | (Owner::TextUtils, b"concat" | b"join")
        | (
            Owner::Kotlin,
            b"joinToString$default"
            | b"replace$default"
            | b"trimIndent"
            | b"removePrefix"
            | b"removeSuffix"
            | b"drop"
            | b"take"
            | b"dropLast"
            | b"takeLast"
            | b"trimMargin$default"
            | b"padStart"
            | b"trim",
        ) => WEAK,
        (Owner::String, b"concat") | (Owner::Intrinsics, b"stringPlus") => JOIN,
        _ => 0,
    }
}

/// Whether a method of the file answers with text, and takes nothing that a constant could not be.
pub(super) fn is_helper(dex: &Dex<'_>, proto: u32) -> bool {
    let answers = dex.return_type(proto).and_then(|index| dex.descriptor(index));
    matches!(
        answers,
        Some(
            b"Ljava/lang/String;"
                | b"[B"
                | b"[C"
                | b"Ljava/lang/CharSequence;"
                | b"Ljava/lang/StringBuilder;"
        )
    ) && dex.parameters(proto).take(9).all(|index| {
        matches!(
            dex.descriptor(index),
            Some(
                b"Ljava/lang/String;"
                    | b"Ljava/lang/CharSequence;"
                    | b"[Ljava/lang/String;"
                    | b"[B"
                    | b"[C"
                    | b"[I"
                    | b"[S"
                    | b"[J"
                    | b"[[B"
                    | b"[[C"
                    | b"[[I"
                    | b"B"
                    | b"C"
                    | b"S"
                    | b"I"
                    | b"J"
                    | b"Z"
                    | b"Ljava/util/List;"
                    | b"[Ljava/lang/Object;"
            )
        )
    })
}
