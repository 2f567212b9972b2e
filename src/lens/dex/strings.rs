//! The methods of the platform that make strings of strings.
//!
//! They are found once in the method table, so that a sweep over the code needs one look at a
//! small table for each call.

use super::tables::Dex;

/// What a call does to strings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StringOp {
    /// Nothing that is known here.
    Other,
    /// A new builder, empty.
    New,
    /// A new builder that holds the argument.
    NewText,
    /// Appends a string.
    Text,
    /// Appends a character.
    Char,
    /// Appends a number.
    Int,
    /// Appends a truth value.
    Bool,
    /// Looks into a builder.
    Read,
    /// Changes a builder in a way that is not followed.
    Change,
    /// Two strings become one.
    Concat,
    /// The string in a builder, or the same string in another shape.
    Same,
    /// A new string of the same characters.
    Copy,
}

/// The methods of one file that do something to strings.
pub(super) struct StringOps {
    ops: Vec<StringOp>,
    /// Whether any of them joins strings.
    pub(super) joins: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Builder,
    String,
    Objects,
    Kotlin,
}

impl StringOps {
    pub(super) fn new(dex: &Dex<'_>) -> Self {
        let mut owners = Vec::new();
        for index in (0..dex.types.len()).filter_map(|n| u32::try_from(n).ok()) {
            let owner = match dex.descriptor(index) {
                Some(b"Ljava/lang/StringBuilder;" | b"Ljava/lang/StringBuffer;") => Owner::Builder,
                Some(b"Ljava/lang/String;") => Owner::String,
                Some(b"Ljava/util/Objects;") => Owner::Objects,
                Some(b"Lkotlin/jvm/internal/Intrinsics;") => Owner::Kotlin,
                _ => continue,
            };
            owners.push((index, owner));
            // Types are unique; a file that says otherwise is not worth a search per method.
            if owners.len() >= 16 {
                break;
            }
        }
        let mut ops = StringOps { ops: vec![StringOp::Other; dex.methods.len()], joins: false };
        if owners.is_empty() {
            return ops;
        }
        for (index, op) in (0u32..).zip(ops.ops.iter_mut()) {
            let Some(id) = dex.method(index) else { continue };
            let Some(&(_, owner)) = owners.iter().find(|(class, _)| *class == id.class) else { continue };
            let mut parameters = dex.parameters(id.proto).filter_map(|index| dex.descriptor(index));
            let parameters = [parameters.next(), parameters.next()];
            *op = classify(owner, dex.name(id.name).unwrap_or_default(), parameters);
            use StringOp::{Bool, Char, Concat, Int, Text};
            ops.joins |= matches!(op, Text | Char | Int | Bool | Concat);
        }
        ops
    }

    #[inline]
    pub(super) fn get(&self, method: u32) -> StringOp {
        self.ops.get(method as usize).copied().unwrap_or(StringOp::Other)
    }

    /// Whether a call of this method is a reason to look at how strings are joined.
    #[inline]
    pub(super) fn is_join(&self, method: u32) -> bool {
        use StringOp::{Bool, Char, Concat, Int, Text};
        matches!(self.get(method), Text | Char | Int | Bool | Concat)
    }
}

fn classify(owner: Owner, name: &[u8], parameters: [Option<&[u8]>; 2]) -> StringOp {
    let [first, second] = parameters;
    let text = matches!(
        first,
        Some(
            b"Ljava/lang/String;"
                | b"Ljava/lang/Object;"
                | b"Ljava/lang/CharSequence;"
                | b"Ljava/lang/StringBuffer;"
                | b"Ljava/lang/StringBuilder;"
        )
    );
    match (owner, name) {
        (Owner::Builder, b"<init>") if text => StringOp::NewText,
        (Owner::Builder, b"<init>") => StringOp::New,
        (Owner::Builder, b"append") if second.is_some() => StringOp::Change,
        (Owner::Builder, b"append") if text => StringOp::Text,
        (Owner::Builder, b"append") => match first {
            Some(b"C") => StringOp::Char,
            Some(b"I") => StringOp::Int,
            Some(b"Z") => StringOp::Bool,
            _ => StringOp::Change,
        },
        (Owner::Builder, b"toString") => StringOp::Same,
        (
            Owner::Builder,
            b"length" | b"charAt" | b"capacity" | b"ensureCapacity" | b"trimToSize" | b"indexOf"
            | b"substring" | b"hashCode" | b"equals",
        ) => StringOp::Read,
        (Owner::Builder, _) => StringOp::Change,
        (Owner::String, b"concat") => StringOp::Concat,
        (Owner::String, b"toString" | b"trim" | b"strip" | b"intern" | b"toCharArray" | b"getBytes") => {
            StringOp::Same
        }
        (Owner::String, b"valueOf" | b"copyValueOf") if text || first == Some(b"[C") => StringOp::Same,
        (Owner::String, b"<init>") if first.is_some() => StringOp::Copy,
        (Owner::Objects, b"requireNonNull" | b"toString") => StringOp::Same,
        (Owner::Kotlin, b"stringPlus") => StringOp::Concat,
        _ => StringOp::Other,
    }
}
