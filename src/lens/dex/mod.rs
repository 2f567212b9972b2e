//! Dalvik executables (placeholder until the lens lands).

use super::{Damage, Lens};
use crate::blob::{Blob, Text};
use crate::limits::Limits;

/// Reads DEX files.
pub struct DexLens;

impl Lens for DexLens {
    fn name(&self) -> &'static str {
        "dex"
    }

    fn reads(&self, _blob: &Blob<'_>) -> bool {
        false
    }

    fn texts(&self, _: &Blob<'_>, _: &Limits, _: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        Ok(())
    }
}
