//! Which methods are worth to be run: one sweep over all code, one look at a table for each call.

use super::super::body::Code;
use super::super::code::{Insns, op};
use super::super::refs::Program;
use super::natives::{HELPER, JOIN, Owner, STRONG, WEAK, is_helper, owner, trigger};

/// Callers of callers of methods that decode.
const LEVELS: usize = 3;
/// Shortest array of constants that could hold a token.
const MIN_PAYLOAD: u32 = 16;

/// Characters or numbers that a token could be made of.
const MIN_LETTERS: usize = 14;
/// Code of a method that does nothing but answer with a constant, in bytes.
const GETTER: usize = 12;

/// What the sweep found.
#[derive(Default)]
pub(in super::super) struct Picked {
    /// Methods that join strings.
    pub(in super::super) joins: Vec<u32>,
    /// Methods to be run, the most promising first.
    pub(in super::super) roots: Vec<u32>,
}

/// A constant is loaded.
const MATERIAL: u8 = 16;
/// A field of the file that may hold a constant is read.
const FIELD: u8 = 32;
/// Loads an array of constants.
const PAYLOAD: u8 = 64;

/// What each method of the method table says about its callers.
fn table(program: &Program<'_, '_>) -> Vec<u8> {
    let dex = program.dex;
    let mut table = vec![0u8; dex.methods.len()];
    let owners: Vec<Owner> =
        (0..dex.types.len() as u32).map(|n| dex.descriptor(n).map_or(Owner::None, owner)).collect();
    for (index, slot) in (0u32..).zip(table.iter_mut()) {
        let Some(id) = dex.method(index) else { continue };
        let owner = owners.get(id.class as usize).copied().unwrap_or(Owner::None);
        if owner != Owner::None {
            let first = dex.parameters(id.proto).next().and_then(|kind| dex.descriptor(kind));
            *slot = trigger(owner, dex.name(id.name).unwrap_or_default(), first);
        }
        if program.ops.is_join(index) {
            *slot |= JOIN;
        }
    }
    // By prototype: there are far fewer.
    let mut helpers: Vec<Option<bool>> = Vec::new();
    for method in &program.classes.methods {
        if let (Some(slot), Some(id)) = (table.get_mut(method.id as usize), dex.method(method.id)) {
            let proto = id.proto as usize;
            if proto >= helpers.len() {
                helpers.resize(proto + 1, None);
            }
            if let Some(known) = helpers.get_mut(proto)
                && *known.get_or_insert_with(|| is_helper(dex, id.proto))
            {
                *slot |= HELPER;
            }
        }
    }
    table
}

/// Fields of this file that hold strings and may be constant.
fn fields(program: &Program<'_, '_>) -> Vec<bool> {
    let dex = program.dex;
    let mut defined = vec![false; dex.types.len()];
    for n in 0..dex.classes.len() {
        if let Some(class) = dex.class(n)
            && let Some(slot) = defined.get_mut(class.class as usize)
        {
            *slot = true;
        }
    }
    let string = (0..dex.types.len() as u32).find(|&n| dex.descriptor(n) == Some(b"Ljava/lang/String;"));
    (0..dex.fields.len() as u32)
        .map(|n| {
            dex.field(n)
                .is_some_and(|id| Some(id.kind) == string && defined.get(id.class as usize) == Some(&true))
        })
        .collect()
}

/// Looks for methods that make strings.
pub(in super::super) fn pick(program: &Program<'_, '_>) -> Picked {
    let mut picked = Picked::default();
    let table = table(program);
    if table.iter().all(|flags| flags & (STRONG | WEAK | JOIN) == 0) && program.dex.classes.is_empty() {
        return picked;
    }
    let fields = fields(program);
    let dex = program.dex;
    let mut flags = vec![0u8; program.classes.methods.len()];
    let mut calls: Vec<(u32, u32)> = Vec::new();
    // Fields that a constructor or initialiser stores a constant to.
    let mut constant = vec![false; fields.len()];
    for (number, method, code) in program.classes.bodies(dex) {
        let mut all = 0u8;
        for insn in Insns::new(code.insns) {
            match insn.op {
                op::CONST_STRING | op::CONST_STRING_JUMBO => all |= MATERIAL,
                op::SGET_OBJECT | op::IGET_OBJECT => {
                    all |= if fields.get(insn.index() as usize) == Some(&true) { FIELD } else { 0 };
                }
                0x26 => {
                    let payload = insn.at.checked_add_signed(insn.wide(1).cast_signed());
                    let len =
                        payload.and_then(|at| Insns::at(code.insns, at).next()).map_or(0, |p| p.wide(2));
                    all |= if (MIN_PAYLOAD..4096).contains(&len) { PAYLOAD } else { 0 };
                }
                0xfc | 0xfd => all |= WEAK | FIELD,
                _ if insn.is_invoke() => {
                    let callee = insn.index();
                    let known = table.get(callee as usize).copied().unwrap_or(0);
                    all |= known & (JOIN | STRONG | WEAK);
                    if known & HELPER != 0 {
                        calls.push((callee, number));
                    }
                }
                _ => {}
            }
        }
        if all & MATERIAL != 0
            && dex
                .method(method.id)
                .and_then(|id| dex.name(id.name))
                .is_some_and(|name| name.starts_with(b"<"))
        {
            constants(&code, &mut constant);
        }
        if all & JOIN != 0 {
            picked.joins.push(number);
        }
        if let Some(slot) = flags.get_mut(number as usize) {
            *slot = all;
        }
    }
    for (class, own) in program.classes.statics() {
        if dex.class(class as usize).is_some_and(|class| class.static_values != 0) {
            for field in own {
                if let Some(slot) = constant.get_mut(*field as usize) {
                    *slot = true;
                }
            }
        }
    }
    picked.roots = roots(program, &flags, &mut calls, &fields, &constant);
    picked
}

/// Marks fields that are set from a register that was just loaded with a string.
fn constants(code: &Code<'_>, constant: &mut [bool]) {
    let mut loaded = [false; 256];
    for insn in Insns::new(code.insns) {
        match insn.op {
            op::CONST_STRING | op::CONST_STRING_JUMBO => {
                if let Some(slot) = loaded.get_mut(insn.aa() as usize) {
                    *slot = true;
                }
            }
            op::IPUT_OBJECT | op::SPUT_OBJECT => {
                let register = if insn.op == op::SPUT_OBJECT { insn.aa() } else { insn.a() };
                if loaded.get(register as usize) == Some(&true)
                    && let Some(slot) = constant.get_mut(insn.index() as usize)
                {
                    *slot = true;
                }
            }
            _ => {}
        }
    }
}

fn roots(
    program: &Program<'_, '_>,
    flags: &[u8],
    calls: &mut Vec<(u32, u32)>,
    fields: &[bool],
    constant: &[bool],
) -> Vec<u32> {
    let mut taken = vec![false; flags.len()];
    let mut roots = Vec::new();
    let mut take = |number: u32, roots: &mut Vec<u32>| {
        if let Some(slot) = taken.get_mut(number as usize)
            && !std::mem::replace(slot, true)
        {
            roots.push(number);
        }
    };
    let has = |number: u32, any: u8| flags.get(number as usize).is_some_and(|all| all & any != 0);
    let mut material = Materials::new(program, flags.len(), fields, constant);
    for number in 0..flags.len() as u32 {
        if has(number, PAYLOAD) || (has(number, STRONG) && material.has(number)) {
            take(number, &mut roots);
        }
    }
    // Getters of constants, whose answers are joined elsewhere.
    let mut getters = vec![false; program.dex.methods.len()];
    for (n, method, code) in program.classes.bodies(program.dex) {
        if has(n, MATERIAL)
            && code.insns.len() <= GETTER
            && let Some(slot) = getters.get_mut(method.id as usize)
        {
            *slot = true;
        }
    }
    for &(callee, caller) in calls.iter() {
        if getters.get(callee as usize) == Some(&true) && has(caller, JOIN) {
            take(caller, &mut roots);
        }
    }
    // Callers of helpers that make strings out of something else.
    let mut makers = vec![false; program.dex.methods.len()];
    for (n, method) in program.classes.methods.iter().enumerate() {
        if has(n as u32, STRONG | PAYLOAD | WEAK)
            && let Some(slot) = makers.get_mut(method.id as usize)
        {
            *slot = true;
        }
    }
    for _ in 0..LEVELS {
        let mut next = Vec::new();
        calls.retain(|&(callee, caller)| {
            let makes = makers.get(callee as usize) == Some(&true);
            if makes {
                next.push(caller);
            }
            !makes
        });
        for caller in next {
            if material.has(caller) {
                take(caller, &mut roots);
            }
            if let Some(method) = program.classes.methods.get(caller as usize)
                && let Some(slot) = makers.get_mut(method.id as usize)
            {
                *slot = true;
            }
        }
    }
    for number in 0..flags.len() as u32 {
        let joins = has(number, JOIN) && has(number, FIELD) && material.reads(number);
        if (has(number, WEAK) && material.has(number)) || joins {
            take(number, &mut roots);
        }
    }
    roots
}

/// Looks at the constants of single methods.
struct Materials<'m, 'p, 'd> {
    program: &'m Program<'p, 'd>,
    fields: &'m [bool],
    constant: &'m [bool],
    /// What is known of each method.
    known: Vec<Option<bool>>,
}

impl<'m, 'p, 'd> Materials<'m, 'p, 'd> {
    fn new(program: &'m Program<'p, 'd>, methods: usize, fields: &'m [bool], constant: &'m [bool]) -> Self {
        Materials { program, fields, constant, known: vec![None; methods] }
    }

    fn is_constant(&self, field: u32) -> bool {
        self.fields.get(field as usize) == Some(&true) && self.constant.get(field as usize) == Some(&true)
    }

    /// Whether the method reads a field that holds a constant.
    fn reads(&self, number: u32) -> bool {
        let Some((_, code)) = self.program.classes.body(self.program.dex, number) else { return false };
        Insns::new(code.insns).any(|insn| {
            matches!(insn.op, op::SGET_OBJECT | op::IGET_OBJECT) && self.is_constant(insn.index())
        })
    }

    /// Whether the method has enough constants for a token: strings without spaces, arrays, many
    /// numbers, fields with constants.
    fn has(&mut self, number: u32) -> bool {
        if let Some(Some(known)) = self.known.get(number as usize) {
            return *known;
        }
        let answer = self.look(number).is_some();
        if let Some(slot) = self.known.get_mut(number as usize) {
            *slot = Some(answer);
        }
        answer
    }

    fn look(&self, number: u32) -> Option<()> {
        let dex = self.program.dex;
        let (_, code) = self.program.classes.body(dex, number)?;
        let (mut letters, mut numbers) = (0, 0);
        for insn in Insns::new(code.insns) {
            match insn.op {
                op::CONST_STRING | op::CONST_STRING_JUMBO => {
                    let (_, string) = dex.short_string(insn.index(), 512).unwrap_or_default();
                    if string.len() >= 3 && !string.contains(&b' ') {
                        letters += string.len();
                    }
                }
                op::CONST_16 | op::CONST => numbers += 1,
                op::SGET_OBJECT | op::IGET_OBJECT if self.is_constant(insn.index()) => letters += MIN_LETTERS,
                0x26 | 0xfc | 0xfd => letters += MIN_LETTERS,
                _ => {}
            }
            if letters >= MIN_LETTERS || numbers >= MIN_LETTERS {
                return Some(());
            }
        }
        None
    }
}
