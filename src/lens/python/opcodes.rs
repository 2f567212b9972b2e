//! Numbers of instructions, by version.

use super::marshal::Version;

/// Instructions that matter, whatever their number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    LoadConst,
    StoreName,
    StoreGlobal,
    StoreAttr,
    StoreFast,
    StoreDeref,
    Load,
    LoadNamed,
    LoadGlobal,
    LoadAttr,
    LoadMethod,
    Push,
    CallFunction,
    CallKw,
    CallMethod,
    KwNames,
    Call,
    ConstKeyMap,
    BuildMap,
    StoreMap,
    StoreSubscr,
    BuildSeq,
    ListExtend,
    Return,
    ReturnConst,
    Pop,
    Dup,
    RotTwo,
    Swap,
    MakeFunction,
    StoreStore,
    StoreLoad,
    Unpack,
    Binary,
    Unary,
    Nothing,
    ImportName,
    DictMerge,
    SetAttribute,
}

/// Numbers of instructions: the opcodes of CPython's `opcode.py`, one table a version.
pub(super) struct Opcodes {
    pub(super) version: Version,
    pub(super) ops: [Option<Op>; 256],
    pub(super) have_argument: u8,
    pub(super) extended: u8,
}

/// The instructions of a version; `None` where nobody wrote them down here.
pub(super) fn opcodes(version: Version) -> Option<Opcodes> {
    use Op::*;
    let mut common = vec![
        (Pop, 1),
        (RotTwo, 2),
        (Dup, 4),
        (Nothing, 9),
        (Unary, 12),
        (Binary, 23),
        (Binary, 25),
        (StoreSubscr, 60),
        (Push, 71),
        (Return, 83),
        (Nothing, 85),
        (StoreName, 90),
        (Unpack, 92),
        (StoreAttr, 95),
        (StoreGlobal, 97),
        (LoadConst, 100),
        (LoadNamed, 101),
        (BuildSeq, 102),
        (BuildSeq, 103),
        (BuildSeq, 104),
        (BuildMap, 105),
        (LoadAttr, 106),
        (Binary, 107),
        (ImportName, 108),
        (Push, 109),
        (LoadNamed, 116),
        (Load, 124),
        (StoreFast, 125),
        (MakeFunction, 132),
    ];
    let (more, have_argument, extended): (&[(Op, u8)], u8, u8) = match version {
        Version(2, _) => {
            (&[(StoreMap, 54), (CallFunction, 131), (Load, 135), (Load, 136), (StoreDeref, 137)], 90, 145)
        }
        Version(3, 6..=10) => (
            &[
                (CallFunction, 131),
                (CallKw, 141),
                (Load, 135),
                (Load, 136),
                (StoreDeref, 137),
                (Load, 148),
                (ConstKeyMap, 156),
                (LoadMethod, 160),
                (CallMethod, 161),
                (ListExtend, 162),
                (DictMerge, 164),
                (DictMerge, 165),
            ],
            90,
            144,
        ),
        Version(3, 11 | 12) => {
            common.retain(|(op, n)| !matches!(op, RotTwo | Dup) && !matches!(n, 23 | 116));
            (
                &[
                    (Nothing, 0),
                    (Push, 2),
                    (Swap, 99),
                    (LoadGlobal, 116),
                    (Dup, 120),
                    (ReturnConst, 121),
                    (Binary, 122),
                    (Nothing, 135),
                    (Load, 136),
                    (Load, 137),
                    (StoreDeref, 138),
                    (Nothing, 149),
                    (Nothing, 151),
                    (ConstKeyMap, 156),
                    (LoadMethod, 160),
                    (ListExtend, 162),
                    (DictMerge, 164),
                    (DictMerge, 165),
                    (Nothing, 166),
                    (Call, 171),
                    (KwNames, 172),
                    (Load, 127),
                    (Load, 143),
                ],
                90,
                144,
            )
        }
        Version(3, 13) => {
            common = vec![
                (Nothing, 0),
                (Binary, 5),
                (Push, 24),
                (MakeFunction, 26),
                (Nothing, 30),
                (Pop, 32),
                (Push, 34),
                (Return, 36),
                (Nothing, 37),
                (StoreSubscr, 39),
                (Binary, 45),
                (ConstKeyMap, 46),
                (BuildSeq, 47),
                (BuildMap, 48),
                (BuildSeq, 49),
                (BuildSeq, 52),
                (Call, 53),
                (CallKw, 57),
                (Binary, 58),
                (Binary, 59),
                (Dup, 61),
                (Nothing, 62),
                (DictMerge, 68),
                (DictMerge, 69),
                (Push, 74),
                (ImportName, 75),
                (ListExtend, 81),
                (LoadAttr, 82),
                (LoadConst, 83),
                (Load, 84),
                (Load, 85),
                (Load, 86),
                (Load, 87),
                (LoadGlobal, 91),
                (LoadNamed, 92),
                (Nothing, 94),
                (ReturnConst, 103),
                (SetAttribute, 106),
                (StoreAttr, 108),
                (StoreDeref, 109),
                (StoreFast, 110),
                (StoreLoad, 111),
                (StoreStore, 112),
                (StoreGlobal, 113),
                (StoreName, 114),
                (Swap, 115),
                (Unpack, 117),
                (Nothing, 149),
            ];
            (&[], 44, 71)
        }
        _ => return None,
    };
    let mut ops = [None; 256];
    for &(op, n) in common.iter().chain(more) {
        ops[usize::from(n)] = Some(op);
    }
    Some(Opcodes { version, ops, have_argument, extended })
}
