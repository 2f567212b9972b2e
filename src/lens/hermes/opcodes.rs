//! The instructions of each version: how long they are and what their operands are.
//!
//! The table is data (`opcodes.txt`, written by `scripts/hermes-opcodes.py`): opcodes are numbered
//! anew in almost every version. What an instruction means to us goes by its name.

use crate::lens::bytes::{u16_le, u32_le};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What an instruction does with values, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Nothing of interest; the first register, if any, gets a new value.
    Other,
    /// Reads registers and writes none.
    Reads,
    /// Jumps, reading what it may.
    Jump,
    /// Leads to a table of jumps behind the code.
    Switch,
    LoadString,
    Move,
    /// `r0.name = r1`.
    Put,
    /// `r0[n] = r1`.
    PutIndex,
    /// `r0.<slot n of its shape> = r1`.
    PutSlot,
    /// `r0[r1] = r2`.
    PutByValue,
    /// `r0[r2] = r1`.
    PutOwnByValue,
    /// `r0 = r1.name`.
    Get,
    /// The global object.
    Global,
    LoadParam,
    NewObject,
    NewArray,
    /// Arguments in the last registers of the frame; the number follows the callee.
    Call,
    Construct,
    /// The same of a builtin function: there is no callee.
    CallBuiltin,
    /// Arguments named one by one.
    CallN,
    Return,
    Store,
    Closure,
    Add,
}

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    pub name: &'static str,
    /// A letter an operand: see the script.
    pub operands: &'static [u8],
    /// With the opcode itself.
    pub len: usize,
    pub does: Does,
}

/// The instructions of a version, by opcode.
pub type Table = Vec<Op>;

/// The instructions of `version`; `None` if nobody told us.
pub fn table(version: u32) -> Option<&'static Table> {
    static TABLES: OnceLock<BTreeMap<u32, Table>> = OnceLock::new();
    let tables = TABLES.get_or_init(|| read(include_str!("opcodes.txt")));
    let (_, table) = tables.range(..=version).next_back()?;
    (version <= *tables.keys().next_back()?).then_some(table)
}

fn read(text: &'static str) -> BTreeMap<u32, Table> {
    let ops: Vec<Op> = text.lines().filter_map(|line| line.strip_prefix("= ")).map(op).collect();
    let version = |line: &'static str| {
        let (version, runs) = line.split_once(": ")?;
        let mut table = Table::new();
        for run in runs.split(' ') {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            table.extend_from_slice(ops.get(first.parse().ok()?..=last.parse().ok()?)?);
        }
        Some((version.parse().ok()?, table))
    };
    text.lines().filter_map(version).collect()
}

fn op(line: &'static str) -> Op {
    let (name, operands) = line.split_once(' ').unwrap_or((line, ""));
    let operands = operands.as_bytes();
    let len = 1 + operands.iter().map(|&o| width(o)).sum::<usize>();
    Op { name, operands, len, does: does(name, operands) }
}

fn width(operand: u8) -> usize {
    match operand {
        b'r' | b'b' | b's' | b'j' => 1,
        b'w' | b't' | b'f' => 2,
        b'D' => 8,
        _ => 4,
    }
}

fn does(name: &str, operands: &[u8]) -> Does {
    match name {
        "LoadConstString" | "LoadConstStringLongIndex" => return Does::LoadString,
        // A check that a variable has a value yet hands it on.
        "Mov" | "MovLong" | "ThrowIfEmpty" | "ThrowIfUndefined" | "AddEmptyString" | "ToPropertyKey" => {
            return Does::Move;
        }
        "GetGlobalObject" => return Does::Global,
        "LoadParam" | "LoadParamLong" | "LoadThisNS" => return Does::LoadParam,
        "Call" | "CallLong" => return Does::Call,
        "Construct" | "ConstructLong" => return Does::Construct,
        "CallBuiltin" | "CallBuiltinLong" => return Does::CallBuiltin,
        "Call1" | "Call2" | "Call3" | "Call4" => return Does::CallN,
        "Ret" => return Does::Return,
        "AddS" | "Add" => return Does::Add,
        "Throw" | "ThrowIfUndefinedInst" | "IteratorClose" | "Debugger" | "AsyncBreakCheck" => {
            return Does::Reads;
        }
        _ => {}
    }
    let is = |prefix: &str| name.starts_with(prefix);
    let in_last = matches!(operands.last(), Some(b's' | b't' | b'u'));
    if name.ends_with("SwitchImm") {
        Does::Switch
    } else if is("DefineOwnById") || (is("Put") || is("TryPut")) && in_last {
        Does::Put
    } else if (is("GetById") || is("TryGetById")) && in_last {
        Does::Get
    } else if is("PutOwnBySlotIdx") {
        Does::PutSlot
    } else if is("PutOwnByIndex") || is("DefineOwnByIndex") || is("DefineOwnInDenseArray") {
        Does::PutIndex
    } else if is("PutOwnByVal") || is("DefineOwnByVal") {
        Does::PutOwnByValue
    } else if is("PutByVal") {
        Does::PutByValue
    } else if is("NewObjectWithBuffer") {
        Does::NewObject
    } else if is("NewArrayWithBuffer") {
        Does::NewArray
    } else if is("StoreToEnvironment") || is("StoreNPToEnvironment") {
        Does::Store
    } else if is("Create")
        && (name.contains("Closure") || name.contains("Generator") || name.contains("Class"))
    {
        Does::Closure
    } else if matches!(operands.first(), Some(b'j' | b'J')) {
        Does::Jump
    } else if is("Put") || is("FastArray") || is("Store") || is("DeclareGlobal") || is("ThrowIf") {
        Does::Reads
    } else {
        Does::Other
    }
}

/// The operands of the instruction at the start of `code`, at most six; big ones are cut.
pub fn operands(op: &Op, code: &[u8]) -> [u32; 6] {
    let mut values = [0; 6];
    let mut at = 1;
    for (value, &operand) in values.iter_mut().zip(op.operands) {
        *value = match width(operand) {
            1 => code.get(at).copied().map(u32::from),
            2 => u16_le(code, at).map(u32::from),
            _ => u32_le(code, at),
        }
        .unwrap_or(0);
        at += width(operand);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_numbers() {
        let name = |version, opcode: usize| table(version).and_then(|t| t.get(opcode)).map(|op| op.name);
        // hermesc: LoadConstString is 115 in version 96, NewObjectWithBuffer 0 in 76 and 1 since 83.
        assert_eq!(name(76, 0), Some("NewObjectWithBuffer"));
        assert_eq!(name(83, 1), Some("NewObjectWithBuffer"));
        assert_eq!((name(74, 0), name(75, 0)), (name(76, 0), name(76, 0)));
        assert_eq!((name(96, 0), name(99, 0)), (Some("Unreachable"), Some("Unreachable")));
        assert!(table(100).is_none() && table(72).is_none());
        for version in 73..=99 {
            let table = table(version).unwrap();
            assert!(table.len() > 150 && table.len() < 256, "{version}: {}", table.len());
            for does in
                [Does::LoadString, Does::Put, Does::NewObject, Does::NewArray, Does::Call, Does::Closure]
            {
                assert!(table.iter().any(|op| op.does == does), "{version}: {does:?}");
            }
        }
    }
}
