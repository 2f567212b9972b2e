//! A call in Dalvik code: its method, and the registers of its parameters.

use super::code::{Insn, op};
use super::tables::Dex;
use crate::lens::calls::Callee;
pub(super) use crate::lens::calls::Meaning;

/// A call, as far as its meaning needs it.
pub(super) struct Call<'a> {
    callee: Callee<'a>,
    /// The registers of the parameters, without the receiver.
    pub(super) parameters: Vec<u32>,
}

impl<'a> Call<'a> {
    /// Reads the method that an invoke names.
    pub(super) fn new(dex: &Dex<'a>, insn: &Insn<'_>) -> Option<Self> {
        let id = dex.method(insn.index())?;
        let is_static = matches!(insn.op, op::INVOKE_STATIC | op::INVOKE_STATIC_RANGE);
        let mut registers = insn.args().iter().skip(usize::from(!is_static));
        let mut parameters = Vec::new();
        for kind in dex.parameters(id.proto) {
            let Some(register) = registers.next() else { break };
            parameters.push(register);
            if let Some(b"J" | b"D") = dex.descriptor(kind) {
                registers.next();
            }
        }
        let callee = Callee {
            class: dex.descriptor(id.class)?,
            name: dex.name(id.name)?,
            is_static,
            is_fluent: !is_static && dex.return_type(id.proto) == Some(id.class),
            arity: parameters.len(),
        };
        Some(Call { callee, parameters })
    }
}

impl<'a> std::ops::Deref for Call<'a> {
    type Target = Callee<'a>;

    fn deref(&self) -> &Callee<'a> {
        &self.callee
    }
}
